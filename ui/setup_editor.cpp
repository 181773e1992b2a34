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
    const Card card("setup", 540, layout, theme, opening_);
    if (card.isShown()) {
        const float width = card.width();
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
        const FormEnd end = drawFormEnd(theme, width, done);
        if (end == FormEnd::Keep) {
            kit_.get(sheet_);
            sheet_.description = description_.text();
            sheet_.backward = how_.backward;
            sheet_.orientation = how_.orientation;
            intent = PutSetup { sheet_ };
        }
        open_ = end == FormEnd::Open;
        opening_ = false;
    }
    return intent;
}

} // namespace backtake::ui
