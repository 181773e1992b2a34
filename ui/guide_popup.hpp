/// The popup (F5) of the guide: which file, which part of it, and how it is played.
#pragma once

#include "ui/form.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/sound_devices.hpp"
#include "ui/theme.hpp"
#include "ui/words.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace backtake::ui {

/// "1:02.5", of minutes and seconds.
Words<15> guideTime(base::Nanos time);
/// The same as typed: "62.5", "1:02.5", "1:2". @return nullopt: it is no time.
std::optional<base::Nanos> parseGuideTime(std::string_view text);

/// Room: the window's.
class GuidePopup {
public:
    /// Opened it has @p devices look for what it offers.
    void toggle(const Model& model, SoundDevices& devices);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it. @return whether it was open.
    bool leave();
    /// @param choice changed in place.
    std::optional<Intent> draw(const Model& model, GuideChoice& choice, SoundDevices& devices,
        const Layout& layout, const Theme& theme);

private:
    void showFileOf(const GuideModel& guide);
    void drawFile(const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent);
    void drawWave(const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent);
    void drawPart(const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent);
    static void drawChoice(GuideChoice& choice, SoundDevices& devices, const Theme& theme, float width);

    bool open_ = false;
    bool opening_ = false;
    TextField<1023> file_;
    TextField<15> from_;
    TextField<15> to_;
    std::string shown_file_; ///< That the fields were filled with.
    base::Nanos shown_from_ {};
    base::Nanos shown_to_ {};
    bool part_wrong_ = false;         ///< What was typed is no part.
    std::optional<base::Nanos> held_; ///< Where the mouse took the wave.
};

} // namespace backtake::ui
