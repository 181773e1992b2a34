// The guide: played while takes roll, noted with them, and as master under the take in review.
#include "app/heard_footage.hpp"
#include "app/session.hpp"
#include "guide/waveform.hpp"
#include "takes/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace backtake::app {

using base::Nanos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr Nanos kNudge = 5ms;
/// While a take rolls: a file that is synced each time, for each camera.
constexpr Nanos kNoted = 1s;

} // namespace

void Session::startGuide()
{
    guide_ = std::make_unique<GuideDesk>(
        options_.open_guide, options_.sound_by_update ? GuideDesk::Clock::Given : GuideDesk::Clock::Own);
    guide_->choose(options_.guide);
    if (!options_.guide_file.empty())
        guide_->load(options_.guide_file, std::nullopt, std::nullopt);
}

void Session::loadGuide(const ui::LoadGuide& load, Nanos now)
{
    if (rolling())
        return say(ui::Message::Kind::Note,
            "The guide stays while a take rolls: load another one after the cut", now);
    guide_->load(load.file, load.from, load.to);
}

void Session::toggleGuide(Nanos now)
{
    if (guide_->playing())
        return guide_->stop();
    if (!guide_->loaded())
        return say(ui::Message::Kind::Note, "No guide is loaded: F5 loads one", now);
    guide_->start();
}

void Session::rollGuide(Nanos now)
{
    if (!guide_->choice().armed)
        return;
    if (guide_->loaded())
        guide_->start();
    else if (guide_->loading())
        say(ui::Message::Kind::Warning, "The guide is still being read: this take has none", now);
}

std::shared_ptr<const Session::PlayedGuide> Session::playedGuide(Nanos now)
{
    GuideHeard heard = guide_->heard(now);
    if (!guide_->loaded() || !heard.soundedSince(rolling_since_.value_or(now) - options_.preroll))
        return nullptr;
    return std::make_shared<const PlayedGuide>(PlayedGuide { guide_->loaded(), std::move(heard) });
}

std::shared_ptr<const Session::PlayedGuide> Session::cutGuide(Nanos now)
{
    auto played = playedGuide(now);
    guide_->stop();
    return played;
}

void Session::noteGuide(Nanos now)
{
    if (!rolling() || guide_notes_ > 0 || now < guide_noted_at_ + kNoted)
        return;
    guide_noted_at_ = now;
    const auto played = playedGuide(now);
    if (!played)
        return;
    for (const Unit& unit : units_)
        if (!unit.written.folder.empty() && unit.written.first_captured_at)
            writeGuide(unit.written.folder, played, Nanos(0), *unit.written.first_captured_at);
    // Once: it may be a film, and the disk is the take's.
    if (played->loaded != guide_kept_)
        keepMaster(played);
}

void Session::storeGuide(const fs::path& recording, const std::shared_ptr<const PlayedGuide>& played,
    Nanos nudge, Nanos frame_zero)
{
    if (!played)
        return;
    writeGuide(recording, played, nudge, frame_zero);
    keepMaster(played);
}

void Session::writeGuide(const fs::path& recording, const std::shared_ptr<const PlayedGuide>& played,
    Nanos nudge, Nanos frame_zero)
{
    const bool noted = guide_notes_thread_.ask([this, recording, played, nudge,
                                                   frame_zero]() -> Worker::Answer {
        TakeGuide guide { played->loaded->source, played->heard.recordFrom(frame_zero) };
        guide.record.nudge = nudge;
        // It may have ended before this take began.
        const auto written =
            guide.record.runs.empty() ? base::Outcome() : writeTakeGuide(recording, guide, disk());
        return [this, written]() {
            --guide_notes_;
            if (!written)
                say(ui::Message::Kind::Trouble,
                    "Where the guide was is not noted with its take: " + written.error().message, model_.now);
        };
    });
    guide_notes_ += noted ? 1 : 0;
}

void Session::keepMaster(const std::shared_ptr<const PlayedGuide>& played)
{
    guide_kept_ = played->loaded;
    const bool asked =
        guide_->ask([this, shoot = options_.shoot, loaded = played->loaded]() -> Worker::Answer {
            const auto kept = keepGuide(shoot, loaded->source, loaded->path);
            if (kept)
                return nullptr;
            return [this, error = kept.error()]() {
                say(ui::Message::Kind::Trouble, "The guide is not kept with the shoot: " + error.message,
                    model_.now);
            };
        });
    if (!asked)
        spdlog::warn("guide: too much to do, its file is kept with the next take");
}

// ---------------------------------------------------------------------------------------------- review

void Session::followGuide(Nanos now)
{
    const Nanos from = rolling_since_.value_or(now) - options_.preroll;
    guide_->update(now, from, rolling() ? GuideDesk::Answers::Wait : GuideDesk::Answers::Come);
    if (const auto news = guide_->takeNews())
        say(ui::Message::Kind::Warning, *news, now);
    // A sequence has the time of many takes, a record that of one.
    const bool of_one_take = review_ && !review_->chase_from && !review_->story;
    const base::FootagePtr footage = of_one_take ? review_->footage : nullptr;
    if (footage != guide_of_) {
        guide_of_ = footage;
        reviewed_guide_.reset();
        placed_master_.reset();
        outline_stop_.request_stop();
        master_outline_.reset();
        heard_footage_.reset();
        ++guide_question_;
        if (footage)
            askReviewedGuide();
    }
    const bool of_review = reviewed_guide_ && !live_on_screen_;
    guide_clip_ = of_review           ? reviewed_guide_->clip
        : guide_->loaded() != nullptr ? guide_->loaded()->clip
                                      : nullptr;
    storeGuides();
    noteGuide(now);
}

/// Of a take that was just cut the session knows what was played; of others their folder does.
void Session::askReviewedGuide()
{
    const std::uint64_t question = guide_question_;
    const auto closing = std::find_if(closing_.begin(), closing_.end(),
        [&](const Closing& one) { return one.recorder->order().id == review_->id; });
    if (closing != closing_.end()) {
        const auto rolled = std::find_if(rolled_takes_.begin(), rolled_takes_.end(),
            [&](const Rolled& one) { return one.take == guide_of_; });
        if (!closing->guide || rolled == rolled_takes_.end())
            return;
        (void)guide_->ask(
            [this, question, played = closing->guide, rolled = rolled->take]() -> Worker::Answer {
                TakeGuide guide { played->loaded->source, played->heard.recordFrom(rolled->startedAt()) };
                if (guide.record.runs.empty())
                    return nullptr;
                return [this, question, guide, clip = played->loaded->clip]() {
                    hasMaster(question, guide, clip);
                };
            });
        return;
    }
    const auto entry = std::find_if(
        log_.begin(), log_.end(), [&](const takes::TakeEntry& one) { return one.facts.id == review_->id; });
    if (entry == log_.end())
        return;
    // What is still being noted on that thread is noted by then.
    (void)guide_notes_thread_.ask([this, question, folder = entry->folder]() -> Worker::Answer {
        auto read = readTakeGuide(folder);
        if (read && !*read)
            return nullptr;
        return [this, question, read = std::move(read)]() {
            read ? loadMaster(question, **read) : hasNoMaster(question, read.error());
        };
    });
}

void Session::loadMaster(std::uint64_t question, const TakeGuide& guide)
{
    // Mostly it is a clip that is in memory already.
    if (guide_->loaded() && guide_->loaded()->source == guide.source)
        return hasMaster(question, guide, guide_->loaded()->clip);
    if (last_master_ && last_master_->first == guide.source)
        return hasMaster(question, guide, last_master_->second);
    const bool asked = guide_->ask([this, question, guide, shoot = options_.shoot,
                                       stop = recovery_stop_.get_token()]() -> Worker::Answer {
        auto clip = loadKeptGuide(shoot, guide.source, stop);
        return [this, question, guide, clip = std::move(clip)]() {
            if (!clip)
                return hasNoMaster(question, clip.error());
            last_master_ = { guide.source, *clip };
            hasMaster(question, guide, *clip);
        };
    });
    if (!asked)
        hasNoMaster(question, { base::Fault::Busy, "the disk is slow; open the take again", {} });
}

void Session::hasMaster(std::uint64_t question, const TakeGuide& guide, const guide::SoundClipPtr& clip)
{
    if (question != guide_question_)
        return;
    reviewed_guide_ = ReviewedGuide { guide, clip };
    placed_master_ = guide::placed(clip, guide.record);
    outlineMaster();
}

/// On the thread that has time: a song of five minutes takes a tenth of a second.
void Session::outlineMaster()
{
    outline_stop_ = {};
    guide::GuideRecord heard = reviewed_guide_->guide.record;
    heard.nudge = {};
    // Else it is made when the take is opened again.
    (void)ends_thread_.ask(
        [this, question = guide_question_, master = guide::placed(reviewed_guide_->clip, heard),
            stop = outline_stop_.get_token()]() -> Worker::Answer {
            auto made = guide::Waveform::make(*master, {}, stop);
            if (!made)
                return nullptr;
            return [this, question, outline = std::make_shared<const guide::Waveform>(std::move(*made))]() {
                if (question == guide_question_)
                    master_outline_ = outline;
            };
        });
}

void Session::hasNoMaster(std::uint64_t question, const base::Error& why)
{
    if (question == guide_question_ && why.fault != base::Fault::Cancelled)
        say(ui::Message::Kind::Warning,
            fmt::format(
                "The master of take {} cannot be heard: {}", takes::text(review_->slate), why.message),
            model_.now);
}

void Session::cycleHeardTrack(Nanos now)
{
    using Track = ui::HeardTrack;
    if (!placed_master_)
        return say(
            ui::Message::Kind::Note, "No guide was played with this take: only its own sound is heard", now);
    heard_track_ = heard_track_ == Track::Both ? Track::Take
        : heard_track_ == Track::Take          ? Track::Master
                                               : Track::Both;
}

void Session::nudgeMaster(int steps, Nanos now)
{
    if (!placed_master_)
        return say(
            ui::Message::Kind::Note, "No guide was played with this take: there is nothing to move", now);
    if (read_only_)
        return say(ui::Message::Kind::Warning, read_only_->message, now);
    Nanos& nudge = reviewed_guide_->guide.record.nudge;
    // What is later on screen was captured earlier, where the order on screen is not that of the capture.
    nudge = std::clamp(nudge + steps * orderSign() * kNudge, -guide::kMostNudge, guide::kMostNudge);
    placed_master_ = guide::placed(reviewed_guide_->clip, reviewed_guide_->guide.record);
    guides_to_store_[review_->id] = reviewed_guide_->guide;
}

/// One write at a time, for a key that is held down makes thirty a second; at the end of a session what is
/// left.
void Session::storeGuides()
{
    while (!guides_to_store_.empty() && (!guide_under_way_ || ending_)) {
        const auto [id, guide] = *guides_to_store_.begin();
        guides_to_store_.erase(guides_to_store_.begin());
        const auto closing = std::find_if(closing_.begin(), closing_.end(),
            [&id = id](const Closing& one) { return one.recorder->order().id == id; });
        if (closing != closing_.end()) { // noted when it is closed
            closing->nudge = guide.record.nudge;
            continue;
        }
        const auto entry = std::find_if(
            log_.begin(), log_.end(), [&id = id](const takes::TakeEntry& one) { return one.facts.id == id; });
        if (entry == log_.end())
            continue;
        guide_under_way_ = guide_notes_thread_.ask([this, folder = entry->folder,
                                                       stored = guide]() -> Worker::Answer {
            const auto written = writeTakeGuide(folder, stored, disk());
            return [this, written]() {
                guide_under_way_ = false;
                if (!written)
                    say(ui::Message::Kind::Trouble,
                        "How far the master was moved is not noted: " + written.error().message, model_.now);
            };
        });
    }
}

base::FootagePtr Session::heardFootage()
{
    if (!placed_master_ || heard_track_ == ui::HeardTrack::Take)
        return review_->footage;
    if (!heard_footage_ || heard_master_ != placed_master_
        || heard_as_ != heard_track_) { // anew: it is noticed
        heard_master_ = placed_master_;
        heard_as_ = heard_track_;
        heard_footage_ = std::make_shared<HeardFootage>(review_->footage, placed_master_,
            heard_track_ == ui::HeardTrack::Both ? HeardFootage::With::Take
                                                 : HeardFootage::With::MasterAlone);
    }
    return heard_footage_;
}

void Session::fillGuide()
{
    guide_->fill(model_.guide);
    if (!model_.review)
        return;
    model_.review->master.reset();
    if (placed_master_)
        model_.review->master = { heard_track_, reviewed_guide_->guide.record.nudge * orderSign(),
            master_outline_ };
}

} // namespace backtake::app
