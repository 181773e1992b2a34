/// The frame's number as black and white cells in the picture, so that a program can tell which frame it
/// sees: after JPEG, scaling, a display and a screenshot. The pattern camera paints them, tests and latency
/// measurements read them.
///
/// Geometry, a function of the picture's size only: pitch p = min(width / 32, height / 8). 28 columns and two
/// rows of p x p stand centred, their lower edge 0.75 p over the bottom, in a black border of half a cell.
///
///     column     0      1      2 … 25                          26     27
///     upper row  white  white  24 bits, the highest first      black  white       a one is white
///     lower row  white  black  the same 24 bits inverted       black  black
///
/// The marker columns 0, 1, 26 and 27 are not their own mirror image, neither way: a flipped or turned
/// picture is not read as some other number.
#pragma once

#include "base/picture.hpp"

#include <cstdint>
#include <optional>

namespace backtake::capture {

/// Numbers wrap here: 24 bits, 38 hours at 120 per second.
inline constexpr std::uint32_t kFrameNumberLimit = 1U << 24;

/// Where the cells are, in pixels of the picture.
struct FrameCells {
    static constexpr int kBits = 24;
    static constexpr int kMarkerColumns = 2; ///< On either side.
    static constexpr int kColumns = kBits + 2 * kMarkerColumns;
    static constexpr int kRows = 2;

    double pitch = 0;
    double left = 0; ///< Of column 0.
    double top = 0;  ///< Of the upper row.

    FrameCells(double picture_width, double picture_height);
    /// Highest row that the cells and their border touch.
    [[nodiscard]] double borderTop() const { return top - pitch / 2; }
};

/// Paints @p number (its low 24 bits) and the border over the picture, in its colour's black and white.
void drawFrameNumber(base::Picture& picture, std::uint32_t number);

/// @return the number, or nullopt unless the markers are there and every cell agrees with its inverse.
std::optional<std::uint32_t> readFrameNumber(const std::uint8_t* luma, int width, int height, int stride);

/// Pixels of a screenshot: luma, RGB or RGBX in any order of colours.
struct PixelView {
    const std::uint8_t* pixels = nullptr;
    int width = 0;
    int height = 0;
    int stride = 0;          ///< Bytes from row to row.
    int bytes_per_pixel = 1; ///< 1 luma, 3 or 4 with the colours in the first three.
};
/// Part of a view, in its pixels; may be fractional, as where a picture was scaled to.
struct PixelRect {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};
/// The same for a picture that was scaled to @p where inside a view; nullopt when it reaches out of the view,
/// too.
std::optional<std::uint32_t> readFrameNumber(const PixelView& view, const PixelRect& where);

} // namespace backtake::capture
