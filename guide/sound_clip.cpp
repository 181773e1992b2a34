#include "guide/sound_clip.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <system_error>

// FFmpeg's libraries and not GStreamer: a part must begin at the very sample asked for, which a seek in a
// GStreamer pipeline does not promise for every format, and loading runs straight down one thread without a
// main loop.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

namespace backtake::guide {

using base::fail;
using base::Fault;
using base::Nanos;
using base::Result;

namespace {

/// Decoding begins so much before a part: codecs need packets before the one that is heard (MP3's bit
/// reservoir, AAC's overlap, Opus wants 80 ms).
constexpr Nanos kRunUp = std::chrono::seconds(1);
/// What the container's length may differ from what was decoded: codec frames and rounded times.
constexpr Nanos kSameLength = std::chrono::milliseconds(500);
/// So long a film is read for the beginning of its sound: some GB of a disk.
constexpr Nanos kOpening = std::chrono::seconds(10);
/// Packets without a single good sample between them before a file is given up.
constexpr int kMostBadPackets = 1000;

std::string wordsOf(int error_number)
{
    std::array<char, AV_ERROR_MAX_STRING_SIZE> words {};
    av_strerror(error_number, words.data(), words.size());
    return words.data();
}

std::string lengthText(Nanos length) { return fmt::format("{:.3g} min", base::seconds(length) / 60); }

template <typename T, void (*kFree)(T**)> struct Freer {
    void operator()(T* object) const { kFree(&object); }
};
using Packet = std::unique_ptr<AVPacket, Freer<AVPacket, av_packet_free>>;
using Frame = std::unique_ptr<AVFrame, Freer<AVFrame, av_frame_free>>;
using Codec = std::unique_ptr<AVCodecContext, Freer<AVCodecContext, avcodec_free_context>>;
using Resampler = std::unique_ptr<SwrContext, Freer<SwrContext, swr_free>>;

/// A file opened for its sound. Nothing outside the file is opened, whatever it refers to.
class Source {
public:
    /// @param stop ends what goes on, also later: AVERROR_EXIT.
    static Result<std::unique_ptr<Source>> open(
        const std::filesystem::path& path, const std::stop_token& stop)
    {
        auto source = std::make_unique<Source>();
        source->stop_ = stop;
        source->give_up_ = base::monotonicNow() + kOpening;
        const AVIOInterruptCB interrupt { [](void* of) {
                                             const auto& self = *static_cast<const Source*>(of);
                                             return self.stop_.stop_requested() || self.late() ? 1 : 0;
                                         },
            source.get() };
        const std::string name = base::oneLine(path.filename().string());
        std::error_code error;
        const auto status = std::filesystem::status(path, error);
        if (status.type() == std::filesystem::file_type::not_found)
            return fail(Fault::NotFound, fmt::format("there is no file {}", base::oneLine(path.string())));
        if (error || !std::filesystem::is_regular_file(status))
            return fail(
                Fault::Unsupported, fmt::format("{} is no file that can be read", name), error.message());
        int code =
            avio_open2(&source->io_, ("file:" + path.string()).c_str(), AVIO_FLAG_READ, &interrupt, nullptr);
        if (code < 0)
            return fail(base::faultOfErrno(AVUNERROR(code)),
                fmt::format("{} cannot be opened: {}", name, wordsOf(code)));
        source->format_ = avformat_alloc_context();
        if (source->format_ == nullptr)
            return fail(Fault::Failed, "no memory to open a sound file: close other programs");
        source->format_->pb = source->io_;
        source->format_->interrupt_callback = interrupt;
        source->format_->io_open = [](AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
            return AVERROR(EPERM);
        };
        code = avformat_open_input(&source->format_, path.filename().c_str(), nullptr, nullptr);
        // Libav gives up on streams of which nothing came in the first 5 MB: a film's pictures take those
        // before a sound that begins seconds later. Without them its beginning is found, however far in it
        // is.
        if (code >= 0)
            source->dropAllBut([&](int i) {
                // What is not known yet may be sound.
                return source->format_->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO;
            });
        if (code >= 0)
            code = avformat_find_stream_info(source->format_, nullptr);
        if (stop.stop_requested())
            return fail(Fault::Cancelled, fmt::format("loading {} was cancelled", name));
        if (source->late())
            return fail(Fault::Unsupported,
                fmt::format("no sound was found in {} within {:.0f} s: choose another file", name,
                    base::seconds(kOpening)));
        source->give_up_ = Nanos::max();
        if (code < 0)
            return fail(Fault::Corrupt,
                fmt::format("{} is no sound file, or it is damaged at its start: try another file", name),
                wordsOf(code));
        const AVCodec* decoder = nullptr;
        source->stream_number_ =
            av_find_best_stream(source->format_, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
        if (source->stream_number_ < 0)
            return fail(Fault::Unsupported,
                fmt::format("{} has no sound that can be decoded: choose another file", name),
                wordsOf(source->stream_number_));
        source->dropAllBut([&](int i) { return i == source->stream_number_; });
        const AVCodecParameters& parameters = *source->stream()->codecpar;
        source->codec_.reset(avcodec_alloc_context3(decoder));
        if (!source->codec_)
            return fail(Fault::Failed, "no memory to open a sound file: close other programs");
        code = avcodec_parameters_to_context(source->codec_.get(), &parameters);
        if (code >= 0) {
            source->codec_->pkt_timebase = source->stream()->time_base;
            code = avcodec_open2(source->codec_.get(), decoder, nullptr);
        }
        if (code < 0)
            return fail(Fault::Unsupported,
                fmt::format("the sound of {} is {}, which cannot be decoded here: convert it to WAV", name,
                    avcodec_get_name(parameters.codec_id)),
                wordsOf(code));
        return source;
    }
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source()
    {
        avformat_close_input(&format_);
        avio_closep(&io_);
    }

    [[nodiscard]] AVFormatContext* format() const { return format_; }
    [[nodiscard]] AVStream* stream() const { return format_->streams[stream_number_]; }
    [[nodiscard]] AVCodecContext* codec() const { return codec_.get(); }

    [[nodiscard]] std::optional<Nanos> length() const
    {
        if (stream()->duration != AV_NOPTS_VALUE && stream()->duration > 0)
            return Nanos(av_rescale_q(stream()->duration, stream()->time_base, { 1, 1'000'000'000 }));
        if (format_->duration != AV_NOPTS_VALUE && format_->duration > 0)
            return Nanos(av_rescale(format_->duration, 1'000'000'000, AV_TIME_BASE));
        return std::nullopt;
    }
    /// What must be there in a file that is whole. A film may tell its own length alone, and its pictures go
    /// on longer than its sound.
    [[nodiscard]] std::optional<Nanos> promised() const
    {
        const bool of_the_sound = stream()->duration != AV_NOPTS_VALUE && stream()->duration > 0;
        return of_the_sound || format_->nb_streams == 1 ? length() : std::nullopt;
    }
    /// Time of a stamp since the sound's beginning.
    [[nodiscard]] Nanos timeOf(std::int64_t stamp) const
    {
        const std::int64_t start = stream()->start_time == AV_NOPTS_VALUE ? 0 : stream()->start_time;
        return Nanos(av_rescale_q(stamp - start, stream()->time_base, { 1, 1'000'000'000 }));
    }
    void seekTo(Nanos time)
    {
        const std::int64_t start = stream()->start_time == AV_NOPTS_VALUE ? 0 : stream()->start_time;
        const std::int64_t stamp =
            start + av_rescale_q(time.count(), { 1, 1'000'000'000 }, stream()->time_base);
        // Where there is no way to seek all is decoded from the beginning: slower, and the same sound.
        av_seek_frame(format_, stream_number_, stamp, AVSEEK_FLAG_BACKWARD);
        avcodec_flush_buffers(codec_.get());
    }

private:
    [[nodiscard]] bool late() const { return base::monotonicNow() > give_up_; }
    template <typename Keep> void dropAllBut(Keep keep)
    {
        for (int i = 0; i < static_cast<int>(format_->nb_streams); ++i)
            if (!keep(i))
                format_->streams[i]->discard = AVDISCARD_ALL;
    }

    std::stop_token stop_;
    Nanos give_up_ {}; ///< Monotonic.
    AVIOContext* io_ = nullptr;
    AVFormatContext* format_ = nullptr;
    int stream_number_ = -1;
    Codec codec_;
};

/// Collects decoded frames of any kind as 48 kHz float in one layout, from one sample of the file's time on
/// up to another.
class Collector {
public:
    Collector(std::int64_t first, std::int64_t end)
        : first_(first)
        , end_(end)
    {
    }

    /// @p at of the frame's first sample in the file's time; nullopt: right after what came before.
    /// @return an error of libav's, or 0.
    int put(const AVFrame& frame, std::optional<Nanos> at)
    {
        if (channels_ == 0)
            channels_ = frame.ch_layout.nb_channels == 1 ? 1 : 2;
        // Packets are missing where a stamp is later than it should be. What comes after keeps its place: a
        // song must not get shorter.
        const bool gap = at && stamps_hold_
            && samplesOf(*at) - begun_at_ - av_rescale(put_in_, kGuideRate_hz, std::max(1, rate_hz_)) > kGap;
        if (gap || frame.sample_rate != rate_hz_ || frame.format != format_
            || av_channel_layout_compare(&frame.ch_layout, &layout_) != 0) {
            flush();
            // Streams without a container (ADTS) count their stamps by the rate they began with.
            stamps_hold_ = stamps_hold_ && (rate_hz_ == 0 || frame.sample_rate == rate_hz_);
            if (const int error = open(frame); error < 0)
                return error;
            if (at && stamps_hold_ && samplesOf(*at) - next_ > kGap)
                next_ = samplesOf(*at);
            begun_at_ = next_;
            put_in_ = 0;
        }
        put_in_ += frame.nb_samples;
        return convert(const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples);
    }
    /// What the resampler still holds.
    void flush()
    {
        if (resampler_)
            convert(nullptr, 0);
    }
    [[nodiscard]] bool full() const { return next_ >= end_; }
    [[nodiscard]] std::int64_t next() const { return next_; }
    [[nodiscard]] int channels() const { return channels_; }
    [[nodiscard]] std::vector<float> take() { return std::move(samples_); }

    ~Collector() { av_channel_layout_uninit(&layout_); }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

private:
    /// Stamps are rounded to milliseconds in some containers; a lost MP3 frame is 1152 samples.
    static constexpr std::int64_t kGap = 960;

    static std::int64_t samplesOf(Nanos time)
    {
        return av_rescale_rnd(time.count(), kGuideRate_hz, 1'000'000'000, AV_ROUND_NEAR_INF);
    }
    int open(const AVFrame& frame)
    {
        AVChannelLayout from {};
        if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
            av_channel_layout_default(&from, frame.ch_layout.nb_channels);
        else
            av_channel_layout_copy(&from, &frame.ch_layout);
        AVChannelLayout to {};
        av_channel_layout_default(&to, channels_);
        SwrContext* made = nullptr;
        int error = swr_alloc_set_opts2(&made, &to, AV_SAMPLE_FMT_FLT, kGuideRate_hz, &from,
            static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
        resampler_.reset(made);
        av_channel_layout_uninit(&from);
        if (error >= 0) // a mix of full-scale channels must not clip; for float it would be left as it is
            error = av_opt_set_double(made, "rematrix_maxval", 1.0, 0);
        if (error >= 0)
            error = swr_init(made);
        if (error < 0) {
            resampler_.reset();
            return error;
        }
        rate_hz_ = frame.sample_rate;
        format_ = frame.format;
        return av_channel_layout_copy(&layout_, &frame.ch_layout);
    }
    int convert(const std::uint8_t** data, int count)
    {
        const int room = swr_get_out_samples(resampler_.get(), count);
        if (room <= 0)
            return room;
        converted_.resize(static_cast<std::size_t>(room) * static_cast<std::size_t>(channels_));
        auto* out = reinterpret_cast<std::uint8_t*>(converted_.data());
        const int got = swr_convert(resampler_.get(), &out, room, data, count);
        for (std::int64_t i = std::max<std::int64_t>(0, first_ - next_); i < got && next_ + i < end_; ++i) {
            // What lies between is a gap: silence.
            samples_.resize(static_cast<std::size_t>((next_ + i - first_) * channels_), 0.0F);
            for (std::int64_t c = 0; c < channels_; ++c) {
                const float value = converted_[static_cast<std::size_t>(i * channels_ + c)];
                samples_.push_back(std::isfinite(value) ? value : 0.0F); // float files hold what they like
            }
        }
        next_ += std::max(got, 0);
        return std::min(got, 0);
    }

    const std::int64_t first_;
    const std::int64_t end_;
    std::int64_t next_ = 0;     ///< Of the next sample out of the resampler, in the file's time.
    std::int64_t begun_at_ = 0; ///< Of the first one out of this resampler …
    std::int64_t put_in_ = 0;   ///< … into which so many went, at their own rate.
    bool stamps_hold_ = true;
    int channels_ = 0;
    int rate_hz_ = 0;
    int format_ = AV_SAMPLE_FMT_NONE;
    AVChannelLayout layout_ {};
    Resampler resampler_;
    std::vector<float> converted_;
    std::vector<float> samples_;
};

base::Error tooLong(const std::string& name, const std::string& what)
{
    return { Fault::Usage,
        fmt::format("{} {}, and a guide is at most {} long: choose a part of it", name, what,
            lengthText(kLongestPart)),
        {} };
}

} // namespace

SoundClip::SoundClip(std::vector<float> samples, int channel_count, Nanos starts_at)
    : samples_(std::move(samples))
    , channels_(channel_count)
    , starts_at_(starts_at)
{
    assert(channels_ >= 1 && channels_ <= base::kMostSoundChannels
        && samples_.size() % static_cast<std::size_t>(channels_) == 0);
}

void SoundClip::read(std::int64_t first, std::span<float> into) const
{
    const auto wanted = static_cast<std::int64_t>(into.size()) / channels_;
    const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, wanted);
    const std::int64_t end = std::clamp<std::int64_t>(sampleCount() - first, begin, wanted);
    std::fill(into.begin(), into.begin() + begin * channels_, 0.0F);
    std::copy_n(samples_.begin() + (begin < end ? (first + begin) * channels_ : 0), (end - begin) * channels_,
        into.begin() + begin * channels_);
    std::fill(into.begin() + end * channels_, into.end(), 0.0F);
}

Result<std::optional<Nanos>> soundLength(const std::filesystem::path& file, const std::stop_token& stop)
{
    const auto source = Source::open(file, stop);
    if (!source)
        return fail(source.error());
    return (*source)->length();
}

Result<SoundClipPtr> SoundClip::load(const std::filesystem::path& file, std::optional<ClipPart> part,
    const std::function<void(double)>& progress, const std::stop_token& stop)
{
    const std::string name = base::oneLine(file.filename().string());
    if (part && (part->from < Nanos(0) || part->to <= part->from))
        return fail(Fault::Usage, fmt::format("the part of {} ends before it begins", name));
    if (part && part->to - part->from > kLongestPart)
        return fail(tooLong(name, "is to be used for " + lengthText(part->to - part->from)));
    auto opened = Source::open(file, stop);
    if (!opened)
        return fail(opened.error());
    Source& source = **opened;
    const std::optional<Nanos> length = source.length();
    if (!part && length && *length > kLongestPart)
        return fail(tooLong(name, "is " + lengthText(*length) + " long"));
    if (part && part->from > kRunUp)
        source.seekTo(part->from - kRunUp);

    const auto samplesOf = [](Nanos time) {
        return av_rescale_rnd(time.count(), kGuideRate_hz, 1'000'000'000, AV_ROUND_NEAR_INF);
    };
    // A file that does not tell its length shows by one sample too many that it is too long.
    const std::int64_t first = part ? samplesOf(part->from) : 0;
    const std::int64_t end = part ? samplesOf(part->to) : samplesOf(kLongestPart) + 1;
    Collector collector(first, end);
    const Packet packet(av_packet_alloc());
    const Frame frame(av_frame_alloc());
    if (!packet || !frame)
        return fail(Fault::Failed, "no memory to load a sound file: close other programs");
    const std::int64_t expected = part ? end - first : samplesOf(length.value_or(kLongestPart));
    int bad = 0;
    int bad_in_all = 0;
    int last_error = 0;
    const auto spoiled = [&](int error) {
        last_error = error;
        ++bad;
        ++bad_in_all;
    };
    for (bool ended = false; !ended && !collector.full() && bad < kMostBadPackets;) {
        if (stop.stop_requested())
            return fail(Fault::Cancelled, fmt::format("loading {} was cancelled", name));
        int error = av_read_frame(source.format(), packet.get());
        ended = error == AVERROR_EOF || error == AVERROR(EIO);
        if (error < 0 && !ended) {
            spoiled(error);
            continue;
        }
        if (!ended && packet->stream_index != source.stream()->index) {
            av_packet_unref(packet.get());
            continue;
        }
        error = avcodec_send_packet(source.codec(), ended ? nullptr : packet.get());
        av_packet_unref(packet.get());
        if (error < 0 && error != AVERROR_EOF)
            spoiled(error);
        while ((error = avcodec_receive_frame(source.codec(), frame.get())) == 0 && !collector.full()) {
            std::optional<Nanos> at;
            if (frame->best_effort_timestamp != AV_NOPTS_VALUE)
                at = source.timeOf(frame->best_effort_timestamp);
            const int put = frame->sample_rate > 0 && frame->ch_layout.nb_channels > 0
                ? collector.put(*frame, at)
                : AVERROR_INVALIDDATA;
            if (put < 0)
                spoiled(put);
            else
                bad = 0;
            av_frame_unref(frame.get());
        }
        if (error < 0 && error != AVERROR(EAGAIN) && error != AVERROR_EOF)
            spoiled(error);
        if (progress)
            progress(std::clamp(
                static_cast<double>(collector.next() - first) / static_cast<double>(expected), 0.0, 1.0));
    }
    collector.flush();

    const std::int64_t decoded_to = collector.next();
    const int channels = std::max(1, collector.channels());
    std::vector<float> samples = collector.take();
    if (!part && static_cast<std::int64_t>(samples.size()) >= end * channels)
        return fail(tooLong(name, "is longer than that"));
    if (samples.empty()) {
        if (part && decoded_to > 0)
            return fail(Fault::Usage,
                fmt::format("{} ends before the part chosen begins: choose an earlier part", name));
        if (bad_in_all > 0)
            return fail(Fault::Corrupt, fmt::format("the sound of {} is damaged: try another file", name),
                wordsOf(last_error));
        return fail(Fault::Usage, fmt::format("{} has no sound in it, it is 0 s long", name));
    }
    auto clip = std::make_shared<SoundClip>(
        std::move(samples), channels, Nanos(av_rescale(first, 1'000'000'000, kGuideRate_hz)));
    const Nanos there(av_rescale(decoded_to, 1'000'000'000, kGuideRate_hz));
    const Nanos promised = std::min(part ? part->to : Nanos::max(), source.promised().value_or(there));
    if (there + kSameLength < promised)
        clip->damage_ = fmt::format(
            "{} ends after {:.1f} s of {:.1f} s", name, base::seconds(there), base::seconds(promised));
    else if (bad_in_all > 0)
        clip->damage_ = fmt::format("{} is damaged in {} places", name, bad_in_all);
    return clip;
}

} // namespace backtake::guide
