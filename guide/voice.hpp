/// The voice: eSpeak NG says a text, and tells which sounds it makes when, or says sounds written in IPA.
///
/// Room: any thread, never the window's. The library keeps its state in globals of the process, so calls wait
/// for one another. Time: about a thousandth of what is said takes to say. Errors: Fault::NotFound when its
/// voices are not installed or there is no such language, Cancelled, Failed with the library's word.
#pragma once

#include "base/result.hpp"
#include "guide/phonemes.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::guide {

struct Language {
    std::string code; ///< BCP 47, as "en-us".
    std::string name; ///< In English: "German".
};
/// All there are, sorted by code.
base::Result<std::vector<Language>> languages();
/// The code for a code or an English name in any case: "DE", "german". @return Fault::NotFound with the
/// nearest ones in the message.
base::Result<std::string> findLanguage(std::string_view code_or_name);

/// Of every voice. Mono.
inline constexpr int kVoiceRateHz = 22050;
/// Takes the sound piece by piece, some 60 ms each: a long text need not lie in memory as sound. @return
/// false: stop, with Fault::Cancelled.
using SoundSink = std::function<bool(std::span<const std::int16_t>)>;

/// A sound of a text, with the place of its word there.
struct SpokenPhone {
    Phone phone;
    std::size_t character = 0; ///< Code points before the word that it belongs to.
};
struct Spoken {
    std::vector<SpokenPhone> phones;
    base::Nanos duration {}; ///< With the pause at the end.
};
/// Says @p text in @p language (a code of languages()). Emoji and signs that are no words are not said.
/// @param sink may be null: only the phones are wanted.
base::Result<Spoken> speakText(
    std::u32string_view text, const std::string& language, const SoundSink& sink = nullptr);

/// Says words given as IPA, in the voice of @p language; a sound that this voice has not is replaced by the
/// nearest that it has. The times of the phones do not matter. Ends with a short pause.
base::Result<Spoken> speakPhones(
    std::span<const std::vector<Phone>> words, const std::string& language, const SoundSink& sink = nullptr);

} // namespace backtake::guide
