#include "base/sound_buffer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace backtake::base {
namespace {

std::vector<float> ramp(std::int64_t first, std::int64_t count)
{
    std::vector<float> samples;
    for (std::int64_t s = first; s < first + count; ++s)
        samples.insert(samples.end(), { static_cast<float>(s), static_cast<float>(-s) });
    return samples;
}

TEST(SoundBuffer, GivesWhatWasPutInItsPlaceAndSilenceElsewhere)
{
    SoundBuffer buffer(48000);
    std::vector<float> chunk(512 * 2);
    for (int turn = 0; turn < 100; ++turn) { // more than it can hold at a time
        const std::int64_t at = buffer.taken();
        buffer.put(at + 100, ramp(at + 100, 300));
        buffer.take(0s, chunk);
        for (std::int64_t i = 0; i < 512; ++i)
            for (const int ear : { 0, 1 })
                ASSERT_EQ(chunk[static_cast<std::size_t>(2 * i + ear)],
                    i >= 100 && i < 400 ? static_cast<float>(ear == 0 ? at + i : -at - i) : 0.0F)
                    << turn << " " << i;
    }
}

TEST(SoundBuffer, WhatIsPutAnewReplacesWhatWasNotTaken)
{
    SoundBuffer buffer(48000);
    std::vector<float> chunk(20);
    buffer.put(0, std::vector<float>(200, 1.0F));
    buffer.take(0s, chunk);
    buffer.put(5, std::vector<float>(30, 2.0F)); // samples 5 … 19, the first five of them too late
    buffer.take(0s, chunk);
    for (const float value : chunk)
        ASSERT_EQ(value, 2.0F);
    buffer.take(0s, chunk);
    for (const float value : chunk)
        ASSERT_EQ(value, 0.0F) << "what was put first is forgotten";
}

/// Fails when the lateness of a callback is heard as a clock.
TEST(SoundBuffer, ItsClockIsSmoothThoughChunksComeLateAndTheDeviceIsOff)
{
    SoundBuffer buffer(48000);
    constexpr double kRate = 48000 * (1 + 200e-6);
    std::mt19937 random(3);
    std::vector<float> chunk(1024 * 2);
    double last = -1024; // before the first chunk is heard
    double mean = 0;
    int counted = 0;
    for (int n = 0; n < 60 * 47; ++n) { // a minute
        const double due = static_cast<double>(n) * 1024 / kRate;
        const double late = static_cast<double>(random() % 5000) / 1e6; // up to 5 ms
        buffer.take(Nanos(std::llround((due + late) * 1e9)), chunk);
        for (double at = due + 0.006; at < due + 0.020; at += 0.001) {
            const double heard = buffer.heardAt(Nanos(std::llround(at * 1e9)));
            ASSERT_GE(heard, last);
            last = heard;
            if (n < 20 * 47)
                continue; // the loop has found the rate
            const double off_ms = (heard - (at * kRate - 1024)) / 48;
            ASSERT_NEAR(off_ms, -2.5, 1) << at; // the mean lateness
            mean += off_ms;
            ++counted;
        }
    }
    EXPECT_NEAR(mean / counted, -2.5, 0.2);
}

TEST(SoundBuffer, ADeviceThatStopsHoldsItsClockAndGoesOnWithoutAJump)
{
    SoundBuffer buffer(48000);
    std::vector<float> chunk(512 * 2);
    Nanos now {};
    const auto run = [&](int chunks) {
        for (int n = 0; n < chunks; ++n) {
            now += Nanos(512 * 1'000'000'000LL / 48000);
            buffer.take(now, chunk);
        }
    };
    run(100);
    const double stopped = buffer.heardAt(now + 10s);
    EXPECT_LE(stopped, 100 * 512);
    EXPECT_EQ(buffer.heardAt(now + 20s), stopped);
    now += 20s;
    run(4);
    EXPECT_GE(buffer.heardAt(now), stopped);
    EXPECT_LE(buffer.heardAt(now), 104 * 512);
    run(100);
    EXPECT_NEAR(buffer.heardAt(now), 203 * 512 - 512, 48);
}

} // namespace
} // namespace backtake::base
