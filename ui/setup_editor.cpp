#include "ui/setup_editor.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <utility>

namespace backtake::ui {

void SetupEditor::toggle(const Model& model)
{
    open_ = opening_ = !open_;
    if (!open_)
        return;
    sheet_ = inReview(model) ? model.review->setup : model.next_setup;
    how_ = { sheet_.backward, sheet_.orientation };
    kit_.set(sheet_);
    description_.set(sheet_.description);
}

bool SetupEditor::leave() { return std::exchange(open_, false); }

std::optional<Intent> SetupEditor::draw(const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const Rect& room = layout.window;
    const float width = std::min(theme.px(540), static_cast<float>(room.width) - theme.px(48));
    ImGui::SetNextWindowPos({ static_cast<float>(room.width) / 2, static_cast<float>(room.height) / 2 },
        ImGuiCond_Always, { 0.5F, 0.5F });
    ImGui::SetNextWindowSizeConstraints({ 0, 0 }, sizeOf(room));
    const CardStyle style(theme);
    if (opening_)
        ImGui::SetNextWindowFocus();
    if (ImGui::Begin("setup", nullptr, CardStyle::kFlags & ~ImGuiWindowFlags_NoScrollbar)) {
        line(theme.fonts.bold, colour::kText, width, Words<255>("Setup {}", sheet_.name).view());
        line(theme.fonts.small, colour::kQuiet, width,
            "Holds for all its takes, also those to come, unless a take says otherwise.");
        bool done = false;
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        {
            const TallFrame tall(theme);
            done |= description_.draw("##description", "What is seen, and what to mind", width);
        }
        done |= kit_.draw(theme, width, nullptr);
        line(theme.fonts.small, colour::kQuiet, width, "Direction and orientation of the takes to come");
        how_.draw(theme, width, nullptr);
        ImGui::Dummy({ 0, theme.px(2) });
        ButtonRow ends(theme, width, 2);
        done |= plainButton(theme, "keep", { .words = "Keep", .width = ends.next() }, "Enter in a field");
        if (plainButton(
                theme, "cancel", { .words = "Cancel", .width = ends.next(), .tint = colour::kQuiet }, "Esc"))
            open_ = false;
        if (done) {
            kit_.get(sheet_);
            sheet_.description = description_.text();
            sheet_.backward = how_.backward;
            sheet_.orientation = how_.orientation;
            intent = PutSetup { sheet_ };
            open_ = false;
        }
        opening_ = false;
    }
    ImGui::End();
    return intent;
}

} // namespace backtake::ui
