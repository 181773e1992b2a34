#include "takes/jpeg_scan.hpp"
#include "takes/test_takes.hpp"

#include <random>

namespace backtake::takes {
namespace {

using Bytes = std::vector<std::byte>;

void put(Bytes& to, const Bytes& what) { to.insert(to.end(), what.begin(), what.end()); }
void put(Bytes& to, std::initializer_list<int> what)
{
    for (const int byte : what)
        to.push_back(static_cast<std::byte>(byte));
}

/// @param at_once bytes given to each feed(): the answer must not depend on it.
std::vector<FoundJpeg> scan(const Bytes& bytes, std::size_t at_once = 1 << 20)
{
    JpegScan jpegs;
    std::vector<FoundJpeg> found;
    for (std::size_t at = 0; at < bytes.size(); at += at_once)
        jpegs.feed(std::span(bytes).subspan(at, std::min(at_once, bytes.size() - at)), found);
    EXPECT_EQ(jpegs.offset(), bytes.size());
    return found;
}

/// An APP1 segment that carries @p inner.
Bytes withSegment(const Bytes& jpeg, const Bytes& inner)
{
    Bytes made(jpeg.begin(), jpeg.begin() + 2);
    const std::size_t length = inner.size() + 2;
    put(made, { 0xFF, 0xE1, static_cast<int>(length >> 8), static_cast<int>(length & 255) });
    put(made, inner);
    made.insert(made.end(), jpeg.begin() + 2, jpeg.end());
    return made;
}

TEST(JpegScans, JpegsOneAfterAnotherAreFoundWhereTheyLie)
{
    Bytes bytes;
    std::vector<FoundJpeg> expected;
    for (int n = 0; n < 20; ++n) {
        const Bytes jpeg = makeJpeg(n, 64 + 16 * (n % 3), 48);
        expected.push_back({ bytes.size(), jpeg.size(), 0, 64 + 16 * (n % 3), 48 });
        put(bytes, jpeg);
    }
    for (const std::size_t at_once :
        { bytes.size(), std::size_t { 1 }, std::size_t { 7 }, std::size_t { 4096 } }) {
        const auto found = scan(bytes, at_once);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].offset, expected[i].offset);
            EXPECT_EQ(found[i].size, expected[i].size);
            EXPECT_EQ(found[i].width, expected[i].width);
            EXPECT_EQ(found[i].height, 48);
            EXPECT_GT(found[i].entropy, found[i].offset + 100) << "behind its tables";
            EXPECT_LT(found[i].entropy, found[i].offset + found[i].size);
        }
    }
}

TEST(JpegScans, AThumbnailInsideOfOneIsNoPictureOfItsOwn)
{
    const Bytes jpeg = withSegment(makeJpeg(1), makeJpeg(2, 16, 16));
    const auto found = scan(jpeg);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].size, jpeg.size());
    EXPECT_EQ(found[0].width, 64);
}

TEST(JpegScans, FillBytesBeforeAMarkerBelongToThePicture)
{
    Bytes jpeg = makeJpeg(1);
    jpeg.insert(jpeg.begin() + 2, 3, std::byte { 0xFF });
    jpeg.insert(jpeg.end() - 2, 2, std::byte { 0xFF });
    const auto found = scan(jpeg);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].size, jpeg.size());
}

TEST(JpegScans, ATornPictureIsDroppedAndTheNextOneFound)
{
    const Bytes jpeg = makeJpeg(1);
    for (std::size_t length = 0; length < jpeg.size(); length += 7) {
        Bytes bytes(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(length));
        // Torn in the middle of a segment's length, it reaches 64 KiB far at most.
        while (bytes.size() < length + (1 << 16))
            put(bytes, makeJpeg(2));
        put(bytes, makeJpeg(3));
        const auto found = scan(bytes);
        ASSERT_FALSE(found.empty()) << length;
        EXPECT_EQ(found.back().offset + found.back().size, bytes.size());
        EXPECT_EQ(found.back().size, makeJpeg(3).size());
    }
}

TEST(JpegScans, WhatIsNoPictureHidesNone)
{
    Bytes bytes(5000, std::byte { 0 });
    put(bytes, { 0xFF, 0xD8, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xFF, 0xFF });
    put(bytes, makeJpeg(1));
    bytes.insert(bytes.end(), 5000, std::byte { 0xFF });
    const auto found = scan(bytes);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].offset, 5009u);
    EXPECT_TRUE(scan({}).empty());
}

TEST(JpegScans, ASizeThatNoPictureHasIsNone)
{
    Bytes jpeg = makeJpeg(1);
    for (std::size_t at = 0; at + 9 < jpeg.size(); ++at) {
        if (jpeg[at] == std::byte { 0xFF } && jpeg[at + 1] == std::byte { 0xC0 }) {
            jpeg[at + 7] = jpeg[at + 8] = std::byte { 0 }; // its width
            break;
        }
    }
    EXPECT_TRUE(scan(jpeg).empty());
}

/// Bytes made of little but markers: what is found lies in order, inside, and begins and ends as it must.
TEST(JpegScans, HostileBytesGiveNothingThatCannotBe)
{
    std::mt19937 random(5);
    const std::array<int, 12> likely { 0xFF, 0xFF, 0xD8, 0xD9, 0xDA, 0xC0, 0x00, 0x00, 0x08, 0xE1, 0xD0,
        0x11 };
    for (int round = 0; round < 2000; ++round) {
        Bytes bytes;
        for (int i = 0; i < 500; ++i)
            put(bytes, { likely[random() % likely.size()] });
        const auto found = scan(bytes);
        EXPECT_EQ(found.size(), scan(bytes, 1).size());
        std::uint64_t end = 0;
        for (const FoundJpeg& jpeg : found) {
            EXPECT_GE(jpeg.offset, end);
            end = jpeg.offset + jpeg.size;
            ASSERT_LE(end, bytes.size());
            EXPECT_EQ(bytes[jpeg.offset + 1], std::byte { 0xD8 });
            EXPECT_EQ(bytes[end - 1], std::byte { 0xD9 });
            EXPECT_LT(jpeg.entropy, end);
        }
    }
}

} // namespace
} // namespace backtake::takes
