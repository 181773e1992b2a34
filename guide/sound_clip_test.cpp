#include "guide/sound_clip.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

namespace backtake::guide {
namespace {

using base::Fault;
using namespace std::chrono_literals;

/// Has the command line ffmpeg make a file, whatever of it can be heard: an independent writer.
void make(const std::string& words, const std::string& file)
{
    tests::outputOf("ffmpeg -v error -y " + words + " '" + file + "' 2>&1");
    ASSERT_TRUE(std::filesystem::exists(file)) << words;
}

base::Result<SoundClipPtr> load(const std::string& file, std::optional<ClipPart> part = {})
{
    return SoundClip::load(file, part, {}, {});
}

double rms(const SoundClip& clip, std::int64_t first, std::int64_t count, int channel = 0)
{
    std::vector<float> samples(static_cast<std::size_t>(count * clip.channels()));
    clip.read(first, samples);
    double sum = 0;
    for (std::size_t i = static_cast<std::size_t>(channel); i < samples.size();
         i += static_cast<std::size_t>(clip.channels()))
        sum += static_cast<double>(samples[i]) * samples[i];
    return std::sqrt(sum / static_cast<double>(count));
}

/// A tone that rises by 100 Hz a second tells its own time.
const std::string kRising = "-f lavfi -i \"aevalsrc='0.5*sin(2*PI*(300*t+50*t*t))':s=44100:d=20\"";
double risingAt(double t) { return 0.5 * std::sin(2 * std::numbers::pi * (300 * t + 50 * t * t)); }

TEST(SoundClip, EveryFormatKeepsItsTimeAndItsParts)
{
    const tests::Folder folder;
    for (const std::string ending : { "wav", "flac", "mp3", "m4a", "ogg", "opus" }) {
        const std::string file = folder / ("rising." + ending);
        make(kRising, file);
        const auto whole = load(file);
        ASSERT_TRUE(whole) << ending << whole.error().message;
        EXPECT_EQ((*whole)->channels(), 1);
        EXPECT_EQ((*whole)->damage(), "");
        EXPECT_NEAR(static_cast<double>((*whole)->sampleCount()), 20 * 48000, 2400) << ending;
        const auto part = load(file, ClipPart { 12s, 13s });
        ASSERT_TRUE(part) << ending << part.error().message;
        EXPECT_EQ((*part)->startsAt(), base::Nanos(12s));
        EXPECT_EQ((*part)->sampleCount(), 48000) << ending;
        std::vector<float> samples(48000);
        (*part)->read(0, samples);
        double error = 0;
        for (std::size_t i = 1000; i < 47000; ++i) {
            const double difference = samples[i] - risingAt(12 + static_cast<double>(i) / 48000);
            error += difference * difference;
        }
        // At 1.5 kHz a shift by 1 ms turns the tone round; a tenth of the tone is a shift by 10 µs.
        EXPECT_LT(std::sqrt(error / 46000), 0.05) << ending;
    }
}

/// Fails where so much picture comes before the first sound that its stream is not looked for any further.
TEST(SoundClip, OfAFilmWhoseSoundBeginsLateTheSoundIsTheGuide)
{
    const tests::Folder folder;
    const std::string picture = "-f lavfi -i \"testsrc2=s=640x480:r=25:d=6,noise=alls=60:allf=t\" ";
    for (const auto& [ending, codec] : { std::pair { "mkv", "rawvideo -pix_fmt yuv420p" },
             { "ts", "mpeg2video -q:v 1" }, { "mov", "mjpeg -q:v 1" } }) {
        SCOPED_TRACE(ending);
        const std::string file = folder / (std::string("late.") + ending);
        make(picture
                + "-itsoffset 3 -f lavfi -i \"aevalsrc='0.5*sin(2*PI*(300*t+50*t*t))':s=44100:d=2\" -c:v "
                + codec + " -c:a aac",
            file);
        EXPECT_GT(std::filesystem::file_size(file), 12'000'000U) << "half of it before the sound";
        const auto whole = load(file);
        ASSERT_TRUE(whole) << whole.error().message;
        EXPECT_EQ((*whole)->damage(), "");
        EXPECT_NEAR(static_cast<double>((*whole)->sampleCount()), 2 * 48000, 4800);
        EXPECT_GT(rms(**whole, 4800, 4800), 0.3) << "it begins where it is heard";
        const auto part = load(file, ClipPart { 1s, 1500ms });
        ASSERT_TRUE(part) << part.error().message;
        EXPECT_EQ((*part)->damage(), "");
        EXPECT_EQ((*part)->sampleCount(), 24'000);
        EXPECT_NEAR(base::seconds(soundLength(file)->value()), 4, 2.1) << "no less than it is";
    }
}

/// A transport stream whose table calls the sound private data: what it is its bytes tell alone.
void hideSound(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto at = [&](std::size_t place) { return static_cast<unsigned char>(bytes.at(place)); };
    int changed = 0;
    for (std::size_t packet = 0; packet + 188 <= bytes.size(); packet += 188) {
        if (((at(packet + 1) & 0x1FU) << 8U | at(packet + 2)) != 0x1000) // the table's, as ffmpeg puts it
            continue;
        const std::size_t section = packet + 5 + at(packet + 4);
        const std::size_t end = section + 3 + ((at(section + 1) & 0xFU) << 8U | at(section + 2)) - 4;
        std::size_t stream = section + 12 + ((at(section + 10) & 0xFU) << 8U | at(section + 11));
        for (; stream < end; stream += 5 + ((at(stream + 3) & 0xFU) << 8U | at(stream + 4)))
            if (at(stream) == 0x0F) // AAC
                bytes[stream] = 0x06, ++changed;
        std::uint32_t crc = 0xFFFFFFFF; // of MPEG-2
        for (std::size_t i = section; i < end; ++i) {
            crc ^= static_cast<std::uint32_t>(at(i)) << 24U;
            for (int bit = 0; bit < 8; ++bit)
                crc = crc << 1U ^ ((crc & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i)
            bytes[end + i] = static_cast<char>(crc >> (24U - 8 * i));
    }
    ASSERT_GT(changed, 0);
    std::ofstream(file, std::ios::binary) << bytes;
}

/// Fails where what is not known before it is looked at is not looked at.
TEST(SoundClip, SoundThatATransportStreamCallsPrivateDataIsFound)
{
    const tests::Folder folder;
    make("-f lavfi -i testsrc2=s=160x120:r=25:d=20 " + kRising + " -c:v mpeg2video -c:a aac",
        folder / "private.ts");
    ASSERT_NO_FATAL_FAILURE(hideSound(folder / "private.ts"));
    const auto clip = load(folder / "private.ts");
    ASSERT_TRUE(clip) << clip.error().message;
    EXPECT_NEAR(static_cast<double>((*clip)->sampleCount()), 20 * 48000, 4800);
}

/// Fails when what a film has first is read before a stop is seen.
TEST(SoundClip, OpeningEndsWithAStop)
{
    const tests::Folder folder;
    std::stop_source stop;
    stop.request_stop();
    std::ofstream(folder / "text.wav") << std::string(5000, 'x');
    EXPECT_EQ(SoundClip::load(folder / "text.wav", {}, {}, stop.get_token()).error().fault, Fault::Cancelled);
    EXPECT_EQ(soundLength(folder / "text.wav", stop.get_token()).error().fault, Fault::Cancelled);
}

TEST(SoundClip, StereoStaysStereoAndSurroundIsMixedAsTheStandardSays)
{
    const tests::Folder folder;
    make("-f lavfi -i \"aevalsrc='0.5*sin(2*PI*440*t)|0.25*sin(2*PI*440*t)':s=48000:d=1\" -c:a pcm_f32le",
        folder / "stereo.wav");
    const auto stereo = load(folder / "stereo.wav");
    ASSERT_TRUE(stereo);
    ASSERT_EQ((*stereo)->channels(), 2);
    EXPECT_NEAR(rms(**stereo, 0, 48000, 0), 0.5 / std::numbers::sqrt2, 1e-3);
    EXPECT_NEAR(rms(**stereo, 0, 48000, 1), 0.25 / std::numbers::sqrt2, 1e-3);

    // Centre and left alike: left = (L + C / sqrt 2) / (1 + 2 / sqrt 2), right = (C / sqrt 2) / the same.
    const double scale = 1 / (1 + std::numbers::sqrt2);
    make("-f lavfi -i \"aevalsrc='0.4*sin(2*PI*440*t)|0|0.4*sin(2*PI*440*t)|0.4*sin(2*PI*50*t)|0|0'"
         ":c=5.1:s=48000:d=1\" -c:a pcm_f32le",
        folder / "surround.wav");
    const auto surround = load(folder / "surround.wav");
    ASSERT_TRUE(surround);
    ASSERT_EQ((*surround)->channels(), 2);
    const double tone = 0.4 / std::numbers::sqrt2;
    EXPECT_NEAR(rms(**surround, 0, 48000, 0), tone * scale * (1 + std::numbers::sqrt2 / 2), 2e-3);
    EXPECT_NEAR(rms(**surround, 0, 48000, 1), tone * scale * std::numbers::sqrt2 / 2, 2e-3);
}

TEST(SoundClip, WhatIsNoGuideIsRefusedInWords)
{
    const tests::Folder folder;
    EXPECT_EQ(load(folder / "nothing.wav").error().fault, Fault::NotFound);
    EXPECT_EQ(load(folder.path().string()).error().fault, Fault::Unsupported);
    std::ofstream(folder / "empty.mp3").close();
    EXPECT_EQ(load(folder / "empty.mp3").error().fault, Fault::Corrupt);
    std::ofstream(folder / "text.wav") << std::string(5000, 'x');
    EXPECT_EQ(load(folder / "text.wav").error().fault, Fault::Corrupt);
    make("-f lavfi -i testsrc=d=1:s=64x64 -c:v mjpeg", folder / "silent.mov");
    EXPECT_EQ(load(folder / "silent.mov").error().fault, Fault::Unsupported);
    make("-f lavfi -i anullsrc=d=1 -t 0", folder / "none.wav");
    const auto none = load(folder / "none.wav");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, testing::HasSubstr("none.wav")) << none.error().message;
    make(kRising, folder / "rising.flac");
    EXPECT_EQ(load(folder / "rising.flac", ClipPart { 30s, 31s }).error().fault, Fault::Usage);
    EXPECT_EQ(load(folder / "rising.flac", ClipPart { 3s, 3s }).error().fault, Fault::Usage);
    EXPECT_EQ(load(folder / "rising.flac", ClipPart { 3s, 3s + 16min }).error().fault, Fault::Usage);
}

/// Fails when a file refers to another one and that is opened.
TEST(SoundClip, NothingButTheFileChosenIsOpened)
{
    const tests::Folder folder;
    make(kRising, folder / "rising.wav");
    std::ofstream(folder / "list.txt") << "ffconcat version 1.0\nfile rising.wav\n";
    std::ofstream(folder / "list.m3u8")
        << "#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\nrising.wav\n#EXT-X-ENDLIST\n";
    EXPECT_FALSE(load(folder / "list.txt"));
    EXPECT_FALSE(load(folder / "list.m3u8"));
}

TEST(SoundClip, OfSixHoursAPartIsChosenAndOnlyThatIsDecoded)
{
    const tests::Folder folder;
    // Six hours at 8 kHz, 16 bit, with a square wave of 500 Hz from 5:00:00 to 5:00:01; a hole in the file is
    // silence.
    const auto little = [](std::uint32_t value, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; ++i)
            text += static_cast<char>(value >> 8 * i);
        return text;
    };
    constexpr std::uint32_t kBytes = 6 * 3600 * 16000;
    {
        std::ofstream wav(folder / "day.wav", std::ios::binary);
        wav << "RIFF" << little(36 + kBytes, 4) << "WAVEfmt " << little(16, 4) << little(1, 2) << little(1, 2)
            << little(8000, 4) << little(16000, 4) << little(2, 2) << little(16, 2) << "data"
            << little(kBytes, 4);
        wav.seekp(44 + 5 * 3600 * 16000);
        for (int i = 0; i < 8000; ++i)
            wav << little(i / 8 % 2 == 0 ? 0x2000 : 0xE000, 2);
    }
    std::filesystem::resize_file(folder / "day.wav", 44 + kBytes);
    const auto length = soundLength(folder / "day.wav");
    ASSERT_TRUE(length);
    EXPECT_EQ(*length, std::optional<base::Nanos>(6h));
    const auto whole = load(folder / "day.wav");
    ASSERT_FALSE(whole);
    EXPECT_EQ(whole.error().fault, Fault::Usage);
    EXPECT_EQ(whole.error().message,
        "day.wav is 360 min long, and a guide is at most 15 min long: choose a part of it");
    const auto part = load(folder / "day.wav", ClipPart { 4h + 59min + 59s, 5h + 2s });
    ASSERT_TRUE(part);
    ASSERT_EQ((*part)->sampleCount(), 3 * 48000);
    EXPECT_LT(rms(**part, 0, 47900), 0.01);
    EXPECT_NEAR(rms(**part, 48100, 47800), 0.25, 0.01);
    EXPECT_LT(rms(**part, 96100, 47900), 0.01);
}

TEST(SoundClip, ATruncatedFileGivesWhatIsThereAndSaysSo)
{
    const tests::Folder folder;
    for (const std::string ending : { "wav", "flac", "mp3" }) {
        const std::string file = folder / ("rising." + ending);
        make(kRising, file);
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
        const auto half = load(file);
        ASSERT_TRUE(half) << ending << half.error().message;
        EXPECT_NEAR(static_cast<double>((*half)->sampleCount()), 10 * 48000, 48000 * 1.5) << ending;
        if (ending == "flac") { // its header is what tells; the length of the others is that of the file
            EXPECT_THAT((*half)->damage(), testing::HasSubstr("of 20.0 s"));
        }
    }
}

/// Fails when damage in the middle makes what follows earlier than it was.
TEST(SoundClip, WhatFollowsDamageKeepsItsPlace)
{
    const tests::Folder folder;
    const std::string file = folder / "rising.flac";
    make(kRising, file);
    {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 4));
        bytes << std::string(20'000, 'x');
    }
    const auto clip = load(file);
    ASSERT_TRUE(clip) << clip.error().message;
    EXPECT_NE((*clip)->damage(), "");
    std::vector<float> samples(48000);
    (*clip)->read(15 * 48000, samples);
    double error = 0;
    for (std::size_t i = 0; i < samples.size(); ++i)
        error += std::pow(samples[i] - risingAt(15 + static_cast<double>(i) / 48000), 2);
    EXPECT_LT(std::sqrt(error / 48000), 0.05);
}

TEST(SoundClip, RateAndChannelsMayChangeInTheMiddle)
{
    const tests::Folder folder;
    // ADTS and MPEG audio frames say for themselves what they are: two files one after the other are a file.
    make("-f lavfi -i sine=440:r=44100:d=3 -ac 1", folder / "a.aac");
    make("-f lavfi -i sine=440:r=48000:d=3 -ac 2", folder / "b.aac");
    tests::outputOf(
        fmt::format("cat '{}' '{}' > '{}'", folder / "a.aac", folder / "b.aac", folder / "both.aac"));
    const auto clip = load(folder / "both.aac");
    ASSERT_TRUE(clip) << clip.error().message;
    EXPECT_EQ((*clip)->channels(), 1);
    EXPECT_NEAR(static_cast<double>((*clip)->sampleCount()), 6 * 48000, 5000);
    const double before = rms(**clip, 48000, 48000);
    EXPECT_NEAR(rms(**clip, 4 * 48000, 48000) / before, 1, 0.5);
    // The tone stays that tone: a wrong rate would change how often it crosses zero.
    std::vector<float> samples(48000);
    (*clip)->read(4 * 48000, samples);
    int crossings = 0;
    for (std::size_t i = 1; i < samples.size(); ++i)
        crossings += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
    EXPECT_NEAR(crossings, 440, 2);
}

TEST(SoundClip, LoadingIsToldAndCanBeCancelled)
{
    const tests::Folder folder;
    make(kRising, folder / "rising.flac");
    double last = 0;
    const auto clip = SoundClip::load(folder / "rising.flac", {},
        [&](double part) {
            EXPECT_GE(part, last);
            last = part;
        },
        {});
    ASSERT_TRUE(clip);
    EXPECT_GT(last, 0.95);
    std::stop_source stop;
    int told = 0;
    const auto cancelled = SoundClip::load(
        folder / "rising.flac", {}, [&](double) { told += stop.request_stop() ? 1 : 1; }, stop.get_token());
    EXPECT_EQ(cancelled.error().fault, Fault::Cancelled);
    EXPECT_EQ(told, 1);
}

TEST(SoundClip, OutsideIsSilence)
{
    const SoundClip clip({ 1, 2, 3, 4 }, 2);
    std::vector<float> samples(12, 9);
    clip.read(-2, samples);
    EXPECT_EQ(samples, (std::vector<float> { 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0 }));
    samples.assign(4, 9);
    for (const std::int64_t far : { -100, 100 }) {
        clip.read(far, samples);
        EXPECT_EQ(samples, std::vector<float>(4, 0)) << far;
    }
}

} // namespace
} // namespace backtake::guide
