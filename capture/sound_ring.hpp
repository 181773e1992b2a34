/// The sound that came with a camera's picture, for as long as the picture ring holds pictures.
#pragma once

#include "base/thread_marks.hpp"
#include "capture/frame_source.hpp"

#include <deque>
#include <optional>

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

    /// Block number @p number, or the oldest here when that one has left (@p number moves on to it); nullopt
    /// while it is still to come.
    std::optional<SoundBlock> at(std::uint64_t& number) const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        number = std::max(number, first_);
        if (number >= first_ + blocks_.size())
            return std::nullopt;
        return blocks_[number - first_];
    }

private:
    /// Two minutes of 48 kHz mono are 11 MB: longer than any pre-roll.
    static constexpr base::Nanos kLength = std::chrono::minutes(2);

    mutable base::Mutex mutex_;
    std::deque<SoundBlock> blocks_ GUARDED_BY(mutex_);
    std::uint64_t first_ GUARDED_BY(mutex_) = 0;
};

} // namespace backtake::capture
