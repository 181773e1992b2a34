/// What the tests of the recorder share: a ring that a camera fills by hand, and an order to record it.
#pragma once

#include "base/jpeg.hpp"
#include "capture/recorder.hpp"
#include "capture/test_blocks.hpp"
#include "tests/folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace backtake::capture {

class RecorderFixture : public testing::Test {
protected:
    /// @param jpeg_bytes each JPEG is filled up to that length, as some cameras do.
    explicit RecorderFixture(std::size_t jpeg_bytes = 0)
        : jpeg_bytes_(jpeg_bytes)
    {
    }
    /// A frame of a camera at 25 fps whose JPEG holds its serial in its brightness.
    void arrive(int count = 1)
    {
        for (int i = 0; i < count; ++i) {
            base::Frame frame;
            frame.captured_at = time_;
            frame.serial = ring_->announce(time_);
            frame.width = 64;
            frame.height = 48;
            ring_->publish(ring_->store(std::move(frame), jpegOf(ring_->announcedEnd() - 1)));
            time_ += std::chrono::milliseconds(40);
        }
    }
    std::vector<std::byte> jpegOf(base::Serial serial)
    {
        const auto picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        std::fill(
            picture->storage.begin(), picture->storage.end(), static_cast<std::uint8_t>(20 + serial % 200));
        const auto jpeg = encoder_.encode(*picture, 90);
        std::vector<std::byte> bytes(jpeg->begin(), jpeg->end());
        bytes.resize(std::max(bytes.size(), jpeg_bytes_), static_cast<std::byte>(serial));
        return bytes;
    }
    static RecordingOrder orderIn(const std::filesystem::path& shoot)
    {
        RecordingOrder made;
        made.shoot = shoot;
        made.slate = { "12A", 3, 'A' };
        made.rate = { 25, 1 };
        made.camera = "scripted";
        return made;
    }

    const tests::Folder folder_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>(4 << 20);
    base::Nanos time_ { std::chrono::seconds(5) };

private:
    const std::size_t jpeg_bytes_;
    base::PicturePool pool_ { 1 << 20 };
    base::JpegEncoder encoder_;
};

} // namespace backtake::capture
