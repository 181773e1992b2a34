/// The hand-over's sheet and strip in the real window, by keys and by mouse.
#include "ui/test_window.hpp"

namespace backtake::ui {
namespace {

Model shot_model()
{
    Model model = review_model();
    model.review->playing = false;
    model.review->take = "0123456789abcdef0123456789abcdef";
    model.takes[3].circled = model.takes[5].circled = true;
    model.handover_days = { "2026-11-19", "2026-11-20", "2026-11-21" };
    return model;
}

/// As a session answers.
void answer(Model& model, const HandoverWish& wish)
{
    HandoverLook look;
    look.wish = wish;
    look.folder = "/home/dit/Nightfall, day 3/handover/2026-11-21-1";
    look.takes = 2;
    look.files = 4;
    look.bytes = 1'240'000'000;
    look.free_bytes = 310'000'000'000;
    look.remarks = { "12A/4A is left out: it is still being recorded" };
    model.handover_look = look;
}

HandoverRun running()
{
    HandoverRun run;
    run.id = 7;
    run.title = "Circled takes";
    run.running = true;
    run.done = 0.34;
    run.take = 2;
    run.takes = 5;
    run.file = "12A-002-A_review.mp4";
    run.time_left = base::Nanos(192s);
    return run;
}

class HandoverInWindow : public WindowTest {
protected:
    std::vector<Intent> press(const Model& model, SDL_Keycode code, int modifiers = KMOD_NONE)
    {
        key(code, modifiers);
        return run(model, 3);
    }
    /// The newest question of these.
    static std::optional<HandoverWish> lastAsked(const std::vector<Intent>& intents)
    {
        std::optional<HandoverWish> wish;
        for (const Intent& intent : intents)
            if (const auto* look = std::get_if<LookAtHandover>(&intent))
                wish = look->wish;
        return wish;
    }
};

TEST_F(HandoverInWindow, CtrlEAsksAtOnceWhatItWouldTakeAndEnterHandsOver)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = shot_model();
    run(model);
    const auto asked = lastAsked(press(model, SDLK_e, KMOD_LCTRL));
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->takes, HandoverWish::Takes::Circled);
    EXPECT_EQ(asked->formats, "mov,fcpxml");
    answer(model, *asked);
    EXPECT_TRUE(run(model).empty()) << "asked once";
    type("/mnt/out");
    run(model, 40); // each key has a frame of its own
    key(SDLK_RETURN);
    const auto started = run(model, 10);
    ASSERT_TRUE(first<StartHandover>(started));
    EXPECT_EQ(first<StartHandover>(started)->wish.folder, "/mnt/out");
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE))) << "the sheet is gone, the keys are back";
}

TEST_F(HandoverInWindow, EscapeLeavesItAndNothingIsHandedOver)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = shot_model();
    run(model);
    press(model, SDLK_e, KMOD_LCTRL);
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r, KMOD_LCTRL))) << "rolling works everywhere";
    EXPECT_FALSE(first<StartHandover>(press(model, SDLK_ESCAPE)));
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
}

/// Up from the folder's field, where the sheet begins, through all rows.
TEST_F(HandoverInWindow, AllOfItIsReachedByKeys)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = shot_model();
    run(model);
    press(model, SDLK_e, KMOD_LCTRL);
    bool takes = false;
    bool formats = false;
    bool order = false;
    for (int row = 0; row < 12 && !(takes && formats && order); ++row) {
        press(model, SDLK_UP);
        for (int column = 0; column < 4; ++column) {
            if (const auto asked = lastAsked(press(model, SDLK_SPACE))) {
                takes |= asked->takes == HandoverWish::Takes::Listed;
                formats |= asked->formats.find("editors-html") != std::string::npos;
                order |= !asked->shown_order;
            }
            press(model, SDLK_RIGHT);
        }
        for (int column = 0; column < 4; ++column)
            press(model, SDLK_LEFT);
    }
    EXPECT_TRUE(takes);
    EXPECT_TRUE(formats);
    EXPECT_TRUE(order);
}

TEST_F(HandoverInWindow, TheSheetFitsAndIsRead)
{
    for (const auto& [width, height] : { std::pair { 1280, 720 }, std::pair { 1920, 1080 } }) {
        window_.reset();
        ASSERT_NO_FATAL_FAILURE(open(width, height));
        Model model = shot_model();
        model.review->in = 40;
        run(model);
        const auto asked = lastAsked(press(model, SDLK_e, KMOD_LCTRL));
        ASSERT_TRUE(asked);
        answer(model, *asked);
        model.handovers = { running() };
        if (const auto again = lastAsked(run(model)))
            answer(model, *again);
        run(model);
        show(model, "handover_sheet_" + std::to_string(width));
        press(model, SDLK_ESCAPE);
        model.messages.push_back(
            { 1, Message::Kind::Note, "Still saved: 12A-003-A_166.png", false, model.now });
        show(model, "handover_strip_" + std::to_string(width));
    }
}

TEST_F(HandoverInWindow, TheStripSaysHowFarItIsAndStopsIt)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = shot_model();
    const Screenshot without = show(model, "handover_none");
    model.handovers = { running() };
    const Screenshot with = show(model, "handover_strip");
    const Rect monitor = window_->layout(model).monitor;
    const Rect strip { monitor.right() - 12 - 460, monitor.bottom() - 12 - 40, 460, 40 };
    // The part that is done is lighter than the rest.
    const Rgb done = pixel(with, strip.x + 3, strip.y + 20);
    const Rgb rest = pixel(with, strip.right() - 3, strip.y + 20);
    EXPECT_GT(done.r, rest.r + 10);
    int changed = 0;
    for (int x = strip.x; x < strip.right(); ++x)
        changed += furthest(pixel(without, x, strip.y + 20), pixel(with, x, strip.y + 20)) > 0 ? 1 : 0;
    EXPECT_GT(changed, strip.width / 2);
    const auto stopped = click(model, strip.right() - 20, strip.y + 20);
    ASSERT_TRUE(first<CancelHandover>(stopped));
    EXPECT_EQ(first<CancelHandover>(stopped)->id, 7U);
    EXPECT_TRUE(lastAsked(click(model, strip.x + 40, strip.y + 20))) << "a click opens the sheet";
}

} // namespace
} // namespace backtake::ui
