#include "tests/virtual_eos/properties.hpp"

#include "tests/virtual_eos/ptp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace backtake::testing {
namespace {

constexpr ValueWord kIso[] = { { 0x00, "Auto" }, { 0x48, "100" }, { 0x4B, "125" }, { 0x4D, "160" },
    { 0x50, "200" }, { 0x53, "250" }, { 0x55, "320" }, { 0x58, "400" }, { 0x5B, "500" }, { 0x5D, "640" },
    { 0x60, "800" }, { 0x63, "1000" }, { 0x65, "1250" }, { 0x68, "1600" }, { 0x6B, "2000" }, { 0x6D, "2500" },
    { 0x70, "3200" }, { 0x73, "4000" }, { 0x75, "5000" }, { 0x78, "6400" }, { 0x7B, "8000" },
    { 0x7D, "10000" }, { 0x80, "12800" }, { 0x83, "16000" }, { 0x85, "20000" }, { 0x88, "25600" },
    { 0x90, "51200" }, { 0x98, "102400" }, { 0xA0, "204800" } };

constexpr ValueWord kAperture[] = { { 0x20, "2.8" }, { 0x23, "3.2" }, { 0x25, "3.5" }, { 0x28, "4" },
    { 0x2B, "4.5" }, { 0x2D, "5" }, { 0x30, "5.6" }, { 0x33, "6.3" }, { 0x35, "7.1" }, { 0x38, "8" },
    { 0x3B, "9" }, { 0x3D, "10" }, { 0x40, "11" }, { 0x43, "13" }, { 0x45, "14" }, { 0x48, "16" },
    { 0x4B, "18" }, { 0x4D, "20" }, { 0x50, "22" }, { 0x00, "implicit auto" } };

constexpr ValueWord kShutter[] = { { 0x5D, "1/25" }, { 0x60, "1/30" }, { 0x63, "1/40" }, { 0x65, "1/50" },
    { 0x68, "1/60" }, { 0x6B, "1/80" }, { 0x6D, "1/100" }, { 0x70, "1/125" }, { 0x73, "1/160" },
    { 0x75, "1/200" }, { 0x78, "1/250" }, { 0x7B, "1/320" }, { 0x7D, "1/400" }, { 0x80, "1/500" },
    { 0x83, "1/640" }, { 0x85, "1/800" }, { 0x88, "1/1000" }, { 0x8B, "1/1250" }, { 0x8D, "1/1600" },
    { 0x90, "1/2000" }, { 0x93, "1/2500" }, { 0x95, "1/3200" }, { 0x98, "1/4000" }, { 0x00, "auto" } };

constexpr ValueWord kWhiteBalance[] = { { 0, "Auto" }, { 1, "Daylight" }, { 8, "Shadow" }, { 2, "Cloudy" },
    { 3, "Tungsten" }, { 4, "Fluorescent" }, { 5, "Flash" }, { 6, "Manual" }, { 15, "Manual 2" },
    { 16, "Manual 3" }, { 18, "Manual 4" }, { 19, "Manual 5" }, { 9, "Color Temperature" } };

constexpr ValueWord kPictureStyle[] = { { 0x87, "Auto" }, { 0x81, "Standard" }, { 0x82, "Portrait" },
    { 0x83, "Landscape" }, { 0x84, "Neutral" }, { 0x85, "Faithful" }, { 0x86, "Monochrome" },
    { 0x21, "User defined 1" }, { 0x22, "User defined 2" }, { 0x23, "User defined 3" } };

constexpr ValueWord kExposureMode[] = { { 0, "P" }, { 1, "TV" }, { 2, "AV" }, { 3, "Manual" }, { 4, "Bulb" },
    { 7, "Custom" }, { 0x10, "C2" }, { 0x11, "C3" }, { 0x14, "Movie" } };

constexpr ValueWord kOutput[] = { { 0, "Off" }, { kOutputScreen, "TFT" }, { kOutputPc, "PC" },
    { 3, "TFT + PC" } };

constexpr ValueWord kBattery[] = { { 0, "Low" }, { 5, "25%" }, { 1, "50%" }, { 4, "75%" }, { 2, "100%" } };

constexpr ValueWord kRecordTarget[] = { { 0, "None" }, { 3, "SDRAM" }, { kRecordToCard, "Card" } };

constexpr ValueWord kDrive[] = { { 0, "Single" }, { 4, "Continuous high speed" },
    { 5, "Continuous low speed" }, { 0x10, "Timer 10 sec" }, { 0x11, "Timer 2 sec" } };

constexpr ValueWord kMetering[] = { { 3, "Evaluative" }, { 4, "Partial" }, { 1, "Spot" },
    { 5, "Center-weighted average" } };

constexpr ValueWord kDestination[] = { { kDestinationCard, "Memory card" },
    { kDestinationHost, "Internal RAM" } };

std::vector<std::uint32_t> valuesOf(std::span<const ValueWord> words)
{
    std::vector<std::uint32_t> values;
    for (const ValueWord& word : words)
        values.push_back(word.value);
    return values;
}

enum class List { No = 1, OfWords };
enum class Set { No = 1, Yes };

Property dial(
    std::uint16_t code, const char* name, std::uint32_t value, std::span<const ValueWord> words, List list)
{
    Property property { code, name, value, false, {}, words, {}, true };
    if (list == List::OfWords)
        property.choices = valuesOf(words);
    return property;
}
Property number(std::uint16_t code, const char* name, std::uint32_t value, Set set = Set::No)
{
    return { code, name, value, false, {}, {}, {}, set == Set::Yes };
}
Property words(std::uint16_t code, const char* name, const char* text, Set set = Set::No)
{
    return { code, name, 0, true, text, {}, {}, set == Set::Yes };
}

} // namespace

Properties::Properties(const VirtualEosOptions& options)
{
    properties_ = {
        dial(0xD101, "aperture", 0x38, kAperture, List::OfWords),
        dial(0xD102, "shutterspeed", 0x65, kShutter, List::OfWords),
        dial(0xD103, "iso", 0x60, kIso, List::OfWords),
        number(0xD104, "exposurecompensation", 0, Set::Yes),
        dial(property::kAutoExposureMode, "autoexposuremode", options.movie_switch ? 0x14 : 3, kExposureMode,
            List::No),
        dial(0xD106, "drivemode", 0, kDrive, List::OfWords),
        dial(0xD107, "meteringmode", 3, kMetering, List::OfWords),
        number(0xD108, "focusmode", 3),
        dial(0xD109, "whitebalance", 1, kWhiteBalance, List::OfWords),
        number(0xD10A, "colortemperature", 5200, Set::Yes),
        number(0xD10B, "whitebalanceadjusta", 0, Set::Yes),
        number(0xD10C, "whitebalanceadjustb", 0, Set::Yes),
        number(0xD10D, "", 0),
        number(0xD10E, "", 0),
        number(0xD10F, "colorspace", 1, Set::Yes),
        dial(0xD110, "picturestyle", 0x84, kPictureStyle, List::OfWords),
        dial(property::kBattery, "batterylevel", 4, kBattery, List::No),
        number(0xD112, "", 0),
        number(0xD113, "", 1'353'000'000, Set::Yes),
        number(0xD114, "autopoweroff", 0, Set::Yes),
        words(0xD115, "ownername", "", Set::Yes),
        number(0xD116, "", 0x80000326), // EOS-1D C, as the body's own model id
        number(0xD119, "", 0x100),
        number(0xD11A, "", 0x101),
        number(property::kShotsLeft, "availableshots", 1'234),
        dial(property::kCaptureDestination, "", kDestinationCard, kDestination, List::OfWords),
        number(0xD11D, "", 0),
        number(0xD11E, "", 0x00010001),
        number(0xD11F, "", 0),
        number(0xD13B, "", 0),
        number(0xD178, "", 0),
        number(0xD1A8, "", 1),
        number(0xD1A9, "reviewtime", 2, Set::Yes),
        number(0xD1AA, "", 0),
        number(property::kTemperature, "", 0),
        number(0xD1AC, "shuttercounter", 24'879),
        words(0xD1AF, "eosserialnumber", "123017000159"),
        dial(property::kEvfOutput, "output", kOutputScreen, kOutput, List::OfWords),
        number(property::kEvfMode, "evfmode", 0, Set::Yes),
        number(0xD1B2, "", 0),
        number(0xD1B3, "", 0),
        number(0xD1B4, "", 0),
        number(0xD1B6, "", 5200),
        number(0xD1B7, "", 1),
        dial(property::kEvfRecord, "movierecordtarget", 0, kRecordTarget, List::No),
        number(0xD1BA, "", 2),
        number(0xD1BB, "", 0),
        number(0xD1BC, "", 0),
        number(0xD1C1, "", 0),
        number(property::kMovieSwitch, "eosmovieswitch", options.movie_switch ? 1 : 0),
        words(0xD1D0, "artist", "Backtake", Set::Yes),
        words(0xD1D1, "copyright", "", Set::Yes),
        number(0xD1D4, "depthoffield", 0),
        number(0xD1D5, "", 0),
        words(0xD1D8, "lensname", "EF24-70mm f/2.8L II USM"),
        number(0xD1D9, "", 0),
        number(0xD1DD, "", 246),
    };
    find(property::kEvfMode)->choices = { 0, 1 };
    if (!options.allows_screen_and_pc)
        std::erase(find(property::kEvfOutput)->choices, kOutputScreen | kOutputPc);
    if (!options.lists_choices) {
        for (Property& property : properties_)
            property.choices.clear();
    }
}

Property* Properties::find(std::uint16_t code)
{
    const auto found = std::find_if(
        properties_.begin(), properties_.end(), [&](const Property& each) { return each.code == code; });
    return found == properties_.end() ? nullptr : &*found;
}

const Property* Properties::find(std::uint16_t code) const
{
    return const_cast<Properties*>(this)->find(code);
}

Property* Properties::find(std::string_view name)
{
    const auto found = std::find_if(properties_.begin(), properties_.end(),
        [&](const Property& each) { return !name.empty() && each.name == name; });
    return found == properties_.end() ? nullptr : &*found;
}

std::string wordOf(const Property& property, std::uint32_t value)
{
    for (const ValueWord& word : property.words) {
        if (word.value == value)
            return word.word;
    }
    return property.words.empty() ? std::to_string(value) : fmt::format("0x{:04x}", value);
}

std::string wordOf(const Property& property)
{
    return property.is_text ? property.text : wordOf(property, property.value);
}

std::optional<std::uint32_t> valueOf(const Property& property, const std::string& word)
{
    for (const ValueWord& known : property.words) {
        if (word == known.word)
            return known.value;
    }
    const bool hexadecimal = word.starts_with("0x");
    const char* first = word.data() + (hexadecimal ? 2 : 0);
    const char* last = word.data() + word.size();
    std::uint32_t value = 0;
    const auto read = std::from_chars(first, last, value, hexadecimal ? 16 : 10);
    if (read.ec != std::errc() || read.ptr != last)
        return std::nullopt;
    return value;
}

std::vector<std::byte> valueRecord(const Property& property)
{
    PtpWriter contents;
    contents.u32(property.code);
    if (property.is_text)
        contents.cText(property.text);
    else
        contents.u32(property.value);
    return eventRecord(Event::PropValueChanged, contents.take());
}

std::vector<std::byte> choicesRecord(const Property& property)
{
    PtpWriter contents;
    contents.u32(property.code).u32(3); // kind 3: a list of values, four bytes each
    contents.u32Array(property.choices);
    return eventRecord(Event::AvailListChanged, contents.take());
}

} // namespace backtake::testing
