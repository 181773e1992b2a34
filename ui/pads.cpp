#include "ui/pads.hpp"

#include <SDL.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace backtake::ui {
namespace {

using base::Nanos;

/// Sticks never come back to their middle exactly.
constexpr double kDeadZone = 0.2;
/// A turn of a wheel that claims more in one UI frame is a fault of the device.
constexpr int kMostNotches = 500;

constexpr std::array kBindings {
    PadBinding { SDL_CONTROLLER_BUTTON_A, KeyId::Play, "A" },
    PadBinding { SDL_CONTROLLER_BUTTON_B, KeyId::Review, "B" },
    PadBinding { SDL_CONTROLLER_BUTTON_X, KeyId::Order, "X" },
    PadBinding { SDL_CONTROLLER_BUTTON_Y, KeyId::Loop, "Y" },
    PadBinding { SDL_CONTROLLER_BUTTON_START, KeyId::Roll, "Start" },
    PadBinding { SDL_CONTROLLER_BUTTON_BACK, KeyId::Leave, "Back" },
    PadBinding { SDL_CONTROLLER_BUTTON_LEFTSHOULDER, KeyId::ShuttleBack, "Left shoulder" },
    PadBinding { SDL_CONTROLLER_BUTTON_RIGHTSHOULDER, KeyId::ShuttleOn, "Right shoulder" },
    PadBinding { SDL_CONTROLLER_BUTTON_LEFTSTICK, KeyId::In, "Left stick" },
    PadBinding { SDL_CONTROLLER_BUTTON_RIGHTSTICK, KeyId::Out, "Right stick" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_LEFT, KeyId::FrameBack, "Cross left" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_RIGHT, KeyId::FrameOn, "Cross right" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_UP, KeyId::PreviousTake, "Cross up" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_DOWN, KeyId::NextTake, "Cross down" },
};

double throwOf(Sint16 value)
{
    const double part = std::clamp(value / 32767.0, -1.0, 1.0);
    const double beyond = std::max(0.0, std::abs(part) - kDeadZone) / (1 - kDeadZone);
    return std::copysign(beyond * beyond, part); // fine near the middle
}

double furthest(double one, double other) { return std::abs(one) >= std::abs(other) ? one : other; }

} // namespace

std::span<const PadBinding> padTable() { return kBindings; }

Pads::Pads()
    : started_(SDL_InitSubSystem(SDL_INIT_GAMECONTROLLER) == 0)
{
    if (!started_)
        spdlog::info("pads: none can be used ({})", SDL_GetError());
}

Pads::~Pads()
{
    open_.clear();
    if (started_)
        SDL_QuitSubSystem(SDL_INIT_GAMECONTROLLER);
}

void Pads::add(int device_index)
{
    if (open_.size() >= kMostPads)
        return;
    const SDL_JoystickID id = SDL_JoystickGetDeviceInstanceID(device_index);
    if (id < 0 || open_.contains(id))
        return;
    Device device;
    if (SDL_IsGameController(device_index) == SDL_TRUE)
        device.pad.reset(SDL_GameControllerOpen(device_index));
    else
        device.joystick.reset(SDL_JoystickOpen(device_index));
    if (!device.pad && !device.joystick)
        return spdlog::warn("pads: {} cannot be opened", SDL_GetError());
    const char* name = SDL_JoystickNameForIndex(device_index);
    spdlog::info("pads: {}", name == nullptr ? "one without a name" : name);
    open_.emplace(id, std::move(device));
}

Pads::Device* Pads::find(SDL_JoystickID id)
{
    const auto found = open_.find(id);
    return found == open_.end() ? nullptr : &found->second;
}

std::optional<Action> Pads::press(SDL_JoystickID id, int button, Nanos now)
{
    Device* device = find(id);
    const auto* binding = std::find_if(
        kBindings.begin(), kBindings.end(), [&](const PadBinding& one) { return one.button == button; });
    if (device == nullptr || binding == kBindings.end())
        return std::nullopt;
    const auto before = device->pressed_at.find(button);
    const bool bounced = before != device->pressed_at.end() && now - before->second < kBounce;
    device->pressed_at[button] = now;
    if (bounced)
        return std::nullopt;
    return bindingOf(binding->key).action;
}

std::optional<Action> Pads::take(const SDL_Event& event, Nanos now)
{
    switch (event.type) {
    case SDL_JOYDEVICEADDED: // comes for game pads, too
        add(event.jdevice.which);
        return std::nullopt;
    case SDL_JOYDEVICEREMOVED:
        open_.erase(event.jdevice.which);
        return std::nullopt;
    case SDL_CONTROLLERBUTTONDOWN:
        return press(event.cbutton.which, event.cbutton.button, now);
    case SDL_JOYBUTTONDOWN: {
        const Device* device = find(event.jbutton.which);
        if (device == nullptr || device->pad || event.jbutton.button >= kBindings.size())
            return std::nullopt; // as a pad it comes once more
        return press(event.jbutton.which, kBindings[event.jbutton.button].button, now);
    }
    case SDL_JOYHATMOTION: {
        const Device* device = find(event.jhat.which);
        if (device == nullptr || device->pad)
            return std::nullopt;
        switch (event.jhat.value) {
        case SDL_HAT_LEFT:
            return press(event.jhat.which, SDL_CONTROLLER_BUTTON_DPAD_LEFT, now);
        case SDL_HAT_RIGHT:
            return press(event.jhat.which, SDL_CONTROLLER_BUTTON_DPAD_RIGHT, now);
        case SDL_HAT_UP:
            return press(event.jhat.which, SDL_CONTROLLER_BUTTON_DPAD_UP, now);
        case SDL_HAT_DOWN:
            return press(event.jhat.which, SDL_CONTROLLER_BUTTON_DPAD_DOWN, now);
        default:
            return std::nullopt;
        }
    }
    case SDL_JOYBALLMOTION:
        if (find(event.jball.which) != nullptr)
            notches_ = std::clamp(notches_ + event.jball.xrel, -kMostNotches, kMostNotches);
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::optional<Intent> Pads::tick(Nanos now)
{
    double jog = 0;
    for (const auto& [id, device] : open_) {
        if (device.pad) {
            for (const auto axis : { SDL_CONTROLLER_AXIS_LEFTX, SDL_CONTROLLER_AXIS_RIGHTX })
                jog = furthest(throwOf(SDL_GameControllerGetAxis(device.pad.get(), axis)), jog);
        } else {
            jog = furthest(throwOf(SDL_JoystickGetAxis(device.joystick.get(), 0)), jog);
        }
    }
    // A window that stood still for a while does not catch up.
    const Nanos passed = std::min<Nanos>(now - ticked_at_.value_or(now), std::chrono::milliseconds(100));
    ticked_at_ = now;
    frames_ = jog == 0 ? 0 : frames_ + jog * kFastestJog * base::seconds(passed);
    const int whole = static_cast<int>(frames_);
    frames_ -= whole;
    const int steps = whole + std::exchange(notches_, 0);
    if (steps == 0)
        return std::nullopt;
    return StepFrames { steps };
}

} // namespace backtake::ui
