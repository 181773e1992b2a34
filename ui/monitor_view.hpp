/// The ground round the pictures: the bands that tell their states, the veil over an old one, the words where
/// there is none, the badges on them where there are several. The pictures themselves are drawn by
/// gl::PictureRenderer, underneath.
#pragma once

#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <array>
#include <span>

namespace backtake::ui {

class MonitorView {
public:
    /// @param has_picture whether a picture lies under the view, for each pane.
    /// @param wipe where the line between picture and reference stands, in parts of the picture's width.
    /// @param badges_on_picture with the chrome hidden the badges stand on the picture's corner, and under
    /// them @p tool_words, one for each image tool that is on.
    void draw(const Model& model, const Layout& layout, const Theme& theme,
        const std::array<bool, kMostPanes>& has_picture, double wipe, bool badges_on_picture,
        std::span<const Words<31>> tool_words);
};

} // namespace backtake::ui
