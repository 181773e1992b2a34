#include "ui/sheet_editor.hpp"

#include "ui/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace backtake::ui {

void SheetEditor::toggle(const Model& model)
{
    open_ = opening_ = !open_;
    if (!open_)
        return;
    const ReviewModel& review = *model.review;
    take_ = review.take;
    title_ = fmt::format("Sheet of {}", review.slate);
    if (!review.shot_as.empty())
        title_ += fmt::format(", was {}", review.shot_as);
    sheet_ = review.sheet;
    setup_ = review.setup;
    how_ = how_before_ = { review.backward_take, review.orientation };
    scene_.set(sheet_.scene);
    number_.set(Words<11>("{}", sheet_.number).view());
    all_after_ = false;
    kit_.set(sheet_);
    note_.set(sheet_.note);
}

bool SheetEditor::leave() { return std::exchange(open_, false); }

bool SheetEditor::drawSlate(const Theme& theme, float width)
{
    const TallFrame tall(theme);
    const float gap = theme.px(6);
    const float number = theme.px(84);
    const float follow = theme.px(184);
    bool done = scene_.draw(
        "##scene", "Scene", width - number - follow - 2 * gap, ImGuiInputTextFlags_CharsUppercase);
    ImGui::SameLine(0, gap);
    done |= number_.draw("##number", "Take", number, ImGuiInputTextFlags_CharsDecimal);
    ImGui::SameLine(0, gap);
    if (plainButton(theme, "all after",
            { .words = "Later takes follow",
                .width = follow,
                .tint = all_after_ ? colour::kText : colour::kQuiet,
                .on = all_after_ },
            "All takes of this setup with a higher number move with it. No file is renamed."))
        all_after_ = !all_after_;
    return done;
}

/// What Keep asks for.
Intent SheetEditor::asked()
{
    kit_.get(sheet_);
    sheet_.note = note_.text();
    if (!scene_.empty())
        sheet_.scene = scene_.text();
    const std::string number = number_.text();
    if (int wanted = 0;
        std::from_chars(number.data(), number.data() + number.size(), wanted).ec == std::errc() && wanted > 0)
        sheet_.number = wanted;
    PutSheet put { take_, sheet_, all_after_ };
    if (how_.backward != how_before_.backward)
        put.backward = how_.backward;
    if (how_.orientation != how_before_.orientation)
        put.orientation = how_.orientation;
    return put;
}

void SheetEditor::drawChoices(const Theme& theme, float width)
{
    const auto heading = [&](std::string_view words) {
        line(theme.fonts.small, colour::kQuiet, width, words);
    };
    const auto choice = [&](const char* name, std::string_view words, ButtonRow& row, bool on) {
        return plainButton(theme, name, { .words = words, .width = row.next(), .on = on });
    };
    ButtonRow verdicts(theme, width, kVerdicts + 1);
    if (choice("circled", "Circled", verdicts, sheet_.circled))
        sheet_.circled = !sheet_.circled;
    for (int i = 1; i <= kVerdicts; ++i) {
        const auto verdict = static_cast<Verdict>(i);
        const std::string_view words = nameOf(verdict);
        if (choice(Words<15>("verdict {}", i).c_str(), words.empty() ? "Open" : words, verdicts,
                sheet_.verdict == verdict))
            sheet_.verdict = verdict;
    }
    ButtonRow flags(theme, width, 3);
    if (choice("pickup", "PU, pickup", flags, sheet_.pickup))
        sheet_.pickup = !sheet_.pickup;
    if (choice("series", "SER, series", flags, sheet_.series))
        sheet_.series = !sheet_.series;
    if (choice("mos", "MOS, no sound", flags, sheet_.mos))
        sheet_.mos = !sheet_.mos;
    heading("Stars");
    ButtonRow stars(theme, width, kMostStars + 1);
    for (int i = 0; i <= kMostStars; ++i)
        if (choice(Words<15>("stars {}", i).c_str(),
                i == 0 ? Words<7>("none").view() : Words<7>("{}", i).view(), stars, sheet_.rating == i))
            sheet_.rating = i;
    heading("Board of the slate");
    constexpr int kInARow = 3;
    for (int first = 1; first <= kBoards; first += kInARow) {
        ButtonRow boards(theme, width, kInARow);
        for (int i = first; i < first + kInARow; ++i)
            if (const auto board = static_cast<Board>(i);
                choice(Words<15>("board {}", i).c_str(), nameOf(board), boards, sheet_.board == board))
                sheet_.board = board;
    }
}

std::optional<Intent> SheetEditor::draw(const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const Card card("sheet", 540, layout, theme, opening_);
    if (card.isShown()) {
        const float width = card.width();
        line(theme.fonts.bold, colour::kText, width, title_);
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        bool done = false;
        {
            const TallFrame tall(theme);
            done |= note_.draw("##note", "Note on the take", width);
        }
        done |= drawSlate(theme, width);
        done |= kit_.draw(theme, width, &setup_);
        how_.draw(theme, width, &setup_);
        drawChoices(theme, width);
        const FormEnd end = drawFormEnd(theme, width, done);
        if (end == FormEnd::Keep)
            intent = asked();
        open_ = end == FormEnd::Open;
        opening_ = false;
    }
    return intent;
}

} // namespace backtake::ui
