#include "ui/quit_question.hpp"

#include "ui/draw.hpp"

#include <algorithm>

namespace backtake::ui {

std::optional<Action> drawQuitQuestion(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    if (model.quit_question.empty())
        return asked;
    const Rect& all = layout.window;
    const float width = std::min(theme.px(480), static_cast<float>(all.width) - theme.px(48));
    ImGui::SetNextWindowPos({ static_cast<float>(all.width) / 2, static_cast<float>(all.height) / 2 },
        ImGuiCond_Always, { 0.5F, 0.5F });
    ImGui::PushStyleColor(ImGuiCol_WindowBg, colour::kPanel);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(20), theme.px(18) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(10), theme.px(12) });
    ImGui::SetNextWindowFocus();
    if (ImGui::Begin("quit question", nullptr,
            ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove
                | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav)) {
        ImGui::PushFont(theme.fonts.badge);
        ImGui::TextUnformatted("Not everything is finished");
        ImGui::PopFont();
        ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
        ImGui::TextUnformatted(model.quit_question.c_str());
        ImGui::PopTextWrapPos();
        const float half = (width - theme.px(10)) / 2;
        if (plainButton(theme, "stay", { .words = "Keep running   Esc", .width = half, .on = true }))
            asked = Intent { KeepRunning {} };
        ImGui::SameLine();
        if (plainButton(theme, "quit", { .words = "Quit anyway   Enter", .width = half }))
            asked = Intent { QuitAnyway {} };
    }
    ImGui::End();
    ImGui::PopStyleVar(4);
    ImGui::PopStyleColor();
    return asked;
}

} // namespace backtake::ui
