/// A session on a tethered camera, as an operator has it: roll, cut, review, the body's own button, a driver
/// that hangs.
#include "app/session.hpp"
#include "takes/recording.hpp"
#include "tests/process.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"

#include <gmock/gmock.h>

namespace backtake::tests {
namespace {

using base::Nanos;
using testing::Damage;
using testing::numberInComment;
using testing::VirtualEos;
using namespace std::chrono_literals;

constexpr Nanos kSoon = 15s;
constexpr Nanos kPeriod { 33'366'667 };

class TetherSession : public ::testing::Test {
protected:
    TetherSession()
    {
        setenv("XDG_STATE_HOME", folder_.path().c_str(), 1);
        app::SessionOptions options;
        options.shoot = folder_ / "shoot";
        options.cameras = { *capture::parseCameraSpec(eos_.spec()) };
        options.camera_options.ring_bytes = 256 << 20;
        options.preroll = 1s;
        session_ = std::make_unique<app::Session>(std::move(options));
    }

    /// Shows the session on a display of 60 Hz. @return whether @p done came true within @p limit.
    template <typename Condition> bool runs(Condition done, Nanos limit = kSoon)
    {
        const Nanos give_up = base::monotonicNow() + limit;
        bool reached = false;
        app::runWithoutWindow(*session_, 60, [&](Nanos now, const ui::Model& model) {
            for (const ui::Message& message : model.messages)
                said_.insert(message.text);
            reached = done(model);
            return reached || now > give_up ? app::Next::Stop : app::Next::Refresh;
        });
        return reached;
    }
    void runFor(Nanos length)
    {
        const Nanos end = base::monotonicNow() + length;
        EXPECT_TRUE(runs([end](const ui::Model&) { return base::monotonicNow() >= end; }, length + 1s));
    }
    bool live()
    {
        return runs([this](const ui::Model& model) {
            return model.camera.state == ui::CameraState::Live
                && session_->camera().body().status().can_record && session_->camera().status().frames > 40;
        });
    }
    Nanos changedAt(const std::string& what) const
    {
        Nanos at {};
        for (const auto& change : eos_.changes())
            if (change.what == what)
                at = change.at;
        return at;
    }
    /// The take that was cut last, once it is on disk and its clip has a name.
    std::shared_ptr<const takes::Recording> lastTake(bool with_clip)
    {
        std::shared_ptr<const takes::Recording> found;
        EXPECT_TRUE(runs([&](const ui::Model&) {
            if (session_->finished().empty() || !session_->settled())
                return false;
            const auto take = takes::Recording::open(session_->finished().back().folder);
            if (take && (!with_clip || (*take)->facts().camera_clip))
                found = *take;
            return found != nullptr;
        }));
        return found;
    }
    std::uint64_t numberOf(const takes::Recording& take, base::FrameIndex n) const
    {
        const auto frame = take.frame(n);
        return frame ? numberInComment((*frame)->jpeg).value_or(0) : 0;
    }
    /// When the camera made frame @p n of @p take.
    Nanos madeAt(const takes::Recording& take, base::FrameIndex n) const
    {
        const std::uint64_t number = numberOf(take, n);
        for (const auto& made : eos_.made())
            if (made.number == number)
                return made.at;
        return {};
    }

    Folder folder_;
    VirtualEos eos_;
    std::set<std::string> said_; ///< Every message so far.
    std::unique_ptr<app::Session> session_;
};

TEST_F(TetherSession, RRecordsOnTheBodyToo)
{
    ASSERT_TRUE(live());
    const Nanos rolled = base::monotonicNow();
    session_->handle(ui::ToggleRoll {}, rolled);
    ASSERT_TRUE(runs([this](const ui::Model&) { return eos_.recording(); }));
    EXPECT_LT(changedAt("record on") - rolled, 2s);
    runFor(700ms);
    session_->handle(ui::ToggleRoll {}, base::monotonicNow());
    ASSERT_TRUE(runs([this](const ui::Model&) { return !eos_.recording(); }));
    const auto take = lastTake(true);
    ASSERT_TRUE(take);
    EXPECT_EQ(take->facts().camera_clip->name, eos_.clips().back());
    for (base::FrameIndex n = 1; n < take->frameCount(); ++n)
        EXPECT_EQ(numberOf(*take, n), numberOf(*take, n - 1) + 1) << "frame " << n;
}

// Fails for a take that begins when the window noticed.
TEST_F(TetherSession, TheButtonOnTheBodyRollsAndCutsToTheFrame)
{
    ASSERT_TRUE(live());
    eos_.pressRecord();
    ASSERT_TRUE(runs([this](const ui::Model&) { return session_->rolling(); }));
    runFor(800ms);
    eos_.pressRecord();
    ASSERT_TRUE(runs([this](const ui::Model&) { return !session_->rolling(); }));
    const auto take = lastTake(true);
    ASSERT_TRUE(take);
    const base::FrameIndex roll = take->facts().preroll_frames;
    EXPECT_NEAR(static_cast<double>(roll), 30, 2) << "a second of pre-roll";
    // The camera hands out the news when it is asked for the next picture: one frame, and one frame for that.
    EXPECT_GT(madeAt(*take, roll), changedAt("record on") - kPeriod);
    EXPECT_LT(madeAt(*take, roll), changedAt("record on") + 2 * kPeriod);
    EXPECT_GT(madeAt(*take, take->frameCount() - 1), changedAt("record off") - kPeriod);
    EXPECT_LT(madeAt(*take, take->frameCount() - 1), changedAt("record off") + 2 * kPeriod);
}

// Fails for an app that calls the driver, or waits for it, on the window's thread.
TEST_F(TetherSession, AReviewRunsOnWhileTheDriverHangs)
{
    ASSERT_TRUE(live());
    session_->handle(ui::ToggleRoll {}, base::monotonicNow());
    runFor(1s);
    session_->handle(ui::ToggleRoll {}, base::monotonicNow());
    ASSERT_TRUE(runs([](const ui::Model& model) { return model.review && model.review->playing; }));
    eos_.damage(Damage::BlobTooLong);
    const Nanos began = base::monotonicNow();
    Nanos told {};
    Nanos last = began;
    Nanos longest {};
    ASSERT_TRUE(runs([&](const ui::Model& model) {
        const Nanos now = base::monotonicNow();
        longest = std::max(longest, now - last);
        last = now;
        if (told == Nanos {} && !model.camera.why.empty())
            told = now;
        return told != Nanos {} && model.camera.state == ui::CameraState::Live;
    }));
    EXPECT_LT(told - began, 8s) << "until the operator is told";
    EXPECT_LT(base::monotonicNow() - began, 15s) << "until the camera is back";
    EXPECT_LT(longest, 1s) << "between two pictures of the display; the driver hangs for 2.5 s";
    EXPECT_LT(session_->playCounts().missed, 25) << "of the 75 that are due meanwhile";
}

// Fails for a take that ends with the connection, or that passes over the hole in silence.
TEST_F(TetherSession, ATakeGoesOnAcrossALostConnectionAndSaysWhereTheGapIs)
{
    ASSERT_TRUE(live());
    session_->handle(ui::ToggleRoll {}, base::monotonicNow());
    runFor(700ms);
    eos_.drop();
    ASSERT_TRUE(runs([this](const ui::Model&) { return session_->camera().status().returns == 1; }));
    runFor(700ms);
    session_->handle(ui::ToggleRoll {}, base::monotonicNow());
    const auto take = lastTake(false);
    ASSERT_TRUE(take);
    ASSERT_EQ(take->facts().gaps.size(), 1U);
    const takes::Gap gap = take->facts().gaps[0];
    for (base::FrameIndex n = 1; n < take->frameCount(); ++n) {
        if (n == gap.before_frame) {
            EXPECT_GT(numberOf(*take, n), numberOf(*take, n - 1) + 1);
        } else {
            EXPECT_EQ(numberOf(*take, n), numberOf(*take, n - 1) + 1) << "frame " << n;
        }
    }
    EXPECT_THAT(said_, ::testing::Contains(::testing::HasSubstr("no picture for")));
}

TEST_F(TetherSession, WhatKeepsTheBodyFromRecordingIsSaid)
{
    ASSERT_TRUE(live());
    const auto says = [this](const std::string& word) {
        return runs([&](const ui::Model&) {
            return std::any_of(said_.begin(), said_.end(),
                [&](const std::string& text) { return text.find(word) != std::string::npos; });
        });
    };
    eos_.setBattery(0);
    EXPECT_TRUE(says("battery"));
    eos_.removeCard();
    EXPECT_TRUE(says("No card"));
    eos_.setMovieSwitch(false);
    EXPECT_TRUE(says("movie mode is off"));
}

} // namespace
} // namespace backtake::tests
