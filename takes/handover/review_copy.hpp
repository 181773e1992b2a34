/// A take as a film to look at: H.264 with slate and clocks burnt in, or ProRes for programs that want no
/// JPEGs.
#pragma once

#include "takes/export_mov.hpp"
#include "takes/handover/timeline.hpp"

#include <functional>

namespace backtake::handover {

enum class CopyCodec { H264 = 1, ProRes, ProResLt, ProResProxy };
enum class Burn { Nothing = 1, SlateAndClocks };

struct CopyForm {
    CopyCodec codec = CopyCodec::H264;
    Burn burn = Burn::SlateAndClocks;
    int most_width = 1920; ///< A wider picture is scaled down to it; sizes are even.
};
/// Review copies with all of it, ProRes untouched in its size and without letters on it.
CopyForm customary(CopyCodec codec);

struct ReviewCopy {
    std::filesystem::path file;
    FrameIndex frames = 0;
    FrameIndex held = 0; ///< Of these, for which the frame before was held: theirs is lost or damaged.
    std::uint64_t bytes = 0;
};

/// Writes @p out as the clip is played: its range, its order and its speed, one frame a frame time, turned as
/// the take is turned. BT.709, limited range; H.264 4:2:0 with AAC in .mp4 (or .mov), ProRes 4:2:2 in 10 bits
/// with PCM of 24 bits in .mov, both with a timecode track: that of the footage when played forward, from
/// 00:00:00:00 when reversed, then with a reel of its own ("R"). Sound goes the picture's way and speed, its
/// pitch with it; of more than two channels AAC gets the mean.
///
/// Written under a temporary name and renamed when it is whole; never over a file that is there. Memory: some
/// twenty pictures, whatever the length. Threads: two that decode, and the encoder's own; they inherit the
/// caller's niceness. Room: any thread, for as long as it takes.
/// @param run the frames and format of the take that the clip's file holds (movRuns()).
/// @param progress (may be empty) gets 0 ... 1 and says false to cancel.
/// @return Fault::Exists, NotFound (no such folder), OutOfSpace, Denied, Cancelled, Corrupt (no frame to
/// write), Usage (the clip's range is not within the run), Unsupported (libavcodec lacks the encoder);
/// nothing is left behind then.
base::Result<ReviewCopy> makeReviewCopy(const takes::Recording& take, const takes::MovRun& run,
    const Clip& clip, const CopyForm& form, const std::filesystem::path& out,
    const std::function<bool(double)>& progress);

} // namespace backtake::handover
