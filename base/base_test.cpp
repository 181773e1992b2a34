#include "base/mailbox.hpp"
#include "base/picture.hpp"
#include "base/text.hpp"
#include "base/timecode.hpp"

#include <gtest/gtest.h>

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

TEST(Rates, MeasuredRatesFindTheirName)
{
    EXPECT_EQ(nearestRate(29.98), (Rate { 30000, 1001 }));
    EXPECT_EQ(nearestRate(24.99), (Rate { 25, 1 }));
    EXPECT_EQ(nearestRate(17.3), (Rate { 173, 10 }));
}

/// Both directions agree for each frame of a day, at both drop-frame rates.
TEST(Timecode, DropFrameLabelsRoundTripOverADay)
{
    for (const Rate rate : { Rate { 30000, 1001 }, Rate { 60000, 1001 } }) {
        const TimecodeFormat format = TimecodeFormat::customary(rate);
        ASSERT_TRUE(format.drop_frame);
        ASSERT_EQ(format.framesPerDay(), rate.nominal() == 30 ? 2589408 : 5178816);
        for (std::int64_t n = 0; n < format.framesPerDay(); n += 17)
            ASSERT_EQ(parseTimecode(timecodeLabel(n, format), format), n);
    }
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
