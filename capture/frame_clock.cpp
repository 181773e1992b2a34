#include "capture/frame_clock.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::capture {

using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// Two seconds at 30 fps: the period is then known to a thousandth in spite of 20 ms of lateness.
constexpr std::size_t kMemory = 64;
/// A line through fewer says nothing.
constexpr std::size_t kFewest = 8;
/// The library's back-off was measured to delay a picture by up to 25 ms; more is a frame that did not come.
constexpr Nanos kLatest = 25ms;
/// A pause this long is a new beginning.
constexpr Nanos kNewBeginning = 1s;
/// The last few arrivals tell of a new rate when they differ from the old by more.
constexpr double kNewRate = 0.10;

} // namespace

Nanos FrameClock::stamp(Nanos arrived_at)
{
    if (arrivals_.empty() || arrived_at - arrivals_.back().at > kNewBeginning) {
        arrivals_.clear();
        regular_ = false;
    }
    std::int64_t periods = 1;
    if (regular_) {
        const double late_ns = static_cast<double>((arrived_at - last_stamp_).count()) - slope_ns_;
        if (late_ns > std::max(0.75 * slope_ns_, static_cast<double>(Nanos(kLatest).count())))
            periods += std::max<std::int64_t>(1, std::llround(late_ns / slope_ns_));
    }
    arrivals_.push_back({ arrivals_.empty() ? 0 : arrivals_.back().place + periods, arrived_at });
    if (arrivals_.size() > kMemory)
        arrivals_.pop_front();
    if (arrivals_.size() > kFewest) {
        const Arrival& last = arrivals_.back();
        const Arrival& few_ago = arrivals_[arrivals_.size() - 1 - kFewest];
        const double lately = static_cast<double>((last.at - few_ago.at).count())
            / static_cast<double>(last.place - few_ago.place);
        if (regular_ && std::abs(lately - slope_ns_) > kNewRate * slope_ns_) {
            arrivals_.erase(arrivals_.begin(), arrivals_.end() - kFewest - 1);
            for (std::size_t i = 0; i < arrivals_.size(); ++i)
                arrivals_[i].place = static_cast<std::int64_t>(i);
        }
        fit();
    }
    Nanos stamp = arrived_at;
    if (regular_) {
        // The grid through the earliest arrival: none is before its place on it.
        const auto place_of = [this](const Arrival& arrival) {
            return static_cast<double>(arrival.place - arrivals_.front().place) * slope_ns_;
        };
        double start_ns = 0; // after the first arrival
        for (const Arrival& arrival : arrivals_)
            start_ns = std::min(start_ns,
                static_cast<double>((arrival.at - arrivals_.front().at).count()) - place_of(arrival));
        stamp = arrivals_.front().at
            + Nanos(static_cast<std::int64_t>(std::floor(start_ns + place_of(arrivals_.back()))));
    }
    last_stamp_ = std::clamp(stamp, std::min(last_stamp_ + 1ns, arrived_at), arrived_at);
    return last_stamp_;
}

/// The straight line through the arrivals by least squares; regular when none strays by most of a period.
void FrameClock::fit()
{
    const auto count = static_cast<double>(arrivals_.size());
    const Arrival& first = arrivals_.front();
    double sum_x = 0;
    double sum_y = 0;
    double sum_xx = 0;
    double sum_xy = 0;
    for (const Arrival& arrival : arrivals_) {
        const auto x = static_cast<double>(arrival.place - first.place);
        const auto y = static_cast<double>((arrival.at - first.at).count());
        sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
    }
    slope_ns_ = (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
    double earliest = 0;
    double latest = 0;
    for (const Arrival& arrival : arrivals_) {
        const double strays = static_cast<double>((arrival.at - first.at).count())
            - static_cast<double>(arrival.place - first.place) * slope_ns_;
        earliest = std::min(earliest, strays);
        latest = std::max(latest, strays);
    }
    regular_ = slope_ns_ > 0
        && latest - earliest < std::max(0.9 * slope_ns_, static_cast<double>(Nanos(kLatest).count()));
    period_ = regular_ ? Nanos(std::llround(slope_ns_)) : Nanos(0);
}

} // namespace backtake::capture
