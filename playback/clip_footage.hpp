/// A camera's own clip as footage: MOV, MP4, MKV, AVI, MTS … through FFmpeg's libavformat, which (other than
/// GStreamer's demuxers) tells place, size, key and time of every sample before any of them is read.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace backtake::playback {

/// Two kinds of clip:
/// - Motion JPEG (the EOS-1D C's 4K MOV): every packet is handed on untouched, less the padding after its
/// end; one pread each.
///   JPEG is full range BT.601 whatever the container says.
/// - everything else (H.264, HEVC, ProRes, DV, Motion JPEG of two fields …): decoded a group of pictures at a
/// time on a
///   thread of its own, converted once to full range BT.601 and compressed as JPEG (quality 95) into a cache
///   capped in bytes. Playing either way costs one decode of each group; while one group plays the next in
///   that direction is prepared. A group too long for the caps is decoded again for each of its chunks.
///   Matrix and range are the stream's; where it has none: limited range, BT.709 above 1024x576, else BT.601.
///
/// Order is that of the presentation times; edit lists are respected as ffmpeg respects them. Not carried
/// over: pixel aspect and rotation tags (a take's orientation is the operator's), alpha, and bits below the
/// eighth.
///
/// Room: any thread; const calls may run at the same time.
/// Time: open() reads the container's index; of containers without a complete one (MKV, MTS, fragmented MP4)
/// it has to read the whole file once. frame() is one read for Motion JPEG; else it may wait for the decoding
/// of a group. Owns: an open file; for clips that are decoded one thread, its decoder (up to
/// kLargestHeldBytes of raw pictures) and the cache.
class ClipFootage final : public base::Footage {
public:
    struct Limits {
        std::size_t cache_bytes = 512u << 20; ///< Compressed pictures kept of clips that are no Motion JPEG.
    };
    /// Raw pictures of one group that wait to be compressed, at most.
    static constexpr std::size_t kLargestHeldBytes = 256u << 20;

    /// @return Fault::NotFound (no such file), Denied, Unsupported (no video in it, or none that can be
    /// decoded), Corrupt
    ///         (no frame in it, or no media file at all).
    static base::Result<std::shared_ptr<const ClipFootage>> open(const std::filesystem::path& path);
    static base::Result<std::shared_ptr<const ClipFootage>> open(
        const std::filesystem::path& path, const Limits& limits);
    ~ClipFootage() override;

    [[nodiscard]] base::FrameIndex frameCount() const override;
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    /// @return Fault::Corrupt when this frame is damaged or cut off; the others are not touched by that.
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    /// Counted from the clip's start timecode, from 00:00:00:00 when it has none.
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override;
    [[nodiscard]] base::Rate nominalRate() const override;

    /// Whether frames are the camera's own JPEGs, byte for byte.
    [[nodiscard]] bool handsOnUntouched() const;
    /// Compressed pictures in the cache now; 0 for Motion JPEG.
    [[nodiscard]] std::size_t cachedBytes() const;

private:
    struct State;
    explicit ClipFootage(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace backtake::playback
