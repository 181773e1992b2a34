/// The cameras on USB that libgphoto2 knows: which are there, what keeps one from being opened, and who holds
/// it. The tether helper looks; nothing here touches a device.
#pragma once

#include "base/result.hpp"
#include "base/thread_marks.hpp"
#include "base/time.hpp"
#include "capture/camera_list.hpp"
#include "capture/tether/protocol.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace backtake::capture {

/// Asks `backtake-tether --list` once. Room: any thread but the UI's. Time: 50 to 150 ms, at most @p limit.
/// @return the faults of TetherProcess::start(), TimedOut, Corrupt, Failed.
base::Result<std::vector<tether::AttachedCamera>> listAttached(base::Nanos limit = std::chrono::seconds(3));

/// The helper that is used, for `backtake doctor`.
struct TetherVersion {
    std::filesystem::path program;
    std::string library; ///< "libgphoto2 2.5.30"; empty: this helper does not say.
    std::optional<bool>
        has_ptp2; ///< The library's driver for EOS bodies loads; nullopt: this helper does not say.
};
/// Asks `backtake-tether --version` once. Room: any thread but the UI's. Time: 50 to 150 ms, at most @p
/// limit.
/// @return the faults of TetherProcess::start(), TimedOut, Corrupt, Failed for a helper that does not even
/// start (a library is missing).
base::Result<TetherVersion> askTetherVersion(base::Nanos limit = std::chrono::seconds(3));

/// What `backtake cameras` and the window show of it: `gphoto:usb:BUS,DEV`, and why it cannot be opened with
/// what to do. Fault::Busy names the holder, Fault::Denied the udev rule.
ListedCamera asListed(const tether::AttachedCamera& camera);

/// How long the watch waits for what. Time is an argument, for tests.
struct WatchTimes {
    base::Nanos first_list =
        std::chrono::seconds(10); ///< Loading all drivers from a cold disk may take seconds.
    base::Nanos shortest_pause =
        std::chrono::milliseconds(500);                   ///< Before a helper that ended is replaced; …
    base::Nanos longest_pause = std::chrono::seconds(30); ///< … doubled each time, up to this.
};

/// The list, kept up as cameras come and go, by a helper that waits for the kernel's news (`--watch`).
/// Room: public calls from any thread, none waits. A thread of its own reads what the helper says; it starts
/// with the first call of list() or version() and replaces a helper that hangs, ends or talks nonsense. Owns:
/// thread and helper, until the destructor (at most TetherProcess::kPoliteEnd, or 1 s more for a helper that
/// hangs in the kernel).
class AttachedCameras {
public:
    explicit AttachedCameras(WatchTimes times = {});
    ~AttachedCameras();
    AttachedCameras(const AttachedCameras&) = delete;
    AttachedCameras& operator=(const AttachedCameras&) = delete;

    /// The newest list. While no helper watches it is the last one known; see trouble().
    [[nodiscard]] std::vector<tether::AttachedCamera> list() const EXCLUDES(mutex_);
    /// Counts up with every list and every change of trouble(); 0: none came yet.
    [[nodiscard]] std::uint64_t version() const EXCLUDES(mutex_);
    /// Why the list is not kept up now; empty: it is.
    [[nodiscard]] std::string trouble() const EXCLUDES(mutex_);
    /// Asks the program that holds a camera of the list to end; the list says when it did.
    /// @return the faults of capture::endHolder(); NotFound when it holds no camera of the list.
    base::Outcome endHolder(int pid) const EXCLUDES(mutex_);

private:
    void startOnce() const EXCLUDES(mutex_);
    void run(std::stop_token stop);
    std::string watch(std::stop_token stop, int stop_fd); ///< Until a helper ends. @return why.
    void set(std::vector<tether::AttachedCamera> cameras) EXCLUDES(mutex_);
    void setTrouble(std::string why) EXCLUDES(mutex_);

    const WatchTimes times_;
    mutable base::Mutex mutex_;
    std::vector<tether::AttachedCamera> cameras_ GUARDED_BY(mutex_);
    std::string trouble_ GUARDED_BY(mutex_);
    std::uint64_t version_ GUARDED_BY(mutex_) = 0;
    mutable std::jthread thread_; ///< Last: stopped and joined before the rest goes. Started under mutex_.
};

/// Sends SIGTERM to a program of this user that has @p node open, looked up again just before; waits for
/// nothing.
/// @return Fault::Usage for a pid <= 1 and for this program or one it started, NotFound when it has ended or
/// does not hold @p node (any more), Denied for another user's program.
base::Outcome endHolder(int pid, const std::filesystem::path& node);

/// Whether the udev rule for Canon EOS bodies is installed.
struct UdevRule {
    enum class State { Current = 1, Missing, Different } state = State::Missing;
    std::filesystem::path path; ///< Of the file that udev reads; empty when missing.
};
/// Compares the installed file byte for byte with the text this program was built with: an older or edited
/// one is Different. @param folders udev's, the first that has it wins.
UdevRule checkUdevRule(const std::vector<std::filesystem::path>& folders = { "/etc/udev/rules.d",
                           "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d" });
/// The one command that installs it, for the operator's lines.
std::string udevInstallCommand();

/// A program that runs now.
struct RunningProgram {
    std::string name;
    int pid = 0;
};
/// Programs of any user that take every camera as soon as it is plugged in: the file manager's helpers.
std::vector<RunningProgram> cameraGrabbers(const std::filesystem::path& proc = "/proc");

} // namespace backtake::capture
