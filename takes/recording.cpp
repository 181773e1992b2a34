#include "takes/recording.hpp"

#include "base/jpeg.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cassert>
#include <cerrno>
#include <cstring>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Loss;
using base::Nanos;

namespace {

enum class Trust : std::uint8_t { Damaged = 1, Usable };

/// What is kept of a record: 48 bytes for each frame of the take.
struct Entry {
    std::uint64_t offset = 0;
    std::uint64_t jpeg_hash = 0;
    Nanos time {}; ///< After frame 0; never falls.
    std::int64_t timecode = 0;
    std::uint32_t size = 0;
    std::uint32_t segment = 0;
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    Loss loss = Loss::None;
    Trust trust = Trust::Damaged;
};
static_assert(sizeof(Entry) <= 48, "kMostFrames bounds memory by this size");

/// A frame and its bytes in one allocation each, freed together.
struct ReadFrame {
    base::Frame frame;
    std::unique_ptr<std::byte[]> bytes;
};

constexpr std::size_t kMostTroubles = 1000;

} // namespace

struct Recording::State {
    std::filesystem::path folder;
    TakeFacts facts;
    TakeFacts claimed;             ///< As take.json has them.
    FrameIndex records = 0;        ///< Whole records in the index file.
    std::uint64_t stray_bytes = 0; ///< Behind the last whole record.
    File pictures;
    std::uint64_t picture_file_bytes = 0;
    std::vector<Entry> entries;
    TakeSum sum { base::Rate {} };

    base::Outcome readIndex();
    void add(const std::optional<IndexRecord>& record);
    base::Result<base::FramePtr> read(FrameIndex n) const;
    void compare(Report& report) const;
};

Recording::Recording()
    : state_(std::make_unique<State>())
{
}
Recording::~Recording() = default;

base::Result<std::shared_ptr<const Recording>> Recording::open(const std::filesystem::path& folder)
{
    auto facts = readTakeFacts(folder / "take.json");
    if (!facts && facts.error().fault == Fault::NotFound)
        return fail(
            Fault::NotFound, fmt::format("{} is no take: there is no take.json in it", folder.string()));
    if (!facts)
        return fail(facts.error());
    std::shared_ptr<Recording> recording(new Recording);
    State& state = *recording->state_;
    state.folder = folder;
    state.claimed = *facts;
    state.facts = std::move(*facts);
    state.sum = TakeSum(state.facts.timecode.rate);
    if (auto read = state.readIndex(); !read)
        return fail(read.error());
    if (state.entries.empty())
        return fail(Fault::Corrupt, fmt::format("the take in {} has no frame", folder.string()));
    state.sum.fillIn(state.facts);
    if (!state.facts.closed)
        state.facts.sound = readSoundFacts(folder / "sound.wav");
    if (state.facts.sound && state.claimed.sound)
        state.facts.sound->starts_after_picture = state.claimed.sound->starts_after_picture;
    return recording;
}

base::Outcome Recording::State::readIndex()
{
    const auto index = File::open(folder / "picture.index", O_RDONLY, "read");
    if (!index)
        return fail(index.error());
    const std::uint64_t index_bytes = index->size();
    // Asked after the index's size: of a growing take the pictures are then never behind the records.
    auto opened = File::open(folder / "picture.mjpeg", O_RDONLY, "read");
    if (!opened)
        return fail(opened.error());
    pictures = std::move(*opened);
    picture_file_bytes = pictures.size();

    std::vector<std::byte> chunk(kIndexRecordBytes * 1024);
    const auto readOrFail = [&](std::size_t bytes, std::uint64_t offset) -> base::Result<std::size_t> {
        const std::int64_t got = index->readAt(std::span(chunk).first(bytes), offset);
        if (got < 0)
            return fail(errorOf(static_cast<int>(-got), "read", folder / "picture.index"));
        return static_cast<std::size_t>(got);
    };
    const auto header = readOrFail(kIndexHeaderBytes, 0);
    if (!header)
        return fail(header.error());
    if (auto checked = checkIndexHeader(std::span(chunk).first(*header)); !checked)
        return fail(checked.error().fault, fmt::format("{}: {}", folder.string(), checked.error().message));

    const std::uint64_t record_bytes = index_bytes - std::min<std::uint64_t>(index_bytes, kIndexHeaderBytes);
    records = static_cast<FrameIndex>(record_bytes / kIndexRecordBytes);
    stray_bytes = record_bytes % kIndexRecordBytes;
    // Of a closed take its own count rules: a failed append that could not be cut off may have left more.
    const FrameIndex wanted = claimed.closed ? std::min(records, claimed.frames) : records;
    if (wanted > kMostFrames)
        return fail(Fault::Corrupt,
            fmt::format(
                "{}: picture.index claims {} frames, more than any take has", folder.string(), wanted));
    if (claimed.closed)
        entries.reserve(static_cast<std::size_t>(wanted));
    FrameIndex damaged =
        0; // not added yet: of a take that was cut off, damage at the very end was never a frame
    for (FrameIndex n = 0; n < wanted;) {
        const auto count = std::min<FrameIndex>(wanted - n, 1024);
        const auto got = readOrFail(static_cast<std::size_t>(count) * kIndexRecordBytes,
            kIndexHeaderBytes + static_cast<std::uint64_t>(n) * kIndexRecordBytes);
        if (!got)
            return fail(got.error());
        const auto whole = static_cast<FrameIndex>(*got / kIndexRecordBytes);
        for (FrameIndex i = 0; i < whole; ++i) {
            const auto bytes = std::span(chunk)
                                   .subspan(static_cast<std::size_t>(i) * kIndexRecordBytes)
                                   .first<kIndexRecordBytes>();
            auto record = decodeRecord(bytes);
            if (record && record->loss == Loss::None
                && (record->offset > picture_file_bytes
                    || record->size > picture_file_bytes - record->offset))
                record.reset();
            if (!record && !claimed.closed) {
                ++damaged;
                continue;
            }
            for (; damaged > 0; --damaged)
                add(std::nullopt);
            add(record);
        }
        if (whole < count)
            break; // cut short since its size was asked
        n += count;
    }
    return {};
}

void Recording::State::add(const std::optional<IndexRecord>& record)
{
    const auto n = static_cast<FrameIndex>(entries.size());
    Entry entry;
    entry.time = sum.add(record);
    entry.timecode = claimed.start_timecode + n;
    if (record) {
        entry.trust = Trust::Usable;
        entry.offset = record->offset;
        entry.jpeg_hash = record->jpeg_hash;
        entry.size = record->size;
        entry.segment = record->segment;
        entry.width = record->width;
        entry.height = record->height;
        entry.loss = record->loss;
        // A number no counter reaches is damage, and would overflow whoever adds to it.
        if (std::abs(record->timecode / 2) < std::int64_t { 1 } << 52)
            entry.timecode = record->timecode;
    }
    entries.push_back(entry);
}

base::FrameIndex Recording::frameCount() const { return static_cast<FrameIndex>(state_->entries.size()); }

base::Nanos Recording::capturedTime(FrameIndex n) const
{
    assert(n >= 0 && n <= frameCount());
    return n < frameCount() ? state_->entries[static_cast<std::size_t>(n)].time : state_->sum.duration();
}

std::int64_t Recording::timecode(FrameIndex n) const
{
    assert(n >= 0 && n < frameCount());
    return state_->entries[static_cast<std::size_t>(n)].timecode;
}

base::Rate Recording::nominalRate() const { return state_->facts.timecode.rate; }
const TakeFacts& Recording::facts() const { return state_->facts; }
const std::filesystem::path& Recording::folder() const { return state_->folder; }

base::Result<base::FramePtr> Recording::frame(FrameIndex n) const
{
    if (n < 0 || n >= frameCount())
        return fail(Fault::NotFound, fmt::format("the take has no frame {}", n));
    return state_->read(n);
}

base::Result<base::FramePtr> Recording::State::read(FrameIndex n) const
{
    const Entry& entry = entries[static_cast<std::size_t>(n)];
    if (entry.trust != Trust::Usable)
        return fail(Fault::Corrupt, fmt::format("frame {} is damaged: its record in the index is", n));
    if (entry.loss != Loss::None)
        return fail(
            Fault::Corrupt, fmt::format("frame {} was lost while recording ({})", n, nameOf(entry.loss)));
    auto read = std::make_shared<ReadFrame>();
    read->bytes = std::make_unique_for_overwrite<std::byte[]>(entry.size);
    const std::span bytes(read->bytes.get(), entry.size);
    const std::int64_t got = pictures.readAt(bytes, entry.offset);
    if (got < 0)
        return fail(Fault::Corrupt, fmt::format("frame {} cannot be read from {}", n, folder.string()),
            std::strerror(static_cast<int>(-got)));
    if (static_cast<std::size_t>(got) != bytes.size() || hashOf(bytes) != entry.jpeg_hash)
        return fail(
            Fault::Corrupt, fmt::format("frame {} is damaged: its picture does not match its check sum", n));
    base::Frame& frame = read->frame;
    frame.serial = static_cast<base::Serial>(n);
    frame.captured_at = sum.firstCapturedAt() + entry.time;
    frame.segment = entry.segment;
    frame.width = entry.width;
    frame.height = entry.height;
    frame.jpeg = bytes;
    return base::FramePtr(read, &read->frame);
}

void Recording::State::compare(Report& report) const
{
    const auto trouble = [&report](std::string line) { report.troubles.push_back(std::move(line)); };
    if (!claimed.closed)
        return trouble("the take was not closed (a crash or power cut while rolling, or it is rolling now)");
    if (claimed.frames > records)
        trouble(
            fmt::format("picture.index is cut short: {} of {} frames are in it", records, claimed.frames));
    if (claimed.frames < records || stray_bytes != 0)
        trouble(fmt::format("picture.index is longer than the take: {} records and {} bytes for {} frames",
            records, stray_bytes, claimed.frames));
    if (facts.frames == claimed.frames && facts.duration != claimed.duration)
        trouble(fmt::format(
            "take.json says {} ns, the index {} ns", claimed.duration.count(), facts.duration.count()));
    if (facts.frames == claimed.frames && (facts.lost != claimed.lost || facts.segments != claimed.segments))
        trouble("take.json and the index do not agree on lost frames or formats");
    if (claimed.sound) {
        const auto sound = readSoundFacts(folder / "sound.wav");
        if (!sound)
            trouble("sound.wav is missing or damaged");
        else if (sound->samples != claimed.sound->samples)
            trouble(fmt::format("sound.wav has {} samples of {}", sound->samples, claimed.sound->samples));
    }
}

base::Result<Recording::Report> Recording::verify(const std::function<bool(double)>& progress) const
{
    Report report;
    report.frames = frameCount();
    state_->compare(report);
    std::uint64_t pictures_end = 0; // of the frames before: append only means that offsets never go back
    for (FrameIndex n = 0; n < frameCount(); ++n) {
        if (progress && !progress(static_cast<double>(n) / static_cast<double>(frameCount())))
            return fail(Fault::Cancelled, "the check was stopped");
        const Entry& entry = state_->entries[static_cast<std::size_t>(n)];
        if (entry.trust == Trust::Usable && entry.loss != Loss::None) {
            ++report.lost;
            continue;
        }
        std::string wrong;
        if (const auto read = state_->read(n); !read) {
            wrong = read.error().message;
        } else if (entry.offset < pictures_end) {
            wrong = fmt::format("frame {} is damaged: its picture overlaps the one before", n);
        } else if (const auto header = base::readJpegHeader((*read)->jpeg); !header) {
            wrong = fmt::format("frame {} is damaged: {}", n, header.error().message);
        } else if (header->width != entry.width || header->height != entry.height) {
            wrong = fmt::format("frame {} is damaged: the index says {}x{}, its picture {}x{}", n,
                entry.width, entry.height, header->width, header->height);
        }
        if (wrong.empty()) {
            pictures_end = entry.offset + entry.size;
            continue;
        }
        report.damaged.push_back(n);
        if (report.troubles.size() < kMostTroubles)
            report.troubles.push_back(std::move(wrong));
    }
    if (progress)
        progress(1);
    return report;
}

} // namespace backtake::takes
