#include "takes/handover/report.hpp"
#include "takes/handover/test_clips.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <regex>

// Papers are read back by programs that are not ours: poppler, qpdf, xmllint, Python's parser.

namespace backtake::handover {
namespace {

using takes::makeJpeg;
using takes::readAll;
using takes::writeAll;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::byte> noThumbnail(std::size_t, FrameIndex) { return {}; }

Clip namedClip(const std::string& scene, int take, bool circled)
{
    Clip clip = clipOf(0, 960, -100);
    clip.slate = { scene, take, 'A' };
    clip.circled = circled;
    clip.status = circled ? "" : "NG";
    clip.board = "head";
    return clip;
}

/// Take 12/3 of the golden files' clip, with everything said of it.
Report fullReport()
{
    Clip clip = clipOf(24, 744, -100);
    clip.shot_as = "12/1";
    clip.circled = true;
    clip.rating = 4;
    clip.board = "tail, upside down";
    clip.camera = "A cam";
    clip.camera_clips = "A001C003.MP4";
    clip.lens = "50 mm";
    clip.stop = "T2.8";
    clip.filter = "ND 0.6";
    clip.director_note = "wonderful";
    clip.continuity_note = "cup in the left hand";
    clip.remarks = { { 100, "blink", "she blinks" }, { 10, "mark", "" } };
    Report report;
    report.timeline = timelineOf({ clip });
    report.totals = { 7, 23, 9, std::chrono::minutes(83), 412'000'000'000 };
    report.open = { { "12/4B", "3 frames damaged" } };
    return report;
}

class Reports : public ::testing::Test {
protected:
    /// @return what @p command prints of the PDF, its name put in place of FILE.
    std::string ofPdf(const Report& report, std::string command, const ThumbnailOf& thumbnail = noThumbnail)
    {
        return of("report.pdf", pdfText(report, thumbnail).value(), std::move(command));
    }
    std::string of(const char* name, const std::string& bytes, std::string command)
    {
        writeAll(root_.path() / name, bytes);
        command.replace(command.find("FILE"), 4, "'" + (root_.path() / name).string() + "'");
        return tests::outputOf(command);
    }
    tests::Folder root_;
};

/// What a paper says of the take, with the arithmetic done here: 24 to 743 of 01:00:05:00 at 24 per second.
std::vector<std::string> whatIsSaid()
{
    return { "REVERSED -100 %", "Shot as 12/1, as the slate in the picture says", "CIRCLED", "★★★★",
        "TC 01:00:06:00–01:00:35:23", "of 01:00:05:00–01:00:44:23", "lasts 00:00:30:00 at 24 fps",
        "2026-11-21", "Camera A cam", "Card A001C003.MP4", "Reel A001", "Lens 50 mm", "Stop T2.8",
        "Filter ND 0.6", "End of recording (01:00:35:23) = start of scene",
        "start of recording (01:00:06:00) = end of scene", "Director: wonderful",
        "Continuity: cup in the left hand",
        "00:00:26:19 · TC 01:00:09:04 · blink: she blinks", // 743 - 100 = 643 frames into the scene
        "not shown · TC 01:00:05:10 · mark", "7 setups · 23 takes · 9 circled · 1 h 23 min filmed · 412 GB",
        "12/4B: 3 frames damaged" };
}

/// Breaks of lines in narrow columns are none of what is said.
std::string oneLine(const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), " "); }

TEST_F(Reports, AsPdfSayEverythingAsTextThatCanBeSearched)
{
    const Report report = fullReport();
    const std::string text = oneLine(ofPdf(report, "pdftotext FILE -"));
    for (const std::string& said : whatIsSaid())
        EXPECT_THAT(text, HasSubstr(said));
    EXPECT_THAT(text, HasSubstr("12/3A"));
    EXPECT_THAT(text, HasSubstr("first 01:00:35:23"));
    EXPECT_THAT(text, HasSubstr("last 01:00:06:00"));
    const std::string info = ofPdf(report, "pdfinfo FILE");
    EXPECT_THAT(info, HasSubstr("Day 1 · Daily log"));
    EXPECT_THAT(info, HasSubstr("Page size:       841.89 x 595.276 pts (A4)"));
    EXPECT_THAT(ofPdf(report, "qpdf --check FILE 2>&1"), HasSubstr("No syntax or stream encoding errors"));
}

TEST_F(Reports, AsHtmlSayTheSame)
{
    const std::string html = htmlText(fullReport(), noThumbnail);
    for (const std::string& said : whatIsSaid())
        EXPECT_THAT(html, HasSubstr(said));
    EXPECT_THAT(html, HasSubstr("12/<span class=\"circled\">3</span>A"));
    EXPECT_THAT(html, HasSubstr("◀ REVERSED"));
}

TEST_F(Reports, EmbedEveryFontTheyUse)
{
    Report report = fullReport();
    report.timeline.clips[0].director_note = "שלום · Привет · 東京 · Ελλάδα";
    const std::string fonts = ofPdf(report, "pdffonts FILE");
    std::istringstream lines(fonts);
    std::string line;
    std::getline(lines, line);
    const auto column = line.find("emb");
    std::getline(lines, line);
    int count = 0;
    while (std::getline(lines, line)) {
        ++count;
        EXPECT_EQ(line.substr(column, 3), "yes") << line;
    }
    EXPECT_GE(count, 2); // two weights at least
}

TEST_F(Reports, NameTheTakesOfWhichTheBoardIsNotSaidOnceForAllCameras)
{
    Report report = fullReport();
    EXPECT_THAT(htmlText(report, noThumbnail), HasSubstr("Board: tail, upside down"));
    EXPECT_THAT(htmlText(report, noThumbnail), Not(HasSubstr("board not said")));
    for (int take = 1; take <= 10; ++take) {
        for (const char camera : { 'A', 'B' }) {
            Clip clip = namedClip("12", take, true);
            clip.slate.camera = camera;
            clip.board.clear();
            report.timeline.clips.push_back(clip);
        }
    }
    EXPECT_THAT(htmlText(report, noThumbnail),
        HasSubstr("board not said of 10 takes: 12/1, 12/2, 12/3, 12/4, 12/5, 12/6, 12/7, 12/8, …"));
}

TEST_F(Reports, SayWhereAForwardTakeBegins)
{
    Report report;
    Clip clip = clipOf(0, 960, 100);
    report.timeline = timelineOf({ clip });
    const std::string text = oneLine(ofPdf(report, "pdftotext FILE -"));
    EXPECT_THAT(text, HasSubstr("Start of recording (01:00:05:00) = start of scene"));
    EXPECT_THAT(text, HasSubstr("AS CAPTURED"));
    EXPECT_THAT(text, HasSubstr("12/3: no decision")); // still open
    EXPECT_THAT(text, HasSubstr("board not said of 1 take: 12/3"));
    EXPECT_THAT(htmlText(report, noThumbnail), HasSubstr("AS CAPTURED ▶"));
}

/// The pictures themselves: what is embedded is the JPEG, byte for byte, first shown before last shown.
TEST_F(Reports, EmbedTheFirstAndTheLastPictureInPlayOrder)
{
    const auto thumbnail = [](std::size_t, FrameIndex frame) {
        return makeJpeg(static_cast<int>(frame % 30), 160, 90);
    };
    const Report report = fullReport(); // 743 down to 24: pictures 23 and 24
    ofPdf(report, "pdfimages -all FILE '" + root_ / "picture" + "'", thumbnail);
    const auto bytesOf = [](int n) {
        const auto jpeg = makeJpeg(n, 160, 90);
        return std::string(reinterpret_cast<const char*>(jpeg.data()), jpeg.size());
    };
    EXPECT_EQ(readAll(root_ / "picture-000.jpg"), bytesOf(23));
    EXPECT_EQ(readAll(root_ / "picture-001.jpg"), bytesOf(24));

    const std::string found = of("report.html", htmlText(report, thumbnail),
        "python3 -c 'import re,sys,base64,hashlib\n"
        "for uri in re.findall(r\"data:image/jpeg;base64,([^\\\"]+)\", open(sys.argv[1]).read()):\n"
        "  print(base64.b64decode(uri, validate=True).hex())' FILE");
    const auto hexOf = [&](int n) {
        std::string hex;
        for (const char c : bytesOf(n)) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
            hex += two;
        }
        return hex;
    };
    EXPECT_EQ(found, hexOf(23) + "\n" + hexOf(24) + "\n");
}

TEST_F(Reports, StaySmallAndGoOnOverPages)
{
    Report report;
    std::vector<Clip> clips;
    for (int take = 1; take <= 60; ++take)
        clips.push_back(namedClip("44", take, take % 3 == 0));
    report.timeline = timelineOf(clips);
    const auto thumbnail = [](std::size_t clip, FrameIndex frame) {
        return makeJpeg(static_cast<int>(clip) + (frame > 0 ? 1 : 0), 240, 135);
    };
    EXPECT_LT(pdfText(report, thumbnail)->size(), 60 * 2 * makeJpeg(1, 240, 135).size() * 2 + 100'000);
    std::size_t taken = 0;
    const std::string text = ofPdf(report, "pdftotext -layout FILE -", thumbnail);
    const auto pages = static_cast<int>(std::ranges::count(text, '\f'));
    EXPECT_GE(pages, 9);
    EXPECT_LE(pages, 15);
    for (std::size_t at = 0; (at = text.find("44/", at)) != std::string::npos; ++at)
        ++taken;
    EXPECT_EQ(taken, 60u);
    std::istringstream lines(text);
    int page = 1;
    // The last line of each page ends in its number.
    std::string last;
    for (std::string line; std::getline(lines, line, '\f') && page <= pages; ++page) {
        while (line.ends_with('\n') || line.ends_with(' '))
            line.pop_back();
        EXPECT_TRUE(line.ends_with(" " + std::to_string(page))) << line.substr(line.size() - 40);
    }
}

TEST_F(Reports, ForTheEditorHaveCircledTakesBySceneAndTake)
{
    Report report;
    report.paper = Paper::EditorsLog;
    report.timeline =
        timelineOf({ namedClip("12A", 2, true), namedClip("12", 11, true), namedClip("12", 2, true),
            namedClip("3", 1, true), namedClip("1", 1, false), namedClip("12B", 1, true) });
    const std::string html = htmlText(report, noThumbnail);
    std::vector<std::string> slates;
    const std::regex slate("<h2 dir=\"auto\">(.*?)/<span class=\"circled\">(\\d+)</span>");
    for (std::sregex_iterator at(html.begin(), html.end(), slate), end; at != end; ++at)
        slates.push_back((*at)[1].str() + "/" + (*at)[2].str());
    EXPECT_EQ(slates, (std::vector<std::string> { "3/1", "12/2", "12/11", "12A/2", "12B/1" }));
    EXPECT_THAT(html, HasSubstr("Day 1 · Editor&#39;s log"));
    EXPECT_THAT(html, Not(HasSubstr("NG")));
}

TEST_F(Reports, HoldWhateverASlateSays)
{
    const std::vector<std::string> hostile { "<script>alert(1)</script>", "\"'><img src=x onerror=y>",
        "a/b\\c\td\ne", "=HYPERLINK(\"x\")", std::string(300, 'W'), "\xF0\x9F\x8E\xAC film", "שלום",
        std::string("\xFF\xC0\0z", 4), "&amp;", "" };
    Report report;
    std::vector<Clip> clips;
    for (const std::string& text : hostile) {
        Clip clip = namedClip(text, 7, true);
        clip.suffix = text;
        clip.status = clip.director_note = clip.lens = clip.camera = text;
        clip.remarks = { { 5, text, text } };
        clips.push_back(clip);
    }
    report.timeline = timelineOf(clips);
    report.timeline.title = hostile[0];
    report.open = { { hostile[1], hostile[2] } };
    EXPECT_THAT(ofPdf(report, "qpdf --check FILE 2>&1"), HasSubstr("No syntax or stream encoding errors"));
    const std::string text = ofPdf(report, "pdftotext FILE -");
    EXPECT_THAT(oneLine(text), HasSubstr("Director: <script>alert(1)</script>"));
    EXPECT_THAT(std::regex_replace(text, std::regex("\\s"), ""), HasSubstr(std::string(300, 'W')));

    const std::string html = htmlText(report, noThumbnail);
    // Every tag and attribute that a browser would see.
    const std::string seen = of("report.html", html,
        "python3 -c 'import sys,html.parser\n"
        "class P(html.parser.HTMLParser):\n"
        "  def handle_starttag(self, tag, attrs): tags.update([tag]+[a for a,_ in attrs])\n"
        "  def handle_data(self, data): text.append(data)\n"
        "tags=set(); text=[]; p=P(); p.feed(open(sys.argv[1],encoding=\"utf-8\").read()); p.close()\n"
        "print(\" \".join(sorted(tags)), \"<script>alert(1)</script>\" in \"\".join(text))' FILE");
    EXPECT_EQ(seen,
        "article body charset class dir div figcaption figure h1 h2 head header html lang li meta p span "
        "style "
        "title ul True\n");
    // xmllint's reader is of HTML 4, which knows no <article>; all else it would complain of.
    const std::string complaints = of("report.html", html,
        "xmllint --html --noout FILE 2>&1 | grep error | grep -v -E 'Tag (article|header|figure|figcaption) "
        "invalid'");
    EXPECT_EQ(complaints, "");
}

TEST_F(Reports, WithoutATakeAreStillAPaper)
{
    Report report;
    report.timeline.title = "Day 0";
    EXPECT_THAT(ofPdf(report, "pdfinfo FILE"), HasSubstr("Pages:           1"));
    EXPECT_THAT(htmlText(report, noThumbnail), HasSubstr("0 setups"));
}

TEST_F(Reports, GoOnOverPagesWithinATakeOfManyRemarks)
{
    Report report = fullReport();
    for (int i = 0; i < 200; ++i)
        report.timeline.clips[0].remarks.push_back({ 100 + i, "note", "number " + std::to_string(1000 + i) });
    const std::string text = ofPdf(report, "pdftotext -layout FILE -");
    for (int i = 0; i < 200; ++i)
        EXPECT_THAT(text, HasSubstr("number " + std::to_string(1000 + i)));
    EXPECT_GE(std::ranges::count(text, '\f'), 4);
}

TEST_F(Reports, HaveThumbnailsTurnedAsTheTake)
{
    std::vector<std::byte> wide;
    {
        base::PicturePool pool(1 << 26);
        base::JpegEncoder encoder;
        const auto picture = pool.tryAcquire({ 960, 540, base::Subsampling::S420, base::kJpegColour });
        for (int plane = 0; plane < 3; ++plane) {
            const auto p = static_cast<std::size_t>(plane);
            for (int y = 0; y < picture->format.planeHeight(plane); ++y) {
                for (int x = 0; x < picture->format.planeWidth(plane); ++x) // bright and red at the left top
                    picture->planes[p][y * picture->strides[p] + x] =
                        static_cast<std::uint8_t>(plane == 0       ? (x < 480 && y < 270 ? 200 : 50)
                                : plane == 2 && x < 240 && y < 135 ? 170
                                                                   : 128);
            }
        }
        const auto bytes = encoder.encode(*picture, 90);
        wide.assign(bytes->begin(), bytes->end());
    }
    for (const auto orientation : { base::Orientation::Upright, base::Orientation::UpsideDown,
             base::Orientation::Mirrored, base::Orientation::Flipped }) {
        auto frame = std::make_shared<base::Frame>();
        frame->captured_at = takes::kUptime;
        frame->width = 960;
        frame->height = 540;
        frame->jpeg = wide;
        auto lost = takes::makeLostFrame(
            1, takes::kUptime + std::chrono::milliseconds(40), base::Loss::CameraDamaged);
        takes::TakeFacts facts = takes::makeFacts({ "T", static_cast<int>(orientation), 'A' });
        facts.orientation = orientation;
        const auto take =
            takes::Recording::open(takes::writeTake(root_.path(), { frame, lost }, facts)).value();
        const auto jpeg = thumbnailOf(*take, 0);
        ASSERT_FALSE(jpeg.empty());
        EXPECT_LT(jpeg.size(), 12'000u);
        base::JpegDecoder decoder;
        const auto small = decoder.decodeSmall(jpeg, 10'000).value();
        EXPECT_EQ(small.width * 9, small.height * 16);
        const bool right =
            orientation == base::Orientation::UpsideDown || orientation == base::Orientation::Mirrored;
        const bool below =
            orientation == base::Orientation::UpsideDown || orientation == base::Orientation::Flipped;
        const auto redAt = [&](bool x, bool y) {
            return small
                .rgba[static_cast<std::size_t>((y ? small.height * 3 / 4 : small.height / 4) * small.width
                          + (x ? small.width * 3 / 4 : small.width / 4))
                    * 4];
        };
        EXPECT_NEAR(redAt(right, below), std::min(255.0, 200 + 1.402 * 42), 3);
        EXPECT_NEAR(redAt(!right, below), 50, 3);
        EXPECT_NEAR(redAt(right, !below), 50, 3);
        EXPECT_TRUE(thumbnailOf(*take, 1).empty());
    }
}

} // namespace
} // namespace backtake::handover
