/// Takes frames from a ring to disk while a take is rolling, and ends the recording after the cut.
#pragma once

#include "capture/ring.hpp"
#include "capture/sound_ring.hpp"
#include "capture/timecode_generator.hpp"
#include "takes/recording_writer.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace backtake::capture {

/// What to record. Frame `first` may be long past (pre-roll): it is in the ring.
struct RecordingOrder {
    std::filesystem::path shoot;
    std::string id; ///< Of the take, as TakeFacts::id; empty: drawn with its first frame.
    takes::Slate slate;
    bool exact_take = false; ///< Fail when that take is there already; else the next free number is taken, so
                             ///< that nothing shot is lost.
    takes::Direction direction = takes::Direction::Backward;
    takes::Orientation orientation = takes::Orientation::Upright;
    base::Rate rate;             ///< Nominal.
    std::string camera;          ///< Name without secrets.
    base::Serial first = 0;      ///< First frame of the take, pre-roll included.
    base::Serial roll = 0;       ///< The frame that came next when R was pressed.
    std::filesystem::path spill; ///< Shoot folder on another disk where the take goes on when the first one
                                 ///< fills up, is pulled out or turns read-only. Empty: none.
    /// Null: time of day at captured frame 0, counted on from there.
    std::shared_ptr<TimecodeGenerator> timecode;
    std::shared_ptr<takes::Disk> disk;       ///< Null: the kernel's. Tests have their own.
    std::function<base::Nanos()> wall_clock; ///< Asked once. Empty: base::wallClockNow().
    /// How long the destructor waits for a disk that does not answer.
    base::Nanos patience = std::chrono::seconds(10);
};

struct RecorderStatus {
    enum class State {
        Writing = 1,
        Waiting, ///< No disk takes it, or the disk does not answer: frames wait in the ring, also after the
                 ///< cut, and are tried again until there is room, spillTo() names some, or giveUp() is
                 ///< called.
        Closed,  ///< All is on disk. With no frame at all nothing was created.
        Failed,  ///< Given up: what was written stays, `trouble` says the rest.
    };
    State state = State::Writing;
    std::string trouble;          ///< The operator's line when Waiting or Failed.
    std::filesystem::path folder; ///< Of the first part. Empty until it was created, with its first frame; it
                                  ///< changes when that disk took not one frame.
    std::vector<std::filesystem::path> further_folders; ///< Of the further parts, as Recording::open() wants.
    std::optional<base::Nanos>
        first_captured_at;       ///< Monotonic, of captured frame 0; known as soon as that came.
    base::FrameIndex frames = 0; ///< On disk (in the kernel's hands), in all parts.
    std::uint64_t bytes = 0;
    base::FrameIndex unwritten = 0; ///< Frames of this take that are in the ring only.
    double ring_fill =
        0; ///< How much of the ring they take, 0 ... 1; at 1 the oldest of them begin to be lost.
    base::Nanos stalled {};           ///< For how long the disk has not answered the call it is in.
    std::filesystem::path spilled_to; ///< Shoot folder being written to, when it is not the one ordered.
    std::map<std::string, std::int64_t> lost; ///< Frames of this take by cause.
    takes::TakeFacts facts; ///< Final once Closed: take.json of the first part, which names the others.
};

/// Room: everything here from any thread; none of it waits for the disk but the destructor. The disk is
/// touched by the recorder thread alone, which may stall for seconds without anybody noticing but the ring.
/// Full: when the ring overruns the disk, the oldest unwritten frames are lost, counted, and marked in the
/// index.
///
/// A disk that refuses (full, pulled out, read-only, broken) ends the part written on it, and the take goes
/// on in the second folder with the first frame that the first disk may not have. A failed sync counts as a
/// broken disk: what was written since the last good one and is still in the ring is written again. Without a
/// second folder the frames wait. After the cut they are on hold in the ring, so that live view does not push
/// them out.
class Recorder {
public:
    /// @param sound may be null.
    Recorder(std::shared_ptr<const Ring> ring, std::shared_ptr<const SoundRing> sound, RecordingOrder order);
    /// Without a cut() before, cuts at the newest frame; waits until the recording is closed. A disk that
    /// refuses is tried once more, then the take ends as Failed. A disk that does not answer for `patience`
    /// is left to itself: its thread cannot be ended while it is in the kernel. Should the disk answer later,
    /// that thread still ends the take in good order as long as the process lives.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// The take ends before frame @p end; the thread finishes by itself.
    void cut(base::Serial end);
    /// As of now, also while the disk hangs.
    [[nodiscard]] RecorderStatus status() const;
    /// Names the folder where the take goes on when its disk refuses: at once when it waits already.
    void spillTo(std::filesystem::path shoot);
    /// A take that waits after its cut is given up: Failed, with what was written, closed as far as possible.
    /// No effect on one that does not.
    void giveUp();
    /// Of the first part; empty until it exists.
    [[nodiscard]] std::filesystem::path folder() const;
    /// Of captured frame @p n, frames since midnight, as on disk; of one that is not written yet, counted on
    /// from the last one that is. From 0 on until frame 0 came.
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const;
    /// How those are counted; as is customary until frame 0 came.
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const;
    /// Waits until Closed or Failed. @return false at @p monotonic_deadline.
    bool waitUntilDone(base::Nanos monotonic_deadline) const;
    [[nodiscard]] const RecordingOrder& order() const;

private:
    class Core;
    const std::shared_ptr<Core> core_; ///< Shared with its thread, which may be left behind.
    std::thread thread_;
};

} // namespace backtake::capture
