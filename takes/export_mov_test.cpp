#include "takes/export_mov.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <numeric>
#include <random>

// What we write is judged by a program that is not ours: ffprobe and ffmpeg.

namespace backtake::takes {
namespace {

std::string outputOf(const std::string& command) { return tests::outputOf(command + " 2>/dev/null"); }

std::vector<std::string> linesOf(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// MD5 of each decoded picture, in the order a player shows them.
std::vector<std::string> pictureHashes(const std::filesystem::path& path, const std::string& format = "")
{
    std::vector<std::string> hashes;
    for (const auto& line : linesOf(outputOf("ffmpeg -v error -noautorotate " + format + " -i '"
             + path.string() + "' -map 0:v -fps_mode passthrough -f framemd5 -"))) {
        if (!line.starts_with('#'))
            hashes.push_back(line.substr(line.rfind(' ') + 1));
    }
    return hashes;
}

/// One entry of each stream or packet of the video.
std::vector<std::string> probe(const std::filesystem::path& path, const std::string& entries)
{
    return linesOf(outputOf("ffprobe -v error -select_streams v -show_entries " + entries
        + " -of default=noprint_wrappers=1:nokey=1 '" + path.string() + "'"));
}

/// The reel, which lies on the timecode track, and the timecode as the picture's track has it.
std::vector<std::string> reelAndTimecode(const std::filesystem::path& path)
{
    return linesOf(
        outputOf("ffprobe -v error -select_streams d:0 -show_entries stream_tags=reel_name,timecode"
                 " -of default=noprint_wrappers=1:nokey=1 '"
            + path.string() + "'"));
}

std::vector<std::int64_t> packetDurations(const std::filesystem::path& path)
{
    std::vector<std::int64_t> durations;
    for (const auto& line : probe(path, "packet=duration"))
        durations.push_back(std::atoll(line.c_str()));
    return durations;
}

class MovExports : public ::testing::Test {
protected:
    std::shared_ptr<const Recording> take(const std::vector<FramePtr>& frames, TakeFacts facts = makeFacts())
    {
        return Recording::open(writeTake(root_.path(), frames, facts)).value();
    }
    [[nodiscard]] std::filesystem::path out(const char* name = "out.mov") const
    {
        return root_.path() / name;
    }
    /// Files beside media/: what an export left.
    [[nodiscard]] std::vector<std::string> left() const
    {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(root_.path())) {
            if (entry.path().filename() != "media")
                names.push_back(entry.path().filename());
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    Folder root_;
};

TEST_F(MovExports, CapturedOrderHasThePicturesOfTheRecordingUntouched)
{
    const auto recording = take(evenFrames(25));
    const auto done = exportMov(*recording, Order::Captured, Timing::AsCaptured, out(), {});
    ASSERT_OK(done);
    EXPECT_EQ(done->frames, 25);
    EXPECT_EQ(done->left_out, 0);
    EXPECT_EQ(done->files, (std::vector { out() }));
    EXPECT_EQ(done->bytes, std::filesystem::file_size(out()));
    const auto recorded = pictureHashes(recording->folder() / "picture.mjpeg", "-f mjpeg");
    ASSERT_EQ(recorded.size(), 25u);
    EXPECT_EQ(pictureHashes(out()), recorded);
    EXPECT_EQ(left(), (std::vector<std::string> { "out.mov" }));
    // Not only the same pixels: the same JPEGs.
    EXPECT_THAT(readAll(out()), ::testing::HasSubstr(readAll(recording->folder() / "picture.mjpeg")));
}

TEST_F(MovExports, ShownOrderOfABackwardTakeHasThemTheOtherWayRound)
{
    const auto recording = take(evenFrames(25));
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {}));
    auto recorded = pictureHashes(recording->folder() / "picture.mjpeg", "-f mjpeg");
    std::reverse(recorded.begin(), recorded.end());
    EXPECT_EQ(pictureHashes(out()), recorded);
}

/// A take that went on on another disk is one file; with that disk in a drawer its frames are left out, and
/// the frame before them stands for as long.
TEST_F(MovExports, ATakeInPartsIsOneFile)
{
    const Folder spill;
    const auto frames = evenFrames(25);
    TakeFacts facts = makeFacts();
    facts.id = std::string(32, 'b');
    const auto first = writeTake(root_.path(), { frames.begin(), frames.begin() + 10 }, facts);
    facts.continues = Continues { first.string(), 2, 10 };
    const auto second = writeTake(spill.path(), { frames.begin() + 10, frames.end() }, facts);
    facts = readTakeFacts(first / "take.json").value();
    facts.parts = { { 10, second.string(), 15 } };
    ASSERT_OK(writeTakeFacts(first / "take.json", facts));

    const auto done = exportMov(*Recording::open(first).value(), Order::Shown, Timing::AsCaptured, out(), {});
    ASSERT_OK(done);
    EXPECT_EQ(done->frames, 25);
    EXPECT_EQ(done->left_out, 0);
    auto recorded = pictureHashes(first / "picture.mjpeg", "-f mjpeg");
    for (auto& hash : pictureHashes(second / "picture.mjpeg", "-f mjpeg"))
        recorded.push_back(std::move(hash));
    std::reverse(recorded.begin(), recorded.end());
    EXPECT_EQ(pictureHashes(out()), recorded);

    std::filesystem::remove_all(second);
    const auto less =
        exportMov(*Recording::open(first).value(), Order::Captured, Timing::AsCaptured, out("less.mov"), {});
    ASSERT_OK(less);
    EXPECT_EQ(less->frames, 10);
    EXPECT_EQ(less->left_out, 15);
    const auto durations = packetDurations(out("less.mov"));
    ASSERT_EQ(durations.size(), 10U);
    EXPECT_EQ(durations[9], 16 * durations[0]);
}

TEST_F(MovExports, ShownOrderOfAForwardTakeIsCapturedOrder)
{
    TakeFacts facts = makeFacts();
    facts.direction = Direction::Forward;
    const auto recording = take(evenFrames(5), facts);
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {}));
    EXPECT_EQ(pictureHashes(out()), pictureHashes(recording->folder() / "picture.mjpeg", "-f mjpeg"));
    EXPECT_EQ(reelAndTimecode(out()), (std::vector<std::string> { "12A_003_A", "01:00:00:00" }));
}

TEST_F(MovExports, TimecodeReelAndColourAreSaidToOthers)
{
    TakeFacts facts = makeFacts();
    facts.timecode = { { 30000, 1001 }, true };
    facts.start_timecode = 107892; // 01:00:00;00
    const auto recording = take(evenFrames(3), facts);
    ASSERT_OK(exportMov(*recording, Order::Captured, Timing::AsCaptured, out("a.mov"), {}));
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out("b.mov"), {}));
    EXPECT_EQ(reelAndTimecode(out("a.mov")), (std::vector<std::string> { "12A_003_A", "01:00:00;00" }));
    EXPECT_EQ(reelAndTimecode(out("b.mov")), (std::vector<std::string> { "12A_003_AR", "00:00:00;00" }));
    EXPECT_EQ(probe(out("b.mov"), "stream=codec_name,codec_tag_string,pix_fmt,color_range,color_space"),
        (std::vector<std::string> { "mjpeg", "jpeg", "yuvj422p", "pc", "bt470bg" }));
    EXPECT_EQ(probe(out("b.mov"), "stream=width,height"), (std::vector<std::string> { "64", "48" }));
    EXPECT_THAT(outputOf("ffprobe -v error -show_entries format_tags=comment " + out("b.mov").string()),
        ::testing::HasSubstr("01:00:00;02 of reel 12A_003_A"));
}

TEST_F(MovExports, AnEvenTakeIsEvenToTheTick)
{
    TakeFacts facts = makeFacts();
    facts.timecode = { { 24000, 1001 }, false };
    std::vector<FramePtr> frames;
    for (int n = 0; n < 50; ++n)
        frames.push_back(makeFrame(n, kUptime + facts.timecode.rate.timeOf(n)));
    const auto recording = take(frames, facts);
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {}));
    EXPECT_EQ(packetDurations(out()), std::vector<std::int64_t>(50, 4004));
    EXPECT_EQ(probe(out(), "stream=time_base,avg_frame_rate,nb_frames"),
        (std::vector<std::string> { "24000/1001", "1/96000", "50" }));
    EXPECT_EQ(reelAndTimecode(out())[1], "00:00:00:00");
    ASSERT_OK(exportMov(*recording, Order::Captured, Timing::Nominal, out("captured.mov"), {}));
    EXPECT_EQ(reelAndTimecode(out("captured.mov"))[1], "01:02:30:00") << "90000 frames, 24 a second";
}

TEST_F(MovExports, UnevenDurationsAreMirroredWithTheirFrames)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 12; ++n)
        frames.push_back(makeFrame(n, kUptime + unevenTime(n)));
    const auto recording = take(frames);
    ASSERT_OK(exportMov(*recording, Order::Captured, Timing::AsCaptured, out("a.mov"), {}));
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out("b.mov"), {}));
    std::vector<std::int64_t> expected; // in ticks of 1/90000 s
    for (int n = 0; n < 12; ++n)
        expected.push_back((n == 11 ? 40 : n % 3 == 0 ? 40 : n % 3 == 1 ? 33 : 61) * 90);
    EXPECT_EQ(packetDurations(out("a.mov")), expected);
    std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(packetDurations(out("b.mov")), expected);
    EXPECT_EQ(probe(out("b.mov"), "packet=pts").front(), "0");
}

TEST_F(MovExports, ForALostFrameTheOneBeforeItOnScreenIsHeld)
{
    auto frames = evenFrames(6);
    frames[0] = makeLostFrame(0, kUptime, Loss::EncoderBusy);
    frames[3] = makeLostFrame(3, kUptime + 120ms, Loss::RingOverrun);
    const auto recording = take(frames);
    const auto done = exportMov(*recording, Order::Captured, Timing::AsCaptured, out("a.mov"), {});
    ASSERT_OK(done);
    EXPECT_EQ(done->frames, 4);
    EXPECT_EQ(done->left_out, 2);
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out("b.mov"), {}));
    EXPECT_EQ(packetDurations(out("a.mov")), (std::vector<std::int64_t> { 7200, 7200, 3600, 3600 }));
    EXPECT_EQ(packetDurations(out("b.mov")), (std::vector<std::int64_t> { 3600, 7200, 3600, 7200 }));
    EXPECT_EQ(pictureHashes(out("a.mov")).size(), 4u);
}

TEST_F(MovExports, ADamagedFrameIsLeftOutAndTheRestIsThere)
{
    const auto folder = writeTake(root_.path(), evenFrames(6));
    std::string pictures = readAll(folder / "picture.mjpeg");
    pictures[pictures.size() - 100] = static_cast<char>(pictures[pictures.size() - 100] ^ 1);
    writeAll(folder / "picture.mjpeg", pictures);
    const auto recording = Recording::open(folder).value();
    const auto done = exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {});
    ASSERT_OK(done);
    EXPECT_EQ(done->left_out, 1);
    const auto durations = packetDurations(out());
    EXPECT_EQ(std::accumulate(durations.begin(), durations.end(), std::int64_t { 0 }), 6 * 3600)
        << "the take is as long as it was";
}

TEST_F(MovExports, FramesOfTheSameTimeAreAllThere)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 6; ++n)
        frames.push_back(makeFrame(n, kUptime + (n / 3) * 40ms));
    const auto recording = take(frames);
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {}));
    EXPECT_EQ(pictureHashes(out()).size(), 6u);
}

TEST_F(MovExports, EachFormatGetsAFileInTheOrderOnScreen)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 9; ++n)
        frames.push_back(
            n < 5 ? makeFrame(n, kUptime + n * 40ms) : makeFrame(n, kUptime + n * 40ms, 96, 64, 1));
    const auto recording = take(frames);
    const auto captured = exportMov(*recording, Order::Captured, Timing::AsCaptured, out("a.mov"), {});
    ASSERT_OK(captured);
    EXPECT_EQ(captured->files, (std::vector { out("a-1.mov"), out("a-2.mov") }));
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out("b.mov"), {}));
    EXPECT_EQ(left(), (std::vector<std::string> { "a-1.mov", "a-2.mov", "b-1.mov", "b-2.mov" }));
    EXPECT_EQ(probe(out("a-1.mov"), "stream=width,nb_frames"), (std::vector<std::string> { "64", "5" }));
    EXPECT_EQ(probe(out("a-2.mov"), "stream=width,nb_frames"), (std::vector<std::string> { "96", "4" }));
    EXPECT_EQ(probe(out("a-2.mov"), "stream_tags=timecode"), (std::vector<std::string> { "01:00:00:05" }));
    EXPECT_EQ(probe(out("b-1.mov"), "stream=width,nb_frames"), (std::vector<std::string> { "96", "4" }));
    EXPECT_EQ(probe(out("b-2.mov"), "stream_tags=timecode"), (std::vector<std::string> { "00:00:00:04" }));
    auto one = pictureHashes(out("a-1.mov"));
    std::reverse(one.begin(), one.end());
    EXPECT_EQ(pictureHashes(out("b-2.mov")), one);
    EXPECT_EQ(packetDurations(out("b-1.mov")), std::vector<std::int64_t>(4, 3600));
    // One of the names taken: nothing is written at all.
    std::filesystem::remove(out("a-1.mov"));
    EXPECT_FAULT(exportMov(*recording, Order::Captured, Timing::AsCaptured, out("a.mov"), {}), Fault::Exists);
    EXPECT_EQ(left(), (std::vector<std::string> { "a-2.mov", "b-1.mov", "b-2.mov" }));
}

/// The frame is passed through as captured; a player turns it as the take says.
/// Fails when a part is not what the whole file has there: other pictures, labels or samples.
TEST_F(MovExports, APartIsWhatTheWholeFileHasThere)
{
    TakeFacts facts = makeFacts();
    facts.timecode = { { 30'000, 1'001 }, true }; // 1601.6 samples a frame
    facts.start_timecode = base::timecodeNumber({ 1, 0, 59, 20 }, facts.timecode).value();
    constexpr int kFrames = 60;
    std::vector<FramePtr> frames;
    for (int n = 0; n < kFrames; ++n) // 5 frames without a picture before the 20th
        frames.push_back(makeFrame(n, kUptime + facts.timecode.rate.timeOf(n < 20 ? n : n + 5)));
    auto writer = RecordingWriter::create(root_.path(), facts);
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(frames));
    std::vector<std::int16_t> pcm(2 * 48'000 * 2);
    for (std::size_t i = 0; i < pcm.size(); ++i)
        pcm[i] = static_cast<std::int16_t>(i % 30'011);
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(pcm)), { 48'000, 2, 0, -3ms, 16, 0 }));
    ASSERT_OK((*writer)->close(facts));
    const auto recording = Recording::open((*writer)->folder()).value();
    const auto sound = [this](const char* name) {
        return outputOf("ffmpeg -v error -i '" + out(name).string() + "' -map 0:a -f s16le -");
    };
    const auto packets = [this](const char* name) {
        return linesOf(outputOf("ffmpeg -v error -i '" + out(name).string()
            + "' -map 0:v -c copy -f framemd5 - | grep -v '#' | sed 's/.* //'"));
    };
    for (const Order order : { Order::Captured, Order::Shown }) {
        const bool reversed = order == Order::Shown;
        ASSERT_OK(exportMov(*recording, order, Timing::Nominal, out("whole.mov"), {}));
        const auto whole = packets("whole.mov");
        const std::string heard = sound("whole.mov");
        ASSERT_EQ(whole.size(), 65u);
        // Captured frames 18 … 30 stand at places 18 … 35, of which 20 … 24 hold the one before.
        const auto done =
            exportMov(*recording, order, Timing::Nominal, out("part.mov"), {}, FrameRange { 18, 31 });
        ASSERT_OK(done);
        EXPECT_EQ(done->frames, 13);
        const std::size_t first = reversed ? 65 - 36 : 18;
        EXPECT_EQ(packets("part.mov"),
            std::vector<std::string>(whole.begin() + static_cast<std::ptrdiff_t>(first),
                whole.begin() + static_cast<std::ptrdiff_t>(first) + 18));
        // The sample that lies at the frame's time, the nearest.
        const auto sampleAt = [](int place) { return std::llround(place * 1601.6); };
        const auto all = static_cast<std::int64_t>(heard.size() / 4);
        const std::int64_t from = reversed ? all - sampleAt(36) : sampleAt(18);
        const std::int64_t count = sampleAt(36) - sampleAt(18);
        EXPECT_EQ(sound("part.mov"),
            heard.substr(static_cast<std::size_t>(from) * 4, static_cast<std::size_t>(count) * 4));
        EXPECT_EQ(reelAndTimecode(out("part.mov")),
            reversed ? (std::vector<std::string> { "12A_003_AR", "00:00:00;00" })
                     : (std::vector<std::string> { "12A_003_A", "01:01:00;10" }));
        EXPECT_EQ(packetDurations(out("part.mov")),
            std::vector<std::int64_t>(18, packetDurations(out("whole.mov"))[0]));
        std::filesystem::remove(out("whole.mov"));
        std::filesystem::remove(out("part.mov"));
    }
}

/// Fails for a part that begins or ends within one of a take's formats, or leaves one out.
TEST_F(MovExports, APartOfATakeOfSeveralFormatsHasThoseOfItsFrames)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 12; ++n)
        frames.push_back(n < 4 ? makeFrame(n, kUptime + n * 40ms, 64, 48, 0)
                : n < 8        ? makeFrame(n, kUptime + n * 40ms, 96, 64, 1)
                               : makeFrame(n, kUptime + n * 40ms, 64, 48, 2));
    const auto recording = take(frames);
    const auto done = exportMov(*recording, Order::Shown, Timing::Nominal, out(), {}, FrameRange { 2, 7 });
    ASSERT_OK(done);
    EXPECT_EQ(done->files, (std::vector { out("out-1.mov"), out("out-2.mov") }));
    EXPECT_EQ(pictureHashes(out("out-1.mov")).size(), 3u);
    EXPECT_EQ(pictureHashes(out("out-2.mov")).size(), 2u);
    EXPECT_EQ(reelAndTimecode(out("out-2.mov"))[1], "00:00:00:03") << "goes on from file to file";
}

/// Fails when a frame that was lost by the recorder, or whose disk is away, counts as damage.
TEST_F(MovExports, DamagedFramesAreNamedApartFromLostOnes)
{
    auto frames = evenFrames(12);
    frames[3] = makeLostFrame(3, kUptime + 3 * 40ms, Loss::EncoderBusy);
    const auto folder = writeTake(root_.path(), frames);
    std::string pictures = readAll(folder / "picture.mjpeg");
    std::size_t at = 0;
    for (int n = 0; n < 7; ++n)
        at += n == 3 ? 0 : frames[static_cast<std::size_t>(n)]->jpeg.size();
    pictures[at + 50] ^= 0x55;
    writeAll(folder / "picture.mjpeg", pictures);
    const auto recording = Recording::open(folder).value();
    const auto done = exportMov(*recording, Order::Shown, Timing::Nominal, out(), {});
    ASSERT_OK(done);
    EXPECT_EQ(done->left_out, 2);
    EXPECT_EQ(done->damaged, (std::vector<FrameIndex> { 7 }));
    const auto lost = recording->lostRuns(10);
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0].first, 3);
    EXPECT_EQ(lost[0].last, 3);
}

TEST_F(MovExports, APlayerTurnsThePictureAsTheTakeSays)
{
    const auto hashOfFirst = [](const std::filesystem::path& path, const std::string& options) {
        const auto lines = linesOf(outputOf(
            "ffmpeg -v error -i '" + path.string() + "' " + options + " -map 0:v -frames:v 1 -f framemd5 -"));
        return lines.empty() ? "" : lines.back().substr(lines.back().rfind(' ') + 1);
    };
    ASSERT_OK(exportMov(*take(evenFrames(1)), Order::Captured, Timing::AsCaptured, out(), {}));
    for (const auto& [orientation, filter] : { std::pair { Orientation::UpsideDown, "hflip,vflip" },
             { Orientation::Mirrored, "hflip" }, { Orientation::Flipped, "vflip" } }) {
        TakeFacts facts = makeFacts({ "1", static_cast<int>(orientation), 'A' });
        facts.orientation = orientation;
        const auto path = out((std::string(nameOf(orientation)) + ".mov").c_str());
        ASSERT_OK(exportMov(*take(evenFrames(1), facts), Order::Captured, Timing::AsCaptured, path, {}));
        const std::string turned = hashOfFirst(path, "");
        EXPECT_EQ(turned, hashOfFirst(out(), std::string("-vf ") + filter)) << filter;
        EXPECT_NE(turned, hashOfFirst(out(), "")) << filter;
        EXPECT_EQ(turned.size(), 32u);
    }
}

TEST_F(MovExports, AnExistingFileIsRefusedAndUntouched)
{
    const auto recording = take(evenFrames(2));
    writeAll(out(), "somebody's work");
    const auto done = exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {});
    EXPECT_FAULT(done, Fault::Exists);
    EXPECT_THAT(done.error().message, ::testing::HasSubstr("out.mov"));
    EXPECT_EQ(readAll(out()), "somebody's work");
    std::filesystem::create_symlink("nowhere", out("link.mov"));
    EXPECT_FAULT(exportMov(*recording, Order::Shown, Timing::AsCaptured, out("link.mov"), {}), Fault::Exists);
    EXPECT_EQ(left(), (std::vector<std::string> { "link.mov", "out.mov" }));
}

/// Somebody makes the file while the export runs.
TEST_F(MovExports, AFileThatAppearsMeanwhileIsNotReplaced)
{
    const auto recording = take(evenFrames(5));
    const auto done = exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), [this](double part) {
        if (part > 0.5)
            writeAll(out(), "faster");
        return true;
    });
    EXPECT_FAULT(done, Fault::Exists);
    EXPECT_EQ(readAll(out()), "faster");
    EXPECT_EQ(left(), (std::vector<std::string> { "out.mov" }));
}

TEST_F(MovExports, AnUnfinishedFileOfTheSameNameIsNotTouched)
{
    const auto recording = take(evenFrames(2));
    writeAll(out("out.mov.part"), "of a crash");
    ASSERT_OK(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {}));
    EXPECT_EQ(readAll(out("out.mov.part")), "of a crash");
    EXPECT_EQ(left(), (std::vector<std::string> { "out.mov", "out.mov.part" }));
}

TEST_F(MovExports, CancellingLeavesNothing)
{
    const auto recording = take(evenFrames(10));
    for (const int stop_after : { 1, 2, 5, 10 }) {
        int calls = 0;
        EXPECT_FAULT(exportMov(*recording, Order::Shown, Timing::AsCaptured, out(),
                         [&](double) { return ++calls < stop_after; }),
            Fault::Cancelled);
        EXPECT_TRUE(left().empty());
    }
}

TEST_F(MovExports, ProgressRisesToOne)
{
    double last = -1;
    ASSERT_OK(exportMov(*take(evenFrames(10)), Order::Shown, Timing::AsCaptured, out(), [&last](double part) {
        EXPECT_GE(part, last);
        EXPECT_LE(part, 1);
        last = part;
        return true;
    }));
    EXPECT_EQ(last, 1);
}

TEST_F(MovExports, AFullDiskIsSaidAndNothingIsLeft)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 20; ++n)
        frames.push_back(makeFrame(n, kUptime + n * 40ms, 640, 480));
    const auto recording = take(frames);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old {};
    ::getrlimit(RLIMIT_FSIZE, &old);
    for (const rlim_t most :
        { rlim_t { 10 }, rlim_t { 200'000 }, static_cast<rlim_t>(recording->facts().picture_bytes + 100) }) {
        const rlimit now { most, old.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &now);
        const auto done = exportMov(*recording, Order::Shown, Timing::AsCaptured, out(), {});
        ::setrlimit(RLIMIT_FSIZE, &old);
        EXPECT_FAULT(done, Fault::OutOfSpace);
        EXPECT_TRUE(left().empty()) << most;
    }
    std::signal(SIGXFSZ, old_handler);
}

TEST_F(MovExports, AFolderThatIsNotThereIsNotFound)
{
    EXPECT_FAULT(exportMov(*take(evenFrames(1)), Order::Shown, Timing::AsCaptured,
                     root_.path() / "none" / "out.mov", {}),
        Fault::NotFound);
}

TEST_F(MovExports, ATakeWithoutAnyPictureIsRefused)
{
    EXPECT_FAULT(exportMov(*take({ makeLostFrame(0, kUptime, Loss::EncoderBusy) }), Order::Shown,
                     Timing::AsCaptured, out(), {}),
        Fault::Corrupt);
    EXPECT_TRUE(left().empty());
}

TEST_F(MovExports, SizesAndTimesThatAHostileIndexMadeUpStopNothingElse)
{
    auto frames = evenFrames(4);
    frames.push_back(makeFrame(4, kUptime + 40h)); // a frame that lasts longer than a MOV can say
    const auto recording = take(frames);
    EXPECT_FAULT(exportMov(*recording, Order::Captured, Timing::AsCaptured, out(), {}), Fault::Corrupt);
    EXPECT_TRUE(left().empty());
}

/// The PCM in a file, as ffmpeg hands it over.
std::string pcmOf(const std::filesystem::path& path, const char* format)
{
    return tests::outputOf("ffmpeg -v error -i '" + path.string() + "' -map 0:a -f " + format
        + " -acodec pcm_" + format + " - 2>/dev/null");
}

TEST_F(MovExports, SoundIsThereSampleBySampleAndReversedFromItsEnd)
{
    for (const int bits : { 16, 24 }) {
        SCOPED_TRACE(bits);
        std::filesystem::remove_all(root_.path() / "media");
        const auto bytes = static_cast<std::size_t>(bits / 8);
        constexpr std::size_t kChannels = 2;
        const std::size_t frame_bytes = bytes * kChannels;
        std::string pcm(48000 * frame_bytes, '\0'); // 25 frames of 40 ms
        std::mt19937 random(5);
        for (char& byte : pcm)
            byte = static_cast<char>(random());
        auto writer = RecordingWriter::create(root_.path(), makeFacts());
        ASSERT_OK(writer);
        ASSERT_OK((*writer)->append(evenFrames(25)));
        SoundFacts facts;
        facts.channels = kChannels;
        facts.bits = bits;
        ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(pcm)), facts));
        ASSERT_OK((*writer)->close(makeFacts()));
        const auto recording = Recording::open((*writer)->folder()).value();
        const std::string name = std::to_string(bits);
        const char* format = bits == 24 ? "s24le" : "s16le";
        ASSERT_OK(exportMov(*recording, Order::Captured, Timing::Nominal, out((name + ".mov").c_str()), {}));
        ASSERT_OK(exportMov(*recording, Order::Shown, Timing::Nominal, out((name + "r.mov").c_str()), {}));
        EXPECT_TRUE(pcmOf(out((name + ".mov").c_str()), format) == pcm);
        std::string reversed;
        for (std::size_t at = pcm.size(); at > 0; at -= frame_bytes)
            reversed += pcm.substr(at - frame_bytes, frame_bytes);
        EXPECT_TRUE(pcmOf(out((name + "r.mov").c_str()), format) == reversed);
    }
}

/// A take of @p seconds at 50 a second whose sound card's clock was off by @p ppm. It hears a pulse of a
/// millisecond at each second of the pictures' time.
std::shared_ptr<const Recording> takeWithPulses(const std::filesystem::path& root, int seconds, double ppm)
{
    std::vector<FramePtr> frames;
    const FramePtr picture = makeFrame(0, kUptime);
    for (int n = 0; n < seconds * 50; ++n) {
        auto frame = std::make_shared<base::Frame>(*picture);
        frame->serial = static_cast<base::Serial>(n);
        frame->captured_at = kUptime + n * 20ms;
        frames.push_back(std::move(frame));
    }
    const double true_rate = 48000 * (1 + ppm / 1e6);
    std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * true_rate));
    for (int second = 1; second < seconds; ++second) {
        for (std::int64_t i = std::llround(second * true_rate) - 200, end = i + 400; i < end; ++i) {
            const double milliseconds = (static_cast<double>(i) / true_rate - second) * 1e3;
            samples[static_cast<std::size_t>(i)] =
                static_cast<std::int16_t>(std::lround(20000 * std::exp(-4 * milliseconds * milliseconds)));
        }
    }
    TakeFacts facts = makeFacts();
    facts.timecode.rate = { 50, 1 };
    auto writer = RecordingWriter::create(root, facts);
    EXPECT_OK(writer);
    EXPECT_OK((*writer)->append(frames));
    EXPECT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 1, 0, 0ns, 16, ppm }));
    EXPECT_OK((*writer)->close(facts));
    return Recording::open((*writer)->folder()).value();
}

/// Where the middle of the pulse near @p sample lies in 16 bit PCM, as its centre of mass.
double pulseNear(const std::string& pcm, std::int64_t sample)
{
    double mass = 0;
    double moment = 0;
    for (std::int64_t i = sample - 3000; i < sample + 3000; ++i) {
        const auto at = static_cast<std::size_t>(2 * i);
        const auto value = static_cast<std::int16_t>(
            static_cast<unsigned char>(pcm[at]) | static_cast<unsigned char>(pcm[at + 1]) << 8);
        mass += value;
        moment += static_cast<double>(value) * static_cast<double>(i);
    }
    return moment / mass;
}

/// Fails when the sound of a file leaves its pictures as a sound card's clock left the camera's: by 24 ms at
/// the end of two minutes.
TEST_F(MovExports, SoundWhoseClockWasOffStaysWithItsPictures)
{
    constexpr std::int64_t kSeconds = 120;
    for (const auto& [ppm, timing, order] : { std::tuple { 200.0, Timing::Nominal, Order::Captured },
             { 200.0, Timing::AsCaptured, Order::Shown }, { -200.0, Timing::Nominal, Order::Shown } }) {
        SCOPED_TRACE(::testing::Message() << ppm << " " << static_cast<int>(order));
        const Folder root;
        const auto recording = takeWithPulses(root.path(), kSeconds, ppm);
        ASSERT_OK(exportMov(*recording, order, timing, root.path() / "out.mov", {}));
        const std::string pcm = pcmOf(root.path() / "out.mov", "s16le");
        ASSERT_EQ(pcm.size(), static_cast<std::size_t>(kSeconds) * 48000 * 2);
        for (std::int64_t second = 1; second < kSeconds; ++second) {
            const std::int64_t at = order == Order::Captured
                ? second * 48000
                : (kSeconds - second) * 48000 - 1; // a mirror: sample j becomes S - 1 - j
            ASSERT_NEAR(pulseNear(pcm, at), static_cast<double>(at), 0.1) << second;
        }
    }
}

TEST_F(MovExports, SoundThatLeavesItsPicturesByLessThanAFrameIsUntouched)
{
    const auto recording = takeWithPulses(root_.path(), 60, 200); // 12 ms at the end
    ASSERT_OK(exportMov(*recording, Order::Captured, Timing::Nominal, out(), {}));
    const std::string pcm = pcmOf(out(), "s16le");
    ASSERT_EQ(pcm.size(), 60U * 48000 * 2);
    // The recorded file has 576 samples more than a minute of pictures, behind their end.
    EXPECT_NE(readAll(recording->folder() / "sound.wav").find(pcm), std::string::npos);
}

} // namespace
} // namespace backtake::takes
