/// A cue sheet to read from while the reversed guide plays: large, scrolling, for a performer some metres
/// away.
#pragma once

#include "ui/cue_model.hpp"
#include "ui/layout.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// Which line stands in the middle: a whole number while it is said, on the way to the next one shortly
/// before that begins. Never goes back while the position rises.
double cueScroll(const CueModel& model);

/// Whether the sheet is shown, and where it stands while no guide plays.
struct CueShow {
    bool shown = false;
    base::Nanos at {}; ///< Of the reversed guide, as the wheel left it.

    /// @return nullopt without a sheet.
    [[nodiscard]] std::optional<CueModel> model(const CueDeskModel& desk) const;
    /// To the line before or after; nothing while the guide plays.
    void scroll(const CueDeskModel& desk, int lines);
};

/// Draws over @p place, darkening what is there: the line being said in the middle, its word bright and
/// underlined as far as it is said, what comes below it. A line that is too wide is drawn smaller. Room: the
/// window's. Draws into @p list, the first window's or the second output's.
void drawCue(ImDrawList& list, const CueModel& model, const Rect& place, const Theme& theme);

} // namespace backtake::ui
