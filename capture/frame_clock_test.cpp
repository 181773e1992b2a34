#include "capture/frame_clock.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <vector>

namespace backtake::capture {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// Arrivals of an even camera, each late by what @p lateness draws.
template <typename Lateness> std::vector<Nanos> arrivals(int count, Nanos period, Lateness lateness)
{
    std::vector<Nanos> at;
    for (int n = 0; n < count; ++n)
        at.push_back(5s + n * period + lateness(n));
    return at;
}

/// How far the gaps between stamps stray from the period, at worst, from stamp @p from on.
Nanos worstStray(const std::vector<Nanos>& stamps, Nanos period, std::size_t from)
{
    Nanos worst {};
    for (std::size_t i = from; i < stamps.size(); ++i) {
        const Nanos stray = stamps[i] - stamps[i - 1] - period;
        worst = std::max(worst, std::max(stray, -stray));
    }
    return worst;
}

class FrameClockRate : public testing::TestWithParam<double> { };

TEST_P(FrameClockRate, TakesTheDriversBackOffOutOfTheTimes)
{
    const Nanos period(std::llround(1e9 / GetParam()));
    std::mt19937 random(7);
    std::uniform_int_distribution<std::int64_t> late(
        0, std::min<std::int64_t>(18'000'000, period.count() / 2));
    const auto at = arrivals(600, period, [&](int) { return Nanos(late(random)); });
    FrameClock clock;
    std::vector<Nanos> stamps;
    for (std::size_t i = 0; i < at.size(); ++i) {
        stamps.push_back(clock.stamp(at[i]));
        EXPECT_LE(stamps[i], at[i]);
        if (i > 0) {
            EXPECT_GT(stamps[i], stamps[i - 1]);
        }
    }
    EXPECT_LT(worstStray(stamps, period, 70), 3ms); // the arrivals themselves stray by up to 18
    EXPECT_NEAR(static_cast<double>(clock.period().count()), static_cast<double>(period.count()), 1e5);
}

INSTANTIATE_TEST_SUITE_P(Rates, FrameClockRate, testing::Values(23.976, 25, 29.97, 59.94));

TEST(FrameClock, KeepsAGapOfWholePeriods)
{
    const Nanos period = 33'366'667ns;
    FrameClock clock;
    Nanos before {};
    for (int n = 0; n < 100; ++n)
        before = clock.stamp(5s + n * period);
    const Nanos after = clock.stamp(5s + 104 * period + 3ms); // four never came
    EXPECT_NEAR(
        static_cast<double>((after - before).count()), static_cast<double>((5 * period).count()), 5e5);
}

TEST(FrameClock, FollowsACameraThatChangesItsRate)
{
    FrameClock clock;
    Nanos at = 5s;
    for (int n = 0; n < 100; ++n)
        clock.stamp(at += 33'366'667ns);
    std::vector<Nanos> stamps;
    for (int n = 0; n < 100; ++n)
        stamps.push_back(clock.stamp(at += 40ms));
    EXPECT_LT(worstStray(stamps, 40ms, 30), 1ms);
    EXPECT_LT(at - stamps.back(), 2ms);
}

TEST(FrameClock, LeavesTheTimesOfAnUnevenCameraAlone)
{
    std::mt19937 random(3);
    std::uniform_int_distribution<std::int64_t> gap(20'000'000, 250'000'000);
    FrameClock clock;
    Nanos at = 5s;
    int untouched = 0;
    for (int n = 0; n < 200; ++n) {
        at += Nanos(gap(random));
        untouched += clock.stamp(at) == at ? 1 : 0;
    }
    EXPECT_GT(untouched, 150);
}

TEST(FrameClock, BeginsAnewAfterALongPause)
{
    FrameClock clock;
    for (int n = 0; n < 100; ++n)
        clock.stamp(5s + n * 40ms);
    EXPECT_EQ(clock.stamp(60s + 7ms), 60s + 7ms);
}

TEST(FrameClock, NeverGivesTwoFramesOneTimeNorALaterTimeThanTheirArrival)
{
    std::mt19937 random(11);
    std::uniform_int_distribution<std::int64_t> gap(1, 60'000'000);
    FrameClock clock;
    Nanos at = 5s;
    Nanos last {};
    for (int n = 0; n < 5000; ++n) {
        at += Nanos(n % 700 < 350 ? gap(random) : 33'366'667);
        const Nanos stamp = clock.stamp(at);
        EXPECT_GT(stamp, last);
        EXPECT_LE(stamp, at);
        last = stamp;
    }
}

} // namespace
} // namespace backtake::capture
