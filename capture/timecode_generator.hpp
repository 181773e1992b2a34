/// The shoot's timecode generator: one for all its cameras.
#pragma once

#include "base/thread_marks.hpp"
#include "capture/sound_ring.hpp"
#include "capture/timecode_clock.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace backtake::capture {

/// A TimecodeClock that hears LTC from a camera's sound. It has no thread: whoever asks has it hear what came
/// since. Room: any thread. Time: it never waits but for another that asks; a second of sound costs some
/// 0.4 ms.
class TimecodeGenerator {
public:
    /// @param now monotonic: free run begins.
    TimecodeGenerator(base::TimecodeSource source, base::Nanos now)
        : source_(source)
        , clock_(source, now)
    {
    }

    /// Where LTC is heard from now on; may be the same as before, or null.
    void listenTo(std::shared_ptr<const SoundRing> sound) EXCLUDES(mutex_);
    /// As those of TimecodeClock. @param rate nominal, of the camera.
    [[nodiscard]] base::TimecodeFormat formatFor(const base::Rate& rate) EXCLUDES(mutex_);
    [[nodiscard]] std::optional<std::int64_t> at(base::Nanos captured_at, const base::TimecodeFormat& format)
        EXCLUDES(mutex_);
    [[nodiscard]] std::int64_t next(
        std::int64_t before, base::Nanos captured_at, const base::TimecodeFormat& format) EXCLUDES(mutex_);
    [[nodiscard]] TimecodeState state(base::Nanos now, const base::Rate& rate) EXCLUDES(mutex_);
    bool toggleJam(base::Nanos now, const base::Rate& rate) EXCLUDES(mutex_);

private:
    void hear(const base::Rate& rate) REQUIRES(mutex_);

    const base::TimecodeSource source_;
    base::Mutex mutex_;
    TimecodeClock clock_ GUARDED_BY(mutex_);
    std::shared_ptr<const SoundRing> sound_ GUARDED_BY(mutex_);
    std::uint64_t next_block_ GUARDED_BY(mutex_) = 0;
    std::optional<LtcReader> reader_ GUARDED_BY(mutex_);
    int reader_rate_hz_ GUARDED_BY(mutex_) = 0;
    std::vector<float> samples_ GUARDED_BY(mutex_); ///< Kept between calls, as the next.
    std::vector<LtcFrame> found_ GUARDED_BY(mutex_);
};

} // namespace backtake::capture
