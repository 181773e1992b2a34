#include "base/timecode.hpp"

#include "base/sound.hpp"

#include <fmt/format.h>

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

std::optional<TimecodeDigits> parseTimecodeDigits(std::string_view label)
{
    constexpr std::string_view kShape = "00:00:00:00";
    if (label.size() != kShape.size())
        return std::nullopt;
    const char last_sign = label[8];
    if (last_sign != ':' && last_sign != ';' && last_sign != '.')
        return std::nullopt;
    for (std::size_t i = 0; i < label.size(); ++i) {
        const bool fits =
            kShape[i] == '0' ? label[i] >= '0' && label[i] <= '9' : label[i] == ':' || label[i] == last_sign;
        if (!fits)
            return std::nullopt;
    }
    const auto two = [label](std::size_t at) { return 10 * (label[at] - '0') + (label[at + 1] - '0'); };
    return TimecodeDigits { two(0), two(3), two(6), two(9) };
}

std::optional<std::int64_t> timecodeNumber(const TimecodeDigits& digits, const TimecodeFormat& format)
{
    const auto [h, m, s, f] = digits;
    const std::int64_t nominal = format.rate.nominal();
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 || f < 0 || f >= nominal)
        return std::nullopt;
    const std::int64_t minutes = 60 * h + m;
    const std::int64_t counted = nominal * (60 * minutes + s) + f;
    if (!format.drop_frame)
        return counted;
    const std::int64_t dropped = droppedPerMinute(format);
    if (s == 0 && f < dropped && m % 10 != 0)
        return std::nullopt;
    return counted - dropped * (minutes - minutes / 10);
}

std::optional<std::int64_t> parseTimecode(std::string_view label, const TimecodeFormat& format)
{
    const auto digits = parseTimecodeDigits(label);
    if (!digits || (label[8] != ':') != format.drop_frame)
        return std::nullopt;
    return timecodeNumber(*digits, format);
}

std::int64_t timecodeOfTimeOfDay(Nanos since_midnight, const TimecodeFormat& format)
{
    return format.rate.framesIn(since_midnight) % format.framesPerDay();
}

std::optional<TimecodeSource> parseTimecodeSource(std::string_view words)
{
    TimecodeSource source;
    if (words == "tod")
        return source;
    const std::size_t colon = words.find(':');
    const std::string_view kind = words.substr(0, colon);
    const std::string_view rest = colon == words.npos ? std::string_view() : words.substr(colon + 1);
    if (kind == "free") {
        source.kind = TimecodeSource::Kind::FreeRun;
        if (colon == words.npos)
            return source;
        source.start = parseTimecodeDigits(rest);
        const TimecodeFormat loosest { { 1000, 1 }, false }; // how far frames count is known with the camera
        if (!source.start || !timecodeNumber(*source.start, loosest))
            return std::nullopt;
        source.drop_frame = rest[8] != ':';
        return source;
    }
    if (kind != "ltc" || rest.size() != 1 || rest[0] < '1' || rest[0] > '0' + kMostSoundChannels)
        return std::nullopt;
    source.kind = TimecodeSource::Kind::Ltc;
    source.channel = rest[0] - '0';
    return source;
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
