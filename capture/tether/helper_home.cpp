#include "capture/tether/helper_home.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace backtake::capture::tether {
namespace {

using base::fail;
using base::Fault;

/// The library copies them into fields of fixed size without looking.
constexpr std::size_t kLongestLine = 200;

base::Outcome makeFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) {
        struct stat facts { };
        if (::stat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode))
            return {};
        errno = ENOTDIR;
    }
    const int number = errno;
    return fail(base::faultOfErrno(number),
        fmt::format("the camera's settings folder {} cannot be made: check its rights", folder.string()),
        std::strerror(number));
}

} // namespace

base::Outcome moveInto(const std::filesystem::path& home)
{
    if (auto made = makeFolder(home); !made)
        return made;
    if (auto made = makeFolder(home / ".gphoto"); !made)
        return made;
    const auto file = home / ".gphoto" / "settings";
    std::string lines = "ptp2=capturetarget=card\nptp2=normal_timeout=2000\n";
    {
        std::ifstream old(file);
        std::string line;
        while (std::getline(old, line)) {
            if (line.starts_with("ptp2_ip=guid=") && line.size() < kLongestLine) {
                lines += line + "\n";
                break;
            }
        }
    }
    const auto fresh = home / ".gphoto" / fmt::format("settings.{}", ::getpid());
    std::ofstream out(fresh, std::ios::trunc);
    out << lines;
    out.close();
    std::error_code error;
    if (out)
        std::filesystem::rename(fresh, file, error);
    if (!out || error) {
        std::filesystem::remove(fresh, error);
        return fail(Fault::Denied,
            fmt::format("the camera's settings in {} cannot be written: check its rights and the disk",
                home.string()));
    }
    ::setenv("HOME", home.c_str(), 1);
    return {};
}

void loadOnlyPtp(const std::filesystem::path& home)
{
    if (std::getenv("CAMLIBS") != nullptr)
        return;
    const std::filesystem::path driver = std::filesystem::path(BACKTAKE_GPHOTO2_DRIVERS) / "ptp2.so";
    std::error_code error;
    if (!std::filesystem::exists(driver, error))
        return;
    const auto folder = home / "drivers";
    if (!makeFolder(folder))
        return;
    std::filesystem::create_symlink(driver, folder / "ptp2.so", error);
    if (std::filesystem::read_symlink(folder / "ptp2.so", error) != driver) { // Another version's.
        std::filesystem::remove(folder / "ptp2.so", error);
        std::filesystem::create_symlink(driver, folder / "ptp2.so", error);
        if (error)
            return;
    }
    ::setenv("CAMLIBS", folder.c_str(), 1);
    ::setenv("BACKTAKE_CAMLIBS", "1", 1);
}

void loadAllDrivers()
{
    if (std::getenv("BACKTAKE_CAMLIBS") == nullptr)
        return;
    ::unsetenv("CAMLIBS");
    ::unsetenv("BACKTAKE_CAMLIBS");
}

void shieldFromLibrary()
{
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null > 0) {
        ::dup2(null, 0);
        ::close(null);
    }
    std::signal(SIGPIPE, SIG_IGN);
    ::setenv("LC_ALL", "C", 1);
    ::unsetenv("LANGUAGE");
}

} // namespace backtake::capture::tether
