#include "ui/keys.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace backtake::ui {
namespace {

using namespace modifier;

const auto& table()
{
    using G = KeyGroup;
    using K = KeyId;
    constexpr bool kOnce = false;
    constexpr bool kRepeats = true;
    constexpr bool kNotTyping = false;
    constexpr bool kTyping = true;
    constexpr SDL_Keycode kNoOther = SDLK_UNKNOWN;
    static const std::array rows {
        KeyBinding { K::Roll, G::Take, SDLK_r, kNoOther, kNone, kOnce, kNotTyping, "R",
            "Roll; again: cut, and review starts reversed", Intent { ToggleRoll {} } },
        KeyBinding { K::RollWhileTyping, G::Take, SDLK_r, kNoOther, kCtrl, kOnce, kTyping, "Ctrl+R",
            "The same, also while typing", Intent { ToggleRoll {} } },
        KeyBinding { K::Review, G::Take, SDLK_TAB, kNoOther, kNone, kOnce, kNotTyping, "Tab", "Live / review",
            Intent { ToggleReview {} } },
        KeyBinding { K::PreviousTake, G::Take, SDLK_UP, kNoOther, kNone, kRepeats, kNotTyping, "Up",
            "Previous take", Intent { SelectTake { -1, std::nullopt } } },
        KeyBinding { K::NextTake, G::Take, SDLK_DOWN, kNoOther, kNone, kRepeats, kNotTyping, "Down",
            "Next take", Intent { SelectTake { +1, std::nullopt } } },

        KeyBinding { K::Play, G::Play, SDLK_SPACE, kNoOther, kNone, kOnce, kNotTyping, "Space",
            "Play / pause", Intent { TogglePlay {} } },
        KeyBinding { K::Order, G::Play, SDLK_d, kNoOther, kNone, kOnce, kNotTyping, "D",
            "Shown order / captured order", Intent { ToggleOrder {} } },
        KeyBinding { K::ShuttleBack, G::Play, SDLK_j, kNoOther, kNone, kOnce, kNotTyping, "J",
            "Slower, or against the order on screen", Intent { Shuttle { -1 } } },
        KeyBinding { K::ShuttlePause, G::Play, SDLK_k, kNoOther, kNone, kOnce, kNotTyping, "K", "Pause",
            Intent { Shuttle { 0 } } },
        KeyBinding { K::ShuttleOn, G::Play, SDLK_l, kNoOther, kNone, kOnce, kNotTyping, "L",
            "Play, or faster", Intent { Shuttle { +1 } } },
        KeyBinding { K::FrameBack, G::Play, SDLK_LEFT, kNoOther, kNone, kRepeats, kNotTyping, "Left",
            "One frame back", Intent { StepFrames { -1 } } },
        KeyBinding { K::FrameOn, G::Play, SDLK_RIGHT, kNoOther, kNone, kRepeats, kNotTyping, "Right",
            "One frame on", Intent { StepFrames { +1 } } },
        KeyBinding { K::TenBack, G::Play, SDLK_LEFT, kNoOther, kShift, kRepeats, kNotTyping, "Shift+Left",
            "Ten frames back", Intent { StepFrames { -10 } } },
        KeyBinding { K::TenOn, G::Play, SDLK_RIGHT, kNoOther, kShift, kRepeats, kNotTyping, "Shift+Right",
            "Ten frames on", Intent { StepFrames { +10 } } },
        KeyBinding { K::SecondBack, G::Play, SDLK_LEFT, kNoOther, kCtrl, kRepeats, kNotTyping, "Ctrl+Left",
            "One second back", Intent { StepSeconds { -1 } } },
        KeyBinding { K::SecondOn, G::Play, SDLK_RIGHT, kNoOther, kCtrl, kRepeats, kNotTyping, "Ctrl+Right",
            "One second on", Intent { StepSeconds { +1 } } },
        KeyBinding { K::First, G::Play, SDLK_HOME, kNoOther, kNone, kOnce, kNotTyping, "Home",
            "First frame, in the order on screen", Intent { GoToFirst {} } },
        KeyBinding { K::Last, G::Play, SDLK_END, kNoOther, kNone, kOnce, kNotTyping, "End", "Last frame",
            Intent { GoToLast {} } },

        KeyBinding { K::In, G::Marks, SDLK_i, kNoOther, kNone, kOnce, kNotTyping, "I",
            "In, at the frame on screen", Intent { SetIn {} } },
        KeyBinding { K::Out, G::Marks, SDLK_o, kNoOther, kNone, kOnce, kNotTyping, "O",
            "Out, at the frame on screen", Intent { SetOut {} } },
        KeyBinding { K::ClearIn, G::Marks, SDLK_i, kNoOther, kAlt, kOnce, kNotTyping, "Alt+I", "Clear in",
            Intent { ClearIn {} } },
        KeyBinding { K::ClearOut, G::Marks, SDLK_o, kNoOther, kAlt, kOnce, kNotTyping, "Alt+O", "Clear out",
            Intent { ClearOut {} } },
        KeyBinding { K::Loop, G::Marks, SDLK_q, kNoOther, kNone, kOnce, kNotTyping, "Q",
            "Loop, ping-pong, once", Intent { CycleLoop {} } },
        KeyBinding { K::Slower, G::Marks, SDLK_MINUS, SDLK_KP_MINUS, kAnyShift, kRepeats, kNotTyping, "-",
            "Speed down", ViewAction::Slower },
        KeyBinding { K::Faster, G::Marks, SDLK_PLUS, SDLK_KP_PLUS, kAnyShift, kRepeats, kNotTyping, "+",
            "Speed up", ViewAction::Faster },

        KeyBinding { K::FullScreen, G::Window, SDLK_f, kNoOther, kNone, kOnce, kNotTyping, "F", "Full screen",
            ViewAction::FullScreen },
        KeyBinding { K::Chrome, G::Window, SDLK_h, kNoOther, kNone, kOnce, kNotTyping, "H",
            "Hide all but picture, frame and badge", ViewAction::Chrome },
        KeyBinding {
            K::Keys, G::Window, SDLK_F1, kNoOther, kNone, kOnce, kNotTyping, "F1", "Keys", ViewAction::Keys },
        KeyBinding { K::Debug, G::Window, SDLK_F3, kNoOther, kNone, kOnce, kNotTyping, "F3", "Debug overlay",
            ViewAction::Debug },
        KeyBinding { K::Leave, G::Window, SDLK_ESCAPE, kNoOther, kNone, kOnce, kTyping, "Esc",
            "Leave what is on top; never cuts a take", ViewAction::Leave },
        KeyBinding { K::Quit, G::Window, SDLK_q, kNoOther, kCtrl, kOnce, kTyping, "Ctrl+Q", "Quit",
            Intent { Quit {} } },
    };
    return rows;
}

/// Letters by the place of the key where the layout's own sign is no Latin one; "+" where US keyboards have
/// "=".
SDL_Keycode readable(const KeyPress& press)
{
    const bool special = (press.key & SDLK_SCANCODE_MASK) != 0;
    if (!special && press.key > 127 && press.scancode >= SDL_SCANCODE_A && press.scancode <= SDL_SCANCODE_Z)
        return SDLK_a + (press.scancode - SDL_SCANCODE_A);
    if (press.key == SDLK_EQUALS)
        return SDLK_PLUS;
    return press.key;
}

unsigned modifiersOf(const KeyPress& press)
{
    unsigned modifiers = kNone;
    if ((press.sdl_modifiers & KMOD_SHIFT) != 0)
        modifiers |= kShift;
    if ((press.sdl_modifiers & KMOD_CTRL) != 0)
        modifiers |= kCtrl;
    if ((press.sdl_modifiers & KMOD_ALT) != 0)
        modifiers |= kAlt;
    return modifiers;
}

bool agree(unsigned wanted, unsigned pressed)
{
    if ((wanted & kAnyShift) != 0)
        return (wanted & ~kAnyShift) == (pressed & ~kShift);
    return wanted == pressed;
}

constexpr std::array kSpeedLadder { 5, 10, 25, 50, 75, 100, 150, 200, 400, 800 };

} // namespace

std::span<const KeyBinding> keyTable() { return table(); }

const KeyBinding& bindingOf(KeyId id)
{
    const auto row = std::find_if(table().begin(), table().end(), [&](const auto& b) { return b.id == id; });
    assert(row != table().end() && "every KeyId has a row");
    return *row;
}

const KeyBinding* bindingOf(const KeyPress& press, bool typing)
{
    if (press.key == SDLK_UNKNOWN || (press.sdl_modifiers & KMOD_GUI) != 0)
        return nullptr;
    const SDL_Keycode key = readable(press);
    const unsigned modifiers = modifiersOf(press);
    for (const KeyBinding& binding : table()) {
        if ((binding.key != key && binding.other_key != key) || !agree(binding.modifiers, modifiers))
            continue;
        if ((typing && !binding.while_typing) || (press.repeat && !binding.repeats))
            return nullptr;
        return &binding;
    }
    return nullptr;
}

int fasterThan(int percent)
{
    const auto* next = std::upper_bound(kSpeedLadder.begin(), kSpeedLadder.end(), percent);
    return next == kSpeedLadder.end() ? kSpeedLadder.back() : *next;
}

int slowerThan(int percent)
{
    const auto* next = std::lower_bound(kSpeedLadder.begin(), kSpeedLadder.end(), percent);
    return next == kSpeedLadder.begin() ? kSpeedLadder.front() : *(next - 1);
}

} // namespace backtake::ui
