#include "takes/handover/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numbers>

namespace backtake::handover {

namespace {

using Font = std::unique_ptr<PangoFontDescription, Freeing<pango_font_description_free>>;
using Attributes = std::unique_ptr<PangoAttrList, Freeing<pango_attr_list_unref>>;

} // namespace

std::string validUtf8(std::string_view text)
{
    char* made = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
    std::string valid(made);
    g_free(made);
    return valid;
}

Layout layoutOf(cairo_t* drawing, std::string_view text, const Lettering& lettering, double width)
{
    Layout layout(pango_cairo_create_layout(drawing));
    const Font font(pango_font_description_new());
    pango_font_description_set_family(font.get(), lettering.family);
    pango_font_description_set_absolute_size(font.get(), lettering.size * PANGO_SCALE);
    pango_font_description_set_weight(font.get(), lettering.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout.get(), font.get());
    const Attributes attributes(pango_attr_list_new());
    pango_attr_list_insert(attributes.get(), pango_attr_font_features_new("tnum"));
    pango_layout_set_attributes(layout.get(), attributes.get());
    if (width > 0) {
        pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    } else {
        pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    }
    pango_layout_set_text(layout.get(), validUtf8(text).c_str(), -1);
    return layout;
}

void shorten(PangoLayout* layout, double width)
{
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_START);
    pango_layout_set_width(layout, std::max(1, static_cast<int>(width * PANGO_SCALE)));
}

double widthOf(PangoLayout* layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(layout, nullptr, &logical);
    return static_cast<double>(logical.width) / PANGO_SCALE;
}

double heightOf(PangoLayout* layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(layout, nullptr, &logical);
    return static_cast<double>(logical.height) / PANGO_SCALE;
}

std::string directionWords(const Clip& clip)
{
    if (clip.reversed())
        return fmt::format("REVERSED {} %", clip.speed_percent);
    return clip.speed_percent == 100 ? "AS CAPTURED" : fmt::format("AS CAPTURED {} %", clip.speed_percent);
}

double drawSlate(
    cairo_t* drawing, const Clip& clip, const Lettering& lettering, double x, double y, double width)
{
    const std::string scene = validUtf8(clip.slate.scene);
    const std::string before = scene + "/";
    const std::string number = std::to_string(clip.slate.take);
    std::string text = before + number + clip.slate.camera;
    if (!clip.suffix.empty())
        text += " " + clip.suffix;
    const Layout layout = layoutOf(drawing, text, lettering);
    if (widthOf(layout.get()) > width)
        shorten(layout.get(), width);
    cairo_move_to(drawing, x, y);
    pango_cairo_show_layout(drawing, layout.get());
    if (clip.circled) {
        PangoRectangle from;
        PangoRectangle to;
        pango_layout_index_to_pos(layout.get(), static_cast<int>(before.size()), &from);
        pango_layout_index_to_pos(layout.get(), static_cast<int>(before.size() + number.size()), &to);
        const double left = static_cast<double>(std::min(from.x, to.x)) / PANGO_SCALE;
        const double right = static_cast<double>(std::max(from.x, to.x)) / PANGO_SCALE;
        const double high = lettering.size * 1.25;
        cairo_save(drawing);
        cairo_translate(drawing, x + (left + right) / 2, y + heightOf(layout.get()) / 2);
        cairo_scale(drawing, ((right - left) + lettering.size * 0.35) / 2, high / 2);
        cairo_new_sub_path(drawing);
        cairo_arc(drawing, 0, 0, 1, 0, 2 * std::numbers::pi);
        cairo_restore(drawing);
        cairo_set_line_width(drawing, lettering.size / 9);
        cairo_stroke(drawing);
    }
    return widthOf(layout.get());
}

void drawArrow(cairo_t* drawing, double x, double y, double size, bool reversed)
{
    cairo_move_to(drawing, reversed ? x : x + size, y + size / 2);
    cairo_line_to(drawing, reversed ? x + size : x, y);
    cairo_line_to(drawing, reversed ? x + size : x, y + size);
    cairo_close_path(drawing);
    cairo_fill(drawing);
}

} // namespace backtake::handover
