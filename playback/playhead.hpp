/// Where playback stands: a pure function of time. Direction is a sign; forward is no special case.
#pragma once

#include "base/frame.hpp"

#include <optional>

namespace backtake::playback {

enum class LoopMode { Loop = 1, PingPong, Once };

/// A position in captured time that moves with a signed speed. All positions are captured time from the
/// take's start, 0 … T; shown time of a backward take is T minus it. Captured frame n covers [t(n), t(n+1))
/// when time rises, and (t(n), t(n+1)] when it falls, so that shown frame k, which lasts [T-t(n+1), T-t(n)),
/// is its exact mirror with n = N-1-k.
///
/// Room: a value, used on one thread. Time: a few lookups in the footage's index, close together: two or
/// three in play, and as many for a jump where frames come at an even rate. A footage whose times fall (a
/// damaged or made up one) gives some frame of the range after at most a hundred.
class Playhead {
public:
    /// Stands at the beginning of captured time, at rest. @p footage must outlive it.
    explicit Playhead(const base::Footage& footage);

    /// Speed from @p now on: +1 plays in captured order, -1 reversed, 0 rests. The picture does not jump.
    void run(double speed, base::Nanos now);
    /// Jumps so that frame @p n is entered at @p now in the direction of play.
    void enter(base::FrameIndex n, base::Nanos now);
    /// Jumps to captured time @p position (clamped to the range).
    void jump(base::Nanos position, base::Nanos now);
    /// Stands at captured time @p position (clamped to the range) and moves on from there: for a head that
    /// another one leads, which says so at each tick. @p direction of the motion, or of the last one where
    /// @p speed is 0.
    void lockTo(base::Nanos position, double speed, int direction, base::Nanos now);
    /// Limits play to captured frames @p first … @p last, both included. Outside it the head moves to the
    /// nearer end.
    void setRange(base::FrameIndex first, base::FrameIndex last, base::Nanos now);
    void setLoop(LoopMode mode, base::Nanos now);
    /// From now on the head is where it would have been @p by before: its clock was set back.
    void delay(base::Nanos by) { anchor_time_ += by; }

    [[nodiscard]] base::Nanos positionAt(base::Nanos now) const;
    [[nodiscard]] base::FrameIndex frameAt(base::Nanos now) const;
    /// Which way captured time moves at @p now: the sign of the speed, turned round in the second half of a
    /// ping-pong. At rest: of the last motion.
    [[nodiscard]] int directionAt(base::Nanos now) const;
    /// When the frame on screen changes next; nullopt at rest or at the end of play.
    [[nodiscard]] std::optional<base::Nanos> nextChange(base::Nanos now) const;
    /// When the motion breaks off next: the head loops, turns or comes to its end. nullopt at rest, or there.
    [[nodiscard]] std::optional<base::Nanos> nextTurn(base::Nanos now) const;
    /// Whether play reached its end (LoopMode::Once).
    [[nodiscard]] bool finishedAt(base::Nanos now) const;

    [[nodiscard]] double speed() const { return speed_; }
    /// Counts up whenever the head is steered: a copy with the same count goes the same way.
    [[nodiscard]] std::uint64_t steered() const { return steered_; }
    [[nodiscard]] LoopMode loop() const { return loop_; }
    [[nodiscard]] base::FrameIndex firstFrame() const { return first_; }
    [[nodiscard]] base::FrameIndex lastFrame() const { return last_; }
    /// Captured time where the range begins, and where it ends.
    [[nodiscard]] base::Nanos rangeBegin() const { return low_; }
    [[nodiscard]] base::Nanos rangeEnd() const { return high_; }

private:
    struct Place {
        base::Nanos position;
        int direction;
    };
    [[nodiscard]] Place placeAt(base::Nanos now) const;
    [[nodiscard]] base::FrameIndex frameOf(Place place) const;
    void anchor(Place place, base::Nanos now);

    const base::Footage* footage_;
    base::FrameIndex first_ = 0;
    base::FrameIndex last_ = 0;
    base::Nanos low_ {};  ///< t(first_)
    base::Nanos high_ {}; ///< t(last_ + 1)
    LoopMode loop_ = LoopMode::Loop;
    double speed_ = 0;
    int direction_ = +1;               ///< Of the last motion.
    mutable base::FrameIndex met_ = 0; ///< The frame found last: the next search begins there.
    base::Nanos anchor_position_ {};
    base::Nanos anchor_time_ {};
    std::uint64_t steered_ = 0;
};

} // namespace backtake::playback
