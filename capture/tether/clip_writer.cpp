#include "capture/tether/clip_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::fail;
using base::Fault;
using base::Outcome;
using base::Result;

/// The kernel starts to write after so many bytes, so that the sync at the end is short.
constexpr std::uint64_t kStartWriting = 8 << 20;
constexpr int kMostAside = 100;

base::Error diskError(int number, const std::filesystem::path& file)
{
    const Fault fault = base::faultOfErrno(number);
    const std::string name = file.string();
    const std::string detail = std::strerror(number);
    if (fault == Fault::OutOfSpace)
        return { fault,
            fmt::format("the disk is full: make room, then fetch again; what is there of {} is kept",
                file.filename().string()),
            detail };
    if (fault == Fault::Denied)
        return { fault, fmt::format("{} may not be written: check the folder's rights", name), detail };
    if (fault == Fault::NotFound)
        return { fault, fmt::format("the folder of {} is not there: is its disk attached?", name), detail };
    return { fault, fmt::format("{} cannot be written: check the disk ({})", name, detail), detail };
}

/// @return false with errno EEXIST when there is something at @p to.
bool renameWithoutReplacing(const std::filesystem::path& from, const std::filesystem::path& to)
{
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    // A file system without it.
    return ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
}

} // namespace

RangeBuffer::RangeBuffer()
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    bytes_ = kLargestRange + page;
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    memory_ = static_cast<std::byte*>(memory);
    ::mprotect(memory_ + kLargestRange, page, PROT_NONE);
}

RangeBuffer::~RangeBuffer() { ::munmap(memory_, bytes_); }

std::span<std::byte> RangeBuffer::last(std::size_t size) const
{
    assert(size <= kLargestRange);
    return { memory_ + kLargestRange - size, size };
}

Result<std::unique_ptr<ClipWriter>> ClipWriter::open(const std::filesystem::path& target)
{
    struct stat facts { };
    if (::lstat(target.c_str(), &facts) == 0)
        return fail(Fault::Exists, fmt::format("{} is there already and is not replaced", target.string()));
    const std::filesystem::path part = target.string() + ".part";
    const int fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
    if (fd < 0)
        return fail(diskError(errno, part));
    if (::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        ::close(fd);
        return fail(
            Fault::Exists, fmt::format("{} is no file: put it elsewhere, then fetch again", part.string()));
    }
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        return fail(Fault::Exists, fmt::format("{} is being fetched already", target.filename().string()));
    }
    return std::unique_ptr<ClipWriter>(new ClipWriter(target, fd, static_cast<std::uint64_t>(facts.st_size)));
}

ClipWriter::ClipWriter(std::filesystem::path target, int fd, std::uint64_t bytes)
    : target_(std::move(target))
    , part_(target_.string() + ".part")
    , fd_(fd)
    , part_bytes_(bytes)
{
    state_.bytes = bytes;
    for (RangeBuffer& buffer : buffers_)
        free_.push_back(&buffer);
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

ClipWriter::~ClipWriter()
{
    thread_.request_stop();
    thread_.join();
    ::close(fd_);
}

Outcome ClipWriter::readTail(std::span<std::byte> into) const
{
    const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(part_bytes_ - into.size()));
    if (got != static_cast<ssize_t>(into.size()))
        return fail(diskError(got < 0 ? errno : EIO, part_));
    return {};
}

Result<std::string> ClipWriter::putAside()
{
    for (int n = 1; n <= kMostAside; ++n) {
        const std::filesystem::path aside = fmt::format("{}.{}", part_.string(), n);
        if (!renameWithoutReplacing(part_, aside)) {
            if (errno == EEXIST)
                continue;
            return fail(diskError(errno, aside));
        }
        const int fresh = ::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fresh < 0)
            return fail(diskError(errno, part_));
        ::flock(fresh, LOCK_EX | LOCK_NB);
        base::Lock lock(mutex_); // Nothing was handed to the thread yet.
        ::close(fd_);
        fd_ = fresh;
        part_bytes_ = 0;
        state_.bytes = 0;
        return aside.filename().string();
    }
    return fail(
        Fault::Exists, fmt::format("too many old pieces of {}: tidy up its folder", target_.string()));
}

RangeBuffer* ClipWriter::room()
{
    base::Lock lock(mutex_);
    if (free_.empty() || state_.trouble)
        return nullptr;
    RangeBuffer* const buffer = free_.front();
    free_.pop_front();
    return buffer;
}

void ClipWriter::write(RangeBuffer* buffer, std::span<const std::byte> bytes)
{
    {
        base::Lock lock(mutex_);
        if (bytes.empty())
            free_.push_back(buffer);
        else
            pieces_.push_back({ buffer, bytes });
    }
    work_.notifyOne();
}

void ClipWriter::finish(std::uint64_t whole_bytes)
{
    {
        base::Lock lock(mutex_);
        finish_ = whole_bytes;
    }
    work_.notifyOne();
}

ClipWriter::State ClipWriter::state() const
{
    base::Lock lock(mutex_);
    return state_;
}

void ClipWriter::run(std::stop_token stop)
{
    base::nameThisThread("bt-clip");
    for (;;) {
        Piece piece {};
        std::uint64_t at = 0;
        std::optional<std::uint64_t> whole;
        {
            base::Lock lock(mutex_);
            const bool ready = work_.wait(
                mutex_, stop, [this]() REQUIRES(mutex_) { return !pieces_.empty() || finish_.has_value(); });
            if (!ready || (stop.stop_requested() && pieces_.empty()))
                return;
            at = state_.bytes;
            if (!pieces_.empty()) {
                piece = pieces_.front();
                pieces_.pop_front();
            } else {
                whole = std::exchange(finish_, std::nullopt);
            }
        }
        const Outcome outcome = whole ? giveName(*whole) : put(piece.bytes, at);
        base::Lock lock(mutex_);
        if (piece.buffer != nullptr)
            free_.push_back(piece.buffer);
        if (!outcome) {
            state_.trouble = outcome.error();
            return;
        }
        state_.bytes += piece.bytes.size();
        state_.done = whole.has_value();
    }
}

Outcome ClipWriter::put(std::span<const std::byte> bytes, std::uint64_t at)
{
    const std::uint64_t before = at;
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(diskError(put < 0 ? errno : ENOSPC, part_));
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        at += static_cast<std::uint64_t>(put);
    }
    if (before / kStartWriting != at / kStartWriting) {
        const std::uint64_t from = before / kStartWriting * kStartWriting;
        ::sync_file_range(
            fd_, static_cast<off_t>(from), static_cast<off_t>(kStartWriting), SYNC_FILE_RANGE_WRITE);
    }
    return {};
}

Outcome ClipWriter::giveName(std::uint64_t whole_bytes)
{
    struct stat facts { };
    if (::fstat(fd_, &facts) != 0)
        return fail(diskError(errno, part_));
    if (static_cast<std::uint64_t>(facts.st_size) != whole_bytes)
        return fail(Fault::Corrupt,
            fmt::format(
                "{} has {} bytes instead of {}: fetch it again", part_.string(), facts.st_size, whole_bytes));
    if (::fsync(fd_) != 0)
        return fail(diskError(errno, part_));
    if (!renameWithoutReplacing(part_, target_)) {
        if (errno == EEXIST)
            return fail(Fault::Exists,
                fmt::format("{} came into being meanwhile and is not replaced: the clip is in {}",
                    target_.string(), part_.string()));
        return fail(diskError(errno, target_));
    }
    const int folder = ::open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ::fsync(folder);
        ::close(folder);
    }
    return {};
}

} // namespace backtake::capture::tether
