/// Pictures of a clip that is not Motion JPEG: one thread decodes groups of pictures, compresses them as JPEG
/// and keeps them in a cache capped in bytes.
#pragma once

#include "base/frame.hpp"
#include "base/jpeg.hpp"
#include "base/thread_marks.hpp"
#include "playback/clip_index.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

struct AVFrame;

namespace backtake::playback {

/// Room: frame() from any thread; decoding on the thread "clip decode", which lives from start() until the
/// destructor. Time: frame() waits until its picture is there: a group's decoding when it is in none that is
/// held.
class ClipDecoder {
public:
    struct Caps {
        std::size_t cache_bytes = 0;
        std::size_t held_bytes = 0; ///< Raw pictures of the chunk being compressed.
    };
    /// @return Fault::Unsupported when there is no decoder for this codec.
    static base::Result<std::unique_ptr<ClipDecoder>> start(
        std::shared_ptr<const ClipFile> file, std::shared_ptr<const ClipIndex> index, const Caps& caps);
    ~ClipDecoder();

    /// @return Fault::Corrupt when the decoder gives no picture for this frame, Unsupported for its pixel
    /// format.
    base::Result<base::FramePtr> frame(base::FrameIndex n) EXCLUDES(mutex_);
    [[nodiscard]] std::size_t cachedBytes() const EXCLUDES(mutex_);

private:
    using Answer = base::Result<base::FramePtr>;

    /// Captured frames that decode from one key sample, and the samples that takes.
    struct Group {
        std::size_t first_sample = 0;
        std::size_t last_sample = 0;
        base::FrameIndex first = 0;
        base::FrameIndex last = -1;
    };
    /// Frames of one group that are decoded together; raw pictures until they are compressed.
    struct Held {
        base::FrameIndex first = 0;
        base::FrameIndex last = -1;
        base::FrameIndex wanted = -1; ///< The one the chunk is decoded for.
        std::size_t bytes = 0; ///< Of all raw pictures that came in, less those let go of for want of room.
        std::unordered_map<base::FrameIndex, std::shared_ptr<AVFrame>> raw;
    };
    /// Somebody waits for this frame.
    struct Request {
        base::FrameIndex n = 0;
        std::optional<Answer> answer;
    };
    struct Cached {
        base::FrameIndex n = 0;
        Answer answer;
        std::size_t bytes = 0;
    };

    ClipDecoder(
        std::shared_ptr<const ClipFile> file, std::shared_ptr<const ClipIndex> index, const Caps& caps);
    base::Outcome openCodec();
    void makeGroups();
    void run(std::stop_token stop) EXCLUDES(mutex_);

    // Room decode_.
    [[nodiscard]] const Group& groupOf(base::FrameIndex n) const;
    [[nodiscard]] Held chunkOf(base::FrameIndex n) const;
    void decodeChunk(base::FrameIndex n, const std::stop_token& stop) REQUIRES(decode_);
    /// Takes all pictures the codec has ready. @return whether the last of the chunk was among them.
    bool receive() REQUIRES(decode_);
    void hold(base::FrameIndex n, std::shared_ptr<AVFrame> raw) REQUIRES(decode_);
    void send(std::size_t sample) REQUIRES(decode_);
    bool readSample(std::size_t sample, std::vector<std::byte>& bytes) REQUIRES(decode_);
    bool readByDemuxer(std::size_t sample, std::vector<std::byte>& bytes) REQUIRES(decode_);
    Answer compress(base::FrameIndex n, const AVFrame& raw) REQUIRES(decode_);
    void publish(base::FrameIndex n, Answer answer) EXCLUDES(mutex_);
    std::optional<base::FrameIndex> nextHeld(base::FrameIndex near, bool backward) const REQUIRES(decode_);

    const std::shared_ptr<const ClipFile> file_;
    const std::shared_ptr<const ClipIndex> index_;
    const Caps caps_;
    std::vector<Group> groups_;         ///< Fixed once started, by first frame.
    base::FrameIndex chunk_frames_ = 1; ///< Fixed once started.

    base::Room decode_ { "clip decode" };
    Codec codec_; // made by start(), then decode_'s alone
    base::JpegEncoder encoder_ GUARDED_BY(decode_);
    base::PicturePool pool_ { 1 }; ///< One picture: it is compressed before the next is converted.
    Held held_ GUARDED_BY(decode_);
    std::size_t next_sample_ GUARDED_BY(decode_) = 0;         ///< What the codec gets next …
    base::FrameIndex last_received_ GUARDED_BY(decode_) = -1; ///< … and what it gave last.
    bool codec_running_ GUARDED_BY(decode_) = false;          ///< It can go on from next_sample_.
    std::unique_ptr<ClipDemuxer> demuxer_ GUARDED_BY(
        decode_);                                    ///< Only for samples that do not lie in one piece.
    std::size_t demuxer_at_ GUARDED_BY(decode_) = 0; ///< The sample that demuxer_ reads next.

    mutable base::Mutex mutex_;
    base::Condition changed_;
    std::list<std::shared_ptr<Request>> requests_ GUARDED_BY(mutex_);
    std::list<Cached> cache_ GUARDED_BY(mutex_); ///< Least recently used first.
    std::unordered_map<base::FrameIndex, std::list<Cached>::iterator> cached_at_ GUARDED_BY(mutex_);
    std::size_t cached_bytes_ GUARDED_BY(mutex_) = 0;
    base::FrameIndex last_asked_ GUARDED_BY(mutex_) = 0;
    int direction_votes_ GUARDED_BY(
        mutex_) = 0; ///< Negative: asked backwards lately. Several threads ask, a little out of order.
    std::optional<base::FrameIndex> ahead_ GUARDED_BY(mutex_); ///< Worth decoding while nobody waits.

    std::jthread thread_; ///< Last: ends before what it uses.
};

} // namespace backtake::playback
