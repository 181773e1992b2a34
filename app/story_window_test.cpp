/// Story order at the front door: a real session in a real window, by keys alone.
#include "app/test_story.hpp"

namespace backtake::app {
namespace {

class StoryByKeys : public StorySession { };

/// Fails for keys that do not arrange, and for a sequence that does not show exactly the frames it should,
/// one frame time each, across both joins and round the loop.
TEST_F(StoryByKeys, ArrangedByKeysItPlaysThroughAsTheAudienceWillSeeIt)
{
    ASSERT_NO_FATAL_FAILURE(openWindow(1280, 720));
    ASSERT_NO_FATAL_FAILURE(openSession());
    press(SDLK_t, KMOD_LCTRL);
    ASSERT_TRUE(lookAt(1)); // 12B, reversed
    press(SDLK_RETURN);
    ASSERT_TRUE(lookAt(0)); // 12A, its shown frames 5 … 9: captured 14 … 10
    session_->handle(ui::SeekTo { 5 }, now_);
    session_->handle(ui::SetIn {}, now_);
    session_->handle(ui::SeekTo { 9 }, now_);
    session_->handle(ui::SetOut {}, now_);
    press(SDLK_RETURN);
    ASSERT_TRUE(lookAt(2)); // 12C, forward
    press(SDLK_RETURN);
    ASSERT_TRUE(made("12B/1< 12A/1< 12C/1>"));
    press(SDLK_PAGEUP, KMOD_LALT); // the forward one before the trimmed one
    ASSERT_TRUE(made("12B/1< 12C/1> 12A/1<"));
    EXPECT_EQ(
        model().story.cards[0].join, "frame captured first of 12B/1 meets frame captured first of 12C/1");
    EXPECT_EQ(model().story.cards[1].join,
        "frame captured last of 12C/1 meets frame captured at 01:00:00:14 of 12A/1");
    EXPECT_TRUE(model().story.cards[2].trimmed);
    EXPECT_EQ(model().story.length, (20 + 20 + 5) * 40ms);
    keep("story_1280");

    press(SDLK_PAGEUP);
    press(SDLK_RETURN, KMOD_LSHIFT);
    ASSERT_TRUE(soon([&] { return model().story.in_review; }));
    std::vector<int> expected;
    for (int k = 0; k < 20; ++k)
        expected.push_back(219 - k);
    for (int k = 0; k < 20; ++k)
        expected.push_back(300 + k);
    for (int k = 0; k < 5; ++k)
        expected.push_back(114 - k);
    press(SDLK_k);
    press(SDLK_HOME);
    EXPECT_EQ(numberAt(now_), 219);
    EXPECT_EQ(model().review->part, "1 of 3");
    press(SDLK_SPACE);
    const Nanos began = now_;
    for (int k = 0; k < 50; ++k) // a little within each frame's time
        ASSERT_EQ(numberAt(began + k * 40ms + 15ms), expected[static_cast<std::size_t>(k % 45)]) << k;
    EXPECT_EQ(model().review->part, "1 of 3") << "round the loop";
    press(SDLK_END);
    press(SDLK_k);
    EXPECT_EQ(numberAt(now_), 110);
    EXPECT_EQ(model().review->part, "3 of 3");
    EXPECT_EQ(model().review->slate, "12A/1");
    press(SDLK_LEFT, KMOD_LSHIFT); // ten back, over the join
    EXPECT_EQ(numberAt(now_), 314);
    EXPECT_FALSE(model().review->backward_take);
    keep("story_playing_1280");
}

/// Fails for a rename that stops what plays, that takes another sequence's name, or that needs two undos.
TEST_F(StoryByKeys, ItIsRenamedWhileItPlaysAndOneUndoTakesThatBack)
{
    ASSERT_NO_FATAL_FAILURE(openWindow(1280, 720));
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::NewStory { "rain", false });
    ask(ui::NewStory { "the fall", false });
    press(SDLK_t, KMOD_LCTRL);
    for (const std::size_t row : { 0U, 1U }) {
        ASSERT_TRUE(lookAt(row));
        press(SDLK_RETURN);
    }
    ASSERT_TRUE(made("12A/1< 12B/1<"));
    press(SDLK_RETURN, KMOD_LSHIFT);
    press(SDLK_k);
    press(SDLK_HOME);
    ASSERT_TRUE(soon([&] { return model().story.in_review; }));
    session_->handle(ui::SeekTo { 3 }, now_);
    press(SDLK_i);
    press(SDLK_SPACE);
    const Nanos began = now_;
    const auto playsOn = [&](int frames) {
        const auto& review = *model().review;
        EXPECT_TRUE(model().story.in_review);
        EXPECT_EQ(review.in, 3) << "it was not opened anew";
        EXPECT_EQ(numberAt(began + frames * 40ms + 15ms), 119 - 3 - frames);
    };
    playsOn(0);

    const auto callIt = [&](std::string_view name) {
        type(name);
        press(SDLK_RETURN);
    };
    press(SDLK_t, KMOD_LSHIFT);
    callIt("rain");
    EXPECT_TRUE(says("There is a sequence \"rain\" already: type another name"));
    EXPECT_EQ(model().story.name, "the fall");
    press(SDLK_BACKSPACE); // what stands there is chosen
    press(SDLK_RETURN);
    EXPECT_TRUE(says("A sequence needs a name"));
    EXPECT_EQ(model().story.names, (std::vector<std::string> { "rain", "the fall" }));
    callIt("last night");
    EXPECT_EQ(model().story.name, "last night");
    EXPECT_EQ(cards(), "12A/1< 12B/1<");
    playsOn(1);
    keep("story_renamed_1280");

    press(SDLK_z, KMOD_LCTRL);
    ASSERT_TRUE(soon([&] { return model().story.name == "the fall"; }));
    EXPECT_EQ(model().story.names, (std::vector<std::string> { "rain", "the fall" }));
    playsOn(2);
    press(SDLK_z, KMOD_LCTRL | KMOD_LSHIFT);
    ASSERT_TRUE(soon([&] { return model().story.name == "last night"; }));
    playsOn(3);
    ASSERT_NO_FATAL_FAILURE(openSession());
    ask(ui::ShowStory { "last night" });
    EXPECT_TRUE(made("12A/1< 12B/1<"));
    EXPECT_EQ(model().story.names, (std::vector<std::string> { "last night", "rain" }));
}

TEST_F(StoryByKeys, ItLooksRightOnALargeScreen)
{
    ASSERT_NO_FATAL_FAILURE(openWindow(1920, 1080));
    ASSERT_NO_FATAL_FAILURE(openSession());
    press(SDLK_t, KMOD_LCTRL);
    keep("story_empty_1920");
    for (const std::size_t row : { 2U, 1U, 0U }) {
        ASSERT_TRUE(lookAt(row));
        press(SDLK_RETURN);
    }
    ASSERT_TRUE(made("12C/1> 12B/1< 12A/1<"));
    press(SDLK_PAGEUP);
    press(SDLK_RETURN, KMOD_LSHIFT);
    session_->handle(ui::Shuttle { 0 }, now_);
    ASSERT_TRUE(soon([&] { return model().story.in_review; }));
    (void)numberAt(now_);
    for (int i = 0; i < 3; ++i)
        frame();
    keep("story_1920");
    const ui::Layout layout = window_->layout(model());
    EXPECT_FALSE(layout.story.empty());
    EXPECT_FALSE(layout.story.overlaps(layout.picture));
    EXPECT_FALSE(layout.story.overlaps(layout.scrub));
    press(SDLK_ESCAPE);
    EXPECT_TRUE(window_->layout(model()).story.empty());
}

} // namespace
} // namespace backtake::app
