/// A disk that refuses: wait, go on elsewhere, take back what was not synced, or give up.
#include "capture/recorder_core.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace backtake::capture {

using base::FrameIndex;
using base::FramePtr;
using base::Lock;
using base::Nanos;
using base::Serial;
using takes::TakeFacts;
using namespace std::chrono_literals;

namespace {

constexpr Nanos kRetryAfter = 500ms;
/// Room on a disk that was given up before, for the take to come back to it: bounds the number of parts.
constexpr std::uintmax_t kRoomToComeBack = 64 << 20;
constexpr std::size_t kMostParts = 64;

} // namespace

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
    sound_taken_ = 0;
    sound_runs_ = false;
    sound_from_ = batch_.front()->captured_at;
    if (const auto& sound = part.writer->sound())
        sound_from_ = part.first_captured_at + sound->starts_after_picture
            + Nanos(std::llround(static_cast<double>(sound->samples) / sound->measuredRate() * 1e9));
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

} // namespace backtake::capture
