/// Feeds text to the reader of a cue sheet. Promise under test: whatever the text, no crash, what is accepted
/// is written back as it was read, and can be followed.
#include "guide/cue_follow.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace backtake::guide;
    const auto sheet = parseCueSheet({ reinterpret_cast<const char*>(data), size });
    if (!sheet)
        return 0;
    const std::string text = cueSheetText(*sheet);
    const auto again = parseCueSheet(text);
    if (!again || cueSheetText(*again) != text)
        std::abort();
    for (const CueLine& line : sheet->lines) {
        const CuePlace place = placeInSheet(*sheet, (line.begins() + line.ends()) / 2);
        if (!place.line || place.said < 0 || place.said > 1)
            std::abort();
        for (const CueWord& word : line.words)
            (void)respell(word.phones, sheet->language);
        (void)ipaOf(line);
    }
    return 0;
}
