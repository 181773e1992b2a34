/// One camera, from its opening to its loss: the loop of `backtake-tether --camera`.
#pragma once

#include "capture/tether/gphoto_camera.hpp"

#include <filesystem>
#include <memory>

namespace backtake::capture::tether {

/// Runs until the app closes the socket or the camera is lost. Room: the helper's one thread.
/// @return the program's exit code.
int runHelper(const Address& address, const std::filesystem::path& home, std::shared_ptr<SharedMemory> memory,
    int socket);

} // namespace backtake::capture::tether
