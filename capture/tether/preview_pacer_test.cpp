#include "capture/tether/preview_pacer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>

namespace {

using namespace backtake::capture::tether;
using backtake::base::Nanos;
using namespace std::chrono_literals;
using Came = PreviewPacer::Came;
using Manner = PreviewPacer::Manner;

/// A camera behind libgphoto2, with the library's own sleeps, in simulated time.
struct Simulated {
    Manner manner = Manner::Busy;
    double fps = 30000.0 / 1001;
    Nanos jitter = 300us; ///< Of the pictures' own times, standard deviation.
    Nanos before = 500us; ///< From the call to the camera's look.
    Nanos after = 1200us; ///< From the look to the return: the picture's bytes.
    double disturbed = 0; ///< The share of calls that a busy machine makes longer, by up to 8 ms.
    Nanos noise = 150us;  ///< Of both.
    std::mt19937 random { 4711 };
    std::int64_t delivered = -1;
    std::vector<Nanos> shift {};

    Nanos scatter(Nanos deviation)
    {
        std::normal_distribution<double> normal(0, static_cast<double>(deviation.count()));
        return Nanos(static_cast<std::int64_t>(normal(random)));
    }
    Nanos madeAt(std::int64_t n)
    {
        while (shift.size() <= static_cast<std::size_t>(n))
            shift.push_back(scatter(jitter));
        return Nanos(static_cast<std::int64_t>(static_cast<double>(n) * 1e9 / fps))
            + shift[static_cast<std::size_t>(n)];
    }
    std::int64_t newestAt(Nanos now)
    {
        auto n = static_cast<std::int64_t>(static_cast<double>(now.count()) * fps / 1e9) + 1;
        while (n >= 0 && madeAt(n) > now)
            --n;
        return n;
    }
    struct Call {
        Nanos returned_at;
        std::int64_t picture;
        Came came;
        std::optional<Nanos> not_there_at;
    };
    Call call(Nanos now)
    {
        now += before + std::chrono::abs(scatter(noise));
        if (manner == Manner::Hold)
            now = std::max(now, madeAt(delivered + 1));
        std::optional<Nanos> not_there_at;
        for (int sleep = 1; manner == Manner::Busy && newestAt(now) <= delivered; ++sleep) {
            not_there_at = now + 100us;
            now += (sleep <= 8 ? 5ms : sleep * 5ms) + 250us;
        }
        const std::int64_t picture = newestAt(now);
        if (std::uniform_real_distribution<double>(0, 1)(random) < disturbed)
            now += Nanos(std::uniform_int_distribution<std::int64_t>(0, 8'000'000)(random));
        now += after + std::chrono::abs(scatter(noise));
        const Came came = picture > delivered ? Came::New : Came::Repeated;
        return { now, picture, came, not_there_at };
    }
};

struct Figures {
    std::int64_t lost = 0;
    std::int64_t pictures = 0;
    double calls = 0; ///< For each picture.
    Nanos mean {};
    Nanos worst {};
    Nanos period {};
    Manner manner = Manner::Unknown;
};

/// @p busy_with: what the loop does between two pictures when there is time; it makes calls late now and
/// then.
Figures run(
    Simulated& camera, PreviewPacer& pacer, Nanos from, Nanos length, Nanos busy_with = {}, bool room = false)
{
    Figures result;
    Nanos now = from;
    Nanos sum {};
    const Nanos settled = from + 2s;
    while (now < from + length) {
        const Nanos ask = pacer.askAt(room);
        while (busy_with != Nanos {} && now + busy_with / 2 < ask)
            now += busy_with;
        now = std::max(now, ask) + 60us; // The kernel wakes it a little late.
        const auto call = camera.call(now);
        pacer.called(now, call.returned_at, call.came, call.not_there_at);
        ++result.calls;
        if (call.came == Came::New) {
            if (camera.delivered >= 0)
                result.lost += call.picture - camera.delivered - 1;
            camera.delivered = call.picture;
            if (now > settled) {
                ++result.pictures;
                const Nanos late = call.returned_at - camera.madeAt(call.picture);
                sum += late;
                result.worst = std::max(result.worst, late);
            } else {
                result.calls = 0;
            }
        }
        now = call.returned_at + 800us; // Events are drained.
    }
    result.mean = sum / std::max<std::int64_t>(result.pictures, 1);
    result.calls /= static_cast<double>(std::max<std::int64_t>(result.pictures, 1));
    result.period = pacer.period().value_or(0ns);
    result.manner = pacer.manner();
    return result;
}

constexpr std::array kRates = { 24000.0 / 1001, 25.0, 30000.0 / 1001, 60000.0 / 1001 };
constexpr Nanos kCost = 1700us; // What the simulated library needs at least.

void report(const char* what, double fps, const Figures& run)
{
    std::printf("  %-7s %6.3f fps: lost %lld, latency mean %.2f worst %.2f ms, %.2f calls a picture\n", what,
        fps, static_cast<long long>(run.lost), static_cast<double>(run.mean.count()) / 1e6,
        static_cast<double>(run.worst.count()) / 1e6, run.calls);
}

TEST(PreviewPacer, ABusyCameraIsAskedAsThePictureIsDue)
{
    for (const double fps : kRates) {
        Simulated camera { .manner = Manner::Busy, .fps = fps };
        PreviewPacer pacer;
        const Figures result = run(camera, pacer, 1s, 120s);
        report("busy", fps, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_EQ(result.manner, Manner::Busy);
        EXPECT_LT(result.mean, kCost + 2200us) << fps; // Asked at once it is 7 to 12 ms.
        EXPECT_NEAR(static_cast<double>(result.period.count()), 1e9 / fps, 30e3);
    }
}

TEST(PreviewPacer, AHoldingCameraIsAskedInTime)
{
    for (const double fps : kRates) {
        Simulated camera { .manner = Manner::Hold, .fps = fps };
        PreviewPacer pacer;
        const Figures result = run(camera, pacer, 1s, 120s);
        report("hold", fps, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_EQ(result.manner, Manner::Hold);
        EXPECT_LT(result.mean, kCost + 400us) << fps;
        EXPECT_LT(result.calls, 1.01);
    }
}

TEST(PreviewPacer, ARepeatingCameraIsNotSpunOn)
{
    for (const double fps : kRates) {
        Simulated camera { .manner = Manner::Repeat, .fps = fps };
        PreviewPacer pacer;
        const Figures result = run(camera, pacer, 1s, 120s);
        report("repeat", fps, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_EQ(result.manner, Manner::Repeat);
        EXPECT_LT(result.mean, kCost + 2200us) << fps;
        EXPECT_LT(result.calls, 1.5) << fps; // Asked at once it is 17.
    }
}

TEST(PreviewPacer, WithoutJitterItIsAsSteadyAsTheCamera)
{
    for (const Manner manner : { Manner::Busy, Manner::Hold, Manner::Repeat }) {
        Simulated camera { .manner = manner, .fps = 25, .jitter = 0us, .noise = 20us };
        PreviewPacer pacer;
        const Figures result = run(camera, pacer, 1s, 60s);
        report("steady", 25, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_LT(result.mean, kCost + 1500us);
    }
}

/// Fails for a pacer that takes the calls made late by other work for the camera's own time.
TEST(PreviewPacer, WorkBetweenThePicturesLosesNone)
{
    for (const Manner manner : { Manner::Busy, Manner::Hold, Manner::Repeat }) {
        for (const double fps : { 25.0, 30000.0 / 1001 }) {
            Simulated camera { .manner = manner, .fps = fps };
            PreviewPacer pacer;
            const Figures result = run(camera, pacer, 1s, 60s, 4ms, true);
            report("working", fps, result);
            EXPECT_EQ(result.lost, 0);
            EXPECT_LT(result.mean, kCost + 5ms);
        }
    }
}

TEST(PreviewPacer, ALargeJitterLosesNone)
{
    for (const Manner manner : { Manner::Busy, Manner::Hold, Manner::Repeat }) {
        Simulated camera { .manner = manner, .fps = 30000.0 / 1001, .jitter = 2ms, .noise = 1ms };
        PreviewPacer pacer;
        const Figures result = run(camera, pacer, 1s, 120s);
        report("jitter", camera.fps, result);
        EXPECT_LE(result.lost, 1);
        EXPECT_LT(result.mean, kCost + 8ms);
    }
}

/// Fails for a pacer that takes what a busy machine adds for the library's sleeps, or its own lateness for
/// the camera's clock.
TEST(PreviewPacer, ABusyMachineMakesItNoWorseThanItIs)
{
    for (const Manner manner : { Manner::Busy, Manner::Hold, Manner::Repeat }) {
        for (const double fps : kRates) {
            Simulated camera { .manner = manner, .fps = fps, .disturbed = 0.4 };
            PreviewPacer pacer;
            const Figures result = run(camera, pacer, 1s, 120s);
            report("loaded", fps, result);
            EXPECT_LE(result.lost, fps > 50 ? 20 : 0);
            EXPECT_LT(result.mean, kCost + 1600us + 7ms); // Of the disturbance alone 1.6 ms.
        }
    }
}

TEST(PreviewPacer, ACameraThatChangesItsMannerIsFollowed)
{
    Simulated camera { .manner = Manner::Hold, .fps = 30000.0 / 1001 };
    PreviewPacer pacer;
    Nanos from = 1s;
    for (const Manner manner : { Manner::Hold, Manner::Busy, Manner::Repeat, Manner::Hold, Manner::Busy }) {
        camera.manner = manner;
        const Figures result = run(camera, pacer, from, 40s);
        report("change", camera.fps, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_LT(result.mean, kCost + 2500us);
        from += 40s;
    }
}

TEST(PreviewPacer, ACameraThatChangesItsRateIsFollowed)
{
    for (const Manner manner : { Manner::Busy, Manner::Hold, Manner::Repeat }) {
        Simulated camera { .manner = manner, .fps = 25 };
        PreviewPacer pacer;
        run(camera, pacer, 1s, 20s);
        camera.fps = 50; // Numbers go on from the same clock: half of them lie behind us.
        camera.shift.clear();
        camera.delivered = camera.newestAt(21s);
        run(camera, pacer, 21s, 15s);
        const Figures result = run(camera, pacer, 36s, 20s);
        report("rate", 50, result);
        EXPECT_EQ(result.lost, 0);
        EXPECT_LT(result.mean, kCost + 2500us);
    }
}

TEST(PreviewPacer, ACameraThatPausesIsNotSpunOnAndFoundAgain)
{
    Simulated camera { .manner = Manner::Repeat, .fps = 25 };
    PreviewPacer pacer;
    run(camera, pacer, 1s, 10s);
    Nanos now = 11s;
    int calls = 0;
    for (; now < 21s; ++calls) {
        now = std::max(now, pacer.askAt());
        pacer.called(now, now + 2ms, Came::Repeated);
        now += 2ms;
    }
    EXPECT_LT(calls, 600);
    camera.delivered = camera.newestAt(now);
    const Figures result = run(camera, pacer, now, 20s);
    EXPECT_EQ(result.lost, 0);
    EXPECT_LT(result.mean, kCost + 2200us);
}

TEST(PreviewPacer, AnErrorIsFollowedByAPause)
{
    PreviewPacer pacer;
    pacer.called(1s, 1s + 100us, Came::Nothing);
    EXPECT_GE(pacer.askAt(), 1s + 20ms);
    EXPECT_LE(pacer.askAt(), 1s + 51ms);
}

} // namespace
