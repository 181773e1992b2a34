/// Makes a sequence playable: opens its takes, and makes the small pictures of its cards.
#pragma once

#include "base/filmstrip.hpp"
#include "playback/story_footage.hpp"
#include "takes/recording.hpp"
#include "takes/story.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backtake::app {

/// A sequence as it can be played now. Immutable once made.
struct MadeStory {
    struct Shot {
        takes::Slate slate;
        base::Orientation orientation = base::Orientation::Upright;
        base::FrameIndex frames = 0; ///< Of the whole take; 0: it is missing.
    };
    takes::Story story;
    std::vector<Shot> shots;                               ///< Of each card.
    std::shared_ptr<const playback::StoryFootage> footage; ///< Null: there is no card.
    std::vector<std::string> troubles;                     ///< What is missing, in the operator's words.
};

/// Where the recordings of a sequence lie, by their ids.
using StoryFolders = std::map<std::string, std::filesystem::path>;

/// "frame captured first of 12B/1 meets frame captured last of 12A/3": how the audience gets from a card to
/// the one after it. Of a trimmed card the timecode says which frame it is.
/// @param card the first of the two.
std::string joinOf(const MadeStory& made, std::size_t card);

/// Room: one thread. Time: waits for disks and decodes.
class StoryMaker {
public:
    /// @param rate of the shoot, for what is missing.
    std::shared_ptr<const MadeStory> make(
        const takes::Story& story, const StoryFolders& folders, base::Rate rate);
    /// Two cells a card, as StoryModel has them: of the first kMostPictured cards.
    base::FilmstripPtr pictures(const MadeStory& made);

    static constexpr std::size_t kMostPictured = 100;
    static constexpr int kCellWidth = 128;
    static constexpr int kCellHeight = 72;
    // One texture: GL 3.3 promises less, all GPUs of the last ten years have 16384 rows.
    static_assert(2 * kMostPictured * kCellHeight <= 16384);

private:
    using Cell = std::vector<std::uint8_t>;

    std::map<std::string, std::shared_ptr<const takes::Recording>> open_; ///< Of the last sequence.
    std::map<std::pair<std::string, base::FrameIndex>, Cell> cells_;      ///< Of the last sequence.
    std::uint64_t versions_ = 0;
};

} // namespace backtake::app
