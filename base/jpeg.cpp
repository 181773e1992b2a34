#include "base/jpeg.hpp"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <array>
#include <cstring>

namespace backtake::base {
namespace {

const unsigned char* raw(std::span<const std::byte> bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

int turboSubsampling(Subsampling subsampling)
{
    switch (subsampling) {
    case Subsampling::Grey:
        return TJSAMP_GRAY;
    case Subsampling::S420:
        return TJSAMP_420;
    case Subsampling::S422:
        return TJSAMP_422;
    case Subsampling::S444:
        return TJSAMP_444;
    }
    return TJSAMP_422;
}

struct HandleCloser {
    void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, HandleCloser>;

/// Replaces the handle after a damaged header: TurboJPEG 2.1 leaves its reader in the middle of that JPEG,
/// and would take every good one after it for damaged, too.
Result<JpegHeader> readHeader(Handle& handle, std::span<const std::byte> jpeg)
{
    int width = 0;
    int height = 0;
    int subsampling = 0;
    int colourspace = 0;
    if (jpeg.size() < 4 || raw(jpeg)[0] != 0xFF || raw(jpeg)[1] != 0xD8)
        return fail(Fault::Corrupt, "the bytes are no JPEG");
    if (tjDecompressHeader3(handle.get(), raw(jpeg), static_cast<unsigned long>(jpeg.size()), &width, &height,
            &subsampling, &colourspace)
        != 0) {
        std::string words = tjGetErrorStr2(handle.get());
        handle.reset(tjInitDecompress());
        return fail(Fault::Corrupt, "the bytes are no JPEG", std::move(words));
    }
    if (width <= 0 || height <= 0 || width > kLargestSide || height > kLargestSide)
        return fail(Fault::Corrupt, fmt::format("a JPEG claims {}x{} pixels", width, height));
    JpegHeader header { width, height, Subsampling::S422, false };
    if (colourspace == TJCS_GRAY)
        header.subsampling = Subsampling::Grey;
    else if (colourspace == TJCS_YCbCr && subsampling == TJSAMP_420)
        header.subsampling = Subsampling::S420;
    else if (colourspace == TJCS_YCbCr && subsampling == TJSAMP_422)
        header.subsampling = Subsampling::S422;
    else if (colourspace == TJCS_YCbCr && subsampling == TJSAMP_444)
        header.subsampling = Subsampling::S444;
    else
        return fail(Fault::Unsupported,
            "this JPEG's colour layout is not supported (grey, 4:2:0, 4:2:2 and 4:4:4 are)");
    std::size_t end = jpeg.size();
    while (end > 2 && (raw(jpeg)[end - 1] == 0x00 || raw(jpeg)[end - 1] == 0xFF))
        --end;
    header.complete = raw(jpeg)[end - 2] == 0xFF && raw(jpeg)[end - 1] == 0xD9;
    return header;
}

struct BufferFreer {
    void operator()(unsigned char* buffer) const { tjFree(buffer); }
};

} // namespace

Result<JpegHeader> readJpegHeader(std::span<const std::byte> jpeg)
{
    thread_local Handle handle(tjInitDecompress());
    return readHeader(handle, jpeg);
}

struct JpegEncoder::State {
    Handle handle { tjInitCompress() };
    std::unique_ptr<unsigned char, BufferFreer> scratch;
    unsigned long scratch_size = 0;
};

JpegEncoder::JpegEncoder()
    : state_(std::make_unique<State>())
{
}
JpegEncoder::~JpegEncoder() = default;
JpegEncoder::JpegEncoder(JpegEncoder&&) noexcept = default;
JpegEncoder& JpegEncoder::operator=(JpegEncoder&&) noexcept = default;

Result<std::span<const std::byte>> JpegEncoder::encode(const Picture& picture, int quality)
{
    const PictureFormat& format = picture.format;
    const int subsampling = turboSubsampling(format.subsampling);
    const unsigned long worst = tjBufSize(format.width, format.height, subsampling);
    if (state_->scratch_size < worst) {
        state_->scratch.reset(tjAlloc(static_cast<int>(worst)));
        state_->scratch_size = state_->scratch ? worst : 0;
        if (!state_->scratch)
            return fail(Fault::Failed, "no memory to compress a picture: close other programs");
    }
    std::array<const unsigned char*, 3> planes { picture.planes[0], picture.planes[1], picture.planes[2] };
    unsigned char* out = state_->scratch.get();
    unsigned long size = state_->scratch_size;
    if (tjCompressFromYUVPlanes(state_->handle.get(), planes.data(), format.width, picture.strides.data(),
            format.height, subsampling, &out, &size, quality, TJFLAG_NOREALLOC)
        != 0)
        return fail(Fault::Failed, "a picture could not be compressed", tjGetErrorStr2(state_->handle.get()));
    return std::span(reinterpret_cast<const std::byte*>(out), size);
}

struct JpegDecoder::State {
    Handle handle { tjInitDecompress() };
};

JpegDecoder::JpegDecoder()
    : state_(std::make_unique<State>())
{
}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

Result<std::shared_ptr<Picture>> JpegDecoder::decode(std::span<const std::byte> jpeg, PicturePool& pool)
{
    const auto header = readHeader(state_->handle, jpeg);
    if (!header)
        return fail(header.error());
    void* handle = state_->handle.get();
    auto picture = pool.tryAcquire({ header->width, header->height, header->subsampling, kJpegColour });
    if (!picture)
        return fail(Fault::Busy, "all pictures of the pool are in use");
    // TurboJPEG writes planes of its own padded sizes, which PictureFormat's rounded-up chroma sizes match.
    if (tjDecompressToYUVPlanes(handle, raw(jpeg), static_cast<unsigned long>(jpeg.size()),
            picture->planes.data(), header->width, picture->strides.data(), header->height, 0)
        != 0) {
        if (tjGetErrorCode(handle) != TJERR_WARNING)
            return fail(Fault::Corrupt, "a JPEG could not be decoded", tjGetErrorStr2(handle));
        picture->damaged = true;
    }
    picture->damaged = picture->damaged || !header->complete;
    return picture;
}

Result<RgbaPicture> JpegDecoder::decodeSmall(std::span<const std::byte> jpeg, int least_height)
{
    const auto header = readHeader(state_->handle, jpeg);
    if (!header)
        return fail(header.error());
    tjscalingfactor scale { 1, 1 };
    for (const int part : { 2, 4, 8 }) {
        if (TJSCALED(header->height, (tjscalingfactor { 1, part })) >= least_height)
            scale.denom = part;
    }
    RgbaPicture picture { TJSCALED(header->width, scale), TJSCALED(header->height, scale), {} };
    picture.rgba.resize(
        static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 4);
    if (tjDecompress2(state_->handle.get(), raw(jpeg), static_cast<unsigned long>(jpeg.size()),
            picture.rgba.data(), picture.width, 0, picture.height, TJPF_RGBA, 0)
            != 0
        || !header->complete)
        return fail(Fault::Corrupt, "a JPEG could not be decoded", tjGetErrorStr2(state_->handle.get()));
    return picture;
}

} // namespace backtake::base
