/// `backtake cameras`, `doctor` and `fetch` as scripts see them: with a script in the helper's place, and
/// with the real helper and the virtual camera.
#include "takes/take_facts.hpp"
#include "tests/process.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>
#include <optional>

namespace backtake::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::VirtualEos;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

class TetherCommands : public ::testing::Test {
protected:
    TetherCommands() { setenv("XDG_STATE_HOME", (folder_ / "state").c_str(), 1); }
    ~TetherCommands() override { unsetenv("BACKTAKE_TETHER"); }

    /// A helper that says @p lines to --list, and the usual to --version.
    void fakeHelper(const std::string& lines)
    {
        const std::string script = folder_ / "helper";
        std::ofstream(script)
            << "#!/bin/sh\ncase \"$1\" in\n--version) echo 'libgphoto2 9.9.9'; echo 'ptp2: yes';;\n"
               "--list) "
            << lines << ";;\n*) exit 2;;\nesac\n";
        fs::permissions(script, fs::perms(0755));
        setenv("BACKTAKE_TETHER", script.c_str(), 1);
    }
    static std::string camera(const std::string& more = {})
    {
        return R"(printf '%s\n' '{"port":"usb:001,007","model":"Canon EOS-1D C")" + more + "}'";
    }
    static nlohmann::json named(const nlohmann::json& list, const char* key, const std::string& value)
    {
        for (const auto& one : list)
            if (one[key] == value)
                return one;
        return {};
    }
    Folder folder_;
};

TEST_F(TetherCommands, CamerasListsUsbAndSaysHowNetworkOnesAreNamed)
{
    const std::string free_one =
        R"({"port":"usb:001,007","model":"Canon EOS-1D C","fault":"failed","why":"","holder":"","holder_pid":0})";
    const std::string held_one =
        R"({"port":"usb:001,008","model":"Canon EOS R","fault":"busy","why":"held","holder":"gvfsd-gphoto2","holder_pid":4194303})";
    const std::string denied_one =
        R"({"port":"usb:001,009","model":"Canon EOS M","fault":"denied","why":"no","holder":"","holder_pid":0})";
    fakeHelper("printf '%s\\n' '" + free_one + "' '" + held_one + "' '" + denied_one + "'");
    const Ran ran = backtake({ "cameras", "--json" }, folder_);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    const auto list = ran.json()["cameras"];
    const auto usable = named(list, "spec", "gphoto:usb:001,007");
    EXPECT_EQ(usable["name"], "Canon EOS-1D C") << ran.out << ran.err;
    EXPECT_EQ(usable["usable"], true);
    const auto held = named(list, "spec", "gphoto:usb:001,008");
    EXPECT_EQ(held["usable"], false);
    EXPECT_EQ(held["fault"], "busy");
    EXPECT_THAT(held["why"].get<std::string>(), HasSubstr("gvfsd-gphoto2 (4194303) has the camera: "));
    const auto denied = named(list, "spec", "gphoto:usb:001,009");
    EXPECT_EQ(denied["fault"], "denied");
    EXPECT_THAT(denied["why"].get<std::string>(), HasSubstr("70-backtake-eos.rules"));
    EXPECT_THAT(ran.err, HasSubstr("gphoto:ptpip:HOST"));

    const Ran doctor = backtake({ "doctor", "--shoot", folder_.path().string(), "--json" }, folder_);
    EXPECT_EQ(doctor.exit, 1) << "a camera that cannot be opened is trouble";
    const auto checks = doctor.json()["checks"];
    EXPECT_EQ(named(checks, "check", "camera gphoto:usb:001,007")["verdict"], "ok");
    EXPECT_EQ(named(checks, "check", "camera gphoto:usb:001,008")["verdict"], "trouble");
    EXPECT_THAT(
        named(checks, "check", "tether helper")["words"].get<std::string>(), HasSubstr("libgphoto2 9.9.9"));
    EXPECT_EQ(named(checks, "check", "libgphoto2 driver ptp2")["verdict"], "ok");
    EXPECT_TRUE(named(checks, "check", "udev rule").is_object());
}

TEST_F(TetherCommands, AHelperThatFailsHidesNoOtherCamera)
{
    fakeHelper("kill -SEGV $$");
    Ran ran = backtake({ "cameras", "--json" }, folder_);
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.out, HasSubstr("pattern"));
    EXPECT_THAT(ran.json()["usb_trouble"].get<std::string>(), HasSubstr("backtake doctor"));
    ran = backtake({ "doctor", "--shoot", folder_.path().string(), "--json" }, folder_);
    EXPECT_EQ(named(ran.json()["checks"], "check", "cameras on USB")["verdict"], "trouble");

    setenv("BACKTAKE_TETHER", (folder_ / "gone").c_str(), 1);
    ran = backtake({ "cameras", "--json" }, folder_);
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.json()["usb_trouble"].get<std::string>(), HasSubstr("which is not there"));
    ran = backtake({ "doctor", "--shoot", folder_.path().string(), "--json" }, folder_);
    EXPECT_EQ(named(ran.json()["checks"], "check", "tether helper")["verdict"], "trouble");
}

/// A recorded take of a virtual camera that has a clip on its card.
class Fetching : public TetherCommands {
protected:
    static constexpr const char* kCardFolder = "/store_00010001/DCIM/100EOS1D";

    void SetUp() override
    {
        const Ran recorded =
            backtake({ "record", "--camera", "pattern:320x180@50", "--shoot", folder_ / "shoot", "--slate",
                         "12A", "--seconds", "0.2", "--preroll", "0", "--ring", "64M", "--json" },
                folder_);
        ASSERT_EQ(recorded.exit, 0) << recorded.err;
        take_ = folder_.path() / "shoot/media/12A-001-A";
        ASSERT_TRUE(fs::is_directory(take_));
    }
    void nameClip(const std::string& name, std::uint64_t bytes)
    {
        auto facts = takes::readTakeFacts(take_ / "take.json");
        ASSERT_TRUE(facts) << facts.error().message;
        facts->camera_clip = takes::CameraClip { kCardFolder, name, bytes, {} };
        ASSERT_TRUE(takes::writeTakeFacts(take_ / "take.json", *facts));
    }
    [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more = {}) const
    {
        std::vector<std::string> all { "fetch", folder_ / "shoot#12A/1", "--camera", eos_.spec(), "--json" };
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    /// Whether the file is the clip, byte for byte.
    static ::testing::AssertionResult isWhole(const fs::path& file, std::uint64_t bytes)
    {
        const std::string text = readAll(file);
        if (text.size() != bytes)
            return ::testing::AssertionFailure() << file << " has " << text.size() << " bytes";
        for (std::uint64_t i = 0; i < bytes; ++i)
            if (static_cast<std::byte>(text[i]) != VirtualEos::clipByte(i))
                return ::testing::AssertionFailure() << "byte " << i << " is wrong";
        return ::testing::AssertionSuccess();
    }
    VirtualEos eos_;
    fs::path take_;
};

TEST_F(Fetching, TheClipThatTheTakeNamesComesIntoItsFolder)
{
    constexpr std::uint64_t kBytes = 20'000'001;
    const std::string name = eos_.addClip(kBytes);
    nameClip(name, kBytes);
    const Ran ran = backtake(words(), folder_);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(isWhole(take_ / name, kBytes));
    const auto clip = ran.json()["clips"][0];
    EXPECT_EQ(clip["clip"], name);
    EXPECT_EQ(clip["bytes"], kBytes);
    EXPECT_EQ(clip["fetched"], true);
    const auto facts = takes::readTakeFacts(take_ / "take.json");
    ASSERT_TRUE(facts && facts->camera_clip);
    EXPECT_EQ(facts->camera_clip->fetched, name);
    EXPECT_THAT(eos_.clips(), ::testing::Contains(name)) << "nothing is ever deleted on the card";

    eos_.unplug(); // not even asked
    const Ran again = backtake(words(), folder_);
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_EQ(again.json()["clips"][0]["fetched"], false);
}

TEST_F(Fetching, CtrlCKeepsThePartAndTheNextRunGoesOnThere)
{
    constexpr std::uint64_t kBytes = 200'000'000;
    const std::string name = eos_.addClip(kBytes);
    nameClip(name, kBytes);
    const fs::path part = take_ / (name + ".part");
    std::error_code none_yet;
    std::vector<std::string> program = words();
    program.insert(program.begin(), BACKTAKE_PROGRAM);
    Process process(program, folder_);
    ASSERT_TRUE(eventually([&] { return fs::exists(part) && fs::file_size(part, none_yet) > 1'000'000; }))
        << process.err();
    process.kill(SIGINT);
    EXPECT_EQ(process.wait(), 1) << process.err();
    EXPECT_THAT(process.err(), AllOf(HasSubstr("run this again to go on there")));
    ASSERT_TRUE(fs::exists(part));
    EXPECT_FALSE(fs::exists(take_ / name));
    const auto had = fs::file_size(part);
    EXPECT_GT(had, 0U);
    EXPECT_LT(had, kBytes);

    const Ran again = backtake(words(), folder_);
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_FALSE(fs::exists(part));
    EXPECT_TRUE(isWhole(take_ / name, kBytes));
}

TEST_F(Fetching, ALostConnectionIsGoneOnWith)
{
    constexpr std::uint64_t kBytes = 200'000'000;
    const std::string name = eos_.addClip(kBytes);
    nameClip(name, kBytes);
    const fs::path part = take_ / (name + ".part");
    std::error_code none_yet;
    std::vector<std::string> program = words();
    program.insert(program.begin(), BACKTAKE_PROGRAM);
    Process process(program, folder_);
    ASSERT_TRUE(eventually([&] { return fs::exists(part) && fs::file_size(part, none_yet) > 1'000'000; }))
        << process.err();
    eos_.drop();
    EXPECT_EQ(process.wait(), 0) << process.err();
    EXPECT_TRUE(isWhole(take_ / name, kBytes));
}

TEST_F(Fetching, AClipIsNamedByItsPathOnTheCard)
{
    constexpr std::uint64_t kBytes = 100'000;
    const std::string name = eos_.addClip(kBytes);
    const Ran none = backtake(words(), folder_);
    EXPECT_EQ(none.exit, 1);
    EXPECT_THAT(none.err, HasSubstr("the camera has named no clip"));
    const Ran unknown = backtake(words({ "--clip", name }), folder_);
    EXPECT_EQ(unknown.exit, 1);
    EXPECT_THAT(unknown.err, HasSubstr("whole path"));
    EXPECT_EQ(backtake(words({ "--clip", "/store_00010001/.." }), folder_).exit, 2);
    EXPECT_EQ(backtake(words({ "--clip", std::string(kCardFolder) + "/take.json" }), folder_).exit, 2);

    const Ran ran = backtake(words({ "--clip", fmt::format("{}/{}", kCardFolder, name) }), folder_);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(isWhole(take_ / name, kBytes));
    EXPECT_EQ(takes::readTakeFacts(take_ / "take.json")->camera_clip->name, name);
}

TEST_F(Fetching, WhatCannotBeFetchedIsOneClearLine)
{
    const std::string name = eos_.addClip(100'000);
    nameClip(name, 100'000);
    eos_.removeClip(name);
    const Ran removed = backtake(words(), folder_);
    EXPECT_EQ(removed.exit, 1);
    EXPECT_THAT(removed.err, HasSubstr("backtake: "));
    EXPECT_FALSE(fs::exists(take_ / name));
    EXPECT_EQ(backtake({ "fetch", folder_ / "shoot#12A/1", "--camera", "pattern:" }, folder_).exit, 2);
    EXPECT_EQ(backtake({ "fetch", folder_ / "shoot#12A/9", "--camera", eos_.spec() }, folder_).exit, 1);
}

} // namespace
} // namespace backtake::tests
