#include "takes/nominal_grid.hpp"
#include "takes/test_takes.hpp"

#include <random>

namespace backtake::takes {
namespace {

/// Footage that is nothing but times.
class Times final : public base::Footage {
public:
    explicit Times(std::vector<Nanos> times)
        : times_(std::move(times))
    {
    }
    [[nodiscard]] FrameIndex frameCount() const override
    {
        return static_cast<FrameIndex>(times_.size()) - 1;
    }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override
    {
        return times_[static_cast<std::size_t>(n)];
    }
    [[nodiscard]] base::Result<FramePtr> frame(FrameIndex) const override
    {
        return base::fail(Fault::Corrupt, "has no pictures");
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return { 25, 1 }; }

private:
    std::vector<Nanos> times_;
};

TEST(NominalGrid, JitterCostsNothing)
{
    std::mt19937 random(1);
    std::vector<Nanos> times { 0ms };
    for (int n = 1; n <= 1000; ++n)
        times.push_back(n * 40ms + std::chrono::microseconds(random() % 30'000) - 15ms);
    const NominalGrid grid(Times(times), 0, 1000);
    ASSERT_EQ(grid.length(), 1000);
    for (FrameIndex n = 0; n < 1000; ++n) {
        ASSERT_EQ(grid.placeOf(n), n);
        ASSERT_EQ(grid.capturedAt(n), n);
    }
}

TEST(NominalGrid, AGapIsHeldByTheFrameBeforeIt)
{
    const NominalGrid grid(Times({ 0ms, 40ms, 200ms, 240ms, 280ms }), 0, 4);
    ASSERT_EQ(grid.length(), 7);
    const std::vector<FrameIndex> expected { 0, 1, 1, 1, 1, 2, 3 };
    for (FrameIndex place = 0; place < 7; ++place)
        EXPECT_EQ(grid.capturedAt(place), expected[static_cast<std::size_t>(place)]) << place;
}

TEST(NominalGrid, FramesTooFastForTheRateHaveNoPlaceAndTimeStaysTrue)
{
    std::vector<Nanos> times;
    for (int n = 0; n <= 600; ++n)
        times.push_back(n * 20ms); // 50 a second
    const NominalGrid grid(Times(times), 0, 600);
    EXPECT_NEAR(static_cast<double>(grid.length()), 300, 1);
    for (FrameIndex place = 0; place < grid.length(); ++place)
        ASSERT_NEAR(static_cast<double>(grid.capturedAt(place)), 2.0 * static_cast<double>(place), 2);
}

TEST(NominalGrid, ACameraOffByAPerMilleIsCorrectedByASingleFrameNowAndThen)
{
    std::vector<Nanos> times;
    for (int n = 0; n <= 10'000; ++n)
        times.push_back(std::chrono::nanoseconds(std::llround(n * 40e6 * 1.001)));
    const NominalGrid grid(Times(times), 0, 10'000);
    EXPECT_NEAR(static_cast<double>(grid.length()), 10'010, 1);
}

TEST(NominalGrid, ARunBeginsAtPlaceZero)
{
    const NominalGrid grid(Times({ 0ms, 40ms, 80ms, 120ms, 160ms }), 2, 4);
    EXPECT_EQ(grid.length(), 2);
    EXPECT_EQ(grid.placeOf(2), 0);
    EXPECT_EQ(grid.capturedAt(1), 3);
}

TEST(NominalGrid, OneFrameThatLastsNoTimeStillHasAPlace)
{
    const NominalGrid grid(Times({ 0ms, 0ms }), 0, 1);
    EXPECT_EQ(grid.length(), 1);
    EXPECT_EQ(grid.capturedAt(0), 0);
}

} // namespace
} // namespace backtake::takes
