/// Direction and orientation of takes that were shot, as the log's changes.
#include "takes/log_file.hpp"
#include "takes/shoot.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace backtake::takes {
namespace {

constexpr Showing kForward { Direction::Forward, Orientation::Upright };
constexpr Showing kTurned { Direction::Backward, Orientation::UpsideDown };

/// A take of two cameras, and one of camera A alone.
class ShowingTest : public ::testing::Test {
protected:
    ShowingTest()
    {
        for (const Slate& slate :
            { Slate { "12A", 1, 'A' }, Slate { "12A", 1, 'B' }, Slate { "12A", 2, 'A' } }) {
            TakeFacts facts = makeFacts(slate);
            facts.id = id(slate.take, slate.camera);
            facts.started_at_utc += slate.take * 60s;
            writeTake(root_.path(), evenFrames(5), facts);
        }
        reopen();
    }
    void reopen(Disk& disk = kernelDisk())
    {
        shoot_.reset();
        auto shoot = Shoot::open(root_.path(), Shoot::Mode::Create, disk);
        ASSERT_OK(shoot);
        shoot_ = std::move(*shoot);
    }
    void forget()
    {
        shoot_.reset();
        for (const char* name : { "shoot.db", "shoot.db-wal", "shoot.db-shm" })
            std::filesystem::remove(root_.path() / name);
    }
    static std::string id(int take, char camera)
    {
        return std::string(30, 'a') + fmt::format("{}{}", take, camera == 'A' ? 'a' : 'b');
    }
    [[nodiscard]] std::filesystem::path take_json(int take, char camera) const
    {
        return root_.path() / "media" / fmt::format("12A-{:03}-{}", take, camera) / "take.json";
    }
    [[nodiscard]] Showing inFile(int take, char camera) const
    {
        return showingOf(readTakeFacts(take_json(take, camera)).value());
    }
    Showing inLog(std::size_t take, std::size_t clip)
    {
        return showingOf(log().takes().value().at(take).clips.at(clip).facts);
    }
    Showing inList(std::size_t row) { return showingOf(shoot_->takes().value().at(row).facts); }
    Log& log() { return shoot_->log(); }

    Folder root_;
    std::unique_ptr<Shoot> shoot_;
};

TEST_F(ShowingTest, OfAllCamerasOfATakeIsOneChangeWithUndoAndRedoOverARestart)
{
    ASSERT_OK(log().setShowing({ { id(1, 'A'), kForward }, { id(1, 'B'), kForward } }));
    EXPECT_EQ(inLog(0, 0), kForward);
    EXPECT_EQ(inLog(0, 1), kForward);
    EXPECT_EQ(inFile(1, 'A'), kForward);
    EXPECT_EQ(inFile(1, 'B'), kForward);
    EXPECT_EQ(inFile(2, 'A'), Showing()) << "this take alone";
    LogQuery forward;
    forward.words = "forward";
    EXPECT_EQ(log().find(forward)->size(), 1U) << "it is found by it";
    reopen();
    EXPECT_EQ(log().undo().value(), "direction of 12A/1: forward");
    EXPECT_EQ(inLog(0, 0), Showing());
    EXPECT_EQ(inFile(1, 'A'), Showing());
    EXPECT_EQ(inFile(1, 'B'), Showing());
    EXPECT_EQ(log().undo().value(), "") << "one change";
    reopen();
    EXPECT_EQ(inLog(0, 0), Showing());
    EXPECT_EQ(log().redo().value(), "direction of 12A/1: forward");
    EXPECT_EQ(inFile(1, 'B'), kForward);
    EXPECT_EQ(inLog(0, 1), kForward);
}

TEST_F(ShowingTest, TheHistorySaysWhatWasTurnedAndOfWhichCamera)
{
    ASSERT_OK(log().setShowing({ { id(1, 'B'), kTurned } }));
    ASSERT_OK(log().setShowing({ { id(1, 'B'), kTurned } })); // as it is: no change
    ASSERT_OK(log().setShowing({ { id(2, 'A'), { Direction::Forward, Orientation::Mirrored } } }));
    EXPECT_EQ(log().undo().value(), "direction and orientation of 12A/2: forward, mirrored");
    EXPECT_EQ(log().undo().value(), "orientation of 12A/1 B: 180");
    EXPECT_EQ(log().undo().value(), "");
    EXPECT_FAULT(log().setShowing({ { std::string(32, '0'), kTurned } }), Fault::NotFound);
}

TEST_F(ShowingTest, IsMadeAgainFromMediaAlone)
{
    ASSERT_OK(log().setShowing({ { id(1, 'A'), kForward }, { id(1, 'B'), kForward } }));
    forget();
    reopen();
    EXPECT_EQ(inLog(0, 0), kForward);
    EXPECT_EQ(inLog(0, 1), kForward);
    EXPECT_EQ(inLog(1, 0), Showing());
}

/// Fails when a take.json that could not follow the log rules over it afterwards.
TEST_F(ShowingTest, TheLogsWordHoldsWhereTakeJsonCouldNotFollow)
{
    FailingDisk disk(root_.path() / "media");
    reopen(disk);
    (void)log().takes();
    disk.fail(FailingDisk::kEveryCall, EROFS);
    ASSERT_OK(log().setShowing({ { id(1, 'A'), kForward }, { id(1, 'B'), kForward } }));
    EXPECT_FALSE(log().troubles().empty());
    EXPECT_EQ(inFile(1, 'A'), Showing());
    EXPECT_EQ(inLog(0, 0), kForward);
    shoot_.reset();
    { // who only looks sees it, and changes nothing
        const auto looking = Shoot::open(root_.path(), Shoot::Mode::ReadOnly);
        ASSERT_OK(looking);
        EXPECT_EQ(showingOf((*looking)->takes()->at(0).facts), kForward);
        EXPECT_EQ(showingOf((*looking)->log().takes()->at(0).clips.at(0).facts), kForward);
        EXPECT_EQ(inFile(1, 'A'), Showing());
    }
    reopen();
    EXPECT_EQ(inList(0), kForward);
    EXPECT_EQ(inFile(1, 'A'), kForward);
    EXPECT_EQ(inFile(1, 'B'), kForward);
    EXPECT_TRUE(log().troubles().empty());
    EXPECT_EQ(log().undo().value(), "direction of 12A/1: forward");
    EXPECT_EQ(inFile(1, 'A'), Showing());
}

/// As a crash leaves it between log.json and take.json, when shoot.db is lost, too.
TEST_F(ShowingTest, WithoutAnyLogTheNewerOfTheFilesBesideTheTakeHolds)
{
    const std::string before = readAll(take_json(1, 'A'));
    ASSERT_OK(log().setShowing({ { id(1, 'A'), kForward } }));
    forget();
    writeAll(take_json(1, 'A'), before);
    reopen();
    EXPECT_EQ(inList(0), kForward);
    EXPECT_EQ(inLog(0, 0), kForward);
    EXPECT_EQ(inFile(1, 'A'), kForward);
}

/// The recorder has take.json until the take is closed.
TEST_F(ShowingTest, OfATakeThatIsBeingWrittenItFollowsOnceThatIsClosed)
{
    TakeFacts facts = makeFacts({ "12A", 3, 'A' });
    facts.id = id(3, 'A');
    facts.started_at_utc += 3 * 60s;
    auto writer = RecordingWriter::create(root_.path(), facts);
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(evenFrames(5)));
    ASSERT_OK(shoot_->record({ (*writer)->folder(), facts }));
    ASSERT_OK(log().setShowing({ { id(3, 'A'), kTurned } }));
    EXPECT_EQ(inFile(3, 'A'), Showing());
    ASSERT_OK((*writer)->close(facts));
    const auto closed = readTakeFacts(take_json(3, 'A'));
    ASSERT_OK(closed);
    ASSERT_OK(shoot_->record({ (*writer)->folder(), *closed }));
    EXPECT_EQ(inFile(3, 'A'), kTurned);
    EXPECT_EQ(inLog(2, 0), kTurned);
    EXPECT_EQ(inLog(2, 0), inList(3));
}

TEST_F(ShowingTest, ALogOfVersion3IsBroughtUpWithWhatTakeJsonSays)
{
    ASSERT_OK(log().takes());
    shoot_.reset();
    const auto path = root_.path() / "shoot.db";
    sqlite3* old = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &old), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(old,
                  "ALTER TABLE recordings DROP COLUMN showing; PRAGMA user_version = 3;"
                  "PRAGMA wal_checkpoint(TRUNCATE)",
                  nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(old);
    TakeFacts facts = readTakeFacts(take_json(2, 'A')).value();
    show(facts, kTurned); // as older versions turned a take
    ASSERT_OK(writeTakeFacts(take_json(2, 'A'), facts));
    reopen();
    EXPECT_EQ(inLog(1, 0), kTurned);
    EXPECT_TRUE(std::filesystem::exists(path.string() + ".version-3"));
    ASSERT_OK(log().setShowing({ { id(2, 'A'), kForward } }));
    EXPECT_EQ(inFile(2, 'A'), kForward);
    ASSERT_OK(log().undo());
    EXPECT_EQ(inFile(2, 'A'), kTurned);
}

} // namespace
} // namespace backtake::takes
