/// How marks, notes and tells look, wherever they stand: a triangle, a flag, a circle with the tell's key,
/// each in its own colour.
#pragma once

#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

namespace colour {
inline constexpr ImU32 kMark = IM_COL32(0x6F, 0xD6, 0xB0, 255);
inline constexpr ImU32 kNote = IM_COL32(0xF2, 0xE2, 0x7A, 255);
inline constexpr ImU32 kTell = IM_COL32(0xCF, 0xA6, 0xF2, 255);
} // namespace colour

ImU32 tintOf(MarkModel::Kind kind);
/// In a square of @p size round @p centre. @param tell of a Tell, 1 … kTells.
void drawMark(
    ImDrawList& list, MarkModel::Kind kind, int tell, ImVec2 centre, float size, const Theme& theme);

/// At the bottom of the picture, what is said of the frame on screen; while it plays, for a second longer. In
/// a badge's size: it is read from where the badge is. @return the mark that was clicked twice.
std::optional<std::int64_t> drawWordsOnPicture(
    ImDrawList& list, const Model& model, const Layout& layout, const Theme& theme);

} // namespace backtake::ui
