/// The words of the hand-over to editorial, as keys, models and views speak them: what is to go over, what it
/// would take, how far it is.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::ui {

/// A form that takes are handed over in, by the name that `backtake export --as` has for it.
struct HandoverFormat {
    std::string_view name;
    std::string_view file;    ///< What it is, in two or three words.
    std::string_view readers; ///< Who reads it.
};
inline constexpr std::array kHandoverFormats {
    HandoverFormat { "mov", "MOV, as captured", "every editing program" },
    HandoverFormat { "review", "Review copy, H.264", "any player; slate burnt in" },
    HandoverFormat { "prores", "ProRes 422", "where JPEGs are slow; large" },
    HandoverFormat { "fcpxml", "FCPXML", "Final Cut Pro, Resolve" },
    HandoverFormat { "xmeml", "Final Cut 7 XML", "Premiere Pro, Resolve" },
    HandoverFormat { "otio", "OpenTimelineIO", "Resolve, Nuke Studio, scripts" },
    HandoverFormat { "edl", "EDL", "Avid, Resolve, conforming" },
    HandoverFormat { "ale", "ALE", "Avid: bins with all columns" },
    HandoverFormat { "markers", "Markers", "Avid: notes and tells" },
    HandoverFormat { "mlt", "MLT", "kdenlive, Shotcut" },
    HandoverFormat { "csv", "Table, CSV", "spreadsheets, databases" },
    HandoverFormat { "map", "Frame map, CSV", "checksums; comes with every clip" },
    HandoverFormat { "pdf", "Daily log, PDF", "people: all takes of a day" },
    HandoverFormat { "html", "Daily log, HTML", "the same in a browser" },
    HandoverFormat { "editors-pdf", "Editor's log, PDF", "editors: circled takes by scene" },
    HandoverFormat { "editors-html", "Editor's log, HTML", "the same in a browser" },
};

/// Several formats at once, for one program.
struct HandoverPreset {
    const char* name;
    std::string_view formats; ///< With commas between them.
};
inline constexpr std::array kHandoverPresets {
    HandoverPreset { "Premiere", "mov,xmeml,csv" },
    HandoverPreset { "Resolve", "mov,fcpxml,otio" },
    HandoverPreset { "Final Cut", "mov,fcpxml" },
    HandoverPreset { "Avid", "mov,edl,ale,markers" },
    HandoverPreset { "kdenlive", "mov,mlt" },
    HandoverPreset { "To look at", "review,pdf" },
};

/// What is to go over, and how.
struct HandoverWish {
    enum class Takes { Circled = 1, Day, Listed, InReview };
    enum class Edl { Cmx = 1, Range, Otio };
    Takes takes = Takes::Circled;
    std::string day;                    ///< Of Takes::Day: "2026-11-21".
    std::string formats = "mov,fcpxml"; ///< With commas between them; empty: none. The map comes unasked.
    Edl edl = Edl::Cmx;                 ///< Which of them an EDL is.
    bool shown_order = true;            ///< Else as captured.
    bool story = false;                 ///< The take shot last comes first.
    bool reversed_mov = false;          ///< Beside each MOV one that is reversed.
    bool in_to_out = false;             ///< Of Takes::InReview: between in and out, else whole.
    int handles = 0;                    ///< Frames that stay before in and after out.
    int speed_percent = 100;            ///< In the order chosen.
    std::string folder;                 ///< Empty: a new one below the shoot.
    friend bool operator==(const HandoverWish&, const HandoverWish&) = default;
};

/// What a wish would take. Nothing is written yet.
struct HandoverLook {
    HandoverWish wish; ///< The question.
    std::string folder;
    std::size_t takes = 0;
    std::size_t files = 0;
    std::uint64_t bytes = 0; ///< About.
    std::optional<std::uint64_t> free_bytes;
    std::vector<std::string> remarks; ///< Takes that stay behind, and why.
    std::string why;                  ///< It cannot be done so; empty: it can.
};

/// A hand-over that runs, or waits for its turn.
struct HandoverRun {
    std::uint64_t id = 0; ///< For CancelHandover.
    std::string title;    ///< "Circled takes"
    bool running = false; ///< Else it waits for its turn.
    double done = 0;      ///< 0 … 1.
    std::size_t take = 0; ///< From 1 on; 0: what belongs to all of them.
    std::size_t takes = 0;
    std::string file; ///< Being written.
    std::optional<base::Nanos> time_left;
    enum class Held { No = 1, Rolls, Log };
    Held held = Held::No; ///< Nothing goes on while a take rolls, or begins before the log has what was said.
};

} // namespace backtake::ui
