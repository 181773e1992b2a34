#include "takes/export_mov.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <ctime>

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/mathematics.h>
}

#include "base/jpeg.hpp"
#include "takes/files.hpp"

// Why libavformat and not GStreamer's qtmux: qtmux names every reel "Tape", so that all clips of a day would
// share one, and its reel could only be changed by patching the closed file; libavformat takes the reel, one
// timecode track and packets with time stamps of our own, in any order we like, from a plain loop that says
// where it failed.

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
using base::FramePtr;
using base::Nanos;

namespace {

/// A tick is at most 11 us, and both a frame at the nominal rate and a second are whole ticks.
constexpr std::int64_t kLeastTicksPerSecond = 90'000;
/// Handed to the kernel at once; libavformat's own 32 KiB would cost a call for each of a JPEG's pieces.
constexpr int kWriteBufferBytes = 1 << 20;
/// The timecode track counts frames of a second in 8 bits.
constexpr int kMostTimecodeFrames = 255;

/// What one file looks like, from the take and its first picture.
struct Look {
    int width = 0;
    int height = 0;
    base::Subsampling subsampling = base::Subsampling::S422;
    Orientation orientation = Orientation::Upright;
    base::Rate rate;
    std::int64_t ticks_per_second = kLeastTicksPerSecond;
    std::string timecode; ///< Empty: none.
    std::string reel;
    std::string title;
    std::string comment;
    Nanos created_utc {};
};

/// Where libavformat's bytes go. Keeps the errno that libavformat would lose.
struct Sink {
    File file;
    std::int64_t position = 0;
    std::int64_t end = 0;
    int error_number = 0;

#if LIBAVFORMAT_VERSION_MAJOR >= 61
    using Bytes = const std::uint8_t*;
#else
    using Bytes = std::uint8_t*;
#endif
    static int write(void* opaque, Bytes bytes, int size)
    {
        Sink& sink = *static_cast<Sink*>(opaque);
        const std::span whole(reinterpret_cast<const std::byte*>(bytes), static_cast<std::size_t>(size));
        if (const int error_number = sink.file.writeAt(whole, static_cast<std::uint64_t>(sink.position))) {
            sink.error_number = error_number;
            return AVERROR(error_number);
        }
        sink.position += size;
        sink.end = std::max(sink.end, sink.position);
        return size;
    }
    static std::int64_t seek(void* opaque, std::int64_t offset, int whence)
    {
        Sink& sink = *static_cast<Sink*>(opaque);
        switch (whence & ~AVSEEK_FORCE) {
        case AVSEEK_SIZE:
            return sink.end;
        case SEEK_SET:
            break;
        case SEEK_CUR:
            offset += sink.position;
            break;
        case SEEK_END:
            offset += sink.end;
            break;
        default:
            return AVERROR(EINVAL);
        }
        if (offset < 0)
            return AVERROR(EINVAL);
        return sink.position = offset;
    }
};

AVPixelFormat pixelFormat(base::Subsampling subsampling)
{
    switch (subsampling) {
    case base::Subsampling::Grey:
        return AV_PIX_FMT_GRAY8;
    case base::Subsampling::S420:
        return AV_PIX_FMT_YUVJ420P;
    case base::Subsampling::S422:
        return AV_PIX_FMT_YUVJ422P;
    case base::Subsampling::S444:
        return AV_PIX_FMT_YUVJ444P;
    }
    return AV_PIX_FMT_YUVJ422P;
}

/// The picture is passed through as captured; the container says how to hold it (QuickTime File Format, track
/// header matrix).
void setOrientation(AVStream* stream, const Look& look)
{
    if (look.orientation == Orientation::Upright)
        return;
    auto* side_data = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, sizeof(std::int32_t) * 9);
    if (!side_data)
        return;
    const bool right_to_left = look.orientation != Orientation::Flipped;
    const bool upside_down = look.orientation != Orientation::Mirrored;
    constexpr std::int32_t kOne = 1 << 16;
    const std::array<std::int32_t, 9> matrix { right_to_left ? -kOne : kOne, 0, 0, 0,
        upside_down ? -kOne : kOne, 0, right_to_left ? look.width * kOne : 0,
        upside_down ? look.height * kOne : 0, 1 << 30 };
    std::copy(matrix.begin(), matrix.end(), reinterpret_cast<std::int32_t*>(side_data));
}

std::string isoTime(Nanos since_epoch)
{
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
    std::tm utc {};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 40> text {};
    return { text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc) };
}

/// One MOV under a temporary name, which goes away with this object unless publish() succeeded.
class MovFile {
public:
    static base::Result<std::unique_ptr<MovFile>> create(const std::filesystem::path& path, const Look& look);
    ~MovFile();
    MovFile(const MovFile&) = delete;
    MovFile& operator=(const MovFile&) = delete;

    base::Outcome add(std::span<const std::byte> jpeg, std::int64_t start_ticks, std::int64_t duration_ticks);
    /// Writes the tables and syncs the file: it is whole after this.
    base::Outcome finish();
    /// Gives it its name, unless something took that meanwhile.
    base::Outcome publish();
    /// Takes publish() back.
    void withdraw();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(sink_.end); }

private:
    MovFile() = default;
    base::Outcome makePart();
    base::Outcome start(const Look& look);
    [[nodiscard]] tl::unexpected<base::Error> failure(int av_error) const;

    std::filesystem::path path_;
    std::filesystem::path part_; ///< Empty once there is no file of that name to remove.
    Sink sink_;
    AVFormatContext* context_ = nullptr;
    AVPacket* packet_ = nullptr;
    AVStream* stream_ = nullptr; ///< Owned by context_.
    AVRational tick_ { 1, kLeastTicksPerSecond };
};

MovFile::~MovFile()
{
    av_packet_free(&packet_);
    if (context_) {
        if (context_->pb)
            av_freep(&context_->pb->buffer);
        avio_context_free(&context_->pb);
        avformat_free_context(context_);
    }
    if (!part_.empty())
        ::unlink(part_.c_str());
}

tl::unexpected<base::Error> MovFile::failure(int av_error) const
{
    if (sink_.error_number != 0)
        return fail(errorOf(sink_.error_number, "write", path_));
    std::array<char, AV_ERROR_MAX_STRING_SIZE> words {};
    av_strerror(av_error, words.data(), words.size());
    return fail(
        Fault::Failed, fmt::format("cannot write {}: {}", path_.string(), words.data()), words.data());
}

base::Outcome MovFile::makePart()
{
    // Of a file that is there already nothing is known: it may be what a crash left or somebody's work. It is
    // not touched.
    for (int attempt = 1; attempt <= 100; ++attempt) {
        const std::filesystem::path part =
            path_.string() + (attempt == 1 ? "" : fmt::format(".{}", attempt)) + ".part";
        auto file = File::open(part, O_RDWR | O_CREAT | O_EXCL, "write");
        if (file) {
            part_ = part;
            sink_.file = std::move(*file);
            return {};
        }
        if (file.error().fault != Fault::Exists)
            return fail(file.error());
    }
    return fail(Fault::Exists, fmt::format("too many unfinished {}….part: remove them", path_.string()));
}

base::Result<std::unique_ptr<MovFile>> MovFile::create(const std::filesystem::path& path, const Look& look)
{
    std::unique_ptr<MovFile> mov(new MovFile);
    mov->path_ = path;
    if (auto made = mov->makePart(); !made)
        return fail(made.error());
    if (auto started = mov->start(look); !started)
        return fail(started.error());
    return mov;
}

base::Outcome MovFile::start(const Look& look)
{
    if (const int error = avformat_alloc_output_context2(&context_, nullptr, "mov", nullptr); error < 0)
        return failure(error);
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kWriteBufferBytes));
    context_->pb =
        avio_alloc_context(buffer, kWriteBufferBytes, 1, &sink_, nullptr, &Sink::write, &Sink::seek);
    context_->flags |= AVFMT_FLAG_CUSTOM_IO;
    packet_ = av_packet_alloc();
    stream_ = avformat_new_stream(context_, nullptr);
    if (!buffer || !context_->pb || !packet_ || !stream_)
        return failure(AVERROR(ENOMEM));
    tick_ = { 1, static_cast<int>(look.ticks_per_second) };
    stream_->time_base = tick_;
    stream_->avg_frame_rate = { look.rate.numerator, look.rate.denominator };
    AVCodecParameters& codec = *stream_->codecpar;
    codec.codec_type = AVMEDIA_TYPE_VIDEO;
    codec.codec_id = AV_CODEC_ID_MJPEG;
    codec.width = look.width;
    codec.height = look.height;
    codec.format = pixelFormat(look.subsampling);
    codec.color_range = AVCOL_RANGE_JPEG;
    codec.color_space = AVCOL_SPC_BT470BG; // BT.601, as every JPEG (JFIF)
    codec.sample_aspect_ratio = { 1, 1 };
    setOrientation(stream_, look);
    if (!look.timecode.empty())
        av_dict_set(&stream_->metadata, "timecode", look.timecode.c_str(), 0);
    av_dict_set(&stream_->metadata, "reel_name", look.reel.c_str(), 0);
    av_dict_set(&context_->metadata, "title", look.title.c_str(), 0);
    av_dict_set(&context_->metadata, "comment", look.comment.c_str(), 0);
    av_dict_set(&context_->metadata, "creation_time", isoTime(look.created_utc).c_str(), 0);
    if (const int error = avformat_write_header(context_, nullptr); error < 0)
        return failure(error);
    return {};
}

base::Outcome MovFile::add(
    std::span<const std::byte> jpeg, std::int64_t start_ticks, std::int64_t duration_ticks)
{
    // Lent, not copied: the muxer has written it when the call returns, and changes nothing in it.
    packet_->data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(jpeg.data()));
    packet_->size = static_cast<int>(jpeg.size());
    packet_->stream_index = 0;
    packet_->flags = AV_PKT_FLAG_KEY;
    packet_->pts = packet_->dts = start_ticks;
    packet_->duration = duration_ticks;
    av_packet_rescale_ts(packet_, tick_, stream_->time_base);
    const int error = av_write_frame(context_, packet_);
    av_packet_unref(packet_);
    if (error < 0 || sink_.error_number != 0)
        return failure(error);
    return {};
}

base::Outcome MovFile::finish()
{
    const int error = av_write_trailer(context_);
    avio_flush(context_->pb);
    if (error < 0 || sink_.error_number != 0)
        return failure(error);
    if (::fdatasync(sink_.file.descriptor()) != 0)
        return fail(errorOf(errno, "write", path_));
    return {};
}

base::Outcome MovFile::publish()
{
    if (auto renamed = renameWithoutReplacing(part_, path_); !renamed)
        return renamed;
    part_.clear();
    return {};
}

void MovFile::withdraw()
{
    if (part_.empty())
        ::unlink(path_.c_str());
}

/// Frames that the disk is asked for in one go.
constexpr FrameIndex kFetchedAtOnce = 32;

/// Writes one run of frames of one format, [first, last) in captured order, to one file.
class RunExport {
public:
    RunExport(const Recording& take, const Segment& segment, FrameIndex last, bool reversed)
        : take_(take)
        , first_(segment.first_frame)
        , last_(last)
        , reversed_(reversed)
    {
        const TakeFacts& facts = take.facts();
        const std::int64_t numerator = facts.timecode.rate.numerator;
        look_.width = segment.width;
        look_.height = segment.height;
        look_.orientation = facts.orientation;
        look_.rate = facts.timecode.rate;
        look_.ticks_per_second = numerator * ((kLeastTicksPerSecond + numerator - 1) / numerator);
        look_.reel = reelName(facts.slate) + (reversed ? "R" : "");
        look_.title = fmt::format("{} camera {}", text(facts.slate), facts.slate.camera);
        if (reversed)
            look_.comment =
                fmt::format("REVERSED: plays backwards. First frame here = {} of reel {}, counting down",
                    base::timecodeLabel(take.timecode(last - 1), facts.timecode), reelName(facts.slate));
        look_.created_utc = facts.started_at_utc;
        if (facts.timecode.rate.nominal() <= kMostTimecodeFrames)
            look_.timecode = base::timecodeLabel(
                reversed ? take.frameCount() - last : take.timecode(first_), facts.timecode);
    }

    /// @param step says whether to go on, after each frame. @return the whole file, not yet published; null
    /// when the run has
    ///        no frame that could be written.
    base::Result<std::unique_ptr<MovFile>> write(
        const std::filesystem::path& path, const std::function<bool()>& step);
    [[nodiscard]] FrameIndex written() const { return written_; }
    [[nodiscard]] FrameIndex leftOut() const { return left_out_; }

private:
    /// Captured frame that is k-th in the file.
    [[nodiscard]] FrameIndex captured(FrameIndex k) const { return reversed_ ? last_ - 1 - k : first_ + k; }
    [[nodiscard]] std::int64_t ticks(FrameIndex n) const
    {
        return av_rescale(take_.capturedTime(n).count(), look_.ticks_per_second, 1'000'000'000);
    }
    /// Where in the file frame n starts. Mirrored from the same ticks, so each frame keeps its duration to
    /// the tick.
    [[nodiscard]] std::int64_t startOf(FrameIndex n) const
    {
        return reversed_ ? ticks(last_) - ticks(n + 1) : ticks(n) - ticks(first_);
    }
    /// Has the disk asked for the k-th frame and those behind it, whichever way they lie.
    void fetchFrom(FrameIndex k) const
    {
        std::vector<FrameIndex> frames;
        for (FrameIndex i = k; i < std::min(k + kFetchedAtOnce, last_ - first_); ++i)
            frames.push_back(captured(i));
        take_.expect(frames);
    }
    /// The frame if it can go into this file.
    FramePtr usable(FrameIndex n);
    /// Writes the frame that is held until @p end_ticks.
    base::Outcome writeHeld(std::int64_t end_ticks);

    const Recording& take_;
    FrameIndex first_;
    FrameIndex last_;
    bool reversed_;
    Look look_;
    std::unique_ptr<MovFile> mov_;
    FramePtr held_; ///< Its duration is known once the next usable frame is.
    std::int64_t held_start_ = 0;
    FrameIndex written_ = 0;
    FrameIndex left_out_ = 0;
};

FramePtr RunExport::usable(FrameIndex n)
{
    const auto frame = take_.frame(n);
    const auto header = frame ? base::readJpegHeader((*frame)->jpeg) : fail(frame.error());
    if (!header || header->width != look_.width || header->height != look_.height) {
        ++left_out_;
        return nullptr;
    }
    if (!mov_)
        look_.subsampling = header->subsampling;
    return *frame;
}

base::Outcome RunExport::writeHeld(std::int64_t end_ticks)
{
    const std::int64_t duration = end_ticks - held_start_;
    if (duration > std::numeric_limits<std::int32_t>::max()) // what a MOV can say, and 6 hours at least
        return fail(Fault::Corrupt, "a frame of this take claims to last for hours: its times are damaged");
    ++written_;
    return mov_->add(held_->jpeg, held_start_, duration);
}

base::Result<std::unique_ptr<MovFile>> RunExport::write(
    const std::filesystem::path& path, const std::function<bool()>& step)
{
    for (FrameIndex k = 0; k < last_ - first_; ++k) {
        if (!step())
            return fail(Fault::Cancelled, "the export was stopped; nothing was left behind");
        if (k % kFetchedAtOnce == 0)
            fetchFrom(k);
        const FrameIndex n = captured(k);
        FramePtr frame = usable(n);
        if (!frame)
            continue; // the one held goes on in its place
        if (!mov_) {
            auto made = MovFile::create(path, look_);
            if (!made)
                return fail(made.error());
            mov_ = std::move(*made);
            held_ = std::move(frame); // from 0 even when frames before it were left out
            continue;
        }
        // Two frames of the same time would stop the muxer: the first gets one tick.
        const std::int64_t start = std::max(startOf(n), held_start_ + 1);
        if (auto written = writeHeld(start); !written)
            return fail(written.error());
        held_ = std::move(frame);
        held_start_ = start;
    }
    if (!mov_)
        return nullptr;
    if (auto written = writeHeld(std::max(ticks(last_) - ticks(first_), held_start_ + 1)); !written)
        return fail(written.error());
    if (auto finished = mov_->finish(); !finished)
        return fail(finished.error());
    return std::move(mov_);
}

/// out.mov, or out-1.mov … for a take of several formats.
std::filesystem::path nameOfRun(const std::filesystem::path& out, std::size_t number, std::size_t count)
{
    if (count == 1)
        return out;
    return out.parent_path()
        / (out.stem().string() + "-" + std::to_string(number) + out.extension().string());
}

} // namespace

std::string reelName(const Slate& slate)
{
    std::string reel = folderName(slate);
    for (char& c : reel)
        c = std::isalnum(static_cast<unsigned char>(c)) != 0
            ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
            : '_';
    return reel;
}

base::Result<MovExport> exportMov(const Recording& take, Order order, const std::filesystem::path& out,
    const std::function<bool(double)>& progress)
{
    const TakeFacts& facts = take.facts();
    const bool reversed = order == Order::Shown && facts.direction == Direction::Backward;
    const std::size_t count = facts.segments.size();
    for (std::size_t i = 1; i <= count; ++i) {
        const auto path = nameOfRun(out, i, count);
        std::error_code ignored;
        if (std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found)
            return fail(errorOf(EEXIST, "write", path));
    }
    MovExport result;
    FrameIndex seen = 0;
    const auto step = [&] {
        return !progress || progress(static_cast<double>(seen++) / static_cast<double>(take.frameCount()));
    };
    std::vector<std::unique_ptr<MovFile>> files;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = reversed ? count - 1 - i : i;
        const FrameIndex last = at + 1 < count ? facts.segments[at + 1].first_frame : take.frameCount();
        RunExport run(take, facts.segments[at], last, reversed);
        auto written = run.write(nameOfRun(out, i + 1, count), step);
        if (!written)
            return fail(written.error());
        result.frames += run.written();
        result.left_out += run.leftOut();
        if (*written)
            files.push_back(std::move(*written));
    }
    if (files.empty())
        return fail(
            Fault::Corrupt, fmt::format("no frame of the take in {} can be read", take.folder().string()));
    for (const auto& file : files) {
        if (auto published = file->publish(); !published) {
            for (const auto& each : files)
                each->withdraw();
            return fail(published.error());
        }
        result.files.push_back(file->path());
        result.bytes += file->bytes();
    }
    if (progress)
        progress(1);
    return result;
}

} // namespace backtake::takes
