/// The properties of an EOS body: their codes, their names and values in libgphoto2's words, their lists of
/// choices. Room: whoever holds the core's lock.
#pragma once

#include "tests/virtual_eos/virtual_eos.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::testing {

/// The codes that the body itself works with; the others are in the table only.
namespace property {
inline constexpr std::uint16_t kAutoExposureMode = 0xD105;
inline constexpr std::uint16_t kBattery = 0xD111;
inline constexpr std::uint16_t kShotsLeft = 0xD11B;
inline constexpr std::uint16_t kCaptureDestination = 0xD11C;
inline constexpr std::uint16_t kTemperature = 0xD1AB;
inline constexpr std::uint16_t kEvfOutput = 0xD1B0;
inline constexpr std::uint16_t kEvfMode = 0xD1B1;
inline constexpr std::uint16_t kEvfRecord = 0xD1B8;
inline constexpr std::uint16_t kMovieSwitch = 0xD1C2;
} // namespace property

/// Output is a set of bits.
inline constexpr std::uint32_t kOutputScreen = 1;
inline constexpr std::uint32_t kOutputPc = 2;
/// What 0xD1B8 has while the body records onto its card.
inline constexpr std::uint32_t kRecordToCard = 4;
/// What 0xD11C has for the card and for the host.
inline constexpr std::uint32_t kDestinationCard = 2;
inline constexpr std::uint32_t kDestinationHost = 4;

/// A value and libgphoto2's word for it.
struct ValueWord {
    std::uint32_t value = 0;
    const char* word = "";
};

struct Property {
    std::uint16_t code = 0;
    std::string name; ///< libgphoto2's; empty: nobody asks by name.
    std::uint32_t value = 0;
    bool is_text = false;
    std::string text; ///< When it is one.
    std::span<const ValueWord> words;
    std::vector<std::uint32_t> choices; ///< Empty: no list is sent.
    bool settable = false;              ///< Over the cable.
};

class Properties {
public:
    explicit Properties(const VirtualEosOptions& options);

    [[nodiscard]] const std::vector<Property>& all() const { return properties_; }
    [[nodiscard]] Property* find(std::uint16_t code);
    [[nodiscard]] const Property* find(std::uint16_t code) const;
    [[nodiscard]] Property* find(std::string_view name);
    /// Of a property that is there.
    [[nodiscard]] std::uint32_t value(std::uint16_t code) const { return find(code)->value; }

    std::set<std::string> refused; ///< Names of settings that are refused for now.

private:
    std::vector<Property> properties_;
};

/// In libgphoto2's words, else as a number.
std::string wordOf(const Property& property);
std::string wordOf(const Property& property, std::uint32_t value);
/// The value behind a word or a number; nullopt when it is neither.
std::optional<std::uint32_t> valueOf(const Property& property, const std::string& word);

/// Records for EosGetEvent.
std::vector<std::byte> valueRecord(const Property& property);
std::vector<std::byte> choicesRecord(const Property& property);

} // namespace backtake::testing
