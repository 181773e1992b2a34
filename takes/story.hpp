/// Story order: takes one after the other as the audience will see them. A backward sequence of several
/// setups plays its setups from last to first, too.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "takes/take_facts.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::takes {

inline constexpr std::size_t kMostStoryCards = 500;
inline constexpr int kSlowestCard_percent = 5;
inline constexpr int kFastestCard_percent = 800;

/// One take in a sequence, or a part of it.
struct StoryCard {
    std::string take;                      ///< TakeFacts::id of the recording.
    std::optional<base::FrameIndex> first; ///< Captured frames, both included; none: from the take's first,
    std::optional<base::FrameIndex> last;  ///< to its last.
    Direction direction = Direction::Backward; ///< As it plays, whatever the take's own is.
    int speed_percent = 100;
    friend bool operator==(const StoryCard&, const StoryCard&) = default;
};

/// A sequence. Its name tells it from the others of the shoot.
struct Story {
    std::string name;
    std::vector<StoryCard> cards; ///< As the audience will see them.
    friend bool operator==(const Story&, const Story&) = default;
};

struct LoggedTake;
/// The circled takes, each whole, with its first camera, in its own direction. @param takes oldest first.
/// @param direction of the sequence: backward, the setup shot last is seen first.
Story circledStory(std::span<const LoggedTake> takes, std::string name, Direction direction);

} // namespace backtake::takes
