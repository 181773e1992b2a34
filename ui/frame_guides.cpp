#include "ui/frame_guides.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr ImU32 kOutside = IM_COL32(0, 0, 0, 160);
constexpr ImU32 kShade =
    IM_COL32(0, 0, 0, 110); ///< Under thin lines, so that they stand out from a white sky.

/// The outline of @p rect, inside of it.
void outline(ImDrawList& list, const Rect& rect, float thick, ImU32 tint)
{
    const ImVec2 low = at(rect);
    const ImVec2 high = endOf(rect);
    list.AddRectFilled(low, { high.x, low.y + thick }, tint);
    list.AddRectFilled({ low.x, high.y - thick }, high, tint);
    list.AddRectFilled({ low.x, low.y + thick }, { low.x + thick, high.y - thick }, tint);
    list.AddRectFilled({ high.x - thick, low.y + thick }, { high.x, high.y - thick }, tint);
}

void dimOutside(ImDrawList& list, const Rect& frame, const Rect& place)
{
    const ImVec2 low = at(place);
    const ImVec2 high = endOf(place);
    const ImVec2 from { std::clamp(at(frame).x, low.x, high.x), std::clamp(at(frame).y, low.y, high.y) };
    const ImVec2 to { std::clamp(endOf(frame).x, low.x, high.x), std::clamp(endOf(frame).y, low.y, high.y) };
    list.AddRectFilled(low, { high.x, from.y }, kOutside);
    list.AddRectFilled({ low.x, to.y }, high, kOutside);
    list.AddRectFilled({ low.x, from.y }, { from.x, to.y }, kOutside);
    list.AddRectFilled({ to.x, from.y }, { high.x, to.y }, kOutside);
}

} // namespace

Frame frameOf(double picture_aspect, double aspect)
{
    const Point size { std::min(1.0, aspect / picture_aspect), std::min(1.0, picture_aspect / aspect) };
    return { { (1 - size[0]) / 2, (1 - size[1]) / 2 }, size };
}

Frame insideOf(const Frame& frame, double part)
{
    Frame inside;
    for (std::size_t i = 0; i < 2; ++i) {
        inside.low[i] = frame.low[i] + frame.size[i] * (1 - part) / 2;
        inside.size[i] = frame.size[i] * part;
    }
    return inside;
}

Rect placeOf(const Frame& frame, const PictureView& view, const Rect& place)
{
    const auto x = [&](double part) {
        return place.x + static_cast<int>(std::lround((part - view.low[0]) / view.size[0] * place.width));
    };
    const auto y = [&](double part) {
        return place.y + static_cast<int>(std::lround((part - view.low[1]) / view.size[1] * place.height));
    };
    const int left = x(frame.low[0]);
    const int top = y(frame.low[1]);
    return { left, top, x(frame.low[0] + frame.size[0]) - left, y(frame.low[1] + frame.size[1]) - top };
}

void drawFrameGuides(ImDrawList& list, const ImageTools& tools, double picture_aspect,
    const PictureView& view, const Rect& place, const Theme& theme)
{
    const std::optional<double> aspect = aspectOf(tools);
    if ((!aspect && !tools.safe_areas && !tools.centre_cross) || picture_aspect <= 0)
        return;
    list.PushClipRect(at(place), endOf(place), true);
    const float thick = std::max(1.0F, theme.px(1));
    const auto thin = [&](const Rect& rect, ImU32 tint) {
        const int t = static_cast<int>(thick);
        outline(list, { rect.x - t, rect.y - t, rect.width + 2 * t, rect.height + 2 * t }, 3 * thick, kShade);
        outline(list, rect, thick, tint);
    };
    const Frame frame = aspect ? frameOf(picture_aspect, *aspect) : Frame {};
    if (aspect) {
        const Rect lines = placeOf(frame, view, place);
        dimOutside(list, lines, place);
        outline(list, lines, thick, colour::kText);
    }
    if (tools.safe_areas) {
        // EBU R 95: action within 93 %, graphics within 90 % of width and height.
        thin(placeOf(insideOf(frame, 0.93), view, place), colour::grey(0xE6, 190));
        thin(placeOf(insideOf(frame, 0.90), view, place), colour::grey(0xE6, 120));
    }
    if (tools.centre_cross) {
        const Rect middle = placeOf({ { 0.5, 0.5 }, { 0, 0 } }, view, place);
        const auto arms = [&](float arm, float half, ImU32 tint) {
            const ImVec2 c { static_cast<float>(middle.x) + thick / 2,
                static_cast<float>(middle.y) + thick / 2 };
            list.AddRectFilled({ c.x - arm, c.y - half }, { c.x + arm, c.y + half }, tint);
            list.AddRectFilled({ c.x - half, c.y - arm }, { c.x + half, c.y + arm }, tint);
        };
        const float arm = theme.px(18);
        arms(arm + thick, 1.5F * thick, kShade);
        arms(arm, thick / 2, colour::kText);
    }
    list.PopClipRect();
}

void drawFalseColourLegend(ImDrawList& list, const Rect& place, const Theme& theme)
{
    const auto bands = falseColourBands();
    ImFont* font = theme.fonts.small;
    const float row = theme.px(18);
    const float swatch = theme.px(12);
    const float pad = theme.px(8);
    const float levels = widthOf(font, "95 \u2013 99") + theme.px(12);
    float names = 0;
    for (const FalseColourBand& band : bands)
        names = std::max(names, widthOf(font, band.name));
    const ImVec2 size { 2 * pad + swatch + theme.px(8) + levels + names,
        2 * pad + row * static_cast<float>(bands.size()) };
    if (size.x * 3 > static_cast<float>(place.width) || size.y * 2 > static_cast<float>(place.height))
        return;
    const ImVec2 high { endOf(place).x - theme.px(10), endOf(place).y - theme.px(10) };
    const ImVec2 low { high.x - size.x, high.y - size.y };
    list.AddRectFilled(low, high, colour::grey(0x14, 210), theme.px(4));
    float y = high.y - pad - row / 2; // the dark at the bottom, as on a scope
    for (const FalseColourBand& band : bands) {
        const ImVec2 box { low.x + pad, std::round(y - swatch / 2) };
        list.AddRectFilled(
            box, { box.x + swatch, box.y + swatch }, IM_COL32(band.rgb[0], band.rgb[1], band.rgb[2], 255));
        const float text = box.x + swatch + theme.px(8);
        drawText(list, font, { text, y }, colour::kText, band.range);
        drawText(list, font, { text + levels, y }, colour::kQuiet, band.name);
        y -= row;
    }
}

} // namespace backtake::ui
