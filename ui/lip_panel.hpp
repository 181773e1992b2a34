/// The lip check under the picture: master and production sound one above the other, phrase by phrase.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <optional>
#include <vector>

namespace backtake::ui {

/// "late 42 ms", "early 13 ms", "on time": less than half a millisecond off. Never longer than that.
Words<31> lateWords(base::Nanos late);

/// All times on screen are in the order on screen. Keeps how far the waveforms are zoomed.
class LipPanel {
public:
    /// Nothing while Model::lip is none, or where the layout has no band for it.
    std::optional<Action> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    std::optional<Action> drawWaves(const Model& model, const Rect& place, const Theme& theme);
    std::optional<Action> drawTable(const Model& model, const Rect& place, const Theme& theme);

    int zoom_ = 0; ///< Halvings of what is seen of the take.
    std::optional<std::size_t> scrolled_to_;
    std::vector<base::WaveColumn> columns_; ///< Memory that is used again.
};

} // namespace backtake::ui
