#include "app/hand_camera.hpp"
#include "app/second_folder.hpp"
#include "app/session.hpp"
#include "capture/test_ltc.hpp"
#include "playback/test_sound.hpp"
#include "takes/last_check.hpp"
#include "takes/recording_writer.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace backtake::app {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class SessionTest : public testing::Test {
protected:
    SessionTest() { open(); }
    ~SessionTest() override { session_.reset(); }
    void open(Nanos preroll = 0s, std::size_t cameras = 1)
    {
        session_.reset();
        frames_ = 0;
        SessionOptions options;
        options.shoot = shoot_;
        options.scene = "12A";
        options.preroll = preroll;
        options.cameras.assign(cameras, *capture::parseCameraSpec("pattern:"));
        options.camera_options = { ring_bytes_, 90, 2 };
        options.decoders = 2;
        options.disk = disk_;
        options.free_bytes = [free = free_](
                                 const fs::path&) -> std::optional<std::uint64_t> { return *free; };
        options.second_folder = second_folder_;
        options.timecode = *base::parseTimecodeSource(timecode_);
        options.last_news = last_news_;
        options.sound = sound_;
        options.camera_sound = camera_sound_;
        options.open_sound = open_sound_;
        options.sound_by_update = true;
        camera_ = std::make_shared<HandCamera>();
        second_.reset();
        options.make_camera = [this](const capture::CameraSpec& spec,
                                  const capture::CameraOptions& camera_options) {
            const auto camera = opened_++ == 0 ? camera_ : second_ = std::make_shared<HandCamera>();
            camera->step = step_;
            camera->rate = rate_;
            auto made = makeCamera(camera, spec, camera_options);
            newest_ = made.get();
            return made;
        };
        opened_ = 0;
        session_ = std::make_unique<Session>(std::move(options));
        waitFor([this]() { return session_->settled(); });
    }

    /// Frames arrive, the given time apart; comes back when all are in the ring and the last is on screen.
    void arrive(int count, Nanos apart = 40ms)
    {
        for (int i = 0; i < count; ++i) {
            now_ += apart;
            ASSERT_TRUE(camera_->frames.tryPut(now_));
            ++frames_;
        }
        waitFor([this]() {
            return session_->camera().ring()->span().end == frames_
                && session_->camera().live()->serial + 1 == frames_;
        });
        look();
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 20s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            session_->update(now_, 16ms);
            std::this_thread::yield();
        }
    }
    void press(const ui::Intent& intent) { session_->handle(intent, now_); }
    const ui::Model& look() { return session_->update(now_, 16ms); }
    /// The model once the frame that is due now is decoded and on screen.
    const ui::Model& lookSettled()
    {
        waitFor([this]() {
            const ui::Model& model = look();
            return model.picture && model.picture->planes[0][0] >= 18
                && std::abs(brightness(model) - expected(model)) <= 3;
        });
        return look();
    }
    static int brightness(const ui::Model& model) { return model.picture->planes[0][0]; }
    int expected(const ui::Model& model) const
    {
        return model.live_on_screen
            ? 20 + static_cast<int>(frames_ - 1) % 200
            : 20 + static_cast<int>(first_ + static_cast<Serial>(model.review->captured_frame)) % 200;
    }
    void shoot(int frames)
    {
        first_ = frames_;
        press(ui::ToggleRoll {});
        arrive(frames);
        press(ui::ToggleRoll {});
    }

    /// The message with these words; one without text when there is none.
    ui::Message saying(const std::string& words)
    {
        for (const ui::Message& message : look().messages)
            if (message.text.find(words) != std::string::npos)
                return message;
        return {};
    }
    bool says(const std::string& words) { return !saying(words).text.empty(); }
    /// The same, once all messages that are no longer true have faded.
    bool saysStill(const std::string& words)
    {
        now_ += 7s;
        return says(words);
    }

    std::optional<capture::SoundSpec> sound_;
    std::map<char, capture::SoundSpec> camera_sound_;
    playback::SoundPlayer::Open open_sound_; ///< None: nothing is heard.
    const tests::Folder folder_;
    const fs::path shoot_ = folder_.path();
    std::size_t ring_bytes_ = 16 << 20;
    std::shared_ptr<takes::FailingDisk> disk_; ///< Null: the kernel's.
    std::shared_ptr<std::atomic<std::uint64_t>> free_ =
        std::make_shared<std::atomic<std::uint64_t>>(std::uint64_t { 1 } << 42);
    fs::path second_folder_; ///< Given at the start.
    std::shared_ptr<HandCamera> camera_;
    std::shared_ptr<HandCamera> second_; ///< Of a session with two.
    int opened_ = 0;
    int step_ = 1;
    base::Rate rate_ { 25, 1 };
    std::string timecode_ = "tod";
    capture::Camera* newest_ = nullptr; ///< The session's last.
    std::unique_ptr<Session> session_;
    Nanos last_news_ { 0 };
    Nanos now_ { 100s };
    Serial frames_ = 0;
    Serial first_ = 0; ///< Serial of the reviewed take's first frame.
};

TEST_F(SessionTest, AtTheCutTheTakePlaysReversedWithNoFurtherKey)
{
    arrive(3);
    shoot(20);
    EXPECT_FALSE(look().live_on_screen);
    // The last frame was on screen when the key was pressed: the one before it is due at once.
    EXPECT_EQ(look().review->captured_frame, 18);
    EXPECT_TRUE(session_->cutToReview());
    for (int k = 1; k < 45; ++k) {
        const ui::Model& model = lookSettled();
        EXPECT_EQ(model.review->captured_frame, 19 - k % 20) << k;
        EXPECT_EQ(model.review->frame, k % 20);
        EXPECT_EQ(model.review->captured_clock_direction, -1);
        now_ += 40ms;
    }
}

class SessionSoundTest : public SessionTest {
protected:
    SessionSoundTest()
    {
        open_sound_ = [this](const std::string&) -> base::Result<base::SoundSinkPtr> {
            if (!plugged_)
                return base::fail(base::Fault::NotFound, "No sound: it is not plugged in");
            return ear_ = std::make_shared<playback::Ear>(2e-3, now_);
        };
        open();
        camera_->sound = true;
    }
    ~SessionSoundTest() override { session_.reset(); }
    void goOn(Nanos length)
    {
        for (const Nanos end = now_ + length; now_ < end; now_ += 5ms) {
            if (ear_)
                ear_->hear(now_);
            look();
        }
    }
    /// What the left ear heard last.
    std::vector<float> heardLast(std::size_t samples) const
    {
        return ear_->ear(0, ear_->heard.size() / base::kEars - samples);
    }
    /// Every eighth sample it falls by one step of 16 bits, as what rises does reversed.
    static bool fallsSteadily(const std::vector<float>& heard)
    {
        for (std::size_t i = 8; i < heard.size(); ++i)
            if (heard[i - 8] - heard[i] != 1 / 32768.0F)
                return false;
        return true;
    }
    bool plugged_ = true;
    std::shared_ptr<playback::Ear> ear_;
};

TEST_F(SessionSoundTest, AtTheCutTheTakeIsHeardReversedAndThePictureGoesByTheDevice)
{
    shoot(100); // 4 s
    ASSERT_FALSE(ear_) << "live and rolling nothing is heard";
    goOn(2s);
    ASSERT_TRUE(ear_);
    EXPECT_TRUE(look().heard.recorded);
    EXPECT_TRUE(fallsSteadily(heardLast(24'000)));
    // The device is 0.2 % fast: so is the picture, by a frame in 20 s; the take loops over some times.
    goOn(18s);
    const double since = 20 + 20 * 2e-3;
    const double position = 4 - std::fmod(since, 4);
    EXPECT_NEAR(static_cast<double>(look().review->captured_frame), position * 25 - 0.5 - 1, 1.3);
    press(ui::TogglePlay {});
    goOn(200ms);
    EXPECT_EQ(heardLast(1).front(), 0) << "paused";
    press(ui::StepFrames { 1 });
    goOn(40ms);
    EXPECT_NE(heardLast(1).front(), 0) << "a step sounds";
    press(ui::TogglePlay {});
    goOn(1s);
    EXPECT_TRUE(fallsSteadily(heardLast(4'800)));
    press(ui::ChooseSound { { true, 0, 0, false, false, "" } });
    goOn(200ms);
    EXPECT_EQ(heardLast(1).front(), 0) << "muted";
    press(ui::ChooseSound {});
    goOn(200ms);
    EXPECT_NE(heardLast(1).front(), 0);
    press(ui::ToggleReview {});
    goOn(200ms);
    EXPECT_EQ(heardLast(1).front(), 0) << "live";
}

TEST_F(SessionSoundTest, WithoutItsDeviceATakePlaysOnAndItIsSaidOnce)
{
    plugged_ = false;
    shoot(100);
    goOn(3s);
    EXPECT_TRUE(says("not plugged in"));
    EXPECT_NEAR(static_cast<double>(look().review->captured_frame), 1 * 25 - 1, 1.3);
    EXPECT_FALSE(saysStill("not plugged in"));
    EXPECT_FALSE(look().heard.trouble.empty());
    plugged_ = true;
    goOn(1500ms); // it is tried again after a second
    EXPECT_TRUE(look().heard.trouble.empty());
    EXPECT_TRUE(fallsSteadily(heardLast(2'400)));
}

/// Two cameras and what their takes have for sound, from real sources, in real time.
class SessionSoundsTest : public SessionTest {
protected:
    static capture::SoundSpec tone(int hz, const char* more = "")
    {
        return *capture::parseSoundSpec(
            fmt::format("audio:gst:audiotestsrc is-live=true freq={} {}", hz, more));
    }
    void openBoth()
    {
        open(0s, 2);
        now_ = base::monotonicNow();
    }
    /// Puts a camera on screen. @return the model once its source is lost, or heard.
    const ui::Model& viewed(std::size_t camera)
    {
        if (camera != on_screen_)
            press(ui::ChoosePane { 1 }); // the other one
        on_screen_ = camera;
        const auto known = [this]() {
            now_ = base::monotonicNow();
            const auto& sound = look().sound;
            return sound && (sound->lost || sound->channels > 0);
        };
        waitFor(known);
        return look();
    }
    /// Of a camera's take: how often a second its sound rises through zero.
    double pitchOf(char camera)
    {
        const auto& takes = session_->finished();
        const auto take = std::find_if(takes.begin(), takes.end(),
            [&](const capture::RecorderStatus& one) { return one.facts.slate.camera == camera; });
        if (take == takes.end())
            return -2;
        const auto recording = takes::Recording::open(take->folder);
        const auto sound = recording ? (*recording)->sound() : nullptr;
        if (!sound || sound->channels() != 1)
            return -1;
        std::vector<float> samples(static_cast<std::size_t>(sound->sampleCount()));
        sound->read(0, samples);
        int rises = 0;
        for (std::size_t i = 1; i < samples.size(); ++i)
            rises += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
        return rises * 48000.0 / static_cast<double>(samples.size());
    }
    /// A take of half a second that has been, with its sound.
    void shootWhatWasHeard()
    {
        (void)viewed(0); // whose frames arrive() waits for; the other one is the newest
        const Nanos began = base::monotonicNow();
        waitFor([&]() { return base::monotonicNow() > began + 1500ms; });
        now_ = began;
        press(ui::ToggleRoll {});
        for (int i = 1; i <= 12; ++i)
            ASSERT_TRUE(second_->frames.tryPut(began + i * 40ms));
        arrive(12);
        waitFor([this]() { return newest_->ring()->span().end == frames_; });
        press(ui::ToggleRoll {});
        waitFor([this]() { return session_->settled(); });
        ASSERT_EQ(session_->finished().size(), 2U);
    }
    int messagesOf(const std::string& words)
    {
        const auto& messages = look().messages;
        return static_cast<int>(std::count_if(messages.begin(), messages.end(),
            [&](const ui::Message& message) { return message.text.find(words) != std::string::npos; }));
    }

private:
    std::size_t on_screen_ = 0;
};

/// Fails when a camera's own sound goes to the other one's take, or to none.
TEST_F(SessionSoundsTest, EachCamerasTakesHaveItsOwnSound)
{
    sound_ = tone(500);
    camera_sound_ = { { 'B', tone(1500) } };
    openBoth();
    press(ui::ToggleQuad {});
    for (const std::size_t camera : { 0U, 1U })
        EXPECT_NE(viewed(camera).sound->name.find(camera == 0 ? "freq=500" : "freq=1500"), std::string::npos);
    shootWhatWasHeard();
    EXPECT_NEAR(pitchOf('A'), 500, 10);
    EXPECT_NEAR(pitchOf('B'), 1500, 10);
}

/// Fails when a source that is lost is told of the wrong camera, or takes the other one's sound with it.
TEST_F(SessionSoundsTest, ASourceThatIsLostIsToldOfItsCameraAndLeavesTheOthersAlone)
{
    camera_sound_ = { { 'A', tone(500) }, { 'B', tone(1500, "num-buffers=5") } };
    openBoth();
    press(ui::ToggleQuad {});
    EXPECT_FALSE(viewed(0).sound->lost);
    waitFor([this]() { return says("Camera B: audio:gst:"); });
    EXPECT_TRUE(saying("Camera A").text.empty());
    EXPECT_FALSE(viewed(0).sound->lost);
    EXPECT_NE(viewed(1).sound->name.find("freq=1500"), std::string::npos);
    shootWhatWasHeard();
    EXPECT_NEAR(pitchOf('A'), 500, 10);
}

/// Fails when a device is opened once a camera, which a card refuses.
TEST_F(SessionSoundsTest, CamerasWithTheSameSourceShareIt)
{
    camera_sound_ = { { 'A', tone(500, "num-buffers=5") }, { 'B', tone(500, "num-buffers=5") } };
    openBoth();
    waitFor([this]() { return says("has ended"); });
    EXPECT_EQ(messagesOf("has ended"), 1);
    EXPECT_TRUE(saying("Camera").text.empty()) << "it is that of all";
}

/// Fails when a camera without sound gets that of the others.
TEST_F(SessionSoundsTest, OneCameraMayHaveNone)
{
    sound_ = tone(500);
    camera_sound_ = { { 'B', *capture::parseSoundSpec("audio:off") } };
    openBoth();
    EXPECT_FALSE(viewed(0).sound->lost);
    shootWhatWasHeard();
    EXPECT_NEAR(pitchOf('A'), 500, 10);
    EXPECT_EQ(pitchOf('B'), -1);
}

TEST_F(SessionTest, UnevenFramesPlayBackMirrored)
{
    first_ = frames_;
    press(ui::ToggleRoll {});
    arrive(1, 40ms);
    const std::vector<Nanos> gaps { 20ms, 70ms, 33ms, 90ms, 41ms };
    for (const Nanos gap : gaps)
        arrive(1, gap);
    press(ui::ToggleRoll {});
    // Captured 4 is due at the cut; captured n stays for the gap behind it.
    for (int n = 4; n >= 0; --n) {
        EXPECT_EQ(lookSettled().review->captured_frame, n);
        now_ += gaps[static_cast<std::size_t>(n)] - 1us;
        EXPECT_EQ(look().review->captured_frame, n);
        now_ += 1us;
    }
    EXPECT_EQ(look().review->captured_frame, 5) << "and round again";
}

TEST_F(SessionTest, PrerollIsPartOfTheTakeToTheFrameHoweverLateRWasPressed)
{
    open(2s);
    arrive(100);
    now_ += 13ms; // between two frames
    first_ = 50;
    press(ui::ToggleRoll {});
    arrive(10, 40ms);
    press(ui::ToggleRoll {});
    const ui::Model& model = look();
    EXPECT_EQ(model.review->roll_frame, 50) << "2 s at 25 fps, less the 13 ms that had no frame";
    EXPECT_EQ(model.review->frame_count, 60);
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().facts.preroll_frames, 50);
    EXPECT_EQ(session_->finished().front().facts.frames, 60);
}

TEST_F(SessionTest, RInReviewGoesStraightToLiveAndRolls)
{
    shoot(5);
    EXPECT_FALSE(look().live_on_screen);
    press(ui::ToggleRoll {});
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_TRUE(look().rolling);
    arrive(3);
    EXPECT_EQ(brightness(lookSettled()), 20 + 7);
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    ASSERT_EQ(session_->finished().size(), 2u);
    EXPECT_EQ(takes::text(session_->finished()[1].facts.slate), "12A/2");
}

TEST_F(SessionTest, TheRingRunsOnDuringReview)
{
    shoot(10);
    arrive(10);
    EXPECT_EQ(session_->camera().ring()->span().end, 20u);
    EXPECT_FALSE(look().live_on_screen);
}

TEST_F(SessionTest, DChangesTheOrderAndKeepsThePicture)
{
    shoot(21);
    press(ui::TogglePlay {});
    press(ui::SeekTo { 5 });
    EXPECT_EQ(look().review->captured_frame, 15);
    press(ui::ToggleOrder {});
    EXPECT_EQ(look().review->captured_frame, 15);
    EXPECT_EQ(look().review->frame, 15);
    EXPECT_FALSE(look().review->shown_order);
    press(ui::TogglePlay {});
    now_ += 41ms;
    EXPECT_EQ(look().review->captured_frame, 16) << "as captured, time rises";
}

TEST_F(SessionTest, JKLAndArrowsWorkInTheOrderOnScreen)
{
    shoot(101);
    press(ui::Shuttle { 0 });
    press(ui::SeekTo { 50 });
    press(ui::StepFrames { 1 });
    EXPECT_EQ(look().review->frame, 51);
    EXPECT_EQ(look().review->captured_frame, 49);
    press(ui::StepFrames { -10 });
    EXPECT_EQ(look().review->frame, 41);
    press(ui::StepSeconds { 1 });
    EXPECT_EQ(look().review->frame, 66);
    press(ui::GoToFirst {});
    EXPECT_EQ(look().review->captured_frame, 100);
    press(ui::GoToLast {});
    EXPECT_EQ(look().review->captured_frame, 0);
    press(ui::SeekTo { 50 });
    for (const double speed : { 1.0, 2.0, 4.0, 8.0, 8.0 }) {
        press(ui::Shuttle { +1 });
        EXPECT_EQ(look().review->speed, speed);
    }
    for (const double speed : { 4.0, 2.0, 1.0, -1.0, -2.0 }) {
        press(ui::Shuttle { -1 });
        EXPECT_EQ(look().review->speed, speed);
    }
    press(ui::Shuttle { 0 });
    EXPECT_FALSE(look().review->playing);
}

TEST_F(SessionTest, InAndOutBoundThePlayAndClear)
{
    shoot(50);
    press(ui::Shuttle { 0 });
    press(ui::SeekTo { 10 });
    press(ui::SetIn {});
    press(ui::SeekTo { 12 });
    press(ui::SetOut {});
    press(ui::Shuttle { +1 });
    std::vector<FrameIndex> seen;
    for (int i = 0; i < 6; ++i) {
        seen.push_back(look().review->frame);
        now_ += 40ms;
    }
    EXPECT_EQ(seen, (std::vector<FrameIndex> { 12, 10, 11, 12, 10, 11 }));
    press(ui::ClearIn {});
    press(ui::ClearOut {});
    EXPECT_FALSE(look().review->in);
    press(ui::SeekTo { 40 });
    EXPECT_EQ(look().review->frame, 40);
}

TEST_F(SessionTest, SpeedIsBoundedAndKeepsItsDirection)
{
    shoot(50);
    press(ui::SetSpeed { 1 });
    EXPECT_DOUBLE_EQ(look().review->speed, 0.05);
    press(ui::SetSpeed { 5000 });
    EXPECT_DOUBLE_EQ(look().review->speed, 8);
    press(ui::Shuttle { -1 });
    press(ui::SetSpeed { 50 });
    press(ui::TogglePlay {});
    press(ui::TogglePlay {});
    EXPECT_TRUE(look().review->playing);
}

TEST_F(SessionTest, ScrubbingHoldsAndThenPlaysOn)
{
    shoot(50);
    press(ui::SeekTo { 10, true });
    now_ += 500ms;
    EXPECT_EQ(look().review->frame, 10);
    press(ui::SeekTo { 20, true });
    press(ui::SeekTo { 20, false });
    now_ += 41ms;
    EXPECT_EQ(look().review->frame, 21);
}

TEST_F(SessionTest, AForwardTakePlaysAsCaptured)
{
    press(ui::ChooseTakeDirection { false });
    shoot(10);
    const ui::Model& model = lookSettled();
    EXPECT_FALSE(model.review->backward_take);
    EXPECT_EQ(model.review->captured_frame, 0);
    EXPECT_EQ(model.review->captured_clock_direction, +1);
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().facts.direction, takes::Direction::Forward);
}

/// Fails for a session that saves another frame than the one on screen, or names it wrongly.
TEST_F(SessionTest, SSavesThePictureOnScreenAndItsJpeg)
{
    press(ui::SaveStill {});
    EXPECT_TRUE(says("No picture is on screen yet"));
    shoot(10);
    press(ui::GoToFirst {});
    press(ui::TogglePlay {});
    press(ui::StepFrames { 3 });
    EXPECT_EQ(lookSettled().review->captured_frame, 6);
    waitFor([this]() { return session_->settled(); });
    press(ui::SaveStill {});
    waitFor([this]() { return says("Still saved: 12A-001-A_shown000003_captured000006.png"); });
    std::ifstream jpeg(shoot_ / "stills" / "12A-001-A_shown000003_captured000006.jpg", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(jpeg)), std::istreambuf_iterator<char>());
    const auto frame = (*takes::Recording::open(session_->finished().front().folder))->frame(6);
    ASSERT_TRUE(frame);
    const std::string stored(reinterpret_cast<const char*>((*frame)->jpeg.data()), (*frame)->jpeg.size());
    ASSERT_GT(bytes.size(), 100u);
    EXPECT_EQ(stored.substr(0, bytes.size()), bytes);
    EXPECT_EQ(stored.find_first_not_of('\0', bytes.size()), std::string::npos) << "only padding was cut off";

    press(ui::ToggleReview {}); // live
    arrive(1);
    press(ui::SaveStill {});
    waitFor([this]() { return says("Still saved: live_"); });
    EXPECT_EQ(std::distance(fs::directory_iterator(shoot_ / "stills"), fs::directory_iterator()), 4);
}

/// Fails for a session that turns the picture on screen only, or writes it to another take.
TEST_F(SessionTest, YTurnsTheTakeOnScreenAndItIsStoredWithIt)
{
    using base::Orientation;
    press(ui::CycleOrientation {}); // live: the camera hangs upside down
    shoot(10);
    waitFor([this]() { return look().orientation == Orientation::UpsideDown; });
    press(ui::CycleOrientation {}); // of the take that was just cut, be it closed yet or not
    EXPECT_EQ(lookSettled().orientation, Orientation::Mirrored);
    waitFor([this]() { return session_->settled(); });
    shoot(12);
    EXPECT_EQ(lookSettled().orientation, Orientation::UpsideDown)
        << "what was turned is the take, not the camera";
    first_ = frames_;
    press(ui::ToggleRoll {});
    arrive(5);
    press(ui::CycleOrientation {}); // while rolling: the take that rolls, too
    press(ui::ToggleRoll {});
    EXPECT_EQ(lookSettled().orientation, Orientation::Mirrored);
    waitFor([this]() { return session_->settled(); });
    const auto stored = [this](int take) {
        const auto folder = takes::findTake(shoot_.string() + "#12A/" + std::to_string(take));
        const auto facts = takes::readTakeFacts(folder.value_or("") / "take.json");
        return facts ? facts->orientation : Orientation::Flipped;
    };
    open(); // ends the session before: all is stored
    EXPECT_EQ(stored(1), Orientation::Mirrored);
    EXPECT_EQ(stored(2), Orientation::UpsideDown);
    EXPECT_EQ(stored(3), Orientation::Mirrored);
    waitFor([this]() { return look().takes.size() == 3u; });
    waitFor([this]() { return look().orientation == Orientation::Mirrored; });
    press(ui::ToggleReview {});
    waitFor([this]() { return look().review.has_value(); });
    press(ui::SelectTake { -1, std::nullopt });
    waitFor([this]() { return look().orientation == Orientation::UpsideDown; });
}

TEST_F(SessionTest, TheNextSessionGoesOnWithTheNextTakeAndOpensTheStoredOnes)
{
    shoot(10);
    shoot(12);
    open();
    EXPECT_EQ(look().takes.size(), 2u);
    waitFor([this]() { return look().next_take == 3; });
    press(ui::ToggleReview {});
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->slate, "12A/2");
    EXPECT_EQ(look().review->frame_count, 12);
    press(ui::SelectTake { -1, std::nullopt });
    waitFor([this]() { return look().review->slate == "12A/1"; });
    first_ = 0;
    lookSettled();
    press(ui::ToggleReview {});
    EXPECT_TRUE(look().live_on_screen);
}

TEST_F(SessionTest, ACutWithoutAFrameSaysSoAndStaysLive)
{
    press(ui::ToggleRoll {});
    press(ui::ToggleRoll {});
    EXPECT_TRUE(look().live_on_screen);
    ASSERT_FALSE(look().messages.empty());
    EXPECT_NE(look().messages.front().text.find("Nothing recorded"), std::string::npos);
}

TEST_F(SessionTest, ClosingWhileRollingKeepsTheTake)
{
    press(ui::ToggleRoll {});
    arrive(10);
    session_.reset();
    const auto recording = takes::Recording::open(shoot_ / "media" / "12A-001-A");
    ASSERT_TRUE(recording);
    EXPECT_EQ((*recording)->frameCount(), 10);
    EXPECT_TRUE((*recording)->facts().closed);
}

TEST_F(SessionTest, KeysWithoutATakeDoNoHarm)
{
    for (const ui::Intent& intent : std::vector<ui::Intent> { ui::TogglePlay {}, ui::ToggleOrder {},
             ui::Shuttle { 1 }, ui::StepFrames { 1 }, ui::StepSeconds { 1 }, ui::GoToFirst {},
             ui::GoToLast {}, ui::SelectTake { 1, std::nullopt }, ui::SetIn {}, ui::SetOut {}, ui::ClearIn {},
             ui::ClearOut {}, ui::CycleLoop {}, ui::SetSpeed { 50 }, ui::SeekTo { 3 }, ui::ToggleReview {},
             ui::SetSlate { "", 0 }, ui::DismissMessage { 77 }, ui::ChooseCamera { "nonsense" } })
        press(intent);
    EXPECT_TRUE(look().live_on_screen);
}

// ---------------------------------------------------------------------------------------------- chase

TEST_F(SessionTest, TabWhileRollingPlaysTheTakeSoFarReversedAndTheCameraRollsOn)
{
    arrive(3);
    first_ = frames_;
    press(ui::ToggleRoll {});
    arrive(100);
    press(ui::ToggleReview {});
    EXPECT_FALSE(look().live_on_screen);
    EXPECT_TRUE(look().rolling);
    EXPECT_EQ(look().review->frame_count, 100);
    EXPECT_EQ(look().selected_take, look().takes.size() - 1);
    for (int k = 1; k < 5; ++k) {
        const ui::Model& model = lookSettled();
        EXPECT_EQ(model.review->captured_frame, 99 - k);
        EXPECT_EQ(model.review->captured_clock_direction, -1);
        ASSERT_TRUE(model.review->behind_live);
        EXPECT_EQ(*model.review->behind_live, (2 * k - 1) * 40ms) << "twice as fast: both go away from it";
        now_ += 40ms;
    }
    // The camera rolls on; what is being looked at stays what it was.
    press(ui::TogglePlay {});
    const FrameIndex at = look().review->captured_frame;
    arrive(10);
    EXPECT_EQ(look().review->captured_frame, at);
    EXPECT_EQ(look().review->frame_count, 100);
    EXPECT_TRUE(look().rolling);
    // All the review's keys work in it.
    press(ui::StepFrames { 1 });
    EXPECT_EQ(look().review->captured_frame, at - 1);
    press(ui::ToggleOrder {});
    EXPECT_FALSE(look().review->shown_order);
    press(ui::GoToLast {});
    EXPECT_EQ(look().review->captured_frame, 99);
    // Live; and the then newest.
    press(ui::ToggleReview {});
    EXPECT_TRUE(look().live_on_screen);
    arrive(1);
    press(ui::ToggleReview {});
    EXPECT_EQ(look().review->frame_count, 111);
    // R cuts, and the whole take plays.
    press(ui::ToggleRoll {});
    EXPECT_FALSE(look().rolling);
    EXPECT_FALSE(look().review->behind_live);
    EXPECT_EQ(look().review->frame_count, 111);
    lookSettled();
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().facts.frames, 111);
}

TEST_F(SessionTest, AChaseLoopsOverTheLastMinute)
{
    press(ui::ToggleRoll {});
    arrive(100, 1s);
    press(ui::ToggleReview {});
    waitFor([this]() { return !look().live_on_screen; });
    EXPECT_EQ(look().review->frame_count, 61);
    first_ = 39;
    lookSettled();
    now_ += 60s;
    first_ = 39;
    EXPECT_NEAR(static_cast<double>(look().review->captured_frame), 60, 2) << "and round again";
    lookSettled();
}

/// Fails when what has left the ring is not found, or its times are made up.
TEST_F(SessionTest, AChaseReachesBehindTheRing)
{
    ring_bytes_ = 1 << 20;
    open();
    first_ = frames_;
    press(ui::ToggleRoll {});
    for (int i = 0; i < 60; ++i) {
        arrive(40, 5ms + (i % 5) * 3ms);
        waitFor([&]() { return look().takes.back().frames == 40 * (i + 1); }); // the ring is small
    }
    const Serial oldest = session_->camera().ring()->span().first;
    ASSERT_GT(oldest, 20U) << "the ring holds all: it is too large for this test";
    press(ui::ToggleReview {});
    waitFor([this]() { return !look().live_on_screen; });
    EXPECT_EQ(look().review->frame_count, 2400);
    press(ui::TogglePlay {});
    press(ui::GoToLast {}); // captured first
    EXPECT_EQ(lookSettled().review->captured_frame, 0);
    EXPECT_EQ(*look().review->behind_live, 60 / 5 * 40 * (5 + 8 + 11 + 14 + 17) * 1ms - 5ms);
}

TEST_F(SessionTest, ATakeThatRollsIsChosenByItsRow)
{
    shoot(5);
    waitFor([this]() { return session_->settled(); });
    press(ui::ToggleRoll {});
    arrive(30);
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return !look().live_on_screen; });
    EXPECT_EQ(look().review->slate, "12A/1");
    EXPECT_FALSE(look().review->behind_live);
    press(ui::SelectTake { 0, 1 });
    EXPECT_EQ(look().review->slate, "12A/2");
    EXPECT_TRUE(look().review->behind_live);
    press(ui::ToggleReview {});
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_TRUE(look().rolling);
}

TEST_F(SessionTest, AChaseWithoutAFrameSaysSo)
{
    press(ui::ToggleRoll {});
    press(ui::ToggleReview {});
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_TRUE(says("no frame so far"));
}

// ---------------------------------------------------------------------------------------------- disks

/// A session whose shoot lies on a disk that fails when it is told to.
class SessionTimecodeTest : public SessionTest {
protected:
    SessionTimecodeTest() { timecode_ = "ltc:1"; }
    /// @p frames LTC frames from @p label on, the first with the next picture; pictures come with them.
    void shootBeside(const char* label, const base::TimecodeFormat& format, int frames)
    {
        const auto ltc = tests::ltcSound(*base::parseTimecodeDigits(label), frames, format);
        constexpr std::size_t kBlock = 480;
        const Nanos apart = rate_.frameTime();
        const Nanos begins = now_ + apart - 5ms; // so that pictures lie within their LTC frames
        for (std::size_t at = 0; at + kBlock <= ltc.size(); at += kBlock) {
            const Nanos then = begins + Nanos(static_cast<std::int64_t>(at) * 1'000'000'000 / 48000);
            ASSERT_TRUE(camera_->blocks.tryPut(tests::blockOf(std::span(ltc).subspan(at, kBlock), then)));
        }
        arrive(frames, apart);
    }
};

TEST_F(SessionTimecodeTest, TheClockSaysWhatItGoesBy)
{
    EXPECT_EQ(look().camera.timecode_words, "time of day");
    open();
    arrive(1);
    EXPECT_EQ(look().camera.timecode_words, "no LTC: time of day");
    EXPECT_TRUE(saysStill("No LTC in sound channel 1 of camera A"));
    press(ui::JamTimecode {});
    EXPECT_TRUE(says("There is no LTC to jam to"));

    shootBeside("01:00:00:00", { { 25, 1 }, false }, 25);
    EXPECT_EQ(look().camera.timecode_words, "LTC");
    EXPECT_EQ(look().camera.timecode, "01:00:00:24");
    EXPECT_TRUE(saysStill("LTC is gone"));
    EXPECT_EQ(look().camera.timecode_words, "HOLD 00:07");

    arrive(1);
    shootBeside("02:00:00:00", { { 25, 1 }, false }, 25);
    EXPECT_EQ(look().camera.timecode, "02:00:00:24");
    EXPECT_TRUE(says("ahead of the clock that ran without it; it is followed again"));
    press(ui::JamTimecode {});
    EXPECT_EQ(look().camera.timecode_words, "JAM");
    shootBeside("03:00:00:00", { { 25, 1 }, false }, 25);
    EXPECT_EQ(look().camera.timecode, "02:00:01:24");
    EXPECT_TRUE(says("the jam is kept, F11 follows LTC"));
    press(ui::JamTimecode {});
    shootBeside("03:00:01:00", { { 25, 1 }, false }, 25);
    EXPECT_EQ(look().camera.timecode, "03:00:01:24");
}

TEST_F(SessionTimecodeTest, LtcThatDoesNotFitTheShootIsSaid)
{
    open();
    arrive(1);
    shootBeside("01:00:00:00", { { 24, 1 }, false }, 25);
    EXPECT_TRUE(says("LTC runs at 24, the shoot at 25: timecode is the time of day"));
    EXPECT_EQ(look().camera.timecode_words, "no LTC: time of day");
}

/// The take crosses a border where labels are dropped; on screen they fall through it one by one.
TEST_F(SessionTimecodeTest, InReversedReviewDropFrameLabelsFallFrameByFrame)
{
    rate_ = { 30000, 1001 };
    open();
    arrive(1);
    press(ui::ToggleRoll {});
    shootBeside("01:10:59;10", { rate_, true }, 40);
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().review->captured_clock_direction, -1);
    waitFor([this]() { return session_->settled(); }); // frame 0 is known
    press(ui::TogglePlay {});
    press(ui::GoToFirst {}); // in the order on screen: the last captured one
    for (int shown = 0; shown < 40; ++shown) {
        const int label = 49 - shown; // 10 … 49 counted from 01:10:59;00
        const std::string wanted =
            label < 30 ? fmt::format("01:10:59;{:02}", label) : fmt::format("01:11:00;{:02}", label - 30 + 2);
        ASSERT_EQ(look().review->captured_timecode, wanted) << shown;
        press(ui::StepFrames { +1 });
    }
}

class SessionDiskTest : public SessionTest {
protected:
    SessionDiskTest()
    {
        disk_ = std::make_shared<takes::FailingDisk>(shoot_);
        fs::create_directories(other_disk_);
        open();
    }
    ~SessionDiskTest() override
    {
        disk_->makeRoom();
        disk_->letGo();
        session_.reset();
    }
    /// Rolls, and the disk is full after five frames; 30 more wait in memory.
    void rollOntoAFullDisk()
    {
        first_ = frames_;
        press(ui::ToggleRoll {});
        arrive(5);
        waitFor([this]() { return look().takes.back().frames == 5; });
        disk_->fill();
        arrive(30);
        waitFor([this]() { return says("cannot be written"); });
    }
    void expectWhole(const fs::path& folder, FrameIndex frames)
    {
        const auto recording = takes::Recording::open(folder);
        ASSERT_TRUE(recording) << recording.error().message;
        EXPECT_EQ((*recording)->frameCount(), frames);
        const auto report = (*recording)->verify({});
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->troubles.empty()) << report->troubles.front();
        EXPECT_EQ(report->lost, 0);
    }
    fs::path take(int number) { return shoot_ / "media" / ("12A-00" + std::to_string(number) + "-A"); }

    const tests::Folder elsewhere_;
    const fs::path other_disk_ = elsewhere_.path() / "second";
};

TEST_F(SessionDiskTest, ADiskThatIsFullIsSaidAtOnceWithWhatMemoryStillHolds)
{
    arrive(40);
    rollOntoAFullDisk();
    EXPECT_TRUE(says("room for "));
    EXPECT_TRUE(says("disk is full"));
    EXPECT_TRUE(says("press F9"));
    EXPECT_TRUE(look().rolling);
    const Serial shown = session_->camera().live()->serial;
    arrive(5);
    EXPECT_EQ(session_->camera().live()->serial, shown + 5) << "live view goes on";
    now_ += 1s;
    EXPECT_TRUE(look().disk_behind);
    EXPECT_EQ(look().ring_waiting_for, 35 * 40ms);
    EXPECT_GT(look().ring_waiting, 0);
    // Dismissed, it stays away though its numbers run; a new trouble would come back.
    press(ui::DismissMessage { saying("cannot be written").id });
    arrive(5);
    EXPECT_FALSE(says("cannot be written"));
    disk_->makeRoom();
    waitFor([this]() { return look().takes.back().frames == 45; });
    EXPECT_FALSE(saysStill("cannot be written"));
    EXPECT_FALSE(look().disk_behind);
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    expectWhole(take(1), 45);
}

TEST_F(SessionDiskTest, ASecondFolderChosenWhileRollingTakesTheRestAsPartOfTheSameTake)
{
    rollOntoAFullDisk();
    press(ui::LookAtFolder { other_disk_.string() });
    waitFor([this]() { return look().folder_look.has_value(); });
    EXPECT_EQ(look().folder_look->folder, other_disk_.string());
    EXPECT_TRUE(look().folder_look->why.empty()) << look().folder_look->why;
    EXPECT_GT(look().folder_look->free_bytes, 0U);
    press(ui::ChooseSecondFolder { other_disk_.string() });
    waitFor([this]() { return says("goes on in " + other_disk_.string()); });
    waitFor([this]() { return look().takes.back().frames == 35; });
    EXPECT_FALSE(saysStill("cannot be written"));
    EXPECT_TRUE(look().second_folder.in_use);
    EXPECT_TRUE(says("goes on in"));
    arrive(10);
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    EXPECT_FALSE(saysStill("goes on in"));
    disk_->makeRoom();
    const capture::RecorderStatus& taken = session_->finished().front();
    EXPECT_EQ(taken.frames, 45);
    EXPECT_TRUE(taken.lost.empty());
    EXPECT_EQ(look().takes.front().parts, 2U);
    waitFor([this]() { return look().takes.front().frames == 45; });
    EXPECT_NE(look().takes.front().where.find(other_disk_.string()), std::string::npos)
        << look().takes.front().where;
    // The next session finds both parts by the first one, opened from the log.
    open();
    ASSERT_EQ(look().takes.size(), 1U);
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->frame_count, 45);
    press(ui::TogglePlay {});
    first_ = 0;
    press(ui::GoToFirst {});
    EXPECT_EQ(lookSettled().review->captured_frame, 44);
    press(ui::GoToLast {});
    EXPECT_EQ(lookSettled().review->captured_frame, 0);
}

TEST_F(SessionDiskTest, ATakeWhoseSecondDiskIsNotThereOpensAndNamesIt)
{
    rollOntoAFullDisk();
    press(ui::ChooseSecondFolder { other_disk_.string() });
    waitFor([this]() { return look().takes.back().frames == 35; });
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    disk_->makeRoom();
    session_.reset();
    fs::rename(other_disk_, other_disk_.string() + "-unplugged");
    open();
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->frame_count, 35) << "the frames that are elsewhere keep their places";
    EXPECT_TRUE(says("attach the disk"));
    EXPECT_TRUE(says(other_disk_.string()));
}

TEST_F(SessionDiskTest, ASecondFolderGivenAtTheStartIsUsedWithoutAKey)
{
    second_folder_ = other_disk_ / "made" / "here";
    open();
    EXPECT_TRUE(fs::is_directory(second_folder_));
    EXPECT_TRUE(says("own disk")) << "it is on the same one: a warning";
    first_ = frames_;
    press(ui::ToggleRoll {});
    arrive(4);
    waitFor([this]() { return look().takes.back().frames == 4; });
    const int synced = disk_->syncs();
    arrive(1);
    waitFor([&]() { return disk_->syncs() >= synced + 2; });
    disk_->fail(takes::FailingDisk::kEveryCall, EIO); // pulled out
    arrive(10);
    waitFor([this]() { return look().takes.back().frames == 15; });
    EXPECT_TRUE(says("goes on in"));
    EXPECT_FALSE(says("cannot be written")) << "nothing is to be done";
    press(ui::ToggleRoll {});
    EXPECT_FALSE(look().live_on_screen) << "review, as ever";
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().frames, 15);
    disk_->fail(takes::FailingDisk::kEveryCall, 0);
    // The first part could not be told of the second: joined at the next start.
    open();
    waitFor([this]() { return !session_->recovering(); });
    EXPECT_EQ(look().takes.front().parts, 2U);
    expectWhole(take(1), 15);
}

/// Fails when a take that lies in the second folder from its first frame on is not found again.
TEST_F(SessionDiskTest, ATakeThatTheShootsDiskNeverTookIsListedFromTheSecondFolder)
{
    second_folder_ = other_disk_;
    open();
    disk_->fail(takes::FailingDisk::kEveryCall, EROFS);
    shoot(12);
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().frames, 12);
    EXPECT_TRUE(session_->finished().front().folder.string().starts_with(other_disk_.string()));
    ASSERT_EQ(look().takes.size(), 1U);
    disk_->fail(takes::FailingDisk::kEveryCall, 0);
    open();
    waitFor([this]() { return !session_->recovering(); });
    ASSERT_EQ(look().takes.size(), 1U);
    EXPECT_EQ(look().takes.front().frames, 12);
    EXPECT_NE(look().takes.front().where.find(other_disk_.string()), std::string::npos);
    EXPECT_EQ(look().next_take, 2) << "its number is taken";
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->frame_count, 12);
}

TEST_F(SessionDiskTest, ACutTakeThatNoDiskTakesWaitsAndQuittingAsks)
{
    rollOntoAFullDisk();
    press(ui::ToggleRoll {});
    EXPECT_FALSE(look().live_on_screen);
    EXPECT_EQ(look().review->frame_count, 35) << "it plays from memory";
    waitFor([this]() { return says("only in memory"); });
    EXPECT_EQ(look().takes.back().unwritten, 30);
    EXPECT_FALSE(session_->settled());
    press(ui::Quit {});
    EXPECT_FALSE(session_->quitAsked());
    EXPECT_NE(look().quit_question.find("30 frames"), std::string::npos) << look().quit_question;
    press(ui::KeepRunning {});
    EXPECT_TRUE(look().quit_question.empty());
    EXPECT_FALSE(session_->quitAsked());
    press(ui::ChooseCamera { "pattern:320x240@25" });
    EXPECT_TRUE(says("before you change the camera"));
    press(ui::Quit {});
    disk_->makeRoom();
    waitFor([this]() { return session_->settled(); });
    EXPECT_TRUE(look().quit_question.empty()) << "nothing is left to be lost";
    press(ui::Quit {});
    EXPECT_TRUE(session_->quitAsked());
    expectWhole(take(1), 35);
}

TEST_F(SessionDiskTest, QuitAnywayKeepsWhatWasWritten)
{
    rollOntoAFullDisk();
    press(ui::Quit {});
    EXPECT_FALSE(look().quit_question.empty());
    press(ui::QuitAnyway {});
    EXPECT_TRUE(session_->quitAsked());
    session_.reset();
    expectWhole(take(1), 5);
}

/// Fails when a disk that does not answer holds anybody up, or when the operator is not told at half.
TEST_F(SessionDiskTest, ADiskThatDoesNotAnswerIsShownAndTheOperatorWarned)
{
    ring_bytes_ = 2 << 20;
    open();
    arrive(60);
    press(ui::ToggleRoll {});
    arrive(5);
    waitFor([this]() { return look().takes.back().frames == 5; });
    disk_->hang(takes::FailingDisk::kWrite);
    arrive(30);
    ASSERT_TRUE(disk_->waitUntilHanging(base::monotonicNow() + 20s));
    now_ += 1s;
    EXPECT_TRUE(look().disk_behind);
    EXPECT_EQ(look().ring_waiting_for, 30 * 40ms);
    waitFor([this]() { return says("has not answered"); });
    EXPECT_EQ(saying("has not answered").kind == ui::Message::Kind::Trouble, look().ring_waiting >= 0.5);
    while (look().ring_waiting < 0.5)
        arrive(5);
    now_ += 2s;
    look();
    EXPECT_TRUE(says("press F9"));
    EXPECT_EQ(saying("has not answered").kind, ui::Message::Kind::Trouble);
    disk_->letGo();
    waitFor([this]() { return !look().disk_behind; });
    EXPECT_FALSE(saysStill("has not answered"));
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    EXPECT_TRUE(session_->finished().front().lost.empty());
}

TEST_F(SessionDiskTest, LessThanTenMinutesStandAsAWarningUntilThereIsRoom)
{
    arrive(60);
    const auto ring = session_->camera().ring()->stats();
    const double per_second = static_cast<double>(ring.bytes) / base::seconds(ring.length);
    const auto roomFor = [&](base::Nanos time) {
        free_->store(static_cast<std::uint64_t>(base::seconds(time) * per_second));
        now_ += 3s;
        waitFor([&, wanted = base::seconds(time)]() {
            return look().disk_left && std::abs(base::seconds(*look().disk_left) - wanted) < 1;
        });
        look();
    };
    roomFor(30min);
    EXPECT_FALSE(look().disk_low);
    roomFor(9min + 30s);
    EXPECT_TRUE(look().disk_low);
    EXPECT_TRUE(says("Only 9 minutes fit"));
    EXPECT_TRUE(says("press F9"));
    roomFor(10min + 30s);
    EXPECT_TRUE(look().disk_low) << "it does not flicker at the border";
    roomFor(40s);
    EXPECT_TRUE(saysStill("Less than a minute"));
    roomFor(20min);
    EXPECT_FALSE(look().disk_low);
    EXPECT_FALSE(saysStill("fit"));
}

TEST_F(SessionDiskTest, AFolderThatCannotBeUsedSaysWhyAndChangesNothing)
{
    std::ofstream(other_disk_ / "file") << "no folder";
    const auto look_at = [this](const fs::path& folder) {
        press(ui::LookAtFolder { folder.string() });
        waitFor([&]() { return look().folder_look && look().folder_look->folder == folder.string(); });
        return *look().folder_look;
    };
    EXPECT_NE(look_at(other_disk_ / "file").why, "");
    EXPECT_NE(look_at(shoot_).why, "") << "the shoot itself";
    EXPECT_EQ(look_at(other_disk_ / "new" / "one").why, "");
    EXPECT_TRUE(look_at(other_disk_ / "new" / "one").same_disk);
    EXPECT_FALSE(fs::exists(other_disk_ / "new")) << "a look makes nothing";
    press(ui::ChooseSecondFolder { (other_disk_ / "file").string() });
    waitFor([this]() { return says("Not used"); });
    EXPECT_TRUE(look().second_folder.folder.empty());
    EXPECT_EQ(folderFromText("~/takes"), fs::path(std::getenv("HOME")) / "takes");
    EXPECT_TRUE(folderFromText("takes").is_absolute());
}

// ---------------------------------------------------------------------------------------------- the start

TEST_F(SessionTest, WhatWasCutOffIsRecoveredAtTheStartAndSaidOnce)
{
    shoot(5);
    session_.reset();
    {
        auto writer = takes::RecordingWriter::create(shoot_, takes::makeFacts({ "12A", 2, 'A' }));
        ASSERT_TRUE(writer);
        ASSERT_TRUE((*writer)->append(takes::evenFrames(12)));
    } // as a crash leaves it
    fs::remove(shoot_ / "media" / "12A-002-A" / "take.json");
    open();
    waitFor([this]() { return !session_->recovering(); });
    EXPECT_TRUE(says("12A/2 A was cut off"));
    EXPECT_TRUE(says("12 frames"));
    ASSERT_EQ(look().takes.size(), 2U);
    const auto row = std::find_if(look().takes.begin(), look().takes.end(),
        [](const ui::TakeRow& one) { return one.slate == "12A/2"; });
    ASSERT_NE(row, look().takes.end());
    EXPECT_TRUE(row->recovered);
    EXPECT_EQ(row->frames, 12);
    EXPECT_NE(row->where.find("Recovered"), std::string::npos);
    const std::string found = row->where;
    press(ui::SelectTake { 0, static_cast<std::size_t>(row - look().takes.begin()) });
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->frame_count, 12);
    // Closed now: nothing is said of it again.
    open();
    waitFor([this]() { return !session_->recovering(); });
    EXPECT_FALSE(says("was cut off"));
    ASSERT_EQ(look().takes.size(), 2U);
    // But what was found is known, and what `backtake verify` found since.
    const auto where = [this](const std::string& slate) {
        return std::ranges::find(look().takes, slate, &ui::TakeRow::slate)->where;
    };
    EXPECT_EQ(where("12A/2"), found);
    EXPECT_EQ(where("12A/1"), "");
    session_.reset();
    ASSERT_TRUE(takes::writeLastCheck(
        shoot_ / "media" / "12A-001-A", { takes::LastCheck::By::Verify, 1s, 5, 2, { 3, 4 }, {} }));
    open();
    waitFor([this]() { return !session_->recovering() && look().takes.size() == 2; });
    EXPECT_TRUE(where("12A/1").starts_with("2 frames damaged, as verify found on 1970"));
}

/// Fails when the recording that rolls from the first moment on is taken for one that was cut off.
TEST_F(SessionTest, ATakeThatRollsAtTheStartIsNotRecovered)
{
    press(ui::ToggleRoll {});
    arrive(5);
    waitFor([this]() { return look().takes.back().frames == 5 && !session_->recovering(); });
    EXPECT_FALSE(says("cut off"));
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    EXPECT_FALSE(session_->finished().front().facts.recovered);
}

TEST_F(SessionTest, AShootThatAnotherProgramHasIsShownButNotRecordedInto)
{
    shoot(5);
    session_.reset();
    const auto other = takes::Shoot::open(shoot_, takes::Shoot::Mode::Create);
    ASSERT_TRUE(other);
    open();
    EXPECT_TRUE(session_->readOnly());
    EXPECT_TRUE(saysStill("does not record here"));
    EXPECT_TRUE(says(std::to_string(getpid())));
    ASSERT_EQ(look().takes.size(), 1U);
    arrive(3);
    press(ui::ToggleRoll {});
    EXPECT_FALSE(session_->rolling());
    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review.has_value(); });
    EXPECT_EQ(look().review->frame_count, 5);
    session_.reset();
    EXPECT_EQ(std::distance(fs::directory_iterator(shoot_ / "media"), fs::directory_iterator()), 1);
}

/// A session whose camera has a body made by hand: it records what it is asked, the test gives its news.
class SessionBodyTest : public SessionTest {
protected:
    using Event = capture::BodyEvent;

    ~SessionBodyTest() override { session_.reset(); } // before what its sink writes to
    capture::Body& body() { return session_->camera().body(); }
    void attach()
    {
        asked_.clear();
        body().attach("Canon EOS-1D C", [this](std::uint64_t id, const capture::BodyRequest& request) {
            asked_.emplace_back(id, request);
            return true;
        });
        body().change([](capture::BodyStatus& status) {
            status.can_record = true;
            status.settings = { { "iso", "ISO", "400", { "100", "200", "400", "800", "1600" } },
                { "aperture", "Aperture", "5.6", { "4", "5.6", "8" }, true },
                { "colortemperature", "Temperature", "5200", {} } };
        });
        look();
    }
    template <typename T> std::vector<T> asked() const
    {
        std::vector<T> all;
        for (const auto& [id, request] : asked_)
            if (const T* found = std::get_if<T>(&request))
                all.push_back(*found);
        return all;
    }
    void tell(Event::Kind kind, Nanos at, bool asked_here = false, const std::string& text = {})
    {
        if (kind == Event::Kind::RecordingStarted || kind == Event::Kind::RecordingStopped)
            body().change([&](capture::BodyStatus& status) {
                status.recording = kind == Event::Kind::RecordingStarted;
            });
        body().tell({ kind, at, asked_here, text, {}, 0 });
    }
    void tellClip(const std::string& name, std::uint64_t bytes = 0)
    {
        body().tell(
            { Event::Kind::ClipAdded, now_, false, {}, { "/store_00010001/DCIM/100EOS1D", name, bytes }, 0 });
        look();
    }
    /// A take that the body recorded too, cut and closed.
    void shootWithBody(int frames)
    {
        press(ui::ToggleRoll {});
        tell(Event::Kind::RecordingStarted, now_ + 30ms, true);
        arrive(frames);
        press(ui::ToggleRoll {});
        tell(Event::Kind::RecordingStopped, now_ + 30ms, true);
        look();
    }
    takes::TakeFacts storedFacts(int take)
    {
        const auto facts =
            takes::readTakeFacts(shoot_ / "media" / ("12A-00" + std::to_string(take) + "-A") / "take.json");
        EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
        return facts ? *facts : takes::TakeFacts();
    }
    const ui::CameraSetting& dial(std::size_t place) { return look().body->settings.at(place); }

    std::vector<std::pair<std::uint64_t, capture::BodyRequest>> asked_;
};

TEST_F(SessionBodyTest, RollAndCutAskTheBodyInTheSameCall)
{
    attach();
    arrive(3);
    press(ui::ToggleRoll {});
    ASSERT_EQ(asked<capture::RecordOnBody>().size(), 1U);
    EXPECT_TRUE(asked<capture::RecordOnBody>().front().on);
    tell(Event::Kind::RecordingStarted, now_ + 20ms, true);
    arrive(5);
    EXPECT_TRUE(look().body->recording);
    press(ui::ToggleRoll {});
    ASSERT_EQ(asked<capture::RecordOnBody>().size(), 2U);
    EXPECT_FALSE(asked<capture::RecordOnBody>().back().on);
    tell(Event::Kind::RecordingStopped, now_, true);
    EXPECT_FALSE(look().live_on_screen) << "review, as ever";
    // The next one is asked to record again though the body's news of the stop came late.
    press(ui::ToggleRoll {});
    EXPECT_TRUE(asked<capture::RecordOnBody>().back().on);
    press(ui::ToggleRoll {});
    EXPECT_FALSE(asked<capture::RecordOnBody>().back().on) << "also when it has not said yet that it records";
    tell(Event::Kind::RecordingStopped, now_, true);
}

TEST_F(SessionBodyTest, WithTheOptionOffRollLeavesTheBodyAlone)
{
    attach();
    press(ui::RecordOnCamera { false });
    EXPECT_FALSE(look().body->records_with_takes);
    shoot(5);
    EXPECT_TRUE(asked_.empty());
}

/// Fails when the take starts where the news was noticed instead of where it happened.
TEST_F(SessionBodyTest, ARecordingStartedAndStoppedOnTheBodyIsTheTakeToTheFrameHoweverLateItIsNoticed)
{
    attach();
    arrive(20);
    tell(Event::Kind::RecordingStarted, now_ - 10 * 40ms - 1ms); // between frames 8 and 9
    look();
    EXPECT_TRUE(session_->rolling());
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_EQ(look().rolling_for, 401ms);
    arrive(30);
    // Frames 40 … 49 are on disk already when it turns out that the take ended with frame 39.
    waitFor([this]() { return look().takes.back().frames == 41; });
    tell(Event::Kind::RecordingStopped, now_ - 10 * 40ms);
    look();
    EXPECT_FALSE(session_->rolling());
    EXPECT_EQ(look().review->frame_count, 31) << "frames 9 to 39";
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().facts.frames, 31);
    const auto recording = takes::Recording::open(shoot_ / "media" / "12A-001-A");
    ASSERT_TRUE(recording);
    EXPECT_EQ((*recording)->frameCount(), 31);
    const auto report = (*recording)->verify({});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->troubles.empty()) << report->troubles.front();
    EXPECT_TRUE(asked<capture::RecordOnBody>().empty()) << "it started and stopped by itself";
}

/// Fails when a frame captured before the news, but arriving after it, ends up on the wrong side.
TEST_F(SessionBodyTest, NewsThatIsAheadOfItsFramesWaitsForThem)
{
    attach();
    arrive(5);
    tell(Event::Kind::RecordingStarted, now_ + 50ms); // after frame 5, which is still on its way
    look();
    EXPECT_FALSE(session_->rolling());
    arrive(1);
    EXPECT_FALSE(session_->rolling()) << "frame 5 comes before it";
    arrive(1);
    EXPECT_TRUE(session_->rolling());
    arrive(3);
    tell(Event::Kind::RecordingStopped, now_ + 50ms);
    look();
    EXPECT_TRUE(session_->rolling());
    arrive(2);
    EXPECT_FALSE(session_->rolling());
    EXPECT_EQ(look().review->frame_count, 5) << "frames 6 to 10";
}

TEST_F(SessionBodyTest, ACameraThatSendsNoFrameDoesNotHoldTheTakeUp)
{
    attach();
    arrive(5);
    tell(Event::Kind::RecordingStarted, now_ + 10ms);
    look();
    EXPECT_FALSE(session_->rolling());
    now_ += 151ms;
    look();
    EXPECT_TRUE(session_->rolling());
}

TEST_F(SessionBodyTest, PrerollComesBeforeTheBodysStart)
{
    open(2s);
    attach();
    arrive(100);
    tell(Event::Kind::RecordingStarted, now_ - 10 * 40ms);
    look();
    arrive(5);
    tell(Event::Kind::RecordingStopped, now_ - 40ms);
    look();
    EXPECT_EQ(look().review->roll_frame, 49) << "2 s before frame 89";
    EXPECT_EQ(look().review->frame_count, 49 + 15);
}

TEST_F(SessionBodyTest, RThatMeetsTheBodysOwnStartRollsAndDoesNotCut)
{
    attach();
    arrive(5);
    tell(Event::Kind::RecordingStarted, now_ + 10ms);
    look();
    press(ui::ToggleRoll {});
    EXPECT_TRUE(session_->rolling());
    EXPECT_TRUE(asked<capture::RecordOnBody>().empty()) << "it records already";
    arrive(3);
    press(ui::ToggleRoll {});
    EXPECT_FALSE(session_->rolling());
    ASSERT_EQ(asked<capture::RecordOnBody>().size(), 1U);
    EXPECT_FALSE(asked<capture::RecordOnBody>().front().on) << "R ends the whole take";
    tell(Event::Kind::RecordingStopped, now_, true);
}

TEST_F(SessionBodyTest, ABodyStartedDuringTheTakeChangesNothingAndItsStopCuts)
{
    attach();
    press(ui::RecordOnCamera { false });
    press(ui::ToggleRoll {});
    arrive(5);
    tell(Event::Kind::RecordingStarted, now_);
    look();
    arrive(5);
    EXPECT_EQ(look().takes.size(), 1U);
    tell(Event::Kind::RecordingStopped, now_ - 2 * 40ms);
    look();
    EXPECT_FALSE(session_->rolling());
    EXPECT_EQ(look().review->frame_count, 8);
}

/// Fails when the late news of the last take's stop cuts the next one.
TEST_F(SessionBodyTest, TheStopOfTheLastTakeDoesNotCutTheNext)
{
    attach();
    shoot(5);
    const Nanos stopped = now_ + 10ms;
    now_ += 40ms;
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStopped, stopped, true);
    tell(Event::Kind::RecordingStopped, stopped, false);
    look();
    arrive(3);
    EXPECT_TRUE(session_->rolling());
}

TEST_F(SessionBodyTest, ARefusalSaysWhyAndTheTakeGoesOn)
{
    attach();
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordRefused, now_, true, "The camera's card is full: put in another");
    arrive(5);
    EXPECT_TRUE(session_->rolling());
    EXPECT_TRUE(says("card is full"));
    EXPECT_TRUE(says("12A/1 goes on"));
    press(ui::ToggleRoll {});
    EXPECT_EQ(asked<capture::RecordOnBody>().size(), 1U) << "nothing to stop";
    waitFor([this]() { return session_->settled(); });
    EXPECT_EQ(session_->finished().front().facts.frames, 5);
}

TEST_F(SessionBodyTest, TheClipGoesToItsTakeAlsoAfterItWasClosedAndTheNextRolls)
{
    attach();
    shootWithBody(5);
    waitFor([this]() { return session_->settled(); });
    EXPECT_FALSE(storedFacts(1).camera_clip);
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStarted, now_, true);
    arrive(3);
    tellClip("IMG_0001.JPG");
    tellClip("MVI_0042.MOV", 123'456'789);
    waitFor([this]() { return storedFacts(1).camera_clip.has_value(); });
    EXPECT_EQ(storedFacts(1).camera_clip->name, "MVI_0042.MOV");
    EXPECT_EQ(storedFacts(1).camera_clip->bytes, 123'456'789U);
    EXPECT_EQ(storedFacts(1).camera_clip->folder, "/store_00010001/DCIM/100EOS1D");
    ASSERT_TRUE(look().takes.front().clip);
    EXPECT_EQ(look().takes.front().clip->name, "MVI_0042.MOV");
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStopped, now_, true);
    look();
    tellClip("MVI_0043.MOV");
    tellClip("MVI_0044.MOV"); // the body split it
    waitFor([this]() { return session_->settled() && !storedFacts(2).further_clips.empty(); });
    EXPECT_EQ(storedFacts(2).camera_clip->name, "MVI_0043.MOV");
    EXPECT_EQ(storedFacts(2).further_clips.front().name, "MVI_0044.MOV");
    EXPECT_EQ(storedFacts(1).camera_clip->name, "MVI_0042.MOV");
    // And in the log of the next session.
    open();
    ASSERT_EQ(look().takes.size(), 2U);
    EXPECT_EQ(look().takes.front().clip->name, "MVI_0042.MOV");
}

TEST_F(SessionBodyTest, AClipNamedBeforeTheTakeIsClosedIsKept)
{
    attach();
    press(ui::ToggleRoll {});
    arrive(5);
    tell(Event::Kind::RecordingStarted, now_, true);
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStopped, now_, true);
    tellClip("MVI_0042.MOV");
    waitFor([this]() { return session_->settled() && storedFacts(1).camera_clip.has_value(); });
    EXPECT_EQ(storedFacts(1).camera_clip->name, "MVI_0042.MOV");
    EXPECT_TRUE(storedFacts(1).closed);
}

TEST_F(SessionBodyTest, AClipNamedWhileTheSessionEndsIsKept)
{
    last_news_ = 20s;
    now_ = base::monotonicNow();
    open();
    attach();
    shootWithBody(5);
    std::jthread camera([&body = body(), now = now_] {
        std::this_thread::sleep_for(50ms); // while the session ends; at another time the test passes, too
        body.tell({ Event::Kind::ClipAdded, now, false, {}, { "/DCIM", "MVI_0042.MOV", 0 }, 0 });
    });
    session_.reset();
    EXPECT_TRUE(storedFacts(1).camera_clip);
}

TEST_F(SessionBodyTest, AClipIsFetchedIntoItsTakesFolder)
{
    attach();
    shootWithBody(5);
    tellClip("MVI_0042.MOV", 1000);
    waitFor([this]() { return session_->settled() && look().takes.front().clip.has_value(); });
    EXPECT_EQ(look().takes.front().clip->state, ui::TakeClip::State::OnCard);
    press(ui::FetchClip { 0 });
    press(ui::FetchClip { 0 }); // twice pressed, once fetched
    const auto fetches = asked<capture::FetchBodyClip>();
    ASSERT_EQ(fetches.size(), 1U);
    EXPECT_EQ(fetches.front().target, shoot_ / "media" / "12A-001-A" / "MVI_0042.MOV");
    EXPECT_EQ(fetches.front().clip.folder, "/store_00010001/DCIM/100EOS1D");
    const std::uint64_t id = asked_.back().first;
    const auto progress = [&](capture::ClipFetch::State state, std::uint64_t bytes) {
        body().change([&](capture::BodyStatus& status) {
            status.fetches.back().state = state;
            status.fetches.back().bytes = bytes;
            status.fetches.back().bytes_per_second = 5e6;
        });
    };
    progress(capture::ClipFetch::State::Running, 410);
    const ui::TakeClip& clip = *look().takes.front().clip;
    EXPECT_EQ(clip.state, ui::TakeClip::State::Fetching);
    EXPECT_EQ(clip.bytes, 410U);
    EXPECT_EQ(clip.total_bytes, 1000U);
    EXPECT_EQ(clip.bytes_per_second, 5e6);
    press(ui::CancelFetch { clip.fetch });
    ASSERT_EQ(asked<capture::CancelBodyFetch>().size(), 1U);
    EXPECT_EQ(asked<capture::CancelBodyFetch>().front().id, id);
    progress(capture::ClipFetch::State::Cancelled, 410);
    body().tell({ Event::Kind::FetchEnded, now_, false, {}, {}, id });
    EXPECT_EQ(look().takes.front().clip->state, ui::TakeClip::State::OnCard);
    EXPECT_TRUE(says("go on where it stopped"));

    press(ui::FetchClip { 0 });
    progress(capture::ClipFetch::State::Done, 1000);
    body().tell({ Event::Kind::FetchEnded, now_, false, {}, {}, asked_.back().first });
    EXPECT_EQ(look().takes.front().clip->state, ui::TakeClip::State::Fetched);
    waitFor([this]() {
        const auto stored_so_far = storedFacts(1).camera_clip;
        return stored_so_far && !stored_so_far->fetched.empty();
    });
    const takes::TakeFacts stored = storedFacts(1);
    EXPECT_EQ(stored.camera_clip->fetched, "MVI_0042.MOV");
}

TEST_F(SessionBodyTest, AFetchWithoutTheCameraSaysWhatToDo)
{
    attach();
    shootWithBody(5);
    tellClip("MVI_0042.MOV");
    waitFor([this]() { return session_->settled() && look().takes.front().clip.has_value(); });
    body().detach("the cable was pulled");
    press(ui::FetchClip { 0 });
    EXPECT_TRUE(says("attach it"));
    press(ui::FetchClip { 99 });
    press(ui::CancelFetch { ~std::uint64_t { 0 } });
}

TEST_F(SessionBodyTest, ADialShowsWhatWasAskedForUntilTheCameraAnswersAndThenWhatItHas)
{
    attach();
    EXPECT_EQ(dial(0).value, "400");
    press(ui::SetCameraSetting { "iso", "800" });
    ASSERT_EQ(asked<capture::SetBodySetting>().size(), 1U);
    EXPECT_EQ(dial(0).wanted, "800");
    EXPECT_EQ(dial(0).value, "400");
    body().change([](capture::BodyStatus& status) { status.settings[0].pending = false; });
    tell(Event::Kind::SettingRefused, now_, true, "ISO 800 was refused: the camera is busy");
    EXPECT_EQ(dial(0).wanted, "");
    EXPECT_EQ(dial(0).value, "400");
    EXPECT_TRUE(says("the camera is busy"));
    press(ui::SetCameraSetting { "iso", "3" });
    EXPECT_TRUE(says("does not offer ISO 3"));
    press(ui::SetCameraSetting { "aperture", "8" });
    EXPECT_TRUE(says("can only be changed on the camera"));
    EXPECT_EQ(asked<capture::SetBodySetting>().size(), 1U);
}

TEST_F(SessionBodyTest, QuickStepsAddUpAndEndAtTheEndsOfTheList)
{
    attach();
    for (int i = 0; i < 4; ++i)
        press(ui::StepCameraSetting { "iso", 1 });
    EXPECT_EQ(dial(0).wanted, "1600");
    EXPECT_EQ(asked<capture::SetBodySetting>().size(), 2U) << "800, 1600, and no further";
    press(ui::StepCameraSetting { "colortemperature", -1 });
    EXPECT_EQ(dial(2).wanted, "5100");
    press(ui::StepCameraSetting { "nonsense", 1 });
}

TEST_F(SessionBodyTest, TroublesStandAsLongAsTheyAreTrueAndComeBackOnlyWhenTheyChange)
{
    attach();
    const auto battery = [&](const std::string& words, int percent) {
        body().change(
            [&](capture::BodyStatus& status) { status.battery = words, status.battery_percent = percent; });
        look();
    };
    battery("Low", 5);
    ASSERT_TRUE(says("battery Low"));
    now_ += 60s;
    EXPECT_TRUE(says("battery Low"));
    press(ui::DismissMessage { look().messages.front().id });
    body().change([](capture::BodyStatus& status) { status.lens = "EF50mm"; });
    EXPECT_FALSE(says("battery Low")) << "it was dismissed";
    battery("10%", 10);
    EXPECT_TRUE(says("battery 10%"));
    battery("100%", 100);
    now_ += 7s;
    EXPECT_FALSE(says("battery"));
}

TEST_F(SessionBodyTest, TimeLeftOnTheCardIsKnownFromTheLastClipAndNeverMadeUp)
{
    attach();
    body().change([](capture::BodyStatus& status) { status.card_free_bytes = 60'000'000'000; });
    EXPECT_FALSE(look().body->time_left);
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStarted, now_, true);
    arrive(100); // 4 s
    press(ui::ToggleRoll {});
    tell(Event::Kind::RecordingStopped, now_, true);
    tellClip("MVI_0042.MOV", 200'000'000);
    ASSERT_TRUE(look().body->time_left);
    EXPECT_NEAR(std::chrono::duration<double>(*look().body->time_left).count(), 1200, 1);
}

/// Fails when only the camera whose body was pressed rolls, or the other one starts elsewhere.
TEST_F(SessionBodyTest, TheBodyOfOneCameraRollsAndCutsAll)
{
    open(0s, 2);
    attach();
    const auto arriveOnBoth = [&](int count) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(second_->frames.tryPut(now_ + (i + 1) * 40ms + 7ms)); // not in step
        arrive(count);
        waitFor([this]() { return newest_->ring()->span().end == frames_; });
    };
    arriveOnBoth(10);
    // Between the two cameras' frames 4: camera A is past it, camera B is not.
    tell(Event::Kind::RecordingStarted, now_ - 5 * 40ms + 3ms);
    look();
    EXPECT_TRUE(session_->rolling());
    arriveOnBoth(10);
    tell(Event::Kind::RecordingStopped, now_ - 5 * 40ms + 3ms);
    waitFor([this]() { return !session_->rolling() && session_->settled(); });
    ASSERT_EQ(session_->finished().size(), 2U);
    EXPECT_EQ(session_->finished()[0].facts.frames, 10) << "frames 5 to 14";
    EXPECT_EQ(session_->finished()[1].facts.frames, 10) << "frames 4 to 13";
    EXPECT_EQ(session_->finished()[1].facts.slate.camera, 'B');
}

/// Several pictures on screen.
class SessionViewsTest : public SessionTest {
protected:
    SessionViewsTest()
    {
        step_ = kStep;
        open();
    }
    /// Number of the frame in the pane, counted from the camera's first, of each 40.
    int frameIn(std::size_t pane)
    {
        const auto& panes = look().panes;
        if (pane >= panes.size() || !panes[pane].picture)
            return -100;
        return (panes[pane].picture->planes[0][0] - 20 + kStep / 2) / kStep; // JPEG leaves a level or two
    }
    /// Waits until the pane shows that frame.
    void expectIn(std::size_t pane, Serial frame)
    {
        waitFor([&]() { return frameIn(pane) == static_cast<int>(frame % (200 / kStep)); });
    }
    static constexpr int kStep = 5;
    void arriveOnBoth(int count, Nanos behind = 7ms)
    {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(second_->frames.tryPut(now_ + (i + 1) * 40ms + behind));
        arrive(count);
        waitFor([this]() { return newest_->ring()->span().end == frames_; });
    }
    using Kind = ui::Pane::Kind;
};

/// Fails when the two orders are not mirror images of one another at some frame, in or out of a range.
TEST_F(SessionViewsTest, BothWaysShowsTheTakeInBothOrdersOnOneClock)
{
    for (const int length : { 20, 21 }) {
        shoot(length);
        press(ui::ToggleBothWays {});
        ASSERT_EQ(look().mode, ui::ViewMode::BothWays);
        ASSERT_EQ(look().panes.size(), 2U);
        EXPECT_EQ(look().panes[0].kind, Kind::Shown);
        EXPECT_EQ(look().panes[1].kind, Kind::Captured);
        for (int i = 0; i < length + 3; ++i) {
            const auto captured = static_cast<Serial>(look().review->captured_frame);
            expectIn(0, first_ + captured);
            expectIn(1, first_ + static_cast<Serial>(length) - 1 - captured);
            now_ += 40ms;
        }
        press(ui::Shuttle { 0 });
        press(ui::SeekTo { 4 });
        press(ui::SetIn {});
        press(ui::SeekTo { 9 });
        press(ui::SetOut {});
        press(ui::SeekTo { 5 }); // the second of six: beside it the second captured of the same six
        expectIn(0, first_ + static_cast<Serial>(length) - 1 - 5);
        expectIn(1, first_ + static_cast<Serial>(length) - 1 - 8);
        press(ui::ToggleOrder {});
        EXPECT_EQ(look().panes[0].kind, Kind::Captured);
        EXPECT_EQ(look().panes[1].kind, Kind::Shown);
        expectIn(0, first_ + static_cast<Serial>(length) - 1 - 5);
        press(ui::ToggleBothWays {});
        EXPECT_TRUE(look().panes.empty());
        EXPECT_EQ(look().mode, ui::ViewMode::Single);
        press(ui::ToggleReview {});
    }
}

TEST_F(SessionViewsTest, BothWaysFromLiveGoesToTheTake)
{
    shoot(5);
    press(ui::ToggleReview {});
    ASSERT_TRUE(look().live_on_screen);
    press(ui::ToggleBothWays {});
    EXPECT_FALSE(look().live_on_screen);
    EXPECT_EQ(look().panes.size(), 2U);
    press(ui::ToggleReview {});
    EXPECT_TRUE(look().panes.empty()) << "live has one order only";
}

TEST_F(SessionViewsTest, WComparesLiveWithTheTakeThatGoesOnPlaying)
{
    press(ui::CycleCompare {});
    EXPECT_TRUE(says("Nothing to compare with yet"));
    EXPECT_EQ(look().mode, ui::ViewMode::Single);
    shoot(20);
    press(ui::CycleCompare {});
    EXPECT_TRUE(says("In review W compares with a still"));
    press(ui::ToggleReview {});
    using ui::Compare;
    for (const Compare compare :
        { Compare::Wipe, Compare::Mix, Compare::Difference, Compare::SideBySide, Compare::Blink }) {
        press(ui::CycleCompare {});
        EXPECT_EQ(look().mode, ui::ViewMode::Reference);
        EXPECT_EQ(look().compare, compare);
        ASSERT_EQ(look().panes.size(), 2U);
    }
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_EQ(look().panes[0].kind, Kind::Live);
    EXPECT_EQ(look().panes[0].picture_id, look().picture_id);
    EXPECT_EQ(look().panes[1].kind, Kind::Shown);
    EXPECT_EQ(look().panes[1].words, "12A/1");
    arrive(3);
    expectIn(0, frames_ - 1);
    const auto before = look().review->captured_frame;
    expectIn(1, first_ + static_cast<Serial>(before));
    now_ += 40ms;
    EXPECT_EQ(look().review->captured_frame, before - 1);
    expectIn(1, first_ + static_cast<Serial>(before) - 1);
    EXPECT_NE(look().panes[1].picture_id, look().panes[0].picture_id);
    press(ui::CycleCompare {});
    EXPECT_EQ(look().mode, ui::ViewMode::Single);
}

/// Fails when the screen leaves the live picture to open the take to compare with.
TEST_F(SessionViewsTest, WithoutATakeInReviewWOpensTheLastOneBesideLive)
{
    shoot(8);
    waitFor([this]() { return session_->settled(); });
    open();
    arrive(2);
    press(ui::CycleCompare {});
    waitFor([this]() { return look().panes.size() == 2; });
    EXPECT_TRUE(look().live_on_screen);
    EXPECT_EQ(look().panes[1].words, "12A/1");
}

TEST_F(SessionViewsTest, AKeptPictureIsTheReferenceInLiveAndReview)
{
    arrive(7);
    press(ui::KeepReference {});
    EXPECT_TRUE(says("what W compares with"));
    press(ui::CycleCompare {});
    ASSERT_EQ(look().panes.size(), 2U);
    EXPECT_EQ(look().panes[1].kind, Kind::Still);
    EXPECT_EQ(look().panes[1].words, "live");
    EXPECT_FALSE(look().reference.is_take);
    const auto id = look().panes[1].picture_id;
    arrive(5);
    expectIn(0, 11);
    EXPECT_EQ(frameIn(1), 6) << "kept as it was";
    EXPECT_EQ(look().panes[1].picture_id, id);
    shoot(10);
    ASSERT_EQ(look().panes.size(), 2U);
    EXPECT_EQ(look().panes[0].kind, Kind::Shown);
    EXPECT_EQ(frameIn(1), 6);
    press(ui::ChooseReference { "" });
    EXPECT_TRUE(look().panes.empty()) << "a take is not compared with itself";
}

TEST_F(SessionViewsTest, ASavedStillIsTheReferenceAtOnceAndCanBeChosenLater)
{
    shoot(10);
    press(ui::Shuttle { 0 });
    press(ui::SeekTo { 3 });
    waitFor([this]() { return look().picture && std::abs(brightness(look()) - 20 - 6 * kStep) <= 2; });
    press(ui::CycleOrientation {}); // upside down
    look();
    press(ui::SaveStill {});
    waitFor([this]() { return says("Still saved"); });
    const std::string name = "12A-001-A_shown000003_captured000006.jpg";
    EXPECT_EQ(look().reference.still, name);
    EXPECT_FALSE(look().reference.is_take);
    press(ui::ListStills {});
    waitFor([&]() { return look().reference.stills == std::vector<std::string> { name }; });
    open();
    arrive(3);
    press(ui::ChooseReference { name });
    press(ui::KeepReference {}); // what is chosen later wins, also over a disk's answer
    waitFor([&]() { return look().reference.still == name; });
    press(ui::CycleCompare {});
    ASSERT_EQ(look().panes.size(), 2U);
    EXPECT_EQ(frameIn(1), 6);
    EXPECT_EQ(look().panes[1].orientation, base::Orientation::UpsideDown);
    press(ui::ChooseReference { "../media/12A-001-A/take.json" });
    waitFor([this]() { return says("no still of this shoot"); });
    press(ui::ChooseReference { "gone.jpg" });
    waitFor([this]() { return says("gone.jpg"); });
}

TEST_F(SessionViewsTest, QuadShowsAllCamerasLiveAndAClickChoosesOne)
{
    open(0s, 2);
    arriveOnBoth(4);
    press(ui::ToggleQuad {});
    ASSERT_EQ(look().mode, ui::ViewMode::Quad);
    ASSERT_EQ(look().panes.size(), 2U);
    EXPECT_EQ(look().panes[0].words, "A");
    EXPECT_EQ(look().panes[1].words, "B");
    expectIn(1, 3);
    press(ui::ToggleRoll {});
    EXPECT_TRUE(look().panes[0].rolling && look().panes[1].rolling);
    press(ui::ToggleRoll {});
    press(ui::ToggleReview {});
    press(ui::ChoosePane { 1 });
    EXPECT_EQ(look().camera_letter, 'B');
    EXPECT_EQ(look().panes[0].words, "B");
    EXPECT_EQ(look().panes[1].words, "A");
    press(ui::ChoosePane { 7 });
    EXPECT_EQ(look().camera_letter, 'B');
}

/// Fails when the second camera's take does not show what happened at the same moment, from the ring or from
/// disk, or when a click does not let it lead.
TEST_F(SessionViewsTest, TwoCamerasOfOneTakePlayLocked)
{
    open(0s, 2);
    arriveOnBoth(5);
    first_ = frames_;
    press(ui::ToggleRoll {});
    arriveOnBoth(30);
    press(ui::ToggleRoll {});
    press(ui::ToggleQuad {});
    const auto expectLocked = [&](const std::string& from) {
        SCOPED_TRACE(from);
        press(ui::Shuttle { 0 });
        for (const FrameIndex captured : { 20, 11, 29, 1 }) {
            press(ui::SeekTo { 29 - captured });
            ASSERT_EQ(look().panes.size(), 2U);
            // Standing on A's frame n in falling time is standing at its end, 40 ms x (n + 1) from A's first;
            // B began 7 ms later, and its frame n lasts until 7 ms after that.
            expectIn(0, first_ + static_cast<Serial>(captured));
            expectIn(1, first_ + static_cast<Serial>(captured));
            EXPECT_EQ(look().panes[1].kind, Kind::Shown);
        }
        press(ui::SeekTo { 10 });
        press(ui::Shuttle { +1 });
        now_ += 5ms * 7; // A's frame 19 is 35 ms gone, and of B's 19 all but 2 ms
        look();
        expectIn(0, first_ + 19);
        expectIn(1, first_ + 18);
    };
    expectLocked("ring");
    waitFor([this]() { return session_->settled(); });
    press(ui::ChoosePane { 1 });
    EXPECT_EQ(look().review->camera_letter, 'B');
    EXPECT_EQ(look().panes[1].words, "12A/1 A");
    open(0s, 2);
    press(ui::SelectTake { 0, look().takes.front().camera_letter == 'A' ? 0U : 1U });
    waitFor([this]() { return look().review.has_value(); });
    press(ui::ToggleQuad {});
    waitFor([this]() { return look().panes.size() == 2; });
    EXPECT_EQ(look().panes[1].words, "12A/1 B");
    expectLocked("disk");
}

TEST_F(SessionViewsTest, QuadPutsTheTakesBeforeItBesideTheTakeAllBeginningTogether)
{
    std::vector<Serial> firsts;
    for (const int length : { 10, 30, 12, 20, 16 }) {
        shoot(length);
        firsts.push_back(first_);
        waitFor([this]() { return session_->settled(); });
    }
    press(ui::ToggleQuad {});
    waitFor([this]() { return look().panes.size() == 4; });
    press(ui::Shuttle { 0 });
    press(ui::SeekTo { 6 });
    expectIn(0, firsts[4] + 16 - 1 - 6);
    expectIn(1, firsts[3] + 20 - 1 - 6);
    expectIn(2, firsts[2] + 12 - 1 - 6);
    expectIn(3, firsts[1] + 30 - 1 - 6);
    press(ui::SeekTo { 14 });
    expectIn(1, firsts[3] + 20 - 1 - 14);
    expectIn(2, firsts[2]); // over: it stands on its last
    press(ui::ChoosePane { 2 });
    waitFor([this]() { return look().review->slate == "12A/3" && look().panes.size() == 3; });
    EXPECT_EQ(look().panes[1].words, "12A/2");
}

} // namespace
} // namespace backtake::app
