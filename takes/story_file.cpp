#include "takes/story_file.hpp"

#include "takes/field_reader.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <set>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr std::string_view kFormat = "backtake story";
/// Bytes: far more than kMostStories of kMostStoryCards take.
constexpr std::uint64_t kLargestFile = 32 << 20;
constexpr std::int64_t kMostChanges = std::int64_t { 1 } << 48;

Json toJson(const Story& story)
{
    Json cards = Json::array();
    for (const StoryCard& card : story.cards) {
        Json& json = cards.emplace_back(Json { { "take", card.take } });
        if (card.first)
            json["first"] = *card.first;
        if (card.last)
            json["last"] = *card.last;
        json["direction"] = nameOf(card.direction);
        json["speed_percent"] = card.speed_percent;
    }
    return { { "name", story.name }, { "cards", std::move(cards) } };
}

void read(FieldReader fields, StoryCard& card)
{
    fields.text("take", card.take);
    if (!isTakeId(card.take))
        fields.say("\"take\" is no take's id");
    if (fields.has("first"))
        fields.integer("first", 0, kMostFrames - 1, card.first.emplace());
    if (fields.has("last"))
        fields.integer("last", card.first.value_or(0), kMostFrames - 1, card.last.emplace());
    fields.choice("direction", { Direction::Backward, Direction::Forward }, card.direction);
    fields.integer("speed_percent", kSlowestCard_percent, kFastestCard_percent, card.speed_percent);
}

base::Result<Story> readStory(const Json& json)
{
    if (!json.is_object())
        return fail(Fault::Corrupt, "it is no object (cut off or altered)");
    std::string trouble;
    FieldReader fields(json, trouble);
    Story story;
    fields.text("name", story.name);
    if (story.name.empty())
        fields.say("\"name\" of the sequence is empty");
    if (const Json* cards = fields.array("cards")) {
        if (cards->size() > kMostStoryCards)
            fields.say("more than {} takes in a sequence", kMostStoryCards);
        for (const Json& card : *cards) {
            if (!card.is_object())
                fields.say("a take of a sequence is no object");
            if (!trouble.empty())
                break;
            read(FieldReader(card, trouble), story.cards.emplace_back());
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return story;
}

/// Bytes that are no UTF-8 become U+FFFD, in file and database alike.
std::string dump(const Json& json, int indent = -1)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

base::Result<StoryFile> parseFile(std::string_view text)
{
    const auto root = base::parseFile(text, { kFormat, "a Backtake story", kStoryFileVersion, kLargestFile });
    if (!root)
        return fail(root.error());
    std::string trouble;
    FieldReader fields(*root, trouble);
    StoryFile file;
    fields.integer("changes", 0, kMostChanges, file.changes);
    std::set<std::string> names;
    if (const Json* stories = fields.array("stories")) {
        if (stories->size() > kMostStories)
            fields.say("more than {} sequences", kMostStories);
        for (const Json& one : *stories) {
            if (!trouble.empty())
                break;
            auto story = readStory(one);
            if (!story)
                return fail(story.error());
            if (!names.insert(story->name).second)
                fields.say("two sequences are called \"{}\"", story->name);
            file.stories.push_back(std::move(*story));
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return file;
}

} // namespace

std::string textOf(const Story& story) { return dump(toJson(story)); }

base::Result<Story> parseStory(std::string_view json)
{
    return readStory(Json::parse(json, nullptr, /*allow_exceptions=*/false));
}

std::string textOf(const StoriesByName& stories)
{
    Json json = Json::object();
    for (const auto& [name, story] : stories)
        json[name] = story ? toJson(*story) : Json();
    return dump(json);
}

base::Result<StoriesByName> parseStories(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
        return fail(Fault::Corrupt, "it is no object (cut off or altered)");
    StoriesByName stories;
    for (const auto& [name, value] : json.items()) {
        auto& into = stories[name];
        if (value.is_null())
            continue;
        auto story = readStory(value);
        if (!story)
            return fail(story.error());
        if (story->name != name)
            return fail(Fault::Corrupt, fmt::format("the sequence \"{}\" is under another name", name));
        into = std::move(*story);
    }
    return stories;
}

base::Result<StoryFile> readStoryFile(const std::filesystem::path& path)
{
    const auto text = readWholeFile(path, kLargestFile);
    if (!text)
        return fail(text.error());
    auto file = parseFile(*text);
    if (!file)
        return fail(file.error().fault, fmt::format("{}: {}", path.string(), file.error().message));
    return file;
}

base::Outcome writeStoryFile(const std::filesystem::path& path, const StoryFile& file, Disk& disk)
{
    Json stories = Json::array();
    for (const Story& story : file.stories)
        stories.push_back(toJson(story));
    const Json root { { "format", kFormat }, { "version", kStoryFileVersion }, { "changes", file.changes },
        { "stories", std::move(stories) } };
    if (const auto old = readStoryFile(path); !old && old.error().fault == Fault::Unsupported)
        return fail(old.error());
    else if (!old && old.error().fault == Fault::Corrupt)
        if (const int result = disk.rename(path, path.string() + ".damaged"); result < 0)
            return fail(errorOf(-result, "rename", path));
    return replaceFile(path, dump(root, 1) + "\n", disk);
}

} // namespace backtake::takes
