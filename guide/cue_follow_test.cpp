#include "guide/cue_follow.hpp"

#include <gtest/gtest.h>

namespace backtake::guide {
namespace {

using namespace std::chrono_literals;

/// Two lines: 1 to 2 s with two words, 3 to 4 s with one.
CueSheet sheet()
{
    const auto phone = [](const char* ipa, base::Nanos begins, base::Nanos ends) {
        return Phone { ipa, Stress::None, begins, ends };
    };
    CueSheet made;
    made.duration = 4s;
    made.lines = {
        { "b a",
            { { "a", "a", { phone("a", 1000ms, 1200ms), phone("t", 1200ms, 1400ms) } },
                { "b", "b", { phone("b", 1500ms, 2000ms) } } } },
        { "c", { { "c", "c", { phone("c", 3000ms, 4000ms) } } } },
    };
    return made;
}

TEST(CueFollow, BeforeTheFirstLineItSaysHowLongUntilItBegins)
{
    for (const base::Nanos early : { base::Nanos(-5s), base::Nanos(0) }) {
        const CuePlace place = placeInSheet(sheet(), early);
        EXPECT_EQ(place.line, std::nullopt);
        EXPECT_EQ(place.next, 0u);
        EXPECT_EQ(place.until_next, 1s - early);
        EXPECT_EQ(place.said, 0);
    }
}

TEST(CueFollow, WithinALineItKnowsWordAndPhone)
{
    EXPECT_EQ(placeInSheet(sheet(), 1s), (CuePlace { 0, 0, 0, 0.0, 1, 2s }));
    EXPECT_EQ(placeInSheet(sheet(), 1250ms), (CuePlace { 0, 0, 1, 0.25, 1, 1750ms }));
    EXPECT_EQ(placeInSheet(sheet(), 1450ms).word, 0u) << "between words: the one said last";
    EXPECT_EQ(placeInSheet(sheet(), 1500ms), (CuePlace { 0, 1, 0, 0.5, 1, 1500ms }));
}

TEST(CueFollow, InAPauseTheLineThatWasSaidIsDone)
{
    EXPECT_EQ(placeInSheet(sheet(), 2s), (CuePlace { 0, 1, 0, 1.0, 1, 1s }));
    EXPECT_EQ(placeInSheet(sheet(), 2999ms), (CuePlace { 0, 1, 0, 1.0, 1, 1ms }));
}

TEST(CueFollow, AfterTheLastLineNothingIsNext)
{
    EXPECT_EQ(placeInSheet(sheet(), 3500ms), (CuePlace { 1, 0, 0, 0.5, std::nullopt, 0s }));
    EXPECT_EQ(placeInSheet(sheet(), 60s), (CuePlace { 1, 0, 0, 1.0, std::nullopt, 0s }));
    EXPECT_EQ(placeInSheet({}, 1s), CuePlace {});
}

TEST(CueFollow, ALineWithoutLengthIsSaidAtOnce)
{
    CueSheet short_one = sheet();
    short_one.lines[1].words[0].phones[0].ends = 3s;
    EXPECT_EQ(placeInSheet(short_one, 3s).said, 1);
}

} // namespace
} // namespace backtake::guide
