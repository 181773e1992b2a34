#include "takes/picture_index.hpp"
#include "takes/recovery.hpp"
#include "takes/sound_file.hpp"
#include "takes/test_takes.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <tuple>

namespace backtake::takes {
namespace {

namespace fs = std::filesystem;

/// How pictures lie in the file: one right behind the other, or each in whole blocks, as the ring makes them.
enum class Layout { Packed, Blocks };

/// A take as a crash leaves it: frames and a second of sound, not closed.
class CutOffTake : public testing::TestWithParam<Layout> {
protected:
    static constexpr int kFrames = 30;

    static FramePtr laidOut(const FramePtr& frame)
    {
        return GetParam() == Layout::Blocks ? inBlocks(frame) : frame;
    }
    static FramePtr frameOf(int n, Nanos captured_at, int width = 64, int height = 48)
    {
        return laidOut(makeFrame(n, captured_at, width, height));
    }

    void SetUp() override
    {
        for (int n = 0; n < kFrames; ++n)
            frames_.push_back(frameOf(n, kUptime + unevenTime(n)));
        roll(frames_);
    }
    void roll(const std::vector<FramePtr>& frames)
    {
        auto writer = RecordingWriter::create(shoot_.path(), makeFacts());
        ASSERT_OK(writer);
        folder_ = (*writer)->folder();
        const std::vector<std::int16_t> samples(48000, 7);
        ASSERT_OK((*writer)->append(frames));
        ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 1, 0, 15ms }));
        ASSERT_OK((*writer)->sync());
    }
    [[nodiscard]] std::string read(const char* name) const { return readAll(folder_ / name); }
    void write(const char* name, std::string_view bytes) const { writeAll(folder_ / name, bytes); }
    [[nodiscard]] IndexRecord record(int n) const
    {
        const std::string index = read("picture.index");
        return *decodeRecord(
            std::as_bytes(std::span(index)).subspan(64 + 64 * static_cast<std::size_t>(n)).first<64>());
    }
    void damageRecords(int first, int count) const
    {
        std::string index = read("picture.index");
        std::fill_n(index.begin() + 64 + 64 * first, 64 * count, '\0');
        write("picture.index", index);
    }
    void damagePicture(int n) const
    {
        std::string pictures = read("picture.mjpeg");
        const auto& place = record(n);
        pictures[place.offset + place.size / 2] ^= 0x55;
        write("picture.mjpeg", pictures);
    }

    /// Recovers, and expects that frames 0 … @p count are there, each byte for byte; that nothing was written
    /// to the pictures; that a second recovery does nothing.
    Recovery recover(int count, std::vector<int> damaged = {})
    {
        const std::string pictures = read("picture.mjpeg");
        auto recovered = recoverTake(folder_);
        if (!recovered) {
            ADD_FAILURE() << recovered.error().message;
            return {};
        }
        EXPECT_TRUE(recovered->changed);
        EXPECT_EQ(read("picture.mjpeg"), pictures);
        EXPECT_FALSE(fs::exists(folder_ / "take.json.new"));
        EXPECT_FALSE(fs::exists(folder_ / "picture.index.new"));
        expectFrames(count, damaged);
        std::map<std::string, std::string> before;
        for (const char* name : { "picture.index", "take.json", "sound.wav" })
            before[name] = read(name);
        const auto again = recoverTake(folder_);
        EXPECT_OK(again);
        EXPECT_FALSE(again->changed);
        for (const auto& [name, bytes] : before)
            EXPECT_EQ(read(name.c_str()), bytes) << name;
        return *recovered;
    }
    void expectFrames(int count, const std::vector<int>& damaged = {}) const
    {
        const auto take = Recording::open(folder_);
        ASSERT_OK(take);
        EXPECT_TRUE((*take)->facts().closed);
        EXPECT_TRUE((*take)->facts().recovered);
        ASSERT_EQ((*take)->frameCount(), count);
        for (int n = 0; n < count; ++n) {
            const auto frame = (*take)->frame(n);
            if (std::find(damaged.begin(), damaged.end(), n) != damaged.end()) {
                EXPECT_FAULT(frame, Fault::Corrupt);
                continue;
            }
            ASSERT_OK(frame);
            EXPECT_TRUE(std::ranges::equal((*frame)->jpeg, frames_[static_cast<std::size_t>(n)]->jpeg)) << n;
            EXPECT_EQ((*take)->timecode(n), 90'000 + n);
        }
        const auto report = (*take)->verify({});
        ASSERT_OK(report);
        EXPECT_EQ(report->damaged.size(), damaged.size());
        for (const std::string& trouble : report->troubles)
            EXPECT_THAT(trouble, testing::HasSubstr("damaged"));
    }

    const Folder shoot_;
    fs::path folder_;
    std::vector<FramePtr> frames_;
};

TEST_P(CutOffTake, IsClosedWithAllItsFrames)
{
    const std::string index = read("picture.index");
    const Recovery recovery = recover(kFrames);
    EXPECT_EQ(read("picture.index"), index);
    EXPECT_EQ(recovery.rebuilt, 0);
    EXPECT_EQ(recovery.cut_off, 0);
    EXPECT_EQ(recovery.unused_bytes, 0u);
    EXPECT_THAT(recovery.findings, testing::IsEmpty());
    EXPECT_EQ(recovery.facts.duration, unevenTime(kFrames - 1) + 40ms);
    ASSERT_TRUE(recovery.facts.sound);
    EXPECT_EQ(recovery.facts.sound->samples, 48000);
    EXPECT_EQ(recovery.facts.sound->starts_after_picture, 15ms);
    const auto header = soundHeader(*recovery.facts.sound, 96000);
    EXPECT_EQ(read("sound.wav").substr(0, 80), std::string(reinterpret_cast<const char*>(header.data()), 80));
}

TEST_P(CutOffTake, HasItsIndexTailRebuiltFromThePictures)
{
    const IndexRecord last = record(21);
    std::vector<IndexRecord> whole;
    for (int n = 0; n < kFrames; ++n)
        whole.push_back(record(n));
    write("picture.index", read("picture.index").substr(0, 64 + 64 * 22 + 40)); // the last record is torn
    const Recovery recovery = recover(kFrames);
    EXPECT_EQ(recovery.rebuilt, 8);
    EXPECT_EQ(recovery.findings.size(), 1u);
    for (int n = 22; n < kFrames; ++n) {
        const IndexRecord made = record(n);
        const IndexRecord& was = whole[static_cast<std::size_t>(n)];
        EXPECT_EQ(made.offset, was.offset);
        EXPECT_EQ(made.size, was.size);
        EXPECT_EQ(made.jpeg_hash, was.jpeg_hash);
        EXPECT_EQ(made.width, 64);
        EXPECT_EQ(made.height, 48);
        EXPECT_EQ(made.timecode, was.timecode);
        EXPECT_EQ(made.captured_at, last.captured_at + (n - 21) * 40ms) << "the nominal grid";
    }
}

TEST_P(CutOffTake, WhoseIndexEndsInZerosIsRebuiltToo)
{
    damageRecords(25, 5);
    EXPECT_EQ(recover(kFrames).rebuilt, 5);
    write("picture.index", read("picture.index") + std::string(640, '\0'));
}

TEST_P(CutOffTake, LosesRecordsWhosePicturesNeverCame)
{
    write("picture.mjpeg", read("picture.mjpeg").substr(0, record(26).offset + 100));
    const Recovery recovery = recover(26);
    EXPECT_EQ(recovery.cut_off, 4);
    EXPECT_EQ(recovery.unused_bytes, 100u);
    EXPECT_EQ(fs::file_size(folder_ / "picture.index"), 64u * 27);
}

/// The file has its length, but the last blocks read as zeros.
TEST_P(CutOffTake, LosesPicturesThatAPowerCutLeftEmpty)
{
    std::string pictures = read("picture.mjpeg");
    std::fill(pictures.begin() + static_cast<std::ptrdiff_t>(record(26).offset) + 100, pictures.end(), '\0');
    write("picture.mjpeg", pictures);
    EXPECT_EQ(recover(26).cut_off, 4);
}

/// As the last one, without the records: nothing tells but the bytes.
TEST_P(CutOffTake, TakesNoPictureForWholeThatHasAnEmptyBlockInIt)
{
    std::vector<FramePtr> large;
    for (int n = 0; n < 6; ++n)
        large.push_back(frameOf(n, kUptime + n * 40ms, 1024, 768));
    fs::remove_all(folder_);
    roll(large);
    frames_ = large;
    std::string pictures = read("picture.mjpeg");
    const std::uint64_t in_the_middle = (record(4).offset + record(4).size / 2) / 4096 * 4096;
    std::fill_n(pictures.begin() + static_cast<std::ptrdiff_t>(in_the_middle), 4096, '\0');
    write("picture.mjpeg", pictures);
    write("picture.index", read("picture.index").substr(0, 64 + 64 * 3));
    const Recovery recovery = recover(4);
    EXPECT_EQ(recovery.rebuilt, 1);
    EXPECT_GT(recovery.unused_bytes, 0u);
}

/// Blocks reach the disk in any order: what is good behind a bad picture keeps its place.
TEST_P(CutOffTake, KeepsThePlaceOfADamagedPictureBeforeGoodOnes)
{
    damagePicture(27);
    const Recovery recovery = recover(kFrames, { 27 });
    EXPECT_EQ(recovery.damaged, 1);
    EXPECT_EQ(recovery.cut_off, 0);
}

TEST_P(CutOffTake, KeepsThePlaceOfADamagedPictureBeforeGoodOnesThatHaveNoRecord)
{
    damagePicture(27);
    write("picture.index", read("picture.index").substr(0, 64 + 64 * 28));
    const Recovery recovery = recover(kFrames, { 27 });
    EXPECT_EQ(recovery.rebuilt, 2);
    EXPECT_EQ(recovery.damaged, 1);
    EXPECT_EQ(recovery.cut_off, 0);
}

/// Frames 20 to 29 were taken back, and two others appended; then the program ended.
TEST_P(CutOffTake, HasNoneOfTheRecordsThatWereTakenBack)
{
    fs::remove_all(folder_);
    auto writer = RecordingWriter::create(shoot_.path(), makeFacts());
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(frames_));
    ASSERT_OK((*writer)->keepFirst(20));
    frames_[20] = frameOf(120, frames_[20]->captured_at, 256, 192);
    frames_[21] = frameOf(121, frames_[21]->captured_at, 256, 192);
    ASSERT_OK((*writer)->append(std::span(frames_).subspan(20, 2)));
    writer->reset();
    EXPECT_EQ(recover(22).cut_off, 8);
}

TEST_P(CutOffTake, KeepsFramesThatTheRecorderLostAtTheEnd)
{
    fs::remove_all(folder_);
    std::vector<FramePtr> frames(frames_.begin(), frames_.begin() + 5);
    frames.push_back(makeLostFrame(5, kUptime + 1s, Loss::RingOverrun));
    roll(frames);
    const auto recovered = recoverTake(folder_);
    ASSERT_OK(recovered);
    EXPECT_EQ(recovered->facts.frames, 6);
    EXPECT_EQ(recovered->facts.lost.at("ring_overrun"), 1);
}

TEST_P(CutOffTake, HasDamagedRecordsInTheMiddleRebuiltWhenItIsPlainWhichIsWhich)
{
    const Nanos before = record(9).captured_at;
    const Nanos after = record(12).captured_at;
    damageRecords(10, 2);
    EXPECT_EQ(recover(kFrames).rebuilt, 2);
    EXPECT_EQ(record(10).captured_at, before + (after - before) / 3);
}

TEST_P(CutOffTake, GuessesNothingWhenItIsNot)
{
    std::vector<FramePtr> frames = frames_;
    frames[11] = makeLostFrame(11, kUptime + unevenTime(11), Loss::EncoderBusy);
    fs::remove_all(folder_);
    roll(frames);
    damageRecords(10, 2); // one picture for two records
    const Recovery recovery = recover(kFrames, { 10, 11 });
    EXPECT_EQ(recovery.rebuilt, 0);
    EXPECT_EQ(recovery.damaged, 2);
}

TEST_P(CutOffTake, HasItsFirstRecordsRebuilt)
{
    damageRecords(0, 3);
    EXPECT_EQ(recover(kFrames).rebuilt, 3);
    EXPECT_EQ(record(0).captured_at, record(3).captured_at - 120ms);
}

TEST_P(CutOffTake, WithoutAnIndexIsMadeFromItsPictures)
{
    for (const std::string& index : { std::string(), std::string(64, '\0'), std::string("gone") }) {
        fs::remove_all(folder_);
        roll(frames_);
        write("picture.index", index);
        if (index == "gone")
            fs::remove(folder_ / "picture.index");
        const Recovery recovery = recover(kFrames);
        EXPECT_EQ(recovery.rebuilt, kFrames);
        EXPECT_EQ(recovery.facts.duration, kFrames * 40ms);
    }
}

TEST_P(CutOffTake, WhoseIndexHeaderIsGoneKeepsItsRecords)
{
    std::string index = read("picture.index");
    const std::string whole = index;
    std::fill_n(index.begin(), 64, '\0');
    write("picture.index", index);
    EXPECT_EQ(recover(kFrames).rebuilt, 0);
    EXPECT_EQ(read("picture.index"), whole);
}

TEST_P(CutOffTake, WithoutItsFactsGetsThemFromItsNameAndItsIndex)
{
    for (const std::string& text :
        { std::string("gone"), std::string(), std::string("{\"format\": \"back"), std::string(300, '\0') }) {
        fs::remove_all(folder_);
        roll(frames_);
        write("take.json", text);
        if (text == "gone")
            fs::remove(folder_ / "take.json");
        const Recovery recovery = recover(kFrames);
        EXPECT_EQ(recovery.facts.slate, (Slate { "12A", 3, 'A' }));
        EXPECT_EQ(recovery.facts.direction, Direction::Backward);
        EXPECT_EQ(recovery.facts.start_timecode, 90'000);
        EXPECT_EQ(recovery.facts.sound->samples, 48000);
        EXPECT_GT(recovery.facts.started_at_utc, Nanos(0));
        EXPECT_EQ(recovery.findings.size(), 1u);
    }
}

TEST_P(CutOffTake, WithoutItsFactsIsOfTheRateOfItsTimes)
{
    for (const auto& [per_second, rate] :
        { std::pair { 23.976, base::Rate { 24000, 1001 } }, { 24.0, base::Rate { 24, 1 } },
            { 59.94, base::Rate { 60000, 1001 } }, { 50.0, base::Rate { 50, 1 } } }) {
        std::vector<FramePtr> frames;
        for (int n = 0; n < 40; ++n) {
            const Nanos jitter = n % 2 == 0 ? 300us : 0us;
            frames.push_back(frameOf(n, kUptime + Nanos(std::llround(n * 1e9 / per_second)) + jitter));
        }
        fs::remove_all(folder_);
        roll(frames);
        fs::remove(folder_ / "take.json");
        const auto recovered = recoverTake(folder_);
        ASSERT_OK(recovered);
        EXPECT_EQ(recovered->facts.timecode.rate, rate);
    }
}

TEST_P(CutOffTake, WithNothingButPicturesIsATake)
{
    auto facts = makeFacts({ "13", 1, 'A' });
    facts.timecode.rate = { 50, 1 };
    writeTake(shoot_.path(), { frames_[0] }, facts);
    for (const char* name : { "take.json", "take.json.new", "picture.index", "sound.wav" })
        fs::remove(folder_ / name);
    const auto recovered = recoverTake(folder_);
    ASSERT_OK(recovered);
    EXPECT_EQ(recovered->facts.frames, kFrames);
    EXPECT_EQ(recovered->facts.timecode.rate, (base::Rate { 50, 1 })) << "as the other takes of the shoot";
    EXPECT_FALSE(recovered->facts.sound);
}

TEST_P(CutOffTake, WhoseFactsWereWrittenBesideAtTheEndHasThem)
{
    TakeFacts facts = *readTakeFacts(folder_ / "take.json");
    facts.closed = true;
    facts.preroll_frames = 4;
    facts.frames = kFrames;
    write("take.json.new", takeFactsText(facts) + std::string(1000, '\n'));
    EXPECT_EQ(recover(kFrames).facts.preroll_frames, 4);

    fs::remove_all(folder_);
    roll(frames_);
    write("take.json.new", takeFactsText(facts).substr(0, 300)); // torn
    EXPECT_EQ(recover(kFrames).facts.preroll_frames, 0);
}

TEST_P(CutOffTake, WhoseSoundLostItsHeaderHasItFromTheFacts)
{
    std::string sound = read("sound.wav");
    std::fill_n(sound.begin(), 80, '\0');
    write("sound.wav", sound.substr(0, sound.size() - 201));
    const Recovery recovery = recover(kFrames);
    ASSERT_TRUE(recovery.facts.sound);
    EXPECT_EQ(recovery.facts.sound->samples, 48000 - 101);
    EXPECT_EQ(recovery.facts.sound->starts_after_picture, 15ms);
}

/// Fails when a cut-off sound of 24 bit loses more than what did not arrive whole, with or without its
/// header.
TEST_P(CutOffTake, WithSixChannelsOf24BitKeepsAllSoundThatArrived)
{
    for (const bool header_lost : { false, true }) {
        SCOPED_TRACE(header_lost);
        fs::remove_all(folder_);
        {
            auto writer = RecordingWriter::create(shoot_.path(), makeFacts());
            ASSERT_OK(writer);
            ASSERT_OK((*writer)->append(frames_));
            const std::vector<std::byte> pcm(std::size_t { 4800 } * 6 * 3, std::byte { 7 });
            ASSERT_OK((*writer)->appendSound(pcm, { 48000, 6, 0, 15ms, 24 }));
            ASSERT_OK((*writer)->sync());
        }
        std::string sound = read("sound.wav");
        ASSERT_EQ(sound.size(), 104U + 4800 * 18);
        if (header_lost)
            std::fill_n(sound.begin(), 104, '\0');
        write("sound.wav", sound.substr(0, sound.size() - 19));
        const Recovery recovery = recover(kFrames);
        ASSERT_TRUE(recovery.facts.sound);
        EXPECT_EQ(recovery.facts.sound->samples, 4798);
        EXPECT_EQ(recovery.facts.sound->channels, 6);
        EXPECT_EQ(recovery.facts.sound->bits, 24);
        const auto header = soundHeader(*recovery.facts.sound, 4798 * 18);
        EXPECT_EQ(read("sound.wav").substr(0, 104),
            std::string(reinterpret_cast<const char*>(header.data()), header.size()));
    }
}

/// A hole with hours behind it is a damaged disk, not the end of the take.
TEST_P(CutOffTake, WithoutAnIndexGoesOnBehindAHoleLongBeforeItsEnd)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 200; ++n)
        frames.push_back(frameOf(n, kUptime + n * 40ms));
    fs::remove_all(folder_);
    roll(frames);
    frames_ = frames;
    std::string pictures = read("picture.mjpeg");
    const auto hole = record(50).offset;
    std::fill_n(pictures.begin() + static_cast<std::ptrdiff_t>(hole), record(53).offset - hole, '\0');
    write("picture.mjpeg", pictures);
    fs::remove(folder_ / "picture.index");
    const auto recovered = recoverTake(folder_);
    ASSERT_OK(recovered);
    EXPECT_EQ(recovered->facts.frames, 200);
    EXPECT_EQ(recovered->rebuilt, 197);
    EXPECT_EQ(recovered->facts.lost.at("camera_damaged"), 3);
    const auto take = Recording::open(folder_);
    EXPECT_TRUE(std::ranges::equal((*(*take)->frame(150))->jpeg, frames_[150]->jpeg));
}

TEST_P(CutOffTake, ACameraThatFillsUpItsPicturesIsNoHole)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 13; ++n) {
        auto bytes = std::make_shared<std::vector<std::byte>>(makeJpeg(n));
        bytes->insert(bytes->end(), static_cast<std::size_t>(n % 4), std::byte { 0 });
        auto frame = std::make_shared<base::Frame>(*frameOf(n, kUptime + n * 40ms));
        frame->jpeg = *bytes;
        frame->owner = bytes;
        frames.push_back(laidOut(frame));
    }
    fs::remove_all(folder_);
    roll(frames);
    frames_ = frames;
    write("picture.index", read("picture.index").substr(0, 64 + 64 * 2));
    recover(13);
}

TEST_P(CutOffTake, WithoutAFrameIsLeftAsItIs)
{
    fs::remove_all(folder_);
    roll({});
    const std::string facts = read("take.json");
    EXPECT_FAULT(recoverTake(folder_), Fault::Corrupt);
    EXPECT_EQ(read("take.json"), facts);

    fs::remove_all(folder_);
    roll(frames_);
    write("picture.mjpeg", std::string(read("picture.mjpeg").size(), '\0'));
    const std::string index = read("picture.index");
    EXPECT_FAULT(recoverTake(folder_), Fault::Corrupt);
    EXPECT_EQ(read("picture.index"), index);
    EXPECT_EQ(fs::exists(folder_ / "picture.index.new"), false);
}

TEST_P(CutOffTake, OfANewerVersionIsUntouched)
{
    const std::string facts = read("take.json");
    std::string newer = facts;
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 2");
    write("take.json", newer);
    EXPECT_FAULT(recoverTake(folder_), Fault::Unsupported);
    EXPECT_EQ(read("take.json"), newer);
    EXPECT_TRUE(openRecordings(shoot_.path()).empty());
    fs::remove(folder_ / "take.json");
    write("take.json.new", newer);
    EXPECT_FAULT(recoverTake(folder_), Fault::Unsupported);
    write("take.json", facts);
    std::string index = read("picture.index");
    index[8] = 2;
    write("picture.index", index);
    EXPECT_FAULT(recoverTake(folder_), Fault::Unsupported);
    EXPECT_EQ(read("picture.index"), index);
}

TEST_P(CutOffTake, CanBeLeftAloneInTheMiddle)
{
    fs::remove(folder_ / "picture.index");
    const std::string facts = read("take.json");
    int calls = 0;
    EXPECT_FAULT(recoverTake(folder_, [&](double) { return ++calls < 2; }), Fault::Cancelled);
    EXPECT_FALSE(fs::exists(folder_ / "picture.index"));
    EXPECT_EQ(read("take.json"), facts);
    double last = 0;
    ASSERT_OK(recoverTake(folder_, [&](double done) {
        EXPECT_GE(done, last);
        EXPECT_LE(done, 1);
        last = done;
        return true;
    }));
}

TEST_P(CutOffTake, AClosedTakeWithADamagedIndexIsMendedAndKeepsItsLength)
{
    fs::remove_all(folder_);
    folder_ = writeTake(shoot_.path(), frames_);
    const TakeFacts before = *readTakeFacts(folder_ / "take.json");
    damageRecords(4, 2);
    write("picture.index", read("picture.index").substr(0, 64 + 64 * 27 + 5));
    const Recovery recovery = recover(kFrames);
    EXPECT_EQ(recovery.rebuilt, 5);
    EXPECT_EQ(recovery.facts.frames, before.frames);
    EXPECT_EQ(recovery.facts.started_at_utc, before.started_at_utc);
}

/// Ten thousand records that all mean the same bytes: every byte is looked at about once.
TEST_P(CutOffTake, AMadeUpIndexCostsNoEndlessWork)
{
    constexpr std::uint64_t kSize = 64 << 20;
    fs::resize_file(folder_ / "picture.mjpeg", 5 * kSize);
    std::string index = read("picture.index").substr(0, 64);
    for (int n = 0; n < 10000; ++n) {
        IndexRecord made;
        made.offset = static_cast<std::uint64_t>(n) % 1000;
        made.size = kSize;
        made.captured_at = kUptime + n * 1s;
        made.width = made.height = 16;
        const auto bytes = encodeRecord(made);
        index.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        index.append(n % 3 == 0 ? 64 : 0, '\0');
    }
    write("picture.index", index);
    rusage before {};
    ::getrusage(RUSAGE_SELF, &before);
    std::ignore = recoverTake(folder_);
    rusage after {};
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_utime.tv_sec - before.ru_utime.tv_sec, 60);
}

TEST_P(CutOffTake, AClosedTakeIsLeftAsItIs)
{
    fs::remove_all(folder_);
    folder_ = writeTake(shoot_.path(), frames_);
    damagePicture(29); // reading pictures is verify's work
    std::map<std::string, std::string> before;
    for (const char* name : { "picture.index", "take.json" })
        before[name] = read(name);
    const auto recovered = recoverTake(folder_);
    ASSERT_OK(recovered);
    EXPECT_FALSE(recovered->changed);
    EXPECT_FALSE(recovered->facts.recovered);
    for (const auto& [name, bytes] : before)
        EXPECT_EQ(read(name.c_str()), bytes);
}

/// Fails every change from the given one on, as when the machine goes down there; it may do half of that one.
class StoppingDisk : public Disk {
public:
    explicit StoppingDisk(int changes)
        : left_(changes)
    {
    }
    [[nodiscard]] bool stopped() const { return left_ < 0; }

    int open(const fs::path& path, int flags, mode_t mode) override
    {
        const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
        return changes && stop() ? -EIO : Disk::open(path, flags, mode);
    }
    ssize_t write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset) override
    {
        const bool before = stopped();
        if (!stop())
            return Disk::write(descriptor, pieces, offset);
        if (!before && pieces.front().iov_len > 1) { // half of it comes
            iovec half { pieces.front().iov_base, pieces.front().iov_len / 2 };
            Disk::write(descriptor, std::span(&half, 1), offset);
        }
        return -EIO;
    }
    int sync(int) override { return stop() ? -EIO : 0; }
    int syncFolder(const fs::path&) override { return stop() ? -EIO : 0; }
    int truncate(int descriptor, std::uint64_t size) override
    {
        return stop() ? -EIO : Disk::truncate(descriptor, size);
    }
    int rename(const fs::path& from, const fs::path& to) override
    {
        return stop() ? -EIO : Disk::rename(from, to);
    }
    int remove(const fs::path& path) override { return stop() ? -EIO : Disk::remove(path); }

private:
    bool stop() { return --left_ < 0; }
    int left_;
};

/// The sentence that the whole module stands for: stopped at any change, the next run gives the same take.
TEST_P(CutOffTake, RecoveryThatIsStoppedAnywhereIsDoneByTheNextOne)
{
    const auto tail_lost = [&] { write("picture.index", read("picture.index").substr(0, 64 + 64 * 20 + 9)); };
    const auto pictures_lost = [&] {
        damageRecords(7, 1);
        damagePicture(28);
        damagePicture(29);
    };
    const auto nothing_but_pictures = [&] {
        for (const char* name : { "take.json", "take.json.new", "picture.index" })
            fs::remove(folder_ / name);
    };
    const auto facts_beside = [&] {
        TakeFacts facts = *readTakeFacts(folder_ / "take.json");
        facts.closed = true;
        facts.frames = kFrames;
        write("take.json.new", takeFactsText(facts));
        std::string sound = read("sound.wav");
        std::fill_n(sound.begin(), 80, '\0');
        write("sound.wav", sound);
    };
    const std::vector<std::pair<std::string, std::function<void()>>> losses { { "tail", tail_lost },
        { "pictures", pictures_lost }, { "all but pictures", nothing_but_pictures },
        { "facts beside", facts_beside } };
    fs::file_time_type when {};
    for (const auto& [name, lose] : losses) {
        std::map<std::string, std::string> expected;
        for (int changes = 1000; changes >= 0; changes = changes == 1000 ? 0 : changes + 1) {
            fs::remove_all(folder_);
            roll(frames_);
            lose();
            if (expected.empty())
                when = fs::last_write_time(folder_ / "picture.mjpeg");
            fs::last_write_time(folder_ / "picture.mjpeg", when); // facts made anew take their date from it
            StoppingDisk disk(changes);
            const auto stopped = recoverTake(folder_, {}, disk);
            EXPECT_EQ(stopped.has_value(), !disk.stopped());
            ASSERT_OK(recoverTake(folder_));
            TakeFacts facts = *readTakeFacts(folder_ / "take.json");
            facts.id.clear();
            std::map<std::string, std::string> now { { "facts", takeFactsText(facts) },
                { "index", read("picture.index") }, { "sound", read("sound.wav") } };
            if (expected.empty())
                expected = now;
            EXPECT_EQ(now, expected) << name << ", stopped at change " << changes;
            if (changes != 1000 && !disk.stopped()) {
                EXPECT_GT(changes, 4);
                break;
            }
            ASSERT_LT(changes, 1001);
        }
    }
}

TEST_P(CutOffTake, FoldersThatAreNotClosedAreFound)
{
    writeTake(shoot_.path(), frames_, makeFacts({ "13", 1, 'A' }));
    fs::create_directories(shoot_.path() / "media" / "14-001-A");
    writeAll(shoot_.path() / "media" / "14-001-A" / "picture.mjpeg", "x");
    fs::create_directories(shoot_.path() / "media" / "notes");
    writeAll(shoot_.path() / "media" / "notes" / "notes.txt", "x");
    writeAll(shoot_.path() / "media" / "file.txt", "x");
    EXPECT_EQ(openRecordings(shoot_.path()),
        (std::vector<fs::path> { folder_, shoot_.path() / "media" / "14-001-A" }));
    EXPECT_TRUE(openRecordings(shoot_.path() / "none").empty());
    ASSERT_OK(recoverTake(folder_));
    EXPECT_EQ(
        openRecordings(shoot_.path()), (std::vector<fs::path> { shoot_.path() / "media" / "14-001-A" }));
    EXPECT_FAULT(recoverTake(shoot_.path() / "media" / "14-001-A"), Fault::Corrupt);
    EXPECT_FAULT(recoverTake(shoot_.path() / "media" / "notes"), Fault::NotFound);
    EXPECT_FAULT(recoverTake(shoot_.path() / "media" / "none"), Fault::NotFound);
}

/// Both disks were pulled out while the second part rolled.
TEST_P(CutOffTake, APartThatWasCutOffIsRecoveredAndEntered)
{
    const Folder spill;
    TakeFacts facts = *readTakeFacts(folder_ / "take.json");
    facts.continues = Continues { folder_.string(), 2, kFrames };
    facts.start_timecode += kFrames;
    fs::path part;
    {
        auto writer = RecordingWriter::create(spill.path(), facts);
        ASSERT_OK(writer);
        part = (*writer)->folder();
        std::vector<FramePtr> frames;
        for (int n = kFrames; n < kFrames + 10; ++n)
            frames.push_back(frameOf(n, kUptime + unevenTime(n)));
        ASSERT_OK((*writer)->append(frames));
        EXPECT_TRUE(joinParts(shoot_.path(), spill.path()).empty()) << "still rolling";
    }
    ASSERT_OK(recoverTake(part));
    EXPECT_TRUE(joinParts(shoot_.path(), spill.path()).empty()) << "the first part is open";
    ASSERT_OK(recoverTake(folder_));
    const auto lines = joinParts(shoot_.path(), spill.path());
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_THAT(lines[0], testing::HasSubstr("12A/3A goes on in"));
    EXPECT_TRUE(joinParts(shoot_.path(), spill.path()).empty()) << "entered already";
    const auto take = Recording::open(folder_);
    ASSERT_OK(take);
    ASSERT_EQ((*take)->frameCount(), kFrames + 10);
    const auto last = frameOf(kFrames + 9, kUptime);
    EXPECT_TRUE(std::ranges::equal((*(*take)->frame(kFrames + 9))->jpeg, last->jpeg));

    TakeFacts other = makeFacts();
    const Folder other_shoot;
    writeTake(other_shoot.path(), frames_, other);
    EXPECT_TRUE(joinParts(other_shoot.path(), spill.path()).empty()) << "another take of the same name";
}

INSTANTIATE_TEST_SUITE_P(OfLayout, CutOffTake, testing::Values(Layout::Packed, Layout::Blocks),
    [](const auto& layout) { return layout.param == Layout::Packed ? "Packed" : "Blocks"; });

} // namespace
} // namespace backtake::takes
