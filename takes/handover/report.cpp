#include "takes/handover/report.hpp"

#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "takes/handover/drawing.hpp"
#include "takes/last_check.hpp"

#include <cairo/cairo-pdf.h>
#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <cmath>

namespace backtake::handover {
using base::fail;
using base::Fault;

namespace {

constexpr int kThumbnailHeight = 100; ///< At least, in pixels.
constexpr int kThumbnailQuality = 80;

std::string titleOf(const Report& report)
{
    const char* paper = report.paper == Paper::DailyLog ? "Daily log" : "Editor's log";
    return report.timeline.title.empty() ? paper : fmt::format("{} · {}", report.timeline.title, paper);
}

std::string totalsOf(const Totals& totals)
{
    return fmt::format("{} setups · {} takes · {} circled · {} filmed · {}", totals.setups, totals.takes,
        totals.circled, base::durationText(totals.filmed), base::bytesText(totals.disk_bytes));
}

/// "2" before "12", as people count.
std::string sortKey(const std::string& text)
{
    gchar* made = g_utf8_collate_key_for_filename(validUtf8(text).c_str(), -1);
    std::string key(made);
    g_free(made);
    return key;
}

/// Indices of the clips on the paper, in its order.
std::vector<std::size_t> clipsOn(const Report& report)
{
    const std::vector<Clip>& clips = report.timeline.clips;
    std::vector<std::size_t> on;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (report.paper == Paper::DailyLog || clips[i].circled)
            on.push_back(i);
    }
    if (report.paper == Paper::EditorsLog) {
        std::ranges::stable_sort(on, {}, [&](std::size_t i) {
            const takes::Slate& slate = clips[i].slate;
            return std::tuple(sortKey(slate.scene), slate.take, slate.camera);
        });
    }
    return on;
}

std::vector<std::string> openOf(const Report& report)
{
    std::vector<std::string> lines;
    for (const Clip& clip : report.timeline.clips) {
        if (!clip.circled && clip.status.empty())
            lines.push_back(clip.slateText() + ": no decision");
    }
    for (const OpenMatter& matter : report.open)
        lines.push_back(matter.slate + ": " + matter.what);
    std::vector<std::string> without_board; // a take is named once for all its cameras
    for (const Clip& clip : report.timeline.clips)
        if (std::string slate = takes::text(clip.slate);
            clip.board.empty() && std::ranges::find(without_board, slate) == without_board.end())
            without_board.push_back(std::move(slate));
    if (!without_board.empty()) {
        constexpr std::size_t kNamed = 8;
        const auto shown = std::min(kNamed, without_board.size());
        lines.push_back(fmt::format("board not said of {} {}: {}{}", without_board.size(),
            without_board.size() == 1 ? "take" : "takes",
            fmt::join(
                without_board.begin(), without_board.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
            shown < without_board.size() ? ", …" : ""));
    }
    return lines;
}

/// "Lens 50 mm · Stop T2.8": what was said of it, under its names.
std::string named(std::initializer_list<std::pair<const char*, const std::string&>> values)
{
    std::string line;
    for (const auto& [name, value] : values) {
        if (!value.empty())
            line += fmt::format("{}{}{}{}", line.empty() ? "" : " · ", name, *name ? " " : "", value);
    }
    return line;
}

std::string positionOf(const Clip& clip, FrameIndex k)
{
    return base::timecodeLabel(k, { clip.timecode.rate, false });
}

/// All that is said of a take beside its slate, direction, status and pictures, one line each.
std::vector<std::string> linesOf(const Clip& clip)
{
    std::vector<std::string> lines;
    if (!clip.shot_as.empty())
        lines.push_back(fmt::format("Shot as {}, as the slate in the picture says", clip.shot_as));
    const std::string used = clip.in == 0 && clip.out == clip.frames
        ? ""
        : fmt::format(" of {}–{}", clip.label(0), clip.label(clip.frames - 1));
    lines.push_back(fmt::format("TC {}–{}{} · lasts {} at {} fps", clip.label(clip.in),
        clip.label(clip.out - 1), used, positionOf(clip, clip.length()), base::text(clip.timecode.rate)));
    lines.push_back(named({ { "", clip.day }, { "Camera", clip.camera }, { "Card", clip.camera_clips },
        { "Reel", clip.reel }, { "Lens", clip.lens }, { "Stop", clip.stop }, { "Filter", clip.filter } }));
    // Who stands on set thinks in the order of the recording, who cuts in the order of the scene.
    if (clip.reversed())
        lines.push_back(
            fmt::format("End of recording ({}) = start of scene · start of recording ({}) = end of scene",
                clip.label(clip.firstShown()), clip.label(clip.lastShown())));
    else
        lines.push_back(
            fmt::format("Start of recording ({}) = start of scene · end of recording ({}) = end of scene",
                clip.label(clip.firstShown()), clip.label(clip.lastShown())));
    if (!clip.board.empty())
        lines.push_back("Board: " + clip.board);
    if (!clip.director_note.empty())
        lines.push_back("Director: " + clip.director_note);
    if (!clip.continuity_note.empty())
        lines.push_back("Continuity: " + clip.continuity_note);
    for (const Remark& remark : clip.remarks) {
        const auto shown = clip.shownAt(remark.file_frame);
        lines.push_back(fmt::format("{} · TC {} · {}", shown ? positionOf(clip, *shown) : "not shown",
            clip.label(remark.file_frame), remark.words()));
    }
    std::erase(lines, "");
    return lines;
}

std::string decisionOf(const Clip& clip)
{
    std::string decision = clip.circled ? "CIRCLED" : "";
    if (!clip.status.empty())
        decision += (decision.empty() ? "" : " · ") + clip.status;
    for (int star = 0; star < clip.rating; ++star)
        decision += star == 0 && !decision.empty() ? " ★" : "★";
    return decision.empty() ? "no decision" : decision;
}

// Measures of a page in points, 1/72 inch: A4 (ISO 216), landscape.
constexpr double kWidth = kA4Long;
constexpr double kHeight = kA4Short;
constexpr double kMargin = 34;
constexpr double kGap = 10;
constexpr double kSlateWidth = 130;
constexpr double kThumbWidth = 107;
constexpr double kThumbHeight = 60;
constexpr double kTextLeft = kMargin + kSlateWidth + 2 * (kThumbWidth + kGap) + kGap;
constexpr double kTextWidth = kWidth - kMargin - kTextLeft;

class Pages : public PdfPages {
public:
    Pages(const std::string& title, std::string& bytes)
        : PdfPages({ kWidth, kHeight, kMargin }, title, [&bytes](std::span<const std::byte> more) {
            bytes.append(reinterpret_cast<const char*>(more.data()), more.size());
            return true;
        })
    {
    }
    void take(const Clip& clip, const std::vector<std::byte>& first, const std::vector<std::byte>& last);

private:
    /// At @p left and y(), as high as thumbnails are at most.
    void picture(const std::vector<std::byte>& jpeg, double left, const std::string& below);
};

void Pages::picture(const std::vector<std::byte>& jpeg, double left, const std::string& below)
{
    const auto header = base::readJpegHeader(jpeg);
    if (header) {
        // The JPEG itself goes into the PDF. The surface only says how large it is.
        const Surface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, header->width, header->height));
        const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
        void* copy = g_memdup2(data, jpeg.size());
        cairo_surface_set_mime_data(
            image.get(), CAIRO_MIME_TYPE_JPEG, static_cast<unsigned char*>(copy), jpeg.size(), g_free, copy);
        const double scale = std::min(kThumbWidth / header->width, kThumbHeight / header->height);
        cairo_save(drawing());
        cairo_translate(drawing(), left, y());
        cairo_scale(drawing(), scale, scale);
        cairo_set_source_surface(drawing(), image.get(), 0, 0);
        cairo_paint(drawing());
        cairo_restore(drawing());
    } else {
        cairo_set_line_width(drawing(), 0.5);
        cairo_rectangle(drawing(), left, y(), kThumbWidth, kThumbHeight);
        cairo_stroke(drawing());
    }
    const Layout label = layoutOf(drawing(), below, { "Inter", 7 });
    cairo_move_to(drawing(), left, y() + kThumbHeight + 1);
    pango_cairo_show_layout(drawing(), label.get());
}

void Pages::take(const Clip& clip, const std::vector<std::byte>& first, const std::vector<std::byte>& last)
{
    const Lettering bold { "Inter", 14, true };
    const Lettering small { "Inter", 8.5 };
    std::vector<std::string> lines = linesOf(clip);
    if (widthOf(layoutOf(drawing(), takes::fullText(clip.slate) + " " + clip.suffix, bold).get())
        > kSlateWidth)
        lines.insert(lines.begin(), takes::fullText(clip.slate) + " " + clip.suffix);
    double text_height = 0;
    for (const std::string& line : lines)
        text_height += heightOf(line, small, kTextWidth);
    const double block = std::max(text_height, kThumbHeight + 12);
    if (block < roomOfPage()) // else it goes over pages whatever is done
        keepTogether(block + kGap);

    cairo_set_line_width(drawing(), 0.4);
    cairo_move_to(drawing(), kMargin, y());
    cairo_line_to(drawing(), kWidth - kMargin, y());
    cairo_stroke(drawing());
    space(kGap / 2);
    const double top = y();
    drawSlate(drawing(), clip, bold, kMargin, y(), kSlateWidth);
    drawArrow(drawing(), kMargin, y() + 24, 9, clip.reversed());
    const Layout words = layoutOf(drawing(), directionWords(clip), { "Inter", 9, true });
    cairo_move_to(drawing(), kMargin + 14, y() + 28.5 - handover::heightOf(words.get()) / 2);
    pango_cairo_show_layout(drawing(), words.get());
    const Layout decision = layoutOf(drawing(), decisionOf(clip), small, kSlateWidth);
    cairo_move_to(drawing(), kMargin, y() + 38);
    pango_cairo_show_layout(drawing(), decision.get());
    picture(first, kMargin + kSlateWidth + kGap, "first  " + clip.label(clip.firstShown()));
    picture(last, kMargin + kSlateWidth + kThumbWidth + 2 * kGap, "last  " + clip.label(clip.lastShown()));

    const int before = page();
    for (const std::string& line : lines)
        write(line, small, kTextLeft, kTextWidth);
    if (before == page())
        setY(std::max(y(), top + kThumbHeight + 12));
    space(kGap / 2);
}

/// For a text or an attribute's value (HTML, 13.1.2 and 13.1.3). Control characters are spaces.
std::string escaped(std::string_view text)
{
    std::string safe;
    for (const char c : validUtf8(text)) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (c == '"')
            safe += "&quot;";
        else if (c == '\'')
            safe += "&#39;";
        else
            safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return safe;
}

std::string figure(const std::vector<std::byte>& jpeg, const std::string& below)
{
    std::string picture = R"(<div class="none"></div>)";
    if (!jpeg.empty()) {
        gchar* base64 = g_base64_encode(reinterpret_cast<const guchar*>(jpeg.data()), jpeg.size());
        picture = fmt::format(R"(<img alt="" src="data:image/jpeg;base64,{}">)", base64);
        g_free(base64);
    }
    return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", picture, escaped(below));
}

constexpr const char* kStyle = R"(
body { font: 14px/1.45 Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums; margin: 2em; color: #111; background: #fff; }
h1 { margin: 0; }
article { display: flex; gap: 1.2em; border-top: 1px solid #999; padding: .8em 0; break-inside: avoid; }
header { width: 13em; flex: none; overflow-wrap: anywhere; }
h2 { margin: 0 0 .3em; font-size: 1.4em; }
.circled { border: 2px solid; border-radius: 50%; padding: 0 .3em; }
.direction { font-weight: 700; }
figure { margin: 0; flex: none; }
figure img, .none { width: 160px; min-height: 60px; }
.none { border: 1px solid #999; }
figcaption { font-size: .8em; }
article ul { margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
)";

} // namespace

std::vector<std::string> openMatters(const takes::Recording& take)
{
    const takes::TakeFacts& facts = take.facts();
    std::vector<std::string> matters;
    if (!facts.closed)
        matters.emplace_back("not closed");
    if (const auto lost = takes::lostFrames(facts.lost); lost > 0)
        matters.push_back(fmt::format("{} frames lost", lost));
    if (const auto check = takes::readLastCheck(take.folder()); !check)
        matters.push_back(check.error().message);
    else if (*check && (*check)->damaged > 0)
        matters.push_back(takes::damageText(**check));
    matters.insert(matters.end(), take.missing().begin(), take.missing().end());
    std::vector<takes::CameraClip> of_camera = facts.further_clips;
    if (facts.camera_clip)
        of_camera.insert(of_camera.begin(), *facts.camera_clip);
    for (const takes::CameraClip& clip : of_camera)
        if (clip.fetched.empty())
            matters.push_back(fmt::format("{} not fetched from the camera", clip.name));
    return matters;
}

std::vector<std::byte> thumbnailOf(const takes::Recording& take, FrameIndex n)
{
    base::JpegDecoder decoder;
    const auto frame = take.frame(n);
    const auto small = frame ? decoder.decodeSmall((*frame)->jpeg, kThumbnailHeight) : fail(frame.error());
    if (!small)
        return {};
    const base::Orientation orientation = take.facts().orientation;
    const bool upside_down =
        orientation == base::Orientation::UpsideDown || orientation == base::Orientation::Flipped;
    const bool right_to_left =
        orientation == base::Orientation::UpsideDown || orientation == base::Orientation::Mirrored;
    base::PicturePool pool(1);
    const auto picture =
        pool.tryAcquire({ small->width, small->height, base::Subsampling::S444, base::kJpegColour });
    for (int y = 0; y < small->height; ++y) {
        for (int x = 0; x < small->width; ++x) {
            const int from_x = right_to_left ? small->width - 1 - x : x;
            const int from_y = upside_down ? small->height - 1 - y : y;
            const std::uint8_t* rgb =
                small->rgba.data() + (static_cast<std::size_t>(from_y) * small->width + from_x) * 4;
            // JFIF: ITU-R BT.601, full range.
            const double luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
            const std::array<double, 3> values { luma, 128 + (rgb[2] - luma) / 1.772,
                128 + (rgb[0] - luma) / 1.402 };
            for (std::size_t plane = 0; plane < 3; ++plane)
                picture->planes[plane][y * picture->strides[plane] + x] =
                    static_cast<std::uint8_t>(std::clamp(std::lround(values[plane]), 0L, 255L));
        }
    }
    base::JpegEncoder encoder;
    const auto jpeg = encoder.encode(*picture, kThumbnailQuality);
    if (!jpeg)
        return {};
    return { jpeg->begin(), jpeg->end() };
}

base::Result<std::string> pdfText(const Report& report, const ThumbnailOf& thumbnail)
{
    std::string bytes;
    Pages pages(titleOf(report), bytes);
    pages.write(titleOf(report), { "Inter", 20, true });
    pages.write(totalsOf(report.totals), { "Inter", 10 });
    pages.space(kGap);
    for (const std::size_t i : clipsOn(report)) {
        const Clip& clip = report.timeline.clips[i];
        pages.take(clip, thumbnail(i, clip.firstShown()), thumbnail(i, clip.lastShown()));
    }
    if (const auto open = openOf(report); !open.empty()) {
        pages.space(kGap);
        pages.write("Still open", { "Inter", 14, true });
        for (const std::string& line : open)
            pages.write(line, { "Inter", 9 });
    }
    if (const auto finished = pages.finish(); !finished)
        return fail(finished.error());
    return bytes;
}

std::string htmlText(const Report& report, const ThumbnailOf& thumbnail)
{
    const std::string title = escaped(titleOf(report));
    std::string page = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<h1 dir=\"auto\">{}</h1>\n<p>{}</p>\n",
        title, kStyle, title, escaped(totalsOf(report.totals)));
    for (const std::size_t i : clipsOn(report)) {
        const Clip& clip = report.timeline.clips[i];
        page += fmt::format("<article>\n<header>\n<h2 dir=\"auto\">{}/<span{}>{}</span>{}{}</h2>\n"
                            "<div class=\"direction\">{}</div>\n<div>{}</div>\n</header>\n",
            escaped(clip.slate.scene), clip.circled ? " class=\"circled\"" : "", clip.slate.take,
            clip.slate.camera, clip.suffix.empty() ? "" : " " + escaped(clip.suffix),
            clip.reversed() ? "◀ " + directionWords(clip) : directionWords(clip) + " ▶",
            escaped(decisionOf(clip)));
        page += figure(thumbnail(i, clip.firstShown()), "first " + clip.label(clip.firstShown()));
        page += figure(thumbnail(i, clip.lastShown()), "last " + clip.label(clip.lastShown()));
        page += "<ul>\n";
        for (const std::string& line : linesOf(clip))
            page += "<li dir=\"auto\">" + escaped(line) + "</li>\n";
        page += "</ul>\n</article>\n";
    }
    if (const auto open = openOf(report); !open.empty()) {
        page += "<h2>Still open</h2>\n<ul>\n";
        for (const std::string& line : open)
            page += "<li dir=\"auto\">" + escaped(line) + "</li>\n";
        page += "</ul>\n";
    }
    return page + "</body>\n</html>\n";
}

} // namespace backtake::handover
