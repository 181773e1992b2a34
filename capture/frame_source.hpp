/// A camera as a stream of frames to pull, whatever it is attached by.
#pragma once

#include "base/frame.hpp"
#include "base/picture.hpp"
#include "capture/body.hpp"
#include "capture/camera_spec.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backtake::capture {

/// Sound that came with the picture or from a source of its own: interleaved PCM.
struct SoundBlock {
    base::Nanos captured_at {}; ///< Monotonic time of its first sample.
    int rate_hz = 48000;
    int channels = 1; ///< 1 … base::kMostSoundChannels.
    int bits = 16;    ///< That the source has, 16 or 24: the upper ones of a sample.
    /// How much faster than the computer's clock rate_hz is, as far as it is known by now; 0 when not.
    double rate_error_ppm = 0;
    std::vector<std::int32_t> samples {}; ///< channels x frames; full scale is that of the type.

    /// Samples of each channel; 0 for what is no sound.
    [[nodiscard]] std::int64_t frames() const
    {
        const bool usable = rate_hz > 0 && channels > 0 && channels <= base::kMostSoundChannels;
        return usable ? static_cast<std::int64_t>(samples.size()) / channels : 0;
    }
    /// Whole ones, rounded down.
    [[nodiscard]] std::int64_t samplesIn(base::Nanos time) const
    {
        const std::int64_t parts = time.count() % 1'000'000'000 * rate_hz;
        return time.count() / 1'000'000'000 * rate_hz + parts / 1'000'000'000
            - (parts % 1'000'000'000 < 0 ? 1 : 0);
    }
    [[nodiscard]] base::Nanos timeOf(std::int64_t count) const
    {
        return base::Nanos(count / rate_hz * 1'000'000'000 + count % rate_hz * 1'000'000'000 / rate_hz);
    }
    [[nodiscard]] base::Nanos endsAt() const { return captured_at + timeOf(frames()); }
};

/// Sample @p frame of a channel as a take of @p bits has it whose sound began otherwise: a channel that is
/// missing is silent, bits that are too many are cut off.
inline std::int32_t sampleOf(const SoundBlock& block, std::int64_t frame, int channel, int bits)
{
    if (channel >= block.channels)
        return 0;
    const auto sample = block.samples[static_cast<std::size_t>(frame * block.channels + channel)];
    return bits == 16 ? sample & ~0xFFFF : sample;
}

/// One frame as the source has it: either pixels or a whole JPEG, never both.
struct SourceFrame {
    base::Nanos captured_at {}; ///< Monotonic time the last byte arrived.
    base::PicturePtr
        picture; ///< 8 bit planar in base::kJpegColour; a source in another colour converts, once, in next().
    std::span<const std::byte> jpeg;        ///< As the camera sent it, byte for byte. Its header rules.
    std::shared_ptr<const void> jpeg_owner; ///< Keeps @p jpeg alive.
    bool new_segment =
        false; ///< The format changed with this frame (size, rate, kind). The first frame need not say so.
};

/// What a source knows about itself. Texts carry no secrets (base::withoutSecrets).
struct SourceFacts {
    std::string name;                       ///< "Pattern", "diver.mov", "rtsp://***@10.0.0.9/live".
    std::string format;                     ///< "1920x1080 4:2:2 10 bit BT.709", "1024x680 JPEG".
    std::optional<base::Rate> nominal_rate; ///< When the source says so.
    std::optional<base::Nanos> latency;     ///< Buffering the source itself adds, as configured or measured.
    std::uint64_t dropped =
        0; ///< Frames that came and that next() never gave: the camera thread or the pool was late.
};

/// Room: all calls from the camera thread, the one that opened it.
/// Time: next() blocks up to @p patience and no longer; the destructor up to 2 s.
class FrameSource {
public:
    virtual ~FrameSource() = default;

    /// @return Fault::TimedOut when none came in time (ask again), Fault::Unplugged when the device is gone
    /// (this
    ///         object is done; open a new one), Fault::Ended when a clip is over, Fault::Corrupt for one
    ///         damaged frame (count it, ask again), Fault::Denied or Unsupported when trying again is of no
    ///         use.
    virtual base::Result<SourceFrame> next(base::Nanos patience) = 0;
    /// Facts as known now; they may change with a new segment.
    [[nodiscard]] virtual SourceFacts facts() const = 0;
    /// Sound that arrived since the last call; empty for a source without.
    virtual std::vector<SoundBlock> takeSound() { return {}; }
};

/// Opens what @p spec names. Called on the camera thread; may block up to 5 s, ends early by @p stop.
/// @param pool where pixels come from. A source that finds it at its cap drops the frame and counts on the
/// next.
/// @param body what a source that steers a body attaches to; it outlives the source.
/// @return Fault::Unplugged, NotFound, TimedOut (may come back: try again later), Busy (held by @p
/// Error::message's
///         program), Denied, Unsupported, Usage (of no use to try again).
base::Result<std::unique_ptr<FrameSource>> openSource(
    const CameraSpec& spec, base::PicturePool& pool, Body& body, std::stop_token stop);

} // namespace backtake::capture
