/// What GStreamer calls a sample, as this house's frames: caps to a format, buffers to pictures.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/convert.hpp"
#include "capture/frame_source.hpp"

#include <gst/gst.h>
#include <gst/video/video.h>

#include <optional>
#include <string>

namespace backtake::capture {

/// The caps an appsink must offer, so that only what readCaps() understands arrives: JPEG first, because it
/// is kept byte for byte and costs nothing.
inline constexpr const char* kTakenCaps = "image/jpeg; video/x-raw, format=(string){ I420, YV12, NV12, Y42B, "
                                          "YUY2, UYVY, Y444, I420_10LE, I422_10LE, "
                                          "P010_10LE, v210, RGB, BGR, RGBx, BGRx, RGBA, BGRA, GRAY8 }, "
                                          "width=(int)[ 1, 16384 ], height=(int)[ 1, 16384 ]";

/// The format of a stream as its caps tell it.
struct StreamFormat {
    bool jpeg = false;
    PixelLayout layout = PixelLayout::I420; ///< Of raw pictures.
    base::Colour colour {}; ///< Of raw pictures: from the caps; where they are silent, GStreamer's own
                            ///< default for the size.
    int width = 0;          ///< 0 for JPEG whose caps do not say.
    int height = 0;
    std::optional<base::Rate> rate; ///< When the caps say one.
    GstVideoInfo info {};           ///< Of raw pictures: where the planes lie.

    /// Whether frames of @p other belong to the same segment.
    [[nodiscard]] bool sameAs(const StreamFormat& other) const;
    /// "1920x1080 4:2:2 10 bit BT.709", "1024x680 JPEG".
    [[nodiscard]] std::string text() const;
};

/// @return Fault::Unsupported for what kTakenCaps does not hold.
base::Result<StreamFormat> readCaps(const GstCaps* caps);

/// Hands a JPEG on without copying: the frame holds the mapped buffer. @return Fault::Corrupt when it cannot
/// be read.
base::Result<SourceFrame> jpegFrame(GstBuffer* buffer);

/// Converts a raw buffer into a picture of the pool. @return Fault::Busy when the pool is at its cap,
/// Fault::Corrupt when the buffer is smaller than its format.
base::Result<SourceFrame> rawFrame(GstBuffer* buffer, const StreamFormat& format, base::PicturePool& pool);

/// Whether a JPEG is the first of two fields (Motion JPEG A, interlaced): its APP1 segment "mjpg" names the
/// offset of a second one. Source: QuickTime File Format, "Motion-JPEG".
bool isFieldOfTwo(std::span<const std::byte> jpeg);

} // namespace backtake::capture
