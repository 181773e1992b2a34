// The log and the files beside the takes: which recordings there are, log.json and story.json.
#include "base/text.hpp"
#include "takes/log_file.hpp"
#include "takes/log_store.hpp"
#include "takes/story_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backtake::takes {
using base::fail;
using base::Fault;

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

base::Result<Showings> LogStore::showings()
{
    Showings showings;
    Transaction reading(database_, Transaction::Kind::Read);
    {
        Statement rows(reading, "SELECT folder, showing FROM recordings WHERE showing IS NOT NULL");
        while (rows.next()) {
            if (const auto showing = parseShowing(rows.text(1)))
                showings.emplace(rows.text(0), *showing);
            else
                reading.refuse(damagedLog(database_.path, showing.error().message));
        }
    }
    if (const auto done = reading.commit(); !done)
        return fail(done.error());
    return showings;
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
        change.run("INSERT INTO recordings (folder, id, take, camera, started_at_utc_ns, changes, facts) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6) ON CONFLICT (folder) DO UPDATE "
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
    writeShowings();
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
        if (file.showing)
            in.run("UPDATE recordings SET showing = ?1 WHERE id = ?2", textOf(*file.showing), row.text(1));
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
    if (what == What::Story || what == What::Stories)
        writeStories();
    else
        writeBeside(takes);
    if (what == What::Showing)
        writeShowings();
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
            Statement recordings(
                reading, "SELECT folder, id, changes, showing FROM recordings WHERE take = ?1");
            recordings.bind(1, id);
            while (recordings.next()) {
                const std::string recording = recordings.text(1);
                file.changes = recordings.number(2);
                file.showing.reset();
                if (!recordings.isNull(3))
                    if (const auto showing = parseShowing(recordings.text(3)))
                        file.showing = *showing;
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

/// take.json of closed recordings that does not say what the log says. One that is written still is its
/// recorder's.
void LogStore::writeShowings()
{
    if (use_ != Use::Write)
        return;
    Showings behind;
    {
        Transaction reading(database_, Transaction::Kind::Read);
        {
            Statement rows(reading,
                "SELECT folder, showing FROM recordings WHERE showing IS NOT NULL AND facts ->> '$.closed' "
                "AND (showing ->> '$.direction' <> facts ->> '$.direction' "
                "OR showing ->> '$.orientation' <> facts ->> '$.orientation')");
            while (rows.next())
                if (const auto showing = parseShowing(rows.text(1)))
                    behind.emplace(rows.text(0), *showing);
        }
        if (const auto done = reading.commit(); !done)
            return say(done.error().message);
    }
    for (const auto& [name, showing] : behind) {
        const auto take_json = folderOf(name) / "take.json";
        auto facts = readTakeFacts(take_json);
        base::Outcome written;
        if (facts) {
            show(*facts, showing);
            written = writeTakeFacts(take_json, *facts, disk_);
        } else {
            written = fail(facts.error());
        }
        if (!written) {
            sayOnce(take_json, written.error());
            continue;
        }
        said_.erase(take_json);
        Transaction seen(database_, Transaction::Kind::Write);
        seen.run("UPDATE recordings SET facts = ?1 WHERE folder = ?2", takeFactsText(*facts), name);
        if (const auto done = seen.commit(); !done)
            return say(done.error().message);
    }
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

} // namespace backtake::takes
