/// Takes frames from a ring to disk while a take is rolling, and ends the recording after the cut.
#pragma once

#include "capture/ring.hpp"
#include "capture/sound_ring.hpp"
#include "takes/recording_writer.hpp"

#include <filesystem>
#include <memory>
#include <thread>

namespace backtake::capture {

/// What to record. Frame `first` may be long past (pre-roll): it is in the ring.
struct RecordingOrder {
    std::filesystem::path shoot;
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
};

struct RecorderStatus {
    enum class State {
        Writing = 1,
        Waiting, ///< No disk takes it: frames wait in the ring, also after the cut, and are tried again until
                 ///< there is room, spillTo() names some, or giveUp() is called.
        Closed,  ///< All is on disk. With no frame at all nothing was created.
        Failed,  ///< Given up: what was written stays, `trouble` says the rest.
    };
    State state = State::Writing;
    std::string trouble;          ///< The operator's line when Waiting or Failed.
    std::filesystem::path folder; ///< Empty until the recording was created, with its first frame.
    std::optional<base::Nanos>
        first_captured_at;       ///< Monotonic, of captured frame 0; known as soon as that came.
    base::FrameIndex frames = 0; ///< On disk (in the kernel's hands).
    std::uint64_t bytes = 0;
    base::FrameIndex unwritten = 0; ///< Frames of this take that are in the ring only.
    double ring_fill =
        0; ///< How much of the ring they take, 0 ... 1; at 1 the oldest of them begin to be lost.
    std::filesystem::path spilled_to; ///< Shoot folder of the part being written, when that is not the first.
    std::map<std::string, std::int64_t> lost; ///< Frames of this take by cause.
    takes::TakeFacts facts;                   ///< Final once Closed.
};

/// Room: construct, cut() and status() from any thread; the disk is touched by the recorder thread alone,
/// which may stall for seconds without anybody noticing but the ring. Full: when the ring overruns the disk,
/// the oldest unwritten frames are lost, counted, and marked in the index.
class Recorder {
public:
    Recorder(std::shared_ptr<const Ring> ring, const SoundRing* sound, RecordingOrder order);
    /// Without a cut() before, cuts at the newest frame; waits until the recording is closed or has failed.
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// The take ends before frame @p end; the thread finishes by itself.
    void cut(base::Serial end) EXCLUDES(mutex_);
    [[nodiscard]] RecorderStatus status() const EXCLUDES(mutex_);
    /// Names the folder where the take goes on when its disk refuses: at once when it waits already.
    void spillTo(std::filesystem::path shoot) EXCLUDES(mutex_);
    /// A take that waits after its cut is given up: Failed, with what was written.
    void giveUp() EXCLUDES(mutex_);
    /// Of the recording; empty until it exists.
    [[nodiscard]] std::filesystem::path folder() const EXCLUDES(mutex_);
    /// Of captured frame 0, frames since midnight; 0 until it came.
    [[nodiscard]] std::int64_t startTimecode() const EXCLUDES(mutex_);
    /// Waits until Closed or Failed. @return false at @p monotonic_deadline.
    bool waitUntilDone(base::Nanos monotonic_deadline) const EXCLUDES(mutex_);
    [[nodiscard]] const RecordingOrder& order() const { return order_; }

private:
    void run();
    void writeSound(takes::RecordingWriter& writer, base::Nanos until) REQUIRES(recorder_room_);
    void refuse(const base::Error& error) EXCLUDES(mutex_);
    void finish(RecorderStatus::State state, std::string trouble) EXCLUDES(mutex_);
    [[nodiscard]] std::optional<base::Serial> end() const EXCLUDES(mutex_);
    bool pauseAfterTrouble() EXCLUDES(mutex_); ///< @return false when it is time to give up.
    std::vector<base::FramePtr> gather(base::Serial next, base::Serial end) const;
    [[nodiscard]] takes::TakeFacts factsFrom(base::Nanos first_captured_at) const;

    const std::shared_ptr<const Ring> ring_;
    const SoundRing* const sound_;
    const RecordingOrder order_;

    base::Room recorder_room_ { "recorder" };
    std::uint64_t next_sound_ GUARDED_BY(recorder_room_) = 0; ///< Block to write next.
    base::Nanos sound_from_ GUARDED_BY(
        recorder_room_) {}; ///< Monotonic time of the first sample of the take.
    bool sound_failed_ GUARDED_BY(recorder_room_) = false; ///< The picture goes on without it.

    mutable base::Mutex mutex_;
    mutable base::Condition changed_;
    RecorderStatus status_ GUARDED_BY(mutex_);
    std::optional<base::Serial> end_ GUARDED_BY(mutex_);
    std::jthread thread_; ///< Last.
};

} // namespace backtake::capture
