#include "takes/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

namespace backtake::takes {
namespace {

/// @return 0, or the negative errno of a call that said -1.
int outcome(int result) { return result < 0 ? -errno : 0; }

} // namespace

int Disk::open(const std::filesystem::path& path, int flags, mode_t mode)
{
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    return descriptor < 0 ? -errno : descriptor;
}

void Disk::close(int descriptor) { ::close(descriptor); }

ssize_t Disk::write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset)
{
    const auto count = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
    const ssize_t written = ::pwritev(descriptor, pieces.data(), count, static_cast<off_t>(offset));
    return written < 0 ? -errno : written;
}

int Disk::sync(int descriptor) { return outcome(::fdatasync(descriptor)); }

int Disk::syncFolder(const std::filesystem::path& folder)
{
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    const int result = outcome(::fsync(descriptor));
    ::close(descriptor);
    return result == -EINVAL || result == -ENOSYS || result == -EOPNOTSUPP ? 0 : result;
}

int Disk::truncate(int descriptor, std::uint64_t size)
{
    return outcome(::ftruncate(descriptor, static_cast<off_t>(size)));
}

int Disk::allocate(int descriptor, std::uint64_t bytes)
{
    return outcome(::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)));
}

int Disk::makeFolder(const std::filesystem::path& folder) { return outcome(::mkdir(folder.c_str(), 0777)); }

int Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to)
{
    return outcome(::rename(from.c_str(), to.c_str()));
}

int Disk::remove(const std::filesystem::path& path) { return outcome(std::remove(path.c_str())); }

Disk& kernelDisk()
{
    // Never destroyed: a thread that hangs in it may outlive main().
    static Disk& disk = *new Disk;
    return disk;
}

} // namespace backtake::takes
