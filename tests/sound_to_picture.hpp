/// How far sound and picture of a take are apart after the whole way: a live source, ring, recorder, disk,
/// reversed review.
#pragma once

#include "base/jpeg.hpp"
#include "capture/camera.hpp"
#include "capture/recorder.hpp"
#include "playback/test_listening.hpp"
#include "takes/recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace backtake::tests {

using base::Nanos;
using namespace std::chrono_literals;

/// Elements of GStreamer whose picture turns from dark to bright or back at each full second (it does every
/// fifty frames), ...
inline constexpr const char* kTurningPicture =
    "pattern=ball flip=true ! video/x-raw,format=I420,width=320,height=240,framerate=50/1";
inline constexpr Nanos kFrame = 20ms;
/// ... and whose sound is a click of a millisecond then. Its clicks come a buffer early, and live it hands
/// a buffer over when that begins, which a sound card does when it ends: hence the small ones.
inline constexpr Nanos kEarlyInClip = 1ms;
inline constexpr Nanos kEarlyLive = 2ms;
inline constexpr const char* kClicks =
    "wave=ticks tick-interval=1000000000 sine-periods-per-tick=1 freq=1000 volume=0.8 samplesperbuffer=48";

/// Records @p length of what @p spec delivers. @return the recording's folder.
inline base::Result<std::filesystem::path> record(
    const std::string& spec, Nanos length, const std::filesystem::path& shoot)
{
    constexpr Nanos kPatience = 30s;
    auto parsed = capture::parseCameraSpec(spec);
    if (!parsed)
        return base::fail(parsed.error());
    const capture::Camera camera(std::move(*parsed));
    const Nanos asked = base::monotonicNow();
    // By then the sound's clock goes by more than its first blocks, which come as late as a source starts.
    if (!camera.sound()->waitFor(asked + 4s, asked + kPatience))
        return base::fail(base::Fault::TimedOut, "no sound comes: " + camera.status().why);
    capture::RecordingOrder order;
    order.shoot = shoot;
    order.slate = { "1", 1, 'A' };
    order.rate = camera.status().nominalRate();
    order.first = order.roll = camera.ring()->announcedEnd();
    capture::Recorder recorder(camera.ring(), camera.sound(), order);
    const Nanos rolled = base::monotonicNow();
    if (!camera.sound()->waitFor(rolled + length, rolled + length + kPatience))
        return base::fail(base::Fault::TimedOut, "the sound has stopped: " + camera.status().why);
    recorder.cut(camera.ring()->announcedEnd());
    recorder.waitUntilDone(base::monotonicNow() + kPatience);
    const capture::RecorderStatus status = recorder.status();
    if (status.state != capture::RecorderStatus::State::Closed)
        return base::fail(base::Fault::Failed, "the take is not closed: " + status.trouble);
    return status.folder;
}

/// Of each turn of the picture how much later than its click it came, in ms, in the order on screen.
struct Apart {
    std::vector<double> ms;
    [[nodiscard]] double meanOf(std::size_t from, std::size_t count) const
    {
        double sum = 0;
        for (std::size_t i = from; i < from + count; ++i)
            sum += ms[i] / static_cast<double>(count);
        return sum;
    }
    [[nodiscard]] double mean() const { return meanOf(0, ms.size()); }
    [[nodiscard]] double worst() const
    {
        double most = 0;
        for (const double one : ms)
            most = std::max(most, std::abs(one));
        return most;
    }
    /// From the first @p count to the last.
    [[nodiscard]] double drift(std::size_t count) const
    {
        return meanOf(ms.size() - count, count) - meanOf(0, count);
    }
};

/// Whether a picture came when its camera gave it, as far as its neighbours tell: live ones are stamped as
/// they come, and what a busy machine takes late says nothing of the way behind that.
inline bool isInStep(const takes::Recording& take, base::FrameIndex n)
{
    const auto off = [&](base::FrameIndex from) {
        return std::chrono::abs(take.capturedTime(from + 1) - take.capturedTime(from) - kFrame) > 2ms;
    };
    return n > 0 && n + 1 < take.frameCount() && !off(n - 1) && !off(n);
}

/// Plays a take reversed on a device whose clock is off by @p off parts of 1 and on a display of 1 kHz.
/// @param early how much earlier than its turn a click was captured, as known of the source.
inline Apart reviewReversed(const std::filesystem::path& take, double off, Nanos early)
{
    const auto recording = takes::Recording::open(take);
    if (!recording)
        return {};
    const base::FrameIndex last = (*recording)->frameCount() - 1;
    playback::Listening room(*recording, off);
    room.steer([&](Nanos time) {
        room.head.setLoop(playback::LoopMode::Once, time);
        room.head.run(-1, time);
        room.head.enter(last, time);
    });
    std::vector<double> turns;
    base::FrameIndex on_screen = -1;
    int bright = -1;
    base::PicturePool pool(4 << 20);
    base::JpegDecoder decoder;
    room.run((*recording)->duration(), [&] {
        const base::FrameIndex frame = room.head.frameAt(room.player.timeAt(room.now));
        if (std::exchange(on_screen, frame) == frame)
            return;
        const auto read = (*recording)->frame(frame);
        const auto picture = read ? decoder.decode((*read)->jpeg, pool) : base::fail(read.error());
        if (!picture)
            return;
        const auto& plane = (*picture)->planes[0];
        const auto stride = (*picture)->strides[0];
        int sum = 0; // of the corners, where the ball is at most in one
        for (const std::ptrdiff_t y : { 2, 237 })
            for (const std::ptrdiff_t x : { 2, 317 })
                sum += plane[y * stride + x] > 128 ? 1 : 0;
        const int now_bright = sum >= 2 ? 1 : 0;
        if (std::exchange(bright, now_bright) == 1 - now_bright && isInStep(**recording, frame + 1))
            turns.push_back(base::seconds(room.now));
    });
    std::vector<double> clicks; // reversed, a click ends with what began it
    const auto ear = room.ear->ear(0);
    for (std::size_t s = 0, quiet = 0; s < ear.size(); ++s) {
        quiet = std::abs(ear[s]) > 0.1F ? 0 : quiet + 1;
        if (quiet == 48 && s > 48)
            clicks.push_back(room.ear->soundsAt_s(static_cast<std::int64_t>(s - 47)));
    }
    Apart apart;
    for (const double turn : turns) {
        const auto nearest = std::min_element(clicks.begin(), clicks.end(),
            [turn](double a, double b) { return std::abs(a - turn) < std::abs(b - turn); });
        if (nearest != clicks.end())
            apart.ms.push_back((turn - *nearest) * 1000 + base::milliseconds(early));
    }
    return apart;
}

} // namespace backtake::tests
