#include "ui/monitor_view.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::ui {
namespace {

void band(ImDrawList& list, const Rect& place, float thickness, ImU32 tint)
{
    const ImVec2 low = at(place);
    const ImVec2 high = endOf(place);
    const float t = thickness;
    list.AddRectFilled({ low.x - t, low.y - t }, { high.x + t, low.y }, tint);
    list.AddRectFilled({ low.x - t, high.y }, { high.x + t, high.y + t }, tint);
    list.AddRectFilled({ low.x - t, low.y }, { low.x, high.y }, tint);
    list.AddRectFilled({ high.x, low.y }, { high.x + t, high.y }, tint);
}

/// One arrowhead "<" in the box from @p x to x + size.
void chevron(ImDrawList& list, float x, float y, float size, ImU32 tint)
{
    const float middle = y + size / 2;
    const float arm = size * 0.55F;
    // Two quads; a polyline would be smoothed into a blur at 10 px.
    list.AddQuadFilled(
        { x + size * 0.5F, y }, { x + size * 0.5F + arm, y }, { x + arm, middle }, { x, middle }, tint);
    list.AddQuadFilled({ x, middle }, { x + arm, middle }, { x + size * 0.5F + arm, y + size },
        { x + size * 0.5F, y + size }, tint);
}

void chevrons(ImDrawList& list, const Layout& layout, const Rect& place, const Theme& theme, ImU32 tint)
{
    const float inset = layout.badge == BadgeSize::Small ? 0 : std::max(1.0F, theme.px(1));
    const float size = static_cast<float>(layout.frame) - 2 * inset;
    const float step = std::round(size * (layout.badge == BadgeSize::Small ? 1.6F : 2.2F));
    const Rect framed = layout.framed(place);
    const float left = static_cast<float>(framed.x) + inset;
    const float right = static_cast<float>(framed.right()) - inset - size;
    const float top = static_cast<float>(framed.y) + inset;
    const float bottom = static_cast<float>(framed.bottom()) - inset - size;
    const auto along = std::max(1.0F, std::floor((right - left) / step));
    const float step_x = (right - left) / along;
    for (float i = 0; i <= along; ++i) {
        const float x = std::round(left + i * step_x);
        chevron(list, x, top, size, tint);
        chevron(list, x, bottom, size, tint);
    }
    const auto down = std::max(1.0F, std::floor((bottom - top) / step));
    const float step_y = (bottom - top) / down;
    for (float i = 1; i < down; ++i) {
        const float y = std::round(top + i * step_y);
        chevron(list, left, y, size, tint);
        chevron(list, right, y, size, tint);
    }
}

void hatch(ImDrawList& list, const Rect& place, float step, float thickness, ImU32 tint)
{
    list.PushClipRect(at(place), endOf(place), true);
    const auto height = static_cast<float>(place.height);
    const auto top = static_cast<float>(place.y);
    for (float x = static_cast<float>(place.x) - height; x < static_cast<float>(place.right()); x += step)
        list.AddLine({ x, top + height }, { x + height, top }, tint, thickness);
    list.PopClipRect();
}

void hatchedBand(ImDrawList& list, const Layout& layout, const Rect& place, const Theme& theme, ImU32 tint)
{
    const Rect f = layout.framed(place);
    const int t = layout.frame;
    const float step = theme.px(10);
    const float line = std::max(2.0F, theme.px(3));
    hatch(list, { f.x, f.y, f.width, t }, step, line, tint);
    hatch(list, { f.x, f.bottom() - t, f.width, t }, step, line, tint);
    hatch(list, { f.x, f.y + t, t, f.height - 2 * t }, step, line, tint);
    hatch(list, { f.right() - t, f.y + t, t, f.height - 2 * t }, step, line, tint);
}

/// Where @p p has no picture, of this pane or, without one, of the camera on screen.
void wordsInTheMiddle(ImDrawList& list, const Model& model, const Pane* pane, const Rect& p,
    const Layout& layout, const Theme& theme)
{
    const CameraState state = pane == nullptr ? model.camera.state
        : pane->kind == Pane::Kind::Live      ? pane->camera
                                              : CameraState::Opening;
    const char* title = "Waiting for the first picture";
    if (state == CameraState::Refused)
        title = "The camera cannot be opened";
    else if (state == CameraState::Lost || state == CameraState::Returning)
        title = "The camera is gone, waiting for it to return";
    else if (state == CameraState::Ended)
        title = "The clip has ended";
    const float room = static_cast<float>(p.width) - theme.px(24);
    const float centre = static_cast<float>(p.x) + static_cast<float>(p.width) / 2;
    float y = static_cast<float>(p.y) + static_cast<float>(p.height) / 2 - theme.px(14);
    const auto line = [&](ImFont* font, ImU32 tint, std::string_view words) {
        if (words.empty())
            return;
        const float width = std::min(room, widthOf(font, words));
        drawTextWithin(list, font, { centre - width / 2, y }, room, tint, words);
        y += std::round(font->FontSize * 1.7F);
    };
    const bool small = layout.badge == BadgeSize::Small;
    line(small ? theme.fonts.badge_small : theme.fonts.badge, colour::kText, title);
    if (small)
        return;
    line(theme.fonts.body, colour::kQuiet, pane == nullptr ? model.camera.name : pane->words);
    if (pane == nullptr)
        line(theme.fonts.body, colour::kQuiet, model.camera.why);
}

void damagedMark(ImDrawList& list, const Rect& p, const Layout& layout, const Theme& theme)
{
    constexpr std::string_view kWords = "DAMAGED FRAME";
    ImFont* font = layout.badge == BadgeSize::Small ? theme.fonts.badge_small : theme.fonts.badge;
    list.PushClipRect(at(p), endOf(p), true);
    // A cross from corner to corner is a placeholder in every film lab; thin, so that what was decoded is
    // still seen.
    const float line = std::max(1.0F, theme.px(1.5F));
    list.AddLine(at(p), endOf(p), colour::grey(0xE6, 150), line);
    list.AddLine({ static_cast<float>(p.right()), static_cast<float>(p.y) },
        { static_cast<float>(p.x), static_cast<float>(p.bottom()) }, colour::grey(0xE6, 150), line);
    const float padding = theme.px(10);
    const float width = widthOf(font, kWords) + 2 * padding;
    const float height = capHeight(font) + 2 * padding;
    const ImVec2 low { std::round(static_cast<float>(p.x) + (static_cast<float>(p.width) - width) / 2),
        std::round(static_cast<float>(p.y) + (static_cast<float>(p.height) - height) / 2) };
    list.AddRectFilled(low, { low.x + width, low.y + height }, colour::kPanel, theme.px(4));
    list.AddRect(low, { low.x + width, low.y + height }, colour::kText, theme.px(4));
    drawText(list, font, { low.x + padding, low.y + height / 2 }, colour::kText, kWords);
    list.PopClipRect();
}

/// What lies over the part of a picture that is seen, so that it does not pass for what it is not.
void veil(ImDrawList& list, const Model& model, std::size_t pane, const Rect& seen, const Layout& layout,
    const Theme& theme)
{
    if (pictureIsOld(model, pane)) {
        list.AddRectFilled(at(seen), endOf(seen), colour::grey(0x60, 150));
        hatch(list, seen, theme.px(28), theme.px(3), colour::grey(0xA8, 90));
    }
    if (pictureIsDamaged(model, pane))
        damagedMark(list, seen, layout, theme);
}

void stateBand(
    ImDrawList& list, ScreenState state, const Rect& place, const Layout& layout, const Theme& theme)
{
    const float thin = std::max(1.0F, theme.px(2));
    switch (state) {
    case ScreenState::Live:
        band(list, place, thin, colour::live);
        break;
    case ScreenState::Rolling:
        band(list, place, static_cast<float>(layout.frame), colour::rolling);
        break;
    case ScreenState::ReviewShown:
        chevrons(list, layout, place, theme, colour::shown);
        break;
    case ScreenState::ReviewCaptured:
        band(list, place, thin, colour::captured);
        break;
    case ScreenState::Lost:
        hatchedBand(list, layout, place, theme, colour::kLost);
        break;
    case ScreenState::Still:
        band(list, place, thin, colour::kFaint);
        break;
    }
}

/// How the panes' badges are written: all alike, as large and with as much as fits into the smallest room.
struct BadgeStyle {
    ImFont* font = nullptr;
    BadgeDetail detail = BadgeDetail::Clock;
};

BadgeStyle styleFor(const Model& model, const Layout& layout, const Theme& theme, float gap)
{
    using D = BadgeDetail;
    const Fonts& fonts = theme.fonts;
    const std::array<BadgeStyle, 5> styles { { { fonts.badge, D::Clock }, { fonts.bold, D::Clock },
        { fonts.badge_small, D::Clock }, { fonts.badge_small, D::Name }, { fonts.badge_small, D::Word } } };
    const bool overlaid = overlaidCompare(model).has_value();
    const std::size_t count = std::min(model.panes.size(), overlaid ? 2 : kMostPanes);
    for (const BadgeStyle& style : styles) {
        if (layout.badge == BadgeSize::Small && style.font != fonts.badge_small)
            continue;
        bool fits = true;
        for (std::size_t i = 0; i < count; ++i) {
            const auto width = static_cast<float>(layout.places[overlaid ? 0 : i].width);
            const float room = overlaid ? width / 2 - 1.5F * gap : width - 2 * gap;
            fits = fits && sizeOf(badgeOf(model.panes[i], style.detail), style.font).width <= room;
        }
        if (fits)
            return style;
    }
    return styles.back();
}

/// Where badges stand on a picture.
struct Corner {
    Corner(const Layout& layout, const Theme& theme)
        : gap(layout.badge == BadgeSize::Small ? theme.px(3) : theme.px(12))
    {
    }
    [[nodiscard]] ImVec2 at(const Rect& place) const
    {
        return { static_cast<float>(place.x) + gap, static_cast<float>(place.y) + gap };
    }
    float gap;
};

void wipeLine(ImDrawList& list, int x, const Rect& picture, const Theme& theme)
{
    const float half = std::max(1.0F, theme.px(1));
    const auto middle = static_cast<float>(x);
    list.PushClipRect(at(picture), endOf(picture), true);
    list.AddRectFilled(
        { middle - half, at(picture).y }, { middle + half, endOf(picture).y }, colour::grey(0xE6, 220));
    list.PopClipRect();
}

/// On the first picture what the bar would say: of one picture all of it, of several what no pane's own badge
/// does. @return where the next thing stands.
float screenBadges(ImDrawList& list, const Model& model, const Layout& layout, const Theme& theme,
    const BadgeStyle& style, bool several)
{
    const Corner corner(layout, theme);
    ImVec2 place = corner.at(layout.picture);
    const float room = static_cast<float>(layout.picture.width) - 2 * corner.gap;
    const Badges badges = badgesOf(model);
    for (const Badge& badge : badges.all()) {
        if (several && badge.kind != BadgeKind::Rec)
            continue;
        ImFont* font = theme.badge(layout.badge); // read from afar as long as it fits
        if (several && sizeOf(badge, font).width > room)
            font = style.font;
        drawBadge(list, badge, font, place, model.now);
        place.y += sizeOf(badge, font).height + corner.gap;
    }
    return place.y;
}

void wordsUnderBadges(ImDrawList& list, std::span<const Words<31>> words, ImVec2 place, float right,
    const Layout& layout, const Theme& theme)
{
    ImFont* font = layout.badge == BadgeSize::Small ? theme.fonts.badge_small : theme.fonts.small;
    const float pad = std::round(font->FontSize * 0.4F);
    const float height = std::round(capHeight(font) + 2 * pad);
    const float between = std::max(1.0F, theme.px(2));
    const float left = place.x;
    for (const auto& word : words) {
        const float width = widthOf(font, word.view()) + 2 * pad;
        if (place.x > left && place.x + width > right) {
            place.x = left;
            place.y += height + between;
        }
        const ImVec2 end { place.x + width, place.y + height };
        list.AddRectFilled(place, end, colour::grey(0x14, 190), theme.px(2));
        drawText(list, font, { place.x + pad, (place.y + end.y) / 2 }, colour::kText, word.view());
        place.x = end.x + between;
    }
}

} // namespace

void MonitorView::draw(const Model& model, const Layout& layout, const Theme& theme,
    const std::array<bool, kMostPanes>& has_picture, double wipe, bool badges_on_picture,
    std::span<const Words<31>> tool_words)
{
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    list.PushClipRect(at(layout.monitor), endOf(layout.monitor));
    const auto compare = overlaidCompare(model);
    const std::size_t places = placesOf(model);
    const std::size_t panes = compare ? 2 : places;
    for (std::size_t i = 0; i < panes; ++i) {
        const Rect seen = seenOf(model, layout, wipe, i);
        if (seen.empty())
            continue;
        if (has_picture[i]) {
            veil(list, model, i, seen, layout, theme);
            continue;
        }
        if (!compare)
            list.AddRectFilled(at(seen), endOf(seen), colour::kPanel);
        // The camera on screen has more to say than its pane.
        const bool of_screen = i == 0 && !inReview(model);
        wordsInTheMiddle(list, model, of_screen || i >= model.panes.size() ? nullptr : &model.panes[i], seen,
            layout, theme);
    }
    for (std::size_t i = 0; i < places; ++i)
        stateBand(list, screenStateOf(model, i), layout.places[i], layout, theme);

    if (compare == Compare::Wipe)
        wipeLine(list, seenOf(model, layout, wipe, 1).x, layout.picture, theme);

    const bool several = model.mode != ViewMode::Single && !model.panes.empty();
    const Corner corner(layout, theme);
    const BadgeStyle style = several ? styleFor(model, layout, theme, corner.gap)
                                     : BadgeStyle { theme.badge(layout.badge), BadgeDetail::Clock };
    float y = corner.at(layout.picture).y; // where the next thing on the first picture stands
    if (badges_on_picture)
        y = screenBadges(list, model, layout, theme, style, several);
    for (std::size_t i = 0; several && i < panes; ++i) {
        const Rect seen = seenOf(model, layout, wipe, i);
        if (compare == Compare::Blink && seen.empty())
            continue;
        const Badge badge = badgeOf(model.panes[i], style.detail, i > 0 || !badges_on_picture);
        const BadgeSizeOf size = sizeOf(badge, style.font);
        const Rect& place = compare ? layout.picture : layout.places[i];
        ImVec2 at_corner = corner.at(place);
        if (i == 0)
            at_corner.y = std::exchange(y, y + size.height + corner.gap);
        else if (compare)
            at_corner.x = endOf(place).x - corner.gap - size.width;
        // A wipe covers a name together with what it names, its last letters first.
        if (compare == Compare::Wipe && i > 0)
            at_corner.x = std::max(at_corner.x, at(seen).x + corner.gap);
        const Rect& side = compare == Compare::Wipe ? seen : place;
        list.PushClipRect(at(side), endOf(side), true);
        drawBadge(list, badge, style.font, at_corner, model.now);
        list.PopClipRect();
    }
    if (badges_on_picture)
        wordsUnderBadges(list, tool_words, { corner.at(layout.picture).x, y },
            endOf(layout.picture).x - corner.gap, layout, theme);
    list.PopClipRect();
}

} // namespace backtake::ui
