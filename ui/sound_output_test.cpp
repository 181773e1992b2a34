#include "tests/folder.hpp"
#include "ui/sound_output.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace backtake::ui {
namespace {

/// SDL's device that writes a file instead.
TEST(SoundOutput, WhatIsPutComesToTheDeviceInItsPlace)
{
    const tests::Folder folder;
    const auto file = folder.path() / "heard.raw";
    setenv("SDL_AUDIODRIVER", "disk", 1);
    setenv("SDL_DISKAUDIOFILE", file.c_str(), 1);
    std::int64_t first = 0;
    {
        auto output = openSoundOutput("");
        ASSERT_TRUE(output) << output.error().message;
        base::SoundSink& sink = **output;
        EXPECT_EQ(sink.rateHz(), 48000);
        EXPECT_FALSE(sink.gone());
        std::vector<float> samples;
        for (int s = 0; s < 4800; ++s)
            samples.insert(
                samples.end(), { static_cast<float>(s + 1) / 8192, -static_cast<float>(s + 1) / 8192 });
        // Late on a busy machine is too late: until it was in time.
        do {
            first = sink.taken() + 9600;
            sink.put(first, samples);
        } while (sink.taken() > first);
        while (sink.taken() < first + 4800 + 512)
            std::this_thread::yield();
        const double heard = sink.heardAt(base::monotonicNow());
        EXPECT_LE(heard, static_cast<double>(sink.taken()));
    }
    std::ifstream in(file, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    const std::string bytes = all.str();
    std::vector<float> heard(bytes.size() / sizeof(float));
    std::copy_n(bytes.data(), heard.size() * sizeof(float), reinterpret_cast<char*>(heard.data()));
    // Blocks that the device played before it was let go are silence that nobody was asked for.
    const auto begin = std::find_if(heard.begin(), heard.end(), [](float sample) { return sample != 0; });
    const std::int64_t before = (begin - heard.begin()) / 2 - first;
    EXPECT_GE(before, 0);
    EXPECT_EQ(before % 512, 0);
    first += before;
    ASSERT_GT(heard.size(), static_cast<std::size_t>((first + 4800) * 2));
    for (std::int64_t s = 0; s < 4800; ++s) {
        ASSERT_EQ(heard[static_cast<std::size_t>((first + s) * 2)], static_cast<float>(s + 1) / 8192) << s;
        ASSERT_EQ(heard[static_cast<std::size_t>((first + s) * 2 + 1)], -static_cast<float>(s + 1) / 8192)
            << s;
    }
}

TEST(SoundOutput, ADeviceThatIsNotThereIsRefusedByItsName)
{
    setenv("SDL_AUDIODRIVER", "disk", 1); // its devices are files
    const auto output = openSoundOutput("/no/such/folder/Headphones");
    ASSERT_FALSE(output);
    EXPECT_NE(output.error().message.find("Headphones"), std::string::npos);
}

} // namespace
} // namespace backtake::ui
