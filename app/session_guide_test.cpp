/// The guide in a session with simulated cameras, devices and time: what is noted of it is compared with what
/// the device was made to sound.
#include "app/guide_files.hpp"
#include "app/hand_camera.hpp"
#include "app/session.hpp"
#include "playback/test_sound.hpp"
#include "takes/recording.hpp"
#include "takes/test_disks.hpp"
#include "tests/folder.hpp"
#include "tests/wav.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace backtake::app {
namespace {

using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr double kGuide_s = 2.5;

/// A value from which the place in the guide can be read to four samples.
double valueAt(std::int64_t sample) { return static_cast<double>(sample / 4 + 1) / 32768; }
double placeOf_s(float value) { return (static_cast<double>(value) * 32768 - 1) * 4 / 48000; }

/// WAV, 16 bit, mono, 48 kHz.
fs::path guideFile(const fs::path& path, double length_s = kGuide_s)
{
    return tests::writeWav(path, static_cast<std::uint32_t>(length_s * 48000),
        [](std::uint32_t s) { return valueAt(s) * 32768; });
}

class SessionGuideTest : public testing::Test {
protected:
    SessionGuideTest()
    {
        choice_.count_in_clicks = 2;
        choice_.beats_per_minute = 240; // half a second of count-in
    }
    ~SessionGuideTest() override
    {
        if (disk_)
            disk_->letGo();
        session_.reset();
    }

    void open(const fs::path& guide = {}, std::size_t cameras = 1)
    {
        session_.reset();
        SessionOptions options;
        options.shoot = shoot_;
        options.scene = "12A";
        options.preroll = 0s;
        options.cameras.assign(cameras, *capture::parseCameraSpec("pattern:"));
        options.camera_options = { 16 << 20, 90, 2 };
        options.decoders = 1;
        options.last_news = 0s;
        options.sound_by_update = true;
        options.disk = disk_;
        options.guide = choice_;
        options.guide_file = guide;
        options.open_guide = [this](const std::string&) -> base::Result<base::SoundSinkPtr> {
            if (!plugged_)
                return base::fail(base::Fault::NotFound, "No sound: it is not plugged in");
            return ear_ = std::make_shared<playback::Ear>(clock_off_, ear_began_ = now_);
        };
        options.open_sound = [this](const std::string&) -> base::Result<base::SoundSinkPtr> {
            return review_ear_ = std::make_shared<playback::Ear>(0, review_ear_began_ = now_);
        };
        cameras_.clear();
        frames_ = 0;
        options.make_camera = [this](const capture::CameraSpec& spec, const capture::CameraOptions& with) {
            cameras_.push_back(std::make_shared<HandCamera>());
            cameras_.back()->sound = true;
            cameras_.back()->step = camera_step_;
            auto made = makeCamera(cameras_.back(), spec, with);
            rings_.push_back(made->ring());
            return made;
        };
        rings_.clear();
        ear_.reset();
        review_ear_.reset();
        session_ = std::make_unique<Session>(std::move(options));
        waitFor([this] { return session_->settled(); });
        if (!guide.empty())
            waitFor([this] { return !look().guide.loading; });
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 20s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            look();
            std::this_thread::yield();
        }
    }
    void press(const ui::Intent& intent) { session_->handle(intent, now_); }
    const ui::Model& look() { return session_->update(now_, 16ms); }
    enum class Frames { None = 1, Come };
    /// Time passes for devices and session; frames come every 40 ms, camera B's 10 ms after camera A's.
    void goOn(Nanos length, Frames frames = Frames::None, Nanos step = 5ms)
    {
        for (const Nanos end = now_ + length; now_ < end;) {
            now_ += step;
            if (frames == Frames::Come)
                for (std::size_t i = 0; i < cameras_.size(); ++i)
                    if ((now_ - static_cast<std::int64_t>(i) * 10ms) % 40ms == 0ns) {
                        ASSERT_TRUE(cameras_[i]->frames.tryPut(now_));
                        frames_ += i == 0 ? 1 : 0;
                    }
            if (ear_)
                ear_->hear(now_);
            if (review_ear_)
                review_ear_->hear(now_);
            look();
        }
    }
    void roll()
    {
        press(ui::ToggleRoll {});
        rolled_at_ = now_;
    }
    void cut()
    {
        waitFor([this] { return rings_.front()->span().end == frames_; });
        press(ui::ToggleRoll {});
        cut_at_ = now_;
        waitFor([this] { return session_->settled(); });
    }
    fs::path folderOf(const char* name) const { return shoot_ / "media" / name; }
    /// What is noted, once it is.
    TakeGuide noted(const char* name = "12A-001-A")
    {
        std::optional<TakeGuide> guide;
        waitFor([&] {
            if (auto read = readTakeGuide(folderOf(name)); read && *read)
                guide = **read;
            return guide.has_value();
        });
        return guide.value_or(TakeGuide {});
    }
    /// What the guide's device sounded at a monotonic time.
    float heardAt(const playback::Ear& ear, Nanos began, double off, Nanos time) const
    {
        const double sample =
            base::seconds(time - began) * 48000 * (1 + off) - static_cast<double>(playback::Ear::kChunk);
        return ear.heard[base::kEars * static_cast<std::size_t>(sample)];
    }
    /// The worst distance between what is noted and what sounded, in ms, in all runs but for their fades.
    double worst_ms(const guide::GuideRecord& record, Nanos frame_zero) const
    {
        double worst = record.runs.empty() ? 1e9 : 0;
        for (const guide::GuideRun& run : record.runs)
            for (Nanos at = run.begin + 10ms; at < run.end() - 10ms; at += 13ms) {
                const double sounded = placeOf_s(heardAt(*ear_, ear_began_, clock_off_, frame_zero + at));
                worst = std::max(worst, std::abs(*record.guideAt(at) - sounded) * 1000);
            }
        return worst;
    }
    bool says(const std::string& words)
    {
        for (const ui::Message& message : look().messages)
            if (message.text.find(words) != std::string::npos)
                return true;
        return false;
    }
    void load(const fs::path& file)
    {
        press(ui::LoadGuide { file, std::nullopt, std::nullopt });
        waitFor([this] { return !look().guide.loading; });
    }
    /// Rolled at once, 4 s: half a second of count-in, the guide, a second of nothing.
    void shootWholeGuide()
    {
        goOn(1s);
        roll();
        goOn(4s, Frames::Come);
        cut();
    }
    std::shared_ptr<takes::FailingDisk> disk_;            ///< Null: the kernel's.
    Nanos frameZero() const { return rolled_at_ + 40ms; } ///< Of camera A: rolled between two frames.

    const tests::Folder folder_;
    const fs::path shoot_ = folder_.path() / "shoot";
    const fs::path song_ = guideFile(folder_.path() / "song.wav");
    ui::GuideChoice choice_;
    double clock_off_ = 1e-3; ///< Of the guide's device.
    int camera_step_ = 1;     ///< From the luma of one frame to the next.
    bool plugged_ = true;
    std::shared_ptr<playback::Ear> ear_;
    Nanos ear_began_ {};
    std::shared_ptr<playback::Ear> review_ear_;
    Nanos review_ear_began_ {};
    std::vector<std::shared_ptr<HandCamera>> cameras_;
    std::vector<std::shared_ptr<const capture::Ring>> rings_;
    std::unique_ptr<Session> session_;
    Nanos now_ { 100s };
    Nanos rolled_at_ {};
    Nanos cut_at_ {};
    Serial frames_ = 0;
};

/// Fails for a record that is not of what was heard: of what was rendered ahead, in the device's own time, or
/// without its latency.
TEST_F(SessionGuideTest, ATakeHasWhereTheGuideWasHeard)
{
    open(song_);
    ASSERT_TRUE(look().guide.loaded) << look().guide.trouble;
    shootWholeGuide();
    const TakeGuide guide = noted();
    const auto& runs = guide.record.runs;
    ASSERT_EQ(runs.size(), 1U);
    const double worst = worst_ms(guide.record, frameZero());
    std::printf("furthest from what sounded: %.3f ms\n", worst);
    EXPECT_LT(worst, 1);
    EXPECT_NEAR(base::seconds(runs[0].length), kGuide_s / (1 + clock_off_), 0.002);
    EXPECT_NEAR(runs[0].guide_s, kGuide_s, 1e-9);
    EXPECT_NEAR(runs[0].speed, -1 - clock_off_, 2e-4);
    // The key, what is rendered ahead, the count-in.
    EXPECT_NEAR(base::seconds(runs[0].begin + frameZero() - rolled_at_), 0.5, 0.1);
    EXPECT_FALSE(guide.source.part);

    waitFor([&] { return fs::exists(shoot_ / "guides" / guide.source.file); });
    EXPECT_EQ(fs::file_size(shoot_ / "guides" / guide.source.file), fs::file_size(song_));
    const auto recording = takes::Recording::open(folderOf("12A-001-A"));
    ASSERT_TRUE(recording);
    const auto report = (*recording)->verify({});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->troubles.empty()) << report->troubles.front();
}

/// Of a program that is killed while the take rolls the disk has what it was given until then. Fails for a
/// guide that is only noted at the cut.
TEST_F(SessionGuideTest, ATakeThatNobodyCutKeepsItsGuideAndHasItsMasterAfterTheCrash)
{
    const fs::path aria = guideFile(folder_.path() / "aria.wav", 60);
    open(aria);
    goOn(1s);
    roll();
    guide::GuideRecord record;
    waitFor([&] {
        goOn(40ms, Frames::Come);
        const auto read = readTakeGuide(folderOf("12A-001-A"));
        if (read && *read)
            record = (*read)->record;
        return !record.runs.empty() && record.runs[0].length > 1s;
    });
    waitFor([&] { return fs::exists(shoot_ / "guides" / noted().source.file); });
    waitFor([this] {
        const auto on_disk = takes::Recording::open(folderOf("12A-001-A"));
        return on_disk && (*on_disk)->frameCount() > 25 && session_->settled();
    });
    const fs::path killed = folder_.path() / "killed";
    fs::copy(shoot_, killed, fs::copy_options::recursive);
    session_.reset();
    fs::remove_all(shoot_);
    fs::rename(killed, shoot_);
    fs::remove(aria);
    ASSERT_FALSE(takes::readTakeFacts(folderOf("12A-001-A") / "take.json")->closed);

    open();
    waitFor([this] { return !session_->recovering() && look().takes.size() == 1; });
    record = noted().record;
    ASSERT_EQ(record.runs.size(), 1U);
    EXPECT_GT(record.runs[0].length, 1s);
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return look().review && look().review->master; });
    EXPECT_GT(look().review->frame_count, 25);
}

/// Fails when the log waits behind a note of where the guide is.
TEST_F(SessionGuideTest, ADiskThatHangsWithAGuidesNoteHoldsUpNoLog)
{
    disk_ = std::make_shared<takes::FailingDisk>(folderOf("12A-002-A") / "guide.json.new");
    disk_->hang(takes::FailingDisk::kOpen);
    open(song_);
    shootWholeGuide();
    roll();
    waitFor([&] {
        goOn(40ms, Frames::Come);
        return disk_->waitUntilHanging(base::monotonicNow());
    });
    press(ui::SelectTake { 0, 0 }); // is opened on the log's thread
    waitFor([this] { return look().review && look().review->slate == "12A/1" && !look().live_on_screen; });
    disk_->letGo();
    cut();
    EXPECT_FALSE(noted("12A-002-A").record.runs.empty());
}

/// Fails for a wave that is not where the master is heard.
TEST_F(SessionGuideTest, TheMastersOutlineStandsWhereTheGuideRan)
{
    open(song_);
    shootWholeGuide();
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return look().review && look().review->master && look().review->master->outline; });
    const auto record = noted().record;
    ASSERT_EQ(record.runs.size(), 1U);
    const base::SoundOutline& outline = *look().review->master->outline;
    const auto height = [&](Nanos from, Nanos to) {
        std::vector<base::WaveColumn> columns(200); // short ones: each looks a little beyond its ends
        outline.columns(from, to, columns);
        float most = 0;
        for (const base::WaveColumn& column : columns)
            most = std::max({ most, column.high, -column.low });
        return most;
    };
    const guide::GuideRun& run = record.runs.front();
    EXPECT_GT(height(run.begin + 100ms, run.end() - 100ms), 0.1F);
    EXPECT_EQ(height(0ms, run.begin - 50ms), 0);
    EXPECT_EQ(height(run.end() + 50ms, look().review->duration), 0);
    press(ui::NudgeMaster { 2 });
    EXPECT_EQ(&*look().review->master->outline, &outline) << "it is moved as it is drawn";
    EXPECT_NE(look().review->master->nudge, 0ns);
}

TEST_F(SessionGuideTest, AtTheCutAGuideThatIsLongerThanTheTakeStops)
{
    open(song_);
    goOn(1s);
    roll();
    goOn(1500ms, Frames::Come);
    EXPECT_TRUE(look().guide.playing);
    EXPECT_TRUE(look().guide.position);
    cut();
    const auto record = noted().record;
    ASSERT_EQ(record.runs.size(), 1U);
    EXPECT_LT(worst_ms(record, frameZero()), 1);
    EXPECT_NEAR(base::seconds(record.runs[0].end()), base::seconds(cut_at_ - frameZero()), 0.005);
    EXPECT_FALSE(look().guide.playing);
    goOn(500ms);
    EXPECT_EQ(ear_->heard.back(), 0) << "it is silent after the cut";
}

TEST_F(SessionGuideTest, ATakeThatIsCutDuringTheCountInHasNoGuide)
{
    open(song_);
    goOn(1s);
    roll();
    goOn(120ms, Frames::Come);
    EXPECT_EQ(look().guide.clicks_left, 2);
    cut();
    goOn(1s);
    EXPECT_FALSE(fs::exists(folderOf("12A-001-A") / "guide.json"));
    EXPECT_FALSE(fs::exists(shoot_ / "guides"));
    EXPECT_FALSE(look().review->master);
    EXPECT_EQ(ear_->heard.back(), 0);
}

TEST_F(SessionGuideTest, StartedAgainInTheMiddleOfATakeBothRunsAreNoted)
{
    open(song_);
    goOn(1s);
    roll();
    goOn(1500ms, Frames::Come);
    press(ui::ToggleGuide {}); // stops it
    goOn(300ms, Frames::Come);
    press(ui::ToggleGuide {}); // from its end again, with the count-in
    goOn(3500ms, Frames::Come);
    cut();
    const auto record = noted().record;
    ASSERT_EQ(record.runs.size(), 2U);
    EXPECT_LT(worst_ms(record, frameZero()), 1);
    EXPECT_NEAR(record.runs[1].guide_s, kGuide_s, 1e-9);
    EXPECT_NEAR(base::seconds(record.runs[1].length), kGuide_s, 0.005);
    EXPECT_GT(record.runs[1].begin - record.runs[0].end(), 700ms) << "a pause and a count-in";
}

TEST_F(SessionGuideTest, ItLoopsAsLongAsTheTakeRolls)
{
    choice_.loop = true;
    choice_.count_in_clicks = 0;
    open(song_);
    goOn(1s);
    roll();
    goOn(6s, Frames::Come);
    cut();
    const auto record = noted().record;
    ASSERT_EQ(record.runs.size(), 3U);
    EXPECT_LT(worst_ms(record, frameZero()), 1);
}

/// Fails for a session whose rehearsal is noted with the take after it, or whose guide rolls unarmed.
TEST_F(SessionGuideTest, ARehearsalAndAnUnarmedGuideAreNoPartOfATake)
{
    choice_.count_in_clicks = 0;
    choice_.armed = false;
    open(song_);
    goOn(500ms);
    press(ui::ToggleGuide {});
    goOn(1s);
    EXPECT_TRUE(look().guide.playing);
    press(ui::ToggleGuide {});
    EXPECT_FALSE(look().guide.playing);
    goOn(1s);
    roll();
    goOn(1s, Frames::Come);
    EXPECT_FALSE(look().guide.playing);
    cut();
    goOn(1s);
    EXPECT_FALSE(fs::exists(folderOf("12A-001-A") / "guide.json"));
    // One that runs on into the take is.
    press(ui::ToggleGuide {});
    goOn(500ms);
    roll();
    goOn(1s, Frames::Come);
    cut();
    const auto record = noted("12A-002-A").record;
    ASSERT_EQ(record.runs.size(), 1U);
    EXPECT_LT(record.runs[0].begin, -400ms);
    EXPECT_LT(worst_ms(record, frameZero()), 1);
}

TEST_F(SessionGuideTest, EachCameraHasTheGuideInItsOwnTime)
{
    open(song_, 2);
    shootWholeGuide();
    const auto a = noted("12A-001-A").record;
    const auto b = noted("12A-001-B").record;
    ASSERT_EQ(b.runs.size(), 1U);
    // Camera B's first frame came 10 ms after the key, camera A's 40 ms.
    EXPECT_NEAR(base::milliseconds(b.runs[0].begin - a.runs[0].begin), 30, 0.01);
    EXPECT_LT(worst_ms(b, rolled_at_ + 10ms), 1);
}

TEST_F(SessionGuideTest, ADeviceThatGoesInTheMiddleEndsTheRun)
{
    open(song_);
    goOn(1s);
    roll();
    goOn(1500ms, Frames::Come);
    const auto first = ear_;
    const Nanos first_began = ear_began_;
    plugged_ = false;
    ear_->vanish();
    goOn(1500ms, Frames::Come);
    EXPECT_FALSE(look().guide.device_trouble.empty());
    EXPECT_FALSE(look().guide.playing) << "it does not go on by itself when the device returns";
    plugged_ = true;
    goOn(1500ms, Frames::Come);
    EXPECT_TRUE(look().guide.device_trouble.empty());
    cut();
    const auto record = noted().record;
    ASSERT_EQ(record.runs.size(), 1U);
    ear_ = first;
    ear_began_ = first_began;
    EXPECT_NEAR(base::seconds(record.runs[0].end() + frameZero() - rolled_at_), 1.5, 0.1);
    EXPECT_LT(worst_ms({ { { record.runs[0].begin, record.runs[0].length - 50ms, record.runs[0].guide_s,
                             record.runs[0].speed } },
                           {} },
                  frameZero()),
        1);
}

/// In a new session, from what the disk has: the shoot's database is made again, too.
TEST_F(SessionGuideTest, InALaterSessionTheMasterIsHeardRightWayRoundUnderTheReversedPicture)
{
    open(song_);
    shootWholeGuide();
    const auto record = noted().record;
    session_.reset();
    fs::remove(song_);
    for (const auto* name : { "shoot.db", "shoot.db-wal", "shoot.db-shm" })
        fs::remove(shoot_ / name);
    open();
    ASSERT_EQ(look().takes.size(), 1U);
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return look().review && look().review->master; });
    EXPECT_EQ(look().review->master->heard, ui::HeardTrack::Both);
    EXPECT_EQ(look().review->master->nudge, 0ns);
    press(ui::CycleHeardTrack {});
    EXPECT_EQ(look().review->master->heard, ui::HeardTrack::Take);
    press(ui::CycleHeardTrack {});
    EXPECT_EQ(look().review->master->heard, ui::HeardTrack::Master);
    press(ui::GoToFirst {});
    goOn(500ms);
    // Where the picture goes from one frame to the next its place is known.
    int compared = 0;
    base::FrameIndex before = look().review->captured_frame;
    for (const Nanos end = now_ + 3s; now_ < end;) {
        goOn(1ms, Frames::None, 1ms);
        const base::FrameIndex frame = look().review->captured_frame;
        const auto wanted = record.guideAt(before * 40ms);
        if (std::exchange(before, frame) != frame && wanted && *wanted > 0.1 && *wanted < kGuide_s - 0.1) {
            const double heard = placeOf_s(heardAt(*review_ear_, review_ear_began_, 0, now_));
            EXPECT_NEAR(heard, *wanted, 0.002) << frame;
            ++compared;
        }
    }
    EXPECT_GT(compared, 20);
}

TEST_F(SessionGuideTest, TheTakesSoundTheMasterOrBothAreHeard)
{
    open(song_);
    shootWholeGuide();
    waitFor([this] { return look().review && look().review->master; }); // at the cut, from memory
    const auto slope = [this] {
        goOn(300ms);
        const std::vector<float> heard = review_ear_->ear(0);
        return (heard[heard.size() - 1] - heard[heard.size() - 4801]) * 32768 / 4800;
    };
    press(ui::SetSpeed { 100 });
    press(ui::SeekTo { 40 });
    // The take's own sound falls by a step every eighth sample reversed, the master rises every fourth.
    EXPECT_NEAR(slope(), (0.25 - 0.125) / 2, 0.002) << "both, each at half its level";
    press(ui::CycleHeardTrack {});
    EXPECT_NEAR(slope(), -0.125, 0.002);
    press(ui::CycleHeardTrack {});
    EXPECT_NEAR(slope(), 0.25, 0.002);
    press(ui::CycleHeardTrack {});
    EXPECT_EQ(look().review->master->heard, ui::HeardTrack::Both);
}

TEST_F(SessionGuideTest, ANudgeMovesTheMasterInTheOrderOnScreenAndIsKept)
{
    open(song_);
    shootWholeGuide();
    EXPECT_FALSE(says("nothing to move"));
    waitFor([this] { return look().review && look().review->master; });
    for (int i = 0; i < 3; ++i)
        press(ui::NudgeMaster { +1 });
    press(ui::NudgeMaster { -1 });
    EXPECT_EQ(look().review->master->nudge, 10ms);
    press(ui::ToggleOrder {});
    EXPECT_EQ(look().review->master->nudge, -10ms) << "as captured it is earlier";
    waitFor([this] { return noted().record.nudge == -10ms; });
    open();
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return look().review && look().review->master; });
    EXPECT_EQ(look().review->master->nudge, 10ms);
    press(ui::NudgeMaster { -1 });
    session_.reset(); // at once
    EXPECT_EQ(noted().record.nudge, -5ms);
}

TEST_F(SessionGuideTest, ABadFileIsToldAndTheGuideThatIsThereStays)
{
    open(song_);
    std::ofstream(folder_.path() / "words.wav") << "this is no sound";
    load(folder_.path() / "words.wav");
    EXPECT_TRUE(says("The guide is not loaded"));
    EXPECT_FALSE(look().guide.trouble.empty());
    EXPECT_TRUE(look().guide.loaded);
    load(folder_.path() / "none.wav");
    EXPECT_TRUE(says("none.wav"));
    load(song_);
    EXPECT_TRUE(look().guide.trouble.empty());
    load({});
    EXPECT_FALSE(look().guide.loaded);
    press(ui::ToggleGuide {});
    EXPECT_TRUE(says("No guide is loaded"));
    goOn(100ms);
    roll();
    load(song_);
    EXPECT_TRUE(says("The guide stays while a take rolls"));
    EXPECT_FALSE(look().guide.loaded);
    goOn(100ms, Frames::Come);
    cut();
    press(ui::CycleHeardTrack {});
    press(ui::NudgeMaster { 1 });
    EXPECT_TRUE(says("nothing to move"));
}

TEST_F(SessionGuideTest, AMasterThatIsGoneOrBrokenIsToldAndTheTakePlaysWithoutIt)
{
    open(song_);
    shootWholeGuide();
    const std::string file = noted().source.file;
    session_.reset();
    fs::remove(shoot_ / "guides" / file);
    open();
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return says("The master of take 12A/1 cannot be heard"); });
    EXPECT_FALSE(look().review->master);
    goOn(500ms);
    EXPECT_NE(review_ear_->heard.back(), 0) << "its own sound is";
    std::ofstream(folderOf("12A-001-A") / "guide.json") << "{ half";
    now_ += 10s;
    look();
    press(ui::SelectTake { 0, 0 });
    waitFor([this] { return says("guide.json"); });
}

/// Fails for a sheet that runs by a clock of its own, by the frame that is sought instead of the one that is
/// seen, or the same way round whichever way the take is played.
TEST_F(SessionGuideTest, InReviewTheCueSheetFollowsThePictureOnScreen)
{
    camera_step_ = 2;
    open(song_);
    shootWholeGuide();
    const auto record = noted().record;
    const guide::GuideRun run = record.runs.at(0);
    const auto recording = takes::Recording::open(folderOf("12A-001-A"));
    ASSERT_TRUE(recording);
    EXPECT_FALSE(look().cue.position) << "nobody has asked for a sheet";
    press(ui::OrderCue { ui::cue::Open {} });
    waitFor([this] { return look().review && look().review->master && look().cue.position; });
    // Each frame's brightness tells its number.
    const auto frameOn = [](const ui::Model& model) {
        return static_cast<base::FrameIndex>(std::lround((model.picture->planes[0][0] - 20) / 2.0));
    };
    const auto seen = [&] { return frameOn(look()); };
    const auto wanted = [&](base::FrameIndex frame) {
        const Nanos captured = std::clamp((*recording)->capturedTime(frame), run.begin, run.end());
        return kGuide_s - run.guideAt(captured);
    };
    // Between a press and the first picture that is decoded the one before stands there.
    const auto compare = [&](int direction) {
        std::map<base::FrameIndex, double> positions;
        for (const Nanos end = now_ + 2s; now_ < end;) {
            goOn(10ms, Frames::None, 10ms);
            const ui::Model& model = look();
            const base::FrameIndex frame = frameOn(model);
            ASSERT_TRUE(model.cue.position);
            ASSERT_NEAR(base::seconds(*model.cue.position), wanted(frame), 1e-8) << frame;
            positions[frame] = base::seconds(*model.cue.position);
        }
        ASSERT_GT(positions.size(), 20U) << "it plays";
        EXPECT_LT(positions.begin()->second, positions.rbegin()->second) << "as it was spoken";
        const double later = base::seconds(*look().cue.position);
        goOn(400ms, Frames::None, 10ms);
        EXPECT_GT((base::seconds(*look().cue.position) - later) * direction, 0) << "which way it runs";
    };
    press(ui::SeekTo { 20, true }); // held: it stands there
    const base::FrameIndex last = look().review->frame_count - 1;
    for (const base::FrameIndex shown : { 20, 60, 35, 36 }) {
        press(ui::SeekTo { shown, true });
        waitFor([&] { return seen() == last - shown; });
        EXPECT_NEAR(base::seconds(*look().cue.position), wanted(last - shown), 1e-8) << shown;
    }
    press(ui::SeekTo { 25, false }); // let go of: it plays on, reversed
    waitFor([&] { return seen() <= last - 25 && look().review->playing; });
    compare(-1);
    press(ui::ToggleOrder {});
    press(ui::SeekTo { 20, false });
    waitFor([&] { return seen() >= 20 && seen() < 30; });
    compare(+1);
    // Where the guide was silent the sheet stands at its end, or its beginning.
    press(ui::Shuttle { 0 });
    press(ui::GoToFirst {});
    waitFor([&] { return seen() == 0; });
    EXPECT_NEAR(base::seconds(*look().cue.position), 0, 1e-8);
    press(ui::GoToLast {});
    waitFor([&] { return seen() == last; });
    EXPECT_NEAR(base::seconds(*look().cue.position), kGuide_s, 1e-3);
    press(ui::ToggleReview {});
    EXPECT_FALSE(look().cue.position) << "live nothing plays";
}

/// Fails when one take's guide is laid under a sequence of many, and what is moved there is noted with
/// another.
TEST_F(SessionGuideTest, ASequenceHasNoGuideOfItsOwn)
{
    open(song_);
    shootWholeGuide();
    (void)noted();
    waitFor([this] { return look().review && look().review->master && !look().takes.empty(); });
    press(ui::StoryIntent(ui::ShowStory {}));
    press(ui::StoryIntent(ui::AddCard {}));
    waitFor([this] { return look().story.cards.size() == 1; });
    waitFor([this] {
        if (!look().story.in_review)
            press(ui::StoryIntent(ui::PlayStory {})); // once its takes are open
        return look().story.in_review;
    });
    goOn(1s);
    EXPECT_FALSE(look().review->master);
    press(ui::NudgeMaster { +1 });
    EXPECT_TRUE(says("nothing to move"));
}

TEST_F(SessionGuideTest, OnlyAPartIsPlayedAndItsTimeIsTheFiles)
{
    open();
    press(ui::LoadGuide { song_, 500ms, 1500ms });
    waitFor([this] { return look().guide.loaded; });
    EXPECT_EQ(look().guide.from, 500ms);
    EXPECT_EQ(look().guide.to, 1500ms);
    EXPECT_EQ(look().guide.wave_to, 2500ms);
    goOn(1s);
    roll();
    goOn(2s, Frames::Come);
    cut();
    const TakeGuide guide = noted();
    ASSERT_EQ(guide.record.runs.size(), 1U);
    EXPECT_NEAR(guide.record.runs[0].guide_s, 1.5, 1e-9);
    EXPECT_NEAR(base::seconds(guide.record.runs[0].length), 1, 0.005);
    EXPECT_LT(worst_ms(guide.record, frameZero()), 1);
    ASSERT_TRUE(guide.source.part);
    EXPECT_EQ(guide.source.part->from, 500ms);
}

} // namespace
} // namespace backtake::app
