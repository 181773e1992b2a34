/// The take from end to end, in the order on screen: drag to scrub; in, out, the roll point, what is said of
/// its frames, and the playhead.
#pragma once

#include "ui/gl/rgba_texture.hpp"
#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <vector>

namespace backtake::ui {

/// Room: the thread with the GL context: the filmstrip's pictures lie on a texture.
class ScrubBar {
public:
    std::optional<Action> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    void drawFilmstrip(const ReviewModel& review, ImVec2 low, ImVec2 high);
    void drawMaster(const ReviewModel& review, bool reversed, ImVec2 low, ImVec2 high);
    /// The marks along the strip, each where its frame is; those too close to tell apart as one with their
    /// number. Before the strip: where a mark is, a click means the mark.
    std::optional<Action> drawMarks(const ReviewModel& review, ImVec2 low, ImVec2 high, const Theme& theme);
    std::optional<Action> drawTake(
        const ReviewModel& review, const Rect& place, const Theme& theme, bool on_screen);

    std::optional<base::FrameIndex> dragged_; ///< The thumb, while it is held.
    gl::RgbaTexture filmstrip_;
    std::vector<base::WaveColumn> columns_; ///< Of the master.
};

} // namespace backtake::ui
