/// From a take's recorded sound to what is heard while the head moves over it.
#pragma once

#include "base/sound.hpp"
#include "playback/playhead.hpp"

#include <span>
#include <vector>

namespace backtake::playback {

/// Sound follows the head as pictures do: direction is a sign. At a speed of exactly 1 or -1 and at the
/// track's own rate samples are handed over as they were recorded, bit for bit, those nearest to where the
/// head is; at any other speed they are resampled. Where the head jumps, turns, loops or stops one course is
/// faded into the other, so that nothing clicks.
///
/// Room: one thread, the one that makes sound. Time: render() reads the track, which may wait for a disk.
/// Memory: a few blocks.
class SoundRenderer {
public:
    /// @param rate_hz of what is rendered.
    SoundRenderer(base::SoundTrackPtr sound, int rate_hz);

    /// What is rendered next begins at once on the head's course, whatever was heard before: for who fades
    /// from the one to the other himself.
    void begin(const Playhead& head, base::Nanos now);
    /// What is to be heard from @p now on, one block after the other without a gap.
    /// @param out interleaved, as many channels as the track has.
    void render(const Playhead& head, base::Nanos now, std::span<float> out);

    [[nodiscard]] const base::SoundTrack& sound() const { return *sound_; }

private:
    /// A straight line over the samples: the next to be heard, and the way to the one after it. Step 0:
    /// silence.
    struct Course {
        double at = 0;
        double step = 0;
    };
    [[nodiscard]] Course courseOf(const Playhead& head, base::Nanos now) const;
    [[nodiscard]] std::int64_t fadeLength() const;
    void turnTo(Course course, bool from_the_edge);
    /// Whether @p course goes on with what is heard.
    [[nodiscard]] bool isHeard(const Course& course) const;
    /// Adds @p out.size() / channels samples along @p course, times @p gain of each, and moves it on.
    template <typename Gain> void follow(Course& course, std::span<float> out, Gain gain);
    void readReflected(std::int64_t first, std::span<float> into) const;

    base::SoundTrackPtr sound_;
    const int rate_hz_;
    const std::size_t channels_;
    Course heard_;
    Course fading_;              ///< What was heard before.
    std::int64_t fade_left_ = 0; ///< Samples for which it still is.
    std::vector<float> read_;
};

} // namespace backtake::playback
