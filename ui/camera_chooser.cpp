#include "ui/camera_chooser.hpp"

#include "ui/draw.hpp"

#include <algorithm>

namespace backtake::ui {

bool CameraChooser::leave()
{
    closing_ = open_;
    return open_;
}

std::optional<Intent> CameraChooser::choose(const CameraChoice& camera)
{
    if (camera.holder_pid != 0)
        return FreeCamera { camera.spec, camera.holder_pid };
    return ChooseCamera { camera.spec };
}

std::optional<Intent> CameraChooser::perform(ViewAction action, const Model& model)
{
    const std::size_t count = model.cameras.size();
    if (action == ViewAction::Cameras) {
        opening_ = !open_;
        closing_ = open_;
        marked_.reset();
    } else if (action == ViewAction::CameraType) {
        typing_ = true;
    } else if (count > 0) {
        const std::size_t at = std::min(marked_.value_or(0), count - 1);
        if (action == ViewAction::CameraDown)
            marked_ = marked_ ? std::min(at + 1, count - 1) : 0;
        else if (action == ViewAction::CameraUp)
            marked_ = at > 0 ? at - 1 : 0;
        else if (action == ViewAction::CameraTake && marked_) {
            closing_ = true;
            return choose(model.cameras[at]);
        }
    }
    return std::nullopt;
}

std::optional<Intent> CameraChooser::draw(const Model& model, const Theme& theme, ImVec2 place)
{
    std::optional<Intent> intent;
    constexpr const char* kName = "cameras";
    if (opening_)
        ImGui::OpenPopup(kName);
    ImGui::SetNextWindowPos({ place.x, place.y + theme.px(4) }, ImGuiCond_Always, { 1, 0 });
    open_ = ImGui::BeginPopup(
        kName, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
    if (open_) {
        if (closing_)
            ImGui::CloseCurrentPopup();
        const auto caption = [&](const char* words) {
            ImGui::PushFont(theme.fonts.small);
            ImGui::PushStyleColor(ImGuiCol_Text, colour::kQuiet);
            ImGui::TextUnformatted(words);
            ImGui::PopStyleColor();
            ImGui::PopFont();
        };
        const float width = theme.px(400);
        caption(model.cameras.empty() ? "No camera was found. Connect one and switch it on." : "Cameras");
        ImGui::Dummy({ width, 0 });
        for (std::size_t i = 0; i < model.cameras.size(); ++i) {
            const CameraChoice& camera = model.cameras[i];
            ImGui::PushID(static_cast<int>(i));
            const float height = theme.px(camera.why.empty() ? 44 : 62);
            const bool pressed = ImGui::InvisibleButton("camera", { width, height });
            ImDrawList& list = *ImGui::GetWindowDrawList();
            const ImVec2 low = ImGui::GetItemRectMin();
            const ImVec2 high = ImGui::GetItemRectMax();
            const bool usable = camera.why.empty();
            const bool chosen = camera.name == model.camera.name || camera.spec == model.camera.name;
            const bool hovered = usable && ImGui::IsItemHovered();
            if (hovered || chosen)
                list.AddRectFilled(low, high, hovered ? colour::kHover : colour::kRaised, theme.px(4));
            if (marked_ == i)
                list.AddRect(low, high, colour::kText, theme.px(4), 0, theme.px(2));
            const float room = width - theme.px(24);
            const float left = low.x + theme.px(12);
            const float first = theme.px(44);
            drawTextWithin(list, theme.fonts.bold, { left, low.y + first * 0.32F }, room,
                usable ? colour::kText : colour::kQuiet, camera.name);
            drawTextWithin(
                list, theme.fonts.mono, { left, low.y + first * 0.72F }, room, colour::kQuiet, camera.spec);
            if (!usable) {
                drawTextWithin(
                    list, theme.fonts.small, { left, low.y + theme.px(52) }, room, colour::kText, camera.why);
                tooltip(theme, camera.why.c_str());
            }
            if (pressed && camera.holder_pid == 0) { // also one that could not be opened before: to see why
                intent = choose(camera);
                ImGui::CloseCurrentPopup();
            }
            if (camera.holder_pid != 0) {
                const Words<127> words("End {} ({}) and take the camera", camera.holder, camera.holder_pid);
                if (plainButton(theme, "free", { .words = words.view(), .width = width },
                        "Ends that program, then opens the camera here")) {
                    intent = choose(camera);
                    ImGui::CloseCurrentPopup();
                }
            }
            ImGui::PopID();
        }
        ImGui::Dummy({ 0, theme.px(4) });
        caption("In the network: its address; or any camera as --camera takes it");
        const float button = theme.px(76);
        if (typing_)
            ImGui::SetKeyboardFocusHere();
        typing_ = false;
        ImGui::SetNextItemWidth(width - button - theme.px(8));
        bool done = ImGui::InputTextWithHint("##address", "gphoto:ptpip:192.168.1.2", address_.data(),
            address_.size(), ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CharsNoBlank);
        ImGui::SameLine(0, theme.px(8));
        done |= plainButton(theme, "add", { .words = "Open", .width = button }, "Enter");
        if (done && address_.front() != '\0') {
            intent = AddCamera { address_.data() };
            address_.fill('\0');
            ImGui::CloseCurrentPopup();
        }
        ImGui::EndPopup();
    }
    opening_ = false;
    closing_ = false;
    return intent;
}

} // namespace backtake::ui
