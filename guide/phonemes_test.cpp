#include "guide/phonemes.hpp"
#include "guide/unicode.hpp"

#include <gmock/gmock.h>

namespace backtake::guide {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Phone phone(const char* ipa, Stress stress = Stress::None) { return { ipa, stress, {}, {} }; }

TEST(ReversedIpa, AffricatesEndWithTheirClosure)
{
    EXPECT_THAT(reversedIpa("tʃ"), ElementsAre("ʃ", "t"));
    EXPECT_THAT(reversedIpa("d͡ʒ"), ElementsAre("ʒ", "d")) << "the tie binds nothing any more";
    EXPECT_THAT(reversedIpa("pf"), ElementsAre("f", "p"));
}

TEST(ReversedIpa, DiphthongsGlideIntoTheirNucleus)
{
    EXPECT_THAT(reversedIpa("aɪ"), ElementsAre("ɪ̯", "a"));
    EXPECT_THAT(reversedIpa("aɪə"), ElementsAre("ə̯", "ɪ̯", "a"));
    EXPECT_THAT(reversedIpa("ɑːɹ"), ElementsAre("ɹ", "ɑː"));
    EXPECT_THAT(reversedIpa("əl"), ElementsAre("l", "ə"));
}

TEST(ReversedIpa, WhatEndsASoundBeginsIt)
{
    EXPECT_THAT(reversedIpa("tʰ"), ElementsAre("ʰt"));
    EXPECT_THAT(reversedIpa("dⁿ"), ElementsAre("ⁿd"));
    EXPECT_THAT(reversedIpa("tˡ"), ElementsAre("ˡt"));
    EXPECT_THAT(reversedIpa("kʷʰ"), ElementsAre("ʰʷk"));
    EXPECT_THAT(reversedIpa("tʼ"), ElementsAre("ˀt"));
    EXPECT_THAT(reversedIpa("ⁿd"), ElementsAre("dⁿ"));
    EXPECT_THAT(reversedIpa("tʃʰ"), ElementsAre("ʰʃ", "t"));
    for (const char* ipa : { "tʰ", "ⁿdˡ", "a", "ɑ̃ː", "kʷʰ" })
        EXPECT_EQ(reversedIpa(reversedIpa(ipa).front()).front(), ipa) << "turned round twice it is itself";
}

TEST(ReversedIpa, WhatHoldsThroughASoundStaysWithIt)
{
    EXPECT_THAT(reversedIpa("iː"), ElementsAre("iː"));
    EXPECT_THAT(reversedIpa("ɔ̃"), ElementsAre("ɔ̃"));
    EXPECT_THAT(reversedIpa("n̩"), ElementsAre("n̩"));
    EXPECT_THAT(reversedIpa("tˤ"), ElementsAre("tˤ"));
    EXPECT_THAT(reversedIpa("a˥˩"), ElementsAre("a˩˥")) << "a falling tone rises";
}

TEST(ReversedIpa, WhatIsNoSoundIsLeftOut)
{
    EXPECT_THAT(reversedIpa("ˈa.ˌb‿"), ElementsAre("b", "a"));
    EXPECT_THAT(reversedIpa(""), IsEmpty());
    EXPECT_THAT(reversedIpa("ˈ"), IsEmpty());
    EXPECT_THAT(reversedIpa("\xFF\xFE"), IsEmpty());
}

TEST(ReversedPhone, ItsLettersShareItsTimeCountedFromTheEnd)
{
    const Phone diphthong { "aɪ", Stress::Primary, 100ms, 200ms };
    EXPECT_THAT(reversedPhone(diphthong, 1000ms),
        ElementsAre(Phone { "ɪ̯", Stress::None, 800ms, 850ms }, Phone { "a", Stress::Primary, 850ms, 900ms }));
    const Phone long_vowel { "ɑːɹ", Stress::None, 0ms, 90ms };
    EXPECT_THAT(reversedPhone(long_vowel, 90ms),
        ElementsAre(Phone { "ɹ", Stress::None, 0ms, 30ms }, Phone { "ɑː", Stress::None, 30ms, 90ms }));
}

TEST(Aspiration, StopsOfEnglishAndGermanBreatheBeforeStressedVowelsButNotAfterS)
{
    const auto marked = [](std::vector<Phone> word, const char* language) {
        markAspiration(word, language);
        std::string all;
        for (const Phone& one : word)
            all += one.ipa;
        return all;
    };
    const std::vector<Phone> time { phone("t"), phone("aɪ", Stress::Primary), phone("m") };
    const std::vector<Phone> stone { phone("s"), phone("t"), phone("oʊ", Stress::Primary), phone("n") };
    const std::vector<Phone> potato { phone("p"), phone("ə"), phone("t"), phone("eɪ", Stress::Primary),
        phone("t"), phone("oʊ") };
    EXPECT_EQ(marked(time, "en-us"), "tʰaɪm");
    EXPECT_EQ(marked(time, "de"), "tʰaɪm");
    EXPECT_EQ(marked(time, "fr"), "taɪm");
    EXPECT_EQ(marked(stone, "en"), "stoʊn");
    EXPECT_EQ(marked(potato, "en"), "pʰətʰeɪtoʊ");
}

TEST(Syllables, BeginWithTheConsonantBeforeTheirNucleus)
{
    EXPECT_THAT(
        syllablesOf({ phone("t"), phone("ɛ"), phone("k"), phone("s"), phone("a") }), ElementsAre(0, 3));
    EXPECT_THAT(syllablesOf({ phone("a"), phone("ʰt"), phone("a") }), ElementsAre(0, 2))
        << "the breath ends a syllable";
    EXPECT_THAT(syllablesOf({ phone("a"), phone("m"), phone("ɪ̯"), phone("a") }), ElementsAre(0, 1))
        << "with the glide";
    EXPECT_THAT(syllablesOf({ phone("s"), phone("t") }), ElementsAre(0));
}

TEST(Ipa, StressStandsBeforeItsSyllable)
{
    EXPECT_EQ(
        ipaOf({ phone("l"), phone("ə"), phone("ɾ"), phone("ɑː", Stress::Primary), phone("b") }), "ləˈɾɑːb");
    EXPECT_EQ(ipaOf({ phone("m"), phone("ɪ̯"), phone("a", Stress::Secondary), phone("ʰt") }), "ˌmɪ̯aʰt");
}

TEST(CodePoints, OnlyUtf8IsRead)
{
    EXPECT_EQ(codePoints("aé語😀"), U"aé語😀");
    EXPECT_EQ(utf8(U"aé語😀"), "aé語😀");
    for (const char* bad : { "\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
             "\xF5", "\xE2\x82" })
        EXPECT_EQ(codePoints(bad), std::nullopt);
}

} // namespace
} // namespace backtake::guide
