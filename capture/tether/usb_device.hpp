/// A USB camera's device file, and which programs have it open. Shared by the helper, which looks, and the
/// app, which ends a holder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace backtake::capture::tether {

/// "usb:001,007" -> /dev/bus/usb/001/007; nullopt for any other text.
std::optional<std::filesystem::path> usbNode(std::string_view port);

/// Whether the running program @p pid has @p file open, by whatever name. Of another user's program only
/// root learns it.
bool hasOpen(int pid, const std::filesystem::path& file);

/// The file name of the program that runs as @p pid: "gvfsd-gphoto2". Empty: it has ended.
std::string programOf(int pid, const std::filesystem::path& proc = "/proc");
/// Whether a program of that name opens any camera that is plugged in, and lets it go when asked.
bool isCameraGrabber(std::string_view program);

} // namespace backtake::capture::tether
