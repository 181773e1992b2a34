/// Sound between its samples: a windowed sinc, for any speed and any rate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace backtake::base {

/// Samples to each side of a place that addBetween() reads for @p step: more when played faster.
std::int64_t sincReach(double step);

/// Adds @p gain times the value at @p at of every channel to @p into. Aliases lie below -90 dB.
/// @param samples interleaved, as many channels as @p into has places; kMostSoundChannels at most. They must
///     reach over sincReach(step) samples to each side of @p at.
/// @param at in samples from the first of @p samples; whole numbers are the samples themselves.
/// @param step samples from one place asked for to the next, either sign: above 1 what would fold down is
///     left out.
/// Room: any thread.
void addBetween(std::span<const float> samples, double at, double step, double gain, std::span<float> into);

} // namespace backtake::base
