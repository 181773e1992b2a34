#include "takes/handover/pdf_pages.hpp"

#include "takes/handover/drawing.hpp"

#include <cairo/cairo-pdf.h>

#include <algorithm>
#include <utility>

namespace backtake::handover {
namespace {

constexpr double kFoot = 18; ///< Above the margin: the paper's name and the page's number.
constexpr double kColumnGap = 12;

cairo_status_t toSink(void* sink, const unsigned char* data, unsigned length)
{
    return (*static_cast<PdfPages::Sink*>(sink))({ reinterpret_cast<const std::byte*>(data), length })
        ? CAIRO_STATUS_SUCCESS
        : CAIRO_STATUS_WRITE_ERROR;
}

double heightOfLine(const PangoRectangle& extents)
{
    return static_cast<double>(extents.height) / PANGO_SCALE;
}

} // namespace

struct PdfPages::Body {
    std::string title;
    Sink sink; ///< The surface has its address.
    Surface surface;
    Drawing drawing;

    void setGrey(double grey) const { cairo_set_source_rgb(drawing.get(), grey, grey, grey); }
};

PdfPages::PdfPages(const PageSize& size, std::string_view title, Sink sink)
    : size_(size)
    , body_(std::make_unique<Body>())
    , y_(size.margin)
{
    body_->title = validUtf8(title);
    body_->sink = std::move(sink);
    body_->surface.reset(cairo_pdf_surface_create_for_stream(toSink, &body_->sink, size.width, size.height));
    body_->drawing.reset(cairo_create(body_->surface.get()));
    cairo_pdf_surface_set_metadata(body_->surface.get(), CAIRO_PDF_METADATA_TITLE, body_->title.c_str());
    cairo_pdf_surface_set_metadata(
        body_->surface.get(), CAIRO_PDF_METADATA_CREATOR, "Backtake " BACKTAKE_VERSION);
}

PdfPages::~PdfPages() = default;

_cairo* PdfPages::drawing() const { return body_->drawing.get(); }
double PdfPages::bottom() const { return size_.height - size_.margin - kFoot; }
double PdfPages::roomOfPage() const { return bottom() - size_.margin; }

double PdfPages::heightOf(std::string_view text, const Lettering& lettering, double width) const
{
    return handover::heightOf(
        layoutOf(drawing(), text, lettering, width > 0 ? width : size_.width - 2 * size_.margin).get());
}

void PdfPages::keepTogether(double height)
{
    if (y_ > size_.margin && y_ + height > bottom())
        endPage();
}

void PdfPages::endPage()
{
    const Lettering small { "Inter", 8 };
    const Layout number = layoutOf(drawing(), std::to_string(page_), small);
    const Layout name = layoutOf(drawing(), body_->title, small);
    const double room = size_.width - 2 * size_.margin - widthOf(number.get()) - kColumnGap;
    if (widthOf(name.get()) > room)
        shorten(name.get(), room);
    const double y = size_.height - size_.margin - handover::heightOf(number.get());
    body_->setGrey(0.4);
    cairo_move_to(drawing(), size_.margin, y);
    pango_cairo_show_layout(drawing(), name.get());
    cairo_move_to(drawing(), size_.width - size_.margin - widthOf(number.get()), y);
    pango_cairo_show_layout(drawing(), number.get());
    body_->setGrey(0);
    cairo_show_page(drawing());
    ++page_;
    y_ = size_.margin;
}

void PdfPages::write(std::string_view text, const Lettering& lettering)
{
    write(text, lettering, size_.margin, size_.width - 2 * size_.margin);
}

void PdfPages::write(std::string_view text, const Lettering& lettering, double left, double width)
{
    const Layout layout = layoutOf(drawing(), text, lettering, width);
    for (int i = 0; i < pango_layout_get_line_count(layout.get()); ++i) {
        PangoLayoutLine* line = pango_layout_get_line_readonly(layout.get(), i);
        PangoRectangle extents;
        pango_layout_line_get_extents(line, nullptr, &extents);
        keepTogether(heightOfLine(extents));
        const double indent = line->resolved_dir == PANGO_DIRECTION_RTL
            ? std::max(0.0, width - static_cast<double>(extents.width) / PANGO_SCALE)
            : 0;
        body_->setGrey(lettering.grey);
        cairo_move_to(drawing(), left + indent, y_ - static_cast<double>(extents.y) / PANGO_SCALE);
        pango_cairo_show_layout_line(drawing(), line);
        body_->setGrey(0);
        y_ += heightOfLine(extents);
    }
}

void PdfPages::writeBoth(std::string_view text, const Lettering& lettering, std::string_view right,
    const Lettering& right_lettering)
{
    const double all = size_.width - 2 * size_.margin;
    const Layout layout = layoutOf(drawing(), right, right_lettering);
    const double taken = widthOf(layout.get());
    const double width = std::max(all - taken - kColumnGap, all / 4);
    // On the baseline of the paragraph's first line.
    const Layout left = layoutOf(drawing(), text, lettering, width);
    PangoRectangle extents;
    pango_layout_line_get_extents(pango_layout_get_line_readonly(left.get(), 0), nullptr, &extents);
    keepTogether(heightOfLine(extents));
    body_->setGrey(right_lettering.grey);
    cairo_move_to(
        drawing(), size_.width - size_.margin - taken, y_ - static_cast<double>(extents.y) / PANGO_SCALE);
    pango_cairo_show_layout_line(drawing(), pango_layout_get_line_readonly(layout.get(), 0));
    body_->setGrey(0);
    write(text, lettering, size_.margin, width);
}

base::Result<int> PdfPages::finish()
{
    if (y_ > size_.margin || page_ == 1)
        endPage();
    body_->drawing.reset();
    cairo_surface_finish(body_->surface.get());
    const cairo_status_t status = cairo_surface_status(body_->surface.get());
    if (status != CAIRO_STATUS_SUCCESS)
        return base::fail(base::Fault::Failed, "the PDF cannot be made", cairo_status_to_string(status));
    return page_ - 1;
}

} // namespace backtake::handover
