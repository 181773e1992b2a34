/// A camera on USB that another program has: a real holder of the virtual camera, named by the program and
/// ended at the operator's word, in the real window.
#include "tests/display.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace backtake::tests {
namespace {

using ::testing::HasSubstr;
using testing::VirtualEosUsb;
using namespace std::chrono_literals;

/// Unmodified libgphoto2 in a process that opened the camera and keeps it.
class Holder {
public:
    Holder(const VirtualEosUsb& camera, const Folder& folder, std::vector<std::string> on_the_bus)
    {
        const std::string lines = folder / "holder-lines";
        EXPECT_EQ(::mkfifo(lines.c_str(), 0600), 0);
        lines_ = ::open(lines.c_str(), O_RDWR | O_CLOEXEC);
        on_the_bus.insert(on_the_bus.end(),
            { "sh", "-c", fmt::format("exec {} 'Canon EOS 1D C' < {}", GPHOTO_CHILD_PROGRAM, lines) });
        program_ = std::make_unique<Process>(on_the_bus, folder);
        const std::string open = fmt::format("open {}\n", camera.port());
        EXPECT_EQ(::write(lines_, open.data(), open.size()), static_cast<ssize_t>(open.size()));
    }
    ~Holder() { ::close(lines_); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    bool holds()
    {
        return eventually([&] { return program_->out() == "0\n"; }, 20s);
    }
    Process& program() { return *program_; }

private:
    int lines_ = -1;
    std::unique_ptr<Process> program_;
};

class HeldCamera : public ::testing::Test {
protected:
    HeldCamera()
    {
        // The holder's library saves what it is told about the camera below HOME.
        setenv("HOME", folder_.path().c_str(), 1);
        setenv("XDG_STATE_HOME", (folder_ / "state").c_str(), 1);
    }
    /// @p more, started where the camera can be seen.
    std::vector<std::string> onTheBus(const std::vector<std::string>& more) const
    {
        std::vector<std::string> words { "env" };
        for (const std::string& variable : VirtualEosUsb::environment())
            words.push_back(variable);
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    nlohmann::json listed(const VirtualEosUsb& camera) const
    {
        const Ran ran = run(onTheBus({ BACKTAKE_PROGRAM, "cameras", "--json" }), folder_);
        const auto report = ran.json();
        for (const auto& one : report["cameras"])
            if (one["spec"] == camera.spec())
                return one;
        return { { "out", ran.out }, { "err", ran.err } };
    }

    Folder folder_;
};

TEST_F(HeldCamera, IsListedWithItsHolder)
{
    const VirtualEosUsb camera;
    EXPECT_EQ(listed(camera)["usable"], true) << listed(camera);
    Holder holder(camera, folder_, onTheBus({}));
    ASSERT_TRUE(holder.holds()) << holder.program().out() << holder.program().err();
    const auto held = listed(camera);
    EXPECT_EQ(held["usable"], false) << held;
    EXPECT_EQ(held["fault"], "busy") << held;
    EXPECT_THAT(held["why"].get<std::string>(), HasSubstr("gphoto_child ("));
}

TEST_F(HeldCamera, IsFreedAndOpenedByKeysInTheWindow)
{
    const VirtualEosUsb camera;
    Holder holder(camera, folder_, onTheBus({}));
    ASSERT_TRUE(holder.holds()) << holder.program().out() << holder.program().err();
    const Display display(folder_);
    Process window(onTheBus({ "DISPLAY=" + display.name(), "LIBGL_ALWAYS_SOFTWARE=1", BACKTAKE_PROGRAM,
                       "--verbose", "--camera", "pattern:320x240@25", "--shoot", folder_ / "shoot" }),
        folder_);
    ASSERT_TRUE(
        eventually([&] { return window.err().find("pattern:320x240@25: live") != std::string::npos; }, 20s))
        << window.err();
    // The list fills as its answers come: until the camera is in it, the keys choose another one.
    EXPECT_TRUE(eventually([&] {
        for (const char* key : { "F8", "Down", "Down", "Return" })
            display.press(key);
        return eventually([&] { return !holder.program().running(); }, 1s);
    })) << window.err();
    EXPECT_TRUE(
        eventually([&] { return window.err().find(camera.spec() + ": live") != std::string::npos; }, 20s))
        << window.err();
    display.keep("freed");
    display.press("ctrl+q");
    EXPECT_EQ(window.wait(), 0);
}

} // namespace
} // namespace backtake::tests
