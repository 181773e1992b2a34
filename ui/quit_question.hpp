/// Asks before the end when frames would be lost by it.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// In the middle of the window, over everything but the frame that tells the state.
std::optional<Action> drawQuitQuestion(const Model& model, const Layout& layout, const Theme& theme);

} // namespace backtake::ui
