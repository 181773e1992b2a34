#include "guide/phonemes.hpp"

#include "guide/unicode.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backtake::guide {
namespace {

constexpr char32_t kSyllabic = 0x0329;
constexpr char32_t kSyllabicAbove = 0x030D;
constexpr char32_t kNonSyllabic = 0x032F;
constexpr char32_t kLong = 0x02D0;
constexpr char32_t kEjective = 0x02BC;
constexpr char32_t kGlottalised = 0x02C0;

/// What a character of IPA is to the letter it stands beside.
enum class Kind {
    Letter = 1,
    Mark,    ///< Holds through the whole sound: length, voice, nasality, velarisation.
    Release, ///< The end of the sound, or before a letter its beginning: ʰ ʲ ʷ ⁿ ˡ ʼ.
    Tone,
    NoSound, ///< Stress, syllable and word marks, ties.
};

Kind kindOf(char32_t c)
{
    constexpr std::u32string_view kTies = U"\u035C\u0361";
    constexpr std::u32string_view kThroughout = U"\u02D0\u02D1\u02DE\u02E0\u02E4"; // ː ˑ ˞ ˠ ˤ
    if (c >= 0x02E5 && c <= 0x02E9)
        return Kind::Tone;
    if (kTies.find(c) != kTies.npos)
        return Kind::NoSound;
    if ((c >= 0x0300 && c <= 0x036F) || kThroughout.find(c) != kThroughout.npos)
        return Kind::Mark;
    if ((c >= 0x02B0 && c <= 0x02B8) || (c >= 0x02E1 && c <= 0x02E3) || c == kEjective || c == kGlottalised
        || c == 0x207F || (c >= 0x1D2C && c <= 0x1D6A) || (c >= 0x1D9B && c <= 0x1DBF))
        return Kind::Release;
    const bool latin = (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
    const bool letter = latin || (c >= 0x00C0 && c <= 0x02AF && c != 0x00D7 && c != 0x00F7)
        || (c >= 0x0370 && c <= 0x03FF) || c == 0x1D7B || c == 0x1D7F || c == 0x2C71;
    return letter ? Kind::Letter : Kind::NoSound;
}

bool isVowel(char32_t letter)
{
    constexpr std::u32string_view kVowels = U"aeiouyæøœɶɐɑɒɔəɘɚɛɜɝɞɤɨɪɯɵʉʊʌʏäãẽĩõũ";
    return letter != 0 && kVowels.find(letter) != kVowels.npos;
}

/// A letter and what stands around it.
struct Letter {
    std::u32string leads; ///< How it begins: Kind::Release before the letter.
    char32_t letter = 0;
    std::u32string marks;
    std::u32string tones;
    std::u32string releases; ///< How it ends.
};

std::vector<Letter> lettersOf(std::string_view ipa)
{
    std::vector<Letter> letters;
    std::u32string leads;
    for (const char32_t c : codePoints(ipa).value_or(std::u32string())) {
        switch (kindOf(c)) {
        case Kind::Letter:
            letters.push_back({ leads, c, {}, {}, {} });
            leads.clear();
            break;
        case Kind::Release:
            // What stands before the first letter can only begin it; all else ends the one before it.
            (letters.empty() ? leads : letters.back().releases).push_back(c);
            break;
        case Kind::Mark:
            if (!letters.empty())
                letters.back().marks.push_back(c);
            break;
        case Kind::Tone:
            if (!letters.empty())
                letters.back().tones.push_back(c);
            break;
        case Kind::NoSound:
            break;
        }
    }
    return letters;
}

std::string backwards(Letter letter)
{
    std::reverse(letter.releases.begin(), letter.releases.end());
    std::reverse(letter.leads.begin(), letter.leads.end());
    std::reverse(letter.tones.begin(), letter.tones.end());
    // An ejective's glottis opens last; backwards it closes first.
    std::replace(letter.releases.begin(), letter.releases.end(), kEjective, kGlottalised);
    return utf8(letter.releases + letter.letter + letter.marks + letter.tones + letter.leads);
}

} // namespace

std::vector<std::string> reversedIpa(std::string_view ipa)
{
    std::vector<Letter> letters = lettersOf(ipa);
    // The first vowel of a diphthong is its nucleus, the others glide away from it.
    bool nucleus = false;
    for (Letter& letter : letters) {
        if (!isVowel(letter.letter))
            continue;
        if (nucleus && letter.marks.find(kNonSyllabic) == letter.marks.npos)
            letter.marks.push_back(kNonSyllabic);
        nucleus = true;
    }
    std::vector<std::string> reversed;
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter)
        reversed.push_back(backwards(*letter));
    return reversed;
}

std::vector<Phone> reversedPhone(const Phone& phone, base::Nanos total)
{
    const std::vector<std::string> letters = reversedIpa(phone.ipa);
    const auto parts = [](const std::string& letter) {
        return codePoints(letter).value_or(std::u32string()).find(kLong) != std::u32string::npos ? 2 : 1;
    };
    int all_parts = 0;
    for (const std::string& letter : letters)
        all_parts += parts(letter);
    std::vector<Phone> reversed;
    int before = 0;
    for (const std::string& letter : letters) {
        const base::Nanos length = phone.ends - phone.begins;
        const base::Nanos begins = total - phone.ends + length * before / all_parts;
        before += parts(letter);
        const base::Nanos ends = total - phone.ends + length * before / all_parts;
        reversed.push_back({ letter, isNucleus(letter) ? phone.stress : Stress::None, begins, ends });
    }
    return reversed;
}

void markAspiration(std::vector<Phone>& word, std::string_view language)
{
    const std::string_view family = language.substr(0, language.find('-'));
    if (family != "en" && family != "de")
        return;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
        const std::string& ipa = word[i].ipa;
        if ((ipa != "p" && ipa != "t" && ipa != "k") || !isNucleus(word[i + 1].ipa))
            continue;
        const bool after_s = i > 0 && (word[i - 1].ipa == "s" || word[i - 1].ipa == "ʃ");
        if (i == 0 || (word[i + 1].stress != Stress::None && !after_s))
            word[i].ipa += "ʰ";
    }
}

char32_t baseLetter(std::string_view ipa)
{
    const std::vector<Letter> letters = lettersOf(ipa);
    return letters.empty() ? 0 : letters.front().letter;
}

bool isNucleus(std::string_view ipa)
{
    for (const Letter& letter : lettersOf(ipa)) {
        const auto has = [&](char32_t mark) { return letter.marks.find(mark) != letter.marks.npos; };
        if (has(kSyllabic) || has(kSyllabicAbove) || (isVowel(letter.letter) && !has(kNonSyllabic)))
            return true;
    }
    return false;
}

std::vector<std::size_t> syllablesOf(const std::vector<Phone>& phones)
{
    std::vector<std::size_t> begins { 0 };
    bool nucleus = false;
    for (std::size_t i = 0; i < phones.size(); ++i) {
        if (!isNucleus(phones[i].ipa))
            continue;
        if (nucleus) {
            std::size_t begin = i;
            const auto glides = [&](std::size_t k) { return isVowel(baseLetter(phones[k].ipa)); };
            const auto ledIn = [&](std::size_t k) {
                const auto letters = lettersOf(phones[k].ipa);
                return !letters.empty() && !letters.front().leads.empty();
            };
            while (begin > 0 && glides(begin - 1) && !isNucleus(phones[begin - 1].ipa))
                --begin;
            if (begin > 0 && !isNucleus(phones[begin - 1].ipa) && !ledIn(begin - 1))
                --begin;
            begins.push_back(begin);
        }
        nucleus = true;
    }
    return begins;
}

std::string ipaOf(const std::vector<Phone>& phones)
{
    const std::vector<std::size_t> begins = syllablesOf(phones);
    std::string ipa;
    for (std::size_t s = 0; s < begins.size(); ++s) {
        const std::size_t end = s + 1 < begins.size() ? begins[s + 1] : phones.size();
        Stress stress = Stress::None;
        std::string syllable;
        for (std::size_t i = begins[s]; i < end; ++i) {
            stress = std::max(stress, phones[i].stress);
            syllable += phones[i].ipa;
        }
        ipa += (stress == Stress::Primary ? "ˈ" : stress == Stress::Secondary ? "ˌ" : "") + syllable;
    }
    return ipa;
}

base::Result<std::vector<Phone>> phonesOf(std::string_view ipa)
{
    constexpr char32_t kPrimary = 0x02C8;
    constexpr char32_t kSecondary = 0x02CC;
    constexpr std::u32string_view kBetween = U".\u035C\u0361"; // syllables and ties tell no sound
    const auto read = codePoints(ipa);
    if (!read)
        return base::fail(base::Fault::Usage, "the IPA is no UTF-8");
    std::vector<std::u32string> letters;
    std::vector<Stress> stresses; ///< Marked before each letter.
    std::u32string leads;
    Stress stress = Stress::None;
    for (std::size_t i = 0; i < read->size(); ++i) {
        const char32_t c = (*read)[i];
        const bool before_letter = i + 1 < read->size() && kindOf((*read)[i + 1]) == Kind::Letter;
        switch (kindOf(c)) {
        case Kind::Letter:
            letters.push_back(leads + c);
            stresses.push_back(std::exchange(stress, Stress::None));
            leads.clear();
            break;
        case Kind::Release:
            if (letters.empty()
                || (before_letter && !isVowel((*read)[i + 1]) && isVowel(baseLetter(utf8(letters.back())))))
                leads.push_back(c);
            else
                letters.back().push_back(c);
            break;
        case Kind::Mark:
        case Kind::Tone:
            if (letters.empty())
                return base::fail(base::Fault::Usage, "the IPA begins with a mark: it needs a letter before");
            letters.back().push_back(c);
            break;
        case Kind::NoSound:
            if (c == kPrimary || c == U'\'')
                stress = Stress::Primary;
            else if (c == kSecondary)
                stress = Stress::Secondary;
            else if (kBetween.find(c) == kBetween.npos)
                return base::fail(base::Fault::Usage,
                    c == U' ' ? "a space is no IPA: a word has none"
                              : "\"" + utf8(std::u32string_view(&c, 1)) + "\" is no letter of the IPA");
            break;
        }
    }
    if (letters.empty())
        return base::fail(base::Fault::Usage, "the IPA has no letter");
    std::vector<Phone> phones;
    Stress pending = Stress::None;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        pending = std::max(pending, stresses[i]);
        Phone& phone = phones.emplace_back();
        phone.ipa = utf8(letters[i]);
        if (isNucleus(phone.ipa))
            phone.stress = std::exchange(pending, Stress::None);
    }
    return phones;
}

} // namespace backtake::guide
