/// Every call by which recordings change what lies on a disk. For takes/ and the recorder; tests put a disk
/// of their own in its place.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <filesystem>
#include <span>

namespace backtake::takes {

/// The kernel's calls, one for one: what is said here of their results is all that a test's disk must keep.
/// Descriptors are always the kernel's own, so reading, locking and asking for a size need no call here.
///
/// Room: any thread. Time: as long as the disk takes; a call may hang for seconds.
/// @return everywhere 0 or more, or the negative of an errno. EINTR is seen to by the callers.
class Disk {
public:
    virtual ~Disk() = default;
    /// As open(2), with O_CLOEXEC. @return the descriptor.
    virtual int open(const std::filesystem::path& path, int flags, mode_t mode);
    /// Once for every descriptor that open() gave.
    virtual void close(int descriptor);
    /// As pwritev(2). @return how many bytes were taken, perhaps fewer than offered.
    virtual ssize_t write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset);
    /// As fdatasync(2): bytes and length of the file are durable, its name is not.
    virtual int sync(int descriptor);
    /// The names in a folder are durable. Network file systems that cannot say 0.
    virtual int syncFolder(const std::filesystem::path& folder);
    virtual int truncate(int descriptor, std::uint64_t size);
    /// Takes room for the first @p bytes of a file without changing its length. @return -EOPNOTSUPP where the
    /// file system cannot.
    virtual int allocate(int descriptor, std::uint64_t bytes);
    virtual int makeFolder(const std::filesystem::path& folder);
    /// In place of whatever has the name @p to.
    virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
    /// A file, or a folder that is empty.
    virtual int remove(const std::filesystem::path& path);
};

/// The disks of this machine. Lives as long as the process.
Disk& kernelDisk();

} // namespace backtake::takes
