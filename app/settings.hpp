/// What an operator has settled once for all shoots: one TOML file, written by hand or by the program.
/// docs/settings.md tells what can stand in it.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"
#include "takes/take_facts.hpp"
#include "ui/image_tools.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::ui {
enum class KeyId; // ui/keys.hpp, which knows SDL
}

namespace backtake::app {

/// Version of the files this program writes; a newer one is refused and left untouched.
inline constexpr int kSettingsVersion = 1;

/// A key with what is held down with it.
struct KeyCombination {
    std::int32_t key = 0;   ///< An SDL_Keycode.
    unsigned modifiers = 0; ///< ui::modifier bits.
    friend bool operator==(const KeyCombination&, const KeyCombination&) = default;
};

/// Reads "Ctrl+G", "Shift+F6", "+", in whatever case. @return nullopt when there is no such key.
std::optional<KeyCombination> parseKeyCombination(std::string_view text);
/// "Ctrl+G": what parseKeyCombination() reads, modifiers in the order Ctrl, Alt, Shift.
std::string text(const KeyCombination& keys);

struct CameraChoice {
    std::string spec; ///< As for --camera; may hold a password.
    std::string name; ///< What the crew calls it; empty: nothing.
    friend bool operator==(const CameraChoice&, const CameraChoice&) = default;
};

/// The second window.
struct SecondOutput {
    std::string display; ///< Its number, from 1 on, or its name; empty: there is no second window.
    bool full_screen = true;
    bool lut = true;
    bool badge = false;
    friend bool operator==(const SecondOutput&, const SecondOutput&) = default;
};

using Rgb = std::array<std::uint8_t, 3>;

/// Colours of the states; nullopt: the program's own.
struct StateColours {
    std::optional<Rgb> rolling;
    std::optional<Rgb> shown;
    std::optional<Rgb> captured;
    std::optional<Rgb> live;
    friend bool operator==(const StateColours&, const StateColours&) = default;
};

/// What a shoot begins with. The command line comes before it.
struct ShootDefaults {
    std::optional<double> preroll_s; ///< 0 … 3600; nullopt: the program's own.
    std::string ring;                ///< "512M"; empty: the program's own.
    takes::Direction direction = takes::Direction::Backward;
    base::Orientation orientation = base::Orientation::Upright;
    std::string spill; ///< The second folder as typed; empty: none.
    friend bool operator==(const ShootDefaults&, const ShootDefaults&) = default;
};

struct Settings {
    std::map<ui::KeyId, KeyCombination> keys; ///< Only those that differ from ui::keyTable().
    ShootDefaults shoot;
    std::vector<CameraChoice> cameras; ///< A, B, …
    SecondOutput second_output;
    StateColours colours;
    ui::ImageTools tools; ///< Its LUT is not read here, only lut_name and lut_file say which.
    friend bool operator==(const Settings&, const Settings&) = default;
};

struct SettingsFile {
    Settings settings;
    /// In the operator's words, in the order of the file: "settings.toml:12: preroll_s is a number from 0 to
    /// 3600, not "soon"; the default is used".
    std::vector<std::string> troubles;
};

/// `$XDG_CONFIG_HOME/backtake/settings.toml`; the folder is ~/.config where the variable is no absolute path
/// (XDG Base Directory Specification 0.8). Room: any thread.
std::filesystem::path settingsPath();

/// Reads a settings file or a preset. Never fails: what cannot be used has its default and is told among the
/// troubles, each with its line; no file is no trouble. Keys that clash are told, and the one of the later
/// line keeps its default.
/// Room: any thread but the window's: it waits for the disk.
SettingsFile load(const std::filesystem::path& path);

/// Puts @p settings into the file, which is made (and its folder) when it is not there. Changes only the
/// values that differ: comments, order, what is not known here and a value that could not be used stay as
/// they are. Written beside it, synced, renamed: at any time the file is the old or the new one. Only its
/// owner may read it, for it may hold a camera's password.
/// Room: as load(). One call at a time for one file.
/// @return Fault::OutOfSpace, Denied, Corrupt (the file has lines that cannot be read, or a section in a form
/// that cannot be added to: which), Unsupported (of a newer version), Usage (settings that load() would
/// refuse: why). Whatever fails, the file is as it was.
base::Outcome save(const std::filesystem::path& path, const Settings& settings);

/// Writes all of @p settings, defaults too, into a new file: load() of it gives the same everywhere. Room and
/// faults as save(); Exists when there is such a file: it is not replaced.
base::Outcome exportPreset(const std::filesystem::path& path, const Settings& settings);

} // namespace backtake::app
