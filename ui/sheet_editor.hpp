/// What is said of the take in review as a whole: its slate, verdict, flags, stars, board, a note; what it
/// was shot with and how it is shown, where that differs from its setup.
#pragma once

#include "ui/intent.hpp"
#include "ui/kit_fields.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <string>

namespace backtake::ui {

/// Room: the window's. It stays with the take it was opened for, whatever is on screen meanwhile.
class SheetEditor {
public:
    /// @pre model.review. Open: closes it.
    void toggle(const Model& model);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it without a change. @return whether it was open.
    bool leave();
    std::optional<Intent> draw(const Layout& layout, const Theme& theme);

private:
    bool drawSlate(const Theme& theme, float width);
    void drawChoices(const Theme& theme, float width);
    [[nodiscard]] Intent asked();

    bool open_ = false;
    bool opening_ = false;
    std::string take_;
    std::string title_;
    TakeSheet sheet_;
    SetupSheet setup_;
    HowShown how_;
    HowShown how_before_;
    TextField<1000> scene_; ///< As long as a slate may be.
    TextField<5> number_;
    bool all_after_ = false;
    KitFields kit_;
    TextField<kLongestNote> note_;
};

} // namespace backtake::ui
