/// The sequence below the picture in the real window: by keys, by mouse, and read back from its pixels.
#include "ui/test_window.hpp"

namespace backtake::ui {
namespace {

constexpr int kCardStep = 208 + 6;
constexpr int kSide = 12;

template <typename T> std::vector<T> askedIn(const std::vector<Intent>& intents)
{
    std::vector<T> found;
    for (const Intent& intent : intents)
        if (const auto* story = std::get_if<StoryIntent>(&intent))
            if (const T* one = std::get_if<T>(story))
                found.push_back(*one);
    return found;
}

/// Four cards, each cell of one brightness.
Model storyModel()
{
    Model model = review_model();
    StoryModel& story = model.story;
    story.names = { "Circled", "The fall" };
    story.name = "The fall";
    auto strip = std::make_shared<base::Filmstrip>();
    strip->version = 1;
    strip->cell_width = 128;
    strip->cell_height = 72;
    for (int card = 0; card < 4; ++card) {
        StoryCardModel& one = story.cards.emplace_back();
        one.slate = "12" + std::string(1, static_cast<char>('D' - card)) + "/2";
        one.backward = card != 2;
        one.length = 11s;
        one.join = card < 3 ? "frame captured first of 12D/2 meets frame captured last of 12C/2" : "";
        for (int end = 0; end < 2; ++end) {
            strip->captured.push_back(0);
            strip->made.push_back(true);
            for (int i = 0; i < 128 * 72; ++i)
                strip->rgba.insert(strip->rgba.end(),
                    { static_cast<std::uint8_t>(40 + 20 * (2 * card + end)), 90, 60, 255 });
        }
    }
    story.cards[1].trimmed = true;
    story.cards[1].speed_percent = 50;
    story.cards[3].missing = true;
    story.length = 44s;
    story.chosen = 1;
    story.pictures = std::move(strip);
    return model;
}

class StoryInWindow : public WindowTest {
protected:
    std::vector<Intent> press(const Model& model, SDL_Keycode code, int modifiers = KMOD_NONE)
    {
        key(code, modifiers);
        return run(model, 3);
    }
};

/// Fails for keys of the panel that work while it is closed, or take those that play.
TEST_F(StoryInWindow, TheKeysOfThePanelAreItsOwnWhileItIsOpen)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = storyModel();
    run(model);
    EXPECT_TRUE(askedIn<AddCard>(press(model, SDLK_RETURN)).empty());
    EXPECT_EQ(askedIn<ShowStory>(press(model, SDLK_t, KMOD_LCTRL)).size(), 1u);
    EXPECT_EQ(askedIn<AddCard>(press(model, SDLK_RETURN)).size(), 1u);
    EXPECT_EQ(askedIn<PlayStory>(press(model, SDLK_RETURN, KMOD_LSHIFT)).size(), 1u);
    EXPECT_EQ(askedIn<TrimCard>(press(model, SDLK_RETURN, KMOD_LCTRL)).size(), 1u);
    EXPECT_EQ(askedIn<RemoveCard>(press(model, SDLK_BACKSPACE)).size(), 1u);
    EXPECT_EQ(askedIn<TurnCard>(press(model, SDLK_d, KMOD_LSHIFT)).size(), 1u);
    EXPECT_EQ(askedIn<ChooseNextCard>(press(model, SDLK_PAGEUP)).at(0).by, -1);
    EXPECT_EQ(askedIn<ChooseNextCard>(press(model, SDLK_PAGEDOWN)).at(0).by, +1);
    EXPECT_EQ(askedIn<MoveCard>(press(model, SDLK_PAGEUP, KMOD_LALT)).at(0).by, -1);
    EXPECT_EQ(askedIn<MoveCard>(press(model, SDLK_PAGEDOWN, KMOD_LALT)).at(0).by, +1);
    EXPECT_TRUE(first<TogglePlay>(press(model, SDLK_SPACE)));
    EXPECT_TRUE(first<StepFrames>(press(model, SDLK_LEFT)));
    EXPECT_TRUE(first<SelectTake>(press(model, SDLK_UP)));
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r)));
    EXPECT_TRUE(first<RemoveMark>(press(model, SDLK_DELETE)));
    press(model, SDLK_ESCAPE);
    EXPECT_TRUE(window_->layout(model).story.empty());
    EXPECT_TRUE(askedIn<AddCard>(press(model, SDLK_RETURN)).empty());
}

TEST_F(StoryInWindow, ThePicturesAreTheCardsFirstAndLastFromLeftToRight)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = storyModel();
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    const Screenshot shot = show(model, "story_panel_1280");
    const Rect place = window_->layout(model).story;
    ASSERT_FALSE(place.empty());
    for (int card = 0; card < 4; ++card)
        for (int end = 0; end < 2; ++end) {
            const int x = place.x + kSide + card * kCardStep + 4 + end * (98 + 4) + 49;
            const Rgb seen = pixel(shot, x, place.y + 44 + 4 + 27);
            EXPECT_TRUE(nearly(seen, { 40 + 20 * (2 * card + end), 90, 60 })) << card << ' ' << end << seen;
        }
    // Reversed ones are amber, the one as captured is blue.
    const auto arrow = [&](int card, const Rgb& colour) {
        return countIn(shot, { place.x + kSide + card * kCardStep, place.y + 44 + 60, 24, 32 }, colour);
    };
    EXPECT_GT(arrow(0, kAmber), 20);
    EXPECT_EQ(arrow(0, kBlue), 0);
    EXPECT_GT(arrow(2, kBlue), 20);
    EXPECT_EQ(arrow(2, kAmber), 0);
}

/// Fails for a drag that moves another card than the one held, or to another place than shown.
TEST_F(StoryInWindow, AClickChoosesACardAndADragMovesIt)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = storyModel();
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    run(model);
    const Rect place = window_->layout(model).story;
    const int row = place.y + 44 + 40;
    const auto middle = [&](int card) { return place.x + kSide + card * kCardStep + kCardStep / 2; };
    const auto clicked = click(model, middle(2), row);
    ASSERT_EQ(askedIn<ChooseCard>(clicked).size(), 1u);
    EXPECT_EQ(askedIn<ChooseCard>(clicked)[0].card, 2u);
    EXPECT_TRUE(askedIn<MoveCard>(clicked).empty());
    const auto right = drag(model, middle(0), row, 2 * kCardStep + 20, 0);
    ASSERT_EQ(askedIn<MoveCard>(right).size(), 1u);
    EXPECT_EQ(askedIn<ChooseCard>(right).at(0).card, 0u);
    EXPECT_EQ(askedIn<MoveCard>(right)[0].by, 2);
    const auto left = drag(model, middle(3), row, -3 * kCardStep - 20, 5);
    ASSERT_EQ(askedIn<MoveCard>(left).size(), 1u);
    EXPECT_EQ(askedIn<ChooseCard>(left).at(0).card, 3u);
    EXPECT_EQ(askedIn<MoveCard>(left)[0].by, -3);
    EXPECT_TRUE(askedIn<MoveCard>(drag(model, middle(1), row, 30, 0)).empty()) << "it stays where it is";
}

/// Fails for a name that loses letters to keys, and for one that is taken as given though it was refused.
TEST_F(StoryInWindow, TheSequenceIsRenamedByKeys)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = storyModel();
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    EXPECT_TRUE(askedIn<RenameStory>(press(model, SDLK_t, KMOD_LSHIFT)).empty());
    type("Circled");
    EXPECT_TRUE(run(model, 30).empty()) << "letters are no keys";
    auto asked = askedIn<RenameStory>(press(model, SDLK_RETURN));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].name, "Circled") << "in place of the old name";
    show(model, "story_naming_1280");
    EXPECT_TRUE(press(model, SDLK_r).empty()) << "it was refused: it is typed into still";
    type("rain");
    EXPECT_TRUE(run(model, 20).empty());
    asked = askedIn<RenameStory>(press(model, SDLK_RETURN));
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].name, "rain");
    model.story.name = "rain";
    run(model);
    EXPECT_TRUE(first<ToggleRoll>(press(model, SDLK_r))) << "it is called so: the keys are back";
    press(model, SDLK_t, KMOD_LSHIFT);
    press(model, SDLK_ESCAPE);
    EXPECT_FALSE(window_->layout(model).story.empty()) << "Esc leaves the field alone";
    EXPECT_EQ(askedIn<AddCard>(press(model, SDLK_RETURN)).size(), 1U);
    model.story.name.clear();
    EXPECT_EQ(askedIn<RenameStory>(press(model, SDLK_t, KMOD_LSHIFT)).size(), 1U)
        << "the session says why not";
}

TEST_F(StoryInWindow, TheSequenceIsRenamedByMouse)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = storyModel();
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    run(model);
    const Rect place = window_->layout(model).story;
    const int row = place.y + 6 + 18;
    click(model, place.x + kSide + 60, row);
    show(model, "story_names_1280");
    click(model, place.x + kSide + 60, row + 183); // the last button but one
    show(model, "story_naming_by_mouse");
    type("rain");
    EXPECT_TRUE(run(model, 20).empty());
    ASSERT_EQ(askedIn<RenameStory>(press(model, SDLK_RETURN)).size(), 1U);
    click(model, place.x + 600, place.y + 44 + 120); // elsewhere
    EXPECT_EQ(askedIn<AddCard>(press(model, SDLK_RETURN)).size(), 1U) << "the field is left";
}

TEST_F(StoryInWindow, AButtonExportsIt)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = storyModel();
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    run(model);
    const Rect place = window_->layout(model).story;
    const auto button = [&] { return click(model, place.right() - kSide - 50, place.y + 6 + 16); };
    EXPECT_EQ(askedIn<ExportStory>(button()).size(), 1u);
}

TEST_F(StoryInWindow, OnALargeScreenAndWithoutASequence)
{
    ASSERT_NO_FATAL_FAILURE(open(1920, 1080));
    Model model = storyModel();
    model.review->part = "2 of 4";
    model.story.in_review = true;
    run(model);
    press(model, SDLK_t, KMOD_LCTRL);
    show(model, "story_panel_1920");
    model.story = {};
    show(model, "story_panel_empty");
    const Layout layout = window_->layout(model);
    EXPECT_FALSE(layout.story.overlaps(layout.picture));
    EXPECT_FALSE(layout.story.overlaps(layout.takes));
}

TEST_F(StoryInWindow, OnceShownItAllocatesNothing)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = storyModel();
    press(model, SDLK_t, KMOD_LCTRL);
    run(model, 20);
    tests::Allocations allocations;
    for (int i = 0; i < 20; ++i)
        window_->draw(model);
    expectNoneOfOurs(allocations);
}

} // namespace
} // namespace backtake::ui
