// Real takes on disk, real files, judged by programs that are not ours: melt, ffmpeg, mediainfo.
#include "base/text.hpp"
#include "takes/handover/hand_over.hpp"
#include "takes/handover/test_clips.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <map>
#include <numeric>

namespace backtake::handover {
namespace {

using namespace takes;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr int kWidth = 320;
constexpr int kHeight = 180;
constexpr int kBits = 10;
constexpr int kCell = kWidth / kBits;

/// A picture whose columns are its number in binary: whatever scaling and compression do to it, it can be
/// read.
FramePtr numbered(int n, Nanos captured_at)
{
    static base::PicturePool pool(64 << 20);
    static base::JpegEncoder encoder;
    const auto picture = pool.tryAcquire({ kWidth, kHeight, base::Subsampling::S420, base::kJpegColour });
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x)
            picture
                ->planes[0][static_cast<std::size_t>(y) * picture->strides[0] + static_cast<std::size_t>(x)] =
                (n >> (x / kCell) & 1) != 0 ? 220 : 30;
    }
    for (std::size_t plane = 1; plane < 3; ++plane)
        std::fill_n(picture->planes[plane], picture->strides[plane] * (kHeight / 2), std::uint8_t { 128 });
    const auto encoded = encoder.encode(*picture, 90);
    auto bytes = std::make_shared<std::vector<std::byte>>(encoded->begin(), encoded->end());
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(n);
    frame->captured_at = captured_at;
    frame->width = kWidth;
    frame->height = kHeight;
    frame->jpeg = *bytes;
    frame->owner = bytes;
    return frame;
}

/// The numbers of the pictures in a film, as ffmpeg decodes it.
std::vector<FrameIndex> numbersIn(
    const std::filesystem::path& film, int width = kWidth, int height = kHeight, int bits = kBits)
{
    const auto picture = static_cast<std::size_t>(width * height);
    const std::string grey = tests::outputOf("ffmpeg -v error -i '" + film.string()
        + "' -map 0:v -fps_mode passthrough -f rawvideo -pix_fmt gray - 2>/dev/null");
    std::vector<FrameIndex> numbers;
    for (std::size_t at = 0; at + picture <= grey.size(); at += picture) {
        FrameIndex number = 0;
        for (int bit = 0; bit < bits; ++bit) {
            const int cell = width / bits;
            const auto middle = static_cast<std::size_t>(height / 2 * width + bit * cell + cell / 2);
            if (static_cast<unsigned char>(grey[at + middle]) > 125)
                number |= 1 << bit;
        }
        numbers.push_back(number);
    }
    return numbers;
}

std::vector<std::vector<std::string>> rowsOf(const std::filesystem::path& csv)
{
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(readAll(csv));
    for (std::string line; std::getline(lines, line);) {
        std::erase(line, '\r');
        std::vector<std::string> fields { "" };
        for (const char c : line) {
            if (c == ',')
                fields.emplace_back();
            else
                fields.back() += c;
        }
        rows.push_back(std::move(fields));
    }
    return rows;
}

/// The frames at which two runs differ, in words; empty when they are the same.
std::string difference(const std::vector<FrameIndex>& seen, const std::vector<FrameIndex>& expected)
{
    std::string words;
    if (seen.size() != expected.size())
        words = fmt::format("{} frames for {}; ", seen.size(), expected.size());
    for (std::size_t k = 0; k < std::min(seen.size(), expected.size()); ++k) {
        if (seen[k] != expected[k])
            words += fmt::format("at {}: {} for {}, ", k, seen[k], expected[k]);
    }
    return words;
}

class HandOvers : public ::testing::Test {
protected:
    static constexpr int kFrames = 120;

    std::filesystem::path shot(
        const std::vector<FramePtr>& frames, Slate slate = { "12A", 3, 'A' }, base::Rate rate = { 25, 1 })
    {
        return shotIn({ rate, false }, 90'000, frames, std::move(slate));
    }
    /// @param start timecode of the first frame.
    std::filesystem::path shotIn(const base::TimecodeFormat& format, std::int64_t start,
        const std::vector<FramePtr>& frames, Slate slate = { "12A", 3, 'A' })
    {
        std::filesystem::create_directories(root_.path() / "shoot");
        TakeFacts facts = makeFacts(std::move(slate));
        facts.timecode = format;
        facts.start_timecode = start;
        return writeTake(root_.path() / "shoot", frames, facts);
    }
    static std::vector<FramePtr> evenNumbers(int count = kFrames, base::Rate rate = { 25, 1 })
    {
        std::vector<FramePtr> frames;
        for (int n = 0; n < count; ++n)
            frames.push_back(numbered(n, kUptime + rate.timeOf(n)));
        return frames;
    }
    [[nodiscard]] HandOver order(const std::filesystem::path& take, const char* formats) const
    {
        HandOver what;
        what.takes = { { take } };
        what.formats = formatsNamed(formats);
        what.title = "12A-003-A";
        what.folder = root_.path() / "out";
        return what;
    }
    [[nodiscard]] std::filesystem::path out(const char* name) const { return root_.path() / "out" / name; }
    /// Has melt render our .mlt. It starts the thread that writes before it says that it runs, and where that
    /// thread is quick enough to look, it ends and melt waits for it for ever: then once more.
    void render(const std::filesystem::path& file, const char* how) const
    {
        for (int attempt = 0; attempt < 3 && numberOfBytes(file) == 0; ++attempt)
            tests::outputOf(fmt::format("timeout 30 melt '{}' -consumer 'avformat:{}' {} real_time=-1 "
                                        "terminate_on_pause=1 2>/dev/null",
                out("12A-003-A.mlt").string(), file.string(), how));
    }
    static std::uintmax_t numberOfBytes(const std::filesystem::path& file)
    {
        std::error_code none;
        const auto bytes = std::filesystem::file_size(file, none);
        return none ? 0 : bytes;
    }
    /// What melt renders of our .mlt.
    [[nodiscard]] std::vector<FrameIndex> melted(
        int width = kWidth, int height = kHeight, int bits = kBits) const
    {
        const auto film = root_.path() / "rendered.avi";
        std::filesystem::remove(film);
        render(film, "vcodec=ffv1 pix_fmt=yuv420p an=1");
        return numbersIn(film, width, height, bits);
    }
    /// Of the sound that melt renders: how often it rises through zero in a second.
    [[nodiscard]] double meltedPitch_hz() const
    {
        const auto sound = root_.path() / "rendered.wav";
        std::filesystem::remove(sound);
        render(sound, "acodec=pcm_s16le ac=1 ar=48000 vn=1");
        const std::string bytes =
            tests::outputOf("ffmpeg -v error -i '" + sound.string() + "' -f s16le - 2>/dev/null");
        std::vector<std::int16_t> samples(bytes.size() / 2);
        std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
        int rises = 0;
        for (std::size_t i = 1; i < samples.size(); ++i)
            rises += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
        return rises * 48'000.0 / std::max<double>(1, static_cast<double>(samples.size()));
    }
    /// long.mov: so many numbered frames at 25 a second, with a tone of 1 kHz, in the folder of the
    /// hand-over.
    static constexpr int kLongWidth = 64;
    static constexpr int kLongHeight = 16;
    void longFilm(FrameIndex frames) const
    {
        std::string grey;
        for (FrameIndex n = 0; n < frames; ++n) {
            std::string row;
            for (int bit = 0; bit < 16; ++bit)
                row.append(kLongWidth / 16, static_cast<char>((n >> bit & 1) != 0 ? 220 : 30));
            for (int y = 0; y < kLongHeight; ++y)
                grey += row;
        }
        writeAll(root_.path() / "grey", grey);
        tests::outputOf(
            fmt::format("ffmpeg -v error -f rawvideo -pix_fmt gray -s {}x{} -r 25 -i '{}' -f lavfi "
                        "-i sine=1000:r=48000:d={} -c:v mjpeg -pix_fmt yuvj420p -q:v 2 -c:a "
                        "pcm_s16le '{}' 2>&1",
                kLongWidth, kLongHeight, root_ / "grey", frames / 25, out("long.mov").string()));
    }
    /// What the frame map says.
    [[nodiscard]] std::vector<FrameIndex> mapped() const
    {
        std::vector<FrameIndex> captured;
        for (const auto& row : rowsOf(out("12A-003-A_frames.csv")))
            captured.push_back(std::atoll(row.at(5).c_str()));
        captured.erase(captured.begin());
        return captured;
    }
    /// Hands a part of a take over at a speed: map and melt show these frames.
    void expectMelted(const std::filesystem::path& take, int percent, FrameIndex in, FrameIndex out,
        const std::vector<FrameIndex>& expected, const char* formats = "mov,mlt,map") const
    {
        HandOver what = order(take, formats);
        what.playing.speed_percent = percent;
        what.playing.in = in;
        what.playing.out = out;
        std::filesystem::remove_all(what.folder);
        ASSERT_OK(handOver(what, {}));
        EXPECT_EQ(mapped(), expected);
        EXPECT_EQ(difference(melted(), expected), "");
    }

    Folder root_;
};

/// From, to (both included), step: what is to be seen.
std::vector<FrameIndex> falling(FrameIndex from, FrameIndex to, FrameIndex step = 1, int times = 1)
{
    std::vector<FrameIndex> frames;
    for (FrameIndex n = from; n >= to; n -= step)
        frames.insert(frames.end(), static_cast<std::size_t>(times), n);
    return frames;
}

TEST_F(HandOvers, MeltRendersAWholeTakeAsTheFrameMapSays)
{
    ASSERT_OK(handOver(order(shot(evenNumbers()), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"), {}));
    EXPECT_EQ(mapped(), falling(119, 0));
    EXPECT_EQ(difference(melted(), mapped()), "");
}

TEST_F(HandOvers, MeltRendersHandlesAndOtherSpeedsAsTheFrameMapSays)
{
    const base::Rate film { 24, 1 };
    const auto take = shot(evenNumbers(kFrames, film), { "12A", 3, 'A' }, film);
    for (const auto& [percent, in, out, expected] : { std::tuple { 100, 20, 89, falling(99, 30) },
             { 50, 20, 89, falling(99, 30, 1, 2) }, { 200, 20, 89, falling(98, 30, 2) },
             { 50, 0, 119, falling(119, 0, 1, 2) }, { 200, 0, 119, falling(118, 0, 2) } }) {
        SCOPED_TRACE(percent);
        expectMelted(take, percent, in, out, expected, "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
    }
}

/// Frames first … last of a clip that plays backwards at @p percent, by the rule of docs/handover.md.
std::vector<FrameIndex> slowed(FrameIndex in, FrameIndex out, FrameIndex percent)
{
    std::vector<FrameIndex> frames;
    for (FrameIndex k = 0; k < (out - in) * 100 / percent; ++k)
        frames.push_back(out - ((k + 1) * percent + 99) / 100);
    return frames;
}

/// Fails where the frames are left to MLT's rounding, which is another one.
TEST_F(HandOvers, MeltRendersAnySpeedAsTheFrameMapSays)
{
    const base::Rate ntsc { 30'000, 1'001 };
    const auto take = shot(evenNumbers(kFrames, ntsc), { "12A", 3, 'A' }, ntsc);
    for (const auto& [percent, in, out] :
        { std::tuple { 33, 21, 120 }, { 75, 0, 120 }, { 150, 30, 90 }, { 7, 92, 120 } }) {
        SCOPED_TRACE(percent);
        HandOver what = order(take, "mov,mlt,map");
        what.playing.speed_percent = percent;
        what.playing.in = kFrames - out;
        what.playing.out = kFrames - 1 - in;
        std::filesystem::remove_all(what.folder);
        ASSERT_OK(handOver(what, {}));
        EXPECT_EQ(mapped(), slowed(in, out, percent));
        EXPECT_EQ(difference(melted(), slowed(in, out, percent)), "");
    }
}

/// The last seconds of 20 minutes, forty minutes into the timeline. Fails for arithmetic that is off by a
/// little for each frame.
TEST_F(HandOvers, MeltRendersTheEndsOfALongTakeAsMeantAndItsSoundAtItsSpeed)
{
    constexpr FrameIndex kLong = 30'000;
    constexpr FrameIndex kUsed = 198; // a multiple of 33
    std::filesystem::create_directories(root_.path() / "out");
    longFilm(kLong);
    for (const int percent : { -50, 50, -33 }) {
        for (const FrameIndex in : { FrameIndex { 0 }, kLong - kUsed }) {
            SCOPED_TRACE(fmt::format("{} % from {}", percent, in));
            Clip clip = clipOf(in, in + kUsed, percent, kLong);
            clip.file = out("long.mov");
            clip.timecode = { { 25, 1 }, false };
            clip.width = kLongWidth;
            clip.height = kLongHeight;
            clip.sound_channels = 1;
            Timeline timeline = timelineOf({ clip });
            timeline.timecode = clip.timecode;
            timeline.folder = out("");
            ASSERT_OK(settle(timeline));
            writeAll(out("12A-003-A.mlt"), mltText(timeline));
            std::vector<FrameIndex> expected = slowed(in, in + kUsed, std::abs(percent));
            if (percent > 0) // the mirror
                std::ranges::reverse(expected);
            EXPECT_EQ(difference(melted(kLongWidth, kLongHeight, 16), expected), "");
            if (in > 0) {
                EXPECT_NEAR(meltedPitch_hz(), 1'000.0 * std::abs(percent) / 100, 20);
            }
        }
    }
}

/// Fails where MLT's rounding of half frames is left to the last bits of a double.
TEST_F(HandOvers, MeltRendersSlowSpeedsAtEveryRateAsTheFrameMapSays)
{
    for (const base::Rate rate :
        { base::Rate { 24'000, 1'001 }, base::Rate { 25, 1 }, base::Rate { 60'000, 1'001 } }) {
        std::filesystem::remove_all(root_.path() / "shoot");
        const auto take = shot(evenNumbers(kFrames, rate), { "12A", 3, 'A' }, rate);
        for (const auto& [percent, in, out, expected] :
            { std::tuple { 50, 0, 119, falling(119, 0, 1, 2) }, { 25, 80, 119, falling(39, 0, 1, 4) } }) {
            SCOPED_TRACE(fmt::format("{} % at {}", percent, base::text(rate)));
            expectMelted(take, percent, in, out, expected);
        }
    }
}

/// From two seconds before the labels of a minute: those of 59.94 leap there. Fails for a rate at which a
/// whole take, handles or a speed are off by a frame.
TEST_F(HandOvers, MeltRendersTheRatesOfTelevisionAsTheFrameMapSays)
{
    constexpr int kShort = 24;
    for (const base::TimecodeFormat& format :
        { base::TimecodeFormat { { 50, 1 }, false }, base::TimecodeFormat { { 30'000, 1'001 }, false },
            base::TimecodeFormat { { 60'000, 1'001 }, true } }) {
        std::filesystem::remove_all(root_.path() / "shoot");
        const auto take = shotIn(
            format, base::timecodeNumber({ 1, 0, 59, 20 }, format).value(), evenNumbers(kShort, format.rate));
        for (const auto& [percent, in, out, expected] :
            { std::tuple { 100, 0, 23, falling(23, 0) }, { 100, 5, 17, falling(18, 6) },
                { 50, 5, 17, falling(18, 6, 1, 2) }, { 200, 4, 17, falling(18, 6, 2) } }) {
            SCOPED_TRACE(fmt::format("{} % at {}", percent, base::text(format.rate)));
            expectMelted(take, percent, in, out, expected);
        }
    }
}

TEST_F(HandOvers, MeltRendersSeveralTakesOneAfterTheOther)
{
    HandOver what = order(shot(evenNumbers(30)), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
    what.takes.push_back({ shot(evenNumbers(50), { "12B", 1, 'A' }) });
    what.playing.out = 19;
    ASSERT_OK(handOver(what, {}));
    std::vector<FrameIndex> expected = falling(29, 10);
    const auto second = falling(49, 30);
    expected.insert(expected.end(), second.begin(), second.end());
    EXPECT_EQ(mapped(), expected);
    EXPECT_EQ(difference(melted(), expected), "");
}

/// Fails for a sequence whose cards lose their trim, direction or speed on the way to the timeline, and for
/// one that shows a take twice.
TEST_F(HandOvers, MeltRendersASequenceAsItsCardsSay)
{
    using takes::Direction;
    LoggedTake first;
    TakeFacts facts = makeFacts();
    facts.id = std::string(32, 'a');
    first.clips.push_back({ shot(evenNumbers(30)), facts });
    LoggedTake second;
    facts.slate = { "12B", 1, 'A' };
    facts.id = std::string(32, 'b');
    second.clips.push_back({ shot(evenNumbers(50), { "12B", 1, 'A' }), facts });
    takes::Story story { "The fall", {} };
    story.cards.push_back({ std::string(32, 'b'), 40, {}, Direction::Backward, 100 });
    story.cards.push_back({ std::string(32, 'c'), {}, {}, Direction::Backward, 100 });
    story.cards.push_back({ std::string(32, 'a'), 3, 8, Direction::Forward, 100 });
    story.cards.push_back({ std::string(32, 'b'), {}, 9, Direction::Backward, 200 });
    std::size_t missing = 0;
    HandOver what = order({}, "mov,otio,fcpxml,xmeml,edl,mlt,csv,map");
    what.takes = takesOf(story, std::vector { first, second }, missing);
    EXPECT_EQ(missing, 1u);
    ASSERT_OK(handOver(what, {}));
    std::vector<FrameIndex> expected = falling(49, 40);
    // At 200 % forward it would be 0, 2, 4, 6, 8; backward is the mirror of that.
    for (const auto& part : { std::vector<FrameIndex> { 3, 4, 5, 6, 7, 8 }, falling(8, 0, 2) })
        expected.insert(expected.end(), part.begin(), part.end());
    EXPECT_EQ(mapped(), expected);
    EXPECT_EQ(difference(melted(), expected), "");
}

TEST_F(HandOvers, WhatPeopleCallASequenceIsSafeAsTheNameOfAFile)
{
    EXPECT_EQ(fileTitle("The fall"), "The fall");
    EXPECT_EQ(fileTitle("../a/b"), "_.._a_b");
    EXPECT_EQ(fileTitle("-o"), "_-o");
    EXPECT_EQ(fileTitle(""), "_");
    EXPECT_EQ(fileTitle(std::string(99, 'a') + "\u00e9"), std::string(99, 'a')) << "no half letter";
}

TEST_F(HandOvers, CapturedOrderPlaysForward)
{
    const base::Rate film { 24, 1 };
    const auto take = shot(evenNumbers(40, film), { "12A", 3, 'A' }, film);
    HandOver what = order(take, "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
    what.playing.order = Order::Captured;
    what.playing.speed_percent = 50;
    ASSERT_OK(handOver(what, {}));
    auto rising = falling(39, 0, 1, 2);
    std::ranges::reverse(rising);
    EXPECT_EQ(mapped(), rising);
    EXPECT_EQ(difference(melted(), rising), "");
    std::filesystem::remove_all(what.folder);
    what.playing.speed_percent = 100;
    ASSERT_OK(handOver(what, {}));
    rising.resize(40);
    std::iota(rising.begin(), rising.end(), 0);
    EXPECT_EQ(mapped(), rising);
    EXPECT_EQ(melted(), rising);
}

TEST_F(HandOvers, LostFramesAreHeldAndTheMapSaysSo)
{
    auto frames = evenNumbers(40);
    frames[10] = makeLostFrame(10, kUptime + 10 * 40ms, Loss::EncoderBusy);
    frames[0] = makeLostFrame(0, kUptime, Loss::EncoderBusy);
    ASSERT_OK(handOver(order(shot(frames), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"), {}));
    std::vector<FrameIndex> expected = falling(39, 0);
    expected[29] = 9; // captured frame 10
    expected[39] = 1; // captured frame 0
    EXPECT_EQ(mapped(), expected);
    EXPECT_EQ(difference(melted(), expected), "");
    EXPECT_EQ(rowsOf(out("12A-003-A_frames.csv"))[30][6], "YES");
    EXPECT_EQ(rowsOf(out("12A-003-A_frames.csv"))[29][6], "");
}

TEST_F(HandOvers, AnUnevenCameraLandsOnTheNominalGrid)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 90; ++n)
        frames.push_back(numbered(n, kUptime + unevenTime(n))); // 44.7 ms a frame in the mean
    ASSERT_OK(handOver(order(shot(frames), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"), {}));
    const auto seen = mapped();
    EXPECT_NEAR(static_cast<double>(seen.size()), 90 * 44.67 / 40, 2);
    EXPECT_EQ(difference(melted(), seen), "");
    EXPECT_TRUE(std::ranges::is_sorted(seen, std::greater<>()));
}

/// The checksums of a film's packets, by a program that is not ours.
std::vector<std::string> packetsOf(const std::filesystem::path& film)
{
    std::vector<std::string> packets;
    std::istringstream lines(
        tests::outputOf("ffmpeg -v error -i '" + film.string() + "' -map 0:v -c copy -f framemd5 -"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#'))
            packets.push_back(line.substr(line.rfind(' ') + 1));
    }
    return packets;
}

TEST_F(HandOvers, ChecksumsAreThoseOfTheFilesPackets)
{
    ASSERT_OK(
        handOver(order(shot(evenNumbers(20)), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"), {}));
    const auto packets = packetsOf(out("12A-003-A.mov"));
    ASSERT_EQ(packets.size(), 20u);
    const auto rows = rowsOf(out("12A-003-A_frames.csv"));
    for (std::size_t k = 0; k < 20; ++k)
        EXPECT_EQ(rows[k + 1][7], packets[19 - k]);
}

TEST_F(HandOvers, AMapLiesBesideAllThatHasClipsAndNotBesidePapers)
{
    const auto take = shot(evenNumbers(6));
    for (const char* formats : { "mov", "review", "prores", "otio", "fcpxml", "xmeml", "ale", "markers",
             "edl", "mlt", "csv,edl", "csv", "pdf", "html", "editors-pdf,editors-html,csv" }) {
        SCOPED_TRACE(formats);
        const std::string_view named = formats;
        std::filesystem::remove_all(root_.path() / "out");
        const HandOver what = order(take, formats);
        const auto told = estimate(what);
        ASSERT_OK(told);
        const auto done = handOver(what, {});
        ASSERT_OK(done);
        EXPECT_EQ(told->files, done->files);
        const bool is_paper = named.ends_with("csv") || named.ends_with("pdf") || named == "html";
        EXPECT_EQ(std::filesystem::exists(out("12A-003-A_frames.csv")), !is_paper);
        if (!is_paper) {
            EXPECT_EQ(done->files.back(), out("12A-003-A_frames.csv"));
            EXPECT_EQ(mapped(), falling(5, 0));
        }
    }
}

/// Fails for a map that names another file than the one it lies beside, or other frames than those in it.
TEST_F(HandOvers, TheMapOfASingleMovIsOfThatFileAlsoOfAReversedOne)
{
    auto frames = evenNumbers(20);
    for (const int n : { 0, 7, 19 })
        frames[static_cast<std::size_t>(n)] = makeLostFrame(n, kUptime + n * 40ms, Loss::EncoderBusy);
    const auto take = shot(frames);
    for (const Order direction : { Order::Captured, Order::Shown }) {
        HandOver what = order(take, "mov");
        what.movs = { direction };
        what.playing.order = direction;
        const bool reversed = direction == Order::Shown;
        what.file = out(reversed ? "back.mov" : "mine.mov");
        ASSERT_OK(handOver(what, {}));
        const auto packets = packetsOf(what.file);
        const auto rows = rowsOf(out(reversed ? "back_frames.csv" : "mine_frames.csv"));
        ASSERT_EQ(packets.size(), 20u);
        ASSERT_EQ(rows.size(), 21u);
        for (std::size_t k = 0; k < 20; ++k) {
            const auto& row = rows[k + 1];
            EXPECT_EQ(row[2], reversed ? "back.mov" : "mine.mov");
            EXPECT_EQ(row[3], std::to_string(k));
            EXPECT_EQ(row[4],
                base::timecodeLabel(
                    (reversed ? 0 : 90'000) + static_cast<std::int64_t>(k), { { 25, 1 }, false }));
            EXPECT_EQ(row[7], packets[k]) << k;
            EXPECT_EQ(row[6], k == 0 || k == 19 || k == (reversed ? 12u : 7u) ? "YES" : "") << k;
        }
        EXPECT_EQ(rows[reversed ? 13 : 8][5], reversed ? "8" : "6");
    }
}

/// Fails when MOVs alone do not hold just the range, or bear other labels or another reel than the whole
/// ones, or their map counts other frames.
TEST_F(HandOvers, MovsAloneAreOfTheRangeAndTheirMapIsOfThem)
{
    const base::TimecodeFormat ntsc { { 30'000, 1'001 }, true };
    auto frames = evenNumbers(20, ntsc.rate);
    frames[9] = makeLostFrame(9, kUptime + ntsc.rate.timeOf(9), Loss::EncoderBusy);
    const auto take = shotIn(ntsc, base::timecodeNumber({ 1, 0, 59, 22 }, ntsc).value(), frames);
    for (const Order direction : { Order::Captured, Order::Shown }) {
        const bool reversed = direction == Order::Shown;
        HandOver what = order(take, "mov");
        what.movs = { direction };
        what.playing = { direction, 100, 7, 13 }; // shown: captured frames 12 down to 6
        const char* name = reversed ? "12A-003-A_6-12_REV.mov" : "12A-003-A_6-12.mov";
        const auto told = estimate(what);
        ASSERT_OK(told);
        ASSERT_OK(handOver(what, {}));
        EXPECT_EQ(told->files[0], out(name));
        std::vector<FrameIndex> expected = falling(12, 6);
        expected[3] = reversed ? 10 : 8; // the one before it in the file
        if (!reversed)
            std::ranges::reverse(expected);
        EXPECT_EQ(numbersIn(out(name)), expected);
        const auto rows = rowsOf(reversed ? out("12A-003-A_frames-2.csv") : out("12A-003-A_frames.csv"));
        const auto packets = packetsOf(out(name));
        ASSERT_EQ(rows.size(), 8u);
        ASSERT_EQ(packets.size(), 7u);
        for (std::size_t k = 0; k < 7; ++k) {
            EXPECT_EQ(rows[k + 1][2], name);
            EXPECT_EQ(rows[k + 1][3], std::to_string(k));
            EXPECT_EQ(rows[k + 1][5], std::to_string(expected[k]));
            EXPECT_EQ(rows[k + 1][7], packets[k]);
        }
        const std::string first = reversed ? "00:00:00;00" : "01:00:59;28"; // the label of captured frame 6
        EXPECT_EQ(rows[1][4], first);
        EXPECT_EQ(tests::outputOf("ffprobe -v error -select_streams d:0 -show_entries "
                                  "stream_tags=reel_name,timecode -of csv=p=0 '"
                      + out(name).string() + "'"),
            (reversed ? "12A_003_AR," : "12A_003_A,") + first + "\n");
    }
    HandOver with_others = order(take, "mov,otio");
    with_others.folder = root_.path() / "others";
    with_others.playing = { Order::Shown, 100, 7, 13 };
    ASSERT_OK(handOver(with_others, {}));
    EXPECT_EQ(numbersIn(with_others.folder / "12A-003-A.mov").size(), 20u) << "beside a timeline it is whole";
}

TEST_F(HandOvers, AReversedTakeOfTwoFormatsIsMappedOverBothItsFiles)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 10; ++n)
        frames.push_back(n < 4 ? makeFrame(n, kUptime + n * 40ms, 64, 48, 0)
                               : makeFrame(n, kUptime + n * 40ms, 96, 64, 1));
    HandOver what = order(shot(frames), "mov");
    what.movs = { Order::Shown };
    ASSERT_OK(handOver(what, {}));
    auto packets = packetsOf(out("12A-003-A_REV-1.mov"));
    ASSERT_EQ(packets.size(), 6u);
    for (const std::string& packet : packetsOf(out("12A-003-A_REV-2.mov")))
        packets.push_back(packet);
    ASSERT_EQ(packets.size(), 10u);
    const auto rows = rowsOf(out("12A-003-A_frames.csv"));
    ASSERT_EQ(rows.size(), 11u);
    for (std::size_t k = 0; k < 10; ++k) {
        EXPECT_EQ(rows[k + 1][2], k < 6 ? "12A-003-A_REV-1.mov" : "12A-003-A_REV-2.mov");
        EXPECT_EQ(rows[k + 1][4], base::timecodeLabel(static_cast<std::int64_t>(k), { { 25, 1 }, false }));
        EXPECT_EQ(rows[k + 1][7], packets[k]);
    }
    EXPECT_EQ(mapped(), falling(9, 0));
}

/// Otherwise MOVs could not follow into the folder of their timeline.
TEST_F(HandOvers, ASecondMapInAFolderHasANameOfItsOwn)
{
    const auto take = shot(evenNumbers(4));
    ASSERT_OK(handOver(order(take, "otio"), {}));
    const std::string first = readAll(out("12A-003-A_frames.csv"));
    ASSERT_OK(handOver(order(take, "mov"), {}));
    EXPECT_EQ(readAll(out("12A-003-A_frames.csv")), first);
    EXPECT_EQ(readAll(out("12A-003-A_frames-2.csv")), first);
    EXPECT_FAULT(handOver(order(take, "map"), {}), Fault::Exists); // asked for by its name
}

/// Fails for two cameras of which one is faster and nothing can be handed over, or frames of one counted by
/// the clock of the other.
TEST_F(HandOvers, TakesOfSeveralRatesHaveATimelineForEachRate)
{
    const base::Rate fast { 50, 1 };
    HandOver what = order(shot(evenNumbers(3)), "mov,otio,edl,mlt,csv");
    what.takes.push_back({ shot(evenNumbers(4, fast), { "12A", 4, 'A' }, fast) });
    what.takes.push_back({ shot(evenNumbers(5), { "12A", 5, 'A' }) });
    const auto done = handOver(what, {});
    ASSERT_OK(done);
    std::vector<std::string> names;
    for (const auto& file : done->files)
        names.push_back(file.filename().string());
    EXPECT_THAT(names,
        UnorderedElementsAre("12A-003-A.mov", "12A-004-A.mov", "12A-005-A.mov", "12A-003-A_25.otio",
            "12A-003-A_50.otio", "12A-003-A_25.edl", "12A-003-A_50.edl", "12A-003-A_25.mlt",
            "12A-003-A_50.mlt", "12A-003-A.csv", "12A-003-A_25_frames.csv", "12A-003-A_50_frames.csv"));
    const auto slow_rows = rowsOf(out("12A-003-A_25_frames.csv"));
    ASSERT_EQ(slow_rows.size(), 1 + 3 + 5u);
    EXPECT_EQ(slow_rows[4][1], "01:00:00:03");
    EXPECT_EQ(slow_rows[4][2], "12A-005-A.mov");
    const auto fast_rows = rowsOf(out("12A-003-A_50_frames.csv"));
    ASSERT_EQ(fast_rows.size(), 1 + 4u);
    EXPECT_EQ(fast_rows[4][1], "01:00:00:03");
    EXPECT_EQ(fast_rows[4][2], "12A-004-A.mov");
    EXPECT_EQ(fast_rows[1][4], "00:30:00:03") << "shown first, captured last, counted at 50";
    EXPECT_THAT(
        readAll(out("12A-003-A_50.edl")), AllOf(HasSubstr("12A-003-A_50"), Not(HasSubstr("12A-005"))));
    EXPECT_EQ(rowsOf(out("12A-003-A.csv")).size(), 1 + 3u) << "a list has no rate";
}

TEST_F(HandOvers, TheFileNamedForATimelineIsNamedByRateWhereThereAreSeveral)
{
    const base::Rate drop { 30000, 1001 };
    HandOver what = order(shot(evenNumbers(3)), "otio");
    what.takes.push_back({ shot(evenNumbers(4, drop), { "12A", 4, 'A' }, drop) });
    std::filesystem::create_directories(root_.path() / "out");
    what.file = out("edit.otio");
    ASSERT_OK(handOver(what, {}));
    EXPECT_TRUE(std::filesystem::exists(out("edit_25.otio")));
    EXPECT_TRUE(std::filesystem::exists(out("edit_29.97.otio"))) << "not drop frame in this take";
    EXPECT_FALSE(std::filesystem::exists(out("edit.otio")));
}

TEST_F(HandOvers, ASequenceOfSeveralRatesIsNoTimeline)
{
    const base::Rate fast { 50, 1 };
    HandOver what = order(shot(evenNumbers(3)), "otio");
    what.takes.push_back({ shot(evenNumbers(4, fast), { "12A", 4, 'A' }, fast) });
    for (HandOverTake& take : what.takes)
        take.card.emplace();
    const auto refused = handOver(what, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, base::Fault::Usage);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("12A/4"), HasSubstr("one rate")));
}

/// Fails when a reader that is not ours finds another label, reel, length or rate in a MOV.
TEST_F(HandOvers, MediainfoReadsTimecodeReelAndLengthOfBothMovs)
{
    const base::TimecodeFormat ntsc { { 30'000, 1'001 }, true };
    const auto said = [this](const char* name, const char* wanted) {
        return tests::outputOf(
            "mediainfo --Output='" + std::string(wanted) + "' '" + out(name).string() + "'");
    };
    const struct {
        base::TimecodeFormat format;
        base::TimecodeDigits start;
        const char* picture;
        const char* first; // labels
        const char* last;
        const char* first_reversed;
    } cases[] { { { { 25, 1 }, false }, { 1, 0, 0, 0 }, "25 CFR 25.000 JPEG\n", "01:00:00:00", "01:00:00:24",
                    "00:00:00:00" },
        { ntsc, { 1, 0, 59, 20 }, "25 CFR 29.970 JPEG\n", "01:00:59;20", "01:01:00;16", "00:00:00;00" } };
    for (const auto& each : cases) {
        std::filesystem::remove_all(root_.path() / "shoot");
        std::filesystem::remove_all(root_.path() / "out");
        HandOver what = order(shotIn(each.format, base::timecodeNumber(each.start, each.format).value(),
                                  evenNumbers(25, each.format.rate)),
            "mov");
        what.movs = { Order::Captured, Order::Shown };
        ASSERT_OK(handOver(what, {}));
        for (const bool reversed : { false, true }) {
            SCOPED_TRACE(fmt::format("{}, reversed: {}", each.first, reversed));
            const char* name = reversed ? "12A-003-A_REV.mov" : "12A-003-A.mov";
            EXPECT_EQ(said(name, "Video;%FrameCount% %FrameRate_Mode% %FrameRate% %Format%"), each.picture);
            EXPECT_EQ(said(name, "Other;%TimeCode_FirstFrame%"),
                std::string(reversed ? each.first_reversed : each.first) + "\n");
            EXPECT_EQ(said(name, "Video;%Delay_DropFrame%"), each.format.drop_frame ? "Yes\n" : "No\n");
            EXPECT_EQ(said(name, "Other;%Title%"), reversed ? "12A_003_AR\n" : "12A_003_A\n")
                << "the name of the timecode track is the reel";
            const std::string comment = said(name, "General;%Comment%");
            EXPECT_EQ(comment.find(each.last) != std::string::npos, reversed) << comment;
        }
        EXPECT_EQ(numbersIn(out("12A-003-A_REV.mov")), falling(24, 0));
    }
}

TEST_F(HandOvers, WhatTheLogSaysIsInEveryFormatThatCanSayIt)
{
    const auto take = shot(evenNumbers(50));
    LoggedTake log;
    log.sheet.slate = { "14C", 7, 'A' }; // renumbered
    log.sheet.circled = true;
    log.sheet.verdict = Verdict::Hold;
    log.sheet.pickup = true;
    log.sheet.note = "shards, \"all\" of them";
    Mark tell;
    tell.take = Recording::open(take).value()->facts().id;
    tell.captured_frame = 10;
    tell.kind = Mark::Kind::Tell;
    tell.tell = Tell::Blink;
    tell.text = "wrong end";
    log.marks = { tell };
    HandOver what =
        order(take, "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map,pdf,html,editors-pdf,editors-html");
    what.takes[0].log = log;
    ASSERT_OK(handOver(what, {}));
    EXPECT_NE(readAll(out("12A-003-A.csv")).find("14,C,7 PU,12A/3,YES,HOLD"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A.ale")).find("\t12A/3\tYES\tHOLD"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A_markers.txt")).find("14C/7 PU, shot as 12A/3 blink"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A.edl")).find("SLATE 14C/7 PU, shot as 12A/3 CIRCLED"), std::string::npos);
    // Captured frame 10 is seen 39 frames into the reversed take: 01:00:01:14.
    EXPECT_NE(
        readAll(out("12A-003-A.edl")).find("* LOC: 01:00:01:14 YELLOW  blink: wrong end"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A_markers.txt")).find("\t01:00:00:10\tV1\t"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A.fcpxml")).find("favorite"), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A.otio")).find("\"slate\": \"14C/7 PU\""), std::string::npos);
    EXPECT_NE(readAll(out("12A-003-A.xml")).find("<good>TRUE</good>"), std::string::npos);
    for (const char* paper : { "12A-003-A.pdf", "12A-003-A_editors.pdf" })
        EXPECT_THAT(tests::outputOf("pdftotext '" + out(paper).string() + "' -"), HasSubstr("Shot as 12A/3"))
            << paper;
    for (const char* paper : { "12A-003-A.html", "12A-003-A_editors.html" })
        EXPECT_THAT(readAll(out(paper)), HasSubstr("<li dir=\"auto\">Shot as 12A/3,")) << paper;
}

/// Fails for a paper that keeps quiet about something that somebody has to see to, or counts pictures alone.
TEST_F(HandOvers, ThePaperSaysAllThatIsOpenAndCountsAllFiles)
{
    const auto take = shot(evenNumbers(20));
    TakeFacts facts = readTakeFacts(take / "take.json").value();
    facts.camera_clip = CameraClip { "/store/DCIM", "MVI_0042.MOV", 0, "MVI_0042.MOV" };
    facts.further_clips = { { "/store/DCIM", "MVI_0043.MOV", 0, {} },
        { "/store/DCIM", "MVI_0044.MOV", 0, {} } };
    facts.parts = { { 20, (root_.path() / "away" / "12A-003-A_2").string(), 30 } };
    ASSERT_OK(writeTakeFacts(take / "take.json", facts));
    writeAll(take / "MVI_0042.MOV", std::string(5'000'000, 'x'));
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(take))
        bytes += entry.file_size();
    ASSERT_OK(handOver(order(take, "html,editors-html"), {}));
    const std::string paper = readAll(out("12A-003-A.html"));
    EXPECT_THAT(paper, HasSubstr("from frame 20 on"));
    EXPECT_THAT(paper, HasSubstr("MVI_0043.MOV not fetched"));
    EXPECT_THAT(paper, HasSubstr("MVI_0044.MOV not fetched"));
    EXPECT_THAT(paper, Not(HasSubstr("MVI_0042.MOV not fetched")));
    EXPECT_THAT(paper, HasSubstr(base::bytesText(bytes)));
}

TEST_F(HandOvers, NothingIsWrittenOverAndNothingIsBegunWhenOneFileIsThere)
{
    const auto take = shot(evenNumbers(5));
    std::filesystem::create_directories(root_.path() / "out");
    writeAll(out("12A-003-A.mlt"), "somebody's work");
    EXPECT_FAULT(
        handOver(order(take, "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"), {}), Fault::Exists);
    EXPECT_EQ(readAll(out("12A-003-A.mlt")), "somebody's work");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_.path() / "out"), {}), 1);
}

TEST_F(HandOvers, AStoppedExportLeavesNoHalfFile)
{
    HandOver what = order(shot(evenNumbers(30)), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
    EXPECT_FAULT(handOver(what, [](const Step& step) { return step.done < 0.7; }), Fault::Cancelled);
    // In the middle of the frame map, which is the last: what was finished before it stands.
    EXPECT_TRUE(std::filesystem::exists(out("12A-003-A.mov")));
    EXPECT_FALSE(std::filesystem::exists(out("12A-003-A_frames.csv")));
    for (const auto& entry : std::filesystem::directory_iterator(root_.path() / "out"))
        EXPECT_NE(entry.path().extension(), ".part") << entry.path();
}

TEST_F(HandOvers, AllFormatsTogetherWithTheirPapers)
{
    const auto take = shot(evenNumbers(12));
    const auto done = handOver(order(take, "all"), {});
    ASSERT_OK(done);
    for (const char* name : { "12A-003-A.mov", "12A-003-A_review.mp4", "12A-003-A.otio", "12A-003-A.pdf",
             "12A-003-A.html", "12A-003-A_editors.pdf", "12A-003-A_editors.html", "12A-003-A_frames.csv" })
        EXPECT_TRUE(std::filesystem::exists(out(name))) << name;
    EXPECT_EQ(done->files.size(), formatsNamed("all").size());
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_.path() / "out"), {}),
        static_cast<std::ptrdiff_t>(done->files.size()));
    EXPECT_NE(tests::outputOf("pdftotext '" + out("12A-003-A.pdf").string() + "' -").find("12A/3"),
        std::string::npos);
    EXPECT_TRUE(done->remarks.empty());
}

TEST_F(HandOvers, FormatsAreNamedOneOrSeveral)
{
    EXPECT_EQ(formatsNamed("otio,csv"), (std::vector { Format::Otio, Format::Csv }));
    EXPECT_TRUE(formatsNamed("film").empty());
    EXPECT_TRUE(formatsNamed("otio,").empty());
    EXPECT_TRUE(formatsNamed("").empty());
    EXPECT_EQ(std::ranges::count(formatsNamed("all"), Format::ProRes), 0);
}

TEST_F(HandOvers, ProgressRises)
{
    double last = -1;
    ASSERT_OK(handOver(order(shot(evenNumbers(10)), "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map"),
        [&last](const Step& step) {
            EXPECT_GE(step.done, last - 1e-9);
            last = step.done;
            return true;
        }));
    EXPECT_EQ(last, 1);
}

TEST_F(HandOvers, ATakeWithoutAnyPictureIsRefused)
{
    const auto take = shot({ makeLostFrame(0, kUptime, Loss::EncoderBusy) });
    EXPECT_FAULT(handOver(order(take, "otio"), {}), Fault::Corrupt);
    EXPECT_FAULT(handOver(order(take, "mov"), {}), Fault::Corrupt);
    EXPECT_FALSE(std::filesystem::exists(root_.path() / "out" / "12A-003-A.mov"));
}

TEST_F(HandOvers, AFileNamedWithoutAFolderIsWrittenWhereTheProgramStands)
{
    HandOver what = order(shot(evenNumbers(4)), "csv");
    what.file = "here.csv";
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(root_.path());
    const auto done = handOver(what, {});
    std::filesystem::current_path(before);
    ASSERT_OK(done);
    EXPECT_TRUE(std::filesystem::exists(root_.path() / "here.csv"));
}

TEST_F(HandOvers, ClipsThatAreNotThereYetAreNamed)
{
    const auto done = handOver(order(shot(evenNumbers(5)), "otio"), {});
    ASSERT_OK(done);
    ASSERT_EQ(done->remarks.size(), 1u);
    EXPECT_NE(done->remarks[0].find("12A-003-A.mov"), std::string::npos);
}

TEST_F(HandOvers, ATakeThatCannotBeReadIsLeftOutAndSaidAndTheOthersGoOver)
{
    const auto good = shot(evenNumbers(6));
    const auto lost = shot({ makeLostFrame(0, kUptime, Loss::CameraDamaged) }, { "12A", 4, 'A' });
    const auto gone = shot(evenNumbers(6), { "12A", 5, 'A' });
    std::filesystem::remove(gone / "picture.index");
    HandOver what = order(good, "mov,csv");
    what.takes = { { gone }, { good }, { lost } };
    const auto done = handOver(what, {});
    ASSERT_OK(done);
    EXPECT_EQ(numbersIn(out("12A-003-A.mov")).size(), 6u);
    EXPECT_FALSE(std::filesystem::exists(out("12A-004-A.mov")));
    const auto said = [&](const char* name) {
        return std::ranges::count_if(done->remarks, [name](const std::string& remark) {
            return remark.starts_with(std::string(name) + " is left out");
        });
    };
    EXPECT_EQ(said("12A-005-A"), 1);
    EXPECT_EQ(said("12A-004-A"), 1);
    for (const auto& take : { gone, lost }) {
        what.takes = { { take } };
        what.folder = root_.path() / "alone";
        EXPECT_FALSE(handOver(what, {})) << "alone it is the trouble itself";
    }
}

TEST_F(HandOvers, FramesThatAreHeldAreSaidForEachFile)
{
    auto frames = evenNumbers(6);
    frames[2] = makeLostFrame(2, kUptime + base::Rate { 25, 1 }.timeOf(2), Loss::CameraDamaged);
    const auto done = handOver(order(shot(frames), "mov,review"), {});
    ASSERT_OK(done);
    ASSERT_EQ(done->remarks.size(), 2u);
    EXPECT_THAT(done->remarks[0], HasSubstr("12A-003-A.mov: 1 frames were lost"));
    EXPECT_THAT(done->remarks[1], HasSubstr("12A-003-A_review.mp4: 1 frames were lost"));
}

/// Fails when the disk that is full in the second file leaves half of it, or takes the first away again.
TEST_F(HandOvers, ADiskThatIsFullInTheMiddleKeepsWhatIsFinishedAndNoHalfFile)
{
    HandOver what = order(shot(evenNumbers(10)), "mov,map");
    what.takes.push_back({ shot(evenNumbers(100), { "12A", 4, 'A' }) });
    const auto bytesOf = [&](std::size_t take) {
        return static_cast<rlim_t>(std::filesystem::file_size(what.takes[take].folder / "picture.mjpeg"));
    };
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old {};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit now { (bytesOf(0) + bytesOf(1)) / 2, old.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &now);
    const auto done = handOver(what, {});
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_FAULT(done, Fault::OutOfSpace);
    EXPECT_THAT(done.error().message, HasSubstr("12A-004-A.mov"));
    EXPECT_THAT(done.error().message, HasSubstr("the disk is full"));
    EXPECT_EQ(numbersIn(out("12A-003-A.mov")).size(), 10u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_.path() / "out"), {}), 1);
    // With room it is handed over into another folder, or after the first is taken away.
    std::filesystem::remove(out("12A-003-A.mov"));
    ASSERT_OK(handOver(what, {}));
    EXPECT_EQ(numbersIn(out("12A-004-A.mov")).size(), 100u);
}

TEST_F(HandOvers, TheEstimateNamesTheFilesThatComeAndTheirSize)
{
    const HandOver what = order(shot(evenNumbers()), "mov,otio,pdf,map");
    const auto told = estimate(what);
    ASSERT_OK(told);
    EXPECT_FALSE(std::filesystem::exists(root_.path() / "out")) << "nothing is written";
    HandOver mov = what;
    mov.formats = { Format::Mov };
    const auto told_of_mov = estimate(mov);
    ASSERT_OK(told_of_mov);
    const auto done = handOver(what, {});
    ASSERT_OK(done);
    EXPECT_EQ(told->files, done->files);
    EXPECT_EQ(told->takes, 1u);
    EXPECT_GE(told->bytes, done->bytes);
    const auto bytes = static_cast<double>(std::filesystem::file_size(out("12A-003-A.mov"))
        + std::filesystem::file_size(out("12A-003-A_frames.csv")));
    EXPECT_NEAR(static_cast<double>(told_of_mov->bytes), bytes, 0.05 * bytes);
    EXPECT_FAULT(estimate(what), Fault::Exists);
}

TEST_F(HandOvers, EachStepSaysWhichTakeOfHowManyAndWhichFile)
{
    HandOver what = order(shot(evenNumbers(4)), "mov,csv");
    what.takes.push_back({ shot(evenNumbers(4), { "12A", 4, 'A' }) });
    std::map<std::string, std::size_t> takes;
    ASSERT_OK(handOver(what, [&](const Step& step) {
        EXPECT_EQ(step.takes, 2u);
        takes[step.file.filename().string()] = step.take;
        return true;
    }));
    EXPECT_EQ(takes,
        (std::map<std::string, std::size_t> { { "12A-003-A.mov", 1 }, { "12A-004-A.mov", 2 },
            { "12A-003-A.csv", 0 }, { "12A-003-A_frames.csv", 0 }, { "", 0 } }));
}

TEST_F(HandOvers, ASlateOfSlashesAndFormulasIsSafeEverywhere)
{
    HandOver what = order(shot(evenNumbers(5), { "=cmd|'/C calc'!A0 🎬\n\t\"x\"", 1, 'A' }),
        "mov,otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
    ASSERT_OK(handOver(what, {}));
    for (const char* name : { "12A-003-A.fcpxml", "12A-003-A.xml", "12A-003-A.mlt" })
        EXPECT_EQ(tests::outputOf("xmllint --noout '" + out(name).string() + "' 2>&1"), "");
    EXPECT_NE(readAll(out("12A-003-A.csv")).find("'=cmd"), std::string::npos);
    EXPECT_EQ(melted(), falling(4, 0));
}

} // namespace
} // namespace backtake::handover
