#include "playback/playhead.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::playback {

using base::FrameIndex;
using base::Nanos;

namespace {

/// Mathematical remainder: 0 <= result < length, for a negative value too.
Nanos wrapped(Nanos value, Nanos length)
{
    const Nanos rest = value % length;
    return rest < Nanos(0) ? rest + length : rest;
}

} // namespace

Playhead::Playhead(const base::Footage& footage)
    : footage_(&footage)
    , last_(footage.frameCount() - 1)
    , high_(std::max(Nanos(0), footage.duration()))
{
}

void Playhead::anchor(Place place, Nanos now)
{
    anchor_position_ = std::clamp(place.position, low_, high_);
    direction_ = place.direction;
    anchor_time_ = now;
    ++steered_;
}

void Playhead::run(double speed, Nanos now)
{
    const Place here = placeAt(now);
    const FrameIndex frame = frameOf(here);
    anchor(here, now);
    speed_ = speed;
    if (speed != 0)
        direction_ = speed > 0 ? +1 : -1;
    // On the border between two frames the new direction would pick the other one: stay on the frame on
    // screen.
    if (frameOf({ anchor_position_, direction_ }) != frame)
        anchor({ footage_->capturedTime(direction_ > 0 ? frame : frame + 1), direction_ }, now);
}

void Playhead::enter(FrameIndex n, Nanos now)
{
    n = std::clamp(n, first_, last_);
    met_ = n;
    const int direction = directionAt(now);
    // A ping-pong on its way back goes on in that direction as its own motion.
    if (speed_ != 0 && direction != (speed_ > 0 ? +1 : -1))
        speed_ = -speed_;
    anchor({ direction > 0 ? footage_->capturedTime(n) : footage_->capturedTime(n + 1), direction }, now);
}

void Playhead::jump(Nanos position, Nanos now) { anchor({ position, directionAt(now) }, now); }

void Playhead::lockTo(Nanos position, double speed, int direction, Nanos now)
{
    speed_ = speed;
    anchor({ position, direction }, now);
}

void Playhead::setRange(FrameIndex first, FrameIndex last, Nanos now)
{
    const Place here = placeAt(now);
    first_ = std::clamp<FrameIndex>(first, 0, footage_->frameCount() - 1);
    last_ = std::clamp<FrameIndex>(last, first_, footage_->frameCount() - 1);
    low_ = footage_->capturedTime(first_);
    high_ = std::max(low_, footage_->capturedTime(last_ + 1));
    if (speed_ != 0 && here.direction != (speed_ > 0 ? +1 : -1))
        speed_ = -speed_;
    anchor(here, now);
}

void Playhead::setLoop(LoopMode mode, Nanos now)
{
    const Place here = placeAt(now);
    if (speed_ != 0 && here.direction != (speed_ > 0 ? +1 : -1))
        speed_ = -speed_;
    loop_ = mode;
    anchor(here, now);
}

Playhead::Place Playhead::placeAt(Nanos now) const
{
    if (speed_ == 0 || high_ <= low_)
        return { anchor_position_, direction_ };
    const int sign = speed_ > 0 ? +1 : -1;
    const Nanos moved(std::llround(static_cast<double>((now - anchor_time_).count()) * std::abs(speed_)));
    const Nanos length = high_ - low_;
    // Distance travelled from the end where this direction starts: 0 … length is the first pass.
    const Nanos travelled = (sign > 0 ? anchor_position_ - low_ : high_ - anchor_position_) + moved;
    const auto at = [&](Nanos distance, int direction) {
        return Place { direction > 0 ? low_ + distance : high_ - distance, direction };
    };
    switch (loop_) {
    case LoopMode::Once:
        return at(std::clamp(travelled, Nanos(0), length), sign);
    case LoopMode::Loop:
        return at(wrapped(travelled, length), sign);
    case LoopMode::PingPong: {
        const Nanos there_and_back = wrapped(travelled, 2 * length);
        return there_and_back <= length ? at(there_and_back, sign) : at(there_and_back - length, -sign);
    }
    }
    return at(travelled, sign);
}

/// Rising: the largest n with t(n) <= position. Falling: the largest n with t(n) < position.
/// From the frame met last as far as the mean rate says, and again from there: frames that are looked at lie
/// close together, where halving the whole take would touch twenty places of its index. When that does not
/// come to an end soon (a camera that was away for long), every other step halves what is left.
FrameIndex Playhead::frameOf(Place place) const
{
    constexpr int kStepsByRate = 4;
    const Nanos mean = std::max(Nanos(1), (high_ - low_) / (last_ - first_ + 1));
    FrameIndex low = first_; // it, or one behind it
    FrameIndex high = last_; // it, or one before it
    FrameIndex guess = met_;
    for (int step = 0; low < high; ++step) {
        guess = std::clamp(guess, low + 1, high);
        const Nanos begins = footage_->capturedTime(guess);
        if (place.direction > 0 ? begins <= place.position : begins < place.position)
            low = guess;
        else
            high = guess - 1;
        if (step >= kStepsByRate && step % 2 == 0)
            guess = low + (high - low + 1) / 2;
        else
            guess += (place.position - begins) / mean;
    }
    met_ = low;
    return low;
}

Nanos Playhead::positionAt(Nanos now) const { return placeAt(now).position; }

FrameIndex Playhead::frameAt(Nanos now) const { return frameOf(placeAt(now)); }

int Playhead::directionAt(Nanos now) const { return placeAt(now).direction; }

bool Playhead::finishedAt(Nanos now) const
{
    if (loop_ != LoopMode::Once || speed_ == 0)
        return false;
    const Place here = placeAt(now);
    return here.position == (here.direction > 0 ? high_ : low_);
}

std::optional<Nanos> Playhead::nextChange(Nanos now) const
{
    if (speed_ == 0 || high_ <= low_ || finishedAt(now))
        return std::nullopt;
    const Place here = placeAt(now);
    const FrameIndex frame = frameOf(here);
    if (loop_ == LoopMode::Once && frame == (here.direction > 0 ? last_ : first_))
        return std::nullopt; // play ends on it
    const Nanos border = footage_->capturedTime(here.direction > 0 ? frame + 1 : frame);
    const auto distance =
        static_cast<double>((here.direction > 0 ? border - here.position : here.position - border).count());
    return now + std::max(Nanos(1), Nanos(static_cast<std::int64_t>(std::ceil(distance / std::abs(speed_)))));
}

std::optional<Nanos> Playhead::nextTurn(Nanos now) const
{
    if (speed_ == 0 || high_ <= low_ || finishedAt(now))
        return std::nullopt;
    const Place here = placeAt(now);
    const Nanos left = here.direction > 0 ? high_ - here.position : here.position - low_;
    return now + Nanos(std::llround(static_cast<double>(left.count()) / std::abs(speed_)));
}

} // namespace backtake::playback
