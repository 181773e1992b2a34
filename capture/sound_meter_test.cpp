#include "capture/sound_meter.hpp"

#include <gtest/gtest.h>

namespace backtake::capture {
namespace {

using namespace std::chrono_literals;

SoundBlock blockOf(base::Nanos at, std::vector<std::int32_t> samples, int channels = 1, int bits = 16)
{
    SoundBlock block;
    block.captured_at = at;
    block.channels = channels;
    block.bits = bits;
    block.samples = std::move(samples);
    return block;
}

TEST(SoundMeter, ShowsEachChannelsPeakOfEitherSign)
{
    SoundMeter meter;
    EXPECT_EQ(meter.read(1s).channels, 0);
    meter.measure(blockOf(1s, { 1 << 30, 0, -(1 << 29), 0, 0, 1 << 28 }, 3));
    const SoundLevels levels = meter.read(1s);
    ASSERT_EQ(levels.channels, 3);
    EXPECT_NEAR(levels.channel[0].peak_db, -6.0206, 0.001);
    EXPECT_EQ(levels.channel[1].peak_db, -60);
    EXPECT_NEAR(levels.channel[2].peak_db, -12.0412, 0.001);
    EXPECT_EQ(levels.channel[0].hold_db, levels.channel[0].peak_db);
    EXPECT_FALSE(levels.channel[0].clipped);
}

TEST(SoundMeter, FallsTwentyDecibelASecondAndHoldsThePeakForOneAndAHalf)
{
    SoundMeter meter;
    meter.measure(blockOf(10s, { 1 << 30 }));
    const double peak = -6.0206;
    int block = 0;
    const auto goOnTo = [&](base::Nanos time) {
        while (10s + ++block * 100ms < time)
            meter.measure(blockOf(10s + block * 100ms, { 1 << 20 })); // -66 dB
    };
    goOnTo(11s);
    EXPECT_NEAR(meter.read(11s).channel[0].peak_db, peak - 20, 0.01);
    EXPECT_NEAR(meter.read(11s).channel[0].hold_db, peak, 0.01);
    goOnTo(11500ms);
    EXPECT_NEAR(meter.read(11500ms).channel[0].hold_db, peak, 0.01);
    goOnTo(12s);
    EXPECT_NEAR(meter.read(12s).channel[0].hold_db, peak - 10, 0.01);
    EXPECT_EQ(meter.read(20s).channel[0].hold_db, -60);
}

TEST(SoundMeter, LightsForThreeSecondsWhenASampleIsAtFullScale)
{
    for (const auto& [sample, bits, clips] : { std::tuple(0x7FFF0000, 16, true), { 0x7FFE0000, 16, false },
             { 0x7FFFFF00, 24, true }, { 0x7FFF0000, 24, false }, { INT32_MIN, 24, true } }) {
        SoundMeter meter;
        meter.measure(blockOf(5s, { sample }, 1, bits));
        meter.measure(blockOf(6s, { 0 }, 1, bits));
        EXPECT_EQ(meter.read(7900ms).channel[0].clipped, clips) << sample << " of " << bits;
        EXPECT_FALSE(meter.read(8100ms).channel[0].clipped);
    }
}

} // namespace
} // namespace backtake::capture
