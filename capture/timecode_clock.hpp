/// The shoot's timecode as a function of time: time of day, free run, or LTC with jam and hold-over.
#pragma once

#include "capture/ltc_reader.hpp"

#include <deque>

namespace backtake::capture {

/// What the clock goes by now.
struct TimecodeState {
    enum class Word {
        TimeOfDay = 1,
        FreeRun,
        Ltc,   ///< Follows LTC.
        Jam,   ///< Took LTC over once and runs by itself; LTC is still heard.
        Hold,  ///< Runs by itself since LTC is gone.
        NoLtc, ///< LTC is chosen and has not been heard yet: labels are time of day.
    };
    Word word = Word::TimeOfDay;
    base::Nanos held {};   ///< Hold: since LTC was last heard.
    bool jammed = false;   ///< Also when LTC is gone.
    bool reversed = false; ///< Somebody plays LTC backwards; it is not followed.
    /// LTC that is heard and does not fit the shoot: how it counts. It is not followed.
    std::optional<base::TimecodeFormat> misfit;
    /// LTC came back, or leapt: by so many frames of its own it was ahead of the running clock, more than one
    /// either way. `comparisons` counts up with each; 0: there was none.
    double ahead = 0;
    std::uint64_t comparisons = 0;
};

/// Labels are answers for a capture time, past or to come, so that pre-roll, a disk that is late and the
/// clock on screen all get the same one.
///
/// LTC is believed when two frames in a row are legal labels, one apart, a frame apart, and forward at the
/// speed of play. Each later one pulls the clock an eighth of the way, so that the jitter of sound does not
/// become jitter of labels; one that is half a frame off sets it anew. It fits a shoot that counts as it does
/// or in multiples (LTC at 25 for a shoot at 50), both with drop frame or both without.
///
/// Without LTC the clock runs on at the shoot's nominal rate by the machine's monotonic clock. Crystals
/// differ by up to 50 millionths: a frame at 25 in 13 minutes.
/// Room: one thread at a time. Time: an argument; nothing waits.
class TimecodeClock {
public:
    /// @param started_at monotonic, when free run shows its start value.
    TimecodeClock(base::TimecodeSource source, base::Nanos started_at)
        : source_(source)
        , started_at_(started_at)
    {
    }

    /// How labels of a shoot at @p rate are counted: drop frame at 29.97 and 59.94, unless LTC, or the start
    /// value of free run, says otherwise.
    [[nodiscard]] base::TimecodeFormat formatFor(const base::Rate& rate) const;
    /// LTC, in the order it was heard.
    void hear(const LtcFrame& frame, const base::Rate& shoot);
    /// From now on the clock runs by itself, from what LTC says; jammed already, it follows LTC again.
    /// @return false: no LTC that fits is heard at @p now, and nothing changes.
    bool toggleJam(base::Nanos now);

    /// Frame number of the label that covers @p captured_at: the LTC frame [start, start + length) it lies
    /// in. @return nullopt: time of day.
    [[nodiscard]] std::optional<std::int64_t> at(
        base::Nanos captured_at, const base::TimecodeFormat& format) const;
    /// The same for the frame after one with @p before. Time of day and free run count on within a take. LTC
    /// is looked at, by the half-frame rule: as long as a picture lies less than half a frame outside of the
    /// LTC frame that would be next, that is its label, so that two clocks in step, or a camera whose
    /// pictures arrive unevenly, have no leaps; further off it gets the one that covers it.
    /// @return may lie beyond the day, as the labels of a take count on over midnight.
    [[nodiscard]] std::int64_t next(
        std::int64_t before, base::Nanos captured_at, const base::TimecodeFormat& format) const;
    [[nodiscard]] TimecodeState state(base::Nanos now, const base::Rate& shoot) const;

private:
    /// From a time on the clock goes through one point.
    struct Anchor {
        base::Nanos from {};
        std::int64_t label = 0; ///< In LTC's count,
        base::Nanos at {};      ///< then.
        base::TimecodeFormat counted;
    };
    struct Heard {
        std::int64_t label = 0;
        base::TimecodeFormat counted;
        base::Nanos at {};
        base::Nanos ends {};
    };
    /// What at() says of @p captured_at, should the clock have gone then as it does at @p as_of.
    [[nodiscard]] std::optional<std::int64_t> at(
        base::Nanos captured_at, base::Nanos as_of, const base::TimecodeFormat& format) const;
    void follow(const Heard& heard, base::Nanos run_from, const base::Rate& shoot);
    [[nodiscard]] bool isHeard(base::Nanos now) const;
    /// Frames of the shoot in one of LTC's; 0: LTC does not fit.
    [[nodiscard]] std::int64_t ratio(const base::TimecodeFormat& counted, const base::Rate& shoot) const;

    const base::TimecodeSource source_;
    const base::Nanos started_at_;
    std::deque<Anchor> anchors_; ///< By `from`; the first holds for all time before, too.
    std::optional<Heard> last_;  ///< The last frame, if it was a legal label at the speed of play.
    bool in_run_ = false;        ///< It followed the one before.
    std::optional<Heard> believed_;
    std::optional<base::Nanos> reversed_at_;
    bool jammed_ = false;
    double ahead_ = 0;
    std::uint64_t comparisons_ = 0;
};

} // namespace backtake::capture
