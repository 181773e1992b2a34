/// The recordings that a take consists of, one as a rule, and what their facts say.
#include "capture/recorder_core.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::capture {

using base::FrameIndex;
using base::FramePtr;
using base::Lock;
using base::Nanos;
using takes::RecordingWriter;
using takes::TakeFacts;

namespace {

constexpr int kHighestTake = 99999;

} // namespace

/// The wall clock is asked once, whatever it does while the take rolls.
void Recorder::Core::learnFacts(Nanos first_captured_at)
{
    if (std::exchange(facts_known_, true))
        return;
    facts_.id = order_.id;
    facts_.slate = order_.slate;
    facts_.direction = order_.direction;
    facts_.orientation = order_.orientation;
    facts_.camera = order_.camera;
    facts_.timecode = order_.timecode ? order_.timecode->formatFor(order_.rate)
                                      : base::TimecodeFormat::customary(order_.rate);
    facts_.preroll_frames = static_cast<FrameIndex>(order_.roll - order_.first);
    const Nanos now = order_.wall_clock ? order_.wall_clock() : base::wallClockNow();
    facts_.started_at_utc = std::max(Nanos(0), now - (base::monotonicNow() - first_captured_at));
    const auto generated =
        order_.timecode ? order_.timecode->at(first_captured_at, facts_.timecode) : std::nullopt;
    facts_.start_timecode = generated.value_or(
        base::timecodeOfTimeOfDay(base::localTimeOfDay(facts_.started_at_utc), facts_.timecode));
    sound_from_ = first_captured_at;
    Lock lock(mutex_);
    timecode_format_ = facts_.timecode;
    timecode_runs_ = { { 0, facts_.start_timecode } };
    labelled_ = 1;
}

/// Each frame gets its timecode once: written again, on whatever disk, it keeps it.
void Recorder::Core::labelBatch()
{
    const auto first = static_cast<FrameIndex>(next_ - order_.first);
    for (const auto end = first + static_cast<FrameIndex>(batch_.size()); labelled_ < end; ++labelled_) {
        const FramePtr& frame = batch_[static_cast<std::size_t>(labelled_ - first)];
        const std::int64_t counted_on = timecode(labelled_);
        const std::int64_t timecode = order_.timecode
            ? order_.timecode->next(counted_on - 1, frame->captured_at, facts_.timecode)
            : counted_on;
        if (timecode != counted_on) {
            Lock lock(mutex_);
            timecode_runs_.push_back({ labelled_, timecode });
        }
    }
}

/// The first part, with the first frame of the batch.
base::Outcome Recorder::Core::startTake(const std::filesystem::path& shoot)
{
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
    facts.start_timecode = timecode(first_frame);
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

} // namespace backtake::capture
