#include "takes/recording_writer.hpp"

#include "base/jpeg.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cmath>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FramePtr;
using base::Loss;

namespace {

/// Sound that cannot be told apart from damage is not written.
base::Outcome checkSound(const SoundFacts& format, std::size_t samples)
{
    if (format.channels < 1 || format.channels > 64 || format.rate_hz < 1000 || format.rate_hz > 768000
        || samples % static_cast<std::size_t>(format.channels) != 0)
        return fail(Fault::Usage,
            fmt::format("sound of {} channels at {} Hz cannot be recorded", format.channels, format.rate_hz));
    return {};
}

/// Start timecodes lie within the day; a caller may count on past midnight.
void wrapTimecode(TakeFacts& facts)
{
    if (const std::int64_t day = facts.timecode.framesPerDay(); day > 0)
        facts.start_timecode = (facts.start_timecode % day + day) % day;
}

} // namespace

struct RecordingWriter::State {
    std::filesystem::path folder;
    TakeFacts facts;
    File pictures;
    File index;
    File sound;
    // Where the good data ends. A failed call may leave bytes behind it: they are written over by the next,
    // and cut off at close.
    std::uint64_t pictures_end = 0;
    std::uint64_t index_end = 0;
    std::uint64_t sound_end = 0;
    bool leftovers = false;
    TakeSum sum { base::Rate {} };
    std::optional<SoundFacts> sound_facts;
    // Kept between calls so that appending allocates nothing once it has run for a while.
    std::vector<iovec> pieces;
    std::vector<IndexRecord> records;
    std::vector<std::byte> record_bytes;

    base::Outcome makeFiles();
    void removeFiles() const;
    void gather(const FramePtr& frame, std::uint64_t& offset);
    base::Outcome startSound(const SoundFacts& format);
    base::Outcome sync() const;
    base::Outcome finishSound();
};

RecordingWriter::RecordingWriter()
    : state_(std::make_unique<State>())
{
}
RecordingWriter::~RecordingWriter() = default;

base::Outcome RecordingWriter::State::makeFiles()
{
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL;
    auto made_pictures = File::open(folder / "picture.mjpeg", kNew, "make");
    if (!made_pictures)
        return fail(made_pictures.error());
    auto made_index = File::open(folder / "picture.index", kNew, "make");
    if (!made_index)
        return fail(made_index.error());
    pictures = std::move(*made_pictures);
    index = std::move(*made_index);
    // Says "still rolling" to recoverTake(). A file system without locks only loses that warning.
    ::flock(index.descriptor(), LOCK_EX | LOCK_NB);
    const auto header = encodeIndexHeader();
    if (const int error_number = index.writeAt(header, 0))
        return fail(errorOf(error_number, "write", folder / "picture.index"));
    index_end = header.size();
    if (::fdatasync(index.descriptor()) != 0)
        return fail(errorOf(errno, "write", folder / "picture.index"));
    // take.json last: a folder that has one has all that a reader opens. It syncs the folder's entries, too.
    if (auto written = writeTakeFacts(folder / "take.json", facts); !written)
        return written;
    const auto media = folder.parent_path();
    if (auto synced = syncFolder(media); !synced)
        return synced;
    return syncFolder(media.parent_path());
}

void RecordingWriter::State::removeFiles() const
{
    std::error_code ignored; // best effort: what stays is an empty take
    for (const char* name : { "take.json", "take.json.new", "picture.index", "picture.mjpeg" })
        std::filesystem::remove(folder / name, ignored);
    std::filesystem::remove(folder, ignored);
}

base::Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(
    const std::filesystem::path& shoot, const TakeFacts& facts)
{
    std::error_code error;
    if (!std::filesystem::is_directory(shoot, error))
        return fail(
            Fault::NotFound, fmt::format("there is no shoot folder {}: make it first", shoot.string()));
    std::unique_ptr<RecordingWriter> writer(new RecordingWriter);
    State& state = *writer->state_;
    state.facts = facts;
    state.facts.closed = false;
    state.facts.recovered = false;
    state.facts.sound.reset();
    wrapTimecode(state.facts);
    TakeSum(facts.timecode.rate).fillIn(state.facts);
    state.sum = TakeSum(facts.timecode.rate);
    const auto media = shoot / "media";
    if (::mkdir(media.c_str(), 0777) != 0 && errno != EEXIST)
        return fail(errorOf(errno, "make", media));
    state.folder = media / folderName(facts.slate);
    if (::mkdir(state.folder.c_str(), 0777) != 0) {
        if (errno == EEXIST)
            return fail(Fault::Exists,
                fmt::format("take {} of camera {} is there already ({}) and was not touched: choose another "
                            "take number",
                    text(facts.slate), facts.slate.camera, state.folder.string()));
        return fail(errorOf(errno, "make", state.folder));
    }
    if (auto made = state.makeFiles(); !made) {
        state.removeFiles();
        return fail(made.error());
    }
    return writer;
}

void RecordingWriter::State::gather(const FramePtr& frame, std::uint64_t& offset)
{
    assert(frame);
    IndexRecord record;
    record.offset = offset;
    record.segment = frame->segment;
    record.captured_at = frame->captured_at;
    record.timecode = facts.start_timecode + sum.frames() + static_cast<base::FrameIndex>(records.size());
    record.loss = frame->loss;
    if (record.loss == Loss::None) {
        record.width = frame->width;
        record.height = frame->height;
        if (record.width == 0 || record.height == 0) {
            if (const auto header = base::readJpegHeader(frame->jpeg)) {
                record.width = static_cast<std::uint16_t>(header->width);
                record.height = static_cast<std::uint16_t>(header->height);
            }
        }
        // What no reader would take for a picture keeps its place as a loss that is counted; it must not stop
        // the take.
        if (frame->jpeg.empty() || frame->jpeg.size() > kLargestJpeg || record.width == 0
            || record.height == 0 || record.width > base::kLargestSide
            || record.height > base::kLargestSide) {
            record.loss = Loss::CameraDamaged;
            record.width = record.height = 0;
        }
    }
    if (record.loss == Loss::None) {
        record.size = static_cast<std::uint32_t>(frame->jpeg.size());
        record.jpeg_hash = hashOf(frame->jpeg);
        offset += record.size;
        pieces.push_back(
            { const_cast<std::byte*>(frame->jpeg.data()), frame->jpeg.size() }); // pwritev only reads
    }
    records.push_back(record);
    const auto bytes = encodeRecord(record);
    record_bytes.insert(record_bytes.end(), bytes.begin(), bytes.end());
}

base::Outcome RecordingWriter::append(std::span<const FramePtr> frames)
{
    State& state = *state_;
    if (state.sum.frames() + static_cast<base::FrameIndex>(frames.size()) > kMostFrames)
        return fail(
            Fault::Failed, "this take has as many frames as one recording can hold: cut, and roll again");
    state.pieces.clear();
    state.records.clear();
    state.record_bytes.clear();
    std::uint64_t offset = state.pictures_end;
    for (const FramePtr& frame : frames)
        state.gather(frame, offset);
    // Pictures first, so that no record ever points at a picture that is not there.
    if (const int error_number = state.pictures.writeAt(state.pieces, state.pictures_end)) {
        state.leftovers = true;
        return fail(errorOf(error_number, "write", state.folder / "picture.mjpeg"));
    }
    if (const int error_number = state.index.writeAt(state.record_bytes, state.index_end)) {
        state.leftovers = true;
        return fail(errorOf(error_number, "write", state.folder / "picture.index"));
    }
    state.pictures_end = offset;
    state.index_end += state.record_bytes.size();
    for (const IndexRecord& record : state.records)
        state.sum.add(record);
    return {};
}

base::Outcome RecordingWriter::State::startSound(const SoundFacts& format)
{
    const auto path = folder / "sound.wav";
    if (!sound.isOpen()) {
        auto made = File::open(path, O_WRONLY | O_CREAT | O_EXCL, "make");
        if (!made)
            return fail(made.error());
        sound = std::move(*made);
    }
    const auto header = soundHeader(format, kUnknownSoundBytes);
    if (const int error_number = sound.writeAt(header, 0))
        return fail(errorOf(error_number, "write", path));
    // Now, so that after a crash it is still known where the sound lies beside the picture.
    facts.sound = format;
    facts.sound->samples = 0;
    if (auto written = writeTakeFacts(folder / "take.json", facts); !written) {
        facts.sound.reset();
        return written;
    }
    sound_end = header.size();
    sound_facts = facts.sound;
    return {};
}

base::Outcome RecordingWriter::appendSound(std::span<const std::int16_t> samples, const SoundFacts& format)
{
    static_assert(
        std::endian::native == std::endian::little, "WAV is little endian, as every machine we run on");
    State& state = *state_;
    const SoundFacts& in_force = state.sound_facts ? *state.sound_facts : format;
    if (auto fits = checkSound(in_force, samples.size()); !fits)
        return fits;
    if (format.rate_hz != in_force.rate_hz || format.channels != in_force.channels)
        return fail(Fault::Usage,
            fmt::format(
                "the sound changed from {} channels at {} Hz to {} at {} Hz in the middle of the take",
                in_force.channels, in_force.rate_hz, format.channels, format.rate_hz));
    if (!state.sound_facts) {
        if (auto started = state.startSound(format); !started)
            return started;
    }
    const auto bytes = std::as_bytes(samples);
    if (const int error_number = state.sound.writeAt(bytes, state.sound_end)) {
        state.leftovers = true;
        return fail(errorOf(error_number, "write", state.folder / "sound.wav"));
    }
    state.sound_end += bytes.size();
    state.sound_facts->samples += static_cast<std::int64_t>(samples.size()) / state.sound_facts->channels;
    return {};
}

base::Outcome RecordingWriter::keepFirst(base::FrameIndex count)
{
    State& state = *state_;
    if (count >= state.sum.frames())
        return {};
    const auto path = state.folder / "picture.index";
    const auto index = File::open(path, O_RDONLY, "read");
    if (!index)
        return fail(index.error());
    TakeSum kept(state.facts.timecode.rate);
    std::uint64_t pictures_end = 0;
    std::uint64_t index_end = kIndexHeaderBytes;
    std::array<std::byte, kIndexRecordBytes> bytes {};
    for (base::FrameIndex n = 0; n < count; ++n, index_end += bytes.size()) {
        const bool whole = index->readAt(bytes, index_end) == static_cast<std::int64_t>(bytes.size());
        const auto record = whole ? decodeRecord(bytes) : std::nullopt;
        if (!record)
            return fail(Fault::Corrupt,
                fmt::format("{} cannot be read back: the take keeps all frames", path.string()));
        kept.add(*record);
        pictures_end = record->offset + record->size;
    }
    state.sum = kept;
    state.pictures_end = pictures_end;
    state.index_end = index_end;
    state.leftovers = true;
    if (state.sound_facts) {
        SoundFacts& sound = *state.sound_facts;
        TakeFacts facts;
        kept.fillIn(facts);
        const double seconds =
            std::chrono::duration<double>(facts.duration - sound.starts_after_picture).count();
        sound.samples = std::clamp<std::int64_t>(std::llround(seconds * sound.rate_hz), 0, sound.samples);
        state.sound_end = kSoundHeaderBytes
            + static_cast<std::uint64_t>(sound.samples) * static_cast<std::uint64_t>(sound.channels) * 2;
    }
    return {};
}

base::Outcome RecordingWriter::State::sync() const
{
    // Pictures before their records: should the power fail in between, the index is the one that lacks
    // something.
    for (const auto& [file, name] :
        { std::pair { &pictures, "picture.mjpeg" }, { &index, "picture.index" }, { &sound, "sound.wav" } }) {
        if (file->isOpen() && ::fdatasync(file->descriptor()) != 0)
            return fail(errorOf(errno, "write", folder / name));
    }
    return {};
}

base::Outcome RecordingWriter::sync() { return state_->sync(); }

base::Outcome RecordingWriter::State::finishSound()
{
    if (!sound_facts)
        return {};
    const auto header = soundHeader(*sound_facts, sound_end - kSoundHeaderBytes);
    if (const int error_number = sound.writeAt(header, 0))
        return fail(errorOf(error_number, "write", folder / "sound.wav"));
    return {};
}

base::Result<TakeFacts> RecordingWriter::close(TakeFacts facts)
{
    State& state = *state_;
    if (state.leftovers) {
        // Of a failed append that was not repeated. Cutting it off also gives a full disk the room that
        // take.json needs. Should it fail, readers go by take.json's count of frames.
        for (const auto& [file, end] : { std::pair { &state.pictures, state.pictures_end },
                 { &state.index, state.index_end }, { &state.sound, state.sound_end } }) {
            [[maybe_unused]] const bool cut =
                file->isOpen() && ::ftruncate(file->descriptor(), static_cast<off_t>(end)) == 0;
        }
        state.leftovers = false;
    }
    if (auto finished = state.finishSound(); !finished)
        return fail(finished.error());
    if (auto synced = state.sync(); !synced)
        return fail(synced.error());
    state.sum.fillIn(facts);
    // The records carry these already.
    facts.timecode = state.facts.timecode;
    facts.start_timecode = state.facts.start_timecode;
    facts.preroll_frames = std::clamp<base::FrameIndex>(facts.preroll_frames, 0, facts.frames);
    facts.sound = state.sound_facts;
    facts.closed = true;
    if (auto written = writeTakeFacts(state.folder / "take.json", facts); !written)
        return fail(written.error());
    state.facts = facts;
    return facts;
}

const std::filesystem::path& RecordingWriter::folder() const { return state_->folder; }
base::FrameIndex RecordingWriter::frames() const { return state_->sum.frames(); }
std::uint64_t RecordingWriter::bytes() const { return state_->pictures_end; }

} // namespace backtake::takes
