/// When samples were captured, from when their blocks came.
#pragma once

#include "base/time.hpp"

#include <deque>
#include <optional>

namespace backtake::capture {

/// A sound card counts samples by its own clock, and its blocks come late by whatever the machine was busy
/// with: never early. So the blocks that came soonest of each second tell the time, and the line through
/// them, time over samples, how fast the card's clock is. Samples that a card left out show as a step that
/// stays.
/// Room: one thread. Time is an argument.
class SoundClock {
public:
    explicit SoundClock(int rate_hz)
        : rate_hz_(rate_hz)
    {
    }

    struct Stamp {
        base::Nanos captured_at {}; ///< Of the first sample of the block.
        double rate_error_ppm = 0;  ///< 0 while it cannot be told from none.
    };
    /// The next @p samples, whole at @p arrived (monotonic, rising).
    Stamp stamp(std::int64_t samples, base::Nanos arrived);

private:
    /// Of one second, the block that was least late: where it ended.
    struct Point {
        double sample_s = 0; ///< Seconds of sound since origin_, by its own clock.
        double late_s = 0;   ///< By how much later than origin_ + sample_s it came.
    };
    void startAt(base::Nanos origin);
    [[nodiscard]] bool isTooSoon(double length_s, base::Nanos arrived) const;
    void take(const Point& point);
    void fit();
    [[nodiscard]] double lineAt(double sample_s) const { return offset_s_ + slope_ * sample_s; }

    const int rate_hz_;
    std::optional<base::Nanos> origin_; ///< Time of sample 0, had it come at once.
    base::Nanos arrived_ {};            ///< The last block.
    std::int64_t samples_ = 0;          ///< Since origin_.
    std::optional<Point> soonest_;      ///< Of the second that is under way.
    std::deque<Point> points_;          ///< Of the seconds before it.
    std::deque<Point> strays_;          ///< The last ones, when they lie off the line.
    double offset_s_ = 0;
    double slope_ = 0; ///< Seconds late per second of sound.
    double rate_error_ppm_ = 0;
};

} // namespace backtake::capture
