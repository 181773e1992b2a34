/// Pango and Cairo with owners, and the marks that reports and burnt-in text share.
#pragma once

#include "takes/handover/pdf_pages.hpp"
#include "takes/handover/timeline.hpp"

#include <cairo/cairo.h>
#include <pango/pangocairo.h>

#include <memory>
#include <string>
#include <string_view>

namespace backtake::handover {

template <auto free> struct Freeing {
    template <typename T> void operator()(T* what) const { free(what); }
};
using Surface = std::unique_ptr<cairo_surface_t, Freeing<cairo_surface_destroy>>;
using Drawing = std::unique_ptr<cairo_t, Freeing<cairo_destroy>>;
using Layout = std::unique_ptr<PangoLayout, Freeing<g_object_unref>>;

/// What is no UTF-8 in it replaced, so that Pango takes it.
std::string validUtf8(std::string_view text);
/// @p text in any script, figures all of one width. @param width wrapped there, within words too when they
/// are longer; 0: one line.
Layout layoutOf(cairo_t* drawing, std::string_view text, const Lettering& lettering, double width = 0);
/// On one line and not wider than @p width: of what is too long the beginning is left out, which keeps a take
/// number.
void shorten(PangoLayout* layout, double width);
double widthOf(PangoLayout* layout);
double heightOf(PangoLayout* layout);

/// "REVERSED -100 %", "AS CAPTURED", "AS CAPTURED 50 %".
std::string directionWords(const Clip& clip);

/// "12A/3B PU" with its top left corner at @p x, @p y, a circle drawn round the take number of a circled
/// take. @return its width.
double drawSlate(
    cairo_t* drawing, const Clip& clip, const Lettering& lettering, double x, double y, double width);
/// A filled arrow as high as @p size and as wide: to the left when the take plays reversed.
void drawArrow(cairo_t* drawing, double x, double y, double size, bool reversed);

} // namespace backtake::handover
