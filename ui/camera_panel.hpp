/// The camera's body beside its picture: dials, its own recording, battery, card and lens.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>
#include <string>

namespace backtake::ui {

class CameraPanel {
public:
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);
    /// F6 and the keys of KeyPlace::CameraPanel.
    std::optional<Intent> perform(ViewAction action, const Model& model);
    /// Whether it has the arrow keys.
    [[nodiscard]] bool focused() const { return focused_; }
    /// Its list, else its hold on the arrow keys. @return whether there was one.
    bool leave();

private:
    static constexpr std::size_t kLongestValue = 31;

    std::optional<Intent> drawSetting(const CameraSetting& setting, std::size_t index, const BodyModel& body,
        const Theme& theme, float width, float height);
    std::optional<Intent> drawList(const CameraSetting& setting, const Theme& theme);
    void drawFacts(const Model& model, const Theme& theme, float width);
    void openList(const CameraSetting& setting);

    bool focused_ = false;
    std::size_t chosen_ = 0; ///< Setting that the keys turn.
    std::string list_of_;    ///< The driver's name of the setting whose list is open; empty: none.
    bool list_opening_ = false;
    bool list_closing_ = false;
    bool list_scrolls_ = false;                    ///< The marked value comes into sight, once.
    std::size_t marked_ = 0;                       ///< In the list.
    std::array<char, kLongestValue + 1> typed_ {}; ///< For a setting without a list.
};

} // namespace backtake::ui
