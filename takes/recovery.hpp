/// Closes what a crash, a power cut or a pulled disk left open.
#pragma once

#include "takes/disk.hpp"
#include "takes/take_facts.hpp"

#include <filesystem>
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
    base::FrameIndex damaged = 0;      ///< Frames that keep their place without a picture.
    std::uint64_t unused_bytes = 0;    ///< Of picture.mjpeg, behind the last whole picture. They stay.
    std::vector<std::string> findings; ///< One line each, for the operator.
};

/// Ends a recording that was left open: index records are rebuilt from the pictures where they lack, records
/// without a picture at the end are cut off, take.json gets what is there (made anew from the folder's name
/// when it is missing), closed and recovered; the sound's header gets its length. Of a closed take, records
/// that are damaged or lack at the end are rebuilt. picture.mjpeg is never written to. May be stopped at any
/// point and run again: the end is the same. A whole recording is left as it is.
/// Room: any thread but the recorder's. Time: reads the index and the pictures of the last seconds, and all
/// pictures that no index record covers.
/// @param progress (may be empty) gets 0 … 1 and says false to cancel; then nothing was changed.
/// @return Fault::Busy while it is still being recorded, NotFound (no recording), Unsupported (a newer
/// version: left untouched), Corrupt (no frame in it: left untouched), Cancelled, Denied, OutOfSpace.
base::Result<Recovery> recoverTake(const std::filesystem::path& folder,
    const std::function<bool(double)>& progress = {}, Disk& disk = kernelDisk());

/// Whether a recorder, of this program or another, has the recording in @p folder open to write. On a file
/// system without locks nobody says so.
bool isBeingRecorded(const std::filesystem::path& folder);

/// Folders below the shoot's media/ that hold a recording which is not closed, those whose take.json is
/// missing or damaged too; not those of a newer version. Sorted. Time: reads every take.json.
std::vector<std::filesystem::path> openRecordings(const std::filesystem::path& shoot);

/// Closed parts below @p spill whose first part lies in @p shoot and does not know of them are entered in
/// its take.json, unless that take is rolling. @return one line for each, and for each that could not be.
std::vector<std::string> joinParts(
    const std::filesystem::path& shoot, const std::filesystem::path& spill, Disk& disk = kernelDisk());

} // namespace backtake::takes
