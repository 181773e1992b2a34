/// How well was it done? The score of an attempt to speak or play along with the reversed guide.
#pragma once

#include "guide/onsets.hpp"

#include <span>
#include <vector>

namespace backtake::guide {

/// Beginnings of sounds (see onsetsIn()) of the guide as it was heard and of the attempt, matched one to one,
/// the nearest first, no further apart than kFurthest.
struct PracticeScore {
    int expected = 0; ///< In the guide.
    int made = 0;     ///< In the attempt.
    int matched = 0;
    base::Nanos mean {};  ///< Of the matched ones, late is positive: who is always 40 ms late hears it here.
    base::Nanos worst {}; ///< Furthest from its place, with its sign.
    /// 0 … 100: the sum of what each matched one is worth, over all there are (matched, missed and too many).
    /// Worth 1 within kPerfect, falling evenly to 0 at kFurthest.
    double points = 0;

    [[nodiscard]] double precision() const { return made > 0 ? static_cast<double>(matched) / made : 0; }
    [[nodiscard]] double recall() const { return expected > 0 ? static_cast<double>(matched) / expected : 0; }
};
/// Below this picture and sound are taken for simultaneous (ITU-R BT.1359 puts the threshold of detection at
/// 45 ms early and 125 ms late; half of the smaller one).
inline constexpr base::Nanos kPerfect = std::chrono::milliseconds(22);
inline constexpr base::Nanos kFurthest = std::chrono::milliseconds(150);

/// A phrase in the time of the onsets: from where they were counted.
struct PracticeRange {
    base::Nanos from {};
    base::Nanos to {};
};

/// @param guide and @p attempt rising, in the same time (both from the same captured time on).
/// Room: any thread.
PracticeScore scoreOf(std::span<const Onset> guide, std::span<const Onset> attempt);
/// The same for each phrase. What is matched across the edge of a phrase counts where the guide has it.
std::vector<PracticeScore> scoresOf(
    std::span<const Onset> guide, std::span<const Onset> attempt, std::span<const PracticeRange> phrases);

} // namespace backtake::guide
