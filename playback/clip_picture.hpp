/// A picture as FFmpeg decodes it, made into one as everything in Backtake expects it: 8 bit planar full
/// range BT.601.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"

#include <memory>

struct AVFrame;

namespace backtake::playback {

/// Converts matrix, range, depth and layout once. 4:2:0, 4:2:2 and 4:4:4 keep their chroma as it lies, 4:1:1
/// becomes 4:2:2, grey stays grey; chroma is never filtered. Within 1 code value of exact arithmetic for
/// sources of up to 12 bits. The matrix is changed without a detour over RGB: chroma does not depend on luma,
/// for grey is grey in every matrix. Room: any thread.
/// @return Fault::Unsupported for pixel formats that are not planar or half planar YCbCr (RGB, palettes, big
/// endian words),
///         Corrupt for a size above kLargestSide, Busy when the pool is at its cap.
base::Result<std::shared_ptr<base::Picture>> pictureFrom(const AVFrame& frame, base::PicturePool& pool);

} // namespace backtake::playback
