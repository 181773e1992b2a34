#include "playback/filmstrip_maker.hpp"
#include "playback/test_footage.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace backtake::playback {
namespace {

/// The strip once its thread is through with it.
base::FilmstripPtr whole(const FilmstripMaker& maker, std::size_t cells, std::size_t made)
{
    const Nanos give_up = base::monotonicNow() + 20s;
    while (base::monotonicNow() < give_up) {
        const auto strip = maker.newest();
        if (strip && strip->made.size() == cells
            && std::count(strip->made.begin(), strip->made.end(), true) == static_cast<std::ptrdiff_t>(made))
            return strip;
        std::this_thread::yield();
    }
    ADD_FAILURE() << "no strip of " << cells << " cells";
    return nullptr;
}

int brightness(const base::Filmstrip& strip, std::size_t cell)
{
    const auto bytes = static_cast<std::size_t>(strip.cell_width * strip.cell_height * 4);
    return strip.rgba[cell * bytes + bytes / 2 + static_cast<std::size_t>(strip.cell_width) * 2];
}

/// Fails for a strip that shows other frames than it says, or not the whole take.
TEST(Filmstrip, ShowsTheTakeFromEndToEndInCapturedOrder)
{
    FilmstripMaker maker;
    maker.show(std::make_shared<MemoryFootage>(100));
    const auto strip = whole(maker, 32, 32);
    ASSERT_TRUE(strip);
    EXPECT_EQ(strip->cell_height, 72);
    EXPECT_EQ(strip->cell_width, 72) << "the pictures are square";
    EXPECT_EQ(strip->captured.front(), 1);
    EXPECT_EQ(strip->captured.back(), 98);
    for (std::size_t cell = 0; cell < 32; ++cell) {
        EXPECT_GT(strip->captured[cell], cell > 0 ? strip->captured[cell - 1] : 0);
        EXPECT_NEAR(brightness(*strip, cell), static_cast<int>(2 * strip->captured[cell] + 10), 2) << cell;
    }
}

TEST(Filmstrip, OfAShortTakeHasACellForEachFrame)
{
    FilmstripMaker maker;
    maker.show(std::make_shared<MemoryFootage>(3));
    const auto strip = whole(maker, 3, 3);
    ASSERT_TRUE(strip);
    EXPECT_EQ(strip->captured, (std::vector<FrameIndex> { 0, 1, 2 }));
}

TEST(Filmstrip, LeavesCellsOfDamagedAndLostFramesBlack)
{
    FilmstripMaker maker;
    maker.show(std::make_shared<MemoryFootage>(6, std::set<FrameIndex> { 1 }, std::set<FrameIndex> { 4 }));
    const auto strip = whole(maker, 6, 4);
    ASSERT_TRUE(strip);
    EXPECT_EQ(strip->made, (std::vector<bool> { true, false, true, true, false, true }));
    EXPECT_EQ(brightness(*strip, 1), 0);
}

/// Fails for a maker that lets the strip of the last take stand beside the next one.
TEST(Filmstrip, OfAnotherTakeReplacesItAtOnce)
{
    FilmstripMaker maker;
    maker.show(std::make_shared<MemoryFootage>(40));
    const auto first = whole(maker, 32, 32);
    maker.show(nullptr);
    EXPECT_EQ(maker.newest(), nullptr);
    maker.show(std::make_shared<MemoryFootage>(5));
    const auto second = whole(maker, 5, 5);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->version, second->version);
}

} // namespace
} // namespace backtake::playback
