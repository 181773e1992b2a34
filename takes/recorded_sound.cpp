#include "takes/recorded_sound.hpp"

#include "takes/sound_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::takes {

base::SoundTrackPtr RecordedSound::open(const std::vector<Part>& parts)
{
    std::shared_ptr<RecordedSound> sound(new RecordedSound);
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
        } else if (facts->rate_hz != sound->rate_hz_ || facts->channels != sound->channels_) {
            continue;
        } else {
            run.first = std::max<std::int64_t>(sound->count_,
                std::llround(base::seconds(part.starts_at - sound->starts_at_) * sound->rate_hz_));
        }
        run.count = facts->samples;
        run.file = std::move(*file);
        sound->count_ = run.first + run.count;
        sound->runs_.push_back(std::move(run));
    }
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
        for (std::int64_t at = from; at < to;) {
            std::array<std::int16_t, 4096> pcm {};
            const auto samples = static_cast<std::size_t>(
                std::min<std::int64_t>(to - at, static_cast<std::int64_t>(pcm.size() / channels)));
            const auto bytes = std::as_writable_bytes(std::span(pcm)).first(samples * channels * 2);
            const auto offset = kSoundHeaderBytes + static_cast<std::uint64_t>(at - run.first) * channels * 2;
            if (run.file.readAt(bytes, offset) != static_cast<std::int64_t>(bytes.size()))
                break; // silence
            float* out = into.data() + static_cast<std::size_t>(at - first) * channels;
            for (std::size_t i = 0; i < samples * channels; ++i)
                out[i] = static_cast<float>(pcm[i]) / 32768.0F;
            at += static_cast<std::int64_t>(samples);
        }
    }
}

} // namespace backtake::takes
