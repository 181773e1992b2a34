/// Planar YCbCr pictures on textures, drawn as RGB.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"
#include "ui/layout.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace backtake::ui::gl {

/// What a picture's bytes become: rgb = matrix * (ycbcr + offset), all in 0 … 1 as the GPU samples them.
struct ColourTransform {
    std::array<float, 3> offset {};
    std::array<float, 9> matrix {}; ///< Column by column.
};
ColourTransform transformOf(const base::Colour& colour);

/// Room: the thread with the GL context, which must be current in every call, the destructor included.
/// Owns: three textures (used again while the format stays), two programs.
class PictureRenderer {
public:
    /// @return Fault::Unsupported with the driver's words when the shaders do not build.
    static base::Result<std::unique_ptr<PictureRenderer>> make();
    ~PictureRenderer();
    PictureRenderer(const PictureRenderer&) = delete;
    PictureRenderer& operator=(const PictureRenderer&) = delete;

    /// Copies the picture into the textures. Time: one copy of its bytes.
    /// @return false when it has no pixels or is larger than this GPU's textures: nothing is shown then.
    bool upload(const base::Picture& picture);

    /// Forgets the picture; draw() draws nothing until the next upload().
    void clear() { format_.reset(); }
    [[nodiscard]] bool empty() const { return !format_.has_value(); }

    /// Draws the picture into @p place of the bound framebuffer, which is @p framebuffer_height high. Linear
    /// filter; chroma stands in the middle of its luma samples, as in every JPEG.
    void draw(const Rect& place, int framebuffer_height) const;

private:
    struct Program {
        unsigned name = 0;
        int matrix_at = -1;
        int offset_at = -1;
        int chroma_scale_at = -1;
        int quarter_pixel_at = -1;
    };

    PictureRenderer() = default;
    base::Outcome build();
    static base::Result<Program> linked(const char* fragment_head);

    std::array<unsigned, 3> textures_ {};
    std::array<std::array<int, 2>, 3> sizes_ {}; ///< Of the textures as allocated.
    Program plain_;
    Program reducing_; ///< For pictures shown smaller than they are.
    unsigned vertices_ = 0;
    int largest_side_ = 0;
    std::optional<base::PictureFormat> format_;
};

} // namespace backtake::ui::gl
