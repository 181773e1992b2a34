/// Cue sheets as files: with the shoot, on paper, as sound.
#pragma once

#include "guide/cue_sheet.hpp"
#include "takes/new_file.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace backtake::app {

// Room of all: any thread that may wait for a disk.

/// `SHOOT/cues/NAME.json`. @return Fault::Usage for a name that is no file's name.
base::Result<std::filesystem::path> cueSheetPath(const std::filesystem::path& shoot, const std::string& name);
/// @return Fault::NotFound, Denied, and as parseCueSheet() with the file's name.
base::Result<guide::CueSheet> readCueSheet(const std::filesystem::path& path);
/// Makes its folder where it is missing. @return Fault::Exists when there is one and it is to stay.
base::Outcome writeCueSheet(const std::filesystem::path& path, const guide::CueSheet& sheet,
    takes::NewFile::Existing existing = takes::NewFile::Existing::Replace);
/// Sets a sheet aside, in `SHOOT/cues/removed/` under its name or "NAME 2", "NAME 3", …: nothing there is
/// replaced. @return where it is now; Fault::NotFound, Denied, …
base::Result<std::filesystem::path> setCueSheetAside(
    const std::filesystem::path& shoot, const std::string& name);
/// Brings it back under its name, or the next free one as above. @return that name.
base::Result<std::string> bringCueSheetBack(
    const std::filesystem::path& shoot, const std::filesystem::path& aside, const std::string& name);
/// The names of the shoot's sheets, sorted; empty without any.
std::vector<std::string> cueSheetNames(const std::filesystem::path& shoot);

enum class Paper { A4 = 1, Letter };

/// For the actor's hand: each line as it is written, in IPA and in large respelling, with its times.
/// @param progress may be null; called with how much is done, 0 … 1. false: stop, with Fault::Cancelled;
/// there is no file then. @return pages.
base::Result<int> writeCuePdf(const std::filesystem::path& path, const guide::CueSheet& sheet, Paper paper,
    const std::function<bool(double)>& progress = nullptr);

/// As speakCueSheet(): a WAV file of 16 bits, mono, guide::kVoiceRateHz.
/// @param go_on false: stop, with Fault::Cancelled; asked many times a second of sound.
base::Result<base::Nanos> writeCueSound(
    const std::filesystem::path& path, const guide::CueSheet& sheet, const std::function<bool()>& go_on);

} // namespace backtake::app
