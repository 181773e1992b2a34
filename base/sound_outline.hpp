/// A sound's outline for windows, as filmstrips are for pictures.
#pragma once

#include "base/time.hpp"

#include <memory>
#include <span>

namespace backtake::base {

/// Lowest and highest value of a stretch of sound, -1 … 1.
struct WaveColumn {
    float low = 0;
    float high = 0;

    friend bool operator==(const WaveColumn&, const WaveColumn&) = default;
};

/// Immutable. Room: any thread, the window's included. Time: columns() touches memory only.
class SoundOutline {
public:
    virtual ~SoundOutline() = default;
    /// One column each for equal parts of [from, to) in the track's own time; silence outside of it. To show
    /// a take reversed give @p from later than @p to.
    virtual void columns(Nanos from, Nanos to, std::span<WaveColumn> into) const = 0;
};
using SoundOutlinePtr = std::shared_ptr<const SoundOutline>;

} // namespace backtake::base
