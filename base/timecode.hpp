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
    friend bool operator==(const TimecodeFormat&, const TimecodeFormat&) = default;
};

/// "01:02:03:04", or "01:02:03;04" for drop frame. @p frame_number wraps at midnight, both ways.
std::string timecodeLabel(std::int64_t frame_number, const TimecodeFormat& format);
/// The digits of a label.
struct TimecodeDigits {
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int frames = 0;
    friend bool operator==(const TimecodeDigits&, const TimecodeDigits&) = default;
};
/// Reads "01:02:03:04": two digits each. Before the frames stands ':', or, for drop frame, ';' or '.' (as
/// FFmpeg writes and reads it); between the others ':' or that sign. @return nullopt for any other text.
std::optional<TimecodeDigits> parseTimecodeDigits(std::string_view label);
/// The frame number of a label. @return nullopt when it is no label of this format (a dropped one, too).
std::optional<std::int64_t> timecodeNumber(const TimecodeDigits& digits, const TimecodeFormat& format);
/// The frame number of a label that is written as this format is. @return nullopt when it is none.
std::optional<std::int64_t> parseTimecode(std::string_view label, const TimecodeFormat& format);
/// The frame number that a clock showing @p since_midnight would give.
std::int64_t timecodeOfTimeOfDay(Nanos since_midnight, const TimecodeFormat& format);

/// Where a shoot's timecode comes from.
struct TimecodeSource {
    enum class Kind {
        TimeOfDay = 1,
        FreeRun, ///< From a start value when the session begins, on across takes.
        Ltc,     ///< Linear timecode in a sound channel of camera A.
    };
    Kind kind = Kind::TimeOfDay;
    std::optional<TimecodeDigits> start; ///< FreeRun; none: 00:00:00:00.
    bool drop_frame = false;             ///< FreeRun: its start is written so.
    int channel = 1;                     ///< Ltc: 1 … kMostSoundChannels.
};
/// Reads "tod", "free", "free:10:00:00:00", "ltc:2". @return nullopt for any other words.
std::optional<TimecodeSource> parseTimecodeSource(std::string_view words);

/// "00:04:11" for 4.44 s at 25: minutes, seconds, frames of a position; tenths of a second never.
std::string positionLabel(Nanos position, const Rate& rate);

} // namespace backtake::base
