#include "capture/timecode_clock.hpp"

#include <gtest/gtest.h>

namespace backtake::capture {
namespace {

using base::Nanos;
using base::Rate;
using base::TimecodeFormat;
using Word = TimecodeState::Word;
using namespace std::chrono_literals;

const TimecodeFormat k24 { { 24, 1 }, false };
const TimecodeFormat k25 { { 25, 1 }, false };
const TimecodeFormat kDrop { { 30000, 1001 }, true };
const TimecodeFormat kNonDrop { { 30000, 1001 }, false };

/// A timecode box, and the clock that hears it.
class Box {
public:
    explicit Box(const TimecodeFormat& format, std::string_view words = "ltc:1")
        : format_(format)
        , clock_(*base::parseTimecodeSource(words), 0s)
    {
    }
    /// @p count frames from @p label on; the first begins at @p at, each lasts @p length.
    void send(std::string_view label, Nanos at, int count, std::optional<Nanos> length = {})
    {
        std::int64_t number = *base::parseTimecode(label, format_);
        const Nanos each = length.value_or(format_.rate.frameTime());
        for (int i = 0; i < count; ++i)
            hear(base::timecodeLabel(number++, format_), at + i * each, each);
    }
    void hear(std::string_view label, Nanos at, Nanos each, bool reversed = false)
    {
        clock_.hear({ *base::parseTimecodeDigits(label), format_.drop_frame, reversed, at, each }, shoot_);
    }
    [[nodiscard]] std::string labelAt(Nanos time) const
    {
        const TimecodeFormat format = clock_.formatFor(shoot_);
        const auto number = clock_.at(time, format);
        return number ? base::timecodeLabel(*number, format) : "time of day";
    }
    [[nodiscard]] TimecodeState state(Nanos now) const { return clock_.state(now, shoot_); }

    TimecodeFormat format_; ///< Of the box.
    TimecodeClock clock_;
    Rate shoot_ = format_.rate;
};

TEST(TimecodeClock, TimeOfDayLeavesLabelsToTheWallClockAndCountsOn)
{
    const Box box(k25, "tod");
    EXPECT_EQ(box.labelAt(5s), "time of day");
    EXPECT_EQ(box.clock_.next(100, 9h, k25), 101);
    EXPECT_EQ(box.state(5s).word, Word::TimeOfDay);
}

TEST(TimecodeClock, FreeRunGoesOnFromItsStartOverMidnight)
{
    const Box box(k25, "free:23:59:59:00");
    EXPECT_EQ(box.state(0s).word, Word::FreeRun);
    EXPECT_EQ(box.labelAt(0s), "23:59:59:00");
    EXPECT_EQ(box.labelAt(39'999'999ns), "23:59:59:00");
    EXPECT_EQ(box.labelAt(40ms), "23:59:59:01");
    EXPECT_EQ(box.labelAt(960ms), "23:59:59:24");
    EXPECT_EQ(box.labelAt(1s), "00:00:00:00");
    EXPECT_EQ(box.labelAt(-1ns), "23:59:58:24") << "pre-roll from before the start";
    EXPECT_EQ(box.clock_.next(100, 9h, k25), 101) << "within a take it counts";
}

TEST(TimecodeClock, FreeRunIsDropFrameAsItsStartIsWritten)
{
    EXPECT_EQ(Box(kDrop, "free:01:00:59;29").labelAt(34ms), "01:01:00;02");
    EXPECT_EQ(Box(kDrop, "free:01:00:59:29").labelAt(34ms), "01:01:00:00");
    EXPECT_EQ(Box(kDrop, "free").labelAt(34ms), "00:00:00;01");
    EXPECT_EQ(Box(kDrop, "free:01:01:00;00").labelAt(0s), "01:01:00;02") << "the first label there is";
    EXPECT_EQ(Box(k24, "free:01:00:00:29").labelAt(0s), "01:00:00:23");
}

TEST(TimecodeClock, APictureHasTheLabelOfTheLtcFrameThatCoversIt)
{
    Box box(k25);
    EXPECT_EQ(box.state(10s).word, Word::NoLtc);
    box.send("01:00:00:00", 10s, 1);
    EXPECT_EQ(box.labelAt(10s), "time of day") << "one frame may be noise";
    box.send("01:00:00:01", 10s + 40ms, 9);
    EXPECT_EQ(box.state(10s + 400ms).word, Word::Ltc);
    EXPECT_EQ(box.labelAt(10s), "01:00:00:00");
    EXPECT_EQ(box.labelAt(10s + 199'999'999ns), "01:00:00:04");
    EXPECT_EQ(box.labelAt(10s + 200ms), "01:00:00:05");
    EXPECT_EQ(box.labelAt(10s + 430ms), "01:00:00:10") << "its LTC frame is still being heard";
    EXPECT_EQ(box.labelAt(9s), "00:59:59:00") << "pre-roll from before LTC was heard";
}

/// Pictures lie on the edge of LTC frames and arrive 19 ms early and late in turns.
TEST(TimecodeClock, UnderHalfAFrameOutsideIsTheNextLabelAndBeyondItTheCoveringOne)
{
    Box box(k25);
    box.send("00:00:10:00", 10s, 10); // number 250 begins at 10 s
    std::int64_t label = *box.clock_.at(10s + 5ms, k25);
    EXPECT_EQ(label, 250);
    for (int n = 1; n < 100; ++n) {
        label = box.clock_.next(label, 10s + n * 40ms + (n % 2 == 0 ? 19ms : -19ms), k25);
        ASSERT_EQ(label, 250 + n);
    }
    // 251 begins at 10 s + 40 ms and would be next.
    EXPECT_EQ(box.clock_.next(250, 10s + 40ms - 20ms, k25), 251);
    EXPECT_EQ(box.clock_.next(250, 10s + 40ms - 20ms - 1ns, k25), 250);
    EXPECT_EQ(box.clock_.next(250, 10s + 80ms + 20ms - 1ns, k25), 251);
    EXPECT_EQ(box.clock_.next(250, 10s + 80ms + 20ms, k25), 252);
    EXPECT_EQ(box.clock_.next(250, 12s, k25), 300) << "the camera was away";
}

TEST(TimecodeClock, LabelsCrossTheBordersOfTheDayAndOfDropFrame)
{
    Box day(k25);
    day.send("23:59:59:20", 10s, 10);
    EXPECT_EQ(day.labelAt(10s + 190ms), "23:59:59:24");
    EXPECT_EQ(day.labelAt(10s + 210ms), "00:00:00:00");
    EXPECT_EQ(day.clock_.next(2'159'999, 10s + 210ms, k25), 2'160'000) << "counts on within a take";
    EXPECT_EQ(day.state(10s + 400ms).comparisons, 0u);

    Box drop(kDrop);
    drop.send("01:10:59;25", 10s, 10);
    const auto labelOfFrame = [&drop](int n) { return drop.labelAt(10s + kDrop.rate.timeOf(n) + 1ms); };
    EXPECT_EQ(labelOfFrame(4), "01:10:59;29");
    EXPECT_EQ(labelOfFrame(5), "01:11:00;02");
    EXPECT_EQ(labelOfFrame(5 + 1798 * 8), "01:19:00;02");
    Box midnight(kDrop);
    midnight.send("23:59:59;25", 10s, 10);
    EXPECT_EQ(midnight.labelAt(10s + kDrop.rate.timeOf(5) + 1ms), "00:00:00;00");
}

TEST(TimecodeClock, WithoutDropFrameTheShootAt2997CountsAsItsLtcDoes)
{
    Box box(kNonDrop);
    EXPECT_TRUE(box.clock_.formatFor(box.shoot_).drop_frame) << "as is customary, until LTC is heard";
    box.send("01:10:59:25", 10s, 10);
    EXPECT_EQ(box.labelAt(10s + kDrop.rate.timeOf(5) + 1ms), "01:11:00:00");
    box.format_ = kDrop;
    box.send("01:10:59;25", 20s, 10);
    EXPECT_EQ(box.labelAt(20s + kDrop.rate.timeOf(5) + 1ms), "01:11:00;02") << "another box";
}

/// What no timecode box sends: digits that are none, labels that do not exist, runs that are none.
TEST(TimecodeClock, HostileLtcIsRefused)
{
    Box box(k25);
    const auto expectRefused = [&box](const char* why) {
        EXPECT_EQ(box.labelAt(11s), "time of day") << why;
        EXPECT_EQ(box.state(10s + 100ms).word, Word::NoLtc) << why;
    };
    for (int i = 0; i < 3; ++i)
        box.clock_.hear({ { 99, 99, 99, 99 }, false, false, 10s + i * 40ms, 40ms }, box.shoot_);
    expectRefused("no digits");
    for (int i = 0; i < 3; ++i)
        box.clock_.hear({ { 24, 0, 0, i }, false, false, 10s + i * 40ms, 40ms }, box.shoot_);
    expectRefused("no hour");
    for (int i = 0; i < 3; ++i)
        box.clock_.hear({ { 1, 0, 0, 25 + i }, false, false, 10s + i * 40ms, 40ms }, box.shoot_);
    expectRefused("no frame at 25");
    for (int i = 0; i < 9; ++i)
        box.clock_.hear({ { 1, 0, 0, 5 }, false, false, 10s + i * 40ms, 40ms }, box.shoot_);
    expectRefused("stands still");
    for (int i = 0; i < 9; ++i)
        box.clock_.hear({ { 1, 0, 0, 2 * i }, false, false, 10s + i * 40ms, 40ms }, box.shoot_);
    expectRefused("leaps");
    for (int i = 0; i < 9; ++i)
        box.clock_.hear({ { 1, 0, 0, i }, false, false, 10s + i * 60ms, 40ms }, box.shoot_);
    expectRefused("has holes");
    for (int i = 0; i < 9; ++i)
        box.clock_.hear({ { 1, 0, 0, i }, false, false, 10s + i * 20ms, 20ms }, box.shoot_);
    expectRefused("double speed");
    for (const Nanos length : { Nanos(0), Nanos(-40ms), Nanos::max(), Nanos::min() / 2 })
        box.clock_.hear({ { 1, 0, 0, 1 }, false, false, 10s, length }, box.shoot_);
    expectRefused("no length");

    Box drop(kDrop);
    const Nanos each = kDrop.rate.frameTime();
    drop.clock_.hear({ { 1, 11, 0, 0 }, true, false, 10s, each }, drop.shoot_);
    drop.clock_.hear({ { 1, 11, 0, 1 }, true, false, 10s + each, each }, drop.shoot_);
    EXPECT_EQ(drop.labelAt(11s), "time of day") << "dropped labels";
}

TEST(TimecodeClock, LtcPlayedBackwardsIsSaidAndNotFollowed)
{
    Box box(k25);
    box.send("01:00:00:00", 10s, 25);
    for (int i = 0; i < 25; ++i)
        box.hear(base::timecodeLabel(90'025 - i, k25), 11s + i * 40ms, 40ms, /*reversed=*/true);
    EXPECT_TRUE(box.state(12s).reversed);
    EXPECT_EQ(box.state(12s).word, Word::Hold);
    EXPECT_EQ(box.labelAt(12s), "01:00:02:00");
    EXPECT_FALSE(box.state(13s).reversed);
}

TEST(TimecodeClock, HoldsOverWhenLtcIsGoneAndComparesWhenItIsBack)
{
    Box box(k25);
    box.send("01:00:00:00", 10s, 25); // its last frame ends at 11 s
    EXPECT_EQ(box.state(11s + 499ms).word, Word::Ltc);
    EXPECT_EQ(box.state(11s + 500ms).word, Word::Hold);
    EXPECT_EQ(box.state(71s).held, 60s);
    EXPECT_EQ(box.labelAt(70s), "01:01:00:00");

    box.send("01:01:00:00", 70s + 10ms, 10); // a quarter of a frame late: drift
    EXPECT_EQ(box.state(70s + 400ms).word, Word::Ltc);
    EXPECT_EQ(box.state(70s + 400ms).comparisons, 0u);
    box.send("01:10:00:03", 610s, 10);
    const TimecodeState back = box.state(610s + 400ms);
    EXPECT_EQ(back.comparisons, 1u);
    EXPECT_NEAR(back.ahead, 3, 0.3);
    EXPECT_EQ(box.labelAt(610s + 1ms), "01:10:00:03");
    EXPECT_EQ(box.labelAt(69s + 20ms), "01:00:59:00") << "what was before the leap keeps its labels";
}

TEST(TimecodeClock, JammedItRunsByItselfUntilItFollowsAgain)
{
    Box box(k25);
    EXPECT_FALSE(box.clock_.toggleJam(10s)) << "nothing to jam to";
    box.send("01:00:00:00", 10s, 25);
    ASSERT_TRUE(box.clock_.toggleJam(11s));
    EXPECT_EQ(box.state(11s).word, Word::Jam);
    EXPECT_EQ(box.state(12s).word, Word::Hold);
    EXPECT_TRUE(box.state(12s).jammed);

    box.send("02:00:00:00", 20s, 25);
    EXPECT_EQ(box.state(21s).word, Word::Jam);
    EXPECT_EQ(box.labelAt(21s), "01:00:11:00");
    EXPECT_EQ(box.state(21s).comparisons, 1u);
    EXPECT_NEAR(box.state(21s).ahead, 3590 * 25, 0.01);

    ASSERT_TRUE(box.clock_.toggleJam(21s));
    box.send("02:00:01:00", 21s, 5);
    EXPECT_EQ(box.state(21s + 200ms).word, Word::Ltc);
    EXPECT_EQ(box.labelAt(21s + 200ms), "02:00:01:05");
}

TEST(TimecodeClock, AJamStandsWhenItsLtcIsGone)
{
    Box box(k25);
    box.send("01:00:00:00", 10s, 25);
    EXPECT_FALSE(box.clock_.toggleJam(12s)) << "LTC is gone: what it said is held already";
    EXPECT_EQ(box.state(12s).word, Word::Hold);
}

TEST(TimecodeClock, LtcOfAnotherRateIsNamedAndNotFollowed)
{
    Box box(k25);
    box.shoot_ = { 24, 1 };
    box.send("01:00:00:00", 10s, 25);
    EXPECT_EQ(box.state(11s).word, Word::NoLtc);
    ASSERT_TRUE(box.state(11s).misfit);
    EXPECT_EQ(*box.state(11s).misfit, k25);
    EXPECT_EQ(box.labelAt(11s), "time of day");

    box.format_ = k24; // the box is set right
    box.send("01:00:10:00", 20s, 24);
    EXPECT_EQ(box.state(21s).word, Word::Ltc);
    EXPECT_FALSE(box.state(21s).misfit);
    box.format_ = k25; // and wrong again: the clock is held
    box.send("01:00:20:00", 30s, 25);
    EXPECT_EQ(box.state(31s).word, Word::Hold);
    EXPECT_TRUE(box.state(31s).misfit);
    EXPECT_EQ(box.labelAt(31s + 1ms), "01:00:21:00");
    box.shoot_ = { 25, 1 }; // now the camera is set
    EXPECT_EQ(box.labelAt(31s + 1ms), "time of day");
    box.send("01:00:30:00", 40s, 25);
    EXPECT_EQ(box.labelAt(41s + 1ms), "01:00:31:00");
}

TEST(TimecodeClock, AShootAtTwiceTheRateCountsBetweenLtcFrames)
{
    Box box(k25);
    box.shoot_ = { 50, 1 };
    box.send("01:00:00:10", 10s, 10);
    EXPECT_EQ(box.labelAt(10s + 1ms), "01:00:00:20");
    EXPECT_EQ(box.labelAt(10s + 21ms), "01:00:00:21");
    Box drop(kDrop);
    drop.shoot_ = { 60000, 1001 };
    drop.send("01:10:59;28", 10s, 10);
    EXPECT_EQ(drop.labelAt(10s + kDrop.rate.timeOf(2) - 1ms), "01:10:59;59");
    EXPECT_EQ(drop.labelAt(10s + kDrop.rate.timeOf(2) + 1ms), "01:11:00;04");
}

/// Sound cards stamp their blocks some milliseconds off.
TEST(TimecodeClock, JitterOfTheSoundDoesNotMoveLabels)
{
    Box box(k25);
    box.send("00:00:00:00", 10s, 5);
    unsigned random = 1;
    for (int n = 5; n < 2000; ++n) {
        random = random * 1'664'525 + 1'013'904'223;
        const Nanos off = 6ms - Nanos((random >> 8) % 12'000'000);
        box.hear(base::timecodeLabel(n, k25), 10s + n * 40ms + off, 40ms);
        ASSERT_EQ(box.clock_.at(10s + n * 40ms + 4ms, k25), n);
        ASSERT_EQ(box.clock_.at(10s + n * 40ms + 36ms, k25), n);
    }
    EXPECT_EQ(box.state(90s).comparisons, 0u);
}

/// A box whose crystal is 100 millionths fast, for an hour: followed all along.
TEST(TimecodeClock, DriftIsFollowed)
{
    Box box(k25);
    const Nanos each = 40ms - 4us;
    box.send("10:00:00:00", 10s, 90'000, each);
    EXPECT_EQ(box.labelAt(10s + 89'999 * each + 5ms), "10:59:59:24");
    EXPECT_EQ(box.labelAt(10s + 89'999 * each - 5ms), "10:59:59:23");
    EXPECT_EQ(box.state(10s + 90'000 * each).comparisons, 0u);
}

} // namespace
} // namespace backtake::capture
