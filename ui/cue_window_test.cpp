/// The cue sheets' editor and the sheet over the picture in the real window: typed, clicked, and read back
/// from its pixels.
#include "ui/test_window.hpp"

namespace backtake::ui {
namespace {

/// Two lines: "eat up" 0 … 4 s, "go" 5 … 6 s.
CueLines twoLines()
{
    return std::make_shared<const std::vector<CueLineModel>>(std::vector<CueLineModel> {
        { "I watched the children play",
            { { "YAYLP", 0s, 1s, "play", "jeɪ̯lp" }, { "NURD-lihsht", 1s, 2s, "children", "nəɹdˈlɪʃt" },
                { "UHTH", 2s, 3s, "the", "əð" }, { "TSHTAW", 3s, 4s, "watched", "tʃtɔw" } } },
        { "in the church", { { "SHTROOHST", 5s, 6s, "church", "ʃtˈɹuːʃt" } } },
    });
}

Model written_model()
{
    Model model = live_model();
    model.cue.ready = true;
    model.cue.sheets = { "church", "river" };
    model.cue.name = "church";
    model.cue.text = "in the church\nI watched the children play";
    model.cue.languages = std::make_shared<const std::vector<CueLanguage>>(
        std::vector<CueLanguage> { { "de", "German" }, { "en-us", "English (America)" },
            { "fr-fr", "French (France)" }, { "fr-be", "French (Belgium)" } });
    model.cue.version = 1;
    model.cue.lines = twoLines();
    return model;
}

// Where things stand in a window of 1280 by 720.
constexpr int kFirstButton = 148;
constexpr int kNextButton = 42;
constexpr int kLanguageRow = 290;
constexpr int kFieldRow = 590;

class CueInWindow : public WindowTest {
protected:
    template <typename T> static const T* ordered(const std::vector<Intent>& intents)
    {
        for (const Intent& intent : intents)
            if (const auto* cue = std::get_if<OrderCue>(&intent))
                if (const T* found = std::get_if<T>(&cue->order))
                    return found;
        return nullptr;
    }
    template <typename T> static const T* last(const std::vector<Intent>& intents)
    {
        const T* found = nullptr;
        for (const Intent& intent : intents)
            if (const auto* cue = std::get_if<OrderCue>(&intent))
                if (const T* one = std::get_if<T>(&cue->order))
                    found = one;
        return found;
    }
    static int brightIn(const Screenshot& shot, const Rect& place)
    {
        return countIn(shot, place, { 0xE6, 0xE6, 0xE6 });
    }
};

/// Fails when a letter is a key, or when one that was typed is not asked to be kept.
TEST_F(CueInWindow, WhatIsTypedIsKeptAndIsNoKey)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = live_model();
    model.cue.ready = true;
    run(model);
    key(SDLK_l, KMOD_LCTRL);
    EXPECT_TRUE(ordered<cue::Open>(run(model)));
    type("r lmc1");
    key(SDLK_RETURN);
    type("go");
    const std::vector<Intent> asked = run(model, 30);
    ASSERT_TRUE(last<cue::Keep>(asked));
    EXPECT_EQ(last<cue::Keep>(asked)->text, "r lmc1\ngo");
    for (const Intent& intent : asked)
        EXPECT_TRUE(std::holds_alternative<OrderCue>(intent)) << intent.index();
    EXPECT_TRUE((key(SDLK_r, KMOD_LCTRL), first<ToggleRoll>(run(model)))) << "rolling works everywhere";
    key(SDLK_ESCAPE);
    run(model);
    EXPECT_TRUE((key(SDLK_m), first<AddMark>(run(model)))) << "the keys are back";
    // What was typed is there again.
    key(SDLK_l, KMOD_LCTRL);
    run(model);
    type("!");
    const auto again = run(model, 12);
    ASSERT_TRUE(last<cue::Keep>(again));
    EXPECT_NE(last<cue::Keep>(again)->text.find("r lmc1\ngo"), std::string::npos);
}

TEST_F(CueInWindow, TheEditorShowsTheSheetAndChangesTheChosenWord)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = written_model();
    run(model);
    key(SDLK_l, KMOD_LCTRL);
    run(model);
    show(model, "cue_editor_1280");
    // The first word of the first line stands at the sheet's top left.
    constexpr int kLeft = 20 + 14 + 431 + 20 + 7;
    std::vector<Intent> asked = click(model, kLeft + 10, 64 + 12 + 19 + 6 + 30);
    show(model, "cue_editor_word_1280");
    EXPECT_EQ(asked.size(), 0U);
    // Its respelling is the first field below: what is typed goes there, Enter keeps it.
    const auto fields = click(model, kLeft + 60, kFieldRow);
    EXPECT_TRUE(fields.empty());
    key(SDLK_END);
    type("x");
    key(SDLK_RETURN);
    asked = run(model, 12);
    ASSERT_TRUE(ordered<cue::EditWord>(asked));
    EXPECT_EQ(ordered<cue::EditWord>(asked)->line, 0U);
    EXPECT_EQ(ordered<cue::EditWord>(asked)->word, 0U);
    EXPECT_EQ(ordered<cue::EditWord>(asked)->respelling, "YAYLPx");
    EXPECT_EQ(ordered<cue::EditWord>(asked)->ipa, "jeɪ̯lp");
}

TEST_F(CueInWindow, TheSheetStandsOverThePictureAndFollowsTheGuide)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = written_model();
    const Rect picture = window_->layout(model).picture;
    const Rect middle { picture.x, picture.y + picture.height / 2 - 40, picture.width, 100 };
    const int without = brightIn(show(model, "cue_none"), middle);
    key(SDLK_l, KMOD_LSHIFT);
    EXPECT_TRUE(ordered<cue::Open>(run(model)));
    model.cue.position = 500ms;
    const Screenshot first_word = show(model, "cue_over_1280");
    EXPECT_GT(brightIn(first_word, middle), without + 500) << "the word being said is bright";
    const auto leftmost = [&](const Screenshot& shot) {
        for (int x = middle.x; x < middle.right(); ++x)
            if (brightIn(shot, { x, middle.y, 1, middle.height }) > 0)
                return x;
        return -1;
    };
    model.cue.position = 3500ms;
    EXPECT_GT(leftmost(show(model, "cue_over_last_word")), leftmost(first_word) + 200)
        << "the line's last word stands at its right";
    key(SDLK_ESCAPE);
    run(model);
    EXPECT_LE(brightIn(show(model, "cue_gone"), middle), without + 20);
}

TEST_F(CueInWindow, TheSecondOutputShowsItAndTheSettingIsAskedToBeKept)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = written_model();
    model.cue.position = 500ms;
    run(model);
    key(SDLK_l, KMOD_LCTRL | KMOD_LSHIFT);
    run(model);
    ASSERT_TRUE(window_->secondOutputIsOpen());
    EXPECT_TRUE(window_->settings().second_output.cue);
    const auto orders = window_->takeSettingsOrders();
    ASSERT_FALSE(orders.empty());
    EXPECT_TRUE(orders.back().settings.second_output.cue);
    const Screenshot on = window_->secondScreenshot();
    keep(on, "cue_second");
    const Rect middle { 0, on.height / 2 - 50, on.width, 110 };
    const int bright = brightIn(on, middle);
    EXPECT_GT(bright, 300);
    // It follows the guide though nothing in the first window changes.
    model.cue.position = 5500ms;
    run(model);
    EXPECT_NE(window_->secondScreenshot().rgb, on.rgb);
    key(SDLK_l, KMOD_LCTRL | KMOD_LSHIFT);
    run(model);
    EXPECT_TRUE(window_->secondOutputIsOpen());
    EXPECT_LT(brightIn(window_->secondScreenshot(), middle), bright / 4);
}

TEST_F(CueInWindow, ALanguageIsFoundByItsNameAndChosenWithEnter)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    const Model model = written_model();
    run(model);
    key(SDLK_l, KMOD_LCTRL);
    run(model);
    click(model, 200, kLanguageRow);
    type("belg");
    run(model, 12);
    show(model, "cue_language");
    key(SDLK_RETURN);
    const auto asked = run(model, 6);
    ASSERT_TRUE(last<cue::Keep>(asked));
    EXPECT_EQ(last<cue::Keep>(asked)->language, "fr-be");
    EXPECT_EQ(last<cue::Keep>(asked)->text, model.cue.text);
}

TEST_F(CueInWindow, ASheetIsDeletedAndBroughtBackByAButton)
{
    ASSERT_NO_FATAL_FAILURE(open(1280, 720));
    Model model = written_model();
    run(model);
    key(SDLK_l, KMOD_LCTRL);
    run(model);
    show(model, "cue_delete");
    constexpr int kButtons = 410; // New, and below it what else there is
    const auto asked = click(model, kButtons, kFirstButton + kNextButton);
    EXPECT_TRUE(ordered<cue::Remove>(asked));
    EXPECT_FALSE(ordered<cue::Choose>(asked));
    model.cue.sheets = { "river" };
    model.cue.name.clear();
    model.cue.text.clear();
    model.cue.lines = nullptr;
    model.cue.version = 2;
    EXPECT_FALSE(ordered<cue::Restore>(click(model, kButtons, kFirstButton + kNextButton)))
        << "nothing was deleted";
    model.cue.removed = "church";
    show(model, "cue_deleted");
    EXPECT_TRUE(ordered<cue::Restore>(click(model, kButtons, kFirstButton + kNextButton)));
    model.cue.name = "river";
    model.cue.version = 3;
    show(model, "cue_delete_another");
    EXPECT_TRUE(ordered<cue::Restore>(click(model, kButtons, kFirstButton + 2 * kNextButton)));
}

TEST_F(CueInWindow, ALongSheetAndAFullHdScreen)
{
    ASSERT_NO_FATAL_FAILURE(open(1920, 1080));
    Model model = written_model();
    std::vector<CueLineModel> lines;
    for (int i = 0; i < 2000; ++i) {
        lines.push_back(twoLines()->at(0));
        for (CueWordModel& word : lines.back().words) {
            word.begins += i * 5s;
            word.ends += i * 5s;
        }
    }
    model.cue.lines = std::make_shared<const std::vector<CueLineModel>>(std::move(lines));
    model.cue.trouble =
        "Chinese characters cannot be read: write the line in kana (--lang ja) or pinyin (--lang "
        "cmn-latn-pinyin)";
    run(model);
    key(SDLK_l, KMOD_LCTRL);
    run(model);
    show(model, "cue_editor_1920");
    const base::Nanos began = base::threadTime();
    run(model, 10);
    EXPECT_LT(base::threadTime() - began, 2s) << "only the lines in sight are drawn";
    key(SDLK_l, KMOD_LSHIFT);
    key(SDLK_ESCAPE);
    run(model);
    key(SDLK_l, KMOD_LSHIFT);
    show(model, "cue_over_1920");
}

} // namespace
} // namespace backtake::ui
