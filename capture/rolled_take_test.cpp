#include "capture/rolled_take.hpp"
#include "capture/test_blocks.hpp"
#include "takes/recording_writer.hpp"
#include "tests/folder.hpp"

#include <gtest/gtest.h>

namespace backtake::capture {
namespace {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A take whose frames are no pictures: only where they come from is asked here. Uneven, as live views are.
class RolledTakes : public testing::Test {
protected:
    RolledTakes()
    {
        fs::create_directories(root_ / "a");
        fs::create_directories(root_ / "b");
    }
    static Nanos timeOf(Serial serial) { return 5s + serial * 40ms + (serial % 3) * 7ms; }
    static std::vector<std::byte> bytesOf(Serial serial)
    {
        return std::vector<std::byte>(2000, static_cast<std::byte>(serial % 251));
    }
    /// Frames come into the ring, which holds the last few hundred of them.
    void arrive(int count)
    {
        for (int i = 0; i < count; ++i) {
            base::Frame frame;
            frame.captured_at = timeOf(ring_->announcedEnd());
            frame.serial = ring_->announce(frame.captured_at);
            frame.width = 64;
            frame.height = 48;
            const Serial serial = frame.serial;
            ring_->publish(ring_->store(std::move(frame), bytesOf(serial)));
            last_ = ring_->at(serial);
            if (writer_) {
                ASSERT_TRUE(writer_->append(std::span(&last_, 1)));
            }
        }
    }
    void roll(const fs::path& shoot, std::optional<takes::Continues> continues = {})
    {
        takes::TakeFacts facts;
        facts.slate = { "12A", 3, 'A' };
        facts.timecode = { { 25, 1 }, false };
        facts.camera = "scripted";
        facts.id = "00112233445566778899aabbccddeeff";
        facts.continues = std::move(continues);
        writer_ = takes::RecordingWriter::create(shoot, facts).value();
        if (folder_.empty())
            folder_ = writer_->folder();
    }
    RolledTake::Parts parts() const
    {
        return { ring_, 0, ring_->announcedEnd(), timeOf(0), { 25, 1 }, [](base::FrameIndex n) { return n; },
            [this] { return folder_; }, [this] { return spilled_to_; } };
    }
    static void expectWhole(const RolledTake& take)
    {
        for (FrameIndex n = take.frameCount() - 1; n >= 0; --n) {
            const auto frame = take.frame(n);
            ASSERT_TRUE(frame) << n << ": " << frame.error().message;
            const auto expected = bytesOf(static_cast<Serial>(n));
            ASSERT_TRUE(areBlocksOf((*frame)->jpeg, expected)) << n;
            ASSERT_EQ(take.capturedTime(n), timeOf(static_cast<Serial>(n)) - timeOf(0)) << n;
        }
    }

    const tests::Folder place_;
    const fs::path root_ = place_.path();
    fs::path folder_;
    fs::path spilled_to_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>(1 << 20);
    std::unique_ptr<takes::RecordingWriter> writer_;
    base::FramePtr last_;
};

TEST_F(RolledTakes, AreReviewedWhileTheyRollOnAcrossTheRingsEnd)
{
    roll(root_ / "a");
    arrive(1000);
    ASSERT_GT(ring_->span().first, 0u) << "some of it is on disk only";
    const RolledTake take(parts());
    expectWhole(take);
    arrive(1000); // all that was in the ring is on disk only now
    ASSERT_GT(ring_->span().first, 1000u);
    expectWhole(take);
    EXPECT_EQ(take.frameCount(), 1000);
    expectWhole(RolledTake(parts()));
}

/// Fails when times are guessed for frames of which the disk knows better, so that the picture would jump
/// where play crosses from the ring to the disk.
TEST_F(RolledTakes, TheDiskIsOpenedBeforePlayComesToIt)
{
    roll(root_ / "a");
    arrive(1000);
    const RolledTake take(parts());
    const auto first = static_cast<FrameIndex>(ring_->span().first);
    std::vector<FrameIndex> coming;
    for (FrameIndex n = first + 100; n > first + 50; --n) // all of them are in the ring still
        coming.push_back(n);
    take.expect(coming);
    for (FrameIndex n = 0; n < take.frameCount(); ++n)
        EXPECT_EQ(take.capturedTime(n), timeOf(static_cast<Serial>(n)) - timeOf(0)) << n;
    arrive(1000);
    for (FrameIndex n = 0; n < first + 100; ++n)
        EXPECT_EQ(take.capturedTime(n), timeOf(static_cast<Serial>(n)) - timeOf(0)) << n;
}

TEST_F(RolledTakes, WithoutADiskTimesStayInOrder)
{
    arrive(1000);
    const RolledTake take(parts());
    for (FrameIndex n = 0; n < take.frameCount(); ++n)
        EXPECT_LE(take.capturedTime(n), take.capturedTime(n + 1)) << n;
    EXPECT_FALSE(take.frame(0));
    take.expect(std::vector<FrameIndex> { 5, 4, 3 });
}

TEST_F(RolledTakes, GoOnWhereTheTakeGoesOn)
{
    roll(root_ / "a");
    arrive(700);
    spilled_to_ = root_ / "b";
    roll(spilled_to_, takes::Continues { folder_.string(), 2, 700 });
    arrive(700);
    expectWhole(RolledTake(parts()));
}

} // namespace
} // namespace backtake::capture
