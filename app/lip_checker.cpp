#include "app/lip_checker.hpp"

#include "base/result.hpp"
#include "guide/lip_check.hpp"
#include "guide/waveform.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <functional>

namespace backtake::app {

using base::Nanos;

namespace {

/// Some channels of a track, mixed to one.
class Mixed final : public base::SoundTrack {
public:
    Mixed(base::SoundTrackPtr sound, std::vector<std::size_t> channels)
        : sound_(std::move(sound))
        , channels_(std::move(channels))
    {
    }
    [[nodiscard]] int rateHz() const override { return sound_->rateHz(); }
    [[nodiscard]] double trueRate() const override { return sound_->trueRate(); }
    [[nodiscard]] int channels() const override { return 1; }
    [[nodiscard]] std::int64_t sampleCount() const override { return sound_->sampleCount(); }
    [[nodiscard]] Nanos startsAt() const override { return sound_->startsAt(); }
    void read(std::int64_t first, std::span<float> into) const override
    {
        const auto all = static_cast<std::size_t>(sound_->channels());
        std::vector<float> samples(into.size() * all);
        sound_->read(first, samples);
        for (std::size_t i = 0; i < into.size(); ++i) {
            float sum = 0;
            for (const std::size_t channel : channels_)
                sum += samples[i * all + channel];
            into[i] = sum / static_cast<float>(channels_.size());
        }
    }

private:
    base::SoundTrackPtr sound_;
    std::vector<std::size_t> channels_;
};

/// What performers are heard on; null: on none.
base::SoundTrackPtr performersIn(const LipQuestion& question)
{
    const base::SoundTrackPtr sound = question.footage->sound();
    if (!sound)
        return nullptr;
    std::vector<std::size_t> channels;
    for (int channel = 1; channel <= sound->channels(); ++channel)
        if (question.channel > 0 ? channel == question.channel : channel != question.leave_out)
            channels.push_back(static_cast<std::size_t>(channel) - 1);
    return channels.empty() ? nullptr : std::make_shared<Mixed>(sound, std::move(channels));
}

std::optional<ui::LipOffset> offsetOf(const std::optional<guide::OnsetMatch>& match, const base::Rate& rate)
{
    if (!match)
        return std::nullopt;
    return ui::LipOffset { match->offset, base::seconds(match->offset) * rate.perSecond(),
        match->confidence };
}

/// @return null: stopped.
ui::LipCheckPtr compare(const LipQuestion& question, const base::SoundTrack& production,
    std::atomic<double>& progress, const std::stop_token& stop)
{
    // What each part takes of the time, as measured with a song of three minutes.
    constexpr double kOutline = 0.15;
    constexpr double kWhole = 0.3;
    const auto outline = [&](const base::SoundTrack& sound, double from) -> base::SoundOutlinePtr {
        auto made = guide::Waveform::make(
            sound, [&](double part) { progress = from + kOutline * part; }, stop);
        return made ? std::make_shared<guide::Waveform>(std::move(*made)) : nullptr;
    };
    const auto check = std::make_shared<ui::LipCheck>();
    check->master = outline(*question.master, 0);
    check->production = outline(production, kOutline);
    if (!check->master || !check->production)
        return nullptr;
    std::vector<guide::Phrase> phrases = guide::phrasesIn(*question.master);
    const Nanos end = question.footage->duration();
    std::erase_if(phrases, [&](const guide::Phrase& one) { // as far as the take has it
        const Nanos inside = std::min(one.to, end) - std::max(one.from, Nanos(0));
        return inside < (one.to - one.from) / 2;
    });
    const base::Rate rate = question.footage->nominalRate();
    if (!phrases.empty() && !stop.stop_requested())
        check->offset = offsetOf(
            guide::matchShown(*question.master, production, phrases.front().from, phrases.back().to), rate);
    for (std::size_t i = phrases.size(); i-- > 0;) {
        if (stop.stop_requested())
            return nullptr;
        const double done = static_cast<double>(phrases.size() - i) / static_cast<double>(phrases.size());
        const guide::Phrase& one = phrases[i];
        check->phrases.push_back({ std::max(one.from, Nanos(0)), std::min(one.to, end),
            offsetOf(guide::matchShown(*question.master, production, one.from, one.to), rate) });
        progress = 2 * kOutline + kWhole + (1 - 2 * kOutline - kWhole) * done;
    }
    return stop.stop_requested() ? nullptr : check;
}

} // namespace

std::uint64_t identityOf(const base::SoundTrack& sound)
{
    constexpr std::int64_t kLooks = 512;
    const std::array<std::int64_t, 4> facts { sound.rateHz(), sound.channels(), sound.sampleCount(),
        sound.startsAt().count() };
    std::uint64_t identity = XXH3_64bits(facts.data(), sizeof(facts));
    std::vector<float> samples(64 * static_cast<std::size_t>(sound.channels()));
    for (std::int64_t look = 0; look < kLooks; ++look) {
        sound.read(sound.sampleCount() * look / kLooks, samples);
        identity = XXH3_64bits_withSeed(samples.data(), samples.size() * sizeof(float), identity);
    }
    return identity;
}

void LipChecker::ask(LipQuestion question)
{
    if (asked_ == question)
        return;
    cancel();
    stop_ = {};
    *progress_ = 0;
    const bool taken = worker_.ask([this, question, number = number_, progress = progress_,
                                       stop = stop_.get_token()]() -> Worker::Answer {
        LipQuestion name = question;
        name.footage.reset();
        name.master.reset();
        const std::uint64_t master = identityOf(*question.master);
        const auto known = std::find_if(known_.begin(), known_.end(), [&](const Known& one) {
            return !name.take.empty() && one.question == name && one.master == master;
        });
        ui::LipCheckPtr check;
        std::string trouble;
        if (known != known_.end()) {
            check = known->check;
        } else if (const base::SoundTrackPtr performers = performersIn(question)) {
            check = compare(question, *performers, *progress, stop);
            if (!check)
                return nullptr; // stopped
            if (known_.size() == kMostKnown)
                known_.erase(known_.begin());
            known_.push_back({ name, master, check });
        } else {
            trouble = "This take has no sound of the performers: give takes a microphone (--audio, or F10)";
        }
        return [this, number, check, trouble]() {
            if (number != number_)
                return;
            check_ = check;
            trouble_ = trouble;
        };
    });
    if (taken)
        asked_ = std::move(question);
}

void LipChecker::cancel()
{
    stop_.request_stop();
    asked_.reset();
    ++number_;
    check_.reset();
    trouble_.clear();
}

} // namespace backtake::app
