/// The command line as scripts see it: exit codes, JSON, one clear line for each trouble.
#include "takes/shoot.hpp"
#include "tests/process.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace backtake::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

class CommandLine : public testing::Test {
protected:
    Ran recordPattern(const std::string& slate, const std::string& seconds,
        std::vector<std::string> more = {}, const std::string& camera = "pattern:320x180@50")
    {
        std::vector<std::string> words { "record", "--camera", camera, "--shoot", shoot(), "--slate", slate,
            "--seconds", seconds, "--ring", "64M", "--json" };
        words.insert(words.end(), more.begin(), more.end());
        return backtake(words, folder_);
    }
    [[nodiscard]] std::string shoot() const { return folder_ / "shoot"; }
    /// Exit code, one line on stderr that starts with the program's name, and nothing that says how the
    /// program is made.
    static void expectOneClearLine(const Ran& ran, int exit)
    {
        EXPECT_EQ(ran.exit, exit) << ran.err;
        EXPECT_TRUE(ran.err.starts_with("backtake: ")) << ran.err;
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        EXPECT_GT(ran.err.size(), 25u) << ran.err;
    }
    Folder folder_;
};

/// The samples of a WAV file of 32 bit floats with one channel.
std::vector<float> floatsOf(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    const std::string bytes = all.str();
    constexpr std::size_t kHeader = 56;
    EXPECT_TRUE(bytes.starts_with("RIFF"));
    std::vector<float> samples((std::max(bytes.size(), kHeader) - kHeader) / sizeof(float));
    std::copy_n(
        bytes.data() + kHeader, samples.size() * sizeof(float), reinterpret_cast<char*>(samples.data()));
    return samples;
}

TEST_F(CommandLine, PlayWritesWhatIsHeardReversedSampleBySample)
{
    ASSERT_EQ(recordPattern("1", "2").exit, 0);
    const auto heard = [&](const std::string& direction) {
        const Ran played = backtake({ "play", shoot() + "#1/1", "--present", "none", "--direction", direction,
                                        "--sound", (folder_ / direction) + ".wav" },
            folder_);
        EXPECT_EQ(played.exit, 0) << played.err;
        return floatsOf((folder_ / direction) + ".wav");
    };
    const std::vector<float> captured = heard("captured");
    std::vector<float> shown = heard("shown");
    ASSERT_EQ(shown.size(), captured.size());
    EXPECT_NEAR(static_cast<double>(shown.size()), 2 * 48000, 4800);
    EXPECT_GT(*std::max_element(captured.begin(), captured.end()), 0.1F) << "the pattern ticks";
    // The samples lie on a grid of their own, which the ends of the take may miss by half of one.
    std::reverse(shown.begin(), shown.end());
    const auto same = [&](std::ptrdiff_t shift) {
        return std::equal(captured.begin() + 480, captured.end() - 480, shown.begin() + 480 + shift);
    };
    EXPECT_TRUE(same(0) || same(-1) || same(1));

    ASSERT_EQ(recordPattern("2", "1").exit, 0);
    expectOneClearLine(
        backtake(
            { "play", shoot() + "#2/1", "--present", "none", "--sound", "/no/such/folder/a.wav" }, folder_),
        1);
}

TEST_F(CommandLine, RecordReportsTheTakeAndPlayShowsItInReverse)
{
    const Ran recorded = recordPattern("12A", "1", { "--preroll", "0.5" });
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    const auto report = recorded.json();
    EXPECT_EQ(report["take"], "12A/1A");
    EXPECT_EQ(report["dropped"]["total"], 0);
    EXPECT_GE(report["preroll_frames"], 24);
    EXPECT_LE(report["preroll_frames"], 26);
    EXPECT_GE(report["frames"], 73);
    EXPECT_GT(report["bytes"], 100'000);
    EXPECT_GT(report["ring_peak_bytes"], 0);
    EXPECT_GT(report["peak_rss_mb"], 5);
    EXPECT_NEAR(report["duration_s"].get<double>(), report["frames"].get<double>() / 50, 0.001);
    EXPECT_LT(report["cut_to_review_ms"].get<double>(), 1000);

    const Ran played = backtake(
        { "play", shoot() + "#12A/1", "--present", "none", "--json", "--hashes", folder_ / "hashes" },
        folder_);
    ASSERT_EQ(played.exit, 0) << played.err;
    const auto seen = played.json();
    const auto frames = report["frames"].get<std::int64_t>();
    EXPECT_EQ(seen["frames"], frames);
    EXPECT_EQ(seen["first_captured"], frames - 1);
    EXPECT_EQ(seen["last_captured"], 0);
    EXPECT_EQ(seen["damaged"], 0);
    for (const char* key :
        { "first_frame_ms", "fps", "late", "missed", "max_gap_ms", "peak_rss_mb", "threads" })
        EXPECT_TRUE(seen[key].is_number()) << key;

    std::istringstream lines(readAll(folder_ / "hashes"));
    std::int64_t shown = 0;
    for (std::string line; std::getline(lines, line); ++shown) {
        std::istringstream words(line);
        std::int64_t k = -1;
        std::int64_t n = -1;
        std::int64_t time = -1;
        std::string hash;
        words >> k >> n >> time >> hash;
        EXPECT_EQ(k, shown);
        EXPECT_EQ(n, frames - 1 - shown);
        EXPECT_NEAR(static_cast<double>(time), static_cast<double>(n) * 2e7, 1e6);
        EXPECT_EQ(hash.size(), 16u);
    }
    EXPECT_EQ(shown, frames);
}

/// Fails when chosen sound does not come with the take, or another comes with it.
TEST_F(CommandLine, TakesHaveTheSoundThatWasChosen)
{
    for (const auto& [spec, slate, channels] :
        { std::tuple("audio:test:2", "1", 2), { "audio:off", "2", 0 }, { "", "3", 1 } }) {
        SCOPED_TRACE(spec);
        std::vector<std::string> options { "--preroll", "0" };
        if (*spec != '\0')
            options.insert(options.end(), { "--audio", spec });
        const Ran recorded = recordPattern(slate, "2", options, "pattern:320x180@25");
        ASSERT_EQ(recorded.exit, 0) << recorded.err;
        const auto folder = std::filesystem::path(shoot()) / "media" / (std::string(slate) + "-001-A");
        const auto facts = nlohmann::json::parse(readAll(folder / "take.json"));
        ASSERT_EQ(facts.contains("sound"), channels > 0);
        if (channels == 0)
            continue;
        EXPECT_EQ(facts["sound"]["channels"], channels);
        EXPECT_EQ(facts["sound"]["bits"], 16);
        const double length_s = facts["sound"]["samples"].get<double>() / 48000
            + facts["sound"]["starts_after_picture_ns"].get<double>() / 1e9;
        EXPECT_NEAR(length_s, recorded.json()["duration_s"].get<double>(), 0.5);
    }
    const Ran wrong = recordPattern("4", "1", { "--audio", "jack" });
    EXPECT_EQ(wrong.exit, 2);
    EXPECT_NE(wrong.err.find("audio:pulse"), std::string::npos) << wrong.err;
}

/// Fails when a camera's own sound is that of another, or a slip in naming it is passed over.
TEST_F(CommandLine, ACameraHasSoundOfItsOwn)
{
    const Ran recorded = recordPattern("1", "1",
        { "--camera", "pattern:320x180@25", "--camera", "pattern:160x90@25", "--preroll", "0", "--audio",
            "B=audio:test:2", "--audio", "audio:test:3", "--audio", "C=audio:off" },
        "pattern:320x180@25");
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    for (const auto& [letter, channels] : { std::pair('A', 3), { 'B', 2 }, { 'C', 0 } }) {
        const auto folder = std::filesystem::path(shoot()) / "media" / (std::string("1-001-") + letter);
        const auto facts = nlohmann::json::parse(readAll(folder / "take.json"));
        ASSERT_EQ(facts.contains("sound"), channels > 0) << letter;
        if (channels > 0) {
            EXPECT_EQ(facts["sound"]["channels"], channels) << letter;
        }
    }
    using Words = std::vector<std::string>;
    for (const auto& [sounds, told] : {
             std::pair(Words { "B=audio:test" }, "there is no camera B, only A"),
             { Words { "A=audio:test", "A=audio:off" }, "camera A has audio:test already: name it once" },
             { Words { "audio:off", "audio:test" }, "the sound of all cameras is audio:off already" },
             { Words { "A=jack" }, "unknown sound 'jack'" },
             { Words { "a=audio:test" }, "unknown sound 'a=audio:test'" },
         }) {
        Words more;
        for (const std::string& sound : sounds)
            more.insert(more.end(), { "--audio", sound });
        const Ran wrong = recordPattern("2", "1", more);
        expectOneClearLine(wrong, 2);
        EXPECT_THAT(wrong.err, HasSubstr(told));
    }
}

TEST_F(CommandLine, BothOrdersShowTheSamePictures)
{
    ASSERT_EQ(recordPattern("1", "0.4").exit, 0);
    std::vector<std::vector<std::string>> hashes;
    for (const char* direction : { "shown", "captured" }) {
        ASSERT_EQ(backtake({ "play", shoot() + "#1/1A", "--direction", direction, "--present", "none",
                               "--hashes", folder_ / direction },
                      folder_)
                      .exit,
            0);
        std::istringstream lines(readAll(folder_ / direction));
        auto& list = hashes.emplace_back();
        for (std::string line; std::getline(lines, line);)
            list.push_back(line.substr(line.find_last_of(' ')));
    }
    std::reverse(hashes[1].begin(), hashes[1].end());
    EXPECT_GT(hashes[0].size(), 15u);
    EXPECT_EQ(hashes[0], hashes[1]);
    EXPECT_NE(hashes[0].front(), hashes[0].back());
}

TEST_F(CommandLine, AFramesOfUnevenTimesAllPlayOnTheClock)
{
    ASSERT_EQ(recordPattern("1", "1", {}, "pattern:320x180@25?uneven").exit, 0);
    const auto seen =
        backtake({ "play", shoot() + "#1/1", "--present", "clock", "--refresh", "240", "--json" }, folder_)
            .json();
    EXPECT_EQ(seen["frames"], seen["frame_count"]);
    EXPECT_EQ(seen["missed"], 0);
    EXPECT_EQ(seen["last_captured"], 0);
}

TEST_F(CommandLine, FromBeginsInTheOrderPlayed)
{
    ASSERT_EQ(recordPattern("1", "0.4").exit, 0);
    const auto seen =
        backtake({ "play", shoot() + "#1/1", "--present", "none", "--from", "5", "--json" }, folder_).json();
    EXPECT_EQ(seen["first_captured"].get<int>(), seen["frame_count"].get<int>() - 6);
    expectOneClearLine(backtake({ "play", shoot() + "#1/1", "--from", "5000" }, folder_), 2);
}

TEST_F(CommandLine, TimecodeComesFromWhereItIsAskedFor)
{
    expectOneClearLine(recordPattern("1", "0.3", { "--timecode", "noon" }), 2);
    ASSERT_EQ(
        recordPattern("1", "0.3", { "--timecode", "free:10:00:00:00" }, "pattern:320x180@29.97").exit, 0);
    ASSERT_EQ(recordPattern("1", "0.3", { "--timecode", "ltc:1" }).exit, 0);
    const auto log = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json();
    const std::string start = log["takes"][0]["start_timecode"];
    EXPECT_TRUE(start.starts_with("10:00:") && start[8] == ':')
        << start << " is without drop frame, as asked";
    EXPECT_EQ(log["takes"].size(), 2u) << "without LTC the take is there all the same";
}

TEST_F(CommandLine, TakesListsWhatWasShotAndTheNextTakeGetsTheNextNumber)
{
    ASSERT_EQ(recordPattern("12A", "0.3").exit, 0);
    ASSERT_EQ(recordPattern("12A", "0.3", { "--forward" }).exit, 0);
    ASSERT_EQ(recordPattern("13", "0.3", { "--take", "7" }).exit, 0);
    const auto log = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json();
    ASSERT_EQ(log["takes"].size(), 3u);
    EXPECT_EQ(log["takes"][0]["take"], "12A/1A");
    EXPECT_EQ(log["takes"][0]["direction"], "backward");
    EXPECT_EQ(log["takes"][1]["take"], "12A/2A");
    EXPECT_EQ(log["takes"][1]["direction"], "forward");
    EXPECT_EQ(log["takes"][2]["take"], "13/7A");
    const auto forward =
        backtake({ "play", shoot() + "#12A/2", "--present", "none", "--json" }, folder_).json();
    EXPECT_EQ(forward["first_captured"], 0) << "a forward take is shown as captured";
}

TEST_F(CommandLine, TakesTellsAllThatIsSaidInBothClocks)
{
    ASSERT_EQ(recordPattern("12A", "0.3").exit, 0);
    ASSERT_EQ(recordPattern("12A", "0.3").exit, 0);
    takes::Mark mark;
    {
        auto opened = takes::Shoot::open(shoot(), takes::Shoot::Mode::Create).value();
        takes::Log& log = opened->log();
        const auto take = log.takes().value().at(0);
        takes::TakeSheet sheet = take.sheet;
        sheet.slate = { "12B", 9, 'A' };
        sheet.circled = sheet.pickup = true;
        sheet.note = "rain\nlate";
        ASSERT_TRUE(log.setSheet(take.id, sheet));
        takes::Setup setup;
        setup.name = "12B";
        setup.description = "steps";
        ASSERT_TRUE(log.setSetup(setup));
        mark.take = take.clips.at(0).facts.id;
        mark.kind = takes::Mark::Kind::Tell;
        mark.tell = takes::Tell::Blink;
        mark.captured_frame = 4;
        mark.text = "left eye";
        ASSERT_TRUE(log.putMark(mark));
    }
    const auto log = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json();
    const auto& take = log["takes"][0];
    EXPECT_EQ(take["take"], "12A/1A") << "as it lies in media/";
    EXPECT_EQ(take["sheet"]["slate"], "12B/9 PU");
    EXPECT_EQ(take["sheet"]["circled"], true);
    EXPECT_EQ(take["sheet"]["note"], "rain\nlate");
    const auto& told = take["marks"][0];
    const auto frames = take["frames"].get<std::int64_t>();
    EXPECT_EQ(told["captured_frame"], 4);
    EXPECT_EQ(told["shown_frame"], frames - 5);
    EXPECT_EQ(told["tell"], "blink");
    EXPECT_EQ(told["text"], "left eye");
    const base::TimecodeFormat format { { 50, 1 }, false };
    EXPECT_EQ(base::parseTimecode(told["timecode"].get<std::string>(), format).value(),
        (base::parseTimecode(take["start_timecode"].get<std::string>(), format).value() + 4)
            % format.framesPerDay());
    EXPECT_EQ(log["setups"][0]["description"], "steps");
    EXPECT_EQ(log["totals"]["takes"], 2);
    EXPECT_EQ(log["totals"]["setups"], 2);
    EXPECT_EQ(log["totals"]["circled"], 1);
    EXPECT_EQ(log["totals"]["bytes"],
        take["bytes"].get<std::int64_t>() + log["takes"][1]["bytes"].get<std::int64_t>());
    EXPECT_NEAR(log["totals"]["minutes"].get<double>() * 60,
        take["duration_s"].get<double>() + log["takes"][1]["duration_s"].get<double>(), 1e-6);
    const Ran words = backtake({ "takes", "--shoot", shoot() }, folder_);
    for (const char* word : { "12B/9A", "(O)", "shot as 12A/1A", "rain late", "blink left eye", "12A/2A",
             "2 setups, 2 takes, 1 circled" })
        EXPECT_THAT(words.out + words.err, HasSubstr(word));
}

TEST_F(CommandLine, ATakeThatIsThereIsNotOverwritten)
{
    ASSERT_EQ(recordPattern("12A", "0.3", { "--take", "3" }).exit, 0);
    const std::string before = readAll(folder_ / "shoot/media/12A-003-A/picture.mjpeg");
    const Ran again = recordPattern("12A", "0.3", { "--take", "3" });
    EXPECT_EQ(again.exit, 1);
    EXPECT_THAT(again.err, HasSubstr("12A/3"));
    EXPECT_EQ(readAll(folder_ / "shoot/media/12A-003-A/picture.mjpeg"), before);
}

TEST_F(CommandLine, ExportPassesTheJpegsThroughInEitherOrder)
{
    ASSERT_EQ(recordPattern("12A", "0.5").exit, 0);
    const std::string take = folder_ / "shoot/media/12A-001-A";
    const auto frames_of = [&](const std::string& file) {
        const Ran ran = run({ "ffmpeg", "-v", "error", "-i", file, "-map", "0:v", "-fps_mode", "passthrough",
                                "-f", "framemd5", "-" },
            folder_);
        EXPECT_EQ(ran.exit, 0) << ran.err;
        std::vector<std::string> hashes;
        std::istringstream lines(ran.out);
        for (std::string line; std::getline(lines, line);)
            if (!line.starts_with('#'))
                hashes.push_back(line.substr(line.find_last_of(' ')));
        return hashes;
    };
    ASSERT_EQ(backtake({ "export", take, "--as", "mov", "-o", folder_ / "forward.mov" }, folder_).exit, 0);
    ASSERT_EQ(backtake({ "export", shoot() + "#12A/1A", "--as", "mov", "--direction", "shown", "-o",
                           folder_ / "reversed.mov" },
                  folder_)
                  .exit,
        0);
    const auto source = frames_of(take + "/picture.mjpeg");
    EXPECT_GT(source.size(), 20u);
    EXPECT_EQ(frames_of(folder_ / "forward.mov"), source);
    auto reversed = frames_of(folder_ / "reversed.mov");
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(reversed, source);

    const std::string before = readAll(folder_ / "forward.mov");
    expectOneClearLine(
        backtake({ "export", take, "--as", "mov", "-o", folder_ / "forward.mov" }, folder_), 1);
    EXPECT_EQ(readAll(folder_ / "forward.mov"), before);
}

TEST_F(CommandLine, VerifyFindsADamagedFrameAndPlayGoesOnOverIt)
{
    ASSERT_EQ(recordPattern("1", "0.5").exit, 0);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 0);
    const std::string picture = folder_ / "shoot/media/1-001-A/picture.mjpeg";
    std::string bytes = readAll(picture);
    ASSERT_GT(bytes.size(), 4000u);
    for (std::size_t i = 1000; i < 1400; ++i) // inside of the first frame
        bytes[i] = 0;
    std::ofstream(picture, std::ios::binary) << bytes;
    const Ran verified = backtake({ "verify", "--shoot", shoot(), "--json" }, folder_);
    EXPECT_EQ(verified.exit, 1);
    EXPECT_EQ(verified.json()["takes"][0]["damaged"], nlohmann::json::array({ 0 }));
    // Papers and lists, which read no pictures, know it from now on.
    const auto log = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json();
    EXPECT_EQ(log["takes"][0]["check"]["damaged_frames"], nlohmann::json::array({ 0 }));
    ASSERT_EQ(
        backtake({ "export", shoot() + "#1/1", "--as", "html", "-o", folder_ / "paper.html" }, folder_).exit,
        0);
    EXPECT_THAT(readAll(folder_ / "paper.html"), HasSubstr("1 frame damaged, as verify found"));
    const auto seen = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_EQ(seen["frames"], seen["frame_count"]);
}

TEST_F(CommandLine, APictureFileCutShortIsPlayedAsFarAsItGoes)
{
    ASSERT_EQ(recordPattern("1", "0.5").exit, 0);
    const std::string picture = folder_ / "shoot/media/1-001-A/picture.mjpeg";
    std::filesystem::resize_file(picture, std::filesystem::file_size(picture) / 2);
    const auto seen = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_EQ(seen["frames"], seen["frame_count"]);
    EXPECT_GT(seen["damaged"].get<int>(), seen["frame_count"].get<int>() / 3);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 1);
}

TEST_F(CommandLine, ATornCameraIsRecordedCountedAndPlayed)
{
    const Ran recorded = recordPattern("1", "1", {}, "pattern:320x180@50?torn=10");
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    const auto seen = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_EQ(seen["frames"], seen["frame_count"]);
    EXPECT_GE(seen["damaged"], 4);
    EXPECT_LE(seen["damaged"], 6);
}

TEST_F(CommandLine, ACameraThatIsUnpluggedComesBackIntoTheSameTake)
{
    const Ran recorded = recordPattern("1", "2.5", {}, "pattern:320x180@50?unplug=0.7:0.6");
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    const auto report = recorded.json();
    EXPECT_EQ(report["camera_returns"], 1);
    EXPECT_EQ(report["segments"], 1) << "same format";
    EXPECT_GT(report["frames"], 50);
    EXPECT_LT(report["frames"], 110) << "the gap is a gap";
    EXPECT_GT(report["duration_s"].get<double>(), 2.0);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 0);
}

TEST_F(CommandLine, AChangeOfFormatIsANewSegmentOfTheTake)
{
    const Ran recorded = recordPattern("1", "1", {}, "pattern:320x180@50?format=0.5:480x270");
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    EXPECT_EQ(recorded.json()["segments"], 2);
    const auto seen = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_EQ(seen["frames"], seen["frame_count"]);
    EXPECT_EQ(seen["damaged"], 0);
    const auto exported = backtake({ "export", shoot() + "#1/1", "--as", "mov", "--direction", "shown", "-o",
                                       folder_ / "out.mov", "--json" },
        folder_)
                              .json();
    EXPECT_EQ(exported["files"].size(), 3u) << "and the map of both";
    EXPECT_EQ(exported["files"][2], folder_ / "out_frames.csv");
}

/// Fails when a damaged frame that a MOV met is forgotten, or one that is lost is taken for it.
TEST_F(CommandLine, AMovThatMeetsADamagedFrameSaysSoToWhoeverReadsNoPictures)
{
    ASSERT_EQ(recordPattern("1", "0.5").exit, 0);
    const std::string picture = folder_ / "shoot/media/1-001-A/picture.mjpeg";
    std::string bytes = readAll(picture);
    bytes[1000] ^= 0x55; // inside of the first frame
    std::ofstream(picture, std::ios::binary) << bytes;
    const auto check = [&]() {
        return backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json()["takes"][0]["check"];
    };
    const auto mov = [&](const char* name, const char* in) {
        return backtake(
            { "export", shoot() + "#1/1", "--as", "mov", "--in", in, "-o", folder_ / name }, folder_)
            .exit;
    };
    EXPECT_EQ(check(), nullptr);
    ASSERT_EQ(mov("a.mov", "0"), 0);
    EXPECT_EQ(check()["by"], "hand-over");
    EXPECT_EQ(check()["damaged_frames"], nlohmann::json::array({ 0 }));
    std::filesystem::remove(folder_ / "shoot/media/1-001-A/check.json");
    const Ran part = backtake(
        { "export", shoot() + "#1/1", "--as", "mov", "--out", "9", "-o", folder_ / "b.mov" }, folder_);
    ASSERT_EQ(part.exit, 0) << part.err;
    EXPECT_EQ(check(), nullptr) << "frame 0 is the last that is shown: no frame of that part is damaged";
}

/// Fails when handles reach beyond the take, or a whole MOV beside a range is kept quiet about.
TEST_F(CommandLine, ExportKeepsHandlesAndSaysWhetherTheMovIsWhole)
{
    ASSERT_EQ(recordPattern("1", "0.5").exit, 0);
    const std::string take = shoot() + "#1/1";
    const Ran ran = backtake({ "export", take, "--as", "mov,otio", "--in", "2", "--out", "9", "--handles",
                                 "4", "-o", folder_ / "out" },
        folder_);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_THAT(ran.out + ran.err, HasSubstr("the MOV holds the whole take"));
    const std::string map = readAll(folder_ / "out/1-001-A_frames.csv");
    EXPECT_EQ(std::ranges::count(map, '\n'), 1 + 14) << "shown frames 0 … 13";
    expectOneClearLine(
        backtake({ "export", take, "--as", "otio", "--handles", "4", "-o", folder_ / "x.otio" }, folder_), 2);

    const Ran part = backtake({ "export", take, "--as", "mov", "--direction", "shown", "--in", "2", "--out",
                                  "9", "--handles", "4", "-o", folder_ / "part.mov", "--json" },
        folder_);
    ASSERT_EQ(part.exit, 0) << part.err;
    EXPECT_EQ(part.json()["frames"], 14);
    EXPECT_THAT(part.err, Not(HasSubstr("whole take")));
    EXPECT_EQ(std::ranges::count(readAll(folder_ / "part_frames.csv"), '\n'), 1 + 14);
    expectOneClearLine(
        backtake(
            { "export", take, "--as", "mov", "--in", "9", "--out", "2", "-o", folder_ / "y.mov" }, folder_),
        2);
    expectOneClearLine(
        backtake({ "export", take, "--as", "mov", "--speed", "50", "-o", folder_ / "y.mov" }, folder_), 2);
}

TEST_F(CommandLine, CamerasAlwaysOfferThePattern)
{
    const Ran ran = backtake({ "cameras", "--json" }, folder_);
    EXPECT_EQ(ran.exit, 0);
    ASSERT_TRUE(ran.json()["cameras"].is_array());
    EXPECT_THAT(ran.out, HasSubstr("pattern"));
}

TEST_F(CommandLine, DoctorNamesEachCheckAndItsVerdict)
{
    const Ran ran = backtake({ "doctor", "--shoot", folder_.path().string(), "--json" }, folder_);
    EXPECT_TRUE(ran.exit == 0 || ran.exit == 1);
    ASSERT_GT(ran.json()["checks"].size(), 4u);
    for (const auto& check : ran.json()["checks"])
        EXPECT_THAT(check["verdict"].get<std::string>(), testing::AnyOf("ok", "warning", "trouble"));
}

TEST_F(CommandLine, DemoRollsCutsPlaysReversedAndExports)
{
    const Ran ran = backtake({ "demo", "--seconds", "1", "--out", folder_ / "demo", "--json" }, folder_);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const auto report = ran.json();
    EXPECT_GE(report["frames"], 24);
    EXPECT_GE(report["shown_frames"], 20);
    ASSERT_EQ(report["files"].size(), 2u);
    for (const auto& file : report["files"])
        EXPECT_GT(std::filesystem::file_size(file.get<std::string>()), 10'000u);
}

TEST_F(CommandLine, BadInputGetsOneClearLine)
{
    const std::string text_file = folder_ / "notes.txt";
    std::ofstream(text_file) << "this is no film\n";
    const std::string closed = folder_ / "closed";
    std::ofstream(closed) << "a file, not a folder\n";
    std::filesystem::create_directory(folder_ / "empty");
    const std::string out = folder_ / "x.mov";
    struct Case {
        std::vector<std::string> words;
        int exit;
        std::string says;
    };
    const auto record = [&](const std::string& camera, const std::string& into) {
        return std::vector<std::string> { "record", "--camera", camera, "--shoot", into, "--slate", "1",
            "--seconds", "0.2", "--ring", "64M" };
    };
    const std::vector<Case> cases {
        { { "frobnicate" }, 2, "frobnicate" },
        { { "play" }, 2, "TAKE" },
        { { "play", folder_ / "nothing" }, 1, "nothing" },
        { { "play", (folder_ / "empty") + "#12A/3" }, 1, "12A/3" },
        { { "play", folder_ / "empty" }, 1, "empty" },
        { { "play", text_file }, 1, "notes.txt" },
        { { "play", text_file, "--direction", "sideways" }, 2, "direction" },
        { { "takes", "--shoot", folder_ / "nowhere" }, 1, "nowhere" },
        { { "verify", "--shoot", folder_ / "nowhere" }, 1, "nowhere" },
        { { "export", folder_ / "nothing", "--as", "mov", "-o", out }, 1, "nothing" },
        { { "export", folder_ / "nothing", "--as", "film", "-o", out }, 2, "film" },
        { record("teapot:1", shoot()), 2, "teapot" },
        { record("file:" + (folder_ / "missing.mov"), shoot()), 1, "missing.mov" },
        { record("file:" + text_file, shoot()), 1, "notes.txt" },
        { record("gst:videotestsrc ! nosuchelement", shoot()), 1, "nosuchelement" },
        { record("pattern:320x180@25?nonsense", shoot()), 2, "nonsense" },
        { record("pattern:9x9@25", shoot()), 2, "9x9" },
        { record("pattern:320x180@25", closed), 1, "closed" },
    };
    for (const Case& bad : cases) {
        const Ran ran = backtake(bad.words, folder_);
        SCOPED_TRACE(testing::PrintToString(bad.words));
        expectOneClearLine(ran, bad.exit);
        EXPECT_THAT(ran.err, HasSubstr(bad.says));
    }
    EXPECT_EQ(readAll(text_file), "this is no film\n");
    EXPECT_EQ(readAll(closed), "a file, not a folder\n");
}

TEST_F(CommandLine, ErrorsInJsonAreOneObjectToo)
{
    const Ran ran = backtake({ "play", folder_ / "nothing", "--json" }, folder_);
    EXPECT_EQ(ran.exit, 1);
    EXPECT_TRUE(ran.json().contains("error"));
}

TEST_F(CommandLine, APasswordNeverShows)
{
    for (const char* address :
        { "rtsp://admin:hunter2@127.0.0.1:1/live", "srt://127.0.0.1:1?passphrase=hunter2hunter2",
            "gst:rtspsrc user-pw=hunter2 location=rtsp://127.0.0.1:1/x ! fakesink" }) {
        Process process({ BACKTAKE_PROGRAM, "record", "--camera", address, "--shoot", shoot(), "--slate", "1",
                            "--seconds", "0.2", "--ring", "64M", "--json", "-v" },
            folder_);
        ASSERT_TRUE(eventually([&]() { return !process.err().empty(); }));
        eventually([&]() { return !process.running(); }, std::chrono::seconds(3));
        process.kill(SIGINT);
        process.wait();
        EXPECT_THAT(process.err() + process.out(), Not(HasSubstr("hunter2"))) << address;
    }
}

TEST_F(CommandLine, StoppingARecordingKeepsWhatWasShot)
{
    Process process({ BACKTAKE_PROGRAM, "record", "--camera", "pattern:320x180@50", "--shoot", shoot(),
                        "--slate", "1", "--seconds", "600", "--ring", "64M", "--json" },
        folder_);
    const std::string picture = folder_ / "shoot/media/1-001-A/picture.mjpeg";
    ASSERT_TRUE(eventually(
        [&]() { return std::filesystem::exists(picture) && std::filesystem::file_size(picture) > 200'000; }));
    process.kill(SIGINT);
    EXPECT_EQ(process.wait(), 0);
    const auto report = nlohmann::json::parse(process.out(), nullptr, false);
    EXPECT_GT(report["frames"], 10);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 0);
}

TEST_F(CommandLine, ATakeCutOffByAKillIsClosedByRepairWithAllItsFrames)
{
    Process process({ BACKTAKE_PROGRAM, "record", "--camera", "pattern:320x180@50", "--shoot", shoot(),
                        "--slate", "1", "--seconds", "600", "--ring", "64M" },
        folder_);
    const std::string picture = folder_ / "shoot/media/1-001-A/picture.mjpeg";
    ASSERT_TRUE(eventually(
        [&]() { return std::filesystem::exists(picture) && std::filesystem::file_size(picture) > 200'000; }));
    process.kill(SIGKILL);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 1) << "it is not closed";
    const auto before = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_GT(before["frames"], 10);
    EXPECT_EQ(before["damaged"], 0);
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot(), "--repair" }, folder_).exit, 0);
    const auto take = backtake({ "takes", "--shoot", shoot(), "--json" }, folder_).json()["takes"][0];
    EXPECT_EQ(take["closed"], true);
    EXPECT_EQ(take["recovered"], true);
    EXPECT_GE(take["frames"], before["frames"]) << "and pictures that had no record yet";
    EXPECT_EQ(backtake({ "verify", "--shoot", shoot() }, folder_).exit, 0);
}

TEST_F(CommandLine, AFullShootFolderIsToldAndWhatWasWrittenStays)
{
    // A file system of 3 MB, where the test may make one; else a quota by RLIMIT_FSIZE does as well: writes
    // fail the same way.
    const std::string command = "ulimit -f 1500; trap '' XFSZ; exec " BACKTAKE_PROGRAM
                                " record --camera 'pattern:640x360@50?noise' --shoot "
        + shoot() + " --slate 1 --seconds 2 --ring 64M --json";
    const Ran ran = run({ "sh", "-c", command }, folder_);
    EXPECT_EQ(ran.exit, 1) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("backtake: "));
    const auto seen = backtake({ "play", shoot() + "#1/1", "--present", "none", "--json" }, folder_).json();
    EXPECT_GT(seen["frames"], 5);
    EXPECT_EQ(seen["damaged"], 0) << "every frame that is in the index is whole";
}

} // namespace
} // namespace backtake::tests
