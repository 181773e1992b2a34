/// A peer for tests/bench/compare: how many frames a second TurboJPEG alone decodes on this machine. All
/// JPEGs lie in RAM, every thread has its own decoder and one buffer, planar out: no player can be faster
/// with this library.
///
///   turbojpeg_limit FILE.mjpeg [THREADS]      THREADS 0: one per core
///
/// FILE holds JPEGs one after another, as a recording's picture.mjpeg does. Prints one JSON object.
#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <thread>
#include <vector>

namespace {

using Jpeg = std::span<const unsigned char>;

/// Where a JPEG that begins at @p bytes ends: after EOI, with previews inside of application segments
/// skipped.
std::size_t lengthOfJpeg(Jpeg bytes)
{
    for (std::size_t i = 0; i + 1 < bytes.size();) {
        if (bytes[i] != 0xFF || bytes[i + 1] == 0xFF || bytes[i + 1] == 0) {
            ++i;
            continue;
        }
        const unsigned marker = bytes[i + 1];
        i += 2;
        if (marker == 0xD9)
            return i;
        if (marker != 0x01 && !(marker >= 0xD0 && marker <= 0xD8) && i + 1 < bytes.size())
            i += static_cast<std::size_t>(bytes[i] << 8 | bytes[i + 1]);
    }
    return bytes.size();
}

std::vector<Jpeg> split(Jpeg bytes)
{
    std::vector<Jpeg> jpegs;
    while (bytes.size() > 3) {
        if (bytes[0] != 0xFF || bytes[1] != 0xD8) { // padding
            bytes = bytes.subspan(1);
            continue;
        }
        const std::size_t length = lengthOfJpeg(bytes);
        jpegs.push_back(bytes.first(length));
        bytes = bytes.subspan(length);
    }
    return jpegs;
}

/// Decodes what @p next gives until there is none. @return frames decoded without an error.
int decodeAll(const std::vector<Jpeg>& jpegs, std::atomic<std::size_t>& next)
{
    const tjhandle decoder = tjInitDecompress();
    std::vector<unsigned char> planes;
    int good = 0;
    for (std::size_t i = next++; i < jpegs.size(); i = next++) {
        const Jpeg jpeg = jpegs[jpegs.size() - 1 - i];
        int width = 0;
        int height = 0;
        int subsampling = 0;
        int colours = 0;
        if (tjDecompressHeader3(decoder, jpeg.data(), jpeg.size(), &width, &height, &subsampling, &colours)
            != 0)
            continue;
        unsigned char* at[3] {};
        int strides[3] {};
        std::size_t bytes = 0;
        std::size_t offsets[3] {};
        for (int plane = 0; plane < (subsampling == TJSAMP_GRAY ? 1 : 3); ++plane) {
            offsets[plane] = bytes;
            strides[plane] = (tjPlaneWidth(plane, width, subsampling) + 63) / 64 * 64;
            bytes += static_cast<std::size_t>(strides[plane])
                * static_cast<std::size_t>(tjPlaneHeight(plane, height, subsampling));
        }
        planes.resize(std::max(planes.size(), bytes));
        for (int plane = 0; plane < 3; ++plane)
            at[plane] = planes.data() + offsets[plane];
        if (tjDecompressToYUVPlanes(decoder, jpeg.data(), jpeg.size(), at, width, strides, height, 0) == 0)
            ++good;
    }
    tjDestroy(decoder);
    return good;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2 || argc > 3) {
        fmt::print(stderr, "usage: turbojpeg_limit FILE.mjpeg [THREADS]\n");
        return 2;
    }
    unsigned threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 1;
    if (threads == 0)
        threads = std::max(1u, std::thread::hardware_concurrency());
    std::ifstream in(argv[1], std::ios::binary);
    const std::vector<char> file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto jpegs = split({ reinterpret_cast<const unsigned char*>(file.data()), file.size() });
    if (jpegs.empty()) {
        fmt::print(stderr, "turbojpeg_limit: no JPEG in {}\n", argv[1]);
        return 1;
    }
    std::atomic<std::size_t> next = 0;
    std::atomic<int> good = 0;
    const auto start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < threads; ++i)
            workers.emplace_back([&jpegs, &next, &good] { good += decodeAll(jpegs, next); });
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("{{\"frames\": {}, \"threads\": {}, \"seconds\": {:.6f}, \"fps\": {:.2f}, "
               "\"bytes_per_frame\": {}}}\n",
        good.load(), threads, seconds, good / seconds, file.size() / jpegs.size());
    return good == static_cast<int>(jpegs.size()) ? 0 : 1;
}
