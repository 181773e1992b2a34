#include "ui/pace.hpp"

#include <gtest/gtest.h>

namespace backtake::ui {
namespace {

using namespace std::chrono_literals;

TEST(RecentTimes, SayNothingBeforeTheFirst) { EXPECT_FALSE(RecentTimes().summary()); }

TEST(RecentTimes, TellNewestMedianAndWorst)
{
    RecentTimes times;
    times.put(7ms);
    EXPECT_EQ(times.summary()->newest, 7ms);
    EXPECT_EQ(times.summary()->median, 7ms);
    EXPECT_EQ(times.summary()->worst, 7ms);
    for (const base::Nanos time : { base::Nanos(9ms), base::Nanos(1ms), base::Nanos(3ms), base::Nanos(2ms) })
        times.put(time);
    EXPECT_EQ(times.summary()->newest, 2ms);
    EXPECT_EQ(times.summary()->median, 3ms) << "of 1 2 3 7 9";
    EXPECT_EQ(times.summary()->worst, 9ms);
}

TEST(RecentTimes, ForgetWhatIsLongerAgo)
{
    RecentTimes times;
    times.put(1s); // the one too many
    for (std::size_t i = 1; i <= RecentTimes::kMost; ++i)
        times.put(base::Nanos(1ms) * static_cast<int>(i));
    EXPECT_EQ(times.summary()->newest, 300ms);
    EXPECT_EQ(times.summary()->median, 151ms);
    EXPECT_EQ(times.summary()->worst, 300ms);
}

} // namespace
} // namespace backtake::ui
