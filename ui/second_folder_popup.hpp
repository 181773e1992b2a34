/// The popup (F9) that chooses where takes go on when the shoot's disk is full, slow to return or gone.
#pragma once

#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>
#include <string>

namespace backtake::ui {

class SecondFolderPopup {
public:
    /// Opens it with the folder chosen now, or closes it.
    void toggle(const Model& model);
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);
    /// Closes it without a change. @return whether it was open.
    bool leave();

private:
    static constexpr std::size_t kLongestFolder = 1023;

    std::array<char, kLongestFolder + 1> folder_ {};
    std::string asked_; ///< The text that was last looked up.
    bool open_ = false;
    bool opening_ = false;
};

} // namespace backtake::ui
