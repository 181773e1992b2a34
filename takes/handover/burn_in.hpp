/// What is burnt into a review copy: slate, direction, both clocks and the captured frame's number.
#pragma once

#include "takes/handover/timeline.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct AVFrame;

namespace backtake::handover {

/// Coverage of letters, 0 ... 255, row after row.
struct Mask {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rows;
};

/// Two strips on a darkened ground, above: slate, with a circle round the take number of a circled take, and
/// the direction as an arrow and in words; below: where the audience is, the captured timecode of the very
/// picture, its captured number. Letters are drawn once: a frame costs their blending only.
/// Room: one thread.
class BurnIn {
public:
    BurnIn(const Clip& clip, int width, int height);

    /// @param frame YUV of limited range in 8 or 10 bits, 4:2:0 or 4:2:2, of the size said.
    /// @param k timeline frame of the clip; @param captured what the camera counted; @param held it could not
    /// be read, the frame before is seen.
    void draw(AVFrame& frame, FrameIndex k, FrameIndex captured, bool held);

private:
    const Mask& glyph(char c);
    void write(std::string_view text, int x);
    [[nodiscard]] int lineWidth(std::string_view text) const
    {
        return static_cast<int>(text.size()) * advance_;
    }

    Clip clip_;
    double size_; ///< Of the letters, in pixels.
    int height_;
    int margin_;
    int advance_ = 0; ///< Of a figure: they are all of one width.
    Mask above_;
    Mask below_;
    std::array<Mask, 128> glyphs_; ///< Drawn when first asked for.
};

} // namespace backtake::handover
