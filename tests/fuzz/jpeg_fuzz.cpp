/// Feeds bytes to all that looks at a JPEG before it is decoded, and to the search for JPEGs in a stream.
/// Promise under test: whatever the bytes, no crash; what is found lies inside, in order, and does not depend
/// on how the bytes were cut up.
#include "base/jpeg.hpp"
#include "takes/jpeg_scan.hpp"

#include <algorithm>
#include <cstdlib>

namespace {
using namespace backtake;

void require(bool promise)
{
    if (!promise)
        std::abort();
}

std::vector<takes::FoundJpeg> scan(std::span<const std::byte> bytes, std::size_t at_once)
{
    takes::JpegScan jpegs;
    std::vector<takes::FoundJpeg> found;
    for (std::size_t at = 0; at < bytes.size(); at += at_once)
        jpegs.feed(bytes.subspan(at, std::min(at_once, bytes.size() - at)), found);
    return found;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    if (const auto header = base::readJpegHeader(bytes)) {
        require(header->width > 0 && header->width <= base::kLargestSide);
        require(header->height > 0 && header->height <= base::kLargestSide);
    }
    const auto found = scan(bytes, bytes.size());
    const auto again = scan(bytes, 3);
    require(found.size() == again.size());
    std::uint64_t end = 0;
    static base::JpegDecoder decoder;
    static base::PicturePool pool(16 << 20);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const takes::FoundJpeg& jpeg = found[i];
        require(jpeg.offset == again[i].offset && jpeg.size == again[i].size);
        require(jpeg.offset >= end && jpeg.size >= 4 && jpeg.offset + jpeg.size <= size);
        require(jpeg.entropy > jpeg.offset && jpeg.entropy < jpeg.offset + jpeg.size);
        require(jpeg.width > 0 && jpeg.height > 0);
        end = jpeg.offset + jpeg.size;
        if (jpeg.width * jpeg.height <= 1 << 16) // a large one costs the fuzzer its time
            (void)decoder.decode(bytes.subspan(jpeg.offset, jpeg.size), pool);
    }
    return 0;
}
