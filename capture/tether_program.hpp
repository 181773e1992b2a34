/// The helper `backtake-tether` as a child process: where it is, how it starts, how it ends. What it says is
/// in capture/tether/protocol.hpp.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace backtake::capture {

/// Where the helper is: what the environment's BACKTAKE_TETHER names (a program or a wrapper script), else
/// beside this program, else in the build tree's app/ for test programs. Room: any thread.
/// @return Fault::NotFound with what to install or to set, Denied for a file that may not be run.
base::Result<std::filesystem::path> findTetherProgram();

/// A folder for the helper's own settings, so that other programs' settings of libgphoto2 neither rule it nor
/// are changed by it: $XDG_STATE_HOME/backtake/tether/CAMERA, made with mode 0700. A camera that pairs knows
/// this computer by what lies there. When it cannot be made, a temporary one that ends with this program: the
/// camera may then ask to be paired again. Room: any thread.
/// @param camera "usb", "usb:001,007", "ptpip:10.0.0.9": made safe for a file name here.
std::filesystem::path tetherHome(const std::string& camera);

/// One helper that runs. It is a process group of its own: Ctrl-C in the terminal does not reach it, and a
/// wrapper script goes together with what it started. Room: all calls from one thread at a time. Owns: the
/// process, from start() to the destructor, which never leaves one behind.
class TetherProcess {
public:
    /// What the child gets; -1: none. They stay the caller's: it closes its copies of the child's ends after
    /// start(), else it never sees the child's end in them.
    struct Descriptors {
        int socket = -1; ///< The child's tether::kSocketFd.
        int memory = -1; ///< The child's tether::kMemoryFd.
        int out = -1;    ///< The child's stdout; none: /dev/null, so that stdout stays for results.
        int in = -1;     ///< The child's stdin; none: /dev/null.
    };

    /// Starts findTetherProgram() with @p arguments. Every other descriptor of ours is closed in it, signals
    /// are as in a new program, stderr and environment are ours.
    /// @return the faults of findTetherProgram(), OutOfSpace (no memory, no more processes), Failed.
    static base::Result<std::unique_ptr<TetherProcess>> start(
        const std::vector<std::string>& arguments, Descriptors descriptors);

    /// Waits kPoliteEnd for a helper that ends by itself because its socket (or stdin) was closed before,
    /// then kills and reaps it. Time: kPoliteEnd; a helper that hangs in the kernel (a USB request) up to 1 s
    /// more, after which it is reaped at a later start().
    ~TetherProcess();
    TetherProcess(const TetherProcess&) = delete;
    TetherProcess& operator=(const TetherProcess&) = delete;

    static constexpr base::Nanos kPoliteEnd = std::chrono::milliseconds(300);

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Becomes readable when the process ends: for poll() beside its socket.
    [[nodiscard]] int pidfd() const { return pidfd_; }
    [[nodiscard]] bool running() const;
    /// Waits for its end. @return whether it ended within @p limit.
    bool waitForEnd(base::Nanos limit) const;
    /// CPU time it has used so far, all its threads; when it has ended: in its whole life.
    [[nodiscard]] base::Nanos cpuTime() const;
    /// SIGKILL, to it and all it started; returns at once.
    void kill();
    /// "exit code 1", "signal 11 (Segmentation fault)", "still running".
    [[nodiscard]] std::string ending() const;
    /// How it ended: 0 … 255 as it said, 128 + signal when a signal ended it; -1: still running.
    [[nodiscard]] int exitCode() const;

private:
    TetherProcess(pid_t pid, int pidfd)
        : pid_(pid)
        , pidfd_(pidfd)
    {
    }
    bool reap() const; ///< @return whether it has ended.

    const pid_t pid_;
    const int pidfd_;
    mutable bool ended_ = false;
    mutable int status_ = 0; ///< As wait() gives it, once ended.
    mutable base::Nanos cpu_ {};
};

} // namespace backtake::capture
