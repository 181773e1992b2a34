/// Feeds an index and a picture file of the fuzzer's making to Recording, as a damaged disk or a hostile
/// person would. Promise under test: whatever the bytes, no crash, no endless work, times within two days.
#include "takes/export_mov.hpp"
#include "takes/picture_index.hpp"
#include "takes/recording.hpp"
#include "tests/fuzz/folder.hpp"

namespace {
using namespace backtake::takes;
using namespace backtake::fuzz;

} // namespace

/// Byte 0: bit 0 mends the check sums, bit 1 closes the take, bit 2 gives a good header, bit 3 exports. Byte
/// 1: how many 64ths of the rest are the index; what follows is the picture file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::filesystem::path folder = makeFolder("index_fuzz");
    if (size < 2)
        return 0;
    const int flags = data[0];
    const std::span rest(data + 2, size - 2);
    const std::size_t index_bytes = rest.size() * (data[1] % 65) / 64;
    Bytes index(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(index_bytes));
    if ((flags & 4) != 0)
        putHeader(index);
    if ((flags & 1) != 0)
        mendRecords(index);
    writeFile(folder / "picture.index", index);
    writeFile(folder / "picture.mjpeg", rest.subspan(index_bytes));
    TakeFacts facts;
    facts.slate.scene = "1";
    facts.closed = (flags & 2) != 0;
    facts.frames = facts.closed ? static_cast<backtake::base::FrameIndex>(index.size() / 64) : 0;
    writeFile(folder / "take.json", takeFactsText(facts));

    const auto take = Recording::open(folder);
    if (!take)
        return 0;
    const auto count = (*take)->frameCount();
    require(count > 0 && static_cast<std::size_t>(count) <= index.size() / 64);
    require((*take)->capturedTime(0).count() == 0);
    for (backtake::base::FrameIndex n = 0; n < count; ++n) {
        const auto time = (*take)->capturedTime(n);
        require(time.count() >= 0 && time <= kLongestTake);
        if (const auto frame = (*take)->frame(n))
            require(!(*frame)->jpeg.empty() && (*frame)->width > 0 && (*frame)->height > 0);
        require(std::abs((*take)->timecode(n)) <= std::int64_t { 1 } << 53);
    }
    require((*take)->verify({}).has_value());
    if ((flags & 8) != 0) {
        const auto exported = exportMov(**take, Order::Shown, folder / "out.mov", {});
        if (exported) {
            for (const auto& file : exported->files)
                std::filesystem::remove(file);
        }
    }
    return 0;
}
