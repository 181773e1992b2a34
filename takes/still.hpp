/// A still: the picture on screen as a PNG that says where in which take it is, and beside it the JPEG of
/// that frame as the camera gave it.
#pragma once

#include "base/time.hpp"
#include "takes/disk.hpp"
#include "takes/take_facts.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::takes {

/// The order in which a take was on screen when its still was made.
enum class StillOrderOnScreen { ShownReversed = 1, AsCaptured };

/// Where in a take a still is.
struct StillPlace {
    Slate slate;
    Direction direction = Direction::Backward; ///< Of the take, whatever was on screen.
    StillOrderOnScreen order = StillOrderOnScreen::ShownReversed;
    base::FrameIndex shown = 0;    ///< Counted in the order the audience will see, from 0.
    base::FrameIndex captured = 0; ///< Counted in the order the camera saw, from 0.
    std::string timecode;          ///< Captured timecode, "01:02:17:09".
};

/// What a still is made of. Owns nothing of its pixels and bytes: they must stay until saveStill() is back.
struct StillOrder {
    std::filesystem::path shoot; ///< The shoot's folder, which is there.
    /// What is shown: red, green, blue, 8 bits each, row after row from the top, nothing between rows.
    std::span<const std::uint8_t> rgb;
    int width = 0; ///< Pixels, 1 … base::kLargestSide.
    int height = 0;
    /// The captured frame as its recording has it, with zeros behind it or without. Empty: there is none.
    std::span<const std::byte> jpeg;
    std::optional<StillPlace> place;                ///< nullopt: the live picture.
    std::string camera;                             ///< The camera's name, without secrets.
    Orientation orientation = Orientation::Upright; ///< How @p jpeg is turned to be seen as @p rgb is.
    base::Nanos taken_at_utc {};                    ///< Wall clock, since the Unix epoch.
};

struct StillFiles {
    std::filesystem::path picture; ///< The PNG.
    std::filesystem::path jpeg;    ///< Empty when there was none.
};

/// Saves into SHOOT/stills/, which is made when it is not there:
/// `12A-003-A_shown000051_captured000099.png` and `.jpg`, or `live_20261121T161320Z.png`. A name that either
/// file would take from another gets `-2`, `-3` …; nothing is ever replaced. The JPEG is the frame byte for
/// byte, without the zeros that fill its block up behind its end.
///
/// Room: any thread, several at once, never the window's. Time: some 80 ms of one core for 1080p, 320 ms for
/// 4K, and the syncs of the disk. Memory: twice the picture.
/// @return Fault::OutOfSpace, Denied, NotFound (no such shoot), Usage (@p order makes no sense), Failed; then
/// no part of the still is left behind, unless the disk went away with it.
base::Result<StillFiles> saveStill(const StillOrder& order, Disk& disk = kernelDisk());

/// The stills of a shoot that have their JPEG, by the JPEG's name, newest first; the first kMostStills.
/// Room: any thread but the window's: it waits for the disk. @return Fault::Denied, Failed; no stills are
/// none.
base::Result<std::vector<std::string>> stillsOf(const std::filesystem::path& shoot);
inline constexpr std::size_t kMostStills = 500;

/// A still as it was captured, to be seen again as any frame is.
struct Still {
    std::string jpeg;                               ///< Its bytes.
    Orientation orientation = Orientation::Upright; ///< As its PNG says; upright when that is not there.
};
/// @param name one of stillsOf(). Room: as there.
/// @return Fault::Usage (a name that leads elsewhere), NotFound, Denied, Corrupt (larger than any picture).
base::Result<Still> readStill(const std::filesystem::path& shoot, const std::string& name);

} // namespace backtake::takes
