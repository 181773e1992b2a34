/// A cue sheet: how to say a text backwards, line by line in the order in which it is said on set. Data that
/// people edit; docs/cue_sheet.md tells how it is made.
#pragma once

#include "base/result.hpp"
#include "guide/phonemes.hpp"
#include "guide/voice.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backtake::guide {

/// A word said backwards.
struct CueWord {
    std::string text;          ///< As it is written, forward.
    std::string respelling;    ///< In the letters of the language, stressed syllables in capitals: "ee-YAH".
    std::vector<Phone> phones; ///< In the order in which they are said; times in the reversed guide.
};

/// As much as is said in one breath.
struct CueLine {
    std::string text;           ///< The line forward, as it is written.
    std::vector<CueWord> words; ///< Last one first; never empty, nor are its phones.

    [[nodiscard]] base::Nanos begins() const { return words.front().phones.front().begins; }
    [[nodiscard]] base::Nanos ends() const { return words.back().phones.back().ends; }
};

struct CueSheet {
    std::string title;
    std::string text;           ///< All of it, forward.
    std::string language;       ///< A code of voice.hpp's languages().
    base::Nanos duration {};    ///< Of the reversed guide; no phone ends later.
    std::vector<CueLine> lines; ///< Last one first; neither they nor their phones overlap.
};

/// In bytes. Some 20,000 words, two hours: what is longer is not learnt by heart.
inline constexpr std::size_t kLongestCueText = 128 << 10;
/// What a breath is good for when every sound is strange; a longer piece is divided between words.
inline constexpr base::Nanos kLongestCueLine = std::chrono::seconds(3);

/// Makes the sheet of a text. Times are those of the text said by the voice, reversed. Lines end where the
/// text has a line break, where the voice pauses, and between words after about kLongestCueLine.
/// @param language a code of voice.hpp's languages().
/// @param progress may be null; called with how much is done, 0 … 1. false: stop, with Fault::Cancelled.
/// @return Fault::Usage for what is no UTF-8, has nothing to say or is too long; Unsupported for a script
/// that
///         the voice cannot read; else as speakText().
/// Room and time: as voice.hpp.
base::Result<CueSheet> makeCueSheet(std::string_view text, const std::string& language,
    const std::function<bool(double)>& progress = nullptr);

/// Says the sheet as it is meant to be said, backwards, with a short pause after each line; the voice keeps
/// its own pace. @return how long that is. Room, time and errors: as voice.hpp.
base::Result<base::Nanos> speakCueSheet(const CueSheet& sheet, const SoundSink& sink);

/// The word as the letters of the language show it, for a sheet that was made or edited.
/// Languages without rules of their own get Latin letters with the vowels of Italian.
std::string respell(const std::vector<Phone>& phones, std::string_view language);

/// The line in IPA, words parted by spaces, and in respelling.
std::string ipaOf(const CueLine& line);
std::string respellingOf(const CueLine& line);

/// JSON, version 1.
std::string cueSheetText(const CueSheet& sheet);
/// Reads what cueSheetText() wrote, or somebody edited. @return Fault::Corrupt with what is wrong with which
/// field, Unsupported for a newer version.
base::Result<CueSheet> parseCueSheet(std::string_view json);

} // namespace backtake::guide
