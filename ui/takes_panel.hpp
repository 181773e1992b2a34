/// The takes of the shoot beside the picture, oldest first as on paper; a strip of slates where there is less
/// room.
#pragma once

#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

class TakesPanel {
public:
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);

    /// The take whose clip the box at the foot is about: the chosen one, else the newest that has one.
    [[nodiscard]] static std::optional<std::size_t> clipRow(const Model& model);

private:
    std::optional<std::size_t> selected_before_; ///< A new choice is scrolled to, once.
    std::size_t count_before_ = 0;
};

} // namespace backtake::ui
