/// The one colour conversion on the way in: whatever a camera sends becomes 8 bit planar full range BT.601.
///
/// Our own and neither zimg nor swscale nor videoconvert, because this runs once on every frame of a camera,
/// before the ring: swscale does not change the matrix between two YCbCr formats (only from and to RGB),
/// videoconvert passes the picture on unchanged when only the range differs, and zimg goes through float
/// lines and resampled chroma. Between two YCbCr matrices chroma does not depend on luma (grey is grey in
/// both), so that chroma is a 2x2 of chroma at its own resolution and luma one row of a 3x3 with the chroma
/// that lies over it: integer row loops, a little more than a copy.
#pragma once

#include "base/picture.hpp"

#include <array>
#include <cstdint>

namespace backtake::capture {

/// How the bytes of a raw picture lie. 10 bit words are little endian and lie at even addresses.
enum class PixelLayout {
    I420 = 1, ///< 8 bit planes Y, Cb, Cr; chroma halved both ways.
    Y42B,     ///< 8 bit planes Y, Cb, Cr; chroma halved across.
    Y444,     ///< 8 bit planes Y, Cb, Cr.
    Grey8,    ///< 8 bit Y.
    NV12,     ///< 8 bit Y; 8 bit CbCr pairs, halved both ways.
    YUY2,     ///< Packed Y0 Cb Y1 Cr.
    UYVY,     ///< Packed Cb Y0 Cr Y1.
    I420_10,  ///< As I420 in 16 bit words, the low 10 bits used.
    I422_10,  ///< As Y42B in 16 bit words, the low 10 bits used.
    P010,     ///< As NV12 in 16 bit words, the high 10 bits used.
    V210,     ///< Packed 4:2:2, 6 pixels in four 32 bit words of three 10 bit values; rows of whole groups.
    RGB,      ///< Packed 8 bit R G B.
    BGR,
    RGBX, ///< Packed 8 bit R G B and one byte of nothing.
    BGRX,
};

/// A camera's pixels, borrowed for the length of one call.
struct RawImage {
    PixelLayout layout = PixelLayout::I420;
    int width = 0;
    int height = 0;
    base::Colour colour {}; ///< What the numbers mean. For RGB the matrix is of no meaning; the range counts.
    std::array<const std::uint8_t*, 3>
        planes {};                 ///< Packed layouts use the first, NV12 and P010 the first two.
    std::array<int, 3> strides {}; ///< Bytes from row to row, at least a row's bytes.
};

/// Format of the picture convert() fills: 4:2:0 stays 4:2:0, 4:2:2 and RGB become 4:2:2, grey stays grey,
/// 4:4:4 stays 4:4:4; always base::kJpegColour.
base::PictureFormat convertedFormat(const RawImage& from);

/// Converts matrix, range, depth and layout, once. Within 1 code value of exact arithmetic; what does not fit
/// in 0 … 255 is clamped; 10 bit is rounded. Chroma is taken as it lies, never moved or filtered; chroma of
/// RGB is the mean of a pair. Room: any thread. Time: 1920x1080 4:2:2 takes about 0.5 ms on one core, RGB 3
/// ms, a copy when only the layout differs 0.1 ms (gcc -O3). Allocates only small row buffers.
/// @param to a picture of convertedFormat(from), to be overwritten whole.
void convert(const RawImage& from, base::Picture& to);

} // namespace backtake::capture
