/// A take as MOV for editorial: JPEGs passed through untouched, timecode track, reel name.
#pragma once

#include "takes/recording.hpp"

#include <functional>

namespace backtake::takes {

enum class Order { Captured = 1, Shown };
/// When the frames of a file are shown. Nominal: one a frame time (NominalGrid), as editing programs count:
/// file frame f bears the timecode of the first plus f. AsCaptured: each at its own time, which uneven
/// cameras need to look right.
enum class Timing { Nominal = 1, AsCaptured };

/// Captured frames [first, last) of a take.
struct FrameRange {
    base::FrameIndex first = 0;
    base::FrameIndex last = 0;
};

/// One file that a take becomes: a run of frames of one format, or the part of it that is asked for.
struct MovRun {
    base::FrameIndex first = 0; ///< Captured frames [first, last).
    base::FrameIndex last = 0;
    int width = 0;
    int height = 0;
    std::filesystem::path file;
    FrameRange whole {}; ///< The run that it is of: places and timecode are counted from its first frame.
};
/// In the order of the files: out.mov, or for a take with more than one format out-1.mov, out-2.mov, ...
/// @param part of the take, at least one frame; none: all.
std::vector<MovRun> movRuns(const Recording& take, Order order, const std::filesystem::path& out,
    const std::optional<FrameRange>& part = {});

struct MovExport {
    std::vector<std::filesystem::path> files; ///< One per segment of the take, in the order on screen.
    base::FrameIndex frames = 0;
    base::FrameIndex left_out =
        0; ///< Lost or damaged frames, and those without a place; the frame before it in the file is held.
    std::uint64_t bytes = 0;
    /// Captured frames, rising, that were recorded and that nobody can read now; none of a take with a part
    /// whose disk is away.
    std::vector<base::FrameIndex> damaged;
};

/// The reel an exported clip is found by: the take's folder name in A-Z 0-9 _, "12A_003_A". Not unique
/// between scenes that differ in case only.
std::string reelName(const Slate& slate);

/// How many samples of @p sound an exported file takes for a second of its pictures: all as they were
/// recorded, one for one, as long as the sound card's clock leads them at the end of the take by no more than
/// a frame from theirs. A clock further off makes it SoundTrack::trueRate(), and the samples are resampled.
double exportedSoundRate(const base::SoundTrack& sound, const base::Rate& pictures);

/// Writes @p out (movRuns()). Shown order of a backward take is a physically reversed file: packets in
/// reverse, each with its own duration, sound sample by sample from its end, timecode from 00:00:00:00 (going
/// on from file to file) and a reel of its own (reelName() + "R"). The take's orientation is written as the
/// track's matrix. Sound, when there is any, lies beside the picture as PCM of the width it was recorded in,
/// bit for bit unless exportedSoundRate() says otherwise.
/// Of a part the file is what the whole one has there, cut at the frame's place: the same pictures under the
/// same timecodes, the sound from the sample on that lies there. A lost frame at its beginning has none
/// before it to be held: the first that is there is shown in its place. Written under a temporary name and
/// renamed when whole. Memory: one packet at a time plus the muxer's index. Room: any thread, for as long as
/// it takes to read and write the take once.
/// @param progress (may be empty) gets 0 … 1 and says false to cancel.
/// @return Fault::Exists (out is there already), NotFound (no such folder), OutOfSpace, Denied, Cancelled,
/// Corrupt (no frame to write); nothing
///         is left behind then.
base::Result<MovExport> exportMov(const Recording& take, Order order, Timing timing,
    const std::filesystem::path& out, const std::function<bool(double)>& progress,
    const std::optional<FrameRange>& part = {});

} // namespace backtake::takes
