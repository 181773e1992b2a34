#include "ui/takes_panel.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"
#include "ui/form.hpp"
#include "ui/image_tools.hpp"
#include "ui/marks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

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

void drawStar(ImDrawList& list, ImVec2 centre, float radius, ImU32 tint)
{
    constexpr float kPi = 3.14159265F;
    constexpr float kInner = 0.4F;
    std::array<ImVec2, 10> corners;
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const float angle = kPi * (static_cast<float>(i) / 5 - 0.5F);
        const float reach = i % 2 == 0 ? radius : radius * kInner;
        corners[i] = { centre.x + reach * std::cos(angle), centre.y + reach * std::sin(angle) };
    }
    for (std::size_t i = 0; i < corners.size(); i += 2) // its points, then its middle: it is not convex
        list.AddTriangleFilled(corners[(i + 9) % 10], corners[i], corners[i + 1], tint);
    list.AddQuadFilled(corners[1], corners[3], corners[5], corners[7], tint);
    list.AddTriangleFilled(corners[1], corners[7], corners[9], tint);
}

/// The slate, and round its take number the circle that says: print this one. @return its width.
float drawSlate(
    ImDrawList& list, const Theme& theme, ImVec2 left_middle, std::string_view slate, bool circled)
{
    ImFont* const font = theme.fonts.bold;
    const float width = drawText(list, font, left_middle, colour::kText, slate);
    if (circled) {
        const std::size_t number = slate.find_last_of("/ ") + 1;
        const float from = left_middle.x + widthOf(font, slate.substr(0, number));
        const float to = left_middle.x + width;
        const float half = std::max(theme.px(11), (to - from) / 2 + theme.px(5));
        const float high = theme.px(11);
        const float middle = (from + to) / 2;
        list.AddRect({ middle - half, left_middle.y - high }, { middle + half, left_middle.y + high },
            colour::kText, high, 0, theme.px(2));
    }
    return width + (circled ? theme.px(6) : 0);
}

/// Of a row, from its upper left corner. A strip has the take's two pictures below its slate.
struct RowShape {
    float height = 0;
    ImVec2 first_picture; ///< The second stands right of it.
    ImVec2 picture;       ///< Size of each.
    float words = 0;      ///< Their left edge,
    float slate = 0;      ///< and the middle of their first line, as a part of the height.
};

RowShape rowShape(const Theme& theme, bool full)
{
    if (full)
        return { theme.px(64), { theme.px(10), theme.px(12) }, { theme.px(72), theme.px(40) }, theme.px(166),
            0.24F };
    return { theme.px(62), { theme.px(4), theme.px(32) }, { theme.px(44), theme.px(25) }, theme.px(12),
        0.26F };
}

void drawRow(ImDrawList& list, const TakeRow& take, const Theme& theme, ImVec2 low, ImVec2 high, bool full)
{
    const auto yAt = [&](float part) { return std::round(low.y + (high.y - low.y) * part); };
    const RowShape shape = rowShape(theme, full);
    const float left = shape.words;
    const float middle = yAt(shape.slate);
    const float sign = theme.px(11);
    float x = low.x + left;
    // The direction stands first, in its place whatever the slate's length.
    if (take.recording)
        drawSign(list, Sign::Disc, { x + sign / 2, middle }, sign, colour::rolling);
    else
        drawSign(list, take.backward ? Sign::Left : Sign::Right, { x + sign / 2, middle }, sign,
            take.backward ? colour::shown : colour::captured);
    x += sign + theme.px(10);
    const float right = high.x - theme.px(12);
    const auto slate = full ? slateWords(take.slate) : Words<63>("{}", take.slate);
    const Words<1> letter("{}", take.camera_letter);
    list.PushClipRect(low, high, true);
    x += drawSlate(list, theme, { x, middle }, slate.view(), take.circled) + theme.px(full ? 6 : 3);
    drawText(list, theme.fonts.bold, { x, middle }, colour::kQuiet, letter.view());
    list.PopClipRect();
    if (!full)
        return;

    const auto length = take.recording ? Words<15>("REC") : lengthWords(take.duration);
    const float length_left = right - widthOf(theme.fonts.mono, length.view());
    drawText(list, theme.fonts.mono, { length_left, middle },
        take.recording ? colour::rolling : colour::kText, length.view());
    // Which way it is shown, what was decided of it, its stars. The arrow says the first, too: where all of
    // it finds no room, that is enough.
    const float decided = yAt(0.53F);
    const float text = low.x + left;
    const float gap = theme.px(8);
    const float star_width = theme.px(13);
    const std::string_view direction = take.backward ? "backward" : "forward";
    const std::string_view verdict = nameOf(take.verdict);
    const float verdict_width = verdict.empty() ? 0 : widthOf(theme.fonts.small, verdict) + gap;
    const float stars_width = static_cast<float>(take.rating) * star_width;
    float next = text;
    if (next + widthOf(theme.fonts.small, direction) + gap + verdict_width + stars_width <= right)
        next += drawText(list, theme.fonts.small, { next, decided }, colour::kQuiet, direction) + gap;
    drawTextWithin(list, theme.fonts.small, { next, decided }, right - next, colour::kText, verdict);
    next += verdict_width;
    for (int star = 0; star < take.rating; ++star, next += star_width)
        drawStar(list, { next + theme.px(6), decided }, theme.px(6), colour::kText);

    const float second = yAt(0.8F);
    Words<95> facts = take.recording ? Words<95>("recording") : Words<95>("{} frames", take.frames);
    if (take.recovered)
        facts = Words<95>("{}, recovered", facts.view());
    for (const auto& [said, word] :
        { std::pair(take.pickup, "PU"), std::pair(take.series, "SER"), std::pair(take.mos, "MOS") })
        if (said)
            facts = Words<95>("{}, {}", facts.view(), word);
    if (take.marks > 0)
        facts = Words<95>("{}, {} {}", facts.view(), take.marks, take.marks == 1 ? "mark" : "marks");
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

namespace {

/// The buttons to say something of the frame or the take on screen.
std::optional<Action> drawPalette(const Model& model, const Theme& theme, float width, bool full)
{
    std::optional<Action> asked;
    const auto button = [&](KeyId id, const ButtonLook& look) {
        if (auto pressed = keyButton(theme, id, look))
            asked = std::move(pressed);
    };
    const ImU32 tint = model.here ? colour::kText : colour::kQuiet;
    const bool circled = model.review && !model.live_on_screen && model.review->sheet.circled;
    if (!full) {
        ButtonRow row(theme, width, 3);
        button(KeyId::Circle, { .words = "C", .width = row.next(), .tint = tint, .on = circled });
        button(KeyId::Mark, { .words = "M", .width = row.next(), .tint = tint });
        button(KeyId::Note, { .words = "N", .width = row.next(), .tint = tint });
        return asked;
    }
    ButtonRow first(theme, width, 4);
    button(KeyId::Circle, { .words = "Circle", .width = first.next(), .tint = tint, .on = circled });
    button(KeyId::Mark, { .words = "Mark", .width = first.next(), .tint = tint });
    button(KeyId::Note, { .words = "Note", .width = first.next(), .tint = tint });
    button(KeyId::Sheet, { .words = "Sheet", .width = first.next(), .tint = tint });
    constexpr int kInARow = 5;
    for (int row = 0; row < kTells / kInARow; ++row) {
        ButtonRow tells(theme, width, kInARow);
        for (int tell = row * kInARow + 1; tell <= (row + 1) * kInARow; ++tell)
            button(tellKey(tell), { .words = tellShort(tell), .width = tells.next(), .tint = tint });
    }
    return asked;
}

/// Asked beside the picture, and answered or not: nothing waits for it.
std::optional<Action> drawBoardQuestion(
    const BoardQuestion& question, const Theme& theme, float width, bool full)
{
    std::optional<Action> asked;
    const Words<63> words = full ? Words<63>("Board of {}?", question.slate) : Words<63>("Board?");
    line(theme.fonts.small, colour::kQuiet, width, words.view());
    const float gap = theme.px(6);
    const float one_word = std::floor((width - 4 * gap) * 0.17F);
    const float two_words = std::floor((width - 4 * gap - 3 * one_word) / 2);
    for (const Board board :
        { Board::Head, Board::Tail, Board::UpsideDownHead, Board::UpsideDownTail, Board::None }) {
        if (full && board != Board::Head)
            ImGui::SameLine(0, gap);
        const std::string_view name = boardShort(board);
        const bool long_name = name.find(' ') != std::string_view::npos;
        if (auto pressed = keyButton(theme, boardKey(board),
                { .words = name,
                    .width = !full  ? width
                        : long_name ? two_words
                                    : one_word }))
            asked = std::move(pressed);
    }
    return asked;
}

float boardQuestionHeight(const Theme& theme, bool full)
{
    return theme.px(26) + static_cast<float>(full ? 1 : kBoards - 1) * (buttonHeight(theme) + theme.px(2));
}

/// "notes of 12A/3": where in the order on screen, what.
std::optional<Action> drawNotes(
    const ReviewModel& review, const Theme& theme, float height, std::int64_t& mark_before)
{
    std::optional<Action> asked;
    const float width = ImGui::GetContentRegionAvail().x;
    line(theme.fonts.small, colour::kQuiet, width, Words<63>("Notes of {}", review.slate).view());
    ImGui::BeginChild("notes", { 0, height }, false, ImGuiWindowFlags_NoNav);
    const float row = theme.px(32);
    if (review.chosen_mark != mark_before) {
        const auto chosen = std::ranges::find(review.marks, review.chosen_mark, &MarkModel::id);
        if (chosen != review.marks.end())
            ImGui::SetScrollY(static_cast<float>(chosen - review.marks.begin()) * row - height / 2);
        mark_before = review.chosen_mark;
    }
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(review.marks.size()), row);
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            const MarkModel& mark = review.marks[static_cast<std::size_t>(i)];
            ImGui::PushID(static_cast<int>(mark.id));
            const bool clicked =
                ImGui::InvisibleButton("mark", { ImGui::GetContentRegionAvail().x, row - theme.px(2) });
            if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
                asked = EditNote { mark.id };
            else if (clicked && ImGui::GetIO().MouseClickedLastCount[ImGuiMouseButton_Left] < 2)
                asked = Intent { SelectMark { mark.id } };
            ImDrawList& list = *ImGui::GetWindowDrawList();
            const ImVec2 low = ImGui::GetItemRectMin();
            const ImVec2 high = ImGui::GetItemRectMax();
            const bool chosen = mark.id == review.chosen_mark;
            if (chosen || ImGui::IsItemHovered())
                list.AddRectFilled(low, high, chosen ? colour::grey(0x33) : colour::kRaised, theme.px(4));
            const float middle = (low.y + high.y) / 2;
            float x = low.x + theme.px(8);
            drawMark(list, mark.kind, mark.tell, { x + theme.px(7), middle }, theme.px(14), theme);
            x += theme.px(24);
            x +=
                drawText(list, theme.fonts.mono, { x, middle }, colour::kQuiet, mark.position) + theme.px(10);
            drawTextWithin(list, theme.fonts.body, { x, middle }, high.x - x - theme.px(8),
                mark.on_disk ? colour::kText : colour::kQuiet, wordsOf(mark).view());
            if (ImGui::IsItemHovered())
                tooltip(theme,
                    Words<1200>("{}\ncaptured {}, frame {}{}", wordsOf(mark).view(), mark.timecode,
                        mark.captured_frame, mark.on_disk ? "" : ", not on disk yet")
                        .c_str());
            ImGui::PopID();
        }
    }
    ImGui::EndChild();
    return asked;
}

} // namespace

/// The frame that the audience sees first, then the last, turned as the take is. Their room is there before
/// they are, so that nothing moves when they come.
void TakesPanel::drawEnds(
    ImDrawList& list, const TakeRow& take, std::size_t place, ImVec2 low, const Theme& theme, bool full)
{
    const RowShape shape = rowShape(theme, full);
    const ImVec2 size = shape.picture;
    const base::Filmstrip* const strip = take.ends.get();
    const bool has_pictures = strip != nullptr && strip->cell_width > 0;
    gl::RgbaTexture& texture = ends_[place % ends_.size()];
    if (has_pictures)
        texture.show(strip->version, strip->cell_width, 2 * strip->cell_height, strip->rgba.data());
    for (std::size_t i = 0; i < 2; ++i) {
        const ImVec2 from { low.x + shape.first_picture.x + static_cast<float>(i) * (size.x + theme.px(2)),
            std::round(low.y + shape.first_picture.y) };
        const ImVec2 to { from.x + size.x, from.y + size.y };
        list.AddRectFilled(from, to, colour::kGround);
        const std::size_t cell = take.backward ? 1 - i : i;
        if (!has_pictures || !strip->made[cell])
            continue;
        const float aspect = static_cast<float>(strip->cell_width) / static_cast<float>(strip->cell_height);
        const ImVec2 half { std::round(std::min(size.x, size.y * aspect) / 2),
            std::round(std::min(size.y, size.x / aspect) / 2) };
        const ImVec2 centre { (from.x + to.x) / 2, (from.y + to.y) / 2 };
        // Half a pixel inside, or the filter mixes in the other picture.
        const float rows = 2 * static_cast<float>(strip->cell_height);
        float upper = static_cast<float>(cell) / 2 + 0.5F / rows;
        float lower = static_cast<float>(cell + 1) / 2 - 0.5F / rows;
        if (swapsEnds(take.orientation))
            std::swap(upper, lower);
        const bool mirrored = swapsSides(take.orientation);
        list.AddImage(texture.id(), { centre.x - half.x, centre.y - half.y },
            { centre.x + half.x, centre.y + half.y }, { mirrored ? 1.0F : 0.0F, upper },
            { mirrored ? 0.0F : 1.0F, lower });
    }
}

std::optional<Intent> TakesPanel::drawRows(const Model& model, const Theme& theme, float height, bool full)
{
    std::optional<Intent> intent;
    ImGui::BeginChild("rows", { 0, height }, false, ImGuiWindowFlags_NoNav);
    const float row = rowShape(theme, full).height;
    listed_.clear();
    for (std::size_t i = 0; i < model.takes.size(); ++i)
        if (model.takes[i].listed)
            listed_.push_back(i);
    if (listed_.empty()) {
        const ImVec2 place = ImGui::GetCursorScreenPos();
        drawText(*ImGui::GetWindowDrawList(), theme.fonts.body,
            { place.x + theme.px(12), place.y + theme.px(16) }, colour::kQuiet,
            !model.takes.empty() ? full ? "No take is as searched for." : "none found"
                : full           ? "No takes yet. R rolls the first."
                                 : "no takes");
    }
    // The newest, or the chosen one, comes into sight when it changes; the wheel may then leave it.
    const bool changed = model.selected_take != selected_before_ || listed_.size() != count_before_;
    if (changed && !listed_.empty()) {
        const auto chosen = std::ranges::lower_bound(listed_, model.selected_take.value_or(listed_.back()));
        const float top = static_cast<float>(chosen - listed_.begin()) * (row + theme.px(2));
        const float room = ImGui::GetWindowHeight();
        if (top < ImGui::GetScrollY() || top + row > ImGui::GetScrollY() + room)
            ImGui::SetScrollY(top - room / 2 + row / 2);
    }
    selected_before_ = model.selected_take;
    count_before_ = listed_.size();

    on_screen_.clear();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(listed_.size()), row + theme.px(2));
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            const std::size_t index = listed_[static_cast<std::size_t>(i)];
            ImGui::PushID(static_cast<int>(index));
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
            drawEnds(rows, model.takes[index], static_cast<std::size_t>(i), row_low, theme, full);
            if (on_screen_.size() < ends_.size())
                on_screen_.push_back(index);
            drawRow(rows, model.takes[index], theme, row_low, row_high, full);
            if (!model.takes[index].where.empty())
                tooltip(theme, model.takes[index].where.c_str());
            ImGui::PopID();
        }
    }
    ImGui::EndChild();
    if (!intent && on_screen_ != told_) {
        told_ = on_screen_;
        intent = TakesOnScreen { told_ };
    }
    return intent;
}

std::optional<Action> TakesPanel::draw(
    const Model& model, const Layout& layout, const Theme& theme, bool ask_board)
{
    std::optional<Action> asked;
    if (layout.takes_shape == TakesShape::Hidden)
        return asked;
    const bool full = layout.takes_shape == TakesShape::Full;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(8), theme.px(8) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(6), theme.px(2) });
    if (beginPanel("takes", layout.takes)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 low = at(layout.takes);
        list.AddLine(low, { low.x, static_cast<float>(layout.takes.bottom()) }, colour::kHairline);

        const float button = buttonHeight(theme);
        const auto ask = [&](std::optional<Action> action) {
            if (action)
                asked = std::move(action);
        };
        const float inner = static_cast<float>(layout.takes.width) - theme.px(16);
        const float right = low.x + theme.px(8) + inner;
        if (full) {
            const float middle = low.y + theme.px(8) + button / 2;
            drawText(list, theme.fonts.bold, { low.x + theme.px(20), middle }, colour::kText, "Takes");
            const Words<31> count = model.filter.any()
                ? Words<31>("{} of {}", count_before_, model.takes.size())
                : Words<31>("{}", model.takes.size());
            drawText(list, theme.fonts.mono,
                { low.x + theme.px(28) + widthOf(theme.fonts.bold, "Takes"), middle }, colour::kQuiet,
                count.view());
            const float search = theme.px(84);
            ImGui::SetCursorScreenPos({ right - 2 * button - theme.px(8) - search, low.y + theme.px(8) });
            ask(keyButton(
                theme, KeyId::Search, { .words = "Search", .width = search, .on = model.filter.any() }));
            ImGui::SameLine(0, theme.px(4));
        }
        const float width =
            full ? button : std::floor((right - ImGui::GetCursorScreenPos().x - theme.px(4)) / 2);
        ask(keyButton(theme, KeyId::PreviousTake, { .sign = Sign::Up, .width = width }));
        ImGui::SameLine(0, theme.px(4));
        ask(keyButton(theme, KeyId::NextTake, { .sign = Sign::Down, .width = width }));
        ImGui::Dummy({ 0, theme.px(4) });

        // From the foot up: the clip, the palette, the question, the notes; the rows have what is left.
        const float bottom = static_cast<float>(layout.takes.bottom());
        const auto clip_row = clipRow(model);
        const float clip = clip_row ? clipHeight(theme, full) : 0;
        const float palette = (full ? 3 : 1) * (button + theme.px(2)) + theme.px(10);
        const float room = bottom - ImGui::GetCursorScreenPos().y - clip - palette;
        const bool palette_fits = room >= theme.px(full ? 104 : 62);
        const float with_question = palette_fits ? room : room + palette;
        const float question =
            ask_board && model.board_question ? boardQuestionHeight(theme, full) + theme.px(6) : 0;
        const bool asks = question > 0 && with_question - question >= theme.px(full ? 104 : 62);
        const float above = asks ? with_question - question : with_question;
        const bool has_notes = full && inReview(model) && !model.review->marks.empty();
        const float caption = theme.px(22);
        const float wanted = has_notes ? static_cast<float>(model.review->marks.size()) * theme.px(32) : 0;
        const float notes = has_notes && above > theme.px(240) ? std::min(wanted, above * 0.4F) : 0;
        const float rows = above - (notes > 0 ? notes + caption : 0) - theme.px(4);
        if (auto intent = drawRows(model, theme, std::max(theme.px(1), rows), full))
            asked = std::move(*intent);
        if (notes > 0)
            ask(drawNotes(*model.review, theme, notes, mark_before_));
        if (asks) {
            const float top = bottom - clip - (palette_fits ? palette : 0) - question;
            list.AddLine({ low.x + theme.px(8), top }, { right, top }, colour::kHairline);
            ImGui::SetCursorScreenPos({ low.x + theme.px(8), top + theme.px(4) });
            ask(drawBoardQuestion(*model.board_question, theme, inner, full));
        }
        if (palette_fits) {
            const float top = bottom - clip - palette;
            list.AddLine({ low.x + theme.px(8), top }, { right, top }, colour::kHairline);
            ImGui::SetCursorScreenPos({ low.x + theme.px(8), top + theme.px(4) });
            ask(drawPalette(model, theme, inner, full));
        }
        if (clip_row) {
            ImGui::SetCursorScreenPos({ low.x + theme.px(8), bottom - clip });
            ask(drawClip(model, *clip_row, theme, inner, full));
        }
    }
    ImGui::End();
    ImGui::PopStyleVar(2);
    return asked;
}

} // namespace backtake::ui
