#include "app/lip_checker.hpp"
#include "guide/test_sound.hpp"
#include "playback/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace backtake::app {
namespace {

using base::Nanos;
using guide::SoundClip;
using namespace std::chrono_literals;

constexpr int kRate = guide::kGuideRate_hz;
constexpr double kLength_s = 10;

/// Two tunes of 4 s as the audience hears them, at 0.5 and 5.5 s, each of them so much later.
std::vector<float> shown(int first_late_ms, int second_late_ms)
{
    std::vector<float> samples(static_cast<std::size_t>(kLength_s * kRate), 0.0F);
    const auto put = [&](std::uint32_t seed, double at_s, int late_ms) {
        const auto tune = guide::musicOf(seed, 4);
        const auto from = static_cast<std::size_t>(at_s * kRate + late_ms * kRate / 1000.0);
        for (std::size_t i = 0; i < tune.size() && from + i < samples.size(); ++i)
            samples[from + i] += tune[i];
    };
    put(1, 0.5, first_late_ms);
    put(2, 5.5, second_late_ms);
    return samples;
}

/// On the captured time line of a take that is shown reversed.
base::SoundTrackPtr captured(std::vector<float> samples)
{
    std::reverse(samples.begin(), samples.end());
    return std::make_shared<SoundClip>(std::move(samples), 1);
}

std::vector<float> withNoise(std::vector<float> samples)
{
    auto noise = guide::whiteNoise(5, 0.02);
    for (float& sample : samples)
        sample += static_cast<float>(noise(0, 0));
    return samples;
}

struct Take {
    explicit Take(base::SoundTrackPtr sound)
        : footage(std::make_shared<playback::HeardFootage>(
            static_cast<base::FrameIndex>(kLength_s * 25), std::move(sound)))
    {
        footage->while_opening = [this] { ++opened; };
    }
    std::shared_ptr<playback::HeardFootage> footage;
    std::atomic<int> opened = 0; ///< Once for each time that it is computed.
};

class LipCheckerTest : public testing::Test {
protected:
    void answer()
    {
        const Nanos give_up = base::monotonicNow() + 50s;
        while (!checker_.check() && checker_.trouble().empty()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "no answer";
            checker_.update();
            std::this_thread::yield();
        }
    }
    LipChecker checker_;
};

/// Fails when a sign is wrong anywhere between the microphone and the table, or phrases stand in captured
/// order.
TEST_F(LipCheckerTest, ATakeIsComparedPhraseByPhraseAsItIsShown)
{
    Take take(captured(withNoise(shown(80, -45))));
    checker_.ask({ "one", take.footage, captured(shown(0, 0)) });
    ASSERT_NO_FATAL_FAILURE(answer());
    ASSERT_TRUE(checker_.check());
    const ui::LipCheck& check = *checker_.check();
    ASSERT_EQ(check.phrases.size(), 2U);
    // Captured time of what is shown from 0.5 to 4.5 s; the tunes begin and fade within 0.3 s of their ends.
    EXPECT_NEAR(base::seconds(check.phrases[0].to), kLength_s - 0.5, 0.3);
    EXPECT_NEAR(base::seconds(check.phrases[0].from), kLength_s - 4.5, 0.6);
    ASSERT_TRUE(check.phrases[0].offset);
    EXPECT_NEAR(base::milliseconds(check.phrases[0].offset->late), 80, 5);
    EXPECT_NEAR(check.phrases[0].offset->frames, 2, 0.13);
    ASSERT_TRUE(check.phrases[1].offset);
    EXPECT_NEAR(base::milliseconds(check.phrases[1].offset->late), -45, 5);
    EXPECT_GT(check.phrases[1].offset->confidence, 0.35);
    // The outline has the tunes where they were captured, and silence between them.
    std::array<base::WaveColumn, 40> columns {};
    check.master->columns(0s, 10s, columns);
    EXPECT_GT(columns[10].high, 0.1F);
    for (const std::size_t pause : { 19U, 20U }) // 4.75 … 5.25 s
        EXPECT_LT(columns[pause].high, columns[10].high / 20);
}

TEST_F(LipCheckerTest, OneOffsetOfAllOfItIsFoundAndUnlikeSoundIsNoMatch)
{
    Take late(captured(withNoise(shown(42, 42))));
    checker_.ask({ "late", late.footage, captured(shown(0, 0)) });
    ASSERT_NO_FATAL_FAILURE(answer());
    ASSERT_TRUE(checker_.check()->offset);
    EXPECT_NEAR(base::milliseconds(checker_.check()->offset->late), 42, 5);
    EXPECT_NEAR(checker_.check()->offset->frames, 1.05, 0.13);

    auto noise = guide::whiteNoise(9);
    std::vector<float> unlike(static_cast<std::size_t>(kLength_s * kRate));
    for (float& sample : unlike)
        sample = static_cast<float>(noise(0, 0));
    Take other(captured(std::move(unlike)));
    checker_.ask({ "unlike", other.footage, captured(shown(0, 0)) });
    EXPECT_FALSE(checker_.check()) << "not the answer of the take before";
    ASSERT_NO_FATAL_FAILURE(answer());
    EXPECT_FALSE(checker_.check()->offset);
    for (const ui::LipPhrase& phrase : checker_.check()->phrases)
        EXPECT_FALSE(phrase.offset);
}

TEST_F(LipCheckerTest, ATakeIsComputedAgainOnlyWhenItsMasterChanges)
{
    Take take(captured(shown(0, 0)));
    const auto ask = [&](int late_ms) {
        checker_.cancel();
        checker_.ask({ "one", take.footage, captured(shown(late_ms, late_ms)) });
        answer();
    };
    ask(0);
    const ui::LipCheckPtr first = checker_.check();
    ask(0); // another object, the same sound
    EXPECT_EQ(checker_.check(), first);
    EXPECT_EQ(take.opened, 1);
    ask(5); // nudged
    EXPECT_NE(checker_.check(), first);
    EXPECT_EQ(take.opened, 2);
    ASSERT_TRUE(checker_.check()->offset);
    EXPECT_NEAR(base::milliseconds(checker_.check()->offset->late), -5, 3);
}

TEST_F(LipCheckerTest, WithoutAMicrophoneItSaysWhatToDo)
{
    Take mute(nullptr);
    checker_.ask({ "mute", mute.footage, captured(shown(0, 0)) });
    ASSERT_NO_FATAL_FAILURE(answer());
    EXPECT_NE(checker_.trouble().find("microphone"), std::string::npos);
}

/// Fails for a check that takes timecode for a voice.
TEST_F(LipCheckerTest, TheChannelOfTimecodeIsNotListenedTo)
{
    std::vector<float> samples = shown(60, 60);
    std::reverse(samples.begin(), samples.end());
    std::vector<float> two;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        two.push_back(samples[i]);
        two.push_back(i / 12 % 2 == 0 ? 0.9F : -0.9F);
    }
    Take take(std::make_shared<SoundClip>(std::move(two), 2));
    checker_.ask({ "two", take.footage, captured(shown(0, 0)), 0, 2 });
    ASSERT_NO_FATAL_FAILURE(answer());
    ASSERT_TRUE(checker_.check()->offset);
    EXPECT_NEAR(base::milliseconds(checker_.check()->offset->late), 60, 5);
    checker_.ask({ "two", take.footage, captured(shown(0, 0)), 2, 0 });
    ASSERT_NO_FATAL_FAILURE(answer());
    EXPECT_FALSE(checker_.check()->offset) << "asked for by the operator, it is";
}

TEST_F(LipCheckerTest, WhatIsGivenUpGivesNoAnswerAndCanBeAskedAgain)
{
    Take take(captured(shown(0, 0)));
    checker_.ask({ "one", take.footage, captured(shown(0, 0)) });
    checker_.cancel();
    Take other(nullptr);
    checker_.ask({ "mute", other.footage, captured(shown(0, 0)) });
    ASSERT_NO_FATAL_FAILURE(answer());
    EXPECT_FALSE(checker_.check());
    EXPECT_FALSE(checker_.trouble().empty());
    checker_.ask({ "one", take.footage, captured(shown(0, 0)) });
    ASSERT_NO_FATAL_FAILURE(answer());
    EXPECT_TRUE(checker_.check());
}

} // namespace
} // namespace backtake::app
