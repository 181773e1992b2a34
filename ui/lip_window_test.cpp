/// The lip check in the real window: pressed as keys, clicked, and read back from its pixels.
#include "ui/test_window.hpp"

#include <algorithm>

namespace backtake::ui {
namespace {

/// Loud in some phrases, silent elsewhere: a sound as far as the panel can see.
class Bursts final : public base::SoundOutline {
public:
    Bursts(std::vector<LipPhrase> phrases, base::Nanos late)
        : phrases_(std::move(phrases))
        , late_(late)
    {
    }
    void columns(base::Nanos from, base::Nanos to, std::span<base::WaveColumn> into) const override
    {
        const auto count = static_cast<std::int64_t>(into.size());
        for (std::int64_t i = 0; i < count; ++i) {
            const base::Nanos at = from + (to - from) * i / count + late_;
            const bool loud = std::any_of(phrases_.begin(), phrases_.end(),
                [&](const LipPhrase& one) { return at >= one.from && at < one.to; });
            const double t = base::seconds(at);
            const auto value = static_cast<float>(
                loud ? 0.1 + 0.5 * std::abs(std::sin(3 * t) * std::sin(17 * t) * std::sin(61 * t)) : 0.001);
            into[static_cast<std::size_t>(i)] = { -value, value };
        }
    }

private:
    std::vector<LipPhrase> phrases_;
    base::Nanos late_;
};

constexpr Rgb kMasterRgb { 0x9A, 0x9A, 0x9A };
constexpr Rgb kTakeRgb { 0xC8, 0xC8, 0xC8 };

/// A take of 11.12 s, paused in its fourth second on screen: that is its second phrase of five.
Model checked_model()
{
    Model model = review_model();
    model.review->playing = false;
    model.review->rate = { 25, 1 };
    model.lip.emplace();
    const auto check = std::make_shared<LipCheck>();
    const auto add = [&](base::Nanos shown_from, base::Nanos shown_to, std::optional<LipOffset> offset) {
        check->phrases.push_back(
            { model.review->duration - shown_to, model.review->duration - shown_from, offset });
    };
    add(400ms, 2400ms, LipOffset { 42ms, 1.05, 0.93 });
    add(3100ms, 5600ms, LipOffset { -118ms, -2.95, 0.71 });
    add(6100ms, 7300ms, std::nullopt);
    add(7700ms, 9100ms, LipOffset { 0ms, 0, 0.88 });
    add(9500ms, 10900ms, LipOffset { 44ms, 1.1, 0.9 });
    check->offset = LipOffset { 42ms, 1.05, 0.93 };
    check->master = std::make_shared<Bursts>(check->phrases, 0ms);
    check->production = std::make_shared<Bursts>(check->phrases, 42ms);
    model.lip->check = check;
    model.lip->here = 1;
    return model;
}

class LipInWindow : public WindowTest { };

TEST_F(LipInWindow, ItsKeysAskForItAndEscapeClosesIt)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = review_model();
    run(model);
    const auto press = [&](SDL_Keycode code, int modifiers = KMOD_NONE) {
        key(code, modifiers);
        return run(model, 2);
    };
    EXPECT_TRUE(first<ToggleLipCheck>(press(SDLK_F12)));
    EXPECT_TRUE(first<LoopPhrase>(press(SDLK_F12, KMOD_LSHIFT)));
    EXPECT_FALSE(first<ToggleLipCheck>(press(SDLK_ESCAPE))) << "it is not open";
    model = checked_model();
    run(model);
    EXPECT_TRUE(first<ToggleLipCheck>(press(SDLK_ESCAPE)));
    EXPECT_TRUE(first<ToggleRoll>(press(SDLK_r)));
}

/// Fails for a waveform in captured order, or one that the playhead does not go through.
TEST_F(LipInWindow, MasterAndTakeStandOneAboveTheOtherAsTheyAreShown)
{
    for (const auto& [width, height] : { std::pair(1280, 720), std::pair(1920, 1080) }) {
        ASSERT_NO_FATAL_FAILURE(open(width, height));
        Model model = checked_model();
        const Rect band = window_->layout(model).band;
        ASSERT_FALSE(band.empty());
        EXPECT_FALSE(band.overlaps(window_->layout(model).framed()));
        const Screenshot shot = show(model, "lip_" + std::to_string(height));
        const auto waves = [&](base::Nanos from, base::Nanos to, const Rgb& colour) {
            const int left = band.x + 12;
            const double room = band.width - 372 - 10 - 12;
            const auto x = [&](base::Nanos time) {
                return left + static_cast<int>(base::seconds(time) / base::seconds(11120ms) * room);
            };
            return countIn(shot, { x(from) + 3, band.y, x(to) - x(from) - 6, band.height }, colour);
        };
        // Of the first pause (2.4 to 3.1 s) the mirror is loud, and the other way round with the last phrase.
        EXPECT_LT(waves(2450ms, 3000ms, kMasterRgb) * 5, waves(500ms, 1050ms, kMasterRgb));
        EXPECT_LT(waves(2450ms, 3000ms, kTakeRgb) * 5, waves(500ms, 1050ms, kTakeRgb));
        EXPECT_GT(waves(8000ms, 8550ms, kMasterRgb), 100);

        // D turns it round.
        model.review->shown_order = false;
        const Screenshot turned = show(model, "lip_captured");
        EXPECT_NE(turned.rgb, shot.rgb);
        window_.reset();
    }
}

TEST_F(LipInWindow, AClickOnARowGoesToItsPhraseAndOneOnTheWavesSeeks)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = checked_model();
    run(model);
    const Rect band = window_->layout(model).band;
    const int rows = band.y + 40;
    const auto asked = click(model, band.right() - 200, rows + 2 * 32 + 16);
    ASSERT_TRUE(first<GoToPhrase>(asked));
    EXPECT_EQ(first<GoToPhrase>(asked)->phrase, 2U);
    const int middle = band.x + 12 + (band.width - 372 - 10 - 12) / 2;
    const auto sought = click(model, middle, band.bottom() - 30);
    ASSERT_TRUE(first<SeekTo>(sought));
    EXPECT_NEAR(static_cast<double>(first<SeekTo>(sought)->frame), 139, 2);
    EXPECT_FALSE(first<SeekTo>(sought)->dragging);
}

TEST_F(LipInWindow, ZoomedItScrollsWithThePlayhead)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = checked_model();
    const Screenshot whole = show(model, "lip_whole");
    const Rect band = window_->layout(model).band;
    SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), band.x + 200, band.y + 100);
    run(model);
    for (int i = 0; i < 3; ++i) {
        SDL_Event event {};
        event.type = SDL_MOUSEWHEEL;
        event.wheel.y = 1;
        SDL_PushEvent(&event);
        run(model, 2);
    }
    const Screenshot close = show(model, "lip_close");
    EXPECT_NE(close.rgb, whole.rgb);
    // The playhead stands in the middle of the waves now, bright from top to bottom.
    const int middle = band.x + 12 + (band.width - 372 - 10 - 12) / 2;
    const Rect line { middle - 2, band.y + 44, 4, band.height - 54 };
    EXPECT_GE(countIn(close, line, { 0xE6, 0xE6, 0xE6 }), line.height);
    model.review->position += 500ms;
    const Screenshot later = show(model, "lip_later");
    EXPECT_GE(countIn(later, line, { 0xE6, 0xE6, 0xE6 }), line.height);
    EXPECT_NE(later.rgb, close.rgb) << "it scrolls";
}

TEST_F(LipInWindow, ItSaysHowFarItIsWhatIsMissingAndWhatIsLooped)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = checked_model();
    const Screenshot done = show(model, "lip_done");
    model.lip->looped = 1;
    EXPECT_NE(show(model, "lip_looped").rgb, done.rgb);
    model.lip->check = nullptr;
    model.lip->here = model.lip->looped = std::nullopt;
    model.lip->progress = 0.25;
    const Rect band = window_->layout(model).band;
    const auto bright = [&](const Screenshot& shot) {
        return countIn(shot, { band.x, band.y + 44, band.width, 16 }, { 0xE6, 0xE6, 0xE6 });
    };
    const int quarter = bright(show(model, "lip_quarter"));
    model.lip->progress = 0.75;
    EXPECT_NEAR(bright(show(model, "lip_three_quarters")), 3 * quarter, 40);
    model.lip->why = "This take has no guide: F5 loads one, for the takes to come";
    EXPECT_EQ(bright(show(model, "lip_why")), 0);
}

TEST_F(LipInWindow, ItFoldsAwayInALowWindowAndWithTheChrome)
{
    ASSERT_NO_FATAL_FAILURE(open(1000, 500));
    EXPECT_TRUE(window_->layout(checked_model()).band.empty());
    run(checked_model());
    window_.reset();
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = checked_model();
    run(model);
    key(SDLK_h);
    run(model);
    EXPECT_TRUE(window_->layout(model).band.empty());
}

/// Fails for a panel that makes a window stutter: an idle frame allocates nothing of ours.
TEST_F(LipInWindow, AnIdleFrameAllocatesNothing)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = checked_model();
    run(model, 20);
    tests::Allocations allocations;
    run(model, 5);
    expectNoneOfOurs(allocations);
}

} // namespace
} // namespace backtake::ui
