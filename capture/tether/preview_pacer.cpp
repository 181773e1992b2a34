#include "capture/tether/preview_pacer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// Long enough for a period to a few microseconds, short enough to follow a clock that drifts with warmth.
constexpr std::size_t kMostSeen = 256;
constexpr std::int64_t kFirstPictures = 24; ///< Asked at once, until the period is known.
/// Behind the lower bound, so that a picture's own jitter seldom makes the call early.
constexpr Nanos kMargin = 600us;
/// What the bounds drift apart with each picture besides what the period is not known for.
constexpr Nanos kDrift = 30us;
constexpr double kPeriodDrift_ns = 20;
/// A call without the library's sleeps that took so much more than its cost was held by the camera.
constexpr Nanos kHeld = 2ms;
constexpr int kVotes = 3;
constexpr Nanos kHoldLead = 3ms;       ///< A camera that holds its answer is asked this early …
constexpr Nanos kRoomLead = 700us;     ///< … or this, when somebody has use for the time.
constexpr Nanos kAfterRepeat = 2500us; ///< A picture that came again: the next look.
constexpr Nanos kAfterError = 30ms;    ///< A busy camera comes back within microseconds: no spinning.
constexpr Nanos kSlowest = 1s;         ///< No camera's live view is slower than this.
/// Whoever asks too late always gets a new picture at once, and whoever asks half as often as there are
/// pictures, too: now and then, or when no lower bound has been met for long, a call comes far too early.
constexpr std::int64_t kProbeEvery = 100;
constexpr std::int64_t kUnconfirmed = 30;
constexpr Nanos kFarLead = 15300us; ///< Three of the library's short sleeps, so that it is hardly late.
constexpr int kMostSkipped = 8;

} // namespace

bool PreviewPacer::learning() const { return pictures_ < kFirstPictures || most_period_ns_ <= 0; }

void PreviewPacer::forget()
{
    seen_.clear();
    pictures_ = 0;
    skipped_ = 0;
    votes_ = 0;
    unconfirmed_ = 0;
    least_period_ns_ = most_period_ns_ = 0;
}

void PreviewPacer::called(Nanos asked_at, Nanos returned_at, Came came, std::optional<Nanos> not_there_at)
{
    const Nanos duration = std::max(returned_at - asked_at, Nanos(1));
    if (came == Came::Nothing) {
        not_before_ = returned_at + kAfterError;
        return;
    }
    if (!not_there_at)
        learnCost(duration);
    if (came == Came::Repeated) {
        manner_ = Manner::Repeat;
        votes_ = 0;
        repeated_at_ = asked_at;
        // A camera that has stopped is not asked 400 times a second.
        not_before_ = returned_at + std::clamp((returned_at - last_new_) / 20, kAfterRepeat, Nanos(20ms));
        return;
    }
    const bool probed = std::exchange(probing_, false);
    not_before_ = {};
    if (last_new_ == Nanos {} || returned_at - last_new_ > kSlowest)
        forget(); // A pause: the old phase says nothing.
    last_new_ = returned_at;

    const Nanos by = std::max(returned_at - cost_, asked_at);
    std::optional<Nanos> from = not_there_at;
    if (repeated_at_)
        from = std::max(from.value_or(*repeated_at_), *repeated_at_);
    else if (!from && manner_ == Manner::Hold && duration - cost_ > kHeld)
        from = asked_at;
    learnManner(not_there_at.has_value(), duration - cost_);
    repeated_at_.reset();
    unconfirmed_ = from ? 0 : unconfirmed_ + 1;

    std::int64_t steps = 1; // Before the period is known all are asked for at once: none is missed.
    if (!seen_.empty() && !learning()) {
        if (by < low_ - Nanos(std::llround(periodNs() / 4)))
            forget(); // It has become faster.
        else
            steps = 1
                + std::max<std::int64_t>(
                    static_cast<std::int64_t>(static_cast<double>((by - high_).count()) / periodNs() + 0.02),
                    0);
        skipped_ = steps > 1 ? skipped_ + 1 : 0;
        if (skipped_ > kMostSkipped)
            forget(); // It has become slower.
    }
    const std::int64_t index = seen_.empty() ? 0 : seen_.back().index + steps;
    seen_.push_back({ index, from, by });
    if (seen_.size() > kMostSeen)
        seen_.pop_front();
    ++pictures_;
    learnPeriod();

    // What was expected of this one, met with what was seen.
    const Nanos shift(std::llround(static_cast<double>(steps - 1) * periodNs()));
    if (pictures_ <= 2 || most_period_ns_ <= 0) {
        low_ = from.value_or(by - 40ms);
        high_ = by;
    } else {
        low_ += shift;
        high_ += shift;
        if (from && *from > low_)
            low_ = *from;
        if (by < high_)
            high_ = by;
        if (low_ > high_) { // The picture itself came early or late: go by what was seen of this one.
            if (from && *from == low_)
                high_ = low_ + kMargin;
            else
                low_ = high_ - kMargin;
        }
    }
    if (most_period_ns_ > 0) {
        low_ += Nanos(std::llround(least_period_ns_)) - kDrift;
        high_ += Nanos(std::llround(most_period_ns_)) + kDrift;
        low_ = std::max(low_, high_ - Nanos(std::llround(periodNs())));
    }
    if (!learning() && !probed)
        probing_ = pictures_ % kProbeEvery == 0 || (unconfirmed_ >= kUnconfirmed && pictures_ % 10 == 0);
}

void PreviewPacer::learnCost(Nanos duration)
{
    // The least, slowly forgotten: larger pictures and other settings make calls dearer for good.
    if (cost_ == Nanos {} || duration < cost_)
        cost_ = duration;
    else
        cost_ += std::min<Nanos>((duration - cost_) / 64, 5us);
}

void PreviewPacer::learnManner(bool slept, Nanos waited)
{
    if (repeated_at_)
        return; // Known.
    const Manner shows = slept ? Manner::Busy : waited > kHeld ? Manner::Hold : manner_;
    if (shows == manner_) {
        votes_ = 0;
    } else if (++votes_
        >= (slept || manner_ == Manner::Unknown ? kVotes : 4 * kVotes)) { // A busy machine waits, too.
        manner_ = shows;
        votes_ = 0;
    }
}

void PreviewPacer::learnPeriod()
{
    const Seen& last = seen_.back();
    if (seen_.size() < 4)
        return;
    // Each pair of pictures bounds it; the last one brings the new pairs.
    if (most_period_ns_ <= 0) {
        least_period_ns_ = 4e6;
        most_period_ns_ = 1e9;
    }
    double least = least_period_ns_ - kPeriodDrift_ns;
    double most = most_period_ns_ + kPeriodDrift_ns;
    for (const Seen& one : seen_) {
        const auto steps = static_cast<double>(last.index - one.index);
        if (steps <= 0)
            continue;
        if (one.from)
            most = std::min(most, static_cast<double>((last.by - *one.from).count()) / steps);
        if (last.from)
            least = std::max(least, static_cast<double>((*last.from - one.by).count()) / steps);
    }
    if (pictures_ < kFirstPictures) {
        // Without lower bounds (a camera that holds): the plain mean, and what it may be wrong by.
        const auto steps = static_cast<double>(last.index - seen_.front().index);
        const double mean = static_cast<double>((last.by - seen_.front().by).count()) / steps;
        least = std::max(least, mean - 20e6 / steps);
        most = std::min(most, mean + 20e6 / steps);
    }
    if (least > most) { // Pictures that are themselves early or late by more than the bounds are apart.
        const double middle = (least + most) / 2;
        const double give = std::max((least - most) / 2, 1000.0);
        least = middle - give;
        most = middle + give;
    }
    least_period_ns_ = std::clamp(least, 4e6, 1e9);
    most_period_ns_ = std::clamp(most, 4e6, 1e9);
}

Nanos PreviewPacer::askAt(bool room_wanted) const
{
    if (not_before_ != Nanos {})
        return not_before_;
    if (learning())
        return last_new_;
    const Nanos period(std::llround(periodNs()));
    if (probing_)
        return low_ + kMargin - (period < 2 * kFarLead ? std::min<Nanos>(period / 2, 5ms) : kFarLead);
    if (manner_ == Manner::Hold)
        return high_
            - std::min<Nanos>((room_wanted ? kRoomLead : kHoldLead) + (high_ - low_) / 4, period / 2);
    return low_ + std::max<Nanos>(kMargin, (high_ - low_) * 3 / 10);
}

std::optional<Nanos> PreviewPacer::period() const
{
    if (learning())
        return std::nullopt;
    return Nanos(std::llround(periodNs()));
}

} // namespace backtake::capture::tether
