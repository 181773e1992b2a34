#include "capture/recorder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace backtake::capture {

using base::FramePtr;
using base::Lock;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

namespace {

/// What a power cut may cost at most is twice this.
constexpr Nanos kSyncEvery = 400ms;
constexpr Nanos kRetryAfter = 500ms;
/// One gathered write: enough to be efficient, small enough to pin little of the ring.
constexpr std::size_t kBatchFrames = 64;
constexpr std::size_t kBatchBytes = 16 << 20;
/// Tries after the cut before a disk that refuses is given up.
constexpr int kLastTries = 3;
constexpr int kHighestTake = 99999;

} // namespace

Recorder::Recorder(std::shared_ptr<const Ring> ring, const SoundRing* sound, RecordingOrder order)
    : ring_(std::move(ring))
    , sound_(sound)
    , order_(std::move(order))
    , thread_([this]() { run(); })
{
}

Recorder::~Recorder()
{
    if (!end())
        cut(ring_->announcedEnd());
}

void Recorder::cut(Serial end)
{
    Lock lock(mutex_);
    end_ = std::max(end, order_.first);
    changed_.notifyAll();
}

std::optional<Serial> Recorder::end() const
{
    Lock lock(mutex_);
    return end_;
}

RecorderStatus Recorder::status() const
{
    Lock lock(mutex_);
    return status_;
}

std::filesystem::path Recorder::folder() const
{
    Lock lock(mutex_);
    return status_.folder;
}

std::int64_t Recorder::startTimecode() const
{
    Lock lock(mutex_);
    return status_.facts.start_timecode;
}

bool Recorder::waitUntilDone(Nanos monotonic_deadline) const
{
    Lock lock(mutex_);
    return changed_.waitUntil(mutex_, {}, monotonic_deadline, [this]() REQUIRES(mutex_) {
        return status_.state == RecorderStatus::State::Closed
            || status_.state == RecorderStatus::State::Failed;
    });
}

void Recorder::refuse(const base::Error& error)
{
    spdlog::error("recorder {}: {} ({})", takes::text(order_.slate), error.message, error.detail);
    Lock lock(mutex_);
    status_.state = RecorderStatus::State::Waiting;
    status_.trouble = error.message;
}

void Recorder::finish(RecorderStatus::State state, std::string trouble)
{
    Lock lock(mutex_);
    status_.state = state;
    status_.trouble = std::move(trouble);
    changed_.notifyAll();
}

bool Recorder::pauseAfterTrouble()
{
    Lock lock(mutex_);
    changed_.waitUntil(mutex_, {}, base::monotonicNow() + kRetryAfter, []() { return false; });
    return !end_.has_value();
}

takes::TakeFacts Recorder::factsFrom(Nanos first_captured_at) const
{
    takes::TakeFacts facts;
    facts.slate = order_.slate;
    facts.direction = order_.direction;
    facts.orientation = order_.orientation;
    facts.camera = order_.camera;
    facts.timecode = base::TimecodeFormat::customary(order_.rate);
    facts.preroll_frames = static_cast<base::FrameIndex>(order_.roll - order_.first);
    facts.started_at_utc = base::wallClockNow() - (base::monotonicNow() - first_captured_at);
    facts.start_timecode =
        base::timecodeOfTimeOfDay(base::localTimeOfDay(facts.started_at_utc), facts.timecode);
    return facts;
}

/// Frames @p next … in order, as many as readers may see now and one write should take. Those that left the
/// ring unwritten come as lost ones, their times spread evenly over the gap.
std::vector<FramePtr> Recorder::gather(Serial next, Serial end) const
{
    std::vector<FramePtr> frames;
    std::size_t bytes = 0;
    while (next < end && frames.size() < kBatchFrames && bytes < kBatchBytes) {
        if (FramePtr frame = ring_->at(next)) {
            bytes += frame->jpeg.size();
            frames.push_back(std::move(frame));
        } else if (const auto span = ring_->span(); next < span.first) {
            base::Frame lost;
            lost.serial = next;
            lost.loss = base::Loss::RingOverrun;
            const Nanos resume = ring_->capturedAt(span.first).value_or(Nanos(0));
            lost.captured_at = resume - order_.rate.timeOf(static_cast<std::int64_t>(span.first - next));
            frames.push_back(std::make_shared<const base::Frame>(std::move(lost)));
        } else {
            break;
        }
        ++next;
    }
    return frames;
}

/// Writes the sound that has come for [first frame, @p until), sample by sample.
void Recorder::writeSound(takes::RecordingWriter& writer, Nanos until)
{
    if (sound_ == nullptr || sound_failed_)
        return;
    while (const auto block = sound_->at(next_sound_)) {
        if (block->captured_at >= until)
            return;
        const bool usable = !block->samples.empty() && block->rate_hz > 0 && block->channels > 0;
        const auto frames = usable ? static_cast<std::int64_t>(block->samples.size()) / block->channels : 0;
        const auto sampleAt = [&block, frames](Nanos time) {
            return std::clamp<std::int64_t>(
                (time - block->captured_at).count() * block->rate_hz / 1'000'000'000, 0, frames);
        };
        const std::int64_t begin = usable ? sampleAt(sound_from_) : 0;
        const std::int64_t end = usable ? sampleAt(until) : 0;
        if (begin < end) {
            const auto samples = std::span(block->samples)
                                     .subspan(static_cast<std::size_t>(begin * block->channels),
                                         static_cast<std::size_t>((end - begin) * block->channels));
            if (const auto written = writer.appendSound(samples, { block->rate_hz, block->channels, 0, {} });
                !written) {
                spdlog::error("recorder {}: sound: {} ({})", takes::text(order_.slate),
                    written.error().message, written.error().detail);
                sound_failed_ = true;
                return;
            }
        }
        if (end < frames) {
            sound_from_ = until; // its rest belongs to pictures to come
            return;
        }
        ++next_sound_;
    }
}

void Recorder::run()
{
    base::nameThisThread("bt-recorder");
    recorder_room_.mustBeHere();
    takes::TakeFacts facts;
    std::unique_ptr<takes::RecordingWriter> writer;
    Serial next = order_.first;
    Nanos sync_at {};
    Nanos last_at {};
    int tries_left = kLastTries;
    std::vector<FramePtr> batch;

    // Whether to try again; when not, what is on disk stays as it is.
    const auto stumbles = [&](const base::Error& error) {
        refuse(error);
        if (error.fault != base::Fault::Exists && (pauseAfterTrouble() || --tries_left > 0))
            return true;
        finish(RecorderStatus::State::Failed,
            writer ? fmt::format("{}; {} frames of the take are on disk", error.message, writer->frames())
                   : error.message);
        return false;
    };

    while (true) {
        const auto end = this->end();
        if (end && next >= *end)
            break;
        if (batch.empty()) {
            ring_->waitFor(next, {}, base::monotonicNow() + kSyncEvery);
            batch = gather(next, this->end().value_or(ring_->announcedEnd()));
        }
        if (!batch.empty() && !writer) {
            const Nanos first_captured_at = batch.front()->captured_at;
            facts = factsFrom(first_captured_at);
            auto created = takes::RecordingWriter::create(order_.shoot, facts);
            for (; !created && created.error().fault == base::Fault::Exists && !order_.exact_take
                 && facts.slate.take < kHighestTake;
                 created = takes::RecordingWriter::create(order_.shoot, facts))
                ++facts.slate.take;
            if (!created) {
                if (stumbles(created.error()))
                    continue;
                return;
            }
            writer = std::move(*created);
            sound_from_ = first_captured_at;
            sync_at = base::monotonicNow() + kSyncEvery;
            Lock lock(mutex_);
            status_.folder = writer->folder();
            status_.first_captured_at = first_captured_at;
            status_.facts = facts;
        }
        if (!batch.empty()) {
            if (const auto written = writer->append(batch); !written) {
                if (stumbles(written.error()))
                    continue; // the same batch again
                return;
            }
            next += batch.size();
            last_at = batch.back()->captured_at;
            Lock lock(mutex_);
            for (const FramePtr& frame : batch)
                if (frame->loss != base::Loss::None)
                    ++status_.lost[std::string(takes::nameOf(frame->loss))];
            status_.frames = writer->frames();
            status_.bytes = writer->bytes();
            status_.state = RecorderStatus::State::Writing;
            status_.trouble.clear();
        }
        if (writer) {
            writeSound(*writer, last_at + order_.rate.frameTime());
            if (base::monotonicNow() >= sync_at) {
                if (const auto synced = writer->sync(); !synced)
                    spdlog::error("recorder {}: {} ({})", takes::text(order_.slate), synced.error().message,
                        synced.error().detail);
                sync_at = base::monotonicNow() + kSyncEvery;
            }
        }
        batch.clear();
    }

    if (!writer)
        return finish(RecorderStatus::State::Closed, {});
    // A cut that was learned late lies before what is written already.
    const auto kept_frames = static_cast<base::FrameIndex>(end().value_or(next) - order_.first);
    const bool learned_late = writer->frames() > kept_frames;
    if (learned_late) {
        if (const auto kept = writer->keepFirst(kept_frames); !kept)
            spdlog::error(
                "recorder {}: {} ({})", takes::text(order_.slate), kept.error().message, kept.error().detail);
    } else {
        writeSound(*writer, last_at + order_.rate.frameTime());
    }
    auto closed = writer->close(facts);
    if (!closed) {
        refuse(closed.error());
        return finish(RecorderStatus::State::Failed,
            fmt::format("{}; {} frames of the take are on disk", closed.error().message, writer->frames()));
    }
    {
        Lock lock(mutex_);
        status_.facts = *closed;
        status_.frames = closed->frames;
        if (learned_late)
            status_.lost = closed->lost;
    }
    finish(RecorderStatus::State::Closed, {});
}

} // namespace backtake::capture
