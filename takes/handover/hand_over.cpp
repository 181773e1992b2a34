#include "takes/handover/hand_over.hpp"

#include "takes/handover/frame_map.hpp"
#include "takes/handover/report.hpp"
#include "takes/handover/review_copy.hpp"
#include "takes/last_check.hpp"
#include "takes/new_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

namespace backtake::handover {
using base::fail;
using base::Fault;
namespace fs = std::filesystem;

namespace {

/// How a format is made.
enum class Kind { Mov = 1, Copy, Text, Edl, Paper, Map };

struct FormatRow {
    Format format;
    const char* name;
    const char* ending;
    Kind kind;
    std::string (*text)(const Timeline&) = nullptr; ///< Of Kind::Text.
    bool one_rate = true;                           ///< It is a timeline: its clips share a rate.
    double weight = 0;                              ///< Of the time it takes, beside a copy of all pictures.
};
constexpr std::array kFormats {
    FormatRow { Format::Mov, "mov", ".mov", Kind::Mov, nullptr, false, 1 },
    FormatRow { Format::Review, "review", "_review.mp4", Kind::Copy, nullptr, false, 20 },
    FormatRow { Format::ProRes, "prores", "_prores.mov", Kind::Copy, nullptr, false, 40 },
    FormatRow { Format::Otio, "otio", ".otio", Kind::Text, otioText },
    FormatRow { Format::Fcpxml, "fcpxml", ".fcpxml", Kind::Text, fcpxmlText },
    FormatRow { Format::Xmeml, "xmeml", ".xml", Kind::Text, xmemlText },
    FormatRow { Format::Ale, "ale", ".ale", Kind::Text, aleText },
    FormatRow { Format::Markers, "markers", "_markers.txt", Kind::Text, markersText, false },
    FormatRow { Format::Edl, "edl", ".edl", Kind::Edl },
    FormatRow { Format::Mlt, "mlt", ".mlt", Kind::Text, mltText },
    FormatRow { Format::Csv, "csv", ".csv", Kind::Text, csvText, false },
    FormatRow { Format::Pdf, "pdf", ".pdf", Kind::Paper, nullptr, false },
    FormatRow { Format::Html, "html", ".html", Kind::Paper, nullptr, false },
    FormatRow { Format::EditorsPdf, "editors-pdf", "_editors.pdf", Kind::Paper, nullptr, false },
    FormatRow { Format::EditorsHtml, "editors-html", "_editors.html", Kind::Paper, nullptr, false },
    FormatRow { Format::Map, "map", "_frames.csv", Kind::Map, nullptr, true, 1 },
};
const FormatRow& rowOf(Format format) { return *std::ranges::find(kFormats, format, &FormatRow::format); }

bool has(const HandOver& what, Format format)
{
    return std::ranges::find(what.formats, format) != what.formats.end();
}
/// The map is what the clips are checked by: it belongs to all that has clips.
bool hasClips(const HandOver& what)
{
    return std::ranges::any_of(what.formats, [](Format format) {
        return rowOf(format).kind != Kind::Paper && format != Format::Csv && format != Format::Map;
    });
}

std::uint64_t soundBytesOf(const takes::Recording& take)
{
    const auto sound = take.sound();
    constexpr std::uint64_t kWidest = 3; // bytes a sample
    return sound ? static_cast<std::uint64_t>(sound->sampleCount() * sound->channels()) * kWidest : 0;
}

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

using PartDone = std::function<bool(double)>;

/// One file or several that are made in one go.
struct Job {
    std::vector<fs::path> files;
    double weight = 0;
    std::uint64_t bytes = 0; ///< About.
    std::size_t take = 0;    ///< As Step::take.
    std::function<base::Outcome(const PartDone&)> run;
    bool of_the_others = false; ///< Says something of the other files: not written without any.
};

/// Bits for each pixel of a picture. ProRes: Apple ProRes White Paper, 422 at 1920x1080, 25p: 122 Mb/s.
/// H.264: measured of copies with live-action pictures, rounded up.
constexpr double kProResBits = 2.4;
constexpr double kReviewBits = 0.25;
/// What texts, papers and maps take, rounded up.
constexpr std::uint64_t kTextBytes = 64'000;
constexpr std::uint64_t kThumbnailBytes = 300'000;
constexpr std::uint64_t kMapRowBytes = 160;

/// Of a shoot, the days that its clips are of, with their indices.
std::map<std::string, std::vector<std::size_t>> daysOf(const Timeline& timeline)
{
    std::map<std::string, std::vector<std::size_t>> days;
    for (std::size_t i = 0; i < timeline.clips.size(); ++i)
        days[timeline.clips[i].day].push_back(i);
    return days;
}

/// Clips that share a rate.
struct OneRate {
    std::string suffix; ///< Of its files' names; empty when there is no other rate.
    Timeline timeline;
    std::vector<Media> media; ///< Of each clip.
};
using OneRatePtr = std::shared_ptr<const OneRate>;

class Work {
public:
    explicit Work(const HandOver& what)
        : what_(what)
    {
    }
    base::Result<HandedOver> run(const Progress& progress);
    base::Result<Estimate> look();

private:
    base::Outcome open();
    /// open(), plan(), and whether all names are free.
    base::Outcome prepare();
    void plan();
    void planMovs();
    void planCopies(const FormatRow& row);
    void planPapers(const FormatRow& row);
    void planTimelines(const FormatRow& row);
    void planText(const FormatRow& row, const fs::path& file, OneRatePtr part);
    [[nodiscard]] std::vector<OneRatePtr> byRate() const;
    /// @param frames that are read for it.
    void add(fs::path file, const FormatRow& row, FrameIndex frames, std::uint64_t bytes, std::size_t take,
        std::function<base::Outcome(const PartDone&)> run)
    {
        jobs_.push_back({ { std::move(file) }, row.weight * static_cast<double>(frames), bytes, take,
            std::move(run), false });
    }
    [[nodiscard]] std::size_t numberOf(const takes::Recording* take) const
    {
        const auto found = std::ranges::find(takes_, take, &std::shared_ptr<const takes::Recording>::get);
        return static_cast<std::size_t>(found - takes_.begin()) + 1;
    }
    /// Writes a text whole.
    base::Outcome write(const fs::path& path, std::string_view text);
    void leaveOut(const fs::path& what, const base::Error& why)
    {
        result_.remarks.push_back(fmt::format("{} is left out: {}", what.string(), why.message));
    }
    [[nodiscard]] Report reportOf(Paper paper, const std::vector<std::size_t>& clips) const;
    [[nodiscard]] fs::path folder() const
    {
        return what_.file.empty() ? fs::absolute(what_.folder) : fs::absolute(what_.file).parent_path();
    }
    /// @param name in the folder, unless the operator has given one.
    [[nodiscard]] fs::path fileCalled(const std::string& name) const
    {
        return what_.file.empty() ? folder() / name : fs::absolute(what_.file);
    }
    /// The file of a format that has one for each day or rate. @param suffix behind its title.
    [[nodiscard]] fs::path fileCalled(const FormatRow& row, const std::string& suffix) const
    {
        auto file = fileCalled(what_.title + suffix + row.ending);
        if (!what_.file.empty())
            file.replace_filename(file.stem().string() + suffix + file.extension().string());
        return file;
    }
    [[nodiscard]] bool isSequence() const
    {
        return std::ranges::any_of(
            what_.takes, [](const HandOverTake& take) { return take.card.has_value(); });
    }
    /// Of the MOVs.
    [[nodiscard]] Extent extent() const
    {
        // What a card trims is a matter of the sequence: in and out do not touch it.
        const bool of_a_part = (what_.playing.in || what_.playing.out) && !isSequence();
        return of_a_part && movsAlone(what_.formats) ? Extent::Played : Extent::Whole;
    }
    /// What of a take its MOVs hold; none: all.
    [[nodiscard]] std::optional<takes::FrameRange> partOf(const takes::Recording& take) const
    {
        if (extent() == Extent::Whole)
            return std::nullopt;
        const auto played = rangeOf(take, what_.playing);
        return played ? std::optional(*played) : std::nullopt; // open() refuses what is not within the take
    }
    /// The file that Format::Mov makes of a take.
    [[nodiscard]] fs::path movOf(const takes::Recording& take, takes::Order order) const
    {
        std::string name = takes::folderName(take.facts().slate);
        if (const auto part = partOf(take))
            name += fmt::format("_{}-{}", part->first, part->last - 1);
        name += order == takes::Order::Shown ? "_REV.mov" : ".mov";
        return has(what_, Format::Mov) ? fileCalled(name) : folder() / name;
    }
    /// Of the MOVs that the clips stand for: those as captured, unless nothing but reversed ones go over.
    [[nodiscard]] takes::Order orderOfClips() const
    {
        return movsAlone(what_.formats) && what_.movs == std::vector { takes::Order::Shown }
            ? takes::Order::Shown
            : takes::Order::Captured;
    }
    /// Beside what is handed over, under a name that is free: the folder may have others' maps.
    [[nodiscard]] fs::path mapBeside(const OneRate& part) const;

    const HandOver& what_;
    std::vector<std::shared_ptr<const takes::Recording>> takes_;
    Timeline timeline_; ///< Of all clips, whatever their rates.
    std::vector<Media> media_;
    std::vector<OneRatePtr> parts_; ///< The same, a timeline for each rate.
    std::vector<Job> jobs_;
    HandedOver result_;
};

base::Outcome Work::open()
{
    if (what_.takes.empty())
        return fail(Fault::Usage, "there is no take to hand over");
    timeline_.title = what_.title;
    timeline_.folder = folder();
    std::optional<base::Error> unread;
    for (const HandOverTake& take : what_.takes) {
        const auto no = [&](base::Error why) {
            unread = std::move(why);
            leaveOut(take.folder.filename(), *unread);
        };
        // A sequence may show a take twice: it has one MOV.
        const auto known =
            std::ranges::find(takes_, take.folder, [](const auto& recording) { return recording->folder(); });
        const bool is_new = known == takes_.end();
        auto recording = is_new ? takes::Recording::open(take.folder) : *known;
        if (!recording) {
            no(recording.error());
            continue;
        }
        Playing playing = what_.playing;
        playing.card = take.card;
        const takes::Order order = orderOfClips();
        auto clips = clipsOf(
            *recording, take.log ? &*take.log : nullptr, playing, movOf(**recording, order), order, extent());
        if (!clips)
            return fail(clips.error());
        if (clips->empty()) {
            no({ Fault::Corrupt, fmt::format("there is no picture in {}", take.folder.string()), {} });
            continue;
        }
        if (is_new) {
            takes_.push_back(*recording);
            for (const std::string& missing : (*recording)->missing())
                result_.remarks.push_back(
                    fmt::format("{}: {}", takes::fullText((*recording)->facts().slate), missing));
        }
        for (TakenClip& each : *clips) {
            timeline_.clips.push_back(std::move(each.clip));
            media_.push_back(std::move(each.media));
        }
    }
    if (takes_.empty())
        return fail(*unread);
    timeline_.timecode = timeline_.clips.front().timecode;
    timeline_.start = oneHour(timeline_.timecode);
    // What was arranged as one timeline cannot become several.
    const bool timelines = std::ranges::any_of(
        what_.formats, [](Format format) { return rowOf(format).one_rate && format != Format::Map; });
    if (isSequence() && timelines) {
        if (auto same = haveOneRate(timeline_); !same)
            return same;
    }
    if (auto settled = settle(timeline_); !settled)
        return settled;
    parts_ = byRate();
    return {};
}

std::vector<OneRatePtr> Work::byRate() const
{
    std::vector<std::shared_ptr<OneRate>> parts;
    for (std::size_t i = 0; i < timeline_.clips.size(); ++i) {
        const base::TimecodeFormat& format = timeline_.clips[i].timecode;
        auto part = std::ranges::find(parts, format, [](const auto& one) { return one->timeline.timecode; });
        if (part == parts.end()) {
            part = parts.insert(part, std::make_shared<OneRate>());
            (*part)->suffix = "_" + base::text(format.rate) + (format.drop_frame ? "DF" : "");
            (*part)->timeline = { timeline_.title, format, oneHour(format), {}, timeline_.folder };
        }
        (*part)->timeline.clips.push_back(timeline_.clips[i]);
        (*part)->media.push_back(media_[i]);
    }
    for (const auto& part : parts) {
        if (parts.size() == 1)
            part->suffix.clear();
        part->timeline.title += part->suffix;
    }
    return { parts.begin(), parts.end() };
}

void Work::plan()
{
    for (const Format format : what_.formats) {
        const FormatRow& row = rowOf(format);
        switch (row.kind) {
        case Kind::Mov:
            planMovs();
            break;
        case Kind::Copy:
            planCopies(row);
            break;
        case Kind::Paper:
            planPapers(row);
            break;
        case Kind::Text:
        case Kind::Edl:
        case Kind::Map:
            planTimelines(row);
            break;
        }
    }
    if (hasClips(what_) && !has(what_, Format::Map)) {
        for (const OneRatePtr& part : parts_) {
            planText(rowOf(Format::Map), mapBeside(*part), part);
            jobs_.back().of_the_others = true;
        }
    }
}

fs::path Work::mapBeside(const OneRate& part) const
{
    const std::string title = what_.file.empty() ? what_.title : what_.file.stem().string();
    const fs::path name = title + part.suffix + rowOf(Format::Map).ending;
    fs::path file = folder() / name;
    for (int n = 2; isThere(file); ++n)
        file.replace_filename(fmt::format("{}-{}{}", name.stem().string(), n, name.extension().string()));
    return file;
}

void Work::planMovs()
{
    for (const auto& take : takes_) {
        for (const takes::Order order : what_.movs) {
            const auto file = movOf(*take, order);
            const auto part = partOf(*take);
            Job job;
            FrameIndex frames = 0;
            for (const takes::MovRun& run : takes::movRuns(*take, order, file, part)) {
                job.files.push_back(run.file);
                frames += run.last - run.first;
            }
            job.weight = rowOf(Format::Mov).weight * static_cast<double>(frames);
            job.bytes = static_cast<std::uint64_t>(
                static_cast<double>(take->facts().picture_bytes + soundBytesOf(*take))
                * static_cast<double>(frames) / static_cast<double>(take->frameCount()));
            job.take = numberOf(take.get());
            job.run = [this, take, order, file, part](const PartDone& progress) -> base::Outcome {
                const auto exported = takes::exportMov(*take, order, what_.timing, file, progress, part);
                if (!exported)
                    return fail(exported.error());
                result_.frames += exported->frames;
                result_.left_out += exported->left_out;
                if (const auto kept =
                        takes::addDamaged(take->folder(), take->frameCount(), exported->damaged);
                    !kept)
                    result_.remarks.push_back(fmt::format("{}: that frames are damaged is not kept: {}",
                        takes::fullText(take->facts().slate), kept.error().message));
                if (exported->left_out > 0)
                    result_.remarks.push_back(fmt::format("{}: {} frames were lost, damaged or too fast for "
                                                          "the rate: the frame before is held for their time",
                        file.filename().string(), exported->left_out));
                return {};
            };
            jobs_.push_back(std::move(job));
        }
    }
}

void Work::planCopies(const FormatRow& row)
{
    const CopyForm form = customary(row.format == Format::Review ? CopyCodec::H264 : CopyCodec::ProRes);
    for (std::size_t i = 0; i < timeline_.clips.size(); ++i) {
        const auto again =
            std::ranges::count(std::span(timeline_.clips).first(i), timeline_.clips[i].file, &Clip::file);
        const auto file = fileCalled(timeline_.clips[i].file.stem().string()
            + (again > 0 ? fmt::format("_{}", again + 1) : "") + row.ending);
        const takes::MovRun& run = media_[i].run;
        const FrameIndex frames = timeline_.clips[i].length();
        const double shrunk = std::min(1.0, static_cast<double>(form.most_width) / std::max(1, run.width));
        const double bits = row.format == Format::Review ? kReviewBits * shrunk * shrunk : kProResBits;
        const auto bytes =
            static_cast<std::uint64_t>(bits / 8 * run.width * run.height * static_cast<double>(frames));
        add(file, row, frames, bytes, numberOf(media_[i].take.get()),
            [this, i, form, file](const PartDone& progress) -> base::Outcome {
                const auto copied =
                    makeReviewCopy(*media_[i].take, media_[i].run, timeline_.clips[i], form, file, progress);
                if (!copied)
                    return fail(copied.error());
                if (copied->held > 0)
                    result_.remarks.push_back(
                        fmt::format("{}: {} frames were lost or damaged: the one seen before is held",
                            file.filename().string(), copied->held));
                return {};
            });
    }
}

Report Work::reportOf(Paper paper, const std::vector<std::size_t>& clips) const
{
    Report report { paper, {}, {}, {} };
    report.timeline = timeline_;
    report.timeline.clips.clear();
    std::set<std::string> setups;
    std::set<std::string> takes;
    std::set<const takes::Recording*> recordings;
    for (const std::size_t i : clips) {
        const Clip& clip = timeline_.clips[i];
        report.timeline.clips.push_back(clip);
        setups.insert(clip.slate.scene);
        const bool new_take = takes.insert(takes::text(clip.slate)).second;
        report.totals.circled += new_take && clip.circled ? 1 : 0;
        const takes::Recording& take = *media_[i].take;
        const takes::TakeFacts& facts = take.facts();
        if (!recordings.insert(&take).second)
            continue;
        if (new_take)
            report.totals.filmed += facts.duration; // of one camera: all of them ran at once
        report.totals.disk_bytes += takes::bytesOnDisk(take.folder(), facts);
        for (std::string& matter : openMatters(take))
            report.open.push_back({ takes::fullText(clip.slate), std::move(matter) });
    }
    report.totals.setups = static_cast<int>(setups.size());
    report.totals.takes = static_cast<int>(takes.size());
    return report;
}

void Work::planPapers(const FormatRow& row)
{
    const auto days = daysOf(timeline_);
    for (const auto& entry : days) {
        const std::string& day = entry.first;
        const std::vector<std::size_t>& clips = entry.second;
        const auto file = fileCalled(row, days.size() > 1 ? "_" + day : ""); // a day has papers of its own
        const std::uint64_t bytes = kTextBytes + 2 * kThumbnailBytes * clips.size();
        add(file, row, 0, bytes, 0, [this, &row, clips, file](const PartDone&) -> base::Outcome {
            const bool editors = row.format == Format::EditorsPdf || row.format == Format::EditorsHtml;
            const Report report = reportOf(editors ? Paper::EditorsLog : Paper::DailyLog, clips);
            const auto thumbnail = [this, &clips](std::size_t clip, FrameIndex file_frame) {
                const Media& media = media_[clips[clip]];
                return thumbnailOf(*media.take, media.captured(file_frame));
            };
            if (row.format == Format::Html || row.format == Format::EditorsHtml)
                return write(file, htmlText(report, thumbnail));
            const auto pdf = pdfText(report, thumbnail);
            return pdf ? write(file, *pdf) : fail(pdf.error());
        });
    }
}

void Work::planTimelines(const FormatRow& row)
{
    if (!row.one_rate) {
        planText(
            row, fileCalled(row, ""), std::make_shared<const OneRate>(OneRate { "", timeline_, media_ }));
        return;
    }
    for (const OneRatePtr& part : parts_)
        planText(row, fileCalled(row, part->suffix), part);
}

void Work::planText(const FormatRow& row, const fs::path& file, OneRatePtr part)
{
    const FrameIndex frames = row.kind == Kind::Map ? part->timeline.length() : 0;
    const std::uint64_t bytes =
        row.kind == Kind::Map ? kMapRowBytes * static_cast<std::uint64_t>(frames + 1) : kTextBytes;
    add(file, row, frames, bytes, 0, [this, &row, file, part](const PartDone& progress) -> base::Outcome {
        if (row.kind == Kind::Text)
            return write(file, row.text(part->timeline));
        if (row.kind == Kind::Edl)
            return write(file, edlText(part->timeline, what_.edl));
        auto map = takes::NewFile::create(file);
        if (!map)
            return fail(map.error());
        if (auto written = writeFrameMap(part->timeline, part->media, *map, progress); !written)
            return written;
        return map->publish();
    });
}

base::Outcome Work::write(const fs::path& path, std::string_view text)
{
    auto file = takes::NewFile::create(path);
    if (!file)
        return fail(file.error());
    file->write(text);
    return file->publish();
}

base::Outcome Work::prepare()
{
    if (auto opened = open(); !opened)
        return opened;
    plan();
    std::set<fs::path> names;
    for (const Job& job : jobs_)
        for (const fs::path& file : job.files)
            if (!names.insert(file).second || isThere(file))
                return fail(takes::errorOf(EEXIST, "write", file));
    return {};
}

base::Result<Estimate> Work::look()
{
    if (auto prepared = prepare(); !prepared)
        return fail(prepared.error());
    Estimate found { takes_.size(), {}, 0, std::move(result_.remarks) };
    for (const Job& job : jobs_) {
        found.files.insert(found.files.end(), job.files.begin(), job.files.end());
        found.bytes += job.bytes;
    }
    return found;
}

base::Result<HandedOver> Work::run(const Progress& progress)
{
    if (auto prepared = prepare(); !prepared)
        return fail(prepared.error());
    double weights = 0;
    for (const Job& job : jobs_)
        weights += job.weight;
    std::error_code trouble;
    fs::create_directories(folder(), trouble);
    if (trouble)
        return fail(Fault::Denied,
            fmt::format("cannot make the folder {}: {}", folder().string(), trouble.message()));
    double done = 0;
    std::optional<base::Error> unread;
    for (const Job& job : jobs_) {
        if (job.of_the_others && result_.files.empty())
            break;
        const auto tell = [&](double part) {
            const double so_far = weights > 0 ? (done + part * job.weight) / weights : 0;
            return !progress || progress({ so_far, job.take, takes_.size(), job.files.front() });
        };
        // Also before what is made in one go, and what reads nothing.
        if (!tell(0))
            return fail(Fault::Cancelled, "the hand-over was stopped");
        if (const auto outcome = job.run(tell); !outcome) {
            // A take without a picture, or gone meanwhile, does not keep the others from going over.
            const Fault fault = outcome.error().fault;
            if (job.take == 0 || (fault != Fault::Corrupt && fault != Fault::NotFound))
                return fail(outcome.error());
            unread = outcome.error();
            leaveOut(job.files.front().filename(), *unread);
        }
        done += job.weight;
        for (const fs::path& file : job.files) {
            // A take of which a format has no frame that can be read leaves its file out.
            if (!isThere(file))
                continue;
            result_.files.push_back(file);
            result_.bytes += fs::file_size(file, trouble);
        }
    }
    if (result_.files.empty() && unread)
        return fail(*unread);
    const bool names_clips = std::ranges::any_of(what_.formats, [](Format format) {
        const Kind kind = rowOf(format).kind;
        return kind != Kind::Mov && kind != Kind::Copy && kind != Kind::Paper;
    });
    for (const Clip& clip : timeline_.clips) {
        if (names_clips && !isThere(clip.file))
            result_.remarks.push_back(
                fmt::format("{} is named there, but there is no such file yet: hand it over as MOV, too",
                    clip.file.string()));
    }
    if (what_.timing == takes::Timing::AsCaptured && has(what_, Format::Mov))
        result_.remarks.push_back("the MOVs' frames last as long as they did: the other files, the frame map "
                                  "too, count one a frame time");
    if (progress)
        progress({ 1, 0, takes_.size() });
    return std::move(result_);
}

} // namespace

std::string_view nameOf(Format format) { return rowOf(format).name; }

std::vector<Format> formatsNamed(std::string_view names)
{
    std::vector<Format> formats;
    for (std::size_t at = 0; at <= names.size();) {
        const std::size_t end = std::min(names.find(',', at), names.size());
        const std::string_view name = names.substr(at, end - at);
        const std::size_t before = formats.size();
        for (const FormatRow& row : kFormats) {
            if ((name == "all" && row.format != Format::ProRes) || name == row.name)
                formats.push_back(row.format);
        }
        if (formats.size() == before)
            return {};
        at = end + 1;
    }
    return formats;
}

std::string formatNames()
{
    std::string names;
    for (const FormatRow& row : kFormats)
        names += std::string(row.name) + ", ";
    return names + "all";
}

bool movsAlone(std::span<const Format> formats)
{
    return std::ranges::find(formats, Format::Mov) != formats.end()
        && std::ranges::all_of(
            formats, [](Format format) { return format == Format::Mov || format == Format::Map; });
}

std::vector<HandOverTake> takesOf(
    const takes::Story& story, std::span<const takes::LoggedTake> logged, std::size_t& missing)
{
    std::vector<HandOverTake> played;
    missing = story.cards.size();
    for (const takes::StoryCard& card : story.cards) {
        for (const takes::LoggedTake& take : logged) {
            const auto clip = std::ranges::find(
                take.clips, card.take, [](const takes::LoggedClip& one) { return one.facts.id; });
            if (clip == take.clips.end())
                continue;
            played.push_back({ clip->folder, take, card });
            --missing;
            break;
        }
    }
    return played;
}

std::string fileTitle(std::string_view name)
{
    std::string title;
    for (const char c : name)
        title += static_cast<unsigned char>(c) < ' '
                || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos
            ? '_'
            : c;
    // Hidden, an option of every command, or no name at all.
    if (title.empty() || title.front() == '.' || title.front() == '-')
        title.insert(0, "_");
    constexpr std::size_t kLongest = 100; // bytes, with room for what comes behind
    std::size_t end = std::min(title.size(), kLongest);
    while (end < title.size() && (static_cast<unsigned char>(title[end]) & 0xC0) == 0x80) // within a letter
        --end;
    return title.substr(0, end);
}

base::Result<HandedOver> handOver(const HandOver& what, const Progress& progress)
{
    return Work(what).run(progress);
}

base::Result<Estimate> estimate(const HandOver& what) { return Work(what).look(); }

} // namespace backtake::handover
