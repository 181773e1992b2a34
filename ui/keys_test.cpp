#include "ui/keys.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

namespace backtake::ui {
namespace {

template <typename T> const T* asked(const KeyPress& press, bool typing = false)
{
    const KeyBinding* binding = bindingOf(press, typing);
    if (binding == nullptr)
        return nullptr;
    const auto* intent = std::get_if<Intent>(&binding->action);
    return intent == nullptr ? nullptr : std::get_if<T>(intent);
}

KeyPress press(SDL_Keycode key, unsigned modifiers = 0)
{
    return { key, SDL_SCANCODE_UNKNOWN, modifiers, false };
}

TEST(Keys, EachKeyMakesItsIntent)
{
    EXPECT_TRUE(asked<ToggleRoll>(press(SDLK_r)));
    EXPECT_TRUE(asked<ToggleReview>(press(SDLK_TAB)));
    EXPECT_TRUE(asked<TogglePlay>(press(SDLK_SPACE)));
    EXPECT_TRUE(asked<ToggleOrder>(press(SDLK_d)));
    EXPECT_TRUE(asked<GoToFirst>(press(SDLK_HOME)));
    EXPECT_TRUE(asked<GoToLast>(press(SDLK_END)));
    EXPECT_TRUE(asked<SetIn>(press(SDLK_i)));
    EXPECT_TRUE(asked<SetOut>(press(SDLK_o)));
    EXPECT_TRUE(asked<ClearIn>(press(SDLK_i, KMOD_LALT)));
    EXPECT_TRUE(asked<ClearOut>(press(SDLK_o, KMOD_RALT)));
    EXPECT_TRUE(asked<CycleLoop>(press(SDLK_q)));
    EXPECT_TRUE(asked<Quit>(press(SDLK_q, KMOD_LCTRL)));
}

TEST(Keys, ShuttleAndStepsKnowTheirDirection)
{
    ASSERT_TRUE(asked<Shuttle>(press(SDLK_j)));
    EXPECT_EQ(asked<Shuttle>(press(SDLK_j))->direction, -1);
    EXPECT_EQ(asked<Shuttle>(press(SDLK_k))->direction, 0);
    EXPECT_EQ(asked<Shuttle>(press(SDLK_l))->direction, 1);
    EXPECT_EQ(asked<StepFrames>(press(SDLK_LEFT))->frames, -1);
    EXPECT_EQ(asked<StepFrames>(press(SDLK_RIGHT))->frames, 1);
    EXPECT_EQ(asked<StepFrames>(press(SDLK_LEFT, KMOD_LSHIFT))->frames, -10);
    EXPECT_EQ(asked<StepFrames>(press(SDLK_RIGHT, KMOD_RSHIFT))->frames, 10);
    EXPECT_EQ(asked<StepSeconds>(press(SDLK_LEFT, KMOD_LCTRL))->seconds, -1);
    EXPECT_EQ(asked<StepSeconds>(press(SDLK_RIGHT, KMOD_RCTRL))->seconds, 1);
    EXPECT_EQ(asked<SelectTake>(press(SDLK_UP))->relative, -1);
    EXPECT_EQ(asked<SelectTake>(press(SDLK_DOWN))->relative, 1);
}

TEST(Keys, WhileTypingNothingButCtrlRCtrlQAndEscapeWorks)
{
    for (const KeyBinding& binding : keyTable()) {
        const bool works =
            binding.id == KeyId::RollWhileTyping || binding.id == KeyId::Leave || binding.id == KeyId::Quit;
        EXPECT_EQ(binding.while_typing, works) << binding.name;
    }
    EXPECT_FALSE(bindingOf(press(SDLK_r), true));
    EXPECT_FALSE(bindingOf(press(SDLK_SPACE), true));
    EXPECT_TRUE(asked<ToggleRoll>(press(SDLK_r, KMOD_LCTRL), true));
}

/// Fails when a hand resting on R rolls, cuts and rolls.
TEST(Keys, AutoRepeatStepsButNeverToggles)
{
    KeyPress held = press(SDLK_r);
    held.repeat = true;
    EXPECT_FALSE(bindingOf(held, false));
    held.key = SDLK_SPACE;
    EXPECT_FALSE(bindingOf(held, false));
    held.key = SDLK_RIGHT;
    EXPECT_TRUE(asked<StepFrames>(held));
}

TEST(Keys, CapsLockAndNumLockChangeNothing)
{
    EXPECT_TRUE(asked<ToggleRoll>(press(SDLK_r, KMOD_CAPS | KMOD_NUM)));
    EXPECT_TRUE(asked<StepFrames>(press(SDLK_LEFT, KMOD_NUM)));
}

TEST(Keys, OtherModifiersAreOtherKeys)
{
    EXPECT_FALSE(bindingOf(press(SDLK_r, KMOD_LALT), false));
    EXPECT_FALSE(bindingOf(press(SDLK_r, KMOD_LGUI), false));
    EXPECT_FALSE(bindingOf(press(SDLK_LEFT, KMOD_LCTRL | KMOD_LSHIFT), false));
}

/// Fails on a crew's Cyrillic keyboard, where the key of R says "к".
TEST(Keys, NonLatinLayoutsAreReadByPlace)
{
    KeyPress cyrillic;
    cyrillic.key = 0x043A;
    cyrillic.scancode = SDL_SCANCODE_R;
    EXPECT_TRUE(asked<ToggleRoll>(cyrillic));
}

TEST(Keys, PlusIsFoundOnAllKeyboards)
{
    for (const KeyPress& plus : { press(SDLK_PLUS), press(SDLK_EQUALS), press(SDLK_EQUALS, KMOD_LSHIFT),
             press(SDLK_KP_PLUS), press(SDLK_PLUS, KMOD_LSHIFT) }) {
        const KeyBinding* binding = bindingOf(plus, false);
        ASSERT_NE(binding, nullptr);
        EXPECT_EQ(binding->id, KeyId::Faster);
    }
}

TEST(Keys, NoTwoRowsAnswerTheSamePressAndAllHaveWords)
{
    std::set<std::tuple<KeyPlace, SDL_Keycode, unsigned>> presses;
    std::set<KeyId> ids;
    for (const KeyBinding& binding : keysInForce()) {
        EXPECT_TRUE(presses.insert({ binding.place, binding.key, binding.modifiers }).second) << binding.name;
        EXPECT_TRUE(ids.insert(binding.id).second) << binding.name;
        EXPECT_FALSE(std::string(binding.words).empty()) << binding.name;
        EXPECT_EQ(&bindingOf(binding.id), &binding);
    }
}

ViewAction viewAction(const KeyPress& pressed, KeyPlace place)
{
    const KeyBinding* binding = bindingOf(pressed, false, place);
    const auto* action = binding == nullptr ? nullptr : std::get_if<ViewAction>(&binding->action);
    return action == nullptr ? ViewAction {} : *action;
}

/// Fails when the camera's settings take more than the arrows and Enter, or keep them when nobody asked.
TEST(Keys, TheCameraPanelTakesTheArrowsAndNothingElse)
{
    using P = KeyPlace;
    EXPECT_EQ(viewAction(press(SDLK_F6), P::Everywhere), ViewAction::Camera);
    EXPECT_EQ(viewAction(press(SDLK_UP), P::CameraPanel), ViewAction::SettingUp);
    EXPECT_EQ(viewAction(press(SDLK_RIGHT), P::CameraPanel), ViewAction::SettingMore);
    EXPECT_EQ(viewAction(press(SDLK_KP_ENTER), P::CameraPanel), ViewAction::SettingList);
    EXPECT_EQ(viewAction(press(SDLK_DOWN), P::CameraList), ViewAction::CameraDown);
    for (const P place : { P::CameraPanel, P::CameraList }) {
        const KeyBinding* roll = bindingOf(press(SDLK_r), false, place);
        ASSERT_NE(roll, nullptr);
        EXPECT_EQ(roll->id, KeyId::Roll);
        EXPECT_EQ(bindingOf(press(SDLK_LEFT, KMOD_LSHIFT), false, place)->id, KeyId::TenBack);
        EXPECT_EQ(bindingOf(press(SDLK_UP), true, place), nullptr) << "typing";
    }
    EXPECT_EQ(bindingOf(press(SDLK_UP), false)->id, KeyId::PreviousTake);
    EXPECT_EQ(bindingOf(press(SDLK_RETURN), false), nullptr);
}

/// Fails when practice takes R, or keeps its keys once it is closed.
TEST(Keys, PracticeHasKeysOfItsOwnWhileItIsOpen)
{
    const auto what = [](SDL_Keycode key, unsigned modifiers = 0) {
        const KeyBinding* binding = bindingOf(press(key, modifiers), false, KeyPlace::Practice);
        const auto* intent = binding == nullptr ? nullptr : std::get_if<Intent>(&binding->action);
        const auto* asked = intent == nullptr ? nullptr : std::get_if<Practise>(intent);
        return asked == nullptr ? Practise::What {} : asked->what;
    };
    EXPECT_EQ(what(SDLK_KP_ENTER), Practise::What::Record);
    EXPECT_EQ(what(SDLK_g), Practise::What::HearGuide);
    EXPECT_EQ(what(SDLK_z, KMOD_LCTRL), Practise::What::Restore);
    EXPECT_EQ(bindingOf(press(SDLK_r), false, KeyPlace::Practice)->id, KeyId::Roll);
    EXPECT_EQ(bindingOf(press(SDLK_g), false)->id, KeyId::FrameLines);
    EXPECT_EQ(bindingOf(press(SDLK_z, KMOD_LCTRL), false)->id, KeyId::Undo);
}

/// Fails when Enter ends the program though nobody asked.
TEST(Keys, EnterQuitsOnlyWhereTheQuestionStands)
{
    EXPECT_EQ(viewAction(press(SDLK_F9), KeyPlace::Everywhere), ViewAction::SecondFolder);
    EXPECT_EQ(bindingOf(press(SDLK_RETURN), false), nullptr);
    ASSERT_NE(bindingOf(press(SDLK_RETURN), false, KeyPlace::QuitQuestion), nullptr);
    EXPECT_EQ(bindingOf(press(SDLK_RETURN), false, KeyPlace::QuitQuestion)->id, KeyId::QuitAnyway);
    EXPECT_EQ(bindingOf(press(SDLK_r), false, KeyPlace::QuitQuestion)->id, KeyId::Roll);
}

TEST(Keys, TheImageToolsHaveTheKeysThatMonitorsGiveThem)
{
    using V = ViewAction;
    for (const auto& [key, action] : { std::pair { SDLK_u, V::Lut }, { SDLK_e, V::FalseColour },
             { SDLK_p, V::Peaking }, { SDLK_z, V::Zebra }, { SDLK_t, V::Scopes }, { SDLK_g, V::FrameLines },
             { SDLK_x, V::Zoom }, { SDLK_F4, V::Tools } })
        EXPECT_EQ(viewAction(press(key), KeyPlace::Everywhere), action);
    const auto shifted = [](SDL_Keycode key) {
        return viewAction(press(key, KMOD_LSHIFT), KeyPlace::Everywhere);
    };
    EXPECT_EQ(shifted(SDLK_g), V::SafeAreas);
    EXPECT_EQ(shifted(SDLK_x), V::CentreCross);
    EXPECT_EQ(shifted(SDLK_y), V::Desqueeze);
    EXPECT_TRUE(asked<CycleOrientation>(press(SDLK_y))) << "of the take: the session's";
}

TEST(Keys, SeveralPicturesAreAskedForByTheirKeys)
{
    EXPECT_TRUE(asked<CycleCompare>(press(SDLK_w)));
    EXPECT_TRUE(asked<KeepReference>(press(SDLK_w, KMOD_LSHIFT)));
    EXPECT_TRUE(asked<ToggleBothWays>(press(SDLK_b)));
    EXPECT_TRUE(asked<ToggleQuad>(press(SDLK_v)));
    EXPECT_EQ(viewAction(press(SDLK_LEFTBRACKET), KeyPlace::Everywhere), ViewAction::CompareLess);
    EXPECT_EQ(viewAction(press(SDLK_RIGHTBRACKET), KeyPlace::Everywhere), ViewAction::CompareMore);
    KeyPress held = press(SDLK_RIGHTBRACKET);
    held.repeat = true;
    EXPECT_NE(bindingOf(held, false), nullptr) << "held down it goes on";
    held.key = SDLK_w;
    EXPECT_EQ(bindingOf(held, false), nullptr);
}

TEST(Keys, TheSpeedLadderEndsWhereTheSliderEnds)
{
    EXPECT_EQ(fasterThan(100), 150);
    EXPECT_EQ(fasterThan(99), 100);
    EXPECT_EQ(fasterThan(800), 800);
    EXPECT_EQ(slowerThan(100), 75);
    EXPECT_EQ(slowerThan(101), 100);
    EXPECT_EQ(slowerThan(5), 5);
}

/// Fails for keys that are laid elsewhere and still work where they were, or that tooltips name as before.
TEST(Keys, CanBeLaidElsewhere)
{
    rebind({ { KeyId::Roll, { SDLK_INSERT, modifier::kNone } },
        { KeyId::Chrome, { SDLK_r, modifier::kNone } } });
    const KeyBinding* roll = bindingOf({ SDLK_INSERT, SDL_SCANCODE_INSERT, KMOD_NONE, false }, false);
    ASSERT_NE(roll, nullptr);
    EXPECT_EQ(roll->id, KeyId::Roll);
    EXPECT_STREQ(bindingOf(KeyId::Roll).name, "Insert");
    const KeyBinding* chrome = bindingOf({ SDLK_r, SDL_SCANCODE_R, KMOD_NONE, false }, false);
    ASSERT_NE(chrome, nullptr);
    EXPECT_EQ(chrome->id, KeyId::Chrome);
    EXPECT_EQ(bindingOf({ SDLK_h, SDL_SCANCODE_H, KMOD_NONE, false }, false), nullptr);
    EXPECT_EQ(keysInForce().size(), keyTable().size());
    EXPECT_STREQ(std::find_if(keyTable().begin(), keyTable().end(),
                     [](const KeyBinding& one) { return one.id == KeyId::Roll; })
                     ->name,
        "R")
        << "the program's own table stays";
    rebind({});
    EXPECT_STREQ(bindingOf(KeyId::Roll).name, "R");
}

} // namespace
} // namespace backtake::ui
