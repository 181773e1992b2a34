#include "guide/guide_player.hpp"
#include "guide/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace backtake::guide {
namespace {

using base::Fault;
using namespace std::chrono_literals;

constexpr int kRate = kGuideRate_hz;
constexpr std::size_t kFade = 240;

/// Everything rendered, in blocks as a device asks for them.
struct Listener {
    explicit Listener(base::SoundTrackPtr master)
        : player(std::move(master))
    {
    }
    void listen(std::size_t count, std::size_t block = 512)
    {
        const auto channels = static_cast<std::size_t>(player.master().channels());
        std::vector<float> out;
        for (std::size_t done = 0; done < count; done += out.size() / channels) {
            out.assign(std::min(block, count - done) * channels, 9.0F);
            player.render(out, runs);
            heard.insert(heard.end(), out.begin(), out.end());
        }
    }
    GuidePlayer player;
    std::vector<PlayedRun> runs;
    std::vector<float> heard;
};

TEST(GuidePlayer, AtFullSpeedItIsTheMasterBackwardsBitForBit)
{
    const auto master = soundOf(kRate, 2, whiteNoise(1));
    Listener listener(master);
    ASSERT_TRUE(listener.player.start({}));
    listener.listen(kRate + 1000, 333);
    std::vector<float> samples(2 * kRate);
    master->read(0, samples);
    for (std::size_t k = kFade; k < kRate - kFade; ++k)
        for (std::size_t c = 0; c < 2; ++c)
            ASSERT_EQ(listener.heard[2 * k + c], samples[2 * (kRate - 1 - k) + c]) << k;
    for (std::size_t i = 2 * kRate; i < listener.heard.size(); ++i)
        ASSERT_EQ(listener.heard[i], 0.0F);
    EXPECT_EQ(listener.runs, (std::vector<PlayedRun> { { 0, 1.0, -1.0 }, { kRate, 0, 0 } }));
    EXPECT_FALSE(listener.player.status().playing);
}

TEST(GuidePlayer, TheLastClickIsABeatBeforeTheFirstSample)
{
    Listener listener(soundOf(kRate, 1, [](std::int64_t, int) { return 0.0; }));
    GuideStart start;
    start.count_in_clicks = 4;
    start.beats_per_minute = 97; // a beat of 29690.72 samples
    ASSERT_TRUE(listener.player.start(start));
    EXPECT_EQ(listener.player.status().clicks_left, 4);
    listener.listen(4 * kRate);
    std::vector<std::int64_t> clicks;
    for (std::size_t i = 0; i < listener.heard.size(); ++i)
        if (std::abs(listener.heard[i]) > 0.45
            && (clicks.empty() || static_cast<std::int64_t>(i) > clicks.back() + 5000))
            clicks.push_back(static_cast<std::int64_t>(i));
    EXPECT_EQ(clicks, (std::vector<std::int64_t> { 0, 29691, 59381, 89072 }));
    ASSERT_EQ(listener.runs.size(), 2U);
    EXPECT_EQ(listener.runs[0], (PlayedRun { 118763, 1.0, -1.0 }));
    EXPECT_EQ(listener.player.status().clicks_left, 0);
}

/// The position told for the loudest sample of each click, against where the click lies in the master.
/// Fails when Rubber Band's delay is not taken into account, or its output is not linear in its input.
TEST(GuidePlayer, SlowedDownThePositionOfEverySampleIsKnown)
{
    for (const double speed : { 0.5, 0.57, 0.8 }) {
        constexpr std::int64_t kEvery = 13'001;
        const auto master = soundOf(2 * kRate, 1, [](std::int64_t s, int) {
            const std::int64_t since = s % kEvery - kEvery / 2;
            return std::abs(since) < 100 ? 0.8 * std::cos(static_cast<double>(since) * 0.4)
                    * std::exp(-static_cast<double>(since * since) / 800)
                                         : 0.0;
        });
        Listener listener(master);
        GuideStart start;
        start.speed = speed;
        start.repeat = Repeat::Loop;
        ASSERT_TRUE(listener.player.start(start));
        listener.listen(static_cast<std::size_t>(3 * kRate / speed), 441);
        ASSERT_EQ(listener.runs.size(), 2U) << "one and a half passes";
        int found = 0;
        double worst_ms = 0;
        for (std::size_t r = 0; r < listener.runs.size(); ++r) {
            const PlayedRun& run = listener.runs[r];
            ASSERT_EQ(run.speed, -speed);
            const auto begin = static_cast<std::size_t>(run.first_rendered);
            const std::size_t end = r + 1 < listener.runs.size()
                ? static_cast<std::size_t>(listener.runs[r + 1].first_rendered)
                : listener.heard.size();
            for (std::int64_t click = kEvery / 2; click < 2 * kRate; click += kEvery) {
                const double guide_s = (static_cast<double>(click) + 0.5) / kRate;
                const double expected = static_cast<double>(begin) + (run.guide_s - guide_s) / speed * kRate;
                const auto around = static_cast<std::int64_t>(expected);
                if (around < static_cast<std::int64_t>(begin) + 4000
                    || around + 4000 > static_cast<std::int64_t>(end))
                    continue;
                // The middle of its energy: where an ear puts it.
                double sum = 0;
                double moment = 0;
                for (std::int64_t i = around - 4000; i < around + 4000; ++i) {
                    const double energy = std::pow(listener.heard[static_cast<std::size_t>(i)], 2);
                    sum += energy;
                    moment += energy * static_cast<double>(i);
                }
                ASSERT_GT(sum, 0.1) << "no click at " << guide_s << " s, speed " << speed;
                worst_ms = std::max(worst_ms, std::abs(moment / sum + 0.5 - expected) * 1000 / kRate);
                ++found;
            }
        }
        EXPECT_GE(found, 8) << speed;
        EXPECT_LT(worst_ms, 2) << speed;
        std::printf("speed %.2f: %d clicks, off by %.2f ms at most\n", speed, found, worst_ms);
    }
}

TEST(GuidePlayer, SlowedDownThePitchStays)
{
    Listener listener(soundOf(2 * kRate, 1, sineOf(440)));
    GuideStart start;
    start.speed = 0.7;
    ASSERT_TRUE(listener.player.start(start));
    listener.listen(2 * kRate);
    int crossings = 0;
    double energy = 0;
    for (std::size_t i = kRate; i < 2 * kRate; ++i) {
        crossings += listener.heard[i - 1] < 0 && listener.heard[i] >= 0 ? 1 : 0;
        energy += std::pow(listener.heard[i], 2);
    }
    EXPECT_NEAR(crossings, 440, 2);
    EXPECT_NEAR(std::sqrt(energy / kRate), 0.5 / std::numbers::sqrt2, 0.02);
}

TEST(GuidePlayer, ItBeginsInTheMiddleAndLoopsFromTheEnd)
{
    const auto master = std::make_shared<SoundClip>(std::vector<float>(2 * kRate, 0.1F), 1, 30s);
    Listener listener(master);
    GuideStart start;
    start.from = 30'500ms;
    start.repeat = Repeat::Loop;
    ASSERT_TRUE(listener.player.start(start));
    listener.listen(3 * kRate);
    EXPECT_EQ(listener.runs,
        (std::vector<PlayedRun> {
            { 0, 30.5, -1.0 }, { kRate / 2, 32.0, -1.0 }, { kRate * 5 / 2, 32.0, -1.0 } }));
    EXPECT_NEAR(*listener.player.status().guide_s, 31.5, 1e-9);
}

TEST(GuidePlayer, ANewStartAndAStopEndTheRunBefore)
{
    Listener listener(soundOf(2 * kRate, 1, sineOf(1000)));
    ASSERT_TRUE(listener.player.start({}));
    listener.listen(10'000);
    GuideStart again;
    again.from = 1500ms;
    again.count_in_clicks = 1;
    again.beats_per_minute = 240; // 12000 samples
    ASSERT_TRUE(listener.player.start(again));
    listener.listen(20'000);
    listener.player.stop();
    listener.listen(1000);
    EXPECT_EQ(listener.runs,
        (std::vector<PlayedRun> {
            { 0, 2.0, -1.0 }, { 10'000, 0, 0 }, { 22'000, 1.5, -1.0 }, { 30'000, 0, 0 } }));
    EXPECT_EQ(listener.heard.back(), 0.0F);
}

/// Fails when a start, a stop, a loop or a change of level is heard as a click.
TEST(GuidePlayer, NothingClicksThatIsNoClick)
{
    for (const double speed : { 1.0, 0.8 }) {
        Listener listener(soundOf(kRate, 1, sineOf(1000)));
        GuideStart start;
        start.repeat = Repeat::Loop;
        start.speed = speed;
        ASSERT_TRUE(listener.player.start(start));
        listener.listen(3 * kRate + 77);
        start.from = 300ms;
        ASSERT_TRUE(listener.player.start(start));
        listener.listen(100);
        ASSERT_TRUE(listener.player.start(start)); // within the fade of the one before
        listener.listen(9000);
        listener.player.setLevel(0.25);
        listener.listen(9000);
        listener.player.stop();
        listener.listen(2000);
        EXPECT_LT(loudestClick_dB(listener.heard, 1000), speed == 1 ? -50 : -40) << speed;
    }
}

TEST(GuidePlayer, NumbersOutOfBoundsAreRefusedAndWhatSoundsGoesOn)
{
    Listener listener(soundOf(kRate, 1, sineOf(1000)));
    ASSERT_TRUE(listener.player.start({}));
    const auto refused = [&](auto change) {
        GuideStart start;
        change(start);
        const auto outcome = listener.player.start(start);
        return !outcome && outcome.error().fault == Fault::Usage;
    };
    EXPECT_TRUE(refused([](GuideStart& start) { start.speed = 0.49; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.speed = 1.01; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.speed = std::nan(""); }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.count_in_clicks = -1; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.count_in_clicks = 33; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.beats_per_minute = 0; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.from = 0s; }));
    EXPECT_TRUE(refused([](GuideStart& start) { start.from = 1001ms; }));
    listener.listen(1000);
    EXPECT_EQ(listener.runs.size(), 1U);
}

TEST(GuidePlayer, ItIsSteeredFromAnotherThread)
{
    Listener listener(soundOf(kRate, 1, sineOf(1000)));
    std::atomic<int> rounds = 0;
    std::jthread steering([&](const std::stop_token& stop) {
        for (; !stop.stop_requested(); ++rounds) {
            GuideStart start;
            start.count_in_clicks = 1;
            EXPECT_TRUE(listener.player.start(start));
            listener.player.setLevel(0.5);
            (void)listener.player.status();
            listener.player.stop();
        }
    });
    while (rounds < 1000)
        listener.listen(6400, 64);
    steering.request_stop();
    steering.join();
    listener.player.stop();
    listener.listen(1000, 64);
    EXPECT_EQ(listener.heard.back(), 0.0F);
}

} // namespace
} // namespace backtake::guide
