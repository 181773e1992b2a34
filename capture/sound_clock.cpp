#include "capture/sound_clock.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::capture {

using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// What the line goes through: long enough for a part in a million, short enough to follow a card that warms
/// up.
constexpr std::size_t kMostPoints = 300;
/// Fewer tell the clock's speed no better than none.
constexpr std::size_t kFewestPoints = 3;
/// Of fewer the error of the speed itself is not known.
constexpr std::size_t kEnoughPoints = 10;
/// No card that works is this far off.
constexpr double kLargestSlope = 2e-3;
/// A second whose soonest block is this far off the line is none of it.
constexpr double kStray_s = 0.02;
/// So many such seconds in a row that agree: samples were left out. Until then they may come in a burst.
constexpr std::size_t kStep = 3;
/// After such a pause all begins anew.
constexpr Nanos kPause = 2s;
/// The clock's speed is told apart from right when it is this many standard errors off.
constexpr double kCertain = 4;

Nanos nanos(double s) { return Nanos(std::llround(s * 1e9)); }

} // namespace

void SoundClock::startAt(Nanos origin)
{
    origin_ = origin;
    samples_ = 0;
    soonest_.reset();
    points_.clear();
    strays_.clear();
    offset_s_ = slope_ = rate_error_ppm_ = 0;
}

SoundClock::Stamp SoundClock::stamp(std::int64_t samples, Nanos arrived)
{
    const double length_s = static_cast<double>(samples) / rate_hz_;
    if (!origin_ || arrived - arrived_ > kPause + nanos(length_s) || isTooSoon(length_s, arrived))
        startAt(arrived - nanos(length_s));
    arrived_ = arrived;
    const double begin_s = static_cast<double>(samples_) / rate_hz_;
    samples_ += samples;
    const double end_s = begin_s + length_s;
    const Point here { end_s, base::seconds(arrived - *origin_) - end_s };
    if (soonest_ && std::floor(end_s) > std::floor(soonest_->sample_s)) {
        take(*soonest_);
        soonest_.reset();
    }
    if (!soonest_ || here.late_s < soonest_->late_s)
        soonest_ = here;
    if (points_.size() < kFewestPoints)
        offset_s_ = std::min(offset_s_, here.late_s); // the soonest of all
    return { *origin_ + nanos(begin_s + lineAt(begin_s)), rate_error_ppm_ };
}

/// Nothing comes before it was captured: then the line is late.
bool SoundClock::isTooSoon(double length_s, Nanos arrived) const
{
    const double end_s = static_cast<double>(samples_) / rate_hz_ + length_s;
    return points_.size() >= kFewestPoints
        && base::seconds(arrived - *origin_) - end_s < lineAt(end_s) - kStray_s;
}

/// A whole second's soonest block.
void SoundClock::take(const Point& point)
{
    if (points_.size() < kFewestPoints || std::abs(point.late_s - lineAt(point.sample_s)) < kStray_s) {
        strays_.clear();
        points_.push_back(point);
        if (points_.size() > kMostPoints)
            points_.pop_front();
        fit();
        return;
    }
    if (!strays_.empty() && std::abs(point.late_s - strays_.back().late_s) > kStray_s)
        strays_.clear();
    strays_.push_back(point);
    if (strays_.size() < kStep)
        return;
    // The clock goes on as it did, from where the step has put it.
    offset_s_ += strays_.back().late_s - lineAt(strays_.back().sample_s);
    points_ = std::exchange(strays_, {});
}

/// The straight line of least squares.
void SoundClock::fit()
{
    if (points_.size() < kFewestPoints)
        return;
    const auto count = static_cast<double>(points_.size());
    double mean_x = 0;
    double mean_y = 0;
    for (const Point& point : points_) {
        mean_x += point.sample_s / count;
        mean_y += point.late_s / count;
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (const Point& point : points_) {
        const double x = point.sample_s - mean_x;
        const double y = point.late_s - mean_y;
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    slope_ = std::clamp(xy / xx, -kLargestSlope, kLargestSlope);
    offset_s_ = mean_y - slope_ * mean_x;
    const double rest = std::max(0.0, yy - xy * xy / xx);
    const double error = std::sqrt(rest / (count - 2) / xx);
    if (points_.size() >= kEnoughPoints) // late per second of sound: a slow clock
        rate_error_ppm_ = std::abs(slope_) > kCertain * error ? (1 / (1 + slope_) - 1) * 1e6 : 0;
}

} // namespace backtake::capture
