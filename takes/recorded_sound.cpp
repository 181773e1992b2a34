#include "takes/recorded_sound.hpp"

#include "takes/sound_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::takes {

namespace {

/// One little endian sample, -1 … 1: exact.
float sampleAt(const std::byte* pcm, std::size_t bytes)
{
    std::uint32_t value = 0; // at the upper end, so that the sign is in its place
    for (std::size_t i = 0; i < bytes; ++i)
        value |= std::to_integer<std::uint32_t>(pcm[i]) << (32 - 8 * (bytes - i));
    return static_cast<float>(static_cast<std::int32_t>(value)) / 2147483648.0F;
}

} // namespace

base::SoundTrackPtr RecordedSound::open(const std::vector<Part>& parts)
{
    std::shared_ptr<RecordedSound> sound(new RecordedSound);
    double error_ppm = 0; // of the first part: it is one clock
    for (const Part& part : parts) {
        const auto facts = readSoundFacts(part.sound_wav);
        auto file = File::open(part.sound_wav, O_RDONLY, "read");
        if (!facts || !file || facts->samples == 0 || facts->channels > base::kMostSoundChannels)
            continue;
        Run run;
        if (sound->runs_.empty()) {
            sound->rate_hz_ = facts->rate_hz;
            sound->channels_ = facts->channels;
            sound->starts_at_ = part.starts_at;
            error_ppm = part.rate_error_ppm;
        } else if (facts->rate_hz != sound->rate_hz_ || facts->channels != sound->channels_) {
            continue;
        } else {
            run.first = std::max<std::int64_t>(sound->count_,
                std::llround(base::seconds(part.starts_at - sound->starts_at_) * sound->rate_hz_
                    * (1 + error_ppm / 1e6)));
        }
        run.count = facts->samples;
        run.bits = facts->bits;
        run.data_at = soundHeaderBytes(*facts);
        run.file = std::move(*file);
        sound->count_ = run.first + run.count;
        sound->runs_.push_back(std::move(run));
    }
    sound->true_rate_ = base::trueSoundRate(sound->rate_hz_, sound->count_, error_ppm);
    return sound->runs_.empty() ? nullptr : sound;
}

void RecordedSound::read(std::int64_t first, std::span<float> into) const
{
    std::fill(into.begin(), into.end(), 0.0F);
    const auto channels = static_cast<std::size_t>(channels_);
    const std::int64_t end = first + static_cast<std::int64_t>(into.size() / channels);
    for (const Run& run : runs_) {
        const std::int64_t from = std::max(first, run.first);
        const std::int64_t to = std::min(end, run.first + run.count);
        const auto sample_bytes = static_cast<std::size_t>(run.bits / 8);
        for (std::int64_t at = from; at < to;) {
            std::array<std::byte, 12288> pcm {};
            const auto samples = static_cast<std::size_t>(std::min<std::int64_t>(
                to - at, static_cast<std::int64_t>(pcm.size() / (channels * sample_bytes))));
            const auto bytes = std::span(pcm).first(samples * channels * sample_bytes);
            const auto offset =
                run.data_at + static_cast<std::uint64_t>(at - run.first) * channels * sample_bytes;
            if (run.file.readAt(bytes, offset) != static_cast<std::int64_t>(bytes.size()))
                break; // silence
            float* out = into.data() + static_cast<std::size_t>(at - first) * channels;
            for (const std::byte* sample = bytes.data(); sample < bytes.data() + bytes.size();
                 sample += sample_bytes)
                *out++ = sampleAt(sample, sample_bytes);
            at += static_cast<std::int64_t>(samples);
        }
    }
}

} // namespace backtake::takes
