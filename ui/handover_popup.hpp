/// The sheet (Ctrl+E) that hands takes over to editorial, and the strip that says how far that is.
#pragma once

#include "ui/form.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// Room: the window's. What was chosen stays for the next time it is opened.
class HandoverPopup {
public:
    void toggle();
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it; what runs goes on. @return whether it was open.
    bool leave();
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    void drawTakes(const Model& model, const Theme& theme, float width);
    void drawFormats(const Theme& theme, float width);
    void drawPlaying(const Model& model, const Theme& theme, float width);
    void drawLook(const Model& model, const Theme& theme, float width) const;
    [[nodiscard]] static std::optional<Intent> drawRuns(const Model& model, const Theme& theme, float width);

    bool open_ = false;
    bool opening_ = false;
    HandoverWish wish_;
    std::optional<HandoverWish> asked_; ///< Last looked at; none since it was opened.
    std::size_t runs_ = 0;              ///< When it was.
    TextField<1023> folder_;
};

/// At the bottom right of the picture while a hand-over runs. A click opens the sheet.
std::optional<Action> drawHandoverStrip(const Model& model, const Layout& layout, const Theme& theme);

} // namespace backtake::ui
