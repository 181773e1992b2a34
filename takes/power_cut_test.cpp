// What is left of a recording when the power fails at any moment of it: every change of the disk is written
// down while a take is recorded; then, for every prefix of these changes, what a disk may hold afterwards is
// put back into the folder, recovered and looked at.
#include "takes/recovery.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

namespace backtake::takes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;
/// One second of the frames below: so much may be lost.
constexpr FrameIndex kMayBeLost = 25;

/// What became of changes that no sync made durable.
enum class Unsynced {
    Kept = 1,
    Dropped,
    ZeroFilled, ///< A file has its new length, its new bytes read as zeros.
    Mixed,      ///< Some: each page as after some of its writes, each name with or without its change.
};

/// A disk as the kernel sees it, and as it would be after a power cut.
class SimulatedDisk {
public:
    void apply(const DiskEvent& event)
    {
        switch (event.kind) {
        case DiskEvent::Kind::MakeFile:
            opened_[event.file] = static_cast<int>(files_.size());
            change(event.path, static_cast<int>(files_.size()));
            files_.emplace_back();
            break;
        case DiskEvent::Kind::Write:
        case DiskEvent::Kind::Truncate: {
            File& file = files_[fileOf(event)];
            file.pending.push_back(&event);
            applyTo(file.now, event);
            break;
        }
        case DiskEvent::Kind::Sync: {
            File& file = files_[fileOf(event)];
            file.durable = file.now;
            file.pending.clear();
            break;
        }
        case DiskEvent::Kind::MakeFolder:
            change(event.path, kFolder);
            break;
        case DiskEvent::Kind::Rename:
            // One change of the folder: both names or none.
            pending_.push_back({ event.path, kNothing, event.to, names_.at(event.path) });
            names_[event.to] = names_.at(event.path);
            names_.erase(event.path);
            break;
        case DiskEvent::Kind::Remove:
            change(event.path, kNothing);
            break;
        case DiskEvent::Kind::SyncFolder:
            std::erase_if(pending_, [&](const Change& one) {
                if (one.path.parent_path() != event.path)
                    return false;
                apply(one, durable_names_);
                return true;
            });
            break;
        case DiskEvent::Kind::Allocate:
        case DiskEvent::Kind::Mark:
            break;
        }
    }

    /// Files by path, as the next start may find them. Folders that hold none are left out.
    [[nodiscard]] std::map<fs::path, std::string> afterPowerCut(
        Unsynced data, Unsynced names, std::mt19937& random) const
    {
        std::map<fs::path, int> left = durable_names_;
        for (const Change& one : pending_) {
            if (names == Unsynced::Kept || (names == Unsynced::Mixed && random() % 2 == 0))
                apply(one, left);
        }
        std::map<fs::path, std::string> files;
        for (const auto& [path, number] : left) {
            if (number >= 0 && hasFolders(path, left))
                files[path] = contentOf(files_[static_cast<std::size_t>(number)], data, random);
        }
        return files;
    }

private:
    static constexpr int kNothing = -1;
    static constexpr int kFolder = -2;
    struct File {
        std::string durable;
        std::string now;
        std::vector<const DiskEvent*> pending; ///< Since the last sync.
    };
    struct Change {
        fs::path path;
        int becomes = kNothing;
        fs::path to; ///< Of a rename.
        int to_becomes = kNothing;
    };

    static void apply(const Change& change, std::map<fs::path, int>& names)
    {
        if (change.becomes == kNothing)
            names.erase(change.path);
        else
            names[change.path] = change.becomes;
        if (!change.to.empty())
            names[change.to] = change.to_becomes;
    }
    static void applyTo(std::string& content, const DiskEvent& event)
    {
        if (event.kind == DiskEvent::Kind::Truncate) {
            content.resize(event.offset, '\0');
            return;
        }
        content.resize(std::max<std::size_t>(content.size(), event.offset + event.bytes.size()), '\0');
        std::memcpy(content.data() + event.offset, event.bytes.data(), event.bytes.size());
    }
    static std::string contentOf(const File& file, Unsynced data, std::mt19937& random)
    {
        if (data == Unsynced::Kept || file.pending.empty())
            return file.now;
        std::string content = file.durable;
        if (data == Unsynced::ZeroFilled)
            content.resize(file.now.size(), '\0');
        if (data != Unsynced::Mixed)
            return content;
        // After each of the changes; page by page one of these, the length of one of them.
        std::vector<std::string> versions { file.durable };
        for (const DiskEvent* event : file.pending) {
            versions.push_back(versions.back());
            applyTo(versions.back(), *event);
        }
        content.resize(
            versions[random() % 3 == 0 ? random() % versions.size() : versions.size() - 1].size(), '\0');
        for (std::size_t at = 0; at < content.size(); at += kPage) {
            const std::string& version =
                versions[random() % 2 == 0 ? versions.size() - 1 : random() % versions.size()];
            for (std::size_t i = at; i < std::min(at + kPage, content.size()); ++i)
                content[i] = i < version.size() ? version[i] : '\0';
        }
        return content;
    }
    [[nodiscard]] static bool hasFolders(const fs::path& path, const std::map<fs::path, int>& names)
    {
        for (fs::path folder = path.parent_path(); folder.filename() != "root";
             folder = folder.parent_path()) {
            const auto found = names.find(folder);
            const bool outside =
                folder.filename() == "shoot" || folder.filename() == "spill"; // were there before
            if (!outside && (found == names.end() || found->second != kFolder))
                return false;
        }
        return true;
    }
    std::size_t fileOf(const DiskEvent& event)
    {
        if (!opened_.contains(event.file)) // of a file that was there
            opened_[event.file] = names_.at(event.path);
        return static_cast<std::size_t>(opened_.at(event.file));
    }
    void change(const fs::path& path, int becomes)
    {
        pending_.push_back({ path, becomes, {}, kNothing });
        apply(pending_.back(), names_);
    }

    std::vector<File> files_;
    std::map<std::uint64_t, int> opened_;
    std::map<fs::path, int> names_;
    std::map<fs::path, int> durable_names_;
    std::vector<Change> pending_;
};

/// Recovery without waiting for a disk that is not going to lose its power.
class HurriedDisk : public Disk {
public:
    int sync(int) override { return 0; }
    int syncFolder(const fs::path&) override { return 0; }
};

class PowerCut : public testing::Test {
protected:
    void SetUp() override
    {
        fs::create_directories(shoot_);
        fs::create_directories(spill_);
        // Of very different sizes: nobody can guess where the next one begins.
        for (int n = 0; n < 110; ++n)
            frames_.push_back(inBlocks(makeFrame(n, kUptime + n * 40ms, n * 7 % 11 < 3 ? 192 : 64, 96)));
    }

    /// Appends frames [@p first, @p end) to @p writer as the recorder does; marks how many the take has.
    void append(RecordingWriter& writer, int first, int end)
    {
        for (int n = first; n < end;) {
            const int count = std::min(end - n, 1 + n % 3);
            ASSERT_OK(writer.append(
                std::span(frames_).subspan(static_cast<std::size_t>(n), static_cast<std::size_t>(count))));
            const std::vector<std::int16_t> samples(
                static_cast<std::size_t>(320 * count), static_cast<std::int16_t>(n + 1));
            ASSERT_OK(writer.appendSound(std::as_bytes(std::span(samples)), { 8000, 1, 0, 5ms }));
            n += count;
            disk_.mark(static_cast<std::uint64_t>(n));
            if (n / 10 != (n - count) / 10) {
                ASSERT_OK(writer.sync());
            }
        }
    }
    /// Two disks, the second from frame 60 on; the end is taken back by three frames.
    void record()
    {
        TakeFacts facts = makeFacts();
        auto first = RecordingWriter::create(shoot_, facts, disk_);
        ASSERT_OK(first);
        append(**first, 0, 63);
        // The last sync failed: what came after the good one before is written again, to the other disk.
        ASSERT_OK((*first)->keepFirst(60));
        TakeFacts further = (*first)->facts();
        further.continues = Continues { (*first)->folder().string(), 2, 60 };
        further.start_timecode += 60;
        auto second = RecordingWriter::create(spill_, further, disk_);
        ASSERT_OK(second);
        (*second)->startNotBefore(frames_[59]->captured_at);
        append(**second, 60, 110);
        ASSERT_OK((*second)->keepFirst(47));
        disk_.mark(107);
        const auto part = (*second)->close((*second)->facts());
        ASSERT_OK(part);
        facts = (*first)->facts();
        facts.parts = { { 60, (*second)->folder().string(), part->frames } };
        ASSERT_OK((*first)->close(facts));
    }

    void putBack(const std::map<fs::path, std::string>& files) const
    {
        fs::remove_all(root_);
        fs::create_directories(shoot_);
        fs::create_directories(spill_);
        for (const auto& [path, content] : files) {
            fs::create_directories(path.parent_path());
            writeAll(path, content);
        }
    }
    static std::string all(const fs::path& folder)
    {
        std::string text;
        std::set<fs::path> paths;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            paths.insert(entry.path());
        for (const fs::path& path : paths)
            text += path.string() + (fs::is_regular_file(path) ? readAll(path) : "/");
        return text;
    }
    void recoverAll()
    {
        HurriedDisk disk;
        for (const fs::path& shoot : { shoot_, spill_ }) {
            for (const fs::path& folder : openRecordings(shoot)) {
                const auto recovered = recoverTake(folder, {}, disk);
                if (!recovered) {
                    EXPECT_TRUE(recovered.error().fault == Fault::Corrupt
                        || recovered.error().fault == Fault::NotFound)
                        << recovered.error().message;
                }
            }
        }
        joinParts(shoot_, spill_, disk);
    }
    /// Recovers and looks at every frame. @param appended how many frames the take had.
    void check(FrameIndex appended)
    {
        recoverAll();
        const fs::path folder = shoot_ / "media" / "12A-003-A";
        const auto take = Recording::open(folder);
        if (!take || !(*take)->facts().closed) { // not one whole picture of it came
            EXPECT_LE(appended, kMayBeLost);
            return;
        }
        EXPECT_GE((*take)->frameCount(), std::min<FrameIndex>(appended, 107) - kMayBeLost);
        for (FrameIndex n = 0; n < (*take)->frameCount(); ++n) {
            const auto frame = (*take)->frame(n);
            if (!frame)
                EXPECT_GE(n, appended - kMayBeLost) << frame.error().message;
            else
                EXPECT_TRUE(
                    n < 110 && isSamePicture((*frame)->jpeg, frames_[static_cast<std::size_t>(n)]->jpeg))
                    << "frame " << n << " is another one";
            const Nanos off = (*take)->capturedTime(n) - n * 40ms;
            EXPECT_EQ(off, Nanos(0)) << "frame " << n;
        }
        const std::string once = all(root_);
        recoverAll();
        EXPECT_TRUE(all(root_) == once) << "a second recovery changed something";
    }

    const Folder home_;
    const fs::path root_ = home_.path() / "root";
    const fs::path shoot_ = root_ / "shoot";
    const fs::path spill_ = root_ / "spill";
    std::vector<FramePtr> frames_;
    RecordingDisk disk_;
};

TEST_F(PowerCut, AtAnyMomentCostsAtMostASecondAndNeverGivesAWrongFrame)
{
    record();
    const std::vector<DiskEvent> events = disk_.events();
    SimulatedDisk disk;
    FrameIndex appended = 0;
    std::mt19937 random(11);
    std::set<std::size_t> seen; // states that were looked at
    int states = 0;
    for (std::size_t i = 0; i < events.size() && !HasFailure(); ++i) {
        disk.apply(events[i]);
        if (events[i].kind == DiskEvent::Kind::Mark) {
            appended = static_cast<FrameIndex>(events[i].offset);
            continue;
        }
        for (const auto& [data, names] : { std::pair { Unsynced::Kept, Unsynced::Kept },
                 { Unsynced::Dropped, Unsynced::Dropped }, { Unsynced::Dropped, Unsynced::Kept },
                 { Unsynced::Kept, Unsynced::Dropped }, { Unsynced::ZeroFilled, Unsynced::Kept },
                 { Unsynced::Mixed, Unsynced::Mixed }, { Unsynced::Mixed, Unsynced::Kept } }) {
            const auto files = disk.afterPowerCut(data, names, random);
            std::string state;
            for (const auto& [path, content] : files)
                state += path.string() + content;
            if (!seen.insert(std::hash<std::string>()(state)).second)
                continue;
            SCOPED_TRACE(testing::Message()
                << "after change " << i << " of " << events.size() << ", " << appended
                << " frames appended, unsynced data " << static_cast<int>(data) << ", names "
                << static_cast<int>(names));
            putBack(files);
            check(appended);
            ++states;
            if (HasFailure())
                break;
        }
    }
    EXPECT_GT(states, 500);
    RecordProperty("states", states);
}

} // namespace
} // namespace backtake::takes
