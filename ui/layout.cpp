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
constexpr int kStory = 176;
constexpr int kLowestWithStory = 600;
constexpr int kTakes = 360;
constexpr int kTakesStrip = 124;
constexpr int kCamera = 200;
constexpr int kNarrowestWithCamera = 900;
constexpr int kScopes = 280;
constexpr int kScopesWidest = 420;
constexpr int kNarrowestWithScopes = 640; // of what they share with the picture
constexpr int kBand = 264;
constexpr int kBandLow = 184;
constexpr int kLowestWithBand = 640;
constexpr int kNarrowestWithBand = 640; // of what it shares with the picture
constexpr int kLowestWithScrub = 420;
constexpr int kLowestWithTransport = 320;
constexpr int kLowestWithTopBar = 240;
constexpr int kNarrowestWithChrome = 480;
constexpr int kLowestWithHighScrub = 900;

using Places = std::array<Rect, kMostPanes>;

/// The pictures in so many columns, row by row: as large as they can be in cells of the same size, then the
/// cells drawn together round the middle, so that no more ground than needed lies between pictures.
Places inColumns(const Rect& room, int frame, std::span<const double> aspects, int columns)
{
    const int count = static_cast<int>(aspects.size());
    const int rows = (count + columns - 1) / columns;
    const int frames = 2 * frame;
    int width = 1;
    int height = 1;
    for (const double aspect : aspects) {
        const Rect largest =
            fitted({ 0, 0, room.width / columns - frames, room.height / rows - frames }, aspect);
        width = std::max(width, largest.width);
        height = std::max(height, largest.height);
    }
    const int left = room.x + (room.width - columns * (width + frames)) / 2;
    const int top = room.y + (room.height - rows * (height + frames)) / 2;
    Places places;
    for (int i = 0; i < count; ++i)
        places[static_cast<std::size_t>(i)] =
            fitted({ left + i % columns * (width + frames) + frame,
                       top + i / columns * (height + frames) + frame, width, height },
                aspects[static_cast<std::size_t>(i)]);
    return places;
}

/// Two stand beside or above each other, whichever makes them larger; three and four in two rows of two.
Places placesIn(const Rect& room, int frame, std::span<const double> aspects)
{
    if (aspects.size() != 2)
        return inColumns(room, frame, aspects, aspects.size() == 1 ? 1 : 2);
    const Places beside = inColumns(room, frame, aspects, 2);
    const Places above = inColumns(room, frame, aspects, 1);
    const auto area = [](const Places& places) {
        double pixels = 0;
        for (const Rect& place : places)
            pixels += static_cast<double>(place.width) * place.height;
        return pixels;
    };
    return area(above) > area(beside) ? above : beside;
}

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
    const auto hasRoom = [&](const Need& need) { return width >= need.width && height >= need.height; };

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
    if (!input.chrome_hidden && input.story && !input.band) {
        const Need need { px(kNarrowestWithChrome), px(kLowestWithStory) };
        if (hasRoom(need)) {
            left.height -= px(kStory);
            layout.story = { left.x, left.bottom(), left.width, px(kStory) };
        } else {
            layout.story_needs = need;
        }
    }
    const bool room_for_camera =
        wide && height >= px(kLowestWithScrub) && (input.camera_wanted || width >= px(kNarrowestWithCamera));
    if (!input.chrome_hidden && input.camera_body && room_for_camera) {
        const int column = px(kCamera);
        left.width -= column;
        layout.camera = { left.right(), left.y, column, left.height };
    }
    if (!input.chrome_hidden && input.band) {
        const Need need { width - left.width + px(kNarrowestWithBand), px(kLowestWithBand) };
        if (hasRoom(need)) {
            const int band = px(height >= px(kLowestWithHighScrub) ? kBand : kBandLow);
            left.height -= band;
            layout.band = { left.x, left.bottom(), left.width, band };
        } else {
            layout.band_needs = need;
        }
    }
    layout.frame = px(layout.badge == BadgeSize::Big ? 12 : layout.badge == BadgeSize::Normal ? 10 : 5);
    std::array<double, kMostPanes> aspects {};
    const std::size_t count = 1 + std::min(input.more_aspects.size(), kMostPanes - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const double known = i == 0 ? input.picture_aspect : input.more_aspects[i - 1];
        aspects[i] = known > 0 ? known : kUsualAspect;
    }
    const int frames = 2 * layout.frame;
    const Need scopes_need { width - left.width + px(kNarrowestWithScopes), px(kLowestWithScrub) };
    if (!input.chrome_hidden && input.scopes && !hasRoom(scopes_need))
        layout.scopes_needs = scopes_need;
    if (!input.chrome_hidden && input.scopes && hasRoom(scopes_need)) {
        // Several pictures make use of any width.
        const int picture = static_cast<int>(std::lround((left.height - frames) * aspects[0])) + frames;
        const int column =
            count > 1 ? px(kScopes) : std::clamp(left.width - picture, px(kScopes), px(kScopesWidest));
        left.width -= column;
        layout.scopes = { left.right(), left.y, column, left.height };
    }
    layout.monitor = left;

    layout.places = placesIn(left, layout.frame, { aspects.data(), count });
    layout.picture = layout.places[0];
    return layout;
}

} // namespace backtake::ui
