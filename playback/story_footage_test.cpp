#include "playback/player.hpp"
#include "playback/story_footage.hpp"
#include "playback/test_footage.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace backtake::playback {
namespace {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;
using Place = StoryFootage::Place;

constexpr base::Rate kRate { 25, 1 };

/// Fails for a sequence that plays its takes in their captured order, forgets their trim, or loses a frame at
/// a join.
TEST(StoryFootage, EachFrameIsThatOfItsTakeInTheOrderOfTheStory)
{
    const auto long_take = std::make_shared<MemoryFootage>(10);
    const auto short_take = std::make_shared<MemoryFootage>(3);
    const StoryFootage story(
        { { long_take, 2, 5, true, 1 }, { short_take, 0, 2, false, 1 }, { long_take, 9, 9, true, 1 } },
        kRate);
    const std::vector<Place> expected { { 0, 5 }, { 0, 4 }, { 0, 3 }, { 0, 2 }, { 1, 0 }, { 1, 1 }, { 1, 2 },
        { 2, 9 } };
    ASSERT_EQ(story.frameCount(), 8);
    for (FrameIndex n = 0; n < 8; ++n) {
        EXPECT_EQ(story.placeOf(n), expected[static_cast<std::size_t>(n)]) << n;
        EXPECT_EQ(story.frameOf(story.placeOf(n)), n);
        EXPECT_EQ(story.capturedTime(n), n * 40ms);
        const auto frame = story.frame(n);
        const auto& take = n >= 4 && n < 7 ? short_take : long_take;
        ASSERT_TRUE(frame);
        EXPECT_EQ(*frame, *take->frame(expected[static_cast<std::size_t>(n)].captured));
        EXPECT_EQ(story.timecode(n), expected[static_cast<std::size_t>(n)].captured);
    }
    EXPECT_EQ(story.duration(), 320ms);
    EXPECT_EQ(story.frameOf({ 0, 9 }), 0) << "trimmed away: the nearest";
    EXPECT_EQ(story.lengthOf(1), 120ms);
}

/// Frame n lasts (n + 1) * 10 ms.
class Uneven final : public base::Footage {
public:
    [[nodiscard]] FrameIndex frameCount() const override { return 4; }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override { return n * (n + 1) / 2 * 10ms; }
    [[nodiscard]] base::Result<base::FramePtr> frame(FrameIndex) const override
    {
        return base::fail(base::Fault::Corrupt, "none");
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return kRate; }
};

TEST(StoryFootage, AFrameKeepsItsOwnLengthTurnedRoundAndAtOtherSpeeds)
{
    const auto take = std::make_shared<Uneven>();
    const StoryFootage story({ { take, 0, 3, true, 1 }, { take, 1, 2, true, 0.5 } }, kRate);
    const std::vector<Nanos> lengths { 40ms, 30ms, 20ms, 10ms, 60ms, 40ms };
    Nanos begin {};
    for (FrameIndex n = 0; n < 6; ++n) {
        EXPECT_EQ(story.capturedTime(n), begin) << n;
        begin += lengths[static_cast<std::size_t>(n)];
    }
    EXPECT_EQ(story.duration(), begin);
}

TEST(StoryFootage, ForAMissingTakeStandsASecondOfPlaceholders)
{
    const StoryFootage story(
        { { nullptr, 0, 0, true, 1 }, { std::make_shared<MemoryFootage>(2), 0, 1, true, 1 } }, kRate);
    EXPECT_EQ(story.frameCount(), 27);
    EXPECT_EQ(story.capturedTime(25), 1s);
    ASSERT_FALSE(story.frame(24));
    EXPECT_EQ(story.frame(24).error().fault, base::Fault::Corrupt);
    EXPECT_TRUE(story.frame(25));
    EXPECT_EQ(story.placeOf(25), (Place { 1, 1 }));
}

TEST(StoryFootage, WhatIsExpectedIsToldToEachTakeInItsOwnFrames)
{
    const auto one = std::make_shared<MemoryFootage>(5);
    const auto other = std::make_shared<MemoryFootage>(5);
    const StoryFootage story({ { one, 0, 4, true, 1 }, { other, 1, 3, false, 1 } }, kRate);
    story.expect(std::vector<FrameIndex> { 3, 4, 5, 6 });
    EXPECT_EQ(one->expected(), (std::vector<FrameIndex> { 1, 0 }));
    EXPECT_EQ(other->expected(), (std::vector<FrameIndex> { 1, 2 }));
}

/// Fails for a gap at a join: each frame is on screen for its 40 ms, in the order of the story.
TEST(StoryFootage, ThePlayerPlaysAcrossTheJoins)
{
    const auto take = std::make_shared<MemoryFootage>(100);
    const auto story =
        std::make_shared<StoryFootage>(std::vector<StoryShot> { { take, 0, 9, true, 1 },
                                           { take, 50, 59, false, 1 }, { take, 20, 29, true, 1 } },
            kRate);
    std::vector<FrameIndex> expected;
    for (int k = 0; k < 10; ++k)
        expected.push_back(9 - k);
    for (int k = 0; k < 10; ++k)
        expected.push_back(50 + k);
    for (int k = 0; k < 10; ++k)
        expected.push_back(29 - k);
    std::vector<FrameIndex> seen;
    playThrough(story, 0, story->frameCount(), +1, 2, [&](FrameIndex, const Decoded& decoded) {
        seen.push_back((decoded.picture->planes[0][20 * decoded.picture->strides[0] + 20] - 10) / 2);
        return true;
    });
    EXPECT_EQ(seen, expected);
}

/// A ramp: sample s of its one channel is s / 100000.
class Ramp final : public base::SoundTrack {
public:
    [[nodiscard]] int rateHz() const override { return 1000; }
    [[nodiscard]] int channels() const override { return 1; }
    [[nodiscard]] std::int64_t sampleCount() const override { return 400; }
    [[nodiscard]] Nanos startsAt() const override { return {}; }
    void read(std::int64_t first, std::span<float> into) const override
    {
        for (float& sample : into) {
            sample = first >= 0 && first < 400 ? static_cast<float>(first) / 100'000.0F : 0;
            ++first;
        }
    }
};

class Heard final : public base::Footage {
public:
    [[nodiscard]] FrameIndex frameCount() const override { return 10; }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override { return n * 40ms; }
    [[nodiscard]] base::Result<base::FramePtr> frame(FrameIndex) const override
    {
        return base::fail(base::Fault::Corrupt, "none");
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return kRate; }
    [[nodiscard]] base::SoundTrackPtr sound() const override { return std::make_shared<Ramp>(); }
};

/// Reversed, sample k of a shot that covers captured samples 80 … 199 is 199 - k: bit for bit.
TEST(StoryFootage, ItsSoundIsThatOfItsTakesEachTurnedRound)
{
    const auto take = std::make_shared<Heard>();
    const StoryFootage story({ { take, 2, 4, true, 1 }, { std::make_shared<MemoryFootage>(1), 0, 0, true, 1 },
                                 { take, 0, 1, false, 1 } },
        kRate);
    const auto sound = story.sound();
    ASSERT_NE(sound, nullptr);
    ASSERT_EQ(sound->sampleCount(), 120 + 40 + 80);
    std::vector<float> heard(240);
    sound->read(0, heard);
    for (int k = 0; k < 240; ++k) {
        const float expected = k < 120 ? static_cast<float>(199 - k) / 100'000.0F
            : k < 160                  ? 0.0F
                                       : static_cast<float>(k - 160) / 100'000.0F;
        EXPECT_NEAR(heard[static_cast<std::size_t>(k)], expected, 1e-7) << k;
    }
    std::vector<float> middle(10);
    sound->read(115, middle);
    EXPECT_TRUE(std::equal(middle.begin(), middle.end(), heard.begin() + 115))
        << "read in pieces it is the same";
    EXPECT_EQ(
        StoryFootage({ { std::make_shared<MemoryFootage>(1), 0, 0, true, 1 } }, kRate).sound(), nullptr);
}

} // namespace
} // namespace backtake::playback
