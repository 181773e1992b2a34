#include "capture/sound_clock.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace backtake::capture {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// A card whose clock is off, in a machine that is busy.
class Card {
public:
    explicit Card(double ppm, Nanos jitter = 5ms)
        : true_rate_(48000 * (1 + ppm / 1e6))
        , jitter_(jitter)
    {
    }
    /// When sample @p number was captured in truth.
    [[nodiscard]] Nanos capturedAt(std::int64_t number) const
    {
        return kStart + lost_ + Nanos(std::llround(static_cast<double>(number) / true_rate_ * 1e9));
    }
    SoundClock::Stamp block(SoundClock& clock, std::int64_t samples = 480)
    {
        samples_ += samples;
        Nanos late = Nanos(static_cast<std::int64_t>(random_() % static_cast<unsigned>(jitter_.count())));
        if (random_() % 97 == 0)
            late += 80ms; // something had to be done first
        arrived_ = std::max(arrived_, capturedAt(samples_) + late);
        return clock.stamp(samples, arrived_);
    }
    void lose(Nanos time) { lost_ += time; }
    [[nodiscard]] std::int64_t samples() const { return samples_; }

private:
    static constexpr Nanos kStart = 1000s;
    double true_rate_;
    Nanos jitter_;
    Nanos lost_ {};
    Nanos arrived_ {};
    std::int64_t samples_ = 0;
    std::mt19937 random_ { 5 };
};

TEST(SoundClock, FindsTheSpeedOfACardWithinFiveMillionthsInAMinute)
{
    for (const double ppm : { -200.0, -30.0, 30.0, 200.0 }) {
        for (const std::int64_t samples : { 480, 1024, 4800 }) {
            Card card(ppm);
            SoundClock clock(48000);
            SoundClock::Stamp stamp;
            while (card.samples() < 60 * 48000)
                stamp = card.block(clock, samples);
            EXPECT_NEAR(stamp.rate_error_ppm, ppm, 5) << samples;
        }
    }
}

/// Fails when a right clock is corrected, which would cost the bits of every sample.
TEST(SoundClock, SaysNothingOfACardThatIsRight)
{
    Card card(0);
    SoundClock clock(48000);
    for (int seconds = 1; seconds <= 120; ++seconds) {
        while (card.samples() < seconds * 48000)
            card.block(clock);
        EXPECT_NEAR(card.block(clock).rate_error_ppm, 0, 3) << seconds;
    }
}

/// Fails when the lateness of blocks, or a clock that is off, becomes a lateness of the sound.
TEST(SoundClock, TellsWhenASampleWasCapturedWithinAMillisecond)
{
    for (const double ppm : { -200.0, 0.0, 200.0 }) {
        Card card(ppm);
        SoundClock clock(48000);
        while (card.samples() < 600 * 48000) {
            const std::int64_t first = card.samples();
            const Nanos truth = card.capturedAt(first);
            const Nanos told = card.block(clock).captured_at;
            if (first > 48000 / 2) {
                ASSERT_LT(std::chrono::abs(told - truth), 1ms) << first << " at " << ppm;
            }
        }
    }
}

/// Fails when samples that a card left out move all that follows.
TEST(SoundClock, IsInTimeAgainThreeSecondsAfterACardLeftSamplesOut)
{
    Card card(50);
    SoundClock clock(48000);
    while (card.samples() < 30 * 48000)
        card.block(clock);
    card.lose(300ms);
    while (card.samples() < 35 * 48000)
        card.block(clock);
    while (card.samples() < 60 * 48000) {
        const Nanos truth = card.capturedAt(card.samples());
        ASSERT_LT(std::chrono::abs(card.block(clock).captured_at - truth), 1ms) << card.samples();
    }
}

/// Fails when a machine that stood still for a while makes the clock believe that samples are missing.
TEST(SoundClock, KeepsItsTimeWhenBlocksComeInABurst)
{
    SoundClock clock(48000);
    const auto at = [](std::int64_t block) { return 1000s + block * 10ms; };
    for (std::int64_t block = 0; block < 6000; ++block) {
        const bool stuck = block >= 3000 && block < 3150; // a second and a half
        const auto stamp = clock.stamp(480, stuck ? at(3150) : at(block + 1));
        ASSERT_LT(std::chrono::abs(stamp.captured_at - at(block)), 1ms) << block;
    }
}

TEST(SoundClock, BeginsAnewAfterAPause)
{
    SoundClock clock(48000);
    for (int block = 1; block <= 1000; ++block)
        clock.stamp(480, 1000s + block * 10ms);
    EXPECT_EQ(clock.stamp(480, 1020s + 123ms).captured_at, 1020s + 113ms);
    EXPECT_EQ(clock.stamp(480, 1020s + 133ms).captured_at, 1020s + 123ms);
}

} // namespace
} // namespace backtake::capture
