#include "app/practice_desk.hpp"
#include "base/jpeg.hpp"
#include "guide/test_sound.hpp"
#include "playback/test_sound.hpp"
#include "takes/recording.hpp"
#include "takes/test_disks.hpp"
#include "tests/folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace backtake::app {
namespace {

using base::Nanos;
using ui::PracticeModel;
using ui::Practise;
using State = ui::PracticeModel::State;
using Heard = ui::PracticeModel::Heard;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int kRate = guide::kGuideRate_hz;
constexpr double kGuide_s = 4;

/// A desk in simulated time: a device that hears, and a performer at a microphone.
class PracticeDeskTest : public testing::Test {
protected:
    PracticeDeskTest() { open(); }
    void open()
    {
        desk_.reset();
        PracticeDesk::Devices devices;
        devices.microphone = microphone_;
        devices.open_sound = [this](const std::string&) -> base::Result<base::SoundSinkPtr> {
            if (!plugged_)
                return base::fail(base::Fault::NotFound, "No sound: it is not plugged in");
            return ear_ = std::make_shared<playback::Ear>(0, now_);
        };
        desk_ = std::make_unique<PracticeDesk>(folder_.path() / "practice", devices);
        desk_->setGuide(guide_);
    }
    PracticeDesk::Pictures pictures() const
    {
        PracticeDesk::Pictures seen { camera_ ? ring_ : nullptr, {} };
        seen.order.rate = { 25, 1 };
        seen.order.camera = "scripted";
        seen.order.orientation = base::Orientation::Mirrored;
        seen.order.disk = disk_;
        return seen;
    }
    /// A picture whose brightness tells its number among all that came.
    void see()
    {
        const auto picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        std::fill(
            picture->storage.begin(), picture->storage.end(), static_cast<std::uint8_t>(20 + seen_++ % 200));
        base::Frame frame;
        frame.captured_at = now_ - camera_late_;
        frame.serial = ring_->announce(frame.captured_at);
        frame.width = 64;
        frame.height = 48;
        ring_->publish(ring_->store(std::move(frame), *encoder_.encode(*picture, 90)));
        seen_at_.push_back(now_ - camera_late_);
    }
    /// What the microphone hears at a moment: the performer repeats what is in his ear, so much later; the
    /// clicks of the count-in he does not.
    float performed(Nanos at) const
    {
        if (!ear_ || !performs_ || at < sings_from_)
            return 0;
        const double sample = (base::seconds(at - late_) - ear_->soundsAt_s(0)) * kRate;
        const auto index = static_cast<std::int64_t>(std::llround(sample)) * base::kEars;
        return index >= 0 && index < static_cast<std::int64_t>(ear_->heard.size())
            ? ear_->heard[static_cast<std::size_t>(index)]
            : 0;
    }
    void goOn(Nanos length)
    {
        constexpr Nanos kStep = 10ms;
        for (const Nanos end = now_ + length; now_ < end;) {
            now_ += kStep;
            if (ear_)
                ear_->hear(now_);
            if (attached_) {
                capture::SoundBlock block;
                block.captured_at = now_ - kStep;
                for (int i = 0; i < kRate / 100; ++i) {
                    const Nanos at = block.captured_at + Nanos(std::llround(i * 1e9 / kRate));
                    block.samples.push_back(
                        static_cast<std::int32_t>(std::lround(performed(at) * 8388607.0)) * 256);
                }
                microphone_->push(std::move(block));
            }
            if (camera_ && now_ % 40ms == kPhase)
                see();
            desk_->step(now_);
        }
    }
    fs::path practice() const { return folder_.path() / "practice"; }
    /// Of an attempt's pictures; null: it has none.
    std::shared_ptr<const takes::Recording> recording(int number) const
    {
        const auto stored = readAttempt(practiceFile(practice(), number));
        if (!stored || !stored->facts.pictures)
            return nullptr;
        return takes::Recording::open(picturesFolder(practice(), *stored->facts.pictures)).value_or(nullptr);
    }
    std::size_t recordings() const
    {
        std::error_code none;
        fs::directory_iterator first(practice() / "media", none);
        return static_cast<std::size_t>(std::distance(first, fs::directory_iterator {}));
    }
    template <typename Condition> static void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 50s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up);
            std::this_thread::yield();
        }
    }
    const PracticeModel& look()
    {
        desk_->fill(model_, now_);
        return model_;
    }
    /// An attempt along with all of the guide.
    void attempt(Nanos late)
    {
        late_ = late;
        goOn(20ms);
        desk_->record(began_ = now_, pictures());
        sings_from_ =
            now_ + 1450ms + late; // three clicks at 120 beats a minute, the guide 1.5 s after the key
        goOn(1500ms + 4s + 300ms);
        silent_from_ = ear_ ? static_cast<std::size_t>(ear_->taken()) : 0; // the guide is over
        desk_->record(ended_ = now_);
        goOn(100ms);
    }
    /// Whether @p wanted is what is heard first from sample @p from on, silence at its ends aside.
    static bool holds(const std::vector<float>& heard, std::size_t from, const std::vector<float>& wanted)
    {
        const auto sounds = [](float sample) { return sample != 0; };
        const auto start = std::find_if(wanted.begin(), wanted.end(), sounds);
        const auto end = std::find_if(wanted.rbegin(), wanted.rend(), sounds).base();
        const auto first =
            std::find_if(heard.begin() + static_cast<std::ptrdiff_t>(from), heard.end(), sounds);
        return start < end && heard.end() - first >= end - start && std::equal(start, end, first);
    }
    std::vector<float> stored(int number) const
    {
        const auto clip =
            guide::SoundClip::load(practiceFile(folder_.path() / "practice", number), {}, {}, {});
        if (!clip)
            return {};
        std::vector<float> samples(static_cast<std::size_t>((*clip)->sampleCount()));
        (*clip)->read(0, samples);
        return samples;
    }

    static constexpr Nanos kPhase = 30ms; ///< Of the camera: neither key meets a frame.

    const tests::Folder folder_;
    bool camera_ = false;
    Nanos camera_late_ {}; ///< A frame comes so much after its stamp.
    std::shared_ptr<capture::Ring> ring_ = std::make_shared<capture::Ring>(64U << 20U);
    std::shared_ptr<takes::Disk> disk_;
    base::PicturePool pool_ { 1 << 20 };
    base::JpegEncoder encoder_;
    int seen_ = 0;
    std::vector<Nanos> seen_at_; ///< By that number.
    Nanos began_ {};             ///< Of the last attempt: its keys.
    Nanos ended_ {};
    std::shared_ptr<capture::SoundRing> microphone_ = std::make_shared<capture::SoundRing>();
    std::shared_ptr<playback::Ear> ear_;
    guide::SoundClipPtr guide_ = std::make_shared<guide::SoundClip>(guide::musicOf(3, kGuide_s), 1);
    bool plugged_ = true;
    bool attached_ = true; ///< The microphone.
    bool performs_ = true;
    Nanos late_ {};
    Nanos sings_from_ {};
    std::size_t silent_from_ = 0; ///< In the ear, of the last attempt.
    Nanos now_ { 100s };
    std::unique_ptr<PracticeDesk> desk_;
    PracticeModel model_;
};

/// Fails when the guide's place in the attempt is not known to some milliseconds.
TEST_F(PracticeDeskTest, WhoIsFortyMillisecondsLateReadsSo)
{
    attempt(40ms);
    ASSERT_EQ(look().attempts.size(), 1U) << look().trouble;
    const ui::PracticeMark mark = look().attempts[0].whole;
    EXPECT_GT(mark.expected, 8) << "some three notes a second";
    EXPECT_GE(mark.matched, mark.expected * 8 / 10);
    EXPECT_NEAR(base::milliseconds(mark.mean), 40, 8);
    // Each that is matched is worth (150 - 40) / (150 - 22) = 0.86.
    EXPECT_GT(mark.points, 60);
    EXPECT_LT(mark.points, 92);
    EXPECT_NEAR(base::seconds(look().attempts[0].length), 5.8, 0.02);
    ASSERT_FALSE(look().attempts[0].phrases.empty());
    EXPECT_NEAR(base::milliseconds(look().attempts[0].phrases[0].mean), 40, 10);

    attempt(0ms);
    attempt(110ms);
    ASSERT_EQ(look().attempts.size(), 3U) << look().trouble;
    EXPECT_GT(look().attempts[1].whole.points, look().attempts[0].whole.points);
    EXPECT_GT(look().attempts[0].whole.points, look().attempts[2].whole.points);
    EXPECT_EQ(look().best, 1U);
    EXPECT_EQ(look().chosen, 2U) << "the newest";
}

/// Fails when another key is needed, or when it is heard as it was spoken.
TEST_F(PracticeDeskTest, AtTheSecondPressTheAttemptIsHeardFlipped)
{
    attempt(0ms);
    EXPECT_EQ(look().state, State::Hearing);
    EXPECT_EQ(look().heard, Heard::Flipped);
    goOn(6s);
    EXPECT_EQ(look().state, State::Ready) << "and it ends";
    std::vector<float> flipped = stored(1);
    ASSERT_GT(flipped.size(), 5U * kRate);
    std::reverse(flipped.begin(), flipped.end());
    const std::vector<float> left = ear_->ear(0);
    const std::vector<float> right = ear_->ear(1);
    EXPECT_TRUE(holds(left, silent_from_, flipped));
    EXPECT_TRUE(holds(right, silent_from_, flipped));

    desk_->hear(Heard::Flipped); // Space: again
    goOn(200ms);
    EXPECT_EQ(look().state, State::Hearing);
    desk_->hear(Heard::Flipped); // and stop
    goOn(200ms);
    EXPECT_EQ(look().state, State::Ready);
    EXPECT_EQ(ear_->heard.back(), 0);
}

TEST_F(PracticeDeskTest, TheGuideIsHeardTheRightWayRoundAndBesideTheAttempt)
{
    attempt(0ms);
    goOn(6500ms);
    const auto before = static_cast<std::size_t>(ear_->taken());
    desk_->hear(Heard::Guide);
    goOn(4500ms);
    std::vector<float> master(static_cast<std::size_t>(kGuide_s * kRate));
    guide_->read(0, master);
    const std::vector<float> heard = ear_->ear(0);
    EXPECT_TRUE(holds(heard, before, master));
    EXPECT_EQ(look().state, State::Ready);

    const auto from = static_cast<std::size_t>(ear_->taken());
    desk_->hear(Heard::Both);
    goOn(6500ms);
    const std::vector<float> left = ear_->ear(0, from);
    const std::vector<float> right = ear_->ear(1, from);
    ASSERT_NE(left, right) << "the attempt is rounded to 16 bits at least";
    double best = 0;
    for (int lag = -96; lag <= 96; lag += 4) { // 2 ms to both sides
        double both = 0;
        double l = 0;
        double r = 0;
        for (std::size_t i = 200; i + 200 < left.size(); ++i) {
            const double a = left[i];
            const double b = right[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + lag)];
            both += a * b;
            l += a * a;
            r += b * b;
        }
        best = std::max(best, both / std::sqrt(l * r));
    }
    EXPECT_GT(best, 0.9) << "who is on time is heard on both sides at once";
}

TEST_F(PracticeDeskTest, SilenceScoresNothingAndIsSaid)
{
    performs_ = false;
    attempt(0ms);
    ASSERT_EQ(look().attempts.size(), 1U);
    EXPECT_EQ(look().attempts[0].whole.points, 0);
    EXPECT_EQ(look().attempts[0].whole.made, 0);
    EXPECT_FALSE(look().best) << "nothing is no best";
    EXPECT_NE(look().trouble.find("silence"), std::string::npos);
}

TEST_F(PracticeDeskTest, ASlipOnTheKeyIsNoAttempt)
{
    goOn(20ms);
    desk_->record(now_);
    desk_->record(now_); // before the desk has come round
    EXPECT_EQ(look().state, State::Scoring);
    goOn(600ms);
    EXPECT_EQ(look().state, State::Ready);
    EXPECT_TRUE(look().attempts.empty());
    EXPECT_NE(look().trouble.find("Too short"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder_.path() / "practice" / "attempt_0001.wav"));
}

TEST_F(PracticeDeskTest, ALostMicrophoneIsSaidAndWhatItGaveBeforeIsKept)
{
    attached_ = false;
    attempt(0ms);
    goOn(600ms);
    EXPECT_EQ(look().state, State::Ready);
    EXPECT_TRUE(look().attempts.empty());
    EXPECT_NE(look().trouble.find("microphone"), std::string::npos);

    attached_ = true;
    goOn(20ms);
    desk_->record(now_);
    goOn(3s);
    attached_ = false;
    goOn(1s);
    desk_->record(now_);
    goOn(600ms);
    ASSERT_EQ(look().attempts.size(), 1U);
    EXPECT_NEAR(static_cast<double>(stored(1).size()) / kRate, 3, 0.02);
}

TEST_F(PracticeDeskTest, WithoutALoudspeakerNothingIsRecorded)
{
    plugged_ = false;
    attempt(0ms);
    EXPECT_EQ(look().state, State::Ready);
    EXPECT_NE(look().trouble.find("not plugged in"), std::string::npos);
    EXPECT_TRUE(look().attempts.empty());
    plugged_ = true;
    goOn(100ms);
    desk_->record(now_);
    goOn(1s);
    EXPECT_EQ(look().state, State::Recording);
    ear_->vanish();
    goOn(100ms);
    EXPECT_NE(look().trouble.find("gone"), std::string::npos);
}

TEST_F(PracticeDeskTest, WithoutAGuideItSaysWhatToDo)
{
    guide_.reset();
    open();
    goOn(50ms);
    EXPECT_NE(look().guide_missing.find("F5"), std::string::npos);
    desk_->record(now_);
    EXPECT_EQ(look().state, State::Ready);
}

/// Fails when pictures from before the first key or behind the second are in it, or have another clock than
/// its sound.
TEST_F(PracticeDeskTest, AnAttemptHasThePicturesBetweenItsKeys)
{
    camera_ = true;
    goOn(500ms); // the ring holds what was before
    attempt(0ms);
    const auto stored = readAttempt(practiceFile(practice(), 1));
    ASSERT_TRUE(stored && stored->facts.pictures) << look().trouble;
    const auto seen = recording(1);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->facts().orientation, base::Orientation::Mirrored);
    const auto first = std::lower_bound(seen_at_.begin(), seen_at_.end(), began_);
    const auto end = std::lower_bound(seen_at_.begin(), seen_at_.end(), ended_);
    ASSERT_EQ(seen->frameCount(), end - first);
    EXPECT_GT(seen->frameCount(), 140);
    base::JpegDecoder decoder;
    for (base::FrameIndex n = 0; n < seen->frameCount(); ++n) {
        EXPECT_EQ(stored->facts.pictures->starts + seen->capturedTime(n), first[n] - began_) << n;
        const auto frame = seen->frame(n);
        ASSERT_TRUE(frame) << n;
        const auto picture = decoder.decode((*frame)->jpeg, pool_);
        ASSERT_TRUE(picture) << n;
        EXPECT_EQ((*picture)->planes[0][0], 20 + (first - seen_at_.begin() + n) % 200) << n;
    }
    EXPECT_FALSE(fs::exists(folder_.path() / "media")) << "it is no take";

    camera_ = false; // one without, beside it
    attempt(0ms);
    EXPECT_FALSE(recording(2));
    EXPECT_EQ(recordings(), 1U);
    EXPECT_EQ(look().trouble, "");
}

/// Fails for a picture that is not that of the sound which is heard.
TEST_F(PracticeDeskTest, WhatIsHeardFlippedIsSeenAtTheSameMoment)
{
    camera_ = true;
    attempt(0ms);
    std::vector<float> flipped = stored(1);
    std::reverse(flipped.begin(), flipped.end());
    const auto first_sound = std::find_if(flipped.begin(), flipped.end(), [](float x) { return x != 0; });
    const auto starts = readAttempt(practiceFile(practice(), 1))->facts.pictures->starts;
    goOn(1s);
    const std::vector<float> left = ear_->ear(0);
    const auto silent = left.begin() + static_cast<std::ptrdiff_t>(silent_from_);
    const auto sounds = std::search(silent, left.end(), first_sound, first_sound + 2000);
    ASSERT_NE(sounds, left.end());
    // Of the device's samples, that at which the attempt begins to be heard.
    const auto begins = static_cast<double>((sounds - left.begin()) - (first_sound - flipped.begin()));
    for (int i = 0; i < 400; ++i) {
        goOn(10ms);
        const auto seen = desk_->seen(now_ + 3ms); // between two turns, too
        ASSERT_TRUE(seen) << i;
        EXPECT_EQ(seen->number, 1);
        EXPECT_EQ(seen->orientation, base::Orientation::Mirrored);
        const double heard = (base::seconds(now_ + 3ms) - ear_->soundsAt_s(0)) * kRate - begins;
        const double captured = (static_cast<double>(flipped.size()) - heard) / kRate - base::seconds(starts);
        ASSERT_NEAR(base::seconds(seen->position), captured, 0.002) << i;
    }
    desk_->hear(Heard::Flipped); // and stop
    EXPECT_FALSE(desk_->seen(now_)) << "at once";
    desk_->hear(Heard::Both);
    goOn(100ms);
    EXPECT_TRUE(desk_->seen(now_));
    desk_->hear(Heard::Guide);
    goOn(100ms);
    EXPECT_FALSE(desk_->seen(now_)) << "the guide has no picture";
    open();
    goOn(50ms);
    desk_->hear(Heard::Flipped);
    goOn(50ms);
    EXPECT_TRUE(desk_->seen(now_)) << "in a later session, too";
}

/// Fails when a frame that is stamped before the key, and came after it, spoils the attempt or is seen late.
TEST_F(PracticeDeskTest, AFrameStampedJustBeforeTheKeyBelongsToTheAttempt)
{
    camera_ = true;
    camera_late_ = 30ms;
    goOn(470ms); // the desk has come round to the key when the frame comes
    attempt(0ms);
    const auto stored = readAttempt(practiceFile(practice(), 1));
    ASSERT_TRUE(stored && stored->facts.pictures) << stored.error().message;
    EXPECT_EQ(stored->facts.pictures->starts, -10ms);
    ASSERT_TRUE(recording(1));
    open();
    goOn(50ms);
    ASSERT_EQ(look().attempts.size(), 1U) << "in a later session";
    EXPECT_EQ(look().trouble, "");
    desk_->hear(Heard::Flipped);
    const Nanos begins = now_ + 20ms; // at the second turn
    goOn(stored->length / 2);
    const auto seen = desk_->seen(now_);
    ASSERT_TRUE(seen);
    EXPECT_NEAR(base::seconds(seen->position), base::seconds(stored->length - (now_ - begins) + 10ms), 0.005);

    const std::vector<float> sound(4800, 0.1F);
    for (const Nanos starts : { -61min, 61min }) { // of no attempt
        PracticeFacts facts;
        facts.pictures = { "attempt-001-A", starts };
        const auto number = writeAttempt(practice(), sound, kRate, facts);
        EXPECT_FALSE(readAttempt(practiceFile(practice(), number.value_or(0))));
    }
}

/// Fails when what a power cut leaves is never spoken of, or when what may be somebody's is.
TEST_F(PracticeDeskTest, PicturesThatNoAttemptHasAreNamed)
{
    camera_ = true;
    attempt(0ms);
    const fs::path media = practice() / "media";
    fs::copy(media / "attempt-001-A", media / "attempt-007-A");
    open();
    goOn(50ms);
    EXPECT_NE(look().trouble.find(media.string() + ": attempt-007-A."), std::string::npos) << look().trouble;
    EXPECT_TRUE(fs::exists(media / "attempt-007-A"));
    fs::create_directories(media / "attempt-008-A"); // not a frame of it came to the disk
    fs::create_directories(media / "something");
    open();
    goOn(50ms);
    EXPECT_NE(look().trouble.find("attempt-007-A and 1 more"), std::string::npos) << look().trouble;
    std::ofstream(practice() / "attempt_0009.wav") << "of a newer version";
    open();
    goOn(50ms);
    EXPECT_EQ(look().trouble, "") << "they may be that one's";
    fs::remove(practice() / "attempt_0009.wav");
    fs::remove_all(media / "attempt-007-A");
    fs::remove_all(media / "attempt-008-A");
    desk_->record(now_, pictures());
    goOn(500ms);
    waitFor([this] { return recordings() == 3; }); // something, and one that is being recorded
    waitFor([this] { return listAttempts(practice()).stray_pictures.empty(); }); // once it says so
}

/// Fails for a ring that stays in memory after its camera was left.
TEST_F(PracticeDeskTest, WhatIsOverLetsGoOfTheCamerasRing)
{
    camera_ = true;
    goOn(20ms);
    desk_->record(now_, pictures());
    goOn(200ms);
    EXPECT_GT(ring_.use_count(), 1);
    desk_->record(now_);
    goOn(600ms);
    EXPECT_NE(look().trouble.find("Too short"), std::string::npos);
    EXPECT_EQ(ring_.use_count(), 1);
    attempt(0ms);
    goOn(100ms);
    EXPECT_EQ(look().state, State::Hearing);
    EXPECT_EQ(ring_.use_count(), 1);
    desk_->hear(Heard::Flipped); // and stop
    desk_->record(now_, pictures());
    goOn(500ms);
    ear_->vanish();
    goOn(100ms);
    EXPECT_NE(look().trouble.find("gone"), std::string::npos);
    EXPECT_EQ(ring_.use_count(), 1);
}

/// Fails when the folder goes of a recorder that is still to write into it.
TEST_F(PracticeDeskTest, ADiskThatHangsIsSaidAndMayHaveThePicturesLater)
{
    const auto disk = std::make_shared<takes::FailingDisk>(practice());
    disk_ = disk;
    camera_ = true;
    goOn(20ms);
    desk_->record(now_, pictures());
    goOn(1s);
    waitFor([this] { return takes::Recording::open(practice() / "media" / "attempt-001-A").has_value(); });
    disk->hang(takes::FailingDisk::kWrite);
    goOn(1s);
    ASSERT_TRUE(disk->waitUntilHanging(base::monotonicNow() + 50s));
    desk_->record(now_);
    goOn(100ms);
    ASSERT_EQ(look().attempts.size(), 1U);
    EXPECT_NE(look().trouble.find("not kept whole"), std::string::npos) << look().trouble;
    EXPECT_EQ(recordings(), 1U);
    disk->letGo();
    waitFor([this] { return recording(1) && recording(1)->facts().closed; });
    EXPECT_EQ(recording(1)->frameCount(), 50);
}

/// Fails when a disk that takes its time at the key has the device play on without the count-in and the
/// guide's beginning.
TEST_F(PracticeDeskTest, ASlowDiskSwallowsNothingOfTheGuide)
{
    struct Slow final : takes::Disk {
        int makeFolder(const fs::path& folder) override
        {
            if (folder == practice)
                pass();
            return Disk::makeFolder(folder);
        }
        fs::path practice;
        std::function<void()> pass;
    };
    camera_ = true;
    goOn(20ms);
    const auto sounding = [this] {
        const auto before = ear_ ? ear_->heard.size() : 0;
        desk_->record(now_, pictures());
        goOn(20ms);
        goOn(1500ms + 4s + 300ms);
        desk_->record(now_);
        const auto heard =
            std::vector<float>(ear_->heard.begin() + static_cast<std::ptrdiff_t>(before), ear_->heard.end());
        goOn(100ms);
        desk_->hear(Heard::Flipped); // and stop
        goOn(100ms);
        return std::count_if(heard.begin(), heard.end(), [](float sample) { return sample != 0; });
    };
    const auto all = sounding();
    EXPECT_GT(all, 4 * kRate);
    const auto slow = std::make_shared<Slow>();
    slow->practice = practice();
    slow->pass = [this] {
        now_ += 3s;
        ear_->hear(now_);
    };
    disk_ = slow;
    EXPECT_NEAR(static_cast<double>(sounding()), static_cast<double>(all), 0.01 * static_cast<double>(all));
    EXPECT_EQ(look().attempts.size(), 2U);
    EXPECT_EQ(look().trouble, "");
}

/// Fails when what the window asks waits for the disk.
TEST_F(PracticeDeskTest, TheWindowsCallsWaitForNoDiskThatHangs)
{
    const auto disk = std::make_shared<takes::FailingDisk>(practice());
    disk->hang(takes::FailingDisk::kEveryCall);
    disk_ = disk;
    camera_ = true;
    now_ = base::monotonicNow();
    {
        const std::jthread room([this](std::stop_token stop) { desk_->run(std::move(stop)); });
        waitFor([this] { return look().state == State::Ready; });
        desk_->record(base::monotonicNow(), pictures());
        ASSERT_TRUE(disk->waitUntilHanging(base::monotonicNow() + 50s));
        EXPECT_EQ(look().state, State::Recording);
        desk_->choose({ 0, 1 });
        desk_->hear(Heard::Guide);
        desk_->setGuide(guide_);
        EXPECT_FALSE(desk_->seen(now_));
        desk_->quiet(base::monotonicNow());
        EXPECT_EQ(look().state, State::Scoring);
        disk->letGo();
        waitFor([this] { return look().state == State::Ready; });
    }
}

TEST_F(PracticeDeskTest, PicturesOfWhatIsNotKeptAreNotKeptEither)
{
    camera_ = true;
    goOn(20ms);
    desk_->record(now_, pictures());
    goOn(200ms);
    desk_->record(now_);
    goOn(600ms);
    EXPECT_NE(look().trouble.find("Too short"), std::string::npos);
    EXPECT_EQ(recordings(), 0U);
    attempt(0ms);
    attempt(0ms);
    EXPECT_EQ(recordings(), 2U);
    desk_->remove();
    EXPECT_EQ(recordings(), 2U) << "it can be brought back";
    desk_->record(now_, pictures());
    goOn(500ms);
    desk_.reset(); // in the middle of one
    EXPECT_EQ(recordings(), 1U);
    EXPECT_TRUE(recording(1));
}

/// Fails when a disk that is full takes the sound away with the picture, or waits for ever.
TEST_F(PracticeDeskTest, WithoutAPictureOnDiskTheSoundIsKeptAndItIsSaid)
{
    struct Full final : takes::Disk {
        ssize_t write(int, std::span<const iovec>, std::uint64_t) override { return -ENOSPC; }
    };
    disk_ = std::make_shared<Full>();
    camera_ = true;
    attempt(0ms);
    ASSERT_EQ(look().attempts.size(), 1U);
    EXPECT_NE(look().trouble.find("picture"), std::string::npos) << look().trouble;
    EXPECT_EQ(look().state, State::Hearing);
    EXPECT_FALSE(desk_->seen(now_));
    EXPECT_EQ(recordings(), 0U);
}

/// What an attempt's file names is read and removed: it must be an attempt's.
TEST_F(PracticeDeskTest, AFileThatNamesAnotherFolderIsNoAttempt)
{
    const std::vector<float> sound(4800, 0.1F);
    fs::create_directories(folder_.path() / "media" / "12A-001-A");
    for (const auto* name : { "../../media/12A-001-A", "12A-001-A", "attempt-001-A/..", "", "attempt-\n" }) {
        PracticeFacts facts;
        facts.record.runs = { { 0s, 1s, 4, -1 } };
        facts.pictures = { name, 0ns };
        const auto number = writeAttempt(practice(), sound, kRate, facts);
        ASSERT_TRUE(number);
        EXPECT_FALSE(readAttempt(practiceFile(practice(), *number))) << name;
        removeAttempt(practice(), *number);
        EXPECT_FALSE(fs::exists(practiceFile(practice(), *number)));
    }
    EXPECT_TRUE(fs::exists(folder_.path() / "media" / "12A-001-A"));
    PracticeFacts facts;
    facts.pictures = { "attempt-001-A", 3s };
    const auto number = writeAttempt(practice(), sound, kRate, facts);
    const auto stored = readAttempt(practiceFile(practice(), number.value_or(0)));
    ASSERT_TRUE(stored && stored->facts.pictures);
    EXPECT_EQ(stored->facts.pictures->folder, "attempt-001-A");
    EXPECT_EQ(stored->facts.pictures->starts, 3s);
}

/// Fails when an attempt goes before the panel does, or stays after it.
TEST_F(PracticeDeskTest, WhatIsThrownAwayCanBeBroughtBackUntilTheDeskGoes)
{
    const fs::path practice = folder_.path() / "practice";
    attempt(0ms);
    attempt(40ms);
    desk_->quiet(now_);
    desk_->choose({ -1, std::nullopt });
    desk_->remove();
    ASSERT_EQ(look().attempts.size(), 1U);
    EXPECT_EQ(look().attempts[0].number, 2);
    EXPECT_TRUE(look().can_restore);
    EXPECT_TRUE(fs::exists(practice / "attempt_0001.wav"));
    desk_->restore();
    ASSERT_EQ(look().attempts.size(), 2U);
    EXPECT_EQ(look().attempts[look().chosen].number, 1);
    EXPECT_FALSE(look().can_restore);
    desk_->choose({ 0, 1 });
    desk_->remove();
    desk_.reset();
    EXPECT_TRUE(fs::exists(practice / "attempt_0001.wav"));
    EXPECT_FALSE(fs::exists(practice / "attempt_0002.wav"));
}

TEST_F(PracticeDeskTest, ANewSessionListsTheAttemptsAndReplacesNoFile)
{
    const fs::path practice = folder_.path() / "practice";
    attempt(40ms);
    attempt(0ms);
    const std::vector<ui::PracticeAttempt> before = look().attempts;
    // What is cut off, or not ours, is left alone and its number is not used again.
    fs::copy_file(practice / "attempt_0001.wav", practice / "attempt_0007.wav");
    fs::resize_file(practice / "attempt_0007.wav", 3000);
    std::ofstream(practice / "attempt_0009.wav") << "not a sound";
    open();
    goOn(50ms);
    EXPECT_EQ(look().attempts, before);
    EXPECT_EQ(look().best, 1U);
    attempt(0ms);
    ASSERT_EQ(look().attempts.size(), 3U);
    EXPECT_EQ(look().attempts.back().number, 10);
    EXPECT_EQ(fs::file_size(practice / "attempt_0009.wav"), 11U);

    // Of another guide: it can be heard, not compared.
    guide_ = std::make_shared<guide::SoundClip>(guide::musicOf(4, kGuide_s), 1);
    desk_->setGuide(guide_);
    desk_->quiet(now_);
    goOn(50ms);
    desk_->hear(Heard::Both);
    goOn(50ms);
    EXPECT_NE(look().trouble.find("another guide"), std::string::npos);
}

/// Fails when practice is heard in a take.
TEST_F(PracticeDeskTest, QuietEndsARecordingAndItIsKeptUnheard)
{
    goOn(20ms);
    desk_->record(now_);
    goOn(3s);
    desk_->quiet(now_);
    goOn(100ms);
    EXPECT_EQ(look().state, State::Ready);
    EXPECT_EQ(look().attempts.size(), 1U);
    goOn(500ms);
    EXPECT_EQ(ear_->heard.back(), 0);
}

/// Fails for a thread that does not wake at a key, or does not end.
TEST_F(PracticeDeskTest, OnAThreadOfItsOwnItWakesAtAKeyAndEnds)
{
    const auto reach = [this](State state) {
        const Nanos give_up = base::monotonicNow() + 50s;
        while (look().state != state) {
            ASSERT_LT(base::monotonicNow(), give_up);
            std::this_thread::yield();
        }
    };
    attached_ = false;
    std::jthread thread([this](std::stop_token stop) { desk_->run(std::move(stop)); });
    ASSERT_NO_FATAL_FAILURE(reach(State::Ready));
    const Nanos now = base::monotonicNow();
    desk_->record(now);
    EXPECT_EQ(look().state, State::Recording);
    desk_->record(now);
    ASSERT_NO_FATAL_FAILURE(reach(State::Ready));
    EXPECT_NE(look().trouble.find("Too short"), std::string::npos);
}

} // namespace
} // namespace backtake::app
