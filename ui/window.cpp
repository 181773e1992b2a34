#include "ui/window.hpp"

#include "base/thread_marks.hpp"
#include "ui/camera_panel.hpp"
#include "ui/cue_editor.hpp"
#include "ui/cue_view.hpp"
#include "ui/debug_overlay.hpp"
#include "ui/draw.hpp"
#include "ui/frame_guides.hpp"
#include "ui/gl/picture_renderer.hpp"
#include "ui/gl/pixels.hpp"
#include "ui/guide_popup.hpp"
#include "ui/handover_popup.hpp"
#include "ui/image_tools.hpp"
#include "ui/keys.hpp"
#include "ui/keys_overlay.hpp"
#include "ui/lip_panel.hpp"
#include "ui/marks.hpp"
#include "ui/messages_view.hpp"
#include "ui/monitor_view.hpp"
#include "ui/note_editor.hpp"
#include "ui/pads.hpp"
#include "ui/practice_panel.hpp"
#include "ui/quit_question.hpp"
#include "ui/scope_thread.hpp"
#include "ui/scopes_panel.hpp"
#include "ui/scrub_bar.hpp"
#include "ui/second_folder_popup.hpp"
#include "ui/second_output.hpp"
#include "ui/settings_popup.hpp"
#include "ui/setup_editor.hpp"
#include "ui/sheet_editor.hpp"
#include "ui/software_gl.hpp"
#include "ui/sound_devices.hpp"
#include "ui/sound_output.hpp"
#include "ui/state.hpp"
#include "ui/story_panel.hpp"
#include "ui/take_search.hpp"
#include "ui/takes_panel.hpp"
#include "ui/theme.hpp"
#include "ui/tools_popup.hpp"
#include "ui/top_bar.hpp"
#include "ui/transport_bar.hpp"
#include "ui/window_manager.hpp"

#include <SDL.h>
#include <backends/imgui_impl_opengl3.h>
#include <backends/imgui_impl_sdl.h>
#include <epoxy/gl.h>
#include <imgui.h>
#include <spdlog/spdlog.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace backtake::ui {
namespace {

using base::Nanos;

base::Error noOpenGl(std::string detail)
{
    return { base::Fault::Unsupported,
        drawsWithoutGpu()
            ? "This display gives no OpenGL 3.3, not even drawn without the GPU: sudo apt-get install "
              "--reinstall libgl1-mesa-dri libglx-mesa0 libegl-mesa0"
            : "This display gives no OpenGL 3.3: update its driver, or start Backtake with --software-gl to "
              "draw without the GPU",
        std::move(detail) };
}

struct WindowDeleter {
    void operator()(SDL_Window* window) const { SDL_DestroyWindow(window); }
};

/// SDL's video part, from open() until the window is gone.
class Video {
public:
    Video() = default;
    Video(const Video&) = delete;
    Video& operator=(const Video&) = delete;
    ~Video()
    {
        if (!started_)
            return;
        // Sound keeps SDL's events alive; no window after this one is to hear of what happened to it.
        SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
    }
    bool start() { return started_ = SDL_InitSubSystem(SDL_INIT_VIDEO) == 0; }

private:
    bool started_ = false;
};

class Context {
public:
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context()
    {
        if (context_ != nullptr)
            SDL_GL_DeleteContext(context_);
    }
    bool make(SDL_Window* window) { return (context_ = SDL_GL_CreateContext(window)) != nullptr; }
    [[nodiscard]] SDL_GLContext get() const { return context_; }

private:
    SDL_GLContext context_ = nullptr;
};

/// ImGui with its two backends.
class Gui {
public:
    Gui() = default;
    Gui(const Gui&) = delete;
    Gui& operator=(const Gui&) = delete;
    ~Gui()
    {
        if (gl_)
            ImGui_ImplOpenGL3_Shutdown();
        if (sdl_)
            ImGui_ImplSDL2_Shutdown();
        if (context_ != nullptr)
            ImGui::DestroyContext(context_);
    }
    bool start(SDL_Window* window, SDL_GLContext gl)
    {
        IMGUI_CHECKVERSION();
        context_ = ImGui::CreateContext();
        ImGuiIO& io = ImGui::GetIO();
        io.IniFilename = nullptr; // no imgui.ini in whatever folder we were started from
        io.LogFilename = nullptr;
        sdl_ = ImGui_ImplSDL2_InitForOpenGL(window, gl);
        gl_ = sdl_ && ImGui_ImplOpenGL3_Init("#version 330 core");
        return gl_;
    }

private:
    ImGuiContext* context_ = nullptr;
    bool sdl_ = false;
    bool gl_ = false;
};

/// What ImGui would draw, as a number: when that and the scene under it are the same as last time the glass
/// need not be touched.
class Fingerprint {
public:
    Fingerprint()
        : state_(XXH3_createState())
    {
    }
    std::uint64_t of(const ImDrawData& data)
    {
        XXH3_64bits_reset(state_.get());
        add(&data.DisplaySize, 1);
        for (int i = 0; i < data.CmdListsCount; ++i) {
            const ImDrawList& list = *data.CmdLists[i];
            add(list.VtxBuffer.Data, list.VtxBuffer.Size);
            add(list.IdxBuffer.Data, list.IdxBuffer.Size);
            for (const ImDrawCmd& command : list.CmdBuffer) {
                add(&command.ClipRect, 1);
                add(&command.TextureId, 1);
                add(&command.ElemCount, 1);
            }
        }
        return XXH3_64bits_digest(state_.get());
    }

private:
    struct Deleter {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };
    template <typename T> void add(const T* data, int count)
    {
        if (count > 0)
            XXH3_64bits_update(state_.get(), data, sizeof(T) * static_cast<std::size_t>(count));
    }
    std::unique_ptr<XXH3_state_t, Deleter> state_;
};

double aspectOf(const base::PictureFormat& format, double desqueeze)
{
    return format.height > 0 ? format.width * desqueeze / format.height : 0;
}

KeyPress pressOf(const SDL_Event& event)
{
    const SDL_Keysym& pressed = event.key.keysym;
    return { pressed.sym, pressed.scancode, pressed.mod, event.key.repeat != 0 };
}

/// Whether ImGui steers by this key: it has no other meaning while a window is steered.
bool steersBy(SDL_Keycode key)
{
    constexpr std::array kOwn { SDLK_UP, SDLK_DOWN, SDLK_LEFT, SDLK_RIGHT, SDLK_TAB, SDLK_SPACE, SDLK_RETURN,
        SDLK_KP_ENTER, SDLK_HOME, SDLK_END, SDLK_PAGEUP, SDLK_PAGEDOWN };
    return std::find(kOwn.begin(), kOwn.end(), key) != kOwn.end();
}

/// A picture on the GPU.
struct Shown {
    gl::PictureTextures textures;
    std::uint64_t id = 0; ///< Of the picture that was uploaded last.
    [[nodiscard]] bool empty() const { return !textures.format(); }
};

/// One picture as it lies on the glass.
struct Laid {
    std::size_t pane = 0;
    std::uint64_t picture_id = 0;
    Rect place;
    gl::Laying laying;
    TextureWindow window;
    friend bool operator==(const Laid&, const Laid&) = default;
};

/// All of them, in the order in which they are drawn.
struct Scene {
    Rect black; ///< The ground under pictures that lie on one another.
    std::array<Laid, kMostPanes> laid;
    std::size_t count = 0;
    friend bool operator==(const Scene&, const Scene&) = default;
};

/// The part of a picture that is seen, and where.
struct Part {
    Rect place;
    PictureView view;
};

/// Of a picture that stands at @p fit within @p place, when of that place @p seen is seen, enlarged to fill
/// it.
Part partOf(const Rect& fit, const Rect& place, const PictureView& seen)
{
    Part part { place, seen };
    const auto axis = [&](std::size_t i, int fit_from, int fit_size, int from, int size, int& at,
                          int& length) {
        const double low = static_cast<double>(fit_from - from) / size;
        const double whole = static_cast<double>(fit_size) / size;
        const double begin = std::max(low, seen.low[i]);
        const double end = std::max(begin, std::min(low + whole, seen.low[i] + seen.size[i]));
        part.view.low[i] = (begin - low) / whole;
        part.view.size[i] = (end - begin) / whole;
        at = from + static_cast<int>(std::lround((begin - seen.low[i]) / seen.size[i] * size));
        length = static_cast<int>(std::lround((end - begin) / seen.size[i] * size));
    };
    axis(0, fit.x, fit.width, place.x, place.width, part.place.x, part.place.width);
    axis(1, fit.y, fit.height, place.y, place.height, part.place.y, part.place.height);
    return part;
}

bool showsPictures(std::string_view video_driver)
{
    return video_driver != "offscreen" && video_driver != "dummy" && video_driver != "evdev";
}

float scaleOf(SDL_Window* window, float wished)
{
    constexpr float kLeast = 0.75F;
    constexpr float kMost = 4;
    if (wished > 0)
        return std::clamp(wished, kLeast, kMost);
    if (const char* text = std::getenv("BACKTAKE_SCALE"); text != nullptr) {
        const float asked = std::strtof(text, nullptr);
        if (asked > 0)
            return std::clamp(asked, kLeast, kMost);
    }
    int points = 0;
    int pixels = 0;
    SDL_GetWindowSize(window, &points, nullptr);
    SDL_GL_GetDrawableSize(window, &pixels, nullptr);
    if (points > 0 && pixels > points)
        return std::clamp(static_cast<float>(pixels) / static_cast<float>(points), 1.0F, kMost);
    // X11 has no scale of its own; desktops tell theirs as dots per inch (Xft.dpi), 96 being 1.
    float dpi = 0;
    if (SDL_GetDisplayDPI(std::max(0, SDL_GetWindowDisplayIndex(window)), nullptr, &dpi, nullptr) != 0
        || dpi < 60 || dpi > 500)
        return 1;
    return std::clamp(std::round(dpi / 96 * 4) / 4, 1.0F, kMost);
}

} // namespace

struct Window::State {
    // In this order: destroyed from the last to the first.
    Video video;
    std::unique_ptr<SDL_Window, WindowDeleter> window;
    Context context;
    Gui gui;
    std::unique_ptr<gl::PictureRenderer> pictures;
    std::array<Shown, kMostPanes> shown; ///< By pane; the first is the picture on screen.

    base::Room room { "ui" };
    Theme theme;
    float wished_scale = 0;
    std::string fonts; ///< Their folder.
    std::string renderer;
    std::optional<std::string> font_trouble;

    MonitorView monitor;
    TopBar top_bar;
    TakesPanel takes;
    NoteEditor note;
    SheetEditor sheet;
    SetupEditor setup;
    CueEditor cue_editor;
    CueShow cue;                           ///< Over the picture, and on the second output.
    bool cue_asked = false;                ///< What the shoot has, for the second output.
    std::optional<CueModel> cue_on_second; ///< As it was drawn there last.
    TakeSearch search;
    HandoverPopup handover;
    CameraPanel camera;
    LipPanel lip;
    PracticePanel practice;
    StoryPanel story;
    ScrubBar scrub;
    TransportBar transport;
    MessagesView messages;
    SecondFolderPopup second_folder;
    GuidePopup guide;
    ToolsPopup tools_popup;
    SettingsPopup settings_popup;
    std::optional<SoundDevices> sound_devices; ///< For both popups; from open() on.
    ScopesPanel scopes;
    std::optional<ScopeThread> scope_thread; ///< From the first time that scopes are shown.
    std::uint64_t scoped_id = 0;             ///< Of the picture it was given last.
    ScopeView scoped_view;                   ///< With that one.
    std::shared_ptr<const ScopeImage> scope_image;
    KeysOverlay keys;
    DebugOverlay debug;
    bool chrome_hidden = false;
    FullScreen full_screen;

    Nanos uploaded_at {}; ///< The picture on screen.
    ImageTools tools;
    enum class Held { Nothing = 1, Picture, Amount };
    Held held = Held::Nothing; ///< By the mouse.
    std::size_t held_pane = 0;
    struct Jog {
        double frame = 0;                       ///< In the order on screen, with its fraction.
        std::optional<base::FrameIndex> sought; ///< None until the drag is one.
    };
    std::optional<Jog> jog; ///< The mouse holds the picture, and winds it.
    Fingerprint fingerprint;
    std::uint64_t drawn = 0;
    float drawn_scale = 1;
    Scene drawn_scene;
    ImageTools drawn_tools;
    bool redraw = true; ///< The glass was disturbed: draw though nothing changed.
    bool typing = false;
    bool opened_field = false; ///< By the last key; ImGui says so a frame later.
    Nanos interval = std::chrono::nanoseconds(16'666'667);
    Nanos frame_began {};
    FrameReport report;
    Pace pace;
    std::optional<Nanos> pressed_at; ///< Monotonic, of the oldest key whose effect is to be drawn.
    std::string title;

    SecondOutput second_output;
    OutputOptions output_options;
    std::optional<std::string> output_trouble; ///< Until F2 is pressed again.
    LutReader output_lut;                      ///< Of its own look-up table.
    Settings settings;
    Settings in_force;            ///< As they were last applied.
    base::SoundChoice sound_told; ///< To the session.
    GuideChoice guide_told;       ///< The same.
    Settings asked_to_keep;       ///< As they were given, or last asked to be saved.
    std::vector<SettingsOrder> settings_orders;
    std::optional<std::string> settings_trouble; ///< Why they are not saved.
    std::optional<Pads> pads;                    ///< From open() on: SDL is told first what it may not do.

    base::Outcome open(const WindowOptions& options);
    void applyScale();
    void measureInterval();
    void setFullScreen(bool on);
    [[nodiscard]] std::pair<int, int> drawableSize() const;
    [[nodiscard]] Layout layout(const Model& model) const;
    /// What is seen of each picture in its place.
    [[nodiscard]] PictureView view(const Layout& layout) const;
    [[nodiscard]] Scene compose(const Model& model, const Layout& layout) const;
    /// Mouse and touch on the pictures: the wheel zooms where it points, a drag pans, or moves what a compare
    /// has to move; a click chooses one of several.
    void touch(const Model& model, const Layout& layout, std::vector<Intent>& intents);
    /// A drag across a picture in review that is shown whole winds it, as on the scrub bar; to the left
    /// against the order on screen.
    [[nodiscard]] std::optional<Intent> jogByDrag(const Model& model, const Layout& layout);
    /// @param steps along kZooms. @param fixed what stays where it is, in parts of the place.
    void zoom(const Layout& layout, int steps, const Point& fixed);
    [[nodiscard]] KeyPlace keyPlace(const Model& model) const;
    /// Whether the arrow keys go from field to field of a window.
    [[nodiscard]] bool isSteered() const
    {
        return settings_popup.isOpen() || sheet.isOpen() || setup.isOpen() || search.isOpen()
            || guide.isOpen() || handover.isOpen() || cue_editor.isOpen();
    }
    /// Whether one of the log's windows is, whose fields are all TextFields.
    [[nodiscard]] bool logFieldIsOpen() const
    {
        return note.isOpen() || sheet.isOpen() || setup.isOpen() || search.isOpen() || story.isNaming();
    }
    /// Whether a window is open whose first field has the keys.
    [[nodiscard]] bool formIsOpen() const
    {
        return logFieldIsOpen() || guide.isOpen() || handover.isOpen() || cue_editor.isOpen();
    }
    void perform(ViewAction action, const Model& model, std::vector<Intent>& intents);
    void handle(const std::optional<Action>& action, const Model& model, std::vector<Intent>& intents);
    /// @return whether the operator waits for an answer: come back at once.
    bool take(const SDL_Event& event, const Model& model, std::vector<Intent>& intents);
    /// Mouse and views: one ImGui frame. @return where things stand in it.
    Layout build(const Model& model, std::vector<Intent>& intents);
    void buildViews(const Model& model, const Layout& layout, std::vector<Intent>& intents);
    void takePictures(const Model& model);
    /// @return whether it was uploaded anew.
    bool takePicture(Shown& one, const base::Picture* picture, std::uint64_t id);
    void toggleSecondOutput();
    /// @param before what was in force; all that differs is put in force.
    void applySettings(const Settings& before);
    void applyOutput(const Settings::Output& before);
    void drawSettings(const Layout& layout);
    void drawScopes(const Model& model, const Layout& layout);
    void render();
    void measure(const Model& model, std::uint64_t picture_id, Nanos drawn_at, Nanos presented_at);
};

base::Outcome Window::State::open(const WindowOptions& options)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_APP_NAME, "Backtake");
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");     // the first click on set counts
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0"); // a monitor stays up when work goes on beside it
    // Without a display SDL falls back to drivers that show nothing; they are for whoever names them.
    const bool named = std::getenv("SDL_VIDEODRIVER") != nullptr;
    // Asked without any address of a display, Wayland's library complains on stderr by itself.
    const bool reachable = std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr
        || std::getenv("XDG_RUNTIME_DIR") != nullptr;
    const XErrorsAreAnswers no_end;
    const bool shows =
        (named || reachable) && video.start() && (named || showsPictures(SDL_GetCurrentVideoDriver()));
    if (!shows)
        return base::fail(base::Fault::NotFound,
            "No display: neither DISPLAY nor WAYLAND_DISPLAY leads to one. Start Backtake on a desktop, or "
            "use "
            "`backtake demo`, `record` and `play`, which need none.",
            SDL_GetError());

    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_CORE);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_FLAGS, SDL_GL_CONTEXT_FORWARD_COMPATIBLE_FLAG);
    SDL_GL_SetAttribute(SDL_GL_DOUBLEBUFFER, 1);
    SDL_GL_SetAttribute(SDL_GL_DEPTH_SIZE, 0);
    SDL_GL_SetAttribute(SDL_GL_STENCIL_SIZE, 0);

    SDL_Rect usable { 0, 0, 1280, 720 };
    SDL_GetDisplayUsableBounds(0, &usable);
    int width = options.width;
    int height = options.height;
    if (width <= 0 || height <= 0) {
        // The takes panel unfolds at 1440; a screen with room for that gets it.
        const bool roomy = usable.w >= 1700 && usable.h >= 950;
        width = std::min(roomy ? 1600 : 1280, usable.w);
        height = std::min(roomy ? 900 : 720, usable.h);
    }
    window.reset(SDL_CreateWindow("Backtake", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, width, height,
        SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI));
    if (!window || !context.make(window.get()))
        return base::fail(noOpenGl(SDL_GetError()));
    SDL_SetWindowMinimumSize(window.get(), 160, 90);
    if (SDL_GL_SetSwapInterval(1) != 0)
        spdlog::info("ui: no vertical sync ({}), frames are paced by the clock", SDL_GetError());
    const auto* name = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
    renderer = name == nullptr ? "unknown" : name;

    if (!gui.start(window.get(), context.get()))
        return base::fail(noOpenGl(renderer));
    auto made = gl::PictureRenderer::make();
    if (!made)
        return base::fail(noOpenGl(renderer + ": " + made.error().message + " " + made.error().detail));
    pictures = std::move(*made);

    wished_scale = options.scale;
    fonts = options.fonts;
    applyScale();
    measureInterval();
    if (options.full_screen)
        setFullScreen(true);
    pads.emplace();
    settings_popup.setUp(options.preset_file, options.camera_trouble, options.sound_trouble);
    sound_devices.emplace(options.sound_devices ? options.sound_devices : soundDevices);
    settings = in_force = asked_to_keep = options.settings;
    sound_told = settings.sound;
    guide_told = settings.guide;
    tools = settings.tools;
    applySettings({});
    SDL_StopTextInput(); // an input method must not swallow keys that are no text
    // Without a window manager nobody else gives us the keyboard.
    SDL_RaiseWindow(window.get());
    SDL_SetWindowInputFocus(window.get());
    return {};
}

void Window::State::applyScale()
{
    const float scale = scaleOf(window.get(), wished_scale);
    if (theme.fonts.body != nullptr && scale == theme.scale)
        return;
    theme = loadTheme(scale, fonts, font_trouble);
    if (font_trouble)
        spdlog::warn("ui: {}", *font_trouble);
    ImGui_ImplOpenGL3_DestroyFontsTexture(); // made again from the new atlas with the next frame
    ImGui_ImplOpenGL3_DestroyDeviceObjects();
    redraw = true;
}

void Window::State::measureInterval()
{
    SDL_DisplayMode mode {};
    const bool known =
        SDL_GetCurrentDisplayMode(std::max(0, SDL_GetWindowDisplayIndex(window.get())), &mode) == 0
        && mode.refresh_rate > 0;
    const int per_second = known ? std::clamp(mode.refresh_rate, 24, 240) : 60;
    interval = Nanos(std::chrono::seconds(1)) / per_second;
}

void Window::State::setFullScreen(bool on)
{
    redraw |= on != full_screen.on();
    full_screen.set(window.get(), on);
}

std::pair<int, int> Window::State::drawableSize() const
{
    int width = 0;
    int height = 0;
    SDL_GL_GetDrawableSize(window.get(), &width, &height);
    return { width, height };
}

KeyPlace Window::State::keyPlace(const Model& model) const
{
    return !model.quit_question.empty()  ? KeyPlace::QuitQuestion
        : top_bar.listsCameras()         ? KeyPlace::CameraList
        : camera.focused()               ? KeyPlace::CameraPanel
        : model.practice && !isSteered() ? KeyPlace::Practice
        : story.isOpen()                 ? KeyPlace::StoryPanel
                                         : KeyPlace::Everywhere;
}

Layout Window::State::layout(const Model& model) const
{
    const auto [width, height] = drawableSize();
    const auto aspect = [&](const base::PicturePtr& picture) {
        return picture ? aspectOf(picture->format, tools.desqueeze) : 0;
    };
    std::array<double, kMostPanes - 1> more {};
    const std::size_t others = placesOf(model) - 1;
    for (std::size_t i = 0; i < others; ++i)
        more[i] = aspect(model.panes[i + 1].picture);
    return layoutOf({ .width = width,
        .height = height,
        .scale = theme.scale,
        .chrome_hidden = chrome_hidden,
        .full_screen = full_screen.on(),
        .camera_body = model.body.has_value(),
        .camera_wanted = camera.focused(),
        .story = story.isOpen(),
        .scopes = tools.scopes != ScopeKind::Off,
        .band = model.lip || model.practice,
        .picture_aspect = aspect(model.picture),
        .more_aspects = { more.data(), others } });
}

PictureView Window::State::view(const Layout& layout) const
{
    const auto& format = shown[0].textures.format();
    return format ? viewOf(*format, tools.desqueeze, tools.zoom, tools.centre, layout.picture)
                  : PictureView {};
}

Scene Window::State::compose(const Model& model, const Layout& layout) const
{
    Scene scene;
    const PictureView seen = view(layout);
    const auto add = [&](std::size_t pane, const Part& part, const gl::Laying& laying) {
        if (!shown[pane].empty() && !laying.clip.empty())
            scene.laid[scene.count++] = { pane, shown[pane].id, part.place, laying,
                textureOf(part.view, pane == 0 ? model.orientation : model.panes[pane].orientation) };
    };
    const auto compare = overlaidCompare(model);
    if (!compare) {
        for (std::size_t i = 0; i < placesOf(model); ++i)
            add(i, { layout.places[i], seen }, { layout.places[i] });
        return scene;
    }
    const Rect& place = layout.picture;
    scene.black = place;
    const auto& picture = shown[0].textures.format();
    const auto& reference = shown[1].textures.format();
    if (reference) {
        const bool alike =
            picture && picture->width == reference->width && picture->height == reference->height;
        const Rect fit = alike ? place : fitted(place, aspectOf(*reference, tools.desqueeze));
        add(1, partOf(fit, place, seen), { seenOf(model, layout, tools.wipe, 1) });
    }
    gl::Laying laying { seenOf(model, layout, tools.wipe, 0) };
    if (reference && *compare == Compare::Mix)
        laying.opacity = 1 - tools.mix;
    laying.difference = *compare == Compare::Difference;
    add(0, { place, seen }, laying);
    return scene;
}

void Window::State::zoom(const Layout& layout, int steps, const Point& fixed)
{
    if (shown[0].empty())
        return;
    const double fits = static_cast<double>(layout.picture.height) / shown[0].textures.format()->height;
    const PictureView before = view(layout);
    tools.zoom = zoomStep(before.zoom, fits, steps);
    const PictureView sized = view(layout);
    for (std::size_t i = 0; i < fixed.size(); ++i)
        tools.centre[i] = before.low[i] + before.size[i] * fixed[i] + sized.size[i] * (0.5 - fixed[i]);
    tools.centre = view(layout).centre();
}

void Window::State::touch(const Model& model, const Layout& layout, std::vector<Intent>& intents)
{
    const ImGuiIO& io = ImGui::GetIO();
    const auto pointed = [&](const Rect& place) {
        return Point { (static_cast<double>(io.MousePos.x) - place.x) / place.width,
            (static_cast<double>(io.MousePos.y) - place.y) / place.height };
    };
    const std::size_t places = placesOf(model);
    std::optional<std::size_t> over;
    for (std::size_t i = 0; i < places && !io.WantCaptureMouse; ++i) {
        const Point at = pointed(layout.places[i]);
        if (at[0] >= 0 && at[0] < 1 && at[1] >= 0 && at[1] < 1)
            over = i;
    }
    if (over && io.MouseWheel != 0 && cue.shown)
        cue.scroll(model.cue, io.MouseWheel > 0 ? -1 : +1);
    else if (over && io.MouseWheel != 0)
        zoom(layout, io.MouseWheel > 0 ? +1 : -1, pointed(layout.places[*over]));

    const PictureView seen = view(layout);
    const auto compare = overlaidCompare(model);
    double* const amount = compare ? amountOf(tools, *compare) : nullptr;
    const bool on_line = compare == Compare::Wipe
        && std::abs(pointed(layout.picture)[0] - tools.wipe) * layout.picture.width <= theme.px(12);
    if (over && on_line)
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (!ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
        const float still = io.MouseDragThreshold * io.MouseDragThreshold;
        if (held == Held::Picture && held_pane > 0 && over == held_pane
            && io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] < still)
            intents.emplace_back(ChoosePane { held_pane });
        held = Held::Nothing;
    } else if (over && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
        // Zoomed, a drag pans; the line of a wipe can still be taken where it stands.
        held = amount != nullptr && (seen.zoom == 0 || on_line) ? Held::Amount : Held::Picture;
        held_pane = *over;
    } else if (held == Held::Picture && held_pane < places && seen.zoom != 0) {
        const Rect& place = layout.places[held_pane];
        tools.centre = { seen.centre()[0] - io.MouseDelta.x * seen.size[0] / place.width,
            seen.centre()[1] - io.MouseDelta.y * seen.size[1] / place.height };
        tools.centre = view(layout).centre();
    }
    if (held == Held::Amount && amount != nullptr)
        *amount = std::clamp(pointed(layout.picture)[0], 0.0, 1.0);
}

std::optional<Intent> Window::State::jogByDrag(const Model& model, const Layout& layout)
{
    constexpr double kPixelsAFrame = 6; // at scale 1
    constexpr double kFiner = 10;       // with Shift
    const ImGuiIO& io = ImGui::GetIO();
    const bool jogs = inReview(model) && !shown[0].empty() && tools.zoom == 0
        && (model.mode == ViewMode::Single || model.mode == ViewMode::BothWays
            || model.mode == ViewMode::Quad);
    if (!jogs || !ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
        const auto ended = std::exchange(jog, std::nullopt);
        return ended && ended->sought ? std::optional<Intent>(SeekTo { *ended->sought, false })
                                      : std::nullopt;
    }
    if (!jog) {
        const Rect& place = layout.picture;
        const bool on_picture =
            !io.WantCaptureMouse && ImGui::IsMouseHoveringRect(at(place), endOf(place), /*clip=*/false);
        if (on_picture && ImGui::IsMouseClicked(ImGuiMouseButton_Left))
            jog = Jog { static_cast<double>(model.review->frame), std::nullopt };
        return std::nullopt;
    }
    // The whole way counts, also that before it was a drag; up to there it may be a click.
    const bool begins = !jog->sought;
    const double way = begins ? ImGui::GetMouseDragDelta(ImGuiMouseButton_Left, 0).x : io.MouseDelta.x;
    if (begins && std::abs(way) < io.MouseDragThreshold)
        return std::nullopt;
    if (begins)
        jog->frame = static_cast<double>(model.review->frame);
    const auto last = static_cast<double>(model.review->frame_count - 1);
    const double pixels_a_frame = kPixelsAFrame * theme.scale * (io.KeyShift ? kFiner : 1);
    jog->frame = std::clamp(jog->frame + way / pixels_a_frame, 0.0, std::max(0.0, last));
    const auto wanted = static_cast<base::FrameIndex>(std::lround(jog->frame));
    if (jog->sought == wanted)
        return std::nullopt;
    jog->sought = wanted;
    return SeekTo { wanted, true };
}

void Window::State::perform(ViewAction action, const Model& model, std::vector<Intent>& intents)
{
    const auto add = [&](std::optional<Intent> intent) {
        if (intent)
            intents.push_back(std::move(*intent));
    };
    const auto speed = [&] { return model.review ? std::abs(percentOf(model.review->speed)) : 100; };
    switch (action) {
    case ViewAction::FullScreen:
        setFullScreen(!full_screen.on());
        break;
    case ViewAction::Chrome:
        chrome_hidden = !chrome_hidden;
        break;
    case ViewAction::Keys:
        keys.toggle();
        break;
    case ViewAction::Debug:
        debug.toggle();
        break;
    case ViewAction::Faster:
        intents.emplace_back(SetSpeed { fasterThan(speed()) });
        break;
    case ViewAction::Slower:
        intents.emplace_back(SetSpeed { slowerThan(speed()) });
        break;
    case ViewAction::Leave:
        // The topmost only.
        if (!model.quit_question.empty())
            intents.emplace_back(KeepRunning {});
        else if (!note.leave() && !story.leaveName() && !cue_editor.leave() && !sheet.leave()
            && !setup.leave() && !search.leave() && !guide.leave() && !handover.leave()
            && !settings_popup.leave() && !second_folder.leave() && !tools_popup.leave() && !top_bar.leave()
            && !transport.leave() && !camera.leave() && !keys.leave() && !debug.leave()
            && (model.practice || !story.leave())) {
            if (cue.shown)
                cue.shown = false;
            else if (tools.zoom != 0)
                tools.zoom = 0;
            else if (model.practice)
                intents.emplace_back(TogglePractice {});
            else if (model.lip)
                intents.emplace_back(ToggleLipCheck {});
            else if (model.mode == ViewMode::BothWays)
                intents.emplace_back(ToggleBothWays {});
            else if (model.mode == ViewMode::Quad)
                intents.emplace_back(ToggleQuad {});
            else if (model.mode == ViewMode::Reference)
                for (auto left = static_cast<int>(model.compare); left <= static_cast<int>(Compare::Blink);
                     ++left)
                    intents.emplace_back(CycleCompare {}); // what comes after the last is off
            else
                setFullScreen(false);
        }
        break;
    case ViewAction::Tools:
        tools_popup.toggle();
        break;
    case ViewAction::Settings:
        settings_popup.toggle(*sound_devices);
        break;
    case ViewAction::Mute:
        settings.sound.muted = !settings.sound.muted;
        break;
    case ViewAction::Softer:
    case ViewAction::Louder:
        settings.sound.level_db =
            std::clamp(settings.sound.level_db + (action == ViewAction::Louder ? 1 : -1), base::kSoftest_db,
                base::kLoudest_db);
        break;
    case ViewAction::KeepPitch:
        settings.sound.keep_pitch = !settings.sound.keep_pitch;
        break;
    case ViewAction::Lut:
        if (tools.lut)
            tools.lut_on = !tools.lut_on;
        else
            choosePreset(tools, base::kCameraLogs.front());
        break;
    case ViewAction::FalseColour:
        tools.false_colour = !tools.false_colour;
        break;
    case ViewAction::Peaking:
        tools.peaking = !tools.peaking;
        break;
    case ViewAction::Zebra:
        tools.zebra.on = !tools.zebra.on;
        break;
    case ViewAction::Scopes:
        tools.scopes = next(tools.scopes);
        break;
    case ViewAction::FrameLines:
        tools.frame_lines = next(tools.frame_lines);
        break;
    case ViewAction::SafeAreas:
        tools.safe_areas = !tools.safe_areas;
        break;
    case ViewAction::CentreCross:
        tools.centre_cross = !tools.centre_cross;
        break;
    case ViewAction::Zoom:
        if (tools.zoom != 0)
            tools.zoom = 0;
        else
            zoom(layout(model), +1, { 0.5, 0.5 });
        break;
    case ViewAction::CompareLess:
    case ViewAction::CompareMore:
        if (const auto compare = overlaidCompare(model))
            if (double* const amount = amountOf(tools, *compare); amount != nullptr) {
                const double step = action == ViewAction::CompareLess ? -0.05 : 0.05;
                *amount = std::clamp(*amount + step, 0.0, 1.0);
            }
        break;
    case ViewAction::Desqueeze:
        tools.desqueeze = nextDesqueeze(tools.desqueeze);
        break;
    case ViewAction::Camera:
    case ViewAction::SettingUp:
    case ViewAction::SettingDown:
    case ViewAction::SettingLess:
    case ViewAction::SettingMore:
    case ViewAction::SettingList:
        add(camera.perform(action, model));
        break;
    case ViewAction::RecordOnCamera:
        if (model.body)
            intents.emplace_back(RecordOnCamera { !model.body->records_with_takes });
        break;
    case ViewAction::Fetch:
        if (const auto row = TakesPanel::clipRow(model))
            intents.emplace_back(FetchClip { *row });
        break;
    case ViewAction::CancelFetch:
        if (const auto row = TakesPanel::clipRow(model); row && model.takes[*row].clip->fetch != 0)
            intents.emplace_back(CancelFetch { model.takes[*row].clip->fetch });
        break;
    case ViewAction::Cameras:
    case ViewAction::CameraUp:
    case ViewAction::CameraDown:
    case ViewAction::CameraTake:
    case ViewAction::CameraType:
        add(top_bar.perform(action, model));
        break;
    case ViewAction::Note:
        if (model.here)
            note.open(model);
        else
            intents.emplace_back(PutNote {}); // the session says why not
        break;
    case ViewAction::Sheet:
        if (model.review && !model.live_on_screen)
            sheet.toggle(model);
        else
            intents.emplace_back(PutSheet {});
        break;
    case ViewAction::Setup:
        setup.toggle(model);
        break;
    case ViewAction::Search:
        search.toggle(model);
        break;
    case ViewAction::Guide:
        guide.toggle(model, *sound_devices);
        break;
    case ViewAction::Handover:
        handover.toggle();
        break;
    case ViewAction::Story:
        add(story.toggle());
        break;
    case ViewAction::StoryName:
        add(story.rename(model.story));
        break;
    case ViewAction::CueSheets:
        add(cue_editor.toggle());
        break;
    case ViewAction::CueOverPicture:
        cue.shown = !cue.shown;
        cue_editor.leave();
        if (cue.shown)
            intents.emplace_back(OrderCue { cue::Open { true } });
        break;
    case ViewAction::CueOnSecondOutput:
        settings.second_output.cue = !settings.second_output.cue;
        if (settings.second_output.cue && !second_output.isOpen())
            toggleSecondOutput();
        break;
    case ViewAction::Still:
        intents.emplace_back(SaveStill { tools.lut_on ? tools.lut : nullptr });
        break;
    case ViewAction::SecondOutput:
        toggleSecondOutput();
        break;
    case ViewAction::SecondFolder:
        second_folder.toggle(model);
        break;
    }
}

void Window::State::handle(
    const std::optional<Action>& action, const Model& model, std::vector<Intent>& intents)
{
    if (!action)
        return;
    if (const auto* intent = std::get_if<Intent>(&*action))
        intents.push_back(*intent);
    else if (const auto* edit = std::get_if<EditNote>(&*action)) {
        if (!note.edit(model, edit->mark))
            intents.emplace_back(PutNote { {}, {}, PutNote::kNone }); // the session says why not
    } else if (const auto* answer = std::get_if<AnswerBoard>(&*action)) {
        const bool is_asked = settings.ask_board && model.board_question;
        intents.emplace_back(SayBoard { answer->board,
            is_asked              ? model.board_question->take
                : inReview(model) ? model.review->take
                                  : std::string() });
    } else
        perform(std::get<ViewAction>(*action), model, intents);
}

void Window::State::toggleSecondOutput()
{
    output_trouble.reset();
    if (second_output.isOpen())
        return second_output.close();
    if (const auto opened = second_output.open(window.get(), context.get(), output_options); !opened)
        output_trouble = opened.error().message;
    redraw = true;
}

void Window::State::applySettings(const Settings& before)
{
    rebind(settings.keys);
    const auto paint = [](ImU32& state, const std::optional<std::uint32_t>& rgb, ImU32 standard) {
        state = rgb ? colour::ofRgb(*rgb) : standard;
    };
    paint(colour::rolling, settings.colours.rolling, colour::kRolling);
    paint(colour::shown, settings.colours.shown, colour::kShown);
    paint(colour::captured, settings.colours.captured, colour::kCaptured);
    paint(colour::live, settings.colours.live, colour::kLive);
    pads->setMapping(settings.pads);
    applyOutput(before.second_output);
    redraw = true;
}

void Window::State::applyOutput(const Settings::Output& before)
{
    const Settings::Output& wanted = settings.second_output;
    output_options.display = wanted.display;
    output_options.full_screen = wanted.full_screen;
    output_options.badge = wanted.badge;
    output_options.use_lut = wanted.lut;
    if (wanted.own_lut != before.own_lut) {
        output_options.own_lut = nullptr; // a file's comes once it is read
        output_trouble.reset();
        const auto preset = std::find_if(base::kCameraLogs.begin(), base::kCameraLogs.end(),
            [&](base::CameraLog log) { return base::nameOf(log) == wanted.own_lut; });
        if (preset != base::kCameraLogs.end())
            output_options.own_lut = base::logPreset(*preset);
        else if (!wanted.own_lut.empty())
            output_lut.read(wanted.own_lut);
    }
    second_output.change(output_options);
    const bool was_open = second_output.isOpen();
    const bool moved = wanted.display != before.display || wanted.full_screen != before.full_screen;
    const bool open = wanted.display != before.display ? !wanted.display.empty() : was_open;
    if (was_open && (moved || !open))
        second_output.close();
    if (open && !second_output.isOpen())
        toggleSecondOutput();
}

void Window::State::drawSettings(const Layout& layout)
{
    if (const auto answer = output_lut.answer(); answer && answer->file == settings.second_output.own_lut) {
        if (answer->lut)
            output_options.own_lut = *answer->lut;
        else
            output_trouble =
                "The second output goes on without its own look-up table: " + answer->lut.error().message;
        second_output.change(output_options);
    }
    const auto displays = settings_popup.isOpen() ? SecondOutput::displayNames() : std::vector<std::string>();
    if (auto order =
            settings_popup.draw(settings, displays, *sound_devices, pads->attached(), layout, theme)) {
        order->settings.tools = tools;
        settings_orders.push_back(std::move(*order));
    }
    if (settings != in_force) {
        applySettings(in_force);
        in_force = settings;
    }
    // What is dragged is kept when it is let go of.
    if (settings != asked_to_keep && !ImGui::IsAnyItemActive()) {
        asked_to_keep = settings;
        settings_orders.push_back({ SettingsOrder::Kind::Save, "", settings });
    }
}

bool Window::State::take(const SDL_Event& event, const Model& model, std::vector<Intent>& intents)
{
    const Nanos now = base::monotonicNow();
    if (settings_popup.waitsForButton()) {
        if (const PadBinding* pressed = pads->button(event, now)) {
            settings_popup.learn(*pressed, settings);
            return true;
        }
    } else if (const auto action = pads->take(event, now)) {
        handle(action, model, intents);
        return true;
    }
    if (event.type == SDL_KEYDOWN && settings_popup.waits()
        && (settings_popup.waitsForKey() || event.key.keysym.sym == bindingOf(KeyId::Leave).key)) {
        if (event.key.keysym.sym == bindingOf(KeyId::Leave).key)
            settings_popup.leave();
        else
            settings_popup.learn(pressOf(event), settings);
        return true; // ImGui would lose its place by it
    }
    const bool of_second = second_output.take(event);
    if (second_output.lostItsDisplay())
        output_trouble = "The second output's screen is gone: F2 opens it again";
    if (of_second && event.type != SDL_KEYDOWN)
        return event.type == SDL_WINDOWEVENT;
    if (event.type == SDL_TEXTINPUT && logFieldIsOpen())
        ImGui::GetIO().AddInputCharactersUTF8(toField(event.text.text).c_str());
    else if (!of_second)
        ImGui_ImplSDL2_ProcessEvent(&event);
    // The backend asks what is held now; a key that waited for its frame was pressed with what was held then.
    if (!of_second && (event.type == SDL_KEYDOWN || event.type == SDL_KEYUP)) {
        ImGuiIO& io = ImGui::GetIO();
        io.KeyCtrl = (event.key.keysym.mod & KMOD_CTRL) != 0;
        io.KeyShift = (event.key.keysym.mod & KMOD_SHIFT) != 0;
        io.KeyAlt = (event.key.keysym.mod & KMOD_ALT) != 0;
    }
    switch (event.type) {
    case SDL_QUIT:
        intents.emplace_back(Quit {});
        return true;
    case SDL_KEYDOWN: {
        const KeyPlace place = keyPlace(model);
        const bool steers = isSteered() && steersBy(event.key.keysym.sym) && place == KeyPlace::Everywhere;
        const KeyBinding* binding = bindingOf(pressOf(event), typing || steers, place);
        // SDL stamps a key when it reads it: what it waited before, while a frame was drawn, nobody knows.
        if (binding != nullptr && !pressed_at)
            pressed_at = base::monotonicNow()
                - std::chrono::milliseconds(static_cast<Uint32>(SDL_GetTicks() - event.key.timestamp));
        const bool form_was_open = formIsOpen();
        if (binding != nullptr && of_second && binding->id == KeyId::FullScreen)
            second_output.toggleFullScreen(); // each window has its own
        else if (binding != nullptr)
            handle(binding->action, model, intents);
        // A field has the very next key, also before it was drawn.
        if (formIsOpen() != form_was_open)
            typing = opened_field = formIsOpen();
        return true;
    }
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
    case SDL_MOUSEWHEEL:
    case SDL_TEXTINPUT:
        return true;
    case SDL_DROPFILE:
        intents.emplace_back(LoadGuide { event.drop.file, std::nullopt, std::nullopt });
        SDL_free(event.drop.file);
        return true;
    case SDL_USEREVENT: // wake()
        return model.live_on_screen;
    case SDL_WINDOWEVENT:
        switch (event.window.event) {
        case SDL_WINDOWEVENT_EXPOSED:
            redraw = true;
            return true;
        case SDL_WINDOWEVENT_SIZE_CHANGED:
            redraw = true;
            return true;
        case SDL_WINDOWEVENT_DISPLAY_CHANGED:
            applyScale();
            measureInterval();
            return true;
        case SDL_WINDOWEVENT_CLOSE:
            // With one window SDL sends SDL_QUIT too; while the second one is open it does not.
            if (second_output.isOpen())
                intents.emplace_back(Quit {});
            return true;
        default:
            return false;
        }
    default:
        return false;
    }
}

void Window::State::buildViews(const Model& model, const Layout& layout, std::vector<Intent>& intents)
{
    const auto add = [&](std::optional<Intent> intent) {
        if (intent)
            intents.push_back(std::move(*intent));
    };
    const PictureView seen = view(layout);
    ToolWords words(tools, model.orientation, seen, overlaidCompare(model));
    words.add(settings.sound);
    words.add(model.guide, settings.guide.armed);
    if (inReview(model) && model.review->master)
        words.add(*model.review->master);
    ImDrawList& over_picture = *ImGui::GetBackgroundDrawList();
    std::array<bool, kMostPanes> has_picture {};
    for (std::size_t i = 0; i < shown.size(); ++i) {
        has_picture[i] = !shown[i].empty();
        if (has_picture[i] && i < placesOf(model))
            drawFrameGuides(over_picture, tools, aspectOf(*shown[i].textures.format(), tools.desqueeze), seen,
                layout.places[i], theme);
    }
    if (has_picture[0] && tools.false_colour)
        drawFalseColourLegend(over_picture, layout.picture, theme);
    const std::optional<CueModel> cue_now = cue.model(model.cue);
    if (cue.shown && cue_now)
        drawCue(over_picture, *cue_now, layout.picture, theme);
    monitor.draw(model, layout, theme, has_picture, tools.wipe, layout.top_bar.empty(), words.all());
    if (const auto said = drawWordsOnPicture(over_picture, model, layout, theme))
        handle(EditNote { *said }, model, intents);
    add(top_bar.draw(model, layout, theme, words.all()));
    handle(takes.draw(model, layout, theme, settings.ask_board), model, intents);
    add(camera.draw(model, layout, theme));
    drawScopes(model, layout);
    handle(model.practice ? practice.draw(model, layout, theme) : lip.draw(model, layout, theme), model,
        intents);
    for (Action& action : story.draw(model, layout, theme))
        handle(action, model, intents);
    handle(scrub.draw(model, layout, theme), model, intents);
    handle(transport.draw(model, layout, theme, tools_popup.isOpen(), settings.sound), model, intents);
    if (!chrome_hidden)
        handle(drawHandoverStrip(model, layout, theme), model, intents);
    const Words<191> no_room = noRoomWords(model, layout);
    const auto& trouble = output_trouble ? output_trouble
        : settings_trouble               ? settings_trouble
                                         : font_trouble;
    if (!chrome_hidden)
        add(messages.draw(model, layout, theme,
            { trouble ? std::string_view(*trouble) : std::string_view(), no_room.view() }));
    add(note.draw(layout, theme));
    handle(cue_editor.draw(model, layout, theme), model, intents);
    add(sheet.draw(layout, theme));
    add(setup.draw(layout, theme));
    add(search.draw(layout, theme));
    add(handover.draw(model, layout, theme));
    add(second_folder.draw(model, layout, theme));
    add(guide.draw(model, settings.guide, *sound_devices, layout, theme));
    handle(tools_popup.draw(model, tools, layout, theme), model, intents);
    drawSettings(layout);
    if (settings.sound != sound_told)
        intents.emplace_back(ChooseSound { sound_told = settings.sound });
    if (settings.guide != guide_told)
        intents.emplace_back(ChooseGuide { guide_told = settings.guide });
    keys.draw(layout, theme);
    handle(drawQuitQuestion(model, layout, theme), model, intents);
    debug.draw(model, layout, theme, report, pace, interval, renderer);
}

Layout Window::State::build(const Model& model, std::vector<Intent>& intents)
{
    ImGuiIO& io = ImGui::GetIO();
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
    if (isSteered())
        io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplSDL2_NewFrame();
    ImGui::NewFrame();
    touch(model, layout(model), intents);
    const Layout built = layout(model);
    if (auto wound = jogByDrag(model, built))
        intents.push_back(std::move(*wound));
    buildViews(model, built, intents);
    ImGui::Render();
    return built;
}

void Window::State::takePictures(const Model& model)
{
    const Nanos began = base::monotonicNow();
    if (takePicture(shown[0], model.picture.get(), model.picture_id))
        uploaded_at = began;
    for (std::size_t i = 1; i < shown.size(); ++i) {
        const bool wanted = model.mode != ViewMode::Single && i < model.panes.size();
        takePicture(shown[i], wanted ? model.panes[i].picture.get() : nullptr,
            wanted ? model.panes[i].picture_id : 0);
    }
}

bool Window::State::takePicture(Shown& one, const base::Picture* picture, std::uint64_t id)
{
    if (picture == nullptr)
        one.textures.clear();
    if (picture == nullptr || (!one.empty() && one.id == id))
        return false;
    const Nanos began = base::monotonicNow();
    one.textures.upload(*picture);
    pace.upload.put(base::monotonicNow() - began);
    one.id = id;
    return true;
}

void Window::State::drawScopes(const Model& model, const Layout& layout)
{
    if (layout.scopes.empty())
        return;
    if (!scope_thread)
        scope_thread.emplace();
    // One alone is no higher than wide.
    Rect place = layout.scopes;
    if (tools.scopes != ScopeKind::All)
        place.height = std::min(place.height, place.width);
    const ScopeView scope_view = ScopesPanel::viewOf(place, tools.scopes, model.orientation, theme);
    const bool picture_shown = !shown[0].empty();
    if (picture_shown && (scoped_id != shown[0].id || scoped_view != scope_view)) {
        scope_thread->show(model.picture, scope_view);
        scoped_id = shown[0].id;
        scoped_view = scope_view;
    }
    // A new image costs a drawing of the whole window: while pictures come it waits for the next one.
    constexpr Nanos kStill = std::chrono::milliseconds(100);
    const Nanos age = frame_began - uploaded_at;
    if (age <= Nanos(0) || age > kStill || !scope_image) {
        auto newest = picture_shown ? scope_thread->newest() : nullptr;
        redraw |= newest != scope_image; // its texture keeps its name
        scope_image = std::move(newest);
    }
    scopes.draw(place, tools.scopes, scope_image, theme);
}

void Window::State::measure(const Model& model, std::uint64_t picture_id, Nanos drawn_at, Nanos presented_at)
{
    if (pressed_at)
        pace.key_to_effect.put(presented_at - *pressed_at);
    if (picture_id == report.picture_id)
        return;
    report.picture_id = picture_id;
    report.presented_at = presented_at;
    const StageTimes& stages = model.stages;
    if (!model.live_on_screen || stages.ready_at == Nanos(0))
        return;
    // It may have come between the reading of the clock and that of the slot.
    const Nanos modelled_at = std::max(model.now, stages.ready_at);
    pace.camera_to_slot.put(stages.ready_at - stages.captured_at);
    pace.slot_to_model.put(modelled_at - stages.ready_at);
    pace.model_to_drawn.put(drawn_at - modelled_at);
    pace.drawn_to_presented.put(presented_at - drawn_at);
    pace.ready_to_presented.put(presented_at - stages.ready_at);
    pace.capture_to_presented.put(presented_at - stages.captured_at);
}

void Window::State::render()
{
    const auto [width, height] = drawableSize();
    constexpr float kGround = 0x14 / 255.0F;
    glViewport(0, 0, width, height);
    glClearColor(kGround, kGround, kGround, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    if (!drawn_scene.black.empty())
        gl::PictureRenderer::blacken(drawn_scene.black, height);
    for (std::size_t i = 0; i < drawn_scene.count; ++i) {
        const Laid& one = drawn_scene.laid[i];
        pictures->draw(
            shown[one.pane].textures, one.place, one.laying, height, one.window, drawn_tools, drawn_scale);
    }
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

Window::Window(std::unique_ptr<State> state)
    : state_(std::move(state))
{
}

Window::~Window() = default;

base::Result<std::unique_ptr<Window>> Window::open(const WindowOptions& options)
{
    auto state = std::make_unique<State>();
    state->room.mustBeHere();
    if (auto opened = state->open(options); !opened)
        return base::fail(opened.error());
    return std::unique_ptr<Window>(new Window(std::move(state)));
}

std::vector<Intent> Window::frame(const Model& model)
{
    std::vector<Intent> intents = draw(model);
    // Where the display paces us the swap has waited already; a little less than its interval lets it set the
    // beat.
    constexpr Nanos kSlack = std::chrono::milliseconds(1);
    const Nanos left =
        intents.empty() ? state_->frame_began + state_->interval - kSlack - base::monotonicNow() : Nanos(0);
    auto asked = poll(model, left);
    intents.insert(
        intents.end(), std::make_move_iterator(asked.begin()), std::make_move_iterator(asked.end()));
    return intents;
}

std::vector<Intent> Window::draw(const Model& model)
{
    State& s = *state_;
    s.room.mustBeHere();
    s.frame_began = base::monotonicNow();
    std::vector<Intent> intents;
    s.takePictures(model);
    const Nanos busy_began = base::threadTime();
    auto jog = s.pads->tick(s.frame_began);
    if (const PadAxis* pushed = s.settings_popup.waitsForAxis() ? s.pads->pushed() : nullptr) {
        s.settings_popup.learn(*pushed, s.settings);
        s.pads->waitForRelease();
    } else if (jog)
        intents.push_back(std::move(*jog));

    Layout layout = s.build(model, intents);
    // ImGui hides a new window for a frame, until it has measured it. What a key opens is to be seen in the
    // next frame, so that one is built twice.
    if (s.pressed_at)
        layout = s.build(model, intents);

    s.typing = ImGui::GetIO().WantTextInput || s.note.isOpen() || s.story.isNaming()
        || std::exchange(s.opened_field, false);
    if (s.typing != (SDL_IsTextInputActive() == SDL_TRUE)) {
        if (s.typing)
            SDL_StartTextInput();
        else
            SDL_StopTextInput();
    }
    if (model.shoot_folder != s.title) {
        s.title = model.shoot_folder;
        SDL_SetWindowTitle(
            s.window.get(), s.title.empty() ? "Backtake" : (s.title + " \u2013 Backtake").c_str());
    }

    // Minimised the first window costs nothing; the second goes on.
    const bool hidden =
        (SDL_GetWindowFlags(s.window.get()) & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN)) != 0;
    const std::uint64_t picture_id = s.shown[0].empty() ? 0 : s.shown[0].id;
    const Scene scene = s.compose(model, layout);
    const std::uint64_t now = s.fingerprint.of(*ImGui::GetDrawData());
    s.pace.ui_frame.put(base::threadTime() - busy_began);
    const bool changed = s.redraw || now != s.drawn || scene != s.drawn_scene || s.tools != s.drawn_tools;
    s.report.drawn = !hidden && changed;
    const auto on_second =
        s.settings.second_output.cue && s.second_output.isOpen() ? s.cue.model(model.cue) : std::nullopt;
    if (s.settings.second_output.cue && !std::exchange(s.cue_asked, true))
        intents.emplace_back(OrderCue { cue::Open { true } });
    if ((changed || s.second_output.wantsRedraw() || on_second != s.cue_on_second)
        && s.second_output.draw(model, *s.pictures, s.shown[0].textures, s.tools, s.theme, on_second)) {
        s.report.second_picture_id = picture_id;
        s.cue_on_second = on_second;
    }
    if (!s.second_output.isOpen())
        s.report.second_picture_id = 0;
    if (changed) {
        s.drawn_scale = layout.scale;
        s.drawn_scene = scene;
        if (s.tools != s.drawn_tools)
            s.drawn_tools = s.tools;
        s.drawn = now;
        s.redraw = hidden; // it has missed this one
    }
    if (s.report.drawn) {
        s.render();
        const Nanos drawn_at = base::monotonicNow();
        SDL_GL_SwapWindow(s.window.get());
        s.measure(model, picture_id, drawn_at, base::monotonicNow());
    }
    s.pressed_at.reset(); // nothing to be seen of it, or seen
    return intents;
}

std::vector<Intent> Window::poll(const Model& model, Nanos patience)
{
    State& s = *state_;
    s.room.mustBeHere();
    std::vector<Intent> intents;
    const Nanos deadline = base::monotonicNow() + patience;
    SDL_Event event;
    bool answer = false;
    // While typing each key gets a frame of its own: ImGui sees keys as they stand, not as they came.
    const auto isEnough = [&]() { return answer && (s.typing || s.isSteered()); };
    for (;;) {
        // A device that floods its events does not hold up the picture.
        constexpr int kMostEvents = 1000;
        Pads::dropMotion();
        for (int taken = 0; taken < kMostEvents && !isEnough() && SDL_PollEvent(&event) != 0; ++taken)
            answer |= s.take(event, model, intents);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::monotonicNow());
        if (answer || left.count() <= 0)
            return intents;
        if (SDL_WaitEventTimeout(&event, static_cast<int>(left.count())) != 0)
            answer |= s.take(event, model, intents);
    }
}

const Settings& Window::settings() const
{
    state_->room.mustBeHere();
    return state_->settings;
}

void Window::setSettings(Settings settings)
{
    State& s = *state_;
    s.room.mustBeHere();
    s.tools = settings.tools;
    s.settings = std::move(settings);
    s.applySettings(s.in_force);
    s.in_force = s.asked_to_keep = s.settings;
}

std::vector<SettingsOrder> Window::takeSettingsOrders()
{
    state_->room.mustBeHere();
    return std::exchange(state_->settings_orders, {});
}

void Window::report(SettingsReport report)
{
    State& s = *state_;
    s.room.mustBeHere();
    if (report.kind == SettingsOrder::Kind::Save)
        s.settings_trouble = report.troubles.empty() ? std::nullopt : std::optional(report.troubles.front());
    if (report.settings) {
        s.tools = report.settings->tools;
        s.settings = *report.settings; // the next frame puts them in force and asks to save them
    }
    s.settings_popup.report(std::move(report));
}

bool Window::secondOutputIsOpen() const { return state_->second_output.isOpen(); }

Screenshot Window::secondScreenshot() const
{
    return state_->second_output.screenshot(*state_->pictures, state_->shown[0].textures);
}

Layout Window::layout(const Model& model) const
{
    state_->room.mustBeHere();
    return state_->layout(model);
}

const ImageTools& Window::tools() const
{
    state_->room.mustBeHere();
    return state_->tools;
}

void Window::setTools(ImageTools tools)
{
    state_->room.mustBeHere();
    state_->tools = std::move(tools);
}

const FrameReport& Window::lastFrame() const { return state_->report; }

const Pace& Window::pace() const { return state_->pace; }

Nanos Window::displayInterval() const { return state_->interval; }

void Window::wake()
{
    SDL_Event event {};
    event.type = SDL_USEREVENT;
    SDL_PushEvent(&event);
}

const std::string& Window::renderer() const { return state_->renderer; }

Screenshot Window::screenshot() const
{
    State& s = *state_;
    s.room.mustBeHere();
    Screenshot shot;
    std::tie(shot.width, shot.height) = s.drawableSize();
    // After a swap the back buffer holds nothing certain: draw the same once more, and read it before the
    // swap.
    s.render();
    shot.rgb = gl::pixelsOf(GL_BACK, shot.width, shot.height);
    s.redraw = true;
    return shot;
}

} // namespace backtake::ui
