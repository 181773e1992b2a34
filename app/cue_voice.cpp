#include "app/cue_voice.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::app {

using base::fail;
using base::Fault;
using namespace std::chrono_literals;

namespace {

/// Put ahead of what the device has taken: a late thread is not heard. Below the half second that a sink
/// holds.
constexpr base::Nanos kAhead = 250ms;
constexpr base::Nanos kStep = 50ms;
/// A device that takes nothing for so long has gone.
constexpr base::Nanos kPatience = 3s;

} // namespace

std::vector<float> voiceForEars(const std::vector<std::int16_t>& samples, int rate_hz, bool reversed)
{
    const auto count = static_cast<std::int64_t>(samples.size());
    const auto at = [&](std::int64_t sample) {
        if (sample < 0 || sample >= count)
            return 0.0;
        const std::int64_t index = reversed ? count - 1 - sample : sample;
        return samples[static_cast<std::size_t>(index)] / 32768.0;
    };
    const std::int64_t out = count * rate_hz / guide::kVoiceRateHz;
    std::vector<float> ears(static_cast<std::size_t>(out * base::kEars));
    for (std::int64_t i = 0; i < out; ++i) {
        const double place = static_cast<double>(i) * guide::kVoiceRateHz / rate_hz;
        const auto sample = static_cast<std::int64_t>(place);
        const double t = place - static_cast<double>(sample);
        const double a = at(sample - 1);
        const double b = at(sample);
        const double c = at(sample + 1);
        const double d = at(sample + 2);
        const double value =
            b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
        for (std::int64_t ear = 0; ear < base::kEars; ++ear)
            ears[static_cast<std::size_t>(i * base::kEars + ear)] = static_cast<float>(value);
    }
    return ears;
}

CueVoice::CueVoice(
    std::shared_ptr<const guide::CueSheet> sheet, bool reversed, Open open, base::SoundChoice choice)
    : thread_([this, sheet = std::move(sheet), reversed, open = std::move(open), choice = std::move(choice)](
                  const std::stop_token& stop) {
        base::nameThisThread("bt-voice");
        base::Outcome outcome = say(*sheet, reversed, open, choice, stop);
        base::Lock lock(mutex_);
        outcome_ = std::move(outcome);
    })
{
}

std::optional<base::Outcome> CueVoice::outcome() const
{
    base::Lock lock(mutex_);
    return outcome_;
}

base::Outcome CueVoice::say(const guide::CueSheet& sheet, bool reversed, const Open& open,
    const base::SoundChoice& choice, const std::stop_token& stop)
{
    auto sink = open(choice.device);
    if (!sink)
        return fail(sink.error());
    const auto gain = choice.muted ? 0.0F : static_cast<float>(std::pow(10.0, choice.level_db / 20.0));
    std::int64_t next = 0;
    for (std::size_t i = 0; i < sheet.lines.size(); ++i) {
        guide::CueSheet one;
        one.language = sheet.language;
        one.lines = { sheet.lines[reversed ? sheet.lines.size() - 1 - i : i] };
        std::vector<std::int16_t> samples;
        const auto said = guide::speakCueSheet(one, [&](std::span<const std::int16_t> more) {
            samples.insert(samples.end(), more.begin(), more.end());
            return !stop.stop_requested();
        });
        if (!said)
            return fail(said.error());
        std::vector<float> ears = voiceForEars(samples, (*sink)->rateHz(), reversed);
        for (float& ear : ears)
            ear = std::clamp(ear * gain, -1.0F, 1.0F);
        if (!play(**sink, ears, next, stop))
            return stop.stop_requested()
                ? fail(Fault::Cancelled, "it was stopped")
                : fail(Fault::NotFound, "The sound device takes nothing more: F10 chooses another one");
        progress_ = static_cast<double>(i + 1) / static_cast<double>(sheet.lines.size());
    }
    if (!waitUntilTaken(**sink, next, stop))
        return fail(Fault::Cancelled, "it was stopped");
    return {};
}

bool CueVoice::play(
    base::SoundSink& sink, const std::vector<float>& samples, std::int64_t& next, const std::stop_token& stop)
{
    const auto ahead = static_cast<std::int64_t>(base::seconds(kAhead) * sink.rateHz());
    const auto step = static_cast<std::size_t>(base::seconds(kStep) * sink.rateHz()) * base::kEars;
    for (std::size_t at = 0; at < samples.size(); at += step) {
        if (!waitUntilTaken(sink, next - ahead, stop))
            return false;
        // Where the device was ahead of us, silence was heard: go on where it is.
        next = std::max(next, sink.taken());
        const std::size_t count = std::min(step, samples.size() - at);
        sink.put(next, { samples.data() + at, count });
        next += static_cast<std::int64_t>(count) / base::kEars;
    }
    return true;
}

bool CueVoice::waitUntilTaken(base::SoundSink& sink, std::int64_t sample, const std::stop_token& stop)
{
    std::int64_t before = sink.taken();
    base::Nanos give_up = base::monotonicNow() + kPatience;
    while (sink.taken() < sample) {
        if (stop.stop_requested() || sink.gone() || base::monotonicNow() > give_up)
            return false;
        if (sink.taken() != before) {
            before = sink.taken();
            give_up = base::monotonicNow() + kPatience;
        }
        base::Lock lock(mutex_);
        (void)stopped_.waitUntil(mutex_, stop, base::monotonicNow() + kStep / 5, [] { return false; });
    }
    return !stop.stop_requested();
}

} // namespace backtake::app
