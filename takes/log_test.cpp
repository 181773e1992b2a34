#include "takes/log.hpp"
#include "takes/log_file.hpp"
#include "takes/shoot.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

namespace backtake::takes {
namespace {

std::unique_ptr<Shoot> opened(const std::filesystem::path& folder, Shoot::Mode mode = Shoot::Mode::Create)
{
    auto shoot = Shoot::open(folder, mode);
    EXPECT_OK(shoot);
    return std::move(*shoot);
}

/// A closed take; its id is made of its slate.
std::filesystem::path shootTake(const std::filesystem::path& shoot, const Slate& slate, int frames = 10)
{
    TakeFacts facts = makeFacts(slate);
    facts.started_at_utc = Nanos(1'700'000'000'000'000'000) + slate.take * 60s;
    facts.id = std::string(29, 'a') + fmt::format("{:02x}", slate.take) + (slate.camera == 'A' ? "a" : "b");
    return writeTake(shoot, evenFrames(frames), facts);
}

Mark noteAt(const LoggedTake& take, FrameIndex captured, std::string text)
{
    Mark mark;
    mark.take = take.clips.at(0).facts.id;
    mark.captured_frame = captured;
    mark.kind = Mark::Kind::Note;
    mark.text = std::move(text);
    mark.made_at_utc = 5s;
    return mark;
}

takes::Setup setupOf(std::string name, std::string description)
{
    takes::Setup setup;
    setup.name = std::move(name);
    setup.description = std::move(description);
    return setup;
}

LogQuery wordsOf(std::string words)
{
    LogQuery query;
    query.words = std::move(words);
    return query;
}

class LogTest : public ::testing::Test {
protected:
    LogTest()
    {
        shootTake(root_.path(), { "12A", 1, 'A' });
        shootTake(root_.path(), { "12A", 2, 'A' });
        shootTake(root_.path(), { "12A", 2, 'B' });
        reopen();
    }
    void reopen()
    {
        shoot_.reset();
        shoot_ = opened(root_.path());
    }
    Log& log() { return shoot_->log(); }
    LoggedTake take(std::size_t n) { return log().takes().value().at(n); }
    void circle(std::size_t n)
    {
        TakeSheet sheet = take(n).sheet;
        sheet.circled = true;
        ASSERT_OK(log().setSheet(take(n).id, sheet));
    }

    Folder root_;
    std::unique_ptr<Shoot> shoot_;
};

TEST_F(LogTest, AllCamerasOfATakeAreOneTakeAndOldestComesFirst)
{
    const auto takes = log().takes().value();
    ASSERT_EQ(takes.size(), 2u);
    EXPECT_EQ(takes[0].shot_as, (Slate { "12A", 1, 'A' }));
    EXPECT_EQ(takes[0].sheet.slate, takes[0].shot_as);
    EXPECT_FALSE(takes[0].edited);
    ASSERT_EQ(takes[1].clips.size(), 2u);
    EXPECT_EQ(takes[1].clips[0].folder, root_.path() / "media" / "12A-002-A");
    EXPECT_EQ(takes[1].clips[1].facts.slate.camera, 'B');
}

TEST_F(LogTest, WhatIsSaidIsThereAfterRestart)
{
    TakeSheet sheet = take(1).sheet;
    sheet.circled = true;
    sheet.verdict = Verdict::Hold;
    sheet.pickup = sheet.series = sheet.mos = true;
    sheet.rating = 4;
    sheet.board = Board::UpsideDownTail;
    sheet.lens = "35 mm";
    sheet.stop = "T2.8";
    sheet.filter = "ND.6";
    sheet.rate = "48 fps";
    sheet.camera = "EOS-1D C";
    sheet.note = "rain \"stops\"\nlate";
    ASSERT_OK(log().setSheet(take(1).id, sheet));
    const takes::Setup setup { "12A", "steps, up", Direction::Forward, Orientation::UpsideDown, "50", "T4",
        "none", "25", "1D C, body 2" };
    ASSERT_OK(log().setSetup(setup));
    const auto id = log().putMark(noteAt(take(1), 7, "blinks"));
    ASSERT_OK(id);
    reopen();
    EXPECT_EQ(take(1).sheet, sheet);
    EXPECT_TRUE(take(1).edited);
    EXPECT_FALSE(take(0).edited);
    EXPECT_EQ(log().setups().value(), std::vector { setup });
    ASSERT_EQ(take(1).marks.size(), 1u);
    Mark expected = noteAt(take(1), 7, "blinks");
    expected.id = *id;
    expected.timecode = 90'007;
    EXPECT_EQ(take(1).marks[0], expected);
}

/// Fails for a take that is left behind, for two takes of one number, and for an undo that takes them back
/// one by one.
TEST_F(LogTest, ATakeAndAllAfterItGetOtherNumbersInOneChange)
{
    for (const int number : { 4, 5, 7 })
        shootTake(root_.path(), { "12A", number, 'A' });
    shootTake(root_.path(), { "12B", 9, 'A' });
    reopen();
    const auto slates = [this] {
        const auto taken = log().takes().value();
        std::vector<std::string> all;
        for (const LoggedTake& take : taken)
            all.push_back(text(take.sheet.slate));
        return all;
    };
    const std::vector<std::string> before { "12A/1", "12A/2", "12A/4", "12A/5", "12A/7", "12B/9" };
    ASSERT_EQ(slates(), before);
    ASSERT_OK(log().renumberFrom(take(2).id, { "12A", 5, 'A' }));
    EXPECT_EQ(slates(), (std::vector<std::string> { "12A/1", "12A/2", "12A/5", "12A/6", "12A/8", "12B/9" }));
    EXPECT_EQ(text(take(2).shot_as), "12A/4") << "the trace";
    EXPECT_TRUE(std::filesystem::exists(root_.path() / "media" / "12A-004-A")) << "the media stay";
    EXPECT_EQ(readLogFile(root_.path() / "media" / "12A-004-A" / "log.json").value().sheet->slate.take, 5);
    EXPECT_EQ(log().undo().value(), "renumber 12A/4 and all after it to 12A/5");
    EXPECT_EQ(slates(), before);
    EXPECT_FALSE(take(2).edited);
    reopen();
    ASSERT_OK(log().redo());
    EXPECT_EQ(text(take(4).sheet.slate), "12A/8");
    ASSERT_OK(log().renumberFrom(take(0).id, { "14", 3, 'A' }));
    EXPECT_EQ(slates(), (std::vector<std::string> { "14/3", "14/4", "14/7", "14/8", "14/10", "12B/9" }));
    EXPECT_EQ(text(take(2).shot_as), "12A/4") << "however often";
}

TEST_F(LogTest, RenumberingOntoATakeThatStaysIsRefusedAndChangesNothing)
{
    shootTake(root_.path(), { "12A", 4, 'A' });
    reopen();
    const auto version = log().version().value();
    const auto refused = log().renumberFrom(take(1).id, { "12A", 1, 'A' });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::Usage);
    EXPECT_NE(refused.error().message.find("a take 12A/1 already"), std::string::npos);
    EXPECT_FAULT(log().renumberFrom(take(2).id, { "12A", 0, 'A' }), Fault::Usage);
    EXPECT_FAULT(log().renumberFrom(take(2).id, { "12A", 100'000, 'A' }), Fault::Usage);
    EXPECT_FAULT(log().renumberFrom(take(2).id, { "", 4, 'A' }), Fault::Usage);
    EXPECT_FAULT(log().renumberFrom(4711, { "12A", 9, 'A' }), Fault::NotFound);
    EXPECT_OK(log().renumberFrom(take(1).id, take(1).sheet.slate));
    EXPECT_EQ(log().version().value(), version);
    EXPECT_OK(log().renumberFrom(take(1).id, { "12A", 3, 'A' })) << "2 to 3, and 4 to 5";
}

TEST_F(LogTest, WhatATakeSaysItselfHoldsBeforeWhatItsSetupSays)
{
    takes::Setup setup = setupOf("12A", "steps");
    setup.lens = "50";
    setup.camera = "1D C";
    ASSERT_OK(log().setSetup(setup));
    TakeSheet own = take(1).sheet;
    own.lens = "85";
    ASSERT_OK(log().setSheet(take(1).id, own));
    EXPECT_EQ(withSetup(take(0)).lens, "50");
    EXPECT_EQ(withSetup(take(1)).lens, "85");
    EXPECT_EQ(withSetup(take(1)).camera, "1D C");
    EXPECT_EQ(take(1).sheet.camera, "") << "it is not copied";
    own.slate.scene = "13";
    ASSERT_OK(log().setSheet(take(1).id, own));
    EXPECT_EQ(withSetup(take(1)).camera, "") << "another setup's";
}

TEST_F(LogTest, AnyNameOfASceneComesBackAsItWasTyped)
{
    std::string long_name;
    for (int i = 0; i < 100; ++i)
        long_name += "\U0001F40E\u00E9'";
    for (const std::string& name : { std::string("12/A"), std::string("\"12\" 'A'"), std::string("a\\b;--"),
             std::string("\U0001F3AC 12"), long_name }) {
        TakeSheet sheet = take(0).sheet;
        sheet.slate = { name, 3, 'A' };
        sheet.lens = sheet.note = name;
        ASSERT_OK(log().setSheet(take(0).id, sheet)) << name;
        ASSERT_OK(log().setSetup(setupOf(name, name)));
        EXPECT_EQ(take(0).sheet, sheet);
        EXPECT_EQ(take(0).setup->description, name);
        ASSERT_OK(log().renumberFrom(take(0).id, { name, 8, 'A' }));
        reopen();
        EXPECT_EQ(take(0).sheet.slate, (Slate { name, 8, 'A' }));
        ASSERT_OK(log().undo());
        EXPECT_EQ(take(0).sheet, sheet);
    }
}

TEST_F(LogTest, MarksAreReplacedAndRemoved)
{
    Mark mark = noteAt(take(0), 3, "once");
    mark.id = log().putMark(mark).value();
    mark.text = "twice";
    EXPECT_EQ(log().putMark(mark).value(), mark.id);
    ASSERT_EQ(take(0).marks.size(), 1u);
    EXPECT_EQ(take(0).marks[0].text, "twice");
    ASSERT_OK(log().removeMark(mark.id));
    EXPECT_TRUE(take(0).marks.empty());
    EXPECT_FAULT(log().removeMark(mark.id), Fault::NotFound);
    EXPECT_FAULT(log().putMark(mark), Fault::NotFound);
}

TEST_F(LogTest, WhatMakesNoSenseIsRefused)
{
    EXPECT_FAULT(log().putMark(noteAt(take(0), 10, "behind the end")), Fault::Usage);
    EXPECT_FAULT(log().putMark(noteAt(take(0), -1, "before the beginning")), Fault::Usage);
    TakeSheet sheet = take(0).sheet;
    sheet.rating = 6;
    EXPECT_FAULT(log().setSheet(take(0).id, sheet), Fault::Usage);
    sheet = take(0).sheet;
    sheet.slate.take = 2;
    EXPECT_FAULT(log().setSheet(take(0).id, sheet), Fault::Usage); // 12A/2 is another take
    sheet.slate = { "", 3, 'A' };
    EXPECT_FAULT(log().setSheet(take(0).id, sheet), Fault::Usage);
    EXPECT_FAULT(log().setSheet(4711, take(0).sheet), Fault::NotFound);
    EXPECT_FAULT(log().setSetup({}), Fault::Usage);
    EXPECT_FALSE(take(0).edited);
    EXPECT_EQ(log().undo().value(), "") << "nothing of it is in the history";
}

TEST_F(LogTest, UndoAndRedoGoThroughEverythingAcrossRestarts)
{
    circle(0);
    ASSERT_OK(log().setSetup(setupOf("12A", "steps")));
    Mark mark = noteAt(take(1), 3, "blinks");
    mark.id = log().putMark(mark).value();
    mark.captured_frame = 4;
    ASSERT_OK(log().putMark(mark));
    ASSERT_OK(log().removeMark(mark.id));
    for (const char* words : { "remove note in 12A/2", "change note in 12A/2", "note in 12A/2", "setup 12A",
             "circle 12A/1", "" }) {
        reopen();
        EXPECT_EQ(log().undo().value(), words);
    }
    EXPECT_FALSE(take(0).edited);
    EXPECT_FALSE(take(1).edited);
    EXPECT_TRUE(log().setups()->empty());
    for (const char* words : { "circle 12A/1", "setup 12A", "note in 12A/2", "change note in 12A/2" }) {
        reopen();
        EXPECT_EQ(log().redo().value(), words);
    }
    EXPECT_TRUE(take(0).sheet.circled);
    EXPECT_EQ(log().setups().value().at(0).description, "steps");
    ASSERT_EQ(take(1).marks.size(), 1u);
    EXPECT_EQ(take(1).marks[0].id, mark.id);
    EXPECT_EQ(take(1).marks[0].captured_frame, 4);
    // A new change, and what was undone cannot be done again.
    ASSERT_OK(log().setSetup(setupOf("13", "")));
    EXPECT_EQ(log().redo().value(), "");
    EXPECT_EQ(log().undo().value(), "setup 13");
    EXPECT_EQ(log().undo().value(), "change note in 12A/2");
}

TEST_F(LogTest, TheVersionGrowsWithEveryChangeAndWithNothingElse)
{
    std::int64_t version = log().version().value();
    const auto grown = [&] {
        const std::int64_t before = std::exchange(version, log().version().value());
        return version > before;
    };
    circle(0);
    EXPECT_TRUE(grown());
    circle(0);
    EXPECT_FALSE(grown()) << "it was circled";
    ASSERT_OK(log().undo());
    EXPECT_TRUE(grown());
    ASSERT_OK(log().redo());
    EXPECT_TRUE(grown());
    ASSERT_OK(log().redo());
    EXPECT_FALSE(grown());
    ASSERT_OK(log().takes());
    EXPECT_FALSE(grown());
}

/// All that is said, without the log's own numbers of takes.
std::string everything(Log& log)
{
    std::string all;
    const auto takes = log.takes().value();
    for (const LoggedTake& take : takes) {
        all += fmt::format("{} {} {}\n", fullText(take.shot_as), textOf(take.sheet), take.edited);
        for (const LoggedClip& clip : take.clips)
            all += fmt::format("  {} {}\n", clip.folder.string(), takeFactsText(clip.facts));
        for (const Mark& mark : take.marks)
            all += "  " + textOf(mark) + "\n";
    }
    const auto setups = log.setups().value();
    for (const auto& setup : setups)
        all += textOf(setup) + "\n";
    return all;
}

void forget(const std::filesystem::path& shoot)
{
    for (const char* name : { "shoot.db", "shoot.db-wal", "shoot.db-shm" })
        std::filesystem::remove(shoot / name);
}

TEST_F(LogTest, AllIsMadeAgainFromMediaAlone)
{
    const Folder second;
    const auto elsewhere = shootTake(second.path(), { "13", 3, 'A' });
    const TakeEntry entry { elsewhere, readTakeFacts(elsewhere / "take.json").value() };
    ASSERT_OK(shoot_->record(entry));
    ASSERT_EQ(log().takes()->size(), 3u);
    circle(1);
    TakeSheet renumbered = take(0).sheet;
    renumbered.slate = { "12B", 7, 'A' };
    ASSERT_OK(log().setSheet(take(0).id, renumbered));
    ASSERT_OK(log().setSetup(setupOf("12B", "later named")));
    ASSERT_OK(log().setSetup(setupOf("12A", "steps")));
    ASSERT_OK(log().putMark(noteAt(take(0), 2, "first")));
    Mark of_b = noteAt(take(1), 5, "camera B's");
    of_b.take = take(1).clips.at(1).facts.id;
    ASSERT_OK(log().putMark(of_b));
    ASSERT_OK(log().putMark(noteAt(take(2), 9, "on the second disk")));
    ASSERT_OK(log().setSetup(setupOf("12A", "steps, down")));
    const std::string before = everything(log());
    ASSERT_THAT(before, ::testing::HasSubstr("camera B's"));
    shoot_.reset();
    forget(root_.path());
    shoot_ = opened(root_.path());
    ASSERT_OK(shoot_->record(entry));
    EXPECT_EQ(everything(log()), before);
    EXPECT_TRUE(log().troubles().empty());
    // Even when it is only looked at, without any shoot.db.
    shoot_.reset();
    forget(root_.path());
    const auto looking = opened(root_.path(), Shoot::Mode::ReadOnly);
    EXPECT_EQ(looking->log().takes()->size(), 2u);
    EXPECT_EQ(looking->log().takes()->at(1).marks.at(0).text, "camera B's");
    EXPECT_FAULT(looking->log().undo(), Fault::Denied);
    EXPECT_FAULT(looking->log().setSetup(setupOf("1", "")), Fault::Denied);
    EXPECT_FALSE(std::filesystem::exists(root_.path() / "shoot.db"));
}

/// Fails when what cannot be written beside the takes is lost, silent, or said again and again.
TEST(Logs, AFullOrReadOnlyMediaDiskIsToldOnceAndCaughtUpWithAtTheNextOpening)
{
    for (const int fault : { 0, EROFS }) {
        const Folder root;
        const auto folder = shootTake(root.path(), { "1", 1, 'A' });
        FailingDisk disk(root.path() / "media");
        {
            auto shoot = Shoot::open(root.path(), Shoot::Mode::Create, disk).value();
            const auto take = shoot->log().takes().value().at(0);
            ASSERT_OK(shoot->log().putMark(noteAt(take, 1, "before")));
            if (fault == 0)
                disk.fill();
            else
                disk.fail(FailingDisk::kEveryCall, fault);
            ASSERT_OK(shoot->log().putMark(noteAt(take, 2, "while it is full")));
            const auto troubles = shoot->log().troubles();
            ASSERT_EQ(troubles.size(), 1u);
            EXPECT_THAT(troubles[0], ::testing::HasSubstr("log.json"));
            ASSERT_OK(shoot->log().putMark(noteAt(take, 3, "still")));
            EXPECT_TRUE(shoot->log().troubles().empty());
            EXPECT_EQ(shoot->log().takes()->at(0).marks.size(), 3u);
            EXPECT_EQ(readLogFile(folder / "log.json")->marks.size(), 1u) << "the old one stays whole";
        }
        auto shoot = opened(root.path());
        EXPECT_EQ(shoot->log().takes()->at(0).marks.size(), 3u);
        EXPECT_EQ(readLogFile(folder / "log.json")->marks.size(), 3u);
        EXPECT_TRUE(shoot->log().troubles().empty());
    }
}

TEST_F(LogTest, OfTwoCamerasTheNewerFileHolds)
{
    circle(1);
    // As a disk leaves it that was full for a while.
    const auto of_b = root_.path() / "media" / "12A-002-B" / "log.json";
    LogFile old = readLogFile(of_b).value();
    --old.changes;
    old.sheet->circled = false;
    ASSERT_OK(writeLogFile(of_b, old));
    shoot_.reset();
    forget(root_.path());
    shoot_ = opened(root_.path());
    EXPECT_TRUE(take(1).sheet.circled);
}

TEST_F(LogTest, ADamagedLogFileIsSaidAndKeptAndANewerOneStays)
{
    circle(0);
    const auto file = root_.path() / "media" / "12A-001-A" / "log.json";
    writeAll(file, "{ half of");
    reopen();
    EXPECT_TRUE(take(0).sheet.circled) << "shoot.db has it";
    EXPECT_THAT(log().troubles(), ::testing::Contains(::testing::HasSubstr("12A-001-A/log.json")));
    EXPECT_EQ(readAll(file.string() + ".damaged"), "{ half of");
    EXPECT_TRUE(readLogFile(file)->sheet->circled);
    const std::string newer = R"({ "format": "backtake log", "version": 2, "changes": 1 })";
    writeAll(file, newer);
    ASSERT_OK(log().putMark(noteAt(take(0), 0, "of version 1")));
    EXPECT_EQ(log().troubles().size(), 1u);
    EXPECT_EQ(readAll(file), newer);
}

TEST(LogFiles, EveryFieldIsChecked)
{
    LogFile file;
    file.changes = 3;
    file.sheet.emplace().slate = { "12A", 3, 'A' };
    file.setup.emplace().name = "12A";
    Mark mark;
    mark.id = 4;
    mark.take = std::string(32, 'a');
    mark.captured_frame = 17;
    mark.timecode = 90'017;
    mark.kind = Mark::Kind::Tell;
    mark.tell = Tell::SmokeAndDust;
    mark.text = std::string("\0\t\n\"\\/ \xF0\x9F\x98\x80 =1+1", 16);
    mark.made_at_utc = 9s;
    file.marks = { mark };
    EXPECT_EQ(parseLogFile(logFileText(file)).value(), file);
    const auto good = nlohmann::json::parse(logFileText(file));
    const auto refused = [&good](const char* pointer, const nlohmann::json& value) {
        auto bad = good;
        bad[nlohmann::json::json_pointer(pointer)] = value;
        const auto read = parseLogFile(bad.dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore));
        EXPECT_FALSE(read.has_value()) << pointer << " " << value;
        EXPECT_TRUE(read || read.error().fault == Fault::Corrupt) << pointer;
    };
    const std::string long_text(70'000, 'x');
    for (const auto& [pointer, values] : std::map<const char*, std::vector<nlohmann::json>> {
             { "/format", { "backtake take", 1 } },
             { "/version", { 0, -1, "1", 1.5 } },
             { "/changes", { -1, 1e30, "3", nullptr, std::uint64_t { 1 } << 63 } },
             { "/sheet", { 1, "x", nlohmann::json::array() } },
             { "/sheet/slate/take", { 0, 100000, "3" } },
             { "/sheet/slate/scene", { "", 3, long_text } },
             { "/sheet/circled", { 1, "yes" } },
             { "/sheet/verdict", { "GOOD", 1 } },
             { "/sheet/rating", { 6, -1 } },
             { "/sheet/board", { "sideways" } },
             { "/sheet/lens", { long_text } },
             { "/sheet/note", { long_text, 1 } },
             { "/setup", { 1 } },
             { "/setup/name", { "", 1 } },
             { "/setup/direction", { "up" } },
             { "/setup/orientation", { "90" } },
             { "/marks", { 1, "x", nullptr } },
             { "/marks/0", { 1, "x" } },
             { "/marks/0/id", { -1, std::int64_t { 1 } << 62 } },
             { "/marks/0/take", { "", std::string(32, 'g'), std::string(31, 'a') } },
             { "/marks/0/captured_frame", { -1, 10'368'000, 1.5 } },
             { "/marks/0/timecode", { -1, std::int64_t { 1 } << 40 } },
             { "/marks/0/kind", { "", "shout" } },
             { "/marks/0/tell", { "", "yawn" } },
             { "/marks/0/text", { long_text, 1 } },
             { "/marks/0/made_at_utc_ns", { -1 } },
         })
        for (const auto& value : values)
            refused(pointer, value);
    EXPECT_FAULT(parseLogFile(logFileText(file).substr(0, 200)), Fault::Corrupt);
    EXPECT_FAULT(parseLogFile(R"({ "format": "backtake log", "version": 2 })"), Fault::Unsupported);
}

TEST_F(LogTest, ALogOfVersion1IsCopiedAndBroughtUp)
{
    shoot_.reset();
    forget(root_.path());
    const auto path = root_.path() / "shoot.db";
    sqlite3* old = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &old), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(old, R"(
        CREATE TABLE takes (folder TEXT PRIMARY KEY NOT NULL, scene TEXT NOT NULL, take INTEGER NOT NULL,
            camera TEXT NOT NULL, started_at_utc_ns INTEGER NOT NULL, facts TEXT NOT NULL) STRICT;
        CREATE INDEX takes_by_scene ON takes (scene, camera, take);
        PRAGMA application_id = 1112820529;
        PRAGMA user_version = 1;)",
                  nullptr, nullptr, nullptr),
        SQLITE_OK);
    TakeFacts gone = makeFacts({ "9", 4, 'A' });
    gone.started_at_utc = 1s;
    sqlite3_stmt* row = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(old, "INSERT INTO takes VALUES ('9-004-A', '9', 4, 'A', 1000000000, ?1)", -1,
                  &row, nullptr),
        SQLITE_OK);
    sqlite3_bind_text(row, 1, takeFactsText(gone).c_str(), -1, SQLITE_TRANSIENT);
    ASSERT_EQ(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
    sqlite3_close(old);
    const std::string before = readAll(path);
    for (const auto mode : { Shoot::Mode::ReadOnly, Shoot::Mode::Create }) {
        EXPECT_EQ(readAll(path), before) << "who only looks changes nothing";
        shoot_ = opened(root_.path(), mode);
        const auto takes = log().takes().value();
        ASSERT_EQ(takes.size(), 3u);
        EXPECT_EQ(takes[0].shot_as, (Slate { "9", 4, 'A' })) << "whose folder is gone";
        EXPECT_TRUE(isTakeId(takes[0].clips.at(0).facts.id)) << "which had none";
        EXPECT_EQ(takes[2].clips.size(), 2u);
    }
    EXPECT_EQ(shoot_->nextTake("9", 'A').value(), 5);
    circle(0);
    reopen();
    EXPECT_TRUE(take(0).sheet.circled);
    // The copy is the old one, whole.
    ASSERT_EQ(sqlite3_open(path.string().append(".version-1").c_str(), &old), SQLITE_OK);
    ASSERT_EQ(sqlite3_prepare_v2(old, "SELECT folder FROM takes", -1, &row, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(row), SQLITE_ROW);
    EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(row, 0)), "9-004-A");
    sqlite3_finalize(row);
    sqlite3_close(old);
}

TEST_F(LogTest, WhoLooksSeesWhatTheWriterSaysAsItIsSaid)
{
    const auto looking = opened(root_.path(), Shoot::Mode::ReadOnly);
    ASSERT_OK(log().takes());
    std::int64_t version = looking->log().version().value();
    circle(0);
    EXPECT_GT(looking->log().version().value(), version);
    EXPECT_TRUE(looking->log().takes()->at(0).sheet.circled);
    version = looking->log().version().value();
    ASSERT_OK(log().undo());
    EXPECT_GT(looking->log().version().value(), version);
    EXPECT_FALSE(looking->log().takes()->at(0).sheet.circled);
}

TEST_F(LogTest, AnotherProcessSeesEveryChange)
{
    shoot_.reset();
    int told[2];
    int asked[2];
    ASSERT_EQ(::pipe(told), 0);
    ASSERT_EQ(::pipe(asked), 0);
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) { // one note for each byte that is asked for
        ::close(asked[1]);
        bool well = true;
        {
            auto shoot = Shoot::open(root_.path(), Shoot::Mode::Create).value();
            const auto take = shoot->log().takes().value().at(0);
            char byte = 0;
            for (int n = 0; ::read(asked[0], &byte, 1) == 1; ++n)
                well = well && shoot->log().putMark(noteAt(take, n, fmt::format("note {}", n)))
                    && ::write(told[1], &byte, 1) == 1;
        }
        ::_exit(well ? 0 : 1);
    }
    ::close(asked[0]);
    char byte = 0;
    ASSERT_EQ(::write(asked[1], "x", 1), 1);
    ASSERT_EQ(::read(told[0], &byte, 1), 1);
    const auto looking = opened(root_.path(), Shoot::Mode::ReadOnly);
    std::int64_t version = looking->log().version().value();
    for (std::size_t n = 2; n <= 5; ++n) {
        ASSERT_EQ(::write(asked[1], "x", 1), 1);
        ASSERT_EQ(::read(told[0], &byte, 1), 1);
        EXPECT_GT(looking->log().version().value(), version);
        version = looking->log().version().value();
        EXPECT_EQ(looking->log().takes()->at(0).marks.size(), n);
        EXPECT_EQ(looking->log().find(wordsOf(fmt::format("note {}", n - 1)))->size(), 1u);
    }
    ::close(asked[1]);
    int status = -1;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    EXPECT_EQ(status, 0);
    for (const int end : { told[0], told[1] })
        ::close(end);
}

TEST(Slating, SetupsGoOnWithoutIAndOAndScenesByNumber)
{
    for (const auto& [scene, next] :
        std::map<std::string, std::string> { { "12", "12A" }, { "12A", "12B" }, { "12H", "12J" },
            { "12N", "12P" }, { "12Y", "12Z" }, { "12Z", "12AA" }, { "12AZ", "12BA" }, { "12ZZ", "12AAA" },
            { "12AH", "12AJ" }, { "12b", "12C" }, { "A12", "A12A" }, { "INT", "INTA" }, { "", "A" } })
        EXPECT_EQ(nextSetup(scene), next) << scene;
    for (const auto& [scene, next] : std::map<std::string, std::string> { { "12", "13" }, { "12B", "13" },
             { "9", "10" }, { "99ZZ", "100" }, { "A12C", "A13" }, { "007", "008" },
             { "99999999999999999999", "100000000000000000000" } })
        EXPECT_EQ(nextScene(scene), next) << scene;
    TakeSheet sheet;
    sheet.slate = { "12A", 3, 'A' };
    EXPECT_EQ(displaySlate(sheet), "12A/3");
    sheet.pickup = true;
    EXPECT_EQ(displaySlate(sheet), "12A/3 PU");
    sheet.series = true;
    EXPECT_EQ(displaySlate(sheet), "12A/3 PU SER");
}

TEST_F(LogTest, RenumberingMovesNothingLeavesATraceAndTakesTheNumber)
{
    const std::string facts = readAll(root_.path() / "media/12A-002-A/take.json");
    TakeSheet sheet = take(1).sheet;
    sheet.slate = { "12C", 8, 'A' };
    ASSERT_OK(log().setSheet(take(1).id, sheet));
    EXPECT_EQ(take(1).shot_as, (Slate { "12A", 2, 'A' }));
    EXPECT_EQ(readAll(root_.path() / "media/12A-002-A/take.json"), facts);
    EXPECT_EQ(shoot_->nextTake("12C", 'A').value(), 9);
    EXPECT_EQ(shoot_->nextTake("12C", 'B').value(), 9) << "the number is the take's, not the camera's";
    EXPECT_EQ(shoot_->nextTake("12A", 'A').value(), 3) << "the folder of 12A/2 is still there";
    EXPECT_EQ(log().find(wordsOf("12C/8"))->size(), 1u);
    EXPECT_EQ(log().find(wordsOf("12A/2"))->size(), 1u) << "as it was shot";
    reopen();
    EXPECT_EQ(log().undo().value(), "renumber 12A/2 to 12C/8");
    EXPECT_EQ(take(1).sheet.slate, take(1).shot_as);
}

TEST_F(LogTest, MarksOfARollingTakeAreItsOwnOnceItIsRecorded)
{
    Mark mark = noteAt(take(0), 4, "made while it rolled");
    mark.take = std::string(29, 'a') + "03a"; // as shootTake() gives it
    ASSERT_OK(log().putMark(mark));
    const auto folder = shootTake(root_.path(), { "12A", 3, 'A' });
    ASSERT_OK(shoot_->record({ folder, readTakeFacts(folder / "take.json").value() }));
    ASSERT_EQ(take(2).marks.size(), 1u);
    EXPECT_EQ(take(2).marks[0].timecode, 90'004);
    EXPECT_EQ(readLogFile(folder / "log.json")->marks, take(2).marks);
}

TEST_F(LogTest, WordsAreFoundAsTheyAreTypedWhateverIsTyped)
{
    TakeSheet sheet = take(0).sheet;
    sheet.note = "Régie: l'homme à la pluie";
    sheet.lens = "35mm";
    ASSERT_OK(log().setSheet(take(0).id, sheet));
    Mark tell = noteAt(take(1), 3, "left eye \xF0\x9F\x99\x82 \"quoted\" OR NEAR(");
    tell.kind = Mark::Kind::Tell;
    tell.tell = Tell::HairAndCloth;
    ASSERT_OK(log().putMark(tell));
    ASSERT_OK(log().setSetup(setupOf("12A", "staircase")));
    const auto path = root_.path() / "media/12A-002-B";
    TakeFacts facts = readTakeFacts(path / "take.json").value();
    facts.camera_clip = CameraClip { "/DCIM", "MVI_0042.MOV", 5, "" };
    ASSERT_OK(writeTakeFacts(path / "take.json", facts));
    ASSERT_OK(shoot_->takes());
    const auto first = take(0).id;
    const auto second = take(1).id;
    using Ids = std::vector<std::int64_t>;
    for (const auto& [words, ids] : std::vector<std::pair<std::string, Ids>> {
             { "", { first, second } },
             { "plu", { first } },
             { "REGIE", { first } },
             { "homme pluie", { first } },
             { "homme stair", { first } },
             { "homme left", {} },
             { "l'homme", { first } },
             { "35", { first } },
             { "hair", { second } },
             { "cloth left", { second } },
             { "stairc", { first, second } },
             { "12A/1", { first } },
             { "12a/2b", { second } },
             { "12A", { first, second } },
             { "mvi_0042", { second } },
             { "Pattern", { first, second } },
             { "\xF0\x9F\x99\x82", { second } },
             { "\"quoted\"", { second } },
             { "OR", { second } },
             { "NEAR(", { second } },
             { "zebra", {} },
             { "\" ' ( ) * : ^ - + { } AND", { second } },
             { "\"", { first, second } },
             { "* - ( :", { first, second } },
             { "text:plu", {} },
             { std::string("plu\0ie", 6), {} },
             { std::string("\0", 1), { first, second } },
             { "\xFF\xFE", {} },
             { std::string(100'000, '"'), { first, second } },
         }) {
        const auto found = log().find(wordsOf(words));
        ASSERT_TRUE(found.has_value()) << words.substr(0, 50) << ": " << found.error().message;
        EXPECT_EQ(*found, ids) << words.substr(0, 50);
    }
    // What is no more is not found either.
    ASSERT_OK(log().undo());
    EXPECT_TRUE(log().find(wordsOf("stair"))->empty());
}

TEST_F(LogTest, FiltersHoldTogether)
{
    circle(0);
    circle(1);
    TakeSheet sheet = take(1).sheet;
    sheet.verdict = Verdict::NoGood;
    ASSERT_OK(log().setSheet(take(1).id, sheet));
    Mark tell = noteAt(take(0), 3, "");
    tell.kind = Mark::Kind::Tell;
    tell.tell = Tell::Gait;
    ASSERT_OK(log().putMark(tell));
    const auto count = [this](const auto& ask) {
        LogQuery query;
        ask(query);
        return log().find(query)->size();
    };
    EXPECT_EQ(count([](LogQuery& q) { q.circled = true; }), 2u);
    for (const auto& [verdict, takes] :
        std::map<Verdict, std::size_t> { { Verdict::NoGood, 1 }, { Verdict::Open, 1 }, { Verdict::Hold, 0 } })
        EXPECT_EQ(count([v = verdict](LogQuery& q) { q.verdict = v; }), takes) << nameOf(verdict);
    EXPECT_EQ(count([](LogQuery& q) { q.tell = Tell::Gait; }), 1u);
    EXPECT_EQ(count([](LogQuery& q) { q.tell = Tell::Blink; }), 0u);
    LogQuery all;
    all.words = "gait";
    all.circled = true;
    all.verdict = Verdict::Open;
    all.tell = Tell::Gait;
    EXPECT_EQ(log().find(all)->size(), 1u);
    all.verdict = Verdict::NoGood;
    EXPECT_EQ(log().find(all)->size(), 0u);
    // 1,700,000,060 s is 22:14:20 UTC on 2023-11-14.
    for (const auto& [zone, day] : std::map<std::string, std::string> {
             { "UTC0", "2023-11-14" }, { "Far-5", "2023-11-15" }, { "West8", "2023-11-14" } }) {
        ::setenv("TZ", zone.c_str(), 1);
        ::tzset();
        EXPECT_EQ(count([d = day](LogQuery& q) { q.day = d; }), 2u) << zone;
        EXPECT_EQ(count([](LogQuery& q) { q.day = "2023-11-13"; }), 0u) << zone;
    }
    ::unsetenv("TZ");
    ::tzset();
}

TEST_F(LogTest, AnyTextStaysAsItWasTyped)
{
    const std::vector<std::string> texts { "a/b\\c", "\"quoted\" 'so'", "tab\tbreak\nreturn\r\n", "=1+1",
        "@SUM(A1)", "\xF0\x9F\x91\xBB\xF0\x9F\x8F\xBD\xE2\x80\x8D", std::string(300, 'x'),
        std::string("nul\0inside", 10), "'; DROP TABLE takes; --", "\xE2\x80\xAEthgir" };
    for (const std::string& text : texts) {
        TakeSheet sheet = take(0).sheet;
        sheet.note = sheet.lens = text;
        ASSERT_OK(log().setSheet(take(0).id, sheet));
        EXPECT_EQ(take(0).sheet.note, text);
        ASSERT_OK(log().putMark(noteAt(take(1), 1, text)));
        ASSERT_OK(log().setSetup(setupOf("12A", text)));
        EXPECT_EQ(log().setups()->at(0).description, text);
    }
    ASSERT_OK(log().putMark(noteAt(take(1), 1, "half \xC3 a letter")));
    shoot_.reset();
    forget(root_.path());
    shoot_ = opened(root_.path());
    ASSERT_EQ(take(1).marks.size(), texts.size() + 1);
    for (std::size_t i = 0; i < texts.size(); ++i)
        EXPECT_EQ(take(1).marks[i].text, texts[i]);
    EXPECT_EQ(take(1).marks.back().text, "half \xEF\xBF\xBD a letter")
        << "what is no UTF-8 is marked as such";
    EXPECT_EQ(take(0).sheet.lens, texts.back());
    EXPECT_FAULT(log().putMark(noteAt(take(0), 1, std::string(100'000, 'x'))), Fault::Usage);
}

/// A timecode as somebody counts it who says every one of them.
class CountedTimecode {
public:
    explicit CountedTimecode(const base::TimecodeFormat& format)
        : format_(format)
    {
    }
    void next()
    {
        if (++frame_ < format_.rate.nominal())
            return;
        frame_ = 0;
        if (++second_ == 60) {
            second_ = 0;
            if (++minute_ == 60) {
                minute_ = 0;
                hour_ = (hour_ + 1) % 24;
            }
            if (format_.drop_frame && minute_ % 10 != 0)
                frame_ = 2;
        }
    }
    [[nodiscard]] std::string label() const
    {
        return fmt::format(
            "{:02}:{:02}:{:02}{}{:02}", hour_, minute_, second_, format_.drop_frame ? ';' : ':', frame_);
    }

private:
    base::TimecodeFormat format_;
    int hour_ = 0;
    int minute_ = 0;
    int second_ = 0;
    int frame_ = 0;
};

/// A captured frame as the audience sees it, found without any rule: by laying the frames out the other way
/// round.
struct ShownFrame {
    FrameIndex captured = 0;
    Nanos length {};
    std::string label; ///< Captured timecode.
    Nanos shown_at {}; ///< From the beginning for the audience.
};

std::vector<ShownFrame> layOut(const Recording& recording, int frames, std::int64_t start_timecode)
{
    CountedTimecode counted(recording.timecodeFormat());
    for (std::int64_t n = 0; n < start_timecode; ++n)
        counted.next();
    std::vector<ShownFrame> shown;
    for (int n = 0; n < frames; ++n, counted.next()) {
        const Nanos end = n + 1 < frames ? unevenTime(n + 1) : recording.duration();
        shown.push_back({ n, end - unevenTime(n), counted.label(), {} });
    }
    std::ranges::reverse(shown);
    Nanos at {};
    for (ShownFrame& frame : shown) {
        frame.shown_at = at;
        at += frame.length;
    }
    return shown;
}

/// Whatever is trimmed, a mark that is made at a shown frame stands at the captured one that was seen, with
/// its timecode, and leads back to the shown one.
TEST(Logs, AMarkStandsAtTheSameFrameInBothClocks)
{
    std::mt19937 random(11);
    const auto below = [&random](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
    for (const int frames : { 1, 2, 7, 16, 29, 30 }) {
        for (const bool drop : { false, true }) {
            SCOPED_TRACE(fmt::format("{} frames, {}", frames, drop ? "drop frame" : "non-drop"));
            const Folder root;
            TakeFacts facts = makeFacts({ "1", 1, 'A' });
            facts.timecode = drop ? base::TimecodeFormat { { 30000, 1001 }, true }
                                  : base::TimecodeFormat { { 24000, 1001 }, false };
            // Across midnight, across the minute that drops two numbers, anywhere.
            facts.start_timecode = frames % 3 == 1 ? facts.timecode.framesPerDay() - frames / 2
                : frames % 3 == 2                  ? 1800 - frames / 2
                                                   : below(100'000);
            std::vector<FramePtr> captured;
            for (int n = 0; n < frames; ++n)
                captured.push_back(makeFrame(n, kUptime + unevenTime(n), 16, 16));
            const auto recording = Recording::open(writeTake(root.path(), captured, facts)).value();
            const auto whole = layOut(*recording, frames, facts.start_timecode);
            auto trimmed = whole; // by out, then by in
            trimmed.resize(trimmed.size() - static_cast<std::size_t>(below(frames)));
            trimmed.erase(trimmed.begin(), trimmed.begin() + below(static_cast<int>(trimmed.size())));

            auto shoot = opened(root.path());
            const auto take = shoot->log().takes().value().at(0);
            std::map<std::int64_t, ShownFrame> seen;
            for (int i = 0; i < 5; ++i) {
                const ShownFrame& here =
                    trimmed.at(static_cast<std::size_t>(below(static_cast<int>(trimmed.size()))));
                const auto id = shoot->log().putMark(noteAt(take, here.captured, "here"));
                ASSERT_OK(id);
                seen[*id] = here;
            }
            shoot.reset();
            shoot = opened(root.path());
            const auto again = shoot->log().takes().value().at(0);
            ASSERT_EQ(again.marks.size(), 5U);
            for (std::size_t i = 0; i < again.marks.size(); ++i) {
                const Mark& mark = again.marks[i];
                const ShownFrame& here = seen.at(mark.id);
                EXPECT_EQ(mark.captured_frame, here.captured);
                EXPECT_EQ(base::timecodeLabel(mark.timecode.value(), facts.timecode), here.label);
                EXPECT_EQ(recording->timecodeLabel(mark.captured_frame), here.label);
                EXPECT_LT(mark.timecode.value(), facts.timecode.framesPerDay()) << "since midnight";
                // Back to the audience's clock, as papers and the window have it: k of N is N-1-k.
                const FrameIndex shown = frames - 1 - mark.captured_frame;
                EXPECT_EQ(whole.at(static_cast<std::size_t>(shown)).captured, here.captured);
                EXPECT_EQ(
                    recording->duration() - recording->capturedTime(mark.captured_frame + 1), here.shown_at);
                EXPECT_TRUE(i == 0 || again.marks[i - 1].captured_frame <= mark.captured_frame);
            }
        }
    }
}

} // namespace
} // namespace backtake::takes
