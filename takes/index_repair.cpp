#include "takes/index_repair.hpp"

#include "base/jpeg.hpp"
#include "takes/index_pages.hpp"
#include "takes/jpeg_scan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Loss;
using base::Nanos;

namespace {

/// What a power cut may have left torn: two intervals of the writer's syncs, and the time of a slow one.
constexpr Nanos kDoubted = std::chrono::seconds(2);
/// Frames of that time at most: bounds the work where times make no sense.
constexpr FrameIndex kMostDoubted = 600;
/// File systems write whole blocks; one that did not come reads as zeros, up to its end.
using base::kBlockBytes;
/// So many zeros before the end of a block are no entropy coded picture.
constexpr std::uint64_t kSuspiciousZeros = 32;
/// No counter reaches it.
constexpr std::int64_t kLatestTimecode = std::int64_t { 1 } << 53;
constexpr std::size_t kScanBytes = 1 << 20;
/// Damaged stretches of an index that are looked at one by one; an index with more is no index any more.
constexpr std::size_t kMostStretches = 100'000;

/// Records by number, in either direction. What cannot be read is damaged.
class Records {
public:
    explicit Records(const File* index)
    {
        if (index == nullptr)
            return;
        chunks_.emplace(*index);
        const std::uint64_t bytes = index->size();
        if (bytes > kIndexHeaderBytes)
            count_ = static_cast<FrameIndex>((bytes - kIndexHeaderBytes) / kIndexRecordBytes);
        count_ = std::min(count_, kMostFrames);
    }
    [[nodiscard]] FrameIndex count() const { return count_; } ///< Whole ones.
    std::span<const std::byte, kIndexRecordBytes> bytes(FrameIndex n) { return chunks_->bytes(n); }
    /// With times and timecodes that can be counted on from: those beyond are damage, whoever reads them.
    std::optional<IndexRecord> operator[](FrameIndex n)
    {
        auto record = chunks_->record(n);
        if (record) {
            record->captured_at =
                std::clamp(record->captured_at, Nanos(-kLatestCapture), Nanos(kLatestCapture));
            record->timecode = std::clamp(record->timecode, -kLatestTimecode, kLatestTimecode);
        }
        return record;
    }

private:
    std::optional<IndexChunks> chunks_;
    FrameIndex count_ = 0;
};

/// Damaged records in a row, with the intact ones beside them.
struct Stretch {
    FrameIndex first = 0;
    FrameIndex count = 0;
    std::optional<IndexRecord> before;
    IndexRecord after;
};

/// A JPEG of a stretch of the picture file.
struct Piece {
    FoundJpeg jpeg;
    std::uint64_t hole = 0; ///< Bytes before it that are none.
};
struct Pieces {
    std::vector<Piece> pieces;
    bool complete = false; ///< To the end of the stretch, without a hole.
};

std::uint64_t endOf(const std::optional<IndexRecord>& record)
{
    return record ? record->offset + record->size : 0;
}

/// The customary rate that intact records were taken at.
std::optional<base::Rate> customaryRate(std::vector<Nanos>& steps)
{
    if (steps.empty())
        return std::nullopt;
    std::sort(steps.begin(), steps.end());
    // Without those of a camera that was away or late: they say nothing about its rate.
    const Nanos typical = steps[steps.size() / 2];
    Nanos total {};
    std::int64_t count = 0;
    for (const Nanos step : steps) {
        if (step < typical / 2 || step > typical * 3 / 2)
            continue;
        total += step;
        ++count;
    }
    const double per_second =
        1e9 * static_cast<double>(count) / std::max(1.0, static_cast<double>(total.count()));
    constexpr std::array kCustomary { base::Rate { 24000, 1001 }, base::Rate { 24, 1 }, base::Rate { 25, 1 },
        base::Rate { 30000, 1001 }, base::Rate { 30, 1 }, base::Rate { 48, 1 }, base::Rate { 50, 1 },
        base::Rate { 60000, 1001 }, base::Rate { 60, 1 }, base::Rate { 100, 1 }, base::Rate { 120, 1 },
        base::Rate { 10, 1 }, base::Rate { 12, 1 }, base::Rate { 15, 1 }, base::Rate { 20, 1 } };
    const auto distance = [&](const base::Rate& rate) { return std::abs(rate.perSecond() / per_second - 1); };
    const auto nearest = std::min_element(kCustomary.begin(), kCustomary.end(),
        [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    if (distance(*nearest) < 0.03)
        return *nearest;
    return base::nearestRate(std::clamp(per_second, 1.0, 999.0));
}

/// One search; the functions follow each other in findIndexRepair().
class Search {
public:
    explicit Search(const RepairOrder& order)
        : order_(order)
        , records_(order.index)
        , picture_bytes_(order.pictures->size())
        , doubted_(kMostDoubted)
    {
    }
    base::Result<IndexRepair> run();

private:
    [[nodiscard]] bool goesOn(double done) const { return !order_.progress || order_.progress(done); }
    [[nodiscard]] bool isInFile(const IndexRecord& record) const
    {
        return record.loss != Loss::None
            || (record.offset <= picture_bytes_ && record.size <= picture_bytes_ - record.offset);
    }
    bool survey();
    bool checkEnd();
    bool fillStretches();
    bool scanEnd();
    void addUp();
    std::span<const std::byte> read(std::uint64_t offset, std::uint64_t bytes);
    bool isPicture(const IndexRecord& record);
    bool isPadding(std::uint64_t from, std::uint64_t to);
    bool isWhole(const FoundJpeg& jpeg);
    bool scan(std::uint64_t from, std::uint64_t to, Pieces& into, double done, double share);
    IndexRecord make(const FoundJpeg& jpeg, const std::optional<IndexRecord>& before, FrameIndex steps);

    const RepairOrder& order_;
    Records records_;
    const std::uint64_t picture_bytes_;
    FrameIndex doubted_; ///< Frames of kDoubted.
    IndexRepair repair_;
    std::vector<Stretch> stretches_;
    std::optional<IndexRecord> last_; ///< The last intact record ...
    FrameIndex last_at_ = -1;         ///< ... and its number.
    std::vector<std::byte> buffer_;
    base::JpegDecoder decoder_;
    base::PicturePool pool_ { 64 << 20 };
};

std::span<const std::byte> Search::read(std::uint64_t offset, std::uint64_t bytes)
{
    if (buffer_.size() < bytes)
        buffer_.resize(static_cast<std::size_t>(bytes));
    const auto into = std::span(buffer_).first(static_cast<std::size_t>(bytes));
    const std::int64_t got = order_.pictures->readAt(into, offset);
    return into.first(static_cast<std::size_t>(std::max<std::int64_t>(got, 0)));
}

bool Search::isPicture(const IndexRecord& record)
{
    if (!isInFile(record))
        return false;
    const auto bytes = read(record.offset, record.size);
    return bytes.size() == record.size && hashOf(bytes) == record.jpeg_hash;
}

/// Cameras fill up behind a JPEG with 00 or FF; it belongs to it. Zeros up to the end of a block are not
/// that: they may be what a power cut left of a picture.
bool Search::isPadding(std::uint64_t from, std::uint64_t to)
{
    if (from == to)
        return true;
    if (to - from >= kBlockBytes || from / kBlockBytes != (to - 1) / kBlockBytes)
        return false;
    const auto bytes = read(from, to - from);
    return bytes.size() == to - from
        && (bytes.front() == std::byte { 0 } || bytes.front() == std::byte { 255 })
        && std::all_of(bytes.begin(), bytes.end(), [&](std::byte one) { return one == bytes.front(); });
}

/// Whether a JPEG that no check sum vouches for can be believed.
bool Search::isWhole(const FoundJpeg& jpeg)
{
    const auto bytes = read(jpeg.offset, jpeg.size);
    if (bytes.size() != jpeg.size)
        return false;
    for (std::uint64_t end = (jpeg.entropy / kBlockBytes + 1) * kBlockBytes; end < jpeg.offset + jpeg.size;
         end += kBlockBytes) {
        const std::uint64_t from = std::max(end - kSuspiciousZeros, jpeg.offset);
        const auto zeros =
            bytes.subspan(static_cast<std::size_t>(from - jpeg.offset), static_cast<std::size_t>(end - from));
        if (std::all_of(zeros.begin(), zeros.end(), [](std::byte one) { return one == std::byte { 0 }; }))
            return false;
    }
    const auto header = base::readJpegHeader(bytes);
    if (!header)
        return header.error().fault == Fault::Unsupported; // nothing here can decode it, then or now
    const auto picture = decoder_.decode(bytes, pool_);
    return picture && !(*picture)->damaged;
}

/// Reads all records once: what is damaged, what lies beside it, and the rate. @return false when cancelled.
bool Search::survey()
{
    std::array<std::byte, kIndexHeaderBytes> header {};
    repair_.header_damaged = order_.index == nullptr || order_.index->readAt(header, 0) < 64
        || !checkIndexHeader(header).has_value();
    repair_.kept = order_.frames ? std::min(records_.count(), *order_.frames) : records_.count();
    std::vector<Nanos> steps;
    FrameIndex damaged = 0;
    for (FrameIndex n = 0; n < repair_.kept; ++n) {
        if (n % 65536 == 0 && !goesOn(0.2 * static_cast<double>(n) / static_cast<double>(repair_.kept)))
            return false;
        const auto record = records_[n];
        if (!record) {
            ++damaged;
            continue;
        }
        if (damaged > 0 && stretches_.size() < kMostStretches)
            stretches_.push_back({ n - damaged, damaged, last_, *record });
        const auto step = last_ && damaged == 0 ? record->captured_at - last_->captured_at : Nanos(0);
        if (steps.size() < 2000 && step > Nanos(0) && step <= std::chrono::seconds(1)
            && record->segment == last_->segment)
            steps.push_back(step);
        damaged = 0;
        last_ = record;
        last_at_ = n;
    }
    const auto found = order_.rate ? order_.rate : customaryRate(steps);
    repair_.rate = found.value_or(base::Rate { 25, 1 });
    const double frames = std::ceil(repair_.rate.perSecond() * static_cast<double>(kDoubted.count()) / 1e9);
    doubted_ = std::clamp<FrameIndex>(static_cast<FrameIndex>(frames), 8, kMostDoubted);
    return true;
}

/// Of a take that was cut off: back from its end until all pictures of some seconds are there.
/// @return false when cancelled.
bool Search::checkEnd()
{
    FrameIndex newest = -1;    // with its picture
    FrameIndex good_from = -1; // the newest of those that are good without a break so far
    Nanos good_time {};
    FrameIndex lost_behind = 0;
    FrameIndex bad_behind = 0;
    std::optional<IndexRecord> behind;
    std::uint64_t bytes_read = 0;
    for (FrameIndex n = last_at_; n >= 0; --n) {
        if (n % 64 == 0 && !goesOn(0.2))
            return false;
        const auto record = records_[n];
        if (!record) {
            behind.reset();
            continue; // a stretch: see fillStretches()
        }
        if (behind && record->offset + record->size != behind->offset) {
            // The writer leaves no hole: what lies behind is left over from a write that was taken back.
            newest = good_from = -1;
            lost_behind = repair_.pictureless = 0;
            ++bad_behind;
        }
        behind = record;
        if (record->loss != Loss::None) {
            if (newest < 0 && bad_behind == 0)
                ++lost_behind;
            continue;
        }
        bytes_read += record->size;
        if (bytes_read > picture_bytes_ + kLargestJpeg)
            break; // records that overlap: made up, and not worth more than one look at every byte
        if (!isPicture(*record)) {
            good_from = -1;
            ++(newest < 0 ? bad_behind : repair_.pictureless);
            continue;
        }
        if (newest < 0)
            newest = n;
        if (good_from < 0) {
            good_from = n;
            good_time = record->captured_at;
        }
        if (good_from - n >= kMostDoubted || (good_from > n && good_time - record->captured_at > kDoubted))
            break;
    }
    // Frames lost by the recorder behind the last picture are frames; what came after a picture that did not
    // reach the disk is not.
    FrameIndex end = bad_behind > 0 || newest < 0 ? newest + 1 : last_at_ + 1;
    if (newest < 0 && bad_behind == 0 && lost_behind > 0)
        end = last_at_ + 1;
    for (FrameIndex n = end; n <= last_at_; ++n)
        repair_.cut_off += records_[n] ? 1 : 0;
    repair_.kept = end;
    return true;
}

/// Finds the JPEGs in a part of the picture file. @return false when cancelled.
bool Search::scan(std::uint64_t from, std::uint64_t to, Pieces& into, double done, double share)
{
    JpegScan jpegs(from);
    std::vector<FoundJpeg> found;
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(kScanBytes, to - from)));
    std::uint64_t end = from;
    // The bytes between two JPEGs belong to the first of them when they are its padding: up to the next one,
    // or, before a hole, up to the end of its last block.
    const auto closeUp = [&](std::uint64_t next) {
        if (into.pieces.empty())
            return next - end;
        FoundJpeg& jpeg = into.pieces.back().jpeg;
        const bool in_blocks = jpeg.offset % kBlockBytes == 0;
        for (const std::uint64_t padded_to :
            { next, in_blocks ? std::min(next, base::wholeBlocks(end)) : end }) {
            if (isPadding(end, padded_to)) {
                jpeg.size += padded_to - end;
                return next - padded_to;
            }
        }
        return next - end;
    };
    while (jpegs.offset() < to) {
        const auto most = std::min<std::uint64_t>(bytes.size(), to - jpegs.offset());
        const std::int64_t got =
            order_.pictures->readAt(std::span(bytes).first(static_cast<std::size_t>(most)), jpegs.offset());
        if (got <= 0)
            break;
        jpegs.feed(std::span(bytes).first(static_cast<std::size_t>(got)), found);
        for (const FoundJpeg& jpeg : found) {
            const std::uint64_t hole = closeUp(jpeg.offset);
            if (into.pieces.size() < static_cast<std::size_t>(kMostFrames))
                into.pieces.push_back({ jpeg, hole });
            end = jpeg.offset + jpeg.size;
        }
        found.clear();
        if (!goesOn(
                done + share * static_cast<double>(jpegs.offset() - from) / static_cast<double>(to - from)))
            return false;
    }
    // At the end of the file zeros may as well be what is left of a picture that did not come, unless they
    // only fill a block.
    const bool reached = to < picture_bytes_ || to % kBlockBytes == 0 ? closeUp(to) == 0 : end == to;
    into.complete = reached && std::all_of(into.pieces.begin(), into.pieces.end(), [](const Piece& one) {
        return one.hole == 0;
    });
    return true;
}

IndexRecord Search::make(const FoundJpeg& jpeg, const std::optional<IndexRecord>& before, FrameIndex steps)
{
    IndexRecord record;
    const auto bytes = read(jpeg.offset, jpeg.size);
    record.offset = jpeg.offset;
    record.size = static_cast<std::uint32_t>(jpeg.size);
    record.width = static_cast<std::uint16_t>(jpeg.width);
    record.height = static_cast<std::uint16_t>(jpeg.height);
    record.jpeg_hash = hashOf(bytes);
    record.captured_at = steps < 0 ? -repair_.rate.timeOf(-steps) : repair_.rate.timeOf(steps);
    record.timecode = order_.start_timecode + steps;
    if (before) {
        record.captured_at += before->captured_at;
        record.timecode = before->timecode + steps;
        const bool same =
            before->loss != Loss::None || (before->width == record.width && before->height == record.height);
        record.segment = before->segment + (same ? 0 : 1);
    }
    return record;
}

/// Damaged records whose pictures lie between those of intact ones, as many as there are records: then it is
/// plain which is which. @return false when cancelled.
bool Search::fillStretches()
{
    std::uint64_t looked_at = 0;
    for (const Stretch& stretch : stretches_) {
        if (stretch.first >= repair_.kept)
            break;
        const std::uint64_t from = endOf(stretch.before);
        const std::uint64_t to = stretch.after.offset;
        Pieces found;
        // In order, or a made-up index has the same bytes looked at again and again.
        const bool lies_between = from >= looked_at && from < to && to <= picture_bytes_;
        if (lies_between)
            looked_at = to;
        if (!goesOn(1) || (lies_between && !scan(from, to, found, 1, 0)))
            return false;
        const bool told =
            lies_between && found.complete && found.pieces.size() == static_cast<std::size_t>(stretch.count);
        for (FrameIndex i = 0; i < stretch.count; ++i) {
            if (!told || !isWhole(found.pieces[static_cast<std::size_t>(i)].jpeg)) {
                ++repair_.damaged;
                continue;
            }
            const FoundJpeg& jpeg = found.pieces[static_cast<std::size_t>(i)].jpeg;
            IndexRecord record = stretch.before ? make(jpeg, stretch.before, i + 1)
                                                : make(jpeg, stretch.after, i - stretch.count);
            if (stretch.before) {
                // Between its neighbours, and not beyond them however the camera's rate was.
                const Nanos span = stretch.after.captured_at - stretch.before->captured_at;
                if (span >= Nanos(0) && span <= kLongestTake)
                    record.captured_at = stretch.before->captured_at + span / (stretch.count + 1) * (i + 1);
            }
            repair_.made.push_back({ stretch.first + i, record });
            ++repair_.rebuilt;
        }
    }
    return true;
}

/// The JPEGs behind the last record. @return false when cancelled.
bool Search::scanEnd()
{
    const std::uint64_t from = endOf(last_);
    if (from >= picture_bytes_)
        return true;
    Pieces found;
    if (!scan(from, picture_bytes_, found, 0.3, 0.5))
        return false;
    auto& pieces = found.pieces;
    const auto count = static_cast<FrameIndex>(pieces.size());
    // Records whose pictures are not there stand for damage when a picture follows theirs: the place of that
    // one is certain, for they say where theirs end.
    const FrameIndex without_pictures = std::exchange(repair_.cut_off, 0);
    const FrameIndex kept_before = repair_.kept;
    if (without_pictures > 0)
        repair_.kept = last_at_ + 1;
    // Records between the last intact one and the end are damaged: they are made anew, too.
    repair_.kept = std::min(repair_.kept, last_at_ + 1);
    const FrameIndex most = order_.frames.value_or(kMostFrames) - repair_.kept;
    const FrameIndex rebuilt_before = repair_.rebuilt;
    std::uint64_t bytes = 0;
    FrameIndex next = repair_.kept;
    std::optional<IndexRecord> before = last_;
    FrameIndex before_at = last_at_;
    const auto put = [&](const IndexRecord& record) {
        repair_.made.push_back({ next, record });
        before = record;
        before_at = next++;
    };
    for (FrameIndex i = 0; i < count && next - repair_.kept < most; ++i) {
        const auto& [jpeg, hole] = pieces[static_cast<std::size_t>(i)];
        if (hole > 0 && count - i <= doubted_)
            break;
        if (count - i <= doubted_ && !isWhole(jpeg))
            break;
        // A hole long before the end is damage, not a cut: as many frames are missing as would fill it.
        const std::uint64_t typical = i > 0 ? bytes / static_cast<std::uint64_t>(i) : jpeg.size;
        const auto missing = hole == 0 ? 0 : std::max<std::uint64_t>(1, (hole + typical / 2) / typical);
        for (std::uint64_t lost = 0; lost < missing && next - repair_.kept < most; ++lost) {
            IndexRecord record = make({ jpeg.offset, 0, 0, 0, 0 }, before, next - before_at);
            record.segment = before ? before->segment : 0;
            record.loss = Loss::CameraDamaged;
            record.jpeg_hash = 0;
            put(record);
        }
        if (next - repair_.kept >= most)
            break;
        put(make(jpeg, before, before ? next - before_at : next));
        bytes += jpeg.size;
        ++repair_.rebuilt;
        if (i % 64 == 0 && !goesOn(0.8 + 0.2 * static_cast<double>(i) / static_cast<double>(count)))
            return false;
    }
    if (repair_.rebuilt > rebuilt_before) {
        repair_.pictureless += without_pictures;
    } else if (without_pictures > 0) {
        repair_.kept = kept_before;
        repair_.cut_off = without_pictures;
    }
    return true;
}

/// What all records add up to, with those made anew in their places.
void Search::addUp()
{
    repair_.sum = TakeSum(repair_.rate);
    std::uint64_t end = 0;
    auto made = repair_.made.begin();
    std::optional<std::int64_t> first_timecode;
    const auto add = [&](const std::optional<IndexRecord>& record) {
        if (record && !first_timecode)
            first_timecode = record->timecode - repair_.sum.frames();
        repair_.sum.add(record && isInFile(*record) ? record : std::nullopt);
        if (record)
            end = endOf(record);
    };
    for (FrameIndex n = 0; n < repair_.kept; ++n) {
        const bool anew = made != repair_.made.end() && made->first == n;
        add(anew ? std::optional((made++)->second) : records_[n]);
    }
    for (; made != repair_.made.end(); ++made)
        add(made->second);
    repair_.unused_bytes = picture_bytes_ - std::min(end, picture_bytes_);
    repair_.first_timecode = first_timecode.value_or(order_.start_timecode);
}

base::Result<IndexRepair> Search::run()
{
    const auto cancelled = [this] {
        return fail(Fault::Cancelled,
            fmt::format("stopped before {} was recovered; nothing was changed", order_.folder.string()));
    };
    if (!survey())
        return cancelled();
    const bool cut_short = order_.frames && records_.count() < *order_.frames;
    if (!order_.frames && !checkEnd())
        return cancelled();
    const FrameIndex counted = repair_.kept;
    const bool ends_damaged = repair_.kept > last_at_ + 1;
    if ((!order_.frames || cut_short || ends_damaged) && !scanEnd())
        return cancelled();
    // Only now it is known which of them stay.
    const auto at_the_end = std::exchange(repair_.made, {});
    if (!fillStretches())
        return cancelled();
    repair_.made.insert(repair_.made.end(), at_the_end.begin(), at_the_end.end());
    if (order_.frames) {
        // All frames of a closed take stay frames.
        repair_.damaged += ends_damaged ? counted - (last_at_ + 1)
                - std::count_if(repair_.made.begin(), repair_.made.end(),
                    [&](const auto& made) { return made.first > last_at_ && made.first < counted; })
                                        : 0;
        repair_.kept = counted;
    } else { // damaged records at the very end never were frames
        repair_.kept = std::min(repair_.kept, last_at_ + 1);
    }
    addUp();
    return std::move(repair_);
}

} // namespace

base::Result<IndexRepair> findIndexRepair(const RepairOrder& order) { return Search(order).run(); }

base::Result<File> replaceIndex(const RepairOrder& order, const IndexRepair& repair, Disk& disk)
{
    const auto path = order.folder / "picture.index";
    const auto beside = order.folder / "picture.index.new";
    const auto trouble = [&](int error_number) {
        disk.remove(beside);
        return fail(errorOf(error_number, "write", path));
    };
    auto file = File::open(beside, O_RDWR | O_CREAT | O_TRUNC, "write", disk);
    if (!file)
        return fail(file.error());
    ::flock(file->descriptor(), LOCK_EX | LOCK_NB);
    Records records(order.index);
    std::vector<std::byte> bytes;
    const auto header = encodeIndexHeader();
    bytes.insert(bytes.end(), header.begin(), header.end());
    std::uint64_t at = 0;
    // With all that the old one had, also what is cut off later: take.json is to say first that it does not
    // count.
    FrameIndex count = records.count();
    if (!repair.made.empty())
        count = std::max(count, repair.made.back().first + 1);
    auto made = repair.made.begin();
    for (FrameIndex n = 0; n < count; ++n) {
        if (made != repair.made.end() && made->first == n) {
            const auto record = encodeRecord(made->second);
            bytes.insert(bytes.end(), record.begin(), record.end());
            ++made;
        } else {
            const auto record = records.bytes(n);
            bytes.insert(bytes.end(), record.begin(), record.end());
        }
        if (bytes.size() < 1 << 20 && n + 1 < count)
            continue;
        if (const int error_number = file->writeAt(bytes, at))
            return trouble(error_number);
        at += bytes.size();
        bytes.clear();
    }
    if (const int error_number = file->writeAt(bytes, at))
        return trouble(error_number);
    if (const int error_number = file->sync())
        return trouble(error_number);
    if (const int result = disk.rename(beside, path); result < 0)
        return trouble(-result);
    if (auto synced = syncFolder(order.folder, disk); !synced)
        return fail(synced.error());
    return std::move(*file);
}

} // namespace backtake::takes
