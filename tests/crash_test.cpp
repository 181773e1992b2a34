// A recording that is killed at any moment: whatever the kernel had been given is there afterwards, every
// frame once, and the take plays both ways. BACKTAKE_CRASHES=200 BACKTAKE_CRASH_SEED=7 ends more of them
// (tests/soak/crash).
#include "app/guide_files.hpp"
#include "base/jpeg.hpp"
#include "capture/frame_cells.hpp"
#include "takes/recording.hpp"
#include "takes/recovery.hpp"
#include "tests/process.hpp"
#include "tests/wav.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace backtake::tests {
namespace {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::uint64_t sizeOf(const fs::path& file)
{
    std::error_code none;
    const auto bytes = fs::file_size(file, none);
    return none ? 0 : bytes;
}

/// The numbers painted into the pictures, in captured order.
std::vector<std::uint32_t> numbersIn(const takes::Recording& take)
{
    base::JpegDecoder decoder;
    base::PicturePool pool(64 << 20);
    std::vector<std::uint32_t> numbers;
    for (FrameIndex n = 0; n < take.frameCount(); ++n) {
        const auto frame = take.frame(n);
        EXPECT_TRUE(frame.has_value()) << frame.error().message;
        const auto picture =
            frame ? decoder.decode((*frame)->jpeg, pool) : tl::make_unexpected(frame.error());
        if (!picture || (*picture)->damaged) {
            ADD_FAILURE() << "frame " << n << " is no whole picture";
            continue;
        }
        const auto& format = (*picture)->format;
        const auto number = capture::readFrameNumber(
            (*picture)->planes[0], format.width, format.height, (*picture)->strides[0]);
        EXPECT_TRUE(number.has_value()) << "frame " << n << " shows no number";
        numbers.push_back(number.value_or(0));
    }
    return numbers;
}

/// What one killed recording left, in the report of the soak.
struct Crash {
    FrameIndex handed_over = 0; ///< Records that the kernel had.
    FrameIndex frames = 0;      ///< Of the take afterwards.
    FrameIndex lost_by_recorder = 0;
    double recovery_ms = 0;
};

/// Records, kills the program when @p moment says so, recovers and looks at every frame.
template <typename Moment> Crash crash(const Folder& folder, const std::string& name, Moment moment)
{
    const fs::path shoot = folder.path() / name;
    const fs::path media = shoot / "media" / "1-001-A";
    Crash result;
    {
        Process process({ BACKTAKE_PROGRAM, "record", "--camera", "pattern:320x240@60", "--shoot",
                            shoot.string(), "--slate", "1", "--seconds", "1.2", "--ring", "64M", "--json" },
            folder);
        moment(process, media);
        process.kill(SIGKILL);
    }
    const std::uint64_t index_bytes = sizeOf(media / "picture.index");
    const std::uint64_t picture_bytes = sizeOf(media / "picture.mjpeg");
    result.handed_over = index_bytes < 64 ? 0 : static_cast<FrameIndex>((index_bytes - 64) / 64);

    const Nanos began = base::monotonicNow();
    bool changed = true;
    for (const fs::path& open : takes::openRecordings(shoot)) {
        const auto recovered = takes::recoverTake(open);
        if (!recovered) {
            EXPECT_EQ(picture_bytes, 0u) << recovered.error().message;
            EXPECT_EQ(result.handed_over, 0);
            return result; // not a frame had come
        }
        changed = recovered->changed;
    }
    result.recovery_ms = base::seconds(base::monotonicNow() - began) * 1e3;
    if (!fs::exists(media)) // killed before it began
        return result;
    EXPECT_TRUE(changed);
    EXPECT_EQ(sizeOf(media / "picture.mjpeg"), picture_bytes) << "pictures are never written to";

    const auto take = takes::Recording::open(media);
    if (!take) {
        ADD_FAILURE() << take.error().message;
        return result;
    }
    result.frames = (*take)->frameCount();
    EXPECT_GE(result.frames, result.handed_over) << "a frame that the kernel had is gone";
    EXPECT_TRUE((*take)->facts().closed);
    for (const auto& [cause, count] : (*take)->facts().lost)
        result.lost_by_recorder += count;
    // On a machine that is too slow for the recorder it counts what it loses, and the numbers leave it out.
    if (result.lost_by_recorder == 0) {
        const auto numbers = numbersIn(**take);
        for (std::size_t n = 1; n < numbers.size(); ++n)
            EXPECT_EQ(numbers[n], numbers[n - 1] + 1) << "behind frame " << n - 1;
    }
    const auto report = (*take)->verify({});
    EXPECT_TRUE(report && report->troubles.empty()) << (report ? report->troubles.front() : "");
    for (const char* direction : { "shown", "captured" }) {
        const auto played = backtake(
            { "play", media.string(), "--direction", direction, "--present", "none", "--json" }, folder);
        EXPECT_EQ(played.exit, 0) << played.err;
        EXPECT_EQ(played.json()["frames"], result.frames) << direction;
        EXPECT_EQ(played.json()["damaged"], 0) << direction;
    }
    return result;
}

int asked(const char* variable, int otherwise)
{
    const char* const text = std::getenv(variable);
    return text != nullptr ? std::max(1, std::atoi(text)) : otherwise;
}

/// Moments by what is on disk, so that a slow machine has them, too: at the very start, while it rolls, at
/// the cut, and after it. The seed draws which.
TEST(Crash, ARecordingThatIsKilledAtAnyMomentLosesNothingTheKernelHad)
{
    const int times = asked("BACKTAKE_CRASHES", 8);
    const auto seed = static_cast<std::uint32_t>(asked("BACKTAKE_CRASH_SEED", 1));
    std::mt19937 random(seed);
    const Folder folder;
    Crash sum;
    int with_frames = 0;
    double slowest_ms = 0;
    for (int i = 0; i < times && !testing::Test::HasFailure(); ++i) {
        const auto draw = random();
        SCOPED_TRACE(testing::Message() << "crash " << i << " of seed " << seed);
        const std::string name = "shoot-" + std::to_string(i);
        const auto one = crash(folder, name, [&](Process& process, const fs::path& media) {
            const auto exists = [&](const char* file) { return fs::exists(media / file); };
            const auto give_up = [&] { return !process.running(); };
            switch (i % 4) {
            case 0: { // within the first 100 ms of the take
                eventually([&] { return exists("picture.mjpeg") || give_up(); });
                const Nanos until = base::monotonicNow() + Nanos(draw % 100'000'000);
                eventually([&] { return base::monotonicNow() > until || give_up(); });
                break;
            }
            case 1:
            case 2: { // while it rolls, with so much of it written
                const std::uint64_t bytes = 64 + 64 * (1 + draw % 70) - (i % 4 == 1 ? 32 : 0);
                eventually([&] { return sizeOf(media / "picture.index") >= bytes || give_up(); });
                break;
            }
            default: { // about the cut: it comes 1.2 s after the first frame
                eventually([&] { return sizeOf(media / "picture.index") > 64 || give_up(); });
                const Nanos until = base::monotonicNow() + 1100ms + Nanos(draw % 250'000'000);
                eventually([&] { return base::monotonicNow() > until || give_up(); });
            }
            }
        });
        sum.handed_over += one.handed_over;
        sum.frames += one.frames;
        sum.lost_by_recorder += one.lost_by_recorder;
        with_frames += one.frames > 0 ? 1 : 0;
        slowest_ms = std::max(slowest_ms, one.recovery_ms);
        std::error_code ignored;
        fs::remove_all(folder.path() / name, ignored);
    }
    EXPECT_GE(with_frames, times / 2);
    const nlohmann::ordered_json report { { "crashes", times }, { "seed", seed },
        { "with_frames", with_frames }, { "frames_handed_to_the_kernel", sum.handed_over },
        { "frames_after_recovery", sum.frames }, { "lost_by_recorder", sum.lost_by_recorder },
        { "slowest_recovery_ms", slowest_ms }, { "ok", !testing::Test::HasFailure() } };
    std::printf("%s\n", report.dump().c_str());
}

/// Takes whose folders a crash, a bad disk or somebody else left in disorder, by the program itself.
class Repair : public testing::Test {
protected:
    void SetUp() override
    {
        for (const char* scene : { "1", "2" }) {
            const Ran ran =
                backtake({ "record", "--camera", "pattern:320x240@50", "--shoot", folder_ / "shoot",
                             "--slate", scene, "--seconds", "0.3", "--ring", "64M", "--json" },
                    folder_);
            ASSERT_EQ(ran.exit, 0) << ran.err;
            frames_ = ran.json()["frames"].get<FrameIndex>();
        }
    }
    Ran verify(std::vector<std::string> words = {})
    {
        words.insert(words.begin(), { "verify", "--shoot", folder_ / "shoot", "--json" });
        return backtake(words, folder_);
    }
    [[nodiscard]] fs::path take(const char* name) const { return folder_.path() / "shoot" / "media" / name; }
    void reopen(const fs::path& folder) const
    {
        auto facts = takes::readTakeFacts(folder / "take.json");
        facts->closed = false;
        ASSERT_TRUE(takes::writeTakeFacts(folder / "take.json", *facts));
    }
    static void write(const fs::path& file, const std::string& bytes)
    {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }
    const Folder folder_;
    FrameIndex frames_ = 0; ///< Of 2/1.
};

TEST_F(Repair, SaysWhatWasFoundAndWhatWasLost)
{
    reopen(take("2-001-A"));
    fs::resize_file(
        take("2-001-A") / "picture.index", static_cast<std::uint64_t>(64 + 64 * (frames_ - 4) + 10));
    const Ran open = verify();
    EXPECT_EQ(open.exit, 1);
    EXPECT_THAT(open.err, testing::HasSubstr("--repair closes it"));
    const Ran repaired = verify({ "--repair" });
    EXPECT_EQ(repaired.exit, 0) << repaired.err;
    const auto report = repaired.json()["takes"][1];
    EXPECT_EQ(report["take"], "2/1A");
    EXPECT_EQ(report["frames"], frames_);
    EXPECT_EQ(report["rebuilt"], 4);
    EXPECT_EQ(report["cut_off"], 0);
    EXPECT_EQ(report["unused_bytes"], 0);
    EXPECT_EQ(report["findings"].size(), 1u);
    EXPECT_FALSE(repaired.json()["takes"][0].contains("rebuilt")) << "it was whole";
    EXPECT_GT(repaired.json()["bytes"], 0);
    EXPECT_EQ(verify({ "--repair" }).json()["takes"][1].contains("rebuilt"), false);
}

/// Where the guide was goes with the take; what else lies in a shoot is nobody's take.
TEST_F(Repair, KeepsTheGuideOfATakeAndWhatLiesBesideTheTakes)
{
    const fs::path shoot = folder_.path() / "shoot";
    for (const char* folder : { "guides", "practice", "cues" })
        fs::create_directories(shoot / folder);
    const fs::path song = folder_.path() / "song.wav";
    writeWav(song, 48000, [](std::uint32_t s) { return static_cast<double>(s % 100) * 100; });
    const auto loaded = app::loadGuide(song, {}, {}, nullptr, [](double) {}, {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_TRUE(app::keepGuide(shoot, (*loaded)->source, song));
    const guide::GuideRecord record { { { 100ms, 200ms, 0.9, -1 } }, 5ms };
    ASSERT_TRUE(app::writeTakeGuide(take("2-001-A"), { (*loaded)->source, record }));
    write(shoot / "practice" / "attempt_0001.wav", "RIFF cut off");
    write(shoot / "cues" / "song.json", "{ half");
    write(shoot / "cues" / ".drafts.json", "{}");
    EXPECT_EQ(verify().exit, 0) << verify().err;

    reopen(take("2-001-A"));
    fs::resize_file(
        take("2-001-A") / "picture.index", static_cast<std::uint64_t>(64 + 64 * (frames_ - 4) + 10));
    const Ran repaired = verify({ "--repair" });
    EXPECT_EQ(repaired.exit, 0) << repaired.err;
    EXPECT_EQ(repaired.json()["takes"][1]["rebuilt"], 4);
    const auto kept = app::readTakeGuide(take("2-001-A"));
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((*kept)->record, record);
    EXPECT_EQ(readAll(shoot / "practice" / "attempt_0001.wav"), "RIFF cut off");
    EXPECT_EQ(readAll(shoot / "cues" / "song.json"), "{ half");
    EXPECT_EQ(readAll(shoot / "cues" / ".drafts.json"), "{}");

    // Damage of the guide is told with the take, which stays whole.
    const auto expectTold = [&](const char* words) {
        const Ran told = verify();
        EXPECT_EQ(told.exit, 1);
        EXPECT_EQ(told.json()["troubles"].size(), 1U) << told.err;
        EXPECT_THAT(told.err, testing::HasSubstr("2/1A: "));
        EXPECT_THAT(told.err, testing::HasSubstr(words));
        EXPECT_EQ(told.json()["takes"][1]["damaged"].size(), 0U);
    };
    const fs::path master = shoot / "guides" / (*loaded)->source.file;
    write(master, "another song");
    expectTold("is not the sound that was played");
    fs::remove(master);
    expectTold("the master of its guide cannot be heard");
    write(take("2-001-A") / "guide.json", "{ half");
    expectTold("where its guide was cannot be read");
    EXPECT_EQ(readAll(take("2-001-A") / "guide.json"), "{ half");
}

TEST_F(Repair, TriesATakeWithoutItsFacts)
{
    fs::remove(take("2-001-A") / "take.json");
    const Ran lost = verify();
    EXPECT_EQ(lost.exit, 1);
    EXPECT_EQ(lost.json()["troubles"].size(), 1u) << lost.err;
    const Ran repaired = verify({ "--repair" });
    EXPECT_EQ(repaired.exit, 0) << repaired.err;
    const auto takes = backtake({ "takes", "--shoot", folder_ / "shoot", "--json" }, folder_).json()["takes"];
    ASSERT_EQ(takes.size(), 2u);
    EXPECT_EQ(takes[1]["frames"], frames_);
    EXPECT_EQ(takes[1]["rate"], "50");
}

TEST_F(Repair, LeavesNewerTakesZerosAndForeignFilesAsTheyAre)
{
    std::string newer = readAll(take("1-001-A") / "take.json");
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 7");
    write(take("1-001-A") / "take.json", newer);
    reopen(take("2-001-A"));
    const std::string zeros(fs::file_size(take("2-001-A") / "picture.mjpeg"), '\0');
    write(take("2-001-A") / "picture.mjpeg", zeros);
    const std::string index = readAll(take("2-001-A") / "picture.index");
    fs::create_directory(take("notes"));
    write(take("notes") / "notes.txt", "not ours");
    write(take("loose.txt"), "not ours");
    const Ran repaired = verify({ "--repair" });
    EXPECT_EQ(repaired.exit, 1);
    EXPECT_THAT(repaired.err, testing::HasSubstr("newer Backtake"));
    EXPECT_THAT(repaired.err, testing::HasSubstr("no frame"));
    EXPECT_EQ(readAll(take("1-001-A") / "take.json"), newer);
    EXPECT_EQ(readAll(take("2-001-A") / "picture.mjpeg"), zeros);
    EXPECT_EQ(readAll(take("2-001-A") / "picture.index"), index);
    EXPECT_EQ(readAll(take("notes") / "notes.txt"), "not ours");
}

TEST_F(Repair, FindsThePartOnTheSecondFolder)
{
    const fs::path spill = folder_.path() / "spill";
    const fs::path part = spill / "media" / "2-001-A.part2";
    fs::create_directories(part);
    fs::copy(take("2-001-A"), part);
    auto facts = takes::readTakeFacts(part / "take.json");
    facts->continues = takes::Continues { take("2-001-A").string(), 2, frames_ };
    facts->closed = false;
    ASSERT_TRUE(takes::writeTakeFacts(part / "take.json", *facts));
    EXPECT_EQ(verify({ "--repair", "--spill", folder_ / "none" }).exit, 1);
    const Ran repaired = verify({ "--repair", "--spill", spill.string() });
    EXPECT_THAT(repaired.err, testing::HasSubstr("goes on in"));
    const auto takes = backtake({ "takes", "--shoot", folder_ / "shoot", "--json" }, folder_).json()["takes"];
    EXPECT_EQ(takes[1]["frames"], 2 * frames_);
}

} // namespace
} // namespace backtake::tests
