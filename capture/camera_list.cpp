#include "capture/camera_list.hpp"

#include "base/text.hpp"
#include "capture/attached_cameras.hpp"
#include "capture/gst_errors.hpp"
#include "capture/tether/usb_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/videodev2.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

namespace backtake::capture {
namespace {

namespace fs = std::filesystem;
using base::Fault;

/// An open file, closed at the end.
class Descriptor {
public:
    explicit Descriptor(const fs::path& path)
        : number_(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC))
        , error_(number_ < 0 ? errno : 0)
    {
    }
    ~Descriptor()
    {
        if (number_ >= 0)
            close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] int error() const { return error_; }

private:
    int number_;
    int error_;
};

bool ask(const Descriptor& device, unsigned long request, void* answer)
{
    int result = -1;
    do
        result = ioctl(device.number(), request, answer);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

/// What this node can, not what its whole device can: a webcam has a second node for metadata.
std::uint32_t capabilitiesOf(const v4l2_capability& capability)
{
    return (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps
                                                                 : capability.capabilities;
}

/// Whether its stream can be had: asking for buffers is what a second program is refused (EBUSY). Asking for
/// none changes nothing for the one that streams.
bool isStreaming(const Descriptor& device, std::uint32_t type)
{
    v4l2_requestbuffers buffers {};
    buffers.type = type;
    buffers.memory = V4L2_MEMORY_MMAP;
    return !ask(device, VIDIOC_REQBUFS, &buffers) && errno == EBUSY;
}

tl::unexpected<base::Error> busy(const fs::path& device)
{
    const auto holder = holderOf(device);
    return base::fail(cameraError(Fault::Busy,
        holder ? fmt::format("{} is in use by {}: close that program", device.string(), *holder)
               : fmt::format("{} is in use by another program: close that one", device.string())));
}

} // namespace

base::Outcome checkV4l2(const fs::path& device)
{
    const Descriptor file(device);
    switch (file.error()) {
    case 0:
        break;
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return base::fail(cameraError(Fault::NotFound,
            fmt::format("there is no camera at {}: plug it in; backtake cameras lists what is there",
                device.string())));
    case EACCES:
    case EPERM:
        return base::fail(cameraError(Fault::Denied,
            fmt::format("no right to open {}: run sudo usermod -aG video $USER, then log in again",
                device.string())));
    case EBUSY:
        return busy(device);
    default:
        return base::fail(cameraError(base::faultOfErrno(file.error()),
            fmt::format("cannot open {}: {}; unplug it and plug it in again", device.string(),
                std::generic_category().message(file.error()))));
    }
    struct stat status { };
    v4l2_capability capability {};
    if (fstat(file.number(), &status) != 0 || !S_ISCHR(status.st_mode)
        || !ask(file, VIDIOC_QUERYCAP, &capability))
        return base::fail(cameraError(Fault::Unsupported,
            fmt::format("{} is no camera: backtake cameras lists what is there", device.string())));
    const std::uint32_t can = capabilitiesOf(capability);
    const bool planar = (can & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0;
    if (!planar && (can & V4L2_CAP_VIDEO_CAPTURE) == 0)
        return base::fail(cameraError(Fault::Unsupported,
            fmt::format("{} gives no pictures (it is for settings or metadata): choose its neighbour",
                device.string())));
    if ((can & V4L2_CAP_STREAMING) != 0
        && isStreaming(file, planar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE))
        return busy(device);
    return {};
}

std::optional<std::string> nameOfV4l2(const fs::path& device)
{
    const Descriptor file(device);
    struct stat status { };
    v4l2_capability capability {};
    if (file.error() != 0 || fstat(file.number(), &status) != 0 || !S_ISCHR(status.st_mode)
        || !ask(file, VIDIOC_QUERYCAP, &capability))
        return std::nullopt;
    const auto* card = reinterpret_cast<const char*>(capability.card);
    const std::string name = base::oneLine(std::string_view(card, strnlen(card, sizeof capability.card)));
    return name.empty() ? std::nullopt : std::optional(name);
}

std::optional<std::string> holderOf(const fs::path& file)
{
    std::error_code ignored; // processes end while we look
    for (fs::directory_iterator process("/proc", ignored), end; process != end; process.increment(ignored)) {
        const std::string number = process->path().filename().string();
        int pid = 0;
        const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
        if (error != std::errc() || last != number.data() + number.size() || pid == getpid()
            || !tether::hasOpen(pid, file))
            continue;
        std::string name;
        std::getline(std::ifstream(process->path() / "comm"), name);
        return fmt::format("{} ({})", base::oneLine(name), number);
    }
    return std::nullopt;
}

std::vector<ListedCamera> listLocalCameras(const fs::path& devices)
{
    std::vector<ListedCamera> cameras;
    cameras.push_back({ "pattern:1920x1080@25", "Built-in pattern camera", {} });
    std::vector<std::pair<int, fs::path>> found; // by number, so that video10 comes after video9
    std::error_code refused;
    for (fs::directory_iterator entry(devices, refused), end; !refused && entry != end;
         entry.increment(refused)) {
        const std::string name = entry->path().filename().string();
        constexpr std::string_view kPrefix = "video";
        const std::string digits = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : std::string();
        if (!digits.empty() && digits.size() < 6
            && digits.find_first_not_of("0123456789") == std::string::npos)
            found.emplace_back(std::stoi(digits), entry->path());
    }
    std::sort(found.begin(), found.end());
    for (const auto& [number, path] : found) {
        base::Outcome usable = checkV4l2(path);
        std::string name = nameOfV4l2(path).value_or(path.filename().string());
        // Nodes for settings and metadata are no camera that cannot be opened; they are no camera.
        if (!usable && usable.error().fault == Fault::Unsupported && name != path.filename().string())
            continue;
        cameras.push_back({ "v4l2:" + path.string(), std::move(name), std::move(usable) });
    }
    return cameras;
}

std::vector<ListedCamera> listCameras()
{
    std::vector<ListedCamera> cameras = listLocalCameras();
    if (const auto attached = listAttached())
        for (const tether::AttachedCamera& camera : *attached)
            cameras.push_back(asListed(camera));
    else
        spdlog::info("{} ({})", attached.error().message, attached.error().detail);
    return cameras;
}

std::vector<PluginCheck> checkPlugins()
{
    static constexpr std::array<std::pair<const char*, std::string_view>, 12> kNeeded { {
        { "appsink", "all cameras of GStreamer" },
        { "videoconvert", "all cameras of GStreamer" },
        { "decodebin", "file:, rtsp:// and srt:// cameras" },
        { "v4l2src", "v4l2: cameras" },
        { "rtspsrc", "rtsp:// cameras" },
        { "rtpjpegdepay", "rtsp:// cameras with Motion JPEG" },
        { "srtsrc", "srt:// cameras" },
        { "tsdemux", "srt:// cameras" },
        { "qtdemux", "MOV and MP4 clips" },
        { "jpegparse", "Motion JPEG streams" },
        { "h264parse", "H.264 cameras and clips" },
        { "avdec_h264", "H.264 cameras and clips" },
    } };
    std::vector<PluginCheck> checks;
    for (const auto& [element, needed_for] : kNeeded)
        checks.push_back({ element, needed_for, packageOfElement(element), hasElement(element) });
    return checks;
}

} // namespace backtake::capture
