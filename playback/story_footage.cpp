#include "playback/story_footage.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace backtake::playback {

using base::FrameIndex;
using base::Nanos;

namespace {

Nanos scaled(Nanos time, double factor)
{
    return Nanos(std::llround(static_cast<double>(time.count()) * factor));
}

/// The sound of the shots, one after the other, where their pictures are.
class StorySound final : public base::SoundTrack {
public:
    struct Part {
        base::SoundTrackPtr track; ///< Null: silence.
        Nanos begin {};            ///< In the sequence.
        Nanos end {};
        Nanos low {}; ///< Captured time that the shot covers.
        Nanos high {};
        bool backward = true;
        double speed = 1;
    };
    /// @param parts one of them has a track.
    explicit StorySound(std::vector<Part> parts)
        : parts_(std::move(parts))
    {
        for (const Part& part : parts_) {
            if (!part.track)
                continue;
            rate_hz_ = std::max(rate_hz_, part.track->rateHz());
            channels_ = std::max(channels_, part.track->channels());
        }
    }
    [[nodiscard]] int rateHz() const override { return rate_hz_; }
    [[nodiscard]] int channels() const override { return channels_; }
    [[nodiscard]] std::int64_t sampleCount() const override
    {
        return static_cast<std::int64_t>(base::seconds(parts_.back().end) * rate_hz_);
    }
    [[nodiscard]] Nanos startsAt() const override { return {}; }
    void read(std::int64_t first, std::span<float> into) const override
    {
        std::ranges::fill(into, 0.0F);
        const auto count = static_cast<std::int64_t>(into.size()) / channels_;
        for (const Part& part : parts_) {
            const auto begin = std::max(first, sampleFrom(part.begin));
            const auto end = std::min(first + count, sampleFrom(part.end));
            if (part.track && begin < end)
                readPart(part, begin, end,
                    into.subspan(static_cast<std::size_t>((begin - first) * channels_),
                        static_cast<std::size_t>((end - begin) * channels_)));
        }
    }

private:
    /// The first sample at or after @p time.
    [[nodiscard]] std::int64_t sampleFrom(Nanos time) const
    {
        return static_cast<std::int64_t>(std::ceil(base::seconds(time) * rate_hz_));
    }
    /// Where sample @p sample of the sequence lies in the part's own track, with its fraction. A sample
    /// covers time from its place on: turned round, the middle stays its middle.
    [[nodiscard]] double placeIn(const Part& part, std::int64_t sample) const
    {
        const double middle = (static_cast<double>(sample) + 0.5) / rate_hz_ - base::seconds(part.begin);
        const double captured = part.backward ? base::seconds(part.high) - middle * part.speed
                                              : base::seconds(part.low) + middle * part.speed;
        return (captured - base::seconds(part.track->startsAt())) * part.track->trueRate() - 0.5;
    }
    /// Linear between the track's samples: exact at its own speed and rate.
    void readPart(const Part& part, std::int64_t begin, std::int64_t end, std::span<float> into) const
    {
        const double one = placeIn(part, begin);
        const double other = placeIn(part, end - 1);
        const auto low = static_cast<std::int64_t>(std::floor(std::min(one, other)));
        const auto high = static_cast<std::int64_t>(std::floor(std::max(one, other))) + 2;
        const int of_track = part.track->channels();
        std::vector<float> raw(static_cast<std::size_t>((high - low) * of_track));
        part.track->read(low, raw);
        std::size_t at = 0;
        for (std::int64_t sample = begin; sample < end; ++sample) {
            const double place = std::clamp(
                placeIn(part, sample), static_cast<double>(low), static_cast<double>(high) - 1.001);
            const double whole = std::floor(place);
            const auto part_of = static_cast<float>(place - whole);
            const auto from = static_cast<std::size_t>((static_cast<std::int64_t>(whole) - low) * of_track);
            for (int c = 0; c < channels_; ++c) {
                const auto channel = static_cast<std::size_t>(std::min(c, of_track - 1));
                const float before = raw[from + channel];
                const float after = raw[from + static_cast<std::size_t>(of_track) + channel];
                into[at++] = before + part_of * (after - before);
            }
        }
    }

    std::vector<Part> parts_;
    int rate_hz_ = 0;
    int channels_ = 1;
};

} // namespace

StoryFootage::StoryFootage(std::vector<StoryShot> shots, base::Rate rate)
    : shots_(std::move(shots))
    , rate_(rate)
    , format_(base::TimecodeFormat::customary(rate))
    , begins_ { 0 }
    , times_ { Nanos(0) }
{
    assert(!shots_.empty());
    bool format_known = false;
    for (const StoryShot& shot : shots_) {
        if (!shot.footage) {
            for (int n = 1; n <= rate_.nominal(); ++n)
                times_.push_back(times_.back() + rate_.frameTime());
        } else {
            if (!std::exchange(format_known, true))
                format_ = shot.footage->timecodeFormat();
            const FrameIndex count = shot.last - shot.first + 1;
            const Nanos begin = times_.back();
            const Nanos low = shot.footage->capturedTime(shot.first);
            const Nanos high = shot.footage->capturedTime(shot.last + 1);
            for (FrameIndex k = 1; k <= count; ++k) {
                const Nanos into = shot.backward ? high - shot.footage->capturedTime(shot.last + 1 - k)
                                                 : shot.footage->capturedTime(shot.first + k) - low;
                times_.push_back(std::max(times_.back(), begin + scaled(into, 1 / shot.speed)));
            }
        }
        begins_.push_back(static_cast<FrameIndex>(times_.size()) - 1);
    }
}

StoryFootage::Place StoryFootage::placeOf(FrameIndex n) const
{
    n = std::clamp<FrameIndex>(n, 0, frameCount() - 1);
    const auto after = std::ranges::upper_bound(begins_, n);
    const auto index = static_cast<std::size_t>(after - begins_.begin()) - 1;
    const StoryShot& shot = shots_[index];
    const FrameIndex k = n - begins_[index];
    return { index, !shot.footage ? 0 : shot.backward ? shot.last - k : shot.first + k };
}

FrameIndex StoryFootage::frameOf(Place place) const
{
    const StoryShot& shot = shots_[place.shot];
    if (!shot.footage)
        return begins_[place.shot];
    const FrameIndex captured = std::clamp(place.captured, shot.first, shot.last);
    return begins_[place.shot] + (shot.backward ? shot.last - captured : captured - shot.first);
}

Nanos StoryFootage::lengthOf(std::size_t shot) const
{
    return capturedTime(begins_[shot + 1]) - capturedTime(begins_[shot]);
}

FrameIndex StoryFootage::frameCount() const { return begins_.back(); }

Nanos StoryFootage::capturedTime(FrameIndex n) const
{
    return times_[static_cast<std::size_t>(std::clamp<FrameIndex>(n, 0, frameCount()))];
}

base::Result<base::FramePtr> StoryFootage::frame(FrameIndex n) const
{
    const Place place = placeOf(n);
    const StoryShot& shot = shots_[place.shot];
    if (!shot.footage)
        return base::fail(base::Fault::Corrupt, "this take of the sequence is missing");
    return shot.footage->frame(place.captured);
}

void StoryFootage::expect(std::span<const FrameIndex> frames) const
{
    std::vector<FrameIndex> of_shot;
    for (std::size_t i = 0; i < frames.size();) {
        const std::size_t shot = placeOf(frames[i]).shot;
        of_shot.clear();
        for (; i < frames.size() && placeOf(frames[i]).shot == shot; ++i)
            of_shot.push_back(placeOf(frames[i]).captured);
        if (shots_[shot].footage)
            shots_[shot].footage->expect(of_shot);
    }
}

std::int64_t StoryFootage::timecode(FrameIndex n) const
{
    const Place place = placeOf(n);
    const StoryShot& shot = shots_[place.shot];
    return shot.footage ? shot.footage->timecode(place.captured) : 0;
}

base::SoundTrackPtr StoryFootage::sound() const
{
    std::vector<StorySound::Part> parts;
    bool any = false;
    for (std::size_t i = 0; i < shots_.size(); ++i) {
        const StoryShot& shot = shots_[i];
        StorySound::Part& part = parts.emplace_back();
        part.begin = capturedTime(begins_[i]);
        part.end = capturedTime(begins_[i + 1]);
        if (!shot.footage)
            continue;
        part.track = shot.footage->sound();
        any |= part.track != nullptr;
        part.low = shot.footage->capturedTime(shot.first);
        part.high = shot.footage->capturedTime(shot.last + 1);
        part.backward = shot.backward;
        part.speed = shot.speed;
    }
    return any ? std::make_shared<StorySound>(std::move(parts)) : nullptr;
}

} // namespace backtake::playback
