#include "guide/placement.hpp"
#include "guide/test_sound.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace backtake::guide {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr int kRate = kGuideRate_hz;

/// A device whose clock is off, read by a program that is late now and then; true times are kept.
struct Device {
    double off_ppm = 0;
    std::vector<ClockPair> pairs;
    Nanos stall_at { -1 };
    Nanos stalled {};
    std::mt19937 random { 5 };

    [[nodiscard]] Nanos trueTimeOf(std::int64_t sample) const
    {
        const double time_s = static_cast<double>(sample) / (kRate * (1 + off_ppm * 1e-6));
        const Nanos time = 1000s + Nanos(std::llround(time_s * 1e9));
        return stall_at >= 0ns && time >= 1000s + stall_at ? time + stalled : time;
    }
    void listen(std::int64_t samples)
    {
        for (std::int64_t sample = 0; sample <= samples; sample += 1024) {
            const double part = static_cast<double>(random()) / 4294967296.0;
            auto late = Nanos(static_cast<std::int64_t>((part - 0.5) * 6e6)); // 3 ms to each side …
            if (random() % 20 == 0)
                late += 40ms; // … and the whole machine held up
            pairs.push_back({ sample, trueTimeOf(sample) + late });
        }
    }
};

/// Worst distance between the record and where the guide truly was, in ms.
double worst_ms(const GuideRecord& record, const Device& device, std::int64_t first, std::int64_t end,
    double guide_s, double speed, Nanos frame_zero)
{
    double worst = 0;
    for (std::int64_t sample = first + 480; sample < end - 480; sample += 997) {
        const auto at = record.guideAt(device.trueTimeOf(sample) - frame_zero);
        if (!at)
            return 1e9;
        const double truly = guide_s + speed * static_cast<double>(sample - first) / kRate;
        worst = std::max(worst, std::abs(*at - truly) * 1000);
    }
    return worst;
}

TEST(GuideRecord, AClockThatIsOffIsFollowedThroughAWholeSong)
{
    for (const double ppm : { -200.0, 0.0, 200.0 })
        for (const double speed : { -1.0, -0.5 }) {
            Device device { ppm, {} };
            const std::int64_t first = 4 * kRate;
            const std::int64_t end = first + 300 * kRate;
            device.listen(end + kRate);
            const std::vector<PlayedRun> played { { first, 300.0, speed }, { end, 0, 0 } };
            const auto record = fitGuideRecord(played, device.pairs, kRate, 1001s);
            ASSERT_EQ(record.runs.size(), 1U);
            EXPECT_LT(worst_ms(record, device, first, end, 300.0, speed, 1001s), 1.0) << ppm;
            if (ppm == 0) {
                EXPECT_EQ(record.runs[0].speed, speed) << "nothing is resampled for jitter's sake";
            } else {
                EXPECT_NEAR(record.runs[0].speed, speed * (1 + ppm * 1e-6), 2e-6);
            }
        }
}

TEST(GuideRecord, ADeviceThatStalledIsFollowedToo)
{
    Device device { 50, {}, 60s, 80ms };
    const std::int64_t end = 120 * kRate;
    device.listen(end + kRate);
    const auto record = fitGuideRecord(
        std::vector<PlayedRun> { { 0, 120.0, -1.0 }, { end, 0, 0 } }, device.pairs, kRate, 1000s);
    EXPECT_GT(record.runs.size(), 1U);
    EXPECT_LT(record.runs.size(), 20U);
    EXPECT_LT(worst_ms(record, device, 0, 59 * kRate, 120.0, -1.0, 1000s), 5.0);
    const auto after = record.guideAt(device.trueTimeOf(62 * kRate) - Nanos(1000s));
    ASSERT_TRUE(after);
    EXPECT_NEAR(*after, 120.0 - 62.0, 0.005);
}

/// A busy machine without a real device keeps time like that: what is written of it must be readable.
TEST(GuideRecord, AClockOffByFarTooMuchGivesARecordThatCanBeRead)
{
    for (const double ppm : { -30'000.0, 30'000.0 })
        for (int length_s = 3; length_s < 30; ++length_s) {
            Device device { ppm, {} };
            const std::int64_t end = length_s * kRate;
            device.listen(end + kRate);
            const auto record = fitGuideRecord(
                std::vector<PlayedRun> { { 0, 30.0, -1 }, { end, 0, 0 } }, device.pairs, kRate, 1000s);
            ASSERT_FALSE(record.runs.empty());
            const auto read = parseGuideRecord(guideRecordText(record));
            ASSERT_TRUE(read) << read.error().detail;
            EXPECT_EQ(*read, record);
        }
}

TEST(GuideRecord, BesideItsRunsTheNearestPlaceIsWhereItStood)
{
    GuideRecord record { { { 2s, 4s, 10, -1 }, { 10s, 2s, 10, -1 } }, {} };
    EXPECT_FALSE(GuideRecord {}.nearestTo(0s));
    EXPECT_EQ(record.nearestTo(0s), 10) << "it is about to begin";
    EXPECT_EQ(record.nearestTo(3s), 9);
    EXPECT_EQ(record.nearestTo(8s), 6) << "it had stopped there";
    EXPECT_EQ(record.nearestTo(11s), 9);
    EXPECT_EQ(record.nearestTo(100s), 8);
    record.nudge = 1s;
    EXPECT_EQ(record.nearestTo(4s), 9) << "so much later";
}

TEST(GuideRecord, SeveralStartsAreSeveralRunsAndAnOpenOneEndsWithTheClock)
{
    Device device { 0, {} };
    device.listen(20 * kRate);
    const std::vector<PlayedRun> played { { 0, 10.0, -1.0 }, { 5 * kRate, 0, 0 },
        { 8 * kRate, 10.0, -0.75 } };
    const auto record = fitGuideRecord(played, device.pairs, kRate, 1001s);
    ASSERT_EQ(record.runs.size(), 2U);
    EXPECT_NEAR(base::seconds(record.runs[0].begin), -1, 0.001);
    EXPECT_NEAR(base::seconds(record.runs[0].end()), 4, 0.001);
    EXPECT_NEAR(base::seconds(record.runs[1].begin), 7, 0.001);
    EXPECT_NEAR(base::seconds(record.runs[1].end()), 19, 0.03);
    EXPECT_NEAR(*record.guideAt(0s), 9, 0.001);
    EXPECT_NEAR(*record.guideAt(11s), 7, 0.001);
    EXPECT_EQ(record.guideAt(5s), std::nullopt);
    EXPECT_EQ(record.guideAt(-2s), std::nullopt);
    EXPECT_EQ(record.guideAt(30s), std::nullopt);
    EXPECT_TRUE(fitGuideRecord(played, {}, kRate, 1001s).runs.empty());
    EXPECT_TRUE(fitGuideRecord({}, device.pairs, kRate, 1001s).runs.empty());
}

TEST(GuideRecord, NudgedItIsLater)
{
    GuideRecord record { { { 1s, 2s, 5.0, -1.0 } }, 40ms };
    EXPECT_EQ(record.guideAt(1039ms), std::nullopt);
    EXPECT_NEAR(*record.guideAt(1040ms), 5.0, 1e-9);
    EXPECT_NEAR(*record.guideAt(3039ms), 3.001, 1e-9);
    EXPECT_EQ(record.guideAt(3040ms), std::nullopt);
}

TEST(GuideRecord, TextKeepsEveryBit)
{
    const GuideRecord record { { { -3s, 2s, 1.0 / 3, -0.9998765432101 }, { 7s, 1ns, 0, -0.5 } }, -12ms };
    const auto read = parseGuideRecord(guideRecordText(record));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, record);
    const auto empty = parseGuideRecord(guideRecordText({}));
    ASSERT_TRUE(empty);
    EXPECT_EQ(*empty, GuideRecord {});
}

TEST(GuideRecord, EveryFieldIsChecked)
{
    const auto textOf = [](const std::string& run, const std::string& nudge = "0",
                            const std::string& version = "1") {
        return fmt::format(
            R"({{"format":"backtake guide","version":{},"nudge_ns":{},"runs":[{}]}})", version, nudge, run);
    };
    const std::string good = R"({"begin_ns":0,"length_ns":1000,"guide_s":1.5,"speed":-1})";
    ASSERT_TRUE(parseGuideRecord(textOf(good)));
    const std::vector<std::string> bad {
        "",
        "{",
        "[]",
        "{}",
        R"({"format":"backtake take","version":1,"nudge_ns":0,"runs":[]})",
        R"({"format":"backtake guide","version":1,"nudge_ns":0})",
        R"({"format":"backtake guide","version":1,"nudge_ns":0,"runs":{}})",
        textOf("1"),
        textOf("[]"),
        textOf(good + "," + good), // overlaps
        textOf(R"({"length_ns":1000,"guide_s":1.5,"speed":-1})"),
        textOf(R"({"begin_ns":0.5,"length_ns":1000,"guide_s":1.5,"speed":-1})"),
        textOf(R"({"begin_ns":18446744073709551615,"length_ns":1000,"guide_s":1.5,"speed":-1})"),
        textOf(R"({"begin_ns":-9223372036854775808,"length_ns":1000,"guide_s":1.5,"speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":0,"guide_s":1.5,"speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":-0.1,"speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":1e99,"speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":"1","speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":null,"speed":-1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":1,"speed":1})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":1,"speed":-0.4})"),
        textOf(R"({"begin_ns":0,"length_ns":1000,"guide_s":1,"speed":-1.1})"),
        textOf(good, "10000000001"),
        textOf(good, "true"),
        textOf(good, "0", "0"),
        textOf(good, "0", "\"1\""),
    };
    for (const std::string& text : bad) {
        const auto read = parseGuideRecord(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().fault, base::Fault::Corrupt) << text;
    }
    EXPECT_EQ(parseGuideRecord(textOf(good, "0", "2")).error().fault, base::Fault::Unsupported);
}

/// Samples of @p track over captured time, from @p from on.
std::vector<float> samplesOf(const base::SoundTrack& track, Nanos from, std::int64_t count)
{
    const auto first = std::llround(base::seconds(from - track.startsAt()) * kRate);
    std::vector<float> samples(static_cast<std::size_t>(count * track.channels()));
    track.read(first, samples);
    return samples;
}

/// Fails when the master, played with the reversed picture, is not the master the right way round, sample for
/// sample.
TEST(PlacedMaster, ReversedItIsTheMasterBitForBit)
{
    const auto master = soundOf(3 * kRate, 2, whiteNoise(3));
    // From captured 0.25 s on the guide ran down from 3 s to its beginning.
    const auto track = placed(master, { { { 250ms, 3s, 3.0, -1.0 } }, 0ns });
    ASSERT_EQ(track->channels(), 2);
    ASSERT_EQ(track->sampleCount(), 3 * kRate);
    EXPECT_EQ(track->startsAt(), Nanos(250ms));
    std::vector<float> captured(6 * kRate);
    track->read(0, captured);
    std::vector<float> expected(6 * kRate);
    master->read(0, expected);
    for (std::size_t k = 480; k < 3 * kRate - 480; ++k)
        for (std::size_t c = 0; c < 2; ++c)
            ASSERT_EQ(captured[2 * (3 * kRate - 1 - k) + c], expected[2 * k + c]) << k;
    // Any other way of reading it gives the same.
    std::vector<float> block(2 * 777);
    for (std::int64_t first = -500; first < 3 * kRate + 500; first += 777) {
        track->read(first, block);
        for (std::int64_t i = 0; i < 777; ++i) {
            const std::int64_t sample = first + i;
            const bool inside = sample >= 0 && sample < 3 * kRate;
            ASSERT_EQ(block[static_cast<std::size_t>(2 * i)],
                inside ? captured[static_cast<std::size_t>(2 * sample)] : 0.0F)
                << sample;
        }
    }
}

/// The device was off by 200 ppm: the track is the master's tone, a little lower, and in place to the end.
TEST(PlacedMaster, AtAnotherSpeedItIsInPlaceAndClean)
{
    const auto master = soundOf(20 * kRate, 1, sineOf(1000));
    const double speed = -1.0002;
    const auto track = placed(master, { { { 0s, 19s, 19.5, speed } }, 0ns });
    const auto heard = samplesOf(*track, 0s, 19 * kRate);
    for (std::size_t k = 480; k < heard.size() - 480; ++k) {
        const double guide_s = 19.5 + speed * (static_cast<double>(k) + 0.5) / kRate;
        // Sample s of the master is the sine at s / rate, and its middle is at (s + 0.5) / rate.
        const double expected = 0.5 * std::sin(2 * std::numbers::pi * 1000 * (guide_s - 0.5 / kRate));
        ASSERT_NEAR(heard[k], expected, 1e-3) << k;
    }
}

TEST(PlacedMaster, GapsAreSilentAndNothingClicks)
{
    const auto master = soundOf(4 * kRate, 1, sineOf(1000));
    const GuideRecord record { {
                                   { 100ms, 1s, 3.0, -1.0 },     // stopped in the middle
                                   { 1500ms, 1s, 3.0, -1.0 },    // and again, from the same place
                                   { 2500ms, 500ms, 2.0, -1.0 }, // the same sound goes on in another run
                                   { 3500ms, 3s, 2.0, -1.0 },    // longer than the guide is
                               },
        0ns };
    const auto heard = samplesOf(*placed(master, record), 0s, 8 * kRate);
    EXPECT_LT(loudestClick_dB(heard, 1000), -50);
    const auto loudest = [&](double from_s, double to_s) {
        float most = 0;
        for (auto i = static_cast<std::size_t>(from_s * kRate); i < static_cast<std::size_t>(to_s * kRate);
             ++i)
            most = std::max(most, std::abs(heard[i]));
        return most;
    };
    EXPECT_EQ(loudest(0, 0.1), 0);
    EXPECT_EQ(loudest(1.1, 1.5), 0);
    EXPECT_EQ(loudest(3.0, 3.5), 0);
    EXPECT_EQ(loudest(5.5, 8), 0);
    EXPECT_NEAR(loudest(0.2, 1.0), 0.5, 1e-3);
    // Where one run goes on where the other ended there is no dip.
    for (double at = 2.49; at < 2.51; at += 0.001)
        EXPECT_NEAR(loudest(at, at + 0.001), 0.5, 2e-3) << at;
}

TEST(PlacedMaster, ANudgeMovesItByExactlyThat)
{
    const auto master = soundOf(2 * kRate, 1, whiteNoise(9));
    GuideRecord record { { { 0s, 2s, 2.0, -1.0 } }, 0ns };
    const auto before = samplesOf(*placed(master, record), 0s, 2 * kRate);
    record.nudge = 10ms;
    const auto after = samplesOf(*placed(master, record), 10ms, 2 * kRate);
    EXPECT_EQ(before, after);
}

TEST(PlacedMaster, WithoutRunsThereIsNothing)
{
    const auto track = placed(soundOf(kRate, 1, whiteNoise(9)), {});
    EXPECT_EQ(track->sampleCount(), 0);
    std::vector<float> samples(100, 9);
    track->read(-50, samples);
    EXPECT_EQ(samples, std::vector<float>(100, 0));
}

} // namespace
} // namespace backtake::guide
