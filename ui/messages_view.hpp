/// Messages at the bottom left of the monitor, newest first: as long as they are true, or six seconds.
#pragma once

#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace backtake::ui {

/// Which panel was opened and has no room in this window, and how much it needs; empty: all are there.
Words<191> noRoomWords(const Model& model, const Layout& layout);

class MessagesView {
public:
    /// @param own a line of the window's own (a missing font) that stands until it is dismissed; empty: none.
    std::optional<Intent> draw(
        const Model& model, const Layout& layout, const Theme& theme, std::string_view own);

private:
    std::string own_dismissed_;
};

} // namespace backtake::ui
