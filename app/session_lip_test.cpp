/// The lip check and practice in a session: pressed as intents, read back from the model.
#include "app/hand_camera.hpp"
#include "app/session.hpp"
#include "guide/test_sound.hpp"
#include "playback/test_sound.hpp"
#include "tests/folder.hpp"
#include "tests/wav.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::app {

/// Puts in a master for the take in review, as if its guide had been placed there.
struct GuideOfSession {
    static void place(Session& session, base::SoundTrackPtr master)
    {
        session.placed_master_ = std::move(master);
    }
};

namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

constexpr int kRate = guide::kGuideRate_hz;
constexpr FrameIndex kFrames = 200; // 8 s

class SessionLipTest : public testing::Test {
protected:
    SessionLipTest()
    {
        SessionOptions options;
        options.shoot = folder_.path();
        options.scene = "12A";
        options.preroll = 0s;
        options.cameras.push_back(*capture::parseCameraSpec("pattern:"));
        options.camera_options = { 64U << 20U, 90, 1 };
        options.decoders = 1;
        options.last_news = 0ns;
        options.sound_by_update = true;
        options.open_sound = [this](const std::string&) -> base::Result<base::SoundSinkPtr> {
            return ear_ = std::make_shared<playback::Ear>(0, now_);
        };
        options.make_camera = [this](const capture::CameraSpec& spec,
                                  const capture::CameraOptions& camera_options) {
            return makeCamera(camera_, spec, camera_options);
        };
        session_ = std::make_unique<Session>(std::move(options));
        waitFor([this] { return session_->settled(); });
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 50s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            look();
            std::this_thread::yield();
        }
    }
    const ui::Model& look() { return session_->update(now_, 16ms); }
    void press(const ui::Intent& intent) { session_->handle(intent, now_); }
    bool says(const std::string& words)
    {
        for (const ui::Message& message : look().messages)
            if (message.text.find(words) != std::string::npos)
                return true;
        return false;
    }
    /// Two tunes of 3 s, 1 s apart, as the audience hears them: so much later.
    static std::vector<float> shown(int late_ms)
    {
        std::vector<float> samples(static_cast<std::size_t>(kFrames) * 1920, 0.0F);
        for (const auto& [seed, at_s] : { std::pair(1U, 0.5), std::pair(2U, 4.5) }) {
            const auto tune = guide::musicOf(seed, 3);
            const auto from = static_cast<std::size_t>(at_s * kRate + late_ms * kRate / 1000.0);
            for (std::size_t i = 0; i < tune.size() && from + i < samples.size(); ++i)
                samples[from + i] += tune[i];
        }
        return samples;
    }
    /// A backward take whose microphone heard performers so late, and the guide that they heard.
    void shoot(int late_ms)
    {
        std::vector<float> heard = shown(late_ms);
        std::reverse(heard.begin(), heard.end());
        // Half a second on each side of the take is live.
        press(ui::ToggleRoll {});
        for (FrameIndex frame = 0; frame < kFrames; ++frame) {
            now_ += 40ms;
            capture::SoundBlock block;
            block.captured_at = now_;
            for (std::size_t i = 0; i < 1920; ++i)
                block.samples.push_back(
                    static_cast<std::int32_t>(heard[static_cast<std::size_t>(frame) * 1920 + i] * 32767)
                    * 65536);
            ASSERT_TRUE(camera_->blocks.tryPut(std::move(block)));
            ASSERT_TRUE(camera_->frames.tryPut(now_));
            ++frames_;
            waitFor([this] { return session_->camera().ring()->announcedEnd() == frames_; });
        }
        press(ui::ToggleRoll {});
        waitFor([this] { return session_->settled() && look().review && !look().live_on_screen; });
        press(ui::Shuttle { 0 });
        std::vector<float> master = shown(0);
        std::reverse(master.begin(), master.end());
        GuideOfSession::place(*session_, std::make_shared<guide::SoundClip>(std::move(master), 1));
    }
    /// Loads a guide as F5 does. WAV, 16 bit, mono.
    void loadGuide(const std::vector<float>& samples)
    {
        const auto path = tests::writeWav(folder_.path() / "guide.wav",
            static_cast<std::uint32_t>(samples.size()), [&](std::uint32_t s) { return samples[s] * 32767; });
        press(ui::LoadGuide { path.string(), std::nullopt, std::nullopt });
        waitFor([this] { return look().guide.loaded; });
    }

    /// Pictures and sound of the camera, of so many frames of 40 ms.
    void live(int frames)
    {
        for (int i = 0; i < frames; ++i) {
            now_ += 40ms;
            if (ear_)
                ear_->hear(now_);
            capture::SoundBlock block;
            block.captured_at = now_ - 40ms;
            block.samples.assign(1920, 1 << 24);
            ASSERT_TRUE(camera_->blocks.tryPut(std::move(block)));
            ASSERT_TRUE(camera_->frames.tryPut(now_));
            ++frames_;
            waitFor([this] { return session_->camera().ring()->span().end == frames_; });
        }
    }

    const tests::Folder folder_;
    std::shared_ptr<HandCamera> camera_ = std::make_shared<HandCamera>();
    std::shared_ptr<playback::Ear> ear_;
    Nanos now_ { 100s };
    Serial frames_ = 0;
    std::unique_ptr<Session> session_;
};

/// Fails when the take's own sound does not come to the check, or a phrase is looked for in the wrong order.
TEST_F(SessionLipTest, ThePhraseUnderThePlayheadIsLoopedAndAgainItIsNot)
{
    ASSERT_NO_FATAL_FAILURE(shoot(60));
    ASSERT_EQ(look().review->frame_count, kFrames);
    press(ui::ToggleLipCheck {});
    ASSERT_TRUE(look().lip);
    EXPECT_FALSE(look().lip->check) << "it is computed elsewhere";
    waitFor([this] { return look().lip->check != nullptr; });
    const auto& phrases = look().lip->check->phrases;
    ASSERT_EQ(phrases.size(), 2U);
    for (const ui::LipPhrase& phrase : phrases) {
        ASSERT_TRUE(phrase.offset);
        EXPECT_NEAR(base::milliseconds(phrase.offset->late), 60, 6);
    }

    // The second tune is shown from 4.5 s on: frame 112 at 25 a second, and fades before 7.5 s, frame 187.
    press(ui::SeekTo { 150 });
    EXPECT_EQ(look().lip->here, 1U);
    press(ui::LoopPhrase {});
    ASSERT_TRUE(look().review->in);
    ASSERT_TRUE(look().review->out);
    EXPECT_NEAR(static_cast<double>(*look().review->in), 112, 4);
    EXPECT_NEAR(static_cast<double>(*look().review->out), 187, 15);
    EXPECT_LT(*look().review->in, *look().review->out);
    EXPECT_EQ(look().lip->looped, 1U);
    EXPECT_EQ(look().review->loop, ui::LoopMode::Loop);
    // It plays round: for ten seconds the playhead is nowhere else.
    press(ui::Shuttle { 1 });
    for (int i = 0; i < 250; ++i) {
        now_ += 40ms;
        ASSERT_GE(look().review->frame, *look().review->in);
        ASSERT_LE(look().review->frame, *look().review->out);
    }
    press(ui::LoopPhrase {});
    EXPECT_FALSE(look().review->in);
    EXPECT_FALSE(look().review->out);
    EXPECT_FALSE(look().lip->looped);

    // A row goes to its beginning, also out of a loop.
    press(ui::Shuttle { 0 });
    press(ui::SeekTo { 150 });
    look();
    press(ui::LoopPhrase {});
    press(ui::GoToPhrase { 0 });
    EXPECT_NEAR(static_cast<double>(look().review->frame), 12, 4) << "shown from 0.5 s on";
    EXPECT_FALSE(look().review->in);
    press(ui::GoToPhrase { 99 });

    // Between the two there is none.
    press(ui::SeekTo { 104 });
    look();
    press(ui::LoopPhrase {});
    EXPECT_TRUE(says("No phrase here"));
    EXPECT_FALSE(look().review->in);
}

TEST_F(SessionLipTest, WithoutAGuideOrATakeItSaysWhatToDo)
{
    press(ui::LoopPhrase {});
    EXPECT_TRUE(says("No take in review"));
    press(ui::ToggleLipCheck {});
    EXPECT_FALSE(look().lip) << "live there is no panel";
    EXPECT_TRUE(says("Tab goes there"));
    ASSERT_NO_FATAL_FAILURE(shoot(0));
    GuideOfSession::place(*session_, nullptr);
    ASSERT_TRUE(look().lip) << "it was asked for";
    EXPECT_NE(look().lip->why.find("F5"), std::string::npos);
    ASSERT_NO_FATAL_FAILURE(loadGuide(guide::musicOf(3, 2)));
    EXPECT_NE(look().lip->why.find("No guide was played"), std::string::npos);
    press(ui::ToggleLipCheck {});
    EXPECT_FALSE(look().lip);
}

/// Fails when practice is no more than a panel, or when it sounds in a take.
TEST_F(SessionLipTest, PracticeRecordsFromTheCamerasSoundAndIsSilentWhileATakeRolls)
{
    ASSERT_NO_FATAL_FAILURE(loadGuide(guide::musicOf(3, 2)));
    ASSERT_NO_FATAL_FAILURE(live(5));
    press(ui::Practise { ui::Practise::What::Record });
    press(ui::TogglePractice {});
    ASSERT_TRUE(look().practice);
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_EQ(look().practice->state, ui::PracticeModel::State::Ready);
    press(ui::Practise { ui::Practise::What::Record });
    ASSERT_NO_FATAL_FAILURE(live(50));
    EXPECT_EQ(look().practice->state, ui::PracticeModel::State::Recording);
    EXPECT_EQ(look().practice->length, 2s);
    press(ui::ToggleRoll {});
    ASSERT_NO_FATAL_FAILURE(live(15));
    EXPECT_EQ(look().practice->state, ui::PracticeModel::State::Ready);
    EXPECT_EQ(look().practice->attempts.size(), 1U) << look().practice->trouble;
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "practice" / "attempt_0001.wav"));
    press(ui::Practise { ui::Practise::What::HearFlipped });
    EXPECT_TRUE(says("A take rolls"));
    EXPECT_EQ(look().practice->state, ui::PracticeModel::State::Ready);
    press(ui::ToggleRoll {});
    press(ui::TogglePractice {});
    EXPECT_FALSE(look().practice);
}

/// Fails when what is seen is not what is heard, or not beside the live picture.
TEST_F(SessionLipTest, AnAttemptIsSeenFlippedBesideTheLivePicture)
{
    ASSERT_NO_FATAL_FAILURE(loadGuide(guide::musicOf(3, 2)));
    ASSERT_NO_FATAL_FAILURE(live(5));
    press(ui::TogglePractice {});
    look();
    press(ui::Practise { ui::Practise::What::Record });
    ASSERT_NO_FATAL_FAILURE(live(60));
    EXPECT_EQ(look().mode, ui::ViewMode::Single);
    press(ui::Practise { ui::Practise::What::Record });
    ASSERT_NO_FATAL_FAILURE(live(10));
    ASSERT_EQ(look().practice->state, ui::PracticeModel::State::Hearing) << look().practice->trouble;
    // Frames 5 … 64 are the attempt's: each has its number as its brightness.
    std::vector<int> seen;
    for (int i = 0; i < 40; ++i) {
        ASSERT_NO_FATAL_FAILURE(live(1));
        waitFor([this] { return look().panes.size() == 2 && look().panes[1].picture; });
        const ui::Model& model = look();
        ASSERT_EQ(model.mode, ui::ViewMode::Quad);
        EXPECT_TRUE(model.live_on_screen);
        EXPECT_EQ(model.panes[0].kind, ui::Pane::Kind::Live);
        EXPECT_EQ(model.panes[1].kind, ui::Pane::Kind::Shown);
        EXPECT_EQ(model.panes[1].words, "attempt 1");
        seen.push_back(model.panes[1].picture->planes[0][0] - 20);
    }
    EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend())) << "it runs backwards";
    EXPECT_LT(seen.front(), 65);
    waitFor([&] { return look().panes[1].picture->planes[0][0] - 20 <= seen.front() - 37; });
    EXPECT_GE(seen.back(), 5);
    press(ui::ChoosePane { 1 }); // is no camera
    EXPECT_EQ(look().camera_letter, 'A');
    press(ui::Practise { ui::Practise::What::HearFlipped });
    EXPECT_EQ(look().mode, ui::ViewMode::Single);
    EXPECT_TRUE(look().panes.empty());
    EXPECT_TRUE(look().takes.empty()) << "nothing of it is a take";
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "media" / "attempt-001-A"));
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "practice" / "media" / "attempt-001-A"));

    press(ui::Practise { ui::Practise::What::HearFlipped });
    ASSERT_NO_FATAL_FAILURE(live(10));
    waitFor([this] { return look().mode == ui::ViewMode::Quad; });
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().mode, ui::ViewMode::Single) << "a take rolls";
    press(ui::ToggleRoll {});
}

} // namespace
} // namespace backtake::app
