#include "playback/sound_renderer.hpp"
#include "playback/test_footage.hpp"
#include "playback/test_sound.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace backtake::playback {
namespace {

/// Renders samples in blocks of changing size and lets @p steer do something to the head before each.
class Listener {
public:
    Listener(std::shared_ptr<const MemorySound> sound, const base::Footage& footage, int rate = kRate)
        : head(footage)
        , renderer(sound, rate)
        , rate_(rate)
        , channels_(static_cast<std::size_t>(sound->channels()))
    {
    }
    void listen(std::int64_t samples, std::size_t block = 0)
    {
        static constexpr std::size_t kSizes[] { 512, 1, 7, 480, 64, 333 };
        for (std::int64_t left = samples; left > 0;) {
            const auto size = static_cast<std::size_t>(std::min<std::int64_t>(
                left, static_cast<std::int64_t>(block > 0 ? block : kSizes[turn_++ % 6])));
            std::vector<float> out(size * channels_, 9.0F);
            renderer.render(head, now(), out);
            heard.insert(heard.end(), out.begin(), out.end());
            left -= static_cast<std::int64_t>(size);
        }
    }
    /// Rounded as a clock in nanoseconds is.
    [[nodiscard]] Nanos now() const
    {
        return 5s + Nanos(std::llround(static_cast<double>(heard.size() / channels_) * 1e9 / rate_));
    }

    Playhead head;
    SoundRenderer renderer;
    std::vector<float> heard;

private:
    int rate_;
    std::size_t channels_;
    std::size_t turn_ = 0;
};

TEST(SoundRenderer, ReversedIsTheSourceBackwardsBitForBit)
{
    const MemoryFootage footage(20); // 0.8 s
    for (const int channels : { 1, 2, 8 }) {
        const auto sound = std::make_shared<MemorySound>(38400, channels, noise());
        Listener listener(sound, footage);
        listener.head.setLoop(LoopMode::Once, listener.now());
        listener.head.run(-1, listener.now());
        listener.head.enter(19, listener.now());
        listener.listen(38400 + 1000);
        for (std::int64_t s = 0; s < 38400; ++s)
            for (int c = 0; c < channels; ++c)
                ASSERT_EQ(listener.heard[static_cast<std::size_t>(s * channels + c)],
                    sound->sample(38400 - 1 - s, c))
                    << s << " of channel " << c;
    }
}

TEST(SoundRenderer, ForwardIsTheSource)
{
    const MemoryFootage footage(20);
    const auto sound = std::make_shared<MemorySound>(38400, 2, noise());
    Listener listener(sound, footage);
    listener.head.setLoop(LoopMode::Once, listener.now());
    listener.head.run(1, listener.now());
    listener.listen(38400);
    for (std::int64_t s = 0; s < 38400; ++s)
        ASSERT_EQ(listener.heard[static_cast<std::size_t>(2 * s)], sound->sample(s, 0)) << s;
}

/// Fails when sound that began later than the picture, or outlasts it, is not where it was.
TEST(SoundRenderer, SoundKeepsItsPlaceUnderThePicture)
{
    const MemoryFootage footage(20);
    const Nanos late = 10ms; // 480 samples
    const auto sound = std::make_shared<MemorySound>(38400, 1, noise(), late);
    Listener listener(sound, footage);
    listener.head.setLoop(LoopMode::Once, listener.now());
    listener.head.run(-1, listener.now());
    listener.head.enter(19, listener.now());
    listener.listen(38400);
    // The picture ends 480 samples before the sound does.
    for (std::int64_t s = 0; s < 38400 - 480; ++s)
        ASSERT_EQ(listener.heard[static_cast<std::size_t>(s)], sound->sample(38400 - 480 - 1 - s, 0)) << s;
}

TEST(SoundRenderer, BlocksOfAnySizeSoundTheSame)
{
    const MemoryFootage footage(20);
    const auto sound = std::make_shared<MemorySound>(38400, 1, sine(440));
    const auto heardIn = [&](std::size_t block) {
        Listener listener(sound, footage);
        listener.head.setLoop(LoopMode::PingPong, listener.now());
        listener.head.run(-0.73, listener.now());
        listener.head.enter(15, listener.now());
        listener.listen(120'000, block);
        return listener.heard;
    };
    const auto expected = heardIn(512);
    for (const std::size_t block : { 64, 333, 4096 }) {
        const auto heard = heardIn(block);
        for (std::size_t i = 0; i < heard.size(); ++i)
            ASSERT_NEAR(heard[i], expected[i], 2e-3) << i << " in blocks of " << block;
    }
}

TEST(SoundRenderer, AtOtherSpeedsASineIsACleanSineOfThatPitch)
{
    const MemoryFootage footage(100); // 4 s
    for (const double speed : { -0.5, -0.25, 0.9, -2.0 }) {
        const auto sound = std::make_shared<MemorySound>(4 * kRate, 1, sine(1000));
        Listener listener(sound, footage);
        listener.head.run(speed, listener.now());
        listener.head.enter(50, listener.now());
        listener.listen(20'000);
        const double heard_hz = 1000 * std::abs(speed);
        EXPECT_LT(loudestClick(listener.heard, heard_hz, 2000), -85) << speed;
        float loudest = 0;
        for (std::size_t i = 2000; i < listener.heard.size(); ++i)
            loudest = std::max(loudest, std::abs(listener.heard[i]));
        EXPECT_NEAR(loudest, 0.5, 0.003) << speed;
    }
}

/// Fails when a tone above what the slower side can carry comes back as another one.
TEST(SoundRenderer, PlayedFasterNothingFoldsDown)
{
    const MemoryFootage footage(100);
    const auto sound = std::make_shared<MemorySound>(4 * kRate, 1, sine(15'000)); // 60 kHz at 4 times
    Listener listener(sound, footage);
    listener.head.run(-4, listener.now());
    listener.head.enter(99, listener.now());
    listener.listen(20'000);
    for (std::size_t i = 2000; i < listener.heard.size(); ++i)
        ASSERT_LT(std::abs(listener.heard[i]), 5e-4) << i;
}

TEST(SoundRenderer, AnotherRateIsResampledInPlace)
{
    const MemoryFootage footage(100);
    const auto tone = [](std::int64_t s, int) {
        return 0.5 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(s) / 44100);
    };
    const auto sound = std::make_shared<MemorySound>(4 * 44100, 1, tone, 0ns, 44100);
    Listener listener(sound, footage);
    listener.head.run(-1, listener.now());
    listener.head.enter(99, listener.now());
    listener.listen(40'000);
    EXPECT_LT(loudestClick(listener.heard, 1000, 2000), -85);
    for (std::size_t i = 2000; i < listener.heard.size(); ++i) {
        const double time = 4 - (static_cast<double>(i) + 0.5) / kRate; // middle of the sample, captured
        const double expected = 0.5 * std::sin(2 * std::numbers::pi * 1000 * (time - 0.5 / 44100));
        ASSERT_NEAR(listener.heard[i], expected, 1e-3) << i;
    }
}

/// Fails when the sound of a card whose clock is fast runs away from its picture.
TEST(SoundRenderer, AClockThatWasOffIsPutRight)
{
    const MemoryFootage footage(100);
    const auto sound = std::make_shared<MemorySound>(4 * kRate, 1, sine(1000));
    sound->true_rate = 48048;
    Listener listener(sound, footage);
    listener.head.run(1, listener.now());
    listener.listen(100'000);
    for (std::size_t i = 2000; i < listener.heard.size(); ++i) {
        const double time = (static_cast<double>(i) + 0.5) / kRate; // middle of the sample, captured
        const double expected = 0.5 * std::sin(2 * std::numbers::pi * 1000 * (time * 48048 - 0.5) / kRate);
        ASSERT_NEAR(listener.heard[i], expected, 1e-3) << i;
    }
}

/// Fails when a loop point, a turn, a jump, a pause or a change of speed is heard.
TEST(SoundRenderer, NothingClicks)
{
    const MemoryFootage footage(20);
    const auto sound = std::make_shared<MemorySound>(38400, 1, sine(1000));
    for (const LoopMode mode : { LoopMode::Loop, LoopMode::PingPong, LoopMode::Once }) {
        Listener listener(sound, footage);
        listener.head.setLoop(mode, listener.now());
        listener.head.run(-1, listener.now());
        listener.head.enter(7, listener.now());
        listener.head.setRange(1, 17, listener.now());
        listener.listen(100'000);
        EXPECT_LT(loudestClick(listener.heard, 1000), -60) << "loop mode " << static_cast<int>(mode);
    }
    Listener listener(sound, footage);
    listener.head.run(-1, listener.now());
    listener.head.enter(15, listener.now());
    const auto then = [&](const char* what, auto steer) {
        listener.listen(3001);
        steer();
        listener.listen(3001);
        EXPECT_LT(loudestClick(listener.heard, 1000), -60) << what;
    };
    then("turn", [&] { listener.head.run(1, listener.now()); });
    then("jump", [&] { listener.head.jump(431'234'567ns, listener.now()); });
    then("pause", [&] { listener.head.run(0, listener.now()); });
    then("jump at rest", [&] { listener.head.jump(231'234'567ns, listener.now()); });
    then("play", [&] { listener.head.run(-1, listener.now()); });
    then("two in one fade", [&] {
        listener.head.run(1, listener.now());
        listener.listen(100);
        listener.head.run(-1, listener.now());
    });
}

TEST(SoundRenderer, AtRestAndAfterTheEndIsSilence)
{
    const MemoryFootage footage(20);
    const auto sound = std::make_shared<MemorySound>(38400, 1, noise());
    Listener listener(sound, footage);
    listener.head.setLoop(LoopMode::Once, listener.now());
    listener.listen(1000);
    listener.head.run(-1, listener.now());
    listener.head.enter(1, listener.now());
    listener.listen(3840 + 480);
    const std::size_t played = listener.heard.size();
    listener.listen(1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        ASSERT_EQ(listener.heard[i], 0) << i;
        ASSERT_EQ(listener.heard[played + i], 0) << i;
    }
}

} // namespace
} // namespace backtake::playback
