#include "playback/clip_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

namespace backtake::playback {

using base::fail;
using base::Fault;
using base::Result;
using base::Subsampling;

namespace {

/// Weights of red and blue in luma.
struct Weights {
    double red;
    double blue;
};

Weights weightsOf(const AVFrame& frame)
{
    switch (frame.colorspace) { // ITU-T H.273, table 4
    case AVCOL_SPC_BT709:
        return { 0.2126, 0.0722 };
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return { 0.2627, 0.0593 };
    case AVCOL_SPC_SMPTE240M:
        return { 0.212, 0.087 };
    case AVCOL_SPC_FCC:
        return { 0.30, 0.11 };
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return { 0.299, 0.114 };
    default:
        break;
    }
    // The stream does not say. Standard definition is BT.601 and all above BT.709, as players take it.
    const bool high_definition = frame.width > 1024 || frame.height > 576;
    return high_definition ? Weights { 0.2126, 0.0722 } : Weights { 0.299, 0.114 };
}

bool isFullRange(const AVFrame& frame)
{
    switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ411P:
        return true;
    default:
        return frame.color_range == AVCOL_RANGE_JPEG;
    }
}

constexpr int kFractionBits = 16;
constexpr int kMostBits =
    12; ///< Deeper samples lose their lowest bits first, so that 32 bit arithmetic holds them.

/// out = (a * y + b * cb + c * cr + constant) >> kFractionBits, of sample values as they are in the source.
struct Row {
    std::int32_t y = 0;
    std::int32_t cb = 0;
    std::int32_t cr = 0;
    std::int32_t constant = 0;
};
struct Conversion {
    Row luma;
    Row blue;
    Row red;
    bool identity = false;
};

Conversion conversionFrom(Weights from, bool full_range, int bits)
{
    constexpr Weights kTo { 0.299, 0.114 };
    const double from_green = 1 - from.red - from.blue;
    const double to_green = 1 - kTo.red - kTo.blue;
    // Luma in the new matrix: y + a * cb + b * cr, with y in 0 … 1 and chroma in -0.5 … 0.5.
    const double green_of_cb = -2 * from.blue * (1 - from.blue) / from_green;
    const double green_of_cr = -2 * from.red * (1 - from.red) / from_green;
    const double a = kTo.blue * 2 * (1 - from.blue) + to_green * green_of_cb;
    const double b = kTo.red * 2 * (1 - from.red) + to_green * green_of_cr;
    const double blue_of_cb = (2 * (1 - from.blue) - a) / (2 * (1 - kTo.blue));
    const double blue_of_cr = -b / (2 * (1 - kTo.blue));
    const double red_of_cb = -a / (2 * (1 - kTo.red));
    const double red_of_cr = (2 * (1 - from.red) - b) / (2 * (1 - kTo.red));

    const double unit = std::exp2(bits - 8);
    const double luma_zero = full_range ? 0.0 : 16 * unit;
    const double luma_span = full_range ? std::exp2(bits) - 1 : 219 * unit;
    const double chroma_zero = 128 * unit;
    const double chroma_span = full_range ? std::exp2(bits) - 1 : 224 * unit;
    const double one = 255.0 * (1 << kFractionBits);

    const auto row = [&](double y, double cb, double cr, double zero) {
        const double of_y = y * one / luma_span;
        const double of_cb = cb * one / chroma_span;
        const double of_cr = cr * one / chroma_span;
        const double constant =
            (zero + 0.5) * (1 << kFractionBits) - of_y * luma_zero - (of_cb + of_cr) * chroma_zero;
        return Row { static_cast<std::int32_t>(std::lround(of_y)),
            static_cast<std::int32_t>(std::lround(of_cb)), static_cast<std::int32_t>(std::lround(of_cr)),
            static_cast<std::int32_t>(std::lround(constant)) };
    };
    Conversion conversion { row(1, a, b, 0), row(0, blue_of_cb, blue_of_cr, 128),
        row(0, red_of_cb, red_of_cr, 128), false };
    conversion.identity = full_range && bits == 8 && from.red == kTo.red && from.blue == kTo.blue;
    return conversion;
}

std::uint8_t clamped(std::int32_t value)
{
    return static_cast<std::uint8_t>(std::clamp(value >> kFractionBits, 0, 255));
}

/// One row of one component, widened to 16 bits and brought to at most kMostBits.
void unpack(
    const AVFrame& frame, const AVComponentDescriptor& component, int row, int count, std::uint16_t* into)
{
    const std::uint8_t* at = frame.data[component.plane]
        + static_cast<std::ptrdiff_t>(row) * frame.linesize[component.plane] + component.offset;
    if (component.depth == 8 && component.shift == 0) {
        if (component.step == 1) {
            for (int x = 0; x < count; ++x)
                into[x] = at[x];
        } else {
            for (int x = 0; x < count; ++x)
                into[x] = at[static_cast<std::ptrdiff_t>(x) * component.step];
        }
        return;
    }
    const int shift = component.shift + std::max(0, component.depth - kMostBits);
    for (int x = 0; x < count; ++x) {
        std::uint16_t word = 0;
        std::memcpy(&word, at + static_cast<std::ptrdiff_t>(x) * component.step, sizeof word);
        into[x] = static_cast<std::uint16_t>(word >> shift);
    }
}

/// Luma of a row whose chroma lies @p kShift pixels wide.
template <int kShift>
void convertLuma(const Row& row, const std::uint16_t* y, const std::uint16_t* cb, const std::uint16_t* cr,
    int count, std::uint8_t* to)
{
    for (int x = 0; x < count; ++x)
        to[x] = clamped(row.y * y[x] + row.cb * cb[x >> kShift] + row.cr * cr[x >> kShift] + row.constant);
}

} // namespace

Result<std::shared_ptr<base::Picture>> pictureFrom(const AVFrame& frame, base::PicturePool& pool)
{
    const auto* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    constexpr std::uint64_t kForeign = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM
        | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BE;
    const auto unsupported = [&] {
        return fail(Fault::Unsupported,
            fmt::format("pictures of the kind {} cannot be shown yet: convert the clip to Motion JPEG, "
                        "ProRes or H.264",
                layout != nullptr ? layout->name : "unknown"));
    };
    if (layout == nullptr || (layout->flags & kForeign) != 0)
        return unsupported();
    const bool grey = layout->nb_components < 3;
    const int depth = layout->comp[0].depth;
    for (int i = 0; i < (grey ? 1 : 3); ++i)
        if (layout->comp[i].depth != depth || depth < 8 || depth > 16 || layout->comp[i].step > 8)
            return unsupported();
    const int across = grey ? 0 : layout->log2_chroma_w;
    const int down = grey ? 0 : layout->log2_chroma_h;
    base::PictureFormat format { frame.width, frame.height, Subsampling::Grey, base::kJpegColour };
    if (!grey) {
        if (across == 0 && down == 0)
            format.subsampling = Subsampling::S444;
        else if (across <= 2 && down == 0)
            format.subsampling = Subsampling::S422;
        else if (across == 1 && down == 1)
            format.subsampling = Subsampling::S420;
        else
            return unsupported();
    }
    if (frame.width <= 0 || frame.height <= 0 || frame.width > base::kLargestSide
        || frame.height > base::kLargestSide)
        return fail(Fault::Corrupt, fmt::format("a picture claims {}x{} pixels", frame.width, frame.height));
    auto picture = pool.tryAcquire(format);
    if (!picture)
        return fail(Fault::Busy, "all pictures of the pool are in use");

    const auto conversion = conversionFrom(weightsOf(frame), isFullRange(frame), std::min(depth, kMostBits));
    const bool same_layout =
        across <= 1 && (grey || (layout->comp[1].step == 1 && layout->comp[2].step == 1));
    if (conversion.identity && depth == 8 && layout->comp[0].step == 1 && same_layout) {
        for (int plane = 0; plane < format.planes(); ++plane) {
            const auto& component = layout->comp[plane];
            const auto at = static_cast<std::size_t>(plane);
            for (int row = 0; row < format.planeHeight(plane); ++row)
                std::memcpy(picture->planes[at] + static_cast<std::ptrdiff_t>(row) * picture->strides[at],
                    frame.data[component.plane]
                        + static_cast<std::ptrdiff_t>(row) * frame.linesize[component.plane]
                        + component.offset,
                    static_cast<std::size_t>(format.planeWidth(plane)));
        }
        return picture;
    }

    const int width = frame.width;
    const int chroma_width = (width + (1 << across) - 1) >> across; // as it lies in the source
    const auto middle = static_cast<std::uint16_t>(1 << (std::min(depth, kMostBits) - 1));
    std::vector<std::uint16_t> y(static_cast<std::size_t>(width));
    std::vector<std::uint16_t> cb(
        static_cast<std::size_t>(chroma_width), middle); // grey: stays in the middle
    std::vector<std::uint16_t> cr(static_cast<std::size_t>(chroma_width), middle);
    for (int row = 0; row < frame.height; ++row) {
        const bool new_chroma = !grey && (row & ((1 << down) - 1)) == 0;
        unpack(frame, layout->comp[0], row, width, y.data());
        if (new_chroma) {
            const int chroma_row = row >> down;
            unpack(frame, layout->comp[1], chroma_row, chroma_width, cb.data());
            unpack(frame, layout->comp[2], chroma_row, chroma_width, cr.data());
            auto* blue = picture->planes[1] + static_cast<std::ptrdiff_t>(chroma_row) * picture->strides[1];
            auto* red = picture->planes[2] + static_cast<std::ptrdiff_t>(chroma_row) * picture->strides[2];
            const int repeat = across == 2 ? 1 : 0; // 4:1:1 has half the samples of 4:2:2
            for (int x = 0; x < format.planeWidth(1); ++x) {
                const std::int32_t from_cb = cb[static_cast<std::size_t>(x >> repeat)];
                const std::int32_t from_cr = cr[static_cast<std::size_t>(x >> repeat)];
                blue[x] = clamped(
                    conversion.blue.cb * from_cb + conversion.blue.cr * from_cr + conversion.blue.constant);
                red[x] = clamped(
                    conversion.red.cb * from_cb + conversion.red.cr * from_cr + conversion.red.constant);
            }
        }
        auto* to = picture->planes[0] + static_cast<std::ptrdiff_t>(row) * picture->strides[0];
        switch (across) {
        case 0:
            convertLuma<0>(conversion.luma, y.data(), cb.data(), cr.data(), width, to);
            break;
        case 1:
            convertLuma<1>(conversion.luma, y.data(), cb.data(), cr.data(), width, to);
            break;
        default:
            convertLuma<2>(conversion.luma, y.data(), cb.data(), cr.data(), width, to);
            break;
        }
    }
    return picture;
}

} // namespace backtake::playback
