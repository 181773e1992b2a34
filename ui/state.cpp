#include "ui/state.hpp"

#include <algorithm>
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

Badge lostBadge(CameraState state, base::Nanos since_last_frame)
{
    Badge badge;
    badge.kind = state == CameraState::Opening ? BadgeKind::Waiting : BadgeKind::Lost;
    const auto length = lengthWords(since_last_frame);
    switch (state) {
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
        if (!review.part.empty()) {
            Badge part;
            part.kind = BadgeKind::Chase;
            part.words = Words<63>("{}  {}", review.part, review.slate);
            part.widest = withZeros(part.words);
            badges.add(part);
        }
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
        badges.add(lostBadge(model.camera.state, model.camera.since_last_frame));
    } else if (!model.rolling) {
        Badge badge;
        badge.kind = BadgeKind::Live;
        badge.words = Words<63>("LIVE");
        badge.widest = badge.words;
        badges.add(badge);
    }
    return badges;
}

std::optional<Compare> overlaidCompare(const Model& model)
{
    if (model.mode != ViewMode::Reference || model.compare == Compare::SideBySide || model.panes.size() < 2)
        return std::nullopt;
    return model.compare;
}

std::size_t placesOf(const Model& model)
{
    if (model.mode == ViewMode::Single || overlaidCompare(model))
        return 1;
    return std::clamp<std::size_t>(model.panes.size(), 1, kMostPanes);
}

ScreenState screenStateOf(const Model& model, std::size_t pane)
{
    if (pane >= model.panes.size())
        return screenStateOf(model);
    const Pane& one = model.panes[pane];
    if ((pane == 0 && model.rolling) || (one.kind == Pane::Kind::Live && one.rolling))
        return ScreenState::Rolling;
    switch (one.kind) {
    case Pane::Kind::Shown:
        return ScreenState::ReviewShown;
    case Pane::Kind::Captured:
        return ScreenState::ReviewCaptured;
    case Pane::Kind::Still:
        return ScreenState::Still;
    case Pane::Kind::Live:
        break;
    }
    return one.camera == CameraState::Live ? ScreenState::Live : ScreenState::Lost;
}

bool pictureIsOld(const Model& model, std::size_t pane)
{
    if (pane >= model.panes.size())
        return pictureIsOld(model);
    return model.panes[pane].kind == Pane::Kind::Live && model.panes[pane].camera != CameraState::Live;
}

bool pictureIsDamaged(const Model& model, std::size_t pane)
{
    if (pane >= model.panes.size())
        return pictureIsDamaged(model);
    const Pane& one = model.panes[pane];
    return one.damaged || (one.picture && one.picture->damaged);
}

Badge badgeOf(const Pane& pane, BadgeDetail detail, bool rec)
{
    Badge badge;
    bool dated = true; // its clock is that of what is seen
    switch (pane.kind) {
    case Pane::Kind::Shown:
        badge.kind = BadgeKind::Reversed;
        badge.words = Words<63>("REVERSED");
        break;
    case Pane::Kind::Captured:
        badge.kind = BadgeKind::AsCaptured;
        badge.words = Words<63>("AS CAPTURED");
        break;
    case Pane::Kind::Still:
        badge.kind = BadgeKind::Still;
        badge.words = Words<63>("STILL");
        break;
    case Pane::Kind::Live:
        if (pane.camera != CameraState::Live) {
            badge = lostBadge(pane.camera, pane.since_last_frame);
            dated = false;
        } else if (pane.rolling && rec) {
            badge.kind = BadgeKind::Rec;
            badge.words = Words<63>("REC");
        } else {
            badge.words = Words<63>("LIVE");
        }
        break;
    }
    if (detail != BadgeDetail::Word && !pane.words.empty())
        badge.words = Words<63>("{}  {}", badge.words.view(), pane.words);
    if (detail == BadgeDetail::Clock && dated && !pane.clock.empty())
        badge.words = Words<63>("{}  {}", badge.words.view(), pane.clock);
    badge.widest = withZeros(badge.words);
    return badge;
}

Rect seenOf(const Model& model, const Layout& layout, double wipe, std::size_t pane)
{
    const auto compare = overlaidCompare(model);
    if (!compare)
        return pane < layout.places.size() ? layout.places[pane] : Rect {};
    Rect seen = pane < 2 ? layout.picture : Rect {};
    if (*compare == Compare::Wipe) {
        const int left = static_cast<int>(std::lround(wipe * seen.width));
        if (pane > 0)
            seen.x += left;
        seen.width = pane == 0 ? left : seen.width - left;
    } else if (*compare == Compare::Blink) {
        constexpr base::Nanos kEach = std::chrono::milliseconds(500);
        if (static_cast<std::size_t>(model.now / kEach % 2) != pane)
            seen = {};
    }
    return seen;
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
