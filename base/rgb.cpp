#include "base/rgb.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::base {
namespace {

/// Two neighbours in a row or column of samples, and how far from the first to the second.
struct Between {
    int first = 0;
    int second = 0;
    float part = 0;
};

/// @param at In samples, the first one's middle at 0.5.
Between between(double at, int samples)
{
    const double clamped = std::clamp(at - 0.5, 0.0, static_cast<double>(samples - 1));
    const int first = static_cast<int>(clamped);
    return { first, std::min(first + 1, samples - 1), static_cast<float>(clamped - first) };
}

float mix(float from, float to, float part) { return from + (to - from) * part; }

/// Luma pixels for each sample of the plane, along one side.
double step(int luma_side, int plane_side) { return plane_side < luma_side ? 2 : 1; }

const std::uint8_t* rowOf(const Picture& picture, int plane, int y)
{
    const auto index = static_cast<std::size_t>(plane);
    return picture.planes[index] + static_cast<std::ptrdiff_t>(picture.strides[index]) * y;
}

Rgb transformed(const ColourTransform& transform, const Rgb& ycbcr)
{
    Rgb rgb {};
    for (std::size_t from = 0; from < 3; ++from)
        for (std::size_t to = 0; to < 3; ++to)
            rgb[to] += transform.matrix[3 * from + to] * (ycbcr[from] + transform.offset[from]);
    return rgb;
}

/// Chroma's zero, for pictures without chroma.
constexpr float kNoColour = 128.0F / 255;

} // namespace

ColourTransform transformOf(const Colour& colour)
{
    const bool bt709 = colour.matrix == Matrix::Bt709;
    const bool limited = colour.range == Range::Limited;
    // ITU-R BT.601 and BT.709: weights of red and blue in luma, and the codes of limited range.
    const double red = bt709 ? 0.2126 : 0.299;
    const double blue = bt709 ? 0.0722 : 0.114;
    const double green = 1 - red - blue;
    const double luma_gain = limited ? 255.0 / 219 : 1;
    const double chroma_gain = limited ? 255.0 / 224 : 1;
    const auto f = [](double value) { return static_cast<float>(value); };

    ColourTransform transform;
    transform.offset = { f(limited ? -16.0 / 255 : 0), f(-128.0 / 255), f(-128.0 / 255) };
    transform.matrix = {
        f(luma_gain), f(luma_gain), f(luma_gain),                                            //
        0, f(-2 * (1 - blue) * blue / green * chroma_gain), f(2 * (1 - blue) * chroma_gain), //
        f(2 * (1 - red) * chroma_gain), f(-2 * (1 - red) * red / green * chroma_gain), 0,    //
    };
    return transform;
}

Rgb rgbAt(const Picture& picture, double x, double y)
{
    const PictureFormat& format = picture.format;
    Rgb ycbcr { 0, kNoColour, kNoColour };
    for (int plane = 0; plane < format.planes(); ++plane) {
        const int width = format.planeWidth(plane);
        const int height = format.planeHeight(plane);
        const Between across = between(x / step(format.width, width), width);
        const Between down = between(y / step(format.height, height), height);
        const auto inRow = [&](int row) {
            const std::uint8_t* samples = rowOf(picture, plane, row);
            return mix(samples[across.first], samples[across.second], across.part);
        };
        ycbcr[static_cast<std::size_t>(plane)] =
            mix(inRow(down.first), inRow(down.second), down.part) / 255.0F;
    }
    return transformed(transformOf(format.colour), ycbcr);
}

std::vector<std::uint8_t> toRgb8(
    const Picture& picture, Orientation orientation, const std::function<Rgb(const Rgb&)>& look)
{
    const PictureFormat& format = picture.format;
    if (format.width <= 0 || format.height <= 0)
        return {};
    for (int plane = 0; plane < format.planes(); ++plane)
        if (picture.planes[static_cast<std::size_t>(plane)] == nullptr)
            return {};
    const bool right_to_left = orientation == Orientation::UpsideDown || orientation == Orientation::Mirrored;
    const bool bottom_up = orientation == Orientation::UpsideDown || orientation == Orientation::Flipped;
    const ColourTransform transform = transformOf(format.colour);
    const bool grey = format.planes() == 1;
    const int chroma_width = grey ? 1 : format.planeWidth(1);
    const int chroma_height = grey ? 1 : format.planeHeight(1);

    // Where each pixel's chroma lies in a row is the same in all rows; a row of chroma is mixed from the two
    // above and below once for all its pixels.
    const auto width = static_cast<std::size_t>(format.width);
    std::vector<Between> across(width);
    for (std::size_t x = 0; x < width; ++x)
        across[x] = between((static_cast<double>(x) + 0.5) / step(format.width, chroma_width), chroma_width);
    std::array<std::vector<float>, 2> chroma;
    chroma.fill(std::vector<float>(static_cast<std::size_t>(chroma_width), kNoColour));

    std::vector<std::uint8_t> bytes(width * static_cast<std::size_t>(format.height) * 3);
    std::uint8_t* out = bytes.data();
    for (int shown_y = 0; shown_y < format.height; ++shown_y) {
        const int y = bottom_up ? format.height - 1 - shown_y : shown_y;
        const std::uint8_t* luma = rowOf(picture, 0, y);
        const Between down = between((y + 0.5) / step(format.height, chroma_height), chroma_height);
        for (int plane = 1; plane < format.planes(); ++plane) {
            const std::uint8_t* upper = rowOf(picture, plane, down.first);
            const std::uint8_t* lower = rowOf(picture, plane, down.second);
            auto& row = chroma[static_cast<std::size_t>(plane - 1)];
            for (std::size_t x = 0; x < row.size(); ++x)
                row[x] = mix(upper[x], lower[x], down.part) / 255.0F;
        }
        for (std::size_t shown_x = 0; shown_x < width; ++shown_x) {
            const std::size_t x = right_to_left ? width - 1 - shown_x : shown_x;
            const auto chromaAt = [&](const std::vector<float>& row) {
                return mix(row[static_cast<std::size_t>(across[x].first)],
                    row[static_cast<std::size_t>(across[x].second)], across[x].part);
            };
            Rgb rgb = transformed(transform,
                { static_cast<float>(luma[x]) / 255.0F, chromaAt(chroma[0]), chromaAt(chroma[1]) });
            if (look)
                rgb = look(rgb);
            for (const float value : rgb)
                *out++ = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 1.0F) * 255.0F + 0.5F);
        }
    }
    return bytes;
}

} // namespace backtake::base
