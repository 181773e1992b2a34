#include "base/timecode.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace backtake::base {
namespace {

/// Labels dropped each minute but the tenth: 2 at 29.97, 4 at 59.94.
std::int64_t droppedPerMinute(const TimecodeFormat& format) { return format.rate.nominal() / 15; }

} // namespace

TimecodeFormat TimecodeFormat::customary(const Rate& rate)
{
    const bool ntsc30 = rate == Rate { 30000, 1001 } || rate == Rate { 60000, 1001 };
    return { rate, ntsc30 };
}

std::int64_t TimecodeFormat::framesPerDay() const
{
    const std::int64_t nominal = rate.nominal();
    return drop_frame ? 144 * (600 * nominal - 9 * droppedPerMinute(*this)) : 86400 * nominal;
}

std::string timecodeLabel(std::int64_t frame_number, const TimecodeFormat& format)
{
    const std::int64_t day = format.framesPerDay();
    const std::int64_t nominal = format.rate.nominal();
    std::int64_t n = ((frame_number % day) + day) % day;
    if (format.drop_frame) {
        const std::int64_t dropped = droppedPerMinute(format);
        const std::int64_t ten_minutes = 600 * nominal - 9 * dropped;
        const std::int64_t q = n / ten_minutes;
        const std::int64_t r = n % ten_minutes;
        n += 9 * dropped * q + (r >= dropped ? dropped * ((r - dropped) / (60 * nominal - dropped)) : 0);
    }
    return fmt::format("{:02}:{:02}:{:02}{}{:02}", n / (3600 * nominal), n / (60 * nominal) % 60,
        n / nominal % 60, format.drop_frame ? ';' : ':', n % nominal);
}

std::optional<std::int64_t> parseTimecode(std::string_view label, const TimecodeFormat& format)
{
    int h = 0;
    int m = 0;
    int s = 0;
    int f = 0;
    char separator = 0;
    int used = 0;
    const std::string copy(label);
    if (std::sscanf(copy.c_str(), "%2d:%2d:%2d%c%2d%n", &h, &m, &s, &separator, &f, &used) != 5
        || static_cast<std::size_t>(used) != copy.size())
        return std::nullopt;
    const std::int64_t nominal = format.rate.nominal();
    if (separator != (format.drop_frame ? ';' : ':') || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59
        || f < 0 || f >= nominal)
        return std::nullopt;
    std::int64_t n = nominal * (3600 * h + 60 * m + s) + f;
    if (format.drop_frame) {
        const std::int64_t dropped = droppedPerMinute(format);
        if (s == 0 && f < dropped && m % 10 != 0)
            return std::nullopt;
        const std::int64_t minutes = 60 * h + m;
        n -= dropped * (minutes - minutes / 10);
    }
    return n;
}

std::int64_t timecodeOfTimeOfDay(Nanos since_midnight, const TimecodeFormat& format)
{
    __extension__ using Wide = __int128;
    const Wide frames = static_cast<Wide>(since_midnight.count()) * format.rate.numerator
        / (static_cast<Wide>(format.rate.denominator) * 1'000'000'000);
    return static_cast<std::int64_t>(frames) % format.framesPerDay();
}

std::string positionLabel(Nanos position, const Rate& rate)
{
    const bool negative = position < Nanos(0);
    const auto ns = negative ? -position.count() : position.count();
    const std::int64_t seconds = ns / 1'000'000'000;
    const auto frames =
        static_cast<std::int64_t>(static_cast<double>(ns % 1'000'000'000) * rate.perSecond() / 1e9);
    return fmt::format("{}{:02}:{:02}:{:02}", negative ? "-" : "", seconds / 60, seconds % 60, frames);
}

} // namespace backtake::base
