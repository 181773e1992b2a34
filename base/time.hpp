/// Time and rates. Every time in Backtake is a Nanos; every nominal rate is a fraction.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backtake::base {

using Nanos = std::chrono::nanoseconds;
/// A length of time as a number, for reports.
inline double seconds(Nanos time) { return static_cast<double>(time.count()) / 1e9; }
inline double milliseconds(Nanos time) { return static_cast<double>(time.count()) / 1e6; }
using namespace std::chrono_literals;

/// Index of a captured frame in its take, 0 … N-1, or of a shown frame; which of the two the name says.
using FrameIndex = std::int64_t;

/// Monotonic time now (CLOCK_MONOTONIC): what frames are stamped with.
Nanos monotonicNow();
/// Processor time that the calling thread has used: what work costs, however busy the machine is.
Nanos threadTime();
/// Wall-clock time now, since the Unix epoch, UTC: for people and timecode, never for intervals.
Nanos wallClockNow();
/// Time since local midnight of a wall-clock time.
Nanos localTimeOfDay(Nanos since_epoch);

/// A nominal frame rate as a fraction: 24000/1001, 25/1. Always positive, always in lowest terms.
struct Rate {
    std::int32_t numerator = 25;
    std::int32_t denominator = 1;

    /// Rounded to whole frames: 24 for 23.976, 30 for 29.97; what timecode counts to.
    [[nodiscard]] std::int32_t nominal() const { return (numerator + denominator / 2) / denominator; }
    [[nodiscard]] double perSecond() const { return static_cast<double>(numerator) / denominator; }
    /// Time of one frame, rounded to the nanosecond.
    [[nodiscard]] Nanos frameTime() const { return timeOf(1); }
    /// Time of frame @p n on an even grid that starts at 0, rounded once, so that it never drifts.
    [[nodiscard]] Nanos timeOf(std::int64_t n) const;
    /// Whole frames of an even grid that fit in @p time, rounded down, for negative times, too.
    [[nodiscard]] std::int64_t framesIn(Nanos time) const;
    friend bool operator==(const Rate&, const Rate&) = default;
};

/// Reads "25", "29.97", "23.976", "30000/1001". The decimal forms of the NTSC rates become their exact
/// fraction.
/// @return nullopt for anything that is not a rate between 1 and 1000 per second.
std::optional<Rate> parseRate(std::string_view text);
/// The nearest standard rate to a measured one (within 0.2 %), else the measured one in thousandths.
Rate nearestRate(double per_second);
/// "25", "29.97", "23.976", "12.5".
std::string text(const Rate& rate);

} // namespace backtake::base
