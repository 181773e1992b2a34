/// What a program must show at each frame of the timeline, so that editorial can prove what theirs does.
#pragma once

#include "takes/handover/clips.hpp"
#include "takes/new_file.hpp"

#include <functional>
#include <span>

namespace backtake::handover {

/// Writes CSV (RFC 4180), a row for each frame of the timeline: its number and timecode, the file and the
/// frame in it with its timecode, the captured frame seen there, whether it is held for a frame that was
/// lost, and the MD5 of its JPEG as `ffmpeg -i FILE -map 0:v -c copy -f framemd5 -` prints it. Time: reads
/// every picture shown.
/// @param timeline its clips have one rate. @param media of each of them.
/// @return Fault::Cancelled when @p progress (0 … 1) says no. What the disk refuses NewFile::publish() tells.
base::Outcome writeFrameMap(const Timeline& timeline, std::span<const Media> media, takes::NewFile& file,
    const std::function<bool(double)>& progress);

} // namespace backtake::handover
