/// A planar YCbCr picture on textures.
#pragma once

#include "base/picture.hpp"

#include <array>
#include <optional>

namespace backtake::ui::gl {

/// Room: the thread with the GL context, which must be current in every call, the destructor included.
/// Owns: three textures, made with the first picture and used again while the format stays.
class PictureTextures {
public:
    PictureTextures() = default;
    ~PictureTextures();
    PictureTextures(const PictureTextures&) = delete;
    PictureTextures& operator=(const PictureTextures&) = delete;

    /// Copies the picture into the textures. Time: one copy of its bytes.
    /// @return false when it has no pixels or is larger than this GPU's textures: it is empty then.
    bool upload(const base::Picture& picture);
    /// Forgets the picture.
    void clear() { format_.reset(); }
    /// Of the picture; none while there is none.
    [[nodiscard]] const std::optional<base::PictureFormat>& format() const { return format_; }
    /// Binds luma, blue and red to the texture units 0, 1 and 2; unit 0 is active afterwards.
    void bind() const;

private:
    void make();

    std::array<unsigned, 3> names_ {};
    std::array<std::array<int, 2>, 3> sizes_ {}; ///< Of the textures as allocated.
    int largest_side_ = 0;
    std::optional<base::PictureFormat> format_;
};

} // namespace backtake::ui::gl
