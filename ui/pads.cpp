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

// The names are those of SDL_GameControllerGetStringForButton() and …ForAxis().
constexpr std::array kBindings {
    PadBinding { SDL_CONTROLLER_BUTTON_A, KeyId::Play, "a" },
    PadBinding { SDL_CONTROLLER_BUTTON_B, KeyId::Review, "b" },
    PadBinding { SDL_CONTROLLER_BUTTON_X, KeyId::Order, "x" },
    PadBinding { SDL_CONTROLLER_BUTTON_Y, KeyId::Loop, "y" },
    PadBinding { SDL_CONTROLLER_BUTTON_START, KeyId::Roll, "start" },
    PadBinding { SDL_CONTROLLER_BUTTON_BACK, KeyId::Leave, "back" },
    PadBinding { SDL_CONTROLLER_BUTTON_LEFTSHOULDER, KeyId::ShuttleBack, "leftshoulder" },
    PadBinding { SDL_CONTROLLER_BUTTON_RIGHTSHOULDER, KeyId::ShuttleOn, "rightshoulder" },
    PadBinding { SDL_CONTROLLER_BUTTON_LEFTSTICK, KeyId::In, "leftstick" },
    PadBinding { SDL_CONTROLLER_BUTTON_RIGHTSTICK, KeyId::Out, "rightstick" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_LEFT, KeyId::FrameBack, "dpleft" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_RIGHT, KeyId::FrameOn, "dpright" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_UP, KeyId::PreviousTake, "dpup" },
    PadBinding { SDL_CONTROLLER_BUTTON_DPAD_DOWN, KeyId::NextTake, "dpdown" },
    PadBinding { SDL_CONTROLLER_BUTTON_GUIDE, std::nullopt, "guide" },
    PadBinding { SDL_CONTROLLER_BUTTON_MISC1, std::nullopt, "misc1" },
    PadBinding { SDL_CONTROLLER_BUTTON_PADDLE1, std::nullopt, "paddle1" },
    PadBinding { SDL_CONTROLLER_BUTTON_PADDLE2, std::nullopt, "paddle2" },
    PadBinding { SDL_CONTROLLER_BUTTON_PADDLE3, std::nullopt, "paddle3" },
    PadBinding { SDL_CONTROLLER_BUTTON_PADDLE4, std::nullopt, "paddle4" },
    PadBinding { SDL_CONTROLLER_BUTTON_TOUCHPAD, std::nullopt, "touchpad" },
};
constexpr std::array kAxes {
    PadAxis { SDL_CONTROLLER_AXIS_LEFTX, AxisUse::Jog, "leftx" },
    PadAxis { SDL_CONTROLLER_AXIS_LEFTY, AxisUse::Nothing, "lefty" },
    PadAxis { SDL_CONTROLLER_AXIS_RIGHTX, AxisUse::Jog, "rightx" },
    PadAxis { SDL_CONTROLLER_AXIS_RIGHTY, AxisUse::Nothing, "righty" },
    PadAxis { SDL_CONTROLLER_AXIS_TRIGGERLEFT, AxisUse::Nothing, "lefttrigger" },
    PadAxis { SDL_CONTROLLER_AXIS_TRIGGERRIGHT, AxisUse::Nothing, "righttrigger" },
};
/// Of devices without a layout only these: what else they have may be a lever that rests at its end.
constexpr int kPlainAxes = 2;

const PadBinding* bindingOf(int button)
{
    const auto* found = std::find_if(
        kBindings.begin(), kBindings.end(), [&](const PadBinding& one) { return one.button == button; });
    return found == kBindings.end() ? nullptr : found;
}

/// Fine near the middle.
double speedOf(double part)
{
    const double beyond = std::max(0.0, std::abs(part) - kDeadZone) / (1 - kDeadZone);
    return std::copysign(beyond * beyond, part);
}

double furthest(double one, double other) { return std::abs(one) >= std::abs(other) ? one : other; }

} // namespace

std::span<const PadBinding> padTable() { return kBindings; }

std::span<const PadAxis> axisTable() { return kAxes; }

std::optional<KeyId> actionOf(const PadMapping& mapping, const PadBinding& binding)
{
    const auto chosen = mapping.buttons.find(binding.button);
    return chosen == mapping.buttons.end() ? binding.key : chosen->second;
}

AxisUse useOf(const PadMapping& mapping, const PadAxis& axis)
{
    const auto chosen = mapping.axes.find(axis.axis);
    return chosen == mapping.axes.end() ? axis.use : chosen->second;
}

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

const PadBinding* Pads::press(SDL_JoystickID id, const PadBinding* binding, Nanos now)
{
    Device* device = find(id);
    if (device == nullptr || binding == nullptr)
        return nullptr;
    const auto before = device->pressed_at.find(binding->button);
    const bool bounced = before != device->pressed_at.end() && now - before->second < kBounce;
    device->pressed_at[binding->button] = now;
    return bounced ? nullptr : binding;
}

const PadBinding* Pads::button(const SDL_Event& event, Nanos now)
{
    switch (event.type) {
    case SDL_JOYDEVICEADDED: // comes for game pads, too
        add(event.jdevice.which);
        return nullptr;
    case SDL_JOYDEVICEREMOVED:
        open_.erase(event.jdevice.which);
        return nullptr;
    case SDL_CONTROLLERBUTTONDOWN:
        return press(event.cbutton.which, bindingOf(event.cbutton.button), now);
    case SDL_JOYBUTTONDOWN: {
        const Device* device = find(event.jbutton.which);
        if (device == nullptr || device->pad || event.jbutton.button >= kBindings.size())
            return nullptr; // as a pad it comes once more
        return press(event.jbutton.which, &kBindings[event.jbutton.button], now);
    }
    case SDL_JOYHATMOTION: {
        const Device* device = find(event.jhat.which);
        if (device == nullptr || device->pad)
            return nullptr;
        switch (event.jhat.value) {
        case SDL_HAT_LEFT:
            return press(event.jhat.which, bindingOf(SDL_CONTROLLER_BUTTON_DPAD_LEFT), now);
        case SDL_HAT_RIGHT:
            return press(event.jhat.which, bindingOf(SDL_CONTROLLER_BUTTON_DPAD_RIGHT), now);
        case SDL_HAT_UP:
            return press(event.jhat.which, bindingOf(SDL_CONTROLLER_BUTTON_DPAD_UP), now);
        case SDL_HAT_DOWN:
            return press(event.jhat.which, bindingOf(SDL_CONTROLLER_BUTTON_DPAD_DOWN), now);
        default:
            return nullptr;
        }
    }
    case SDL_JOYBALLMOTION:
        if (find(event.jball.which) != nullptr)
            notches_ = std::clamp(notches_ + event.jball.xrel, -kMostNotches, kMostNotches);
        return nullptr;
    default:
        return nullptr;
    }
}

std::optional<Action> Pads::take(const SDL_Event& event, Nanos now)
{
    const PadBinding* pressed = button(event, now);
    const auto id = pressed == nullptr ? std::nullopt : actionOf(mapping_, *pressed);
    if (!id)
        return std::nullopt;
    return ui::bindingOf(*id).action;
}

void Pads::dropMotion()
{
    SDL_PumpEvents();
    SDL_FlushEvent(SDL_JOYAXISMOTION);
    SDL_FlushEvent(SDL_CONTROLLERAXISMOTION);
}

double Pads::pushOf(const Device& device, const PadAxis& axis)
{
    Sint16 value = 0;
    if (device.pad)
        value = SDL_GameControllerGetAxis(device.pad.get(), static_cast<SDL_GameControllerAxis>(axis.axis));
    else if (axis.axis < kPlainAxes)
        value = SDL_JoystickGetAxis(device.joystick.get(), axis.axis);
    return std::clamp(value / 32767.0, -1.0, 1.0);
}

const PadAxis* Pads::pushed() const
{
    for (const auto& [id, device] : open_)
        for (const PadAxis& axis : kAxes)
            if (std::abs(pushOf(device, axis)) > 0.5)
                return &axis;
    return nullptr;
}

std::optional<Intent> Pads::tick(Nanos now)
{
    double speed = 0; // frames a second
    waiting_ = waiting_ && pushed() != nullptr;
    for (const auto& [id, device] : open_) {
        for (const PadAxis& axis : kAxes) {
            const AxisUse use = useOf(mapping_, axis);
            if (use != AxisUse::Nothing && !waiting_)
                speed = furthest(
                    speedOf(pushOf(device, axis)) * (use == AxisUse::Jog ? kFastestJog : kFastestShuttle),
                    speed);
        }
    }
    // A window that stood still for a while does not catch up.
    const Nanos passed = std::min<Nanos>(now - ticked_at_.value_or(now), std::chrono::milliseconds(100));
    ticked_at_ = now;
    frames_ = speed == 0 ? 0 : frames_ + speed * base::seconds(passed);
    const int whole = static_cast<int>(frames_);
    frames_ -= whole;
    const int steps = whole + std::exchange(notches_, 0);
    if (steps == 0)
        return std::nullopt;
    return StepFrames { steps };
}

} // namespace backtake::ui
