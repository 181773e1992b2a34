/// Practice in the real window: pressed as keys, clicked, and read back from its pixels.
#include "ui/messages_view.hpp"
#include "ui/test_window.hpp"

namespace backtake::ui {
namespace {

constexpr Rgb kWhite { 0xE6, 0xE6, 0xE6 };

Model practising_model()
{
    Model model = live_model();
    PracticeModel& practice = model.practice.emplace();
    practice.state = PracticeModel::State::Ready;
    practice.level_db = -18;
    const PracticeMark first { 24, 27, 19, 61ms, -140ms, 58.4 };
    const PracticeMark second { 24, 25, 23, 12ms, 95ms, 88.7 };
    const PracticeMark third { 24, 22, 20, -33ms, -121ms, 71.2 };
    practice.attempts = { { 1, 9100ms, first, { first, second, third } },
        { 2, 9400ms, second, { second, second, third } }, { 3, 8800ms, third, { third, first, second } } };
    practice.chosen = 2;
    practice.best = 1;
    return model;
}

class PracticeInWindow : public WindowTest { };

/// Fails for a key that means something else while the panel is open, and for one that it takes from others.
TEST_F(PracticeInWindow, ItsKeysWorkWhileItIsOpenAndOnlyThen)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = live_model();
    const auto press = [&](SDL_Keycode code, int modifiers = KMOD_NONE) {
        key(code, modifiers);
        return run(model, 2);
    };
    run(model);
    EXPECT_TRUE(first<TogglePractice>(press(SDLK_p, KMOD_LCTRL)));
    EXPECT_TRUE(press(SDLK_RETURN).empty());
    EXPECT_TRUE(first<TogglePlay>(press(SDLK_SPACE)));
    model = practising_model();
    run(model);
    using What = Practise::What;
    for (const auto& [code, what] :
        { std::pair(SDLK_RETURN, What::Record), std::pair(SDLK_KP_ENTER, What::Record),
            std::pair(SDLK_SPACE, What::HearFlipped), std::pair(SDLK_g, What::HearGuide),
            std::pair(SDLK_c, What::HearBoth), std::pair(SDLK_DELETE, What::Remove) }) {
        const auto asked = press(code);
        ASSERT_TRUE(first<Practise>(asked)) << SDL_GetKeyName(code);
        EXPECT_EQ(first<Practise>(asked)->what, what);
    }
    const auto restored = press(SDLK_z, KMOD_LCTRL);
    ASSERT_TRUE(first<Practise>(restored));
    EXPECT_EQ(first<Practise>(restored)->what, What::Restore);
    ASSERT_TRUE(first<ChooseAttempt>(press(SDLK_UP)));
    EXPECT_TRUE(first<ToggleRoll>(press(SDLK_r))) << "rolling works everywhere";
    EXPECT_TRUE(first<TogglePractice>(press(SDLK_ESCAPE)));
}

TEST_F(PracticeInWindow, AttemptsAreListedNewestFirstAndAClickChoosesOne)
{
    for (const auto& [width, height] : { std::pair(1280, 720), std::pair(1920, 1080) }) {
        ASSERT_NO_FATAL_FAILURE(open(width, height));
        const Model model = practising_model();
        show(model, "practice_" + std::to_string(height));
        const Rect band = window_->layout(model).band;
        ASSERT_FALSE(band.empty());
        EXPECT_FALSE(band.overlaps(window_->layout(model).framed()));
        const auto asked = click(model, band.right() - 160, band.y + 4 + 2 * 32 + 16);
        ASSERT_TRUE(first<ChooseAttempt>(asked));
        EXPECT_EQ(first<ChooseAttempt>(asked)->absolute, 0U) << "attempt 1 is the last of three";
        window_.reset();
    }
}

TEST_F(PracticeInWindow, WhatGoesOnIsSaidInWordsAndShapes)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = practising_model();
    const Rect band = window_->layout(model).band;
    const auto stateIn = [&](const char* name) {
        return countIn(show(model, name), { band.x, band.y, 420, 42 }, kWhite);
    };
    const int ready = stateIn("practice_ready");
    model.practice->state = PracticeModel::State::Recording;
    model.practice->length = 3200ms;
    EXPECT_GT(stateIn("practice_recording"), ready) << "a disc and the length stand there";
    model.practice->state = PracticeModel::State::Hearing;
    model.practice->heard = PracticeModel::Heard::Flipped;
    const Screenshot flipped = show(model, "practice_flipped");
    model.practice->heard = PracticeModel::Heard::Both;
    EXPECT_NE(show(model, "practice_both").rgb, flipped.rgb);
    model.practice->state = PracticeModel::State::Ready;
    model.practice->attempts.clear();
    model.practice->chosen = 0;
    model.practice->best.reset();
    model.practice->guide_missing = "No guide: F5 loads a song or a line, then Enter records along with it";
    show(model, "practice_no_guide");
    model.practice->trouble = "The microphone gave silence: is it on, and is it the right one (F10)?";
    show(model, "practice_trouble");
}

TEST_F(PracticeInWindow, AnAttemptThatIsHeardIsSeenBesideTheLivePicture)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = practising_model();
    model.practice->state = PracticeModel::State::Hearing;
    model.practice->heard = PracticeModel::Heard::Flipped;
    model.mode = ViewMode::Quad;
    model.panes.resize(2);
    model.panes[0].picture = model.picture;
    model.panes[0].picture_id = 1;
    model.panes[0].words = "A";
    model.panes[1].kind = Pane::Kind::Shown;
    model.panes[1].picture = scene(1920, 1080, 40);
    model.panes[1].picture_id = 2;
    model.panes[1].words = "attempt 3";
    const Screenshot shot = show(model, "practice_seen");
    const Layout layout = window_->layout(model);
    EXPECT_FALSE(layout.band.empty());
    EXPECT_FALSE(layout.band.overlaps(layout.framed(layout.places[1])));
    EXPECT_GT(countIn(shot, layout.framed(layout.places[1]), kAmber), 200) << "it is no live picture";
    EXPECT_EQ(countIn(shot, layout.framed(layout.places[0]), kAmber), 0);
}

/// Fails for a key that does nothing in a low window and says nothing.
TEST_F(PracticeInWindow, APanelThatHasNoRoomSaysSo)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 500));
    const auto line = [&](const Model& model) { return noRoomWords(model, window_->layout(model)); };
    Model model = live_model();
    EXPECT_TRUE(line(model).empty());
    const Rect ground = window_->layout(model).monitor;
    const Rect corner { ground.x, ground.bottom() - 80, 640, 80 };
    const int without = countIn(show(model, "no_room_none"), corner, kWhite);
    model = practising_model();
    EXPECT_TRUE(window_->layout(model).band.empty());
    EXPECT_EQ(line(model).view(),
        "No room for practice (Ctrl+P) in this window of 1280 x 500 pixels: 640 of height are needed");
    EXPECT_GT(countIn(show(model, "no_room_practice"), corner, kWhite), without + 100) << "it is read";
    model.practice.reset();
    model.lip.emplace();
    EXPECT_TRUE(line(model).view().starts_with("No room for the lip check (F12)"));
    show(model, "no_room_lip");
    // Dismissed it is gone, and there again when the panel is opened again.
    model.messages.assign(4, { 1, Message::Kind::Note, "a message that stands", true, 0s });
    EXPECT_GT(countIn(show(model, "no_room_and_messages"), corner, kWhite), without + 100);
    model.messages.clear();
    EXPECT_TRUE(click(model, ground.x + 590, ground.bottom() - 62).empty());
    EXPECT_EQ(countIn(show(model, "no_room_dismissed"), corner, kWhite), without);
    model.lip.reset();
    run(model);
    model.lip.emplace();
    EXPECT_GT(countIn(show(model, "no_room_again"), corner, kWhite), without + 100);
    model.lip.reset();
    key(SDLK_t, KMOD_LCTRL);
    run(model);
    EXPECT_TRUE(line(model).view().starts_with("No room for the sequence (Ctrl+T)")) << line(model).view();
    show(model, "no_room_story");
}

TEST_F(PracticeInWindow, AnIdleFrameAllocatesNothing)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = practising_model();
    run(model, 20);
    tests::Allocations allocations;
    run(model, 5);
    expectNoneOfOurs(allocations);
}

} // namespace
} // namespace backtake::ui
