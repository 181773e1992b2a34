/// shoot.db: opened, made, brought up to the version of this program, or kept aside. For takes/ alone; what
/// stands in it is docs/log.md.
#pragma once

#include "takes/database.hpp"

namespace backtake::takes {

inline constexpr std::uint32_t kSchemaVersion = 4;

enum class LogFileKind { Absent = 1, Empty, Ours, Older };
/// Looks at the first bytes before SQLite does, so that what is not ours is never written to.
/// @return Fault::Corrupt (no database, or another program's), Unsupported (newer), Denied.
base::Result<LogFileKind> lookAtLog(const std::filesystem::path& path);

/// Only to look at: of a file of an older version, and where there is none, a copy in memory, which this
/// program may write to as it likes.
/// @return Fault::Corrupt, Denied, Busy.
base::Result<Database> openLogToRead(const std::filesystem::path& path, LogFileKind found);
/// To write: made when it is absent or empty; of an older version, copied to PATH.version-1, and so on, and
/// brought up.
/// @return Fault::Corrupt, Denied, Busy, OutOfSpace.
base::Result<Database> openLogToWrite(const std::filesystem::path& path, LogFileKind found);

/// Gives what lies at @p path, with its write-ahead log, the name PATH.kept-YYYYMMDD-HHMMSS (local time).
/// Nothing may have it open. @return that path.
base::Result<std::filesystem::path> keepLogAside(const std::filesystem::path& path);

} // namespace backtake::takes
