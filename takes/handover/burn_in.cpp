#include "takes/handover/burn_in.hpp"

#include "takes/handover/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

namespace backtake::handover {

namespace {

/// Figures are of one width here, so that clocks do not jump.
constexpr const char* kFigures = "JetBrains Mono";

/// Something to draw coverage on.
struct Sheet {
    Sheet(int width, int height)
        : surface(cairo_image_surface_create(CAIRO_FORMAT_A8, width, height))
        , drawing(cairo_create(surface.get()))
    {
    }
    [[nodiscard]] Mask mask() const
    {
        cairo_surface_flush(surface.get());
        Mask made { cairo_image_surface_get_width(surface.get()),
            cairo_image_surface_get_height(surface.get()), {} };
        const std::uint8_t* row = cairo_image_surface_get_data(surface.get());
        for (int y = 0; y < made.height; ++y, row += cairo_image_surface_get_stride(surface.get()))
            made.rows.insert(made.rows.end(), row, row + made.width);
        return made;
    }
    Surface surface;
    Drawing drawing;
};

/// Lays white letters on darkened ground over @p frame from row @p top, which is even.
template <typename Sample> void blend(AVFrame& frame, const Mask& mask, int top, int shift, int chroma_rows)
{
    // A dark ground shows white letters over any picture, and lets the picture be seen.
    const auto mix = [](int value, int to, int coverage) {
        const int ground = value * 2 / 5;
        return ground + (to - ground) * coverage / 255;
    };
    for (int y = 0; y < mask.height; ++y) {
        auto* row = reinterpret_cast<Sample*>(frame.data[0] + (top + y) * frame.linesize[0]);
        const std::uint8_t* coverage = mask.rows.data() + y * mask.width;
        const int black = 16 << shift;
        for (int x = 0; x < mask.width; ++x)
            row[x] = static_cast<Sample>(black + mix(row[x] - black, 219 << shift, coverage[x]));
    }
    for (int plane = 1; plane < 3; ++plane) {
        for (int y = 0; y < mask.height; y += chroma_rows) {
            auto* row = reinterpret_cast<Sample*>(
                frame.data[plane] + (top + y) / chroma_rows * frame.linesize[plane]);
            const std::uint8_t* coverage = mask.rows.data() + y * mask.width;
            const int grey = 128 << shift;
            for (int x = 0; x < mask.width / 2; ++x)
                row[x] = static_cast<Sample>(grey + mix(row[x] - grey, 0, coverage[2 * x]));
        }
    }
}

void blend(AVFrame& frame, const Mask& mask, int top)
{
    const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    const int chroma_rows = 1 << format->log2_chroma_h;
    if (format->comp[0].depth == 8)
        blend<std::uint8_t>(frame, mask, top, 0, chroma_rows);
    else
        blend<std::uint16_t>(frame, mask, top, format->comp[0].depth - 8, chroma_rows);
}

} // namespace

BurnIn::BurnIn(const Clip& clip, int width, int height)
    : clip_(clip)
    , size_(std::max(4.0, std::min(height / 28.0, width / 50.0)))
    , height_(height)
    , margin_(static_cast<int>(std::ceil(size_ / 2)))
{
    // Even, as chroma's rows are counted; a picture without room for letters gets none.
    const int strip = std::min(2 * static_cast<int>(size_), height / 4 * 2);
    Sheet sheet(width, strip);
    const double half = width / 2.0 - 2 * margin_;
    const Lettering bold { "Inter", size_, true };
    const Layout words = layoutOf(sheet.drawing.get(), directionWords(clip_), bold);
    const double y = (strip - heightOf(words.get())) / 2;
    drawSlate(sheet.drawing.get(), clip_, bold, margin_, y, half);
    const double x = width - margin_ - widthOf(words.get());
    const double arrow = size_ * 0.8;
    const double arrow_y = (strip - arrow) / 2;
    if (clip_.reversed()) {
        drawArrow(sheet.drawing.get(), x - arrow * 1.5, arrow_y, arrow, true);
        cairo_move_to(sheet.drawing.get(), x, y);
    } else {
        drawArrow(sheet.drawing.get(), width - margin_ - arrow, arrow_y, arrow, false);
        cairo_move_to(sheet.drawing.get(), x - arrow * 1.5, y);
    }
    pango_cairo_show_layout(sheet.drawing.get(), words.get());
    above_ = sheet.mask();
    below_ = { width, strip, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * strip) };
    advance_ = static_cast<int>(
        std::ceil(widthOf(layoutOf(sheet.drawing.get(), "0", { kFigures, size_, false }).get())));
}

const Mask& BurnIn::glyph(char c)
{
    Mask& glyph = glyphs_[static_cast<unsigned char>(c) % glyphs_.size()];
    if (glyph.rows.empty()) {
        const Sheet sheet(advance_, below_.height);
        const Layout drawn =
            layoutOf(sheet.drawing.get(), std::string_view(&c, 1), { kFigures, size_, false });
        cairo_move_to(sheet.drawing.get(), 0, (below_.height - heightOf(drawn.get())) / 2);
        pango_cairo_show_layout(sheet.drawing.get(), drawn.get());
        glyph = sheet.mask();
    }
    return glyph;
}

void BurnIn::write(std::string_view text, int x)
{
    for (const char c : text) {
        const Mask& drawn = glyph(c);
        const int shown = std::min(drawn.width, below_.width - x);
        for (int y = 0; x >= 0 && shown > 0 && y < drawn.height; ++y)
            std::copy_n(
                drawn.rows.begin() + y * drawn.width, shown, below_.rows.begin() + y * below_.width + x);
        x += advance_;
    }
}

void BurnIn::draw(AVFrame& frame, FrameIndex k, FrameIndex captured, bool held)
{
    const std::string shown = base::timecodeLabel(k, { clip_.timecode.rate, false });
    const std::string timecode = "TC " + clip_.label(clip_.frameAt(k));
    const std::string number = fmt::format("{}#{:06}", held ? "HELD " : "", captured);
    std::ranges::fill(below_.rows, std::uint8_t { 0 });
    write(shown, margin_);
    write(timecode, (below_.width - lineWidth(timecode)) / 2);
    write(number, below_.width - margin_ - lineWidth(number));
    blend(frame, above_, 0);
    blend(frame, below_, height_ - below_.height);
}

} // namespace backtake::handover
