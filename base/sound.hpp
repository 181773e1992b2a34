/// Recorded sound by sample, as footage is pictures by frame; and where sound goes to be heard.
#pragma once

#include "base/time.hpp"

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace backtake::base {

/// The sound of a take, or of a file. Sample s of S covers [startsAt() + s / trueRate(), startsAt() + (s + 1)
/// / trueRate()) in captured time, so that reversed it is the exact mirror: S-1-s. Room: any thread, never
/// the window's; const calls may run at the same time. Time: read() may wait for a disk.
class SoundTrack {
public:
    virtual ~SoundTrack() = default;
    [[nodiscard]] virtual int rateHz() const = 0;
    /// In Hz, by the clock of the pictures. It is rateHz() but where a sound card's own clock would put the
    /// end of the sound more than kSoundDrift away from its picture: only then are samples not heard one
    /// for one.
    [[nodiscard]] virtual double trueRate() const { return rateHz(); }
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
/// What nobody hears, nor sees against lips.
inline constexpr Nanos kSoundDrift = std::chrono::milliseconds(1);

/// trueRate() of @p samples at @p rate_hz whose clock was found to be @p error_ppm too fast.
inline double trueSoundRate(int rate_hz, std::int64_t samples, double error_ppm)
{
    const double drift_s = static_cast<double>(samples) / rate_hz * std::abs(error_ppm) / 1e6;
    return drift_s > seconds(kSoundDrift) ? rate_hz * (1 + error_ppm / 1e6) : rate_hz;
}

/// Where sound goes: a device, a file, a test's ear. Samples are counted by the device, from 0 on; a sample
/// here is one for each ear. Room: any thread. Time: nothing here waits.
class SoundSink {
public:
    virtual ~SoundSink() = default;
    [[nodiscard]] virtual int rateHz() const = 0;
    /// How many samples the device has taken, those of silence among them: the first that can still be put.
    [[nodiscard]] virtual std::int64_t taken() const = 0;
    /// Samples from @p first on: left, right, left … What was put from there on before is forgotten; what
    /// lies before taken() comes too late and is dropped; where nothing was put is silence.
    virtual void put(std::int64_t first, std::span<const float> samples) = 0;
    /// Which sample is heard at @p now, with its fraction: a smooth line, though a device takes samples in
    /// chunks. Stands still when the device takes nothing more, and may fall a little when it goes on.
    [[nodiscard]] virtual double heardAt(Nanos now) const = 0;
    /// The device is no longer there: this object is done, make a new one.
    [[nodiscard]] virtual bool gone() const = 0;
};
using SoundSinkPtr = std::shared_ptr<SoundSink>;
inline constexpr int kEars = 2;

/// What the operator wants to hear, and where.
struct SoundChoice {
    bool muted = false;
    int level_db = 0;        ///< kSoftest_db … kLoudest_db; 0: as recorded.
    int channel = 0;         ///< 0: all of them; else from 1 on, one in both ears, or the first of a pair.
    bool pair = false;       ///< That channel is the left ear's, the next one the right ear's.
    bool keep_pitch = false; ///< At speeds other than 100 %.
    std::string device {};   ///< By name; empty: the system's own choice.
    friend bool operator==(const SoundChoice&, const SoundChoice&) = default;
};
inline constexpr int kSoftest_db = -60;
inline constexpr int kLoudest_db = 12;

} // namespace backtake::base
