/// Sound by way of a real sound server, which is killed and comes back: recorded from by its own name and
/// through ALSA, and played to.
#include "capture/camera.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/sound_input.hpp"
#include "capture/test_tone.hpp"
#include "playback/sound_player.hpp"
#include "playback/test_sound.hpp"
#include "tests/sound_server.hpp"
#include "ui/sound_output.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace backtake::capture {
namespace {

using base::Nanos;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// One second of sound from block @p number on; @p number moves on behind it.
std::vector<std::int32_t> secondOf(const SoundRing& ring, std::uint64_t& number)
{
    std::vector<std::int32_t> samples;
    waitFor([&]() {
        if (const SoundBlockPtr block = ring.at(number)) {
            samples.insert(samples.end(), block->samples.begin(), block->samples.end());
            ++number;
        }
        return samples.size() >= 2 * 48000;
    });
    return samples;
}

class SoundServers : public testing::TestWithParam<const char*> {
protected:
    /// One for each test program: what a client library knows of its server is read once a process.
    static tests::SoundServer& server()
    {
        static tests::SoundServer one;
        return one;
    }
};

/// Fails for a source that stays away, leaves a hole where it was, or takes a picture with it.
TEST_P(SoundServers, ThatDieAreSilentAndAreHeardAgainWhileThePictureGoesOn)
{
    const std::string name = GetParam();
    tests::SoundServer& sender = server();
    startGStreamer();
    const GstOwned<GstElementFactory> factory(
        gst_element_factory_find(name.starts_with("audio:alsa") ? "alsasrc" : "pulsesrc"));
    ASSERT_TRUE(factory) << "GStreamer's plug-in for " << name << " is not installed";
    const SoundInput input(*parseSoundSpec(name));
    const Camera camera(*parseCameraSpec("pattern:320x240@25"));
    const auto isLive = [&]() { return input.status().state == SoundStatus::State::Live; };
    ASSERT_TRUE(waitFor(isLive)) << input.status().why << sender.said();
    EXPECT_EQ(input.status().channels, 2);
    std::uint64_t number = 0;
    secondOf(*input.ring(), number); // the server's first may be silent
    EXPECT_NEAR(pitch(secondOf(*input.ring(), number), 2), 1000, 5);

    sender.kill();
    ASSERT_TRUE(waitFor([&]() { return !isLive(); }));
    EXPECT_EQ(input.status().state, SoundStatus::State::Lost);
    EXPECT_THAT(input.status().why, HasSubstr("no sound from " + name));
    const auto frames = camera.status().frames;
    const Nanos end = *input.ring()->endsAt();
    ASSERT_TRUE(waitFor([&]() { return *input.ring()->endsAt() > end + 2s; }));
    EXPECT_GT(camera.status().frames, frames);
    EXPECT_EQ(camera.status().state, CameraState::Live);
    number = input.ring()->find(end + 1s);
    const auto silent = input.ring()->at(number);
    EXPECT_TRUE(std::all_of(
        silent->samples.begin(), silent->samples.end(), [](std::int32_t sample) { return sample == 0; }));

    sender.start();
    ASSERT_TRUE(waitFor(isLive)) << input.status().why << sender.said();
    EXPECT_EQ(input.status().returns, 1U);
    number = input.ring()->find(*input.ring()->endsAt()) + 1;
    secondOf(*input.ring(), number);
    EXPECT_NEAR(pitch(secondOf(*input.ring(), number), 2), 1000, 5);
    std::optional<Nanos> before;
    for (number = 0; const SoundBlockPtr block = input.ring()->at(number); ++number) {
        if (before) {
            EXPECT_LE(std::chrono::abs(block->captured_at - *before), SoundRing::kSlack) << number;
        }
        before = block->endsAt();
    }
}

INSTANTIATE_TEST_SUITE_P(Of, SoundServers, testing::Values("audio:pulse:desk.monitor", "audio:alsa:desk"),
    [](const testing::TestParamInfo<const char*>& each) {
        return std::string(each.param).substr(6, 4) == "alsa" ? "Alsa" : "PulseAudio";
    });

/// Fails for a loudspeaker that dies with the server and stays dead, or takes the clock of the pictures with
/// it.
TEST(SoundServersPlayedTo, ThatDieLeaveTimeRunningAndAreHeardAgain)
{
    setenv("SDL_AUDIODRIVER", "pulseaudio", 1);
    setenv("PULSE_SINK", "ears", 1);
    tests::SoundServer server;
    startGStreamer();
    constexpr int kLength_s = 120;
    const auto tone = std::make_shared<playback::MemorySound>(
        std::int64_t { kLength_s } * playback::kRate, 1, playback::sine(440));
    const auto take = std::make_shared<playback::HeardFootage>(kLength_s * 25, tone);
    playback::SoundPlayer player(ui::openSoundOutput);
    const std::jthread sound([&player](std::stop_token stop) { player.run(std::move(stop)); });
    playback::Playhead head(*take);
    const Nanos begin = player.timeAt(base::monotonicNow());
    head.run(-1, begin);
    head.enter(take->frameCount() - 1, begin);
    player.play(take, head);

    const SoundInput ears(*parseSoundSpec("audio:pulse:ears.monitor"));
    const auto isHeard = [&]() {
        if (ears.status().state != SoundStatus::State::Live || !player.state().trouble.empty())
            return false;
        std::uint64_t number = ears.ring()->find(*ears.ring()->endsAt()) + 1;
        return std::abs(pitch(secondOf(*ears.ring(), number), 2) - 440) < 5;
    };
    ASSERT_TRUE(waitFor(isHeard)) << player.state().trouble << server.said();

    server.kill();
    ASSERT_TRUE(waitFor([&]() { return !player.state().trouble.empty(); }));
    const Nanos dead_at = base::monotonicNow();
    const Nanos then = player.timeAt(dead_at);
    EXPECT_EQ(player.timeAt(dead_at + 1s) - then, 1s) << "pictures go on";

    server.start();
    ASSERT_TRUE(waitFor(isHeard)) << player.state().trouble << server.said();
    EXPECT_NEAR(base::seconds(player.timeAt(base::monotonicNow()) - then),
        base::seconds(base::monotonicNow() - dead_at), 0.1);
}

} // namespace
} // namespace backtake::capture
