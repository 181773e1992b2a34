#include "capture/rolled_take.hpp"
#include "capture/test_recorder.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>

namespace backtake::capture {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class RecorderTest : public RecorderFixture {
protected:
    RecordingOrder order(Serial first, Serial roll) const
    {
        RecordingOrder made = orderIn(shoot_);
        made.first = first;
        made.roll = roll;
        return made;
    }

    const fs::path shoot_ = folder_.path();
};

TEST_F(RecorderTest, PrerollAndTakeAreOnDiskToTheFrame)
{
    arrive(50);
    Recorder recorder(ring_, nullptr, order(10, 50));
    arrive(30);
    recorder.cut(75);
    arrive(5);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    const RecorderStatus status = recorder.status();
    ASSERT_EQ(status.state, RecorderStatus::State::Closed) << status.trouble;
    EXPECT_EQ(status.facts.frames, 65);
    EXPECT_EQ(status.facts.preroll_frames, 40);
    const auto recording = takes::Recording::open(status.folder);
    ASSERT_TRUE(recording) << recording.error().message;
    ASSERT_EQ((*recording)->frameCount(), 65);
    for (FrameIndex n = 0; n < 65; ++n) {
        const auto frame = (*recording)->frame(n);
        ASSERT_TRUE(frame);
        const auto expected = jpegOf(static_cast<Serial>(10 + n));
        EXPECT_TRUE(areBlocksOf((*frame)->jpeg, expected));
        EXPECT_EQ((*recording)->capturedTime(n), n * 40ms);
    }
}

TEST_F(RecorderTest, FramesThatLeftTheRingUnwrittenAreMarkedAndKeepTheOthersInPlace)
{
    ring_ = std::make_shared<Ring>(1 << 20);
    base::Frame big;
    for (int i = 0; i < 40; ++i) { // 100 kB each: most of them leave at once
        big.captured_at = time_;
        big.serial = ring_->announce(time_);
        auto jpeg = jpegOf(big.serial);
        jpeg.resize(100'000); // a trailing fill, as some cameras send it
        ring_->publish(ring_->store(big, jpeg));
        time_ += 40ms;
    }
    const Serial kept_from = ring_->span().first;
    ASSERT_GT(kept_from, 10u);
    Recorder recorder(ring_, nullptr, order(0, 0));
    recorder.cut(40);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    const RecorderStatus status = recorder.status();
    EXPECT_EQ(status.facts.frames, 40);
    EXPECT_EQ(status.lost.at("ring_overrun"), static_cast<std::int64_t>(kept_from));
    const auto recording = takes::Recording::open(status.folder);
    ASSERT_TRUE(recording);
    EXPECT_FALSE((*recording)->frame(0));
    EXPECT_TRUE((*recording)->frame(39));
    EXPECT_EQ((*recording)->capturedTime(39), 39 * 40ms);
}

TEST_F(RecorderTest, ATakeNumberThatIsThereAlreadyIsNeverOverwritten)
{
    arrive(10);
    fs::path first_folder;
    {
        Recorder first(ring_, nullptr, order(0, 0));
        first.cut(10);
        ASSERT_TRUE(first.waitUntilDone(base::monotonicNow() + 20s));
        first_folder = first.status().folder;
    }
    Recorder second(ring_, nullptr, order(0, 0));
    second.cut(10);
    ASSERT_TRUE(second.waitUntilDone(base::monotonicNow() + 20s));
    EXPECT_EQ(second.status().state, RecorderStatus::State::Closed);
    EXPECT_EQ(second.status().facts.slate.take, 4);
    RecordingOrder exact = order(0, 0);
    exact.exact_take = true;
    Recorder third(ring_, nullptr, exact);
    third.cut(10);
    ASSERT_TRUE(third.waitUntilDone(base::monotonicNow() + 20s));
    EXPECT_EQ(third.status().state, RecorderStatus::State::Failed);
    EXPECT_NE(third.status().trouble.find("12A"), std::string::npos);
    EXPECT_EQ((*takes::Recording::open(first_folder))->frameCount(), 10);
}

TEST_F(RecorderTest, AFolderThatCannotBeWrittenIsToldAndTriedAgainUntilItCan)
{
    const fs::path blocked = shoot_ / "disk";
    std::ofstream(blocked) << "a file where the shoot's folder should be";
    arrive(10);
    RecordingOrder there = order(0, 0);
    there.shoot = blocked;
    Recorder recorder(ring_, nullptr, there);
    const Nanos give_up = base::monotonicNow() + 20s;
    while (recorder.status().state != RecorderStatus::State::Waiting && base::monotonicNow() < give_up)
        std::this_thread::yield();
    EXPECT_FALSE(recorder.status().trouble.empty());
    fs::remove(blocked);
    fs::create_directory(blocked);
    arrive(5);
    recorder.cut(15);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    EXPECT_EQ(recorder.status().state, RecorderStatus::State::Closed) << recorder.status().trouble;
    EXPECT_EQ(recorder.status().facts.frames, 15) << "what had to wait is not lost";
}

TEST_F(RecorderTest, WithoutAFrameNothingIsCreated)
{
    Recorder recorder(ring_, nullptr, order(0, 0));
    recorder.cut(0);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    EXPECT_EQ(recorder.status().state, RecorderStatus::State::Closed);
    EXPECT_TRUE(recorder.status().folder.empty());
    EXPECT_FALSE(fs::exists(shoot_ / "media"));
}

TEST_F(RecorderTest, SoundIsCutToThePicturesFirstAndLastFrame)
{
    const auto sound = std::make_shared<SoundRing>();
    for (int i = 0; i < 30; ++i) { // 100 ms each, from 4.5 s on: half a second before the first frame
        SoundBlock block;
        block.captured_at = 4500ms + i * 100ms;
        block.samples.assign(4800, static_cast<std::int16_t>(i));
        sound->push(std::move(block));
    }
    arrive(25); // 5.0 s … 6.0 s
    Recorder recorder(ring_, sound, order(0, 0));
    recorder.cut(25);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    ASSERT_TRUE(recorder.status().facts.sound);
    EXPECT_EQ(recorder.status().facts.sound->samples, 48000);
}

/// Fails for a recorder that closes the take before the last picture's sound has come out of the card.
TEST_F(RecorderTest, SoundThatComesShortlyAfterTheCutIsInTheTake)
{
    const auto sound = std::make_shared<SoundRing>();
    const auto hear = [&sound](Nanos at) {
        SoundBlock block;
        block.captured_at = at;
        block.samples.assign(24000, 1);
        sound->push(std::move(block));
    };
    hear(5s);
    arrive(25); // 5.0 s … 6.0 s
    Recorder recorder(ring_, sound, order(0, 0));
    const Nanos give_up = base::monotonicNow() + 20s;
    while (recorder.status().frames < 25 && base::monotonicNow() < give_up)
        std::this_thread::yield();
    recorder.cut(25);
    hear(5500ms);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    EXPECT_EQ(recorder.status().facts.sound->samples, 48000);
}

/// Fails for a recorder that forgets the rest of a block whose first part it wrote with an earlier picture.
TEST_F(RecorderTest, SoundIsWholeWhenPicturesComeOneByOne)
{
    const auto sound = std::make_shared<SoundRing>();
    std::int16_t value = 0;
    for (int i = 0; i < 12; ++i) { // 100 ms each, a ramp
        SoundBlock block;
        block.captured_at = 5s + i * 100ms;
        for (int sample = 0; sample < 4800; ++sample)
            block.samples.push_back(std::int32_t { value++ } * 65536);
        sound->push(std::move(block));
    }
    Recorder recorder(ring_, sound, order(0, 0));
    for (FrameIndex n = 1; n <= 25; ++n) {
        arrive();
        const Nanos give_up = base::monotonicNow() + 20s;
        while (recorder.status().frames < n && base::monotonicNow() < give_up)
            std::this_thread::yield();
    }
    recorder.cut(25);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
    ASSERT_EQ(recorder.status().facts.sound->samples, 48000);
    std::ifstream wav(recorder.status().folder / "sound.wav", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(wav)), {});
    ASSERT_GT(bytes.size(), 96000u);
    for (std::size_t i = 0; i < 48000; ++i) {
        std::int16_t sample = 0;
        std::memcpy(&sample, bytes.data() + bytes.size() - 96000 + 2 * i, 2);
        ASSERT_EQ(sample, static_cast<std::int16_t>(i)) << i;
    }
}

TEST_F(RecorderTest, AJustCutTakePlaysFromTheRingAndThenFromDisk)
{
    ring_ = std::make_shared<Ring>(1 << 20);
    arrive(40);
    auto recorder = std::make_shared<Recorder>(ring_, nullptr, order(5, 20));
    recorder->cut(40);
    ASSERT_TRUE(recorder->waitUntilDone(base::monotonicNow() + 20s));
    const RolledTake take({ ring_, 5, 40, *ring_->capturedAt(5), { 25, 1 },
        [recorder](FrameIndex n) { return recorder->timecode(n); },
        [recorder]() { return recorder->folder(); } });
    EXPECT_EQ(take.frameCount(), 35);
    EXPECT_EQ(take.duration(), 35 * 40ms);
    const auto in_ring = take.frame(0);
    ASSERT_TRUE(in_ring);
    const std::vector<std::byte> before((*in_ring)->jpeg.begin(), (*in_ring)->jpeg.end());
    for (int i = 0; i < 400; ++i) { // push the take out of the ring
        base::Frame frame;
        frame.captured_at = time_ += 40ms;
        frame.serial = ring_->announce(frame.captured_at);
        ring_->publish(ring_->store(std::move(frame), std::vector<std::byte>(20'000)));
    }
    ASSERT_EQ(ring_->at(5), nullptr);
    const auto on_disk = take.frame(0);
    ASSERT_TRUE(on_disk) << on_disk.error().message;
    EXPECT_TRUE(std::equal(before.begin(), before.end(), (*on_disk)->jpeg.begin(), (*on_disk)->jpeg.end()));
    EXPECT_EQ(take.capturedTime(34), 34 * 40ms);
    EXPECT_EQ(take.duration(), 35 * 40ms);
}

} // namespace
} // namespace backtake::capture
