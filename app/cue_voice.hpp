/// Says a cue sheet to the sound output.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"
#include "base/thread_marks.hpp"
#include "guide/cue_sheet.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backtake::app {

/// The voice's samples at @p rate_hz for both ears, -1 … 1, turned round when @p reversed. Cubic between
/// samples (Catmull-Rom): what it adds lies above what the voice has.
std::vector<float> voiceForEars(const std::vector<std::int16_t>& samples, int rate_hz, bool reversed);

/// One sheet, said once. Line by line, so that the first is heard at once and a long text needs no memory.
/// Room: made, asked and destroyed in one; it says it on a thread of its own, "bt-voice". Time: the
/// constructor does not wait, the destructor for 60 ms of speech or the sound server.
class CueVoice {
public:
    using Open = std::function<base::Result<base::SoundSinkPtr>(const std::string& device)>;

    /// @param reversed as the audience will hear it: the last line's end first.
    CueVoice(
        std::shared_ptr<const guide::CueSheet> sheet, bool reversed, Open open, base::SoundChoice choice);

    /// How much is said, 0 … 1.
    [[nodiscard]] double progress() const { return progress_; }
    /// nullopt: it is not at its end yet.
    [[nodiscard]] std::optional<base::Outcome> outcome() const EXCLUDES(mutex_);

private:
    base::Outcome say(const guide::CueSheet& sheet, bool reversed, const Open& open,
        const base::SoundChoice& choice, const std::stop_token& stop);
    bool play(base::SoundSink& sink, const std::vector<float>& samples, std::int64_t& next,
        const std::stop_token& stop) EXCLUDES(mutex_);
    bool waitUntilTaken(base::SoundSink& sink, std::int64_t sample, const std::stop_token& stop)
        EXCLUDES(mutex_);

    std::atomic<double> progress_ { 0 };
    mutable base::Mutex mutex_;
    base::Condition stopped_; ///< By the stop token alone.
    std::optional<base::Outcome> outcome_ GUARDED_BY(mutex_);
    std::jthread thread_; ///< Last.
};

} // namespace backtake::app
