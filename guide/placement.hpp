/// Where the guide was while a take was captured, and the master laid there.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"
#include "guide/guide_player.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::guide {

/// One uninterrupted run of the guide: at captured time begin + t, 0 <= t < length, the guide was at guide_s
/// + speed * t. Captured times are relative to captured frame 0.
struct GuideRun {
    base::Nanos begin {};  ///< Negative: it ran already when the take began.
    base::Nanos length {}; ///< Above 0.
    double guide_s = 0;    ///< In the guide's own forward time, 0 or more.
    double speed = -1;     ///< Guide seconds per captured second, of a reversed guide -1.02 … -0.49.

    [[nodiscard]] base::Nanos end() const { return begin + length; }
    [[nodiscard]] double guideAt(base::Nanos captured) const
    {
        return guide_s + speed * base::seconds(captured - begin);
    }
    friend bool operator==(const GuideRun&, const GuideRun&) = default;
};

/// All runs of one take, in the order of captured time; they do not overlap. A value: any thread.
struct GuideRecord {
    std::vector<GuideRun> runs;
    /// What the operator added: positive, the master is heard so much later under the captured picture.
    base::Nanos nudge {};

    /// Where the guide was at a captured time, nudge included; nullopt: it did not run.
    [[nodiscard]] std::optional<double> guideAt(base::Nanos captured) const;
    /// The same; where it did not run, as it stood when it last had, or before its first run as that begins.
    /// nullopt: it never ran.
    [[nodiscard]] std::optional<double> nearestTo(base::Nanos captured) const;
    friend bool operator==(const GuideRecord&, const GuideRecord&) = default;
};

inline constexpr std::size_t kMostGuideRuns = 10'000; ///< 17 min of the shortest bits of a broken clock.
inline constexpr base::Nanos kMostNudge = std::chrono::seconds(10);
inline constexpr base::Nanos kLongestGuideTime = std::chrono::hours(48); ///< Of any time in a record.

/// One look at a sound device's clock.
struct ClockPair {
    std::int64_t sample = 0; ///< Rendered sample, as PlayedRun counts …
    base::Nanos heard_at {}; ///< … and the monotonic time at which it left the loudspeaker, as far as known.
};

/// The record of what a GuidePlayer played. A line is fitted through the clock pairs of each run, so that
/// their jitter does not matter and a device clock that is off is followed (single late pairs have no say:
/// the line is that of least absolute distance). Where one line does not do (the device stalled and went on)
/// the run is cut in two, and again.
/// @param played as the player told it, the last one open: it ends with the last pair.
/// @param pairs rising; ten a second are plenty. A run with less than two of them near it is left out.
/// @param rate_hz of the samples.
/// @param frame_zero monotonic time of captured frame 0.
GuideRecord fitGuideRecord(
    std::span<const PlayedRun> played, std::span<const ClockPair> pairs, int rate_hz, base::Nanos frame_zero);

/// JSON, one object.
std::string guideRecordText(const GuideRecord& record);
/// Reads it back; hostile text is expected.
/// @return Fault::Corrupt, with the field that is wrong; Unsupported for a newer version.
base::Result<GuideRecord> parseGuideRecord(std::string_view json);

/// The master on the take's captured time line: where the guide ran, it is what the performers heard at that
/// captured time, without the room; elsewhere silence. Played in reverse with the picture it is the master
/// the right way round. Runs begin and end with fades of 5 ms, or fade into each other where one goes on
/// where the other ended. At a speed of exactly -1 samples are the master's bit for bit, moved by less than a
/// sample; else resampled (pitch follows speed, as the picture's movement does).
/// @param master three times as many seconds as the record needs are no trouble, nor are too few: silence.
/// @return a track at the master's rate and with its channels; read() reads the master.
base::SoundTrackPtr placed(base::SoundTrackPtr master, GuideRecord record);

} // namespace backtake::guide
