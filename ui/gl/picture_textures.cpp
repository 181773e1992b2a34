#include "ui/gl/picture_textures.hpp"

#include <epoxy/gl.h>

namespace backtake::ui::gl {

PictureTextures::~PictureTextures()
{
    if (names_[0] != 0)
        glDeleteTextures(static_cast<GLsizei>(names_.size()), names_.data());
}

void PictureTextures::make()
{
    glGenTextures(static_cast<GLsizei>(names_.size()), names_.data());
    for (const GLuint texture : names_) {
        glBindTexture(GL_TEXTURE_2D, texture);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    }
    glBindTexture(GL_TEXTURE_2D, 0);
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &largest_side_);
}

bool PictureTextures::upload(const base::Picture& picture)
{
    if (names_[0] == 0)
        make();
    format_.reset();
    const base::PictureFormat& format = picture.format;
    if (format.width <= 0 || format.height <= 0 || format.width > largest_side_
        || format.height > largest_side_)
        return false;

    constexpr std::uint8_t kNoColour = 128;
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    for (int plane = 0; plane < 3; ++plane) {
        const auto index = static_cast<std::size_t>(plane);
        const bool present = plane < format.planes();
        const int width = present ? format.planeWidth(plane) : 1;
        const int height = present ? format.planeHeight(plane) : 1;
        const std::uint8_t* pixels = present ? picture.planes[index] : &kNoColour;
        if (pixels == nullptr)
            return false;
        glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(plane));
        glBindTexture(GL_TEXTURE_2D, names_[index]);
        glPixelStorei(GL_UNPACK_ROW_LENGTH, present ? picture.strides[index] : 0);
        if (sizes_[index] == std::array { width, height }) {
            glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RED, GL_UNSIGNED_BYTE, pixels);
        } else {
            glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, width, height, 0, GL_RED, GL_UNSIGNED_BYTE, pixels);
            sizes_[index] = { width, height };
        }
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glActiveTexture(GL_TEXTURE0);
    format_ = format;
    return true;
}

void PictureTextures::bind() const
{
    for (std::size_t plane = 0; plane < names_.size(); ++plane) {
        glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(plane));
        glBindTexture(GL_TEXTURE_2D, names_[plane]);
    }
    glActiveTexture(GL_TEXTURE0);
}

} // namespace backtake::ui::gl
