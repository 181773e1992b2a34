#include "ui/draw.hpp"

#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

void triangle(ImDrawList& list, ImVec2 centre, float half, float direction, ImU32 tint)
{
    const float reach = half * 0.9F * direction;
    const ImVec2 tip { centre.x + reach, centre.y };
    const ImVec2 top { centre.x - reach, centre.y - half };
    const ImVec2 bottom { centre.x - reach, centre.y + half };
    // Clockwise on screen, or ImGui's edge smoothing falls inwards.
    if (direction > 0)
        list.AddTriangleFilled(top, tip, bottom, tint);
    else
        list.AddTriangleFilled(top, bottom, tip, tint);
}

void bar(ImDrawList& list, float left, float top, float right, float bottom, ImU32 tint)
{
    list.AddRectFilled(
        { std::round(left), std::round(top) }, { std::round(right), std::round(bottom) }, tint);
}

void bracket(ImDrawList& list, ImVec2 centre, float half, float direction, ImU32 tint)
{
    const float thick = std::max(2.0F, std::round(half / 3.5F));
    const float back = centre.x - direction * half * 0.55F;
    const float front = centre.x + direction * half * 0.55F;
    bar(list, back - thick / 2, centre.y - half, back + thick / 2, centre.y + half, tint);
    const float left = std::min(back, front);
    const float right = std::max(back, front);
    bar(list, left, centre.y - half, right, centre.y - half + thick, tint);
    bar(list, left, centre.y + half - thick, right, centre.y + half, tint);
}

void strike(ImDrawList& list, ImVec2 centre, float half, ImU32 tint)
{
    list.AddLine({ centre.x - half, centre.y + half }, { centre.x + half, centre.y - half }, tint,
        std::max(1.5F, half / 5));
}

struct BadgeColours {
    ImU32 fill = 0;
    ImU32 ink = 0;
    ImU32 outline = 0;
};

BadgeColours coloursOf(BadgeKind kind, base::Nanos now)
{
    using namespace colour;
    switch (kind) {
    case BadgeKind::Rec:
        return { rolling, IM_COL32_WHITE, rolling };
    case BadgeKind::Reversed:
        return { shown, kInk, shown };
    case BadgeKind::AsCaptured:
        return { captured, kInk, captured };
    case BadgeKind::ForwardTake:
        return { kPanel, kText, kQuiet };
    case BadgeKind::Lost: {
        const bool bright = std::chrono::duration_cast<std::chrono::milliseconds>(now).count() / 500 % 2 == 0;
        return bright ? BadgeColours { kLost, kInk, kLost } : BadgeColours { kPanel, kText, kLost };
    }
    case BadgeKind::Chase:
        return { kPanel, kText, kQuiet };
    case BadgeKind::Live:
    case BadgeKind::Waiting:
    case BadgeKind::Still:
        break;
    }
    return { kPanel, kText, kFaint };
}

struct BadgeParts {
    Sign before = Sign::None;
    Sign after = Sign::None;
};

BadgeParts partsOf(BadgeKind kind)
{
    switch (kind) {
    case BadgeKind::Rec:
        return { Sign::Disc, Sign::None };
    case BadgeKind::Reversed:
        return { Sign::Left, Sign::None };
    case BadgeKind::AsCaptured:
        return { Sign::None, Sign::Right };
    default:
        return {};
    }
}

struct BadgeMeasures {
    float padding = 0;
    float above = 0; ///< And below.
    float sign = 0;
    float gap = 0;
};

BadgeMeasures measuresOf(ImFont* font)
{
    const float cap = capHeight(font);
    // Big badges fill the bar with their letters, small ones need air round them.
    return { std::round(cap * 0.6F), std::round(4 + cap * 0.18F), cap, std::round(cap * 0.5F) };
}

} // namespace

void drawSign(ImDrawList& list, Sign sign, ImVec2 centre, float size, ImU32 tint)
{
    const float half = size / 2;
    const float thick = std::max(2.0F, std::round(half / 3.5F));
    const ImVec2 c = centre;
    switch (sign) {
    case Sign::None:
        break;
    case Sign::Left:
        triangle(list, c, half, -1, tint);
        break;
    case Sign::Right:
        triangle(list, c, half, +1, tint);
        break;
    case Sign::Up:
        list.AddTriangleFilled({ c.x, c.y - half * 0.8F }, { c.x + half, c.y + half * 0.8F },
            { c.x - half, c.y + half * 0.8F }, tint);
        break;
    case Sign::Down:
        list.AddTriangleFilled({ c.x - half, c.y - half * 0.8F }, { c.x + half, c.y - half * 0.8F },
            { c.x, c.y + half * 0.8F }, tint);
        break;
    case Sign::Disc:
        list.AddCircleFilled(c, half, tint);
        break;
    case Sign::Pause:
        bar(list, c.x - half * 0.75F, c.y - half, c.x - half * 0.2F, c.y + half, tint);
        bar(list, c.x + half * 0.2F, c.y - half, c.x + half * 0.75F, c.y + half, tint);
        break;
    case Sign::Square:
        bar(list, c.x - half * 0.85F, c.y - half * 0.85F, c.x + half * 0.85F, c.y + half * 0.85F, tint);
        break;
    case Sign::FastLeft:
        triangle(list, { c.x - half * 0.55F, c.y }, half * 0.75F, -1, tint);
        triangle(list, { c.x + half * 0.65F, c.y }, half * 0.75F, -1, tint);
        break;
    case Sign::FastRight:
        triangle(list, { c.x - half * 0.65F, c.y }, half * 0.75F, +1, tint);
        triangle(list, { c.x + half * 0.55F, c.y }, half * 0.75F, +1, tint);
        break;
    case Sign::ToFirst:
        bar(list, c.x - half, c.y - half * 0.8F, c.x - half + thick, c.y + half * 0.8F, tint);
        triangle(list, { c.x + half * 0.3F, c.y }, half * 0.8F, -1, tint);
        break;
    case Sign::ToLast:
        bar(list, c.x + half - thick, c.y - half * 0.8F, c.x + half, c.y + half * 0.8F, tint);
        triangle(list, { c.x - half * 0.3F, c.y }, half * 0.8F, +1, tint);
        break;
    case Sign::StepLeft:
        triangle(list, { c.x - half * 0.35F, c.y }, half * 0.75F, -1, tint);
        bar(list, c.x + half * 0.55F, c.y - half * 0.75F, c.x + half * 0.55F + thick, c.y + half * 0.75F,
            tint);
        break;
    case Sign::StepRight:
        triangle(list, { c.x + half * 0.35F, c.y }, half * 0.75F, +1, tint);
        bar(list, c.x - half * 0.55F - thick, c.y - half * 0.75F, c.x - half * 0.55F, c.y + half * 0.75F,
            tint);
        break;
    case Sign::Loop: {
        constexpr float kStart = -0.9F;
        constexpr float kEnd = 4.3F;
        list.PathArcTo(c, half * 0.8F, kStart, kEnd, 24);
        list.PathStroke(tint, 0, std::max(1.5F, thick * 0.8F));
        triangle(list, { c.x + half * 0.15F, c.y - half * 0.8F }, half * 0.5F, +1, tint);
        break;
    }
    case Sign::PingPong:
        bar(list, c.x - half * 0.4F, c.y - thick / 2, c.x + half * 0.4F, c.y + thick / 2, tint);
        triangle(list, { c.x - half * 0.7F, c.y }, half * 0.5F, -1, tint);
        triangle(list, { c.x + half * 0.7F, c.y }, half * 0.5F, +1, tint);
        break;
    case Sign::Once:
        bar(list, c.x - half, c.y - thick / 2, c.x + half * 0.2F, c.y + thick / 2, tint);
        triangle(list, { c.x + half * 0.3F, c.y }, half * 0.5F, +1, tint);
        bar(list, c.x + half - thick, c.y - half * 0.6F, c.x + half, c.y + half * 0.6F, tint);
        break;
    case Sign::In:
        bracket(list, c, half * 0.85F, +1, tint);
        break;
    case Sign::Out:
        bracket(list, c, half * 0.85F, -1, tint);
        break;
    case Sign::ClearIn:
        bracket(list, c, half * 0.85F, +1, tint);
        strike(list, c, half, tint);
        break;
    case Sign::ClearOut:
        bracket(list, c, half * 0.85F, -1, tint);
        strike(list, c, half, tint);
        break;
    case Sign::Cross:
        list.AddLine({ c.x - half * 0.7F, c.y - half * 0.7F }, { c.x + half * 0.7F, c.y + half * 0.7F }, tint,
            thick * 0.7F);
        list.AddLine({ c.x - half * 0.7F, c.y + half * 0.7F }, { c.x + half * 0.7F, c.y - half * 0.7F }, tint,
            thick * 0.7F);
        break;
    case Sign::Menu:
        for (const float row : { -0.6F, 0.0F, 0.6F })
            bar(list, c.x - half * 0.8F, c.y + row * half - thick / 2, c.x + half * 0.8F,
                c.y + row * half + thick / 2, tint);
        break;
    case Sign::Plus:
        bar(list, c.x - thick / 2, c.y - half * 0.7F, c.x + thick / 2, c.y + half * 0.7F, tint);
        bar(list, c.x - half * 0.7F, c.y - thick / 2, c.x + half * 0.7F, c.y + thick / 2, tint);
        break;
    case Sign::ToFetch:
        bar(list, c.x - thick / 2, c.y - half * 0.9F, c.x + thick / 2, c.y, tint);
        list.AddTriangleFilled({ c.x - half * 0.6F, c.y - half * 0.1F },
            { c.x + half * 0.6F, c.y - half * 0.1F }, { c.x, c.y + half * 0.5F }, tint);
        bar(list, c.x - half * 0.7F, c.y + half * 0.75F, c.x + half * 0.7F, c.y + half * 0.75F + thick, tint);
        break;
    case Sign::Speaker:
    case Sign::SpeakerOff:
        list.AddRectFilled(
            { c.x - half * 0.9F, c.y - half * 0.3F }, { c.x - half * 0.5F, c.y + half * 0.3F }, tint);
        list.AddQuadFilled({ c.x - half * 0.5F, c.y - half * 0.3F }, { c.x, c.y - half * 0.8F },
            { c.x, c.y + half * 0.8F }, { c.x - half * 0.5F, c.y + half * 0.3F }, tint);
        if (sign == Sign::Speaker) {
            for (const float radius : { 0.45F, 0.85F }) {
                list.PathArcTo(c, half * radius, -0.8F, 0.8F);
                list.PathStroke(tint, ImDrawFlags_None, thick);
            }
        } else {
            list.AddLine({ c.x + half * 0.25F, c.y - half * 0.35F },
                { c.x + half * 0.95F, c.y + half * 0.35F }, tint, thick);
            list.AddLine({ c.x + half * 0.25F, c.y + half * 0.35F },
                { c.x + half * 0.95F, c.y - half * 0.35F }, tint, thick);
        }
        break;
    case Sign::Minus:
        bar(list, c.x - half * 0.7F, c.y - thick / 2, c.x + half * 0.7F, c.y + thick / 2, tint);
        break;
    }
}

float capHeight(const ImFont* font)
{
    const ImFontGlyph* glyph = font->FindGlyph('H');
    return glyph == nullptr ? font->FontSize * 0.7F : glyph->Y1 - glyph->Y0;
}

float drawText(ImDrawList& list, ImFont* font, ImVec2 left_middle, ImU32 tint, std::string_view words)
{
    if (words.empty())
        return 0;
    const ImFontGlyph* glyph = font->FindGlyph('H');
    const float middle = glyph == nullptr ? font->FontSize / 2 : (glyph->Y0 + glyph->Y1) / 2;
    const ImVec2 place { std::round(left_middle.x), std::round(left_middle.y - middle) };
    list.AddText(font, font->FontSize, place, tint, words.data(), words.data() + words.size());
    return widthOf(font, words);
}

float widthOf(ImFont* font, std::string_view words)
{
    if (words.empty())
        return 0;
    const char* const end = words.data() + words.size();
    return std::ceil(font->CalcTextSizeA(font->FontSize, 1e9F, 0, words.data(), end).x);
}

void drawTextWithin(
    ImDrawList& list, ImFont* font, ImVec2 left_middle, float width, ImU32 tint, std::string_view words)
{
    if (widthOf(font, words) <= width) {
        drawText(list, font, left_middle, tint, words);
        return;
    }
    constexpr std::string_view kMore = "\u2026";
    const float more = widthOf(font, kMore);
    const char* cut = words.data();
    const char* const end = words.data() + words.size();
    font->CalcTextSizeA(font->FontSize, std::max(0.0F, width - more), 0, words.data(), end, &cut);
    const float used = drawText(
        list, font, left_middle, tint, words.substr(0, static_cast<std::size_t>(cut - words.data())));
    if (used + more <= width + 1)
        drawText(list, font, { left_middle.x + used, left_middle.y }, tint, kMore);
}

BadgeSizeOf sizeOf(const Badge& badge, ImFont* font)
{
    const BadgeMeasures measures = measuresOf(font);
    const BadgeParts parts = partsOf(badge.kind);
    float width = 2 * measures.padding
        + std::max(widthOf(font, badge.words.view()), widthOf(font, badge.widest.view()));
    if (parts.before != Sign::None)
        width += measures.sign + measures.gap;
    if (parts.after != Sign::None)
        width += measures.sign + measures.gap;
    return { width, std::round(capHeight(font) + 2 * measures.above) };
}

void drawBadge(ImDrawList& list, const Badge& badge, ImFont* font, ImVec2 top_left, base::Nanos now)
{
    const BadgeSizeOf size = sizeOf(badge, font);
    const BadgeMeasures measures = measuresOf(font);
    const BadgeParts parts = partsOf(badge.kind);
    const BadgeColours colours = coloursOf(badge.kind, now);
    const ImVec2 end { top_left.x + size.width, top_left.y + size.height };
    const float rounding = std::max(2.0F, std::round(size.height * 0.1F));
    list.AddRectFilled(top_left, end, colours.fill, rounding);
    if (colours.outline != colours.fill)
        list.AddRect(
            top_left, end, colours.outline, rounding, 0, std::max(1.0F, std::round(size.height / 24)));
    float x = top_left.x + measures.padding;
    const float middle = top_left.y + std::round(size.height / 2);
    const auto sign = [&](Sign which) {
        drawSign(list, which, { x + measures.sign / 2, middle }, measures.sign, colours.ink);
        x += measures.sign + measures.gap;
    };
    if (parts.before != Sign::None)
        sign(parts.before);
    drawText(list, font, { x, middle }, colours.ink, badge.words.view());
    x += std::max(widthOf(font, badge.widest.view()), widthOf(font, badge.words.view())) + measures.gap;
    if (parts.after != Sign::None)
        sign(parts.after);
}

bool beginPanel(const char* name, const Rect& place, ImGuiWindowFlags more_flags)
{
    ImGui::SetNextWindowPos(at(place));
    ImGui::SetNextWindowSize(sizeOf(place));
    return ImGui::Begin(name, nullptr,
        ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings
            | ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav
            | ImGuiWindowFlags_NoScrollWithMouse | more_flags);
}

float buttonHeight(const Theme& theme) { return theme.px(36); }

bool plainButton(const Theme& theme, const char* name, const ButtonLook& look, const char* hint)
{
    const float height = buttonHeight(theme);
    const ImVec2 size { look.width > 0 ? look.width : height, height };
    bool pressed = ImGui::InvisibleButton(name, size);
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    const bool hovered = ImGui::IsItemHovered();
    // Where the arrow keys go from button to button, Enter presses as Space does.
    const ImGuiContext& gui = *ImGui::GetCurrentContext();
    const bool focused = ImGui::IsItemFocused() && !gui.NavDisableHighlight;
    pressed |= focused && gui.NavActivateInputId == gui.LastItemData.ID;
    const bool held = ImGui::IsItemActive();
    const float alpha = ImGui::GetStyle().Alpha;
    const auto faded = [alpha](ImU32 tint) {
        ImVec4 shade = ImGui::ColorConvertU32ToFloat4(tint);
        shade.w *= alpha;
        return ImGui::ColorConvertFloat4ToU32(shade);
    };

    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ImU32 usual = look.fill != 0 ? look.fill : look.on ? colour::grey(0x3A) : colour::kRaised;
    list.AddRectFilled(low, high, faded(usual), theme.px(4));
    if (hovered || held)
        list.AddRectFilled(low, high, IM_COL32(255, 255, 255, held ? 40 : 18), theme.px(4));
    if (focused)
        list.AddRect(low, high, colour::kText, theme.px(4), 0, theme.px(2));
    const ImU32 tint = faded(look.tint);
    const float middle = std::round((low.y + high.y) / 2);
    const float sign = theme.px(14);
    const float text = look.words.empty() ? 0 : widthOf(theme.fonts.bold, look.words);
    const float gap = look.sign != Sign::None && text > 0 ? theme.px(8) : 0;
    float x = (low.x + high.x - text - gap - (look.sign != Sign::None ? sign : 0)) / 2;
    if (look.sign != Sign::None) {
        drawSign(list, look.sign, { std::round(x + sign / 2), middle }, sign,
            look.sign_tint != 0 ? faded(look.sign_tint) : tint);
        x += sign + gap;
    }
    drawText(list, theme.fonts.bold, { x, middle }, tint, look.words);
    if (hint != nullptr)
        tooltip(theme, hint);
    return pressed;
}

std::optional<Action> keyButton(const Theme& theme, KeyId id, const ButtonLook& look)
{
    const KeyBinding& binding = bindingOf(id);
    const bool pressed = plainButton(theme, binding.name, look);
    tooltip(theme, binding.words, binding.name);
    if (pressed)
        return binding.action;
    return std::nullopt;
}

void tooltip(const Theme& theme, const char* words, const char* key_name)
{
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled) || ImGui::GetCurrentContext() == nullptr
        || ImGui::IsItemActive())
        return;
    ImGui::BeginTooltip();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(10), theme.px(4) });
    ImGui::TextUnformatted(words);
    if (key_name != nullptr) {
        ImGui::SameLine();
        ImGui::PushFont(theme.fonts.mono);
        ImGui::PushStyleColor(ImGuiCol_Text, colour::kQuiet);
        ImGui::TextUnformatted(key_name);
        ImGui::PopStyleColor();
        ImGui::PopFont();
    }
    ImGui::PopStyleVar();
    ImGui::EndTooltip();
}

} // namespace backtake::ui
