#include "base/rgb.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace backtake::base {
namespace {

/// Red, green and blue or Y, Cb and Cr.
using Three = std::array<double, 3>;

constexpr Colour kBt709Limited { Matrix::Bt709, Range::Limited };
constexpr Colour kBt601Limited { Matrix::Bt601, Range::Limited };

/// A picture whose samples are what @p code says for plane, column and row.
template <typename Code>
std::shared_ptr<Picture> pictureOf(int width, int height, Subsampling subsampling, Colour colour, Code code)
{
    static PicturePool pool(1 << 26);
    auto picture = pool.tryAcquire({ width, height, subsampling, colour });
    // What lies behind the rows' ends must not be seen.
    std::fill(picture->storage.begin(), picture->storage.end(), std::uint8_t { 255 });
    for (int plane = 0; plane < picture->format.planes(); ++plane)
        for (int y = 0; y < picture->format.planeHeight(plane); ++y)
            for (int x = 0; x < picture->format.planeWidth(plane); ++x) {
                const auto p = static_cast<std::size_t>(plane);
                picture->planes[p][y * picture->strides[p] + x] =
                    static_cast<std::uint8_t>(code(plane, x, y));
            }
    return picture;
}

/// Codes of R'G'B' in 0 … 1. ITU-R BT.601-7, items 2.5.1 to 2.5.4; BT.709-6, items 3.2 to 3.5; ITU-T T.871
/// for full range.
std::array<int, 3> codesOf(const Three& rgb, Colour colour)
{
    const bool bt709 = colour.matrix == Matrix::Bt709;
    const double y = bt709 ? 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
                           : 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
    const double cb = (rgb[2] - y) / (bt709 ? 1.8556 : 1.772);
    const double cr = (rgb[0] - y) / (bt709 ? 1.5748 : 1.402);
    const auto rounded = [](double value) {
        return static_cast<int>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
    };
    if (colour.range == Range::Full)
        return { rounded(255 * y), rounded(255 * cb + 128), rounded(255 * cr + 128) };
    return { rounded(219 * y + 16), rounded(224 * cb + 128), rounded(224 * cr + 128) };
}

/// The same formulas the other way: R'G'B' in 0 … 255, clipped.
Three rgbOf(const Three& codes, Colour colour)
{
    const bool full = colour.range == Range::Full;
    const double y = full ? codes[0] / 255 : (codes[0] - 16) / 219;
    const double cb = (codes[1] - 128) / (full ? 255 : 224);
    const double cr = (codes[2] - 128) / (full ? 255 : 224);
    Three rgb {};
    if (colour.matrix == Matrix::Bt709) {
        rgb = { y + 1.5748 * cr, 0, y + 1.8556 * cb };
        rgb[1] = (y - 0.2126 * rgb[0] - 0.0722 * rgb[2]) / 0.7152;
    } else {
        rgb = { y + 1.402 * cr, 0, y + 1.772 * cb };
        rgb[1] = (y - 0.299 * rgb[0] - 0.114 * rgb[2]) / 0.587;
    }
    for (double& value : rgb)
        value = std::clamp(value * 255, 0.0, 255.0);
    return rgb;
}

class RgbOfColour : public testing::TestWithParam<Colour> { };

// Fails for a matrix, a range or an order of planes that is not the picture's.
TEST_P(RgbOfColour, BarsAre75PercentOfEachColour)
{
    const Colour colour = GetParam();
    // White, yellow, cyan, green, magenta, red, blue, black.
    const auto part = [](int bar, int channel) {
        const std::array bits { 2, 4, 1 }; // of 7 - bar: red, green, blue
        return (7 - bar) & bits[static_cast<std::size_t>(channel)] ? 0.75 : 0.0;
    };
    const auto codes = [&](int bar) { return codesOf({ part(bar, 0), part(bar, 1), part(bar, 2) }, colour); };
    const auto picture = pictureOf(8, 2, Subsampling::S444, colour,
        [&](int plane, int x, int) { return codes(x)[static_cast<std::size_t>(plane)]; });
    const auto bytes = toRgb8(*picture, Orientation::Upright);
    ASSERT_EQ(bytes.size(), 8U * 2 * 3);
    for (int bar = 0; bar < 8; ++bar) {
        const auto [y, cb, cr] = codes(bar);
        const Three exact =
            rgbOf({ static_cast<double>(y), static_cast<double>(cb), static_cast<double>(cr) }, colour);
        for (int channel = 0; channel < 3; ++channel) {
            const int got = bytes[static_cast<std::size_t>(bar * 3 + channel)];
            EXPECT_NEAR(got, exact[static_cast<std::size_t>(channel)], 1) << bar << ", " << channel;
            EXPECT_NEAR(got, 255 * part(bar, channel), 2) << bar << ", " << channel;
        }
    }
}

TEST_P(RgbOfColour, ARampOfElevenStepsIsNeutralAndEven)
{
    const Colour colour = GetParam();
    const auto picture = pictureOf(11, 1, Subsampling::S420, colour, [&](int plane, int x, int) {
        const double grey = plane == 0 ? x / 10.0 : 0.5;
        return codesOf({ grey, grey, grey }, colour)[static_cast<std::size_t>(plane)];
    });
    const auto bytes = toRgb8(*picture, Orientation::Upright);
    for (int step = 0; step <= 10; ++step)
        for (int channel = 0; channel < 3; ++channel)
            EXPECT_NEAR(bytes[static_cast<std::size_t>(step * 3 + channel)], 25.5 * step, 1) << step;
}

INSTANTIATE_TEST_SUITE_P(
    Each, RgbOfColour, testing::Values(kBt709Limited, kBt601Limited, kJpegColour), [](const auto& one) {
        const bool limited = one.param.range == Range::Limited;
        return std::string(one.param.matrix == Matrix::Bt709 ? "Bt709" : "Bt601")
            + (limited ? "Limited" : "Full");
    });

TEST(Rgb8, WhatGoesBeyondBlackAndWhiteIsClippedButNotByRgbAt)
{
    const auto picture =
        pictureOf(2, 1, Subsampling::Grey, kBt709Limited, [](int, int x, int) { return x == 0 ? 1 : 254; });
    EXPECT_EQ(toRgb8(*picture, Orientation::Upright), (std::vector<std::uint8_t> { 0, 0, 0, 255, 255, 255 }));
    EXPECT_NEAR(rgbAt(*picture, 0.5, 0.5)[1], -15.0 / 219, 1e-5);
    EXPECT_NEAR(rgbAt(*picture, 1.5, 0.5)[1], 238.0 / 219, 1e-5);
}

// Fails where the look is given a colour that was clipped or rounded before: it would make steps, and lose
// what it could have brought back.
TEST(Rgb8, ALookIsGivenTheColourAsItIs)
{
    const auto picture = pictureOf(
        256, 1, Subsampling::Grey, kBt709Limited, [](int, int x, int) { return static_cast<double>(x); });
    const auto bytes = toRgb8(*picture, Orientation::Upright, [](const Rgb& rgb) {
        return Rgb { rgb[0] * 8 - 4, (rgb[1] + 0.1F) / 1.2F, 0.5F };
    });
    for (int code = 0; code < 256; ++code) {
        const double grey = (code - 16) / 219.0;
        const auto at = static_cast<std::size_t>(code * 3);
        EXPECT_NEAR(bytes[at], 255 * std::clamp(grey * 8 - 4, 0.0, 1.0), 0.51) << code;
        EXPECT_NEAR(bytes[at + 1], 255 * std::clamp((grey + 0.1) / 1.2, 0.0, 1.0), 0.51) << code;
        EXPECT_EQ(bytes[at + 2], 128) << code;
    }
}

TEST(Rgb8, AGreyPictureIsNeutral)
{
    const auto picture =
        pictureOf(5, 3, Subsampling::Grey, kJpegColour, [](int, int x, int y) { return 10 * x + 50 * y; });
    const auto bytes = toRgb8(*picture, Orientation::Upright);
    ASSERT_EQ(bytes.size(), 5U * 3 * 3);
    for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 5; ++x)
            for (int channel = 0; channel < 3; ++channel)
                EXPECT_EQ(bytes[static_cast<std::size_t>((y * 5 + x) * 3 + channel)], 10 * x + 50 * y);
}

/// Not linear in anything, so that each sample matters.
int patternCode(int plane, int x, int y)
{
    return plane == 0 ? 90 + (x * 37 + y * 11) % 70 : 100 + (x * 29 + y * 17 + plane * 13) % 60;
}

/// Chroma of a halved side: its samples lie a quarter of a sample before and behind the pixels' middles, so
/// that the nearer one counts three times as much as the farther; beyond the edge, the edge goes on.
double chromaAt(int plane, int x, int y, const PictureFormat& format)
{
    struct Tap {
        int at;
        double weight;
    };
    const auto taps = [](int pixel, bool halved, int samples) {
        if (!halved)
            return std::array { Tap { pixel, 1 }, Tap { 0, 0 } };
        const int near = pixel / 2;
        const int far = std::clamp(pixel % 2 == 0 ? near - 1 : near + 1, 0, samples - 1);
        return std::array { Tap { near, 0.75 }, Tap { far, 0.25 } };
    };
    const bool wide = format.subsampling != Subsampling::S444 && format.width > 1;
    const bool high = format.subsampling == Subsampling::S420 && format.height > 1;
    double sum = 0;
    for (const Tap& down : taps(y, high, format.planeHeight(plane)))
        for (const Tap& across : taps(x, wide, format.planeWidth(plane)))
            sum += down.weight * across.weight * patternCode(plane, across.at, down.at);
    return sum;
}

// Fails for chroma that is not in the middle of its pixels, and for odd sizes rounded down.
TEST(Rgb8, ChromaLiesInTheMiddleOfItsPixels)
{
    for (const Subsampling subsampling : { Subsampling::S420, Subsampling::S422, Subsampling::S444 })
        for (const auto& [width, height] :
            { std::pair { 8, 6 }, { 7, 5 }, { 1, 1 }, { 2, 1 }, { 1, 3 }, { 3, 3 }, { 67, 2 } }) {
            const auto picture = pictureOf(width, height, subsampling, kJpegColour, patternCode);
            const auto bytes = toRgb8(*picture, Orientation::Upright);
            ASSERT_EQ(bytes.size(), static_cast<std::size_t>(width * height * 3));
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x) {
                    const Three exact =
                        rgbOf({ static_cast<double>(patternCode(0, x, y)), chromaAt(1, x, y, picture->format),
                                  chromaAt(2, x, y, picture->format) },
                            kJpegColour);
                    const Rgb one = rgbAt(*picture, x + 0.5, y + 0.5);
                    for (std::size_t channel = 0; channel < 3; ++channel) {
                        const auto at = static_cast<std::size_t>((y * width + x) * 3) + channel;
                        ASSERT_NEAR(bytes[at], exact[channel], 0.51) << x << ", " << y << " of " << width;
                        ASSERT_NEAR(one[channel] * 255, exact[channel], 0.01) << x << ", " << y;
                    }
                }
        }
}

TEST(Rgb8, IsTurnedAsThePictureIsToBeSeen)
{
    const int width = 5, height = 3;
    const auto picture = pictureOf(width, height, Subsampling::S420, kJpegColour, patternCode);
    const auto upright = toRgb8(*picture, Orientation::Upright);
    const auto expectTurned = [&](Orientation orientation, auto source) {
        const auto turned = toRgb8(*picture, orientation);
        ASSERT_EQ(turned.size(), upright.size());
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const auto [from_x, from_y] = source(x, y);
                for (int channel = 0; channel < 3; ++channel)
                    ASSERT_EQ(turned[static_cast<std::size_t>((y * width + x) * 3 + channel)],
                        upright[static_cast<std::size_t>((from_y * width + from_x) * 3 + channel)])
                        << x << ", " << y;
            }
    };
    expectTurned(Orientation::UpsideDown, [](int x, int y) { return std::pair { 4 - x, 2 - y }; });
    expectTurned(Orientation::Mirrored, [](int x, int y) { return std::pair { 4 - x, y }; });
    expectTurned(Orientation::Flipped, [](int x, int y) { return std::pair { x, 2 - y }; });
}

TEST(Rgb8, APictureWithoutPixelsIsEmpty)
{
    EXPECT_TRUE(toRgb8(Picture(), Orientation::Upright).empty());
    Picture lost;
    lost.format = { 16, 16, Subsampling::S420, kJpegColour };
    EXPECT_TRUE(toRgb8(lost, Orientation::Upright).empty());
}

TEST(RgbAt, BetweenPixelsIsTheirMixAndBeyondTheEdgeTheEdge)
{
    const auto picture =
        pictureOf(4, 2, Subsampling::Grey, kJpegColour, [](int, int x, int y) { return 40 * x + 100 * y; });
    EXPECT_NEAR(rgbAt(*picture, 1.0, 0.5)[0] * 255, 20, 1e-3);
    EXPECT_NEAR(rgbAt(*picture, 1.75, 1.0)[2] * 255, 100, 1e-3); // 0.25 from pixel 1 to 2, half way down
    EXPECT_NEAR(rgbAt(*picture, -3, 0)[1] * 255, 0, 1e-3);
    EXPECT_NEAR(rgbAt(*picture, 100, 100)[1] * 255, 220, 1e-3);
}

} // namespace
} // namespace backtake::base
