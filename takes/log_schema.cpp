#include "takes/log_schema.hpp"

#include "takes/files.hpp"
#include "takes/take_facts.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <ctime>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr std::uint32_t kApplicationId =
    0x42544B31; // "BTK1": tells our databases from those of other programs

// Sheets and setups are the JSON of log.json: one form, one reader. Columns are made of what is asked for.
constexpr const char* kSchema = R"(
    CREATE TABLE log (version INTEGER NOT NULL) STRICT;     -- one row; counts all changes
    INSERT INTO log VALUES (0);
    CREATE TABLE takes (
        id INTEGER PRIMARY KEY,
        shot_scene TEXT NOT NULL,                           -- the slate under which media/ has it
        shot_number INTEGER NOT NULL,
        sheet TEXT,                                         -- null: nothing was said of it
        scene TEXT AS (coalesce(sheet ->> '$.slate.scene', shot_scene)),
        number INTEGER AS (coalesce(sheet ->> '$.slate.take', shot_number)),
        UNIQUE (shot_scene, shot_number)
    ) STRICT;
    CREATE INDEX takes_by_slate ON takes (scene, number);
    CREATE TABLE recordings (
        folder TEXT PRIMARY KEY NOT NULL,                   -- name below media/, or an absolute path
        id TEXT NOT NULL,                                   -- as in take.json: the same in all parts
        take INTEGER NOT NULL REFERENCES takes (id),
        camera TEXT NOT NULL,                               -- A ... Z
        started_at_utc_ns INTEGER NOT NULL,
        changes INTEGER NOT NULL,                           -- log.version when its log.json last changed
        facts TEXT NOT NULL                                 -- take.json as last seen
    ) STRICT;
    CREATE INDEX recordings_by_take ON recordings (take);
    CREATE INDEX recordings_by_id ON recordings (id);
    CREATE TABLE setups (name TEXT PRIMARY KEY NOT NULL, setup TEXT NOT NULL) STRICT;
    CREATE TABLE marks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,               -- never given twice: history names it
        recording TEXT NOT NULL,                            -- recordings.id, perhaps of one that rolls still
        captured_frame INTEGER NOT NULL,
        timecode INTEGER,
        kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3), -- mark, note, tell
        tell INTEGER NOT NULL CHECK (tell BETWEEN 1 AND 10),
        text TEXT NOT NULL,
        made_at_utc_ns INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX marks_by_recording ON marks (recording, captured_frame, id);
    CREATE TABLE history (
        id INTEGER PRIMARY KEY,
        made_at_utc_ns INTEGER NOT NULL,
        words TEXT NOT NULL,                                -- for people: "circle 12A/3"
        what INTEGER NOT NULL,                              -- LogStore::What
        key TEXT NOT NULL,                                  -- of the row
        before TEXT,                                        -- null: there was none
        after TEXT,
        state INTEGER NOT NULL                              -- 1 done, 2 undone, 3 undone for good
    ) STRICT;
    CREATE INDEX history_by_state ON history (state, id);
    CREATE VIRTUAL TABLE words USING fts5(text, prefix = '1 2 3',
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co So'"); -- rowid: takes.id
    PRAGMA application_id = 1112820529;
    PRAGMA user_version = 2;
)";
/// What version 3 has beyond it: sequences.
constexpr const char* kStories = R"(
    CREATE TABLE stories (name TEXT PRIMARY KEY NOT NULL, story TEXT NOT NULL) STRICT;
    ALTER TABLE log ADD COLUMN story_changes INTEGER NOT NULL DEFAULT 0; -- log.version when they last changed
    PRAGMA user_version = 3;
)";
/// What version 4 has beyond it: direction and orientation of a recording, as JSON; null: as take.json says.
constexpr const char* kShowing = R"(
    ALTER TABLE recordings ADD COLUMN showing TEXT;
    PRAGMA user_version = 4;
)";
static_assert(kApplicationId == 1112820529 && kSchemaVersion == 4, "as in the texts above");

base::Error foreign(const std::filesystem::path& path)
{
    return { Fault::Corrupt,
        fmt::format("{} is a database of another program: opened to write, the shoot keeps it aside and "
                    "makes its own",
            path.string()),
        {} };
}

base::Result<Database> connect(const std::filesystem::path& path, int flags, std::string_view options = "")
{
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path)
                            .lexically_normal()
                            .string()) // a path is no URI: ?, # and % mean something else there
        uri += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                                                : std::string(1, c);
    uri += options;
    sqlite3* opened = nullptr;
    const int result = sqlite3_open_v2(uri.c_str(), &opened, flags | SQLITE_OPEN_URI, nullptr);
    Database database;
    database.connection.reset(opened);
    database.path = path;
    if (result != SQLITE_OK)
        return fail(database.error());
    sqlite3_busy_timeout(opened, 5000);
    // Should the file turn out damaged, closing must not move the write-ahead log into it.
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return database;
}

/// Whether it is whole, and has what our version has.
base::Outcome check(Database& database)
{
    Transaction reading(database, Transaction::Kind::Read);
    {
        Statement check(reading, "PRAGMA quick_check(1)");
        if (check.next() && check.text(0) != "ok")
            reading.refuse(damagedLog(database.path, check.text(0)));
        const auto version = reading.number("PRAGMA user_version");
        if (version == kSchemaVersion)
            for (const char* table :
                { "log", "takes", "recordings", "setups", "marks", "history", "words", "stories" })
                Statement(reading, fmt::format("SELECT * FROM {} LIMIT 1", table)).next();
    }
    return reading.commit();
}

/// From version 1, which had the recordings alone, in the table `takes`.
void bringOver(Transaction& change)
{
    Statement old(
        change, "SELECT folder, scene, take, camera, started_at_utc_ns, facts FROM takes_1 ORDER BY 5");
    while (old.next()) {
        const auto facts = parseTakeFacts(old.text(5));
        if (!facts) // read again from media/, should it still lie there
            continue;
        change.run("INSERT OR IGNORE INTO takes (shot_scene, shot_number) VALUES (?1, ?2)", old.text(1),
            old.number(2));
        change.run("INSERT INTO recordings SELECT ?1, ?2, id, ?3, ?4, 0, ?5 FROM takes "
                   "WHERE shot_scene = ?6 AND shot_number = ?7",
            old.text(0), recordingId(old.text(0), *facts), old.text(3), old.number(4), old.text(5),
            old.text(1), old.number(2));
    }
}

/// Makes what is there what our version has. Two programs may come at once: the second finds it done.
base::Outcome bringUp(Database& database)
{
    Transaction change(database, Transaction::Kind::Write);
    const auto version = change.number("PRAGMA user_version");
    if (change.failed() || version == kSchemaVersion)
        return change.commit();
    if (version == 1) {
        change.script("DROP INDEX IF EXISTS takes_by_scene; ALTER TABLE takes RENAME TO takes_1");
        change.script(kSchema);
        bringOver(change);
        change.script("DROP TABLE takes_1");
    } else if (version == 0) {
        change.script(kSchema);
    }
    if (version < 3)
        change.script(kStories);
    change.script(kShowing);
    return change.commit();
}

/// Of an older version, so that nothing is lost should somebody want to go back.
base::Outcome copyAside(Database& database, int version)
{
    const std::filesystem::path copy = fmt::format("{}.version-{}", database.path.string(), version);
    std::error_code ignored;
    std::filesystem::remove(copy, ignored); // cut off while it was made: the log itself is still the old one
    std::string quoted;
    for (const char c : copy.string())
        quoted += c == '\'' ? "''" : std::string(1, c);
    if (auto copied = database.run(fmt::format("VACUUM INTO '{}'", quoted).c_str()); !copied) {
        // It was checked: what cannot be copied is not damaged for that, and must not be put aside.
        if (copied.error().fault == Fault::Corrupt)
            return fail(Fault::Failed,
                fmt::format("the log {} cannot be copied to {}, and is not brought up without a copy",
                    database.path.string(), copy.string()),
                copied.error().detail);
        return copied;
    }
    return syncFolder(copy.parent_path());
}

/// What @p from has, in memory.
base::Result<Database> copyInMemory(Database& from)
{
    auto memory = connect(from.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
    if (!memory)
        return memory;
    sqlite3_backup* const copying =
        sqlite3_backup_init(memory->connection.get(), "main", from.connection.get(), "main");
    const int result = copying ? sqlite3_backup_step(copying, -1) : SQLITE_ERROR;
    sqlite3_backup_finish(copying);
    if (result != SQLITE_DONE)
        return fail(memory->error());
    return memory;
}

} // namespace

base::Result<LogFileKind> lookAtLog(const std::filesystem::path& path)
{
    const auto file = File::open(path, O_RDONLY, "read");
    if (!file && file.error().fault == Fault::NotFound)
        return LogFileKind::Absent;
    if (!file)
        return fail(file.error());
    std::array<std::byte, 100> head {};
    const std::int64_t got = file->readAt(head, 0);
    if (got < 0)
        return fail(errorOf(static_cast<int>(-got), "read", path));
    if (got == 0)
        return LogFileKind::Empty; // made, but the machine stopped before anything was in it
    const auto number = [&head](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value = value << 8 | std::to_integer<std::uint32_t>(head[at + i]);
        return value;
    };
    if (got != static_cast<std::int64_t>(head.size()) || std::memcmp(head.data(), "SQLite format 3", 16) != 0)
        return fail(damagedLog(path, "no SQLite header"));
    // Our schema is moved into the file itself (not only into the write-ahead log) as soon as it is made, so
    // these can be trusted.
    if (number(68) != kApplicationId)
        return fail(foreign(path));
    if (number(60) > kSchemaVersion)
        return fail(Fault::Unsupported,
            fmt::format(
                "the log {} is of version {}, this Backtake knows up to {}: open it with the newer Backtake",
                path.string(), number(60), kSchemaVersion));
    return number(60) == kSchemaVersion ? LogFileKind::Ours : LogFileKind::Older;
}

base::Result<Database> openLogToRead(const std::filesystem::path& path, LogFileKind found)
{
    if (found == LogFileKind::Absent || found == LogFileKind::Empty) {
        auto memory = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
        if (!memory)
            return memory;
        if (const auto made = bringUp(*memory); !made)
            return fail(made.error());
        return memory;
    }
    auto database = connect(path, SQLITE_OPEN_READONLY);
    auto checked = database ? check(*database) : base::Outcome(fail(database.error()));
    // A write-ahead log cannot be read in a folder that cannot be written to, unless nobody writes: so it is
    // there.
    if (!checked && checked.error().fault == Fault::Denied) {
        database = connect(path, SQLITE_OPEN_READONLY, "?immutable=1");
        checked = database ? check(*database) : base::Outcome(fail(database.error()));
    }
    if (!checked)
        return fail(checked.error());
    const auto version = database->number("PRAGMA user_version");
    if (!version)
        return fail(version.error());
    if (*version == kSchemaVersion)
        return database;
    auto memory = copyInMemory(*database);
    if (!memory)
        return memory;
    if (const auto brought = bringUp(*memory); !brought)
        return fail(brought.error());
    return memory;
}

base::Result<Database> openLogToWrite(const std::filesystem::path& path, LogFileKind found)
{
    auto database = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!database)
        return database;
    const bool exists = found == LogFileKind::Ours || found == LogFileKind::Older;
    if (exists)
        if (const auto checked = check(*database); !checked)
            return fail(checked.error());
    sqlite3_db_config(database->connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    if (const auto tuned =
            database->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
        !tuned)
        return fail(tuned.error());
    const auto version = database->number("PRAGMA user_version");
    if (!version)
        return fail(version.error());
    if (*version == kSchemaVersion)
        return database;
    if (*version > 0)
        if (const auto copied = copyAside(*database, static_cast<int>(*version)); !copied)
            return fail(copied.error());
    if (const auto brought = bringUp(*database); !brought)
        return fail(brought.error());
    if (const auto moved = database->run("PRAGMA wal_checkpoint(TRUNCATE)"); !moved)
        return fail(moved.error());
    return database;
}

base::Result<std::filesystem::path> keepLogAside(const std::filesystem::path& path)
{
    const std::string name =
        fmt::format("{}.kept-{:%Y%m%d-%H%M%S}", path.string(), fmt::localtime(std::time(nullptr)));
    std::filesystem::path kept = name;
    std::error_code error;
    for (int n = 2; std::filesystem::exists(kept, error); ++n)
        kept = fmt::format("{}-{}", name, n);
    // The write-ahead log first: left behind, SQLite would take it for that of the new file.
    for (const char* tail : { "-wal", "-shm", "" }) {
        std::filesystem::rename(path.string() + tail, kept.string() + tail, error);
        if (error && error != std::errc::no_such_file_or_directory)
            return fail(errorOf(error.value(), "rename", path));
    }
    if (const auto synced = syncFolder(path.parent_path()); !synced)
        return fail(synced.error());
    return kept;
}

} // namespace backtake::takes
