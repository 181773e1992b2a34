#include "capture/gst_source.hpp"

#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "base/thread_marks.hpp"
#include "capture/camera_list.hpp"
#include "capture/gst_errors.hpp"
#include "capture/gst_frame.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/gst_sound.hpp"
#include "capture/sound_clock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <regex>
#include <system_error>
#include <thread>
#include <utility>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;
using Kind = CameraSpec::Kind;

/// openSource()'s promise, less the destructor's share of a failed attempt.
constexpr Nanos kOpenLimit = 4500ms;
/// A pipeline of the operator's own may rightly be slow to give its first frame: next() tells when none
/// comes. This long is waited for what goes wrong at once.
constexpr Nanos kPipelineOpenLimit = 1s;
/// A network sender without a packet for this long is taken for dead. Its cost: a camera that sends fewer
/// than one packet in 2.5 s cannot be used.
constexpr Nanos kSilenceLimit = 2500ms;
/// A clip of which nothing was read for this long and of which nothing came is given up: decodebin swallows
/// what a demuxer says while it is being connected, so that one in three torn MP4 files ends without a word.
constexpr Nanos kUnreadLimit = 2s;
/// Longest a network connection may take to come about; below kOpenLimit, so that GStreamer tells why.
constexpr Nanos kConnectLimit = 3s;
/// Kept by the jitter buffer for packets out of order. Over TCP there are none, and packets pass at once.
/// Nothing is dropped on latency: while a decoder starts, packets queue for longer than this, and each one
/// dropped damages every H.264 picture up to the next key frame. Pictures give way in GstPipeline's box,
/// whole and counted.
constexpr Nanos kRtspLatency = 50ms;
/// Time SRT has to get a lost packet again: enough on a wired set, too little over the internet (put
/// latency=… there).
constexpr Nanos kSrtLatency = 20ms;
/// A camera thread later than this does not get a clip's missed frames in one burst: the clip goes on from
/// where it was.
constexpr Nanos kLongestCatchUp = 10s;
/// How often a clip asks a full pool again.
constexpr Nanos kPoolPause = 2ms;

std::int64_t milliseconds(Nanos time)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

base::Result<GstElement*> make(const char* factory)
{
    if (GstElement* element = gst_element_factory_make(factory, nullptr))
        return element;
    return base::fail(missingElement(factory));
}

GstOwned<GstAppSink> makeSink()
{
    GstElement* sink = gst_element_factory_make("appsink", nullptr);
    return GstOwned<GstAppSink>(sink ? GST_APP_SINK(gst_object_ref_sink(sink)) : nullptr);
}

void takeOnlyPictures(GstAppSink* sink)
{
    const GstOwned<GstCaps> caps(gst_caps_from_string(kTakenCaps));
    gst_app_sink_set_caps(sink, caps.get());
}

/// A pipeline that holds nothing but its sink.
base::Result<std::unique_ptr<GstPipeline>> emptyPipeline(GstPace pace)
{
    GstOwned<GstAppSink> sink = makeSink();
    if (!sink)
        return base::fail(missingElement("appsink"));
    takeOnlyPictures(sink.get());
    GstOwned<GstElement> pipeline(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    gst_bin_add(GST_BIN(pipeline.get()), GST_ELEMENT(sink.get()));
    return std::make_unique<GstPipeline>(std::move(pipeline), std::move(sink), pace);
}

base::Result<std::unique_ptr<GstPipeline>> filePipeline(const CameraSpec& spec)
{
    auto pipeline = emptyPipeline(GstPace::Clip);
    if (!pipeline)
        return pipeline;
    const auto source = make("filesrc");
    if (!source)
        return base::fail(source.error());
    g_object_set(*source, "location", spec.address.c_str(), nullptr);
    gst_bin_add(GST_BIN((*pipeline)->element()), *source);
    GstElement* decoder = (*pipeline)->addDecoder();
    if (!decoder)
        return base::fail(missingElement("decodebin"));
    gst_element_link(*source, decoder);
    const GstOwned<GstPad> out(gst_element_get_static_pad(*source, "src"));
    (*pipeline)->watch(out.get());
    return pipeline;
}

base::Result<std::unique_ptr<GstPipeline>> v4l2Pipeline(const CameraSpec& spec)
{
    auto pipeline = emptyPipeline(GstPace::Live);
    if (!pipeline)
        return pipeline;
    const auto source = make("v4l2src");
    if (!source)
        return base::fail(source.error());
    g_object_set(*source, "device", spec.address.c_str(), nullptr);
    gst_bin_add(GST_BIN((*pipeline)->element()), *source);
    gst_element_link(*source, GST_ELEMENT((*pipeline)->sink()));
    return pipeline;
}

base::Result<std::unique_ptr<GstPipeline>> srtPipeline(const CameraSpec& spec)
{
    auto pipeline = emptyPipeline(GstPace::Live);
    if (!pipeline)
        return pipeline;
    const auto source = make("srtsrc");
    if (!source)
        return base::fail(source.error());
    // Coming back is the camera thread's business: it shows the loss, and it waits between attempts.
    g_object_set(*source, "uri", spec.address.c_str(), "auto-reconnect", FALSE, nullptr);
    if (spec.address.find("latency=") == std::string::npos)
        g_object_set(*source, "latency", static_cast<int>(milliseconds(kSrtLatency)), nullptr);
    gst_bin_add(GST_BIN((*pipeline)->element()), *source);
    GstElement* decoder = (*pipeline)->addDecoder();
    if (!decoder)
        return base::fail(missingElement("decodebin"));
    gst_element_link(*source, decoder);
    const GstOwned<GstPad> out(gst_element_get_static_pad(*source, "src"));
    (*pipeline)->watch(out.get());
    return pipeline;
}

base::Result<std::unique_ptr<GstPipeline>> rtspPipeline(const CameraSpec& spec, StreamSound sound)
{
    auto pipeline = emptyPipeline(GstPace::Live);
    if (!pipeline)
        return pipeline;
    const auto source = make("rtspsrc");
    if (!source)
        return base::fail(source.error());
    constexpr guint kTcp = 0x4; // GST_RTSP_LOWER_TRANS_TCP
    g_object_set(*source, "location", spec.address.c_str(), "latency",
        static_cast<guint>(milliseconds(kRtspLatency)), "drop-on-latency", FALSE, "protocols", kTcp,
        "tcp-timeout",
        static_cast<guint64>(std::chrono::duration_cast<std::chrono::microseconds>(kConnectLimit).count()),
        nullptr);
    gst_bin_add(GST_BIN((*pipeline)->element()), *source);
    if (!(*pipeline)->addStreamDecoders(*source, sound))
        return base::fail(missingElement("decodebin"));
    return pipeline;
}

/// The appsink for the picture in a parsed pipeline, if it has one.
GstOwned<GstAppSink> sinkIn(GstElement* element)
{
    if (GST_IS_APP_SINK(element))
        return GstOwned<GstAppSink>(GST_APP_SINK(gst_object_ref(element)));
    if (!GST_IS_BIN(element))
        return nullptr;
    const GstOwned<GstIterator> elements(
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(element), "appsink"));
    GstOwned<GstAppSink> found;
    GValue item = G_VALUE_INIT;
    while (!found && gst_iterator_next(elements.get(), &item) == GST_ITERATOR_OK) {
        const GstOwned<char> name(gst_object_get_name(GST_OBJECT(g_value_get_object(&item))));
        if (std::string_view(name.get()) != "backtake-sound")
            found.reset(GST_APP_SINK(g_value_dup_object(&item)));
        g_value_unset(&item);
    }
    return found;
}

/// A pipeline from text, or why it is none. @p shown is what the operator wrote.
base::Result<GstOwned<GstElement>> parse(const std::string& text, const std::string& shown)
{
    const GstOwned<GstParseContext> context(gst_parse_context_new());
    GError* raw_error = nullptr;
    GstElement* element =
        gst_parse_launch_full(text.c_str(), context.get(), GST_PARSE_FLAG_FATAL_ERRORS, &raw_error);
    const GstOwned<GError> error(raw_error);
    GstOwned<GstElement> owned(element ? GST_ELEMENT(gst_object_ref_sink(element)) : nullptr);
    if (error || !owned)
        return base::fail(errorOfText(shown, error.get(), context.get()));
    return owned;
}

base::Result<std::unique_ptr<GstPipeline>> textPipeline(const CameraSpec& spec)
{
    std::string text = spec.address;
    while (!text.empty() && (text.back() == ' ' || text.back() == '!'))
        text.pop_back();
    // Parsing opens nothing. Text that ends in caps is a pipeline only with an element behind them, so that
    // the first attempt may fail and the second succeed.
    // A chain of it that ends in "! sound." is the sound; where that leads to is ours.
    static const std::regex leads_to_sound("!\\s*sound\\.(\\s|$)");
    const bool has_sound = std::regex_search(text, leads_to_sound);
    const std::string sound_end =
        has_sound ? fmt::format(" {} caps=\"{}\"", kSoundTail, kTakenSound) : std::string();
    auto parsed = parse(text + sound_end, text);
    GstOwned<GstAppSink> sink = parsed ? sinkIn(parsed->get()) : nullptr;
    if (sink) {
        const GstOwned<GstCaps> own(gst_app_sink_get_caps(sink.get()));
        if (!own)
            takeOnlyPictures(sink.get());
    } else {
        parsed = parse(text + " ! appsink caps=\"" + kTakenCaps + "\"" + sound_end, text);
        if (!parsed)
            return base::fail(parsed.error());
        sink = sinkIn(parsed->get());
    }
    if (!sink || !GST_IS_PIPELINE(parsed->get()))
        return base::fail(
            cameraError(Fault::Usage, fmt::format("gst: '{}' is no pipeline: begin with a source", text)));
    const GstOwned<GstElement> sound(
        has_sound ? gst_bin_get_by_name(GST_BIN(parsed->get()), "backtake-sound") : nullptr);
    auto pipeline = std::make_unique<GstPipeline>(std::move(*parsed), std::move(sink), std::nullopt);
    if (sound)
        pipeline->takeSoundFrom(GST_APP_SINK(sound.get()));
    return pipeline;
}

base::Result<std::unique_ptr<GstPipeline>> makePipeline(
    const CameraSpec& spec, StreamSound sound = StreamSound::Wanted)
{
    switch (spec.kind) {
    case Kind::File:
        return filePipeline(spec);
    case Kind::Gst:
        return textPipeline(spec);
    case Kind::V4l2:
        return v4l2Pipeline(spec);
    case Kind::Rtsp:
        return rtspPipeline(spec, sound);
    case Kind::Srt:
        return srtPipeline(spec);
    default:
        return base::fail(
            cameraError(Fault::Unsupported, fmt::format("{} is no camera of GStreamer's", spec.shown())));
    }
}

/// What is known without GStreamer, in better words than it has.
base::Outcome checkFile(const CameraSpec& spec)
{
    for (const auto& [option, value] : spec.options)
        if (option != "loop")
            return base::fail(cameraError(
                Fault::Usage, fmt::format("file: knows no option '{}': it has only '?loop'", option)));
    struct stat status { };
    // Not blocking: a FIFO would wait for a writer.
    const int descriptor = open(spec.address.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int open_error = descriptor < 0 ? errno : 0;
    const bool known = descriptor >= 0 && fstat(descriptor, &status) == 0;
    if (descriptor >= 0)
        close(descriptor);
    if (open_error == ENOENT || open_error == ENOTDIR)
        return base::fail(
            cameraError(Fault::NotFound, fmt::format("there is no file {}: check its name", spec.address)));
    if (open_error == EACCES)
        return base::fail(cameraError(
            Fault::Denied, fmt::format("no right to read {}: change its owner or mode", spec.address)));
    if (open_error != 0 || !known)
        return base::fail(cameraError(base::faultOfErrno(open_error),
            fmt::format("cannot read {}: {}; check the disk", spec.address,
                std::generic_category().message(open_error))));
    if (!S_ISREG(status.st_mode))
        return base::fail(
            cameraError(Fault::Unsupported, fmt::format("{} is no file: choose a clip", spec.address)));
    return {};
}

class GstSource final : public FrameSource {
public:
    GstSource(CameraSpec spec, base::PicturePool& pool, std::unique_ptr<GstPipeline> pipeline)
        : spec_(std::move(spec))
        , pool_(pool)
        , pipeline_(std::move(pipeline))
    {
        facts_.name = nameOfSpec();
        if (spec_.kind == Kind::Rtsp)
            facts_.latency = kRtspLatency;
        if (spec_.kind == Kind::Srt && spec_.address.find("latency=") == std::string::npos)
            facts_.latency = kSrtLatency;
    }

    base::Result<SourceFrame> next(Nanos patience) override
    {
        room_.mustBeHere();
        const Nanos deadline = base::monotonicNow() + patience;
        for (;;) {
            if (!pending_) {
                if (auto outcome = fetch(deadline); !outcome)
                    return base::fail(outcome.error());
            }
            if (due_ > deadline) {
                sleepUntil(deadline);
                return nothing();
            }
            sleepUntil(due_);
            auto frame = finish();
            if (!frame && frame.error().fault == Fault::Busy) {
                if (pipeline_->pace() == GstPace::Live) {
                    ++dropped_for_room_;
                    pending_.reset();
                    continue;
                }
                const Nanos again = base::monotonicNow() + kPoolPause;
                sleepUntil(std::min(again, deadline));
                if (again >= deadline)
                    return nothing();
                continue;
            }
            pending_.reset();
            return frame;
        }
    }

    [[nodiscard]] SourceFacts facts() const override
    {
        room_.mustBeHere();
        SourceFacts facts = facts_;
        facts.dropped = pipeline_->dropped() + dropped_for_room_;
        return facts;
    }

    std::vector<SoundBlock> takeSound() override
    {
        room_.mustBeHere();
        gatherSound();
        std::vector<SoundBlock> due;
        for (const Nanos now = base::monotonicNow(); !sounds_.empty() && sounds_.front().endsAt() <= now;
             sounds_.pop_front())
            due.push_back(std::move(sounds_.front()));
        return due;
    }

    /// Reads the first frame's format, so that facts() are true before next(). Room: the camera thread.
    base::Outcome lookAhead()
    {
        room_.mustBeHere();
        if (pending_)
            return {};
        auto outcome = fetch(base::monotonicNow());
        if (!outcome && outcome.error().fault == Fault::TimedOut)
            return {};
        return outcome;
    }

private:
    static void sleepUntil(Nanos monotonic)
    {
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(monotonic));
    }

    [[nodiscard]] std::string nameOfSpec() const
    {
        switch (spec_.kind) {
        case Kind::File:
            return base::oneLine(std::filesystem::path(spec_.address).filename().string());
        case Kind::V4l2:
            return nameOfV4l2(spec_.address).value_or(spec_.address);
        default:
            return spec_.shown();
        }
    }

    [[nodiscard]] tl::unexpected<base::Error> nothing() const REQUIRES(room_)
    {
        return base::fail(
            cameraError(Fault::TimedOut, fmt::format("no picture from {} yet: wait", facts_.name)));
    }

    /// Waits for the next frame and makes it the pending one.
    base::Outcome fetch(Nanos deadline) REQUIRES(room_)
    {
        const bool network = spec_.kind == Kind::Rtsp || spec_.kind == Kind::Srt;
        for (;;) {
            const Nanos limit =
                network ? std::min(deadline, pipeline_->lastSign() + kSilenceLimit) : deadline;
            if (auto arrival = pipeline_->take(limit)) {
                pending_ = std::move(arrival);
                if (auto outcome = readFormat(); !outcome)
                    return outcome;
                stamp();
                return {};
            }
            if (const auto trouble = pipeline_->trouble())
                return base::fail(errorOf(spec_, *trouble));
            if (pipeline_->ended()) {
                if (auto outcome = endOrLoop(); !outcome)
                    return outcome;
                continue;
            }
            const Nanos now = base::monotonicNow();
            const Nanos silence = now - pipeline_->lastSign();
            if (network && silence >= kSilenceLimit)
                return base::fail(cameraError(Fault::Unplugged,
                    fmt::format(
                        "{} has sent nothing for {:.1f} s: check that the sender is on and on this network",
                        spec_.shown(), static_cast<double>(milliseconds(silence)) / 1000)));
            if (now >= deadline)
                return nothing();
        }
    }

    /// At the end of the stream. @return nothing when the clip starts over.
    base::Outcome endOrLoop() REQUIRES(room_)
    {
        if (spec_.kind != Kind::File)
            return base::fail(cameraError(
                Fault::Unplugged, fmt::format("{} has ended: start its sender again", spec_.shown())));
        if (!spec_.options.contains("loop") || frames_this_round_ == 0)
            return base::fail(frames_this_round_ > 0
                    ? cameraError(Fault::Ended, fmt::format("the clip {} is over", facts_.name))
                    : cameraError(Fault::Unsupported,
                        fmt::format("{} has no picture in it: choose a video", facts_.name)));
        gatherSound();
        frames_this_round_ = 0;
        if (pipeline_->restart()) {
            ++round_;
            return {};
        }
        // A container that cannot seek is opened again: the gap is that of opening, the time stamps have
        // none.
        auto fresh = makePipeline(spec_);
        if (!fresh)
            return base::fail(fresh.error());
        pipeline_ = std::move(*fresh);
        round_ = 0;
        held_sounds_.clear();
        pipeline_->start();
        return {};
    }

    /// Gives the sound that came its times: live by its clock, that of a clip by its place in it, once the
    /// clip's first picture has told where that is.
    void gatherSound() REQUIRES(room_)
    {
        for (GstPipeline::Arrival& arrival : pipeline_->takeSounds())
            held_sounds_.push_back(std::move(arrival));
        const bool live = pipeline_->pace() == GstPace::Live;
        for (; !held_sounds_.empty() && (live || frames_this_round_ > 0); held_sounds_.pop_front()) {
            const GstPipeline::Arrival& arrival = held_sounds_.front();
            auto block = soundBlock(arrival.sample.get());
            if (!block || arrival.round != round_)
                continue;
            if (live) {
                const auto stamp = sound_clock_.stamp(block->frames(), arrival.at);
                block->captured_at = stamp.captured_at;
                block->rate_error_ppm = stamp.rate_error_ppm;
            } else if (const auto place = placeOf(arrival.sample.get())) {
                block->captured_at = start_ + *place;
            } else {
                continue; // ahead of the clip's beginning: what a codec needs to get going
            }
            sounds_.push_back(std::move(*block));
        }
    }

    /// A clip's sound that outlasts its pictures gives way to the next round's.
    void endSoundAt(Nanos end) REQUIRES(room_)
    {
        while (!sounds_.empty() && sounds_.back().captured_at >= end)
            sounds_.pop_back();
        if (sounds_.empty() || sounds_.back().endsAt() <= end)
            return;
        SoundBlock& last = sounds_.back();
        last.samples.resize(static_cast<std::size_t>(last.samplesIn(end - last.captured_at) * last.channels));
    }

    /// Where a sample of a clip lies in it; nullopt when it does not say, or lies outside.
    static std::optional<Nanos> placeOf(GstSample* sample)
    {
        const GstBuffer* buffer = gst_sample_get_buffer(sample);
        const GstSegment* segment = gst_sample_get_segment(sample);
        if (!GST_BUFFER_PTS_IS_VALID(buffer) || !segment || segment->format != GST_FORMAT_TIME)
            return std::nullopt;
        const guint64 running = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
        if (running == GST_CLOCK_TIME_NONE)
            return std::nullopt;
        return Nanos(static_cast<std::int64_t>(running));
    }

    base::Outcome readFormat() REQUIRES(room_)
    {
        GstCaps* caps = gst_sample_get_caps(pending_->sample.get());
        StreamFormat format = format_.value_or(StreamFormat {});
        if (!format_ || caps != caps_.get()) {
            auto read = readCaps(caps);
            if (!read) {
                pending_.reset();
                return base::fail(cameraError(read.error().fault, read.error().message, read.error().detail));
            }
            format = *read;
            caps_.reset(gst_caps_ref(caps));
        }
        if (format.jpeg) {
            // Its header rules, not the caps: a stream may change its size between two frames.
            const auto frame = jpegFrame(gst_sample_get_buffer(pending_->sample.get()));
            if (frame) {
                if (const auto header = base::readJpegHeader(frame->jpeg)) {
                    format.width = header->width;
                    format.height = header->height;
                }
                if (!format_ && isFieldOfTwo(frame->jpeg)) {
                    pending_.reset();
                    return base::fail(cameraError(Fault::Unsupported,
                        fmt::format("{} is interlaced Motion JPEG, two fields a frame, which is not "
                                    "supported: convert it to frames",
                            facts_.name)));
                }
            }
        }
        if (!format_ || !format.sameAs(*format_)) {
            new_segment_ = new_segment_ || format_.has_value();
            facts_.format = format.text();
            facts_.nominal_rate = format.rate;
        }
        format_ = std::move(format);
        return {};
    }

    /// When the pending frame is to be handed on: at once for a live one, at its place in the clip else.
    void stamp() REQUIRES(room_)
    {
        if (pipeline_->pace() == GstPace::Live) {
            due_ = pending_->at;
            return;
        }
        const GstBuffer* buffer = gst_sample_get_buffer(pending_->sample.get());
        const Nanos frame_time = format_->rate ? format_->rate->frameTime() : Nanos(40ms);
        const Nanos now = base::monotonicNow();
        const Nanos place = placeOf(pending_->sample.get()).value_or(last_place_ + last_length_);
        if (frames_this_round_ == 0) {
            // The first round starts now, the next where the one before ended.
            start_ = (started_ ? due_ + last_length_ : now) - place;
            if (started_)
                endSoundAt(start_ + place);
            started_ = true;
        }
        // Never backwards, whatever the container says.
        Nanos due = std::max(start_ + place, due_);
        if (now - due > kLongestCatchUp) {
            start_ += now - due;
            due = now;
        }
        due_ = due;
        last_place_ = place;
        last_length_ = GST_BUFFER_DURATION_IS_VALID(buffer) && GST_BUFFER_DURATION(buffer) > 0
            ? Nanos(static_cast<std::int64_t>(GST_BUFFER_DURATION(buffer)))
            : frame_time;
        ++frames_this_round_;
    }

    /// The pending frame as the camera thread takes it.
    base::Result<SourceFrame> finish() REQUIRES(room_)
    {
        GstBuffer* buffer = gst_sample_get_buffer(pending_->sample.get());
        if (!buffer)
            return base::fail(cameraError(
                Fault::Corrupt, fmt::format("a picture of no bytes came from {}: skipped", facts_.name)));
        auto frame = format_->jpeg ? jpegFrame(buffer) : rawFrame(buffer, *format_, pool_);
        if (frame) {
            frame->captured_at = due_;
            frame->new_segment = std::exchange(new_segment_, false);
        }
        return frame;
    }

    base::Room room_ { "camera" };
    const CameraSpec spec_;
    base::PicturePool& pool_;
    std::unique_ptr<GstPipeline> pipeline_; ///< Replaced only by a clip that loops and cannot seek.

    std::optional<GstPipeline::Arrival> pending_ GUARDED_BY(
        room_); ///< Arrived, not yet due or not yet room for it.
    Nanos due_ GUARDED_BY(
        room_) {}; ///< captured_at of the pending frame, of the last one when there is none.
    std::optional<StreamFormat> format_ GUARDED_BY(room_);
    GstOwned<GstCaps> caps_ GUARDED_BY(room_); ///< format_ was read from these.
    bool new_segment_ GUARDED_BY(room_) = false;
    std::uint64_t dropped_for_room_ GUARDED_BY(room_) = 0;

    // Clips only.
    bool started_ GUARDED_BY(room_) = false;
    Nanos start_ GUARDED_BY(room_) {};      ///< Monotonic time of running time 0 of this round.
    Nanos last_place_ GUARDED_BY(room_) {}; ///< Running time of the last frame.
    Nanos last_length_ GUARDED_BY(room_) {};
    std::uint64_t frames_this_round_ GUARDED_BY(room_) = 0;

    std::deque<GstPipeline::Arrival> held_sounds_ GUARDED_BY(room_); ///< Of a clip, still without a time.
    std::deque<SoundBlock> sounds_ GUARDED_BY(room_);                ///< With one, maybe to come.
    SoundClock sound_clock_ GUARDED_BY(room_) { 48000 };
    int round_ GUARDED_BY(room_) = 0; ///< Of the clip; sound of another has no place any more.

    SourceFacts facts_ GUARDED_BY(room_); ///< Without `dropped`.
};

/// One try. @param asked_at of the first: all together may take no longer than one.
/// @param sound becomes Refused when a camera that was asked for its sound gave nothing at all.
base::Result<std::unique_ptr<FrameSource>> tryToOpen(
    const CameraSpec& spec, base::PicturePool& pool, std::stop_token stop, Nanos asked_at, StreamSound& sound)
{
    if (spec.kind == Kind::File) {
        if (auto outcome = checkFile(spec); !outcome)
            return base::fail(outcome.error());
    }
    if (spec.kind == Kind::V4l2) {
        if (auto outcome = checkV4l2(spec.address); !outcome)
            return base::fail(outcome.error());
    }
    auto pipeline = makePipeline(spec, sound);
    if (!pipeline)
        return base::fail(pipeline.error());
    GstPipeline& opened = **pipeline;
    opened.start();
    const Nanos began = base::monotonicNow();
    const Nanos limit = asked_at + (spec.kind == Kind::Gst ? kPipelineOpenLimit : kOpenLimit);
    // Every read from the file gives a clip more time, up to the limit.
    const auto deadline = [&]() {
        return spec.kind == Kind::File ? std::min(limit, opened.lastSign() + kUnreadLimit) : limit;
    };
    bool settled = false;
    while (!settled && !stop.stop_requested() && base::monotonicNow() < deadline())
        settled = opened.waitOpened(deadline(), stop);
    if (stop.stop_requested())
        return base::fail(
            cameraError(Fault::Cancelled, fmt::format("opening {} was given up", spec.shown())));
    const Nanos sign = opened.lastSign();
    const bool asked_for_sound = opened.askedForSound();
    auto source = std::make_unique<GstSource>(spec, pool, std::move(*pipeline));
    if (settled) {
        if (auto outcome = source->lookAhead(); !outcome) {
            if (asked_for_sound)
                sound = StreamSound::Refused;
            return base::fail(outcome.error());
        }
        return source;
    }
    const std::string shown = spec.shown();
    switch (spec.kind) {
    case Kind::Gst:
        return source;
    case Kind::File:
        if (base::monotonicNow() - sign >= kUnreadLimit)
            return base::fail(cameraError(Fault::Unsupported,
                fmt::format(
                    "{} is no video that can be played, or is damaged: choose another clip", spec.address)));
        return base::fail(cameraError(Fault::TimedOut,
            fmt::format("{} takes too long to read: copy it to a faster disk", spec.address)));
    case Kind::V4l2:
        return base::fail(cameraError(Fault::TimedOut,
            fmt::format("{} gives no picture: check that the camera is on and that its output is", shown)));
    default:
        break;
    }
    // Packets without a picture yet: a stream whose next whole picture (key frame) is still to come.
    if (sign > began && base::monotonicNow() - sign < kSilenceLimit)
        return source;
    return base::fail(cameraError(Fault::TimedOut,
        fmt::format(
            "{} does not answer: check that the sender is on and on this network, and the address", shown)));
}

} // namespace

base::Result<std::unique_ptr<FrameSource>> openGstSource(
    const CameraSpec& spec, base::PicturePool& pool, std::stop_token stop)
{
    startGStreamer();
    const Nanos asked_at = base::monotonicNow();
    StreamSound sound = StreamSound::Wanted;
    auto source = tryToOpen(spec, pool, stop, asked_at, sound);
    if (source || sound == StreamSound::Wanted)
        return source;
    spdlog::warn("{}: {}; opened once more without its sound", spec.shown(), source.error().message);
    return tryToOpen(spec, pool, std::move(stop), asked_at, sound);
}

} // namespace backtake::capture
