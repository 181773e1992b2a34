/// The papers of a day: what was shot and how it is to be played, with pictures, as PDF and as HTML. Facts
/// in, a file's bytes out; who writes them says where.
#pragma once

#include "takes/handover/timeline.hpp"
#include "takes/recording.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace backtake::handover {

enum class Paper {
    DailyLog = 1, ///< Every take, in the order of the timeline.
    EditorsLog,   ///< Circled takes by scene, setup and take number: 2 before 12.
};

/// Of the day, whatever of it is on the paper.
struct Totals {
    int setups = 0;
    int takes = 0;
    int circled = 0;
    base::Nanos filmed {};
    std::uint64_t disk_bytes = 0;
};

/// Something that somebody has to see to.
struct OpenMatter {
    std::string slate; ///< "12A/3B".
    std::string what;  ///< "not closed", "3 frames damaged", "A001C003.MP4 not fetched from the camera".
};

/// What a recording says of itself that somebody has to see to. Time: as Recording::facts().
std::vector<std::string> openMatters(const takes::Recording& take);

struct Report {
    Paper paper = Paper::DailyLog;
    /// Its title is the paper's. Clips may be of several rates and days; each has a speed and a range, as
    /// settle() wants them.
    Timeline timeline;
    Totals totals;
    /// Beside takes without a decision, which the clips themselves tell.
    std::vector<OpenMatter> open;
};

/// A JPEG of a frame of a clip's file, as it is to be seen; empty: there is none to show.
/// @param clip its index in the timeline; asked for each clip's first and last frame shown.
using ThumbnailOf = std::function<std::vector<std::byte>(std::size_t clip, FrameIndex file_frame)>;

/// A small JPEG of captured frame @p n, turned as the take is: some 10 kB. Empty when it is lost or damaged.
/// Time: one picture from disk, and its decoding at an eighth. Room: any thread.
std::vector<std::byte> thumbnailOf(const takes::Recording& take, FrameIndex n);

/// A4 landscape; text in any script that a font here has, which can be searched and copied, fonts embedded.
/// @return Fault::Failed when Cairo cannot.
base::Result<std::string> pdfText(const Report& report, const ThumbnailOf& thumbnail);
/// One page that needs nothing else: pictures in it, no script. UTF-8.
std::string htmlText(const Report& report, const ThumbnailOf& thumbnail);

} // namespace backtake::handover
