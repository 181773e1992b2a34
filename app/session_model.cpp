// What the window is shown: messages, and the model built from snapshots once a UI frame.
#include "app/session.hpp"
#include "base/text.hpp"
#include "base/timecode.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using capture::RecorderStatus;
using namespace std::chrono_literals;

namespace {

constexpr Nanos kMessageStays = 6s;
constexpr std::size_t kMostMessages = 50;
const std::string kNoWords;

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

std::string withoutNumbers(std::string text)
{
    std::erase_if(text, [](char letter) { return (letter >= '0' && letter <= '9') || letter == '.'; });
    return text;
}

} // namespace

void Session::say(ui::Message::Kind kind, std::string text, Nanos now)
{
    spdlog::log(kind == ui::Message::Kind::Note ? spdlog::level::info : spdlog::level::warn, "{}", text);
    model_.messages.insert(
        model_.messages.begin(), { next_message_++, kind, base::oneLine(text), false, now });
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
    const auto format = base::TimecodeFormat::customary(view.nominal_rate);
    view.timecode = status.last_frame_at
        ? base::timecodeLabel(
            base::timecodeOfTimeOfDay(
                base::localTimeOfDay(base::wallClockNow() - (now - *status.last_frame_at)), format),
            format)
        : std::string();
    view.since_last_frame = status.last_frame_at ? now - *status.last_frame_at : Nanos(0);

    const capture::Ring::Stats ring = camera.ring()->stats();
    model_.ring_seconds = static_cast<double>(ring.length.count()) / 1e9;
    model_.ring_bytes = ring.bytes;
    model_.ring_cap_bytes = ring.cap_bytes;
    model_.drops.assign(status.drops.begin(), status.drops.end());
    model_.stages.encode = status.encode_time;
    model_.stages.decode = live_on_screen_ ? status.decode_time : player_.decoders().decodeTime();
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
    view.captured_timecode = base::timecodeLabel(
        footage.timecode(captured), base::TimecodeFormat::customary(footage.nominalRate()));
    view.captured_clock_direction = way;
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
        if (!rolling_now && status.state == RecorderStatus::State::Waiting)
            row.unwritten = status.unwritten;
        if (!status.spilled_to.empty())
            row.parts = 2;
    };
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
    disk_thread_.deliver();
    still_thread_.deliver();
    camera_thread_.deliver();
    chaseWithoutDisk(now);
    refreshCameras(now);
    readBodies(now);
    collectFinished(now);
    storeFacts();
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
    fillBody(now);
    const ui::CameraModel& camera = model_.camera;
    const bool healthy = camera.state == ui::CameraState::Live || camera.state == ui::CameraState::Opening;
    standing("camera",
        camera.state == ui::CameraState::Ended ? ui::Message::Kind::Note : ui::Message::Kind::Trouble,
        healthy ? kNoWords : camera.why, now);
    fillDisk(now);
    tellDisks(now);
    if (!model_.quit_question.empty())
        model_.quit_question = onlyInMemory(); // gone once all is on disk

    model_.rolling = rolling();
    model_.rolling_for = rolling_since_ ? now - *rolling_since_ : Nanos(0);
    model_.next_scene = scene_;
    model_.next_take = next_take_;
    model_.camera_letter = units_[viewed_].letter;
    model_.next_backward = backward_;
    model_.live_on_screen = live_on_screen_;

    base::PicturePtr picture;
    bool fresh = false;
    if (review_ && !live_on_screen_) {
        const playback::Shown on_screen = player_.tick(now, display_interval);
        picture = on_screen.picture;
        fresh = on_screen.fresh;
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
    fillTakes();
    return model_;
}

void Session::notePresented(std::uint64_t picture_id, Nanos presented_at)
{
    if (picture_id == cut_picture_ && cut_picture_ != 0) {
        spdlog::info("cut to the first reversed picture on glass: {:.1f} ms",
            static_cast<double>((presented_at - last_cut_at_).count()) / 1e6);
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
