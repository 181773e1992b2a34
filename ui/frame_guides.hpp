/// What stands over the picture to judge its frame: frame lines with what lies outside dimmed, safe areas,
/// the centre; and the legend of the false colours. All follow zoom and pan.
#pragma once

#include "ui/image_tools.hpp"
#include "ui/layout.hpp"
#include "ui/theme.hpp"

namespace backtake::ui {

/// A part of the upright picture.
struct Frame {
    Point low { 0, 0 };
    Point size { 1, 1 };
};
/// The largest frame of this aspect in the middle of a picture of that one.
[[nodiscard]] Frame frameOf(double picture_aspect, double aspect);
/// @p part of its width and height, in its middle.
[[nodiscard]] Frame insideOf(const Frame& frame, double part);
/// Where it lies on screen, in whole pixels; may reach beyond the place.
[[nodiscard]] Rect placeOf(const Frame& frame, const PictureView& view, const Rect& place);

/// @param picture_aspect of the picture as it is shown, desqueezed.
void drawFrameGuides(ImDrawList& list, const ImageTools& tools, double picture_aspect,
    const PictureView& view, const Rect& place, const Theme& theme);

/// In the picture's bottom right corner; nothing in pictures too small for it.
void drawFalseColourLegend(ImDrawList& list, const Rect& place, const Theme& theme);

} // namespace backtake::ui
