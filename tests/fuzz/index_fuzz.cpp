/// Feeds an index and a picture file of the fuzzer's making to Recording, as a damaged disk or a hostile
/// person would. Promise under test: whatever the bytes, no crash, no endless work, times that never fall.
#include "takes/export_mov.hpp"
#include "takes/picture_index.hpp"
#include "takes/recording_writer.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace {
using namespace backtake::takes;

std::filesystem::path makeFolder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "index_fuzz.XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

void writeFile(const std::filesystem::path& path, const std::uint8_t* bytes, std::size_t size)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

/// A check sum over 56 bytes is a wall no fuzzer climbs: put the right one where the bytes allow it.
void mend(std::vector<std::uint8_t>& index)
{
    for (std::size_t at = 0; at + 64 <= index.size(); at += 64) {
        const std::uint64_t hash = hashOf(std::as_bytes(std::span(index).subspan(at, 56)));
        std::memcpy(index.data() + at + 56, &hash, sizeof(hash));
    }
}

void require(bool promise)
{
    if (!promise)
        std::abort();
}

} // namespace

/// Byte 0: bit 0 mends the check sums, bit 1 closes the take, bit 2 gives a good header, bit 3 exports. Byte
/// 1: how many 64ths of the rest are the index; what follows is the picture file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::filesystem::path folder = makeFolder();
    if (size < 2)
        return 0;
    const int flags = data[0];
    const std::span rest(data + 2, size - 2);
    const std::size_t index_bytes = rest.size() * (data[1] % 65) / 64;
    std::vector<std::uint8_t> index(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(index_bytes));
    if ((flags & 4) != 0) {
        const auto header = encodeIndexHeader();
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
        index.insert(index.begin(), bytes, bytes + header.size());
    }
    if ((flags & 1) != 0)
        mend(index);
    writeFile(folder / "picture.index", index.data(), index.size());
    writeFile(folder / "picture.mjpeg", rest.data() + index_bytes, rest.size() - index_bytes);
    TakeFacts facts;
    facts.slate.scene = "1";
    facts.closed = (flags & 2) != 0;
    facts.frames = facts.closed ? static_cast<backtake::base::FrameIndex>(index.size() / 64) : 0;
    const std::string text = takeFactsText(facts);
    writeFile(folder / "take.json", reinterpret_cast<const std::uint8_t*>(text.data()), text.size());

    const auto take = Recording::open(folder);
    if (!take)
        return 0;
    const auto count = (*take)->frameCount();
    require(count > 0 && static_cast<std::size_t>(count) <= index.size() / 64);
    require((*take)->capturedTime(0).count() == 0);
    for (backtake::base::FrameIndex n = 0; n < count; ++n) {
        require((*take)->capturedTime(n) <= (*take)->capturedTime(n + 1));
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
