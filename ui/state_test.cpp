#include "ui/state.hpp"

#include <gtest/gtest.h>

namespace backtake::ui {
namespace {

using namespace std::chrono_literals;

Model live()
{
    Model model;
    model.camera.state = CameraState::Live;
    model.next_scene = "12A";
    model.next_take = 3;
    return model;
}

Model review(bool backward, bool shown)
{
    Model model = live();
    model.live_on_screen = false;
    model.review = ReviewModel {};
    model.review->slate = "12A/3";
    model.review->backward_take = backward;
    model.review->shown_order = shown;
    model.review->playing = true;
    model.review->frame_count = 100;
    return model;
}

bool hasBadge(const Model& model, BadgeKind kind, std::string_view words)
{
    const Badges badges = badgesOf(model);
    for (const Badge& badge : badges.all()) {
        if (badge.kind == kind && badge.words.view() == words)
            return true;
    }
    return false;
}

TEST(ScreenStates, RollingWinsOverEverything)
{
    for (Model model : { live(), review(true, true), review(true, false), review(false, true) }) {
        model.rolling = true;
        model.rolling_for = 12s;
        EXPECT_EQ(screenStateOf(model), ScreenState::Rolling);
        EXPECT_TRUE(hasBadge(model, BadgeKind::Rec, "REC  12A/3  00:12"));
        model.camera.state = CameraState::Lost;
        EXPECT_EQ(screenStateOf(model), ScreenState::Rolling);
    }
}

TEST(ScreenStates, ReviewSaysItsOrderAndRate)
{
    EXPECT_EQ(screenStateOf(review(true, true)), ScreenState::ReviewShown);
    EXPECT_TRUE(hasBadge(review(true, true), BadgeKind::Reversed, "REVERSED  100 %"));
    EXPECT_EQ(screenStateOf(review(true, false)), ScreenState::ReviewCaptured);
    EXPECT_TRUE(hasBadge(review(true, false), BadgeKind::AsCaptured, "AS CAPTURED  100 %"));
    Model against = review(true, true);
    against.review->speed = -2;
    EXPECT_TRUE(hasBadge(against, BadgeKind::Reversed, "REVERSED  \u2212200 %"));
}

TEST(ScreenStates, AChaseSaysThatTheCameraRollsOnAndHowFarBehindItIs)
{
    Model model = review(true, true);
    model.rolling = true;
    model.rolling_for = 72s;
    model.review->behind_live = 34s;
    EXPECT_EQ(screenStateOf(model), ScreenState::Rolling);
    EXPECT_TRUE(hasBadge(model, BadgeKind::Rec, "REC  12A/3  01:12"));
    EXPECT_TRUE(hasBadge(model, BadgeKind::Reversed, "REVERSED  100 %"));
    EXPECT_TRUE(hasBadge(model, BadgeKind::Chase, "CHASE  00:34 behind live"));
}

TEST(ScreenStates, AForwardTakeIsNeverCalledReversed)
{
    const Model model = review(false, true);
    EXPECT_EQ(screenStateOf(model), ScreenState::ReviewCaptured);
    EXPECT_TRUE(hasBadge(model, BadgeKind::AsCaptured, "AS CAPTURED  100 %"));
    EXPECT_TRUE(hasBadge(model, BadgeKind::ForwardTake, "FORWARD TAKE"));
}

TEST(ScreenStates, AnOldPictureNeverPassesForLive)
{
    for (const CameraState state : { CameraState::Stalled, CameraState::Lost, CameraState::Returning,
             CameraState::Refused, CameraState::Ended, CameraState::Opening }) {
        Model model = live();
        model.camera.state = state;
        EXPECT_EQ(screenStateOf(model), ScreenState::Lost);
        EXPECT_FALSE(hasBadge(model, BadgeKind::Live, "LIVE"));
    }
    Model lost = live();
    lost.camera.state = CameraState::Returning;
    lost.camera.since_last_frame = 3s;
    EXPECT_TRUE(hasBadge(lost, BadgeKind::Lost, "CAMERA LOST 00:03, returning"));
    EXPECT_TRUE(hasBadge(live(), BadgeKind::Live, "LIVE"));
}

TEST(ScreenStates, TheCameraLostDuringReviewLeavesTheReviewAlone)
{
    Model model = review(true, true);
    model.camera.state = CameraState::Lost;
    EXPECT_EQ(screenStateOf(model), ScreenState::ReviewShown);
}

TEST(Labels, LongWordsAreCutAtALetter)
{
    const Words<4> words("{}", "abc\u00e4");
    EXPECT_EQ(words.view(), "abc");
    EXPECT_EQ(lengthWords(3723s).view(), "1:02:03");
    EXPECT_EQ(lengthWords(-5s).view(), "00:00");
    EXPECT_EQ(slateWords("12A/3").view(), "12A / 3");
}

} // namespace
} // namespace backtake::ui
