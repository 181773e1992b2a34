#include "guide/onsets.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <complex>
#include <numbers>

namespace backtake::guide {

using base::Nanos;

namespace {

constexpr double kWindow_s =
    0.021; ///< Of one spectrum: short enough for a consonant, long enough for 100 Hz.
constexpr double kLowest_Hz = 100;
constexpr double kHighest_Hz = 8000;
/// A rise is measured from so many hops before to so many behind.
constexpr std::ptrdiff_t kSpan = 2;
/// Next best places are looked for beyond what belongs to the best one's own peak.
constexpr std::ptrdiff_t kPeak = 10;
constexpr std::ptrdiff_t kApart = 12; ///< 60 ms: syllables are no closer.

/// Discrete Fourier transform of a fixed length, a power of two (Cooley and Tukey, radix 2, in place).
class Fourier {
public:
    explicit Fourier(std::size_t length)
        : turns_(length / 2)
        , order_(length)
    {
        assert(std::has_single_bit(length));
        for (std::size_t i = 0; i < turns_.size(); ++i) {
            const double angle = -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length);
            turns_[i] = { static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)) };
        }
        for (std::size_t i = 1; i < length; ++i)
            order_[i] = order_[i / 2] / 2 + (i % 2 == 1 ? length / 2 : 0);
    }
    void transform(std::vector<std::complex<float>>& values) const
    {
        const std::size_t length = order_.size();
        for (std::size_t i = 0; i < length; ++i)
            if (i < order_[i])
                std::swap(values[i], values[order_[i]]);
        for (std::size_t half = 1; half < length; half *= 2)
            for (std::size_t begin = 0; begin < length; begin += 2 * half)
                for (std::size_t i = 0; i < half; ++i) {
                    const auto turn = turns_[i * (length / 2 / half)];
                    const auto& low = values[begin + i + half];
                    // Written out: operator* of std::complex looks for infinities.
                    const std::complex<float> odd(turn.real() * low.real() - turn.imag() * low.imag(),
                        turn.real() * low.imag() + turn.imag() * low.real());
                    values[begin + i + half] = values[begin + i] - odd;
                    values[begin + i] += odd;
                }
    }

private:
    std::vector<std::complex<float>> turns_;
    std::vector<std::size_t> order_;
};

/// Energy of every band, every hop.
std::vector<float> bandsOf(std::span<const float> mono, int rate_hz)
{
    const std::size_t length = std::bit_ceil(static_cast<std::size_t>(kWindow_s * rate_hz));
    const Fourier fourier(length);
    std::vector<float> window(length);
    for (std::size_t i = 0; i < length; ++i)
        window[i] = static_cast<float>(0.5
            - 0.5
                * std::cos(
                    2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(length)));
    std::array<std::size_t, kOnsetBands + 1> edges {};
    for (std::size_t b = 0; b < edges.size(); ++b) {
        const double hertz =
            kLowest_Hz * std::pow(kHighest_Hz / kLowest_Hz, static_cast<double>(b) / kOnsetBands);
        edges[b] = static_cast<std::size_t>(hertz * static_cast<double>(length) / rate_hz);
        if (b > 0) // the lowest bands are narrower than a bin
            edges[b] = std::max(edges[b], edges[b - 1] + 1);
        edges[b] = std::min(edges[b], length / 2);
    }
    const double hop = base::seconds(kOnsetHop) * rate_hz;
    const auto hops = static_cast<std::size_t>(static_cast<double>(mono.size()) / hop) + 1;
    std::vector<float> energies(hops * kOnsetBands);
    std::vector<std::complex<float>> spectrum(length);
    // Two hops in one transform: one as the real part, one as the imaginary part.
    for (std::size_t k = 0; k < hops; k += 2) {
        for (std::size_t i = 0; i < length; ++i) {
            const auto valueAt = [&](std::size_t n) {
                const auto at = std::llround(static_cast<double>(n) * hop) + static_cast<std::int64_t>(i)
                    - static_cast<std::int64_t>(length / 2);
                return at >= 0 && at < static_cast<std::int64_t>(mono.size())
                    ? mono[static_cast<std::size_t>(at)] * window[i]
                    : 0.0F;
            };
            spectrum[i] = { valueAt(k), valueAt(k + 1) };
        }
        fourier.transform(spectrum);
        for (std::size_t b = 0; b < kOnsetBands; ++b) {
            float first = 0;
            float second = 0;
            for (std::size_t bin = edges[b]; bin < edges[b + 1]; ++bin) {
                const auto there = spectrum[bin];
                const auto mirrored = std::conj(spectrum[(length - bin) % length]);
                first += std::norm(there + mirrored);
                second += std::norm(there - mirrored);
            }
            energies[k * kOnsetBands + b] = first;
            if (k + 1 < hops)
                energies[(k + 1) * kOnsetBands + b] = second;
        }
    }
    return energies;
}

} // namespace

OnsetEnvelope onsetsOf(std::span<const float> mono, int rate_hz)
{
    const std::vector<float> energies = bandsOf(mono, rate_hz);
    const auto hops = static_cast<std::ptrdiff_t>(energies.size() / kOnsetBands);
    OnsetEnvelope envelope;
    envelope.change.assign(energies.size(), 0.0F);
    for (std::ptrdiff_t b = 0; b < kOnsetBands; ++b) {
        const auto energy = [&](std::ptrdiff_t k) {
            return energies[static_cast<std::size_t>(k * kOnsetBands + b)];
        };
        double mean = 0;
        for (std::ptrdiff_t k = 0; k < hops; ++k)
            mean += energy(k) / static_cast<double>(hops);
        // Digital silence, or what is left of it after a codec, must not be blown up to noise.
        constexpr double kNothing = 1e-9;
        if (mean < kNothing)
            continue;
        // Near loudness as the ear has it above the mean of the band; below it, where there is only noise,
        // flat.
        const auto loudness = [&](std::ptrdiff_t k) {
            return std::log1p(energy(std::clamp<std::ptrdiff_t>(k, 0, hops - 1)) / mean);
        };
        double sum = 0;
        double squares = 0;
        for (std::ptrdiff_t k = 0; k < hops; ++k) {
            const double change =
                loudness(k + kSpan) + loudness(k + 1) - loudness(k - 1) - loudness(k - kSpan);
            envelope.change[static_cast<std::size_t>(k * kOnsetBands + b)] = static_cast<float>(change);
            sum += change;
            squares += change * change;
        }
        const double middle = sum / static_cast<double>(hops);
        const double deviation =
            std::sqrt(std::max(0.0, squares / static_cast<double>(hops) - middle * middle));
        for (std::ptrdiff_t k = 0; k < hops; ++k) {
            float& change = envelope.change[static_cast<std::size_t>(k * kOnsetBands + b)];
            change = deviation > 0 ? static_cast<float>((change - middle) / deviation) : 0.0F;
        }
    }
    return envelope;
}

OnsetEnvelope onsetsOf(const base::SoundTrack& sound, Nanos from, Nanos to, Reading reading)
{
    const auto channels = static_cast<std::size_t>(sound.channels());
    const auto first = std::llround(base::seconds(from - sound.startsAt()) * sound.rateHz());
    const auto count = static_cast<std::size_t>(
        std::max<std::int64_t>(0, std::llround(base::seconds(to - from) * sound.rateHz())));
    std::vector<float> samples(count * channels);
    sound.read(first, samples);
    std::vector<float> mono(count);
    for (std::size_t i = 0; i < count; ++i) {
        float sum = 0;
        for (std::size_t c = 0; c < channels; ++c)
            sum += samples[i * channels + c];
        mono[reading == Reading::Reversed ? count - 1 - i : i] = sum / static_cast<float>(channels);
    }
    return onsetsOf(mono, sound.rateHz());
}

std::optional<OnsetMatch> matchOnsets(const OnsetEnvelope& master, const OnsetEnvelope& heard, Nanos most)
{
    const auto reach = static_cast<std::ptrdiff_t>(most / kOnsetHop);
    const auto hops = static_cast<std::ptrdiff_t>(master.hops());
    const auto there = static_cast<std::ptrdiff_t>(heard.hops());
    if (hops == 0 || there == 0)
        return std::nullopt;
    // One further to each side, for the peak's neighbours.
    std::vector<double> likeness(static_cast<std::size_t>(2 * reach + 3));
    for (std::ptrdiff_t lag = -reach - 1; lag <= reach + 1; ++lag) {
        const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, -lag);
        const std::ptrdiff_t end = std::min(hops, there - lag);
        double both = 0;
        double of_master = 0;
        double of_heard = 0;
        if (begin < end) {
            const float* m = master.change.data() + begin * kOnsetBands;
            const float* h = heard.change.data() + (begin + lag) * kOnsetBands;
            for (std::ptrdiff_t i = 0; i < (end - begin) * kOnsetBands; ++i) {
                both += static_cast<double>(m[i] * h[i]);
                of_master += static_cast<double>(m[i] * m[i]);
                of_heard += static_cast<double>(h[i] * h[i]);
            }
        }
        const double all = std::sqrt(of_master * of_heard);
        likeness[static_cast<std::size_t>(lag + reach + 1)] = all > 0 ? both / all : 0;
    }
    const auto best = std::max_element(likeness.begin() + 1, likeness.end() - 1);
    if (*best <= 0)
        return std::nullopt;
    const auto at = best - likeness.begin();
    double rival = 0;
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(likeness.size()); ++i)
        if (std::abs(i - at) > kPeak)
            rival = std::max(rival, likeness[static_cast<std::size_t>(i)]);
    // The top of the parabola through the peak and its neighbours.
    const double before = *std::prev(best);
    const double behind = *std::next(best);
    const double bend = before - 2 * *best + behind;
    const double between = bend < 0 ? std::clamp(0.5 * (before - behind) / bend, -0.5, 0.5) : 0;
    OnsetMatch match;
    match.offset = Nanos(std::llround(
        (static_cast<double>(at - reach - 1) + between) * static_cast<double>(kOnsetHop.count())));
    match.confidence = std::clamp(1 - rival / *best, 0.0, 1.0);
    match.likeness = *best;
    if (match.confidence < kLeastConfidence || match.likeness < kLeastLikeness)
        return std::nullopt;
    return match;
}

std::vector<Onset> onsetsIn(const OnsetEnvelope& envelope)
{
    constexpr double kLeastRise = 0.6;
    const auto hops = static_cast<std::ptrdiff_t>(envelope.hops());
    std::vector<double> rise(static_cast<std::size_t>(hops));
    for (std::size_t k = 0; k < rise.size(); ++k) {
        for (std::size_t b = 0; b < kOnsetBands; ++b)
            rise[k] += std::max(0.0F, envelope.change[k * kOnsetBands + b]);
        rise[k] /= kOnsetBands;
    }
    std::vector<Onset> onsets;
    for (std::ptrdiff_t k = 0; k < hops; ++k) {
        const double here = rise[static_cast<std::size_t>(k)];
        const auto from = rise.begin() + std::max<std::ptrdiff_t>(0, k - kApart);
        const auto to = rise.begin() + std::min(hops, k + kApart + 1);
        // The first of equals.
        if (here >= kLeastRise && std::max_element(from, to) == rise.begin() + k)
            onsets.push_back({ k * kOnsetHop, here });
    }
    return onsets;
}

} // namespace backtake::guide
