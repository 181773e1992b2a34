#include "base/resample.hpp"

#include "base/sound.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace backtake::base {

namespace {

/// The prototype of the interpolating filter: a sinc in a Kaiser window, kZeros to each side, sampled
/// kPerZero times between two zeros and interpolated in between. Beta 9 leaves aliases below -90 dB.
/// (J. O. Smith, Digital Audio Resampling; J. F. Kaiser's window.)
constexpr int kZeros = 24;
constexpr int kPerZero = 512;
constexpr double kKaiserBeta = 9;

double besselI0(double x)
{
    double sum = 1;
    double term = 1;
    for (int k = 1; term > sum * 1e-12; ++k) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

const std::vector<float>& prototype()
{
    static const std::vector<float> table = [] {
        std::vector<float> values(kZeros * kPerZero + 2, 0.0F);
        for (std::size_t i = 0; i <= kZeros * kPerZero; ++i) {
            const double x = static_cast<double>(i) / kPerZero;
            const double part = x / kZeros;
            const double window =
                besselI0(kKaiserBeta * std::sqrt(std::max(0.0, 1 - part * part))) / besselI0(kKaiserBeta);
            const double sinc = i == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
            values[i] = static_cast<float>(sinc * window);
        }
        return values;
    }();
    return table;
}

double cutoffOf(double step) { return std::min(1.0, 1 / std::abs(step)); }

} // namespace

std::int64_t sincReach(double step)
{
    return static_cast<std::int64_t>(std::ceil(kZeros / cutoffOf(step))) + 1;
}

void addBetween(std::span<const float> samples, double at, double step, double gain, std::span<float> into)
{
    const std::vector<float>& filter = prototype();
    const std::size_t channels = into.size();
    const double cutoff = cutoffOf(step);
    const auto first = static_cast<std::size_t>(std::ceil(at - kZeros / cutoff));
    const auto last = static_cast<std::size_t>(std::floor(at + kZeros / cutoff));
    std::array<double, kMostSoundChannels> sum {};
    for (std::size_t sample = first; sample <= last; ++sample) {
        const double place = std::abs(static_cast<double>(sample) - at) * cutoff * kPerZero;
        const auto index = static_cast<std::size_t>(place);
        const double between = place - static_cast<double>(index);
        const double weight = filter[index] * (1 - between) + filter[index + 1] * between;
        for (std::size_t c = 0; c < channels; ++c)
            sum[c] += weight * samples[sample * channels + c];
    }
    const double level = cutoff * gain;
    for (std::size_t c = 0; c < channels; ++c)
        into[c] += static_cast<float>(level * sum[c]);
}

} // namespace backtake::base
