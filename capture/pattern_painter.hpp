/// What the pattern camera shows and sounds: every frame a pure function of its number, so that tests,
/// benches and two cameras on two machines agree on it without a clock.
///
/// In the picture: 75 % colour bars and a grey ramp of 11 steps (0 … 100 %), somebody walking from left to
/// right past a bouncing ball (run backwards, both betray it at once), a hand that goes round in ten seconds
/// with a tail behind it, a white flash on every whole second, the frame's number and time, and the number in
/// cells (frame_cells.hpp). In the sound: a tick of 1 kHz that starts with the flash.
#pragma once

#include "base/picture.hpp"
#include "base/time.hpp"
#include "capture/pattern_canvas.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace backtake::capture {

struct PatternLook {
    int width = 1920;
    int height = 1080;
    base::Rate rate { 25, 1 };
    base::Colour colour = base::kJpegColour; ///< What the painted numbers mean.
    bool noise = false; ///< Grain on luma, so that a 1920x1080 JPEG of quality 90 has about half a megabyte.
};

/// First frame of whole second @p second: the one that flashes, and whose time is the tick's first sample.
std::int64_t flashFrame(std::int64_t second, const base::Rate& rate);
/// Whether frame @p n shows the flash, which lasts two frames (one below 10 per second).
bool flashes(std::int64_t n, const base::Rate& rate);

inline constexpr int kPatternSoundHz = 48000;
/// Number of the sound sample at frame @p n, rounded: sample 0 is at frame 0.
std::int64_t soundSampleOf(std::int64_t n, const base::Rate& rate);
/// Samples from @p first on: silence, and 5 ms of 1 kHz from every flash on.
void patternSound(std::int64_t first, std::span<std::int16_t> samples, const base::Rate& rate);

/// Room: paint() from any thread, at the same time. Time: construction draws what never moves (0.1 s for
/// 1920x1080, with noise); paint() takes about 0.4 ms for 1920x1080. Owns: one background, with noise the
/// luma of six.
class PatternPainter {
public:
    explicit PatternPainter(const PatternLook& look);
    ~PatternPainter();
    PatternPainter(const PatternPainter&) = delete;
    PatternPainter& operator=(const PatternPainter&) = delete;

    [[nodiscard]] const PatternLook& look() const { return look_; }
    /// Of the pictures that paint() takes: 4:2:2 in the look's colour.
    [[nodiscard]] base::PictureFormat format() const;
    /// Paints frame @p n over the whole of @p picture, whose format must be format().
    void paint(std::int64_t n, base::Picture& picture) const;
    /// Middle of the disc that is white while flashes() and dark otherwise, for light meters and tests.
    [[nodiscard]] Box flashArea() const;
    /// Where somebody walks.
    [[nodiscard]] Box walkArea() const { return walk_; }

private:
    /// A pixel of the clock's ring: what the hand's tail lights up.
    struct RingPixel {
        std::int32_t x, y;
        std::uint16_t angle; ///< Of kAngles, clockwise from the top.
        std::uint16_t coverage;
    };
    static constexpr int kAngles = 4096;

    void layOut();
    void drawBackground();
    void drawWalker(Canvas& canvas, double seconds) const;
    void drawBall(Canvas& canvas, double seconds) const;
    void drawClock(Canvas& canvas, base::Picture& picture, double seconds, bool flash) const;
    void drawTexts(Canvas& canvas, std::int64_t n) const;

    const PatternLook look_;
    std::array<std::uint8_t, kAngles> tail_ {}; ///< Luma of the clock's ring by angle behind the hand.
    double unit_ = 1;                           ///< A pixel of the 1920x1080 design, here.
    Box stage_ {};                              ///< Between ramp and cells.
    Box walk_ {};
    double ground_ = 0; ///< Row that feet stand on.
    Point clock_ {};
    double clock_radius_ = 0;
    Point text_ {};                        ///< Upper left of the lettering.
    std::array<Mask, 11> large_digits_ {}; ///< 0 … 9 and the colon.
    std::array<Mask, 11> small_digits_ {};
    double large_height_ = 0;
    double small_height_ = 0;
    std::vector<RingPixel> ring_;
    std::unique_ptr<base::PicturePool> pool_;
    std::shared_ptr<base::Picture> background_;
    std::vector<std::vector<std::uint8_t>>
        noisy_luma_; ///< Backgrounds with grain, rows of the background's stride.
};

} // namespace backtake::capture
