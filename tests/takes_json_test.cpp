/// `backtake takes --json`: a shoot that has one of everything, told in the shape that docs/takes_json.md
/// shows.
#include "app/cue_files.hpp"
#include "app/guide_files.hpp"
#include "app/practice_files.hpp"
#include "takes/last_check.hpp"
#include "takes/shoot.hpp"
#include "takes/test_takes.hpp"
#include "tests/process.hpp"

#include <gmock/gmock.h>

#include <set>

namespace backtake::tests {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using base::Nanos;
using nlohmann::json;
namespace fs = std::filesystem;

/// What breaks texts: quotes, line breaks, NUL, escapes of a terminal, other scripts, an end of a script.
const std::string kHostile = "a \"note\"\\\n\r\t\x1b[31m </script> é 東京 🎬 \x01 \0 end"s;

/// Every path of keys in @p value: "takes[].marks[].text". An object of which the keys are data is one path.
void collect(const json& value, const std::string& path, std::set<std::string>& paths)
{
    if (value.is_object() && !path.ends_with(".lost"))
        for (const auto& [key, inner] : value.items())
            collect(inner, path + "." + key, paths);
    else if (value.is_array() && !value.empty())
        for (const json& inner : value)
            collect(inner, path + "[]", paths);
    else
        paths.insert(path);
}
std::set<std::string> pathsOf(const json& value)
{
    std::set<std::string> paths;
    collect(value, "", paths);
    // What is null or empty in one place and has something in it in another is what is in it.
    const auto goesOn = [&paths](const std::string& path) {
        const auto next = paths.lower_bound(path);
        return next != paths.end() && next->starts_with(path);
    };
    std::set<std::string> longest;
    for (const std::string& path : paths)
        if (!goesOn(path + ".") && !goesOn(path + "["))
            longest.insert(path);
    return longest;
}

class TakesJson : public testing::Test {
protected:
    [[nodiscard]] std::string shoot() const { return folder_ / "shoot"; }

    /// 12A/1 with two cameras, of a day, renumbered; 13/1 forward, of the next.
    void SetUp() override
    {
        fs::create_directories(shoot());
        takes::TakeFacts facts = takes::makeFacts({ "12A", 1, 'A' });
        facts.timecode = { { 30'000, 1'001 }, true };
        facts.start_timecode = base::timecodeNumber({ 1, 0, 59, 20 }, facts.timecode).value();
        std::vector<takes::FramePtr> frames;
        for (int n = 0; n < 20; ++n) {
            const Nanos at = takes::kUptime + facts.timecode.rate.timeOf(n) + (n < 15 ? 0s : 2s);
            frames.push_back(n == 6 || n == 7 ? takes::makeLostFrame(n, at, base::Loss::EncoderBusy)
                    : n == 9                  ? takes::makeLostFrame(n, at, base::Loss::CameraDamaged)
                                              : takes::makeFrame(n, at, 64, 48, n < 15 ? 0 : 1));
        }
        facts.camera_clip = takes::CameraClip { "/DCIM/100EOS1D", "A001.MP4", 4, "A001.MP4" };
        facts.further_clips = { { "/DCIM/100EOS1D", "A002.MP4", 5'000'000'000, {} } };
        first_ = takes::writeTake(shoot(), frames, facts);
        std::ofstream(first_ / "A001.MP4") << "clip";
        takes::TakeFacts stored = takes::readTakeFacts(first_ / "take.json").value();
        stored.sound = takes::SoundFacts { 48'000, 2, 96'000, -10ms, 24, 12.5 };
        stored.parts = { { 20, folder_ / "elsewhere/12A-001-A.part2", 5 } };
        ASSERT_OK(takes::writeTakeFacts(first_ / "take.json", stored));

        ASSERT_OK(takes::writeLastCheck(
            first_, { takes::LastCheck::By::Verify, 1'700'000'200s, 25, 1, { 3 }, { kHostile } }));
        takes::TakeFacts second = takes::makeFacts({ "12A", 1, 'B' });
        second.started_at_utc = facts.started_at_utc;
        takes::writeTake(shoot(), takes::evenFrames(10), second);
        takes::TakeFacts third = takes::makeFacts({ "13", 1, 'A' });
        third.direction = takes::Direction::Forward;
        third.started_at_utc += 24h;
        third_ = takes::writeTake(shoot(), takes::evenFrames(10), third);
        say(stored.id);

        app::TakeGuide guide;
        guide.source = { "Song-0123456789abcdef.wav", std::string(32, 'a'), guide::ClipPart { 1s, 3s } };
        guide.record.runs = { { 100ms, 500ms, 2.5, -1 }, { 700ms, 200ms, 2.5, -0.5 } };
        guide.record.nudge = -40ms;
        ASSERT_OK(app::writeTakeGuide(first_, guide));
        guide::CueSheet sheet;
        sheet.title = kHostile.substr(0, 8);
        sheet.text = "Yes";
        sheet.language = "en-us";
        sheet.duration = 1s;
        sheet.lines = { { "Yes", { { "Yes", "SEH-y", { { "s", guide::Stress::None, 100ms, 400ms } } } } } };
        ASSERT_OK(app::writeCueSheet(app::cueSheetPath(shoot(), "Scene 12").value(), sheet));
        fs::create_directories(fs::path(shoot()) / "practice");
        app::PracticeFacts attempt;
        attempt.whole.points = 62.5;
        attempt.record.runs = { { 0ms, 500ms, 2.5, -1 } };
        ASSERT_OK(app::writeAttempt(
            fs::path(shoot()) / "practice", std::vector<float>(24'000, 0.1F), 48'000, attempt));
    }
    /// What the script supervisor said.
    void say(const std::string& id)
    {
        auto opened = takes::Shoot::open(shoot(), takes::Shoot::Mode::Create).value();
        takes::Log& log = opened->log();
        const auto take = log.takes().value().at(0);
        takes::TakeSheet sheet = take.sheet;
        sheet.slate = { "12B", 9, 'A' };
        sheet.circled = true;
        sheet.stop = "T2.8";
        sheet.note = kHostile;
        ASSERT_OK(log.setSheet(take.id, sheet));
        takes::Setup setup;
        setup.name = "12B";
        setup.lens = "50 mm";
        setup.stop = "T4";
        ASSERT_OK(log.setSetup(setup));
        takes::Mark mark;
        mark.take = id;
        mark.kind = takes::Mark::Kind::Tell;
        mark.tell = takes::Tell::Blink;
        mark.captured_frame = 16;
        mark.timecode = base::timecodeNumber({ 1, 1, 0, 8 }, { { 30'000, 1'001 }, true }).value();
        mark.text = kHostile;
        mark.made_at_utc = 1'700'000'100'250ms;
        ASSERT_OK(log.putMark(mark));
        ASSERT_OK(log.setStory({ "Reel \"1\"",
            { { id, 2, 8, takes::Direction::Forward, 50 }, { std::string(32, 'f'), {}, {} } } }));
    }
    [[nodiscard]] json told() const
    {
        const Ran ran = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_);
        EXPECT_EQ(ran.exit, 0) << ran.err;
        return ran.json();
    }
    Folder folder_;
    fs::path first_;
    fs::path third_;
};

TEST_F(TakesJson, HasTheShapeThatIsDocumented)
{
    const std::string doc = readAll(fs::path(BACKTAKE_DOCS) / "takes_json.md");
    const std::size_t begin = doc.find("```json\n") + 8;
    const json example = json::parse(doc.substr(begin, doc.find("```", begin) - begin), nullptr, false);
    ASSERT_TRUE(example.is_object()) << "the example of docs/takes_json.md is no JSON";
    EXPECT_THAT(pathsOf(told()), testing::ContainerEq(pathsOf(example)));
}

TEST_F(TakesJson, TellsAllThatIsKnownOfATake)
{
    const json log = told();
    ASSERT_EQ(log["takes"].size(), 3u);
    const json& take = log["takes"][0];
    EXPECT_EQ(take["take"], "12A/1A");
    EXPECT_TRUE(takes::isTakeId(take["id"].get<std::string>()));
    EXPECT_EQ(take["renumbered"], true);
    EXPECT_EQ(take["started_at"], "2023-11-14T22:13:20.000Z");
    EXPECT_EQ(take["rate_fraction"], "30000/1001");
    EXPECT_EQ(take["start_timecode"], "01:00:59;20");
    EXPECT_EQ(take["lost"], json({ { "encoder_busy", 2 }, { "camera_damaged", 1 } }));
    EXPECT_EQ(take["lost_frames"],
        json({ { { "first", 6 }, { "last", 7 }, { "cause", "encoder_busy" } },
            { { "first", 9 }, { "last", 9 }, { "cause", "camera_damaged" } } }));
    ASSERT_EQ(take["gaps"].size(), 1u);
    EXPECT_EQ(take["gaps"][0]["before_frame"], 15);
    EXPECT_NEAR(take["gaps"][0]["length_s"].get<double>(), 2, 0.1);
    EXPECT_EQ(take["check"]["by"], "verify");
    EXPECT_EQ(take["check"]["checked_at"], "2023-11-14T22:16:40.000Z");
    EXPECT_EQ(take["check"]["damaged_frames"], json::array({ 3 }));
    EXPECT_EQ(take["check"]["findings"][0], kHostile);
    EXPECT_EQ(take["sound"]["samples"], 96'000);
    EXPECT_EQ(take["sound"]["channels"], 2);
    EXPECT_EQ(take["sound"]["bits"], 24);
    EXPECT_NEAR(take["sound"]["starts_after_picture_s"].get<double>(), -0.01, 1e-9);
    EXPECT_EQ(take["parts"][0]["first_frame"], 20);
    EXPECT_EQ(take["parts"][0]["there"], false);
    EXPECT_EQ(take["frames"], 25) << "as many as its part is said to have";
    EXPECT_EQ(take["camera_clips"][0]["fetched"], true);
    EXPECT_EQ(take["camera_clips"][0]["file"], (first_ / "A001.MP4").string());
    EXPECT_EQ(take["camera_clips"][1]["fetched"], false);
    EXPECT_EQ(take["guide"]["file"], "Song-0123456789abcdef.wav");
    EXPECT_EQ(take["guide"]["from_s"], 1.0);
    EXPECT_EQ(take["guide"]["nudge_s"], -0.04);
    EXPECT_EQ(take["guide"]["runs"][1]["speed"], -0.5);
    EXPECT_EQ(take["sheet"]["slate"], "12B/9");
    EXPECT_EQ(take["sheet"]["note"], kHostile);
    EXPECT_EQ(take["holds"]["lens"], "50 mm") << "the setup's";
    EXPECT_EQ(take["holds"]["stop"], "T2.8") << "its own";
    EXPECT_THAT(take["open"].dump(),
        testing::AllOf(testing::HasSubstr("3 frames lost"), testing::HasSubstr("1 frame damaged"),
            testing::HasSubstr("part2"), testing::HasSubstr("A002.MP4 not fetched")));
    std::uintmax_t bytes = 0;
    for (const auto& file : fs::directory_iterator(first_))
        bytes += file.file_size();
    EXPECT_EQ(take["disk_bytes"], bytes);
}

TEST_F(TakesJson, AMarkStandsInBothClocksAndHasItsTime)
{
    const json take = told()["takes"][0];
    ASSERT_EQ(take["marks"].size(), 1u);
    const json& mark = take["marks"][0];
    EXPECT_EQ(mark["captured_frame"], 16);
    EXPECT_EQ(mark["shown_frame"], 25 - 1 - 16);
    const double frame = 1.001 / 30;
    EXPECT_NEAR(mark["captured_s"].get<double>(), 2 + 16 * frame, 1e-6);
    EXPECT_NEAR(mark["shown_s"].get<double>(), take["duration_s"].get<double>() - (2 + 17 * frame), 1e-6);
    EXPECT_EQ(mark["timecode"], "01:01:00;08");
    EXPECT_EQ(mark["tell"], "blink");
    EXPECT_EQ(mark["text"], kHostile);
    EXPECT_EQ(mark["made_at"], "2023-11-14T22:15:00.250Z");
}

TEST_F(TakesJson, TellsDaysSequencesSheetsAndTotals)
{
    const json log = told();
    ASSERT_EQ(log["days"].size(), 2u);
    EXPECT_EQ(log["days"][0]["takes"], 1);
    EXPECT_EQ(log["days"][0]["circled"], 1);
    EXPECT_EQ(log["days"][0]["frames"], 35) << "of both cameras";
    EXPECT_EQ(log["days"][1]["frames"], 10);
    EXPECT_EQ(log["totals"]["setups"], 2);
    EXPECT_EQ(log["totals"]["takes"], 2);
    EXPECT_EQ(log["totals"]["lost"], 3);
    std::uint64_t bytes = 0;
    for (const json& take : log["takes"])
        bytes += take["disk_bytes"].get<std::uint64_t>();
    EXPECT_EQ(log["totals"]["disk_bytes"], bytes);
    const json& cards = log["sequences"][0]["cards"];
    EXPECT_EQ(log["sequences"][0]["name"], "Reel \"1\"");
    EXPECT_EQ(cards[0]["id"], log["takes"][0]["id"]);
    EXPECT_EQ(cards[0]["slate"], "12B/9A");
    EXPECT_EQ(cards[0]["first"], 2);
    EXPECT_EQ(cards[0]["speed_percent"], 50);
    EXPECT_EQ(cards[1]["slate"], nullptr) << "of a recording that is not there";
    EXPECT_EQ(log["cue_sheets"][0]["name"], "Scene 12");
    EXPECT_EQ(log["practice"][0]["points"], 62.5);
    EXPECT_EQ(log["takes"][2]["sound"], nullptr);
    EXPECT_EQ(log["takes"][2]["guide"], nullptr);
}

/// Fails when a reader that is not ours cannot read it, or what was typed does not come through.
TEST_F(TakesJson, PythonReadsItWhateverWasTyped)
{
    const Ran ran = run({ "sh", "-c",
                            std::string(BACKTAKE_PROGRAM) + " takes --shoot '" + shoot()
                                + "' --json | python3 -c 'import json, sys; log = json.load(sys.stdin); "
                                  "sys.stdout.write(log[\"takes\"][0][\"sheet\"][\"note\"])'" },
        folder_);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out, kHostile);
}

/// Fails when a file beside a take that nobody can read hides the take.
TEST_F(TakesJson, ADamagedGuideOrPictureIsSaidAndHidesNothing)
{
    std::ofstream(first_ / "guide.json") << "{ \"nudge_ns\": 1e999";
    fs::remove(third_ / "picture.index");
    const Ran ran = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_);
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.err, testing::HasSubstr("guide.json"));
    const json log = ran.json();
    ASSERT_EQ(log["takes"].size(), 3u);
    EXPECT_EQ(log["takes"][0]["guide"], nullptr);
    EXPECT_EQ(log["takes"][2]["frames"], 10) << "as take.json says";
    EXPECT_EQ(log["takes"][2]["open"].size(), 1u);
}

} // namespace
} // namespace backtake::tests
