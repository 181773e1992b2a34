/// What hearing a take costs: processor time for each second of sound, through player and device, in
/// simulated time.
#include "playback/sound_player.hpp"
#include "playback/test_sound.hpp"

#include <fmt/format.h>

#include <ctime>

namespace {

using namespace backtake;
using namespace backtake::playback;

double processorSeconds()
{
    timespec now {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// @return of a core, in per cent.
double cost(int channels, int rate_hz, double speed, bool keep_pitch)
{
    constexpr int kSeconds = 60;
    const auto sound =
        std::make_shared<MemorySound>(std::int64_t { 20 } * rate_hz, channels, noise(), Nanos(0), rate_hz);
    const auto footage = std::make_shared<HeardFootage>(500, sound);
    const auto ear = std::make_shared<Ear>();
    base::SoundChoice choice;
    choice.keep_pitch = keep_pitch;
    SoundPlayer player([&](const std::string&) -> base::Result<base::SoundSinkPtr> { return ear; }, choice);
    Playhead head(*footage);
    head.run(speed, Nanos(0));
    player.play(footage, head);
    const double before = processorSeconds();
    for (Nanos now {}; now < std::chrono::seconds(kSeconds);) {
        const Nanos next = player.step(now);
        for (; now < next; now += 5ms)
            ear->hear(now);
    }
    return (processorSeconds() - before) / kSeconds * 100;
}

} // namespace

int main()
{
    const auto tell = [](const char* what, int channels, int rate_hz, double speed, bool keep_pitch) {
        fmt::print("{:<32} {:.2f} % of a core\n", what, cost(channels, rate_hz, speed, keep_pitch));
    };
    tell("-100 %, 2 channels", 2, 48000, -1, false);
    tell("-100 %, 8 channels", 8, 48000, -1, false);
    tell("-100 %, 2 channels of 44.1 kHz", 2, 44100, -1, false);
    tell("-50 %, 2 channels", 2, 48000, -0.5, false);
    tell("-800 %, 2 channels", 2, 48000, -8, false);
    tell("-50 %, 2 channels, pitch kept", 2, 48000, -0.5, true);
    return 0;
}
