/// Shapes and widgets that several views share: signs drawn as shapes, badges, buttons that know their key.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/state.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <string_view>

namespace backtake::ui {

enum class Sign {
    None = 0,
    Left = 1,
    Right,
    Up,
    Down,
    Disc,
    Pause,
    Square,
    FastLeft,
    FastRight,
    ToFirst,
    ToLast,
    StepLeft,
    StepRight,
    Loop,
    PingPong,
    Once,
    In,
    Out,
    ClearIn,
    ClearOut,
    Cross,
    Menu,
    Minus,
    Plus,
    ToFetch, ///< An arrow down to a line.
    Speaker,
    SpeakerOff, ///< Crossed out.
};

inline ImVec2 at(const Rect& rect) { return { static_cast<float>(rect.x), static_cast<float>(rect.y) }; }
inline ImVec2 sizeOf(const Rect& rect)
{
    return { static_cast<float>(rect.width), static_cast<float>(rect.height) };
}
inline ImVec2 endOf(const Rect& rect)
{
    return { static_cast<float>(rect.right()), static_cast<float>(rect.bottom()) };
}

/// Draws @p sign in a square of @p size round @p centre.
void drawSign(ImDrawList& list, Sign sign, ImVec2 centre, float size, ImU32 tint);

/// Draws text with its left edge and the middle of its capitals at @p left_middle. @return its width.
float drawText(ImDrawList& list, ImFont* font, ImVec2 left_middle, ImU32 tint, std::string_view words);
float widthOf(ImFont* font, std::string_view words);
/// The words, or as many of them as fit in @p width with "…" after them.
void drawTextWithin(
    ImDrawList& list, ImFont* font, ImVec2 left_middle, float width, ImU32 tint, std::string_view words);

/// Height of capitals, the measure by which text and signs are aligned.
float capHeight(const ImFont* font);

struct BadgeSizeOf {
    float width = 0;
    float height = 0;
};
BadgeSizeOf sizeOf(const Badge& badge, ImFont* font);
/// @param now lets a lost camera's badge blink, once a second.
void drawBadge(ImDrawList& list, const Badge& badge, ImFont* font, ImVec2 top_left, base::Nanos now);

/// A panel without decoration at exactly @p place. Call ImGui::End() whatever it says.
bool beginPanel(const char* name, const Rect& place, ImGuiWindowFlags more_flags = 0);

struct ButtonLook {
    Sign sign = Sign::None;
    std::string_view words {};
    float width = 0; ///< 0: square.
    ImU32 tint = colour::kText;
    ImU32 sign_tint = 0; ///< 0: as the words.
    ImU32 fill = 0;      ///< 0: the theme's.
    bool on = false;     ///< Drawn as chosen.
};
/// A button of at least 32 px that makes the same action as its key, which its tooltip names.
std::optional<Action> keyButton(const Theme& theme, KeyId id, const ButtonLook& look);
/// The same without a key. @return whether it was pressed.
bool plainButton(const Theme& theme, const char* name, const ButtonLook& look, const char* tooltip = nullptr);
/// A tooltip for the last item, after a moment.
void tooltip(const Theme& theme, const char* words, const char* key_name = nullptr);

/// Height of all buttons.
float buttonHeight(const Theme& theme);

} // namespace backtake::ui
