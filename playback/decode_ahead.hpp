/// Decodes the frames that playback will want next, in that order, on a few threads, into a bounded pool.
#pragma once

#include "base/frame.hpp"
#include "base/jpeg.hpp"
#include "base/thread_marks.hpp"

#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace backtake::playback {

/// Pictures wanted at once, at most.
inline constexpr std::size_t kMostAhead = 16;
/// The player's pictures: at 1080p 4:2:2 all of kMostAhead and what screen and decoders hold; at 4096x2160
/// seven.
inline constexpr std::size_t kPictureBytes = 128 << 20;

/// One decoded frame. A damaged or lost one has a placeholder that says so.
struct Decoded {
    base::PicturePtr picture;
    bool damaged = false;
};

/// A frame to have. One that is due before it could be decoded is begun only when nothing else is left to do.
struct Wanted {
    base::FrameIndex frame = 0;
    bool too_late_to_begin = false;
};

/// Where play goes on behind the frames wanted now: frames `from`, `from + step`, … may be fetched from disk.
struct Course {
    base::FrameIndex from = 0;
    base::FrameIndex step = -1; ///< Signed; 0: nowhere.
};
/// How far ahead of the decoders a disk is asked, and in how large bites: one second at 60 per second, at
/// least half of which is there when the next bite is taken.
inline constexpr base::FrameIndex kFramesFetched = 64;
inline constexpr base::FrameIndex kFetchedAtOnce = 32;

/// Room: any thread may call; decoders are threads of their own, and so is the one that has frames fetched
/// from disk in the direction of play before a decoder comes to them. Time: calls take one short lock,
/// waitFor() waits. What is not wanted any more is given back at once; an answer to an old footage or wish is
/// dropped.
class DecodeAhead {
public:
    explicit DecodeAhead(int threads);
    ~DecodeAhead() = default;

    /// Frames of another take: all pictures and wishes of the old one are dropped.
    /// @param seeds pictures there already, by captured frame.
    void load(base::FootagePtr footage, std::map<base::FrameIndex, base::PicturePtr> seeds);
    /// What to have, most urgent first, at most kMostAhead of it. Everything else is given back.
    void want(const std::vector<Wanted>& frames, Course course = { 0, 0 });
    /// @return the frame if it is decoded.
    [[nodiscard]] std::optional<Decoded> find(base::FrameIndex n) const;
    /// Waits for a wanted frame. @return nullopt at a stop, or when it is not wanted any more.
    std::optional<Decoded> waitFor(base::FrameIndex n, std::stop_token stop);

    /// How many frames may be wanted at once for pictures of the size met last.
    [[nodiscard]] std::size_t capacity() const;
    [[nodiscard]] int threads() const { return static_cast<int>(threads_.size()); }
    /// Mean time to decode one frame on one thread.
    [[nodiscard]] base::Nanos decodeTime() const
    {
        return base::Nanos(decode_ns_.load(std::memory_order_relaxed));
    }

private:
    struct Wish {
        base::FrameIndex frame = 0;
        bool too_late_to_begin = false;
        bool under_way = false;
    };
    void work(std::stop_token stop);
    void fetch(std::stop_token stop);
    [[nodiscard]] std::vector<base::FrameIndex> nextToFetch() const REQUIRES(mutex_);
    [[nodiscard]] std::optional<std::size_t> nextWish() const REQUIRES(mutex_);
    base::PicturePtr placeholder(int width, int height);

    base::PicturePool pool_;
    mutable base::Mutex mutex_;
    base::Condition changed_; ///< A wish came, or a picture.
    base::FootagePtr footage_ GUARDED_BY(mutex_);
    std::uint64_t footage_id_ GUARDED_BY(mutex_) = 0;
    std::vector<Wish> wishes_ GUARDED_BY(mutex_);
    std::vector<Wish> wishes_before_ GUARDED_BY(mutex_); ///< Kept for its memory.
    std::map<base::FrameIndex, Decoded> decoded_ GUARDED_BY(mutex_);
    Course course_ GUARDED_BY(mutex_) { 0, 0 };
    Course fetched_ GUARDED_BY(mutex_) { 0, 0 };       ///< Up to before `from`, by that step.
    std::size_t picture_bytes_ GUARDED_BY(mutex_) = 0; ///< Of the pictures met last.
    int last_width_ GUARDED_BY(mutex_) = 1280;         ///< For placeholders.
    int last_height_ GUARDED_BY(mutex_) = 720;
    std::atomic<std::int64_t> decode_ns_ { 0 };
    std::vector<std::jthread> threads_;
    std::jthread fetcher_; ///< Last.
};

} // namespace backtake::playback
