/// The take that was just cut (or is still rolling), played from the ring as long as it is there, else from
/// disk.
#pragma once

#include "capture/ring.hpp"
#include "capture/sound_ring.hpp"
#include "takes/recording.hpp"

#include <filesystem>
#include <functional>

namespace backtake::capture {

/// Frames [first, end) of a ring as footage. Nothing is opened, finalised or sought when it is made.
/// Room: any thread. Time: frame() waits up to 250 ms for a frame that is still being encoded; one disk read
/// for one that left the ring.
class RolledTake final : public base::Footage {
public:
    struct Parts {
        std::shared_ptr<const Ring> ring;
        base::Serial first = 0;
        base::Serial end = 0;      ///< > first; announced.
        base::Nanos started_at {}; ///< Monotonic, of captured frame 0.
        base::Rate rate;           ///< Nominal.
        /// Of captured frame n, frames since midnight.
        std::function<std::int64_t(base::FrameIndex)> timecode;
        std::function<std::filesystem::path()> folder; ///< Of the recording, empty until it exists; asked on
                                                       ///< the thread that needs a frame from disk.
        std::function<std::filesystem::path()>
            spilled_to {}; ///< Shoot folder where the take goes on now, empty until it does; may be left out.
        std::shared_ptr<const SoundRing> sound {}; ///< Null: the camera has none.
        /// How labels are counted; may be left out: as is customary at that rate.
        std::function<base::TimecodeFormat()> timecode_format {};
    };
    explicit RolledTake(Parts parts);

    [[nodiscard]] base::FrameIndex frameCount() const override
    {
        return static_cast<base::FrameIndex>(parts_.end - parts_.first);
    }
    /// Of frames that left the ring before their recording was opened (by frame(), expect() or openOnDisk()):
    /// on the nominal grid.
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    /// Opens the recording before play comes to where the ring ends, and has it fetch what lies behind.
    void expect(std::span<const base::FrameIndex> frames) const override;
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override { return parts_.timecode(n); }
    [[nodiscard]] base::Rate nominalRate() const override { return parts_.rate; }
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const override
    {
        return parts_.timecode_format ? parts_.timecode_format() : Footage::timecodeFormat();
    }
    [[nodiscard]] base::SoundTrackPtr sound() const override;
    /// Monotonic, of captured frame 0.
    [[nodiscard]] base::Nanos startedAt() const { return parts_.started_at; }

    /// Opens the recording as far as it is on disk. A worker calls it, never the window's thread.
    void openOnDisk() const EXCLUDES(mutex_);

private:
    [[nodiscard]] std::shared_ptr<const takes::Recording> opened() const EXCLUDES(mutex_);
    [[nodiscard]] std::vector<std::filesystem::path> furtherParts(const std::filesystem::path& folder) const
        EXCLUDES(mutex_);

    const Parts parts_;
    const base::Nanos last_at_; ///< Monotonic, of the last frame.
    mutable base::Mutex mutex_;
    mutable std::shared_ptr<const takes::Recording> recording_ GUARDED_BY(mutex_);
    mutable std::vector<std::filesystem::path> spills_ GUARDED_BY(mutex_); ///< Met so far.
};

} // namespace backtake::capture
