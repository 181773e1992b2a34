/// The folder and the descriptors that libgphoto2 needs around it to behave.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace backtake::capture::tether {

/// libgphoto2's settings are those of $HOME/.gphoto and process-wide. Makes @p home (mode 0700) and its
/// settings file, keeps the guid by which a camera knows this computer, and makes it this process's HOME.
/// Without the settings the library would save to the computer and wait without end for shots to become
/// available, and wait 20 s for a USB camera that is silent.
/// @return Fault::Denied, OutOfSpace, Failed.
base::Outcome moveInto(const std::filesystem::path& home);

/// Lets the library look at one driver instead of a hundred: 8 ms instead of 35 to 75. A CAMLIBS that is set
/// already stays, and so does everything when the driver is not where it was at build time.
void loadOnlyPtp(const std::filesystem::path& home);
/// Takes loadOnlyPtp() back.
void loadAllDrivers();

/// Descriptor 0 is /dev/null from here on: gp_camera_exit() on PTP/IP closes it, whatever it is. SIGPIPE is
/// ignored: a connection that drops would end this process. Texts come untranslated.
void shieldFromLibrary();

} // namespace backtake::capture::tether
