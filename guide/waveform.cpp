#include "guide/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::guide {

using base::Nanos;

namespace {

constexpr std::size_t kPerLevel = 4;
constexpr float kScale = 32767;
constexpr std::int64_t kBlock = 512 * Waveform::kFinest;

} // namespace

std::optional<Waveform> Waveform::make(
    const base::SoundTrack& sound, const std::function<void(double)>& progress, const std::stop_token& stop)
{
    Waveform waveform;
    waveform.rate_hz_ = sound.rateHz();
    waveform.starts_at_ = sound.startsAt();
    const std::int64_t count = sound.sampleCount();
    const auto channels = static_cast<std::size_t>(sound.channels());
    std::vector<Stored> level;
    level.reserve(static_cast<std::size_t>(count / kFinest + 1));
    std::vector<float> block;
    for (std::int64_t first = 0; first < count; first += kBlock) {
        if (stop.stop_requested())
            return std::nullopt;
        block.resize(static_cast<std::size_t>(std::min(kBlock, count - first)) * channels);
        sound.read(first, block);
        for (std::size_t at = 0; at < block.size();) {
            const std::size_t end = std::min(block.size(), at + kFinest * channels);
            const auto [low, high] = std::minmax_element(block.begin() + static_cast<std::ptrdiff_t>(at),
                block.begin() + static_cast<std::ptrdiff_t>(end));
            level.push_back({ static_cast<std::int16_t>(std::floor(std::clamp(*low, -1.0F, 1.0F) * kScale)),
                static_cast<std::int16_t>(std::ceil(std::clamp(*high, -1.0F, 1.0F) * kScale)) });
            at = end;
        }
        if (progress)
            progress(static_cast<double>(std::min(count, first + kBlock)) / static_cast<double>(count));
    }
    while (level.size() > 1) {
        std::vector<Stored> coarser((level.size() + kPerLevel - 1) / kPerLevel);
        for (std::size_t i = 0; i < level.size(); ++i) {
            Stored& into = coarser[i / kPerLevel];
            if (i % kPerLevel == 0)
                into = level[i];
            into.low = std::min(into.low, level[i].low);
            into.high = std::max(into.high, level[i].high);
        }
        waveform.levels_.push_back(std::exchange(level, std::move(coarser)));
    }
    waveform.levels_.push_back(std::move(level));
    return waveform;
}

void Waveform::columns(Nanos from, Nanos to, std::span<WaveColumn> into) const
{
    if (into.empty())
        return;
    const double begin = base::seconds(from - starts_at_) * rate_hz_ / kFinest;
    const double step =
        (base::seconds(to - starts_at_) * rate_hz_ / kFinest - begin) / static_cast<double>(into.size());
    // The coarsest level that still has a value or more for each column.
    std::size_t number = 0;
    double size = 1;
    while (number + 1 < levels_.size() && size * kPerLevel <= std::abs(step)) {
        ++number;
        size *= kPerLevel;
    }
    const std::vector<Stored>& level = levels_[number];
    const auto most = static_cast<double>(level.size());
    for (std::size_t i = 0; i < into.size(); ++i) {
        const double one = begin + step * static_cast<double>(i);
        const double other = begin + step * static_cast<double>(i + 1);
        const double low_end = std::floor(std::min(one, other) / size);
        const double high_end = std::max(low_end + 1, std::ceil(std::max(one, other) / size));
        into[i] = {};
        bool any = false;
        const auto first = static_cast<std::size_t>(std::clamp(low_end, 0.0, most));
        const auto end = static_cast<std::size_t>(std::clamp(high_end, 0.0, most));
        for (std::size_t k = first; k < end; ++k) {
            const WaveColumn here { static_cast<float>(level[k].low) / kScale,
                static_cast<float>(level[k].high) / kScale };
            into[i].low = any ? std::min(into[i].low, here.low) : here.low;
            into[i].high = any ? std::max(into[i].high, here.high) : here.high;
            any = true;
        }
    }
}

} // namespace backtake::guide
