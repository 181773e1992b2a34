/// The guide in the real window: keys, mouse, a file dropped, and what is drawn.
#include "ui/slow_server.hpp"
#include "ui/test_window.hpp"

#include <algorithm>

namespace backtake::ui {
namespace {

/// Loud in the middle, as a line that is spoken.
std::shared_ptr<const std::vector<WaveColumn>> wave()
{
    std::vector<WaveColumn> columns;
    for (int i = 0; i < 1000; ++i) {
        const double loud = std::abs(std::sin(i * 0.02)) * std::abs(std::sin(i * 0.31)) * 0.9;
        columns.push_back({ static_cast<float>(-loud), static_cast<float>(loud) });
    }
    return std::make_shared<const std::vector<WaveColumn>>(std::move(columns));
}

Model with_guide(Model model)
{
    GuideModel& guide = model.guide;
    guide.file = "/media/guides/Lullaby, second verse.wav";
    guide.loaded = true;
    guide.to = guide.wave_to = 100s;
    guide.wave = wave();
    return model;
}

class GuideInWindow : public WindowTest {
protected:
    std::vector<Intent> press(const Model& model, SDL_Keycode code, int modifiers = KMOD_NONE)
    {
        key(code, modifiers);
        return run(model, 3);
    }
    /// A window that is steered takes one event a frame: some presses wait, so that the button stays down.
    std::vector<Intent> dragHeld(const Model& model, int x, int y, int dx)
    {
        constexpr int kSteps = 6;
        SDL_Event event {};
        event.type = SDL_MOUSEBUTTONDOWN;
        event.button.button = SDL_BUTTON_LEFT;
        event.button.state = SDL_PRESSED;
        SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), x, y);
        std::vector<Intent> all = run(model);
        // All presses stand in the queue before the first movement, which would be a frame without one; where
        // the pointer is is asked anew in every frame.
        for (int i = 0; i < 2 * kSteps; ++i)
            SDL_PushEvent(&event);
        for (int i = 0; i < 2 * kSteps - 1; ++i) {
            for (Intent& intent : run(model, 1))
                all.push_back(std::move(intent));
            SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), x + dx * std::min(i, kSteps) / kSteps, y);
        }
        for (Intent& intent : run(model, 3 * kSteps))
            all.push_back(std::move(intent));
        return all;
    }
};

/// Fails for a window that stands still until the sound server has answered.
TEST_F(GuideInWindow, WhileDevicesAreLookedForTheWindowGoesOn)
{
    SlowServer server;
    WindowOptions options;
    options.sound_devices = server.list();
    ASSERT_NO_FATAL_FAILURE(open(1280, 720, 1, options));
    const Model model = with_guide(live_model());
    run(model);
    press(model, SDLK_F5);
    for (int i = 0; i < 1000 && !server.isAsked(); ++i)
        run(model, 1);
    show(model, "guide_looking");
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r, KMOD_LCTRL)));
    press(model, SDLK_F5);
    press(model, SDLK_F10);
    run(model);
    press(model, SDLK_F10);
    press(model, SDLK_F5);
    /// Middle of the card's last button.
    const auto last = [&] {
        const Screenshot shot = show(model, "guide_devices");
        int y = 360;
        while (y < 719 && nearly(pixel(shot, 640 - 270 - 8, y), { 0x1C, 0x1C, 0x1C }))
            ++y;
        return y - 12 - 18;
    };
    const int before = last();
    ASSERT_TRUE(server.isAsked()) << "the window has waited for it";
    server.answer();
    for (int i = 0; i < 100 && last() == before; ++i)
        run(model, 1);
    const auto asked = click(model, 640, last());
    ASSERT_TRUE(first<ChooseGuide>(asked));
    EXPECT_EQ(first<ChooseGuide>(asked)->choice.device, "Headphones");
}

TEST_F(GuideInWindow, EachKeyMakesItsIntent)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = with_guide(review_model());
    run(model);
    EXPECT_TRUE(first<ToggleGuide>(press(model, SDLK_F5, KMOD_LSHIFT)));
    EXPECT_TRUE(first<CycleHeardTrack>(press(model, SDLK_a, KMOD_LCTRL)));
    EXPECT_EQ(first<NudgeMaster>(press(model, SDLK_COMMA, KMOD_LALT))->steps, -1);
    EXPECT_EQ(first<NudgeMaster>(press(model, SDLK_PERIOD, KMOD_LALT))->steps, +1);
    EXPECT_TRUE(press(model, SDLK_F5).empty()) << "it opens";
    EXPECT_TRUE(press(model, SDLK_ESCAPE).empty()) << "and closes";
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r)));
}

/// Fails when letters of the path are keys, also those that come with F5 before the field is drawn.
TEST_F(GuideInWindow, F5TakesThePathOfAFile)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = live_model();
    run(model);
    key(SDLK_F5);
    key(SDLK_r);
    EXPECT_TRUE(run(model, 10).empty());
    type("/guides/r.wav");
    EXPECT_TRUE(run(model, 40).empty());
    key(SDLK_RETURN);
    const auto asked = run(model);
    ASSERT_TRUE(first<LoadGuide>(asked));
    EXPECT_EQ(first<LoadGuide>(asked)->file, "/guides/r.wav");
    EXPECT_FALSE(first<LoadGuide>(asked)->from);
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r, KMOD_LCTRL)));
}

TEST_F(GuideInWindow, AFileDroppedOnTheWindowIsLoaded)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = live_model();
    run(model);
    SDL_Event event {};
    event.type = SDL_DROPFILE;
    event.drop.file = SDL_strdup("/guides/song.wav");
    SDL_PushEvent(&event);
    const auto asked = run(model);
    ASSERT_TRUE(first<LoadGuide>(asked));
    EXPECT_EQ(first<LoadGuide>(asked)->file, "/guides/song.wav");
}

/// The popup stands in the middle of the window; where in it things are is looked for by their colours.
TEST_F(GuideInWindow, ADragAcrossTheWaveChoosesAPartAndAClickDisarms)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = with_guide(live_model());
    run(model);
    key(SDLK_F5);
    run(model);
    const Screenshot shot = show(model, "guide-1280");
    // The wave is the only place where the text's colour stands in a column of its own in hundreds of rows.
    constexpr int kLeft = 640 - 270;
    const auto brightIn = [&](int y) { return countIn(shot, { kLeft, y, 540, 1 }, { 0xE6, 0xE6, 0xE6 }); };
    int middle = 0;
    for (int y = 100; y < 620; ++y)
        if (brightIn(y) > brightIn(middle))
            middle = y;
    EXPECT_GT(brightIn(middle), 400);
    const auto asked = dragHeld(model, kLeft + 135, middle, 270);
    ASSERT_TRUE(first<LoadGuide>(asked));
    EXPECT_EQ(first<LoadGuide>(asked)->file, model.guide.file);
    EXPECT_NEAR(base::seconds(*first<LoadGuide>(asked)->from), 25, 0.5);
    EXPECT_NEAR(base::seconds(*first<LoadGuide>(asked)->to), 75, 0.5);

    // Below the wave, its fields and their words stand the three buttons; the first disarms.
    const auto disarmed = click(model, kLeft + 80, middle + 36 + 6 + 32 + 6 + 15 + 6 + 16);
    const auto* chosen = first<ChooseGuide>(disarmed);
    ASSERT_TRUE(chosen);
    EXPECT_FALSE(chosen->choice.armed);
    EXPECT_FALSE(window_->settings().guide.armed) << "it is kept";
}

TEST_F(GuideInWindow, WhatIsPlayedAndHeardStandsInTheTopBar)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = with_guide(live_model());
    const auto differs = [&](const Screenshot& one, const Screenshot& other) {
        const Rect bar = window_->layout(model).top_bar;
        for (int y = bar.y; y < bar.bottom(); ++y)
            for (int x = bar.x; x < bar.right(); ++x)
                if (!nearly(pixel(one, x, y), pixel(other, x, y)))
                    return true;
        return false;
    };
    const Screenshot armed = show(model, "guide-armed");
    model.guide.playing = true;
    model.guide.clicks_left = 3;
    const Screenshot counting = show(model, "guide-counting");
    EXPECT_TRUE(differs(armed, counting));
    model.guide.clicks_left = 0;
    model.guide.position = 72300ms;
    model.rolling = true;
    const Screenshot playing = show(model, "guide-playing");
    EXPECT_TRUE(differs(counting, playing));
    model = with_guide(review_model());
    const Screenshot without = show(model, "guide-review-none");
    model.review->master = MasterModel { HeardTrack::Both, 15ms };
    const Screenshot both = show(model, "guide-review-both");
    EXPECT_TRUE(differs(without, both));
    model.review->master->heard = HeardTrack::Master;
    EXPECT_TRUE(differs(both, show(model, "guide-review-master")));
}

/// Loud in the first fifth of a take of 10 s as captured, but for a gap in its middle; silent in the rest.
class FirstFifth final : public base::SoundOutline {
public:
    void columns(base::Nanos from, base::Nanos to, std::span<base::WaveColumn> into) const override
    {
        const auto count = static_cast<double>(into.size());
        for (std::size_t i = 0; i < into.size(); ++i) {
            const double at_s =
                base::seconds(from) + base::seconds(to - from) * (static_cast<double>(i) + 0.5) / count;
            const bool loud = at_s >= 0 && at_s < 2 && (at_s < 0.8 || at_s >= 1.2);
            into[i] = loud ? base::WaveColumn { -1, 1 } : base::WaveColumn {};
        }
    }
};

/// Fails for a wave in the captured order, without its gap, or that is not moved with the master.
TEST_F(GuideInWindow, TheMastersWaveStandsUnderTheStripInTheOrderOnScreen)
{
    ASSERT_NO_FATAL_FAILURE(open(1920, 1080));
    Model model = review_model();
    ReviewModel& review = *model.review;
    review.duration = 10s;
    const Screenshot without = show(model, "master-wave-none");
    review.master = MasterModel { HeardTrack::Both, 0ns, std::make_shared<FirstFifth>() };
    const Rect scrub = window_->layout(model).scrub;
    const int left = scrub.x + 12;
    const int width = scrub.width - 24;
    const int row = scrub.bottom() - 4 - 4 - 5; // in the band, clear of its middle
    const auto loudAt = [&](const Screenshot& shot, double part) {
        return pixel(shot, left + static_cast<int>(part * width), row).r > 0x70;
    };
    const Screenshot reversed = show(model, "master-wave-reversed");
    for (const double part : { 0.82, 0.87, 0.93, 0.98 })
        EXPECT_TRUE(loudAt(reversed, part)) << part;
    for (const double part : { 0.02, 0.2, 0.5, 0.78, 0.9 })
        EXPECT_FALSE(loudAt(reversed, part)) << part;
    review.master->nudge = 1s; // later on screen: a part of it falls off the end
    const Screenshot nudged = show(model, "master-wave-nudged");
    EXPECT_FALSE(loudAt(nudged, 0.87));
    EXPECT_TRUE(loudAt(nudged, 0.93));
    review.master->nudge = 0ns;
    review.shown_order = false;
    const Screenshot captured = show(model, "master-wave-captured");
    EXPECT_TRUE(loudAt(captured, 0.02));
    EXPECT_FALSE(loudAt(captured, 0.98));

    window_.reset(); // in a low bar the strip keeps its room
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Rect low = window_->layout(model).scrub;
    const Screenshot small = show(model, "master-wave-low");
    review.master->outline.reset();
    const Screenshot small_without = show(model, "master-wave-low-none");
    for (int x = low.x; x < low.right(); x += 3)
        EXPECT_EQ(
            furthest(pixel(small, x, low.bottom() - 13), pixel(small_without, x, low.bottom() - 13)), 0);
}

TEST_F(GuideInWindow, ThePopupFitsEveryWindowInEveryState)
{
    for (const auto& [width, height] : { std::pair { 1280, 720 }, { 1920, 1080 }, { 800, 450 } }) {
        window_.reset();
        ASSERT_NO_FATAL_FAILURE(open(width, height));
        Model model = with_guide(live_model());
        model.guide.from = 20s;
        model.guide.to = 71500ms;
        model.guide.playing = true;
        model.guide.position = 44s;
        run(model);
        key(SDLK_F5);
        run(model);
        const std::string size = std::to_string(width);
        const Screenshot open = show(model, "guide-open-" + size);
        EXPECT_GT(countIn(open, { 0, 0, width, height }, kAmber), 20) << "where it is now";
        model.guide.loading = true;
        model.guide.progress = 0.4;
        show(model, "guide-loading-" + size);
        model.guide = {};
        model.guide.file = "/media/guides/words.wav";
        model.guide.trouble = "/media/guides/words.wav is no sound file that can be read: choose another one";
        show(model, "guide-trouble-" + size);
    }
}

} // namespace
} // namespace backtake::ui
