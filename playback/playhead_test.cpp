#include "playback/playhead.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace backtake::playback {
namespace {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

/// Footage without pictures: N frames with the times given.
class Times final : public base::Footage {
public:
    explicit Times(std::vector<Nanos> starts_and_end)
        : times_(std::move(starts_and_end))
    {
    }
    static Times even(FrameIndex count, base::Rate rate)
    {
        std::vector<Nanos> times;
        for (FrameIndex n = 0; n <= count; ++n)
            times.push_back(rate.timeOf(n));
        return Times(std::move(times));
    }
    [[nodiscard]] FrameIndex frameCount() const override
    {
        return static_cast<FrameIndex>(times_.size()) - 1;
    }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override
    {
        ++lookups;
        pages.insert(n / 64);
        return times_[static_cast<std::size_t>(n)];
    }
    [[nodiscard]] base::Result<base::FramePtr> frame(FrameIndex) const override
    {
        return base::fail(base::Fault::Failed, "");
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return {}; }

    mutable int lookups = 0;
    mutable std::set<FrameIndex> pages; ///< Of an index with 64 frames in each.

private:
    std::vector<Nanos> times_;
};

/// Every frame that is on screen from @p from on, by following nextChange(), with the time it came.
std::vector<std::pair<FrameIndex, Nanos>> follow(const Playhead& head, Nanos from, std::size_t frames)
{
    std::vector<std::pair<FrameIndex, Nanos>> seen { { head.frameAt(from), from } };
    while (seen.size() < frames) {
        const auto change = head.nextChange(seen.back().second);
        if (!change)
            break;
        seen.emplace_back(head.frameAt(*change), *change);
    }
    return seen;
}

class PlayheadAtEveryRate : public testing::TestWithParam<base::Rate> { };

TEST_P(PlayheadAtEveryRate, ReversedPlaysEachFrameOnceFromLastToFirst)
{
    const Times take = Times::even(1001, GetParam());
    Playhead head(take);
    head.setLoop(LoopMode::Once, 0ns);
    head.run(-1, 5s);
    head.enter(1000, 5s);
    const auto seen = follow(head, 5s, 5000);
    ASSERT_EQ(seen.size(), 1001u);
    for (std::size_t k = 0; k < seen.size(); ++k) {
        EXPECT_EQ(seen[k].first, 1000 - static_cast<FrameIndex>(k));
        EXPECT_EQ(
            seen[k].second - 5s, take.duration() - take.capturedTime(1001 - static_cast<FrameIndex>(k)));
    }
}

INSTANTIATE_TEST_SUITE_P(Rates, PlayheadAtEveryRate,
    testing::Values(base::Rate { 24, 1 }, base::Rate { 25, 1 }, base::Rate { 30000, 1001 },
        base::Rate { 60000, 1001 }, base::Rate { 120, 1 }));

/// Shown frame k is captured N-1-k, and lasts [T-t(n+1), T-t(n)): the mirror of its own duration.
TEST(Playhead, UnevenFrameTimesPlayBackMirrored)
{
    std::mt19937 random(7);
    std::vector<Nanos> times { 0ns };
    for (int i = 0; i < 500; ++i)
        times.push_back(times.back() + Nanos(1'000'000 + static_cast<int>(random() % 90'000'000)));
    const Times take(times);
    const Nanos total = take.duration();
    Playhead head(take);
    head.run(-1, 0ns);
    head.enter(499, 0ns);
    for (FrameIndex n = 0; n < 500; ++n) {
        const Nanos begins = total - take.capturedTime(n + 1);
        const Nanos ends = total - take.capturedTime(n);
        EXPECT_EQ(head.frameAt(begins), n);
        EXPECT_EQ(head.frameAt(ends - 1ns), n);
    }
}

TEST(Playhead, TurningRoundMidFrameShowsTheSameFrame)
{
    const Times take = Times::even(100, { 25, 1 });
    Playhead head(take);
    head.run(+1, 0ms);
    EXPECT_EQ(head.frameAt(410ms), 10);
    head.run(-1, 410ms);
    EXPECT_EQ(head.frameAt(410ms), 10);
    EXPECT_EQ(head.frameAt(425ms), 9);
}

TEST(Playhead, TurningRoundOnABorderDoesNotJump)
{
    const Times take = Times::even(100, { 25, 1 });
    Playhead head(take);
    head.run(+1, 0ms);
    ASSERT_EQ(head.frameAt(400ms), 10);
    head.run(-1, 400ms);
    EXPECT_EQ(head.frameAt(400ms), 10);
    head.run(+1, 400ms);
    EXPECT_EQ(head.frameAt(400ms), 10);
}

TEST(Playhead, ALoopGoesRoundWithoutLosingAFrame)
{
    const Times take = Times::even(5, { 25, 1 });
    for (const double speed : { 1.0, -1.0 }) {
        Playhead head(take);
        head.run(speed, 0ms);
        head.enter(speed > 0 ? 0 : 4, 0ms);
        const auto seen = follow(head, 0ms, 15);
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const auto k = static_cast<FrameIndex>(i % 5);
            EXPECT_EQ(seen[i].first, speed > 0 ? k : 4 - k);
            EXPECT_EQ(seen[i].second, Nanos(i * 40ms));
        }
    }
}

TEST(Playhead, PingPongTurnsAtBothEnds)
{
    const Times take = Times::even(4, { 25, 1 });
    Playhead head(take);
    head.setLoop(LoopMode::PingPong, 0ms);
    head.run(-1, 0ms);
    head.enter(3, 0ms);
    std::vector<FrameIndex> seen;
    for (int i = 0; i < 16; ++i)
        seen.push_back(head.frameAt(i * 40ms + 1ms));
    EXPECT_EQ(seen, (std::vector<FrameIndex> { 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3 }));
    EXPECT_EQ(head.directionAt(200ms), +1);
}

TEST(Playhead, InAndOutBoundTheLoop)
{
    const Times take = Times::even(100, { 25, 1 });
    Playhead head(take);
    head.run(-1, 0ms);
    head.setRange(10, 12, 0ms);
    head.enter(12, 0ms);
    std::vector<FrameIndex> seen;
    for (int i = 0; i < 6; ++i)
        seen.push_back(head.frameAt(i * 40ms));
    EXPECT_EQ(seen, (std::vector<FrameIndex> { 12, 11, 10, 12, 11, 10 }));
}

TEST(Playhead, SpeedScalesTimeBothWays)
{
    const Times take = Times::even(1000, { 25, 1 });
    for (const int percent : { 5, 50, 100, 200, 800 }) {
        for (const int direction : { -1, +1 }) {
            Playhead head(take);
            head.run(direction * percent / 100.0, 0ms);
            head.enter(500, 0ms);
            const FrameIndex moved = percent / 5; // 40 ms x 20 frames at 100 %
            EXPECT_EQ(head.frameAt(800ms + 1us), 500 + direction * moved) << percent << " % " << direction;
        }
    }
}

TEST(Playhead, OnceEndsOnTheLastFrameShown)
{
    const Times take = Times::even(10, { 25, 1 });
    Playhead head(take);
    head.setLoop(LoopMode::Once, 0ms);
    head.run(-1, 0ms);
    head.enter(9, 0ms);
    EXPECT_FALSE(head.finishedAt(399ms));
    EXPECT_TRUE(head.finishedAt(400ms));
    EXPECT_EQ(head.frameAt(1h), 0);
    EXPECT_FALSE(head.nextChange(1h));
}

TEST(Playhead, NineHoursDoNotDrift)
{
    const base::Rate rate { 30000, 1001 };
    const Times take = Times::even(972'000, rate);
    Playhead head(take);
    head.run(-1, 0ms);
    head.enter(971'999, 0ms);
    EXPECT_EQ(head.frameAt(rate.timeOf(971'999) + 1us), 0);
    EXPECT_EQ(head.frameAt(rate.timeOf(971'998) + 1us), 1);
}

TEST(Playhead, ATakeOfOneFrameLoopsOnIt)
{
    const Times take = Times::even(1, { 25, 1 });
    Playhead head(take);
    head.run(-1, 0ms);
    for (const Nanos at : { 0ms, 40ms, 41ms, 5000ms })
        EXPECT_EQ(head.frameAt(at), 0);
}

/// Fails when a jump in a long take looks all over its index.
TEST(Playhead, AJumpLooksAtAPageOrTwoOfTheIndex)
{
    std::mt19937_64 random(7);
    for (const int jitter_us : { 0, 8000 }) {
        std::vector<Nanos> times;
        for (FrameIndex n = 0; n <= 300'000; ++n)
            times.push_back(n * 33ms + std::chrono::microseconds(random() % (jitter_us + 1)));
        const Times take(times);
        Playhead head(take);
        head.run(-1, 0ms);
        for (int i = 0; i < 200; ++i) {
            const Nanos position(static_cast<std::int64_t>(random() % 9'900'000'000'000));
            take.pages.clear();
            take.lookups = 0;
            head.jump(position, 0ms);
            const FrameIndex n = head.frameAt(0ms);
            EXPECT_LE(take.pages.size(), 3U) << "the frame before, and the border of two pages";
            EXPECT_LE(take.lookups, 8);
            EXPECT_TRUE(n == 0 || times[static_cast<std::size_t>(n)] < position);
            EXPECT_TRUE(times[static_cast<std::size_t>(n + 1)] >= position);
        }
    }
}

TEST(Playhead, PlayLooksAtTheFramesAroundItOnly)
{
    const Times take = Times::even(100'000, { 30, 1 });
    Playhead head(take);
    head.run(-1, 0ms);
    head.enter(50'000, 0ms);
    EXPECT_EQ(head.frameAt(0ms), 50'000);
    for (Nanos now = 0ms; now < 3s; now += 16ms) {
        take.lookups = 0;
        take.pages.clear();
        EXPECT_LE(head.frameAt(now), 50'000);
        EXPECT_LE(take.lookups, 4);
        EXPECT_LE(take.pages.size(), 2U);
    }
}

/// A camera that was away for most of a day: the mean rate leads astray.
TEST(Playhead, AHoleInTheTakeIsSearchedInFewStepsToo)
{
    std::vector<Nanos> times;
    for (FrameIndex n = 0; n <= 100'000; ++n)
        times.push_back(n * 33ms + (n > 70'000 ? Nanos(20h) : Nanos(0)));
    const Times take(times);
    Playhead head(take);
    for (FrameIndex n = 11; n < 100'000; n += 997) {
        head.jump(times[static_cast<std::size_t>(n)], 0ms);
        take.lookups = 0;
        EXPECT_EQ(head.frameAt(0ms), n);
        EXPECT_LE(take.lookups, 40);
    }
}

/// An index that is made up: whatever the times, play goes on and ends, and stays inside.
TEST(Playhead, TimesThatRunBackwardsStopNothing)
{
    std::mt19937_64 random(11);
    for (int round = 0; round < 300; ++round) {
        const auto count = 1 + static_cast<FrameIndex>(random() % 50);
        std::vector<Nanos> times { 0ms };
        for (FrameIndex n = 1; n <= count; ++n)
            times.emplace_back(static_cast<std::int64_t>(random()
                % (round % 3 == 0        ? 3
                        : round % 3 == 1 ? 2'000'000'000
                                         : 172'800'000'000'000)));
        const Times take(times);
        Playhead head(take);
        for (const double speed : { -1.0, 1.0, -16.0 }) {
            head.setLoop(round % 2 == 0 ? LoopMode::Loop : LoopMode::Once, 0ms);
            head.run(speed, 0ms);
            head.setRange(count / 3, count / 2, 0ms);
            head.enter(count / 2, 0ms);
            take.lookups = 0;
            Nanos now {};
            for (int i = 0; i < 50; ++i) {
                const FrameIndex n = head.frameAt(now);
                ASSERT_GE(n, head.firstFrame());
                ASSERT_LE(n, head.lastFrame());
                const auto change = head.nextChange(now);
                if (!change)
                    break;
                ASSERT_GT(*change, now);
                now = std::max(*change, now + 16ms);
            }
            EXPECT_LE(take.lookups, 50 * 2 * 50);
            head.setRange(0, count - 1, 0ms);
        }
    }
}

} // namespace
} // namespace backtake::playback
