/// Feeds text to the reader of log.json. Promise under test: whatever the text, no crash, and what is
/// accepted is written back as it was read.
#include "takes/log_file.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace backtake::takes;
    const auto file = parseLogFile({ reinterpret_cast<const char*>(data), size });
    if (!file)
        return 0;
    const auto again = parseLogFile(logFileText(*file));
    if (!again || *again != *file)
        std::abort();
    return 0;
}
