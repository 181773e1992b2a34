/// Takes as files for editorial: which formats, into which folder, how far it is.
#pragma once

#include "takes/handover/clips.hpp"
#include "takes/handover/formats.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace backtake::handover {

enum class Format {
    Mov = 1,
    Review, ///< H.264 with slate and clocks burnt in.
    ProRes,
    Otio,
    Fcpxml,
    Xmeml,
    Ale,
    Markers,
    Edl,
    Mlt,
    Csv,
    Pdf,         ///< Daily log, one file for each day.
    Html,        ///< The same.
    EditorsPdf,  ///< Circled takes by scene.
    EditorsHtml, ///< The same.
    Map,
};
/// "mov", "otio", "fcpxml", ...
std::string_view nameOf(Format format);
/// Of names with commas between them: "otio,csv"; "all" is all but ProRes, which is large and slow. Empty
/// when one is unknown.
std::vector<Format> formatsNamed(std::string_view names);
/// Every name that formatsNamed() knows, with commas between them.
std::string formatNames();

struct HandOverTake {
    std::filesystem::path folder;            ///< The recording's.
    std::optional<takes::LoggedTake> log {}; ///< What is said of it.
    std::optional<takes::StoryCard> card {}; ///< Of a sequence: how it plays.
};

/// The takes of a sequence, as it plays them. @param missing gets how many of its cards name a recording that
/// @p logged has not: they are left out.
std::vector<HandOverTake> takesOf(
    const takes::Story& story, std::span<const takes::LoggedTake> logged, std::size_t& missing);

/// A name that people gave, as HandOver::title may have it.
std::string fileTitle(std::string_view name);

struct HandOver {
    std::vector<HandOverTake> takes; ///< As they are to be played, one after the other.
    std::vector<Format> formats;     ///< The map comes with all that has clips, named or not.
    Playing playing;
    EdlDialect edl = EdlDialect::Cmx;
    /// Which MOVs Format::Mov writes: NAME.mov as captured, which the other formats name, and the physically
    /// reversed NAME_REV.mov of a backward take. Beside other formats each is of the whole take; alone
    /// (movsAlone()) with an in or out it is of what lies between them, NAME_FIRST-LAST.mov by captured
    /// frames.
    std::vector<takes::Order> movs { takes::Order::Captured };
    takes::Timing timing = takes::Timing::Nominal; ///< Of the MOVs. The other formats count on Nominal.
    std::string title;
    std::filesystem::path folder; ///< Made when it is not there. Files are called TITLE.otio, and so on.
    std::filesystem::path
        file; ///< In place of folder and TITLE, for a single format. Its map lies beside it.
};

/// Whether nothing but MOVs go over, and the map of their frames.
bool movsAlone(std::span<const Format> formats);

struct HandedOver {
    std::vector<std::filesystem::path> files;
    FrameIndex frames = 0;   ///< In MOVs.
    FrameIndex left_out = 0; ///< From MOVs: lost or damaged, or too fast for the nominal rate.
    std::uint64_t bytes = 0;
    std::vector<std::string> remarks; ///< For people: takes left out, frames held, clips named but not there.
};

/// How far it is.
struct Step {
    double done = 0;               ///< 0 ... 1, by time.
    std::size_t take = 0;          ///< From 1 on, of HandOver::takes; 0: the file is of all of them.
    std::size_t takes = 0;         ///< How many can be read.
    std::filesystem::path file {}; ///< Being written.
};
/// Called between pictures, and it may wait there. @return false: stop.
using Progress = std::function<bool(const Step&)>;

/// Writes each file under a temporary name and renames it when it is whole; what was finished before an error
/// stays. A take that cannot be read, or of which no picture can, is left out and said in the remarks, unless
/// it is the only one. Takes of several rates have a timeline for each: TITLE_25.otio, TITLE_29.97DF.otio,
/// each with a map; a sequence has one. Room: any thread, for as long as it takes to read and write the
/// takes. @param progress may be empty.
/// @return Fault::Exists (a file is there already; nothing is written then), Usage (no take, ranges, a
/// sequence whose rates differ), Cancelled, NotFound, OutOfSpace, Denied, Corrupt.
base::Result<HandedOver> handOver(const HandOver& what, const Progress& progress);

/// What handOver() would write.
struct Estimate {
    std::size_t takes = 0; ///< That can be read.
    std::vector<std::filesystem::path> files;
    std::uint64_t bytes = 0; ///< About: MOVs to some parts in a hundred, copies as footage of their kind has.
    std::vector<std::string> remarks;
};
/// Room, time: reads the capture times of all takes; writes nothing. @return as handOver().
base::Result<Estimate> estimate(const HandOver& what);

} // namespace backtake::handover
