/// Frames as editing programs count them: one a frame time, from 0, whatever the camera's clock did.
#pragma once

#include "base/frame.hpp"

#include <vector>

namespace backtake::takes {

/// A run of captured frames laid on the nominal grid. Each frame keeps its place after the one before while
/// its time is within 3/4 of a frame of it, so that jitter costs nothing; a gap leaves places that the frame
/// before it holds, and of frames that come too fast for the rate some have no place at all. Memory: 8 bytes
/// a frame.
class NominalGrid {
public:
    /// @param first, last captured frames [first, last), at least one.
    /// Time: reads every capture time of the run.
    NominalGrid(const base::Footage& footage, base::FrameIndex first, base::FrameIndex last);

    /// Places, N.
    [[nodiscard]] base::FrameIndex length() const { return places_.back(); }
    /// Of captured frame @p n: its first place; of `last`: length(). The frame has no place when the one
    /// after it has the same.
    [[nodiscard]] base::FrameIndex placeOf(base::FrameIndex n) const
    {
        return places_[static_cast<std::size_t>(n - first_)];
    }
    /// The captured frame that stands at @p place, 0 ... length() - 1.
    [[nodiscard]] base::FrameIndex capturedAt(base::FrameIndex place) const;

private:
    base::FrameIndex first_;
    std::vector<base::FrameIndex> places_; ///< Never fall; one more than there are frames.
};

} // namespace backtake::takes
