#include "takes/sound_file.hpp"

#include "takes/files.hpp"

#include <fcntl.h>

#include <array>
#include <cstring>
#include <string_view>

namespace backtake::takes {
namespace {

constexpr std::uint32_t kUnknown32 = 0xFFFFFFFF;
constexpr std::uint64_t kPlainFormat = 1;           // WAVE_FORMAT_PCM
constexpr std::uint64_t kExtensibleFormat = 0xFFFE; // WAVE_FORMAT_EXTENSIBLE
constexpr std::size_t kPlainBytes = 16;             ///< Of a plain format chunk.
constexpr std::size_t kExtensibleBytes = 40;
constexpr std::size_t kFormatAt = 48; ///< "fmt ", behind RIFF's 12 bytes and the 36 of JUNK or ds64.
/// KSDATAFORMAT_SUBTYPE_PCM but for its first two bytes, which are the plain format.
constexpr std::array<unsigned char, 14> kPcmSubtype { 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00,
    0xAA, 0x00, 0x38, 0x9B, 0x71 };

bool isExtensible(const SoundFacts& sound) { return sound.channels > 2 || sound.bits > 16; }

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

std::size_t soundHeaderBytes(const SoundFacts& sound)
{
    return kFormatAt + 8 + (isExtensible(sound) ? kExtensibleBytes : kPlainBytes) + 8;
}

std::vector<std::byte> soundHeader(const SoundFacts& sound, std::uint64_t data_bytes)
{
    std::vector<std::byte> header(soundHeaderBytes(sound));
    std::byte* at = header.data();
    const bool extensible = isExtensible(sound);
    const bool known = data_bytes != kUnknownSoundBytes;
    const std::uint64_t riff_bytes = data_bytes + header.size() - 8;
    const bool large = known && riff_bytes >= kUnknown32;
    const std::uint64_t frame_bytes = sound.frameBytes();
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
    putNumber(at, extensible ? kExtensibleBytes : kPlainBytes, 4);
    putNumber(at, extensible ? kExtensibleFormat : kPlainFormat, 2);
    putNumber(at, static_cast<std::uint64_t>(sound.channels), 2);
    putNumber(at, static_cast<std::uint64_t>(sound.rate_hz), 4);
    putNumber(at, static_cast<std::uint64_t>(sound.rate_hz) * frame_bytes, 4);
    putNumber(at, frame_bytes, 2);
    putNumber(at, static_cast<std::uint64_t>(sound.bits), 2);
    if (extensible) {
        putNumber(at, 22, 2); // what follows of the chunk
        putNumber(at, static_cast<std::uint64_t>(sound.bits), 2);
        putNumber(at, 0, 4); // tracks of a mixer: no channel stands for a loudspeaker
        putNumber(at, kPlainFormat, 2);
        for (const unsigned char byte : kPcmSubtype)
            putNumber(at, byte, 1);
    }
    putText(at, "data");
    putNumber(at, large || !known ? kUnknown32 : data_bytes, 4);
    return header;
}

std::optional<SoundFacts> readSoundFacts(const std::filesystem::path& sound_wav)
{
    const auto file = File::open(sound_wav, O_RDONLY, "read");
    std::array<std::byte, kFormatAt + 8 + kExtensibleBytes + 8> header {};
    constexpr std::size_t kLeast = kFormatAt + 8 + kPlainBytes + 8;
    if (!file || file->readAt(header, 0) < static_cast<std::int64_t>(kLeast))
        return std::nullopt;
    if (std::memcmp(header.data() + kFormatAt, "fmt ", 4) != 0)
        return std::nullopt;
    const std::byte* format = header.data() + kFormatAt + 8;
    SoundFacts sound;
    sound.channels = static_cast<int>(number(format + 2, 2));
    sound.bits = static_cast<int>(number(format + 14, 2));
    const std::uint32_t rate_hz = number(format + 4, 4);
    if (sound.channels < 1 || sound.channels > 64 || rate_hz < 1000 || rate_hz > 768000
        || (sound.bits != 16 && sound.bits != 24))
        return std::nullopt;
    const std::size_t header_bytes = soundHeaderBytes(sound);
    if (std::memcmp(header.data() + header_bytes - 8, "data", 4) != 0)
        return std::nullopt;
    sound.rate_hz = static_cast<int>(rate_hz);
    const std::uint64_t bytes = file->size();
    sound.samples =
        bytes <= header_bytes ? 0 : static_cast<std::int64_t>((bytes - header_bytes) / sound.frameBytes());
    return sound;
}

} // namespace backtake::takes
