#include "base/mailbox.hpp"
#include "base/picture.hpp"
#include "base/text.hpp"
#include "base/timecode.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace backtake::base {
namespace {

TEST(Rates, DecimalNamesOfNtscRatesAreTheirFractions)
{
    EXPECT_EQ(parseRate("29.97"), (Rate { 30000, 1001 }));
    EXPECT_EQ(parseRate("2147483647/2147483646"), std::nullopt) << "its nominal rate would overflow";
    EXPECT_EQ(parseRate("23.976"), (Rate { 24000, 1001 }));
    EXPECT_EQ(parseRate("23.98"), (Rate { 24000, 1001 }));
    EXPECT_EQ(parseRate("59.94"), (Rate { 60000, 1001 }));
    EXPECT_EQ(parseRate("25"), (Rate { 25, 1 }));
    EXPECT_EQ(parseRate("12.5"), (Rate { 25, 2 }));
    EXPECT_EQ(parseRate("50/2"), (Rate { 25, 1 }));
}

TEST(Rates, WhatIsNoRateIsRefused)
{
    for (const char* bad :
        { "", "0", "-25", "25/0", "0/1", "1/2", "25x", "nan", "inf", "1e9", "/", "25/", "2000/1" })
        EXPECT_FALSE(parseRate(bad)) << bad;
}

TEST(Rates, AFrameOfNineHoursIsNotOffByRounding)
{
    const Rate rate { 30000, 1001 };
    EXPECT_EQ(rate.timeOf(30000), 1001s);
    EXPECT_EQ(rate.timeOf(30000 * 32), 32032s);
}

TEST(Rates, FramesInATimeAreRoundedDownAlsoBeforeZero)
{
    const Rate rate { 30000, 1001 };
    EXPECT_EQ(rate.framesIn(1001s), 30000);
    EXPECT_EQ(rate.framesIn(1001s - 1ns), 29999);
    EXPECT_EQ(rate.framesIn(-1ns), -1);
    EXPECT_EQ(rate.framesIn(-1001s), -30000);
    EXPECT_EQ(rate.framesIn(32032s * 30), 960'000 * 30);
}

TEST(Rates, MeasuredRatesFindTheirName)
{
    EXPECT_EQ(nearestRate(29.98), (Rate { 30000, 1001 }));
    EXPECT_EQ(nearestRate(24.99), (Rate { 25, 1 }));
    EXPECT_EQ(nearestRate(17.3), (Rate { 173, 10 }));
}

/// A counter as an odometer turns: digit by digit, stepping over what is dropped. It knows nothing of frame
/// numbers.
class LabelCounter {
public:
    explicit LabelCounter(int nominal)
        : nominal_(nominal)
    {
    }
    /// @return whether a new day begins.
    bool next()
    {
        if (++frames_ < nominal_)
            return false;
        frames_ = 0;
        if (++seconds_ < 60)
            return false;
        seconds_ = 0;
        const bool hour_over = ++minutes_ == 60;
        if (hour_over)
            minutes_ = 0;
        if (minutes_ % 10 != 0)
            frames_ = nominal_ == 30 ? 2 : 4;
        if (hour_over)
            hours_ = (hours_ + 1) % 24;
        return hour_over && hours_ == 0;
    }
    [[nodiscard]] std::string label() const
    {
        std::string text = "00:00:00;00";
        const auto put = [&text](std::size_t at, int number) {
            text[at] = static_cast<char>('0' + number / 10);
            text[at + 1] = static_cast<char>('0' + number % 10);
        };
        put(0, hours_);
        put(3, minutes_);
        put(6, seconds_);
        put(9, frames_);
        return text;
    }

private:
    const int nominal_;
    int hours_ = 0;
    int minutes_ = 0;
    int seconds_ = 0;
    int frames_ = 0;
};

/// Every label of 24 hours, in both directions. Fails for an arithmetic that is off anywhere in the day.
TEST(Timecode, EachDropFrameLabelOfADayIsThatOfACounter)
{
    for (const Rate rate : { Rate { 30000, 1001 }, Rate { 60000, 1001 } }) {
        const TimecodeFormat format = TimecodeFormat::customary(rate);
        ASSERT_TRUE(format.drop_frame);
        LabelCounter counter(rate.nominal());
        std::int64_t n = 0;
        for (bool day_over = false; !day_over; ++n) {
            const std::string label = counter.label();
            ASSERT_EQ(timecodeLabel(n, format), label) << n;
            ASSERT_EQ(parseTimecode(label, format), n) << label;
            day_over = counter.next();
        }
        EXPECT_EQ(n, rate == (Rate { 30000, 1001 }) ? 2'589'408 : 5'178'816);
        EXPECT_EQ(format.framesPerDay(), n);
        EXPECT_EQ(timecodeLabel(n, format), "00:00:00;00");
        EXPECT_EQ(timecodeLabel(-1, format), rate.nominal() == 30 ? "23:59:59;29" : "23:59:59;59");
    }
}

/// Each label that a day at 29.97 leaves out, and nothing else with digits in range, is refused.
TEST(Timecode, DroppedLabelsAreRefusedAllDay)
{
    for (const Rate rate : { Rate { 30000, 1001 }, Rate { 60000, 1001 } }) {
        const TimecodeFormat format = TimecodeFormat::customary(rate);
        const int nominal = rate.nominal();
        std::int64_t refused = 0;
        for (int minute = 0; minute < 24 * 60; ++minute)
            for (int frame = 0; frame < nominal; ++frame) {
                const bool legal = timecodeNumber({ minute / 60, minute % 60, 0, frame }, format).has_value();
                ASSERT_EQ(legal, minute % 10 == 0 || frame >= nominal / 15) << minute << ":00;" << frame;
                refused += legal ? 0 : 1;
            }
        EXPECT_EQ(refused, 86400LL * nominal - format.framesPerDay());
    }
}

TEST(Timecode, LabelsAreReadInTheFormsOfTheField)
{
    const TimecodeFormat drop { { 30000, 1001 }, true };
    const TimecodeFormat all { { 30000, 1001 }, false };
    for (const char* label : { "01:00:00;02", "01:00:00.02", "01;00;00;02", "01.00.00.02" }) {
        EXPECT_EQ(parseTimecode(label, drop), 107894) << label;
        EXPECT_FALSE(parseTimecode(label, all)) << label;
    }
    EXPECT_EQ(parseTimecode("01:00:00:02", all), 108002);
    for (const char* bad : { "", "01:00:00", "1:00:00:02", "01:00:00:2", "01:00:00:002", "24:00:00:00",
             "00:60:00:00", "00:00:60:00", "00:00:00:30", " 1:00:00:00", "+1:00:00:00", "-1:00:00:00",
             "01:00:00,02", "01;00:00:02", "0a:00:00:00", "01:00:00:02 ", "01:00:00:\xB2\xB3" })
        EXPECT_FALSE(parseTimecode(bad, all)) << bad;
}

TEST(Timecode, DropFrameSkipsTheFirstLabelsOfAMinuteButNotOfTheTenth)
{
    const TimecodeFormat format { { 30000, 1001 }, true };
    EXPECT_EQ(timecodeLabel(1799, format), "00:00:59;29");
    EXPECT_EQ(timecodeLabel(1800, format), "00:01:00;02");
    EXPECT_EQ(timecodeLabel(17982, format), "00:10:00;00");
    EXPECT_FALSE(parseTimecode("00:01:00;00", format));
    EXPECT_FALSE(parseTimecode("00:00:00:00", format)) << "a colon is not drop frame";
}

TEST(Timecode, WrapsAtMidnightBothWays)
{
    const TimecodeFormat format { { 25, 1 }, false };
    EXPECT_EQ(timecodeLabel(-1, format), "23:59:59:24");
    EXPECT_EQ(timecodeLabel(25 * 86400, format), "00:00:00:00");
    EXPECT_EQ(timecodeOfTimeOfDay(3723s + 160ms, format), (3723 * 25) + 4);
}

TEST(Timecode, SourcesAreReadAndOthersRefused)
{
    using Kind = TimecodeSource::Kind;
    EXPECT_EQ(parseTimecodeSource("tod")->kind, Kind::TimeOfDay);
    EXPECT_EQ(parseTimecodeSource("free")->start, std::nullopt);
    const auto free = parseTimecodeSource("free:10:20:30;12");
    ASSERT_TRUE(free);
    EXPECT_EQ(free->kind, Kind::FreeRun);
    EXPECT_EQ(free->start, (TimecodeDigits { 10, 20, 30, 12 }));
    EXPECT_TRUE(free->drop_frame);
    EXPECT_FALSE(parseTimecodeSource("free:10:20:30:12")->drop_frame);
    EXPECT_EQ(parseTimecodeSource("ltc:8")->channel, 8);
    for (const char* bad : { "", "tod:1", "TOD", "free:", "free:1", "free:24:00:00:00", "free:00:60:00:00",
             "ltc", "ltc:", "ltc:0", "ltc:9", "ltc:10", "ltc:-1", "ltc:1 ", "jam" })
        EXPECT_FALSE(parseTimecodeSource(bad)) << bad;
}

TEST(Text, SecretsNeverSurvive)
{
    for (const char* secret : {
             "rtsp://admin:hunter2@10.0.0.9:554/live",
             "srt://host:7001?passphrase=hunter2&mode=caller",
             "rtspsrc location=rtsp://a:b user-id=admin user-pw=hunter2 ! fakesink",
             "rtspsrc user-pw=\"hunter2\"",
             "could not open rtsp://admin:p@ss:hunter2@host/x",
             "http://host/v?token=hunter2",
         })
        EXPECT_EQ(withoutSecrets(secret).find("hunter2"), std::string::npos) << withoutSecrets(secret);
    EXPECT_EQ(withoutSecrets("rtsp://host/live"), "rtsp://host/live");
    EXPECT_EQ(withoutSecrets("gst:videotestsrc ! video/x-raw"), "gst:videotestsrc ! video/x-raw");
}

TEST(Text, SizesReadBothWays)
{
    EXPECT_EQ(parseBytes("512M"), 512u << 20);
    EXPECT_EQ(parseBytes("1.5GiB"), 3u << 29);
    EXPECT_EQ(parseBytes("100"), 100u);
    for (const char* bad : { "", "x", "-1", "1Q", "1MBB", "9999999T" })
        EXPECT_FALSE(parseBytes(bad)) << bad;
    EXPECT_EQ(bytesText(1'500'000), "1.5 MB");
    EXPECT_EQ(durationText(192min), "3 h 12 min");
}

TEST(Text, ADayEndsAtMidnightWhereThisMachineIs)
{
    std::tm late {};
    late.tm_year = 2026 - 1900;
    late.tm_mon = 10;
    late.tm_mday = 9;
    late.tm_hour = 23;
    late.tm_min = late.tm_sec = 59;
    late.tm_isdst = -1;
    const Nanos last_second = std::chrono::seconds(std::mktime(&late));
    EXPECT_EQ(localDay(last_second), "2026-11-09");
    EXPECT_EQ(localDay(last_second + 1s), "2026-11-10");
}

TEST(PicturePool, RefusesAboveItsCapAndReusesWhatComesBack)
{
    const PictureFormat format { 640, 360, Subsampling::S422, {} };
    PicturePool pool(2 * pictureBytes(format));
    auto first = pool.tryAcquire(format);
    auto second = pool.tryAcquire(format);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(pool.tryAcquire(format));
    const auto* pixels = second->planes[0];
    second.reset();
    auto third = pool.tryAcquire(format);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->planes[0], pixels);
    EXPECT_EQ(pool.inFlightBytes(), 2 * pictureBytes(format));
}

TEST(PicturePool, OddSizesRoundTheirChromaUp)
{
    const PictureFormat format { 641, 361, Subsampling::S420, {} };
    EXPECT_EQ(format.planeWidth(1), 321);
    EXPECT_EQ(format.planeHeight(2), 181);
}

TEST(PicturePool, APictureMayOutliveItsPool)
{
    std::shared_ptr<Picture> picture;
    {
        PicturePool pool(1 << 20);
        picture = pool.tryAcquire({ 64, 64, Subsampling::S444, {} });
    }
    picture->planes[2][0] = 7;
    picture.reset();
}

TEST(Mailbox, SaysNoWhenFullAndEndsByStop)
{
    Mailbox<int> box(1);
    EXPECT_TRUE(box.tryPut(1));
    EXPECT_FALSE(box.tryPut(2));
    EXPECT_EQ(box.tryTake(), 1);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(box.take(stop.get_token()));
}

TEST(Latest, TheNewestWins)
{
    Latest<int> slot;
    slot.put(1);
    slot.put(2);
    EXPECT_EQ(slot.take({}), 2);
    slot.put(3);
    EXPECT_EQ(slot.peek(), 3);
}

} // namespace
} // namespace backtake::base
