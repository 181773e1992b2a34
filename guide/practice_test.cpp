#include "guide/practice.hpp"
#include "guide/test_sound.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::guide {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

std::vector<Onset> at(std::initializer_list<Nanos> times)
{
    std::vector<Onset> onsets;
    for (const Nanos time : times)
        onsets.push_back({ time, 1 });
    return onsets;
}

TEST(Practice, APerfectAttemptHasAHundredPoints)
{
    const auto guide = at({ 100ms, 400ms, 900ms });
    const auto score = scoreOf(guide, at({ 100ms, 420ms, 890ms }));
    EXPECT_EQ(score.points, 100);
    EXPECT_EQ(score.precision(), 1);
    EXPECT_EQ(score.recall(), 1);
    EXPECT_EQ(score.worst, Nanos(20ms));
    EXPECT_NEAR(base::milliseconds(score.mean), 10.0 / 3, 1e-3);
}

TEST(Practice, LateMissedAndTooManyCostWhatTheDefinitionSays)
{
    const auto guide = at({ 1s, 2s, 3s, 4s });
    // 86 ms late (half way from 22 to 150), in place, missed, 200 ms early (missed and too many), one too
    // many.
    const auto score = scoreOf(guide, at({ 1086ms, 2s, 3800ms, 5s }));
    EXPECT_EQ(score.expected, 4);
    EXPECT_EQ(score.made, 4);
    EXPECT_EQ(score.matched, 2);
    EXPECT_EQ(score.worst, Nanos(86ms));
    EXPECT_NEAR(score.points, 100 * 1.5 / 6, 1e-9);
    EXPECT_EQ(score.precision(), 0.5);
    EXPECT_EQ(score.recall(), 0.5);
}

TEST(Practice, TheNearestBelongTogether)
{
    // 1.10 lies within reach of both, and belongs to 1.12.
    const auto score = scoreOf(at({ 1s, 1120ms }), at({ 1100ms }));
    EXPECT_EQ(score.matched, 1);
    EXPECT_EQ(score.worst, Nanos(-20ms));
    EXPECT_EQ(score.points, 50);
}

TEST(Practice, NothingIsWorthNothing)
{
    EXPECT_EQ(scoreOf({}, {}).points, 0);
    EXPECT_EQ(scoreOf(at({ 1s }), {}).points, 0);
    const auto score = scoreOf({}, at({ 1s }));
    EXPECT_EQ(score.points, 0);
    EXPECT_EQ(score.precision(), 0);
    EXPECT_EQ(score.made, 1);
}

TEST(Practice, EachPhraseHasAScore)
{
    const auto guide = at({ 100ms, 500ms, 1100ms, 1500ms });
    const auto attempt = at({ 100ms, 500ms, 1700ms });
    const std::vector<PracticeRange> phrases { { 0s, 1s }, { 1s, 2s }, { 2s, 3s } };
    const auto scores = scoresOf(guide, attempt, phrases);
    ASSERT_EQ(scores.size(), 3U);
    EXPECT_EQ(scores[0].points, 100);
    EXPECT_EQ(scores[1].points, 0);
    EXPECT_EQ(scores[1].expected, 2);
    EXPECT_EQ(scores[1].made, 1);
    EXPECT_EQ(scores[2].expected, 0);
}

/// From sound to points: the later it is, the less it is worth (as long as no note is nearer to its
/// neighbour's place: they are 125 ms apart).
TEST(Practice, TheScoreFollowsTheSound)
{
    const auto guide = musicOf(2, 6);
    const auto expected = onsetsIn(onsetsOf(guide, kGuideRate_hz));
    double before = 101;
    for (const int late_ms : { 0, 40, 60 }) {
        std::vector<float> attempt(static_cast<std::size_t>(late_ms * kGuideRate_hz / 1000), 0.0F);
        attempt.insert(attempt.end(), guide.begin(), guide.end());
        const auto score = scoreOf(expected, onsetsIn(onsetsOf(attempt, kGuideRate_hz)));
        EXPECT_LT(score.points, before) << late_ms;
        before = score.points;
        if (late_ms < 50) {
            EXPECT_NEAR(base::milliseconds(score.mean), late_ms, 8) << late_ms;
        }
        if (late_ms == 0) {
            EXPECT_GT(score.points, 95);
        }
    }
}

} // namespace
} // namespace backtake::guide
