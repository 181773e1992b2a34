// What the window is shown: messages, and the model built from snapshots once a UI frame.
#include "app/session.hpp"
#include "base/text.hpp"
#include "base/timecode.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using capture::RecorderStatus;
using namespace std::chrono_literals;

namespace {

constexpr Nanos kMessageStays = 6s;
constexpr std::size_t kMostMessages = 50;
const std::string kNoWords;

/// "HOLD 02:13": for so long there was no LTC.
std::string holdWords(Nanos held)
{
    const std::int64_t seconds = held / 1s;
    return fmt::format("HOLD {:02}:{:02}", seconds / 60, seconds % 60);
}

ui::LoopMode shown(playback::LoopMode mode)
{
    switch (mode) {
    case playback::LoopMode::Loop:
        return ui::LoopMode::Loop;
    case playback::LoopMode::PingPong:
        return ui::LoopMode::PingPong;
    case playback::LoopMode::Once:
        return ui::LoopMode::Once;
    }
    return ui::LoopMode::Loop;
}

/// A message as it stands when it was said so often.
std::string timesSaid(const std::string& text, int times)
{
    return times == 1 ? text : fmt::format("{} ({} times)", text, times);
}

std::string withoutNumbers(std::string text)
{
    std::erase_if(text, [](char letter) { return (letter >= '0' && letter <= '9') || letter == '.'; });
    return text;
}

bool isLost(const capture::SoundStatus& status)
{
    using State = capture::SoundStatus::State;
    return status.state == State::Lost || status.state == State::Refused;
}

} // namespace

void Session::say(ui::Message::Kind kind, std::string text, Nanos now)
{
    spdlog::log(kind == ui::Message::Kind::Note ? spdlog::level::info : spdlog::level::warn, "{}", text);
    std::vector<ui::Message>& messages = model_.messages;
    text = base::oneLine(text);
    // The same once more is no new message: the one that stands there says how often, and stays.
    const auto same = std::ranges::find_if(messages, [&](const ui::Message& one) {
        return !one.standing && one.kind == kind && one.text == timesSaid(text, one.times);
    });
    if (same != messages.end()) {
        same->text = timesSaid(text, ++same->times);
        same->since = now;
        std::rotate(messages.begin(), same, same + 1);
        return;
    }
    messages.insert(messages.begin(), { next_message_++, kind, std::move(text), false, now });
    if (model_.messages.size() > kMostMessages)
        model_.messages.pop_back();
}

void Session::standing(const std::string& key, ui::Message::Kind kind, const std::string& text, Nanos now)
{
    const auto known = standing_ids_.find(key);
    const auto message =
        std::find_if(model_.messages.begin(), model_.messages.end(), [&](const ui::Message& other) {
            return known != standing_ids_.end() && other.id == known->second.id;
        });
    if (text.empty()) {
        if (message != model_.messages.end())
            message->standing = false;
        standing_ids_.erase(key);
    } else if (message == model_.messages.end()) {
        // One that was dismissed stays away until it says something new; a number that runs is not new.
        if (known != standing_ids_.end() && withoutNumbers(known->second.text) == withoutNumbers(text))
            return;
        say(kind, text, now);
        model_.messages.front().standing = true;
        standing_ids_[key] = { model_.messages.front().id, text };
    } else {
        message->kind = kind;
        if (known->second.text != text) {
            message->text = base::oneLine(text);
            known->second.text = text;
        }
    }
}

ui::CameraState Session::stateOf(capture::CameraState state)
{
    switch (state) {
    case capture::CameraState::Opening:
        return ui::CameraState::Opening;
    case capture::CameraState::Live:
        return ui::CameraState::Live;
    case capture::CameraState::Stalled:
        return ui::CameraState::Stalled;
    case capture::CameraState::Lost:
        return ui::CameraState::Lost;
    case capture::CameraState::Returning:
        return ui::CameraState::Returning;
    case capture::CameraState::Refused:
        return ui::CameraState::Refused;
    case capture::CameraState::Ended:
        return ui::CameraState::Ended;
    }
    return ui::CameraState::Lost;
}

void Session::fillTimecode(const capture::CameraStatus& status, Nanos now)
{
    using Word = capture::TimecodeState::Word;
    using Kind = ui::Message::Kind;
    timecode_->listenTo(soundOf(units_.front()));
    const base::Rate rate = status.nominalRate();
    const capture::TimecodeState state = timecode_->state(now, rate);
    ui::CameraModel& view = model_.camera;
    view.timecode.clear();
    if (status.last_frame_at) {
        const auto format = timecode_->formatFor(rate);
        const auto number = timecode_->at(*status.last_frame_at, format);
        view.timecode = base::timecodeLabel(number
                ? *number
                : base::timecodeOfTimeOfDay(
                    base::localTimeOfDay(base::wallClockNow() - (now - *status.last_frame_at)), format),
            format);
    }
    view.timecode_words = state.word == Word::TimeOfDay ? "time of day"
        : state.word == Word::FreeRun                   ? "free run"
        : state.word == Word::Ltc                       ? "LTC"
        : state.word == Word::Jam                       ? "JAM"
        : state.word == Word::NoLtc                     ? "no LTC: time of day"
                                                        : holdWords(state.held);

    // What the labels are instead, for as long as LTC is not followed.
    const std::string_view instead = state.word == Word::NoLtc ? "timecode is the time of day"
                                                               : "timecode runs on by this machine's clock";
    std::string trouble;
    if (state.misfit) {
        const auto drop = [](const base::TimecodeFormat& format) {
            return format.drop_frame ? " drop frame" : "";
        };
        const auto shoot = timecode_->formatFor(rate);
        trouble = fmt::format("LTC runs at {}{}, the shoot at {}{}: {}. Set the timecode box or the camera",
            base::text(state.misfit->rate), drop(*state.misfit), base::text(rate), drop(shoot), instead);
    } else if (state.reversed) {
        trouble = fmt::format("LTC runs backwards, a playback in reverse: {}", instead);
    } else if (state.word == Word::NoLtc) {
        trouble = fmt::format("No LTC in sound channel {} of camera {}: {}", options_.timecode.channel,
            units_.front().letter, instead);
    } else if (state.word == Word::Hold) {
        trouble = fmt::format("LTC is gone: {} and may be a frame off after ten minutes", instead);
    }
    standing("timecode", Kind::Warning, trouble, now);
    if (std::exchange(timecode_comparisons_, state.comparisons) != state.comparisons)
        say(Kind::Warning,
            fmt::format("LTC is {:.1f} frames {} the clock that ran without it{}", std::abs(state.ahead),
                state.ahead > 0 ? "ahead of" : "behind",
                state.word == Word::Jam ? ": the jam is kept, F11 follows LTC" : "; it is followed again"),
            now);
}

void Session::jamTimecode(Nanos now)
{
    const base::Rate rate = units_.front().camera->status().nominalRate();
    if (options_.timecode.kind != base::TimecodeSource::Kind::Ltc)
        return say(ui::Message::Kind::Note,
            "There is no LTC to jam to: choose its sound channel in the settings (F10), as ltc:1", now);
    if (!timecode_->toggleJam(now, rate))
        return say(ui::Message::Kind::Warning, "There is no LTC to jam to: nothing changed", now);
    if (timecode_->state(now, rate).jammed)
        say(ui::Message::Kind::Note, "Jammed: the clock runs by itself now, from what LTC said", now);
    else
        say(ui::Message::Kind::Note, "The clock follows LTC again", now);
}

void Session::fillCamera(Nanos now)
{
    const capture::Camera& camera = *units_[viewed_].camera;
    capture::CameraStatus& status = units_[viewed_].status;
    camera.readStatus(status);
    ui::CameraModel& view = model_.camera;
    view.nominal_rate = status.nominalRate();
    view.state = stateOf(status.state);
    view.name = status.facts.name;
    if (view.name.empty())
        view.name = camera.spec().shown();
    view.format = status.facts.format;
    view.why = status.why;
    view.measured_fps = status.measured_fps;
    view.width = status.width;
    view.height = status.height;
    view.latency = status.facts.latency;
    fillTimecode(status, now);
    view.since_last_frame = status.last_frame_at ? now - *status.last_frame_at : Nanos(0);

    const capture::Ring::Stats ring = camera.ring()->stats();
    model_.ring_seconds = base::seconds(ring.length);
    model_.ring_bytes = ring.bytes;
    model_.ring_cap_bytes = ring.cap_bytes;
    model_.drops.assign(status.drops.begin(), status.drops.end());
    model_.stages.encode = status.encode_time;
    model_.stages.decode = live_on_screen_ ? status.decode_time : player_.decoders().decodeTime();
}

std::string Session::lostSound(const Unit& unit) const
{
    if (!isLost(unit.sound.status))
        return {};
    if (!unit.sound.input)
        return units_.size() == 1 ? unit.sound.status.why
                                  : fmt::format("Camera {}: {}", unit.letter, unit.sound.status.why);
    // Cameras that share a source are told in one line, that of the first.
    std::string letters;
    std::size_t sharing = 0;
    for (const Unit& other : units_) {
        if (other.sound.input != unit.sound.input)
            continue;
        if (++sharing == 1 && &other != &unit)
            return {};
        letters += sharing == 1 ? "" : ", ";
        letters += other.letter;
    }
    return sharing == units_.size()
        ? unit.sound.status.why
        : fmt::format("Camera{} {}: {}", sharing == 1 ? "" : "s", letters, unit.sound.status.why);
}

void Session::fillSound(Nanos now)
{
    using State = capture::SoundStatus::State;
    for (Unit& unit : units_) {
        if (unit.sound.input)
            unit.sound.input->readStatus(unit.sound.status);
        else if (unit.sound.with_picture)
            unit.camera->readSoundStatus(unit.sound.status);
        standing(std::string("sound ") + unit.letter, ui::Message::Kind::Warning, lostSound(unit), now);
    }
    const capture::SoundStatus& status = units_[viewed_].sound.status;
    if (status.state == State::None) {
        model_.sound.reset();
        return;
    }
    if (!model_.sound)
        model_.sound.emplace();
    ui::SoundModel& view = *model_.sound;
    view.lost = isLost(status);
    view.name = status.name;
    view.bits = status.bits;
    view.channels = status.levels.channels;
    for (std::size_t c = 0; c < view.channel.size(); ++c) {
        const capture::ChannelLevel& level = status.levels.channel[c];
        view.channel[c] = { level.peak_db, level.hold_db, level.clipped };
    }
}

void Session::fillReview(Nanos now)
{
    if (!review_) {
        model_.review.reset();
        return;
    }
    const playback::Playhead& head = player_.head();
    const base::Footage& footage = *review_->footage;
    if (!model_.review)
        model_.review.emplace();
    ui::ReviewModel& view = *model_.review;
    const FrameIndex captured = head.frameAt(now);
    view.slate = takes::text(review_->slate);
    view.camera_letter = review_->slate.camera;
    view.backward_take = review_->backward;
    view.shown_order = review_->shown_order;
    view.filmstrip = filmstrip_.newest();
    view.orientation = review_->orientation;
    view.playing = head.speed() != 0;
    const int way = view.playing ? head.directionAt(now) : 0; // in captured time; a ping-pong turns it
    view.speed = view.playing ? std::abs(head.speed()) * way * orderSign() : review_->speed;
    view.captured_frame = captured;
    view.frame = onScreen(captured);
    view.frame_count = footage.frameCount();
    view.duration = footage.duration();
    view.position =
        orderSign() > 0 ? footage.capturedTime(captured) : view.duration - footage.capturedTime(captured + 1);
    view.captured_timecode = review_->timecodeLabel(captured);
    view.captured_clock_direction = way;
    view.part.clear();
    view.in = review_->in ? std::optional(onScreen(*review_->in)) : std::nullopt;
    view.out = review_->out ? std::optional(onScreen(*review_->out)) : std::nullopt;
    view.rate = footage.nominalRate();
    view.loop = shown(head.loop());
    view.roll_frame = review_->roll_frame;
    view.damaged_frames = player_.counts().damaged;
    view.behind_live = review_->chase_from && rolling()
        ? std::optional(std::max(Nanos(0), now - *review_->chase_from - footage.capturedTime(captured)))
        : std::nullopt;
}

/// Each row anew, in the memory that it has: a hundred takes a frame must not allocate.
void Session::fillTakes()
{
    model_.takes.resize(log_.size());
    for (std::size_t i = 0; i < log_.size(); ++i) {
        const takes::TakeEntry& entry = log_[i];
        ui::TakeRow& row = model_.takes[i];
        row = { takes::text(entry.facts.slate), entry.facts.slate.camera,
            entry.facts.direction == takes::Direction::Backward, false, entry.facts.duration,
            entry.facts.frames, takes::lostFrames(entry.facts.lost), clipOf(entry) };
        sayOf(entry.facts.id, row);
        row.orientation = entry.facts.orientation;
        row.recovered = entry.facts.recovered;
        row.parts = 1 + entry.facts.parts.size();
        tellWhere(entry, row.where);
    }
    const auto add = [this](const capture::RecordingOrder& order, const RecorderStatus& status,
                         bool rolling_now) {
        const takes::Slate& slate = status.folder.empty() ? order.slate : status.facts.slate;
        ui::TakeRow& row = model_.takes.emplace_back();
        row = { takes::text(slate), slate.camera, order.direction == takes::Direction::Backward, rolling_now,
            order.rate.timeOf(status.frames), status.frames, takes::lostFrames(status.lost), std::nullopt };
        sayOf(order.id, row);
        row.listed = true; // it is being shot
        if (!rolling_now && status.state == RecorderStatus::State::Waiting)
            row.unwritten = status.unwritten;
        if (!status.spilled_to.empty())
            row.parts = 2;
    };
    fillEnds();
    for (const Closing& closing : closing_)
        add(closing.recorder->order(), closing.written, false);
    model_.selected_take = selected_;
    for (const Unit& unit : units_) {
        if (!unit.recorder)
            continue;
        if (review_ && review_->chase_from && review_->chased == unit.letter && !live_on_screen_)
            model_.selected_take = model_.takes.size();
        add(unit.recorder->order(), unit.written, true);
    }
}

const ui::Model& Session::update(Nanos now, Nanos display_interval)
{
    room_.mustBeHere();
    model_.now = now;
    log_thread_.deliver();
    guide_notes_thread_.deliver();
    disk_thread_.deliver();
    still_thread_.deliver();
    ends_thread_.deliver();
    camera_thread_.deliver();
    handover_.deliver();
    story_thread_.deliver();
    makeStory(now);
    chaseWithoutDisk(now);
    refreshCameras(now);
    readBodies(now);
    collectFinished(now);
    storeFacts();
    said_.update(now);
    followLog(now);
    followSetup();
    refreshDisk(now);
    std::erase_if(model_.messages, [now](const ui::Message& message) {
        return !message.standing && now - message.since > kMessageStays;
    });

    for (Unit& unit : units_)
        if (unit.recorder)
            unit.written = unit.recorder->status();
    for (Closing& closing : closing_)
        closing.written = closing.recorder->status();

    fillCamera(now);
    fillSound(now);
    fillBody(now);
    const ui::CameraModel& camera = model_.camera;
    const bool healthy = camera.state == ui::CameraState::Live || camera.state == ui::CameraState::Opening;
    standing("camera",
        camera.state == ui::CameraState::Ended ? ui::Message::Kind::Note : ui::Message::Kind::Trouble,
        healthy ? kNoWords : camera.why, now);
    fillDisk(now);
    tellDisks(now);
    if (!model_.quit_question.empty())
        model_.quit_question = quitQuestion(); // gone once all is on disk

    model_.rolling = rolling();
    model_.rolling_for = rolling_since_ ? now - *rolling_since_ : Nanos(0);
    model_.next_scene = scene_;
    const Unit& viewed = units_[viewed_];
    model_.next_take =
        viewed.recorder && !viewed.written.folder.empty() ? viewed.written.facts.slate.take : next_take_;
    model_.camera_letter = units_[viewed_].letter;
    model_.next_backward = backward_;
    fillSetup(model_.next_setup, scene_, backward_, orientation_);
    model_.live_on_screen = live_on_screen_;

    followSound(now);
    base::PicturePtr picture;
    bool fresh = false;
    if (review_ && !live_on_screen_) {
        const playback::Shown on_screen = player_.tick(now, display_interval);
        picture = on_screen.picture;
        fresh = on_screen.fresh;
        if (picture)
            followStory(on_screen.captured);
        fillReview(now);
        model_.review->frame_damaged = on_screen.damaged;
        model_.review->decoding_late = player_.counts().missed > 0;
        if (picture) {
            model_.orientation = review_->orientation;
            shown_captured_ = on_screen.captured;
        } else {
            picture = model_.picture; // until the first is decoded, the last one stays, turned as it was
            shown_captured_.reset();
        }
    } else {
        fillReview(now);
        model_.orientation = orientation_;
        if (const auto live = units_[viewed_].camera->live()) {
            picture = live->picture;
            fresh = live->serial != live_serial_ || picture.get() != last_picture_;
            live_serial_ = live->serial;
            model_.stages.captured_at = live->captured_at;
            model_.stages.ready_at = live->ready_at;
        }
    }
    if (picture && (fresh || picture.get() != last_picture_)) {
        model_.picture_id = ++last_picture_id_;
        last_picture_ = picture.get();
    }
    model_.picture = std::move(picture);
    if (cut_at_ && fresh && !live_on_screen_) {
        cut_to_review_ = base::monotonicNow() - *cut_at_;
        last_cut_at_ = *cut_at_;
        cut_picture_ = model_.picture_id;
        cut_at_.reset();
    }
    fillPanes(now, display_interval);
    followGuide(now);
    fillGuide();
    followCue(now);
    tellSound(now);
    fillLip();
    fillPractice();
    fillTakes();
    fillHandover();
    fillSaid();
    askBoard();
    fillHere(now);
    fillStory(now);
    return model_;
}

void Session::notePresented(std::uint64_t picture_id, Nanos presented_at)
{
    if (picture_id == cut_picture_ && cut_picture_ != 0) {
        spdlog::info("cut to the first reversed picture on glass: {:.1f} ms",
            base::milliseconds(presented_at - last_cut_at_));
        cut_picture_ = 0;
    }
}

void runWithoutWindow(
    Session& session, double refresh_hz, const std::function<Next(Nanos, const ui::Model&)>& look)
{
    const Nanos interval(static_cast<std::int64_t>(1e9 / refresh_hz));
    // A display shows what it was given for its refresh, whenever within it the program woke up; a refresh
    // slept through is gone.
    Nanos refresh = base::monotonicNow();
    Nanos now = refresh;
    while (true) {
        switch (look(now, session.update(now, interval))) {
        case Next::Stop:
            return;
        case Next::UpdateNow:
            now = base::monotonicNow();
            continue;
        case Next::Refresh:
            break;
        }
        do
            refresh += interval;
        while (refresh + interval < base::monotonicNow());
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(refresh));
        now = std::max(now, refresh);
    }
}

} // namespace backtake::app
