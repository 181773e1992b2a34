/// Feeds text to the readers of what Backtake and its tether helper say to each other. Promise under test:
/// whatever the text, no crash, and what is accepted is written back and read again as it was.
#include "capture/tether/protocol.hpp"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace backtake::capture::tether;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto report = decodeReport(text)) {
        const std::string message = encode(*report);
        const auto again = decodeReport(message);
        if (message.size() > kMaxMessageBytes || !again || encode(*again) != message)
            std::abort();
    }
    if (const auto request = decodeRequest(text)) {
        const std::string message = encode(*request);
        const auto again = decodeRequest(message);
        if (message.size() > kMaxMessageBytes || !again || encode(*again) != message)
            std::abort();
    }
    if (const auto cameras = decodeAttached(text)) {
        const auto again = decodeAttached(encode(*cameras));
        if (!again || encode(*again) != encode(*cameras))
            std::abort();
    }
    return 0;
}
