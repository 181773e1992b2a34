/// A cue sheet from the first key to the file: a real window, a real session, the real voice.
#include "app/cue_files.hpp"
#include "app/front_door.hpp"

namespace backtake::app {
namespace {

class CueFrontDoor : public FrontDoor {
protected:
    void SetUp() override
    {
        ASSERT_NO_FATAL_FAILURE(openWindow(1280, 720));
        openSession();
    }
};

/// Fails when a letter rolls the camera, when the sheet does not come, or when the next session has it not.
TEST_F(CueFrontDoor, ALineIsTypedMadeShownAndThereInTheNextSession)
{
    ASSERT_TRUE(soon([this] { return model().picture != nullptr; }));
    press(SDLK_l, KMOD_LCTRL);
    ASSERT_TRUE(soon([this] { return model().cue.ready; }));
    type("roll my tape");
    ASSERT_TRUE(soon([this] { return model().cue.text == "roll my tape"; }));
    EXPECT_FALSE(session_->rolling()) << "letters are no keys";
    press(SDLK_RETURN, KMOD_LCTRL);
    ASSERT_TRUE(soon([this] { return model().cue.lines != nullptr; }));
    const ui::CueLines lines = model().cue.lines;
    ASSERT_EQ(lines->size(), 1U);
    ASSERT_EQ(lines->front().words.size(), 3U);
    EXPECT_EQ(lines->front().words.front().text, "tape") << "the last word is said first";
    EXPECT_EQ(lines->front().words.front().ipa, "ˈpɪ̯eʰt") << "teɪp backwards";
    keep("cue_front_door");
    press(SDLK_ESCAPE);
    press(SDLK_l, KMOD_LSHIFT);
    keep("cue_front_door_over");
    type("r"); // the keys are back
    EXPECT_TRUE(session_->rolling());
    openSession();
    ASSERT_TRUE(soon([this] { return model().picture != nullptr; }));
    press(SDLK_l, KMOD_LCTRL);
    ASSERT_TRUE(soon([this] { return model().cue.lines != nullptr; }));
    EXPECT_EQ(model().cue.name, "roll my tape");
    EXPECT_EQ(model().cue.lines->front().words.front().ipa, "ˈpɪ̯eʰt");
    const auto sheet = readCueSheet(shoot_ / "cues" / "roll my tape.json");
    ASSERT_TRUE(sheet) << sheet.error().message;
    EXPECT_EQ(sheet->text, "roll my tape");
}

} // namespace
} // namespace backtake::app
