/// From takes to the clips of a timeline.
#pragma once

#include "takes/export_mov.hpp"
#include "takes/handover/timeline.hpp"
#include "takes/log.hpp"
#include "takes/nominal_grid.hpp"

#include <algorithm>
#include <memory>

namespace backtake::handover {

/// How takes are to be played.
struct Playing {
    takes::Order order = takes::Order::Shown;
    int speed_percent = 100; ///< In that order: always positive.
    /// Frames of the take in its shown order, both included; none: from its first, to its last.
    std::optional<FrameIndex> in;
    std::optional<FrameIndex> out;
    std::optional<takes::StoryCard> card {}; ///< Of a sequence: in place of all of these.
};

/// What lies behind a clip.
struct Media {
    std::shared_ptr<const takes::Recording> take;
    takes::MovRun run;
    std::shared_ptr<const takes::NominalGrid> grid; ///< Of run.whole.
    bool reversed = false;                          ///< The file is the physically reversed one.

    /// Of the file, in frame times. A frame without a place is one all the same.
    [[nodiscard]] FrameIndex length() const
    {
        return std::max<FrameIndex>(1, grid->placeOf(run.last) - grid->placeOf(run.first));
    }
    /// The captured frame that stands at a frame of the file.
    [[nodiscard]] FrameIndex captured(FrameIndex file_frame) const
    {
        return grid->capturedAt(grid->placeOf(run.first) + mirrored(file_frame));
    }
    /// Where captured frame @p n stands in the file as it would be if that were not reversed.
    [[nodiscard]] FrameIndex placeOf(FrameIndex n) const
    {
        return grid->placeOf(n) - grid->placeOf(run.first);
    }
    /// Of frames of the file as it is and as it would be if it were not reversed: the one that is the
    /// other's.
    [[nodiscard]] FrameIndex mirrored(FrameIndex n) const { return reversed ? length() - 1 - n : n; }
};
struct TakenClip {
    Clip clip;
    Media media;
};

/// The captured frames that are played.
/// @return Fault::Usage (in and out are not within the take).
base::Result<takes::FrameRange> rangeOf(const takes::Recording& take, const Playing& playing);

/// What the files behind clips hold: takes whole, of which a range is played, or that range alone.
enum class Extent { Whole = 1, Played };

/// The clips of a take in the order played: one, or one for each of its formats. Their files are those that
/// exportMov() writes as @p mov in @p order on the nominal grid.
/// @param log what is said of the take; null: nothing is known.
/// Time: reads all capture times.
/// @return Fault::Usage (in and out are not within the take).
base::Result<std::vector<TakenClip>> clipsOf(const std::shared_ptr<const takes::Recording>& take,
    const takes::LoggedTake* log, const Playing& playing, const std::filesystem::path& mov,
    takes::Order order, Extent extent = Extent::Whole);

} // namespace backtake::handover
