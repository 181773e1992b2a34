/// Network cameras that are real senders in processes of their own: killed, silent, refusing, coming back.
#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "capture/frame_cells.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/gst_source.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr Nanos kLong = 10s;

/// rtsp_sender as a process of its own.
class Sender {
public:
    explicit Sender(std::vector<std::string> options)
    {
        std::array<int, 2> ends {};
        if (pipe2(ends.data(), O_CLOEXEC) != 0)
            return;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        options.insert(options.begin(), RTSP_SENDER);
        std::vector<char*> words;
        for (std::string& option : options)
            words.push_back(option.data());
        words.push_back(nullptr);
        if (posix_spawn(&process_, RTSP_SENDER, &actions, nullptr, words.data(), environ) != 0)
            process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        std::string line;
        pollfd output { ends[0], POLLIN, 0 };
        char letter = 0;
        while (poll(&output, 1, 20'000) == 1 && read(ends[0], &letter, 1) == 1 && letter != '\n')
            line.push_back(letter);
        close(ends[0]);
        if (line.starts_with("port "))
            port_ = line.substr(5);
    }
    ~Sender() { signal(SIGKILL); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    [[nodiscard]] const std::string& port() const { return port_; }
    [[nodiscard]] std::string address(const std::string& user = "") const
    {
        return fmt::format("rtsp://{}127.0.0.1:{}/live", user, port_);
    }
    void signal(int number)
    {
        if (process_ <= 0)
            return;
        kill(process_, number);
        if (number == SIGKILL) {
            waitpid(process_, nullptr, 0);
            process_ = -1;
        }
    }

private:
    pid_t process_ = -1;
    std::string port_;
};

base::PicturePool& pool()
{
    static base::PicturePool large(256U << 20);
    return large;
}

base::Result<std::unique_ptr<FrameSource>> openText(const std::string& text)
{
    return openGstSource(*parseCameraSpec(text), pool(), {});
}

std::int64_t numberIn(const SourceFrame& frame)
{
    base::PicturePtr picture = frame.picture;
    if (!picture) {
        base::JpegDecoder decoder;
        const auto decoded = decoder.decode(frame.jpeg, pool());
        if (!decoded)
            return -1;
        picture = *decoded;
    }
    const auto number = readFrameNumber(
        picture->planes[0], picture->format.width, picture->format.height, picture->strides[0]);
    return number ? static_cast<std::int64_t>(*number) : -1;
}

/// The first fault that is more than "none yet".
base::Error faultOf(FrameSource& source)
{
    const Nanos limit = base::monotonicNow() + kLong;
    while (base::monotonicNow() < limit) {
        const auto frame = source.next(100ms);
        if (!frame && frame.error().fault != Fault::TimedOut)
            return frame.error();
    }
    return { Fault::TimedOut, "nothing happened", {} };
}

class EveryCodec : public testing::TestWithParam<const char*> { };

// Fails for a source that loses frames without counting them, damages, repeats or reorders them.
TEST_P(EveryCodec, FramesComeOnceAndInOrderStampedOnArrival)
{
    const Sender sender({ "--codec", GetParam() });
    const auto source = openText(sender.address());
    ASSERT_TRUE(source) << source.error().message << " / " << source.error().detail;
    EXPECT_EQ((*source)->facts().latency, 50ms);
    std::int64_t before = -1;
    std::int64_t missing = 0;
    Nanos last {};
    for (int i = 0; i < 20; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << frame.error().message;
        EXPECT_EQ(frame->jpeg.empty(), std::string(GetParam()) != "mjpeg");
        const std::int64_t number = numberIn(*frame);
        ASSERT_GE(number, 0) << i;
        if (i > 0) {
            EXPECT_GT(number, before) << i;
            missing += number - before - 1;
            EXPECT_GE(frame->captured_at, last);
        }
        EXPECT_LE(frame->captured_at, base::monotonicNow());
        before = number;
        last = frame->captured_at;
    }
    // On a machine that is too busy to take them, frames give way: whole ones, and counted.
    EXPECT_LE(missing, static_cast<std::int64_t>((*source)->facts().dropped));
}

// Fails for a source that hangs on, or cannot come back to, a camera that lost its power.
TEST_P(EveryCodec, AKilledSenderIsUnpluggedAtOnceAndCanBeOpenedAgain)
{
    auto sender = std::make_unique<Sender>(std::vector<std::string> { "--codec", GetParam() });
    const std::string address = sender->address();
    const std::string port = sender->port();
    auto source = openText(address);
    ASSERT_TRUE(source) << source.error().message << " / " << source.error().detail;
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE((*source)->next(kLong));

    sender->signal(SIGKILL);
    const Nanos killed = base::monotonicNow();
    EXPECT_EQ(faultOf(**source).fault, Fault::Unplugged);
    source->reset();
    EXPECT_LT(base::monotonicNow() - killed, 10s);

    const auto refused = openText(address);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::Unplugged) << refused.error().message;

    sender = std::make_unique<Sender>(std::vector<std::string> { "--codec", GetParam(), "--port", port });
    ASSERT_EQ(sender->port(), port);
    source = openText(address);
    ASSERT_TRUE(source) << source.error().message << " / " << source.error().detail;
    const auto frame = (*source)->next(kLong);
    ASSERT_TRUE(frame) << frame.error().message;
    EXPECT_GE(numberIn(*frame), 0);
}

INSTANTIATE_TEST_SUITE_P(OfRtsp, EveryCodec, testing::Values("mjpeg", "h264", "raw"),
    [](const testing::TestParamInfo<const char*>& each) { return std::string(each.param); });

// Fails for a source that waits for a peer whose cable was pulled: the connection stays, nothing comes.
TEST(RtspSource, ASenderThatFallsSilentIsUnpluggedInThreeSeconds)
{
    const Sender sender({ "--freeze-after", "5" });
    const auto source = openText(sender.address());
    ASSERT_TRUE(source) << source.error().message;
    Nanos last {};
    base::Result<SourceFrame> frame;
    const Nanos limit = base::monotonicNow() + kLong;
    do {
        frame = (*source)->next(100ms);
        if (frame)
            last = frame->captured_at;
    } while ((frame || frame.error().fault == Fault::TimedOut) && base::monotonicNow() < limit);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().fault, Fault::Unplugged) << frame.error().message;
    EXPECT_LT(base::monotonicNow() - last, 10s);
}

TEST(RtspSource, OpeningASenderThatHangsGivesUpInFiveSeconds)
{
    Sender sender({});
    sender.signal(SIGSTOP);
    const Nanos began = base::monotonicNow();
    const auto source = openText(sender.address());
    ASSERT_FALSE(source);
    EXPECT_THAT(source.error().fault, testing::AnyOf(Fault::Unplugged, Fault::TimedOut));
    EXPECT_LT(base::monotonicNow() - began, 10s);
}

TEST(RtspSource, AWrongPasswordIsDeniedAndNeverShown)
{
    const Sender sender({ "--user", "me", "--password", "right" });
    for (const char* user : { "", "me:hunter2@" }) {
        const auto source = openText(sender.address(user));
        ASSERT_FALSE(source);
        EXPECT_EQ(source.error().fault, Fault::Denied) << source.error().message;
        for (const std::string& text : { source.error().message, source.error().detail }) {
            EXPECT_THAT(text, Not(HasSubstr("hunter2")));
            EXPECT_EQ(text, base::oneLine(text));
        }
    }
    const auto source = openText(sender.address("me:right@"));
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_THAT((*source)->facts().name, Not(HasSubstr("right")));
    EXPECT_TRUE((*source)->next(kLong));
}

TEST(RtspSource, AStreamThatIsNotThereIsNotFound)
{
    const Sender sender({});
    const auto source = openText(fmt::format("rtsp://127.0.0.1:{}/other", sender.port()));
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().fault, Fault::NotFound) << source.error().message;
}

/// An SRT sender in this process, listening on a port of the system's choice.
class SrtSender {
public:
    SrtSender()
    {
        startGStreamer();
        const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
        close(probe);
        port_ = ntohs(address.sin_port);
        const std::string text = fmt::format(
            "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "
            "x264enc tune=zerolatency "
            "key-int-max=5 ! mpegtsmux ! srtsink wait-for-connection=false "
            "uri=srt://127.0.0.1:{}?mode=listener&passphrase=rightpassphrase",
            port_);
        pipeline_.reset(gst_parse_launch(text.c_str(), nullptr));
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~SrtSender() { stop(); }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
    [[nodiscard]] std::string address(const char* passphrase) const
    {
        return fmt::format("srt://127.0.0.1:{}?passphrase={}", port_, passphrase);
    }

private:
    GstOwned<GstElement> pipeline_;
    int port_ = 0;
};

TEST(SrtSource, PlaysRefusesAWrongPassphraseAndNoticesTheEnd)
{
    SrtSender sender;
    const auto denied = openText(sender.address("hunter2hunter2"));
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().fault, Fault::Denied) << denied.error().message << denied.error().detail;
    EXPECT_THAT(denied.error().message + denied.error().detail, Not(HasSubstr("hunter2")));

    const auto source = openText(sender.address("rightpassphrase"));
    ASSERT_TRUE(source) << source.error().message << source.error().detail;
    EXPECT_EQ((*source)->facts().latency, 20ms);
    EXPECT_THAT((*source)->facts().name, Not(HasSubstr("rightpassphrase")));
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE((*source)->next(kLong)) << i;
    sender.stop();
    const Nanos stopped = base::monotonicNow();
    EXPECT_EQ(faultOf(**source).fault, Fault::Unplugged);
    EXPECT_LT(base::monotonicNow() - stopped, 10s);
}

} // namespace
} // namespace backtake::capture
