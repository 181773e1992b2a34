#include "app/guide_files.hpp"
#include "app/heard_footage.hpp"
#include "guide/test_sound.hpp"
#include "playback/test_sound.hpp"
#include "tests/folder.hpp"
#include "tests/wav.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

namespace backtake::app {
namespace {

using base::Nanos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A WAV file of @p length_s seconds, 16 bit, whose sample s is s modulo 20000.
fs::path rampFile(const fs::path& path, double length_s)
{
    return tests::writeWav(
        path, static_cast<std::uint32_t>(length_s * 48000), [](std::uint32_t s) { return s % 20000; });
}

std::vector<float> samplesOf(const base::SoundTrack& track, std::int64_t first, std::size_t count)
{
    std::vector<float> samples(count * static_cast<std::size_t>(track.channels()));
    track.read(first, samples);
    return samples;
}

TakeGuide example()
{
    TakeGuide guide;
    guide.source = { "Song-0123456789abcdef.wav", "0123456789abcdef0123456789abcdef",
        guide::ClipPart { 1500ms, 4s } };
    guide.record.runs = { { 250ms, 2s, 4.0, -1 }, { 3s, 1s, 4.0, -0.75 } };
    guide.record.nudge = -15ms;
    return guide;
}

TEST(GuideFiles, ATakesGuideIsReadBackAsItWasWritten)
{
    const tests::Folder folder;
    const TakeGuide guide = example();
    EXPECT_FALSE(*readTakeGuide(folder.path())) << "none was played";
    ASSERT_TRUE(writeTakeGuide(folder.path(), guide));
    const auto read = readTakeGuide(folder.path());
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->source, guide.source);
    EXPECT_EQ((*read)->source.file, guide.source.file);
    EXPECT_EQ((*read)->record, guide.record);
}

/// Fails for a reader that follows a name out of the shoot, or takes any text for a guide.
TEST(GuideFiles, HostileTextIsRefusedWithItsReason)
{
    const std::string good = takeGuideText(example());
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const auto at = text.find(from);
        EXPECT_NE(at, text.npos) << from;
        return parseTakeGuide(text.replace(at, from.size(), to));
    };
    for (const auto* name : { "../../etc/passwd", "/etc/passwd", ".hidden", "", "a b.wav" })
        EXPECT_EQ(with("Song-0123456789abcdef.wav", name).error().fault, base::Fault::Corrupt) << name;
    EXPECT_FALSE(with("0123456789abcdef0123456789abcdef", "no checksum"));
    EXPECT_FALSE(with("\"source\"", "\"sauce\""));
    EXPECT_FALSE(with("\"to_ns\": 4000000000", "\"to_ns\": 4"));
    EXPECT_FALSE(with("\"from_ns\": 1500000000", "\"from_ns\": \"soon\""));
    EXPECT_EQ(with("\"version\": 1", "\"version\": 9").error().fault, base::Fault::Unsupported);
    EXPECT_FALSE(parseTakeGuide("[]"));
    EXPECT_FALSE(parseTakeGuide(""));
    EXPECT_TRUE(parseTakeGuide(good));
}

TEST(GuideFiles, APartIsCutAtItsSamplesAndKeepsTheFilesTime)
{
    const tests::Folder folder;
    const fs::path file = rampFile(folder.path() / "My song (1).wav", 3);
    double last = -1;
    const auto whole = loadGuide(file, std::nullopt, std::nullopt, nullptr,
        [&](double part) {
            EXPECT_GE(part, last);
            last = part;
        },
        {});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ((*whole)->clip->sampleCount(), 144'000);
    EXPECT_FALSE((*whole)->source.part);
    EXPECT_TRUE((*whole)->source.file.starts_with("My_song__1_-")) << (*whole)->source.file;
    EXPECT_TRUE((*whole)->source.file.ends_with(".wav"));
    ASSERT_TRUE((*whole)->wave);
    EXPECT_GT((*whole)->wave->front().high, 0);

    fs::rename(file, folder.path() / "moved.wav"); // the same sound: nothing is decoded again
    const auto part = loadGuide(folder.path() / "moved.wav", 500ms, 1250ms, *whole, [](double) {}, {});
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_EQ((*part)->clip->startsAt(), 500ms);
    EXPECT_EQ((*part)->clip->sampleCount(), 36'000);
    EXPECT_EQ((*part)->whole, (*whole)->whole);
    const std::vector<float> samples = samplesOf(*(*part)->clip, 0, 2);
    EXPECT_EQ(samples[0], 4000 / 32768.0F) << "sample 24000 of the ramp";
    EXPECT_EQ(samples[1], 4001 / 32768.0F);
    EXPECT_NE((*part)->source, (*whole)->source);
    EXPECT_EQ((*part)->source.checksum, (*whole)->source.checksum);
}

TEST(GuideFiles, WhatIsNoGuideIsRefused)
{
    const tests::Folder folder;
    const auto load = [](const fs::path& path, std::optional<Nanos> from, std::optional<Nanos> to) {
        return loadGuide(path, from, to, nullptr, [](double) {}, {});
    };
    EXPECT_EQ(load(folder.path() / "none.wav", {}, {}).error().fault, base::Fault::NotFound);
    std::ofstream(folder.path() / "words.wav") << "this is no sound";
    EXPECT_EQ(load(folder.path() / "words.wav", {}, {}).error().fault, base::Fault::Corrupt);
    const fs::path song = rampFile(folder.path() / "song.wav", 1);
    EXPECT_EQ(load(song, 500ms, 550ms).error().fault, base::Fault::Usage) << "too short";
    EXPECT_EQ(load(song, 2s, {}).error().fault, base::Fault::Usage) << "behind its end";
    EXPECT_EQ(load(rampFile(folder.path() / "click.wav", 0.05), {}, {}).error().fault, base::Fault::Usage);
    std::stop_source stopped;
    stopped.request_stop();
    EXPECT_EQ(loadGuide(
                  song, {}, {}, nullptr, [](double) {}, stopped.get_token())
                  .error()
                  .fault,
        base::Fault::Cancelled);
}

TEST(GuideFiles, TheFileIsKeptOnceAndChecked)
{
    const tests::Folder folder;
    const fs::path song = rampFile(folder.path() / "song.wav", 1);
    const auto loaded = loadGuide(song, 250ms, {}, nullptr, [](double) {}, {});
    ASSERT_TRUE(loaded);
    const GuideSource& source = (*loaded)->source;
    const fs::path shoot = folder.path() / "shoot";
    ASSERT_TRUE(keepGuide(shoot, source, song));
    EXPECT_EQ(fs::file_size(shoot / "guides" / source.file), fs::file_size(song));
    const auto kept = loadKeptGuide(shoot, source, {});
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ((*kept)->startsAt(), 250ms);
    EXPECT_EQ(samplesOf(**kept, 0, 100), samplesOf(*(*loaded)->clip, 0, 100));

    rampFile(song, 2); // somebody saves another one there
    EXPECT_TRUE(keepGuide(shoot, source, song)) << "it is kept already";
    const fs::path other = folder.path() / "other";
    EXPECT_EQ(keepGuide(other, source, song).error().fault, base::Fault::Corrupt);
    EXPECT_TRUE(fs::is_empty(other / "guides")) << "nothing half is left";
}

TEST(MixedSound, BothAreHeardAtHalfTheirLevelWhereTheyLie)
{
    const auto value = [](std::int64_t s, int c) {
        return static_cast<double>(s % 1000 + 1 + 2000 * c) / 8192;
    };
    // The take begins 10 ms after its first frame, the master 20 ms before it.
    const auto take = std::make_shared<playback::MemorySound>(4800, 2, value, 10ms);
    const auto master = std::make_shared<playback::MemorySound>(
        9600, 1, [](std::int64_t s, int) { return static_cast<double>(s % 3000) / 4096; }, -20ms);
    const base::SoundTrackPtr both = mixed(take, master);
    EXPECT_EQ(both->startsAt(), -20ms);
    EXPECT_EQ(both->channels(), 2);
    EXPECT_EQ(both->sampleCount(), 9600) << "30 ms before the take, and 170 ms from its beginning on";
    const std::vector<float> heard = samplesOf(*both, 0, 9600);
    for (const std::int64_t s : { 0, 100, 1439, 1440, 3000, 6239, 6240, 9599 })
        for (int c = 0; c < 2; ++c) {
            const double of_take = s >= 1440 && s < 6240 ? value(s - 1440, c) / 2 : 0;
            const double of_master = static_cast<double>(s % 3000) / 8192;
            EXPECT_EQ(heard[static_cast<std::size_t>(2 * s + c)], static_cast<float>(of_take + of_master))
                << s << " " << c;
        }
}

/// Fails for a mix that runs away from a take whose sound card had a clock of its own.
TEST(MixedSound, TheMasterFollowsTheTakesClock)
{
    const auto take = std::make_shared<playback::MemorySound>(
        44'100, 1, [](std::int64_t, int) { return 0.0; }, 0ns, 44'100);
    const auto master = std::make_shared<playback::MemorySound>(48'000, 1, playback::sine(440), 0ns);
    const std::vector<float> heard = samplesOf(*mixed(take, master), 0, 44'100);
    for (std::size_t s = 1000; s < 43'000; s += 777) {
        // The middle of this sample is the middle of that one: half a sample of 48 kHz earlier in its count.
        const double time_s = (static_cast<double>(s) + 0.5) / 44'100 - 0.5 / 48'000;
        EXPECT_NEAR(heard[s], 0.25 * std::sin(2 * std::numbers::pi * 440 * time_s), 2e-4) << s;
    }
}

TEST(MixedSound, ManyChannelsDoNotMakeTheMasterLoud)
{
    const auto take = std::make_shared<playback::MemorySound>(480, 4, [](std::int64_t, int) { return 0.0; });
    const auto master =
        std::make_shared<playback::MemorySound>(480, 2, [](std::int64_t, int) { return 1.0; });
    const std::vector<float> heard = samplesOf(*mixed(take, master), 100, 1);
    for (const float channel : heard)
        EXPECT_NEAR(channel, 0.25, 1e-6) << "heard together, as the square root of four channels, it is 0.5";
}

} // namespace
} // namespace backtake::app
