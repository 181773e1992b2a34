#include "capture/test_recorder.hpp"
#include "takes/recording.hpp"
#include "takes/test_disks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>

namespace backtake::capture {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using takes::FailingDisk;
using State = RecorderStatus::State;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A take at 25 fps whose disk misbehaves. `first_` and `second_` are shoot folders on two disks.
class RecorderTrouble : public RecorderFixture {
protected:
    RecorderTrouble()
        : RecorderFixture(kFrameBytes)
    {
        fs::create_directories(first_);
        fs::create_directories(second_);
        disk_ = std::make_shared<FailingDisk>(first_);
    }

    [[nodiscard]] RecordingOrder order(fs::path spill = {}) const
    {
        RecordingOrder made = orderIn(first_);
        made.spill = std::move(spill);
        made.disk = disk_;
        return made;
    }
    static bool waitFor(const std::function<bool()>& ready)
    {
        for (const Nanos deadline = base::monotonicNow() + 60s; base::monotonicNow() < deadline;
             std::this_thread::yield()) {
            if (ready())
                return true;
        }
        return false;
    }
    static bool waitForFrames(const Recorder& recorder, FrameIndex frames)
    {
        return waitFor([&]() { return recorder.status().frames >= frames; });
    }
    /// The take is closed, with @p frames frames, each as it came from the camera, at its time.
    void expectWhole(const RecorderStatus& status, FrameIndex frames)
    {
        ASSERT_EQ(status.state, State::Closed) << status.trouble;
        EXPECT_EQ(status.frames, frames);
        EXPECT_TRUE(status.lost.empty());
        EXPECT_EQ(status.unwritten, 0);
        expectFrames(status, frames);
    }
    void expectFrames(const RecorderStatus& status, FrameIndex frames)
    {
        const auto take = takes::Recording::open(status.folder, status.further_folders);
        ASSERT_TRUE(take) << take.error().message;
        EXPECT_EQ((*take)->missing(), std::vector<std::string>());
        ASSERT_EQ((*take)->frameCount(), frames);
        for (FrameIndex n = 0; n < frames; ++n) {
            const auto frame = (*take)->frame(n);
            ASSERT_TRUE(frame) << n << ": " << frame.error().message;
            const auto expected = jpegOf(static_cast<Serial>(n));
            ASSERT_TRUE(areBlocksOf((*frame)->jpeg, expected)) << n;
            ASSERT_EQ((*take)->capturedTime(n), n * 40ms);
        }
    }
    /// The part in @p folder for itself: closed, whole, and of this length.
    static takes::TakeFacts expectPart(const fs::path& folder, FrameIndex frames)
    {
        const auto part = takes::Recording::openPart(folder);
        EXPECT_TRUE(part) << part.error().message;
        if (!part)
            return {};
        EXPECT_TRUE((*part)->facts().closed);
        EXPECT_EQ((*part)->frameCount(), frames);
        EXPECT_FALSE(fs::exists(folder / "take.json.new"));
        return takes::readTakeFacts(folder / "take.json").value_or(takes::TakeFacts {});
    }

    static constexpr std::size_t kFrameBytes = base::kBlockBytes;
    const fs::path root_ = folder_.path();
    fs::path first_ = root_ / "first";
    fs::path second_ = root_ / "second";
    std::shared_ptr<FailingDisk> disk_;
};

/// Fails for a recorder that loses or doubles the frames around the one that did not fit, or that cannot end
/// a take on a disk without a byte of room.
TEST_F(RecorderTrouble, ADiskThatIsFullInTheMiddleOfABatchLosesNothingWithASecondFolder)
{
    Recorder recorder(ring_, nullptr, order(second_));
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->fill(7 * kFrameBytes + 1234);
    disk_->hang(FailingDisk::kWrite); // so that what follows comes as one batch
    arrive(1);
    ASSERT_TRUE(disk_->waitUntilHanging(base::monotonicNow() + 60s));
    arrive(59);
    disk_->letGo();
    recorder.cut(70);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    expectWhole(status, 70);
    EXPECT_EQ(status.spilled_to, second_);
    EXPECT_EQ(status.folder, first_ / "media" / "12A-003-A");
    ASSERT_EQ(status.further_folders, std::vector { second_ / "media" / "12A-003-A.part2" });
    const auto first = expectPart(status.folder, 17);
    const auto second = expectPart(status.further_folders.front(), 53);
    ASSERT_EQ(first.parts.size(), 1u);
    EXPECT_EQ(first.parts.front(), (takes::Part { 17, status.further_folders.front().string(), 53 }));
    ASSERT_TRUE(second.continues);
    EXPECT_EQ(*second.continues, (takes::Continues { status.folder.string(), 2, 17 }));
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(first.id.size(), 32u);
    EXPECT_EQ(second.start_timecode, first.start_timecode + 17);
    EXPECT_EQ(second.started_at_utc, first.started_at_utc + 17 * 40ms);
}

TEST_F(RecorderTrouble, ADiskThatTakesLittleAtOnceTakesAll)
{
    disk_->shorten(777);
    Recorder recorder(ring_, nullptr, order());
    arrive(100);
    recorder.cut(100);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 100);
    EXPECT_TRUE(recorder.status().further_folders.empty());
}

class BrokenDisk : public RecorderTrouble, public testing::WithParamInterface<std::pair<unsigned, int>> { };

/// Fails for a recorder that trusts what a broken disk said before it broke.
TEST_P(BrokenDisk, CostsNothingWithASecondFolder)
{
    arrive(5);
    Recorder recorder(ring_, nullptr, order(second_));
    ASSERT_TRUE(waitForFrames(recorder, 5));
    ASSERT_TRUE(waitFor([&]() { return disk_->syncs() >= 4; })); // 2 when it was made, 2 for the five frames
    disk_->fail(GetParam().first, GetParam().second);
    arrive(20);
    ASSERT_TRUE(waitFor([&]() { return !recorder.status().spilled_to.empty(); }));
    arrive(20);
    recorder.cut(45);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    expectWhole(status, 45);
    ASSERT_EQ(status.further_folders.size(), 1u);
    const auto second = expectPart(status.further_folders.front(), 40);
    EXPECT_EQ(second.continues->first_frame, 5) << "the frames since the last good sync are written again";
}

INSTANTIATE_TEST_SUITE_P(All, BrokenDisk,
    testing::Values(std::pair { FailingDisk::kSync, EIO },
        std::pair { FailingDisk::kWrite | FailingDisk::kSync, EIO },
        std::pair { FailingDisk::kEveryCall, ENODEV }, std::pair { FailingDisk::kEveryCall, ENOENT }));

TEST_F(RecorderTrouble, ADiskThatTurnsReadOnlyCostsNothingWithASecondFolder)
{
    arrive(5);
    Recorder recorder(ring_, nullptr, order(second_));
    ASSERT_TRUE(waitForFrames(recorder, 5));
    disk_->fail(FailingDisk::kEveryCall, EROFS);
    arrive(40);
    recorder.cut(45);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 45);
    EXPECT_EQ(recorder.status().spilled_to, second_);
}

/// Fails for a recorder that takes a sync's second "yes" for its first "no".
TEST_F(RecorderTrouble, WhatAFailedSyncMayHaveLostIsWrittenAgainOnTheSameDisk)
{
    arrive(5);
    Recorder recorder(ring_, nullptr, order());
    ASSERT_TRUE(waitForFrames(recorder, 5));
    ASSERT_TRUE(waitFor([&]() { return disk_->syncs() >= 4; }));
    disk_->fail(FailingDisk::kSync, EIO);
    arrive(20);
    RecorderStatus status;
    ASSERT_TRUE(waitFor([&]() {
        status = recorder.status();
        return status.state == State::Waiting && status.frames == 5; // no more is known to be safe
    }));
    EXPECT_FALSE(status.trouble.empty());
    disk_->fail(FailingDisk::kSync, 0);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Writing; }));
    recorder.cut(25);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 25);
}

class StallingDisk : public RecorderTrouble, public testing::WithParamInterface<unsigned> { };

TEST_P(StallingDisk, IsToldAndCostsNothing)
{
    Recorder recorder(ring_, nullptr, order());
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->hang(GetParam());
    arrive(1);
    ASSERT_TRUE(disk_->waitUntilHanging(base::monotonicNow() + 60s));
    arrive(400);
    RecorderStatus status = recorder.status();
    EXPECT_GE(status.unwritten, 400);
    EXPECT_LE(status.unwritten, 401);
    EXPECT_GT(status.ring_fill, 0.2) << "400 of 1400";
    EXPECT_LT(status.ring_fill, 0.5);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
    status = recorder.status();
    EXPECT_LT(status.stalled, 60s);
    EXPECT_GT(status.stalled, 500ms);
    EXPECT_NE(status.trouble.find(first_.string()), std::string::npos) << status.trouble;
    EXPECT_NE(status.trouble.find("has not answered"), std::string::npos) << status.trouble;
    disk_->letGo();
    ASSERT_TRUE(waitForFrames(recorder, 411));
    ASSERT_TRUE(waitFor([&]() {
        status = recorder.status();
        return status.state == State::Writing && status.trouble.empty();
    }));
    recorder.cut(411);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 411);
}

INSTANTIATE_TEST_SUITE_P(All, StallingDisk, testing::Values(FailingDisk::kWrite, FailingDisk::kSync));

/// Fails for a ring that gives the room of an unwritten take to live view.
TEST_F(RecorderTrouble, WithoutASecondFolderFramesWaitInMemoryAlsoAfterTheCutUntilThereIsRoom)
{
    ring_ = std::make_shared<Ring>(1 << 20);
    Recorder recorder(ring_, nullptr, order());
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->fill(5 * kFrameBytes);
    arrive(90);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
    ASSERT_TRUE(waitForFrames(recorder, 15));
    EXPECT_NE(recorder.status().trouble.find("the disk is full"), std::string::npos);
    recorder.cut(100);
    arrive(1500); // more than the ring holds
    EXPECT_EQ(recorder.status().frames, 15);
    EXPECT_EQ(recorder.status().unwritten, 85);
    EXPECT_GT(recorder.status().ring_fill, 0.1);
    disk_->makeRoom();
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 100);
    EXPECT_TRUE(recorder.status().further_folders.empty());
    arrive(1500);
    EXPECT_EQ(ring_->at(20), nullptr) << "nothing is on hold any more";
}

TEST_F(RecorderTrouble, AFolderNamedWhileFramesWaitTakesThemAtOnce)
{
    Recorder recorder(ring_, nullptr, order());
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->fill();
    arrive(40);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
    recorder.cut(50);
    recorder.spillTo(second_);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 50);
    EXPECT_EQ(recorder.status().spilled_to, second_);
}

TEST_F(RecorderTrouble, AThirdPartFollowsTheSecond)
{
    const fs::path third = root_ / "third";
    fs::create_directories(third);
    disk_ = std::make_shared<FailingDisk>(root_);
    Recorder recorder(ring_, nullptr, order(second_));
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->failNext(FailingDisk::kWrite, ENOSPC);
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 20));
    EXPECT_EQ(recorder.status().spilled_to, second_);
    // Closing the first part writes as well; the failure to come is meant for the second.
    const fs::path first_json = recorder.folder() / "take.json";
    ASSERT_TRUE(waitFor([&]() {
        const auto facts = takes::readTakeFacts(first_json);
        return facts && facts->closed;
    }));
    recorder.spillTo(third);
    disk_->failNext(FailingDisk::kWrite, ENOSPC);
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 30));
    recorder.cut(30);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    expectWhole(status, 30);
    EXPECT_EQ(status.spilled_to, third);
    ASSERT_EQ(status.facts.parts.size(), 2u);
    EXPECT_EQ(status.facts.parts[0].frames, 10);
    EXPECT_EQ(status.facts.parts[1].frames, 10);
    EXPECT_EQ(expectPart(status.further_folders[1], 10).continues->number, 3);
}

TEST_F(RecorderTrouble, WithAllDisksFullATakeGivenUpKeepsWhatTheyHold)
{
    disk_ = std::make_shared<FailingDisk>(root_);
    Recorder recorder(ring_, nullptr, order(second_));
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    disk_->fill(4 * kFrameBytes);
    arrive(90);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
    recorder.giveUp(); // rolls still: no effect
    recorder.cut(100);
    ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
    EXPECT_EQ(recorder.status().unwritten, 86);
    recorder.giveUp();
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    EXPECT_EQ(status.state, State::Failed);
    EXPECT_EQ(status.frames, 14);
    EXPECT_NE(status.trouble.find("14 frames"), std::string::npos) << status.trouble;
    EXPECT_NE(status.trouble.find("86 are lost"), std::string::npos) << status.trouble;
    EXPECT_TRUE(status.further_folders.empty());
    expectPart(status.folder, 14);
    expectFrames(status, 14);
    EXPECT_FALSE(fs::exists(second_ / "media" / "12A-003-A.part2"));
}

TEST_F(RecorderTrouble, AFolderThatCannotBeMadeIsMadeOnTheSecondDiskAsTheWholeTake)
{
    disk_->fill();
    arrive(20);
    Recorder recorder(ring_, nullptr, order(second_));
    recorder.cut(20);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    expectWhole(status, 20);
    EXPECT_EQ(status.folder, second_ / "media" / "12A-003-A");
    EXPECT_EQ(status.spilled_to, second_);
    EXPECT_TRUE(status.further_folders.empty());
    EXPECT_FALSE(expectPart(status.folder, 20).continues);
}

/// The folder could be made, but took not one frame.
TEST_F(RecorderTrouble, AFirstPartWithoutAFrameIsNone)
{
    disk_->fail(FailingDisk::kWrite, 0);
    disk_->fill(200 << 10); // room for what is taken in advance, or a little more
    arrive(60);
    disk_->fill(65 << 10);
    Recorder recorder(ring_, nullptr, order(second_));
    recorder.cut(60);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 60);
}

TEST_F(RecorderTrouble, AnEndDoesNotWaitForADiskThatRefuses)
{
    fs::path folder;
    {
        Recorder recorder(ring_, nullptr, order());
        arrive(10);
        ASSERT_TRUE(waitForFrames(recorder, 10));
        disk_->fill();
        arrive(10);
        ASSERT_TRUE(waitFor([&]() { return recorder.status().state == State::Waiting; }));
        folder = recorder.folder();
    }
    expectPart(folder, 10);
}

/// Fails for a recorder whose thread uses what is gone, or that joins a thread which sits in the kernel.
TEST_F(RecorderTrouble, AnEndDoesNotWaitForADiskThatDoesNotAnswerAndTheTakeIsEndedWhenItDoes)
{
    auto sound = std::make_shared<SoundRing>();
    SoundBlock block;
    block.captured_at = 5s;
    block.samples.assign(4800, 7);
    sound->push(block);
    fs::path folder;
    {
        RecordingOrder impatient = order();
        impatient.patience = 50ms;
        Recorder recorder(ring_, sound, impatient);
        arrive(10);
        ASSERT_TRUE(waitForFrames(recorder, 10));
        disk_->hang(FailingDisk::kWrite);
        arrive(10);
        ASSERT_TRUE(disk_->waitUntilHanging(base::monotonicNow() + 60s));
        folder = recorder.folder();
    }
    sound.reset();
    disk_->letGo();
    const std::weak_ptr<FailingDisk> thread = disk_;
    disk_.reset();
    ASSERT_TRUE(waitFor([&]() { return thread.expired(); }));
    expectPart(folder, 20);
}

/// Fails for a take whose start is told by a clock that was set meanwhile.
TEST_F(RecorderTrouble, AWallClockThatJumpsDoesNoHarm)
{
    std::atomic<int> asked = 0;
    RecordingOrder jumping = order(second_);
    const Nanos began = base::wallClockNow();
    jumping.wall_clock = [&asked, began]() { return began - 1000h * asked++; };
    Recorder recorder(ring_, nullptr, jumping);
    time_ = base::monotonicNow();
    disk_->failNext(FailingDisk::kArrange, ENOSPC); // the first try to make it
    arrive(10);
    ASSERT_TRUE(waitForFrames(recorder, 10));
    arrive(20);
    recorder.cut(30);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    expectWhole(recorder.status(), 30);
    EXPECT_EQ(asked, 1);
    EXPECT_LT(std::chrono::abs(recorder.status().facts.started_at_utc - began), 60s);
}

TEST_F(RecorderTrouble, SoundGoesOnInTheFurtherPart)
{
    const auto sound = std::make_shared<SoundRing>();
    for (int i = 0; i < 20; ++i) { // 100 ms each, from the first frame on
        SoundBlock block;
        block.captured_at = 5s + i * 100ms;
        block.samples.assign(4800, static_cast<std::int16_t>(i));
        sound->push(std::move(block));
    }
    arrive(5);
    Recorder recorder(ring_, sound, order(second_));
    ASSERT_TRUE(waitForFrames(recorder, 5));
    ASSERT_TRUE(waitFor([&]() { return disk_->syncs() >= 7; }));
    disk_->fail(FailingDisk::kSync | FailingDisk::kWrite, EIO);
    arrive(20);
    recorder.cut(25);
    ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 60s));
    const RecorderStatus status = recorder.status();
    expectWhole(status, 25);
    ASSERT_EQ(status.further_folders.size(), 1u);
    const auto first = takes::Recording::openPart(status.folder);
    const auto second = takes::Recording::openPart(status.further_folders.front());
    ASSERT_TRUE(first && second);
    EXPECT_EQ((*first)->facts().sound->samples, 5 * 1920);
    EXPECT_EQ((*second)->facts().sound->samples, 20 * 1920);
    EXPECT_EQ((*second)->facts().sound->starts_after_picture, 0ns);
}

/// Whatever two disks do, as long as one of them takes it in the end: every frame, once, in its place.
TEST_F(RecorderTrouble, ARandomSequenceOfTroublesLosesNothing)
{
    for (unsigned seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const auto dice = [&random](int sides) {
            return static_cast<int>(random() % static_cast<unsigned>(sides));
        };
        first_ = root_ / fmt::format("first{}", seed);
        second_ = root_ / fmt::format("second{}", seed);
        fs::create_directories(first_);
        fs::create_directories(second_);
        disk_ = std::make_shared<FailingDisk>(root_);
        ring_ = std::make_shared<Ring>(8 << 20);
        time_ = 5s;
        Recorder recorder(ring_, nullptr, order(second_));
        int frames = 0;
        for (int step = 0; step < 30; ++step) {
            switch (dice(6)) {
            case 0:
                disk_->fill(static_cast<std::uint64_t>(dice(60'000)));
                break;
            case 1:
                disk_->failNext(FailingDisk::kWrite, EIO, 1 + dice(3));
                break;
            case 2:
                disk_->failNext(FailingDisk::kSync, EIO, 1 + dice(3));
                break;
            case 3:
                disk_->shorten(static_cast<std::size_t>(1 + dice(9000)));
                break;
            case 4:
                disk_->failNext(FailingDisk::kEveryCall, ENODEV, 1 + dice(3));
                break;
            default:
                disk_->makeRoom();
                break;
            }
            const int count = dice(25);
            arrive(count);
            frames += count;
            if (dice(3) == 0) {
                disk_->makeRoom();
                ASSERT_TRUE(waitFor([&]() {
                    recorder.spillTo(second_); // try again now
                    return recorder.status().frames >= frames;
                }));
            }
        }
        arrive(1);
        recorder.cut(static_cast<Serial>(frames + 1));
        disk_->makeRoom();
        ASSERT_TRUE(waitFor([&]() {
            recorder.spillTo(second_);
            return recorder.status().state == State::Closed;
        })) << recorder.status().trouble;
        expectWhole(recorder.status(), frames + 1);
        if (HasFatalFailure())
            return;
    }
}

} // namespace
} // namespace backtake::capture
