/// Sound out of GStreamer: the end of a pipeline that gives 48 kHz, and its samples as blocks.
#pragma once

#include "base/result.hpp"
#include "capture/frame_source.hpp"
#include "capture/gst_pipeline.hpp"

#include <optional>

namespace backtake::capture {

/// What a sound sink offers: other rates are resampled before it, 16 bit stays 16, all that has more comes
/// with 32, of which a block keeps 24.
inline constexpr const char* kTakenSound =
    "audio/x-raw, format=(string){ S16LE, S32LE }, layout=(string)interleaved, rate=(int)48000, "
    "channels=(int)[ 1, 8 ]";
/// The end of a chain of sound, as text. In a pipeline of the operator's own `! sound.` leads to it.
inline constexpr const char* kSoundTail =
    "audioconvert name=sound ! audioresample ! appsink name=backtake-sound";

/// Adds to @p bin an element behind which errors end, so that what leads to it goes on. @return it, the
/// bin's, or nullptr when it is not installed.
GstElement* makeShield(GstBin* bin);

/// Adds such an end, shielded, to @p bin and starts it when the bin runs. @return its appsink, and the pad to
/// link with.
struct SoundEnd {
    GstOwned<GstAppSink> sink;
    GstOwned<GstPad> into;
};
base::Result<SoundEnd> addSoundEnd(GstBin* bin);

/// The samples of @p sample, without a time. @return nullopt for what kTakenSound does not hold.
std::optional<SoundBlock> soundBlock(GstSample* sample);

} // namespace backtake::capture
