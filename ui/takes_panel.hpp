/// The takes of the shoot beside the picture, oldest first as on paper, each with its first and its last
/// picture as shown; a strip of slates and pictures where there is less room. Under them what is said of the
/// take in review, and the buttons to say it.
#pragma once

#include "ui/gl/rgba_texture.hpp"
#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>
#include <vector>

namespace backtake::ui {

/// Room: the thread with the GL context: the pictures of the takes lie on textures.
class TakesPanel {
public:
    /// @param ask_board whether Model::board_question is shown.
    std::optional<Action> draw(
        const Model& model, const Layout& layout, const Theme& theme, bool ask_board = true);

    /// The take whose clip the box at the foot is about: the chosen one, else the newest that has one.
    [[nodiscard]] static std::optional<std::size_t> clipRow(const Model& model);

private:
    std::optional<Intent> drawRows(const Model& model, const Theme& theme, float height, bool full);
    void drawEnds(
        ImDrawList& list, const TakeRow& take, std::size_t place, ImVec2 low, const Theme& theme, bool full);

    /// More than rows find room on a screen. By place in the list, so that scrolling by a row uploads one.
    std::array<gl::RgbaTexture, 64> ends_;
    std::vector<std::size_t> on_screen_; ///< Rows with pictures; kept for its memory.
    std::vector<std::size_t> told_;      ///< Of them, to the session.

    std::optional<std::size_t> selected_before_; ///< A new choice is scrolled to, once.
    std::size_t count_before_ = 0;
    std::int64_t mark_before_ = 0;
    std::vector<std::size_t> listed_; ///< Rows that the filter wants; kept for its memory.
};

} // namespace backtake::ui
