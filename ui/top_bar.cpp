#include "ui/top_bar.hpp"

#include "base/timecode.hpp"
#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

/// A clock and its name: above it, or before it where the bar is high enough for two clocks, one under the
/// other.
class Clock {
public:
    Clock(const Theme& theme, std::string_view name, std::string_view reading, int direction)
        : theme_(theme)
        , name_(name)
        , reading_(reading)
        , direction_(direction)
    {
    }

    /// As wide as its widest reading: the digits are tabular.
    [[nodiscard]] float width() const
    {
        return widthOf(theme_.fonts.clock, reading_) + theme_.px(8) + sign();
    }
    [[nodiscard]] float widthWithName() const
    {
        return widthOf(theme_.fonts.small, "captured") + theme_.px(12) + width();
    }

    void drawUnderName(ImDrawList& list, float x, const Rect& bar) const
    {
        const float middle = static_cast<float>(bar.y) + static_cast<float>(bar.height) / 2;
        drawText(list, theme_.fonts.small, { x, middle - theme_.px(14) }, colour::kQuiet, name_);
        drawReading(list, x, middle + theme_.px(9));
    }

    /// @param right its right edge.
    void drawAfterName(ImDrawList& list, float right, float middle) const
    {
        drawText(list, theme_.fonts.small, { right - widthWithName(), middle }, colour::kQuiet, name_);
        drawReading(list, right - width(), middle);
    }

private:
    [[nodiscard]] float sign() const { return theme_.px(12); }

    void drawReading(ImDrawList& list, float x, float middle) const
    {
        const float used = drawText(list, theme_.fonts.clock, { x, middle }, colour::kText, reading_);
        const ImVec2 centre { x + used + theme_.px(8) + sign() / 2, std::round(middle) };
        if (direction_ != 0)
            drawSign(list, direction_ > 0 ? Sign::Up : Sign::Down, centre, sign(), colour::kText);
    }

    const Theme& theme_;
    std::string_view name_;
    std::string_view reading_;
    int direction_;
};

/// Words in lines that are no wider than needed to stand under each other in the bar.
class WordBlock {
public:
    WordBlock(ImFont* font, std::span<const Words<31>> words, float height)
        : font_(font)
        , words_(words)
        , gap_(std::round(font->FontSize * 0.8F))
        , line_(std::round(font->FontSize * 1.25F))
    {
        const auto lines = std::max(1, static_cast<int>(height / line_));
        for (const auto& word : words_)
            width_ = std::max(width_, widthOf(font_, word.view()));
        while (flow(nullptr, {}) > lines)
            width_ += gap_;
    }
    [[nodiscard]] float width() const { return words_.empty() ? 0 : width_; }
    void draw(ImDrawList& list, float left, float middle) const
    {
        const auto height = static_cast<float>(flow(nullptr, {}) - 1) * line_;
        flow(&list, { left, std::round(middle - height / 2) });
    }

private:
    /// @return how many lines there are. @p list may be null.
    int flow(ImDrawList* list, ImVec2 place) const
    {
        int lines = 1;
        float x = 0;
        for (const auto& word : words_) {
            const float width = widthOf(font_, word.view());
            if (x > 0 && x + width > width_) {
                x = 0;
                ++lines;
            }
            if (list != nullptr)
                drawText(*list, font_, { place.x + x, place.y + static_cast<float>(lines - 1) * line_ },
                    colour::kQuiet, word.view());
            x += width + gap_;
        }
        return lines;
    }

    ImFont* font_;
    std::span<const Words<31>> words_;
    float gap_;
    float line_;
    float width_ = 0;
};

ImU32 cameraTint(CameraState state) { return state == CameraState::Live ? colour::kText : colour::kQuiet; }

} // namespace

bool TopBar::leave()
{
    // No short cut: both must be told.
    const bool slate = slate_.leave();
    const bool cameras = cameras_.leave();
    return slate || cameras;
}

std::optional<Intent> TopBar::draw(
    const Model& model, const Layout& layout, const Theme& theme, std::span<const Words<31>> tool_words)
{
    std::optional<Intent> intent;
    if (layout.top_bar.empty())
        return intent;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    const bool open = beginPanel("top bar", layout.top_bar);
    ImGui::PopStyleVar();
    if (open) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const Rect& bar = layout.top_bar;
        const auto height = static_cast<float>(bar.height);
        const float middle = std::round(static_cast<float>(bar.y) + height / 2);
        const float gap = theme.px(16);
        float left = theme.px(12);
        float right = static_cast<float>(bar.right()) - theme.px(12);

        // From the left: the slate, which opens its editor.
        ImFont* slate_font = theme.badge(layout.badge);
        const auto slate = slateOnScreen(model);
        const char letter = inReview(model) ? model.review->camera_letter : model.camera_letter;
        const Words<1> camera_letter("{}", letter);
        const float slate_width = widthOf(slate_font, slate.view());
        const float letter_width = widthOf(slate_font, camera_letter.view());
        const float space = std::round(slate_font->FontSize * 0.4F);
        const float field = slate_width + space + letter_width;
        const float pad = theme.px(8);
        ImGui::SetCursorScreenPos({ left, static_cast<float>(bar.y) + theme.px(6) });
        const bool pressed = ImGui::InvisibleButton("slate", { field + 2 * pad, height - theme.px(12) });
        if (ImGui::IsItemHovered())
            list.AddRectFilled(
                ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), colour::kRaised, theme.px(4));
        tooltip(theme, "Slate of the next take: click to change it");
        const ImVec2 below { left, static_cast<float>(bar.bottom()) };
        drawText(list, slate_font, { left + pad, middle }, colour::kText, slate.view());
        drawText(list, slate_font, { left + pad + slate_width + space, middle }, colour::kQuiet,
            camera_letter.view());
        left += field + 2 * pad + std::max(gap / 2, std::round(slate_font->FontSize * 0.4F));
        if (pressed)
            slate_.open(model);

        // From the right: the camera, which opens the list of cameras.
        const bool lost = model.camera.state != CameraState::Live;
        const Words<31> rate =
            lost ? Words<31>("no picture") : Words<31>("{:.2f} fps", model.camera.measured_fps);
        const std::string_view format =
            model.camera.format.empty() ? std::string_view("no camera") : model.camera.format;
        const float camera_width = std::max({ widthOf(theme.fonts.mono, "000.00 fps"), theme.px(118),
            std::min(theme.px(240), widthOf(theme.fonts.small, format)) });
        const float camera_left = right - camera_width - 2 * pad;
        const bool room_for_camera = camera_left > left + theme.px(240);
        if (room_for_camera) {
            ImGui::SetCursorScreenPos({ camera_left, static_cast<float>(bar.y) + theme.px(6) });
            const bool camera_pressed =
                ImGui::InvisibleButton("camera", { camera_width + 2 * pad, height - theme.px(12) });
            if (ImGui::IsItemHovered())
                list.AddRectFilled(
                    ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), colour::kRaised, theme.px(4));
            tooltip(theme, model.camera.name.empty() ? "Choose a camera" : model.camera.name.c_str());
            const float text_left = camera_left + pad;
            drawText(list, theme.fonts.mono, { text_left, middle - theme.px(9) },
                cameraTint(model.camera.state), rate.view());
            drawTextWithin(list, theme.fonts.small, { text_left, middle + theme.px(10) }, camera_width,
                colour::kQuiet, format);
            if (camera_pressed)
                cameras_.open();
            right = camera_left - gap;
        }

        // The badges; the first in full size, so that from afar there is one thing to read.
        const auto badges = badgesOf(model);
        ImFont* font = theme.badge(layout.badge);
        ImFont* after = layout.badge == BadgeSize::Big ? theme.fonts.badge : theme.fonts.bold;
        for (const Badge& badge : badges.all()) {
            ImFont* fitting = &badge == badges.all().data() ? font : after;
            if (sizeOf(badge, fitting).width > right - left)
                fitting = after;
            if (sizeOf(badge, fitting).width > right - left)
                fitting = theme.fonts.badge_small;
            const BadgeSizeOf size = sizeOf(badge, fitting);
            drawBadge(list, badge, fitting, { left, std::round(middle - size.height / 2) }, model.now);
            left += size.width + gap * 0.75F;
        }
        // What the picture is looked at through; before the clocks, so that a narrow window keeps it.
        const WordBlock words(layout.badge == BadgeSize::Big ? theme.fonts.body : theme.fonts.small,
            tool_words, height - theme.px(8));
        if (words.width() > 0) {
            list.PushClipRect(
                { left, static_cast<float>(bar.y) }, { right, static_cast<float>(bar.bottom()) });
            words.draw(list, left + gap / 2, middle);
            list.PopClipRect();
            left += words.width() + gap / 2;
        }
        left += gap;

        // The clocks, right of the middle, as far as there is room: captured first, it is the one logged.
        if (inReview(model)) {
            const ReviewModel& review = *model.review;
            const std::string position = base::positionLabel(review.position, review.rate);
            const int order = review.playing ? (review.speed < 0 ? -1 : review.speed > 0 ? 1 : 0) : 0;
            const bool as_shown = review.shown_order;
            const Clock captured(
                theme, "captured", review.captured_timecode, review.captured_clock_direction);
            const Clock shown(theme, as_shown ? "shown" : "position", position, order);
            const bool stacked = layout.badge == BadgeSize::Big;
            const float widest = std::max(captured.widthWithName(), shown.widthWithName());
            if (stacked && right - left >= widest) {
                shown.drawAfterName(list, right - (captured.width() - shown.width()), middle - theme.px(19));
                captured.drawAfterName(list, right, middle + theme.px(19));
            } else if (!stacked && right - left >= captured.width()) {
                right -= captured.width();
                captured.drawUnderName(list, right, bar);
                right -= gap;
                if (right - left >= shown.width())
                    shown.drawUnderName(list, right - shown.width(), bar);
            }
        } else if (!model.camera.timecode.empty() && !pictureIsOld(model)) {
            const Clock clock(theme, model.camera.timecode_words, model.camera.timecode, +1);
            if (right - left >= clock.width())
                clock.drawUnderName(list, right - clock.width(), bar);
        }
        list.AddLine({ 0, static_cast<float>(bar.bottom()) - 1 },
            { static_cast<float>(bar.right()), static_cast<float>(bar.bottom()) - 1 }, colour::kHairline);

        if (auto asked = slate_.draw(model, theme, below))
            intent = std::move(asked);
        if (auto asked = cameras_.draw(model, theme,
                { static_cast<float>(bar.right()) - theme.px(12), static_cast<float>(bar.bottom()) }))
            intent = std::move(asked);
    }
    ImGui::End();
    return intent;
}

} // namespace backtake::ui
