#include "ui/note_editor.hpp"

#include "base/timecode.hpp"
#include "ui/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backtake::ui {
namespace {

/// What EditNote means. @return null: nothing is said there.
const MarkModel* wanted(const ReviewModel& review, std::int64_t id)
{
    const MarkModel* found = nullptr;
    for (const MarkModel& mark : review.marks) {
        if (id != 0 ? mark.id == id : mark.frame == review.frame)
            found = &mark; // the newest of a frame comes last
        if (id == 0 && mark.id == review.chosen_mark && mark.frame == review.frame)
            return &mark;
    }
    if (found != nullptr || id != 0)
        return found;
    const auto chosen = std::ranges::find(review.marks, review.chosen_mark, &MarkModel::id);
    return chosen == review.marks.end() ? nullptr : &*chosen;
}

} // namespace

void NoteEditor::begin(const Model& model, std::string_view position)
{
    clocks_ = fmt::format("captured {}  frame {}", at_.timecode, at_.captured_frame);
    if (inReview(model)) {
        const ReviewModel& review = *model.review;
        clocks_ = fmt::format(
            "{}  {} {}  {}", review.slate, review.shown_order ? "shown" : "position", position, clocks_);
    }
    if (mark_.kind == MarkModel::Kind::Tell && mark_.id != 0)
        clocks_ += fmt::format("  {}", tellName(mark_.tell));
    text_.set(mark_.text);
    text_.goOnAtEnd();
    open_ = opening_ = true;
}

void NoteEditor::open(const Model& model)
{
    at_ = *model.here;
    mark_ = {};
    begin(model, inReview(model) ? base::positionLabel(model.review->position, model.review->rate) : "");
}

bool NoteEditor::edit(const Model& model, std::int64_t id)
{
    const MarkModel* const mark = inReview(model) ? wanted(*model.review, id) : nullptr;
    if (mark == nullptr)
        return false;
    mark_ = *mark;
    at_ = { model.review->take, mark->captured_frame, mark->timecode };
    begin(model, mark->position);
    return true;
}

bool NoteEditor::leave() { return std::exchange(open_, false); }

std::optional<Intent> NoteEditor::draw(const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const Rect& room = layout.monitor;
    const float margin = theme.px(8);
    const float width = std::min(theme.px(720), static_cast<float>(room.width) - 2 * margin);
    ImGui::SetNextWindowPos({ static_cast<float>(room.x) + static_cast<float>(room.width) / 2,
                                static_cast<float>(layout.picture.bottom()) - margin },
        ImGuiCond_Always, { 0.5F, 1 });
    const CardStyle style(theme);
    if (opening_)
        ImGui::SetNextWindowFocus();
    if (ImGui::Begin("note", nullptr, CardStyle::kFlags | ImGuiWindowFlags_NoNav)) {
        const float field = width - theme.px(28);
        line(theme.fonts.mono, colour::kQuiet, field, clocks_);
        const TallFrame tall(theme);
        // As long as it is open it is typed into: a key pressed after a click elsewhere is a letter still.
        if (opening_ || !ImGui::IsAnyItemActive())
            ImGui::SetKeyboardFocusHere();
        const bool is_note = mark_.id == 0 || mark_.kind == MarkModel::Kind::Note;
        if (text_.draw("##note",
                is_note ? "Note: Enter keeps it, Esc leaves"
                        : "Words of its own: Enter keeps them, Esc leaves",
                field)) {
            // A note without words is none: what stood there stays.
            std::string words = text_.text();
            if (words != mark_.text && !(is_note && words.empty()))
                intent = PutNote { at_, std::move(words), mark_.id };
            open_ = false;
        }
        opening_ = false;
    }
    ImGui::End();
    return intent;
}

} // namespace backtake::ui
