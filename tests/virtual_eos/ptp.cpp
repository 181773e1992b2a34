#include "tests/virtual_eos/ptp.hpp"

#include <algorithm>
#include <cassert>

namespace backtake::testing {

PtpWriter& PtpWriter::number(std::uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
}

PtpWriter& PtpWriter::string(std::string_view text)
{
    if (text.empty())
        return u8(0);
    assert(text.size() < 255);
    u8(static_cast<std::uint32_t>(text.size() + 1));
    for (const char letter : text)
        u16(static_cast<unsigned char>(letter));
    return u16(0);
}

PtpWriter& PtpWriter::cText(std::string_view text, std::size_t least)
{
    bytes(std::as_bytes(std::span(text)));
    const std::size_t zeros = std::max<std::size_t>(least > text.size() ? least - text.size() : 0, 1);
    bytes_.insert(bytes_.end(), zeros, std::byte { 0 });
    return *this;
}

PtpWriter& PtpWriter::bytes(std::span<const std::byte> bytes)
{
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
}

PtpWriter& PtpWriter::u16Array(std::span<const std::uint16_t> values)
{
    u32(static_cast<std::uint32_t>(values.size()));
    for (const std::uint16_t value : values)
        u16(value);
    return *this;
}

PtpWriter& PtpWriter::u32Array(std::span<const std::uint32_t> values)
{
    u32(static_cast<std::uint32_t>(values.size()));
    for (const std::uint32_t value : values)
        u32(value);
    return *this;
}

std::optional<std::uint32_t> u16At(std::span<const std::byte> bytes, std::size_t offset)
{
    if (offset > bytes.size() || bytes.size() - offset < 2)
        return std::nullopt;
    return std::to_integer<std::uint32_t>(bytes[offset])
        | std::to_integer<std::uint32_t>(bytes[offset + 1]) << 8;
}

std::optional<std::uint32_t> u32At(std::span<const std::byte> bytes, std::size_t offset)
{
    if (offset > bytes.size() || bytes.size() - offset < 4)
        return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= std::to_integer<std::uint32_t>(bytes[offset + i]) << (8 * i);
    return value;
}

void putU32(std::span<std::byte> bytes, std::size_t offset, std::uint32_t value)
{
    assert(offset + 4 <= bytes.size());
    for (std::size_t i = 0; i < 4; ++i)
        bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

std::vector<std::byte> eventRecord(Event event, std::span<const std::byte> contents)
{
    PtpWriter record;
    record.u32(static_cast<std::uint32_t>(8 + contents.size())).u32(static_cast<std::uint32_t>(event));
    record.bytes(contents);
    return record.take();
}

} // namespace backtake::testing
