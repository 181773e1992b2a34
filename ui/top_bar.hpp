/// Slate, badges, clocks and camera, above the picture.
#pragma once

#include "ui/camera_chooser.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/slate_editor.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <optional>
#include <span>

namespace backtake::ui {

class TopBar {
public:
    /// @param tool_words one for each image tool that is on.
    std::optional<Intent> draw(
        const Model& model, const Layout& layout, const Theme& theme, std::span<const Words<31>> tool_words);

    /// Closes the popup that is open. @return whether there was one.
    bool leave();
    /// F8 and the keys of KeyPlace::CameraList.
    std::optional<Intent> perform(ViewAction action, const Model& model)
    {
        return cameras_.perform(action, model);
    }
    [[nodiscard]] bool listsCameras() const { return cameras_.isOpen(); }

private:
    SlateEditor slate_;
    CameraChooser cameras_;
};

} // namespace backtake::ui
