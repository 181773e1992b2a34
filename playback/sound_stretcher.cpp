#include "playback/sound_stretcher.hpp"

#include <rubberband/RubberBandStretcher.h>

#include <algorithm>
#include <cmath>

namespace backtake::playback {

using base::Nanos;
using RubberBand::RubberBandStretcher;

namespace {
/// How much is handed over at a time at most.
constexpr std::size_t kBlock = 512;
} // namespace

SoundStretcher::SoundStretcher(base::SoundTrackPtr sound, int rate_hz, const Playhead& head, Nanos now)
    : source_(std::move(sound), rate_hz)
    , head_(head)
    , rate_hz_(rate_hz)
    , channels_(static_cast<std::size_t>(source_.sound().channels()))
    , stretcher_(std::make_unique<RubberBandStretcher>(static_cast<std::size_t>(rate_hz), channels_,
          RubberBandStretcher::OptionProcessRealTime | RubberBandStretcher::OptionChannelsTogether,
          1 / std::abs(head.speed())))
    , planes_(channels_, std::vector<float>(kBlock))
{
    stretcher_->setDebugLevel(0);
    stretcher_->setMaxProcessSize(kBlock);
    for (std::vector<float>& plane : planes_)
        pointers_.push_back(plane.data());
    head_.run(head.directionAt(now), now);
    // What is heard first is in the middle of its window: the half before it is what lies before in the take.
    const auto pad = static_cast<std::int64_t>(stretcher_->getPreferredStartPad());
    from_ = now - base::Rate { rate_hz_, 1 }.timeOf(pad);
    source_.begin(head_, from_);
    std::vector<float> dropped(stretcher_->getStartDelay() * channels_);
    render(dropped);
}

SoundStretcher::~SoundStretcher() = default;

void SoundStretcher::feed(std::size_t samples)
{
    block_.resize(samples * channels_);
    source_.render(head_, from_ + base::Rate { rate_hz_, 1 }.timeOf(fed_), block_);
    for (std::size_t s = 0; s < samples; ++s)
        for (std::size_t c = 0; c < channels_; ++c)
            planes_[c][s] = block_[s * channels_ + c];
    stretcher_->process(pointers_.data(), samples, false);
    fed_ += static_cast<std::int64_t>(samples);
}

void SoundStretcher::render(std::span<float> out)
{
    const std::size_t all = out.size() / channels_;
    for (std::size_t done = 0; done < all;) {
        const auto ready = static_cast<std::size_t>(std::max(0, stretcher_->available()));
        if (ready == 0) {
            feed(std::clamp<std::size_t>(stretcher_->getSamplesRequired(), 1, kBlock));
            continue;
        }
        const std::size_t count = std::min({ ready, all - done, kBlock });
        stretcher_->retrieve(pointers_.data(), count);
        for (std::size_t s = 0; s < count; ++s)
            for (std::size_t c = 0; c < channels_; ++c)
                out[(done + s) * channels_ + c] = planes_[c][s];
        done += count;
    }
}

} // namespace backtake::playback
