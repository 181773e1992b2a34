#include "takes/shoot.hpp"

#include "takes/files.hpp"
#include "takes/log_schema.hpp"
#include "takes/log_store.hpp"
#include "takes/recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <functional>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr int kHighestTake = 99999;

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
    Mode mode = Mode::ReadOnly;
    File lock;                     ///< Open while this program may write, where there are locks.
    std::unique_ptr<LogStore> log; ///< Never null.
    bool media_read = false;       ///< The log has what lies in media/.

    [[nodiscard]] std::filesystem::path media() const { return folder / "media"; }
    base::Outcome openLog(base::Result<LogFileKind> found, Disk& disk);
    base::Outcome follow(const std::vector<TakeEntry>& unlogged);
};

Shoot::Shoot()
    : state_(std::make_unique<State>())
{
}
Shoot::~Shoot() = default;

base::Result<std::unique_ptr<Shoot>> Shoot::open(const std::filesystem::path& folder, Mode mode, Disk& disk)
{
    std::unique_ptr<Shoot> shoot(new Shoot);
    State& state = *shoot->state_;
    state.folder = folder;
    state.mode = mode;
    std::error_code error;
    // Before anything is made: a folder with the shoot.db of a newer version stays exactly as it is.
    auto found = lookAtLog(folder / "shoot.db");
    if (!found && (mode == Mode::ReadOnly || found.error().fault != Fault::Corrupt))
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
    } else if ((*found == LogFileKind::Absent || *found == LogFileKind::Empty)
        && !std::filesystem::is_directory(state.media(), error)) {
        return fail(Fault::NotFound,
            fmt::format("{} is no shoot: there is neither shoot.db nor media/ in it", folder.string()));
    }
    if (auto opened = state.openLog(std::move(found), disk); !opened)
        return fail(opened.error());
    return shoot;
}

base::Outcome Shoot::State::openLog(base::Result<LogFileKind> found, Disk& disk)
{
    const auto path = folder / "shoot.db";
    if (mode == Mode::ReadOnly) {
        auto database = openLogToRead(path, *found);
        if (!database)
            return fail(database.error());
        log = std::make_unique<LogStore>(std::move(*database),
            *found == LogFileKind::Ours ? LogStore::Use::Read : LogStore::Use::Copy, media(), disk);
        return {};
    }
    auto database = found ? openLogToWrite(path, *found) : base::Result<Database>(fail(found.error()));
    std::string kept;
    if (!database && database.error().fault == Fault::Corrupt) {
        const std::string why = database.error().detail;
        database = fail(database.error()); // closed, before its files are renamed
        const auto aside = keepLogAside(path);
        if (!aside)
            return fail(aside.error());
        kept = fmt::format("the log {} was damaged or another program's{}{}: it is kept as {}, and a new one "
                           "is made from what lies in media/",
            path.string(), why.empty() ? "" : ", ", why, aside->filename().string());
        database = openLogToWrite(path, LogFileKind::Absent);
    }
    if (!database)
        return fail(database.error());
    log = std::make_unique<LogStore>(std::move(*database), LogStore::Use::Write, media(), disk);
    if (!kept.empty())
        log->say(kept);
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

/// The log has @p unlogged, and what the log.json files say; or they say what it has.
base::Outcome Shoot::State::follow(const std::vector<TakeEntry>& unlogged)
{
    // The program that has the shoot open to write is the one whose log follows; a copy is ours alone.
    if (!log->mayFollow())
        return {};
    if (!unlogged.empty())
        if (auto recorded = log->record(unlogged); !recorded)
            return recorded;
    media_read = true;
    return log->matchMedia();
}

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
    auto logged = state.log->recordings();
    if (!logged)
        return fail(logged.error());
    std::vector<TakeEntry> entries;
    std::vector<TakeEntry> unlogged;
    for (const std::string& name : *names) {
        const auto row = logged->extract(name);
        const auto folder = state.media() / name;
        auto facts = readTakeFacts(folder / "take.json");
        if (!facts) {
            trouble(facts.error().message);
            continue;
        }
        entries.push_back({ folder, std::move(*facts) });
        if (row.empty() || row.mapped() != takeFactsText(entries.back().facts))
            unlogged.push_back(entries.back());
    }
    for (const auto& [name, text] : *logged) {
        std::error_code error;
        const bool elsewhere = std::filesystem::path(name).is_absolute();
        if (!elsewhere || !std::filesystem::exists(name, error))
            trouble(fmt::format("take {} is in the log, but its folder in {} is gone",
                elsewhere ? std::filesystem::path(name).filename().string() : name,
                elsewhere ? std::filesystem::path(name).parent_path().string() : state.media().string()));
    }
    if (auto followed = state.follow(unlogged); !followed)
        return fail(followed.error());
    for (std::string& line : state.log->troubles())
        trouble(std::move(line));
    const auto showings = state.log->showings();
    if (!showings)
        return fail(showings.error());
    for (TakeEntry& entry : entries) {
        if (!entry.facts.parts.empty() && entry.facts.closed)
            showWhole(entry, trouble);
        if (const auto said = showings->find(entry.folder.filename()); said != showings->end())
            show(entry.facts, said->second);
    }
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
    const std::string name = state.log->nameOf(entry.folder);
    std::error_code error;
    if (name.empty()
        || (std::filesystem::path(name).is_absolute() && !std::filesystem::is_directory(name, error)))
        return fail(Fault::Usage,
            fmt::format("the take is not in the log: there is no folder {}", entry.folder.string()));
    if (auto recorded = state.log->record(std::span(&entry, 1)); !recorded)
        return recorded;
    return state.log->matchMedia(name);
}

Log& Shoot::log()
{
    // Not through takes(): its troubles are for whoever asks for the list.
    if (std::vector<std::string> troubles; !state_->media_read) {
        if (const auto read = takes(&troubles); !read)
            troubles.push_back(read.error().message);
        for (std::string& line : troubles)
            state_->log->say(std::move(line));
    }
    return *state_->log;
}

base::Result<int> Shoot::nextTake(const std::string& scene, char camera)
{
    State& state = *state_;
    const auto known = state.log->recordings();
    if (!known)
        return fail(known.error());
    const auto logged = state.log->highestTake(scene, camera);
    if (!logged)
        return fail(logged.error());
    int highest = *logged;
    const auto names = foldersIn(state.media());
    if (!names)
        return fail(names.error());
    for (const std::string& name : *names) {
        // By name, too: a folder whose take.json is damaged, or whose slate was changed later, still takes up
        // its number.
        if (const auto take = takeInName(name, scene, camera))
            highest = std::max(highest, *take);
        if (known->contains(name))
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
