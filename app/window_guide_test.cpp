/// The guide by the front door: a real session in a real window, real keys, a real file, and a device that
/// goes by the clock.
#include "app/guide_files.hpp"
#include "app/session.hpp"
#include "tests/folder.hpp"
#include "tests/wav.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;

/// Takes what is put as time goes by.
class ClockSink final : public base::SoundSink {
public:
    [[nodiscard]] int rateHz() const override { return 48000; }
    [[nodiscard]] std::int64_t taken() const override
    {
        return static_cast<std::int64_t>(heardAt(base::monotonicNow()));
    }
    void put(std::int64_t, std::span<const float>) override { }
    [[nodiscard]] double heardAt(base::Nanos now) const override
    {
        return base::seconds(now - began_) * 48000;
    }
    [[nodiscard]] bool gone() const override { return false; }

private:
    base::Nanos began_ = base::monotonicNow();
};

class GuideByTheFrontDoor : public testing::Test {
protected:
    void SetUp() override
    {
        ui::WindowOptions options;
        options.width = 1280;
        options.height = 720;
        options.scale = 1;
        auto opened = ui::Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        window_ = std::move(*opened);
        SessionOptions session;
        session.shoot = folder_.path() / "shoot";
        session.scene = "12A";
        session.preroll = 0s;
        session.cameras.push_back(*capture::parseCameraSpec("pattern:160x90@25"));
        session.camera_options = { 32U << 20U, 90, 1 };
        session.decoders = 1;
        session.open_guide = [](const std::string&) { return std::make_shared<ClockSink>(); };
        session.guide = window_->settings().guide;
        session_ = std::make_unique<Session>(std::move(session));
    }
    /// A frame of the window, and what was asked for carried out. @return what is shown after it.
    const ui::Model& frame()
    {
        const ui::Model& model = session_->update(base::monotonicNow(), 16ms);
        std::vector<ui::Intent> intents = window_->draw(model);
        for (ui::Intent& intent : window_->poll(model, 2ms))
            intents.push_back(std::move(intent));
        for (const ui::Intent& intent : intents)
            session_->handle(intent, base::monotonicNow());
        return session_->update(base::monotonicNow(), 16ms);
    }
    template <typename Condition> bool soon(Condition condition)
    {
        const base::Nanos give_up = base::monotonicNow() + 60s;
        while (base::monotonicNow() < give_up)
            if (condition(frame()))
                return true;
        return false;
    }
    void type(const std::string& text)
    {
        for (const char letter : text) {
            SDL_Event event {};
            event.type = SDL_TEXTINPUT;
            event.text.text[0] = letter;
            SDL_PushEvent(&event);
            frame();
            frame();
        }
    }
    void press(SDL_Keycode key, int modifiers = KMOD_NONE)
    {
        ui::pressKey(key, modifiers);
        for (int i = 0; i < 3; ++i)
            frame();
    }

    const tests::Folder folder_;
    std::unique_ptr<ui::Window> window_;
    std::unique_ptr<Session> session_;
};

TEST_F(GuideByTheFrontDoor, F5ThePathOfASongRAndTheTakeHasItsMaster)
{
    const std::string song = tests::writeWav(folder_.path() / "song.wav", 48000,
        [](std::uint32_t s) { return 2 * s % 100 + ((2 * s + 1) % 100) * 256; });
    ASSERT_TRUE(soon([](const ui::Model& model) { return model.picture != nullptr; }));
    press(SDLK_F5);
    type(song);
    press(SDLK_RETURN);
    ASSERT_TRUE(soon([](const ui::Model& model) { return model.guide.loaded; }));
    press(SDLK_ESCAPE);
    press(SDLK_r);
    ASSERT_TRUE(session_->rolling());
    EXPECT_TRUE(soon([](const ui::Model& model) { return model.guide.clicks_left > 0; }));
    EXPECT_TRUE(soon([](const ui::Model& model) { return model.guide.position.has_value(); }));
    EXPECT_TRUE(soon([](const ui::Model& model) { return !model.guide.playing; })) << "it ends by itself";
    press(SDLK_r);
    ASSERT_TRUE(soon([](const ui::Model& model) { return model.review && model.review->master; }));
    press(SDLK_a, KMOD_LCTRL);
    EXPECT_EQ(frame().review->master->heard, ui::HeardTrack::Take);
    press(SDLK_PERIOD, KMOD_LALT);
    EXPECT_EQ(frame().review->master->nudge, 5ms);
    session_.reset();
    const auto noted = readTakeGuide(folder_.path() / "shoot" / "media" / "12A-001-A");
    ASSERT_TRUE(noted && *noted);
    EXPECT_EQ((*noted)->record.nudge, -5ms);
    ASSERT_FALSE((*noted)->record.runs.empty());
    // Its first samples are played, and its last ones rendered, some 60 ms before they are heard, if the cut
    // is not faster; on a machine with other things to do it may have a gap.
    EXPECT_NEAR((*noted)->record.runs.front().guide_s, 1, 0.01);
    const guide::GuideRun& last = (*noted)->record.runs.back();
    EXPECT_NEAR(last.guideAt(last.end()), 0, 0.1);
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "shoot" / "guides" / (*noted)->source.file));
}

} // namespace
} // namespace backtake::app
