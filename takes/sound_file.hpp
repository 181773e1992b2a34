/// sound.wav's header: RIFF, or RF64 past 4 GiB (EBU Tech 3306). For takes/ alone.
#pragma once

#include "takes/take_facts.hpp"

#include <optional>
#include <vector>

namespace backtake::takes {

/// Of the header of such sound, whatever its length: a JUNK chunk keeps the room that RF64 needs, so that
/// only the header is written again at close. 80, or 104 for more than 16 bit or two channels, which need
/// WAVE_FORMAT_EXTENSIBLE (Microsoft, "Multiple channel audio data and WAVE files").
std::size_t soundHeaderBytes(const SoundFacts& sound);
inline constexpr std::uint64_t kUnknownSoundBytes = ~std::uint64_t { 0 };

/// @param data_bytes of PCM, or kUnknownSoundBytes while recording: then both lengths are 2^32-1, which
/// readers take for
///        "to the end of the file".
std::vector<std::byte> soundHeader(const SoundFacts& sound, std::uint64_t data_bytes);
/// Rate, bits and channels from a header written by soundHeader(); samples from the length of the file, so
/// that of a sound cut off by a crash all that arrived counts. @return nullopt when there is none or it is
/// damaged.
std::optional<SoundFacts> readSoundFacts(const std::filesystem::path& sound_wav);

} // namespace backtake::takes
