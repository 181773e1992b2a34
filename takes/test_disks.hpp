/// Disks for tests: one that misbehaves in every way a real one has been seen to, and one that writes down
/// what was done to it.
#pragma once

#include "base/thread_marks.hpp"
#include "base/time.hpp"
#include "takes/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backtake::takes {

/// Faults of all that lies in or below one folder; the rest of the machine is left alone. Healthy until it is
/// told otherwise. Room: any thread. Nothing here sleeps: a disk that hangs does so until letGo().
class FailingDisk : public Disk {
public:
    /// Kinds of calls, to be put together with |.
    enum Calls : unsigned {
        kOpen = 1,
        kWrite = 2,
        kSync = 4,       ///< Of files and folders.
        kArrange = 8,    ///< Folders, names, lengths: all the rest.
        kEveryCall = 15, ///< A disk pulled out (ENODEV, EIO, ENOENT), or turned read-only (EROFS) as far as
                         ///< it changes something.
    };

    explicit FailingDisk(std::filesystem::path below)
        : below_(std::move(below))
    {
    }

    /// Room for @p bytes more, then ENOSPC. A write that does not fit is cut short first, as the kernel does.
    void fill(std::uint64_t bytes_left = 0) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        room_ = bytes_left;
    }
    void makeRoom() EXCLUDES(mutex_) { fill(kEndless); }
    /// These @p calls fail with @p error_number from now on; 0: they work again.
    void fail(unsigned calls, int error_number) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        for (const unsigned call : { kOpen, kWrite, kSync, kArrange }) {
            if ((calls & call) != 0)
                faults_[call] = { error_number, std::numeric_limits<int>::max() };
        }
    }
    /// Only the next @p times calls of these.
    void failNext(unsigned calls, int error_number, int times = 1) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        for (const unsigned call : { kOpen, kWrite, kSync, kArrange }) {
            if ((calls & call) != 0)
                faults_[call] = { error_number, times };
        }
    }
    /// No write takes more than @p bytes at once.
    void shorten(std::size_t bytes) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        most_at_once_ = bytes;
    }
    /// These @p calls hang until letGo().
    void hang(unsigned calls) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        hanging_calls_ = calls;
    }
    void letGo() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        hanging_calls_ = 0;
        changed_.notifyAll();
    }
    /// Waits until a call hangs. @return false at @p monotonic_deadline.
    bool waitUntilHanging(base::Nanos monotonic_deadline) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        return changed_.waitUntil(
            mutex_, {}, monotonic_deadline, [this]() REQUIRES(mutex_) { return hanging_ > 0; });
    }
    /// Syncs take their time from now on, as benches want it.
    void syncForReal() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        syncs_for_real_ = true;
    }
    /// Syncs of files that succeeded.
    [[nodiscard]] int syncs() const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        return syncs_;
    }

    int open(const std::filesystem::path& path, int flags, mode_t mode) override EXCLUDES(mutex_)
    {
        const bool concerned = isBelow(path);
        const bool reads_only = (flags & O_ACCMODE) == O_RDONLY;
        if (concerned) {
            const int fault = meet(kOpen);
            if (fault != 0 && !(reads_only && fault == -EROFS))
                return fault;
        }
        const int descriptor = Disk::open(path, flags, mode);
        if (concerned && descriptor >= 0) {
            base::Lock lock(mutex_);
            taken_[descriptor] = 0;
        }
        return descriptor;
    }
    void close(int descriptor) override EXCLUDES(mutex_)
    {
        {
            base::Lock lock(mutex_);
            taken_.erase(descriptor);
        }
        Disk::close(descriptor);
    }
    ssize_t write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset) override
        EXCLUDES(mutex_)
    {
        if (!isOurs(descriptor))
            return Disk::write(descriptor, pieces, offset);
        if (const int fault = meet(kWrite))
            return fault;
        std::size_t wanted = 0;
        for (const iovec& piece : pieces)
            wanted += piece.iov_len;
        std::size_t taken = wanted;
        std::uint64_t of_room = 0;
        {
            base::Lock lock(mutex_);
            taken = std::min(taken, most_at_once_);
            const std::uint64_t have = std::max(lengthOf(descriptor), taken_[descriptor]);
            const std::uint64_t inside = have > offset ? have - offset : 0;
            if (taken > inside && taken - inside > room_)
                taken = inside + room_;
            if (taken == 0 && wanted > 0)
                return -ENOSPC;
            if (taken > inside && room_ != kEndless)
                room_ -= of_room = taken - inside;
        }
        std::vector<iovec> fitting;
        for (std::size_t left = taken; const iovec& piece : pieces) {
            if (left == 0)
                break;
            fitting.push_back({ piece.iov_base, std::min(left, piece.iov_len) });
            left -= fitting.back().iov_len;
        }
        const ssize_t written = Disk::write(descriptor, fitting, offset);
        if (written < 0 && of_room > 0) {
            base::Lock lock(mutex_);
            room_ += of_room;
        }
        return written;
    }
    int sync(int descriptor) override EXCLUDES(mutex_)
    {
        if (!isOurs(descriptor))
            return Disk::sync(descriptor);
        if (const int fault = meet(kSync))
            return fault == -EROFS ? 0 : fault; // nothing is left to be written
        {
            base::Lock lock(mutex_);
            ++syncs_;
            if (!syncs_for_real_)
                return 0; // the test's machine is not going to lose its power
        }
        return Disk::sync(descriptor);
    }
    int syncFolder(const std::filesystem::path& folder) override EXCLUDES(mutex_)
    {
        const int fault = isBelow(folder) ? meet(kSync) : 0;
        return fault == -EROFS ? 0 : fault;
    }
    int truncate(int descriptor, std::uint64_t size) override EXCLUDES(mutex_)
    {
        if (!isOurs(descriptor))
            return Disk::truncate(descriptor, size);
        if (const int fault = meet(kArrange))
            return fault;
        base::Lock lock(mutex_);
        const std::uint64_t have = std::max(lengthOf(descriptor), taken_[descriptor]);
        if (have > size && room_ != kEndless)
            room_ += have - size;
        taken_[descriptor] = std::min(taken_[descriptor], size);
        return Disk::truncate(descriptor, size);
    }
    int allocate(int descriptor, std::uint64_t bytes) override EXCLUDES(mutex_)
    {
        if (!isOurs(descriptor))
            return Disk::allocate(descriptor, bytes);
        if (const int fault = meet(kArrange))
            return fault;
        base::Lock lock(mutex_);
        const std::uint64_t have = std::max(lengthOf(descriptor), taken_[descriptor]);
        if (bytes > have && bytes - have > room_)
            return -ENOSPC;
        if (bytes > have && room_ != kEndless)
            room_ -= bytes - have;
        taken_[descriptor] = std::max(taken_[descriptor], bytes);
        return 0;
    }
    int makeFolder(const std::filesystem::path& folder) override EXCLUDES(mutex_)
    {
        if (isBelow(folder)) {
            if (const int fault = meet(kArrange))
                return fault;
            base::Lock lock(mutex_);
            if (room_ == 0 && !std::filesystem::exists(folder))
                return -ENOSPC;
        }
        return Disk::makeFolder(folder);
    }
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override EXCLUDES(mutex_)
    {
        const int fault = isBelow(to) ? meet(kArrange) : 0;
        return fault != 0 ? fault : Disk::rename(from, to);
    }
    int remove(const std::filesystem::path& path) override EXCLUDES(mutex_)
    {
        if (!isBelow(path))
            return Disk::remove(path);
        if (const int fault = meet(kArrange))
            return fault;
        std::error_code none;
        const auto bytes = std::filesystem::file_size(path, none);
        const int result = Disk::remove(path);
        base::Lock lock(mutex_);
        if (result == 0 && !none && room_ != kEndless)
            room_ += bytes;
        return result;
    }

private:
    static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();
    struct Fault {
        int error_number = 0;
        int times = 0;
    };

    [[nodiscard]] bool isBelow(const std::filesystem::path& path) const
    {
        const auto mismatch = std::mismatch(below_.begin(), below_.end(), path.begin(), path.end());
        return mismatch.first == below_.end();
    }
    [[nodiscard]] bool isOurs(int descriptor) const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        return taken_.contains(descriptor);
    }
    static std::uint64_t lengthOf(int descriptor)
    {
        struct stat facts { };
        return ::fstat(descriptor, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
    }
    /// Hangs if it is to, then @return the negative errno of a fault, or 0.
    int meet(unsigned call) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        if ((hanging_calls_ & call) != 0) {
            ++hanging_;
            changed_.notifyAll();
            changed_.wait(
                mutex_, {}, [this, call]() REQUIRES(mutex_) { return (hanging_calls_ & call) == 0; });
            --hanging_;
        }
        Fault& fault = faults_[call];
        if (fault.times <= 0)
            return 0;
        if (fault.times != std::numeric_limits<int>::max())
            --fault.times;
        return -fault.error_number;
    }

    const std::filesystem::path below_;
    mutable base::Mutex mutex_;
    base::Condition changed_;
    std::uint64_t room_ GUARDED_BY(mutex_) = kEndless;
    std::size_t most_at_once_ GUARDED_BY(mutex_) = std::numeric_limits<std::size_t>::max();
    std::map<unsigned, Fault> faults_ GUARDED_BY(mutex_);
    unsigned hanging_calls_ GUARDED_BY(mutex_) = 0;
    int hanging_ GUARDED_BY(mutex_) = 0;
    int syncs_ GUARDED_BY(mutex_) = 0;
    bool syncs_for_real_ GUARDED_BY(mutex_) = false;
    std::map<int, std::uint64_t> taken_ GUARDED_BY(mutex_); ///< Allocated bytes of every open file of ours.
};

/// One change of what lies on a disk, in the order in which it was asked for. Only what succeeded.
struct DiskEvent {
    enum class Kind {
        MakeFile = 1, ///< Was not there before: empty.
        Write,        ///< `bytes` at `offset`.
        Sync,         ///< All writes, lengths and room of this file are durable; its name is not.
        Truncate,     ///< To `offset` bytes.
        Allocate,     ///< Room for `offset` bytes; no change of what can be read.
        MakeFolder,
        Rename, ///< From `path` to `to`.
        Remove,
        SyncFolder, ///< The names in this folder are durable.
        Mark,       ///< The test's own: `offset` is its number.
    };
    Kind kind = Kind::Mark;
    std::filesystem::path path; ///< As the file was opened: a file that is open keeps it when it is renamed.
    std::filesystem::path to;
    std::uint64_t file = 0; ///< Which opening of a file: one number from open() to close(). Of files only.
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
};

/// The kernel's disk, with a list of all that was done. Room: any thread.
class RecordingDisk : public Disk {
public:
    [[nodiscard]] std::vector<DiskEvent> events() const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        return events_;
    }
    /// Puts a mark of the test's own between the events: "from here on frame @p number is promised".
    void mark(std::uint64_t number) EXCLUDES(mutex_)
    {
        DiskEvent event;
        event.offset = number;
        put(std::move(event));
    }

    int open(const std::filesystem::path& path, int flags, mode_t mode) override EXCLUDES(mutex_)
    {
        std::error_code ignored;
        const bool was_there = std::filesystem::exists(path, ignored);
        const int descriptor = Disk::open(path, flags, mode);
        if (descriptor < 0 || (flags & O_ACCMODE) == O_RDONLY)
            return descriptor;
        base::Lock lock(mutex_);
        open_[descriptor] = { path, ++last_file_ };
        if (!was_there)
            putLocked(eventOf(DiskEvent::Kind::MakeFile, descriptor));
        else if ((flags & O_TRUNC) != 0)
            putLocked(eventOf(DiskEvent::Kind::Truncate, descriptor));
        return descriptor;
    }
    void close(int descriptor) override EXCLUDES(mutex_)
    {
        {
            base::Lock lock(mutex_);
            open_.erase(descriptor);
        }
        Disk::close(descriptor);
    }
    ssize_t write(int descriptor, std::span<const iovec> pieces, std::uint64_t offset) override
        EXCLUDES(mutex_)
    {
        const ssize_t written = Disk::write(descriptor, pieces, offset);
        if (written <= 0)
            return written;
        std::vector<std::byte> bytes;
        bytes.reserve(static_cast<std::size_t>(written));
        for (const iovec& piece : pieces) {
            const auto* from = static_cast<const std::byte*>(piece.iov_base);
            const auto left = static_cast<std::size_t>(written) - bytes.size();
            bytes.insert(bytes.end(), from, from + std::min(left, piece.iov_len));
        }
        base::Lock lock(mutex_);
        DiskEvent event = eventOf(DiskEvent::Kind::Write, descriptor, offset);
        event.bytes = std::move(bytes);
        putLocked(std::move(event));
        return written;
    }
    int sync(int descriptor) override EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_); // no write may slip in between
        const int result = Disk::sync(descriptor);
        if (result == 0)
            putLocked(eventOf(DiskEvent::Kind::Sync, descriptor));
        return result;
    }
    int syncFolder(const std::filesystem::path& folder) override EXCLUDES(mutex_)
    {
        const int result = Disk::syncFolder(folder);
        if (result == 0)
            put(eventOf(DiskEvent::Kind::SyncFolder, folder));
        return result;
    }
    int truncate(int descriptor, std::uint64_t size) override EXCLUDES(mutex_)
    {
        const int result = Disk::truncate(descriptor, size);
        base::Lock lock(mutex_);
        if (result == 0)
            putLocked(eventOf(DiskEvent::Kind::Truncate, descriptor, size));
        return result;
    }
    int allocate(int descriptor, std::uint64_t bytes) override EXCLUDES(mutex_)
    {
        const int result = Disk::allocate(descriptor, bytes);
        base::Lock lock(mutex_);
        if (result == 0)
            putLocked(eventOf(DiskEvent::Kind::Allocate, descriptor, bytes));
        return result;
    }
    int makeFolder(const std::filesystem::path& folder) override EXCLUDES(mutex_)
    {
        const int result = Disk::makeFolder(folder);
        if (result == 0)
            put(eventOf(DiskEvent::Kind::MakeFolder, folder));
        return result;
    }
    int rename(const std::filesystem::path& from, const std::filesystem::path& to) override EXCLUDES(mutex_)
    {
        const int result = Disk::rename(from, to);
        DiskEvent event = eventOf(DiskEvent::Kind::Rename, from);
        event.to = to;
        if (result == 0)
            put(std::move(event));
        return result;
    }
    int remove(const std::filesystem::path& path) override EXCLUDES(mutex_)
    {
        const int result = Disk::remove(path);
        if (result == 0)
            put(eventOf(DiskEvent::Kind::Remove, path));
        return result;
    }

private:
    struct Opened {
        std::filesystem::path path;
        std::uint64_t file = 0;
    };

    static DiskEvent eventOf(DiskEvent::Kind kind, const std::filesystem::path& path)
    {
        DiskEvent event;
        event.kind = kind;
        event.path = path;
        return event;
    }
    [[nodiscard]] DiskEvent eventOf(DiskEvent::Kind kind, int descriptor, std::uint64_t offset = 0) const
        REQUIRES(mutex_)
    {
        const auto& [path, file] = open_.at(descriptor);
        DiskEvent event = eventOf(kind, path);
        event.file = file;
        event.offset = offset;
        return event;
    }
    void putLocked(DiskEvent event) REQUIRES(mutex_) { events_.push_back(std::move(event)); }
    void put(DiskEvent event) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        putLocked(std::move(event));
    }

    mutable base::Mutex mutex_;
    std::vector<DiskEvent> events_ GUARDED_BY(mutex_);
    std::map<int, Opened> open_ GUARDED_BY(mutex_);
    std::uint64_t last_file_ GUARDED_BY(mutex_) = 0;
};

} // namespace backtake::takes
