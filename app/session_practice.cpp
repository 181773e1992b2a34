// Practice in the window: the desk with the session's devices, an attempt's picture beside the live one.
#include "app/practice_desk.hpp"
#include "app/session.hpp"

#include <algorithm>

namespace backtake::app {

using base::Nanos;

struct Session::Practice {
    std::unique_ptr<capture::SoundInput> input; ///< Null: the session's own, or the camera's.
    std::function<void(capture::SoundStatus&)> read_status;
    capture::SoundStatus status;
    PracticeDesk desk;
    playback::Player player { 1 }; ///< Of the attempt that is heard.
    base::FootagePtr played {};    ///< By it; null: none.
    std::jthread thread {};        ///< Last: joined before what it uses goes.
};

void Session::PracticeDeleter::operator()(Practice* practice) const { delete practice; }

void Session::togglePractice(Nanos now)
{
    if (practice_) {
        // Devices and files may answer late.
        practice_->thread.request_stop();
        std::shared_ptr<Practice> closing(practice_.release());
        (void)camera_thread_.ask([closing = std::move(closing)]() mutable -> Worker::Answer {
            closing.reset();
            return nullptr;
        });
        return;
    }
    if (rolling())
        return say(ui::Message::Kind::Note, "Practice is for between takes: cut first", now);
    live_on_screen_ = true;
    const Unit& unit = units_[viewed_];
    std::unique_ptr<capture::SoundInput> input;
    PracticeDesk::Devices devices;
    std::function<void(capture::SoundStatus&)> read_status;
    capture::SoundStatus of_camera;
    unit.camera->readSoundStatus(of_camera);
    const bool with_picture = unit.sound.with_picture && of_camera.state != capture::SoundStatus::State::None;
    if (unit.sound.input || with_picture) {
        devices.microphone = soundOf(unit);
        devices.leave_out = timecodeChannelOf(unit.letter);
        if (unit.sound.input)
            read_status = [from = unit.sound.input](
                              capture::SoundStatus& status) { from->readStatus(status); };
        else
            read_status = [this](capture::SoundStatus& status) {
                units_[viewed_].camera->readSoundStatus(status);
            };
    } else {
        capture::SoundSpec spec = options_.practice_sound;
        input = std::make_unique<capture::SoundInput>(std::move(spec));
        devices.microphone = input->ring();
        read_status = [from = input.get()](capture::SoundStatus& status) { from->readStatus(status); };
    }
    devices.open_sound = options_.open_sound;
    devices.loudspeaker = options_.heard.device;
    practice_.reset(new Practice {
        std::move(input), std::move(read_status), {}, { options_.shoot / "practice", devices } });
    if (!options_.sound_by_update)
        practice_->thread = std::jthread([desk = &practice_->desk](std::stop_token stop) {
            base::nameThisThread("bt-practice");
            desk->run(std::move(stop));
        });
}

void Session::practise(ui::Practise::What what, Nanos now)
{
    using What = ui::Practise::What;
    using Heard = ui::PracticeModel::Heard;
    if (!practice_)
        return;
    PracticeDesk& desk = practice_->desk;
    if (what == What::Remove)
        return desk.remove();
    if (what == What::Restore)
        return desk.restore();
    if (rolling())
        return say(ui::Message::Kind::Note, "A take rolls: practice is silent until it is cut", now);
    if (what == What::Record)
        return desk.record(now, { units_[viewed_].camera->ring(), orderOf(units_[viewed_]) });
    desk.hear(what == What::HearFlipped ? Heard::Flipped
            : what == What::HearGuide   ? Heard::Guide
                                        : Heard::Both);
}

void Session::chooseAttempt(const ui::ChooseAttempt& choice)
{
    if (practice_)
        practice_->desk.choose(choice);
}

void Session::quietPractice(Nanos now)
{
    if (practice_)
        practice_->desk.quiet(now);
}

void Session::fillPractice()
{
    if (!practice_) {
        model_.practice.reset();
        return;
    }
    practice_->desk.setGuide(guide_clip_);
    if (options_.sound_by_update)
        (void)practice_->desk.step(model_.now);
    if (!model_.practice)
        model_.practice.emplace();
    ui::PracticeModel& view = *model_.practice;
    practice_->desk.fill(view, model_.now);
    using State = capture::SoundStatus::State;
    capture::SoundStatus& microphone = practice_->status;
    practice_->read_status(microphone);
    if (microphone.state == State::Lost || microphone.state == State::Refused)
        view.trouble = microphone.why;
    view.level_db = -60;
    for (int c = 0; c < microphone.levels.channels; ++c)
        view.level_db =
            std::max(view.level_db, microphone.levels.channel[static_cast<std::size_t>(c)].peak_db);
}

std::optional<SeenAttempt> Session::seenAttempt(Nanos now) const
{
    return practice_ && live_on_screen_ ? practice_->desk.seen(now) : std::nullopt;
}

playback::Shown Session::tickAttempt(const SeenAttempt& attempt, Nanos now, Nanos display_interval)
{
    Practice& practice = *practice_;
    const base::Footage& footage = *attempt.footage;
    if (practice.played != attempt.footage) {
        practice.played = attempt.footage;
        practice.player.load(attempt.footage, footage.frameCount() - 1, now);
    }
    const bool within = attempt.position >= Nanos(0) && attempt.position <= footage.duration();
    practice.player.head().lockTo(attempt.position, within ? -1 : 0, -1, now);
    return practice.player.tick(now, display_interval);
}

} // namespace backtake::app
