#include "ui/scope_thread.hpp"
#include "ui/scopes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace backtake::ui {
namespace {

using base::Colour;
using base::Matrix;
using base::Picture;
using base::PictureFormat;
using base::Range;
using base::Subsampling;

constexpr Colour kLimited601 { Matrix::Bt601, Range::Limited };
constexpr Colour kLimited709 { Matrix::Bt709, Range::Limited };

base::PicturePool& pool()
{
    static base::PicturePool large(256U << 20);
    return large;
}

/// @param code gives the code value of a plane at a sample.
template <typename Code> std::shared_ptr<Picture> picture(const PictureFormat& format, Code code)
{
    auto made = pool().tryAcquire(format);
    for (int plane = 0; plane < format.planes(); ++plane) {
        for (int y = 0; y < format.planeHeight(plane); ++y) {
            auto* row = made->planes[static_cast<std::size_t>(plane)]
                + static_cast<std::ptrdiff_t>(y) * made->strides[static_cast<std::size_t>(plane)];
            for (int x = 0; x < format.planeWidth(plane); ++x)
                row[x] = static_cast<std::uint8_t>(code(plane, x, y));
        }
    }
    return made;
}

std::shared_ptr<Picture> noise(const PictureFormat& format)
{
    std::mt19937 random(7);
    return picture(format, [&](int, int, int) { return random() % 256; });
}

std::shared_ptr<Picture> tinyFlat(int luma)
{
    return picture({ 8, 8, Subsampling::Grey }, [=](int, int, int) { return luma; });
}

std::shared_ptr<Picture> flat(int luma, Subsampling subsampling = Subsampling::S422)
{
    return picture({ 1920, 1080, subsampling }, [=](int plane, int, int) { return plane == 0 ? luma : 128; });
}

/// Eight bars of 75 % from left to right, ITU-R BT.601 in limited range: what BT.801 lists.
struct Bar {
    int luma, blue, red;
};
constexpr std::array<Bar, 8> kBars { { { 180, 128, 128 }, { 162, 44, 142 }, { 131, 156, 44 }, { 112, 72, 58 },
    { 84, 184, 198 }, { 65, 100, 212 }, { 35, 212, 114 }, { 16, 128, 128 } } };

std::shared_ptr<Picture> bars()
{
    return picture({ 1024, 64, Subsampling::S422, kLimited601 }, [](int plane, int x, int) {
        const Bar& bar = kBars[static_cast<std::size_t>(x / (plane == 0 ? 128 : 64))];
        return plane == 0 ? bar.luma : plane == 1 ? bar.blue : bar.red;
    });
}

/// The same counts the slow way, by real numbers.
struct SlowCounts {
    explicit SlowCounts(const Picture& from)
    {
        const PictureFormat& format = from.format;
        int step = 1;
        while ((format.height + step - 1) / step * format.width > 2048 * 1080)
            ++step;
        columns = std::min(format.width, 512);
        for (int y = 0; y < format.height; y += step) {
            for (int x = 0; x < format.width; ++x)
                pixel(from, x, y);
        }
    }

    void pixel(const Picture& from, int x, int y)
    {
        const PictureFormat& format = from.format;
        const auto sample = [&](int plane, int across, int down) {
            const auto index = static_cast<std::size_t>(plane);
            return static_cast<int>(
                from.planes[index][down / sharedBy(format, plane, false) * from.strides[index]
                    + across / sharedBy(format, plane, true)]);
        };
        const int column = static_cast<int>(std::floor(x * static_cast<double>(columns) / format.width));
        const auto count = [&](std::size_t channel, double value) {
            const auto code =
                static_cast<std::size_t>(std::clamp(std::floor(value + 0.5 + 1e-9), 0.0, 255.0));
            ++waveform[channel][code][static_cast<std::size_t>(column)];
            ++histogram[channel][code];
        };
        const double luma = sample(0, x, y);
        count(0, luma);
        if (format.subsampling == Subsampling::Grey) {
            for (const std::size_t channel : { 1U, 2U, 3U })
                count(channel, luma);
            ++vectorscope[128][128];
            return;
        }
        if (x % sharedBy(format, 1, true) != 0 || y % sharedBy(format, 1, false) != 0)
            return;
        const int blue = sample(1, x, y);
        const int red = sample(2, x, y);
        ++vectorscope[static_cast<std::size_t>(red)][static_cast<std::size_t>(blue)];
        const bool wide = format.colour.matrix == Matrix::Bt709;
        const double kr = wide ? 0.2126 : 0.299;
        const double kb = wide ? 0.0722 : 0.114;
        const double gain = format.colour.range == Range::Limited ? 219.0 / 224 : 1;
        const double r = luma + gain * 2 * (1 - kr) * (red - 128);
        const double b = luma + gain * 2 * (1 - kb) * (blue - 128);
        count(1, r);
        count(2, (luma - kr * r - kb * b) / (1 - kr - kb));
        count(3, b);
    }

    static int sharedBy(const PictureFormat& format, int plane, bool across)
    {
        const bool halved = plane > 0
            && (format.subsampling == Subsampling::S420
                || (across && format.subsampling == Subsampling::S422));
        return halved ? 2 : 1;
    }

    int columns = 0;
    template <typename Cell> using PerCode = std::vector<Cell>;
    std::array<PerCode<std::array<std::uint32_t, 512>>, 4> waveform { make(), make(), make(), make() };
    std::vector<std::array<std::uint32_t, 256>> vectorscope =
        std::vector<std::array<std::uint32_t, 256>>(256);
    std::array<std::array<std::uint32_t, 256>, 4> histogram {};

private:
    static PerCode<std::array<std::uint32_t, 512>> make()
    {
        return PerCode<std::array<std::uint32_t, 512>>(256);
    }
};

void expectAsSlow(const Picture& from, ScopeCounts& counts)
{
    SCOPED_TRACE(testing::Message() << from.format.width << "x" << from.format.height << " subsampling "
                                    << static_cast<int>(from.format.subsampling) << " matrix "
                                    << static_cast<int>(from.format.colour.matrix) << " range "
                                    << static_cast<int>(from.format.colour.range));
    countScopes(from, counts);
    const SlowCounts slow(from);
    EXPECT_EQ(counts.columns, slow.columns);
    EXPECT_EQ(counts.colour, from.format.colour);
    EXPECT_EQ(counts.histogram, slow.histogram);
    int wrong = 0;
    for (std::size_t channel = 0; channel < 4; ++channel) {
        for (std::size_t code = 0; code < 256; ++code) {
            const std::uint32_t* row = counts.row(static_cast<int>(channel), static_cast<int>(code));
            wrong += !std::equal(row, row + 512, slow.waveform[channel][code].begin());
        }
    }
    for (std::size_t red = 0; red < 256; ++red) {
        wrong += !std::equal(slow.vectorscope[red].begin(), slow.vectorscope[red].end(),
            counts.vectorscope.begin() + static_cast<std::ptrdiff_t>(red) * 256);
    }
    EXPECT_EQ(wrong, 0);
}

TEST(ScopeCounts, AreThoseOfASlowCountInAllLayoutsAndOddSizes)
{
    ScopeCounts counts; // one for all: nothing of the picture before may be left
    for (const auto& [width, height] : { std::pair { 1, 1 }, { 2, 3 }, { 17, 9 }, { 511, 6 }, { 513, 7 },
             { 640, 480 }, { 1023, 33 }, { 1920, 101 } }) {
        for (const auto subsampling :
            { Subsampling::Grey, Subsampling::S420, Subsampling::S422, Subsampling::S444 })
            expectAsSlow(*noise({ width, height, subsampling }), counts);
    }
}

TEST(ScopeCounts, HonourMatrixAndRange)
{
    ScopeCounts counts;
    for (const auto colour :
        { base::kJpegColour, kLimited601, kLimited709, Colour { Matrix::Bt709, Range::Full } }) {
        // Each pair of chroma codes once, in the middle of the luma range and where it clips.
        for (const int luma : { 16, 128, 235 }) {
            expectAsSlow(*picture({ 256, 256, Subsampling::S444, colour },
                             [=](int plane, int x, int y) { return plane == 0 ? luma
                                                                : plane == 1  ? x
                                                                              : y; }),
                counts);
        }
    }
}

TEST(ScopeCounts, LookAtEachRowOfA1080PictureAndAtFewerOfALargerOne)
{
    const auto lookedAt = [](int width, int height, Subsampling subsampling) {
        ScopeCounts counts;
        countScopes(*noise({ width, height, subsampling }), counts);
        std::int64_t pixels = 0;
        for (const auto count : counts.histogram[0])
            pixels += count;
        return pixels;
    };
    EXPECT_EQ(lookedAt(1920, 1080, Subsampling::S422), 1920 * 1080);
    EXPECT_EQ(lookedAt(2560, 1440, Subsampling::S420), 2560 * 720);
    EXPECT_EQ(lookedAt(4096, 2160, Subsampling::S422), 4096 * 540);
    ScopeCounts counts;
    expectAsSlow(*noise({ 4096, 1601, Subsampling::S420 }), counts); // every third: odd rows of chroma, too
}

TEST(ScopeCounts, ARampRunsUpTheWaveform)
{
    ScopeCounts counts;
    countScopes(*picture({ 1024, 4, Subsampling::S422 },
                    [](int plane, int x, int) { return plane == 0 ? x / 4 : 128; }),
        counts);
    for (int channel = 0; channel < 4; ++channel) {
        // Two pixels and four rows in each column; of colour one pixel of each pair.
        const std::uint32_t all = channel == 0 ? 8 : 4;
        for (int column = 0; column < 512; ++column)
            EXPECT_EQ(counts.row(channel, column / 2)[column], all);
    }
}

TEST(ScopeCounts, BarsOf75PercentStandInTheirBoxes)
{
    ScopeCounts counts;
    countScopes(*bars(), counts);
    std::size_t places = 0;
    for (const auto count : counts.vectorscope)
        places += count != 0;
    EXPECT_EQ(places, 7U); // white and black share the middle
    for (const Bar& bar : kBars)
        EXPECT_GT(counts.vectorscope[static_cast<std::size_t>(bar.red * 256 + bar.blue)], 0U);

    // Red, magenta, blue, cyan, green, yellow, by the tables of BT.601 and BT.709.
    const auto expectBars = [](const Colour& colour, double level,
                                const std::array<std::array<int, 2>, 6>& expected) {
        const auto boxes = barsOf(colour, level);
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            EXPECT_NEAR(boxes[i].blue, expected[i][0], 0.5) << i;
            EXPECT_NEAR(boxes[i].red, expected[i][1], 0.5) << i;
        }
    };
    expectBars(kLimited601, 0.75,
        { { { 100, 212 }, { 184, 198 }, { 212, 114 }, { 156, 44 }, { 72, 58 }, { 44, 142 } } });
    expectBars(kLimited601, 1,
        { { { 90, 240 }, { 202, 222 }, { 240, 110 }, { 166, 16 }, { 54, 34 }, { 16, 146 } } });
    expectBars(kLimited709, 1,
        { { { 102, 240 }, { 214, 230 }, { 240, 118 }, { 154, 16 }, { 42, 26 }, { 16, 138 } } });
    expectBars(kLimited709, 0.75,
        { { { 109, 212 }, { 193, 204 }, { 212, 120 }, { 147, 44 }, { 63, 52 }, { 44, 136 } } });
    // Full range: red of 75 % has Cr = 128 + 0.75 * 255 / 2, as full red has 255.5 there (JFIF).
    EXPECT_NEAR(barsOf(base::kJpegColour, 0.75)[0].red, 128 + 0.75 * 127.5, 1e-9);
    EXPECT_NEAR(barsOf(base::kJpegColour, 0.75)[2].blue, 128 + 0.75 * 127.5, 1e-9);
}

TEST(ScopeCounts, OfBarsShowEachPrimaryAtItsLevel)
{
    // 75 % of red, green and blue is 16 + 0.75 * 219 = 180 in limited range, none is 16; the tables' rounding
    // moves it by two at most.
    ScopeCounts counts;
    countScopes(*bars(), counts);
    constexpr std::array<std::array<int, 3>, 8> kOn { { { 1, 1, 1 }, { 1, 1, 0 }, { 0, 1, 1 }, { 0, 1, 0 },
        { 1, 0, 1 }, { 1, 0, 0 }, { 0, 0, 1 }, { 0, 0, 0 } } };
    for (int bar = 0; bar < 8; ++bar) {
        const int column = bar * 64 + 32;
        for (int primary = 0; primary < 3; ++primary) {
            for (int code = 0; code < 256; ++code) {
                if (counts.row(primary + 1, code)[column] != 0) {
                    const bool on =
                        kOn[static_cast<std::size_t>(bar)][static_cast<std::size_t>(primary)] != 0;
                    EXPECT_NEAR(code, on ? 180 : 16, 2) << "bar " << bar << " primary " << primary;
                }
            }
        }
    }
}

TEST(ScopeCounts, APictureWithoutPixelsCountsNothing)
{
    ScopeCounts counts;
    countScopes(*flat(128), counts);
    countScopes(Picture {}, counts);
    EXPECT_EQ(counts.columns, 0);
    EXPECT_THAT(counts.histogram[0], testing::Each(0U));
    const ScopeImage image = drawScopes(counts, {});
    EXPECT_THAT(image.waveform.pixels, testing::Each(ScopePixels::kGround));
}

ScopeImage imageOf(const Picture& from, const ScopeView& view = {})
{
    ScopeCounts counts;
    countScopes(from, counts);
    return drawScopes(counts, view);
}

/// Rows, from the top, in which there is light between two columns.
std::vector<int> litRows(const ScopePixels& image, int from, int to)
{
    std::vector<int> rows;
    for (int y = 0; y < image.height; ++y) {
        for (int x = from; x < to; ++x) {
            if (image.at(x, y) != ScopePixels::kGround) {
                rows.push_back(y);
                break;
            }
        }
    }
    return rows;
}
std::vector<int> litRows(const ScopePixels& image) { return litRows(image, 0, image.width); }

std::vector<int> litColumns(const ScopePixels& image)
{
    std::vector<int> columns;
    for (int x = 0; x < image.width; ++x) {
        if (!litRows(image, x, x + 1).empty())
            columns.push_back(x);
    }
    return columns;
}

TEST(ScopeImages, HaveTheLightOfAFlatFieldOnOneLine)
{
    using testing::ElementsAre;
    for (const int code : { 0, 128, 255 }) {
        for (const auto subsampling : { Subsampling::Grey, Subsampling::S422 }) {
            SCOPED_TRACE(code);
            const ScopeImage image = imageOf(*flat(code, subsampling));
            EXPECT_THAT(litRows(image.waveform), ElementsAre(255 - code));
            EXPECT_EQ(litColumns(image.waveform).size(), 512U);
            EXPECT_THAT(litRows(image.parade), ElementsAre(255 - code));
            EXPECT_EQ(litColumns(image.parade).size(), 768U);
            EXPECT_THAT(litRows(image.vectorscope), ElementsAre(126, 127));
            EXPECT_THAT(litColumns(image.vectorscope), ElementsAre(128, 129));
            EXPECT_THAT(litColumns(image.histogram), ElementsAre(code));
            EXPECT_EQ(litRows(image.histogram).size(), 256U);
            EXPECT_EQ(image.share_at_0, code == 0 ? 1 : 0);
            EXPECT_EQ(image.share_at_255, code == 255 ? 1 : 0);
        }
    }
}

TEST(ScopeImages, OfAFlatFieldAreEvenAndDoNotBurnOut)
{
    // 1920 columns on 512: some get four pixels, others three.
    const ScopeImage image = imageOf(*flat(128));
    const Rgba light = image.waveform.at(0, 127);
    for (int x = 0; x < 512; ++x)
        ASSERT_EQ(image.waveform.at(x, 127), light) << x;
    EXPECT_EQ(light.red, light.green);
    EXPECT_EQ(light.red, light.blue);
    EXPECT_LT(light.red, 0xF0);
    EXPECT_GT(light.red, 0xC0);
}

TEST(ScopeImages, ShowASinglePixel)
{
    const ScopeImage image = imageOf(*picture({ 1920, 1080, Subsampling::S422 },
        [](int plane, int x, int y) { return plane == 0 ? (x == 960 && y == 540 ? 200 : 16) : 128; }));
    EXPECT_THAT(litRows(image.waveform), testing::ElementsAre(255 - 200, 255 - 16));
    const Rgba light = image.waveform.at(256, 255 - 200);
    EXPECT_GT(light.red, ScopePixels::kGround.red + 0x28);
    EXPECT_LT(light.red, image.waveform.at(256, 255 - 16).red / 2 + 0x10);
}

TEST(ScopeImages, OfBarsAreStepsInTheirColours)
{
    const ScopeImage image = imageOf(*bars());
    for (int bar = 0; bar < 8; ++bar) {
        const Bar& is = kBars[static_cast<std::size_t>(bar)];
        EXPECT_THAT(litRows(image.waveform, bar * 64, bar * 64 + 64), testing::ElementsAre(255 - is.luma));
        EXPECT_NE(image.vectorscope.at(is.blue, 255 - is.red), ScopePixels::kGround);
    }
    // The third bar, cyan, is dark in red's part of the parade and bright in the others.
    const auto levelIn = [&](int part) { return litRows(image.parade, part * 256 + 66, part * 256 + 94); };
    EXPECT_GT(levelIn(0).front(), 235);
    EXPECT_LT(levelIn(1).front(), 80);
    EXPECT_LT(levelIn(2).front(), 80);
    // Each part in its own colour.
    const auto lightIn = [&](int part) { return image.parade.at(part * 256 + 80, levelIn(part).front()); };
    EXPECT_GT(lightIn(0).red, lightIn(0).green);
    EXPECT_GT(lightIn(1).green, lightIn(1).red);
    EXPECT_GT(lightIn(2).blue, lightIn(2).red);
}

/// The middle of what is lit, and how far it goes.
struct Dot {
    double x = 0, y = 0;
    std::size_t width = 0, height = 0;
};
Dot dotIn(const ScopePixels& image)
{
    const std::vector<int> rows = litRows(image);
    const std::vector<int> columns = litColumns(image);
    if (rows.empty())
        return {};
    return { (columns.front() + columns.back() + 1) / 2.0, (rows.front() + rows.back() + 1) / 2.0,
        columns.size(), rows.size() };
}

// Fails for a vectorscope that is drawn once and then made smaller: the only dot of a flat field is lost.
TEST(ScopeImages, OfASingleColourAreADotOfTwoPixelsInItsPlaceAtAnySize)
{
    for (const int side : { 32, 92, 182, 256, 404, 840 }) {
        // 75 % red of BT.709, 8 bit: Cb 109, Cr 212; and the four corners.
        for (const auto& [blue, red] :
            { std::pair { 109, 212 }, { 0, 0 }, { 255, 0 }, { 0, 255 }, { 255, 255 } }) {
            SCOPED_TRACE(testing::Message() << side << ": " << blue << " " << red);
            const ScopeImage image = imageOf(*picture({ 64, 64, Subsampling::S444, kLimited709 },
                                                 [cb = blue, cr = red](int plane, int, int) {
                                                     return plane == 0 ? 51 : plane == 1 ? cb : cr;
                                                 }),
                { .vectorscope_side = side });
            ASSERT_EQ(image.vectorscope.width, side);
            ASSERT_EQ(image.vectorscope.height, side);
            const Dot dot = dotIn(image.vectorscope);
            EXPECT_GE(dot.width, 2U);
            EXPECT_EQ(dot.width, dot.height);
            EXPECT_LE(dot.width, static_cast<std::size_t>(std::max(2, side / 256 + 1)));
            EXPECT_NEAR(dot.x, (blue + 0.5) * side / 256, 1);
            EXPECT_NEAR(dot.y, side - (red + 0.5) * side / 256, 1);
        }
    }
    EXPECT_TRUE(imageOf(*flat(128), { .vectorscope_side = 0 }).vectorscope.pixels.empty());
}

TEST(ScopeImages, OfTwoColoursHaveMoreLightWhereMorePixelsAreAlsoWhereTheirDotsMeet)
{
    // Of 6400 rows so many have one chroma, the others another, one code away or far.
    for (const int beside : { 1, 40 }) {
        int before = 0;
        for (const int rows : { 1, 3, 10, 30, 90 }) {
            const auto two = picture({ 16, 6400, Subsampling::S444 }, [=](int plane, int, int y) {
                return plane != 1 ? 128 : y < rows ? 180 : 180 - beside;
            });
            const ScopeImage image = imageOf(*two, { .vectorscope_side = 100 });
            const int now = image.vectorscope.at(70, 49).red; // 180.5 / 256 of 100 across, the middle down
            // Full light is what the many have, and the few must not take it from them.
            EXPECT_TRUE(beside == 1 ? now == 0xE6 : now > before) << beside << ", " << rows << ": " << now;
            before = now;
        }
    }
}

TEST(ScopeImages, OfColoursAllOverHaveNoGapsBetweenTheirDots)
{
    for (const int side : { 100, 256, 300, 700 }) {
        const ScopeImage image = imageOf(*picture({ 256, 256, Subsampling::S444 },
                                             [](int plane, int x, int y) {
                                                 return plane == 0 ? 100 : plane == 1 ? x : y;
                                             }),
            { .vectorscope_side = side });
        EXPECT_THAT(image.vectorscope.pixels, testing::Not(testing::Contains(ScopePixels::kGround))) << side;
    }
}

// Fails for a waveform that is drawn once and then made smaller: the only line of a flat field is lost.
TEST(ScopeImages, LowerThanTheCodesLoseNone)
{
    for (const int rows : { 32, 92, 182, 255, 256, 400 }) {
        for (const int code : { 0, 77, 128, 200, 255 }) {
            const ScopeImage image = imageOf(*flat(code), { .waveform_height = rows });
            const int height = std::min(rows, 256);
            ASSERT_EQ(image.waveform.height, height);
            ASSERT_EQ(image.parade.height, height);
            const double middle = (code + 0.5) / 256 * height; // from the foot
            const auto line = testing::ElementsAre(height - 1 - static_cast<int>(std::floor(middle)));
            ASSERT_THAT(litRows(image.waveform), line) << rows << ", " << code;
            EXPECT_THAT(litRows(image.parade), line) << rows << ", " << code;
            EXPECT_EQ(image.waveform.at(100, litRows(image.waveform).front()),
                imageOf(*flat(code)).waveform.at(100, 255 - code))
                << "as bright";
        }
    }
}

/// From black on the left to white on the right, and reddish in the right half alone.
std::shared_ptr<Picture> rampToTheRight()
{
    return picture({ 1024, 64, Subsampling::S444 }, [](int plane, int x, int) {
        return plane == 0 ? x / 4 : plane == 2 && x >= 512 ? 150 : 128;
    });
}

TEST(ScopeImages, AreTurnedAsThePictureIsSeen)
{
    using base::Orientation;
    for (const auto& [orientation, turned] :
        { std::pair { Orientation::Upright, false }, { Orientation::UpsideDown, true },
            { Orientation::Mirrored, true }, { Orientation::Flipped, false } }) {
        SCOPED_TRACE(static_cast<int>(orientation));
        const ScopeImage image = imageOf(*rampToTheRight(), { .orientation = orientation });
        // Two codes to three columns of the parade's third, one to two of the waveform.
        for (const int seen : { 0, 100, 255, 300, 511 }) {
            const int stored = turned ? 511 - seen : seen;
            EXPECT_THAT(litRows(image.waveform, seen, seen + 1), testing::ElementsAre(255 - stored / 2));
        }
        for (const int seen : { 0, 40, 127, 200, 255 }) {
            const int code = turned ? 255 - seen : seen; // one for each column
            // ITU-R BT.601: Cr adds 1.402 of itself to red and takes 0.714 from green.
            const int red = std::min(255, code + (code >= 128 ? 31 : 0));
            const int green = code - (code >= 128 ? 16 : 0);
            EXPECT_THAT(litRows(image.parade, seen, seen + 1), testing::ElementsAre(255 - red));
            EXPECT_THAT(litRows(image.parade, 256 + seen, 257 + seen), testing::ElementsAre(255 - green));
            EXPECT_THAT(litRows(image.parade, 512 + seen, 513 + seen), testing::ElementsAre(255 - code));
        }
        const ScopeImage upright = imageOf(*rampToTheRight());
        EXPECT_EQ(image.vectorscope.pixels, upright.vectorscope.pixels);
        EXPECT_EQ(image.histogram.pixels, upright.histogram.pixels);
    }
}

TEST(ScopeImages, OfASmallPictureHaveNoGaps)
{
    for (const int width : { 1, 3, 100, 333, 700 }) {
        SCOPED_TRACE(width);
        const ScopeImage image = imageOf(*picture(
            { width, 20, Subsampling::S420 }, [](int plane, int, int) { return plane == 0 ? 90 : 140; }));
        EXPECT_EQ(litColumns(image.waveform).size(), 512U);
        EXPECT_EQ(litColumns(image.parade).size(), 768U);
    }
}

TEST(ScopeImages, TellTheShareThatClips)
{
    // One row in a hundred is white; in another one blue alone is at its end.
    const ScopeImage image = imageOf(*picture({ 200, 100, Subsampling::S444 }, [](int plane, int, int y) {
        if (plane == 0)
            return y == 7 ? 255 : 100;
        return plane == 1 && y == 8 ? 255 : 128;
    }));
    EXPECT_DOUBLE_EQ(image.share_at_255, 0.02);
    EXPECT_DOUBLE_EQ(image.share_at_0, 0);
}

TEST(ScopeImages, ClippedLightDoesNotPressDownTheHistogram)
{
    const ScopeImage image = imageOf(*picture({ 1000, 100, Subsampling::Grey }, [](int, int x, int y) {
        return y < 90 ? 255 : x < 500 ? 50 : 60;
    }));
    EXPECT_EQ(litRows(image.histogram, 50, 51).size(), 256U);
    EXPECT_EQ(litRows(image.histogram, 255, 256).size(), 256U);
}

/// What another thread is about to do. The test's own time limit is the patience.
template <typename Ready> void awaitThat(Ready ready)
{
    while (!ready())
        std::this_thread::yield();
}

TEST(ScopeThread, ShowsTheNewestPictureAndGivesAllBack)
{
    std::weak_ptr<const Picture> last;
    ScopeThread thread;
    EXPECT_EQ(thread.newest(), nullptr);
    for (int i = 0; i < 100; ++i)
        thread.show(tinyFlat(0), {});
    {
        const base::PicturePtr white = tinyFlat(255);
        last = white;
        thread.show(white, {});
    }
    awaitThat([&] { return thread.newest() && thread.newest()->share_at_255 == 1; });
    awaitThat([&] { return last.expired(); });
}

TEST(ScopeThread, DrawsForTheViewThatCameWithThePicture)
{
    ScopeThread thread;
    const base::PicturePtr shown = rampToTheRight();
    for (const auto orientation : { base::Orientation::Mirrored, base::Orientation::Upright }) {
        thread.show(shown, { orientation, 100, 90 });
        const int lit_row = orientation == base::Orientation::Mirrored ? 0 : 99;
        awaitThat([&] {
            const auto image = thread.newest();
            return image && image->waveform.height == 100 && image->vectorscope.width == 90
                && image->waveform.at(0, lit_row) != ScopePixels::kGround;
        });
    }
}

TEST(ScopeThread, EndsAtOnceWithAPictureWaiting)
{
    std::weak_ptr<const Picture> waiting;
    {
        ScopeThread thread;
        for (int i = 0; i < 3; ++i) {
            const base::PicturePtr shown = tinyFlat(i);
            waiting = shown;
            thread.show(shown, {});
        }
    }
    EXPECT_TRUE(waiting.expired());
}

TEST(ScopePace, LetsNoMoreThan25CountsASecondBeginHoweverManyPicturesThereAre)
{
    using namespace std::chrono_literals;
    ScopePace pace;
    base::Nanos now = 1000s;
    base::Nanos before {};
    int begun = 0;
    const base::Nanos picture_time = base::Nanos(1s) / 60;
    while (now < 1010s) {
        const base::Nanos start = pace.begin(now);
        EXPECT_GE(start - before, 40ms);
        EXPECT_GE(start, now);
        before = start;
        ++begun;
        now = start + 4ms;                        // counted
        now += picture_time - now % picture_time; // the next picture
    }
    EXPECT_LE(begun, 251);
    EXPECT_GE(begun, 240);
}

TEST(ScopePace, HoldsNothingBackThatComes25TimesASecondOrAfterAPause)
{
    using namespace std::chrono_literals;
    ScopePace pace;
    for (const auto now : { 1000ms, 1040ms, 1080ms, 1120ms, 9000ms, 9040ms })
        EXPECT_EQ(pace.begin(now), now);
    EXPECT_EQ(pace.begin(9050ms), 9080ms);
}

} // namespace
} // namespace backtake::ui
