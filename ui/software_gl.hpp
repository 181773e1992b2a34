/// Drawing by the processor, for machines whose driver gives no OpenGL 3.3: Mesa does it on any of them.
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace backtake::ui {

/// From now on every window of this process is drawn so. Room: before the first Window and before any thread:
/// it sets the environment that Mesa and the loaders of OpenGL read (docs.mesa3d.org/envvars.html, libglvnd).
void drawWithoutGpu();
/// Whether that is so, by drawWithoutGpu() or by whoever started the program.
[[nodiscard]] bool drawsWithoutGpu();
/// Whether the driver that calls itself so draws by the processor, asked to or not.
[[nodiscard]] bool isSoftware(std::string_view renderer);

/// Asks the operator in a box of its own, which needs no OpenGL, whether to draw without the GPU, and waits
/// for the answer. @return false also where no box can be shown.
[[nodiscard]] bool offerSoftwareGl(const base::Error& why);

} // namespace backtake::ui
