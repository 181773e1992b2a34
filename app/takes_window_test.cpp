/// The list of takes at the front door: a real session over real takes, read back from the window's pixels.
#include "app/test_story.hpp"

namespace backtake::app {
namespace {

class TakesInWindow : public StorySession {
protected:
    /// That the columns of a picture in the list stand for.
    static int numberIn(const ui::Screenshot& shot, const ui::Rect& picture)
    {
        int number = 0;
        for (int bit = 0; bit < kBits; ++bit) {
            const int x = picture.x + (2 * bit + 1) * picture.width / (2 * kBits);
            const int y = picture.y + picture.height / 2;
            number |= shot.rgb[static_cast<std::size_t>(y * shot.width + x) * 3] > 125 ? 1 << bit : 0;
        }
        return number;
    }
};

/// Fails for a small window's strip without pictures, and for one in captured order.
TEST_F(TakesInWindow, TheStripShowsWhatTheAudienceSeesFirstAndLast)
{
    ASSERT_NO_FATAL_FAILURE(openWindow(1280, 720));
    ASSERT_NO_FATAL_FAILURE(openSession());
    ASSERT_TRUE(soon([this] {
        return std::ranges::all_of(
            model().takes, [](const ui::TakeRow& take) { return take.ends != nullptr; });
    }));
    for (int i = 0; i < 3; ++i)
        frame();
    keep("takes_strip_1280");
    const ui::Rect panel = window_->layout(model()).takes;
    const ui::Screenshot shot = window_->screenshot();
    const auto shown = [&](int take, int which) {
        return numberIn(shot, { panel.x + 8 + 4 + which * 46, panel.y + 52 + take * 64 + 32, 44, 25 });
    };
    EXPECT_EQ(shown(0, 0), 119);
    EXPECT_EQ(shown(0, 1), 100);
    EXPECT_EQ(shown(1, 0), 219);
    EXPECT_EQ(shown(1, 1), 200);
    EXPECT_EQ(shown(2, 0), 300) << "a forward take";
    EXPECT_EQ(shown(2, 1), 319);
}

} // namespace
} // namespace backtake::app
