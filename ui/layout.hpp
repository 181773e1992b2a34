/// Where things stand in the window: a pure function from its size to rectangles. The views draw into them,
/// and the tests of the whole program find the picture in a screenshot by them.
#pragma once

#include "ui/model.hpp"

#include <array>
#include <span>

namespace backtake::ui {

/// In pixels of the window's drawable, origin top left. Empty when the thing is not shown at that size.
struct Rect {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;

    [[nodiscard]] bool empty() const { return width <= 0 || height <= 0; }
    [[nodiscard]] int right() const { return x + width; }
    [[nodiscard]] int bottom() const { return y + height; }
    [[nodiscard]] bool contains(const Rect& other) const
    {
        return other.x >= x && other.y >= y && other.right() <= right() && other.bottom() <= bottom();
    }
    [[nodiscard]] bool overlaps(const Rect& other) const
    {
        return !empty() && !other.empty() && x < other.right() && other.x < right() && y < other.bottom()
            && other.y < bottom();
    }
    friend bool operator==(const Rect&, const Rect&) = default;
};

struct LayoutInput {
    int width = 0; ///< Of the drawable, in pixels.
    int height = 0;
    float scale = 1; ///< Display scale: pixels for each of the sizes below.
    bool chrome_hidden = false;
    bool full_screen = false;
    bool camera_body = false;   ///< The camera's dials are known: a column beside the picture shows them.
    bool camera_wanted = false; ///< They have the keys: shown in narrow windows, too.
    bool story = false;         ///< The sequence is wanted: a row of cards below the picture.
    bool scopes = false;        ///< They are wanted: a column right of the picture.
    bool band = false;          ///< Lip check or practice is open: a band under the picture.
    double picture_aspect = 0;  ///< Width through height; 0 before the first picture: 16:9 is kept free.
    /// Of the pictures that stand beside it, at most three.
    std::span<const double> more_aspects {};
};

/// How large the window has to be for a panel. Empty: it is there, or nobody wants it.
struct Need {
    int width = 0;
    int height = 0;

    [[nodiscard]] bool empty() const { return width <= 0 && height <= 0; }
    friend bool operator==(const Need&, const Need&) = default;
};

enum class TakesShape { Hidden = 1, Strip, Full };

/// Text of badge and slate. Big is read from three metres: capitals at least 48 px high at scale 1.
enum class BadgeSize { Small = 1, Normal, Big };

struct Layout {
    float scale = 1;
    Rect window;
    Rect top_bar;
    Rect monitor;  ///< The ground that picture and frame stand on.
    Rect picture;  ///< Exactly the picture's pixels; keeps its aspect to the pixel.
    int frame = 0; ///< Thickness of the band round the picture that tells the state; always kept free.
    /// Of all pictures that stand side by side, the first is the one above; empty beyond their number.
    std::array<Rect, kMostPanes> places;
    Rect camera; ///< The camera's dials; right of the picture, which is high rather than wide as a rule.
    Rect scopes; ///< Right of the picture, as wide as what that leaves free, within limits.
    Rect band;   ///< Of the lip check, or of practice; under the picture, and as wide.
    Rect takes;
    TakesShape takes_shape = TakesShape::Hidden;
    Rect story; ///< The cards of the sequence, below the picture.
    Rect scrub;
    Rect transport;
    BadgeSize badge = BadgeSize::Normal;
    // Of panels that are wanted and have no room.
    Need band_needs;
    Need story_needs;
    Need scopes_needs;

    /// The picture, or another of the places, with its frame.
    [[nodiscard]] Rect framed() const { return framed(picture); }
    [[nodiscard]] Rect framed(const Rect& place) const
    {
        return { place.x - frame, place.y - frame, place.width + 2 * frame, place.height + 2 * frame };
    }
};

Layout layoutOf(const LayoutInput& input);

/// The largest place of @p aspect (width through height) within @p room, in its middle.
Rect fitted(const Rect& room, double aspect);

} // namespace backtake::ui
