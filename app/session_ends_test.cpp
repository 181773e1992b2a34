/// The pictures of the takes in the list: made for the rows on screen, and only while nothing rolls.
#include "app/log_session.hpp"

namespace backtake::app {
namespace {

class SessionEnds : public SessionLogTest {
protected:
    void shootTakes(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            shoot(static_cast<int>(5 + i));
            waitFor([&]() { return session_->settled() && look().takes.size() == i + 1; });
        }
    }
    base::FilmstripPtr ends(std::size_t row) { return look().takes.at(row).ends; }
};

TEST_F(SessionEnds, RowsOnScreenGetTheFramesCapturedFirstAndLast)
{
    camera_->step = 16; // each frame has its own grey
    shootTakes(4);
    press(ui::TakesOnScreen { { 1, 2 } });
    waitFor([this]() { return ends(1) && ends(2); });
    EXPECT_FALSE(ends(0));
    EXPECT_FALSE(ends(3)) << "nobody sees them";
    EXPECT_EQ(ends(1)->captured, (std::vector<FrameIndex> { 0, 5 }));
    EXPECT_EQ(ends(2)->captured, (std::vector<FrameIndex> { 0, 6 }));
    EXPECT_EQ(ends(1)->made, (std::vector { true, true }));
    EXPECT_GT(ends(1)->cell_width, 0);
    EXPECT_NE(ends(1)->version, ends(2)->version);
    const auto& rgba = ends(2)->rgba;
    EXPECT_NE(rgba.front(), rgba.at(rgba.size() / 2)) << "the two cells are of different frames";
    const auto before = ends(1);
    press(ui::TakesOnScreen { { 3 } });
    waitFor([this]() { return ends(3) != nullptr; });
    EXPECT_FALSE(ends(1));
    press(ui::TakesOnScreen { { 1 } });
    EXPECT_EQ(ends(1), before) << "they are kept";
}

TEST_F(SessionEnds, WhileATakeRollsNoneAreMadeAndAfterTheCutTheyCome)
{
    shootTakes(1);
    press(ui::ToggleRoll {});
    press(ui::TakesOnScreen { { 0, 1 } });
    for (int i = 0; i < 20; ++i)
        arrive(1);
    EXPECT_FALSE(ends(0));
    press(ui::ToggleRoll {});
    waitFor([this]() { return look().takes.size() == 2 && ends(0) && ends(1); });
    EXPECT_EQ(ends(1)->captured.back(), 19);
}

/// Fails for one that is asked for again and again, and so keeps the disk busy.
TEST_F(SessionEnds, ATakeThatCannotBeReadHasNone)
{
    shootTakes(2);
    std::filesystem::remove(folder_.path() / "media" / "12A-001-A" / "picture.index");
    std::filesystem::remove(folder_.path() / "media" / "12A-001-A" / "picture.mjpeg");
    press(ui::TakesOnScreen { { 0, 1 } });
    waitFor([this]() { return ends(0) && ends(1); });
    EXPECT_EQ(ends(0)->cell_width, 0);
    EXPECT_GT(ends(1)->cell_width, 0);
}

} // namespace
} // namespace backtake::app
