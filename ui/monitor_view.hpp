/// The ground round the picture: the band that tells the state, the veil over an old picture, the words where
/// there is none. The picture itself is drawn by gl::PictureRenderer, underneath.
#pragma once

#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <span>

namespace backtake::ui {

class MonitorView {
public:
    /// @param has_picture whether a picture lies under the view.
    /// @param badges_on_picture with the chrome hidden the badges stand on the picture's corner, and under
    /// them @p tool_words, one for each image tool that is on.
    void draw(const Model& model, const Layout& layout, const Theme& theme, bool has_picture,
        bool badges_on_picture, std::span<const Words<31>> tool_words);
};

} // namespace backtake::ui
