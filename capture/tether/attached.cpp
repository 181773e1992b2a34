#include "capture/tether/attached.hpp"

#include "capture/tether/gphoto_handles.hpp"
#include "capture/tether/usb_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libudev.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace backtake::capture::tether {
namespace {

using base::fail;
using base::Fault;
using base::Result;

/// One plug makes a dozen of the kernel's events; the list is made when they are over.
constexpr int kSettle_ms = 150;
/// A program that lets a camera go makes no event everywhere: while one is held or denied, it is looked at
/// again.
constexpr int kLookAgain_ms = 300;
/// Interfaces of one device that are asked for their driver; a camera has one or two.
constexpr unsigned kInterfaces = 4;

/// Whether some program has claimed one of the device's interfaces: then the kernel's driver is "usbfs".
bool isClaimed(const std::filesystem::path& node)
{
    const int fd = ::open(node.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool claimed = false;
    for (unsigned number = 0; number < kInterfaces && !claimed; ++number) {
        usbdevfs_getdriver driver {};
        driver.interface = number;
        driver.driver[0] = '\0';
        if (::ioctl(fd, USBDEVFS_GETDRIVER, &driver) == 0)
            claimed =
                std::string_view(driver.driver, ::strnlen(driver.driver, sizeof(driver.driver))) == "usbfs";
    }
    ::close(fd);
    return claimed;
}

/// Says whether the camera can be opened, and what keeps it. Time: reads all of /proc, some 10 ms.
void judge(AttachedCamera& camera)
{
    camera.fault = Fault::Failed;
    camera.why.clear();
    camera.holder.clear();
    camera.holder_pid = 0;
    if (const std::string why = whyDenied(camera.port); !why.empty()) {
        camera.fault = Fault::Denied;
        camera.why = why;
        return;
    }
    const Holder holder = holderOf(camera.port);
    camera.holder = holder.program;
    camera.holder_pid = holder.pid;
    const auto node = usbNode(camera.port);
    if (!isCameraGrabber(holder.program) && !(node && isClaimed(*node)))
        return;
    camera.fault = Fault::Busy;
    camera.why = holder.program.empty()
        ? std::string("another program has the camera: end it, then try again")
        : fmt::format("{} (process {}) has the camera: end it, then try again", holder.program, holder.pid);
}

} // namespace

Holder holderOf(const std::string& port)
{
    const auto node = usbNode(port);
    Holder other;
    if (!node)
        return other;
    std::error_code error;
    for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
        int pid = 0;
        const std::string name = process.path().filename().string();
        const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (read.ec != std::errc {} || read.ptr != name.data() + name.size() || pid == ::getpid()
            || !hasOpen(pid, *node))
            continue;
        Holder holder { programOf(pid), pid };
        // Others may look at the device as well; who grabs cameras is the one to end.
        if (isCameraGrabber(holder.program))
            return holder;
        other = std::move(holder);
    }
    return other;
}

std::string whyDenied(const std::string& port)
{
    const auto node = usbNode(port);
    if (!node || ::access(node->c_str(), R_OK | W_OK) == 0 || errno == ENOENT)
        return {};
    return fmt::format(
        "no right to open the camera at {}: install the udev rule from udev/ of Backtake, then plug the "
        "camera in again (`backtake doctor` shows how)",
        node->string());
}

Result<std::vector<AttachedCamera>> attachedCameras()
{
    const ContextHandle context(gp_context_new(), gp_context_unref);
    // The drivers are the same every time; the ports are not.
    static const DriversHandle drivers = [&] {
        DriversHandle made = newDrivers();
        if (made && gp_abilities_list_load(made.get(), context.get()) < GP_OK)
            made.reset();
        return made;
    }();
    const PortsHandle ports = newPorts();
    const auto detected = drivers && ports && gp_port_info_list_load(ports.get()) >= GP_OK
        ? detectUsb(drivers.get(), ports.get(), context.get())
        : std::nullopt;
    if (!detected)
        return fail(Fault::Failed, "USB cannot be searched for cameras: is libgphoto2 installed whole?");
    std::vector<AttachedCamera> cameras;
    for (const auto& [model, port] : *detected) {
        AttachedCamera camera;
        camera.port = port;
        camera.model = model;
        judge(camera);
        cameras.push_back(std::move(camera));
    }
    return cameras;
}

int listAttached()
{
    const auto cameras = attachedCameras();
    if (!cameras) {
        fmt::print(stderr, "{}\n", cameras.error().message);
        return 1;
    }
    for (const AttachedCamera& camera : *cameras) {
        const std::string line = encode(std::vector { camera });
        fmt::print("{}\n", std::string_view(line).substr(1, line.size() - 2)); // The object, not its list.
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}

int tellVersion()
{
    const ContextHandle context(gp_context_new(), gp_context_unref);
    const DriversHandle drivers = newDrivers();
    // The library counts a folder without drivers as loaded; this model is in none but ptp2.
    const bool has_ptp2 = drivers && gp_abilities_list_load(drivers.get(), context.get()) >= GP_OK
        && gp_abilities_list_lookup_model(drivers.get(), "PTP/IP Camera") >= 0;
    fmt::print("libgphoto2 {}\nptp2: {}\n", gp_library_version(GP_VERSION_SHORT)[0], has_ptp2 ? "yes" : "no");
    return std::fflush(stdout) == 0 ? 0 : 1;
}

int watchAttached(int until_closed)
{
    const std::unique_ptr<udev, decltype(&udev_unref)> context(udev_new(), udev_unref);
    const std::unique_ptr<udev_monitor, decltype(&udev_monitor_unref)> monitor(
        context ? udev_monitor_new_from_netlink(context.get(), "udev") : nullptr, udev_monitor_unref);
    // Without a running udev (a container) the list is made once and stays.
    int changes = -1;
    if (monitor && udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "usb", nullptr) >= 0
        && udev_monitor_enable_receiving(monitor.get()) >= 0)
        changes = udev_monitor_get_fd(monitor.get());
    std::string told = "none yet";
    std::vector<AttachedCamera> cameras;
    bool others = true; // may be attached than those in the list
    int wait_ms = 0;
    for (;;) {
        std::array<pollfd, 2> descriptors { pollfd { until_closed, POLLIN, 0 },
            pollfd { changes, POLLIN, 0 } };
        const int ready = ::poll(descriptors.data(), descriptors.size(), wait_ms);
        if (ready < 0 && errno != EINTR)
            return 1;
        if (descriptors[0].revents != 0) {
            std::array<char, 256> ignored {};
            const ssize_t got = ::read(until_closed, ignored.data(), ignored.size());
            if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
                return 0;
        }
        if (ready > 0 && (descriptors[1].revents & POLLIN) != 0) {
            if (udev_device* device = udev_monitor_receive_device(monitor.get()))
                udev_device_unref(device);
            others = true;
            wait_ms = kSettle_ms;
            continue;
        }
        if (ready != 0)
            continue;
        if (others) {
            auto attached = attachedCameras();
            if (!attached) {
                fmt::print(stderr, "{}\n", attached.error().message);
                return 1;
            }
            cameras = std::move(*attached);
        } else {
            std::for_each(cameras.begin(), cameras.end(), judge);
        }
        others = false;
        const bool watched = std::any_of(cameras.begin(), cameras.end(), [](const AttachedCamera& camera) {
            return !camera.why.empty() && camera.holder != "backtake-tether"; // this Backtake's own, mostly
        });
        wait_ms = watched ? kLookAgain_ms : -1;
        std::string line = encode(cameras);
        if (line == told)
            continue;
        told = std::move(line);
        fmt::print("{}\n", told);
        if (std::fflush(stdout) != 0)
            return 0; // Nobody listens any more.
    }
}

} // namespace backtake::capture::tether
