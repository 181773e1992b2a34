/// media/story.json: the sequences of a shoot, so that shoot.db can be made again from media/ alone. In
/// shoot.db each is written the same way. For takes/ alone.
#pragma once

#include "takes/disk.hpp"
#include "takes/story.hpp"

#include <cstdint>
#include <filesystem>
#include <map>

namespace backtake::takes {

/// Version of the file this program writes; a newer one is refused and left untouched.
inline constexpr int kStoryFileVersion = 1;
inline constexpr std::size_t kMostStories = 200;

struct StoryFile {
    std::int64_t changes = 0;   ///< Log::version() when it last changed: the greater is the newer.
    std::vector<Story> stories; ///< By name.
    friend bool operator==(const StoryFile&, const StoryFile&) = default;
};

std::string textOf(const Story& story);
/// Every field is checked for presence, kind and bounds. @return Fault::Corrupt (what is wrong with it).
base::Result<Story> parseStory(std::string_view json);
/// Of several names; absent: there is none of that name.
using StoriesByName = std::map<std::string, std::optional<Story>>;
std::string textOf(const StoriesByName& stories);
/// As parseStory(). A sequence stands under its own name.
base::Result<StoriesByName> parseStories(std::string_view json);

/// @return Fault::NotFound, Corrupt, Unsupported (a newer version), Denied.
base::Result<StoryFile> readStoryFile(const std::filesystem::path& path);
/// Replaces the file atomically. One that is damaged is kept beside it, under another name; one of a newer
/// version stays. @return Fault::OutOfSpace, Denied, NotFound (no such folder), Unsupported (newer).
base::Outcome writeStoryFile(
    const std::filesystem::path& path, const StoryFile& file, Disk& disk = kernelDisk());

} // namespace backtake::takes
