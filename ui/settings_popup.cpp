#include "ui/settings_popup.hpp"

#include "base/text.hpp"
#include "ui/form.hpp"
#include "ui/key_names.hpp"

#include <fmt/format.h>
#include <imgui_internal.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

namespace backtake::ui {
namespace {

constexpr std::array kGroups { KeyGroup::Take, KeyGroup::Play, KeyGroup::Marks, KeyGroup::Log,
    KeyGroup::Camera, KeyGroup::Picture, KeyGroup::Compare, KeyGroup::Guide, KeyGroup::Window };

struct State {
    const char* name;
    std::optional<std::uint32_t> StateColours::*chosen;
    unsigned standard; ///< 0xRRGGBB
};
constexpr std::array kStates {
    State { "Rolling", &StateColours::rolling, colour::rgbOf(colour::kRolling) },
    State { "Shown order", &StateColours::shown, colour::rgbOf(colour::kShown) },
    State { "As captured", &StateColours::captured, colour::rgbOf(colour::kCaptured) },
    State { "Live", &StateColours::live, colour::rgbOf(colour::kLive) },
};

std::uint32_t colourOf(const StateColours& colours, const State& state)
{
    return (colours.*state.chosen).value_or(state.standard);
}

/// "FF3B30" with or without "#".
std::optional<std::uint32_t> parseColour(std::string_view text)
{
    if (text.starts_with('#'))
        text.remove_prefix(1);
    std::uint32_t rgb = 0;
    const char* const end = text.data() + text.size();
    if (text.size() != 6 || std::from_chars(text.data(), end, rgb, 16).ptr != end)
        return std::nullopt;
    return rgb;
}

float room() { return ImGui::GetContentRegionAvail().x; }

/// Words as wide as @p width, in the middle of a row of buttons; the next item stands beside them.
void label(const Theme& theme, std::string_view words, float width, ImU32 tint = colour::kText)
{
    const ImVec2 place = ImGui::GetCursorScreenPos();
    const float height = buttonHeight(theme);
    drawTextWithin(*ImGui::GetWindowDrawList(), theme.fonts.body, { place.x, place.y + height / 2 },
        width - theme.px(8), tint, words);
    ImGui::Dummy({ width, height });
    ImGui::SameLine(0, 0);
}

void note(const Theme& theme, std::string_view words)
{
    line(theme.fonts.small, colour::kQuiet, room(), words);
}

void heading(const Theme& theme, const char* words)
{
    ImGui::Dummy({ 0, theme.px(4) });
    line(theme.fonts.bold, colour::kText, room(), words);
}

/// Of a row. With the mouse the keyboard stays where it was.
void focusButton(int row, const char* name)
{
    bool& no_keyboard = ImGui::GetCurrentContext()->NavDisableHighlight;
    if (no_keyboard)
        return;
    ImGui::PushID(row);
    ImGui::SetFocusID(ImGui::GetID(name), ImGui::GetCurrentWindow());
    ImGui::PopID();
    no_keyboard = false;
}

bool choice(const Theme& theme, const char* words, float width, bool on)
{
    return plainButton(theme, words, { .words = words, .width = width, .on = on });
}

} // namespace

void SettingsPopup::setUp(std::string preset_file,
    std::function<std::string(const std::string&)> camera_trouble,
    std::function<std::string(const std::string&)> sound_trouble)
{
    preset_file_ = std::move(preset_file);
    camera_trouble_ = std::move(camera_trouble);
    sound_trouble_ = std::move(sound_trouble);
}

void SettingsPopup::toggle(SoundDevices& devices)
{
    open_ = !open_;
    opening_ = open_;
    if (open_)
        devices.look();
    learning_ = {};
    typed_.clear();
    said_.clear();
}

bool SettingsPopup::leave()
{
    const bool was = open_;
    if (std::exchange(learning_, {}).index() == 0)
        open_ = false;
    return was;
}

void SettingsPopup::learn(const KeyPress& press, Settings& settings)
{
    if (press.repeat || (press.key >= SDLK_LCTRL && press.key <= SDLK_RGUI))
        return; // what is held down with the key comes first
    const KeyId id = std::get<ForKey>(std::exchange(learning_, {})).id;
    const auto table = keyTable();
    const auto row = std::find_if(table.begin(), table.end(), [id](const auto& one) { return one.id == id; });
    const auto keys = combinationOf(press);
    if (!keys)
        return complain("This key has no name here: choose another one");
    if (row->while_typing && editsText(*keys))
        return complain("\"" + std::string(row->words)
            + "\" works while a text is typed: a key with Ctrl or Alt, F1 \u2026 F12 or Esc");
    KeyChoices choices = settings.keys;
    choices[id] = *keys;
    if (const KeyBinding* clash = clashOf(*row, choices))
        return complain(text(*keys) + " is \"" + clash->words + "\" already: nothing was changed");
    if (*keys == keysOf(*row, {}))
        choices.erase(id);
    settings.keys = std::move(choices);
    say(text(*keys) + " is now \"" + row->words + "\"");
}

void SettingsPopup::learn(const PadBinding& pressed, Settings& settings)
{
    const KeyId id = std::get<ForButton>(std::exchange(learning_, {})).id;
    const auto before = actionOf(settings.pads, pressed);
    if (pressed.key == id)
        settings.pads.buttons.erase(pressed.button);
    else
        settings.pads.buttons[pressed.button] = id;
    std::string words = fmt::format("\"{}\" is now \"{}\"", pressed.name, ui::bindingOf(id).words);
    if (before && *before != id)
        words += fmt::format(", no longer \"{}\"", ui::bindingOf(*before).words);
    say(std::move(words));
}

void SettingsPopup::learn(const PadAxis& pushed, Settings& settings)
{
    const AxisUse use = std::get<ForAxis>(std::exchange(learning_, {})).use;
    if (pushed.use == use)
        settings.pads.axes.erase(pushed.axis);
    else
        settings.pads.axes[pushed.axis] = use;
    say(fmt::format("\"{}\" {} now", pushed.name, use == AxisUse::Jog ? "jogs" : "shuttles"));
}

std::optional<std::string> SettingsPopup::field(
    const Theme& theme, const char* id, const char* hint, std::string_view value, float width)
{
    const TallFrame tall(theme);
    const ImGuiID own = ImGui::GetID(id);
    const auto before = typed_.find(own);
    std::string text(before == typed_.end() ? value : before->second);
    ImGui::SetNextItemWidth(width);
    ImGui::InputTextWithHint(id, hint, &text, ImGuiInputTextFlags_AutoSelectAll);
    if (ImGui::IsItemActive()) {
        typed_[own] = std::move(text);
        return std::nullopt;
    }
    if (!ImGui::IsItemDeactivated())
        return std::nullopt;
    typed_.erase(own);
    if (text == value)
        return std::nullopt;
    return text;
}

void SettingsPopup::drawKeys(Settings& settings, const Theme& theme)
{
    note(theme, "Press a key's button, then the new key. Works at once.");
    const float key = theme.px(170);
    const float reset = theme.px(84);
    const float gap = theme.px(6);
    const float words = room() - key - reset - 2 * gap;
    for (const KeyGroup group : kGroups) {
        heading(theme, nameOf(group));
        for (const KeyBinding& row : keyTable()) {
            if (row.group != group)
                continue;
            ImGui::PushID(static_cast<int>(row.id));
            label(theme, row.words, words);
            const auto* waiting = std::get_if<ForKey>(&learning_);
            const bool waits = waiting != nullptr && waiting->id == row.id;
            const std::string name = text(keysOf(row, settings.keys));
            if (plainButton(theme, "key",
                    { .words = waits ? "press a key \u2026" : std::string_view(name),
                        .width = key,
                        .on = waits })) {
                learning_ = ForKey { row.id };
                say(std::string(ui::bindingOf(KeyId::Leave).name) + ": leave it as it is");
            }
            ImGui::SameLine(0, gap);
            if (!settings.keys.contains(row.id)) {
                ImGui::Dummy({ reset, buttonHeight(theme) });
            } else if (plainButton(theme, "reset", { .words = "Reset", .width = reset }, row.name)) {
                KeyChoices choices = settings.keys;
                choices.erase(row.id);
                if (const KeyBinding* clash = clashOf(row, choices))
                    complain(
                        std::string(row.name) + " is \"" + clash->words + "\" now: reset that one first");
                else
                    settings.keys = std::move(choices);
            }
            ImGui::PopID();
        }
    }
    heading(theme, "All keys");
    if (plainButton(theme, "reset all", { .words = "Reset all keys", .width = key }))
        settings.keys.clear();
}

void SettingsPopup::drawColours(Settings& settings, const Theme& theme)
{
    note(theme, "Of the frame and the badges. Each state has its word and shape as well. Works at once.");
    const float gap = theme.px(6);
    const float name = theme.px(110);
    const float square = buttonHeight(theme);
    const float hex = theme.px(104);
    const float reset = theme.px(84);
    const float slider = std::floor((room() - name - square - hex - reset - 5 * gap) / 3);
    for (const State& state : kStates) {
        ImGui::PushID(state.name);
        std::optional<std::uint32_t>& chosen = settings.colours.*state.chosen;
        const std::uint32_t now = colourOf(settings.colours, state);
        label(theme, state.name, name);
        const ImVec2 low = ImGui::GetCursorScreenPos();
        ImGui::GetWindowDrawList()->AddRectFilled(
            low, { low.x + square, low.y + square }, colour::ofRgb(now), theme.px(4));
        ImGui::Dummy({ square, square });
        ImGui::SameLine(0, gap);
        const Words<7> written("#{:06X}", now);
        if (const auto typed = field(theme, "##hex", "", written.view(), hex)) {
            if (const auto rgb = parseColour(*typed))
                chosen = *rgb;
            else
                complain("A colour is six digits from 0 to F, as #FF3B30: red, green, blue");
        }
        {
            const TallFrame tall(theme);
            for (const auto& [id, format, shift] :
                { std::tuple { "##r", "R %d", 16U }, { "##g", "G %d", 8U }, { "##b", "B %d", 0U } }) {
                ImGui::SameLine(0, gap);
                ImGui::SetNextItemWidth(slider);
                int part = static_cast<int>(now >> shift & 0xFF);
                if (ImGui::SliderInt(id, &part, 0, 255, format, ImGuiSliderFlags_AlwaysClamp))
                    chosen = (now & ~(0xFFU << shift)) | static_cast<unsigned>(part) << shift;
            }
        }
        if (chosen) {
            ImGui::SameLine(0, gap);
            if (plainButton(theme, "reset", { .words = "Reset", .width = reset }))
                chosen.reset();
        }
        ImGui::PopID();
    }
    for (std::size_t i = 0; i < kStates.size(); ++i)
        for (std::size_t j = i + 1; j < kStates.size(); ++j)
            if (colourDistance(colourOf(settings.colours, kStates[i]), colourOf(settings.colours, kStates[j]))
                < kHardToTellApart)
                line(theme.fonts.body, colour::kText, room(),
                    Words<127>("! {} and {} are hard to tell apart", kStates[i].name, kStates[j].name)
                        .view());
}

void SettingsPopup::drawShoot(Settings& settings, const Theme& theme)
{
    note(theme,
        "What a shoot begins with. Used from the next start on, the question for the board at once; the "
        "command line comes before it.");
    const float name = theme.px(140);
    const float wide = room() - name;
    Settings::Shoot& shoot = settings.shoot;
    label(theme, "Pre-roll, seconds", name);
    const std::string preroll = shoot.preroll_s ? fmt::format("{}", *shoot.preroll_s) : "";
    if (const auto typed = field(theme, "##preroll", "10", preroll, theme.px(150))) {
        double seconds = 0;
        const char* const end = typed->data() + typed->size();
        if (typed->empty())
            shoot.preroll_s.reset();
        else if (std::from_chars(typed->data(), end, seconds).ptr == end && seconds >= 0
            && seconds <= kLongestPreroll_s)
            shoot.preroll_s = seconds;
        else
            complain(fmt::format("The pre-roll is a number from 0 to {} seconds", kLongestPreroll_s));
    }
    label(theme, "Ring", name);
    if (auto typed = field(theme, "##ring", "a quarter of the RAM, at most 4G", shoot.ring, theme.px(290))) {
        if (isRing(*typed))
            shoot.ring = std::move(*typed);
        else
            complain("The ring is a size from 1M on, as 512M or 2G; empty: the program's own");
    }
    label(theme, "Direction", name);
    ButtonRow directions(theme, wide, 2);
    if (choice(theme, "Backward", directions.next(), shoot.backward))
        shoot.backward = true;
    if (choice(theme, "Forward", directions.next(), !shoot.backward))
        shoot.backward = false;
    label(theme, "Orientation", name);
    ButtonRow turns(theme, wide, 4);
    using base::Orientation;
    for (const auto& [orientation, words] :
        { std::pair { Orientation::Upright, "0" }, { Orientation::UpsideDown, "180" },
            { Orientation::Mirrored, "mirrored" }, { Orientation::Flipped, "flipped" } })
        if (choice(theme, words, turns.next(), shoot.orientation == orientation))
            shoot.orientation = orientation;
    label(theme, "Timecode", name);
    if (auto typed = field(theme, "##timecode", "time of day", shoot.timecode, theme.px(290))) {
        if (isTimecode(*typed))
            shoot.timecode = std::move(*typed);
        else
            complain("The timecode is tod, free, free:10:00:00:00 or ltc:1 (its sound channel); empty: tod");
    }
    label(theme, "Board", name);
    ButtonRow boards(theme, wide, 2);
    if (choice(theme, "Ask after the cut", boards.next(), settings.ask_board))
        settings.ask_board = true;
    if (choice(theme, "Do not ask", boards.next(), !settings.ask_board))
        settings.ask_board = false;
    label(theme, "Second folder", name);
    if (auto typed = field(theme, "##spill", "on another disk: /media/second", shoot.spill, wide))
        shoot.spill = std::move(*typed);
    label(theme, "Sound", name);
    if (auto typed = field(theme, "##sound",
            "with the picture, or as audio:pulse, audio:alsa:hw:1, audio:off", shoot.sound, wide)) {
        if (acceptsSound(*typed))
            shoot.sound = std::move(*typed);
    }
}

bool SettingsPopup::acceptsSound(const std::string& spec)
{
    const std::string trouble = spec.empty() || !sound_trouble_ ? "" : sound_trouble_(spec);
    if (!trouble.empty())
        complain(base::withoutSecrets(trouble));
    return trouble.empty();
}

bool SettingsPopup::acceptsCamera(const std::string& spec)
{
    const std::string trouble = camera_trouble_ ? camera_trouble_(spec) : "";
    if (!trouble.empty())
        complain(base::withoutSecrets(trouble));
    return trouble.empty();
}

void SettingsPopup::drawCameras(Settings& settings, const Theme& theme)
{
    note(theme,
        "A, B, \u2026 in this order, as for --camera; the arrows change it. One may have sound of its own, "
        "as "
        "for --audio. Used from the next start on. Passwords stay hidden.");
    const float gap = theme.px(6);
    const float letter = theme.px(28);
    const float arrow = buttonHeight(theme);
    const float button = theme.px(92);
    const float name = std::min(theme.px(130), std::floor(room() / 7));
    const float sound = std::min(theme.px(220), std::floor(room() / 4));
    const float spec = room() - letter - name - sound - 2 * arrow - button - 5 * gap;
    std::vector<Settings::Camera>& cameras = settings.cameras;
    std::optional<std::size_t> removed;
    std::optional<std::size_t> moved;
    int by = 0; ///< Places, of the moved one.
    for (std::size_t i = 0; i < cameras.size(); ++i) {
        ImGui::PushID(static_cast<int>(i));
        Settings::Camera& camera = cameras[i];
        label(theme, Words<1>("{}", static_cast<char>('A' + i)).view(), letter);
        if (const auto typed = field(theme, "##spec", "", base::withoutSecrets(camera.spec), spec)) {
            std::string meant = withSecretsOf(camera.spec, *typed);
            if (acceptsCamera(meant))
                camera.spec = std::move(meant);
        }
        ImGui::SameLine(0, gap);
        if (auto typed = field(theme, "##name", "a name for it", camera.name, name))
            camera.name = std::move(*typed);
        ImGui::SameLine(0, gap);
        if (const auto typed =
                field(theme, "##sound", "sound as the shoot's", base::withoutSecrets(camera.sound), sound)) {
            std::string meant = withSecretsOf(camera.sound, *typed);
            if (acceptsSound(meant))
                camera.sound = std::move(meant);
        }
        for (const int way : { -1, +1 }) {
            ImGui::SameLine(0, gap);
            if (i + static_cast<std::size_t>(way) >= cameras.size()) {
                ImGui::Dummy({ arrow, arrow });
            } else if (plainButton(theme, way < 0 ? "up" : "down",
                           { .sign = way < 0 ? Sign::Up : Sign::Down },
                           way < 0 ? "One letter up" : "One letter down")) {
                moved = i;
                by = way;
            }
        }
        ImGui::SameLine(0, gap);
        if (plainButton(theme, "remove", { .words = "Remove", .width = button }))
            removed = i;
        ImGui::PopID();
    }
    if (removed)
        cameras.erase(cameras.begin() + static_cast<std::ptrdiff_t>(*removed));
    if (moved) {
        const std::size_t to = *moved + static_cast<std::size_t>(by);
        std::swap(cameras[*moved], cameras[to]);
        // The keyboard goes with the camera, so that it can move it on, or back from the end.
        const bool at_end = to + static_cast<std::size_t>(by) >= cameras.size();
        focusButton(static_cast<int>(to), (by < 0) != at_end ? "up" : "down");
    }
    if (removed || moved)
        typed_.clear();
    if (cameras.size() == kMostCameras)
        return;
    label(theme, "+", letter, colour::kQuiet);
    if (auto typed = field(theme, "##new", "gphoto:usb, v4l2:/dev/video0, rtsp://\u2026", "", spec);
        typed && acceptsCamera(*typed))
        cameras.push_back({ std::move(*typed), "" });
    if (cameras.empty())
        note(theme, "None: the first camera that is attached.");
}

void SettingsPopup::drawOutput(
    Settings& settings, const std::vector<std::string>& displays, const Theme& theme)
{
    note(theme, "The clean picture on another screen. Works at once; F2 opens and closes it.");
    const float name = theme.px(140);
    const float wide = room() - name;
    Settings::Output& output = settings.second_output;
    label(theme, "Display", name);
    if (choice(theme, "None at the start", wide, output.display.empty()))
        output.display.clear();
    bool attached = output.display.empty();
    for (std::size_t i = 0; i < displays.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        // By its name it is found again on another socket; two of a kind have numbers only.
        const bool unique =
            !displays[i].empty() && std::count(displays.begin(), displays.end(), displays[i]) == 1;
        const bool on = output.display == number || (unique && output.display == displays[i]);
        attached |= on;
        label(theme, "", name);
        if (choice(theme, Words<127>("{}: {}", number, displays[i]).c_str(), wide, on) && !on)
            output.display = unique ? displays[i] : number;
    }
    if (!attached) {
        label(theme, "", name);
        choice(theme, Words<127>("{} (not attached)", output.display).c_str(), wide, true);
    }
    label(theme, "Shown", name);
    ButtonRow shown(theme, wide, 3);
    if (choice(theme, "Full screen", shown.next(), output.full_screen))
        output.full_screen = !output.full_screen;
    if (choice(theme, "Badge of the state", shown.next(), output.badge))
        output.badge = !output.badge;
    if (choice(theme, "Cue sheet", shown.next(), output.cue))
        output.cue = !output.cue;
    label(theme, "Look-up table", name);
    ButtonRow looks(theme, wide, 2);
    const bool own = !output.own_lut.empty();
    if (choice(theme, "The main picture's", looks.next(), !own && output.lut)) {
        output.own_lut.clear();
        output.lut = true;
    }
    if (choice(theme, "None", looks.next(), !own && !output.lut)) {
        output.own_lut.clear();
        output.lut = false;
    }
    for (std::size_t i = 0; i < base::kCameraLogs.size(); i += 3) {
        label(theme, i == 0 ? "or its own" : "", name);
        ButtonRow presets(theme, wide, 3);
        for (std::size_t j = i; j < std::min(i + 3, base::kCameraLogs.size()); ++j) {
            const base::CameraLog log = base::kCameraLogs[j];
            if (choice(theme, Words<31>("{}", shortNameOf(log)).c_str(), presets.next(),
                    output.own_lut == base::nameOf(log)))
                output.own_lut = base::nameOf(log);
        }
    }
    label(theme, "", name);
    if (auto typed = field(theme, "##lut", "or a file: /media/looks/show.cube", output.own_lut, wide))
        output.own_lut = std::move(*typed);
}

void SettingsPopup::drawSound(base::SoundChoice& sound, SoundDevices& devices, const Theme& theme)
{
    note(theme,
        "Of the take in review. While a take rolls nothing is heard: it would be in the take. Works at "
        "once.");
    const float name = theme.px(140);
    const float wide = room() - name;
    label(theme, "Sound", name);
    ButtonRow heard(theme, wide, 2);
    if (choice(theme, "On", heard.next(), !sound.muted))
        sound.muted = false;
    if (choice(theme, "Muted", heard.next(), sound.muted))
        sound.muted = true;
    label(theme, "Level", name);
    {
        const TallFrame tall(theme);
        ImGui::SetNextItemWidth(wide);
        ImGui::SliderInt("##level", &sound.level_db, base::kSoftest_db, base::kLoudest_db, "%+d dB",
            ImGuiSliderFlags_AlwaysClamp);
    }
    label(theme, "Channels", name);
    ButtonRow pairs(theme, wide, 1 + base::kMostSoundChannels / 2);
    if (choice(theme, "All, mixed", pairs.next(), sound.channel == 0)) {
        sound.channel = 0;
        sound.pair = false;
    }
    for (int first = 1; first < base::kMostSoundChannels; first += 2)
        if (choice(theme, Words<7>("{}-{}", first, first + 1).c_str(), pairs.next(),
                sound.channel == first && sound.pair)) {
            sound.channel = first;
            sound.pair = true;
        }
    label(theme, "One of them", name);
    ButtonRow singles(theme, wide, base::kMostSoundChannels);
    for (int channel = 1; channel <= base::kMostSoundChannels; ++channel)
        if (choice(theme, Words<7>("{}", channel).c_str(), singles.next(),
                sound.channel == channel && !sound.pair)) {
            sound.channel = channel;
            sound.pair = false;
        }
    label(theme, "Other speeds", name);
    ButtonRow pitches(theme, wide, 2);
    if (choice(theme, "As tape: the pitch changes", pitches.next(), !sound.keep_pitch))
        sound.keep_pitch = false;
    if (choice(theme, "In the recorded pitch", pitches.next(), sound.keep_pitch))
        sound.keep_pitch = true;
    heading(theme, devices.looking() ? "Device: looking for devices \u2026" : "Device");
    if (choice(theme, "The system's choice", room(), sound.device.empty()))
        sound.device.clear();
    for (const std::string& device : devices.names()) {
        ImGui::PushID(device.c_str());
        if (choice(theme, device.c_str(), room(), sound.device == device))
            sound.device = device;
        ImGui::PopID();
    }
}

void SettingsPopup::drawPads(Settings& settings, std::size_t attached, const Theme& theme)
{
    note(theme, "Press \"Learn\", then the button of the pad or jog wheel. Works at once.");
    note(theme,
        attached == 0 ? std::string_view("None is attached.") : Words<63>("{} attached.", attached).view());
    const float gap = theme.px(6);
    const float learn = theme.px(100);
    const float clear = theme.px(84);
    const float names = theme.px(190);
    const float words = room() - names - learn - clear - 2 * gap;
    PadMapping& pads = settings.pads;
    /// @return which of the two was pressed: 1 learn, 2 clear.
    const auto row = [&](std::string_view what, const std::string& which, bool waits) {
        int pressed = 0;
        label(theme, what, words);
        label(theme, which, names, colour::kQuiet);
        if (plainButton(
                theme, "learn", { .words = waits ? "press \u2026" : "Learn", .width = learn, .on = waits })) {
            say(std::string(ui::bindingOf(KeyId::Leave).name) + ": leave it as it is");
            pressed = 1;
        }
        ImGui::SameLine(0, gap);
        if (which.empty())
            ImGui::Dummy({ clear, buttonHeight(theme) });
        else if (plainButton(theme, "clear", { .words = "Clear", .width = clear }))
            pressed = 2;
        return pressed;
    };
    const auto also = [](std::string& list, const char* name) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    };
    heading(theme, "Sticks");
    for (const auto& [use, what] : { std::pair { AxisUse::Jog, "Jog: frame by frame" },
             { AxisUse::Shuttle, "Shuttle: five times as fast" } }) {
        std::string which;
        for (const PadAxis& axis : axisTable())
            if (useOf(pads, axis) == use)
                also(which, axis.name);
        const auto* waiting = std::get_if<ForAxis>(&learning_);
        ImGui::PushID(what);
        const int pressed = row(what, which, waiting != nullptr && waiting->use == use);
        ImGui::PopID();
        if (pressed == 1)
            learning_ = ForAxis { use };
        for (const PadAxis& axis : axisTable()) {
            if (pressed != 2 || useOf(pads, axis) != use)
                continue;
            pads.axes[axis.axis] = AxisUse::Nothing;
            if (axis.use == AxisUse::Nothing)
                pads.axes.erase(axis.axis);
        }
    }
    for (const KeyGroup group : kGroups) {
        heading(theme, nameOf(group));
        for (const KeyBinding& action : keyTable()) {
            if (action.group != group || action.place != KeyPlace::Everywhere
                || action.id == KeyId::RollWhileTyping)
                continue;
            std::string which;
            for (const PadBinding& binding : padTable())
                if (actionOf(pads, binding) == action.id)
                    also(which, binding.name);
            const auto* waiting = std::get_if<ForButton>(&learning_);
            ImGui::PushID(static_cast<int>(action.id));
            const int pressed = row(action.words, which, waiting != nullptr && waiting->id == action.id);
            ImGui::PopID();
            if (pressed == 1)
                learning_ = ForButton { action.id };
            for (const PadBinding& binding : padTable()) {
                if (pressed != 2 || actionOf(pads, binding) != action.id)
                    continue;
                pads.buttons[binding.button] = std::nullopt;
                if (!binding.key)
                    pads.buttons.erase(binding.button);
            }
        }
    }
    heading(theme, "All buttons and sticks");
    if (plainButton(theme, "reset all", { .words = "Reset all", .width = names }))
        pads = {};
}

std::optional<SettingsOrder> SettingsPopup::drawPresets(const Settings& settings, const Theme& theme)
{
    std::optional<SettingsOrder> order;
    note(theme,
        "A preset is a file with all settings in it, also the cameras' passwords: only its owner may read "
        "it.");
    if (auto typed = field(theme, "##file", "/media/usb/day.toml", preset_file_, room()))
        preset_file_ = std::move(*typed);
    ButtonRow row(theme, room(), 2);
    if (choice(theme, "Export to a new file", row.next(), false) && !preset_file_.empty())
        order = SettingsOrder { SettingsOrder::Kind::Export, preset_file_, settings };
    if (choice(theme, "Load and use", row.next(), false) && !preset_file_.empty())
        order = SettingsOrder { SettingsOrder::Kind::Load, preset_file_ };
    if (order)
        say("\u2026");
    for (const std::string& trouble : preset_troubles_) {
        ImGui::PushTextWrapPos(0);
        ImGui::TextUnformatted(trouble.c_str());
        ImGui::PopTextWrapPos();
    }
    return order;
}

std::optional<SettingsOrder> SettingsPopup::draw(Settings& settings, const std::vector<std::string>& displays,
    SoundDevices& devices, std::size_t pads, const Layout& layout, const Theme& theme)
{
    if (!open_)
        return std::nullopt;
    std::optional<SettingsOrder> order;
    // Between the bars, so that state, slate and transport stay in sight.
    const float top = static_cast<float>(layout.top_bar.bottom()) + theme.px(6);
    const float bottom = static_cast<float>(layout.transport.empty() ? layout.window.bottom() - layout.frame
                                                                     : layout.transport.y)
        - theme.px(6);
    const float window = static_cast<float>(layout.window.width);
    const ImVec2 size { std::min(theme.px(1000), window - theme.px(48)),
        std::min(theme.px(760), bottom - top) };
    ImGui::SetNextWindowPos({ std::round((window - size.x) / 2), top });
    ImGui::SetNextWindowSize(size);
    if (opening_)
        ImGui::SetNextWindowFocus();
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(14), theme.px(12) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(6), theme.px(6) });
    if (ImGui::Begin("settings", nullptr,
            ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings)) {
        const float foot = theme.px(30);
        constexpr std::array<std::pair<Section, const char*>, 8> kSections { { { Section::Keys, "Keys" },
            { Section::Colours, "Colours" }, { Section::Shoot, "Shoot" }, { Section::Cameras, "Cameras" },
            { Section::SecondOutput, "Second output" }, { Section::Sound, "Sound" },
            { Section::Pads, "Pads" }, { Section::Presets, "Presets" } } };
        // Above the fields: from there Down leads to the first of them, wherever it stands.
        const int columns = room() < theme.px(860) ? 4 : static_cast<int>(kSections.size());
        ButtonRow tabs(theme, room(), columns);
        for (std::size_t i = 0; i < kSections.size(); ++i) {
            const auto [section, name] = kSections[i];
            if (i > 0 && i % static_cast<std::size_t>(columns) == 0)
                tabs = ButtonRow(theme, room(), columns);
            if (choice(theme, name, tabs.next(), section == section_)) {
                section_ = section;
                learning_ = {};
                said_.clear();
            }
            if (opening_ && section == section_)
                ImGui::SetItemDefaultFocus();
        }
        if (ImGui::BeginChild("fields", { 0, -foot }, false, ImGuiWindowFlags_NavFlattened)) {
            ImGui::PushID(static_cast<int>(section_));
            switch (section_) {
            case Section::Keys:
                drawKeys(settings, theme);
                break;
            case Section::Colours:
                drawColours(settings, theme);
                break;
            case Section::Shoot:
                drawShoot(settings, theme);
                break;
            case Section::Cameras:
                drawCameras(settings, theme);
                break;
            case Section::SecondOutput:
                drawOutput(settings, displays, theme);
                break;
            case Section::Sound:
                drawSound(settings.sound, devices, theme);
                break;
            case Section::Pads:
                drawPads(settings, pads, theme);
                break;
            case Section::Presets:
                order = drawPresets(settings, theme);
                break;
            }
            ImGui::PopID();
        }
        ImGui::EndChild();
        const bool wrong = said_.starts_with('!');
        line(theme.fonts.body, wrong ? colour::kText : colour::kQuiet, room(),
            said_.empty() ? "Arrows: from field to field; Space or Enter: press; Esc: leave" : said_.c_str());
        if (wrong)
            tooltip(theme, said_.c_str());
    }
    ImGui::End();
    ImGui::PopStyleVar(4);
    if (std::exchange(opening_, false))
        ImGui::GetCurrentContext()->NavDisableHighlight = false; // the keyboard has opened it, or may go on
    return order;
}

void SettingsPopup::report(SettingsReport report)
{
    if (report.kind == SettingsOrder::Kind::Load)
        preset_troubles_ = report.troubles;
    if (!report.done.empty())
        say(std::move(report.done));
    else if (!report.troubles.empty())
        complain(report.troubles.front());
}

} // namespace backtake::ui
