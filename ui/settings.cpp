#include "ui/settings.hpp"

#include "base/text.hpp"
#include "base/timecode.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

/// CIELAB of an sRGB colour under D65 (IEC 61966-2-1, CIE 15).
std::array<double, 3> labOf(std::uint32_t rgb)
{
    const auto light = [rgb](unsigned shift) {
        const double code = (rgb >> shift & 0xFF) / 255.0;
        return code <= 0.04045 ? code / 12.92 : std::pow((code + 0.055) / 1.055, 2.4);
    };
    const double r = light(16);
    const double g = light(8);
    const double b = light(0);
    const auto root = [](double part) {
        constexpr double kEnd = 216.0 / 24389;
        return part > kEnd ? std::cbrt(part) : (24389.0 / 27 * part + 16) / 116;
    };
    const double x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    const double y = root(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const double z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return { 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

} // namespace

bool isRing(std::string_view text)
{
    return text.empty() || base::parseBytes(text).value_or(0) >= (1U << 20); // as --ring
}

bool isTimecode(std::string_view text) { return text.empty() || base::parseTimecodeSource(text).has_value(); }

double colourDistance(std::uint32_t one, std::uint32_t other)
{
    const auto a = labOf(one);
    const auto b = labOf(other);
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

std::string withSecretsOf(std::string_view original, std::string_view edited)
{
    constexpr std::string_view kHidden = "***";
    const std::string shown = base::withoutSecrets(original);
    std::string result(edited);
    std::size_t in_original = 0;
    std::size_t in_shown = 0;
    std::size_t in_result = 0;
    for (;;) {
        const std::size_t hidden = shown.find(kHidden, in_shown);
        in_result = result.find(kHidden, in_result);
        if (hidden == std::string::npos || in_result == std::string::npos)
            return result;
        in_original += hidden - in_shown;
        in_shown = hidden + kHidden.size();
        // The secret reaches up to what stands after it, which nobody hid.
        const std::string_view after =
            std::string_view(shown).substr(in_shown, shown.find(kHidden, in_shown) - in_shown);
        const std::size_t end = after.empty() ? original.size() : original.find(after, in_original);
        const std::string_view secret = original.substr(in_original, end - in_original);
        result.replace(in_result, kHidden.size(), secret);
        in_result += secret.size();
        in_original += secret.size();
    }
}

} // namespace backtake::ui
