// Unmodified libgphoto2, in a process under umockdev's preload, with the virtual camera on its USB port.
#include "tests/process.hpp"
#include "tests/virtual_eos/gphoto_client.hpp"
#include "tests/virtual_eos/line_program.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

namespace backtake::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kModel = "Canon EOS 1D C"; // as libgphoto2 spells it
constexpr const char* kFolder = "/store_00010001/DCIM/100EOS1D";

class EosOnUsb : public ::testing::Test {
protected:
    EosOnUsb() { giveGphotoAHome(home_.path()); }

    VirtualEosUsb& camera()
    {
        if (!camera_)
            camera_.emplace(options_);
        return *camera_;
    }
    json ask(const std::string& command)
    {
        if (!child_) {
            auto variables = camera().environment();
            variables.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
            child_.emplace(std::vector<std::string> { GPHOTO_CHILD_PROGRAM, kModel }, variables);
        }
        return json::parse(child_->ask(command), nullptr, false);
    }
    json open() { return ask("open " + camera().port()); }

    tests::Folder home_;
    VirtualEosOptions options_ { .width = 512, .height = 344, .jpeg_bytes = 60'000 };
    std::optional<VirtualEosUsb> camera_;
    std::optional<LineProgram> child_; ///< Gone before the camera is.
};

TEST_F(EosOnUsb, IsDetectedWhereItIs)
{
    EXPECT_EQ(
        ask("detect"), json::parse(R"([{"model": "Canon EOS 1D C", "port": ")" + camera().port() + R"("}])"));
    EXPECT_EQ(camera().spec(), "gphoto:" + camera().port());
    EXPECT_EQ(std::getenv("LD_PRELOAD"), nullptr) << "only the child runs under the preload";
}

TEST_F(EosOnUsb, SettingsEventsAndClipsComeThrough)
{
    const std::string name = camera().addClip(3'000'000);
    ASSERT_EQ(open(), 0);
    EXPECT_GT(ask("events").size(), 40U);
    EXPECT_EQ(ask("get iso"), "800");
    EXPECT_EQ(ask("set iso 1600"), 0);
    EXPECT_EQ(camera().dial("iso"), "1600");
    ask("events");
    camera().turnDial("whitebalance", "Tungsten");
    EXPECT_THAT(ask("events").dump(), HasSubstr("Tungsten"));
    EXPECT_EQ(ask("set movierecordtarget Card"), 0);
    EXPECT_TRUE(camera().recording());
    // Ranges around the packets of 512 and the library's blocks of 512 kB.
    for (const char* range : { "0 500", "0 1012", "511 513", "1000000 1048576", "2999999 10" }) {
        const json read = ask(std::string("read ") + kFolder + " " + name + " " + range);
        EXPECT_EQ(read["result"], 0) << range;
        EXPECT_EQ(read["right"], true) << range;
    }
    EXPECT_EQ(ask("close"), 0);
}

/// For each pacing. Fails for a line that loses or doubles what the camera sent.
class PacedUsb : public EosOnUsb, public ::testing::WithParamInterface<Pacing> { };

TEST_P(PacedUsb, LiveViewBringsEveryFrameThatTheCameraSaysItSent)
{
    options_.pacing = GetParam();
    ASSERT_EQ(open(), 0);
    const json received = ask("previews 20");
    EXPECT_TRUE(received["errors"].empty()) << received;
    std::set<std::uint64_t> numbers = received["numbers"];
    std::set<std::uint64_t> sent;
    for (const auto& frame : camera().made()) {
        if (frame.sent)
            sent.insert(frame.number);
    }
    EXPECT_EQ(numbers, sent);
    if (GetParam() != Pacing::Repeat) {
        EXPECT_EQ(numbers.size(), 20U);
    }
}

INSTANTIATE_TEST_SUITE_P(
    , PacedUsb, ::testing::Values(Pacing::Busy, Pacing::Hold, Pacing::Repeat), [](const auto& each) {
        return each.param == Pacing::Busy ? "Busy" : each.param == Pacing::Hold ? "Hold" : "Repeat";
    });

TEST_F(EosOnUsb, PulledOutItIsGoneAtOnceAndComesBackAtANewAddress)
{
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(open(), 0);
        ASSERT_EQ(ask("preview")["result"], 0);
        const std::string before = camera().port();
        camera().unplug();
        const base::Nanos pulled = base::monotonicNow();
        EXPECT_EQ(ask("preview")["result"], GP_ERROR_IO_USB_FIND);
        EXPECT_LT(base::monotonicNow() - pulled, 2s);
        ask("close");
        EXPECT_EQ(ask("detect"), json::array());
        camera().plugIn();
        EXPECT_NE(camera().port(), before);
        EXPECT_THAT(ask("detect").dump(), HasSubstr(camera().port()));
    }
    ASSERT_EQ(open(), 0);
    EXPECT_EQ(ask("preview")["result"], 0);
}

TEST_F(EosOnUsb, PulledOutWhileTheLibraryWaitsForAFrame)
{
    options_.pacing = Pacing::Hold;
    options_.fps = 0.1;
    ASSERT_EQ(open(), 0);
    child_->say("preview");
    ASSERT_TRUE(tests::eventually([&] {
        const auto changes = camera().changes();
        return !changes.empty() && changes.back().what == "live view on";
    }));
    camera().unplug();
    const json preview = json::parse(child_->line(), nullptr, false);
    EXPECT_LT(preview["result"], 0);
    EXPECT_EQ(camera().changes().back().what, "closed");
}

TEST_F(EosOnUsb, AKilledClientLeavesTheCameraToTheNext)
{
    ASSERT_EQ(open(), 0);
    ASSERT_EQ(ask("preview")["result"], 0);
    EXPECT_TRUE(camera().connected());
    child_->end(SIGKILL);
    child_.reset();
    EXPECT_TRUE(tests::eventually([&] { return !camera().connected(); }));
    ASSERT_EQ(open(), 0);
    EXPECT_EQ(ask("preview")["result"], 0);
}

TEST_F(EosOnUsb, HeldByAnotherProgramItCannotBeClaimed)
{
    camera().hold(true);
    EXPECT_EQ(open(), GP_ERROR_IO_USB_CLAIM);
    camera().hold(false);
    EXPECT_EQ(open(), 0);
}

TEST_F(EosOnUsb, AStalledTransferIsClearedByTheLibrary)
{
    ASSERT_EQ(open(), 0);
    ASSERT_EQ(ask("preview")["result"], 0);
    camera().stallOnce();
    EXPECT_EQ(ask("preview")["result"], 0);
}

TEST_F(EosOnUsb, ASilentBodyLetsTheLibraryWaitItsTime)
{
    ASSERT_EQ(open(), 0);
    ASSERT_EQ(ask("preview")["result"], 0);
    camera().silence(true);
    EXPECT_EQ(ask("preview")["result"], GP_ERROR_TIMEOUT);
    camera().silence(false);
    ask("close");
    ASSERT_EQ(open(), 0);
    EXPECT_EQ(ask("preview")["result"], 0);
}

TEST(VirtualEosUsbProgram, StartsACommandThatSeesTheCamera)
{
    const tests::Folder home;
    giveGphotoAHome(home.path());
    const std::string seen = home / "seen";
    LineProgram program({ VIRTUAL_EOS_PROGRAM, "--usb", "--size", "512x344", "--", "/bin/sh", "-c",
        "echo detect | '" GPHOTO_CHILD_PROGRAM "' '" + std::string(kModel) + "' > '" + seen + "'" });
    EXPECT_EQ(program.line(), "attached: gphoto:usb:001,007");
    EXPECT_THAT(program.line(), StartsWith("environment: LD_PRELOAD=libumockdev-preload.so.0 UMOCKDEV_DIR="));
    EXPECT_TRUE(
        tests::eventually([&] { return tests::readAll(seen).find("usb:001,007") != std::string::npos; }));
    EXPECT_EQ(program.ask("drop"), "error: this cable cannot do that");
    EXPECT_EQ(program.ask("unplug"), "ok");
    EXPECT_EQ(program.ask("plug"), "ok");
    EXPECT_EQ(program.ask("spec"), "gphoto:usb:001,008");
    EXPECT_EQ(program.wait(), 0);
}

} // namespace
} // namespace backtake::testing
