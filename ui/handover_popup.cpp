#include "ui/handover_popup.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"

#include <algorithm>
#include <utility>

namespace backtake::ui {
namespace {

using Takes = HandoverWish::Takes;

bool has(std::string_view formats, std::string_view name)
{
    for (std::size_t at = 0; at < formats.size();) {
        const std::size_t end = std::min(formats.find(',', at), formats.size());
        if (formats.substr(at, end - at) == name)
            return true;
        at = end + 1;
    }
    return false;
}

/// In the order of kHandoverFormats, whatever the order in which they were ticked.
std::string toggled(std::string_view formats, std::string_view name)
{
    std::string left;
    for (const HandoverFormat& format : kHandoverFormats)
        if (has(formats, format.name) != (format.name == name))
            left.append(left.empty() ? "" : ",").append(format.name);
    return left;
}

bool same(std::string_view some, std::string_view others)
{
    return std::ranges::all_of(kHandoverFormats,
        [&](const HandoverFormat& format) { return has(some, format.name) == has(others, format.name); });
}

/// A box to tick, what it is, and who reads it.
bool tick(const Theme& theme, const HandoverFormat& format, float width, bool on)
{
    const float height = theme.px(32);
    const bool pressed = ImGui::InvisibleButton(
        Words<31>("format {}", format.name).c_str(), { width, height }, ImGuiButtonFlags_MouseButtonLeft);
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    if (ImGui::IsItemHovered())
        list.AddRectFilled(low, high, colour::kHover, theme.px(4));
    const float middle = (low.y + high.y) / 2;
    const float side = theme.px(14);
    const ImVec2 box { low.x + theme.px(6), middle - side / 2 };
    list.AddRect(box, { box.x + side, box.y + side }, on ? colour::kText : colour::kFaint, theme.px(2), 0,
        theme.px(1));
    if (on)
        list.AddRectFilled({ box.x + theme.px(3), box.y + theme.px(3) },
            { box.x + side - theme.px(3), box.y + side - theme.px(3) }, colour::kText);
    const float left = box.x + side + theme.px(8);
    const float room = high.x - left - theme.px(4);
    drawTextWithin(list, theme.fonts.body, { left, low.y + theme.px(10) }, room,
        on ? colour::kText : colour::kQuiet, format.file);
    drawTextWithin(
        list, theme.fonts.small, { left, low.y + theme.px(24) }, room, colour::kQuiet, format.readers);
    return pressed;
}

/// "34 %, take 2 of 5, 12 min left"
Words<127> wordsOf(const HandoverRun& run)
{
    if (!run.running)
        return Words<127>("waits for its turn");
    const int percent = static_cast<int>(run.done * 100);
    const Words<31> take = run.take > 0 ? Words<31>(", take {} of {}", run.take, run.takes) : Words<31>();
    if (run.held != HandoverRun::Held::No)
        return Words<127>("{} %{}, waits {}", percent, take.view(),
            run.held == HandoverRun::Held::Rolls ? "while a take rolls" : "for the log");
    if (run.time_left)
        return Words<127>("{} %{}, {} left", percent, take.view(), base::durationText(*run.time_left));
    return Words<127>("{} %{}", percent, take.view());
}

/// How far it is, as the ground that its words stand on.
void drawBar(const Theme& theme, const HandoverRun& run, ImVec2 low, ImVec2 high)
{
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddRectFilled(low, high, colour::kRaised, theme.px(4));
    const float done = low.x + (high.x - low.x) * static_cast<float>(std::clamp(run.done, 0.0, 1.0));
    list.AddRectFilled(low, { done, high.y }, colour::grey(0x3A), theme.px(4));
    const float room = high.x - low.x - theme.px(20);
    const float left = low.x + theme.px(10);
    drawTextWithin(list, theme.fonts.bold, { left, low.y + theme.px(12) }, room, colour::kText,
        Words<255>("{}: {}", run.title, wordsOf(run).view()).view());
    drawTextWithin(list, theme.fonts.small, { left, low.y + theme.px(28) }, room, colour::kQuiet, run.file);
}

} // namespace

void HandoverPopup::toggle()
{
    open_ = opening_ = !open_;
    asked_.reset();
}

bool HandoverPopup::leave() { return std::exchange(open_, false); }

void HandoverPopup::drawTakes(const Model& model, const Theme& theme, float width)
{
    ButtonRow what(theme, width, 4);
    const auto choice = [&](const char* name, std::string_view words, Takes takes, const char* hint) {
        if (plainButton(
                theme, name, { .words = words, .width = what.next(), .on = wish_.takes == takes }, hint))
            wish_.takes = takes;
    };
    choice("circled", "Circled takes", Takes::Circled, "All takes of the shoot with a circle");
    choice("a day", "A day", Takes::Day, "All takes of one day");
    choice("listed", "Takes as listed", Takes::Listed, "As the search (Ctrl+F) has them");
    choice("in review", "Take in review", Takes::InReview, "The take that Tab goes to");
    const auto& days = model.handover_days;
    if (wish_.takes != Takes::Day || days.empty())
        return;
    const auto day = std::ranges::find(days, wish_.day);
    const auto at = day == days.end() ? days.size() - 1 : static_cast<std::size_t>(day - days.begin());
    wish_.day = days[at];
    ButtonRow row(theme, width, 3);
    if (plainButton(theme, "day before", { .sign = Sign::Left, .width = row.next() }, "The day before")
        && at > 0)
        wish_.day = days[at - 1];
    plainButton(theme, "day", { .words = Words<31>("{}", days[at]).view(), .width = row.next(), .on = true });
    if (plainButton(theme, "day after", { .sign = Sign::Right, .width = row.next() }, "The day after")
        && at + 1 < days.size())
        wish_.day = days[at + 1];
}

void HandoverPopup::drawFormats(const Theme& theme, float width)
{
    line(theme.fonts.small, colour::kQuiet, width, "For");
    ButtonRow presets(theme, width, static_cast<int>(kHandoverPresets.size()));
    for (const HandoverPreset& preset : kHandoverPresets)
        if (plainButton(theme, preset.name,
                { .words = preset.name, .width = presets.next(), .on = same(wish_.formats, preset.formats) }))
            wish_.formats = preset.formats;
    constexpr std::size_t kInARow = 4;
    const float each = std::floor((width - (kInARow - 1) * theme.px(6)) / kInARow);
    for (std::size_t i = 0; i < kHandoverFormats.size(); ++i) {
        if (i % kInARow != 0)
            ImGui::SameLine(0, theme.px(6));
        const HandoverFormat& format = kHandoverFormats[i];
        if (tick(theme, format, each, has(wish_.formats, format.name)))
            wish_.formats = toggled(wish_.formats, format.name);
    }
}

void HandoverPopup::drawPlaying(const Model& model, const Theme& theme, float width)
{
    const auto toggle = [&](const char* name, std::string_view words, ButtonRow& row, bool& on,
                            const char* hint) {
        if (plainButton(theme, name, { .words = words, .width = row.next(), .on = on }, hint))
            on = !on;
    };
    ButtonRow order(theme, width, 4);
    if (plainButton(theme, "shown", { .words = "As shown", .width = order.next(), .on = wish_.shown_order },
            "As the audience will see it: a backward take plays backwards"))
        wish_.shown_order = true;
    if (plainButton(theme, "captured",
            { .words = "As captured", .width = order.next(), .on = !wish_.shown_order },
            "As the camera saw it"))
        wish_.shown_order = false;
    toggle("story", "Last take first", order, wish_.story, "The order in which a backward scene is seen");
    toggle("reversed", "Reversed MOV, too", order, wish_.reversed_mov,
        "Beside each MOV one whose pictures stand in reverse, for programs that cannot play backwards");
    if (has(wish_.formats, "edl")) {
        using Edl = HandoverWish::Edl;
        ButtonRow dialects(theme, width, 3);
        const auto dialect = [&](const char* name, Edl edl, const char* hint) {
            if (plainButton(
                    theme, name, { .words = name, .width = dialects.next(), .on = wish_.edl == edl }, hint))
                wish_.edl = edl;
        };
        dialect("EDL: CMX 3600", Edl::Cmx, "The source's in is the first frame seen");
        dialect("EDL: rising range", Edl::Range, "The source's in is the lower frame");
        dialect("EDL: as OTIO reads", Edl::Otio, "As OpenTimelineIO's own reader has it");
    }
    const float field = std::floor((width - 2 * theme.px(6)) / 3);
    const TallFrame tall(theme);
    const auto number = [&](const char* name, const char* format, int& value, int step, int least, int most) {
        ImGui::SetNextItemWidth(field);
        if (ImGui::InputInt(name, &value, step, step))
            value = std::clamp(value, least, most);
        const ImVec2 low = ImGui::GetItemRectMin();
        const float text = widthOf(theme.fonts.body, Words<15>("{}", value).view());
        drawText(*ImGui::GetWindowDrawList(), theme.fonts.body,
            { low.x + theme.px(18) + text, (low.y + ImGui::GetItemRectMax().y) / 2 }, colour::kQuiet, format);
    };
    number("##speed", "% speed", wish_.speed_percent, 25, 1, 2000);
    const bool of_one = wish_.takes == Takes::InReview;
    const bool has_range = model.review && (model.review->in || model.review->out);
    wish_.in_to_out = wish_.in_to_out && of_one && has_range;
    if (!of_one || !has_range)
        return;
    ImGui::SameLine(0, theme.px(6));
    if (plainButton(theme, "range", { .words = "In to out only", .width = field, .on = wish_.in_to_out },
            "Else the whole take. Beside other formats a MOV is whole all the same."))
        wish_.in_to_out = !wish_.in_to_out;
    if (wish_.in_to_out) {
        ImGui::SameLine(0, theme.px(6));
        number("##handles", "frames of handle", wish_.handles, 5, 0, 10'000);
    }
}

void HandoverPopup::drawLook(const Model& model, const Theme& theme, float width) const
{
    // As many lines always: the buttons below stay where they are.
    constexpr std::size_t kLines = 3;
    const HandoverLook* const look =
        model.handover_look && model.handover_look->wish == wish_ ? &*model.handover_look : nullptr;
    const auto say = [&](ImU32 tint, std::string_view words) { line(theme.fonts.small, tint, width, words); };
    if (look == nullptr) {
        say(colour::kQuiet, "\u2026");
        for (std::size_t i = 1; i < kLines; ++i)
            say(colour::kQuiet, "");
        return;
    }
    if (!look->why.empty())
        say(colour::kText, Words<511>("! {}", look->why).view());
    else
        say(colour::kText,
            Words<511>("{} {}, {} {}, about {}; {} free in {}", look->takes,
                look->takes == 1 ? "take" : "takes", look->files, look->files == 1 ? "file" : "files",
                base::bytesText(look->bytes),
                look->free_bytes ? base::bytesText(*look->free_bytes) : "room not known", look->folder)
                .view());
    const auto& remarks = look->remarks;
    const std::size_t shown = remarks.size() < kLines ? remarks.size() : kLines - 2;
    for (std::size_t i = 0; i + 1 < kLines; ++i)
        say(colour::kQuiet,
            i < shown                ? Words<511>("! {}", remarks[i]).view()
                : i < remarks.size() ? Words<63>("! and {} more", remarks.size() - shown).view()
                                     : std::string_view());
}

std::optional<Intent> HandoverPopup::drawRuns(const Model& model, const Theme& theme, float width)
{
    std::optional<Intent> intent;
    const float stop = theme.px(92);
    constexpr std::size_t kMostShown = 3;
    for (std::size_t i = 0; i < std::min(model.handovers.size(), kMostShown); ++i) {
        const HandoverRun& run = model.handovers[i];
        const ImVec2 low = ImGui::GetCursorScreenPos();
        drawBar(theme, run, low, { low.x + width - stop - theme.px(6), low.y + theme.px(38) });
        ImGui::Dummy({ width - stop - theme.px(6), theme.px(38) });
        ImGui::SameLine(0, theme.px(6));
        if (plainButton(theme, Words<31>("stop {}", run.id).c_str(), { .words = "Stop", .width = stop },
                "Files that are finished stay, no half one does"))
            intent = CancelHandover { run.id };
    }
    if (model.handovers.size() > kMostShown)
        line(theme.fonts.small, colour::kQuiet, width,
            Words<63>("and {} more wait", model.handovers.size() - kMostShown).view());
    return intent;
}

std::optional<Intent> HandoverPopup::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const Card card("hand-over", 920, layout, theme, opening_);
    if (card.isShown()) {
        const float width = card.width();
        line(theme.fonts.bold, colour::kText, width, "Hand over to editorial");
        intent = drawRuns(model, theme, width);
        drawTakes(model, theme, width);
        drawFormats(theme, width);
        drawPlaying(model, theme, width);
        bool done = false;
        {
            const TallFrame tall(theme);
            if (opening_)
                ImGui::SetKeyboardFocusHere();
            done |= folder_.draw(
                "##folder", "Into a new folder below the shoot; or type the path of a folder", width);
        }
        wish_.folder = folder_.text();
        drawLook(model, theme, width);
        ButtonRow ends(theme, width, 2);
        done |= plainButton(
            theme, "start", { .words = "Hand over", .width = ends.next() }, "Enter in the folder's field");
        if (plainButton(
                theme, "close", { .words = "Close", .width = ends.next(), .tint = colour::kQuiet }, "Esc"))
            open_ = false;
        if (done) {
            intent = StartHandover { wish_ };
            open_ = false;
        } else if (!intent && (asked_ != wish_ || runs_ != model.handovers.size())) {
            runs_ = model.handovers.size();
            intent = LookAtHandover { *(asked_ = wish_) };
        }
        opening_ = false;
    }
    return intent;
}

std::optional<Action> drawHandoverStrip(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    if (model.handovers.empty() || layout.badge == BadgeSize::Small)
        return asked;
    const HandoverRun& run = model.handovers.front();
    const Rect& room = layout.monitor;
    const float margin = theme.px(12);
    const int width = static_cast<int>(std::min(theme.px(460), static_cast<float>(room.width) / 2 - margin));
    const int height = static_cast<int>(theme.px(40));
    const Rect place { room.right() - static_cast<int>(margin) - width,
        room.bottom() - static_cast<int>(margin) - height, width, height };
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    if (beginPanel("hand-over strip", place, ImGuiWindowFlags_NoFocusOnAppearing)) {
        drawBar(theme, run, at(place), endOf(place));
        ImGui::SetCursorScreenPos(at(place));
        const float close = static_cast<float>(height);
        if (ImGui::InvisibleButton("sheet", { static_cast<float>(width) - close, close }))
            asked = bindingOf(KeyId::Handover).action;
        tooltip(theme, bindingOf(KeyId::Handover).words, bindingOf(KeyId::Handover).name);
        ImGui::SetCursorScreenPos({ static_cast<float>(place.right()) - close, static_cast<float>(place.y) });
        if (ImGui::InvisibleButton("stop", { close, close }))
            asked = Intent { CancelHandover { run.id } };
        drawSign(*ImGui::GetWindowDrawList(), Sign::Cross,
            { static_cast<float>(place.right()) - close / 2, static_cast<float>(place.y) + close / 2 },
            theme.px(10), ImGui::IsItemHovered() ? colour::kText : colour::kQuiet);
        tooltip(theme, "Stop this hand-over: files that are finished stay, no half one does");
    }
    ImGui::End();
    ImGui::PopStyleVar();
    return asked;
}

} // namespace backtake::ui
