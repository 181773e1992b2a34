/// Planar YCbCr pictures on textures, drawn as RGB, with the image tools as shader passes.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"
#include "ui/image_tools.hpp"
#include "ui/layout.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace backtake::ui::gl {

/// Room: the thread with the GL context, which must be current in every call, the destructor included.
/// Owns: three textures (used again while the format stays), the look-up table's, and a program for each
/// combination of passes, linked when it is first drawn: what is off costs nothing.
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

    /// Draws the part of the picture that @p window names into @p place of the bound framebuffer, which is
    /// @p framebuffer_height high. Linear filter; chroma stands in the middle of its luma samples, as in
    /// every JPEG. Then the tools: false colour, zebra and peaking judge the code values before the look-up
    /// table.
    /// @param scale the display's: the zebra's stripes grow with it.
    void draw(const Rect& place, int framebuffer_height, const TextureWindow& window, const ImageTools& tools,
        float scale);

private:
    /// Bits: each is a #define of the fragment shader.
    enum Pass : unsigned {
        kReducing = 1, ///< For pictures shown smaller than they are.
        kLut = 2,
        kFalseColour = 4,
        kZebra = 8,
        kPeaking = 16,
        kPrograms = 32,
    };
    struct Program {
        unsigned name = 0;
        int matrix_at = -1;
        int offset_at = -1;
        int window_at = -1;
        int chroma_scale_at = -1;
        int quarter_pixel_at = -1;
        int zebra_at = -1;
        int lut_low_at = -1;
        int lut_steps_at = -1;
        bool refused = false; ///< By the driver; said once.
    };

    PictureRenderer() = default;
    base::Outcome build();
    static base::Result<Program> linked(unsigned passes);
    /// The program of these passes, or, where the driver refuses it, the one without tools.
    const Program& programOf(unsigned passes);
    void uploadLut(const base::CubeLutPtr& lut);

    std::array<unsigned, 3> textures_ {};
    std::array<std::array<int, 2>, 3> sizes_ {}; ///< Of the textures as allocated.
    std::array<Program, kPrograms> programs_ {}; ///< By their passes; name 0: not linked yet.
    base::CubeLutPtr lut_;                       ///< In lut_texture_.
    unsigned lut_texture_ = 0;
    unsigned vertices_ = 0;
    int largest_side_ = 0;
    std::optional<base::PictureFormat> format_;
};

} // namespace backtake::ui::gl
