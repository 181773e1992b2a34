/// Follows a cue sheet while the reversed guide plays.
#pragma once

#include "guide/cue_sheet.hpp"

#include <optional>

namespace backtake::guide {

/// Where the reversed guide is in the sheet. Indices are of the sheet as it was given.
struct CuePlace {
    /// The line being said, or in a pause the one that was said last; none before the first.
    std::optional<std::size_t> line;
    std::size_t word = 0;  ///< Of @p line: the one being said or said last.
    std::size_t phone = 0; ///< Of @p word, likewise.
    /// How much of @p line is said, 0 … 1: for a display that scrolls. 1 in the pause after it.
    double said = 0;
    std::optional<std::size_t> next; ///< The line after it; none at the last.
    base::Nanos until_next {};       ///< Until the next one begins; 0 when there is none.
    friend bool operator==(const CuePlace&, const CuePlace&) = default;
};

/// @param position in the reversed guide; before 0 and after its end are allowed.
/// Room: any thread; pure. Time: a search by halves, fit for every picture drawn.
CuePlace placeInSheet(const CueSheet& sheet, base::Nanos position);

} // namespace backtake::guide
