#include "capture/tether_body.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace backtake::capture {
namespace {

using base::Fault;
using testing::ElementsAre;
using namespace std::chrono_literals;

/// A body behind a line whose far end the test holds.
class TetherBodyTest : public testing::Test {
protected:
    TetherBodyTest()
    {
        std::array<int, 2> ends {};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
        helper_ = ends[1];
        line_ = std::make_shared<TetherLine>(ends[0]);
        tethered_ = std::make_unique<TetherBody>(body_, line_);
        tethered_->take(tether::Opened { "Canon EOS-1D C", true }, 40ms);
        tethered_->take(tether::Setting { "iso", "ISO", "800", { "400", "800", "1600" }, false });
        tethered_->take(tether::Setting { "output", "Output", "TFT + PC", {}, true });
    }
    ~TetherBodyTest() override { ::close(helper_); }

    /// What the helper was asked next.
    std::optional<tether::Request> asked()
    {
        std::array<char, tether::kMaxMessageBytes> message {};
        const ssize_t size = ::recv(helper_, message.data(), message.size(), MSG_DONTWAIT);
        if (size <= 0)
            return std::nullopt;
        auto request = tether::decodeRequest({ message.data(), static_cast<std::size_t>(size) });
        EXPECT_TRUE(request) << request.error().message;
        return request ? std::optional(*request) : std::nullopt;
    }

    Body body_;
    int helper_ = -1;
    std::shared_ptr<TetherLine> line_;
    std::unique_ptr<TetherBody> tethered_;
};

TEST_F(TetherBodyTest, ASettingIsPendingUntilItIsAnswered)
{
    const auto id = body_.ask(SetBodySetting { "iso", "1600" });
    ASSERT_TRUE(id) << id.error().message;
    const auto request = asked();
    ASSERT_TRUE(request);
    const auto& set = std::get<tether::SetSetting>(*request);
    EXPECT_EQ(set.id, *id);
    EXPECT_EQ(set.name, "iso");
    EXPECT_EQ(set.value, "1600");
    EXPECT_TRUE(body_.status().settings[0].pending);
    EXPECT_EQ(body_.status().settings[0].value, "800") << "the camera does not have it yet";

    tethered_->take(tether::Setting { "iso", "ISO", "1600", { "400", "800", "1600" }, false });
    tethered_->take(tether::Answer { *id, true, {}, {} });
    EXPECT_FALSE(body_.status().settings[0].pending);
    EXPECT_EQ(body_.status().settings[0].value, "1600");
    EXPECT_TRUE(body_.takeEvents().empty());
}

TEST_F(TetherBodyTest, ARefusedSettingIsToldAndShowsWhatTheCameraHas)
{
    const auto id = body_.ask(SetBodySetting { "iso", "1600" });
    ASSERT_TRUE(id);
    tethered_->take(tether::Answer { *id, false, "The camera is busy: ISO stays 800", "-110" });
    EXPECT_FALSE(body_.status().settings[0].pending);
    EXPECT_EQ(body_.status().settings[0].value, "800");
    const auto events = body_.takeEvents();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, BodyEvent::Kind::SettingRefused);
    EXPECT_EQ(events[0].text, "The camera is busy: ISO stays 800");
}

TEST_F(TetherBodyTest, WhatTheCameraDoesNotOfferIsNotAsked)
{
    EXPECT_EQ(body_.ask(SetBodySetting { "iso", "123" }).error().fault, Fault::Usage);
    EXPECT_EQ(body_.ask(SetBodySetting { "tint", "5" }).error().fault, Fault::Usage);
    EXPECT_EQ(body_.ask(SetBodySetting { "output", "PC" }).error().fault, Fault::Usage);
    EXPECT_FALSE(asked());
}

TEST_F(TetherBodyTest, ARecordingIsOursOrTheBodysOwn)
{
    ASSERT_TRUE(body_.ask(RecordOnBody { true }));
    tethered_->take(tether::Recording { true, base::monotonicNow() });
    tethered_->take(tether::Recording { true, base::monotonicNow() }); // said twice
    EXPECT_TRUE(body_.status().recording);
    tethered_->take(tether::Recording { false, base::monotonicNow() }); // the button on the body
    EXPECT_FALSE(body_.status().recording);
    const auto events = body_.takeEvents();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, BodyEvent::Kind::RecordingStarted);
    EXPECT_TRUE(events[0].asked_here);
    EXPECT_EQ(events[1].kind, BodyEvent::Kind::RecordingStopped);
    EXPECT_FALSE(events[1].asked_here);
}

TEST_F(TetherBodyTest, ARecordingThatEndedWhileTheBodyWasAwayCutsNothing)
{
    tethered_->take(tether::Recording { false, base::monotonicNow() });
    tethered_->take(tether::Recording { true, base::monotonicNow() });
    tethered_.reset();
    (void)body_.takeEvents();
    EXPECT_TRUE(body_.status().recording) << "it may well go on";
    tethered_ = std::make_unique<TetherBody>(body_, line_);
    tethered_->take(tether::Opened { "Canon EOS-1D C", true }, 40ms);
    tethered_->take(tether::Recording { false, base::monotonicNow() });
    EXPECT_FALSE(body_.status().recording);
    const auto events = body_.takeEvents();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].kind, BodyEvent::Kind::RecordingStopped);
    EXPECT_TRUE(events[0].asked_here);
    EXPECT_EQ(events[1].kind, BodyEvent::Kind::Note);
}

TEST_F(TetherBodyTest, AFetchRunsAndEndsAsTheHelperSays)
{
    const auto id =
        body_.ask(FetchBodyClip { { "/store/DCIM", "MVI_0001.MOV", 1000 }, "/shoot/MVI_0001.MOV" });
    ASSERT_TRUE(id);
    tethered_->take(tether::Progress { *id, tether::Progress::State::Running, 400, 1000, 200, {} });
    ASSERT_EQ(body_.status().fetches.size(), 1U);
    EXPECT_EQ(body_.status().fetches[0].bytes, 400U);
    EXPECT_TRUE(body_.takeEvents().empty());
    tethered_->take(tether::Progress { *id, tether::Progress::State::Done, 1000, 1000, 200, {} });
    EXPECT_EQ(body_.status().fetches[0].state, ClipFetch::State::Done);
    const auto events = body_.takeEvents();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, BodyEvent::Kind::FetchEnded);
    EXPECT_EQ(events[0].request, *id);
}

TEST_F(TetherBodyTest, AFetchThatCannotBeginHasFailed)
{
    const auto id = body_.ask(FetchBodyClip { { "/store/DCIM", "MVI_0001.MOV", 0 }, "/shoot/MVI_0001.MOV" });
    ASSERT_TRUE(id);
    tethered_->take(tether::Answer { *id, false, "MVI_0001.MOV is larger than 4 GiB", {} });
    EXPECT_EQ(body_.status().fetches[0].state, ClipFetch::State::Failed);
    EXPECT_EQ(body_.status().fetches[0].trouble, "MVI_0001.MOV is larger than 4 GiB");
}

TEST_F(TetherBodyTest, ABodyThatLeavesEndsItsFetchesAndIsAskedNothing)
{
    ASSERT_TRUE(body_.ask(FetchBodyClip { { "/store/DCIM", "MVI_0001.MOV", 0 }, "/shoot/MVI_0001.MOV" }));
    tethered_.reset();
    EXPECT_FALSE(body_.status().attached);
    EXPECT_EQ(body_.status().fetches[0].state, ClipFetch::State::Failed);
    EXPECT_EQ(body_.takeEvents().back().kind, BodyEvent::Kind::FetchEnded);
    EXPECT_EQ(body_.ask(RecordOnBody { true }).error().fault, Fault::Unplugged);
}

TEST_F(TetherBodyTest, AHelperThatDoesNotReadMakesNobodyWait)
{
    base::Result<std::uint64_t> asked_last = 0;
    for (int n = 0; n < 100'000 && asked_last; ++n)
        asked_last = body_.ask(RecordOnBody { n % 2 == 0 });
    ASSERT_FALSE(asked_last) << "a line without an end";
    EXPECT_EQ(asked_last.error().fault, Fault::Busy);
}

TEST_F(TetherBodyTest, AnswersToWhatWasNeverAskedAreNothing)
{
    tethered_->take(tether::Answer { 4711, false, "no", {} });
    tethered_->take(tether::Progress { 4711, tether::Progress::State::Done, 1, 1, 1, {} });
    EXPECT_TRUE(body_.takeEvents().empty());
    EXPECT_TRUE(body_.status().fetches.empty());
}

TEST_F(TetherBodyTest, TheHelpersTimesAreNeverToCome)
{
    tethered_->take(tether::Recording { true, base::monotonicNow() + 1h });
    EXPECT_LE(body_.takeEvents().at(0).at, base::monotonicNow());
}

TEST(BatteryPercent, ReadsTheCamerasWords)
{
    EXPECT_EQ(batteryPercent("75%"), 75);
    EXPECT_EQ(batteryPercent("Low"), 5);
    EXPECT_EQ(batteryPercent("100%"), 100);
    EXPECT_EQ(batteryPercent("unknown value 0007"), std::nullopt);
    EXPECT_EQ(batteryPercent("700%"), std::nullopt);
    EXPECT_EQ(batteryPercent(""), std::nullopt);
}

std::vector<std::string> keysOf(const BodyStatus& body)
{
    std::vector<std::string> keys;
    for (const BodyTrouble& trouble : troublesOf(body))
        keys.push_back(trouble.key);
    return keys;
}

TEST(BodyTroubles, NameWhatKeepsTheBodyFromRecording)
{
    BodyStatus body;
    body.card_present = false;
    EXPECT_THAT(keysOf(body), ElementsAre()) << "nobody knows it when there is no body";
    body.attached = true;
    EXPECT_THAT(keysOf(body), ElementsAre("card"));
    body.card_present = true;
    body.battery = "Low";
    body.battery_percent = 5;
    body.movie_mode = false;
    EXPECT_THAT(keysOf(body), ElementsAre("battery", "movie_mode"));
    body.battery_percent = 75;
    body.movie_mode = true;
    body.shots_left = 0;
    EXPECT_THAT(keysOf(body), ElementsAre("card"));
    body.shots_left = 500;
    EXPECT_THAT(keysOf(body), ElementsAre());
}

} // namespace
} // namespace backtake::capture
