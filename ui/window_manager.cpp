#include "ui/window_manager.hpp"

#include <SDL.h>
#include <SDL_syswm.h>
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::ui {

bool hasWindowManager(SDL_Window* window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (SDL_GetWindowWMInfo(window, &info) != SDL_TRUE || info.subsystem != SDL_SYSWM_X11)
        return true;
    Display* const display = info.info.x11.display;
    // Extended Window Manager Hints 1.3: a window manager names its own window in this property of the root.
    const Atom property = XInternAtom(display, "_NET_SUPPORTING_WM_CHECK", True);
    if (property == None)
        return false;
    Atom type = None;
    int format = 0;
    unsigned long count = 0;
    unsigned long after = 0;
    unsigned char* value = nullptr;
    const int status = XGetWindowProperty(display, DefaultRootWindow(display), property, 0, 1, False,
        XA_WINDOW, &type, &format, &count, &after, &value);
    if (value != nullptr)
        XFree(value);
    return status == Success && type == XA_WINDOW && count == 1;
}

namespace {
XErrorHandler before = nullptr; // its type cannot be named without Xlib's header, which is full of macros
}

XErrorsAreAnswers::XErrorsAreAnswers()
{
    before = XSetErrorHandler([](Display*, XErrorEvent*) { return 0; });
}

XErrorsAreAnswers::~XErrorsAreAnswers() { XSetErrorHandler(before); }

void FullScreen::set(SDL_Window* window, bool on)
{
    if (on == on_)
        return;
    on_ = on;
    if (hasWindowManager(window)) {
        if (SDL_SetWindowFullscreen(window, on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) != 0)
            spdlog::warn("ui: full screen failed: {}", SDL_GetError());
        return;
    }
    SDL_Rect place = windowed_;
    if (on) {
        SDL_GetWindowPosition(window, &windowed_.x, &windowed_.y);
        SDL_GetWindowSize(window, &windowed_.w, &windowed_.h);
        SDL_GetDisplayBounds(std::max(0, SDL_GetWindowDisplayIndex(window)), &place);
    }
    SDL_SetWindowSize(window, place.w, place.h);
    SDL_SetWindowPosition(window, place.x, place.y);
}

} // namespace backtake::ui
