/// A timeline as text for each program that takes one. Pure: facts in, text out. Golden files in the tests
/// were worked out by hand from the arithmetic said at each format.
#pragma once

#include "takes/handover/timeline.hpp"

#include <string>

namespace backtake::handover {

/// CMX 3600 has no single meaning for a reversed event. Cmx: source in is the first frame shown (the highest
/// timecode), as Avid and Final Cut wrote it. Range: source in and out are the range of the footage, surely
/// found; the editor presses reverse. Otio: what OpenTimelineIO's reader understands.
enum class EdlDialect { Cmx = 1, Range, Otio };

/// Each wants a timeline that went through settle().
std::string otioText(const Timeline& timeline);   ///< OpenTimelineIO JSON, readable by 0.15 and later.
std::string fcpxmlText(const Timeline& timeline); ///< FCPXML 1.10.
std::string xmemlText(const Timeline& timeline);  ///< Final Cut Pro 7 XML, version 4.
std::string mltText(const Timeline& timeline);    ///< MLT XML: melt, Kdenlive, Shotcut.
std::string edlText(const Timeline& timeline, EdlDialect dialect);
std::string aleText(const Timeline& timeline);     ///< Avid Log Exchange: no speeds, ranges and columns.
std::string markersText(const Timeline& timeline); ///< Avid markers, for each clip in source timecode.
std::string csvText(const Timeline& timeline);     ///< RFC 4180, UTF-8, safe in spreadsheets.

/// A value for a spreadsheet: what would be taken for a formula gets an apostrophe (OWASP, CSV injection),
/// what would break the row is quoted (RFC 4180).
std::string csvField(std::string value);

} // namespace backtake::handover
