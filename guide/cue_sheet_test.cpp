#include "guide/cue_sheet.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace backtake::guide {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CueSheet make(std::string_view text, const std::string& language = "en-us")
{
    auto sheet = makeCueSheet(text, language);
    EXPECT_TRUE(sheet) << sheet.error().message;
    return sheet.value_or(CueSheet {});
}

std::vector<std::string> textsOf(const CueSheet& sheet)
{
    std::vector<std::string> texts;
    for (const CueLine& line : sheet.lines)
        texts.push_back(line.text);
    return texts;
}

TEST(CueSheet, TheLastSoundComesFirst)
{
    const CueSheet sheet = make("I watched time");
    ASSERT_EQ(sheet.lines.size(), 1u);
    const CueLine& line = sheet.lines[0];
    ASSERT_EQ(line.words.size(), 3u);
    EXPECT_EQ(line.text, "I watched time");
    EXPECT_EQ(line.words[0].text, "time");
    EXPECT_EQ(ipaOf(line), "ˈmɪ̯aʰt ˈtʃtɑːw ɪ̯a");
    EXPECT_EQ(respellingOf(line), "MEEAH(h)T TSHTAHW eeah");
}

TEST(CueSheet, TimesAreThoseOfTheReversedGuideAndNeverOverlap)
{
    const CueSheet sheet = make("Children are singing.\n\nNow is the time, my friend!\r\nGone");
    EXPECT_EQ(sheet.lines.front().begins(), base::Nanos(0));
    base::Nanos before {};
    for (const CueLine& line : sheet.lines)
        for (const CueWord& word : line.words)
            for (const Phone& phone : word.phones) {
                EXPECT_GE(phone.begins, before);
                EXPECT_GE(phone.ends, phone.begins);
                before = phone.ends;
            }
    EXPECT_LE(before, sheet.duration);
    EXPECT_THAT(
        textsOf(sheet), ElementsAre("Gone", "my friend!", "Now is the time,", "Children are singing."));
}

TEST(CueSheet, LongLinesAreDividedBetweenWords)
{
    const CueSheet sheet = make("the quick brown fox jumps over the lazy dog and runs along the winding "
                                "river into the dark forest again");
    EXPECT_GE(sheet.lines.size(), 2u);
    std::string all;
    for (auto line = sheet.lines.rbegin(); line != sheet.lines.rend(); ++line) {
        // A border lies within half a word of an equal part.
        EXPECT_LE(line->ends() - line->begins(), kLongestCueLine + std::chrono::seconds(1));
        EXPECT_GE(line->ends() - line->begins(), kLongestCueLine / 3);
        all += (all.empty() ? "" : " ") + line->text;
    }
    EXPECT_EQ(all, sheet.text) << "no word is lost";
}

TEST(CueSheet, SignsStayInTheTextAndAreNotSaid)
{
    const CueSheet sheet = make("Hi 😀 ♥ rock—roll");
    ASSERT_EQ(sheet.lines.size(), 1u);
    EXPECT_EQ(sheet.lines[0].text, "Hi 😀 ♥ rock—roll");
    std::vector<std::string> words;
    for (const CueWord& word : sheet.lines[0].words)
        words.push_back(word.text);
    EXPECT_THAT(words, ElementsAre("roll", "rock", "Hi"));
}

TEST(CueSheet, RespellingUsesTheLettersOfTheLanguage)
{
    const auto spelled = [](const char* text, const char* language) {
        return respellingOf(make(text, language).lines.at(0));
    };
    EXPECT_EQ(spelled("Schule", "de"), "e-LUHSCH");
    EXPECT_EQ(spelled("blanc", "fr"), "ANLB");
    EXPECT_EQ(spelled("mucho", "es"), "osh-TUM");
    EXPECT_EQ(spelled("すし", "ja"), "i-SHUS");
    EXPECT_EQ(spelled("мир", "ru"), "RIYM") << "no letters of its own: Latin ones";
}

TEST(CueSheet, WhatCannotBeSaidIsRefused)
{
    const auto fault = [](std::string_view text, const char* language) {
        const auto sheet = makeCueSheet(text, language);
        return sheet ? std::nullopt : std::optional(sheet.error().fault);
    };
    EXPECT_EQ(fault("", "en-us"), base::Fault::Usage);
    EXPECT_EQ(fault(" \n\t ", "en-us"), base::Fault::Usage);
    EXPECT_EQ(fault("😀", "en-us"), base::Fault::Usage);
    EXPECT_EQ(fault("caf\xE9", "en-us"), base::Fault::Usage);
    EXPECT_EQ(fault(std::string(kLongestCueText + 1, 'a'), "en-us"), base::Fault::Usage);
    EXPECT_EQ(fault(std::string(10'000, 'a'), "en-us"), base::Fault::Usage) << "one word";
    EXPECT_EQ(fault("日本", "ja"), base::Fault::Unsupported);
    EXPECT_EQ(fault("konnichiwa", "ja"), base::Fault::Unsupported);
    EXPECT_EQ(fault("x", "no-such"), base::Fault::NotFound);
}

TEST(CueSheet, StopsWhenAsked)
{
    const auto sheet = makeCueSheet("one\ntwo\nthree", "en-us", [](double done) { return done < 0.3; });
    ASSERT_FALSE(sheet);
    EXPECT_EQ(sheet.error().fault, base::Fault::Cancelled);
}

TEST(CueSheetJson, IsReadAsItWasWritten)
{
    CueSheet sheet = make("I watched, twice");
    sheet.title = "Scène 12A \"quoted\"";
    const std::string text = cueSheetText(sheet);
    const auto again = parseCueSheet(text);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(cueSheetText(*again), text);
    EXPECT_EQ(again->title, sheet.title);
    EXPECT_EQ(again->lines.size(), 2u);
    EXPECT_EQ(again->lines[0].words[0].phones, sheet.lines[0].words[0].phones);
}

TEST(CueSheetJson, AnEditedRespellingIsKept)
{
    auto json = nlohmann::ordered_json::parse(cueSheetText(make("time")));
    json["lines"][0]["words"][0]["respelling"] = "meeaht";
    const auto again = parseCueSheet(json.dump());
    ASSERT_TRUE(again);
    EXPECT_EQ(respellingOf(again->lines[0]), "meeaht");
}

TEST(CueSheetJson, EveryFieldIsChecked)
{
    const auto good = nlohmann::ordered_json::parse(cueSheetText(make("time")));
    const auto trouble = [&](const char* pointer, const nlohmann::ordered_json& value) {
        auto bad = good;
        bad[nlohmann::ordered_json::json_pointer(pointer)] = value;
        const auto read =
            parseCueSheet(bad.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        return read ? "" : read.error().message;
    };
    const std::string phone = "/lines/0/words/0/phones/0";
    EXPECT_EQ(trouble("/title", "x"), "") << "good as it is";
    EXPECT_THAT(trouble("/format", "backtake take"), HasSubstr("cue sheet"));
    EXPECT_THAT(trouble("/version", 2), HasSubstr("newer Backtake"));
    EXPECT_THAT(trouble("/version", "1"), HasSubstr("\"version\""));
    EXPECT_THAT(trouble("/title", 5), HasSubstr("\"title\" is no text"));
    EXPECT_THAT(trouble("/title", std::string(5000, 'x')), HasSubstr("longer than"));
    EXPECT_THAT(trouble("/lines", nlohmann::ordered_json::array()), HasSubstr("\"lines\" is empty"));
    EXPECT_THAT(trouble("/lines/0", 7), HasSubstr("\"text\" is missing"));
    EXPECT_THAT(
        trouble("/lines/0/words", nlohmann::ordered_json::object()), HasSubstr("\"words\" is no list"));
    EXPECT_THAT(trouble("/lines/0/words/0/respelling", nullptr), HasSubstr("\"respelling\""));
    EXPECT_THAT(trouble("/lines/0/words/0/phones", nlohmann::ordered_json::array()), HasSubstr("empty"));
    EXPECT_THAT(trouble((phone + "/ipa").c_str(), "'"), HasSubstr("no letter"));
    EXPECT_THAT(trouble((phone + "/ipa").c_str(), std::string(65, 'a')), HasSubstr("longer"));
    EXPECT_THAT(trouble((phone + "/stress").c_str(), "loud"), HasSubstr("stress"));
    EXPECT_THAT(trouble((phone + "/begins_ns").c_str(), -1), HasSubstr("begins_ns"));
    EXPECT_THAT(trouble((phone + "/begins_ns").c_str(), 0.5), HasSubstr("begins_ns"));
    EXPECT_THAT(trouble((phone + "/ends_ns").c_str(), 18446744073709551615U), HasSubstr("ends_ns"));
    EXPECT_THAT(trouble("/lines/0/words/0/phones/1/begins_ns", 0), HasSubstr("begins_ns"))
        << "in the one before";
    EXPECT_THAT(trouble("/duration_ns", 1), HasSubstr("_ns"));
    EXPECT_FALSE(parseCueSheet(""));
    EXPECT_FALSE(parseCueSheet("[]"));
    EXPECT_FALSE(parseCueSheet(std::string(100'000, '[')));
    EXPECT_FALSE(parseCueSheet(good.dump().substr(0, 300)));
}

} // namespace
} // namespace backtake::guide
