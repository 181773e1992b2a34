#include "ui/camera_chooser.hpp"

#include "ui/draw.hpp"

namespace backtake::ui {

bool CameraChooser::leave()
{
    closing_ = open_;
    return open_;
}

std::optional<Intent> CameraChooser::draw(const Model& model, const Theme& theme, ImVec2 place)
{
    std::optional<Intent> intent;
    constexpr const char* kName = "cameras";
    if (opening_)
        ImGui::OpenPopup(kName);
    ImGui::SetNextWindowPos({ place.x, place.y + theme.px(4) }, ImGuiCond_Always, { 1, 0 });
    open_ = ImGui::BeginPopup(kName, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
    if (open_) {
        if (closing_)
            ImGui::CloseCurrentPopup();
        const float width = theme.px(400);
        ImGui::PushFont(theme.fonts.small);
        ImGui::PushStyleColor(ImGuiCol_Text, colour::kQuiet);
        ImGui::TextUnformatted(
            model.cameras.empty() ? "No camera was found. Connect one and switch it on." : "Cameras");
        ImGui::PopStyleColor();
        ImGui::PopFont();
        ImGui::Dummy({ width, 0 });
        int row = 0;
        for (const auto& [spec, words] : model.cameras) {
            ImGui::PushID(row++);
            const float height = theme.px(44);
            if (ImGui::InvisibleButton("camera", { width, height })) {
                intent = ChooseCamera { spec };
                ImGui::CloseCurrentPopup();
            }
            ImDrawList& list = *ImGui::GetWindowDrawList();
            const ImVec2 low = ImGui::GetItemRectMin();
            const ImVec2 high = ImGui::GetItemRectMax();
            const bool chosen = words == model.camera.name || spec == model.camera.name;
            if (ImGui::IsItemHovered() || chosen)
                list.AddRectFilled(
                    low, high, ImGui::IsItemHovered() ? colour::kHover : colour::kRaised, theme.px(4));
            const float room = width - theme.px(24);
            drawTextWithin(list, theme.fonts.bold, { low.x + theme.px(12), low.y + height * 0.32F }, room,
                colour::kText, words);
            drawTextWithin(list, theme.fonts.mono, { low.x + theme.px(12), low.y + height * 0.72F }, room,
                colour::kQuiet, spec);
            ImGui::PopID();
        }
        ImGui::EndPopup();
    }
    opening_ = false;
    closing_ = false;
    return intent;
}

} // namespace backtake::ui
