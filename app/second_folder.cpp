#include "app/second_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

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

} // namespace

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

} // namespace backtake::app
