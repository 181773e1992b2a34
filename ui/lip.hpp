/// What the window knows of the lip check: the take in review against the guide's master.
#pragma once

#include "base/sound_outline.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backtake::ui {

/// How far the performers are from the master in the shown picture.
struct LipOffset {
    base::Nanos late {};   ///< Negative: early.
    double frames = 0;     ///< The same, at the shoot's rate.
    double confidence = 0; ///< 0 … 1.
};

struct LipPhrase {
    base::Nanos from {}; ///< In captured time, up to …
    base::Nanos to {};
    std::optional<LipOffset> offset; ///< nullopt: nothing that fits was heard.
};

/// The outcome for one take. Immutable, so that a frame of the window copies none of it.
struct LipCheck {
    base::SoundOutlinePtr master;     ///< Where the guide ran, in captured time.
    base::SoundOutlinePtr production; ///< What the take's microphone heard.
    std::optional<LipOffset> offset;  ///< Of all of it.
    std::vector<LipPhrase> phrases;   ///< As they are shown: the one captured last comes first.
};
using LipCheckPtr = std::shared_ptr<const LipCheck>;

/// While the panel is open.
struct LipModel {
    std::string why;     ///< There is nothing to show: what is missing and what to do. Empty: nothing is.
    double progress = 0; ///< 0 … 1, while it is computed.
    LipCheckPtr check;   ///< Null: it is computed, or there is nothing.
    std::optional<std::size_t> here;   ///< Phrase under the playhead.
    std::optional<std::size_t> looped; ///< Phrase that in and out are set round.
};

} // namespace backtake::ui
