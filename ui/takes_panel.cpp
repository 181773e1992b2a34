#include "ui/takes_panel.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

float partOf(const TakeClip& clip)
{
    return clip.total_bytes == 0
        ? 0
        : std::clamp(
            static_cast<float>(static_cast<double>(clip.bytes) / static_cast<double>(clip.total_bytes)), 0.0F,
            1.0F);
}

/// The camera's clip of a take: its name, and the way from the card.
std::optional<Action> drawClip(
    const Model& model, std::size_t row, const Theme& theme, float width, bool full)
{
    const TakeClip& clip = *model.takes[row].clip;
    std::optional<Action> asked;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ImVec2 place = ImGui::GetCursorScreenPos();
    list.AddLine(place, { place.x + width, place.y }, colour::kHairline);
    const float left = place.x + theme.px(full ? 12 : 4);
    const float room = width - 2 * (left - place.x);
    float y = place.y + theme.px(16);
    if (full) {
        const Words<63> caption(
            "Camera's clip of {}{}", model.takes[row].slate, clip.parts > 1 ? ", in parts" : "");
        drawTextWithin(list, theme.fonts.small, { left, y }, room, colour::kQuiet, caption.view());
        y += theme.px(20);
    }
    const bool fetching = clip.state == TakeClip::State::Fetching;
    const Words<31> speed("{:.1f} MB/s", clip.bytes_per_second / 1e6);
    drawTextWithin(list, full ? theme.fonts.bold : theme.fonts.small, { left, y }, room, colour::kText,
        fetching && !full ? speed.view() : std::string_view(clip.name));
    if (full && clip.total_bytes > 0 && !fetching) {
        const std::string size = base::bytesText(clip.total_bytes);
        drawText(list, theme.fonts.mono, { left + room - widthOf(theme.fonts.mono, size), y }, colour::kQuiet,
            size);
    }
    y += theme.px(14);
    if (clip.state == TakeClip::State::Fetched) {
        drawText(list, theme.fonts.small, { left, y + theme.px(8) }, colour::kQuiet,
            full ? "fetched, beside the recording" : "fetched");
        return asked;
    }
    const float button = full ? theme.px(96) : room;
    if (!fetching) {
        ImGui::SetCursorScreenPos({ left, y });
        if (keyButton(theme, KeyId::Fetch,
                { .sign = Sign::ToFetch, .words = full ? "Fetch from the card" : "Fetch", .width = room }))
            asked = Intent { FetchClip { row } };
        return asked;
    }
    const float bar_width = full ? room - button - theme.px(8) : room;
    list.AddRectFilled(
        { left, y }, { left + bar_width, y + buttonHeight(theme) }, colour::kRaised, theme.px(4));
    list.AddRectFilled({ left, y }, { left + bar_width * partOf(clip), y + buttonHeight(theme) },
        colour::grey(0x4A), theme.px(4));
    const Words<15> percent("{} %", static_cast<int>(partOf(clip) * 100));
    const float middle = y + buttonHeight(theme) / 2;
    const float percent_right = left + theme.px(10) + widthOf(theme.fonts.mono, "100 %");
    drawText(list, theme.fonts.mono, { percent_right - widthOf(theme.fonts.mono, percent.view()), middle },
        colour::kText, percent.view());
    if (full) {
        drawText(list, theme.fonts.mono,
            { left + bar_width - theme.px(8) - widthOf(theme.fonts.mono, speed.view()), middle },
            colour::kText, speed.view());
        ImGui::SetCursorScreenPos({ left + bar_width + theme.px(8), y });
    } else {
        ImGui::SetCursorScreenPos({ left, y + buttonHeight(theme) + theme.px(4) });
    }
    if (keyButton(theme, KeyId::CancelFetch, { .sign = Sign::Cross, .words = "Cancel", .width = button }))
        asked = Intent { CancelFetch { clip.fetch } };
    return asked;
}

float clipHeight(const Theme& theme, bool full) { return theme.px(full ? 96 : 122); }

void drawRow(ImDrawList& list, const TakeRow& take, const Theme& theme, ImVec2 low, ImVec2 high, bool full)
{
    const float middle = std::round(full ? low.y + (high.y - low.y) * 0.36F : (low.y + high.y) / 2);
    const float sign = theme.px(11);
    float x = low.x + theme.px(12);
    // The direction stands first, in its place whatever the slate's length.
    if (take.recording)
        drawSign(list, Sign::Disc, { x + sign / 2, middle }, sign, colour::rolling);
    else
        drawSign(list, take.backward ? Sign::Left : Sign::Right, { x + sign / 2, middle }, sign,
            take.backward ? colour::shown : colour::captured);
    x += sign + theme.px(10);
    const float right = high.x - theme.px(12);
    if (!full) {
        drawTextWithin(list, theme.fonts.bold, { x, middle }, right - x, colour::kText, take.slate);
        return;
    }
    const auto slate = slateWords(take.slate);
    const Words<1> letter("{}", take.camera_letter);
    x += drawText(list, theme.fonts.bold, { x, middle }, colour::kText, slate.view()) + theme.px(8);
    drawText(list, theme.fonts.bold, { x, middle }, colour::kQuiet, letter.view());

    const auto length = take.recording ? Words<15>("REC") : lengthWords(take.duration);
    drawText(list, theme.fonts.mono, { right - widthOf(theme.fonts.mono, length.view()), middle },
        take.recording ? colour::rolling : colour::kText, length.view());

    const float second = std::round(low.y + (high.y - low.y) * 0.72F);
    const float text = low.x + theme.px(12) + sign + theme.px(10);
    const char* const direction = take.backward ? "backward" : "forward";
    Words<95> facts = take.recording ? Words<95>("recording, {}", direction)
                                     : Words<95>("{}, {} frames", direction, take.frames);
    if (take.recovered)
        facts = Words<95>("{}, recovered", facts.view());
    if (take.parts > 1)
        facts = Words<95>("{}, {} parts", facts.view(), take.parts);
    const bool waits = !take.recording && take.unwritten > 0;
    if (waits)
        facts = Words<95>("! {} frames only in memory", take.unwritten);
    const Words<31> lost("! {} lost", take.lost_frames);
    const float lost_width =
        take.lost_frames > 0 ? widthOf(theme.fonts.small, lost.view()) + theme.px(10) : 0;
    drawTextWithin(list, theme.fonts.small, { text, second }, right - text - lost_width,
        waits ? colour::kText : colour::kQuiet, facts.view());
    if (take.clip && take.clip->state == TakeClip::State::Fetching && take.clip->total_bytes > 0) {
        const float part = partOf(*take.clip);
        list.AddRectFilled(
            { text, high.y - theme.px(4) }, { right, high.y - theme.px(2) }, colour::kHairline);
        list.AddRectFilled({ text, high.y - theme.px(4) },
            { text + (right - text) * part, high.y - theme.px(2) }, colour::kText);
    }
    if (take.lost_frames > 0)
        drawText(list, theme.fonts.small, { right - widthOf(theme.fonts.small, lost.view()), second },
            colour::kText, lost.view());
}

} // namespace

std::optional<std::size_t> TakesPanel::clipRow(const Model& model)
{
    if (model.selected_take && *model.selected_take < model.takes.size())
        return model.takes[*model.selected_take].clip ? model.selected_take : std::nullopt;
    for (std::size_t i = model.takes.size(); i-- > 0;)
        if (model.takes[i].clip)
            return i;
    return std::nullopt;
}

std::optional<Intent> TakesPanel::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (layout.takes_shape == TakesShape::Hidden)
        return intent;
    const bool full = layout.takes_shape == TakesShape::Full;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(8), theme.px(8) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(6), theme.px(2) });
    if (beginPanel("takes", layout.takes)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 low = at(layout.takes);
        list.AddLine(low, { low.x, static_cast<float>(layout.takes.bottom()) }, colour::kHairline);

        const float button = buttonHeight(theme);
        const auto asked = [&](const std::optional<Action>& action) {
            if (action)
                intent = std::get<Intent>(*action);
        };
        const float right = low.x + static_cast<float>(layout.takes.width) - theme.px(8);
        if (full) {
            const float middle = low.y + theme.px(8) + button / 2;
            drawText(list, theme.fonts.bold, { low.x + theme.px(20), middle }, colour::kText, "Takes");
            const Words<15> count("{}", model.takes.size());
            drawText(list, theme.fonts.mono,
                { low.x + theme.px(28) + widthOf(theme.fonts.bold, "Takes"), middle }, colour::kQuiet,
                count.view());
            ImGui::SetCursorScreenPos({ right - 2 * button - theme.px(4), low.y + theme.px(8) });
        }
        const float width =
            full ? button : std::floor((right - ImGui::GetCursorScreenPos().x - theme.px(4)) / 2);
        asked(keyButton(theme, KeyId::PreviousTake, { .sign = Sign::Up, .width = width }));
        ImGui::SameLine(0, theme.px(4));
        asked(keyButton(theme, KeyId::NextTake, { .sign = Sign::Down, .width = width }));
        ImGui::Dummy({ 0, theme.px(4) });

        const auto clip_row = clipRow(model);
        const float foot = clip_row ? clipHeight(theme, full) : 0;
        ImGui::BeginChild("rows", { 0, clip_row ? -foot : 0 }, false, ImGuiWindowFlags_NoNav);
        const float row = theme.px(full ? 52 : 40);
        if (model.takes.empty()) {
            const ImVec2 place = ImGui::GetCursorScreenPos();
            ImDrawList& rows = *ImGui::GetWindowDrawList();
            drawText(rows, theme.fonts.body, { place.x + theme.px(12), place.y + theme.px(16) },
                colour::kQuiet, full ? "No takes yet. R rolls the first." : "no takes");
        }
        // The newest, or the chosen one, comes into sight when it changes; the wheel may then leave it.
        const bool changed = model.selected_take != selected_before_ || model.takes.size() != count_before_;
        if (changed && !model.takes.empty()) {
            const std::size_t target = model.selected_take.value_or(model.takes.size() - 1);
            const float top = static_cast<float>(target) * (row + theme.px(2));
            const float room = ImGui::GetWindowHeight();
            if (top < ImGui::GetScrollY() || top + row > ImGui::GetScrollY() + room)
                ImGui::SetScrollY(top - room / 2 + row / 2);
        }
        selected_before_ = model.selected_take;
        count_before_ = model.takes.size();

        ImGuiListClipper clipper;
        clipper.Begin(static_cast<int>(model.takes.size()), row + theme.px(2));
        while (clipper.Step()) {
            for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
                const auto index = static_cast<std::size_t>(i);
                ImGui::PushID(i);
                if (ImGui::InvisibleButton("take", { ImGui::GetContentRegionAvail().x, row }))
                    intent = SelectTake { 0, index };
                ImDrawList& rows = *ImGui::GetWindowDrawList();
                const ImVec2 row_low = ImGui::GetItemRectMin();
                const ImVec2 row_high = ImGui::GetItemRectMax();
                const bool chosen = model.selected_take == index;
                if (chosen || ImGui::IsItemHovered())
                    rows.AddRectFilled(
                        row_low, row_high, chosen ? colour::grey(0x33) : colour::kRaised, theme.px(4));
                if (chosen)
                    rows.AddRectFilled(
                        row_low, { row_low.x + theme.px(3), row_high.y }, colour::kText, theme.px(1));
                drawRow(rows, model.takes[index], theme, row_low, row_high, full);
                if (!model.takes[index].where.empty())
                    tooltip(theme, model.takes[index].where.c_str());
                ImGui::PopID();
            }
        }
        ImGui::EndChild();
        if (clip_row) {
            ImGui::SetCursorScreenPos(
                { low.x + theme.px(8), static_cast<float>(layout.takes.bottom()) - foot });
            asked(drawClip(
                model, *clip_row, theme, static_cast<float>(layout.takes.width) - theme.px(16), full));
        }
    }
    ImGui::End();
    ImGui::PopStyleVar(2);
    return intent;
}

} // namespace backtake::ui
