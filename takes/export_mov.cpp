#include "takes/export_mov.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <ctime>

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/mathematics.h>
}

#include "base/jpeg.hpp"
#include "base/resample.hpp"
#include "takes/av_file.hpp"
#include "takes/files.hpp"
#include "takes/nominal_grid.hpp"

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
    int sound_rate_hz = 0;
    int sound_channels = 0; ///< 0: without sound.
    int sound_bits = 16;    ///< 16 or 24.
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

/// One MOV: a track of JPEGs, one of timecode, one of PCM.
class MovFile {
public:
    static base::Result<std::unique_ptr<MovFile>> create(const std::filesystem::path& path, const Look& look);
    ~MovFile() { av_packet_free(&packet_); }
    MovFile(const MovFile&) = delete;
    MovFile& operator=(const MovFile&) = delete;

    base::Outcome addPicture(
        std::span<const std::byte> jpeg, std::int64_t start_ticks, std::int64_t duration_ticks);
    /// @param samples interleaved PCM of the look's width; @p first of the file, for each channel.
    base::Outcome addSound(std::span<const std::byte> samples, std::int64_t first);
    /// The whole file, not yet published; nothing may be added then.
    base::Result<std::unique_ptr<AvFile>> finish();

private:
    explicit MovFile(std::unique_ptr<AvFile> file)
        : file_(std::move(file))
    {
    }
    base::Outcome start(const Look& look);
    base::Outcome add(AVStream* stream, std::span<const std::byte> bytes, std::int64_t at,
        std::int64_t duration, AVRational tick);

    std::unique_ptr<AvFile> file_;
    AVPacket* packet_ = nullptr;
    AVStream* picture_ = nullptr; ///< Owned by file_.
    AVStream* sound_ = nullptr;   ///< The same; null without sound.
    AVRational tick_ { 1, kLeastTicksPerSecond };
    int sound_rate_hz_ = 0;
    std::size_t sample_bytes_ = 0; ///< Of all channels.
};

base::Result<std::unique_ptr<MovFile>> MovFile::create(const std::filesystem::path& path, const Look& look)
{
    auto file = AvFile::create(path, "mov");
    if (!file)
        return fail(file.error());
    std::unique_ptr<MovFile> mov(new MovFile(std::move(*file)));
    if (auto started = mov->start(look); !started)
        return fail(started.error());
    return mov;
}

base::Outcome MovFile::start(const Look& look)
{
    packet_ = av_packet_alloc();
    picture_ = avformat_new_stream(file_->context(), nullptr);
    if (!packet_ || !picture_)
        return file_->checked(AVERROR(ENOMEM));
    tick_ = { 1, static_cast<int>(look.ticks_per_second) };
    picture_->time_base = tick_;
    picture_->avg_frame_rate = { look.rate.numerator, look.rate.denominator };
    AVCodecParameters& codec = *picture_->codecpar;
    codec.codec_type = AVMEDIA_TYPE_VIDEO;
    codec.codec_id = AV_CODEC_ID_MJPEG;
    codec.width = look.width;
    codec.height = look.height;
    codec.format = pixelFormat(look.subsampling);
    codec.color_range = AVCOL_RANGE_JPEG;
    codec.color_space = AVCOL_SPC_BT470BG; // BT.601, as every JPEG (JFIF)
    codec.sample_aspect_ratio = { 1, 1 };
    setOrientation(picture_, look);
    if (!look.timecode.empty())
        av_dict_set(&picture_->metadata, "timecode", look.timecode.c_str(), 0);
    av_dict_set(&picture_->metadata, "reel_name", look.reel.c_str(), 0);
    if (look.sound_channels > 0) {
        sound_ = avformat_new_stream(file_->context(), nullptr);
        if (!sound_)
            return file_->checked(AVERROR(ENOMEM));
        sound_rate_hz_ = look.sound_rate_hz;
        sample_bytes_ = static_cast<std::size_t>(look.sound_channels * look.sound_bits / 8);
        sound_->time_base = { 1, look.sound_rate_hz };
        AVCodecParameters& pcm = *sound_->codecpar;
        pcm.codec_type = AVMEDIA_TYPE_AUDIO;
        pcm.codec_id = look.sound_bits == 24 ? AV_CODEC_ID_PCM_S24LE : AV_CODEC_ID_PCM_S16LE;
        pcm.sample_rate = look.sound_rate_hz;
        pcm.bits_per_coded_sample = look.sound_bits;
        pcm.block_align = static_cast<int>(sample_bytes_);
        // Channels of a recorder are inputs, no places of loudspeakers.
        pcm.ch_layout = {
            .order = AV_CHANNEL_ORDER_UNSPEC, .nb_channels = look.sound_channels, .u = {}, .opaque = nullptr
        };
        if (look.sound_channels <= 2)
            av_channel_layout_default(&pcm.ch_layout, look.sound_channels);
    }
    av_dict_set(&file_->context()->metadata, "title", look.title.c_str(), 0);
    av_dict_set(&file_->context()->metadata, "comment", look.comment.c_str(), 0);
    av_dict_set(&file_->context()->metadata, "creation_time", isoTime(look.created_utc).c_str(), 0);
    return file_->checked(avformat_write_header(file_->context(), nullptr));
}

base::Outcome MovFile::add(AVStream* stream, std::span<const std::byte> bytes, std::int64_t at,
    std::int64_t duration, AVRational tick)
{
    // Lent, not copied: the muxer has written it when the call returns, and changes nothing in it.
    packet_->data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    packet_->size = static_cast<int>(bytes.size());
    packet_->stream_index = stream->index;
    packet_->flags = AV_PKT_FLAG_KEY;
    packet_->pts = packet_->dts = at;
    packet_->duration = duration;
    av_packet_rescale_ts(packet_, tick, stream->time_base);
    const int result = av_write_frame(file_->context(), packet_);
    av_packet_unref(packet_);
    return file_->checked(result);
}

base::Outcome MovFile::addPicture(
    std::span<const std::byte> jpeg, std::int64_t start_ticks, std::int64_t duration_ticks)
{
    return add(picture_, jpeg, start_ticks, duration_ticks, tick_);
}

base::Outcome MovFile::addSound(std::span<const std::byte> samples, std::int64_t first)
{
    return add(sound_, samples, first, static_cast<std::int64_t>(samples.size() / sample_bytes_),
        { 1, sound_rate_hz_ });
}

base::Result<std::unique_ptr<AvFile>> MovFile::finish()
{
    if (auto finished = file_->finish(); !finished)
        return fail(finished.error());
    return std::move(file_);
}

/// Frames that the disk is asked for in one go.
constexpr FrameIndex kFetchedAtOnce = 32;

/// Sound is laid between the pictures in pieces of so long, as players read them.
constexpr Nanos kSoundPiece = std::chrono::milliseconds(500);

/// Writes one run of frames of one format to one file.
class RunExport {
public:
    /// @param places_before of the take's earlier files, for the timecode of a reversed one.
    RunExport(
        const Recording& take, const MovRun& run, bool reversed, Timing timing, FrameIndex places_before)
        : take_(take)
        , first_(run.first)
        , last_(run.last)
        , whole_(run.whole)
        , grid_(take, whole_.first, whole_.last)
        , timing_(timing)
        , reversed_(reversed)
        , sound_(take.sound())
    {
        const TakeFacts& facts = take.facts();
        const std::int64_t numerator = facts.timecode.rate.numerator;
        look_.width = run.width;
        look_.height = run.height;
        look_.orientation = facts.orientation;
        look_.rate = facts.timecode.rate;
        look_.ticks_per_second = numerator * ((kLeastTicksPerSecond + numerator - 1) / numerator);
        look_.reel = reelName(facts.slate) + (reversed ? "R" : "");
        look_.title = fmt::format("{} camera {}", text(facts.slate), facts.slate.camera);
        const auto labelAt = [&](FrameIndex place) {
            return base::timecodeLabel(take.timecode(whole_.first) + place, facts.timecode);
        };
        if (reversed)
            look_.comment =
                fmt::format("REVERSED: plays backwards. First frame here = {} of reel {}, counting down",
                    labelAt(grid_.placeOf(first_) + places() - 1), reelName(facts.slate));
        look_.created_utc = facts.started_at_utc;
        if (facts.timecode.rate.nominal() <= kMostTimecodeFrames)
            look_.timecode = reversed ? base::timecodeLabel(places_before, facts.timecode)
                                      : labelAt(grid_.placeOf(first_));
        if (sound_ && facts.sound) {
            look_.sound_rate_hz = sound_->rateHz();
            look_.sound_channels = sound_->channels();
            look_.sound_bits = facts.sound->bits;
            sound_before_ = samplesIn(wholeTicks(first_));
        }
    }

    /// @param step says whether to go on, after each frame. @return the whole file, not yet published; null
    /// when the run has
    ///        no frame that could be written.
    base::Result<std::unique_ptr<AvFile>> write(
        const std::filesystem::path& path, const std::function<bool()>& step);
    [[nodiscard]] FrameIndex written() const { return written_; }
    [[nodiscard]] FrameIndex leftOut() const { return left_out_; }
    /// Frames that are lost or damaged.
    [[nodiscard]] const std::vector<FrameIndex>& unreadable() const { return unreadable_; }
    /// How many frame times the file lasts.
    [[nodiscard]] FrameIndex places() const
    {
        return timing_ == Timing::Nominal ? grid_.placeOf(last_) - grid_.placeOf(first_) : last_ - first_;
    }

private:
    /// Captured frame that is k-th in the file.
    [[nodiscard]] FrameIndex captured(FrameIndex k) const { return reversed_ ? last_ - 1 - k : first_ + k; }
    /// After the start of the whole run.
    [[nodiscard]] std::int64_t wholeTicks(FrameIndex n) const
    {
        if (timing_ == Timing::Nominal)
            return grid_.placeOf(n) * look_.rate.denominator * ticksPerNumerator();
        return ticksOf(take_.capturedTime(n)) - ticksOf(take_.capturedTime(whole_.first));
    }
    /// After the start of the file.
    [[nodiscard]] std::int64_t ticks(FrameIndex n) const { return wholeTicks(n) - wholeTicks(first_); }
    [[nodiscard]] std::int64_t samplesIn(std::int64_t ticks) const
    {
        return av_rescale(ticks, look_.sound_rate_hz, look_.ticks_per_second);
    }
    /// A frame time is as many of these as the rate's denominator says.
    [[nodiscard]] std::int64_t ticksPerNumerator() const
    {
        return look_.ticks_per_second / look_.rate.numerator;
    }
    [[nodiscard]] std::int64_t ticksOf(Nanos time) const
    {
        return av_rescale(time.count(), look_.ticks_per_second, 1'000'000'000);
    }
    /// Where in the file frame n starts. Mirrored from the same ticks, so each frame keeps its duration to
    /// the tick.
    [[nodiscard]] std::int64_t startOf(FrameIndex n) const
    {
        return reversed_ ? ticks(last_) - ticks(n + 1) : ticks(n);
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
    /// Fills read_ with @p count samples of the file, in captured order, from @p at on.
    void readSound(std::int64_t at, std::int64_t count);
    /// Writes the sound up to @p ticks.
    base::Outcome writeSound(std::int64_t end_ticks);

    const Recording& take_;
    FrameIndex first_;
    FrameIndex last_;
    FrameRange whole_;
    NominalGrid grid_; ///< Of the whole run.
    Timing timing_;
    bool reversed_;
    base::SoundTrackPtr sound_;
    Look look_;
    std::unique_ptr<MovFile> mov_;
    FramePtr held_; ///< Its duration is known once the next usable frame is.
    std::int64_t held_start_ = 0;
    std::int64_t sound_before_ = 0;  ///< Samples of the whole run before this part of it.
    std::int64_t sound_written_ = 0; ///< Samples of each channel.
    std::vector<float> read_;
    std::vector<float> between_; ///< What read_ is resampled from.
    std::vector<std::byte> pcm_;
    FrameIndex written_ = 0;
    FrameIndex left_out_ = 0;
    std::vector<FrameIndex> unreadable_; ///< In the order of the file.
};

FramePtr RunExport::usable(FrameIndex n)
{
    const auto frame = take_.frame(n);
    const auto header = frame ? base::readJpegHeader((*frame)->jpeg) : fail(frame.error());
    if (!header || header->width != look_.width || header->height != look_.height) {
        ++left_out_;
        unreadable_.push_back(n);
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
    // On the nominal grid a held picture is written anew for each place: editing programs seek by frame
    // number, and miss by one behind a frame that lasts longer than the others.
    const std::int64_t piece =
        timing_ == Timing::Nominal ? look_.rate.denominator * ticksPerNumerator() : duration;
    for (std::int64_t at = held_start_; at < end_ticks; at += piece) {
        if (auto written = mov_->addPicture(held_->jpeg, at, piece); !written)
            return written;
    }
    return writeSound(end_ticks);
}

void RunExport::readSound(std::int64_t at, std::int64_t count)
{
    const auto channels = static_cast<std::size_t>(look_.sound_channels);
    read_.resize(static_cast<std::size_t>(count) * channels);
    // What was heard as the run's first frame was captured is its sample 0, and that of a file with all of
    // it.
    const double begin =
        base::seconds(take_.capturedTime(whole_.first) - sound_->startsAt()) * sound_->trueRate();
    at += sound_before_;
    const double step = exportedSoundRate(*sound_, look_.rate) / look_.sound_rate_hz;
    if (step == 1) {
        sound_->read(std::llround(begin) + at, read_);
        return;
    }
    const double place = begin + static_cast<double>(at) * step;
    const std::int64_t reach = base::sincReach(step);
    const auto from = static_cast<std::int64_t>(std::floor(place)) - reach;
    const auto until =
        static_cast<std::int64_t>(std::ceil(place + static_cast<double>(count) * step)) + reach;
    between_.resize(static_cast<std::size_t>(until - from) * channels);
    sound_->read(from, between_);
    std::ranges::fill(read_, 0.0F);
    for (std::int64_t i = 0; i < count; ++i)
        base::addBetween(between_, place + static_cast<double>(i) * step - static_cast<double>(from), step, 1,
            std::span(read_).subspan(static_cast<std::size_t>(i) * channels, channels));
}

base::Outcome RunExport::writeSound(std::int64_t end_ticks)
{
    if (look_.sound_channels == 0)
        return {};
    const std::int64_t all = samplesIn(wholeTicks(last_)) - sound_before_;
    const std::int64_t piece = av_rescale(kSoundPiece.count(), look_.sound_rate_hz, 1'000'000'000);
    const auto channels = static_cast<std::size_t>(look_.sound_channels);
    const std::int64_t until = std::min(all, samplesIn(end_ticks));
    while (until - sound_written_ >= piece || (until == all && sound_written_ < all)) {
        const std::int64_t count = std::min(piece, until - sound_written_);
        readSound(reversed_ ? all - sound_written_ - count : sound_written_, count);
        if (reversed_) {
            // Channels keep their places: all samples backwards, then each sample's channels the right way
            // again.
            std::ranges::reverse(read_);
            for (std::size_t at = 0; at < read_.size(); at += channels)
                std::reverse(read_.begin() + static_cast<std::ptrdiff_t>(at),
                    read_.begin() + static_cast<std::ptrdiff_t>(at + channels));
        }
        const auto bytes = static_cast<std::size_t>(look_.sound_bits / 8);
        const double scale = look_.sound_bits == 24 ? 1 << 23 : 1 << 15;
        pcm_.resize(read_.size() * bytes);
        for (std::size_t i = 0; i < read_.size(); ++i) {
            const auto value = static_cast<std::int32_t>(
                std::clamp<double>(std::nearbyint(read_[i] * scale), -scale, scale - 1));
            for (std::size_t byte = 0; byte < bytes; ++byte)
                pcm_[i * bytes + byte] = static_cast<std::byte>(value >> (8 * byte) & 0xFF);
        }
        if (auto written = mov_->addSound(pcm_, sound_written_); !written)
            return written;
        sound_written_ += count;
    }
    return {};
}

base::Result<std::unique_ptr<AvFile>> RunExport::write(
    const std::filesystem::path& path, const std::function<bool()>& step)
{
    for (FrameIndex k = 0; k < last_ - first_; ++k) {
        if (!step())
            return fail(Fault::Cancelled, "the export was stopped; nothing was left behind");
        if (k % kFetchedAtOnce == 0)
            fetchFrom(k);
        const FrameIndex n = captured(k);
        if (timing_ == Timing::Nominal && grid_.placeOf(n) == grid_.placeOf(n + 1)) {
            ++left_out_;
            continue;
        }
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
    if (auto written = writeHeld(std::max(ticks(last_), held_start_ + 1)); !written)
        return fail(written.error());
    return mov_->finish();
}

/// out.mov, or out-1.mov … for a take of several formats.
std::filesystem::path nameOfRun(const std::filesystem::path& out, std::size_t number, std::size_t count)
{
    if (count == 1)
        return out;
    return out.parent_path()
        / (out.stem().string() + "-" + std::to_string(number) + out.extension().string());
}

/// Of frames that could not be read those that were not lost while recording, rising.
std::vector<FrameIndex> damagedAmong(const Recording& take, std::vector<FrameIndex> unreadable)
{
    if (unreadable.empty() || !take.missing().empty())
        return {};
    std::ranges::sort(unreadable);
    const auto lost = take.lostRuns(static_cast<std::size_t>(take.frameCount()));
    auto run = lost.begin();
    std::erase_if(unreadable, [&](FrameIndex n) {
        while (run != lost.end() && run->last < n)
            ++run;
        return run != lost.end() && n >= run->first;
    });
    return unreadable;
}

/// Shown order of a forward take is captured order.
bool isReversed(const TakeFacts& facts, Order order)
{
    return order == Order::Shown && facts.direction == Direction::Backward;
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

double exportedSoundRate(const base::SoundTrack& sound, const base::Rate& pictures)
{
    const double seconds = static_cast<double>(sound.sampleCount()) / sound.rateHz();
    const double drift_s = seconds * std::abs(sound.trueRate() / sound.rateHz() - 1);
    return drift_s * pictures.perSecond() > 1 ? sound.trueRate() : sound.rateHz();
}

std::vector<MovRun> movRuns(const Recording& take, Order order, const std::filesystem::path& out,
    const std::optional<FrameRange>& part)
{
    const TakeFacts& facts = take.facts();
    std::vector<MovRun> runs;
    for (std::size_t i = 0; i < facts.segments.size(); ++i) {
        const FrameIndex last =
            i + 1 < facts.segments.size() ? facts.segments[i + 1].first_frame : take.frameCount();
        const FrameRange whole { facts.segments[i].first_frame, last };
        const FrameIndex from = part ? std::max(part->first, whole.first) : whole.first;
        const FrameIndex to = part ? std::min(part->last, whole.last) : whole.last;
        if (from < to)
            runs.push_back({ from, to, facts.segments[i].width, facts.segments[i].height, {}, whole });
    }
    if (isReversed(facts, order))
        std::ranges::reverse(runs);
    for (std::size_t i = 0; i < runs.size(); ++i)
        runs[i].file = nameOfRun(out, i + 1, runs.size());
    return runs;
}

base::Result<MovExport> exportMov(const Recording& take, Order order, Timing timing,
    const std::filesystem::path& out, const std::function<bool(double)>& progress,
    const std::optional<FrameRange>& part)
{
    const std::vector<MovRun> runs = movRuns(take, order, out, part);
    FrameIndex frames = 0;
    for (const MovRun& run : runs) {
        frames += run.last - run.first;
        std::error_code ignored;
        if (std::filesystem::symlink_status(run.file, ignored).type()
            != std::filesystem::file_type::not_found)
            return fail(errorOf(EEXIST, "write", run.file));
    }
    MovExport result;
    FrameIndex seen = 0;
    const auto step = [&] {
        return !progress || progress(static_cast<double>(seen++) / static_cast<double>(frames));
    };
    std::vector<std::unique_ptr<AvFile>> files;
    FrameIndex places = 0;
    std::vector<FrameIndex> unreadable;
    for (const MovRun& run : runs) {
        RunExport exporting(take, run, isReversed(take.facts(), order), timing, places);
        auto written = exporting.write(run.file, step);
        if (!written)
            return fail(written.error());
        result.frames += exporting.written();
        result.left_out += exporting.leftOut();
        unreadable.insert(unreadable.end(), exporting.unreadable().begin(), exporting.unreadable().end());
        places += exporting.places();
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
    result.damaged = damagedAmong(take, std::move(unreadable));
    if (progress)
        progress(1);
    return result;
}

} // namespace backtake::takes
