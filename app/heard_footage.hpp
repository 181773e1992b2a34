/// A take's footage with other sound: the master that performers heard reversed, beside what the microphones
/// heard or instead of it.
#pragma once

#include "base/frame.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace backtake::app {

/// @p take and @p master in one track with the channels and the clock of @p take, each at half its level, so
/// that nothing clips that did not before. It begins with the earlier and ends with the later of the two. The
/// master is in every channel, left and right where the take has two; where the take has more they are all
/// heard in the middle, so it is in each as much softer as they are many (equal powers, as
/// playback::SoundPlayer mixes). Where both run at the same rate the master's samples are its own, moved by
/// half a sample at most; else they are resampled. Room: as base::SoundTrack.
base::SoundTrackPtr mixed(base::SoundTrackPtr take, base::SoundTrackPtr master);

/// Pictures and times of @p footage, with the master for its sound.
class HeardFootage final : public base::Footage {
public:
    enum class With { Take = 1, MasterAlone };
    HeardFootage(base::FootagePtr footage, base::SoundTrackPtr master, With with)
        : footage_(std::move(footage))
        , master_(std::move(master))
        , with_(with)
    {
    }
    [[nodiscard]] base::FrameIndex frameCount() const override { return footage_->frameCount(); }
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override
    {
        return footage_->capturedTime(n);
    }
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override
    {
        return footage_->frame(n);
    }
    void expect(std::span<const base::FrameIndex> frames) const override { footage_->expect(frames); }
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override { return footage_->timecode(n); }
    [[nodiscard]] base::Rate nominalRate() const override { return footage_->nominalRate(); }
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const override { return footage_->timecodeFormat(); }
    [[nodiscard]] base::SoundTrackPtr sound() const override
    {
        const base::SoundTrackPtr take = with_ == With::Take ? footage_->sound() : nullptr;
        return take && take->sampleCount() > 0 ? mixed(take, master_) : master_;
    }

private:
    const base::FootagePtr footage_;
    const base::SoundTrackPtr master_;
    const With with_;
};

} // namespace backtake::app
