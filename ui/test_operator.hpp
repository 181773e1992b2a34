/// An operator without a plan, for tests of the window: presses, clicks, drags, scrolls, types and resizes at
/// random, through SDL's queue like a real one.
#pragma once

#include "ui/keys.hpp"

#include <SDL.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>

namespace backtake::ui {

/// BACKTAKE_SEED of the environment, else always the same. Printed: with it a run can be repeated, as far as
/// time lets it.
inline std::uint32_t seedOfTest()
{
    const char* const given = std::getenv("BACKTAKE_SEED");
    const auto seed =
        given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 20261121U;
    std::printf("BACKTAKE_SEED=%u\n", seed);
    std::fflush(stdout); // it is wanted most when the test does not come back
    return seed;
}

/// A key goes down and up again. @param window 0: whichever has the keyboard.
inline void pressKey(SDL_Keycode code, int modifiers = KMOD_NONE, Uint32 window = 0, bool repeat = false)
{
    SDL_Event event {};
    event.type = SDL_KEYDOWN;
    event.key.windowID = window;
    event.key.state = SDL_PRESSED;
    event.key.repeat = repeat ? 1 : 0;
    event.key.keysym.sym = code;
    event.key.keysym.scancode = SDL_GetScancodeFromKey(code);
    event.key.keysym.mod = static_cast<Uint16>(modifiers);
    SDL_PushEvent(&event);
    event.type = SDL_KEYUP;
    event.key.state = SDL_RELEASED;
    SDL_PushEvent(&event);
}

/// Room: the window's. The first window's title must not be the second output's.
class RandomOperator {
public:
    explicit RandomOperator(std::uint32_t seed)
        : random_(seed)
    {
    }

    /// From 0 on, below @p count.
    int one(int count) { return static_cast<int>(random_() % static_cast<std::uint32_t>(count)); }

    /// The next thing he does. A drag goes on over the next ones.
    void act()
    {
        findWindows();
        if (windows_.empty())
            return;
        if (drag_left_ > 0) {
            --drag_left_;
            return button(pointer_x_ + one(200) - 100, pointer_y_ + one(120) - 60, drag_button_);
        }
        switch (one(20)) {
        case 0:
        case 1:
        case 2:
            return button(one(width()), one(height()), one(8) == 0 ? SDL_BUTTON_RIGHT : SDL_BUTTON_LEFT);
        case 3:
            drag_left_ = 3 + one(10);
            drag_button_ = SDL_BUTTON_LEFT;
            return button(one(width()), one(height()), drag_button_);
        case 4:
            return wheel();
        case 5:
            return type();
        case 6: // what closes, enters and moves on in popups and lists
            return key(kEditing[one(static_cast<int>(std::size(kEditing)))], KMOD_NONE);
        case 7:
            return one(3) == 0 ? resize() : tellWindow();
        case 8:
            return pad();
        default: {
            const auto table = keysInForce();
            const KeyBinding& row = table[static_cast<std::size_t>(one(static_cast<int>(table.size())))];
            int modifiers = KMOD_NONE;
            modifiers |= (row.modifiers & modifier::kShift) != 0 ? KMOD_LSHIFT : 0;
            modifiers |= (row.modifiers & modifier::kCtrl) != 0 ? KMOD_LCTRL : 0;
            modifiers |= (row.modifiers & modifier::kAlt) != 0 ? KMOD_LALT : 0;
            return key(row.key, modifiers);
        }
        }
    }

    void key(SDL_Keycode code, int modifiers)
    {
        findWindows();
        const Uint32 window = one(8) == 0 ? windows_.back() : windows_.front();
        pressKey(code, modifiers, window, one(10) == 0);
    }
    /// Of the first window.
    void resizeTo(int width, int height)
    {
        findWindows();
        SDL_SetWindowSize(first(), width, height);
    }

private:
    static constexpr SDL_Keycode kEditing[] { SDLK_ESCAPE, SDLK_RETURN, SDLK_TAB, SDLK_BACKSPACE, SDLK_DELETE,
        SDLK_DOWN, SDLK_UP, SDLK_LEFT, SDLK_RIGHT, SDLK_HOME, SDLK_END };

    /// The first one, then the second output if it is open.
    void findWindows()
    {
        windows_.clear();
        constexpr Uint32 kMostWindows = 4096; // a process opens them one after the other
        for (Uint32 id = 1; id < kMostWindows; ++id)
            if (SDL_Window* const window = SDL_GetWindowFromID(id))
                windows_.insert(std::string_view(SDL_GetWindowTitle(window)) == "Backtake: picture"
                        ? windows_.end()
                        : windows_.begin(),
                    id);
    }
    SDL_Window* first() const { return SDL_GetWindowFromID(windows_.front()); }
    int width() const
    {
        int width = 0;
        SDL_GetWindowSize(first(), &width, nullptr);
        return std::max(1, width);
    }
    int height() const
    {
        int height = 0;
        SDL_GetWindowSize(first(), nullptr, &height);
        return std::max(1, height);
    }
    void button(int x, int y, Uint8 which)
    {
        pointer_x_ = x;
        pointer_y_ = y;
        SDL_WarpMouseInWindow(first(), x, y);
        SDL_Event event {};
        event.type = SDL_MOUSEBUTTONDOWN; // for ImGui held during one frame
        event.button.windowID = windows_.front();
        event.button.button = which;
        event.button.state = SDL_PRESSED;
        SDL_PushEvent(&event);
    }
    void wheel()
    {
        SDL_WarpMouseInWindow(first(), one(width()), one(height()));
        SDL_Event event {};
        event.type = SDL_MOUSEWHEEL;
        event.wheel.windowID = windows_.front();
        event.wheel.y = one(2) == 0 ? 1 : -1;
        event.wheel.x = one(6) - 3;
        SDL_PushEvent(&event);
    }
    void type()
    {
        constexpr std::string_view kTyped = "0123456789abcxyzABC/.:-_ %#\xC3\xA4";
        SDL_Event event {};
        event.type = SDL_TEXTINPUT;
        event.text.windowID = windows_.front();
        const int length = 1 + one(20);
        for (int i = 0; i < length; ++i) // bytes: half of a letter happens, too
            event.text.text[i] = kTyped[static_cast<std::size_t>(one(static_cast<int>(kTyped.size())))];
        SDL_PushEvent(&event);
    }
    void resize()
    {
        SDL_SetWindowSize(SDL_GetWindowFromID(one(4) == 0 ? windows_.back() : windows_.front()),
            160 + one(800), 90 + one(500));
    }
    void tellWindow()
    {
        constexpr SDL_WindowEventID kEvents[] { SDL_WINDOWEVENT_EXPOSED, SDL_WINDOWEVENT_ENTER,
            SDL_WINDOWEVENT_LEAVE, SDL_WINDOWEVENT_FOCUS_LOST, SDL_WINDOWEVENT_FOCUS_GAINED,
            SDL_WINDOWEVENT_DISPLAY_CHANGED, SDL_WINDOWEVENT_MOVED, SDL_WINDOWEVENT_CLOSE };
        SDL_Event event {};
        event.type = SDL_WINDOWEVENT;
        event.window.windowID = one(2) == 0 ? windows_.back() : windows_.front();
        event.window.event =
            static_cast<Uint8>(kEvents[static_cast<std::size_t>(one(static_cast<int>(std::size(kEvents))))]);
        SDL_PushEvent(&event);
    }
    void pad()
    {
        SDL_Event event {};
        if (one(2) == 0) {
            event.type = SDL_CONTROLLERBUTTONDOWN;
            event.cbutton.button = static_cast<Uint8>(one(SDL_CONTROLLER_BUTTON_MAX));
            event.cbutton.state = SDL_PRESSED;
        } else {
            event.type = SDL_CONTROLLERAXISMOTION;
            event.caxis.axis = static_cast<Uint8>(one(SDL_CONTROLLER_AXIS_MAX));
            event.caxis.value = static_cast<Sint16>(one(65536) - 32768);
        }
        SDL_PushEvent(&event);
    }

    std::mt19937 random_;
    std::vector<Uint32> windows_;
    int drag_left_ = 0;
    Uint8 drag_button_ = SDL_BUTTON_LEFT;
    int pointer_x_ = 0;
    int pointer_y_ = 0;
};

} // namespace backtake::ui
