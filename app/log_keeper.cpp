#include "app/log_keeper.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::app {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

constexpr Nanos kAgainAfter = 1s;
/// How often another program's changes are looked for.
constexpr Nanos kLookEvery = 1s;
constexpr int kLastTries = 3;

/// Whether it may go well another time.
bool isPassing(Fault fault)
{
    return fault == Fault::Busy || fault == Fault::OutOfSpace || fault == Fault::TimedOut;
}

base::Error noLog() { return { Fault::NotFound, "the shoot has no log", {} }; }

bool isAnyTake(const takes::LogQuery& query)
{
    return query.words.empty() && !query.circled && !query.verdict && !query.tell && query.day.empty();
}

} // namespace

LogKeeper::LogKeeper(Wiring wiring)
    : wiring_(std::move(wiring))
{
}

const LogKeeper::Said* LogKeeper::of(const std::string& take) const
{
    const auto known = said_.find(take);
    return known == said_.end() ? nullptr : &known->second;
}

const takes::Setup* LogKeeper::setup(const std::string& name) const
{
    const auto known = setups_.find(name);
    return known == setups_.end() ? nullptr : &known->second;
}

bool LogKeeper::isRenumberedTo(const std::string& scene, int number) const
{
    return std::ranges::any_of(said_, [&](const auto& one) {
        const takes::Slate& slate = one.second.sheet.slate;
        return slate.take == number && slate.scene == scene && slate != one.second.shot_as;
    });
}

std::int64_t LogKeeper::put(takes::Mark mark, std::string what)
{
    if (mark.id == 0)
        mark.id = next_id_++;
    const std::int64_t id = mark.id;
    std::string take = mark.take;
    make({ Change::Kind::Put, std::move(mark), std::move(take), {}, std::move(what), {}, {}, {} });
    return id;
}

void LogKeeper::remove(std::int64_t mark, std::string what)
{
    takes::Mark gone;
    gone.id = mark;
    make({ Change::Kind::Remove, std::move(gone), {}, {}, std::move(what), {}, {}, {} });
}

void LogKeeper::change(const std::string& take, std::function<void(takes::TakeSheet&)> edit, std::string what)
{
    make({ Change::Kind::Sheet, {}, take, std::move(edit), std::move(what), {}, {}, {} });
}

void LogKeeper::renumberFrom(const std::string& take, takes::Slate to, std::string what)
{
    make({ Change::Kind::Renumber, {}, take, {}, std::move(what), std::move(to), {}, {} });
}

void LogKeeper::turn(takes::Showings recordings, std::string what)
{
    make({ Change::Kind::Showing, {}, {}, {}, std::move(what), {}, {}, {}, {}, std::move(recordings) });
}

void LogKeeper::putStory(takes::Story story)
{
    std::string what = fmt::format("the sequence {}", story.name);
    make({ Change::Kind::Story, {}, {}, {}, std::move(what), {}, {}, std::move(story) });
}

void LogKeeper::removeStory(std::string name)
{
    std::string what = fmt::format("the sequence {} is to go", name);
    make({ Change::Kind::RemoveStory, {}, {}, {}, std::move(what), {}, {}, { std::move(name), {} } });
}

void LogKeeper::renameStory(std::string name, std::string to)
{
    std::string what = fmt::format("the sequence {} is to be called {}", name, to);
    make({ Change::Kind::RenameStory, {}, {}, {}, std::move(what), {}, {}, { std::move(name), {} },
        std::move(to) });
}

void LogKeeper::change(takes::Setup setup, std::string what)
{
    make({ Change::Kind::Setup, {}, {}, {}, std::move(what), {}, std::move(setup), {} });
}

void LogKeeper::undo() { make({ Change::Kind::Undo, {}, {}, {}, "undo", {}, {}, {} }); }

void LogKeeper::redo() { make({ Change::Kind::Redo, {}, {}, {}, "redo", {}, {}, {} }); }

void LogKeeper::find(takes::LogQuery query)
{
    query_ = std::move(query);
    read_wanted_ = true;
}

std::vector<std::string> LogKeeper::Change::recordings() const
{
    std::vector<std::string> all;
    if (!take.empty())
        all.push_back(take);
    for (const auto& [recording, showing] : showings)
        all.push_back(recording);
    return all;
}

void LogKeeper::make(Change change)
{
    apply(change);
    changes_.push_back(std::move(change));
    ++version_;
}

/// To what is shown. What undo and redo do is the log's to say.
void LogKeeper::apply(const Change& change)
{
    const auto takeAway = [](std::vector<takes::Mark>& marks, std::int64_t id) {
        std::erase_if(marks, [id](const takes::Mark& mark) { return mark.id == id; });
    };
    switch (change.kind) {
    case Change::Kind::Put: {
        std::vector<takes::Mark>& marks = said_[change.take].marks;
        takeAway(marks, change.mark.id);
        marks.insert(
            std::ranges::upper_bound(marks, change.mark.captured_frame, {}, &takes::Mark::captured_frame),
            change.mark);
        break;
    }
    case Change::Kind::Remove:
        for (auto& [take, said] : said_)
            takeAway(said.marks, change.mark.id);
        break;
    case Change::Kind::Sheet: {
        Said& one = said_[change.take];
        change.edit(one.sheet);
        for (auto& [take, said] : said_) // its other cameras have the same sheet
            if (said.take == one.take && one.take != 0)
                said.sheet = one.sheet;
        break;
    }
    case Change::Kind::Showing:
        for (const auto& [recording, showing] : change.showings)
            said_[recording].showing = showing;
        break;
    case Change::Kind::Renumber: {
        const takes::Slate from = said_[change.take].sheet.slate;
        for (auto& [take, said] : said_) {
            takes::Slate& slate = said.sheet.slate;
            if (said.take != 0 && slate.scene == from.scene && slate.take >= from.take)
                slate = { change.to.scene, slate.take + (change.to.take - from.take), slate.camera };
        }
        break;
    }
    case Change::Kind::Setup:
        setups_[change.setup.name] = change.setup;
        break;
    case Change::Kind::Story:
    case Change::Kind::RemoveStory:
        std::erase_if(stories_, [&](const takes::Story& one) { return one.name == change.story.name; });
        if (change.kind == Change::Kind::Story)
            stories_.insert(
                std::ranges::lower_bound(stories_, change.story.name, {}, &takes::Story::name), change.story);
        break;
    case Change::Kind::RenameStory:
        if (const auto one = std::ranges::find(stories_, change.story.name, &takes::Story::name);
            one != stories_.end()) {
            one->name = change.name;
            std::ranges::sort(stories_, {}, &takes::Story::name);
        }
        break;
    case Change::Kind::Undo:
    case Change::Kind::Redo:
        break;
    }
}

void LogKeeper::rebuild()
{
    setups_.clear();
    for (const takes::Setup& setup : reading_->setups)
        setups_.emplace(setup.name, setup);
    said_.clear();
    for (const takes::LoggedTake& take : reading_->takes) {
        for (const takes::LoggedClip& clip : take.clips) {
            const std::string id = takes::recordingId(clip.folder, clip.facts);
            Said& said = said_[id];
            said.take = take.id;
            said.shot_as = take.shot_as;
            said.sheet = take.sheet;
            said.showing = takes::showingOf(clip.facts);
            said.found = !reading_->found || reading_->found->contains(take.id);
            for (const takes::Mark& mark : take.marks)
                if (mark.take == id)
                    said.marks.push_back(mark);
            std::ranges::stable_sort(said.marks, {}, &takes::Mark::captured_frame);
        }
    }
    stories_ = reading_->stories;
    for (const Change& change : changes_)
        apply(change);
    ++version_;
}

void LogKeeper::update(Nanos now)
{
    if (asked_)
        return;
    if (!changes_.empty() && now >= again_at_)
        askForFirst(now);
    if (asked_ || !(read_wanted_ || now - looked_at_ >= kLookEvery))
        return;
    looked_at_ = now;
    askForReading();
}

base::Result<std::shared_ptr<const LogKeeper::Reading>> LogKeeper::read(
    takes::Log& log, const takes::LogQuery& query)
{
    auto reading = std::make_shared<Reading>();
    // The version first: what changes while the rest is read is read again.
    const auto version = log.version();
    auto takes = log.takes();
    auto setups = log.setups();
    auto stories = log.stories();
    if (!version || !takes || !setups || !stories)
        return base::fail(!version ? version.error()
                : !takes           ? takes.error()
                : !setups          ? setups.error()
                                   : stories.error());
    reading->version = *version;
    reading->takes = std::move(*takes);
    reading->setups = std::move(*setups);
    reading->stories = std::move(*stories);
    reading->troubles = log.troubles();
    if (!isAnyTake(query)) {
        const auto found = log.find(query);
        if (!found)
            return base::fail(found.error());
        reading->found.emplace(found->begin(), found->end());
    }
    return std::shared_ptr<const Reading>(std::move(reading));
}

void LogKeeper::askForReading()
{
    asked_ = wiring_.thread.ask([this, query = query_, wanted = std::exchange(read_wanted_, false),
                                    known = reading_->version]() -> Worker::Answer {
        takes::Shoot* const shoot = wiring_.shoot();
        const auto nothingNew = [this]() { asked_ = false; };
        if (shoot == nullptr)
            return nothingNew;
        if (const auto version = shoot->log().version(); !wanted && version && *version == known)
            return nothingNew;
        return [this, reading = read(shoot->log(), query)]() {
            asked_ = false;
            if (!reading)
                return wiring_.standing("The log cannot be read: " + reading.error().message);
            wiring_.standing({});
            take(*reading);
            rebuild();
        };
    });
    read_wanted_ |= !asked_; // the disk is slow: at the next turn
}

void LogKeeper::take(std::shared_ptr<const Reading> reading)
{
    reading_ = std::move(reading);
    for (const std::string& trouble : reading_->troubles)
        wiring_.say(ui::Message::Kind::Warning, trouble);
}

void LogKeeper::askForFirst(Nanos now)
{
    const Change& first = changes_.front();
    std::vector<takes::TakeEntry> unlisted;
    for (const std::string& recording : first.recordings()) {
        if (const Said* const known = of(recording); known != nullptr && known->take != 0)
            continue;
        auto entry = wiring_.unlisted(recording);
        if (!entry)
            return answered({ base::fail(entry.error()), 0, {}, nullptr }, now);
        if (!*entry)
            return;
        unlisted.push_back(std::move(**entry));
    }
    const Said* const said = first.take.empty() ? nullptr : of(first.take);
    // As the log has it: what is shown has the later changes in it, too.
    std::optional<takes::TakeSheet> sheet;
    if (first.kind == Change::Kind::Sheet && said != nullptr && said->take != 0) {
        const auto logged = std::ranges::find(reading_->takes, said->take, &takes::LoggedTake::id);
        if (logged != reading_->takes.end())
            first.edit(sheet.emplace(logged->sheet));
    }
    asked_ = wiring_.thread.ask([this, change = first, sheet, unlisted, query = query_,
                                    logged = said != nullptr ? said->take : 0, now]() -> Worker::Answer {
        Answer answer { base::fail(noLog()), 0, {}, nullptr };
        if (takes::Shoot* const shoot = wiring_.shoot(); shoot != nullptr) {
            answer = carryOut(*shoot, change, sheet, logged, unlisted);
            if (auto reading = read(shoot->log(), query))
                answer.reading = std::move(*reading);
        }
        return [this, answer, now]() { answered(answer, now); };
    });
}

/// On the log thread.
LogKeeper::Answer LogKeeper::carryOut(takes::Shoot& shoot, const Change& change,
    std::optional<takes::TakeSheet> sheet, std::int64_t logged, const std::vector<takes::TakeEntry>& unlisted)
{
    Answer answer;
    takes::Log& log = shoot.log();
    for (const takes::TakeEntry& entry : unlisted) {
        // As its file has it: the list may show it turned already. One that cannot be read is as it was shot.
        const auto facts = takes::readTakeFacts(entry.folder / "take.json");
        if (answer.outcome = shoot.record({ entry.folder, facts ? *facts : entry.facts }); !answer.outcome)
            return answer;
    }
    const auto keep = [&answer](const auto& result, auto& where) {
        if (result)
            where = *result;
        else
            answer.outcome = base::fail(result.error());
    };
    const bool is_renumbering = change.kind == Change::Kind::Renumber;
    if ((change.kind == Change::Kind::Sheet && !sheet) || (is_renumbering && logged == 0)) {
        // It is listed only now.
        const auto takes = log.takes();
        if (!takes) {
            answer.outcome = base::fail(takes.error());
            return answer;
        }
        logged = 0;
        for (const takes::LoggedTake& take : *takes)
            for (const takes::LoggedClip& clip : take.clips)
                if (takes::recordingId(clip.folder, clip.facts) == change.take) {
                    logged = take.id;
                    if (!is_renumbering)
                        change.edit(sheet.emplace(take.sheet));
                }
        if (logged == 0) {
            answer.outcome = base::fail(Fault::NotFound, "the log does not list the take");
            return answer;
        }
    }
    switch (change.kind) {
    case Change::Kind::Put: {
        takes::Mark mark = change.mark;
        if (mark.id >= kNotStored)
            mark.id = 0;
        if (!unlisted.empty() && !mark.timecode)
            mark.timecode = unlisted.front().facts.start_timecode + mark.captured_frame;
        keep(log.putMark(mark), answer.id);
        break;
    }
    case Change::Kind::Remove:
        answer.outcome = log.removeMark(change.mark.id);
        break;
    case Change::Kind::Sheet:
        answer.outcome = log.setSheet(logged, *sheet);
        break;
    case Change::Kind::Showing:
        answer.outcome = log.setShowing(change.showings);
        break;
    case Change::Kind::Renumber:
        answer.outcome = log.renumberFrom(logged, change.to);
        break;
    case Change::Kind::Setup:
        answer.outcome = log.setSetup(change.setup);
        break;
    case Change::Kind::Story:
        answer.outcome = log.setStory(change.story);
        break;
    case Change::Kind::RemoveStory:
        answer.outcome = log.removeStory(change.story.name);
        break;
    case Change::Kind::RenameStory:
        answer.outcome = log.renameStory(change.story.name, change.name);
        break;
    case Change::Kind::Undo:
        keep(log.undo(), answer.words);
        break;
    case Change::Kind::Redo:
        keep(log.redo(), answer.words);
        break;
    }
    return answer;
}

void LogKeeper::answered(const Answer& answer, Nanos asked_at)
{
    asked_ = false;
    if (answer.reading)
        take(answer.reading);
    else
        read_wanted_ = true;
    if (!answer.outcome && isPassing(answer.outcome.error().fault)) {
        refused_ = true;
        again_at_ = asked_at + kAgainAfter;
        wiring_.standing(fmt::format("Not in the log yet, it is tried again: {} ({})", changes_.front().what,
            answer.outcome.error().message));
        return rebuild();
    }
    const Change first = std::move(changes_.front());
    changes_.erase(changes_.begin());
    if (std::exchange(refused_, false))
        wiring_.standing({});
    if (!answer.outcome) {
        wiring_.say(ui::Message::Kind::Trouble,
            fmt::format("Not in the log: {}. {}", first.what, answer.outcome.error().message));
    } else if (first.kind == Change::Kind::Put) {
        for (Change& later : changes_)
            if (later.mark.id == first.mark.id)
                later.mark.id = answer.id;
        if (chosen_ == first.mark.id)
            chosen_ = answer.id;
    } else if (first.kind == Change::Kind::Undo || first.kind == Change::Kind::Redo) {
        const bool undo = first.kind == Change::Kind::Undo;
        wiring_.say(ui::Message::Kind::Note,
            answer.words.empty() ? undo ? "Nothing to undo in the log" : "Nothing to do again in the log"
                                 : fmt::format("{}: {}", undo ? "Undone" : "Done again", answer.words));
    }
    rebuild();
}

void LogKeeper::finish()
{
    int tries = 0;
    while ((asked_ || !changes_.empty()) && tries < kLastTries) {
        const std::size_t before = changes_.size();
        if (!asked_)
            askForFirst({});
        wiring_.thread.finish();
        wiring_.thread.deliver();
        tries = changes_.size() < before ? 0 : tries + 1;
    }
    for (const Change& change : changes_)
        spdlog::error("not in the log when the session ended: {}", change.what);
}

} // namespace backtake::app
