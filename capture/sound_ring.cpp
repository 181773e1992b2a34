#include "capture/sound_ring.hpp"

#include <algorithm>
#include <utility>

namespace backtake::capture {

using base::Lock;
using base::Nanos;

namespace {

std::size_t bytesOf(const SoundBlock& block) { return block.samples.size() * sizeof(block.samples.front()); }

} // namespace

void SoundRing::push(SoundBlock block)
{
    if (block.frames() == 0)
        return;
    Lock lock(mutex_);
    if (!blocks_.empty()) {
        const Nanos gap = block.captured_at - blocks_.back()->endsAt();
        if (gap > kLongest) { // nothing here belongs to what comes; the missing number tells readers
            first_ += blocks_.size() + 1;
            blocks_.clear();
            bytes_ = 0;
        } else if (gap > kSlack) {
            appendSilence(block.captured_at);
        } else if (gap < -kSlack) {
            const auto there = std::min(block.frames(), block.samplesIn(-gap));
            block.captured_at += block.timeOf(there);
            block.samples.erase(block.samples.begin(),
                block.samples.begin() + static_cast<std::ptrdiff_t>(there * block.channels));
            if (block.samples.empty())
                return;
        }
    }
    append(std::move(block));
}

void SoundRing::silenceUntil(Nanos time)
{
    Lock lock(mutex_);
    if (!blocks_.empty() && time - blocks_.back()->endsAt() > kSlack)
        appendSilence(std::min(time, blocks_.back()->endsAt() + kLongest));
}

void SoundRing::append(SoundBlock block)
{
    bytes_ += bytesOf(block);
    blocks_.push_back(std::make_shared<const SoundBlock>(std::move(block)));
    while (blocks_.size() > 1
        && (bytes_ > kMostBytes || blocks_.back()->captured_at - blocks_.front()->captured_at > kLongest)) {
        bytes_ -= bytesOf(*blocks_.front());
        blocks_.pop_front();
        ++first_;
    }
    arrived_.notifyAll();
}

/// In pieces of a second at most: a reader's memory is not ours to fill at once.
void SoundRing::appendSilence(Nanos until)
{
    SoundBlock silence;
    {
        const SoundBlock& last = *blocks_.back();
        silence.captured_at = last.endsAt();
        silence.rate_hz = last.rate_hz;
        silence.channels = last.channels;
        silence.bits = last.bits;
        silence.rate_error_ppm = last.rate_error_ppm;
    }
    for (auto missing = silence.samplesIn(until - silence.captured_at); missing > 0;) {
        const auto now = std::min<std::int64_t>(missing, silence.rate_hz);
        silence.samples.assign(static_cast<std::size_t>(now * silence.channels), 0);
        append(silence);
        silence.captured_at += silence.timeOf(now);
        missing -= now;
    }
}

SoundBlockPtr SoundRing::at(std::uint64_t& number) const
{
    Lock lock(mutex_);
    number = std::max(number, first_);
    if (number >= first_ + blocks_.size())
        return nullptr;
    return blocks_[number - first_];
}

std::uint64_t SoundRing::find(Nanos time) const
{
    Lock lock(mutex_);
    const auto later = std::upper_bound(blocks_.begin(), blocks_.end(), time,
        [](Nanos wanted, const SoundBlockPtr& block) { return wanted < block->captured_at; });
    const auto before = static_cast<std::uint64_t>(later - blocks_.begin());
    return first_ + (before > 0 ? before - 1 : 0);
}

std::optional<Nanos> SoundRing::endsAt() const
{
    Lock lock(mutex_);
    return blocks_.empty() ? std::nullopt : std::optional(blocks_.back()->endsAt());
}

bool SoundRing::waitFor(Nanos time, Nanos monotonic_deadline) const
{
    Lock lock(mutex_);
    return arrived_.waitUntil(mutex_, {}, monotonic_deadline,
        [this, time]() REQUIRES(mutex_) { return !blocks_.empty() && blocks_.back()->endsAt() >= time; });
}

std::size_t SoundRing::bytes() const
{
    Lock lock(mutex_);
    return bytes_;
}

} // namespace backtake::capture
