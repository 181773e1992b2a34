#include "ui/gl/pixels.hpp"

#include <epoxy/gl.h>

namespace backtake::ui::gl {

std::vector<std::uint8_t> pixelsOf(unsigned buffer, int width, int height)
{
    const auto row = static_cast<std::size_t>(width) * 3;
    std::vector<std::uint8_t> upside_down(row * static_cast<std::size_t>(height));
    glReadBuffer(buffer);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, upside_down.data());
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    std::vector<std::uint8_t> rgb;
    rgb.reserve(upside_down.size());
    for (int y = height - 1; y >= 0; --y) {
        const auto* const line = upside_down.data() + static_cast<std::size_t>(y) * row;
        rgb.insert(rgb.end(), line, line + row);
    }
    return rgb;
}

} // namespace backtake::ui::gl
