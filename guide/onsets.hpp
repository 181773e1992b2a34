/// Where sound begins, band by band: what two recordings of the same words or the same song have in common
/// when their waveforms have nothing.
#pragma once

#include "base/sound.hpp"

#include <optional>
#include <span>
#include <vector>

namespace backtake::guide {

inline constexpr int kOnsetBands = 16;
inline constexpr base::Nanos kOnsetHop = std::chrono::milliseconds(5);

/// How fast the loudness of each band rises (above 0) or falls, every kOnsetHop. Each band's mean is 0 and
/// its variance 1 (or all of it 0: silence), so that what is loud does not outvote what is not.
struct OnsetEnvelope {
    std::vector<float> change; ///< kOnsetBands values a hop; hop k is the change around k * kOnsetHop.

    [[nodiscard]] std::size_t hops() const { return change.size() / kOnsetBands; }
};

enum class Reading { Forward = 1, Reversed };

/// Of the mean of all channels from @p from up to @p to; reversed, hop 0 is at @p to. What lies outside of
/// the track is silence. Room: a worker's thread: reads the track. Time: 2 ms for a second of sound.
OnsetEnvelope onsetsOf(const base::SoundTrack& sound, base::Nanos from, base::Nanos to, Reading reading);
/// The same of samples in memory.
OnsetEnvelope onsetsOf(std::span<const float> mono, int rate_hz);

struct OnsetMatch {
    base::Nanos offset {}; ///< Positive: heard later than the master has it.
    /// 1 less the height of the next best place relative to the best: 0: another offset fits as well, a whole
    /// beat off maybe; 1: there is no other.
    double confidence = 0;
    double likeness =
        0; ///< The correlation there: 1: the same sound; 0.6 or more in noise as loud as itself.
};
/// Below either of these nothing was found. Unlike sounds reach a likeness of 0.25, like ones in noise 0.55.
inline constexpr double kLeastConfidence = 0.35;
inline constexpr double kLeastLikeness = 0.35;

/// The offset at which @p heard is most like @p master, by normalised correlation of all bands.
/// @param most within this to both sides.
/// @return nullopt: nothing found. Room: any thread. Time: 1 ms for 10 s and 300 ms to each side.
std::optional<OnsetMatch> matchOnsets(const OnsetEnvelope& master, const OnsetEnvelope& heard,
    base::Nanos most = std::chrono::milliseconds(300));

/// One moment at which something begins.
struct Onset {
    base::Nanos at {};
    double strength = 0; ///< Mean rise of all bands, in their standard deviations.
};
/// The moments at which most bands rise together, at least 60 ms apart, rising in time.
std::vector<Onset> onsetsIn(const OnsetEnvelope& envelope);

} // namespace backtake::guide
