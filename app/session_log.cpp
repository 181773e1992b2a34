// What the script supervisor says of takes and frames. A mark stands at a captured frame of a recording,
// whatever order and part of it is on screen; LogKeeper brings it to the log.
#include "app/session.hpp"
#include "base/timecode.hpp"
#include "takes/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using Kind = ui::Message::Kind;

namespace {

// What both name by number has the same numbers on both sides.
static_assert(ui::kTells == takes::kTells);
static_assert(static_cast<int>(ui::Verdict::FalseStart) == static_cast<int>(takes::Verdict::FalseStart));
static_assert(static_cast<int>(ui::Board::None) == static_cast<int>(takes::Board::None));
static_assert(static_cast<int>(ui::MarkModel::Kind::Tell) == static_cast<int>(takes::Mark::Kind::Tell));

template <typename To, typename From> To same(From from) { return static_cast<To>(static_cast<int>(from)); }

/// In the memory that @p view has.
void fill(ui::TakeSheet& view, const takes::TakeSheet& sheet)
{
    view.scene = sheet.slate.scene;
    view.number = sheet.slate.take;
    view.circled = sheet.circled;
    view.verdict = same<ui::Verdict>(sheet.verdict);
    view.pickup = sheet.pickup;
    view.series = sheet.series;
    view.mos = sheet.mos;
    view.rating = sheet.rating;
    view.board = same<ui::Board>(sheet.board);
    view.lens = sheet.lens;
    view.stop = sheet.stop;
    view.filter = sheet.filter;
    view.rate = sheet.rate;
    view.camera = sheet.camera;
    view.note = sheet.note;
}

void take(takes::TakeSheet& sheet, const ui::TakeSheet& view)
{
    if (!view.scene.empty())
        sheet.slate = { view.scene, view.number, sheet.slate.camera };
    sheet.circled = view.circled;
    sheet.verdict = same<takes::Verdict>(view.verdict);
    sheet.pickup = view.pickup;
    sheet.series = view.series;
    sheet.mos = view.mos;
    sheet.rating = view.rating;
    sheet.board = same<takes::Board>(view.board);
    sheet.lens = view.lens;
    sheet.stop = view.stop;
    sheet.filter = view.filter;
    sheet.rate = view.rate;
    sheet.camera = view.camera;
    sheet.note = view.note;
}

std::string words(const takes::Mark& mark)
{
    switch (mark.kind) {
    case takes::Mark::Kind::Mark:
        break;
    case takes::Mark::Kind::Note:
        return fmt::format("the note \"{}\"", mark.text);
    case takes::Mark::Kind::Tell:
        return fmt::format("the tell \"{}\"", takes::nameOf(mark.tell));
    }
    return "the mark";
}

} // namespace

LogKeeper::Wiring Session::logWiring()
{
    return { log_thread_, [this]() { return shoot_.get(); },
        [this](const std::string& recording) { return unlisted(recording); },
        [this](Kind kind, std::string text) { say(kind, std::move(text), model_.now); },
        [this](const std::string& text) { standing("log", Kind::Trouble, text, model_.now); } };
}

base::Result<std::optional<takes::TakeEntry>> Session::unlisted(const std::string& id)
{
    const auto entry = std::ranges::find(log_, id, [](const takes::TakeEntry& one) { return one.facts.id; });
    if (entry != log_.end())
        return *entry;
    const auto of = [&](const capture::Recorder& recorder) -> std::optional<takes::TakeEntry> {
        const capture::RecorderStatus status = recorder.status();
        if (status.folder.empty())
            return std::nullopt;
        return takes::TakeEntry { status.folder, status.facts };
    };
    for (const Unit& unit : units_)
        if (unit.recorder && unit.recorder->order().id == id)
            return of(*unit.recorder);
    for (const Closing& closing : closing_)
        if (closing.recorder->order().id == id)
            return of(*closing.recorder);
    return base::fail(base::Fault::NotFound, "Nothing of this take was recorded");
}

std::string Session::slateOf(const std::string& id) const
{
    if (const LogKeeper::Said* const said = said_.of(id); said != nullptr && said->take != 0)
        return takes::text(said->sheet.slate);
    for (const Unit& unit : units_)
        if (unit.recorder && unit.recorder->order().id == id)
            return takes::text(unit.recorder->order().slate);
    for (const Closing& closing : closing_)
        if (closing.recorder->order().id == id)
            return takes::text(closing.recorder->order().slate);
    if (review_ && review_->id == id)
        return takes::text(review_->slate);
    for (const takes::TakeEntry& entry : log_)
        if (entry.facts.id == id)
            return takes::text(entry.facts.slate);
    return {};
}

bool Session::rolls(const std::string& id) const
{
    return std::ranges::any_of(
        units_, [&](const Unit& unit) { return unit.recorder && unit.recorder->order().id == id; });
}

bool Session::mayLog(Nanos now)
{
    const std::optional<base::Error>& why = read_only_ ? read_only_ : shoot_trouble_;
    if (why)
        say(Kind::Warning, why->message, now);
    return !why;
}

// ---------------------------------------------------------------------------------------------- the model

/// The frame that a mark would be said of: in review the one on screen, live the newest of the take that
/// rolls.
void Session::fillHere(Nanos now)
{
    const Unit& unit = units_[viewed_];
    const bool in_review = review_ && !live_on_screen_;
    const auto ring = unit.camera->ring();
    const bool shoots = !in_review && unit.recorder && live_serial_ >= unit.recorder->order().first
        && ring->announcedEnd() > unit.recorder->order().first;
    if ((!in_review || review_->id.empty()) && !shoots) {
        model_.here.reset();
        return;
    }
    if (!model_.here)
        model_.here.emplace();
    ui::SaidFrame& here = *model_.here;
    if (in_review) {
        const FrameIndex captured = player_.head().frameAt(now);
        here.take = review_->id;
        here.captured_frame = recorded(captured);
        here.timecode = review_->timecodeLabel(captured);
    } else {
        const capture::RecordingOrder& order = unit.recorder->order();
        here.take = order.id;
        here.captured_frame = static_cast<FrameIndex>(live_serial_ - order.first);
        here.timecode = unit.written.folder.empty()
            ? std::string()
            : base::timecodeLabel(
                unit.recorder->timecode(here.captured_frame), unit.recorder->timecodeFormat());
    }
}

void Session::sayOf(const std::string& id, ui::TakeRow& row) const
{
    const LogKeeper::Said* const said = said_.of(id);
    if (said == nullptr) {
        row.listed = !model_.filter.any();
        return;
    }
    if (said->take != 0)
        row.slate = takes::text(said->sheet.slate);
    row.circled = said->sheet.circled;
    row.verdict = same<ui::Verdict>(said->sheet.verdict);
    row.pickup = said->sheet.pickup;
    row.series = said->sheet.series;
    row.mos = said->sheet.mos;
    row.rating = said->sheet.rating;
    row.marks = said->marks.size();
    row.listed = said->found;
}

/// Of the take in review. The marks anew only when something about them changed.
void Session::fillSaid()
{
    if (!review_ || !model_.review)
        return;
    ui::ReviewModel& view = *model_.review;
    const base::Footage& footage = *review_->footage;
    const LogKeeper::Said* const said = said_.of(review_->id);
    const bool other_take = view.take != review_->id;
    view.take = review_->id; // in its own room: nothing is allocated for the same
    view.chosen_mark = said_.chosen();
    const bool listed = said != nullptr && said->take != 0;
    const takes::Slate& slate = listed ? said->sheet.slate : review_->slate;
    view.slate = takes::text(slate);
    view.shot_as = listed && slate != said->shot_as ? takes::text(said->shot_as) : std::string();
    fillSetup(view.setup, slate.scene, review_->backward, review_->orientation);
    const MarksShown wanted { &footage, orderSign() > 0, said_.version(), footage.timecode(0) };
    if (wanted == marks_shown_ && !other_take)
        return;
    marks_shown_ = wanted;
    fill(view.sheet, said != nullptr ? said->sheet : takes::TakeSheet());
    const FrameIndex frames = footage.frameCount();
    const base::Rate rate = footage.nominalRate();
    view.marks.clear();
    if (said == nullptr || review_->story) // the marks of one take stand nowhere on a sequence
        return;
    for (const takes::Mark& mark : said->marks) {
        const FrameIndex captured = mark.captured_frame - review_->first;
        if (captured < 0 || captured >= frames)
            continue;
        ui::MarkModel& shown = view.marks.emplace_back();
        shown.id = mark.id;
        shown.kind = same<ui::MarkModel::Kind>(mark.kind);
        shown.tell = static_cast<int>(mark.tell);
        shown.captured_frame = mark.captured_frame;
        shown.frame = onScreen(captured);
        shown.position =
            base::positionLabel(orderSign() > 0 ? footage.capturedTime(captured)
                                                : footage.duration() - footage.capturedTime(captured + 1),
                rate);
        shown.timecode = footage.timecodeLabel(captured);
        shown.text = mark.text;
        shown.on_disk = mark.id < LogKeeper::kNotStored;
    }
    std::ranges::stable_sort(view.marks, {}, &ui::MarkModel::frame);
}

// ---------------------------------------------------------------------------------------------- marks

void Session::addMark(takes::Mark mark, Nanos now)
{
    if (!mayLog(now))
        return;
    // While it plays, the frame that was on screen when the key was pressed; standing, the one it was moved
    // to.
    const bool plays = !live_on_screen_ && review_ && player_.head().speed() != 0;
    if (!plays || !model_.here || model_.here->take != review_->id)
        fillHere(now);
    if (!model_.here)
        return say(Kind::Note,
            live_on_screen_ ? "No take to mark: roll one with R, or look at one with Tab"
                            : "Nothing can be said of this take: it was recorded without an id",
            now);
    mark.take = model_.here->take;
    mark.captured_frame = model_.here->captured_frame;
    if (review_ && review_->id == mark.take && !review_->story) {
        const auto format = review_->footage->timecodeFormat();
        mark.timecode = review_->footage->timecode(mark.captured_frame - review_->first);
        if (const std::int64_t day = format.framesPerDay(); day > 0)
            mark.timecode = (*mark.timecode % day + day) % day;
    }
    mark.made_at_utc = base::wallClockNow();
    std::string what =
        fmt::format("{} at captured frame {} of {}", words(mark), mark.captured_frame, slateOf(mark.take));
    said_.choose(said_.put(std::move(mark), std::move(what)));
}

void Session::putNote(const ui::PutNote& note, Nanos now)
{
    if (!mayLog(now))
        return;
    if (note.mark == ui::PutNote::kNone)
        return say(Kind::Note,
            "Nothing is said of this frame yet: N writes a note, Alt+Left and Alt+Right go to one", now);
    if (note.at.take.empty())
        return say(Kind::Note, "No take to write a note on: roll one with R, or look at one with Tab", now);
    takes::Mark mark;
    if (const LogKeeper::Said* said = said_.of(note.at.take); said != nullptr && note.mark != 0)
        if (const auto known = std::ranges::find(said->marks, note.mark, &takes::Mark::id);
            known != said->marks.end())
            mark = *known;
    if (mark.id == 0) {
        mark.take = note.at.take;
        mark.captured_frame = note.at.captured_frame;
        mark.kind = takes::Mark::Kind::Note;
        mark.made_at_utc = base::wallClockNow();
        const Unit& unit = units_[viewed_];
        mark.timecode = base::parseTimecode(note.at.timecode,
            review_ && review_->id == mark.take ? review_->footage->timecodeFormat()
                : unit.recorder                 ? unit.recorder->timecodeFormat()
                                                : base::TimecodeFormat::customary(unit.status.nominalRate()));
    }
    mark.text = note.text;
    std::string what =
        fmt::format("{} at captured frame {} of {}", words(mark), mark.captured_frame, slateOf(mark.take));
    said_.choose(said_.put(std::move(mark), std::move(what)));
}

void Session::removeMark(std::int64_t id, Nanos now)
{
    if (!mayLog(now))
        return;
    const LogKeeper::Said* const said = review_ && !live_on_screen_ ? said_.of(review_->id) : nullptr;
    const takes::Mark* gone = nullptr;
    if (said != nullptr) {
        const FrameIndex here = recorded(player_.head().frameAt(now));
        for (const takes::Mark& mark : said->marks)
            if (id != 0 ? mark.id == id
                        : mark.captured_frame == here
                        && (gone == nullptr || gone->id != said_.chosen())) // the chosen one, else the newest
                gone = &mark;
    }
    if (gone == nullptr)
        return say(Kind::Note, "No mark to remove at this frame: Alt+Left and Alt+Right go to one", now);
    said_.remove(gone->id, fmt::format("{} is to go from {}", words(*gone), slateOf(gone->take)));
}

void Session::goToMark(int direction, Nanos now)
{
    if (!review_ || live_on_screen_ || review_->story)
        return;
    const FrameIndex here = onScreen(player_.head().frameAt(now));
    const LogKeeper::Said* const said = said_.of(review_->id);
    const takes::Mark* next = nullptr;
    FrameIndex nearest = 0;
    if (said != nullptr) {
        for (const takes::Mark& mark : said->marks) {
            const FrameIndex captured = mark.captured_frame - review_->first;
            const FrameIndex ahead = (onScreen(captured) - here) * direction;
            const bool is_there = captured >= 0 && captured < review_->footage->frameCount();
            if (is_there && ahead > 0 && (next == nullptr || ahead < nearest)) {
                next = &mark;
                nearest = ahead;
            }
        }
    }
    if (next == nullptr)
        return say(Kind::Note, direction > 0 ? "No mark after this frame" : "No mark before this frame", now);
    selectMark(next->id, now);
}

void Session::selectMark(std::int64_t id, Nanos now)
{
    const LogKeeper::Said* const said = review_ && !review_->story ? said_.of(review_->id) : nullptr;
    if (said == nullptr)
        return;
    const auto mark = std::ranges::find(said->marks, id, &takes::Mark::id);
    if (mark == said->marks.end())
        return;
    said_.choose(id);
    pause(now);
    goTo(onScreen(mark->captured_frame - review_->first), now);
}

// ---------------------------------------------------------------------------------------------- sheets

void Session::circleTake(Nanos now)
{
    if (!mayLog(now))
        return;
    if (live_on_screen_ || !review_ || review_->id.empty())
        return say(Kind::Note,
            rolling() ? "The take still rolls: circle it after the cut"
                      : "No take to circle: look at one with Tab",
            now);
    ui::TakeSheet sheet;
    if (const LogKeeper::Said* said = said_.of(review_->id); said != nullptr)
        fill(sheet, said->sheet);
    sheet.circled = !sheet.circled;
    putSheet({ review_->id, std::move(sheet) }, now);
}

void Session::putSheet(const ui::PutSheet& put, Nanos now)
{
    if (!mayLog(now))
        return;
    if (put.take.empty())
        return say(Kind::Note, "No take to write of: look at one with Tab", now);
    if (rolls(put.take))
        return say(Kind::Note, "The take still rolls: write of it after the cut", now);
    const std::string slate = slateOf(put.take);
    const LogKeeper::Said* const said = said_.of(put.take);
    ui::TakeSheet before;
    if (said != nullptr)
        fill(before, said->sheet);
    ui::TakeSheet wanted = put.sheet;
    const takes::Slate to { wanted.scene, wanted.number, 'A' };
    const bool all_after = put.all_after && !before.scene.empty() && !to.scene.empty()
        && std::pair(to.scene, to.take) != std::pair(before.scene, before.number);
    if (all_after) { // it goes with the others
        wanted.scene = before.scene;
        wanted.number = before.number;
    }
    if (said == nullptr || wanted != before)
        said_.change(
            put.take, [wanted](takes::TakeSheet& logged) { take(logged, wanted); },
            fmt::format("what is said of take {}", slate));
    if (all_after)
        said_.renumberFrom(
            put.take, to, fmt::format("{} for take {} and all after it", takes::text(to), slate));
    if (put.backward || put.orientation)
        turnTake(put.take, put.backward, put.orientation, now);
}

void Session::sayBoard(const ui::SayBoard& said, Nanos now)
{
    if (!mayLog(now))
        return;
    if (said.take.empty())
        return say(Kind::Note, "No take to say a board of: look at one with Tab", now);
    if (rolls(said.take))
        return say(Kind::Note, "The take still rolls: say its board after the cut", now);
    said_.change(
        said.take, [board = same<takes::Board>(said.board)](takes::TakeSheet& sheet) { sheet.board = board; },
        fmt::format("the board of take {}", slateOf(said.take)));
}

/// Until somebody says it, or the next take rolls.
void Session::askBoard()
{
    const LogKeeper::Said* const said = said_.of(board_of_);
    const bool is_said = said != nullptr && said->sheet.board != takes::Board::NotSaid;
    if (board_of_.empty() || is_said || shoot_trouble_)
        return model_.board_question.reset();
    if (!model_.board_question)
        model_.board_question.emplace();
    model_.board_question->take = board_of_;
    model_.board_question->slate = slateOf(board_of_);
}

void Session::filterTakes(const ui::TakeFilter& filter)
{
    model_.filter = filter;
    takes::LogQuery query;
    query.words = filter.words;
    query.circled = filter.circled;
    if (filter.verdict != ui::Verdict::Open)
        query.verdict = same<takes::Verdict>(filter.verdict);
    if (filter.tell != 0)
        query.tell = static_cast<takes::Tell>(filter.tell);
    query.day = filter.day;
    said_.find(std::move(query));
}

void Session::nextScene(std::string scene, Nanos now)
{
    if (rolling())
        return say(Kind::Note, "The take still rolls: its slate changes after the cut", now);
    scene_ = std::move(scene);
    next_take_ = 1;
    take_chosen_ = false;
    askNextTake();
    say(Kind::Note, fmt::format("Next to be shot: {}", scene_), now);
}

} // namespace backtake::app
