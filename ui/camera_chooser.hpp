/// The list of cameras under the camera field of the top bar: what can be opened, why something cannot, and a
/// field for the address of one in the network.
#pragma once

#include "ui/keys.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>

namespace backtake::ui {

class CameraChooser {
public:
    void open() { opening_ = true; }
    /// @param place its top right corner.
    std::optional<Intent> draw(const Model& model, const Theme& theme, ImVec2 place);
    /// F8 and the keys of KeyPlace::CameraList.
    std::optional<Intent> perform(ViewAction action, const Model& model);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// @return whether it was open.
    bool leave();

private:
    static constexpr std::size_t kLongestAddress = 255;

    static std::optional<Intent> choose(const CameraChoice& camera);

    bool open_ = false;
    bool opening_ = false;
    bool closing_ = false;
    bool typing_ = false;               ///< The field takes the keyboard with the next frame.
    std::optional<std::size_t> marked_; ///< By the arrow keys.
    std::array<char, kLongestAddress + 1> address_ {};
};

} // namespace backtake::ui
