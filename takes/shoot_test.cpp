#include "takes/shoot.hpp"
#include "takes/test_takes.hpp"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

namespace backtake::takes {
namespace {

std::filesystem::path writeShortTake(
    const std::filesystem::path& shoot, const Slate& slate, Nanos started = 1s)
{
    TakeFacts facts = makeFacts(slate);
    facts.started_at_utc = started;
    return writeTake(shoot, evenFrames(1), facts);
}

TEST(Shoots, CreatingMakesTheFolderAndOpeningAgainFindsTheSame)
{
    const Folder root;
    const auto folder = root.path() / "new" / "shoot?%20#1";
    {
        auto shoot = Shoot::open(folder, Shoot::Mode::Create);
        ASSERT_OK(shoot);
        const auto take = writeShortTake(folder, { "12A", 3, 'A' });
        ASSERT_OK((*shoot)->record({ take, *readTakeFacts(take / "take.json") }));
    }
    EXPECT_TRUE(std::filesystem::exists(folder / "shoot.db"));
    for (const auto mode : { Shoot::Mode::Create, Shoot::Mode::ReadOnly }) {
        auto shoot = Shoot::open(folder, mode);
        ASSERT_OK(shoot);
        const auto takes = (*shoot)->takes();
        ASSERT_OK(takes);
        ASSERT_EQ(takes->size(), 1u);
        EXPECT_EQ(takes->front().facts.slate, (Slate { "12A", 3, 'A' }));
        EXPECT_EQ(takes->front().folder, folder / "media" / "12A-003-A");
    }
}

TEST(Shoots, ReadingAFolderThatIsNoneSaysSoAndMakesNothing)
{
    const Folder root;
    EXPECT_FAULT(Shoot::open(root.path() / "none", Shoot::Mode::ReadOnly), Fault::NotFound);
    EXPECT_FAULT(Shoot::open(root.path(), Shoot::Mode::ReadOnly), Fault::NotFound);
    EXPECT_TRUE(std::filesystem::is_empty(root.path()));
}

TEST(Shoots, TakesThatTheLogLacksAreFoundInMedia)
{
    const Folder root;
    writeShortTake(root.path(), { "2", 1, 'A' }, 20s);
    writeShortTake(root.path(), { "1", 1, 'A' }, 30s);
    writeShortTake(root.path(), { "3", 1, 'A' }, 10s);
    { // without any log: read only must do
        auto shoot = Shoot::open(root.path(), Shoot::Mode::ReadOnly);
        ASSERT_OK(shoot);
        EXPECT_EQ((*shoot)->takes()->size(), 3u);
        EXPECT_FALSE(std::filesystem::exists(root.path() / "shoot.db"));
    }
    {
        auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
        ASSERT_OK(shoot);
        const auto takes = (*shoot)->takes();
        ASSERT_EQ(takes->size(), 3u);
        EXPECT_EQ((*takes)[0].facts.slate.scene, "3") << "oldest first";
        EXPECT_EQ((*takes)[2].facts.slate.scene, "1");
    }
    // They are in the log now: a take whose folder is gone is named.
    std::filesystem::remove_all(root.path() / "media" / "2-001-A");
    auto shoot = Shoot::open(root.path(), Shoot::Mode::ReadOnly);
    std::vector<std::string> troubles;
    EXPECT_EQ((*shoot)->takes(&troubles)->size(), 2u);
    ASSERT_EQ(troubles.size(), 1u);
    EXPECT_THAT(troubles[0], ::testing::HasSubstr("2-001-A"));
}

TEST(Shoots, ADamagedTakeJsonIsNamedAndDoesNotHideTheOthers)
{
    const Folder root;
    writeShortTake(root.path(), { "1", 1, 'A' });
    const auto damaged = writeShortTake(root.path(), { "2", 1, 'A' });
    writeAll(damaged / "take.json", "{");
    auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
    std::vector<std::string> troubles;
    const auto takes = (*shoot)->takes(&troubles);
    ASSERT_OK(takes);
    EXPECT_EQ(takes->size(), 1u);
    ASSERT_EQ(troubles.size(), 1u);
    EXPECT_THAT(troubles[0], ::testing::HasSubstr("2-001-A"));
    EXPECT_EQ((*shoot)->takes()->size(), 1u) << "troubles are optional";
}

TEST(Shoots, TheNextTakeFollowsTheHighestOfSceneAndCameraInLogAndMedia)
{
    const Folder root;
    auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
    EXPECT_EQ((*shoot)->nextTake("12A", 'A').value(), 1);
    writeShortTake(root.path(), { "12A", 4, 'A' });
    writeShortTake(root.path(), { "12A", 9, 'B' });
    writeShortTake(root.path(), { "12", 30, 'A' });
    EXPECT_EQ((*shoot)->nextTake("12A", 'A').value(), 5) << "in media only";
    EXPECT_EQ((*shoot)->nextTake("12A", 'B').value(), 10);
    EXPECT_EQ((*shoot)->nextTake("12", 'A').value(), 31);
    ASSERT_OK((*shoot)->takes());
    EXPECT_EQ((*shoot)->nextTake("12A", 'A').value(), 5) << "in log and media";
    std::filesystem::remove_all(root.path() / "media" / "12A-004-A");
    EXPECT_EQ((*shoot)->nextTake("12A", 'A').value(), 5) << "in the log only";
    // A folder without facts still takes up its number: the writer would refuse it.
    std::filesystem::create_directory(root.path() / "media" / "12A-011-A");
    EXPECT_EQ((*shoot)->nextTake("12A", 'A').value(), 12);
    std::filesystem::create_directory(root.path() / "media" / folderName({ "12/A", 5, 'A' }));
    EXPECT_EQ((*shoot)->nextTake("12/A", 'A').value(), 6);
    std::filesystem::create_directory(root.path() / "media" / "12A-99999-A");
    EXPECT_FAULT((*shoot)->nextTake("12A", 'A'), Fault::Usage);
}

TEST(Shoots, ATakeIsLoggedOnceHoweverOftenItIsRecorded)
{
    const Folder root;
    auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
    const auto folder = writeShortTake(root.path(), { "1", 1, 'A' });
    auto facts = *readTakeFacts(folder / "take.json");
    ASSERT_OK((*shoot)->record({ folder, facts }));
    facts.direction = Direction::Forward;
    ASSERT_OK((*shoot)->record({ folder, facts }));
    EXPECT_EQ((*shoot)->takes()->size(), 1u);
    EXPECT_FAULT((*shoot)->record({ "/tmp/elsewhere", facts }), Fault::Usage);
}

/// Fails for a log that repairs, truncates or adds to what it does not know, and for one that stands in the
/// way of a shoot.
class ForeignLog : public ::testing::Test {
protected:
    void expectKept(Fault fault, Shoot::Mode mode) const
    {
        const std::string before = readAll(path());
        const auto shoot = Shoot::open(root_.path(), mode);
        EXPECT_FAULT(shoot, fault);
        EXPECT_THAT(shoot.error().message, ::testing::HasSubstr("shoot.db"));
        EXPECT_EQ(readAll(path()), before);
    }
    /// Who looks leaves it where it is; who writes puts it aside, finds the takes in media/, and says so.
    void expectKeptAside() const
    {
        const auto take = writeShortTake(root_.path(), { "77", static_cast<int>(kept().size()) + 1, 'A' });
        expectKept(Fault::Corrupt, Shoot::Mode::ReadOnly);
        const std::string before = readAll(path());
        const auto earlier = kept();
        auto shoot = Shoot::open(root_.path(), Shoot::Mode::Create);
        ASSERT_OK(shoot);
        const auto now = kept();
        ASSERT_EQ(now.size(), earlier.size() + 1);
        std::vector<std::filesystem::path> added;
        std::set_difference(
            now.begin(), now.end(), earlier.begin(), earlier.end(), std::back_inserter(added));
        EXPECT_THAT(
            added.at(0).filename().string(), ::testing::MatchesRegex("shoot\\.db\\.kept-[0-9]+-[0-9-]+"));
        EXPECT_EQ(readAll(added.at(0)), before);
        std::vector<std::string> troubles;
        EXPECT_EQ((*shoot)->takes(&troubles)->size(), now.size());
        EXPECT_EQ((*shoot)->log().takes()->size(), now.size());
        ASSERT_EQ(troubles.size(), 1U);
        EXPECT_THAT(troubles[0], ::testing::HasSubstr(added.at(0).filename().string()));
        EXPECT_TRUE((*shoot)->log().troubles().empty()) << "once";
    }
    [[nodiscard]] std::vector<std::filesystem::path> kept() const
    {
        std::vector<std::filesystem::path> paths;
        for (const auto& entry : std::filesystem::directory_iterator(root_.path()))
            if (const std::string name = entry.path().filename().string();
                name.starts_with("shoot.db.kept-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
                paths.push_back(entry.path());
        std::sort(paths.begin(), paths.end());
        return paths;
    }
    [[nodiscard]] std::filesystem::path path() const { return root_.path() / "shoot.db"; }
    void execute(const char* sql) const
    {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        sqlite3_close(database);
    }
    Folder root_;
};

TEST_F(ForeignLog, ThatIsNoDatabaseIsKeptAside)
{
    writeAll(path(), "our shopping list");
    expectKeptAside();
    writeAll(path(), std::string(8192, '\0'));
    expectKeptAside();
}

TEST_F(ForeignLog, OfAnotherProgramIsKeptAside)
{
    execute("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    expectKeptAside();
}

TEST_F(ForeignLog, OfANewerVersionIsKept)
{
    ASSERT_OK(Shoot::open(root_.path(), Shoot::Mode::Create));
    execute("PRAGMA user_version = 5; PRAGMA wal_checkpoint(TRUNCATE)");
    for (const auto mode : { Shoot::Mode::Create, Shoot::Mode::ReadOnly })
        expectKept(Fault::Unsupported, mode);
}

TEST_F(ForeignLog, DamagedInTheMiddleIsKeptAside)
{
    {
        auto shoot = Shoot::open(root_.path(), Shoot::Mode::Create);
        for (int take = 1; take < 40; ++take) {
            TakeFacts facts = makeFacts({ "1", take, 'A' });
            facts.camera = std::string(1000, 'x');
            ASSERT_OK((*shoot)->record({ root_.path() / "media" / folderName(facts.slate), facts }));
        }
    }
    std::string bytes = readAll(path());
    ASSERT_GT(bytes.size(), 20000u);
    std::fill(bytes.begin() + 4096, bytes.end() - 4096, '\x5a');
    writeAll(path(), bytes);
    expectKeptAside();
}

TEST_F(ForeignLog, CutShortIsKeptAside)
{
    ASSERT_OK(Shoot::open(root_.path(), Shoot::Mode::Create));
    std::string bytes = readAll(path());
    writeAll(path(), bytes.substr(0, bytes.size() / 2));
    expectKeptAside();
    writeAll(path(), bytes.substr(0, 50));
    expectKeptAside();
}

TEST_F(ForeignLog, ThatIsAFolderIsKeptAside)
{
    std::filesystem::create_directory(path());
    EXPECT_FAULT(Shoot::open(root_.path(), Shoot::Mode::ReadOnly), Fault::Corrupt);
    EXPECT_OK(Shoot::open(root_.path(), Shoot::Mode::Create));
    EXPECT_TRUE(std::filesystem::is_directory(kept().at(0)));
}

/// Fails when the write-ahead log of the damaged one is taken for that of the new one.
TEST_F(ForeignLog, GoesAsideWithItsWriteAheadLog)
{
    writeAll(path(), "our shopping list");
    writeAll(path().string() + "-wal", "milk");
    const auto shoot = Shoot::open(root_.path(), Shoot::Mode::Create);
    ASSERT_OK(shoot);
    ASSERT_EQ(kept().size(), 1U);
    EXPECT_EQ(readAll(kept()[0].string() + "-wal"), "milk");
}

TEST_F(ForeignLog, ThatIsEmptyIsANewOne)
{
    writeAll(path(), "");
    EXPECT_OK(Shoot::open(root_.path(), Shoot::Mode::Create));
}

/// Fails when two programs may write to one shoot, or when the second cannot even look.
TEST(Shoots, OpenInTwoProgramsAtOnceTheSecondOnlyReads)
{
    const Folder root;
    writeTake(root.path(), evenFrames(2));
    int ready[2];
    int done[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(done), 0);
    const pid_t other = ::fork();
    ASSERT_GE(other, 0);
    char byte = 0;
    if (other == 0) { // the first program: holds the shoot until it is told to die
        ::close(done[1]);
        const auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
        byte = shoot ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) >= 0)
            ::_exit(0);
        ::_exit(1);
    }
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    const auto second = Shoot::open(root.path(), Shoot::Mode::Create);
    EXPECT_FAULT(second, Fault::Busy);
    EXPECT_THAT(second.error().message, ::testing::HasSubstr(std::to_string(other)));
    {
        const auto reading = Shoot::open(root.path(), Shoot::Mode::ReadOnly);
        ASSERT_OK(reading);
        EXPECT_EQ((*reading)->takes()->size(), 1U);
        EXPECT_FAULT((*reading)->record((*(*reading)->takes())[0]), Fault::Denied);
    }
    ::close(done[1]);
    int status = -1;
    ASSERT_EQ(::waitpid(other, &status, 0), other);
    EXPECT_EQ(status, 0);
    EXPECT_OK(Shoot::open(root.path(), Shoot::Mode::Create)) << "the lock died with its holder";
    for (const int end : { ready[0], ready[1], done[0] })
        ::close(end);
}

TEST(Shoots, ATakeInSeveralPartsIsOne)
{
    const Folder root;
    const Folder spill;
    const auto frames = evenFrames(30);
    TakeFacts facts = makeFacts();
    facts.id = std::string(32, 'a');
    const auto first = writeTake(root.path(), { frames.begin(), frames.begin() + 10 }, facts);
    facts.continues = Continues { first.string(), 2, 10 };
    const auto second = writeTake(spill.path(), { frames.begin() + 10, frames.end() }, facts);
    facts = readTakeFacts(first / "take.json").value();
    facts.parts = { { 10, second.string(), 20 } };
    ASSERT_OK(writeTakeFacts(first / "take.json", facts));
    auto shoot = Shoot::open(root.path(), Shoot::Mode::Create).value();
    std::vector<std::string> troubles;
    const auto listed = shoot->takes(&troubles);
    ASSERT_OK(listed);
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ((*listed)[0].facts.frames, 30);
    EXPECT_EQ((*listed)[0].facts.duration, 1200ms);
    EXPECT_TRUE(troubles.empty()) << troubles[0];
    {
        auto other = Shoot::open(spill.path(), Shoot::Mode::ReadOnly).value();
        const auto parts = other->takes(&troubles);
        ASSERT_EQ(parts->size(), 1U) << "nothing is hidden where the first part is not";
        EXPECT_EQ((*parts)[0].facts.frames, 20);
        EXPECT_TRUE(troubles.empty()) << troubles[0];
    }
    // Copied to one place: still one take.
    std::filesystem::rename(second, first.parent_path() / second.filename());
    EXPECT_EQ(shoot->takes(&troubles)->size(), 1U);
    EXPECT_TRUE(troubles.empty()) << troubles[0];
    // And without the part it says where that was.
    std::filesystem::remove_all(first.parent_path() / second.filename());
    EXPECT_EQ((*shoot->takes(&troubles))[0].facts.frames, 30);
    EXPECT_THAT(troubles, ::testing::Contains(::testing::HasSubstr(second.string())));
}

TEST(Shoots, WhatWasLoggedIsThereAfterACrash)
{
    const Folder root;
    auto shoot = Shoot::open(root.path(), Shoot::Mode::Create);
    ASSERT_OK((*shoot)->record({ root.path() / "media" / "1-001-A", makeFacts({ "1", 1, 'A' }) }));
    // The files as they are now, write-ahead log and all, with the first connection never closed.
    const Folder copy;
    for (const char* name : { "shoot.db", "shoot.db-wal" })
        std::filesystem::copy(root.path() / name, copy.path() / name);
    auto again = Shoot::open(copy.path(), Shoot::Mode::Create);
    ASSERT_OK(again);
    EXPECT_EQ((*again)->nextTake("1", 'A').value(), 2);
}

TEST(FindTake, NamesAFolderASlateOrAFile)
{
    const Folder root;
    const auto shoot = root.path() / "my#shoot";
    std::filesystem::create_directories(shoot);
    const auto a = writeShortTake(shoot, { "12A", 3, 'A' });
    const auto b = writeShortTake(shoot, { "12#A/x", 3, 'B' });
    const auto clip = root.path() / "MVI_0001#1.MOV";
    writeAll(clip, "clip");
    EXPECT_EQ(findTake(a.string()).value(), a);
    EXPECT_EQ(findTake(clip.string()).value(), clip);
    EXPECT_EQ(findTake(shoot.string() + "#12A/3").value(), a);
    EXPECT_EQ(findTake(shoot.string() + "#12A/3A").value(), a);
    EXPECT_EQ(findTake(shoot.string() + "#12A/3[A]").value(), a);
    EXPECT_EQ(findTake(shoot.string() + "#12#A/x/3B").value(), b);
    EXPECT_FAULT(findTake(shoot.string() + "#12A/3B"), Fault::NotFound);
    EXPECT_FAULT(findTake(shoot.string() + "#12A/4"), Fault::NotFound);
    EXPECT_FAULT(findTake(shoot.string() + "#12A"), Fault::Usage);
    EXPECT_FAULT(findTake(shoot.string()), Fault::NotFound);
    EXPECT_FAULT(findTake(root.path().string() + "/none#12A/3"), Fault::NotFound);
    EXPECT_FAULT(findTake(root.path().string() + "/none"), Fault::NotFound);
}

TEST(FindTake, FollowsASlateThatWasChangedAfterTheTake)
{
    const Folder root;
    const auto folder = writeShortTake(root.path(), { "12A", 3, 'A' });
    auto facts = *readTakeFacts(folder / "take.json");
    facts.slate.scene = "12B";
    ASSERT_OK(writeTakeFacts(folder / "take.json", facts));
    EXPECT_EQ(findTake(root.path().string() + "#12B/3").value(), folder);
    EXPECT_FAULT(findTake(root.path().string() + "#12A/3"), Fault::NotFound);
}

} // namespace
} // namespace backtake::takes
