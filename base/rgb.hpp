/// From YCbCr to RGB on the CPU, as the GPU does it: for stills, for scopes and to measure the GPU against.
#pragma once

#include "base/picture.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace backtake::base {

/// Red, green and blue; 0 … 1 is black to white.
using Rgb = std::array<float, 3>;

/// What a picture's bytes become: rgb = matrix * (ycbcr + offset), bytes and results in 0 … 1.
struct ColourTransform {
    std::array<float, 3> offset {};
    std::array<float, 9> matrix {}; ///< Column by column.
};
ColourTransform transformOf(const Colour& colour);

/// The colour at a place in pixels of the picture as stored: the first pixel's middle is at (0.5, 0.5), and
/// beyond the outermost middles the edge goes on. Luma and chroma by linear filter, chroma in the middle of
/// its luma samples (JPEG). Not clipped: a limited-range picture reaches below 0 and above 1.
/// The picture must have pixels.
Rgb rgbAt(const Picture& picture, double x, double y);

/// The whole picture turned as it is to be seen: width * height * 3 bytes, rows from the top, red first,
/// clipped and rounded. Empty when the picture has no pixels. Time: some 20 ns a pixel, and @p look.
/// @param look what a colour becomes before it is clipped and rounded, as by a look-up table; empty: itself.
std::vector<std::uint8_t> toRgb8(
    const Picture& picture, Orientation orientation, const std::function<Rgb(const Rgb&)>& look = {});

} // namespace backtake::base
