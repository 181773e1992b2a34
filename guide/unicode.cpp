#include "guide/unicode.hpp"

#include <cstdint>

namespace backtake::guide {

std::optional<std::u32string> codePoints(std::string_view utf8)
{
    std::u32string text;
    text.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<std::uint8_t>(utf8[i++]);
        if (lead < 0x80) {
            text.push_back(lead);
            continue;
        }
        const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || utf8.size() - i < static_cast<std::size_t>(more))
            return std::nullopt;
        char32_t code = lead & (0x3FU >> more);
        for (int k = 0; k < more; ++k) {
            const auto next = static_cast<std::uint8_t>(utf8[i++]);
            if ((next & 0xC0U) != 0x80)
                return std::nullopt;
            code = code << 6 | (next & 0x3FU);
        }
        constexpr char32_t kLeast[] = { 0, 0x80, 0x800, 0x10000 };
        if (code < kLeast[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return std::nullopt;
        text.push_back(code);
    }
    return text;
}

std::string utf8(std::u32string_view text)
{
    std::string bytes;
    const auto put = [&](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
    for (const char32_t code : text) {
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xC0 | code >> 6);
            put(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            put(0xE0 | code >> 12);
            put(0x80 | (code >> 6 & 0x3F));
            put(0x80 | (code & 0x3F));
        } else {
            put(0xF0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3F));
            put(0x80 | (code >> 6 & 0x3F));
            put(0x80 | (code & 0x3F));
        }
    }
    return bytes;
}

} // namespace backtake::guide
