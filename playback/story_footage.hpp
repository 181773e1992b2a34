/// A sequence as one footage: its takes one after the other as the audience will see them, so that whatever
/// plays a take plays the sequence, forwards, backwards, at any speed, across the joins.
#pragma once

#include "base/frame.hpp"

#include <string>
#include <vector>

namespace backtake::playback {

/// One take in a sequence, or a part of it.
struct StoryShot {
    base::FootagePtr footage;   ///< Null: it is missing; a second of placeholders stands for it.
    base::FrameIndex first = 0; ///< Captured frames of the footage, both included.
    base::FrameIndex last = 0;
    bool backward = true; ///< As it is shown.
    double speed = 1;     ///< > 0, in that order.
};

/// Frame k of the sequence is a frame of one of its takes. "Captured order" of this footage is the order of
/// the story: forward is what the audience sees.
/// Room: any thread; const calls may run at the same time. Time: made in one lookup a frame, which may read
/// indexes from a disk: not on the window's thread. frame(), expect() and sound() as those of the takes.
class StoryFootage final : public base::Footage {
public:
    /// @param shots at least one. @param rate for labels, and for what is missing.
    StoryFootage(std::vector<StoryShot> shots, base::Rate rate);

    struct Place {
        std::size_t shot = 0;
        base::FrameIndex captured = 0; ///< Frame of its footage; 0 of one that is missing.
        friend bool operator==(const Place&, const Place&) = default;
    };
    /// What frame @p n, 0 … N-1, shows.
    [[nodiscard]] Place placeOf(base::FrameIndex n) const;
    /// The frame that shows captured frame @p captured of a shot; the shot's nearest when it is trimmed away.
    [[nodiscard]] base::FrameIndex frameOf(Place place) const;
    [[nodiscard]] const std::vector<StoryShot>& shots() const { return shots_; }
    /// Of a shot, in the sequence.
    [[nodiscard]] base::Nanos lengthOf(std::size_t shot) const;

    [[nodiscard]] base::FrameIndex frameCount() const override;
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    /// @return Fault::Corrupt also for what is missing.
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    void expect(std::span<const base::FrameIndex> frames) const override;
    /// Of the captured frame that is shown: in a reversed take it falls.
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override;
    [[nodiscard]] base::Rate nominalRate() const override { return rate_; }
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const override { return format_; }
    /// Of the takes, each turned round and at the speed of its shot; those without are silent.
    [[nodiscard]] base::SoundTrackPtr sound() const override;

private:
    const std::vector<StoryShot> shots_;
    const base::Rate rate_;
    base::TimecodeFormat format_;
    std::vector<base::FrameIndex> begins_; ///< Of each shot, and the end of the last.
    std::vector<base::Nanos> times_;       ///< Of each frame, and the end of the last.
};

} // namespace backtake::playback
