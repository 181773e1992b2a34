#include "capture/ring.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <vector>

namespace backtake::capture {

using base::FramePtr;
using base::Lock;
using base::Nanos;
using base::Serial;

namespace {

constexpr std::uint64_t kLargestSlab = 16 << 20;
constexpr std::uint64_t kSmallestSlab = 256 << 10;
/// A slab is freed when the last frame in it leaves: with this many the ring holds at least 15/16 of its cap.
constexpr std::uint64_t kSlabsPerRing = 32;
/// This part of the cap is added while frames are on hold, so that live view and the next take go on.
constexpr std::uint64_t kExtraForHolds = 8;

/// Memory straight from the kernel: a slab given back is really given back.
struct Slab {
    explicit Slab(std::size_t bytes)
        : size(bytes)
    {
        void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::bad_alloc();
        data = static_cast<std::byte*>(memory);
    }
    ~Slab() { munmap(data, size); }
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;
    const std::size_t size;
    std::byte* data = nullptr;
    std::size_t used = 0;
    mutable std::size_t frames = 0; ///< Of those in it, the ring's; the others only readers have.
    mutable bool in_ring = true;
};

} // namespace

/// Hands out memory slab by slab; a slab that no frame uses any more is used again.
class Ring::Slabs : public std::enable_shared_from_this<Slabs> {
public:
    explicit Slabs(std::uint64_t cap_bytes)
        : cap(cap_bytes)
        , slab_size(std::clamp(cap_bytes / kSlabsPerRing, kSmallestSlab, kLargestSlab))
    {
    }

    const std::uint64_t cap;
    const std::uint64_t slab_size;

    struct Piece {
        std::byte* data;
        std::shared_ptr<const void> owner;
    };

    /// @param bytes a multiple of base::kBlockBytes, and so is the address.
    Piece allocate(std::size_t bytes) EXCLUDES(mutex_)
    {
        std::shared_ptr<Slab> full; // given back outside the lock, which it takes
        Lock lock(mutex_);
        if (!current_ || current_->size - current_->used < bytes) {
            full = std::exchange(current_, open(bytes));
            if (full && full->frames == 0)
                leaveRing(*full);
        }
        Piece piece { current_->data + current_->used, current_ };
        current_->used += bytes;
        ++current_->frames;
        return piece;
    }

    /// A frame leaves the ring. Its memory is free once its slab's others have left too and no reader has
    /// one.
    void letGo(const base::Frame& frame) EXCLUDES(mutex_)
    {
        const auto slab = std::static_pointer_cast<const Slab>(frame.owner);
        if (!slab) // a lost frame
            return;
        Lock lock(mutex_);
        if (--slab->frames == 0 && slab != current_)
            leaveRing(*slab);
    }

    /// Lets go of the slab being filled. Slabs keep this object alive, so without it neither would ever end.
    void close() EXCLUDES(mutex_)
    {
        std::shared_ptr<Slab> last;
        Lock lock(mutex_);
        last = std::move(current_);
    }

    /// Whether a frame should leave so that the next slab still fits under the cap and @p extra. What only
    /// readers have does not count: no frame that leaves would make it less.
    bool crowded(std::uint64_t extra) const EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        return in_ring_ + slab_size > cap + extra;
    }

    void fill(Ring::Stats& stats) const EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        stats.bytes = in_ring_;
        stats.peak_bytes = peak_;
        stats.cap_bytes = cap;
    }

private:
    std::shared_ptr<Slab> open(std::size_t bytes) REQUIRES(mutex_)
    {
        std::unique_ptr<Slab> slab;
        if (bytes <= slab_size && !spare_.empty()) {
            slab = std::move(spare_.back());
            spare_.pop_back();
            slab->used = 0;
            slab->in_ring = true;
        } else {
            // A picture larger than a slab gets one of its own.
            slab = std::make_unique<Slab>(std::max<std::size_t>(bytes, slab_size));
        }
        in_use_ += slab->size;
        in_ring_ += slab->size;
        peak_ = std::max(peak_, in_use_);
        return { slab.release(),
            [self = shared_from_this()](Slab* used) { self->giveBack(std::unique_ptr<Slab>(used)); } };
    }

    void leaveRing(const Slab& slab) REQUIRES(mutex_)
    {
        if (std::exchange(slab.in_ring, false))
            in_ring_ -= slab.size;
    }

    void giveBack(std::unique_ptr<Slab> slab) EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        leaveRing(*slab);
        in_use_ -= slab->size;
        if (slab->size == slab_size && in_use_ + (spare_.size() + 1) * slab_size <= cap)
            spare_.push_back(std::move(slab));
    }

    mutable base::Mutex mutex_;
    std::shared_ptr<Slab> current_ GUARDED_BY(mutex_);
    std::vector<std::unique_ptr<Slab>> spare_ GUARDED_BY(mutex_);
    std::uint64_t in_use_ GUARDED_BY(mutex_) = 0;  ///< By the ring and its readers.
    std::uint64_t in_ring_ GUARDED_BY(mutex_) = 0; ///< Slabs with frames that are in the ring.
    std::uint64_t peak_ GUARDED_BY(mutex_) = 0;
};

Ring::Ring(std::uint64_t cap_bytes)
    : slabs_(std::make_shared<Slabs>(cap_bytes))
{
}

Ring::~Ring() { slabs_->close(); }

Serial Ring::announce(Nanos captured_at)
{
    Lock lock(mutex_);
    places_.push_back({ captured_at, nullptr });
    return announcedEndLocked() - 1;
}

FramePtr Ring::store(base::Frame frame, std::span<const std::byte> jpeg)
{
    const std::size_t bytes = base::wholeBlocks(jpeg.size());
    auto piece = slabs_->allocate(bytes);
    std::memcpy(piece.data, jpeg.data(), jpeg.size());
    std::memset(piece.data + jpeg.size(), 0, bytes - jpeg.size());
    frame.jpeg = { piece.data, bytes };
    frame.owner = std::move(piece.owner);
    return std::make_shared<const base::Frame>(std::move(frame));
}

void Ring::publish(FramePtr frame)
{
    const Serial serial = frame->serial;
    {
        Lock lock(mutex_);
        assert(serial >= first_ && serial < announcedEndLocked() && "published without a place");
        places_[serial - first_].frame = std::move(frame);
        ++here_;
        while (published_end_ < announcedEndLocked() && places_[published_end_ - first_].frame)
            ++published_end_;
    }
    published_.notifyAll();
    // Frames share slabs, so one leaving frame rarely frees memory: go on until a slab has none left.
    while (slabs_->crowded(extraBytes())) {
        FramePtr leaving; // freed outside the lock
        {
            Lock lock(mutex_);
            leaving = letOneGo();
        }
        if (!leaving)
            break;
        slabs_->letGo(*leaving);
    }
}

/// What may be used beyond the cap just now.
std::uint64_t Ring::extraBytes()
{
    Lock lock(mutex_);
    const auto ended = std::erase_if(holds_, [](const auto& hold) { return hold.expired(); });
    if (ended > 0)
        leave_from_ = first_; // what they kept may leave
    return holds_.empty() ? 0 : slabs_->cap / kExtraForHolds;
}

std::shared_ptr<const Ring::Span> Ring::hold(Span span) const
{
    auto token = std::make_shared<const Span>(span);
    Lock lock(mutex_);
    holds_.push_back(token);
    return token;
}

/// One past the frames from @p serial on that are on hold; @p serial itself when it is not.
Serial Ring::heldUntil(Serial serial) const
{
    for (bool again = true; again;) { // holds may touch
        again = false;
        for (const auto& hold : holds_) {
            const auto span = hold.lock();
            if (span && serial >= span->first && serial < span->end) {
                serial = span->end;
                again = true;
            }
        }
    }
    return serial;
}

/// Takes out the oldest frame that may leave. @return nullptr when there is none but the newest, which stays
/// whatever the cap.
FramePtr Ring::letOneGo()
{
    FramePtr leaving;
    while (!leaving && first_ + 1 < published_end_ && heldUntil(first_) == first_) {
        leaving = std::move(places_.front().frame); // null in a hole
        places_.pop_front();
        ++first_;
    }
    whole_from_ = std::max(whole_from_, first_);
    leave_from_ = std::max(leave_from_, first_);
    // The front is on hold: one from behind, which makes a hole.
    while (!leaving) {
        leave_from_ = heldUntil(leave_from_);
        if (leave_from_ + 1 >= published_end_)
            return nullptr;
        leaving = std::move(places_[leave_from_ - first_].frame);
        ++leave_from_;
        whole_from_ = std::max(whole_from_, leave_from_);
    }
    --here_;
    return leaving;
}

Ring::Span Ring::span() const
{
    Lock lock(mutex_);
    return { first_, published_end_ };
}

Serial Ring::announcedEnd() const
{
    Lock lock(mutex_);
    return announcedEndLocked();
}

Serial Ring::firstCapturedFrom(Nanos time) const
{
    Lock lock(mutex_);
    const auto place = std::partition_point(places_.begin(), places_.end(),
        [time](const Place& candidate) { return candidate.captured_at < time; });
    return std::max(whole_from_, first_ + static_cast<Serial>(place - places_.begin()));
}

std::optional<Nanos> Ring::capturedAt(Serial serial) const
{
    Lock lock(mutex_);
    if (serial < first_ || serial >= announcedEndLocked())
        return std::nullopt;
    return places_[serial - first_].captured_at;
}

FramePtr Ring::at(Serial serial) const
{
    Lock lock(mutex_);
    if (serial < first_ || serial >= published_end_)
        return nullptr;
    return places_[serial - first_].frame;
}

bool Ring::waitFor(Serial serial, std::stop_token stop, Nanos monotonic_deadline) const
{
    Lock lock(mutex_);
    return published_.waitUntil(mutex_, std::move(stop), monotonic_deadline,
        [this, serial]() REQUIRES(mutex_) { return published_end_ > serial; });
}

Ring::Stats Ring::stats() const
{
    Stats stats;
    slabs_->fill(stats);
    Lock lock(mutex_);
    stats.frames = here_;
    if (published_end_ > whole_from_ + 1)
        stats.length =
            places_[published_end_ - 1 - first_].captured_at - places_[whole_from_ - first_].captured_at;
    return stats;
}

} // namespace backtake::capture
