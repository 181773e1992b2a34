#include "ui/cue_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::ui {
namespace {

using namespace std::chrono_literals;

/// Three lines, 0 to 2 s, 2 to 3 s without a pause, 5 to 6 s.
CueModel model(base::Nanos position)
{
    const auto word = [](const char* text, base::Nanos begins, base::Nanos ends) {
        return CueWordModel { text, begins, ends };
    };
    static const auto lines = std::make_shared<const std::vector<CueLineModel>>(std::vector<CueLineModel> {
        { "Time flies", { word("ZEEAHLF", 0s, 1s), word("MEEAH(h)T", 1s, 2s) } },
        { "now", { word("OOAHN", 2s, 3s) } },
        { "go", { word("OOHG", 5s, 6s) } },
    });
    return { lines, position };
}

TEST(CueScroll, ALineStandsWhileItIsSaidAndTheNextOneIsThereWhenItBegins)
{
    EXPECT_EQ(cueScroll(model(-3s)), 0);
    EXPECT_EQ(cueScroll(model(0s)), 0);
    EXPECT_EQ(cueScroll(model(1700ms)), 0);
    EXPECT_EQ(cueScroll(model(1850ms)), 0.5) << "half way, half of its 0.3 s before";
    EXPECT_EQ(cueScroll(model(2s)), 1);
    EXPECT_EQ(cueScroll(model(4700ms)), 1) << "in the pause, too";
    EXPECT_EQ(cueScroll(model(5s)), 2);
    EXPECT_EQ(cueScroll(model(60s)), 2);
    EXPECT_EQ(cueScroll({ std::make_shared<const std::vector<CueLineModel>>(), 1s }), 0);
}

TEST(CueScroll, NeverGoesBackAndNeverJumps)
{
    double before = 0;
    for (base::Nanos t = -1s; t < 7s; t += 5ms) {
        const double now = cueScroll(model(t));
        EXPECT_GE(now, before);
        EXPECT_LT(now - before, 0.05);
        before = now;
    }
}

TEST(CueShow, WithoutAGuideTheWheelGoesFromLineToLine)
{
    CueDeskModel desk;
    CueShow show;
    EXPECT_FALSE(show.model(desk)) << "no sheet";
    desk.lines = model({}).lines;
    ASSERT_TRUE(show.model(desk));
    EXPECT_EQ(show.model(desk)->position, base::Nanos(0)) << "it stands at its beginning";
    show.scroll(desk, +1);
    EXPECT_EQ(show.model(desk)->position, base::Nanos(2s)) << "the second line";
    show.scroll(desk, +5);
    EXPECT_EQ(show.model(desk)->position, base::Nanos(5s)) << "the last one";
    desk.position = 1s;
    show.scroll(desk, -1);
    EXPECT_EQ(show.model(desk)->position, base::Nanos(1s)) << "the guide leads";
    desk.position.reset();
    EXPECT_EQ(show.model(desk)->position, base::Nanos(5s));
    show.scroll(desk, -5);
    EXPECT_EQ(show.model(desk)->position, base::Nanos(0));
}

/// What was drawn, by colour.
class CueView : public testing::Test {
protected:
    CueView()
    {
        ImGui::CreateContext();
        ImGui::GetIO().DisplaySize = { 1920, 1080 };
        ImGui::GetIO().IniFilename = nullptr;
        std::optional<std::string> trouble;
        theme_ = loadTheme(1, "/usr/share/fonts", trouble);
        EXPECT_EQ(trouble, std::nullopt);
        ImGui::NewFrame();
    }
    ~CueView() override
    {
        ImGui::EndFrame();
        ImGui::DestroyContext();
    }
    struct Extent {
        float left = 1e9F;
        float top = 1e9F;
        float right = -1e9F;
        float bottom = -1e9F;
        [[nodiscard]] bool empty() const { return left > right; }
    };
    Extent drawn(const CueModel& model, const Rect& place, ImU32 tint)
    {
        ImDrawList list(ImGui::GetDrawListSharedData());
        list._ResetForNewFrame();
        list.PushClipRectFullScreen();
        list.PushTextureID(ImGui::GetIO().Fonts->TexID);
        drawCue(list, model, place, theme_);
        Extent extent;
        for (const ImDrawVert& vertex : list.VtxBuffer)
            if (vertex.col == tint) {
                extent.left = std::min(extent.left, vertex.pos.x);
                extent.right = std::max(extent.right, vertex.pos.x);
                extent.top = std::min(extent.top, vertex.pos.y);
                extent.bottom = std::max(extent.bottom, vertex.pos.y);
            }
        return extent;
    }
    Theme theme_;
};

constexpr Rect kScreen { 0, 0, 1920, 1080 };

TEST_F(CueView, TheWordBeingSaidIsBrightInTheMiddle)
{
    const Extent first = drawn(model(500ms), kScreen, colour::kText);
    const Extent second = drawn(model(1500ms), kScreen, colour::kText);
    ASSERT_FALSE(first.empty());
    EXPECT_LT(first.right, second.left) << "from left to right, in the order in which they are said";
    EXPECT_LT(first.top, 540);
    EXPECT_GT(first.bottom, 540);
    EXPECT_NEAR((first.left + second.right) / 2, 960, 12) << "centred";
    EXPECT_GE(first.bottom - first.top, 48) << "read from three metres";
    EXPECT_TRUE(drawn(model(4s), kScreen, colour::kText).empty()) << "nothing is said in a pause";
}

TEST_F(CueView, WhatComesStandsBelow)
{
    const Extent coming = drawn(model(2500ms), kScreen, colour::kQuiet);
    ASSERT_FALSE(coming.empty());
    EXPECT_GT(coming.top, 600);
}

TEST_F(CueView, ALineThatIsTooWideIsDrawnSmaller)
{
    std::vector<CueWordModel> words;
    for (int i = 0; i < 20; ++i)
        words.push_back({ "luh-fuhd-NUHW", 0s, 9s });
    const CueModel wide { std::make_shared<const std::vector<CueLineModel>>(
                              std::vector<CueLineModel> { { "wonderful", words } }),
        1s };
    const Rect place { 200, 100, 1000, 600 };
    const Extent extent = drawn(wide, place, colour::kText);
    ASSERT_FALSE(extent.empty());
    EXPECT_GE(extent.left, 200);
    EXPECT_LE(extent.right, 1200);
}

} // namespace
} // namespace backtake::ui
