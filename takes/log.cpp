#include "takes/log.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace backtake::takes {

namespace {

constexpr std::array<std::string_view, kTells> kTellNames { "blink", "breath", "gait", "hair and cloth",
    "water", "smoke and dust", "sound", "screens and clocks", "vehicles", "other people" };

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Behind the scene's number: where the letters of its setup begin, or the end.
std::size_t setupLetters(std::string_view scene)
{
    std::size_t at = scene.size();
    while (at > 0 && isLetter(scene[at - 1]))
        --at;
    return at > 0 && isDigit(scene[at - 1]) ? at : scene.size();
}

} // namespace

Showing showingOf(const TakeFacts& facts) { return { facts.direction, facts.orientation }; }

void show(TakeFacts& facts, const Showing& showing)
{
    facts.direction = showing.direction;
    facts.orientation = showing.orientation;
}

std::string_view nameOf(Tell tell) { return kTellNames.at(static_cast<std::size_t>(tell) - 1); }

std::optional<Tell> tellNamed(std::string_view name)
{
    const auto found = std::find(kTellNames.begin(), kTellNames.end(), name);
    if (found == kTellNames.end())
        return std::nullopt;
    return static_cast<Tell>(found - kTellNames.begin() + 1);
}

std::string_view nameOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Open:
        return "";
    case Verdict::NoGood:
        return "NG";
    case Verdict::Hold:
        return "HOLD";
    case Verdict::FalseStart:
        return "FALSE START";
    }
    return "";
}

std::string_view nameOf(Board board)
{
    switch (board) {
    case Board::NotSaid:
        return "";
    case Board::Head:
        return "head";
    case Board::Tail:
        return "tail";
    case Board::UpsideDownHead:
        return "head, upside down";
    case Board::UpsideDownTail:
        return "tail, upside down";
    case Board::None:
        return "no board";
    }
    return "";
}

std::string suffixOf(const TakeSheet& sheet)
{
    if (sheet.pickup && sheet.series)
        return "PU SER";
    return sheet.pickup ? "PU" : sheet.series ? "SER" : "";
}

TakeSheet withSetup(const LoggedTake& take)
{
    TakeSheet sheet = take.sheet;
    if (!take.setup)
        return sheet;
    const auto inherit = [&](std::string TakeSheet::*own, std::string Setup::*of_setup) {
        if ((sheet.*own).empty())
            sheet.*own = (*take.setup).*of_setup;
    };
    inherit(&TakeSheet::lens, &Setup::lens);
    inherit(&TakeSheet::stop, &Setup::stop);
    inherit(&TakeSheet::filter, &Setup::filter);
    inherit(&TakeSheet::rate, &Setup::rate);
    inherit(&TakeSheet::camera, &Setup::camera);
    return sheet;
}

std::string displaySlate(const TakeSheet& sheet)
{
    const std::string suffix = suffixOf(sheet);
    return suffix.empty() ? text(sheet.slate) : text(sheet.slate) + " " + suffix;
}

std::string nextSetup(std::string_view scene)
{
    std::string next(scene);
    const std::size_t first = setupLetters(scene);
    std::transform(next.begin() + static_cast<std::ptrdiff_t>(first), next.end(),
        next.begin() + static_cast<std::ptrdiff_t>(first),
        [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    for (std::size_t at = next.size(); at-- > first;) {
        char& letter = next[at];
        if (letter != 'Z') {
            ++letter;
            if (letter == 'I' || letter == 'O') // read as 1 and 0 on a board
                ++letter;
            return next;
        }
        letter = 'A';
    }
    return next.insert(first, 1, 'A');
}

std::string nextScene(std::string_view scene)
{
    std::string next(scene.substr(0, setupLetters(scene)));
    std::size_t at = next.size();
    while (at > 0 && isDigit(next[at - 1])) {
        if (next[at - 1] != '9') {
            ++next[at - 1];
            return next;
        }
        next[--at] = '0';
    }
    // All nines, "99" -> "100"; or no number at all, "INT" -> "INT2".
    return next.insert(at, 1, at == next.size() ? '2' : '1');
}

} // namespace backtake::takes
