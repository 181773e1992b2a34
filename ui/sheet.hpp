/// The words of the script supervisor's log, as keys, models and views speak them: tells, verdicts, a take's
/// sheet, and which takes are listed.
#pragma once

#include "base/frame.hpp"
#include "base/picture.hpp"
#include "ui/words.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace backtake::ui {

/// What gives a reversal away, by its key: 1 … 9, 10 is the key 0.
inline constexpr int kTells = 10;
std::string_view tellName(int tell);  ///< "hair and cloth"; empty for what is no tell.
std::string_view tellShort(int tell); ///< "hair": one word, on its button.

/// Besides the circle.
enum class Verdict { Open = 1, NoGood, Hold, FalseStart };
inline constexpr int kVerdicts = 4;
std::string_view nameOf(Verdict verdict); ///< "", "NG", "HOLD", "FALSE START".

/// The slate's board in a backward take: one that closes the take, and one held upside down, are two things.
enum class Board { NotSaid = 1, Head, Tail, UpsideDownHead, UpsideDownTail, None };
inline constexpr int kBoards = 6;
std::string_view nameOf(Board board);
std::string_view boardShort(Board board); ///< "head 180": on its button.

/// Of the take cut last, as long as nothing was said of its board.
struct BoardQuestion {
    std::string take; ///< Id of its recording.
    std::string slate;
};

inline constexpr int kMostStars = 5;

/// What is said of a take as a whole. Empty glass, rate and camera: the setup's hold.
struct TakeSheet {
    std::string scene; ///< Of its slate as it is now, "12A"; empty: as it was.
    int number = 1;
    bool circled = false;
    Verdict verdict = Verdict::Open;
    bool pickup = false; ///< PU.
    bool series = false; ///< SER.
    bool mos = false;    ///< Without sound.
    int rating = 0;      ///< 0: none; 1 … kMostStars.
    Board board = Board::NotSaid;
    std::string lens;
    std::string stop;
    std::string filter;
    std::string rate;
    std::string camera;
    std::string note;
    friend bool operator==(const TakeSheet&, const TakeSheet&) = default;
};

/// What holds for all takes of a setup, those to come included, unless a take says otherwise.
struct SetupSheet {
    std::string name; ///< Scene with setup letter, "12A".
    std::string description;
    bool backward = true;
    base::Orientation orientation = base::Orientation::Upright;
    std::string lens;
    std::string stop;
    std::string filter;
    std::string rate; ///< That the camera runs at, as said on set.
    std::string camera;
    friend bool operator==(const SetupSheet&, const SetupSheet&) = default;
};

/// Which takes are listed. All that is said must hold.
struct TakeFilter {
    std::string words;
    bool circled = false;
    Verdict verdict = Verdict::Open; ///< Open: any.
    int tell = 0;                    ///< 0: any.
    std::string day;                 ///< "2026-11-21"; empty: any.
    [[nodiscard]] bool any() const { return *this != TakeFilter {}; }
    friend bool operator==(const TakeFilter&, const TakeFilter&) = default;
};

/// A frame that something can be said of.
struct SaidFrame {
    std::string take; ///< Id of its recording; empty: it has none.
    base::FrameIndex captured_frame = 0;
    std::string timecode; ///< Captured.
};

/// Something said of one frame of the take in review.
struct MarkModel {
    enum class Kind { Mark = 1, Note, Tell };
    std::int64_t id = 0;
    Kind kind = Kind::Mark;
    int tell = 0; ///< Of a Tell.
    base::FrameIndex captured_frame = 0;
    base::FrameIndex frame = 0; ///< In the order on screen.
    std::string position;       ///< Time of that.
    std::string timecode;       ///< Captured.
    std::string text;           ///< As typed: of a note, or of a mark or tell that got words of its own.
    bool on_disk = true;        ///< Else still on its way there.
};
/// What it says: "mark", "blink", its own words, "blink: left eye".
Words<1023> wordsOf(const MarkModel& mark);

} // namespace backtake::ui
