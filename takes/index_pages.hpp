/// picture.index by the page: any record for one small read, in memory that does not grow with the take.
#pragma once

#include "base/thread_marks.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace backtake::takes {

/// The pages used last are kept. They are read, not mapped: a map of a file that another program cuts short,
/// or of a disk that is pulled out, ends the process by SIGBUS.
///
/// Room: any thread. Time: record() takes one short lock, and one read of 4 KiB when its page is not here.
/// No lock is held while reading. A page that cannot be read is not tried again for a second: a disk that was
/// pulled out must not cost a call for every frame that is looked at.
class IndexPages {
public:
    /// As the kernel's own, so that a page here is one there: the header and 63 records in the first, 64
    /// records in the others.
    static constexpr std::size_t kPageBytes = 4096;
    static constexpr std::size_t kPages = 32; ///< 128 KiB: 2048 frames around where play is.

    /// @param index open for reading, its header checked.
    explicit IndexPages(File index);

    /// @return nullopt when it is damaged, not there or cannot be read.
    [[nodiscard]] std::optional<IndexRecord> record(base::FrameIndex n) const EXCLUDES(mutex_);
    /// How many pages were read from the file so far.
    [[nodiscard]] std::int64_t pagesRead() const EXCLUDES(mutex_);
    [[nodiscard]] const File& file() const { return index_; }

private:
    using Page = std::array<std::byte, kPageBytes>;
    struct Slot {
        std::unique_ptr<Page> page;
        std::size_t bytes = 0; ///< Of it that the file had when it was read.
        std::uint64_t used = 0;
        base::Nanos failed_at {}; ///< Monotonic, when a record was looked for in it that is not there.
    };
    [[nodiscard]] std::optional<std::size_t> slotOf(std::int64_t page) const REQUIRES(mutex_);

    const File index_;
    mutable base::Mutex mutex_;
    mutable std::array<std::int64_t, kPages> numbers_ GUARDED_BY(mutex_); ///< Page in each slot; -1: none.
    mutable std::array<Slot, kPages> slots_ GUARDED_BY(mutex_);
    mutable std::uint64_t clock_ GUARDED_BY(mutex_) = 0;
    mutable std::int64_t pages_read_ GUARDED_BY(mutex_) = 0;
};

/// The same records one after the other, forward or backward, in large reads.
/// Room: one thread. Time: one read of 64 KiB every kRecords.
class IndexChunks {
public:
    static constexpr base::FrameIndex kRecords = 1024;
    static constexpr std::size_t kBytes = static_cast<std::size_t>(kRecords) * kIndexRecordBytes;

    /// @param index open for reading; must outlive it.
    explicit IndexChunks(const File& index)
        : index_(index)
        , chunk_(kBytes)
    {
    }
    /// As they stand in the file; zeros, which are no record, where it cannot be read. Valid until the next
    /// call.
    std::span<const std::byte, kIndexRecordBytes> bytes(base::FrameIndex n);
    /// @return nullopt when it is damaged, not there or cannot be read.
    std::optional<IndexRecord> record(base::FrameIndex n) { return decodeRecord(bytes(n)); }

private:
    const File& index_;
    base::FrameIndex first_ = -1; ///< Of the chunk that is here.
    std::vector<std::byte> chunk_;
};

} // namespace backtake::takes
