/// The camera an operator asked for: `pattern:1920x1080@25`, `file:clip.mov?loop`, `rtsp://…`.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace backtake::capture {

struct CameraSpec {
    enum class Kind { Pattern = 1, File, Gst, V4l2, Rtsp, Srt, Gphoto };
    Kind kind = Kind::Pattern;
    std::string text;    ///< As typed. May hold a password: never print it, print shown().
    std::string address; ///< What follows the kind: "1920x1080@25", a path, a pipeline, or the whole URL.
    std::map<std::string, std::string> options; ///< `?loop&stall=2` of pattern: and file:.

    /// Without secrets, for logs, JSON and the screen.
    [[nodiscard]] std::string shown() const;
};

/// @return Fault::Usage with the list of forms for an unknown one.
base::Result<CameraSpec> parseCameraSpec(std::string_view text);

/// Sound that does not come with the picture: `audio:pulse`, `audio:alsa:hw:1`, `audio:gst:PIPELINE`.
struct SoundSpec {
    enum class Kind {
        Off = 1, ///< Takes have no sound, not even the camera's.
        Pulse,   ///< PulseAudio or PipeWire: the default source, or the one named.
        Alsa,    ///< The default device, or the one named.
        Gst,     ///< Text as gst-launch-1.0 takes it, without a sink.
        Test,    ///< A tone of 1 kHz at -20 dB, on 1 or as many channels as named.
    };
    Kind kind = Kind::Off;
    std::string text;    ///< As typed. May hold a password: never print it, print shown().
    std::string address; ///< What follows the kind: a device, a pipeline, a number of channels; may be empty.

    [[nodiscard]] std::string shown() const;
};

/// @return Fault::Usage with the list of forms for an unknown one.
base::Result<SoundSpec> parseSoundSpec(std::string_view text);

} // namespace backtake::capture
