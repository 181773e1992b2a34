#include "guide/cue_sheet.hpp"

#include "base/field_reader.hpp"
#include "base/text.hpp"
#include "guide/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace backtake::guide {

using base::fail;
using base::Fault;
using base::Nanos;

namespace {

/// Longer than what lies between words within a phrase, shorter than the pause of a comma.
constexpr Nanos kPause = std::chrono::milliseconds(120);

bool isSpace(char32_t c)
{
    return c <= U' ' || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029
        || c == 0x3000;
}
/// Between words as spaces are, but seen.
bool isDash(char32_t c) { return c >= 0x2012 && c <= 0x2015; }
bool isHan(char32_t c)
{
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}
bool isLatin(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

/// A word of one line of the text, forward, with its place there.
struct SaidWord {
    std::size_t first = 0; ///< Code points of the line before it.
    std::string text;
    std::vector<Phone> phones;
};

/// As much of a line as is said in one breath, forward.
struct Breath {
    std::string text;
    std::vector<SaidWord> words;
};

std::vector<SaidWord> wordsIn(std::u32string_view line)
{
    const auto parts = [&](std::size_t i) { return isSpace(line[i]) || isDash(line[i]); };
    std::vector<SaidWord> words;
    for (std::size_t i = 0, end = 0; i < line.size(); i = end + 1) {
        for (end = i; end < line.size() && !parts(end);)
            ++end;
        if (end > i)
            words.push_back({ i, utf8(line.substr(i, end - i)), {} });
    }
    return words;
}

/// Gives every phone to the word that it came from. Words that are not said (emoji, signs) are left out.
void givePhones(std::vector<SaidWord>& words, const std::vector<SpokenPhone>& phones, Nanos offset)
{
    std::size_t word = 0;
    for (const SpokenPhone& spoken : phones) {
        // Where the voice names a place further back, the last one holds: words are not said out of order.
        while (word + 1 < words.size() && words[word + 1].first <= spoken.character)
            ++word;
        Phone phone = spoken.phone;
        phone.begins += offset;
        phone.ends += offset;
        words[word].phones.push_back(std::move(phone));
    }
    std::erase_if(words, [](const SaidWord& said) { return said.phones.empty(); });
}

/// Where lines of one breath begin, as indices of words.
std::vector<std::size_t> breathsOf(const std::vector<SaidWord>& words)
{
    std::vector<std::size_t> begins;
    const auto from = [&](std::size_t word) { return words[word].phones.front().begins; };
    const auto to = [&](std::size_t word) { return words[word].phones.back().ends; };
    for (std::size_t first = 0; first < words.size();) {
        std::size_t end = first + 1;
        while (end < words.size() && from(end) - to(end - 1) < kPause)
            ++end;
        begins.push_back(first);
        // Equal parts: a last word on its own would be hard to hear in what is said.
        const Nanos length = to(end - 1) - from(first);
        const std::int64_t parts = (length + kLongestCueLine - Nanos(1)) / kLongestCueLine;
        for (std::int64_t part = 1; part < parts; ++part) {
            const Nanos wanted = from(first) + length * part / parts;
            std::size_t best = begins.back();
            for (std::size_t word = begins.back() + 1; word < end; ++word)
                if (best == begins.back()
                    || std::chrono::abs(from(word) - wanted) < std::chrono::abs(from(best) - wanted))
                    best = word;
            if (best != begins.back())
                begins.push_back(best);
        }
        first = end;
    }
    return begins;
}

/// Divides a line into breaths. Signs that are not said stay with the words that they follow.
void divide(std::u32string_view line, std::vector<SaidWord> words, std::vector<Breath>& into)
{
    const std::vector<std::size_t> begins = breathsOf(words);
    for (std::size_t b = 0; b < begins.size(); ++b) {
        const std::size_t last = b + 1 < begins.size() ? begins[b + 1] : words.size();
        const std::size_t from = b == 0 ? 0 : words[begins[b]].first;
        const std::size_t to = last < words.size() ? words[last].first : line.size();
        std::u32string_view piece = line.substr(from, to - from);
        while (isSpace(piece.back()))
            piece.remove_suffix(1);
        while (isSpace(piece.front()))
            piece.remove_prefix(1);
        Breath& breath = into.emplace_back();
        breath.text = utf8(piece);
        for (std::size_t word = begins[b]; word < last; ++word)
            breath.words.push_back(std::move(words[word]));
    }
}

base::Outcome mustBeReadable(std::u32string_view text, std::string_view language)
{
    for (const char32_t c : text) {
        if (isHan(c))
            return fail(Fault::Unsupported,
                "Chinese characters cannot be read: write the line in kana (--lang ja) or pinyin (--lang "
                "cmn-latn-pinyin)");
        if (language == "ja" && isLatin(c))
            return fail(Fault::Unsupported,
                "the voice of ja reads kana only: write the line in hiragana or katakana");
    }
    return {};
}

using base::Json;

constexpr std::string_view kFormat = "backtake cue sheet";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLongestJson = 64
    << 20; ///< Room for kLongestCueText; a hostile file costs no more than this.
constexpr std::size_t kLongestWord = 4096; ///< Also of a title and a respelling.
constexpr std::size_t kLongestIpa = 64;    ///< Of one phone.
constexpr Nanos kLongestSheet = std::chrono::hours(24);

std::string_view nameOf(Stress stress)
{
    switch (stress) {
    case Stress::Secondary:
        return "secondary";
    case Stress::Primary:
        return "primary";
    case Stress::None:
        break;
    }
    return "none";
}

/// Thrown within parseCueSheet() only.
struct Wrong {
    std::string what;
};

const Json& field(const Json& object, const char* key, Json::value_t kind, const char* kind_name)
{
    if (!object.is_object() || !object.contains(key))
        throw Wrong { fmt::format("\"{}\" is missing", key) };
    const Json& value = object.at(key);
    if (value.type() != kind)
        throw Wrong { fmt::format("\"{}\" is no {}", key, kind_name) };
    return value;
}

std::string textField(const Json& object, const char* key, std::size_t longest)
{
    const auto& text = field(object, key, Json::value_t::string, "text").get_ref<const std::string&>();
    if (text.size() > longest)
        throw Wrong { fmt::format("\"{}\" is longer than {} bytes", key, longest) };
    return text;
}

Nanos timeField(const Json& object, const char* key, Nanos low, Nanos high)
{
    const auto count =
        field(object, key, Json::value_t::number_unsigned, "whole number from 0 on").get<std::uint64_t>();
    if (count < static_cast<std::uint64_t>(low.count()) || count > static_cast<std::uint64_t>(high.count()))
        throw Wrong { fmt::format(
            "\"{}\" is {}, not within {} to {}", key, count, low.count(), high.count()) };
    return Nanos(static_cast<std::int64_t>(count));
}

const Json& listField(const Json& object, const char* key)
{
    const Json& list = field(object, key, Json::value_t::array, "list");
    if (list.empty())
        throw Wrong { fmt::format("\"{}\" is empty", key) };
    return list;
}

Phone phoneFrom(const Json& object, Nanos after, Nanos most)
{
    Phone phone;
    phone.ipa = textField(object, "ipa", kLongestIpa);
    if (baseLetter(phone.ipa) == 0)
        throw Wrong { "\"ipa\" has no letter of the IPA" };
    const std::string stress = textField(object, "stress", kLongestIpa);
    for (const Stress one : { Stress::None, Stress::Secondary, Stress::Primary })
        if (stress == nameOf(one))
            phone.stress = one;
    if (stress != nameOf(phone.stress))
        throw Wrong { "\"stress\" is neither none, secondary nor primary" };
    phone.begins = timeField(object, "begins_ns", after, most);
    phone.ends = timeField(object, "ends_ns", phone.begins, most);
    return phone;
}

CueSheet sheetFrom(const Json& root)
{
    CueSheet sheet;
    sheet.title = textField(root, "title", kLongestWord);
    sheet.text = textField(root, "text", kLongestCueText);
    sheet.language = textField(root, "language", kLongestIpa);
    sheet.duration = timeField(root, "duration_ns", Nanos(0), kLongestSheet);
    Nanos before {};
    for (const Json& line_object : listField(root, "lines")) {
        CueLine& line = sheet.lines.emplace_back();
        line.text = textField(line_object, "text", kLongestCueText);
        for (const Json& word_object : listField(line_object, "words")) {
            CueWord& word = line.words.emplace_back();
            word.text = textField(word_object, "text", kLongestWord);
            word.respelling = textField(word_object, "respelling", kLongestWord);
            for (const Json& phone_object : listField(word_object, "phones")) {
                word.phones.push_back(phoneFrom(phone_object, before, sheet.duration));
                before = word.phones.back().ends;
            }
        }
    }
    return sheet;
}

} // namespace

base::Result<CueSheet> makeCueSheet(
    std::string_view text, const std::string& language, const std::function<bool(double)>& progress)
{
    if (text.size() > kLongestCueText)
        return fail(Fault::Usage,
            fmt::format(
                "the text has {} bytes, a cue sheet takes {}: divide it", text.size(), kLongestCueText));
    const auto points = codePoints(text);
    if (!points)
        return fail(Fault::Usage, "the text is no UTF-8: save it as UTF-8");
    if (auto readable = mustBeReadable(*points, language); !readable)
        return fail(readable.error());

    // Each line of the text is said on its own: what the voice does at a line break differs between
    // languages.
    std::vector<Breath> breaths;
    Nanos said {};
    std::u32string_view rest(*points);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find_first_of(U"\r\n\u2028\u2029"), rest.size());
        const std::u32string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        std::vector<SaidWord> words = wordsIn(line);
        for (const SaidWord& word : words)
            if (word.text.size() > kLongestWord)
                return fail(Fault::Usage,
                    fmt::format("a word of {} bytes is no word: put spaces in", word.text.size()));
        if (words.empty())
            continue;
        const double done =
            1 - static_cast<double>(rest.size() + line.size()) / static_cast<double>(points->size());
        const auto spoken = speakText(
            line, language, [&](std::span<const std::int16_t>) { return !progress || progress(done); });
        if (!spoken)
            return fail(spoken.error());
        givePhones(words, spoken->phones, said);
        said += spoken->duration;
        divide(line, std::move(words), breaths);
    }
    if (breaths.empty())
        return fail(Fault::Usage, "there is nothing to say in the text: it needs words");

    CueSheet sheet;
    sheet.text = text;
    sheet.language = language;
    sheet.duration = breaths.back().words.back().phones.back().ends;
    for (auto breath = breaths.rbegin(); breath != breaths.rend(); ++breath) {
        CueLine& line = sheet.lines.emplace_back();
        line.text = std::move(breath->text);
        for (auto word = breath->words.rbegin(); word != breath->words.rend(); ++word) {
            markAspiration(word->phones, language);
            CueWord& cue = line.words.emplace_back();
            cue.text = std::move(word->text);
            for (auto phone = word->phones.rbegin(); phone != word->phones.rend(); ++phone)
                for (Phone& one : reversedPhone(*phone, sheet.duration))
                    cue.phones.push_back(std::move(one));
            cue.respelling = respell(cue.phones, language);
        }
    }
    return sheet;
}

base::Result<Nanos> speakCueSheet(const CueSheet& sheet, const SoundSink& sink)
{
    Nanos said {};
    for (const CueLine& line : sheet.lines) {
        std::vector<std::vector<Phone>> words;
        for (const CueWord& word : line.words)
            words.push_back(word.phones);
        const auto spoken = speakPhones(words, sheet.language, sink);
        if (!spoken)
            return fail(spoken.error());
        said += spoken->duration;
    }
    return said;
}

std::string ipaOf(const CueLine& line)
{
    std::string ipa;
    for (const CueWord& word : line.words)
        ipa += (ipa.empty() ? "" : " ") + ipaOf(word.phones);
    return ipa;
}

std::string respellingOf(const CueLine& line)
{
    std::string respelling;
    for (const CueWord& word : line.words)
        respelling += (respelling.empty() ? "" : " ") + word.respelling;
    return respelling;
}

std::string cueSheetText(const CueSheet& sheet)
{
    Json lines = Json::array();
    for (const CueLine& line : sheet.lines) {
        Json words = Json::array();
        for (const CueWord& word : line.words) {
            Json phones = Json::array();
            for (const Phone& phone : word.phones)
                phones.push_back({ { "ipa", phone.ipa }, { "stress", nameOf(phone.stress) },
                    { "begins_ns", phone.begins.count() }, { "ends_ns", phone.ends.count() } });
            words.push_back({ { "text", word.text }, { "respelling", word.respelling },
                { "phones", std::move(phones) } });
        }
        lines.push_back({ { "text", line.text }, { "words", std::move(words) } });
    }
    const Json root { { "format", kFormat }, { "version", kVersion }, { "title", sheet.title },
        { "text", sheet.text }, { "language", sheet.language }, { "duration_ns", sheet.duration.count() },
        { "lines", std::move(lines) } };
    return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<CueSheet> parseCueSheet(std::string_view json)
{
    const auto root = base::parseFile(json, { kFormat, "a Backtake cue sheet", kVersion, kLongestJson });
    if (!root)
        return fail(root.error());
    try {
        return sheetFrom(*root);
    } catch (const Wrong& wrong) {
        return fail(Fault::Corrupt, wrong.what);
    }
}

} // namespace backtake::guide
