/// What people change of a cue sheet: letters, sounds, times. Whatever fails, the sheet is as it was.
#pragma once

#include "guide/cue_sheet.hpp"

namespace backtake::guide {

// Room of all: any thread; pure.

/// A word of a sheet, by indices that it has.
struct CueWordPlace {
    std::size_t line = 0;
    std::size_t word = 0;
};

/// @return Fault::Usage when it is empty, no UTF-8 or of more than 4 KiB.
base::Outcome setRespelling(CueSheet& sheet, CueWordPlace at, std::string_view respelling);

/// As many sounds as before keep their times; else they share the word's, a long one takes two parts. The
/// respelling is not touched. @return as phonesOf().
base::Outcome setIpa(CueSheet& sheet, CueWordPlace at, std::string_view ipa);

/// Spreads all from @p first to @p last over @p begins … @p ends of the reversed guide; what lies between
/// keeps its share. The sheet gets longer where that is needed.
/// @return Fault::Usage when that is no time, or would run into the word before or after: which.
base::Outcome fitTimes(
    CueSheet& sheet, CueWordPlace first, CueWordPlace last, base::Nanos begins, base::Nanos ends);

} // namespace backtake::guide
