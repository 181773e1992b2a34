/// Other words, setups and other numbers, as the window asks for them, in a real shoot folder.
#include "app/log_session.hpp"

namespace backtake::app {
namespace {

class SessionSheets : public SessionLogTest {
protected:
    /// So many takes of 12A, on disk and in the log.
    void shootTakes(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            shoot(5);
            waitFor([&]() { return session_->settled() && look().takes.size() == i + 1; });
            press(ui::CircleTake {});
            press(ui::CircleTake {}); // the log lists it
        }
        waitFor([this]() { return !look().review->sheet.scene.empty(); });
    }
    std::vector<std::string> slates()
    {
        std::vector<std::string> all;
        for (const ui::TakeRow& row : look().takes)
            all.push_back(row.slate);
        return all;
    }
    void choose(std::size_t row)
    {
        const std::string wanted = look().takes.at(row).slate;
        press(ui::SelectTake { 0, row });
        waitFor([&]() {
            return look().selected_take == row && look().review->slate == wanted
                && !look().review->sheet.scene.empty();
        });
    }
    /// As the sheet asks for it.
    void renumber(std::size_t row, const std::string& scene, int number, bool all_after)
    {
        choose(row);
        ui::PutSheet put { look().review->take, look().review->sheet, all_after };
        put.sheet.scene = scene;
        put.sheet.number = number;
        press(put);
    }
};

TEST_F(SessionSheets, ANoteATellAndAMarkGetOtherWordsAndUndoBringsTheOldBack)
{
    shoot(20);
    standAt(4);
    press(ui::PutNote { *look().here, "hand enters", 0 });
    press(ui::AddTell { 1 });
    waitUntilStored();
    const auto textOf = [this](ui::MarkModel::Kind kind) {
        const auto found = std::ranges::find(marks(), kind, &ui::MarkModel::kind);
        return found == marks().end() ? std::string("gone") : found->text;
    };
    const auto idOf = [this](ui::MarkModel::Kind kind) {
        return std::ranges::find(marks(), kind, &ui::MarkModel::kind)->id;
    };
    using K = ui::MarkModel::Kind;
    press(ui::PutNote { {}, "left eye", idOf(K::Tell) });
    EXPECT_TRUE(says("No take to write a note on")) << "of which take is not said";
    press(ui::PutNote { *look().here, "left eye", idOf(K::Tell) });
    press(ui::PutNote { *look().here, "hand leaves", idOf(K::Note) });
    EXPECT_EQ(textOf(K::Note), "hand leaves") << "at once";
    EXPECT_EQ(textOf(K::Tell), "left eye");
    EXPECT_EQ(marks().size(), 2U);
    press(ui::UndoLog {});
    waitFor([&]() { return textOf(K::Note) == "hand enters"; });
    EXPECT_EQ(textOf(K::Tell), "left eye");
    press(ui::UndoLog {});
    waitFor([&]() { return textOf(K::Tell).empty(); });
    EXPECT_EQ(marks().size(), 2U);
    press(ui::PutNote { {}, {}, ui::PutNote::kNone });
    EXPECT_TRUE(says("Nothing is said of this frame yet"));
}

TEST_F(SessionSheets, WhatASetupSaysHoldsForItsTakesAndForThoseToCome)
{
    shootTakes(1);
    EXPECT_EQ(look().review->setup.name, "12A");
    ui::SetupSheet setup = look().review->setup;
    setup.description = "steps, rain";
    setup.lens = "50 mm";
    setup.backward = false;
    setup.orientation = base::Orientation::UpsideDown;
    EXPECT_TRUE(look().next_backward);
    press(ui::PutSetup { setup });
    EXPECT_EQ(look().review->setup, setup) << "at once";
    EXPECT_EQ(look().next_setup, setup);
    EXPECT_FALSE(look().next_backward);
    EXPECT_TRUE(look().takes[0].backward) << "what is shot stays as it was shot";
    EXPECT_EQ(look().review->sheet.lens, "") << "it is not copied";
    // Until the operator says otherwise; another setup changes nothing, and on return it holds again.
    press(ui::ChooseTakeDirection { true });
    EXPECT_TRUE(look().next_backward);
    press(ui::NextSetup {});
    EXPECT_TRUE(look().next_backward);
    EXPECT_EQ(look().next_setup.lens, "");
    press(ui::SetSlate { "12A", 2 });
    EXPECT_FALSE(look().next_backward);
    waitFor([this]() { return says("Next to be shot") && session_->settled(); });
    open();
    openLastTake();
    waitFor([&]() { return look().review->setup == setup; });
    EXPECT_FALSE(look().next_backward) << "also in the next session";
    press(ui::UndoLog {});
    waitFor([this]() { return look().review->setup.lens.empty(); });
}

TEST_F(SessionSheets, ATakeAndThoseAfterItAreRenumberedAndTheTraceStays)
{
    shootTakes(4);
    ASSERT_EQ(slates(), (std::vector<std::string> { "12A/1", "12A/2", "12A/3", "12A/4" }));
    EXPECT_EQ(look().next_take, 5);
    renumber(1, "12A", 3, true);
    EXPECT_EQ(slates(), (std::vector<std::string> { "12A/1", "12A/3", "12A/4", "12A/5" })) << "at once";
    EXPECT_EQ(look().review->slate, "12A/3");
    EXPECT_EQ(look().review->shot_as, "12A/2");
    EXPECT_EQ(look().next_take, 6) << "no two takes get one number";
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "media" / "12A-002-A"));
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "media" / "12A-005-A"));
    press(ui::UndoLog {});
    waitFor([this]() { return slates()[3] == "12A/4"; });
    EXPECT_EQ(slates()[1], "12A/2");
    EXPECT_EQ(look().review->shot_as, "");
    press(ui::RedoLog {});
    waitFor([this]() { return slates()[3] == "12A/5"; });
    session_.reset();
    const auto shoot = takes::Shoot::open(folder_.path(), takes::Shoot::Mode::ReadOnly);
    ASSERT_TRUE(shoot);
    const auto takes = (*shoot)->log().takes().value();
    EXPECT_EQ(takes::text(takes[3].sheet.slate), "12A/5");
    EXPECT_EQ(takes::text(takes[3].shot_as), "12A/4");
}

TEST_F(SessionSheets, ANumberThatAnotherTakeHasIsRefusedWithAClearLine)
{
    shootTakes(3);
    renumber(2, "12A", 1, false);
    waitFor([this]() { return says("there is a take 12A/1 already"); });
    EXPECT_EQ(slates(), (std::vector<std::string> { "12A/1", "12A/2", "12A/3" }));
    renumber(1, "12A", 1, true);
    waitFor([this]() { return slates()[1] == "12A/2" && says("12A/1 for take 12A/2 and all after it"); });
    EXPECT_EQ(slates()[2], "12A/3");
    renumber(0, "13", 1, false);
    EXPECT_EQ(slates(), (std::vector<std::string> { "13/1", "12A/2", "12A/3" }));
}

/// Names as nobody should give them: through the sheet into the log and back.
TEST_F(SessionSheets, AnyTextGoesThroughASheetAsItWasTyped)
{
    shootTakes(1);
    std::string long_name;
    for (int i = 0; i < 75; ++i)
        long_name += "\U0001F3AC/\"x";
    int number = 1;
    for (const std::string& name :
        { std::string("12/A\\"), std::string("\"q\" 'r' %s {}"), std::string("\U0001F40E"), long_name }) {
        ui::PutSheet put { look().review->take, look().review->sheet };
        put.sheet.scene = name;
        put.sheet.number = ++number;
        put.sheet.lens = put.sheet.camera = put.sheet.note = name;
        press(put);
        EXPECT_EQ(look().review->sheet, put.sheet);
        ui::SetupSheet setup = look().review->setup;
        EXPECT_EQ(setup.name, name);
        setup.description = setup.filter = name;
        press(ui::PutSetup { setup });
        open();
        openLastTake();
        waitFor([&]() { return look().review->sheet == put.sheet; });
        EXPECT_EQ(look().review->setup, setup);
        EXPECT_EQ(look().review->shot_as, "12A/1");
        EXPECT_FALSE(says("Not in the log"));
    }
}

TEST_F(SessionSheets, ATakeIsShownTheOtherWayRoundFromItsSheet)
{
    shootTakes(2);
    choose(0);
    standAt(1);
    const FrameIndex captured = look().review->captured_frame;
    ASSERT_EQ(captured, 3);
    ui::PutSheet put { look().review->take, look().review->sheet };
    put.backward = false;
    put.orientation = base::Orientation::Mirrored;
    press(put);
    EXPECT_FALSE(look().review->backward_take);
    EXPECT_EQ(look().review->captured_frame, captured) << "the picture on screen stays";
    EXPECT_EQ(look().review->frame, captured);
    EXPECT_FALSE(look().takes[0].backward);
    EXPECT_EQ(look().takes[0].orientation, base::Orientation::Mirrored);
    EXPECT_TRUE(look().takes[1].backward) << "this take alone";
    session_.reset();
    const auto facts = takes::readTakeFacts(folder_.path() / "media" / "12A-001-A" / "take.json");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->direction, takes::Direction::Forward);
    EXPECT_EQ(facts->orientation, base::Orientation::Mirrored);
}

/// Fails when a turned take is not undone, on screen, in the list, in its take.json, over a restart.
TEST_F(SessionSheets, HowATakeIsShownIsUndoneAndDoneAgainInTheLog)
{
    shootTakes(1);
    standAt(1);
    const FrameIndex captured = look().review->captured_frame;
    ui::PutSheet put { look().review->take, look().review->sheet };
    put.backward = false;
    press(put);
    press(ui::CycleOrientation {});
    press(ui::CycleOrientation {});
    EXPECT_EQ(look().review->orientation, base::Orientation::Mirrored) << "at once, twice in one frame";
    press(ui::UndoLog {});
    waitFor([this]() { return says("Undone: orientation of 12A/1: mirrored"); });
    EXPECT_EQ(look().review->orientation, base::Orientation::UpsideDown);
    EXPECT_EQ(look().takes[0].orientation, base::Orientation::UpsideDown);
    press(ui::UndoLog {});
    press(ui::UndoLog {});
    waitFor([this]() { return says("Undone: direction of 12A/1: forward"); });
    EXPECT_TRUE(look().review->backward_take);
    EXPECT_EQ(look().review->captured_frame, captured) << "the picture on screen stays";
    EXPECT_TRUE(look().takes[0].backward);
    press(ui::RedoLog {});
    waitFor([this]() { return !look().takes[0].backward; });
    const auto inFile = [this] {
        return takes::showingOf(
            takes::readTakeFacts(folder_.path() / "media" / "12A-001-A" / "take.json").value());
    };
    open();
    EXPECT_EQ(inFile(), (takes::Showing { takes::Direction::Forward, base::Orientation::Upright }));
    openLastTake();
    EXPECT_FALSE(look().review->backward_take);
    press(ui::UndoLog {});
    waitFor([this]() { return look().review->backward_take; });
    session_.reset();
    EXPECT_EQ(inFile(), takes::Showing());
}

/// Fails when the take is turned while its recorder still writes take.json, or not at all.
TEST_F(SessionSheets, ATakeThatIsTurnedRightAfterTheCutIsTurnedInTheLogOnceItIsClosed)
{
    shoot(5);
    press(ui::CycleOrientation {});
    EXPECT_EQ(look().review->orientation, base::Orientation::UpsideDown);
    waitFor([this]() { return session_->settled() && look().takes.size() == 1; });
    waitFor([this]() { return look().takes[0].orientation == base::Orientation::UpsideDown; });
    EXPECT_EQ(look().review->orientation, base::Orientation::UpsideDown);
    session_.reset();
    EXPECT_EQ(logged().clips.front().facts.orientation, base::Orientation::UpsideDown);
    const auto facts = takes::readTakeFacts(folder_.path() / "media" / "12A-001-A" / "take.json");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->orientation, base::Orientation::UpsideDown);
    EXPECT_TRUE(facts->closed);
}

TEST_F(SessionSheets, TheBoardOfTheTakeCutLastIsAskedForUntilSomebodySaysIt)
{
    arrive(1);
    EXPECT_FALSE(look().board_question);
    shoot(5);
    ASSERT_TRUE(look().board_question) << "while it is being written, and played";
    EXPECT_TRUE(look().review->playing);
    EXPECT_EQ(look().board_question->slate, "12A/1");
    EXPECT_EQ(look().board_question->take, look().review->take);
    press(ui::ToggleRoll {});
    EXPECT_FALSE(look().board_question) << "it does not wait";
    arrive(4);
    press(ui::ToggleRoll {});
    ASSERT_TRUE(look().board_question);
    EXPECT_EQ(look().board_question->slate, "12A/2");
    press(ui::SayBoard { ui::Board::UpsideDownTail, look().board_question->take });
    EXPECT_FALSE(look().board_question) << "at once";
    waitFor([this]() { return session_->settled() && look().takes.size() == 2; });
    press(ui::SelectTake { 0, 1 });
    waitFor([this]() { return look().review->sheet.board == ui::Board::UpsideDownTail; });
    EXPECT_TRUE(look().review->playing);
    press(ui::UndoLog {});
    waitFor([this]() { return look().board_question.has_value(); });
    EXPECT_TRUE(says("Undone: board of 12A/2: tail, upside down"));
    press(ui::SayBoard { ui::Board::Tail, "" });
    EXPECT_TRUE(says("No take to say a board of"));
    press(ui::SayBoard { ui::Board::Head, look().takes.size() == 2 ? look().board_question->take : "" });
    session_.reset();
    const auto shoot = takes::Shoot::open(folder_.path(), takes::Shoot::Mode::ReadOnly);
    ASSERT_TRUE(shoot);
    const auto takes = (*shoot)->log().takes().value();
    EXPECT_EQ(takes[0].sheet.board, takes::Board::NotSaid);
    EXPECT_EQ(takes[1].sheet.board, takes::Board::Head);
}

/// Fails when the number on screen runs ahead while a take rolls, or one is counted twice at the cut.
TEST_F(SessionSheets, WhileATakeRollsItsNumberStaysAndAtTheCutIsCountedOnOnce)
{
    // Somebody else has 12A/1, and the shoot does not know of it yet.
    std::filesystem::create_directories(folder_.path() / "media" / "12A-001-A");
    EXPECT_EQ(look().next_take, 1);
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().next_take, 1);
    arrive(3);
    waitFor([this]() { return look().next_take == 2; }); // as its recorder found it
    press(ui::SetSlate { "12A", 9 });
    EXPECT_TRUE(says("The take still rolls"));
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().next_take, 3) << "also before it is closed";
    // The next one rolls while this one is closed.
    press(ui::ToggleRoll {});
    arrive(2);
    waitFor([this]() { return session_->finished().size() == 1; });
    EXPECT_EQ(look().next_take, 3);
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled() && session_->finished().size() == 2; });
    EXPECT_EQ(look().next_take, 4);
    EXPECT_EQ(slates(), (std::vector<std::string> { "12A/2", "12A/3" }));
}

class SessionWithSecondFolder : public SessionSheets {
protected:
    void prepare(SessionOptions& options) override
    {
        takes::TakeFacts facts = takes::makeFacts({ "12A", 9, 'A' });
        if (!std::filesystem::exists(second_.path() / "media"))
            takes::writeTake(second_.path(), takes::evenFrames(3), facts);
        options.second_folder = second_.path();
    }
    const tests::Folder second_;
};

/// Fails when a take that is found on another disk counts up the one that rolls.
TEST_F(SessionWithSecondFolder, ATakeThatIsFoundWhileOneRollsCountsAtItsCut)
{
    press(ui::ToggleRoll {});
    arrive(3);
    waitFor([this]() { return !session_->recovering() && look().takes.size() == 2; });
    EXPECT_LT(look().next_take, 9);
    const int rolling = look().next_take;
    EXPECT_EQ(rolling, 1);
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().next_take, 10);
}

TEST_F(SessionSheets, ANumberThatWasGivenLaterIsNotShotAgainAlsoWhenItIsGivenWhileOneRolls)
{
    shootTakes(2);
    press(ui::ToggleRoll {});
    arrive(3);
    const std::string second = [this] {
        const auto shoot = takes::Shoot::open(folder_.path(), takes::Shoot::Mode::ReadOnly);
        return (*shoot)->log().takes().value().at(1).clips.at(0).facts.id;
    }();
    ui::PutSheet put { second, {} };
    put.sheet.scene = "12A";
    put.sheet.number = 4; // the one after the one that rolls
    press(put);
    waitFor([this]() { return slates()[1] == "12A/4"; });
    EXPECT_EQ(look().next_take, 3);
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().next_take, 5);
    EXPECT_EQ(look().next_take, 5) << "once";
}

TEST_F(SessionSheets, TheSameWordsOnceMoreAreNoNewMessage)
{
    now_ = 100s;
    press(ui::AddMark {});
    const auto standing = [this] {
        std::vector<std::string> all;
        for (const ui::Message& message : look().messages)
            if (message.text.starts_with("No take to "))
                all.push_back(message.text);
        return all;
    };
    ASSERT_EQ(standing().size(), 1U);
    const std::string words = standing().front();
    now_ += 4s;
    press(ui::CircleTake {});
    press(ui::AddMark {});
    press(ui::AddMark {});
    ASSERT_EQ(standing().size(), 2U);
    EXPECT_EQ(standing()[0], words + " (3 times)") << "the newest first";
    now_ += 5s; // 9 s after it was said first
    EXPECT_EQ(standing().size(), 2U) << "it stays as if it were new";
    now_ += 2s;
    EXPECT_TRUE(standing().empty());
    press(ui::AddMark {});
    EXPECT_EQ(standing(), std::vector { words }) << "what is gone is not counted";
}

} // namespace
} // namespace backtake::app
