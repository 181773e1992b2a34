/// Footage for tests that needs neither camera nor disk.
#pragma once

#include "base/jpeg.hpp"
#include "base/thread_marks.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

namespace backtake::playback {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

/// Small grey JPEGs in RAM; frame n has brightness 2n + 10. Frames in `torn` are cut in half, those in `lost`
/// are refused.
class MemoryFootage final : public base::Footage {
public:
    explicit MemoryFootage(FrameIndex count, std::set<FrameIndex> torn = {}, std::set<FrameIndex> lost = {})
        : lost_(std::move(lost))
    {
        base::PicturePool pool(1 << 20);
        base::JpegEncoder encoder;
        for (FrameIndex n = 0; n < count; ++n) {
            const auto picture = pool.tryAcquire({ 64, 64, base::Subsampling::Grey, {} });
            for (int y = 0; y < 64; ++y)
                for (int x = 0; x < 64; ++x)
                    picture->planes[0][y * picture->strides[0] + x] =
                        static_cast<std::uint8_t>(2 * n + 10 + ((x ^ y) & 1));
            const auto jpeg = encoder.encode(*picture, 95);
            auto bytes = std::make_shared<std::vector<std::byte>>(jpeg->begin(), jpeg->end());
            if (torn.contains(n))
                bytes->resize(bytes->size() / 2);
            auto frame = std::make_shared<base::Frame>();
            frame->jpeg = *bytes;
            frame->owner = bytes;
            frames_.push_back(std::move(frame));
        }
    }
    [[nodiscard]] FrameIndex frameCount() const override { return static_cast<FrameIndex>(frames_.size()); }
    [[nodiscard]] Nanos capturedTime(FrameIndex n) const override { return n * 40ms; }
    [[nodiscard]] base::Result<base::FramePtr> frame(FrameIndex n) const override
    {
        if (lost_.contains(n))
            return base::fail(base::Fault::Corrupt, "lost");
        return frames_[static_cast<std::size_t>(n)];
    }
    void expect(std::span<const FrameIndex> frames) const override
    {
        base::Lock lock(mutex_);
        expected_.insert(expected_.end(), frames.begin(), frames.end());
    }
    /// Frames the player said it would want, in its order.
    std::vector<FrameIndex> expected() const
    {
        base::Lock lock(mutex_);
        return expected_;
    }
    [[nodiscard]] std::int64_t timecode(FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return { 25, 1 }; }

private:
    std::vector<base::FramePtr> frames_;
    std::set<FrameIndex> lost_;
    mutable base::Mutex mutex_;
    mutable std::vector<FrameIndex> expected_ GUARDED_BY(mutex_);
};

} // namespace backtake::playback
