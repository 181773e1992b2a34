/// Marks, notes, tells and sheets in the real window: pressed as keys, clicked, and read back from its
/// pixels.
#include "ui/test_window.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace backtake::ui {
namespace {

constexpr Rgb kMarkRgb { 0x6F, 0xD6, 0xB0 };
constexpr Rgb kNoteRgb { 0xF2, 0xE2, 0x7A };
constexpr Rgb kTellRgb { 0xCF, 0xA6, 0xF2 };

constexpr std::int64_t kMarkId = 11;
constexpr std::int64_t kNoteId = 12;
constexpr std::int64_t kTellId = 13;

/// A take in review, paused, with a mark, a note and a tell far apart.
Model marked_model()
{
    Model model = paused_model();
    using K = MarkModel::Kind;
    model.review->marks = { said(kMarkId, K::Mark, 40), said(kNoteId, K::Note, 150, "hand enters"),
        said(kTellId, K::Tell, 230) };
    return model;
}

class MarksInWindow : public WindowTest {
protected:
    /// Where a frame of the order on screen stands on the strip, by the strip's own measures.
    [[nodiscard]] int columnOf(const Model& model, base::FrameIndex frame) const
    {
        const Rect bar = window_->layout(model).scrub;
        constexpr int kSide = 12;
        const double part =
            (static_cast<double>(frame) + 0.5) / static_cast<double>(model.review->frame_count);
        return bar.x + kSide + static_cast<int>(std::lround(part * (bar.width - 2 * kSide)));
    }
    [[nodiscard]] int signRow(const Model& model) const
    {
        return window_->layout(model).scrub.y + 8 + 18 + 9;
    }
    /// Pixels of a colour on the strip, near this frame's place.
    [[nodiscard]] int tinted(
        const Screenshot& shot, const Model& model, base::FrameIndex frame, const Rgb& colour) const
    {
        const Rect bar = window_->layout(model).scrub;
        return countIn(shot, { columnOf(model, frame) - 9, bar.y + 26, 18, bar.height - 30 }, colour);
    }
    std::vector<Intent> press(const Model& model, SDL_Keycode code, int modifiers = KMOD_NONE)
    {
        key(code, modifiers);
        return run(model, 2);
    }
};

/// Fails when the strip of a reversed take begins with the picture that was captured first.
TEST_F(MarksInWindow, ThePicturesOfTheStripStandInTheOrderOnScreen)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = marked_model();
    model.review->marks.clear();
    base::Filmstrip strip;
    strip.version = 1;
    strip.cell_width = 16;
    strip.cell_height = 9;
    constexpr std::uint8_t kFirst = 40; // of the cells, which are greys that rise in captured order
    constexpr std::uint8_t kStep = 25;
    constexpr int kCells = 8;
    for (int cell = 0; cell < kCells; ++cell) {
        strip.captured.push_back(cell * 34);
        strip.rgba.insert(strip.rgba.end(), 4UL * 16 * 9, static_cast<std::uint8_t>(kFirst + cell * kStep));
    }
    strip.made.assign(kCells, true);
    for (std::size_t alpha = 3; alpha < strip.rgba.size(); alpha += 4)
        strip.rgba[alpha] = 255;
    model.review->filmstrip = std::make_shared<const base::Filmstrip>(std::move(strip));
    const auto greyAt = [&](base::FrameIndex frame) {
        run(model);
        const Rgb seen = pixel(window_->screenshot(), columnOf(model, frame), signRow(model));
        EXPECT_TRUE(nearly(seen, { seen.r, seen.r, seen.r }));
        return static_cast<int>(seen.r);
    };
    const base::FrameIndex last = model.review->frame_count - 4;
    ASSERT_TRUE(model.review->backward_take && model.review->shown_order);
    EXPECT_GT(greyAt(4), greyAt(last) + 60);
    EXPECT_GT(greyAt(60), greyAt(200) + 30);
    model.review->shown_order = false;
    EXPECT_LT(greyAt(4), greyAt(last) - 60);
    EXPECT_LT(greyAt(60), greyAt(200) - 30);
}

TEST_F(MarksInWindow, EachKeyOfTheLogMakesItsIntent)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = marked_model();
    run(model);
    EXPECT_TRUE(first<CircleTake>(press(model, SDLK_c)));
    EXPECT_TRUE(first<AddMark>(press(model, SDLK_m)));
    for (int tell = 1; tell <= 10; ++tell) {
        for (const SDL_Keycode first_key : { SDL_Keycode { SDLK_1 }, SDL_Keycode { SDLK_KP_1 } }) {
            const bool pad = first_key == SDLK_KP_1;
            const SDL_Keycode zero = pad ? SDLK_KP_0 : SDLK_0;
            const auto asked = press(model, tell == 10 ? zero : first_key + tell - 1);
            ASSERT_TRUE(first<AddTell>(asked)) << tell;
            EXPECT_EQ(first<AddTell>(asked)->tell, tell);
        }
    }
    EXPECT_EQ(first<GoToMark>(press(model, SDLK_LEFT, KMOD_LALT))->direction, -1);
    EXPECT_EQ(first<GoToMark>(press(model, SDLK_RIGHT, KMOD_RALT))->direction, +1);
    EXPECT_TRUE(first<RemoveMark>(press(model, SDLK_DELETE)));
    EXPECT_TRUE(first<UndoLog>(press(model, SDLK_z, KMOD_LCTRL)));
    EXPECT_TRUE(first<RedoLog>(press(model, SDLK_z, KMOD_LCTRL | KMOD_LSHIFT)));
    EXPECT_TRUE(first<NextSetup>(press(model, SDLK_UP, KMOD_LSHIFT)));
    EXPECT_TRUE(first<NextScene>(press(model, SDLK_UP, KMOD_LCTRL)));
}

/// Fails when a note goes to the frame that is on screen at Enter, or when its letters are keys: also those
/// that came with N, before the field was drawn.
TEST_F(MarksInWindow, ANoteStandsAtTheFrameThatWasOnScreenAtN)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = marked_model();
    model.review->playing = true;
    run(model);
    key(SDLK_n);
    for (const SDL_Keycode code : { SDLK_h, SDLK_r, SDLK_c, SDLK_SPACE, SDLK_m, SDLK_1 })
        key(code); // in the same moment
    std::vector<Intent> all = run(model, 10);
    EXPECT_TRUE(all.empty()) << "letters are no keys";
    // The take plays on while it is typed.
    model.review->frame += 40;
    model.review->captured_frame -= 40;
    model.here->captured_frame -= 40;
    type("rdm");
    for (Intent& intent : run(model, 12))
        all.push_back(std::move(intent));
    EXPECT_TRUE(all.empty());
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r, KMOD_LCTRL))) << "rolling works everywhere";
    key(SDLK_RETURN);
    const auto asked = run(model, 6);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_EQ(first<PutNote>(asked)->at.take, model.review->take);
    EXPECT_EQ(first<PutNote>(asked)->at.captured_frame, 166);
    EXPECT_EQ(first<PutNote>(asked)->text, "rdm");
    EXPECT_EQ(first<PutNote>(asked)->mark, 0);
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE))) << "the keys are back";
}

TEST_F(MarksInWindow, EscapeLeavesANoteUnsaidAndAnEmptyOneIsNone)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = marked_model();
    run(model);
    press(model, SDLK_n);
    type("no");
    run(model, 8);
    EXPECT_TRUE(press(model, SDLK_ESCAPE).empty());
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
    press(model, SDLK_n);
    run(model);
    EXPECT_TRUE(SDL_IsTextInputActive()) << "else no letter comes from a keyboard";
    key(SDLK_RETURN);
    EXPECT_TRUE(run(model, 6).empty());
    EXPECT_FALSE(SDL_IsTextInputActive());
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
}

TEST_F(MarksInWindow, WithNothingToMarkNAsksTheSessionWhy)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = live_model();
    run(model);
    const auto asked = press(model, SDLK_n);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_TRUE(first<PutNote>(asked)->at.take.empty());
}

/// Fails for marks that stay where they are when the order is changed.
TEST_F(MarksInWindow, MarksStandOnTheStripWhereTheirFrameIsInTheOrderOnScreen)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    const auto frames = model.review->frame_count;
    const auto check = [&](bool shown_order) {
        const Screenshot shot = show(model, shown_order ? "marks_shown" : "marks_captured");
        for (const auto& [frame, colour] :
            { std::pair(40, kMarkRgb), std::pair(150, kNoteRgb), std::pair(230, kTellRgb) }) {
            const auto there = shown_order ? frame : frames - 1 - frame;
            const auto elsewhere = shown_order ? frames - 1 - frame : frame;
            EXPECT_GT(tinted(shot, model, there, colour), 40) << frame;
            EXPECT_EQ(tinted(shot, model, elsewhere, colour), 0) << frame;
        }
    };
    check(true);
    model.review->shown_order = false;
    for (MarkModel& mark : model.review->marks)
        mark.frame = mark.captured_frame;
    std::ranges::reverse(model.review->marks);
    check(false);
}

TEST_F(MarksInWindow, AClickOnAMarkGoesToItAndBesideItSeeks)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    const Model model = marked_model();
    run(model);
    for (const auto& [id, frame] : { std::pair(kMarkId, 40), std::pair(kTellId, 230) }) {
        const auto asked = click(model, columnOf(model, frame), signRow(model));
        ASSERT_TRUE(first<SelectMark>(asked)) << frame;
        EXPECT_EQ(first<SelectMark>(asked)->mark, id);
        EXPECT_FALSE(first<SeekTo>(asked));
    }
    const auto asked = click(model, columnOf(model, 100), signRow(model));
    EXPECT_FALSE(first<SelectMark>(asked));
    ASSERT_TRUE(first<SeekTo>(asked));
    EXPECT_NEAR(static_cast<double>(first<SeekTo>(asked)->frame), 100, 1);
}

/// Fails when marks on neighbouring frames hide each other.
TEST_F(MarksInWindow, CrowdedMarksAreOneWithTheirNumberAndAClickGoesFromOneToTheNext)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    ReviewModel& review = *model.review;
    using K = MarkModel::Kind;
    review.marks = { said(21, K::Mark, 100), said(22, K::Note, 101, "hand enters"), said(23, K::Tell, 102) };
    constexpr Rgb kPlate { 0xE6, 0xE6, 0xE6 };
    const Screenshot shot = show(model, "marks_crowded");
    const Rect plate { columnOf(model, 101) - 7, signRow(model) - 7, 14, 14 };
    EXPECT_GT(countIn(shot, plate, kPlate), 50);
    for (const auto& [now, next] :
        { std::pair(50, 21), std::pair(100, 22), std::pair(101, 23), std::pair(102, 21) }) {
        review.frame = now;
        const auto asked = click(model, columnOf(model, 101), signRow(model));
        ASSERT_TRUE(first<SelectMark>(asked)) << now;
        EXPECT_EQ(first<SelectMark>(asked)->mark, next) << "from " << now;
    }
}

TEST_F(MarksInWindow, WhatIsSaidOfTheFrameOnScreenStandsOnThePicture)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    const auto line = [&] {
        const Screenshot shot = show(model, "words");
        const Rect picture = window_->layout(model).picture;
        return countIn(shot, { picture.x, picture.bottom() - 60, picture.width, 60 }, kNoteRgb);
    };
    model.review->frame = 150;
    EXPECT_GT(line(), 100);
    model.review->frame = 151;
    EXPECT_EQ(line(), 0) << "paused, it is said of its frame alone";
    model.review->playing = true;
    EXPECT_GT(line(), 100) << "playing, there is a second to read it";
    model.review->frame = 175;
    EXPECT_GT(line(), 100);
    model.review->frame = 176;
    EXPECT_EQ(line(), 0);
    model.review->frame = 149;
    EXPECT_EQ(line(), 0) << "not before";
    model.review->speed = -1;
    EXPECT_GT(line(), 100) << "against the order on screen 149 comes after 150";
}

/// The rows under the takes: the note's is found by its flag.
TEST_F(MarksInWindow, TheNotesOfTheTakeAreListedAndAClickGoesThere)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    const Model model = marked_model();
    const Screenshot shot = show(model, "notes_list");
    const Rect panel = window_->layout(model).takes;
    int row = 0;
    for (int y = panel.y; y < panel.bottom() && row == 0; ++y)
        if (countIn(shot, { panel.x, y, 40, 1 }, kNoteRgb) > 6)
            row = y + 4;
    ASSERT_GT(row, 0) << "the note's flag is in the list";
    const auto asked = click(model, panel.x + 100, row);
    ASSERT_TRUE(first<SelectMark>(asked));
    EXPECT_EQ(first<SelectMark>(asked)->mark, kNoteId);
}

/// Fails for a tell, a mark or the circle that only a keyboard reaches.
TEST_F(MarksInWindow, EverythingIsSaidByMouseAlone)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    const Model model = marked_model();
    run(model);
    const Rect panel = window_->layout(model).takes;
    const auto at = [&](int column, int columns, int row) {
        constexpr int kButton = 36;
        constexpr int kGap = 2;
        const int inner = panel.width - 16;
        return click(model, panel.x + 8 + inner * (2 * column + 1) / (2 * columns),
            panel.bottom() - 6 - (3 - row) * (kButton + kGap) + kButton / 2);
    };
    EXPECT_TRUE(first<CircleTake>(at(0, 4, 0)));
    EXPECT_TRUE(first<AddMark>(at(1, 4, 0)));
    for (int tell = 1; tell <= 10; ++tell) {
        const auto asked = at((tell - 1) % 5, 5, 1 + (tell - 1) / 5);
        ASSERT_TRUE(first<AddTell>(asked)) << tell;
        EXPECT_EQ(first<AddTell>(asked)->tell, tell);
    }
    at(2, 4, 0);
    type("x");
    run(model, 6);
    EXPECT_TRUE(first<PutNote>(press(model, SDLK_RETURN)));
    at(3, 4, 0);
    run(model);
    EXPECT_TRUE(first<PutSheet>(press(model, SDLK_RETURN)));
}

/// Fails when the question stands over the picture, takes a key from review, or is answered for another take.
TEST_F(MarksInWindow, TheBoardIsAskedBesideThePictureAndOneKeyAnswers)
{
    for (const int width : { 1600, 1280 }) { // the list, and its strip
        SCOPED_TRACE(width);
        ASSERT_NO_FATAL_FAILURE(open(width, width * 9 / 16));
        Model model = marked_model();
        model.review->playing = true;
        const Layout before = window_->layout(model);
        const Screenshot plain = show(model, "board_not_asked_" + std::to_string(width));
        model.board_question = BoardQuestion { std::string(32, 'f'), "12A/6" };
        EXPECT_EQ(window_->layout(model).picture, before.picture);
        const Screenshot asked = show(model, "board_asked_" + std::to_string(width));
        int inside = 0;
        for (int y = 0; y < plain.height; ++y) {
            for (int x = 0; x < plain.width; ++x) {
                const bool same = nearly(pixel(plain, x, y), pixel(asked, x, y));
                if (before.takes.contains({ x, y, 1, 1 }))
                    inside += same ? 0 : 1;
                else
                    ASSERT_TRUE(same) << x << ' ' << y;
            }
        }
        EXPECT_GT(inside, 500) << "it can be seen";

        constexpr std::array kBoardKeys { SDLK_1, SDLK_2, SDLK_3, SDLK_4, SDLK_5 };
        for (std::size_t i = 0; i < kBoardKeys.size(); ++i) {
            const auto intents = press(model, kBoardKeys.at(i), KMOD_LCTRL);
            ASSERT_TRUE(first<SayBoard>(intents));
            EXPECT_EQ(static_cast<int>(first<SayBoard>(intents)->board), 2 + static_cast<int>(i));
            EXPECT_EQ(first<SayBoard>(intents)->take, model.board_question->take);
        }
        EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE))) << "all other keys go on";
        EXPECT_TRUE(first<AddTell>(press(model, SDLK_1)));
        EXPECT_TRUE(first<StepFrames>(press(model, SDLK_RIGHT)));
        EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r)));

        model.board_question.reset();
        const auto of_review = press(model, SDLK_2, KMOD_LCTRL);
        ASSERT_TRUE(first<SayBoard>(of_review));
        EXPECT_EQ(first<SayBoard>(of_review)->take, model.review->take);
        model.live_on_screen = true;
        const auto live = press(model, SDLK_2, KMOD_LCTRL);
        ASSERT_TRUE(first<SayBoard>(live));
        EXPECT_EQ(first<SayBoard>(live)->take, "") << "the session says why not";
        window_.reset();
    }
}

TEST_F(MarksInWindow, TheQuestionForTheBoardIsAnsweredByMouseAndSwitchedOffInTheSettings)
{
    Model model = marked_model();
    model.board_question = BoardQuestion { std::string(32, 'f'), "12A/6" };
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    run(model);
    const Rect panel = window_->layout(model).takes;
    constexpr int kPalette = 3 * (36 + 2) + 10;
    for (int i = 0; i < kBoards - 1; ++i) {
        const auto asked = click(model, panel.x + 8 + (panel.width - 16) * (2 * i + 1) / 10,
            panel.bottom() - kPalette - 6 - 36 / 2);
        ASSERT_TRUE(first<SayBoard>(asked)) << i;
        EXPECT_EQ(static_cast<int>(first<SayBoard>(asked)->board), 2 + i);
    }
    window_.reset();

    WindowOptions options;
    options.settings.ask_board = false;
    ASSERT_NO_FATAL_FAILURE(open(1600, 900, 1, options));
    const Screenshot off = show(model, "board_off");
    model.board_question.reset();
    EXPECT_EQ(show(model, "board_none").rgb, off.rgb);
    model.board_question = BoardQuestion { std::string(32, 'f'), "12A/6" };
    const auto asked = press(model, SDLK_1, KMOD_LCTRL);
    ASSERT_TRUE(first<SayBoard>(asked));
    EXPECT_EQ(first<SayBoard>(asked)->take, model.review->take) << "what is not asked is not answered";
}

TEST_F(MarksInWindow, ACircledTakeHasACircleAndItsStarsInTheList)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    const Rect panel = window_->layout(model).takes;
    constexpr int kRow = 64 + 2;
    const Rect last { panel.x, panel.y + 8 + 36 + 4 + 6 + 5 * kRow, panel.width, 44 };
    const auto bright = [&](const std::string& name) {
        const Screenshot shot = show(model, name);
        int count = 0;
        for (int y = last.y; y < last.bottom(); ++y)
            for (int x = last.x; x < last.right(); ++x)
                count += pixel(shot, x, y).g > 150 ? 1 : 0;
        return count;
    };
    const int plain = bright("takes_plain");
    model.takes[5].circled = true;
    const int circled = bright("takes_circled");
    EXPECT_GT(circled, plain + 60);
    model.takes[5].verdict = Verdict::FalseStart;
    const int judged = bright("takes_judged");
    EXPECT_GT(judged, circled + 40);
    model.takes[5].rating = 5;
    EXPECT_GT(bright("takes_rated"), judged + 60);
}

TEST_F(MarksInWindow, TheSheetIsWrittenByKeysAndKeepsItsTake)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = marked_model();
    model.review->sheet.verdict = Verdict::Hold;
    model.review->sheet.lens = "50";
    run(model);
    const std::string take = model.review->take;
    EXPECT_TRUE(press(model, SDLK_c, KMOD_LSHIFT).empty());
    type("rc1");
    EXPECT_TRUE(run(model, 10).empty()) << "typing triggers no key";
    model.review->take = "ffffffffffffffffffffffffffffffff"; // another one came on screen
    key(SDLK_RETURN);
    const auto asked = run(model, 6);
    ASSERT_TRUE(first<PutSheet>(asked));
    EXPECT_EQ(first<PutSheet>(asked)->take, take);
    TakeSheet wanted;
    wanted.verdict = Verdict::Hold;
    wanted.lens = "50";
    wanted.note = "rc1";
    EXPECT_EQ(first<PutSheet>(asked)->sheet, wanted);
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
}

TEST_F(MarksInWindow, SearchingListsWhatIsFoundAndTriggersNoKey)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    run(model);
    EXPECT_TRUE(press(model, SDLK_f, KMOD_LCTRL).empty());
    type("rc");
    const auto asked = run(model, 10);
    ASSERT_TRUE(first<FilterTakes>(asked));
    for (const Intent& intent : asked)
        EXPECT_TRUE(std::holds_alternative<FilterTakes>(intent));
    EXPECT_EQ(std::get<FilterTakes>(asked.back()).filter.words, "rc");
    EXPECT_TRUE(press(model, SDLK_ESCAPE).empty());
    // Two of six are found: the second row of the list is the last take.
    model.filter.words = "rc";
    for (std::size_t i = 1; i < 5; ++i)
        model.takes[i].listed = false;
    run(model);
    const Rect panel = window_->layout(model).takes;
    const auto chosen = click(model, panel.x + 100, panel.y + 8 + 36 + 10 + 54 + 20);
    ASSERT_TRUE(first<SelectTake>(chosen));
    EXPECT_EQ(first<SelectTake>(chosen)->absolute, 5U);
}

TEST_F(MarksInWindow, AnIdleFrameWithMarksAllocatesNothing)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = marked_model();
    model.review->frame = 150;
    model.takes[5].circled = true;
    model.takes[5].rating = 3;
    run(model);
    tests::Allocations allocations;
    for (int i = 0; i < 100; ++i) {
        window_->draw(model);
        window_->poll(model, 0s);
    }
    expectNoneOfOurs(allocations);
}

/// Fails when what is said hides the picture, or the field for it finds no room, in a small window.
TEST_F(MarksInWindow, InASmallWindowANoteCanStillBeTyped)
{
    ASSERT_NO_FATAL_FAILURE(open(480, 270));
    const Model model = marked_model();
    run(model);
    press(model, SDLK_n);
    type("small");
    run(model, 12);
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_EQ(first<PutNote>(asked)->text, "small");
}

} // namespace
} // namespace backtake::ui
