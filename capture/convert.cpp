#include "capture/convert.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <vector>

namespace backtake::capture {
namespace {

using base::Subsampling;

// The arithmetic is 16 bit, eight pixels to the smallest SIMD register of the compiler's baseline. A sample
// enters as its 8 bit value << 7 (10 bit: << 5, the same scale), less its zero point. A coefficient is << 14.
// The high half of their product is the 8 bit value << 5: a thirty-second of a code value is what each
// product loses.
constexpr int kEntryBits = 7;
constexpr int kCoefficientBits = 14;
constexpr int kResultBits = kEntryBits + kCoefficientBits - 16;
constexpr int kHalf = 1 << (kResultBits - 1);
constexpr int kChromaZero = 128;

using Fixed = std::int16_t;

constexpr Fixed product(Fixed sample, Fixed coefficient)
{
    return static_cast<Fixed>((static_cast<std::int32_t>(sample) * coefficient) >> 16);
}

/// Rounding to whole code values: half of one, and half of what @p products lose on average by being cut off.
constexpr int rounding(int products) { return kHalf + products / 2; }

constexpr std::uint8_t clamped(Fixed value)
{
    const auto shifted = static_cast<Fixed>(value >> kResultBits);
    return static_cast<std::uint8_t>(std::clamp<Fixed>(shifted, 0, 255));
}

template <typename Sample> constexpr Fixed entry(Sample sample, int zero)
{
    if constexpr (sizeof(Sample) == 1)
        return static_cast<Fixed>((static_cast<int>(sample) << kEntryBits) - (zero << kEntryBits));
    else // 10 bit; what a sender left in the unused bits is not picture.
        return static_cast<Fixed>(
            ((static_cast<int>(sample) & 1023) << (kEntryBits - 2)) - (zero << kEntryBits));
}

Fixed coefficient(double value)
{
    assert(std::abs(value) < 2.0);
    return static_cast<Fixed>(std::lround(value * (1 << kCoefficientBits)));
}

struct Weights {
    double red, blue;
    [[nodiscard]] double green() const { return 1.0 - red - blue; }
};
constexpr Weights kBt601 { 0.299, 0.114 };   // Rec. ITU-R BT.601-7, 2.5.1
constexpr Weights kBt709 { 0.2126, 0.0722 }; // Rec. ITU-R BT.709-6, 3.2

/// From a YCbCr picture's colour to kJpegColour: Y' = luma*y + luma_cb*cb + luma_cr*cr, and so on. Luma has
/// no share in chroma, because grey is grey in both matrices.
struct Coefficients {
    Fixed luma, luma_cb, luma_cr;
    Fixed cb_cb, cb_cr;
    Fixed cr_cb, cr_cr;
    int luma_zero; ///< Code value of black, in 8 bit.
};

/// @param full_scale what the largest code value is, in 8 bit units: 255 for 8 bit, 1023/4 for 10 bit.
Coefficients coefficientsFrom(base::Colour colour, double full_scale)
{
    const bool limited = colour.range == base::Range::Limited;
    const double luma = 255.0 / (limited ? 219.0 : full_scale);
    const double chroma = 255.0 / (limited ? 224.0 : full_scale);
    const Weights from = colour.matrix == base::Matrix::Bt709 ? kBt709 : kBt601;
    const Weights to = kBt601;
    // R = Y + red_cr Cr, B = Y + blue_cb Cb, and G takes what makes the weights add up.
    const double red_cr = 2 * (1 - from.red);
    const double blue_cb = 2 * (1 - from.blue);
    const double green_cb = -from.blue / from.green() * blue_cb;
    const double green_cr = -from.red / from.green() * red_cr;
    const double luma_cb = to.green() * green_cb + to.blue * blue_cb;
    const double luma_cr = to.green() * green_cr + to.red * red_cr;
    const double to_cb = 1 / (2 * (1 - to.blue));
    const double to_cr = 1 / (2 * (1 - to.red));
    return {
        coefficient(luma),
        coefficient(luma_cb * chroma),
        coefficient(luma_cr * chroma),
        coefficient((blue_cb - luma_cb) * to_cb * chroma),
        coefficient(-luma_cr * to_cb * chroma),
        coefficient(-luma_cb * to_cr * chroma),
        coefficient((red_cr - luma_cr) * to_cr * chroma),
        limited ? 16 : 0,
    };
}

// --- row loops: plain, without branches, for the compiler to vectorise
// ------------------------------------------

template <typename Sample>
void convertLuma(const Sample* __restrict luma, const Fixed* __restrict share, std::uint8_t* __restrict to,
    int width, Fixed gain, int zero)
{
    for (int x = 0; x < width; ++x)
        to[x] = clamped(static_cast<Fixed>(product(entry(luma[x], zero), gain) + share[x]));
}

/// @param share out: what chroma adds to luma, with the rounding in it, one value per chroma sample.
template <typename Sample>
void convertChroma(const Sample* __restrict cb, const Sample* __restrict cr, std::uint8_t* __restrict to_cb,
    std::uint8_t* __restrict to_cr, Fixed* __restrict share, int width, const Coefficients& k)
{
    const Fixed luma_cb = k.luma_cb;
    const Fixed luma_cr = k.luma_cr;
    const Fixed cb_cb = k.cb_cb;
    const Fixed cb_cr = k.cb_cr;
    const Fixed cr_cb = k.cr_cb;
    const Fixed cr_cr = k.cr_cr;
    constexpr int kZero = (kChromaZero << kResultBits) + rounding(2);
    for (int x = 0; x < width; ++x) {
        const Fixed blue = entry(cb[x], kChromaZero);
        const Fixed red = entry(cr[x], kChromaZero);
        to_cb[x] = clamped(static_cast<Fixed>(product(blue, cb_cb) + product(red, cb_cr) + kZero));
        to_cr[x] = clamped(static_cast<Fixed>(product(blue, cr_cb) + product(red, cr_cr) + kZero));
        share[x] = static_cast<Fixed>(product(blue, luma_cb) + product(red, luma_cr) + rounding(3));
    }
}

void doubled(const Fixed* __restrict from, Fixed* __restrict to, int chroma_width)
{
    for (int x = 0; x < chroma_width; ++x) {
        to[2 * x] = from[x];
        to[2 * x + 1] = from[x];
    }
}

template <typename Sample>
void splitPairs(
    const Sample* __restrict pairs, Sample* __restrict first, Sample* __restrict second, int count)
{
    for (int x = 0; x < count; ++x) {
        first[x] = pairs[2 * x];
        second[x] = pairs[2 * x + 1];
    }
}

/// @param luma_at 0 for YUY2, 1 for UYVY.
void splitPacked(const std::uint8_t* __restrict packed, std::uint8_t* __restrict luma,
    std::uint8_t* __restrict cb, std::uint8_t* __restrict cr, int chroma_width, int luma_at)
{
    const std::uint8_t* __restrict lumas = packed + luma_at;
    const std::uint8_t* __restrict chromas = packed + (1 - luma_at);
    for (int x = 0; x < chroma_width; ++x) {
        luma[2 * x] = lumas[4 * x];
        luma[2 * x + 1] = lumas[4 * x + 2];
        cb[x] = chromas[4 * x];
        cr[x] = chromas[4 * x + 2];
    }
}

void highBits(const std::uint8_t* __restrict words, std::uint16_t* __restrict to, int count)
{
    for (int x = 0; x < count; ++x) {
        std::uint16_t word = 0;
        std::memcpy(&word, words + 2 * x, sizeof word);
        to[x] = static_cast<std::uint16_t>(word >> 6);
    }
}

/// The group of v210: Cb0 Y0 Cr0 | Y1 Cb2 Y2 | Cr2 Y3 Cb4 | Y4 Cr4 Y5, lowest bits first.
void splitV210(const std::uint8_t* __restrict groups, std::uint16_t* __restrict luma,
    std::uint16_t* __restrict cb, std::uint16_t* __restrict cr, int count)
{
    for (int g = 0; g < count; ++g) {
        std::array<std::uint32_t, 4> word {};
        std::memcpy(word.data(), groups + 16 * g, sizeof word);
        const auto bits = [&word](std::size_t index, int shift) {
            return static_cast<std::uint16_t>((word[index] >> shift) & 1023);
        };
        luma[6 * g] = bits(0, 10);
        luma[6 * g + 1] = bits(1, 0);
        luma[6 * g + 2] = bits(1, 20);
        luma[6 * g + 3] = bits(2, 10);
        luma[6 * g + 4] = bits(3, 0);
        luma[6 * g + 5] = bits(3, 20);
        cb[3 * g] = bits(0, 0);
        cb[3 * g + 1] = bits(1, 10);
        cb[3 * g + 2] = bits(2, 20);
        cr[3 * g] = bits(0, 20);
        cr[3 * g + 1] = bits(2, 0);
        cr[3 * g + 2] = bits(3, 10);
    }
}

// --- YCbCr
// --------------------------------------------------------------------------------------------------------

/// A row at a time, in samples of one type, wherever they lie in the source.
template <typename Sample> class RowReader {
public:
    explicit RowReader(const RawImage& image)
        : image_(image)
        , chroma_width_((image.width + 1) / 2)
    {
        const bool planar = image.layout == PixelLayout::I420 || image.layout == PixelLayout::Y42B
            || image.layout == PixelLayout::Y444 || image.layout == PixelLayout::Grey8
            || image.layout == PixelLayout::I420_10 || image.layout == PixelLayout::I422_10;
        if (planar)
            return;
        const std::size_t room =
            static_cast<std::size_t>(image.width) + 8; // whole pairs and whole v210 groups
        luma_.resize(room);
        cb_.resize(room);
        cr_.resize(room);
        if (image.layout == PixelLayout::P010)
            pairs_.resize(2 * room);
    }

    const Sample* luma(int row)
    {
        const std::uint8_t* bytes = rowOf(0, row);
        if constexpr (sizeof(Sample) == 1) {
            if (image_.layout == PixelLayout::YUY2 || image_.layout == PixelLayout::UYVY) {
                splitPacked(bytes, luma_.data(), cb_.data(), cr_.data(), chroma_width_,
                    image_.layout == PixelLayout::YUY2 ? 0 : 1);
                return luma_.data();
            }
        } else {
            if (image_.layout == PixelLayout::V210) {
                splitV210(bytes, luma_.data(), cb_.data(), cr_.data(), (image_.width + 5) / 6);
                return luma_.data();
            }
            if (image_.layout == PixelLayout::P010) {
                highBits(bytes, luma_.data(), image_.width);
                return luma_.data();
            }
        }
        return samples(bytes);
    }

    struct Chroma {
        const Sample* cb;
        const Sample* cr;
    };
    /// After luma() of the same row, for packed layouts hold both.
    Chroma chroma(int row)
    {
        switch (image_.layout) {
        case PixelLayout::YUY2:
        case PixelLayout::UYVY:
        case PixelLayout::V210:
            return { cb_.data(), cr_.data() };
        case PixelLayout::NV12:
            splitPairs(samples(rowOf(1, row)), cb_.data(), cr_.data(), chroma_width_);
            return { cb_.data(), cr_.data() };
        case PixelLayout::P010:
            if constexpr (sizeof(Sample) == 2)
                highBits(rowOf(1, row), pairs_.data(), 2 * chroma_width_);
            splitPairs(pairs_.data(), cb_.data(), cr_.data(), chroma_width_);
            return { cb_.data(), cr_.data() };
        default:
            return { samples(rowOf(1, row)), samples(rowOf(2, row)) };
        }
    }

private:
    [[nodiscard]] const std::uint8_t* rowOf(std::size_t plane, int row) const
    {
        return image_.planes[plane] + static_cast<std::ptrdiff_t>(row) * image_.strides[plane];
    }
    static const Sample* samples(const std::uint8_t* bytes)
    {
        assert(reinterpret_cast<std::uintptr_t>(bytes) % alignof(Sample) == 0);
        return reinterpret_cast<const Sample*>(bytes);
    }

    const RawImage& image_;
    int chroma_width_;
    std::vector<Sample> luma_, cb_, cr_, pairs_;
};

std::uint8_t* rowOf(base::Picture& picture, std::size_t plane, int row)
{
    return picture.planes[plane] + static_cast<std::ptrdiff_t>(row) * picture.strides[plane];
}

/// Only the layout differs.
void rearrange(const RawImage& from, base::Picture& to)
{
    RowReader<std::uint8_t> reader(from);
    const auto& format = to.format;
    const int rows_per_chroma = format.subsampling == Subsampling::S420 ? 2 : 1;
    for (int row = 0; row < format.height; ++row) {
        std::memcpy(rowOf(to, 0, row), reader.luma(row), static_cast<std::size_t>(format.width));
        if (format.planes() == 1 || row % rows_per_chroma != 0)
            continue;
        const auto chroma = reader.chroma(row / rows_per_chroma);
        const auto bytes = static_cast<std::size_t>(format.planeWidth(1));
        std::memcpy(rowOf(to, 1, row / rows_per_chroma), chroma.cb, bytes);
        std::memcpy(rowOf(to, 2, row / rows_per_chroma), chroma.cr, bytes);
    }
}

template <typename Sample> void convertYcc(const RawImage& from, base::Picture& to)
{
    const Coefficients k = coefficientsFrom(from.colour, sizeof(Sample) == 1 ? 255.0 : 1023.0 / 4);
    RowReader<Sample> reader(from);
    const auto& format = to.format;
    const int chroma_width = format.planeWidth(1);
    const int rows_per_chroma = format.subsampling == Subsampling::S420 ? 2 : 1;
    const bool halved = chroma_width != format.width || format.width == 1;
    std::vector<Fixed> share(static_cast<std::size_t>(format.width) + 2, static_cast<Fixed>(rounding(1)));
    std::vector<Fixed> share_of_pair(halved ? static_cast<std::size_t>(chroma_width) : 0);
    for (int row = 0; row < format.height; ++row) {
        const Sample* luma = reader.luma(row);
        if (format.planes() == 3 && row % rows_per_chroma == 0) {
            const int chroma_row = row / rows_per_chroma;
            const auto chroma = reader.chroma(chroma_row);
            convertChroma(chroma.cb, chroma.cr, rowOf(to, 1, chroma_row), rowOf(to, 2, chroma_row),
                halved ? share_of_pair.data() : share.data(), chroma_width, k);
            if (halved)
                doubled(share_of_pair.data(), share.data(), chroma_width);
        }
        convertLuma(luma, share.data(), rowOf(to, 0, row), format.width, k.luma, k.luma_zero);
    }
}

// --- RGB
// ----------------------------------------------------------------------------------------------------------

/// Colours into rows of their own, the last pixel of an odd row twice.
template <int bytes>
void splitRgb(const std::uint8_t* __restrict pixels, std::uint8_t* __restrict first,
    std::uint8_t* __restrict second, std::uint8_t* __restrict third, int width)
{
    for (int x = 0; x < width; ++x) {
        first[x] = pixels[bytes * x];
        second[x] = pixels[bytes * x + 1];
        third[x] = pixels[bytes * x + 2];
    }
    first[width] = first[width - 1];
    second[width] = second[width - 1];
    third[width] = third[width - 1];
}

void rgbToLuma(const std::uint8_t* __restrict red, const std::uint8_t* __restrict green,
    const std::uint8_t* __restrict blue, std::uint8_t* __restrict to, int width, double scale, int zero)
{
    const Fixed of_red = coefficient(kBt601.red * scale);
    const Fixed of_green = coefficient(kBt601.green() * scale);
    const Fixed of_blue = coefficient(kBt601.blue * scale);
    for (int x = 0; x < width; ++x) {
        to[x] = clamped(
            static_cast<Fixed>(product(entry(red[x], zero), of_red) + product(entry(green[x], zero), of_green)
                + product(entry(blue[x], zero), of_blue) + rounding(3)));
    }
}

void rgbToChroma(const std::uint8_t* __restrict red, const std::uint8_t* __restrict green,
    const std::uint8_t* __restrict blue, std::uint8_t* __restrict to, int chroma_width, Weights weights)
{
    const Fixed of_red = coefficient(weights.red);
    const Fixed of_blue = coefficient(weights.blue);
    const Fixed of_green = static_cast<Fixed>(-of_red - of_blue); // exactly, so that grey gives exactly 128
    constexpr int kZero = (kChromaZero << kResultBits) + rounding(2);
    const auto mean = [](std::uint8_t one, std::uint8_t two) {
        return static_cast<Fixed>((one + two) << (kEntryBits - 1));
    };
    for (int x = 0; x < chroma_width; ++x) {
        const Fixed middle = mean(green[2 * x], green[2 * x + 1]);
        to[x] = clamped(static_cast<Fixed>(product(mean(red[2 * x], red[2 * x + 1]), of_red)
            + product(middle, of_green) + product(mean(blue[2 * x], blue[2 * x + 1]), of_blue) + kZero));
    }
}

void convertRgb(const RawImage& from, base::Picture& to)
{
    const bool four = from.layout == PixelLayout::RGBX || from.layout == PixelLayout::BGRX;
    const bool red_first = from.layout == PixelLayout::RGB || from.layout == PixelLayout::RGBX;
    const bool limited = from.colour.range == base::Range::Limited;
    const double scale = limited ? 255.0 / 219.0 : 1.0;
    const double to_cb = scale / (2 * (1 - kBt601.blue));
    const double to_cr = scale / (2 * (1 - kBt601.red));
    const Weights cb { -kBt601.red * to_cb, (1 - kBt601.blue) * to_cb };
    const Weights cr { (1 - kBt601.red) * to_cr, -kBt601.blue * to_cr };
    const auto room = static_cast<std::size_t>(from.width) + 1;
    std::vector<std::uint8_t> first(room), second(room), third(room);
    const std::uint8_t* red = red_first ? first.data() : third.data();
    const std::uint8_t* blue = red_first ? third.data() : first.data();
    const int chroma_width = to.format.planeWidth(1);
    for (int row = 0; row < from.height; ++row) {
        const std::uint8_t* pixels = from.planes[0] + static_cast<std::ptrdiff_t>(row) * from.strides[0];
        if (four)
            splitRgb<4>(pixels, first.data(), second.data(), third.data(), from.width);
        else
            splitRgb<3>(pixels, first.data(), second.data(), third.data(), from.width);
        rgbToLuma(red, second.data(), blue, rowOf(to, 0, row), from.width, scale, limited ? 16 : 0);
        rgbToChroma(red, second.data(), blue, rowOf(to, 1, row), chroma_width, cb);
        rgbToChroma(red, second.data(), blue, rowOf(to, 2, row), chroma_width, cr);
    }
}

} // namespace

base::PictureFormat convertedFormat(const RawImage& from)
{
    Subsampling subsampling = Subsampling::S422;
    switch (from.layout) {
    case PixelLayout::I420:
    case PixelLayout::NV12:
    case PixelLayout::I420_10:
    case PixelLayout::P010:
        subsampling = Subsampling::S420;
        break;
    case PixelLayout::Y444:
        subsampling = Subsampling::S444;
        break;
    case PixelLayout::Grey8:
        subsampling = Subsampling::Grey;
        break;
    case PixelLayout::Y42B:
    case PixelLayout::YUY2:
    case PixelLayout::UYVY:
    case PixelLayout::I422_10:
    case PixelLayout::V210:
    case PixelLayout::RGB:
    case PixelLayout::BGR:
    case PixelLayout::RGBX:
    case PixelLayout::BGRX:
        break;
    }
    return { from.width, from.height, subsampling, base::kJpegColour };
}

void convert(const RawImage& from, base::Picture& to)
{
    assert(to.format == convertedFormat(from));
    switch (from.layout) {
    case PixelLayout::I420_10:
    case PixelLayout::I422_10:
    case PixelLayout::P010:
    case PixelLayout::V210:
        return convertYcc<std::uint16_t>(from, to);
    case PixelLayout::RGB:
    case PixelLayout::BGR:
    case PixelLayout::RGBX:
    case PixelLayout::BGRX:
        return convertRgb(from, to);
    case PixelLayout::Grey8:
        // A matrix is of no meaning without chroma.
        return from.colour.range == base::Range::Full ? rearrange(from, to)
                                                      : convertYcc<std::uint8_t>(from, to);
    case PixelLayout::I420:
    case PixelLayout::Y42B:
    case PixelLayout::Y444:
    case PixelLayout::NV12:
    case PixelLayout::YUY2:
    case PixelLayout::UYVY:
        return from.colour == base::kJpegColour ? rearrange(from, to) : convertYcc<std::uint8_t>(from, to);
    }
}

} // namespace backtake::capture
