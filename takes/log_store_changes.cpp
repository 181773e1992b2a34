// What is said: each call one change of the log, which can be undone.
#include "base/text.hpp"
#include "takes/log_file.hpp"
#include "takes/log_store.hpp"
#include "takes/story_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

/// What "circle 12A/3" is in the history. @p before and @p after are not the same.
std::string wordsFor(const TakeSheet& before, const TakeSheet& after)
{
    const std::string slate = displaySlate(before);
    if (before.slate != after.slate)
        return fmt::format("renumber {} to {}", slate, displaySlate(after));
    if (before.circled != after.circled)
        return fmt::format("{} {}", after.circled ? "circle" : "take back the circle of", slate);
    if (before.verdict != after.verdict)
        return after.verdict == Verdict::Open
            ? fmt::format("take back {} of {}", nameOf(before.verdict), slate)
            : fmt::format("{} {}", nameOf(after.verdict), slate);
    if (before.note != after.note)
        return fmt::format("note of {}", slate);
    if (before.rating != after.rating)
        return fmt::format("rating of {}", slate);
    if (before.board != after.board)
        return fmt::format(
            "board of {}: {}", slate, after.board == Board::NotSaid ? "not said" : nameOf(after.board));
    if (before.pickup != after.pickup)
        return fmt::format("{}PU {}", after.pickup ? "" : "not ", text(before.slate));
    if (before.series != after.series)
        return fmt::format("{}SER {}", after.series ? "" : "not ", text(before.slate));
    return fmt::format("details of {}", slate);
}

/// What "direction of 12A/3: forward" is in the history.
std::string wordsFor(const Showing& before, const Showing& after, const std::string& slate)
{
    if (before.orientation == after.orientation)
        return fmt::format("direction of {}: {}", slate, nameOf(after.direction));
    if (before.direction == after.direction)
        return fmt::format("orientation of {}: {}", slate, nameOf(after.orientation));
    return fmt::format(
        "direction and orientation of {}: {}, {}", slate, nameOf(after.direction), nameOf(after.orientation));
}

std::string_view wordFor(const Mark& mark)
{
    switch (mark.kind) {
    case Mark::Kind::Mark:
        return "mark";
    case Mark::Kind::Note:
        return "note";
    case Mark::Kind::Tell:
        return nameOf(mark.tell);
    }
    return "mark";
}

/// The same rule as for slates that are typed.
base::Outcome checkSlate(const Slate& slate)
{
    const auto read = parseSlate(text(slate));
    if (!read)
        return fail(read.error());
    return {};
}

base::Error isTaken(const Slate& slate)
{
    return { Fault::Usage,
        fmt::format(
            "there is a take {} already: give that one another number first", base::oneLine(text(slate))),
        {} };
}

base::Error noStory(const std::string& name)
{
    return { Fault::NotFound, fmt::format("there is no sequence {}", base::oneLine(name)), {} };
}

base::Error wrong(std::string_view what, const base::Error& why)
{
    return { Fault::Usage, fmt::format("the {} is not stored: {}", what, why.message), {} };
}

} // namespace

base::Outcome LogStore::make(const Change& change, const std::string& words, Transaction& in)
{
    in.run("UPDATE log SET version = version + 1");
    const auto touched = apply(change.what, change.key, change.after, in);
    touch(touched, in);
    in.run("UPDATE history SET state = ?1 WHERE state = ?2", static_cast<int>(State::Dropped),
        static_cast<int>(State::Undone));
    in.run("INSERT INTO history (made_at_utc_ns, words, what, key, before, after, state) "
           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        base::wallClockNow().count(), words, static_cast<int>(change.what), change.key, change.before,
        change.after, static_cast<int>(State::Done));
    if (const auto done = in.commit(); !done)
        return done;
    writeBeside(change.what, touched);
    return {};
}

base::Result<std::string> LogStore::undo() { return step(State::Done, State::Undone); }
base::Result<std::string> LogStore::redo() { return step(State::Undone, State::Done); }

base::Result<std::string> LogStore::step(State from, State to)
{
    if (const auto may = mayWrite(); !may)
        return fail(may.error());
    std::string words;
    What what = What::Sheet;
    std::set<std::int64_t> touched;
    Transaction change(database_, Transaction::Kind::Write);
    {
        Statement last(change,
            fmt::format(
                "SELECT id, words, what, key, {} FROM history WHERE state = {} ORDER BY id {} LIMIT 1",
                from == State::Done ? "before" : "after", static_cast<int>(from),
                from == State::Done ? "DESC" : "ASC"));
        if (last.next()) {
            words = last.text(1);
            change.run("UPDATE log SET version = version + 1");
            what = static_cast<What>(last.number(2));
            touched = apply(
                what, last.text(3), last.isNull(4) ? std::nullopt : std::optional(last.text(4)), change);
            touch(touched, change);
            change.run("UPDATE history SET state = ?1 WHERE id = ?2", static_cast<int>(to), last.number(0));
        }
    }
    if (const auto done = change.commit(); !done)
        return fail(done.error());
    writeBeside(what, touched);
    return words;
}

/// Puts one row as it is to be. @return the takes of which something else is said now.
std::set<std::int64_t> LogStore::apply(
    What what, const std::string& key, const std::optional<std::string>& value, Transaction& in)
{
    std::set<std::int64_t> touched;
    const auto touch = [&](std::string_view sql) {
        Statement takes(in, sql);
        takes.bind(1, key);
        while (takes.next())
            touched.insert(takes.number(0));
    };
    switch (what) {
    case What::Sheet:
        in.run("UPDATE takes SET sheet = ?1 WHERE id = ?2", value, key);
        touch("SELECT id FROM takes WHERE id = ?1");
        break;
    case What::Sheets: {
        const auto sheets = parseSheets(value.value_or(""));
        if (!sheets) {
            in.refuse(damagedLog(database_.path, sheets.error().message));
            break;
        }
        for (const auto& [take, sheet] : *sheets) {
            in.run("UPDATE takes SET sheet = ?1 WHERE id = ?2",
                sheet ? std::optional(textOf(*sheet)) : std::nullopt, take);
            touched.insert(take);
        }
        break;
    }
    case What::Showing: {
        const auto showings = parseShowings(value.value_or(""));
        if (!showings) {
            in.refuse(damagedLog(database_.path, showings.error().message));
            break;
        }
        for (const auto& [recording, showing] : *showings) {
            in.run("UPDATE recordings SET showing = ?1 WHERE id = ?2", textOf(showing), recording);
            if (const auto take = in.number("SELECT take FROM recordings WHERE id = ?1", recording))
                touched.insert(*take);
        }
        break;
    }
    case What::Setup:
        in.run("DELETE FROM setups WHERE name = ?1", key);
        if (value)
            in.run("INSERT INTO setups VALUES (?1, ?2)", key, *value);
        touch("SELECT id FROM takes WHERE scene = ?1");
        break;
    case What::Mark: {
        constexpr std::string_view kTakes =
            "SELECT take FROM recordings WHERE id = (SELECT recording FROM marks WHERE id = ?1)";
        touch(kTakes); // it may have stood in another
        in.run("DELETE FROM marks WHERE id = ?1", key);
        if (value) {
            if (const auto mark = parseMark(*value))
                insert(*mark, in);
            else
                in.refuse(damagedLog(database_.path, mark.error().message));
        }
        touch(kTakes);
        break;
    }
    case What::Story:
        in.run("DELETE FROM stories WHERE name = ?1", key);
        if (value)
            in.run("INSERT INTO stories VALUES (?1, ?2)", key, *value);
        in.run("UPDATE log SET story_changes = version");
        break;
    case What::Stories: {
        const auto stories = parseStories(value.value_or(""));
        if (!stories) {
            in.refuse(damagedLog(database_.path, stories.error().message));
            break;
        }
        for (const auto& [name, story] : *stories)
            apply(What::Story, name, story ? std::optional(textOf(*story)) : std::nullopt, in);
        break;
    }
    }
    return touched;
}

/// Their log.json differs from now on, and they are found by other words.
void LogStore::touch(const std::set<std::int64_t>& takes, Transaction& in)
{
    for (const std::int64_t take : takes) {
        in.run("UPDATE recordings SET changes = (SELECT version FROM log) WHERE take = ?1", take);
        index(take, in);
    }
}

void LogStore::index(std::int64_t take, Transaction& in)
{
    in.run("DELETE FROM words WHERE rowid = ?1", take);
    for (const LoggedTake& one : read(in, take)) {
        const TakeSheet& sheet = one.sheet;
        std::string words =
            fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", displaySlate(sheet), text(one.shot_as),
                takes::nameOf(sheet.verdict), sheet.circled ? "circled" : "", takes::nameOf(sheet.board),
                sheet.lens, sheet.stop, sheet.filter, sheet.rate, sheet.camera, sheet.note);
        const auto add = [&words](std::string_view more) { words.append("\n").append(more); };
        if (sheet.mos)
            add("MOS");
        if (const auto& setup = one.setup)
            for (const std::string& said :
                { setup->description, setup->lens, setup->stop, setup->filter, setup->rate, setup->camera })
                add(said);
        for (const LoggedClip& clip : one.clips) {
            add(fullText({ sheet.slate.scene, sheet.slate.take, clip.facts.slate.camera }));
            add(clip.facts.camera);
            add(takes::nameOf(clip.facts.direction));
            if (clip.facts.camera_clip)
                add(clip.facts.camera_clip->name);
            for (const CameraClip& further : clip.facts.further_clips)
                add(further.name);
        }
        for (const Mark& mark : one.marks) {
            if (mark.kind == Mark::Kind::Tell)
                add(takes::nameOf(mark.tell));
            add(mark.text);
        }
        in.run("INSERT INTO words (rowid, text) VALUES (?1, ?2)", take, words);
    }
}

base::Outcome LogStore::setSheet(std::int64_t take, const TakeSheet& sheet)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    const auto known = read(change, take);
    if (known.empty())
        return change.failed() ? change.commit() : fail(Fault::NotFound, "there is no such take in the log");
    const LoggedTake& old = known.front();
    TakeSheet wanted = sheet;
    wanted.slate.camera = 'A';
    const auto stored = parseSheet(textOf(wanted)); // what is written must be readable, and nothing else
    if (!stored)
        return fail(wrong("sheet", stored.error()));
    if (*stored == old.sheet)
        return {};
    if (stored->slate != old.sheet.slate) {
        if (auto fits = checkSlate(stored->slate); !fits)
            return fits;
        if (change.number("SELECT id FROM takes WHERE scene = ?1 AND number = ?2 AND id <> ?3",
                stored->slate.scene, stored->slate.take, take))
            return fail(isTaken(stored->slate));
    }
    const auto row = [&old](const TakeSheet& one) {
        const auto said = toStore(old, one);
        return said ? std::optional(textOf(*said)) : std::nullopt;
    };
    return make({ What::Sheet, std::to_string(take), row(old.sheet), row(*stored) },
        wordsFor(old.sheet, *stored), change);
}

base::Outcome LogStore::renumberFrom(std::int64_t take, const Slate& to)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    const auto all = read(change);
    const auto first = std::ranges::find(all, take, &LoggedTake::id);
    if (first == all.end())
        return change.failed() ? change.commit() : fail(Fault::NotFound, "there is no such take in the log");
    const Slate from = first->sheet.slate;
    const auto moves = [&from](const Slate& slate) {
        return slate.scene == from.scene && slate.take >= from.take;
    };
    std::set<std::pair<std::string, int>> stay;
    for (const LoggedTake& one : all)
        if (const Slate& slate = one.sheet.slate; !moves(slate))
            stay.emplace(slate.scene, slate.take);
    SheetsByTake before;
    SheetsByTake after;
    for (const LoggedTake& one : all) {
        if (!moves(one.sheet.slate))
            continue;
        TakeSheet wanted = one.sheet;
        wanted.slate = { to.scene, to.take + (one.sheet.slate.take - from.take), 'A' };
        if (auto fits = checkSlate(wanted.slate); !fits)
            return fits;
        if (stay.contains({ wanted.slate.scene, wanted.slate.take }))
            return fail(isTaken(wanted.slate));
        before.emplace(one.id, toStore(one, one.sheet));
        after.emplace(one.id, toStore(one, wanted));
    }
    if (before == after)
        return {};
    return make({ What::Sheets, "", textOf(before), textOf(after) },
        fmt::format("renumber {} and all after it to {}", text(from), text({ to.scene, to.take, 'A' })),
        change);
}

base::Outcome LogStore::setShowing(const Showings& wanted)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    Showings before;
    Showings after;
    std::string words;
    for (const auto& [recording, showing] : wanted) {
        const auto take = takeOf(recording, change);
        const auto clip = take
            ? std::ranges::find(take->clips, recording, [](const LoggedClip& one) { return one.facts.id; })
            : std::vector<LoggedClip>::const_iterator();
        if (!take || clip == take->clips.end())
            return change.failed() ? change.commit()
                                   : fail(Fault::NotFound, "there is no such take in the log");
        const Showing old = showingOf(clip->facts);
        if (old == showing)
            continue;
        before.emplace(recording, old);
        after.emplace(recording, showing);
        std::string slate = displaySlate(take->sheet);
        if (wanted.size() < take->clips.size())
            slate += fmt::format(" {}", clip->facts.slate.camera);
        words = wordsFor(old, showing, slate);
    }
    if (after.empty())
        return {};
    return make({ What::Showing, "", textOf(before), textOf(after) }, words, change);
}

base::Outcome LogStore::setSetup(const Setup& wanted)
{
    if (auto may = mayWrite(); !may)
        return may;
    if (auto fits = checkSlate({ wanted.name, 1, 'A' }); !fits)
        return fits;
    const auto stored = parseSetup(textOf(wanted));
    if (!stored)
        return fail(wrong("setup", stored.error()));
    Transaction change(database_, Transaction::Kind::Write);
    const auto old = setup(stored->name, change);
    if (old == *stored)
        return {};
    return make(
        { What::Setup, stored->name, old ? std::optional(textOf(*old)) : std::nullopt, textOf(*stored) },
        fmt::format("setup {}", stored->name), change);
}

base::Result<std::int64_t> LogStore::putMark(const Mark& mark)
{
    if (const auto may = mayWrite(); !may)
        return fail(may.error());
    Mark wanted = mark;
    if (wanted.made_at_utc == base::Nanos {})
        wanted.made_at_utc = base::wallClockNow();
    Transaction change(database_, Transaction::Kind::Write);
    const auto take = takeOf(mark.take, change);
    if (take) {
        const auto clip = std::find_if(take->clips.begin(), take->clips.end(),
            [&mark](const LoggedClip& one) { return one.facts.id == mark.take; });
        if (clip != take->clips.end()) {
            const TakeFacts& facts = clip->facts;
            if (facts.closed && mark.captured_frame >= facts.frames)
                return fail(Fault::Usage,
                    fmt::format("frame {} is not in {}, which has {}", mark.captured_frame,
                        displaySlate(take->sheet), facts.frames));
            if (!wanted.timecode)
                wanted.timecode =
                    (facts.start_timecode + mark.captured_frame) % facts.timecode.framesPerDay();
        }
    }
    std::optional<std::string> before;
    if (mark.id != 0) {
        const auto old = this->mark(mark.id, change);
        if (!old && !change.failed())
            return fail(Fault::NotFound, "there is no such mark in the log");
        if (old)
            before = textOf(*old);
    } else {
        wanted.id = change.number("SELECT seq FROM sqlite_sequence WHERE name = 'marks'").value_or(0) + 1;
    }
    const auto stored = parseMark(textOf(wanted));
    if (!stored)
        return fail(wrong(wordFor(mark), stored.error()));
    const std::string after = textOf(*stored);
    if (before == after)
        return stored->id;
    if (const auto done = make({ What::Mark, std::to_string(stored->id), before, after },
            fmt::format("{}{} in {}", before ? "change " : "", wordFor(*stored),
                take ? displaySlate(take->sheet) : "the take that rolls"),
            change);
        !done)
        return fail(done.error());
    return stored->id;
}

base::Outcome LogStore::removeMark(std::int64_t id)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    const auto mark = this->mark(id, change);
    if (!mark)
        return change.failed() ? change.commit() : fail(Fault::NotFound, "there is no such mark in the log");
    const auto take = takeOf(mark->take, change);
    return make({ What::Mark, std::to_string(id), textOf(*mark), std::nullopt },
        fmt::format(
            "remove {} in {}", wordFor(*mark), take ? displaySlate(take->sheet) : "the take that rolls"),
        change);
}

base::Outcome LogStore::setStory(const Story& story)
{
    const auto stored = parseStory(textOf(story)); // what is written must be readable, and nothing else
    if (!stored)
        return fail(wrong("sequence", stored.error()));
    return putStory(stored->name, *stored);
}

base::Outcome LogStore::removeStory(const std::string& name) { return putStory(name, std::nullopt); }

base::Outcome LogStore::putStory(const std::string& name, const std::optional<Story>& story)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    const auto all = stories(change);
    const auto old = std::ranges::find(all, name, &Story::name);
    if (change.failed())
        return change.commit();
    if (old == all.end() && !story)
        return fail(noStory(name));
    if (old == all.end() && all.size() >= kMostStories)
        return fail(Fault::Usage, fmt::format("a shoot has {} sequences at most", kMostStories));
    if (old != all.end() && story && *old == *story)
        return {};
    const auto row = [](const Story& one) { return std::optional(textOf(one)); };
    return make({ What::Story, name, old == all.end() ? std::nullopt : row(*old),
                    story ? row(*story) : std::nullopt },
        fmt::format("{} {}",
            !story                 ? "remove sequence"
                : old == all.end() ? "new sequence"
                                   : "sequence",
            base::oneLine(name)),
        change);
}

base::Outcome LogStore::renameStory(const std::string& name, const std::string& to)
{
    if (auto may = mayWrite(); !may)
        return may;
    Transaction change(database_, Transaction::Kind::Write);
    const auto all = stories(change);
    const auto old = std::ranges::find(all, name, &Story::name);
    if (change.failed())
        return change.commit();
    if (old == all.end())
        return fail(noStory(name));
    Story renamed = *old;
    renamed.name = to;
    const auto stored = parseStory(textOf(renamed)); // what is written must be readable, and nothing else
    if (!stored)
        return fail(wrong("sequence's name", stored.error()));
    if (*stored == *old)
        return {};
    if (std::ranges::find(all, stored->name, &Story::name) != all.end())
        return fail(Fault::Usage,
            fmt::format("there is a sequence {} already: take another name", base::oneLine(stored->name)));
    return make({ What::Stories, "", textOf(StoriesByName { { name, *old }, { stored->name, std::nullopt } }),
                    textOf(StoriesByName { { name, std::nullopt }, { stored->name, *stored } }) },
        fmt::format("sequence {} is called {}", base::oneLine(name), base::oneLine(stored->name)), change);
}

} // namespace backtake::takes
