/// All keys (F1), from the table that dispatches them.
#pragma once

#include "ui/layout.hpp"
#include "ui/theme.hpp"

namespace backtake::ui {

class KeysOverlay {
public:
    void toggle() { open_ = !open_; }
    /// Closes it. @return whether it was open.
    bool leave();
    void draw(const Layout& layout, const Theme& theme);

private:
    bool open_ = false;
};

} // namespace backtake::ui
