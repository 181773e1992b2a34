// Which cameras there are, and which one is on screen.
#include "app/session.hpp"
#include "capture/camera_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backtake::app {

using base::Nanos;
using namespace std::chrono_literals;

namespace {
constexpr Nanos kCamerasEvery = 5s;
/// A program that was asked to end lets go of its camera within this, or somebody must look after it.
constexpr Nanos kFreedWithin = 5s;

bool lists(const std::vector<ui::CameraChoice>& cameras, const std::string& spec)
{
    return std::any_of(
        cameras.begin(), cameras.end(), [&](const ui::CameraChoice& one) { return one.spec == spec; });
}

ui::CameraChoice choiceOf(const capture::ListedCamera& camera, std::string holder = {}, int holder_pid = 0)
{
    return { camera.spec, camera.name, camera.usable ? std::string() : camera.usable.error().message,
        std::move(holder), holder_pid };
}

} // namespace

void Session::listCamerasForWindow() { attached_ = std::make_unique<capture::AttachedCameras>(); }

void Session::refreshCameras(Nanos now)
{
    if (!attached_)
        return;
    const std::uint64_t version = attached_->version();
    const bool due = now - cameras_asked_at_ >= kCamerasEvery || cameras_asked_at_ == Nanos(0)
        || version != attached_version_;
    if (due && !cameras_asked_) { // one that hangs is not asked again and again
        cameras_asked_at_ = now;
        attached_version_ = version;
        cameras_changed_ = true; // a camera of ours may have said its name
        // Devices are opened, and why one is closed or who holds it stands in files.
        cameras_asked_ = camera_thread_.ask([this, attached = attached_->list()]() -> Worker::Answer {
            std::vector<ui::CameraChoice> found;
            for (const capture::tether::AttachedCamera& camera : attached)
                found.push_back(choiceOf(capture::asListed(camera), camera.holder, camera.holder_pid));
            for (const capture::ListedCamera& camera : capture::listLocalCameras())
                found.push_back(choiceOf(camera));
            return [this, found = std::move(found)]() {
                cameras_asked_ = false;
                found_cameras_ = found;
                cameras_changed_ = true;
            };
        });
    }
    if (std::exchange(cameras_changed_, false))
        fillCameras();
    takeFreed(now);
}

/// Those open now come first, then those typed, by their address without secrets, which chooseCamera() knows
/// them by.
void Session::fillCameras()
{
    std::vector<ui::CameraChoice>& listed = model_.cameras;
    listed.clear();
    for (const Unit& unit : units_) {
        const std::string name = unit.camera->status().facts.name;
        listed.push_back({ unit.camera->spec().shown(), name.empty() ? unit.camera->spec().shown() : name });
    }
    for (const capture::CameraSpec& spec : added_)
        if (!lists(listed, spec.shown()))
            listed.push_back({ spec.shown(), spec.shown() });
    for (const ui::CameraChoice& camera : found_cameras_)
        if (!lists(listed, camera.spec))
            listed.push_back(camera);
}

/// The camera whose holder was asked to end, as soon as it is let go.
void Session::takeFreed(Nanos now)
{
    if (!freeing_)
        return;
    const auto camera = std::find_if(model_.cameras.begin(), model_.cameras.end(),
        [&](const ui::CameraChoice& one) { return one.spec == freeing_->first; });
    const bool free = camera != model_.cameras.end() && camera->holder_pid == 0 && camera->why.empty();
    if (!free && now < freeing_->second)
        return;
    const std::string spec = std::exchange(freeing_, std::nullopt)->first;
    if (free)
        chooseCamera(spec, now);
    else
        say(ui::Message::Kind::Warning,
            fmt::format("{} is still held: close the program that uses it, then choose it again", spec), now);
}

void Session::chooseCamera(const std::string& spec_text, Nanos now)
{
    for (std::size_t i = 0; i < units_.size(); ++i) {
        if (units_[i].camera->spec().text == spec_text || units_[i].camera->spec().shown() == spec_text) {
            viewed_ = i;
            body_changed_ = true;
            live_on_screen_ = true;
            return;
        }
    }
    if (rolling())
        return say(ui::Message::Kind::Warning, "Cut before you change the camera", now);
    if (!onlyInMemory().empty())
        return say(ui::Message::Kind::Warning,
            "A take waits in memory: make room, or choose a second folder with F9, before you change the "
            "camera",
            now);
    const auto typed = std::find_if(added_.begin(), added_.end(),
        [&](const capture::CameraSpec& one) { return one.shown() == spec_text; });
    auto spec = typed != added_.end() ? base::Result<capture::CameraSpec>(*typed)
                                      : capture::parseCameraSpec(spec_text);
    if (!spec)
        return say(ui::Message::Kind::Trouble, spec.error().message, now);
    // Closing a camera may take a moment.
    Unit& unit = units_[viewed_];
    std::shared_ptr<capture::Camera> old(std::move(unit.camera));
    for (const auto& [key, text] : unit.troubles)
        standing("body " + std::string(1, unit.letter) + " " + key, ui::Message::Kind::Note, {}, now);
    start_told_.reset();
    Unit fresh;
    fresh.letter = unit.letter;
    fresh.sound = std::move(unit.sound); // it is the letter's
    fresh.camera = options_.make_camera(*spec, options_.camera_options);
    unit = std::move(fresh);
    body_changed_ = true;
    const auto closing = closing_; // they read the old camera's sound until they are done
    // Handed over whole: were this thread the last to hold it, it would wait for the device.
    (void)camera_thread_.ask([old = std::move(old), closing]() -> Worker::Answer {
        for (const Closing& one : closing)
            while (!one.recorder->waitUntilDone(base::monotonicNow() + 30s)) { }
        return nullptr;
    });
    live_on_screen_ = true;
}

/// @param text a spec, or only the address of a camera in the network.
void Session::addCamera(const std::string& text, Nanos now)
{
    const bool bare =
        text.find(':') == std::string::npos || text.find_first_not_of("0123456789.:") == std::string::npos;
    auto spec = capture::parseCameraSpec(text);
    if (!spec && bare && !text.empty())
        spec = capture::parseCameraSpec("gphoto:ptpip:" + text);
    if (!spec)
        return say(ui::Message::Kind::Trouble, spec.error().message, now);
    if (std::none_of(added_.begin(), added_.end(),
            [&](const capture::CameraSpec& one) { return one.text == spec->text; }))
        added_.push_back(*spec);
    cameras_asked_at_ = Nanos(0); // it is listed at once
    chooseCamera(spec->text, now);
}

void Session::freeCamera(const std::string& spec, int pid, Nanos now)
{
    if (rolling())
        return say(ui::Message::Kind::Warning, "Cut before you change the camera", now);
    if (!attached_)
        return;
    // It reads all of /proc, so not on this thread.
    (void)camera_thread_.ask([this, spec, pid]() -> Worker::Answer {
        return [this, spec, ended = attached_->endHolder(pid)]() {
            if (ended)
                freeing_ = std::pair(spec, model_.now + kFreedWithin);
            else
                say(ui::Message::Kind::Trouble, ended.error().message, model_.now);
        };
    });
}

} // namespace backtake::app
