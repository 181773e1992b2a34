#include "capture/sound_input.hpp"

#include "base/text.hpp"
#include "capture/gst_errors.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/gst_sound.hpp"
#include "capture/sound_clock.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::capture {

using base::Fault;
using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;
using Kind = SoundSpec::Kind;
using State = SoundStatus::State;

namespace {

/// Bounds how soon a stop is noticed.
constexpr Nanos kPatience = 100ms;
/// A source without a sample for this long is opened anew; a sound server may take its time for the first.
constexpr Nanos kReopenAfter = 2s;
constexpr Nanos kReopenUnheardAfter = 5s;
/// From then on silence stands for what does not come.
constexpr Nanos kSilenceAfter = 1s;
constexpr Nanos kFirstPause = 200ms;
constexpr Nanos kLongestPause = 2s;
/// Blocks kept for a thread that is late: 10 s of blocks of 10 ms.
constexpr std::size_t kDepth = 1000;

/// The elements ahead of our end, as text; the device is set on the element named "device".
std::string textOf(const SoundSpec& spec)
{
    switch (spec.kind) {
    case Kind::Pulse:
        return "pulsesrc name=device";
    case Kind::Alsa:
        return "alsasrc name=device";
    case Kind::Test:
        return fmt::format(
            "audiotestsrc is-live=true freq=1000 volume=0.1 ! audio/x-raw,format=S16LE,rate=48000,"
            "channels={}",
            spec.address.empty() ? "1" : spec.address);
    default:
        return spec.address;
    }
}

base::Result<std::unique_ptr<GstPipeline>> makePipeline(const SoundSpec& spec)
{
    startGStreamer();
    const GstOwned<GstParseContext> context(gst_parse_context_new());
    GError* raw_error = nullptr;
    const std::string text = fmt::format("{} ! {} caps=\"{}\"", textOf(spec), kSoundTail, kTakenSound);
    GstElement* element =
        gst_parse_launch_full(text.c_str(), context.get(), GST_PARSE_FLAG_FATAL_ERRORS, &raw_error);
    const GstOwned<GError> error(raw_error);
    GstOwned<GstElement> pipeline(element ? GST_ELEMENT(gst_object_ref_sink(element)) : nullptr);
    if (error || !pipeline)
        return base::fail(errorOfText(spec.shown(), error.get(), context.get()));
    if (spec.kind != Kind::Gst && !spec.address.empty()) {
        const GstOwned<GstElement> device(gst_bin_get_by_name(GST_BIN(pipeline.get()), "device"));
        if (device)
            g_object_set(device.get(), "device", spec.address.c_str(), nullptr);
    }
    GstOwned<GstAppSink> sink(GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipeline.get()), "backtake-sound")));
    return std::make_unique<GstPipeline>(std::move(pipeline), std::move(sink), std::nullopt, kDepth);
}

std::string text(const GstTrouble& trouble)
{
    std::string words = base::oneLine(base::withoutSecrets(trouble.message));
    while (words.ends_with('.'))
        words.pop_back();
    return words;
}

} // namespace

SoundInput::SoundInput(SoundSpec spec)
    : spec_(std::move(spec))
    , feed_(spec_.shown(), State::Opening)
    , thread_([this](std::stop_token stop) { run(std::move(stop)); })
{
}

SoundInput::~SoundInput() = default;

void SoundInput::run(std::stop_token stop)
{
    base::nameThisThread("bt-sound");
    Nanos wait = kFirstPause;
    while (!stop.stop_requested()) {
        auto pipeline = makePipeline(spec_);
        if (!pipeline) {
            feed_.lose(State::Refused, pipeline.error().message);
            while (!stop.stop_requested())
                pause(kLongestPause, stop);
            return;
        }
        const Nanos began = base::monotonicNow();
        (*pipeline)->start();
        deliver(**pipeline, stop);
        pipeline->reset();
        if (base::monotonicNow() - began > kLongestPause + kReopenUnheardAfter)
            wait = kFirstPause;
        pause(wait, stop);
        wait = std::min(2 * wait, kLongestPause);
    }
}

/// Until the source is over, for whatever reason.
void SoundInput::deliver(GstPipeline& pipeline, std::stop_token stop)
{
    SoundClock clock(48000);
    Nanos heard_at = base::monotonicNow();
    bool heard = false;
    std::optional<Nanos> paced_to; ///< Of a pipeline that is not live: how far its sound has been let go.
    while (!stop.stop_requested()) {
        const auto arrival = pipeline.take(base::monotonicNow() + kPatience);
        const Nanos now = base::monotonicNow();
        if (now - heard_at > kSilenceAfter)
            feed_.silenceUntil(now - kSilenceAfter);
        if (!arrival) {
            if (const auto trouble = pipeline.trouble())
                return feed_.lose(State::Lost,
                    fmt::format("no sound from {}: {}; check its cable and that no other program has it",
                        spec_.shown(), text(*trouble)));
            if (pipeline.ended())
                return feed_.lose(
                    State::Lost, fmt::format("{} has ended: start its sender again", spec_.shown()));
            if (now - heard_at > (heard ? kReopenAfter : kReopenUnheardAfter))
                return feed_.lose(State::Lost,
                    fmt::format("no sound from {}: check its cable and its power", spec_.shown()));
            continue;
        }
        auto block = soundBlock(arrival->sample.get());
        if (!block)
            continue;
        if (pipeline.pace() == GstPace::Clip) {
            block->captured_at = paced_to.value_or(now);
            paced_to = block->endsAt();
            Lock lock(mutex_);
            retry_.waitUntil(mutex_, stop, *paced_to, []() { return false; });
        } else {
            const auto stamp = clock.stamp(block->frames(), arrival->at);
            block->captured_at = stamp.captured_at;
            block->rate_error_ppm = stamp.rate_error_ppm;
        }
        heard_at = base::monotonicNow();
        heard = true;
        feed_.take(std::move(*block));
    }
}

/// Between two tries. Silence goes on being put in place.
void SoundInput::pause(Nanos length, std::stop_token stop)
{
    const Nanos until = base::monotonicNow() + length;
    for (Nanos now = base::monotonicNow(); now < until && !stop.stop_requested();
         now = base::monotonicNow()) {
        feed_.silenceUntil(now - kSilenceAfter);
        Lock lock(mutex_);
        retry_.waitUntil(mutex_, stop, std::min(until, now + kPatience), []() { return false; });
    }
}

} // namespace backtake::capture
