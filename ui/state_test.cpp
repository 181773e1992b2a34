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

Pane pane(Pane::Kind kind)
{
    Pane one;
    one.kind = kind;
    one.words = "12A/3 B";
    one.clock = "01:02:17:09";
    return one;
}

TEST(PaneStates, EachPaneHasItsOwnAndTheFirstIsRedWhileAnythingRolls)
{
    Model model = live();
    model.mode = ViewMode::Quad;
    model.panes = { pane(Pane::Kind::Live), pane(Pane::Kind::Shown), pane(Pane::Kind::Captured),
        pane(Pane::Kind::Still) };
    const auto states = [&] {
        std::vector<ScreenState> all;
        for (std::size_t i = 0; i < model.panes.size(); ++i)
            all.push_back(screenStateOf(model, i));
        return all;
    };
    using S = ScreenState;
    EXPECT_EQ(states(), (std::vector { S::Live, S::ReviewShown, S::ReviewCaptured, S::Still }));
    model.rolling = true;
    EXPECT_EQ(states(), (std::vector { S::Rolling, S::ReviewShown, S::ReviewCaptured, S::Still }));
    model.rolling = false;
    model.panes[0].camera = CameraState::Returning;
    EXPECT_EQ(screenStateOf(model, 0), S::Lost);
    EXPECT_TRUE(pictureIsOld(model, 0));
    EXPECT_FALSE(pictureIsOld(model, 1)) << "a take is as old as it should be";
    model.panes[0].rolling = true;
    EXPECT_EQ(screenStateOf(model, 0), S::Rolling);
    EXPECT_FALSE(pictureIsDamaged(model, 3));
    model.panes[3].damaged = true;
    EXPECT_TRUE(pictureIsDamaged(model, 3));
}

TEST(PaneStates, BadgesSayStateNameAndClock)
{
    const auto words = [](const Pane& one, BadgeDetail detail, bool rec = true) {
        return std::string(badgeOf(one, detail, rec).words.view());
    };
    using D = BadgeDetail;
    Pane one = pane(Pane::Kind::Shown);
    EXPECT_EQ(words(one, D::Clock), "REVERSED  12A/3 B  01:02:17:09");
    EXPECT_EQ(words(one, D::Name), "REVERSED  12A/3 B");
    EXPECT_EQ(words(one, D::Word), "REVERSED");
    EXPECT_EQ(badgeOf(one, D::Clock).kind, BadgeKind::Reversed);
    one.kind = Pane::Kind::Captured;
    EXPECT_EQ(words(one, D::Word), "AS CAPTURED");
    one = pane(Pane::Kind::Live);
    one.rolling = true;
    EXPECT_EQ(words(one, D::Name), "REC  12A/3 B");
    EXPECT_EQ(words(one, D::Name, false), "LIVE  12A/3 B") << "REC is said elsewhere";
    one.camera = CameraState::Lost;
    one.since_last_frame = 3s;
    EXPECT_EQ(words(one, D::Clock), "CAMERA LOST 00:03, returning  12A/3 B") << "its clock is not now's";
    EXPECT_EQ(badgeOf(one, D::Clock).kind, BadgeKind::Lost);
    one = pane(Pane::Kind::Still);
    one.clock.clear();
    EXPECT_EQ(words(one, D::Clock), "STILL  12A/3 B");
}

TEST(PaneStates, ReferencesLieInThePicturesPlaceButSideBySide)
{
    Model model = live();
    Layout layout;
    layout.picture = layout.places[0] = { 100, 50, 400, 200 };
    layout.places[1] = { 600, 50, 400, 200 };
    model.panes = { pane(Pane::Kind::Live), pane(Pane::Kind::Shown) };
    EXPECT_EQ(placesOf(model), 1U);
    model.mode = ViewMode::Reference;
    EXPECT_EQ(placesOf(model), 1U);
    EXPECT_EQ(seenOf(model, layout, 0.25, 0), (Rect { 100, 50, 100, 200 }));
    EXPECT_EQ(seenOf(model, layout, 0.25, 1), (Rect { 200, 50, 300, 200 }));
    model.compare = Compare::Mix;
    EXPECT_EQ(seenOf(model, layout, 0.25, 1), layout.picture);
    model.compare = Compare::Blink;
    model.now = 700ms;
    EXPECT_TRUE(seenOf(model, layout, 0.25, 0).empty());
    EXPECT_EQ(seenOf(model, layout, 0.25, 1), layout.picture);
    model.compare = Compare::SideBySide;
    EXPECT_EQ(placesOf(model), 2U);
    EXPECT_EQ(seenOf(model, layout, 0.25, 1), layout.places[1]);
    model.panes.clear();
    EXPECT_EQ(placesOf(model), 1U) << "before the session has answered";
}

} // namespace
} // namespace backtake::ui
