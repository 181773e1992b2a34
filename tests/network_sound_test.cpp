/// Sound that network cameras send beside their picture: in every form, late, ending, broken, or announced
/// and never sent. The picture goes on through all of it.
#include "capture/gst_source.hpp"
#include "capture/test_tone.hpp"
#include "tests/network_sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace backtake::capture {
namespace {

using base::Nanos;
using tests::RtspSender;
using tests::SrtSender;
using namespace std::chrono_literals;

/// Longest a test waits for what must come.
constexpr Nanos kLong = 30s;
/// Of 25 pictures a second: 2 s.
constexpr std::size_t kManyFrames = 50;

/// A camera that is watched and heard until something is so.
class Listener {
public:
    explicit Listener(const std::string& address)
    {
        auto source = openGstSource(*parseCameraSpec(address), pool_, {});
        if (source)
            source_ = std::move(*source);
        else
            ADD_FAILURE() << source.error().message << " / " << source.error().detail;
    }

    /// @return whether it became so.
    bool until(const std::function<bool()>& is_so)
    {
        const Nanos give_up = base::monotonicNow() + kLong;
        while (source_ && !is_so()) {
            const auto frame = source_->next(100ms);
            const bool is_over = !frame && frame.error().fault != base::Fault::TimedOut;
            if (is_over || base::monotonicNow() > give_up) {
                ADD_FAILURE() << (is_over ? frame.error().message : "too late") << ": "
                              << played_.frames.size() << " pictures, " << played_.sound.size()
                              << " blocks of sound";
                return false;
            }
            if (frame)
                played_.frames.push_back(frame->captured_at);
            for (SoundBlock& block : source_->takeSound()) {
                frames_when_heard_ = played_.frames.size();
                played_.sound.push_back(std::move(block));
            }
        }
        return source_ != nullptr;
    }
    bool untilHeard(Nanos length)
    {
        return until([this, length]() { return played_.soundLength() >= length; });
    }
    /// Pictures since the last sound, or since the beginning.
    bool untilSeenInSilence(std::size_t frames)
    {
        return until([this, frames]() { return played_.frames.size() >= frames_when_heard_ + frames; });
    }
    [[nodiscard]] const Played& played() const { return played_; }

private:
    base::PicturePool pool_ { 256U << 20 };
    std::unique_ptr<FrameSource> source_;
    Played played_;
    std::size_t frames_when_heard_ = 0;
};

/// The senders' tone, on all channels alike.
void expectTone(const Played& played, int channels)
{
    const auto samples = played.samples();
    ASSERT_EQ(played.sound.back().channels, channels);
    EXPECT_NEAR(pitch(samples, static_cast<std::size_t>(channels)), 1000, 30); // AAC swings in
    const double peak = *std::max_element(samples.begin(), samples.end()) / 2147483648.0;
    EXPECT_NEAR(peak, 0.1, 0.02);
}

struct Form {
    const char* name;
    int channels;
};
class EverySound : public testing::TestWithParam<Form> { };

// Fails for a source that leaves a camera's sound away, or gives it times of another clock.
TEST_P(EverySound, ComesBesideThePicture)
{
    const RtspSender sender({ "--sound", GetParam().name });
    const Nanos began = base::monotonicNow();
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilHeard(1s));
    ASSERT_TRUE(listener.until([&]() { return !listener.played().frames.empty(); }));
    expectTone(listener.played(), GetParam().channels);
    for (const SoundBlock& block : listener.played().sound) {
        EXPECT_EQ(block.rate_hz, 48000);
        EXPECT_GT(block.captured_at, began - 1s); // a packet began before it came
        EXPECT_LE(block.endsAt(), base::monotonicNow());
    }
}

INSTANTIATE_TEST_SUITE_P(OfRtsp, EverySound,
    testing::Values(Form { "l16", 2 }, Form { "alaw", 1 }, Form { "aac", 1 }),
    [](const testing::TestParamInfo<Form>& each) { return std::string(each.param.name); });

// Fails for a source that waits for the sound a camera announced.
TEST(RtspSound, ThatNeverComesKeepsNoPictureWaiting)
{
    const RtspSender sender({ "--sound", "l16", "--sound-from", "1000000" });
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilSeenInSilence(kManyFrames));
    EXPECT_LE(listener.played().soundLength(), 20ms); // the sender's first packet
}

TEST(RtspSound, ThatComesLateIsTaken)
{
    const RtspSender sender({ "--sound", "l16", "--sound-from", "100" });
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilSeenInSilence(5));
    ASSERT_TRUE(listener.untilHeard(1s));
    expectTone(listener.played(), 2);
}

// Fails for a source that takes the end of the sound for that of the camera.
TEST(RtspSound, ThatEndsLeavesThePictureGoingOn)
{
    const RtspSender sender({ "--sound", "l16", "--sound-until", "100" });
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilHeard(500ms));
    ASSERT_TRUE(listener.untilSeenInSilence(kManyFrames));
    EXPECT_LE(listener.played().soundLength(), 2s);
}

class NoSound : public testing::TestWithParam<const char*> { };

// Fails for a source that loses the picture with what it cannot hear.
TEST_P(NoSound, LeavesThePictureAlone)
{
    const RtspSender sender({ "--sound", GetParam() });
    Listener listener(sender.address());
    EXPECT_TRUE(listener.until([&]() { return listener.played().frames.size() >= 2 * kManyFrames; }));
}

INSTANTIATE_TEST_SUITE_P(OfRtsp, NoSound, testing::Values("unknown", "broken", "refused"),
    [](const testing::TestParamInfo<const char*>& each) { return std::string(each.param); });

TEST(SrtSound, ComesBesideThePicture)
{
    const SrtSender sender("audiotestsrc is-live=true freq=1000 volume=0.1");
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilHeard(1s));
    ASSERT_TRUE(listener.until([&]() { return !listener.played().frames.empty(); }));
    expectTone(listener.played(), 1);
}

TEST(SrtSound, ThatEndsLeavesThePictureGoingOn)
{
    const SrtSender sender("audiotestsrc is-live=true num-buffers=200");
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilHeard(500ms));
    ASSERT_TRUE(listener.untilSeenInSilence(kManyFrames));
}

// Fails for a source that waits for a stream whose table is all that is sent of it.
TEST(SrtSound, ThatNeverComesKeepsNoPictureWaiting)
{
    const SrtSender sender("audiotestsrc is-live=true", SrtSender::SoundPackets::Withheld);
    Listener listener(sender.address());
    ASSERT_TRUE(listener.untilSeenInSilence(kManyFrames));
    EXPECT_TRUE(listener.played().sound.empty());
}

} // namespace
} // namespace backtake::capture
