#include "capture/rolled_sound.hpp"
#include "capture/rolled_take.hpp"
#include "capture/test_recorder.hpp"
#include "takes/recording.hpp"

#include <gtest/gtest.h>

#include <random>

namespace backtake::capture {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

class RolledSounds : public RecorderFixture {
protected:
    /// Noise in blocks of changing length, the first at @p from; those of the next call follow without a gap.
    void hear(Nanos from, Nanos until, int channels = 2, int bits = 16)
    {
        std::uint64_t number = sound_->find(from);
        if (const SoundBlockPtr last = sound_->at(number); last && last->captured_at < from)
            from = std::max(from - 200ms, endOf(*last));
        static constexpr int kLengths[] { 480, 1024, 333, 4800, 1 };
        std::int64_t samples = 0;
        for (std::size_t i = 0;; ++i) {
            SoundBlock block;
            block.captured_at = from + Nanos(samples * 1'000'000'000 / 48000);
            block.channels = channels;
            block.bits = bits;
            if (block.captured_at >= until)
                return;
            const int length = kLengths[i % 5];
            for (int sample = 0; sample < length * channels; ++sample)
                block.samples.push_back(static_cast<std::int32_t>(random_() << (32 - bits)));
            samples += length;
            sound_->push(std::move(block));
        }
    }
    static Nanos endOf(const SoundBlock& block)
    {
        return block.captured_at
            + Nanos(static_cast<std::int64_t>(block.samples.size()) / block.channels * 1'000'000'000 / 48000);
    }
    /// All of a track, read in pieces, the last first.
    static std::vector<float> all(const base::SoundTrack& track, std::int64_t piece = 777)
    {
        const auto channels = static_cast<std::size_t>(track.channels());
        std::vector<float> samples(static_cast<std::size_t>(track.sampleCount()) * channels);
        for (std::int64_t end = track.sampleCount(); end > 0; end -= piece) {
            const std::int64_t first = std::max<std::int64_t>(0, end - piece);
            track.read(first,
                std::span(samples).subspan(static_cast<std::size_t>(first) * channels,
                    static_cast<std::size_t>(end - first) * channels));
        }
        return samples;
    }
    [[nodiscard]] RolledTake take(const std::shared_ptr<Recorder>& recorder, base::Serial end) const
    {
        return RolledTake({ ring_, 0, end, 5s, { 25, 1 }, [](base::FrameIndex n) { return n; },
            [recorder]() { return recorder->folder(); }, {}, sound_ });
    }

    std::shared_ptr<SoundRing> sound_ = std::make_shared<SoundRing>();
    std::mt19937 random_ { 3 };
};

/// Fails when what is heard at the cut is not what the disk will have, bit for bit.
TEST_F(RolledSounds, FromTheRingAndFromDiskAreTheSameSamples)
{
    for (const auto& [from, channels, bits] :
        { std::tuple(4300ms, 1, 16), { 4300ms, 2, 24 }, { 5310ms, 8, 24 }, { 5310ms, 6, 16 } }) {
        SCOPED_TRACE(channels);
        sound_ = std::make_shared<SoundRing>();
        ring_ = std::make_shared<Ring>(4 << 20);
        time_ = 5s;
        hear(from, 7s, channels, bits);
        arrive(30);
        RecordingOrder order = orderIn(folder_.path());
        order.slate.take = channels;
        const auto recorder = std::make_shared<Recorder>(ring_, sound_, order);
        recorder->cut(30);
        const RolledTake rolled = take(recorder, 30);
        const auto from_ring = rolled.sound();
        ASSERT_TRUE(from_ring);
        ASSERT_TRUE(recorder->waitUntilDone(base::monotonicNow() + 60s));
        const auto recording = takes::Recording::open(recorder->folder());
        ASSERT_TRUE(recording);
        const auto from_disk = (*recording)->sound();
        ASSERT_TRUE(from_disk);
        EXPECT_EQ(from_ring->channels(), channels);
        EXPECT_EQ(from_disk->channels(), channels);
        EXPECT_EQ(from_ring->startsAt(), from_disk->startsAt());
        EXPECT_EQ(from_ring->sampleCount(), from_disk->sampleCount());
        EXPECT_GT(from_disk->sampleCount(), 40'000);
        EXPECT_EQ(all(*from_ring), all(*from_disk));
    }
}

TEST_F(RolledSounds, WhatComesLateIsHeardWhenItIsThere)
{
    hear(5s, 5900ms, 1);
    const auto track = RolledSound::of({ sound_, 5s, 6s, {} });
    ASSERT_TRUE(track);
    EXPECT_EQ(track->sampleCount(), 48000);
    std::vector<float> end(480);
    track->read(48000 - 480, end);
    EXPECT_EQ(end, std::vector<float>(480));
    SoundBlock late;
    std::uint64_t number = sound_->find(7s);
    const SoundBlockPtr last = sound_->at(number);
    late.captured_at = endOf(*last);
    late.samples.assign(9600, 1 << 30);
    sound_->push(late);
    track->read(48000 - 480, end);
    EXPECT_EQ(end, std::vector<float>(480, 0.5F));
}

/// Fails when a hole in the sound moves what comes after it.
TEST_F(RolledSounds, AfterAHoleSoundStandsWhereItWasCaptured)
{
    for (const Nanos at : { 5000ms, 5500ms }) {
        SoundBlock block;
        block.captured_at = at;
        block.samples.assign(4800, at == 5s ? 1 << 30 : -(1 << 30));
        sound_->push(block);
    }
    const auto track = RolledSound::of({ sound_, 5s, 6s, {} });
    ASSERT_TRUE(track);
    const auto heard = all(*track);
    for (std::size_t i = 0; i < heard.size(); ++i)
        ASSERT_EQ(heard[i], i < 4800 ? 0.5F : i >= 24000 && i < 28800 ? -0.5F : 0) << i;
}

TEST_F(RolledSounds, WithoutSoundOfItsTimeThereIsNone)
{
    EXPECT_EQ(RolledSound::of({ nullptr, 5s, 6s, {} }), nullptr);
    EXPECT_EQ(RolledSound::of({ sound_, 5s, 6s, {} }), nullptr);
    hear(3s, 4s);
    EXPECT_EQ(RolledSound::of({ sound_, 5s, 6s, {} }), nullptr);
    hear(300s, 301s); // nearer, and there would be silence
    EXPECT_EQ(RolledSound::of({ sound_, 5s, 6s, {} }), nullptr);
    SoundBlock odd;
    odd.captured_at = 5500ms;
    odd.channels = 0;
    odd.samples.assign(100, 1);
    sound_ = std::make_shared<SoundRing>();
    sound_->push(odd);
    EXPECT_EQ(RolledSound::of({ sound_, 5s, 6s, {} }), nullptr);
}

/// Fails when the beginning of a take that outlasts the ring of sound is silent, or in another place.
TEST_F(RolledSounds, WhatLeftTheRingComesFromDisk)
{
    constexpr int kFrames = 130 * 25; // 130 s; the ring of sound holds 120
    ring_ = std::make_shared<Ring>(64 << 20);
    RecordingOrder order = orderIn(folder_.path());
    const auto recorder = std::make_shared<Recorder>(ring_, sound_, order);
    for (int second = 0; second < 130; ++second) {
        hear(5s + second * 1s, 6s + second * 1s, 1);
        arrive(25);
        const Nanos give_up = base::monotonicNow() + 60s;
        while (recorder->status().frames < (second + 1) * 25 && base::monotonicNow() < give_up)
            std::this_thread::yield();
    }
    recorder->cut(kFrames);
    ASSERT_TRUE(recorder->waitUntilDone(base::monotonicNow() + 60s));
    const auto recording = takes::Recording::open(recorder->folder());
    ASSERT_TRUE(recording);
    const auto from_disk = (*recording)->sound();
    const auto rolled = take(recorder, kFrames).sound();
    ASSERT_TRUE(rolled && from_disk);
    ASSERT_EQ(rolled->sampleCount(), from_disk->sampleCount());
    const auto expected = all(*from_disk, 100'000);
    const auto heard = all(*rolled, 100'000);
    std::size_t other = 0;
    for (std::size_t i = 0; i < heard.size(); ++i)
        other += heard[i] != expected[i] ? 1 : 0;
    EXPECT_EQ(other, 0U) << "of " << heard.size();
}

} // namespace
} // namespace backtake::capture
