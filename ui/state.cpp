#include "ui/state.hpp"

#include <cmath>

namespace backtake::ui {
namespace {

/// Every digit as wide as the widest; the digits of our fonts are tabular, so "0" stands for all.
Words<63> withZeros(const Words<63>& words)
{
    std::array<char, 64> zeros {};
    std::size_t size = 0;
    for (const char letter : words.view())
        zeros[size++] = letter >= '0' && letter <= '9' ? '0' : letter;
    return Words<63>("{}", std::string_view(zeros.data(), size));
}

Badge lostBadge(const CameraModel& camera)
{
    Badge badge;
    badge.kind = BadgeKind::Lost;
    const auto length = lengthWords(camera.since_last_frame);
    switch (camera.state) {
    case CameraState::Stalled:
        badge.words = Words<63>("CAMERA STALLED {}", length.view());
        break;
    case CameraState::Refused:
        badge.words = Words<63>("CAMERA REFUSED");
        break;
    case CameraState::Ended:
        badge.words = Words<63>("CAMERA ENDED");
        break;
    case CameraState::Opening:
        badge.words = Words<63>("CAMERA OPENING");
        break;
    case CameraState::Live:
    case CameraState::Lost:
    case CameraState::Returning:
        badge.words = Words<63>("CAMERA LOST {}, returning", length.view());
        break;
    }
    badge.widest = withZeros(badge.words);
    return badge;
}

} // namespace

bool inReview(const Model& model) { return !model.live_on_screen && model.review.has_value(); }

bool pictureIsOld(const Model& model) { return !inReview(model) && model.camera.state != CameraState::Live; }

ScreenState screenStateOf(const Model& model)
{
    if (model.rolling)
        return ScreenState::Rolling;
    if (inReview(model)) {
        const bool reversed = model.review->backward_take && model.review->shown_order;
        return reversed ? ScreenState::ReviewShown : ScreenState::ReviewCaptured;
    }
    return pictureIsOld(model) ? ScreenState::Lost : ScreenState::Live;
}

Badges badgesOf(const Model& model)
{
    Badges badges;
    if (model.rolling) {
        Badge badge;
        badge.kind = BadgeKind::Rec;
        badge.words = Words<63>(
            "REC  {}/{}  {}", model.next_scene, model.next_take, lengthWords(model.rolling_for).view());
        badge.widest = withZeros(badge.words);
        badges.add(badge);
    }
    if (inReview(model)) {
        const ReviewModel& review = *model.review;
        Badge badge;
        const int percent = percentOf(review.speed);
        const char* const sign = percent < 0 ? "\u2212" : "";
        const bool reversed = review.backward_take && review.shown_order;
        badge.kind = reversed ? BadgeKind::Reversed : BadgeKind::AsCaptured;
        const char* const name = reversed ? "REVERSED" : "AS CAPTURED";
        badge.words = Words<63>("{}  {}{} %", name, sign, std::abs(percent));
        badge.widest = Words<63>("{}  {}000 %", name, sign);
        badges.add(badge);
        if (!review.backward_take) {
            Badge forward;
            forward.kind = BadgeKind::ForwardTake;
            forward.words = Words<63>("FORWARD TAKE");
            forward.widest = forward.words;
            badges.add(forward);
        }
        if (review.behind_live) {
            Badge chase;
            chase.kind = BadgeKind::Chase;
            chase.words = Words<63>("CHASE  {} behind live", lengthWords(*review.behind_live).view());
            chase.widest = withZeros(chase.words);
            badges.add(chase);
        }
        return badges;
    }
    if (pictureIsOld(model)) {
        Badge badge = lostBadge(model.camera);
        if (model.camera.state == CameraState::Opening)
            badge.kind = BadgeKind::Waiting;
        badges.add(badge);
    } else if (!model.rolling) {
        Badge badge;
        badge.kind = BadgeKind::Live;
        badge.words = Words<63>("LIVE");
        badge.widest = badge.words;
        badges.add(badge);
    }
    return badges;
}

bool pictureIsDamaged(const Model& model)
{
    return (model.picture && model.picture->damaged) || (inReview(model) && model.review->frame_damaged);
}

Words<63> slateWords(std::string_view slate)
{
    const auto slash = slate.rfind('/');
    if (slash == std::string_view::npos)
        return Words<63>("{}", slate);
    return Words<63>("{} / {}", slate.substr(0, slash), slate.substr(slash + 1));
}

Words<63> slateOnScreen(const Model& model)
{
    if (inReview(model))
        return slateWords(model.review->slate);
    return Words<63>("{} / {}", model.next_scene, model.next_take);
}

Words<15> lengthWords(base::Nanos length)
{
    const auto seconds =
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(length).count());
    if (seconds >= 3600)
        return Words<15>("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    return Words<15>("{:02}:{:02}", seconds / 60, seconds % 60);
}

int percentOf(double speed) { return static_cast<int>(std::lround(speed * 100)); }

} // namespace backtake::ui
