/// What a clip's container says of its video samples, before any of them is decoded.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct AVCodecContext;
struct AVCodecParameters;
struct AVFormatContext;
struct AVIOContext;

namespace backtake::playback {

/// A clip's file, open for reading. Room: any thread; every read says its own place. Owns: the descriptor.
class ClipFile {
public:
    /// @return Fault::NotFound, Denied, Unsupported (a folder, a pipe), Failed.
    static base::Result<std::shared_ptr<const ClipFile>> open(const std::filesystem::path& path);
    ~ClipFile();
    ClipFile(const ClipFile&) = delete;
    ClipFile& operator=(const ClipFile&) = delete;

    [[nodiscard]] std::int64_t size() const { return size_bytes_; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Reads as much of @p into as there is from @p offset on. @return bytes read; 0 at the end and on a read
    /// error.
    [[nodiscard]] std::size_t read(std::int64_t offset, std::span<std::byte> into) const;

private:
    ClipFile(int descriptor, std::int64_t size_bytes, std::filesystem::path path);
    int descriptor_;
    std::int64_t size_bytes_;
    std::filesystem::path path_;
};

/// An open demuxer over a ClipFile. Room: one thread. Nothing outside the file is opened, whatever the clip
/// refers to.
class ClipDemuxer {
public:
    /// @return Fault::Corrupt when it is no media file, Unsupported when it has no video.
    static base::Result<std::unique_ptr<ClipDemuxer>> open(std::shared_ptr<const ClipFile> file);
    ~ClipDemuxer();

    [[nodiscard]] AVFormatContext* format() const { return format_; }
    [[nodiscard]] int videoStream() const { return video_stream_; }
    /// QuickTime and MP4 hold a complete index, unless they are fragmented.
    [[nodiscard]] bool hasCompleteIndex() const { return complete_index_; }
    /// From now on samples are not read from the disk: packets tell place, size and times, their bytes mean
    /// nothing.
    void pretendToRead() { pretending_ = true; }

private:
    ClipDemuxer() = default;
    static int readBytes(void* self, std::uint8_t* into, int size);
    static std::int64_t seekTo(void* self, std::int64_t offset, int whence);
    std::shared_ptr<const ClipFile> file_;
    AVFormatContext* format_ = nullptr;
    AVIOContext* io_ = nullptr;
    std::int64_t position_ = 0;
    int video_stream_ = -1;
    bool complete_index_ = false;
    bool pretending_ = false;
};

/// One coded sample.
struct ClipSample {
    std::int64_t offset = -1; ///< Of its bytes in the file; -1 when they do not lie there in one piece (MTS).
    std::int64_t shown_at = 0; ///< Presentation time in the stream's units.
    std::int64_t decoded_at = 0;
    std::int64_t rank =
        0; ///< Place among all samples by presentation time, those that are not shown included.
    base::FrameIndex frame = -1; ///< Captured frame; -1 for a sample that an edit list hides.
    std::uint32_t bytes = 0;
    bool key = false;
};

/// All samples of a clip's video. Immutable once read.
struct ClipIndex {
    std::vector<ClipSample> samples;            ///< In decoding order.
    std::vector<std::uint32_t> sample_of_frame; ///< By captured frame; N > 0.
    std::vector<std::uint32_t> sample_of_rank;
    std::vector<base::Nanos> times; ///< N + 1, from 0, never falling.
    base::Rate rate;
    std::int64_t first_timecode = 0;
    bool timed = true;   ///< The container itself has every presentation time.
    bool direct = false; ///< Every sample has an offset.
    std::shared_ptr<const AVCodecParameters> codec;

    [[nodiscard]] base::FrameIndex frameCount() const
    {
        return static_cast<base::FrameIndex>(sample_of_frame.size());
    }
};

/// Samples accepted in one clip: 77 hours at 60 per second, 0.5 GB of index.
inline constexpr std::size_t kMostSamples = std::size_t { 1 } << 24;

/// Time: that of reading the container's index, or the whole file once where there is no complete one. Where
/// it has no presentation times either (B pictures in AVI and MPEG program streams) the whole clip is decoded
/// once: only the decoder knows its order.
/// @return the faults of ClipDemuxer::open(), and Corrupt when there is not one frame, Unsupported above
/// kMostSamples.
base::Result<ClipIndex> readClipIndex(const std::shared_ptr<const ClipFile>& file);

/// An open decoder of a clip's codec with up to four threads of its own. Null and @p error_number when it
/// does not open.
struct CodecFreer {
    void operator()(AVCodecContext* codec) const;
};
using Codec = std::unique_ptr<AVCodecContext, CodecFreer>;
Codec openCodec(const AVCodecParameters& parameters, int& error_number);

/// libav's words for one of its error numbers.
std::string libavWords(int error_number);

} // namespace backtake::playback
