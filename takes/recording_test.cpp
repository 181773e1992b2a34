#include "takes/picture_index.hpp"
#include "takes/recording.hpp"
#include "takes/recovery.hpp"
#include "takes/sound_file.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>

namespace backtake::takes {
namespace {

std::vector<std::byte> bytesOf(const FramePtr& frame) { return { frame->jpeg.begin(), frame->jpeg.end() }; }

TEST(Recordings, EveryFrameComesBackByteForByteWithItsTimeAndTimecode)
{
    const Folder shoot;
    std::vector<FramePtr> frames;
    for (int n = 0; n < 30; ++n)
        frames.push_back(makeFrame(n, kUptime + unevenTime(n)));
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(std::span(frames).first(1)));
    ASSERT_OK((*writer)->append({}));
    ASSERT_OK((*writer)->sync());
    ASSERT_OK((*writer)->append(std::span(frames).subspan(1)));
    EXPECT_EQ((*writer)->frames(), 30);
    TakeFacts facts = makeFacts();
    facts.preroll_frames = 5;
    const auto closed = (*writer)->close(facts);
    ASSERT_OK(closed);
    EXPECT_TRUE(closed->closed);
    EXPECT_EQ(closed->frames, 30);
    EXPECT_EQ(closed->preroll_frames, 5);
    EXPECT_EQ(closed->picture_bytes, (*writer)->bytes());
    EXPECT_EQ(closed->picture_bytes, std::filesystem::file_size((*writer)->folder() / "picture.mjpeg"));
    EXPECT_EQ(closed->segments, (std::vector<Segment> { { 0, 64, 48 } }));

    const auto take = Recording::open((*writer)->folder());
    ASSERT_OK(take);
    ASSERT_EQ((*take)->frameCount(), 30);
    for (int n = 0; n < 30; ++n) {
        const auto frame = (*take)->frame(n);
        ASSERT_OK(frame);
        EXPECT_EQ(bytesOf(*frame), bytesOf(frames[static_cast<std::size_t>(n)]));
        EXPECT_EQ((*frame)->captured_at, kUptime + unevenTime(n));
        EXPECT_EQ((*frame)->width, 64);
        EXPECT_EQ((*frame)->height, 48);
        EXPECT_EQ((*take)->capturedTime(n), unevenTime(n));
        EXPECT_EQ((*take)->timecode(n), 90'000 + n);
    }
    EXPECT_EQ((*take)->duration(), unevenTime(29) + 40ms) << "the last frame has the nominal frame time";
    EXPECT_EQ((*take)->duration(), closed->duration);
    EXPECT_EQ((*take)->nominalRate(), (base::Rate { 25, 1 }));
    EXPECT_FAULT((*take)->frame(-1), Fault::NotFound);
    EXPECT_FAULT((*take)->frame(30), Fault::NotFound);
}

TEST(Recordings, ThePictureFileIsTheJpegsOneAfterAnother)
{
    const Folder shoot;
    const auto frames = evenFrames(5);
    const auto folder = writeTake(shoot.path(), frames);
    std::string all;
    for (const auto& frame : frames)
        all.append(reinterpret_cast<const char*>(frame->jpeg.data()), frame->jpeg.size());
    EXPECT_EQ(readAll(folder / "picture.mjpeg"), all);
    EXPECT_EQ(std::filesystem::file_size(folder / "picture.index"), 64u * 6);
}

/// More pieces than one writev may have: nothing is lost at its limit.
TEST(Recordings, ThousandsOfFramesInOneAppendAreAllThere)
{
    const Folder shoot;
    std::vector<FramePtr> frames;
    const auto few = evenFrames(7);
    for (int n = 0; n < 3000; ++n)
        frames.push_back(few[static_cast<std::size_t>(n % 7)]);
    const auto take = Recording::open(writeTake(shoot.path(), frames));
    ASSERT_OK(take);
    ASSERT_EQ((*take)->frameCount(), 3000);
    for (FrameIndex n = 0; n < 3000; ++n) {
        const auto frame = (*take)->frame(n);
        ASSERT_OK(frame);
        ASSERT_EQ((*frame)->jpeg.size(), few[static_cast<std::size_t>(n % 7)]->jpeg.size());
    }
}

TEST(Recordings, LostFramesKeepTheirPlaceTimeAndTimecode)
{
    const Folder shoot;
    std::vector<FramePtr> frames = evenFrames(6);
    frames[2] = makeLostFrame(2, kUptime + 80ms, Loss::EncoderBusy);
    frames[5] = makeLostFrame(5, kUptime + 200ms, Loss::RingOverrun);
    const auto take = Recording::open(writeTake(shoot.path(), frames));
    ASSERT_OK(take);
    EXPECT_EQ((*take)->frameCount(), 6);
    EXPECT_EQ((*take)->capturedTime(2), 80ms);
    EXPECT_EQ((*take)->timecode(3), 90'003);
    EXPECT_FAULT((*take)->frame(2), Fault::Corrupt);
    EXPECT_THAT((*take)->frame(2).error().message, ::testing::HasSubstr("encoder_busy"));
    EXPECT_EQ(bytesOf(*(*take)->frame(3)), bytesOf(frames[3]));
    EXPECT_EQ((*take)->duration(), 240ms);
    const std::map<std::string, std::int64_t> lost { { "encoder_busy", 1 }, { "ring_overrun", 1 } };
    EXPECT_EQ((*take)->facts().lost, lost);
    const auto report = (*take)->verify({});
    EXPECT_EQ(report->lost, 2);
    EXPECT_TRUE(report->damaged.empty());
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];
}

TEST(Recordings, AFrameThatIsNoPictureIsCountedAsLostAndStopsNothing)
{
    const Folder shoot;
    auto frames = evenFrames(3);
    auto empty = std::make_shared<base::Frame>();
    empty->captured_at = kUptime + 40ms;
    frames[1] = empty;
    const auto take = Recording::open(writeTake(shoot.path(), frames));
    ASSERT_OK(take);
    EXPECT_EQ((*take)->facts().lost.at("camera_damaged"), 1);
    EXPECT_OK((*take)->frame(2));
}

TEST(Recordings, AChangeOfFormatStartsASegment)
{
    const Folder shoot;
    std::vector<FramePtr> frames { makeLostFrame(0, kUptime, Loss::EncoderBusy), makeFrame(1, kUptime + 40ms),
        makeFrame(2, kUptime + 80ms, 96, 64, 1), makeLostFrame(3, kUptime + 120ms, Loss::EncoderBusy),
        makeFrame(4, kUptime + 160ms, 96, 64, 2), makeFrame(5, kUptime + 200ms) };
    const auto take = Recording::open(writeTake(shoot.path(), frames));
    ASSERT_OK(take);
    const std::vector<Segment> expected { { 0, 64, 48 }, { 2, 96, 64 }, { 5, 64, 48 } };
    EXPECT_EQ((*take)->facts().segments, expected);
    EXPECT_EQ((*(*take)->frame(4))->segment, 2u);
}

TEST(Recordings, AnExistingTakeIsRefusedAndUntouched)
{
    const Folder shoot;
    const auto folder = writeTake(shoot.path(), evenFrames(3));
    const std::string index = readAll(folder / "picture.index");
    const std::string facts = readAll(folder / "take.json");
    EXPECT_FAULT(RecordingWriter::create(shoot.path(), makeFacts()), Fault::Exists);
    EXPECT_EQ(readAll(folder / "picture.index"), index);
    EXPECT_EQ(readAll(folder / "take.json"), facts);
    EXPECT_OK(RecordingWriter::create(shoot.path(), makeFacts({ "12A", 3, 'B' })));
}

TEST(Recordings, AShootThatIsNotThereIsNotMade)
{
    const Folder root;
    EXPECT_FAULT(RecordingWriter::create(root.path() / "none", makeFacts()), Fault::NotFound);
    EXPECT_FALSE(std::filesystem::exists(root.path() / "none"));
}

TEST(Recordings, ATakeThatCannotBeMadeLeavesNothingBehind)
{
    const Folder shoot;
    TakeFacts facts = makeFacts();
    facts.slate.scene = std::string(5000, 'x'); // longer than take.json may hold
    EXPECT_FAULT(RecordingWriter::create(shoot.path(), facts), Fault::Usage);
    EXPECT_TRUE(std::filesystem::is_empty(shoot.path() / "media"));
}

TEST(Recordings, StartTimecodesWrapAtMidnight)
{
    const Folder shoot;
    TakeFacts facts = makeFacts();
    facts.start_timecode = 25 * 86400 + 5;
    const auto take = Recording::open(writeTake(shoot.path(), evenFrames(2), facts));
    ASSERT_OK(take);
    EXPECT_EQ((*take)->timecode(1), 6);
}

/// What a crash leaves: the writer is gone without close().
TEST(Recordings, ATakeThatWasCutOffHasAllThatWasAppended)
{
    const Folder shoot;
    std::filesystem::path folder;
    const std::vector<std::int16_t> samples(4800, 5);
    {
        auto writer = RecordingWriter::create(shoot.path(), makeFacts());
        folder = (*writer)->folder();
        EXPECT_FAULT(Recording::open(folder), Fault::Corrupt); // no frame yet
        ASSERT_OK((*writer)->append(evenFrames(4)));
        ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 2, 0, 15ms }));
        const auto growing = Recording::open(folder);
        ASSERT_OK(growing);
        EXPECT_EQ((*growing)->frameCount(), 4);
        EXPECT_FAULT(recoverTake(folder), Fault::Busy);
    }
    const auto take = Recording::open(folder);
    ASSERT_OK(take);
    EXPECT_FALSE((*take)->facts().closed);
    EXPECT_EQ((*take)->facts().frames, 4);
    EXPECT_EQ((*take)->facts().duration, 160ms);
    EXPECT_EQ((*take)->facts().segments.size(), 1u);
    ASSERT_TRUE((*take)->facts().sound);
    EXPECT_EQ((*take)->facts().sound->samples, 2400);
    EXPECT_EQ((*take)->facts().sound->starts_after_picture, 15ms);
    EXPECT_OK((*take)->frame(3));
    EXPECT_FALSE((*take)->verify({})->troubles.empty()) << "it says that it was not closed";

    const auto recovered = recoverTake(folder);
    ASSERT_OK(recovered);
    EXPECT_TRUE(recovered->facts.closed);
    EXPECT_TRUE(recovered->facts.recovered);
    const auto again = Recording::open(folder);
    EXPECT_EQ((*again)->frameCount(), 4);
    const auto report = (*again)->verify({});
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];
    const std::string header = readAll(folder / "sound.wav").substr(0, 80);
    const auto whole = soundHeader(*recovered->facts.sound, samples.size() * 2);
    EXPECT_EQ(header, std::string(reinterpret_cast<const char*>(whole.data()), whole.size()));
}

TEST(Recordings, ATornEndOfATakeThatWasCutOffIsNoFrame)
{
    const Folder shoot;
    std::filesystem::path folder;
    {
        auto writer = RecordingWriter::create(shoot.path(), makeFacts());
        folder = (*writer)->folder();
        ASSERT_OK((*writer)->append(evenFrames(4)));
    }
    const std::string index = readAll(folder / "picture.index");
    writeAll(folder / "picture.index", index + index.substr(64, 40)); // half a record
    EXPECT_EQ((*Recording::open(folder))->frameCount(), 4);
    writeAll(
        folder / "picture.index", index + std::string(64 * 10, '\0')); // blocks that a power cut left empty
    EXPECT_EQ((*Recording::open(folder))->frameCount(), 4);
    const std::string pictures = readAll(folder / "picture.mjpeg");
    writeAll(
        folder / "picture.mjpeg", pictures.substr(0, pictures.size() - 1)); // the last picture did not arrive
    EXPECT_EQ((*Recording::open(folder))->frameCount(), 3);
}

/// The kernel's limit on file sizes stands in for a full disk: it gives short writes first, then an error.
class FullDisk {
public:
    explicit FullDisk(rlim_t most_bytes)
    {
        old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit now { most_bytes, old_.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit old_ {};
    void (*old_handler_)(int) = nullptr;
};

TEST(RecordingsOnAFullDisk, AFailedAppendLosesNothingAndMayBeRepeated)
{
    const Folder shoot;
    const auto frames = evenFrames(20);
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK((*writer)->append(std::span(frames).first(10)));
    const auto bytes = (*writer)->bytes();
    {
        const FullDisk full(bytes + 700); // in the middle of a picture
        for (int i = 0; i < 3; ++i) {
            EXPECT_FAULT((*writer)->append(std::span(frames).subspan(10)), Fault::OutOfSpace);
            EXPECT_EQ((*writer)->frames(), 10);
            EXPECT_EQ((*writer)->bytes(), bytes);
            EXPECT_EQ((*Recording::open((*writer)->folder()))->frameCount(), 10);
        }
    }
    ASSERT_OK((*writer)->append(std::span(frames).subspan(10)));
    ASSERT_OK((*writer)->close(makeFacts()));
    const auto take = Recording::open((*writer)->folder());
    ASSERT_EQ((*take)->frameCount(), 20);
    for (int n = 0; n < 20; ++n)
        EXPECT_EQ(bytesOf(*(*take)->frame(n)), bytesOf(frames[static_cast<std::size_t>(n)]));
    EXPECT_TRUE((*take)->verify({})->troubles.empty());
}

TEST(RecordingsOnAFullDisk, WhatAFailedAppendLeftIsCutOffAtClose)
{
    const Folder shoot;
    const auto frames = evenFrames(20);
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK((*writer)->append(std::span(frames).first(10)));
    {
        const FullDisk full((*writer)->bytes() + 700);
        EXPECT_FAULT((*writer)->append(std::span(frames).subspan(10)), Fault::OutOfSpace);
    }
    ASSERT_OK((*writer)->close(makeFacts()));
    EXPECT_EQ(std::filesystem::file_size((*writer)->folder() / "picture.mjpeg"), (*writer)->bytes());
    const auto report = (*Recording::open((*writer)->folder()))->verify({});
    EXPECT_EQ(report->frames, 10);
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];
}

TEST(RecordingsOnAFullDisk, SoundMayBeRepeatedToo)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK((*writer)->append(evenFrames(2)));
    std::vector<std::int16_t> samples(48000);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<std::int16_t>(i);
    const SoundFacts format { 48000, 1, 0, 0ns };
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), format));
    {
        const FullDisk full(150'000);
        EXPECT_FAULT((*writer)->appendSound(std::as_bytes(std::span(samples)), format), Fault::OutOfSpace);
    }
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), format));
    const auto closed = (*writer)->close(makeFacts());
    ASSERT_OK(closed);
    EXPECT_EQ(closed->sound->samples, 96000);
    const std::string bytes = readAll((*writer)->folder() / "sound.wav");
    ASSERT_EQ(bytes.size(), 80u + 2 * 96000);
    for (const std::size_t start : { 80u, 80u + 96000u })
        EXPECT_EQ(std::memcmp(bytes.data() + start, samples.data(), 96000), 0);
}

/// Fails when a take whose end is learned late keeps what came after it, in any of its files.
TEST(Recordings, WhatCameAfterALateCutIsLeftOut)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    auto frames = evenFrames(20);
    frames[15] = makeLostFrame(15, kUptime + 15 * 40ms, Loss::RingOverrun);
    ASSERT_OK((*writer)->append(frames));
    const std::vector<std::int16_t> samples(48000 * 8 / 10); // as long as the 20 frames
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 1, 0, 0ns }));
    ASSERT_OK((*writer)->keepFirst(30)); // later than all: nothing changes
    EXPECT_EQ((*writer)->frames(), 20);
    ASSERT_OK((*writer)->keepFirst(12));
    const auto closed = (*writer)->close(makeFacts());
    ASSERT_OK(closed);
    EXPECT_EQ(closed->frames, 12);
    EXPECT_EQ(closed->duration, 480ms);
    EXPECT_TRUE(closed->lost.empty() || closed->lost.at("ring_overrun") == 0);
    EXPECT_EQ(closed->sound->samples, 48000 * 48 / 100);
    const auto folder = (*writer)->folder();
    EXPECT_EQ(std::filesystem::file_size(folder / "picture.index"), 64u + 12 * 64);
    EXPECT_EQ(std::filesystem::file_size(folder / "picture.mjpeg"), closed->picture_bytes);
    EXPECT_EQ(std::filesystem::file_size(folder / "sound.wav"), 80u + 2 * 48000 * 48 / 100);
    const auto take = Recording::open(folder);
    ASSERT_OK(take);
    EXPECT_EQ((*take)->frameCount(), 12);
    const auto report = (*take)->verify({});
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];
}

TEST(RecordedSound, HasOneFormatThroughoutATake)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    const std::vector<std::int16_t> samples(6);
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 2, 0, 0ns }));
    EXPECT_FAULT(
        (*writer)->appendSound(std::as_bytes(std::span(samples)), { 44100, 2, 0, 0ns }), Fault::Usage);
    EXPECT_FAULT(
        (*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 1, 0, 0ns }), Fault::Usage);
    EXPECT_FAULT((*writer)->appendSound(std::as_bytes(std::span(samples).first(5)), { 48000, 2, 0, 0ns }),
        Fault::Usage);
}

std::string probe(const std::string& arguments)
{
    return tests::outputOf("ffprobe -v error " + arguments + " 2>&1");
}

/// A header while rolling, at close, and past 4 GiB: another program finds the whole length in each.
TEST(RecordedSound, IsReadWholeByOthersWhileRollingAtCloseAndPastFourGigabytes)
{
    const Folder folder;
    const auto path = folder.path() / "sound.wav";
    for (const auto& [channels, bits, codec] : { std::tuple(2, 16, "pcm_s16le"), { 1, 24, "pcm_s24le" },
             { 6, 24, "pcm_s24le" }, { 8, 16, "pcm_s16le" } }) {
        const SoundFacts sound { 48000, channels, 0, 0ns, bits };
        const std::uint64_t second = 48000ull * static_cast<unsigned>(channels * bits / 8);
        const std::uint64_t small = second * 2;
        const std::uint64_t large = second * 30000; // 4.3 to 26 GB of nothing: a sparse file
        for (const auto& [data, said] :
            { std::pair { small, kUnknownSoundBytes }, { small, small }, { large, large } }) {
            const auto header = soundHeader(sound, said);
            writeAll(path, std::string_view(reinterpret_cast<const char*>(header.data()), header.size()));
            std::filesystem::resize_file(path, header.size() + data);
            const std::string found =
                probe("-show_entries stream=codec_name,channels,duration -of csv=p=0 " + path.string());
            const std::string format = fmt::format("{},{},", codec, channels);
            ASSERT_TRUE(found.starts_with(format)) << found << " for " << format;
            EXPECT_NEAR(std::atof(found.c_str() + format.size()),
                static_cast<double>(data) / static_cast<double>(second), 0.01)
                << found;
            const auto read = readSoundFacts(path);
            ASSERT_TRUE(read);
            EXPECT_EQ(read->samples, static_cast<std::int64_t>(data / second * 48000));
            EXPECT_EQ(read->channels, channels);
            EXPECT_EQ(read->bits, bits);
        }
    }
}

/// Rewrites records of a good take, with a right check sum unless told otherwise: what a hostile index can
/// say.
class HostileIndex : public ::testing::Test {
protected:
    void SetUp() override
    {
        folder_ = writeTake(shoot_.path(), evenFrames(10));
        index_ = readAll(folder_ / "picture.index");
    }
    IndexRecord record(int n) const
    {
        RecordBytes bytes;
        std::memcpy(bytes.data(), index_.data() + 64 * (n + 1), bytes.size());
        return decodeRecord(bytes).value();
    }
    void setRecord(int n, const IndexRecord& record)
    {
        const RecordBytes bytes = encodeRecord(record);
        index_.replace(
            static_cast<std::size_t>(64 * (n + 1)), 64, reinterpret_cast<const char*>(bytes.data()), 64);
    }
    std::shared_ptr<const Recording> open()
    {
        writeAll(folder_ / "picture.index", index_);
        auto take = Recording::open(folder_);
        EXPECT_OK(take);
        return take ? *take : nullptr;
    }
    /// Whatever the index says, these hold.
    void expectSane(const Recording& take, std::vector<FrameIndex> damaged)
    {
        ASSERT_EQ(take.frameCount(), 10);
        EXPECT_EQ(take.capturedTime(0), 0ns);
        for (FrameIndex n = 0; n < take.frameCount(); ++n) {
            EXPECT_LE(take.capturedTime(n), take.capturedTime(n + 1)) << n;
            EXPECT_LE(take.capturedTime(n), kLongestTake);
            const bool expected = std::find(damaged.begin(), damaged.end(), n) == damaged.end();
            EXPECT_EQ(take.frame(n).has_value(), expected) << n;
        }
        const auto report = take.verify({});
        ASSERT_OK(report);
        EXPECT_EQ(report->damaged, damaged);
        EXPECT_FALSE(report->troubles.empty());
    }
    Folder shoot_;
    std::filesystem::path folder_;
    std::string index_;
};

TEST_F(HostileIndex, OffsetsOutsideThePictureFileAreDamagedFrames)
{
    const auto size = std::filesystem::file_size(folder_ / "picture.mjpeg");
    auto bad = record(3);
    for (const std::uint64_t offset : { size, size - bad.size + 1, ~std::uint64_t { 0 },
             std::uint64_t { 1 } << 63, ~std::uint64_t { 0 } - bad.size + 1 }) {
        bad.offset = offset;
        setRecord(3, bad);
        expectSane(*open(), { 3 });
    }
}

TEST_F(HostileIndex, ClaimsOfGigabytesAreDamagedFrames)
{
    auto bad = record(3);
    for (const std::uint32_t size : { 0xFFFFFFFFu, 0x80000000u, 0u }) {
        bad.size = size;
        setRecord(3, bad);
        expectSane(*open(), { 3 });
    }
    // Even when the (sparse) picture file really has them.
    std::filesystem::resize_file(folder_ / "picture.mjpeg", 8ull << 30);
    bad.size = 0xFFFFFFFF;
    setRecord(3, bad);
    expectSane(*open(), { 3 });
}

TEST_F(HostileIndex, PicturesThatOverlapAreFound)
{
    auto bad = record(4);
    bad.offset = record(3).offset;
    setRecord(4, bad);
    expectSane(*open(), { 4 }); // another picture than its check sum says
    setRecord(4, record(4));
    auto same = record(3);
    same.captured_at = record(4).captured_at;
    setRecord(4, same); // the same picture twice, with a right check sum: it plays, but verify() says so
    const auto take = open();
    EXPECT_OK(take->frame(4));
    EXPECT_EQ(take->verify({})->damaged, (std::vector<FrameIndex> { 4 }));
}

TEST_F(HostileIndex, OneBadTimeMovesNoOther)
{
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t time : { std::int64_t { 0 }, kLeast, kMost, std::int64_t { -1 },
             kUptime.count() - 1, kUptime.count() + 100'000'000,
             kUptime.count() + std::int64_t { 360'000 } * 1'000'000'000, kLatestCapture, -kLatestCapture }) {
        for (const int n : { 0, 5, 9 }) {
            const std::string good = index_;
            auto bad = record(n);
            bad.captured_at = Nanos(time);
            setRecord(n, bad);
            const auto take = open();
            ASSERT_EQ(take->frameCount(), 10);
            EXPECT_EQ(take->capturedTime(0), 0ns);
            for (FrameIndex i = 0; i < 10; ++i) {
                EXPECT_GE(take->capturedTime(i), 0ns) << time << " in " << n;
                EXPECT_LE(take->capturedTime(i), kLongestTake) << time << " in " << n;
                if (n != 0 && i != n) {
                    EXPECT_EQ(take->capturedTime(i), i * 40ms) << time << " in " << n;
                }
                EXPECT_OK(take->frame(i));
            }
            EXPECT_GE(take->duration(), 40ms);
            const auto report = take->verify({});
            if (n == 5 && time < record(4).captured_at.count() && time > -kLatestCapture) {
                EXPECT_EQ(report->backwards, 1) << time;
            }
            index_ = good;
        }
    }
}

TEST_F(HostileIndex, AHoleInTheRecordsGoesByTheNominalRateBetweenItsNeighbours)
{
    for (int n = 3; n < 7; ++n)
        index_[static_cast<std::size_t>(64 * (n + 1))] ^= 1;
    auto before = record(2);
    before.captured_at = kUptime + 90ms;
    setRecord(2, before);
    auto behind = record(7);
    behind.captured_at = kUptime + 230ms; // a camera that runs fast: 40 ms each would pass it
    setRecord(7, behind);
    const auto take = open();
    for (int n = 2; n < 7; ++n)
        EXPECT_EQ(take->capturedTime(n), std::min<Nanos>(90ms + (n - 2) * 40ms, 230ms)) << n;
    EXPECT_EQ(take->capturedTime(7), 230ms);
}

TEST_F(HostileIndex, DamageAtTheBeginningLeavesTheTimesBehindItAlone)
{
    for (int n = 0; n < 3; ++n)
        index_[static_cast<std::size_t>(64 * (n + 1))] ^= 1;
    const auto take = open();
    for (int n = 0; n < 10; ++n)
        EXPECT_EQ(take->capturedTime(n), n * 40ms);
}

TEST_F(HostileIndex, ARecordWithAFlippedBitIsOneDamagedFrameThatKeepsItsPlace)
{
    for (std::size_t byte = 0; byte < 64; byte += 5) {
        const std::string good = index_;
        index_[64 * 4 + byte] = static_cast<char>(index_[64 * 4 + byte] ^ 0x10);
        const auto take = open();
        expectSane(*take, { 3 });
        EXPECT_EQ(take->capturedTime(3), 120ms);
        EXPECT_EQ(take->capturedTime(4), 160ms);
        EXPECT_EQ(take->timecode(3), 90'003);
        index_ = good;
    }
}

TEST_F(HostileIndex, APictureWithAFlippedBitIsOneDamagedFrame)
{
    std::string pictures = readAll(folder_ / "picture.mjpeg");
    const auto at = record(7).offset + record(7).size / 2;
    pictures[at] = static_cast<char>(pictures[at] ^ 1);
    writeAll(folder_ / "picture.mjpeg", pictures);
    expectSane(*open(), { 7 });
}

TEST_F(HostileIndex, ASizeThatIsNotThePicturesOwnIsFound)
{
    auto bad = record(2);
    bad.width = 4096;
    setRecord(2, bad);
    EXPECT_EQ(open()->verify({})->damaged, (std::vector<FrameIndex> { 2 }));
    bad.width = 65535;
    setRecord(2, bad);
    expectSane(*open(), { 2 });
}

TEST_F(HostileIndex, TimecodesNoCounterReachesAreNotBelieved)
{
    auto bad = record(2);
    for (const auto timecode :
        { std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max() }) {
        bad.timecode = timecode;
        setRecord(2, bad);
        EXPECT_EQ(open()->timecode(2), 90'002);
    }
}

TEST_F(HostileIndex, LossesThatDoNotExistAreDamage)
{
    auto bad = record(2);
    bad.loss = static_cast<Loss>(77);
    setRecord(2, bad);
    expectSane(*open(), { 2 });
    bad.loss = Loss::EncoderBusy; // lost, yet with a picture
    setRecord(2, bad);
    expectSane(*open(), { 2 });
}

TEST_F(HostileIndex, ThatIsShorterThanTheTakeGivesTheFramesThatAreThere)
{
    index_.resize(64 * 8 + 17);
    const auto take = open();
    EXPECT_EQ(take->frameCount(), 7);
    EXPECT_EQ(take->facts().frames, 7);
    EXPECT_EQ(take->duration(), 280ms);
    EXPECT_FALSE(take->verify({})->troubles.empty());
}

TEST_F(HostileIndex, ThatIsLongerThanTheTakeAddsNoFrames)
{
    index_ += index_.substr(64, 64);
    const auto take = open();
    EXPECT_EQ(take->frameCount(), 10);
    EXPECT_FALSE(take->verify({})->troubles.empty());
}

TEST_F(HostileIndex, ThatClaimsMoreFramesThanAnyTakeHasIsRefused)
{
    TakeFacts facts = makeFacts(); // closed = false: the index alone says how many
    ASSERT_OK(writeTakeFacts(folder_ / "take.json", facts));
    std::filesystem::resize_file(folder_ / "picture.index", 4ull << 40); // sparse
    EXPECT_FAULT(Recording::open(folder_), Fault::Corrupt);
}

TEST_F(HostileIndex, ThatIsNoneIsRefused)
{
    for (const std::string& bad : { std::string(), std::string(10, 'x'), std::string(64, '\0'),
             std::string(640, 'x'), index_.substr(0, 63), index_.substr(0, 64), index_.substr(0, 127) }) {
        writeAll(folder_ / "picture.index", bad);
        EXPECT_FAULT(Recording::open(folder_), Fault::Corrupt);
    }
    std::filesystem::remove(folder_ / "picture.index");
    EXPECT_FAULT(Recording::open(folder_), Fault::NotFound);
    std::filesystem::create_directory(folder_ / "picture.index");
    EXPECT_FAULT(Recording::open(folder_), Fault::Corrupt);
}

TEST_F(HostileIndex, OfANewerVersionIsRefusedAndUntouched)
{
    index_[8] = 2;
    writeAll(folder_ / "picture.index", index_);
    EXPECT_FAULT(Recording::open(folder_), Fault::Unsupported);
    EXPECT_FAULT(recoverTake(folder_), Fault::Unsupported);
    EXPECT_EQ(readAll(folder_ / "picture.index"), index_);
}

TEST_F(HostileIndex, WithAnEmptyPictureFileGivesATakeOfDamagedFrames)
{
    writeAll(folder_ / "picture.mjpeg", "");
    expectSane(*open(), { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 });
}

/// A picture file that shrinks under an open take: a fault, never a signal.
TEST_F(HostileIndex, ThePictureFileMayBeCutShortWhileOpen)
{
    const auto take = open();
    std::filesystem::resize_file(folder_ / "picture.mjpeg", record(5).offset);
    std::filesystem::resize_file(folder_ / "picture.index", 0);
    EXPECT_OK(take->frame(4));
    EXPECT_FAULT(take->frame(5), Fault::Corrupt);
    EXPECT_EQ(take->capturedTime(9), 360ms);
}

TEST_F(HostileIndex, AFifoInPlaceOfAFileDoesNotHang)
{
    std::filesystem::remove(folder_ / "picture.index");
    ASSERT_EQ(::mkfifo((folder_ / "picture.index").c_str(), 0666), 0);
    EXPECT_FAULT(Recording::open(folder_), Fault::Corrupt);
}

TEST_F(HostileIndex, CheckingCanBeStopped)
{
    int calls = 0;
    EXPECT_FAULT(open()->verify([&calls](double) { return ++calls < 3; }), Fault::Cancelled);
    EXPECT_EQ(calls, 3);
    double last = -1;
    EXPECT_OK(open()->verify([&last](double part) {
        EXPECT_GE(part, last);
        last = part;
        return true;
    }));
    EXPECT_EQ(last, 1);
}

TEST(Recordings, AFrameReadFromDiskOutlivesItsTake)
{
    const Folder shoot;
    const auto frames = evenFrames(2);
    auto take = Recording::open(writeTake(shoot.path(), frames)).value();
    const auto frame = take->frame(1).value();
    take.reset();
    EXPECT_EQ(bytesOf(frame), bytesOf(frames[1]));
}

/// A long take for little: a picture file with one small JPEG, and an index of which every record points at
/// it.
std::filesystem::path writeLongTake(const std::filesystem::path& shoot, FrameIndex frames, Nanos frame_time)
{
    const auto folder = writeTake(shoot, evenFrames(1));
    RecordBytes bytes;
    std::memcpy(bytes.data(), readAll(folder / "picture.index").data() + 64, bytes.size());
    auto record = decodeRecord(bytes).value();
    std::string index = readAll(folder / "picture.index").substr(0, 64);
    index.reserve(static_cast<std::size_t>(64 * (frames + 1)));
    for (FrameIndex n = 0; n < frames; ++n) {
        record.captured_at = kUptime + n * frame_time;
        record.timecode = 90'000 + n;
        bytes = encodeRecord(record);
        index.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    writeAll(folder / "picture.index", index);
    TakeFacts facts = makeFacts();
    facts.frames = frames;
    facts.duration = frames * frame_time;
    facts.segments = { { 0, 64, 48 } };
    facts.closed = true;
    EXPECT_OK(writeTakeFacts(folder / "take.json", facts));
    return folder;
}

/// Fails when opening a take, asking for its facts, or any frame of it costs more the longer it is.
TEST(LongRecordings, AreOpenedAndReadByAFewPagesWhateverTheirLength)
{
    for (const FrameIndex frames : { 1'000, 100'000 }) {
        const Folder shoot;
        const auto take = Recording::open(writeLongTake(shoot.path(), frames, 40ms)).value();
        EXPECT_EQ(take->frameCount(), frames);
        EXPECT_EQ(take->duration(), frames * 40ms);
        EXPECT_EQ(take->facts().frames, frames);
        EXPECT_LE(take->indexPagesRead(), 4);
        std::uint64_t at = 1;
        for (int seek = 0; seek < 100; ++seek) {
            at = at * 6364136223846793005u + 1442695040888963407u;
            const auto n = static_cast<FrameIndex>((at >> 33) % static_cast<std::uint64_t>(frames));
            const auto before = take->indexPagesRead();
            EXPECT_OK(take->frame(n));
            EXPECT_EQ(take->capturedTime(n), n * 40ms);
            EXPECT_EQ(take->timecode(n), 90'000 + n);
            EXPECT_LE(take->indexPagesRead() - before, 1);
        }
    }
}

/// Fails when play reads the pages of the index again and again, or when it is read where play goes on.
TEST(LongRecordings, WhatIsExpectedIsThereWhenItIsWanted)
{
    const Folder shoot;
    const auto take = Recording::open(writeLongTake(shoot.path(), 10'000, 40ms)).value();
    std::vector<FrameIndex> coming;
    for (FrameIndex n = 6'000; n > 5'000; --n)
        coming.push_back(n);
    take->expect(coming);
    const auto pages = take->indexPagesRead();
    for (const FrameIndex n : coming) {
        EXPECT_EQ(take->capturedTime(n), n * 40ms);
        EXPECT_OK(take->frame(n));
    }
    EXPECT_EQ(take->indexPagesRead(), pages);
    take->expect({}); // and nonsense does no harm
    take->expect(std::vector<FrameIndex> { 9'999, 10'000, -1 });
}

TEST(LongRecordings, OfATakeThatGoesOnAllRecordsThereCount)
{
    const Folder shoot;
    const auto folder = writeLongTake(shoot.path(), 5'000, 40ms);
    auto facts = readTakeFacts(folder / "take.json").value();
    facts.closed = false;
    facts.frames = 0;
    facts.segments.clear();
    ASSERT_OK(writeTakeFacts(folder / "take.json", facts));
    { // what a power cut left of the newest blocks
        const std::string index = readAll(folder / "picture.index");
        writeAll(folder / "picture.index", index + std::string(64 * 3000 + 13, '\0'));
    }
    const auto take = Recording::open(folder).value();
    EXPECT_EQ(take->frameCount(), 5'000);
    EXPECT_LE(take->indexPagesRead(), 5);
    EXPECT_EQ(take->facts().frames, 5'000) << "summed only now";
    EXPECT_EQ(take->facts().segments.size(), 1U);
    EXPECT_EQ(take->facts().duration, 200s);
}

/// A disk that is pulled out: frames are damaged, times go on, and nobody asks the disk for each of them.
TEST(LongRecordings, AnIndexThatIsGoneWhileOpenGivesDamagedFramesAndTimesAllTheSame)
{
    const Folder shoot;
    const auto folder = writeLongTake(shoot.path(), 20'000, 41ms); // not the nominal rate
    const auto take = Recording::open(folder).value();
    EXPECT_OK(take->frame(9'000));
    std::filesystem::resize_file(folder / "picture.index", 64 + 64 * 8'192);
    EXPECT_FAULT(take->frame(12'000), Fault::Corrupt);
    const auto pages = take->indexPagesRead();
    Nanos before {};
    for (FrameIndex n = 8'100; n < 10'000; ++n) {
        const Nanos time = take->capturedTime(n);
        EXPECT_GE(time, before) << n;
        before = time;
        if (n < 8'192) {
            EXPECT_EQ(time, n * 41ms);
        }
    }
    EXPECT_EQ(take->capturedTime(8'200), 8'191 * 41ms + 9 * 40ms)
        << "by the nominal rate from the last good one";
    EXPECT_LE(take->indexPagesRead() - pages, 100);
}

/// A take whose disk was full after a while: the rest lies on another one.
class SpreadTake : public ::testing::Test {
protected:
    /// Frames [from, to) in the shoot of that number, as the part of that number.
    std::filesystem::path writePart(int number, FrameIndex from, FrameIndex to)
    {
        TakeFacts facts = makeFacts();
        facts.id = kId;
        facts.start_timecode += from;
        const std::vector<FramePtr> own(frames_.begin() + from, frames_.begin() + to);
        const auto& shoot = number == 1 ? first_.path() : number == 2 ? second_.path() : third_.path();
        auto folder = writeTake(shoot, own, facts);
        facts = readTakeFacts(folder / "take.json").value();
        if (number > 1) {
            const auto place =
                folder.parent_path() / (folder.filename().string() + ".part" + std::to_string(number));
            std::filesystem::rename(folder, place);
            folder = place;
            facts.continues = Continues { (first_.path() / "media/12A-003-A").string(), number, from };
            EXPECT_OK(writeTakeFacts(folder / "take.json", facts));
        }
        return folder;
    }
    void join(const std::filesystem::path& first, std::vector<Part> parts)
    {
        auto facts = readTakeFacts(first / "take.json").value();
        facts.parts = std::move(parts);
        ASSERT_OK(writeTakeFacts(first / "take.json", facts));
    }
    static constexpr const char* kId = "0123456789abcdef0123456789abcdef";
    Folder first_;
    Folder second_;
    Folder third_;
    std::vector<FramePtr> frames_ = evenFrames(60);
};

TEST_F(SpreadTake, IsOneRunOfFramesOverAllItsParts)
{
    frames_[30] = makeLostFrame(30, kUptime + 30 * 40ms, Loss::RingOverrun);
    frames_[45] = makeFrame(45, kUptime + 45 * 40ms, 96, 64, 1);
    const auto first = writePart(1, 0, 20);
    const auto second = writePart(2, 20, 40);
    const auto third = writePart(3, 40, 60);
    join(first, { { 20, second.string(), 20 }, { 40, third.string(), 20 } });
    const auto take = Recording::open(first).value();
    ASSERT_EQ(take->frameCount(), 60);
    EXPECT_TRUE(take->missing().empty());
    for (int n = 0; n < 60; ++n) {
        EXPECT_EQ(take->capturedTime(n), n * 40ms);
        EXPECT_EQ(take->timecode(n), 90'000 + n);
        if (n == 30)
            continue;
        const auto frame = take->frame(n);
        ASSERT_OK(frame);
        EXPECT_EQ(bytesOf(*frame), bytesOf(frames_[static_cast<std::size_t>(n)])) << n;
        EXPECT_EQ((*frame)->captured_at, kUptime + n * 40ms);
        EXPECT_EQ((*frame)->serial, static_cast<base::Serial>(n));
    }
    EXPECT_EQ(take->duration(), 2400ms);
    const TakeFacts& facts = take->facts();
    EXPECT_EQ(facts.frames, 60);
    EXPECT_EQ(facts.duration, 2400ms);
    EXPECT_TRUE(facts.closed);
    EXPECT_EQ(facts.lost.at("ring_overrun"), 1);
    EXPECT_EQ(facts.segments, (std::vector<Segment> { { 0, 64, 48 }, { 45, 96, 64 }, { 46, 64, 48 } }));
    const auto report = take->verify({});
    ASSERT_OK(report);
    EXPECT_EQ(report->frames, 60);
    EXPECT_EQ(report->lost, 1);
    EXPECT_TRUE(report->damaged.empty());
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];
    const auto alone = Recording::openPart(first).value();
    EXPECT_EQ(alone->frameCount(), 20);
    EXPECT_EQ(alone->facts().duration, 800ms);
    std::vector<FrameIndex> all(60);
    for (FrameIndex n = 0; n < 60; ++n)
        all[static_cast<std::size_t>(n)] = 59 - n;
    take->expect(all);
}

TEST_F(SpreadTake, FramesOfAPartThatIsNotThereAreDamagedAndSayWhereTheyLie)
{
    const auto first = writePart(1, 0, 20);
    const auto second = writePart(2, 20, 40);
    const auto third = writePart(3, 40, 60);
    join(first, { { 20, second.string(), 20 }, { 40, third.string(), 20 } });
    std::filesystem::remove_all(second);
    for (const bool last_too : { false, true }) {
        if (last_too)
            std::filesystem::remove_all(third);
        const auto take = Recording::open(first).value();
        ASSERT_EQ(take->frameCount(), 60);
        ASSERT_EQ(take->missing().size(), last_too ? 2U : 1U);
        EXPECT_THAT(take->missing()[0], ::testing::HasSubstr(second.string()));
        EXPECT_FAULT(take->frame(25), Fault::Corrupt);
        EXPECT_THAT(take->frame(25).error().message, ::testing::HasSubstr(second.string()));
        for (int n = 0; n <= 60; ++n)
            EXPECT_EQ(take->capturedTime(n), n * 40ms);
        EXPECT_OK(take->frame(19));
        EXPECT_EQ(take->frame(40).has_value(), !last_too);
        EXPECT_EQ(take->facts().frames, 60);
        const auto report = take->verify({});
        EXPECT_EQ(report->damaged.size(), last_too ? 40U : 20U);
        EXPECT_FALSE(report->troubles.empty());
    }
    join(first, { { 20, second.string() } }); // nobody knows how many frames it has
    EXPECT_EQ(Recording::open(first).value()->frameCount(), 21);
}

TEST_F(SpreadTake, IsFoundWhereItWasCopiedToOneFolder)
{
    const auto first = writePart(1, 0, 20);
    const auto second = writePart(2, 20, 60);
    join(first, { { 20, second.string(), 40 } });
    std::filesystem::rename(second, first.parent_path() / second.filename());
    EXPECT_EQ(bytesOf(Recording::open(first).value()->frame(50).value()), bytesOf(frames_[50]));
}

TEST_F(SpreadTake, AnotherTakeInThePlaceOfAPartIsNone)
{
    const auto first = writePart(1, 0, 20);
    const auto second = writePart(2, 20, 60);
    join(first, { { 20, second.string(), 40 } });
    auto facts = readTakeFacts(second / "take.json").value();
    facts.id = std::string(32, '0');
    ASSERT_OK(writeTakeFacts(second / "take.json", facts));
    const auto take = Recording::open(first).value();
    EXPECT_EQ(take->frameCount(), 60);
    EXPECT_FAULT(take->frame(20), Fault::Corrupt);
}

/// A failed append may leave whole records behind; those frames were written again to the next part. And a
/// power cut may take the end of a part.
TEST_F(SpreadTake, FramesInTwoPartsCountOnceAndThoseInNoneAreDamaged)
{
    const auto first = writePart(1, 0, 30);
    const auto second = writePart(2, 25, 60);
    join(first, { { 25, second.string(), 35 } });
    auto take = Recording::open(first).value();
    ASSERT_EQ(take->frameCount(), 60);
    for (int n = 0; n < 60; ++n)
        EXPECT_EQ(bytesOf(take->frame(n).value()), bytesOf(frames_[static_cast<std::size_t>(n)])) << n;
    auto report = take->verify({});
    EXPECT_EQ(report->backwards, 0);
    EXPECT_TRUE(report->troubles.empty()) << report->troubles[0];

    std::filesystem::resize_file(first / "picture.index", 64 + 64 * 22);
    take = Recording::open(first).value();
    ASSERT_EQ(take->frameCount(), 60);
    EXPECT_OK(take->frame(21));
    EXPECT_FAULT(take->frame(22), Fault::Corrupt);
    EXPECT_OK(take->frame(25));
    EXPECT_EQ(take->capturedTime(23), 23 * 40ms);
    EXPECT_EQ(take->verify({})->damaged, (std::vector<FrameIndex> { 22, 23, 24 }));
}

TEST_F(SpreadTake, APartThatTheFirstOneDoesNotKnowOfYetMayBeNamed)
{
    const auto first = writePart(1, 0, 20);
    const std::vector<std::filesystem::path> further { writePart(2, 20, 40),
        third_.path() / "media/not yet" };
    EXPECT_EQ(Recording::open(first).value()->frameCount(), 20);
    const auto take = Recording::open(first, further).value();
    EXPECT_EQ(take->frameCount(), 40);
    EXPECT_EQ(bytesOf(take->frame(39).value()), bytesOf(frames_[39]));
}

} // namespace
} // namespace backtake::takes
