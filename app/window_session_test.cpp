/// A real session in a real window under an operator without a plan: whatever he presses, what he shot is
/// whole.
#include "app/session.hpp"
#include "takes/recording.hpp"
#include "tests/folder.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;

class RandomSession : public testing::Test {
protected:
    void SetUp() override
    {
        ui::WindowOptions options;
        options.width = 800;
        options.height = 450;
        options.scale = 1;
        auto opened = ui::Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        window_ = std::move(*opened);
        startSession();
    }
    void startSession()
    {
        SessionOptions options;
        options.shoot = folder_.path() / "shoot";
        options.scene = "12A";
        options.preroll = 500ms;
        for (const char* const camera : kCameras)
            options.cameras.push_back(*capture::parseCameraSpec(camera));
        options.camera_options = { 32U << 20U, 90, 1 };
        options.decoders = 1;
        session_ = std::make_unique<Session>(std::move(options));
    }
    static constexpr std::array kCameras { "pattern:160x90@25", "pattern:128x72@30" };

    /// A frame of the window, and what was asked for carried out.
    void frame()
    {
        const ui::Model& model = session_->update(base::monotonicNow(), 16ms);
        std::vector<ui::Intent> intents = window_->draw(model);
        for (ui::Intent& intent : window_->poll(model, 2ms))
            intents.push_back(std::move(intent));
        for (ui::Intent& intent : intents) {
            // What reaches beyond the shoot stays in the test's own folder, and ends no program of this
            // machine.
            if (std::holds_alternative<ui::FreeCamera>(intent))
                continue;
            if (auto* const second = std::get_if<ui::ChooseSecondFolder>(&intent))
                second->folder = second->folder.empty() ? "" : folder_ / "second";
            if (auto* const start = std::get_if<ui::StartHandover>(&intent))
                start->wish.folder.clear();
            const bool rolled = session_->rolling();
            session_->handle(intent, base::monotonicNow());
            rolls_ += session_->rolling() && !rolled ? 1 : 0;
        }
        ++frames_;
    }
    template <typename Condition> bool soon(Condition condition)
    {
        const base::Nanos give_up = base::monotonicNow() + 60s;
        while (!condition()) {
            if (base::monotonicNow() > give_up)
                return false;
            frame();
        }
        return true;
    }
    /// Ends it as the program does, rolling or not. Every take of the shoot must be closed and readable then.
    void endSession()
    {
        session_.reset();
        auto shoot = takes::Shoot::open(folder_.path() / "shoot", takes::Shoot::Mode::ReadOnly);
        ASSERT_TRUE(shoot) << shoot.error().message;
        std::vector<std::string> troubles;
        auto takes = (*shoot)->takes(&troubles);
        ASSERT_TRUE(takes) << takes.error().message;
        EXPECT_TRUE(troubles.empty()) << troubles.front();
        for (const takes::TakeEntry& take : *takes) {
            EXPECT_TRUE(take.facts.closed) << take.folder;
            const auto recording = takes::Recording::open(take.folder);
            ASSERT_TRUE(recording) << take.folder << ": " << recording.error().message;
            const auto report = (*recording)->verify({});
            ASSERT_TRUE(report) << report.error().message;
            EXPECT_TRUE(report->damaged.empty()) << take.folder;
            EXPECT_TRUE(report->troubles.empty()) << take.folder << ": " << report->troubles.front();
        }
        in_log_ = takes->size();
    }

    const tests::Folder folder_;
    std::unique_ptr<ui::Window> window_;
    std::unique_ptr<Session> session_;
    std::size_t rolls_ = 0;
    int frames_ = 0;
    std::size_t in_log_ = 0;
};

/// Fails for a key that loses a take, leaves one open, or brings the program down.
TEST_F(RandomSession, WhateverIsPressedEveryTakeIsClosedAndWhole)
{
    ui::RandomOperator hands(ui::seedOfTest());
    ASSERT_TRUE(soon([&] { return session_->update(base::monotonicNow(), 16ms).picture != nullptr; }));
    int ends = 0;
    // On a machine that has other things to do he stops earlier: time is no part of what is tested.
    const base::Nanos enough = base::monotonicNow() + 90s;
    for (int i = 0; i < 500 && base::monotonicNow() < enough; ++i) {
        hands.act();
        if (hands.one(12) == 0) // R more often than chance has it
            hands.key(SDLK_r, KMOD_LCTRL);
        frame();
        if (session_->quitAsked()) {
            ++ends;
            ASSERT_NO_FATAL_FAILURE(endSession());
            startSession();
        }
    }
    ASSERT_NO_FATAL_FAILURE(endSession());
    std::printf("%zu times rolled, %zu takes, %d ends, %d frames\n", rolls_, in_log_, ends, frames_);
    EXPECT_GT(rolls_, 0U) << "hardly anything was shot";
    EXPECT_EQ(in_log_, rolls_ * kCameras.size());
}

} // namespace
} // namespace backtake::app
