/// A song or a spoken line from a file, decoded into memory: the master, which performers hear reversed.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backtake::guide {

inline constexpr int kGuideRate_hz = 48000;
/// Of what is held in memory: 346 MB in stereo. Songs are shorter; of anything longer a part is chosen.
inline constexpr base::Nanos kLongestPart = std::chrono::minutes(15);

/// A part of a file, in the file's own time: [from, to).
struct ClipPart {
    base::Nanos from {};
    base::Nanos to {};
};

/// A file's sound at 48 kHz, mono or stereo. Its time is the file's: startsAt() is where the chosen part
/// begins, so what is noted of the guide stays true when another part is chosen. Immutable. Room: any thread;
/// read() copies memory and never waits.
class SoundClip final : public base::SoundTrack {
public:
    /// @param samples interleaved, a multiple of @p channel_count (1 or 2).
    SoundClip(std::vector<float> samples, int channel_count, base::Nanos starts_at = {});

    /// Decodes the file's first or best sound stream, from where it begins, however late in a film that is;
    /// more channels than two are mixed down as ITU-R BS.775 says (centre and surrounds at -3 dB, no LFE;
    /// scaled so that nothing clips). What cannot be decoded in the middle is silence of the same length
    /// where the container tells it, or left out. A part begins at the sample asked for, in Matroska at the
    /// millisecond: it stamps no finer.
    /// @param part only this is decoded and held; without one the whole file.
    /// @param progress 0 … 1, called on this thread now and then; may be empty.
    /// Room: a worker's thread. Time: some 3 s for an hour that is skipped in a file without an index, 0.5 s
    ///     for a song; 10 s at most until the beginning of its sound is found.
    /// @return Fault::NotFound, Denied, Corrupt (no media file, damaged at its start), Unsupported (no sound,
    ///     or none found in that time, no decoder), Usage (nothing in it or in the part; longer than
    ///     kLongestPart: choose a part), Cancelled.
    static base::Result<std::shared_ptr<const SoundClip>> load(const std::filesystem::path& file,
        std::optional<ClipPart> part, const std::function<void(double)>& progress,
        const std::stop_token& stop);

    [[nodiscard]] int rateHz() const override { return kGuideRate_hz; }
    [[nodiscard]] int channels() const override { return channels_; }
    [[nodiscard]] std::int64_t sampleCount() const override
    {
        return static_cast<std::int64_t>(samples_.size()) / channels_;
    }
    [[nodiscard]] base::Nanos startsAt() const override { return starts_at_; }
    void read(std::int64_t first, std::span<float> into) const override;

    /// What the operator should know of a file that was not whole ("… ends after 12 s of 60 s"); empty: it
    /// was.
    [[nodiscard]] const std::string& damage() const { return damage_; }

private:
    std::vector<float> samples_;
    int channels_;
    base::Nanos starts_at_;
    std::string damage_;
};
using SoundClipPtr = std::shared_ptr<const SoundClip>;

/// How long a file's sound says it is, or the film around it, which may be longer; nullopt: it does not say.
/// For choosing a part of a long one.
/// @return the faults of SoundClip::load() but Usage. Room: a worker's thread.
base::Result<std::optional<base::Nanos>> soundLength(
    const std::filesystem::path& file, const std::stop_token& stop = {});

} // namespace backtake::guide
