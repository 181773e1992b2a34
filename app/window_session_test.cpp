/// A real session in a real window under an operator without a plan: whatever he presses, what he shot is
/// whole.
#include "app/front_door.hpp"
#include "takes/recording.hpp"

namespace backtake::app {
namespace {

class RandomSession : public FrontDoor {
protected:
    void SetUp() override
    {
        ASSERT_NO_FATAL_FAILURE(openWindow(800, 450));
        startSession();
    }
    void startSession()
    {
        openSession([](SessionOptions& options) {
            options.preroll = 500ms;
            options.cameras.clear();
            for (const char* const camera : kCameras)
                options.cameras.push_back(*capture::parseCameraSpec(camera));
        });
    }
    static constexpr std::array kCameras { "pattern:160x90@25", "pattern:128x72@30" };

    /// What reaches beyond the shoot stays in the test's own folder, and ends no program of this machine.
    void carryOut(ui::Intent intent) override
    {
        if (std::holds_alternative<ui::FreeCamera>(intent))
            return;
        if (auto* const second = std::get_if<ui::ChooseSecondFolder>(&intent))
            second->folder = second->folder.empty() ? "" : folder_ / "second";
        if (auto* const start = std::get_if<ui::StartHandover>(&intent))
            start->wish.folder.clear();
        const bool rolled = session_->rolling();
        FrontDoor::carryOut(std::move(intent));
        rolls_ += session_->rolling() && !rolled ? 1 : 0;
    }
    /// Ends it as the program does, rolling or not. Every take of the shoot must be closed and readable then.
    void endSession()
    {
        session_.reset();
        auto shoot = takes::Shoot::open(shoot_, takes::Shoot::Mode::ReadOnly);
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

    std::size_t rolls_ = 0;
    std::size_t in_log_ = 0;
};

/// Fails for a key that loses a take, leaves one open, or brings the program down.
TEST_F(RandomSession, WhateverIsPressedEveryTakeIsClosedAndWhole)
{
    ui::RandomOperator hands(ui::seedOfTest());
    ASSERT_TRUE(soon([this] { return model().picture != nullptr; }));
    int ends = 0;
    int acts = 0;
    // On a machine that has other things to do he stops earlier: time is no part of what is tested.
    const base::Nanos enough = base::monotonicNow() + 90s;
    for (; acts < 500 && base::monotonicNow() < enough; ++acts) {
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
    std::printf("%zu times rolled, %zu takes, %d ends, %d acts\n", rolls_, in_log_, ends, acts);
    EXPECT_GT(rolls_, 0U) << "hardly anything was shot";
    EXPECT_EQ(in_log_, rolls_ * kCameras.size());
}

} // namespace
} // namespace backtake::app
