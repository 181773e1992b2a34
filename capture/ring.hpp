/// The last seconds of one camera, compressed, in RAM. Always running, also while a take is reviewed.
#pragma once

#include "base/frame.hpp"
#include "base/thread_marks.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace backtake::capture {

/// Frames by serial, capped in bytes. A frame's place is made when it arrives (announce) and filled when it
/// is encoded (publish), in whatever order encoders finish: readers only ever see the gapless run before the
/// first unfinished one. Pixels lie in slabs of equal size that are used again, so a running ring allocates
/// no memory and never fragments.
///
/// Room: any thread; announce() from the camera thread only. Time: one short lock; store() copies the JPEG
/// outside it. Full: the oldest frames leave, but for those on hold; while some are, an eighth of the cap is
/// added so that new frames have room. A reader's FramePtr keeps its slab alive beyond that: it costs memory
/// above the cap, and the ring none of its frames.
class Ring {
public:
    explicit Ring(std::uint64_t cap_bytes);
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// Makes a place for the next frame. @return its serial: one more than the last.
    base::Serial announce(base::Nanos captured_at) EXCLUDES(mutex_);
    /// Copies a JPEG into the ring's memory: the one copy between encoder (or camera) and disk. There it
    /// begins at a multiple of base::kBlockBytes and is filled up with zeros to the next one.
    /// @param frame its serial, time, segment and size; @p jpeg and owner are set here.
    base::FramePtr store(base::Frame frame, std::span<const std::byte> jpeg);
    /// Fills a place with a frame of store(). Every announced serial is published once, if need be as a lost
    /// frame without picture.
    void publish(base::FramePtr frame) EXCLUDES(mutex_);

    /// First serial still here, and one past the newest that readers may see.
    struct Span {
        base::Serial first = 0;
        base::Serial end = 0;
    };
    [[nodiscard]] Span span() const EXCLUDES(mutex_);
    /// One past the newest announced serial: what the next frame will get.
    [[nodiscard]] base::Serial announcedEnd() const EXCLUDES(mutex_);
    /// First announced serial captured at or after @p time; announcedEnd() when there is none.
    /// Frames before it that stay on hold do not count unless they reach up to the newest without a hole.
    [[nodiscard]] base::Serial firstCapturedFrom(base::Nanos time) const EXCLUDES(mutex_);
    /// Time stamp of an announced frame; nullopt when it has left or is still to come.
    [[nodiscard]] std::optional<base::Nanos> capturedAt(base::Serial serial) const EXCLUDES(mutex_);
    /// @return nullptr when it has left or is not encoded yet.
    [[nodiscard]] base::FramePtr at(base::Serial serial) const EXCLUDES(mutex_);
    /// Waits until readers may see @p serial (or it has left already). @return false at a stop or @p
    /// monotonic_deadline.
    bool waitFor(base::Serial serial, std::stop_token stop, base::Nanos monotonic_deadline) const
        EXCLUDES(mutex_);

    /// Frames [span.first, span.end), as far as they are still here, do not leave as long as the token lives:
    /// a take that is not on disk yet. Younger ones leave in their stead, which makes a hole behind the hold.
    [[nodiscard]] std::shared_ptr<const Span> hold(Span span) const EXCLUDES(mutex_);

    struct Stats {
        std::uint64_t bytes = 0; ///< Slabs in use: what counts against the cap.
        std::uint64_t peak_bytes = 0;
        std::uint64_t cap_bytes = 0;
        base::Nanos length {}; ///< From the oldest to the newest frame, without a hole.
        std::uint64_t frames = 0;
    };
    [[nodiscard]] Stats stats() const EXCLUDES(mutex_);

private:
    struct Place {
        base::Nanos captured_at;
        base::FramePtr frame; ///< Null until encoded.
    };
    class Slabs;

    [[nodiscard]] base::Serial announcedEndLocked() const REQUIRES(mutex_) { return first_ + places_.size(); }
    std::uint64_t extraBytes() EXCLUDES(mutex_);
    [[nodiscard]] base::Serial heldUntil(base::Serial serial) const REQUIRES(mutex_);
    base::FramePtr letOneGo() REQUIRES(mutex_);

    const std::shared_ptr<Slabs> slabs_;
    mutable base::Mutex mutex_;
    mutable base::Condition published_;
    std::deque<Place> places_ GUARDED_BY(mutex_);
    base::Serial first_ GUARDED_BY(mutex_) = 0;
    base::Serial published_end_ GUARDED_BY(mutex_) = 0;
    mutable std::vector<std::weak_ptr<const Span>> holds_ GUARDED_BY(mutex_);
    std::uint64_t here_ GUARDED_BY(mutex_) = 0;      ///< Frames, holes not counted.
    base::Serial leave_from_ GUARDED_BY(mutex_) = 0; ///< Before it all that may leave has left.
    base::Serial whole_from_ GUARDED_BY(mutex_) = 0; ///< From here on there is no hole.
};

} // namespace backtake::capture
