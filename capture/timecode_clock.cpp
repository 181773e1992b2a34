#include "capture/timecode_clock.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::capture {

using base::Nanos;
using base::Rate;
using base::TimecodeFormat;
using Kind = base::TimecodeSource::Kind;
using namespace std::chrono_literals;

namespace {

/// Sound comes in blocks, and its frames are known when they are over: silence shorter than this is none.
constexpr Nanos kGoneAfter = 500ms;
/// How many leaps of LTC are remembered, for pictures that are labelled late.
constexpr std::size_t kMostAnchors = 64;

/// The short way round the day.
template <typename Frames> Frames aroundMidnight(Frames frames, std::int64_t day)
{
    const auto whole =
        static_cast<std::int64_t>(std::llround(static_cast<double>(frames) / static_cast<double>(day)));
    return frames - static_cast<Frames>(whole * day);
}

/// Frames of the shoot in one of LTC's; 0: they do not fit.
std::int64_t framesInOneOf(const TimecodeFormat& counted, const TimecodeFormat& shoot)
{
    const std::int64_t ltc = counted.rate.nominal();
    const std::int64_t nominal = shoot.rate.nominal();
    return counted.drop_frame == shoot.drop_frame && nominal % ltc == 0 ? nominal / ltc : 0;
}

} // namespace

TimecodeFormat TimecodeClock::formatFor(const Rate& rate) const
{
    TimecodeFormat format = TimecodeFormat::customary(rate);
    if (!format.drop_frame)
        return format;
    if (source_.kind == Kind::FreeRun && source_.start)
        format.drop_frame = source_.drop_frame;
    if (!anchors_.empty())
        format.drop_frame = anchors_.back().counted.drop_frame;
    return format;
}

/// A shoot at 29.97 counts as its LTC does, until it is jammed.
std::int64_t TimecodeClock::ratio(const TimecodeFormat& counted, const Rate& shoot) const
{
    TimecodeFormat format = formatFor(shoot);
    if (!jammed_ && TimecodeFormat::customary(shoot).drop_frame)
        format.drop_frame = counted.drop_frame;
    return framesInOneOf(counted, format);
}

void TimecodeClock::hear(const LtcFrame& frame, const Rate& shoot)
{
    if (source_.kind != Kind::Ltc)
        return;
    if (frame.reversed)
        reversed_at_ = frame.captured_at + frame.length;
    const auto counted = frame.reversed ? std::nullopt : frame.format();
    const auto label = counted ? base::timecodeNumber(frame.digits, *counted) : std::nullopt;
    const auto before = std::exchange(last_, std::nullopt);
    if (label)
        last_ = Heard { *label, *counted, frame.captured_at, frame.captured_at + frame.length };
    const bool follows = before && last_ && before->counted == *counted
        && *label == (before->label + 1) % counted->framesPerDay()
        && std::chrono::abs(frame.captured_at - before->ends) < frame.length / 4;
    if (follows) {
        believed_ = last_;
        follow(*last_, in_run_ ? frame.captured_at : before->at, shoot);
    }
    in_run_ = follows;
}

void TimecodeClock::follow(const Heard& heard, Nanos run_from, const Rate& shoot)
{
    const std::int64_t frames = ratio(heard.counted, shoot);
    if (frames == 0)
        return;
    const Anchor measured { run_from, heard.label, heard.at, heard.counted };
    if (anchors_.empty() || (anchors_.back().counted != heard.counted && !jammed_)) {
        anchors_.push_back(measured);
        return;
    }
    Anchor& anchor = anchors_.back();
    const double frame_s = static_cast<double>(frames) / shoot.perSecond();
    const double ahead = aroundMidnight(
        static_cast<double>(heard.label - anchor.label) - base::seconds(heard.at - anchor.at) / frame_s,
        heard.counted.framesPerDay());
    if (!in_run_ && std::abs(ahead) > 1) {
        ahead_ = ahead;
        ++comparisons_;
    }
    if (jammed_)
        return;
    if (std::abs(ahead) < 0.5) {
        anchor.label = heard.label;
        anchor.at = heard.at + Nanos(std::llround(ahead * frame_s * 1e9 * 7 / 8));
        return;
    }
    anchors_.push_back(measured);
    if (anchors_.size() > kMostAnchors)
        anchors_.pop_front();
}

bool TimecodeClock::isHeard(Nanos now) const { return believed_ && now - believed_->ends < kGoneAfter; }

bool TimecodeClock::toggleJam(Nanos now)
{
    if (!jammed_ && (anchors_.empty() || !isHeard(now) || anchors_.back().counted != believed_->counted))
        return false;
    jammed_ = !jammed_;
    return true;
}

std::optional<std::int64_t> TimecodeClock::at(Nanos captured_at, const TimecodeFormat& format) const
{
    return at(captured_at, captured_at, format);
}

std::optional<std::int64_t> TimecodeClock::at(
    Nanos captured_at, Nanos as_of, const TimecodeFormat& format) const
{
    const std::int64_t day = format.framesPerDay();
    const auto numberFrom = [&](std::int64_t label, Nanos then) {
        const std::int64_t number = (label + format.rate.framesIn(captured_at - then)) % day;
        return number < 0 ? number + day : number;
    };
    if (source_.kind == Kind::FreeRun) {
        base::TimecodeDigits start = source_.start.value_or(base::TimecodeDigits {});
        // A start that this rate does not have begins with the next label that it has.
        start.frames = std::min(start.frames, format.rate.nominal() - 1);
        auto label = base::timecodeNumber(start, format);
        for (; !label; label = base::timecodeNumber(start, format))
            ++start.frames;
        return numberFrom(*label, started_at_);
    }
    if (source_.kind != Kind::Ltc || anchors_.empty())
        return std::nullopt;
    auto anchor = anchors_.rbegin();
    while (anchor + 1 != anchors_.rend() && anchor->from > as_of)
        ++anchor;
    const std::int64_t frames = framesInOneOf(anchor->counted, format);
    if (frames == 0)
        return std::nullopt;
    return numberFrom(anchor->label * frames, anchor->at);
}

std::int64_t TimecodeClock::next(std::int64_t before, Nanos captured_at, const TimecodeFormat& format) const
{
    const auto covering = source_.kind == Kind::Ltc ? at(captured_at, format) : std::nullopt;
    if (!covering)
        return before + 1;
    const std::int64_t day = format.framesPerDay();
    // Half a frame earlier it would lie in the next LTC frame or in the one before: that is less than half a
    // frame outside.
    const auto earlier = at(captured_at - format.rate.frameTime() / 2, captured_at, format);
    const std::int64_t behind = aroundMidnight(before + 1 - earlier.value_or(*covering), day);
    if (behind == 0 || behind == 1)
        return before + 1;
    return before + aroundMidnight(*covering - before, day);
}

TimecodeState TimecodeClock::state(Nanos now, const Rate& shoot) const
{
    using Word = TimecodeState::Word;
    TimecodeState state;
    if (source_.kind == Kind::TimeOfDay)
        return state;
    state.word = Word::FreeRun;
    if (source_.kind == Kind::FreeRun)
        return state;
    state.reversed = reversed_at_ && now - *reversed_at_ < kGoneAfter;
    state.jammed = jammed_;
    state.ahead = ahead_;
    state.comparisons = comparisons_;
    const bool heard = isHeard(now);
    if (heard && ratio(believed_->counted, shoot) == 0)
        state.misfit = believed_->counted;
    if (!at(now, formatFor(shoot)))
        state.word = Word::NoLtc;
    else if (!heard || state.misfit)
        state.word = Word::Hold;
    else
        state.word = jammed_ ? Word::Jam : Word::Ltc;
    if (state.word == Word::Hold)
        state.held = now - believed_->ends;
    return state;
}

} // namespace backtake::capture
