#include "guide/onsets.hpp"
#include "guide/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace backtake::guide {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr int kRate = kGuideRate_hz;

double rmsOf(std::span<const float> samples)
{
    double sum = 0;
    for (const float value : samples)
        sum += static_cast<double>(value) * value;
    return std::sqrt(sum / static_cast<double>(samples.size()));
}

/// The sound so much later, with noise as loud as itself.
std::vector<float> laterInNoise(const std::vector<float>& sound, std::int64_t samples, std::uint32_t seed)
{
    auto noise = whiteNoise(seed, rmsOf(sound) * std::numbers::sqrt3); // even values have that RMS
    std::vector<float> heard(sound.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(sound.size()); ++i) {
        const std::int64_t from = i - samples;
        const bool inside = from >= 0 && from < static_cast<std::int64_t>(sound.size());
        heard[static_cast<std::size_t>(i)] =
            (inside ? sound[static_cast<std::size_t>(from)] : 0.0F) + static_cast<float>(noise(0, 0));
    }
    return heard;
}

const std::vector<std::string>& lines()
{
    static const std::vector<std::string> all {
        "Who goes there, and why do you come so late?",
        "I never told her what the letter said.",
        "Give me back my watch before the train leaves the station.",
        "The rain in the garden fell upwards, back into the clouds.",
        "Do not look at the camera, look at the clock behind it.",
    };
    return all;
}

std::vector<std::vector<float>> sounds()
{
    std::vector<std::vector<float>> all;
    for (const std::string& line : lines())
        all.push_back(speechOf(line));
    for (std::uint32_t seed = 0; seed < 5; ++seed)
        all.push_back(musicOf(seed, 3.5));
    return all;
}

TEST(Onsets, AKnownOffsetIsFoundInNoiseAsLoudAsTheSound)
{
    const auto all = sounds();
    int found = 0;
    double worst_ms = 0;
    double least = 1;
    for (std::uint32_t n = 0; n < 100; ++n) {
        const std::vector<float>& sound = all[n % all.size()];
        ASSERT_GT(sound.size(), 2U * kRate);
        // -300 … +300 ms in uneven steps.
        const auto offset = static_cast<std::int64_t>((n * 6061U) % (kRate * 6 / 10)) - kRate * 3 / 10;
        const auto match =
            matchOnsets(onsetsOf(sound, kRate), onsetsOf(laterInNoise(sound, offset, 100 + n), kRate));
        const double truly_ms = static_cast<double>(offset) * 1000 / kRate;
        const double off_ms = match ? std::abs(base::milliseconds(match->offset) - truly_ms) : 1000;
        found += off_ms < 5 ? 1 : 0;
        if (off_ms < 5) {
            worst_ms = std::max(worst_ms, off_ms);
            least = std::min(least, match->confidence);
        } else {
            std::printf("case %u: %.1f ms, off by %.1f\n", n, truly_ms, off_ms);
        }
    }
    std::printf(
        "%d of 100 within 5 ms, worst of them %.2f ms, least confidence %.2f\n", found, worst_ms, least);
    EXPECT_GE(found, 99);
}

TEST(Onsets, BetweenUnlikeSoundsNothingIsFound)
{
    const auto all = sounds();
    int found = 0;
    std::vector<OnsetEnvelope> masters;
    std::vector<OnsetEnvelope> heard;
    for (const auto& sound : all) {
        masters.push_back(onsetsOf(sound, kRate));
        heard.push_back(onsetsOf(laterInNoise(sound, 0, 7), kRate));
    }
    for (std::size_t a = 0; a < all.size(); ++a)
        for (std::size_t b = 0; b < all.size(); ++b)
            found += a != b && matchOnsets(masters[a], heard[b]) ? 1 : 0;
    std::printf("%d of 90 unlike pairs found\n", found);
    EXPECT_LE(found, 1);
    const std::vector<float> silence(2 * kRate, 0.0F);
    EXPECT_EQ(matchOnsets(onsetsOf(silence, kRate), onsetsOf(all[0], kRate)), std::nullopt);
    EXPECT_EQ(matchOnsets({}, onsetsOf(all[0], kRate)), std::nullopt);
}

/// Another voice says the same line at its own pace: little is alike but when things begin.
TEST(Onsets, AnotherVoiceIsMatched)
{
    int found = 0;
    for (const std::string& line : lines()) {
        const auto match =
            matchOnsets(onsetsOf(speechOf(line, 40), kRate), onsetsOf(speechOf(line, 60), kRate));
        found += match && std::chrono::abs(match->offset) < 20ms ? 1 : 0;
    }
    EXPECT_EQ(found, 5);
}

TEST(Onsets, ReversedIsTheMirrorAndTheRateDoesNotMatter)
{
    const auto music = musicOf(3, 3);
    std::vector<float> mirrored(music.rbegin(), music.rend());
    const SoundClip clip(mirrored, 1);
    const auto forward = onsetsOf(music, kRate);
    const auto match = matchOnsets(forward, onsetsOf(clip, 0s, 3s, Reading::Reversed));
    ASSERT_TRUE(match);
    EXPECT_LT(std::abs(base::milliseconds(match->offset)), 0.1);
    std::vector<float> halved;
    for (std::size_t i = 0; i < music.size(); i += 2)
        halved.push_back(music[i]);
    const auto other_rate = matchOnsets(forward, onsetsOf(halved, kRate / 2));
    ASSERT_TRUE(other_rate);
    EXPECT_LT(std::abs(base::milliseconds(other_rate->offset)), 1);
}

TEST(Onsets, NotesAreFoundWhereTheyBegin)
{
    std::vector<float> sound(3 * kRate, 0.0F);
    const std::vector<double> begins_s { 0.5, 0.8, 1.3, 1.37, 2.4 };
    auto noise = whiteNoise(4);
    for (const double begin_s : begins_s)
        for (std::size_t i = 0; i < 2000; ++i)
            sound[static_cast<std::size_t>(begin_s * kRate) + i] +=
                static_cast<float>(noise(0, 0) * std::exp(-static_cast<double>(i) / 500));
    const auto onsets = onsetsIn(onsetsOf(sound, kRate));
    ASSERT_EQ(onsets.size(), begins_s.size());
    for (std::size_t i = 0; i < onsets.size(); ++i)
        EXPECT_NEAR(base::seconds(onsets[i].at), begins_s[i], 0.008) << i;
}

} // namespace
} // namespace backtake::guide
