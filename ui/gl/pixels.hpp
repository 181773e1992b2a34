/// What lies in a framebuffer, for screenshots.
#pragma once

#include <cstdint>
#include <vector>

namespace backtake::ui::gl {

/// Red, green and blue of the bound framebuffer's buffer (GL_BACK, GL_FRONT), top row first. Slow. Room: the
/// thread with the GL context.
std::vector<std::uint8_t> pixelsOf(unsigned buffer, int width, int height);

} // namespace backtake::ui::gl
