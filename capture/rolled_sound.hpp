/// The sound of the take that was just cut, from the ring as long as it is there, else from disk.
#pragma once

#include "base/sound.hpp"
#include "base/thread_marks.hpp"
#include "capture/sound_ring.hpp"

#include <deque>
#include <functional>

namespace backtake::capture {

/// Sample by sample what the recorder writes of the same take. Blocks that come late (a sound card's buffer
/// outlasts the last picture) are met when they are there; blocks it has met stay with it.
class RolledSound final : public base::SoundTrack {
public:
    struct Parts {
        std::shared_ptr<const SoundRing> ring;
        base::Nanos from {};  ///< Monotonic, captured frame 0.
        base::Nanos until {}; ///< Monotonic, the end of the last frame.
        /// The same from disk, for what has left the ring; null while it cannot be had.
        std::function<base::SoundTrackPtr()> on_disk;
    };
    /// @return null when the ring holds no sound of that time.
    static base::SoundTrackPtr of(Parts parts);

    [[nodiscard]] int rateHz() const override { return rate_hz_; }
    [[nodiscard]] int channels() const override { return channels_; }
    [[nodiscard]] std::int64_t sampleCount() const override { return count_; }
    [[nodiscard]] base::Nanos startsAt() const override { return starts_at_; }
    [[nodiscard]] double trueRate() const override { return true_rate_; }
    void read(std::int64_t first, std::span<float> into) const override EXCLUDES(mutex_);

private:
    struct Run {
        std::int64_t first = 0; ///< Number of the block's first sample in the track; negative: before it.
        SoundBlockPtr block;
        [[nodiscard]] std::int64_t end() const { return first + block->frames(); }
    };
    RolledSound() = default;
    void gather() const REQUIRES(mutex_);

    Parts parts_;
    int rate_hz_ = 0;
    int channels_ = 0;
    int bits_ = 16;
    double true_rate_ = 0;
    std::int64_t count_ = 0;
    base::Nanos starts_at_ {};
    mutable base::Mutex mutex_;
    mutable std::deque<Run> runs_ GUARDED_BY(mutex_);
    mutable std::uint64_t next_ GUARDED_BY(mutex_) = 0; ///< Block to look for in the ring.
    mutable base::SoundTrackPtr disk_ GUARDED_BY(mutex_);
};

} // namespace backtake::capture
