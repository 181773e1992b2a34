#include "base/text.hpp"
#include "ui/key_names.hpp"
#include "ui/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::ui {
namespace {

/// Against CIELAB values as colour tables print them (D65): red 53.24 80.09 67.20, green 87.73 -86.18 83.18.
TEST(StateColours, AreAsFarApartAsTheEyeSeesThem)
{
    EXPECT_NEAR(colourDistance(0x000000, 0xFFFFFF), 100, 0.1);
    EXPECT_NEAR(colourDistance(0xFF0000, 0x00FF00), 170.6, 0.5);
    EXPECT_EQ(colourDistance(0x4DA3FF, 0x4DA3FF), 0);
    EXPECT_LT(colourDistance(0xFF3B30, 0xFF4A30), kHardToTellApart);
    const std::uint32_t own[] { 0xFF3B30, 0xFFB000, 0x4DA3FF, 0xC8C8C8 };
    for (const auto one : own)
        for (const auto other : own)
            EXPECT_TRUE(one == other || colourDistance(one, other) > kHardToTellApart);
}

/// Fails for an editor that shows a password, or that loses it when something else is edited.
TEST(CameraSpecs, AreEditedWithoutShowingTheirPasswords)
{
    const std::string spec = "rtsp://me:hu$h@10.0.0.7/live?token=abc&profile=1";
    const std::string shown = base::withoutSecrets(spec);
    ASSERT_EQ(shown, "rtsp://***@10.0.0.7/live?token=***&profile=1");
    EXPECT_EQ(withSecretsOf(spec, shown), spec);
    EXPECT_EQ(withSecretsOf(spec, "rtsp://***@10.0.0.8/live?token=***&profile=2"),
        "rtsp://me:hu$h@10.0.0.8/live?token=abc&profile=2");
    EXPECT_EQ(withSecretsOf(spec, "rtsp://***@10.0.0.7/live"), "rtsp://me:hu$h@10.0.0.7/live");
    EXPECT_EQ(withSecretsOf(spec, "rtsp://you:new@10.0.0.7/"), "rtsp://you:new@10.0.0.7/");
    EXPECT_EQ(withSecretsOf("gphoto:usb", "gphoto:***"), "gphoto:***");
    EXPECT_EQ(withSecretsOf("x?key=last", "y?key=***"), "y?key=last");
}

TEST(Rings, AreSizesFromAMegabyteOn)
{
    for (const char* good : { "", "1M", "512M", "2G", "1.5GiB" })
        EXPECT_TRUE(isRing(good)) << good;
    for (const char* wrong : { "1K", "much", "-1", "12" })
        EXPECT_FALSE(isRing(wrong)) << wrong;
}

const KeyBinding& rowOf(KeyId id)
{
    return *std::find_if(
        keyTable().begin(), keyTable().end(), [id](const KeyBinding& one) { return one.id == id; });
}

TEST(KeyNames, ReadWhatWasPressed)
{
    using namespace modifier;
    const auto pressed = [](SDL_Keycode key, int modifiers) {
        const auto keys =
            combinationOf({ key, SDL_SCANCODE_UNKNOWN, static_cast<unsigned>(modifiers), false });
        return keys ? text(*keys) : "";
    };
    EXPECT_EQ(pressed(SDLK_g, KMOD_LCTRL | KMOD_NUM), "Ctrl+G");
    EXPECT_EQ(pressed(SDLK_F6, KMOD_RSHIFT), "Shift+F6");
    EXPECT_EQ(pressed(SDLK_EQUALS, KMOD_LSHIFT), "+") << "on a US keyboard";
    EXPECT_EQ(pressed(SDLK_PLUS, KMOD_NONE), "+") << "on a German one";
    EXPECT_EQ(pressed(SDLK_LSHIFT, KMOD_LSHIFT), "") << "alone it is no key";
    EXPECT_EQ(pressed(SDLK_F24, KMOD_NONE), "");
}

/// Fails when one press could mean two things, or when nobody may have the arrows of a panel.
TEST(KeyNames, NoTwoRowsOfOnePlaceHaveOneKey)
{
    const auto clash = [](KeyId id, KeyCombination keys) {
        const KeyBinding* other = clashOf(rowOf(id), { { id, keys } });
        return other == nullptr ? std::nullopt : std::optional(other->id);
    };
    EXPECT_EQ(clash(KeyId::Chrome, { SDLK_r, modifier::kNone }), KeyId::Roll);
    EXPECT_EQ(clash(KeyId::Chrome, { SDLK_INSERT, modifier::kNone }), std::nullopt);
    EXPECT_EQ(clash(KeyId::CameraUp, { SDLK_LEFT, modifier::kNone }), std::nullopt);
    EXPECT_EQ(clash(KeyId::CameraUp, { SDLK_ESCAPE, modifier::kNone }), KeyId::Leave);
    EXPECT_EQ(
        clashOf(rowOf(KeyId::Chrome), { { KeyId::Chrome, { SDLK_r, 0 } }, { KeyId::Roll, { SDLK_h, 0 } } }),
        nullptr)
        << "swapping two";
    for (const KeyBinding& row : keyTable())
        EXPECT_EQ(clashOf(row, {}), nullptr) << row.words;
}

TEST(KeyNames, EveryActionIsFoundByItsName)
{
    EXPECT_EQ(actionName(KeyId::RollWhileTyping), "roll_while_typing");
    for (const KeyBinding& row : keyTable())
        EXPECT_EQ(actionNamed(actionName(row.id)), row.id);
    EXPECT_EQ(actionNamed("jump"), std::nullopt);
}

} // namespace
} // namespace backtake::ui
