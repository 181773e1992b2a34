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

/// A window in the middle over the others, as high as what is in it; where that finds no room it scrolls.
class Card {
public:
    /// @param width of what is in it, at scale 1; less where the window is narrow.
    /// @param opening it was not there before, and comes to the front.
    Card(const char* name, float width, const Layout& layout, const Theme& theme, bool opening)
        : width_(std::min(theme.px(width), static_cast<float>(layout.window.width) - theme.px(48)))
        , style_(theme)
    {
        const ImVec2 room = sizeOf(layout.window);
        ImGui::SetNextWindowPos({ room.x / 2, room.y / 2 }, ImGuiCond_Always, { 0.5F, 0.5F });
        ImGui::SetNextWindowSizeConstraints({ 0, 0 }, room);
        if (opening)
            ImGui::SetNextWindowFocus();
        shown_ = ImGui::Begin(name, nullptr, CardStyle::kFlags & ~ImGuiWindowFlags_NoScrollbar);
    }
    ~Card() { ImGui::End(); }
    Card(const Card&) = delete;
    Card& operator=(const Card&) = delete;
    /// Whether there is anything to be drawn into.
    [[nodiscard]] bool isShown() const { return shown_; }
    [[nodiscard]] float width() const { return width_; }

private:
    float width_;
    CardStyle style_;
    bool shown_ = false;
};

/// How a form is left.
enum class FormEnd { Open = 1, Keep, Cancel };

/// The buttons below its fields. @param entered Enter was pressed in one of them.
inline FormEnd drawFormEnd(const Theme& theme, float width, bool entered)
{
    ImGui::Dummy({ 0, theme.px(2) });
    ButtonRow row(theme, width, 2);
    const bool keep =
        plainButton(theme, "keep", { .words = "Keep", .width = row.next() }, "Enter in a field");
    const bool cancel = plainButton(
        theme, "cancel", { .words = "Cancel", .width = row.next(), .tint = colour::kQuiet }, "Esc");
    return keep || entered ? FormEnd::Keep : cancel ? FormEnd::Cancel : FormEnd::Open;
}

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
