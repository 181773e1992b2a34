/// From takes to the clips of a timeline.
#pragma once

#include "takes/export_mov.hpp"
#include "takes/handover/timeline.hpp"
#include "takes/log.hpp"
#include "takes/nominal_grid.hpp"

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
    std::shared_ptr<const takes::NominalGrid> grid;
    bool reversed = false; ///< The file is the physically reversed one.

    /// The captured frame that stands at a frame of the file.
    [[nodiscard]] FrameIndex captured(FrameIndex file_frame) const
    {
        return grid->capturedAt(mirrored(file_frame));
    }
    /// Of frames of the file and places on the grid: the one that is the other's.
    [[nodiscard]] FrameIndex mirrored(FrameIndex n) const { return reversed ? grid->length() - 1 - n : n; }
};
struct TakenClip {
    Clip clip;
    Media media;
};

/// The clips of a take in the order played: one, or one for each of its formats. Their files are those that
/// exportMov() writes as @p mov in @p order on the nominal grid.
/// @param log what is said of the take; null: nothing is known.
/// Time: reads all capture times.
/// @return Fault::Usage (in and out are not within the take).
base::Result<std::vector<TakenClip>> clipsOf(const std::shared_ptr<const takes::Recording>& take,
    const takes::LoggedTake* log, const Playing& playing, const std::filesystem::path& mov,
    takes::Order order);

} // namespace backtake::handover
