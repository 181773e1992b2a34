/// Messages at the bottom left of the monitor, newest first: as long as they are true, or six seconds.
#pragma once

#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace backtake::ui {

/// Which panel was opened and has no room in this window, and how much it needs; empty: all are there.
Words<191> noRoomWords(const Model& model, const Layout& layout);

class MessagesView {
public:
    /// Lines of the window's own, each until it is dismissed; empty: none.
    struct Own {
        std::string_view trouble; ///< A missing font.
        std::string_view no_room; ///< As noRoomWords().
    };
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme, const Own& own);

private:
    std::array<std::string, 2> own_dismissed_;
};

} // namespace backtake::ui
