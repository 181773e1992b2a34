/// Review as it is heard, without a device or a clock, for tests.
#pragma once

#include "playback/sound_player.hpp"
#include "playback/test_sound.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backtake::playback {

/// A player, a device and a display in simulated time.
class Listening {
public:
    explicit Listening(base::FootagePtr take, double off = 0, base::SoundChoice choice = {})
        : footage(std::move(take))
        , head(*footage)
        , ear(std::make_shared<Ear>(off))
        , player(
              [this](const std::string& device) -> base::Result<base::SoundSinkPtr> {
                  asked.push_back(device);
                  if (!plugged)
                      return base::fail(base::Fault::NotFound, "no such device");
                  return ear;
              },
              std::move(choice))
    {
    }
    /// @param steer does something to the head, at this playback time.
    template <typename Steer> void steer(Steer steer)
    {
        steer(player.timeAt(now));
        player.play(footage, head);
        due = now;
    }
    void playReversed(base::FrameIndex from)
    {
        steer([&](Nanos time) {
            head.run(-1, time);
            head.enter(from, time);
        });
    }
    void choose(const base::SoundChoice& choice)
    {
        player.choose(choice);
        due = now;
    }
    /// Time goes on, a millisecond at a time.
    template <typename Look> void run(Nanos length, Look look, Nanos tick = 1ms)
    {
        for (const Nanos end = now + length; now < end;) {
            if (now >= due)
                due = player.step(now);
            now += tick;
            ear->hear(now, stuck);
            look();
        }
    }
    void run(Nanos length)
    {
        run(length, [] {});
    }
    /// How many samples were heard.
    [[nodiscard]] std::size_t heard() const { return ear->heard.size() / base::kEars; }

    base::FootagePtr footage;
    Playhead head;
    std::shared_ptr<Ear> ear;
    bool plugged = true;
    bool stuck = false;
    std::vector<std::string> asked; ///< Devices that were opened.
    Nanos now {};
    Nanos due {};
    SoundPlayer player;
};

} // namespace backtake::playback
