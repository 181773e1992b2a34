/// Colours, sizes and fonts of the window. Only neutral greys stand near the picture; colour is kept for
/// states.
#pragma once

#include "ui/layout.hpp"

#include <imgui.h>

#include <optional>
#include <string>

namespace backtake::ui {

namespace colour {
inline constexpr ImU32 grey(unsigned level, unsigned alpha = 255)
{
    return IM_COL32(level, level, level, alpha);
}
inline constexpr ImU32 kGround = IM_COL32(0x14, 0x14, 0x14, 255);
inline constexpr ImU32 kPanel = IM_COL32(0x1C, 0x1C, 0x1C, 255);
inline constexpr ImU32 kRaised = IM_COL32(0x26, 0x26, 0x26, 255);
inline constexpr ImU32 kHover = IM_COL32(0x30, 0x30, 0x30, 255);
inline constexpr ImU32 kHairline = IM_COL32(0x33, 0x33, 0x33, 255);
inline constexpr ImU32 kText = IM_COL32(0xE6, 0xE6, 0xE6, 255);
inline constexpr ImU32 kQuiet = IM_COL32(0x9A, 0x9A, 0x9A, 255);
inline constexpr ImU32 kFaint = IM_COL32(0x5C, 0x5C, 0x5C, 255);
inline constexpr ImU32 kInk = IM_COL32(0x10, 0x10, 0x10, 255); ///< Text on a filled badge.
// Of the states: as the program brings them, and as the settings have them now.
inline constexpr ImU32 kLive = IM_COL32(0xC8, 0xC8, 0xC8, 255);
inline constexpr ImU32 kRolling = IM_COL32(0xFF, 0x3B, 0x30, 255);
inline constexpr ImU32 kShown = IM_COL32(0xFF, 0xB0, 0x00, 255);
inline constexpr ImU32 kCaptured = IM_COL32(0x4D, 0xA3, 0xFF, 255);
inline ImU32 live = kLive;
inline ImU32 rolling = kRolling;
inline ImU32 shown = kShown;
inline ImU32 captured = kCaptured;
/// 0xRRGGBB, as settings write it, and back.
inline constexpr ImU32 ofRgb(unsigned rgb)
{
    return IM_COL32(rgb >> 16 & 0xFF, rgb >> 8 & 0xFF, rgb & 0xFF, 255);
}
inline constexpr unsigned rgbOf(ImU32 colour)
{
    return (colour >> IM_COL32_R_SHIFT & 0xFF) << 16 | (colour >> IM_COL32_G_SHIFT & 0xFF) << 8
        | (colour >> IM_COL32_B_SHIFT & 0xFF);
}
inline constexpr ImU32 kLost = IM_COL32(0xA8, 0xA8, 0xA8, 255);
} // namespace colour

/// Made once for a display scale. Owned by ImGui's atlas; valid until the fonts are loaded again.
struct Fonts {
    ImFont* body = nullptr;        ///< 15 px.
    ImFont* small = nullptr;       ///< 12 px: captions.
    ImFont* bold = nullptr;        ///< 15 px.
    ImFont* badge = nullptr;       ///< 22 px.
    ImFont* badge_small = nullptr; ///< 11 px, for windows too small for more.
    ImFont* badge_big = nullptr;   ///< Capitals 48 px high, for three metres.
    ImFont* clock = nullptr;       ///< 28 px, tabular.
    ImFont* mono = nullptr;        ///< 13 px, tabular.
};

struct Theme {
    float scale = 1;
    Fonts fonts;

    /// A size at scale 1 in whole pixels.
    [[nodiscard]] float px(float size) const;
    [[nodiscard]] ImFont* badge(BadgeSize size) const;
};

/// Sets colours and sizes, and loads the fonts into the current ImGui context, in place of those loaded
/// before.
/// @param folder WindowOptions::fonts. @param trouble set to the operator's line when a font file is missing;
/// ImGui's own stands in then.
Theme loadTheme(float scale, const std::string& folder, std::optional<std::string>& trouble);

} // namespace backtake::ui
