#include "guide/lip_check.hpp"
#include "guide/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace backtake::guide {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr int kRate = kGuideRate_hz;

/// Two lines with a pause of a second before each.
struct Scene {
    Scene()
    {
        for (const char* line : { "Who goes there, and why do you come so late?",
                 "Give me back my watch before the train leaves the station." }) {
            samples.resize(samples.size() + kRate, 0.0F);
            const auto words = speechOf(line);
            begins_s.push_back(static_cast<double>(samples.size()) / kRate);
            samples.insert(samples.end(), words.begin(), words.end());
        }
        samples.resize(samples.size() + kRate, 0.0F);
        master = std::make_shared<SoundClip>(samples, 1);
    }
    /// What a microphone hears of performers who follow the reversed guide from captured 0 on, phrase by
    /// phrase late in the shown picture by that much.
    [[nodiscard]] SoundClip performed(const std::vector<int>& late_ms) const
    {
        auto noise = whiteNoise(11, 0.02);
        std::vector<float> shown(samples.size(), 0.0F);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            const bool second = static_cast<double>(i) / kRate >= begins_s[1] - 0.5;
            const std::int64_t from = static_cast<std::int64_t>(i) - late_ms[second ? 1 : 0] * kRate / 1000;
            if (from >= 0 && from < static_cast<std::int64_t>(samples.size()))
                shown[i] = samples[static_cast<std::size_t>(from)];
            shown[i] += static_cast<float>(noise(0, 0));
        }
        std::reverse(shown.begin(), shown.end());
        return SoundClip(std::move(shown), 1);
    }
    [[nodiscard]] GuideRecord record() const
    {
        const Nanos length(std::llround(static_cast<double>(samples.size()) / kRate * 1e9));
        return { { { 0s, length, base::seconds(length), -1.0 } }, 0ns };
    }
    std::vector<float> samples;
    std::vector<double> begins_s;
    SoundClipPtr master;
};

TEST(LipCheck, AMasterIsSplitWhereItIsSilent)
{
    const Scene scene;
    const auto phrases = phrasesIn(*scene.master);
    ASSERT_GE(phrases.size(), 2U);
    EXPECT_NEAR(base::seconds(phrases[0].from), scene.begins_s[0], 0.15);
    const auto second = std::find_if(phrases.begin(), phrases.end(),
        [&](const Phrase& phrase) { return base::seconds(phrase.from) > scene.begins_s[1] - 0.2; });
    ASSERT_NE(second, phrases.end());
    EXPECT_NEAR(base::seconds(second->from), scene.begins_s[1], 0.15);
    EXPECT_TRUE(phrasesIn(SoundClip(std::vector<float>(kRate, 0.0F), 1)).empty());
    EXPECT_TRUE(phrasesIn(SoundClip({}, 1)).empty());
    // A click is no phrase.
    std::vector<float> click(kRate, 0.0F);
    click[1000] = 1;
    EXPECT_TRUE(phrasesIn(SoundClip(click, 1)).empty());
}

/// Fails when a sign is wrong anywhere between the loudspeaker and the table.
TEST(LipCheck, EachPhraseIsAsLateAsItWasPerformed)
{
    const Scene scene;
    const double middle_s = scene.begins_s[1] - 0.5;
    const double end_s = static_cast<double>(scene.samples.size()) / kRate;
    const std::vector<Phrase> phrases { { Nanos(std::llround(scene.begins_s[0] * 1e9)),
                                            Nanos(std::llround((middle_s - 0.5) * 1e9)) },
        { Nanos(std::llround(scene.begins_s[1] * 1e9)), Nanos(std::llround((end_s - 1) * 1e9)) } };
    const SoundClip production = scene.performed({ 80, -45 });
    const auto checks = checkLips(scene.master, scene.record(), production, phrases, { 25, 1 }, {});
    ASSERT_EQ(checks.size(), 2U);
    EXPECT_EQ(checks[0].phrase, 1U) << "captured first, shown last";
    ASSERT_TRUE(checks[0].late);
    ASSERT_TRUE(checks[1].late);
    EXPECT_NEAR(base::milliseconds(*checks[0].late), -45, 5);
    EXPECT_NEAR(base::milliseconds(*checks[1].late), 80, 5);
    EXPECT_NEAR(checks[1].late_frames, 2, 0.13);
    EXPECT_GT(checks[1].confidence, kLeastConfidence);
    // Where it lies in the take: the mirror of where it lies in the guide.
    EXPECT_NEAR(base::seconds(checks[0].captured_from), 1, 1e-6);
    EXPECT_NEAR(base::seconds(checks[1].captured_to), end_s - scene.begins_s[0], 1e-6);
    EXPECT_EQ(phraseAt(checks, 1500ms), &checks[0]);
    EXPECT_EQ(phraseAt(checks, checks[1].captured_to - 1ms), &checks[1]);
    EXPECT_EQ(phraseAt(checks, 500ms), nullptr);
}

TEST(LipCheck, SilenceAndStopAreNoMatch)
{
    const Scene scene;
    const SoundClip nothing(std::vector<float>(scene.samples.size(), 0.0F), 1);
    const auto phrases = phrasesIn(*scene.master);
    for (const PhraseCheck& check : checkLips(scene.master, scene.record(), nothing, phrases, { 25, 1 }, {}))
        EXPECT_EQ(check.late, std::nullopt);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(
        checkLips(scene.master, scene.record(), nothing, phrases, { 25, 1 }, stop.get_token()).empty());
    EXPECT_TRUE(checkLips(scene.master, {}, nothing, phrases, { 25, 1 }, {}).empty());
}

} // namespace
} // namespace backtake::guide
