#include "playback/sound_renderer.hpp"

#include "base/resample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace backtake::playback {

using base::Nanos;

namespace {

/// From one course to the other: as short as a fade can be of which nothing is above -60 dBFS.
constexpr double kFade_s = 0.010;
/// Courses that differ by less are one: times are whole nanoseconds.
constexpr double kSameCourse = 0.01;

} // namespace

SoundRenderer::SoundRenderer(base::SoundTrackPtr sound, int rate_hz)
    : sound_(std::move(sound))
    , rate_hz_(rate_hz)
    , channels_(static_cast<std::size_t>(sound_->channels()))
{
}

/// The middle of the first sample to be heard meets the middle of a recorded one: so falling time is the
/// exact mirror of rising time.
SoundRenderer::Course SoundRenderer::courseOf(const Playhead& head, Nanos now) const
{
    if (head.speed() == 0 || head.finishedAt(now))
        return {};
    const double speed = std::abs(head.speed()) * head.directionAt(now);
    const double step = speed * sound_->trueRate() / rate_hz_;
    const double begin = base::seconds(head.positionAt(now) - sound_->startsAt()) * sound_->trueRate();
    return { begin + step / 2 - 0.5, step };
}

bool SoundRenderer::isHeard(const Course& course) const
{
    if (course.step != heard_.step)
        return false;
    // Sample by sample a course was moved by half of one at most to meet those recorded.
    const double apart = std::abs(course.step) == 1 ? 0.5 + kSameCourse : kSameCourse;
    return course.step == 0 || std::abs(course.at - heard_.at) < apart;
}

void SoundRenderer::begin(const Playhead& head, Nanos now)
{
    heard_ = {};
    fade_left_ = 0;
    turnTo(courseOf(head, now), true);
}

std::int64_t SoundRenderer::fadeLength() const { return static_cast<std::int64_t>(kFade_s * rate_hz_); }

/// Out of a fade no other one begins: the next turn waits those few milliseconds.
void SoundRenderer::turnTo(Course course, bool from_the_edge)
{
    if (fade_left_ > 0 || isHeard(course))
        return;
    if (std::abs(course.step) == 1)
        course.at = std::round(course.at);
    // What begins at the edge of the range out of silence begins as it was recorded.
    fade_left_ = heard_.step == 0 && from_the_edge ? 0 : fadeLength();
    fading_ = heard_;
    heard_ = course;
}

void SoundRenderer::render(const Playhead& head, Nanos now, std::span<float> out)
{
    std::fill(out.begin(), out.end(), 0.0F);
    const auto timeOf = [&](std::size_t sample) {
        return now + Nanos(std::llround(static_cast<double>(sample) * 1e9 / rate_hz_));
    };
    const std::size_t all = out.size() / channels_;
    for (std::size_t done = 0; done < all;) {
        const Nanos here = timeOf(done);
        const bool from_the_edge = head.speed() != 0
            && head.positionAt(here) == (head.directionAt(here) > 0 ? head.rangeBegin() : head.rangeEnd());
        turnTo(courseOf(head, here), from_the_edge);
        // Up to where the head turns, or the fade ends; less than a sample is still this course's.
        std::size_t until = all;
        if (fade_left_ > 0)
            until = std::min(all, done + static_cast<std::size_t>(fade_left_));
        else if (const auto turn = head.nextTurn(here); turn && *turn < timeOf(all))
            until = std::clamp(
                static_cast<std::size_t>(std::llround(base::seconds(*turn - now) * rate_hz_)), done + 1, all);
        const std::span<float> part = out.subspan(done * channels_, (until - done) * channels_);
        if (fade_left_ > 0) {
            const auto gone = [left = static_cast<double>(fade_left_),
                                  length = static_cast<double>(fadeLength())](std::size_t i) {
                return 0.5 - 0.5 * std::cos(std::numbers::pi * (left - static_cast<double>(i)) / length);
            };
            follow(fading_, part, gone);
            follow(heard_, part, [&](std::size_t i) { return 1 - gone(i); });
            fade_left_ -= static_cast<std::int64_t>(until - done);
        } else {
            follow(heard_, part, [](std::size_t) { return 1.0; });
        }
        done = until;
    }
}

/// Beyond its ends the track goes on turned round its last sample: a course that runs out fades without a
/// step or a kink.
void SoundRenderer::readReflected(std::int64_t first, std::span<float> into) const
{
    sound_->read(first, into);
    const std::int64_t last = sound_->sampleCount() - 1;
    const auto count = static_cast<std::int64_t>(into.size() / channels_);
    if ((first >= 0 && first + count <= last + 1) || last < 0)
        return;
    const auto reflect = [&](std::int64_t from, std::int64_t to, std::int64_t edge) {
        from = std::max(from, first);
        to = std::min(to, first + count);
        if (from >= to)
            return;
        std::vector<float> end(channels_);
        sound_->read(edge, end);
        std::vector<float> inside(static_cast<std::size_t>(to - from) * channels_);
        sound_->read(2 * edge - to + 1, inside);
        for (std::int64_t s = from; s < to; ++s)
            for (std::size_t c = 0; c < channels_; ++c)
                into[static_cast<std::size_t>(s - first) * channels_ + c] =
                    2 * end[c] - inside[static_cast<std::size_t>(to - 1 - s) * channels_ + c];
    };
    reflect(std::numeric_limits<std::int64_t>::min() / 4, 0, 0);
    reflect(last + 1, std::numeric_limits<std::int64_t>::max() / 4, last);
}

template <typename Gain> void SoundRenderer::follow(Course& course, std::span<float> out, Gain gain)
{
    const std::size_t count = out.size() / channels_;
    if (course.step == 0 || count == 0)
        return;
    const double end = course.at + course.step * static_cast<double>(count - 1);
    const bool exact = std::abs(course.step) == 1 && course.at == std::round(course.at);
    const std::int64_t reach = exact ? 0 : base::sincReach(course.step);
    const auto low = static_cast<std::int64_t>(std::floor(std::min(course.at, end))) - reach;
    const auto high = static_cast<std::int64_t>(std::floor(std::max(course.at, end))) + reach + 1;
    read_.resize(static_cast<std::size_t>(high - low + 1) * channels_);
    readReflected(low, read_);
    if (exact) {
        auto sample = static_cast<std::int64_t>(course.at);
        for (std::size_t i = 0; i<count; ++i, sample += course.step> 0 ? 1 : -1) {
            const auto weight = static_cast<float>(gain(i));
            for (std::size_t c = 0; c < channels_; ++c)
                out[i * channels_ + c] +=
                    weight * read_[static_cast<std::size_t>(sample - low) * channels_ + c];
        }
        course.at = static_cast<double>(sample);
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const double at = course.at + course.step * static_cast<double>(i);
        base::addBetween(read_, at - static_cast<double>(low), course.step, gain(i),
            out.subspan(i * channels_, channels_));
    }
    course.at += course.step * static_cast<double>(count);
}

} // namespace backtake::playback
