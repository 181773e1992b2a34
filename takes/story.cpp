#include "takes/story.hpp"

#include "takes/log.hpp"

#include <algorithm>

namespace backtake::takes {

Story circledStory(std::span<const LoggedTake> takes, std::string name, Direction direction)
{
    Story story { std::move(name), {} };
    for (const LoggedTake& take : takes)
        if (take.sheet.circled && !take.clips.empty())
            story.cards.push_back(
                { take.clips.front().facts.id, {}, {}, take.clips.front().facts.direction, 100 });
    if (direction == Direction::Backward)
        std::ranges::reverse(story.cards);
    return story;
}

} // namespace backtake::takes
