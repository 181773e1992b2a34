/// Feeds text to the reader of take.json. Promise under test: whatever the text, no crash, and what is
/// accepted is written back as it was read.
#include "takes/take_facts.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace backtake::takes;
    const auto facts = parseTakeFacts({ reinterpret_cast<const char*>(data), size });
    if (!facts)
        return 0;
    const std::string text = takeFactsText(*facts);
    const auto again = parseTakeFacts(text);
    if (!again || takeFactsText(*again) != text)
        std::abort();
    return 0;
}
