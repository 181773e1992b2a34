#include "guide/cue_edit.hpp"

#include <gtest/gtest.h>

namespace backtake::guide {
namespace {

using namespace std::chrono_literals;

/// "eat up" backwards: pʌ 0 … 1 s, ʰtiː 2 … 4 s, and in a second line "go" 5 … 6 s; the guide is 10 s long.
CueSheet twoLines()
{
    CueSheet sheet;
    sheet.text = "go\neat up";
    sheet.language = "en-us";
    sheet.duration = 10s;
    const auto phone = [](const char* ipa, base::Nanos begins, base::Nanos ends) {
        return Phone { ipa, Stress::None, begins, ends };
    };
    sheet.lines = {
        { "eat up",
            { { "up", "PUH", { phone("p", 0ms, 500ms), phone("ʌ", 500ms, 1s) } },
                { "eat", "TEE", { phone("ʰt", 2s, 3s), phone("iː", 3s, 4s) } } } },
        { "go", { { "go", "OHG", { phone("oʊ", 5s, 5500ms), phone("ɡ", 5500ms, 6s) } } } },
    };
    return sheet;
}

std::string written(const CueSheet& sheet) { return cueSheetText(sheet); }

TEST(CueEdit, AnEditedRespellingStandsAndAnEmptyOneIsRefused)
{
    CueSheet sheet = twoLines();
    ASSERT_TRUE(setRespelling(sheet, { 0, 1 }, "(h)TEEE"));
    EXPECT_EQ(sheet.lines[0].words[1].respelling, "(h)TEEE");
    const std::string before = written(sheet);
    for (const char* const bad : { "", "  ", "\xFF" }) {
        const auto refused = setRespelling(sheet, { 0, 1 }, bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().fault, base::Fault::Usage);
    }
    EXPECT_EQ(written(sheet), before);
}

TEST(CueEdit, AsManySoundsKeepTheirTimesAndMoreShareTheWords)
{
    CueSheet sheet = twoLines();
    ASSERT_TRUE(setIpa(sheet, { 0, 0 }, "ˈbʌ"));
    const std::vector<Phone> same { { "b", Stress::None, 0ms, 500ms }, { "ʌ", Stress::Primary, 500ms, 1s } };
    EXPECT_EQ(sheet.lines[0].words[0].phones, same);
    ASSERT_TRUE(setIpa(sheet, { 0, 1 }, "ʰtiːs"));
    // 2 s in four parts, the long one has two.
    const std::vector<Phone> more { { "ʰt", Stress::None, 2s, 2500ms },
        { "iː", Stress::None, 2500ms, 3500ms }, { "s", Stress::None, 3500ms, 4s } };
    EXPECT_EQ(sheet.lines[0].words[1].phones, more);
    EXPECT_TRUE(parseCueSheet(written(sheet))) << "what was edited can be read again";
}

TEST(CueEdit, ABreathBetweenVowelAndConsonantLeadsInTheConsonant)
{
    const auto phones = phonesOf("ˌɪ̯aʰtʲˈma˥˩");
    ASSERT_TRUE(phones);
    std::vector<std::string> letters;
    for (const Phone& phone : *phones)
        letters.push_back(phone.ipa);
    EXPECT_EQ(letters, (std::vector<std::string> { "ɪ̯", "a", "ʰtʲ", "m", "a˥˩" }));
    EXPECT_EQ((*phones)[1].stress, Stress::Secondary) << "the glide carries no syllable";
    EXPECT_EQ((*phones)[4].stress, Stress::Primary);
}

/// Fails for IPA that is written otherwise than it was read: each edit would change what was not touched.
TEST(CueEdit, WhatASheetWritesAsIpaIsReadAsTheSameSounds)
{
    const auto sheet =
        makeCueSheet("Time is a river that never comes back.\nTwo tall cats took part", "en-us");
    ASSERT_TRUE(sheet) << sheet.error().message;
    for (const CueLine& line : sheet->lines)
        for (const CueWord& word : line.words) {
            const auto read = phonesOf(ipaOf(word.phones));
            ASSERT_TRUE(read) << ipaOf(word.phones);
            ASSERT_EQ(read->size(), word.phones.size()) << ipaOf(word.phones);
            for (std::size_t i = 0; i < read->size(); ++i)
                EXPECT_EQ((*read)[i].ipa, word.phones[i].ipa) << ipaOf(word.phones);
        }
}

TEST(CueEdit, WhatIsNoIpaIsRefusedByItsSignAndNothingChanges)
{
    CueSheet sheet = twoLines();
    const std::string before = written(sheet);
    for (const auto& [ipa, says] :
        std::vector<std::pair<const char*, const char*>> { { "", "no letter" }, { "ˈ", "no letter" },
            { "t 5", "space" }, { "t5", "\"5\"" }, { "😀", "😀" }, { "ːa", "mark" }, { "\xC0", "UTF-8" } }) {
        const auto refused = setIpa(sheet, { 0, 0 }, ipa);
        ASSERT_FALSE(refused) << ipa;
        EXPECT_EQ(refused.error().fault, base::Fault::Usage);
        EXPECT_NE(refused.error().message.find(says), std::string::npos) << refused.error().message;
    }
    EXPECT_EQ(written(sheet), before);
}

TEST(CueEdit, AWordsTimesAreStretchedEvenlyAndStayBetweenItsNeighbours)
{
    CueSheet sheet = twoLines();
    ASSERT_TRUE(fitTimes(sheet, { 0, 1 }, { 0, 1 }, 1s, 5s)) << "up to both neighbours";
    const std::vector<Phone> stretched { { "ʰt", Stress::None, 1s, 3s }, { "iː", Stress::None, 3s, 5s } };
    EXPECT_EQ(sheet.lines[0].words[1].phones, stretched);
    const std::string before = written(sheet);
    const auto early = fitTimes(sheet, { 0, 1 }, { 0, 1 }, 999ms, 5s);
    ASSERT_FALSE(early);
    EXPECT_NE(early.error().message.find("\"up\" before it ends at 0:01.000"), std::string::npos);
    const auto late = fitTimes(sheet, { 0, 1 }, { 0, 1 }, 1s, 5001ms);
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message.find("\"go\" after it begins at 0:05.000"), std::string::npos);
    EXPECT_FALSE(fitTimes(sheet, { 0, 1 }, { 0, 1 }, 3s, 3s));
    EXPECT_FALSE(fitTimes(sheet, { 1, 0 }, { 1, 0 }, 6s, 25h));
    EXPECT_EQ(written(sheet), before);
}

/// The guide's part begins at 20 s and lasts 12 s, the sheet lasts 6 s: all is twice as long.
TEST(CueEdit, TheWholeSheetIsFittedToThePartOfTheGuide)
{
    CueSheet sheet = twoLines();
    ASSERT_TRUE(fitTimes(sheet, { 0, 0 }, { 1, 0 }, 20s, 32s));
    EXPECT_EQ(sheet.lines[0].words[0].phones[1], (Phone { "ʌ", Stress::None, 21s, 22s }));
    EXPECT_EQ(sheet.lines[0].words[1].phones[0], (Phone { "ʰt", Stress::None, 24s, 26s }));
    EXPECT_EQ(sheet.lines[1].words[0].phones[1], (Phone { "ɡ", Stress::None, 31s, 32s }));
    EXPECT_EQ(sheet.duration, 32s);
    EXPECT_TRUE(parseCueSheet(written(sheet)));
}

TEST(CueEdit, SoundsWithoutAnyTimeGetEqualOnes)
{
    CueSheet sheet = twoLines();
    for (CueWord& word : sheet.lines[0].words)
        for (Phone& phone : word.phones)
            phone.begins = phone.ends = 0s;
    ASSERT_TRUE(fitTimes(sheet, { 0, 0 }, { 0, 1 }, 0s, 4s));
    EXPECT_EQ(sheet.lines[0].words[0].phones[1], (Phone { "ʌ", Stress::None, 1s, 2s }));
    EXPECT_EQ(sheet.lines[0].words[1].phones[1].ends, 4s);
}

} // namespace
} // namespace backtake::guide
