/// The whole way of a tethered camera: virtual EOS-1D C, real libgphoto2 in its helper process, Camera, ring.
#include "capture/camera.hpp"
#include "tests/process.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

namespace backtake::tests {
namespace {

using base::Nanos;
using capture::BodyEvent;
using capture::Camera;
using capture::CameraState;
using testing::Damage;
using testing::numberInComment;
using testing::Pacing;
using testing::VirtualEos;
using testing::VirtualEosOptions;
using namespace std::chrono_literals;

constexpr Nanos kSoon = 10s; ///< For what takes milliseconds unless it never comes.

/// Helper processes that are children of this one.
std::vector<pid_t> helpers()
{
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream stat(entry.path() / "stat");
        std::string pid;
        std::string name;
        std::string state;
        std::string parent;
        if (stat >> pid >> name >> state >> parent && name == "(backtake-tether)" && state != "Z"
            && parent == std::to_string(getpid()))
            found.push_back(std::stoi(pid));
    }
    return found;
}

class TetherCamera : public ::testing::Test {
protected:
    TetherCamera() { setenv("XDG_STATE_HOME", folder_.path().c_str(), 1); }

    void start(VirtualEosOptions options = {})
    {
        eos_ = std::make_unique<VirtualEos>(options);
        capture::CameraOptions camera_options;
        camera_options.ring_bytes = 512 << 20;
        const auto spec = capture::parseCameraSpec(eos_->spec());
        ASSERT_TRUE(spec) << spec.error().message;
        camera_ = std::make_unique<Camera>(*spec, camera_options);
    }
    void startLive(VirtualEosOptions options = {})
    {
        start(options);
        ASSERT_TRUE(becomes(CameraState::Live)) << camera_->status().why;
    }
    bool becomes(CameraState state, Nanos within = kSoon)
    {
        return eventually([&]() { return camera_->status().state == state; }, within);
    }
    bool counts(std::uint64_t frames, Nanos within = kSoon)
    {
        const auto before = camera_->status().frames;
        return eventually([&]() { return camera_->status().frames >= before + frames; }, within);
    }
    /// The virtual camera's own numbers of the frames in the ring, in order; nullopt for a lost one.
    std::vector<std::optional<std::uint64_t>> numbers() const
    {
        std::vector<std::optional<std::uint64_t>> found;
        const auto span = camera_->ring()->span();
        for (base::Serial serial = span.first; serial < span.end; ++serial)
            if (const auto frame = camera_->ring()->at(serial))
                found.push_back(
                    frame->loss == base::Loss::None ? numberInComment(frame->jpeg) : std::nullopt);
        return found;
    }
    /// Waits for the next event of @p kind; others are dropped.
    std::optional<BodyEvent> event(BodyEvent::Kind kind, Nanos within = kSoon)
    {
        std::optional<BodyEvent> found;
        eventually(
            [&]() {
                for (BodyEvent& one : camera_->body().takeEvents())
                    if (!found && one.kind == kind)
                        found = std::move(one);
                return found.has_value();
            },
            within);
        return found;
    }
    std::optional<capture::BodySetting> setting(const std::string& name) const
    {
        for (const auto& one : camera_->body().status().settings)
            if (one.name == name)
                return one;
        return std::nullopt;
    }
    std::optional<Nanos> changedAt(const std::string& what) const
    {
        std::optional<Nanos> at;
        for (const auto& change : eos_->changes())
            if (change.what == what)
                at = change.at;
        return at;
    }

    Folder folder_;
    std::unique_ptr<VirtualEos> eos_;
    std::unique_ptr<Camera> camera_;
};

class TetherPacing : public TetherCamera, public ::testing::WithParamInterface<Pacing> { };

TEST_P(TetherPacing, EveryFrameOnceInOrderAndByteForByte)
{
    VirtualEosOptions options;
    options.pacing = GetParam();
    startLive(options);
    ASSERT_TRUE(counts(120, 20s));
    const auto frames = numbers();
    ASSERT_GE(frames.size(), 120U);
    std::uint64_t lost = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
        ASSERT_TRUE(frames[i] && frames[i - 1]) << "frame " << i;
        ASSERT_GT(*frames[i], *frames[i - 1]) << "frame " << i;
        lost += *frames[i] - *frames[i - 1] - 1;
    }
    // A machine that takes 20 ms away from the test costs a picture; tests/bench/tether_bench counts none in
    // ten quiet minutes.
    EXPECT_LE(lost, 12U);
    EXPECT_EQ(camera_->status().width, options.width);
    EXPECT_EQ(camera_->status().facts.name, "Canon EOS-1D C");
    EXPECT_NEAR(camera_->status().measured_fps, options.fps, options.fps / 5);
}
INSTANTIATE_TEST_SUITE_P(
    Pacings, TetherPacing, ::testing::Values(Pacing::Busy, Pacing::Hold, Pacing::Repeat));

TEST_F(TetherCamera, TimesAreTheCamerasNotTheDrivers)
{
    startLive();
    ASSERT_TRUE(counts(150, 20s));
    // After the first two seconds each gap is the camera's period, though the driver's own stray by 10 ms.
    const auto span = camera_->ring()->span();
    const Nanos period(static_cast<std::int64_t>(1e9 * 1001 / 30000));
    EXPECT_EQ(camera_->status().nominalRate(), (base::Rate { 30000, 1001 }));
    int even = 0;
    int all = 0;
    for (base::Serial serial = span.end - 60; serial + 1 < span.end; ++serial) {
        const Nanos gap = *camera_->ring()->capturedAt(serial + 1) - *camera_->ring()->capturedAt(serial);
        even += std::abs((gap - period).count()) < Nanos(4ms).count() ? 1 : 0;
        ++all;
    }
    EXPECT_GE(even, all - 3) << "of " << all;
}

TEST_F(TetherCamera, MovieModesBlobsAreJudgedByTheirBytes)
{
    VirtualEosOptions options;
    options.jpeg_blob_type = 9; // libgphoto2 calls it a raw image
    startLive(options);
    EXPECT_TRUE(counts(10));
}

// Fails for a camera that ends with its connection.
TEST_F(TetherCamera, ComesBackFromEveryKindOfLoss)
{
    startLive();
    std::uint64_t returns = 0;
    const auto comes_back = [&](const char* from) {
        EXPECT_TRUE(eventually([&]() { return camera_->status().returns > returns; }, kSoon)) << from;
        returns = camera_->status().returns;
        EXPECT_TRUE(counts(5)) << from;
    };
    eos_->drop();
    comes_back("a dropped connection");

    eos_->unplug();
    ASSERT_TRUE(eventually([&]() { return camera_->status().state != CameraState::Live; }, kSoon));
    eos_->plugIn();
    const Nanos there = base::monotonicNow();
    comes_back("a cable pulled and put back");
    EXPECT_LT(*camera_->status().last_frame_at - there, 10s);

    eos_->silence(true);
    ASSERT_TRUE(eventually([&]() { return camera_->status().state == CameraState::Lost; }, kSoon));
    eos_->silence(false);
    comes_back("silence");

    ASSERT_EQ(helpers().size(), 1U);
    ::kill(helpers()[0], SIGKILL);
    comes_back("a killed helper");

    eos_->refuse(true);
    eos_->drop();
    ASSERT_TRUE(eventually([&]() { return camera_->status().state == CameraState::Lost; }, kSoon));
    eos_->refuse(false);
    comes_back("a refusal");

    // What was there before is there still, and the holes are between segments.
    const auto frames = numbers();
    for (std::size_t i = 1; i < frames.size(); ++i)
        if (frames[i] && frames[i - 1]) {
            EXPECT_GT(*frames[i], *frames[i - 1]) << "frame " << i;
        }
}

class TetherDamage : public TetherCamera, public ::testing::WithParamInterface<Damage> { };

TEST_P(TetherDamage, DriverThatHangsOrCrashesIsReplaced)
{
    startLive();
    ASSERT_TRUE(counts(5));
    const auto before = helpers();
    ASSERT_EQ(before.size(), 1U);
    eos_->damage(GetParam());
    const Nanos began = base::monotonicNow();
    ASSERT_TRUE(eventually([&]() { return !camera_->status().why.empty(); }, kSoon));
    EXPECT_LT(base::monotonicNow() - began, 8s) << "until the operator is told";
    ASSERT_TRUE(eventually([&]() { return camera_->status().returns == 1; }, kSoon));
    EXPECT_LT(base::monotonicNow() - began, 15s) << "until it is back";
    EXPECT_NE(helpers(), before);
}
INSTANTIATE_TEST_SUITE_P(
    BadLengths, TetherDamage, ::testing::Values(Damage::BlobTooLong, Damage::UnknownZero));

// It crashes the library where the picture goes to the library's own memory; the helper's checks the size.
TEST_F(TetherCamera, APictureShorterThanItsHeadIsOneLostFrameOrOneReturn)
{
    startLive();
    ASSERT_TRUE(counts(5));
    eos_->damage(Damage::BlobTooShort);
    EXPECT_TRUE(eventually(
        [&]() { return camera_->status().drops["camera_damaged"] == 1 || camera_->status().returns == 1; },
        5s));
    EXPECT_TRUE(counts(5));
}

TEST_F(TetherCamera, DamagedPicturesKeepTheirPlace)
{
    startLive();
    ASSERT_TRUE(counts(5));
    for (const Damage damage : { Damage::Torn, Damage::Garbage, Damage::Empty }) {
        const auto before = camera_->status().drops["camera_damaged"];
        eos_->damage(damage);
        EXPECT_TRUE(
            eventually([&]() { return camera_->status().drops["camera_damaged"] == before + 1; }, kSoon))
            << static_cast<int>(damage);
        EXPECT_TRUE(counts(3));
    }
    EXPECT_EQ(camera_->status().returns, 0U) << "one bad picture is no reason to connect again";
    const auto frames = numbers();
    EXPECT_EQ(std::count(frames.begin(), frames.end(), std::nullopt), 3);
}

TEST_F(TetherCamera, OneErrorIsNoLoss)
{
    startLive();
    eos_->damage(Damage::GeneralError);
    EXPECT_TRUE(counts(10));
    eos_->damage(Damage::NoPicture);
    EXPECT_TRUE(counts(10));
    EXPECT_EQ(camera_->status().returns, 0U);
}

TEST_F(TetherCamera, SettingsAreReadSetAndFollowTheBodysDials)
{
    startLive();
    ASSERT_TRUE(eventually([&]() { return setting("iso") && setting("aperture"); }, kSoon));
    ASSERT_GT(setting("iso")->choices.size(), 3U);
    const std::string other = setting("iso")->choices[2] == setting("iso")->value
        ? setting("iso")->choices[3]
        : setting("iso")->choices[2];
    ASSERT_TRUE(camera_->body().ask(capture::SetBodySetting { "iso", other }));
    ASSERT_TRUE(
        eventually([&]() { return setting("iso")->value == other && !setting("iso")->pending; }, kSoon));
    const Nanos shown = base::monotonicNow();
    const auto set = changedAt("iso " + other);
    ASSERT_TRUE(set) << "the camera never heard of it";
    EXPECT_LT(shown - *set, 2s); // tests/bench/tether_bench measures these times

    eos_->turnDial("aperture", setting("aperture")->choices[1]);
    EXPECT_TRUE(
        eventually([&]() { return setting("aperture")->value == setting("aperture")->choices[1]; }, kSoon));
}

TEST_F(TetherCamera, ARefusedSettingShowsWhatTheCameraHas)
{
    startLive();
    ASSERT_TRUE(eventually([&]() { return setting("iso").has_value(); }, kSoon));
    const auto iso = *setting("iso");
    eos_->refuseSetting("iso", true);
    const std::string other = iso.choices[1] == iso.value ? iso.choices[2] : iso.choices[1];
    ASSERT_TRUE(camera_->body().ask(capture::SetBodySetting { "iso", other }));
    const auto refused = event(BodyEvent::Kind::SettingRefused);
    ASSERT_TRUE(refused);
    EXPECT_NE(refused->text, "");
    EXPECT_EQ(setting("iso")->value, iso.value);
    EXPECT_FALSE(setting("iso")->pending);
}

TEST_F(TetherCamera, RollingRecordsOnTheBodyAndTheClipIsNamed)
{
    startLive();
    ASSERT_TRUE(eventually([&]() { return camera_->body().status().can_record; }, kSoon));
    const Nanos rolled = base::monotonicNow();
    ASSERT_TRUE(camera_->body().ask(capture::RecordOnBody { true }));
    const auto started = event(BodyEvent::Kind::RecordingStarted);
    ASSERT_TRUE(started);
    EXPECT_TRUE(started->asked_here);
    ASSERT_TRUE(eos_->recording());
    EXPECT_LT(*changedAt("record on") - rolled, 2s);
    ASSERT_TRUE(counts(10));
    ASSERT_TRUE(camera_->body().ask(capture::RecordOnBody { false }));
    const auto clip = event(BodyEvent::Kind::ClipAdded);
    ASSERT_TRUE(clip);
    EXPECT_NE(clip->clip.name, "");
    EXPECT_FALSE(eos_->recording());
}

TEST_F(TetherCamera, TheBodysOwnButtonIsHeardWithinAFrame)
{
    startLive();
    ASSERT_TRUE(counts(40));
    eos_->pressRecord();
    const auto started = event(BodyEvent::Kind::RecordingStarted);
    ASSERT_TRUE(started);
    EXPECT_FALSE(started->asked_here);
    EXPECT_LT(std::abs((started->at - *changedAt("record on")).count()), Nanos(500ms).count());
    eos_->pressRecord();
    const auto stopped = event(BodyEvent::Kind::RecordingStopped);
    ASSERT_TRUE(stopped);
    EXPECT_LT(std::abs((stopped->at - *changedAt("record off")).count()), Nanos(500ms).count());
}

TEST_F(TetherCamera, ASwitchedOffMovieModeIsExplained)
{
    VirtualEosOptions options;
    options.movie_switch = false;
    startLive(options);
    ASSERT_TRUE(eventually([&]() { return camera_->body().status().movie_mode == false; }, kSoon));
    if (camera_->body().ask(capture::RecordOnBody { true })) {
        const auto refused = event(BodyEvent::Kind::RecordRefused);
        ASSERT_TRUE(refused);
        EXPECT_THAT(refused->text, ::testing::HasSubstr("movie"));
    }
    eos_->setMovieSwitch(true);
    EXPECT_TRUE(eventually([&]() { return camera_->body().status().movie_mode == true; }, kSoon));
}

TEST_F(TetherCamera, BatteryCardAndLensAreShown)
{
    startLive();
    ASSERT_TRUE(eventually([&]() { return !camera_->body().status().lens.empty(); }, kSoon));
    eos_->setBattery(0);
    EXPECT_TRUE(
        eventually([&]() { return camera_->body().status().battery_percent.value_or(100) < 25; }, kSoon));
    eos_->removeCard();
    EXPECT_TRUE(eventually([&]() { return camera_->body().status().card_present == false; }, kSoon));
    eos_->insertCard();
    EXPECT_TRUE(eventually([&]() { return camera_->body().status().card_present == true; }, kSoon));
}

TEST_F(TetherCamera, AClipIsFetchedBesideLiveView)
{
    startLive();
    const std::string name = eos_->addClip(30'000'001);
    const auto added = event(BodyEvent::Kind::ClipAdded);
    ASSERT_TRUE(added);
    const std::filesystem::path target = folder_.path() / name;
    ASSERT_TRUE(camera_->body().ask(capture::FetchBodyClip { added->clip, target }));
    ASSERT_TRUE(event(BodyEvent::Kind::FetchEnded, 30s));
    const auto fetch = camera_->body().status().fetches.back();
    EXPECT_EQ(fetch.state, capture::ClipFetch::State::Done) << fetch.trouble;
    const std::string bytes = readAll(target);
    ASSERT_EQ(bytes.size(), 30'000'001U);
    for (std::size_t at = 0; at < bytes.size(); at += 977)
        ASSERT_EQ(static_cast<std::byte>(bytes[at]), VirtualEos::clipByte(at)) << "at " << at;
    EXPECT_FALSE(std::filesystem::exists(target.string() + ".part"));
    const auto frames = numbers();
    for (std::size_t i = 1; i < frames.size(); ++i)
        EXPECT_EQ(*frames[i], *frames[i - 1] + 1) << "frame " << i;
}

// Fails for a camera that is looked for at its old address only.
TEST_F(TetherCamera, AUsbCableMayBePulledAndPutBack)
{
    testing::VirtualEosUsb eos;
    // Only the helper sees the virtual bus: the wrapper puts it there.
    const std::string wrapper = folder_ / "helper";
    {
        std::ofstream script(wrapper);
        script << "#!/bin/sh\nexec env";
        for (const std::string& variable : testing::VirtualEosUsb::environment())
            script << " '" << variable << "'";
        script << " " BACKTAKE_TETHER_PROGRAM " \"$@\"\n";
    }
    std::filesystem::permissions(wrapper, std::filesystem::perms::owner_all);
    setenv("BACKTAKE_TETHER", wrapper.c_str(), 1);
    {
        capture::CameraOptions options;
        options.ring_bytes = 128 << 20;
        const Camera camera(*capture::parseCameraSpec("gphoto:usb"), options);
        for (std::uint64_t returns = 0; returns < 3; ++returns) {
            ASSERT_TRUE(eventually(
                [&]() {
                    return camera.status().state == CameraState::Live && camera.status().returns == returns;
                },
                kSoon))
                << camera.status().why;
            const auto frames = camera.status().frames;
            ASSERT_TRUE(eventually([&]() { return camera.status().frames > frames + 10; }, kSoon));
            eos.unplug();
            ASSERT_TRUE(eventually([&]() { return camera.status().state != CameraState::Live; }, kSoon));
            eos.plugIn();
        }
    }
    unsetenv("BACKTAKE_TETHER");
}

TEST_F(TetherCamera, TwoCamerasAtOnce)
{
    startLive();
    VirtualEos other;
    capture::CameraOptions options;
    options.ring_bytes = 128 << 20;
    Camera second(*capture::parseCameraSpec(other.spec()), options);
    ASSERT_TRUE(eventually([&]() { return second.status().frames > 60; }, kSoon));
    EXPECT_EQ(helpers().size(), 2U);
    ASSERT_TRUE(counts(30));
    EXPECT_EQ(camera_->status().returns, 0U);
}

TEST_F(TetherCamera, NobodyThereIsSaidInALine)
{
    std::uint16_t port = 0;
    {
        VirtualEos gone;
        port = gone.port();
    }
    capture::CameraOptions options;
    options.ring_bytes = 64 << 20;
    Camera camera(*capture::parseCameraSpec("gphoto:ptpip:127.0.0.1:" + std::to_string(port)), options);
    ASSERT_TRUE(eventually([&]() { return camera.status().state == CameraState::Lost; }, kSoon));
    EXPECT_NE(camera.status().why, "");
    EXPECT_EQ(camera.status().why.find('\n'), std::string::npos);
}

TEST_F(TetherCamera, ACameraWithoutLiveViewIsRefused)
{
    VirtualEosOptions options;
    options.live_view = false;
    start(options);
    EXPECT_TRUE(eventually([&]() { return !camera_->status().why.empty(); }, kSoon));
    EXPECT_THAT(camera_->status().why, ::testing::HasSubstr("live"));
}

TEST_F(TetherCamera, OneThatWantsPairingSaysSo)
{
    VirtualEosOptions options;
    options.wants_pairing = true;
    start(options);
    ASSERT_TRUE(eventually([&]() { return !camera_->status().why.empty(); }, kSoon));
    EXPECT_THAT(camera_->status().why, ::testing::HasSubstr("pair"));
}

TEST_F(TetherCamera, ClosingLeavesNoProcessBehind)
{
    startLive();
    ASSERT_EQ(helpers().size(), 1U);
    camera_.reset();
    EXPECT_TRUE(helpers().empty());
}

} // namespace
} // namespace backtake::tests
