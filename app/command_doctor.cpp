// `backtake cameras` and `backtake doctor`: what can be opened, and whether this machine is fit for a day on
// set.
#include "app/command_line.hpp"
#include "app/second_folder.hpp"
#include "base/text.hpp"
#include "capture/attached_cameras.hpp"
#include "capture/camera.hpp"
#include "capture/camera_list.hpp"
#include "ui/software_gl.hpp"
#include "ui/window.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace backtake::app {

using base::Nanos;
namespace fs = std::filesystem;

namespace {

/// What a disk writes and syncs in about a second, in bytes per second.
base::Result<double> diskSpeed(const fs::path& folder)
{
    constexpr std::size_t kBlock = 4 << 20;
    constexpr int kBlocks = 64; // 256 MiB at most
    std::string name = (folder / ".backtake-doctor-XXXXXX").string();
    const int file = mkstemp(name.data());
    if (file < 0)
        return base::fail(base::faultOfErrno(errno),
            fmt::format("cannot write to {}: choose a folder you may write to", folder.string()));
    unlink(name.c_str()); // gone whatever happens
    const std::vector<char> block(kBlock, 'b');
    const Nanos began = base::monotonicNow();
    double written = 0;
    for (int i = 0; i < kBlocks && base::monotonicNow() - began < std::chrono::seconds(1); ++i) {
        const ssize_t now = write(file, block.data(), block.size());
        if (now <= 0 || fdatasync(file) != 0)
            break;
        written += static_cast<double>(now);
    }
    const auto took = base::seconds(base::monotonicNow() - began);
    close(file);
    if (written == 0)
        return base::fail(base::Fault::OutOfSpace,
            fmt::format("nothing could be written to {}: make room", folder.string()));
    return written / took;
}

struct Check {
    std::string name;
    enum class Verdict { Fine = 1, Warning, Trouble } verdict;
    std::string words;
};

std::string_view nameOf(Check::Verdict verdict)
{
    return verdict == Check::Verdict::Fine   ? "ok"
        : verdict == Check::Verdict::Warning ? "warning"
                                             : "trouble";
}

Check checkOf(const capture::ListedCamera& camera)
{
    return { "camera " + camera.spec, camera.usable ? Check::Verdict::Fine : Check::Verdict::Trouble,
        camera.usable ? camera.name : camera.usable.error().message };
}

/// All that a camera by libgphoto2 needs. @return how many are attached.
int checkTether(std::vector<Check>& checks)
{
    using Verdict = Check::Verdict;
    const auto version = capture::askTetherVersion();
    if (!version) {
        checks.push_back({ "tether helper", Verdict::Trouble, version.error().message });
    } else {
        checks.push_back({ "tether helper", Verdict::Fine,
            fmt::format("{}, {}", version->program.string(),
                version->library.empty() ? "which does not tell its library's version" : version->library) });
        if (version->has_ptp2)
            checks.push_back(
                { "libgphoto2 driver ptp2", *version->has_ptp2 ? Verdict::Fine : Verdict::Trouble,
                    *version->has_ptp2
                        ? "EOS bodies, by USB and in the network"
                        : "missing, so no gphoto: cameras: sudo apt-get install --reinstall libgphoto2-6" });
    }

    const capture::UdevRule rule = capture::checkUdevRule();
    switch (rule.state) {
    case capture::UdevRule::State::Current:
        checks.push_back({ "udev rule", Verdict::Fine, rule.path.string() });
        break;
    case capture::UdevRule::State::Missing:
        checks.push_back({ "udev rule", Verdict::Warning,
            fmt::format("not installed, so EOS bodies on USB may be closed to you or open to others: run {}",
                capture::udevInstallCommand()) });
        break;
    case capture::UdevRule::State::Different:
        checks.push_back({ "udev rule", Verdict::Warning,
            fmt::format("{} is not the one of this version: run {}", rule.path.string(),
                capture::udevInstallCommand()) });
        break;
    }

    for (const capture::RunningProgram& program : capture::cameraGrabbers()) {
        const bool watches = program.name.ends_with("-volume-monitor");
        checks.push_back({ fmt::format("{} ({})", program.name, program.pid), Verdict::Warning,
            watches ? fmt::format(
                "takes a camera as soon as it is plugged in; for a day on set: systemctl --user "
                "mask --now {}.service",
                program.name)
                    : fmt::format(
                        "has a camera open: close it in the file manager, or run kill {}", program.pid) });
    }

    if (!version) // said above, and --list would say it again
        return 0;
    const auto cameras = capture::listAttached();
    if (!cameras) {
        checks.push_back({ "cameras on USB", Verdict::Trouble, cameras.error().message });
        return 0;
    }
    for (const capture::tether::AttachedCamera& camera : *cameras)
        checks.push_back(checkOf(capture::asListed(camera)));
    return static_cast<int>(cameras->size());
}

} // namespace

int runCameras(const Speech& speech)
{
    std::vector<capture::ListedCamera> cameras = capture::listLocalCameras();
    const auto attached = capture::listAttached();
    if (attached)
        for (const capture::tether::AttachedCamera& camera : *attached)
            cameras.push_back(capture::asListed(camera));

    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const capture::ListedCamera& camera : cameras) {
        nlohmann::ordered_json one { { "spec", camera.spec }, { "name", camera.name },
            { "usable", camera.usable.has_value() } };
        if (!camera.usable) {
            one["why"] = camera.usable.error().message;
            one["fault"] = base::nameOf(camera.usable.error().fault);
        }
        list.push_back(std::move(one));
        speech.note(fmt::format("{:<28} {}{}", camera.spec, base::oneLine(camera.name),
            camera.usable ? "" : ": " + base::oneLine(camera.usable.error().message)));
    }
    if (!attached)
        speech.note("Cameras on USB (gphoto:usb) could not be looked for: "
            + base::oneLine(attached.error().message));
    speech.note(
        "By address: gphoto:ptpip:HOST (a Canon EOS body or another PTP/IP camera in the network), "
        "rtsp://HOST/PATH, srt://HOST:PORT; any other source: gst:PIPELINE; a clip as if it were a camera: "
        "file:PATH");
    nlohmann::ordered_json result { { "cameras", list } };
    if (!attached)
        result["usb_trouble"] = attached.error().message;
    speech.result(result);
    return 0;
}

int runDoctor(const Speech& speech, const std::string& shoot)
{
    using Verdict = Check::Verdict;
    std::vector<Check> checks;

    int attached = 0;
    for (const capture::ListedCamera& camera : capture::listLocalCameras()) {
        if (camera.spec.starts_with("pattern"))
            continue;
        ++attached;
        checks.push_back(checkOf(camera));
    }
    attached += checkTether(checks);
    if (attached == 0)
        checks.push_back({ "camera", Verdict::Warning,
            "no camera is attached by V4L2 or USB; one in the network opens by its address, "
            "gphoto:ptpip:HOST, rtsp:// "
            "or srt://" });
    for (const capture::PluginCheck& plugin : capture::checkPlugins())
        checks.push_back(
            { fmt::format("plugin {}", plugin.element), plugin.installed ? Verdict::Fine : Verdict::Warning,
                plugin.installed ? std::string(plugin.needed_for)
                                 : fmt::format("missing, so no {}: sudo apt-get install {}",
                                     plugin.needed_for, plugin.package) });

    const char* home = std::getenv("HOME");
    const fs::path folder = !shoot.empty() ? fs::path(shoot) : fs::path(home != nullptr ? home : ".");
    if (const auto speed = diskSpeed(folder)) {
        // 1080p60 at quality 90 is about 30 MB/s; twice that leaves room for what else the disk has to do.
        const bool enough = *speed >= 60e6;
        checks.push_back({ "disk speed", enough ? Verdict::Fine : Verdict::Warning,
            fmt::format("{}/s with sync in {}{}", base::bytesText(static_cast<std::uint64_t>(*speed)),
                folder.string(), enough ? "" : ": 1080p60 needs 60 MB/s to be at ease; use a faster disk") });
    } else {
        checks.push_back({ "disk speed", Verdict::Trouble, speed.error().message });
    }
    if (const auto free = freeBytes(folder))
        checks.push_back({ "disk space", *free > 20'000'000'000 ? Verdict::Fine : Verdict::Warning,
            fmt::format("{} free in {}", base::bytesText(*free), folder.string()) });
    checks.push_back(
        { "memory", capture::defaultRingBytes() >= (512U << 20) ? Verdict::Fine : Verdict::Warning,
            fmt::format("the ring gets {} by default", base::bytesText(capture::defaultRingBytes())) });
    const auto cores = std::thread::hardware_concurrency();
    checks.push_back({ "cores", cores >= 2 ? Verdict::Fine : Verdict::Warning,
        fmt::format("{}{}", cores, cores >= 2 ? "" : ": 1080p60 needs two") });
    if (const auto window = ui::Window::open())
        checks.push_back(
            { "OpenGL 3.3", ui::isSoftware((*window)->renderer()) ? Verdict::Warning : Verdict::Fine,
                (*window)->renderer()
                    + (ui::isSoftware((*window)->renderer())
                            ? ": drawn without a GPU, which takes much of a core from the encoders"
                            : "") });
    else
        checks.push_back({ "OpenGL 3.3",
            window.error().fault == base::Fault::Unsupported ? Verdict::Trouble : Verdict::Warning,
            window.error().message });

    bool trouble = false;
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Check& check : checks) {
        trouble = trouble || check.verdict == Verdict::Trouble;
        const std::string words = base::oneLine(base::withoutSecrets(check.words));
        speech.note(fmt::format("{:<8} {:<24} {}", nameOf(check.verdict), check.name, words));
        list.push_back({ { "check", check.name }, { "verdict", nameOf(check.verdict) }, { "words", words } });
    }
    speech.result({ { "checks", list }, { "ok", !trouble } });
    return trouble ? 1 : 0;
}

} // namespace backtake::app
