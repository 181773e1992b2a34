#include "ui/field_text.hpp"
#include "ui/form.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace backtake::ui {
namespace {

/// Fails when ImGui would have to cut a letter, or end the text early.
bool fieldHolds(const std::string& field)
{
    return std::ranges::none_of(field, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || byte >= 0xF0; // control characters; letters of four bytes
    });
}

TEST(FieldText, WhatAFieldCannotHoldComesBackOutOfItWhole)
{
    using namespace std::string_literals;
    for (const std::string& text : { ""s, "12A/3 \"quoted\" 'so' \\ back"s, "\u00FC\u00DF \u6F22\u5B57"s,
             "\U0001F3AC take \U0001F40E\U0001F3AC"s, "two\nlines\r\n\tand a tab"s, "a\0b"s,
             "\uA000\uA48C in Yi itself"s, "\U0010FFFF"s }) {
        const std::string field = toField(text);
        EXPECT_TRUE(fieldHolds(field)) << text;
        EXPECT_EQ(fromField(field), text);
    }
}

TEST(FieldText, PlainTextStandsAsItIs)
{
    EXPECT_EQ(toField("50 mm, T2.8 \u00BD \u201Equoted\u201C"), "50 mm, T2.8 \u00BD \u201Equoted\u201C");
}

TEST(FieldText, WhatIsNoUtf8IsShownAsSuchByteByByte)
{
    EXPECT_EQ(fromField(toField("a\xFFz\xC3")), "a\uFFFDz\uFFFD");
    EXPECT_EQ(fromField(toField("\xED\xA0\x80")), "\uFFFD\uFFFD\uFFFD") << "half of a surrogate";
    EXPECT_EQ(fromField(toField("\xC0\xAF")), "\uFFFD\uFFFD") << "longer than it has to be";
}

TEST(FieldText, ThreeHundredLettersOfAnyKindGoThroughAField)
{
    std::mt19937 chance(7);
    const std::string letters[] { "a", "/", "\"", "'", "\\", "\u00E9", "\u6F22", "\U0001F3AC", "\U0001F40E",
        "\n", " " };
    for (int round = 0; round < 200; ++round) {
        std::string text;
        for (int i = 0; i < 300; ++i)
            text += letters[chance() % std::size(letters)];
        TextField<kLongestText> field;
        field.set(text);
        EXPECT_EQ(field.text(), text);
    }
}

} // namespace
} // namespace backtake::ui
