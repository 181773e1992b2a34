/// The sounds of a line, in the International Phonetic Alphabet, and what each of them is when time runs
/// backwards. docs/cue_sheet.md gives the rules with their sources.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backtake::guide {

enum class Stress { None = 1, Secondary, Primary };

/// One sound.
struct Phone {
    std::string ipa; ///< UTF-8: a letter with its marks ("tʰ", "ɑ̃"), or several of one phoneme ("aɪ").
    Stress stress = Stress::None; ///< Of the syllable that it is the nucleus of.
    base::Nanos begins {};
    base::Nanos ends {};
    friend bool operator==(const Phone&, const Phone&) = default;
};

/// The letters of @p ipa, each with its marks, last first, as they sound backwards: "tʃ" gives "ʃ", "t";
/// "aɪ" gives "ɪ̯", "a"; "tʰ" gives "ʰt". Stress, syllable and tie marks are no sounds and are left out.
std::vector<std::string> reversedIpa(std::string_view ipa);

/// The phone backwards in a sound of length @p total: its letters share its time, a long one takes two parts.
/// Its nucleus keeps the stress.
std::vector<Phone> reversedPhone(const Phone& phone, base::Nanos total);

/// Marks what a language does without writing it: in English and German "p", "t" and "k" are aspirated at the
/// beginning of a word and before a stressed vowel, not after "s" or "ʃ".
/// @param language as voice.hpp has it: "en-us", "de".
void markAspiration(std::vector<Phone>& word, std::string_view language);

/// The first letter of @p ipa without its marks, of those that precede it, too; 0 when it has none.
char32_t baseLetter(std::string_view ipa);
/// Whether it carries a syllable: a vowel that is not marked as non-syllabic, or a consonant marked as
/// syllabic.
bool isNucleus(std::string_view ipa);

/// Where the syllables of a word begin: indices of phones, rising, the first one 0. Between two nuclei the
/// last consonant belongs to the second; one that is led in by a breath ("ʰt") to the first.
std::vector<std::size_t> syllablesOf(const std::vector<Phone>& phones);
/// The word in IPA, stress marks before the syllable that has it.
std::string ipaOf(const std::vector<Phone>& phones);

/// Reads what ipaOf() writes, or somebody edited: one phone a letter, stress on the nucleus that follows its
/// mark, times all 0. A small letter between vowel and consonant leads in the consonant ("aʰt": "a", "ʰt"),
/// any other belongs to the letter before it.
/// @return Fault::Usage for what is not IPA, with the first sign that is not, and where no letter is.
base::Result<std::vector<Phone>> phonesOf(std::string_view ipa);

} // namespace backtake::guide
