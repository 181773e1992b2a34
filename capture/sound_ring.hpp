/// The sound that came with a camera's picture, or of its own source, for as long as a pre-roll needs it.
#pragma once

#include "base/thread_marks.hpp"
#include "capture/frame_source.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace backtake::capture {

using SoundBlockPtr = std::shared_ptr<const SoundBlock>;

/// One line of sound without a hole: what was not heard is silence, so that a sample's number tells its time.
/// Room: any thread; push() and silenceUntil() one, that of the source. Full (by time or bytes): the oldest
/// blocks leave; who holds one keeps it.
class SoundRing {
public:
    /// Two minutes, or 96 MiB: that much are 65 s of 8 channels, and a pre-roll beyond it is silent.
    static constexpr base::Nanos kLongest = std::chrono::minutes(2);
    static constexpr std::size_t kMostBytes = 96 << 20;
    /// What a clock of sound may waver from one block to the next. A block that is further away than this
    /// from the end of the one before it has silence put before it, or loses what was there already.
    static constexpr base::Nanos kSlack = std::chrono::milliseconds(10);

    /// What is no sound (no sample, channel or rate) is left out.
    void push(SoundBlock block) EXCLUDES(mutex_);
    /// The source is away: silence is put up to @p time, in the format of what came last. Nothing happens
    /// before the first block.
    void silenceUntil(base::Nanos time) EXCLUDES(mutex_);

    /// Block number @p number, or the oldest here when that one has left (@p number moves on to it); null
    /// while it is still to come.
    SoundBlockPtr at(std::uint64_t& number) const EXCLUDES(mutex_);
    /// Number of the last block that begins at or before @p time; of the oldest here when all begin later.
    [[nodiscard]] std::uint64_t find(base::Nanos time) const EXCLUDES(mutex_);
    /// Where the newest block ends; nullopt before the first.
    [[nodiscard]] std::optional<base::Nanos> endsAt() const EXCLUDES(mutex_);
    /// Waits until the sound up to @p time is here. @return false when the deadline came before.
    bool waitFor(base::Nanos time, base::Nanos monotonic_deadline) const EXCLUDES(mutex_);
    [[nodiscard]] std::size_t bytes() const EXCLUDES(mutex_);

private:
    void append(SoundBlock block) REQUIRES(mutex_);
    void appendSilence(base::Nanos until) REQUIRES(mutex_);

    mutable base::Mutex mutex_;
    mutable base::Condition arrived_;
    std::deque<SoundBlockPtr> blocks_ GUARDED_BY(mutex_);
    std::uint64_t first_ GUARDED_BY(mutex_) = 0;
    std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

} // namespace backtake::capture
