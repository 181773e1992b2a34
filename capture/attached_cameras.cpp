#include "capture/attached_cameras.hpp"

#include "base/text.hpp"
#include "capture/tether/usb_device.hpp"
#include "capture/tether_program.hpp"
#include "udev/eos_rules.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

namespace backtake::capture {
namespace {

namespace fs = std::filesystem;
using base::Fault;
using base::Nanos;
using tether::AttachedCamera;

/// A list of the longest names that may be is some 150 kB; what is longer is none.
constexpr std::size_t kLongestList = 1 << 20;
/// A hub that is pulled makes one list. A helper that says more in a second is broken.
constexpr int kMostListsPerSecond = 100;

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd)
        : fd_(fd)
    {
    }
    Fd(Fd&& other) noexcept
        : fd_(std::exchange(other.fd_, -1))
    {
    }
    Fd& operator=(Fd&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { reset(); }
    void reset()
    {
        if (fd_ >= 0)
            close(std::exchange(fd_, -1));
    }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_ = -1;
};

struct Pipe {
    Fd read;
    Fd write;
};
std::optional<Pipe> makePipe()
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::nullopt;
    return Pipe { Fd(ends[0]), Fd(ends[1]) };
}

tl::unexpected<base::Error> noPipe()
{
    return base::fail(base::faultOfErrno(errno),
        fmt::format("USB cameras cannot be listed: {}; close other programs",
            std::generic_category().message(errno)));
}

/// @return what came, nullopt at the end of file. @p fd must be ready.
std::optional<std::string_view> readSome(int fd, std::span<char> buffer)
{
    ssize_t size = -1;
    do
        size = read(fd, buffer.data(), buffer.size());
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return std::nullopt;
    return std::string_view(buffer.data(), static_cast<std::size_t>(size));
}

int pollTimeout(Nanos deadline)
{
    const Nanos left = std::max(deadline - base::monotonicNow(), Nanos(0));
    return static_cast<int>(
        std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 1'000'000));
}

/// What a helper said until it closed its stdout, and how it ended.
struct Said {
    std::string text;
    int exit_code = 0; ///< 0 as well when it said everything and then did not end in time.
    std::string ending;
};
base::Result<Said> askOnce(const std::string& argument, Nanos limit)
{
    const Nanos deadline = base::monotonicNow() + limit;
    auto out = makePipe();
    if (!out)
        return noPipe();
    auto helper = TetherProcess::start({ argument }, { .out = out->write.get() });
    if (!helper)
        return base::fail(helper.error());
    out->write.reset();

    Said said;
    std::array<char, 4096> buffer {};
    for (;;) {
        pollfd ready { out->read.get(), POLLIN, 0 };
        const int count = poll(&ready, 1, pollTimeout(deadline));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            (*helper)->kill();
            return base::fail(Fault::TimedOut,
                fmt::format("the tether helper gave no answer within {}: unplug the USB camera that hangs "
                            "and plug it "
                            "in again",
                    base::durationText(limit)));
        }
        const auto some = readSome(out->read.get(), buffer);
        if (!some)
            break;
        said.text += *some;
        if (said.text.size() > kLongestList) {
            (*helper)->kill();
            return base::fail(Fault::Corrupt, "the tether helper talks nonsense: install Backtake again",
                fmt::format("{} says more than {} bytes", argument, kLongestList));
        }
    }
    if (!(*helper)->waitForEnd(std::max(deadline - base::monotonicNow(), Nanos(0)))) {
        (*helper)->kill();
        return said;
    }
    said.exit_code = (*helper)->exitCode();
    said.ending = (*helper)->ending();
    return said;
}

/// 0 when it has ended. The name in the file may hold spaces and brackets: the last bracket ends it.
int parentOf(int pid)
{
    std::string line;
    std::ifstream stat_file(fmt::format("/proc/{}/stat", pid), std::ios::binary);
    std::getline(stat_file, line, '\0');
    const std::size_t bracket = line.rfind(')');
    int parent = 0;
    if (bracket != std::string::npos && bracket + 4 < line.size()) // ") S 1234 …"
        std::from_chars(line.data() + bracket + 4, line.data() + line.size(), parent);
    return parent;
}

/// Ourselves, or started by us, also by way of a wrapper script.
bool isOurs(int pid)
{
    constexpr int kDeepest = 64; // processes may end and change while we climb
    for (int depth = 0; pid > 1 && depth < kDeepest; ++depth, pid = parentOf(pid))
        if (pid == getpid())
            return true;
    return false;
}

std::string deniedWords(const AttachedCamera& camera)
{
    const UdevRule rule = checkUdevRule();
    const std::string what = fmt::format("no right to open {} ({})", camera.model, camera.port);
    switch (rule.state) {
    case UdevRule::State::Missing:
        return fmt::format(
            "{}: the udev rule {} is not installed; run {}", what, udev::kEosRulesName, udevInstallCommand());
    case UdevRule::State::Different:
        return fmt::format("{}: the udev rule {} is another version's; run {}", what, rule.path.string(),
            udevInstallCommand());
    case UdevRule::State::Current:
        break;
    }
    return fmt::format(
        "{}, though the udev rule {} is installed: it is for Canon EOS bodies and for who is logged in at "
        "this computer itself, not from elsewhere; unplug the camera and plug it in again",
        what, rule.path.string());
}

std::string busyWords(const AttachedCamera& camera)
{
    if (camera.holder.empty())
        return fmt::format(
            "another program has {}: close the program that shows its pictures, or unplug the camera "
            "and plug it in again",
            camera.model);
    if (camera.holder_pid > 1 && isOurs(camera.holder_pid))
        return fmt::format("{} is open in this Backtake", camera.model);
    if (camera.holder == "backtake-tether")
        return fmt::format("another Backtake ({}) has {}: close it there", camera.holder_pid, camera.model);
    return fmt::format("{} ({}) has the camera: close that program, or run kill {}", camera.holder,
        camera.holder_pid, camera.holder_pid);
}

} // namespace

base::Result<std::vector<AttachedCamera>> listAttached(Nanos limit)
{
    const auto said = askOnce("--list", limit);
    if (!said)
        return base::fail(said.error());
    if (said->exit_code != 0)
        return base::fail(Fault::Failed,
            "USB cameras cannot be listed: the tether helper failed; backtake doctor looks for the cause",
            fmt::format("backtake-tether --list: {}", said->ending));
    // One object a line; a list of them is what decodeAttached() reads.
    std::string list;
    for (std::size_t at = 0; at < said->text.size();) {
        const std::size_t end = std::min(said->text.find('\n', at), said->text.size());
        if (end > at)
            list += (list.empty() ? "" : ",") + said->text.substr(at, end - at);
        at = end + 1;
    }
    return tether::decodeAttached("[" + list + "]");
}

base::Result<TetherVersion> askTetherVersion(Nanos limit)
{
    constexpr int kUsage = 2;        // a helper that does not know --version
    constexpr int kNotStarted = 127; // the loader's, when a library is missing
    constexpr std::size_t kLongestLibrary = 60;
    auto program = findTetherProgram();
    if (!program)
        return base::fail(program.error());
    TetherVersion version { std::move(*program), {}, {} };
    const auto said = askOnce("--version", limit);
    if (!said)
        return base::fail(said.error());
    if (said->exit_code == kUsage)
        return version;
    if (said->exit_code != 0)
        return base::fail(Fault::Failed,
            fmt::format("{} does not run ({}): install Backtake and the Debian package libgphoto2-6 again",
                version.program.string(),
                said->exit_code == kNotStarted ? "a library it needs is missing" : said->ending));
    version.library = base::oneLine(said->text.substr(0, std::min(said->text.find('\n'), kLongestLibrary)));
    if (said->text.find("\nptp2: yes\n") != std::string::npos)
        version.has_ptp2 = true;
    else if (said->text.find("\nptp2: no\n") != std::string::npos)
        version.has_ptp2 = false;
    return version;
}

ListedCamera asListed(const AttachedCamera& camera)
{
    ListedCamera listed { "gphoto:" + camera.port, camera.model, {} };
    if (camera.why.empty())
        return listed;
    const std::string words = camera.fault == Fault::Denied ? deniedWords(camera)
        : camera.fault == Fault::Busy                       ? busyWords(camera)
                                                            : camera.why;
    listed.usable = base::fail(camera.fault, words, camera.why);
    return listed;
}

AttachedCameras::AttachedCameras(WatchTimes times)
    : times_(times)
{
}

AttachedCameras::~AttachedCameras() = default;

void AttachedCameras::startOnce() const
{
    const base::Lock lock(mutex_);
    // The thread is this object's own business; who asks first sees it start and nothing else change.
    if (!thread_.joinable())
        thread_ = std::jthread([self = const_cast<AttachedCameras*>(this)](
                                   std::stop_token stop) { self->run(std::move(stop)); });
}

std::vector<AttachedCamera> AttachedCameras::list() const
{
    startOnce();
    const base::Lock lock(mutex_);
    return cameras_;
}

std::uint64_t AttachedCameras::version() const
{
    startOnce();
    const base::Lock lock(mutex_);
    return version_;
}

std::string AttachedCameras::trouble() const
{
    const base::Lock lock(mutex_);
    return trouble_;
}

base::Outcome AttachedCameras::endHolder(int pid) const
{
    for (const AttachedCamera& camera : list()) {
        const auto node = tether::usbNode(camera.port);
        if (camera.holder_pid == pid && node)
            return capture::endHolder(pid, *node);
    }
    return base::fail(
        Fault::NotFound, "no camera is held by that program any more: look at the list again", {});
}

void AttachedCameras::set(std::vector<AttachedCamera> cameras)
{
    const base::Lock lock(mutex_);
    cameras_ = std::move(cameras);
    trouble_.clear();
    ++version_;
}

void AttachedCameras::setTrouble(std::string why)
{
    const base::Lock lock(mutex_);
    if (trouble_ == why)
        return;
    trouble_ = std::move(why);
    ++version_;
}

void AttachedCameras::run(std::stop_token stop)
{
    base::nameThisThread("bt-usb");
    const Fd stop_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (stop_fd.get() < 0)
        return setTrouble("USB cameras are not watched: too many files are open; close other programs");
    const std::stop_callback wake(stop, [&] {
        const std::uint64_t one = 1;
        (void)!write(stop_fd.get(), &one, sizeof one);
    });
    Nanos pause = times_.shortest_pause;
    while (!stop.stop_requested()) {
        const Nanos began = base::monotonicNow();
        std::string why = watch(stop, stop_fd.get());
        if (stop.stop_requested())
            return;
        spdlog::warn("USB cameras are not watched: {}", why);
        setTrouble("USB cameras are not watched: " + why);
        const Nanos ended = base::monotonicNow();
        if (ended - began > times_.longest_pause) // it worked for a good while
            pause = times_.shortest_pause;
        for (pollfd stopped { stop_fd.get(), POLLIN, 0 }; base::monotonicNow() < ended + pause;)
            if (poll(&stopped, 1, pollTimeout(ended + pause)) > 0)
                return;
        pause = std::min(pause * 2, times_.longest_pause);
    }
}

std::string AttachedCameras::watch(std::stop_token stop, int stop_fd)
{
    auto out = makePipe();
    auto in = makePipe();
    if (!out || !in)
        return noPipe().value().message;
    auto helper = TetherProcess::start({ "--watch" }, { .out = out->write.get(), .in = in->read.get() });
    if (!helper)
        return helper.error().message;
    out->write.reset();
    in->read.reset();
    // However this ends, its stdin is closed before the helper's end is waited for: that is what asks it to
    // end.
    struct Closing {
        Fd& stdin_of_helper;
        ~Closing() { stdin_of_helper.reset(); }
    } const closing { in->write };

    const Nanos first_by = base::monotonicNow() + times_.first_list;
    bool listed = false;
    Nanos second_began {};
    int lists_in_second = 0;
    std::string text;
    std::array<char, 4096> buffer {};
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> ready { pollfd { out->read.get(), POLLIN, 0 }, pollfd { stop_fd, POLLIN, 0 } };
        const int count = poll(ready.data(), ready.size(), listed ? -1 : pollTimeout(first_by));
        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0)
            return fmt::format(
                "the tether helper said nothing for {}", base::durationText(times_.first_list));
        if (ready[0].revents == 0)
            continue;
        const auto some = readSome(out->read.get(), buffer);
        if (!some) {
            (void)(*helper)->waitForEnd(TetherProcess::kPoliteEnd);
            return fmt::format(
                "the tether helper ended ({}); backtake doctor looks for the cause", (*helper)->ending());
        }
        text += *some;
        for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
            auto cameras = tether::decodeAttached(std::string_view(text).substr(0, end));
            text.erase(0, end + 1);
            if (!cameras)
                return cameras.error().message;
            const Nanos now = base::monotonicNow();
            if (now - second_began > std::chrono::seconds(1)) {
                second_began = now;
                lists_in_second = 0;
            }
            if (++lists_in_second > kMostListsPerSecond)
                return fmt::format(
                    "the tether helper said more than {} lists in a second", kMostListsPerSecond);
            listed = true;
            set(std::move(*cameras));
        }
        if (text.size() > kLongestList)
            return fmt::format("the tether helper said {} without an end", base::bytesText(text.size()));
    }
    return {};
}

base::Outcome endHolder(int pid, const fs::path& node)
{
    if (pid <= 1)
        return base::fail(Fault::Usage, fmt::format("{} is no program that could be ended", pid));
    if (isOurs(pid))
        return base::fail(
            Fault::Usage, "this Backtake itself has the camera: choose another camera here to let it go");
    // From here on the number means this one process, even when it ends and the number is given again.
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    const auto gone = [&] {
        return base::fail(Fault::NotFound, fmt::format("program {} does not hold the camera any more", pid));
    };
    struct stat owner { };
    if (process.get() < 0 || stat(fmt::format("/proc/{}", pid).c_str(), &owner) != 0)
        return gone();
    const std::string name = base::oneLine(tether::programOf(pid));
    // Also when root asks: whose program it is, decides about it.
    if (owner.st_uid != geteuid())
        return base::fail(Fault::Denied,
            fmt::format("{} ({}) is another user's: ask who works there to close it, or unplug the camera "
                        "and plug it "
                        "in again",
                name, pid));
    if (!tether::hasOpen(pid, node))
        return gone();
    if (syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, nullptr, 0) != 0) {
        if (errno == ESRCH)
            return gone();
        return base::fail(base::faultOfErrno(errno),
            fmt::format("{} ({}) could not be ended: {}; close it by hand", name, pid,
                std::generic_category().message(errno)));
    }
    spdlog::info("asked {} ({}) to end: it had {}", name, pid, node.string());
    return {};
}

UdevRule checkUdevRule(const std::vector<fs::path>& folders)
{
    constexpr std::string_view kOurs(udev::kEosRules, sizeof udev::kEosRules - 1);
    for (const fs::path& folder : folders) {
        const fs::path path = folder / udev::kEosRulesName;
        std::error_code refused;
        if (!fs::exists(fs::symlink_status(path, refused)))
            continue;
        // One byte more than ours tells a longer one; a link to /dev/null, udev's way to switch a rule off,
        // is empty.
        std::string text(kOurs.size() + 1, '\0');
        std::ifstream in(path, std::ios::binary);
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
        return { text == kOurs ? UdevRule::State::Current : UdevRule::State::Different, path };
    }
    return { UdevRule::State::Missing, {} };
}

std::string udevInstallCommand() { return "sudo udev/install in Backtake's folder"; }

std::vector<RunningProgram> cameraGrabbers(const fs::path& proc)
{
    std::vector<RunningProgram> found;
    std::error_code refused;
    for (fs::directory_iterator process(proc, refused), end; !refused && process != end;
         process.increment(refused)) {
        const std::string number = process->path().filename().string();
        int pid = 0;
        const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
        if (error != std::errc() || last != number.data() + number.size())
            continue;
        const std::string name = tether::programOf(pid, proc);
        if (tether::isCameraGrabber(name))
            found.push_back({ name, pid });
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
    return found;
}

} // namespace backtake::capture
