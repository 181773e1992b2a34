#include "ui/software_gl.hpp"

#include <SDL.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace backtake::ui {

void drawWithoutGpu()
{
    // What was set for a GPU holds software drawing back, too: a version that is lower, a driver by name, the
    // X server's own OpenGL 1.4.
    for (const char* name : { "MESA_GL_VERSION_OVERRIDE", "MESA_GLSL_VERSION_OVERRIDE",
             "MESA_LOADER_DRIVER_OVERRIDE", "GALLIUM_DRIVER", "LIBGL_ALWAYS_INDIRECT" })
        unsetenv(name);
    setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1);
    // Where another maker's OpenGL is installed beside Mesa the display is asked whose it wants.
    setenv("__GLX_VENDOR_LIBRARY_NAME", "mesa", 1);
    constexpr const char* kMesaForEgl = "/usr/share/glvnd/egl_vendor.d/50_mesa.json";
    std::error_code no_file;
    if (std::filesystem::exists(kMesaForEgl, no_file))
        setenv("__EGL_VENDOR_LIBRARY_FILENAMES", kMesaForEgl, 1);
}

bool drawsWithoutGpu()
{
    const char* const set = std::getenv("LIBGL_ALWAYS_SOFTWARE");
    return set != nullptr && (std::string_view(set) == "1" || std::string_view(set) == "true");
}

bool isSoftware(std::string_view renderer)
{
    return renderer.starts_with("llvmpipe") || renderer.starts_with("softpipe")
        || renderer.starts_with("Software Rasterizer");
}

bool offerSoftwareGl(const base::Error& why)
{
    enum Answer : int { Quit = 0, Draw };
    constexpr std::array kButtons { SDL_MessageBoxButtonData {
                                        SDL_MESSAGEBOX_BUTTON_ESCAPEKEY_DEFAULT, Quit, "Quit" },
        SDL_MessageBoxButtonData { SDL_MESSAGEBOX_BUTTON_RETURNKEY_DEFAULT, Draw, "Draw without the GPU" } };
    const std::string words =
        why.message + "\n\nDraw without the GPU now? That takes much of a processor core from the encoders.";
    SDL_MessageBoxData box {};
    box.flags = SDL_MESSAGEBOX_WARNING;
    box.title = "Backtake: no OpenGL 3.3";
    box.message = words.c_str();
    box.numbuttons = static_cast<int>(kButtons.size());
    box.buttons = kButtons.data();
    int answer = Quit;
    return SDL_ShowMessageBox(&box, &answer) == 0 && answer == Draw;
}

} // namespace backtake::ui
