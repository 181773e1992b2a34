/// Smooth-edged shapes and stroke lettering on a planar 4:2:2 picture: all that the pattern camera draws
/// with.
#pragma once

#include "base/picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace backtake::capture {

/// A colour as people name it, 0 … 1 each.
struct Rgb {
    double red = 0;
    double green = 0;
    double blue = 0;
};
/// The same as code values of one picture's colour.
struct Ycc {
    std::uint8_t luma = 0;
    std::uint8_t cb = 128;
    std::uint8_t cr = 128;
};
Ycc codeValues(const Rgb& colour, const base::Colour& meaning);

/// In pixels; a pixel's centre is at .5.
struct Point {
    double x = 0;
    double y = 0;
    friend Point operator+(Point a, Point b) { return { a.x + b.x, a.y + b.y }; }
    friend Point operator-(Point a, Point b) { return { a.x - b.x, a.y - b.y }; }
    friend Point operator*(Point a, double scale) { return { a.x * scale, a.y * scale }; }
};
/// Whole pixels, right and bottom excluded.
struct Box {
    int left = 0;
    int top = 0;
    int right = 0;
    int bottom = 0;
};

/// How much of each pixel a word covers, to be stamped in any colour.
struct Mask {
    int width = 0;
    int height = 0;
    std::vector<std::uint16_t> coverage; ///< 0 … 256, row by row.
};
/// Lettering in rounded strokes: the capitals, digits and marks that the pattern needs; others leave a gap.
/// @param cap_height of a capital, in pixels; advance from letter to letter is kLetterAdvance times that.
Mask lettering(std::string_view text, double cap_height);
inline constexpr double kLetterAdvance = 0.96;

/// Room: one thread. Owns nothing: the picture must outlive it.
class Canvas {
public:
    /// @param picture in 4:2:2.
    explicit Canvas(base::Picture& picture);

    /// Nothing is drawn outside; the whole picture at first.
    void clipTo(const Box& box);
    [[nodiscard]] Ycc code(const Rgb& colour) const { return codeValues(colour, picture_.format.colour); }

    void rectangle(const Box& box, Ycc colour);
    /// Two discs and all between them; a line with round ends when the radii are the same, a disc when the
    /// points are.
    void limb(Point from, Point to, double from_radius, double to_radius, Ycc colour, double opacity = 1);
    void disc(Point centre, double radius, Ycc colour, double opacity = 1)
    {
        limb(centre, centre, radius, radius, colour, opacity);
    }
    void stamp(const Mask& mask, int left, int top, Ycc colour);
    /// Any shape, slowly: @p distance(Point) is negative inside, in pixels.
    template <typename Distance> void shape(const Box& box, Distance distance, Ycc colour)
    {
        for (int y = std::max(box.top, clip_.top); y < std::min(box.bottom, clip_.bottom); ++y) {
            for (int x = box.left; x < box.right; ++x)
                row_[static_cast<std::size_t>(x - box.left)] =
                    coverage(distance(Point { x + 0.5, y + 0.5 }), 256);
            blend(y, box.left, box.right, colour);
        }
    }
    /// Coverage of a pixel whose centre is @p distance outside of an edge.
    static std::uint16_t coverage(double distance, double full)
    {
        return static_cast<std::uint16_t>(std::clamp(0.5 - distance, 0.0, 1.0) * full + 0.5);
    }

private:
    /// Puts @p colour over row @p y by row_, whose first value is for pixel @p left.
    void blend(int y, int left, int right, Ycc colour);
    /// The part of a row from @p from to @p to - 1, inside the clip; row_ starts at @p left.
    void blendPart(int y, int left, int from, int to, Ycc colour);
    void setPairs(int y, int from, int to, Ycc colour);

    base::Picture& picture_;
    Box clip_;
    std::vector<std::uint16_t> row_; ///< Coverage of one row, 0 … 256.
};

} // namespace backtake::capture
