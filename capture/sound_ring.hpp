/// The sound that came with a camera's picture, for as long as the picture ring holds pictures.
#pragma once

#include <deque>

#include "base/thread_marks.hpp"
#include "capture/frame_source.hpp"

namespace backtake::capture {

/// Room: any thread. Full (by time): the oldest blocks leave.
class SoundRing {
public:
    void push(SoundBlock block) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        blocks_.push_back(std::move(block));
        while (blocks_.back().captured_at - blocks_.front().captured_at > kLength) {
            blocks_.pop_front();
            ++first_;
        }
    }

    /// Blocks from number @p next on, which moves past them. A reader that came too late goes on with the oldest.
    std::vector<SoundBlock> from(std::uint64_t& next) const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        next = std::max(next, first_);
        std::vector<SoundBlock> found;
        for (; next < first_ + blocks_.size(); ++next)
            found.push_back(blocks_[next - first_]);
        return found;
    }

private:
    /// Two minutes of 48 kHz mono are 11 MB: longer than any pre-roll.
    static constexpr base::Nanos kLength = std::chrono::minutes(2);

    mutable base::Mutex mutex_;
    std::deque<SoundBlock> blocks_ GUARDED_BY(mutex_);
    std::uint64_t first_ GUARDED_BY(mutex_) = 0;
};

} // namespace backtake::capture
