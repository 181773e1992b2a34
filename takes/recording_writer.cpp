#include "takes/recording_writer.hpp"

#include "base/jpeg.hpp"
#include "base/time.hpp"
#include "takes/files.hpp"
#include "takes/index_pages.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <tuple>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FramePtr;
using base::Loss;

namespace {

/// Sound that cannot be told apart from damage is not written.
base::Outcome checkSound(const SoundFacts& format, std::size_t bytes)
{
    if (format.channels < 1 || format.channels > 64 || format.rate_hz < 1000 || format.rate_hz > 768000
        || (format.bits != 16 && format.bits != 24) || bytes % format.frameBytes() != 0)
        return fail(Fault::Usage,
            fmt::format("sound of {} channels with {} bits at {} Hz cannot be recorded", format.channels,
                format.bits, format.rate_hz));
    return {};
}

/// Room for a take.json with a thousand gaps or segments.
constexpr std::uint64_t kReservedFacts = 64 << 10;
/// Taken for the index at once: a minute at 60 per second.
constexpr std::uint64_t kIndexRoom = 256 << 10;

/// Start timecodes lie within the day; a caller may count on past midnight.
void wrapTimecode(TakeFacts& facts)
{
    if (const std::int64_t day = facts.timecode.framesPerDay(); day > 0)
        facts.start_timecode = (facts.start_timecode % day + day) % day;
}

} // namespace

std::string drawTakeId()
{
    std::array<std::uint8_t, 16> bytes {};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        // No kernel that runs us says so; a clock still tells takes apart.
        const auto now = base::wallClockNow().count();
        std::memcpy(bytes.data(), &now, sizeof now);
    }
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

struct RecordingWriter::State {
    /// Where the good data ends.
    struct Ends {
        std::uint64_t pictures = 0;
        std::uint64_t index = 0;
        std::uint64_t sound = 0;
        TakeSum sum { base::Rate {} };
        base::Nanos last_captured_at = base::Nanos::min();
    };

    Disk* disk = nullptr;
    std::filesystem::path folder;
    TakeFacts facts;
    File pictures;
    File index;
    File sound;
    File reserved; ///< take.json.new: room for the take.json that ends the recording.
    Ends now;      ///< What lies behind is of a failed call: it is written over, or cut off at close.
    Ends synced;   ///< As of the last good sync.
    bool leftovers = false;
    std::uint64_t index_room = 0; ///< Bytes of picture.index that have their room on disk for certain.
    std::optional<SoundFacts> sound_facts;
    // Kept between calls so that appending allocates nothing once it has run for a while.
    std::vector<iovec> pieces;
    std::vector<IndexRecord> records;
    std::vector<std::byte> record_bytes;

    base::Outcome makeFiles();
    void removeFiles() const;
    base::Outcome reserve();
    base::Outcome putFacts(const TakeFacts& to_write);
    void gather(const base::Frame& frame, std::optional<std::int64_t> timecode, std::uint64_t& offset,
        base::Nanos& captured_at);
    void keep(std::size_t count);
    base::Outcome startSound(const SoundFacts& format);
    void cutSound();
    base::Outcome sync();
    base::Outcome finishSound();
    void cutOff();
};

RecordingWriter::RecordingWriter()
    : state_(std::make_unique<State>())
{
}

RecordingWriter::~RecordingWriter()
{
    State& state = *state_;
    if (!state.facts.closed || !state.reserved.isOpen())
        return;
    state.reserved = File();
    state.disk->remove(state.folder / "take.json.new");
}

/// Makes take.json.new with room for any take.json of a usual take. @return OutOfSpace and the like.
base::Outcome RecordingWriter::State::reserve()
{
    const auto path = folder / "take.json.new";
    auto opened = File::open(path, O_WRONLY | O_CREAT, "write", *disk);
    if (!opened)
        return fail(opened.error());
    int error_number = opened->allocate(kReservedFacts);
    if (error_number == EOPNOTSUPP || error_number == ENOSYS)
        error_number = opened->writeAt(std::vector<std::byte>(kReservedFacts, std::byte { '\n' }), 0);
    if (error_number != 0)
        return fail(errorOf(error_number, "write", path));
    reserved = std::move(*opened);
    return {};
}

/// Puts @p to_write into take.json, into the room kept for it, and takes room for the next one.
base::Outcome RecordingWriter::State::putFacts(const TakeFacts& to_write)
{
    const auto take_json = folder / "take.json";
    auto written = writeTakeFacts(take_json, to_write, *disk, reserved.isOpen() ? &reserved : nullptr);
    reserved = File();
    // Of a take that is over only the first of several parts may have to be written again.
    // Should there be no room for it now, writing it says so later.
    if (!written || !to_write.closed || !to_write.parts.empty())
        std::ignore = reserve();
    return written;
}

base::Outcome RecordingWriter::State::makeFiles()
{
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL;
    auto made_pictures = File::open(folder / "picture.mjpeg", kNew, "make", *disk);
    if (!made_pictures)
        return fail(made_pictures.error());
    auto made_index = File::open(folder / "picture.index", kNew, "make", *disk);
    if (!made_index)
        return fail(made_index.error());
    pictures = std::move(*made_pictures);
    index = std::move(*made_index);
    // Says "still rolling" to recoverTake(). A file system without locks only loses that warning.
    ::flock(index.descriptor(), LOCK_EX | LOCK_NB);
    const auto header = encodeIndexHeader();
    if (const int error_number = index.writeAt(header, 0))
        return fail(errorOf(error_number, "write", folder / "picture.index"));
    now.index = header.size();
    if (const int error_number = index.sync())
        return fail(errorOf(error_number, "write", folder / "picture.index"));
    synced = now;
    // take.json last: a folder that has one has all that a reader opens. It syncs the folder's entries, too.
    if (auto written = writeTakeFacts(folder / "take.json", facts, *disk); !written)
        return written;
    if (auto room = reserve(); !room)
        return room;
    const auto media = folder.parent_path();
    if (auto entries = syncFolder(media, *disk); !entries)
        return entries;
    return syncFolder(media.parent_path(), *disk);
}

void RecordingWriter::State::removeFiles() const
{
    // Best effort: what stays is an empty take.
    for (const char* name : { "take.json", "take.json.new", "picture.index", "picture.mjpeg", "sound.wav" })
        disk->remove(folder / name);
    disk->remove(folder);
}

base::Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(
    const std::filesystem::path& shoot, const TakeFacts& facts, Disk& disk)
{
    std::error_code error;
    if (!std::filesystem::is_directory(shoot, error))
        return fail(
            Fault::NotFound, fmt::format("there is no shoot folder {}: make it first", shoot.string()));
    std::unique_ptr<RecordingWriter> writer(new RecordingWriter);
    State& state = *writer->state_;
    state.disk = &disk;
    state.facts = facts;
    state.facts.closed = false;
    state.facts.recovered = false;
    state.facts.sound.reset();
    if (state.facts.id.empty())
        state.facts.id = drawTakeId();
    wrapTimecode(state.facts);
    state.now.sum = TakeSum(facts.timecode.rate);
    state.now.sum.fillIn(state.facts);
    const auto media = shoot / "media";
    if (const int made = disk.makeFolder(media); made < 0 && made != -EEXIST)
        return fail(errorOf(-made, "make", media));
    const std::string name = folderName(facts.slate);
    state.folder = media / name;
    if (facts.continues)
        state.folder = media / fmt::format("{}.part{}", name, facts.continues->number);
    int made = disk.makeFolder(state.folder);
    if (made == -EEXIST && facts.continues) { // of another shoot that goes on on the same disk
        state.folder += "-" + state.facts.id.substr(0, 8);
        made = disk.makeFolder(state.folder);
    }
    if (made == -EEXIST)
        return fail(Fault::Exists,
            fmt::format("take {} of camera {} is there already ({}) and was not touched: choose another take "
                        "number",
                text(facts.slate), facts.slate.camera, state.folder.string()));
    if (made < 0)
        return fail(errorOf(-made, "make", state.folder));
    if (auto files = state.makeFiles(); !files) {
        state.removeFiles();
        return fail(files.error());
    }
    return writer;
}

void RecordingWriter::discard()
{
    State& state = *state_;
    state.reserved = File();
    state.removeFiles();
}

void RecordingWriter::State::gather(const base::Frame& frame, std::optional<std::int64_t> timecode,
    std::uint64_t& offset, base::Nanos& captured_at)
{
    IndexRecord record;
    record.offset = offset;
    record.segment = frame.segment;
    record.captured_at = captured_at = std::max(frame.captured_at, captured_at);
    record.timecode = timecode.value_or(
        facts.start_timecode + now.sum.frames() + static_cast<base::FrameIndex>(records.size()));
    record.loss = frame.loss;
    if (record.loss == Loss::None) {
        record.width = frame.width;
        record.height = frame.height;
        if (record.width == 0 || record.height == 0) {
            if (const auto header = base::readJpegHeader(frame.jpeg)) {
                record.width = static_cast<std::uint16_t>(header->width);
                record.height = static_cast<std::uint16_t>(header->height);
            }
        }
        // What no reader would take for a picture keeps its place as a loss that is counted; it must not stop
        // the take.
        if (frame.jpeg.empty() || frame.jpeg.size() > kLargestJpeg || record.width == 0 || record.height == 0
            || record.width > base::kLargestSide || record.height > base::kLargestSide) {
            record.loss = Loss::CameraDamaged;
            record.width = record.height = 0;
        }
    }
    if (record.loss == Loss::None) {
        record.size = static_cast<std::uint32_t>(frame.jpeg.size());
        record.jpeg_hash = hashOf(frame.jpeg);
        offset += record.size;
        pieces.push_back(
            { const_cast<std::byte*>(frame.jpeg.data()), frame.jpeg.size() }); // pwritev only reads
    }
    records.push_back(record);
    const auto bytes = encodeRecord(record);
    record_bytes.insert(record_bytes.end(), bytes.begin(), bytes.end());
}

/// The first @p count of the gathered frames are on disk.
void RecordingWriter::State::keep(std::size_t count)
{
    for (const IndexRecord& record : std::span(records).first(count)) {
        now.sum.add(record);
        now.pictures = record.offset + record.size;
        now.last_captured_at = record.captured_at;
    }
    now.index += count * kIndexRecordBytes;
}

base::Outcome RecordingWriter::append(
    std::span<const FramePtr> frames, std::span<const std::int64_t> timecodes)
{
    assert(timecodes.empty() || timecodes.size() == frames.size());
    State& state = *state_;
    if (state.now.sum.frames() + static_cast<base::FrameIndex>(frames.size()) > kMostFrames)
        return fail(
            Fault::Failed, "this take has as many frames as one recording can hold: cut, and roll again");
    state.pieces.clear();
    state.records.clear();
    state.record_bytes.clear();
    std::uint64_t offset = state.now.pictures;
    base::Nanos captured_at = state.now.last_captured_at;
    for (std::size_t i = 0; i < frames.size(); ++i)
        state.gather(
            *frames[i], timecodes.empty() ? std::nullopt : std::optional(timecodes[i]), offset, captured_at);
    // Pictures first, so that no record ever points at a picture that is not there.
    std::uint64_t written = 0;
    std::size_t whole = frames.size();
    const int pictures_error = state.pictures.writeBlocksAt(state.pieces, state.now.pictures, &written);
    if (pictures_error != 0) {
        state.leftovers = true;
        const std::uint64_t arrived = state.now.pictures + written;
        whole = 0;
        while (whole < state.records.size()
            && state.records[whole].offset + state.records[whole].size <= arrived)
            ++whole;
    }
    const auto bytes = std::span(state.record_bytes).first(whole * kIndexRecordBytes);
    if (state.now.index + bytes.size() > state.index_room) {
        // Should it fail, the write below says so.
        const std::uint64_t room = state.now.index + bytes.size() + kIndexRoom;
        state.index_room = state.index.allocate(room) == 0 ? room : state.now.index + bytes.size();
    }
    const int index_error = state.index.writeAt(bytes, state.now.index, &written);
    if (index_error != 0) {
        state.leftovers = true;
        whole = static_cast<std::size_t>(written) / kIndexRecordBytes;
    }
    state.keep(whole);
    if (pictures_error != 0)
        return fail(errorOf(pictures_error, "write", state.folder / "picture.mjpeg"));
    if (index_error != 0)
        return fail(errorOf(index_error, "write", state.folder / "picture.index"));
    return {};
}

void RecordingWriter::startNotBefore(base::Nanos captured_at)
{
    state_->now.last_captured_at = std::max(state_->now.last_captured_at, captured_at);
    state_->synced.last_captured_at = std::max(state_->synced.last_captured_at, captured_at);
}

base::Outcome RecordingWriter::State::startSound(const SoundFacts& format)
{
    const auto path = folder / "sound.wav";
    if (!sound.isOpen()) {
        auto made = File::open(path, O_WRONLY | O_CREAT | O_EXCL, "make", *disk);
        if (!made)
            return fail(made.error());
        sound = std::move(*made);
    }
    const auto header = soundHeader(format, kUnknownSoundBytes);
    int error_number = sound.writeAt(header, 0);
    if (error_number == 0)
        error_number = sound.sync();
    if (error_number != 0)
        return fail(errorOf(error_number, "write", path));
    // Now, so that after a crash it is still known where the sound lies beside the picture.
    facts.sound = format;
    facts.sound->samples = 0;
    if (auto written = putFacts(facts); !written) {
        facts.sound.reset();
        return written;
    }
    now.sound = synced.sound = header.size();
    sound_facts = facts.sound;
    return {};
}

base::Outcome RecordingWriter::appendSound(std::span<const std::byte> pcm, const SoundFacts& format)
{
    State& state = *state_;
    const SoundFacts& in_force = state.sound_facts ? *state.sound_facts : format;
    if (auto fits = checkSound(in_force, pcm.size()); !fits)
        return fits;
    if (format.rate_hz != in_force.rate_hz || format.channels != in_force.channels
        || format.bits != in_force.bits)
        return fail(Fault::Usage,
            fmt::format("the sound changed from {} channels with {} bits at {} Hz to {} with {} at {} in the "
                        "middle of the take",
                in_force.channels, in_force.bits, in_force.rate_hz, format.channels, format.bits,
                format.rate_hz));
    if (!state.sound_facts) {
        if (auto started = state.startSound(format); !started)
            return started;
    }
    if (const int error_number = state.sound.writeAt(pcm, state.now.sound)) {
        state.leftovers = true;
        return fail(errorOf(error_number, "write", state.folder / "sound.wav"));
    }
    state.now.sound += pcm.size();
    state.sound_facts->samples += static_cast<std::int64_t>(pcm.size() / in_force.frameBytes());
    if (format.rate_error_ppm != 0) // a clock that began anew does not know it yet
        state.sound_facts->rate_error_ppm = format.rate_error_ppm;
    return {};
}

base::Outcome RecordingWriter::keepFirst(base::FrameIndex count)
{
    State& state = *state_;
    if (count >= state.now.sum.frames())
        return {};
    const auto path = state.folder / "picture.index";
    State::Ends kept;
    if (count >= state.synced.sum.frames()) {
        kept = state.synced;
    } else {
        kept.sum = TakeSum(state.facts.timecode.rate);
        kept.index = kIndexHeaderBytes;
    }
    kept.sound = state.now.sound;
    File index;
    if (kept.sum.frames() < count) {
        auto opened = File::open(path, O_RDONLY, "read");
        if (!opened)
            return fail(opened.error());
        index = std::move(*opened);
    }
    for (IndexChunks chunks(index); kept.sum.frames() < count;) {
        const auto record = chunks.record(kept.sum.frames());
        if (!record)
            return fail(Fault::Corrupt,
                fmt::format("{} cannot be read back: the take keeps all frames", path.string()));
        kept.sum.add(*record);
        kept.pictures = record->offset + record->size;
        kept.index += kIndexRecordBytes;
        kept.last_captured_at = record->captured_at;
    }
    state.now = kept;
    if (state.synced.sum.frames() > count)
        state.synced = kept;
    state.leftovers = true;
    state.cutSound();
    return {};
}

/// The sound ends with the pictures.
void RecordingWriter::State::cutSound()
{
    if (!sound_facts)
        return;
    TakeFacts kept;
    now.sum.fillIn(kept);
    const double seconds =
        std::chrono::duration<double>(kept.duration - sound_facts->starts_after_picture).count();
    sound_facts->samples = std::clamp<std::int64_t>(
        std::llround(seconds * sound_facts->measuredRate()), 0, sound_facts->samples);
    now.sound = soundHeaderBytes(*sound_facts)
        + static_cast<std::uint64_t>(sound_facts->samples) * sound_facts->frameBytes();
}

base::Outcome RecordingWriter::State::sync()
{
    // Pictures before their records: should the power fail in between, the index is the one that lacks
    // something.
    for (const auto& [file, name] :
        { std::pair { &pictures, "picture.mjpeg" }, { &index, "picture.index" }, { &sound, "sound.wav" } }) {
        if (!file->isOpen())
            continue;
        if (const int error_number = file->sync())
            return fail(errorOf(error_number, "write", folder / name));
    }
    // The ring has the newest pictures, and a take of hours would fill all memory: pages that are used again
    // also cost the kernel far less than fresh ones.
    const std::uint64_t dropped = std::min(synced.pictures, now.pictures);
    pictures.leaveCache(dropped, now.pictures - dropped);
    synced = now;
    return {};
}

base::Outcome RecordingWriter::sync() { return state_->sync(); }

base::FrameIndex RecordingWriter::syncedFrames() const { return state_->synced.sum.frames(); }

base::Outcome RecordingWriter::State::finishSound()
{
    if (!sound_facts) {
        if (std::exchange(sound, File()).isOpen()) // made, but the disk took nothing of it
            disk->remove(folder / "sound.wav");
        return {};
    }
    const auto header = soundHeader(*sound_facts, now.sound - soundHeaderBytes(*sound_facts));
    if (const int error_number = sound.writeAt(header, 0))
        return fail(errorOf(error_number, "write", folder / "sound.wav"));
    return {};
}

/// What lies behind the good data: of failed calls that were not repeated, and room taken in advance. It also
/// gives a full disk some room. Should it fail, readers go by take.json's count of frames.
void RecordingWriter::State::cutOff()
{
    if (leftovers && pictures.truncate(now.pictures) == 0
        && (!sound.isOpen() || sound.truncate(now.sound) == 0))
        leftovers = false;
    if (index.truncate(now.index) == 0)
        index_room = now.index;
}

TakeFacts RecordingWriter::factsToClose(TakeFacts facts) const
{
    const State& state = *state_;
    state.now.sum.fillIn(facts);
    // The records carry these already.
    facts.id = state.facts.id;
    facts.timecode = state.facts.timecode;
    facts.start_timecode = state.facts.start_timecode;
    facts.preroll_frames = std::clamp<base::FrameIndex>(facts.preroll_frames, 0, facts.frames);
    facts.sound = state.sound_facts;
    facts.closed = true;
    return facts;
}

base::Result<TakeFacts> RecordingWriter::close(TakeFacts facts)
{
    State& state = *state_;
    state.cutOff();
    if (auto finished = state.finishSound(); !finished)
        return fail(finished.error());
    if (auto synced = state.sync(); !synced)
        return fail(synced.error());
    facts = factsToClose(std::move(facts));
    if (auto written = state.putFacts(facts); !written)
        return fail(written.error());
    state.facts = facts;
    return facts;
}

const std::filesystem::path& RecordingWriter::folder() const { return state_->folder; }
const TakeFacts& RecordingWriter::facts() const { return state_->facts; }
const std::optional<SoundFacts>& RecordingWriter::sound() const { return state_->sound_facts; }
base::FrameIndex RecordingWriter::frames() const { return state_->now.sum.frames(); }
std::uint64_t RecordingWriter::bytes() const { return state_->now.pictures; }

} // namespace backtake::takes
