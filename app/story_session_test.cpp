/// Sequences in a session: arranged, kept over a restart, played, exported.
#include "app/test_story.hpp"

#include <sqlite3.h>

#include <set>

namespace backtake::app {
namespace {

TEST_F(StorySession, SequencesAndTheirUndoOutliveTheProgram)
{
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::ShowStory {});
    ASSERT_TRUE(lookAt(0));
    ask(ui::AddCard {});
    ASSERT_TRUE(lookAt(1));
    ask(ui::AddCard {});
    ASSERT_TRUE(made("12A/1< 12B/1<"));
    ask(ui::TurnCard {});
    ask(ui::SetCardSpeed { 50 });
    ASSERT_TRUE(made("12A/1< 12B/1>"));
    ASSERT_TRUE(soon([&] { return model().story.cards[1].length == 20 * 80ms; }));
    ask(ui::NewStory { "Circled", true });
    EXPECT_TRUE(says("No take is circled"));
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::ShowStory {});
    ASSERT_TRUE(made("12A/1< 12B/1>"));
    session_->handle(ui::UndoLog {}, now_); // the speed
    session_->handle(ui::UndoLog {}, now_); // the turn
    ASSERT_TRUE(made("12A/1< 12B/1<"));
    session_->handle(ui::RedoLog {}, now_);
    ASSERT_TRUE(made("12A/1< 12B/1>"));
    ask(ui::ChooseCard { 0 });
    ask(ui::RemoveCard {});
    ASSERT_TRUE(made("12B/1>"));
    ask(ui::RemoveStory {});
    ASSERT_TRUE(soon([&] { return model().story.names.empty(); }));
}

/// Fails for a take that is gone from the disk and takes the sequence, or its place in it, with it.
TEST_F(StorySession, AMissingTakeIsSaidAndAPlaceholderStandsForIt)
{
    takes::Story story { "S", {} };
    for (const char last : { '1', '9', '2' })
        story.cards.push_back({ std::string(31, 'a') + last, {}, {}, takes::Direction::Backward, 100 });
    {
        auto shoot = takes::Shoot::open(shoot_, takes::Shoot::Mode::Create);
        ASSERT_TRUE(shoot);
        ASSERT_TRUE((*shoot)->log().setStory(story));
    }
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::ShowStory {});
    ASSERT_TRUE(made("12A/1< < 12B/1<"));
    EXPECT_TRUE(says("take 2 of it is not in this shoot"));
    EXPECT_TRUE(model().story.cards[1].missing);
    ask(ui::ChooseCard { 1 });
    ask(ui::PlayStory {});
    session_->handle(ui::Shuttle { 0 }, now_);
    ASSERT_TRUE(soon([&] { return model().review && model().review->frame_damaged; }));
    EXPECT_EQ(model().review->part, "2 of 3");
    EXPECT_EQ(model().review->frame_count, 20 + 25 + 20);
    ask(ui::ChooseNextCard { +1 });
    EXPECT_EQ(numberAt(now_), 219);
}

/// While it plays a card is moved, and trimmed: what is on screen stays on screen.
TEST_F(StorySession, WhatPlaysGoesOnWhenTheSequenceChanges)
{
    ASSERT_NO_FATAL_FAILURE(arrange({ 0U, 1U }, "12A/1< 12B/1<"));
    ask(ui::PlayStory {});
    session_->handle(ui::Shuttle { 0 }, now_);
    session_->handle(ui::SeekTo { 20 + 6 }, now_);
    EXPECT_EQ(numberAt(now_), 213);
    ask(ui::MoveCard { -1 });
    ASSERT_TRUE(made("12B/1< 12A/1<"));
    EXPECT_EQ(numberAt(now_), 213);
    EXPECT_EQ(model().review->frame, 6);
    session_->handle(ui::SetIn {}, now_);
    ask(ui::TrimCard {});
    ASSERT_TRUE(soon([&] { return model().story.cards[0].trimmed && model().story.length == 34 * 40ms; }));
    EXPECT_EQ(numberAt(now_), 213);
    EXPECT_EQ(model().review->frame, 0) << "what was before it is gone";
    ask(ui::PlayStory {}); // again: the card's take, with its in
    ASSERT_TRUE(soon([&] { return !model().story.in_review && model().review->in; }));
    EXPECT_EQ(model().review->in, 6);
    EXPECT_EQ(model().review->slate, "12B/1");
}

/// Two cameras, two rates: what is captured at a frame is counted as its own take counts.
TEST_F(StorySession, EachOfItsTakesIsCountedAtItsOwnRate)
{
    takes::TakeFacts facts = takes::makeFacts({ "12B", 1, 'A' });
    facts.id = std::string(31, 'a') + '2';
    facts.started_at_utc += 120s;
    facts.timecode = { { 30000, 1001 }, true };
    facts.start_timecode = base::parseTimecode("11:40:40;02", facts.timecode).value();
    std::vector<base::FramePtr> frames;
    for (int n = 0; n < kFrames; ++n)
        frames.push_back(numbered(200 + n, takes::kUptime + facts.timecode.rate.timeOf(n)));
    std::filesystem::remove_all(shoot_ / "media" / "12B-001-A");
    takes::writeTake(shoot_, frames, facts);
    ASSERT_NO_FATAL_FAILURE(arrange({ 0U, 1U }, "12A/1< 12B/1<"));
    ask(ui::PlayStory {});
    session_->handle(ui::Shuttle { 0 }, now_);
    session_->handle(ui::SeekTo { kFrames }, now_);
    EXPECT_EQ(numberAt(now_), 219);
    EXPECT_EQ(model().review->captured_timecode, "11:40:40;21");
    session_->handle(ui::SeekTo { kFrames - 1 }, now_);
    EXPECT_EQ(numberAt(now_), 100);
    EXPECT_EQ(model().review->captured_timecode, "01:00:00:00");
}

TEST_F(StorySession, ItIsHandedOverAsOneTimelineWithItsMovs)
{
    ASSERT_NO_FATAL_FAILURE(arrange({ 1U, 0U }, "12B/1< 12A/1<"));
    const auto handed = [&] {
        std::set<std::filesystem::path> folders;
        if (std::filesystem::exists(shoot_ / "handover"))
            for (const auto& entry : std::filesystem::directory_iterator(shoot_ / "handover"))
                folders.insert(entry.path());
        return folders;
    };
    for (const std::size_t times : { 1U, 2U }) { // again: nothing is written over
        ask(ui::ExportStory {});
        ASSERT_TRUE(soon([&] { return model().handovers.empty() && handed().size() == times; }));
    }
    for (const std::filesystem::path& folder : handed())
        for (const char* const name :
            { "Sequence 1.otio", "Sequence 1.fcpxml", "Sequence 1.xml", "Sequence 1.edl", "Sequence 1.mlt",
                "Sequence 1.csv", "Sequence 1_frames.csv", "12A-001-A.mov", "12B-001-A.mov" })
            EXPECT_TRUE(std::filesystem::exists(folder / name)) << folder / name;
    EXPECT_TRUE(says("Sequence 1: handed over, 9 files"));
}

/// Fails when a sequence is handed over as the log had it before the last keys.
TEST_F(StorySession, WhatWasJustArrangedIsHandedOver)
{
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::ShowStory {});
    ASSERT_TRUE(lookAt(0));
    ask(ui::AddCard {});
    ASSERT_TRUE(made("12A/1<"));
    ASSERT_TRUE(lookAt(1));
    sqlite3* other = nullptr; // a program that has the log just now
    ASSERT_EQ(sqlite3_open((folder_.path() / "shoot.db").c_str(), &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 5000);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    ask(ui::AddCard {});
    ask(ui::ExportStory {});
    ASSERT_EQ(model().handovers.size(), 1U);
    EXPECT_EQ(model().handovers[0].held, ui::HandoverRun::Held::Log);
    ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    ASSERT_TRUE(soon([&] { return model().handovers.empty(); }));
    EXPECT_TRUE(says("Sequence 1: handed over, 9 files"));
}

} // namespace
} // namespace backtake::app
