/// The real window under Xvfb with real key presses: what is on the glass is read from screenshots, by the
/// cells that number each frame.
#include "app/guide_files.hpp"
#include "capture/frame_cells.hpp"
#include "takes/take_facts.hpp"
#include "tests/display.hpp"
#include "tests/wav.hpp"
#include "ui/layout.hpp"

#include <fmt/format.h>

#include <fstream>

namespace backtake::tests {
namespace {

using namespace std::chrono_literals;

class WindowTest : public testing::Test {
protected:
    static constexpr int kWidth = 1280;
    static constexpr int kHeight = 720;

    /// @param gl what the environment says of OpenGL. @param guide empty: none.
    void start(const std::string& camera, const std::string& gl = "LIBGL_ALWAYS_SOFTWARE=1",
        const std::string& option = "--fullscreen", const std::string& guide = "")
    {
        std::vector<std::string> words { "env", "DISPLAY=" + display_.name(), gl,
            "XDG_CONFIG_HOME=" + (folder_ / "config"), BACKTAKE_PROGRAM, "--camera", camera, "--shoot",
            folder_ / "shoot", "--slate", "12A", "--ring", "128M", "--preroll", "1", option };
        if (!guide.empty()) {
            words.insert(
                words.begin() + 1, "SDL_AUDIODRIVER=dummy"); // takes sound in its time, as a card does
            words.insert(words.end(), { "--guide", guide });
        }
        program_ = std::make_unique<Process>(words, folder_);
    }
    Screen look() { return display_.look(); }
    /// Waits for the box that offers software drawing, then presses @p key in it.
    void answer(const std::string& key)
    {
        // The line comes when the window is gone; the box has neither a class nor a name that can be searched
        // for.
        ASSERT_TRUE(eventually([&] { return program_->err().find("--software-gl") != std::string::npos; }))
            << program_->err();
        std::string root;
        std::string box;
        ASSERT_TRUE(eventually([&] {
            std::istringstream found(
                display_.run({ "xdotool", "search", "--onlyvisible", "--class", ".*" }).out);
            return static_cast<bool>(found >> root >> box);
        })) << "no box";
        // A window manager would give it the keys.
        EXPECT_EQ(display_.run({ "xdotool", "windowfocus", "--sync", box }).exit, 0);
        display_.keep("no-opengl");
        display_.press(key);
    }
    /// The number in the picture, wherever the layout puts it.
    std::optional<std::uint32_t> numberOn(const Screen& screen) const
    {
        ui::LayoutInput input;
        input.width = kWidth;
        input.height = kHeight;
        input.full_screen = true;
        input.chrome_hidden = chrome_hidden_;
        input.picture_aspect = 16.0 / 9;
        const ui::Rect picture = ui::layoutOf(input).picture;
        return capture::readFrameNumber(
            { reinterpret_cast<const std::uint8_t*>(screen.rgb.data()), kWidth, kHeight, 3 * kWidth, 3 },
            { static_cast<double>(picture.x), static_cast<double>(picture.y),
                static_cast<double>(picture.width), static_cast<double>(picture.height) });
    }
    ui::Layout layout() const
    {
        ui::LayoutInput input;
        input.width = kWidth;
        input.height = kHeight;
        input.full_screen = true;
        input.chrome_hidden = chrome_hidden_;
        input.picture_aspect = 16.0 / 9;
        return ui::layoutOf(input);
    }
    bool redFrame(const Screen& screen) const
    {
        const ui::Layout at = layout();
        const int middle = at.picture.y + at.picture.height / 2;
        return screen.isNear(at.picture.x - at.frame / 2 - 1, middle, 0xFF, 0x3B, 0x30)
            && screen.isNear(at.picture.right() + at.frame / 2, middle, 0xFF, 0x3B, 0x30);
    }
    /// Amber chevrons somewhere along the left edge of the frame.
    bool amberFrame(const Screen& screen) const
    {
        const ui::Layout at = layout();
        int amber = 0;
        for (int y = at.picture.y; y < at.picture.bottom(); ++y)
            for (int x = at.picture.x - at.frame; x < at.picture.x; ++x)
                amber += screen.isNear(x, y, 0xFF, 0xB0, 0x00, 40) ? 1 : 0;
        return amber > 50;
    }
    bool blueFrame(const Screen& screen) const
    {
        const ui::Layout at = layout();
        int blue = 0;
        const int y = at.picture.y + at.picture.height / 2;
        for (int x = at.picture.x - at.frame; x < at.picture.x; ++x)
            blue += screen.isNear(x, y, 0x4D, 0xA3, 0xFF, 40) ? 1 : 0;
        return blue > 0;
    }
    /// Looks again until the glass shows a frame number for which @p condition holds.
    template <typename Condition> bool sees(Condition condition)
    {
        return eventually([&]() {
            const Screen screen = look();
            const auto number = numberOn(screen);
            if (number)
                last_number_ = *number;
            return number && condition(screen, *number);
        });
    }

    Folder folder_;
    Display display_ { folder_, kWidth, kHeight };
    std::unique_ptr<Process> program_;
    bool chrome_hidden_ = false;
    std::uint32_t last_number_ = 0;
};

/// Killed while it rolls with a guide: what is heard until a second before is noted with the take, which is
/// closed as recovered and keeps it.
TEST_F(WindowTest, ATakeThatIsKilledWhileItsGuidePlaysKeepsWhereItWas)
{
    const auto song = writeWav(folder_.path() / "song.wav", 20 * 48000,
        [](std::uint32_t s) { return static_cast<double>(s % 100) * 100; });
    start("pattern:640x360@25", "LIBGL_ALWAYS_SOFTWARE=1", "--fullscreen", song);
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    std::filesystem::path take;
    const auto length = [&] {
        const auto guide = app::readTakeGuide(take);
        return guide && *guide && !(*guide)->record.runs.empty() ? (*guide)->record.runs[0].length
                                                                 : base::Nanos {};
    };
    for (int n = 1; n <= 4 && length() <= 1s; ++n) { // a take that rolls before the guide is read has none
        if (n > 1)
            display_.press("r");
        take = folder_.path() / "shoot" / "media" / fmt::format("12A-{:03}-A", n);
        display_.press("r");
        (void)eventually([&] { return length() > 1s; }, 10s);
    }
    ASSERT_GT(length(), 1s) << program_->err();
    program_->kill(SIGKILL);
    const base::Nanos noted = length();
    const Ran repaired = backtake({ "verify", "--shoot", folder_ / "shoot", "--repair", "--json" }, folder_);
    EXPECT_EQ(repaired.exit, 0) << repaired.err;
    EXPECT_EQ(repaired.json()["takes"].back()["recovered"], true);
    EXPECT_EQ(length(), noted);
    const auto facts = takes::readTakeFacts(take / "take.json");
    ASSERT_TRUE(facts);
    const auto guide = app::readTakeGuide(take);
    EXPECT_GT(guide->value().record.runs[0].end(), facts->duration - 1500ms);
}

TEST_F(WindowTest, LiveRollCutReversedForwardAndLiveAgain)
{
    start("pattern:640x360@25");
    // Live: numbers rise, no red, no amber.
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    const std::uint32_t first_live = last_number_;
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) {
        return n > first_live + 5 && !redFrame(screen) && !amberFrame(screen);
    }));
    display_.keep("live");

    display_.press("r");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) { return redFrame(screen); }))
        << "no red frame while rolling";
    const std::uint32_t rolling_at = last_number_;
    display_.keep("rolling");
    ASSERT_TRUE(
        sees([&](const Screen& screen, std::uint32_t n) { return redFrame(screen) && n > rolling_at + 40; }));

    // Cut: with no further key the numbers fall, under the amber frame.
    display_.press("r");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) {
        return amberFrame(screen) && !redFrame(screen);
    })) << "no REVERSED frame after the cut";
    display_.keep("reversed");
    std::uint32_t before = last_number_;
    int falls = 0;
    int rises = 0;
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n != before; }));
        (last_number_ < before ? falls : rises) += 1;
        before = last_number_;
    }
    EXPECT_GE(falls, 9) << "it plays backwards";
    EXPECT_LE(rises, 2) << "but for the loop's start";

    // D: as captured; the numbers rise.
    display_.press("d");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) {
        return blueFrame(screen) && !amberFrame(screen);
    })) << "no AS CAPTURED frame";
    display_.keep("as-captured");
    before = last_number_;
    falls = rises = 0;
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n != before; }));
        (last_number_ < before ? falls : rises) += 1;
        before = last_number_;
    }
    EXPECT_GE(rises, 9) << "it plays forwards";

    // Pause, and step by single frames in the shown order.
    display_.press("d");
    display_.press("space");
    display_.press("Home");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) { return amberFrame(screen); }));
    std::uint32_t newest = 0;
    ASSERT_TRUE(eventually([&]() { // stands still
        const auto one = numberOn(look());
        const auto two = numberOn(look());
        newest = one.value_or(0);
        return one && one == two;
    }));
    for (std::uint32_t k = 1; k <= 5; ++k) {
        display_.press("Right");
        EXPECT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n == newest - k; }))
            << "step " << k << " shows " << last_number_;
    }
    display_.press("Left");
    EXPECT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n == newest - 4; }));

    // H leaves picture, frame and badge alone; the picture grows.
    display_.press("h");
    chrome_hidden_ = true;
    EXPECT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n == newest - 4; })) << "without chrome";
    display_.keep("chrome-hidden");
    display_.press("h");
    chrome_hidden_ = false;

    // Tab: live again, newer than anything before.
    display_.press("Tab");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) {
        return n > newest + 5 && !amberFrame(screen) && !redFrame(screen);
    }));
    // R from review goes straight to live and rolls.
    display_.press("Tab");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) { return amberFrame(screen); }));
    display_.press("r");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) { return redFrame(screen) && n > newest; }));
    // Esc leaves full screen, but never cuts a take: the take is still open on disk when the window closes
    // it.
    display_.press("Escape");
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();
    const auto log = backtake({ "takes", "--shoot", folder_ / "shoot", "--json" }, folder_).json();
    ASSERT_EQ(log["takes"].size(), 2u);
    EXPECT_EQ(log["takes"][1]["closed"], true) << "closing the window closes the take";
    EXPECT_EQ(backtake({ "verify", "--shoot", folder_ / "shoot" }, folder_).exit, 0);
}

/// Fails when Tab cuts the take, or when the red frame leaves while the last minute is looked at.
TEST_F(WindowTest, TabWhileRollingPlaysTheTakeSoFarBackwardsUnderTheRedFrame)
{
    start("pattern:640x360@25");
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    display_.press("r");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) { return redFrame(screen); }));
    const std::uint32_t rolled_at = last_number_;
    ASSERT_TRUE(sees([&](const Screen&, std::uint32_t n) { return n > rolled_at + 50; }));
    display_.press("Tab");
    std::uint32_t before = 0;
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) {
        return redFrame(screen) && n < std::exchange(before, n);
    })) << "numbers fall";
    display_.keep("chase");
    int falls = 0;
    int rises = 0;
    before = last_number_;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) {
            return n != before && redFrame(screen);
        })) << "the red frame stays";
        (last_number_ < before ? falls : rises) += 1;
        before = last_number_;
    }
    EXPECT_GE(falls, 6) << "it plays backwards";
    const std::uint32_t looked_at = last_number_;
    display_.press("Tab");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t n) {
        return n > looked_at + 60 && redFrame(screen);
    })) << "live again, and still rolling";
    display_.press("Tab");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) { return redFrame(screen); }));
    display_.press("r");
    ASSERT_TRUE(sees([&](const Screen& screen, std::uint32_t) {
        return amberFrame(screen) && !redFrame(screen);
    })) << "the review of the whole take";
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();
    EXPECT_EQ(backtake({ "verify", "--shoot", folder_ / "shoot" }, folder_).exit, 0);
}

TEST_F(WindowTest, ACameraThatIsGoneNeverPassesForLive)
{
    start("pattern:640x360@25?unplug=2:600");
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    // Lost: the state changes the frame, and the picture is greyed under a hatch or marked: no thin live
    // frame any more.
    const ui::Layout at = layout();
    const Screen live = look();
    ASSERT_TRUE(eventually([&]() {
        const Screen screen = look();
        int changed = 0;
        for (int y = at.picture.y; y < at.picture.bottom(); ++y)
            for (int x = at.picture.x - at.frame; x < at.picture.x; ++x) {
                const std::uint8_t* now = screen.at(x, y);
                const std::uint8_t* then = live.at(x, y);
                changed += std::abs(now[0] - then[0]) > 12 ? 1 : 0;
            }
        return changed > 200;
    }));
    display_.keep("lost");
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0);
}

/// Fails for settings that are read but not followed, and for tools that are forgotten.
TEST_F(WindowTest, SettingsLayKeysAndColoursAndKeepTheToolsForTheNextTime)
{
    const auto settings = folder_.path() / "config" / "backtake" / "settings.toml";
    std::filesystem::create_directories(settings.parent_path());
    std::ofstream(settings) << "# mine\n[keys]\nroll = \"Insert\"\n[colours]\nrolling = \"#00C8FF\"\n";
    start("pattern:640x360@25");
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; }));
    display_.press("Insert");
    const auto rollsInBlue = [this](const Screen& screen, std::uint32_t) {
        const ui::Layout at = layout();
        return screen.isNear(
            at.picture.x - at.frame / 2 - 1, at.picture.y + at.picture.height / 2, 0, 0xC8, 0xFF);
    };
    EXPECT_TRUE(sees(rollsInBlue)) << "Insert rolls, and the frame has the colour that was settled";
    display_.press("Insert");
    EXPECT_TRUE(sees([this](const Screen& screen, std::uint32_t) { return amberFrame(screen); }));
    display_.press("s"); // a still
    EXPECT_TRUE(eventually([this] { return std::filesystem::exists(folder_.path() / "shoot" / "stills"); }));
    display_.press("z");
    display_.press("F2");
    EXPECT_TRUE(eventually([this] {
        return display_.run({ "xdotool", "search", "--name", "Backtake: picture" }).exit == 0;
    })) << "the second output";
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0);
    const std::string kept = readAll(settings);
    EXPECT_EQ(kept.find("# mine"), 0u) << kept;
    EXPECT_NE(kept.find("zebra = true"), std::string::npos) << kept;
    EXPECT_GE(std::distance(std::filesystem::directory_iterator(folder_.path() / "shoot" / "stills"),
                  std::filesystem::directory_iterator()),
        2);
}

/// Fails for a key that is laid elsewhere in the window and forgotten when it closes.
TEST_F(WindowTest, AKeyChangedInTheSettingsWindowDoesItAfterTheNextStart)
{
    const auto settings = folder_.path() / "config" / "backtake" / "settings.toml";
    start("pattern:640x360@25");
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    // The settings stand still over the live picture: each key has changed what they show before the next.
    const auto onSettings = [this] {
        const Screen screen = look();
        std::string rows;
        for (int y = 70; y < 640; ++y)
            rows.append(reinterpret_cast<const char*>(screen.at(150, y)), 3 * (1120 - 150));
        return rows;
    };
    const auto pressed = [&](const char* key) {
        const std::string before = onSettings();
        display_.press(key);
        return eventually([&] {
            const std::string now = onSettings();
            return now != before && now == onSettings();
        });
    };
    ASSERT_TRUE(pressed("F10")) << "they open";
    ASSERT_TRUE(pressed("Down")) << "to the key of roll";
    ASSERT_TRUE(pressed("space")) << "it waits for a key";
    ASSERT_TRUE(pressed("Insert"));
    display_.keep("settings");
    EXPECT_TRUE(eventually([&] {
        return std::filesystem::exists(settings)
            && readAll(settings).find("roll = \"Insert\"") != std::string::npos;
    })) << "kept at once";
    display_.press("Insert");
    EXPECT_TRUE(eventually([&] { // the frame's left side stands beside the settings
        const ui::Layout at = layout();
        return look().isNear(
            at.picture.x - at.frame / 2 - 1, at.picture.y + at.picture.height / 2, 0xFF, 0x3B, 0x30);
    })) << "and does it at once";
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();

    start("pattern:640x360@25");
    ASSERT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    display_.press("Insert");
    EXPECT_TRUE(sees([this](const Screen& screen, std::uint32_t) { return redFrame(screen); }));
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();
}

// What drives a GPU of 2008: Mesa refuses a context of 3.3 under it.
constexpr const char* kOldGl = "MESA_GL_VERSION_OVERRIDE=2.1";

/// Fails when an operator with an old laptop is left with a line on a terminal that is not there.
TEST_F(WindowTest, WithoutOpenGl33ItStartsAnewDrawnWithoutTheGpuWhenThatIsWanted)
{
    start("pattern:640x360@25", kOldGl);
    ASSERT_NO_FATAL_FAILURE(answer("Return"));
    EXPECT_TRUE(sees([](const Screen&, std::uint32_t) { return true; })) << program_->err();
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();
    EXPECT_NE(program_->err().find("--software-gl"), std::string::npos) << program_->err();
}

TEST_F(WindowTest, WithoutOpenGl33AndWithoutTheOperatorsConsentItEndsWithALineThatNamesTheOption)
{
    start("pattern:640x360@25", kOldGl);
    ASSERT_NO_FATAL_FAILURE(answer("Escape"));
    EXPECT_EQ(program_->wait(), 1);
    const std::string said = program_->err();
    EXPECT_TRUE(said.starts_with("backtake: This display gives no OpenGL 3.3: ")) << said;
    EXPECT_NE(said.find("--software-gl"), std::string::npos) << said;
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST_F(WindowTest, SoftwareGlIsTakenUnaskedAndTheDoctorNamesTheRenderer)
{
    const auto openGlOf = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words { "env", "-u", "LIBGL_ALWAYS_SOFTWARE", kOldGl, BACKTAKE_PROGRAM,
            "doctor", "--json", "--shoot", folder_.path().string() };
        words.insert(words.end(), more.begin(), more.end());
        const nlohmann::json report = display_.run(words).json();
        for (const auto& check : report["checks"])
            if (check["check"] == "OpenGL 3.3")
                return check["verdict"].get<std::string>() + " " + check["words"].get<std::string>();
        return std::string("no such check");
    };
    const std::string refused = openGlOf({});
    EXPECT_TRUE(refused.starts_with("trouble ") && refused.ends_with("without the GPU")) << refused;
    const std::string software = openGlOf({ "--software-gl" });
    EXPECT_TRUE(software.starts_with("warning llvmpipe")) << software;
    start("pattern:640x360@25", kOldGl, "--software-gl");
    EXPECT_TRUE(eventually([&] {
        return display_.run({ "xdotool", "search", "--onlyvisible", "--name", "shoot" }).exit == 0;
    })) << program_->err();
    display_.press("ctrl+q");
    EXPECT_EQ(program_->wait(), 0) << program_->err();
}

/// Fails for a program that offers, or starts anew, for ever.
TEST_F(WindowTest, WhereSoftwareDrawingFailsTooItEndsWithALine)
{
    start("pattern:640x360@25", "LIBGL_DRIVERS_PATH=/nowhere");
    ASSERT_NO_FATAL_FAILURE(answer("Return"));
    EXPECT_EQ(program_->wait(), 1);
    const std::string said = program_->err();
    // Mesa says something in between.
    const auto offered = said.find("backtake: This display gives no OpenGL 3.3: ");
    const auto given_up = said.find("backtake: This display gives no OpenGL 3.3, not even");
    EXPECT_LT(offered, given_up) << said;
    EXPECT_NE(given_up, std::string::npos) << said;
    EXPECT_EQ(said.find("backtake: ", given_up + 1), std::string::npos) << said;
}

/// Fails when the director's cable is pulled and the picture lies over the operator's buttons.
TEST(SecondScreen, IsFilledByF2AndItsUnpluggingClosesTheSecondOutputAlone)
{
    const Folder folder;
    TwoScreens screens(folder);
    Process program({ "env", "DISPLAY=" + screens.name(), "LIBGL_ALWAYS_SOFTWARE=1",
                        "XDG_CONFIG_HOME=" + (folder / "config"), BACKTAKE_PROGRAM, "--camera",
                        "pattern:320x180@25", "--shoot", folder / "shoot", "--ring", "128M", "--fullscreen" },
        folder);
    const auto place = [&](const std::string& window) {
        return screens.run({ "xdotool", "search", "--onlyvisible", "--name", window, "getwindowgeometry" })
            .out;
    };
    const auto stands = [&](const std::string& window, int x, int width, int height) {
        return eventually([&] {
            const std::string now = place(window);
            return now.find(fmt::format("Position: {},", x)) != std::string::npos
                && now.find(fmt::format("Geometry: {}x{}", width, height)) != std::string::npos;
        });
    };
    constexpr const char* kFirst = "Backtake$";
    constexpr const char* kSecond = "Backtake: picture";
    ASSERT_TRUE(stands(kFirst, 0, TwoScreens::kWidth, TwoScreens::kHeight)) << place(kFirst) << program.err();
    screens.press("F2");
    ASSERT_TRUE(stands(kSecond, TwoScreens::kWidth, TwoScreens::kWidth, TwoScreens::kHeight))
        << place(kSecond) << program.err();
    screens.keep("two-screens");
    screens.plug(1);
    EXPECT_TRUE(eventually([&] { return place(kSecond).empty(); })) << place(kSecond);
    screens.keep("one-screen");
    EXPECT_TRUE(program.running()) << program.err();
    screens.press("F2"); // beside the first
    EXPECT_TRUE(eventually([&] { return !place(kSecond).empty(); }));
    EXPECT_TRUE(place(kSecond).find(fmt::format("Position: {},", TwoScreens::kWidth)) == std::string::npos);
    screens.press("ctrl+q");
    EXPECT_EQ(program.wait(), 0) << program.err();
}

TEST_F(WindowTest, WithoutADisplayItSaysSoInOneLine)
{
    const Ran ran = tests::run({ "env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", "-u", "XDG_RUNTIME_DIR",
                                   BACKTAKE_PROGRAM, "--shoot", folder_ / "shoot" },
        folder_);
    EXPECT_EQ(ran.exit, 1);
    EXPECT_TRUE(ran.err.starts_with("backtake: ")) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

} // namespace
} // namespace backtake::tests
