#include "capture/encoder_pool.hpp"

#include <spdlog/spdlog.h>

namespace backtake::capture {
namespace {
/// More jobs than this never wait, however small the pictures.
constexpr std::size_t kLongestQueue = 64;
} // namespace

EncoderPool::EncoderPool(Ring& ring, int threads, int quality)
    : ring_(ring)
    , quality_(quality)
    , jobs_(kLongestQueue)
{
    for (int i = 0; i < threads; ++i)
        threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
}

void EncoderPool::submit(base::Frame frame, base::PicturePtr picture)
{
    const std::size_t bytes = picture->bytes();
    const std::size_t waiting = waiting_bytes_.fetch_add(bytes) + bytes;
    // One may always wait, however large.
    if ((waiting <= kEncoderQueueBytes || waiting == bytes) && jobs_.tryPut({ frame, std::move(picture) }))
        return;
    waiting_bytes_.fetch_sub(bytes);
    lost_.fetch_add(1, std::memory_order_relaxed);
    publishLost(std::move(frame), base::Loss::EncoderBusy);
}

void EncoderPool::publishLost(base::Frame frame, base::Loss loss)
{
    frame.loss = loss;
    ring_.publish(std::make_shared<const base::Frame>(std::move(frame)));
}

void EncoderPool::work(std::stop_token stop)
{
    base::nameThisThread("bt-encoder");
    base::JpegEncoder encoder;
    while (auto job = jobs_.take(stop)) {
        const base::Nanos began = base::monotonicNow();
        const auto jpeg = encoder.encode(*job->picture, quality_);
        job->frame.width = static_cast<std::uint16_t>(job->picture->format.width);
        job->frame.height = static_cast<std::uint16_t>(job->picture->format.height);
        waiting_bytes_.fetch_sub(job->picture->bytes());
        job->picture.reset(); // its pixels are free before the next waits
        if (jpeg) {
            ring_.publish(ring_.store(std::move(job->frame), *jpeg));
        } else {
            spdlog::error(
                "encoder: frame {}: {} ({})", job->frame.serial, jpeg.error().message, jpeg.error().detail);
            lost_.fetch_add(1, std::memory_order_relaxed);
            publishLost(std::move(job->frame), base::Loss::EncoderBusy);
        }
        const auto took = (base::monotonicNow() - began).count();
        const auto mean = encode_ns_.load(std::memory_order_relaxed);
        encode_ns_.store(mean == 0 ? took : mean + (took - mean) / 32, std::memory_order_relaxed);
    }
}

} // namespace backtake::capture
