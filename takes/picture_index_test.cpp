#include "takes/picture_index.hpp"

#include <gtest/gtest.h>

namespace backtake::takes {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// Frames of one camera at 25 a second.
class TakeGaps : public testing::Test {
protected:
    void frame(Nanos captured_at, std::uint32_t segment)
    {
        IndexRecord record;
        record.captured_at = captured_at;
        record.segment = segment;
        record.width = 64;
        record.height = 48;
        record.size = 100;
        sum_.add(record);
    }
    std::vector<Gap> gaps() const
    {
        TakeFacts facts;
        sum_.fillIn(facts);
        return facts.gaps;
    }
    TakeSum sum_ { base::Rate { 25, 1 } };
};

TEST_F(TakeGaps, AReturnedCameraLeavesAGapWhereItWasAway)
{
    frame(10s, 0);
    frame(10s + 40ms, 0);
    frame(10s + 80ms + 170ms, 1);
    frame(10s + 120ms + 170ms, 1);
    EXPECT_EQ(gaps(), (std::vector<Gap> { { 2, 170ms } }));
}

TEST_F(TakeGaps, SoDoesOneThatWasSilent)
{
    frame(10s, 0);
    frame(11s + 40ms, 0);
    EXPECT_EQ(gaps(), (std::vector<Gap> { { 1, 1s } }));
}

TEST_F(TakeGaps, AnUnevenCameraAndAChangeOfFormatLeaveNone)
{
    frame(10s, 0);
    frame(10s + 140ms, 0);
    frame(10s + 190ms, 1);
    EXPECT_TRUE(gaps().empty());
}

TEST_F(TakeGaps, ThereIsAnEndOfThem)
{
    for (int n = 0; n < 20000; ++n)
        frame(10s + n * 1s, 0);
    EXPECT_EQ(gaps().size(), kMostGaps);
}

} // namespace
} // namespace backtake::takes
