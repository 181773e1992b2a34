/// What the operator has switched on to judge a picture: the same for live and review. View state alone: the
/// picture that is recorded and stored never changes by it.
#pragma once

#include "base/cube_lut.hpp"

#include <array>
#include <string>

namespace backtake::ui {

enum class FrameLines { Off = 1, R178, R185, R200, R239, R916, Custom };
enum class ScopeKind { Off = 1, Waveform, Parade, Vectorscope, Histogram, All };

/// Luma from which a stripe pattern is laid over the picture, in per cent of the range from black to white.
struct Zebra {
    bool on = false;
    int low_percent = 70;  ///< Stripes "\" from here up to 5 % above: skin.
    int high_percent = 95; ///< Stripes "/" from here on: nothing left above.
    friend bool operator==(const Zebra&, const Zebra&) = default;
};

struct ImageTools {
    bool false_colour = false;
    bool peaking = false;
    bool lut_on = false;
    Zebra zebra;
    base::CubeLutPtr lut; ///< Null: none is loaded, lut_on then uses the camera's log preset.
    std::string lut_name; ///< For the top bar: "C-Log to 709", or the file's name.
    ScopeKind scopes = ScopeKind::Off;
    FrameLines frame_lines = FrameLines::Off;
    double custom_aspect = 2.35; ///< FrameLines::Custom.
    bool safe_areas =
        false; ///< 93 % and 90 % of the frame (EBU R 95), with frame lines on: of what they leave.
    bool centre_cross = false;
    double desqueeze = 1; ///< Width is multiplied by it: 1, 1.33, 1.5, 1.8, 2.
    double zoom = 1;      ///< Picture pixels seen larger than "fits" by it: 1 … 8.
    std::array<double, 2> centre { 0.5,
        0.5 }; ///< Of what is seen when zoomed, in parts of the upright picture.

    friend bool operator==(const ImageTools&, const ImageTools&) = default;
};

} // namespace backtake::ui
