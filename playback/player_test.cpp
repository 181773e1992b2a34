#include "base/jpeg.hpp"
#include "playback/player.hpp"

#include <gtest/gtest.h>

#include <set>

namespace backtake::playback {
namespace {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

/// Small grey JPEGs in RAM; frame n has brightness 2n + 10. Frames in `torn` are cut in half, those in `lost`
/// are refused.
class MemoryFootage final : public base::Footage {
public:
    explicit MemoryFootage(FrameIndex count, std::set<FrameIndex> torn = {}, std::set<FrameIndex> lost = {})
        : lost_(std::move(lost))
    {
        base::PicturePool pool(1 << 20);
        base::JpegEncoder encoder;
        for (FrameIndex n = 0; n < count; ++n) {
            const auto picture = pool.tryAcquire({ 64, 64, base::Subsampling::Grey, {} });
            for (int y = 0; y < 64; ++y)
                for (int x = 0; x < 64; ++x)
                    picture->planes[0][y * picture->strides[0] + x] =
                        static_cast<std::uint8_t>(2 * n + 10 + ((x ^ y) & 1));
            const auto jpeg = encoder.encode(*picture, 95);
            auto bytes = std::make_shared<std::vector<std::byte>>(jpeg->begin(), jpeg->end());
            if (torn.contains(n))
                bytes->resize(bytes->size() / 2);
            auto frame = std::make_shared<base::Frame>();
            frame->jpeg = *bytes;
            frame->owner = bytes;
            frames_.push_back(std::move(frame));
        }
    }
    [[nodiscard]] FrameIndex frameCount() const override { return static_cast<FrameIndex>(frames_.size()); }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override { return n * 40ms; }
    [[nodiscard]] base::Result<base::FramePtr> frame(FrameIndex n) const override
    {
        if (lost_.contains(n))
            return base::fail(base::Fault::Corrupt, "lost");
        return frames_[static_cast<std::size_t>(n)];
    }
    void expect(std::span<const FrameIndex> frames) const override
    {
        base::Lock lock(mutex_);
        expected_.insert(expected_.end(), frames.begin(), frames.end());
    }
    /// Frames the player said it would want, in its order.
    std::vector<FrameIndex> expected() const
    {
        base::Lock lock(mutex_);
        return expected_;
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return { 25, 1 }; }

private:
    std::vector<base::FramePtr> frames_;
    std::set<FrameIndex> lost_;
    mutable base::Mutex mutex_;
    mutable std::vector<FrameIndex> expected_ GUARDED_BY(mutex_);
};

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
        for (int i = 1; i < 120; ++i)
            settle(player, i * 40ms);
        const auto all = footage->expected();
        EXPECT_EQ(std::set<FrameIndex>(all.begin(), all.end()).size(), all.size()) << "none twice";
        EXPECT_EQ(all.back(), 119 - from) << "up to the end of the take";
    }
}

} // namespace
} // namespace backtake::playback
