#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <numeric>

namespace backtake::base {

Nanos monotonicNow() { return std::chrono::steady_clock::now().time_since_epoch(); }

Nanos threadTime()
{
    timespec now {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + Nanos(now.tv_nsec);
}

Nanos wallClockNow() { return std::chrono::system_clock::now().time_since_epoch(); }

Nanos localTimeOfDay(Nanos since_epoch)
{
    const auto seconds = static_cast<std::time_t>(since_epoch.count() / 1'000'000'000);
    std::tm local {};
    localtime_r(&seconds, &local);
    return std::chrono::hours(local.tm_hour) + std::chrono::minutes(local.tm_min)
        + std::chrono::seconds(local.tm_sec) + Nanos(since_epoch.count() % 1'000'000'000);
}

Nanos Rate::timeOf(std::int64_t n) const
{
    // 128 bits: nine hours at 120000/1001 times 10^9 does not fit in 64.
    __extension__ using Wide = __int128;
    const Wide product = static_cast<Wide>(n) * denominator * 1'000'000'000;
    const Wide half = numerator / 2;
    return Nanos(static_cast<std::int64_t>((product + (product >= 0 ? half : -half)) / numerator));
}

std::int64_t Rate::framesIn(Nanos time) const
{
    __extension__ using Wide = __int128;
    const Wide product = static_cast<Wide>(time.count()) * numerator;
    const Wide second = static_cast<Wide>(denominator) * 1'000'000'000;
    return static_cast<std::int64_t>(product / second - (product % second < 0 ? 1 : 0));
}

namespace {

constexpr std::array kStandardRates {
    Rate { 24000, 1001 },
    Rate { 24, 1 },
    Rate { 25, 1 },
    Rate { 30000, 1001 },
    Rate { 30, 1 },
    Rate { 48000, 1001 },
    Rate { 48, 1 },
    Rate { 50, 1 },
    Rate { 60000, 1001 },
    Rate { 60, 1 },
    Rate { 100, 1 },
    Rate { 120000, 1001 },
    Rate { 120, 1 },
    Rate { 12, 1 },
    Rate { 15, 1 },
    Rate { 10, 1 },
};

Rate reduced(std::int64_t numerator, std::int64_t denominator)
{
    const std::int64_t divisor = std::gcd(numerator, denominator);
    return { static_cast<std::int32_t>(numerator / divisor),
        static_cast<std::int32_t>(denominator / divisor) };
}

template <typename Number> bool readWhole(std::string_view text, Number& into)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

std::optional<Rate> parseRate(std::string_view text)
{
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        std::int32_t numerator = 0;
        std::int32_t denominator = 0;
        if (!readWhole(text.substr(0, slash), numerator) || !readWhole(text.substr(slash + 1), denominator))
            return std::nullopt;
        constexpr std::int32_t kLargest = 1'000'000'000; // rounding adds half a denominator
        if (numerator <= 0 || denominator <= 0 || numerator > kLargest || numerator / denominator > 1000
            || numerator < denominator)
            return std::nullopt;
        return reduced(numerator, denominator);
    }
    double value = 0;
    if (!readWhole(text, value) || !(value >= 1.0) || value > 1000.0)
        return std::nullopt;
    // "29.97" and "23.976" are names of fractions, not decimals.
    for (const Rate& rate : kStandardRates) {
        if (rate.denominator == 1001
            && (std::abs(value - std::round(rate.perSecond() * 100) / 100) < 1e-9
                || std::abs(value - std::round(rate.perSecond() * 1000) / 1000) < 1e-9))
            return rate;
    }
    return reduced(std::llround(value * 1000), 1000);
}

Rate nearestRate(double per_second)
{
    Rate best = reduced(std::max<std::int64_t>(1, std::llround(per_second * 1000)), 1000);
    double best_error = 0.002 * per_second;
    for (const Rate& rate : kStandardRates) {
        const double error = std::abs(rate.perSecond() - per_second);
        if (error < best_error) {
            best_error = error;
            best = rate;
        }
    }
    return best;
}

std::string text(const Rate& rate)
{
    if (rate.denominator == 1)
        return fmt::format("{}", rate.numerator);
    std::string digits = fmt::format("{:.3f}", rate.perSecond());
    while (digits.ends_with('0'))
        digits.pop_back();
    return digits;
}

} // namespace backtake::base
