#include "capture/recorder_core.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::capture {

using base::FrameIndex;
using base::Lock;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

namespace {

/// From then on the operator is told that the disk does not answer.
constexpr Nanos kStalledAfter = 900ms;

bool isDone(const RecorderStatus& status)
{
    return status.state == RecorderStatus::State::Closed || status.state == RecorderStatus::State::Failed;
}

} // namespace

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
std::int64_t Recorder::timecode(FrameIndex n) const { return core_->timecode(n); }
base::TimecodeFormat Recorder::timecodeFormat() const { return core_->timecodeFormat(); }
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

std::int64_t Recorder::Core::timecode(FrameIndex n) const
{
    Lock lock(mutex_);
    const auto after = std::upper_bound(timecode_runs_.begin(), timecode_runs_.end(), n,
        [](FrameIndex wanted, const TimecodeRun& run) { return wanted < run.first; });
    return after == timecode_runs_.begin() ? n : after[-1].timecode + (n - after[-1].first);
}

base::TimecodeFormat Recorder::Core::timecodeFormat() const
{
    Lock lock(mutex_);
    return timecode_format_.value_or(base::TimecodeFormat::customary(order_.rate));
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

} // namespace backtake::capture
