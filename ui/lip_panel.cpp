#include "ui/lip_panel.hpp"

#include "ui/draw.hpp"
#include "ui/state.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr Nanos kClosest = 1s; ///< That is seen at least.
constexpr int kMostZoom = 12;
constexpr float kTable = 372; ///< Width of the table of phrases, at scale 1.
constexpr float kRow = 32;

/// From captured time to the order on screen, and back.
struct OnScreen {
    Nanos duration {};
    bool reversed = true;
    [[nodiscard]] Nanos operator()(Nanos time) const { return reversed ? duration - time : time; }
    /// Where a phrase begins, and where it ends.
    [[nodiscard]] Nanos begin(const LipPhrase& phrase) const
    {
        return (*this)(reversed ? phrase.to : phrase.from);
    }
    [[nodiscard]] Nanos end(const LipPhrase& phrase) const
    {
        return (*this)(reversed ? phrase.from : phrase.to);
    }
};

OnScreen orderOf(const ReviewModel& review)
{
    return { review.duration, review.backward_take && review.shown_order };
}

Sign signOf(Nanos late)
{
    const long ms = std::lround(base::milliseconds(late));
    return ms > 0 ? Sign::Right : ms < 0 ? Sign::Left : Sign::Disc;
}

/// Quiet sound is seen, too.
float heightOf(float value) { return std::copysign(std::sqrt(std::min(1.0F, std::abs(value))), value); }

} // namespace

Words<31> lateWords(Nanos late)
{
    const long ms = std::lround(base::milliseconds(late));
    return ms == 0 ? Words<31>("on time") : Words<31>("{} {} ms", ms > 0 ? "late" : "early", std::abs(ms));
}

std::optional<Action> LipPanel::drawWaves(const Model& model, const Rect& place, const Theme& theme)
{
    std::optional<Action> asked;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ReviewModel& review = *model.review;
    const LipCheck& check = *model.lip->check;
    const OnScreen on_screen = orderOf(review);
    const auto span =
        std::max(review.duration / (std::int64_t { 1 } << zoom_), std::min(kClosest, review.duration));
    const Nanos from =
        std::clamp(review.position - span / 2, Nanos(0), std::max(Nanos(0), review.duration - span));
    const auto left = static_cast<float>(place.x);
    const auto width = static_cast<float>(place.width);
    const auto columnOf = [&](Nanos time) {
        return left + static_cast<float>(base::seconds(time - from) / base::seconds(span)) * width;
    };

    ImGui::SetCursorScreenPos(at(place));
    ImGui::InvisibleButton("waves", sizeOf(place));
    if (ImGui::IsItemHovered() && ImGui::GetIO().MouseWheel != 0)
        zoom_ = std::clamp(zoom_ + (ImGui::GetIO().MouseWheel > 0 ? 1 : -1), 0, kMostZoom);
    if (ImGui::IsItemActivated()) {
        const double part = (static_cast<double>(ImGui::GetIO().MousePos.x) - place.x) / place.width;
        const double time_s = base::seconds(from) + part * base::seconds(span);
        const auto frame = static_cast<base::FrameIndex>(
            time_s / base::seconds(review.duration) * static_cast<double>(review.frame_count));
        asked = Intent(SeekTo { std::clamp<base::FrameIndex>(frame, 0, review.frame_count - 1) });
    }

    list.PushClipRect(at(place), endOf(place), true);
    for (std::size_t i = 0; i < check.phrases.size(); ++i) {
        const ImVec2 low { std::round(columnOf(on_screen.begin(check.phrases[i]))),
            static_cast<float>(place.y) };
        const ImVec2 high { std::round(columnOf(on_screen.end(check.phrases[i]))),
            static_cast<float>(place.bottom()) };
        if (high.x < left || low.x > left + width)
            continue;
        const bool looped = model.lip->looped == i;
        list.AddRectFilled(low, high, model.lip->here == i ? colour::kHover : colour::kRaised);
        list.AddLine(low, { low.x, high.y }, colour::kFaint);
        list.AddLine({ high.x, low.y }, high, colour::kFaint);
        if (looped)
            list.AddRect(low, high, colour::kText, 0, 0, theme.px(2));
        const Words<15> number("{}", i + 1);
        drawText(list, theme.fonts.small, { low.x + theme.px(5), low.y + theme.px(9) }, colour::kText,
            number.view());
        if (looped)
            drawSign(
                list, Sign::Loop, { low.x + theme.px(30), low.y + theme.px(9) }, theme.px(12), colour::kText);
    }
    const auto lane = [&](const base::SoundOutline& outline, float top, float height, const char* name,
                          ImU32 tint) {
        columns_.resize(static_cast<std::size_t>(place.width));
        outline.columns(on_screen(from), on_screen(from + span), columns_);
        const float middle = top + height / 2;
        const float reach = height / 2 - theme.px(2);
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const float x = left + static_cast<float>(i);
            const float high = middle - heightOf(columns_[i].high) * reach;
            const float low = middle - heightOf(columns_[i].low) * reach;
            list.AddRectFilled(
                { x, std::min(high, middle - 0.5F) }, { x + 1, std::max(low, middle + 0.5F) }, tint);
        }
        const float words = widthOf(theme.fonts.small, name);
        const float right = left + width - theme.px(6);
        list.AddRectFilled({ right - words - theme.px(4), top + height - theme.px(19) },
            { right + theme.px(4), top + height - theme.px(3) }, colour::kPanel, theme.px(3));
        drawText(
            list, theme.fonts.small, { right - words, top + height - theme.px(11) }, colour::kText, name);
    };
    const float numbers = theme.px(14); // the phrases' own line
    const float half = std::floor((static_cast<float>(place.height) - numbers) / 2);
    lane(*check.master, static_cast<float>(place.y) + numbers, half, "master", colour::kQuiet);
    const float middle = static_cast<float>(place.y) + numbers + half;
    lane(*check.production, middle, half, "take", colour::kLive);
    list.AddLine({ left, middle }, { left + width, middle }, colour::kHairline);
    const float playhead = std::round(columnOf(review.position));
    list.AddRectFilled({ playhead - theme.px(1), static_cast<float>(place.y) },
        { playhead + theme.px(1), static_cast<float>(place.bottom()) }, colour::kText);
    list.PopClipRect();
    return asked;
}

std::optional<Action> LipPanel::drawTable(const Model& model, const Rect& place, const Theme& theme)
{
    std::optional<Action> asked;
    const LipModel& lip = *model.lip;
    const OnScreen on_screen = orderOf(*model.review);
    ImGui::SetCursorScreenPos(at(place));
    ImGui::BeginChild("phrases", sizeOf(place), false, ImGuiWindowFlags_NoNav);
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float row = theme.px(kRow);
    const float width = ImGui::GetContentRegionAvail().x;
    if (lip.check->phrases.empty())
        drawTextWithin(list, theme.fonts.body,
            { static_cast<float>(place.x) + theme.px(8), static_cast<float>(place.y) + row / 2 }, width,
            colour::kQuiet, "The guide was silent in this take");
    for (std::size_t i = 0; i < lip.check->phrases.size(); ++i) {
        const LipPhrase& phrase = lip.check->phrases[i];
        ImGui::PushID(static_cast<int>(i));
        if (ImGui::InvisibleButton("phrase", { width, row }))
            asked = Intent(GoToPhrase { i });
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        const float middle = std::round((low.y + high.y) / 2);
        if (ImGui::IsItemHovered() || lip.here == i)
            list.AddRectFilled(low, { high.x, high.y - 1 }, colour::kHover, theme.px(4));
        if (lip.here == i && scrolled_to_ != i) {
            ImGui::SetScrollHereY(0.5F);
            scrolled_to_ = i;
        }
        tooltip(theme,
            lip.looped == i ? "Looped. A click goes to its beginning" : "A click goes to its beginning",
            bindingOf(KeyId::LoopPhrase).name);
        ImGui::PopID();
        float x = low.x + theme.px(6);
        const auto cell = [&](float cell_width, ImFont* font, ImU32 tint, std::string_view words) {
            drawTextWithin(list, font, { x, middle }, theme.px(cell_width) - theme.px(4), tint, words);
            x += theme.px(cell_width);
        };
        if (lip.looped == i)
            drawSign(list, Sign::Loop, { x + theme.px(5), middle }, theme.px(11), colour::kText);
        x += theme.px(16);
        cell(26, theme.fonts.bold, colour::kText, Words<15>("{}", i + 1).view());
        const auto tenths = on_screen.begin(phrase) / 100ms;
        cell(62, theme.fonts.mono, colour::kQuiet,
            Words<31>("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10).view());
        if (!phrase.offset) {
            drawSign(list, Sign::Cross, { x + theme.px(6), middle }, theme.px(10), colour::kQuiet);
            x += theme.px(18);
            cell(150, theme.fonts.body, colour::kQuiet, "no match");
            continue;
        }
        drawSign(list, signOf(phrase.offset->late), { x + theme.px(6), middle }, theme.px(10), colour::kText);
        x += theme.px(18);
        cell(110, theme.fonts.bold, colour::kText, lateWords(phrase.offset->late).view());
        cell(62, theme.fonts.body, colour::kText,
            Words<31>("{:.1f} fr", std::abs(phrase.offset->frames)).view());
        cell(56, theme.fonts.body, colour::kQuiet,
            Words<15>("{:.0f} %", phrase.offset->confidence * 100).view());
    }
    ImGui::EndChild();
    return asked;
}

std::optional<Action> LipPanel::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    if (layout.band.empty() || !model.lip || !model.review)
        return asked;
    const LipModel& lip = *model.lip;
    const auto add = [&](std::optional<Action> action) {
        if (action)
            asked = std::move(action);
    };
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { 0, 0 });
    if (beginPanel("lip check", layout.band)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const Rect& band = layout.band;
        const auto left = static_cast<float>(band.x) + theme.px(12);
        const auto right = static_cast<float>(band.right());
        const auto top = static_cast<float>(band.y);
        list.AddLine(at(band), { right, top }, colour::kHairline);
        const float head = buttonHeight(theme) + theme.px(4);
        const float middle = std::round(top + theme.px(2) + buttonHeight(theme) / 2);
        const float buttons = 3 * buttonHeight(theme) + theme.px(16);
        float x = left;
        x += drawText(list, theme.fonts.small, { x, middle }, colour::kQuiet, "LIP CHECK") + theme.px(14);
        const float words_room = right - buttons - x;
        const auto say = [&](ImU32 tint, std::string_view words) {
            drawTextWithin(list, theme.fonts.bold, { x, middle }, words_room, tint, words);
        };
        if (!lip.why.empty()) {
            say(colour::kText, lip.why);
        } else if (!lip.check) {
            say(colour::kText, Words<31>("comparing, {:.0f} %", lip.progress * 100).view());
            const ImVec2 low { left, top + head + theme.px(8) };
            const ImVec2 high { right - theme.px(12), low.y + theme.px(6) };
            list.AddRectFilled(low, high, colour::kRaised, theme.px(3));
            list.AddRectFilled(low,
                { low.x + (high.x - low.x) * static_cast<float>(std::clamp(lip.progress, 0.0, 1.0)), high.y },
                colour::kText, theme.px(3));
        } else if (!lip.check->offset) {
            drawSign(list, Sign::Cross, { x + theme.px(6), middle }, theme.px(11), colour::kText);
            x += theme.px(20);
            say(colour::kText, "no match: the take does not sound like the guide");
        } else {
            const LipOffset& offset = *lip.check->offset;
            drawSign(list, signOf(offset.late), { x + theme.px(6), middle }, theme.px(11), colour::kText);
            x += theme.px(20);
            const long ms = std::lround(base::milliseconds(offset.late));
            if (ms == 0)
                say(colour::kText, Words<63>("sound on time, {:.0f} %", offset.confidence * 100).view());
            else
                say(colour::kText,
                    Words<63>("sound {} ms = {:.1f} frame{} {}, {:.0f} %", std::abs(ms),
                        std::abs(offset.frames), std::abs(std::abs(offset.frames) - 1) < 0.05 ? "" : "s",
                        ms > 0 ? "late" : "early", offset.confidence * 100)
                        .view());
        }
        ImGui::SetCursorScreenPos({ right - buttons, top + theme.px(2) });
        if (lip.check) {
            if (plainButton(
                    theme, "out", { .sign = Sign::Minus }, "See more of the take; the wheel does it, too"))
                zoom_ = std::max(0, zoom_ - 1);
            ImGui::SameLine(0, theme.px(4));
            if (plainButton(theme, "in", { .sign = Sign::Plus }, "See it closer; the wheel does it, too"))
                zoom_ = std::min(kMostZoom, zoom_ + 1);
        }
        ImGui::SetCursorScreenPos({ right - buttonHeight(theme) - theme.px(4), top + theme.px(2) });
        add(keyButton(theme, KeyId::LipCheck, { .sign = Sign::Cross }));
        if (lip.why.empty() && lip.check) {
            const int table =
                static_cast<int>(std::min(theme.px(kTable), static_cast<float>(band.width) * 0.5F));
            const int y = static_cast<int>(top + head);
            const int height = band.bottom() - y - static_cast<int>(theme.px(6));
            const int x0 = static_cast<int>(left);
            const int gap = static_cast<int>(theme.px(10));
            if (height > 0) {
                add(drawWaves(model, { x0, y, band.right() - table - gap - x0, height }, theme));
                add(drawTable(model, { band.right() - table, y, table, height }, theme));
            }
        }
    }
    ImGui::End();
    ImGui::PopStyleVar(2);
    return asked;
}

} // namespace backtake::ui
