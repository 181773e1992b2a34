/// What an operator has settled once for all shoots: one TOML file, written by hand or by the program.
/// docs/settings.md tells what can stand in it.
#pragma once

#include "base/result.hpp"
#include "ui/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace backtake::app {

using ui::Settings;

/// Version of the files this program writes; a newer one is refused and left untouched.
inline constexpr int kSettingsVersion = 1;

struct SettingsFile {
    Settings settings;
    /// In the operator's words, in the order of the file: "settings.toml:12: preroll_s is a number from 0 to
    /// 3600, not "soon"; the default is used".
    std::vector<std::string> troubles;
    /// false: there is no such file, or nothing of it could be used.
    bool used = false;
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
