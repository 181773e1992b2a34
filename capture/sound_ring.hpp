/// The sound that came with a camera's picture, for as long as the picture ring holds pictures.
#pragma once

#include "base/thread_marks.hpp"
#include "capture/frame_source.hpp"

#include <algorithm>
#include <deque>
#include <memory>

namespace backtake::capture {

using SoundBlockPtr = std::shared_ptr<const SoundBlock>;

/// Room: any thread. Full (by time): the oldest blocks leave; who holds one keeps it.
class SoundRing {
public:
    void push(SoundBlock block) EXCLUDES(mutex_)
    {
        auto shared = std::make_shared<const SoundBlock>(std::move(block));
        base::Lock lock(mutex_);
        blocks_.push_back(std::move(shared));
        while (blocks_.back()->captured_at - blocks_.front()->captured_at > kLength) {
            blocks_.pop_front();
            ++first_;
        }
    }

    /// Block number @p number, or the oldest here when that one has left (@p number moves on to it); null
    /// while it is still to come.
    SoundBlockPtr at(std::uint64_t& number) const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        number = std::max(number, first_);
        if (number >= first_ + blocks_.size())
            return nullptr;
        return blocks_[number - first_];
    }

    /// Number of the last block that begins at or before @p time; of the oldest here when all begin later.
    [[nodiscard]] std::uint64_t find(base::Nanos time) const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        const auto later = std::upper_bound(blocks_.begin(), blocks_.end(), time,
            [](base::Nanos wanted, const SoundBlockPtr& block) { return wanted < block->captured_at; });
        const auto before = static_cast<std::uint64_t>(later - blocks_.begin());
        return first_ + (before > 0 ? before - 1 : 0);
    }

private:
    /// Two minutes of 48 kHz mono are 11 MB: longer than any pre-roll.
    static constexpr base::Nanos kLength = std::chrono::minutes(2);

    mutable base::Mutex mutex_;
    std::deque<SoundBlockPtr> blocks_ GUARDED_BY(mutex_);
    std::uint64_t first_ GUARDED_BY(mutex_) = 0;
};

} // namespace backtake::capture
