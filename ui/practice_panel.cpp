#include "ui/practice_panel.hpp"

#include "ui/draw.hpp"
#include "ui/lip_panel.hpp"
#include "ui/state.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

using base::Nanos;
using namespace std::chrono_literals;
using State = PracticeModel::State;
using Heard = PracticeModel::Heard;

constexpr float kTable = 332; ///< Width of the list of attempts, at scale 1.
constexpr float kRow = 32;

const char* wordOf(const PracticeModel& practice)
{
    switch (practice.state) {
    case State::Opening:
        return "OPENING";
    case State::Ready:
        return practice.guide_missing.empty() ? "READY" : "NO GUIDE";
    case State::Recording:
        return "RECORDING";
    case State::Scoring:
        return "SCORING";
    case State::Hearing:
        break;
    }
    return practice.heard == Heard::Guide ? "GUIDE" : practice.heard == Heard::Both ? "COMPARING" : "FLIPPED";
}

Sign signOf(const PracticeModel& practice)
{
    return practice.state == State::Recording ? Sign::Disc
        : practice.state != State::Hearing    ? Sign::None
        : practice.heard == Heard::Guide      ? Sign::Right
                                              : Sign::Left;
}

/// "mean 34 ms late, worst 90 ms early, 12 of 15 hit, 2 too many".
Words<127> scoreWords(const PracticeMark& mark)
{
    if (mark.made == 0)
        return Words<127>("nothing was heard of {} expected", mark.expected);
    return Words<127>("mean {}, worst {}, {} of {} hit, {} too many", lateWords(mark.mean).view(),
        lateWords(mark.worst).view(), mark.matched, mark.expected, mark.made - mark.matched);
}

/// What the microphone gives, and how long it was recorded.
void drawInput(ImDrawList& list, const PracticeModel& practice, ImVec2 place, float width, const Theme& theme)
{
    const float height = theme.px(8);
    const auto part = static_cast<float>(std::clamp((practice.level_db + 60) / 60, 0.0, 1.0));
    const ImVec2 low { place.x, place.y - height / 2 };
    list.AddRectFilled(low, { low.x + width, low.y + height }, colour::kRaised, theme.px(2));
    list.AddRectFilled(low, { low.x + width * part, low.y + height }, colour::kLive, theme.px(2));
}

/// A cell for each phrase of an attempt: its number, its points, how late it was.
void drawPhrases(ImDrawList& list, const PracticeAttempt& attempt, const Rect& place, const Theme& theme)
{
    const float gap = theme.px(4);
    const float each = theme.px(92);
    const auto room = static_cast<std::size_t>(
        std::max(0.0F, std::floor((static_cast<float>(place.width) + gap) / (each + gap))));
    const std::size_t shown = attempt.phrases.size() <= room ? attempt.phrases.size() : room;
    for (std::size_t i = 0; i < shown; ++i) {
        const ImVec2 low { static_cast<float>(place.x) + static_cast<float>(i) * (each + gap),
            static_cast<float>(place.y) };
        const ImVec2 high { low.x + each, static_cast<float>(place.bottom()) };
        list.AddRectFilled(low, high, colour::kRaised, theme.px(4));
        if (i + 1 == shown && shown < attempt.phrases.size()) {
            drawText(list, theme.fonts.body, { low.x + theme.px(8), (low.y + high.y) / 2 }, colour::kQuiet,
                Words<31>("and {} more", attempt.phrases.size() - i).view());
            break;
        }
        const PracticeMark& phrase = attempt.phrases[i];
        const float first = std::round(low.y + (high.y - low.y) * 0.3F);
        const float second = std::round(low.y + (high.y - low.y) * 0.72F);
        drawText(list, theme.fonts.small, { low.x + theme.px(8), first }, colour::kQuiet,
            Words<15>("{}", i + 1).view());
        const Words<15> points("{:.0f}", phrase.points);
        drawText(list, theme.fonts.bold,
            { high.x - theme.px(8) - widthOf(theme.fonts.bold, points.view()), first }, colour::kText,
            points.view());
        drawTextWithin(list, theme.fonts.small, { low.x + theme.px(8), second }, each - theme.px(12),
            colour::kText, phrase.matched > 0 ? lateWords(phrase.mean).view() : std::string_view("no match"));
    }
}

} // namespace

std::optional<Action> PracticePanel::drawAttempts(
    const PracticeModel& practice, const Rect& place, const Theme& theme)
{
    std::optional<Action> asked;
    ImGui::SetCursorScreenPos(at(place));
    ImGui::BeginChild("attempts", sizeOf(place), false, ImGuiWindowFlags_NoNav);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float row = theme.px(kRow);
    const float width = ImGui::GetContentRegionAvail().x;
    if (practice.attempts.empty())
        drawTextWithin(list, theme.fonts.body,
            { static_cast<float>(place.x) + theme.px(8), static_cast<float>(place.y) + row / 2 }, width,
            colour::kQuiet, "No attempt yet");
    for (std::size_t i = practice.attempts.size(); i-- > 0;) { // the newest on top
        const PracticeAttempt& attempt = practice.attempts[i];
        ImGui::PushID(attempt.number);
        if (ImGui::InvisibleButton("attempt", { width, row }))
            asked = Intent(ChooseAttempt { 0, i });
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        const float middle = std::round((low.y + high.y) / 2);
        if (i == practice.chosen)
            list.AddRectFilled(low, { high.x, high.y - 1 }, colour::grey(0x3A), theme.px(4));
        else if (ImGui::IsItemHovered())
            list.AddRectFilled(low, { high.x, high.y - 1 }, colour::kHover, theme.px(4));
        if (i == practice.chosen && scrolled_to_ != attempt.number) {
            ImGui::SetScrollHereY(0.5F);
            scrolled_to_ = attempt.number;
        }
        ImGui::PopID();
        float x = low.x + theme.px(10);
        const auto cell = [&](float cell_width, ImFont* font, ImU32 tint, std::string_view words) {
            drawTextWithin(list, font, { x, middle }, theme.px(cell_width) - theme.px(4), tint, words);
            x += theme.px(cell_width);
        };
        cell(46, theme.fonts.body, colour::kQuiet, Words<15>("{}", attempt.number).view());
        cell(46, theme.fonts.bold, colour::kText, Words<15>("{:.0f}", attempt.whole.points).view());
        cell(100, theme.fonts.body, colour::kText,
            attempt.whole.matched > 0 ? lateWords(attempt.whole.mean).view() : std::string_view("no match"));
        cell(58, theme.fonts.mono, colour::kQuiet,
            Words<31>("{:.1f} s", base::seconds(attempt.length)).view());
        if (practice.best == i) {
            list.AddCircle({ x + theme.px(6), middle }, theme.px(5), colour::kText, 0, theme.px(2));
            x += theme.px(16);
            cell(46, theme.fonts.bold, colour::kText, "best");
        }
    }
    ImGui::EndChild();
    return asked;
}

std::optional<Action> PracticePanel::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    if (layout.band.empty() || !model.practice)
        return asked;
    const PracticeModel& practice = *model.practice;
    const auto add = [&](std::optional<Action> action) {
        if (action)
            asked = std::move(action);
    };
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { 0, 0 });
    if (beginPanel("practice", layout.band)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const Rect& band = layout.band;
        const auto left = static_cast<float>(band.x) + theme.px(12);
        const auto top = static_cast<float>(band.y);
        const float table = std::min(theme.px(kTable), static_cast<float>(band.width) * 0.4F);
        const float right = static_cast<float>(band.right()) - table - theme.px(10);
        list.AddLine(at(band), { static_cast<float>(band.right()), top }, colour::kHairline);

        // What goes on.
        float y = top + theme.px(22);
        float x = left;
        x += drawText(list, theme.fonts.small, { x, y }, colour::kQuiet, "PRACTICE") + theme.px(14);
        if (const Sign sign = signOf(practice); sign != Sign::None) {
            drawSign(list, sign, { x + theme.px(8), y }, theme.px(15), colour::kText);
            x += theme.px(24);
        }
        x += drawText(list, theme.fonts.badge, { x, y }, colour::kText, wordOf(practice)) + theme.px(12);
        if (practice.state == State::Recording)
            x += drawText(list, theme.fonts.badge, { x, y }, colour::kText,
                     Words<31>("{:.1f} s", base::seconds(practice.length)).view())
                + theme.px(12);
        const float meter = theme.px(110);
        const float caption = widthOf(theme.fonts.small, "microphone") + theme.px(8);
        if (x + caption + meter < right) {
            drawText(list, theme.fonts.small, { right - meter - caption, y }, colour::kQuiet, "microphone");
            drawInput(list, practice, { right - meter, y }, meter, theme);
        }

        // Its keys.
        ImGui::SetCursorScreenPos({ left, top + theme.px(42) });
        const bool recording = practice.state == State::Recording;
        struct Button {
            KeyId id;
            const char* words;
            bool shown;
            bool on;
        };
        const bool hearing = practice.state == State::Hearing;
        const std::array buttons {
            Button { KeyId::PracticeRecord, recording ? "stop, hear it" : "record", true, recording },
            Button { KeyId::PracticeFlipped, "flipped", true, hearing && practice.heard == Heard::Flipped },
            Button { KeyId::PracticeGuide, "guide", true, hearing && practice.heard == Heard::Guide },
            Button { KeyId::PracticeBoth, "compare", true, hearing && practice.heard == Heard::Both },
            Button { KeyId::PracticeRemove, "throw away", true, false },
            Button { KeyId::PracticeRestore, "bring back", practice.can_restore, false },
        };
        float used = left;
        for (const Button& button : buttons) {
            const Words<63> words("{}  {}", bindingOf(button.id).name, button.words);
            const float width = widthOf(theme.fonts.bold, words.view()) + theme.px(20);
            if (!button.shown || used + width > right)
                continue;
            if (used > left)
                ImGui::SameLine(0, theme.px(6));
            add(keyButton(theme, button.id, { .words = words.view(), .width = width, .on = button.on }));
            used += width + theme.px(6);
        }

        // The chosen attempt, or what is missing.
        y = top + theme.px(42) + buttonHeight(theme) + theme.px(18);
        const std::string& trouble = practice.trouble.empty() ? practice.guide_missing : practice.trouble;
        if (!trouble.empty()) {
            drawText(list, theme.fonts.bold, { left, y }, colour::kText, "!");
            drawTextWithin(list, theme.fonts.body, { left + theme.px(14), y }, right - left - theme.px(14),
                colour::kText, trouble);
            y += theme.px(24);
        }
        if (practice.chosen < practice.attempts.size()) {
            const PracticeAttempt& attempt = practice.attempts[practice.chosen];
            x = left;
            x += drawText(list, theme.fonts.badge, { x, y }, colour::kText,
                     Words<15>("{:.0f}", attempt.whole.points).view())
                + theme.px(10);
            drawTextWithin(
                list, theme.fonts.body, { x, y }, right - x, colour::kText, scoreWords(attempt.whole).view());
            const int phrases = static_cast<int>(y + theme.px(16));
            const int height = std::min(
                static_cast<int>(theme.px(44)), band.bottom() - phrases - static_cast<int>(theme.px(6)));
            if (height >= static_cast<int>(theme.px(32)))
                drawPhrases(list, attempt,
                    { static_cast<int>(left), phrases, static_cast<int>(right - left), height }, theme);
        }
        const int list_top = static_cast<int>(top + theme.px(4));
        add(drawAttempts(practice,
            { band.right() - static_cast<int>(table), list_top, static_cast<int>(table),
                band.bottom() - list_top - static_cast<int>(theme.px(4)) },
            theme));
    }
    ImGui::End();
    ImGui::PopStyleVar(2);
    return asked;
}

} // namespace backtake::ui
