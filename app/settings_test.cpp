#include "app/settings_keeper.hpp"
#include "tests/folder.hpp"
#include "ui/key_names.hpp"
#include "ui/pads.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

namespace backtake::app {
namespace {

namespace fs = std::filesystem;
using base::Fault;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ui::KeyCombination;
using ui::KeyId;
using ui::parseKeyCombination;

#define ASSERT_OK(result) ASSERT_TRUE((result).has_value()) << (result).error().message
#define EXPECT_OK(result) EXPECT_TRUE((result).has_value()) << (result).error().message

std::string readAll(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

std::vector<std::string> namesIn(const fs::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    return names;
}

/// Root may do everything; a test of missing rights needs somebody who may not.
class AsNobody {
public:
    AsNobody()
        : was_(::geteuid())
    {
        if (was_ == 0) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    ~AsNobody() { EXPECT_EQ(::seteuid(was_), 0); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

private:
    uid_t was_;
};

class SettingsTest : public ::testing::Test {
protected:
    void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
    [[nodiscard]] SettingsFile loaded(const std::string& text) const
    {
        write(text);
        return load(path_);
    }
    /// The only trouble of @p text.
    [[nodiscard]] std::string troubleOf(const std::string& text) const
    {
        const auto troubles = loaded(text).troubles;
        EXPECT_THAT(troubles, SizeIs(1)) << text;
        return troubles.empty() ? "" : troubles.front();
    }

    const tests::Folder folder_;
    const fs::path path_ = folder_.path() / "settings.toml";
};

TEST_F(SettingsTest, NoFileMeansDefaultsAndIsNoTrouble)
{
    const SettingsFile file = load(path_);
    EXPECT_EQ(file.settings, Settings());
    EXPECT_THAT(file.troubles, IsEmpty());
    EXPECT_THAT(loaded("").troubles, IsEmpty());
    EXPECT_THAT(loaded("# nothing said\r\n[shoot]\r\n").troubles, IsEmpty());
}

TEST_F(SettingsTest, EverySettingIsReadByItsName)
{
    const SettingsFile file = loaded(R"(version = 1
[keys]
roll = "Insert"
previous_take = "ctrl+shift+pageup"
[shoot]
preroll_s = 2.5
ring = "2G"
direction = "forward"
orientation = "180"
sound = "audio:alsa:hw:1"
timecode = "free:10:00:00:00"
spill = "~/second disk"
[cameras]
list = ["gphoto:usb", { spec = "v4l2:/dev/video0", name = "Witness \"B\"" },
  { spec = "v4l2:/dev/video1", sound = "audio:alsa:hw:2" }]
[outputs]
second_display = 2
second_full_screen = false
second_lut = false
second_badge = true
second_own_lut = "/luts/night.cube"
second_cue = true
[guide]
armed = false
level_db = -12
count_in = 8
tempo = 90
device = "Earpieces"
[pads]
guide = "roll_while_typing"
a = ""
lefty = "shuttle"
leftx = ""
[log]
ask_board = false
[colours]
rolling = "#010203"
shown = "#ffB000"
captured = "#000000"
live = "#C8C8C8"
[tools]
false_colour = true
peaking = true
lut_on = true
lut_name = "C-Log"
lut_file = "/luts/day.cube"
zebra = true
zebra_low_percent = 60
zebra_high_percent = 100
scopes = "parade"
frame_lines = "2.39"
custom_aspect = 2
safe_areas = true
centre_cross = true
desqueeze = 1.33
zoom = 2
centre = [0.25, 1]
wipe = 0.75
mix = 0.4
)");
    EXPECT_THAT(file.troubles, IsEmpty());
    const Settings& s = file.settings;
    const ui::GuideChoice& guide = file.settings.guide;
    EXPECT_FALSE(guide.armed);
    EXPECT_EQ(guide.level_db, -12);
    EXPECT_EQ(guide.count_in_clicks, 8);
    EXPECT_EQ(guide.beats_per_minute, 90);
    EXPECT_EQ(guide.device, "Earpieces");
    EXPECT_EQ(s.keys,
        (std::map<KeyId, KeyCombination> { { KeyId::Roll, { SDLK_INSERT, ui::modifier::kNone } },
            { KeyId::PreviousTake, { SDLK_PAGEUP, ui::modifier::kCtrl | ui::modifier::kShift } } }));
    EXPECT_EQ(s.shoot,
        (Settings::Shoot { 2.5, "2G", false, base::Orientation::UpsideDown, "audio:alsa:hw:1",
            "free:10:00:00:00", "~/second disk" }));
    EXPECT_EQ(s.cameras,
        (std::vector<Settings::Camera> { { "gphoto:usb", "" }, { "v4l2:/dev/video0", "Witness \"B\"" },
            { "v4l2:/dev/video1", "", "audio:alsa:hw:2" } }));
    EXPECT_EQ(s.pads.buttons,
        (std::map<int, std::optional<KeyId>> { { SDL_CONTROLLER_BUTTON_GUIDE, KeyId::RollWhileTyping },
            { SDL_CONTROLLER_BUTTON_A, std::nullopt } }));
    EXPECT_EQ(s.pads.axes,
        (std::map<int, ui::AxisUse> { { SDL_CONTROLLER_AXIS_LEFTY, ui::AxisUse::Shuttle },
            { SDL_CONTROLLER_AXIS_LEFTX, ui::AxisUse::Nothing } }));
    EXPECT_EQ(s.second_output, (Settings::Output { "2", false, false, true, "/luts/night.cube", true }));
    EXPECT_EQ(s.colours, (ui::StateColours { 0x010203, 0xFFB000, 0x000000, 0xC8C8C8 }));
    EXPECT_FALSE(s.ask_board);
    EXPECT_TRUE(s.tools.false_colour && s.tools.peaking && s.tools.lut_on && s.tools.safe_areas
        && s.tools.centre_cross);
    EXPECT_EQ(s.tools.lut_name, "C-Log");
    EXPECT_EQ(s.tools.lut_file, "/luts/day.cube");
    EXPECT_EQ(s.tools.zebra, (ui::Zebra { true, 60, 100 }));
    EXPECT_EQ(s.tools.scopes, ui::ScopeKind::Parade);
    EXPECT_EQ(s.tools.frame_lines, ui::FrameLines::R239);
    EXPECT_EQ(s.tools.custom_aspect, 2.0);
    EXPECT_EQ(s.tools.desqueeze, 1.33);
    EXPECT_EQ(s.tools.zoom, 2);
    EXPECT_EQ(s.tools.centre, (std::array<double, 2> { 0.25, 1 }));
    EXPECT_EQ(s.tools.wipe, 0.75);
    EXPECT_EQ(s.tools.mix, 0.4);
}

/// Every wrong value: the others stay, the trouble names the line and what would be right.
TEST_F(SettingsTest, AWrongValueHasItsDefaultAndAllOthersAreRead)
{
    struct Wrong {
        const char* section;
        const char* line;
        const char* told;
    };
    for (const Wrong& wrong : {
             Wrong { "shoot", "preroll_s = \"soon\"", "preroll_s is a number from 0 to 3600, not \"soon\"" },
             Wrong { "shoot", "preroll_s = -1", "preroll_s is a number from 0 to 3600, not -1" },
             Wrong { "shoot", "preroll_s = nan", "not nan" },
             Wrong { "shoot", "preroll_s = inf", "not inf" },
             Wrong { "shoot", "preroll_s = []", "not []" },
             Wrong { "shoot", "ring = 12", "ring is a size from 1M on" },
             Wrong { "shoot", "ring = \"1K\"", "ring is a size from 1M on" },
             Wrong { "shoot", "timecode = \"ltc:9\"", "timecode is \"tod\", \"free\"" },
             Wrong {
                 "shoot", "direction = \"up\"", "direction is one of \"backward\" \"forward\", not \"up\"" },
             Wrong { "shoot", "orientation = 180",
                 "orientation is one of \"0\" \"180\" \"mirrored\" \"flipped\"" },
             Wrong { "outputs", "second_display = 0", "second_display is the number of a display" },
             Wrong { "outputs", "second_lut = 1", "second_lut is true or false, not 1" },
             Wrong { "colours", "shown = \"amber\"", "shown is a colour as \"#FF3B30\"" },
             Wrong { "colours", "shown = \"#12345\"", "shown is a colour" },
             Wrong { "colours", "shown = \"#12345g\"", "shown is a colour" },
             Wrong { "colours", "shown = \"#-12345\"", "shown is a colour" },
             Wrong { "tools", "zoom = 1.5", "zoom is a whole number from 0 to 8, not 1.5" },
             Wrong { "tools", "zoom = 1e300", "zoom is a whole number" },
             Wrong { "tools", "zoom = 9223372036854775807", "zoom is a whole number" },
             Wrong { "tools", "scopes = \"Waveform\"", "scopes is one of" },
             Wrong { "tools", "centre = [0.5]", "centre is two numbers from 0 to 1" },
             Wrong { "tools", "centre = [0.5, \"x\"]", "centre is two numbers from 0 to 1" },
             Wrong { "pads", "a = \"jump\"", "a is the name of an action as in [keys], or \"\"" },
             Wrong { "pads", "a = 1", "a is the name of an action" },
             Wrong { "pads", "leftx = \"play\"", "leftx is one of \"jog\" \"shuttle\" \"\"" },
             Wrong { "keys", "chrome = \"Hyper+G\"", "chrome is a key as" },
             Wrong { "keys", "chrome = \"\"", "chrome is a key as" },
             Wrong { "keys", "chrome = \"Ctrl+\"", "chrome is a key as" },
             Wrong { "keys", "chrome = \"Ctrl+Ctrl+G\"", "chrome is a key as" },
             Wrong { "keys", "chrome = \"ä\"", "chrome is a key as" },
             Wrong { "keys", "roll_while_typing = \"G\"", "works while a text is typed" },
             Wrong { "keys", "leave = \"Backspace\"", "works while a text is typed" },
             Wrong { "cameras", "list = \"gphoto:usb\"", "list is a list as" },
         }) {
        const SettingsFile file =
            loaded(std::string("\n[") + wrong.section + "]\n  " + wrong.line + "\n[tools.more]\n");
        ASSERT_THAT(file.troubles, SizeIs(2)) << wrong.line;
        EXPECT_THAT(file.troubles[0],
            AllOf(StartsWith("settings.toml:3: "), HasSubstr(wrong.told), HasSubstr("the default is used")));
        EXPECT_EQ(file.settings, Settings()) << wrong.line;
    }
    const SettingsFile file =
        loaded("[shoot]\npreroll_s = 99999\nring = \"1G\"\n[tools]\npeaking = 3\nzebra = true\n");
    EXPECT_THAT(file.troubles, ElementsAre(StartsWith("settings.toml:2: "), StartsWith("settings.toml:5: ")));
    EXPECT_EQ(file.settings.shoot.ring, "1G");
    EXPECT_TRUE(file.settings.tools.zebra.on);
}

TEST_F(SettingsTest, ALineThatCannotBeReadCostsThatLineAlone)
{
    SettingsFile file = loaded("[keys]\nroll = Ctrl+G\nchrome = \"Insert\"\n[shoot]\nring = \"1G\n");
    EXPECT_THAT(file.troubles,
        ElementsAre(
            AllOf(StartsWith("settings.toml:2: "), HasSubstr("cannot be read"), HasSubstr("it is left out")),
            StartsWith("settings.toml:5: ")));
    EXPECT_EQ(
        file.settings.keys, (std::map<KeyId, KeyCombination> { { KeyId::Chrome, { SDLK_INSERT, 0 } } }));

    file = loaded("[shoot]\nring = \"1G\"\n[keys\nroll = \"G\"\nring = \"3G\"\n\n[tools]\nzebra = true");
    EXPECT_THAT(file.troubles,
        ElementsAre(AllOf(StartsWith("settings.toml:3: "), HasSubstr("its section is left out"))));
    EXPECT_EQ(file.settings.shoot.ring, "1G") << "not the lost section's";
    EXPECT_TRUE(file.settings.tools.zebra.on);
    EXPECT_THAT(file.settings.keys, IsEmpty());

    EXPECT_THAT(troubleOf("[shoot]\npreroll_s = 1\npreroll_s = 2\n"), StartsWith("settings.toml:3: "));
    EXPECT_EQ(load(path_).settings.shoot.preroll_s, 1);
    EXPECT_THAT(
        troubleOf("[shoot]\npreroll_s = 1\n[shoot]\npreroll_s = 2\n"), StartsWith("settings.toml:3: "));
    EXPECT_THAT(troubleOf("[shoot]\nring = \"1G\"\n\n# \xff\n\n[tools]\nzebra = true\n"),
        StartsWith("settings.toml:4: "));
    EXPECT_EQ(load(path_).settings.shoot.ring, "1G");
    EXPECT_TRUE(load(path_).settings.tools.zebra.on);
    for (const char* line :
        { "ä", "ring = §", "\xcc\xaa", "[&", "ring = \"\"\"\\\n§", "\u2000ring = 1", "ring = 😀" })
        EXPECT_THAT(loaded(line).troubles, Not(IsEmpty())) << line;
    file = loaded("[tools]\nzebra = true\n[cameras]\nlist = [\n  \"gphoto:usb\",\n\n\n");
    EXPECT_THAT(file.troubles, Not(IsEmpty()));
    EXPECT_TRUE(file.settings.tools.zebra.on);
    EXPECT_THAT(loaded("[cameras]\nlist = [\"gphoto:usb\",\n").troubles, Not(IsEmpty()));
    EXPECT_THAT(loaded("[").troubles, SizeIs(1));
}

TEST_F(SettingsTest, WhatIsNotKnownIsNamedOnceWithItsLine)
{
    const SettingsFile file =
        loaded("speed = 3\n[shoot]\nring = \"1G\"\nprerol = 3\n[weather]\nrain = true\n");
    EXPECT_THAT(file.troubles,
        ElementsAre(AllOf(StartsWith("settings.toml:1: "), HasSubstr("speed is not known")),
            AllOf(StartsWith("settings.toml:4: "), HasSubstr("prerol is not known in [shoot]")),
            AllOf(StartsWith("settings.toml:5: "), HasSubstr("weather is not known"))));
    EXPECT_EQ(file.settings.shoot.ring, "1G");
    EXPECT_THAT(troubleOf("keys = 5\n"), AllOf(StartsWith("settings.toml:1: "), HasSubstr("write [keys]")));
}

TEST_F(SettingsTest, OneWrongCameraCostsThatCameraAlone)
{
    const SettingsFile file =
        loaded("[cameras]\nlist = [\n  \"gphoto:usb\",\n  \"floppy:\",\n  { name = \"B\" },\n"
               "  { spec = \"gphoto:usb\", nam = \"B\" },\n  7,\n  \"v4l2:/dev/video0\",\n"
               "  { spec = \"gphoto:usb\", sound = \"jack\" },\n  { spec = \"gphoto:usb\", sound = 1 } ]\n");
    EXPECT_EQ(file.settings.cameras,
        (std::vector<Settings::Camera> { { "gphoto:usb", "" }, { "v4l2:/dev/video0", "" } }));
    EXPECT_THAT(file.troubles,
        ElementsAre(StartsWith("settings.toml:4: "), StartsWith("settings.toml:5: "),
            StartsWith("settings.toml:6: "), StartsWith("settings.toml:7: "),
            AllOf(StartsWith("settings.toml:9: "), HasSubstr("unknown sound 'jack'")),
            AllOf(StartsWith("settings.toml:10: "), HasSubstr("sound = \"…\""))));
    EXPECT_THAT(troubleOf("[cameras]\nlist = [{ spec = \"rtsp://me:hush@10.0.0.7/x\", x = 1 }]\n"),
        Not(HasSubstr("hush")));
}

TEST_F(SettingsTest, KeysThatClashAreNamedAndTheLaterLineKeepsItsDefault)
{
    EXPECT_THAT(troubleOf("[keys]\nchrome = \"r\"\n"),
        AllOf(StartsWith("settings.toml:2: "),
            HasSubstr("chrome cannot be R: that is roll; the default H is used")));
    EXPECT_THAT(load(path_).settings.keys, IsEmpty());

    // Both were moved to one key.
    const SettingsFile both = loaded("[keys]\nfull_screen = \"Ctrl+Alt+G\"\nchrome = \"Ctrl+Alt+G\"\n");
    EXPECT_THAT(
        both.troubles, ElementsAre(AllOf(StartsWith("settings.toml:3: "), HasSubstr("that is full_screen"))));
    EXPECT_TRUE(both.settings.keys.contains(KeyId::FullScreen));
    EXPECT_FALSE(both.settings.keys.contains(KeyId::Chrome));

    EXPECT_THAT(troubleOf("keys = { full_screen = \"Ctrl+Alt+G\", chrome = \"Ctrl+Alt+G\" }\n"),
        StartsWith("settings.toml:1: "))
        << "on one line, too";

    // Two that swap their keys do not clash; nor do Shift and no Shift.
    EXPECT_THAT(
        loaded("[keys]\nfull_screen = \"H\"\nchrome = \"F\"\nkeys = \"Ctrl+Alt+R\"\n").troubles, IsEmpty());

    // A choice that is given up takes its own key back from whoever took that.
    const SettingsFile chain = loaded("[keys]\nfull_screen = \"H\"\nchrome = \"R\"\n");
    EXPECT_THAT(
        chain.troubles, ElementsAre(StartsWith("settings.toml:2: "), StartsWith("settings.toml:3: ")));
    EXPECT_THAT(chain.settings.keys, IsEmpty());

    // A sign is on Shift on some keyboards: both ways are taken.
    EXPECT_THAT(troubleOf("[keys]\nchrome = \"Shift++\"\n"), HasSubstr("that is faster"));
}

TEST_F(SettingsTest, WhatIsOnTopHasKeysOfItsOwnButNeverThoseOfRolling)
{
    EXPECT_THAT(loaded("[keys]\nsetting_list = \"F\"\n").troubles, IsEmpty())
        << "full screen has it elsewhere";
    EXPECT_THAT(troubleOf("[keys]\nsetting_list = \"R\"\n"), HasSubstr("that is roll"));
    EXPECT_THAT(troubleOf("[keys]\nroll = \"Enter\"\n"), HasSubstr("roll cannot be Enter"));
    EXPECT_THAT(troubleOf("[keys]\ncamera_take = \"Esc\"\n"), HasSubstr("that is leave"));
}

TEST(SettingsKeys, EveryKeyOfTheTableIsReadAsTheTableHasIt)
{
    for (const ui::KeyBinding& binding : ui::keyTable()) {
        const auto keys = parseKeyCombination(binding.name);
        ASSERT_TRUE(keys) << binding.name;
        EXPECT_EQ(*keys, (KeyCombination { binding.key, binding.modifiers })) << binding.name;
        EXPECT_EQ(text(*keys), binding.name);
    }
    EXPECT_EQ(parseKeyCombination("shift+CTRL+pagedown"),
        (KeyCombination { SDLK_PAGEDOWN, ui::modifier::kCtrl | ui::modifier::kShift }));
    EXPECT_EQ(ui::text(*parseKeyCombination("shift+alt+ctrl+x")), "Ctrl+Alt+Shift+X");
    EXPECT_EQ(parseKeyCombination("Ctrl++")->key, SDLK_PLUS);
    for (const char* none : { "", "+R", "Ctrl", "R+Ctrl", "F25", "Ctrl+Ctrl+R", "RR", " R", "\x01" })
        EXPECT_FALSE(parseKeyCombination(none)) << none;
}

TEST_F(SettingsTest, APresetHoldsEverythingAndReadsBackTheSame)
{
    Settings settings;
    settings.keys[KeyId::ShuttleBack] = { SDLK_F12, ui::modifier::kAlt };
    settings.shoot = { 0.1, "512M", false, base::Orientation::Flipped, "audio:off", "ltc:2",
        "/a\\b \"c\"\n\x7f ä" };
    settings.cameras = { { "gphoto:ptpip:10.0.0.7", "" }, { "pattern:64x48@25", "Tafel \\ ü" },
        { "pattern:", "", "audio:off" }, { "gphoto:usb", "C", "audio:pulse:\"mixer\"" } };
    settings.second_output = { "HDMI-A-1", true, false, true, "Canon Log 3 to 709", true };
    settings.colours.rolling = 0xFF0007;
    settings.pads.buttons = { { SDL_CONTROLLER_BUTTON_B, KeyId::Still },
        { SDL_CONTROLLER_BUTTON_START, std::nullopt } };
    settings.pads.axes[SDL_CONTROLLER_AXIS_TRIGGERRIGHT] = ui::AxisUse::Shuttle;
    settings.tools.scopes = ui::ScopeKind::All;
    settings.tools.frame_lines = ui::FrameLines::R916;
    settings.tools.custom_aspect = 2.0 / 3;
    settings.tools.centre = { 1.0 / 3, 0 };
    settings.tools.wipe = 2.0 / 3;
    settings.tools.mix = 0.5 - 0.05;
    settings.tools.zebra.high_percent = 99;
    const fs::path preset = folder_.path() / "preset.toml";
    ASSERT_OK(exportPreset(preset, settings));
    const SettingsFile file = load(preset);
    EXPECT_THAT(file.troubles, IsEmpty());
    EXPECT_EQ(file.settings, settings);
    const std::string text = readAll(preset);
    for (const char* line : { "\nversion = 1\n", "\n[keys]\n", "\nroll = \"R\"\n",
             "\nshuttle_back = \"Alt+F12\"\n", "\ndirection = \"forward\"\n", "\nsecond_full_screen = true\n",
             "\nrolling = \"#FF0007\"\n", "\nb = \"still\"\n", "\nstart = \"\"\n", "\nx = \"order\"\n",
             "\nleftx = \"jog\"\n", "\nzebra_low_percent = 70\n" })
        EXPECT_THAT(text, HasSubstr(line));

    const auto again = exportPreset(preset, Settings());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::Exists);
    EXPECT_EQ(readAll(preset), text);
}

TEST_F(SettingsTest, SavingChangesWhatDiffersAndLeavesAllElseByteForByte)
{
    write("# mine\r\n"
          "version = 1\n"
          "future = { a = 1 } # not known here\n"
          "[shoot]   # für heute: ä\n"
          "  ring = '1G' # läuft\n"
          "preroll_s=3 # s\n"
          "wheel = \"ä\"\n"
          "direction = \"sideways\"\n"
          "\n"
          "[later.version]\n"
          "x = 1979-05-27\n"
          "[tools]\n"
          "zebra_low_percent = 0x20\n"
          "zoom = 2");
    Settings settings = load(path_).settings;
    EXPECT_EQ(settings.tools.zebra.low_percent, 32);
    settings.shoot.ring = "2G";
    settings.shoot.preroll_s.reset();
    settings.shoot.spill = "/b";
    settings.tools.zoom = 4;
    settings.colours.live = 0x010203;
    settings.second_output.display = "2";
    ASSERT_OK(save(path_, settings));
    EXPECT_EQ(readAll(path_),
        "# mine\r\n"
        "version = 1\n"
        "future = { a = 1 } # not known here\n"
        "[shoot]   # für heute: ä\n"
        "spill = \"/b\"\n"
        "  ring = \"2G\" # läuft\n"
        " # s\n"
        "wheel = \"ä\"\n"
        "direction = \"sideways\"\n"
        "\n"
        "[later.version]\n"
        "x = 1979-05-27\n"
        "[tools]\n"
        "zebra_low_percent = 0x20\n"
        "zoom = 4\n"
        "\n[colours]\n"
        "live = \"#010203\"\n"
        "\n[outputs]\n"
        "second_display = \"2\"\n");
    EXPECT_EQ(load(path_).settings, settings);
    const std::string saved = readAll(path_);
    ASSERT_OK(save(path_, settings));
    EXPECT_EQ(readAll(path_), saved);

    // Columns are letters, not bytes.
    write("[outputs]\nsecond_display = \"größer\" # für heute\n");
    settings = load(path_).settings;
    settings.second_output.display = "klein";
    ASSERT_OK(save(path_, settings));
    EXPECT_EQ(readAll(path_), "[outputs]\nsecond_display = \"klein\" # für heute\n");

    write("[shoot]\npreroll_s = 3\nring = \"1G\"");
    settings = load(path_).settings;
    settings.shoot.preroll_s.reset();
    settings.shoot.spill = "/b";
    ASSERT_OK(save(path_, settings));
    EXPECT_EQ(readAll(path_), "[shoot]\nspill = \"/b\"\n\nring = \"1G\"\n");
}

TEST_F(SettingsTest, TheFirstSaveMakesFolderAndFileWithWhatIsNoDefault)
{
    const fs::path path = folder_.path() / "config" / "backtake" / "settings.toml";
    ASSERT_OK(save(path, Settings()));
    EXPECT_THAT(readAll(path), AllOf(HasSubstr("version = 1\n"), Not(HasSubstr("["))));
    Settings settings;
    settings.tools.peaking = true;
    settings.cameras = { { "rtsp://me:hush@10.0.0.7/x", "Roof" } };
    ASSERT_OK(save(path, settings));
    EXPECT_THAT(
        readAll(path), AllOf(HasSubstr("\n[tools]\npeaking = true\n"), Not(HasSubstr("false_colour"))));
    EXPECT_EQ(load(path).settings, settings);
    struct stat facts { };
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << "it may hold a camera's password";
    EXPECT_THAT(namesIn(path.parent_path()), ElementsAre("settings.toml"));
}

TEST_F(SettingsTest, EveryFormOfASectionTakesNewValuesOrIsNamed)
{
    Settings settings;
    settings.shoot.ring = "2G";
    settings.shoot.spill = "/b";
    for (const char* form : { "shoot.ring = \"1G\"\n[tools]\nzoom = 0\n", "[shoot]", "[shoot]\n[tools]\n",
             "[ shoot ] # x\nring=\"\"\"\n1G\"\"\"", "\xEF\xBB\xBF[shoot]\nring = \"1G\"\n",
             "[shoot.more]\nx = 1\n", "[shoot]\r\nring = \"1G\"\r\n" }) {
        write(form);
        EXPECT_OK(save(path_, settings));
        EXPECT_EQ(load(path_).settings, settings) << readAll(path_);
    }
    for (const char* form : { "\nshoot = { ring = \"1G\" }\n", "\nshoot = 5\n", "\n[[shoot]]\n" }) {
        write(form);
        const auto saved = save(path_, settings);
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error().fault, Fault::Corrupt);
        EXPECT_THAT(saved.error().message, AllOf(HasSubstr("line 2"), HasSubstr("[shoot]")));
        EXPECT_EQ(readAll(path_), form);
    }
}

/// The operator's words for a file that is none of ours; saving leaves it alone.
TEST_F(SettingsTest, AFileThatIsSomethingElseIsSaidAndNeverWrittenOver)
{
    struct Foreign {
        std::string text;
        const char* told;
        Fault fault;
    };
    std::string noise;
    for (int i = 0; i < 200; ++i)
        noise += std::to_string(i) + " \xff {\n";
    for (const Foreign& foreign :
        { Foreign { "version = 2\n[shoot]\nring = \"1G\"\n",
              "settings.toml:1: a newer Backtake has written this file", Fault::Unsupported },
            Foreign { std::string(10 << 20, 'x'), "far too long", Fault::Corrupt },
            Foreign { std::string("\x7f"
                                  "ELF\0\0\x01",
                          7),
                "settings.toml is no text", Fault::Corrupt },
            Foreign { noise, "is no settings file", Fault::Corrupt } }) {
        const SettingsFile file = loaded(foreign.text);
        ASSERT_THAT(file.troubles, SizeIs(1));
        EXPECT_THAT(
            file.troubles.front(), AllOf(HasSubstr(foreign.told), HasSubstr("the default settings are used")))
            << foreign.told;
        EXPECT_EQ(file.settings, Settings());
        const auto saved = save(path_, Settings());
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error().fault, foreign.fault);
        EXPECT_EQ(readAll(path_), foreign.text);
    }
    // A slip of the pen, too: what the operator meant is not known.
    write("[keys]\nroll = Ctrl+G\n");
    const auto saved = save(path_, Settings());
    ASSERT_FALSE(saved);
    EXPECT_THAT(
        saved.error().message, AllOf(StartsWith("settings.toml:2: "), HasSubstr("until it is put right")));

    EXPECT_THAT(troubleOf("version = \"one\"\n[shoot]\nring = \"1G\"\n"),
        StartsWith("settings.toml:1: version is 1"));
    EXPECT_EQ(load(path_).settings.shoot.ring, "1G");
}

TEST_F(SettingsTest, AFolderInItsPlaceAndMissingRightsAreSaid)
{
    fs::create_directory(path_);
    EXPECT_THAT(
        load(path_).troubles, ElementsAre(AllOf(HasSubstr("it is no file"), HasSubstr("the default"))));
    EXPECT_FALSE(save(path_, Settings()));
    fs::remove(path_);

    write("[shoot]\nring = \"1G\"\n");
    ::chmod(folder_.path().c_str(), 0555);
    ::chmod(path_.c_str(), 0644);
    {
        const AsNobody nobody;
        EXPECT_EQ(load(path_).settings.shoot.ring, "1G");
        const auto saved = save(path_, Settings());
        ASSERT_FALSE(saved);
        EXPECT_EQ(saved.error().fault, Fault::Denied);
        EXPECT_THAT(saved.error().message, HasSubstr(path_.string()));
    }
    ::chmod(path_.c_str(), 0);
    {
        const AsNobody nobody;
        const SettingsFile file = load(path_);
        EXPECT_EQ(file.settings, Settings());
        EXPECT_THAT(
            file.troubles, ElementsAre(AllOf(HasSubstr("no right"), HasSubstr("the default settings"))));
        EXPECT_EQ(save(path_, Settings()).error().fault, Fault::Denied);
    }
    ::chmod(folder_.path().c_str(), 0755);
    ::chmod(path_.c_str(), 0644);
    EXPECT_EQ(readAll(path_), "[shoot]\nring = \"1G\"\n");
    EXPECT_THAT(namesIn(folder_.path()), ElementsAre("settings.toml"));
}

/// Fails for a writer that empties the file before it has the new one whole.
TEST_F(SettingsTest, ADiskThatFillsUpLeavesTheOldFile)
{
    const std::string old = "# mine\n[shoot]\nring = \"1G\"\n";
    write(old);
    Settings settings;
    settings.shoot.spill = std::string(500, 'x');
    rlimit was {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &was), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit few { 100, was.rlim_max };
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &few), 0);
    const auto saved = save(path_, settings);
    const auto exported = exportPreset(folder_.path() / "preset.toml", settings);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &was), 0);
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().fault, Fault::OutOfSpace);
    EXPECT_THAT(saved.error().message, HasSubstr("the disk is full"));
    EXPECT_FALSE(exported);
    EXPECT_EQ(readAll(path_), old);
    EXPECT_THAT(namesIn(folder_.path()), ElementsAre("settings.toml"));
}

TEST_F(SettingsTest, SettingsThatWouldNotBeReadBackAreNotSaved)
{
    const std::string old = "[shoot]\nring = \"1G\"\n";
    const auto refused = [&](auto spoil, const char* told) {
        write(old);
        Settings settings = load(path_).settings;
        spoil(settings);
        const auto saved = save(path_, settings);
        ASSERT_FALSE(saved) << told;
        EXPECT_EQ(saved.error().fault, Fault::Usage);
        EXPECT_THAT(saved.error().message, HasSubstr(told));
        EXPECT_EQ(readAll(path_), old);
    };
    refused([](Settings& s) { s.keys[KeyId::Chrome] = { SDLK_r, 0 }; }, "that is roll");
    refused([](Settings& s) { s.shoot.preroll_s = 1e9; }, "preroll_s");
    refused([](Settings& s) { s.tools.custom_aspect = std::numeric_limits<double>::quiet_NaN(); },
        "custom_aspect");
    refused([](Settings& s) { s.shoot.spill = "\xff"; }, "cannot be read");
    refused([](Settings& s) { s.cameras = { { "floppy:", "" } }; }, "floppy");
    refused([](Settings& s) { s.cameras = { { "gphoto:usb", "", "jack" } }; }, "jack");
}

TEST_F(SettingsTest, ALinkStaysALinkAndItsFileIsWritten)
{
    const fs::path real = folder_.path() / "dotfiles.toml";
    std::ofstream(real) << "# kept elsewhere\n";
    fs::create_symlink("dotfiles.toml", path_);
    Settings settings;
    settings.tools.peaking = true;
    ASSERT_OK(save(path_, settings));
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_THAT(readAll(real), AllOf(StartsWith("# kept elsewhere\n"), HasSubstr("peaking = true")));
}

TEST(SettingsPath, IsWhereTheDesktopKeepsSettings)
{
    ::setenv("HOME", "/home/ada", 1);
    ::setenv("XDG_CONFIG_HOME", "/etc/ada", 1);
    EXPECT_EQ(settingsPath(), "/etc/ada/backtake/settings.toml");
    ::setenv("XDG_CONFIG_HOME", "relative", 1);
    EXPECT_EQ(settingsPath(), "/home/ada/.config/backtake/settings.toml");
    ::unsetenv("XDG_CONFIG_HOME");
    EXPECT_EQ(settingsPath(), "/home/ada/.config/backtake/settings.toml");
    ::unsetenv("HOME");
    EXPECT_TRUE(settingsPath().is_absolute());
}

TEST_F(SettingsTest, ChannelsToBeHeardAreReadAsTheyAreWritten)
{
    for (const auto& [text, channel, pair] : { std::tuple { "all", 0, false }, { "3", 3, false },
             { "8", 8, false }, { "1-2", 1, true }, { "7-8", 7, true } }) {
        const SettingsFile file = loaded(std::string("[sound]\nchannels = \"") + text + "\"\n");
        EXPECT_THAT(file.troubles, IsEmpty()) << text;
        EXPECT_EQ(file.settings.sound.channel, channel) << text;
        EXPECT_EQ(file.settings.sound.pair, pair) << text;
    }
    EXPECT_THAT(loaded("[sound]\nchannels = \"1-3\"\n").troubles, SizeIs(1));
    EXPECT_THAT(loaded("[sound]\nlevel_db = 13\n").troubles, SizeIs(1));
}

/// The manual's example is what people copy.
TEST_F(SettingsTest, TheExampleInTheManualIsReadWithoutTrouble)
{
    const fs::path manual =
        fs::path(BACKTAKE_TEST_MEDIA).parent_path().parent_path() / "docs" / "settings.md";
    const std::string text = readAll(manual);
    const auto begin = text.find("```toml\n");
    ASSERT_NE(begin, std::string::npos) << manual;
    const auto end = text.find("```\n", begin + 8);
    ASSERT_NE(end, std::string::npos) << manual;
    const SettingsFile file = loaded(text.substr(begin + 8, end - begin - 8));
    EXPECT_THAT(file.troubles, IsEmpty());
    EXPECT_NE(file.settings, Settings());
}

using Kind = ui::SettingsOrder::Kind;

/// A keeper and what it did so far.
class KeeperTest : public SettingsTest {
protected:
    /// The answer to one order.
    ui::SettingsReport ask(ui::SettingsOrder order)
    {
        keeper_.order(std::move(order));
        auto reports = keeper_.finish(kept_);
        EXPECT_THAT(reports, SizeIs(1));
        return reports.empty() ? ui::SettingsReport { Kind::Save, {} } : reports.front();
    }

    Settings kept_;
    SettingsKeeper keeper_ { path_, {} };
};

/// Fails for a window that loses what was changed when it closes, and for one that writes a file for nothing.
TEST_F(KeeperTest, SavesWhatIsChangedAndAtTheEndWhatIsNotSavedYet)
{
    EXPECT_THAT(keeper_.finish({}), IsEmpty());
    EXPECT_FALSE(fs::exists(path_)) << "nothing was changed";
    write("# mine\n");
    kept_.keys[KeyId::Roll] = { SDLK_INSERT, 0 };
    EXPECT_THAT(ask({ Kind::Save, "", kept_ }).troubles, IsEmpty());
    EXPECT_EQ(load(path_).settings, kept_);
    EXPECT_THAT(readAll(path_), StartsWith("# mine\n"));
    Settings last = kept_;
    last.tools.zebra.on = true;
    EXPECT_THAT(keeper_.finish(last), SizeIs(1));
    EXPECT_EQ(load(path_).settings, last);
    EXPECT_THAT(keeper_.finish(last), IsEmpty()) << "that is done already";
}

TEST_F(KeeperTest, TellsWhatCannotBeSaved)
{
    write("version = 99\n");
    kept_.shoot.ring = "2G";
    keeper_.order({ Kind::Save, "", kept_ });
    const auto reports = keeper_.finish(kept_);
    ASSERT_THAT(reports, SizeIs(2)) << "at the end it is tried once more";
    for (const ui::SettingsReport& report : reports)
        EXPECT_THAT(report.troubles,
            ElementsAre(AllOf(StartsWith("The settings are not saved: "), HasSubstr("a newer Backtake"))));
    EXPECT_EQ(readAll(path_), "version = 99\n");
}

TEST_F(KeeperTest, ExportsAPresetButReplacesNoFile)
{
    Settings settings;
    settings.colours.live = 0x123456;
    const std::string file = folder_.path() / "day.toml";
    EXPECT_EQ(ask({ Kind::Export, file, settings }).done, "Exported to " + file);
    EXPECT_EQ(load(file).settings, settings);
    const std::string text = readAll(file);
    const auto again = ask({ Kind::Export, file, {} });
    EXPECT_EQ(again.done, "");
    EXPECT_THAT(
        again.troubles, ElementsAre(file + " is there already and was not replaced: choose another name"));
    EXPECT_EQ(readAll(file), text);
    EXPECT_FALSE(fs::exists(path_)) << "the settings themselves are another file";
}

/// Fails for a preset that is no settings file and sets everything back to the defaults.
TEST_F(KeeperTest, LoadsAPresetWithItsTroublesLineByLine)
{
    const std::string file = folder_.path() / "day.toml";
    std::ofstream(file) << "[keys]\nroll = \"Insert\"\nchrome = 1\n[pads]\na = \"jump\"\n[tools]\n"
                           "lut_name = \"Canon Log 2 to 709\"\nlut_on = true\n";
    const auto loaded = ask({ Kind::Load, file, {} });
    EXPECT_THAT(loaded.troubles,
        ElementsAre(StartsWith("day.toml:3: chrome is a key"), StartsWith("day.toml:5: a is the name")));
    EXPECT_THAT(loaded.done, HasSubstr("2 lines"));
    ASSERT_TRUE(loaded.settings);
    EXPECT_EQ(loaded.settings->keys, (ui::KeyChoices { { KeyId::Roll, { SDLK_INSERT, 0 } } }));
    EXPECT_EQ(loaded.settings->tools.lut, base::logPreset(base::CameraLog::CanonLog2));

    EXPECT_THAT(ask({ Kind::Load, folder_.path() / "none.toml", {} }).troubles,
        ElementsAre(HasSubstr("nothing was changed")));
    std::ofstream(file) << "version = 99\n";
    const auto newer = ask({ Kind::Load, file, {} });
    EXPECT_EQ(newer.settings, std::nullopt);
    EXPECT_THAT(newer.troubles, ElementsAre(HasSubstr("nothing was changed"), HasSubstr("a newer Backtake")));
}

} // namespace
} // namespace backtake::app
