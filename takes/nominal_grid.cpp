#include "takes/nominal_grid.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::takes {
using base::FrameIndex;

NominalGrid::NominalGrid(const base::Footage& footage, FrameIndex first, FrameIndex last)
    : first_(first)
{
    constexpr double kJitterFrames = 0.75;
    const base::Nanos start = footage.capturedTime(first);
    const double per_nano = footage.nominalRate().perSecond() / 1e9;
    places_.reserve(static_cast<std::size_t>(last - first + 1));
    places_.push_back(0);
    for (FrameIndex n = first + 1; n <= last; ++n) {
        const double ideal = static_cast<double>((footage.capturedTime(n) - start).count()) * per_nano;
        const FrameIndex next = places_.back() + 1;
        places_.push_back(std::abs(ideal - static_cast<double>(next)) <= kJitterFrames
                ? next
                : std::max(places_.back(), static_cast<FrameIndex>(std::llround(ideal))));
    }
    places_.back() = std::max<FrameIndex>(places_.back(), 1);
}

FrameIndex NominalGrid::capturedAt(FrameIndex place) const
{
    return first_ + (std::upper_bound(places_.begin(), places_.end() - 1, place) - places_.begin()) - 1;
}

} // namespace backtake::takes
