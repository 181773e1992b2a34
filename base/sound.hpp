/// Recorded sound by sample, as footage is pictures by frame.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace backtake::base {

/// The sound of a take, or of a file. Sample s of S covers [startsAt() + s / rate, startsAt() + (s + 1) /
/// rate) in captured time, so that reversed it is the exact mirror: S-1-s. Room: any thread, never the
/// window's; const calls may run at the same time. Time: read() may wait for a disk.
class SoundTrack {
public:
    virtual ~SoundTrack() = default;
    [[nodiscard]] virtual int rateHz() const = 0;
    [[nodiscard]] virtual int channels() const = 0; ///< 1 … kMostSoundChannels.
    /// S, for each channel.
    [[nodiscard]] virtual std::int64_t sampleCount() const = 0;
    /// Of sample 0, relative to captured frame 0; negative: before it.
    [[nodiscard]] virtual Nanos startsAt() const = 0;
    /// Samples @p first … of all channels, interleaved, -1 … 1: a float holds 24 bits exactly. @p first may
    /// be negative; what lies outside of 0 … S-1, or cannot be read, is silence.
    virtual void read(std::int64_t first, std::span<float> into) const = 0;
};
using SoundTrackPtr = std::shared_ptr<const SoundTrack>;

inline constexpr int kMostSoundChannels = 8;

} // namespace backtake::base
