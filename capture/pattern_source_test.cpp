#include "base/jpeg.hpp"
#include "capture/frame_cells.hpp"
#include "capture/pattern_painter.hpp"
#include "capture/pattern_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Nanos kStart = 12'345s + 678ns;

/// A clock that goes on only when somebody waits.
class TestHost final : public PatternHost {
public:
    Nanos now() override { return time; }
    void waitUntil(Nanos monotonic_time) override { time = std::max(time, monotonic_time); }
    Nanos time = kStart;
};

class PatternSourceTest : public testing::Test {
protected:
    static CameraSpec specOf(std::string_view text) { return *parseCameraSpec(text); }
    base::Result<std::unique_ptr<FrameSource>> tryOpen(std::string_view text)
    {
        return openPatternSource(specOf(text), pool, host);
    }
    std::unique_ptr<FrameSource> open(std::string_view text)
    {
        auto source = tryOpen(text);
        EXPECT_TRUE(source.has_value()) << text << ": " << (source ? "" : source.error().message);
        return source ? *std::move(source) : nullptr;
    }
    std::string complaint(std::string_view text)
    {
        const auto source = tryOpen(text);
        EXPECT_FALSE(source.has_value()) << text;
        if (source)
            return {};
        EXPECT_EQ(source.error().fault, Fault::Usage) << text;
        EXPECT_EQ(source.error().message.find('\n'), std::string::npos) << text;
        return source.error().message;
    }
    static SourceFrame frameOf(FrameSource& source, Nanos patience = 10s)
    {
        auto frame = source.next(patience);
        EXPECT_TRUE(frame.has_value()) << (frame ? "" : frame.error().message);
        return frame ? *std::move(frame) : SourceFrame {};
    }
    base::PicturePtr pixelsOf(const SourceFrame& frame)
    {
        if (frame.picture)
            return frame.picture;
        return *decoder.decode(frame.jpeg, pool);
    }
    /// -1 without a legible picture, which no frame has.
    std::int64_t numberOf(const SourceFrame& frame)
    {
        if (!frame.picture && frame.jpeg.empty())
            return -1;
        const auto picture = pixelsOf(frame);
        const auto number = readFrameNumber(
            picture->planes[0], picture->format.width, picture->format.height, picture->strides[0]);
        EXPECT_TRUE(number.has_value());
        return number ? static_cast<std::int64_t>(*number) : -1;
    }

    TestHost host;
    base::PicturePool pool { 1U << 28 };
    base::JpegDecoder decoder;
};

TEST_F(PatternSourceTest, IsFullHdAt25WhenNothingIsSaid)
{
    for (const std::string_view text : { "pattern", "pattern:", "pattern:1920x1080", "pattern:@25" }) {
        const auto source = open(text);
        EXPECT_EQ(source->facts().nominal_rate, (base::Rate { 25, 1 })) << text;
        EXPECT_EQ(source->facts().format, "1920x1080 4:2:2") << text;
        EXPECT_EQ(source->facts().name, "Pattern");
        const auto frame = frameOf(*source);
        EXPECT_EQ(frame.picture->format,
            (base::PictureFormat { 1920, 1080, base::Subsampling::S422, base::kJpegColour }));
        EXPECT_TRUE(frame.jpeg.empty());
    }
}

TEST_F(PatternSourceTest, ShowsAnySizeAndRateItPromises)
{
    struct Case {
        std::string_view text;
        int width, height;
        base::Rate rate;
    };
    for (const Case& each : { Case { "pattern:64x64@1", 64, 64, { 1, 1 } },
             Case { "pattern:4096x2160@120", 4096, 2160, { 120, 1 } },
             Case { "pattern:101x77@23.976", 101, 77, { 24000, 1001 } },
             Case { "pattern:640x480@30000/1001", 640, 480, { 30000, 1001 } },
             Case { "pattern:2160x4096@59.94", 2160, 4096, { 60000, 1001 } } }) {
        const auto source = open(each.text);
        const auto frame = frameOf(*source);
        EXPECT_EQ(frame.picture->format.width, each.width);
        EXPECT_EQ(frame.picture->format.height, each.height);
        EXPECT_EQ(source->facts().nominal_rate, each.rate) << each.text;
        EXPECT_EQ(numberOf(frame), 0);
    }
}

TEST_F(PatternSourceTest, RefusesSizesAndRatesItCannotShowAndSaysWhatItCan)
{
    for (const std::string_view text : { "pattern:63x64", "pattern:64x63@25", "pattern:4097x100",
             "pattern:4096x2161", "pattern:1920", "pattern:1920x", "pattern:x1080", "pattern:1920x1080x3",
             "pattern:-1920x1080", "pattern:19 20x1080", "pattern:99999999999x64", "pattern:1e3x1000" })
        EXPECT_THAT(complaint(text), HasSubstr("WIDTHxHEIGHT")) << text;
    for (const std::string_view text : { "pattern:@0", "pattern:@121", "pattern:@", "pattern:@25fps",
             "pattern:@-25", "pattern:@nan", "pattern:640x360@25@30", "pattern:@120001/1000" })
        EXPECT_THAT(complaint(text), HasSubstr("frames per second")) << text;
}

TEST_F(PatternSourceTest, RefusesUnknownOptionsByNameAndListsTheOnesItKnows)
{
    const std::string message = complaint("pattern:64x64?noise&nosie=3");
    EXPECT_THAT(message, HasSubstr("'nosie'"));
    EXPECT_THAT(message, HasSubstr("noise"));
    EXPECT_THAT(message, HasSubstr("unplug=AT:SECONDS"));
}

TEST_F(PatternSourceTest, RefusesOptionValuesThatMakeNoSenseAndShowsTheForm)
{
    for (const std::string_view text :
        { "noise=1", "colour", "colour=bt2020", "jpeg=0", "jpeg=101", "jpeg=high", "uneven=2", "late",
            "late=soon", "late=-1", "late=5:0", "late=5:", "late=nan", "torn", "torn=0", "torn=-3",
            "garbage=x", "stall", "stall=1", "stall=1:", "stall=-1:2", "unplug=3", "unplug=:3",
            "unplug=inf:3", "format=2", "format=2:9x9", "format=x:640x360", "refuse=no", "skip=0" }) {
        const std::string spec = "pattern:64x64?" + std::string(text);
        EXPECT_THAT(complaint(spec), HasSubstr("use " + std::string(text.substr(0, text.find('='))))) << text;
    }
}

TEST_F(PatternSourceTest, HelpNamesEveryOption)
{
    for (const std::string_view option :
        { "noise", "colour=bt709", "jpeg[=QUALITY]", "uneven", "late=MS[:K]", "skip", "torn=N", "garbage=N",
            "stall=AT:SECONDS", "unplug=AT:SECONDS", "format=AT:WxH", "refuse" })
        EXPECT_THAT(patternOptionsHelp(), HasSubstr(std::string(option))) << option;
}

TEST_F(PatternSourceTest, FramesComeOnAnEvenGridThatNeverDrifts)
{
    const base::Rate rate { 24000, 1001 };
    const auto source = open("pattern:64x64@23.976");
    for (std::int64_t n = 0; n < 2000; ++n) {
        const auto frame = frameOf(*source, 42ms);
        ASSERT_EQ(numberOf(frame), n);
        ASSERT_EQ(frame.captured_at, kStart + rate.timeOf(n));
        ASSERT_GE(host.time, frame.captured_at) << "a frame from the future";
        ASSERT_FALSE(frame.new_segment);
    }
    EXPECT_EQ(host.time, kStart + rate.timeOf(1999));
}

TEST_F(PatternSourceTest, WaitsNoLongerThanItsPatience)
{
    const auto source = open("pattern:64x64@10");
    frameOf(*source);
    for (int i = 1; i <= 3; ++i) {
        const auto nothing = source->next(30ms);
        ASSERT_FALSE(nothing.has_value());
        EXPECT_EQ(nothing.error().fault, Fault::TimedOut);
        EXPECT_EQ(host.time, kStart + i * 30ms);
    }
    EXPECT_EQ(frameOf(*source, 30ms).captured_at, kStart + 100ms);
    EXPECT_EQ(source->next(0ms).error().fault, Fault::TimedOut);
}

TEST_F(PatternSourceTest, AReaderThatIsBehindMissesNothing)
{
    const auto source = open("pattern:64x64@25");
    frameOf(*source);
    host.time += 500ms;
    const Nanos now = host.time;
    for (std::int64_t n = 1; n <= 12; ++n) {
        const auto frame = frameOf(*source);
        EXPECT_EQ(numberOf(frame), n);
        EXPECT_EQ(frame.captured_at, kStart + n * 40ms); // when it was captured, not when it was asked for
    }
    EXPECT_EQ(host.time, now) << "waited though it was behind";
}

TEST_F(PatternSourceTest, WithSkipAReaderThatIsBehindGetsTheNewest)
{
    const auto source = open("pattern:64x64@25?skip");
    EXPECT_EQ(numberOf(frameOf(*source)), 0);
    EXPECT_EQ(numberOf(frameOf(*source)), 1);
    host.time += 500ms; // 540 ms after the start
    EXPECT_EQ(numberOf(frameOf(*source)), 13);
    EXPECT_EQ(numberOf(frameOf(*source)), 14);
}

TEST_F(PatternSourceTest, AFullPoolLosesTheFrameAndGoesOn)
{
    base::PicturePool small(base::pictureBytes({ 64, 64, base::Subsampling::S422, {} }));
    const auto source = *openPatternSource(specOf("pattern:64x64@25"), small, host);
    {
        const auto held = frameOf(*source);
        EXPECT_EQ(source->next(100ms).error().fault, Fault::TimedOut); // 1 and 2 are lost
    }
    EXPECT_EQ(numberOf(frameOf(*source)), 3);
}

TEST_F(PatternSourceTest, NoiseChangesFromFrameToFrameInPlacesThatStandStill)
{
    const auto grey = [&](const SourceFrame& frame) {
        const auto& picture = *frame.picture;
        return std::vector<std::uint8_t>(
            picture.planes[0], picture.planes[0] + picture.format.width); // the bars' first row
    };
    const auto calm = open("pattern:320x180");
    EXPECT_EQ(grey(frameOf(*calm)), grey(frameOf(*calm)));
    const auto grainy = open("pattern:320x180?noise");
    EXPECT_NE(grey(frameOf(*grainy)), grey(frameOf(*grainy)));
}

TEST_F(PatternSourceTest, Bt709IsConvertedToTheSameColours)
{
    const auto plain = frameOf(*open("pattern:640x360")).picture;
    const auto source = open("pattern:640x360?colour=bt709");
    const auto converted = frameOf(*source).picture;
    EXPECT_THAT(source->facts().format, HasSubstr("BT.709"));
    EXPECT_EQ(converted->format.colour, base::kJpegColour);
    for (int bar = 0; bar < 8; ++bar) {
        for (std::size_t plane = 0; plane < 3; ++plane) {
            const int x = (80 * bar + 40) / (plane == 0 ? 1 : 2);
            EXPECT_NEAR(converted->planes[plane][x], plain->planes[plane][x], 2)
                << "bar " << bar << " plane " << plane;
        }
    }
}

TEST_F(PatternSourceTest, JpegDeliversWholeJpegsOfTheQualityAskedFor)
{
    std::size_t coarse = 0;
    for (const std::string_view text :
        { "pattern:320x180?jpeg=20", "pattern:320x180?jpeg=95", "pattern:320x180?jpeg&colour=bt709" }) {
        const auto source = open(text);
        for (std::int64_t n = 0; n < 3; ++n) {
            const auto frame = frameOf(*source);
            EXPECT_EQ(frame.picture, nullptr);
            EXPECT_EQ(numberOf(frame), n);
            const auto header = base::readJpegHeader(frame.jpeg);
            EXPECT_TRUE(header->complete);
            EXPECT_EQ(header->width, 320);
            EXPECT_EQ(header->subsampling, base::Subsampling::S422);
            if (coarse == 0) {
                coarse = frame.jpeg.size();
            } else if (text.ends_with("95")) {
                EXPECT_GT(frame.jpeg.size(), 3 * coarse / 2);
            }
        }
        EXPECT_EQ(source->facts().format, "320x180 JPEG");
    }
}

TEST_F(PatternSourceTest, AJpegOutlivesItsSource)
{
    SourceFrame frame = frameOf(*open("pattern:320x180?jpeg"));
    EXPECT_EQ(numberOf(frame), 0);
}

TEST_F(PatternSourceTest, UnevenTimesWaverWithinBoundsTheSameWayEveryTime)
{
    std::vector<Nanos> before;
    for (int run = 0; run < 2; ++run) {
        const Nanos start = host.time;
        const auto source = open("pattern:64x64@25?uneven");
        std::vector<Nanos> times;
        for (std::int64_t n = 0; n < 200; ++n) {
            times.push_back(frameOf(*source).captured_at - start);
            EXPECT_LE(std::chrono::abs(times.back() - n * 40ms), 16ms) << n;
        }
        std::set<Nanos> steps;
        for (std::size_t i = 1; i < times.size(); ++i) {
            EXPECT_GT(times[i], times[i - 1]);
            steps.insert(times[i] - times[i - 1]);
        }
        EXPECT_GT(steps.size(), 150U);
        EXPECT_LT(*steps.begin(), 25ms);
        EXPECT_GT(*steps.rbegin(), 55ms);
        if (run == 1) {
            EXPECT_EQ(times, before);
        }
        before = times;
    }
}

TEST_F(PatternSourceTest, LateFramesComeLateAndThoseBehindThemAtOnce)
{
    const auto source = open("pattern:64x64@25?late=100:5");
    for (std::int64_t n = 0; n < 20; ++n) {
        const auto frame = frameOf(*source);
        EXPECT_EQ(numberOf(frame), n);
        const Nanos even = kStart + n * 40ms;
        Nanos expected = even;
        if (n % 5 == 4)
            expected += 100ms;
        else if (n >= 5 && n % 5 == 0)
            expected += 60ms + 1us; // together with the late one
        else if (n >= 5 && n % 5 == 1)
            expected += 20ms + 2us;
        EXPECT_EQ(frame.captured_at, expected) << n;
    }
    const auto usual = open("pattern:64x64@25?late=10");
    const Nanos start = host.time;
    for (std::int64_t n = 0; n < 20; ++n)
        EXPECT_EQ(frameOf(*usual).captured_at, start + n * 40ms + (n % 10 == 9 ? 10ms : 0ms));
}

TEST_F(PatternSourceTest, TornJpegsAreCutInHalf)
{
    const auto source = open("pattern:320x180?torn=3");
    for (std::int64_t n = 0; n < 9; ++n) {
        const auto frame = frameOf(*source);
        const auto header = base::readJpegHeader(frame.jpeg);
        ASSERT_TRUE(header.has_value());
        EXPECT_EQ(header->complete, n % 3 != 2) << n;
        if (n % 3 != 2) {
            EXPECT_EQ(numberOf(frame), n);
        }
    }
}

TEST_F(PatternSourceTest, GarbageIsNoJpeg)
{
    const auto source = open("pattern:320x180?garbage=4");
    for (std::int64_t n = 0; n < 8; ++n) {
        const auto frame = frameOf(*source);
        EXPECT_GT(frame.jpeg.size(), 1000U);
        const auto header = base::readJpegHeader(frame.jpeg);
        EXPECT_EQ(header.has_value(), n % 4 != 3) << n;
        if (!header) {
            EXPECT_EQ(header.error().fault, Fault::Corrupt);
        }
    }
}

TEST_F(PatternSourceTest, AStallLeavesFramesOutAndGoesOnByTheClock)
{
    const auto source = open("pattern:64x64@25?stall=1:2.5");
    for (std::int64_t n = 0; n < 25; ++n)
        EXPECT_EQ(numberOf(frameOf(*source, 40ms)), n);
    for (int i = 0; i < 25; ++i)
        ASSERT_EQ(source->next(100ms).error().fault, Fault::TimedOut) << i;
    const auto frame = frameOf(*source, 100ms);
    EXPECT_EQ(numberOf(frame), 88); // the first at or after 3.5 s
    EXPECT_EQ(frame.captured_at, kStart + 88 * 40ms);
    EXPECT_FALSE(frame.new_segment);
    EXPECT_EQ(numberOf(frameOf(*source)), 89);
}

TEST_F(PatternSourceTest, AStallIsNotCuredByOpeningAgain)
{
    const std::string_view text = "pattern:64x64@25?stall=1:8";
    {
        const auto source = open(text);
        for (int n = 0; n < 25; ++n)
            frameOf(*source);
        EXPECT_EQ(source->next(5s).error().fault, Fault::TimedOut);
    }
    {
        const auto again = open(text);
        EXPECT_EQ(again->next(2s).error().fault, Fault::TimedOut);
        EXPECT_EQ(numberOf(frameOf(*again, 3s)), 225);
    }
    EXPECT_EQ(numberOf(frameOf(*open(text))), 0); // after that, a new camera
}

TEST_F(PatternSourceTest, UnpluggedItIsGoneUntilItsTimeAndGoesOnByTheClock)
{
    const std::string_view text = "pattern:64x64@25?unplug=1:3";
    auto source = open(text);
    for (std::int64_t n = 0; n < 25; ++n)
        EXPECT_EQ(numberOf(frameOf(*source)), n);
    EXPECT_EQ(source->next(1s).error().fault, Fault::Unplugged);
    EXPECT_EQ(host.time, kStart + 1s) << "told at the moment it went";
    EXPECT_EQ(source->next(1s).error().fault, Fault::Unplugged) << "this source is done";
    source.reset();

    host.time = kStart + 3999ms;
    EXPECT_EQ(tryOpen(text).error().fault, Fault::Unplugged);
    EXPECT_TRUE(tryOpen("pattern:64x64@25").has_value()) << "another camera is not concerned";
    host.time = kStart + 4050ms;
    source = open(text);
    const auto frame = frameOf(*source);
    EXPECT_EQ(numberOf(frame), 102); // at 4.08 s
    EXPECT_EQ(frame.captured_at, kStart + 102 * 40ms);
    for (std::int64_t n = 103; n < 300; ++n)
        EXPECT_EQ(numberOf(frameOf(*source)), n) << "once is enough";
    source.reset();

    const Nanos later = host.time;
    source = open(text); // a new camera, with its fault before it
    EXPECT_EQ(frameOf(*source).captured_at, later);
    for (int n = 1; n < 25; ++n)
        frameOf(*source);
    EXPECT_EQ(source->next(1s).error().fault, Fault::Unplugged);
}

TEST_F(PatternSourceTest, ThePatienceEndsBeforeAnUnplugThatIsYetToCome)
{
    const auto source = open("pattern:64x64@1?unplug=0.5:1");
    frameOf(*source);
    EXPECT_EQ(source->next(400ms).error().fault, Fault::TimedOut);
    EXPECT_EQ(source->next(400ms).error().fault, Fault::Unplugged);
    EXPECT_EQ(host.time, kStart + 500ms);
}

TEST_F(PatternSourceTest, AChangeOfFormatIsTheFirstFrameOfANewSegment)
{
    const auto source = open("pattern:128x72@25?format=1:96x64");
    for (std::int64_t n = 0; n < 50; ++n) {
        const auto frame = frameOf(*source);
        EXPECT_EQ(numberOf(frame), n);
        EXPECT_EQ(frame.picture->format.width, n < 25 ? 128 : 96);
        EXPECT_EQ(frame.picture->format.height, n < 25 ? 72 : 64);
        EXPECT_EQ(frame.new_segment, n == 25) << n;
        EXPECT_EQ(source->facts().format, n < 25 ? "128x72 4:2:2" : "96x64 4:2:2");
    }
}

TEST_F(PatternSourceTest, RefuseDeniesAndSaysHowToGetOn)
{
    const auto source = tryOpen("pattern:64x64?refuse");
    ASSERT_FALSE(source.has_value());
    EXPECT_EQ(source.error().fault, Fault::Denied);
    EXPECT_THAT(source.error().message, HasSubstr("refuse"));
}

TEST_F(PatternSourceTest, SoundFollowsThePictureWithoutAGapAndTicksWithTheFlash)
{
    const base::Rate rate { 24000, 1001 };
    const auto source = open("pattern:64x64@23.976");
    const base::Rate samples { 48000, 1 };
    std::vector<std::int32_t> sound;
    std::vector<Nanos> flashed_at;
    for (std::int64_t n = 0; n < 150; ++n) {
        const auto frame = frameOf(*source);
        if (flashes(n, rate) && (n == 0 || !flashes(n - 1, rate)))
            flashed_at.push_back(frame.captured_at);
        for (const SoundBlock& block : source->takeSound()) {
            EXPECT_EQ(block.rate_hz, 48000);
            EXPECT_EQ(block.channels, 1);
            EXPECT_EQ(block.captured_at, kStart + samples.timeOf(std::ssize(sound))) << "after frame " << n;
            sound.insert(sound.end(), block.samples.begin(), block.samples.end());
            const Nanos end = block.captured_at + samples.timeOf(std::ssize(block.samples));
            EXPECT_LE(end, host.time + 11us) << "sound from the future";
        }
    }
    ASSERT_EQ(flashed_at.size(), 7U);
    for (const Nanos at : flashed_at) {
        const double sample = static_cast<double>((at - kStart).count()) * 48000 / 1e9;
        const auto first = static_cast<std::size_t>(std::lround(sample));
        EXPECT_NEAR(static_cast<double>(first), sample, 0.5);
        EXPECT_GT(sound[first], 10'000 * 65536);
        if (first > 0) {
            EXPECT_EQ(sound[first - 1], 0);
        }
    }
    EXPECT_TRUE(source->takeSound().empty());
}

TEST_F(PatternSourceTest, SoundStallsWithThePicture)
{
    const auto source = open("pattern:64x64@25?stall=1:2");
    for (int n = 0; n < 30; ++n)
        frameOf(*source);
    const auto blocks = source->takeSound();
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].captured_at, kStart);
    EXPECT_EQ(blocks[0].samples.size(), 24U * 1920); // up to frame 24, the last before the stall
    EXPECT_EQ(blocks[1].captured_at, kStart + 3s);
    EXPECT_EQ(blocks[1].samples.size(), 4U * 1920);
    EXPECT_GT(blocks[1].samples[0], 10'000 * 65536) << "the flash of second 3";
}

TEST_F(PatternSourceTest, SoundThatNobodyFetchesDoesNotPileUp)
{
    const auto source = open("pattern:64x64@25");
    for (int n = 0; n < 25 * 60; ++n)
        frameOf(*source);
    std::size_t samples = 0;
    for (const SoundBlock& block : source->takeSound())
        samples += block.samples.size();
    EXPECT_EQ(samples, 480'000U); // the last ten seconds
}

TEST(PatternSource, KeepsRealTime)
{
    // The one test with the real clock: a frame of the even grid is not handed out before its time.
    base::PicturePool pool(1U << 24);
    const auto source = *openPatternSource(*parseCameraSpec("pattern:64x64@120"), pool);
    Nanos before {};
    for (int n = 0; n < 6; ++n) {
        const auto frame = source->next(1s);
        ASSERT_TRUE(frame.has_value());
        EXPECT_LE(frame->captured_at, base::monotonicNow());
        if (n > 0) {
            EXPECT_NEAR(static_cast<double>((frame->captured_at - before).count()), 1e9 / 120, 1.0);
        }
        before = frame->captured_at;
    }
}

} // namespace
} // namespace backtake::capture
