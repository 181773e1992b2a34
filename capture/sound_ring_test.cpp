#include "capture/sound_ring.hpp"

#include <gtest/gtest.h>

namespace backtake::capture {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

SoundBlock blockOf(Nanos at, std::int64_t frames, int channels = 1, std::int32_t value = 1)
{
    SoundBlock block;
    block.captured_at = at;
    block.channels = channels;
    block.samples.assign(static_cast<std::size_t>(frames * channels), value);
    return block;
}

/// All samples of the ring, and a failure for a hole between blocks.
std::vector<std::int32_t> line(const SoundRing& ring)
{
    std::vector<std::int32_t> samples;
    std::optional<Nanos> end;
    std::uint64_t number = 0;
    while (const SoundBlockPtr block = ring.at(number)) {
        if (end) {
            EXPECT_LE(std::chrono::abs(block->captured_at - *end), SoundRing::kSlack);
        }
        end = block->endsAt();
        samples.insert(samples.end(), block->samples.begin(), block->samples.end());
        ++number;
    }
    return samples;
}

TEST(SoundRing, PutsSilenceWhereNothingWasHeard)
{
    SoundRing ring;
    ring.push(blockOf(10s, 480));
    ring.push(blockOf(13s + 10ms, 480));
    const auto samples = line(ring);
    ASSERT_EQ(samples.size(), 3U * 48000 + 2 * 480);
    for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_EQ(samples[i], i < 480 || i >= 480 + 3 * 48000 ? 1 : 0) << i;
}

TEST(SoundRing, PutsSilenceWhileTheSourceIsAwayAndNotAgainWhenItReturns)
{
    SoundRing ring;
    ring.silenceUntil(5s);
    EXPECT_FALSE(ring.endsAt());
    ring.push(blockOf(10s, 48000, 2));
    ring.silenceUntil(12s);
    EXPECT_EQ(ring.endsAt(), 12s);
    ring.push(blockOf(11500ms, 48000, 2)); // half of it is late
    EXPECT_EQ(ring.endsAt(), 12500ms);
    const auto samples = line(ring);
    ASSERT_EQ(samples.size(), 2U * 120000);
    EXPECT_EQ(samples[2 * 48000], 0);
    EXPECT_EQ(samples[2 * 96000 - 1], 0);
    EXPECT_EQ(samples[2 * 96000], 1);
}

TEST(SoundRing, TakesABlockThatWaversAsItIs)
{
    SoundRing ring;
    ring.push(blockOf(10s, 480));
    ring.push(blockOf(10s + 18ms, 480));
    ring.push(blockOf(10s + 20ms, 480));
    EXPECT_EQ(line(ring).size(), 3U * 480);
}

/// Fails when eight channels take as much memory as they like, or mono does not keep its two minutes.
TEST(SoundRing, IsBoundedInBytesAndInTime)
{
    SoundRing eight;
    SoundRing mono;
    for (int second = 0; second < 200; ++second) {
        eight.push(blockOf(10s + second * 1s, 48000, 8));
        mono.push(blockOf(10s + second * 1s, 48000));
        ASSERT_LE(eight.bytes(), SoundRing::kMostBytes);
    }
    const auto secondsIn = [](const SoundRing& ring) {
        std::uint64_t first = 0;
        ring.at(first);
        return 200 - static_cast<int>(first);
    };
    EXPECT_EQ(secondsIn(eight), 96 * 1024 * 1024 / (48000 * 8 * 4));
    EXPECT_EQ(secondsIn(mono), 121);
}

TEST(SoundRing, AfterHoursOfNothingBeginsAnew)
{
    SoundRing ring;
    ring.push(blockOf(10s, 480));
    std::uint64_t number = 1;
    ring.push(blockOf(10h, 480));
    ASSERT_TRUE(ring.at(number));
    EXPECT_GT(number, 1U) << "a reader is to see that something is missing";
    EXPECT_EQ(line(ring).size(), 480U);
}

} // namespace
} // namespace backtake::capture
