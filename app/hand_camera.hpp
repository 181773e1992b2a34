/// For the session's tests: a camera that delivers a frame when the test says so, stamped with the test's
/// time, and that hangs where the test wants it to.
#pragma once

#include "base/mailbox.hpp"
#include "capture/camera.hpp"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace backtake::app {

/// A place where a thread is held up. Open until it is shut. Room: any thread.
class Gate {
public:
    void shut() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        shut_ = true;
    }
    void open() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        shut_ = false;
        changed_.notifyAll();
    }
    void pass() EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        ++held_;
        changed_.wait(mutex_, {}, [this]() REQUIRES(mutex_) { return !shut_; });
        --held_;
    }
    /// Whether a thread stands before it now.
    [[nodiscard]] bool holds() const EXCLUDES(mutex_)
    {
        base::Lock lock(mutex_);
        return shut_ && held_ > 0;
    }

private:
    mutable base::Mutex mutex_;
    base::Condition changed_;
    bool shut_ GUARDED_BY(mutex_) = false;
    int held_ GUARDED_BY(mutex_) = 0;
};

struct HandCamera {
    base::Mailbox<base::Nanos> frames { 10'000 };
    base::Mailbox<capture::SoundBlock> blocks { 10'000 }; ///< Sound that comes with the next frame.
    base::Rate rate { 25, 1 };
    int step = 1; ///< From the luma of one frame to the next.
    /// A frame brings 40 ms of sound, 48 kHz, that begins with it and rises by a step of 16 bits every eighth
    /// sample, for five seconds.
    std::atomic<bool> sound = false;
    Gate opening;
    Gate reading;
    Gate closing;
};

class HandSource final : public capture::FrameSource {
public:
    HandSource(std::shared_ptr<HandCamera> camera, base::PicturePool& pool)
        : camera_(std::move(camera))
        , pool_(pool)
    {
    }
    ~HandSource() override { camera_->closing.pass(); }
    HandSource(const HandSource&) = delete;
    HandSource& operator=(const HandSource&) = delete;

    base::Result<capture::SourceFrame> next(base::Nanos /*patience*/) override
    {
        camera_->reading.pass();
        const auto time = camera_->frames.tryTake();
        if (!time) {
            std::this_thread::yield();
            return base::fail(base::Fault::TimedOut, "nothing yet");
        }
        auto picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        while (!picture) { // the pool is large: only a test that never reads would stay here
            std::this_thread::yield();
            picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        }
        std::fill(picture->storage.begin(), picture->storage.end(),
            static_cast<std::uint8_t>(20 + number_++ * camera_->step % 200));
        capture::SourceFrame frame;
        frame.captured_at = *time;
        frame.picture = std::move(picture);
        if (camera_->sound) {
            capture::SoundBlock& block = sound_.emplace_back();
            block.captured_at = *time;
            using Sample = decltype(block.samples)::value_type;
            for (int i = 0; i < 1920; ++i)
                block.samples.push_back(
                    static_cast<Sample>(static_cast<Sample>(sample_++ / 8) << (8 * (sizeof(Sample) - 2))));
        }
        return frame;
    }
    std::vector<capture::SoundBlock> takeSound() override
    {
        while (auto block = camera_->blocks.tryTake())
            sound_.push_back(std::move(*block));
        return std::exchange(sound_, {});
    }
    [[nodiscard]] capture::SourceFacts facts() const override
    {
        return { "hand", "64x48", camera_->rate, std::nullopt };
    }

private:
    std::shared_ptr<HandCamera> camera_;
    base::PicturePool& pool_;
    int number_ = 0;
    int sample_ = 0;
    std::vector<capture::SoundBlock> sound_;
};

inline std::unique_ptr<capture::Camera> makeCamera(const std::shared_ptr<HandCamera>& camera,
    const capture::CameraSpec& spec, const capture::CameraOptions& options)
{
    return std::make_unique<capture::Camera>(spec, options,
        [camera](const capture::CameraSpec&, base::PicturePool& pool, capture::Body&,
            std::stop_token) -> base::Result<std::unique_ptr<capture::FrameSource>> {
            camera->opening.pass();
            return std::make_unique<HandSource>(camera, pool);
        });
}

} // namespace backtake::app
