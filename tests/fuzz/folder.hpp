/// What the fuzzers that make recordings share: files, and check sums that no fuzzer guesses.
#pragma once

#include "takes/picture_index.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::fuzz {

using Bytes = std::vector<std::uint8_t>;

inline void require(bool promise)
{
    if (!promise)
        std::abort();
}

inline std::filesystem::path makeFolder(const std::string& name)
{
    std::string pattern = (std::filesystem::temp_directory_path() / (name + ".XXXXXX")).string();
    return ::mkdtemp(pattern.data());
}

inline void writeFile(const std::filesystem::path& path, std::span<const std::uint8_t> bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
inline void writeFile(const std::filesystem::path& path, std::string_view text)
{
    writeFile(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

inline Bytes readFile(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

inline void putHeader(Bytes& index)
{
    const auto header = takes::encodeIndexHeader();
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
    index.insert(index.begin(), bytes, bytes + header.size());
}

/// A check sum over 56 bytes is a wall no fuzzer climbs: puts the right one where the bytes allow it.
inline void mendRecords(Bytes& index)
{
    for (std::size_t at = 0; at + 64 <= index.size(); at += 64) {
        const std::uint64_t hash = takes::hashOf(std::as_bytes(std::span(index).subspan(at, 56)));
        std::memcpy(index.data() + at + 56, &hash, sizeof hash);
    }
}

/// So is that of a picture: for records behind the header that point into the picture file.
inline void mendPictures(Bytes& index, std::span<const std::uint8_t> pictures)
{
    for (std::size_t at = 64; at + 64 <= index.size(); at += 64) {
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
        std::memcpy(&offset, index.data() + at, sizeof offset);
        std::memcpy(&size, index.data() + at + 8, sizeof size);
        if (offset > pictures.size() || size > pictures.size() - offset)
            continue;
        const std::uint64_t hash =
            takes::hashOf(std::as_bytes(pictures.subspan(static_cast<std::size_t>(offset), size)));
        std::memcpy(index.data() + at + 48, &hash, sizeof hash);
    }
}

} // namespace backtake::fuzz
