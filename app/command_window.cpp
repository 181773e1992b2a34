// `backtake`: the window.
#include "app/command_line.hpp"
#include "app/session.hpp"
#include "base/text.hpp"
#include "capture/camera_list.hpp"
#include "ui/window.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <ctime>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;

/// A folder a day, among the user's videos.
std::filesystem::path todaysShoot()
{
    const char* home = std::getenv("HOME");
    const char* data = std::getenv("XDG_VIDEOS_DIR");
    const std::time_t now = std::time(nullptr);
    std::tm local {};
    localtime_r(&now, &local);
    const std::filesystem::path videos =
        data != nullptr ? data : std::filesystem::path(home != nullptr ? home : ".") / "Videos";
    return videos / "Backtake"
        / fmt::format("{:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
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

} // namespace

int runWindow(const Speech& speech, const SessionArguments& arguments, bool full_screen)
{
    SessionArguments with_defaults = arguments;
    if (with_defaults.shoot.empty())
        with_defaults.shoot = todaysShoot().string();
    // The window first: it says at once that there is no display, and the operator sees something while a
    // camera opens.
    ui::WindowOptions window_options;
    window_options.full_screen = full_screen;
    auto window = ui::Window::open(window_options);
    if (!window)
        return speech.fail(window.error());
    if (with_defaults.cameras.empty())
        with_defaults.cameras.push_back(firstCamera());
    auto options = sessionOptions(with_defaults);
    if (!options)
        return speech.fail(options.error());
    Session session(std::move(*options));
    session.listCamerasForWindow();

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
        session.noteDrawn(report.picture_id, report.presented_at, report.drawing, report.upload);
        for (const ui::Intent& intent : intents)
            session.handle(intent, base::monotonicNow());
    }
    if (pictures > 1)
        spdlog::info("{} pictures on glass, {:.2f} a second", pictures,
            static_cast<double>(pictures - 1) * 1e9 / static_cast<double>((last_at - first_at).count()));
    return 0;
}

} // namespace backtake::app
