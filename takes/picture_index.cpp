#include "takes/picture_index.hpp"

#include "base/picture.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::Loss;
using base::Nanos;

namespace {

/// A camera that stays away this long without a new connection was away all the same.
constexpr Nanos kSilence = std::chrono::milliseconds(500);
constexpr std::string_view kMagic = "BTKINDEX";
constexpr std::size_t kHashAt = 56; ///< The last 8 bytes of header and record: the check sum of all before.

template <typename T> void put(std::span<std::byte> bytes, std::size_t at, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes[at + i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <typename T> T get(std::span<const std::byte> bytes, std::size_t at)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
    return static_cast<T>(value);
}

} // namespace

std::uint64_t hashOf(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::array<std::byte, kIndexHeaderBytes> encodeIndexHeader()
{
    std::array<std::byte, kIndexHeaderBytes> bytes {};
    std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
    put<std::uint32_t>(bytes, 8, kRecordingVersion);
    put<std::uint32_t>(bytes, 12, kIndexHeaderBytes);
    put<std::uint32_t>(bytes, 16, kIndexRecordBytes);
    put(bytes, kHashAt, hashOf(std::span(bytes).first(kHashAt)));
    return bytes;
}

base::Outcome checkIndexHeader(std::span<const std::byte> header)
{
    if (header.size() < kIndexHeaderBytes || std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
        return fail(Fault::Corrupt, "picture.index is none: it does not begin as one");
    // The version comes before the check sum: a newer version may well check itself in another way.
    const auto version = get<std::uint32_t>(header, 8);
    if (version > kRecordingVersion)
        return fail(Fault::Unsupported,
            fmt::format("picture.index is of version {}, this Backtake knows up to {}: open it with the "
                        "newer Backtake",
                version, kRecordingVersion));
    if (version < 1 || get<std::uint32_t>(header, 12) != kIndexHeaderBytes
        || get<std::uint32_t>(header, 16) != kIndexRecordBytes
        || get<std::uint64_t>(header, kHashAt) != hashOf(header.first(kHashAt)))
        return fail(Fault::Corrupt, "picture.index is damaged: its header does not match its check sum");
    return {};
}

RecordBytes encodeRecord(const IndexRecord& record)
{
    RecordBytes bytes {};
    put(bytes, 0, record.offset);
    put(bytes, 8, record.size);
    put(bytes, 12, record.segment);
    put(bytes, 16, record.captured_at.count());
    put(bytes, 24, record.duration ? record.duration->count() : std::int64_t { 0 });
    put(bytes, 32, record.timecode);
    put(bytes, 40, record.width);
    put(bytes, 42, record.height);
    put(bytes, 44, static_cast<std::uint8_t>(record.loss));
    put(bytes, 48, record.jpeg_hash);
    put(bytes, kHashAt, hashOf(std::span(bytes).first(kHashAt)));
    return bytes;
}

std::optional<IndexRecord> decodeRecord(std::span<const std::byte, kIndexRecordBytes> bytes)
{
    if (get<std::uint64_t>(bytes, kHashAt) != hashOf(bytes.first(kHashAt)))
        return std::nullopt;
    IndexRecord record;
    record.offset = get<std::uint64_t>(bytes, 0);
    record.size = get<std::uint32_t>(bytes, 8);
    record.segment = get<std::uint32_t>(bytes, 12);
    record.captured_at = Nanos(get<std::int64_t>(bytes, 16));
    if (const auto duration = Nanos(get<std::int64_t>(bytes, 24));
        duration > Nanos(0) && duration <= kLongestTake)
        record.duration = duration;
    record.timecode = get<std::int64_t>(bytes, 32);
    record.width = get<std::uint16_t>(bytes, 40);
    record.height = get<std::uint16_t>(bytes, 42);
    const auto loss = get<std::uint8_t>(bytes, 44);
    record.jpeg_hash = get<std::uint64_t>(bytes, 48);
    if (loss > static_cast<std::uint8_t>(Loss::CameraDamaged))
        return std::nullopt;
    record.loss = static_cast<Loss>(loss);
    if (record.loss != Loss::None)
        return record.size == 0 ? std::optional(record) : std::nullopt;
    if (record.size == 0 || record.size > kLargestJpeg || record.width == 0 || record.height == 0
        || record.width > base::kLargestSide || record.height > base::kLargestSide
        || record.offset > std::numeric_limits<std::int64_t>::max() - kLargestJpeg)
        return std::nullopt;
    return record;
}

Nanos TakeSum::add(const std::optional<IndexRecord>& record)
{
    const Nanos expected = frames_ == 0 ? Nanos(0) : std::min(last_time_ + frame_time_, kLongestTake);
    Nanos time = expected;
    if (record && record->captured_at.count() > -kLatestCapture
        && record->captured_at.count() < kLatestCapture) {
        if (!first_captured_at_) // the frames before it, if any, were damaged: count back by the nominal
                                 // frame time
            first_captured_at_ = record->captured_at - expected;
        const Nanos since_first = record->captured_at - *first_captured_at_;
        if (since_first >= Nanos(0) && since_first <= kLongestTake)
            time = std::max(last_time_, since_first);
        else if (since_first < Nanos(0))
            time = last_time_;
    }
    if (record) {
        const Nanos hole = time - expected;
        const bool came_back = last_run_ && *last_run_ != record->segment;
        if (frames_ > 0 && hole > (came_back ? 2 * frame_time_ : kSilence) && gaps_.size() < kMostGaps)
            gaps_.push_back({ frames_, hole });
        last_run_ = record->segment;
    }
    last_time_ = time;
    last_duration_ = record ? record->duration : std::nullopt;
    if (record && record->loss != Loss::None)
        ++lost_[std::string(nameOf(record->loss))];
    if (record && record->loss == Loss::None) {
        picture_bytes_ += record->size;
        const bool same = !segments_.empty() && segments_.back().width == record->width
            && segments_.back().height == record->height;
        if (!same) // what was lost before the first picture belongs to the first segment
            segments_.push_back({ segments_.empty() ? 0 : frames_, record->width, record->height });
    }
    ++frames_;
    return time;
}

Nanos TakeSum::duration() const
{
    return frames_ == 0 ? Nanos(0) : last_time_ + last_duration_.value_or(frame_time_);
}

void TakeSum::fillIn(TakeFacts& facts) const
{
    facts.frames = frames_;
    facts.duration = duration();
    facts.segments = segments_;
    facts.gaps = gaps_;
    facts.lost = lost_;
    facts.picture_bytes = picture_bytes_;
}

} // namespace backtake::takes
