/// Sound by way of a real sound server, which is killed and comes back: PulseAudio with a sink that plays to
/// nobody, recorded from by its own name and through ALSA.
#include "capture/camera.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/sound_input.hpp"
#include "capture/test_tone.hpp"
#include "tests/process.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace backtake::capture {
namespace {

using base::Nanos;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// Longest a test waits for what must come.
constexpr Nanos kLong = 40s;

template <typename Ready> bool waitFor(Ready ready)
{
    const Nanos give_up = base::monotonicNow() + kLong;
    while (!ready()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::yield();
    }
    return true;
}

/// A tone of 1 kHz on both channels of a card that is none: "desk".
class SoundServer {
public:
    SoundServer()
    {
        // Nothing of the user's: neither the server that runs already nor what it remembers.
        for (const char* name : { "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "XDG_CONFIG_HOME" })
            setenv(name, folder_.path().c_str(), 1);
        setenv("PULSE_SERVER", ("unix:" + socket_).c_str(), 1);
        const std::string alsa = folder_ / "asound.conf";
        std::ofstream(alsa) << fmt::format(
            "</usr/share/alsa/alsa.conf>\n"
            "pcm.desk {{ type pulse server \"unix:{}\" device \"desk.monitor\" }}\n",
            socket_);
        setenv("ALSA_CONFIG_PATH", alsa.c_str(), 1);
        start();
    }

    void start()
    {
        process_.emplace(std::vector<std::string> { PULSEAUDIO_PROGRAM, "-n", "--daemonize=no",
                             "--use-pid-file=no", "--exit-idle-time=-1",
                             "--load=module-native-protocol-unix auth-anonymous=1 socket=" + socket_,
                             "--load=module-null-sink sink_name=desk rate=48000 channels=2",
                             "--load=module-sine sink=desk frequency=1000" },
            folder_);
    }
    void kill() { process_->kill(SIGKILL); }
    [[nodiscard]] std::string said() const { return process_->err(); }

private:
    tests::Folder folder_;
    const std::string socket_ = folder_ / "socket";
    std::optional<tests::Process> process_;
};

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
    static SoundServer& server()
    {
        static SoundServer one;
        return one;
    }
};

/// Fails for a source that stays away, leaves a hole where it was, or takes a picture with it.
TEST_P(SoundServers, ThatDieAreSilentAndAreHeardAgainWhileThePictureGoesOn)
{
    const std::string name = GetParam();
    SoundServer& sender = server();
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

} // namespace
} // namespace backtake::capture
