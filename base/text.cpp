#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <ctime>
#include <regex>

namespace backtake::base {

std::string bytesText(std::uint64_t bytes)
{
    static constexpr std::array kUnits { "B", "kB", "MB", "GB", "TB", "PB" };
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return unit == 0 || value >= 99.5 ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                      : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::optional<std::uint64_t> parseBytes(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || !(value >= 0))
        return std::nullopt;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    double factor = 1;
    if (!unit.empty()) {
        static constexpr std::string_view kLetters = "KMGT";
        const auto power =
            kLetters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(unit.front()))));
        const std::string_view rest = unit.substr(1);
        if (power == std::string_view::npos || (!rest.empty() && rest != "B" && rest != "iB"))
            return std::nullopt;
        for (std::size_t i = 0; i <= power; ++i)
            factor *= 1024;
    }
    if (value * factor > 4.6e18)
        return std::nullopt;
    return static_cast<std::uint64_t>(value * factor);
}

std::string durationText(Nanos duration)
{
    const auto seconds = duration.count() / 1'000'000'000;
    if (seconds < 60)
        return fmt::format("{} s", seconds);
    if (seconds < 3600)
        return fmt::format("{} min", seconds / 60);
    return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

std::string localDay(Nanos since_epoch)
{
    const auto seconds = static_cast<std::time_t>(since_epoch.count() / 1'000'000'000);
    std::tm local {};
    localtime_r(&seconds, &local);
    return fmt::format("{:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

std::string withoutSecrets(std::string_view text)
{
    static const std::regex kUserInfo(R"(([A-Za-z][A-Za-z0-9+.-]*://)[^/@\s"']*:?[^/\s"']*@)");
    static const std::regex kSecretKey(
        R"(\b((?:[A-Za-z0-9_-]*(?:pass|passwd|password|passphrase|token|secret|user-pw|userpw|apikey|streamid)[A-Za-z0-9_-]*)|key)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^&\s!"',;]+))",
        std::regex::icase);
    const std::string hidden = std::regex_replace(std::string(text), kUserInfo, "$1***@");
    return std::regex_replace(hidden, kSecretKey, "$1$2***");
}

std::string oneLine(std::string_view text)
{
    std::string line;
    line.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
            line.push_back(c);
        else if (!line.empty() && line.back() != ' ')
            line.push_back(' ');
    }
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

} // namespace backtake::base
