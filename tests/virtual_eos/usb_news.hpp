/// The kernel's news of a device that comes or goes, for those who run under umockdev's preload. umockdev's
/// own sender works only in a process that runs under it, too; ours does not.
#pragma once

#include <string>

namespace backtake::testing {

/// A device as udev describes it.
struct UsbNews {
    std::string action;     ///< "add", "remove".
    std::string path;       ///< "/devices/pci0000:00/…".
    std::string kind;       ///< DEVTYPE.
    std::string properties; ///< "NAME=VALUE\n" of all the others.
};
/// Tells everybody who listens to udev in the test bed at @p root. The preload names a listener's socket by
/// its descriptor: of two processes that listen with the same number only the younger hears.
void tellUdev(const std::string& root, const UsbNews& news);

} // namespace backtake::testing
