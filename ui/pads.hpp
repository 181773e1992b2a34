/// Game pads and jog wheels, as SDL knows them, turned into the same actions that keys and buttons make.
#pragma once

#include "base/time.hpp"
#include "ui/keys.hpp"

#include <SDL_events.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace backtake::ui {

/// A button of a game pad and the row of the key table that it stands for as the program brings it. On pads
/// that SDL does not know by name, and on jog wheels, buttons count in the order of this table.
struct PadBinding {
    int button = 0;           ///< SDL_GameControllerButton.
    std::optional<KeyId> key; ///< nullopt: nothing.
    const char* name;         ///< SDL's: "a", "leftshoulder".
};
std::span<const PadBinding> padTable();
/// A stick or trigger. Of pads that SDL does not know by name the first two axes are "leftx" and "lefty".
struct PadAxis {
    int axis = 0; ///< SDL_GameControllerAxis.
    AxisUse use = AxisUse::Nothing;
    const char* name; ///< SDL's: "leftx".
};
std::span<const PadAxis> axisTable();

/// What they are for with @p mapping.
std::optional<KeyId> actionOf(const PadMapping& mapping, const PadBinding& binding);
AxisUse useOf(const PadMapping& mapping, const PadAxis& axis);

/// Sticks jog and shuttle: a held stick steps by as many frames a second as it is pushed far, a wheel (a
/// joystick's ball) by one frame a notch.
///
/// Room: the window's. Owns: SDL's game controller part and the devices that are open. A pad that floods its
/// events costs little: sticks are only looked at once a UI frame, their events are thrown away unread, and a
/// button that was just pressed is pressed again after kBounce at the earliest.
class Pads {
public:
    static constexpr base::Nanos kBounce = std::chrono::milliseconds(40);
    static constexpr std::size_t kMostPads = 8;
    /// A stick at its end jogs so many frames a second.
    static constexpr double kFastestJog = 50;
    /// One at its end shuttles so many: ten times the speed of 25 a second.
    static constexpr double kFastestShuttle = 250;

    Pads();
    ~Pads();
    Pads(const Pads&) = delete;
    Pads& operator=(const Pads&) = delete;

    void setMapping(PadMapping mapping) { mapping_ = std::move(mapping); }

    /// The button that is pressed, as padTable() has it; devices that come and go are seen to. nullptr for
    /// all other events.
    const PadBinding* button(const SDL_Event& event, base::Nanos now);
    /// What a press asks for.
    std::optional<Action> take(const SDL_Event& event, base::Nanos now);
    /// An axis that is pushed more than half of its way now.
    [[nodiscard]] const PadAxis* pushed() const;
    /// Until all sticks are let go of they step nothing.
    void waitForRelease() { waiting_ = true; }
    /// What sticks have told since the last call is dropped from SDL's queue: it holds no more than 65535
    /// events, and keys have to find room.
    static void dropMotion();
    /// Once a UI frame. @return the frames that a held stick or a turned wheel steps by.
    std::optional<Intent> tick(base::Nanos now);
    [[nodiscard]] std::size_t attached() const { return open_.size(); }

private:
    struct Closer {
        void operator()(SDL_Joystick* joystick) const { SDL_JoystickClose(joystick); }
        void operator()(SDL_GameController* pad) const { SDL_GameControllerClose(pad); }
    };
    struct Device {
        std::unique_ptr<SDL_GameController, Closer> pad; ///< Null when SDL does not know the layout.
        std::unique_ptr<SDL_Joystick, Closer> joystick;  ///< Null when it does.
        std::map<int, base::Nanos> pressed_at;           ///< By button.
    };
    void add(int device_index);
    Device* find(SDL_JoystickID id);
    const PadBinding* press(SDL_JoystickID id, const PadBinding* binding, base::Nanos now);
    /// How far an axis of a device is pushed, -1 … 1; 0 for one that it lacks.
    static double pushOf(const Device& device, const PadAxis& axis);

    bool started_ = false;
    PadMapping mapping_;
    bool waiting_ = false; ///< For all sticks to be let go of.
    std::map<SDL_JoystickID, Device> open_;
    std::optional<base::Nanos> ticked_at_;
    double frames_ = 0; ///< To be stepped, below one.
    int notches_ = 0;
};

} // namespace backtake::ui
