/// Timecode: frame numbers since midnight and their labels, drop frame included (SMPTE ST 12-1).
#pragma once

#include "base/time.hpp"

namespace backtake::base {

/// How frames are counted: a nominal rate and whether labels are dropped (29.97 and 59.94 only).
struct TimecodeFormat {
    Rate rate;
    bool drop_frame = false;

    /// Drop frame where it is customary: 29.97 and 59.94.
    static TimecodeFormat customary(const Rate& rate);
    /// Frames in 24 hours of labels.
    [[nodiscard]] std::int64_t framesPerDay() const;
};

/// "01:02:03:04", or "01:02:03;04" for drop frame. @p frame_number wraps at midnight, both ways.
std::string timecodeLabel(std::int64_t frame_number, const TimecodeFormat& format);
/// The frame number of a label. @return nullopt when it is no label of this format (a dropped one, too).
std::optional<std::int64_t> parseTimecode(std::string_view label, const TimecodeFormat& format);
/// The frame number that a clock showing @p since_midnight would give.
std::int64_t timecodeOfTimeOfDay(Nanos since_midnight, const TimecodeFormat& format);

/// "00:04:11" for 4.44 s at 25: minutes, seconds, frames of a position; tenths of a second never.
std::string positionLabel(Nanos position, const Rate& rate);

} // namespace backtake::base
