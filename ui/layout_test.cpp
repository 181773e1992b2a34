#include "ui/layout.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

LayoutInput window(int width, int height, float scale = 1)
{
    return { .width = width,
        .height = height,
        .scale = scale,
        .chrome_hidden = false,
        .full_screen = false,
        .camera_body = false,
        .camera_wanted = false,
        .scopes = false,
        .picture_aspect = 16.0 / 9 };
}

/// Every size a window can have: nothing overlaps, nothing sticks out, the picture keeps its shape.
TEST(Layout, HoldsTogetherFromPostageStampToUltraHd)
{
    for (const float scale : { 1.0F, 1.5F, 2.0F }) {
        for (const double aspect : { 16.0 / 9, 4.0 / 3, 2.39, 9.0 / 16, 0.0 }) {
            for (const bool hidden : { false, true }) {
                for (int width = 200; width <= 3840; width += 91) {
                    for (int height = 100; height <= 2160; height += 103) {
                        LayoutInput input = window(width, height, scale);
                        input.picture_aspect = aspect;
                        input.chrome_hidden = hidden;
                        input.camera_body = width % 2 == 0;
                        input.camera_wanted = height % 2 == 0;
                        input.scopes = (width + height) % 3 == 0;
                        input.band = (width + height) % 5 < 2;
                        const Layout layout = layoutOf(input);
                        SCOPED_TRACE(
                            testing::Message() << width << "x" << height << " @" << scale << " " << aspect);
                        const std::array parts { layout.top_bar, layout.monitor, layout.camera, layout.scopes,
                            layout.band, layout.takes, layout.scrub, layout.transport };
                        for (std::size_t i = 0; i < parts.size(); ++i) {
                            if (!parts[i].empty()) {
                                ASSERT_TRUE(layout.window.contains(parts[i])) << i;
                            }
                            for (std::size_t j = i + 1; j < parts.size(); ++j)
                                ASSERT_FALSE(parts[i].overlaps(parts[j])) << i << " " << j;
                        }
                        ASSERT_EQ(input.band && !hidden, !layout.band.empty() || !layout.band_needs.empty());
                        ASSERT_EQ(
                            input.scopes && !hidden, !layout.scopes.empty() || !layout.scopes_needs.empty());
                        ASSERT_TRUE(layout.monitor.contains(layout.framed()));
                        ASSERT_GE(layout.picture.width, 20);
                        ASSERT_GE(layout.picture.height, 20);
                        const double wanted = aspect > 0 ? aspect : 16.0 / 9;
                        ASSERT_LE(
                            std::abs(layout.picture.width - layout.picture.height * wanted), 1 + wanted);
                    }
                }
            }
        }
    }
}

/// Fails for a number that is said and not kept.
TEST(Layout, APanelWithoutRoomHasItInAWindowAsLargeAsItSays)
{
    for (const float scale : { 1.0F, 2.0F })
        for (int width = 300; width <= 3000; width += 97)
            for (int height = 200; height <= 1400; height += 89)
                for (const bool body : { false, true }) {
                    LayoutInput input = window(width, height, scale);
                    input.camera_body = body;
                    input.band = true;
                    Need need = layoutOf(input).band_needs;
                    // A wider one may unfold the takes, which need room, too.
                    for (int i = 0; i < 3 && !need.empty(); ++i) {
                        input.width = std::max(input.width, need.width);
                        input.height = std::max(input.height, need.height);
                        need = layoutOf(input).band_needs;
                    }
                    ASSERT_TRUE(need.empty()) << width << "x" << height << " @" << scale;
                    input = window(width, height, scale);
                    input.story = true;
                    need = layoutOf(input).story_needs;
                    ASSERT_EQ(need.empty(), !layoutOf(input).story.empty());
                    input.width = std::max(input.width, need.width);
                    input.height = std::max(input.height, need.height);
                    ASSERT_FALSE(layoutOf(input).story.empty()) << width << "x" << height << " @" << scale;
                }
}

/// Two, three and four pictures of any shapes in any window: all within it, none over another, each of its
/// shape.
TEST(Layout, SeveralPicturesStandSideBySideInAnyWindow)
{
    constexpr std::array kAspects { 16.0 / 9, 4.0 / 3, 2.39, 0.0 };
    for (const float scale : { 1.0F, 2.0F }) {
        for (std::size_t others = 1; others <= 3; ++others) {
            for (const bool hidden : { false, true }) {
                for (int width = 200; width <= 3840; width += 182) {
                    for (int height = 100; height <= 2160; height += 103) {
                        LayoutInput input = window(width, height, scale);
                        input.chrome_hidden = hidden;
                        input.scopes = width % 4 == 0;
                        input.camera_body = width % 3 == 0;
                        input.picture_aspect = kAspects[0];
                        input.more_aspects = { kAspects.data() + 1, others };
                        const Layout layout = layoutOf(input);
                        SCOPED_TRACE(
                            testing::Message() << width << "x" << height << " @" << scale << " " << others);
                        ASSERT_EQ(layout.places[0], layout.picture);
                        for (std::size_t i = 0; i < layout.places.size(); ++i) {
                            const Rect& place = layout.places[i];
                            ASSERT_EQ(place.empty(), i > others);
                            if (place.empty())
                                continue;
                            const double wanted = kAspects[i] > 0 ? kAspects[i] : 16.0 / 9;
                            ASSERT_LE(std::abs(place.width - place.height * wanted), 1 + wanted);
                            ASSERT_TRUE(layout.monitor.contains(layout.framed(place)));
                            for (std::size_t j = 0; j < i; ++j)
                                ASSERT_FALSE(layout.framed(place).overlaps(layout.framed(layout.places[j])));
                        }
                    }
                }
            }
        }
    }
}

TEST(Layout, TwoPicturesStandWhicheverWayMakesThemLarger)
{
    constexpr std::array kWide { 2.39 };
    constexpr std::array kHigh { 9.0 / 16 };
    LayoutInput input = window(1280, 720);
    input.picture_aspect = kHigh[0];
    input.more_aspects = kHigh;
    const Layout beside = layoutOf(input);
    EXPECT_EQ(beside.places[0].y, beside.places[1].y);
    EXPECT_LT(beside.places[0].right(), beside.places[1].x);
    EXPECT_EQ(beside.places[1].x - beside.places[0].right(), 2 * beside.frame) << "no more ground than bands";
    input.picture_aspect = kWide[0];
    input.more_aspects = kWide;
    input.width = 1000;
    input.height = 1000;
    const Layout above = layoutOf(input);
    EXPECT_EQ(above.places[0].x, above.places[1].x);
    EXPECT_LT(above.places[0].bottom(), above.places[1].y);
    // Four at 1280x720: two rows of two.
    constexpr std::array kThree { 16.0 / 9, 16.0 / 9, 16.0 / 9 };
    input = window(1280, 720);
    input.more_aspects = kThree;
    const Layout four = layoutOf(input);
    EXPECT_EQ(four.places[0].y, four.places[1].y);
    EXPECT_EQ(four.places[0].x, four.places[2].x);
    EXPECT_EQ(four.places[3].x, four.places[1].x);
    EXPECT_EQ(four.places[3].y, four.places[2].y);
    EXPECT_GE(four.places[0].height, 240);
}

TEST(Layout, TheCamerasDialsStandBesideThePictureWhereThereIsRoom)
{
    LayoutInput input = window(1920, 1080);
    input.picture_aspect = 1024.0 / 680;
    const Layout without = layoutOf(input);
    input.camera_body = true;
    EXPECT_EQ(layoutOf(input).picture.width, without.picture.width) << "a picture of a DSLR loses nothing";
    EXPECT_EQ(layoutOf(input).camera.width, 200);
    input.width = 800;
    input.height = 600;
    EXPECT_TRUE(layoutOf(input).camera.empty());
    input.camera_wanted = true;
    EXPECT_FALSE(layoutOf(input).camera.empty());
    input.chrome_hidden = true;
    EXPECT_TRUE(layoutOf(input).camera.empty());
}

TEST(Layout, ScopesTakeWhatThePictureLeavesFree)
{
    LayoutInput input = window(1280, 720);
    EXPECT_TRUE(layoutOf(input).scopes.empty());
    input.scopes = true;
    EXPECT_EQ(layoutOf(input).scopes.width, 280);
    EXPECT_GE(layoutOf(input).picture.height, 480);
    // A high picture leaves more than they need.
    input.picture_aspect = 4.0 / 3;
    const Layout wide = layoutOf(input);
    EXPECT_GT(wide.scopes.width, 400);
    input.scopes = false;
    EXPECT_EQ(layoutOf(input).picture.height, wide.picture.height) << "and it loses nothing";
    input.scopes = true;
    input.width = 600;
    EXPECT_TRUE(layoutOf(input).scopes.empty());
    input = window(1280, 720);
    input.scopes = true;
    input.chrome_hidden = true;
    EXPECT_TRUE(layoutOf(input).scopes.empty());
}

TEST(Layout, TakesFoldBelow1440AndGoBelow1000)
{
    EXPECT_EQ(layoutOf(window(1440, 900)).takes_shape, TakesShape::Full);
    EXPECT_EQ(layoutOf(window(1439, 900)).takes_shape, TakesShape::Strip);
    EXPECT_EQ(layoutOf(window(1000, 700)).takes_shape, TakesShape::Strip);
    EXPECT_EQ(layoutOf(window(999, 700)).takes_shape, TakesShape::Hidden);
    // The same on a display of twice the density.
    EXPECT_EQ(layoutOf(window(2880, 1800, 2)).takes_shape, TakesShape::Full);
    EXPECT_EQ(layoutOf(window(2878, 1800, 2)).takes_shape, TakesShape::Strip);
}

TEST(Layout, HiddenChromeGivesTheWholeWindowToPictureAndFrame)
{
    LayoutInput input = window(1920, 1080);
    input.chrome_hidden = true;
    const Layout layout = layoutOf(input);
    EXPECT_EQ(layout.monitor, layout.window);
    EXPECT_TRUE(layout.top_bar.empty());
    EXPECT_TRUE(layout.transport.empty());
    EXPECT_TRUE(layout.scrub.empty());
    EXPECT_TRUE(layout.takes.empty());
    EXPECT_GE(layout.picture.height, 1080 - 2 * layout.frame - 1);
}

TEST(Layout, FullScreenAt1080IsReadFromThreeMetres)
{
    LayoutInput input = window(1920, 1080);
    input.full_screen = true;
    EXPECT_EQ(layoutOf(input).badge, BadgeSize::Big);
    EXPECT_EQ(layoutOf(window(1280, 720)).badge, BadgeSize::Normal);
    EXPECT_EQ(layoutOf(window(200, 100)).badge, BadgeSize::Small);
}

TEST(Layout, ThePictureDominatesAtUsualSizes)
{
    const Layout hd = layoutOf(window(1280, 720));
    EXPECT_GE(hd.picture.height, 510);
    const Layout full = layoutOf(window(1920, 1080));
    EXPECT_GE(full.picture.height, 800);
    EXPECT_FALSE(full.scrub.empty());
    EXPECT_FALSE(full.transport.empty());
}

} // namespace
} // namespace backtake::ui
