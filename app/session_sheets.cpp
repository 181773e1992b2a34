// Setups and slates: what holds for the takes to come, how a take is shown, and other numbers for takes.
#include "app/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backtake::app {

using base::Nanos;
using Kind = ui::Message::Kind;

void Session::fillSetup(
    ui::SetupSheet& view, const std::string& scene, bool backward, base::Orientation orientation) const
{
    static const takes::Setup kNothingSaid;
    const takes::Setup* const known = said_.setup(scene);
    const takes::Setup& setup = known != nullptr ? *known : kNothingSaid;
    view.name = scene;
    view.description = setup.description;
    view.backward = known != nullptr ? setup.direction == takes::Direction::Backward : backward;
    view.orientation = known != nullptr ? setup.orientation : orientation;
    view.lens = setup.lens;
    view.stop = setup.stop;
    view.filter = setup.filter;
    view.rate = setup.rate;
    view.camera = setup.camera;
}

void Session::putSetup(const ui::SetupSheet& sheet, Nanos now)
{
    if (!mayLog(now))
        return;
    takes::Setup setup;
    setup.name = sheet.name;
    setup.description = sheet.description;
    setup.direction = sheet.backward ? takes::Direction::Backward : takes::Direction::Forward;
    setup.orientation = sheet.orientation;
    setup.lens = sheet.lens;
    setup.stop = sheet.stop;
    setup.filter = sheet.filter;
    setup.rate = sheet.rate;
    setup.camera = sheet.camera;
    said_.change(std::move(setup), fmt::format("what is said of setup {}", sheet.name));
}

/// The take to be shot next is as its setup says, until the operator says otherwise; and it gets no number
/// that another take was given since. Not while one rolls: it has what it began with.
void Session::followSetup()
{
    if (rolling() || !options_.has_window)
        return;
    Followed now { said_.version(), scene_, next_take_ };
    if (now == followed_)
        return;
    while (said_.isRenumberedTo(scene_, next_take_))
        now.next_take = ++next_take_;
    const takes::Setup* const setup = said_.setup(scene_);
    const auto wanted = setup != nullptr
        ? std::optional(FollowedSetup { setup->name, setup->direction, setup->orientation })
        : std::nullopt;
    if (wanted && wanted != followed_setup_) {
        backward_ = wanted->direction == takes::Direction::Backward;
        orientation_ = wanted->orientation;
    }
    followed_setup_ = wanted;
    followed_ = std::move(now);
}

/// The take to be shot next gets a number after @p taken. One that rolls keeps its own: at its cut is
/// counted on.
void Session::countPast(const takes::Slate& taken)
{
    if (taken.scene != scene_)
        return;
    if (rolling())
        taken_meanwhile_ = std::max(taken_meanwhile_, taken.take);
    else
        next_take_ = std::max(next_take_, taken.take + 1);
}

/// Past the take that rolled, under the number that its recorder found free.
void Session::countCut()
{
    for (const Unit& unit : units_)
        if (const capture::RecorderStatus status = unit.recorder->status(); !status.folder.empty())
            next_take_ = std::max(next_take_, status.facts.slate.take);
    next_take_ = std::max(next_take_, std::exchange(taken_meanwhile_, 0)) + 1;
    take_chosen_ = true; // go on from here; the recorder moves on by itself when that number is taken
}

/// All cameras' recordings of the take.
void Session::turnTake(const std::string& id, std::optional<bool> backward,
    std::optional<base::Orientation> orientation, Nanos now)
{
    const auto one =
        std::ranges::find(log_, id, [](const takes::TakeEntry& entry) { return entry.facts.id; });
    if (one == log_.end())
        return say(
            Kind::Note, "The take is still being written: change its direction when it is on disk", now);
    const takes::Slate& slate = one->facts.slate;
    takes::Showings recordings;
    for (const takes::TakeEntry& entry : log_) {
        if (entry.facts.slate.scene != slate.scene || entry.facts.slate.take != slate.take)
            continue;
        takes::Showing showing = takes::showingOf(entry.facts);
        if (backward)
            showing.direction = *backward ? takes::Direction::Backward : takes::Direction::Forward;
        showing.orientation = orientation.value_or(showing.orientation);
        recordings.emplace(entry.facts.id, showing);
    }
    turn(std::move(recordings));
}

void Session::turn(takes::Showings recordings)
{
    std::string what =
        fmt::format("how take {} is shown", slateOf(recordings.empty() ? "" : recordings.begin()->first));
    said_.turn(std::move(recordings), std::move(what));
    followLog(model_.now);
}

/// The list and the take in review are as the log has them, whoever changed it, be it undo or another
/// program.
void Session::followLog(Nanos now)
{
    if (log_followed_ == said_.version())
        return;
    log_followed_ = said_.version();
    if (read_only_)
        listTakesOfOthers();
    bool turned = false;
    for (takes::TakeEntry& entry : log_) {
        const LogKeeper::Said* const said = said_.of(entry.facts.id);
        if (said == nullptr || !said->showing || *said->showing == takes::showingOf(entry.facts))
            continue;
        takes::show(entry.facts, *said->showing);
        turned = true;
    }
    if (turned) {
        arranged_for_.reset(); // what stands beside the take in review
        story_.known = 0;
    }
    // A take that rolls is as its camera is; one that is being closed as it was turned since.
    const bool is_closed = review_ && !review_->story && !review_->chase_from
        && std::ranges::any_of(log_, [&](const auto& entry) { return entry.facts.id == review_->id; });
    const LogKeeper::Said* const said = is_closed ? said_.of(review_->id) : nullptr;
    if (said != nullptr && said->showing)
        showReview(*said->showing, now);
}

void Session::showReview(const takes::Showing& showing, Nanos now)
{
    const bool backward = showing.direction == takes::Direction::Backward;
    if (backward == review_->backward && showing.orientation == review_->orientation)
        return;
    const double speed = player_.head().speed() * orderSign(); // in the order on screen
    review_->backward = backward;
    review_->orientation = showing.orientation;
    if (speed != 0)
        play(speed, now);
    arranged_for_.reset();
}

/// What the program that has the shoot has shot since it was read.
void Session::listTakesOfOthers()
{
    std::unordered_map<std::string_view, takes::TakeEntry*> known;
    for (takes::TakeEntry& entry : log_)
        known.emplace(entry.folder.native(), &entry);
    std::vector<const takes::TakeEntry*> shot;
    for (const takes::LoggedTake& take : said_.takes()) {
        for (const takes::TakeEntry& clip : take.clips) {
            if (!clip.facts.closed)
                continue;
            if (const auto entry = known.find(clip.folder.native()); entry != known.end())
                entry->second->facts = clip.facts;
            else
                shot.push_back(&clip);
        }
    }
    for (const takes::TakeEntry* const entry : shot)
        putInLog(*entry);
}

} // namespace backtake::app
