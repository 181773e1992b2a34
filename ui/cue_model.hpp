/// Cue sheets as the window has them: what the editor and the view show, and what the editor asks for.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backtake::ui {

struct CueWordModel {
    std::string respelling;
    base::Nanos begins {}; ///< In the reversed guide.
    base::Nanos ends {};
    std::string text {}; ///< As it is written, forward.
    std::string ipa {};
};

struct CueLineModel {
    std::string text;                ///< The line as it is written.
    std::vector<CueWordModel> words; ///< In the order in which they are said; never empty.
};

/// In the order in which they are said, none overlapping another.
using CueLines = std::shared_ptr<const std::vector<CueLineModel>>;

struct CueModel {
    CueLines lines;          ///< Not null. Shared, so that a frame copies none.
    base::Nanos position {}; ///< Of the reversed guide.
    friend bool operator==(const CueModel&, const CueModel&) = default;
};

struct CueLanguage {
    std::string code; ///< "en-us".
    std::string name; ///< "German".
};

/// The shoot's cue sheets, and the one that is chosen.
struct CueDeskModel {
    enum class Work { None = 1, Making, Printing, Speaking };

    bool ready = false;              ///< The shoot has been read: from then on what is typed is kept.
    std::vector<std::string> sheets; ///< Names, sorted.
    std::shared_ptr<const std::vector<CueLanguage>> languages; ///< Null until the voice has told them.
    std::string name;                                          ///< Empty: a new one, not made yet.
    std::string removed;                                       ///< What Restore brings back; empty: nothing.
    std::string text;                                          ///< What was last typed for it, made or not.
    std::string language = "en-us";
    /// Changes when the three above are another sheet's than before: the editor takes them over.
    std::uint64_t version = 0;
    CueLines lines;                      ///< Null: the chosen one is not made yet.
    std::optional<base::Nanos> position; ///< Of the reversed guide while it plays.
    Work work = Work::None;
    double progress = 0; ///< Of Making and Speaking, 0 … 1.
    std::string trouble; ///< Why the last order was not carried out; empty: it was.
};

/// What times are changed of. The first and last times of each follow from its words'.
enum class CuePart { Word = 1, Line, Sheet };

namespace cue {
struct Open {             ///< Reads what the shoot has.
    bool to_show = false; ///< Without the editor: when there is none, that is said.
};
struct Choose {
    std::string name; ///< Empty: a new one.
};
struct Keep { ///< What is typed, each time it changes.
    std::string text;
    std::string language;
};
struct Make {
    std::string name;
    std::string text;
    std::string language;
};
struct Rename {
    std::string to;
};
struct Remove { };  ///< Sets the chosen one aside.
struct Restore { }; ///< Brings back what was set aside last.
struct EditWord {   ///< Of the chosen sheet; fields that are as they were change nothing.
    std::size_t line = 0;
    std::size_t word = 0;
    std::string respelling;
    std::string ipa;
};
struct Fit { ///< Spreads what the part lasts over begins … ends.
    CuePart part = CuePart::Word;
    std::size_t line = 0; ///< Of Word and Line.
    std::size_t word = 0; ///< Of Word.
    base::Nanos begins {};
    base::Nanos ends {};
};
struct Speak {
    bool reversed = false; ///< As the audience will hear it.
};
struct Print { };
struct Stop { }; ///< Whatever is under way.
} // namespace cue

using CueOrder = std::variant<cue::Open, cue::Choose, cue::Keep, cue::Make, cue::Rename, cue::Remove,
    cue::Restore, cue::EditWord, cue::Fit, cue::Speak, cue::Print, cue::Stop>;

} // namespace backtake::ui
