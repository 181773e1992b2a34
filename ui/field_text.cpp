#include "ui/field_text.hpp"

#include <algorithm>
#include <vector>

namespace backtake::ui {
namespace {

// The syllables of Yi: ImGui filters those of private use out of what is typed. A text in Yi is safe, too:
// its letters get stand-ins like any other that cannot stand for itself.
constexpr char32_t kFirst = 0xA000;
constexpr std::size_t kMost = 1165;
constexpr char32_t kUnknown = 0xFFFD;

/// What each stand-in stands for, as they came.
std::vector<char32_t>& meanings()
{
    static std::vector<char32_t> all;
    return all;
}

bool standsForItself(char32_t letter)
{
    return letter >= ' ' && letter != 0x7F && letter <= 0xFFFF
        && (letter < kFirst || letter >= kFirst + kMost);
}

char32_t standIn(char32_t letter)
{
    std::vector<char32_t>& all = meanings();
    const auto known = std::ranges::find(all, letter);
    if (known == all.end() && all.size() == kMost)
        return kUnknown;
    const auto index = known - all.begin();
    if (known == all.end())
        all.push_back(letter);
    return kFirst + static_cast<char32_t>(index);
}

/// Takes one letter off the front. What is no UTF-8 is U+FFFD, a byte at a time.
char32_t next(std::string_view& text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t letter = length == 1 ? lead : lead & (0x7FU >> length);
    bool good = length > 0 && length <= text.size() && lead < 0xF5;
    for (std::size_t i = 1; good && i < length; ++i) {
        good = (byte(i) & 0xC0) == 0x80;
        letter = letter << 6U | (byte(i) & 0x3FU);
    }
    good = good && letter <= 0x10FFFF && (letter < 0xD800 || letter > 0xDFFF)
        && (length < 3 || letter >= (length == 3 ? 0x800U : 0x10000U));
    text.remove_prefix(good ? length : 1);
    return good ? letter : kUnknown;
}

void add(std::string& text, char32_t letter)
{
    const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
    if (letter < 0x80) {
        put(letter);
        return;
    }
    const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
    put((0xF0U << (3 - more) & 0xFFU) | letter >> (6 * more));
    for (int i = more; i-- > 0;)
        put(0x80U | (letter >> (6 * i) & 0x3FU));
}

} // namespace

std::string toField(std::string_view text)
{
    std::string field;
    field.reserve(text.size());
    while (!text.empty()) {
        const char32_t letter = next(text);
        add(field, standsForItself(letter) ? letter : standIn(letter));
    }
    return field;
}

std::string fromField(std::string_view field)
{
    std::string text;
    text.reserve(field.size());
    while (!field.empty()) {
        const char32_t letter = next(field);
        const std::size_t index = letter - kFirst;
        const bool stands = letter >= kFirst && index < meanings().size();
        add(text, stands ? meanings()[index] : letter);
    }
    return text;
}

} // namespace backtake::ui
