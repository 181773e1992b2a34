#include "playback/clip_index.hpp"

#include "base/picture.hpp"
#include "base/text.hpp"
#include "base/timecode.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <numeric>
#include <thread>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
}

namespace backtake::playback {

using base::fail;
using base::Fault;
using base::Nanos;
using base::Result;

namespace {

// What cameras, recorders and our own exports write. Play lists and the like stay out: they open other files.
constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,matroska,webm,avi,mpegts,mpeg,mxf,asf,flv,dv,nut,ogg,mjpeg,h264,hevc,m4v,mpegvideo,gxf";
constexpr int kIoBufferBytes = 1 << 16;
// Longer than any clip: times above are damage, and are kept from overflowing.
constexpr Nanos kLongestClip = std::chrono::hours(24 * 100);

std::string nameOfClip(const std::filesystem::path& path) { return base::oneLine(path.string()); }

/// libav's complaints of damaged clips go to the log, not to the terminal, where they would stand between our
/// lines.
void logLibav(void* about, int level, const char* format, va_list arguments)
{
    if (level > AV_LOG_WARNING || !spdlog::should_log(spdlog::level::debug))
        return;
    std::array<char, 512> line {};
    int prefix = 1;
    av_log_format_line2(about, level, format, arguments, line.data(), static_cast<int>(line.size()), &prefix);
    spdlog::debug("libav: {}", base::oneLine(line.data()));
}

struct PacketFreer {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

/// Whether a QuickTime or MP4 file has fragments: its top level is a handful of boxes, or it is not worth the
/// look.
bool isFragmented(const ClipFile& file)
{
    std::int64_t at = 0;
    for (int boxes = 0; boxes < 1000 && at + 16 <= file.size(); ++boxes) {
        std::array<std::byte, 16> head {};
        if (file.read(at, head) != head.size())
            return false;
        const auto number = [&head](std::size_t from, std::size_t bytes) {
            std::uint64_t value = 0;
            for (std::size_t i = from; i < from + bytes; ++i)
                value = value << 8 | std::to_integer<std::uint64_t>(head[i]);
            return value;
        };
        if (std::memcmp(&head[4], "moof", 4) == 0)
            return true;
        std::uint64_t size = number(0, 4);
        if (size == 1)
            size = number(8, 8);
        if (size < 8 || size > static_cast<std::uint64_t>(file.size() - at))
            return false; // the last box, or damage that libavformat judges
        at += static_cast<std::int64_t>(size);
    }
    return false;
}

/// Where the bytes of a packet that was just read lie in the file. Demuxers differ in what they call a
/// packet's place: some mean the container's header before it. @return -1 when they are not there in one
/// piece.
std::int64_t placeOf(const AVPacket& packet, const ClipFile& file)
{
    constexpr std::size_t kProbe = 32;
    constexpr std::size_t kLongestHeader = 64;
    const auto size = static_cast<std::size_t>(packet.size);
    if (packet.pos < 0 || size < kProbe)
        return -1;
    std::array<std::byte, kProbe + kLongestHeader> there {};
    const std::size_t got = file.read(packet.pos, there);
    const std::span data(reinterpret_cast<const std::byte*>(packet.data), size);
    const auto head = data.first(kProbe);
    const auto end = there.begin() + static_cast<std::ptrdiff_t>(got);
    const auto found = std::search(there.begin(), end, head.begin(), head.end());
    if (found == end)
        return -1;
    const std::int64_t place = packet.pos + (found - there.begin());
    std::array<std::byte, kProbe> last {};
    if (file.read(place + static_cast<std::int64_t>(size - kProbe), last) != kProbe
        || !std::equal(last.begin(), last.end(), data.last(kProbe).begin()))
        return -1;
    return place;
}

struct FrameFreer {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};

/// Finds the order of presentation by decoding the whole clip, packet by packet as it is read.
class OrderFinder {
public:
    explicit OrderFinder(const AVCodecParameters& parameters)
        : codec_(openCodec(parameters, error_))
        , picture_(av_frame_alloc())
    {
    }

    /// @p packet is sample number @p sample; nullptr at the end.
    void put(const AVPacket* packet, std::size_t sample)
    {
        if (!codec_ || !picture_)
            return;
        const std::unique_ptr<AVPacket, PacketFreer> numbered(
            packet != nullptr ? av_packet_clone(packet) : nullptr);
        if (numbered) {
            numbered->pts = static_cast<std::int64_t>(sample); // travels through the codec with its picture
            numbered->dts = AV_NOPTS_VALUE;
        }
        if (avcodec_send_packet(codec_.get(), numbered.get()) < 0 && packet != nullptr)
            return;
        while (avcodec_receive_frame(codec_.get(), picture_.get()) == 0)
            if (picture_->pts >= 0)
                shown_.push_back(static_cast<std::size_t>(picture_->pts));
    }

    /// Gives the samples shown the times of the clip in their order, and hides those of which no picture
    /// came.
    void apply(ClipIndex& index) const
    {
        auto& samples = index.samples;
        std::vector<std::int64_t> times;
        for (auto& sample : samples) {
            times.push_back(sample.decoded_at);
            sample.frame = -1;
        }
        std::sort(times.begin(), times.end());
        for (std::size_t i = 0; i < std::min(shown_.size(), times.size()); ++i) {
            if (shown_[i] >= samples.size())
                continue;
            samples[shown_[i]].frame = 0;
            samples[shown_[i]].shown_at = times[i];
        }
    }

private:
    int error_ = 0;
    Codec codec_;
    std::unique_ptr<AVFrame, FrameFreer> picture_;
    std::vector<std::size_t> shown_; ///< Sample numbers in order of presentation.
};

/// Hands every packet of the clip's video to @p visit, which says false to end.
template <typename Visit> void forEachPacket(const ClipDemuxer& demuxer, Visit visit)
{
    constexpr int kMostFailures = 1000;
    const std::unique_ptr<AVPacket, PacketFreer> packet(av_packet_alloc());
    for (int failures = 0; packet && failures < kMostFailures;) {
        const int error = av_read_frame(demuxer.format(), packet.get());
        if (error == AVERROR_EOF || error == AVERROR(EIO))
            return;
        if (error < 0)
            ++failures; // one bad sample; the demuxer goes on behind it
        else if (packet->stream_index == demuxer.videoStream() && packet->size > 0 && !visit(*packet))
            return;
        av_packet_unref(packet.get());
    }
}

/// What readSamples() finds beside the samples.
struct Reading {
    std::int64_t last_duration = 0; ///< Of the sample shown last, in the stream's units, 0 if unknown.
    bool timed = true;              ///< Every sample has a presentation time.
    bool too_many = false;
};

/// Reads every sample's place and times.
Reading readSamples(ClipDemuxer& demuxer, const ClipFile& file, ClipIndex& index)
{
    const bool pretend = demuxer.hasCompleteIndex();
    if (pretend) {
        // The bytes are not there, so nobody may look into them; the container's own times need no help.
        demuxer.format()->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
        demuxer.pretendToRead();
    }
    Reading reading;
    index.direct = true;
    std::int64_t latest = AV_NOPTS_VALUE;
    std::int64_t time_guess = 0;
    forEachPacket(demuxer, [&](const AVPacket& packet) {
        if (index.samples.size() >= kMostSamples) {
            reading.too_many = true;
            return false;
        }
        ClipSample sample;
        sample.bytes = static_cast<std::uint32_t>(packet.size);
        sample.key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
        sample.offset = pretend ? packet.pos : placeOf(packet, file);
        index.direct = index.direct && sample.offset >= 0;
        reading.timed = reading.timed && packet.pts != AV_NOPTS_VALUE;
        sample.decoded_at = packet.dts != AV_NOPTS_VALUE ? packet.dts
            : packet.pts != AV_NOPTS_VALUE               ? packet.pts
                                                         : time_guess;
        sample.shown_at = packet.pts != AV_NOPTS_VALUE ? packet.pts : sample.decoded_at;
        time_guess = av_sat_add64(sample.decoded_at, std::max<std::int64_t>(packet.duration, 1));
        sample.frame = (packet.flags & AV_PKT_FLAG_DISCARD) != 0 ? -1 : 0;
        if (sample.frame == 0 && (latest == AV_NOPTS_VALUE || sample.shown_at >= latest)) {
            latest = sample.shown_at;
            reading.last_duration = packet.duration;
        }
        index.samples.push_back(sample);
        return true;
    });
    return reading;
}

/// Ranks, captured frames and times from what the samples say.
void orderSamples(ClipIndex& index, AVRational time_base, std::int64_t last_duration, double rate_hint)
{
    auto& samples = index.samples;
    index.sample_of_rank.resize(samples.size());
    std::iota(index.sample_of_rank.begin(), index.sample_of_rank.end(), 0u);
    std::stable_sort(index.sample_of_rank.begin(), index.sample_of_rank.end(),
        [&samples](std::uint32_t a, std::uint32_t b) { return samples[a].shown_at < samples[b].shown_at; });
    for (std::size_t rank = 0; rank < samples.size(); ++rank) {
        auto& sample = samples[index.sample_of_rank[rank]];
        sample.rank = static_cast<std::int64_t>(rank);
        if (sample.frame < 0)
            continue;
        sample.frame = index.frameCount();
        index.sample_of_frame.push_back(index.sample_of_rank[rank]);
    }
    if (index.sample_of_frame.empty())
        return;

    const auto nanosFrom = [&](std::int64_t from, std::int64_t to) {
        const std::int64_t units = av_sat_sub64(to, from);
        const std::int64_t nanos = av_rescale_q(units, time_base, AVRational { 1, 1'000'000'000 });
        return nanos == INT64_MIN ? kLongestClip : std::clamp(Nanos(nanos), Nanos(0), kLongestClip);
    };
    const std::int64_t first = samples[index.sample_of_frame.front()].shown_at;
    for (const auto sample : index.sample_of_frame)
        index.times.push_back(nanosFrom(first, samples[sample].shown_at));
    const Nanos last = index.times.back();
    double per_second = rate_hint;
    if (index.times.size() > 1 && last > Nanos(0))
        per_second =
            static_cast<double>(index.times.size() - 1) / std::chrono::duration<double>(last).count();
    index.rate = base::nearestRate(std::clamp(per_second > 0 ? per_second : 25.0, 1.0, 1000.0));
    Nanos duration = nanosFrom(0, last_duration);
    if (duration <= Nanos(0) || duration > 100 * index.rate.frameTime())
        duration = index.rate.frameTime();
    index.times.push_back(last + duration);
}

std::int64_t startTimecode(const AVFormatContext& format, const AVStream& stream, const base::Rate& rate)
{
    const AVDictionaryEntry* label = av_dict_get(stream.metadata, "timecode", nullptr, 0);
    if (label == nullptr)
        label = av_dict_get(format.metadata, "timecode", nullptr, 0);
    if (label == nullptr)
        return 0;
    const bool drop_frame = std::strchr(label->value, ';') != nullptr;
    return base::parseTimecode(label->value, { rate, drop_frame }).value_or(0);
}

} // namespace

void CodecFreer::operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }

Codec openCodec(const AVCodecParameters& parameters, int& error_number)
{
    constexpr unsigned kMostThreads = 4; // more add little but pictures in flight
    const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
    error_number = AVERROR_DECODER_NOT_FOUND;
    if (codec == nullptr)
        return nullptr;
    Codec context(avcodec_alloc_context3(codec));
    error_number = context ? avcodec_parameters_to_context(context.get(), &parameters) : AVERROR(ENOMEM);
    if (error_number < 0)
        return nullptr;
    context->thread_count =
        static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads));
    context->thread_type = FF_THREAD_FRAME | FF_THREAD_SLICE;
    context->max_pixels = static_cast<std::int64_t>(base::kLargestSide) * base::kLargestSide;
    context->pkt_timebase = AVRational { 1, 1 }; // packets carry numbers of ours, not times
    error_number = avcodec_open2(context.get(), codec, nullptr);
    return error_number < 0 ? nullptr : std::move(context);
}

std::string libavWords(int error_number)
{
    std::array<char, AV_ERROR_MAX_STRING_SIZE> words {};
    av_strerror(error_number, words.data(), words.size());
    return words.data();
}

ClipFile::ClipFile(int descriptor, std::int64_t size_bytes, std::filesystem::path path)
    : descriptor_(descriptor)
    , size_bytes_(size_bytes)
    , path_(std::move(path))
{
}

ClipFile::~ClipFile() { ::close(descriptor_); }

Result<std::shared_ptr<const ClipFile>> ClipFile::open(const std::filesystem::path& path)
{
    // O_NONBLOCK: a pipe by that name must not hold us up; for files it means nothing.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        const int why = errno;
        const std::string words = std::strerror(why); // NOLINT(concurrency-mt-unsafe): glibc's is safe
        return fail(base::faultOfErrno(why),
            fmt::format("the clip {} cannot be opened: {}", nameOfClip(path), words));
    }
    struct stat status { };
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        return fail(Fault::Unsupported, fmt::format("{} is no clip file", nameOfClip(path)));
    }
    return std::shared_ptr<const ClipFile>(new ClipFile(descriptor, status.st_size, path));
}

std::size_t ClipFile::read(std::int64_t offset, std::span<std::byte> into) const
{
    std::size_t done = 0;
    while (done < into.size()) {
        const auto got =
            ::pread(descriptor_, into.data() + done, into.size() - done, offset + static_cast<off_t>(done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

int ClipDemuxer::readBytes(void* self, std::uint8_t* into, int size)
{
    auto& demuxer = *static_cast<ClipDemuxer*>(self);
    const std::int64_t left = demuxer.file_->size() - demuxer.position_;
    if (left <= 0 || size <= 0)
        return AVERROR_EOF;
    auto count = static_cast<std::size_t>(std::min<std::int64_t>(size, left));
    if (!demuxer.pretending_) {
        count = demuxer.file_->read(demuxer.position_, { reinterpret_cast<std::byte*>(into), count });
        if (count == 0)
            return AVERROR(EIO);
    } else if (size <= kIoBufferBytes) {
        // libavformat's own buffer, which it may look into. Larger reads go into a packet that nobody looks
        // into: leaving it untouched is what makes the index of a 30 GB clip a matter of milliseconds.
        std::memset(into, 0, count);
    }
    demuxer.position_ += static_cast<std::int64_t>(count);
    return static_cast<int>(count);
}

std::int64_t ClipDemuxer::seekTo(void* self, std::int64_t offset, int whence)
{
    auto& demuxer = *static_cast<ClipDemuxer*>(self);
    std::int64_t from = 0;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return demuxer.file_->size();
    case SEEK_SET:
        break;
    case SEEK_CUR:
        from = demuxer.position_;
        break;
    case SEEK_END:
        from = demuxer.file_->size();
        break;
    default:
        return AVERROR(EINVAL);
    }
    const std::int64_t to = av_sat_add64(from, offset);
    if (to < 0)
        return AVERROR(EINVAL);
    return demuxer.position_ = to;
}

ClipDemuxer::~ClipDemuxer()
{
    avformat_close_input(&format_);
    if (io_ != nullptr) {
        av_freep(&io_->buffer);
        avio_context_free(&io_);
    }
}

Result<std::unique_ptr<ClipDemuxer>> ClipDemuxer::open(std::shared_ptr<const ClipFile> file)
{
    static std::once_flag logged;
    std::call_once(logged, [] { av_log_set_callback(logLibav); });
    const std::string name = nameOfClip(file->path());
    std::unique_ptr<ClipDemuxer> demuxer(new ClipDemuxer);
    demuxer->file_ = std::move(file);
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBufferBytes));
    demuxer->io_ = avio_alloc_context(buffer, kIoBufferBytes, 0, demuxer.get(), readBytes, nullptr, seekTo);
    demuxer->format_ = avformat_alloc_context();
    if (buffer == nullptr || demuxer->io_ == nullptr || demuxer->format_ == nullptr)
        return fail(Fault::Failed, "no memory to open a clip: close other programs");
    demuxer->format_->pb = demuxer->io_;
    // A clip may name other files (QuickTime references); what was not chosen is not opened.
    demuxer->format_->io_open = [](AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
        return AVERROR(EPERM);
    };
    AVDictionary* options = nullptr;
    av_dict_set(&options, "format_whitelist", kContainers, 0);
    const int error =
        avformat_open_input(&demuxer->format_, nullptr, nullptr, &options); // frees format_ when it fails
    av_dict_free(&options);
    if (error < 0)
        return fail(Fault::Corrupt,
            fmt::format("{} is no clip that can be read, or it is damaged at its start", name),
            libavWords(error));
    AVFormatContext* format = demuxer->format_;
    const bool quicktime = std::strstr(format->iformat->name, "mov") != nullptr;
    demuxer->complete_index_ = quicktime && !isFragmented(*demuxer->file_);
    if (!demuxer->complete_index_) {
        if (const int found = avformat_find_stream_info(format, nullptr); found < 0)
            return fail(Fault::Corrupt, fmt::format("{} is damaged at its start", name), libavWords(found));
    }
    for (unsigned i = 0; i < format->nb_streams; ++i) // cover art is no video, and other streams are not read
        if ((format->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
            format->streams[i]->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
    demuxer->video_stream_ = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (demuxer->video_stream_ < 0)
        return fail(Fault::Unsupported, fmt::format("{} holds no video", name));
    for (unsigned i = 0; i < format->nb_streams; ++i)
        if (static_cast<int>(i) != demuxer->video_stream_)
            format->streams[i]->discard = AVDISCARD_ALL;
    return demuxer;
}

Result<ClipIndex> readClipIndex(const std::shared_ptr<const ClipFile>& file)
{
    auto demuxer = ClipDemuxer::open(file);
    if (!demuxer)
        return fail(demuxer.error());
    AVFormatContext* format = (*demuxer)->format();
    AVStream* stream = format->streams[(*demuxer)->videoStream()];

    ClipIndex index;
    const std::shared_ptr<AVCodecParameters> codec(avcodec_parameters_alloc(),
        [](AVCodecParameters* parameters) { avcodec_parameters_free(&parameters); });
    if (!codec || avcodec_parameters_copy(codec.get(), stream->codecpar) < 0)
        return fail(Fault::Failed, "no memory to open a clip: close other programs");
    if ((*demuxer)->hasCompleteIndex() && codec->codec_id != AV_CODEC_ID_MJPEG) {
        // QuickTime does not name the pixel format; a look into the first pictures does, by a demuxer that
        // really reads.
        if (auto looking = ClipDemuxer::open(file); looking
            && (*looking)->videoStream() == (*demuxer)->videoStream()
            && avformat_find_stream_info((*looking)->format(), nullptr) >= 0)
            codec->format = (*looking)->format()->streams[(*looking)->videoStream()]->codecpar->format;
    }
    index.codec = codec;

    const Reading reading = readSamples(**demuxer, *file, index);
    if (reading.too_many)
        return fail(
            Fault::Unsupported, fmt::format("{} has too many frames for one clip", nameOfClip(file->path())));
    index.timed = reading.timed;
    if (!reading.timed) {
        auto again = ClipDemuxer::open(file);
        if (!again)
            return fail(again.error());
        OrderFinder finder(*codec);
        std::size_t sample = 0;
        forEachPacket(**again, [&](const AVPacket& packet) {
            finder.put(&packet, sample++);
            return sample < index.samples.size();
        });
        finder.put(nullptr, 0);
        finder.apply(index);
    }
    const AVRational hint = stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
    orderSamples(
        index, stream->time_base, reading.last_duration, hint.num > 0 && hint.den > 0 ? av_q2d(hint) : 0.0);
    if (index.sample_of_frame.empty())
        return fail(Fault::Corrupt, fmt::format("{} has no frame in it", nameOfClip(file->path())));
    index.first_timecode = startTimecode(*format, *stream, index.rate);
    return index;
}

} // namespace backtake::playback
