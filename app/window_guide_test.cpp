/// The guide by the front door: a real session in a real window, real keys, a real file, and a device that
/// goes by the clock.
#include "app/front_door.hpp"
#include "app/guide_files.hpp"
#include "tests/wav.hpp"

namespace backtake::app {
namespace {

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

class GuideByTheFrontDoor : public FrontDoor {
protected:
    void SetUp() override
    {
        ASSERT_NO_FATAL_FAILURE(openWindow(1280, 720));
        openSession([this](SessionOptions& options) {
            options.open_guide = [](const std::string&) { return std::make_shared<ClockSink>(); };
            options.guide = window_->settings().guide;
        });
    }
};

TEST_F(GuideByTheFrontDoor, F5ThePathOfASongRAndTheTakeHasItsMaster)
{
    const std::string song = tests::writeWav(folder_.path() / "song.wav", 48000,
        [](std::uint32_t s) { return 2 * s % 100 + ((2 * s + 1) % 100) * 256; });
    ASSERT_TRUE(soon([this] { return model().picture != nullptr; }));
    press(SDLK_F5);
    type(song);
    press(SDLK_RETURN);
    ASSERT_TRUE(soon([this] { return model().guide.loaded; }));
    press(SDLK_ESCAPE);
    press(SDLK_r);
    ASSERT_TRUE(session_->rolling());
    EXPECT_TRUE(soon([this] { return model().guide.clicks_left > 0; }));
    EXPECT_TRUE(soon([this] { return model().guide.position.has_value(); }));
    EXPECT_TRUE(soon([this] { return !model().guide.playing; })) << "it ends by itself";
    press(SDLK_r);
    ASSERT_TRUE(soon([this] { return model().review && model().review->master; }));
    press(SDLK_a, KMOD_LCTRL);
    EXPECT_EQ(model().review->master->heard, ui::HeardTrack::Take);
    press(SDLK_PERIOD, KMOD_LALT);
    EXPECT_EQ(model().review->master->nudge, 5ms);
    session_.reset();
    const auto noted = readTakeGuide(shoot_ / "media" / "12A-001-A");
    ASSERT_TRUE(noted && *noted);
    EXPECT_EQ((*noted)->record.nudge, -5ms);
    ASSERT_FALSE((*noted)->record.runs.empty());
    // Its first samples are played, and its last ones rendered, some 60 ms before they are heard, if the cut
    // is not faster; on a machine with other things to do it may have a gap.
    EXPECT_NEAR((*noted)->record.runs.front().guide_s, 1, 0.01);
    const guide::GuideRun& last = (*noted)->record.runs.back();
    EXPECT_NEAR(last.guideAt(last.end()), 0, 0.1);
    EXPECT_TRUE(std::filesystem::exists(shoot_ / "guides" / (*noted)->source.file));
}

} // namespace
} // namespace backtake::app
