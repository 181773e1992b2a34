/// A take as MOV for editorial: JPEGs passed through untouched, timecode track, reel name.
#pragma once

#include "takes/recording.hpp"

#include <functional>

namespace backtake::takes {

enum class Order { Captured = 1, Shown };

struct MovExport {
    std::vector<std::filesystem::path> files; ///< One per segment of the take, in the order on screen.
    base::FrameIndex frames = 0;
    base::FrameIndex left_out =
        0; ///< Lost or damaged frames; the frame before it in the file is held for their time.
    std::uint64_t bytes = 0;
};

/// The reel an exported clip is found by: the take's folder name in A-Z 0-9 _, "12A_003_A". Not unique
/// between scenes that differ in case only.
std::string reelName(const Slate& slate);

/// Writes @p out (for a take with more than one format `out-1.mov`, `out-2.mov`, …). Shown order of a
/// backward take is a physically reversed file: packets in reverse, each with its own duration, timecode from
/// 00:00:00:00 (going on from file to file) and a reel of its own (reelName() + "R"). The take's orientation
/// is written as the track's matrix. Picture only: the sound stays in sound.wav. Written under a temporary
/// name and renamed when whole. Memory: one packet at a time plus the muxer's index. Room: any thread, for as
/// long as it takes to read and write the take once.
/// @param progress (may be empty) gets 0 … 1 and says false to cancel.
/// @return Fault::Exists (out is there already), NotFound (no such folder), OutOfSpace, Denied, Cancelled,
/// Corrupt (no frame to write); nothing
///         is left behind then.
base::Result<MovExport> exportMov(const Recording& take, Order order, const std::filesystem::path& out,
    const std::function<bool(double)>& progress);

} // namespace backtake::takes
