/// backtake-tether: the one process that runs libgphoto2. See protocol.hpp for how it is started.
#include "capture/tether/attached.hpp"
#include "capture/tether/helper.hpp"
#include "capture/tether/helper_home.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>
#include <vector>

namespace {

using namespace backtake::capture::tether;

int usage()
{
    std::fputs("backtake-tether is Backtake's own helper: Backtake starts it.\n"
               "  backtake-tether --list | --watch | --version\n"
               "  backtake-tether --camera usb|usb:BUS,DEV|ptpip:HOST[:PORT] --home DIR   (socket on fd 3, "
               "memory on fd 4)\n",
        stderr);
    return 2;
}

int tether(std::string_view camera, const std::string& home)
{
    const auto address = parseAddress(camera);
    if (!address)
        return usage();
    // The app's end may come at any moment, also in the middle of a call that hangs.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The library waits "1 microsecond" eleven times for each picture: with the usual slack that is 1 ms.
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
    ::fcntl(kSocketFd, F_SETFD, FD_CLOEXEC);
    ::fcntl(kMemoryFd, F_SETFD, FD_CLOEXEC);
    auto memory = SharedMemory::open(kMemoryFd);
    if (!memory) {
        fmt::print(stderr, "{}\n", memory.error().message);
        return 2;
    }
    if (const auto moved = moveInto(home); !moved) {
        const auto words =
            encode(Report { Failed { moved.error().fault, moved.error().message, moved.error().detail } });
        ::send(kSocketFd, words.data(), words.size(), MSG_NOSIGNAL);
        return 1;
    }
    return runHelper(*address, home, std::move(*memory), kSocketFd);
}

} // namespace

int main(int count, char** words)
{
    const std::vector<std::string_view> arguments(words + 1, words + count);
    if (arguments.size() == 1 && arguments[0] == "--watch") {
        const int until_closed = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        shieldFromLibrary();
        return watchAttached(until_closed);
    }
    shieldFromLibrary();
    if (arguments.size() == 1 && arguments[0] == "--list")
        return listAttached();
    if (arguments.size() == 1 && arguments[0] == "--version")
        return tellVersion();
    if (arguments.size() == 4 && arguments[0] == "--camera" && arguments[2] == "--home")
        // Without the destructors of a library that may be in any state.
        ::_exit(tether(arguments[1], std::string(arguments[3])));
    return usage();
}
