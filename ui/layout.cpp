#include "ui/layout.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr double kUsualAspect = 16.0 / 9.0;

// Sizes at scale 1. Chrome goes when the picture would get less than half of the window's height.
constexpr int kTopBar = 56;
constexpr int kTopBarBig = 92;
constexpr int kTransport = 52;
constexpr int kScrub = 96;
constexpr int kScrubLow = 64;
constexpr int kTakes = 360;
constexpr int kTakesStrip = 112;
constexpr int kCamera = 200;
constexpr int kNarrowestWithCamera = 900;
constexpr int kScopes = 280;
constexpr int kScopesWidest = 420;
constexpr int kNarrowestWithScopes = 640; // of what they share with the picture
constexpr int kLowestWithScrub = 420;
constexpr int kLowestWithTransport = 320;
constexpr int kLowestWithTopBar = 240;
constexpr int kNarrowestWithChrome = 480;
constexpr int kLowestWithHighScrub = 900;

} // namespace

Rect fitted(const Rect& room, double aspect)
{
    const int most_width = std::max(1, room.width);
    const int most_height = std::max(1, room.height);
    int width = most_width;
    int height = static_cast<int>(std::lround(most_width / aspect));
    if (height > most_height) {
        height = most_height;
        width = std::min(most_width, static_cast<int>(std::lround(most_height * aspect)));
    }
    width = std::max(1, width);
    height = std::max(1, height);
    return { room.x + (room.width - width) / 2, room.y + (room.height - height) / 2, width, height };
}

Layout layoutOf(const LayoutInput& input)
{
    Layout layout;
    layout.scale = input.scale;
    const int width = std::max(1, input.width);
    const int height = std::max(1, input.height);
    layout.window = { 0, 0, width, height };
    const auto px = [&](int size) {
        return static_cast<int>(std::lround(static_cast<double>(size) * input.scale));
    };
    const bool wide = width >= px(kNarrowestWithChrome);

    // Full screen with a bar on a laptop is a few lines lower than a monitor; both are looked at from afar.
    const bool big = width >= px(1600) && height >= px(input.full_screen ? 900 : 1000);
    layout.badge = big                            ? BadgeSize::Big
        : wide && height >= px(kLowestWithTopBar) ? BadgeSize::Normal
                                                  : BadgeSize::Small;

    Rect left = layout.window;
    if (!input.chrome_hidden && wide) {
        if (height >= px(kLowestWithTopBar)) {
            const int bar = px(big ? kTopBarBig : kTopBar);
            layout.top_bar = { 0, 0, width, bar };
            left.y += bar;
            left.height -= bar;
        }
        if (height >= px(kLowestWithTransport)) {
            const int bar = px(kTransport);
            left.height -= bar;
            layout.transport = { 0, left.bottom(), width, bar };
        }
        if (height >= px(kLowestWithScrub)) {
            const int bar = px(height >= px(kLowestWithHighScrub) ? kScrub : kScrubLow);
            left.height -= bar;
            layout.scrub = { 0, left.bottom(), width, bar };
        }
        if (width >= px(1000) && height >= px(kLowestWithScrub)) {
            layout.takes_shape = width >= px(1440) ? TakesShape::Full : TakesShape::Strip;
            const int panel = px(layout.takes_shape == TakesShape::Full ? kTakes : kTakesStrip);
            left.width -= panel;
            layout.takes = { left.right(), left.y, panel, left.height };
        }
    }
    const bool room_for_camera =
        wide && height >= px(kLowestWithScrub) && (input.camera_wanted || width >= px(kNarrowestWithCamera));
    if (!input.chrome_hidden && input.camera_body && room_for_camera) {
        const int column = px(kCamera);
        left.width -= column;
        layout.camera = { left.right(), left.y, column, left.height };
    }
    layout.frame = px(layout.badge == BadgeSize::Big ? 12 : layout.badge == BadgeSize::Normal ? 10 : 5);
    const double aspect = input.picture_aspect > 0 ? input.picture_aspect : kUsualAspect;
    const int frames = 2 * layout.frame;
    if (!input.chrome_hidden && input.scopes && height >= px(kLowestWithScrub)
        && left.width >= px(kNarrowestWithScopes)) {
        const int picture = static_cast<int>(std::lround((left.height - frames) * aspect)) + frames;
        const int column = std::clamp(left.width - picture, px(kScopes), px(kScopesWidest));
        left.width -= column;
        layout.scopes = { left.right(), left.y, column, left.height };
    }
    layout.monitor = left;

    layout.picture = fitted(
        { left.x + layout.frame, left.y + layout.frame, left.width - frames, left.height - frames }, aspect);
    return layout;
}

} // namespace backtake::ui
