/// Other words for notes, the sheets of takes and setups, and the pictures in the list of takes: in the real
/// window, by keys and mouse.
#include "ui/test_window.hpp"

#include <imgui.h>

#include <algorithm>
#include <set>

namespace backtake::ui {
namespace {

constexpr std::int64_t kNoteId = 12;
constexpr std::int64_t kTellId = 13;
constexpr base::FrameIndex kNoteFrame = 150;

/// A take in review that stands at its note.
Model logged_model()
{
    Model model = paused_model(kNoteFrame);
    ReviewModel& review = *model.review;
    review.marks = { said(kNoteId, MarkModel::Kind::Note, kNoteFrame, "hand enters"),
        said(kTellId, MarkModel::Kind::Tell, 230, "") };
    review.sheet.scene = "12A";
    review.sheet.number = 3;
    review.setup.name = "12A";
    review.setup.lens = "50 mm";
    review.setup.camera = "EOS-1D C";
    model.next_setup.name = "12B";
    return model;
}

class LogInWindow : public WindowTest {
protected:
    std::vector<Intent> press(const Model& model, SDL_Keycode code, int modifiers = KMOD_NONE)
    {
        key(code, modifiers);
        return run(model, 3);
    }
    /// Each letter gets a frame of its own; what is asked for meanwhile.
    std::vector<Intent> write(const Model& model, const char* text)
    {
        type(text);
        return run(model, static_cast<int>(3 + 2 * std::string_view(text).size()));
    }
    void paste(const char* letter)
    {
        SDL_Event event {};
        event.type = SDL_TEXTINPUT;
        std::copy_n(letter, std::string_view(letter).size(), event.text.text);
        SDL_PushEvent(&event);
    }
    std::vector<Intent> doubleClick(const Model& model, int x, int y)
    {
        ImGui::GetIO().MouseDoubleClickTime = 100; // however slow the machine is
        click(model, x, y);
        return click(model, x, y);
    }
    /// Clears a field by keys.
    void empty(const Model& model)
    {
        press(model, SDLK_a, KMOD_LCTRL);
        press(model, SDLK_DELETE);
    }
};

TEST_F(LogInWindow, ShiftNOpensTheNoteOnScreenWithItsWordsAndEnterStoresThem)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = logged_model();
    run(model);
    press(model, SDLK_n, KMOD_LSHIFT);
    EXPECT_TRUE(write(model, " late").empty()) << "letters are no keys";
    show(model, "note_edit_1280");
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_EQ(first<PutNote>(asked)->text, "hand enters late");
    EXPECT_EQ(first<PutNote>(asked)->mark, kNoteId);
    EXPECT_EQ(first<PutNote>(asked)->at.take, model.review->take);
    EXPECT_EQ(first<PutNote>(asked)->at.captured_frame, 277 - kNoteFrame);
    run(model);
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE))) << "the keys are back";
}

TEST_F(LogInWindow, EscapeUnchangedWordsAndNoWordsLeaveTheNoteAsItWas)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = logged_model();
    run(model);
    press(model, SDLK_n, KMOD_LSHIFT);
    write(model, "x");
    EXPECT_TRUE(press(model, SDLK_ESCAPE).empty());
    press(model, SDLK_n, KMOD_LSHIFT);
    EXPECT_TRUE(press(model, SDLK_RETURN).empty());
    press(model, SDLK_n, KMOD_LSHIFT);
    empty(model);
    EXPECT_TRUE(press(model, SDLK_RETURN).empty());
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
}

TEST_F(LogInWindow, ATellGetsWordsOfItsOwnAndTheChosenOneIsMeantWhereNothingIsOnScreen)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    model.review->frame = 20;
    run(model);
    const auto none = press(model, SDLK_n, KMOD_LSHIFT);
    ASSERT_TRUE(first<PutNote>(none)) << "the session says why not";
    EXPECT_EQ(first<PutNote>(none)->mark, PutNote::kNone);
    model.review->chosen_mark = kTellId;
    press(model, SDLK_n, KMOD_LSHIFT);
    write(model, "left eye");
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_EQ(first<PutNote>(asked)->mark, kTellId);
    EXPECT_EQ(first<PutNote>(asked)->text, "left eye");
    EXPECT_EQ(wordsOf(said(1, MarkModel::Kind::Tell, 0, "left eye")).view(), "blink: left eye");
    EXPECT_EQ(wordsOf(said(1, MarkModel::Kind::Mark, 0, "")).view(), "mark");
}

/// Fails where the field cannot be reached by the mouse: on the strip, on the picture, in the list.
TEST_F(LogInWindow, TwoClicksOnANoteOpenItWhereverItStands)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    const Model model = logged_model();
    const Screenshot shot = show(model, "note_places");
    const Layout layout = window_->layout(model);
    constexpr Rgb kNoteRgb { 0xF2, 0xE2, 0x7A };
    const auto find = [&](const Rect& in) {
        for (int y = in.y; y < in.bottom(); ++y)
            for (int x = in.x; x < in.right(); ++x)
                if (nearly(pixel(shot, x, y), kNoteRgb))
                    return std::pair(x + 4, y + 3);
        return std::pair(0, 0);
    };
    const Rect& picture = layout.picture;
    for (const Rect& place :
        { layout.scrub, Rect { picture.x, picture.bottom() - 60, picture.width, 60 }, layout.takes }) {
        const auto [x, y] = find(place);
        ASSERT_GT(x, 0) << "the note's flag is there";
        doubleClick(model, x, y);
        write(model, "!");
        const auto asked = press(model, SDLK_RETURN);
        ASSERT_TRUE(first<PutNote>(asked)) << place.x << ' ' << place.y;
        EXPECT_EQ(first<PutNote>(asked)->mark, kNoteId);
        EXPECT_EQ(first<PutNote>(asked)->text, "hand enters!");
    }
}

TEST_F(LogInWindow, EmojiQuotesAndLongTextsStayWholeInAField)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    std::string text;
    for (int i = 0; i < 150; ++i)
        text += "\U0001F3AC\"";
    model.review->marks[0].text = text;
    run(model);
    press(model, SDLK_n, KMOD_LSHIFT);
    paste("\U0001F40E");
    run(model);
    paste("/'");
    run(model);
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutNote>(asked));
    EXPECT_EQ(first<PutNote>(asked)->text, text + "\U0001F40E/'");
}

TEST_F(LogInWindow, TheSetupSheetIsWrittenByKeysAndLiveItIsThatOfTheNextTake)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    run(model);
    EXPECT_TRUE(press(model, SDLK_c, KMOD_LCTRL | KMOD_LSHIFT).empty());
    write(model, "rain");
    press(model, SDLK_TAB);
    write(model, "35 mm"); // over what stood there
    show(model, "setup_1280");
    auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutSetup>(asked));
    SetupSheet wanted = model.review->setup;
    wanted.description = "rain";
    wanted.lens = "35 mm";
    EXPECT_EQ(first<PutSetup>(asked)->setup, wanted);

    model.live_on_screen = true;
    run(model);
    press(model, SDLK_c, KMOD_LCTRL | KMOD_LSHIFT);
    asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutSetup>(asked));
    EXPECT_EQ(first<PutSetup>(asked)->setup.name, "12B");
    press(model, SDLK_c, KMOD_LCTRL | KMOD_LSHIFT);
    EXPECT_TRUE(press(model, SDLK_ESCAPE).empty());
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
}

/// Fails for an inherited value that becomes the take's own by opening the sheet.
TEST_F(LogInWindow, WhatTheSetupSaysIsNotCopiedIntoTheSheetOfATake)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    model.review->sheet.stop = "T4";
    run(model);
    press(model, SDLK_c, KMOD_LSHIFT);
    show(model, "sheet_1280");
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutSheet>(asked));
    EXPECT_EQ(first<PutSheet>(asked)->sheet, model.review->sheet);
    EXPECT_FALSE(first<PutSheet>(asked)->all_after);
    EXPECT_FALSE(first<PutSheet>(asked)->backward);
    EXPECT_FALSE(first<PutSheet>(asked)->orientation);
}

class SheetOfATake : public LogInWindow {
protected:
    /// Top left corner of what is in the card: up from its middle as long as its edge is of the panel's grey.
    [[nodiscard]] std::pair<int, int> corner(const Screenshot& shot) const
    {
        const int left = (shot.width - 540) / 2;
        int top = shot.height / 2;
        while (top > 0 && nearly(pixel(shot, left - 6, top - 1), { 0x1C, 0x1C, 0x1C }))
            --top;
        return { left, top + 12 };
    }
};

TEST_F(SheetOfATake, ItsNumberIsChangedByKeysAndTheLaterTakesFollowByAClick)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    model.review->shot_as = "12A/2";
    run(model);
    press(model, SDLK_c, KMOD_LSHIFT);
    press(model, SDLK_TAB);
    write(model, "14b");
    press(model, SDLK_TAB);
    write(model, "7");
    const auto [x, y] = corner(show(model, "sheet_renumber_1280"));
    ASSERT_GT(x, 0);
    click(model, x + 540 - 92, y + 25 + 42 + 18);
    run(model);
    press(model, SDLK_TAB);
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutSheet>(asked));
    EXPECT_EQ(first<PutSheet>(asked)->sheet.scene, "14B") << "as on a board";
    EXPECT_EQ(first<PutSheet>(asked)->sheet.number, 7);
    EXPECT_TRUE(first<PutSheet>(asked)->all_after);
}

TEST_F(SheetOfATake, AButtonGivesAnOwnValueBackToTheSetup)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    model.review->sheet.lens = "85 mm";
    run(model);
    press(model, SDLK_c, KMOD_LSHIFT);
    const Screenshot own = show(model, "sheet_own_1280");
    const auto [x, y] = corner(own);
    ASSERT_GT(x, 0);
    constexpr int kThird = 174;
    const int row = y + 25 + 42 + 42 + 19 + 6 + 4;
    const Rect field { x, row, kThird - 40, 30 };
    constexpr Rgb kBright { 0xE6, 0xE6, 0xE6 };
    EXPECT_GT(countIn(own, field, kBright), 10) << "its own is bright";
    click(model, x + kThird - 18, row + 14);
    const Screenshot inherited = show(model, "sheet_inherited_1280");
    EXPECT_EQ(countIn(inherited, field, kBright), 0) << "the setup's is quiet";
    press(model, SDLK_TAB);
    const auto asked = press(model, SDLK_RETURN);
    ASSERT_TRUE(first<PutSheet>(asked));
    EXPECT_EQ(first<PutSheet>(asked)->sheet.lens, "");
}

constexpr Rgb kFirstCaptured { 200, 40, 40 };
constexpr Rgb kLastCaptured { 40, 200, 40 };

/// Two cells, one of each colour; their left half is darker.
base::FilmstripPtr ends(std::uint64_t version)
{
    auto strip = std::make_shared<base::Filmstrip>();
    strip->version = version;
    strip->cell_width = 128;
    strip->cell_height = 72;
    strip->captured = { 0, 277 };
    strip->made = { true, true };
    for (const Rgb& colour : { kFirstCaptured, kLastCaptured })
        for (int y = 0; y < 72; ++y)
            for (int x = 0; x < 128; ++x) {
                const int part = x < 64 ? 2 : 1;
                for (const int level : { colour.r / part, colour.g / part, colour.b / part, 255 })
                    strip->rgba.push_back(static_cast<std::uint8_t>(level));
            }
    return strip;
}

class TakePictures : public LogInWindow {
protected:
    /// How much of a colour the first or second picture of the last take's row has, in its left or right
    /// half.
    [[nodiscard]] int seen(
        const Screenshot& shot, const Model& model, int which, bool right_half, const Rgb& colour) const
    {
        const Rect panel = window_->layout(model).takes;
        const auto last = static_cast<int>(model.takes.size()) - 1;
        return countIn(shot,
            { panel.x + 8 + 10 + which * 74 + (right_half ? 36 : 0), panel.y + 8 + 36 + 10 + last * 66, 36,
                64 },
            colour);
    }
};

/// Fails for pictures in captured order, and for ones that are not turned with the take.
TEST_F(TakePictures, TheFirstPictureIsTheOneThatTheAudienceSeesFirst)
{
    ASSERT_NO_FATAL_FAILURE(open(1920, 1080));
    Model model = logged_model();
    for (std::size_t i = 0; i < model.takes.size(); ++i)
        model.takes[i].ends = ends(i + 1);
    TakeRow& take = model.takes.back();
    Screenshot shot = show(model, "takes_pictures_1920");
    EXPECT_GT(seen(shot, model, 0, true, kLastCaptured), 800) << "a backward take";
    EXPECT_GT(seen(shot, model, 1, true, kFirstCaptured), 800);
    take.backward = false;
    shot = show(model, "takes_forward");
    EXPECT_GT(seen(shot, model, 0, true, kFirstCaptured), 800) << "a forward take";
    EXPECT_GT(seen(shot, model, 1, true, kLastCaptured), 800);
    take.orientation = base::Orientation::Mirrored;
    shot = show(model, "takes_mirrored");
    EXPECT_GT(seen(shot, model, 0, false, kFirstCaptured), 800);
    EXPECT_EQ(seen(shot, model, 0, true, kFirstCaptured), 0);
    take.ends = nullptr;
    const Screenshot without = show(model, "takes_no_pictures");
    EXPECT_EQ(seen(without, model, 0, false, kFirstCaptured), 0);
    // The words stand where they stood.
    const Rect panel = window_->layout(model).takes;
    for (int y = panel.y + 54 + 5 * 66; y < panel.y + 54 + 6 * 66; ++y)
        for (int x = panel.x + 8 + 10 + 148; x < panel.right(); ++x)
            ASSERT_TRUE(nearly(pixel(without, x, y), pixel(shot, x, y))) << x << ' ' << y;
}

/// Fails for a strip without them, or where the bar to scroll by covers one.
TEST_F(TakePictures, TheStripOfANarrowWindowHasThemBelowTheSlate)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = logged_model();
    for (std::size_t i = 0; i < model.takes.size(); ++i)
        model.takes[i].ends = ends(i + 1);
    const Rect panel = window_->layout(model).takes;
    ASSERT_EQ(window_->layout(model).takes_shape, TakesShape::Strip);
    const auto bright = [&](const Screenshot& shot, int row, int which, const Rgb& colour) {
        constexpr int kWidth = 44;
        constexpr int kHeight = 25;
        return countIn(shot,
            { panel.x + 8 + 4 + which * (kWidth + 2) + kWidth / 2, panel.y + 52 + row * 64 + 32, kWidth / 2,
                kHeight },
            colour);
    };
    Screenshot shot = show(model, "takes_strip_1280");
    for (int row = 0; row < 6; ++row) {
        const bool backward = model.takes[static_cast<std::size_t>(row)].backward;
        EXPECT_GT(bright(shot, row, 0, backward ? kLastCaptured : kFirstCaptured), 400) << row;
        EXPECT_GT(bright(shot, row, 1, backward ? kFirstCaptured : kLastCaptured), 400) << row;
    }
    const TakeRow row = model.takes.back();
    model.takes.assign(200, row);
    model.selected_take = 0;
    shot = show(model, "takes_strip_200");
    EXPECT_GT(bright(shot, 0, 0, kLastCaptured), 400);
    EXPECT_GT(bright(shot, 0, 1, kFirstCaptured), 400);
}

/// A day's list from end to end by the wheel, three rows a frame, each take with pictures of its own, in both
/// shapes: what a frame costs, pictures brought to the GPU included, and drawn in software.
TEST_F(TakePictures, DISABLED_Scrolling200TakesStaysCalm)
{
    for (const auto& [width, height] : { std::pair(1280, 720), std::pair(1920, 1080) }) {
        window_.reset();
        ASSERT_NO_FATAL_FAILURE(open(width, height));
        Model model = logged_model();
        const TakeRow row = model.takes.back();
        model.takes.assign(200, row);
        for (std::size_t i = 0; i < model.takes.size(); ++i)
            model.takes[i].ends = ends(i + 1);
        model.selected_take = 0;
        run(model); // from here on the window has the keyboard
        const Rect panel = window_->layout(model).takes;
        SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), panel.x + panel.width / 2, panel.y + 150);
        run(model);
        std::vector<double> built;
        std::vector<double> drawn;
        std::set<std::size_t> seen;
        constexpr int kFrames = 160; // half of them down
        for (int frame = 0; frame < kFrames; ++frame) {
            SDL_Event event {};
            event.type = SDL_MOUSEWHEEL;
            event.wheel.y = frame < kFrames / 2 ? -1 : 1;
            for (int notch = 0; notch < 3; ++notch)
                SDL_PushEvent(&event);
            window_->poll(model, 0s);
            const auto began = base::threadTime();
            for (const Intent& intent : window_->draw(model))
                if (const auto* rows = std::get_if<TakesOnScreen>(&intent))
                    seen.insert(rows->rows.begin(), rows->rows.end());
            drawn.push_back(base::milliseconds(base::threadTime() - began));
            built.push_back(base::milliseconds(window_->pace().ui_frame.summary()->newest));
        }
        EXPECT_TRUE(seen.contains(0) && seen.contains(199)) << "from end to end";
        for (auto* const times : { &built, &drawn }) {
            std::ranges::sort(*times);
            std::printf("scrolling 200 takes, %dx%d, CPU of %s: median %.2f, worst %.2f ms a frame\n", width,
                height, times == &built ? "building" : "building and drawing", (*times)[times->size() / 2],
                times->back());
        }
        if (!tests::kSanitized) {
            EXPECT_LT(built[built.size() / 2], 3);
            EXPECT_LT(built.back(), 16);
        }
    }
}

TEST_F(TakePictures, OnlyTheRowsOnScreenAreAskedForAndScrollingAsksForOthers)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = logged_model();
    const TakeRow row = model.takes.back();
    model.takes.assign(200, row);
    model.selected_take = 0;
    const auto told = [&](int frames = 6) {
        std::vector<std::size_t> rows;
        for (int i = 0; i < frames; ++i)
            for (const Intent& intent : window_->frame(model))
                if (const auto* set = std::get_if<TakesOnScreen>(&intent))
                    rows = set->rows;
        return rows;
    };
    std::vector<std::size_t> rows = told();
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows.front(), 0U);
    EXPECT_LT(rows.size(), 20U);
    EXPECT_TRUE(told(20).empty()) << "nothing new, nothing said";
    model.selected_take = 150;
    rows = told();
    EXPECT_EQ(std::ranges::count(rows, 150U), 1) << "the chosen one is among them";
    EXPECT_LT(rows.size(), 20U);
}

TEST_F(TakePictures, AnIdleFrameWithTwoHundredOfThemAllocatesNothing)
{
    ASSERT_NO_FATAL_FAILURE(open(1600, 900));
    Model model = logged_model();
    const TakeRow row = model.takes.back();
    model.takes.assign(200, row);
    for (std::size_t i = 0; i < model.takes.size(); ++i)
        model.takes[i].ends = ends(i + 1);
    run(model);
    tests::Allocations allocations;
    for (int i = 0; i < 100; ++i) {
        window_->draw(model);
        window_->poll(model, 0s);
    }
    expectNoneOfOurs(allocations);
}

} // namespace
} // namespace backtake::ui
