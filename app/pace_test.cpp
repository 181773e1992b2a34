/// The window's thread never waits: a real session in a real window (on a virtual display), while cameras,
/// disks and an export do their worst.
#include "app/hand_camera.hpp"
#include "app/session.hpp"
#include "takes/export_mov.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"
#include "tests/allocations.hpp"
#include "ui/keys.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace backtake::app {
namespace {

using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Of one call on the window's thread. Processor time, so that a busy machine does not count; what waits for
/// something that hangs does not come back at all.
constexpr Nanos kNoStall = 50ms;

class PaceTest : public testing::Test {
protected:
    PaceTest()
    {
        ui::WindowOptions options;
        options.width = 1460; // with room for the takes
        options.height = 660; // and for the band of the lip check
        options.scale = 1;
        auto window = ui::Window::open(options);
        if (!window)
            throw std::runtime_error(window.error().message); // needs a display, for instance xvfb-run
        window_ = std::move(*window);
    }
    ~PaceTest() override
    {
        letGo();
        session_.reset();
        std::printf("worst call on the window's thread: %.1f ms of processor time, %.1f ms by the clock\n",
            base::milliseconds(worst_), base::milliseconds(worst_by_the_clock_));
    }

    void open()
    {
        SessionOptions options;
        options.shoot = shoot_;
        options.scene = "12A";
        options.preroll = 0s;
        options.cameras = { *capture::parseCameraSpec("pattern:") };
        options.camera_options = { 16 << 20, 90, 2 };
        options.decoders = 2;
        options.disk = disk_;
        options.last_news = 0s;
        options.free_bytes = [room = room_](const fs::path&) -> std::optional<std::uint64_t> {
            room->pass();
            return std::uint64_t { 1 } << 42;
        };
        options.make_camera = [this](const capture::CameraSpec& spec,
                                  const capture::CameraOptions& camera_options) {
            if (made_ == cameras_.size())
                cameras_.push_back(std::make_shared<HandCamera>());
            return makeCamera(cameras_[made_++], spec, camera_options);
        };
        session_ = std::make_unique<Session>(std::move(options));
    }
    HandCamera& camera() { return *cameras_.back(); }

    template <typename Call> void timed(const char* what, Call call)
    {
        const Nanos began = base::monotonicNow();
        const Nanos busy_began = base::threadTime();
        call();
        const Nanos busy = base::threadTime() - busy_began;
        worst_ = std::max(worst_, busy);
        worst_by_the_clock_ = std::max(worst_by_the_clock_, base::monotonicNow() - began);
        if (!tests::kSanitized) {
            EXPECT_LT(busy, kNoStall) << what;
        }
    }
    const ui::Model& look()
    {
        const ui::Model* model = nullptr;
        now_ += 16ms;
        timed("update", [&] { model = &session_->update(now_, 16ms); });
        timed("frame", [&] {
            window_->draw(*model);
            window_->poll(*model, 0s);
        });
        return *model;
    }
    void look(int times)
    {
        for (int i = 0; i < times; ++i)
            look();
    }
    void press(const ui::Intent& intent)
    {
        timed("intent", [&] { session_->handle(intent, now_); });
        look();
    }
    /// All that may be asked of a session without ending it, and a while after each.
    void pressEverything()
    {
        const std::string folder = folder_ / "second";
        for (const ui::Intent& intent : std::initializer_list<ui::Intent> { ui::SaveStill {},
                 ui::SelectTake { -1, std::nullopt }, ui::SelectTake { +1, std::nullopt }, ui::TogglePlay {},
                 ui::ToggleOrder {}, ui::Shuttle { -1 }, ui::StepFrames { 3 }, ui::SeekTo { 2, true },
                 ui::SeekTo { 4, false }, ui::CycleLoop {}, ui::SetIn {}, ui::SetOut {}, ui::ClearIn {},
                 ui::ClearOut {}, ui::SetSpeed { 50 }, ui::CycleOrientation {}, ui::SaveStill {},
                 ui::ToggleReview {}, ui::SaveStill {}, ui::CycleOrientation {}, ui::ListDisks {},
                 ui::LookAtFolder { folder }, ui::ChooseSecondFolder { folder }, ui::SetSlate { "13", 1 },
                 ui::SetSlate { "12A", 7 }, ui::SetCameraSetting { "iso", "400" },
                 ui::StepCameraSetting { "iso", 1 }, ui::RecordOnCamera { true }, ui::FetchClip { 0 },
                 ui::CancelFetch { 1 }, ui::Quit {}, ui::KeepRunning {}, ui::ToggleReview {} }) {
            press(intent);
            look(2);
        }
    }
    void arrive(int frames)
    {
        for (int i = 0; i < frames; ++i) {
            now_ += 40ms;
            ASSERT_TRUE(camera().frames.tryPut(now_));
        }
        arrived_ += static_cast<Serial>(frames);
        waitFor([this] { return session_->camera().ring()->announcedEnd() == arrived_; });
    }
    void shoot(int frames)
    {
        press(ui::ToggleRoll {});
        arrive(frames);
        press(ui::ToggleRoll {});
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 20s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            look();
        }
    }
    void letGo()
    {
        for (const auto& camera : cameras_)
            for (Gate* gate : { &camera->opening, &camera->reading, &camera->closing })
                gate->open();
        room_->open();
        disk_->letGo();
    }

    const tests::Folder folder_;
    const fs::path shoot_ = folder_.path() / "shoot";
    std::shared_ptr<takes::FailingDisk> disk_ = std::make_shared<takes::FailingDisk>(shoot_);
    std::shared_ptr<Gate> room_ = std::make_shared<Gate>(); ///< Before the answer how many bytes are free.
    std::vector<std::shared_ptr<HandCamera>> cameras_ { std::make_shared<HandCamera>() };
    std::size_t made_ = 0;
    std::unique_ptr<ui::Window> window_;
    std::unique_ptr<Session> session_;
    Nanos now_ { 100s };
    Serial arrived_ = 0; ///< Of the newest camera.
    Nanos worst_ {};
    Nanos worst_by_the_clock_ {};
};

/// Fails for a session that opens, reads or closes a camera on the window's thread: it never comes back.
TEST_F(PaceTest, NoCallWaitsForACameraThatHangsInOpenReadOrClose)
{
    camera().opening.shut();
    open();
    waitFor([this] { return camera().opening.holds() && session_->settled(); });
    shoot(0);
    pressEverything();
    EXPECT_EQ(look().camera.state, ui::CameraState::Opening);
    EXPECT_TRUE(camera().opening.holds());

    camera().opening.open();
    shoot(5);
    camera().reading.shut();
    waitFor([this] { return camera().reading.holds(); });
    press(ui::ToggleRoll {});
    look(10);
    press(ui::ToggleRoll {});
    pressEverything();
    EXPECT_TRUE(camera().reading.holds());

    // Another one is chosen; the one before hangs on, whoever closes it.
    const auto hangs = cameras_.back();
    press(ui::ChooseCamera { "pattern:64x48@25" });
    arrived_ = 0;
    look(10);
    shoot(5);
    waitFor([this] { return session_->settled(); });
    EXPECT_TRUE(hangs->reading.holds());
    hangs->reading.open();

    camera().closing.shut();
    const auto closes = cameras_.back();
    press(ui::ChooseCamera { "pattern:64x48@30" });
    arrived_ = 0;
    waitFor([&] { return closes->closing.holds(); });
    shoot(5);
    pressEverything();
    EXPECT_TRUE(closes->closing.holds());
}

/// Fails for a session that touches a disk on the window's thread: it never comes back.
TEST_F(PaceTest, NoCallWaitsForADiskThatHangsWhileATakeIsExported)
{
    open();
    waitFor([this] { return session_->settled(); });
    shoot(20);
    waitFor([this] { return session_->settled(); });
    const auto take = takes::Recording::open(session_->finished().front().folder);
    ASSERT_TRUE(take) << take.error().message;
    const std::jthread exporter([&](const std::stop_token& stop) {
        for (int n = 0; !stop.stop_requested(); ++n) {
            const auto name = "take-" + std::to_string(n) + ".mov";
            EXPECT_TRUE(takes::exportMov(**take, takes::Order::Shown, takes::Timing::Nominal,
                folder_.path() / name, [](double) { return true; }));
        }
    });
    using Calls = takes::FailingDisk::Calls;
    for (const unsigned calls : { Calls::kOpen, Calls::kWrite, Calls::kSync, Calls::kArrange }) {
        SCOPED_TRACE(calls);
        press(ui::ToggleRoll {});
        if (calls != Calls::kOpen) { // which is over by then
            arrive(5);
            waitFor([this] { return session_->update(now_, 16ms).takes.back().frames > 0; });
        }
        disk_->hang(calls);
        room_->shut();
        arrive(40);
        look(10);
        press(ui::ToggleRoll {});
        waitFor([this] { return disk_->waitUntilHanging(base::monotonicNow()); });
        pressEverything();
        arrive(10);
        press(ui::ToggleRoll {}); // and the next take
        arrive(10);
        press(ui::ToggleRoll {});
        pressEverything();
        EXPECT_TRUE(disk_->waitUntilHanging(base::monotonicNow())) << "it hung all the time";
        EXPECT_FALSE(session_->settled());
        for (int i = 0; i < 10; ++i) // more than the camera can spare pictures
            press(ui::SaveStill {});
        const auto& messages = look().messages;
        EXPECT_TRUE(std::any_of(messages.begin(), messages.end(), [](const ui::Message& message) {
            return message.text.starts_with("The disk is slow: this still was not saved");
        }));
        letGo();
        waitFor([this] { return session_->settled(); });
    }
    for (const capture::RecorderStatus& status : session_->finished()) {
        EXPECT_EQ(status.state, capture::RecorderStatus::State::Closed) << status.trouble;
        EXPECT_TRUE(status.lost.empty());
    }
}

/// What a key asks the session for, seen in the very next frame.
TEST_F(PaceTest, EveryKeyOfTheSessionShowsInTheNextFrame)
{
    open();
    waitFor([this] { return session_->settled(); });
    shoot(40);
    waitFor([this] { return session_->settled(); });
    shoot(40);
    waitFor([this] { return session_->settled(); });
    // Their pictures come from decoders of their own.
    const auto hasOwnPictures = [](const ui::Intent& intent) {
        return std::holds_alternative<ui::CycleCompare>(intent)
            || std::holds_alternative<ui::ToggleBothWays>(intent)
            || std::holds_alternative<ui::ToggleQuad>(intent)
            || std::holds_alternative<ui::KeepReference>(intent);
    };
    using K = ui::KeyId;
    for (const ui::KeyBinding& binding : ui::keyTable()) {
        const auto* intent = std::get_if<ui::Intent>(&binding.action);
        // Those of practice and of the sequence act on what their panels have, which are tested by
        // themselves.
        if (intent == nullptr || hasOwnPictures(*intent) || binding.place == ui::KeyPlace::Practice
            || binding.place == ui::KeyPlace::StoryPanel)
            continue;
        SCOPED_TRACE(binding.name);
        if (session_->rolling())
            press(ui::ToggleRoll {});
        if (session_->update(now_, 16ms).live_on_screen)
            press(ui::ToggleReview {});
        for (const ui::Intent& at_rest : std::initializer_list<ui::Intent> { ui::Shuttle { 0 },
                 ui::ClearIn {}, ui::ClearOut {}, ui::SeekTo { 20, false }, ui::Shuttle { 0 } })
            press(at_rest);
        if (binding.id == K::ClearIn)
            press(ui::SetIn {});
        if (binding.id == K::ClearOut)
            press(ui::SetOut {});
        if (binding.id == K::ShuttlePause)
            press(ui::Shuttle { 1 });
        if (binding.id == K::NextTake)
            press(ui::SelectTake { 0, 0 });
        if (binding.id == K::PreviousTake)
            press(ui::SelectTake { 0, 1 });
        look(40); // what is sought is decoded
        const Nanos now = now_;
        const auto frame = [&] {
            window_->draw(session_->update(now, 16ms));
            return window_->screenshot().rgb;
        };
        waitFor([&] { return session_->settled() && frame() == frame(); });
        const auto before = frame();
        session_->handle(*intent, now);
        if (std::holds_alternative<ui::Quit>(*intent) || std::holds_alternative<ui::QuitAnyway>(*intent)) {
            EXPECT_TRUE(session_->quitAsked());
        } else if (std::holds_alternative<ui::UndoLog>(*intent)
            || std::holds_alternative<ui::RedoLog>(*intent)) {
            waitFor([&] { return frame() != before; }); // what it is, the log knows
        } else {
            EXPECT_FALSE(frame() == before);
        }
    }
}

/// With a long day's log. ImGui's memory is counted with ours; the display's libraries have their own ways.
TEST_F(PaceTest, AnUpdateWithoutNewsAllocatesNothing)
{
    fs::create_directories(shoot_);
    for (int i = 0; i < 200; ++i) {
        takes::TakeFacts facts = takes::makeFacts({ "7", i + 1, 'A' });
        auto writer = takes::RecordingWriter::create(shoot_, facts, *disk_);
        ASSERT_TRUE(writer) << writer.error().message;
        const auto frame = takes::makeFrame(i, takes::kUptime);
        ASSERT_TRUE((*writer)->append(std::span(&frame, 1)));
        ASSERT_TRUE((*writer)->close(facts));
    }
    open();
    waitFor([this] { return session_->settled() && look().takes.size() == 200; });
    const auto expectNone = [this](const char* when) {
        look(130); // what was asked is answered, messages have faded; the disks are asked every two seconds
        // By the clock the camera is silent, and how long is told anew every second: of several rounds one
        // is without news.
        std::string by;
        for (int round = 0; round < 20; ++round) {
            look();
            by.clear();
            tests::Allocations allocations;
            for (int i = 0; i < 100; ++i) {
                now_ += 1ms;
                window_->draw(session_->update(now_, 16ms));
                window_->poll(session_->update(now_, 16ms), 0s);
            }
            for (const auto& [caller, count] : allocations.byCaller())
                if (!caller.starts_with("libX") && !caller.starts_with("libxcb"))
                    by += caller + " " + std::to_string(count) + "  ";
            if (by.empty())
                return;
        }
        ADD_FAILURE() << when << ": " << by;
    };
    arrive(5);
    expectNone("live without a new picture");
    shoot(30);
    waitFor([this] { return session_->settled(); });
    press(ui::TogglePlay {});
    press(ui::SeekTo { 10, false });
    expectNone("review at rest");
}

} // namespace
} // namespace backtake::app
