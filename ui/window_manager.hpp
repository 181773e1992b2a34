/// Whether somebody manages windows on this display.
#pragma once

struct SDL_Window;

namespace backtake::ui {

/// false on a bare X server (a kiosk, a test display): nobody grants full screen there. True wherever SDL
/// does not talk to X11. Room: the window's thread.
bool hasWindowManager(SDL_Window* window);

} // namespace backtake::ui
