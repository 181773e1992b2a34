#include "playback/player.hpp"

#include <algorithm>

namespace backtake::playback {

using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

namespace {
/// How far ahead in time the decoders may be sent: at 5 % speed a frame lasts 0.8 s.
constexpr Nanos kLookAhead = 4s;
/// No display is quicker; it bounds how often the head is asked.
constexpr Nanos kShortestInterval = 1ms;
} // namespace

int defaultDecoders() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

Player::Player(int threads)
    : decoders_(threads > 0 ? threads : defaultDecoders())
{
}

void Player::load(
    base::FootagePtr footage, FrameIndex at, Nanos now, std::map<FrameIndex, base::PicturePtr> seeds)
{
    footage_ = std::move(footage);
    head_.emplace(*footage_);
    head_->enter(at, now);
    counts_ = {};
    due_.reset();
    due_shown_ = false;
    last_fresh_at_.reset();
    on_screen_ = {};
    decoders_.load(footage_, std::move(seeds));
}

void Player::unload()
{
    decoders_.load(nullptr, {});
    on_screen_ = {};
    due_.reset();
    head_.reset();
    footage_.reset();
}

/// Wanted are the frames that will be due at the coming ticks, soonest first. At rest: the frame on screen
/// and its neighbours, for stepping.
void Player::planAhead(Nanos now, Nanos display_interval)
{
    const std::size_t room = decoders_.capacity();
    const FrameIndex here = head_->frameAt(now);
    std::vector<Wanted>& wanted = wanted_; // its memory is used again: a tick at rest allocates nothing
    wanted.clear();
    wanted.push_back({ here });
    if (head_->speed() == 0) {
        for (FrameIndex away = 1; away <= 4; ++away)
            for (const FrameIndex frame :
                { here + head_->directionAt(now) * away, here - head_->directionAt(now) * away })
                if (frame >= head_->firstFrame() && frame <= head_->lastFrame() && wanted.size() < room)
                    wanted.push_back({ frame });
        return;
    }
    const Nanos in_time = now + decoders_.decodeTime();
    const auto frames_in_range = static_cast<std::size_t>(head_->lastFrame() - head_->firstFrame() + 1);
    wanted.front().too_late_to_begin = on_screen_.picture != nullptr;
    Nanos at = now;
    while (wanted.size() < std::min(room, frames_in_range)) {
        const auto change = head_->nextChange(at);
        if (!change || *change > now + kLookAhead)
            break;
        at = std::max(*change, at + std::max(display_interval, kShortestInterval));
        const FrameIndex frame = head_->frameAt(at);
        if (std::none_of(
                wanted.begin(), wanted.end(), [frame](const Wanted& other) { return other.frame == frame; }))
            wanted.push_back({ frame, at < in_time });
    }
}

Shown Player::tick(Nanos now, Nanos display_interval)
{
    if (!head_)
        return {};
    if (head_->finishedAt(now))
        head_->run(0, now);
    const bool playing = head_->speed() != 0;
    const FrameIndex frame = head_->frameAt(now);
    if (due_ != frame) {
        if (due_ && !due_shown_ && playing)
            ++counts_.missed;
        due_ = frame;
        due_shown_ = false;
        due_late_ = false;
    }
    on_screen_.fresh = false;
    if (!due_shown_) {
        if (auto decoded = decoders_.find(frame)) {
            on_screen_ = { std::move(decoded->picture), frame, true, decoded->damaged };
            due_shown_ = true;
            ++counts_.shown;
            counts_.late += due_late_ ? 1 : 0;
            counts_.damaged += decoded->damaged ? 1 : 0;
            if (last_fresh_at_ && playing)
                counts_.longest_gap = std::max(counts_.longest_gap, now - *last_fresh_at_);
            last_fresh_at_ = now;
        } else {
            due_late_ = playing && on_screen_.picture != nullptr;
        }
    }
    if (!playing)
        last_fresh_at_.reset();
    planAhead(now, display_interval);
    decoders_.want(wanted_, courseBehind(now));
    return on_screen_;
}

/// Where play goes on behind the frames wanted now. At a pace that leaves out more than it shows, nothing is
/// fetched: which frames those will be changes from tick to tick.
Course Player::courseBehind(Nanos now) const
{
    if (head_->speed() == 0 || wanted_.size() < 2)
        return { 0, 0 };
    const FrameIndex step = wanted_.back().frame - wanted_[wanted_.size() - 2].frame;
    const int direction = head_->directionAt(now);
    constexpr FrameIndex kWidestStep = 4;
    if (step * direction <= 0 || step * direction > kWidestStep) // not on, or the head turns round
        return { 0, 0 };
    return { wanted_.back().frame + direction, direction };
}

void playThrough(base::FootagePtr footage, FrameIndex from, FrameIndex count, int step, int threads,
    const std::function<bool(FrameIndex, const Decoded&)>& hand_over)
{
    DecodeAhead decoders(threads > 0 ? threads : defaultDecoders());
    decoders.load(std::move(footage), {});
    // Nothing is shown, so nobody is late: enough to keep every decoder busy, and no more memory than stays
    // in the cache.
    const FrameIndex ahead = 2 * decoders.threads() + 1;
    std::vector<Wanted> wanted;
    for (FrameIndex i = 0; i < count; ++i) {
        const auto room = std::min(static_cast<FrameIndex>(decoders.capacity()), ahead);
        wanted.clear();
        for (FrameIndex k = i; k < std::min(count, i + room); ++k)
            wanted.push_back({ from + step * k });
        decoders.want(wanted, { wanted.back().frame + step, step });
        const auto decoded = decoders.waitFor(from + step * i, {});
        if (!decoded || !hand_over(from + step * i, *decoded))
            return;
    }
}

} // namespace backtake::playback
