/// The clean second output: a window of its own for the actors' or the director's screen, with nothing but
/// the picture, in step with the first.
#pragma once

#include "base/result.hpp"
#include "ui/cue_model.hpp"
#include "ui/gl/picture_renderer.hpp"
#include "ui/image_tools.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"
#include "ui/window.hpp"
#include "ui/window_manager.hpp"

#include <SDL.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backtake::ui {

/// Room: the window's, with its GL context current in every call, which it is again afterwards. Shares that
/// context, so the picture is uploaded once. Waits for no display: the first window sets the beat.
class SecondOutput {
public:
    /// @param first the window that owns @p context.
    /// @return Fault::Unsupported when the display gives no second window; the first is not touched.
    base::Outcome open(SDL_Window* first, SDL_GLContext context, const OutputOptions& options);
    void close();
    /// What is drawn follows at once; where the window stands, when it is opened again.
    void change(const OutputOptions& options);
    /// Of the displays that are attached, the first being number 1; empty: it has none.
    [[nodiscard]] static std::vector<std::string> displayNames();
    [[nodiscard]] bool isOpen() const { return window_ != nullptr; }

    /// Events of its own window and of displays. @return whether it was one: the first window need not look
    /// at it, unless it is a key.
    bool take(const SDL_Event& event);
    void toggleFullScreen();
    /// Its display was unplugged since the last call; it is closed then.
    [[nodiscard]] bool lostItsDisplay() { return std::exchange(lost_, false); }
    /// Something disturbed its glass: it has to be drawn again.
    [[nodiscard]] bool wantsRedraw() const { return redraw_; }

    /// Draws @p picture, turned and desqueezed as in the first window, and hands it to the display. @return
    /// whether it did: not while it is closed or minimised.
    /// @param cue the sheet over it; nullopt: none.
    bool draw(const Model& model, gl::PictureRenderer& renderer, const gl::PictureTextures& picture,
        const ImageTools& tools, const Theme& theme, const std::optional<CueModel>& cue);
    /// Of the last draw, top row first; for tests, slow.
    [[nodiscard]] Screenshot screenshot(gl::PictureRenderer& renderer, const gl::PictureTextures& picture);

private:
    struct WindowCloser {
        void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
    };
    [[nodiscard]] bool liesOnFirstsDisplay() const;
    void makeSigns(const Model& model, const Theme& theme, const std::optional<CueModel>& cue);
    /// What was drawn last, without handing it to the display.
    void render(gl::PictureRenderer& renderer, const gl::PictureTextures& picture) const;

    std::unique_ptr<SDL_Window, WindowCloser> window_;
    SDL_Window* first_ = nullptr;
    SDL_GLContext context_ = nullptr;
    OutputOptions options_;
    std::optional<int> shared_beat_; ///< The first's swap interval, where SDL keeps one for all windows.
    FullScreen full_screen_;
    int displays_ = 0;
    bool apart_ = false; ///< It lay on another display than the first when it was last moved.
    int width_ = 0;      ///< In pixels, and the rest as well: of the last draw.
    int height_ = 0;
    Rect place_;
    ImageTools drawn_tools_;
    TextureWindow drawn_window_;
    float scale_ = 1;
    bool redraw_ = false;
    bool lost_ = false;
    std::unique_ptr<ImDrawList> signs_; ///< Null before the first.
};

} // namespace backtake::ui
