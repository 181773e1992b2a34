/// Which cameras hang on USB now, and why one of them cannot be opened.
#pragma once

#include "base/result.hpp"
#include "capture/tether/protocol.hpp"

#include <string>
#include <vector>

namespace backtake::capture::tether {

/// The program that has a device open; empty: none that this user can see.
struct Holder {
    std::string program; ///< "gvfsd-gphoto2".
    int pid = 0;
};

/// Looks through /proc. Never names this process.
Holder holderOf(const std::string& port);
/// Why this user may not open the device, and what to do; empty: it may be opened.
std::string whyDenied(const std::string& port);

/// The cameras that libgphoto2 knows, in the order of the bus. Time: 40 to 100 ms.
base::Result<std::vector<AttachedCamera>> attachedCameras();

/// `--list`: one JSON object a line. @return the program's exit code.
int listAttached();
/// `--version`: a line with the library's name and version, and one that says whether its driver for EOS
/// bodies, ptp2, really loads: "ptp2: yes". @return the program's exit code.
int tellVersion();
/// `--watch`: one JSON array a line, at once and after every change, until @p until_closed is closed.
/// @return the program's exit code.
int watchAttached(int until_closed);

} // namespace backtake::capture::tether
