/// What sound devices share: samples put ahead by index, taken in chunks, and a clock made of those chunks.
#pragma once

#include "base/sound.hpp"
#include "base/thread_marks.hpp"

#include <optional>
#include <vector>

namespace backtake::base {

/// A line through the times at which a device takes its chunks: those come early and late, the line does not.
/// A delay-locked loop of second order (F. Adriaensen, Using a DLL to filter time, 2005).
/// Room: a value, used under a lock. Units: samples.
class SampleClock {
public:
    explicit SampleClock(int rate_hz)
        : nominal_(rate_hz / 1e9)
        , rate_(nominal_)
    {
    }
    /// At @p now the device had taken @p count samples and asked for the next.
    void taken(Nanos now, std::int64_t count);
    /// How many the line says at @p now.
    [[nodiscard]] double at(Nanos now) const;

private:
    double nominal_; ///< Samples a nanosecond.
    double rate_;
    double count_ = 0; ///< At time_.
    std::optional<Nanos> time_;
    Nanos since_ {}; ///< The line began.
};

/// A sink that keeps what was put until a device takes it.
/// Room: put() and what is asked from any thread; take() from the device's. Time: a lock is held while some
/// thousand samples are copied; take() allocates nothing. Memory: half a second.
class SoundBuffer : public SoundSink {
public:
    explicit SoundBuffer(int rate_hz);

    [[nodiscard]] int rateHz() const override { return rate_hz_; }
    [[nodiscard]] std::int64_t taken() const override EXCLUDES(mutex_);
    /// What does not fit in half a second after taken() is dropped.
    void put(std::int64_t first, std::span<const float> samples) override EXCLUDES(mutex_);
    [[nodiscard]] double heardAt(Nanos now) const override EXCLUDES(mutex_);
    [[nodiscard]] bool gone() const override { return false; }

    /// The device's: fills @p out with the next samples, with silence where there are none. They are heard
    /// once those taken before have been: a chunk later.
    void take(Nanos now, std::span<float> out) EXCLUDES(mutex_);

private:
    const int rate_hz_;
    const std::int64_t capacity_; ///< In samples.
    mutable Mutex mutex_;
    std::vector<float> samples_ GUARDED_BY(mutex_); ///< Sample s at s modulo capacity_.
    std::int64_t taken_ GUARDED_BY(mutex_) = 0;
    std::int64_t end_ GUARDED_BY(mutex_) = 0; ///< One after the last that was put.
    std::int64_t chunk_ GUARDED_BY(mutex_) = 0;
    SampleClock clock_ GUARDED_BY(mutex_);
};

} // namespace backtake::base
