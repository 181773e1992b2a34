#include "takes/log_store.hpp"

#include "base/text.hpp"
#include "takes/log_file.hpp"
#include "takes/recording.hpp"
#include "takes/story_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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
    if (before.pickup != after.pickup)
        return fmt::format("{}PU {}", after.pickup ? "" : "not ", text(before.slate));
    if (before.series != after.series)
        return fmt::format("{}SER {}", after.series ? "" : "not ", text(before.slate));
    return fmt::format("details of {}", slate);
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

/// As the row has it: nothing, where nothing was said.
std::optional<TakeSheet> toStore(const LoggedTake& take, const TakeSheet& sheet)
{
    TakeSheet untouched;
    untouched.slate = take.shot_as;
    return sheet == untouched ? std::nullopt : std::optional(sheet);
}

base::Error wrong(std::string_view what, const base::Error& why)
{
    return { Fault::Usage, fmt::format("the {} is not stored: {}", what, why.message), {} };
}

/// Typed words as an FTS5 query: each must occur, as a word's beginning. Nothing typed is an operator.
std::string queryOf(std::string_view words)
{
    std::string query;
    std::string term;
    const auto close = [&] {
        if (!term.empty())
            query += fmt::format("{}\"{}\"*", query.empty() ? "" : " ", term);
        term.clear();
    };
    for (const char c : words) {
        const auto code = static_cast<unsigned char>(c);
        if (code >= 0x80 || std::isalnum(code) != 0)
            term += c;
        else if (code <= ' ' || code == 0x7F)
            close();
        else if (!term.empty()) // "12A/3" is two words side by side; a sign alone is none
            term += ' ';
    }
    close();
    return query;
}

constexpr std::string_view kMarkColumns =
    "id, recording, captured_frame, timecode, kind, tell, text, made_at_utc_ns";

/// Of a row of kMarkColumns.
Mark markIn(const Statement& row)
{
    Mark mark;
    mark.id = row.number(0);
    mark.take = row.text(1);
    mark.captured_frame = row.number(2);
    if (!row.isNull(3))
        mark.timecode = row.number(3);
    mark.kind = static_cast<Mark::Kind>(row.number(4));
    mark.tell = static_cast<Tell>(row.number(5));
    mark.text = row.text(6);
    mark.made_at_utc = base::Nanos(row.number(7));
    return mark;
}

/// A part whose first one is there is shown with it, and of one take written twice the longer is shown.
void leaveWhole(std::vector<LoggedClip>& clips)
{
    const auto hides = [](const LoggedClip& one, const LoggedClip& other) {
        if (&one == &other || one.facts.id != other.facts.id)
            return false;
        if (one.facts.continues.has_value() != other.facts.continues.has_value())
            return other.facts.continues.has_value();
        return !one.facts.continues
            && (one.facts.frames > other.facts.frames
                || (one.facts.frames == other.facts.frames && one.folder < other.folder));
    };
    std::vector<LoggedClip> left;
    for (const LoggedClip& clip : clips)
        if (std::none_of(
                clips.begin(), clips.end(), [&](const LoggedClip& other) { return hides(other, clip); }))
            left.push_back(clip);
    clips = std::move(left);
}

} // namespace

LogStore::LogStore(Database database, Use use, std::filesystem::path media, Disk& disk)
    : database_(std::move(database))
    , use_(use)
    , media_(std::move(media))
    , disk_(disk)
{
}

std::string LogStore::nameOf(const std::filesystem::path& folder) const
{
    std::error_code error;
    if (std::filesystem::equivalent(folder.parent_path(), media_, error) && !error)
        return folder.filename().string();
    return std::filesystem::absolute(folder).lexically_normal().string();
}

std::filesystem::path LogStore::folderOf(const std::string& name) const
{
    return media_ / name; // an absolute name stands for itself
}

base::Outcome LogStore::mayWrite() const
{
    if (use_ == Use::Write)
        return {};
    return fail(
        Fault::Denied, fmt::format("the shoot {} was opened to read only", media_.parent_path().string()));
}

std::vector<std::string> LogStore::troubles() { return std::exchange(troubles_, {}); }

void LogStore::sayOnce(const std::string& name, const base::Error& error)
{
    if (said_.insert(name).second)
        say(error.message);
}

// ---------------------------------------------------------------------------------------------- reading

const TakeFacts& LogStore::whole(const std::filesystem::path& folder, std::string facts_text)
{
    Facts& known = whole_[folder.string()];
    if (known.text != facts_text) {
        known = { std::move(facts_text), {} };
        if (auto facts = parseTakeFacts(known.text))
            known.facts = std::move(*facts);
        if (!known.facts.parts.empty() && known.facts.closed)
            if (const auto recording = Recording::open(folder))
                known.facts = (*recording)->facts();
        known.facts.id = recordingId(folder, known.facts);
    }
    return known.facts;
}

std::vector<LoggedTake> LogStore::read(Transaction& in, std::optional<std::int64_t> only)
{
    std::vector<LoggedTake> takes;
    std::map<std::int64_t, std::size_t> rows;
    Statement sheets(in,
        "SELECT id, shot_scene, shot_number, sheet FROM takes WHERE ?1 IS NULL OR id = ?1 "
        "ORDER BY (SELECT min(started_at_utc_ns) FROM recordings WHERE take = takes.id), shot_scene, "
        "shot_number");
    sheets.bind(1, only);
    while (sheets.next()) {
        LoggedTake& take = takes.emplace_back();
        take.id = sheets.number(0);
        take.shot_as = { sheets.text(1), static_cast<int>(sheets.number(2)), 'A' };
        take.sheet.slate = take.shot_as;
        take.edited = !sheets.isNull(3);
        if (take.edited) {
            if (auto sheet = parseSheet(sheets.text(3)))
                take.sheet = std::move(*sheet);
            else
                in.refuse(damagedLog(database_.path, sheet.error().message));
        }
        rows.emplace(take.id, takes.size() - 1);
    }
    std::map<std::string, std::optional<Setup>> setups;
    for (LoggedTake& take : takes) {
        const std::string& scene = take.sheet.slate.scene;
        if (!setups.contains(scene))
            setups.emplace(scene, setup(scene, in));
        take.setup = setups.at(scene);
    }
    Statement recordings(in,
        "SELECT take, folder, facts FROM recordings WHERE ?1 IS NULL OR take = ?1 ORDER BY camera, folder");
    recordings.bind(1, only);
    while (recordings.next()) {
        const auto folder = folderOf(recordings.text(1));
        if (const auto row = rows.find(recordings.number(0)); row != rows.end())
            takes[row->second].clips.push_back({ folder, whole(folder, recordings.text(2)) });
    }
    std::map<std::string, std::vector<Mark>> marks;
    Statement rows_of(in,
        fmt::format("SELECT {} FROM marks "
                    "WHERE ?1 IS NULL OR recording IN (SELECT id FROM recordings WHERE take = ?1) "
                    "ORDER BY recording, captured_frame, id",
            kMarkColumns));
    rows_of.bind(1, only);
    while (rows_of.next()) {
        Mark mark = markIn(rows_of);
        marks[mark.take].push_back(std::move(mark));
    }
    for (LoggedTake& take : takes) {
        leaveWhole(take.clips);
        for (const LoggedClip& clip : take.clips) {
            for (Mark mark : marks[clip.facts.id]) {
                // Made while it rolled, or before a repair found fewer frames.
                if (clip.facts.closed && clip.facts.frames > 0)
                    mark.captured_frame = std::min(mark.captured_frame, clip.facts.frames - 1);
                take.marks.push_back(std::move(mark));
                take.edited = true;
            }
        }
    }
    takes.erase(
        std::remove_if(takes.begin(), takes.end(), [](const LoggedTake& take) { return take.clips.empty(); }),
        takes.end());
    return takes;
}

base::Result<std::vector<LoggedTake>> LogStore::takes()
{
    Transaction reading(database_, Transaction::Kind::Read);
    auto takes = read(reading);
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return takes;
}

std::optional<Setup> LogStore::setup(const std::string& name, Transaction& in)
{
    Statement row(in, "SELECT setup FROM setups WHERE name = ?1");
    row.bind(1, name);
    if (!row.next())
        return std::nullopt;
    auto setup = parseSetup(row.text(0));
    if (!setup) {
        in.refuse(damagedLog(database_.path, setup.error().message));
        return std::nullopt;
    }
    return std::move(*setup);
}

base::Result<std::vector<Setup>> LogStore::setups()
{
    std::vector<Setup> setups;
    Transaction reading(database_, Transaction::Kind::Read);
    {
        Statement names(reading, "SELECT name FROM setups ORDER BY name");
        while (names.next())
            if (auto one = setup(names.text(0), reading))
                setups.push_back(std::move(*one));
    }
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return setups;
}

base::Result<std::vector<std::int64_t>> LogStore::find(const LogQuery& query)
{
    std::vector<std::int64_t> found;
    Transaction reading(database_, Transaction::Kind::Read);
    {
        Statement takes(reading, R"(
            SELECT takes.id FROM takes JOIN recordings ON take = takes.id
            WHERE (?1 = '' OR takes.id IN (SELECT rowid FROM words WHERE words MATCH ?1))
                AND (NOT ?2 OR coalesce(sheet ->> '$.circled', 0))
                AND (?3 IS NULL OR coalesce(sheet ->> '$.verdict', '') = ?3)
                AND (?4 IS NULL OR EXISTS (SELECT 1 FROM marks JOIN recordings AS its
                    ON marks.recording = its.id WHERE its.take = takes.id AND kind = 3 AND tell = ?4))
            GROUP BY takes.id
            HAVING ?5 = '' OR strftime('%Y-%m-%d', min(started_at_utc_ns) / 1000000000, 'unixepoch', 'localtime')
                = ?5
            ORDER BY min(started_at_utc_ns), shot_scene, shot_number)");
        takes.bind(1, queryOf(query.words));
        takes.bind(2, std::int64_t { query.circled });
        takes.bind(
            3, query.verdict ? std::optional(std::string(takes::nameOf(*query.verdict))) : std::nullopt);
        takes.bind(4, query.tell ? std::optional(static_cast<std::int64_t>(*query.tell)) : std::nullopt);
        takes.bind(5, query.day);
        while (takes.next())
            found.push_back(takes.number(0));
    }
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return found;
}

base::Result<std::int64_t> LogStore::version() { return database_.number("SELECT version FROM log"); }

base::Result<int> LogStore::highestTake(const std::string& scene, char camera)
{
    Transaction reading(database_, Transaction::Kind::Read);
    const auto highest =
        reading.number("SELECT max(number) FROM ("
                       "SELECT shot_number AS number FROM takes JOIN recordings ON take = takes.id "
                       "WHERE shot_scene = ?1 AND camera = ?2 "
                       "UNION ALL SELECT number FROM takes "
                       "WHERE scene = ?1 AND (scene <> shot_scene OR number <> shot_number))",
            scene, std::string_view(&camera, 1));
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return static_cast<int>(highest.value_or(0));
}

// ---------------------------------------------------------------------------------------------- changes

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
    }
    return touched;
}

std::optional<Mark> LogStore::mark(std::int64_t id, Transaction& in)
{
    Statement row(in, fmt::format("SELECT {} FROM marks WHERE id = ?1", kMarkColumns));
    row.bind(1, id);
    return row.next() ? std::optional(markIn(row)) : std::nullopt;
}

/// @p mark's id 0: the next one.
void LogStore::insert(const Mark& mark, Transaction& in)
{
    in.run(fmt::format("INSERT INTO marks ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", kMarkColumns),
        mark.id != 0 ? std::optional(mark.id) : std::nullopt, mark.take, mark.captured_frame, mark.timecode,
        static_cast<int>(mark.kind), static_cast<int>(mark.tell), mark.text, mark.made_at_utc.count());
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

std::optional<LoggedTake> LogStore::takeOf(const std::string& recording, Transaction& in)
{
    const auto take = in.number("SELECT take FROM recordings WHERE id = ?1", recording);
    if (!take)
        return std::nullopt;
    auto takes = read(in, *take);
    if (takes.empty())
        return std::nullopt;
    return std::move(takes.front());
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

// ---------------------------------------------------------------------------------------------- sequences

std::vector<Story> LogStore::stories(Transaction& in)
{
    std::vector<Story> stories;
    Statement rows(in, "SELECT story FROM stories ORDER BY name");
    while (rows.next()) {
        if (auto story = parseStory(rows.text(0)))
            stories.push_back(std::move(*story));
        else
            in.refuse(damagedLog(database_.path, story.error().message));
    }
    return stories;
}

base::Result<std::vector<Story>> LogStore::stories()
{
    Transaction reading(database_, Transaction::Kind::Read);
    auto all = stories(reading);
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return all;
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
        return fail(Fault::NotFound, fmt::format("there is no sequence {}", base::oneLine(name)));
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

/// The newer of log and story.json holds.
base::Outcome LogStore::matchStories()
{
    const auto path = media_ / "story.json";
    const auto changes = database_.number("SELECT story_changes FROM log");
    if (!changes)
        return fail(changes.error());
    const auto file = readStoryFile(path);
    if (!file && file.error().fault != Fault::NotFound)
        sayOnce(path.filename(), file.error());
    if (file && file->changes > *changes) {
        Transaction change(database_, Transaction::Kind::Write);
        change.run("DELETE FROM stories");
        for (const Story& story : file->stories)
            change.run("INSERT INTO stories VALUES (?1, ?2)", story.name, textOf(story));
        change.run("UPDATE log SET version = max(version, ?1) + 1, story_changes = ?1", file->changes);
        return change.commit();
    }
    if (file ? file->changes < *changes : *changes > 0)
        writeStories();
    return {};
}

void LogStore::writeStories()
{
    if (use_ != Use::Write)
        return;
    const auto path = media_ / "story.json";
    StoryFile file;
    Transaction reading(database_, Transaction::Kind::Read);
    file.changes = reading.number("SELECT story_changes FROM log").value_or(0);
    file.stories = stories(reading);
    if (const auto done = reading.commit(); !done)
        return say(done.error().message);
    if (const auto written = writeStoryFile(path, file, disk_))
        said_.erase(path.filename());
    else
        sayOnce(path.filename(), written.error());
}

// ---------------------------------------------------------------------------------------------- media

base::Result<std::map<std::string, std::string>> LogStore::recordings()
{
    std::map<std::string, std::string> known;
    Transaction reading(database_, Transaction::Kind::Read);
    {
        Statement rows(reading, "SELECT folder, facts FROM recordings");
        while (rows.next())
            known.emplace(rows.text(0), rows.text(1));
    }
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return known;
}

base::Outcome LogStore::record(std::span<const TakeEntry> entries)
{
    Transaction change(database_, Transaction::Kind::Write);
    bool counted = false;
    std::set<std::int64_t> takes;
    for (const TakeEntry& entry : entries) {
        const TakeFacts& facts = entry.facts;
        const std::string name = nameOf(entry.folder);
        const std::string id = recordingId(entry.folder, facts);
        const std::string text = takeFactsText(facts);
        if (change.number("SELECT 1 FROM recordings WHERE folder = ?1 AND facts = ?2", name, text))
            continue;
        if (!std::exchange(counted, true))
            change.run("UPDATE log SET version = version + 1");
        // A take whose slate was changed in its take.json is another one from now on.
        change.run("INSERT OR IGNORE INTO takes (shot_scene, shot_number) VALUES (?1, ?2)", facts.slate.scene,
            facts.slate.take);
        const auto take = change.number("SELECT id FROM takes WHERE shot_scene = ?1 AND shot_number = ?2",
            facts.slate.scene, facts.slate.take);
        if (!take)
            break;
        takes.insert(*take);
        change.run("INSERT INTO recordings VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6) ON CONFLICT (folder) DO UPDATE "
                   "SET id = ?2, take = ?3, camera = ?4, started_at_utc_ns = ?5, facts = ?6",
            name, id, *take, std::string_view(&facts.slate.camera, 1), facts.started_at_utc.count(), text);
        change.run("UPDATE marks SET timecode = (?1 + captured_frame) % ?2 "
                   "WHERE recording = ?3 AND timecode IS NULL",
            facts.start_timecode, facts.timecode.framesPerDay(), id);
        // Something was said of it before it was here: while it rolled, or of another camera's.
        change.run("UPDATE recordings SET changes = (SELECT version FROM log) "
                   "WHERE folder = ?1 AND changes = 0 AND (EXISTS (SELECT 1 FROM marks WHERE recording = ?2) "
                   "OR EXISTS (SELECT 1 FROM takes WHERE id = ?3 AND (sheet IS NOT NULL "
                   "OR EXISTS (SELECT 1 FROM setups WHERE name = takes.scene))))",
            name, id, *take);
    }
    for (const std::int64_t take : takes)
        index(take, change);
    return change.commit();
}

base::Outcome LogStore::matchMedia(const std::optional<std::string>& name)
{
    if (use_ == Use::Read)
        return {};
    std::vector<std::pair<std::string, LogFile>> newer;
    std::set<std::int64_t> older;
    {
        Transaction reading(database_, Transaction::Kind::Read);
        {
            Statement rows(
                reading, "SELECT folder, take, changes FROM recordings WHERE ?1 IS NULL OR folder = ?1");
            rows.bind(1, name);
            while (rows.next()) {
                const std::string folder = rows.text(0);
                const std::int64_t changes = rows.number(2);
                auto file = readLogFile(folderOf(folder) / "log.json");
                if (file && file->changes > changes)
                    newer.emplace_back(folder, std::move(*file));
                else if (file ? file->changes < changes
                              : file.error().fault != Fault::NotFound || changes > 0)
                    older.insert(rows.number(1));
                if (!file && file.error().fault != Fault::NotFound)
                    sayOnce(folder, file.error());
            }
        }
        if (auto done = reading.commit(); !done)
            return done;
    }
    if (!newer.empty()) {
        Transaction change(database_, Transaction::Kind::Write);
        takeOver(std::move(newer), change);
        if (auto done = change.commit(); !done)
            return done;
    }
    writeBeside(older);
    return name ? base::Outcome() : matchStories();
}

void LogStore::takeOver(std::vector<std::pair<std::string, LogFile>> files, Transaction& in)
{
    // Of what several say (of a setup, of a take with two cameras) the newest holds.
    std::stable_sort(files.begin(), files.end(),
        [](const auto& a, const auto& b) { return a.second.changes < b.second.changes; });
    for (const auto& [name, file] : files) {
        Statement row(in, "SELECT take, id FROM recordings WHERE folder = ?1");
        row.bind(1, name);
        if (!row.next())
            continue;
        in.run("UPDATE takes SET sheet = ?1 WHERE id = ?2",
            file.sheet ? std::optional(textOf(*file.sheet)) : std::nullopt, row.number(0));
        if (file.setup)
            in.run("INSERT INTO setups VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET setup = ?2",
                file.setup->name, textOf(*file.setup));
        in.run("DELETE FROM marks WHERE recording = ?1", row.text(1));
        for (Mark mark : file.marks) {
            mark.take = row.text(1);
            if (this->mark(mark.id, in)) // the media of two shoots were put together
                mark.id = 0;
            insert(mark, in);
        }
        in.run("UPDATE recordings SET changes = ?1 WHERE folder = ?2", file.changes, name);
        in.run("UPDATE log SET version = max(version, ?1)", file.changes);
    }
    in.run("UPDATE log SET version = version + 1");
    Statement all(in, "SELECT id FROM takes"); // a setup is said of more takes than its own
    while (all.next())
        index(all.number(0), in);
}

void LogStore::writeBeside(What what, const std::set<std::int64_t>& takes)
{
    if (what == What::Story)
        writeStories();
    else
        writeBeside(takes);
}

/// log.json of all their recordings. The log holds what is not written, and at the next opening it is seen.
void LogStore::writeBeside(const std::set<std::int64_t>& takes)
{
    if (use_ != Use::Write)
        return;
    Transaction reading(database_, Transaction::Kind::Read);
    for (const std::int64_t id : takes) {
        for (const LoggedTake& take : read(reading, id)) {
            LogFile file;
            file.sheet = toStore(take, take.sheet);
            file.setup = take.setup;
            Statement recordings(reading, "SELECT folder, id, changes FROM recordings WHERE take = ?1");
            recordings.bind(1, id);
            while (recordings.next()) {
                const std::string recording = recordings.text(1);
                file.changes = recordings.number(2);
                file.marks.clear();
                std::copy_if(take.marks.begin(), take.marks.end(), std::back_inserter(file.marks),
                    [&recording](const Mark& mark) { return mark.take == recording; });
                const auto written = writeLogFile(folderOf(recordings.text(0)) / "log.json", file, disk_);
                if (written)
                    said_.erase(recordings.text(0));
                else
                    sayOnce(recordings.text(0), written.error());
            }
        }
    }
    if (const auto done = reading.commit(); !done)
        say(done.error().message);
}

} // namespace backtake::takes
