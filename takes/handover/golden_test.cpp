// What editorial gets, against texts and numbers that do not come from our code: the files of tests/golden,
// written by hand, and what tests/golden/read_back works out and reads with readers of its own.
#include "takes/handover/hand_over.hpp"
#include "takes/handover/test_clips.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace backtake::handover {
namespace {

using namespace takes;

/// The clip of the golden files whole, then 01:00:10:00 to 01:00:20:00 of it circled, renumbered and with a
/// remark, both at -100 %.
Timeline dayOne()
{
    Clip handles = clipOf(120, 360, -100);
    handles.circled = true;
    handles.shot_as = "12/2";
    handles.remarks = { { 300, "blink", "wrong end" } };
    Timeline timeline = timelineOf({ clipOf(0, 960, -100), handles });
    EXPECT_TRUE(settle(timeline));
    return timeline;
}

TEST(Golden, EachFormatIsTheFileWrittenByHand)
{
    const Timeline timeline = dayOne();
    for (const auto& [name, text] : std::initializer_list<std::pair<std::string, std::string>> {
             { "day1.otio", otioText(timeline) },
             { "day1.fcpxml", fcpxmlText(timeline) },
             { "day1.xml", xmemlText(timeline) },
             { "day1.mlt", mltText(timeline) },
             { "day1.ale", aleText(timeline) },
             { "day1_markers.txt", markersText(timeline) },
             { "day1.csv", csvText(timeline) },
             { "day1_cmx.edl", edlText(timeline, EdlDialect::Cmx) },
             { "day1_range.edl", edlText(timeline, EdlDialect::Range) },
             { "day1_otio.edl", edlText(timeline, EdlDialect::Otio) },
         }) {
        std::string lines = text; // the files in the repository end lines as it does
        std::erase(lines, '\r');
        EXPECT_EQ(lines, readAll(std::filesystem::path(BACKTAKE_GOLDEN) / name)) << name;
        const bool has_returns =
            !name.ends_with(".otio") && !name.ends_with("xml") && !name.ends_with(".mlt");
        EXPECT_EQ(std::ranges::count(text, '\r'), has_returns ? std::ranges::count(text, '\n') : 0) << name;
    }
}

/// What people type.
struct Typed {
    std::string scene = "12A";
    std::string note = "good, \"the\" one";
    std::string remark = "wrong end";
};

/// Hands one take over, as `backtake export` does, and writes down what it was.
class GoldenHandOvers : public ::testing::Test {
protected:
    static constexpr FrameIndex kFrames = 120;

    /// From 01:00:59:00: within it a minute begins, which drops labels at 29.97 and 59.94.
    std::filesystem::path shot(const base::TimecodeFormat& format, const Typed& typed = {})
    {
        TakeFacts facts = makeFacts({ typed.scene, 3, 'A' });
        facts.timecode = format;
        facts.start_timecode = base::timecodeNumber({ 1, 0, 59, 0 }, format).value();
        start_ = facts.start_timecode;
        std::vector<FramePtr> frames;
        for (FrameIndex n = 0; n < kFrames; ++n)
            frames.push_back(makeFrame(static_cast<int>(n), kUptime + format.rate.timeOf(n)));
        const auto shoot = root_.path() / fmt::format("shoot{}", shoots_++);
        std::filesystem::create_directories(shoot);
        return writeTake(shoot, frames, facts);
    }

    /// @param in, out of what is used, in file frames [in, out).
    void handOverAs(const std::filesystem::path& take, FrameIndex in, FrameIndex out, Order order,
        int speed_percent, EdlDialect dialect, const Typed& typed = {})
    {
        const auto recording = Recording::open(take).value();
        const TakeFacts& facts = recording->facts();
        LoggedTake log;
        log.sheet.slate = facts.slate;
        log.sheet.slate.take += 4; // renumbered
        log.sheet.note = typed.note;
        Mark mark;
        mark.take = facts.id;
        mark.captured_frame = 60;
        mark.kind = Mark::Kind::Note;
        mark.text = typed.remark;
        log.marks = { mark };
        HandOver what;
        what.takes = { { take, log } };
        what.formats = formatsNamed("otio,fcpxml,xmeml,ale,markers,edl,mlt,csv,map");
        what.playing = { order, speed_percent, kFrames - out, kFrames - 1 - in };
        what.edl = dialect;
        what.title = "t";
        what.folder = cases() / fmt::format("{:03}", number_++);
        ASSERT_OK(handOver(what, {}));
        const nlohmann::json said { { "rate",
                                        { facts.timecode.rate.numerator, facts.timecode.rate.denominator } },
            { "drop", facts.timecode.drop_frame }, { "start", start_ }, { "frames", kFrames }, { "in", in },
            { "out", out }, { "percent", order == Order::Shown ? -speed_percent : speed_percent },
            { "remark", mark.captured_frame }, { "file", folderName(facts.slate) + ".mov" },
            { "reel", reelName(facts.slate) }, { "take", log.sheet.slate.take },
            { "shot_as", facts.slate.take }, { "scene", typed.scene }, { "note", typed.note },
            { "remark_text", typed.remark },
            { "dialect",
                dialect == EdlDialect::Cmx         ? "cmx"
                    : dialect == EdlDialect::Range ? "range"
                                                   : "otio" } };
        writeAll(what.folder / "case.json", said.dump());
    }
    [[nodiscard]] std::filesystem::path cases() const { return root_.path() / "cases"; }
    [[nodiscard]] std::string readBack() const
    {
        return tests::outputOf(fmt::format("'{}/read_back' '{}' 2>&1", BACKTAKE_GOLDEN, cases().string()));
    }

    Folder root_;
    std::int64_t start_ = 0;
    int number_ = 0;
    int shoots_ = 0;
};

/// Fails for a format whose arithmetic is off at some rate, speed or range, or whose labels drop wrong
/// frames.
TEST_F(GoldenHandOvers, EveryRateSpeedAndRangeIsReadBackAsItWasMeant)
{
    constexpr std::array kDialects { EdlDialect::Cmx, EdlDialect::Range, EdlDialect::Otio };
    constexpr std::array kPercents { 50, 100, 200 };
    std::size_t turn = 0; // each dialect and forward come with every speed and range, at some rate
    for (const base::TimecodeFormat format :
        { base::TimecodeFormat { { 24'000, 1'001 }, false }, { { 24, 1 }, false }, { { 25, 1 }, false },
            { { 30'000, 1'001 }, true }, { { 30'000, 1'001 }, false }, { { 50, 1 }, false },
            { { 60'000, 1'001 }, true }, { { 60'000, 1'001 }, false } }) {
        const auto take = shot(format);
        for (const auto& [in, out] : { std::pair<FrameIndex, FrameIndex> { 0, kFrames }, { 30, 100 } }) {
            for (const int percent : kPercents)
                handOverAs(take, in, out, Order::Shown, percent, kDialects[turn++ % 3]);
            handOverAs(take, in, out, Order::Captured, kPercents[turn++ % 3], EdlDialect::Cmx);
        }
    }
    EXPECT_EQ(readBack(), "64 hand-overs are right\n");
}

/// Fails for a format in which some text that can be typed breaks a row, a field or a tag, is a formula, or
/// is not what a reader gets.
TEST_F(GoldenHandOvers, WhateverIsTypedIsReadBack)
{
    for (const std::string& text : { std::string("12/A\\..//B"), std::string("a \"quoted\", 'one'; 5' 10\""),
             std::string("tab\there\t"), std::string("two\nlines\n\nand\r\nmore\rof them"),
             std::string("clapper 🎬 Gläser 東京 é́ \u200f \u2028"), std::string(300, 'W'),
             std::string("=cmd|' /C calc'!A0"), std::string("@SUM(1+1)"), std::string("+1"),
             std::string("-1+1"), std::string("-12.5"), std::string("\tformula"),
             std::string("<scene>&amp;]]>--><!--"), std::string("a\x01\x1b[31m\x7f"),
             std::string("\xEF\xBF\xBF not a character \xEF\xBF\xBE"), std::string("%s%n{}{0}"),
             std::string("M2   A001  -024.0"), std::string(" spaces  ") }) {
        const Typed typed { text, text, text };
        handOverAs(shot({ { 25, 1 }, false }, typed), 0, kFrames, Order::Shown, 100, EdlDialect::Cmx, typed);
    }
    EXPECT_EQ(readBack(), "18 hand-overs are right\n");
    for (const char* name : { "t.fcpxml", "t.xml", "t.mlt" })
        EXPECT_EQ(tests::outputOf(fmt::format("xmllint --noout '{}'/*/{} 2>&1", cases().string(), name)), "");
}

/// A file of tests/golden, and the hand-over that it was written for: by the rule that timeline frame k shows
/// file frame b - ceil((k + 1) |p| / 100), forward a + floor(k p / 100), where a and b are whole steps of a
/// fast speed from frame 0 on, and by the labels of its rate.
struct GoldenMap {
    const char* file;
    base::TimecodeFormat format;
    base::TimecodeDigits start;
    int frames;
    int lost; ///< Captured frame; -1: none.
    Playing playing;
};

/// Fails when the map names another frame, label or picture than an editor's program must show there.
TEST(Golden, TheFrameMapIsTheFileWrittenByHand)
{
    const base::TimecodeFormat pal { { 25, 1 }, false };
    const base::TimecodeFormat ntsc { { 30'000, 1'001 }, true };
    for (const GoldenMap& golden : {
             GoldenMap { "map_odd.csv", pal, { 1, 0, 0, 0 }, 5, -1, { Order::Shown, 100, {}, {} } },
             GoldenMap { "map_range.csv", pal, { 1, 0, 59, 22 }, 8, 4, { Order::Shown, 100, 2, 5 } },
             GoldenMap { "map_forward.csv", pal, { 1, 0, 59, 22 }, 8, 4, { Order::Captured, 100, 2, 5 } },
             GoldenMap { "map_drop_frame.csv", ntsc, { 1, 0, 59, 26 }, 9, -1, { Order::Shown, 100, {}, {} } },
             GoldenMap { "map_slow.csv", ntsc, { 1, 0, 59, 26 }, 9, -1, { Order::Shown, 50, 3, 5 } },
             GoldenMap { "map_fast.csv", ntsc, { 1, 0, 59, 26 }, 9, -1, { Order::Shown, 200, {}, {} } },
         }) {
        const Folder folder;
        TakeFacts facts = makeFacts();
        facts.timecode = golden.format;
        facts.start_timecode = base::timecodeNumber(golden.start, golden.format).value();
        std::vector<FramePtr> frames;
        for (int n = 0; n < golden.frames; ++n) {
            const Nanos at = kUptime + golden.format.rate.timeOf(n);
            frames.push_back(n == golden.lost ? makeLostFrame(n, at, Loss::EncoderBusy) : makeFrame(n, at));
        }
        HandOver what;
        what.takes = { { writeTake(folder.path(), frames, facts) } };
        what.formats = { Format::Map };
        what.playing = golden.playing;
        what.title = "day";
        what.folder = folder.path() / "out";
        ASSERT_OK(handOver(what, {}));
        std::string map = readAll(what.folder / "day_frames.csv");
        std::erase(map, '\r');
        std::string expected = readAll(std::filesystem::path(BACKTAKE_GOLDEN) / golden.file);
        for (int n = 0; n < golden.frames; ++n) {
            if (n == golden.lost)
                continue;
            const auto jpeg = frames[static_cast<std::size_t>(n)]->jpeg;
            writeAll(folder / "picture", { reinterpret_cast<const char*>(jpeg.data()), jpeg.size() });
            const std::string md5 = tests::outputOf("md5sum < '" + (folder / "picture") + "'").substr(0, 32);
            const std::string name = fmt::format("picture {}\n", n);
            for (std::size_t at = 0; (at = expected.find(name, at)) != std::string::npos;)
                expected.replace(at, name.size(), md5 + "\n");
        }
        EXPECT_EQ(map, expected) << golden.file;
    }
}

} // namespace
} // namespace backtake::handover
