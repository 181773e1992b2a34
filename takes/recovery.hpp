/// Closes what a crash, a power cut or a pulled disk left open.
#pragma once

#include "takes/take_facts.hpp"

#include <functional>
#include <string>
#include <vector>

namespace backtake::takes {

/// What was found of a recording that was cut off, and what was lost of it.
struct Recovery {
    TakeFacts facts;                   ///< As they stand in take.json now.
    bool changed = false;              ///< false: the recording was closed and whole, nothing was written.
    base::FrameIndex rebuilt = 0;      ///< Frames whose index record was made anew from their JPEGs.
    base::FrameIndex cut_off = 0;      ///< Records at the end whose pictures never reached the disk.
    std::uint64_t unused_bytes = 0;    ///< Of picture.mjpeg, behind the last whole picture. They stay.
    std::vector<std::string> findings; ///< One line each, for the operator.
};

/// Ends a recording that was left open: index records are rebuilt from the pictures where they lack, records
/// without a picture at the end are cut off, take.json gets what is there (made anew from the folder's name
/// when it is missing), closed and recovered; the sound's header gets its length. picture.mjpeg is never
/// written to. May be stopped at any point and run again; a whole recording is left as it is.
/// Room: any thread but the recorder's. Time: reads the index and the pictures of the last seconds.
/// @param progress (may be empty) gets 0 … 1 and says false to cancel.
/// @return Fault::Busy while it is still being recorded, Unsupported (a newer version: left untouched),
/// Corrupt (no frame in it), Cancelled, Denied, OutOfSpace.
base::Result<Recovery> recoverTake(
    const std::filesystem::path& folder, const std::function<bool(double)>& progress = {});

/// Folders below the shoot's media/ that hold a recording which is not closed, those without a take.json
/// too. Time: reads every take.json.
std::vector<std::filesystem::path> openRecordings(const std::filesystem::path& shoot);

/// Parts below @p spill whose first part lies in @p shoot and does not know of them are entered in its
/// take.json. @return one line for each.
std::vector<std::string> joinParts(const std::filesystem::path& shoot, const std::filesystem::path& spill);

} // namespace backtake::takes
