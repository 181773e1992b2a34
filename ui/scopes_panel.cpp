#include "ui/scopes_panel.hpp"

#include "ui/draw.hpp"
#include "ui/words.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace backtake::ui {
namespace {

constexpr std::array kKinds { ScopeKind::Waveform, ScopeKind::Parade, ScopeKind::Vectorscope,
    ScopeKind::Histogram };
constexpr std::array kPercents { 0, 25, 50, 75, 100 };
constexpr int kLimitedBlack = 16; // ITU-R BT.601 and BT.709, 8 bit
constexpr int kLimitedWhite = 235;
constexpr double kTellFrom = 0.001; ///< Of the pixels: what is less does not show in the picture.

constexpr ImU32 kGroundTint =
    IM_COL32(ScopePixels::kGround.red, ScopePixels::kGround.green, ScopePixels::kGround.blue, 255);
// Laid over the light, so that they are seen where all is bright, too.
constexpr ImU32 kLine = colour::grey(0xFF, 38);
constexpr ImU32 kEdge = colour::grey(0xFF, 72);
constexpr ImU32 kTarget = colour::grey(0xFF, 120);

const ScopePixels& pixelsOf(const ScopeImage& image, ScopeKind kind)
{
    switch (kind) {
    case ScopeKind::Parade:
        return image.parade;
    case ScopeKind::Vectorscope:
        return image.vectorscope;
    case ScopeKind::Histogram:
        return image.histogram;
    default:
        return image.waveform;
    }
}

/// Where a code value stands between two ends, in the middle of its pixel of the image.
float between(float low, float high, double code)
{
    constexpr double kCodes = ScopeCounts::kCodes;
    return low + static_cast<float>((code + 0.5) / kCodes) * (high - low);
}

/// Where the lines of a scale stand: at 25 % code 63.75.
double codeOf(int percent) { return percent * 255 / 100.0; }

ImU32 tintOf(int percent) { return percent % 100 == 0 ? kEdge : kLine; }

/// Lines of one pixel, or two at twice the size, sharp at any scale.
class Ruler {
public:
    Ruler(ImDrawList& list, const Rect& box, const Theme& theme)
        : list_(list)
        , low_(at(box))
        , high_(endOf(box))
        , thick_(std::max(1.0F, theme.px(1)))
    {
    }
    void across(double code, ImU32 tint)
    {
        const float y = std::floor(between(high_.y, low_.y, code));
        list_.AddRectFilled({ low_.x, y }, { high_.x, y + thick_ }, tint);
    }
    void upright(double code, ImU32 tint) { uprightAt(between(low_.x, high_.x, code), tint); }
    /// @p line at each of kPercents, and where black and white of the limited range stand.
    void scale(const base::Colour& colour, void (Ruler::*line)(double, ImU32))
    {
        for (const int percent : kPercents)
            (this->*line)(codeOf(percent), tintOf(percent));
        if (colour.range != base::Range::Limited)
            return;
        (this->*line)(kLimitedBlack, kLine);
        (this->*line)(kLimitedWhite, kLine);
    }
    void uprightAt(float x, ImU32 tint)
    {
        list_.AddRectFilled({ std::floor(x), low_.y }, { std::floor(x) + thick_, high_.y }, tint);
    }

private:
    ImDrawList& list_;
    ImVec2 low_;
    ImVec2 high_;
    float thick_;
};

/// Of @p step 1 all, of 2 each second: those that have room.
std::size_t stepFor(float length, float least) { return length / 4 >= least ? 1 : 2; }

void drawLevels(ImDrawList& list, const Rect& box, const base::Colour& colour, const Theme& theme)
{
    Ruler(list, box, theme).scale(colour, &Ruler::across);
    ImFont* font = theme.fonts.small;
    const ImVec2 low = at(box);
    const ImVec2 high = endOf(box);
    const std::size_t step = stepFor(high.y - low.y, font->FontSize * 1.2F);
    for (std::size_t i = 0; i < kPercents.size(); i += step) {
        const Words<7> words("{}", kPercents[i]);
        drawText(list, font,
            { low.x - theme.px(5) - widthOf(font, words.view()),
                between(high.y, low.y, codeOf(kPercents[i])) },
            colour::kQuiet, words.view());
    }
}

void drawCodes(ImDrawList& list, const Rect& box, const base::Colour& colour, const Theme& theme)
{
    Ruler(list, box, theme).scale(colour, &Ruler::upright);
    ImFont* font = theme.fonts.small;
    const ImVec2 low = at(box);
    const ImVec2 high = endOf(box);
    const std::size_t step = stepFor(high.x - low.x, font->FontSize * 2.4F);
    for (std::size_t i = 0; i < kPercents.size(); i += step) {
        const Words<7> words("{}", kPercents[i]);
        const float width = widthOf(font, words.view());
        const float x = between(low.x, high.x, codeOf(kPercents[i])) - width / 2;
        drawText(list, font, { std::clamp(x, low.x, high.x - width), high.y + theme.px(9) }, colour::kQuiet,
            words.view());
    }
}

void drawTargets(ImDrawList& list, const Rect& box, const base::Colour& colour, const Theme& theme)
{
    const ImVec2 low = at(box);
    const ImVec2 high = endOf(box);
    const auto placeOf = [&](const ChromaPoint& chroma) {
        return ImVec2 { between(low.x, high.x, chroma.blue), between(high.y, low.y, chroma.red) };
    };
    const ImVec2 centre = placeOf({});
    const float code = (high.x - low.x) / ScopeCounts::kCodes;
    const float radius = 127.5F * code;
    const float line = std::max(1.0F, theme.px(1));
    list.AddCircle(centre, radius, kEdge, 96, line);
    Ruler ruler(list, box, theme);
    ruler.across(128, kLine);
    ruler.upright(128, kLine);

    // Skin of any tone lies near the I axis of the NTSC system, 123 degrees from Cb's.
    constexpr double kSkin = 123 * std::numbers::pi / 180;
    list.AddLine(centre,
        { centre.x + radius * static_cast<float>(std::cos(kSkin)),
            centre.y - radius * static_cast<float>(std::sin(kSkin)) },
        kTarget, line);

    constexpr std::array<const char*, 6> kNames { "R", "Mg", "B", "Cy", "G", "Yl" };
    ImFont* font = theme.fonts.small;
    const auto box_round = [&](const ChromaPoint& bar, float half, ImU32 tint) {
        const ImVec2 place = placeOf(bar);
        const ImVec2 corner { std::round(place.x - half), std::round(place.y - half) };
        list.AddRect(corner, { corner.x + 2 * half, corner.y + 2 * half }, tint, 0, 0, line);
    };
    const auto bars = barsOf(colour, 0.75);
    const auto full_bars = barsOf(colour, 1);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const float half = std::max(theme.px(3), std::round(5 * code));
        box_round(bars[i], half, kTarget);
        box_round(full_bars[i], std::max(theme.px(2), std::round(3 * code)), kEdge);
        // The letter on the inner side, as the outer one leads to the bar of 100 %; none where it would cover
        // what is looked at.
        const ImVec2 place = placeOf(bars[i]);
        const ImVec2 out { place.x - centre.x, place.y - centre.y };
        const float away = 1 - (half + font->FontSize * 0.7F) / std::hypot(out.x, out.y);
        if (away > 0.7F)
            drawText(list, font,
                { centre.x + out.x * away - widthOf(font, kNames[i]) / 2, centre.y + out.y * away },
                colour::kQuiet, kNames[i]);
    }
}

/// "0.4 % at 0  2.1 % at 255": what is lost; none when that is next to nothing.
Words<47> clippedWords(const ScopeImage& image)
{
    const auto part = [](double share, int code) {
        return share > kTellFrom ? Words<23>("{:.1f} % at {}", share * 100, code) : Words<23>();
    };
    const Words<23> black = part(image.share_at_0, 0);
    const Words<23> white = part(image.share_at_255, 255);
    return Words<47>("{}{}{}", black.view(), black.empty() || white.empty() ? "" : "   ", white.view());
}

} // namespace

void ScopesPanel::draw(
    const Rect& place, ScopeKind kind, const std::shared_ptr<const ScopeImage>& image, const Theme& theme)
{
    if (place.empty() || kind == ScopeKind::Off)
        return;
    if (image != image_) {
        image_ = image;
        ++version_;
    }
    if (beginPanel("scopes", place)) {
        for (std::size_t i = 0; i < kScopes; ++i)
            drawScope(*ImGui::GetWindowDrawList(), i, partOf(place, kind, i), theme);
    }
    ImGui::End();
}

ScopeView ScopesPanel::viewOf(
    const Rect& place, ScopeKind kind, base::Orientation orientation, const Theme& theme)
{
    std::array<int, kScopes> heights {};
    for (std::size_t i = 0; i < kScopes; ++i)
        heights[i] = boxOf(partOf(place, kind, i), i, theme).height;
    const auto [waveform, parade, vectorscope, histogram] = heights;
    return { orientation, std::max(waveform, parade), vectorscope };
}

Rect ScopesPanel::partOf(const Rect& place, ScopeKind kind, std::size_t index)
{
    if (kind == kKinds[index])
        return place;
    if (kind != ScopeKind::All)
        return {};
    const auto edge = [](int length, std::size_t n) {
        return length * static_cast<int>(n) / int { kScopes };
    };
    Rect part = place;
    if (place.width > place.height) {
        part.x = place.x + edge(place.width, index);
        part.width = place.x + edge(place.width, index + 1) - part.x;
    } else {
        part.y = place.y + edge(place.height, index);
        part.height = place.y + edge(place.height, index + 1) - part.y;
    }
    return part;
}

Rect ScopesPanel::boxOf(const Rect& part, std::size_t index, const Theme& theme)
{
    const ScopeKind kind = kKinds[index];
    const auto px = [&](float size) { return static_cast<int>(theme.px(size)); };
    const bool levels = kind == ScopeKind::Waveform || kind == ScopeKind::Parade;
    const int title = px(30);
    const int left = levels ? px(8) + static_cast<int>(widthOf(theme.fonts.small, "100")) + px(5) : px(8);
    const int below = kind == ScopeKind::Histogram ? px(20) : px(8);
    const Rect box { part.x + left, part.y + title, part.width - left - px(8), part.height - title - below };
    if (box.width < px(32) || box.height < px(32))
        return {};
    if (kind != ScopeKind::Vectorscope)
        return box;
    const int side = std::min(box.width, box.height);
    return { box.x + (box.width - side) / 2, box.y + (box.height - side) / 2, side, side };
}

void ScopesPanel::drawScope(ImDrawList& list, std::size_t index, const Rect& place, const Theme& theme)
{
    const ScopeKind kind = kKinds[index];
    const Rect box = boxOf(place, index, theme);
    if (box.empty())
        return;
    ImFont* font = theme.fonts.small;
    const float middle = static_cast<float>(place.y) + theme.px(13);
    const float words_left = static_cast<float>(place.x) + theme.px(8);
    const float name = drawText(list, font, { words_left, middle }, colour::kQuiet, nameOf(kind));
    if (image_ && kind == ScopeKind::Histogram) {
        const Words<47> words = clippedWords(*image_);
        const float end = static_cast<float>(box.right());
        const float room = end - words_left - name - theme.px(8);
        const float width = std::min(room, widthOf(font, words.view()));
        drawTextWithin(list, font, { end - width, middle }, room, colour::kText, words.view());
    }

    list.AddRectFilled(at(box), endOf(box), kGroundTint);
    if (image_) {
        const ScopePixels& pixels = pixelsOf(*image_, kind);
        static_assert(sizeof(Rgba) == 4);
        if (!pixels.pixels.empty()) { // the first one after this scope was chosen is on its way
            textures_[index].show(version_, pixels.width, pixels.height,
                reinterpret_cast<const std::uint8_t*>(pixels.pixels.data()));
            list.AddImage(textures_[index].id(), at(box), endOf(box));
        }
    }
    const base::Colour colour = image_ ? image_->colour : base::kJpegColour;
    if (kind == ScopeKind::Vectorscope) {
        drawTargets(list, box, colour, theme);
    } else if (kind == ScopeKind::Histogram) {
        drawCodes(list, box, colour, theme);
    } else {
        drawLevels(list, box, colour, theme);
        if (kind == ScopeKind::Parade) {
            Ruler ruler(list, box, theme);
            for (const int third : { 1, 2 })
                ruler.uprightAt(static_cast<float>(box.x) + static_cast<float>(box.width * third) / 3, kEdge);
        }
    }
}

} // namespace backtake::ui
