/// What the operator says of takes and frames, by keys, in a real shoot folder: it stands at the right
/// captured frame, and is there in the next session.
#include "app/log_session.hpp"

namespace backtake::app {
namespace {

class MarkedTake : public SessionLogTest, public testing::WithParamInterface<int> { };

/// Fails for marks that are kept by the order on screen, and for takes whose middle is taken for the wrong
/// frame.
TEST_P(MarkedTake, AMarkAtShownFrameKStandsAtItsCapturedFrameInEitherOrderAndTheNextSession)
{
    const int frames = GetParam();
    const std::vector<FrameIndex> at { 0, 1, frames / 2, frames - 1 };
    shoot(frames);
    for (const FrameIndex k : at) {
        standAt(k);
        press(ui::AddMark {});
        press(ui::AddTell { 2 });
    }
    const auto check = [&](const char* when) {
        SCOPED_TRACE(when);
        ASSERT_EQ(marks().size(), 2 * at.size());
        for (std::size_t i = 0; i < at.size(); ++i) {
            const ui::MarkModel& mark = marks()[2 * i];
            EXPECT_EQ(mark.frame, at[i]);
            EXPECT_EQ(mark.captured_frame, frames - 1 - at[i]);
            EXPECT_EQ(mark.kind, ui::MarkModel::Kind::Mark);
            EXPECT_EQ(marks()[2 * i + 1].captured_frame, frames - 1 - at[i]);
            EXPECT_EQ(marks()[2 * i + 1].tell, 2);
        }
    };
    check("at once");
    press(ui::ToggleOrder {});
    ASSERT_EQ(marks().size(), 2 * at.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
        const ui::MarkModel& mark = marks()[2 * (at.size() - 1 - i)];
        EXPECT_EQ(mark.frame, frames - 1 - at[i]) << "as captured";
        EXPECT_EQ(mark.captured_frame, frames - 1 - at[i]);
    }
    standAt(1); // in captured order now
    press(ui::AddMark {});
    press(ui::ToggleOrder {});
    waitUntilStored();
    open();
    openLastTake();
    waitFor([&]() { return marks().size() == 2 * at.size() + 1; });
    const auto last =
        std::ranges::find_if(marks(), [](const auto& mark) { return mark.captured_frame == 1; });
    ASSERT_NE(last, marks().end());
    EXPECT_EQ(last->frame, frames - 2);
    press(ui::SelectMark { last->id });
    press(ui::RemoveMark {});
    check("in the next session");
}
INSTANTIATE_TEST_SUITE_P(OddAndEven, MarkedTake, testing::Values(21, 30));

/// Fails when a mark made while it plays goes to the frame that is due when the key is worked on, not to the
/// one that was seen.
TEST_F(SessionLogTest, WhilePlayingTheFrameThatWasOnScreenIsMarked)
{
    shoot(40);
    press(ui::SeekTo { 10 });
    now_ += 20ms;
    const FrameIndex seen = look().review->captured_frame;
    now_ += 35ms; // the next one is due, and nobody has seen it
    press(ui::AddMark {});
    ASSERT_EQ(marks().size(), 1U);
    EXPECT_EQ(marks()[0].captured_frame, seen);
    EXPECT_TRUE(look().review->playing) << "playing goes on";
}

TEST_F(SessionLogTest, LiveAndRollingTheNewestFrameIsMarkedAndStaysThere)
{
    arrive(3);
    press(ui::AddMark {});
    EXPECT_TRUE(says("No take to mark"));
    press(ui::ToggleRoll {});
    arrive(7);
    press(ui::AddMark {});
    arrive(5);
    ASSERT_TRUE(look().here);
    press(ui::PutNote { *look().here, "door", 0 });
    arrive(4);
    press(ui::ToggleRoll {});
    ASSERT_EQ(marks().size(), 2U);
    EXPECT_EQ(marks()[0].captured_frame, 11);
    EXPECT_EQ(marks()[0].text, "door");
    EXPECT_EQ(marks()[0].frame, 15 - 11);
    EXPECT_EQ(marks()[1].captured_frame, 6);
    waitFor([this]() { return session_->settled(); });
    waitUntilStored();
    session_.reset();
    const takes::LoggedTake take = logged();
    ASSERT_EQ(take.marks.size(), 2U);
    EXPECT_EQ(take.marks[0].captured_frame, 6);
    EXPECT_EQ(take.marks[1].captured_frame, 11);
    EXPECT_EQ(take.marks[1].text, "door");
    EXPECT_EQ(take.marks[1].timecode, take.clips.front().facts.start_timecode + 11);
}

/// A chase shows the last minute: its first frame is not the take's.
TEST_F(SessionLogTest, AMarkMadeInAChaseStandsAtItsFrameOfTheWholeTake)
{
    press(ui::ToggleRoll {});
    for (int i = 0; i < 17; ++i)
        arrive(100); // 68 s
    press(ui::ToggleReview {});
    waitFor([this]() { return !look().live_on_screen; });
    const FrameIndex chased = look().review->frame_count;
    ASSERT_LT(chased, 1700);
    ASSERT_GT(chased, 1490);
    standAt(3);
    press(ui::AddMark {});
    ASSERT_EQ(marks().size(), 1U);
    EXPECT_EQ(marks()[0].frame, 3);
    EXPECT_EQ(marks()[0].captured_frame, 1700 - 1 - 3);
    press(ui::ToggleReview {});
    press(ui::ToggleRoll {});
    ASSERT_EQ(marks().size(), 1U);
    EXPECT_EQ(marks()[0].captured_frame, 1700 - 1 - 3);
    EXPECT_EQ(marks()[0].frame, 3);
}

TEST_F(SessionLogTest, ANoteGoesToTheTakeItWasBegunOnWhateverIsOnScreenSince)
{
    shoot(10);
    standAt(4);
    const ui::SaidFrame at = *look().here;
    shoot(20);
    press(ui::PutNote { at, "hand", 0 });
    EXPECT_TRUE(marks().empty());
    waitFor([this]() { return session_->settled() && look().takes.size() == 2; });
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review->slate == "12A/1" && marks().size() == 1; });
    EXPECT_EQ(marks()[0].captured_frame, 5);
    EXPECT_EQ(look().takes[0].marks, 1U);
    EXPECT_EQ(look().takes[1].marks, 0U);
}

TEST_F(SessionLogTest, NextAndPreviousMarkAreThoseInTheOrderOnScreen)
{
    shoot(30);
    for (const FrameIndex k : { 5, 12, 20 }) {
        standAt(k);
        press(ui::AddMark {});
    }
    standAt(0);
    for (const FrameIndex k : { 5, 12, 20, 20 }) {
        press(ui::GoToMark { +1 });
        EXPECT_EQ(look().review->frame, k);
    }
    EXPECT_TRUE(says("No mark after this frame"));
    press(ui::ToggleOrder {});
    EXPECT_EQ(look().review->frame, 9);
    press(ui::GoToMark { +1 });
    EXPECT_EQ(look().review->frame, 17) << "captured 17 is shown 12";
    press(ui::GoToMark { -1 });
    EXPECT_EQ(look().review->frame, 9);
    press(ui::RemoveMark {});
    waitFor([this]() { return marks().size() == 2; });
    press(ui::RemoveMark {});
    EXPECT_TRUE(says("No mark to remove at this frame"));
}

TEST_F(SessionLogTest, UndoAndRedoWorkAcrossSessions)
{
    shoot(20);
    standAt(3);
    press(ui::AddMark {});
    press(ui::CircleTake {});
    EXPECT_TRUE(look().review->sheet.circled) << "at once";
    waitFor([this]() { return session_->settled(); });
    open();
    openLastTake();
    waitFor([this]() { return look().takes[0].circled && marks().size() == 1; });
    press(ui::UndoLog {});
    waitFor([this]() { return !look().takes[0].circled; });
    EXPECT_EQ(marks().size(), 1U);
    press(ui::UndoLog {});
    waitFor([this]() { return marks().empty(); });
    press(ui::RedoLog {});
    waitFor([this]() { return marks().size() == 1; });
    EXPECT_EQ(marks()[0].captured_frame, 16);
    press(ui::RedoLog {});
    waitFor([this]() { return look().takes[0].circled; });
    press(ui::RedoLog {});
    waitFor([this]() { return says("Nothing to do again"); });
}

TEST_F(SessionLogTest, ASheetIsKeptAndFilteredBy)
{
    shoot(10);
    ui::TakeSheet sheet;
    sheet.verdict = ui::Verdict::FalseStart;
    sheet.rating = 4;
    sheet.pickup = true;
    sheet.board = ui::Board::UpsideDownTail;
    sheet.lens = "50";
    sheet.note = "umbrella";
    press(ui::PutSheet { look().review->take, sheet });
    waitFor([this]() { return session_->settled(); });
    shoot(12);
    waitFor([this]() { return session_->settled() && look().takes.size() == 2; });
    open();
    waitFor([this]() { return look().takes.size() == 2 && look().takes[0].rating == 4; });
    EXPECT_EQ(look().takes[0].verdict, ui::Verdict::FalseStart);
    EXPECT_TRUE(look().takes[0].pickup);
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review.has_value(); });
    sheet.scene = "12A"; // as it was shot
    EXPECT_EQ(look().review->sheet, sheet);
    ui::TakeFilter filter;
    filter.words = "umbrella";
    press(ui::FilterTakes { filter });
    waitFor([this]() { return look().takes[0].listed && !look().takes[1].listed; });
    filter = {};
    filter.verdict = ui::Verdict::Hold;
    press(ui::FilterTakes { filter });
    waitFor([this]() { return !look().takes[0].listed; });
    press(ui::FilterTakes {});
    waitFor([this]() { return look().takes[0].listed && look().takes[1].listed; });
}

/// Fails when what the log does not take goes on standing there as if it had.
TEST_F(SessionLogTest, WhatTheLogRefusesIsToldWithItsWordsAndTakenBack)
{
    shoot(10);
    waitFor([this]() { return session_->settled() && look().takes.size() == 1; });
    press(ui::PutNote { { look().review->take, 10, "" }, "behind the last frame", 0 });
    EXPECT_EQ(look().takes[0].marks, 1U);
    waitFor([this]() { return says("behind the last frame"); });
    EXPECT_TRUE(says("Not in the log"));
    EXPECT_EQ(look().takes[0].marks, 0U);
    press(ui::AddMark {}); // those after it are not held up
    waitUntilStored();
    EXPECT_EQ(look().takes[0].marks, 1U);
}

TEST_F(SessionLogTest, WhileItRollsATakeIsNotCircled)
{
    press(ui::ToggleRoll {});
    arrive(3);
    press(ui::CircleTake {});
    EXPECT_TRUE(says("still rolls"));
}

TEST_F(SessionLogTest, NextSetupAndNextSceneBeginAtTheirFirstFreeNumber)
{
    shoot(5);
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(look().next_take, 2);
    press(ui::NextSetup {});
    EXPECT_EQ(look().next_scene, "12B");
    EXPECT_EQ(look().next_take, 1);
    press(ui::NextScene {});
    EXPECT_EQ(look().next_scene, "13");
    press(ui::SetSlate { "12", 1 });
    press(ui::NextSetup {});
    EXPECT_EQ(look().next_scene, "12A");
    waitFor([this]() { return look().next_take == 2; });
}

TEST(Words, OfTellsVerdictsAndBoardsAreTheLogs)
{
    for (int tell = 1; tell <= takes::kTells; ++tell)
        EXPECT_EQ(ui::tellName(tell), takes::nameOf(static_cast<takes::Tell>(tell)));
    for (int i = 1; i <= ui::kVerdicts; ++i)
        EXPECT_EQ(ui::nameOf(static_cast<ui::Verdict>(i)), takes::nameOf(static_cast<takes::Verdict>(i)));
}

} // namespace
} // namespace backtake::app
