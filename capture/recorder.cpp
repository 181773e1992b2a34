#include "capture/recorder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace backtake::capture {

using base::FrameIndex;
using base::FramePtr;
using base::Lock;
using base::Nanos;
using base::Serial;
using takes::RecordingWriter;
using takes::TakeFacts;
using namespace std::chrono_literals;

namespace {

/// From one sync to the next. What a power cut may cost at most is twice this, and the time a sync takes.
constexpr Nanos kSyncEvery = 400ms;
constexpr Nanos kRetryAfter = 500ms;
/// From then on the operator is told that the disk does not answer.
constexpr Nanos kStalledAfter = 900ms;
/// One gathered write: enough to be efficient, small enough to pin little of the ring.
constexpr std::size_t kBatchFrames = 64;
constexpr std::size_t kBatchBytes = 16 << 20;
/// On a slow disk it becomes less, so that no write is far longer than this and syncs come in time.
constexpr Nanos kLongWrite = 100ms;
constexpr std::size_t kSmallestBatch = 1 << 20;
constexpr int kHighestTake = 99999;
/// Room on a disk that was given up before, for the take to come back to it: bounds the number of parts.
constexpr std::uintmax_t kRoomToComeBack = 64 << 20;
constexpr std::size_t kMostParts = 64;

bool isDone(const RecorderStatus& status)
{
    return status.state == RecorderStatus::State::Closed || status.state == RecorderStatus::State::Failed;
}

} // namespace

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
    void cut(Serial end) EXCLUDES(mutex_);
    [[nodiscard]] RecorderStatus status() const EXCLUDES(mutex_);
    void spillTo(std::filesystem::path shoot) EXCLUDES(mutex_);
    void giveUp() EXCLUDES(mutex_);
    [[nodiscard]] std::filesystem::path folder() const EXCLUDES(mutex_);
    [[nodiscard]] std::int64_t startTimecode() const EXCLUDES(mutex_);
    bool waitUntilDone(Nanos monotonic_deadline) const EXCLUDES(mutex_);
    /// The destructor's. @return false when the disk does not answer: the thread must be left behind.
    bool end() EXCLUDES(mutex_);

    const RecordingOrder order_;

private:
    /// One recording of the take. All but the last are over.
    struct Part {
        std::unique_ptr<RecordingWriter> writer;
        std::filesystem::path shoot;
        Serial first = 0;
        Nanos first_captured_at {};
        bool closed = false;
        bool refused = false; ///< Its disk would not have it closed: once more at the end of the take.
    };
    /// The disk is being asked something, for as long as this lives.
    class Asking {
    public:
        explicit Asking(Core& core)
            : core_(core)
        {
            Lock lock(core_.mutex_);
            core_.asked_at_ = base::monotonicNow();
        }
        ~Asking()
        {
            Lock lock(core_.mutex_);
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
    [[nodiscard]] std::optional<Serial> cutAt() const EXCLUDES(mutex_);
    void holdUnwritten() EXCLUDES(mutex_);

    void fetch() REQUIRES(recorder_room_);
    bool writeBatch() REQUIRES(recorder_room_);
    void advance(std::size_t count) REQUIRES(recorder_room_);
    void tellProgress() REQUIRES(recorder_room_);
    base::Outcome syncPart() REQUIRES(recorder_room_);
    bool syncNow() REQUIRES(recorder_room_);
    void endWithoutTheRest() REQUIRES(recorder_room_);
    bool conclude() REQUIRES(recorder_room_);
    void leaveOut(FrameIndex kept_frames) REQUIRES(recorder_room_);

    bool overcome(const base::Error& error) REQUIRES(recorder_room_);
    bool pauseAfterTrouble() EXCLUDES(mutex_);
    bool goOnElsewhere() REQUIRES(recorder_room_);
    [[nodiscard]] std::vector<std::filesystem::path> otherFolders() REQUIRES(recorder_room_);
    void takeBackUnsynced() REQUIRES(recorder_room_);
    void refuse(const base::Error& error, std::string_view where = {}) REQUIRES(recorder_room_);
    void fail(const base::Error& error) REQUIRES(recorder_room_);
    void finish(RecorderStatus::State state, std::string trouble) EXCLUDES(mutex_);

    base::Outcome startTake(const std::filesystem::path& shoot) REQUIRES(recorder_room_);
    base::Outcome startPart(const std::filesystem::path& shoot) REQUIRES(recorder_room_);
    void started(std::unique_ptr<RecordingWriter> writer, const std::filesystem::path& shoot)
        REQUIRES(recorder_room_);
    void dropEmptyPart() REQUIRES(recorder_room_);
    void closeFormerParts() REQUIRES(recorder_room_);
    base::Outcome closePart(std::size_t number) REQUIRES(recorder_room_);
    [[nodiscard]] TakeFacts factsOf(std::size_t number) REQUIRES(recorder_room_);
    void learnFacts(Nanos first_captured_at) REQUIRES(recorder_room_);

    void writeSound(Nanos until) REQUIRES(recorder_room_);
    base::Outcome appendSound(std::span<const std::int16_t> samples, const SoundBlock& like, Nanos from)
        REQUIRES(recorder_room_);
    base::Outcome fillSoundUpTo(const SoundBlock& block) REQUIRES(recorder_room_);
    [[nodiscard]] Nanos lastFrameEnds() REQUIRES(recorder_room_)
    {
        return last_at_ + order_.rate.frameTime();
    }

    const std::shared_ptr<const Ring> ring_;
    const std::shared_ptr<const SoundRing> sound_; ///< May be null.

    base::Room recorder_room_ { "recorder" };
    TakeFacts facts_ GUARDED_BY(recorder_room_); ///< Of the take, from its first frame on.
    bool facts_known_ GUARDED_BY(recorder_room_) = false;
    std::vector<Part> parts_ GUARDED_BY(recorder_room_);
    int last_part_number_ GUARDED_BY(recorder_room_) = 1;
    Serial next_ GUARDED_BY(recorder_room_) = order_.first;  ///< First frame that no part has.
    std::vector<FramePtr> batch_ GUARDED_BY(recorder_room_); ///< Frames from next_ on.
    std::size_t batch_bytes_ GUARDED_BY(recorder_room_) = kBatchBytes;
    Nanos last_at_ GUARDED_BY(recorder_room_) {}; ///< Monotonic, of the last frame written.
    Nanos sync_at_ GUARDED_BY(recorder_room_) {};
    Nanos fed_at_ GUARDED_BY(recorder_room_) = base::monotonicNow(); ///< When the last frame came.
    bool dirty_ GUARDED_BY(recorder_room_) = false;       ///< Something was written that is to be synced.
    bool broken_ GUARDED_BY(recorder_room_) = false;      ///< A sync failed, and none has succeeded since.
    std::string last_trouble_ GUARDED_BY(recorder_room_); ///< Of the disk being written to.
    std::string last_trouble_elsewhere_ GUARDED_BY(recorder_room_);
    std::uint64_t next_sound_ GUARDED_BY(recorder_room_) = 0;   ///< Block to write next.
    std::uint64_t synced_sound_ GUARDED_BY(recorder_room_) = 0; ///< The same, at the last good sync.
    Nanos sound_from_ GUARDED_BY(recorder_room_) {}; ///< Monotonic: no sound before it is wanted any more.
    std::string sound_trouble_ GUARDED_BY(recorder_room_);
    bool sound_failed_ GUARDED_BY(recorder_room_) = false; ///< The picture goes on without it.

    mutable base::Mutex mutex_;
    mutable base::Condition changed_;
    RecorderStatus status_ GUARDED_BY(mutex_);
    std::filesystem::path spill_ GUARDED_BY(mutex_);
    std::optional<Serial> cut_at_ GUARDED_BY(mutex_);
    Serial written_end_ GUARDED_BY(mutex_);            ///< next_, for others.
    std::optional<Nanos> asked_at_ GUARDED_BY(mutex_); ///< Since when the disk owes an answer.
    bool poked_ GUARDED_BY(mutex_) = false;            ///< Try again now.
    bool given_up_ GUARDED_BY(mutex_) = false;
    bool ending_ GUARDED_BY(mutex_) = false; ///< The destructor waits.
    bool tried_a_last_time_ GUARDED_BY(mutex_) = false;
    std::shared_ptr<const Ring::Span> hold_ GUARDED_BY(mutex_);
};

Recorder::Recorder(
    std::shared_ptr<const Ring> ring, std::shared_ptr<const SoundRing> sound, RecordingOrder order)
    : core_(std::make_shared<Core>(std::move(ring), std::move(sound), std::move(order)))
    , thread_([core = core_]() { core->run(); })
{
}

Recorder::~Recorder()
{
    if (core_->end())
        thread_.join();
    else
        thread_.detach();
}

void Recorder::cut(Serial end) { core_->cut(end); }
RecorderStatus Recorder::status() const { return core_->status(); }
void Recorder::spillTo(std::filesystem::path shoot) { core_->spillTo(std::move(shoot)); }
void Recorder::giveUp() { core_->giveUp(); }
std::filesystem::path Recorder::folder() const { return core_->folder(); }
std::int64_t Recorder::startTimecode() const { return core_->startTimecode(); }
bool Recorder::waitUntilDone(Nanos monotonic_deadline) const
{
    return core_->waitUntilDone(monotonic_deadline);
}
const RecordingOrder& Recorder::order() const { return core_->order_; }

void Recorder::Core::cut(Serial end)
{
    {
        Lock lock(mutex_);
        cut_at_ = std::max(end, order_.first);
        changed_.notifyAll();
    }
    holdUnwritten();
}

/// After the cut the ring keeps what is not on disk. The token is made outside the lock: both are leaves.
void Recorder::Core::holdUnwritten()
{
    Ring::Span unwritten;
    {
        Lock lock(mutex_);
        if (!cut_at_ || isDone(status_))
            return;
        unwritten = { written_end_, *cut_at_ };
    }
    auto hold = ring_->hold(unwritten);
    Lock lock(mutex_);
    if (!isDone(status_))
        std::swap(hold_, hold);
}

std::optional<Serial> Recorder::Core::cutAt() const
{
    Lock lock(mutex_);
    return cut_at_;
}

RecorderStatus Recorder::Core::status() const
{
    RecorderStatus status;
    Serial from = 0;
    std::optional<Serial> to;
    std::optional<Nanos> asked_at;
    {
        Lock lock(mutex_);
        status = status_;
        from = written_end_;
        to = cut_at_;
        asked_at = asked_at_;
    }
    if (isDone(status))
        return status;
    const auto span = ring_->span();
    const auto stats = ring_->stats();
    const Serial announced = ring_->announcedEnd();
    const bool overrun = from < span.first;
    from = std::max(from, span.first);
    to = std::min(to.value_or(announced), announced);
    status.unwritten = *to > from ? static_cast<FrameIndex>(*to - from) : 0;
    if (stats.frames > 0 && stats.cap_bytes > 0)
        status.ring_fill = std::min(1.0,
            static_cast<double>(status.unwritten) / static_cast<double>(stats.frames)
                * static_cast<double>(stats.bytes) / static_cast<double>(stats.cap_bytes));
    if (overrun && status.unwritten > 0)
        status.ring_fill = 1;
    if (asked_at)
        status.stalled = base::monotonicNow() - *asked_at;
    if (status.stalled >= kStalledAfter) {
        status.state = RecorderStatus::State::Waiting;
        const auto& shoot = status.spilled_to.empty() ? order_.shoot : status.spilled_to;
        status.trouble = fmt::format("the disk of {} has not answered for {:.0f} s: frames wait in memory",
            shoot.string(), std::max(1.0, base::seconds(status.stalled)));
    }
    return status;
}

void Recorder::Core::spillTo(std::filesystem::path shoot)
{
    Lock lock(mutex_);
    spill_ = std::move(shoot);
    poked_ = true;
    changed_.notifyAll();
}

void Recorder::Core::giveUp()
{
    Lock lock(mutex_);
    if (!cut_at_ || status_.state != RecorderStatus::State::Waiting)
        return;
    given_up_ = true;
    changed_.notifyAll();
}

std::filesystem::path Recorder::Core::folder() const
{
    Lock lock(mutex_);
    return status_.folder;
}

std::int64_t Recorder::Core::startTimecode() const
{
    Lock lock(mutex_);
    return status_.facts.start_timecode;
}

bool Recorder::Core::waitUntilDone(Nanos monotonic_deadline) const
{
    Lock lock(mutex_);
    return changed_.waitUntil(
        mutex_, {}, monotonic_deadline, [this]() REQUIRES(mutex_) { return isDone(status_); });
}

bool Recorder::Core::end()
{
    if (!cutAt())
        cut(ring_->announcedEnd());
    Lock lock(mutex_);
    ending_ = true;
    changed_.notifyAll();
    while (!isDone(status_)) {
        const Nanos now = base::monotonicNow();
        if (asked_at_ && now - *asked_at_ >= order_.patience) {
            spdlog::error("recorder {}: the disk does not answer; its thread is left behind", name());
            return false;
        }
        changed_.waitUntil(mutex_, {}, asked_at_.value_or(now) + order_.patience,
            [this]() REQUIRES(mutex_) { return isDone(status_); });
    }
    return true;
}

void Recorder::Core::finish(RecorderStatus::State state, std::string trouble)
{
    std::shared_ptr<const Ring::Span> hold; // let go outside the lock
    Lock lock(mutex_);
    status_.state = state;
    status_.trouble = std::move(trouble);
    hold = std::exchange(hold_, nullptr);
    changed_.notifyAll();
}

void Recorder::Core::run()
{
    base::nameThisThread("bt-recorder");
    recorder_room_.mustBeHere();
    while (true) {
        const auto cut_at = cutAt();
        if (cut_at && next_ >= *cut_at && batch_.empty()) {
            if (conclude())
                return;
            continue;
        }
        if (batch_.empty())
            fetch();
        if (batch_.empty())
            endWithoutTheRest();
        else if (!writeBatch())
            return;
        if (dirty_ && base::monotonicNow() >= sync_at_ && !syncNow())
            return;
    }
}

/// A camera that died may have announced frames that it never gave. The destructor does not wait for them.
void Recorder::Core::endWithoutTheRest()
{
    Lock lock(mutex_);
    if (ending_ && base::monotonicNow() - fed_at_ > order_.patience)
        cut_at_ = next_;
}

/// Frames next_ … in order, as many as readers may see now and one write should take. Those that left the
/// ring unwritten come as lost ones, their times spread evenly over the gap.
void Recorder::Core::fetch()
{
    Nanos until = base::monotonicNow() + kSyncEvery;
    if (dirty_)
        until = std::min(until, sync_at_);
    ring_->waitFor(next_, {}, until);
    const Serial end = cutAt().value_or(ring_->announcedEnd());
    std::size_t bytes = 0;
    for (Serial serial = next_; serial < end && batch_.size() < kBatchFrames && bytes < batch_bytes_;
         ++serial) {
        FramePtr frame = ring_->at(serial);
        const auto span = ring_->span();
        if (!frame && serial < span.end)
            frame = ring_->at(serial); // it may have come in between
        if (frame) {
            bytes += frame->jpeg.size();
            batch_.push_back(std::move(frame));
        } else if (serial < span.end) {
            base::Frame lost;
            lost.serial = serial;
            lost.loss = base::Loss::RingOverrun;
            const auto announced = ring_->capturedAt(serial);
            const Serial resume = std::max(span.first, serial);
            lost.captured_at = announced.value_or(ring_->capturedAt(resume).value_or(last_at_)
                - order_.rate.timeOf(static_cast<std::int64_t>(resume - serial)));
            batch_.push_back(std::make_shared<const base::Frame>(std::move(lost)));
        } else {
            break;
        }
    }
    if (!batch_.empty())
        fed_at_ = base::monotonicNow();
}

/// @return false when the recorder is at its end.
bool Recorder::Core::writeBatch()
{
    if (parts_.empty()) {
        if (const auto made = startTake(order_.shoot); !made)
            return overcome(made.error());
    }
    if (broken_)
        goOnElsewhere();
    RecordingWriter& writer = *parts_.back().writer;
    const FrameIndex before = writer.frames();
    const Nanos began = base::monotonicNow();
    base::Outcome written;
    {
        const Asking asking(*this);
        written = writer.append(batch_);
    }
    const Nanos took = base::monotonicNow() - began;
    if (took > kLongWrite)
        batch_bytes_ = std::max(kSmallestBatch, batch_bytes_ / 2);
    else if (took < kLongWrite / 4)
        batch_bytes_ = std::min(kBatchBytes, batch_bytes_ * 2);
    advance(static_cast<std::size_t>(writer.frames() - before));
    if (!written)
        return overcome(written.error());
    if (!broken_) {
        last_trouble_.clear();
        Lock lock(mutex_);
        status_.state = RecorderStatus::State::Writing;
        status_.trouble.clear();
    }
    writeSound(lastFrameEnds());
    closeFormerParts();
    return true;
}

/// The first @p count frames of the batch are on disk.
void Recorder::Core::advance(std::size_t count)
{
    if (count == 0)
        return;
    last_at_ = std::max(last_at_, batch_[count - 1]->captured_at);
    next_ += count;
    dirty_ = true;
    {
        Lock lock(mutex_);
        for (const FramePtr& frame : std::span(batch_).first(count)) {
            if (frame->loss != base::Loss::None)
                ++status_.lost[std::string(takes::nameOf(frame->loss))];
        }
    }
    batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
    tellProgress();
    if (cutAt())
        holdUnwritten(); // less of it
}

void Recorder::Core::tellProgress()
{
    FrameIndex frames = 0;
    std::uint64_t bytes = 0;
    for (const Part& part : parts_) {
        frames += part.writer->frames();
        bytes += part.writer->bytes();
    }
    Lock lock(mutex_);
    written_end_ = next_;
    status_.frames = frames;
    status_.bytes = bytes;
}

/// When it fails, what the disk may not have is taken back from the ring, to be written again.
base::Outcome Recorder::Core::syncPart()
{
    base::Outcome synced;
    {
        const Asking asking(*this);
        synced = parts_.back().writer->sync();
    }
    if (synced) {
        broken_ = false;
        synced_sound_ = next_sound_;
    } else {
        broken_ = true;
        takeBackUnsynced();
    }
    dirty_ = false;
    return synced;
}

/// @return false when the recorder is at its end.
bool Recorder::Core::syncNow()
{
    sync_at_ = base::monotonicNow() + kSyncEvery;
    const bool was_broken = broken_;
    if (const auto synced = syncPart(); !synced)
        return overcome(synced.error());
    if (was_broken) {
        last_trouble_.clear();
        Lock lock(mutex_);
        status_.state = RecorderStatus::State::Writing;
        status_.trouble.clear();
    }
    return true;
}

/// All frames are on disk. @return whether the take is over; if not, there is something to be done again.
bool Recorder::Core::conclude()
{
    if (parts_.empty()) {
        finish(RecorderStatus::State::Closed, {});
        return true;
    }
    // A cut that was learned late lies before what is written already.
    const auto kept_frames = static_cast<FrameIndex>(cutAt().value_or(next_) - order_.first);
    const bool learned_late = static_cast<FrameIndex>(next_ - order_.first) > kept_frames;
    if (learned_late)
        leaveOut(kept_frames);
    else
        writeSound(lastFrameEnds());
    // A sync that fails may mean that frames must be written again, elsewhere if there is a place.
    if (dirty_) {
        if (!syncNow())
            return true;
        if (broken_ || !batch_.empty())
            return false;
    }
    if (const auto closed = closePart(parts_.size() - 1); !closed) {
        refuse(closed.error());
        if (pauseAfterTrouble())
            return false;
        fail(closed.error());
        return true;
    }
    closeFormerParts();
    TakeFacts facts = parts_.front().closed ? parts_.front().writer->facts()
                                            : parts_.front().writer->factsToClose(factsOf(0));
    std::map<std::string, std::int64_t> lost;
    for (const Part& part : parts_) {
        for (const auto& [cause, count] : part.writer->factsToClose({}).lost)
            lost[cause] += count;
    }
    tellProgress();
    {
        Lock lock(mutex_);
        status_.facts = std::move(facts);
        status_.lost = std::move(lost);
    }
    parts_.clear(); // whoever opens the take now finds it free
    finish(RecorderStatus::State::Closed, {});
    return true;
}

void Recorder::Core::leaveOut(FrameIndex kept_frames)
{
    const Asking asking(*this);
    const auto end = order_.first + static_cast<Serial>(kept_frames);
    while (parts_.size() > 1 && end <= parts_.back().first) {
        parts_.back().writer->discard();
        parts_.pop_back();
        parts_.front().closed = false;
        Lock lock(mutex_);
        status_.further_folders.pop_back();
    }
    Part& last = parts_.back();
    const auto count = static_cast<FrameIndex>(end - last.first);
    if (last.writer->frames() <= count)
        return;
    last.closed = false;
    if (const auto kept = last.writer->keepFirst(count); !kept)
        spdlog::error("recorder {}: {} ({})", name(), kept.error().message, kept.error().detail);
}

/// The disk refuses. @return false when the recorder is at its end; else try again, here or elsewhere.
bool Recorder::Core::overcome(const base::Error& error)
{
    refuse(error);
    if (error.fault == base::Fault::Exists) {
        fail(error);
        return false;
    }
    if (goOnElsewhere() || pauseAfterTrouble())
        return true;
    fail(error);
    return false;
}

/// @return false when it is time to give up.
bool Recorder::Core::pauseAfterTrouble()
{
    Lock lock(mutex_);
    if (given_up_ || (ending_ && tried_a_last_time_))
        return false;
    changed_.waitUntil(mutex_, {}, base::monotonicNow() + kRetryAfter,
        [this]() REQUIRES(mutex_) { return given_up_ || ending_ || poked_; });
    poked_ = false;
    tried_a_last_time_ = ending_;
    return !given_up_;
}

/// @return whether there is a new part to write to.
bool Recorder::Core::goOnElsewhere()
{
    const auto folders = otherFolders();
    if (folders.empty())
        return false;
    if (dirty_)
        std::ignore = syncPart();
    if (batch_.empty())
        return false; // nothing to go on with yet
    for (const auto& shoot : folders) {
        const bool nothing_written =
            parts_.empty() || (parts_.size() == 1 && parts_.front().writer->frames() == 0);
        const auto made = nothing_written ? startTake(shoot) : startPart(shoot);
        if (made)
            return true;
        refuse(made.error(), "the second folder");
    }
    return false;
}

/// Where the take may go on, the best first.
std::vector<std::filesystem::path> Recorder::Core::otherFolders()
{
    std::filesystem::path spill;
    {
        Lock lock(mutex_);
        spill = spill_;
    }
    std::vector<std::filesystem::path> folders;
    if (parts_.size() >= kMostParts)
        return folders;
    const Asking asking(*this);
    for (const auto& shoot : { spill, order_.shoot }) {
        if (shoot.empty() || shoot == (parts_.empty() ? order_.shoot : parts_.back().shoot))
            continue;
        const bool refused_before = std::any_of(
            parts_.begin(), parts_.end(), [&shoot = shoot](const Part& part) { return part.shoot == shoot; });
        if (refused_before) {
            std::error_code error;
            const auto space = std::filesystem::space(shoot, error);
            if (error || space.available < kRoomToComeBack)
                continue;
        }
        folders.push_back(shoot);
    }
    return folders;
}

/// What the disk may not have is taken from the ring once more, to be written again.
void Recorder::Core::takeBackUnsynced()
{
    Part& part = parts_.back();
    const Asking asking(*this);
    const Serial safe = part.first + static_cast<Serial>(part.writer->syncedFrames());
    std::vector<FramePtr> again;
    Serial from = next_;
    while (from > safe) {
        FramePtr frame = ring_->at(from - 1);
        if (!frame)
            break; // the disk may have it
        again.push_back(std::move(frame));
        --from;
    }
    if (again.empty())
        return;
    // What cannot be read back is left to the disk.
    if (!part.writer->keepFirst(static_cast<FrameIndex>(from - part.first)))
        std::ignore = part.writer->keepFirst(part.writer->syncedFrames());
    {
        Lock lock(mutex_);
        for (const FramePtr& frame : again) {
            if (frame->loss != base::Loss::None)
                --status_.lost[std::string(takes::nameOf(frame->loss))];
        }
    }
    batch_.insert(batch_.begin(), again.rbegin(), again.rend());
    next_ = from;
    last_at_ = batch_.front()->captured_at - order_.rate.frameTime();
    next_sound_ = synced_sound_;
    sound_from_ = batch_.front()->captured_at;
    if (const auto& sound = part.writer->sound())
        sound_from_ = part.first_captured_at + sound->starts_after_picture
            + Nanos(sound->samples * 1'000'000'000 / sound->rate_hz);
    tellProgress();
}

void Recorder::Core::refuse(const base::Error& error, std::string_view where)
{
    std::string& last = where.empty() ? last_trouble_ : last_trouble_elsewhere_;
    if (std::exchange(last, error.message) != error.message) // not with every try
        spdlog::error("recorder {}: {} ({})", name(), error.message, error.detail);
    std::string trouble = last_trouble_;
    if (!where.empty())
        trouble += fmt::format("; {}: {}", where, error.message);
    Lock lock(mutex_);
    status_.state = RecorderStatus::State::Waiting;
    status_.trouble = std::move(trouble);
}

/// The take ends with what was written.
void Recorder::Core::fail(const base::Error& error)
{
    const auto unwritten =
        static_cast<FrameIndex>(cutAt().value_or(next_) - std::min(next_, cutAt().value_or(next_)));
    batch_.clear();
    dropEmptyPart();
    std::string trouble = error.message;
    if (!parts_.empty()) {
        const auto closed = closePart(parts_.size() - 1);
        if (!closed)
            spdlog::error("recorder {}: {} ({})", name(), closed.error().message, closed.error().detail);
        closeFormerParts();
        tellProgress();
        const TakeFacts facts = parts_.front().writer->factsToClose(factsOf(0));
        Lock lock(mutex_);
        status_.facts = parts_.front().closed ? parts_.front().writer->facts() : facts;
        trouble = fmt::format(
            "{}; {} frames of the take are on disk, {} are lost", error.message, status_.frames, unwritten);
    }
    parts_.clear();
    spdlog::error("recorder {}: given up: {}", name(), trouble);
    finish(RecorderStatus::State::Failed, std::move(trouble));
}

/// The wall clock is asked once, whatever it does while the take rolls.
void Recorder::Core::learnFacts(Nanos first_captured_at)
{
    if (std::exchange(facts_known_, true))
        return;
    facts_.slate = order_.slate;
    facts_.direction = order_.direction;
    facts_.orientation = order_.orientation;
    facts_.camera = order_.camera;
    facts_.timecode = base::TimecodeFormat::customary(order_.rate);
    facts_.preroll_frames = static_cast<FrameIndex>(order_.roll - order_.first);
    const Nanos now = order_.wall_clock ? order_.wall_clock() : base::wallClockNow();
    facts_.started_at_utc = std::max(Nanos(0), now - (base::monotonicNow() - first_captured_at));
    facts_.start_timecode =
        base::timecodeOfTimeOfDay(base::localTimeOfDay(facts_.started_at_utc), facts_.timecode);
    sound_from_ = first_captured_at;
}

/// The first part, with the first frame of the batch.
base::Outcome Recorder::Core::startTake(const std::filesystem::path& shoot)
{
    learnFacts(batch_.front()->captured_at);
    TakeFacts facts = facts_;
    auto created = [&]() {
        const Asking asking(*this);
        auto writer = RecordingWriter::create(shoot, facts, disk());
        while (!writer && writer.error().fault == base::Fault::Exists && !order_.exact_take
            && facts.slate.take < kHighestTake) {
            ++facts.slate.take;
            writer = RecordingWriter::create(shoot, facts, disk());
        }
        return writer;
    }();
    if (!created)
        return base::fail(created.error());
    facts_ = (*created)->facts();
    started(std::move(*created), shoot);
    Lock lock(mutex_);
    status_.folder = parts_.back().writer->folder();
    status_.first_captured_at = parts_.front().first_captured_at;
    status_.facts = facts_;
    return {};
}

/// A further part, with the first frame of the batch.
base::Outcome Recorder::Core::startPart(const std::filesystem::path& shoot)
{
    TakeFacts facts = factsOf(0);
    const auto first_frame = static_cast<FrameIndex>(next_ - order_.first);
    facts.parts.clear();
    facts.continues = takes::Continues { std::filesystem::absolute(parts_.front().writer->folder()).string(),
        last_part_number_ + 1, first_frame };
    facts.start_timecode += first_frame;
    facts.preroll_frames = std::max<FrameIndex>(0, facts.preroll_frames - first_frame);
    facts.started_at_utc += batch_.front()->captured_at - parts_.front().first_captured_at;
    auto created = [&]() {
        const Asking asking(*this);
        return RecordingWriter::create(shoot, facts, disk());
    }();
    if (!created)
        return base::fail(created.error());
    ++last_part_number_;
    (*created)->startNotBefore(last_at_);
    started(std::move(*created), shoot);
    spdlog::warn("recorder {}: goes on in {}", name(), parts_.back().writer->folder().string());
    Lock lock(mutex_);
    status_.further_folders.push_back(parts_.back().writer->folder());
    return {};
}

void Recorder::Core::started(std::unique_ptr<RecordingWriter> writer, const std::filesystem::path& shoot)
{
    Part part;
    part.writer = std::move(writer);
    part.shoot = shoot;
    part.first = next_;
    part.first_captured_at = batch_.front()->captured_at;
    dropEmptyPart();
    if (!parts_.empty())
        parts_.front().closed = false; // it does not name the new one
    parts_.push_back(std::move(part));
    sync_at_ = base::monotonicNow() + kSyncEvery;
    dirty_ = broken_ = false;
    synced_sound_ = next_sound_;
    sound_failed_ = false;
    Lock lock(mutex_);
    status_.spilled_to = shoot == order_.shoot ? std::filesystem::path() : shoot;
}

/// A part that took not one frame is none.
void Recorder::Core::dropEmptyPart()
{
    if (parts_.empty() || parts_.back().writer->frames() > 0)
        return;
    {
        const Asking asking(*this);
        parts_.back().writer->discard();
    }
    parts_.pop_back();
    Lock lock(mutex_);
    if (parts_.empty())
        status_.folder.clear();
    else
        status_.further_folders.pop_back();
}

/// The parts before the last one, which is being written or closed: as far as their disks still take it. What
/// they refuse now is tried again at the end of the take, and then left to recovery.
void Recorder::Core::closeFormerParts()
{
    for (std::size_t number = parts_.size() - 1; number-- > 0;) {
        Part& part = parts_[number];
        const bool again = number == 0 && parts_.back().closed && !part.writer->facts().parts.empty()
            && part.writer->facts().parts.back().frames == 0;
        if ((part.closed && !again) || (part.refused && !parts_.back().closed))
            continue;
        if (const auto closed = closePart(number); !closed) {
            spdlog::warn("recorder {}: {} ({})", name(), closed.error().message, closed.error().detail);
            part.refused = true;
        }
    }
}

base::Outcome Recorder::Core::closePart(std::size_t number)
{
    const Asking asking(*this);
    Part& part = parts_[number];
    const auto closed = part.writer->close(factsOf(number));
    part.closed = closed.has_value();
    if (!closed)
        return base::fail(closed.error());
    return {};
}

/// The facts of a part that its writer does not know by itself.
TakeFacts Recorder::Core::factsOf(std::size_t number)
{
    if (number > 0)
        return parts_[number].writer->facts();
    TakeFacts facts = facts_;
    for (std::size_t i = 1; i < parts_.size(); ++i) {
        const Part& part = parts_[i];
        takes::Part named;
        named.first_frame = static_cast<FrameIndex>(part.first - order_.first);
        named.folder = std::filesystem::absolute(part.writer->folder()).string();
        if (i + 1 < parts_.size() || part.closed)
            named.frames = part.writer->frames();
        facts.parts.push_back(std::move(named));
    }
    return facts;
}

/// Writes the sound that has come for [sound_from_, @p until), sample by sample.
void Recorder::Core::writeSound(Nanos until)
{
    while (!sound_failed_) {
        const std::uint64_t wanted = next_sound_;
        const SoundBlockPtr block = sound_ ? sound_->at(next_sound_) : nullptr;
        if (!block || block->captured_at >= until)
            return;
        const bool usable = !block->samples.empty() && block->rate_hz > 0 && block->channels > 0;
        const auto frames = usable ? static_cast<std::int64_t>(block->samples.size()) / block->channels : 0;
        const auto sampleAt = [&block, frames](Nanos time) {
            return std::clamp<std::int64_t>(
                (time - block->captured_at).count() * block->rate_hz / 1'000'000'000, 0, frames);
        };
        const std::int64_t begin = usable ? sampleAt(sound_from_) : 0;
        const std::int64_t end = usable ? sampleAt(until) : 0;
        base::Outcome written;
        if (usable && next_sound_ != wanted) // some of it has left: silence keeps the rest in its place
            written = fillSoundUpTo(*block);
        if (written && begin < end) {
            const auto samples = std::span(block->samples)
                                     .subspan(static_cast<std::size_t>(begin * block->channels),
                                         static_cast<std::size_t>((end - begin) * block->channels));
            written = appendSound(
                samples, *block, block->captured_at + Nanos(begin * 1'000'000'000 / block->rate_hz));
        }
        if (!written) {
            if (std::exchange(sound_trouble_, written.error().message) != written.error().message)
                spdlog::error(
                    "recorder {}: sound: {} ({})", name(), written.error().message, written.error().detail);
            // A disk that refuses may take it with the next pictures; they decide whether the take goes on
            // elsewhere.
            sound_failed_ = written.error().fault == base::Fault::Usage;
            next_sound_ = wanted;
            return;
        }
        if (end < frames) {
            sound_from_ = until; // its rest belongs to pictures to come
            return;
        }
        ++next_sound_;
    }
}

base::Outcome Recorder::Core::appendSound(
    std::span<const std::int16_t> samples, const SoundBlock& like, Nanos from)
{
    const Part& part = parts_.back();
    Nanos starts_after = from - part.first_captured_at;
    if (std::chrono::abs(starts_after) < Nanos(1'000'000'000 / like.rate_hz))
        starts_after = {}; // cut to the sample
    const Asking asking(*this);
    dirty_ = true;
    return part.writer->appendSound(samples, { like.rate_hz, like.channels, 0, starts_after });
}

/// Silence between what was written and @p block.
base::Outcome Recorder::Core::fillSoundUpTo(const SoundBlock& block)
{
    const Part& part = parts_.back();
    const auto& sound = part.writer->sound();
    if (!sound || sound->rate_hz != block.rate_hz || sound->channels != block.channels)
        return {}; // it begins here, or is refused
    const double away =
        base::seconds(block.captured_at - part.first_captured_at - sound->starts_after_picture);
    std::int64_t missing = static_cast<std::int64_t>(away * sound->rate_hz) - sound->samples;
    const std::vector<std::int16_t> silence(
        static_cast<std::size_t>(sound->rate_hz) * static_cast<std::size_t>(sound->channels));
    while (missing > 0) {
        const auto now = std::min<std::int64_t>(missing, sound->rate_hz);
        const auto samples = std::span(silence).first(static_cast<std::size_t>(now * sound->channels));
        if (auto written = appendSound(samples, block, {}); !written)
            return written;
        missing -= now;
    }
    return {};
}

} // namespace backtake::capture
