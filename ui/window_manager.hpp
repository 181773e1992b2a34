/// What the display's own ways ask for: full screen with or without somebody who manages windows, errors of
/// X11.
#pragma once

#include <SDL_rect.h>

struct SDL_Window;

namespace backtake::ui {

/// false on a bare X server (a kiosk, a test display): nobody grants full screen there. True wherever SDL
/// does not talk to X11. Room: the window's thread.
bool hasWindowManager(SDL_Window* window);

/// While it lives an error that the X server reports is no more than the failure of the call that met it.
/// Else Xlib ends the program: so it does where libGL finds no driver and the server wants none of its own.
/// Room: the window's thread, one at a time.
class XErrorsAreAnswers {
public:
    XErrorsAreAnswers();
    ~XErrorsAreAnswers();
    XErrorsAreAnswers(const XErrorsAreAnswers&) = delete;
    XErrorsAreAnswers& operator=(const XErrorsAreAnswers&) = delete;
};

/// One window's full screen. It is the window manager's to grant; where there is none the window covers its
/// display itself. Room: the window's thread.
class FullScreen {
public:
    /// Of @p window, the same in every call. A refusal is logged.
    void set(SDL_Window* window, bool on);
    [[nodiscard]] bool on() const { return on_; }

private:
    bool on_ = false;
    SDL_Rect windowed_ {}; ///< To go back to where nobody else remembers it.
};

} // namespace backtake::ui
