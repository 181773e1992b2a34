/// JPEG, the one compressed form in ring, recording and review: header check, planar encode and decode
/// (TurboJPEG). It lies in base because capture encodes, capture's live view and playback decode, and takes
/// checks what it finds.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace backtake::base {

/// What a JPEG's own header says; it rules, not what a camera promised.
struct JpegHeader {
    int width = 0;
    int height = 0;
    Subsampling subsampling = Subsampling::S422;
    bool complete = false; ///< Starts with SOI and ends with EOI (a trailing fill of 00 or FF, as containers
                           ///< pad with, is allowed).
};

/// Room: any thread. @return Fault::Corrupt when it is no JPEG or its size is 0 or above kLargestSide,
/// Fault::Unsupported for CMYK and for chroma layouts other than grey, 4:2:0, 4:2:2 and 4:4:4.
Result<JpegHeader> readJpegHeader(std::span<const std::byte> jpeg);

/// Compresses planar pictures in kJpegColour. Room: one thread at a time. Owns a scratch buffer of the
/// worst-case size.
class JpegEncoder {
public:
    JpegEncoder();
    ~JpegEncoder();
    JpegEncoder(JpegEncoder&&) noexcept;
    JpegEncoder& operator=(JpegEncoder&&) noexcept;

    /// @param quality 1 … 100. @return bytes in the scratch buffer, valid until the next call.
    Result<std::span<const std::byte>> encode(const Picture& picture, int quality);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A picture as screens take it: rows from the top, four bytes a pixel.
struct RgbaPicture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgba; ///< width * height * 4 bytes; alpha is 255.
};

/// Decompresses into pooled planar pictures. Room: one thread at a time.
class JpegDecoder {
public:
    JpegDecoder();
    ~JpegDecoder();
    JpegDecoder(JpegDecoder&&) noexcept;
    JpegDecoder& operator=(JpegDecoder&&) noexcept;

    /// Decodes a whole JPEG. A damaged one (TurboJPEG warns) still gives what could be decoded, marked
    /// `damaged`.
    /// @return Fault::Corrupt when nothing could be decoded, Fault::Busy when the pool is at its cap.
    Result<std::shared_ptr<Picture>> decode(std::span<const std::byte> jpeg, PicturePool& pool);
    /// Decodes to the smallest of an eighth, a quarter, half and full size that is @p least_height high: at
    /// an eighth for a fifth of the time. @return Fault::Corrupt when it is damaged.
    Result<RgbaPicture> decodeSmall(std::span<const std::byte> jpeg, int least_height);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::base
