#include "app/settings.hpp"

#include "base/text.hpp"
#include "capture/camera_spec.hpp"
#include "takes/files.hpp"
#include "takes/take_facts.hpp"
#include "ui/key_names.hpp"
#include "ui/pads.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <toml++/toml.h> // here alone: it takes long to compile
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <set>
#include <utility>

namespace backtake::app {
using base::fail;
using base::Fault;

namespace {

/// A settings file is some kilobytes; whatever is longer is something else.
constexpr std::uint64_t kLongestFile = 1 << 20;
/// More lines that cannot be read are no slips of the pen: it is another file.
constexpr int kMostUnreadableLines = 10;
constexpr std::string_view kFirstLines = "# Settings of Backtake. docs/settings.md tells what can be said "
                                         "here; what is left out has its default.\n"
                                         "version = 1\n";
static_assert(kSettingsVersion == 1, "kFirstLines says so");

// ---- The file as text

/// Byte of a line and column as toml++ counts them: both from 1, columns in code points.
std::size_t offsetOf(std::string_view text, const toml::source_position& position)
{
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; // a byte order mark, which is not counted
    for (toml::source_index line = 1; line < position.line; ++line)
        at = std::min(text.find('\n', at), text.size() - 1) + 1;
    for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
            ++at;
    }
    return at;
}

/// As it stands in the file, for messages.
std::string asWritten(std::string_view text, const toml::source_region& source)
{
    constexpr std::size_t kMostShown = 60;
    const std::size_t from = offsetOf(text, source.begin);
    const std::size_t to = std::max(from, offsetOf(text, source.end));
    std::string shown = base::withoutSecrets(base::oneLine(text.substr(from, to - from)));
    if (shown.size() <= kMostShown)
        return shown;
    std::size_t end = kMostShown;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80)
        --end;
    return shown.substr(0, end) + "…";
}

/// A TOML basic string.
std::string asToml(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += { '\\', c };
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + "\"";
}

// ---- Every setting, once

/// @p rule completes "preroll_s is …".
using Say = std::function<void(const toml::node& node, std::string_view rule)>;

struct Entry {
    std::string section;
    std::string key;
    /// Leaves the default, and says why, when it cannot be used.
    std::function<void(const toml::node&, Settings&, const Say&)> read;
    /// As TOML; empty: it is not set.
    std::function<std::string(const Settings&)> write;
};

/// @p field gives the field of a Settings &, constant or not; so do the other fields here.
template <typename Field> Entry flag(const char* section, const char* key, Field field)
{
    return { section, key,
        [field](const toml::node& node, Settings& settings, const Say& say) {
            if (const auto value = node.value_exact<bool>())
                field(settings) = *value;
            else
                say(node, "true or false");
        },
        [field](const Settings& settings) { return std::string(field(settings) ? "true" : "false"); } };
}

/// Of an int, a double, or one that may be unset.
template <typename Field>
Entry number(const char* section, const char* key, double lowest, double highest, Field field)
{
    using Value = std::remove_cvref_t<std::invoke_result_t<Field, Settings&>>;
    return { section, key,
        [=](const toml::node& node, Settings& settings, const Say& say) {
            constexpr bool kWhole = std::is_same_v<Value, int>;
            const auto value = kWhole && !node.is_integer() ? std::nullopt : node.value<double>();
            if (value && *value >= lowest && *value <= highest) {
                if constexpr (kWhole)
                    field(settings) = static_cast<int>(*value);
                else
                    field(settings) = *value;
            } else {
                say(node, fmt::format("a {}number from {} to {}", kWhole ? "whole " : "", lowest, highest));
            }
        },
        [field](const Settings& settings) {
            if constexpr (std::is_same_v<Value, std::optional<double>>)
                return field(settings) ? fmt::format("{}", *field(settings)) : std::string();
            else
                return fmt::format("{}", field(settings));
        } };
}

template <typename Enum> using Words = std::vector<std::pair<Enum, std::string_view>>;

template <typename Enum, typename Field>
Entry choice(const char* section, const char* key, Words<Enum> words, Field field)
{
    return { section, key,
        [=](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string_view>();
            for (const auto& [value, word] : words) {
                if (text == word) {
                    field(settings) = value;
                    return;
                }
            }
            std::string rule = "one of";
            for (const auto& [value, word] : words)
                rule += fmt::format(" \"{}\"", word);
            say(node, rule);
        },
        [=](const Settings& settings) {
            for (const auto& [value, word] : words) {
                if (value == field(settings))
                    return asToml(word);
            }
            return std::string();
        } };
}

/// @param fits whether a text can be used; else @p rule is said.
template <typename Field>
Entry string(
    const char* section, const char* key, const char* rule, bool (*fits)(std::string_view), Field field)
{
    return { section, key,
        [=](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string>();
            if (text && fits(*text))
                field(settings) = *text;
            else
                say(node, rule);
        },
        [field](const Settings& settings) { return asToml(field(settings)); } };
}
template <typename Field> Entry string(const char* section, const char* key, Field field)
{
    return string(
        section, key, "a text in \"quotes\"", [](std::string_view) { return true; }, field);
}

std::optional<std::uint32_t> parseColour(std::string_view text)
{
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    if (text.size() != 7 || text.front() != '#'
        || std::from_chars(text.data() + 1, end, value, 16).ptr != end)
        return std::nullopt;
    return value;
}

template <typename Field> Entry colour(const char* key, Field field)
{
    return { "colours", key,
        [field](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string_view>();
            if (const auto rgb = text ? parseColour(*text) : std::nullopt)
                field(settings) = *rgb;
            else
                say(node, "a colour as \"#FF3B30\"");
        },
        [field](const Settings& settings) {
            const std::optional<std::uint32_t>& rgb = field(settings);
            return rgb ? fmt::format("\"#{:06X}\"", *rgb) : "";
        } };
}

Entry keyEntry(const ui::KeyBinding& binding)
{
    return { "keys", ui::actionName(binding.id),
        [&binding](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string_view>();
            const auto keys = text ? ui::parseKeyCombination(*text) : std::nullopt;
            if (!keys)
                say(node, "a key as \"G\", \"Ctrl+G\" or \"Shift+F6\"");
            else if (binding.while_typing && ui::editsText(*keys))
                say(node, "a key with Ctrl or Alt, F1 … F12 or Esc, for it works while a text is typed");
            else if (*keys != ui::keysOf(binding, {}))
                settings.keys[binding.id] = *keys;
        },
        [&binding](
            const Settings& settings) { return asToml(ui::text(ui::keysOf(binding, settings.keys))); } };
}

Entry padButtonEntry(const ui::PadBinding& binding)
{
    return { "pads", binding.name,
        [&binding](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string_view>();
            const auto id = text ? ui::actionNamed(*text) : std::nullopt;
            if (!id && text != "")
                say(node, "the name of an action as in [keys], or \"\" for nothing");
            else if (id != binding.key)
                settings.pads.buttons[binding.button] = id;
        },
        [&binding](const Settings& settings) {
            const auto id = ui::actionOf(settings.pads, binding);
            return asToml(id ? ui::actionName(*id) : "");
        } };
}

Entry padAxisEntry(const ui::PadAxis& axis)
{
    using ui::AxisUse;
    static const Words<AxisUse> uses { { AxisUse::Nothing, "" }, { AxisUse::Jog, "jog" },
        { AxisUse::Shuttle, "shuttle" } };
    return { "pads", axis.name,
        [&axis](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string_view>();
            const auto use = std::ranges::find_if(uses, [&](const auto& one) { return one.second == text; });
            if (use == uses.end())
                say(node, "one of \"jog\" \"shuttle\" \"\"");
            else if (use->first != axis.use)
                settings.pads.axes[axis.axis] = use->first;
        },
        [&axis](const Settings& settings) {
            const AxisUse now = ui::useOf(settings.pads, axis);
            return asToml(std::ranges::find(uses, now, &decltype(uses)::value_type::first)->second);
        } };
}

/// A list, for the order of the cameras is that of their letters.
Entry cameraEntry()
{
    return { "cameras", "list",
        [](const toml::node& node, Settings& settings, const Say& say) {
            const toml::array* list = node.as_array();
            if (list == nullptr)
                return say(
                    node, "a list as [\"gphoto:usb\", { spec = \"v4l2:/dev/video0\", name = \"Witness\" }]");
            for (const toml::node& element : *list) {
                const toml::table* table = element.as_table();
                const toml::node* spec = table != nullptr ? table->get("spec") : &element;
                const toml::node* name = table != nullptr ? table->get("name") : nullptr;
                const toml::node* sound = table != nullptr ? table->get("sound") : nullptr;
                const std::size_t known =
                    (spec != nullptr ? 1 : 0) + (name != nullptr ? 1 : 0) + (sound != nullptr ? 1 : 0);
                Settings::Camera camera;
                const auto text = spec != nullptr ? spec->value_exact<std::string>() : std::nullopt;
                const auto parsed = capture::parseCameraSpec(text.value_or(""));
                const std::string own_sound = sound != nullptr ? sound->value_or("") : "";
                const auto parsed_sound = own_sound.empty() ? base::Result<capture::SoundSpec>({})
                                                            : capture::parseSoundSpec(own_sound);
                if (!text || (table != nullptr && table->size() != known)
                    || (name != nullptr && !name->is_string()) || (sound != nullptr && !sound->is_string())) {
                    say(element,
                        "a list of cameras, each a text or { spec = \"…\", name = \"…\", sound = \"…\" }");
                } else if (!parsed) {
                    say(element, fmt::format("a list of cameras ({})", parsed.error().message));
                } else if (!parsed_sound) {
                    say(element, fmt::format("a list of cameras ({})", parsed_sound.error().message));
                } else if (settings.cameras.size() == ui::kMostCameras) {
                    return say(element, "a list of 26 cameras at most");
                } else {
                    settings.cameras.push_back(
                        { *text, name != nullptr ? name->value_or("") : "", own_sound });
                }
            }
        },
        [](const Settings& settings) {
            std::string list;
            for (const Settings::Camera& camera : settings.cameras) {
                list += list.empty() ? "[\n" : "";
                if (camera.name.empty() && camera.sound.empty()) {
                    list += fmt::format("    {},\n", asToml(camera.spec));
                    continue;
                }
                list += fmt::format("    {{ spec = {}", asToml(camera.spec));
                if (!camera.name.empty())
                    list += fmt::format(", name = {}", asToml(camera.name));
                if (!camera.sound.empty())
                    list += fmt::format(", sound = {}", asToml(camera.sound));
                list += " },\n";
            }
            return list.empty() ? "[]" : list + "]";
        } };
}

std::string channelsText(int channel, bool pair)
{
    return channel == 0 ? std::string("all")
        : pair          ? fmt::format("{}-{}", channel, channel + 1)
                        : std::to_string(channel);
}

Entry displayEntry()
{
    return { "outputs", "second_display",
        [](const toml::node& node, Settings& settings, const Say& say) {
            const auto number = node.value_exact<std::int64_t>();
            const auto name = node.value_exact<std::string>();
            if (number && *number >= 1 && *number <= 99)
                settings.second_output.display = std::to_string(*number);
            else if (name)
                settings.second_output.display = *name;
            else
                say(node, "the number of a display, from 1 to 99, or its name in \"quotes\"");
        },
        [](const Settings& settings) { return asToml(settings.second_output.display); } };
}

Entry channelsEntry()
{
    return { "sound", "channels",
        [](const toml::node& node, Settings& settings, const Say& say) {
            const auto text = node.value_exact<std::string>();
            for (int channel = 0; channel <= base::kMostSoundChannels; ++channel)
                for (const bool pair : { false, true })
                    if (text && channel + (pair ? 1 : 0) <= base::kMostSoundChannels
                        && *text == channelsText(channel, pair)) {
                        settings.sound.channel = channel;
                        settings.sound.pair = pair && channel > 0;
                        return;
                    }
            say(node, "\"all\", one channel as \"3\", or a pair as \"1-2\"");
        },
        [](const Settings& settings) {
            return asToml(channelsText(settings.sound.channel, settings.sound.pair));
        } };
}

Entry centreEntry()
{
    return { "tools", "centre",
        [](const toml::node& node, Settings& settings, const Say& say) {
            const toml::array* list = node.as_array();
            std::array<double, 2> centre {};
            bool fits = list != nullptr && list->size() == centre.size();
            for (std::size_t i = 0; fits && i < centre.size(); ++i) {
                centre[i] = list->get(i)->value<double>().value_or(-1);
                fits = centre[i] >= 0 && centre[i] <= 1;
            }
            if (fits)
                settings.tools.centre = centre;
            else
                say(node, "two numbers from 0 to 1, as [0.5, 0.5]");
        },
        [](const Settings& settings) {
            return fmt::format("[{}, {}]", settings.tools.centre[0], settings.tools.centre[1]);
        } };
}

std::vector<Entry> makeEntries()
{
    using takes::Direction;
    using takes::Orientation;
    using ui::FrameLines;
    using ui::ScopeKind;
    const Words<bool> directions { { true, takes::nameOf(Direction::Backward) },
        { false, takes::nameOf(Direction::Forward) } };
    Words<Orientation> orientations;
    for (const auto orientation :
        { Orientation::Upright, Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped })
        orientations.emplace_back(orientation, takes::nameOf(orientation));
    const Words<ScopeKind> scopes { { ScopeKind::Off, "off" }, { ScopeKind::Waveform, "waveform" },
        { ScopeKind::Parade, "parade" }, { ScopeKind::Vectorscope, "vectorscope" },
        { ScopeKind::Histogram, "histogram" }, { ScopeKind::All, "all" } };
    const Words<FrameLines> frame_lines { { FrameLines::Off, "off" }, { FrameLines::R178, "1.78" },
        { FrameLines::R185, "1.85" }, { FrameLines::R200, "2.00" }, { FrameLines::R239, "2.39" },
        { FrameLines::R916, "9:16" }, { FrameLines::Custom, "custom" } };

    std::vector<Entry> entries;
    for (const ui::KeyBinding& binding : ui::keyTable())
        entries.push_back(keyEntry(binding));
    const auto add = [&entries](Entry entry) { entries.push_back(std::move(entry)); };
    add(number(
        "shoot", "preroll_s", 0, ui::kLongestPreroll_s, [](auto& s) -> auto& { return s.shoot.preroll_s; }));
    add(string(
        "shoot", "ring", "a size from 1M on, as \"512M\" or \"2G\"", ui::isRing,
        [](auto& s) -> auto& { return s.shoot.ring; }));
    add(string(
        "shoot", "sound", "\"\", or as for --audio: \"audio:pulse\", \"audio:alsa:hw:1\", \"audio:off\"",
        [](std::string_view text) { return text.empty() || capture::parseSoundSpec(text).has_value(); },
        [](auto& s) -> auto& { return s.shoot.sound; }));
    add(choice(
        "shoot", "direction", directions, [](auto& s) -> auto& { return s.shoot.backward; }));
    add(choice(
        "shoot", "orientation", orientations, [](auto& s) -> auto& { return s.shoot.orientation; }));
    add(string(
        "shoot", "timecode", "\"tod\", \"free\", \"free:10:00:00:00\" or \"ltc:1\"", ui::isTimecode,
        [](auto& s) -> auto& { return s.shoot.timecode; }));
    add(string(
        "shoot", "spill", [](auto& s) -> auto& { return s.shoot.spill; }));
    add(cameraEntry());
    add(displayEntry());
    add(flag(
        "outputs", "second_full_screen", [](auto& s) -> auto& { return s.second_output.full_screen; }));
    add(flag(
        "outputs", "second_lut", [](auto& s) -> auto& { return s.second_output.lut; }));
    add(flag(
        "outputs", "second_badge", [](auto& s) -> auto& { return s.second_output.badge; }));
    add(string(
        "outputs", "second_own_lut", [](auto& s) -> auto& { return s.second_output.own_lut; }));
    add(flag(
        "outputs", "second_cue", [](auto& s) -> auto& { return s.second_output.cue; }));
    add(flag(
        "sound", "muted", [](auto& s) -> auto& { return s.sound.muted; }));
    add(number(
        "sound", "level_db", base::kSoftest_db, base::kLoudest_db,
        [](auto& s) -> auto& { return s.sound.level_db; }));
    add(channelsEntry());
    add(flag(
        "sound", "keep_pitch", [](auto& s) -> auto& { return s.sound.keep_pitch; }));
    add(string(
        "sound", "device", [](auto& s) -> auto& { return s.sound.device; }));
    add(flag(
        "guide", "armed", [](auto& s) -> auto& { return s.guide.armed; }));
    add(number(
        "guide", "level_db", ui::kSoftestGuide_db, 0, [](auto& s) -> auto& { return s.guide.level_db; }));
    add(number(
        "guide", "count_in", 0, ui::kMostGuideClicks,
        [](auto& s) -> auto& { return s.guide.count_in_clicks; }));
    add(number(
        "guide", "tempo", ui::kSlowestTempo, ui::kFastestTempo,
        [](auto& s) -> auto& { return s.guide.beats_per_minute; }));
    add(string(
        "guide", "device", [](auto& s) -> auto& { return s.guide.device; }));
    add(colour(
        "rolling", [](auto& s) -> auto& { return s.colours.rolling; }));
    add(colour(
        "shown", [](auto& s) -> auto& { return s.colours.shown; }));
    add(colour(
        "captured", [](auto& s) -> auto& { return s.colours.captured; }));
    add(colour(
        "live", [](auto& s) -> auto& { return s.colours.live; }));
    add(flag(
        "log", "ask_board", [](auto& s) -> auto& { return s.ask_board; }));
    add(flag(
        "tools", "false_colour", [](auto& s) -> auto& { return s.tools.false_colour; }));
    add(flag(
        "tools", "peaking", [](auto& s) -> auto& { return s.tools.peaking; }));
    add(flag(
        "tools", "lut_on", [](auto& s) -> auto& { return s.tools.lut_on; }));
    add(string(
        "tools", "lut_name", [](auto& s) -> auto& { return s.tools.lut_name; }));
    add(string(
        "tools", "lut_file", [](auto& s) -> auto& { return s.tools.lut_file; }));
    add(flag(
        "tools", "zebra", [](auto& s) -> auto& { return s.tools.zebra.on; }));
    add(number(
        "tools", "zebra_low_percent", 0, 100, [](auto& s) -> auto& { return s.tools.zebra.low_percent; }));
    add(number(
        "tools", "zebra_high_percent", 0, 100, [](auto& s) -> auto& { return s.tools.zebra.high_percent; }));
    add(choice(
        "tools", "scopes", scopes, [](auto& s) -> auto& { return s.tools.scopes; }));
    add(choice(
        "tools", "frame_lines", frame_lines, [](auto& s) -> auto& { return s.tools.frame_lines; }));
    add(number(
        "tools", "custom_aspect", ui::kLeastAspect, ui::kMostAspect,
        [](auto& s) -> auto& { return s.tools.custom_aspect; }));
    add(flag(
        "tools", "safe_areas", [](auto& s) -> auto& { return s.tools.safe_areas; }));
    add(flag(
        "tools", "centre_cross", [](auto& s) -> auto& { return s.tools.centre_cross; }));
    add(number(
        "tools", "desqueeze", ui::kDesqueezes.front(), ui::kDesqueezes.back(),
        [](auto& s) -> auto& { return s.tools.desqueeze; }));
    add(number(
        "tools", "zoom", 0, ui::kZooms.back(), [](auto& s) -> auto& { return s.tools.zoom; }));
    add(centreEntry());
    for (const ui::PadBinding& binding : ui::padTable())
        add(padButtonEntry(binding));
    for (const ui::PadAxis& axis : ui::axisTable())
        add(padAxisEntry(axis));
    add(number(
        "tools", "wipe", 0, 1, [](auto& s) -> auto& { return s.tools.wipe; }));
    add(number(
        "tools", "mix", 0, 1, [](auto& s) -> auto& { return s.tools.mix; }));
    return entries;
}

const std::vector<Entry>& entries()
{
    static const std::vector<Entry> made = makeEntries();
    return made;
}

const Entry* entryOf(std::string_view section, std::string_view key)
{
    const auto found = std::ranges::find_if(
        entries(), [&](const Entry& entry) { return entry.section == section && entry.key == key; });
    return found == entries().end() ? nullptr : &*found;
}

bool isSection(std::string_view name)
{
    return std::ranges::any_of(entries(), [&](const Entry& entry) { return entry.section == name; });
}

// ---- Reading

/// A text, read as far as it goes.
class Reading {
public:
    /// @param name of the file, for the messages.
    Reading(std::string_view text, std::string name)
        : text_(text)
        , name_(std::move(name))
    {
        if (!parse() || !versionIsKnown())
            return;
        readAll();
        settleKeys();
        std::ranges::stable_sort(troubles_, {}, &Trouble::line);
    }

    [[nodiscard]] const toml::table& document() const { return document_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }
    /// Whether it is a settings file, whatever is wrong in it.
    [[nodiscard]] bool used() const { return used_; }
    /// Why nothing can be saved into this text.
    [[nodiscard]] const std::optional<base::Error>& refusal() const { return refusal_; }
    struct Trouble {
        toml::source_index line; ///< 0: the whole file.
        std::string words;
    };
    [[nodiscard]] const std::vector<Trouble>& troubles() const { return troubles_; }
    /// For the operator: with file and line.
    [[nodiscard]] std::vector<std::string> lines() const
    {
        std::vector<std::string> lines;
        for (const auto& [line, words] : troubles_)
            lines.push_back(line == 0 ? words : fmt::format("{}:{}: {}", name_, line, words));
        return lines;
    }

private:
    void say(toml::source_index line, std::string words) { troubles_.push_back({ line, std::move(words) }); }
    /// All of it has its defaults, and nothing may be saved over it.
    bool refuse(Fault fault, const std::string& words)
    {
        document_.clear();
        used_ = false;
        troubles_.assign({ { 0, words + "; the default settings are used" } });
        refusal_ = { fault, words + "; nothing is saved into it", "" };
        return false;
    }

    /// A line that cannot be read costs that line alone (a section's first line: the section), so that a slip
    /// of the pen does not change all that the hands have learnt.
    bool parse()
    {
        if (text_.find('\0') != std::string_view::npos)
            return refuse(Fault::Corrupt, name_ + " is no text");
        std::string readable(text_);
        for (int unreadable = 0; unreadable <= kMostUnreadableLines; ++unreadable) {
            try {
                // A letter beyond ASCII where no string or comment is meets "unreachable" code in toml++ 3.3
                // (its issue 190); Debian's library tells it as a mistake all the same, which a test watches.
                document_ = toml::parse(std::string_view(readable));
                return true;
            } catch (const toml::parse_error& error) {
                const toml::source_index line = error.source().begin.line;
                const std::string words =
                    fmt::format("this line cannot be read ({})", base::oneLine(error.description()));
                const bool is_section = takeOut(readable, line);
                say(line, fmt::format("{}; {} is left out", words, is_section ? "its section" : "it"));
                if (!refusal_)
                    refusal_ = { Fault::Corrupt,
                        fmt::format("{}:{}: {}; nothing is saved until it is put right", name_, line, words),
                        "" };
            }
        }
        return refuse(Fault::Corrupt, name_ + " is no settings file: too many lines cannot be read");
    }

    /// Blanks a line, or from a line with a section's name to the next one. @return whether it was that.
    static bool takeOut(std::string& text, toml::source_index line)
    {
        const auto isHeader = [&text](std::size_t at) {
            const std::size_t first = text.find_first_not_of(" \t", at);
            return first != std::string::npos && text[first] == '[';
        };
        // What is missing at the end is told of an empty line: then it is the one before.
        const std::size_t last = text.find_last_not_of(" \t\r\n", offsetOf(text, { line + 1, 1 }) - 1);
        const std::size_t from = last == std::string::npos ? 0 : text.rfind('\n', last) + 1;
        const bool is_section = isHeader(from);
        std::size_t to = from;
        do {
            to = std::min(text.find('\n', to), text.size() - 1) + 1;
        } while (is_section && to < text.size() && !isHeader(to));
        for (std::size_t at = from; at < to; ++at) {
            if (text[at] != '\n')
                text[at] = ' ';
        }
        return is_section;
    }

    bool versionIsKnown()
    {
        const toml::node* version = document_.get("version");
        if (version == nullptr)
            return true;
        const auto number = version->value_exact<std::int64_t>();
        if (number && *number > kSettingsVersion)
            return refuse(Fault::Unsupported,
                fmt::format("{}:{}: a newer Backtake has written this file (version {}, known is {})", name_,
                    version->source().begin.line, *number, kSettingsVersion));
        if (!number || *number < 1)
            say(version->source().begin.line,
                fmt::format("version is {}, not {}; it is taken for that", kSettingsVersion,
                    asWritten(text_, version->source())));
        return true;
    }

    void readAll()
    {
        for (const auto& [section, node] : document_) {
            const toml::table* table = node.as_table();
            if (section == "version")
                continue;
            if (!isSection(section)) {
                say(section.source().begin.line,
                    fmt::format("{} is not known here; it is left as it is", base::oneLine(section.str())));
            } else if (table == nullptr) {
                say(section.source().begin.line,
                    fmt::format("{0} is a section: write [{0}] on a line of its own; the defaults are used",
                        section.str()));
            } else {
                for (const auto& [key, value] : *table)
                    readOne(section.str(), key, value);
            }
        }
    }

    void readOne(std::string_view section, const toml::key& key, const toml::node& value)
    {
        const Entry* entry = entryOf(section, key.str());
        if (entry == nullptr)
            return say(key.source().begin.line,
                fmt::format(
                    "{} is not known in [{}]; it is left as it is", base::oneLine(key.str()), section));
        entry->read(value, settings_, [&](const toml::node& node, std::string_view rule) {
            const bool of_list = &node != &value;
            say(node.source().begin.line,
                fmt::format("{} is {}, not {}; {}", key.str(), rule, asWritten(text_, node.source()),
                    of_list ? "this one is left out" : "the default is used"));
        });
    }

    /// Until no two exclude each other, the choice of the later line is given up. It ends: every round has
    /// one choice less, and the standard keys do not clash.
    void settleKeys()
    {
        const auto lineOf = [this](const ui::KeyBinding& binding) {
            const toml::node_view<const toml::node> node =
                std::as_const(document_)["keys"][ui::actionName(binding.id)];
            return settings_.keys.contains(binding.id) && node ? node.node()->source().begin.line : 0;
        };
        for (bool settled = false; !settled;) {
            settled = true;
            for (const ui::KeyBinding& one : ui::keyTable()) {
                if (!settings_.keys.contains(one.id))
                    continue;
                const ui::KeyBinding* other = ui::clashOf(one, settings_.keys);
                if (other == nullptr || lineOf(one) < lineOf(*other))
                    continue;
                say(lineOf(one),
                    fmt::format("{} cannot be {}: that is {}; the default {} is used", ui::actionName(one.id),
                        ui::text(settings_.keys.at(one.id)), ui::actionName(other->id), one.name));
                settings_.keys.erase(one.id);
                settled = false;
            }
        }
    }

    std::string_view text_;
    std::string name_;
    toml::table document_;
    Settings settings_;
    bool used_ = true;
    std::vector<Trouble> troubles_;
    std::optional<base::Error> refusal_;
};

// ---- Writing

enum class Put { WhatDiffers = 1, All };

struct Edit {
    std::size_t from;
    std::size_t to;
    std::string text;
};

/// Where new lines of a section go, and with what before each key.
struct Place {
    std::size_t at;
    std::string header; ///< To be written first.
    std::string prefix; ///< "shoot." where the section is written with dots.
};

base::Result<Place> placeFor(std::string_view text, const toml::table& document, const std::string& section)
{
    const toml::node* node = document.get(section);
    const toml::table* table = node != nullptr ? node->as_table() : nullptr;
    // [shoot.more] makes a shoot that nothing else has named.
    const bool is_implied = table != nullptr && std::ranges::any_of(*table, [&](const auto& child) {
        return child.second.is_table() && child.second.source().begin == node->source().begin;
    });
    if (node == nullptr || is_implied)
        return Place { text.size(), fmt::format("\n[{}]\n", section), "" };
    if (table == nullptr || table->is_inline())
        return fail(Fault::Corrupt,
            fmt::format("line {}: write [{}] on a line of its own, so that more can be said in it",
                node->source().begin.line, section));
    const std::size_t at = offsetOf(text, node->source().begin);
    if (at >= text.size() || text[at] != '[') // dotted keys: before any section is where they may stand
        return Place { offsetOf(text, { 1, 1 }), "", section + "." };
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? Place { text.size(), "\n", "" } : Place { end + 1, "", "" };
}

/// @p text, of which @p reading is, with @p settings in it.
base::Result<std::string> edited(std::string text, const Reading& reading, const Settings& settings, Put what)
{
    const std::string old_text = text;
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    std::vector<Edit> edits;
    std::map<std::string, Edit> new_lines; // by section
    for (const Entry& entry : entries()) {
        const std::string value = entry.write(settings);
        if (what == Put::WhatDiffers && value == entry.write(reading.settings()))
            continue;
        const toml::table* section = reading.document()[entry.section].as_table();
        const auto stands = section != nullptr ? section->find(entry.key) : toml::table::const_iterator();
        if (section != nullptr && stands != section->end()) {
            const toml::source_region& source = stands->second.source();
            // Without a value the key goes, too; its line may keep a comment.
            const auto& begin = value.empty() ? stands->first.source().begin : source.begin;
            edits.push_back({ offsetOf(text, begin), offsetOf(text, source.end), value });
        } else if (!value.empty()) {
            const auto place = placeFor(text, reading.document(), entry.section);
            if (!place)
                return fail(place.error());
            Edit& lines = new_lines.try_emplace(entry.section, Edit { place->at, place->at, place->header })
                              .first->second;
            lines.text += fmt::format("{}{} = {}\n", place->prefix, entry.key, value);
        }
    }
    if (edits.empty() && new_lines.empty())
        return old_text;
    // From behind, so that offsets stay true; what is put in at one place with what is replaced there after
    // it, and several sections at the end in their order.
    for (auto lines = new_lines.rbegin(); lines != new_lines.rend(); ++lines)
        edits.push_back(std::move(lines->second));
    std::ranges::stable_sort(edits, std::greater {}, &Edit::from);
    for (const Edit& edit : edits)
        text.replace(edit.from, edit.to - edit.from, edit.text);
    return text;
}

/// All of @p settings as a file of their own. What is written must be read back as it was meant.
/// @return Fault::Usage: why that is not so.
base::Result<std::string> presetText(const Settings& settings)
{
    const std::string empty(kFirstLines);
    auto text = edited(empty, Reading(empty, ""), settings, Put::All);
    if (!text)
        return text;
    const Reading reading(*text, "");
    if (!reading.refusal() && reading.settings() == settings)
        return text;
    return fail(Fault::Usage,
        fmt::format("the settings cannot be saved: {}",
            reading.troubles().empty() ? "they would not be read back as they are"
                                       : reading.troubles().front().words));
}

enum class IfThere { Replace = 1, Keep };

/// Written beside it, synced, renamed.
base::Outcome writeWhole(const std::filesystem::path& path, const std::string& text, IfThere if_there)
{
    const std::filesystem::path beside =
        path.parent_path() / fmt::format(".{}.{}.new", path.filename().string(), ::getpid());
    std::error_code trouble;
    std::filesystem::create_directories(path.parent_path(), trouble);
    if (trouble)
        return fail(takes::errorOf(trouble.value(), "make", path.parent_path()));
    const int descriptor =
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(takes::errorOf(errno, "write", path));
    base::Outcome outcome;
    {
        takes::File file(descriptor);
        int error_number = file.writeAt(std::as_bytes(std::span(text)), 0);
        if (error_number == 0)
            error_number = file.sync();
        if (error_number != 0)
            outcome = fail(takes::errorOf(error_number, "write", path));
    }
    if (outcome && if_there == IfThere::Keep)
        outcome = takes::renameWithoutReplacing(beside, path);
    else if (outcome && ::rename(beside.c_str(), path.c_str()) != 0)
        outcome = fail(takes::errorOf(errno, "write", path));
    else if (outcome)
        outcome = takes::syncFolder(path.parent_path());
    if (!outcome)
        ::unlink(beside.c_str());
    return outcome;
}

} // namespace

std::filesystem::path settingsPath()
{
    const char* const set = std::getenv("XDG_CONFIG_HOME");
    std::filesystem::path folder = set != nullptr ? set : "";
    if (!folder.is_absolute()) {
        const char* home = std::getenv("HOME");
        const passwd* user = home == nullptr ? ::getpwuid(::getuid()) : nullptr;
        folder = std::filesystem::path(home != nullptr ? home
                         : user != nullptr             ? user->pw_dir
                                                       : "/")
            / ".config";
    }
    return folder / "backtake" / "settings.toml";
}

SettingsFile load(const std::filesystem::path& path)
{
    const auto text = takes::readWholeFile(path, kLongestFile);
    if (!text && text.error().fault == Fault::NotFound)
        return {};
    if (!text)
        return { {}, { text.error().message + "; the default settings are used" }, false };
    const Reading reading(*text, path.filename().string());
    return { reading.settings(), reading.lines(), reading.used() };
}

base::Outcome save(const std::filesystem::path& path, const Settings& settings)
{
    Settings meant = settings;
    meant.tools.lut.reset(); // read from lut_file by whoever draws with it
    if (auto possible = presetText(meant); !possible)
        return fail(possible.error());
    // Through a link to where the file really is: people keep such files elsewhere and link to them.
    std::error_code dangling;
    std::filesystem::path target = std::filesystem::weakly_canonical(path, dangling);
    if (dangling)
        target = path;
    const auto text = takes::readWholeFile(target, kLongestFile);
    if (!text && text.error().fault != Fault::NotFound)
        return fail(text.error());
    const std::string before = text && !text->empty() ? *text : std::string(kFirstLines);
    const Reading reading(before, path.filename().string());
    if (reading.refusal())
        return fail(*reading.refusal());
    const auto after = edited(before, reading, meant, Put::WhatDiffers);
    if (!after)
        return fail(after.error().fault, fmt::format("{}, {}", path.string(), after.error().message));
    if (text && *after == *text)
        return {};
    const Reading result(*after, "");
    if (result.refusal() || result.settings() != meant)
        return fail(Fault::Corrupt,
            fmt::format("{} is written in a way that cannot be added to: change it by hand", path.string()));
    return writeWhole(target, *after, IfThere::Replace);
}

base::Outcome exportPreset(const std::filesystem::path& path, const Settings& settings)
{
    Settings meant = settings;
    meant.tools.lut.reset();
    const auto text = presetText(meant);
    if (!text)
        return fail(text.error());
    return writeWhole(std::filesystem::absolute(path), *text, IfThere::Keep);
}

} // namespace backtake::app
