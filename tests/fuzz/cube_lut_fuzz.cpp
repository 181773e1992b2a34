/// Feeds text to the reader of `.cube` files. Promise under test: whatever the text, no crash and no memory
/// beyond its own size; what is accepted is whole and gives colours between its samples for any input; what
/// is refused says so in one line of ASCII.
#include "base/cube_lut.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace {
using namespace backtake;

void require(bool promise)
{
    if (!promise)
        std::abort();
}

bool isPrintable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto lut = base::parseCubeLut({ reinterpret_cast<const char*>(data), size });
    if (!lut) {
        require(lut.error().fault == base::Fault::Corrupt || lut.error().fault == base::Fault::Unsupported);
        require(lut.error().message.starts_with("line ") && isPrintable(lut.error().message));
        return 0;
    }
    require(lut->size >= 2 && lut->size <= base::kLargestCube);
    const auto side = static_cast<std::size_t>(lut->size);
    require(lut->samples.size() == side * side * side);
    require(lut->title.size() <= base::kLongestTitle && isPrintable(lut->title));
    float lowest = lut->samples[0][0];
    float highest = lowest;
    for (const base::Rgb& sample : lut->samples)
        for (const float value : sample) {
            require(std::isfinite(value));
            lowest = std::min(lowest, value);
            highest = std::max(highest, value);
        }
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const float value : { -kInfinity, -1.0F, 0.0F, 0.3F, 0.5F, 1.0F, 3e38F, kInfinity, std::nanf("") })
        for (const float other : { lut->domain_min[1], 0.7F, lut->domain_max[1] })
            for (const float result : lut->at({ value, other, 1 - value }))
                require(result >= lowest - 0.01F && result <= highest + 0.01F);
    return 0;
}
