/// log.json: what is said of one recording, beside its take.json, so that shoot.db can be made again from
/// media/ alone. Sheets, setups and marks are written the same way in shoot.db. For takes/ alone.
#pragma once

#include "takes/disk.hpp"
#include "takes/log.hpp"

#include <map>

namespace backtake::takes {

/// Version of the files this program writes; a newer one is refused and left untouched.
inline constexpr int kLogFileVersion = 1;
/// Bytes; a hostile file costs no more than this, and what is longer is not written.
inline constexpr std::uint64_t kLargestLogFile = 64 << 20;
inline constexpr std::size_t kMostMarks = 100'000;
/// Bytes of a note: a page fits, a pasted script does not.
inline constexpr std::size_t kLongestNote = 64 << 10;

struct LogFile {
    std::int64_t changes = 0;          ///< Log::version() when it last changed: the greater is the newer.
    std::optional<TakeSheet> sheet;    ///< Absent: nothing was said of the take as a whole.
    std::optional<Setup> setup;        ///< Of the take; absent: nothing was said of it.
    std::vector<Mark> marks;           ///< Of this recording.
    std::optional<Showing> showing {}; ///< Of this recording; absent: as its take.json says.
    friend bool operator==(const LogFile&, const LogFile&) = default;
};

std::string textOf(const TakeSheet& sheet);
std::string textOf(const Setup& setup);
std::string textOf(const Mark& mark);
/// Of several takes, by LoggedTake::id; absent: nothing was said.
using SheetsByTake = std::map<std::int64_t, std::optional<TakeSheet>>;
std::string textOf(const SheetsByTake& sheets);
base::Result<SheetsByTake> parseSheets(std::string_view json);
std::string textOf(const Showing& showing);
std::string textOf(const Showings& showings);
base::Result<Showing> parseShowing(std::string_view json);
base::Result<Showings> parseShowings(std::string_view json);
/// Every field is checked for presence, kind and bounds. @return Fault::Corrupt (what is wrong with it).
base::Result<TakeSheet> parseSheet(std::string_view json);
base::Result<Setup> parseSetup(std::string_view json);
base::Result<Mark> parseMark(std::string_view json);

/// @return Fault::Corrupt (what is wrong with it), Unsupported (a newer version).
base::Result<LogFile> parseLogFile(std::string_view json);
std::string logFileText(const LogFile& file);
/// @return Fault::NotFound, Corrupt, Unsupported, Denied.
base::Result<LogFile> readLogFile(const std::filesystem::path& log_json);
/// Replaces the file atomically. One that is damaged is kept beside it, under another name; one of a newer
/// version stays.
/// @return Fault::OutOfSpace, Denied, NotFound (no such folder), Unsupported (newer), Usage (too much to be
/// read again).
base::Outcome writeLogFile(
    const std::filesystem::path& log_json, const LogFile& file, Disk& disk = kernelDisk());

} // namespace backtake::takes
