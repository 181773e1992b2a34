#include "capture/tether/usb_device.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <system_error>

namespace backtake::capture::tether {
namespace fs = std::filesystem;

std::optional<fs::path> usbNode(std::string_view port)
{
    if (!port.starts_with("usb:"))
        return std::nullopt;
    port.remove_prefix(4);
    const std::size_t comma = port.find(',');
    if (comma == std::string_view::npos)
        return std::nullopt;
    const auto number = [](std::string_view digits) -> std::optional<int> {
        int value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size() || value < 1 || value > 999)
            return std::nullopt;
        return value;
    };
    const auto bus = number(port.substr(0, comma));
    const auto device = number(port.substr(comma + 1));
    if (!bus || !device)
        return std::nullopt;
    return fmt::format("/dev/bus/usb/{:03}/{:03}", *bus, *device);
}

bool hasOpen(int pid, const fs::path& file)
{
    struct stat wanted { };
    if (stat(file.c_str(), &wanted) != 0)
        return false;
    std::error_code refused;
    for (fs::directory_iterator open_file(fmt::format("/proc/{}/fd", pid), refused), end;
         !refused && open_file != end; open_file.increment(refused)) {
        struct stat found { };
        if (stat(open_file->path().c_str(), &found) != 0)
            continue;
        // A device has one number whatever its files are called.
        const bool same_file = found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino;
        if (same_file
            || (S_ISCHR(wanted.st_mode) && S_ISCHR(found.st_mode) && found.st_rdev == wanted.st_rdev))
            return true;
    }
    return false;
}

std::string programOf(int pid, const fs::path& proc)
{
    const fs::path process = proc / std::to_string(pid);
    std::string word;
    std::ifstream words(process / "cmdline", std::ios::binary);
    std::getline(words, word, '\0');
    std::string name = fs::path(word).filename().string();
    if (name.empty()) {
        std::ifstream comm(process / "comm");
        std::getline(comm, name);
    }
    return name;
}

bool isCameraGrabber(std::string_view program)
{
    // The file managers of GNOME, Xfce, MATE and Cinnamon have them; an EOS body is a media player to the
    // second pair.
    static constexpr std::array<std::string_view, 4> kGrabbers { "gvfs-gphoto2-volume-monitor",
        "gvfsd-gphoto2", "gvfs-mtp-volume-monitor", "gvfsd-mtp" };
    return std::find(kGrabbers.begin(), kGrabbers.end(), program) != kGrabbers.end();
}

} // namespace backtake::capture::tether
