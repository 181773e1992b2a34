/// Game pads and jog wheels, as SDL knows them, turned into the same actions that keys and buttons make.
#pragma once

#include "base/time.hpp"
#include "ui/keys.hpp"

#include <SDL_events.h>

#include <map>
#include <memory>
#include <optional>
#include <span>

namespace backtake::ui {

/// A button of a game pad and the row of the key table that it stands for. On pads that SDL does not know by
/// name, and on jog wheels, buttons count in the order of this table.
struct PadBinding {
    int button = 0; ///< SDL_GameControllerButton.
    KeyId key;
    const char* name; ///< "A", "Left shoulder"
};
std::span<const PadBinding> padTable();

/// Sticks jog: a held stick steps by as many frames a second as it is pushed far, a wheel (a joystick's ball)
/// by one frame a notch.
///
/// Room: the window's. Owns: SDL's game controller part and the devices that are open. A pad that floods its
/// events costs little: sticks are only looked at once a UI frame, and a button that was just pressed is
/// pressed again after kBounce at the earliest.
class Pads {
public:
    static constexpr base::Nanos kBounce = std::chrono::milliseconds(40);
    static constexpr std::size_t kMostPads = 8;
    /// A stick at its end jogs so many frames a second.
    static constexpr double kFastestJog = 50;

    Pads();
    ~Pads();
    Pads(const Pads&) = delete;
    Pads& operator=(const Pads&) = delete;

    /// What a press asks for; devices that come and go are seen to. nullopt for all other events.
    std::optional<Action> take(const SDL_Event& event, base::Nanos now);
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
    std::optional<Action> press(SDL_JoystickID id, int button, base::Nanos now);

    bool started_ = false;
    std::map<SDL_JoystickID, Device> open_;
    std::optional<base::Nanos> ticked_at_;
    double frames_ = 0; ///< To be stepped, below one.
    int notches_ = 0;
};

} // namespace backtake::ui
