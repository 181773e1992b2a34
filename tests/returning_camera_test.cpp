/// A network camera that is killed twenty times while takes are shot from it.
#include "capture/camera.hpp"
#include "capture/recorder.hpp"
#include "takes/recording.hpp"
#include "tests/process.hpp"

namespace backtake::tests {
namespace {

using namespace std::chrono_literals;

constexpr int kKills = 20;

class Sender {
public:
    explicit Sender(const std::string& port)
        : process_({ RTSP_SENDER, "--port", port, "--size", "320x240", "--rate", "25" }, folder_)
    {
        if (!eventually([this]() { return process_.out().find('\n') != std::string::npos; }))
            ADD_FAILURE() << "the sender does not start: " << process_.err();
        port_ = process_.out().substr(5);
        port_.pop_back();
    }
    void kill() { process_.kill(SIGKILL); }
    [[nodiscard]] const std::string& port() const { return port_; }

private:
    Folder folder_;
    Process process_;
    std::string port_;
};

/// Fails for a camera that stays lost, that has to be asked, or that harms what was shot before.
TEST(ReturningCamera, IsKilledTwentyTimesAndBackTwentyTimesAndNoTakeSuffers)
{
    Folder folder;
    auto sender = std::make_unique<Sender>("0");
    const std::string port = sender->port();
    capture::CameraOptions options;
    options.ring_bytes = 64 << 20;
    capture::Camera camera(*capture::parseCameraSpec("rtsp://127.0.0.1:" + port + "/live"), options);
    const auto frames = [&]() { return camera.ring()->announcedEnd(); };
    ASSERT_TRUE(eventually([&]() { return frames() >= 5; })) << camera.status().why;

    std::vector<std::filesystem::path> takes;
    for (int kill = 0; kill < kKills; ++kill) {
        // A take over the kill: frames before it, and frames after the camera is back.
        capture::RecordingOrder order;
        order.shoot = folder.path();
        order.slate = { "1", kill + 1, 'A' };
        order.rate = { 25, 1 };
        order.first = order.roll = frames();
        capture::Recorder recorder(camera.ring(), camera.sound(), order);
        ASSERT_TRUE(eventually([&]() { return frames() >= order.first + 5; }));
        sender->kill();
        ASSERT_TRUE(eventually([&]() { return camera.status().state != capture::CameraState::Live; }))
            << "a dead camera passes for live";
        sender = std::make_unique<Sender>(port);
        const auto before = frames();
        ASSERT_TRUE(eventually([&]() { return frames() >= before + 5; }))
            << kill << ": " << camera.status().why;
        EXPECT_EQ(camera.status().state, capture::CameraState::Live);
        EXPECT_EQ(camera.status().returns, static_cast<std::uint64_t>(kill + 1));
        recorder.cut(frames());
        ASSERT_TRUE(recorder.waitUntilDone(base::monotonicNow() + 20s));
        ASSERT_EQ(recorder.status().state, capture::RecorderStatus::State::Closed)
            << recorder.status().trouble;
        takes.push_back(recorder.status().folder);
    }
    ASSERT_EQ(takes.size(), static_cast<std::size_t>(kKills));
    for (const auto& take : takes) {
        const auto recording = takes::Recording::open(take);
        ASSERT_TRUE(recording) << recording.error().message;
        const auto report = (*recording)->verify([](double) { return true; });
        ASSERT_TRUE(report);
        EXPECT_GE(report->frames, 10);
        EXPECT_TRUE(report->damaged.empty()) << take;
        EXPECT_TRUE(report->troubles.empty()) << take;
    }
}

} // namespace
} // namespace backtake::tests
