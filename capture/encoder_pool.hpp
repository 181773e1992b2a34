/// Compresses a camera's pictures into its ring: a few threads, order kept by the ring's places.
#pragma once

#include "base/jpeg.hpp"
#include "base/mailbox.hpp"
#include "capture/ring.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace backtake::capture {

/// Pictures waiting for an encoder, at most; beyond it a frame is lost, counted and marked. 112 MiB is 28
/// pictures of 1080p 4:2:2: half a second at 60 fps in which something else may have the cores.
inline constexpr std::size_t kEncoderQueueBytes = 112 << 20;

/// Room: submit() from the camera thread; the rest any thread. Each encoder is a thread of its own.
/// Full: submit() publishes the frame as lost (Loss::EncoderBusy), at once: the camera never waits.
class EncoderPool {
public:
    /// @param quality 1 … 100 of the JPEGs.
    EncoderPool(Ring& ring, int threads, int quality);
    ~EncoderPool() = default;

    /// Compresses @p picture into the place @p frame.serial of the ring.
    /// @param frame its serial, time and segment.
    void submit(base::Frame frame, base::PicturePtr picture);

    [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }
    /// Mean time one picture took to compress, over the last second or so.
    [[nodiscard]] base::Nanos encodeTime() const
    {
        return base::Nanos(encode_ns_.load(std::memory_order_relaxed));
    }

private:
    struct Job {
        base::Frame frame;
        base::PicturePtr picture;
    };
    void work(std::stop_token stop);
    void publishLost(base::Frame frame, base::Loss loss);

    Ring& ring_;
    const int quality_;
    base::Mailbox<Job> jobs_;
    std::atomic<std::size_t> waiting_bytes_ { 0 };
    std::atomic<std::uint64_t> lost_ { 0 };
    std::atomic<std::int64_t> encode_ns_ { 0 };
    std::vector<std::jthread> threads_; ///< Last: stopped and joined before what they use goes.
};

} // namespace backtake::capture
