/// What tests hear of a tone, and how they wait for it.
#pragma once

#include "capture/frame_source.hpp"

#include <thread>
#include <vector>

namespace backtake::capture {

/// The number of times a second that a wave of 48 kHz rises through nothing. @param channels of which the
/// first is heard.
inline double pitch(const std::vector<std::int32_t>& samples, std::size_t channels = 1)
{
    int rises = 0;
    for (std::size_t i = channels; i < samples.size(); i += channels)
        rises += samples[i - channels] < 0 && samples[i] >= 0 ? 1 : 0;
    return rises * 48000.0 * static_cast<double>(channels) / static_cast<double>(samples.size());
}

/// Longest a test waits for what must come.
inline constexpr base::Nanos kLong = std::chrono::seconds(40);

/// @return false: it did not come.
template <typename Ready> bool waitFor(Ready ready)
{
    const base::Nanos give_up = base::monotonicNow() + kLong;
    while (!ready()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::yield();
    }
    return true;
}

/// Sound and picture of a source for as long as a test wants them.
struct Played {
    std::vector<base::Nanos> frames; ///< When they were captured.
    std::vector<SoundBlock> sound;

    [[nodiscard]] std::vector<std::int32_t> samples() const
    {
        std::vector<std::int32_t> all;
        for (const SoundBlock& block : sound)
            all.insert(all.end(), block.samples.begin(), block.samples.end());
        return all;
    }
    /// Of the sound so far.
    [[nodiscard]] base::Nanos soundLength() const
    {
        base::Nanos length {};
        for (const SoundBlock& block : sound)
            length += block.timeOf(block.frames());
        return length;
    }
};

} // namespace backtake::capture
