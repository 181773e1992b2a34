#include "takes/index_pages.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace backtake::takes {
using base::FrameIndex;
using base::Lock;

namespace {
/// Of the index on either side of a page that was read: 1024 frames.
constexpr std::uint64_t kNeighbourBytes = 64 << 10;
} // namespace

static_assert(IndexPages::kPageBytes % kIndexRecordBytes == 0 && kIndexHeaderBytes == kIndexRecordBytes,
    "no record lies across two pages");

IndexPages::IndexPages(File index)
    : index_(std::move(index))
{
    Lock lock(mutex_);
    numbers_.fill(-1);
}

std::optional<std::size_t> IndexPages::slotOf(std::int64_t page) const
{
    const auto found = std::find(numbers_.begin(), numbers_.end(), page);
    return found == numbers_.end()
        ? std::nullopt
        : std::optional(static_cast<std::size_t>(std::distance(numbers_.begin(), found)));
}

std::optional<IndexRecord> IndexPages::record(FrameIndex n) const
{
    const std::uint64_t place =
        kIndexHeaderBytes + static_cast<std::uint64_t>(n) * std::uint64_t { kIndexRecordBytes };
    const auto page = static_cast<std::int64_t>(place / kPageBytes);
    const std::size_t within = place % kPageBytes;
    RecordBytes bytes;
    {
        Lock lock(mutex_);
        if (const auto at = slotOf(page); at && slots_[*at].bytes >= within + bytes.size()) {
            slots_[*at].used = ++clock_;
            std::memcpy(bytes.data(), slots_[*at].page->data() + within, bytes.size());
            return decodeRecord(bytes);
        }
    }
    auto fresh = std::make_unique<Page>();
    const std::int64_t got = index_.readAt(*fresh, static_cast<std::uint64_t>(page) * kPageBytes);
    if (got < static_cast<std::int64_t>(within + bytes.size()))
        return std::nullopt;
    std::memcpy(bytes.data(), fresh->data() + within, bytes.size());
    // Its neighbours come meanwhile, whichever way play goes and however fast: who asks for them does not
    // wait for the disk.
    const std::uint64_t place_of_page = static_cast<std::uint64_t>(page) * kPageBytes;
    const std::uint64_t begin = place_of_page - std::min(place_of_page, kNeighbourBytes);
    ::posix_fadvise(index_.descriptor(), static_cast<off_t>(begin),
        static_cast<off_t>(place_of_page - begin + kNeighbourBytes), POSIX_FADV_WILLNEED);
    {
        Lock lock(mutex_);
        ++pages_read_;
        auto at = slotOf(page); // another thread may have been quicker, or it was shorter when it was read
        if (!at)
            at = static_cast<std::size_t>(std::distance(slots_.begin(),
                std::min_element(slots_.begin(), slots_.end(),
                    [](const Slot& a, const Slot& b) { return a.used < b.used; })));
        numbers_[*at] = page;
        Slot& slot = slots_[*at];
        std::swap(slot.page, fresh);
        slot.bytes = static_cast<std::size_t>(got);
        slot.used = ++clock_;
    }
    return decodeRecord(bytes);
}

std::int64_t IndexPages::pagesRead() const
{
    Lock lock(mutex_);
    return pages_read_;
}

} // namespace backtake::takes
