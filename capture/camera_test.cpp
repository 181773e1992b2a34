#include "capture/camera.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <variant>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

/// A source that does what its script says, one entry a call; then it times out.
struct Script {
    struct Pictures {
        int count = 1;
        int width = 64;
        int height = 48;
        bool new_segment = false;
    };
    struct Torn { };
    struct Garbage { };
    using Step = std::variant<Pictures, Torn, Garbage, Fault>;
    std::deque<std::variant<Fault, std::deque<Step>>>
        openings; ///< Each a refusal, or what the opened source does.
    base::Mutex mutex;
    int opened = 0;
    Nanos time { 1s };
};

class ScriptedSource final : public FrameSource {
public:
    ScriptedSource(std::shared_ptr<Script> script, std::deque<Script::Step> steps, base::PicturePool& pool)
        : script_(std::move(script))
        , steps_(std::move(steps))
        , pool_(pool)
    {
    }
    base::Result<SourceFrame> next(Nanos) override
    {
        if (steps_.empty()) {
            std::this_thread::yield();
            return base::fail(Fault::TimedOut, "nothing");
        }
        Script::Step step = steps_.front();
        SourceFrame frame;
        script_->time += 40ms;
        frame.captured_at = script_->time;
        if (auto* pictures = std::get_if<Script::Pictures>(&step)) {
            auto picture =
                pool_.tryAcquire({ pictures->width, pictures->height, base::Subsampling::S422, {} });
            if (!picture) {
                std::this_thread::yield();
                return base::fail(Fault::TimedOut, "pool");
            }
            std::fill(picture->storage.begin(), picture->storage.end(), std::uint8_t { 128 });
            frame.picture = picture;
            frame.new_segment = pictures->new_segment;
            pictures->new_segment = false;
            if (--pictures->count == 0)
                steps_.pop_front();
            else
                steps_.front() = step;
            return frame;
        }
        steps_.pop_front();
        if (const auto* fault = std::get_if<Fault>(&step))
            return base::fail(*fault, "scripted");
        auto picture = pool_.tryAcquire({ 64, 48, base::Subsampling::S422, {} });
        for (std::size_t i = 0; i < picture->storage.size(); ++i)
            picture->storage[i] =
                static_cast<std::uint8_t>(i * i % 251); // busy: most of the JPEG is picture, not header
        auto jpeg = std::make_shared<std::vector<std::byte>>();
        if (std::holds_alternative<Script::Torn>(step)) {
            const auto whole = encoder_.encode(*picture, 90);
            jpeg->assign(whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(whole->size() * 3 / 4));
        } else {
            jpeg->assign(100, std::byte { 0x55 });
        }
        frame.jpeg = *jpeg;
        frame.jpeg_owner = jpeg;
        return frame;
    }
    [[nodiscard]] SourceFacts facts() const override
    {
        return { "scripted", "64x48", base::Rate { 25, 1 }, std::nullopt };
    }

private:
    std::shared_ptr<Script> script_;
    std::deque<Script::Step> steps_;
    base::PicturePool& pool_;
    base::JpegEncoder encoder_;
};

std::unique_ptr<Camera> cameraOf(const std::shared_ptr<Script>& script)
{
    CameraOptions options;
    options.ring_bytes = 8 << 20;
    options.encoders = 2;
    return std::make_unique<Camera>(
        CameraSpec { CameraSpec::Kind::Rtsp, "rtsp://user:secret@host/x", "rtsp://user:secret@host/x", {} },
        options,
        [script](const CameraSpec&, base::PicturePool& pool, Body&,
            std::stop_token) -> base::Result<std::unique_ptr<FrameSource>> {
            base::Lock lock(script->mutex);
            ++script->opened;
            if (script->openings.empty())
                return base::fail(Fault::Unplugged, "not there");
            auto opening = std::move(script->openings.front());
            script->openings.pop_front();
            if (const auto* fault = std::get_if<Fault>(&opening))
                return base::fail(*fault, "refused by script");
            return std::make_unique<ScriptedSource>(
                script, std::get<std::deque<Script::Step>>(opening), pool);
        });
}

/// Waits for a condition that another thread makes true. @return false after 20 s.
template <typename Condition> bool eventually(Condition condition)
{
    const Nanos give_up = base::monotonicNow() + 20s;
    while (!condition()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::yield();
    }
    return true;
}

using Steps = std::deque<Script::Step>;

/// Fails for a camera that loses, doubles or reorders frames on their way to the ring.
TEST(Camera, EveryFrameOfASourceIsInTheRingInOrder)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Pictures { 40 } } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(camera->ring()->waitFor(39, {}, base::monotonicNow() + 20s));
    Nanos before {};
    for (Serial serial = 0; serial < 40; ++serial) {
        const auto frame = camera->ring()->at(serial);
        ASSERT_NE(frame, nullptr);
        EXPECT_EQ(frame->serial, serial);
        EXPECT_EQ(frame->loss, base::Loss::None);
        EXPECT_EQ(frame->width, 64);
        EXPECT_GT(frame->captured_at, before);
        before = frame->captured_at;
        EXPECT_TRUE(base::readJpegHeader(frame->jpeg)->complete);
    }
    EXPECT_EQ(camera->live()->serial, 39u);
}

/// Fails for a camera that stays lost, restarts its serials, or hides that it was away.
TEST(Camera, ASourceThatDiesComesBackByItselfAndStartsASegment)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Pictures { 3 }, Fault::Unplugged }, Fault::Unplugged,
        Fault::TimedOut, Steps { Script::Pictures { 3 } } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(camera->ring()->waitFor(5, {}, base::monotonicNow() + 20s));
    EXPECT_EQ(camera->ring()->at(2)->segment, 0u);
    EXPECT_EQ(camera->ring()->at(3)->segment, 1u);
    EXPECT_EQ(camera->status().returns, 1u);
    EXPECT_EQ(camera->status().state, CameraState::Live);
    EXPECT_EQ(script->opened, 4);
}

/// Fails for a camera that hammers a source that cannot work, or tells the operator its password.
TEST(Camera, WhatCannotWorkIsRefusedOnceAndSaysWhy)
{
    auto script = std::make_shared<Script>();
    script->openings = { Fault::Unsupported };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(eventually([&]() { return camera->status().state == CameraState::Refused; }));
    EXPECT_EQ(camera->status().why, "refused by script");
    EXPECT_EQ(script->opened, 1);
    EXPECT_EQ(camera->spec().shown().find("secret"), std::string::npos);
}

TEST(Camera, AChangeOfFormatIsANewSegmentNotAnEnd)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Pictures { 2 }, Script::Pictures { 2, 128, 96, true },
        Script::Pictures { 1, 64, 48, false } } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(camera->ring()->waitFor(4, {}, base::monotonicNow() + 20s));
    EXPECT_EQ(camera->ring()->at(1)->segment, 0u);
    EXPECT_EQ(camera->ring()->at(2)->segment, 1u);
    EXPECT_EQ(camera->ring()->at(2)->width, 128);
    EXPECT_EQ(camera->ring()->at(4)->segment, 2u) << "a change of size that the source did not tell";
    EXPECT_EQ(camera->status().returns, 0u);
}

TEST(Camera, TornJpegsAreKeptAsTheyCameAndGarbageKeepsItsPlace)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Torn {}, Script::Garbage {}, Script::Pictures { 1 } } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(camera->ring()->waitFor(2, {}, base::monotonicNow() + 20s));
    EXPECT_EQ(camera->ring()->at(0)->loss, base::Loss::None);
    EXPECT_FALSE(base::readJpegHeader(camera->ring()->at(0)->jpeg)->complete);
    EXPECT_EQ(camera->ring()->at(1)->loss, base::Loss::CameraDamaged);
    EXPECT_EQ(camera->ring()->at(2)->loss, base::Loss::None);
    EXPECT_EQ(camera->status().drops.at("camera_damaged"), 1u);
}

TEST(Camera, AnEndedClipSaysSoAndIsNotOpenedAgain)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Pictures { 2 }, Fault::Ended } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(eventually([&]() { return camera->status().state == CameraState::Ended; }));
    EXPECT_EQ(script->opened, 1);
    EXPECT_TRUE(camera->ring()->waitFor(1, {}, base::monotonicNow() + 20s));
}

TEST(Camera, TheTailHoldsTheLastPicturesForAReviewThatStartsAtOnce)
{
    auto script = std::make_shared<Script>();
    script->openings = { Steps { Script::Pictures { 30 } } };
    const auto camera = cameraOf(script);
    ASSERT_TRUE(camera->ring()->waitFor(29, {}, base::monotonicNow() + 20s));
    const auto tail = camera->tail();
    ASSERT_GE(tail.size(), 4u);
    EXPECT_EQ(tail.back().serial, 29u);
    for (std::size_t i = 1; i < tail.size(); ++i)
        EXPECT_EQ(tail[i].serial, tail[i - 1].serial + 1);
}

/// Fails for an encoder pool that makes the camera wait, or lets a frame vanish without a trace.
TEST(Encoders, AFrameThatFindsThemBusyIsMarkedAsLostAtOnce)
{
    Ring ring(8 << 20);
    EncoderPool none(ring, 0, 90); // nobody encodes: the queue fills
    base::PicturePool pool(kEncoderQueueBytes * 2);
    const base::PictureFormat format { 4096, 2160, base::Subsampling::S422, {} };
    const auto picture = pool.tryAcquire(format);
    const auto fits = kEncoderQueueBytes / base::pictureBytes(format);
    for (std::size_t i = 0; i < fits + 3; ++i) {
        base::Frame frame;
        frame.serial = ring.announce(i * 40ms);
        none.submit(std::move(frame), picture);
    }
    EXPECT_EQ(none.lost(), 3u);
}

} // namespace
} // namespace backtake::capture
