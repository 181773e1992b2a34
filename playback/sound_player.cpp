#include "playback/sound_player.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace backtake::playback {

using base::kEars;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// What is put ahead of the device: a thread that sleeps, and the largest chunk of a device, 21 ms, fit in.
constexpr Nanos kAhead = 64ms;
constexpr Nanos kStep = 15ms;
/// From the next sample the device can take to the first that is changed: time to render it.
constexpr Nanos kGuard = 6ms;
/// As short as a fade can be of which nothing is above -60 dBFS.
constexpr Nanos kFade = 10ms;
/// In blocks of this length a hand that comes to rest is noticed.
constexpr std::int64_t kBlock = 256;
/// A device that takes nothing for so long has stopped: pictures go on without it.
constexpr Nanos kStuck = 100ms;
constexpr Nanos kOpenAgain = 1s;
constexpr Nanos kNothingToDo = 3600s;

/// Moved by hand: a jump by itself sounds this long at most; a drag never faster than this.
constexpr Nanos kGrain = 80ms;
constexpr Nanos kByItself = 150ms;
constexpr double kFastestHand = 8;
/// A hand's next place comes some time after the last: the head is on its way to it for a little longer.
constexpr double kTrail = 1.25;

} // namespace

SoundPlayer::SoundPlayer(Open open, base::SoundChoice choice)
    : open_(std::move(open))
{
    base::Lock lock(mutex_);
    wish_.choice = now_.choice = std::move(choice);
}

void SoundPlayer::play(base::FootagePtr footage, const Playhead& head)
{
    {
        base::Lock lock(mutex_);
        wish_.footage.swap(footage); // the old one is destroyed outside the lock
        wish_.head = head;
        ++wish_.number;
    }
    asked_.notifyOne();
}

void SoundPlayer::stop()
{
    base::FootagePtr old;
    {
        base::Lock lock(mutex_);
        if (!wish_.footage)
            return;
        old.swap(wish_.footage);
        wish_.head.reset();
        ++wish_.number;
    }
    asked_.notifyOne();
}

void SoundPlayer::choose(base::SoundChoice choice)
{
    {
        base::Lock lock(mutex_);
        wish_.choice = std::move(choice);
        ++wish_.number;
    }
    asked_.notifyOne();
}

Nanos SoundPlayer::timeAt(Nanos now) const
{
    base::Lock lock(mutex_);
    const Nanos counted = clock_ ? Nanos(std::llround(clock_->heardAt(now) * 1e9 / clock_->rateHz())) : now;
    return last_ = std::max(last_, counted + offset_);
}

SoundPlayer::State SoundPlayer::state() const
{
    base::Lock lock(mutex_);
    return state_;
}

void SoundPlayer::run(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        const Nanos until = step(base::monotonicNow());
        base::Lock lock(mutex_);
        (void)asked_.waitUntil(
            mutex_, stop, until, [this]() REQUIRES(mutex_) { return wish_.number != met_; });
    }
}

Nanos SoundPlayer::step(Nanos now)
{
    std::optional<Wish> before;
    {
        base::Lock lock(mutex_);
        if (wish_.number != met_)
            before = std::exchange(now_, wish_);
        met_ = wish_.number;
    }
    if (now_.footage != loaded_) {
        fadeOut();
        load();
        return now; // which may be long ago
    }
    if (!track_) {
        leave(now);
        tell({});
        return now + kNothingToDo;
    }
    const bool anew = !renderer_ || !following_;
    if (!openSink(now)) {
        leave(now);
        return open_at_;
    }
    if (!takes(now)) {
        leave(now);
        return now + kStep;
    }
    const auto samples = [this](
                             Nanos length) { return std::llround(base::seconds(length) * sink_->rateHz()); };
    const std::int64_t taken = sink_->taken();
    const std::int64_t from = taken + samples(kGuard);
    const std::int64_t until = taken + samples(kAhead);
    if (!following_)
        follow(now);
    if (anew) {
        plan(from, until);
    } else if (before && before->head->steered() != now_.head->steered()) {
        wind(*before->head, timeOf(from));
        plan(from, until);
    } else if (end() < from || (before && before->choice.keep_pitch != now_.choice.keep_pitch)) {
        plan(from, until);
    } else if (before && before->choice != now_.choice) {
        remix(from);
    }
    if (end() < until) {
        const std::vector<float> raw = render(end(), until);
        const std::vector<float> ears = mix(raw);
        sink_->put(end(), ears);
        raw_.insert(raw_.end(), raw.begin(), raw.end());
        ears_.insert(ears_.end(), ears.begin(), ears.end());
    }
    // What the device has taken is past.
    const auto past =
        static_cast<std::ptrdiff_t>(std::clamp<std::int64_t>(taken - first_, 0, end() - first_));
    raw_.erase(raw_.begin(), raw_.begin() + past * track_->channels());
    ears_.erase(ears_.begin(), ears_.begin() + past * kEars);
    first_ += past;
    tell({ true, {} });
    return now + kStep;
}

// ---------------------------------------------------------------------------------------- track and device

void SoundPlayer::load()
{
    loaded_ = now_.footage;
    stretcher_.reset();
    renderer_.reset();
    track_ = loaded_ ? loaded_->sound() : nullptr;
    if (track_
        && (track_->sampleCount() <= 0 || track_->channels() < 1
            || track_->channels() > base::kMostSoundChannels || track_->rateHz() < 1))
        track_.reset();
    hand_.reset();
}

bool SoundPlayer::openSink(Nanos now)
{
    const bool other = sink_name_ != now_.choice.device;
    if (sink_ && (other || sink_->gone())) {
        leave(now);
        sink_.reset(); // before the next one is opened: it may be the same device
        renderer_.reset();
        open_at_ = now;
    }
    if (other)
        open_at_ = std::min(open_at_, now);
    if (!sink_ && now >= open_at_) {
        open_at_ = now + kOpenAgain;
        sink_name_ = now_.choice.device;
        auto opened = open_(sink_name_);
        if (!opened) {
            tell({ true, opened.error().message });
            return false;
        }
        sink_ = std::move(*opened);
        seen_taken_ = sink_->taken();
        seen_at_ = now;
        raw_.clear();
        ears_.clear();
        first_ = 0;
        open_at_ = now; // which may be long ago: go on at once
        return false;
    }
    if (!sink_)
        return false;
    if (!renderer_)
        renderer_.emplace(track_, sink_->rateHz());
    return true;
}

bool SoundPlayer::takes(Nanos now)
{
    const std::int64_t taken = sink_->taken();
    if (taken != seen_taken_) {
        seen_taken_ = taken;
        seen_at_ = now;
    }
    return now - seen_at_ < kStuck;
}

// ---------------------------------------------------------------------------------------------- time

void SoundPlayer::follow(Nanos now)
{
    const Nanos time = timeAt(now);
    following_ = true;
    base::Lock lock(mutex_);
    clock_ = sink_;
    const double heard = sink_->heardAt(now);
    offset_ = base_ = time - Nanos(std::llround(heard * 1e9 / sink_->rateHz()));
}

void SoundPlayer::leave(Nanos now)
{
    if (!following_)
        return;
    const Nanos time = timeAt(now);
    following_ = false;
    base::SoundSinkPtr old;
    base::Lock lock(mutex_);
    old.swap(clock_);
    offset_ = time - now;
}

Nanos SoundPlayer::timeOf(std::int64_t sample) const
{
    return base_ + base::Rate { sink_->rateHz(), 1 }.timeOf(sample);
}

void SoundPlayer::tell(State state)
{
    base::Lock lock(mutex_);
    if (state_ == state)
        return;
    if (!state.trouble.empty())
        spdlog::warn("sound: {}", state.trouble);
    state_ = std::move(state);
}

// ---------------------------------------------------------------------------------------------- samples

std::int64_t SoundPlayer::end() const { return first_ + static_cast<std::int64_t>(ears_.size()) / kEars; }

/// The head rests and was put elsewhere: what lies between is heard as tape that is moved from the one to the
/// other. Frame by frame at the speed it was recorded at; dragged, at that of the hand.
void SoundPlayer::wind(const Playhead& before, Nanos time)
{
    if (before.speed() != 0 || now_.head->speed() != 0) {
        hand_.reset();
        return;
    }
    const Nanos to = now_.head->positionAt(time);
    const Nanos from = hand_ ? hand_->head.positionAt(std::min(time, hand_->until)) : before.positionAt(time);
    const Nanos way = std::chrono::abs(to - from);
    if (way == Nanos(0))
        return;
    const Nanos since = wound_at_ == Nanos::min() ? kNothingToDo : time - wound_at_;
    wound_at_ = time;
    // Out of the middle of a frame a step is shorter than it.
    const Nanos frame = now_.footage->nominalRate().frameTime();
    Nanos length = std::clamp(way, frame, std::max(frame, kGrain));
    double speed = 1;
    if (since < kByItself) {
        length = std::chrono::duration_cast<Nanos>(std::max(since, kFade) * kTrail);
        speed = std::min(kFastestHand, base::seconds(way) / base::seconds(length));
    }
    const int direction = to > from ? 1 : -1;
    const Nanos heard(std::llround(static_cast<double>(length.count()) * speed));
    hand_ = Hand { *now_.head, time + length };
    hand_->head.setLoop(LoopMode::Once, time);
    hand_->head.lockTo(to - direction * heard, direction * speed, direction, time);
}

std::vector<float> SoundPlayer::render(std::int64_t from, std::int64_t until)
{
    const auto channels = static_cast<std::size_t>(track_->channels());
    std::vector<float> raw(static_cast<std::size_t>(until - from) * channels);
    for (std::int64_t s = from; s < until; s += kBlock) {
        const std::int64_t next = std::min(until, s + kBlock);
        const auto part = std::span(raw).subspan(
            static_cast<std::size_t>(s - from) * channels, static_cast<std::size_t>(next - s) * channels);
        const Nanos time = timeOf(s);
        if (stretcher_)
            stretcher_->render(part);
        else
            renderer_->render(headAt(time), time, part);
    }
    return raw;
}

const Playhead& SoundPlayer::headAt(Nanos time) const
{
    return hand_ && time < hand_->until ? hand_->head : *now_.head;
}

/// All from @p from on anew, as the head goes now.
void SoundPlayer::plan(std::int64_t from, std::int64_t until)
{
    const Nanos time = timeOf(from);
    const double speed = std::abs(now_.head->speed());
    stretcher_.reset();
    if (now_.choice.keep_pitch && speed != 0 && speed != 1)
        stretcher_.emplace(track_, sink_->rateHz(), *now_.head, time);
    else
        renderer_->begin(headAt(time), time);
    raw_ = render(from, until);
    fadeInto(from, mix(raw_));
}

/// The same with other levels.
void SoundPlayer::remix(std::int64_t from)
{
    raw_.erase(
        raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>((from - first_) * track_->channels()));
    fadeInto(from, mix(raw_));
}

void SoundPlayer::fadeOut()
{
    if (!sink_ || ears_.empty())
        return;
    const std::int64_t from = sink_->taken() + std::llround(base::seconds(kGuard) * sink_->rateHz());
    if (from < end())
        fadeInto(from, std::vector<float>(static_cast<std::size_t>(end() - from) * kEars, 0.0F));
}

void SoundPlayer::fadeInto(std::int64_t from, std::vector<float> ears)
{
    const auto length = static_cast<double>(std::llround(base::seconds(kFade) * sink_->rateHz()));
    const std::int64_t count =
        std::min(static_cast<std::int64_t>(ears.size()) / kEars, static_cast<std::int64_t>(length));
    for (std::int64_t i = 0; i < count; ++i) {
        const double in = 0.5 - 0.5 * std::cos(std::numbers::pi * static_cast<double>(i) / length);
        for (int ear = 0; ear < kEars; ++ear) {
            const std::int64_t at = (from + i - first_) * kEars + ear;
            const float old = from >= first_ && at < static_cast<std::int64_t>(ears_.size())
                ? ears_[static_cast<std::size_t>(at)]
                : 0.0F;
            float& value = ears[static_cast<std::size_t>(i * kEars + ear)];
            value = static_cast<float>(value * in + old * (1 - in));
        }
    }
    sink_->put(from, ears);
    first_ = from;
    ears_ = std::move(ears);
}

/// One channel is in both ears, two are left and right; more are all in the middle, each so loud that they
/// are together as loud as one (voices have nothing to do with each other: their powers add up).
std::vector<float> SoundPlayer::mix(std::span<const float> raw) const
{
    const auto channels = static_cast<std::size_t>(track_->channels());
    const base::SoundChoice& choice = now_.choice;
    std::array<std::array<float, base::kMostSoundChannels>, kEars> gain {};
    const double level = choice.muted ? 0 : std::pow(10, choice.level_db / 20.0);
    const auto chosen = static_cast<std::size_t>(choice.channel);
    const bool one = chosen > 0 && chosen <= channels;
    const bool two = one ? choice.pair && chosen < channels : channels == 2;
    const std::size_t first = one ? chosen - 1 : 0;
    if (two) {
        gain[0][first] = gain[1][first + 1] = static_cast<float>(level);
    } else {
        const std::size_t count = one ? 1 : channels;
        for (std::size_t c = first; c < first + count; ++c)
            gain[0][c] = gain[1][c] = static_cast<float>(level / std::sqrt(static_cast<double>(count)));
    }
    std::vector<float> ears(raw.size() / channels * kEars);
    for (std::size_t s = 0; s < raw.size() / channels; ++s)
        for (std::size_t ear = 0; ear < kEars; ++ear)
            for (std::size_t c = 0; c < channels; ++c)
                ears[s * kEars + ear] += gain[ear][c] * raw[s * channels + c];
    return ears;
}

} // namespace backtake::playback
