#include "capture/test_helper.hpp"
#include "capture/tether_program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <csignal>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using tests::HelperScript;
using tests::Variable;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A pair of connected ends; the child's is closed on request.
struct Line {
    Line() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0); }
    ~Line()
    {
        closeOurs();
        closeTheirs();
    }
    void closeOurs() { closeOne(ends[0]); }
    void closeTheirs() { closeOne(ends[1]); }
    static void closeOne(int& fd)
    {
        if (fd >= 0)
            close(std::exchange(fd, -1));
    }
    /// What came, or "" when the other side is closed or 10 s are over.
    [[nodiscard]] std::string receive() const
    {
        std::array<char, 4096> text {};
        pollfd there { ends[0], POLLIN, 0 };
        if (poll(&there, 1, 10'000) != 1)
            return "(nothing in 10 s)";
        const ssize_t size = recv(ends[0], text.data(), text.size(), 0);
        return size <= 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
    }
    std::array<int, 2> ends { -1, -1 };
};

TEST(TetherProgram, TheEnvironmentNamesTheHelper)
{
    const HelperScript helper("exit 0");
    const auto found = findTetherProgram();
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found, helper.path());
}

TEST(TetherProgram, AHelperThatIsNotThereIsNamedWithWhatToDo)
{
    const HelperScript helper("exit 0");
    const Variable named("BACKTAKE_TETHER", helper.path().string() + ".gone");
    const auto found = findTetherProgram();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, Fault::NotFound);
    EXPECT_THAT(found.error().message, testing::HasSubstr("name another"));
    EXPECT_FALSE(TetherProcess::start({ "--list" }, {}));
}

TEST(TetherProgram, AFileThatMayNotBeRunIsDenied)
{
    const HelperScript helper("exit 0");
    ASSERT_EQ(chmod(helper.path().c_str(), 0644), 0);
    const auto found = findTetherProgram();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, Fault::Denied);
    EXPECT_THAT(found.error().message, testing::HasSubstr("chmod +x"));
}

TEST(TetherProcess, ArgumentsAndDescriptorsArriveAndNoOthersDo)
{
    Line line;
    Line memory;
    const HelperScript helper(R"sh(
        echo "$1 $2 $HOME" >&3
        echo "$(readlink /proc/$$/fd/0) $(readlink /proc/$$/fd/1)" >&3
        echo "$(ls -l /proc/$$/fd | grep -c ours-without-close-on-exec)" >&3
        read ignored <&4)sh");
    // A helper that inherited it would keep it open for good.
    const int ours = open((helper.folder() / "ours-without-close-on-exec").c_str(), O_RDWR | O_CREAT, 0600);
    const auto process = TetherProcess::start(
        { "--camera", "usb:001,007" }, { .socket = line.ends[1], .memory = memory.ends[1] });
    close(ours);
    ASSERT_TRUE(process) << process.error().message;
    line.closeTheirs();
    memory.closeTheirs();
    const char* home = std::getenv("HOME");
    EXPECT_EQ(line.receive(), std::string("--camera usb:001,007 ") + (home != nullptr ? home : "") + "\n");
    EXPECT_EQ(line.receive(), "/dev/null /dev/null\n");
    EXPECT_EQ(line.receive(), "0\n");
    EXPECT_TRUE((*process)->running());
    EXPECT_EQ((*process)->ending(), "still running");
    EXPECT_EQ((*process)->exitCode(), -1);
    memory.closeOurs(); // the read ends
    EXPECT_TRUE((*process)->waitForEnd(10s));
}

TEST(TetherProcess, DescriptorsThatAreNumberedLikeTheChildsDoNotMeet)
{
    Line line;
    Line memory;
    // Socket and memory cross over: ours are 4 and 3, the child's must be 3 and 4.
    const int old3 = fcntl(3, F_DUPFD_CLOEXEC, 32);
    const int old4 = fcntl(4, F_DUPFD_CLOEXEC, 32);
    const int high_socket = fcntl(line.ends[1], F_DUPFD_CLOEXEC, 32);
    const int high_memory = fcntl(memory.ends[1], F_DUPFD_CLOEXEC, 32);
    dup3(high_socket, 4, O_CLOEXEC);
    dup3(high_memory, 3, O_CLOEXEC);
    const HelperScript helper("echo socket >&3; echo memory >&4");
    const auto process = TetherProcess::start({}, { .socket = 4, .memory = 3 });
    // What 3 and 4 were before (maybe ends of the lines themselves) comes back.
    old3 >= 0 ? dup3(old3, 3, O_CLOEXEC) : close(3);
    old4 >= 0 ? dup3(old4, 4, O_CLOEXEC) : close(4);
    ASSERT_TRUE(process) << process.error().message;
    EXPECT_EQ(line.receive(), "socket\n");
    EXPECT_EQ(memory.receive(), "memory\n");
    for (const int fd : { old3, old4, high_socket, high_memory })
        if (fd >= 0)
            close(fd);
}

TEST(TetherProcess, HowItEndedIsToldInWords)
{
    {
        const HelperScript helper("exit 3");
        const auto process = TetherProcess::start({}, {});
        ASSERT_TRUE(process);
        ASSERT_TRUE((*process)->waitForEnd(10s));
        EXPECT_EQ((*process)->ending(), "exit code 3");
        EXPECT_EQ((*process)->exitCode(), 3);
        EXPECT_FALSE((*process)->running());
    }
    const HelperScript helper("kill -SEGV $$");
    const auto process = TetherProcess::start({}, {});
    ASSERT_TRUE(process);
    ASSERT_TRUE((*process)->waitForEnd(10s));
    EXPECT_EQ((*process)->ending(), "signal 11 (Segmentation fault)");
    EXPECT_EQ((*process)->exitCode(), 128 + SIGSEGV);
}

TEST(TetherProcess, ItsEndWakesAPoll)
{
    const HelperScript helper("exit 0");
    const auto process = TetherProcess::start({}, {});
    ASSERT_TRUE(process);
    pollfd end { (*process)->pidfd(), POLLIN, 0 };
    EXPECT_EQ(poll(&end, 1, 10'000), 1);
    EXPECT_FALSE((*process)->running());
}

TEST(TetherProcess, CpuTimeGrowsWithWorkAndStaysAfterTheEnd)
{
    Line line;
    const HelperScript helper(
        "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo worked >&3; read ignored <&3");
    const auto process = TetherProcess::start({}, { .socket = line.ends[1] });
    ASSERT_TRUE(process);
    line.closeTheirs();
    ASSERT_EQ(line.receive(), "worked\n");
    const Nanos worked = (*process)->cpuTime();
    EXPECT_GT(worked, 1ms);
    EXPECT_LT(worked, 10s);
    line.closeOurs();
    ASSERT_TRUE((*process)->waitForEnd(10s));
    EXPECT_GE((*process)->cpuTime() + 10ms, worked); // the kernel's two counts differ by a tick
}

TEST(TetherProcess, AHelperThatHangsIsKilledWithWhatItStarted)
{
    Line line;
    Line child_line;
    // A wrapper that does not exec: its child holds the second line open for as long as it lives.
    const HelperScript helper("trap '' TERM; sleep 600 & echo ready >&3; exec 3>&-; while :; do wait; done");
    pid_t pid = -1;
    const Nanos began = base::monotonicNow();
    {
        const auto process =
            TetherProcess::start({}, { .socket = line.ends[1], .memory = child_line.ends[1] });
        ASSERT_TRUE(process);
        pid = (*process)->pid();
        line.closeTheirs();
        child_line.closeTheirs();
        ASSERT_EQ(line.receive(), "ready\n");
        line.closeOurs();
    }
    EXPECT_GE(base::monotonicNow() - began, TetherProcess::kPoliteEnd);
    EXPECT_EQ(child_line.receive(), "") << "the wrapper's child still lives";
    EXPECT_EQ(kill(pid, 0), -1) << "not reaped";
}

TEST(TetherProcess, APoliteHelperIsNotKilled)
{
    Line line;
    tests::Folder folder;
    const std::string last_words = (folder.path() / "last").string();
    const HelperScript helper("echo ready >&3; read ignored <&3; echo polite > " + last_words);
    {
        const auto process = TetherProcess::start({}, { .socket = line.ends[1] });
        ASSERT_TRUE(process);
        line.closeTheirs();
        ASSERT_EQ(line.receive(), "ready\n");
        line.closeOurs();
    }
    EXPECT_TRUE(fs::exists(last_words));
}

TEST(TetherProcess, KillEndsItAtOnce)
{
    const HelperScript helper("exec sleep 600");
    const auto process = TetherProcess::start({}, {});
    ASSERT_TRUE(process);
    EXPECT_FALSE((*process)->waitForEnd(0s));
    (*process)->kill();
    ASSERT_TRUE((*process)->waitForEnd(10s));
    EXPECT_EQ((*process)->ending(), "signal 9 (Killed)");
}

TEST(TetherHome, IsPrivateAndNamedAfterTheCamera)
{
    const tests::Folder folder;
    const Variable state("XDG_STATE_HOME", folder.path().string());
    const fs::path home = tetherHome("usb:001,007");
    EXPECT_EQ(home, folder.path() / "backtake/tether/usb_001_007");
    struct stat status { };
    ASSERT_EQ(stat(home.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    EXPECT_EQ(tetherHome("usb:001,007"), home) << "the same camera finds its settings again";
}

TEST(TetherHome, NoNameLeavesTheFolderOrMeetsAnother)
{
    const tests::Folder folder;
    const Variable state("XDG_STATE_HOME", folder.path().string());
    std::vector<fs::path> homes;
    for (const std::string& name :
        { std::string(".."), std::string(), std::string("../../etc"), std::string("a/b"), std::string("a_b"),
            std::string("a?b"), std::string(300, 'x'), std::string(301, 'x') }) {
        const fs::path home = tetherHome(name);
        EXPECT_EQ(home.parent_path(), folder.path() / "backtake/tether") << name;
        EXPECT_TRUE(fs::is_directory(home)) << name;
        EXPECT_THAT(homes, testing::Not(testing::Contains(home))) << name;
        homes.push_back(home);
    }
}

TEST(TetherHome, AFolderThatCannotBeMadeIsReplacedByATemporaryOne)
{
    const tests::Folder folder;
    const std::string file = (folder.path() / "file").string();
    std::ofstream(file) << "not a folder";
    const Variable state("XDG_STATE_HOME", file);
    const fs::path home = tetherHome("usb");
    EXPECT_TRUE(fs::is_directory(home));
    EXPECT_EQ(tetherHome("usb"), home);
    EXPECT_FALSE(home.string().starts_with(file));
}

} // namespace
} // namespace backtake::capture
