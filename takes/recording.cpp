#include "takes/recording.hpp"

#include "base/jpeg.hpp"
#include "takes/recorded_sound.hpp"
#include "takes/recording_part.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <mutex>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Loss;
using base::Nanos;

namespace {

constexpr std::size_t kMostTroubles = 1000;
/// How far a damaged record looks for its neighbours' times: so far at least, and less than twice as far. In
/// a larger hole time goes by the nominal rate.
constexpr FrameIndex kLookAround = 1024;
/// A camera that stays away this long was away.
constexpr Nanos kSilence = std::chrono::milliseconds(500);
/// Of one reading when a recording is checked.
constexpr std::uint64_t kWindowBytes = 4 << 20;

/// Frames [first, end) of a take: those of a part, or of nothing that can be read.
struct Piece {
    FrameIndex first = 0;
    FrameIndex end = 0;
    std::unique_ptr<RecordingPart> part; ///< Null: `missing` says why.
    std::string missing;
};

bool isPlausible(Nanos captured_at)
{
    return captured_at.count() > -kLatestCapture && captured_at.count() < kLatestCapture;
}

/// Whether take.json's runs can be those of @p part: the first few of them are looked up. That all are is for
/// verify() to say.
bool fits(const TakeFacts& facts, const RecordingPart& part)
{
    constexpr std::size_t kLookedUp = 16;
    const FrameIndex frames = part.frames();
    if (facts.segments.empty() ? lostFrames(facts.lost) != frames : facts.segments.front().first_frame != 0)
        return false;
    if (!facts.segments.empty() && facts.segments.back().first_frame >= frames)
        return false;
    for (std::size_t i = 0; i < std::min(facts.segments.size(), kLookedUp); ++i) {
        const auto begins = part.record(facts.segments[i].first_frame);
        if (begins && begins->loss == Loss::None
            && (begins->width != facts.segments[i].width || begins->height != facts.segments[i].height))
            return false;
    }
    return (facts.gaps.empty() || facts.gaps.back().before_frame < frames);
}

/// A part as take.json names it, or where it was copied beside the first one.
std::optional<std::pair<std::filesystem::path, TakeFacts>> findPart(
    const std::filesystem::path& folder, const std::filesystem::path& first, const std::string& id)
{
    for (const auto& place : { folder, first.parent_path() / folder.filename() }) {
        auto facts = readTakeFacts(place / "take.json");
        if (facts && facts->continues && (id.empty() || facts->id.empty() || facts->id == id))
            return std::pair(place, std::move(*facts));
    }
    return std::nullopt;
}

/// Reads a picture file once from its beginning to its end.
class SequentialPictures {
public:
    explicit SequentialPictures(const std::filesystem::path& path)
    {
        if (auto opened = File::open(path, O_RDONLY, "read")) {
            file_ = std::move(*opened);
            ::posix_fadvise(file_.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);
        }
    }
    /// @return fewer than @p size bytes when they cannot be read. Valid until the next call.
    std::span<const std::byte> at(std::uint64_t offset, std::uint64_t size)
    {
        if (offset < start_ || offset + size > start_ + got_) {
            const std::uint64_t wanted = std::max(size, kWindowBytes);
            if (window_.size() < wanted)
                window_.resize(wanted);
            const std::int64_t got =
                file_.isOpen() ? file_.readAt(std::span(window_).first(wanted), offset) : 0;
            start_ = offset;
            got_ = static_cast<std::uint64_t>(std::max<std::int64_t>(0, got));
            askAhead(file_, start_ + got_, kWindowBytes); // comes while these are looked at
        }
        const std::uint64_t skip = offset - start_;
        return std::span<const std::byte>(window_).subspan(skip, std::min(size, got_ - std::min(skip, got_)));
    }

private:
    File file_;
    std::vector<std::byte> window_;
    std::uint64_t start_ = 0;
    std::uint64_t got_ = 0;
};

} // namespace

struct Recording::State {
    std::filesystem::path folder;
    std::vector<Piece> pieces; ///< Without a hole between them, from frame 0.
    std::vector<std::string> missing;
    TakeFacts claimed; ///< The first part's.
    Nanos frame_time {};
    Nanos first_captured_at {}; ///< Monotonic, of captured frame 0.
    Nanos duration {};
    mutable std::once_flag summed;
    mutable TakeFacts facts; ///< Once `summed`.

    [[nodiscard]] FrameIndex frames() const { return pieces.empty() ? 0 : pieces.back().end; }
    base::Outcome open(std::span<const std::filesystem::path> further);
    void addPart(FrameIndex end, std::unique_ptr<RecordingPart> part);
    void addHole(FrameIndex end, std::string why);
    void findFirstCapture();
    [[nodiscard]] const Piece& pieceOf(FrameIndex n) const;
    [[nodiscard]] std::optional<IndexRecord> record(FrameIndex n) const;
    [[nodiscard]] std::optional<Nanos> ownTime(FrameIndex n) const;
    [[nodiscard]] Nanos time(FrameIndex n) const;
    /// Frames [first, end) have no time of their own.
    struct Hole {
        FrameIndex block = -1; ///< Of kLookAround frames: where it was looked from.
        FrameIndex first = 0;
        FrameIndex end = 0;
        std::optional<Nanos> before; ///< Time of the good frame before `first`.
        std::optional<Nanos> behind; ///< Of the one at `end`.
    };
    [[nodiscard]] Hole holeAround(FrameIndex n) const EXCLUDES(hole_mutex);
    mutable base::Mutex hole_mutex;
    mutable Hole hole_met GUARDED_BY(hole_mutex);
    [[nodiscard]] TakeFacts factsOf(const RecordingPart& part) const;
    void sum() const;

    struct Check;
    bool check(const Piece& piece, Check& state) const;
};

Recording::Recording()
    : state_(std::make_unique<State>())
{
}
Recording::~Recording() = default;

base::Result<std::shared_ptr<const Recording>> Recording::open(
    const std::filesystem::path& folder, std::span<const std::filesystem::path> further)
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
    state.claimed = std::move(*facts);
    if (auto opened = state.open(further); !opened)
        return fail(opened.error());
    return recording;
}

base::Result<std::shared_ptr<const Recording>> Recording::openPart(const std::filesystem::path& folder)
{
    auto facts = readTakeFacts(folder / "take.json");
    if (!facts)
        return fail(facts.error());
    std::shared_ptr<Recording> recording(new Recording);
    State& state = *recording->state_;
    state.folder = folder;
    state.claimed = std::move(*facts);
    state.claimed.parts.clear();
    if (auto opened = state.open({}); !opened)
        return fail(opened.error());
    return recording;
}

base::Outcome Recording::State::open(std::span<const std::filesystem::path> further)
{
    frame_time = claimed.timecode.rate.frameTime();
    auto first = RecordingPart::open(folder, claimed);
    if (!first)
        return fail(first.error());
    std::vector<Part> parts = claimed.parts;
    for (const auto& place : further) {
        const auto found = findPart(place, folder, claimed.id);
        if (found && (parts.empty() || found->second.continues->first_frame > parts.back().first_frame))
            parts.push_back({ found->second.continues->first_frame, place.string() });
    }
    const FrameIndex of_first = parts.empty() ? (*first)->frames() : parts.front().first_frame;
    addPart(of_first, std::move(*first));
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        std::string why = fmt::format("its part of the take lies in {}, which is not there now: attach the "
                                      "disk it is on, then open the take again",
            parts[i].folder);
        if (auto found = findPart(parts[i].folder, folder, claimed.id)) {
            auto part = RecordingPart::open(found->first, std::move(found->second));
            if (part) {
                const FrameIndex end =
                    last ? parts[i].first_frame + (*part)->frames() : parts[i + 1].first_frame;
                addPart(end, std::move(*part));
                continue;
            }
            why = fmt::format("its part of the take cannot be read: {}", part.error().message);
        }
        missing.push_back(fmt::format("from frame {} on, {}", parts[i].first_frame, why));
        // Of how many frames it has, only what stands in take.json is known; one at the least shows that some
        // are missing.
        addHole(
            last ? parts[i].first_frame + std::max<FrameIndex>(1, parts[i].frames) : parts[i + 1].first_frame,
            std::move(why));
    }
    if (frames() == 0)
        return fail(Fault::Corrupt, fmt::format("the take in {} has no frame", folder.string()));
    findFirstCapture();
    const auto end = record(frames() - 1);
    duration = time(frames() - 1) + (end ? end->duration.value_or(frame_time) : frame_time);
    // Play begins at one of the ends: nobody shall wait for the pages there then.
    for (const FrameIndex n :
        { std::min<FrameIndex>(63, frames() - 1), std::max<FrameIndex>(0, frames() - 64) })
        static_cast<void>(record(n));
    return {};
}

/// The frames from where the piece before ended up to @p end; a part with fewer of them ends in a hole.
void Recording::State::addPart(FrameIndex end, std::unique_ptr<RecordingPart> part)
{
    const FrameIndex first = frames();
    const FrameIndex whole = std::min(end, first + part->frames());
    std::string why = fmt::format("it never reached the disk in {}", part->folder().string());
    if (whole > first || pieces.empty()) {
        Piece& piece = pieces.emplace_back();
        piece.first = first;
        piece.end = whole;
        piece.part = std::move(part);
    }
    addHole(end, std::move(why));
}

void Recording::State::addHole(FrameIndex end, std::string why)
{
    if (end <= frames())
        return;
    const FrameIndex first = frames();
    Piece& piece = pieces.emplace_back();
    piece.first = first;
    piece.end = end;
    piece.missing = std::move(why);
}

const Piece& Recording::State::pieceOf(FrameIndex n) const
{
    const auto after = std::upper_bound(pieces.begin(), pieces.end(), n,
        [](FrameIndex frame, const Piece& piece) { return frame < piece.end; });
    return after == pieces.end() ? pieces.back() : *after;
}

std::optional<IndexRecord> Recording::State::record(FrameIndex n) const
{
    const Piece& piece = pieceOf(n);
    return piece.part ? piece.part->record(n - piece.first) : std::nullopt;
}

/// Frame 0's time, or that of the first good record less as many nominal frame times.
void Recording::State::findFirstCapture()
{
    const FrameIndex last = frames() - 1;
    for (FrameIndex n = 0; n <= last; n = n < kLookAround ? n + 1 : n * 2) {
        const auto good = record(n);
        if (good && isPlausible(good->captured_at)) {
            first_captured_at = good->captured_at - n * frame_time;
            return;
        }
    }
}

/// What its record says; nullopt when it is damaged or says what cannot be.
std::optional<Nanos> Recording::State::ownTime(FrameIndex n) const
{
    const auto good = record(n);
    if (!good || !isPlausible(good->captured_at))
        return std::nullopt;
    const Nanos time = good->captured_at - first_captured_at;
    return time >= Nanos(0) && time <= kLongestTake ? std::optional(time) : std::nullopt;
}

Nanos Recording::State::time(FrameIndex n) const
{
    if (n == 0)
        return Nanos(0);
    if (const auto own = ownTime(n))
        return *own;
    // The nearest good one before it and the nominal rate, but not beyond the nearest good one behind it.
    const Hole hole = holeAround(n);
    const Nanos since = hole.before ? *hole.before + (n - hole.first + 1) * frame_time : n * frame_time;
    return std::clamp(hole.behind ? std::min(since, *hole.behind) : since, Nanos(0), kLongestTake);
}

/// What lies around a frame without a time of its own. The last answer is kept: play asks for one such frame
/// after the other.
Recording::State::Hole Recording::State::holeAround(FrameIndex n) const
{
    {
        base::Lock lock(hole_mutex);
        if (hole_met.block == n / kLookAround && n >= hole_met.first && n < hole_met.end)
            return hole_met;
    }
    Hole hole;
    hole.block = n / kLookAround;
    const FrameIndex least = std::max<FrameIndex>(0, (hole.block - 1) * kLookAround);
    const FrameIndex most = std::min(frames(), (hole.block + 2) * kLookAround);
    for (hole.first = n; hole.first > least; --hole.first) {
        const Piece& piece = pieceOf(hole.first - 1);
        if (!piece.part)
            hole.first = std::max<FrameIndex>(1, piece.first);
        hole.before = hole.first == 1 ? std::optional(Nanos(0)) : ownTime(hole.first - 1);
        if (hole.before)
            break;
    }
    for (hole.end = n + 1; hole.end < most; ++hole.end) {
        const Piece& piece = pieceOf(hole.end);
        if (!piece.part)
            hole.end = piece.end;
        if (hole.end >= frames())
            break;
        hole.behind = ownTime(hole.end);
        if (hole.behind)
            break;
    }
    base::Lock lock(hole_mutex);
    hole_met = hole;
    return hole;
}

FrameIndex Recording::frameCount() const { return state_->frames(); }

Nanos Recording::capturedTime(FrameIndex n) const
{
    assert(n >= 0 && n <= frameCount());
    return n < frameCount() ? state_->time(n) : state_->duration;
}

std::int64_t Recording::timecode(FrameIndex n) const
{
    assert(n >= 0 && n < frameCount());
    const auto record = state_->record(n);
    // A number no counter reaches is damage, and would overflow whoever adds to it.
    if (record && std::abs(record->timecode / 2) < std::int64_t { 1 } << 52)
        return record->timecode;
    return state_->claimed.start_timecode + n;
}

base::SoundTrackPtr Recording::sound() const
{
    std::vector<RecordedSound::Part> parts;
    for (const Piece& piece : state_->pieces) {
        if (!piece.part)
            continue;
        const auto& claimed = piece.part->claimed().sound;
        parts.push_back({ piece.part->folder() / "sound.wav",
            state_->time(piece.first) + (claimed ? claimed->starts_after_picture : Nanos(0)),
            claimed ? claimed->rate_error_ppm : 0 });
    }
    return RecordedSound::open(parts);
}

base::Rate Recording::nominalRate() const { return state_->claimed.timecode.rate; }
base::TimecodeFormat Recording::timecodeFormat() const { return state_->claimed.timecode; }
const std::filesystem::path& Recording::folder() const { return state_->folder; }
const std::vector<std::string>& Recording::missing() const { return state_->missing; }

base::Result<base::FramePtr> Recording::frame(FrameIndex n) const
{
    if (n < 0 || n >= frameCount())
        return fail(Fault::NotFound, fmt::format("the take has no frame {}", n));
    const Piece& piece = state_->pieceOf(n);
    if (!piece.part)
        return fail(Fault::Corrupt, fmt::format("frame {} is missing: {}", n, piece.missing));
    const auto record = piece.part->record(n - piece.first);
    if (!record)
        return fail(Fault::Corrupt, fmt::format("frame {} is damaged: its record in the index is", n));
    if (record->loss != Loss::None)
        return fail(
            Fault::Corrupt, fmt::format("frame {} was lost while recording ({})", n, nameOf(record->loss)));
    return piece.part->read(*record, n, state_->first_captured_at + state_->time(n));
}

void Recording::expect(std::span<const FrameIndex> frames) const
{
    std::vector<FrameIndex> own;
    for (std::size_t i = 0; i < frames.size();) {
        const Piece& piece = state_->pieceOf(frames[i]);
        own.clear();
        for (; i < frames.size() && frames[i] >= piece.first && frames[i] < piece.end; ++i)
            own.push_back(frames[i] - piece.first);
        if (own.empty()) // outside the take
            return;
        if (piece.part)
            piece.part->expect(own);
    }
}

std::int64_t Recording::indexPagesRead() const
{
    std::int64_t pages = 0;
    for (const Piece& piece : state_->pieces)
        pages += piece.part ? piece.part->index().pagesRead() : 0;
    return pages;
}

/// One part's facts, counted from its own first frame.
TakeFacts Recording::State::factsOf(const RecordingPart& part) const
{
    TakeFacts own = part.claimed();
    if (!own.closed || own.frames != part.frames() || !fits(own, part)) {
        TakeSum sum(own.timecode.rate);
        part.pass([&sum](FrameIndex, const std::optional<IndexRecord>& record) {
            sum.add(record);
            return true;
        });
        sum.fillIn(own);
    }
    if (!own.closed) {
        own.sound = readSoundFacts(part.folder() / "sound.wav");
        if (own.sound && part.claimed().sound) {
            own.sound->starts_after_picture = part.claimed().sound->starts_after_picture;
            own.sound->rate_error_ppm = part.claimed().sound->rate_error_ppm;
        }
    }
    return own;
}

void Recording::State::sum() const
{
    facts = factsOf(*pieces.front().part);
    const FrameIndex whole = frames();
    for (const Piece& piece : pieces) {
        if (piece.first == 0 || !piece.part)
            continue;
        const TakeFacts own = factsOf(*piece.part);
        for (const auto& [cause, count] : own.lost)
            facts.lost[cause] += count;
        for (const Segment& run : own.segments) {
            const bool same = !facts.segments.empty() && facts.segments.back().width == run.width
                && facts.segments.back().height == run.height;
            if (!same)
                facts.segments.push_back(
                    { facts.segments.empty() ? 0 : piece.first + run.first_frame, run.width, run.height });
        }
        const Nanos hole = time(piece.first) - time(piece.first - 1) - frame_time;
        if (hole > kSilence && facts.gaps.size() < kMostGaps)
            facts.gaps.push_back({ piece.first, hole });
        for (const Gap& gap : own.gaps) {
            if (facts.gaps.size() < kMostGaps)
                facts.gaps.push_back({ piece.first + gap.before_frame, gap.length });
        }
        facts.picture_bytes += own.picture_bytes;
        facts.closed = facts.closed && own.closed;
        facts.recovered = facts.recovered || own.recovered;
    }
    facts.frames = whole;
    facts.duration = duration;
    // A part may hold frames that were written again to the next one.
    while (!facts.segments.empty() && facts.segments.back().first_frame >= whole)
        facts.segments.pop_back();
    while (!facts.gaps.empty() && facts.gaps.back().before_frame >= whole)
        facts.gaps.pop_back();
    facts.preroll_frames = std::min(facts.preroll_frames, whole);
}

const TakeFacts& Recording::facts() const
{
    std::call_once(state_->summed, [this] { state_->sum(); });
    return state_->facts;
}

std::vector<Recording::LostRun> Recording::lostRuns(std::size_t most) const
{
    std::vector<LostRun> runs;
    if (lostFrames(facts().lost) == 0)
        return runs;
    for (const Piece& piece : state_->pieces) {
        if (!piece.part)
            continue;
        piece.part->pass([&](FrameIndex own, const std::optional<IndexRecord>& record) {
            const FrameIndex n = piece.first + own;
            if (n >= piece.end)
                return false; // the next part has it
            if (!record || record->loss == Loss::None)
                return true;
            if (!runs.empty() && runs.back().last == n - 1 && runs.back().cause == record->loss) {
                runs.back().last = n;
                return true;
            }
            if (runs.size() == most)
                return false;
            runs.push_back({ n, n, record->loss });
            return true;
        });
    }
    return runs;
}

/// What a check of a whole take knows so far.
struct Recording::State::Check {
    Report report;
    const std::function<bool(double)>& progress;
    FrameIndex whole;
    std::optional<Nanos> latest; ///< Capture time of the last good record.

    void trouble(std::string line)
    {
        if (report.troubles.size() < kMostTroubles)
            report.troubles.push_back(std::move(line));
    }
};

/// @return false when it was cancelled.
bool Recording::State::check(const Piece& piece, Check& state) const
{
    SequentialPictures pictures(piece.part->folder() / "picture.mjpeg");
    TakeSum sum(claimed.timecode.rate);
    std::uint64_t pictures_end = 0; // of the frames before: append only means that offsets never go back
    const bool whole = piece.part->pass([&](FrameIndex own, const std::optional<IndexRecord>& record) {
        const FrameIndex n = piece.first + own;
        sum.add(record);
        if (n >= piece.end)
            return true; // the next part has it
        if (state.progress && !state.progress(static_cast<double>(n) / static_cast<double>(state.whole)))
            return false;
        std::string wrong;
        if (!record) {
            wrong = fmt::format("frame {} is damaged: its record in the index is", n);
        } else {
            if (isPlausible(record->captured_at)) {
                if (state.latest && record->captured_at < *state.latest) {
                    ++state.report.backwards;
                    state.trouble(
                        fmt::format("frame {} is said to be captured before the frame before it", n));
                }
                state.latest = record->captured_at;
            }
            if (record->loss != Loss::None) {
                ++state.report.lost;
                return true;
            }
            const auto jpeg = pictures.at(record->offset, record->size);
            if (jpeg.size() != record->size || hashOf(jpeg) != record->jpeg_hash)
                wrong = fmt::format("frame {} is damaged: its picture does not match its check sum", n);
            else if (record->offset < pictures_end)
                wrong = fmt::format("frame {} is damaged: its picture overlaps the one before", n);
            else if (const auto header = base::readJpegHeader(jpeg); !header)
                wrong = fmt::format("frame {} is damaged: {}", n, header.error().message);
            else if (header->width != record->width || header->height != record->height)
                wrong = fmt::format("frame {} is damaged: the index says {}x{}, its picture {}x{}", n,
                    record->width, record->height, header->width, header->height);
        }
        if (wrong.empty()) {
            pictures_end = record->offset + record->size;
        } else {
            state.report.damaged.push_back(n);
            state.trouble(std::move(wrong));
        }
        return true;
    });
    for (std::string& line : piece.part->disagreements(sum))
        state.trouble(piece.first == 0
                ? std::move(line)
                : fmt::format("{} ({})", line, piece.part->folder().filename().string()));
    return whole;
}

base::Result<Recording::Report> Recording::verify(const std::function<bool(double)>& progress) const
{
    State::Check state { {}, progress, frameCount(), {} };
    state.report.frames = frameCount();
    for (const std::string& line : state_->missing)
        state.trouble(line);
    for (const Piece& piece : state_->pieces) {
        if (!piece.part) {
            state.trouble(
                fmt::format("frames {} to {} are missing: {}", piece.first, piece.end - 1, piece.missing));
            for (FrameIndex n = piece.first; n < piece.end; ++n)
                state.report.damaged.push_back(n);
        } else if (!state_->check(piece, state)) {
            return fail(Fault::Cancelled, "the check was stopped");
        }
    }
    if (progress)
        progress(1);
    return state.report;
}

std::uint64_t bytesOnDisk(const std::filesystem::path& folder, const TakeFacts& facts)
{
    namespace fs = std::filesystem;
    std::vector<fs::path> folders { folder };
    std::error_code gone;
    for (const Part& part : facts.parts) {
        const fs::path place = part.folder;
        const fs::path beside = folder.parent_path() / place.filename();
        folders.push_back(!fs::is_directory(place, gone) && fs::is_directory(beside, gone) ? beside : place);
    }
    std::uint64_t bytes = 0;
    for (const fs::path& each : folders) {
        std::error_code trouble;
        for (auto entry = fs::recursive_directory_iterator(each, trouble);
             !trouble && entry != fs::end(entry); entry.increment(trouble)) {
            if (!entry->is_symlink(gone) && entry->is_regular_file(gone))
                if (const auto size = entry->file_size(gone); !gone)
                    bytes += size;
        }
    }
    return bytes;
}

} // namespace backtake::takes
