// `backtake`: the window.
#include "app/command_line.hpp"
#include "app/session.hpp"
#include "app/settings_keeper.hpp"
#include "base/mailbox.hpp"
#include "base/text.hpp"
#include "capture/camera_list.hpp"
#include "capture/camera_spec.hpp"
#include "ui/software_gl.hpp"
#include "ui/sound_output.hpp"
#include "ui/window.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;

/// A folder a day, among the user's videos.
std::filesystem::path todaysShoot()
{
    const char* home = std::getenv("HOME");
    const char* data = std::getenv("XDG_VIDEOS_DIR");
    const std::filesystem::path videos =
        data != nullptr ? data : std::filesystem::path(home != nullptr ? home : ".") / "Videos";
    return videos / "Backtake" / base::localDay(base::wallClockNow());
}

/// The attached camera, or without one the pattern.
std::string firstCamera()
{
    std::string found = "pattern:1920x1080@25";
    for (const capture::ListedCamera& camera : capture::listCameras())
        if (camera.usable && !camera.spec.starts_with("pattern"))
            return camera.spec;
    return found;
}

/// What the command line leaves open is as settled.
SessionArguments withSettings(SessionArguments arguments, const Settings& settings)
{
    if (!arguments.preroll_s)
        arguments.preroll_s = settings.shoot.preroll_s;
    if (arguments.ring.empty())
        arguments.ring = settings.shoot.ring;
    const auto hasSound = [&sounds = arguments.sounds](std::optional<char> camera) {
        return std::ranges::any_of(
            sounds, [&](const std::string& text) { return soundArgument(text).camera == camera; });
    };
    if (!settings.shoot.sound.empty() && !hasSound(std::nullopt))
        arguments.sounds.push_back(settings.shoot.sound);
    if (arguments.timecode.empty())
        arguments.timecode = settings.shoot.timecode;
    if (arguments.second_folder.empty())
        arguments.second_folder = settings.shoot.spill;
    if (arguments.cameras.empty())
        for (const Settings::Camera& camera : settings.cameras) {
            const char letter = static_cast<char>('A' + arguments.cameras.size());
            arguments.cameras.push_back(camera.spec);
            if (!camera.sound.empty() && !hasSound(letter))
                arguments.sounds.push_back(fmt::format("{}={}", letter, camera.sound));
        }
    arguments.forward = arguments.forward || !settings.shoot.backward;
    return arguments;
}

/// For the settings window; where there is such a file, it has the operator choose another name.
std::string presetOffered()
{
    const char* home = std::getenv("HOME");
    return (std::filesystem::path(home != nullptr ? home : "/tmp") / "backtake-preset.toml").string();
}

/// Starts this program anew, drawn without the GPU, if the operator wants that: libraries that have looked
/// for a GPU keep what they found. That one does not offer it again. Comes back when it is not wanted or not
/// possible.
void offerRestart(const base::Error& why)
{
    // The box waits for an answer, not for our flag.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    if (!ui::offerSoftwareGl(why))
        return;
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');)
        words.push_back(std::move(word));
    if (words.empty())
        return;
    words.insert(words.begin() + 1, "--software-gl");
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv("/proc/self/exe", arguments.data());
    spdlog::error("cannot start anew: {}", std::strerror(errno));
}

} // namespace

int runWindow(const Speech& speech, const SessionArguments& arguments, bool full_screen)
{
    SettingsFile settled = load(settingsPath());
    const Settings& settings = settled.settings;
    readLut(settled.settings.tools, settled.troubles);
    SessionArguments with_defaults = withSettings(arguments, settings);
    if (with_defaults.shoot.empty())
        with_defaults.shoot = todaysShoot().string();
    // The window first: it says at once that there is no display, and the operator sees something while a
    // camera opens.
    ui::WindowOptions window_options;
    window_options.full_screen = full_screen;
    window_options.settings = settings;
    window_options.settings.guide.armed |= !arguments.guide.empty();
    window_options.preset_file = presetOffered();
    window_options.camera_trouble = [](const std::string& spec) {
        const auto parsed = capture::parseCameraSpec(spec);
        return parsed ? std::string() : parsed.error().message;
    };
    window_options.sound_trouble = [](const std::string& spec) {
        const auto parsed = capture::parseSoundSpec(spec);
        return parsed ? std::string() : parsed.error().message;
    };
    auto window = ui::Window::open(window_options);
    if (!window) {
        const int code = speech.fail(window.error());
        if (window.error().fault == base::Fault::Unsupported && !ui::drawsWithoutGpu())
            offerRestart(window.error());
        return code;
    }
    if (with_defaults.cameras.empty())
        with_defaults.cameras.push_back(firstCamera());
    auto options = sessionOptions(with_defaults);
    if (!options)
        return speech.fail(options.error());
    options->orientation = settings.shoot.orientation;
    options->open_sound = ui::openSoundOutput;
    options->heard = settings.sound;
    options->open_guide = ui::openSoundOutput;
    options->guide = window_options.settings.guide;
    options->guide_file = arguments.guide;
    options->warnings = std::move(settled.troubles);
    // Between the cameras, which wait for nobody, and the display, which may be slow to be told.
    base::Latest<bool> picture_came;
    const std::jthread waker([&picture_came](std::stop_token stop) {
        base::nameThisThread("bt-waker");
        while (picture_came.take(stop))
            ui::Window::wake();
    });
    options->camera_options.on_picture = [&picture_came] { picture_came.put(true); };
    Session session(std::move(*options));
    session.listCamerasForWindow();
    SettingsKeeper keeper(settingsPath(), settings);

    constexpr base::Nanos kInterval = 16'666'667ns;
    std::uint64_t on_glass = 0;
    std::int64_t pictures = 0;
    base::Nanos first_at {};
    base::Nanos last_at {};
    while (!session.quitAsked() && !stopAsked()) {
        const ui::Model& model = session.update(base::monotonicNow(), kInterval);
        const std::vector<ui::Intent> intents = (*window)->frame(model);
        const ui::FrameReport& report = (*window)->lastFrame();
        if (report.picture_id != on_glass) {
            on_glass = report.picture_id;
            first_at = pictures++ == 0 ? report.presented_at : first_at;
            last_at = report.presented_at;
        }
        session.notePresented(report.picture_id, report.presented_at);
        for (const ui::Intent& intent : intents)
            session.handle(intent, base::monotonicNow());
        for (ui::SettingsOrder& order : (*window)->takeSettingsOrders())
            keeper.order(std::move(order));
        for (ui::SettingsReport& answer : keeper.reports())
            (*window)->report(std::move(answer));
    }
    Settings last = (*window)->settings();
    last.tools = (*window)->tools(); // what was on, and how the picture was looked at
    for (const ui::SettingsReport& answer : keeper.finish(last))
        for (const std::string& trouble : answer.troubles)
            spdlog::warn("{}", trouble);
    if (pictures > 1)
        spdlog::info("{} pictures on glass, {:.2f} a second", pictures,
            static_cast<double>(pictures - 1) * 1e9 / static_cast<double>((last_at - first_at).count()));
    return 0;
}

} // namespace backtake::app
