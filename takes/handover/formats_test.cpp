// Expected texts and numbers were worked out by hand from how each reader counts, not taken from our own
// output.
#include "takes/handover/formats.hpp"
#include "takes/handover/test_clips.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <fstream>
#include <sstream>

namespace backtake::handover {
namespace {

Timeline settled(std::vector<Clip> clips)
{
    Timeline timeline = timelineOf(std::move(clips));
    const auto outcome = settle(timeline);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return timeline;
}

/// 01:00:10:00 to 01:00:20:00 of the clip, reversed.
Clip handles(int speed_percent = -100) { return clipOf(120, 360, speed_percent); }

std::string unix(std::string text)
{
    std::erase(text, '\r');
    return text;
}

TEST(Edl, CmxBeginsAtTheFirstFrameShown)
{
    EXPECT_EQ(unix(edlText(settled({ handles() }), EdlDialect::Cmx)),
        "TITLE: Day 1\n"
        "FCM: NON-DROP FRAME\n"
        "\n"
        "001  A001     V     C        01:00:19:23 01:00:29:23 01:00:00:00 01:00:10:00\n"
        "M2   A001           -024.0                01:00:19:23\n"
        "* FROM CLIP NAME: A001C003.mov\n"
        "* SOURCE FILE: A001\n"
        "* COMMENT: PLAYS REVERSED -100% SOURCE RANGE 01:00:10:00-01:00:20:00 AT 24 FPS\n"
        "* COMMENT: SLATE 12/3\n");
}

TEST(Edl, RangeIsTheFootageAndOtioItsLowerBoundFalling)
{
    EXPECT_NE(
        edlText(settled({ handles() }), EdlDialect::Range)
            .find("C        01:00:10:00 01:00:20:00 01:00:00:00 01:00:10:00\r\nM2   A001           -024.0"
                  "                01:00:10:00\r\n"),
        std::string::npos);
    EXPECT_NE(edlText(settled({ handles() }), EdlDialect::Otio)
                  .find("C        01:00:10:00 01:00:00:00 01:00:00:00 01:00:10:00\r\n"),
        std::string::npos);
}

TEST(Edl, OtherSpeedsAreFramesPerSecondOfTheNominalRate)
{
    EXPECT_NE(
        edlText(settled({ handles(-50) }), EdlDialect::Cmx)
            .find("C        01:00:19:23 01:00:39:23 01:00:00:00 01:00:20:00\r\nM2   A001           -012.0"),
        std::string::npos);
    EXPECT_NE(
        edlText(settled({ handles(-200) }), EdlDialect::Cmx)
            .find("C        01:00:19:23 01:00:24:23 01:00:00:00 01:00:05:00\r\nM2   A001           -048.0"),
        std::string::npos);
    EXPECT_EQ(edlText(settled({ handles(100) }), EdlDialect::Cmx).find("M2"), std::string::npos);
    EXPECT_NE(edlText(settled({ handles(200) }), EdlDialect::Cmx).find("M2   A001            048.0"),
        std::string::npos);
}

TEST(Edl, DropFrameHasSemicolonsOnlyWhereReadersTakeThem)
{
    Clip clip = handles();
    clip.timecode = { { 30'000, 1'001 }, true };
    clip.start = 1798; // 00:00:59;28
    Timeline timeline = timelineOf({ clip });
    timeline.timecode = clip.timecode;
    timeline.start = oneHour(clip.timecode);
    ASSERT_TRUE(settle(timeline));
    // 1798 + 359 = 2157: one dropped minute, so label 2159 = 00:01:11;29. + 240 = 2397 -> 2399 = 00:01:19;29.
    const std::string list = edlText(timeline, EdlDialect::Cmx);
    EXPECT_NE(list.find("FCM: DROP FRAME"), std::string::npos);
    EXPECT_NE(list.find("C        00:01:11;29 00:01:19;29 01:00:00;00 01:00:08;00\r\n"), std::string::npos)
        << list;
    EXPECT_NE(list.find("-030.0                00:01:11:29\r\n"), std::string::npos);
}

TEST(Edl, RemarksStandAtTheRecordTimeAtWhichTheyAreSeen)
{
    Clip clip = handles();
    clip.remarks = { { 300, "blink", "left eye; wrong end" }, { 100, "mark", "" } };
    const std::string list = edlText(settled({ clipOf(0, 24, 100), clip }), EdlDialect::Cmx);
    // Second clip begins after 24 frames; frame 300 is shown 359 - 300 = 59 frames into it: 83 = 3 s 11 f.
    EXPECT_NE(list.find("* LOC: 01:00:03:11 YELLOW  blink: left eye; wrong end\r\n"), std::string::npos)
        << list;
    EXPECT_EQ(list.find("YELLOW  mark"), std::string::npos) << "outside of the used range";
}

TEST(Edl, LongReelsBecomeEightCharactersThatDiffer)
{
    Clip one = handles();
    one.reel = "SCENE_WITH_A_LONG_NAME_001_A";
    Clip two = handles();
    two.reel = "SCENE_WITH_A_LONG_NAME_002_A";
    std::istringstream lines(unix(edlText(settled({ one, two }), EdlDialect::Cmx)));
    std::vector<std::string> reels;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("00"))
            reels.push_back(line.substr(5, 8));
    }
    ASSERT_EQ(reels.size(), 2u);
    EXPECT_NE(reels[0], reels[1]);
    EXPECT_EQ(reels[0].find(' '), std::string::npos);
}

TEST(Otio, SaysLowerBoundAndAFallingTimeScalar)
{
    const auto json = nlohmann::json::parse(otioText(settled({ handles(-200) })));
    EXPECT_EQ(json["OTIO_SCHEMA"], "Timeline.1");
    EXPECT_EQ(json["global_start_time"]["value"], 86'400.0);
    const auto& track = json["tracks"]["children"][0];
    EXPECT_EQ(track["OTIO_SCHEMA"], "Track.1");
    EXPECT_EQ(track["kind"], "Video");
    const auto& clip = track["children"][0];
    EXPECT_EQ(clip["OTIO_SCHEMA"], "Clip.2");
    EXPECT_EQ(clip["source_range"]["start_time"]["value"], 86'640.0); // 01:00:10:00
    EXPECT_EQ(clip["source_range"]["duration"]["value"], 120.0);
    EXPECT_EQ(clip["source_range"]["duration"]["rate"], 24.0);
    EXPECT_TRUE(clip["source_range"]["duration"]["value"].is_number_float());
    EXPECT_EQ(clip["effects"][0]["OTIO_SCHEMA"], "LinearTimeWarp.1");
    EXPECT_EQ(clip["effects"][0]["effect_name"], "LinearTimeWarp");
    EXPECT_EQ(clip["effects"][0]["time_scalar"], -2.0);
    const auto& media = clip["media_references"][std::string(clip["active_media_reference_key"])];
    EXPECT_EQ(media["target_url"], "A001C003.mov");
    EXPECT_EQ(media["available_range"]["start_time"]["value"], 86'520.0);
    EXPECT_EQ(media["available_range"]["duration"]["value"], 960.0);
}

TEST(Otio, RatesAreTheExactFractionAndMarkersTheFormThatAllRead)
{
    Clip clip = handles();
    clip.timecode = { { 24'000, 1'001 }, false };
    clip.remarks = { { 300, "blink", "" } };
    Timeline timeline = timelineOf({ clip });
    timeline.timecode = clip.timecode;
    ASSERT_TRUE(settle(timeline));
    const auto json = nlohmann::json::parse(otioText(timeline));
    const auto& read = json["tracks"]["children"][0]["children"][0];
    EXPECT_EQ(read["source_range"]["start_time"]["rate"], 24'000.0 / 1'001.0);
    EXPECT_EQ(read["markers"][0]["OTIO_SCHEMA"], "Marker.1");
    EXPECT_EQ(read["markers"][0]["range"]["start_time"]["value"], 86'820.0);
}

/// "3630s", "1001/24000s".
double secondsOf(const std::string& text)
{
    const auto slash = text.find('/');
    const double numerator = std::stod(text);
    return slash == std::string::npos ? numerator : numerator / std::stod(text.substr(slash + 1));
}

/// What a reader of FCPXML makes of a clip: the file frame at the middle of each frame of its timeline.
std::vector<FrameIndex> framesOfFcpxml(const std::string& text, double rate)
{
    pugi::xml_document document;
    EXPECT_TRUE(document.load_string(text.c_str()));
    const auto asset = document.select_node("//asset").node();
    const auto clip = document.select_node("//asset-clip").node();
    const double start = secondsOf(clip.attribute("start").value());
    const auto count = std::llround(secondsOf(clip.attribute("duration").value()) * rate);
    std::vector<FrameIndex> frames;
    for (FrameIndex k = 0; k < count; ++k) {
        const double at = start + (static_cast<double>(k) + 0.5) / rate;
        double media = at;
        if (const auto map = clip.child("timeMap")) {
            const auto first = map.first_child();
            const auto last = map.last_child();
            const double from = secondsOf(first.attribute("time").value());
            const double to = secondsOf(last.attribute("time").value());
            const double value_from = secondsOf(first.attribute("value").value());
            const double value_to = secondsOf(last.attribute("value").value());
            media = value_from + (value_to - value_from) * (at - from) / (to - from);
        }
        frames.push_back(static_cast<FrameIndex>(
            std::floor((media - secondsOf(asset.attribute("start").value())) * rate)));
    }
    return frames;
}

TEST(Fcpxml, AFallingMapOverTheWholeAssetWindowedByStart)
{
    const std::string text = fcpxmlText(settled({ handles() }));
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(text.c_str()));
    const auto clip = document.select_node("//asset-clip").node();
    EXPECT_STREQ(clip.attribute("start").value(), "3630s"); // 01:00:05:00 + (960 - 360) / 24
    EXPECT_STREQ(clip.attribute("duration").value(), "10s");
    EXPECT_STREQ(clip.attribute("offset").value(), "3600s");
    const auto map = clip.child("timeMap");
    EXPECT_STREQ(map.first_child().attribute("time").value(), "3605s");
    EXPECT_STREQ(map.first_child().attribute("value").value(), "3645s");
    EXPECT_STREQ(map.last_child().attribute("time").value(), "3645s");
    EXPECT_STREQ(map.last_child().attribute("value").value(), "3605s");
    EXPECT_STREQ(document.select_node("//asset").node().attribute("name").value(), "A001C003.mov");
    EXPECT_STREQ(
        document.select_node("//media-rep").node().attribute("src").value(), "file:///handover/A001C003.mov");
    EXPECT_STREQ(document.child("fcpxml").attribute("version").value(), "1.10");
}

TEST(Fcpxml, EveryFrameOfTheTimelineIsTheOneTheArithmeticSays)
{
    for (const int percent : { -100, -50, -200, 100, 50, 200 }) {
        const Timeline timeline = settled({ handles(percent) });
        const auto frames = framesOfFcpxml(fcpxmlText(timeline), 24);
        ASSERT_EQ(static_cast<FrameIndex>(frames.size()), timeline.length()) << percent;
        for (FrameIndex k = 0; k < timeline.length(); ++k) {
            // In the middle of a frame shown at 200 % the map stands between two: either is right.
            const FrameIndex expected = timeline.clips[0].frameAt(k);
            ASSERT_TRUE(frames[k] == expected || (std::abs(percent) > 100 && frames[k] == expected + 1))
                << percent << " % at " << k << ": " << frames[k] << " for " << expected;
        }
    }
}

TEST(Fcpxml, NtscTimesLieOnFrameBorders)
{
    Clip clip = handles();
    clip.timecode = { { 24'000, 1'001 }, false };
    Timeline timeline = timelineOf({ clip });
    timeline.timecode = clip.timecode;
    ASSERT_TRUE(settle(timeline));
    const std::string text = fcpxmlText(timeline);
    EXPECT_NE(text.find("frameDuration=\"1001/24000s\""), std::string::npos);
    EXPECT_NE(text.find("duration=\"1001/100s\""), std::string::npos) << "240 frames";
}

TEST(Xmeml, CountsInAndOutFromTheTail)
{
    const auto item = [](int percent) {
        auto document = std::make_shared<pugi::xml_document>();
        EXPECT_TRUE(document->load_string(xmemlText(settled({ handles(percent) })).c_str()));
        return document;
    };
    const auto value = [](const auto& document, const char* path) {
        return std::string(document->select_node(path).node().text().get());
    };
    const auto back = item(-100);
    EXPECT_EQ(value(back, "//clipitem/in"), "600");  // N - b
    EXPECT_EQ(value(back, "//clipitem/out"), "840"); // N - a
    EXPECT_EQ(value(back, "//clipitem/duration"), "960");
    EXPECT_EQ(value(back, "//clipitem/start"), "0");
    EXPECT_EQ(value(back, "//clipitem/end"), "240");
    EXPECT_EQ(value(back, "//parameter[parameterid='speed']/value"), "100");
    EXPECT_EQ(value(back, "//parameter[parameterid='reverse']/value"), "TRUE");
    EXPECT_EQ(value(back, "//file/timecode/string"), "01:00:05:00");
    EXPECT_EQ(value(back, "//file/timecode/frame"), "86520");
    EXPECT_EQ(value(back, "//file/timecode/reel/name"), "A001");
    const auto slow = item(-50);
    EXPECT_EQ(value(slow, "//clipitem/in"), "1200");
    EXPECT_EQ(value(slow, "//clipitem/out"), "1680");
    EXPECT_EQ(value(slow, "//clipitem/duration"), "1920");
    const auto ahead = item(100);
    EXPECT_EQ(value(ahead, "//clipitem/in"), "120");
    EXPECT_EQ(value(ahead, "//clipitem/out"), "360");
    EXPECT_EQ(value(ahead, "//effect/effectid"), "");
}

TEST(Xml, IsWellFormedWithWhateverWasTyped)
{
    Clip clip = handles();
    clip.slate.scene = "12<&\"'>\t🎬]]>\x01\xff\x80";
    clip.director_note = "=cmd|' /C calc'!A0\nsecond \"line\"";
    clip.remarks = { { 200, "note", "<b>&amp;</b>" } };
    const Timeline timeline = settled({ clip });
    const tests::Folder folder;
    for (const auto& [name, text] : std::map<std::string, std::string> { { "a.fcpxml", fcpxmlText(timeline) },
             { "a.xml", xmemlText(timeline) }, { "a.mlt", mltText(timeline) } }) {
        const auto path = folder.path() / name;
        std::ofstream(path) << text;
        EXPECT_EQ(tests::outputOf("xmllint --noout '" + path.string() + "' 2>&1"), "") << name;
    }
}

TEST(Mlt, TheWindowStandsOnTheEntryAndTheProducerIsWhole)
{
    const auto read = [](int percent) {
        auto document = std::make_shared<pugi::xml_document>();
        EXPECT_TRUE(document->load_string(mltText(settled({ handles(percent) })).c_str()));
        return document;
    };
    const auto back = read(-100);
    EXPECT_STREQ(back->select_node("//entry").node().attribute("in").value(), "600");
    EXPECT_STREQ(back->select_node("//entry").node().attribute("out").value(), "839");
    EXPECT_STREQ(back->select_node("//producer").node().attribute("out").value(), "959");
    EXPECT_STREQ(back->select_node("//property[@name='resource']").node().text().get(), "-1:A001C003.mov");
    EXPECT_STREQ(back->child("mlt").attribute("LC_NUMERIC").value(), "C");
    const auto fast = read(-200);
    EXPECT_STREQ(fast->select_node("//entry").node().attribute("in").value(), "300");
    EXPECT_STREQ(fast->select_node("//entry").node().attribute("out").value(), "419");
}

/// Places 0 … 479 show frames 359.75, 359.25, … of the file: 359, 359, 358, …
TEST(Mlt, OtherSpeedsAreALineOfTimeAndTheirSoundHasATrackOfItsOwn)
{
    Clip slow = handles(-50);
    slow.sound_channels = 2;
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(mltText(settled({ handles(), slow })).c_str()));
    const auto value = [&](const char* path, const char* name) {
        return std::string(document.select_node(path).node().attribute(name).value());
    };
    const auto said = [&](const char* path) {
        return std::string(document.select_node(path).node().text().get());
    };
    EXPECT_EQ(value("//chain", "out"), "479");
    EXPECT_EQ(said("//chain/property[@name='resource']"), "A001C003.mov");
    EXPECT_EQ(said("//chain/property[@name='audio_index']"), "-1");
    double first_s = 0;
    double last_s = 0;
    const std::string map = said("//link[@mlt_service='timeremap']/property[@name='map']");
    ASSERT_EQ(std::sscanf(map.c_str(), "0=%lf;480=%lf", &first_s, &last_s), 2) << map;
    EXPECT_NEAR(first_s * 24, 359.75, 1e-9);
    EXPECT_NEAR(last_s * 24, 119.75, 1e-9);
    EXPECT_EQ(value("//playlist[@id='pictures']/entry[2]", "in"), "0");
    EXPECT_EQ(value("//playlist[@id='pictures']/entry[2]", "out"), "479");
    EXPECT_EQ(said("//producer[@id='sound2']/property[@name='resource']"), "-0.5:A001C003.mov");
    EXPECT_EQ(said("//producer[@id='sound2']/property[@name='video_index']"), "-1");
    EXPECT_EQ(value("//playlist[@id='sound']/blank", "length"), "240");
    EXPECT_EQ(value("//playlist[@id='sound']/entry", "in"), "1200");
    EXPECT_EQ(value("//playlist[@id='sound']/entry", "out"), "1679");
    EXPECT_EQ(value("//tractor/track[1]", "producer"), "pictures");
    EXPECT_EQ(value("//tractor/track[2]", "producer"), "sound");
    slow.sound_channels = 0;
    EXPECT_EQ(mltText(settled({ handles(), slow })).find("tractor"), std::string::npos);
}

std::vector<std::string> fieldsOf(const std::string& line, char between)
{
    std::vector<std::string> fields { "" };
    for (const char c : line) {
        if (c == between)
            fields.emplace_back();
        else
            fields.back() += c;
    }
    return fields;
}

TEST(Ale, RangesRiseAndTheDirectionIsAColumn)
{
    Clip clip = handles();
    clip.circled = true;
    clip.director_note = "tab\there";
    clip.shot_as = "12/2";
    const std::string log = unix(aleText(settled({ clip })));
    const auto lines = fieldsOf(log, '\n');
    ASSERT_GE(lines.size(), 12u);
    EXPECT_EQ(lines[0], "Heading");
    EXPECT_EQ(lines[1], "FIELD_DELIM\tTABS");
    EXPECT_EQ(lines[2], "VIDEO_FORMAT\t1080");
    EXPECT_EQ(lines[4], "FPS\t24");
    const auto columns = fieldsOf(lines[7], '\t');
    const auto values = fieldsOf(lines[10], '\t');
    ASSERT_EQ(columns.size(), values.size());
    EXPECT_LE(columns.size(), 64u);
    const auto value = [&](const std::string& column) {
        const auto found = std::ranges::find(columns, column);
        EXPECT_NE(found, columns.end()) << column;
        EXPECT_LE(column.size(), 14u) << "a longer name is cut by Avid";
        return values[static_cast<std::size_t>(found - columns.begin())];
    };
    EXPECT_EQ(value("Start"), "01:00:10:00");
    EXPECT_EQ(value("End"), "01:00:20:00");
    EXPECT_EQ(value("Duration"), "00:00:10:00");
    EXPECT_EQ(value("Tape"), "A001");
    EXPECT_EQ(value("Play Speed"), "-100");
    EXPECT_EQ(value("First Played"), "01:00:19:23");
    EXPECT_EQ(value("Last Played"), "01:00:10:00");
    EXPECT_EQ(value("Shot As"), "12/2");
    EXPECT_EQ(value("Circled"), "YES");
    EXPECT_EQ(value("DESCRIPT"), "tab here");
    for (const std::string& column : columns)
        EXPECT_LE(column.size(), 14u) << column;
}

TEST(Markers, StandInSourceTimecode)
{
    Clip clip = handles();
    clip.remarks = { { 300, "blink", "wrong end" } };
    EXPECT_EQ(
        markersText(settled({ clip })), "Backtake\t01:00:17:12\tV1\tyellow\t12/3 blink: wrong end\t1\r\n");
}

TEST(Csv, IsReadByPythonAndSafeInSpreadsheets)
{
    Clip clip = handles();
    clip.slate.scene = "12AB";
    clip.director_note = "=cmd|' /C calc'!A0";
    clip.continuity_note = "two\nlines, \"quoted\"";
    clip.lens = "-just text";
    clip.remarks = { { 300, "blink", "@wrong end" } };
    const tests::Folder folder;
    const auto path = folder.path() / "takes.csv";
    std::ofstream(path, std::ios::binary) << csvText(settled({ clip }));
    const auto json = nlohmann::json::parse(tests::outputOf(
        "python3 -c 'import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], "
        "newline=\"\", encoding=\"utf-8\")))))' '"
        + path.string() + "'"));
    ASSERT_EQ(json.size(), 1u);
    EXPECT_EQ(json[0]["Scene"], "12");
    EXPECT_EQ(json[0]["Shot"], "AB");
    EXPECT_EQ(json[0]["Take"], "3");
    EXPECT_EQ(json[0]["Play Speed %"], "-100");
    EXPECT_EQ(json[0]["Source In"], "01:00:10:00");
    EXPECT_EQ(json[0]["Source Out"], "01:00:20:00");
    EXPECT_EQ(json[0]["First Frame Played"], "01:00:19:23");
    EXPECT_EQ(json[0]["Last Frame Played"], "01:00:10:00");
    EXPECT_EQ(json[0]["Director Note"], "'=cmd|' /C calc'!A0");
    EXPECT_EQ(json[0]["Continuity Note"], "two\nlines, \"quoted\"");
    EXPECT_EQ(json[0]["Lens"], "'-just text");
    EXPECT_EQ(json[0]["File"], "A001C003.mov");
    EXPECT_EQ(json[0]["Remarks"], "01:00:17:12 blink: @wrong end");
}

} // namespace
} // namespace backtake::handover
