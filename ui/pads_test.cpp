#include "ui/pads.hpp"

#include <SDL.h>
#include <gtest/gtest.h>

#include <vector>

namespace backtake::ui {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// A pad that only SDL knows, with Pads as the window uses it.
class PadsTest : public testing::Test {
protected:
    void attach(SDL_JoystickType type, int axes, int buttons)
    {
        index_ = SDL_JoystickAttachVirtual(type, axes, buttons, 0);
        ASSERT_GE(index_, 0) << SDL_GetError();
        pump();
        device_ = SDL_JoystickFromInstanceID(SDL_JoystickGetDeviceInstanceID(index_));
        ASSERT_NE(device_, nullptr) << "Pads opens what is attached";
    }
    /// All that SDL has to tell goes to Pads. @return what was asked for.
    std::vector<Action> pump()
    {
        std::vector<Action> asked;
        SDL_Event event;
        SDL_JoystickUpdate();
        while (SDL_PollEvent(&event) != 0)
            if (auto action = pads_.take(event, now_))
                asked.push_back(*action);
        return asked;
    }
    std::vector<Action> press(int button)
    {
        SDL_JoystickSetVirtualButton(device_, button, 1);
        auto asked = pump();
        SDL_JoystickSetVirtualButton(device_, button, 0);
        const auto released = pump();
        asked.insert(asked.end(), released.begin(), released.end());
        return asked;
    }
    /// Frames stepped while the stick is held for @p time at 60 UI frames a second.
    int jogged(Sint16 value, Nanos time, int axis = 0)
    {
        SDL_JoystickSetVirtualAxis(device_, axis, value);
        pump();
        int frames = 0;
        for (const Nanos end = now_ + time; now_ < end; now_ += 16'666'667ns)
            if (const auto intent = pads_.tick(now_))
                frames += std::get<StepFrames>(*intent).frames;
        return frames;
    }

    Pads pads_;
    int index_ = -1;
    SDL_Joystick* device_ = nullptr;
    Nanos now_ { 10s };

    void TearDown() override
    {
        if (index_ >= 0)
            SDL_JoystickDetachVirtual(index_);
        pump();
    }
};

bool isIntent(const std::vector<Action>& asked, std::size_t kind)
{
    return asked.size() == 1 && std::holds_alternative<Intent>(asked[0])
        && std::get<Intent>(asked[0]).index() == kind;
}

template <typename T> std::size_t kindOf() { return Intent(T {}).index(); }

/// Fails for pads whose buttons do something else than the key that stands in the table.
TEST_F(PadsTest, AButtonIsTheKeyThatStandsInTheTable)
{
    attach(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX);
    EXPECT_EQ(pads_.attached(), 1u);
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_START), kindOf<ToggleRoll>()));
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_A), kindOf<TogglePlay>()));
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_X), kindOf<ToggleOrder>()));
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_DPAD_LEFT), kindOf<StepFrames>()));
    EXPECT_TRUE(press(SDL_CONTROLLER_BUTTON_GUIDE).empty());
}

TEST_F(PadsTest, AButtonThatBouncesOrFloodsIsPressedOnce)
{
    attach(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX);
    std::size_t presses = 0;
    for (int i = 0; i < 1000; ++i)
        presses += press(SDL_CONTROLLER_BUTTON_START).size();
    EXPECT_EQ(presses, 1u) << "all within no time";
    now_ += Pads::kBounce;
    EXPECT_EQ(press(SDL_CONTROLLER_BUTTON_START).size(), 1u);
}

TEST_F(PadsTest, AHeldStickJogsAsFarAsItIsPushed)
{
    attach(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX);
    EXPECT_EQ(jogged(3000, 1s), 0) << "not quite in the middle";
    EXPECT_NEAR(jogged(32767, 1s), 50, 1);
    EXPECT_NEAR(jogged(-32767, 1s), -50, 1);
    const int half = jogged(20000, 1s);
    EXPECT_GT(half, 5);
    EXPECT_LT(half, 25);
    EXPECT_EQ(jogged(0, 1s), 0);
    jogged(32767, 0s);
    now_ += 10s; // the window stood still
    EXPECT_LE(jogged(32767, 17ms), 6);
}

/// Fails for pads that need SDL's own table of names: most jog wheels are not in it.
TEST_F(PadsTest, AJoystickWithoutALayoutWorksToo)
{
    attach(SDL_JOYSTICK_TYPE_UNKNOWN, 1, 4);
    EXPECT_TRUE(isIntent(press(0), kindOf<TogglePlay>())) << "in the order of the table";
    EXPECT_NEAR(jogged(32767, 1s), 50, 1);
}

/// Fails for names that are not SDL's own: people find those in its documentation.
TEST_F(PadsTest, ButtonsAndAxesAreCalledAsSdlCallsThem)
{
    for (const PadBinding& binding : padTable())
        EXPECT_STREQ(binding.name,
            SDL_GameControllerGetStringForButton(static_cast<SDL_GameControllerButton>(binding.button)));
    for (const PadAxis& axis : axisTable())
        EXPECT_STREQ(
            axis.name, SDL_GameControllerGetStringForAxis(static_cast<SDL_GameControllerAxis>(axis.axis)));
    EXPECT_EQ(padTable().size(), static_cast<std::size_t>(SDL_CONTROLLER_BUTTON_MAX));
    EXPECT_EQ(axisTable().size(), static_cast<std::size_t>(SDL_CONTROLLER_AXIS_MAX));
}

TEST_F(PadsTest, ButtonsAndSticksDoWhatTheyAreMappedTo)
{
    attach(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX);
    PadMapping mapping;
    mapping.buttons[SDL_CONTROLLER_BUTTON_GUIDE] = KeyId::Roll;
    mapping.buttons[SDL_CONTROLLER_BUTTON_A] = std::nullopt;
    mapping.axes[SDL_CONTROLLER_AXIS_LEFTX] = AxisUse::Nothing;
    mapping.axes[SDL_CONTROLLER_AXIS_RIGHTY] = AxisUse::Shuttle;
    pads_.setMapping(mapping);
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_GUIDE), kindOf<ToggleRoll>()));
    EXPECT_TRUE(press(SDL_CONTROLLER_BUTTON_A).empty());
    EXPECT_TRUE(isIntent(press(SDL_CONTROLLER_BUTTON_X), kindOf<ToggleOrder>())) << "as it was";
    EXPECT_EQ(jogged(32767, 1s, SDL_CONTROLLER_AXIS_LEFTX), 0);
    EXPECT_EQ(pads_.pushed()->axis, SDL_CONTROLLER_AXIS_LEFTX);
    jogged(0, 0s, SDL_CONTROLLER_AXIS_LEFTX);
    EXPECT_NEAR(jogged(-32767, 1s, SDL_CONTROLLER_AXIS_RIGHTY), -250, 5);
    jogged(0, 0s, SDL_CONTROLLER_AXIS_RIGHTY);
    EXPECT_EQ(pads_.pushed(), nullptr);
    EXPECT_NEAR(jogged(32767, 1s, SDL_CONTROLLER_AXIS_RIGHTX), 50, 1) << "as it was";
}

TEST_F(PadsTest, APadThatIsPulledOutStopsJogging)
{
    attach(SDL_JOYSTICK_TYPE_GAMECONTROLLER, SDL_CONTROLLER_AXIS_MAX, SDL_CONTROLLER_BUTTON_MAX);
    EXPECT_GT(jogged(32767, 1s), 0);
    SDL_JoystickDetachVirtual(std::exchange(index_, -1));
    pump();
    EXPECT_EQ(pads_.attached(), 0u);
    now_ += 1s;
    EXPECT_EQ(pads_.tick(now_), std::nullopt);
}

} // namespace
} // namespace backtake::ui
