#include "guide/cue_follow.hpp"

#include <algorithm>

namespace backtake::guide {
namespace {

/// The last of @p all that has begun at @p position; the first when none has.
template <typename T, typename Begins>
std::size_t lastBegun(const std::vector<T>& all, base::Nanos position, Begins begins)
{
    const auto after = std::upper_bound(
        all.begin(), all.end(), position, [&](base::Nanos time, const T& one) { return time < begins(one); });
    return after == all.begin() ? 0 : static_cast<std::size_t>(after - all.begin()) - 1;
}

} // namespace

CuePlace placeInSheet(const CueSheet& sheet, base::Nanos position)
{
    CuePlace place;
    const auto next = [&](std::size_t line) {
        if (line < sheet.lines.size()) {
            place.next = line;
            place.until_next = sheet.lines[line].begins() - position;
        }
        return place;
    };
    if (sheet.lines.empty() || position < sheet.lines.front().begins())
        return next(0);
    place.line = lastBegun(sheet.lines, position, [](const CueLine& line) { return line.begins(); });
    const CueLine& line = sheet.lines[*place.line];
    place.word =
        lastBegun(line.words, position, [](const CueWord& word) { return word.phones.front().begins; });
    place.phone =
        lastBegun(line.words[place.word].phones, position, [](const Phone& phone) { return phone.begins; });
    const base::Nanos length = line.ends() - line.begins();
    place.said =
        position >= line.ends() ? 1 : base::seconds(position - line.begins()) / base::seconds(length);
    return next(*place.line + 1);
}

} // namespace backtake::guide
