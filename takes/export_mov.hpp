/// A take as MOV for editorial: JPEGs passed through untouched, timecode track, reel name.
#pragma once

#include <functional>

#include "takes/recording.hpp"

namespace backtake::takes {

enum class Order { Captured = 1, Shown };

struct MovExport {
    std::vector<std::filesystem::path> files; ///< One per segment of the take, in the order on screen.
    base::FrameIndex frames = 0;
    base::FrameIndex left_out = 0; ///< Lost or damaged frames; the frame before it in the file is held for their time.
    std::uint64_t bytes = 0;
};

/// Writes @p out (for a take with more than one format `out-1.mov`, `out-2.mov`, …). Shown order of a backward take is a physically reversed
/// file: packets in reverse, each with its own duration, timecode from 00:00:00:00 and a reel of its own (captured reel + "R").
/// Written under a temporary name and renamed when whole. Memory: one packet at a time plus the muxer's index.
/// @param progress gets 0 … 1 and says false to cancel.
/// @return Fault::Exists (out is there already), OutOfSpace, Denied, Cancelled, Corrupt (no frame to write).
base::Result<MovExport> exportMov(const Recording& take, Order order, const std::filesystem::path& out,
    const std::function<bool(double)>& progress);

} // namespace backtake::takes
