#include "takes/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace backtake::takes {
using base::fail;
using base::Fault;

base::Error errorOf(int error_number, std::string_view doing, const std::filesystem::path& path)
{
    const Fault fault = base::faultOfErrno(error_number);
    std::string_view why;
    switch (fault) {
    case Fault::OutOfSpace:
        why = "the disk is full. Free some space on it, then try again";
        break;
    case Fault::Denied:
        why = "no right to do so. Check who owns it, and that the disk is not write-protected";
        break;
    case Fault::NotFound:
        why = "there is no such file or folder";
        break;
    case Fault::Exists:
        why = "it is there already and is not overwritten";
        break;
    default:
        why = std::strerror(error_number);
        break;
    }
    return { fault, fmt::format("cannot {} {}: {}", doing, path.string(), why), std::strerror(error_number) };
}

base::Result<File> File::open(
    const std::filesystem::path& path, int flags, std::string_view doing, Disk& disk)
{
    // O_NONBLOCK: a FIFO put in place of a file must not hang us; it does nothing to regular files.
    const int descriptor = disk.open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor < 0)
        return fail(errorOf(-descriptor, doing, path));
    File file(descriptor, disk);
    struct stat facts { };
    if (::fstat(file.descriptor(), &facts) != 0)
        return fail(errorOf(errno, doing, path));
    if (!S_ISREG(facts.st_mode))
        return fail(Fault::Corrupt, fmt::format("cannot {} {}: it is no file", doing, path.string()));
    return file;
}

File& File::operator=(File&& other) noexcept
{
    std::swap(descriptor_, other.descriptor_);
    std::swap(disk_, other.disk_);
    std::swap(past_cache_, other.past_cache_);
    std::swap(needs_cache_, other.needs_cache_);
    return *this;
}

File::~File()
{
    if (descriptor_ >= 0)
        disk_->close(descriptor_);
}

std::uint64_t File::size() const
{
    struct stat facts { };
    return ::fstat(descriptor_, &facts) == 0 && facts.st_size > 0 ? static_cast<std::uint64_t>(facts.st_size)
                                                                  : 0;
}

int File::writeAt(std::span<iovec> pieces, std::uint64_t offset, std::uint64_t* total)
{
    const std::uint64_t from = offset;
    if (total != nullptr)
        *total = 0;
    while (!pieces.empty()) {
        if (pieces.front().iov_len == 0) {
            pieces = pieces.subspan(1);
            continue;
        }
        const ssize_t written = disk_->write(descriptor_, pieces, offset);
        if (written == -EINTR)
            continue;
        if (written == -EINVAL && past_cache_ && pastCache(false)) { // it wants larger blocks
            needs_cache_ = true;
            continue;
        }
        if (written <= 0)
            return written < 0 ? static_cast<int>(-written) : EIO;
        offset += static_cast<std::uint64_t>(written);
        if (total != nullptr)
            *total = offset - from;
        auto left = static_cast<std::size_t>(written);
        while (left > 0 && left >= pieces.front().iov_len) {
            left -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (left > 0) { // a short write: the disk is about to be full, the next call says so
            pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + left;
            pieces.front().iov_len -= left;
        }
    }
    return 0;
}

/// Switches between both ways of writing. @return false when it cannot be done.
bool File::pastCache(bool wanted)
{
    if (wanted == past_cache_)
        return true;
    if (wanted && needs_cache_)
        return false;
    const int flags = ::fcntl(descriptor_, F_GETFL);
    const bool switched =
        flags >= 0 && ::fcntl(descriptor_, F_SETFL, wanted ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
    past_cache_ = switched ? wanted : past_cache_;
    needs_cache_ = needs_cache_ || (wanted && !switched);
    return switched;
}

int File::writeBlocksAt(std::span<iovec> pieces, std::uint64_t offset, std::uint64_t* written)
{
    const auto isWhole = [](std::uint64_t value) { return value % base::kBlockBytes == 0; };
    const bool blocks = isWhole(offset) && std::all_of(pieces.begin(), pieces.end(), [&](const iovec& piece) {
        return isWhole(piece.iov_len) && isWhole(reinterpret_cast<std::uintptr_t>(piece.iov_base));
    });
    pastCache(blocks);
    return writeAt(pieces, offset, written);
}

int File::writeAt(std::span<const std::byte> bytes, std::uint64_t offset, std::uint64_t* total)
{
    iovec piece { const_cast<std::byte*>(bytes.data()), bytes.size() }; // pwritev only reads from it
    return writeAt(std::span(&piece, 1), offset, total);
}

int File::sync() const
{
    int result = 0;
    do
        result = disk_->sync(descriptor_);
    while (result == -EINTR);
    return -result;
}

int File::truncate(std::uint64_t size) const { return -disk_->truncate(descriptor_, size); }

int File::allocate(std::uint64_t bytes) const { return -disk_->allocate(descriptor_, bytes); }

void File::leaveCache(std::uint64_t offset, std::uint64_t bytes) const
{
    ::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
}

std::int64_t File::readAt(std::span<std::byte> into, std::uint64_t offset) const
{
    std::size_t have = 0;
    while (have < into.size()) {
        const ssize_t got =
            ::pread(descriptor_, into.data() + have, into.size() - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        have += static_cast<std::size_t>(got);
    }
    return static_cast<std::int64_t>(have);
}

base::Result<std::string> readWholeFile(const std::filesystem::path& path, std::uint64_t most)
{
    auto file = File::open(path, O_RDONLY, "read");
    if (!file)
        return fail(file.error());
    const std::uint64_t size = file->size();
    if (size > most)
        return fail(
            Fault::Corrupt, fmt::format("{} is damaged: it is far too long ({} bytes)", path.string(), size));
    std::string text(size, '\0');
    const std::int64_t got = file->readAt(std::as_writable_bytes(std::span(text)), 0);
    if (got < 0)
        return fail(errorOf(static_cast<int>(-got), "read", path));
    text.resize(static_cast<std::size_t>(got));
    return text;
}

base::Outcome syncFolder(const std::filesystem::path& folder, Disk& disk)
{
    if (const int result = disk.syncFolder(folder); result < 0)
        return fail(errorOf(-result, "sync", folder));
    return {};
}

base::Outcome replaceFile(
    const std::filesystem::path& path, std::string_view text, Disk& disk, File* reserved)
{
    const std::filesystem::path beside = path.string() + ".new";
    File made;
    if (reserved == nullptr) {
        auto opened = File::open(beside, O_WRONLY | O_CREAT | O_TRUNC, "write", disk);
        if (!opened)
            return fail(opened.error());
        made = std::move(*opened);
    }
    File& file = reserved != nullptr ? *reserved : made;
    int error_number = file.writeAt(std::as_bytes(std::span(text)), 0);
    if (error_number == 0 && reserved != nullptr) // gives back what was not needed of the room
        error_number = file.truncate(text.size());
    if (error_number == 0)
        error_number = file.sync();
    if (error_number == 0)
        error_number = -disk.rename(beside, path);
    if (error_number != 0) {
        if (reserved == nullptr)
            disk.remove(beside);
        return fail(errorOf(error_number, "write", path));
    }
    return syncFolder(path.parent_path(), disk);
}

base::Result<PartFile> openPart(const std::filesystem::path& path)
{
    for (int attempt = 1; attempt <= 100; ++attempt) {
        const std::filesystem::path part =
            path.string() + (attempt == 1 ? "" : fmt::format(".{}", attempt)) + ".part";
        auto file = File::open(part, O_RDWR | O_CREAT | O_EXCL, "write");
        if (file)
            return PartFile { std::move(*file), part };
        if (file.error().fault != Fault::Exists)
            return fail(file.error());
    }
    return fail(Fault::Exists, fmt::format("too many unfinished {}….part: remove them", path.string()));
}

base::Outcome renameWithoutReplacing(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno != EINVAL && errno != ENOSYS)
            return fail(errorOf(errno, "write", to));
        // A file system that cannot (some FUSE and network ones): take the name first, then rename over our
        // own empty file.
        const File placeholder(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!placeholder.isOpen())
            return fail(errorOf(errno, "write", to));
        if (::rename(from.c_str(), to.c_str()) != 0) {
            const int error_number = errno;
            ::unlink(to.c_str());
            return fail(errorOf(error_number, "write", to));
        }
    }
    return syncFolder(to.has_parent_path() ? to.parent_path() : ".");
}

} // namespace backtake::takes
