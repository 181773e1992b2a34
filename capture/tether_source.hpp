/// A camera body behind libgphoto2, by way of the helper process `backtake-tether`.
#pragma once

#include "capture/frame_source.hpp"

namespace backtake::capture {

/// Opens `gphoto:usb`, `gphoto:usb:BUS,DEV` or `gphoto:ptpip:HOST[:PORT]`: starts a helper of its own for
/// this camera and waits until the body is open. The helper may hang, crash or be killed: next() then says
/// Fault::Unplugged, and the next opening starts another.
/// @param body attached while the source lives; its requests go straight to the helper and wait for nothing.
/// @return the faults of openSource().
base::Result<std::unique_ptr<FrameSource>> openTetherSource(
    const CameraSpec& spec, Body& body, std::stop_token stop);

} // namespace backtake::capture
