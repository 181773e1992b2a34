// What is heard of the take in review. Its device is the clock of the pictures while it plays.
#include "app/session.hpp"

namespace backtake::app {

using base::Nanos;

void Session::startSound()
{
    if (!options_.open_sound)
        return;
    sound_ = std::make_unique<playback::SoundPlayer>(options_.open_sound, options_.heard);
    if (!options_.sound_by_update)
        sound_thread_ = std::jthread([player = sound_.get()](std::stop_token stop) {
            base::nameThisThread("bt-sound");
            player->run(std::move(stop));
        });
}

/// All that steers the head does so in monotonic time; as much as playback time gets ahead of that, its clock
/// is set on.
void Session::followSound(Nanos now)
{
    if (!sound_)
        return;
    const Nanos ahead = sound_->timeAt(now) - now;
    if (review_)
        player_.head().delay(sound_ahead_ - ahead);
    sound_ahead_ = ahead;
}

/// While a take rolls nothing is heard: a loudspeaker would be in the take.
void Session::tellSound(Nanos now)
{
    if (!sound_)
        return;
    const base::FootagePtr heard =
        review_ && !live_on_screen_ && !rolling() && !practice_ ? heardFootage() : nullptr;
    if (!heard) {
        if (sound_of_)
            sound_->stop();
    } else if (heard != sound_of_ || player_.head().steered() != sound_steered_) {
        playback::Playhead head = player_.head();
        head.delay(sound_ahead_);
        sound_steered_ = head.steered();
        sound_->play(heard, head);
    }
    sound_of_ = heard;
    if (options_.sound_by_update)
        (void)sound_->step(now);
    const playback::SoundPlayer::State state = sound_->state();
    model_.heard = { state.has_sound, state.trouble };
    if (state.trouble != sound_trouble_
        && !state.trouble.empty()) // once; the transport bar goes on saying it
        say(ui::Message::Kind::Warning, state.trouble, now);
    sound_trouble_ = state.trouble;
}

} // namespace backtake::app
