/// The last minute of a take that rolls on, as footage of its own.
#pragma once

#include "base/frame.hpp"

#include <algorithm>
#include <vector>

namespace backtake::app {

/// Frames from @p first to the end of another footage. Their times are read once, when it is made: frames
/// that leave the ring meanwhile change nothing under the playhead.
/// Room: any thread. Time: made in one lookup a frame, a few thousand; frame() as the whole's.
class LastOf final : public base::Footage {
public:
    LastOf(base::FootagePtr whole, base::FrameIndex first)
        : whole_(std::move(whole))
        , first_(first)
        , rate_(whole_->nominalRate())
    {
        const base::Nanos from = whole_->capturedTime(first_);
        base::Nanos last {};
        for (base::FrameIndex n = first_; n <= whole_->frameCount(); ++n)
            times_.push_back(last = std::max(last, whole_->capturedTime(n) - from));
    }
    [[nodiscard]] base::FrameIndex frameCount() const override
    {
        return static_cast<base::FrameIndex>(times_.size()) - 1;
    }
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override
    {
        return times_[static_cast<std::size_t>(std::clamp<base::FrameIndex>(n, 0, frameCount()))];
    }
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override
    {
        return whole_->frame(first_ + n);
    }
    void expect(std::span<const base::FrameIndex> frames) const override
    {
        std::vector<base::FrameIndex> of_whole(frames.begin(), frames.end());
        for (base::FrameIndex& frame : of_whole)
            frame += first_;
        whole_->expect(of_whole);
    }
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override
    {
        return whole_->timecode(first_ + n);
    }
    [[nodiscard]] base::Rate nominalRate() const override { return rate_; }
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const override { return whole_->timecodeFormat(); }

private:
    const base::FootagePtr whole_;
    const base::FrameIndex first_;
    const base::Rate rate_;
    std::vector<base::Nanos> times_;
};

} // namespace backtake::app
