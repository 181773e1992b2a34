#include "playback/clip_decoder.hpp"

#include "base/text.hpp"
#include "playback/clip_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

namespace backtake::playback {

using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Result;

namespace {

// Compressed pictures are judged on a big screen and exported: no visible loss. About 8 bits a pixel at most.
constexpr int kQuality = 95;
// Frames decoded together. More cost memory and time to the first picture; fewer cost more decoding of long
// groups backwards.
constexpr FrameIndex kMostChunkFrames = 64;
// Fewer frames than this from key to key are decoded together with their neighbours.
constexpr FrameIndex kLeastGroupFrames = 8;
// What a cached picture costs beside its bytes, and what a frame that cannot be had costs.
constexpr std::size_t kEntryBytes = 256;
// Above two votes the direction of play is taken for certain.
constexpr int kMostVotes = 4;

struct PacketFreer {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

std::shared_ptr<AVFrame> newFrame()
{
    return { av_frame_alloc(), [](AVFrame* frame) { av_frame_free(&frame); } };
}

} // namespace

Result<std::unique_ptr<ClipDecoder>> ClipDecoder::start(
    std::shared_ptr<const ClipFile> file, std::shared_ptr<const ClipIndex> index, const Caps& caps)
{
    std::unique_ptr<ClipDecoder> decoder(new ClipDecoder(std::move(file), std::move(index), caps));
    if (const auto opened = decoder->openCodec(); !opened)
        return fail(opened.error());
    decoder->makeGroups();
    decoder->thread_ =
        std::jthread([self = decoder.get()](std::stop_token stop) { self->run(std::move(stop)); });
    return decoder;
}

ClipDecoder::ClipDecoder(
    std::shared_ptr<const ClipFile> file, std::shared_ptr<const ClipIndex> index, const Caps& caps)
    : file_(std::move(file))
    , index_(std::move(index))
    , caps_(caps)
{
}

ClipDecoder::~ClipDecoder() = default;

base::Outcome ClipDecoder::openCodec()
{
    const auto& parameters = *index_->codec;
    const std::string clip = base::oneLine(file_->path().string());
    if (parameters.width > base::kLargestSide || parameters.height > base::kLargestSide)
        return fail(
            Fault::Corrupt, fmt::format("{} claims {}x{} pixels", clip, parameters.width, parameters.height));
    int error = 0;
    codec_ = playback::openCodec(parameters, error);
    if (!codec_)
        return fail(Fault::Unsupported,
            fmt::format("{} is {}, which cannot be decoded here: convert it to Motion JPEG, ProRes or H.264",
                clip, avcodec_get_name(parameters.codec_id)),
            libavWords(error));
    return {};
}

void ClipDecoder::makeGroups()
{
    const auto& samples = index_->samples;
    const auto pixels = static_cast<std::size_t>(std::max(1, index_->codec->width))
        * static_cast<std::size_t>(std::max(1, index_->codec->height));
    // Where the container does not say what the pictures are: 4 bytes a pixel, as 10 bit 4:2:2 has. hold()
    // keeps to the cap whatever comes.
    const auto* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(index_->codec->format));
    const auto bits = static_cast<std::size_t>(layout != nullptr ? av_get_padded_bits_per_pixel(layout) : 32);
    const std::size_t raw_bytes = std::max<std::size_t>(1, pixels * bits / 8);
    chunk_frames_ =
        std::clamp<FrameIndex>(static_cast<FrameIndex>(caps_.held_bytes / raw_bytes), 1, kMostChunkFrames);
    // At most a quarter of the cache, so that the chunk before, this one and the next fit in it.
    chunk_frames_ =
        std::clamp<FrameIndex>(static_cast<FrameIndex>(caps_.cache_bytes / 4 / pixels), 1, chunk_frames_);

    // First frame at or after a rank.
    std::vector<FrameIndex> frame_from_rank(samples.size() + 1, index_->frameCount());
    for (std::size_t rank = samples.size(); rank-- > 0;) {
        const auto frame = samples[index_->sample_of_rank[rank]].frame;
        frame_from_rank[rank] = frame >= 0 ? frame : frame_from_rank[rank + 1];
    }
    // A key sample starts a group of the frames shown from it up to the next key. Frames that follow the next
    // key in decoding order but are shown before it (open groups) still belong to this one, which is what
    // their references need. Very short groups (every frame a key) are taken together, so that the codec's
    // threads have work.
    const FrameIndex least = std::min(kLeastGroupFrames, chunk_frames_);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (i > 0 && !samples[i].key)
            continue;
        const FrameIndex first = i == 0 ? 0 : frame_from_rank[static_cast<std::size_t>(samples[i].rank)];
        if (!groups_.empty() && first < groups_.back().first + least)
            continue;
        groups_.push_back({ i, 0, first, 0 });
    }
    while (groups_.size() > 1 && groups_.back().first >= index_->frameCount())
        groups_.pop_back(); // its frames are hidden by an edit list
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        Group& group = groups_[g];
        group.last = (g + 1 < groups_.size() ? groups_[g + 1].first : index_->frameCount()) - 1;
        for (FrameIndex n = group.first; n <= group.last; ++n)
            group.last_sample = std::max<std::size_t>(
                group.last_sample, index_->sample_of_frame[static_cast<std::size_t>(n)]);
    }
}

const ClipDecoder::Group& ClipDecoder::groupOf(FrameIndex n) const
{
    const auto after = std::upper_bound(groups_.begin(), groups_.end(), n,
        [](FrameIndex frame, const Group& group) { return frame < group.first; });
    return *std::prev(after); // the first group starts at 0
}

ClipDecoder::Held ClipDecoder::chunkOf(FrameIndex n) const
{
    // Counted from the group's end, so that the chunk played first backwards is a whole one.
    const Group& group = groupOf(n);
    const FrameIndex from_end = (group.last - n) / chunk_frames_;
    Held chunk;
    chunk.last = group.last - from_end * chunk_frames_;
    chunk.first = std::max(group.first, chunk.last - chunk_frames_ + 1);
    return chunk;
}

Result<base::FramePtr> ClipDecoder::frame(FrameIndex n)
{
    base::Lock lock(mutex_);
    if (n != last_asked_)
        direction_votes_ = std::clamp(direction_votes_ + (n < last_asked_ ? -1 : 1), -kMostVotes, kMostVotes);
    last_asked_ = n;
    if (std::abs(direction_votes_) > 2) {
        const bool backward = direction_votes_ < 0;
        const Held chunk = chunkOf(n);
        const FrameIndex next = backward ? chunk.first - 1 : chunk.last + 1;
        if (next >= 0 && next < index_->frameCount() && !cached_at_.contains(next) && ahead_ != next) {
            ahead_ = next;
            changed_.notifyAll();
        }
    }
    if (const auto found = cached_at_.find(n); found != cached_at_.end()) {
        cache_.splice(cache_.end(), cache_, found->second);
        return found->second->answer;
    }
    const auto request = std::make_shared<Request>();
    request->n = n;
    requests_.push_back(request);
    changed_.notifyAll();
    // Ends without a stop token: the decoding thread lives as long as this object and answers every request.
    changed_.wait(mutex_, std::stop_token(), [&request] { return request->answer.has_value(); });
    return *request->answer;
}

std::size_t ClipDecoder::cachedBytes() const
{
    base::Lock lock(mutex_);
    return cached_bytes_;
}

void ClipDecoder::publish(FrameIndex n, Answer answer)
{
    std::list<Cached> dropped; // freed outside the lock
    base::Lock lock(mutex_);
    for (auto request = requests_.begin(); request != requests_.end();) {
        if ((*request)->n == n) {
            (*request)->answer = answer;
            request = requests_.erase(request);
        } else {
            ++request;
        }
    }
    if (!cached_at_.contains(n)) {
        const std::size_t bytes = kEntryBytes + (answer ? (*answer)->jpeg.size() : 0);
        cached_bytes_ += bytes;
        cache_.push_back({ n, std::move(answer), bytes });
        cached_at_.emplace(n, std::prev(cache_.end()));
        while (cached_bytes_ > caps_.cache_bytes && !cache_.empty()) {
            cached_bytes_ -= cache_.front().bytes;
            cached_at_.erase(cache_.front().n);
            dropped.splice(dropped.end(), cache_, cache_.begin());
        }
    }
    changed_.notifyAll();
}

void ClipDecoder::run(std::stop_token stop)
{
    base::nameThisThread("bt-clip-decode");
    decode_.mustBeHere();
    while (!stop.stop_requested()) {
        std::optional<FrameIndex> wanted;
        bool somebody_waits = false;
        FrameIndex near = 0;
        bool backward = false;
        {
            base::Lock lock(mutex_);
            const bool spare_work = !held_.raw.empty();
            const bool ready = changed_.wait(mutex_, stop,
                [&]() REQUIRES(mutex_) { return spare_work || !requests_.empty() || ahead_.has_value(); });
            if (!ready)
                return;
            near = last_asked_;
            backward = direction_votes_ < 0;
            if (!requests_.empty()) {
                wanted = requests_.front()->n;
                somebody_waits = true;
            } else if (!spare_work) {
                wanted = std::exchange(ahead_, std::nullopt);
                if (wanted && cached_at_.contains(*wanted))
                    continue;
            }
        }
        if (!wanted)
            wanted = nextHeld(near, backward);
        if (!wanted)
            continue;
        const FrameIndex n = *wanted;
        auto held = held_.raw.find(n);
        if (held == held_.raw.end()) {
            decodeChunk(n, stop);
            if (stop.stop_requested())
                return;
            held = held_.raw.find(n);
            if (held == held_.raw.end()) {
                publish(n,
                    fail(Fault::Corrupt,
                        fmt::format(
                            "frame {} of {} cannot be decoded", n, base::oneLine(file_->path().string()))));
                continue;
            }
            if (!somebody_waits)
                continue; // somebody may by now
        }
        const auto raw = std::move(held->second);
        held_.raw.erase(held);
        publish(n, compress(n, *raw));
    }
}

std::optional<FrameIndex> ClipDecoder::nextHeld(FrameIndex near, bool backward) const
{
    // The one that will be asked for next: the nearest ahead, in the direction of play, else the nearest
    // behind.
    std::optional<FrameIndex> ahead;
    std::optional<FrameIndex> behind;
    for (const auto& [n, raw] : held_.raw) {
        const bool is_ahead = backward ? n <= near : n >= near;
        auto& best = is_ahead ? ahead : behind;
        if (!best || std::abs(n - near) < std::abs(*best - near))
            best = n;
    }
    return ahead ? ahead : behind;
}

void ClipDecoder::decodeChunk(FrameIndex n, const std::stop_token& stop)
{
    held_ = chunkOf(n);
    held_.wanted = n;
    const Group& group = groupOf(n);
    const bool goes_on = codec_running_ && next_sample_ > group.first_sample
        && next_sample_ <= group.last_sample && last_received_ < n && last_received_ >= group.first - 1;
    if (!goes_on) {
        avcodec_flush_buffers(codec_.get());
        next_sample_ = group.first_sample;
        last_received_ = -1;
        codec_running_ = true;
    }
    while (next_sample_ <= group.last_sample && !stop.stop_requested()) {
        send(next_sample_++);
        if (receive())
            return;
    }
    if (stop.stop_requested())
        return;
    avcodec_send_packet(codec_.get(), nullptr); // the end: give what is still inside
    receive();
    codec_running_ = false;
}

bool ClipDecoder::receive()
{
    for (;;) {
        auto raw = newFrame();
        if (!raw || avcodec_receive_frame(codec_.get(), raw.get()) < 0)
            return false;
        const std::int64_t rank = raw->pts != AV_NOPTS_VALUE ? raw->pts : raw->best_effort_timestamp;
        if (rank < 0 || rank >= static_cast<std::int64_t>(index_->sample_of_rank.size()))
            continue;
        const FrameIndex n = index_->samples[index_->sample_of_rank[static_cast<std::size_t>(rank)]].frame;
        if (n < 0)
            continue; // hidden by an edit list
        last_received_ = std::max(last_received_, n);
        if (n >= held_.first && n <= held_.last)
            hold(n, std::move(raw));
        if (n >= held_.last)
            return true;
    }
}

void ClipDecoder::hold(FrameIndex n, std::shared_ptr<AVFrame> raw)
{
    for (const AVBufferRef* buffer : raw->buf)
        held_.bytes += buffer != nullptr ? buffer->size : 0;
    held_.raw.insert_or_assign(n, std::move(raw));
    // Larger than the container promised: let go of the earliest, but not of the one that is waited for.
    for (FrameIndex oldest = held_.first;
         held_.bytes > caps_.held_bytes && held_.raw.size() > 1 && oldest < n; ++oldest) {
        const auto found = held_.raw.find(oldest);
        if (found == held_.raw.end() || oldest == held_.wanted)
            continue;
        for (const AVBufferRef* buffer : found->second->buf)
            held_.bytes -= buffer != nullptr ? buffer->size : 0;
        held_.raw.erase(found);
    }
}

void ClipDecoder::send(std::size_t sample)
{
    std::vector<std::byte> bytes;
    if (!readSample(sample, bytes))
        return; // cut off: its pictures will be missing
    const std::unique_ptr<AVPacket, PacketFreer> packet(av_packet_alloc());
    if (!packet || av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0)
        return;
    std::memcpy(packet->data, bytes.data(), bytes.size());
    // The rank travels through the codec with the picture, whatever order it comes out in.
    packet->pts = index_->samples[sample].rank;
    packet->dts = AV_NOPTS_VALUE;
    packet->flags = index_->samples[sample].key ? AV_PKT_FLAG_KEY : 0;
    // On the way to a chunk in the middle of a long group, pictures that no other refers to need no decoding.
    codec_->skip_frame = index_->samples[sample].frame < held_.first ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    int error = avcodec_send_packet(codec_.get(), packet.get());
    // Full: take pictures out first. decodeChunk() empties it after every packet, so this is a codec that
    // gave two at once.
    if (error == AVERROR(EAGAIN)) {
        receive();
        error = avcodec_send_packet(codec_.get(), packet.get());
    }
}

bool ClipDecoder::readSample(std::size_t sample, std::vector<std::byte>& bytes)
{
    const auto& place = index_->samples[sample];
    if (!index_->direct)
        return readByDemuxer(sample, bytes);
    if (place.offset < 0 || place.offset >= file_->size() || place.bytes > file_->size() - place.offset)
        return false;
    bytes.resize(place.bytes);
    return file_->read(place.offset, bytes) == bytes.size();
}

bool ClipDecoder::readByDemuxer(std::size_t sample, std::vector<std::byte>& bytes)
{
    const auto& samples = index_->samples;
    const std::unique_ptr<AVPacket, PacketFreer> packet(av_packet_alloc());
    const auto readNext = [&]() REQUIRES(decode_) {
        for (int failures = 0; failures < 1000;) {
            av_packet_unref(packet.get());
            const int error = av_read_frame(demuxer_->format(), packet.get());
            if (error == AVERROR_EOF || error == AVERROR(EIO))
                return false;
            if (error < 0)
                ++failures;
            else if (packet->stream_index == demuxer_->videoStream() && packet->size > 0)
                return true;
        }
        return false;
    };
    const auto matches = [&](std::size_t at) {
        return static_cast<std::uint32_t>(packet->size) == samples[at].bytes
            && (packet->dts == AV_NOPTS_VALUE || packet->dts == samples[at].decoded_at)
            && (packet->pts == AV_NOPTS_VALUE || !index_->timed || packet->pts == samples[at].shown_at);
    };
    const auto take = [&]() REQUIRES(decode_) {
        const auto data = std::span(
            reinterpret_cast<const std::byte*>(packet->data), static_cast<std::size_t>(packet->size));
        bytes.assign(data.begin(), data.end());
        demuxer_at_ = sample + 1;
        return true;
    };
    if (!packet)
        return false;
    if (demuxer_ && demuxer_at_ == sample && readNext() && matches(sample))
        return take();
    // Seek to the sample's own time, then, as demuxers guess, ever earlier; from the start at last.
    for (const std::size_t back : { std::size_t { 0 }, std::size_t { 50 }, std::size_t { 500 }, sample }) {
        const bool from_start = back >= sample;
        if (!demuxer_ || from_start) {
            auto opened = ClipDemuxer::open(file_);
            if (!opened)
                return false;
            demuxer_ = std::move(*opened);
        }
        if (!from_start
            && av_seek_frame(demuxer_->format(), demuxer_->videoStream(), samples[sample - back].decoded_at,
                   AVSEEK_FLAG_BACKWARD)
                < 0)
            continue;
        for (bool first = true; readNext(); first = false) {
            if (matches(sample))
                return take();
            if (packet->dts != AV_NOPTS_VALUE && packet->dts > samples[sample].decoded_at && !from_start)
                break;
            if (first && from_start)
                continue;
        }
        if (from_start)
            break;
    }
    demuxer_.reset();
    return false;
}

ClipDecoder::Answer ClipDecoder::compress(FrameIndex n, const AVFrame& raw)
{
    const auto picture = pictureFrom(raw, pool_);
    if (!picture)
        return fail(picture.error().fault,
            fmt::format("{}: {}", base::oneLine(file_->path().string()), picture.error().message),
            picture.error().detail);
    const auto jpeg = encoder_.encode(**picture, kQuality);
    if (!jpeg)
        return fail(jpeg.error());
    const auto bytes = std::make_shared<std::vector<std::byte>>(jpeg->begin(), jpeg->end());
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(n);
    frame->captured_at = index_->times[static_cast<std::size_t>(n)];
    frame->width = static_cast<std::uint16_t>((*picture)->format.width);
    frame->height = static_cast<std::uint16_t>((*picture)->format.height);
    frame->jpeg = *bytes;
    frame->owner = bytes;
    return frame;
}

} // namespace backtake::playback
