#include "ui/image_tools.hpp"

#include <gtest/gtest.h>

namespace backtake::ui {
namespace {

using base::Orientation;

base::PictureFormat sized(int width, int height)
{
    return { width, height, base::Subsampling::S422, base::kJpegColour };
}

TEST(ImageTools, StepsGoThroughAllChoicesAndStartAgain)
{
    FrameLines lines = FrameLines::Off;
    for (const char* name : { "1.78", "1.85", "2.00", "2.39", "9:16", "2.35", "off" }) {
        lines = next(lines);
        EXPECT_EQ(nameOf(lines, 2.35).view(), name);
    }
    ScopeKind scopes = ScopeKind::Off;
    for (const char* name : { "waveform", "parade", "vectorscope", "histogram", "all", "off" }) {
        scopes = next(scopes);
        EXPECT_STREQ(nameOf(scopes), name);
    }
    double desqueeze = 1;
    for (const double wanted : { 1.33, 1.5, 1.8, 2.0, 1.0 })
        EXPECT_DOUBLE_EQ(desqueeze = nextDesqueeze(desqueeze), wanted);
}

TEST(ImageTools, ZoomGoesToWholePixelsLargerThanFitsAndBackToAllOfIt)
{
    // A 1080p picture in 540 rows: everything from 1:1 on shows more.
    int zoom = 0;
    for (const int wanted : { 1, 2, 3, 4, 6, 8, 8 })
        EXPECT_EQ(zoom = zoomStep(zoom, 0.5, +1), wanted);
    for (const int wanted : { 6, 4, 3, 2, 1, 0, 0 })
        EXPECT_EQ(zoom = zoomStep(zoom, 0.5, -1), wanted);
    // A small one, enlarged already: 1:1 would shrink it.
    EXPECT_EQ(zoomStep(0, 1.4, +1), 2);
    EXPECT_EQ(zoomStep(2, 1.4, -1), 0);
    // Exactly as large as its place: 1:1 is what is seen.
    EXPECT_EQ(zoomStep(0, 1, +1), 2);
    EXPECT_EQ(zoomStep(0, 9, +1), 0);
}

TEST(ImageTools, OneToOneShowsAPixelForAPixel)
{
    const PictureView view = viewOf(sized(1920, 1080), 1, 1, { 0.5, 0.5 }, { 10, 20, 960, 540 });
    EXPECT_EQ(view.zoom, 1);
    EXPECT_DOUBLE_EQ(view.size[0], 0.5);
    EXPECT_DOUBLE_EQ(view.size[1], 0.5);
    EXPECT_DOUBLE_EQ(view.low[0], 480.0 / 1920);
    EXPECT_DOUBLE_EQ(view.low[1], 270.0 / 1080);
    const PictureView eight = viewOf(sized(1920, 1080), 1, 8, { 0.5, 0.5 }, { 0, 0, 960, 540 });
    EXPECT_DOUBLE_EQ(eight.size[0], 120.0 / 1920);
}

/// Fails when a picture is sampled between its pixels after a pan.
TEST(ImageTools, PanningIsByWholePixelsOfTheScreen)
{
    for (const int zoom : { 1, 2, 3, 8 }) {
        for (double x = 0; x <= 1; x += 0.0137) {
            const PictureView view = viewOf(sized(1920, 1080), 1, zoom, { x, x }, { 0, 0, 937, 527 });
            const double left = view.low[0] * 1920 * zoom;
            EXPECT_NEAR(left, std::round(left), 1e-6);
        }
    }
}

TEST(ImageTools, PanningEndsAtThePicturesEdge)
{
    const Rect place { 0, 0, 960, 540 };
    const PictureView low = viewOf(sized(1920, 1080), 1, 2, { -3, 0.01 }, place);
    EXPECT_DOUBLE_EQ(low.low[0], 0);
    EXPECT_DOUBLE_EQ(low.low[1], 0);
    const PictureView high = viewOf(sized(1920, 1080), 1, 2, { 0.99, 7 }, place);
    EXPECT_NEAR(high.low[0] + high.size[0], 1, 1e-9);
    EXPECT_NEAR(high.low[1] + high.size[1], 1, 1e-9);
    EXPECT_DOUBLE_EQ(high.centre()[0], 0.875);
}

TEST(ImageTools, AZoomThatWouldShrinkThePictureShowsAllOfIt)
{
    const PictureView view = viewOf(sized(640, 360), 1, 1, { 0.2, 0.2 }, { 0, 0, 960, 540 });
    EXPECT_EQ(view.zoom, 0);
    EXPECT_DOUBLE_EQ(view.low[0], 0);
    EXPECT_DOUBLE_EQ(view.size[0], 1);
}

TEST(ImageTools, ASqueezedPictureIsZoomedByItsRows)
{
    // 1440 columns are shown 2880 wide; the place has that shape.
    const PictureView view = viewOf(sized(1440, 1080), 2, 1, { 0.5, 0.5 }, { 0, 0, 960, 360 });
    EXPECT_DOUBLE_EQ(view.size[0], 960.0 / 2880);
    EXPECT_DOUBLE_EQ(view.size[1], 360.0 / 1080);
}

/// Texture coordinates of a place in the window, in parts of it.
Point sampled(const TextureWindow& window, const Point& at)
{
    return { window.origin[0] + window.extent[0] * at[0], window.origin[1] + window.extent[1] * at[1] };
}

TEST(ImageTools, OrientationTurnsWhatIsSampledNotWhatIsSeen)
{
    const PictureView view { { 0.25, 0.5 }, { 0.5, 0.25 }, 2 };
    const Point top_left { 0, 0 };
    EXPECT_EQ(sampled(textureOf(view, Orientation::Upright), top_left), (Point { 0.25, 0.5 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::UpsideDown), top_left), (Point { 0.75, 0.5 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::Mirrored), top_left), (Point { 0.75, 0.5 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::Flipped), top_left), (Point { 0.25, 0.5 }));
    const Point end { 1, 1 };
    EXPECT_EQ(sampled(textureOf(view, Orientation::Upright), end), (Point { 0.75, 0.75 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::UpsideDown), end), (Point { 0.25, 0.25 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::Mirrored), end), (Point { 0.25, 0.75 }));
    EXPECT_EQ(sampled(textureOf(view, Orientation::Flipped), end), (Point { 0.75, 0.25 }));
}

TEST(ImageTools, FalseColourBandsStandApartAndInOrder)
{
    const auto bands = falseColourBands();
    for (std::size_t i = 0; i < bands.size(); ++i) {
        EXPECT_LT(bands[i].from_percent, bands[i].to_percent);
        if (i > 0) {
            EXPECT_LE(bands[i - 1].to_percent, bands[i].from_percent);
        }
    }
}

std::string wordsOf(const ImageTools& tools, Orientation orientation, int zoom,
    std::optional<Compare> overlaid = std::nullopt)
{
    std::string all;
    const ToolWords words(tools, orientation, { {}, {}, zoom }, overlaid);
    for (const auto& word : words.all())
        all += (all.empty() ? "" : ", ") + std::string(word.view());
    return all;
}

/// Fails when a picture that is looked at through a tool could pass for the recorded one.
TEST(ImageTools, EachThingThatIsOnHasItsWord)
{
    ImageTools tools;
    EXPECT_EQ(wordsOf(tools, Orientation::Upright, 0), "");
    EXPECT_EQ(wordsOf(tools, Orientation::Mirrored, 0), "MIRROR");
    EXPECT_EQ(wordsOf(tools, Orientation::Flipped, 0), "FLIP");
    tools.lut_on = true;
    EXPECT_EQ(wordsOf(tools, Orientation::Upright, 0), "") << "none is chosen";
    choosePreset(tools, base::CameraLog::CanonLog2);
    tools.zebra.on = true;
    tools.peaking = true;
    tools.frame_lines = FrameLines::R239;
    tools.safe_areas = true;
    tools.desqueeze = 1.33;
    EXPECT_EQ(wordsOf(tools, Orientation::UpsideDown, 2),
        "LUT Canon Log 2, ZEBRA 70/95, PEAK, 2.39, SAFE, 180, 1.33x, 2:1");
    tools.false_colour = true;
    EXPECT_EQ(
        wordsOf(tools, Orientation::UpsideDown, 2), "FC, ZEBRA 70/95, PEAK, 2.39, SAFE, 180, 1.33x, 2:1");
    tools = {};
    tools.mix = 0.4;
    EXPECT_EQ(wordsOf(tools, Orientation::Upright, 0, Compare::Mix), "MIX 40 %");
    EXPECT_EQ(wordsOf(tools, Orientation::Upright, 0, Compare::Wipe), "WIPE");
    EXPECT_EQ(wordsOf(tools, Orientation::Upright, 0, Compare::Blink), "BLINK");
    EXPECT_EQ(wordsOf(tools, Orientation::Flipped, 0, Compare::Difference), "DIFFERENCE, FLIP");
}

} // namespace
} // namespace backtake::ui
