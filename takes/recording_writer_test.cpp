#include "takes/picture_index.hpp"
#include "takes/recording_writer.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace backtake::takes {
namespace {

using Kind = DiskEvent::Kind;
namespace fs = std::filesystem;

/// The records of an index, as they lie on disk.
std::vector<IndexRecord> recordsOf(const fs::path& folder)
{
    const std::string bytes = readAll(folder / "picture.index");
    std::vector<IndexRecord> records;
    for (std::size_t at = kIndexHeaderBytes; at + kIndexRecordBytes <= bytes.size();
         at += kIndexRecordBytes) {
        const auto record =
            decodeRecord(std::as_bytes(std::span(bytes)).subspan(at).first<kIndexRecordBytes>());
        EXPECT_TRUE(record);
        records.push_back(record.value_or(IndexRecord {}));
    }
    return records;
}

std::vector<Nanos> timesOf(const fs::path& folder)
{
    std::vector<Nanos> times;
    for (const IndexRecord& record : recordsOf(folder))
        times.push_back(record.captured_at - kUptime);
    return times;
}

/// Fails for a writer that leaves it to readers to put the times in order: they would have to read them all.
TEST(RecordingWriter, TimesNeverFallWithinAFile)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(std::vector { makeFrame(0, kUptime), makeFrame(1, kUptime + 40ms) }));
    ASSERT_OK((*writer)->append(std::vector {
        makeFrame(2, kUptime + 30ms), makeFrame(3, kUptime - 5h), makeFrame(4, kUptime + 50ms) }));
    ASSERT_OK((*writer)->close(makeFacts()));
    EXPECT_EQ(timesOf((*writer)->folder()), (std::vector<Nanos> { 0ms, 40ms, 40ms, 40ms, 50ms }));
}

TEST(RecordingWriter, AfterFramesWereLeftOutTimesGoOnFromTheLastOneKept)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(evenFrames(3)));
    ASSERT_OK((*writer)->sync());
    ASSERT_OK((*writer)->append(std::vector { makeFrame(3, kUptime + 9s), makeFrame(4, kUptime + 10s) }));
    ASSERT_OK((*writer)->keepFirst(3));
    EXPECT_EQ((*writer)->syncedFrames(), 3);
    ASSERT_OK((*writer)->append(std::vector { makeFrame(3, kUptime + 120ms) }));
    const auto closed = (*writer)->close(makeFacts());
    ASSERT_OK(closed);
    EXPECT_EQ(closed->duration, 160ms);
    EXPECT_EQ(timesOf((*writer)->folder()), (std::vector<Nanos> { 0ms, 40ms, 80ms, 120ms }));
}

TEST(RecordingWriter, EveryTakeHasAnIdOfItsOwn)
{
    const Folder shoot;
    const auto one = readTakeFacts(writeTake(shoot.path(), evenFrames(1)) / "take.json");
    const auto other =
        readTakeFacts(writeTake(shoot.path(), evenFrames(1), makeFacts({ "12A", 4, 'A' })) / "take.json");
    ASSERT_OK(one);
    ASSERT_OK(other);
    EXPECT_TRUE(isTakeId(one->id)) << one->id;
    EXPECT_NE(one->id, other->id);
}

TEST(RecordingWriter, APartLiesBesideTheTakeThatHasItsName)
{
    const Folder shoot;
    writeTake(shoot.path(), evenFrames(1));
    TakeFacts facts = makeFacts();
    facts.id = "0123456789abcdef0123456789abcdef";
    facts.continues = Continues { "/elsewhere/media/12A-003-A", 2, 700 };
    const fs::path part = writeTake(shoot.path(), evenFrames(2), facts);
    EXPECT_EQ(part.filename(), "12A-003-A.part2");
    EXPECT_EQ(readTakeFacts(part / "take.json")->continues, facts.continues);
    EXPECT_EQ(readTakeFacts(part / "take.json")->id, facts.id);
    // The same take of another shoot goes on on the same disk.
    facts.id = "fedcba9876543210fedcba9876543210";
    EXPECT_EQ(writeTake(shoot.path(), evenFrames(2), facts).filename(), "12A-003-A.part2-fedcba98");
}

/// Fails for a writer that needs room at the very end.
TEST(RecordingWriter, ATakeIsEndedOnADiskWithoutAByteOfRoom)
{
    const Folder shoot;
    FailingDisk disk(shoot.path());
    auto writer = RecordingWriter::create(shoot.path(), makeFacts(), disk);
    ASSERT_OK(writer);
    const auto frames = evenFrames(20);
    const std::uint64_t each = frames.front()->jpeg.size();
    ASSERT_OK((*writer)->append(std::span(frames).first(2)));
    disk.fill(3 * each + each / 2);
    EXPECT_FAULT((*writer)->append(std::span(frames).subspan(2)), Fault::OutOfSpace);
    const FrameIndex kept = (*writer)->frames();
    EXPECT_GE(kept, 4) << "what arrived whole is kept";
    EXPECT_LE(kept, 6);
    disk.fill(0);
    const std::vector<std::int16_t> sound(4800);
    EXPECT_FAULT((*writer)->appendSound(std::as_bytes(std::span(sound)), SoundFacts {}), Fault::OutOfSpace);
    TakeFacts facts = makeFacts();
    facts.parts.push_back({ kept, "/elsewhere/media/12A-003-A.part2", 0 });
    ASSERT_OK((*writer)->close(facts));
    facts.parts.front().frames = 14;
    ASSERT_OK((*writer)->close(facts)) << "again, when the other part is over";
    const fs::path folder = (*writer)->folder();
    writer->reset();
    const auto read = readTakeFacts(folder / "take.json");
    ASSERT_OK(read);
    EXPECT_TRUE(read->closed);
    EXPECT_EQ(read->frames, kept);
    EXPECT_EQ(read->parts, facts.parts);
    EXPECT_FALSE(fs::exists(folder / "take.json.new"));
    EXPECT_FALSE(fs::exists(folder / "sound.wav"));
    EXPECT_EQ(recordsOf(folder).size(), static_cast<std::size_t>(kept));
    EXPECT_EQ(readAll(folder / "picture.mjpeg").size(), read->picture_bytes) << "leftovers are cut off";
}

/// Fails for a writer whose index is ahead of its pictures at any moment, in what was written or in what was
/// synced, or that forgets to sync a name.
TEST(RecordingWriter, NothingIsDurableBeforeWhatItRestsOn)
{
    const Folder root;
    const fs::path shoot = root.path() / "shoot";
    fs::create_directories(shoot);
    RecordingDisk disk;
    fs::path folder;
    {
        auto writer = RecordingWriter::create(shoot, makeFacts(), disk);
        ASSERT_OK(writer);
        folder = (*writer)->folder();
        disk.mark(1);
        for (int n = 0; n < 10; ++n) {
            ASSERT_OK((*writer)->append(std::vector { makeFrame(n, kUptime + n * 40ms) }));
            if (n % 3 == 2) {
                ASSERT_OK((*writer)->sync());
            }
        }
        ASSERT_OK((*writer)->close(makeFacts()));
    }
    std::uint64_t pictures = 0;
    std::uint64_t records = 0;
    std::uint64_t pictures_synced = 0;
    std::map<fs::path, bool> folder_synced; // since its last change
    std::map<fs::path, bool> file_synced;
    const auto entries = recordsOf(folder);
    bool made = false;
    for (const DiskEvent& event : disk.events()) {
        const bool is_pictures = event.path == folder / "picture.mjpeg";
        const bool is_index = event.path == folder / "picture.index";
        const fs::path parent = event.path.parent_path();
        switch (event.kind) {
        case Kind::Write:
            file_synced[event.path] = false;
            if (is_pictures)
                pictures = std::max<std::uint64_t>(pictures, event.offset + event.bytes.size());
            if (is_index && event.offset >= kIndexHeaderBytes) {
                records = (event.offset + event.bytes.size() - kIndexHeaderBytes) / kIndexRecordBytes;
                ASSERT_LE(entries.at(records - 1).offset + entries.at(records - 1).size, pictures);
            }
            break;
        case Kind::Sync:
            file_synced[event.path] = true;
            if (is_pictures)
                pictures_synced = pictures;
            if (is_index && records > 0) {
                ASSERT_LE(entries.at(records - 1).offset + entries.at(records - 1).size, pictures_synced);
            }
            break;
        case Kind::MakeFile:
        case Kind::MakeFolder:
            if (event.path != folder / "take.json.new") // whose name need not last
                folder_synced[parent] = false;
            break;
        case Kind::Rename:
            EXPECT_TRUE(file_synced[event.path]) << event.path;
            folder_synced[parent] = false;
            break;
        case Kind::SyncFolder:
            folder_synced[event.path] = true;
            break;
        case Kind::Mark:
            made = true;
            for (const auto& [path, synced] : folder_synced)
                EXPECT_TRUE(synced) << path;
            break;
        default:
            break;
        }
    }
    EXPECT_TRUE(made);
    for (const auto& [path, synced] : folder_synced)
        EXPECT_TRUE(synced) << path;
    EXPECT_TRUE(file_synced[folder / "picture.index"]);
}

/// Fails for a writer that says "durable" of more than the last good sync had.
TEST(RecordingWriter, KnowsWhatTheLastGoodSyncMadeDurable)
{
    const Folder shoot;
    FailingDisk disk(shoot.path());
    auto writer = RecordingWriter::create(shoot.path(), makeFacts(), disk);
    ASSERT_OK(writer);
    EXPECT_EQ((*writer)->syncedFrames(), 0);
    const auto frames = evenFrames(9);
    ASSERT_OK((*writer)->append(std::span(frames).first(4)));
    ASSERT_OK((*writer)->sync());
    ASSERT_OK((*writer)->append(std::span(frames).subspan(4)));
    EXPECT_EQ((*writer)->syncedFrames(), 4);
    disk.failNext(FailingDisk::kSync, EIO);
    EXPECT_FAULT((*writer)->sync(), Fault::Failed);
    EXPECT_EQ((*writer)->syncedFrames(), 4);
    ASSERT_OK((*writer)->keepFirst(4));
    ASSERT_OK((*writer)->append(std::span(frames).subspan(4)));
    ASSERT_OK((*writer)->close(makeFacts()));
    const auto take = Recording::open((*writer)->folder());
    ASSERT_OK(take);
    ASSERT_EQ((*take)->frameCount(), 9);
    for (FrameIndex n = 0; n < 9; ++n)
        EXPECT_TRUE((*take)->frame(n)) << n;
}

TEST(RecordingWriter, AFolderThatCouldNotBeFilledIsTakenAwayAgain)
{
    const Folder shoot;
    FailingDisk disk(shoot.path());
    for (const unsigned calls : { FailingDisk::kOpen, FailingDisk::kWrite, FailingDisk::kSync }) {
        disk.failNext(calls, EIO);
        EXPECT_FALSE(RecordingWriter::create(shoot.path(), makeFacts(), disk));
        EXPECT_FALSE(fs::exists(shoot.path() / "media" / "12A-003-A")) << calls;
    }
    EXPECT_OK(RecordingWriter::create(shoot.path(), makeFacts(), disk));
}

/// Counts what is written to picture.mjpeg past the kernel's cache, and may refuse it as some file systems
/// do.
class PastCacheDisk : public Disk {
public:
    explicit PastCacheDisk(bool refuses)
        : refuses_(refuses)
    {
    }
    ssize_t write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset) override
    {
        if ((::fcntl(descriptor, F_GETFL) & O_DIRECT) == 0)
            return Disk::write(descriptor, pieces, offset);
        ++past_cache_;
        return refuses_ ? -EINVAL : Disk::write(descriptor, pieces, offset);
    }
    [[nodiscard]] int pastCache() const { return past_cache_; }

private:
    const bool refuses_;
    int past_cache_ = 0;
};

class PicturesInBlocks : public testing::TestWithParam<bool> { };

/// Fails for a writer that copies what the ring has laid out for the disk, and for one that loses a frame to
/// a file system that wants it copied.
TEST_P(PicturesInBlocks, GoPastTheKernelsCacheWhereTheyCan)
{
    const Folder shoot;
    PastCacheDisk disk(GetParam());
    // On a file system that always wants its cache nothing goes past it, and no frame is lost to that either.
    const int probe = ::open((shoot.path() / "probe").c_str(), O_WRONLY | O_CREAT | O_DIRECT, 0600);
    const bool can = probe >= 0;
    if (can)
        ::close(probe);
    std::vector<FramePtr> frames = evenFrames(12);
    for (std::size_t n = 0; n < frames.size(); ++n) {
        if (n != 7)
            frames[n] = inBlocks(frames[n]);
    }
    auto writer = RecordingWriter::create(shoot.path(), makeFacts(), disk);
    ASSERT_OK(writer);
    std::vector<int> counts;
    for (const auto& [first, count] : { std::pair { 0, 3 }, { 3, 3 }, { 6, 1 }, { 7, 1 }, { 8, 4 } }) {
        ASSERT_OK((*writer)->append(
            std::span(frames).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count))));
        counts.push_back(disk.pastCache());
    }
    ASSERT_OK((*writer)->sync());
    ASSERT_OK((*writer)->close(makeFacts()));
    if (!can)
        EXPECT_EQ(counts, std::vector(5, 0));
    else if (GetParam())
        EXPECT_EQ(counts, (std::vector { 1, 1, 1, 1, 1 })) << "what was refused is not tried again";
    else
        EXPECT_EQ(counts, (std::vector { 1, 2, 3, 3, 3 })) << "number 7 is no whole block";
    const auto take = Recording::open((*writer)->folder());
    ASSERT_OK(take);
    ASSERT_EQ((*take)->frameCount(), 12);
    for (FrameIndex n = 0; n < 12; ++n) {
        const auto frame = (*take)->frame(n);
        ASSERT_OK(frame);
        EXPECT_TRUE(std::ranges::equal((*frame)->jpeg, frames[static_cast<std::size_t>(n)]->jpeg)) << n;
    }
}
INSTANTIATE_TEST_SUITE_P(OnAFileSystem, PicturesInBlocks, testing::Values(false, true),
    [](const auto& refuses) { return refuses.param ? "ThatRefuses" : "ThatCan"; });

} // namespace
} // namespace backtake::takes
