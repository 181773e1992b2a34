#include "base/jpeg.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace backtake::base {
namespace {

std::vector<std::byte> greyJpeg(PicturePool& pool)
{
    const auto picture = pool.tryAcquire({ 64, 64, Subsampling::S422, kJpegColour });
    for (int plane = 0; plane < 3; ++plane)
        std::fill_n(picture->planes[static_cast<std::size_t>(plane)],
            picture->strides[static_cast<std::size_t>(plane)] * picture->format.planeHeight(plane),
            std::uint8_t { 128 });
    JpegEncoder encoder;
    const auto jpeg = encoder.encode(*picture, 90);
    return jpeg ? std::vector<std::byte>(jpeg->begin(), jpeg->end()) : std::vector<std::byte>();
}

// Fails for a decoder that keeps the state of a damaged header: every frame after it would be lost, too.
TEST(Jpeg, ADamagedOneDoesNotSpoilTheNext)
{
    PicturePool pool(1 << 24);
    const auto good = greyJpeg(pool);
    ASSERT_FALSE(good.empty());
    JpegDecoder decoder;
    for (std::size_t at = 3; at < good.size(); at += 7) {
        auto damaged = good;
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(at), damaged.end(), std::byte { 0x33 });
        (void)readJpegHeader(damaged);
        (void)decoder.decode(damaged, pool);
        damaged.resize(at);
        (void)readJpegHeader(damaged);
        (void)decoder.decode(damaged, pool);
        ASSERT_TRUE(readJpegHeader(good)) << at;
        const auto picture = decoder.decode(good, pool);
        ASSERT_TRUE(picture) << at;
        EXPECT_FALSE((*picture)->damaged) << at;
    }
}

} // namespace
} // namespace backtake::base
