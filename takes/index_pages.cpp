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
constexpr base::Nanos kTryAgainAfter = std::chrono::seconds(1);
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
    const std::uint64_t begins = place - place % kPageBytes;
    const std::size_t within = place % kPageBytes;
    RecordBytes bytes;
    {
        Lock lock(mutex_);
        if (const auto at = slotOf(page)) {
            Slot& slot = slots_[*at];
            slot.used = ++clock_;
            if (slot.bytes >= within + bytes.size()) {
                std::memcpy(bytes.data(), slot.page->data() + within, bytes.size());
                return decodeRecord(bytes);
            }
            if (base::monotonicNow() - slot.failed_at < kTryAgainAfter)
                return std::nullopt;
        }
    }
    auto fresh = std::make_unique<Page>();
    const auto got = static_cast<std::size_t>(std::max<std::int64_t>(0, index_.readAt(*fresh, begins)));
    const bool there = got >= within + bytes.size();
    if (there) {
        std::memcpy(bytes.data(), fresh->data() + within, bytes.size());
        // Its neighbours come meanwhile, whichever way play goes and however fast: who asks for them does not
        // wait for the disk.
        const std::uint64_t first = begins - std::min(begins, kNeighbourBytes);
        ::posix_fadvise(index_.descriptor(), static_cast<off_t>(first),
            static_cast<off_t>(begins - first + kNeighbourBytes), POSIX_FADV_WILLNEED);
    }
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
        slot.bytes = got;
        slot.used = ++clock_;
        slot.failed_at = there ? base::Nanos {} : base::monotonicNow();
    }
    return there ? decodeRecord(bytes) : std::nullopt;
}

std::int64_t IndexPages::pagesRead() const
{
    Lock lock(mutex_);
    return pages_read_;
}

std::span<const std::byte, kIndexRecordBytes> IndexChunks::bytes(FrameIndex n)
{
    const FrameIndex first = n - n % kRecords;
    if (first != first_) {
        first_ = first;
        const std::int64_t got =
            index_.readAt(chunk_, kIndexHeaderBytes + static_cast<std::uint64_t>(first) * kIndexRecordBytes);
        std::fill(chunk_.begin() + std::max<std::int64_t>(got, 0), chunk_.end(), std::byte {});
    }
    return std::span(chunk_)
        .subspan(static_cast<std::size_t>(n - first) * kIndexRecordBytes)
        .first<kIndexRecordBytes>();
}

} // namespace backtake::takes
