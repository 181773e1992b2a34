/// A sound file for tests: PCM WAV, 16 bit, mono, 48 kHz.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace backtake::tests {

/// @param sampleAt the value of sample s, -32768 … 32767. @return @p path.
template <typename SampleAt>
std::filesystem::path writeWav(const std::filesystem::path& path, std::uint32_t count, SampleAt sampleAt)
{
    std::ofstream file(path, std::ios::binary);
    const auto number = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            file.put(static_cast<char>(value >> (8 * i) & 0xFF));
    };
    file << "RIFF";
    number(36 + 2 * count, 4);
    file << "WAVEfmt ";
    number(16, 4);
    number(1, 2);
    number(1, 2);
    number(48000, 4);
    number(96000, 4);
    number(2, 2);
    number(16, 2);
    file << "data";
    number(2 * count, 4);
    for (std::uint32_t s = 0; s < count; ++s)
        number(static_cast<std::uint32_t>(static_cast<std::int32_t>(sampleAt(s))), 2);
    return path;
}

} // namespace backtake::tests
