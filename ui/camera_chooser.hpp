/// The list of cameras under the camera field of the top bar.
#pragma once

#include "ui/intent.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

class CameraChooser {
public:
    void open() { opening_ = true; }
    /// @param place its top right corner.
    std::optional<Intent> draw(const Model& model, const Theme& theme, ImVec2 place);
    /// @return whether it was open.
    bool leave();

private:
    bool open_ = false;
    bool opening_ = false;
    bool closing_ = false;
};

} // namespace backtake::ui
