#include "ui/guide_popup.hpp"

#include <gtest/gtest.h>

namespace backtake::ui {
namespace {

using namespace std::chrono_literals;

TEST(GuideTime, IsReadAsPeopleWriteIt)
{
    EXPECT_EQ(parseGuideTime("0"), 0ns);
    EXPECT_EQ(parseGuideTime("62.5"), 62500ms);
    EXPECT_EQ(parseGuideTime("1:02.5"), 62500ms);
    EXPECT_EQ(parseGuideTime("1:2"), 62s);
    EXPECT_EQ(parseGuideTime("75:00"), 75min);
    for (const auto* text : { "", ":", "1:", "-1", "1:-2", "one", "1:2:3", "1,5", "1e9", "nan", "inf", "2 " })
        EXPECT_FALSE(parseGuideTime(text)) << text;
}

TEST(GuideTime, IsWrittenInMinutesSecondsAndTenths)
{
    EXPECT_EQ(guideTime(0ns).view(), "0:00.0");
    EXPECT_EQ(guideTime(62590ms).view(), "1:02.5");
    EXPECT_EQ(guideTime(75min).view(), "75:00.0");
}

} // namespace
} // namespace backtake::ui
