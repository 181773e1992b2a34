#include "playback/player.hpp"
#include "playback/test_footage.hpp"

#include <gtest/gtest.h>

#include <set>

namespace backtake::playback {
namespace {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

FrameIndex numberOf(const base::Picture& picture)
{
    return (picture.planes[0][20 * picture.strides[0] + 20] - 10) / 2;
}

/// Ticks at the same time until the frame that is due was handed over: the decoders need real time, the
/// playhead does not move.
Shown settle(Player& player, Nanos now)
{
    const Nanos give_up = base::monotonicNow() + 20s;
    Shown shown = player.tick(now, 16ms);
    while (
        (!shown.picture || shown.captured != player.head().frameAt(now)) && base::monotonicNow() < give_up) {
        std::this_thread::yield();
        shown = player.tick(now, 16ms);
    }
    return shown;
}

TEST(PlayThrough, HandsOverEachFrameOnceInEitherDirection)
{
    const auto footage = std::make_shared<MemoryFootage>(100);
    for (const int step : { -1, +1 }) {
        std::vector<FrameIndex> order;
        playThrough(footage, step < 0 ? 99 : 0, 100, step, 3, [&](FrameIndex n, const Decoded& decoded) {
            order.push_back(n);
            EXPECT_EQ(numberOf(*decoded.picture), n);
            return true;
        });
        ASSERT_EQ(order.size(), 100u);
        for (FrameIndex k = 0; k < 100; ++k)
            EXPECT_EQ(order[static_cast<std::size_t>(k)], step < 0 ? 99 - k : k);
    }
}

TEST(PlayThrough, ADamagedFrameIsAMarkedPlaceholderAndPlaybackGoesOn)
{
    const auto footage =
        std::make_shared<MemoryFootage>(30, std::set<FrameIndex> { 7, 29 }, std::set<FrameIndex> { 0 });
    std::set<FrameIndex> damaged;
    FrameIndex handed_over = 0;
    playThrough(footage, 29, 30, -1, 2, [&](FrameIndex n, const Decoded& decoded) {
        ++handed_over;
        EXPECT_NE(decoded.picture, nullptr);
        EXPECT_EQ(decoded.damaged, decoded.picture->damaged);
        if (decoded.damaged)
            damaged.insert(n);
        return true;
    });
    EXPECT_EQ(handed_over, 30);
    EXPECT_EQ(damaged, (std::set<FrameIndex> { 0, 7, 29 }));
}

TEST(Player, ReversedHandsOverEveryFrameInOrderAndLoops)
{
    Player player(2);
    player.load(std::make_shared<MemoryFootage>(20), 19, 0ms);
    player.head().run(-1, 0ms);
    player.head().enter(19, 0ms);
    for (int i = 0; i < 45; ++i) {
        const Shown shown = settle(player, i * 40ms);
        ASSERT_EQ(shown.captured, 19 - i % 20) << i;
        ASSERT_EQ(numberOf(*shown.picture), shown.captured);
    }
    EXPECT_EQ(player.counts().shown, 45);
    EXPECT_EQ(player.counts().missed, 0);
}

TEST(Player, SeedsAreOnScreenAtTheFirstTick)
{
    base::PicturePool pool(1 << 20);
    auto seed = pool.tryAcquire({ 64, 64, base::Subsampling::Grey, {} });
    Player player(1);
    player.load(std::make_shared<MemoryFootage>(20), 18, 0ms, { { 18, seed } });
    player.head().run(-1, 0ms);
    const Shown shown = player.tick(0ms, 16ms);
    EXPECT_EQ(shown.picture, seed);
    EXPECT_TRUE(shown.fresh);
}

TEST(Player, AnAnswerToAnOldTakeIsDropped)
{
    Player player(2);
    player.load(std::make_shared<MemoryFootage>(20), 5, 0ms);
    player.tick(0ms, 16ms);
    player.load(std::make_shared<MemoryFootage>(10), 9, 0ms);
    EXPECT_EQ(numberOf(*settle(player, 0ms).picture), 9);
}

TEST(Player, AtRestTheNeighboursAreReadyForAStep)
{
    Player player(2);
    player.load(std::make_shared<MemoryFootage>(20), 10, 0ms);
    EXPECT_EQ(settle(player, 0ms).captured, 10);
    player.head().enter(11, 0ms);
    EXPECT_EQ(settle(player, 0ms).captured, 11);
    EXPECT_EQ(player.counts().late, 0) << "a step is not playback";
}

/// Fails when the disk is read ahead the wrong way, twice, or without an end.
TEST(Player, WhatComesNextInTheDirectionOfPlayIsFetchedOnce)
{
    for (const int direction : { -1, +1 }) {
        const auto footage = std::make_shared<MemoryFootage>(120);
        Player player(2);
        const FrameIndex from = direction < 0 ? 119 : 0;
        player.load(footage, from, 0ms);
        settle(player, 0ms);
        EXPECT_TRUE(footage->expected().empty()) << "at rest nothing is fetched";
        player.head().setLoop(LoopMode::Once, 0ms);
        player.head().run(direction, 0ms);
        player.head().enter(from, 0ms);
        settle(player, 0ms);
        const Nanos give_up = base::monotonicNow() + 20s;
        while (footage->expected().empty() && base::monotonicNow() < give_up)
            std::this_thread::yield();
        const auto first = footage->expected();
        ASSERT_EQ(first.size(), static_cast<std::size_t>(kFramesFetched));
        for (std::size_t i = 0; i + 1 < first.size(); ++i)
            EXPECT_EQ(first[i + 1] - first[i], direction);
        EXPECT_GT((first[0] - from) * direction, 0);
        for (int i = 1; i < 120; ++i) {
            settle(player, i * 40ms);
            // What the fetcher has not come to before the decoders want it is not fetched any more: wait for
            // it.
            const FrameIndex due = std::min<FrameIndex>(119, i + kMostAhead + 1);
            while ((footage->expected().back() - from) * direction < due && base::monotonicNow() < give_up)
                std::this_thread::yield();
        }
        const auto all = footage->expected();
        EXPECT_EQ(std::set<FrameIndex>(all.begin(), all.end()).size(), all.size()) << "none twice";
        EXPECT_EQ(all.back(), 119 - from) << "up to the end of the take";
    }
}

} // namespace
} // namespace backtake::playback
