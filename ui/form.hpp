/// What popups with many fields are laid out with.
#pragma once

#include "ui/draw.hpp"

#include <cmath>
#include <string_view>

namespace backtake::ui {

/// One line of text.
inline void line(ImFont* font, ImU32 tint, float width, std::string_view words)
{
    const ImVec2 place = ImGui::GetCursorScreenPos();
    const float height = std::round(font->FontSize * 1.25F);
    drawTextWithin(*ImGui::GetWindowDrawList(), font, { place.x, place.y + height / 2 }, width, tint, words);
    ImGui::Dummy({ width, height });
}

/// Buttons of the same width, side by side.
class ButtonRow {
public:
    ButtonRow(const Theme& theme, float width, int count)
        : gap_(theme.px(6))
        , each_(std::floor((width - static_cast<float>(count - 1) * gap_) / static_cast<float>(count)))
    {
    }
    /// To be called before each button. @return its width.
    float next()
    {
        if (!first_)
            ImGui::SameLine(0, gap_);
        first_ = false;
        return each_;
    }

private:
    float gap_;
    float each_;
    bool first_ = true;
};

/// As high as the buttons beside it.
class TallFrame {
public:
    explicit TallFrame(const Theme& theme)
    {
        ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
            { theme.px(10), std::floor((buttonHeight(theme) - theme.fonts.body->FontSize) / 2) });
        ImGui::PushStyleColor(ImGuiCol_SliderGrab, colour::kFaint); // the number is read through it
    }
    ~TallFrame()
    {
        ImGui::PopStyleColor();
        ImGui::PopStyleVar();
    }
    TallFrame(const TallFrame&) = delete;
    TallFrame& operator=(const TallFrame&) = delete;
};

} // namespace backtake::ui
