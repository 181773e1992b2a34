// Intents, roll and cut, review, and what is asked of the log and camera threads.
#include "app/session.hpp"

#include "app/chase.hpp"
#include "app/second_folder.hpp"
#include "base/overloaded.hpp"
#include "takes/last_check.hpp"
#include "takes/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using base::Serial;
using capture::RecorderStatus;
using namespace std::chrono_literals;

namespace {

/// How much of a rolling take a chase shows.
constexpr Nanos kChase = 60s;
/// A chase begins with what the ring holds when the disk has not said more by then.
constexpr Nanos kChasePatience = 300ms;
/// J and L walk along these, in the order on screen.
constexpr std::array kShuttleSpeeds { -8.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 8.0 };
constexpr int kSlowestPercent = 5;
constexpr int kFastestPercent = 800;

/// Another program has the shoot: what is left to do here.
base::Error onlyToLookAt(base::Error busy)
{
    const auto why_only_one = busy.message.find(": only one");
    busy.message =
        busy.message.substr(0, why_only_one) + ": this one shows and plays takes, but does not record here";
    return busy;
}

} // namespace

Session::Session(SessionOptions options)
    : options_(std::move(options))
    , player_(options_.decoders)
    , scene_(options_.scene)
    , next_take_(options_.take.value_or(1))
    , take_chosen_(options_.take.has_value())
    , backward_(options_.backward)
    , orientation_(options_.orientation)
    , still_thread_("bt-stills")
    , ends_thread_("bt-ends", 19)
    , disk_thread_("bt-disks")
    , camera_thread_("bt-cameras")
    , story_thread_("bt-story")
    , log_thread_("bt-log")
{
    if (!options_.make_camera)
        options_.make_camera = [](const capture::CameraSpec& spec,
                                   const capture::CameraOptions& camera_options) {
            return std::make_unique<capture::Camera>(spec, camera_options);
        };
    if (options_.camera_options.ring_bytes == 0)
        options_.camera_options.ring_bytes = capture::defaultRingBytes();
    options_.camera_options.ring_bytes /= std::max<std::size_t>(1, options_.cameras.size());
    for (const capture::CameraSpec& spec : options_.cameras) {
        Unit& unit = units_.emplace_back();
        unit.letter = static_cast<char>('A' + units_.size() - 1);
        unit.camera = options_.make_camera(spec, options_.camera_options);
    }
    openSounds();
    for (const std::string& warning : options_.warnings)
        say(ui::Message::Kind::Warning, warning, base::monotonicNow());
    model_.shoot_folder = options_.shoot.string();
    if (!options_.second_folder.empty())
        useSecondFolder(options_.second_folder, Nanos(0));
    startSound();
    startGuide();
    readLog();
}

Session::~Session()
{
    if (rolling())
        cut(base::monotonicNow());
    handover_.stop();
    recovery_stop_.request_stop();
    outline_stop_.request_stop();
    // The cameras must still run for frames on their way to the encoders.
    waitForDisks();
    ending_ = true;
    waitForBodies();
    collectFinished(base::monotonicNow());
    storeFacts();
    storeGuides();
    said_.finish();
    cue_desk_.reset();
    log_thread_.finish();
    guide_notes_thread_.finish();
    guide_->finish();
    still_thread_.finish();
    player_.unload();
}

bool Session::settled() const
{
    return (log_read_ || shoot_trouble_) && !second_asked_ && closing_.empty() && guide_notes_ == 0;
}

// ---------------------------------------------------------------------------------------------- intents

void Session::handle(const ui::Intent& intent, Nanos now)
{
    room_.mustBeHere();
    std::visit(
        base::Overloaded {
            [&](const ui::ToggleRoll&) { toggleRoll(now); },
            [&](const ui::ToggleReview&) {
                if (rolling())
                    return toggleChase(now);
                if (!live_on_screen_ || review_)
                    live_on_screen_ = !live_on_screen_;
                else if (!log_.empty())
                    openTake(log_.size() - 1, now);
                else
                    say(ui::Message::Kind::Note, "No take to review yet: press R to roll, R again to cut",
                        now);
            },
            [&](const ui::TogglePlay&) {
                if (!review_)
                    return;
                player_.head().speed() != 0 ? pause(now) : play(review_->speed, now);
            },
            [&](const ui::ToggleOrder&) {
                if (!review_ || review_->story) // a sequence has one order
                    return;
                const double speed = player_.head().speed() * orderSign(); // in the order on screen
                const bool playing = speed != 0;
                review_->shown_order = !review_->shown_order;
                if (playing)
                    play(speed, now);
            },
            [&](const ui::Shuttle& shuttle) {
                if (!review_)
                    return;
                if (shuttle.direction == 0)
                    return pause(now);
                const double speed = player_.head().speed() * orderSign();
                if (speed == 0)
                    return play(shuttle.direction, now);
                if (shuttle.direction > 0) {
                    const auto* next = std::upper_bound(kShuttleSpeeds.begin(), kShuttleSpeeds.end(), speed);
                    play(next == kShuttleSpeeds.end() ? kShuttleSpeeds.back() : *next, now);
                } else {
                    const auto* next = std::lower_bound(kShuttleSpeeds.begin(), kShuttleSpeeds.end(), speed);
                    play(next == kShuttleSpeeds.begin() ? kShuttleSpeeds.front() : *(next - 1), now);
                }
            },
            [&](const ui::StepFrames& by) { step(by.frames, now); },
            [&](const ui::StepSeconds& by) {
                if (review_)
                    step(by.seconds * review_->footage->nominalRate().nominal(), now);
            },
            [&](const ui::GoToFirst&) { goTo(0, now); },
            [&](const ui::GoToLast&) {
                if (review_)
                    goTo(review_->footage->frameCount() - 1, now);
            },
            [&](const ui::SelectTake& select) {
                if (select.absolute && *select.absolute >= log_.size())
                    return chooseUnfinished(*select.absolute - log_.size(), now);
                if (log_.empty())
                    return;
                const auto last = static_cast<std::ptrdiff_t>(log_.size()) - 1;
                const auto current = static_cast<std::ptrdiff_t>(selected_.value_or(log_.size()));
                const auto row = select.absolute ? static_cast<std::ptrdiff_t>(*select.absolute)
                                                 : current + select.relative;
                openTake(static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(row, 0, last)), now);
            },
            [&](const ui::SetIn&) {
                if (!review_)
                    return;
                review_->in = player_.head().frameAt(now);
                if (review_->out && onScreen(*review_->out) < onScreen(*review_->in))
                    review_->out.reset();
                applyRange(now);
            },
            [&](const ui::SetOut&) {
                if (!review_)
                    return;
                review_->out = player_.head().frameAt(now);
                if (review_->in && onScreen(*review_->in) > onScreen(*review_->out))
                    review_->in.reset();
                applyRange(now);
            },
            [&](const ui::ClearIn&) {
                if (review_)
                    review_->in.reset(), applyRange(now);
            },
            [&](const ui::ClearOut&) {
                if (review_)
                    review_->out.reset(), applyRange(now);
            },
            [&](const ui::CycleLoop&) {
                if (!review_)
                    return;
                using playback::LoopMode;
                const LoopMode mode = player_.head().loop();
                player_.head().setLoop(mode == LoopMode::Loop ? LoopMode::PingPong
                        : mode == LoopMode::PingPong          ? LoopMode::Once
                                                              : LoopMode::Loop,
                    now);
            },
            [&](const ui::SetSpeed& set) {
                if (!review_)
                    return;
                const double magnitude = std::clamp(set.percent, kSlowestPercent, kFastestPercent) / 100.0;
                review_->speed = std::copysign(magnitude, review_->speed);
                if (player_.head().speed() != 0)
                    play(review_->speed, now);
            },
            [&](const ui::SeekTo& seek) {
                if (!review_)
                    return;
                if (!review_->scrubbing) {
                    review_->play_after_scrub = player_.head().speed() != 0;
                    const double speed = player_.head().speed() * orderSign();
                    pause(now);
                    if (speed != 0)
                        review_->speed = speed;
                }
                review_->scrubbing = seek.dragging;
                goTo(seek.frame, now);
                if (!seek.dragging && review_->play_after_scrub)
                    play(review_->speed, now);
            },
            [&](const ui::SetSlate& slate) {
                if (rolling())
                    return say(ui::Message::Kind::Note,
                        "The take still rolls: its slate changes after the cut", now);
                if (slate.scene.empty() || slate.take < 1)
                    return say(
                        ui::Message::Kind::Warning, "A slate needs a scene and a take number from 1 on", now);
                const bool other_scene = slate.scene != scene_;
                take_chosen_ = !other_scene || slate.take != next_take_;
                scene_ = slate.scene;
                next_take_ = slate.take;
                if (other_scene && !take_chosen_)
                    askNextTake();
            },
            [&](const ui::ChooseCamera& choice) { chooseCamera(choice.spec, now); },
            [&](const ui::ChooseTakeDirection& choice) { backward_ = choice.backward; },
            [&](const ui::SaveStill& still) { saveStill(still.lut, now); },
            [&](const ui::CycleOrientation&) { cycleOrientation(); },
            [&](const ui::ChooseSound& sound) {
                options_.heard = sound.choice;
                if (sound_)
                    sound_->choose(sound.choice);
            },
            [&](const ui::CircleTake&) { circleTake(now); },
            [&](const ui::AddMark&) { addMark({}, now); },
            [&](const ui::AddTell& tell) {
                takes::Mark mark;
                mark.kind = takes::Mark::Kind::Tell;
                mark.tell = static_cast<takes::Tell>(std::clamp(tell.tell, 1, takes::kTells));
                addMark(std::move(mark), now);
            },
            [&](const ui::PutNote& note) { putNote(note, now); },
            [&](const ui::RemoveMark& mark) { removeMark(mark.mark, now); },
            [&](const ui::GoToMark& go) { goToMark(go.direction, now); },
            [&](const ui::SelectMark& mark) { selectMark(mark.mark, now); },
            [&](const ui::UndoLog&) {
                if (mayLog(now))
                    said_.undo();
            },
            [&](const ui::RedoLog&) {
                if (mayLog(now))
                    said_.redo();
            },
            [&](const ui::PutSheet& sheet) { putSheet(sheet, now); },
            [&](const ui::SayBoard& board) { sayBoard(board, now); },
            [&](const ui::PutSetup& setup) { putSetup(setup.setup, now); },
            [&](const ui::TakesOnScreen& takes) { takes_on_screen_ = takes.rows; },
            [&](const ui::FilterTakes& wanted) { filterTakes(wanted.filter); },
            [&](const ui::NextSetup&) { nextScene(takes::nextSetup(scene_), now); },
            [&](const ui::NextScene&) { nextScene(takes::nextScene(scene_), now); },
            [&](const ui::CycleCompare&) { cycleCompare(now); },
            [&](const ui::JamTimecode&) { jamTimecode(now); },
            [&](const ui::ToggleBothWays&) { toggleBothWays(now); },
            [&](const ui::ToggleQuad&) { toggleQuad(now); },
            [&](const ui::ChoosePane& choice) { choosePane(choice.pane, now); },
            [&](const ui::KeepReference&) { keepReference(now); },
            [&](const ui::ListStills&) { listStills(); },
            [&](const ui::ChooseReference& choice) { chooseReference(choice.still); },
            [&](const ui::DismissMessage& dismissed) {
                std::erase_if(
                    model_.messages, [&](const ui::Message& message) { return message.id == dismissed.id; });
            },
            [&](const ui::SetCameraSetting& set) { setOnBody(set.name, set.value, now); },
            [&](const ui::StepCameraSetting& step) { stepOnBody(step.name, step.steps, now); },
            [&](const ui::RecordOnCamera& choice) {
                options_.record_on_body = choice.on;
                body_changed_ = true;
                say(ui::Message::Kind::Note,
                    choice.on ? "Roll and cut start and stop the camera's own recording"
                              : "Roll and cut leave the camera's own recording alone",
                    now);
            },
            [&](const ui::FetchClip& fetch) { fetchClip(fetch.row, now); },
            [&](const ui::CancelFetch& cancel) { cancelFetch(cancel.id, now); },
            [&](const ui::AddCamera& camera) { addCamera(camera.spec, now); },
            [&](const ui::FreeCamera& camera) { freeCamera(camera.spec, camera.pid, now); },
            [&](const ui::LoadGuide& load) { loadGuide(load, now); },
            [&](const ui::CancelGuide&) { guide_->cancel(); },
            [&](const ui::ChooseGuide& choice) { guide_->choose(choice.choice); },
            [&](const ui::ToggleGuide&) { toggleGuide(now); },
            [&](const ui::CycleHeardTrack&) { cycleHeardTrack(now); },
            [&](const ui::NudgeMaster& nudge) { nudgeMaster(nudge.steps, now); },
            [&](const ui::ToggleLipCheck&) { toggleLipCheck(now); },
            [&](const ui::LoopPhrase&) { loopPhrase(now); },
            [&](const ui::GoToPhrase& go) { goToPhrase(go.phrase, now); },
            [&](const ui::TogglePractice&) { togglePractice(now); },
            [&](const ui::Practise& asked) { practise(asked.what, now); },
            [&](const ui::ChooseAttempt& choice) { chooseAttempt(choice); },
            [&](const ui::ListDisks&) { listDisks(); },
            [&](const ui::LookAtFolder& look) { lookAtFolder(look.folder, now); },
            [&](const ui::ChooseSecondFolder& choice) {
                useSecondFolder(
                    choice.folder.empty() ? std::filesystem::path() : folderFromText(choice.folder), now);
            },
            [&](const ui::LookAtHandover& look) { lookAtHandover(look.wish); },
            [&](const ui::StartHandover& start) { startHandover(start.wish, now); },
            [&](const ui::CancelHandover& cancel) { handover_.cancel(cancel.id); },
            [&](const ui::StoryIntent& story) { handleStory(story, now); },
            [&](const ui::OrderCue& cue) { orderCue(cue.order, now); },
            [&](const ui::Quit&) { askQuit(); },
            [&](const ui::QuitAnyway&) {
                give_up_at_end_ = true;
                quit_ = true;
            },
            [&](const ui::KeepRunning&) { model_.quit_question.clear(); },
        },
        intent);
}

// ---------------------------------------------------------------------------------------------- roll and cut

void Session::toggleRoll(Nanos now)
{
    // A key that meets the camera's own news means the same.
    if (start_told_)
        return roll(now, std::exchange(start_told_, std::nullopt)->from);
    if (rolling() && stop_told_)
        return cut(now, std::exchange(stop_told_, std::nullopt)->from);
    rolling() ? cut(now) : roll(now);
}

void Session::roll(Nanos now, std::optional<Nanos> from)
{
    if (read_only_)
        return say(ui::Message::Kind::Trouble, read_only_->message, now);
    for (Unit& unit : units_) // first of all: the bodies take a while to start
        recordOnBody(unit, now);
    live_on_screen_ = true;
    quietPractice(now);
    rolling_since_ = from.value_or(now);
    cut_at_.reset();
    board_of_.clear();
    for (Unit& unit : units_) {
        capture::RecordingOrder order = orderOf(unit);
        order.id = takes::drawTakeId();
        order.shoot = options_.shoot;
        order.slate = { scene_, next_take_, unit.letter };
        order.exact_take = options_.take.has_value();
        unit.orientation.reset();
        order.spill = second_folder_;
        const auto& ring = unit.camera->ring();
        order.roll = from ? ring->firstCapturedFrom(*from) : ring->announcedEnd();
        order.first =
            std::min(order.roll, ring->firstCapturedFrom(rolling_since_.value() - options_.preroll + 1ns));
        unit.recorder = std::make_shared<capture::Recorder>(ring, soundOf(unit), std::move(order));
    }
    rollGuide(now);
    spdlog::info("roll {}/{}", scene_, next_take_);
}

capture::RecordingOrder Session::orderOf(const Unit& unit) const
{
    const capture::CameraStatus status = unit.camera->status();
    capture::RecordingOrder order;
    order.slate.camera = unit.letter;
    order.direction = backward_ ? takes::Direction::Backward : takes::Direction::Forward;
    order.orientation = orientation_;
    order.rate = status.nominalRate();
    order.camera = status.nameOr(unit.camera->spec());
    order.timecode = timecode_;
    order.disk = options_.disk;
    return order;
}

void Session::openSounds()
{
    for (auto unit = units_.begin(); unit != units_.end(); ++unit) {
        const auto own = options_.camera_sound.find(unit->letter);
        const std::optional<capture::SoundSpec> spec =
            own != options_.camera_sound.end() ? own->second : options_.sound;
        unit->sound.with_picture = !spec;
        if (!spec || spec->kind == capture::SoundSpec::Kind::Off)
            continue;
        const auto same = std::find_if(units_.begin(), unit, [&](const Unit& other) {
            return other.sound.input && other.sound.input->spec().kind == spec->kind
                && other.sound.input->spec().address == spec->address;
        });
        unit->sound.input = same != unit ? same->sound.input : std::make_shared<capture::SoundInput>(*spec);
    }
}

int Session::timecodeChannelOf(char letter) const
{
    const auto unit =
        std::find_if(units_.begin(), units_.end(), [&](const Unit& one) { return one.letter == letter; });
    const bool listened_to = unit == units_.end() || soundOf(*unit) == soundOf(units_.front());
    return listened_to && options_.timecode.kind == base::TimecodeSource::Kind::Ltc
        ? options_.timecode.channel
        : 0;
}

/// Null: its takes have none.
std::shared_ptr<const capture::SoundRing> Session::soundOf(const Unit& unit)
{
    if (!unit.sound.with_picture)
        return unit.sound.input ? unit.sound.input->ring() : nullptr;
    return unit.camera->sound();
}

void Session::cut(Nanos now, std::optional<Nanos> until)
{
    for (Unit& unit : units_)
        stopOnBody(unit, now);
    const auto guide = cutGuide(now);
    rolling_since_.reset();
    stop_told_.reset();
    chase_asked_.reset();
    ++chase_question_;
    countCut();
    rolled_takes_.clear();
    for (std::size_t i = 0; i < units_.size(); ++i) {
        Unit& unit = units_[i];
        const auto recorder = std::exchange(unit.recorder, nullptr);
        const auto ring = unit.camera->ring();
        const capture::RecordingOrder& order = recorder->order();
        Serial end = ring->announcedEnd();
        if (until) // a take has a frame at least, when there is one
            end = std::min(end, std::max(ring->firstCapturedFrom(*until), order.first + 1));
        recorder->cut(end);
        closing_.push_back({ recorder, std::exchange(unit.body_take, nullptr),
            std::exchange(unit.orientation, std::nullopt), {}, guide });
        if (end <= order.first) {
            if (i == viewed_)
                say(ui::Message::Kind::Warning,
                    "Nothing recorded: no frame came from the camera during this take", now);
            continue;
        }
        const auto rolled = takeUpTo(unit, recorder, end, now);
        if (!ring->capturedAt(order.first))
            (void)log_thread_.ask([rolled]() -> Worker::Answer {
                rolled->openOnDisk();
                return nullptr;
            });

        Review review;
        review.id = order.id;
        review.slate = order.slate;
        review.backward = order.direction == takes::Direction::Backward;
        review.orientation = closing_.back().orientation.value_or(order.orientation);
        review.footage = rolled;
        review.roll_frame = static_cast<FrameIndex>(order.roll - order.first);
        rolled_takes_.push_back({ review, rolled });
        if (i != viewed_)
            continue;
        rolled_ = rolled;
        board_of_ = order.id;
        std::map<FrameIndex, base::PicturePtr> seeds;
        for (capture::LivePicture& live : unit.camera->tail())
            if (live.serial >= order.first && live.serial < end)
                seeds[static_cast<FrameIndex>(live.serial - order.first)] = std::move(live.picture);
        // The picture on screen is the first of the reversed take: when it is the newest one, the next is due
        // at once.
        const FrameIndex last = rolled_->frameCount() - 1;
        const bool on_screen = live_on_screen_ && live_serial_ + 1 == end && last > 0;
        const FrameIndex at = !review.backward ? 0 : on_screen ? last - 1 : last;
        selected_.reset();
        startReview(std::move(review), at, now, std::move(seeds));
        cut_at_ = now;
        cut_to_review_.reset();
    }
    spdlog::info("cut");
}

std::shared_ptr<const capture::RolledTake> Session::takeUpTo(
    const Unit& unit, const std::shared_ptr<capture::Recorder>& recorder, Serial end, Nanos now) const
{
    const auto ring = unit.camera->ring();
    const capture::RecordingOrder& order = recorder->order();
    const auto first_at = ring->capturedAt(order.first);
    return std::make_shared<capture::RolledTake>(capture::RolledTake::Parts { ring, order.first, end,
        first_at ? *first_at : recorder->status().first_captured_at.value_or(now), order.rate,
        [recorder](FrameIndex n) { return recorder->timecode(n); },
        [recorder]() { return recorder->folder(); }, [recorder]() { return recorder->status().spilled_to; },
        soundOf(unit), [recorder]() { return recorder->timecodeFormat(); } });
}

void Session::startReview(
    Review review, FrameIndex at, Nanos now, std::map<FrameIndex, base::PicturePtr> seeds)
{
    review_ = std::move(review);
    marks_shown_ = {};
    live_on_screen_ = false;
    player_.load(review_->footage, at, now, std::move(seeds));
    player_.head().run(orderSign(), now);
    player_.head().enter(at, now);
    filmstrip_.show(review_->chase_from ? nullptr : review_->footage);
    log_followed_.reset(); // its take.json may be behind the log
}

void Session::changeFacts(FactsChange change)
{
    const auto entry = std::find_if(
        log_.rbegin(), log_.rend(), [&](const takes::TakeEntry& one) { return one.folder == change.folder; });
    if (entry != log_.rend())
        change.change(entry->facts);
    facts_to_store_.push_back(std::move(change));
}

void Session::storeFacts()
{
    if (read_only_)
        facts_to_store_.clear(); // the program that has the shoot is the one that writes
    while (!facts_to_store_.empty()) {
        const FactsChange& next = facts_to_store_.front();
        const bool asked = log_thread_.ask([this, next]() -> Worker::Answer {
            const auto take_json = next.folder / "take.json";
            base::Outcome stored;
            if (auto facts = takes::readTakeFacts(take_json)) {
                next.change(*facts);
                stored = takes::writeTakeFacts(take_json, *facts);
                if (stored && shoot_)
                    stored = shoot_->record({ next.folder, *facts });
            } else {
                stored = base::fail(facts.error());
            }
            if (stored)
                return nullptr;
            return [this, error = stored.error(), what = next.what]() {
                say(ui::Message::Kind::Trouble,
                    fmt::format("{} is not noted with its take: {}", what, error.message), model_.now);
            };
        });
        if (!asked) // the disk is slow; at the next turn
            return;
        facts_to_store_.erase(facts_to_store_.begin());
    }
}

void Session::cycleOrientation()
{
    const auto next = [](base::Orientation one) {
        switch (one) {
        case base::Orientation::Upright:
            return base::Orientation::UpsideDown;
        case base::Orientation::UpsideDown:
            return base::Orientation::Mirrored;
        case base::Orientation::Mirrored:
            return base::Orientation::Flipped;
        case base::Orientation::Flipped:
            break;
        }
        return base::Orientation::Upright;
    };
    const bool of_review = !live_on_screen_ && review_;
    if (of_review && !mayLog(model_.now))
        return;
    if (!of_review || review_->chase_from) { // the camera's, with the take that rolls
        orientation_ = next(of_review ? review_->orientation : orientation_);
        if (of_review)
            review_->orientation = orientation_;
        for (Unit& unit : units_) {
            if (unit.recorder)
                unit.orientation = orientation_;
        }
        return;
    }
    const auto being_closed = std::find_if(closing_.begin(), closing_.end(), [&](const Closing& one) {
        return rolled_ && review_->footage == rolled_ && one.recorder->order().slate == review_->slate;
    });
    if (being_closed != closing_.end()) {
        review_->orientation = next(review_->orientation);
        being_closed->orientation = review_->orientation;
    } else if (selected_ && *selected_ < log_.size()) {
        takes::Showing showing = takes::showingOf(log_[*selected_].facts);
        showing.orientation = next(review_->orientation);
        turn({ { log_[*selected_].facts.id, showing } });
    } else {
        review_->orientation = next(review_->orientation);
    }
}

// ---------------------------------------------------------------------------------------------- chase

void Session::toggleChase(Nanos now)
{
    if (!live_on_screen_ || chase_asked_) {
        live_on_screen_ = true;
        chase_asked_.reset();
        ++chase_question_;
    } else {
        chase(viewed_, now);
    }
}

void Session::chooseUnfinished(std::size_t row, Nanos now)
{
    if (row < closing_.size()) {
        if (review_ && rolled_ && review_->footage == rolled_)
            live_on_screen_ = false; // the take that was just cut is the one in review
        else
            say(ui::Message::Kind::Note, "This take is still being written: it opens when it is on disk",
                now);
        return;
    }
    row -= closing_.size();
    for (std::size_t i = 0; i < units_.size(); ++i) {
        if (!units_[i].recorder || row-- > 0)
            continue;
        if (viewed_ != i) {
            viewed_ = i;
            body_changed_ = true;
        }
        return chase(i, now);
    }
}

/// The last minute of what the unit has rolled so far; the camera rolls on. What of it is in the ring needs
/// no disk; the log thread opens the rest.
void Session::chase(std::size_t index, Nanos now)
{
    const Unit& unit = units_[index];
    const capture::RecordingOrder& order = unit.recorder->order();
    const auto ring = unit.camera->ring();
    const Serial end = ring->announcedEnd();
    const auto newest = end > 0 ? ring->capturedAt(end - 1) : std::nullopt;
    if (end <= order.first || !newest)
        return say(ui::Message::Kind::Note, "Nothing to look at yet: this take has no frame so far", now);
    const auto whole = takeUpTo(unit, unit.recorder, end, now);
    const Nanos from = *newest - kChase;
    const Serial oldest = ring->span().first;
    const auto oldest_at = ring->capturedAt(oldest);
    const std::uint64_t question = ++chase_question_;
    if (oldest <= order.first || (oldest_at && *oldest_at <= from)) {
        const Serial first = std::max(order.first, ring->firstCapturedFrom(from));
        const auto offset = static_cast<FrameIndex>(first - order.first);
        return playChase(index, std::make_shared<LastOf>(whole, offset), first, end,
            *newest - whole->capturedTime(whole->frameCount() - 1) + whole->capturedTime(offset), now);
    }
    chase_asked_ = { index, now };
    (void)log_thread_.ask(
        [this, index, whole, question, end, first = order.first, newest = *newest, now]() -> Worker::Answer {
            whole->openOnDisk();
            const Nanos last = whole->capturedTime(whole->frameCount() - 1);
            FrameIndex low = 0;
            FrameIndex high = whole->frameCount() - 1;
            while (low < high) {
                const FrameIndex middle = low + (high - low) / 2;
                if (whole->capturedTime(middle) < last - kChase)
                    low = middle + 1;
                else
                    high = middle;
            }
            const auto footage = std::make_shared<LastOf>(whole, low);
            const Nanos started_at = newest - footage->capturedTime(footage->frameCount() - 1);
            return [this, index, footage, question, end, first = first + static_cast<Serial>(low), started_at,
                       now]() {
                if (question == chase_question_ && rolling())
                    playChase(index, footage, first, end, started_at, std::max(now, model_.now));
            };
        });
}

/// The disk does not answer: the chase begins with what the ring holds.
void Session::chaseWithoutDisk(Nanos now)
{
    if (!chase_asked_ || now - chase_asked_->second < kChasePatience)
        return;
    const std::size_t index = std::exchange(chase_asked_, std::nullopt)->first;
    ++chase_question_;
    if (!rolling() || !units_[index].recorder)
        return;
    const Unit& unit = units_[index];
    const auto ring = unit.camera->ring();
    const Serial end = ring->announcedEnd();
    const Serial first = std::max(unit.recorder->order().first, ring->span().first + 1); // one is about to go
    const auto first_at = ring->capturedAt(first);
    if (first >= end || !first_at)
        return;
    const auto whole = takeUpTo(unit, unit.recorder, end, now);
    playChase(index,
        std::make_shared<LastOf>(whole, static_cast<FrameIndex>(first - unit.recorder->order().first)), first,
        end, *first_at, now);
}

void Session::playChase(
    std::size_t index, base::FootagePtr footage, Serial first, Serial end, Nanos started_at, Nanos now)
{
    chase_asked_.reset();
    ++take_question_; // a take that is still being opened comes too late
    const Unit& unit = units_[index];
    const capture::RecordingOrder& order = unit.recorder->order();
    Review review;
    review.id = order.id;
    review.first = static_cast<FrameIndex>(first - order.first);
    review.slate = order.slate;
    review.backward = order.direction == takes::Direction::Backward;
    review.roll_frame = order.roll > first ? static_cast<FrameIndex>(order.roll - first) : 0;
    review.orientation = orientation_;
    review.chase_from = started_at;
    review.chased = unit.letter;
    std::map<FrameIndex, base::PicturePtr> seeds;
    for (capture::LivePicture& live : unit.camera->tail())
        if (live.serial >= first && live.serial < end)
            seeds[static_cast<FrameIndex>(live.serial - first)] = std::move(live.picture);
    const FrameIndex last = footage->frameCount() - 1;
    const bool on_screen = index == viewed_ && live_serial_ + 1 == end && last > 0;
    const FrameIndex at = !review.backward ? 0 : on_screen ? last - 1 : last;
    review.footage = std::move(footage);
    selected_.reset();
    rolled_.reset();
    rolled_takes_.clear();
    startReview(std::move(review), at, now, std::move(seeds));
}

void Session::openTake(std::size_t row, Nanos now, Screen screen)
{
    selected_ = row;
    const std::uint64_t question = ++take_question_;
    const takes::TakeEntry entry = log_[row];
    const bool asked = log_thread_.ask([this, entry, question, now, screen]() -> Worker::Answer {
        auto recording = takes::Recording::open(entry.folder);
        if (recording)
            (void)(*recording)->facts(); // of a take that was cut off they are summed up at the first call
        return [this, entry, question, now, screen, recording = std::move(recording)]() {
            if (question != take_question_)
                return;
            if (!recording)
                return say(ui::Message::Kind::Trouble, recording.error().message, now);
            Review review = reviewOf(*recording);
            rolled_.reset();
            rolled_takes_.clear();
            for (const std::string& line : (*recording)->missing())
                say(ui::Message::Kind::Warning, fmt::format("Take {}: {}", takes::text(review.slate), line),
                    model_.now);
            const FrameIndex at = review.backward ? (*recording)->frameCount() - 1 : 0;
            const bool live = live_on_screen_;
            startReview(std::move(review), at, model_.now, {});
            trimReview(now);
            live_on_screen_ = live && screen == Screen::Stays;
        };
    });
    if (!asked)
        say(ui::Message::Kind::Warning, "The disk is slow: the take opens when it answers; choose it again",
            now);
}

Session::Review Session::reviewOf(const std::shared_ptr<const takes::Recording>& recording)
{
    const takes::TakeFacts& facts = recording->facts();
    Review review;
    review.id = takes::recordingId(recording->folder(), facts);
    review.slate = facts.slate;
    review.backward = facts.direction == takes::Direction::Backward;
    review.orientation = facts.orientation;
    review.roll_frame = facts.preroll_frames;
    review.footage = recording;
    return review;
}

void Session::collectFinished(Nanos now)
{
    // In the order they were shot: the log lists them so.
    while (!closing_.empty()) {
        const auto recorder = closing_.front().recorder;
        const auto body_take = closing_.front().body_take;
        const auto orientation = closing_.front().orientation;
        const auto guide = closing_.front().guide;
        const Nanos nudge = closing_.front().nudge;
        RecorderStatus status = recorder->status();
        if (status.state != RecorderStatus::State::Closed && status.state != RecorderStatus::State::Failed)
            return;
        closing_.erase(closing_.begin());
        if (status.state == RecorderStatus::State::Failed)
            say(ui::Message::Kind::Trouble, status.trouble, now);
        else if (status.facts.slate.take != recorder->order().slate.take && !status.folder.empty())
            say(ui::Message::Kind::Note,
                fmt::format("Take {} was there already: this one is {}", takes::text(recorder->order().slate),
                    takes::text(status.facts.slate)),
                now);
        for (const auto& [cause, frames] : status.lost)
            say(ui::Message::Kind::Warning,
                fmt::format("{}: {} frames lost ({})", takes::text(status.facts.slate), frames, cause), now);
        if (!status.facts.gaps.empty()) {
            const takes::Gap& gap = status.facts.gaps.front();
            const auto more = status.facts.gaps.size() - 1;
            say(ui::Message::Kind::Warning,
                fmt::format("{}: no picture for {:.1f} s before captured frame {}{}",
                    takes::text(status.facts.slate), base::seconds(gap.length), gap.before_frame,
                    more > 0 ? fmt::format(", and {} more gaps", more) : ""),
                now);
        }
        if (!status.folder.empty()) {
            countPast(status.facts.slate);
            takes::TakeEntry entry { status.folder, status.facts };
            log_.push_back(entry);
            if (review_ && rolled_ && review_->slate.camera == entry.facts.slate.camera && !selected_) {
                review_->slate = entry.facts.slate;
                selected_ = log_.size() - 1;
            }
            if (body_take) {
                body_take->folder = entry.folder;
                for (const takes::CameraClip& clip : body_take->clips)
                    storeClip(entry.folder, clip);
            }
            storeGuide(entry.folder, guide, nudge, status.first_captured_at.value_or(Nanos(0)));
            if (orientation)
                turn({ { entry.facts.id, { entry.facts.direction, *orientation } } });
            const bool asked = log_thread_.ask([this, entry, rolled = rolled_takes_]() -> Worker::Answer {
                for (const Rolled& one : rolled)
                    one.take->openOnDisk();
                if (!shoot_)
                    return [this]() { --unlisted_; };
                const auto logged = shoot_->record(entry);
                // take.json's numbers are of the first part; the list shows those of all.
                takes::TakeEntry whole = entry;
                if (!entry.facts.parts.empty())
                    if (const auto recording = takes::Recording::open(entry.folder)) {
                        whole.facts.frames = (*recording)->frameCount();
                        whole.facts.duration = (*recording)->duration();
                    }
                return [this, logged, whole]() {
                    --unlisted_;
                    said_.readAgain();
                    if (!logged)
                        say(ui::Message::Kind::Trouble, logged.error().message, model_.now);
                    for (takes::TakeEntry& one : log_)
                        if (one.folder == whole.folder) {
                            one.facts.frames = whole.facts.frames;
                            one.facts.duration = whole.facts.duration;
                        }
                };
            });
            unlisted_ += asked ? 1 : 0;
        }
        if (status.folder.empty() && recorder->order().id == board_of_)
            board_of_.clear(); // there is no such take
        finished_.push_back(std::move(status));
    }
}

// ---------------------------------------------------------------------------------------------- the log
// thread's questions

void Session::readLog()
{
    const auto folder = options_.shoot;
    const std::string scene = scene_;
    (void)log_thread_.ask([this, folder, scene]() -> Worker::Answer {
        auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::Create);
        std::optional<base::Error> busy;
        if (!shoot && shoot.error().fault == base::Fault::Busy) {
            busy = onlyToLookAt(shoot.error());
            shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
        }
        if (!shoot)
            return [this, error = shoot.error()]() {
                shoot_trouble_ = error;
                standing("shoot", ui::Message::Kind::Trouble, error.message, model_.now);
            };
        shoot_ = std::move(*shoot);
        std::vector<std::string> troubles;
        auto entries = shoot_->takes(&troubles);
        std::map<std::filesystem::path, std::string> found;
        if (entries)
            for (takes::TakeEntry& entry : *entries) {
                entry.facts.id = takes::recordingId(entry.folder, entry.facts);
                const auto check = takes::readLastCheck(entry.folder);
                if (!check)
                    troubles.push_back(check.error().message);
                // Of whole takes nothing: each row asks for it in each picture drawn.
                else if (*check && ((*check)->damaged > 0 || entry.facts.recovered))
                    found[entry.folder] = (*check)->by == takes::LastCheck::By::Recovery
                        ? takes::joined((*check)->findings)
                        : takes::damageText(**check);
            }
        std::vector<std::filesystem::path> open;
        if (!busy)
            open = takes::openRecordings(folder);
        return [this, entries = std::move(entries), found = std::move(found), troubles, busy,
                   open = std::move(open)]() mutable {
            found_.merge(found);
            if (busy) {
                read_only_ = busy;
                standing("shoot", ui::Message::Kind::Trouble, busy->message, model_.now);
            }
            for (const std::string& trouble : troubles)
                say(ui::Message::Kind::Warning, trouble, model_.now);
            if (entries) {
                if (log_.empty() && !rolling() && closing_.empty() && !entries->empty())
                    orientation_ = entries->back().facts.orientation; // the camera hangs as it hung
                log_.insert(log_.begin(), entries->begin(), entries->end());
            } else
                say(ui::Message::Kind::Trouble, entries.error().message, model_.now);
            log_read_ = true;
            if (busy)
                return;
            // Not what this session began to roll meanwhile.
            to_recover_.insert(to_recover_.end(), open.begin(), open.end());
            recovering_ = true;
            recoverNext();
        };
    });
    if (!take_chosen_)
        askNextTake();
}

void Session::askNextTake()
{
    const std::string scene = scene_;
    (void)log_thread_.ask([this, scene]() -> Worker::Answer {
        if (!shoot_)
            return nullptr;
        const auto next = shoot_->nextTake(scene, 'A');
        return [this, scene, next]() {
            // A take that rolls may itself be what the shoot has by now.
            if (next && !take_chosen_ && !rolling())
                countPast({ scene, *next - 1, 'A' });
        };
    });
}

// ---------------------------------------------------------------------------------------------- review

int Session::orderSign() const { return review_->shown_order && review_->backward ? -1 : +1; }

FrameIndex Session::toCaptured(FrameIndex on_screen) const
{
    return orderSign() > 0 ? on_screen : review_->footage->frameCount() - 1 - on_screen;
}

void Session::play(double speed, Nanos now)
{
    playback::Playhead& head = player_.head();
    if (head.loop() == playback::LoopMode::Once && speed != 0) {
        // At the end already: once more from the start.
        const bool rising = speed * orderSign() > 0;
        if (head.frameAt(now) == (rising ? head.lastFrame() : head.firstFrame()) && head.speed() == 0) {
            head.run(speed * orderSign(), now);
            head.enter(rising ? head.firstFrame() : head.lastFrame(), now);
        }
    }
    review_->speed = speed;
    head.run(speed * orderSign(), now);
}

void Session::pause(Nanos now)
{
    const double speed = player_.head().speed() * orderSign();
    if (speed != 0)
        review_->speed = speed;
    player_.head().run(0, now);
}

void Session::goTo(FrameIndex on_screen, Nanos now)
{
    if (!review_)
        return;
    player_.head().enter(
        toCaptured(std::clamp<FrameIndex>(on_screen, 0, review_->footage->frameCount() - 1)), now);
}

void Session::step(FrameIndex frames, Nanos now)
{
    if (!review_)
        return;
    pause(now);
    goTo(onScreen(player_.head().frameAt(now)) + frames, now);
}

void Session::applyRange(Nanos now)
{
    const FrameIndex last = review_->footage->frameCount() - 1;
    const FrameIndex from = review_->in ? onScreen(*review_->in) : 0;
    const FrameIndex to = review_->out ? onScreen(*review_->out) : last;
    player_.head().setRange(
        std::min(toCaptured(from), toCaptured(to)), std::max(toCaptured(from), toCaptured(to)), now);
}

} // namespace backtake::app
