/// Sound for tests that needs neither camera nor disk, and how clicks in it are measured.
#pragma once

#include "base/frame.hpp"
#include "base/sound_buffer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <optional>
#include <random>
#include <vector>

namespace backtake::playback {

using base::Nanos;
using namespace std::chrono_literals;

inline constexpr int kRate = 48000;

/// Samples in memory; the value by sample and channel.
class MemorySound final : public base::SoundTrack {
public:
    template <typename Value>
    MemorySound(std::int64_t count, int channels, Value value, Nanos starts_at = 0ns, int rate = kRate)
        : channels_(channels)
        , rate_(rate)
        , starts_at_(starts_at)
    {
        for (std::int64_t s = 0; s < count; ++s)
            for (int c = 0; c < channels; ++c)
                samples_.push_back(static_cast<float>(value(s, c)));
    }
    [[nodiscard]] int rateHz() const override { return rate_; }
    [[nodiscard]] double trueRate() const override { return true_rate.value_or(rate_); }
    [[nodiscard]] int channels() const override { return channels_; }
    [[nodiscard]] std::int64_t sampleCount() const override
    {
        return static_cast<std::int64_t>(samples_.size()) / channels_;
    }
    [[nodiscard]] Nanos startsAt() const override { return starts_at_; }
    void read(std::int64_t first, std::span<float> into) const override
    {
        for (std::size_t i = 0; i < into.size(); ++i) {
            const std::int64_t at = first * channels_ + static_cast<std::int64_t>(i);
            const bool inside = at >= 0 && at < static_cast<std::int64_t>(samples_.size());
            into[i] = inside ? samples_[static_cast<std::size_t>(at)] : 0.0F;
        }
    }
    [[nodiscard]] float sample(std::int64_t s, int c) const
    {
        return samples_[static_cast<std::size_t>(s * channels_ + c)];
    }

    std::optional<double> true_rate;

private:
    std::vector<float> samples_;
    int channels_;
    int rate_;
    Nanos starts_at_;
};

/// Every value that 24 bits can hold may come up.
inline auto noise()
{
    return [random = std::mt19937(7)](std::int64_t, int) mutable {
        return static_cast<double>(static_cast<std::int32_t>(random()) >> 8) / 8388608.0;
    };
}
inline auto sine(double hz, double amplitude = 0.5)
{
    return [hz, amplitude](std::int64_t s, int) {
        return amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(s) / kRate);
    };
}

/// Of a sine each sample follows from the two before it; what does not is a click. In dBFS.
inline double loudestClick(const std::vector<float>& heard, double hz, std::size_t from = 2)
{
    const double factor = 2 * std::cos(2 * std::numbers::pi * hz / kRate);
    double most = 0;
    for (std::size_t i = std::max<std::size_t>(from, 2); i < heard.size(); ++i)
        most = std::max(most,
            std::abs(static_cast<double>(heard[i]) - factor * static_cast<double>(heard[i - 1])
                + static_cast<double>(heard[i - 2])));
    return 20 * std::log10(std::max(most, 1e-9));
}

/// Frames of 40 ms that nobody looks at, with sound.
class HeardFootage final : public base::Footage {
public:
    HeardFootage(base::FrameIndex count, base::SoundTrackPtr sound)
        : count_(count)
        , sound_(std::move(sound))
    {
    }
    [[nodiscard]] base::FrameIndex frameCount() const override { return count_; }
    [[nodiscard]] Nanos capturedTime(base::FrameIndex n) const override { return n * 40ms; }
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex) const override
    {
        return base::fail(base::Fault::Corrupt, "no pictures here");
    }
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return { 25, 1 }; }
    [[nodiscard]] base::SoundTrackPtr sound() const override
    {
        if (while_opening)
            while_opening();
        return sound_;
    }
    std::function<void()> while_opening; ///< For a disk that is slow.

private:
    base::FrameIndex count_;
    base::SoundTrackPtr sound_;
};

/// A device in simulated time: takes its chunks by a clock of its own and keeps what it heard. Sample s
/// sounds from (s + kChunk) / rate() on.
class Ear final : public base::SoundBuffer {
public:
    static constexpr std::int64_t kChunk = 512;

    /// @param off of its clock, in parts of 1.
    explicit Ear(double off = 0, Nanos begins = 0ns)
        : SoundBuffer(kRate)
        , rate_(kRate * (1 + off))
        , begins_(begins)
    {
    }
    [[nodiscard]] bool gone() const override { return gone_; }
    void vanish() { gone_ = true; }
    /// Takes what is due up to @p now; what it slept through is not made up for.
    void hear(Nanos now, bool stuck = false)
    {
        std::vector<float> chunk(kChunk * base::kEars);
        for (; begins_ + Nanos(std::llround(static_cast<double>(chunks_ * kChunk) / rate_ * 1e9)) <= now;
             ++chunks_) {
            if (stuck || gone_)
                continue;
            take(begins_ + Nanos(std::llround(static_cast<double>(chunks_ * kChunk) / rate_ * 1e9)), chunk);
            heard.insert(heard.end(), chunk.begin(), chunk.end());
        }
    }
    /// When sample @p s of heard sounds, as long as it was never stuck.
    [[nodiscard]] double soundsAt_s(std::int64_t s) const
    {
        return base::seconds(begins_) + static_cast<double>(s + kChunk) / rate_;
    }
    /// What came to one ear, from sample @p from on.
    [[nodiscard]] std::vector<float> ear(int which, std::size_t from = 0) const
    {
        std::vector<float> one;
        for (std::size_t s = from; s < heard.size() / base::kEars; ++s)
            one.push_back(heard[s * base::kEars + static_cast<std::size_t>(which)]);
        return one;
    }

    std::vector<float> heard;

private:
    double rate_;
    Nanos begins_;
    std::int64_t chunks_ = 0;
    bool gone_ = false;
};

} // namespace backtake::playback
