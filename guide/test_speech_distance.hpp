/// How different two pieces of speech sound, for tests: mel-frequency cepstra (Davis and Mermelstein, 1980)
/// compared by dynamic time warping (Sakoe and Chiba, 1978). All numbers are the usual ones of speech
/// recognition, none is tuned to what is tested: frames of 25 ms every 10 ms, 26 bands up to 8 kHz,
/// coefficients 1 to 12 (without loudness), their mean over the utterance taken away (without the voice's
/// colour).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

namespace backtake::guide::test {

inline constexpr std::size_t kCoefficients = 12;
using Cepstrum = std::array<double, kCoefficients>;

inline void fourier(std::vector<std::complex<double>>& values)
{
    const std::size_t n = values.size();
    for (std::size_t i = 1, j = 0; i < n; ++i) {
        std::size_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j)
            std::swap(values[i], values[j]);
    }
    for (std::size_t length = 2; length <= n; length <<= 1) {
        const std::complex<double> turn =
            std::polar(1.0, -2 * std::numbers::pi / static_cast<double>(length));
        for (std::size_t i = 0; i < n; i += length) {
            std::complex<double> w = 1;
            for (std::size_t k = 0; k < length / 2; ++k, w *= turn) {
                const std::complex<double> even = values[i + k];
                const std::complex<double> odd = values[i + k + length / 2] * w;
                values[i + k] = even + odd;
                values[i + k + length / 2] = even - odd;
            }
        }
    }
}

/// Of all frames within 50 dB of the loudest: pauses say nothing.
inline std::vector<Cepstrum> cepstra(std::span<const std::int16_t> samples, int rate_hz)
{
    constexpr std::size_t kBands = 26;
    constexpr std::size_t kPoints = 1024;
    const auto rate = static_cast<double>(rate_hz);
    const auto frame = static_cast<std::size_t>(0.025 * rate);
    const auto hop = static_cast<std::size_t>(0.010 * rate);
    const auto mel = [](double hz) { return 2595 * std::log10(1 + hz / 700); };
    const auto hz = [](double mels) { return 700 * (std::pow(10, mels / 2595) - 1); };
    std::array<double, kBands + 2> edges {};
    for (std::size_t b = 0; b < edges.size(); ++b)
        edges[b] = hz(mel(8000) * static_cast<double>(b) / (kBands + 1)) / rate * kPoints;

    std::vector<Cepstrum> all;
    std::vector<double> energies;
    for (std::size_t start = 0; start + frame <= samples.size(); start += hop) {
        std::vector<std::complex<double>> spectrum(kPoints);
        double energy = 0;
        for (std::size_t i = 0; i < frame; ++i) {
            const double phase =
                2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(frame - 1);
            const double windowed = samples[start + i] * (0.54 - 0.46 * std::cos(phase)); // Hamming
            spectrum[i] = windowed;
            energy += windowed * windowed;
        }
        fourier(spectrum);
        std::array<double, kBands> bands {};
        for (std::size_t b = 0; b < kBands; ++b) {
            double sum = 0;
            for (std::size_t k = 0; k < kPoints / 2; ++k) {
                const auto at = static_cast<double>(k);
                const double weight = std::min((at - edges[b]) / (edges[b + 1] - edges[b]),
                    (edges[b + 2] - at) / (edges[b + 2] - edges[b + 1]));
                sum += std::max(weight, 0.0) * std::norm(spectrum[k]);
            }
            bands[b] = std::log(sum + 1);
        }
        Cepstrum cepstrum {};
        for (std::size_t c = 0; c < kCoefficients; ++c)
            for (std::size_t b = 0; b < kBands; ++b)
                cepstrum[c] += bands[b]
                    * std::cos(std::numbers::pi * static_cast<double>(c + 1) * (static_cast<double>(b) + 0.5)
                        / kBands);
        all.push_back(cepstrum);
        energies.push_back(energy);
    }
    const double loudest = energies.empty() ? 0 : *std::max_element(energies.begin(), energies.end());
    std::vector<Cepstrum> spoken;
    Cepstrum mean {};
    for (std::size_t i = 0; i < all.size(); ++i)
        if (energies[i] > loudest * 1e-5)
            spoken.push_back(all[i]);
    for (const Cepstrum& one : spoken)
        for (std::size_t c = 0; c < kCoefficients; ++c)
            mean[c] += one[c] / static_cast<double>(spoken.size());
    for (Cepstrum& one : spoken)
        for (std::size_t c = 0; c < kCoefficients; ++c)
            one[c] -= mean[c];
    return spoken;
}

/// Mean distance of frames along the best alignment; symmetric. 0: the same.
inline double speechDistance(std::span<const std::int16_t> a, std::span<const std::int16_t> b, int rate_hz)
{
    const std::vector<Cepstrum> x = cepstra(a, rate_hz);
    const std::vector<Cepstrum> y = cepstra(b, rate_hz);
    const auto distance = [](const Cepstrum& one, const Cepstrum& other) {
        double sum = 0;
        for (std::size_t c = 0; c < kCoefficients; ++c)
            sum += (one[c] - other[c]) * (one[c] - other[c]);
        return std::sqrt(sum);
    };
    constexpr double kFar = std::numeric_limits<double>::infinity();
    std::vector<double> row(y.size() + 1, kFar);
    row[0] = 0;
    for (std::size_t i = 1; i <= x.size(); ++i) {
        std::vector<double> next(y.size() + 1, kFar);
        for (std::size_t j = 1; j <= y.size(); ++j) {
            const double here = distance(x[i - 1], y[j - 1]);
            next[j] = std::min({ row[j - 1] + 2 * here, row[j] + here, next[j - 1] + here });
        }
        row = std::move(next);
    }
    return row.back() / static_cast<double>(x.size() + y.size());
}

} // namespace backtake::guide::test
