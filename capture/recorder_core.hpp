/// The inside of the recorder: its thread's room, and what other threads may ask. One class in five files,
/// each named where what it holds is declared.
#pragma once

#include "capture/recorder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace backtake::capture {

/// What the recorder and its thread share. Room: public functions any thread, but run(); private ones the
/// recorder thread.
class Recorder::Core {
public:
    Core(std::shared_ptr<const Ring> ring, std::shared_ptr<const SoundRing> sound, RecordingOrder order)
        : order_(std::move(order))
        , ring_(std::move(ring))
        , sound_(std::move(sound))
        , spill_(order_.spill)
        , written_end_(order_.first)
    {
    }

    void run();
    void cut(base::Serial end) EXCLUDES(mutex_);
    [[nodiscard]] RecorderStatus status() const EXCLUDES(mutex_);
    void spillTo(std::filesystem::path shoot) EXCLUDES(mutex_);
    void giveUp() EXCLUDES(mutex_);
    [[nodiscard]] std::filesystem::path folder() const EXCLUDES(mutex_);
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const EXCLUDES(mutex_);
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const EXCLUDES(mutex_);
    bool waitUntilDone(base::Nanos monotonic_deadline) const EXCLUDES(mutex_);
    /// The destructor's. @return false when the disk does not answer: the thread must be left behind.
    bool end() EXCLUDES(mutex_);

    const RecordingOrder order_;

private:
    /// From one sync to the next. What a power cut may cost at most is twice this, and the time a sync takes.
    static constexpr base::Nanos kSyncEvery = std::chrono::milliseconds(400);
    /// One gathered write: enough to be efficient, small enough to pin little of the ring.
    static constexpr std::size_t kBatchBytes = 16 << 20;

    /// One recording of the take. All but the last are over.
    struct Part {
        std::unique_ptr<takes::RecordingWriter> writer;
        std::filesystem::path shoot;
        base::Serial first = 0;
        base::Nanos first_captured_at {};
        bool closed = false;
        bool refused = false; ///< Its disk would not have it closed: once more at the end of the take.
    };
    /// Frames whose timecode counts on: most takes have one run, those of a leaping LTC more.
    struct TimecodeRun {
        base::FrameIndex first;
        std::int64_t timecode; ///< Of that frame.
    };
    /// The disk is being asked something, for as long as this lives.
    class Asking {
    public:
        explicit Asking(Core& core)
            : core_(core)
        {
            base::Lock lock(core_.mutex_);
            core_.asked_at_ = base::monotonicNow();
        }
        ~Asking()
        {
            base::Lock lock(core_.mutex_);
            core_.asked_at_.reset();
            core_.changed_.notifyAll();
        }
        Asking(const Asking&) = delete;
        Asking& operator=(const Asking&) = delete;

    private:
        Core& core_;
    };

    [[nodiscard]] takes::Disk& disk() const { return order_.disk ? *order_.disk : takes::kernelDisk(); }
    [[nodiscard]] std::string name() const { return takes::text(order_.slate); }

    // recorder.cpp: what others ask and order
    [[nodiscard]] std::optional<base::Serial> cutAt() const EXCLUDES(mutex_);
    void holdUnwritten() EXCLUDES(mutex_);
    void finish(RecorderStatus::State state, std::string trouble) EXCLUDES(mutex_);

    // recorder_writing.cpp: from the ring to the disk, and the end
    void fetch() REQUIRES(recorder_room_);
    bool writeBatch() REQUIRES(recorder_room_);
    void advance(std::size_t count) REQUIRES(recorder_room_);
    void tellProgress() REQUIRES(recorder_room_);
    base::Outcome syncPart() REQUIRES(recorder_room_);
    bool syncNow() REQUIRES(recorder_room_);
    void endWithoutTheRest() REQUIRES(recorder_room_);
    bool conclude() REQUIRES(recorder_room_);
    void leaveOut(base::FrameIndex kept_frames) REQUIRES(recorder_room_);

    // recorder_trouble.cpp: a disk that refuses
    bool overcome(const base::Error& error) REQUIRES(recorder_room_);
    bool pauseAfterTrouble() EXCLUDES(mutex_);
    bool goOnElsewhere() REQUIRES(recorder_room_);
    [[nodiscard]] std::vector<std::filesystem::path> otherFolders() REQUIRES(recorder_room_);
    void takeBackUnsynced() REQUIRES(recorder_room_);
    void refuse(const base::Error& error, std::string_view where = {}) REQUIRES(recorder_room_);
    void fail(const base::Error& error) REQUIRES(recorder_room_);

    // recorder_parts.cpp: the recordings of the take and their facts
    base::Outcome startTake(const std::filesystem::path& shoot) REQUIRES(recorder_room_);
    base::Outcome startPart(const std::filesystem::path& shoot) REQUIRES(recorder_room_);
    void started(std::unique_ptr<takes::RecordingWriter> writer, const std::filesystem::path& shoot)
        REQUIRES(recorder_room_);
    void dropEmptyPart() REQUIRES(recorder_room_);
    void closeFormerParts() REQUIRES(recorder_room_);
    base::Outcome closePart(std::size_t number) REQUIRES(recorder_room_);
    [[nodiscard]] takes::TakeFacts factsOf(std::size_t number) REQUIRES(recorder_room_);
    void learnFacts(base::Nanos first_captured_at) REQUIRES(recorder_room_);
    void labelBatch() REQUIRES(recorder_room_);

    // recorder_sound.cpp
    void writeSound(base::Nanos until) REQUIRES(recorder_room_);
    base::Outcome appendSound(const SoundBlock& block, std::int64_t begin, std::int64_t end)
        REQUIRES(recorder_room_);
    base::Outcome fillSoundUpTo(const SoundBlock& block) REQUIRES(recorder_room_);
    [[nodiscard]] base::Nanos lastFrameEnds() REQUIRES(recorder_room_)
    {
        return last_at_ + order_.rate.frameTime();
    }

    const std::shared_ptr<const Ring> ring_;
    const std::shared_ptr<const SoundRing> sound_; ///< May be null.

    base::Room recorder_room_ { "recorder" };
    takes::TakeFacts facts_ GUARDED_BY(recorder_room_); ///< Of the take, from its first frame on.
    bool facts_known_ GUARDED_BY(recorder_room_) = false;
    std::vector<Part> parts_ GUARDED_BY(recorder_room_);
    int last_part_number_ GUARDED_BY(recorder_room_) = 1;
    base::Serial next_ GUARDED_BY(recorder_room_) = order_.first;  ///< First frame that no part has.
    std::vector<base::FramePtr> batch_ GUARDED_BY(recorder_room_); ///< Frames from next_ on.
    std::vector<std::int64_t> batch_timecodes_ GUARDED_BY(recorder_room_);
    base::FrameIndex labelled_ GUARDED_BY(recorder_room_) = 0; ///< Frames that have their timecode for good.
    std::size_t batch_bytes_ GUARDED_BY(recorder_room_) = kBatchBytes;
    base::Nanos last_at_ GUARDED_BY(recorder_room_) {}; ///< Monotonic, of the last frame written.
    base::Nanos sync_at_ GUARDED_BY(recorder_room_) {};
    base::Nanos fed_at_ GUARDED_BY(recorder_room_) = base::monotonicNow(); ///< When the last frame came.
    bool dirty_ GUARDED_BY(recorder_room_) = false;       ///< Something was written that is to be synced.
    bool broken_ GUARDED_BY(recorder_room_) = false;      ///< A sync failed, and none has succeeded since.
    std::string last_trouble_ GUARDED_BY(recorder_room_); ///< Of the disk being written to.
    std::string last_trouble_elsewhere_ GUARDED_BY(recorder_room_);
    std::uint64_t next_sound_ GUARDED_BY(recorder_room_) = 0;   ///< Block to write next.
    std::uint64_t synced_sound_ GUARDED_BY(recorder_room_) = 0; ///< The same, at the last good sync.
    std::int64_t sound_taken_ GUARDED_BY(recorder_room_) = 0;   ///< Of that block, written already.
    base::Nanos sound_from_ GUARDED_BY(
        recorder_room_) {}; ///< Monotonic: no sound before it is wanted any more.
    bool sound_runs_ GUARDED_BY(recorder_room_) = false; ///< Sample by sample, whatever its times say.
    std::vector<std::byte> pcm_ GUARDED_BY(recorder_room_);
    std::string sound_trouble_ GUARDED_BY(recorder_room_);
    bool sound_failed_ GUARDED_BY(recorder_room_) = false; ///< The picture goes on without it.

    mutable base::Mutex mutex_;
    mutable base::Condition changed_;
    RecorderStatus status_ GUARDED_BY(mutex_);
    std::vector<TimecodeRun> timecode_runs_ GUARDED_BY(mutex_);
    std::optional<base::TimecodeFormat> timecode_format_ GUARDED_BY(mutex_);
    std::filesystem::path spill_ GUARDED_BY(mutex_);
    std::optional<base::Serial> cut_at_ GUARDED_BY(mutex_);
    base::Serial written_end_ GUARDED_BY(mutex_);            ///< next_, for others.
    std::optional<base::Nanos> asked_at_ GUARDED_BY(mutex_); ///< Since when the disk owes an answer.
    bool poked_ GUARDED_BY(mutex_) = false;                  ///< Try again now.
    bool given_up_ GUARDED_BY(mutex_) = false;
    bool ending_ GUARDED_BY(mutex_) = false; ///< The destructor waits.
    bool tried_a_last_time_ GUARDED_BY(mutex_) = false;
    std::shared_ptr<const Ring::Span> hold_ GUARDED_BY(mutex_);
};

} // namespace backtake::capture
