#include "takes/recording_part.hpp"

#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Loss;

namespace {

/// The kernel takes no more of one wish than its own read-ahead has room for, 128 KiB as it comes.
constexpr std::uint64_t kWishBytes = 128 << 10;
/// Fetched ahead at one time, at most: a third of a second of 4K at 60 per second.
constexpr std::uint64_t kMostAheadBytes = 32 << 20;

/// A frame and its bytes, freed together.
struct ReadFrame {
    base::Frame frame;
    std::unique_ptr<std::byte[]> bytes;
};

} // namespace

void askAhead(const File& file, std::uint64_t offset, std::uint64_t bytes)
{
    for (const std::uint64_t end = offset + bytes; offset < end; offset += kWishBytes)
        ::posix_fadvise(file.descriptor(), static_cast<off_t>(offset),
            static_cast<off_t>(std::min(kWishBytes, end - offset)), POSIX_FADV_WILLNEED);
}

base::Result<std::unique_ptr<RecordingPart>> RecordingPart::open(
    const std::filesystem::path& folder, TakeFacts claimed)
{
    std::unique_ptr<RecordingPart> part(new RecordingPart);
    part->folder_ = folder;
    part->claimed_ = std::move(claimed);
    if (auto opened = part->openFiles(); !opened)
        return fail(opened.error());
    return part;
}

base::Outcome RecordingPart::openFiles()
{
    auto index = File::open(folder_ / "picture.index", O_RDONLY, "read");
    if (!index)
        return fail(index.error());
    const std::uint64_t index_bytes = index->size();
    // Asked after the index's size: of a growing take the pictures are then never behind the records.
    auto pictures = File::open(folder_ / "picture.mjpeg", O_RDONLY, "read");
    if (!pictures)
        return fail(pictures.error());
    pictures_ = std::move(*pictures);
    picture_bytes_ = pictures_.size();
    // The kernel's own read-ahead fetches what lies behind a picture; played backwards, that was shown
    // already.
    ::posix_fadvise(pictures_.descriptor(), 0, 0, POSIX_FADV_RANDOM);
    ::posix_fadvise(index->descriptor(), 0, 0, POSIX_FADV_RANDOM);

    std::array<std::byte, kIndexHeaderBytes> header {};
    const std::int64_t got = index->readAt(header, 0);
    if (got < 0)
        return fail(errorOf(static_cast<int>(-got), "read", folder_ / "picture.index"));
    if (auto good = checkIndexHeader(std::span(header).first(static_cast<std::size_t>(got))); !good)
        return fail(good.error().fault, fmt::format("{}: {}", folder_.string(), good.error().message));

    const std::uint64_t record_bytes = index_bytes - std::min<std::uint64_t>(index_bytes, kIndexHeaderBytes);
    records_ = static_cast<FrameIndex>(record_bytes / kIndexRecordBytes);
    stray_bytes_ = record_bytes % kIndexRecordBytes;
    index_ = std::make_unique<IndexPages>(std::move(*index));
    // Of a closed take its own count rules: a failed append that could not be cut off may have left more.
    frames_ = claimed_.closed ? std::min(records_, claimed_.frames) : records_;
    if (frames_ > kMostFrames)
        return fail(Fault::Corrupt,
            fmt::format(
                "{}: picture.index claims {} frames, more than any take has", folder_.string(), frames_));
    if (!claimed_.closed)
        frames_ = withoutDamagedEnd(frames_);
    return {};
}

/// Of a take that was cut off, damage at the very end was never a frame. Costs as much as there is of it.
FrameIndex RecordingPart::withoutDamagedEnd(FrameIndex records) const
{
    if (records > 0 && record(records - 1))
        return records;
    IndexChunks chunks(index_->file());
    while (records > 0 && !within(chunks.record(records - 1)))
        --records;
    return records;
}

/// A record that points outside the picture file is damaged.
std::optional<IndexRecord> RecordingPart::within(std::optional<IndexRecord> record) const
{
    if (record && record->loss == Loss::None
        && (record->offset > picture_bytes_ || record->size > picture_bytes_ - record->offset))
        record.reset();
    return record;
}

std::optional<IndexRecord> RecordingPart::record(FrameIndex n) const { return within(index_->record(n)); }

base::Result<base::FramePtr> RecordingPart::read(
    const IndexRecord& record, FrameIndex name, base::Nanos captured_at) const
{
    auto read = std::make_shared<ReadFrame>();
    read->bytes = std::make_unique_for_overwrite<std::byte[]>(record.size);
    const std::span bytes(read->bytes.get(), record.size);
    const std::int64_t got = pictures_.readAt(bytes, record.offset);
    if (got < 0)
        return fail(Fault::Corrupt, fmt::format("frame {} cannot be read from {}", name, folder_.string()),
            std::strerror(static_cast<int>(-got)));
    if (static_cast<std::size_t>(got) != bytes.size() || hashOf(bytes) != record.jpeg_hash)
        return fail(Fault::Corrupt,
            fmt::format("frame {} is damaged: its picture does not match its check sum", name));
    base::Frame& frame = read->frame;
    frame.serial = static_cast<base::Serial>(name);
    frame.captured_at = captured_at;
    frame.segment = record.segment;
    frame.width = record.width;
    frame.height = record.height;
    frame.jpeg = bytes;
    return base::FramePtr(read, &read->frame);
}

void RecordingPart::expect(std::span<const FrameIndex> frames) const
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges; // begin and end
    std::uint64_t bytes = 0;
    for (const FrameIndex n : frames) {
        const auto wanted = record(n);
        if (!wanted || wanted->loss != Loss::None)
            continue;
        bytes += wanted->size;
        if (bytes > kMostAheadBytes)
            break;
        ranges.emplace_back(wanted->offset, wanted->offset + wanted->size);
    }
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 0; i < ranges.size();) { // neighbours are fetched as one
        auto [begin, end] = ranges[i];
        for (++i; i < ranges.size() && ranges[i].first <= end; ++i)
            end = std::max(end, ranges[i].second);
        askAhead(pictures_, begin, end - begin);
    }
}

bool RecordingPart::pass(const std::function<bool(FrameIndex, const std::optional<IndexRecord>&)>& each) const
{
    IndexChunks chunks(index_->file());
    for (FrameIndex n = 0; n < frames_; ++n) {
        if (n % IndexChunks::kRecords == 0) // the next chunk comes while this one is looked at
            askAhead(index_->file(),
                kIndexHeaderBytes + static_cast<std::uint64_t>(n) * kIndexRecordBytes + IndexChunks::kBytes,
                IndexChunks::kBytes);
        if (!each(n, within(chunks.record(n))))
            return false;
    }
    return true;
}

std::vector<std::string> RecordingPart::disagreements(const TakeSum& sum) const
{
    std::vector<std::string> lines;
    if (!claimed_.closed) {
        lines.emplace_back(
            "the take was not closed (a crash or power cut while rolling, or it is rolling now)");
        return lines;
    }
    if (claimed_.frames > records_)
        lines.push_back(
            fmt::format("picture.index is cut short: {} of {} frames are in it", records_, claimed_.frames));
    if (claimed_.frames < records_ || stray_bytes_ != 0)
        lines.push_back(
            fmt::format("picture.index is longer than the take: {} records and {} bytes for {} frames",
                records_, stray_bytes_, claimed_.frames));
    TakeFacts summed;
    sum.fillIn(summed);
    if (summed.frames == claimed_.frames && summed.duration != claimed_.duration)
        lines.push_back(fmt::format(
            "take.json says {} ns, the index {} ns", claimed_.duration.count(), summed.duration.count()));
    if (summed.frames == claimed_.frames
        && (summed.lost != claimed_.lost || summed.segments != claimed_.segments))
        lines.emplace_back("take.json and the index do not agree on lost frames or formats");
    if (claimed_.sound) {
        const auto sound = readSoundFacts(folder_ / "sound.wav");
        if (!sound)
            lines.emplace_back("sound.wav is missing or damaged");
        else if (sound->samples != claimed_.sound->samples)
            lines.push_back(
                fmt::format("sound.wav has {} samples of {}", sound->samples, claimed_.sound->samples));
    }
    return lines;
}

} // namespace backtake::takes
