/// Plays one take: which picture is on screen at a given time. Time is an argument; the player never asks a
/// clock.
#pragma once

#include "playback/decode_ahead.hpp"
#include "playback/playhead.hpp"

#include <functional>
#include <map>
#include <memory>

namespace backtake::playback {

/// What the screen gets at one tick.
struct Shown {
    base::PicturePtr picture;      ///< Null only before the first.
    base::FrameIndex captured = 0; ///< The captured frame on screen.
    bool fresh = false;            ///< Another frame than at the tick before.
    bool damaged = false;
};

/// Counts since load(). A frame is due when it is the right one at a tick.
struct PlayCounts {
    std::int64_t shown = 0;     ///< Frames handed over.
    std::int64_t late = 0;      ///< Handed over at a later tick than due.
    std::int64_t missed = 0;    ///< Due but replaced before they were decoded.
    std::int64_t damaged = 0;   ///< Handed over as a placeholder.
    base::Nanos longest_gap {}; ///< Between two frames handed over while playing.
};

/// Room: one thread, the one that shows (the window's, or a simulated display); decoders are threads of their
/// own. Time: tick() never waits for a decoder or a disk.
class Player {
public:
    /// @param threads decoders; 0: one a core.
    explicit Player(int threads = 0);

    /// Loads a take, at rest, at captured frame @p at.
    /// @param seeds pictures there already, by captured frame: what the live monitor showed last.
    void load(base::FootagePtr footage, base::FrameIndex at, base::Nanos now,
        std::map<base::FrameIndex, base::PicturePtr> seeds = {});
    void unload();
    [[nodiscard]] bool loaded() const { return footage_ != nullptr; }

    /// The head, to steer it; changes show at the next tick.
    [[nodiscard]] Playhead& head() { return *head_; }
    [[nodiscard]] const Playhead& head() const { return *head_; }
    [[nodiscard]] const base::Footage& footage() const { return *footage_; }

    /// The picture for @p now. Also tells the decoders what comes next.
    /// @param display_interval time from tick to tick: frames that fall between two ticks are not decoded.
    Shown tick(base::Nanos now, base::Nanos display_interval);

    [[nodiscard]] const PlayCounts& counts() const { return counts_; }
    [[nodiscard]] const DecodeAhead& decoders() const { return decoders_; }

private:
    void planAhead(base::Nanos now, base::Nanos display_interval);
    [[nodiscard]] Course courseBehind(base::Nanos now) const;

    DecodeAhead decoders_;
    base::FootagePtr footage_;
    std::optional<Playhead> head_;
    Shown on_screen_;
    std::optional<base::FrameIndex> due_; ///< The right frame at the last tick,
    bool due_shown_ = false;              ///< whether it was handed over,
    bool due_late_ = false;               ///< and whether it was not there when it became due.
    std::optional<base::Nanos> last_fresh_at_;
    std::vector<Wanted> wanted_; ///< As of the last tick, soonest first.
    PlayCounts counts_;
};

/// Hands over each frame of @p footage once, in order, as fast as it can be decoded.
/// @param from, count, step first captured frame, how many, and +1 or -1.
/// @param hand_over gets the captured frame and its picture on the calling thread; says false to end.
void playThrough(base::FootagePtr footage, base::FrameIndex from, base::FrameIndex count, int step,
    int threads, const std::function<bool(base::FrameIndex, const Decoded&)>& hand_over);

/// One decoder a core.
int defaultDecoders();

} // namespace backtake::playback
