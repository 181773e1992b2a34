#include "ui/cue_view.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

/// Long enough for the eye to follow, short enough to leave the line standing while it is read.
constexpr base::Nanos kTravel = std::chrono::milliseconds(300);
constexpr float kRow = 170; ///< Height of a line with its text, at scale 1.

/// The last line that has begun; the first when none has.
std::size_t lineAt(const std::vector<CueLineModel>& lines, base::Nanos position)
{
    const auto after = std::upper_bound(lines.begin(), lines.end(), position,
        [](base::Nanos time, const CueLineModel& line) { return time < line.words.front().begins; });
    return after == lines.begin() ? 0 : static_cast<std::size_t>(after - lines.begin()) - 1;
}

float widthAt(const ImFont& font, float size, const std::string& words)
{
    return font.CalcTextSizeA(size, FLT_MAX, 0, words.data(), words.data() + words.size()).x;
}

void drawLine(ImDrawList& list, const CueLineModel& line, base::Nanos position, const Rect& place,
    float middle, const Theme& theme)
{
    const ImFont& large = *theme.fonts.badge_big;
    const ImFont& small = *theme.fonts.badge;
    const float room = static_cast<float>(place.width) - 2 * theme.px(48);
    const float space = widthAt(large, large.FontSize, " ");
    float full = -space;
    for (const CueWordModel& word : line.words)
        full += widthAt(large, large.FontSize, word.respelling) + space;
    const float shrink = std::min(1.0F, room / std::max(full, 1.0F));
    const float size = large.FontSize * shrink;
    const float top = std::round(middle - size / 2);
    float x = static_cast<float>(place.x) + (static_cast<float>(place.width) - full * shrink) / 2;
    for (const CueWordModel& word : line.words) {
        const bool said = position >= word.ends;
        const bool being_said = !said && position >= word.begins;
        const ImU32 tint = being_said ? colour::kText : said ? colour::kFaint : colour::kQuiet;
        const std::string& letters = word.respelling;
        const float width = widthAt(large, size, letters);
        list.AddText(&large, size, { x, top }, tint, letters.data(), letters.data() + letters.size());
        if (being_said) {
            const auto part = static_cast<float>(
                base::seconds(position - word.begins) / base::seconds(word.ends - word.begins));
            list.AddRectFilled(
                { x, top + size }, { x + width * part, top + size + theme.px(5) }, colour::kText);
        }
        x += width + space * shrink;
    }
    const float text_width = std::min(widthAt(small, small.FontSize, line.text), room);
    const float text_left = static_cast<float>(place.x) + (static_cast<float>(place.width) - text_width) / 2;
    drawTextWithin(list, theme.fonts.badge, { text_left, top - theme.px(18) }, text_width + 1, colour::kFaint,
        line.text);
}

} // namespace

std::optional<CueModel> CueShow::model(const CueDeskModel& desk) const
{
    if (!desk.lines)
        return std::nullopt;
    return CueModel { desk.lines, desk.position.value_or(at) };
}

void CueShow::scroll(const CueDeskModel& desk, int lines)
{
    if (!desk.lines || desk.position)
        return;
    const auto last = static_cast<std::ptrdiff_t>(desk.lines->size()) - 1;
    const auto wanted = static_cast<std::ptrdiff_t>(lineAt(*desk.lines, at)) + lines;
    const auto line = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(wanted, 0, last));
    at = line == 0 ? base::Nanos(0) : (*desk.lines)[line].words.front().begins;
}

double cueScroll(const CueModel& model)
{
    const std::vector<CueLineModel>& lines = *model.lines;
    if (lines.empty())
        return 0;
    const std::size_t current = lineAt(lines, model.position);
    if (current + 1 == lines.size())
        return static_cast<double>(current);
    const base::Nanos begins = lines[current].words.front().begins;
    const base::Nanos next = lines[current + 1].words.front().begins;
    const base::Nanos travel = std::min(kTravel, (next - begins) / 2);
    if (travel.count() == 0 || model.position <= next - travel)
        return static_cast<double>(current);
    const double part = base::seconds(model.position - (next - travel)) / base::seconds(travel);
    return static_cast<double>(current) + part * part * (3 - 2 * part); // starts and stops softly
}

void drawCue(ImDrawList& list, const CueModel& model, const Rect& place, const Theme& theme)
{
    list.PushClipRect(at(place), endOf(place), true);
    list.AddRectFilled(at(place), endOf(place), colour::grey(0, 0xB8));
    const std::vector<CueLineModel>& lines = *model.lines;
    const double scroll = cueScroll(model);
    const float row = theme.px(kRow);
    const float middle = static_cast<float>(place.y) + static_cast<float>(place.height) / 2;
    const int around = static_cast<int>(static_cast<float>(place.height) / row / 2) + 1;
    const auto centre = static_cast<int>(std::lround(scroll));
    for (int i = std::max(centre - around, 0); i <= centre + around && i < static_cast<int>(lines.size());
         ++i)
        drawLine(list, lines[static_cast<std::size_t>(i)], model.position, place,
            middle + static_cast<float>(i - scroll) * row, theme);
    list.PopClipRect();
}

} // namespace backtake::ui
