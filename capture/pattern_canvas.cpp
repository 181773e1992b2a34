#include "capture/pattern_canvas.hpp"

#include <array>
#include <cassert>
#include <cstring>
#include <numbers>
#include <span>

namespace backtake::capture {
namespace {

// --- letters: strokes in a box 4 wide and 6 high, y down
// ----------------------------------------------------------

constexpr double kBoxWidth = 4;
constexpr double kBoxHeight = 6;
constexpr double kStroke = 0.42; ///< Half the width of a stroke.

struct Stroke {
    enum class Kind : std::uint8_t { Line = 1, Arc };
    Kind kind;
    double a, b, c, d; ///< Line: from (a, b) to (c, d). Arc: centre (a, b), radii c across and d down.
    double from, to;   ///< Arc: degrees, clockwise from the right.
};
constexpr Stroke line(double x0, double y0, double x1, double y1)
{
    return { Stroke::Kind::Line, x0, y0, x1, y1, 0, 0 };
}
constexpr Stroke arc(double x, double y, double across, double down, double from, double to)
{
    return { Stroke::Kind::Arc, x, y, across, down, from, to };
}
constexpr Stroke dot(double x, double y) { return line(x, y, x, y); }

constexpr std::array kZero { arc(2, 2, 2, 2, 180, 360), line(0, 2, 0, 4), line(4, 2, 4, 4),
    arc(2, 4, 2, 2, 0, 180) };
constexpr std::array kOne { line(0.9, 1.3, 2.3, 0), line(2.3, 0, 2.3, 6) };
constexpr std::array kTwo { arc(2, 2, 2, 2, 185, 395), line(3.64, 3.15, 0, 6), line(0, 6, 4, 6) };
constexpr std::array kThree { arc(2, 1.5, 1.8, 1.5, 200, 450), arc(2, 4.5, 2, 1.5, 270, 520) };
constexpr std::array kFour { line(3, 0, 0, 4.2), line(0, 4.2, 4, 4.2), line(3, 0, 3, 6) };
constexpr std::array kFive { line(3.7, 0, 0.6, 0), line(0.6, 0, 0.45, 2.9), arc(2, 4.1, 2, 1.9, 219, 512) };
constexpr std::array kSix { arc(2, 4.1, 2, 1.9, 0, 360), arc(4, 4.1, 4, 4.1, 180, 260) };
constexpr std::array kSeven { line(0, 0, 4, 0), line(4, 0, 1.4, 6) };
constexpr std::array kEight { arc(2, 1.5, 1.7, 1.5, 0, 360), arc(2, 4.5, 2, 1.5, 0, 360) };
constexpr std::array kNine { arc(2, 1.9, 2, 1.9, 0, 360), arc(0, 1.9, 4, 4.1, 0, 80) };
constexpr std::array kColon { dot(2, 1.8), dot(2, 4.4) };
constexpr std::array kPoint { dot(2, 5.9) };
constexpr std::array kA { line(0, 6, 2, 0), line(2, 0, 4, 6), line(0.7, 4, 3.3, 4) };
constexpr std::array kB { line(0, 0, 0, 6), line(0, 0, 2.2, 0), arc(2.2, 1.45, 1.5, 1.45, -90, 90),
    line(0, 2.9, 2.3, 2.9), arc(2.3, 4.45, 1.7, 1.55, -90, 90), line(0, 6, 2.3, 6) };
constexpr std::array kC { arc(2.1, 2.1, 2.1, 2.1, 180, 325), line(0, 2.1, 0, 3.9),
    arc(2.1, 3.9, 2.1, 2.1, 35, 180) };
constexpr std::array kE { line(0, 0, 0, 6), line(0, 0, 3.6, 0), line(0, 2.9, 3.1, 2.9), line(0, 6, 3.6, 6) };
constexpr std::array kF { line(0, 0, 0, 6), line(0, 0, 3.6, 0), line(0, 2.9, 3.1, 2.9) };
constexpr std::array kI { line(2, 0, 2, 6) };
constexpr std::array kK { line(0, 0, 0, 6), line(3.8, 0, 0, 3.7), line(1.3, 2.5, 4, 6) };
constexpr std::array kM { line(0, 6, 0, 0), line(0, 0, 2, 3.4), line(2, 3.4, 4, 0), line(4, 0, 4, 6) };
constexpr std::array kN { line(0, 6, 0, 0), line(0, 0, 4, 6), line(4, 6, 4, 0) };
constexpr std::array kP { line(0, 0, 0, 6), line(0, 0, 2.3, 0), arc(2.3, 1.65, 1.7, 1.65, -90, 90),
    line(0, 3.3, 2.3, 3.3) };
constexpr std::array kR { line(0, 0, 0, 6), line(0, 0, 2.3, 0), arc(2.3, 1.65, 1.7, 1.65, -90, 90),
    line(0, 3.3, 2.3, 3.3), line(2, 3.3, 4, 6) };
constexpr std::array kS { arc(2, 1.5, 1.8, 1.5, 90, 335), arc(2, 4.5, 2, 1.5, -90, 155) };
constexpr std::array kT { line(0, 0, 4, 0), line(2, 0, 2, 6) };
constexpr std::array kX { line(0.3, 1.9, 3.7, 6), line(3.7, 1.9, 0.3, 6) };

std::span<const Stroke> strokesOf(char letter)
{
    switch (letter) {
    case '0':
        return kZero;
    case '1':
        return kOne;
    case '2':
        return kTwo;
    case '3':
        return kThree;
    case '4':
        return kFour;
    case '5':
        return kFive;
    case '6':
        return kSix;
    case '7':
        return kSeven;
    case '8':
        return kEight;
    case '9':
        return kNine;
    case ':':
        return kColon;
    case '.':
        return kPoint;
    case 'A':
        return kA;
    case 'B':
        return kB;
    case 'C':
        return kC;
    case 'E':
        return kE;
    case 'F':
        return kF;
    case 'I':
        return kI;
    case 'K':
        return kK;
    case 'M':
        return kM;
    case 'N':
        return kN;
    case 'P':
        return kP;
    case 'R':
        return kR;
    case 'S':
        return kS;
    case 'T':
        return kT;
    case 'x':
        return kX;
    default:
        return {};
    }
}

double length(Point p) { return std::hypot(p.x, p.y); }

double distanceToSegment(Point p, Point from, Point to)
{
    const Point along = to - from;
    const double squared = along.x * along.x + along.y * along.y;
    const Point apart = p - from;
    const double t =
        squared > 0 ? std::clamp((apart.x * along.x + apart.y * along.y) / squared, 0.0, 1.0) : 0.0;
    return length(apart - along * t);
}

struct Segment {
    Point from, to;
};
std::vector<Segment> segmentsOf(char letter, Point origin, double unit)
{
    std::vector<Segment> segments;
    const auto placed = [&](double x, double y) {
        return Point { origin.x + x * unit, origin.y + y * unit };
    };
    for (const Stroke& stroke : strokesOf(letter)) {
        if (stroke.kind == Stroke::Kind::Line) {
            segments.push_back({ placed(stroke.a, stroke.b), placed(stroke.c, stroke.d) });
            continue;
        }
        constexpr double kStepDegrees = 12;
        const int steps = std::max(1, static_cast<int>(std::ceil((stroke.to - stroke.from) / kStepDegrees)));
        const auto at = [&](int step) {
            const double degrees = stroke.from + (stroke.to - stroke.from) * step / steps;
            const double radians = degrees * std::numbers::pi / 180;
            return placed(stroke.a + stroke.c * std::cos(radians), stroke.b + stroke.d * std::sin(radians));
        };
        for (int step = 0; step < steps; ++step)
            segments.push_back({ at(step), at(step + 1) });
    }
    return segments;
}

/// Extent of a line with round ends of @p radius in a row whose centres are at @p y.
struct Extent {
    double left, right;
};
Extent extentOf(Point from, Point to, double radius, double y)
{
    Extent extent { 1e9, -1e9 };
    const auto take = [&extent](double left, double right) {
        extent.left = std::min(extent.left, left);
        extent.right = std::max(extent.right, right);
    };
    for (const Point& end : { from, to }) {
        const double above = y - end.y;
        if (std::abs(above) < radius) {
            const double half = std::sqrt(radius * radius - above * above);
            take(end.x - half, end.x + half);
        }
    }
    const Point along = to - from;
    const double span = length(along);
    if (span > 0) {
        const Point across { -along.y / span * radius, along.x / span * radius };
        for (const Point& side : { across, across * -1 }) { // where the two long edges cross the row
            const Point a = from + side;
            if (along.y == 0)
                continue;
            const double t = (y - a.y) / along.y;
            if (t >= 0 && t <= 1)
                take(a.x + t * along.x, a.x + t * along.x);
        }
    }
    return extent;
}

} // namespace

Ycc codeValues(const Rgb& colour, const base::Colour& meaning)
{
    const bool bt709 = meaning.matrix == base::Matrix::Bt709;
    const double of_red = bt709 ? 0.2126 : 0.299;
    const double of_blue = bt709 ? 0.0722 : 0.114;
    const double luma = of_red * colour.red + (1 - of_red - of_blue) * colour.green + of_blue * colour.blue;
    const double cb = (colour.blue - luma) / (2 * (1 - of_blue));
    const double cr = (colour.red - luma) / (2 * (1 - of_red));
    const bool limited = meaning.range == base::Range::Limited;
    const auto code = [](double value) {
        return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
    };
    return {
        code(limited ? 16 + 219 * luma : 255 * luma),
        code(128 + (limited ? 224 : 255) * cb),
        code(128 + (limited ? 224 : 255) * cr),
    };
}

Mask lettering(std::string_view text, double cap_height)
{
    const double unit = cap_height / kBoxHeight;
    const double stroke = std::max(kStroke * unit, 0.45); // thinner and it fades away
    const double margin = stroke + 1;
    const double advance = kLetterAdvance * cap_height;
    const auto letters = static_cast<double>(text.size());
    Mask mask;
    mask.width = static_cast<int>(std::ceil((letters - 1) * advance + kBoxWidth * unit + 2 * margin));
    mask.height = static_cast<int>(std::ceil(cap_height + 2 * margin));
    mask.coverage.assign(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height), 0);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const Point origin { margin + static_cast<double>(i) * advance, margin };
        const auto segments = segmentsOf(text[i], origin, unit);
        const int left = std::max(0, static_cast<int>(origin.x - margin));
        const int right =
            std::min(mask.width, static_cast<int>(std::ceil(origin.x + kBoxWidth * unit + margin)));
        for (int y = 0; y < mask.height; ++y) {
            for (int x = left; x < right; ++x) {
                double nearest = 1e9;
                for (const Segment& segment : segments)
                    nearest =
                        std::min(nearest, distanceToSegment({ x + 0.5, y + 0.5 }, segment.from, segment.to));
                auto& pixel = mask.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width)
                    + static_cast<std::size_t>(x)];
                pixel = std::max(pixel, Canvas::coverage(nearest - stroke, 256));
            }
        }
    }
    return mask;
}

Canvas::Canvas(base::Picture& picture)
    : picture_(picture)
    , clip_ { 0, 0, picture.format.width, picture.format.height }
    , row_(static_cast<std::size_t>(picture.format.width) + 2)
{
    assert(picture.format.subsampling == base::Subsampling::S422);
}

void Canvas::clipTo(const Box& box)
{
    clip_.left = std::clamp(box.left, 0, picture_.format.width);
    clip_.top = std::clamp(box.top, 0, picture_.format.height);
    clip_.right = std::clamp(box.right, clip_.left, picture_.format.width);
    clip_.bottom = std::clamp(box.bottom, clip_.top, picture_.format.height);
}

void Canvas::blend(int y, int left, int right, Ycc colour)
{
    blendPart(y, left, std::max(left, clip_.left), std::min(right, clip_.right), colour);
}

void Canvas::blendPart(int y, int left, int from, int to, Ycc colour)
{
    if (from >= to)
        return;
    const auto row = static_cast<std::ptrdiff_t>(y);
    const std::uint16_t* __restrict coverage_of = row_.data() + (from - left);
    std::uint8_t* __restrict luma = picture_.planes[0] + row * picture_.strides[0] + from;
    const int value = colour.luma;
    for (int x = 0; x < to - from; ++x)
        luma[x] = static_cast<std::uint8_t>(luma[x] + (((value - luma[x]) * coverage_of[x]) >> 8));

    // A chroma sample lies over the pixels 2i and 2i + 1; what lies outside of the shape covers nothing of
    // it.
    std::uint8_t* __restrict cb = picture_.planes[1] + row * picture_.strides[1];
    std::uint8_t* __restrict cr = picture_.planes[2] + row * picture_.strides[2];
    for (int i = from / 2; i <= (to - 1) / 2; ++i) {
        const int first = 2 * i;
        const int one = first >= from ? row_[static_cast<std::size_t>(first - left)] : 0;
        const int two = first + 1 < to ? row_[static_cast<std::size_t>(first + 1 - left)] : 0;
        const int both = first + 1 < picture_.format.width ? (one + two) / 2 : one;
        cb[i] = static_cast<std::uint8_t>(cb[i] + (((colour.cb - cb[i]) * both) >> 8));
        cr[i] = static_cast<std::uint8_t>(cr[i] + (((colour.cr - cr[i]) * both) >> 8));
    }
}

/// Pixels @p from … @p to - 1, both even: nothing of a pair's chroma sample is outside.
void Canvas::setPairs(int y, int from, int to, Ycc colour)
{
    const auto row = static_cast<std::ptrdiff_t>(y);
    std::fill_n(picture_.planes[0] + row * picture_.strides[0] + from, to - from,
        static_cast<std::uint8_t>(colour.luma));
    std::fill_n(picture_.planes[1] + row * picture_.strides[1] + from / 2, (to - from) / 2,
        static_cast<std::uint8_t>(colour.cb));
    std::fill_n(picture_.planes[2] + row * picture_.strides[2] + from / 2, (to - from) / 2,
        static_cast<std::uint8_t>(colour.cr));
}

void Canvas::rectangle(const Box& box, Ycc colour)
{
    const int left = std::clamp(box.left, 0, picture_.format.width);
    const int right = std::clamp(box.right, left, picture_.format.width);
    std::fill_n(row_.begin(), right - left, std::uint16_t { 256 });
    for (int y = std::max(box.top, clip_.top); y < std::min(box.bottom, clip_.bottom); ++y)
        blend(y, left, right, colour);
}

void Canvas::limb(Point from, Point to, double from_radius, double to_radius, Ycc colour, double opacity)
{
    const double widest = std::max(from_radius, to_radius) + 1;
    const Point along = to - from;
    const double span = length(along);
    const bool is_disc =
        span < 1e-6 || std::abs(from_radius - to_radius) >= span; // the one disc holds the other
    const Point axis = is_disc ? Point {} : along * (1 / span);
    const double narrowing = is_disc ? 0 : (from_radius - to_radius) / span;
    // Of all discs along the axis the nearest to a point is as far behind its foot on the axis as the limb
    // narrows.
    const double behind = is_disc ? 0 : narrowing / std::sqrt(1 - narrowing * narrowing);
    const Point centre = from_radius >= to_radius ? from : to;
    const double full = 256 * std::clamp(opacity, 0.0, 1.0);

    const auto distance = [&](double x, double y) {
        if (is_disc)
            return std::sqrt((x - centre.x) * (x - centre.x) + (y - centre.y) * (y - centre.y))
                - (widest - 1);
        const double u = x - from.x;
        const double v = y - from.y;
        const double off_axis = std::abs(u * axis.y - v * axis.x);
        const double on_axis = u * axis.x + v * axis.y;
        const double nearest = std::clamp(on_axis - off_axis * behind, 0.0, span);
        const double rest = on_axis - nearest;
        return std::sqrt(rest * rest + off_axis * off_axis) - (from_radius - narrowing * nearest);
    };

    const int top = std::max(clip_.top, static_cast<int>(std::floor(std::min(from.y, to.y) - widest)));
    const int bottom = std::min(clip_.bottom, static_cast<int>(std::ceil(std::max(from.y, to.y) + widest)));
    const auto solid = static_cast<std::uint16_t>(full + 0.5);
    for (int y = top; y < bottom; ++y) {
        const Extent extent = extentOf(from, to, widest, y + 0.5);
        const int left = std::max(clip_.left, static_cast<int>(std::floor(extent.left)));
        const int right = std::min(clip_.right, static_cast<int>(std::ceil(extent.right)));
        if (left >= right)
            continue;
        // It is convex: whole pixels lie together, and only those at its edges need the square root.
        int x = left;
        for (; x < right; ++x) {
            const auto covered = coverage(distance(x + 0.5, y + 0.5), full);
            row_[static_cast<std::size_t>(x - left)] = covered;
            if (covered == solid)
                break;
        }
        int last = right - 1;
        for (; last > x; --last) {
            const auto covered = coverage(distance(last + 0.5, y + 0.5), full);
            row_[static_cast<std::size_t>(last - left)] = covered;
            if (covered == solid)
                break;
        }
        if (last > x)
            std::fill(row_.begin() + (x - left), row_.begin() + (last - left), solid);
        // Whole pairs of pixels inside an opaque shape are simply its colour.
        const int inner = (x + 1) & ~1;
        const int inner_end = last & ~1;
        if (solid == 256 && inner_end - inner >= 8) {
            blendPart(y, left, left, inner, colour);
            setPairs(y, inner, inner_end, colour);
            blendPart(y, left, inner_end, right, colour);
        } else {
            blendPart(y, left, left, right, colour);
        }
    }
}

void Canvas::stamp(const Mask& mask, int left, int top, Ycc colour)
{
    for (int row = 0; row < mask.height; ++row) {
        const int y = top + row;
        if (y < clip_.top || y >= clip_.bottom)
            continue;
        const int skipped = std::max(0, -left);
        const int width = std::min(mask.width, picture_.format.width - left);
        if (width <= skipped)
            continue;
        const auto from = mask.coverage.begin() + static_cast<std::ptrdiff_t>(row) * mask.width;
        std::copy(from + skipped, from + width, row_.begin());
        blend(y, left + skipped, left + width, colour);
    }
}

} // namespace backtake::capture
