/// What take.json holds: the facts of one take, enough to rebuild the log from the media folder alone.
#pragma once

#include "base/frame.hpp"
#include "base/picture.hpp"
#include "base/timecode.hpp"
#include "takes/disk.hpp"
#include "takes/slate.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backtake::takes {

class File;

enum class Direction { Backward = 1, Forward };
using base::Orientation;

/// Version of the files this program writes; a newer one is refused and left untouched.
inline constexpr int kRecordingVersion = 1;
/// A take with more has a cable to be changed; they are not worth their room.
inline constexpr std::size_t kMostGaps = 10000;

/// A run of frames of one format. A change of format in the middle of a take starts a new one.
struct Segment {
    base::FrameIndex first_frame = 0;
    int width = 0;
    int height = 0;
    friend bool operator==(const Segment&, const Segment&) = default;
};

/// A hole in a take: the camera was away or silent before this frame. The frames' times show it; nothing is
/// put in its place.
struct Gap {
    base::FrameIndex before_frame = 0; ///< Captured frame that came after it, from 1 on.
    base::Nanos length {};             ///< Without a picture.
    friend bool operator==(const Gap&, const Gap&) = default;
};

struct SoundFacts {
    int rate_hz = 48000;
    int channels = 1;
    std::int64_t samples = 0;            ///< Per channel.
    base::Nanos starts_after_picture {}; ///< First sample relative to the first frame; negative: before it.
    int bits = 16;                       ///< Of a sample: 16 or 24.
    /// By how much the sound's clock was faster than the computer's, measured: 1e6 samples came in the time
    /// of 1e6 - rate_error_ppm at rate_hz. 0 when it is not known.
    double rate_error_ppm = 0;

    /// One sample of every channel, in bytes.
    [[nodiscard]] std::uint64_t frameBytes() const
    {
        return static_cast<std::uint64_t>(channels) * static_cast<std::uint64_t>(bits / 8);
    }
    /// What rate_hz was by the computer's clock.
    [[nodiscard]] double measuredRate() const { return rate_hz * (1 + rate_error_ppm / 1e6); }
};

/// A clip that the camera recorded of the take on its own card: what editorial relinks to.
struct CameraClip {
    std::string folder;      ///< On the card: "/store_00010001/DCIM/100EOS1D".
    std::string name;        ///< "MVI_0042.MOV".
    std::uint64_t bytes = 0; ///< 0: not known.
    std::string fetched;     ///< Path relative to the recording's folder once fetched; empty: not yet.
    friend bool operator==(const CameraClip&, const CameraClip&) = default;
};
/// Whether a text is the id of a take: 32 of 0-9 a-f.
bool isTakeId(std::string_view text);
/// Whether a clip may be stored beside a recording under this name: a plain file name, and none of the
/// recording's own.
bool isClipName(std::string_view name);

/// Where a take goes on that its first disk could not hold: another recording, complete in itself.
struct Part {
    base::FrameIndex first_frame = 0; ///< Of the take, in captured order.
    std::string folder;               ///< Absolute path of the recording, as it was when it was written.
    base::FrameIndex frames = 0;      ///< In it; 0: not known (it may have been rolling still).
    friend bool operator==(const Part&, const Part&) = default;
};
/// Said by a part that is not the first: which take it belongs to, should the first part not know of it.
struct Continues {
    std::string folder;               ///< Absolute path of the take's first part, as it was.
    int number = 2;                   ///< 2 for the first further part.
    base::FrameIndex first_frame = 0; ///< Of the take.
    friend bool operator==(const Continues&, const Continues&) = default;
};

struct TakeFacts {
    std::string id; ///< 32 hexadecimal digits, drawn when the take was rolled; the same in all its parts.
    Slate slate;
    Direction direction = Direction::Backward;
    Orientation orientation = Orientation::Upright;
    base::TimecodeFormat timecode;
    std::int64_t start_timecode = 0;          ///< Frame number since midnight of captured frame 0.
    base::Nanos started_at_utc {};            ///< Wall clock of captured frame 0, since the Unix epoch.
    base::Nanos duration {};                  ///< T, with the last frame's own time.
    base::FrameIndex frames = 0;              ///< Records in the index, lost ones included.
    base::FrameIndex preroll_frames = 0;      ///< Frames before R was pressed.
    std::map<std::string, std::int64_t> lost; ///< By cause, as nameOf(Loss).
    std::vector<Segment> segments;
    std::vector<Gap> gaps; ///< The first kMostGaps.
    std::uint64_t picture_bytes = 0;
    std::string camera; ///< The camera's name, without secrets.
    std::optional<SoundFacts> sound;
    std::optional<CameraClip> camera_clip; ///< Known some time after the cut, or never.
    std::vector<CameraClip> further_clips; ///< When the camera split its recording: those after the first.
    std::vector<Part> parts;            ///< Further parts, rising. What is said above is of the first part.
    std::optional<Continues> continues; ///< In every part but the first.
    bool closed = false;                ///< False while rolling and after a crash.
    bool recovered = false;
};

/// The id of the take in @p facts; of a take from before there were ids, one made of when it was shot and of
/// the name of its @p folder.
std::string recordingId(const std::filesystem::path& folder, const TakeFacts& facts);
/// A recording where it lies.
struct TakeEntry {
    std::filesystem::path folder;
    TakeFacts facts;
};

/// All that TakeFacts::lost counts.
std::int64_t lostFrames(const std::map<std::string, std::int64_t>& lost);

std::string_view nameOf(base::Loss loss);     ///< "none", "encoder_busy", "ring_overrun", "camera_damaged".
std::string_view nameOf(Direction direction); ///< "backward", "forward".
std::string_view nameOf(Orientation orientation); ///< "0", "180", "mirrored", "flipped".

/// The text of a take.json, every field checked for presence, kind and bounds. @return Fault::Corrupt (what
/// is wrong with it), Unsupported (a newer version).
base::Result<TakeFacts> parseTakeFacts(std::string_view json);
/// What writeTakeFacts() writes.
std::string takeFactsText(const TakeFacts& facts);
/// @return Fault::NotFound, Corrupt (what is wrong with it), Unsupported (a newer version).
base::Result<TakeFacts> readTakeFacts(const std::filesystem::path& take_json);
/// Replaces the file atomically: written beside it, synced, renamed, folder synced.
/// @return Fault::OutOfSpace, Denied (the old file stays as it was), Usage (facts that readTakeFacts() would
/// refuse; nothing is written).
/// @param reserved (may be null) take.json.new, open, with room taken for it: how facts get onto a full disk.
/// It is take.json afterwards; close it, whatever the outcome.
base::Outcome writeTakeFacts(const std::filesystem::path& take_json, const TakeFacts& facts,
    Disk& disk = kernelDisk(), File* reserved = nullptr);

/// Puts @p clip among the take's clips: in place of the one of that folder and name, else after the others.
void putClip(TakeFacts& facts, const CameraClip& clip);

} // namespace backtake::takes
