/// Do the lips fit? Phrase by phrase, how early or late performers were against the master.
#pragma once

#include "guide/onsets.hpp"
#include "guide/placement.hpp"

#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace backtake::guide {

/// A phrase of the guide, in the guide's own forward time.
struct Phrase {
    base::Nanos from {};
    base::Nanos to {};

    friend bool operator==(const Phrase&, const Phrase&) = default;
};

/// Splits a master where it is silent (30 dB below its loudest 10 ms) for a quarter of a second or longer.
/// What is shorter than 0.2 s is no phrase. Music that never pauses is one phrase: give ranges instead. Room:
/// a worker's thread: reads the whole track.
std::vector<Phrase> phrasesIn(const base::SoundTrack& master);

/// One phrase in one run of the guide.
struct PhraseCheck {
    std::size_t phrase = 0;       ///< Index in the list given.
    base::Nanos captured_from {}; ///< Where it lies in the take, nudge included …
    base::Nanos captured_to {};   ///< … for the review to loop over.
    /// Positive: in the shown, reversed picture the performers are late. nullopt: nothing that fits was
    /// heard.
    std::optional<base::Nanos> late;
    double late_frames = 0;
    double confidence = 0; ///< See OnsetMatch.
};

/// How late @p production is against @p master in the shown picture, both of them on the captured time line
/// (see placed()), from @p from up to @p to and a little around it: edges are what is surest.
/// @return nullopt: nothing that fits was heard. Room and time as below.
std::optional<OnsetMatch> matchShown(
    const base::SoundTrack& master, const base::SoundTrack& production, base::Nanos from, base::Nanos to);

/// @param production what the take's microphone heard, on the take's captured time line.
/// @param phrases rising. One of which a run has less than half is left out, and what lies outside of the
/// record.
/// @param rate of the shoot, for frames.
/// @return in the order of captured time; the phrases done so far when @p stop was asked for. Room: a
/// worker's
///     thread: reads both tracks. Time: 10 ms for a second of phrase.
std::vector<PhraseCheck> checkLips(const base::SoundTrackPtr& master, const GuideRecord& record,
    const base::SoundTrack& production, std::span<const Phrase> phrases, const base::Rate& rate,
    const std::stop_token& stop);

/// The phrase at a captured time, for the key that loops it; null: between phrases.
const PhraseCheck* phraseAt(std::span<const PhraseCheck> checks, base::Nanos captured);

} // namespace backtake::guide
