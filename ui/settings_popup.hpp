/// The window inside the window (F10) with all settings: keys, colours, what a shoot begins with, cameras,
/// second output, sound, pads, presets.
#pragma once

#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/pads.hpp"
#include "ui/settings.hpp"
#include "ui/sound_devices.hpp"
#include "ui/theme.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backtake::ui {

/// Room: the window's. Changes the settings it is given; what follows from that is the window's affair. While
/// it is open the arrow keys go from field to field, Space and Enter press.
class SettingsPopup {
public:
    /// @param camera_trouble why a camera's spec cannot be used; empty: it can. Must not wait. None: not
    /// asked.
    /// @param sound_trouble the same for the spec of sound.
    void setUp(std::string preset_file, std::function<std::string(const std::string&)> camera_trouble,
        std::function<std::string(const std::string&)> sound_trouble);
    /// Opened it has @p devices look for what it offers.
    void toggle(SoundDevices& devices);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Ends the wait for a key or button, else closes it. @return whether it was open.
    bool leave();

    /// Whether the next key, button or axis is learnt: it does nothing else.
    [[nodiscard]] bool waits() const { return learning_.index() != 0; }
    [[nodiscard]] bool waitsForKey() const { return std::holds_alternative<ForKey>(learning_); }
    [[nodiscard]] bool waitsForButton() const { return std::holds_alternative<ForButton>(learning_); }
    [[nodiscard]] bool waitsForAxis() const { return std::holds_alternative<ForAxis>(learning_); }
    void learn(const KeyPress& press, Settings& settings);
    void learn(const PadBinding& pressed, Settings& settings);
    void learn(const PadAxis& pushed, Settings& settings);

    /// @param displays what they are called. @param pads how many are attached.
    std::optional<SettingsOrder> draw(Settings& settings, const std::vector<std::string>& displays,
        SoundDevices& devices, std::size_t pads, const Layout& layout, const Theme& theme);
    void report(SettingsReport report);

private:
    enum class Section { Keys = 1, Colours, Shoot, Cameras, SecondOutput, Sound, Pads, Presets };
    struct ForKey {
        KeyId id;
    };
    struct ForButton {
        KeyId id;
    };
    struct ForAxis {
        AxisUse use;
    };
    using Learning = std::variant<std::monostate, ForKey, ForButton, ForAxis>;

    void drawKeys(Settings& settings, const Theme& theme);
    void drawColours(Settings& settings, const Theme& theme);
    void drawShoot(Settings& settings, const Theme& theme);
    void drawCameras(Settings& settings, const Theme& theme);
    void drawOutput(Settings& settings, const std::vector<std::string>& displays, const Theme& theme);
    static void drawSound(base::SoundChoice& sound, SoundDevices& devices, const Theme& theme);
    void drawPads(Settings& settings, std::size_t attached, const Theme& theme);
    std::optional<SettingsOrder> drawPresets(const Settings& settings, const Theme& theme);
    /// A field that shows @p value. @return what was typed, once Enter was pressed or the field was left.
    std::optional<std::string> field(
        const Theme& theme, const char* id, const char* hint, std::string_view value, float width);
    bool acceptsCamera(const std::string& spec);
    bool acceptsSound(const std::string& spec);
    void say(std::string words) { said_ = std::move(words); }
    void complain(const std::string& words) { said_ = "! " + words; }

    bool open_ = false;
    bool opening_ = false;
    Section section_ = Section::Keys;
    Learning learning_;
    std::map<unsigned, std::string> typed_; ///< In fields that are being typed in, by ImGui's id.
    std::string said_;                      ///< Under the fields; with "! " before it: something went wrong.
    std::string preset_file_;
    std::vector<std::string> preset_troubles_; ///< Of the preset that was loaded last.
    std::function<std::string(const std::string&)> camera_trouble_;
    std::function<std::string(const std::string&)> sound_trouble_;
};

} // namespace backtake::ui
