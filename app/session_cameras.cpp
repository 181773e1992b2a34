// Which cameras there are, and which one is on screen.
#include "app/session.hpp"
#include "capture/camera_list.hpp"

#include <algorithm>

namespace backtake::app {

using base::Nanos;
using namespace std::chrono_literals;

namespace {
constexpr Nanos kCamerasEvery = 5s;

bool lists(const std::vector<ui::CameraChoice>& cameras, const std::string& spec)
{
    return std::any_of(
        cameras.begin(), cameras.end(), [&](const ui::CameraChoice& one) { return one.spec == spec; });
}

} // namespace

void Session::refreshCameras(Nanos now)
{
    if (!list_cameras_ || (now - cameras_asked_at_ < kCamerasEvery && cameras_asked_at_ != Nanos(0)))
        return;
    cameras_asked_at_ = now;
    // Those open now come first, then those typed; by their address without secrets, which chooseCamera()
    // knows them by.
    std::vector<ui::CameraChoice> listed;
    for (const Unit& unit : units_)
        listed.push_back({ unit.camera->spec().shown(), unit.camera->status().facts.name });
    for (const capture::CameraSpec& spec : added_)
        if (!lists(listed, spec.shown()))
            listed.push_back({ spec.shown(), spec.shown() });
    (void)camera_thread_.ask([this, listed = std::move(listed)]() mutable -> Worker::Answer {
        for (const capture::ListedCamera& camera : capture::listCameras())
            if (!lists(listed, camera.spec))
                listed.push_back(
                    { camera.spec, camera.name, camera.usable ? "" : camera.usable.error().message });
        return [this, listed = std::move(listed)]() { model_.cameras = listed; };
    });
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
    const char letter = unit.letter;
    unit = Unit();
    unit.letter = letter;
    unit.camera = options_.make_camera(*spec, options_.camera_options);
    body_changed_ = true;
    const auto closing = closing_; // they read the old camera's sound until they are done
    (void)camera_thread_.ask([old, closing]() -> Worker::Answer {
        for (const Closing& one : closing)
            one.recorder->waitUntilDone(base::monotonicNow() + 30s);
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

void Session::freeCamera(const std::string& spec, int /*pid*/, Nanos now) { chooseCamera(spec, now); }

} // namespace backtake::app
