/// What an operator has settled once for all shoots, as plain values. The settings window (F10) changes them,
/// app keeps them in a file; docs/settings.md tells what they are.
#pragma once

#include "base/picture.hpp"
#include "base/sound.hpp"
#include "ui/guide.hpp"
#include "ui/image_tools.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::ui {

enum class KeyId; // ui/keys.hpp, which knows SDL

/// A key with what is held down with it.
struct KeyCombination {
    std::int32_t key = 0;   ///< An SDL_Keycode.
    unsigned modifiers = 0; ///< ui::modifier bits.
    friend bool operator==(const KeyCombination&, const KeyCombination&) = default;
};
/// Only rows that lie elsewhere than in keyTable().
using KeyChoices = std::map<KeyId, KeyCombination>;

/// Of the states, as 0xRRGGBB; nullopt: the program's own.
struct StateColours {
    std::optional<std::uint32_t> rolling;
    std::optional<std::uint32_t> shown;
    std::optional<std::uint32_t> captured;
    std::optional<std::uint32_t> live;
    friend bool operator==(const StateColours&, const StateColours&) = default;
};

/// What a stick or wheel does while it is pushed.
enum class AxisUse { Nothing = 1, Jog, Shuttle };

/// What game pads and jog wheels do: only what differs from padTable() and axisTable().
struct PadMapping {
    std::map<int, std::optional<KeyId>> buttons; ///< By SDL_GameControllerButton; nullopt: nothing.
    std::map<int, AxisUse> axes;                 ///< By SDL_GameControllerAxis.
    friend bool operator==(const PadMapping&, const PadMapping&) = default;
};

struct Settings {
    /// What a shoot begins with. The command line comes before it.
    struct Shoot {
        std::optional<double> preroll_s; ///< 0 … kLongestPreroll_s; nullopt: the program's own.
        std::string ring;                ///< As isRing() has it; empty: the program's own.
        bool backward = true;
        base::Orientation orientation = base::Orientation::Upright;
        /// Of cameras without their own, as for --audio; empty: what comes with the pictures. May hold a
        /// password.
        std::string sound;
        std::string timecode; ///< As isTimecode() has it; empty: time of day.
        std::string spill;    ///< The second folder as typed; empty: none.
        friend bool operator==(const Shoot&, const Shoot&) = default;
    };
    struct Camera {
        std::string spec; ///< As for --camera; may hold a password.
        std::string name; ///< What the crew calls it; empty: nothing.
        /// Of its takes alone, as for --audio; empty: Shoot::sound. May hold a password.
        std::string sound {};
        friend bool operator==(const Camera&, const Camera&) = default;
    };
    /// The second window.
    struct Output {
        std::string display; ///< Its number, from 1 on, or its name; empty: none is opened at the start.
        bool full_screen = true;
        bool lut = true; ///< The first window's, when that is on.
        bool badge = false;
        std::string own_lut; ///< A preset's name or a .cube file, shown in any case; empty: none.
        bool cue = false;    ///< The chosen cue sheet over the picture.
        friend bool operator==(const Output&, const Output&) = default;
    };

    KeyChoices keys;
    Shoot shoot;
    std::vector<Camera> cameras; ///< A, B, …
    Output second_output;
    base::SoundChoice sound;
    GuideChoice guide; ///< Its speed and loop are not kept: they are a song's.
    StateColours colours;
    ImageTools tools; ///< When the program starts.
    PadMapping pads;
    bool ask_board = true; ///< After each cut, which board the take has.
    friend bool operator==(const Settings&, const Settings&) = default;
};

inline constexpr double kLongestPreroll_s = 3600;
inline constexpr std::size_t kMostCameras = 26; ///< A … Z
/// A size of the ring: "512M", from 1M on; empty: the program's own.
[[nodiscard]] bool isRing(std::string_view text);
/// Whether a shoot can go by it: "tod", "free", "free:10:00:00:00", "ltc:1", as --timecode; empty too.
bool isTimecode(std::string_view text);

/// What the settings window asks of whoever keeps them.
struct SettingsOrder {
    enum class Kind {
        Save = 1, ///< @p settings are the ones from now on.
        Export,   ///< Into a new @p file.
        Load,     ///< A preset.
    };
    Kind kind;
    std::string file; ///< As typed.
    Settings settings {};
};
/// The answer.
struct SettingsReport {
    SettingsOrder::Kind kind;
    std::vector<std::string> troubles;     ///< In the operator's words; empty: none.
    std::string done {};                   ///< What was done; empty: nothing.
    std::optional<Settings> settings = {}; ///< Of the preset: to be used from now on.
};

/// How far two colours lie apart for the eye, 0 … some 260: the distance in CIELAB (CIE 1976, D65).
[[nodiscard]] double colourDistance(std::uint32_t one, std::uint32_t other);
/// Below it two states' colours are hard to tell apart on a monitor in daylight.
inline constexpr double kHardToTellApart = 25;

/// @p edited with the secrets of @p original where it still says "***": what base::withoutSecrets() made of
/// @p original can be edited without showing them.
[[nodiscard]] std::string withSecretsOf(std::string_view original, std::string_view edited);

} // namespace backtake::ui
