/// What the tests of takes share: a folder that goes away, real JPEGs, and a take with known frames.
#pragma once

#include "base/jpeg.hpp"
#include "takes/recording.hpp"
#include "takes/recording_writer.hpp"
#include "tests/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace backtake::takes {

using base::Fault;
using base::FrameIndex;
using base::FramePtr;
using base::Loss;
using base::Nanos;
using tests::Folder;
using namespace std::chrono_literals;

/// Fails the test with the operator's line when a call did not succeed.
#define ASSERT_OK(result) ASSERT_TRUE((result).has_value()) << (result).error().message
#define EXPECT_OK(result) EXPECT_TRUE((result).has_value()) << (result).error().message
/// Expects a fault, and that the operator is told something.
#define EXPECT_FAULT(result, expected)                                                                       \
    do {                                                                                                     \
        const auto& outcome_ = (result);                                                                     \
        ASSERT_FALSE(outcome_.has_value());                                                                  \
        EXPECT_EQ(outcome_.error().fault, expected) << outcome_.error().message;                             \
        EXPECT_FALSE(outcome_.error().message.empty());                                                      \
    } while (false)

inline std::string readAll(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

inline void writeAll(const std::filesystem::path& path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A JPEG whose picture depends on @p n, so that no two frames of a take are the same.
inline std::vector<std::byte> makeJpeg(int n, int width = 64, int height = 48)
{
    static base::PicturePool pool(64 << 20);
    static base::JpegEncoder encoder;
    const auto picture = pool.tryAcquire({ width, height, base::Subsampling::S422, base::kJpegColour });
    for (int plane = 0; plane < 3; ++plane) {
        const auto p = static_cast<std::size_t>(plane);
        for (int y = 0; y < picture->format.planeHeight(plane); ++y) {
            for (int x = 0; x < picture->format.planeWidth(plane); ++x)
                picture->planes[p][y * picture->strides[p] + x] =
                    static_cast<std::uint8_t>(plane == 0 ? (x * 3 + y + n * 7) : 128 + n % 50);
        }
    }
    const auto bytes = encoder.encode(*picture, 85);
    return { bytes->begin(), bytes->end() };
}

inline FramePtr makeFrame(
    int n, Nanos captured_at, int width = 64, int height = 48, std::uint32_t segment = 0)
{
    auto bytes = std::make_shared<std::vector<std::byte>>(makeJpeg(n, width, height));
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(n);
    frame->captured_at = captured_at;
    frame->segment = segment;
    frame->width = static_cast<std::uint16_t>(width);
    frame->height = static_cast<std::uint16_t>(height);
    frame->jpeg = *bytes;
    frame->owner = bytes;
    return frame;
}

/// The same in whole blocks at an address that is a multiple of theirs, as the ring has it.
inline FramePtr inBlocks(const FramePtr& frame)
{
    const std::size_t bytes = base::wholeBlocks(frame->jpeg.size());
    const std::shared_ptr<std::byte> blocks(
        static_cast<std::byte*>(std::aligned_alloc(base::kBlockBytes, bytes)), std::free);
    std::fill(std::copy(frame->jpeg.begin(), frame->jpeg.end(), blocks.get()), blocks.get() + bytes,
        std::byte { 0 });
    auto in_blocks = std::make_shared<base::Frame>(*frame);
    in_blocks->jpeg = { blocks.get(), bytes };
    in_blocks->owner = blocks;
    return in_blocks;
}

/// Byte for byte, but for zeros behind: a file that ends within a block has fewer of them.
inline bool isSamePicture(std::span<const std::byte> one, std::span<const std::byte> other)
{
    const auto trimmed = [](std::span<const std::byte> jpeg) {
        while (!jpeg.empty() && jpeg.back() == std::byte { 0 })
            jpeg = jpeg.first(jpeg.size() - 1);
        return jpeg;
    };
    return std::ranges::equal(trimmed(one), trimmed(other));
}

inline FramePtr makeLostFrame(int n, Nanos captured_at, Loss loss)
{
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(n);
    frame->captured_at = captured_at;
    frame->loss = loss;
    return frame;
}

inline TakeFacts makeFacts(Slate slate = { "12A", 3, 'A' })
{
    TakeFacts facts;
    facts.slate = std::move(slate);
    facts.timecode = { { 25, 1 }, false };
    facts.start_timecode = 90'000; // 01:00:00:00
    facts.started_at_utc = Nanos(1'700'000'000'000'000'000);
    facts.camera = "Pattern";
    return facts;
}

/// Uptime of the "machine": capture times are far from zero, as the monotonic clock's are.
inline constexpr Nanos kUptime = std::chrono::hours(100);

/// Frame times of an uneven live view: steps of 40, 33 and 61 ms.
inline Nanos unevenTime(int n)
{
    Nanos time {};
    for (int i = 0; i < n; ++i)
        time += i % 3 == 0 ? 40ms : i % 3 == 1 ? 33ms : 61ms;
    return time;
}

/// Writes a closed take of @p frames; @return its folder.
inline std::filesystem::path writeTake(const std::filesystem::path& shoot,
    const std::vector<FramePtr>& frames, const TakeFacts& facts = makeFacts())
{
    auto writer = RecordingWriter::create(shoot, facts);
    EXPECT_OK(writer);
    EXPECT_OK((*writer)->append(frames));
    EXPECT_OK((*writer)->close(facts));
    return (*writer)->folder();
}

inline std::vector<FramePtr> evenFrames(int count)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < count; ++n)
        frames.push_back(makeFrame(n, kUptime + n * 40ms));
    return frames;
}

} // namespace backtake::takes
