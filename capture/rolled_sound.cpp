#include "capture/rolled_sound.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::capture {

using base::Nanos;

namespace {

/// Blocks whose time is this far from where the one before them ended do not follow it.
constexpr double kGap_s = 0.05;

bool isUsable(const SoundBlock& block)
{
    return !block.samples.empty() && block.rate_hz > 0 && block.channels > 0
        && block.channels <= base::kMostSoundChannels;
}

} // namespace

base::SoundTrackPtr RolledSound::of(Parts parts)
{
    if (!parts.ring)
        return nullptr;
    std::uint64_t number = parts.ring->find(parts.from);
    SoundBlockPtr block = parts.ring->at(number);
    while (block
        && (!isUsable(*block)
            || block->captured_at
                    + Nanos(static_cast<std::int64_t>(block->samples.size()) / block->channels * 1'000'000'000
                        / block->rate_hz)
                <= parts.from))
        block = parts.ring->at(++number);
    if (!block || block->captured_at >= parts.until)
        return nullptr;
    std::shared_ptr<RolledSound> sound(new RolledSound);
    sound->rate_hz_ = block->rate_hz;
    sound->channels_ = block->channels;
    // As the recorder: the first sample captured with or after the first picture. Where the beginning has
    // left the ring it was there all the same.
    const auto samplesIn = [&](Nanos time) {
        return static_cast<std::int64_t>(
            std::floor(static_cast<double>(time.count()) * block->rate_hz / 1e9));
    };
    const std::int64_t in_block = samplesIn(parts.from - block->captured_at); // negative: it begins later
    const std::int64_t before = number > 0 ? in_block : std::max<std::int64_t>(0, in_block);
    const Nanos first_at = block->captured_at + Nanos(before * 1'000'000'000 / block->rate_hz);
    sound->starts_at_ = first_at - parts.from;
    if (std::chrono::abs(sound->starts_at_) < Nanos(1'000'000'000 / block->rate_hz))
        sound->starts_at_ = {};
    sound->count_ = std::max<std::int64_t>(1, samplesIn(parts.until - block->captured_at) - before);
    base::Lock lock(sound->mutex_);
    sound->next_ = number;
    sound->runs_.push_back({ -before, block });
    ++sound->next_;
    sound->parts_ = std::move(parts);
    return sound;
}

/// Takes in the blocks that have come since.
void RolledSound::gather() const
{
    while (runs_.back().end() < count_) {
        const std::uint64_t wanted = next_;
        const SoundBlockPtr block = parts_.ring->at(next_);
        if (!block || block->captured_at >= parts_.until)
            return;
        if (isUsable(*block) && block->rate_hz == rate_hz_ && block->channels == channels_) {
            const Nanos begins = parts_.from + starts_at_;
            const double by_time = base::seconds(block->captured_at - begins) * rate_hz_;
            const std::int64_t follows = runs_.back().end();
            const bool gap =
                next_ != wanted || std::abs(by_time - static_cast<double>(follows)) > kGap_s * rate_hz_;
            runs_.push_back(
                { gap ? std::max<std::int64_t>(follows, std::llround(by_time)) : follows, block });
        }
        ++next_;
    }
}

void RolledSound::read(std::int64_t first, std::span<float> into) const
{
    std::fill(into.begin(), into.end(), 0.0F);
    const auto channels = static_cast<std::size_t>(channels_);
    const std::int64_t end = std::min(count_, first + static_cast<std::int64_t>(into.size() / channels));
    base::SoundTrackPtr disk;
    std::int64_t in_memory = 0; // from this sample on
    {
        base::Lock lock(mutex_);
        gather();
        in_memory = std::max<std::int64_t>(0, runs_.front().first);
        if (first < in_memory && !disk_ && parts_.on_disk)
            disk_ = parts_.on_disk();
        disk = disk_;
        auto run = std::upper_bound(runs_.begin(), runs_.end(), first,
            [](std::int64_t sample, const Run& one) { return sample < one.end(); });
        for (; run != runs_.end() && run->first < end; ++run) {
            const std::int64_t from = std::max({ first, run->first, std::int64_t { 0 } });
            const std::int64_t to = std::min(end, run->end());
            for (std::int64_t at = from; at < to; ++at)
                for (std::size_t c = 0; c < channels; ++c)
                    into[static_cast<std::size_t>(at - first) * channels + c] =
                        static_cast<float>(
                            run->block->samples[static_cast<std::size_t>(at - run->first) * channels + c])
                        / 32768.0F;
        }
    }
    if (disk && first < in_memory && disk->channels() == channels_ && disk->rateHz() == rate_hz_) {
        const auto samples = static_cast<std::size_t>(std::min(end, in_memory) - first);
        disk->read(first, into.first(samples * channels));
    }
}

} // namespace backtake::capture
