#include "ui/sheet.hpp"

#include <array>

namespace backtake::ui {
namespace {

struct TellNames {
    std::string_view name;
    std::string_view in_a_word;
};
constexpr std::array<TellNames, kTells> kTellNames { { { "blink", "blink" }, { "breath", "breath" },
    { "gait", "gait" }, { "hair and cloth", "hair" }, { "water", "water" }, { "smoke and dust", "smoke" },
    { "sound", "sound" }, { "screens and clocks", "clocks" }, { "vehicles", "cars" },
    { "other people", "people" } } };

const TellNames& namesOf(int tell)
{
    static constexpr TellNames kNone {};
    return tell >= 1 && tell <= kTells ? kTellNames[static_cast<std::size_t>(tell) - 1] : kNone;
}

} // namespace

std::string_view tellName(int tell) { return namesOf(tell).name; }

std::string_view tellShort(int tell) { return namesOf(tell).in_a_word; }

std::string_view nameOf(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Open:
        break;
    case Verdict::NoGood:
        return "NG";
    case Verdict::Hold:
        return "HOLD";
    case Verdict::FalseStart:
        return "FALSE START";
    }
    return "";
}

std::string_view boardShort(Board board)
{
    switch (board) {
    case Board::NotSaid:
        return "";
    case Board::Head:
        return "head";
    case Board::Tail:
        return "tail";
    case Board::UpsideDownHead:
        return "head 180";
    case Board::UpsideDownTail:
        return "tail 180";
    case Board::None:
        return "none";
    }
    return "";
}

std::string_view nameOf(Board board)
{
    switch (board) {
    case Board::NotSaid:
        break;
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
    return "not said";
}

Words<1023> wordsOf(const MarkModel& mark)
{
    if (mark.kind == MarkModel::Kind::Tell)
        return Words<1023>("{}{}{}", tellName(mark.tell), mark.text.empty() ? "" : ": ", mark.text);
    const bool bare = mark.kind == MarkModel::Kind::Mark && mark.text.empty();
    return Words<1023>("{}", bare ? std::string_view("mark") : std::string_view(mark.text));
}

} // namespace backtake::ui
