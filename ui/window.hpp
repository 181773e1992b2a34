/// The window: shows a Model, gives back what the operator asked for. Everything of SDL, ImGui and GL is
/// behind it.
#pragma once

#include "base/result.hpp"
#include "ui/image_tools.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/pace.hpp"
#include "ui/settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backtake::ui {

struct WindowOptions {
    int width = 0; ///< In the display's points; 0: as large as fits the screen well.
    int height = 0;
    bool full_screen = false;
    Settings settings;       ///< To begin with, as setSettings().
    std::string preset_file; ///< Offered in the settings window, to export to.
    /// Why a camera's spec cannot be used, for the settings window; empty: it can. Must not wait.
    std::function<std::string(const std::string& spec)> camera_trouble {};
    /// The same for the spec of sound.
    std::function<std::string(const std::string& spec)> sound_trouble {};
    /// Lists the sound devices, on a thread of its own: it may wait. None: the system's are listed.
    std::function<std::vector<std::string>()> sound_devices {};
    float scale = 0; ///< Display scale; 0: BACKTAKE_SCALE from the environment, else what the display says.
    std::string fonts =
        "/usr/share/fonts"; ///< The folder with Inter and JetBrains Mono, laid out as Debian does.
};

/// The clean second output: the picture alone, on the actors' or the director's screen.
struct OutputOptions {
    std::string display; ///< Its number from 1 on, or its name; empty: one that the first window is not on.
    bool full_screen =
        true;            ///< On a display of its own; beside the first window it always starts as a window.
    bool badge = true;   ///< Which order, and REC. A lost camera is told in any case.
    bool use_lut = true; ///< The first window's, when that is on.
    base::CubeLutPtr own_lut; ///< Instead of it, always on. Null: none.
};

/// RGB pixels of the window, top row first.
struct Screenshot {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

/// What the last frame put on the glass.
struct FrameReport {
    std::uint64_t picture_id = 0;        ///< Of the picture on glass; 0: none.
    base::Nanos presented_at {};         ///< Monotonic, when that picture was first handed to the display.
    bool drawn = false;                  ///< false: nothing had changed, the last frame still stands.
    std::uint64_t second_picture_id = 0; ///< The same on the second output's glass; 0 while it is closed.
};

/// Room: one thread, the one that called open(): all calls and the destructor. There is one Window at a time.
/// Time: frame() draws, then waits for the rest of a display interval (1/60 s where the display does not
/// say), but comes back at once when a key or button was pressed, or on wake(). An interval in which nothing
/// changed costs no drawing. Owns: the window, its GL context, ImGui's context, the fonts.
class Window {
public:
    /// @return Fault::NotFound without a display, Fault::Unsupported when it gives no OpenGL 3.3: then
    /// drawWithoutGpu() may help, unless drawsWithoutGpu() already. The message says what to do.
    static base::Result<std::unique_ptr<Window>> open(const WindowOptions& options = {});
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// Shows @p model, then gathers what was asked for until the next frame is due. Draw again soon.
    std::vector<Intent> frame(const Model& model);

    /// The two halves of frame(), for who paces himself. draw() returns what the mouse asked for, poll() the
    /// keys; poll() waits for @p patience at most and ends early when something was pressed.
    std::vector<Intent> draw(const Model& model);
    std::vector<Intent> poll(const Model& model, base::Nanos patience);

    /// A live picture came: while live is on screen poll() and frame() come back at once. Room: any thread,
    /// also without a window. Time: it may wait for the display server, so no camera's thread calls it.
    static void wake();

    /// What is switched on to judge the picture, as keys and mouse left it. Kept by the window, so that it is
    /// the same for live and review.
    [[nodiscard]] const ImageTools& tools() const;
    void setTools(ImageTools tools);

    /// As the operator has them now, but for tools(), which go on changing.
    [[nodiscard]] const Settings& settings() const;
    /// All of them are in force from now on, also the tools: but for what only a start of the program uses.
    void setSettings(Settings settings);
    /// What the settings window asked for since the last call, oldest first.
    std::vector<SettingsOrder> takeSettingsOrders();
    /// What came of it; settings of a preset are in force from now on, and asked to be saved.
    void report(SettingsReport report);

    [[nodiscard]] bool secondOutputIsOpen() const;
    /// What the second output shows now; empty while it is closed. For tests; slow.
    [[nodiscard]] Screenshot secondScreenshot() const;

    /// Where things stand for @p model in the window as it is now.
    [[nodiscard]] Layout layout(const Model& model) const;
    [[nodiscard]] const FrameReport& lastFrame() const;
    /// How long pictures and keys took lately.
    [[nodiscard]] const Pace& pace() const;
    [[nodiscard]] base::Nanos displayInterval() const;
    /// The driver's name of the GPU, for the log and `doctor`.
    [[nodiscard]] const std::string& renderer() const;
    /// What the window shows now. For tests; slow.
    [[nodiscard]] Screenshot screenshot() const;

private:
    struct State;
    explicit Window(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace backtake::ui
