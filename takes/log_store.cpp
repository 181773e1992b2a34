// The log as it stands in its database: reading it. What changes it is log_store_changes.cpp, what lies
// beside the takes log_store_media.cpp.
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

std::optional<TakeSheet> LogStore::toStore(const LoggedTake& take, const TakeSheet& sheet)
{
    TakeSheet untouched;
    untouched.slate = take.shot_as;
    return sheet == untouched ? std::nullopt : std::optional(sheet);
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
        "SELECT take, folder, facts, showing FROM recordings WHERE ?1 IS NULL OR take = ?1 "
        "ORDER BY camera, folder");
    recordings.bind(1, only);
    while (recordings.next()) {
        const auto folder = folderOf(recordings.text(1));
        const auto row = rows.find(recordings.number(0));
        if (row == rows.end())
            continue;
        std::vector<LoggedClip>& clips = takes[row->second].clips;
        clips.push_back({ folder, whole(folder, recordings.text(2)) });
        if (recordings.isNull(3))
            continue;
        if (const auto showing = parseShowing(recordings.text(3)))
            show(clips.back().facts, *showing);
        else
            in.refuse(damagedLog(database_.path, showing.error().message));
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

} // namespace backtake::takes
