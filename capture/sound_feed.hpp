/// What comes from one source of sound, be it a camera's or one of its own: kept, measured, and known about.
#pragma once

#include "capture/sound_meter.hpp"
#include "capture/sound_ring.hpp"

#include <memory>
#include <string>

namespace backtake::capture {

/// Room: take(), silenceUntil() and lose() the source's thread, all others any. Nothing here waits.
class SoundFeed {
public:
    /// @param name without secrets, for the log and the window. @param state before the first sound.
    SoundFeed(std::string name, SoundStatus::State state);

    /// Sound has come: the feed is live.
    void take(SoundBlock block) EXCLUDES(mutex_);
    /// Silence stands for what has not come; see SoundRing.
    void silenceUntil(base::Nanos time) { ring_->silenceUntil(time); }
    /// No sound comes: @p why is for the window, and for the log when it is new.
    void lose(SoundStatus::State state, std::string why) EXCLUDES(mutex_);

    /// Into one that was read before: its memory is used again.
    void readStatus(SoundStatus& status) const EXCLUDES(mutex_);
    [[nodiscard]] SoundStatus status() const EXCLUDES(mutex_);
    /// Kept alive by takes that still play from it.
    [[nodiscard]] std::shared_ptr<const SoundRing> ring() const { return ring_; }

private:
    const std::shared_ptr<SoundRing> ring_ = std::make_shared<SoundRing>();
    SoundMeter meter_;
    mutable base::Mutex mutex_;
    SoundStatus status_ GUARDED_BY(mutex_);
};

} // namespace backtake::capture
