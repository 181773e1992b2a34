/// Sounds that tests make up, with seeds and not by luck.
#pragma once

#include "guide/sound_clip.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace backtake::guide {

/// @p value of sample and channel.
template <typename Value> SoundClipPtr soundOf(std::int64_t count, int channels, Value value)
{
    std::vector<float> samples;
    samples.reserve(static_cast<std::size_t>(count * channels));
    for (std::int64_t s = 0; s < count; ++s)
        for (int c = 0; c < channels; ++c)
            samples.push_back(static_cast<float>(value(s, c)));
    return std::make_shared<SoundClip>(std::move(samples), channels);
}

inline auto sineOf(double hertz)
{
    return [hertz](std::int64_t s, int) {
        return 0.5 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(s) / kGuideRate_hz);
    };
}

inline auto whiteNoise(std::uint32_t seed, double level = 0.2)
{
    return [random = std::mt19937(seed), level](std::int64_t, int) mutable {
        return level * (static_cast<double>(random()) / 2147483648.0 - 1);
    };
}

/// Speech of espeak-ng, mono; @p pitch 0 … 99.
inline std::vector<float> speechOf(const std::string& words, int pitch = 50)
{
    const tests::Folder folder;
    const std::string file = folder / "speech.wav";
    tests::outputOf(fmt::format("espeak-ng -v en -p {} -w '{}' '{}' 2>&1", pitch, file, words));
    const auto clip = SoundClip::load(file, {}, {}, {});
    if (!clip)
        return {};
    std::vector<float> samples(static_cast<std::size_t>((*clip)->sampleCount()));
    (*clip)->read(0, samples);
    return samples;
}

/// Plucked notes of a scale, at uneven times.
inline std::vector<float> musicOf(std::uint32_t seed, double length_s)
{
    std::mt19937 random(seed);
    std::vector<float> samples(static_cast<std::size_t>(length_s * kGuideRate_hz), 0.0F);
    for (double at = 0.05; at < length_s - 0.1; at += 0.125 * (1 + static_cast<double>(random() % 3))) {
        const double hertz = 110 * std::pow(2, static_cast<double>(random() % 25) / 12);
        const auto first = static_cast<std::size_t>(at * kGuideRate_hz);
        for (std::size_t i = 0; i < kGuideRate_hz / 2 && first + i < samples.size(); ++i) {
            const double t = static_cast<double>(i) / kGuideRate_hz;
            double value = 0;
            for (int harmonic = 1; harmonic < 8; ++harmonic)
                value += std::sin(2 * std::numbers::pi * hertz * harmonic * t) / harmonic;
            samples[first + i] +=
                static_cast<float>(0.2 * value * std::exp(-t / 0.15) * std::min(1.0, t / 0.003));
        }
    }
    return samples;
}

/// How far in dB below full scale the loudest sample lies that a sine of @p hertz cannot explain by its two
/// neighbours: x(n+1) = 2 cos(w) x(n) - x(n-1).
inline double loudestClick_dB(const std::vector<float>& heard, double hertz)
{
    const double turn = 2 * std::cos(2 * std::numbers::pi * hertz / kGuideRate_hz);
    double worst = 1e-9;
    for (std::size_t i = 1; i + 1 < heard.size(); ++i)
        worst = std::max(worst, std::abs(heard[i + 1] + heard[i - 1] - turn * heard[i]));
    return 20 * std::log10(worst);
}

} // namespace backtake::guide
