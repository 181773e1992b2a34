#include "ui/scrub_bar.hpp"

#include "base/text.hpp"
#include "base/timecode.hpp"
#include "ui/draw.hpp"
#include "ui/image_tools.hpp"
#include "ui/marks.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace backtake::ui {
namespace {

/// What stands here while the camera is live: what pressing R would keep.
void drawRing(ImDrawList& list, const Model& model, const Rect& place, const Theme& theme)
{
    const ImVec2 low = at(place);
    const ImVec2 high = endOf(place);
    list.AddRectFilled(low, high, colour::kRaised, theme.px(4));
    const double part = model.ring_cap_bytes > 0
        ? static_cast<double>(model.ring_bytes) / static_cast<double>(model.ring_cap_bytes)
        : 0;
    const float line = theme.px(3);
    const float end = low.x + static_cast<float>(std::clamp(part, 0.0, 1.0)) * (high.x - low.x);
    list.AddRectFilled({ low.x, high.y - line }, { std::round(end), high.y }, colour::kFaint);
    const float middle = std::round((low.y + high.y) / 2);
    const float left = low.x + theme.px(14);
    const float room = high.x - left - theme.px(14);
    if (model.rolling) {
        const auto length = lengthWords(model.rolling_for);
        drawTextWithin(list, theme.fonts.body, { left, middle }, room, colour::kText,
            Words<127>("Rolling for {}. R cuts, and the review starts {} at once.", length.view(),
                model.next_backward ? "reversed" : "as captured")
                .view());
        return;
    }
    const Words<127> words = model.ring_seconds > 0
        ? Words<127>(
            "The last {:.1f} s are held. R rolls, and they are kept with the take.", model.ring_seconds)
        : Words<127>("Nothing is held yet: waiting for pictures.");
    drawTextWithin(list, theme.fonts.body, { left, middle }, room, colour::kQuiet, words.view());
}

float secondsBetweenTicks(double seconds, float width, float least)
{
    for (const float step : { 1.0F, 2.0F, 5.0F, 10.0F, 30.0F, 60.0F, 300.0F, 600.0F, 3600.0F }) {
        if (width / static_cast<float>(seconds) * step >= least)
            return step;
    }
    return 7200;
}

/// What is said, a line for each: what, where in the order on screen, where it was captured.
void listMarks(const Theme& theme, std::span<const MarkModel> marks)
{
    constexpr std::size_t kMostLines = 8;
    ImGui::BeginTooltip();
    for (const MarkModel& mark : marks.first(std::min(marks.size(), kMostLines))) {
        ImGui::PushFont(theme.fonts.mono);
        ImGui::PushStyleColor(ImGuiCol_Text, colour::kQuiet);
        ImGui::TextUnformatted(Words<127>("{}  captured {}  frame {}{}", mark.position, mark.timecode,
            mark.captured_frame, mark.on_disk ? "" : "  not on disk yet")
                                   .c_str());
        ImGui::PopStyleColor();
        ImGui::PopFont();
        ImGui::PushTextWrapPos(theme.px(480));
        ImGui::TextUnformatted(wordsOf(mark).c_str());
        ImGui::PopTextWrapPos();
    }
    if (marks.size() > kMostLines)
        ImGui::TextUnformatted(Words<31>("and {} more", marks.size() - kMostLines).c_str());
    ImGui::EndTooltip();
}

} // namespace

std::optional<Action> ScrubBar::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    if (layout.scrub.empty())
        return asked;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    const bool open = beginPanel("scrub bar", layout.scrub);
    ImGui::PopStyleVar();
    if (open) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        list.AddLine(at(layout.scrub),
            { static_cast<float>(layout.scrub.right()), static_cast<float>(layout.scrub.y) },
            colour::kHairline);
        const int side = static_cast<int>(theme.px(12));
        const int above = static_cast<int>(theme.px(8));
        const Rect place { layout.scrub.x + side, layout.scrub.y + above, layout.scrub.width - 2 * side,
            layout.scrub.height - above - static_cast<int>(theme.px(4)) };
        // Beside the live picture the take is the reference: it is scrubbed, too.
        const bool is_reference =
            model.mode == ViewMode::Reference && model.reference.is_take && model.review;
        if ((inReview(model) || is_reference) && model.review->frame_count > 0)
            asked = drawTake(*model.review, place, theme, true);
        else
            drawRing(list, model, place, theme);
    }
    ImGui::End();
    return asked;
}

/// As many pictures as fit side by side, in the order on screen, each of the frame that lies under its
/// middle.
void ScrubBar::drawFilmstrip(const ReviewModel& review, ImVec2 low, ImVec2 high)
{
    if (!review.filmstrip || review.filmstrip->cell_width <= 0 || review.filmstrip->captured.empty())
        return;
    const base::Filmstrip& strip = *review.filmstrip;
    const auto cells = strip.captured.size();
    filmstrip_.show(
        strip.version, strip.cell_width, strip.cell_height * static_cast<int>(cells), strip.rgba.data());
    const bool reversed = review.backward_take && review.shown_order && review.part.empty();
    const bool mirrored = swapsSides(review.orientation);
    const bool flipped = swapsEnds(review.orientation);
    const float width = high.x - low.x;
    const float natural =
        (high.y - low.y) * static_cast<float>(strip.cell_width) / static_cast<float>(strip.cell_height);
    const auto count = static_cast<std::size_t>(std::max(1.0F, std::round(width / natural)));
    ImDrawList& list = *ImGui::GetWindowDrawList();
    constexpr ImU32 kDimmed = colour::grey(150); // the playhead and the marks stand out before them
    for (std::size_t i = 0; i < count; ++i) {
        const double middle = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
        const double captured = reversed ? 1 - middle : middle;
        const auto cell =
            std::min(cells - 1, static_cast<std::size_t>(captured * static_cast<double>(cells)));
        if (!strip.made[cell])
            continue;
        // Half a pixel inside, or the filter mixes in the cells above and below.
        const float rows = static_cast<float>(cells) * static_cast<float>(strip.cell_height);
        const float top = (static_cast<float>(cell) * static_cast<float>(strip.cell_height) + 0.5F) / rows;
        const float bottom = top + (static_cast<float>(strip.cell_height) - 1) / rows;
        const ImVec2 from { std::round(low.x + width * static_cast<float>(i) / static_cast<float>(count)),
            low.y };
        const ImVec2 to { std::round(low.x + width * static_cast<float>(i + 1) / static_cast<float>(count)),
            high.y };
        list.AddImage(filmstrip_.id(), from, to, { mirrored ? 1.0F : 0.0F, flipped ? bottom : top },
            { mirrored ? 0.0F : 1.0F, flipped ? top : bottom }, kDimmed);
    }
}

/// Under the strip, in the order on screen.
void ScrubBar::drawMaster(const ReviewModel& review, bool reversed, ImVec2 low, ImVec2 high)
{
    const MasterModel& master = *review.master;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddRectFilled(low, high, colour::kGround);
    columns_.resize(static_cast<std::size_t>(std::max(1.0F, high.x - low.x)));
    const base::Nanos begin = reversed ? review.duration : base::Nanos(0);
    const base::Nanos end = review.duration - begin;
    const base::Nanos later = reversed ? master.nudge : -master.nudge;
    master.outline->columns(begin + later, end + later, columns_);
    const float middle = (low.y + high.y) / 2;
    const auto reach = [half = (high.y - low.y) / 2](float value) { // quiet sound is seen, too
        return std::copysign(half * std::sqrt(std::min(1.0F, std::abs(value))), value);
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const base::WaveColumn& column = columns_[i];
        if (column == base::WaveColumn {})
            continue; // it was not heard here
        const float x = low.x + static_cast<float>(i);
        list.AddRectFilled({ x, std::min(middle - reach(column.high), middle - 0.5F) },
            { x + 1, std::max(middle - reach(column.low), middle + 0.5F) }, colour::kQuiet);
    }
}

std::optional<Action> ScrubBar::drawMarks(
    const ReviewModel& review, ImVec2 low, ImVec2 high, const Theme& theme)
{
    std::optional<Action> asked;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const std::span<const MarkModel> marks(review.marks);
    const float size = theme.px(14);
    const float reach = theme.px(18); // closer than this they would hide each other
    const auto xOf = [&](const MarkModel& mark) {
        const double part = (static_cast<double>(mark.frame) + 0.5) / static_cast<double>(review.frame_count);
        return std::round(low.x + static_cast<float>(part) * (high.x - low.x));
    };
    for (std::size_t begin = 0; begin < marks.size();) {
        const float from = xOf(marks[begin]);
        std::size_t end = begin + 1;
        while (end < marks.size() && xOf(marks[end]) - from < reach)
            ++end;
        const auto bundle = marks.subspan(begin, end - begin);
        begin = end;
        const float to = xOf(bundle.back());
        const bool chosen =
            std::ranges::any_of(bundle, [&](const MarkModel& mark) { return mark.id == review.chosen_mark; });
        const ImVec2 centre { std::round((from + to) / 2), low.y + theme.px(2) + size / 2 };
        for (const MarkModel& mark : bundle)
            list.AddRectFilled({ xOf(mark), low.y }, { xOf(mark) + theme.px(1), high.y }, tintOf(mark.kind));
        if (bundle.size() == 1) {
            drawMark(list, bundle.front().kind, bundle.front().tell, centre, size, theme);
        } else {
            const Words<7> count("{}", bundle.size());
            const float half = std::max(size / 2, widthOf(theme.fonts.small, count.view()) / 2 + theme.px(3));
            const ImVec2 box { centre.x - half, centre.y - size / 2 };
            const ImVec2 box_end { centre.x + half, centre.y + size / 2 };
            list.AddRectFilled(box, box_end, colour::kText, theme.px(3));
            list.AddRect(box, box_end, colour::kInk, theme.px(3));
            drawText(list, theme.fonts.small,
                { centre.x - widthOf(theme.fonts.small, count.view()) / 2, centre.y }, colour::kInk,
                count.view());
        }
        if (chosen)
            list.AddCircle(centre, size * 0.8F, colour::kText, 0, theme.px(2));

        ImGui::PushID(static_cast<int>(bundle.front().id));
        ImGui::SetCursorScreenPos({ centre.x - reach / 2, low.y });
        const bool clicked = ImGui::InvisibleButton("mark", { reach, size + theme.px(6) });
        const bool alone = bundle.size() == 1; // else quick clicks go from one to the next
        if (alone && ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
            asked = EditNote { bundle.front().id };
        } else if (clicked && !(alone && ImGui::GetIO().MouseClickedLastCount[ImGuiMouseButton_Left] > 1)) {
            // One after the other, where several stand together.
            const auto next = std::ranges::find_if(
                bundle, [&](const MarkModel& mark) { return mark.frame > review.frame; });
            asked = Intent { SelectMark { (next == bundle.end() ? bundle.begin() : next)->id } };
        }
        if (ImGui::IsItemHovered())
            listMarks(theme, bundle);
        ImGui::PopID();
    }
    return asked;
}

std::optional<Action> ScrubBar::drawTake(
    const ReviewModel& review, const Rect& place, const Theme& theme, bool on_screen)
{
    std::optional<Action> asked;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const base::FrameIndex last = review.frame_count - 1;
    const ImVec2 low = at(place);
    const ImVec2 high = endOf(place);
    const float width = high.x - low.x;
    // Each frame has its own part of the width; a mark stands at the edge it means.
    const auto edge = [&](base::FrameIndex frame) {
        const double part = static_cast<double>(frame) / static_cast<double>(review.frame_count);
        return std::round(low.x + static_cast<float>(part) * width);
    };

    // The strip, its seconds, and what lies outside of in and out.
    const float label_room = theme.px(18);
    const ImVec2 strip_low { low.x, low.y + label_room };
    ImVec2 strip_high { high.x, high.y - theme.px(4) };
    // A sequence is in its own order already, whichever its takes have.
    const bool reversed = review.backward_take && review.shown_order && review.part.empty();
    const float band = theme.px(14);
    const float gap = theme.px(2);
    const bool has_room = strip_high.y - strip_low.y - band - gap >= theme.px(40);
    if (has_room && review.master && review.master->outline) {
        strip_high.y -= band + gap;
        drawMaster(review, reversed, { low.x, strip_high.y + gap }, { high.x, strip_high.y + gap + band });
    }
    list.AddRectFilled(strip_low, strip_high, colour::kRaised, theme.px(4));
    drawFilmstrip(review, strip_low, strip_high);

    // Pre-roll is what was captured before R: in shown order of a backward take it comes last.
    const base::FrameIndex roll = std::clamp<base::FrameIndex>(review.roll_frame, 0, review.frame_count);
    if (roll > 0) {
        const float roll_x = reversed ? edge(review.frame_count - roll) : edge(roll);
        const float from = reversed ? roll_x : strip_low.x;
        const float to = reversed ? strip_high.x : roll_x;
        list.AddRectFilled({ from, strip_low.y }, { to, strip_high.y }, colour::grey(0x14, 150));
        list.PushClipRect({ from, strip_low.y }, { to, strip_high.y }, true);
        const float height = strip_high.y - strip_low.y;
        for (float x = from - height; x < to; x += theme.px(8))
            list.AddLine(
                { x, strip_high.y }, { x + height, strip_low.y }, colour::grey(0x60, 110), theme.px(1.5F));
        list.PopClipRect();
        constexpr std::string_view kWords = "pre-roll";
        if (to - from > widthOf(theme.fonts.small, kWords) + theme.px(12)) {
            const float x =
                reversed ? from + theme.px(8) : to - theme.px(8) - widthOf(theme.fonts.small, kWords);
            const float middle = (strip_low.y + strip_high.y) / 2;
            list.AddRectFilled({ x - theme.px(4), middle - theme.px(9) },
                { x + widthOf(theme.fonts.small, kWords) + theme.px(4), middle + theme.px(9) },
                colour::grey(0x14, 210), theme.px(3));
            drawText(list, theme.fonts.small, { x, middle }, colour::kText, kWords);
        }
        list.AddRectFilled(
            { roll_x - theme.px(1), strip_low.y }, { roll_x + theme.px(1), strip_high.y }, colour::rolling);
        drawSign(list, Sign::Disc, { roll_x, strip_low.y + theme.px(1) }, theme.px(7), colour::rolling);
    }

    const double seconds = std::chrono::duration<double>(review.duration).count();
    if (seconds > 0) {
        const float step = secondsBetweenTicks(seconds, width, theme.px(24));
        for (float second = step; second < static_cast<float>(seconds); second += step) {
            const float x = std::round(low.x + second / static_cast<float>(seconds) * width);
            list.AddRectFilled({ x, strip_high.y - theme.px(6) }, { x + 1, strip_high.y }, colour::kFaint);
        }
    }

    const float in_x = review.in ? edge(*review.in) : strip_low.x;
    const float out_x = review.out ? edge(*review.out + 1) : strip_high.x;
    if (review.in || review.out) {
        const ImU32 outside = colour::grey(0x14, 190);
        list.AddRectFilled(strip_low, { in_x, strip_high.y }, outside);
        list.AddRectFilled({ out_x, strip_low.y }, strip_high, outside);
        list.AddRectFilled({ in_x, strip_low.y }, { out_x, strip_low.y + theme.px(2) }, colour::kText);
    }
    const float mark = theme.px(3);
    const float foot = theme.px(8);
    if (review.in) {
        list.AddRectFilled({ in_x, strip_low.y }, { in_x + mark, strip_high.y }, colour::kText);
        list.AddRectFilled({ in_x, strip_high.y - mark }, { in_x + foot, strip_high.y }, colour::kText);
    }
    if (review.out) {
        list.AddRectFilled({ out_x - mark, strip_low.y }, { out_x, strip_high.y }, colour::kText);
        list.AddRectFilled({ out_x - foot, strip_high.y - mark }, { out_x, strip_high.y }, colour::kText);
    }

    asked = drawMarks(review, strip_low, strip_high, theme);

    ImGui::SetCursorScreenPos(low);
    ImGui::InvisibleButton("scrub", sizeOf(place));
    const bool held = ImGui::IsItemActive();
    const bool hovered = ImGui::IsItemHovered();
    const auto underMouse = [&] {
        const double part = std::clamp((ImGui::GetIO().MousePos.x - low.x) / width, 0.0F, 1.0F);
        return std::min(last, static_cast<base::FrameIndex>(part * static_cast<double>(review.frame_count)));
    };
    if (held) {
        const base::FrameIndex wanted = underMouse();
        if (dragged_ != wanted)
            asked = Intent { SeekTo { wanted, true } };
        dragged_ = wanted;
    } else if (dragged_) {
        asked = Intent { SeekTo { *dragged_, false } };
        dragged_.reset();
    }
    // The wheel jogs: towards the operator is on, as a page is read on.
    if (hovered && !held) {
        const ImGuiIO& io = ImGui::GetIO();
        const auto turned = static_cast<int>(std::lround(io.MouseWheelH - io.MouseWheel));
        if (turned != 0)
            asked = Intent { StepFrames { io.KeyShift ? 10 * turned : turned } };
    }
    const base::FrameIndex frame = std::clamp<base::FrameIndex>(dragged_.value_or(review.frame), 0, last);

    // Ends of the take by name: what comes first here was captured last, or the other way round.
    const float label = low.y + label_room * 0.4F;
    const char* const first_words = reversed ? "captured last" : "captured first";
    const char* const last_words = reversed ? "captured first" : "captured last";
    if (width > theme.px(480) && review.part.empty()) {
        drawText(list, theme.fonts.small, { low.x, label }, colour::kQuiet, first_words);
        drawText(list, theme.fonts.small, { high.x - widthOf(theme.fonts.small, last_words), label },
            colour::kQuiet, last_words);
    }

    // The playhead stands in the middle of its frame's part and never leaves the strip.
    const float centre = std::round((edge(frame) + edge(frame + 1)) / 2);
    const ImU32 head = on_screen ? IM_COL32_WHITE : colour::kQuiet;
    list.AddRectFilled(
        { centre - theme.px(1), strip_low.y - theme.px(3) }, { centre + theme.px(1), high.y }, head);
    drawSign(list, Sign::Down, { centre, strip_low.y - theme.px(4) }, theme.px(10), head);
    const Words<63> counter("{} / {}", frame + 1, review.frame_count);
    const float counter_width = widthOf(theme.fonts.mono, counter.view());
    const float left_limit = low.x + theme.px(90);
    const float right_limit = high.x - theme.px(90) - counter_width;
    const float counter_x = std::clamp(
        centre + theme.px(10), std::min(left_limit, right_limit), std::max(left_limit, right_limit));
    drawText(list, theme.fonts.mono, { counter_x, label }, colour::kText, counter.view());

    if (hovered && !held) {
        const base::FrameIndex there = underMouse();
        const float x = std::round((edge(there) + edge(there + 1)) / 2);
        list.AddRectFilled({ x, strip_low.y }, { x + 1, strip_high.y }, colour::kQuiet);
    }
    return asked;
}

} // namespace backtake::ui
