#include "app/heard_footage.hpp"

#include "base/resample.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::app {
namespace {

using base::Nanos;

class MixedSound final : public base::SoundTrack {
public:
    MixedSound(base::SoundTrackPtr take, base::SoundTrackPtr master)
        : take_(std::move(take))
        , master_(std::move(master))
        , step_(master_->trueRate() / take_->trueRate())
        , before_(samplesOf(take_->startsAt() - master_->startsAt()))
    {
        const Nanos master_end = master_->startsAt()
            + Nanos(std::llround(static_cast<double>(master_->sampleCount()) * 1e9 / master_->trueRate()));
        count_ = before_ + std::max(take_->sampleCount(), samplesOf(master_end - take_->startsAt()));
        const auto channels = static_cast<double>(take_->channels());
        gain_ = take_->channels() > 2 ? kHalf / std::sqrt(channels) : kHalf;
    }
    [[nodiscard]] int rateHz() const override { return take_->rateHz(); }
    [[nodiscard]] double trueRate() const override { return take_->trueRate(); }
    [[nodiscard]] int channels() const override { return take_->channels(); }
    [[nodiscard]] std::int64_t sampleCount() const override { return count_; }
    [[nodiscard]] Nanos startsAt() const override
    {
        return take_->startsAt()
            - Nanos(std::llround(static_cast<double>(before_) * 1e9 / take_->trueRate()));
    }
    void read(std::int64_t first, std::span<float> into) const override
    {
        take_->read(first - before_, into);
        for (float& value : into)
            value *= static_cast<float>(kHalf);
        const auto channels = static_cast<std::size_t>(take_->channels());
        const auto count = static_cast<std::int64_t>(into.size() / channels);
        if (count == 0)
            return;
        // The middle of a sample is the middle of a sample.
        const double since_s = base::seconds(take_->startsAt() - master_->startsAt());
        double at =
            (static_cast<double>(first - before_) + 0.5) * step_ + since_s * master_->trueRate() - 0.5;
        const bool exact = step_ == 1;
        if (exact)
            at = std::round(at);
        const std::int64_t reach = exact ? 0 : base::sincReach(step_);
        const auto low = static_cast<std::int64_t>(std::floor(at)) - reach;
        const auto high =
            static_cast<std::int64_t>(std::ceil(at + step_ * static_cast<double>(count - 1))) + reach;
        const auto master_channels = static_cast<std::size_t>(master_->channels());
        std::vector<float> window(static_cast<std::size_t>(high - low + 1) * master_channels);
        master_->read(low, window);
        std::array<float, base::kMostSoundChannels> place {};
        const std::span<float> one = std::span(place).first(master_channels);
        for (std::int64_t i = 0; i < count; ++i) {
            const double in_window = at + step_ * static_cast<double>(i) - static_cast<double>(low);
            if (exact) {
                std::copy_n(window.begin()
                        + static_cast<std::ptrdiff_t>(in_window)
                            * static_cast<std::ptrdiff_t>(master_channels),
                    master_channels, one.begin());
            } else {
                std::fill(one.begin(), one.end(), 0.0F);
                base::addBetween(window, in_window, step_, 1, one);
            }
            const bool sides = channels == 2 && master_channels == 2;
            const float middle = master_channels == 2 ? (one[0] + one[1]) / 2 : one[0];
            for (std::size_t c = 0; c < channels; ++c)
                into[static_cast<std::size_t>(i) * channels + c] +=
                    static_cast<float>(gain_) * (sides ? one[c] : middle);
        }
    }

private:
    static constexpr double kHalf = 0.5;
    /// Whole samples of the take that @p time lasts, not less than none.
    [[nodiscard]] std::int64_t samplesOf(Nanos time) const
    {
        constexpr double kSame = 1e-4; // of a sample
        return std::max<std::int64_t>(
            0, std::llround(std::ceil(base::seconds(time) * take_->trueRate() - kSame)));
    }

    const base::SoundTrackPtr take_;
    const base::SoundTrackPtr master_;
    const double step_;         ///< Samples of the master from one of the take to the next.
    const std::int64_t before_; ///< Samples before the take's first.
    std::int64_t count_ = 0;
    double gain_ = kHalf; ///< Of the master.
};

} // namespace

base::SoundTrackPtr mixed(base::SoundTrackPtr take, base::SoundTrackPtr master)
{
    return std::make_shared<MixedSound>(std::move(take), std::move(master));
}

} // namespace backtake::app
