#include "takes/recovery.hpp"

#include "base/text.hpp"
#include "takes/files.hpp"
#include "takes/index_repair.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <tuple>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
namespace fs = std::filesystem;

namespace {

/// As many as take.json may list; an index with more changes of format is nonsense, but stays playable.
constexpr std::size_t kMostSegments = 20000;
/// Other takes that are asked for the shoot's rate.
constexpr int kMostAsked = 50;

constexpr std::string_view kPart = ".part";

/// "12A-003-A" or "12A-003-A.part2"; of other names what they say.
Slate slateOfFolder(std::string_view name)
{
    if (const auto part = name.rfind(kPart); part != std::string_view::npos)
        name = name.substr(0, part);
    Slate slate;
    slate.scene = std::string(name);
    const auto camera = name.rfind('-');
    if (camera == std::string_view::npos || camera == 0 || camera + 2 != name.size())
        return slate;
    const auto number = name.rfind('-', camera - 1);
    if (number == std::string_view::npos || number == 0)
        return slate;
    int take = 0;
    const char* const end = name.data() + camera;
    const auto [stopped, error] = std::from_chars(name.data() + number + 1, end, take);
    const char letter = name.back();
    if (error != std::errc() || stopped != end || take < 1 || take > 99999 || letter < 'A' || letter > 'Z')
        return slate;
    slate = { std::string(name.substr(0, number)), take, letter };
    return slate;
}

/// Folders below media/ with something of a recording in them, sorted.
std::vector<fs::path> recordings(const fs::path& shoot)
{
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(shoot / "media", error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (!entry->is_directory(ignored))
            continue;
        for (const char* name : { "take.json", "picture.index", "picture.mjpeg" }) {
            if (fs::exists(entry->path() / name, ignored)) {
                found.push_back(entry->path());
                break;
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// What the other takes of the shoot were shot at.
std::optional<base::TimecodeFormat> customOfTheShoot(const fs::path& folder)
{
    int asked = 0;
    for (const fs::path& other : recordings(folder.parent_path().parent_path())) {
        if (++asked > kMostAsked)
            break;
        if (const auto facts = readTakeFacts(other / "take.json"))
            return facts->timecode;
    }
    return std::nullopt;
}

/// One recovery; the steps follow each other in run().
class Recoverer {
public:
    Recoverer(const fs::path& folder, const std::function<bool(double)>& progress, Disk& disk)
        : folder_(folder)
        , progress_(progress)
        , disk_(disk)
    {
    }
    base::Result<Recovery> run();

private:
    base::Outcome openFiles();
    base::Outcome readFacts();
    void inventFacts();
    void tell(const IndexRepair& repair);
    base::Outcome mendSound();
    base::Outcome putFacts();
    base::Outcome cutIndex();
    [[nodiscard]] std::uint64_t indexBytes() const
    {
        return kIndexHeaderBytes + static_cast<std::uint64_t>(recovery_.facts.frames) * kIndexRecordBytes;
    }
    template <typename... Args> void find(fmt::format_string<Args...> format, Args&&... args)
    {
        recovery_.findings.push_back(fmt::format(format, std::forward<Args>(args)...));
    }

    const fs::path folder_;
    const std::function<bool(double)>& progress_;
    Disk& disk_;
    File index_; ///< Closed when there is none.
    File pictures_;
    bool has_facts_ = false;  ///< Read, not invented.
    bool facts_lost_ = false; ///< take.json itself was missing or damaged.
    Recovery recovery_;
};

base::Outcome Recoverer::openFiles()
{
    const auto index_path = folder_ / "picture.index";
    auto index = File::open(index_path, O_RDWR, "open", disk_);
    if (!index && index.error().fault != Fault::NotFound)
        return fail(index.error());
    if (index) {
        if (::flock(index->descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            return fail(Fault::Busy, fmt::format("{} is still being recorded: cut first", folder_.string()));
        index_ = std::move(*index);
        std::array<std::byte, kIndexHeaderBytes> header {};
        if (index_.readAt(header, 0) == static_cast<std::int64_t>(header.size())) {
            if (const auto checked = checkIndexHeader(header);
                !checked && checked.error().fault == Fault::Unsupported)
                return fail(
                    Fault::Unsupported, fmt::format("{}: {}", folder_.string(), checked.error().message));
        }
    }
    auto pictures = File::open(folder_ / "picture.mjpeg", O_RDONLY, "read", disk_);
    if (!pictures) {
        if (pictures.error().fault == Fault::NotFound)
            return fail(index ? Fault::Corrupt : Fault::NotFound,
                fmt::format("there are no pictures in {}: picture.mjpeg is missing", folder_.string()));
        return fail(pictures.error());
    }
    pictures_ = std::move(*pictures);
    return {};
}

base::Outcome Recoverer::readFacts()
{
    auto facts = readTakeFacts(folder_ / "take.json");
    if (!facts && facts.error().fault != Fault::NotFound && facts.error().fault != Fault::Corrupt)
        return fail(facts.error());
    // Written whole and not renamed: a crash at the very end.
    auto beside = readTakeFacts(folder_ / "take.json.new");
    if (!facts && !beside && beside.error().fault == Fault::Unsupported)
        return fail(beside.error());
    facts_lost_ = !facts;
    const bool later = beside && (!facts || (!facts->closed && beside->closed && beside->id == facts->id));
    if (!facts && !beside) {
        find("take.json was {}: it is made anew from the folder's name and the index",
            facts.error().fault == Fault::NotFound ? "missing" : "damaged");
        return {};
    }
    if (!facts)
        find("take.json was missing or damaged: the one written beside it is taken");
    recovery_.facts = later ? std::move(*beside) : std::move(*facts);
    if (later)
        recovery_.facts.closed = false;
    has_facts_ = true;
    return {};
}

/// What nobody wrote down. Direction and orientation are those of a shoot for which this program is made.
void Recoverer::inventFacts()
{
    TakeFacts& facts = recovery_.facts;
    facts.slate = slateOfFolder(folder_.filename().string());
    struct stat file { };
    if (::fstat(pictures_.descriptor(), &file) == 0 && file.st_mtim.tv_sec > 0)
        facts.started_at_utc = std::chrono::seconds(file.st_mtim.tv_sec) + base::Nanos(file.st_mtim.tv_nsec);
    facts.sound = readSoundFacts(folder_ / "sound.wav");
}

void Recoverer::tell(const IndexRepair& repair)
{
    if (repair.header_damaged)
        find("picture.index was missing or damaged: it is made anew from the pictures");
    if (repair.rebuilt > 0)
        find("{} frames had no record in the index: they were found by their pictures, their times are "
             "those of the frames beside them and the nominal rate",
            repair.rebuilt);
    if (const auto holes = static_cast<FrameIndex>(repair.made.size()) - repair.rebuilt; holes > 0)
        find("about {} pictures are missing between others: their places are kept", holes);
    if (repair.damaged > 0)
        find("{} frames are damaged in the index and cannot be told from the pictures: their places are kept",
            repair.damaged);
    if (recovery_.facts.closed && repair.frames() < recovery_.facts.frames)
        find("{} frames that take.json counts are neither in the index nor among the pictures",
            recovery_.facts.frames - repair.frames());
    if (repair.pictureless > 0)
        find(
            "{} frames of the last seconds have damaged pictures: their places are kept", repair.pictureless);
    if (repair.cut_off > 0)
        find("{} frames at the end never reached the disk", repair.cut_off);
    if (repair.unused_bytes > 0 && !recovery_.facts.closed)
        find("{} behind the last frame are no whole picture; they stay in picture.mjpeg",
            base::bytesText(repair.unused_bytes));
}

/// Rate and channels stand in the header, or else in take.json; the length is what the file has.
base::Outcome Recoverer::mendSound()
{
    TakeFacts& facts = recovery_.facts;
    const auto path = folder_ / "sound.wav";
    std::error_code none;
    const auto bytes = fs::file_size(path, none);
    auto sound = none ? std::nullopt : readSoundFacts(path);
    if (!sound && !none && facts.sound && bytes > soundHeaderBytes(*facts.sound)) {
        sound = facts.sound;
        sound->samples = static_cast<std::int64_t>((bytes - soundHeaderBytes(*sound)) / sound->frameBytes());
        find("the sound's header was damaged: it is made anew");
    }
    if (!sound || sound->samples == 0) {
        if (facts.sound)
            find("the sound never reached the disk");
        facts.sound.reset();
        return {};
    }
    if (facts.sound) {
        sound->starts_after_picture = facts.sound->starts_after_picture;
        sound->rate_error_ppm = facts.sound->rate_error_ppm;
    }
    facts.sound = sound;
    auto file = File::open(path, O_WRONLY, "open", disk_);
    if (!file)
        return fail(file.error());
    const auto data_bytes = static_cast<std::uint64_t>(sound->samples) * sound->frameBytes();
    int error_number = file->writeAt(soundHeader(*sound, data_bytes), 0);
    if (error_number == 0)
        error_number = file->sync();
    return error_number == 0 ? base::Outcome() : fail(errorOf(error_number, "write", path));
}

base::Outcome Recoverer::putFacts()
{
    // The writer took room for it in advance, on a disk that may be full now.
    auto reserved = File::open(folder_ / "take.json.new", O_WRONLY, "write", disk_);
    return writeTakeFacts(folder_ / "take.json", recovery_.facts, disk_, reserved ? &*reserved : nullptr);
}

/// Records behind the last frame; take.json says already that they do not count.
base::Outcome Recoverer::cutIndex()
{
    if (!index_.isOpen() || index_.size() <= indexBytes())
        return {};
    int error_number = index_.truncate(indexBytes());
    if (error_number == 0)
        error_number = index_.sync();
    return error_number == 0 ? base::Outcome()
                             : fail(errorOf(error_number, "write", folder_ / "picture.index"));
}

base::Result<Recovery> Recoverer::run()
{
    if (auto opened = openFiles(); !opened)
        return fail(opened.error());
    if (auto read = readFacts(); !read)
        return fail(read.error());
    TakeFacts& facts = recovery_.facts;
    if (!has_facts_)
        inventFacts();
    const bool was_closed = facts.closed;

    RepairOrder order;
    order.folder = folder_;
    order.index = index_.isOpen() ? &index_ : nullptr;
    order.pictures = &pictures_;
    order.progress = progress_;
    order.start_timecode = facts.start_timecode;
    if (was_closed)
        order.frames = facts.frames;
    if (has_facts_)
        order.rate = facts.timecode.rate;
    else if (!order.index || index_.size() < kIndexHeaderBytes + 2 * kIndexRecordBytes) {
        // No times to tell it from.
        if (const auto custom = customOfTheShoot(folder_))
            order.rate = custom->rate;
    }
    auto repair = findIndexRepair(order);
    if (!repair)
        return fail(repair.error());
    if (repair->frames() == 0)
        return fail(Fault::Corrupt,
            fmt::format("the take in {} has no frame: it was cut off before its first picture reached the "
                        "disk, or its pictures are destroyed; it is left as it is",
                folder_.string()));
    tell(*repair);
    recovery_.rebuilt = repair->rebuilt;
    recovery_.cut_off = repair->cut_off;
    recovery_.damaged = repair->damaged + repair->pictureless;
    recovery_.unused_bytes = repair->unused_bytes;
    const bool longer = facts.recovered && index_.isOpen() && index_.size() > indexBytes();
    if (was_closed && !repair->rewrites() && !longer)
        return std::move(recovery_);

    // From here on the disk is changed, each step so that the next run finds the same: first the index with
    // all its records, then what take.json says of it, then what does not count is cut off.
    recovery_.changed = true;
    if (repair->rewrites()) {
        auto replaced = replaceIndex(order, *repair, disk_);
        if (!replaced)
            return fail(replaced.error());
        index_ = std::move(*replaced);
    }
    if (!was_closed) {
        if (auto mended = mendSound(); !mended)
            return fail(mended.error());
    }
    repair->sum.fillIn(facts);
    facts.segments.resize(std::min(facts.segments.size(), kMostSegments));
    facts.preroll_frames = std::clamp<FrameIndex>(facts.preroll_frames, 0, facts.frames);
    if (!has_facts_) {
        facts.timecode = base::TimecodeFormat::customary(repair->rate);
        const std::int64_t day = facts.timecode.framesPerDay();
        facts.start_timecode = (repair->first_timecode % day + day) % day;
        facts.started_at_utc = std::max(base::Nanos(0), facts.started_at_utc - facts.duration);
    }
    facts.closed = true;
    facts.recovered = true;
    if (auto written = putFacts(); !written)
        return fail(written.error());
    if (auto cut = cutIndex(); !cut)
        return fail(cut.error());
    return std::move(recovery_);
}

/// The first part of a take in @p shoot: where the part says, or under the same name.
std::optional<fs::path> firstPartOf(const fs::path& shoot, const fs::path& part, const TakeFacts& facts)
{
    std::vector<fs::path> names { fs::path(facts.continues->folder).filename() };
    if (const auto stem = part.filename().string(); stem.rfind(kPart) != std::string::npos)
        names.emplace_back(stem.substr(0, stem.rfind(kPart)));
    for (const fs::path& name : names) {
        const auto first = readTakeFacts(shoot / "media" / name / "take.json");
        if (first && !first->continues && first->id == facts.id && !facts.id.empty())
            return shoot / "media" / name;
    }
    return std::nullopt;
}

/// @return the line about it; empty: nothing had to be done.
std::string joinPart(const fs::path& first, const fs::path& folder, const TakeFacts& part, Disk& disk)
{
    const auto index = File::open(first / "picture.index", O_RDONLY, "open", disk);
    if (!index || (::flock(index->descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK))
        return {}; // rolling: its recorder enters it
    auto facts = readTakeFacts(first / "take.json");
    if (!facts || !facts->closed)
        return {};
    std::error_code ignored;
    const Part entry { part.continues->first_frame, fs::absolute(folder, ignored).string(), part.frames };
    const auto known = std::find_if(facts->parts.begin(), facts->parts.end(),
        [&](const Part& one) { return one.first_frame == entry.first_frame; });
    if (known != facts->parts.end()) {
        const bool there = fs::exists(fs::path(known->folder) / "take.json", ignored);
        if (known->frames == entry.frames && (there || known->folder == entry.folder))
            return {};
        *known = entry;
    } else {
        facts->parts.push_back(entry);
        std::sort(facts->parts.begin(), facts->parts.end(),
            [](const Part& a, const Part& b) { return a.first_frame < b.first_frame; });
    }
    if (const auto written = writeTakeFacts(first / "take.json", *facts, disk); !written)
        return written.error().message;
    return fmt::format(
        "{} goes on in {} from frame {}: entered", fullText(facts->slate), entry.folder, entry.first_frame);
}

} // namespace

base::Result<Recovery> recoverTake(
    const fs::path& folder, const std::function<bool(double)>& progress, Disk& disk)
{
    return Recoverer(folder, progress, disk).run();
}

bool isBeingRecorded(const fs::path& folder)
{
    const auto index = File::open(folder / "picture.index", O_RDONLY, "open");
    return index && ::flock(index->descriptor(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::vector<fs::path> openRecordings(const fs::path& shoot)
{
    std::vector<fs::path> open = recordings(shoot);
    std::erase_if(open, [](const fs::path& folder) {
        const auto facts = readTakeFacts(folder / "take.json");
        return facts ? facts->closed : facts.error().fault == Fault::Unsupported;
    });
    return open;
}

std::vector<std::string> joinParts(const fs::path& shoot, const fs::path& spill, Disk& disk)
{
    std::vector<std::string> lines;
    for (const fs::path& folder : recordings(spill)) {
        const auto part = readTakeFacts(folder / "take.json");
        if (!part || !part->continues || !part->closed)
            continue;
        const auto first = firstPartOf(shoot, folder, *part);
        if (!first)
            continue;
        if (auto line = joinPart(*first, folder, *part, disk); !line.empty())
            lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace backtake::takes
