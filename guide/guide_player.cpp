#include "guide/guide_player.hpp"

#include "base/resample.hpp"

#include <fmt/format.h>
#include <rubberband/RubberBandStretcher.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace backtake::guide {

using base::fail;
using base::Fault;
using RubberBand::RubberBandStretcher;

namespace {

/// Of everything that begins or ends within the sound: no click, and no consonant lost.
constexpr double kFade_s = 0.005;
constexpr double kGlide_s = 0.010; ///< From silence to full level.
constexpr double kClick_s = 0.030;
constexpr double kClick_Hz = 1000;
constexpr double kClickDecay_s = 0.006;
constexpr double kClickLevel = 0.5;
/// Samples given to Rubber Band at a time; it makes its buffers for them once.
constexpr std::size_t kBlock = 1024;
/// Rubber Band runs at this many times the rate: its hops, and with them how far a click may land from its
/// place, are so many times shorter (at 50 % 1 ms instead of 4). It costs a quarter of a core a channel while
/// slowed.
constexpr int kOversampling = 2;

double rising(double part) { return 0.5 - 0.5 * std::cos(std::numbers::pi * std::clamp(part, 0.0, 1.0)); }

/// Rubber Band as what makes good for the pitch of samples read too slowly. It is given the guide resampled
/// to its new length and told to keep that: as many samples go in as come out, so positions are counted and
/// not estimated, and its windows move what is sudden by half of what they do when it changes the length
/// itself. The finer engine: the faster one smears a click over 10 ms. @p rate_hz is the heard one; it runs
/// at kOversampling times that.
std::unique_ptr<RubberBandStretcher> pitchRaiser(int rate_hz, std::size_t channels, double speed)
{
    auto made = std::make_unique<RubberBandStretcher>(rate_hz * kOversampling, channels,
        RubberBandStretcher::OptionProcessRealTime | RubberBandStretcher::OptionEngineFiner
            | RubberBandStretcher::OptionChannelsTogether | RubberBandStretcher::OptionPitchHighConsistency,
        1, 1 / speed);
    made->setMaxProcessSize(kBlock);
    return made;
}

/// By how many of its samples what comes out of a pitchRaiser() is late once it was given its padding. Rubber
/// Band says so itself, to 0.3 ms; only below 55 % clicks come 0.3 to 3.3 ms earlier than that
/// (version 3.1.2).
std::int64_t delayOf(const RubberBandStretcher& raiser, int rate_hz, double speed)
{
    constexpr double kEarly_s = 0.0018;
    const double early = speed < 0.55 ? kEarly_s * rate_hz * kOversampling : 0;
    return static_cast<std::int64_t>(raiser.getStartDelay()) - std::llround(early);
}

} // namespace

/// One start of the guide, from its first click to its last sample. Its time is counted in samples rendered.
class GuidePlayer::Course {
public:
    /// @param from master samples that are to be heard in the first pass: from - 1, … 0.
    Course(base::SoundTrackPtr master, const GuideStart& start, std::int64_t from)
        : master_(std::move(master))
        , channels_(static_cast<std::size_t>(master_->channels()))
        , rate_hz_(master_->rateHz())
        , start_(start)
        , from_(from)
        , beat_(60 * rate_hz_ / start.beats_per_minute)
        , first_(std::llround(beat_ * start.count_in_clicks))
        , block_(kBlock * channels_)
        , planar_(kBlock * channels_)
    {
        if (start.speed == 1)
            return;
        stretcher_ = pitchRaiser(rate_hz_, channels_, start.speed);
        // Once for all: what comes out then is in step with what goes in. Done here, not while sounding.
        std::fill(planar_.begin(), planar_.end(), 0.0F);
        for (std::size_t pad = stretcher_->getPreferredStartPad(); pad > 0;) {
            const std::size_t count = std::min(pad, kBlock);
            give(count);
            pad -= count;
        }
        std::vector<float> dropped(kBlock * channels_);
        for (std::int64_t left = delayOf(*stretcher_, rate_hz_, start.speed); left > 0;) {
            const auto count = std::min<std::int64_t>(left, kBlock);
            raised(std::span(dropped).first(static_cast<std::size_t>(count) * channels_));
            left -= count;
        }
        raised_.assign(static_cast<std::size_t>(kReach) * channels_, 0.0F); // nothing is before the first
    }

    [[nodiscard]] bool ended() const { return start_.repeat == Repeat::Once && at_ >= first_ + length(); }
    [[nodiscard]] GuideStatus status() const
    {
        GuideStatus status;
        status.playing = !ended();
        if (at_ >= first_ && !ended())
            status.guide_s = positionAt(at_ - first_);
        else if (at_ < first_)
            status.clicks_left = start_.count_in_clicks - static_cast<int>(static_cast<double>(at_) / beat_);
        return status;
    }

    /// Fills @p out; @p rendered is the player's number of its first sample.
    /// @param runs null: nobody wants to know.
    void render(std::span<float> out, std::int64_t rendered, std::vector<PlayedRun>* runs)
    {
        const auto count = static_cast<std::int64_t>(out.size() / channels_);
        for (std::int64_t done = 0; done < count;) {
            const std::span<float> rest = out.subspan(static_cast<std::size_t>(done) * channels_);
            std::int64_t part = 0;
            if (at_ < first_) {
                part = std::min(count - done, first_ - at_);
                click(rest.first(static_cast<std::size_t>(part) * channels_));
            } else if (!ended()) {
                if (runs != nullptr)
                    tellRun(rendered + done, *runs);
                part = std::min(count - done, first_ + seamAfter(at_ - first_) - at_);
                sound(rest.first(static_cast<std::size_t>(part) * channels_));
            } else {
                if (runs != nullptr)
                    tellEnd(rendered + done, *runs);
                part = count - done;
                std::fill(rest.begin(), rest.end(), 0.0F);
            }
            at_ += part;
            done += part;
        }
    }
    void tellEnd(std::int64_t rendered, std::vector<PlayedRun>& runs)
    {
        if (std::exchange(told_, kNothing) >= 0)
            runs.push_back({ rendered, 0, 0 });
    }

private:
    static constexpr std::int64_t kNothing = -1;
    inline static const std::int64_t kReach = base::sincReach(kOversampling);

    /// Samples rendered of one pass; those of later ones begin at the guide's end.
    [[nodiscard]] std::int64_t length() const
    {
        return std::llround(static_cast<double>(from_) / start_.speed);
    }
    /// Number of the pass that rendered sample @p sounded of the guide belongs to, and where in it that is,
    /// in master samples from its beginning.
    [[nodiscard]] std::pair<std::int64_t, double> passAt(std::int64_t sounded) const
    {
        const double gone = static_cast<double>(sounded) * start_.speed;
        const auto first = static_cast<double>(from_);
        if (gone < first || start_.repeat == Repeat::Once)
            return { 0, gone };
        const auto whole = static_cast<double>(master_->sampleCount());
        const double passes = std::floor((gone - first) / whole);
        return { 1 + static_cast<std::int64_t>(passes), gone - first - passes * whole };
    }
    [[nodiscard]] double positionAt(std::int64_t sounded) const
    {
        const auto [pass, gone] = passAt(sounded);
        const auto begin = static_cast<double>(pass == 0 ? from_ : master_->sampleCount());
        return base::seconds(master_->startsAt()) + (begin - gone) / rate_hz_;
    }
    /// The first sample that no longer belongs to the pass that @p sounded belongs to, or the end.
    [[nodiscard]] std::int64_t seamAfter(std::int64_t sounded) const
    {
        if (start_.repeat == Repeat::Once)
            return length();
        const std::int64_t pass = passAt(sounded).first;
        const auto gone = static_cast<double>(from_) + static_cast<double>(pass * master_->sampleCount());
        auto seam = std::max(sounded + 1, static_cast<std::int64_t>(std::ceil(gone / start_.speed)));
        while (passAt(seam).first == pass)
            ++seam; // rounding
        return seam;
    }
    void tellRun(std::int64_t rendered, std::vector<PlayedRun>& runs)
    {
        const std::int64_t pass = passAt(at_ - first_).first;
        if (std::exchange(told_, pass) != pass)
            runs.push_back({ rendered, positionAt(at_ - first_), -start_.speed });
    }

    void click(std::span<float> out) const
    {
        for (std::size_t i = 0; i < out.size() / channels_; ++i) {
            const auto at = static_cast<double>(at_ + static_cast<std::int64_t>(i));
            const double since_s = (at - std::round(std::floor((at + 0.5) / beat_) * beat_)) / rate_hz_;
            double value = 0;
            if (since_s >= 0 && since_s < kClick_s)
                value = kClickLevel * std::cos(2 * std::numbers::pi * kClick_Hz * since_s)
                    * std::exp(-since_s / kClickDecay_s);
            std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i * channels_), channels_,
                static_cast<float>(value));
        }
    }
    void sound(std::span<float> out)
    {
        if (!stretcher_)
            return reversed(out);
        while (!out.empty()) {
            const std::size_t count = std::min(out.size() / channels_, kBlock / kOversampling);
            const std::size_t held = raised_.size();
            raised_.resize((2 * static_cast<std::size_t>(kReach) + kOversampling * count) * channels_);
            raised(std::span(raised_).subspan(held));
            std::fill_n(out.begin(), count * channels_, 0.0F);
            for (std::size_t i = 0; i < count;
                 ++i) // the middle of a sample is between two of the higher rate
                base::addBetween(raised_,
                    static_cast<double>(kReach) + kOversampling * (static_cast<double>(i) + 0.5) - 0.5,
                    kOversampling, 1, out.subspan(i * channels_, channels_));
            raised_.erase(raised_.begin(),
                raised_.begin() + static_cast<std::ptrdiff_t>(kOversampling * count * channels_));
            out = out.subspan(count * channels_);
        }
    }
    /// The next samples of the master backwards, as slow as they are to be heard (and as low), at the heard
    /// rate or that of stretcher_; the ends of each pass faded; silence behind the end.
    void reversed(std::span<float> out)
    {
        const auto count = static_cast<std::int64_t>(out.size() / channels_);
        const int per_sample = stretcher_ ? kOversampling : 1;
        const double fade = kFade_s * rate_hz_;
        const double step = start_.speed / per_sample;
        for (std::int64_t done = 0; done < count;) {
            const std::span<float> rest = out.subspan(static_cast<std::size_t>(done) * channels_);
            if (start_.repeat == Repeat::Once && read_ >= length() * per_sample) {
                std::fill(rest.begin(), rest.end(), 0.0F);
                return;
            }
            const std::int64_t heard = read_ / per_sample;
            const std::int64_t part = std::min(count - done, seamAfter(heard) * per_sample - read_);
            const std::span<float> here = rest.first(static_cast<std::size_t>(part) * channels_);
            const auto [pass, whole] = passAt(heard);
            const double gone = whole + static_cast<double>(read_ % per_sample) * step;
            const auto begin = static_cast<double>(pass == 0 ? from_ : master_->sampleCount());
            if (stretcher_)
                readBetween(begin - gone, step, here);
            else
                readBackwards(static_cast<std::int64_t>(begin - gone), here);
            for (std::int64_t i = 0; i < part; ++i) {
                const double place = begin - gone - (static_cast<double>(i) + 0.5) * step;
                const double to_edge = std::min(place, begin - place);
                if (to_edge >= fade)
                    continue;
                const auto gain = static_cast<float>(rising(to_edge / fade));
                for (std::size_t c = 0; c < channels_; ++c)
                    here[static_cast<std::size_t>(i) * channels_ + c] *= gain;
            }
            read_ += part;
            done += part;
        }
    }
    /// Samples end - 1, end - 2, …, as they are.
    void readBackwards(std::int64_t end, std::span<float> out) const
    {
        const std::size_t count = out.size() / channels_;
        master_->read(end - static_cast<std::int64_t>(count), out);
        for (std::size_t low = 0, high = count - 1; low < high; ++low, --high)
            for (std::size_t c = 0; c < channels_; ++c)
                std::swap(out[low * channels_ + c], out[high * channels_ + c]);
    }
    /// From @p begin down in steps, each value the one in the middle of its step.
    void readBetween(double begin, double step, std::span<float> out)
    {
        const std::size_t count = out.size() / channels_;
        const double at = begin - step / 2 - 0.5;
        const std::int64_t reach = base::sincReach(step);
        const auto low =
            static_cast<std::int64_t>(std::floor(at - step * static_cast<double>(count))) - reach;
        const auto high = static_cast<std::int64_t>(std::ceil(at)) + reach;
        window_.resize(static_cast<std::size_t>(high - low + 1) * channels_);
        master_->read(low, window_);
        std::fill(out.begin(), out.end(), 0.0F);
        for (std::size_t i = 0; i < count; ++i)
            base::addBetween(window_, at - step * static_cast<double>(i) - static_cast<double>(low), step, 1,
                out.subspan(i * channels_, channels_));
    }
    /// Hands planar_ to Rubber Band.
    void give(std::size_t count)
    {
        std::array<const float*, base::kMostSoundChannels> channel {};
        for (std::size_t c = 0; c < channels_; ++c)
            channel[c] = planar_.data() + c * kBlock;
        stretcher_->process(channel.data(), count, false);
    }
    /// The next samples at stretcher_'s rate, at their pitch.
    void raised(std::span<float> out)
    {
        std::array<float*, base::kMostSoundChannels> channel {};
        for (std::size_t c = 0; c < channels_; ++c)
            channel[c] = planar_.data() + c * kBlock;
        for (std::size_t done = 0; done < out.size() / channels_;) {
            const int ready = stretcher_->available();
            if (ready <= 0) {
                const std::size_t count =
                    std::clamp<std::size_t>(stretcher_->getSamplesRequired(), 1, kBlock);
                const std::span<float> block = std::span(block_).first(count * channels_);
                reversed(block);
                for (std::size_t i = 0; i < count; ++i)
                    for (std::size_t c = 0; c < channels_; ++c)
                        channel[c][i] = block[i * channels_ + c];
                give(count);
                continue;
            }
            const std::size_t wanted =
                std::min({ out.size() / channels_ - done, static_cast<std::size_t>(ready), kBlock });
            const std::size_t got = stretcher_->retrieve(channel.data(), wanted);
            for (std::size_t i = 0; i < got; ++i)
                for (std::size_t c = 0; c < channels_; ++c)
                    out[(done + i) * channels_ + c] = channel[c][i];
            done += got;
        }
    }

    const base::SoundTrackPtr master_;
    const std::size_t channels_;
    const int rate_hz_;
    const GuideStart start_;
    const std::int64_t from_;
    const double beat_;            ///< Samples.
    const std::int64_t first_;     ///< Samples of count-in.
    std::int64_t at_ = 0;          ///< Samples rendered.
    std::int64_t told_ = kNothing; ///< Pass of which the run was told.

    std::int64_t read_ =
        0; ///< Samples read, at stretcher_'s rate where there is one: ahead of what is heard.
    std::unique_ptr<RubberBandStretcher> stretcher_;
    std::vector<float> raised_; ///< Out of stretcher_, from kReach of its samples before what is heard next.
    std::vector<float> window_;
    std::vector<float> block_;  ///< A block, interleaved …
    std::vector<float> planar_; ///< … and channel by channel.
};

GuidePlayer::GuidePlayer(base::SoundTrackPtr master)
    : master_(std::move(master))
    , channels_(static_cast<std::size_t>(master_->channels()))
    , tail_(static_cast<std::size_t>(kFade_s * master_->rateHz()) * channels_)
    , tail_at_(tail_.size())
{
    fading_.reserve(tail_.size());
}

GuidePlayer::~GuidePlayer() = default;

base::Outcome GuidePlayer::start(const GuideStart& start)
{
    if (!(start.speed >= kSlowestSpeed && start.speed <= 1))
        return fail(Fault::Usage, "the guide can be played at 50 to 100 %");
    if (start.count_in_clicks < 0 || start.count_in_clicks > kMostCountInClicks)
        return fail(Fault::Usage, fmt::format("a count-in has 0 to {} clicks", kMostCountInClicks));
    if (!(start.beats_per_minute >= 20 && start.beats_per_minute <= 400))
        return fail(Fault::Usage, "the tempo of a count-in is 20 to 400 beats a minute");
    std::int64_t from = master_->sampleCount();
    if (start.from) {
        from = std::llround(base::seconds(*start.from - master_->startsAt()) * master_->rateHz());
        if (from <= 0 || from > master_->sampleCount())
            return fail(Fault::Usage, "the guide cannot begin there: choose a place within it");
    }
    exchange(std::make_unique<Course>(master_, start, from));
    return {};
}

void GuidePlayer::stop() { exchange(nullptr); }

void GuidePlayer::exchange(std::unique_ptr<Course> next)
{
    std::unique_ptr<Course> retired; // freed outside the lock
    base::Lock lock(mutex_);
    retired = std::move(retired_);
    std::swap(next_, next);
    changed_ = true;
    status_ = next_ ? next_->status() : GuideStatus {};
}

void GuidePlayer::setLevel(double level)
{
    base::Lock lock(mutex_);
    level_ = std::clamp(level, 0.0, 1.0);
}

GuideStatus GuidePlayer::status() const
{
    base::Lock lock(mutex_);
    return status_;
}

void GuidePlayer::turn(std::unique_ptr<Course> next, std::vector<PlayedRun>& runs)
{
    if (course_) {
        course_->tellEnd(rendered_, runs);
        fading_.assign(tail_.begin() + static_cast<std::ptrdiff_t>(tail_at_), tail_.end());
        fading_.resize(tail_.size(), 0.0F); // what still fades of the one before
        course_->render(tail_, rendered_, nullptr);
        const double length = static_cast<double>(tail_.size() / channels_);
        for (std::size_t i = 0; i < tail_.size(); ++i)
            tail_[i] = fading_[i]
                + tail_[i]
                    * static_cast<float>(1 - rising((static_cast<double>(i / channels_) + 0.5) / length));
        tail_at_ = 0;
    }
    std::swap(course_, next);
    base::Lock lock(mutex_);
    retired_ = std::move(next); // empty: whoever asked for this turn took what was there
}

void GuidePlayer::render(std::span<float> out, std::vector<PlayedRun>& runs)
{
    std::unique_ptr<Course> next;
    bool changed = false;
    double level = 0;
    {
        base::Lock lock(mutex_);
        changed = std::exchange(changed_, false);
        next = std::move(next_);
        level = level_;
    }
    if (changed)
        turn(std::move(next), runs);
    if (course_)
        course_->render(out, rendered_, &runs);
    else
        std::fill(out.begin(), out.end(), 0.0F);
    const double step = 1 / (kGlide_s * master_->rateHz());
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (tail_at_ < tail_.size())
            out[i] += tail_[tail_at_++];
        if (i % channels_ == 0)
            gain_ += std::clamp(level - gain_, -step, step);
        out[i] *= static_cast<float>(gain_);
    }
    rendered_ += static_cast<std::int64_t>(out.size() / channels_);
    base::Lock lock(mutex_);
    if (!changed_)
        status_ = course_ ? course_->status() : GuideStatus {};
}

} // namespace backtake::guide
