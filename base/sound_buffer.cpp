#include "base/sound_buffer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace backtake::base {
namespace {

/// Bandwidths of the loop: wide until it knows the device's rate, then narrow, so that a chunk that is 10 ms
/// late moves the line by 0.1 ms.
constexpr double kFinding_hz = 1;
constexpr double kFollowing_hz = 0.1;
constexpr Nanos kFinds = 3s;
/// A device that is further off has stood still: the line begins anew.
constexpr double kLost_s = 0.06;
/// No quartz is further from its rate.
constexpr double kMostOff = 2e-3;

} // namespace

void SampleClock::taken(Nanos now, std::int64_t count)
{
    const auto counted = static_cast<double>(count);
    const double off = time_ ? counted - at(now) : 0;
    if (!time_ || std::abs(off) > kLost_s * nominal_ * 1e9) {
        count_ = counted;
        rate_ = nominal_;
        since_ = now;
        time_ = now;
        return;
    }
    const auto elapsed = static_cast<double>((now - *time_).count());
    const double bandwidth = now - since_ < kFinds ? kFinding_hz : kFollowing_hz;
    const double omega = std::min(0.5, 2 * std::numbers::pi * bandwidth * elapsed / 1e9);
    count_ = at(now) + std::numbers::sqrt2 * omega * off;
    if (elapsed > 0)
        rate_ += omega * omega * off / elapsed;
    rate_ = std::clamp(rate_, nominal_ * (1 - kMostOff), nominal_ * (1 + kMostOff));
    time_ = now;
}

double SampleClock::at(Nanos now) const
{
    return time_ ? count_ + rate_ * static_cast<double>((now - *time_).count()) : 0;
}

SoundBuffer::SoundBuffer(int rate_hz)
    : rate_hz_(rate_hz)
    , capacity_(rate_hz / 2)
    , samples_(static_cast<std::size_t>(capacity_ * kEars))
    , clock_(rate_hz)
{
}

std::int64_t SoundBuffer::taken() const
{
    Lock lock(mutex_);
    return taken_;
}

void SoundBuffer::put(std::int64_t first, std::span<const float> samples)
{
    Lock lock(mutex_);
    const std::int64_t last =
        std::min(first + static_cast<std::int64_t>(samples.size() / kEars), taken_ + capacity_);
    const auto place = [&](std::int64_t s) REQUIRES(mutex_) {
        return samples_.begin() + static_cast<std::ptrdiff_t>((s % capacity_) * kEars);
    };
    for (std::int64_t s = std::max(end_, taken_); s < std::min(first, taken_ + capacity_); ++s)
        std::fill_n(place(s), kEars, 0.0F);
    for (std::int64_t s = std::max(first, taken_); s < last; ++s)
        std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>((s - first) * kEars), kEars, place(s));
    end_ = std::max(taken_, last);
}

void SoundBuffer::take(Nanos now, std::span<float> out)
{
    Lock lock(mutex_);
    const auto count = static_cast<std::int64_t>(out.size()) / kEars;
    clock_.taken(now, taken_);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t s = taken_ + i;
        const auto to = out.begin() + static_cast<std::ptrdiff_t>(i * kEars);
        if (s < end_)
            std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>((s % capacity_) * kEars), kEars, to);
        else
            std::fill_n(to, kEars, 0.0F);
    }
    taken_ += count;
    chunk_ = count;
}

double SoundBuffer::heardAt(Nanos now) const
{
    Lock lock(mutex_);
    // What the device asked for last is heard after the chunk before it. Chunks that come in pairs leave it
    // one behind; one that is more late has stopped.
    return std::min(clock_.at(now) - static_cast<double>(chunk_), static_cast<double>(taken_));
}

} // namespace backtake::base
