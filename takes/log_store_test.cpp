// A log that cannot be written now says so, changes nothing, and takes the same call once it can.
#include "takes/log_schema.hpp"
#include "takes/log_store.hpp"
#include "takes/test_takes.hpp"

#include <sqlite3.h>

namespace backtake::takes {
namespace {

class LogStoreRetry : public ::testing::Test {
protected:
    LogStoreRetry()
    {
        TakeFacts facts = makeFacts({ "12A", 1, 'A' });
        facts.id = std::string(32, 'a');
        const TakeEntry entry { writeTake(root_.path(), evenFrames(10), facts), facts };
        auto database = openLogToWrite(path_, LogFileKind::Absent).value();
        connection_ = database.connection.get();
        sqlite3_busy_timeout(connection_, 0); // whoever holds it is this test: waiting would not help
        store_ = std::make_unique<LogStore>(
            std::move(database), LogStore::Use::Write, root_.path() / "media", kernelDisk());
        EXPECT_OK(store_->record(std::span(&entry, 1)));
    }
    static void run(sqlite3* connection, const char* sql)
    {
        ASSERT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(connection);
    }
    [[nodiscard]] Mark note() const
    {
        Mark mark;
        mark.take = std::string(32, 'a');
        mark.captured_frame = 4;
        mark.kind = Mark::Kind::Note;
        mark.text = std::string(60'000, 'x'); // more than the pages that are there have room for
        mark.made_at_utc = 5s;
        return mark;
    }
    void expectNothingChanged(std::int64_t version)
    {
        EXPECT_EQ(store_->version().value(), version);
        const LoggedTake take = store_->takes().value().at(0);
        EXPECT_TRUE(take.marks.empty());
        EXPECT_FALSE(take.sheet.circled);
        EXPECT_FALSE(take.edited);
    }
    /// Each change is there once: in the log, in its history, beside the take.
    void expectTakenOnce()
    {
        TakeSheet sheet = store_->takes().value().at(0).sheet;
        sheet.circled = true;
        ASSERT_OK(store_->setSheet(store_->takes().value().at(0).id, sheet));
        ASSERT_OK(store_->putMark(note()));
        const LoggedTake take = store_->takes().value().at(0);
        EXPECT_EQ(take.marks.size(), 1u);
        EXPECT_TRUE(take.sheet.circled);
        EXPECT_EQ(readAll(root_.path() / "media/12A-001-A/log.json").find("xxx") == std::string::npos, false);
        EXPECT_NE(store_->undo().value(), "");
        EXPECT_EQ(store_->undo().value(), "circle 12A/1");
        EXPECT_EQ(store_->undo().value(), "") << "what failed left no trace";
    }

    Folder root_;
    const std::filesystem::path path_ = root_.path() / "shoot.db";
    sqlite3* connection_ = nullptr; ///< The store's.
    std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreRetry, AfterAnotherProgramHeldTheLog)
{
    const std::int64_t version = store_->version().value();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
    run(other, "BEGIN IMMEDIATE");
    TakeSheet sheet = store_->takes().value().at(0).sheet;
    sheet.circled = true;
    EXPECT_FAULT(store_->setSheet(store_->takes().value().at(0).id, sheet), Fault::Busy);
    EXPECT_FAULT(store_->putMark(note()), Fault::Busy);
    expectNothingChanged(version);
    run(other, "ROLLBACK");
    sqlite3_close(other);
    expectTakenOnce();
}

TEST_F(LogStoreRetry, AfterTheDiskWasFull)
{
    const std::int64_t version = store_->version().value();
    run(connection_, "PRAGMA max_page_count = 1"); // the file may not grow: SQLite's word for a full disk
    EXPECT_FAULT(store_->putMark(note()), Fault::OutOfSpace);
    EXPECT_FAULT(store_->putMark(note()), Fault::OutOfSpace);
    expectNothingChanged(version);
    run(connection_, "PRAGMA max_page_count = 1073741823");
    expectTakenOnce();
}

} // namespace
} // namespace backtake::takes
