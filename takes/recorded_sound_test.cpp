#include "takes/recorded_sound.hpp"
#include "takes/recording.hpp"
#include "takes/recording_writer.hpp"
#include "takes/test_takes.hpp"

#include <gtest/gtest.h>

#include <random>

namespace backtake::takes {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

std::vector<std::int16_t> noise(std::size_t count)
{
    std::mt19937 random(11);
    std::vector<std::int16_t> samples(count);
    for (std::int16_t& sample : samples)
        sample = static_cast<std::int16_t>(random());
    return samples;
}

TEST(RecordedSounds, AreReadSampleBySampleFromAnywhere)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK((*writer)->append(evenFrames(20)));
    const auto samples = noise(2 * 38000);
    ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, 2, 0, 15ms }));
    ASSERT_OK((*writer)->close(makeFacts()));
    const auto take = Recording::open((*writer)->folder());
    ASSERT_OK(take);
    const auto sound = (*take)->sound();
    ASSERT_TRUE(sound);
    EXPECT_EQ(sound->rateHz(), 48000);
    EXPECT_EQ(sound->channels(), 2);
    EXPECT_EQ(sound->sampleCount(), 38000);
    EXPECT_EQ(sound->startsAt(), 15ms);
    for (const auto& [first, count] : { std::pair<std::int64_t, std::size_t>(0, 38000), { 37000, 5000 },
             { -300, 600 }, { 12345, 1 }, { 40000, 10 }, { -100000, 50 } }) {
        std::vector<float> read(2 * count, 9.0F);
        sound->read(first, read);
        for (std::size_t i = 0; i < read.size(); ++i) {
            const std::int64_t at = 2 * first + static_cast<std::int64_t>(i);
            const bool inside = at >= 0 && at < static_cast<std::int64_t>(samples.size());
            ASSERT_EQ(read[i], inside ? static_cast<float>(samples[static_cast<std::size_t>(at)]) / 32768 : 0)
                << first << " + " << i;
        }
    }
}

/// Fails when one of 24 bits is lost on the way to the disk and back, or a channel is out of its place.
TEST(RecordedSounds, Of24BitAreReadBitForBit)
{
    const Folder shoot;
    for (const int channels : { 1, 6, 8 }) {
        SCOPED_TRACE(channels);
        TakeFacts facts = makeFacts();
        facts.slate.take = channels;
        auto writer = RecordingWriter::create(shoot.path(), facts);
        ASSERT_OK((*writer)->append(evenFrames(20)));
        std::vector<std::int32_t> values; // a ramp through all 24 bits
        std::vector<std::byte> pcm;
        for (int i = 0; i < 9600 * channels; ++i) {
            const std::int32_t value = -8388608 + i * (16777215 / (9600 * channels - 1));
            values.push_back(value);
            for (int byte = 0; byte < 3; ++byte)
                pcm.push_back(static_cast<std::byte>(static_cast<std::uint32_t>(value) >> (8 * byte)));
        }
        ASSERT_OK((*writer)->appendSound(pcm, { 48000, channels, 0, 0ns, 24 }));
        ASSERT_OK((*writer)->close(facts));
        const auto take = Recording::open((*writer)->folder());
        ASSERT_OK(take);
        const auto sound = (*take)->sound();
        ASSERT_TRUE(sound);
        ASSERT_EQ(sound->channels(), channels);
        ASSERT_EQ(sound->sampleCount(), 9600);
        std::vector<float> read(values.size());
        sound->read(0, read);
        for (std::size_t i = 0; i < read.size(); ++i)
            ASSERT_EQ(static_cast<double>(read[i]) * 8388608, values[i]) << i;
    }
}

/// Fails when sound whose clock ran fast is stretched though nobody would notice, or is not though one would.
TEST(RecordedSounds, SayHowFastTheirClockRanWhereItMatters)
{
    const Folder shoot;
    int take_number = 0;
    for (const auto& [seconds, ppm, rate] : { std::tuple(4, 200.0, 48000.0), { 6, 200.0, 48009.6 },
             { 6, -200.0, 47990.4 }, { 6, 0.0, 48000.0 } }) {
        TakeFacts facts = makeFacts();
        facts.slate.take = ++take_number;
        auto writer = RecordingWriter::create(shoot.path(), facts);
        ASSERT_OK((*writer)->append(evenFrames(20)));
        const std::vector<std::byte> silence(static_cast<std::size_t>(seconds) * 48000 * 2);
        ASSERT_OK((*writer)->appendSound(silence, { 48000, 1, 0, 0ns, 16, ppm }));
        ASSERT_OK((*writer)->close(facts));
        const auto take = Recording::open((*writer)->folder());
        ASSERT_OK(take);
        EXPECT_DOUBLE_EQ((*take)->sound()->trueRate(), rate);
        EXPECT_EQ((*take)->sound()->rateHz(), 48000);
    }
}

TEST(RecordedSounds, ATakeWithoutOneHasNone)
{
    const Folder shoot;
    auto writer = RecordingWriter::create(shoot.path(), makeFacts());
    ASSERT_OK((*writer)->append(evenFrames(3)));
    ASSERT_OK((*writer)->close(makeFacts()));
    const auto take = Recording::open((*writer)->folder());
    ASSERT_OK(take);
    EXPECT_EQ((*take)->sound(), nullptr);
    for (const char* content : { "", "no sound", "RIFF" }) {
        writeAll((*writer)->folder() / "sound.wav", content);
        EXPECT_EQ((*take)->sound(), nullptr) << content;
    }
}

/// Fails when a part's sound begins where the one before it ended, though nothing was heard in between.
TEST(RecordedSounds, OfSeveralPartsStandWhereTheyWereCaptured)
{
    const Folder place;
    std::vector<RecordedSound::Part> parts;
    const auto samples = noise(4800);
    for (const Nanos at : { 100ms, 250ms, 400ms }) {
        TakeFacts facts = makeFacts();
        facts.slate.take = static_cast<int>(at / 50ms);
        auto writer = RecordingWriter::create(place.path(), facts);
        ASSERT_OK((*writer)->append(evenFrames(3)));
        const int channels = at == 400ms ? 2 : 1; // of another kind: silence
        ASSERT_OK((*writer)->appendSound(std::as_bytes(std::span(samples)), { 48000, channels, 0, 0ns }));
        ASSERT_OK((*writer)->close(facts));
        parts.push_back({ (*writer)->folder() / "sound.wav", at });
    }
    parts.push_back({ place.path() / "gone.wav", 900ms });
    const auto sound = RecordedSound::open(parts);
    ASSERT_TRUE(sound);
    EXPECT_EQ(sound->startsAt(), 100ms);
    EXPECT_EQ(sound->sampleCount(), 7200 + 4800);
    std::vector<float> read(12000);
    sound->read(0, read);
    for (std::size_t i = 0; i < read.size(); ++i) {
        const float expected = i < 4800 ? static_cast<float>(samples[i]) / 32768
            : i >= 7200                 ? static_cast<float>(samples[i - 7200]) / 32768
                                        : 0;
        ASSERT_EQ(read[i], expected) << i;
    }
}

} // namespace
} // namespace backtake::takes
