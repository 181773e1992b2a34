/// Network cameras that are real senders in processes of their own: killed, silent, refusing, coming back.
#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "capture/frame_cells.hpp"
#include "capture/gst_source.hpp"
#include "tests/network_sender.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <vector>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using testing::HasSubstr;
using testing::Not;
using tests::RtspSender;
using tests::SrtSender;
using namespace std::chrono_literals;

constexpr Nanos kLong = 10s;

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
    const RtspSender sender({ "--codec", GetParam() });
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
    auto sender = std::make_unique<RtspSender>(std::vector<std::string> { "--codec", GetParam() });
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

    sender = std::make_unique<RtspSender>(std::vector<std::string> { "--codec", GetParam(), "--port", port });
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
    const RtspSender sender({ "--freeze-after", "5" });
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
    RtspSender sender({});
    sender.signal(SIGSTOP);
    const Nanos began = base::monotonicNow();
    const auto source = openText(sender.address());
    ASSERT_FALSE(source);
    EXPECT_THAT(source.error().fault, testing::AnyOf(Fault::Unplugged, Fault::TimedOut));
    EXPECT_LT(base::monotonicNow() - began, 10s);
}

TEST(RtspSource, AWrongPasswordIsDeniedAndNeverShown)
{
    const RtspSender sender({ "--user", "me", "--password", "right" });
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
    const RtspSender sender({});
    const auto source = openText(fmt::format("rtsp://127.0.0.1:{}/other", sender.port()));
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().fault, Fault::NotFound) << source.error().message;
}

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
