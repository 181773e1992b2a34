/// A sound's outline for a window: lowest and highest value of each column, at any zoom, at once.
#pragma once

#include "base/sound.hpp"
#include "base/sound_outline.hpp"

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace backtake::guide {

using base::WaveColumn;

/// Levels of detail over a track, each a quarter of the one below; the finest covers kFinest samples a column
/// (0.7 ms). Immutable. Room: columns() on any thread, the window's included: it touches memory only. Memory:
/// 11 % of the samples as bytes of 16 bit, 1 MB for 5 min.
class Waveform final : public base::SoundOutline {
public:
    static constexpr std::int64_t kFinest = 32;

    /// Reads the whole track once, all channels together. Room: a worker's thread. Time: 0.1 s for 5 min.
    /// @param progress 0 … 1; may be empty.
    /// @return nullopt: stopped.
    static std::optional<Waveform> make(const base::SoundTrack& sound,
        const std::function<void(double)>& progress, const std::stop_token& stop);

    /// Time: at most 8 values a column are looked at.
    void columns(base::Nanos from, base::Nanos to, std::span<WaveColumn> into) const override;

private:
    struct Stored {
        std::int16_t low = 0;
        std::int16_t high = 0;
    };
    double rate_hz_ = 1;
    base::Nanos starts_at_ {};
    std::vector<std::vector<Stored>> levels_; ///< Finest first.
};

} // namespace backtake::guide
