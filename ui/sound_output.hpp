/// The system's sound devices, through SDL.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"

#include <string>
#include <vector>

namespace backtake::ui {

/// Opens a device: 48 kHz, two ears, chunks of 512 samples (10.7 ms).
/// Room: any thread; SDL takes the samples on one of its own. Time: waits for the sound server.
/// @param device as soundDevices() names it; empty: the system's own choice.
/// @return Fault::NotFound when there is no such device, or it cannot be opened.
base::Result<base::SoundSinkPtr> openSoundOutput(const std::string& device);

/// What can be opened now. Room and time as openSoundOutput().
std::vector<std::string> soundDevices();

} // namespace backtake::ui
