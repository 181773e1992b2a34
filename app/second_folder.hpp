/// A folder on another disk, where takes go on when the shoot's own disk refuses.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backtake::app {

/// What an operator typed, as an absolute path; "~/" is the home folder.
std::filesystem::path folderFromText(const std::string& text);

/// On the disk of @p folder, for whoever is not root. nullopt when it does not say.
std::optional<std::uint64_t> freeBytes(const std::filesystem::path& folder);

struct FolderRoom {
    std::uint64_t free_bytes = 0;
    bool same_disk = false; ///< As the shoot: it fills up with it.
};
enum class FolderUse {
    Look =
        1, ///< Nothing is made: a folder that is not there yet has the room of the one it would be made in.
    Make,
};
/// Whether takes could go on in @p folder. Room: any thread that may wait for a disk.
/// @return Fault::Denied (not writable), Exists (the shoot itself, or no folder), each with the operator's
/// line.
base::Result<FolderRoom> roomIn(
    const std::filesystem::path& folder, const std::filesystem::path& shoot, FolderUse use);

/// A disk of this machine where takes could go on.
struct OtherDisk {
    std::filesystem::path folder; ///< On it, named like the shoot; not made yet.
    std::uint64_t free_bytes = 0;
};
/// The attached disks that can be written to, without the shoot's own; most room first. Disks in the network
/// are left out: one that does not answer would keep the others waiting. Room: as roomIn().
std::vector<OtherDisk> otherDisks(
    const std::filesystem::path& shoot, const std::filesystem::path& mounts = "/proc/self/mounts");

} // namespace backtake::app
