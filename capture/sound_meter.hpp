/// How loud each channel is, as a meter shows it.
#pragma once

#include "base/thread_marks.hpp"
#include "capture/frame_source.hpp"

#include <array>

namespace backtake::capture {

/// Of nothing at all, and of less than a meter shows.
inline constexpr double kSilence_db = -60;

struct ChannelLevel {
    double peak_db = kSilence_db; ///< -60 … 0, of full scale. Rises at once and falls 20 dB a second.
    double hold_db = kSilence_db; ///< The highest of the last 1.5 s; then it falls, too.
    bool clipped = false;         ///< A sample was at full scale within the last 3 s.
};

struct SoundLevels {
    int channels = 0; ///< 0 before the first sound.
    std::array<ChannelLevel, base::kMostSoundChannels> channel {};
};

/// Of a source of sound, for the window and for JSON.
struct SoundStatus {
    enum class State {
        None = 1, ///< No sound has come, and none was asked for.
        Opening,  ///< For the first time.
        Live,
        Lost,    ///< There was sound, or it was asked for: silence is put in its place until it returns.
        Refused, ///< As Lost; trying again is of no use until somebody changes something.
    };
    State state = State::None;
    std::string name {}; ///< Without secrets.
    std::string why {};  ///< One line when Lost or Refused: what, and what to do.
    int channels = 0;
    int bits = 0;
    double rate_error_ppm = 0;
    std::uint64_t returns = 0; ///< Times it came back by itself.
    SoundLevels levels {};
};

/// Room: measure() the thread that the sound comes on, read() any. Time: the sound's own.
class SoundMeter {
public:
    void measure(const SoundBlock& block) EXCLUDES(mutex_);
    [[nodiscard]] SoundLevels read(base::Nanos now) const EXCLUDES(mutex_);

private:
    struct Channel {
        double peak_db = kSilence_db;
        base::Nanos peak_at {};
        double hold_db = kSilence_db;
        base::Nanos hold_at {};
        base::Nanos clipped_until {};
    };
    mutable base::Mutex mutex_;
    int channels_ GUARDED_BY(mutex_) = 0;
    std::array<Channel, base::kMostSoundChannels> channel_ GUARDED_BY(mutex_) {};
};

} // namespace backtake::capture
