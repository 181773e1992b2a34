/// Printed pages: text in any script as a PDF that can be searched and copied, fonts embedded. What is not
/// text is drawn on them by whoever has Cairo.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct _cairo; // <cairo/cairo.h>: cairo_t

namespace backtake::handover {

struct Lettering {
    const char* family = "Inter"; ///< Letters that it lacks come from other fonts.
    double size = 10;             ///< In the drawing's units: points in a PDF, pixels in a picture.
    bool bold = false;
    double grey = 0; ///< On paper: 0 is black, 1 is white.
};

/// In points, 1/72 inch.
struct PageSize {
    double width = 0;
    double height = 0;
    double margin = 0;
};
// ISO 216 and ANSI/ASME Y14.1.
inline constexpr double kPointsPerInch = 72;
inline constexpr double kA4Short = 210 / 25.4 * kPointsPerInch;
inline constexpr double kA4Long = 297 / 25.4 * kPointsPerInch;
inline constexpr double kLetterShort = 8.5 * kPointsPerInch;
inline constexpr double kLetterLong = 11 * kPointsPerInch;

/// Fills pages from the top, the next one where one is full, each with its title and number at the foot.
/// Room: one thread; it may wait where its sink does.
class PdfPages {
public:
    /// Takes the file piece by piece. @return false: it can take no more, the PDF cannot be made.
    using Sink = std::function<bool(std::span<const std::byte>)>;

    /// @param title UTF-8; what is none is replaced, as in all text here.
    PdfPages(const PageSize& size, std::string_view title, Sink sink);
    ~PdfPages();

    /// A paragraph, wrapped at words (and within words that are too long), that goes on on the next page
    /// where this one is full; what is written from right to left begins at the right. The whole width.
    void write(std::string_view text, const Lettering& lettering);
    /// The same from @p left on, @p width wide.
    void write(std::string_view text, const Lettering& lettering, double left, double width);
    /// The same over the whole width, and @p right at the right edge of its first line; the paragraph leaves
    /// room for it.
    void writeBoth(std::string_view text, const Lettering& lettering, std::string_view right,
        const Lettering& right_lettering);
    void space(double height) { y_ += height; }
    /// The next page, unless @p height more fit on this one: what belongs together stays so.
    void keepTogether(double height);
    /// How high a paragraph will be. @param width 0: the whole.
    [[nodiscard]] double heightOf(std::string_view text, const Lettering& lettering, double width = 0) const;
    /// What fits on a page below its margin.
    [[nodiscard]] double roomOfPage() const;

    // For who draws between paragraphs.
    [[nodiscard]] _cairo* drawing() const;
    [[nodiscard]] double y() const { return y_; } ///< From the top of the page.
    void setY(double y) { y_ = y; }
    [[nodiscard]] int page() const { return page_; } ///< From 1 on.

    /// Ends the last page and the PDF. @return how many pages it has, or Fault::Failed. Nothing may be
    /// written after it.
    base::Result<int> finish();

private:
    struct Body;
    [[nodiscard]] double bottom() const;
    void endPage();

    PageSize size_;
    std::unique_ptr<Body> body_;
    double y_ = 0;
    int page_ = 1;
};

} // namespace backtake::handover
