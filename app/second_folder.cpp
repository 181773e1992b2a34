#include "app/second_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace backtake::app {

using base::fail;
using base::Fault;
namespace fs = std::filesystem;

namespace {

/// The folder itself, or the nearest one above it that is there.
fs::path nearestThere(fs::path folder)
{
    std::error_code trouble;
    while (!fs::exists(folder, trouble) && folder.has_parent_path() && folder != folder.parent_path())
        folder = folder.parent_path();
    return folder;
}

std::optional<dev_t> diskOf(const fs::path& folder)
{
    struct stat facts { };
    if (::stat(nearestThere(folder).c_str(), &facts) != 0)
        return std::nullopt;
    return facts.st_dev;
}

/// A name in the list of mounts: blanks and the like stand there as three octal digits.
std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return at < text.size() && text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1;
        };
        if (text[i] == '\\' && digit(i + 1) >= 0 && digit(i + 2) >= 0 && digit(i + 3) >= 0) {
            plain += static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 + digit(i + 3));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

bool isWritable(const fs::path& folder) { return ::access(folder.c_str(), W_OK | X_OK) == 0; }

} // namespace

std::optional<std::uint64_t> freeBytes(const fs::path& folder)
{
    struct statvfs disk { };
    if (folder.empty() || ::statvfs(folder.c_str(), &disk) != 0)
        return std::nullopt;
    return std::uint64_t { disk.f_bavail } * disk.f_frsize;
}

fs::path folderFromText(const std::string& text)
{
    const char* home = std::getenv("HOME");
    if (home != nullptr && (text == "~" || text.starts_with("~/")))
        return fs::path(home) / fs::path(text.substr(std::min<std::size_t>(2, text.size())));
    std::error_code trouble;
    fs::path path = fs::absolute(text, trouble).lexically_normal();
    return trouble ? fs::path(text) : path;
}

base::Result<FolderRoom> roomIn(const fs::path& folder, const fs::path& shoot, FolderUse use)
{
    std::error_code trouble;
    if (use == FolderUse::Make) {
        fs::create_directories(folder, trouble);
        if (trouble)
            return fail(base::faultOfErrno(trouble.value()),
                fmt::format("the second folder {} cannot be made: {}", folder.string(), trouble.message()));
    }
    const fs::path there = nearestThere(folder);
    if (!fs::is_directory(there, trouble))
        return fail(Fault::Exists, fmt::format("{} is no folder: choose another", there.string()));
    if (fs::equivalent(folder, shoot, trouble))
        return fail(Fault::Exists, "that is the shoot's own folder: choose one on another disk");
    struct statvfs disk { };
    if (::statvfs(there.c_str(), &disk) != 0)
        return fail(base::faultOfErrno(errno),
            fmt::format("{} does not answer: {}", there.string(), std::strerror(errno)));
    if ((disk.f_flag & ST_RDONLY) != 0)
        return fail(Fault::Denied,
            fmt::format("the disk of {} is write-protected: unlock it, or choose another", there.string()));
    if (::access(there.c_str(), W_OK | X_OK) != 0)
        return fail(Fault::Denied,
            fmt::format("no right to write in {}: check who owns it, or choose another", there.string()));
    return FolderRoom { std::uint64_t { disk.f_bavail } * disk.f_frsize, diskOf(folder) == diskOf(shoot) };
}

std::vector<OtherDisk> otherDisks(const fs::path& shoot, const fs::path& mounts)
{
    std::vector<dev_t> seen;
    if (const auto own = diskOf(shoot))
        seen.push_back(*own);
    std::error_code trouble;
    const std::string name = fs::absolute(shoot, trouble).lexically_normal().filename().string();
    const char* home = std::getenv("HOME");
    std::vector<OtherDisk> disks;
    std::ifstream in(mounts);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string source;
        std::string place;
        if (!(words >> source >> place) || !source.starts_with("/dev/"))
            continue;
        fs::path root = unescaped(place);
        struct stat facts { };
        if (::stat(root.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)
            || std::find(seen.begin(), seen.end(), facts.st_dev) != seen.end())
            continue;
        // Of the system's own disk a user may write to the home folder only.
        struct stat at_home { };
        if (!isWritable(root) && home != nullptr && ::stat(home, &at_home) == 0
            && at_home.st_dev == facts.st_dev)
            root = home;
        const fs::path folder = root / (name.empty() ? "Backtake" : name);
        const auto room = roomIn(folder, shoot, FolderUse::Look);
        if (!room || room->same_disk)
            continue;
        seen.push_back(facts.st_dev);
        disks.push_back({ folder, room->free_bytes });
    }
    std::stable_sort(disks.begin(), disks.end(),
        [](const OtherDisk& a, const OtherDisk& b) { return a.free_bytes > b.free_bytes; });
    return disks;
}

} // namespace backtake::app
