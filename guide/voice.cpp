#include "guide/voice.hpp"

#include "base/text.hpp"
#include "base/thread_marks.hpp"
#include "guide/unicode.hpp"

#include <espeak-ng/speak_lib.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace backtake::guide {

using base::fail;
using base::Fault;
using base::Nanos;

namespace {

/// What one call of espeak_Synth() told.
struct Told {
    const SoundSink* sink = nullptr;
    bool stopped = false; ///< By the sink.
    std::vector<SpokenPhone> phones;
    std::int64_t samples = 0;
    std::size_t character = 0;
    bool open = false;         ///< The last phone has not ended yet.
    std::exception_ptr thrown; ///< By the sink: nothing may fly through the library.
};
/// The library's callback has a place for user data, but not in every call that it makes.
Told* g_told = nullptr;

Nanos timeOfSample(std::int64_t sample) { return Nanos(sample * 1'000'000'000 / kVoiceRateHz); }

/// "ə-" and "s." are the library's own names where it knows no IPA; switches of language are "(en)".
std::string soundOf(const char (&name)[8])
{
    std::string_view text(name, std::find(std::begin(name), std::end(name), '\0') - std::begin(name));
    // Eight bytes may end within a letter.
    std::optional<std::u32string> points;
    while (!(points = codePoints(text)))
        text.remove_suffix(1);
    if (text.starts_with('('))
        return {};
    std::erase_if(*points, [](char32_t c) { return c < 0x80 && !(c >= U'a' && c <= U'z'); });
    return utf8(*points);
}

int onSound(short* samples, int count, espeak_EVENT* events)
{
    Told& told = *g_told;
    try {
        for (const espeak_EVENT* event = events; event->type != espeakEVENT_LIST_TERMINATED; ++event) {
            const Nanos at = std::chrono::milliseconds(event->audio_position);
            if (event->type == espeakEVENT_WORD)
                told.character = static_cast<std::size_t>(std::max(event->text_position - 1, 0));
            if (event->type != espeakEVENT_PHONEME)
                continue;
            if (std::exchange(told.open, false))
                told.phones.back().phone.ends = std::max(at, told.phones.back().phone.begins);
            std::string ipa = soundOf(event->id.string);
            if (baseLetter(ipa) == 0) {
                // A mark on its own belongs to the sound before: Russian palatalisation.
                if (!ipa.empty() && !told.phones.empty()) {
                    told.phones.back().phone.ipa += ipa;
                    told.open = true;
                }
                continue;
            }
            told.phones.push_back({ { std::move(ipa), Stress::None, at, at }, told.character });
            told.open = true;
        }
        told.samples += count;
        if (*told.sink && samples != nullptr && count > 0)
            told.stopped = !(*told.sink)({ samples, static_cast<std::size_t>(count) });
        return told.stopped ? 1 : 0;
    } catch (...) {
        told.thrown = std::current_exception();
        return 1;
    }
}

/// Names that eSpeak NG's phoneme tables use; which of them a voice has, and what they are in IPA, it is
/// asked. The plainer come first: they win where several sound alike.
constexpr std::string_view kNames =
    "p b t d k g m n N f v T D s z S Z h l r j w x C R a e i o u A E I O U @ V 3 0 Y y W Q B G J X c q H ? "
    "a: e: i: o: u: A: E: I: O: U: 3: y: Y: W: 2 2: Y# y# a# e# i# o# u# @# E# O# I2 I# 0# a@ A~ E~ O~ W~ "
    "a~ e~ i~ o~ u~ n^ l^ n. l. t. d. s. z. S; Z; s; z; t; d; ts; x^ r- R2 R3 r2 R^ ** * t# L l: r: M "
    "E2 O2 u2 o2 a2 e2 & 8 y2 W2 V: Q: &: &# oe oe: P P2 P: K F v# w# h# H# g# b# d# k# ?2";

/// Sounds near to one another, the nearest beside each other.
constexpr std::array<std::u32string_view, 27> kNear { U"ɑaäɐæʌ", U"iɪɨ", U"uʊɯʉ", U"eɛɜ", U"oɔɒɑ", U"əɐʌɜɛ",
    U"ɚɝɜəɹ", U"yʏi", U"øœɛ", U"rɹɾʁʀɻɽ", U"xχçh", U"ʃɕʂs", U"ʒʑʐz", U"θs", U"ðzd", U"βvb", U"ɣɡg", U"ɲŋnɳ",
    U"ʎlɫɭ", U"wʊuv", U"jiɪ", U"hɦxħ", U"qkc", U"ɸf", U"pb", U"td", U"kɡ" };

bool isLetterLike(char32_t c)
{
    // Pictures, arrows, signs, their selectors and joiners: the library would read their names aloud.
    return !((c >= 0x2190 && c <= 0x2BFF) || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F000 && c <= 0x1FFFF)
        || c == 0x200D || c == 0x20E3 || c >= 0xE0000 || c < 0x20 || (c >= 0x7F && c < 0xA0));
}

/// The library, one a process.
class Library {
public:
    static Library& instance()
    {
        static Library library;
        return library;
    }

    base::Result<std::vector<Language>> languages() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        if (auto ready = start(); !ready)
            return fail(ready.error());
        std::vector<Language> found;
        for (const auto& [code, voice] : voices_)
            found.push_back({ code, voice.name });
        return found;
    }

    base::Result<Spoken> speak(std::u32string_view text, const std::string& language, const SoundSink& sink)
        EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        if (auto ready = choose(language); !ready)
            return fail(ready.error());
        std::u32string said(text);
        for (char32_t& c : said)
            if (!isLetterLike(c))
                c = U' ';
        const std::string bytes = utf8(said);
        auto spoken = synthesise(bytes, espeakCHARS_UTF8 | espeakENDPAUSE, sink);
        if (spoken)
            markStress(bytes, spoken->phones);
        return spoken;
    }

    base::Result<Spoken> speak(std::span<const std::vector<Phone>> words, const std::string& language,
        const SoundSink& sink) EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        if (auto ready = choose(language); !ready)
            return fail(ready.error());
        const Names& names = namesOf(language);
        std::string text;
        for (const std::vector<Phone>& word : words) {
            std::string inside;
            for (const Phone& phone : word) {
                if (phone.stress != Stress::None)
                    inside += phone.stress == Stress::Primary ? "'" : ",";
                for (const std::string& name : namesFor(phone.ipa, names))
                    inside += name + "|"; // without the bar "t" and "S" would be one
            }
            if (!inside.empty())
                text += "[[" + inside + "]] ";
        }
        return synthesise(text, espeakCHARS_UTF8 | espeakPHONEMES | espeakENDPAUSE, sink);
    }

private:
    using Names = std::map<std::string, std::string>; ///< IPA to the name in a voice's phoneme table.
    struct Voice {
        int priority = 0; ///< Among voices of the same language; the lowest is preferred.
        std::string file;
        std::string name;
    };

    base::Outcome start() REQUIRES(mutex_)
    {
        if (started_)
            return {};
        const int rate_hz = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nullptr,
            espeakINITIALIZE_PHONEME_EVENTS | espeakINITIALIZE_PHONEME_IPA | espeakINITIALIZE_DONT_EXIT);
        if (rate_hz != kVoiceRateHz)
            return fail(Fault::NotFound, "the voices of eSpeak NG are not there: install espeak-ng-data",
                fmt::format("espeak_Initialize: {}", rate_hz));
        espeak_SetSynthCallback(onSound);
        for (const espeak_VOICE** listed = espeak_ListVoices(nullptr); *listed != nullptr; ++listed) {
            const Voice voice { 0, (*listed)->identifier, (*listed)->name };
            // Voices of MBROLA are listed whether it is there or not; variants ("!v/") are no languages.
            if (voice.file.starts_with("mb/") || voice.file.starts_with("!v/"))
                continue;
            // Pairs of a priority, the lowest first, and a code; a zero ends them.
            for (const char* pair = (*listed)->languages; *pair != '\0';
                 pair += std::string_view(pair).size() + 1) {
                const auto [known, is_new] = voices_.try_emplace(pair + 1, voice);
                if (is_new || pair[0] < known->second.priority)
                    known->second = { pair[0], voice.file, voice.name };
            }
        }
        started_ = true;
        return {};
    }

    base::Outcome choose(const std::string& language) REQUIRES(mutex_)
    {
        if (auto ready = start(); !ready)
            return ready;
        const auto voice = voices_.find(language);
        if (voice == voices_.end() || espeak_SetVoiceByName(voice->second.file.c_str()) != EE_OK)
            return fail(Fault::NotFound,
                fmt::format("there is no voice for the language {}", base::oneLine(language)));
        return {};
    }

    base::Result<Spoken> synthesise(const std::string& text, unsigned flags, const SoundSink& sink)
        REQUIRES(mutex_)
    {
        Told told;
        told.sink = &sink;
        g_told = &told;
        const espeak_ERROR error =
            espeak_Synth(text.c_str(), text.size() + 1, 0, POS_CHARACTER, 0, flags, nullptr, nullptr);
        g_told = nullptr;
        if (told.thrown)
            std::rethrow_exception(told.thrown);
        if (told.stopped)
            return fail(Fault::Cancelled, "stopped");
        if (error != EE_OK)
            return fail(Fault::Failed, "the voice cannot say this line",
                fmt::format("espeak_Synth: {}", static_cast<int>(error)));
        const Nanos duration = timeOfSample(told.samples);
        // Times come in whole milliseconds; the sound is the truth.
        for (SpokenPhone& spoken : told.phones) {
            spoken.phone.begins = std::min(spoken.phone.begins, duration);
            spoken.phone.ends = std::min(spoken.phone.ends, duration);
        }
        if (told.open)
            told.phones.back().phone.ends = duration;
        return Spoken { std::move(told.phones), duration };
    }

    /// Events have no stress; the transcription of the same text has, before the sound that carries it.
    static void markStress(const std::string& text, std::vector<SpokenPhone>& phones)
    {
        std::string transcription;
        const void* rest = text.c_str();
        while (rest != nullptr)
            if (const char* clause = espeak_TextToPhonemes(&rest, espeakCHARS_UTF8, espeakPHONEMES_IPA))
                transcription += std::string(clause) + ' ';
        std::string_view left(transcription);
        // How far a sound may be from where it should be when the two do not agree, in bytes.
        constexpr std::size_t kSearch = 48;
        for (SpokenPhone& spoken : phones) {
            const std::size_t at = left.substr(0, kSearch + spoken.phone.ipa.size()).find(spoken.phone.ipa);
            if (at == std::string_view::npos)
                continue;
            const std::string_view between = left.substr(0, at);
            if (isNucleus(spoken.phone.ipa) && between.find("ˈ") != std::string_view::npos)
                spoken.phone.stress = Stress::Primary;
            else if (isNucleus(spoken.phone.ipa) && between.find("ˌ") != std::string_view::npos)
                spoken.phone.stress = Stress::Secondary;
            left.remove_prefix(at + spoken.phone.ipa.size());
        }
    }

    const Names& namesOf(const std::string& language) REQUIRES(mutex_)
    {
        const auto [known, is_new] = names_.try_emplace(language);
        Names& names = known->second;
        if (!is_new)
            return names;
        std::string_view left(kNames);
        while (!left.empty()) {
            const std::size_t end = std::min(left.find(' '), left.size());
            const std::string name(left.substr(0, end));
            left.remove_prefix(std::min(end + 1, left.size()));
            const auto heard = [&](const std::string& phonemes) REQUIRES(mutex_) {
                const auto said =
                    synthesise("[[" + phonemes + "]]", espeakCHARS_UTF8 | espeakPHONEMES, nullptr);
                return said ? said->phones : std::vector<SpokenPhone>();
            };
            // On their own, and for consonants between vowels, too: German ends in no "b", English has no "t"
            // there. Voiceless ones stand first among the names, so "b" heard as "p" takes nothing from them.
            if (const auto alone = heard(name); alone.size() == 1)
                names.try_emplace(alone[0].phone.ipa, name);
            if (const auto between = heard("a|" + name + "|a");
                between.size() == 3 && !isNucleus(between[1].phone.ipa))
                names.try_emplace(between[1].phone.ipa, name);
        }
        return names;
    }

    /// The voice's names for one sound: what leads it in, the sound, what follows.
    static std::vector<std::string> namesFor(const std::string& ipa, const Names& names)
    {
        if (const auto exact = names.find(ipa); exact != names.end())
            return { exact->second };
        std::vector<std::string> found;
        const std::u32string points = codePoints(ipa).value_or(std::u32string());
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (baseLetter(utf8(points.substr(i, 1))) == 0) {
                constexpr std::pair<char32_t, const char*> kLeads[] = { { 0x02B0, "h" }, { 0x02B2, "j" },
                    { 0x02B7, "w" }, { 0x207F, "n" }, { 0x02E1, "l" }, { 0x02C0, "ʔ" } };
                for (const auto& [mark, sound] : kLeads)
                    if (points[i] == mark && names.contains(sound))
                        found.push_back(names.at(sound));
                continue;
            }
            const bool is_long = points.substr(i + 1, 1) == U"ː";
            if (const auto name = nearest(points[i], points.substr(i + 1, 1) == U"\u0303", is_long, names))
                found.push_back(*name);
        }
        return found;
    }

    static std::optional<std::string> nearest(char32_t letter, bool nasal, bool is_long, const Names& names)
    {
        const auto named = [&](char32_t c) -> std::optional<std::string> {
            const std::string plain = utf8(std::u32string_view(&c, 1));
            const std::string marked = plain + (nasal ? "\u0303" : is_long ? "ː" : "");
            for (const std::string& form : { marked, plain, plain + "ː" })
                if (const auto name = names.find(form); name != names.end())
                    return name->second;
            return std::nullopt;
        };
        if (auto name = named(letter))
            return name;
        for (const std::u32string_view near : kNear) {
            const std::size_t at = near.find(letter);
            if (at == near.npos)
                continue;
            for (std::size_t distance = 1; distance < near.size(); ++distance) {
                if (at + distance < near.size())
                    if (auto name = named(near[at + distance]))
                        return name;
                if (at >= distance)
                    if (auto name = named(near[at - distance]))
                        return name;
            }
        }
        return std::nullopt;
    }

    base::Mutex mutex_;
    bool started_ GUARDED_BY(mutex_) = false;
    std::map<std::string, Voice> voices_ GUARDED_BY(mutex_); ///< By code of language.
    std::map<std::string, Names> names_ GUARDED_BY(mutex_);  ///< By language.
};

std::string lower(std::string_view text)
{
    std::string small(text);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        else if (c == '_')
            c = '-';
    return small;
}

/// Levenshtein's distance: letters put in, left out or replaced.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t { 0 });
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({ replaced, row[j] + 1, diagonal + 1 });
        }
    }
    return row.back();
}

} // namespace

base::Result<std::vector<Language>> languages() { return Library::instance().languages(); }

base::Result<std::string> findLanguage(std::string_view code_or_name)
{
    auto all = languages();
    if (!all)
        return fail(all.error());
    constexpr std::size_t kLongestName = 64;
    const std::string wanted = lower(code_or_name.substr(0, kLongestName));
    for (const Language& language : *all)
        if (lower(language.code) == wanted)
            return language.code;
    for (const Language& language : *all)
        if (lower(language.name) == wanted)
            return language.code;
    const auto far = [&](const Language& language) {
        const std::string name = lower(language.name);
        return std::min(distance(wanted, lower(language.code)),
            !wanted.empty() && (name.starts_with(wanted) || wanted.starts_with(name))
                ? 1
                : distance(wanted, name));
    };
    std::stable_sort(
        all->begin(), all->end(), [&](const Language& a, const Language& b) { return far(a) < far(b); });
    std::string near;
    for (std::size_t i = 0; i < all->size() && i < 5; ++i)
        near += fmt::format("{}{} ({})", i == 0 ? "" : ", ", (*all)[i].code, (*all)[i].name);
    return fail(Fault::NotFound,
        fmt::format("there is no voice for the language \"{}\"; near are {}",
            base::oneLine(code_or_name.substr(0, kLongestName)), near));
}

base::Result<Spoken> speakText(std::u32string_view text, const std::string& language, const SoundSink& sink)
{
    return Library::instance().speak(text, language, sink);
}

base::Result<Spoken> speakPhones(
    std::span<const std::vector<Phone>> words, const std::string& language, const SoundSink& sink)
{
    return Library::instance().speak(words, language, sink);
}

} // namespace backtake::guide
