/// Small pictures of a take, spread evenly over it. For scrub bars and lists.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace backtake::base {

/// Cells one below the other in one image, in captured order. Immutable once made, shared as FilmstripPtr.
struct Filmstrip {
    std::uint64_t version = 0; ///< Changes with every strip and every cell that is added.
    int cell_width = 0;
    int cell_height = 0;
    std::vector<FrameIndex> captured; ///< What each cell shows.
    std::vector<bool> made;           ///< Else it is black: not decoded yet, damaged or lost.
    std::vector<std::uint8_t> rgba;   ///< cell_width * cell_height * 4 bytes a cell, from its top left.
};
using FilmstripPtr = std::shared_ptr<const Filmstrip>;

} // namespace backtake::base
