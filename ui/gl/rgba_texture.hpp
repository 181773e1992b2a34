/// An image of four bytes a pixel on a texture, for ImGui's draw lists.
#pragma once

#include <imgui.h>

#include <cstdint>

namespace backtake::ui::gl {

/// Room: the thread with the GL context, which must be current in every call, the destructor included.
/// Owns: one texture, made with the first image.
class RgbaTexture {
public:
    RgbaTexture() = default;
    ~RgbaTexture();
    RgbaTexture(const RgbaTexture&) = delete;
    RgbaTexture& operator=(const RgbaTexture&) = delete;

    /// Copies the image into the texture unless that has @p version already.
    /// @param rgba width * height * 4 bytes, rows from the top. @param version not 0; another one for every
    /// image.
    void show(std::uint64_t version, int width, int height, const std::uint8_t* rgba);
    /// For ImDrawList::AddImage(). Null before the first image.
    [[nodiscard]] ImTextureID id() const;

private:
    unsigned name_ = 0;
    std::uint64_t version_ = 0;
    int width_ = 0;
    int height_ = 0;
};

} // namespace backtake::ui::gl
