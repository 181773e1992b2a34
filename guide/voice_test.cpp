#include "guide/cue_sheet.hpp"
#include "guide/test_speech_distance.hpp"
#include "guide/unicode.hpp"
#include "guide/voice.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <thread>

namespace backtake::guide {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Samples = std::vector<std::int16_t>;

SoundSink into(Samples& samples)
{
    return [&samples](std::span<const std::int16_t> more) {
        samples.insert(samples.end(), more.begin(), more.end());
        return true;
    };
}

Samples said(std::u32string_view text, const std::string& language)
{
    Samples samples;
    EXPECT_TRUE(speakText(text, language, into(samples)));
    return samples;
}

std::vector<std::string> heard(const base::Result<Spoken>& spoken)
{
    std::vector<std::string> phones;
    for (const SpokenPhone& one : spoken->phones)
        phones.push_back(one.phone.ipa);
    return phones;
}

TEST(Voice, SaysWhichSoundsALineHasWhenAndInWhichWord)
{
    const auto spoken = speakText(U"I watched", "en-us");
    ASSERT_TRUE(spoken) << spoken.error().message;
    EXPECT_THAT(heard(spoken), ElementsAre("aɪ", "w", "ɑː", "tʃ", "t"));
    EXPECT_EQ(spoken->phones[0].character, 0u);
    for (std::size_t i = 1; i < spoken->phones.size(); ++i) {
        EXPECT_EQ(spoken->phones[i].character, 2u);
        EXPECT_GE(spoken->phones[i].phone.begins, spoken->phones[i - 1].phone.ends);
        EXPECT_GT(spoken->phones[i].phone.ends, spoken->phones[i].phone.begins);
    }
    EXPECT_EQ(spoken->phones[2].phone.stress, Stress::Primary);
    EXPECT_EQ(spoken->phones[1].phone.stress, Stress::None);
}

TEST(Voice, TheTimesAreThoseOfTheSound)
{
    Samples samples;
    const auto spoken = speakText(U"papa", "es", into(samples));
    ASSERT_TRUE(spoken);
    EXPECT_NEAR(base::seconds(spoken->duration), static_cast<double>(samples.size()) / kVoiceRateHz, 1e-6);
    EXPECT_LE(spoken->phones.back().phone.ends, spoken->duration);
    const auto loudness = [&](base::Nanos from, base::Nanos to) {
        double sum = 0;
        const auto first = static_cast<std::size_t>(base::seconds(from) * kVoiceRateHz);
        const auto last = static_cast<std::size_t>(base::seconds(to) * kVoiceRateHz);
        for (std::size_t i = first; i < last; ++i)
            sum += std::abs(samples[i]);
        return sum / static_cast<double>(last - first);
    };
    ASSERT_EQ(spoken->phones.size(), 4u);
    const Phone& vowel = spoken->phones[1].phone;
    const Phone& stop = spoken->phones[2].phone;
    // A stop begins with its burst; the silence before is its closure.
    using namespace std::chrono_literals;
    EXPECT_LT(loudness(stop.begins - 25ms, stop.begins - 10ms), 10);
    EXPECT_GT(loudness(stop.begins, stop.ends), 100);
    EXPECT_GT(loudness(vowel.begins, vowel.begins + 80ms), 1000);
}

TEST(Voice, EmojiAreNotSaid)
{
    EXPECT_TRUE(heard(speakText(U"😀 ❤️ →", "en-us")).empty());
    EXPECT_EQ(heard(speakText(U"Hi 😀", "en-us")), heard(speakText(U"Hi", "en-us")));
}

TEST(Voice, SaysSoundsGivenAsIpaInOrder)
{
    const auto phone = [](const char* ipa, Stress stress = Stress::None) {
        return Phone { ipa, stress, {}, {} };
    };
    const std::vector<std::vector<Phone>> words { { phone("m"), phone("a", Stress::Primary), phone("ʰt") },
        { phone("ʃ"), phone("t"), phone("ɜː", Stress::Primary), phone("ʃ"), phone("t") } };
    // American English has no "a" of its own: the nearest it has. "ʃ" and "t" do not melt into one sound.
    EXPECT_THAT(
        heard(speakPhones(words, "en-us")), ElementsAre("m", "ɑː", "h", "t", "ʃ", "t", "ɜː", "ʃ", "t"));
}

TEST(Voice, EverySoundOfItsOwnLinesCanBeSaidAgain)
{
    for (const auto& [language, text] :
        { std::pair { "de", U"Die Straße führt über jenen Berg, möchte Bäcker singen" },
            std::pair { "fr", U"Un bon vin blanc, je mange vingt huîtres et une cigogne" },
            std::pair { "es", U"Quiero una cerveza y mucho amor, el perro español llora" } }) {
        const auto forward = speakText(text, language);
        ASSERT_TRUE(forward);
        std::vector<std::vector<Phone>> words(1);
        for (const SpokenPhone& one : forward->phones)
            if (reversedIpa(one.phone.ipa).size() == 1)
                words[0].push_back(one.phone);
        const auto again = speakPhones(words, language);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->phones.size(), words[0].size()) << language;
    }
}

TEST(Voice, UnknownLanguagesAreRefusedWithTheNearestOnes)
{
    EXPECT_EQ(findLanguage("DE").value_or(""), "de");
    EXPECT_EQ(findLanguage("german").value_or(""), "de");
    EXPECT_EQ(findLanguage("en_US").value_or(""), "en-us");
    EXPECT_EQ(findLanguage("en-gb").value_or(""), "en-gb");
    const auto unknown = findLanguage("germann");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().fault, base::Fault::NotFound);
    EXPECT_THAT(unknown.error().message, HasSubstr("de (German)"));
    EXPECT_FALSE(speakText(U"x", "xx"));
    EXPECT_FALSE(findLanguage(""));
    EXPECT_FALSE(findLanguage(std::string(100'000, 'x')));
}

TEST(Voice, EveryLanguageNamedCanBeSpoken)
{
    const auto all = languages();
    ASSERT_TRUE(all);
    ASSERT_GT(all->size(), 50u);
    for (const Language& language : *all)
        EXPECT_TRUE(speakText(U"a", language.code)) << language.code << " " << language.name;
}

TEST(Voice, StopsWhenItsListenerDoes)
{
    int pieces = 0;
    const auto spoken = speakText(U"A long line that nobody wants to hear to its end.", "en-us",
        [&](std::span<const std::int16_t>) { return ++pieces < 3; });
    ASSERT_FALSE(spoken);
    EXPECT_EQ(spoken.error().fault, base::Fault::Cancelled);
    EXPECT_EQ(pieces, 3);
    const SoundSink thrower = [](std::span<const std::int16_t>) -> bool { throw std::runtime_error("full"); };
    EXPECT_THROW((void)speakText(U"hello", "en-us", thrower), std::runtime_error);
    EXPECT_EQ(heard(speakText(U"a", "es")), std::vector<std::string> { "a" }) << "and speaks on";
}

TEST(Voice, ThreadsWaitForOneAnother)
{
    const auto alone = heard(speakText(U"guten Abend", "de"));
    const auto alone_too = heard(speakText(U"good evening", "en-us"));
    std::vector<std::jthread> threads;
    std::array<bool, 4> same {};
    for (std::size_t i = 0; i < same.size(); ++i)
        threads.emplace_back([&, i] {
            same[i] = true;
            for (int round = 0; round < 5; ++round)
                same[i] = same[i]
                    && (i % 2 == 0 ? heard(speakText(U"guten Abend", "de")) == alone
                                   : heard(speakText(U"good evening", "en-us")) == alone_too);
        });
    threads.clear();
    EXPECT_THAT(same, testing::Each(true));
}

/// The purpose of it all. A voice says the sheet, the sound is turned round, and it must sound more like the
/// line than the sheet as it was said does, and more than another line of the same language does.
TEST(CueSheet, SaidBackwardsAndTurnedRoundItSoundsLikeTheLine)
{
    const std::vector<std::pair<std::string, std::vector<std::u32string>>> all {
        { "en-us",
            { U"I watched the children play in the church", U"Time is a river that never comes back",
                U"My boy found a cold stone by the shore", U"Where have all the joyful voices gone" } },
        { "de",
            { U"Ich möchte eine neue Zeitung kaufen", U"Das Pferd läuft heute durch den tiefen Schnee",
                U"Zwei Freunde tauschen ihre alten Bücher", U"Niemand weiß, wohin die Reise geht" } }
    };
    for (const auto& [language, lines] : all) {
        std::vector<Samples> forward;
        for (const std::u32string& line : lines)
            forward.push_back(said(line, language));
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const auto sheet = makeCueSheet(utf8(lines[i]), language);
            ASSERT_TRUE(sheet) << sheet.error().message;
            Samples spoken;
            ASSERT_TRUE(speakCueSheet(*sheet, into(spoken)));
            const Samples turned(spoken.rbegin(), spoken.rend());
            const Samples forward_turned(forward[i].rbegin(), forward[i].rend());
            const double shown = test::speechDistance(turned, forward[i], kVoiceRateHz);
            const double unreversed = test::speechDistance(spoken, forward[i], kVoiceRateHz);
            const double backwards = test::speechDistance(forward_turned, forward[i], kVoiceRateHz);
            double other = std::numeric_limits<double>::infinity();
            for (std::size_t k = 0; k < lines.size(); ++k)
                if (k != i)
                    other = std::min(other, test::speechDistance(forward[k], forward[i], kVoiceRateHz));
            std::printf("%s: turned round %.1f; not turned %.1f, the line itself backwards %.1f, nearest "
                        "other line %.1f: %s\n",
                language.c_str(), shown, unreversed, backwards, other, utf8(lines[i]).c_str());
            EXPECT_LT(shown, unreversed) << utf8(lines[i]);
            EXPECT_LT(shown, backwards) << utf8(lines[i]);
            EXPECT_LT(shown, other) << utf8(lines[i]);
        }
    }
}

} // namespace
} // namespace backtake::guide
