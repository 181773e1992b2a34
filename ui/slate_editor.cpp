#include "ui/slate_editor.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace backtake::ui {

void SlateEditor::open(const Model& model)
{
    scene_.fill('\0');
    std::copy_n(model.next_scene.begin(), std::min(model.next_scene.size(), kLongestScene), scene_.begin());
    setTake(model.next_take);
    opening_ = true;
}

void SlateEditor::setTake(int take)
{
    take_.fill('\0');
    std::to_chars(take_.data(), take_.data() + kLongestTake, std::clamp(take, 1, 9999));
}

int SlateEditor::take() const
{
    int take = 1;
    std::from_chars(take_.data(), take_.data() + kLongestTake, take);
    return std::clamp(take, 1, 9999);
}

bool SlateEditor::leave()
{
    closing_ = open_;
    return open_;
}

std::optional<Intent> SlateEditor::draw(const Model& model, const Theme& theme, ImVec2 place)
{
    std::optional<Intent> intent;
    constexpr const char* kName = "slate editor";
    if (opening_)
        ImGui::OpenPopup(kName);
    ImGui::SetNextWindowPos({ place.x, place.y + theme.px(4) });
    open_ = ImGui::BeginPopup(kName, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
    if (open_) {
        if (closing_)
            ImGui::CloseCurrentPopup();
        ImGui::PushFont(theme.fonts.small);
        ImGui::PushStyleColor(ImGuiCol_Text, colour::kQuiet);
        ImGui::TextUnformatted("Next take: scene with setup letter, take number");
        ImGui::PopStyleColor();
        ImGui::PopFont();

        bool done = false;
        ImGui::PushFont(theme.fonts.badge);
        ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
            { theme.px(10), std::floor((buttonHeight(theme) - theme.fonts.badge->FontSize) / 2) });
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        ImGui::SetNextItemWidth(theme.px(150));
        done |= ImGui::InputText("##scene", scene_.data(), scene_.size(),
            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll
                | ImGuiInputTextFlags_CharsUppercase | ImGuiInputTextFlags_CharsNoBlank);
        ImGui::SameLine();
        ImGui::SetNextItemWidth(theme.px(72));
        done |= ImGui::InputText("##take", take_.data(), take_.size(),
            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll
                | ImGuiInputTextFlags_CharsDecimal);
        ImGui::PopStyleVar();
        ImGui::PopFont();
        ImGui::SameLine();
        if (plainButton(theme, "less", { .sign = Sign::Minus }, "Take number down"))
            setTake(take() - 1);
        ImGui::SameLine();
        if (plainButton(theme, "more", { .sign = Sign::Plus }, "Take number up"))
            setTake(take() + 1);

        const float half = theme.px(167);
        if (plainButton(theme, "backward",
                { .sign = Sign::Left, .words = "Backward take", .width = half, .on = model.next_backward },
                "The audience sees the next take reversed"))
            intent = ChooseTakeDirection { true };
        ImGui::SameLine();
        if (plainButton(theme, "forward",
                { .sign = Sign::Right, .words = "Forward take", .width = half, .on = !model.next_backward },
                "The audience sees the next take as captured"))
            intent = ChooseTakeDirection { false };

        ImGui::Dummy({ 0, theme.px(2) });
        if (plainButton(theme, "set", { .words = "Set slate", .width = half }, "Enter"))
            done = true;
        ImGui::SameLine();
        if (plainButton(theme, "cancel", { .words = "Cancel", .width = half, .tint = colour::kQuiet }, "Esc"))
            ImGui::CloseCurrentPopup();
        if (done && scene_.front() != '\0') {
            intent = SetSlate { scene_.data(), take() };
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    opening_ = false;
    closing_ = false;
    return intent;
}

} // namespace backtake::ui
