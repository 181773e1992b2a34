#include "base/jpeg.hpp"
#include "capture/frame_cells.hpp"
#include "capture/pattern_painter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace backtake::capture {
namespace {

const std::vector<std::uint32_t> kNumbers { 0, 1, 0x00AAAAAA, 0x00555555, 0x00FFFFFF, 0x00800000, 0x00123456,
    0x00F0E1D2 };

base::PicturePool& pool()
{
    static base::PicturePool pictures(1U << 28);
    return pictures;
}
/// A picture of one grey in 4:2:2.
std::shared_ptr<base::Picture> greyPicture(int width, int height, base::Colour colour = base::kJpegColour)
{
    auto picture = pool().tryAcquire({ width, height, base::Subsampling::S422, colour });
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const int rows = picture->format.planeHeight(static_cast<int>(plane));
        std::fill_n(picture->planes[plane], static_cast<std::ptrdiff_t>(picture->strides[plane]) * rows,
            std::uint8_t { 110 });
    }
    return picture;
}
std::optional<std::uint32_t> read(const base::Picture& picture)
{
    return readFrameNumber(
        picture.planes[0], picture.format.width, picture.format.height, picture.strides[0]);
}

/// Luma of any size, scaled by means of the covered area (down) or of neighbours (up), as displays do it.
struct Grey {
    int width, height;
    std::vector<std::uint8_t> pixels;
};
Grey lumaOf(const base::Picture& picture)
{
    Grey grey { picture.format.width, picture.format.height, {} };
    for (int y = 0; y < grey.height; ++y) {
        const auto* row = picture.planes[0] + static_cast<std::ptrdiff_t>(y) * picture.strides[0];
        grey.pixels.insert(grey.pixels.end(), row, row + grey.width);
    }
    return grey;
}
Grey scaled(const Grey& from, int width, int height)
{
    Grey to { width, height,
        std::vector<std::uint8_t>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) };
    const double across = static_cast<double>(from.width) / width;
    const double down = static_cast<double>(from.height) / height;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            // A tent as wide as one pixel of the coarser of the two grids.
            const double reach_x = std::max(1.0, across);
            const double reach_y = std::max(1.0, down);
            const double cx = (x + 0.5) * across - 0.5;
            const double cy = (y + 0.5) * down - 0.5;
            double sum = 0;
            double weights = 0;
            for (int j = static_cast<int>(std::ceil(cy - reach_y));
                 j <= static_cast<int>(std::floor(cy + reach_y)); ++j) {
                for (int i = static_cast<int>(std::ceil(cx - reach_x));
                     i <= static_cast<int>(std::floor(cx + reach_x)); ++i) {
                    if (i < 0 || j < 0 || i >= from.width || j >= from.height)
                        continue;
                    const double weight = (1 - std::abs(i - cx) / reach_x) * (1 - std::abs(j - cy) / reach_y);
                    sum += weight * from.pixels[static_cast<std::size_t>(j * from.width + i)];
                    weights += weight;
                }
            }
            to.pixels[static_cast<std::size_t>(y * width + x)] =
                static_cast<std::uint8_t>(std::lround(sum / weights));
        }
    }
    return to;
}
std::optional<std::uint32_t> read(const Grey& grey)
{
    return readFrameNumber(grey.pixels.data(), grey.width, grey.height, grey.width);
}
Grey throughJpeg(const Grey& grey, int quality)
{
    const auto picture =
        pool().tryAcquire({ grey.width, grey.height, base::Subsampling::Grey, base::kJpegColour });
    for (int y = 0; y < grey.height; ++y)
        std::copy_n(grey.pixels.data() + static_cast<std::ptrdiff_t>(y) * grey.width, grey.width,
            picture->planes[0] + static_cast<std::ptrdiff_t>(y) * picture->strides[0]);
    base::JpegEncoder encoder;
    base::JpegDecoder decoder;
    return lumaOf(**decoder.decode(*encoder.encode(*picture, quality), pool()));
}

TEST(FrameCells, EveryNumberIsReadBackFromAPictureOfAnySize)
{
    for (const auto& [width, height] : { std::pair { 64, 64 }, { 65, 67 }, { 320, 180 }, { 719, 405 },
             { 1920, 1080 }, { 4096, 2160 }, { 1080, 1920 }, { 2000, 300 } }) {
        const auto picture = greyPicture(width, height);
        for (const std::uint32_t number : kNumbers) {
            drawFrameNumber(*picture, number);
            EXPECT_EQ(read(*picture), number) << width << 'x' << height;
        }
    }
}

TEST(FrameCells, EverySingleBitCounts)
{
    const auto picture = greyPicture(320, 180);
    for (int bit = 0; bit < FrameCells::kBits; ++bit) {
        drawFrameNumber(*picture, 1U << bit);
        EXPECT_EQ(read(*picture), 1U << bit);
    }
}

TEST(FrameCells, NumbersBeyond24BitsWrap)
{
    const auto picture = greyPicture(320, 180);
    drawFrameNumber(*picture, kFrameNumberLimit + 77);
    EXPECT_EQ(read(*picture), 77U);
}

TEST(FrameCells, ACellIsWideEnoughAndSquare)
{
    for (const auto& [width, height] : { std::pair { 1920, 1080 }, { 640, 480 }, { 320, 180 } }) {
        const FrameCells cells(width, height);
        EXPECT_GE(cells.pitch, width / 48.0);
        EXPECT_GE(cells.left, cells.pitch / 2); // the border is in the picture
        EXPECT_LE(cells.top + (FrameCells::kRows + 0.5) * cells.pitch, height);
    }
}

TEST(FrameCells, LimitedRangeBlackAndWhiteAreReadToo)
{
    const auto picture = greyPicture(640, 360, { base::Matrix::Bt709, base::Range::Limited });
    drawFrameNumber(*picture, 0x00C0FFEE);
    const auto [darkest, brightest] =
        std::minmax_element(picture->planes[0], picture->planes[0] + 360 * picture->strides[0]);
    EXPECT_EQ(*darkest, 16);
    EXPECT_EQ(*brightest, 235);
    EXPECT_EQ(read(*picture), 0x00C0FFEEU);
}

TEST(FrameCells, TheySurviveCoarseJpegAndScalingTo320AndBack)
{
    PatternLook look;
    look.noise = true;
    const PatternPainter painter(look);
    const auto picture = pool().tryAcquire(painter.format());
    for (const std::int64_t n : { 1, 5'592'405, 11'184'810, 16'777'214 }) {
        painter.paint(n, *picture);
        const Grey coarse = throughJpeg(lumaOf(*picture), 50);
        EXPECT_EQ(read(coarse), n) << "JPEG of quality 50";
        const Grey small = throughJpeg(scaled(coarse, 320, 180), 50);
        EXPECT_EQ(read(small), n) << "320 pixels wide and JPEG of quality 50 again";
        EXPECT_EQ(read(scaled(small, 1280, 720)), n) << "scaled up again";
    }
}

TEST(FrameCells, APictureInsideAScreenshotIsRead)
{
    const auto picture = greyPicture(1280, 720);
    drawFrameNumber(*picture, 0x00314159);
    const Grey shown = scaled(lumaOf(*picture), 577, 325);
    for (const int bytes : { 1, 3, 4 }) {
        const int width = 800;
        const int height = 600;
        const int stride = width * bytes + 12;
        std::vector<std::uint8_t> screen(static_cast<std::size_t>(stride) * height, 77);
        for (int y = 0; y < shown.height; ++y) {
            for (int x = 0; x < shown.width; ++x) {
                for (int colour = 0; colour < std::min(bytes, 3); ++colour)
                    screen[static_cast<std::size_t>((y + 131) * stride + (x + 101) * bytes + colour)] =
                        shown.pixels[static_cast<std::size_t>(y * shown.width + x)];
            }
        }
        const PixelView view { screen.data(), width, height, stride, bytes };
        EXPECT_EQ(readFrameNumber(view, { 101, 131, 577, 325 }), 0x00314159U) << bytes;
        EXPECT_EQ(readFrameNumber(view, { 101.4, 130.7, 576.5, 325.3 }), 0x00314159U) << bytes;
        EXPECT_EQ(readFrameNumber(view, { 20, 20, 577, 325 }), std::nullopt) << "elsewhere";
        EXPECT_EQ(readFrameNumber(view, { 700, 400, 577, 325 }), std::nullopt) << "out of the screen";
    }
}

TEST(FrameCells, ACellThatDisagreesWithItsInverseIsNoNumber)
{
    const FrameCells cells(640, 360);
    const auto picture = greyPicture(640, 360);
    for (int column = 0; column < FrameCells::kColumns; ++column) {
        for (int row = 0; row < FrameCells::kRows; ++row) {
            drawFrameNumber(*picture, 0x00A5C3E1);
            ASSERT_EQ(read(*picture), 0x00A5C3E1U);
            for (int y = 0; y < static_cast<int>(cells.pitch); ++y) {
                auto* at = picture->planes[0]
                    + static_cast<std::ptrdiff_t>(static_cast<int>(cells.top + row * cells.pitch) + y)
                        * picture->strides[0]
                    + static_cast<int>(cells.left + column * cells.pitch);
                std::transform(at, at + static_cast<int>(cells.pitch), at,
                    [](std::uint8_t value) { return static_cast<std::uint8_t>(255 - value); });
            }
            EXPECT_EQ(read(*picture), std::nullopt) << "column " << column << " row " << row;
        }
    }
}

TEST(FrameCells, AFlippedOrTurnedPictureIsNotReadAsAnotherNumber)
{
    const auto picture = greyPicture(640, 360);
    for (const std::uint32_t number : kNumbers) {
        drawFrameNumber(*picture, number);
        // The strip alone, turned in its place, as a reader of a flipped picture would find it.
        const Grey whole = lumaOf(*picture);
        const FrameCells cells(640, 360);
        const int top = static_cast<int>(cells.top);
        const int bottom = static_cast<int>(cells.top + 2 * cells.pitch);
        for (const bool across : { false, true }) {
            for (const bool down : { false, true }) {
                Grey turned = whole;
                for (int y = top; y < bottom; ++y) {
                    for (int x = 0; x < 640; ++x)
                        turned.pixels[static_cast<std::size_t>(y * 640 + x)] =
                            whole.pixels[static_cast<std::size_t>(
                                (down ? top + bottom - 1 - y : y) * 640 + (across ? 639 - x : x))];
                }
                EXPECT_EQ(read(turned), across || down ? std::nullopt : std::optional(number))
                    << across << down;
            }
        }
    }
}

TEST(FrameCells, APictureWithoutCellsHasNoNumber)
{
    EXPECT_EQ(read(*greyPicture(640, 360)), std::nullopt);
    Grey noise { 640, 360, {} };
    std::uint32_t state = 1;
    for (int i = 0; i < 640 * 360; ++i)
        noise.pixels.push_back(static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24));
    EXPECT_EQ(read(noise), std::nullopt);
}

TEST(FrameCells, CellsTooFaintToTellFromNoiseAreNoNumber)
{
    const auto picture = greyPicture(640, 360);
    drawFrameNumber(*picture, 0x00123456);
    for (const auto& [darkest, contrast, legible] :
        { std::tuple { 20, 100, true }, { 100, 60, true }, { 100, 30, false } }) {
        Grey faint = lumaOf(*picture);
        for (std::uint8_t& pixel : faint.pixels)
            pixel = static_cast<std::uint8_t>(darkest + pixel * contrast / 255);
        EXPECT_EQ(read(faint).has_value(), legible) << contrast;
    }
}

} // namespace
} // namespace backtake::capture
