#include "capture/ring.hpp"
#include "capture/test_blocks.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace backtake::capture {
namespace {

using base::Frame;
using base::FramePtr;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

std::vector<std::byte> bytesOf(Serial serial, std::size_t size)
{
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(serial * 31 + i);
    return bytes;
}

FramePtr stored(Ring& ring, Serial serial, Nanos at, std::size_t size)
{
    Frame frame;
    frame.serial = serial;
    frame.captured_at = at;
    return ring.store(std::move(frame), bytesOf(serial, size));
}

void put(Ring& ring, Nanos at, std::size_t size)
{
    const Serial serial = ring.announce(at);
    ring.publish(stored(ring, serial, at, size));
}

TEST(Ring, NeverHoldsMoreThanItsCapAndKeepsTheNewest)
{
    Ring ring(8 << 20);
    const auto sizeOf = [](Serial serial) { return 20'000 + serial % 7 * 11'000; };
    for (int i = 0; i < 2000; ++i) {
        put(ring, i * 40ms, sizeOf(static_cast<Serial>(i)));
        ASSERT_LE(ring.stats().bytes, 8U << 20);
    }
    const auto span = ring.span();
    EXPECT_EQ(span.end, 2000u);
    EXPECT_GT(ring.stats().bytes, 7U << 20) << "most of the cap is used";
    EXPECT_GT(span.end - span.first, 100u);
    EXPECT_EQ(ring.at(span.first - 1), nullptr);
    for (Serial serial = span.first; serial < span.end; ++serial) {
        const FramePtr frame = ring.at(serial);
        ASSERT_NE(frame, nullptr);
        ASSERT_TRUE(areBlocksOf(frame->jpeg, bytesOf(serial, sizeOf(serial)))) << serial;
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(frame->jpeg.data()) % base::kBlockBytes, 0u);
    }
}

TEST(Ring, FramesEncodedOutOfOrderAreSeenInOrder)
{
    Ring ring(4 << 20);
    const Serial a = ring.announce(0ms);
    const Serial b = ring.announce(40ms);
    const Serial c = ring.announce(80ms);
    ring.publish(stored(ring, c, 80ms, 100));
    ring.publish(stored(ring, b, 40ms, 100));
    EXPECT_EQ(ring.span().end, a) << "the first is not there yet, so neither are the others";
    EXPECT_EQ(ring.at(c), nullptr);
    ring.publish(stored(ring, a, 0ms, 100));
    EXPECT_EQ(ring.span().end, c + 1);
    EXPECT_EQ(ring.at(b)->captured_at, 40ms);
}

TEST(Ring, AReadersFrameOutlivesItsPlaceInTheRing)
{
    Ring ring(2 << 20);
    put(ring, 0ms, 5'000);
    const FramePtr held = ring.at(0);
    for (int i = 1; i < 3000; ++i)
        put(ring, i * 40ms, 5'000);
    EXPECT_EQ(ring.at(0), nullptr);
    const auto expected = bytesOf(0, 5'000);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), held->jpeg.begin()));
}

/// Fails for a ring that lets all its frames go in search of memory that only a reader can give back.
TEST(Ring, WhatReadersHoldCostsTheRingNoFrames)
{
    const auto few = [](Ring& ring, int count) {
        std::uint64_t fewest = ~0ULL;
        for (int i = 0; i < count; ++i) {
            put(ring, i * 40ms, 20'000);
            if (i >= count / 2)
                fewest = std::min(fewest, ring.stats().frames);
        }
        return fewest;
    };
    Ring alone(1 << 20);
    const std::uint64_t as_ever = few(alone, 200);
    EXPECT_GT(as_ever, 24U);

    Ring ring(1 << 20);
    std::vector<FramePtr> held; // one of each slab
    for (int i = 0; i < 48; i += 3) {
        for (int k = 0; k < 3; ++k)
            put(ring, (i + k) * 40ms, 20'000);
        held.push_back(ring.at(static_cast<Serial>(i)));
    }
    EXPECT_EQ(few(ring, 200), as_ever);
    EXPECT_GT(ring.stats().peak_bytes, 1U << 20);
    held.clear();
    EXPECT_LE(ring.stats().bytes, 1U << 20);
}

TEST(Ring, FindsTheFirstFrameOfAPrerollToTheFrame)
{
    Ring ring(8 << 20);
    for (int i = 0; i < 100; ++i)
        put(ring, 1s + i * 40ms, 1000);
    EXPECT_EQ(ring.firstCapturedFrom(0s), 0u);
    EXPECT_EQ(ring.firstCapturedFrom(1s + 400ms), 10u);
    EXPECT_EQ(ring.firstCapturedFrom(1s + 400ms + 1ns), 11u);
    EXPECT_EQ(ring.firstCapturedFrom(10s), 100u);
}

TEST(Ring, APictureLargerThanASlabIsKept)
{
    Ring ring(1 << 20);
    put(ring, 0ms, 3 << 20);
    ASSERT_NE(ring.at(0), nullptr);
    put(ring, 40ms, 1000);
    put(ring, 80ms, 1000);
    EXPECT_EQ(ring.at(0), nullptr);
    EXPECT_NE(ring.at(2), nullptr);
    EXPECT_LE(ring.stats().bytes, 1U << 20);
}

TEST(Ring, WaitingForAFrameEndsWhenItIsPublishedAndByStop)
{
    Ring ring(4 << 20);
    std::jthread writer([&]() {
        for (int i = 0; i < 50; ++i)
            put(ring, i * 1ms, 100);
    });
    EXPECT_TRUE(ring.waitFor(49, {}, base::monotonicNow() + 30s));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(ring.waitFor(50, stop.get_token(), base::monotonicNow() + 30s));
    EXPECT_FALSE(ring.waitFor(50, {}, base::monotonicNow()));
}

/// Fails for a ring that gives the room of a take which is not on disk yet to live view, or never takes it
/// back.
TEST(Ring, FramesOnHoldStayWhileYoungerOnesLeaveInTheirStead)
{
    constexpr std::uint64_t kCap = 4 << 20;
    Ring ring(kCap);
    for (int i = 0; i < 100; ++i)
        put(ring, i * 40ms, 20'000);
    auto first = ring.hold({ 20, 60 });
    auto second = ring.hold({ 80, 90 });
    for (int i = 100; i < 1000; ++i) {
        put(ring, i * 40ms, 20'000);
        ASSERT_LE(ring.stats().bytes, kCap + kCap / 8);
    }
    EXPECT_EQ(ring.span().first, 20u);
    for (Serial serial = 20; serial < 90; ++serial)
        EXPECT_EQ(ring.at(serial) != nullptr, serial < 60 || serial >= 80) << serial;
    EXPECT_NE(ring.at(999), nullptr);
    // What a take with pre-roll may count on begins behind the hole.
    const Serial whole_from = ring.firstCapturedFrom(0ms);
    EXPECT_GT(whole_from, 90u);
    EXPECT_LT(whole_from, 960u);
    EXPECT_EQ(ring.at(whole_from - 1), nullptr);
    for (Serial serial = whole_from; serial < 1000; ++serial)
        EXPECT_NE(ring.at(serial), nullptr) << serial;
    EXPECT_EQ(ring.stats().length, static_cast<int>(999 - whole_from) * 40ms);

    second.reset();
    for (int i = 1000; i < 1300; ++i)
        put(ring, i * 40ms, 20'000);
    EXPECT_EQ(ring.at(80), nullptr) << "between a hold and a hole, and free to leave";
    EXPECT_NE(ring.at(59), nullptr);
    first.reset();
    for (int i = 1300; i < 1600; ++i)
        put(ring, i * 40ms, 20'000);
    EXPECT_GT(ring.span().first, 1300u);
    EXPECT_LE(ring.stats().bytes, kCap);
    EXPECT_EQ(ring.stats().frames, 1600 - ring.span().first);
}

TEST(Ring, ManyEncodersAndReadersAtOnce)
{
    Ring ring(4 << 20);
    constexpr Serial kFrames = 4000;
    std::atomic<Serial> next { 0 };
    for (Serial i = 0; i < kFrames; ++i)
        ring.announce(Nanos(i));
    {
        std::vector<std::jthread> encoders;
        for (int e = 0; e < 3; ++e)
            encoders.emplace_back([&]() {
                for (Serial serial = next++; serial < kFrames; serial = next++)
                    ring.publish(stored(ring, serial, Nanos(serial), 3000));
            });
        std::jthread reader([&]() {
            for (Serial serial = 0; serial < kFrames; ++serial) {
                ring.waitFor(serial, {}, base::monotonicNow() + 30s);
                const FramePtr frame = ring.at(serial);
                ASSERT_TRUE(!frame || frame->jpeg[7] == static_cast<std::byte>(serial * 31 + 7)) << serial;
            }
        });
    }
    EXPECT_EQ(ring.span().end, kFrames);
}

} // namespace
} // namespace backtake::capture
