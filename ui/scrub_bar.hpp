/// The take from end to end, in the order on screen: drag to scrub; in, out, the roll point and the playhead.
#pragma once

#include "ui/gl/rgba_texture.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// Room: the thread with the GL context: the filmstrip's pictures lie on a texture.
class ScrubBar {
public:
    std::optional<Intent> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    void drawFilmstrip(const ReviewModel& review, ImVec2 low, ImVec2 high);
    std::optional<Intent> drawTake(
        const ReviewModel& review, const Rect& place, const Theme& theme, bool on_screen);

    std::optional<base::FrameIndex> dragged_; ///< The thumb, while it is held.
    gl::RgbaTexture filmstrip_;
};

} // namespace backtake::ui
