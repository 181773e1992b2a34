#include "base/jpeg.hpp"
#include "capture/convert.hpp"
#include "capture/frame_cells.hpp"
#include "capture/pattern_painter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace backtake::capture {
namespace {

const std::vector<base::Rate> kRates { { 24000, 1001 }, { 24, 1 }, { 25, 1 }, { 30000, 1001 }, { 30, 1 },
    { 50, 1 }, { 60000, 1001 }, { 60, 1 }, { 100, 1 }, { 120000, 1001 }, { 120, 1 }, { 25, 2 }, { 1, 1 } };

PatternLook lookOf(int width, int height, base::Rate rate = { 25, 1 })
{
    PatternLook look;
    look.width = width;
    look.height = height;
    look.rate = rate;
    return look;
}

base::PicturePool& pool()
{
    static base::PicturePool pictures(1U << 28);
    return pictures;
}
std::shared_ptr<base::Picture> painted(const PatternPainter& painter, std::int64_t n)
{
    auto picture = pool().tryAcquire(painter.format());
    painter.paint(n, *picture);
    return picture;
}
int at(const base::Picture& picture, std::size_t plane, int x, int y)
{
    return picture.planes[plane][static_cast<std::ptrdiff_t>(y) * picture.strides[plane] + x];
}
std::int64_t differences(const base::Picture& one, const base::Picture& two)
{
    std::int64_t count = 0;
    for (std::size_t plane = 0; plane < 3; ++plane) {
        for (int y = 0; y < one.format.planeHeight(static_cast<int>(plane)); ++y) {
            for (int x = 0; x < one.format.planeWidth(static_cast<int>(plane)); ++x)
                count += at(one, plane, x, y) != at(two, plane, x, y) ? 1 : 0;
        }
    }
    return count;
}
double meanLuma(const base::Picture& picture, const Box& box)
{
    double sum = 0;
    for (int y = box.top; y < box.bottom; ++y) {
        for (int x = box.left; x < box.right; ++x)
            sum += at(picture, 0, x, y);
    }
    return sum / ((box.right - box.left) * (box.bottom - box.top));
}

TEST(PatternPainter, AFrameDependsOnItsNumberAndOnNothingElse)
{
    for (const bool noise : { false, true }) {
        PatternLook look = lookOf(321, 181, { 30000, 1001 });
        look.noise = noise;
        const PatternPainter painter(look);
        const PatternPainter twin(look);
        const auto first = painted(painter, 1234);
        for (const std::int64_t other : { 0, 1, 1233, 99999 }) {
            const auto picture = painted(painter, other);
            EXPECT_GT(differences(*first, *picture), 100) << other;
            painter.paint(1234, *picture); // over the other
            EXPECT_EQ(differences(*first, *picture), 0) << other;
        }
        EXPECT_EQ(differences(*first, *painted(twin, 1234)), 0);
    }
}

TEST(PatternPainter, EveryFrameCarriesItsNumber)
{
    for (const auto& [width, height] :
        { std::pair { 64, 64 }, { 321, 181 }, { 1080, 1920 }, { 1920, 1080 }, { 4096, 2160 } }) {
        const PatternPainter painter(lookOf(width, height));
        for (const std::int64_t n : { std::int64_t { 0 }, std::int64_t { 7 }, std::int64_t { 24 },
                 std::int64_t { 11'111'111 }, std::int64_t { kFrameNumberLimit } + 5 }) {
            const auto picture = painted(painter, n);
            EXPECT_EQ(readFrameNumber(picture->planes[0], width, height, picture->strides[0]),
                n % kFrameNumberLimit)
                << width << 'x' << height;
        }
    }
}

TEST(PatternPainter, BarsAndRampHaveTheCodeValuesOfTheBook)
{
    const PatternPainter painter(lookOf(1920, 1080));
    const auto picture = painted(painter, 3);
    // 75 % R'G'B' in full range BT.601: white, yellow, cyan, green, magenta, red, blue, black.
    constexpr int kBars[8][3] { { 191, 128, 128 }, { 169, 32, 143 }, { 134, 160, 32 }, { 112, 65, 48 },
        { 79, 191, 208 }, { 57, 96, 224 }, { 22, 224, 112 }, { 0, 128, 128 } };
    for (int bar = 0; bar < 8; ++bar) {
        const int x = 240 * bar + 120;
        EXPECT_NEAR(at(*picture, 0, x, 100), kBars[bar][0], 1) << bar;
        EXPECT_NEAR(at(*picture, 1, x / 2, 100), kBars[bar][1], 1) << bar;
        EXPECT_NEAR(at(*picture, 2, x / 2, 100), kBars[bar][2], 1) << bar;
    }
    for (int step = 0; step < 11; ++step)
        EXPECT_NEAR(at(*picture, 0, 1920 * (2 * step + 1) / 22, 325), 25.5 * step, 0.51) << step;
}

TEST(PatternPainter, Bt709ConvertedOnceShowsTheSameColours)
{
    PatternLook look = lookOf(1920, 1080);
    const PatternPainter painter(look);
    look.colour = { base::Matrix::Bt709, base::Range::Limited };
    const PatternPainter camera(look);
    const auto expected = painted(painter, 60);
    const auto raw = painted(camera, 60);
    RawImage image { PixelLayout::Y42B, 1920, 1080, look.colour, {}, raw->strides };
    std::copy(raw->planes.begin(), raw->planes.end(), image.planes.begin());
    const auto converted = pool().tryAcquire(convertedFormat(image));
    convert(image, *converted);
    for (int y = 0; y < 340; y += 5) { // bars and ramp, away from their edges
        for (int x = 0; x < 1920; ++x) {
            if (x % 240 < 4 || x % 240 > 235 || std::abs(std::remainder(x, 1920 / 11.0)) < 4
                || std::abs(y - 290) < 4)
                continue;
            ASSERT_NEAR(at(*converted, 0, x, y), at(*expected, 0, x, y), 2) << x << ' ' << y;
            ASSERT_NEAR(at(*converted, 1, x / 2, y), at(*expected, 1, x / 2, y), 2) << x << ' ' << y;
            ASSERT_NEAR(at(*converted, 2, x / 2, y), at(*expected, 2, x / 2, y), 2) << x << ' ' << y;
        }
    }
}

TEST(PatternPainter, GrainMakesAJpegOfAboutHalfAMegabyte)
{
    PatternLook look = lookOf(1920, 1080);
    look.noise = true;
    const PatternPainter painter(look);
    base::JpegEncoder encoder;
    const auto size = encoder.encode(*painted(painter, 40), 90)->size();
    EXPECT_GT(size, 420'000U);
    EXPECT_LT(size, 620'000U);
}

TEST(PatternPainter, TheFlashComesWithTheFirstFrameOfEverySecondAtEveryRate)
{
    for (const base::Rate& rate : kRates) {
        const auto in_a_minute = static_cast<std::int64_t>(60 * rate.perSecond());
        std::int64_t next_second = 0;
        std::int64_t since_first = 1'000'000;
        for (std::int64_t n = 0; n < in_a_minute; ++n, ++since_first) {
            // Frame n begins at n * denominator / numerator seconds: in whole numbers, so that no rounding
            // decides.
            if (n * rate.denominator >= next_second * rate.numerator) {
                EXPECT_EQ(flashFrame(next_second, rate), n) << base::text(rate);
                ++next_second;
                since_first = 0;
            }
            EXPECT_EQ(flashes(n, rate), since_first < (rate.perSecond() >= 10 ? 2 : 1))
                << base::text(rate) << " frame " << n;
        }
        EXPECT_GE(next_second, 59);
    }
}

TEST(PatternPainter, TheFlashIsWhiteAndItsPlaceIsDarkOtherwise)
{
    for (const auto& [width, height] : { std::pair { 64, 64 }, { 640, 360 }, { 1080, 1920 } }) {
        const base::Rate rate { 24000, 1001 };
        const PatternPainter painter(lookOf(width, height, rate));
        for (std::int64_t n = 0; n < 60; ++n) {
            const double luma = meanLuma(*painted(painter, n), painter.flashArea());
            if (flashes(n, rate))
                EXPECT_GT(luma, 250) << n << " at " << width << 'x' << height;
            else
                EXPECT_LT(luma, 30) << n << " at " << width << 'x' << height;
        }
    }
}

TEST(PatternPainter, TheTickStartsWithinHalfASampleOfTheFlash)
{
    for (const base::Rate& rate : kRates) {
        std::vector<std::int16_t> sound(10 * kPatternSoundHz);
        patternSound(0, sound, rate);
        std::vector<double> onsets;
        std::int64_t silent_since = -1'000'000;
        for (std::int64_t i = 0; i < std::ssize(sound); ++i) {
            if (sound[static_cast<std::size_t>(i)] == 0)
                continue;
            if (i - silent_since > kPatternSoundHz / 10)
                onsets.push_back(static_cast<double>(i));
            silent_since = i;
        }
        ASSERT_GE(onsets.size(), 9U) << base::text(rate);
        for (std::size_t second = 0; second < onsets.size(); ++second) {
            const auto frame = static_cast<double>(flashFrame(static_cast<std::int64_t>(second), rate));
            EXPECT_NEAR(onsets[second], frame * kPatternSoundHz / rate.perSecond(), 0.51) << base::text(rate);
        }
    }
}

TEST(PatternPainter, SoundIsTheSameInPiecesOfAnySize)
{
    const base::Rate rate { 30000, 1001 };
    std::vector<std::int16_t> whole(3 * kPatternSoundHz);
    patternSound(0, whole, rate);
    EXPECT_NE(whole[0], 0); // a tick at the very start
    std::int64_t first = 0;
    for (std::int64_t size = 1; first < std::ssize(whole); first += size, size = size * 7 % 2003 + 1) {
        std::vector<std::int16_t> piece(static_cast<std::size_t>(std::min(size, std::ssize(whole) - first)));
        patternSound(first, piece, rate);
        ASSERT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + first)) << first;
    }
}

TEST(PatternPainter, AfterDaysTheTickIsStillOnTheFlash)
{
    const base::Rate rate { 24000, 1001 };
    const std::int64_t second = 40LL * 24 * 3600;
    const std::int64_t frame = flashFrame(second, rate);
    const std::int64_t sample = soundSampleOf(frame, rate);
    EXPECT_NEAR(static_cast<double>(sample), static_cast<double>(frame) * 1001 * 2, 1.0);
    std::vector<std::int16_t> sound(400);
    patternSound(sample - 100, sound, rate);
    EXPECT_EQ(sound[99], 0);
    EXPECT_GT(sound[100], 10'000);
}

// --- the walker
// -----------------------------------------------------------------------------------------------------

/// Somebody in a window that moves along, so that only the gait is left.
struct Gait {
    double centre; ///< Of the red coat, in pixels.
    std::vector<int> luma;
};
Gait gaitAt(const PatternPainter& painter, std::int64_t n)
{
    const auto picture = painted(painter, n);
    const Box walk = painter.walkArea();
    double sum = 0;
    double count = 0;
    for (int y = walk.top; y < walk.bottom; ++y) {
        for (int x = walk.left / 2; x < walk.right / 2; ++x) {
            if (at(*picture, 2, x, y) > 170) {
                sum += 2 * x + 0.5;
                count += 1;
            }
        }
    }
    Gait gait { count > 0 ? sum / count : -1, {} };
    const int half = (walk.bottom - walk.top) / 4;
    const int centre = static_cast<int>(std::lround(gait.centre));
    for (int y = walk.top; y < walk.bottom; ++y) {
        for (int x = centre - half; x < centre + half; ++x)
            gait.luma.push_back(at(*picture, 0, std::clamp(x, walk.left, walk.right - 1), y));
    }
    return gait;
}
double difference(const Gait& one, const Gait& two)
{
    double sum = 0;
    for (std::size_t i = 0; i < one.luma.size(); ++i)
        sum += std::abs(one.luma[i] - two.luma[i]);
    return sum / static_cast<double>(one.luma.size());
}

constexpr int kCycleFrames = 44; ///< 1.1 s at 40 per second.

TEST(PatternPainter, TheWalkerGoesFromLeftToRight)
{
    const PatternPainter painter(lookOf(960, 540, { 40, 1 }));
    double before = gaitAt(painter, 0).centre;
    for (std::int64_t n = 1; n < kCycleFrames; ++n) {
        const double now = gaitAt(painter, n).centre;
        EXPECT_GT(now, before + 0.5) << n;
        before = now;
    }
}

TEST(PatternPainter, TheWalkRunBackwardsIsNoWalk)
{
    // If the gait were its own reverse, some frame to begin with would make the reversed sequence look like
    // the captured one, but for less than what neighbouring frames differ.
    const PatternPainter painter(lookOf(960, 540, { 40, 1 }));
    std::vector<Gait> gait;
    for (std::int64_t n = 0; n < kCycleFrames; ++n)
        gait.push_back(gaitAt(painter, n));
    double step = 0;
    for (std::size_t i = 0; i + 1 < kCycleFrames; ++i)
        step += difference(gait[i], gait[i + 1]) / (kCycleFrames - 1);
    double best = 1e9;
    for (std::size_t begin = 0; begin < kCycleFrames; ++begin) {
        double sum = 0;
        for (std::size_t i = 0; i < kCycleFrames; ++i)
            sum += difference(gait[i], gait[(begin + kCycleFrames - i) % kCycleFrames]);
        best = std::min(best, sum / kCycleFrames);
    }
    EXPECT_GT(best, 2 * step);
    RecordProperty("reversed", std::to_string(best));
    RecordProperty("step", std::to_string(step));
}

TEST(PatternPainter, TheWalkComesRoundAndNeverLeavesItsWindow)
{
    const PatternPainter painter(lookOf(640, 360, { 25, 1 }));
    const Box walk = painter.walkArea();
    std::set<std::int64_t> thirds; // where somebody was seen
    for (std::int64_t n = 0; n < 250; n += 5) {
        const auto picture = painted(painter, n);
        const double centre = gaitAt(painter, n).centre;
        if (centre >= 0)
            thirds.insert(static_cast<std::int64_t>((centre - walk.left) / ((walk.right - walk.left) / 3.0)));
        for (int y = walk.top; y < walk.bottom; ++y) { // red in the margin beside the window would be an arm
            EXPECT_LE(at(*picture, 2, walk.left / 2 - 4, y), 150) << n;
            EXPECT_LE(at(*picture, 2, walk.right / 2 + 4, y), 150) << n;
        }
    }
    EXPECT_EQ(thirds.size(), 3U);
}

TEST(PatternPainter, TheHandGoesClockwiseWithItsTailBehind)
{
    const base::Rate rate { 25, 1 };
    const PatternPainter painter(lookOf(1920, 1080, rate));
    const Box flash = painter.flashArea();
    const double x = (flash.left + flash.right) / 2.0;
    const double y = (flash.top + flash.bottom) / 2.0;
    const double radius = (flash.right - flash.left) / 0.6; // flashArea() is 0.6 of the clock's radius wide
    const auto luma = [&](const base::Picture& picture, double turn) {
        const double angle = turn * 2 * 3.14159265358979;
        return at(picture, 0, static_cast<int>(x + std::sin(angle) * radius * 0.86),
            static_cast<int>(y - std::cos(angle) * radius * 0.86));
    };
    for (std::int64_t n = 5; n < 500; n += 31) {
        const auto picture = painted(painter, n);
        const double turn = static_cast<double>(n) / 25 / 10;
        const int near_behind = luma(*picture, turn - 0.06);
        const int far_behind = luma(*picture, turn - 0.40);
        const int ahead = luma(*picture, turn + 0.06);
        EXPECT_GT(near_behind, far_behind + 30) << n;
        EXPECT_GT(far_behind, ahead + 10) << n;
    }
}

TEST(Lettering, LettersThatThePatternNeedsAreThere)
{
    std::set<std::vector<std::uint16_t>> shapes;
    const std::string letters = "0123456789:.ABCEFIKMNPRSTx";
    for (const char letter : letters) {
        const Mask mask = lettering(std::string(1, letter), 40);
        EXPECT_EQ(mask.coverage.size(), static_cast<std::size_t>(mask.width * mask.height));
        EXPECT_GT(*std::max_element(mask.coverage.begin(), mask.coverage.end()), 250) << letter;
        shapes.insert(mask.coverage);
    }
    EXPECT_EQ(shapes.size(), letters.size()); // no two look the same
}

} // namespace
} // namespace backtake::capture
