#include "playback/test_listening.hpp"
#include "takes/test_takes.hpp"

namespace backtake::playback {
namespace {

using base::FrameIndex;

std::shared_ptr<MemorySound> twentySeconds(auto value, int channels = 1, int rate = kRate)
{
    return std::make_shared<MemorySound>(std::int64_t { 20 } * rate, channels, value, 0ns, rate);
}

/// The sample of @p sound that stands at @p heard_at; fails the test when none does.
std::int64_t sampleLike(const MemorySound& sound, float value, std::int64_t near)
{
    for (std::int64_t away = 0; away < 4000; ++away)
        for (const std::int64_t s : { near - away, near + away })
            if (s >= 0 && s < sound.sampleCount() && sound.sample(s, 0) == value)
                return s;
    ADD_FAILURE() << "nothing like that was recorded near sample " << near;
    return 0;
}

TEST(SoundPlayer, ReversedItHandsOverWhatWasRecordedBackwardsBitForBitAndInTime)
{
    const auto sound = twentySeconds(noise(), 2);
    Listening room(std::make_shared<HeardFootage>(500, sound), 150e-6);
    room.run(313ms); // nothing is heard, and the head begins between two samples
    room.playReversed(400);
    const Nanos began = room.now;
    room.run(5s);
    const auto first = static_cast<std::int64_t>((base::seconds(began) + 0.2) * kRate);
    const auto& heard = room.ear->heard;
    const auto at = [&](std::int64_t s, int ear) { return heard[static_cast<std::size_t>(2 * s + ear)]; };
    const std::int64_t recorded = sampleLike(*sound, at(first, 0), std::int64_t { 401 * 1920 } - 9600);
    for (std::int64_t i = 0; first + i < static_cast<std::int64_t>(room.heard()); ++i)
        for (const int ear : { 0, 1 })
            ASSERT_EQ(at(first + i, ear), sound->sample(recorded - i, ear)) << i;
    // The middle of that sample sounds when the head is there, by the picture's clock.
    const double sounds = room.ear->soundsAt_s(first);
    const double position = base::seconds(401 * 40ms) - (sounds - base::seconds(began));
    EXPECT_NEAR(static_cast<double>(recorded) / kRate, position, 0.003);
}

TEST(SoundPlayer, ThePictureFollowsTheDevicesClock)
{
    Listening room(std::make_shared<HeardFootage>(500, twentySeconds(noise())), 400e-6);
    room.playReversed(499);
    room.run(1s);
    const Nanos before = room.player.timeAt(room.now);
    const Nanos since = room.now;
    Nanos last = before;
    room.run(15s, [&] {
        const Nanos time = room.player.timeAt(room.now);
        ASSERT_GE(time, last);
        ASSERT_NEAR(base::milliseconds(time - last), 1, 0.2);
        last = time;
    });
    EXPECT_NEAR(base::milliseconds(last - before - (room.now - since)), 15 * 0.4, 1);
}

/// Fails when a key, a level or a loop is heard as a click, or is heard late.
TEST(SoundPlayer, NothingClicks)
{
    const auto click = [](auto act) {
        const auto sound = twentySeconds(sine(1000), 2);
        Listening room(std::make_shared<HeardFootage>(500, sound));
        room.playReversed(400);
        room.run(313ms);
        const std::size_t from = room.heard() / 2;
        act(room);
        room.run(500ms);
        return loudestClick(room.ear->ear(0, from), 1000);
    };
    const auto steered = [&](auto steer) {
        return click([&](Listening& room) { room.steer([&](Nanos time) { steer(room.head, time); }); });
    };
    EXPECT_LT(steered([](Playhead& head, Nanos time) { head.run(1, time); }), -60) << "turn";
    EXPECT_LT(steered([](Playhead& head, Nanos time) { head.run(0, time); }), -60) << "pause";
    EXPECT_LT(steered([](Playhead& head, Nanos time) { head.jump(3'234'567'891ns, time); }), -60) << "jump";
    EXPECT_LT(steered([](Playhead& head, Nanos time) { head.setRange(388, 396, time); }), -60) << "loop";
    EXPECT_LT(steered([](Playhead& head, Nanos time) {
        head.setRange(388, 396, time);
        head.setLoop(LoopMode::PingPong, time);
    }),
        -60)
        << "ping-pong";
    EXPECT_LT(click([](Listening& room) { room.choose({ .muted = true }); }), -60) << "mute";
    EXPECT_LT(click([](Listening& room) { room.choose({ .level_db = -20 }); }), -60) << "level";
    EXPECT_LT(click([](Listening& room) { room.choose({ .channel = 2 }); }), -60) << "channel";
    EXPECT_LT(click([](Listening& room) { room.player.stop(), room.due = room.now; }), -60) << "stop";
    EXPECT_LT(click([](Listening& room) {
        for (int key = 0; key < 20; ++key) {
            room.choose({ .level_db = -key });
            room.run(7ms);
        }
    }),
        -60)
        << "keys in quick succession";
}

TEST(SoundPlayer, AKeyIsHeardWithinFortyMilliseconds)
{
    Listening room(std::make_shared<HeardFootage>(500, twentySeconds([](std::int64_t, int) { return 0.5; })));
    room.playReversed(400);
    room.run(500ms);
    for (const int key_after : { 3, 5, 11 }) {
        room.run(std::chrono::milliseconds(100 + key_after));
        room.choose({ .muted = true });
        const double pressed = base::seconds(room.now);
        room.run(100ms);
        const auto ear = room.ear->ear(0);
        auto s = static_cast<std::int64_t>(ear.size()) - 1;
        ASSERT_EQ(ear.back(), 0);
        while (ear[static_cast<std::size_t>(s)] == 0)
            --s;
        EXPECT_LT(room.ear->soundsAt_s(s) - pressed, 0.040) << "silent";
        room.choose({});
    }
}

TEST(SoundPlayer, ChannelsComeToTheEarsAsChosen)
{
    // Channel c holds (c + 1) / 100.
    const auto heard = [](int channels, const base::SoundChoice& choice) {
        const auto sound = twentySeconds([](std::int64_t, int c) { return (c + 1) / 100.0; }, channels);
        Listening room(std::make_shared<HeardFootage>(500, sound), 0, choice);
        room.playReversed(400);
        room.run(300ms);
        return std::pair { room.ear->heard[room.ear->heard.size() - 2], room.ear->heard.back() };
    };
    const auto near = [](const std::pair<float, float>& ears, double left, double right) {
        EXPECT_NEAR(ears.first, left, 1e-6);
        EXPECT_NEAR(ears.second, right, 1e-6);
    };
    near(heard(1, {}), 0.01, 0.01);
    near(heard(2, {}), 0.01, 0.02);
    near(heard(4, {}), 0.10 / 2, 0.10 / 2);
    near(heard(2, { .channel = 2 }), 0.02, 0.02);
    near(heard(8, { .channel = 5, .pair = true }), 0.05, 0.06);
    near(heard(2, { .channel = 5, .pair = true }), 0.01, 0.02); // there is no such one: all
    near(heard(1, { .level_db = -20 }), 0.001, 0.001);
    near(heard(1, { .level_db = 6 }), 0.019953, 0.019953);
    near(heard(1, { .muted = true }), 0, 0);
}

TEST(SoundPlayer, ADeviceThatVanishesIsTakenBackWhenItReturnsAndThePictureNeverJumps)
{
    const auto sound = twentySeconds(noise());
    Listening room(std::make_shared<HeardFootage>(500, sound), 300e-6);
    room.playReversed(499);
    Nanos last = room.player.timeAt(room.now);
    const auto smooth = [&] {
        const Nanos time = room.player.timeAt(room.now);
        ASSERT_NEAR(base::milliseconds(time - last), 1, 17) << "a step, at which it is noticed, at most";
        last = time;
    };
    room.run(2s, smooth);
    EXPECT_EQ(room.player.state(), (SoundPlayer::State { true, "" }));
    room.plugged = false;
    room.ear->vanish();
    const Nanos gone = room.now;
    const Nanos time_then = room.player.timeAt(room.now);
    room.run(3s, smooth);
    EXPECT_EQ(room.player.state(), (SoundPlayer::State { true, "no such device" }));
    EXPECT_NEAR(base::milliseconds(room.player.timeAt(room.now) - time_then),
        base::milliseconds(room.now - gone), 20);
    room.plugged = true;
    room.ear = std::make_shared<Ear>(0, room.now);
    room.run(3s, smooth);
    EXPECT_EQ(room.player.state(), (SoundPlayer::State { true, "" }));
    // It plays, where the picture is.
    const auto s = static_cast<std::int64_t>(room.heard()) - 4800;
    const double at = base::seconds(room.head.positionAt(room.player.timeAt(room.now)))
        + (base::seconds(room.now) - room.ear->soundsAt_s(s));
    const std::int64_t recorded =
        sampleLike(*sound, room.ear->ear(0)[static_cast<std::size_t>(s)], std::llround(at * kRate));
    EXPECT_NEAR(static_cast<double>(recorded) / kRate, at, 0.003);
}

TEST(SoundPlayer, ADeviceThatStandsStillDoesNotHoldThePicture)
{
    const auto sound = twentySeconds(noise());
    Listening room(std::make_shared<HeardFootage>(500, sound));
    room.playReversed(499);
    room.run(2s);
    room.stuck = true;
    const Nanos then = room.player.timeAt(room.now);
    room.run(3s);
    const double behind = 3000 - base::milliseconds(room.player.timeAt(room.now) - then);
    EXPECT_LT(behind, 130) << "so long it may be taken for late";
    room.stuck = false;
    const std::size_t before = room.heard();
    room.run(2s);
    EXPECT_NEAR(5000 - base::milliseconds(room.player.timeAt(room.now) - then), behind, 20);
    const auto ear = room.ear->ear(0);
    // What was taken last began up to a chunk ago and sounds a chunk later.
    const double at = base::seconds(room.head.positionAt(room.player.timeAt(room.now))) + 0.1
        - 1.5 * static_cast<double>(Ear::kChunk) / kRate;
    const std::int64_t recorded = sampleLike(*sound, ear[ear.size() - 4800], std::llround(at * kRate));
    EXPECT_NEAR(static_cast<double>(recorded) / kRate, at, 0.008);
    for (std::size_t i = before + 9600; i < ear.size(); ++i) // bit for bit again
        ASSERT_EQ(ear[i],
            sound->sample(
                recorded + static_cast<std::int64_t>(ear.size() - 4800) - static_cast<std::int64_t>(i), 0));
}

TEST(SoundPlayer, WithoutSoundTimeIsTheMonotonicClocks)
{
    Listening room(std::make_shared<HeardFootage>(500, nullptr), 300e-6);
    room.playReversed(499);
    room.run(2s);
    EXPECT_EQ(room.player.timeAt(room.now), room.now);
    EXPECT_EQ(room.player.state(), SoundPlayer::State {});
    EXPECT_TRUE(room.asked.empty()) << "no device is opened for nothing";
}

TEST(SoundPlayer, ADiskOrDeviceThatIsSlowToOpenDoesNotMoveThePicture)
{
    const auto footage = std::make_shared<HeardFootage>(500, twentySeconds(noise()));
    Listening room(footage);
    footage->while_opening = [&room] {
        room.now += 700ms;
        (void)room.player.timeAt(room.now); // the picture is drawn meanwhile
    };
    room.playReversed(499);
    room.run(5s);
    EXPECT_EQ(room.player.state(), (SoundPlayer::State { true, "" }));
    EXPECT_NEAR(base::milliseconds(room.player.timeAt(room.now) - room.now), 0, 25);
}

TEST(SoundPlayer, AnotherDeviceIsOpenedByItsName)
{
    Listening room(std::make_shared<HeardFootage>(500, twentySeconds(noise())));
    room.playReversed(499);
    room.run(300ms);
    room.choose({ .device = "Headphones" });
    room.run(100ms);
    EXPECT_EQ(room.asked, (std::vector<std::string> { "", "Headphones" }));
    EXPECT_EQ(room.player.state().trouble, "");
}

TEST(SoundPlayer, ATrackOfAnotherRateSoundsInItsPitch)
{
    const auto tone = [](std::int64_t s, int) {
        return 0.5 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(s) / 44100);
    };
    Listening room(std::make_shared<HeardFootage>(500, twentySeconds(tone, 1, 44100)));
    room.playReversed(400);
    room.run(2s);
    EXPECT_LT(loudestClick(room.ear->ear(0, 20'000), 1000), -80);
}

/// Samples that are not silent, and how often they cross zero.
std::pair<std::int64_t, std::int64_t> soundingAndCrossings(const std::vector<float>& ear)
{
    std::int64_t sounding = 0;
    std::int64_t crossings = 0;
    for (std::size_t i = 1; i < ear.size(); ++i) {
        sounding += std::abs(ear[i]) > 0.001F ? 1 : 0;
        crossings += (ear[i] > 0) != (ear[i - 1] > 0) ? 1 : 0;
    }
    return { sounding, crossings };
}

TEST(SoundPlayer, AFrameStepSoundsAsLongAsAFrame)
{
    Listening room(std::make_shared<HeardFootage>(500, twentySeconds(sine(1000))));
    room.steer([&](Nanos time) { room.head.enter(300, time); });
    room.run(500ms);
    ASSERT_EQ(soundingAndCrossings(room.ear->ear(0)).first, 0) << "at rest";
    for (const FrameIndex frame : { 301, 302, 301 }) {
        const std::size_t before = room.heard();
        room.steer([&](Nanos time) { room.head.enter(frame, time); });
        room.run(400ms);
        const auto [sounding, crossings] = soundingAndCrossings(room.ear->ear(0, before));
        EXPECT_NEAR(static_cast<double>(sounding) / 48, 45, 8) << "40 ms, and the fades";
        EXPECT_LT(loudestClick(room.ear->ear(0, before), 1000), -60);
    }
}

/// Fails when a drag is silent, or sounds at another speed than the hand's.
TEST(SoundPlayer, ADragSoundsAsFastAsTheHandMoves)
{
    for (const double speed : { -2.0, -0.5, 1.5 }) {
        Listening room(std::make_shared<HeardFootage>(500, twentySeconds(sine(1000))));
        room.steer([&](Nanos time) { room.head.jump(10s, time); });
        room.run(300ms);
        const std::size_t before = room.heard() + 9600;
        Nanos moved {};
        for (int i = 0; i < 50; ++i) { // a second
            moved += 20ms;
            room.steer([&](Nanos time) {
                room.head.jump(10s + Nanos(std::llround(static_cast<double>(moved.count()) * speed)), time);
            });
            room.run(20ms);
        }
        const auto [sounding, crossings] = soundingAndCrossings(room.ear->ear(0, before));
        const double seconds = static_cast<double>(room.heard() - before) / kRate;
        EXPECT_NEAR(
            static_cast<double>(crossings) / 2 / seconds, 1000 * std::abs(speed), 150 * std::abs(speed));
        EXPECT_GT(static_cast<double>(sounding) / kRate / seconds, 0.9);
        room.run(300ms);
        EXPECT_EQ(room.ear->heard.back(), 0) << "the hand rests";
    }
}

TEST(SoundPlayer, ThePitchIsKeptWhenChosenAndSoundStaysWithThePicture)
{
    for (const double speed : { -0.5, -0.75, 1.5 }) {
        // A tone that begins at 10 s and lasts a second.
        const auto sound = twentySeconds([tone = sine(1000)](std::int64_t s, int c) {
            return s >= 10 * kRate && s < 11 * kRate ? tone(s, c) : 0.0;
        });
        Listening room(std::make_shared<HeardFootage>(500, sound), 0, { .keep_pitch = true });
        room.run(100ms);
        room.steer([&](Nanos time) {
            room.head.run(speed, time);
            room.head.jump(speed > 0 ? 9s : 12s, time);
        });
        const double began = base::seconds(room.now);
        room.run(5s);
        const auto ear = room.ear->ear(0);
        const auto loud = [](float value) { return std::abs(value) > 0.2F; };
        const auto first = std::find_if(ear.begin(), ear.end(), loud) - ear.begin();
        const auto last = static_cast<std::ptrdiff_t>(ear.size()) - 1
            - (std::find_if(ear.rbegin(), ear.rend(), loud) - ear.rbegin());
        EXPECT_NEAR(room.ear->soundsAt_s(first) - began, 1 / std::abs(speed), 0.03) << speed;
        EXPECT_NEAR(static_cast<double>(last - first) / kRate, 1 / std::abs(speed), 0.06)
            << "Rubber Band's window smears what is sudden";
        const auto middle =
            soundingAndCrossings({ ear.begin() + first + 4800, ear.begin() + last - 4800 }).second;
        EXPECT_NEAR(
            static_cast<double>(middle) / 2 / (static_cast<double>(last - first - 9600) / kRate), 1000, 10);
    }
}

/// Ten minutes of dark frames, one of 25 a bright one in whose middle a click sounds; from disk.
base::FootagePtr clicksAndFlashes(const std::filesystem::path& shoot, int frames)
{
    auto writer = takes::RecordingWriter::create(shoot, takes::makeFacts());
    const auto dark = takes::makeFrame(0, 0ns);
    const auto bright = takes::makeFrame(30, 0ns);
    std::vector<base::FramePtr> batch;
    std::vector<std::int16_t> samples(1920);
    for (int n = 0; n < frames; ++n) {
        auto frame = std::make_shared<base::Frame>(n % 25 == 7 ? *bright : *dark);
        frame->serial = static_cast<base::Serial>(n);
        frame->captured_at = takes::kUptime + n * 40ms;
        batch.push_back(frame);
        std::fill(samples.begin(), samples.end(), std::int16_t { 0 });
        if (n % 25 == 7) // 1 ms round the middle
            for (std::size_t i = 936; i < 984; ++i)
                samples[i] = 30'000;
        EXPECT_TRUE((*writer)->appendSound(std::as_bytes(std::span(samples)), { kRate, 1, 0, 0ns }));
        if (batch.size() == 250 || n + 1 == frames) {
            EXPECT_TRUE((*writer)->append(batch));
            batch.clear();
        }
    }
    EXPECT_TRUE((*writer)->close(takes::makeFacts()));
    return *takes::Recording::open((*writer)->folder());
}

/// Fails when sound and picture of a take come apart, at the beginning or after ten minutes.
TEST(SoundPlayer, AClickSoundsWithItsFlashForTenMinutesWhateverTheDevicesClock)
{
    const takes::Folder shoot;
    const auto footage = clicksAndFlashes(shoot.path(), 15'000);
    for (const double off : { +200e-6, -200e-6 }) {
        Listening room(footage, off);
        room.steer([&](Nanos time) {
            room.head.setLoop(LoopMode::Once, time);
            room.head.run(-1, time);
            room.head.enter(14'999, time);
        });
        std::vector<double> flashes;
        Nanos bright_since {};
        FrameIndex on_screen = -1;
        bool bright = false;
        base::PicturePool pool(1 << 20);
        base::JpegDecoder decoder;
        room.run(
            599s,
            [&] {
                const FrameIndex frame = room.head.frameAt(room.player.timeAt(room.now));
                if (frame == on_screen)
                    return;
                on_screen = frame;
                const auto read = footage->frame(frame);
                ASSERT_TRUE(read);
                const auto picture = decoder.decode((*read)->jpeg, pool);
                ASSERT_TRUE(picture);
                const bool was_bright = std::exchange(bright, (*picture)->planes[0][0] > 128);
                if (was_bright)
                    flashes.push_back(base::seconds(bright_since + room.now) / 2);
                bright_since = room.now;
            },
            4'166'667ns); // a display of 240 Hz
        std::vector<double> clicks;
        const auto ear = room.ear->ear(0);
        for (std::size_t s = 1; s < ear.size(); ++s)
            if (ear[s] > 0.5F && ear[s - 1] <= 0.5F)
                clicks.push_back(room.ear->soundsAt_s(static_cast<std::int64_t>(s) + 24));
        ASSERT_GE(flashes.size(), 595u);
        clicks.resize(flashes.size()); // one more may have been heard than was seen to its end
        double mean = 0;
        double first_minute = 0;
        double last_minute = 0;
        for (std::size_t i = 0; i < flashes.size(); ++i) {
            const double apart_ms = (flashes[i] - clicks[i]) * 1000;
            ASSERT_LE(std::abs(apart_ms), 10) << "flash " << i;
            mean += apart_ms / static_cast<double>(flashes.size());
            first_minute += i < 60 ? apart_ms / 60 : 0;
            last_minute += i + 60 >= flashes.size() ? apart_ms / 60 : 0;
        }
        EXPECT_LE(std::abs(mean), 3);
        EXPECT_NEAR(first_minute, last_minute, 1) << "they drift apart";
        RecordProperty(off > 0 ? "mean_ms_fast" : "mean_ms_slow", std::to_string(mean));
    }
}

} // namespace
} // namespace backtake::playback
