/// Waveform, parade, vectorscope and histogram of a picture: counts of its real code values, before any tool
/// or display touches it, and the images that show them.
#pragma once

#include "base/picture.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace backtake::ui {

/// How often each code value stands where. Luma counts once for each pixel; red, green, blue and the
/// vectorscope once for each chroma sample, with the first pixel (the left one, the upper one) of those that
/// share it: the others' colour would be made up. Red, green and blue have the picture's range (black is 16
/// and white 235 when that is limited) and stop at 0 and 255. A grey picture's red, green and blue are its
/// luma, its chroma is 128.
struct ScopeCounts {
    static constexpr int kColumns = 512;
    static constexpr int kCodes = 256;
    /// From one code value's columns to the next one's. Odd and no power of two: else neighbouring codes, and
    /// the same code of all four, would push each other out of the processor's caches, which makes counting
    /// five times slower.
    static constexpr int kStride = kColumns + 17;
    /// 2048x1080. Of a picture with more pixels only each n-th row is looked at, from the first on, n being
    /// the smallest that leaves no more than these: every second at 2560x1440, every fourth at 4096x2160.
    static constexpr int kMostSamples = 2048 * 1080;

    base::Colour colour {}; ///< Of the picture.
    int columns = 0;        ///< The first of kColumns that are in use: as many as the picture has, at most.
    /// [(channel * kCodes + code) * kStride + column]: luma, red, green, blue. The picture's column x counts
    /// in x * columns / width.
    std::vector<std::uint32_t> waveform;
    /// [Cr * kCodes + Cb]
    std::vector<std::uint32_t> vectorscope;
    /// [code]: luma, red, green, blue.
    std::array<std::array<std::uint32_t, kCodes>, 4> histogram {};

    [[nodiscard]] std::uint32_t* row(int channel, int code)
    {
        return waveform.data() + (channel * kCodes + code) * kStride;
    }
    [[nodiscard]] const std::uint32_t* row(int channel, int code) const
    {
        return waveform.data() + (channel * kCodes + code) * kStride;
    }
};

/// Room: any thread. Time: 1080p 4:2:2 in 4 ms, larger pictures no longer. @p into keeps its memory from call
/// to call. A picture without pixels counts nothing.
void countScopes(const base::Picture& picture, ScopeCounts& into);

/// A place in the vectorscope, in code values.
struct ChromaPoint {
    double blue = 128; ///< Cb.
    double red = 128;  ///< Cr.
};
/// Where colour bars stand: red, magenta, blue, cyan, green, yellow.
/// @param level of the bars: 0.75 for those of 75 %.
std::array<ChromaPoint, 6> barsOf(const base::Colour& colour, double level);

struct Rgba {
    std::uint8_t red, green, blue, alpha;
    friend bool operator==(const Rgba&, const Rgba&) = default;
};

/// Opaque pixels, rows from the top without gaps: a texture's bytes.
struct ScopePixels {
    static constexpr Rgba kGround { 0x10, 0x10, 0x10, 0xFF }; ///< Where nothing is.

    ScopePixels(int columns, int rows)
        : width(columns)
        , height(rows)
        , pixels(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), kGround)
    {
    }
    [[nodiscard]] Rgba& at(int x, int y) { return pixels[static_cast<std::size_t>(y * width + x)]; }
    [[nodiscard]] const Rgba& at(int x, int y) const
    {
        return pixels[static_cast<std::size_t>(y * width + x)];
    }

    int width;
    int height;
    std::vector<Rgba> pixels;
};

/// What the scopes are drawn for. Sizes are pixels of the screen, at most 4096; 0: it is not seen.
struct ScopeView {
    base::Orientation orientation = base::Orientation::Upright; ///< The picture's on screen.
    int waveform_height = ScopeCounts::kCodes;                  ///< The parade's, too.
    int vectorscope_side = ScopeCounts::kCodes;
    friend bool operator==(const ScopeView&, const ScopeView&) = default;
};

/// The scopes of one picture. Immutable once published. Light is logarithmic: a single pixel is seen, a flat
/// field does not burn out.
struct ScopeImage {
    base::Colour colour {}; ///< Of the picture.
    /// Part of the picture at code 0 and at 255, in the one of red, green and blue that has most: 0 … 1.
    double share_at_0 = 0;
    double share_at_255 = 0;
    /// Left to right as the picture is seen; code 255 in the top row. A row for each code, or as many rows as
    /// on screen when those are fewer: each for some codes then, so that none is lost between them.
    ScopePixels waveform { 0, 0 }; ///< 512 wide.
    ScopePixels parade { 0, 0 };   ///< The same for red, green, blue, side by side: 3 * 256 wide.
    /// Cb to the right, Cr upwards; as high and wide as on screen, so that no filter stands between. A pair
    /// of code values is a square dot of two pixels at least, and of as many as leave no gap to the next
    /// one's. Where dots overlap the brightest is seen.
    ScopePixels vectorscope { 0, 0 };
    ScopePixels histogram { 256, 256 }; ///< Codes to the right, the square root of their counts upwards.
};

/// Room: any thread. Time: two milliseconds.
ScopeImage drawScopes(const ScopeCounts& counts, const ScopeView& view);

} // namespace backtake::ui
