/// A session with a camera by hand in a shoot folder of its own, for tests of what is said of takes and
/// frames.
#pragma once

#include "app/hand_camera.hpp"
#include "app/session.hpp"
#include "takes/log.hpp"
#include "takes/test_takes.hpp"

#include <gtest/gtest.h>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

class SessionLogTest : public testing::Test {
protected:
    void SetUp() override { open(); }
    void TearDown() override { session_.reset(); }
    /// What differs from a shoot with one camera by hand.
    virtual void prepare(SessionOptions& /*options*/) { }
    void open(std::size_t ring_bytes = 16 << 20)
    {
        session_.reset();
        frames_ = 0;
        SessionOptions options;
        options.shoot = folder_.path();
        options.scene = "12A";
        options.preroll = 0s;
        options.cameras.assign(1, *capture::parseCameraSpec("pattern:"));
        options.camera_options = { ring_bytes, 90, 2 };
        options.decoders = 2;
        options.last_news = 0s;
        camera_ = std::make_shared<HandCamera>();
        options.make_camera = [this](const capture::CameraSpec& spec, const capture::CameraOptions& made) {
            return makeCamera(camera_, spec, made);
        };
        prepare(options);
        session_ = std::make_unique<Session>(std::move(options));
        waitFor([this]() { return session_->settled(); });
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 120s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            session_->update(now_, 16ms);
            std::this_thread::yield();
        }
    }
    const ui::Model& look() { return session_->update(now_, 16ms); }
    void press(const ui::Intent& intent) { session_->handle(intent, now_); }
    void arrive(int count)
    {
        for (int i = 0; i < count; ++i) {
            now_ += 40ms;
            ASSERT_TRUE(camera_->frames.tryPut(now_));
            ++frames_;
        }
        waitFor([this]() {
            return session_->camera().ring()->span().end == frames_
                && session_->camera().live()->serial + 1 == frames_;
        });
        look();
    }
    void shoot(int frames)
    {
        press(ui::ToggleRoll {});
        arrive(frames);
        press(ui::ToggleRoll {});
        look();
    }
    /// In review, standing still.
    void standAt(FrameIndex frame)
    {
        press(ui::Shuttle { 0 });
        press(ui::SeekTo { frame });
        look();
    }
    const std::vector<ui::MarkModel>& marks() { return look().review->marks; }
    void waitUntilStored()
    {
        waitFor([this]() {
            return std::ranges::all_of(marks(), [](const ui::MarkModel& mark) { return mark.on_disk; });
        });
    }
    bool says(const std::string& words)
    {
        return std::ranges::any_of(look().messages,
            [&](const ui::Message& message) { return message.text.find(words) != std::string::npos; });
    }
    /// The take that was shot last, from its disk.
    void openLastTake()
    {
        waitFor([this]() { return session_->settled() && !look().takes.empty(); });
        press(ui::ToggleReview {});
        waitFor([this]() { return look().review.has_value(); });
    }
    /// What the log on disk says of the first take, once no session has it.
    takes::LoggedTake logged()
    {
        const auto shoot = takes::Shoot::open(folder_.path(), takes::Shoot::Mode::ReadOnly);
        EXPECT_TRUE(shoot);
        const auto all = (*shoot)->log().takes();
        EXPECT_TRUE(all && !all->empty());
        return all && !all->empty() ? all->front() : takes::LoggedTake();
    }

    const tests::Folder folder_;
    std::shared_ptr<HandCamera> camera_;
    std::unique_ptr<Session> session_;
    Nanos now_ { 100s };
    Serial frames_ = 0;
};

} // namespace backtake::app
