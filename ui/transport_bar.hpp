/// The row of buttons at the bottom: roll, play, marks, speed; and what is left of ring and disk.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

class TransportBar {
public:
    std::optional<Action> draw(const Model& model, const Layout& layout, const Theme& theme, bool tools_open,
        const base::SoundChoice& sound);
    /// Closes the menu. @return whether it was open.
    bool leave();

private:
    std::optional<Action> drawMenu(const Theme& theme, const Layout& layout);

    std::optional<int> drawSpeed(const Theme& theme, float width, int percent, ImU32 tint);

    std::optional<int> speed_; ///< The thumb, while it is held.
    bool menu_open_ = false;
    bool menu_closing_ = false;
};

} // namespace backtake::ui
