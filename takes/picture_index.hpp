/// picture.index byte by byte, and what its records add up to. For takes/ alone; the format is
/// docs/recording.md.
#pragma once

#include "takes/take_facts.hpp"

#include <array>
#include <limits>
#include <optional>
#include <span>

namespace backtake::takes {

inline constexpr std::size_t kIndexHeaderBytes = 64;
inline constexpr std::size_t kIndexRecordBytes = 64;
/// Above it a size is taken for damage; it bounds what reading one frame can allocate.
inline constexpr std::uint64_t kLargestJpeg = 256ull << 20;
/// A day at 120 per second: bounds what opening an index can allocate (48 bytes each).
inline constexpr base::FrameIndex kMostFrames = 24LL * 3600 * 120;
/// A capture time further from the first one is damage.
inline constexpr base::Nanos kLongestTake = std::chrono::hours(48);
/// Capture times beyond it (73 years of uptime) are damage; it keeps sums of times inside 64 bits.
inline constexpr std::int64_t kLatestCapture = std::int64_t { 1 } << 61;

/// One record of the index, checked for sense but not yet against its picture file.
struct IndexRecord {
    std::uint64_t offset = 0; ///< Of the JPEG in picture.mjpeg; of a lost frame, where it would have been.
    std::uint32_t size = 0;   ///< Bytes of the JPEG; 0 when lost.
    std::uint32_t segment = 0;
    base::Nanos captured_at {};          ///< Monotonic clock of the recording machine.
    std::optional<base::Nanos> duration; ///< Its own, when the source said one.
    std::int64_t timecode = 0;
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    base::Loss loss = base::Loss::None;
    std::uint64_t jpeg_hash = 0; ///< XXH3-64 of the JPEG; 0 when lost.
};

using RecordBytes = std::array<std::byte, kIndexRecordBytes>;
std::array<std::byte, kIndexHeaderBytes> encodeIndexHeader();
/// @return Fault::Corrupt when it is no index, Unsupported when it is of a newer version.
base::Outcome checkIndexHeader(std::span<const std::byte> header);
RecordBytes encodeRecord(const IndexRecord& record);
/// @return nullopt for a record that is damaged or makes no sense.
std::optional<IndexRecord> decodeRecord(std::span<const std::byte, kIndexRecordBytes> bytes);
/// The check sum of all formats here: XXH3-64, seed 0.
std::uint64_t hashOf(std::span<const std::byte> bytes);

/// What the records of a take add up to. Writer and reader feed the same records in captured order and so
/// agree by construction. Room: one thread at a time.
class TakeSum {
public:
    explicit TakeSum(base::Rate rate)
        : frame_time_(rate.frameTime())
    {
    }
    /// The next frame; nullopt for a damaged record. @return its time after frame 0: never falls, never
    /// beyond kLongestTake; a damaged frame and one with an impossible time follow the frame before by the
    /// nominal frame time.
    base::Nanos add(const std::optional<IndexRecord>& record);

    [[nodiscard]] base::FrameIndex frames() const { return frames_; }
    /// T: the last frame's time and its own duration, or else the nominal frame time.
    [[nodiscard]] base::Nanos duration() const;
    /// Monotonic time of frame 0; add a frame's time to get its own.
    [[nodiscard]] base::Nanos firstCapturedAt() const { return first_captured_at_.value_or(base::Nanos {}); }
    /// Fills in frames, duration, segments, gaps, lost and picture_bytes.
    void fillIn(TakeFacts& facts) const;

private:
    base::Nanos frame_time_;
    base::FrameIndex frames_ = 0;
    std::optional<base::Nanos> first_captured_at_;
    base::Nanos last_time_ {};
    std::optional<base::Nanos> last_duration_;
    std::uint64_t picture_bytes_ = 0;
    std::map<std::string, std::int64_t> lost_;
    std::vector<Segment> segments_;
    std::vector<Gap> gaps_;
    std::optional<std::uint32_t> last_run_; ///< The last record's segment: a reconnect makes a new one.
};

} // namespace backtake::takes
