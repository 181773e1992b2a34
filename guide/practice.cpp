#include "guide/practice.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::guide {

using base::Nanos;

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// For each of the guide's onsets the attempt's that belongs to it, or kNone.
std::vector<std::size_t> match(std::span<const Onset> guide, std::span<const Onset> attempt)
{
    struct Pair {
        Nanos apart;
        std::size_t guide;
        std::size_t attempt;
    };
    std::vector<Pair> pairs;
    std::size_t first = 0;
    for (std::size_t g = 0; g < guide.size(); ++g) {
        while (first < attempt.size() && attempt[first].at < guide[g].at - kFurthest)
            ++first;
        for (std::size_t a = first; a < attempt.size() && attempt[a].at <= guide[g].at + kFurthest; ++a)
            pairs.push_back({ std::chrono::abs(attempt[a].at - guide[g].at), g, a });
    }
    std::stable_sort(pairs.begin(), pairs.end(),
        [](const Pair& one, const Pair& other) { return one.apart < other.apart; });
    std::vector<std::size_t> matched(guide.size(), kNone);
    std::vector<bool> used(attempt.size(), false);
    for (const Pair& pair : pairs) {
        if (matched[pair.guide] != kNone || used[pair.attempt])
            continue;
        matched[pair.guide] = pair.attempt;
        used[pair.attempt] = true;
    }
    return matched;
}

double worthOf(Nanos apart)
{
    return std::clamp(base::seconds(kFurthest - apart) / base::seconds(kFurthest - kPerfect), 0.0, 1.0);
}

/// Of what @p counts says belongs to it, by the time of the guide's onset, or of one that is too many.
template <typename Counts>
PracticeScore score(std::span<const Onset> guide, std::span<const Onset> attempt,
    const std::vector<std::size_t>& matched, Counts counts)
{
    PracticeScore score;
    double worth = 0;
    Nanos sum {};
    std::vector<bool> used(attempt.size(), false);
    for (std::size_t g = 0; g < guide.size(); ++g) {
        if (matched[g] != kNone)
            used[matched[g]] = true;
        if (!counts(guide[g].at))
            continue;
        ++score.expected;
        if (matched[g] == kNone)
            continue;
        const Nanos late = attempt[matched[g]].at - guide[g].at;
        ++score.matched;
        sum += late;
        if (std::chrono::abs(late) > std::chrono::abs(score.worst))
            score.worst = late;
        worth += worthOf(std::chrono::abs(late));
    }
    int too_many = 0;
    for (std::size_t a = 0; a < attempt.size(); ++a)
        too_many += !used[a] && counts(attempt[a].at) ? 1 : 0;
    score.made = score.matched + too_many;
    if (score.matched > 0)
        score.mean = sum / score.matched;
    if (const int all = score.expected + too_many; all > 0)
        score.points = 100 * worth / all;
    return score;
}

} // namespace

PracticeScore scoreOf(std::span<const Onset> guide, std::span<const Onset> attempt)
{
    return score(guide, attempt, match(guide, attempt), [](Nanos) { return true; });
}

std::vector<PracticeScore> scoresOf(
    std::span<const Onset> guide, std::span<const Onset> attempt, std::span<const PracticeRange> phrases)
{
    const std::vector<std::size_t> matched = match(guide, attempt);
    std::vector<PracticeScore> scores;
    scores.reserve(phrases.size());
    for (const PracticeRange& phrase : phrases)
        scores.push_back(
            score(guide, attempt, matched, [&](Nanos at) { return at >= phrase.from && at < phrase.to; }));
    return scores;
}

} // namespace backtake::guide
