/// Draws pictures as RGB, with the image tools as shader passes, alone or one on another.
#pragma once

#include "base/result.hpp"
#include "ui/gl/picture_textures.hpp"
#include "ui/image_tools.hpp"
#include "ui/layout.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace backtake::ui::gl {

/// How a picture lies on what was drawn before it.
struct Laying {
    Rect clip;               ///< Nothing is drawn outside of it.
    double opacity = 1;      ///< Below 1: so much of the picture, the rest of what lies under it.
    bool difference = false; ///< Shows how far the two are apart: |a - b| of their codes on the glass, per
                             ///< channel, after all tools.
    friend bool operator==(const Laying&, const Laying&) = default;
};

/// Room: the thread with the GL context, which must be current in every call, the destructor included.
/// Owns: the look-up table's texture, one for what lies under a difference, and a program for each
/// combination of passes, linked when it is first drawn: what is off costs nothing.
class PictureRenderer {
public:
    /// @return Fault::Unsupported with the driver's words when the shaders do not build.
    static base::Result<std::unique_ptr<PictureRenderer>> make();
    ~PictureRenderer();
    PictureRenderer(const PictureRenderer&) = delete;
    PictureRenderer& operator=(const PictureRenderer&) = delete;

    /// Draws the part of the picture that @p window names into @p place of the bound framebuffer, which is
    /// @p framebuffer_height high; nothing of a picture that is empty. Linear filter; chroma stands in the
    /// middle of its luma samples, as in every JPEG. Then the tools: false colour, zebra and peaking judge
    /// the code values before the look-up table.
    /// @param scale the display's: the zebra's stripes grow with it.
    void draw(const PictureTextures& picture, const Rect& place, const Laying& laying, int framebuffer_height,
        const TextureWindow& window, const ImageTools& tools, float scale);

    /// Makes a part of the framebuffer black.
    static void blacken(const Rect& place, int framebuffer_height);

private:
    /// Bits: each is a #define of the fragment shader.
    enum Pass : unsigned {
        kReducing = 1, ///< For pictures shown smaller than they are.
        kLut = 2,
        kFalseColour = 4,
        kZebra = 8,
        kPeaking = 16,
        kDifference = 32,
        kPrograms = 64,
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
        int below_at = -1;
        bool refused = false; ///< By the driver; said once.
    };

    PictureRenderer() = default;
    base::Outcome build();
    static base::Result<Program> linked(unsigned passes);
    /// The program of these passes, or, where the driver refuses it, the one without tools.
    const Program& programOf(unsigned passes);
    void uploadLut(const base::CubeLutPtr& lut);
    /// Copies what lies there in the framebuffer into below_texture_, and leaves that bound.
    void copyBelow(const Rect& place, int framebuffer_height);

    std::array<Program, kPrograms> programs_ {}; ///< By their passes; name 0: not linked yet.
    base::CubeLutPtr lut_;                       ///< In lut_texture_.
    unsigned lut_texture_ = 0;
    unsigned below_texture_ = 0;
    unsigned vertices_ = 0;
};

} // namespace backtake::ui::gl
