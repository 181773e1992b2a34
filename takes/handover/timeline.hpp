/// What a hand-over says of its clips, once for all formats, and the arithmetic that all of them share.
#pragma once

#include "base/result.hpp"
#include "base/timecode.hpp"
#include "takes/slate.hpp"
#include "takes/take_facts.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace backtake::handover {

using base::FrameIndex;

/// Something said of one frame of a file.
struct Remark {
    FrameIndex file_frame = 0;
    std::string name; ///< "blink", "note", "mark".
    std::string text;

    /// "blink: wrong end", "mark".
    [[nodiscard]] std::string words() const { return text.empty() ? name : name + ": " + text; }
};

/// One file on the timeline. Frames of the file are counted on the nominal grid, one a frame time, in
/// captured order: 0 ... frames - 1. Frame f bears the timecode start + f.
struct Clip {
    std::filesystem::path file; ///< Absolute.
    std::string reel;           ///< A-Z 0-9 _
    takes::Slate slate;
    std::string suffix; ///< As takes::suffixOf(); empty for most.
    /// "12A/3": what the slate in the picture says, where the take was renumbered; empty for most.
    std::string shot_as {};
    base::TimecodeFormat timecode;
    std::int64_t start = 0;   ///< Frame number since midnight of file frame 0.
    FrameIndex frames = 0;    ///< N.
    FrameIndex in = 0;        ///< a: the used range is [in, out), file frames.
    FrameIndex out = 0;       ///< b.
    int speed_percent = -100; ///< p; negative: from out to in.
    int width = 0;
    int height = 0;
    base::Orientation orientation = base::Orientation::Upright;
    int sound_channels = 0;
    int sound_rate_hz = 48000;
    bool circled = false;
    std::string status;   ///< "NG", "HOLD", ...; empty: nothing was decided.
    int rating = 0;       ///< 0: none; 1 ... 5.
    std::string board {}; ///< "tail, upside down"; empty: nothing was said of it.
    std::string camera;
    std::string camera_clips; ///< On the camera's own card.
    std::string lens;
    std::string stop;
    std::string filter;
    std::string director_note;
    std::string continuity_note;
    std::string day; ///< "2026-11-21", where it was shot.
    std::vector<Remark> remarks;

    [[nodiscard]] bool reversed() const { return speed_percent < 0; }
    [[nodiscard]] std::int64_t percent() const { return reversed() ? -speed_percent : speed_percent; }
    /// D: file frames used.
    [[nodiscard]] FrameIndex used() const { return out - in; }
    /// K: frames on the timeline. Whole after settle().
    [[nodiscard]] FrameIndex length() const { return used() * 100 / percent(); }
    /// L, N, a file frame and the like in the clip's own time when it is played at its speed: n / (|p| /
    /// 100).
    [[nodiscard]] FrameIndex retimed(FrameIndex n) const { return n * 100 / percent(); }
    /// The file frame that timeline frame @p k, 0 ... length() - 1, shows. Reversed it is the exact mirror of
    /// forward: what k shows, length() - 1 - k shows the other way.
    [[nodiscard]] FrameIndex frameAt(FrameIndex k) const;
    /// The first timeline frame that shows @p file_frame; nullopt when none does.
    [[nodiscard]] std::optional<FrameIndex> shownAt(FrameIndex file_frame) const;
    [[nodiscard]] FrameIndex firstShown() const { return frameAt(0); }
    [[nodiscard]] FrameIndex lastShown() const { return frameAt(length() - 1); }
    [[nodiscard]] std::string label(FrameIndex file_frame) const
    {
        return base::timecodeLabel(start + file_frame, timecode);
    }
    [[nodiscard]] std::string fileName() const { return file.filename().string(); }
    /// "12A/3 PU", and with the camera's letter "12A/3A PU".
    [[nodiscard]] std::string slateText() const;
    /// "12A/4 PU, shot as 12A/3": for people, who see another number in the picture.
    [[nodiscard]] std::string slateWords() const;
    /// "PLAYS REVERSED -100%", "PLAYS FORWARD 100%": said as data in every format, because readers drop
    /// speeds.
    [[nodiscard]] std::string directionText() const;
};

/// Clips one after the other, as the audience sees them.
struct Timeline {
    std::string title;
    base::TimecodeFormat timecode; ///< That of every clip.
    std::int64_t start = 0;        ///< Of the timeline itself, frame number since midnight.
    std::vector<Clip> clips;
    std::filesystem::path folder; ///< Where the hand-over lies: clips below it are named relative to it.

    [[nodiscard]] FrameIndex length() const;
};

/// One hour, as timelines of editing programs begin.
std::int64_t oneHour(const base::TimecodeFormat& format);

/// Checks what the arithmetic relies on and trims each used range to whole steps of its speed: at -200 % a
/// range of odd length loses the one frame that is never shown. Text becomes valid UTF-8 without control
/// characters.
/// @return Fault::Usage (no clip; a range outside its file, or nothing left of it; a speed of 0 or beyond 20
/// times).
base::Outcome settle(Timeline& timeline);
/// @return Fault::Usage when a clip's rate is not the timeline's.
base::Outcome haveOneRate(const Timeline& timeline);

/// "12A-003-A.mov" below the hand-over's folder, else the absolute path.
std::string relativeName(const Timeline& timeline, const Clip& clip);
/// "file:///shoot/12A-003-A.mov": absolute, what is not allowed in an URL percent-encoded (RFC 3986).
std::string fileUrl(const std::filesystem::path& absolute);
/// A relative URL for relativeName(): the same encoding without the scheme when it is relative.
std::string relativeUrl(const Timeline& timeline, const Clip& clip);
/// Letters of other scripts written in ASCII as far as that can be done, line breaks and tabs as spaces: for
/// formats that are read as ASCII.
std::string asciiText(const std::string& text);

} // namespace backtake::handover
