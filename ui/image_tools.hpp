/// What the operator has switched on to judge a picture: the same for live and review. View state alone: the
/// picture that is recorded and stored never changes by it.
#pragma once

#include "base/cube_lut.hpp"
#include "base/picture.hpp"
#include "base/sound.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/words.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>

namespace backtake::ui {

enum class FrameLines { Off = 1, R178, R185, R200, R239, R916, Custom };
enum class ScopeKind { Off = 1, Waveform, Parade, Vectorscope, Histogram, All };

/// Luma from which a stripe pattern is laid over the picture, in per cent of the range from black to white.
struct Zebra {
    static constexpr int kLowBand_percent = 5;
    bool on = false;
    int low_percent = 70;  ///< Stripes "\" from here up to kLowBand_percent above: skin.
    int high_percent = 95; ///< Stripes "/" from here on: nothing left above.
    friend bool operator==(const Zebra&, const Zebra&) = default;
};

/// A point in parts of the upright picture: 0, 0 is its top left corner on screen.
using Point = std::array<double, 2>;

struct ImageTools {
    bool false_colour = false;
    bool peaking = false;
    bool lut_on = false;
    Zebra zebra;
    base::CubeLutPtr lut; ///< Null: none is chosen yet; the picture is shown as it is.
    std::string lut_name; ///< base::nameOf() of the preset, or the file's name.
    std::string lut_file; ///< Where it was read; empty: it is a preset, or none.
    ScopeKind scopes = ScopeKind::Off;
    FrameLines frame_lines = FrameLines::Off;
    double custom_aspect = 2.35; ///< FrameLines::Custom; kLeastAspect … kMostAspect.
    bool safe_areas =
        false; ///< 93 % and 90 % of the frame (EBU R 95), with frame lines on: of what they leave.
    bool centre_cross = false;
    double desqueeze = 1;      ///< Width is multiplied by it: one of kDesqueezes.
    int zoom = 0;              ///< Pixels on screen for each row of the picture: kZooms; 0: as it fits.
    Point centre { 0.5, 0.5 }; ///< Of what is seen when zoomed.
    /// How a reference is looked at. They belong here: like zoom and centre they are the operator's hand on
    /// the picture, the same for whatever is compared, and stay where they were left.
    double wipe = 0.5; ///< In Compare::Wipe the reference begins here, in parts of the place's width.
    double mix = 0.5;  ///< In Compare::Mix so much of what is seen is the reference.

    friend bool operator==(const ImageTools&, const ImageTools&) = default;
};

inline constexpr double kLeastAspect = 0.4;
inline constexpr double kMostAspect = 4;
inline constexpr std::array kDesqueezes { 1.0, 1.33, 1.5, 1.8, 2.0 };
inline constexpr std::array kZooms { 1, 2, 3, 4, 6, 8 };

/// The choice after this one, Off again after the last.
[[nodiscard]] FrameLines next(FrameLines lines);
[[nodiscard]] ScopeKind next(ScopeKind scopes);
[[nodiscard]] double nextDesqueeze(double desqueeze);
/// What the mouse and the keys move in this compare; null where there is nothing to move.
[[nodiscard]] double* amountOf(ImageTools& tools, Compare compare);

/// Makes the camera's preset the look-up table, and shows it. Time: see base::logPreset().
void choosePreset(ImageTools& tools, base::CameraLog log);
/// "Canon Log 2".
[[nodiscard]] std::string_view shortNameOf(base::CameraLog log);

/// Width through height of the frame that the lines show; none when they are off.
[[nodiscard]] std::optional<double> aspectOf(const ImageTools& tools);
/// "2.39", "9:16", "off"; the custom one by its number.
[[nodiscard]] Words<15> nameOf(FrameLines lines, double custom_aspect);
[[nodiscard]] const char* nameOf(ScopeKind scopes);

/// A colour that stands for a range of luma; what no band holds is shown grey.
struct FalseColourBand {
    float from_percent; ///< Included.
    float to_percent;   ///< Not included.
    std::array<std::uint8_t, 3> rgb;
    const char* name;
    const char* range; ///< For the legend.
};
/// From dark to bright; no two overlap. The levels of on-camera monitors for a picture in BT.709: 18 % grey
/// at 38 … 42 %, light skin, one stop over it, at 52 … 56 %.
[[nodiscard]] std::span<const FalseColourBand, 6> falseColourBands();

/// What is seen of the picture in its place.
struct PictureView {
    Point low { 0, 0 };  ///< At the place's top left.
    Point size { 1, 1 }; ///< As far as the place reaches.
    int zoom = 0;        ///< 0: all of it is seen.

    [[nodiscard]] Point centre() const { return { low[0] + size[0] / 2, low[1] + size[1] / 2 }; }
};
/// Panned no further than to the picture's edge, and by whole pixels of the screen: at 1:1 each of them shows
/// exactly one of the picture. A zoom that would show the picture smaller than its place shows all of it.
[[nodiscard]] PictureView viewOf(
    const base::PictureFormat& format, double desqueeze, int zoom, const Point& centre, const Rect& place);

/// The next of kZooms that shows more (@p steps > 0) or less detail than now. @p fits pixels on screen for
/// each row of the picture when all of it is seen: below it zoom is 0.
[[nodiscard]] int zoomStep(int zoom, double fits, int steps);

/// Texture coordinates of the place's top left corner, and how far they go to its bottom right: negative
/// where the picture is turned. Row 0 of the texture is the picture's first.
struct TextureWindow {
    Point origin { 0, 0 };
    Point extent { 1, 1 };
    friend bool operator==(const TextureWindow&, const TextureWindow&) = default;
};
[[nodiscard]] TextureWindow textureOf(const PictureView& view, base::Orientation orientation);

/// Whether what lies left in the picture as stored is seen right; whether its top is seen at the bottom.
[[nodiscard]] bool swapsSides(base::Orientation orientation);
[[nodiscard]] bool swapsEnds(base::Orientation orientation);

/// One word for each thing that makes what is seen and heard another than what was recorded.
class ToolWords {
public:
    /// @param overlaid how a reference lies on the picture.
    ToolWords(const ImageTools& tools, base::Orientation orientation, const PictureView& view,
        std::optional<Compare> overlaid = std::nullopt);
    /// Adds what is done to the sound.
    void add(const base::SoundChoice& sound);
    /// Adds whether a guide is there, and where it is while it plays.
    void add(const GuideModel& guide, bool armed);
    /// Adds which track of a take is heard, and how far its master was moved.
    void add(const MasterModel& master);
    [[nodiscard]] std::span<const Words<31>> all() const& { return { words_.data(), count_ }; }
    std::span<const Words<31>> all() const&& = delete; // a loop over a temporary would outlive it

private:
    void add(std::string_view word);

    std::array<Words<31>, 16> words_ {};
    std::size_t count_ = 0;
};

} // namespace backtake::ui
