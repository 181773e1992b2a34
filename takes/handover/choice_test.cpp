// Which takes of a real shoot go over, and what is said of those that do not.
#include "base/text.hpp"
#include "takes/handover/choice.hpp"
#include "takes/shoot.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>

namespace backtake::handover {
namespace {

using namespace takes;
namespace fs = std::filesystem;

constexpr Nanos kDay = std::chrono::hours(24);

class Choices : public ::testing::Test {
protected:
    Choices()
    {
        first_ = shot(1, Nanos {});
        second_ = shot(2, 60s);
        next_day_ = shot(3, kDay);
    }
    fs::path shot(int take, Nanos later, const fs::path& below = {})
    {
        const fs::path shoot = below.empty() ? shoot_ : below;
        fs::create_directories(shoot);
        return writeTake(shoot, evenFrames(5), factsOf(take, later));
    }
    static TakeFacts factsOf(int take, Nanos later)
    {
        TakeFacts facts = makeFacts({ "12A", take, 'A' });
        facts.started_at_utc += later;
        facts.id = std::string(31, 'a') + std::to_string(take);
        return facts;
    }
    [[nodiscard]] std::unique_ptr<Shoot> opened() const
    {
        auto shoot = Shoot::open(shoot_, Shoot::Mode::Create);
        EXPECT_OK(shoot);
        return std::move(*shoot);
    }
    [[nodiscard]] std::vector<fs::path> chosen(const Choice& choice) const
    {
        const auto found = choose(shoot_, choice);
        EXPECT_OK(found);
        std::vector<fs::path> folders;
        if (found)
            for (const HandOverTake& take : found->takes)
                folders.push_back(take.folder);
        return folders;
    }

    Folder root_;
    const fs::path shoot_ = root_.path() / "shoot";
    fs::path first_;
    fs::path second_;
    fs::path next_day_;
};

using Folders = std::vector<fs::path>;

TEST_F(Choices, AllOfThemADayOfThemSomeOfThemAndLastFirst)
{
    EXPECT_EQ(chosen({}), (Folders { first_, second_, next_day_ }));
    Choice choice;
    choice.story = true;
    EXPECT_EQ(chosen(choice), (Folders { next_day_, second_, first_ }));
    choice = {};
    choice.day = base::localDay(makeFacts().started_at_utc + kDay);
    EXPECT_EQ(chosen(choice), Folders { next_day_ });
    choice = {};
    choice.folders = Folders { next_day_, first_ };
    EXPECT_EQ(chosen(choice), (Folders { first_, next_day_ })) << "as they were shot";
}

/// Fails when the log on disk is not asked, also while a session has it.
TEST_F(Choices, CircledOnesWithWhatIsSaidOfThem)
{
    Choice choice;
    choice.circled = true;
    EXPECT_FAULT(choose(shoot_, choice), Fault::NotFound);
    const auto session = opened();
    const LoggedTake take = session->log().takes().value().at(1);
    TakeSheet sheet = take.sheet;
    sheet.circled = true;
    sheet.note = "the door";
    ASSERT_OK(session->log().setSheet(take.id, sheet));
    const auto found = choose(shoot_, choice);
    ASSERT_OK(found);
    ASSERT_EQ(found->takes.size(), 1u);
    EXPECT_EQ(found->takes[0].folder, second_);
    ASSERT_TRUE(found->takes[0].log);
    EXPECT_EQ(found->takes[0].log->sheet.note, "the door");
    EXPECT_EQ(oneTake(second_).log->sheet.note, "the door");
}

TEST_F(Choices, ATakeOfASecondFolderIsAmongThem)
{
    const fs::path elsewhere = shot(4, 30s, root_.path() / "second");
    ASSERT_OK(opened()->record({ elsewhere, factsOf(4, 30s) }));
    EXPECT_EQ(chosen({}), (Folders { first_, elsewhere, second_, next_day_ }));
    Choice choice;
    choice.folders = Folders { elsewhere };
    EXPECT_EQ(chosen(choice), Folders { elsewhere });
}

/// A take that was cut a moment ago: the log is told of it on another thread.
TEST_F(Choices, ATakeNamedByItsFolderGoesOverBeforeTheLogKnowsIt)
{
    const fs::path elsewhere = shot(4, 30s, root_.path() / "second");
    Choice choice;
    choice.folders = Folders { second_, elsewhere };
    EXPECT_EQ(chosen(choice), (Folders { elsewhere, second_ }));
    fs::remove(elsewhere / "take.json");
    const auto found = choose(shoot_, choice);
    ASSERT_OK(found);
    EXPECT_EQ(found->takes.size(), 1u);
    ASSERT_EQ(found->remarks.size(), 1u);
    EXPECT_THAT(found->remarks[0], ::testing::StartsWith("12A-004-A is left out"));
}

/// Fails when a take is taken while its end is still to come.
TEST_F(Choices, ATakeThatIsStillBeingRecordedStaysBehindUntilItIsClosed)
{
    const TakeFacts facts = factsOf(4, 30s);
    auto writer = RecordingWriter::create(shoot_, facts);
    ASSERT_OK(writer);
    ASSERT_OK((*writer)->append(evenFrames(5)));
    auto found = choose(shoot_, {});
    ASSERT_OK(found);
    EXPECT_EQ(found->takes.size(), 3u);
    ASSERT_EQ(found->remarks.size(), 1u);
    EXPECT_THAT(found->remarks[0], ::testing::HasSubstr("12A/4"));
    EXPECT_THAT(found->remarks[0], ::testing::HasSubstr("still being recorded"));
    ASSERT_OK((*writer)->close(facts));
    writer->reset();
    found = choose(shoot_, {});
    ASSERT_OK(found);
    EXPECT_EQ(found->takes.size(), 4u);
    EXPECT_TRUE(found->remarks.empty());
}

TEST_F(Choices, ATakeWhoseFolderIsGoneIsSaidOnceAndOnlyWhereItIsWanted)
{
    (void)opened()->log().takes();
    fs::remove_all(second_);
    const auto found = choose(shoot_, {});
    ASSERT_OK(found);
    EXPECT_EQ(found->takes.size(), 2u);
    ASSERT_EQ(found->remarks.size(), 1u);
    EXPECT_THAT(found->remarks[0], ::testing::StartsWith("12A/2"));
    EXPECT_THAT(found->remarks[0], ::testing::HasSubstr("is gone"));
    Choice choice;
    choice.day = base::localDay(makeFacts().started_at_utc + kDay);
    EXPECT_TRUE(choose(shoot_, choice)->remarks.empty());
    choice = {};
    choice.folders = Folders { second_ };
    EXPECT_FAULT(choose(shoot_, choice), Fault::NotFound);
}

} // namespace
} // namespace backtake::handover
