#include "guide/cue_sheet.hpp"
#include "guide/unicode.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace backtake::guide {
namespace {

/// One sound, with the marks that matter, and the letters that readers of a language say it by.
using Spelling = std::pair<std::string_view, std::string_view>;

constexpr Spelling kGeneric[] = { { "ɪ", "i" }, { "ɨ", "i" }, { "y", "ü" }, { "ʏ", "ü" }, { "ʉ", "u" },
    { "ʊ", "u" }, { "ɯ", "u" }, { "ɛ", "e" }, { "ɜ", "e" }, { "ɘ", "e" }, { "ə", "e" }, { "ɚ", "er" },
    { "ɝ", "er" }, { "ø", "ö" }, { "œ", "ö" }, { "ɞ", "ö" }, { "ɵ", "ö" }, { "ɔ", "o" }, { "ɤ", "o" },
    { "ɒ", "o" }, { "ɑ", "a" }, { "ɐ", "a" }, { "æ", "a" }, { "ʌ", "a" }, { "ä", "a" }, { "ɡ", "g" },
    { "q", "k" }, { "c", "ky" }, { "ɟ", "gy" }, { "ʈ", "t" }, { "ɖ", "d" }, { "ʔ", "'" }, { "ɸ", "f" },
    { "β", "b" }, { "θ", "th" }, { "ð", "dh" }, { "ʃ", "sh" }, { "ʒ", "zh" }, { "ɕ", "sh" }, { "ʑ", "zh" },
    { "ʂ", "sh" }, { "ʐ", "zh" }, { "ç", "hy" }, { "ʝ", "y" }, { "x", "kh" }, { "χ", "kh" }, { "ɣ", "gh" },
    { "ʁ", "r" }, { "ħ", "h" }, { "ʕ", "'" }, { "ɦ", "h" }, { "ɾ", "r" }, { "ɹ", "r" }, { "ɻ", "r" },
    { "ʀ", "r" }, { "ɽ", "r" }, { "ɫ", "l" }, { "ɭ", "l" }, { "ɬ", "hl" }, { "ʎ", "ly" }, { "ɱ", "m" },
    { "ɲ", "ny" }, { "ŋ", "ng" }, { "ɳ", "n" }, { "ɴ", "n" }, { "j", "y" }, { "ɥ", "w" }, { "ʋ", "v" },
    { "ʍ", "wh" } };

constexpr Spelling kEnglish[] = { { "i", "ee" }, { "ɪ", "ih" }, { "ɪ̯", "ee" }, { "e", "eh" }, { "ɛ", "eh" },
    { "æ", "a" }, { "a", "ah" }, { "ä", "ah" }, { "ɑ", "ah" }, { "ɐ", "uh" }, { "ʌ", "uh" }, { "ə", "uh" },
    { "ə̯", "uh" }, { "ɜ", "ur" }, { "ɚ", "ur" }, { "ɝ", "ur" }, { "ɔ", "aw" }, { "ɒ", "o" }, { "o", "oh" },
    { "u", "oo" }, { "ʊ", "uu" }, { "ʊ̯", "oo" }, { "y", "ew" }, { "ɾ", "d" }, { "ø", "ur" }, { "œ", "ur" } };

constexpr Spelling kGerman[] = { { "iː", "ie" }, { "ɪ", "i" }, { "yː", "üh" }, { "eː", "eh" }, { "ɛ", "ä" },
    { "ɛː", "äh" }, { "aː", "ah" }, { "ɑː", "ah" }, { "oː", "oh" }, { "uː", "uh" }, { "øː", "öh" },
    { "æ", "ä" }, { "ə", "e" }, { "s", "ss" }, { "z", "s" }, { "ʃ", "sch" }, { "ʒ", "zh" }, { "ç", "ch" },
    { "x", "ch" }, { "χ", "ch" }, { "j", "j" }, { "v", "w" }, { "w", "u" } };

constexpr Spelling kFrench[] = { { "u", "ou" }, { "ʊ", "ou" }, { "w", "ou" }, { "y", "u" }, { "ʏ", "u" },
    { "ɥ", "u" }, { "e", "é" }, { "ɛ", "è" }, { "ɑ", "â" }, { "o", "ô" }, { "ɔ", "o" }, { "ø", "eu" },
    { "œ", "eu" }, { "ə", "e" }, { "ɛ̃", "in" }, { "œ̃", "un" }, { "ɑ̃", "an" }, { "ɔ̃", "on" }, { "ʃ", "ch" },
    { "ʒ", "j" }, { "s", "ss" }, { "ɡ", "gu" }, { "ɲ", "gn" }, { "j", "y" } };

constexpr Spelling kSpanish[] = { { "x", "j" }, { "χ", "j" }, { "h", "j" }, { "θ", "z" }, { "ð", "d" },
    { "β", "b" }, { "ɣ", "g" }, { "r", "rr" }, { "ɾ", "r" }, { "ʎ", "ll" }, { "ɲ", "ñ" }, { "ŋ", "n" },
    { "ʝ", "y" }, { "j", "y" }, { "v", "b" } };

/// Hepburn's letters; a long vowel is written twice.
constexpr Spelling kJapanese[] = { { "aː", "aa" }, { "äː", "aa" }, { "iː", "ii" }, { "ɯː", "uu" },
    { "uː", "uu" }, { "eː", "ee" }, { "oː", "oo" }, { "ç", "h" }, { "ɲ", "n" }, { "ŋ", "n" }, { "ɕ", "sh" },
    { "ʑ", "j" } };

std::span<const Spelling> spellingsOf(std::string_view language)
{
    const std::string_view family = language.substr(0, language.find('-'));
    if (family == "en")
        return kEnglish;
    if (family == "de")
        return kGerman;
    if (family == "fr")
        return kFrench;
    if (family == "es")
        return kSpanish;
    if (family == "ja")
        return kJapanese;
    return {};
}

/// An "h" behind a vowel would make it another vowel for most readers.
constexpr std::string_view kBreath = "(h)";

/// What a breath, a glide or a nasal before or after a sound is written as.
std::string_view besides(char32_t mark)
{
    switch (mark) {
    case U'ʰ':
    case U'ʱ':
        return kBreath;
    case U'ʲ':
        return "y";
    case U'ʷ':
        return "w";
    case U'ⁿ':
        return "n";
    case U'ˡ':
        return "l";
    case U'ˀ':
        return "'";
    default:
        return "";
    }
}

/// The letters for one letter of IPA with its marks: the most marks that a spelling knows win.
std::string_view lettersFor(const std::u32string& marked, std::span<const Spelling> language)
{
    for (std::size_t length = marked.size(); length > 0; --length) {
        const std::string wanted = utf8(marked.substr(0, length));
        for (const std::span<const Spelling> spellings : { language, std::span<const Spelling>(kGeneric) })
            for (const auto& [ipa, letters] : spellings)
                if (ipa == wanted)
                    return letters;
    }
    return {};
}

std::string respellOne(std::string_view ipa, std::span<const Spelling> language)
{
    const std::u32string points = codePoints(ipa).value_or(std::u32string());
    std::string spelled;
    for (std::size_t i = 0; i < points.size();) {
        std::size_t end = i + 1;
        if (baseLetter(utf8(points.substr(i, 1))) == 0) {
            spelled += besides(points[i]);
        } else {
            while (end < points.size() && baseLetter(utf8(points.substr(end, 1))) == 0
                && besides(points[end]).empty())
                ++end;
            const std::u32string marked = points.substr(i, end - i);
            const std::string_view letters = lettersFor(marked, language);
            spelled += letters.empty() ? utf8(marked.substr(0, 1)) : std::string(letters);
        }
        i = end;
    }
    return spelled;
}

/// Of what the spellings above hold; a breath stays small.
std::string capitals(const std::string& text)
{
    std::u32string points = codePoints(text).value_or(std::u32string());
    for (std::size_t i = 0; i < points.size(); ++i) {
        char32_t& c = points[i];
        const bool letter = (c >= U'a' && c <= U'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7);
        if (letter && (i == 0 || points[i - 1] != U'('))
            c -= 0x20;
    }
    return utf8(points);
}

} // namespace

std::string respell(const std::vector<Phone>& phones, std::string_view language)
{
    const std::span<const Spelling> spellings = spellingsOf(language);
    const std::vector<std::size_t> begins = syllablesOf(phones);
    std::string word;
    for (std::size_t s = 0; s < begins.size(); ++s) {
        const std::size_t end = s + 1 < begins.size() ? begins[s + 1] : phones.size();
        bool stressed = false;
        bool vowel = false;
        std::string syllable;
        for (std::size_t i = begins[s]; i < end; ++i) {
            stressed |= phones[i].stress == Stress::Primary;
            syllable +=
                vowel && phones[i].ipa == "h" ? std::string(kBreath) : respellOne(phones[i].ipa, spellings);
            vowel |= isNucleus(phones[i].ipa);
        }
        word += (s == 0 ? "" : "-") + (stressed ? capitals(syllable) : syllable);
    }
    return word;
}

} // namespace backtake::guide
