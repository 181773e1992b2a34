#include "capture/camera.hpp"
#include "capture/gst_source.hpp"
#include "capture/sound_input.hpp"
#include "capture/test_tone.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>

namespace backtake::capture {
namespace {

using base::Nanos;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// All samples of the ring, without its end's silence.
std::vector<std::int32_t> heard(const SoundRing& ring)
{
    std::vector<std::int32_t> samples;
    std::uint64_t number = 0;
    while (const SoundBlockPtr block = ring.at(number)) {
        samples.insert(samples.end(), block->samples.begin(), block->samples.end());
        ++number;
    }
    return samples;
}

/// A ramp through all values of @p bits, no two samples beside each other alike, and none of them 0.
std::vector<std::int32_t> ramp(int frames, int channels, int bits)
{
    std::vector<std::int32_t> samples;
    for (int i = 0; i < frames * channels; ++i) {
        const auto value =
            static_cast<std::int32_t>((static_cast<std::uint32_t>(i) * 2654435761U) | 1U << (32 - bits));
        samples.push_back(value & static_cast<std::int32_t>(~0U << (32 - bits)));
    }
    return samples;
}

class SoundInputs : public testing::Test {
protected:
    /// Little endian, as files have it.
    std::string writePcm(const std::vector<std::int32_t>& samples, int bits)
    {
        const std::string path = (folder_.path() / fmt::format("{}.raw", ++files_)).string();
        std::ofstream out(path, std::ios::binary);
        for (const std::int32_t sample : samples)
            for (int shift = 32 - bits; shift < 32; shift += 8)
                out.put(static_cast<char>(static_cast<std::uint32_t>(sample) >> shift));
        return path;
    }
    static std::string reading(const std::string& path, int channels, int bits, int rate = 48000)
    {
        return fmt::format("filesrc location={} ! rawaudioparse use-sink-caps=false format=pcm "
                           "pcm-format=s{}le num-channels={} sample-rate={}",
            path, bits, channels, rate);
    }
    std::string ffmpeg(const std::string& arguments)
    {
        return tests::outputOf("ffmpeg -v error -y " + arguments + " 2>&1");
    }

    tests::Folder folder_;
    int files_ = 0;
};

/// Fails for a source that scales, dithers, mixes or loses a bit on the way.
TEST_F(SoundInputs, GiveEverySampleBitForBitOfAnyWidthAndNumberOfChannels)
{
    for (const int bits : { 16, 24 }) {
        for (const int channels : { 1, 2, 6, 8 }) {
            SCOPED_TRACE(fmt::format("{} bit, {} channels", bits, channels));
            const auto expected = ramp(6000, channels, bits);
            const SoundInput input(
                *parseSoundSpec("audio:gst:" + reading(writePcm(expected, bits), channels, bits)));
            ASSERT_TRUE(waitFor([&]() { return input.status().state == SoundStatus::State::Lost; }));
            auto samples = heard(*input.ring());
            ASSERT_GE(samples.size(), expected.size()) << input.status().why;
            samples.resize(expected.size());
            EXPECT_TRUE(samples == expected);
            EXPECT_EQ(input.status().bits, bits);
            EXPECT_EQ(input.status().channels, channels);
        }
    }
}

TEST_F(SoundInputs, BringOtherRatesTo48Kilohertz)
{
    const SoundInput input(*parseSoundSpec(
        "audio:gst:audiotestsrc freq=1000 num-buffers=80 ! audio/x-raw,format=S16LE,rate=44100,channels=1"));
    ASSERT_TRUE(waitFor([&]() { return input.status().state == SoundStatus::State::Lost; }));
    const auto samples = heard(*input.ring());
    EXPECT_NEAR(static_cast<double>(samples.size()), 80 * 1024 * 48000.0 / 44100, 100);
    EXPECT_NEAR(pitch(samples), 1000, 2);
}

/// Fails for a source that ends, or goes on too high, when its rate and channels change.
TEST_F(SoundInputs, GoOnWhenTheRateChangesInTheMiddle)
{
    ffmpeg(fmt::format("-f lavfi -i sine=1000:r=48000:d=1 -ac 2 {0}/a.wav -f lavfi -i sine=1000:r=32000:d=1 "
                       "-map 1 -ac 1 {0}/b.wav",
        folder_.path().string()));
    const SoundInput input(*parseSoundSpec(fmt::format(
        "audio:gst:filesrc location={0}/a.wav ! wavparse ! c. filesrc location={0}/b.wav ! wavparse ! c. "
        "concat name=c",
        folder_.path().string())));
    ASSERT_TRUE(waitFor([&]() { return input.status().state == SoundStatus::State::Lost; }));
    std::int64_t stereo = 0;
    std::vector<std::int32_t> mono;
    std::uint64_t number = 0;
    while (const SoundBlockPtr block = input.ring()->at(number)) {
        EXPECT_EQ(block->rate_hz, 48000);
        if (block->channels == 2)
            stereo += block->frames();
        else
            mono.insert(mono.end(), block->samples.begin(), block->samples.end());
        ++number;
    }
    EXPECT_NEAR(static_cast<double>(stereo), 48000, 100);
    EXPECT_NEAR(static_cast<double>(mono.size()), 48000, 3000); // a piece of the silence behind may be in it
    EXPECT_NEAR(pitch(mono), 1000, 70);
}

/// Fails for a source that stays away, or that leaves a hole where it was.
TEST_F(SoundInputs, ComeBackByThemselvesWithSilenceInBetween)
{
    const auto expected = ramp(4800, 2, 24);
    const SoundInput input(*parseSoundSpec("audio:gst:" + reading(writePcm(expected, 24), 2, 24)));
    ASSERT_TRUE(waitFor([&]() { return input.status().returns >= 2; })) << input.status().why;
    const auto samples = heard(*input.ring());
    const auto second = std::search(samples.begin() + 1, samples.end(), expected.begin(), expected.end());
    ASSERT_NE(second, samples.end());
    const auto silent = std::span(samples.begin() + static_cast<std::ptrdiff_t>(expected.size()), second);
    EXPECT_GT(silent.size(), 4800U);
    EXPECT_TRUE(std::all_of(silent.begin(), silent.end(), [](std::int32_t one) { return one == 0; }));
    std::uint64_t number = 0;
    const Nanos began = input.ring()->at(number)->captured_at;
    std::optional<Nanos> end;
    while (const SoundBlockPtr block = input.ring()->at(number)) {
        if (end) {
            EXPECT_LE(std::chrono::abs(block->captured_at - *end), SoundRing::kSlack);
        }
        end = block->endsAt();
        ++number;
    }
    EXPECT_LT(*end - began, base::monotonicNow() - began + 1s);
}

TEST_F(SoundInputs, SayWhatIsWrong)
{
    for (const auto& [spec, state, words] :
        { std::tuple("audio:gst:nosuchsrc", SoundStatus::State::Refused, "nosuchsrc"),
            { "audio:gst:filesrc location=/nowhere ! wavparse", SoundStatus::State::Lost,
                "no sound from" } }) {
        const SoundInput input(*parseSoundSpec(spec));
        ASSERT_TRUE(waitFor([&]() { return !input.status().why.empty(); })) << spec;
        EXPECT_EQ(input.status().state, state);
        EXPECT_THAT(input.status().why, HasSubstr(words));
        EXPECT_FALSE(input.ring()->endsAt());
    }
}

TEST_F(SoundInputs, OfTheTestToneAreLiveAndMeasured)
{
    const SoundInput input(*parseSoundSpec("audio:test:2"));
    ASSERT_TRUE(waitFor([&]() {
        const auto levels = input.status().levels;
        return levels.channels == 2 && levels.channel[1].hold_db > -21;
    })) << input.status().why;
    EXPECT_NEAR(input.status().levels.channel[0].hold_db, -20, 0.5);
    EXPECT_FALSE(input.status().levels.channel[0].clipped);
    // Its first sample was captured when it came, not later than it is now.
    std::uint64_t number = 0;
    EXPECT_LE(input.ring()->at(number)->captured_at, base::monotonicNow());
}

TEST(SoundSpecs, AreReadAndRefused)
{
    EXPECT_EQ(parseSoundSpec("audio:off")->kind, SoundSpec::Kind::Off);
    EXPECT_EQ(parseSoundSpec("audio:pulse")->address, "");
    EXPECT_EQ(parseSoundSpec("audio:pulse:mixer.usb")->address, "mixer.usb");
    EXPECT_EQ(parseSoundSpec("audio:alsa:hw:1,0")->address, "hw:1,0");
    EXPECT_EQ(parseSoundSpec("audio:gst:a ! b")->address, "a ! b");
    EXPECT_EQ(parseSoundSpec("audio:test:8")->kind, SoundSpec::Kind::Test);
    for (const char* wrong : { "", "audio:", "audio", "pulse", "audio:gst", "audio:gst:", "audio:test:9",
             "audio:test:0", "audio:test:12", "audio:off:1", "audio:jack" }) {
        const auto spec = parseSoundSpec(wrong);
        ASSERT_FALSE(spec) << wrong;
        EXPECT_EQ(spec.error().fault, base::Fault::Usage);
        EXPECT_THAT(spec.error().message, HasSubstr("audio:pulse"));
    }
}

// ---- Sound that comes with the picture

/// A clip from its first to its last frame, or a source until it gave enough.
Played play(
    const std::string& spec,
    const std::function<bool(const Played&)>& is_enough = [](const Played&) { return false; })
{
    Played played;
    base::PicturePool pool(64U << 20);
    auto source = openGstSource(*parseCameraSpec(spec), pool, {});
    if (!source) {
        ADD_FAILURE() << source.error().message << source.error().detail;
        return played;
    }
    const Nanos give_up = base::monotonicNow() + kLong;
    while (!is_enough(played)) {
        if (base::monotonicNow() > give_up) {
            ADD_FAILURE() << played.frames.size() << " pictures and " << base::seconds(played.soundLength())
                          << " s of sound are all that came";
            break;
        }
        const auto frame = (*source)->next(kLong);
        for (SoundBlock& block : (*source)->takeSound())
            played.sound.push_back(std::move(block));
        if (!frame) {
            EXPECT_EQ(frame.error().fault, base::Fault::Ended) << frame.error().message;
            break;
        }
        played.frames.push_back(frame->captured_at);
    }
    return played;
}

TEST_F(SoundInputs, OfAClipAreItsSamplesUnderItsPictures)
{
    for (const auto& [channels, bits] : { std::pair(2, 16), { 6, 24 }, { 8, 24 } }) {
        SCOPED_TRACE(channels);
        const auto expected = ramp(48000, channels, bits);
        const std::string clip = (folder_.path() / "clip.mov").string();
        const std::string said = ffmpeg(
            fmt::format("-f lavfi -i color=gray:s=64x48:r=25:d=1.04 -f s{0}le -ar 48000 -ac {1} -i {2} "
                        "-c:v mjpeg -c:a pcm_s{0}le {3}",
                bits, channels, writePcm(expected, bits), clip));
        const Played played = play("file:" + clip);
        ASSERT_EQ(played.frames.size(), 26U) << said;
        ASSERT_FALSE(played.sound.empty());
        EXPECT_LT(std::chrono::abs(played.sound.front().captured_at - played.frames.front()), 1ms);
        EXPECT_EQ(played.sound.front().channels, channels);
        EXPECT_EQ(played.sound.front().bits, bits);
        const auto samples = played.samples(); // as far as the last picture
        ASSERT_GT(samples.size(), expected.size() * 9 / 10);
        EXPECT_TRUE(std::equal(samples.begin(), samples.end(), expected.begin()));
    }
}

TEST_F(SoundInputs, OfAClipWithCompressedSoundAreHeardAtTheirPitch)
{
    const std::string clip = (folder_.path() / "clip.mp4").string();
    ffmpeg("-f lavfi -i color=gray:s=64x48:r=25:d=2 -f lavfi -i sine=1000:r=44100:d=2 -c:v mpeg4 -c:a aac "
        + clip);
    const Played played = play("file:" + clip);
    EXPECT_EQ(played.frames.size(), 50U);
    const auto samples = played.samples();
    EXPECT_GT(samples.size(), 80'000U);
    EXPECT_NEAR(pitch(samples), 1000, 10);
}

TEST_F(SoundInputs, OfAClipThatLoopsGoOnWithIt)
{
    const auto expected = ramp(24000, 2, 16);
    const std::string clip = (folder_.path() / "clip.mov").string();
    ffmpeg(fmt::format("-f lavfi -i color=gray:s=64x48:r=25:d=0.48 -f s16le -ar 48000 -ac 2 -i {} "
                       "-c:v mjpeg -c:a pcm_s16le {}",
        writePcm(expected, 16), clip));
    const Played played = play("file:" + clip + "?loop",
        [](const Played& so_far) { return so_far.frames.size() == 30; }); // two rounds of 12 and a half
    SoundRing ring;
    for (const SoundBlock& block : played.sound)
        ring.push(block);
    const auto samples = heard(ring);
    constexpr std::size_t kRound = 2 * 48000 * 48 / 100; // the picture is shorter than the sound
    ASSERT_GT(samples.size(), 2 * kRound);
    // Where the next round comes late, what the clip has of sound behind its last picture is heard until
    // then.
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::size_t place = i % kRound;
        const bool outlasts =
            i >= kRound && kRound + place < expected.size() && samples[i] == expected[kRound + place];
        ASSERT_TRUE(samples[i] == expected[place] || outlasts) << i;
    }
}

/// Fails for a source that loses sound which begins after the picture, or moves it.
TEST_F(SoundInputs, OfAClipThatBeginLateAreHeardInTheirPlace)
{
    // 3 s of pictures of 200 kB each come before: far more than a demuxer holds back for a second stream.
    const auto expected = ramp(48000, 2, 16);
    const std::string pcm = writePcm(expected, 16);
    for (const char* form : { "mov", "mkv" }) {
        SCOPED_TRACE(form);
        const std::string clip = (folder_.path() / fmt::format("late.{}", form)).string();
        const std::string said =
            ffmpeg(fmt::format("-f lavfi -i color=gray:s=640x360:r=25:d=4,noise=alls=100 -itsoffset 3 -f "
                               "s16le -ar 48000 -ac 2 -i {} "
                               "-c:v mjpeg -q:v 2 -c:a pcm_s16le {}",
                pcm, clip));
        for (const std::string& spec : { "file:" + clip,
                 fmt::format("gst:filesrc location={} ! {} name=d d.video_0 ! jpegdec ! queue ! "
                             "videoconvert ! appsink d.audio_0 ! queue ! sound.",
                     clip, std::string_view(form) == "mov" ? "qtdemux" : "matroskademux") }) {
            SCOPED_TRACE(spec);
            const Played played =
                play(spec, [](const Played& so_far) { return so_far.frames.size() == 100; });
            ASSERT_FALSE(played.sound.empty()) << said;
            const auto samples = played.samples();
            const auto first =
                std::search(samples.begin(), samples.end(), expected.begin(), expected.begin() + 64);
            ASSERT_NE(first, samples.end());
            const Nanos from =
                played.sound.front().captured_at + played.sound.front().timeOf((first - samples.begin()) / 2);
            EXPECT_NEAR(base::seconds(from - played.frames.front()), 3, 0.002);
        }
    }
}

/// As above; of such sound a decoder tells nothing before its first packet.
TEST_F(SoundInputs, OfAClipThatBeginLateAndAreCompressedAreHeardInTheirPlace)
{
    const std::string clip = (folder_.path() / "late.mov").string();
    const std::string said = ffmpeg("-f lavfi -i color=gray:s=640x360:r=25:d=4,noise=alls=100 -itsoffset 3 "
                                    "-f lavfi -i sine=1000:r=48000:d=1 -c:v mjpeg -q:v 2 -c:a aac "
        + clip);
    const Played played =
        play("file:" + clip, [](const Played& so_far) { return so_far.frames.size() == 100; });
    ASSERT_FALSE(played.sound.empty()) << said;
    EXPECT_NEAR(base::seconds(played.sound.front().captured_at - played.frames.front()), 3, 0.05);
    EXPECT_NEAR(pitch(played.samples()), 1000, 30);
}

TEST_F(SoundInputs, OfAPipelineAreWhatLeadsToSound)
{
    const Nanos began = base::monotonicNow();
    const Played played = play("gst:audiotestsrc is-live=true freq=1000 ! audio/x-raw,channels=2 ! sound. "
                               "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=25/1",
        [](const Played& so_far) { return so_far.frames.size() >= 10 && so_far.soundLength() >= 1s; });
    ASSERT_FALSE(played.sound.empty());
    EXPECT_EQ(played.sound.front().channels, 2);
    EXPECT_NEAR(pitch(played.samples(), 2), 1000, 5);
    // On the pictures' clock.
    EXPECT_GT(played.sound.front().captured_at, began - 1s);
    EXPECT_LE(played.sound.back().endsAt(), base::monotonicNow());
}

/// Fails when sound that breaks down takes the picture with it.
TEST_F(SoundInputs, ThatBreakDownLeaveThePictureAlone)
{
    play("gst:audiotestsrc is-live=true num-buffers=5 ! audioconvert ! identity error-after=3 ! "
         "sound. videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=50/1",
        [](const Played& so_far) { return so_far.frames.size() == 50; });
}

TEST_F(SoundInputs, OfACameraAreSilentWhileLostAndThePictureGoesOn)
{
    Camera camera(*parseCameraSpec("gst:audiotestsrc is-live=true num-buffers=40 ! sound. videotestsrc "
                                   "is-live=true ! video/x-raw,width=64,height=48,framerate=25/1"));
    ASSERT_TRUE(waitFor([&]() { return camera.soundStatus().state == SoundStatus::State::Live; }));
    ASSERT_TRUE(waitFor([&]() { return camera.soundStatus().state == SoundStatus::State::Lost; }));
    EXPECT_THAT(camera.soundStatus().why, HasSubstr("silence is recorded"));
    const auto frames = camera.status().frames;
    const auto end = *camera.sound()->endsAt();
    ASSERT_TRUE(waitFor([&]() { return *camera.sound()->endsAt() > end + 1s; }));
    EXPECT_GT(camera.status().frames, frames);
    EXPECT_EQ(camera.status().state, CameraState::Live);
}

} // namespace
} // namespace backtake::capture
