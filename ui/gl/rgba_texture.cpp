#include "ui/gl/rgba_texture.hpp"

#include <epoxy/gl.h>

namespace backtake::ui::gl {

RgbaTexture::~RgbaTexture()
{
    if (name_ != 0)
        glDeleteTextures(1, &name_);
}

void RgbaTexture::show(std::uint64_t version, int width, int height, const std::uint8_t* rgba)
{
    if (version == version_ || width <= 0 || height <= 0)
        return;
    if (name_ == 0)
        glGenTextures(1, &name_);
    GLint bound = 0;
    glGetIntegerv(GL_TEXTURE_BINDING_2D, &bound);
    glBindTexture(GL_TEXTURE_2D, name_);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    if (width == width_ && height == height_) {
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
    } else {
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
        width_ = width;
        height_ = height;
    }
    glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(bound));
    version_ = version;
}

ImTextureID RgbaTexture::id() const
{
    return reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(version_ != 0 ? name_ : 0));
}

} // namespace backtake::ui::gl
