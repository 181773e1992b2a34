/// A shoot folder: its takes on disk and their log, shoot.db.
#pragma once

#include "takes/log.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace backtake::takes {

/// Room: one thread at a time (the log thread of app). Time: every call may wait for the disk.
/// Owns: the database connection, and the shoot's lock. shoot.db is an index over media/: rebuilt from
/// take.json files where it lacks one.
class Shoot {
public:
    /// Opens the folder, making it (and media/, shoot.db) when @p mode says so. Who may write holds the lock
    /// on shoot.lock, which ends with the process; reading needs none. On a file system without locks there
    /// is no warning. A shoot.db of an older version is copied aside and brought up; one that is damaged or
    /// another program's gets another name and is made anew from media/, and log().troubles() says so. Who
    /// only reads changes neither.
    /// @param disk outlives it; what is written beside the takes goes through it.
    /// @return Fault::NotFound, Denied (not writable), Corrupt (only to read: shoot.db is no database of
    /// ours), Unsupported (newer: left as it is), Busy (another program has it open to write: which one, in
    /// words; open it ReadOnly).
    enum class Mode { ReadOnly = 1, Create };
    static base::Result<std::unique_ptr<Shoot>> open(
        const std::filesystem::path& folder, Mode mode, Disk& disk = kernelDisk());
    ~Shoot();
    Shoot(const Shoot&) = delete;
    Shoot& operator=(const Shoot&) = delete;

    /// Oldest first. A take in several parts is one, with the facts of the whole; a part whose first one lies
    /// in another shoot is listed for itself. Takes whose take.json cannot be read are left out and named in
    /// @p troubles, and so are parts that are not there.
    base::Result<std::vector<TakeEntry>> takes(std::vector<std::string>* troubles = nullptr);
    /// Puts a take that was rolled or closed into the log (replaces its row). It may lie in another folder,
    /// on another disk; then takes() leaves it out, and log() has it.
    base::Outcome record(const TakeEntry& entry);
    /// What is said of the takes; as long as the shoot. Time: the first call reads media/, unless takes()
    /// did.
    Log& log();
    /// The number after the highest of that scene and camera, in log and media alike, and after the highest
    /// that any take of the scene was given later; 1 for a new scene.
    base::Result<int> nextTake(const std::string& scene, char camera);
    [[nodiscard]] const std::filesystem::path& folder() const;

private:
    Shoot();
    struct State;
    std::unique_ptr<State> state_;
};

/// What TAKE on the command line names: a recording's folder, `SHOOT#12A/3[A]`, or else a file. @return the
/// recording's folder, or the file itself. Fault::NotFound when there is neither.
base::Result<std::filesystem::path> findTake(const std::string& text);

} // namespace backtake::takes
