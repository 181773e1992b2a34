#include "takes/sound_file.hpp"

#include "takes/files.hpp"

#include <fcntl.h>

#include <cstring>
#include <string_view>

namespace backtake::takes {
namespace {

constexpr std::uint32_t kUnknown32 = 0xFFFFFFFF;

void putText(std::byte*& at, std::string_view four)
{
    std::memcpy(at, four.data(), four.size());
    at += four.size();
}

void putNumber(std::byte*& at, std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        *at++ = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t number(const std::byte* at, int bytes)
{
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= std::to_integer<std::uint32_t>(at[i]) << (8 * i);
    return value;
}

} // namespace

std::array<std::byte, kSoundHeaderBytes> soundHeader(const SoundFacts& sound, std::uint64_t data_bytes)
{
    std::array<std::byte, kSoundHeaderBytes> header {};
    std::byte* at = header.data();
    const bool known = data_bytes != kUnknownSoundBytes;
    const std::uint64_t riff_bytes = data_bytes + kSoundHeaderBytes - 8;
    const bool large = known && riff_bytes >= kUnknown32;
    const auto frame_bytes = static_cast<std::uint64_t>(sound.channels) * 2;
    putText(at, large ? "RF64" : "RIFF");
    putNumber(at, large || !known ? kUnknown32 : riff_bytes, 4);
    putText(at, "WAVE");
    putText(at, large ? "ds64" : "JUNK");
    putNumber(at, 28, 4);
    putNumber(at, large ? riff_bytes : 0, 8);
    putNumber(at, large ? data_bytes : 0, 8);
    putNumber(at, large ? data_bytes / frame_bytes : 0, 8);
    putNumber(at, 0, 4);
    putText(at, "fmt ");
    putNumber(at, 16, 4);
    putNumber(at, 1, 2); // PCM
    putNumber(at, static_cast<std::uint64_t>(sound.channels), 2);
    putNumber(at, static_cast<std::uint64_t>(sound.rate_hz), 4);
    putNumber(at, static_cast<std::uint64_t>(sound.rate_hz) * frame_bytes, 4);
    putNumber(at, frame_bytes, 2);
    putNumber(at, 16, 2);
    putText(at, "data");
    putNumber(at, large || !known ? kUnknown32 : data_bytes, 4);
    return header;
}

std::optional<SoundFacts> readSoundFacts(const std::filesystem::path& sound_wav)
{
    const auto file = File::open(sound_wav, O_RDONLY, "read");
    std::array<std::byte, kSoundHeaderBytes> header {};
    if (!file || file->readAt(header, 0) != static_cast<std::int64_t>(header.size()))
        return std::nullopt;
    if (std::memcmp(header.data() + 48, "fmt ", 4) != 0 || std::memcmp(header.data() + 72, "data", 4) != 0)
        return std::nullopt;
    SoundFacts sound;
    sound.channels = static_cast<int>(number(header.data() + 58, 2));
    const std::uint32_t rate_hz = number(header.data() + 60, 4);
    if (sound.channels < 1 || sound.channels > 64 || rate_hz < 1000 || rate_hz > 768000)
        return std::nullopt;
    sound.rate_hz = static_cast<int>(rate_hz);
    const std::uint64_t bytes = file->size();
    const auto frame_bytes = static_cast<std::uint64_t>(sound.channels) * 2;
    sound.samples =
        bytes <= kSoundHeaderBytes ? 0 : static_cast<std::int64_t>((bytes - kSoundHeaderBytes) / frame_bytes);
    return sound;
}

} // namespace backtake::takes
