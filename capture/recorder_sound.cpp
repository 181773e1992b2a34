/// The sound of the take, under its pictures.
#include "capture/recorder_core.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::capture {

using base::Nanos;

/// Writes the sound that has come for [sound_from_, @p until). Where it begins and ends is told by time, all
/// between by number: a clock that was measured better meanwhile takes no sample away.
void Recorder::Core::writeSound(Nanos until)
{
    while (!sound_failed_) {
        const std::uint64_t wanted = next_sound_;
        const SoundBlockPtr block = sound_ ? sound_->at(next_sound_) : nullptr;
        if (!block || block->captured_at >= until)
            return;
        const std::int64_t frames = block->frames();
        base::Outcome written;
        if (next_sound_ != wanted) { // some of it has left: silence keeps the rest in its place
            sound_taken_ = 0;
            written = fillSoundUpTo(*block);
        }
        const std::int64_t begin = sound_runs_
            ? sound_taken_
            : std::clamp<std::int64_t>(block->samplesIn(sound_from_ - block->captured_at), 0, frames);
        const std::int64_t end =
            std::clamp<std::int64_t>(block->samplesIn(until - block->captured_at), 0, frames);
        if (written && begin < end) {
            written = appendSound(*block, begin, end);
            sound_runs_ = sound_runs_ || written.has_value();
        }
        if (!written) {
            if (std::exchange(sound_trouble_, written.error().message) != written.error().message)
                spdlog::error(
                    "recorder {}: sound: {} ({})", name(), written.error().message, written.error().detail);
            // A disk that refuses may take it with the next pictures; they decide whether the take goes on
            // elsewhere.
            sound_failed_ = written.error().fault == base::Fault::Usage;
            next_sound_ = wanted;
            return;
        }
        if (end < frames) {
            sound_taken_ = std::max(begin, end); // its rest belongs to pictures to come
            sound_from_ = until;
            return;
        }
        sound_taken_ = 0;
        ++next_sound_;
    }
}

/// Samples [begin, end) of a block, in the format that the part's sound has.
base::Outcome Recorder::Core::appendSound(const SoundBlock& block, std::int64_t begin, std::int64_t end)
{
    const Part& part = parts_.back();
    takes::SoundFacts format { block.rate_hz, block.channels, 0, {}, block.bits, block.rate_error_ppm };
    format.starts_after_picture = block.captured_at + block.timeOf(begin) - part.first_captured_at;
    if (std::chrono::abs(format.starts_after_picture) < block.timeOf(1))
        format.starts_after_picture = {}; // cut to the sample
    if (const auto& sound = part.writer->sound()) {
        format.channels = sound->channels;
        format.bits = sound->bits;
    }
    pcm_.clear();
    for (std::int64_t frame = begin; frame < end; ++frame) {
        for (int channel = 0; channel < format.channels; ++channel) {
            const auto sample = static_cast<std::uint32_t>(sampleOf(block, frame, channel, format.bits));
            for (int shift = 32 - format.bits; shift < 32; shift += 8)
                pcm_.push_back(static_cast<std::byte>(sample >> shift));
        }
    }
    const Asking asking(*this);
    dirty_ = true;
    return part.writer->appendSound(pcm_, format);
}

/// Silence between what was written and @p block.
base::Outcome Recorder::Core::fillSoundUpTo(const SoundBlock& block)
{
    const Part& part = parts_.back();
    const auto& sound = part.writer->sound();
    if (!sound || sound->rate_hz != block.rate_hz)
        return {}; // it begins here, or is refused
    const double away =
        base::seconds(block.captured_at - part.first_captured_at - sound->starts_after_picture);
    std::int64_t missing = static_cast<std::int64_t>(away * sound->measuredRate()) - sound->samples;
    SoundBlock silence = block;
    silence.samples.assign(static_cast<std::size_t>(block.rate_hz * block.channels), 0);
    while (missing > 0) {
        const auto now = std::min<std::int64_t>(missing, sound->rate_hz);
        if (auto written = appendSound(silence, 0, now); !written)
            return written;
        missing -= now;
    }
    return {};
}

} // namespace backtake::capture
