// Disks: how much fits, what they refuse, the second folder, and what an earlier session left open.
#include "app/second_folder.hpp"
#include "app/session.hpp"
#include "base/text.hpp"
#include "takes/last_check.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace backtake::app {

using base::Nanos;
using capture::RecorderStatus;
using Kind = ui::Message::Kind;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr Nanos kDiskEvery = 2s;
constexpr Nanos kDiskEveryWhileRolling = 1s;
constexpr Nanos kLow = 10min;
/// A warning that comes and goes with every second frame is none.
constexpr Nanos kLowNoMore = 11min;
/// What is less than this is what the disk owes at any time: a batch, a sync.
constexpr Nanos kNoticeable = 1s;
constexpr double kNoticeableFill = 0.1;
/// And longer than this: the pre-roll, which is written in one go, is no trouble.
/// A disk that owes an answer for so long hangs; below that it is asked something, as ever.
constexpr Nanos kHangs = 800ms;
/// A take that has a second folder goes on there within this, or that does not take it either.
constexpr Nanos kGoesOnWithin = 700ms;
constexpr Nanos kNoticeableFor = 500ms;
constexpr double kWarnAt = 0.5;
constexpr Nanos kWarnAfter = 1s;
/// A disk that hangs longer than this at the end is left to itself; what was written stays.
constexpr Nanos kLastWait = 60s;
/// One that refuses is asked so long at the end.
constexpr Nanos kLastTry = 5s;
constexpr Nanos kProgressAfter = 500ms;
constexpr Nanos kProgressEvery = 250ms;
constexpr double kLongestLeft = 3.6e6; // seconds; more is not said

Nanos nanos(double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); }

} // namespace

// ---------------------------------------------------------------------------------------------- room

void Session::refreshDisk(Nanos now)
{
    const Nanos every = rolling() ? kDiskEveryWhileRolling : kDiskEvery;
    if (disk_asked_ || (now - disk_asked_at_ < every && disk_asked_at_ != Nanos(0)))
        return;
    disk_asked_at_ = now;
    const auto room = options_.free_bytes ? options_.free_bytes : freeBytes;
    disk_asked_ =
        disk_thread_.ask([this, shoot = options_.shoot, second = second_folder_, room]() -> Worker::Answer {
            return [this, of_shoot = room(shoot), of_second = room(second)]() {
                disk_asked_ = false;
                disk_free_ = of_shoot;
                second_disk_free_ = of_second;
            };
        });
}

/// Of the live stream: what the ring holds is what a take would get now.
double Session::bytesPerSecond(const Unit& unit) const
{
    const capture::Ring::Stats ring = unit.camera->ring()->stats();
    return ring.length > 1s ? static_cast<double>(ring.bytes) / base::seconds(ring.length) : 0;
}

std::optional<Nanos> Session::timeFor(std::optional<std::uint64_t> bytes) const
{
    double rate = 0;
    for (const Unit& unit : units_)
        rate += bytesPerSecond(unit);
    if (!bytes || rate <= 0)
        return std::nullopt;
    return nanos(std::min(static_cast<double>(*bytes) / rate, kLongestLeft));
}

void Session::fillDisk(Nanos now)
{
    bool second_in_use = false;
    double fill = 0;
    Nanos waiting {};
    const auto look = [&](const capture::RecordingOrder& order, const RecorderStatus& status) {
        second_in_use = second_in_use || !status.spilled_to.empty();
        fill = std::max(fill, status.ring_fill);
        waiting = std::max(waiting, order.rate.timeOf(status.unwritten));
    };
    for (const Unit& unit : units_)
        if (unit.recorder)
            look(unit.recorder->order(), unit.written);
    for (const Closing& closing : closing_)
        look(closing.recorder->order(), closing.written);

    const auto since = [now](std::optional<Nanos>& began, bool is) {
        if (!is)
            began.reset();
        else if (!began)
            began = now;
    };
    since(behind_since_, waiting >= kNoticeable || (fill >= kNoticeableFill && waiting > Nanos(0)));
    since(half_since_, fill >= kWarnAt);
    model_.ring_waiting = fill;
    model_.ring_waiting_for = waiting;
    model_.disk_behind = behind_since_ && now - *behind_since_ >= kNoticeableFor;

    model_.second_folder.folder = second_folder_.native();
    model_.second_folder.free_bytes = second_disk_free_.value_or(0);
    model_.second_folder.time_left = timeFor(second_disk_free_);
    model_.second_folder.in_use = second_in_use;
    model_.disk_left = timeFor(second_in_use ? second_disk_free_ : disk_free_);
    disk_low_ = model_.disk_left && *model_.disk_left < (disk_low_ ? kLowNoMore : kLow);
    model_.disk_low = disk_low_;
}

// ---------------------------------------------------------------------------------------------- what is said

void Session::diskSays(const std::string& key, Kind kind, const std::string& text)
{
    ui::Message& message = disk_news_[key];
    message.kind = kind;
    message.text = text;
}

std::string Session::choose(const char* which) const
{
    return fmt::format("{} {}{}", options_.has_window ? "press F9 and choose" : "name", which,
        options_.has_window ? "" : " with --spill next time");
}

std::string Session::whatToDo() const
{
    return second_folder_.empty() ? "Or " + choose("a second folder, on another disk")
                                  : fmt::format("The second folder, {}, does not take it either: {}",
                                      second_folder_.string(), choose("another"));
}

void Session::tellRecorder(
    char letter, const capture::RecordingOrder& order, const RecorderStatus& status, bool cut, Nanos now)
{
    using State = RecorderStatus::State;
    if (status.state == State::Closed)
        return;
    const std::string take = takes::text(status.folder.empty() ? order.slate : status.facts.slate)
        + (units_.size() > 1 ? std::string(1, letter) : std::string());
    const std::string about = fmt::format("take {}{}", takes::text(order.slate), letter);
    const double waits_s = base::seconds(order.rate.timeOf(status.unwritten));
    const auto unit = std::find_if(
        units_.begin(), units_.end(), [letter](const Unit& one) { return one.letter == letter; });
    std::string room;
    if (unit != units_.end() && bytesPerSecond(*unit) > 0) {
        const double all_s =
            static_cast<double>(unit->camera->ring()->stats().cap_bytes) / bytesPerSecond(*unit);
        room = fmt::format(
            ", room for {:.0f} s more", std::floor(all_s * (1 - std::min(1.0, status.ring_fill))));
    }
    if (status.state == State::Failed) {
        diskSays(about, Kind::Trouble, status.trouble);
        return;
    }
    const auto overrun = status.lost.find(std::string(takes::nameOf(base::Loss::RingOverrun)));
    const std::int64_t lost = overrun == status.lost.end() ? 0 : overrun->second;
    if (lost > 0)
        room = fmt::format(", the memory is full: the oldest of it is being lost, {} frames so far", lost);
    if (status.state != State::Waiting)
        refused_since_.erase(about);
    else if (!refused_since_.contains(about))
        refused_since_[about] = now;
    const std::string trouble = takes::joined(std::span(&status.trouble, 1));
    if (status.state == State::Waiting && status.stalled >= kHangs) {
        // It may come back any moment: the ring absorbs, and half of it is time enough to do something.
        const bool half = status.ring_fill >= kWarnAt;
        diskSays(about, half ? Kind::Trouble : Kind::Warning,
            fmt::format("Take {}: {}, {:.1f} s so far{}{}{}", take, trouble, waits_s, cut ? "" : room,
                half ? ". " : "", half ? whatToDo() : ""));
    } else if (status.state == State::Waiting && !second_folder_.empty()
        && now - refused_since_[about] < kGoesOnWithin) {
        // It is about to go on in the second folder.
    } else if (status.state == State::Waiting) {
        diskSays(about, Kind::Trouble,
            cut ? fmt::format("Take {} is cut, but {} frames ({:.1f} s) are only in memory{}: {}. {}", take,
                status.unwritten, waits_s, "", trouble, whatToDo())
                : fmt::format("Take {} cannot be written. {:.1f} s wait in memory{}: {}. {}", take, waits_s,
                    room, trouble, whatToDo()));
        if (cut && !waiting_since_)
            waiting_since_ = now;
    } else if (half_since_ && now - *half_since_ >= kWarnAfter && status.ring_fill >= kWarnAt) {
        diskSays(about, Kind::Warning,
            fmt::format(
                "The disk is slow: {:.1f} s of take {} wait in memory{}. Stop what else uses the disk{}",
                waits_s, take, room,
                second_folder_.empty() ? ", or " + choose("a second folder") : std::string()));
    }
    if (!status.spilled_to.empty())
        diskSays(about + " second", Kind::Warning,
            fmt::format("The shoot's disk refused: take {} goes on in {}", take, status.spilled_to.string()));
}

/// What is true of the disks now; each stands as long as it is.
void Session::tellDisks(Nanos now)
{
    std::swap(disk_news_, disk_news_before_);
    disk_news_.clear();
    const auto waited_since = std::exchange(waiting_since_, std::nullopt);
    for (const Unit& unit : units_)
        if (unit.recorder)
            tellRecorder(unit.letter, unit.recorder->order(), unit.written, false, now);
    for (const Closing& closing : closing_)
        tellRecorder(
            closing.recorder->order().slate.camera, closing.recorder->order(), closing.written, true, now);
    if (waiting_since_ && waited_since)
        waiting_since_ = waited_since;

    if (disk_low_ && model_.disk_left && !read_only_) {
        const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*model_.disk_left).count();
        const std::string left = minutes < 1 ? "Less than a minute fits"
            : minutes == 1                   ? "Only a minute fits"
                                             : fmt::format("Only {} minutes fit", minutes);
        const ui::SecondFolder& second = model_.second_folder;
        diskSays("room", Kind::Warning,
            second.in_use
                ? fmt::format("{} in the second folder: make room there, or {}", left, choose("another"))
                : second.folder.empty()
                ? fmt::format("{} on the shoot's disk: make room, or {}", left, choose("a second folder"))
                : fmt::format("{} on the shoot's disk; then takes go on in {}{}", left, second.folder,
                    second.time_left ? fmt::format(" ({})", base::durationText(*second.time_left)) : ""));
    }
    for (const auto& [key, message] : disk_news_)
        standing("disk " + key, message.kind, message.text, now);
    for (const auto& [key, message] : disk_news_before_)
        if (!disk_news_.contains(key))
            standing("disk " + key, message.kind, {}, now);
}

// ---------------------------------------------------------------------------------------------- second
// folder

void Session::useSecondFolder(const fs::path& folder, Nanos now)
{
    if (folder.empty()) {
        if (!second_folder_.empty())
            say(Kind::Note, "No second folder: what the shoot's disk refuses waits in memory", now);
        second_folder_.clear();
        second_disk_free_.reset();
        return;
    }
    second_asked_ = disk_thread_.ask([this, folder, shoot = options_.shoot]() -> Worker::Answer {
        return [this, folder, room = roomIn(folder, shoot, FolderUse::Make)]() {
            second_asked_ = false;
            if (!room)
                return say(Kind::Trouble, fmt::format("Not used: {}", room.error().message), model_.now);
            second_folder_ = folder;
            second_disk_free_ = room->free_bytes;
            for (const Unit& unit : units_)
                if (unit.recorder)
                    unit.recorder->spillTo(folder);
            for (const Closing& closing : closing_)
                closing.recorder->spillTo(folder);
            say(room->same_disk ? Kind::Warning : Kind::Note,
                room->same_disk ? fmt::format(
                    "{} is on the shoot's own disk: it is full when that is. Better press F9 and "
                    "choose one on another disk",
                    folder.string())
                                : fmt::format("When the shoot's disk refuses, takes go on in {}: {} free",
                                    folder.string(), base::bytesText(room->free_bytes)),
                model_.now);
            if (log_read_ && !read_only_ && !recovering_) {
                recovering_ = true;
                joinSecondFolder();
            }
        };
    });
    if (!second_asked_)
        say(Kind::Warning, "The disks are slow to answer: choose the second folder again", now);
}

void Session::listDisks()
{
    (void)disk_thread_.ask([this, shoot = options_.shoot]() -> Worker::Answer {
        return [this, disks = otherDisks(shoot)]() {
            model_.disks.clear();
            for (const OtherDisk& disk : disks)
                model_.disks.push_back({ disk.folder.string(), disk.free_bytes, timeFor(disk.free_bytes) });
        };
    });
}

void Session::lookAtFolder(const std::string& text, Nanos)
{
    if (text.empty())
        return;
    if (looking_) {
        look_wanted_ = text; // the newest; those in between are not worth a look
        return;
    }
    looking_ = disk_thread_.ask([this, text, shoot = options_.shoot]() -> Worker::Answer {
        return [this, text, room = roomIn(folderFromText(text), shoot, FolderUse::Look)]() {
            looking_ = false;
            ui::FolderLook look;
            look.folder = text;
            if (room) {
                look.free_bytes = room->free_bytes;
                look.time_left = timeFor(room->free_bytes);
                look.same_disk = room->same_disk;
            } else {
                look.why = room.error().message;
            }
            model_.folder_look = std::move(look);
            if (const auto next = std::exchange(look_wanted_, std::nullopt))
                lookAtFolder(*next, model_.now);
        };
    });
}

// ---------------------------------------------------------------------------------------------- the end

/// What would be lost if the program ended now; empty: nothing.
std::string Session::onlyInMemory() const
{
    std::string words;
    const auto add = [&](const capture::Recorder& recorder) {
        const RecorderStatus status = recorder.status();
        if (status.state != RecorderStatus::State::Waiting || status.unwritten <= 0)
            return;
        const capture::RecordingOrder& order = recorder.order();
        words += fmt::format("Take {}: {} frames ({:.1f} s) are only in memory. ", takes::text(order.slate),
            status.unwritten, base::seconds(order.rate.timeOf(status.unwritten)));
    };
    for (const Closing& closing : closing_)
        add(*closing.recorder);
    for (const Unit& unit : units_)
        if (unit.recorder)
            add(*unit.recorder);
    return words.empty() ? words
                         : words
            + "Nobody can get them back once Backtake has ended. Make room, or choose a "
              "second folder with F9, and they are written.";
}

void Session::askQuit()
{
    model_.quit_question = quitQuestion();
    quit_ = model_.quit_question.empty();
}

void Session::giveUpWaiting()
{
    for (const Closing& closing : closing_)
        if (closing.recorder->status().state == RecorderStatus::State::Waiting)
            closing.recorder->giveUp();
}

void Session::waitForDisks()
{
    const Nanos began = base::monotonicNow();
    for (const Closing& closing : closing_) {
        // Woken by the recorder; the slices are for asking whether it only waits in vain.
        while (!closing.recorder->waitUntilDone(base::monotonicNow() + 100ms)) {
            const Nanos waited = base::monotonicNow() - began;
            const bool hangs = closing.recorder->status().stalled >= kHangs;
            if (waited > kLastWait || (give_up_at_end_ && hangs)) // then the recorder has its own patience
                break;
            if (give_up_at_end_ || waited > kLastTry)
                giveUpWaiting();
        }
    }
}

// ---------------------------------------------------------------------------------------------- recovery

/// One after the other, so that other questions to the log thread find their turn in between.
/// On the log thread: its progress is shown, and it stops when the session ends.
base::Result<takes::Recovery> Session::recoverInShow(const fs::path& folder)
{
    const Nanos began = base::monotonicNow();
    Nanos told {};
    return takes::recoverTake(folder, [&, stop = recovery_stop_.get_token()](double part) {
        const Nanos now = base::monotonicNow();
        if (now - began > kProgressAfter && now - told > kProgressEvery) {
            told = now;
            log_thread_.tell([this, folder, part]() {
                standing("recovery", Kind::Note,
                    fmt::format("Recovering {}: {:.0f} %", folder.filename().string(), part * 100),
                    model_.now);
            });
        }
        return !stop.stop_requested();
    });
}

void Session::recoverNext()
{
    if (to_recover_.empty())
        return joinSecondFolder();
    const fs::path folder = to_recover_.front();
    to_recover_.erase(to_recover_.begin());
    const bool asked = log_thread_.ask([this, folder]() -> Worker::Answer {
        const auto recovery = recoverInShow(folder);
        if (recovery && shoot_ && !recovery->facts.continues)
            (void)shoot_->record({ folder, recovery->facts });
        if (recovery && recovery->changed && !recovery->facts.continues) {
            const auto kept = takes::writeLastCheck(folder,
                { takes::LastCheck::By::Recovery, base::wallClockNow(), recovery->facts.frames,
                    recovery->damaged, {}, recovery->findings });
            if (!kept)
                spdlog::warn("what was found of {} is not kept: {}", folder.string(), kept.error().message);
        }
        return [this, folder, recovery]() { recovered(folder, recovery); };
    });
    if (!asked)
        recovering_ = false;
}

void Session::recovered(const fs::path& folder, const base::Result<takes::Recovery>& recovery)
{
    standing("recovery", Kind::Note, {}, model_.now);
    const std::string name = folder.filename().string();
    if (!recovery) {
        // One that is being recorded now is no trouble.
        if (recovery.error().fault != base::Fault::Busy && recovery.error().fault != base::Fault::Cancelled)
            say(Kind::Trouble,
                fmt::format("{} was cut off and cannot be recovered: {}", name, recovery.error().message),
                model_.now);
    } else if (recovery->changed) {
        const takes::TakeFacts& facts = recovery->facts;
        const std::string findings = takes::joined(recovery->findings);
        found_[folder] = findings;
        say(recovery->cut_off > 0 ? Kind::Warning : Kind::Note,
            fmt::format("Take {} {} was cut off; it is recovered: {} frames, {:.1f} s{}{}",
                takes::text(facts.slate), facts.slate.camera, facts.frames, base::seconds(facts.duration),
                findings.empty() ? "" : ". ", findings),
            model_.now);
        if (!facts.continues)
            putInLog({ folder, facts });
    }
    recoverNext();
}

/// Parts of this shoot's takes that lie in the second folder, and that the first part does not know of.
void Session::joinSecondFolder()
{
    const bool asked = !second_folder_.empty()
        && log_thread_.ask([this, shoot = options_.shoot, second = second_folder_]() -> Worker::Answer {
               std::vector<std::string> lines;
               for (const fs::path& part : takes::openRecordings(second)) {
                   const auto recovery = recoverInShow(part);
                   if (recovery && recovery->changed)
                       lines.push_back(fmt::format("{} was cut off; it is recovered: {} frames",
                           part.filename().string(), recovery->facts.frames));
               }
               for (std::string& line : takes::joinParts(shoot, second))
                   lines.push_back(std::move(line));
               std::vector<takes::TakeEntry> entries;
               if (!lines.empty() && shoot_)
                   entries = shoot_->takes().value_or(std::vector<takes::TakeEntry>());
               // Takes that lie there from their first frame on: the shoot's disk took none of it.
               if (const auto there = takes::Shoot::open(second, takes::Shoot::Mode::ReadOnly)) {
                   const auto whole = (*there)->takes().value_or(std::vector<takes::TakeEntry>());
                   for (const takes::TakeEntry& one : whole) {
                       if (one.facts.continues || !one.facts.closed)
                           continue;
                       entries.push_back(one);
                       if (shoot_)
                           if (const auto logged = shoot_->record(one); !logged)
                               lines.push_back(logged.error().message);
                   }
               }
               return [this, lines, entries]() {
                   recovering_ = false;
                   standing("recovery", Kind::Note, {}, model_.now);
                   for (const std::string& line : lines)
                       say(Kind::Note, line, model_.now);
                   for (const takes::TakeEntry& entry : entries)
                       putInLog(entry);
               };
           });
    if (!asked)
        recovering_ = false;
}

void Session::putInLog(const takes::TakeEntry& entry)
{
    if (!take_chosen_)
        countPast(entry.facts.slate);
    const auto known = std::find_if(
        log_.begin(), log_.end(), [&](const takes::TakeEntry& one) { return one.folder == entry.folder; });
    if (known != log_.end()) {
        *known = entry;
        return;
    }
    // What a broken disk kept of a take that was written again as a whole elsewhere.
    const auto same = std::find_if(log_.begin(), log_.end(), [&](const takes::TakeEntry& one) {
        return !entry.facts.id.empty() && one.facts.id == entry.facts.id;
    });
    if (same != log_.end()) {
        if (same->facts.frames < entry.facts.frames)
            *same = entry;
        return;
    }
    const auto place = std::upper_bound(
        log_.begin(), log_.end(), entry, [](const takes::TakeEntry& a, const takes::TakeEntry& b) {
            return a.facts.started_at_utc < b.facts.started_at_utc;
        });
    const auto row = static_cast<std::size_t>(place - log_.begin());
    log_.insert(place, entry);
    if (selected_ && *selected_ >= row)
        ++*selected_;
}

/// Compared name by name: asked for every take in every frame, so no path is made for it.
bool Session::isInShoot(const fs::path& folder) const
{
    const auto [of_media, of_folder] =
        std::mismatch(media_.begin(), media_.end(), folder.begin(), folder.end());
    return of_media == media_.end() && of_folder != folder.end() && std::next(of_folder) == folder.end();
}

/// For the tooltip of a take that is not simply one folder with all of its frames. In the memory of @p words.
void Session::tellWhere(const takes::TakeEntry& entry, std::string& words) const
{
    const takes::TakeFacts& facts = entry.facts;
    words.clear();
    const auto line = [&words]<typename... Parts>(fmt::format_string<Parts...> format, Parts&&... parts) {
        if (!words.empty())
            words += '\n';
        fmt::format_to(std::back_inserter(words), format, std::forward<Parts>(parts)...);
    };
    if (!facts.parts.empty()) {
        line("Part 1: {}", entry.folder.native());
        for (std::size_t i = 0; i < facts.parts.size(); ++i)
            line("Part {}, from frame {}: {}", i + 2, facts.parts[i].first_frame, facts.parts[i].folder);
    } else if (!isInShoot(entry.folder)) {
        line("In the second folder: {}", entry.folder.native());
    }
    for (const auto& [cause, frames] : facts.lost)
        if (frames > 0)
            line("{} frames lost: {}", frames, cause);
    const auto found = found_.find(entry.folder);
    const bool is_found = found != found_.end() && !found->second.empty();
    if (facts.recovered)
        line("Recovered: {}",
            is_found ? std::string_view(found->second)
                     : std::string_view("it was cut off, what was there is whole"));
    else if (is_found)
        line("{}", found->second);
}

} // namespace backtake::app
