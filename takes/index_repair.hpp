/// What picture.index should hold, found from what is left of it and from the pictures themselves. For takes/
/// alone; recoverTake() puts it to use.
#pragma once

#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <functional>
#include <utility>

namespace backtake::takes {

/// What is known before the index is looked at.
struct RepairOrder {
    std::filesystem::path folder;
    const File* index = nullptr; ///< None: there is no picture.index.
    const File* pictures = nullptr;
    std::optional<base::FrameIndex> frames; ///< Of a take that was closed: so many count, no more.
    std::optional<base::Rate> rate;         ///< None: take.json is not there to say it.
    std::int64_t start_timecode = 0;
    std::function<bool(double)> progress; ///< Gets 0 … 1, says false to cancel.
};

struct IndexRepair {
    base::Rate rate;             ///< As ordered, or found from the times of the records.
    bool header_damaged = false; ///< Or no index at all.
    base::FrameIndex kept = 0;   ///< Records at the beginning that stay; damaged ones among them.
    /// Made anew, rising: in place of damaged ones below `kept`, and from there on without a hole.
    std::vector<std::pair<base::FrameIndex, IndexRecord>> made;
    base::FrameIndex rebuilt = 0;     ///< Of those made: with their picture. The others stand for damage.
    base::FrameIndex cut_off = 0;     ///< Intact records behind the last frame whose pictures are not there.
    base::FrameIndex damaged = 0;     ///< Records below `kept` that stay damaged.
    base::FrameIndex pictureless = 0; ///< Intact records of the last seconds whose pictures are damaged.
    std::uint64_t unused_bytes = 0;   ///< Of the picture file, behind the last frame.
    TakeSum sum { base::Rate {} };    ///< Of all frames, as they will be.
    std::int64_t first_timecode = 0;

    [[nodiscard]] base::FrameIndex frames() const { return sum.frames(); }
    [[nodiscard]] bool rewrites() const { return header_damaged || !made.empty(); }
};

/// Reads the index once, the pictures of the last seconds, and the bytes between pictures that no record
/// covers. Changes nothing. Memory: what is made anew, 100 bytes a frame.
/// Rules: an intact record is never doubted but for its picture, which must match its check sum in the last
/// seconds of a take that was cut off. A JPEG without a record is a frame when it follows the picture before
/// it without a hole; one that might hold blocks a power cut left empty, or that does not decode, is none.
/// @return Fault::Cancelled.
base::Result<IndexRepair> findIndexRepair(const RepairOrder& order);

/// Puts a new picture.index in place of the old one: header, all records of the old one, those made anew in
/// their places. @return the new file, locked; OutOfSpace, Denied, Failed: the old one stays.
base::Result<File> replaceIndex(const RepairOrder& order, const IndexRepair& repair, Disk& disk);

} // namespace backtake::takes
