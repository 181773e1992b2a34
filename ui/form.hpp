/// What popups with many fields are laid out with.
#pragma once

#include "ui/draw.hpp"
#include "ui/field_text.hpp"

#include <algorithm>
#include <array>
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

/// How a window that stands over the others looks, until this goes.
class CardStyle {
public:
    explicit CardStyle(const Theme& theme)
    {
        ImGui::PushStyleColor(ImGuiCol_WindowBg, colour::kPanel);
        ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
        ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
        ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(14), theme.px(12) });
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(8), theme.px(6) });
    }
    ~CardStyle()
    {
        ImGui::PopStyleVar(4);
        ImGui::PopStyleColor();
    }
    CardStyle(const CardStyle&) = delete;
    CardStyle& operator=(const CardStyle&) = delete;
    /// Of such a window, as large as what is in it.
    static constexpr ImGuiWindowFlags kFlags = ImGuiWindowFlags_NoDecoration
        | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings;
};

/// Bytes of what the log holds: of a short text, and of a note.
inline constexpr std::size_t kLongestText = 4096;
inline constexpr std::size_t kLongestNote = 64 << 10;

/// A field for one line of text, which it keeps itself: ImGui wants a buffer that stays.
template <std::size_t kLongest> class TextField {
public:
    void set(std::string_view text)
    {
        const std::string field = toField(text);
        to_end_ = false;
        text_.fill('\0');
        std::copy_n(field.begin(), std::min(field.size(), kLongest), text_.begin());
    }
    [[nodiscard]] std::string text() const { return fromField(text_.data()); }
    [[nodiscard]] bool empty() const { return text_.front() == '\0'; }
    /// Once it is typed into, that goes on behind what stands there: ImGui would have it replaced.
    void goOnAtEnd() { to_end_ = true; }
    /// @return whether Enter was pressed in it.
    bool draw(const char* name, const char* hint, float width, ImGuiInputTextFlags flags = 0)
    {
        ImGui::SetNextItemWidth(width);
        return ImGui::InputTextWithHint(name, hint, text_.data(), text_.size(),
            flags | ImGuiInputTextFlags_EnterReturnsTrue
                | (to_end_ ? ImGuiInputTextFlags_CallbackAlways : ImGuiInputTextFlags_None),
            to_end_ ? &TextField::putCursorAtEnd : nullptr, this);
    }

private:
    static int putCursorAtEnd(ImGuiInputTextCallbackData* data)
    {
        data->CursorPos = data->BufTextLen;
        data->ClearSelection();
        // The click that opened the field is not one into it.
        if (!ImGui::IsMouseDown(ImGuiMouseButton_Left))
            static_cast<TextField*>(data->UserData)->to_end_ = false;
        return 0;
    }

    bool to_end_ = false;
    std::array<char, kLongest + 1> text_ {};
};

} // namespace backtake::ui
