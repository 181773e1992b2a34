#include "ui/second_output.hpp"

#include "ui/cue_view.hpp"
#include "ui/draw.hpp"
#include "ui/gl/pixels.hpp"
#include "ui/image_tools.hpp"
#include "ui/state.hpp"

#include <backends/imgui_impl_opengl3.h>
#include <epoxy/gl.h>
#include <imgui_internal.h>

#include <algorithm>
#include <string>

namespace backtake::ui {
namespace {

/// The event's window; 0 for those of none.
Uint32 windowOf(const SDL_Event& event)
{
    switch (event.type) {
    case SDL_WINDOWEVENT:
        return event.window.windowID;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        return event.key.windowID;
    case SDL_TEXTINPUT:
        return event.text.windowID;
    case SDL_MOUSEMOTION:
        return event.motion.windowID;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        return event.button.windowID;
    case SDL_MOUSEWHEEL:
        return event.wheel.windowID;
    default:
        return 0;
    }
}

/// The first display that is not @p home; home when there is no other.
int otherThan(int home, int displays)
{
    for (int one = 0; one < displays; ++one)
        if (one != home)
            return one;
    return home;
}

/// @return -1 when no display is called so.
int named(const std::string& display, int displays)
{
    for (int one = 0; one < displays; ++one) {
        const char* name = SDL_GetDisplayName(one);
        if (display == std::to_string(one + 1) || (name != nullptr && display == name))
            return one;
    }
    return -1;
}

} // namespace

base::Outcome SecondOutput::open(SDL_Window* first, SDL_GLContext context, const OutputOptions& options)
{
    first_ = first;
    context_ = context;
    options_ = options;
    displays_ = SDL_GetNumVideoDisplays();
    const int home = std::max(0, SDL_GetWindowDisplayIndex(first));
    const int display =
        options.display.empty() ? otherThan(home, displays_) : named(options.display, displays_);
    if (display < 0)
        return base::fail(base::Fault::Unsupported,
            "The second output's display " + options.display
                + " is not attached: attach it, or name another one in the settings");
    const bool beside = display == home;
    SDL_Rect bounds { 0, 0, 1280, 720 };
    SDL_GetDisplayUsableBounds(display, &bounds);
    const bool full = !beside && options.full_screen;
    const bool small = beside || full; // what full screen goes back to
    const int width = small ? std::min(960, bounds.w) : bounds.w;
    const int height = small ? std::min(540, bounds.h) : bounds.h;
    Uint32 flags = SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    if (full && hasWindowManager(first)) // asked for later, it could be granted on another display
        flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    window_.reset(SDL_CreateWindow("Backtake: picture", SDL_WINDOWPOS_CENTERED_DISPLAY(display),
        SDL_WINDOWPOS_CENTERED_DISPLAY(display), width, height, flags));
    const int beat = SDL_GL_GetSwapInterval();
    const bool drawable = window_ && SDL_GL_MakeCurrent(window_.get(), context_) == 0;
    if (drawable)
        SDL_GL_SetSwapInterval(0);
    SDL_GL_MakeCurrent(first_, context_);
    // On X11 each window has its own; on Wayland SDL keeps one for all, which the first would lose here.
    shared_beat_ = SDL_GL_GetSwapInterval() == beat ? std::nullopt : std::optional(beat);
    if (shared_beat_)
        SDL_GL_SetSwapInterval(beat);
    if (!drawable) {
        window_.reset();
        return base::fail(
            base::Fault::Unsupported, "This display gives no second window for the picture", SDL_GetError());
    }
    SDL_SetWindowMinimumSize(window_.get(), 160, 90);
    full_screen_ = {};
    full_screen_.set(window_.get(), full);
    apart_ = !beside;
    redraw_ = true;
    SDL_RaiseWindow(first_); // keys stay where they were
    SDL_SetWindowInputFocus(first_);
    return {};
}

void SecondOutput::close()
{
    // Without a window manager the keys would go with it.
    const bool had_keys = window_ && SDL_GetKeyboardFocus() == window_.get();
    window_.reset();
    if (had_keys)
        SDL_SetWindowInputFocus(first_);
    place_ = {};
}

void SecondOutput::change(const OutputOptions& options)
{
    options_ = options;
    redraw_ = isOpen();
}

std::vector<std::string> SecondOutput::displayNames()
{
    std::vector<std::string> names;
    for (int one = 0; one < SDL_GetNumVideoDisplays(); ++one) {
        const char* name = SDL_GetDisplayName(one);
        names.emplace_back(name == nullptr ? "" : name);
    }
    return names;
}

void SecondOutput::toggleFullScreen()
{
    if (!window_)
        return;
    full_screen_.set(window_.get(), !full_screen_.on());
    redraw_ = true;
}

bool SecondOutput::take(const SDL_Event& event)
{
    if (!window_)
        return false;
    if (event.type == SDL_DISPLAYEVENT) {
        const int displays = SDL_GetNumVideoDisplays();
        // What is left of its place lies on the first one's display: there it would cover the operator's. One
        // that was put beside the first stays.
        if (displays < std::exchange(displays_, displays) && apart_ && liesOnFirstsDisplay()) {
            close();
            lost_ = true;
        }
        return false;
    }
    if (event.type == SDL_WINDOWEVENT && event.window.event == SDL_WINDOWEVENT_MOVED)
        apart_ = !liesOnFirstsDisplay();
    if (windowOf(event) != SDL_GetWindowID(window_.get()))
        return false;
    if (event.type == SDL_WINDOWEVENT) {
        if (event.window.event == SDL_WINDOWEVENT_CLOSE)
            close();
        else if (event.window.event == SDL_WINDOWEVENT_EXPOSED
            || event.window.event == SDL_WINDOWEVENT_SIZE_CHANGED)
            redraw_ = true;
    }
    return true;
}

bool SecondOutput::liesOnFirstsDisplay() const
{
    return SDL_GetWindowDisplayIndex(window_.get()) == SDL_GetWindowDisplayIndex(first_);
}

bool SecondOutput::draw(const Model& model, gl::PictureRenderer& renderer, const gl::PictureTextures& picture,
    const ImageTools& tools, const Theme& theme, const std::optional<CueModel>& cue)
{
    if (!window_ || (SDL_GetWindowFlags(window_.get()) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) != 0)
        return false;
    redraw_ = false;
    SDL_GL_MakeCurrent(window_.get(), context_);
    SDL_GL_GetDrawableSize(window_.get(), &width_, &height_);
    place_ = {};
    if (const auto& format = picture.format()) {
        drawn_tools_ = {};
        drawn_tools_.desqueeze = tools.desqueeze;
        drawn_tools_.lut = options_.own_lut ? options_.own_lut : tools.lut;
        drawn_tools_.lut_on = options_.own_lut != nullptr || (options_.use_lut && tools.lut_on);
        drawn_window_ = textureOf({}, model.orientation);
        place_ = fitted(
            { 0, 0, width_, height_ }, static_cast<double>(format->width) / format->height * tools.desqueeze);
    }
    makeSigns(model, theme, cue);
    render(renderer, picture);
    if (shared_beat_)
        SDL_GL_SetSwapInterval(0);
    SDL_GL_SwapWindow(window_.get());
    if (shared_beat_)
        SDL_GL_SetSwapInterval(*shared_beat_);
    SDL_GL_MakeCurrent(first_, context_);
    return true;
}

void SecondOutput::render(gl::PictureRenderer& renderer, const gl::PictureTextures& picture) const
{
    glDisable(GL_SCISSOR_TEST);
    glViewport(0, 0, width_, height_);
    glClearColor(0, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    if (!place_.empty())
        renderer.draw(picture, place_, { place_ }, height_, drawn_window_, drawn_tools_, scale_);
    if (!signs_ || signs_->VtxBuffer.empty())
        return;
    ImDrawList* lists[] { signs_.get() };
    ImDrawData data;
    data.Valid = true;
    data.CmdLists = lists;
    data.CmdListsCount = 1;
    data.TotalIdxCount = signs_->IdxBuffer.Size;
    data.TotalVtxCount = signs_->VtxBuffer.Size;
    data.DisplaySize = { static_cast<float>(width_), static_cast<float>(height_) };
    data.FramebufferScale = { 1, 1 };
    ImGui_ImplOpenGL3_RenderDrawData(&data);
}

/// The cue sheet, badges, and what keeps an old picture from passing for live.
void SecondOutput::makeSigns(const Model& model, const Theme& theme, const std::optional<CueModel>& cue)
{
    scale_ = theme.scale;
    if (!signs_)
        signs_ = std::make_unique<ImDrawList>(ImGui::GetDrawListSharedData());
    ImDrawList& list = *signs_;
    list._ResetForNewFrame();
    const bool old = pictureIsOld(model);
    if (!options_.badge && !old && !cue)
        return;
    list.PushTextureID(ImGui::GetIO().Fonts->TexID);
    const ImVec2 size { static_cast<float>(width_), static_cast<float>(height_) };
    list.PushClipRect({ 0, 0 }, size);
    if (old && !place_.empty())
        list.AddRectFilled(at(place_), endOf(place_), colour::grey(0x60, 150));
    if (cue)
        drawCue(list, *cue, { 0, 0, width_, height_ }, theme);
    ImFont* font = theme.badge(height_ >= 900 ? BadgeSize::Big : BadgeSize::Normal);
    const float gap = theme.px(16);
    ImVec2 place { static_cast<float>(place_.x) + gap, static_cast<float>(place_.y) + gap };
    const Badges badges = badgesOf(model);
    for (const Badge& badge : badges.all()) {
        if (!options_.badge && badge.kind != BadgeKind::Lost && badge.kind != BadgeKind::Waiting)
            continue;
        drawBadge(list, badge, font, place, model.now);
        place.y += sizeOf(badge, font).height + gap;
    }
    list.PopClipRect();
    list.PopTextureID();
}

Screenshot SecondOutput::screenshot(gl::PictureRenderer& renderer, const gl::PictureTextures& picture)
{
    if (!window_ || !signs_)
        return {};
    SDL_GL_MakeCurrent(window_.get(), context_);
    // After a swap no buffer holds anything certain: the same once more, and read before the swap.
    render(renderer, picture);
    Screenshot shot { width_, height_, gl::pixelsOf(GL_BACK, width_, height_) };
    SDL_GL_MakeCurrent(first_, context_);
    redraw_ = true;
    return shot;
}

} // namespace backtake::ui
