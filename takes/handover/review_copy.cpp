#include "takes/handover/review_copy.hpp"

#include "takes/av_file.hpp"
#include "takes/handover/burn_in.hpp"
#include "takes/handover/decode_ahead.hpp"
#include "takes/nominal_grid.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
}

namespace backtake::handover {
using base::fail;
using base::Fault;

namespace {

/// The timecode track counts frames of a second in 8 bits.
constexpr int kMostTimecodeFrames = 255;
/// Samples of a packet of PCM; AAC says itself how many it takes.
constexpr int kPcmSamples = 4096;

struct CodecFreeing {
    void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct PacketFreeing {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

/// One of libavcodec's encoders and the track it fills.
class Encoder {
public:
    Encoder(takes::AvFile& file, const char* name)
        : file_(file)
        , name_(name)
        , packet_(av_packet_alloc())
    {
        if (const AVCodec* found = avcodec_find_encoder_by_name(name))
            codec_.reset(avcodec_alloc_context3(found));
        if (codec_) {
            // Tables and headers once for the file, as MOV and MP4 have them.
            codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
            codec_->log_level_offset = AV_LOG_INFO - AV_LOG_ERROR; // x264 tells its life otherwise
        }
    }

    /// To set up before open(); null when there is no such encoder.
    [[nodiscard]] AVCodecContext* codec() const { return codec_.get(); }
    [[nodiscard]] AVStream* track() const { return track_; }
    base::Outcome open()
    {
        if (!codec_ || !packet_)
            return fail(Fault::Unsupported,
                fmt::format("this computer's libavcodec has no {}: install the one that has", name_));
        if (auto opened = file_.checked(avcodec_open2(codec_.get(), nullptr, nullptr)); !opened)
            return opened;
        track_ = avformat_new_stream(file_.context(), nullptr);
        if (!track_)
            return file_.checked(AVERROR(ENOMEM));
        track_->time_base = codec_->time_base;
        track_->avg_frame_rate = codec_->framerate;
        return file_.checked(avcodec_parameters_from_context(track_->codecpar, codec_.get()));
    }
    /// @param frame null: the last one has been given.
    base::Outcome encode(const AVFrame* frame)
    {
        if (auto sent = file_.checked(avcodec_send_frame(codec_.get(), frame)); !sent)
            return sent;
        for (;;) {
            const int received = avcodec_receive_packet(codec_.get(), packet_.get());
            if (received == AVERROR(EAGAIN) || received == AVERROR_EOF)
                return {};
            if (received >= 0) {
                // Without it the last picture would have no length.
                if (packet_->duration == 0 && codec_->codec_type == AVMEDIA_TYPE_VIDEO)
                    packet_->duration = 1;
                packet_->stream_index = track_->index;
                av_packet_rescale_ts(packet_.get(), codec_->time_base, track_->time_base);
            }
            const int written =
                received < 0 ? received : av_interleaved_write_frame(file_.context(), packet_.get());
            if (auto fine = file_.checked(written); !fine)
                return fine;
        }
    }

private:
    takes::AvFile& file_;
    const char* name_;
    std::unique_ptr<AVCodecContext, CodecFreeing> codec_;
    std::unique_ptr<AVPacket, PacketFreeing> packet_;
    AVStream* track_ = nullptr; ///< Owned by file_.
};

/// Makes one copy.
class Copying {
public:
    Copying(const takes::Recording& take, const takes::MovRun& run, const Clip& clip, const CopyForm& form,
        takes::AvFile& file)
        : take_(take)
        , run_(run)
        , clip_(clip)
        , form_(form)
        , h264_(form.codec == CopyCodec::H264)
        , grid_(take, run.first, run.last)
        , file_(file)
        , picture_(file, h264_ ? "libx264" : "prores_ks")
        , heard_(take.sound())
        , sound_(file, h264_ ? "aac" : "pcm_s24le")
    {
    }

    base::Outcome start();
    /// @param step says whether to go on, after each frame.
    base::Result<ReviewCopy> write(const std::function<bool(FrameIndex)>& step);

private:
    base::Outcome setPicture();
    base::Outcome setSound();
    /// Encodes sound until it lasts as long as @p frames; whole packets only, but all of it at the end.
    base::Outcome encodeSound(FrameIndex frames);
    /// The captured frame seen at timeline frame @p k.
    [[nodiscard]] FrameIndex captured(FrameIndex k) const { return grid_.capturedAt(clip_.frameAt(k)); }

    const takes::Recording& take_;
    const takes::MovRun& run_;
    const Clip& clip_;
    const CopyForm& form_;
    bool h264_;
    takes::NominalGrid grid_;
    takes::AvFile& file_;
    VideoForm video_;
    Encoder picture_;
    base::SoundTrackPtr heard_; ///< Null: none.
    Encoder sound_;
    VideoFrame samples_;       ///< Reused for each packet of sound.
    std::int64_t sounded_ = 0; ///< Samples encoded, of each channel.
    std::vector<float> read_;  ///< Interleaved, of all channels heard.
};

base::Outcome Copying::start()
{
    if (clip_.speed_percent == 0 || clip_.in < 0 || clip_.out > grid_.length() || clip_.in >= clip_.out
        || clip_.length() < 1)
        return fail(Fault::Usage,
            fmt::format("{} has {} frames: {} … {} at {} % are not within them", clip_.slateText(),
                grid_.length(), clip_.in, clip_.out, clip_.speed_percent));
    if (auto set = setPicture(); !set)
        return set;
    if (heard_ && heard_->channels() > 0) {
        if (auto set = setSound(); !set)
            return set;
    } else {
        heard_ = nullptr;
    }
    AVFormatContext& context = *file_.context();
    const std::string& title = clip_.slateText();
    av_dict_set(&context.metadata, "title", title.c_str(), 0);
    const std::string comment = fmt::format("{}, {} to {}", clip_.directionText(),
        clip_.label(clip_.firstShown()), clip_.label(clip_.lastShown()));
    av_dict_set(&context.metadata, "comment", comment.c_str(), 0);
    const std::chrono::sys_seconds shot(
        std::chrono::floor<std::chrono::seconds>(take_.facts().started_at_utc));
    av_dict_set(&context.metadata, "creation_time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", shot).c_str(), 0);
    return file_.checked(avformat_write_header(&context, nullptr));
}

base::Outcome Copying::setPicture()
{
    const int width = std::min(run_.width, form_.most_width);
    video_.width = std::max(2, width & ~1);
    video_.height = std::max(
        2, static_cast<int>(std::lround(run_.height * static_cast<double>(width) / run_.width)) & ~1);
    video_.format = h264_ ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV422P10;
    video_.source_width = run_.width;
    video_.source_height = run_.height;
    video_.orientation = take_.facts().orientation;

    const base::Rate& rate = clip_.timecode.rate;
    if (AVCodecContext* codec = picture_.codec()) {
        codec->width = video_.width;
        codec->height = video_.height;
        codec->pix_fmt = video_.format;
        codec->time_base = { rate.denominator, rate.numerator };
        codec->framerate = { rate.numerator, rate.denominator };
        codec->sample_aspect_ratio = { 1, 1 };
        codec->color_range = AVCOL_RANGE_MPEG;
        codec->colorspace = AVCOL_SPC_BT709;
        codec->color_primaries = AVCOL_PRI_BT709;
        codec->color_trc = AVCOL_TRC_BT709;
        codec->thread_count = 0; // as many as there are processors
        if (h264_) {
            codec->chroma_sample_location = AVCHROMA_LOC_CENTER;
            codec->gop_size = rate.nominal(); // a second: who looks for a place jumps at once
            av_opt_set(codec->priv_data, "preset", "fast", 0);
            av_opt_set(codec->priv_data, "crf", "20", 0);
        } else {
            const char* profile = form_.codec == CopyCodec::ProResLt ? "lt"
                : form_.codec == CopyCodec::ProResProxy              ? "proxy"
                                                                     : "standard";
            av_opt_set(codec->priv_data, "profile", profile, 0);
            // Some programs take no ProRes but Apple's.
            av_opt_set(codec->priv_data, "vendor", "apl0", 0);
        }
    }
    if (auto opened = picture_.open(); !opened)
        return opened;
    if (rate.nominal() <= kMostTimecodeFrames) {
        const std::string timecode =
            clip_.reversed() ? base::timecodeLabel(0, clip_.timecode) : clip_.label(clip_.firstShown());
        av_dict_set(&picture_.track()->metadata, "timecode", timecode.c_str(), 0);
    }
    const std::string reel = clip_.reel + (clip_.reversed() ? "R" : "");
    av_dict_set(&picture_.track()->metadata, "reel_name", reel.c_str(), 0);
    return {};
}

base::Outcome Copying::setSound()
{
    const bool usual = heard_->rateHz() == 32'000 || heard_->rateHz() == 44'100;
    const int rate_hz = h264_ && !usual ? 48'000 : heard_->rateHz();
    const int channels = h264_ && heard_->channels() > 2 ? 1 : heard_->channels();
    if (AVCodecContext* codec = sound_.codec()) {
        codec->sample_rate = rate_hz;
        codec->time_base = { 1, rate_hz };
        codec->sample_fmt = h264_ ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S32;
        codec->bit_rate = 96'000 * channels; // for AAC
        codec->bits_per_raw_sample = 24;     // for PCM
        // Channels of a recorder are inputs, no places of loudspeakers.
        codec->ch_layout = {
            .order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = channels, .u = {}, .opaque = nullptr
        };
        if (channels <= 2)
            av_channel_layout_default(&codec->ch_layout, channels);
    }
    if (auto opened = sound_.open(); !opened)
        return opened;
    AVCodecContext& codec = *sound_.codec();
    samples_.reset(av_frame_alloc());
    if (!samples_)
        return file_.checked(AVERROR(ENOMEM));
    samples_->format = codec.sample_fmt;
    samples_->sample_rate = rate_hz;
    samples_->nb_samples = codec.frame_size > 0 ? codec.frame_size : kPcmSamples;
    if (auto laid = file_.checked(av_channel_layout_copy(&samples_->ch_layout, &codec.ch_layout)); !laid)
        return laid;
    return file_.checked(av_frame_get_buffer(samples_.get(), 0));
}

base::Outcome Copying::encodeSound(FrameIndex frames)
{
    if (!heard_)
        return {};
    const AVCodecContext& codec = *sound_.codec();
    const base::Rate& rate = clip_.timecode.rate;
    const std::int64_t until =
        av_rescale(frames, static_cast<std::int64_t>(rate.denominator) * codec.sample_rate, rate.numerator);
    const bool last = frames == clip_.length();
    const int most = codec.frame_size > 0 ? codec.frame_size : kPcmSamples;
    const auto heard_channels = static_cast<std::size_t>(heard_->channels());
    const int channels = codec.ch_layout.nb_channels;

    // Sample i of the copy is heard, played reversed, where a mirror at the range's end has it: so the first
    // is the very last of the range. Between samples it lies on the line from one to the next.
    const double rate_hz = takes::exportedSoundRate(*heard_, rate);
    const double step = static_cast<double>(clip_.percent()) / 100 * rate_hz / codec.sample_rate;
    const auto sampleOf = [&](FrameIndex file_frame) {
        return std::llround(
                   base::seconds(take_.capturedTime(run_.first) - heard_->startsAt()) * heard_->trueRate())
            + std::llround(static_cast<double>(file_frame) / rate.perSecond() * rate_hz);
    };
    const std::int64_t from = sampleOf(clip_.in);
    const std::int64_t to = sampleOf(clip_.out);
    const auto placeOf = [&](std::int64_t i) {
        return clip_.reversed() ? static_cast<double>(to) - 1 - static_cast<double>(i) * step
                                : static_cast<double>(from) + static_cast<double>(i) * step;
    };
    while (until - sounded_ >= most || (last && sounded_ < until)) {
        const auto count = static_cast<int>(std::min<std::int64_t>(most, until - sounded_));
        const double one_end = placeOf(sounded_);
        const double other_end = placeOf(sounded_ + count - 1);
        const auto first = static_cast<std::int64_t>(std::floor(std::min(one_end, other_end)));
        const auto span = static_cast<std::size_t>(
            static_cast<std::int64_t>(std::floor(std::max(one_end, other_end))) - first + 2);
        read_.resize(span * heard_channels);
        heard_->read(first, read_);

        if (const int error = av_frame_make_writable(samples_.get()); error < 0)
            return file_.checked(error);
        samples_->nb_samples = count;
        samples_->pts = sounded_;
        for (int i = 0; i < count; ++i) {
            const double place = placeOf(sounded_ + i) - static_cast<double>(first);
            const double share = place - std::floor(place);
            const float* here = read_.data() + static_cast<std::size_t>(place) * heard_channels;
            const auto heard = [&](std::size_t channel) {
                return here[channel] * (1 - share) + here[channel + heard_channels] * share;
            };
            double mean = 0;
            if (channels < heard_->channels()) {
                for (std::size_t channel = 0; channel < heard_channels; ++channel)
                    mean += heard(channel) / static_cast<double>(heard_channels);
            }
            for (int channel = 0; channel < channels; ++channel) {
                const double value =
                    channels < heard_->channels() ? mean : heard(static_cast<std::size_t>(channel));
                if (codec.sample_fmt == AV_SAMPLE_FMT_FLTP) {
                    reinterpret_cast<float*>(samples_->data[channel])[i] = static_cast<float>(value);
                } else {
                    constexpr double kScale = 1 << 23;
                    reinterpret_cast<std::int32_t*>(samples_->data[0])[i * channels + channel] =
                        static_cast<std::int32_t>(
                            std::clamp(std::nearbyint(value * kScale), -kScale, kScale - 1))
                        * 256;
                }
            }
        }
        if (auto encoded = sound_.encode(samples_.get()); !encoded)
            return encoded;
        sounded_ += count;
    }
    return {};
}

base::Result<ReviewCopy> Copying::write(const std::function<bool(FrameIndex)>& step)
{
    const FrameIndex length = clip_.length();
    std::vector<FrameIndex> wanted; // each run of one frame once
    for (FrameIndex k = 0; k < length; ++k) {
        if (wanted.empty() || wanted.back() != captured(k))
            wanted.push_back(captured(k));
    }
    DecodeAhead ahead(take_, std::move(wanted), video_);
    std::optional<BurnIn> burn;
    if (form_.burn == Burn::SlateAndClocks)
        burn.emplace(clip_, video_.width, video_.height);

    ReviewCopy copy;
    VideoFrame seen = blackFrame(video_); // until the first frame that can be read
    VideoFrame written = blackFrame(video_);
    if (!seen || !written)
        return fail(file_.checked(AVERROR(ENOMEM)).error());
    bool held = true;
    std::optional<FrameIndex> current;
    for (FrameIndex k = 0; k < length; ++k) {
        if (!step(k))
            return fail(Fault::Cancelled, "the copy was stopped; nothing was left behind");
        if (current != captured(k)) {
            current = captured(k);
            VideoFrame next = ahead.next();
            held = !next;
            if (next)
                seen = std::move(next);
        }
        copy.held += held ? 1 : 0;
        // A frame of its own to write on: the picture may be seen again, and the encoder keeps what it needs.
        int result = av_frame_make_writable(written.get());
        if (result >= 0)
            result = av_frame_copy(written.get(), seen.get());
        if (auto copied = file_.checked(result); !copied)
            return fail(copied.error());
        if (burn)
            burn->draw(*written, k, *current, held);
        written->pts = k;
        if (auto encoded = picture_.encode(written.get()); !encoded)
            return fail(encoded.error());
        if (auto sounded = encodeSound(k + 1); !sounded)
            return fail(sounded.error());
    }
    if (copy.held == length)
        return fail(
            Fault::Corrupt, fmt::format("no frame of the take in {} can be read", take_.folder().string()));
    if (auto flushed = picture_.encode(nullptr); !flushed)
        return fail(flushed.error());
    if (heard_) {
        if (auto flushed = sound_.encode(nullptr); !flushed)
            return fail(flushed.error());
    }
    if (auto finished = file_.finish(); !finished)
        return fail(finished.error());
    copy.frames = length;
    return copy;
}

} // namespace

CopyForm customary(CopyCodec codec)
{
    if (codec == CopyCodec::H264)
        return {};
    return { codec, Burn::Nothing, base::kLargestSide };
}

base::Result<ReviewCopy> makeReviewCopy(const takes::Recording& take, const takes::MovRun& run,
    const Clip& clip, const CopyForm& form, const std::filesystem::path& out,
    const std::function<bool(double)>& progress)
{
    std::error_code ignored;
    if (std::filesystem::symlink_status(out, ignored).type() != std::filesystem::file_type::not_found)
        return fail(takes::errorOf(EEXIST, "write", out));
    auto file = takes::AvFile::create(out, out.extension() == ".mov" ? "mov" : "mp4");
    if (!file)
        return fail(file.error());
    Copying copying(take, run, clip, form, **file);
    if (auto started = copying.start(); !started)
        return fail(started.error());
    auto copy = copying.write([&](FrameIndex k) {
        return !progress || progress(static_cast<double>(k) / static_cast<double>(clip.length()));
    });
    if (!copy)
        return fail(copy.error());
    if (auto published = (*file)->publish(); !published)
        return fail(published.error());
    copy->file = out;
    copy->bytes = (*file)->bytes();
    if (progress)
        progress(1);
    return copy;
}

} // namespace backtake::handover
