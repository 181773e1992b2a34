#include "capture/sound_meter.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::capture {

using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

constexpr double kFall_db_s = 20;
constexpr Nanos kHold = 1500ms;
constexpr Nanos kClipLight = 3s;

double fallen(double db, Nanos time)
{
    return std::max(kSilence_db, db - kFall_db_s * std::max(0.0, base::seconds(time)));
}

} // namespace

void SoundMeter::measure(const SoundBlock& block)
{
    if (block.frames() == 0)
        return;
    const auto channels = static_cast<std::size_t>(block.channels);
    std::array<std::int64_t, base::kMostSoundChannels> peaks {};
    for (std::size_t i = 0; i < block.samples.size(); i += channels)
        for (std::size_t c = 0; c < channels; ++c)
            peaks[c] = std::max(peaks[c], std::abs(std::int64_t { block.samples[i + c] }));
    // The highest that such a sample can be.
    const std::int64_t full = (std::int64_t { 1 } << 31) - (std::int64_t { 1 } << (32 - block.bits));
    const Nanos at = block.endsAt();
    Lock lock(mutex_);
    channels_ = block.channels;
    for (std::size_t c = 0; c < channels; ++c) {
        Channel& channel = channel_[c];
        const double db =
            std::clamp(20 * std::log10(static_cast<double>(peaks[c]) / 2147483648.0), // log 0 is -inf
                kSilence_db, 0.0);
        if (db >= fallen(channel.peak_db, at - channel.peak_at)) {
            channel.peak_db = db;
            channel.peak_at = at;
        }
        if (db >= fallen(channel.hold_db, at - channel.hold_at - kHold)) {
            channel.hold_db = db;
            channel.hold_at = at;
        }
        if (peaks[c] >= full)
            channel.clipped_until = at + kClipLight;
    }
}

SoundLevels SoundMeter::read(Nanos now) const
{
    SoundLevels levels;
    Lock lock(mutex_);
    levels.channels = channels_;
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c) {
        const Channel& channel = channel_[c];
        levels.channel[c] = { fallen(channel.peak_db, now - channel.peak_at),
            fallen(channel.hold_db, now - channel.hold_at - kHold), now < channel.clipped_until };
    }
    return levels;
}

} // namespace backtake::capture
