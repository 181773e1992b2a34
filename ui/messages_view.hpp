/// Messages at the bottom left of the monitor, newest first: as long as they are true, or six seconds.
#pragma once

#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <string>

namespace backtake::ui {

class MessagesView {
public:
    /// @param own a line of the window's own (a missing font) that stands until it is dismissed.
    std::optional<Intent> draw(
        const Model& model, const Layout& layout, const Theme& theme, const std::optional<std::string>& own);

private:
    std::string own_dismissed_;
};

} // namespace backtake::ui
