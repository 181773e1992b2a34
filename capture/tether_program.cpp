#include "capture/tether_program.hpp"

#include "base/thread_marks.hpp"
#include "capture/tether/protocol.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace backtake::capture {
namespace {

namespace fs = std::filesystem;
using base::Fault;
using base::Nanos;

constexpr const char* kProgram = "backtake-tether";

std::string wordsOf(int error_number) { return std::generic_category().message(error_number); }

bool isProgram(const fs::path& path)
{
    std::error_code refused;
    return fs::is_regular_file(path, refused) && access(path.c_str(), X_OK) == 0;
}

/// Helpers that hung in the kernel when their owner had to go on: reaped as soon as the kernel lets them go.
class Leftovers {
public:
    void add(pid_t pid) EXCLUDES(mutex_)
    {
        const base::Lock lock(mutex_);
        pids_.push_back(pid);
    }
    void reap() EXCLUDES(mutex_)
    {
        const base::Lock lock(mutex_);
        std::erase_if(pids_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    }

private:
    base::Mutex mutex_;
    std::vector<pid_t> pids_ GUARDED_BY(mutex_);
};
Leftovers& leftovers()
{
    static Leftovers all;
    return all;
}

/// A folder for this program's life.
class TemporaryHomes {
public:
    ~TemporaryHomes()
    {
        std::error_code ignored;
        if (!root_.empty())
            fs::remove_all(root_, ignored);
    }
    fs::path of(const std::string& name) EXCLUDES(mutex_)
    {
        const base::Lock lock(mutex_);
        std::error_code ignored;
        if (root_.empty()) {
            fs::path parent = fs::temp_directory_path(ignored);
            std::string pattern =
                ((parent.empty() ? fs::path("/tmp") : parent) / "backtake-tether-XXXXXX").string();
            if (mkdtemp(pattern.data()) != nullptr)
                root_ = pattern;
        }
        // Without any folder the helper still works; the camera then sees a new computer each time.
        if (root_.empty())
            return "/nonexistent";
        const fs::path home = root_ / name;
        mkdir(home.c_str(), 0700);
        return home;
    }

private:
    base::Mutex mutex_;
    fs::path root_ GUARDED_BY(mutex_);
};

/// Letters, digits and a few marks stay. Two names that would become one are told apart by a number.
std::string fileNameFor(const std::string& camera)
{
    constexpr std::size_t kLongest = 100; // file names end at 255
    std::string name;
    bool ambiguous = camera.empty() || camera.size() > kLongest || camera.starts_with('.');
    for (const char c : camera.substr(0, kLongest)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || c == '.' || c == '-';
        name += plain ? c : '_';
        ambiguous = ambiguous || (!plain && c != ':' && c != ',');
    }
    if (!ambiguous)
        return name;
    std::uint64_t number = 14695981039346656037U; // FNV-1a
    for (const char c : camera)
        number = (number ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return fmt::format("_{}-{:016x}", name, number);
}

/// Makes every missing part with mode 0700, as the XDG rules want it, and the last one so in any case.
bool makePrivate(const fs::path& folder)
{
    fs::path so_far;
    for (const fs::path& part : folder) {
        so_far /= part;
        if (mkdir(so_far.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return false;
    }
    struct stat status { };
    if (lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return false;
    return ((status.st_mode & 0777) == 0700 || chmod(folder.c_str(), 0700) == 0)
        && access(folder.c_str(), W_OK | X_OK) == 0;
}

/// A descriptor above those the child gets: dup2() in the child then never meets one that is still needed.
class HighCopy {
public:
    explicit HighCopy(int fd)
        : wanted_(fd >= 0)
        , fd_(fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 16) : -1)
    {
    }
    ~HighCopy()
    {
        if (fd_ >= 0)
            close(fd_);
    }
    HighCopy(const HighCopy&) = delete;
    HighCopy& operator=(const HighCopy&) = delete;
    [[nodiscard]] bool missing() const { return wanted_ && fd_ < 0; }
    [[nodiscard]] int fd() const { return fd_; }

private:
    bool wanted_;
    int fd_;
};

Nanos nanosOf(const timeval& time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

} // namespace

base::Result<fs::path> findTetherProgram()
{
    if (const char* named = std::getenv("BACKTAKE_TETHER"); named != nullptr && *named != '\0') {
        std::error_code refused;
        if (isProgram(named))
            return fs::absolute(named, refused);
        if (fs::exists(named, refused))
            return base::fail(Fault::Denied,
                fmt::format(
                    "BACKTAKE_TETHER names {}, which may not be run: chmod +x it, or name another", named));
        return base::fail(Fault::NotFound,
            fmt::format("BACKTAKE_TETHER names {}, which is not there: name another, or unset it", named));
    }
    std::error_code refused;
    const fs::path beside = fs::read_symlink("/proc/self/exe", refused).parent_path();
    for (const fs::path& place : { beside, beside / "../app", beside / "../../app" })
        if (!beside.empty() && isProgram(place / kProgram))
            return (place / kProgram).lexically_normal();
    return base::fail(Fault::NotFound,
        fmt::format(
            "{} is missing beside {}: no camera opens by gphoto: without it; install Backtake again, or "
            "name it in BACKTAKE_TETHER",
            kProgram, beside.empty() ? "this program" : beside.string()));
}

fs::path tetherHome(const std::string& camera)
{
    const std::string name = fileNameFor(camera);
    const char* state = std::getenv("XDG_STATE_HOME");
    const char* home = std::getenv("HOME");
    fs::path folder;
    if (state != nullptr && *state == '/') // the XDG rules: anything else is to be ignored
        folder = state;
    else if (home != nullptr && *home == '/')
        folder = fs::path(home) / ".local/state";
    if (!folder.empty()) {
        folder = folder / "backtake" / "tether" / name;
        if (makePrivate(folder))
            return folder;
        spdlog::warn(
            "{} cannot be used: settings of {} are kept until this program ends", folder.string(), camera);
    }
    static TemporaryHomes temporary;
    return temporary.of(name);
}

base::Result<std::unique_ptr<TetherProcess>> TetherProcess::start(
    const std::vector<std::string>& arguments, Descriptors descriptors)
{
    leftovers().reap();
    const auto program = findTetherProgram();
    if (!program)
        return base::fail(program.error());

    const HighCopy socket(descriptors.socket);
    const HighCopy memory(descriptors.memory);
    const HighCopy out(descriptors.out);
    const HighCopy in(descriptors.in);
    if (socket.missing() || memory.missing() || out.missing() || in.missing())
        return base::fail(base::faultOfErrno(errno),
            fmt::format("{} cannot be started: {}; close other programs", kProgram, wordsOf(errno)));

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    const auto give = [&](const HighCopy& copy, int as, int flags) {
        if (copy.fd() >= 0)
            posix_spawn_file_actions_adddup2(&actions, copy.fd(), as);
        else if (as <= STDOUT_FILENO)
            posix_spawn_file_actions_addopen(&actions, as, "/dev/null", flags, 0);
        else
            // Not ours by accident: what is 3 here stays here. Closing what is not open is no failure.
            posix_spawn_file_actions_addclose(&actions, as);
    };
    give(in, STDIN_FILENO, O_RDONLY);
    give(out, STDOUT_FILENO, O_WRONLY);
    give(socket, tether::kSocketFd, 0);
    give(memory, tether::kMemoryFd, 0);
    static_assert(tether::kSocketFd == 3 && tether::kMemoryFd == 4);
    posix_spawn_file_actions_addclosefrom_np(&actions, tether::kMemoryFd + 1);

    sigset_t none;
    sigset_t ours;
    sigemptyset(&none);
    sigfillset(&ours);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> words = arguments;
    words.insert(words.begin(), program->string());
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);

    pid_t pid = -1;
    const int trouble = posix_spawn(&pid, program->c_str(), &actions, &attributes, pointers.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (trouble != 0)
        return base::fail(base::faultOfErrno(trouble),
            fmt::format("{} cannot be started: {}; install Backtake again, or close other programs",
                program->string(), wordsOf(trouble)));
    // <sys/pidfd.h> of glibc 2.36 is not for C++ (it lacks extern "C"). The kernel sets close-on-exec by
    // itself.
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) {
        const int error_number = errno;
        ::kill(-pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return base::fail(base::faultOfErrno(error_number),
            fmt::format("{} cannot be watched: {}; close other programs", kProgram, wordsOf(error_number)));
    }
    return std::unique_ptr<TetherProcess>(new TetherProcess(pid, pidfd));
}

TetherProcess::~TetherProcess()
{
    if (!waitForEnd(kPoliteEnd)) {
        kill();
        if (!waitForEnd(std::chrono::seconds(1))) {
            spdlog::warn("backtake-tether ({}) hangs in the kernel; it is left behind", pid_);
            leftovers().add(pid_);
        }
    }
    close(pidfd_);
}

bool TetherProcess::reap() const
{
    if (ended_)
        return true;
    siginfo_t news {};
    if (waitid(P_PID, static_cast<id_t>(pid_), &news, WEXITED | WNOHANG | WNOWAIT) != 0 || news.si_pid == 0)
        return false;
    // Until it is reaped its number is nobody else's: what a wrapper script left running goes now.
    ::kill(-pid_, SIGKILL);
    rusage usage {};
    if (wait4(pid_, &status_, 0, &usage) == pid_)
        cpu_ = nanosOf(usage.ru_utime) + nanosOf(usage.ru_stime);
    ended_ = true;
    return true;
}

bool TetherProcess::running() const { return !reap(); }

bool TetherProcess::waitForEnd(Nanos limit) const
{
    const Nanos deadline = base::monotonicNow() + limit;
    while (!reap()) {
        const Nanos left = deadline - base::monotonicNow();
        if (left <= Nanos(0))
            return false;
        const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        pollfd end { pidfd_, POLLIN, 0 };
        poll(&end, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 1'000'000)));
    }
    return true;
}

Nanos TetherProcess::cpuTime() const
{
    if (reap())
        return cpu_;
    clockid_t clock {};
    timespec time {};
    if (clock_getcpuclockid(pid_, &clock) == 0 && clock_gettime(clock, &time) == 0)
        cpu_ = std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
    return cpu_;
}

void TetherProcess::kill()
{
    if (!ended_) // not reaped, so the number is still its own
        ::kill(-pid_, SIGKILL);
}

int TetherProcess::exitCode() const
{
    if (!reap())
        return -1;
    return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

std::string TetherProcess::ending() const
{
    if (!reap())
        return "still running";
    if (WIFSIGNALED(status_)) {
        const char* words = sigdescr_np(WTERMSIG(status_));
        return fmt::format("signal {} ({})", WTERMSIG(status_), words != nullptr ? words : "unknown");
    }
    return fmt::format("exit code {}", WEXITSTATUS(status_));
}

} // namespace backtake::capture
