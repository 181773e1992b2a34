/// The helper is a script here, well-behaved and not; the real one is tried with a virtual camera behind
/// umockdev.
#include "capture/attached_cameras.hpp"
#include "capture/test_helper.hpp"
#include "capture/tether_program.hpp"
#include "udev/eos_rules.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using tests::Folder;
using tests::HelperScript;
using tests::Variable;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What the helper would say of @p cameras, as a shell word.
std::string said(const std::vector<tether::AttachedCamera>& cameras)
{
    return "printf '%s\\n' '" + tether::encode(cameras) + "'";
}
/// One object, as --list says it.
std::string saidOne(const tether::AttachedCamera& camera)
{
    const std::string list = tether::encode(std::vector { camera });
    return "printf '%s\\n' '" + list.substr(1, list.size() - 2) + "'";
}
tether::AttachedCamera eos(const std::string& port)
{
    tether::AttachedCamera camera;
    camera.port = port;
    camera.model = "Canon EOS-1D C";
    return camera;
}

bool eventually(const std::function<bool()>& condition, Nanos limit = 20s)
{
    const Nanos give_up = base::monotonicNow() + limit;
    while (!condition()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// Short times, so that a test of a broken helper is over soon.
constexpr WatchTimes kQuick { .first_list = 300ms, .shortest_pause = 10ms, .longest_pause = 40ms };
/// How often the script was started; it must begin with kCountMe.
constexpr const char* kCountMe = "echo $$ >> $folder/started; ";
std::size_t starts(const HelperScript& helper)
{
    std::ifstream in(helper.folder() / "started");
    return static_cast<std::size_t>(
        std::count(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>(), '\n'));
}

TEST(ListAttached, EveryCameraIsListedWithItsSpec)
{
    const HelperScript helper(
        "[ \"$1\" = --list ] || exit 2; " + saidOne(eos("usb:001,007")) + "; " + saidOne(eos("usb:002,011")));
    const auto cameras = listAttached();
    ASSERT_TRUE(cameras) << cameras.error().message << cameras.error().detail;
    ASSERT_THAT(*cameras, SizeIs(2));
    EXPECT_EQ(asListed((*cameras)[1]).spec, "gphoto:usb:002,011");
    EXPECT_EQ(asListed((*cameras)[1]).name, "Canon EOS-1D C");
    EXPECT_TRUE(asListed((*cameras)[1]).usable);
    const auto all = listCameras();
    EXPECT_TRUE(std::any_of(
        all.begin(), all.end(), [](const ListedCamera& one) { return one.spec == "gphoto:usb:001,007"; }));
}

TEST(ListAttached, NoCameraIsNoTrouble)
{
    const HelperScript helper("exit 0");
    const auto cameras = listAttached();
    ASSERT_TRUE(cameras);
    EXPECT_THAT(*cameras, IsEmpty());
}

TEST(ListAttached, AHelperThatHangsIsGivenUpInTime)
{
    const HelperScript helper("exec sleep 600");
    const Nanos began = base::monotonicNow();
    const auto cameras = listAttached(200ms);
    ASSERT_FALSE(cameras);
    EXPECT_EQ(cameras.error().fault, Fault::TimedOut);
    EXPECT_LT(base::monotonicNow() - began, 5s);
}

TEST(ListAttached, AHelperThatFloodsIsGivenUp)
{
    const HelperScript helper("exec cat /dev/zero");
    const auto cameras = listAttached(10s);
    ASSERT_FALSE(cameras);
    EXPECT_EQ(cameras.error().fault, Fault::Corrupt);
}

TEST(ListAttached, GarbageAndACrashAreFaultsAndAMissingHelperToo)
{
    {
        const HelperScript helper("echo 'no list at all'");
        const auto cameras = listAttached();
        ASSERT_FALSE(cameras);
        EXPECT_EQ(cameras.error().fault, Fault::Corrupt);
    }
    {
        const HelperScript helper(saidOne(eos("usb:001,007")) + "; kill -SEGV $$");
        const auto cameras = listAttached();
        ASSERT_FALSE(cameras);
        EXPECT_THAT(cameras.error().detail, HasSubstr("signal 11"));
        EXPECT_THAT(cameras.error().message, HasSubstr("backtake doctor"));
    }
    const Variable none("BACKTAKE_TETHER", "/nonexistent/helper");
    const auto cameras = listAttached();
    ASSERT_FALSE(cameras);
    EXPECT_EQ(cameras.error().fault, Fault::NotFound);
    EXPECT_FALSE(listCameras().empty()) << "the others are listed all the same";
}

TEST(TetherVersion, IsAskedOfTheHelperAndMayBeUnknown)
{
    const HelperScript helper("[ \"$1\" = --version ] || exit 2; echo 'libgphoto2 2.5.30'; echo 'ptp2: no'");
    const auto version = askTetherVersion();
    ASSERT_TRUE(version) << version.error().message;
    EXPECT_EQ(version->program, helper.path());
    EXPECT_EQ(version->library, "libgphoto2 2.5.30");
    EXPECT_EQ(version->has_ptp2, false);
    {
        const HelperScript old("exit 2");
        const auto unknown = askTetherVersion();
        ASSERT_TRUE(unknown);
        EXPECT_EQ(unknown->library, "");
        EXPECT_EQ(unknown->has_ptp2, std::nullopt);
    }
    const HelperScript broken("exit 127");
    EXPECT_THAT(askTetherVersion().error().message, HasSubstr("a library it needs is missing"));
    const HelperScript hangs("exec sleep 600");
    EXPECT_EQ(askTetherVersion(100ms).error().fault, Fault::TimedOut);
}

TEST(AsListed, AHeldCameraNamesItsHolder)
{
    tether::AttachedCamera camera = eos("usb:001,007");
    camera.fault = Fault::Busy;
    camera.why = "the helper's words";
    camera.holder = "gvfsd-gphoto2";
    camera.holder_pid = 4194303; // beyond what Linux gives by default
    const ListedCamera held = asListed(camera);
    ASSERT_FALSE(held.usable);
    EXPECT_EQ(held.usable.error().fault, Fault::Busy);
    EXPECT_THAT(held.usable.error().message,
        AllOf(testing::StartsWith("gvfsd-gphoto2 (4194303) has the camera: "),
            HasSubstr("close that program")));

    camera.holder.clear();
    camera.holder_pid = 0;
    EXPECT_THAT(asListed(camera).usable.error().message, HasSubstr("another program has Canon EOS-1D C"));
    camera.holder = "backtake-tether";
    camera.holder_pid = getpid();
    EXPECT_THAT(asListed(camera).usable.error().message, HasSubstr("open in this Backtake"));
}

TEST(AsListed, MissingRightsNameTheRuleAndItsCommand)
{
    tether::AttachedCamera camera = eos("usb:001,007");
    camera.fault = Fault::Denied;
    camera.why = "no right";
    const ListedCamera denied = asListed(camera);
    ASSERT_FALSE(denied.usable);
    EXPECT_EQ(denied.usable.error().fault, Fault::Denied);
    EXPECT_THAT(denied.usable.error().message, HasSubstr("70-backtake-eos.rules"));
    if (checkUdevRule().state != UdevRule::State::Current) {
        EXPECT_THAT(denied.usable.error().message, HasSubstr("sudo udev/install"));
    }
}

TEST(AttachedCameras, TheListFollowsTheHelper)
{
    const HelperScript helper("[ \"$1\" = --watch ] || exit 2; mkfifo $folder/go; " + said({})
        + "; read ignored < $folder/go; " + said({ eos("usb:001,007") })
        + "; read ignored; touch $folder/polite");
    {
        const AttachedCameras attached;
        ASSERT_TRUE(eventually([&] { return attached.version() == 1; }));
        EXPECT_THAT(attached.list(), IsEmpty());
        EXPECT_EQ(attached.trouble(), "");
        std::ofstream(helper.folder() / "go") << "go\n";
        ASSERT_TRUE(eventually([&] { return attached.version() == 2; }));
        ASSERT_THAT(attached.list(), SizeIs(1));
        EXPECT_EQ(attached.list().front().port, "usb:001,007");
    }
    EXPECT_TRUE(fs::exists(helper.folder() / "polite")) << "its stdin was not closed before it was killed";
}

TEST(AttachedCameras, NothingRunsBeforeSomebodyAsks)
{
    const HelperScript helper(std::string(kCountMe) + said({}) + "; read ignored");
    {
        const AttachedCameras attached;
        EXPECT_EQ(attached.trouble(), "");
    }
    EXPECT_EQ(starts(helper), 0U);
}

TEST(AttachedCameras, AHelperThatDiesIsReplacedAndTheListKept)
{
    // The first dies after its list; the later ones stay.
    const HelperScript helper(std::string(kCountMe) + said({ eos("usb:001,007") })
        + "; [ $(wc -l < $folder/started) -gt 1 ] || kill -SEGV $$; read ignored");
    const AttachedCameras attached(kQuick);
    ASSERT_TRUE(eventually([&] { return attached.list().size() == 1; }));
    ASSERT_TRUE(eventually(
        [&] { return starts(helper) == 2 && attached.version() >= 3 && attached.trouble().empty(); }));
    EXPECT_THAT(attached.list(), SizeIs(1));
}

TEST(AttachedCameras, ADeadHelperIsToldAndTriedLessAndLessOften)
{
    const HelperScript helper(std::string(kCountMe) + "exit 7");
    const AttachedCameras attached({ .first_list = 10s, .shortest_pause = 50ms, .longest_pause = 10s });
    const Nanos began = base::monotonicNow();
    (void)attached.list();
    ASSERT_TRUE(eventually([&] { return starts(helper) >= 4; }));
    EXPECT_GE(base::monotonicNow() - began, 50ms + 100ms + 200ms);
    EXPECT_THAT(attached.trouble(), AllOf(HasSubstr("exit code 7"), HasSubstr("backtake doctor")));
    EXPECT_EQ(attached.version(), 1U) << "the same trouble is no news";
}

TEST(AttachedCameras, AHelperThatHangsFloodsOrTalksNonsenseIsReplaced)
{
    tether::AttachedCamera camera = eos("usb:001,007");
    const std::string then =
        "[ $(wc -l < $folder/started) -gt 1 ] && { " + said({ camera }) + "; read ignored; exit; }; ";
    for (const std::string& misbehaviour : { std::string("sleep 600"), std::string("exec cat /dev/zero"),
             std::string("exec yes '[]'"), std::string("echo garbage; sleep 600"),
             "printf '%s' '" + tether::encode(std::vector { camera }) + "'; sleep 600" }) {
        const HelperScript helper(kCountMe + then + misbehaviour);
        const AttachedCameras attached(kQuick);
        EXPECT_TRUE(eventually([&] { return attached.list().size() == 1; })) << misbehaviour;
        EXPECT_EQ(attached.trouble(), "") << misbehaviour;
    }
}

TEST(AttachedCameras, EndsAtOnceWhateverTheHelperDoes)
{
    for (const char* lines : { "trap '' TERM; while :; do sleep 1; done", "exit 1" }) {
        const HelperScript helper(std::string(kCountMe) + lines);
        Nanos began {};
        {
            const AttachedCameras attached(
                { .first_list = 600s, .shortest_pause = 600s, .longest_pause = 600s });
            (void)attached.list();
            ASSERT_TRUE(eventually([&] { return starts(helper) == 1; }));
            began = base::monotonicNow();
        }
        EXPECT_LT(base::monotonicNow() - began, 5s) << lines;
    }
}

/// A program of this user that has a file open until it is asked to end.
class Holder {
public:
    explicit Holder(const fs::path& file, bool open_it = true)
    {
        std::array<int, 2> ready {};
        EXPECT_EQ(pipe2(ready.data(), O_CLOEXEC), 0);
        // A grandchild, given to init: a child of this test would be "ours".
        const pid_t child = fork();
        if (child == 0) {
            if (fork() != 0)
                _exit(0);
            setsid();
            const std::string line = open_it ? "exec 9< \"$1\"; " : "";
            const std::string tell =
                fmt::format("echo $$ >&{}; exec {}>&-; exec sleep 600", ready[1], ready[1]);
            fcntl(ready[1], F_SETFD, 0);
            execl("/bin/bash", "bash", "-c", (line + tell).c_str(), "holder", file.c_str(), nullptr);
            _exit(1);
        }
        close(ready[1]);
        waitpid(child, nullptr, 0);
        std::array<char, 32> text {};
        EXPECT_GT(read(ready[0], text.data(), text.size() - 1), 0);
        close(ready[0]);
        pid_ = std::atoi(text.data());
    }
    ~Holder()
    {
        if (pid_ > 1 && runs())
            kill(pid_, SIGKILL);
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    [[nodiscard]] int pid() const { return pid_; }
    /// A zombie that init has not fetched yet does not run.
    [[nodiscard]] bool runs() const
    {
        std::ifstream in(fmt::format("/proc/{}/stat", pid_));
        std::string line;
        std::getline(in, line);
        const std::size_t bracket = line.rfind(')');
        return bracket != std::string::npos && line.substr(bracket + 2, 1) != "Z";
    }

private:
    int pid_ = 0;
};

TEST(EndHolder, AProgramThatHoldsTheCameraIsAskedToEnd)
{
    const Folder folder;
    const fs::path node = folder.path() / "node";
    std::ofstream(node) << "camera";
    const Holder holder(node);
    const auto ended = endHolder(holder.pid(), node);
    ASSERT_TRUE(ended) << ended.error().message;
    EXPECT_TRUE(eventually([&] { return !holder.runs(); }));
    const auto again = endHolder(holder.pid(), node);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::NotFound);
}

TEST(EndHolder, AProgramThatDoesNotHoldItIsLeftAlone)
{
    const Folder folder;
    const fs::path node = folder.path() / "node";
    const fs::path other = folder.path() / "other";
    std::ofstream(node) << "camera";
    std::ofstream(other) << "something else";
    for (const bool open_it : { true, false }) {
        const Holder innocent(other, open_it);
        const auto ended = endHolder(innocent.pid(), node);
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().fault, Fault::NotFound);
        EXPECT_TRUE(innocent.runs());
    }
}

TEST(EndHolder, NeitherInitNorGroupsNorOurselvesAreEnded)
{
    const Folder folder;
    const fs::path node = folder.path() / "node";
    std::ofstream(node) << "camera";
    const int open_here = open(node.c_str(), O_RDONLY); // children inherit it
    for (const int pid : { -1, 0, 1, getpid(), -getpid() })
        EXPECT_EQ(endHolder(pid, node).error().fault, Fault::Usage) << pid;
    const HelperScript helper("exec sleep 600");
    const auto child = TetherProcess::start({}, { .in = open_here });
    ASSERT_TRUE(child);
    EXPECT_EQ(endHolder((*child)->pid(), node).error().fault, Fault::Usage) << "the helper is ours";
    EXPECT_TRUE((*child)->running());
    (*child)->kill();
    close(open_here);
}

TEST(EndHolder, AnotherUsersProgramIsDenied)
{
    if (geteuid() != 0)
        GTEST_SKIP() << "only root can start a program as another user";
    const Folder folder;
    const fs::path node = folder.path() / "node";
    std::ofstream(node) << "camera";
    const Holder holder(node);
    ASSERT_EQ(seteuid(65534), 0);
    const auto ended = endHolder(holder.pid(), node);
    ASSERT_EQ(seteuid(0), 0);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().fault, Fault::Denied);
    EXPECT_TRUE(holder.runs());
}

TEST(AttachedCamerasHolder, OnlyHoldersOfTheListAreEnded)
{
    const Folder folder;
    const fs::path node = folder.path() / "node";
    std::ofstream(node) << "camera";
    const Holder holder(node);
    tether::AttachedCamera lying = eos("usb:../../tmp,1");
    lying.fault = Fault::Busy;
    lying.why = "held";
    lying.holder = "bash";
    lying.holder_pid = holder.pid();
    const HelperScript helper(said({ lying }) + "; read ignored");
    const AttachedCameras attached;
    ASSERT_TRUE(eventually([&] { return attached.list().size() == 1; }));
    EXPECT_EQ(attached.endHolder(holder.pid()).error().fault, Fault::NotFound);
    EXPECT_EQ(attached.endHolder(4711).error().fault, Fault::NotFound);
    EXPECT_TRUE(holder.runs());
}

TEST(UdevRuleCheck, TellsMissingCurrentAndDifferent)
{
    const Folder etc;
    const Folder lib;
    const std::vector<fs::path> folders { etc.path(), lib.path() };
    EXPECT_EQ(checkUdevRule(folders).state, UdevRule::State::Missing);
    std::ofstream(lib.path() / udev::kEosRulesName) << udev::kEosRules;
    EXPECT_EQ(checkUdevRule(folders).state, UdevRule::State::Current);
    EXPECT_EQ(checkUdevRule(folders).path, lib.path() / udev::kEosRulesName);
    std::ofstream(etc.path() / udev::kEosRulesName) << udev::kEosRules << "# and one line\n";
    EXPECT_EQ(checkUdevRule(folders).state, UdevRule::State::Different) << "/etc wins";
    fs::remove(etc.path() / udev::kEosRulesName);
    fs::create_symlink("/dev/null", etc.path() / udev::kEosRulesName);
    EXPECT_EQ(checkUdevRule(folders).state, UdevRule::State::Different) << "switched off";
}

TEST(CameraGrabbers, AreFoundByTheirWholeName)
{
    const Folder proc;
    const auto runs = [&](const std::string& number, const std::string& command_line) {
        fs::create_directory(proc.path() / number);
        std::ofstream(proc.path() / number / "cmdline", std::ios::binary) << command_line;
    };
    runs("812", std::string("/usr/libexec/gvfs-gphoto2-volume-monitor\0--flag\0", 47));
    runs("97", std::string("/usr/libexec/gvfsd-gphoto2\0", 27));
    runs("98", std::string("grep\0gvfsd-gphoto2\0", 19));
    runs("self", std::string("/usr/libexec/gvfsd-gphoto2\0", 27));
    const auto found = cameraGrabbers(proc.path());
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].name, "gvfsd-gphoto2");
    EXPECT_EQ(found[0].pid, 97);
    EXPECT_EQ(found[1].name, "gvfs-gphoto2-volume-monitor");
    EXPECT_THAT(cameraGrabbers("/nonexistent"), IsEmpty());
}

} // namespace
} // namespace backtake::capture
