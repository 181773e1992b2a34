/// What holds for all takes of a setup: direction, orientation, glass, rate, camera, a description.
#pragma once

#include "ui/intent.hpp"
#include "ui/kit_fields.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// Room: the window's. It stays with the setup it was opened for, whatever is on screen meanwhile.
class SetupEditor {
public:
    /// Of the take in review; live, of the take to be shot next. Open: closes it.
    void toggle(const Model& model);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it without a change. @return whether it was open.
    bool leave();
    std::optional<Intent> draw(const Layout& layout, const Theme& theme);

private:
    bool open_ = false;
    bool opening_ = false;
    SetupSheet sheet_; ///< As it was opened.
    HowShown how_;
    KitFields kit_;
    TextField<kLongestNote> description_;
};

} // namespace backtake::ui
