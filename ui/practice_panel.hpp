/// Practice under the picture: what is recorded and heard, the attempts, their scores, and its keys.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

class PracticePanel {
public:
    /// Nothing while Model::practice is none, or where the layout has no band for it.
    std::optional<Action> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    std::optional<Action> drawAttempts(const PracticeModel& practice, const Rect& place, const Theme& theme);

    int scrolled_to_ = 0; ///< Number of the attempt that was brought into sight last.
};

} // namespace backtake::ui
