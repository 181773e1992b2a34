/// A decoded picture and the pool its pixels come from.
#pragma once

#include "base/thread_marks.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace backtake::base {

enum class Subsampling { Grey = 1, S420, S422, S444 };
enum class Matrix { Bt601 = 1, Bt709 };
enum class Range { Full = 1, Limited };

/// How to turn a picture to see it upright: by nothing, by 180 degrees (the camera hung upside down), left
/// and right exchanged, top and bottom exchanged.
enum class Orientation { Upright = 1, UpsideDown, Mirrored, Flipped };

/// Colour travels with every picture and is never guessed from its size.
struct Colour {
    Matrix matrix = Matrix::Bt601;
    Range range = Range::Full;
    friend bool operator==(const Colour&, const Colour&) = default;
};
/// What every JPEG reader expects: full range BT.601 (JFIF). All pictures in ring, recording and review have
/// it.
inline constexpr Colour kJpegColour {};

/// Size and layout of a picture: 8 bit planar YCbCr. Chroma sizes are rounded up.
struct PictureFormat {
    int width = 0;
    int height = 0;
    Subsampling subsampling = Subsampling::S422;
    Colour colour {};

    [[nodiscard]] int planes() const { return subsampling == Subsampling::Grey ? 1 : 3; }
    [[nodiscard]] int planeWidth(int plane) const
    {
        const bool halved =
            plane > 0 && (subsampling == Subsampling::S420 || subsampling == Subsampling::S422);
        return halved ? (width + 1) / 2 : width;
    }
    [[nodiscard]] int planeHeight(int plane) const
    {
        return plane > 0 && subsampling == Subsampling::S420 ? (height + 1) / 2 : height;
    }
    friend bool operator==(const PictureFormat&, const PictureFormat&) = default;
};

/// Largest width and height accepted from outside; above it a header is taken for damage.
inline constexpr int kLargestSide = 16384;

/// 8 bit planar pixels. Written by the thread that acquired it, then shared as PicturePtr and immutable.
struct Picture {
    PictureFormat format;
    std::array<std::uint8_t*, 3> planes {}; ///< Rows of stride[] bytes; null for planes the format lacks.
    std::array<int, 3> strides {};          ///< Bytes from row to row: the plane's width rounded up to 64.
    bool damaged = false; ///< A placeholder, or decoded from a damaged JPEG: say so on screen.

    [[nodiscard]] std::size_t bytes() const { return storage.size(); }
    std::vector<std::uint8_t> storage; ///< Owns the planes.
};
using PicturePtr = std::shared_ptr<const Picture>;

/// Pictures in flight, capped in bytes; buffers are kept and used again.
/// Room: any thread. Time: one short lock, and an allocation when no buffer of that size is free.
class PicturePool {
public:
    explicit PicturePool(std::size_t cap_bytes);

    /// @return nullptr when the cap is reached: wait until a picture is given back, or drop. Never throws for
    /// a
    ///         format that fits in kLargestSide. A single picture larger than the cap is still granted when
    ///         none other is in flight.
    std::shared_ptr<Picture> tryAcquire(const PictureFormat& format);

    /// Pixels handed out now, in bytes.
    [[nodiscard]] std::size_t inFlightBytes() const;

private:
    struct State;
    std::shared_ptr<State> state_; ///< Outlives the pool while pictures are out.
};

/// Bytes of one picture of this format in a pool.
std::size_t pictureBytes(const PictureFormat& format);

} // namespace backtake::base
