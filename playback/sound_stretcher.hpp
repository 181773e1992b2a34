/// A take's sound at another speed in the pitch it was recorded in, for practice.
#pragma once

#include "playback/sound_renderer.hpp"

#include <memory>

namespace RubberBand {
class RubberBandStretcher;
}

namespace backtake::playback {

/// As SoundRenderer, for a head that plays at some speed but not at 1 or -1: it hears the head's way at that
/// speed, and Rubber Band stretches it.
/// Room and time as SoundRenderer. Made anew whenever the head is steered; begins at once.
class SoundStretcher {
public:
    SoundStretcher(base::SoundTrackPtr sound, int rate_hz, const Playhead& head, base::Nanos now);
    ~SoundStretcher();

    /// The next samples, one block after the other. @param out interleaved, as many channels as the track
    /// has.
    void render(std::span<float> out);

private:
    void feed(std::size_t samples);

    SoundRenderer source_;
    Playhead head_; ///< Over the same way at speed 1 or -1,
    base::Nanos from_;
    std::int64_t fed_ = 0; ///< and so many samples along it.
    int rate_hz_;
    std::size_t channels_;
    std::unique_ptr<RubberBand::RubberBandStretcher> stretcher_;
    std::vector<float> block_;
    std::vector<std::vector<float>> planes_; ///< By channel.
    std::vector<float*> pointers_;
};

} // namespace backtake::playback
