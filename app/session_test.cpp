#include "app/session.hpp"

#include <gtest/gtest.h>

namespace backtake::app {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A camera that delivers a frame when the test says so, stamped with the test's time.
struct HandCamera {
    base::Mailbox<Nanos> frames { 10'000 };
};

class HandSource final : public capture::FrameSource {
public:
    HandSource(std::shared_ptr<HandCamera> camera, base::PicturePool& pool)
        : camera_(std::move(camera))
        , pool_(pool)
    {
    }
    base::Result<capture::SourceFrame> next(Nanos) override
    {
        const auto time = camera_->frames.tryTake();
        if (!time) {
            std::this_thread::yield();
            return base::fail(base::Fault::TimedOut, "nothing yet");
        }
        auto picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        while (!picture) { // the pool is large: only a test that never reads would stay here
            std::this_thread::yield();
            picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        }
        std::fill(picture->storage.begin(), picture->storage.end(),
            static_cast<std::uint8_t>(20 + number_++ % 200));
        capture::SourceFrame frame;
        frame.captured_at = *time;
        frame.picture = std::move(picture);
        return frame;
    }
    [[nodiscard]] capture::SourceFacts facts() const override
    {
        return { "hand", "64x48", base::Rate { 25, 1 }, std::nullopt };
    }

private:
    std::shared_ptr<HandCamera> camera_;
    base::PicturePool& pool_;
    int number_ = 0;
};

class SessionTest : public testing::Test {
protected:
    SessionTest()
    {
        std::string name = (fs::temp_directory_path() / "backtake-session-XXXXXX").string();
        shoot_ = mkdtemp(name.data());
        open();
    }
    ~SessionTest() override
    {
        session_.reset();
        fs::remove_all(shoot_);
    }
    void open(Nanos preroll = 0s)
    {
        session_.reset();
        frames_ = 0;
        SessionOptions options;
        options.shoot = shoot_;
        options.scene = "12A";
        options.preroll = preroll;
        options.cameras = { *capture::parseCameraSpec("pattern:") };
        options.camera_options = { 16 << 20, 90, 2 };
        options.decoders = 2;
        camera_ = std::make_shared<HandCamera>();
        options.make_camera = [camera = camera_](const capture::CameraSpec& spec,
                                  const capture::CameraOptions& camera_options) {
            return std::make_unique<capture::Camera>(spec, camera_options,
                [camera](const capture::CameraSpec&, base::PicturePool& pool, capture::Body&,
                    std::stop_token) -> base::Result<std::unique_ptr<capture::FrameSource>> {
                    return std::make_unique<HandSource>(camera, pool);
                });
        };
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

    fs::path shoot_;
    std::shared_ptr<HandCamera> camera_;
    std::unique_ptr<Session> session_;
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

} // namespace
} // namespace backtake::app
