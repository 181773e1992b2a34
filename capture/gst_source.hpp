/// Cameras that come through GStreamer: clips played as cameras, pipelines, V4L2 devices, RTSP and SRT.
#pragma once

#include "capture/frame_source.hpp"

#include <memory>
#include <stop_token>

namespace backtake::capture {

/// Opens a camera of kind File, Gst, V4l2, Rtsp or Srt.
///
/// `file:` plays a clip as if it were a live camera: at its own rate, its time stamps a regular grid, every
/// frame once and in order, with `?loop` over and over without a gap. It never drops; a camera thread that is
/// late finds the frames it missed at once, unless it was away for more than 10 s: then the clip goes on
/// from where it was.
///
/// `gst:` takes text as gst-launch-1.0 does. Its appsink is used when it has one, else one is appended. A
/// pipeline that is live is taken as it comes; one that is not is paced by its time stamps, as a clip is. A
/// chain that ends in `! sound.` is its sound: "audiotestsrc is-live=1 ! sound. videotestsrc is-live=1".
///
/// The others are taken as they come, newest first: buffering is as small as each allows
/// (SourceFacts::latency). rtsp:// runs over TCP, because a recording should miss nothing; a camera that must
/// use UDP goes through `gst:rtspsrc protocols=udp …`.
///
/// JPEG is handed on byte for byte; a trailing fill that a container puts behind it stays. Everything else is
/// decoded and converted once. The first sound of any but V4L2 comes with takeSound(), at 48 kHz; where it is
/// late, cannot be decoded or fails, the picture goes on without it. A Matroska clip whose compressed sound
/// begins seconds after its picture is refused: decodebin (GStreamer 1.22) shows neither before it has met
/// the sound.
///
/// Room: the camera thread. Time: 5 s at most, less when @p stop is asked for (then Fault::Cancelled). Its
/// next() notices a network sender that went silent after 2.5 s (Fault::Unplugged).
/// @return the faults of openSource(); Usage for broken pipeline text and unknown options, with GStreamer's
/// reason.
base::Result<std::unique_ptr<FrameSource>> openGstSource(
    const CameraSpec& spec, base::PicturePool& pool, std::stop_token stop);

} // namespace backtake::capture
