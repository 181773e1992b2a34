#include "capture/rolled_sound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace backtake::capture {

using base::Nanos;

namespace {

/// Blocks behind some that left the ring unmet stand by their time, when it is this far from where those met
/// end.
constexpr double kGap_s = 0.05;

} // namespace

base::SoundTrackPtr RolledSound::of(Parts parts)
{
    if (!parts.ring)
        return nullptr;
    std::uint64_t number = parts.ring->find(parts.from);
    SoundBlockPtr block = parts.ring->at(number);
    while (block && block->endsAt() <= parts.from)
        block = parts.ring->at(++number);
    if (!block || block->captured_at >= parts.until)
        return nullptr;
    std::shared_ptr<RolledSound> sound(new RolledSound);
    sound->rate_hz_ = block->rate_hz;
    sound->channels_ = block->channels;
    // As the recorder: the first sample captured with or after the first picture. Where the beginning has
    // left the ring it was there all the same.
    const std::int64_t in_block = block->samplesIn(parts.from - block->captured_at); // < 0: it begins later
    const std::int64_t before = number > 0 ? in_block : std::max<std::int64_t>(0, in_block);
    sound->starts_at_ = block->captured_at + block->timeOf(before) - parts.from;
    if (std::chrono::abs(sound->starts_at_) < block->timeOf(1))
        sound->starts_at_ = {};
    base::Lock lock(sound->mutex_);
    sound->bits_ = block->bits;
    sound->runs_.push_back({ -before, block });
    sound->next_ = number + 1;
    sound->count_ = std::numeric_limits<std::int64_t>::max();
    sound->parts_ = std::move(parts);
    sound->gather();
    // As many as the recorder takes of the last block. One that is still to come is taken to end there.
    const Run& last = sound->runs_.back();
    sound->count_ = std::max<std::int64_t>(
        1, last.first + last.block->samplesIn(sound->parts_.until - last.block->captured_at));
    sound->true_rate_ = base::trueSoundRate(sound->rate_hz_, sound->count_, last.block->rate_error_ppm);
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
        if (block->rate_hz == rate_hz_) {
            std::int64_t first = runs_.back().end();
            const double away_s = base::seconds(block->captured_at - runs_.back().block->endsAt());
            if (next_ != wanted && away_s > kGap_s)
                first += std::llround(away_s * rate_hz_);
            runs_.push_back({ first, block });
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
            const SoundBlock& block = *run->block;
            for (std::int64_t at = from; at < to; ++at)
                for (int c = 0; c < channels_; ++c)
                    into[static_cast<std::size_t>((at - first) * channels_ + c)] =
                        static_cast<float>(sampleOf(block, at - run->first, c, bits_)) / 2147483648.0F;
        }
    }
    if (disk && first < in_memory && disk->channels() == channels_ && disk->rateHz() == rate_hz_) {
        const auto samples = static_cast<std::size_t>(std::min(end, in_memory) - first);
        disk->read(first, into.first(samples * channels));
    }
}

} // namespace backtake::capture
