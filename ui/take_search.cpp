#include "ui/take_search.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <utility>

namespace backtake::ui {

void TakeSearch::toggle(const Model& model)
{
    open_ = opening_ = !open_;
    filter_ = model.filter;
    words_.set(filter_.words);
    day_.set(filter_.day);
}

bool TakeSearch::leave() { return std::exchange(open_, false); }

std::optional<Intent> TakeSearch::draw(const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const Rect& room = layout.monitor;
    const float width = std::min(theme.px(520), static_cast<float>(layout.window.width) - theme.px(48));
    // Beside the list, so that what is found is seen while it is typed.
    ImGui::SetNextWindowPos(
        { static_cast<float>(room.right()) - theme.px(8), static_cast<float>(room.y) + theme.px(8) },
        ImGuiCond_Always, { 1, 0 });
    const CardStyle style(theme);
    if (opening_)
        ImGui::SetNextWindowFocus();
    if (ImGui::Begin("search", nullptr, CardStyle::kFlags)) {
        TakeFilter wanted = filter_;
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        bool done = false;
        {
            const TallFrame tall(theme);
            done |=
                words_.draw("##words", "Words: slates, notes, marks, cameras, clips", width - theme.px(136));
            ImGui::SameLine(0, theme.px(6));
            done |= day_.draw("##day", "2026-11-21", theme.px(130));
        }
        const auto choice = [&](const char* name, std::string_view words, ButtonRow& row, bool on) {
            return plainButton(theme, name, { .words = words, .width = row.next(), .on = on });
        };
        ButtonRow verdicts(theme, width, kVerdicts);
        if (choice("circled", "Circled", verdicts, wanted.circled))
            wanted.circled = !wanted.circled;
        for (int i = static_cast<int>(Verdict::NoGood); i <= kVerdicts; ++i) {
            const auto verdict = static_cast<Verdict>(i);
            if (choice(
                    Words<15>("verdict {}", i).c_str(), nameOf(verdict), verdicts, wanted.verdict == verdict))
                wanted.verdict = wanted.verdict == verdict ? Verdict::Open : verdict;
        }
        constexpr int kInARow = 5;
        for (int first = 1; first <= kTells; first += kInARow) {
            ButtonRow tells(theme, width, kInARow);
            for (int tell = first; tell < first + kInARow; ++tell)
                if (choice(Words<15>("tell {}", tell).c_str(), tellShort(tell), tells, wanted.tell == tell))
                    wanted.tell = wanted.tell == tell ? 0 : tell;
        }
        wanted.words = words_.text();
        // A day counts once it is whole.
        const std::string day = day_.text();
        constexpr std::size_t kDayLetters = std::string_view("2026-11-21").size();
        wanted.day = day.size() == kDayLetters ? day : std::string();
        ButtonRow ends(theme, width, 2);
        done |= plainButton(theme, "done", { .words = "Done", .width = ends.next() }, "Enter in a field");
        if (plainButton(
                theme, "all", { .words = "All takes", .width = ends.next(), .tint = colour::kQuiet })) {
            wanted = {};
            words_.set({});
            day_.set({});
        }
        if (wanted != filter_) {
            filter_ = wanted;
            intent = FilterTakes { wanted };
        }
        if (done)
            open_ = false;
        opening_ = false;
    }
    ImGui::End();
    return intent;
}

} // namespace backtake::ui
