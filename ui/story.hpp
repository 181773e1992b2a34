/// What the story panel shows, and what the operator may ask for there. A sequence is edited at its chosen
/// card, which is the one on screen while the sequence plays.
#pragma once

#include "base/filmstrip.hpp"
#include "base/picture.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backtake::ui {

/// One take of a sequence.
struct StoryCardModel {
    std::string slate; ///< "12A/3", with the camera's letter "12A/3B".
    bool backward = true;
    bool missing = false; ///< The recording is not there, or cannot be read.
    bool trimmed = false;
    int speed_percent = 100;
    base::Nanos length {};
    base::Orientation orientation = base::Orientation::Upright;
    std::string join {}; ///< How it meets the card after it; empty: there is none.
    friend bool operator==(const StoryCardModel&, const StoryCardModel&) = default;
};

struct StoryModel {
    std::vector<std::string> names; ///< Of all sequences of the shoot.
    std::string name;               ///< Of the one in the panel; empty: there is none.
    std::vector<StoryCardModel> cards;
    std::size_t chosen = 0;
    base::Nanos length {};
    bool in_review = false; ///< It is what plays; else a take is.
    /// Two cells a card: its first and its last picture as shown. Null, or fewer: they are still made.
    base::FilmstripPtr pictures;
};

struct ShowStory { ///< The panel is open: with this sequence; empty: with the one it had last, or the first.
    std::string name;
};
struct NewStory {
    std::string name;     ///< Empty: a name is drawn.
    bool circled = false; ///< With the circled takes, last setup first where the shoot is backward.
};
struct RemoveStory { };
struct RenameStory { ///< The one in the panel. Without a name, or with one that is taken: it is said why not.
    std::string name;
};
struct AddCard { }; ///< The take in review, with its in and out, after the chosen card.
struct RemoveCard { };
struct ChooseCard { ///< While the sequence plays it goes there.
    std::size_t card = 0;
};
struct ChooseNextCard { ///< +1 the card after the chosen one, -1 the one before.
    int by = 1;
};
struct MoveCard { ///< The chosen one, by so many places.
    int by = 1;
};
struct TrimCard { }; ///< To in and out of the take in review, or of the sequence.
struct TurnCard { }; ///< Reversed, or as captured.
struct SetCardSpeed {
    int percent = 100;
};
struct PlayStory { };   ///< From the chosen card; again: the take of that card, with its in and out.
struct ExportStory { }; ///< As one timeline with its MOVs: a hand-over.

using StoryIntent = std::variant<ShowStory, NewStory, RemoveStory, RenameStory, AddCard, RemoveCard,
    ChooseCard, ChooseNextCard, MoveCard, TrimCard, TurnCard, SetCardSpeed, PlayStory, ExportStory>;

} // namespace backtake::ui
