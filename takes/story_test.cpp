#include "takes/log.hpp"
#include "takes/shoot.hpp"
#include "takes/story_file.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace backtake::takes {
namespace {

std::string idOf(int number) { return fmt::format("{:032x}", number); }

Story storyOf(std::string name, std::vector<int> numbers)
{
    Story story { std::move(name), {} };
    for (const int number : numbers)
        story.cards.push_back({ idOf(number), {}, {}, Direction::Backward, 100 });
    return story;
}

class StoryTest : public ::testing::Test {
protected:
    StoryTest() { reopen(); }
    void reopen()
    {
        shoot_.reset();
        auto opened = Shoot::open(root_.path(), Shoot::Mode::Create);
        EXPECT_OK(opened);
        shoot_ = std::move(*opened);
    }
    Log& log() { return shoot_->log(); }
    std::vector<Story> stories() { return log().stories().value(); }

    const tests::Folder root_;
    std::unique_ptr<Shoot> shoot_;
};

TEST_F(StoryTest, ASequenceIsKeptWithEachCardsTrimDirectionAndSpeed)
{
    Story story = storyOf("The fall", { 3, 1, 3 });
    story.cards[0].first = 12;
    story.cards[1].first = 0;
    story.cards[1].last = 40;
    story.cards[2].direction = Direction::Forward;
    story.cards[2].speed_percent = 50;
    ASSERT_OK(log().setStory(story));
    ASSERT_OK(log().setStory(storyOf("Another", {})));
    const std::vector<Story> expected { storyOf("Another", {}), story };
    EXPECT_EQ(stories(), expected) << "by name";
    reopen();
    EXPECT_EQ(stories(), expected);
}

/// Fails for a sequence whose changes are no part of the history.
TEST_F(StoryTest, ChangesAreUndoneAndDoneAgainOverARestart)
{
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    ASSERT_OK(log().setStory(storyOf("A", { 2, 1 })));
    ASSERT_OK(log().removeStory("A"));
    EXPECT_TRUE(stories().empty());
    reopen();
    EXPECT_EQ(log().undo().value(), "remove sequence A");
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 2, 1 }) }));
    EXPECT_EQ(log().undo().value(), "sequence A");
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 1 }) }));
    reopen();
    EXPECT_EQ(log().undo().value(), "new sequence A");
    EXPECT_TRUE(stories().empty());
    EXPECT_EQ(log().redo().value(), "new sequence A");
    EXPECT_EQ(log().redo().value(), "sequence A");
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 2, 1 }) }));
}

/// Fails for a rename that is two changes, that leaves the old name, or that the file beside the takes has
/// not.
TEST_F(StoryTest, ARenameIsOneChangeWithOneUndoOverARestart)
{
    ASSERT_OK(log().setStory(storyOf("A", { 2, 1 })));
    ASSERT_OK(log().setStory(storyOf("B", { 3 })));
    const auto version = log().version().value();
    const auto named = [](const std::string& name) {
        return std::vector { storyOf("B", { 3 }), storyOf(name, { 2, 1 }) };
    };
    const auto beside = root_.path() / "media" / "story.json";
    ASSERT_OK(log().renameStory("A", "The \"fall\""));
    EXPECT_EQ(log().version().value(), version + 1);
    EXPECT_EQ(stories(), named("The \"fall\""));
    EXPECT_EQ(readStoryFile(beside).value().stories, named("The \"fall\""));
    ASSERT_OK(log().setStory(storyOf("A", { 4 }))) << "its name is free";
    EXPECT_EQ(log().undo().value(), "new sequence A");
    reopen();
    EXPECT_EQ(log().undo().value(), "sequence A is called The \"fall\"");
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 2, 1 }), storyOf("B", { 3 }) }));
    EXPECT_EQ(readStoryFile(beside).value().stories, stories());
    EXPECT_EQ(log().redo().value(), "sequence A is called The \"fall\"");
    EXPECT_EQ(stories(), named("The \"fall\""));
}

TEST_F(StoryTest, ANameThatIsTakenOrEmptyIsRefused)
{
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    ASSERT_OK(log().setStory(storyOf("B", {})));
    const auto version = log().version().value();
    EXPECT_FAULT(log().renameStory("A", "B"), base::Fault::Usage);
    EXPECT_FAULT(log().renameStory("A", ""), base::Fault::Usage);
    EXPECT_FAULT(log().renameStory("A", std::string(5000, 'x')), base::Fault::Usage);
    EXPECT_FAULT(log().renameStory("C", "D"), base::Fault::NotFound);
    EXPECT_OK(log().renameStory("A", "A"));
    EXPECT_EQ(log().version().value(), version);
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 1 }), storyOf("B", {}) }));
}

TEST_F(StoryTest, AnUnchangedSequenceIsNoChangeAndWhatCannotBeIsRefused)
{
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    const auto version = log().version().value();
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    EXPECT_EQ(log().version().value(), version);
    EXPECT_FAULT(log().removeStory("B"), base::Fault::NotFound);
    EXPECT_FAULT(log().setStory(storyOf("", { 1 })), base::Fault::Usage);
    Story wrong = storyOf("W", { 1 });
    wrong.cards[0].take = "../../etc";
    EXPECT_FAULT(log().setStory(wrong), base::Fault::Usage);
    wrong = storyOf("W", { 1 });
    wrong.cards[0].first = 7;
    wrong.cards[0].last = 6;
    EXPECT_FAULT(log().setStory(wrong), base::Fault::Usage);
    wrong.cards[0].last = 7;
    ASSERT_OK(log().setStory(wrong)) << "one frame is a card";
    EXPECT_EQ(log().version().value(), version + 1);
}

/// Fails for sequences that are lost with shoot.db, and for an old story.json that takes the place of what
/// was said since.
TEST_F(StoryTest, SequencesComeBackFromMediaAlone)
{
    writeTake(root_.path(), evenFrames(3));
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    const auto beside = root_.path() / "media" / "story.json";
    const std::string old = readAll(beside);
    ASSERT_OK(log().setStory(storyOf("A", { 2, 1 })));
    shoot_.reset();
    for (const char* file : { "shoot.db", "shoot.db-wal", "shoot.db-shm" })
        std::filesystem::remove(root_.path() / file);
    {
        const auto looking = Shoot::open(root_.path(), Shoot::Mode::ReadOnly);
        ASSERT_OK(looking);
        EXPECT_EQ((*looking)->log().stories().value(), (std::vector { storyOf("A", { 2, 1 }) }));
    }
    reopen();
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 2, 1 }) }));
    shoot_.reset();
    writeAll(beside, old);
    reopen();
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 2, 1 }) })) << "the log is newer";
    EXPECT_NE(readAll(beside), old) << "and is written beside the takes again";
}

TEST_F(StoryTest, ADamagedStoryFileIsSaidKeptAndWrittenAnew)
{
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    const auto beside = root_.path() / "media" / "story.json";
    shoot_.reset();
    writeAll(beside, "{ \"format\": \"backtake story\", ");
    reopen();
    EXPECT_EQ(stories(), (std::vector { storyOf("A", { 1 }) }));
    const auto troubles = log().troubles();
    ASSERT_EQ(troubles.size(), 1u);
    EXPECT_NE(troubles[0].find("story.json"), std::string::npos) << troubles[0];
    EXPECT_TRUE(std::filesystem::exists(beside.string() + ".damaged"));
    EXPECT_OK(readStoryFile(beside));
    writeAll(beside, R"({ "format": "backtake story", "version": 2 })");
    EXPECT_FAULT(readStoryFile(beside), base::Fault::Unsupported);
    ASSERT_OK(log().setStory(storyOf("B", {})));
    EXPECT_EQ(readAll(beside), R"({ "format": "backtake story", "version": 2 })") << "a newer one stays";
}

/// What version 2 was: everything but the sequences.
TEST_F(StoryTest, ALogOfVersion2IsCopiedAndBroughtUp)
{
    writeTake(root_.path(), evenFrames(3));
    reopen();
    LoggedTake take = log().takes().value().at(0);
    take.sheet.circled = true;
    ASSERT_OK(log().setSheet(take.id, take.sheet));
    shoot_.reset();
    const auto path = root_.path() / "shoot.db";
    sqlite3* old = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &old), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(old,
                  "DROP TABLE stories; ALTER TABLE log DROP COLUMN story_changes;"
                  "ALTER TABLE recordings DROP COLUMN showing; PRAGMA user_version = 2;"
                  "PRAGMA wal_checkpoint(TRUNCATE)",
                  nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(old);
    {
        const auto looking = Shoot::open(root_.path(), Shoot::Mode::ReadOnly);
        ASSERT_OK(looking);
        EXPECT_TRUE((*looking)->log().stories().value().empty());
        EXPECT_TRUE((*looking)->log().takes().value().at(0).sheet.circled);
        EXPECT_FALSE(std::filesystem::exists(path.string() + ".version-2")) << "who looks changes nothing";
    }
    reopen();
    EXPECT_TRUE(std::filesystem::exists(path.string() + ".version-2"));
    EXPECT_TRUE(log().takes().value().at(0).sheet.circled);
    ASSERT_OK(log().setStory(storyOf("A", { 1 })));
    EXPECT_EQ(log().undo().value(), "new sequence A");
    EXPECT_EQ(log().undo().value(), "circle 12A/3") << "the history is the old one's";
}

TEST(CircledStory, PlaysTheSetupShotLastFirstWhereTheShootIsBackward)
{
    std::vector<LoggedTake> takes;
    for (int number = 1; number <= 4; ++number) {
        LoggedTake& take = takes.emplace_back();
        take.sheet.circled = number != 2;
        TakeFacts facts = makeFacts();
        facts.id = idOf(number);
        facts.direction = number == 3 ? Direction::Forward : Direction::Backward;
        take.clips.push_back({ "/media", facts });
    }
    Story backward = storyOf("A", { 4, 3, 1 });
    backward.cards[1].direction = Direction::Forward;
    EXPECT_EQ(circledStory(takes, "A", Direction::Backward), backward);
    Story forward = storyOf("A", { 1, 3, 4 });
    forward.cards[1].direction = Direction::Forward;
    EXPECT_EQ(circledStory(takes, "A", Direction::Forward), forward);
}

} // namespace
} // namespace backtake::takes
