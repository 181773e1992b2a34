#include "capture/tether/preview_pacer.hpp"

#include <algorithm>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// Pictures from which the period is reckoned: long enough for a few microseconds, short enough to follow
/// a camera that changes its rate within ten seconds.
constexpr std::size_t kMostSeen = 256;
constexpr std::int64_t kFirstCalls = 12; ///< Asked at once, until the period is known.
/// Behind the lower bound, so that a picture's own jitter seldom makes the call early.
constexpr Nanos kMargin = 600us;
/// What the bounds drift apart with each picture besides what the period is not known for.
constexpr Nanos kDrift = 40us;
constexpr Nanos kFirstSleep = 5ms;     ///< The library's, when the camera says busy.
constexpr Nanos kWaited = 1500us;      ///< A call longer than its cost by this had to wait.
constexpr Nanos kHoldLead = 3ms;       ///< A camera that holds its answer is asked this early …
constexpr Nanos kRoomLead = 700us;     ///< … or this, when somebody has use for the time.
constexpr Nanos kAfterRepeat = 2500us; ///< A picture that came again: the next look.
constexpr Nanos kAfterError = 30ms;    ///< A busy camera comes back within microseconds: no spinning.
constexpr Nanos kSlowest = 1s;         ///< No camera's live view is slower than this.
constexpr Nanos kHeld = 300us;         ///< The same for a camera that holds its answer: there are no steps.
constexpr Nanos kHoldGive = 200us;     ///< How well such an answer tells when the picture was there.
/// Now and then a call comes early on purpose. A little early shows whether the camera holds its answer;
/// far too early shows a camera that has become faster, which nothing else does: whoever asks too seldom
/// always gets a new picture at once.
constexpr std::int64_t kProbeEvery = 50;
/// The library's first two sleeps and what goes with them, so that even such a call is hardly late.
constexpr Nanos kFarLead = 15600us;
/// A picture that was there this much before its lower bound was not the one that was expected.
constexpr Nanos kNotExpected = 4ms;

} // namespace

void PreviewPacer::called(Nanos asked_at, Nanos returned_at, Came came)
{
    const Nanos duration = std::max(returned_at - asked_at, Nanos(1));
    const Probe probe = std::exchange(probe_, Probe::None);
    if (came == Came::Nothing) {
        not_before_ = returned_at + kAfterError;
        return;
    }
    if (came == Came::Repeated) {
        manner_ = Manner::Repeat;
        learnCost(duration);
        too_early_at_ = asked_at;
        // A camera that has stopped is not asked 400 times a second.
        const Nanos since = returned_at - last_new_;
        not_before_ = returned_at + std::clamp(since / 20, kAfterRepeat, Nanos(20ms));
        return;
    }
    learnCost(duration);
    const Nanos waited = duration - cost_;
    // All times are those of the call that would just have brought it: the cost is not known in parts.
    const Nanos highest = std::max(returned_at - cost_, asked_at);
    Nanos lowest = asked_at - kSlowest; // Nothing known.
    if (too_early_at_ != Nanos {}) {
        lowest = too_early_at_;
    } else if (waited > (manner_ == Manner::Hold ? kHeld : kWaited)) {
        if (manner_ == Manner::Hold) {
            lowest = highest - kHoldGive;
        } else {
            // The library's sleeps add up to 5, 15, 30 … ms: the last of them bounds how late it looked.
            Nanos step = kFirstSleep;
            for (Nanos sum = step; sum + step + kFirstSleep <= waited + 500us; sum += step)
                step += kFirstSleep;
            lowest = std::max(asked_at, highest - step - 700us);
        }
    }
    if (manner_ == Manner::Repeat && too_early_at_ == Nanos {} && waited > kWaited)
        manner_ = Manner::Busy;
    if (probe != Probe::Far)
        judgeManner(waited, probe == Probe::Near);
    too_early_at_ = {};
    not_before_ = {};
    const bool paused = last_new_ != Nanos {} && returned_at - last_new_ > kSlowest;
    if (paused || (calls_ > kFirstCalls && highest < low_ - kNotExpected)) {
        seen_.clear();
        calls_ = 0;
        smooth_ = 0;
    }
    last_new_ = returned_at;
    sawNew(lowest, highest);
    if (calls_ > kFirstCalls && calls_ % kProbeEvery == 0)
        probe_ = manner_ == Manner::Busy && calls_ % (3 * kProbeEvery) == 0 ? Probe::Near : Probe::Far;
}

void PreviewPacer::learnCost(Nanos duration)
{
    // The least, slowly forgotten: larger pictures and other settings make calls dearer for good.
    if (cost_ == Nanos {} || duration < cost_)
        cost_ = duration;
    else
        cost_ += std::min<Nanos>((duration - cost_) / 64, 10us);
}

void PreviewPacer::judgeManner(Nanos waited, bool early_on_purpose)
{
    const bool led = early_on_purpose || manner_ == Manner::Hold;
    if (!led)
        return;
    if (waited > kHoldLead - 1500us && waited < kHoldLead + 1200us) {
        stepped_ = 0;
        if (++held_ >= 2 && manner_ == Manner::Busy) {
            manner_ = Manner::Hold;
            held_ = 0;
        } else if (manner_ == Manner::Busy) {
            probe_ = Probe::Near; // Once may be chance.
        }
    } else if (waited > kFirstSleep - 200us) {
        held_ = 0;
        if (++stepped_ >= 3 && manner_ == Manner::Hold) {
            manner_ = Manner::Busy;
            stepped_ = 0;
        }
    }
}

void PreviewPacer::sawNew(Nanos lowest, Nanos highest)
{
    const auto known = period();
    std::int64_t index = 0;
    if (!seen_.empty()) {
        const Nanos since = highest - seen_.back().at;
        // Before the period is known each picture is the next: all are asked for at once, none is missed.
        const std::int64_t steps = known && calls_ >= kFirstCalls ? (since + *known / 2) / *known : 1;
        index = seen_.back().index + std::max<std::int64_t>(steps, 1);
    }
    ++calls_;

    if (known && calls_ > kFirstCalls) {
        // What was expected of this one, met with what was seen.
        const bool was_late = lowest > low_;
        low_ = std::max(low_, lowest);
        high_ = std::min(high_, highest);
        if (low_ > high_) { // The picture itself came early or late: go by what was seen last.
            if (was_late)
                high_ = low_ + kMargin;
            else
                low_ = high_ - kMargin;
        }
    } else {
        low_ = std::max(lowest, highest - (known ? *known : kSlowest));
        high_ = highest;
    }
    const Nanos middle = low_ + (high_ - low_) / 2;
    const Nanos give = std::min<Nanos>((high_ - low_) / 2, 20ms);
    if (known && !seen_.empty()) {
        // A camera that holds its answer is as regular as its clock; one that is asked again is not.
        const Nanos gap = highest - seen_.back().at;
        smooth_ = std::chrono::abs(gap - *known) < 1500us ? smooth_ + 1 : 0;
    }
    // While all are asked for at once the time of the answer is all there is to reckon with.
    seen_.push_back({ index, calls_ <= kFirstCalls ? highest : middle, give });
    if (seen_.size() > kMostSeen)
        seen_.pop_front();
    if (calls_ == kFirstCalls && manner_ != Manner::Repeat)
        manner_ = smooth_ >= 6 ? Manner::Hold : Manner::Busy;

    if (const auto next = period()) {
        const Seen& first = seen_.front();
        const Seen& last = seen_.back();
        const Nanos unsure =
            kDrift + (first.give + last.give) / std::max<std::int64_t>(last.index - first.index, 1);
        low_ += *next - unsure;
        high_ += *next + unsure;
    }
}

Nanos PreviewPacer::lead(bool room_wanted) const
{
    if (probe_ == Probe::Far)
        return *period() < 2 * kFarLead ? std::min<Nanos>(*period() / 2, kFirstSleep) : kFarLead;
    if (manner_ == Manner::Hold)
        return room_wanted ? kRoomLead : kHoldLead;
    return probe_ == Probe::Near ? kHoldLead : Nanos {};
}

Nanos PreviewPacer::askAt(bool room_wanted) const
{
    if (not_before_ != Nanos {})
        return not_before_;
    if (calls_ < kFirstCalls || !period())
        return last_new_;
    const Nanos margin = manner_ == Manner::Hold ? kHoldGive : kMargin;
    return low_ + std::max<Nanos>(margin, (high_ - low_) * 3 / 10) - lead(room_wanted);
}

std::optional<Nanos> PreviewPacer::period() const
{
    if (seen_.size() < 4)
        return std::nullopt;
    const std::int64_t steps = seen_.back().index - seen_.front().index;
    if (steps <= 0)
        return std::nullopt;
    const Nanos period = (seen_.back().at - seen_.front().at) / steps;
    return std::clamp<Nanos>(period, 4ms, kSlowest);
}

} // namespace backtake::capture::tether
