#include "capture/timecode_generator.hpp"

#include <limits>

namespace backtake::capture {

using base::Lock;
using base::Nanos;
using base::Rate;
using base::TimecodeFormat;

void TimecodeGenerator::listenTo(std::shared_ptr<const SoundRing> sound)
{
    Lock lock(mutex_);
    if (sound == sound_)
        return;
    sound_ = std::move(sound);
    next_block_ = 0;
    reader_.reset();
}

/// Reads the blocks that came since the last time.
void TimecodeGenerator::hear(const Rate& rate)
{
    if (source_.kind != base::TimecodeSource::Kind::Ltc || !sound_)
        return;
    for (auto block = sound_->at(next_block_); block; block = sound_->at(++next_block_)) {
        const auto channels = static_cast<std::size_t>(block->channels);
        const auto channel = static_cast<std::size_t>(source_.channel - 1);
        if (channel >= channels)
            continue;
        if (!reader_ || reader_rate_hz_ != block->rate_hz) {
            reader_.emplace(block->rate_hz);
            reader_rate_hz_ = block->rate_hz;
        }
        samples_.clear();
        constexpr auto kFullScale = std::numeric_limits<decltype(block->samples)::value_type>::max();
        for (std::size_t i = channel; i < block->samples.size(); i += channels)
            samples_.push_back(static_cast<float>(block->samples[i]) / static_cast<float>(kFullScale));
        found_.clear();
        reader_->read(samples_, block->captured_at, found_);
        for (const LtcFrame& frame : found_)
            clock_.hear(frame, rate);
    }
}

TimecodeFormat TimecodeGenerator::formatFor(const Rate& rate)
{
    Lock lock(mutex_);
    hear(rate);
    return clock_.formatFor(rate);
}

std::optional<std::int64_t> TimecodeGenerator::at(Nanos captured_at, const TimecodeFormat& format)
{
    Lock lock(mutex_);
    hear(format.rate);
    return clock_.at(captured_at, format);
}

std::int64_t TimecodeGenerator::next(std::int64_t before, Nanos captured_at, const TimecodeFormat& format)
{
    Lock lock(mutex_);
    hear(format.rate);
    return clock_.next(before, captured_at, format);
}

TimecodeState TimecodeGenerator::state(Nanos now, const Rate& rate)
{
    Lock lock(mutex_);
    hear(rate);
    return clock_.state(now, rate);
}

bool TimecodeGenerator::toggleJam(Nanos now, const Rate& rate)
{
    Lock lock(mutex_);
    hear(rate);
    return clock_.toggleJam(now);
}

} // namespace backtake::capture
