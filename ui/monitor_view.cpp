#include "ui/monitor_view.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

void band(ImDrawList& list, const Layout& layout, float thickness, ImU32 tint)
{
    const ImVec2 low = at(layout.picture);
    const ImVec2 high = endOf(layout.picture);
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

void chevrons(ImDrawList& list, const Layout& layout, const Theme& theme, ImU32 tint)
{
    const float inset = layout.badge == BadgeSize::Small ? 0 : std::max(1.0F, theme.px(1));
    const float size = static_cast<float>(layout.frame) - 2 * inset;
    const float step = std::round(size * (layout.badge == BadgeSize::Small ? 1.6F : 2.2F));
    const Rect framed = layout.framed();
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

void hatchedBand(ImDrawList& list, const Layout& layout, const Theme& theme, ImU32 tint)
{
    const Rect f = layout.framed();
    const int t = layout.frame;
    const float step = theme.px(10);
    const float line = std::max(2.0F, theme.px(3));
    hatch(list, { f.x, f.y, f.width, t }, step, line, tint);
    hatch(list, { f.x, f.bottom() - t, f.width, t }, step, line, tint);
    hatch(list, { f.x, f.y + t, t, f.height - 2 * t }, step, line, tint);
    hatch(list, { f.right() - t, f.y + t, t, f.height - 2 * t }, step, line, tint);
}

void wordsInTheMiddle(ImDrawList& list, const Model& model, const Layout& layout, const Theme& theme)
{
    const CameraModel& camera = model.camera;
    const char* title = "Waiting for the first picture";
    if (camera.state == CameraState::Refused)
        title = "The camera cannot be opened";
    else if (camera.state == CameraState::Lost || camera.state == CameraState::Returning)
        title = "The camera is gone, waiting for it to return";
    else if (camera.state == CameraState::Ended)
        title = "The clip has ended";
    const Rect& p = layout.picture;
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
    line(theme.fonts.body, colour::kQuiet, camera.name);
    line(theme.fonts.body, colour::kQuiet, camera.why);
}

void damagedMark(ImDrawList& list, const Layout& layout, const Theme& theme)
{
    const Rect& p = layout.picture;
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

} // namespace

void MonitorView::draw(const Model& model, const Layout& layout, const Theme& theme, bool has_picture,
    bool badges_on_picture, std::span<const Words<31>> tool_words)
{
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    list.PushClipRect(at(layout.monitor), endOf(layout.monitor));
    if (!has_picture) {
        list.AddRectFilled(at(layout.picture), endOf(layout.picture), colour::kPanel);
        wordsInTheMiddle(list, model, layout, theme);
    }

    if (has_picture && pictureIsOld(model)) {
        list.AddRectFilled(at(layout.picture), endOf(layout.picture), colour::grey(0x60, 150));
        hatch(list, layout.picture, theme.px(28), theme.px(3), colour::grey(0xA8, 90));
    }
    if (has_picture && pictureIsDamaged(model))
        damagedMark(list, layout, theme);

    const auto thick = static_cast<float>(layout.frame);
    const float thin = std::max(1.0F, theme.px(2));
    switch (screenStateOf(model)) {
    case ScreenState::Live:
        band(list, layout, thin, colour::live);
        break;
    case ScreenState::Rolling:
        band(list, layout, thick, colour::rolling);
        break;
    case ScreenState::ReviewShown:
        chevrons(list, layout, theme, colour::shown);
        break;
    case ScreenState::ReviewCaptured:
        band(list, layout, thin, colour::captured);
        break;
    case ScreenState::Lost:
        hatchedBand(list, layout, theme, colour::kLost);
        break;
    }

    if (badges_on_picture) {
        ImFont* font = theme.badge(layout.badge);
        const float gap = layout.badge == BadgeSize::Small ? theme.px(3) : theme.px(12);
        ImVec2 place { static_cast<float>(layout.picture.x) + gap,
            static_cast<float>(layout.picture.y) + gap };
        const Badges badges = badgesOf(model);
        for (const Badge& badge : badges.all()) {
            drawBadge(list, badge, font, place, model.now);
            place.y += sizeOf(badge, font).height + gap;
        }
        ImFont* quiet = layout.badge == BadgeSize::Small ? theme.fonts.badge_small : theme.fonts.small;
        const float pad = std::round(quiet->FontSize * 0.4F);
        const float height = std::round(capHeight(quiet) + 2 * pad);
        const float between = std::max(1.0F, theme.px(2));
        const float left = place.x;
        for (const auto& word : tool_words) {
            const float width = widthOf(quiet, word.view()) + 2 * pad;
            if (place.x > left && place.x + width > static_cast<float>(layout.picture.right()) - gap) {
                place.x = left;
                place.y += height + between;
            }
            const ImVec2 end { place.x + width, place.y + height };
            list.AddRectFilled(place, end, colour::grey(0x14, 190), theme.px(2));
            drawText(list, quiet, { place.x + pad, (place.y + end.y) / 2 }, colour::kText, word.view());
            place.x = end.x + between;
        }
    }
    list.PopClipRect();
}

} // namespace backtake::ui
