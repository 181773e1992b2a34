/// What can be opened now, and why something cannot: for `backtake cameras` and `backtake doctor`.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::capture {

/// One camera found on this machine.
struct ListedCamera {
    std::string spec;     ///< What --camera takes: "v4l2:/dev/video0".
    std::string name;     ///< What people call it: "HDMI Capture".
    base::Outcome usable; ///< Why it cannot be opened now: Fault and the operator's line.
};

/// The pattern camera, always, and every V4L2 device that captures. Room: any thread; opens devices for a
/// moment, which a device may answer late: not the UI's.
/// @param devices where the device files are; another folder in tests.
std::vector<ListedCamera> listLocalCameras(const std::filesystem::path& devices = "/dev");

/// The same and the cameras on USB that libgphoto2 knows; when those cannot be asked for, the log says why
/// (listAttached() in capture/attached_cameras.hpp tells). Cameras in a network do not show themselves.
/// Room: any thread but the UI's. Time: starts a helper; 50 to 150 ms, at most 3 s. Who wants to see cameras
/// come and go keeps an AttachedCameras.
std::vector<ListedCamera> listCameras();

/// Whether a V4L2 device can be opened and captures pictures.
/// @return Fault::NotFound, Denied, Busy (with the program that holds it, when that can be seen), Unsupported
/// for a device
///         that is no camera.
base::Outcome checkV4l2(const std::filesystem::path& device);

/// The device's own name: "HDMI Capture". nullopt when it cannot be asked.
std::optional<std::string> nameOfV4l2(const std::filesystem::path& device);

/// A running program that has @p file open: "obs (4711)". nullopt when none can be seen: other users'
/// programs show only to root. Time: reads all of /proc, some 10 ms.
std::optional<std::string> holderOf(const std::filesystem::path& file);

/// A part of GStreamer that a kind of camera needs.
struct PluginCheck {
    std::string_view element;    ///< "srtsrc".
    std::string_view needed_for; ///< "srt:// cameras".
    std::string_view package;    ///< The Debian package that has it.
    bool installed = false;
};
/// Everything the cameras of GStreamer need, installed or not. Room: any thread.
std::vector<PluginCheck> checkPlugins();

} // namespace backtake::capture
