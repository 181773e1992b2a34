#include "guide/lip_check.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::guide {

using base::Nanos;
using namespace std::chrono_literals;

namespace {

constexpr Nanos kBlock = 10ms;
constexpr double kSilent = 0.0316; ///< -30 dB.
constexpr double kNothing = 1e-5;  ///< All of it is silence below this, -100 dBFS.
constexpr Nanos kLeastSilence = 250ms;
constexpr Nanos kLeastPhrase = 200ms;
/// What is compared around a phrase.
constexpr Nanos kAround = 150ms;

} // namespace

std::vector<Phrase> phrasesIn(const base::SoundTrack& master)
{
    const auto channels = static_cast<std::size_t>(master.channels());
    const auto block = static_cast<std::int64_t>(base::seconds(kBlock) * master.rateHz());
    std::vector<double> loudness;
    std::vector<float> samples(static_cast<std::size_t>(block) * channels);
    for (std::int64_t first = 0; first < master.sampleCount(); first += block) {
        master.read(first, samples);
        double sum = 0;
        for (const float value : samples)
            sum += static_cast<double>(value) * value;
        loudness.push_back(std::sqrt(sum / static_cast<double>(samples.size())));
    }
    const double loudest = loudness.empty() ? 0 : *std::max_element(loudness.begin(), loudness.end());
    std::vector<Phrase> phrases;
    for (std::size_t i = 0; i < loudness.size(); ++i) {
        if (loudness[i] < kNothing || loudness[i] < loudest * kSilent)
            continue;
        const Nanos at = master.startsAt() + static_cast<std::int64_t>(i) * kBlock;
        if (phrases.empty() || at - phrases.back().to >= kLeastSilence)
            phrases.push_back({ at, at });
        phrases.back().to = at + kBlock;
    }
    std::erase_if(phrases, [](const Phrase& phrase) { return phrase.to - phrase.from < kLeastPhrase; });
    return phrases;
}

std::optional<OnsetMatch> matchShown(
    const base::SoundTrack& master, const base::SoundTrack& production, Nanos from, Nanos to)
{
    // As it is shown: both reversed, so later in the envelope is later on screen.
    const auto shown = [&](const base::SoundTrack& track) {
        return onsetsOf(track, from - kAround, to + kAround, Reading::Reversed);
    };
    return matchOnsets(shown(master), shown(production));
}

std::vector<PhraseCheck> checkLips(const base::SoundTrackPtr& master, const GuideRecord& record,
    const base::SoundTrack& production, std::span<const Phrase> phrases, const base::Rate& rate,
    const std::stop_token& stop)
{
    const base::SoundTrackPtr heard = placed(master, record);
    std::vector<PhraseCheck> checks;
    for (const GuideRun& run : record.runs) {
        const double lowest_s = run.guideAt(run.end());
        const auto capturedAt = [&](double guide_s) {
            return record.nudge + run.begin + Nanos(std::llround((guide_s - run.guide_s) / run.speed * 1e9));
        };
        for (std::size_t i = phrases.size(); i-- > 0;) { // the guide runs backwards
            if (stop.stop_requested())
                return checks;
            const double from_s = std::max(base::seconds(phrases[i].from), lowest_s);
            const double to_s = std::min(base::seconds(phrases[i].to), run.guide_s);
            if (to_s - from_s < base::seconds(phrases[i].to - phrases[i].from) / 2)
                continue;
            PhraseCheck check;
            check.phrase = i;
            check.captured_from = capturedAt(to_s);
            check.captured_to = capturedAt(from_s);
            if (const auto match = matchShown(*heard, production, check.captured_from, check.captured_to)) {
                check.late = match->offset;
                check.late_frames = base::seconds(match->offset) * rate.perSecond();
                check.confidence = match->confidence;
            }
            checks.push_back(check);
        }
    }
    return checks;
}

const PhraseCheck* phraseAt(std::span<const PhraseCheck> checks, Nanos captured)
{
    const auto found = std::find_if(checks.begin(), checks.end(), [&](const PhraseCheck& check) {
        return captured >= check.captured_from && captured < check.captured_to;
    });
    return found == checks.end() ? nullptr : &*found;
}

} // namespace backtake::guide
