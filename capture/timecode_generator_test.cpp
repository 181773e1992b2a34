#include "capture/camera.hpp"
#include "capture/rolled_take.hpp"
#include "capture/test_ltc.hpp"
#include "capture/test_recorder.hpp"
#include "capture/timecode_generator.hpp"
#include "takes/recording.hpp"

#include <gtest/gtest.h>

#include <span>

namespace backtake::capture {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::TimecodeFormat;
using namespace std::chrono_literals;

/// A camera with a timecode box at its sound input: frame n of its pictures is captured at begins + n frame
/// times, n x block of its sound at sound_begins + n x 20 ms.
struct Shot {
    TimecodeFormat format;
    std::vector<float> ltc;
    Nanos sound_begins {};
    Nanos begins {};
    int frames = 0;
};

class LtcCamera final : public FrameSource {
public:
    LtcCamera(const Shot& shot, std::vector<std::byte> jpeg)
        : shot_(shot)
        , jpeg_(std::move(jpeg))
    {
    }
    base::Result<SourceFrame> next(Nanos) override
    {
        if (given_ == shot_.frames)
            return base::fail(base::Fault::Ended, "over");
        SourceFrame frame;
        frame.captured_at = shot_.begins + shot_.format.rate.timeOf(given_++);
        frame.jpeg = jpeg_;
        return frame;
    }
    /// As a sound card: what is over when the picture comes.
    std::vector<SoundBlock> takeSound() override
    {
        constexpr std::size_t kBlock = 960;
        std::vector<SoundBlock> blocks;
        const Nanos now = shot_.begins + shot_.format.rate.timeOf(given_);
        while (heard_ + kBlock <= shot_.ltc.size() && timeOf(heard_ + kBlock) <= now) {
            blocks.push_back(
                tests::blockOf(std::span(shot_.ltc).subspan(heard_, kBlock), timeOf(heard_), 3, 2));
            heard_ += kBlock;
        }
        return blocks;
    }
    [[nodiscard]] SourceFacts facts() const override
    {
        SourceFacts facts;
        facts.nominal_rate = shot_.format.rate;
        return facts;
    }

private:
    [[nodiscard]] Nanos timeOf(std::size_t sample) const
    {
        return shot_.sound_begins + Nanos(static_cast<std::int64_t>(sample) * 1'000'000'000 / 48000);
    }
    const Shot shot_;
    const std::vector<std::byte> jpeg_;
    int given_ = 0;
    std::size_t heard_ = 0;
};

class TimecodeGeneratorTest : public RecorderFixture {
protected:
    /// Shoots all of @p shot and records it. @return the recording.
    std::shared_ptr<const takes::Recording> record(const Shot& shot)
    {
        const auto jpeg = jpegOf(1);
        Camera camera(*parseCameraSpec("pattern:"), {},
            [&](const CameraSpec&, base::PicturePool&, Body&,
                std::stop_token) -> base::Result<std::unique_ptr<FrameSource>> {
                return std::make_unique<LtcCamera>(shot, jpeg);
            });
        EXPECT_TRUE(camera.ring()->waitFor(
            static_cast<base::Serial>(shot.frames - 1), {}, base::monotonicNow() + 20s));
        const auto generator =
            std::make_shared<TimecodeGenerator>(*base::parseTimecodeSource("ltc:2"), base::monotonicNow());
        generator->listenTo(camera.sound());
        RecordingOrder order = orderIn(folder_.path());
        order.rate = shot.format.rate;
        order.timecode = generator;
        recorder_ = std::make_shared<Recorder>(camera.ring(), nullptr, std::move(order));
        recorder_->cut(static_cast<base::Serial>(shot.frames));
        EXPECT_TRUE(recorder_->waitUntilDone(base::monotonicNow() + 20s));
        rolled_ = std::make_shared<RolledTake>(RolledTake::Parts { camera.ring(), 0,
            static_cast<base::Serial>(shot.frames), shot.begins, shot.format.rate,
            [this](FrameIndex n) { return recorder_->timecode(n); }, [this]() { return recorder_->folder(); },
            {}, {}, [this]() { return recorder_->timecodeFormat(); } });
        auto recording = takes::Recording::open(recorder_->folder());
        EXPECT_TRUE(recording) << recording.error().message;
        return recording ? *recording : nullptr;
    }

    std::shared_ptr<Recorder> recorder_;
    std::shared_ptr<RolledTake> rolled_;
};

/// From the sound socket to the disk: the label of every frame is that of the LTC frame that was on the wire
/// when it was captured, and reversed playback counts them down one by one.
TEST_F(TimecodeGeneratorTest, EveryFrameOnDiskHasTheLabelOfTheLtcFrameThatCoversIt)
{
    struct Case {
        TimecodeFormat format;
        const char* start;
    };
    for (const Case& one : { Case { { { 24, 1 }, false }, "00:59:58:00" },
             Case { { { 25, 1 }, false }, "23:59:58:00" }, Case { { { 30000, 1001 }, true }, "01:10:57;00" },
             Case { { { 30000, 1001 }, false }, "01:10:57:00" } }) {
        SCOPED_TRACE(one.start);
        const auto digits = *base::parseTimecodeDigits(one.start);
        // The picture's clock is 7 ms into LTC's frames, and its first frame 21 LTC frames into the sound.
        const Nanos sound_begins = 100s;
        const Shot shot { one.format, tests::ltcSound(digits, 140, one.format), sound_begins,
            sound_begins + one.format.rate.timeOf(21) + 7ms, 100 };
        const auto recording = record(shot);
        ASSERT_TRUE(recording);
        ASSERT_EQ(recording->frameCount(), 100);
        EXPECT_EQ(recording->timecodeFormat(), one.format);
        const std::int64_t first = *base::timecodeNumber(digits, one.format) + 21;
        EXPECT_EQ(recording->facts().start_timecode, first);
        for (FrameIndex n = 0; n < 100; ++n) {
            ASSERT_EQ(recording->timecode(n), first + n);
            ASSERT_EQ(rolled_->timecode(n), recording->timecode(n));
        }
        for (FrameIndex shown = 1; shown < 100; ++shown)
            ASSERT_EQ(recording->timecode(99 - shown), recording->timecode(100 - shown) - 1);
        EXPECT_EQ(rolled_->timecodeLabel(99), recording->timecodeLabel(99));
    }
}

/// Somebody sets the box anew while a take rolls: the labels leap with it, to the frame, in RAM as on disk.
TEST_F(TimecodeGeneratorTest, ALeapOfLtcWithinATakeIsOnDisk)
{
    const TimecodeFormat format { { 25, 1 }, false };
    tests::TimecodeBox box(format);
    box.send({ 1, 0, 0, 0 }, 50);
    box.send({ 7, 0, 0, 0 }, 70);
    const auto recording = record({ format, box.sound, 100s, 100s + 7ms, 100 });
    ASSERT_TRUE(recording);
    for (FrameIndex n = 0; n < 100; ++n) {
        ASSERT_EQ(
            recording->timecodeLabel(n), base::timecodeLabel(n < 50 ? 90'000 + n : 630'000 + n - 50, format));
        ASSERT_EQ(rolled_->timecode(n), recording->timecode(n));
    }
}

TEST_F(TimecodeGeneratorTest, WithoutLtcATakeHasTheTimeOfDay)
{
    const TimecodeFormat format { { 25, 1 }, false };
    const auto recording = record({ format, std::vector<float>(48000), 100s, 100s, 20 });
    ASSERT_TRUE(recording);
    const auto& facts = recording->facts();
    EXPECT_EQ(
        facts.start_timecode, base::timecodeOfTimeOfDay(base::localTimeOfDay(facts.started_at_utc), format));
    EXPECT_EQ(recording->timecode(19), facts.start_timecode + 19);
}

/// Two takes, with time between them.
TEST_F(TimecodeGeneratorTest, FreeRunRunsOnAcrossTakes)
{
    const auto generator =
        std::make_shared<TimecodeGenerator>(*base::parseTimecodeSource("free:10:00:00:00"), time_);
    arrive(50); // 25 a second
    for (const auto& [first, label] : { std::pair { 0, "10:00:00:00" }, std::pair { 30, "10:00:01:05" } }) {
        RecordingOrder order = orderIn(folder_.path());
        order.timecode = generator;
        order.first = order.roll = static_cast<base::Serial>(first);
        order.slate.take = first + 1;
        Recorder recorder(ring_, nullptr, std::move(order));
        recorder.cut(static_cast<base::Serial>(first) + 10);
        ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
        const auto facts = recorder.status().facts;
        EXPECT_EQ(base::timecodeLabel(facts.start_timecode, facts.timecode), label);
        EXPECT_EQ(recorder.timecode(9), facts.start_timecode + 9);
    }
}

/// The sound of another rate, of fewer channels, and none: nothing is heard, and nothing harmed.
TEST(TimecodeGenerator, ChangingSoundCostsNoMoreThanItsTimecode)
{
    const TimecodeFormat format { { 25, 1 }, false };
    TimecodeGenerator generator(*base::parseTimecodeSource("ltc:2"), 0s);
    const auto sound = std::make_shared<SoundRing>();
    generator.listenTo(sound);
    EXPECT_EQ(generator.at(1s, format), std::nullopt);
    const std::vector<float> silence(4800);
    sound->push(tests::blockOf(silence, 1s, 1));
    sound->push(tests::blockOf(silence, 2s, 2, 2, 96000));
    sound->push(tests::blockOf({}, 3s, 2, 2));
    EXPECT_EQ(generator.at(3s, format), std::nullopt);
    sound->push(tests::blockOf(tests::ltcSound({ 1, 0, 0, 0 }, 50, format), 4s, 3, 2));
    EXPECT_EQ(generator.at(5s + 1ms, format), 90'025);
    EXPECT_EQ(generator.state(5s + 900ms, format.rate).word, TimecodeState::Word::Ltc);
    generator.listenTo(nullptr); // the camera was changed for one without sound
    EXPECT_EQ(generator.at(64s + 1ms, format), 91'500);
    EXPECT_EQ(generator.state(64s, format.rate).word, TimecodeState::Word::Hold);
}

} // namespace
} // namespace backtake::capture
