/// The recorder at work: frames from the ring, batches to the disk, syncs, and the end after the cut.
#include "capture/recorder_core.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

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

constexpr std::size_t kBatchFrames = 64;
/// On a slow disk a batch becomes less, so that no write is far longer than this and syncs come in time.
constexpr Nanos kLongWrite = 100ms;
constexpr std::size_t kSmallestBatch = 1 << 20;
/// The sound of the last picture is in a sound card's buffer when that is written already. A source that is
/// later than this loses its end.
constexpr Nanos kSoundPatience = 300ms;

} // namespace

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
    learnFacts(batch_.front()->captured_at);
    labelBatch();
    if (parts_.empty()) {
        if (const auto made = startTake(order_.shoot); !made)
            return overcome(made.error());
    }
    if (broken_)
        goOnElsewhere();
    RecordingWriter& writer = *parts_.back().writer;
    batch_timecodes_.clear();
    for (std::size_t i = 0; i < batch_.size(); ++i)
        batch_timecodes_.push_back(timecode(static_cast<FrameIndex>(next_ - order_.first + i)));
    const FrameIndex before = writer.frames();
    const Nanos began = base::monotonicNow();
    base::Outcome written;
    {
        const Asking asking(*this);
        written = writer.append(batch_, batch_timecodes_);
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
    if (learned_late) {
        leaveOut(kept_frames);
    } else {
        if (sound_ && !sound_failed_ && parts_.back().writer->sound())
            sound_->waitFor(lastFrameEnds(), base::monotonicNow() + kSoundPatience);
        writeSound(lastFrameEnds());
    }
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

} // namespace backtake::capture
