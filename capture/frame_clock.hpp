/// When a frame was captured, from when it arrived: a camera is regular, its driver is not.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <deque>

namespace backtake::capture {

/// Gives each frame of a regular camera its place on the camera's own grid. libgphoto2 asks a busy camera in
/// steps of 5, 10, 15 ms …, so that pictures of a perfectly even camera arrive 18 to 40 ms apart. Arrival can
/// only be late, never early: the grid is laid through the earliest arrivals of the last two seconds. One
/// frame in, one stamp out; a gap in arrivals stays a gap of whole periods. A camera that is not regular
/// keeps its arrival times.
/// Room: one thread. Time: an argument.
class FrameClock {
public:
    /// @param arrived_at monotonic, later than the one before.
    /// @return later than the stamp before, not later than @p arrived_at.
    base::Nanos stamp(base::Nanos arrived_at);
    /// The camera's period; zero until it is known.
    [[nodiscard]] base::Nanos period() const { return period_; }

private:
    struct Arrival {
        std::int64_t place; ///< In periods from the first.
        base::Nanos at;
    };
    void fit();

    std::deque<Arrival> arrivals_;
    base::Nanos period_ {};
    double slope_ns_ = 0;
    base::Nanos last_stamp_ {};
    bool regular_ = false;
};

} // namespace backtake::capture
