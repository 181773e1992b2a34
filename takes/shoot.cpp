#include "takes/shoot.hpp"

#include "takes/files.hpp"
#include "takes/recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <set>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr std::uint32_t kApplicationId =
    0x42544B31; // "BTK1": tells our databases from those of other programs
constexpr std::uint32_t kSchemaVersion = 1;
constexpr int kHighestTake = 99999;

constexpr const char* kSchema = R"(
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS takes (
        folder TEXT PRIMARY KEY NOT NULL,      -- name below media/
        scene TEXT NOT NULL,
        take INTEGER NOT NULL,
        camera TEXT NOT NULL,                  -- A ... Z
        started_at_utc_ns INTEGER NOT NULL,
        facts TEXT NOT NULL                    -- take.json as last seen
    ) STRICT;
    CREATE INDEX IF NOT EXISTS takes_by_scene ON takes (scene, camera, take);
    PRAGMA application_id = 1112820529;
    PRAGMA user_version = 1;
    COMMIT;
)";
static_assert(kApplicationId == 1112820529 && kSchemaVersion == 1, "as in the text above");

struct DatabaseCloser {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

/// One prepared statement. Room: that of its database.
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql)
    {
        sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bind(int at, std::string_view value)
    {
        sqlite3_bind_text64(statement_, at, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    void bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }
    /// @return SQLITE_ROW, SQLITE_DONE or what is wrong; SQLITE_MISUSE when the text could not be prepared.
    int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_MISUSE; }
    [[nodiscard]] std::string text(int column) const
    {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                     : "";
    }
    [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }

private:
    sqlite3_stmt* statement_ = nullptr;
};

base::Error damaged(const std::filesystem::path& path, std::string detail)
{
    return { Fault::Corrupt,
        fmt::format("the log {} is damaged and was left as it is: rename it and open the shoot again, "
                    "all takes are found again in media/",
            path.string()),
        std::move(detail) };
}

base::Error errorOf(sqlite3* database, const std::filesystem::path& path)
{
    const std::string detail = sqlite3_errmsg(database);
    switch (sqlite3_errcode(database)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return { Fault::Busy,
            fmt::format("another program holds the log {}: close it, then try again", path.string()),
            detail };
    case SQLITE_FULL:
        return { Fault::OutOfSpace,
            fmt::format("cannot write the log {}: the disk is full. Free some space on it", path.string()),
            detail };
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return { Fault::Denied,
            fmt::format("cannot open the log {}: check who owns it, and that the disk is not write-protected",
                path.string()),
            detail };
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: // a table or column that our version always has is missing
        return damaged(path, detail);
    default:
        return { Fault::Failed, fmt::format("cannot use the log {}: {}", path.string(), detail), detail };
    }
}

enum class LogFile { Absent = 1, Empty, Ours };

/// Looks at the first bytes before SQLite does, so that what is not ours is never written to. Our schema is
/// moved into the file itself (not only into the write-ahead log) as soon as it is made, so they can be
/// trusted.
base::Result<LogFile> lookAt(const std::filesystem::path& path)
{
    const auto file = File::open(path, O_RDONLY, "read");
    if (!file && file.error().fault == Fault::NotFound)
        return LogFile::Absent;
    if (!file)
        return fail(file.error());
    std::array<std::byte, 100> head {};
    const std::int64_t got = file->readAt(head, 0);
    if (got < 0)
        return fail(takes::errorOf(static_cast<int>(-got), "read", path));
    if (got == 0)
        return LogFile::Empty; // made, but the machine stopped before anything was in it
    const auto number = [&head](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value = value << 8 | std::to_integer<std::uint32_t>(head[at + i]);
        return value;
    };
    if (got != static_cast<std::int64_t>(head.size()) || std::memcmp(head.data(), "SQLite format 3", 16) != 0)
        return fail(damaged(path, "no SQLite header"));
    if (number(68) != kApplicationId)
        return fail(Fault::Corrupt,
            fmt::format("{} is a database of another program and was left as it is: choose another folder "
                        "for the shoot",
                path.string()));
    if (number(60) > kSchemaVersion)
        return fail(Fault::Unsupported,
            fmt::format(
                "the log {} is of version {}, this Backtake knows up to {}: open it with the newer Backtake",
                path.string(), number(60), kSchemaVersion));
    return LogFile::Ours;
}

/// "process 4711", as far as the lock's file says.
std::string holderOf(const File& lock)
{
    std::array<char, 32> text {};
    const std::int64_t got = lock.readAt(std::as_writable_bytes(std::span(text)), 0);
    long process = 0;
    std::from_chars(text.data(), text.data() + std::max<std::int64_t>(0, got), process);
    if (process <= 0)
        return "another program";
    return fmt::format("process {}", process);
}

/// Takes the shoot for this program. @return the lock's file, closed where there can be none.
base::Result<File> lockShoot(const std::filesystem::path& folder)
{
    // Whoever made it: a lock needs no right to write, only the number for the other's message does.
    const auto path = folder / "shoot.lock";
    File lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0666));
    const bool writable = lock.isOpen();
    if (!writable)
        lock = File(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!lock.isOpen())
        return lock;
    if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return fail(Fault::Busy,
                fmt::format("the shoot {} is open in another Backtake ({}): only one may write to it. Close "
                            "the other one, or go on here and only look",
                    folder.string(), holderOf(lock)));
        return File(); // a file system without locks
    }
    const std::string process = fmt::format("{}\n", ::getpid());
    if (writable && ::ftruncate(lock.descriptor(), 0) == 0)
        static_cast<void>(lock.writeAt(std::as_bytes(std::span(process)), 0));
    return lock;
}

bool isTakeFolder(const std::filesystem::directory_entry& entry)
{
    std::error_code error;
    return entry.is_directory(error) && !error;
}

/// The take number in the folder's name when it is a folder that folderName() gives for that scene and
/// camera.
std::optional<int> takeInName(const std::string& name, const std::string& scene, char camera)
{
    if (name.size() < 6 || name.back() != camera || name[name.size() - 2] != '-')
        return std::nullopt;
    const std::size_t end = name.size() - 2;
    const std::size_t dash = name.rfind('-', end - 1);
    if (dash == std::string::npos)
        return std::nullopt;
    int take = 0;
    const auto [stopped, error] = std::from_chars(name.data() + dash + 1, name.data() + end, take);
    if (error != std::errc() || stopped != name.data() + end || folderName({ scene, take, camera }) != name)
        return std::nullopt;
    return take;
}

base::Result<std::vector<std::string>> foldersIn(const std::filesystem::path& media)
{
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator it(media, error), end; !error && it != end;
         it.increment(error)) {
        if (isTakeFolder(*it))
            names.push_back(it->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return fail(takes::errorOf(error.value(), "read", media));
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

struct Shoot::State {
    std::filesystem::path folder;
    std::filesystem::path log_path;
    Mode mode = Mode::ReadOnly;
    File lock;         ///< Open while this program may write, where there are locks.
    Database database; ///< Null when there is no log and none may be made.

    [[nodiscard]] std::filesystem::path media() const { return folder / "media"; }
    base::Outcome openLog(LogFile found);
    base::Outcome connect(const std::string& uri);
    base::Outcome check();
    base::Outcome run(const char* sql);
    base::Result<std::map<std::string, std::string>> loggedFacts();
    base::Outcome log(const std::string& name, const TakeFacts& facts, const std::string& facts_text);
};

Shoot::Shoot()
    : state_(std::make_unique<State>())
{
}
Shoot::~Shoot() = default;

base::Result<std::unique_ptr<Shoot>> Shoot::open(const std::filesystem::path& folder, Mode mode)
{
    std::unique_ptr<Shoot> shoot(new Shoot);
    State& state = *shoot->state_;
    state.folder = folder;
    state.log_path = folder / "shoot.db";
    state.mode = mode;
    std::error_code error;
    // Before anything is made: a folder with another program's shoot.db stays exactly as it is.
    const auto found = lookAt(state.log_path);
    if (!found)
        return fail(found.error());
    if (mode == Mode::Create) {
        std::filesystem::create_directories(state.media(), error);
        if (error)
            return fail(takes::errorOf(error.value(), "make", state.media()));
        // A shoot that cannot be written to must say so now, not at the first take.
        if (::access(state.media().c_str(), W_OK | X_OK) != 0 || ::access(folder.c_str(), W_OK | X_OK) != 0)
            return fail(takes::errorOf(errno, "write to", folder));
        auto locked = lockShoot(folder);
        if (!locked)
            return fail(locked.error());
        state.lock = std::move(*locked);
        if (const auto synced = syncFolder(folder); !synced)
            return fail(synced.error());
    } else if (*found != LogFile::Ours && !std::filesystem::is_directory(state.media(), error)) {
        return fail(Fault::NotFound,
            fmt::format("{} is no shoot: there is neither shoot.db nor media/ in it", folder.string()));
    }
    if (mode == Mode::Create || *found == LogFile::Ours) {
        if (auto opened = state.openLog(*found); !opened)
            return fail(opened.error());
    }
    return shoot;
}

base::Outcome Shoot::State::connect(const std::string& uri)
{
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_URI
        | (mode == Mode::Create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    const int result = sqlite3_open_v2(uri.c_str(), &opened, flags, nullptr);
    database.reset(opened);
    if (result != SQLITE_OK)
        return fail(errorOf(opened, log_path));
    sqlite3_busy_timeout(opened, 5000);
    // Should the file turn out damaged, closing must not move the write-ahead log into it.
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return {};
}

base::Outcome Shoot::State::check()
{
    Statement statement(database.get(), "PRAGMA quick_check(1)");
    if (statement.step() != SQLITE_ROW)
        return fail(errorOf(database.get(), log_path));
    if (const std::string verdict = statement.text(0); verdict != "ok")
        return fail(damaged(log_path, verdict));
    return {};
}

base::Outcome Shoot::State::run(const char* sql)
{
    if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK)
        return {};
    auto error = errorOf(database.get(), log_path);
    if (sqlite3_get_autocommit(database.get()) == 0)
        sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return fail(std::move(error));
}

base::Outcome Shoot::State::openLog(LogFile found)
{
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(log_path)
                            .lexically_normal()
                            .string()) // a path is no URI: ?, # and % mean something else there
        uri += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                                                : std::string(1, c);
    if (auto connected = connect(uri); !connected)
        return connected;
    if (found == LogFile::Ours) {
        auto checked = check();
        // A write-ahead log cannot be read in a folder that cannot be written to, unless nobody writes: so it
        // is there.
        if (!checked && checked.error().fault == Fault::Denied && mode == Mode::ReadOnly) {
            if (auto connected = connect(uri + "?immutable=1"); !connected)
                return connected;
            checked = check();
        }
        if (!checked)
            return checked;
    }
    if (mode == Mode::ReadOnly)
        return {};
    sqlite3_db_config(database.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    if (auto tuned = run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); !tuned)
        return tuned;
    if (found == LogFile::Ours)
        return {};
    { // Two programs may open a new shoot at once: the second finds the schema made.
        Statement version(database.get(), "PRAGMA user_version");
        if (version.step() == SQLITE_ROW && version.number(0) == kSchemaVersion)
            return {};
    }
    if (auto made = run(kSchema); !made)
        return made;
    return run("PRAGMA wal_checkpoint(TRUNCATE)");
}

base::Result<std::map<std::string, std::string>> Shoot::State::loggedFacts()
{
    std::map<std::string, std::string> rows;
    if (!database)
        return rows;
    Statement statement(database.get(), "SELECT folder, facts FROM takes");
    int result = statement.step();
    for (; result == SQLITE_ROW; result = statement.step())
        rows.emplace(statement.text(0), statement.text(1));
    if (result != SQLITE_DONE)
        return fail(errorOf(database.get(), log_path));
    return rows;
}

base::Outcome Shoot::State::log(
    const std::string& name, const TakeFacts& facts, const std::string& facts_text)
{
    Statement statement(database.get(),
        "INSERT INTO takes (folder, scene, take, camera, started_at_utc_ns, facts) VALUES (?1, ?2, ?3, ?4, "
        "?5, ?6) "
        "ON CONFLICT (folder) DO UPDATE SET scene = ?2, take = ?3, camera = ?4, started_at_utc_ns = ?5, "
        "facts = ?6");
    statement.bind(1, name);
    statement.bind(2, facts.slate.scene);
    statement.bind(3, std::int64_t { facts.slate.take });
    statement.bind(4, std::string_view(&facts.slate.camera, 1));
    statement.bind(5, facts.started_at_utc.count());
    statement.bind(6, facts_text);
    if (statement.step() != SQLITE_DONE)
        return fail(errorOf(database.get(), log_path));
    return {};
}

namespace {

using Trouble = std::function<void(std::string)>;

/// The first part's facts are those of the whole take.
void showWhole(TakeEntry& entry, const Trouble& trouble)
{
    const auto recording = Recording::open(entry.folder);
    if (!recording)
        return trouble(recording.error().message);
    entry.facts = (*recording)->facts();
    for (const std::string& line : (*recording)->missing())
        trouble(fmt::format("take {}: {}", fullText(entry.facts.slate), line));
}

/// Whether a take is a part of another one in the list. A part whose first one is nowhere is named.
bool isShownWithItsFirst(
    const TakeEntry& entry, const std::vector<TakeEntry>& entries, const Trouble& trouble)
{
    if (!entry.facts.continues)
        return false;
    const std::filesystem::path first = entry.facts.continues->folder;
    const auto names = [&](const TakeEntry& other) {
        return !other.facts.continues && other.facts.id == entry.facts.id
            && other.folder.filename() == first.filename();
    };
    if (std::any_of(entries.begin(), entries.end(), names))
        return true;
    const auto elsewhere = readTakeFacts(first / "take.json");
    if (!elsewhere || elsewhere->id != entry.facts.id)
        trouble(fmt::format("{} is part {} of a take; the first one lay in {} and is not there now: attach "
                            "the disk it is on",
            entry.folder.string(), entry.facts.continues->number, first.string()));
    return false;
}

} // namespace

base::Result<std::vector<TakeEntry>> Shoot::takes(std::vector<std::string>* troubles)
{
    State& state = *state_;
    const auto trouble = [troubles](std::string line) {
        if (troubles)
            troubles->push_back(std::move(line));
    };
    const auto names = foldersIn(state.media());
    if (!names)
        return fail(names.error());
    auto logged = state.loggedFacts();
    if (!logged)
        return fail(logged.error());
    std::vector<TakeEntry> entries;
    std::vector<std::pair<const TakeEntry*, std::string>> unlogged;
    entries.reserve(names->size()); // `unlogged` points into it
    for (const std::string& name : *names) {
        const auto row = logged->extract(name);
        const auto folder = state.media() / name;
        auto facts = readTakeFacts(folder / "take.json");
        if (!facts) {
            trouble(facts.error().message);
            continue;
        }
        entries.push_back({ folder, std::move(*facts) });
        auto text = takeFactsText(entries.back().facts);
        if (row.empty() || row.mapped() != text)
            unlogged.emplace_back(&entries.back(), std::move(text));
    }
    for (const auto& [name, text] : *logged)
        trouble(
            fmt::format("take {} is in the log, but its folder in {} is gone", name, state.media().string()));
    if (state.mode == Mode::Create && !unlogged.empty()) {
        if (auto begun = state.run("BEGIN IMMEDIATE"); !begun)
            return fail(begun.error());
        for (const auto& [entry, text] : unlogged) {
            if (auto done = state.log(entry->folder.filename().string(), entry->facts, text); !done) {
                sqlite3_exec(state.database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
                return fail(done.error());
            }
        }
        if (auto committed = state.run("COMMIT"); !committed)
            return fail(committed.error());
    }
    for (TakeEntry& entry : entries)
        if (!entry.facts.parts.empty() && entry.facts.closed)
            showWhole(entry, trouble);
    entries.erase(std::remove_if(entries.begin(), entries.end(),
                      [&](const TakeEntry& entry) { return isShownWithItsFirst(entry, entries, trouble); }),
        entries.end());
    std::stable_sort(entries.begin(), entries.end(), [](const TakeEntry& a, const TakeEntry& b) {
        return a.facts.started_at_utc < b.facts.started_at_utc;
    });
    return entries;
}

base::Outcome Shoot::record(const TakeEntry& entry)
{
    State& state = *state_;
    if (state.mode != Mode::Create)
        return fail(
            Fault::Denied, fmt::format("the shoot {} was opened to read only", state.folder.string()));
    const std::string name = entry.folder.filename().string();
    std::error_code error;
    if (name.empty() || !std::filesystem::equivalent(entry.folder.parent_path(), state.media(), error)
        || error)
        return fail(Fault::Usage,
            fmt::format("{} does not lie in {}", entry.folder.string(), state.media().string()));
    return state.log(name, entry.facts, takeFactsText(entry.facts));
}

base::Result<int> Shoot::nextTake(const std::string& scene, char camera)
{
    State& state = *state_;
    int highest = 0;
    std::set<std::string> known;
    if (state.database) {
        Statement statement(state.database.get(), "SELECT folder, scene, camera, take FROM takes");
        int result = statement.step();
        for (; result == SQLITE_ROW; result = statement.step()) {
            known.insert(statement.text(0));
            if (statement.text(1) == scene && statement.text(2) == std::string_view(&camera, 1))
                highest = std::max(highest,
                    static_cast<int>(std::clamp<std::int64_t>(statement.number(3), 0, kHighestTake)));
        }
        if (result != SQLITE_DONE)
            return fail(errorOf(state.database.get(), state.log_path));
    }
    const auto names = foldersIn(state.media());
    if (!names)
        return fail(names.error());
    for (const std::string& name : *names) {
        // By name, too: a folder whose take.json is damaged, or whose slate was changed later, still takes up
        // its number.
        if (const auto take = takeInName(name, scene, camera))
            highest = std::max(highest, *take);
        if (known.contains(name))
            continue;
        const auto facts = readTakeFacts(state.media() / name / "take.json");
        if (facts && facts->slate.scene == scene && facts->slate.camera == camera)
            highest = std::max(highest, facts->slate.take);
    }
    if (highest >= kHighestTake)
        return fail(Fault::Usage,
            fmt::format(
                "scene {} has as many takes as there are numbers: choose another setup letter", scene));
    return highest + 1;
}

const std::filesystem::path& Shoot::folder() const { return state_->folder; }

namespace {

bool isTake(const std::filesystem::path& folder)
{
    std::error_code error;
    return std::filesystem::is_regular_file(folder / "take.json", error);
}

/// The take of that slate below the shoot's media/: where its name says, or else where a take.json says.
std::optional<std::filesystem::path> findSlate(const std::filesystem::path& media, const Slate& slate)
{
    const auto usual = media / folderName(slate);
    if (isTake(usual)) {
        // A take.json that cannot be read is still the take that was asked for: opening it says what is
        // wrong.
        const auto facts = readTakeFacts(usual / "take.json");
        if (!facts || facts->slate == slate)
            return usual;
    }
    for (const std::string& name : foldersIn(media).value_or(std::vector<std::string> {})) {
        const auto facts = readTakeFacts(media / name / "take.json");
        if (facts && facts->slate == slate)
            return media / name;
    }
    return std::nullopt;
}

} // namespace

base::Result<std::filesystem::path> findTake(const std::string& text)
{
    const std::filesystem::path path(text);
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        if (isTake(path))
            return path;
        return fail(Fault::NotFound,
            fmt::format("{} is a folder, but no take: there is no take.json in it. Name a folder below "
                        "media/, or {}#12A/3",
                text, text));
    }
    if (std::filesystem::exists(path, error))
        return path;
    // Folder names and scenes may hold a '#' themselves: the first split that is a shoot and a slate counts.
    std::optional<base::Error> trouble;
    for (auto hash = text.find('#'); hash != std::string::npos; hash = text.find('#', hash + 1)) {
        const std::filesystem::path shoot = hash == 0 ? "." : text.substr(0, hash);
        if (!std::filesystem::is_directory(shoot, error)) {
            if (!trouble)
                trouble = base::Error { Fault::NotFound,
                    fmt::format("there is no shoot folder {}", shoot.string()), {} };
            continue;
        }
        std::string slate_text = text.substr(hash + 1);
        // "12A/3[B]", as the help writes it, is taken at its word.
        if (slate_text.size() > 3 && slate_text.ends_with(']') && slate_text[slate_text.size() - 3] == '[') {
            slate_text.pop_back();
            slate_text.erase(slate_text.size() - 2, 1);
        }
        const auto slate = parseSlate(slate_text);
        if (!slate) {
            trouble = slate.error();
            continue;
        }
        if (const auto folder = findSlate(shoot / "media", *slate))
            return *folder;
        trouble = base::Error { Fault::NotFound,
            fmt::format(
                "there is no take {} of camera {} in {}: `backtake takes --shoot {}` lists what is there",
                takes::text(*slate), slate->camera, shoot.string(), shoot.string()),
            {} };
    }
    if (trouble)
        return fail(std::move(*trouble));
    return fail(Fault::NotFound,
        fmt::format("there is no {}: name a take's folder, SHOOT#12A/3, or a clip file", text));
}

} // namespace backtake::takes
