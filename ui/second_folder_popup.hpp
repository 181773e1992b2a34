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
    /// Opens it with the folder chosen now, or closes it. The arrows go through the disks that are there.
    void toggle(const Model& model);
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);
    /// Closes it without a change. @return whether it was open.
    bool leave();

private:
    static constexpr std::size_t kLongestFolder = 1023;
    static constexpr std::size_t kMostDisks = 4;
    std::optional<Intent> drawDisks(const Model& model, const Theme& theme, float width);

    std::array<char, kLongestFolder + 1> folder_ {};
    std::string asked_;        ///< The text that was last looked up.
    bool disks_asked_ = false; ///< Since it was opened.
    bool open_ = false;
    bool opening_ = false;
};

} // namespace backtake::ui
