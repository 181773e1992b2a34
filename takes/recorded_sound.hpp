/// A recording's sound.wav as a track. For takes/ alone; others get it from Recording::sound().
#pragma once

#include "base/sound.hpp"
#include "takes/files.hpp"
#include "takes/take_facts.hpp"

#include <filesystem>
#include <vector>

namespace backtake::takes {

/// The sound of a take, on one disk or on several. Parts follow one another by their own times; between them
/// is silence. One whose rate or channels differ from the first's is silence, too.
class RecordedSound final : public base::SoundTrack {
public:
    /// One sound.wav, and when its first sample was captured, from captured frame 0 of the take.
    struct Part {
        std::filesystem::path sound_wav;
        base::Nanos starts_at {};
        double rate_error_ppm = 0; ///< As SoundFacts has it.
    };
    /// As long as the files are now. @return null when none of them can be read.
    static base::SoundTrackPtr open(const std::vector<Part>& parts);

    [[nodiscard]] int rateHz() const override { return rate_hz_; }
    [[nodiscard]] int channels() const override { return channels_; }
    [[nodiscard]] std::int64_t sampleCount() const override { return count_; }
    [[nodiscard]] base::Nanos startsAt() const override { return starts_at_; }
    [[nodiscard]] double trueRate() const override { return true_rate_; }
    void read(std::int64_t first, std::span<float> into) const override;

private:
    struct Run {
        std::int64_t first = 0; ///< Of the track's samples.
        std::int64_t count = 0;
        int bits = 16;
        std::uint64_t data_at = 0; ///< In the file, behind the header.
        File file;
    };
    RecordedSound() = default;

    int rate_hz_ = 0;
    double true_rate_ = 0;
    int channels_ = 0;
    std::int64_t count_ = 0;
    base::Nanos starts_at_ {};
    std::vector<Run> runs_; ///< Rising.
};

} // namespace backtake::takes
