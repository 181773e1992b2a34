#include "capture/convert.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace backtake::capture {
namespace {

using base::Colour;
using base::Matrix;
using base::Range;
using base::Subsampling;

struct Layout {
    PixelLayout layout;
    const char* name;
    Subsampling subsampling; ///< Of the source. RGB counts as 4:4:4.
    int bits;
    bool rgb;
};
const std::vector<Layout> kLayouts {
    { PixelLayout::I420, "I420", Subsampling::S420, 8, false },
    { PixelLayout::Y42B, "Y42B", Subsampling::S422, 8, false },
    { PixelLayout::Y444, "Y444", Subsampling::S444, 8, false },
    { PixelLayout::Grey8, "Grey8", Subsampling::Grey, 8, false },
    { PixelLayout::NV12, "NV12", Subsampling::S420, 8, false },
    { PixelLayout::YUY2, "YUY2", Subsampling::S422, 8, false },
    { PixelLayout::UYVY, "UYVY", Subsampling::S422, 8, false },
    { PixelLayout::I420_10, "I420_10", Subsampling::S420, 10, false },
    { PixelLayout::I422_10, "I422_10", Subsampling::S422, 10, false },
    { PixelLayout::P010, "P010", Subsampling::S420, 10, false },
    { PixelLayout::V210, "V210", Subsampling::S422, 10, false },
    { PixelLayout::RGB, "RGB", Subsampling::S444, 8, true },
    { PixelLayout::BGR, "BGR", Subsampling::S444, 8, true },
    { PixelLayout::RGBX, "RGBX", Subsampling::S444, 8, true },
    { PixelLayout::BGRX, "BGRX", Subsampling::S444, 8, true },
};
const std::vector<Colour> kColours {
    { Matrix::Bt601, Range::Full },
    { Matrix::Bt601, Range::Limited },
    { Matrix::Bt709, Range::Full },
    { Matrix::Bt709, Range::Limited },
};
std::string nameOf(const Layout& layout, const Colour& colour)
{
    return std::string(layout.name) + (colour.matrix == Matrix::Bt709 ? " BT.709" : " BT.601")
        + (colour.range == Range::Limited ? " limited" : " full");
}

using Triple = std::array<int, 3>; ///< Y, Cb, Cr or R, G, B in the source's depth.
/// What the source shows at (x, y); chroma is asked for at the first pixel of its sample.
using Scene = std::function<Triple(int x, int y)>;

/// A source picture in any layout, with rows longer than they need be and foreign bytes in the gaps.
class Source {
public:
    Source(const Layout& layout, int width, int height, Colour colour, const Scene& scene, int padding = 0)
        : chroma_width_(layout.subsampling == Subsampling::S444 ? width : (width + 1) / 2)
        , chroma_height_(layout.subsampling == Subsampling::S420 ? (height + 1) / 2 : height)
    {
        image.layout = layout.layout;
        image.width = width;
        image.height = height;
        image.colour = colour;
        const int bytes = layout.bits == 10 ? 2 : 1;
        switch (layout.layout) {
        case PixelLayout::Grey8:
            allocate(0, width, height, padding);
            break;
        case PixelLayout::NV12:
        case PixelLayout::P010:
            allocate(0, width * bytes, height, padding);
            allocate(1, 2 * chroma_width_ * bytes, chroma_height_, padding);
            break;
        case PixelLayout::YUY2:
        case PixelLayout::UYVY:
            allocate(0, 4 * chroma_width_, height, padding);
            break;
        case PixelLayout::V210:
            allocate(0, (width + 5) / 6 * 16, height, padding);
            break;
        case PixelLayout::RGB:
        case PixelLayout::BGR:
            allocate(0, 3 * width, height, padding);
            break;
        case PixelLayout::RGBX:
        case PixelLayout::BGRX:
            allocate(0, 4 * width, height, padding);
            break;
        default:
            allocate(0, width * bytes, height, padding);
            allocate(1, chroma_width_ * bytes, chroma_height_, padding);
            allocate(2, chroma_width_ * bytes, chroma_height_, padding);
        }
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x)
                put(layout, x, y, scene(x, y));
        }
    }

    RawImage image;

private:
    void allocate(std::size_t plane, int row_bytes, int rows, int padding)
    {
        // Exactly as much as there is: reading on is a fault that the address sanitizer sees.
        const int stride = row_bytes + padding;
        storage_[plane].assign(static_cast<std::size_t>(stride) * static_cast<std::size_t>(rows - 1)
                + static_cast<std::size_t>(row_bytes),
            0xA5);
        image.planes[plane] = storage_[plane].data();
        image.strides[plane] = stride;
    }
    std::uint8_t* at(std::size_t plane, int row)
    {
        return storage_[plane].data() + static_cast<std::ptrdiff_t>(row) * image.strides[plane];
    }
    void word(std::size_t plane, int row, int index, int value)
    {
        const auto bits = static_cast<std::uint16_t>(value);
        std::memcpy(at(plane, row) + 2 * index, &bits, 2);
    }
    void v210(int row, int x, int value, int component) // component: 0 luma, 1 cb, 2 cr
    {
        static constexpr int kLumaPlaces[] { 1, 3, 5, 7, 9, 11 };
        static constexpr int kChromaPlaces[2][3] { { 0, 4, 8 }, { 2, 6, 10 } };
        const int in_group = x % 6;
        const int place = component == 0 ? kLumaPlaces[in_group] : kChromaPlaces[component - 1][in_group / 2];
        std::uint8_t* bytes = at(0, row) + x / 6 * 16 + place / 3 * 4;
        std::uint32_t bits = 0;
        std::memcpy(&bits, bytes, 4);
        const int shift = place % 3 * 10;
        bits = (bits & ~(1023U << shift)) | static_cast<std::uint32_t>(value) << shift;
        std::memcpy(bytes, &bits, 4);
    }
    void put(const Layout& layout, int x, int y, const Triple& value)
    {
        const bool first = (layout.subsampling == Subsampling::S444 || x % 2 == 0)
            && (layout.subsampling != Subsampling::S420 || y % 2 == 0);
        const int cx = layout.subsampling == Subsampling::S444 ? x : x / 2;
        const int cy = layout.subsampling == Subsampling::S420 ? y / 2 : y;
        const auto byte = [](int code) { return static_cast<std::uint8_t>(code); };
        switch (layout.layout) {
        case PixelLayout::Grey8:
            at(0, y)[x] = byte(value[0]);
            break;
        case PixelLayout::I420:
        case PixelLayout::Y42B:
        case PixelLayout::Y444:
            at(0, y)[x] = byte(value[0]);
            if (first) {
                at(1, cy)[cx] = byte(value[1]);
                at(2, cy)[cx] = byte(value[2]);
            }
            break;
        case PixelLayout::NV12:
            at(0, y)[x] = byte(value[0]);
            if (first) {
                at(1, cy)[2 * cx] = byte(value[1]);
                at(1, cy)[2 * cx + 1] = byte(value[2]);
            }
            break;
        case PixelLayout::YUY2:
        case PixelLayout::UYVY: {
            const int luma_at = layout.layout == PixelLayout::YUY2 ? 0 : 1;
            at(0, y)[2 * x + luma_at] = byte(value[0]);
            if (first) {
                at(0, y)[4 * cx + 1 - luma_at] = byte(value[1]);
                at(0, y)[4 * cx + 3 - luma_at] = byte(value[2]);
            }
            break;
        }
        case PixelLayout::I420_10:
        case PixelLayout::I422_10:
            word(0, y, x, value[0]);
            if (first) {
                word(1, cy, cx, value[1]);
                word(2, cy, cx, value[2]);
            }
            break;
        case PixelLayout::P010:
            word(0, y, x, value[0] << 6);
            if (first) {
                word(1, cy, 2 * cx, value[1] << 6);
                word(1, cy, 2 * cx + 1, value[2] << 6);
            }
            break;
        case PixelLayout::V210:
            v210(y, x, value[0], 0);
            if (first) {
                v210(y, x, value[1], 1);
                v210(y, x, value[2], 2);
            }
            break;
        case PixelLayout::RGB:
        case PixelLayout::RGBX:
        case PixelLayout::BGR:
        case PixelLayout::BGRX: {
            const int bytes = layout.layout == PixelLayout::RGB || layout.layout == PixelLayout::BGR ? 3 : 4;
            const bool red_first = layout.layout == PixelLayout::RGB || layout.layout == PixelLayout::RGBX;
            for (int colour = 0; colour < 3; ++colour)
                at(0, y)[bytes * x + (red_first ? colour : 2 - colour)] =
                    byte(value[static_cast<std::size_t>(colour)]);
            break;
        }
        }
    }

    int chroma_width_;
    int chroma_height_;
    std::array<std::vector<std::uint8_t>, 3> storage_;
};

// --- the reference: the equations of BT.601, BT.709 and H.273 in doubles, by way of R'G'B'
// --------------------------

struct Real {
    double a, b, c;
};
double redShare(Matrix matrix) { return matrix == Matrix::Bt709 ? 0.2126 : 0.299; }
double blueShare(Matrix matrix) { return matrix == Matrix::Bt709 ? 0.0722 : 0.114; }

Real rgbOf(const Triple& ycc, const Colour& colour, int bits)
{
    const double unit = 1 << (bits - 8);
    const double top = (1 << bits) - 1;
    const bool limited = colour.range == Range::Limited;
    const double y = limited ? (ycc[0] - 16 * unit) / (219 * unit) : ycc[0] / top;
    const double cb = (ycc[1] - 128 * unit) / (limited ? 224 * unit : top);
    const double cr = (ycc[2] - 128 * unit) / (limited ? 224 * unit : top);
    const double kr = redShare(colour.matrix);
    const double kb = blueShare(colour.matrix);
    const double r = y + 2 * (1 - kr) * cr;
    const double b = y + 2 * (1 - kb) * cb;
    return { r, (y - kr * r - kb * b) / (1 - kr - kb), b };
}
Real rgbOfCodes(const Triple& rgb, const Colour& colour)
{
    const auto real = [&](int code) {
        return colour.range == Range::Limited ? (code - 16) / 219.0 : code / 255.0;
    };
    return { real(rgb[0]), real(rgb[1]), real(rgb[2]) };
}
/// Code values of kJpegColour, clamped, not rounded.
Real expectedFrom(const Real& rgb)
{
    const double y = 0.299 * rgb.a + 0.587 * rgb.b + 0.114 * rgb.c;
    const auto code = [](double value) { return std::clamp(value, 0.0, 255.0); };
    return { code(255 * y), code(128 + 255 * (rgb.c - y) / 1.772), code(128 + 255 * (rgb.a - y) / 1.402) };
}

/// Largest distance from the reference in any plane, in code values; the reference rounded as the picture is.
double worstError(
    const Layout& layout, const Colour& colour, const Scene& scene, int width, int height, int padding = 0)
{
    const Source source(layout, width, height, colour, scene, padding);
    base::PicturePool pool(1 << 26);
    const auto picture = pool.tryAcquire(convertedFormat(source.image));
    for (std::size_t plane = 0; plane < 3; ++plane) {
        if (picture->planes[plane] != nullptr) {
            std::memset(picture->planes[plane], 0x5A,
                static_cast<std::size_t>(
                    picture->strides[plane] * picture->format.planeHeight(static_cast<int>(plane))));
        }
    }
    convert(source.image, *picture);
    const auto value = [&](std::size_t plane, int x, int y) {
        return static_cast<double>(
            picture->planes[plane][static_cast<std::ptrdiff_t>(y) * picture->strides[plane] + x]);
    };
    const auto& format = picture->format;
    const int across = format.planeWidth(1) == width && width > 1 ? 1 : 2;
    const int down = format.planeHeight(1) == height && height > 1 ? 1 : 2;
    double worst = 0;
    const auto compare = [&worst](double is, double should) {
        worst = std::max(worst, std::abs(is - std::round(should)));
    };
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            if (layout.rgb) {
                compare(value(0, x, y), expectedFrom(rgbOfCodes(scene(x, y), colour)).a);
                if (x % 2 == 0) {
                    const Real one = rgbOfCodes(scene(x, y), colour);
                    const Real two = rgbOfCodes(scene(std::min(x + 1, width - 1), y), colour);
                    const Real mean =
                        expectedFrom({ (one.a + two.a) / 2, (one.b + two.b) / 2, (one.c + two.c) / 2 });
                    compare(value(1, x / 2, y), mean.b);
                    compare(value(2, x / 2, y), mean.c);
                }
                continue;
            }
            Triple here = scene(x, y);
            if (format.planes() == 1) {
                here[1] = here[2] = 128;
                compare(value(0, x, y), expectedFrom(rgbOf(here, colour, layout.bits)).a);
                continue;
            }
            const Triple sample =
                scene(x / across * across, y / down * down); // whose chroma lies over this pixel
            here[1] = sample[1];
            here[2] = sample[2];
            const Real expected = expectedFrom(rgbOf(here, colour, layout.bits));
            compare(value(0, x, y), expected.a);
            compare(value(1, x / across, y / down), expected.b);
            compare(value(2, x / across, y / down), expected.c);
        }
    }
    return worst;
}

int largest(const Layout& layout) { return (1 << layout.bits) - 1; }

Scene randomScene(int limit)
{
    return [limit](int x, int y) {
        auto state = static_cast<std::uint32_t>(y * 4099 + x + 1);
        const auto pick = [&] {
            state = (state ^ (state >> 15)) * 0x2c1b3c6dU;
            state = (state ^ (state >> 12)) * 0x297a2d39U;
            return static_cast<int>(((state ^ (state >> 15)) >> 3) % static_cast<std::uint32_t>(limit + 1));
        };
        Triple value {};
        for (int& part : value)
            part = pick();
        return value;
    };
}

TEST(Convert, EveryLayoutOfRandomPixelsIsWithinOneOfTheExactEquations)
{
    for (const Layout& layout : kLayouts) {
        for (const Colour& colour : kColours)
            EXPECT_LE(worstError(layout, colour, randomScene(largest(layout)), 326, 44), 1.0)
                << nameOf(layout, colour);
    }
}

TEST(Convert, EveryLayoutOfRampsIsWithinOneOfTheExactEquations)
{
    for (const Layout& layout : kLayouts) {
        const int top = largest(layout);
        const Scene ramp = [top](int x, int y) {
            return Triple { x % (top + 1), y * top / 31, top - (x / 2) % (top + 1) };
        };
        for (const Colour& colour : kColours)
            EXPECT_LE(worstError(layout, colour, ramp, 2 * (top + 1), 32), 1.0) << nameOf(layout, colour);
    }
}

TEST(Convert, SizesThatAreOddOrTinyAreConvertedToTheLastPixel)
{
    for (const Layout& layout : kLayouts) {
        for (const Colour& colour : kColours) {
            for (const auto& [width, height] :
                { std::pair { 1, 1 }, { 1, 7 }, { 3, 1 }, { 2, 3 }, { 7, 5 }, { 17, 9 }, { 65, 3 } })
                EXPECT_LE(worstError(layout, colour, randomScene(largest(layout)), width, height), 1.0)
                    << nameOf(layout, colour) << ' ' << width << 'x' << height;
        }
    }
}

TEST(Convert, BytesBetweenRowsAreNotPicture)
{
    for (const Layout& layout : kLayouts) {
        for (const Colour& colour : kColours)
            EXPECT_LE(worstError(layout, colour, randomScene(largest(layout)), 31, 7, /*padding=*/26), 1.0)
                << nameOf(layout, colour);
    }
}

TEST(Convert, ColourBarsOfBt709KeepTheirRgb)
{
    // 75 % bars in BT.709 limited range, against the values that BT.601 full range has for the same R'G'B'.
    for (const PixelLayout wanted : { PixelLayout::Y42B, PixelLayout::V210, PixelLayout::I420 }) {
        const Layout layout = *std::find_if(
            kLayouts.begin(), kLayouts.end(), [wanted](const Layout& each) { return each.layout == wanted; });
        const double unit = 1 << (layout.bits - 8);
        for (int bar = 0; bar < 8; ++bar) {
            const Real rgb { (bar & 4) != 0 ? 0.75 : 0, (bar & 2) != 0 ? 0.75 : 0,
                (bar & 1) != 0 ? 0.75 : 0 };
            const double y = 0.2126 * rgb.a + 0.7152 * rgb.b + 0.0722 * rgb.c;
            const Triple code { static_cast<int>(std::lround(unit * (16 + 219 * y))),
                static_cast<int>(std::lround(unit * (128 + 224 * (rgb.c - y) / 1.8556))),
                static_cast<int>(std::lround(unit * (128 + 224 * (rgb.a - y) / 1.5748))) };
            const Source source(
                layout, 16, 4, { Matrix::Bt709, Range::Limited }, [code](int, int) { return code; });
            base::PicturePool pool(1 << 20);
            const auto picture = pool.tryAcquire(convertedFormat(source.image));
            convert(source.image, *picture);
            const Real expected = expectedFrom(rgb);
            // One for this conversion, one for the code values that the bars themselves were rounded to.
            EXPECT_NEAR(picture->planes[0][5], expected.a, 2.0) << layout.name << " bar " << bar;
            EXPECT_NEAR(picture->planes[1][2], expected.b, 2.0) << layout.name << " bar " << bar;
            EXPECT_NEAR(picture->planes[2][2], expected.c, 2.0) << layout.name << " bar " << bar;
        }
    }
}

TEST(Convert, GreyStaysExactlyGrey)
{
    for (const Layout& layout : kLayouts) {
        if (layout.subsampling == Subsampling::Grey)
            continue;
        const int neutral = 1 << (layout.bits - 1);
        for (const Colour& colour : kColours) {
            const Source source(layout, 512, 2, colour, [&](int x, int) {
                const int value = x * largest(layout) / 511;
                return layout.rgb ? Triple { value, value, value } : Triple { value, neutral, neutral };
            });
            base::PicturePool pool(1 << 20);
            const auto picture = pool.tryAcquire(convertedFormat(source.image));
            convert(source.image, *picture);
            for (int x = 0; x < picture->format.planeWidth(1); ++x) {
                const int slack = layout.rgb ? 1 : 0; // a pair of RGB is not one grey but the mean of two
                ASSERT_NEAR(picture->planes[1][x], 128, slack) << nameOf(layout, colour) << " x " << x;
                ASSERT_NEAR(picture->planes[2][x], 128, slack) << nameOf(layout, colour) << " x " << x;
            }
        }
    }
}

TEST(Convert, BlackAndWhiteOfLimitedRangeAreTheEndsAndWhatLiesBeyondIsClamped)
{
    for (const Layout& layout : kLayouts) {
        if (layout.rgb)
            continue;
        const int unit = 1 << (layout.bits - 8);
        const std::vector<std::pair<int, int>> pairs { { 16 * unit, 0 }, { 235 * unit, 255 }, { 0, 0 },
            { 4 * unit, 0 }, { 254 * unit, 255 }, { largest(layout), 255 } };
        for (const auto& [code, expected] : pairs) {
            const Source source(layout, 8, 2, { Matrix::Bt709, Range::Limited }, [&, luma = code](int, int) {
                return Triple { luma, 128 * unit, 128 * unit };
            });
            base::PicturePool pool(1 << 20);
            const auto picture = pool.tryAcquire(convertedFormat(source.image));
            convert(source.image, *picture);
            EXPECT_EQ(picture->planes[0][3], expected) << layout.name << " code " << code;
        }
    }
}

TEST(Convert, APictureInJpegColourIsPassedOnUnchanged)
{
    for (const Layout& layout : kLayouts) {
        if (layout.rgb || layout.bits != 8)
            continue;
        EXPECT_EQ(worstError(layout, base::kJpegColour, randomScene(255), 131, 21, 3), 0.0) << layout.name;
    }
}

TEST(Convert, TheFormatFollowsTheSource)
{
    for (const Layout& layout : kLayouts) {
        RawImage image;
        image.layout = layout.layout;
        image.width = 37;
        image.height = 21;
        image.colour = { Matrix::Bt709, Range::Limited };
        const auto format = convertedFormat(image);
        EXPECT_EQ(format.subsampling, layout.rgb ? Subsampling::S422 : layout.subsampling) << layout.name;
        EXPECT_EQ(format.colour, base::kJpegColour) << layout.name;
        EXPECT_EQ(format.width, 37);
        EXPECT_EQ(format.height, 21);
    }
}

} // namespace
} // namespace backtake::capture
