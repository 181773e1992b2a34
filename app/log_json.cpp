#include "app/log_json.hpp"

#include "app/cue_files.hpp"
#include "app/guide_files.hpp"
#include "app/practice_files.hpp"
#include "base/text.hpp"
#include "takes/handover/report.hpp"
#include "takes/last_check.hpp"
#include "takes/recording.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <set>

namespace backtake::app {

using base::Nanos;
namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

/// Of a take whose disk worked; more would say no more.
constexpr std::size_t kMostLostRuns = 10'000;

/// "2026-11-21T10:04:05.123Z" (RFC 3339); null: not known.
Json utc(Nanos since_epoch)
{
    if (since_epoch.count() <= 0)
        return nullptr;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const auto rest = std::chrono::floor<std::chrono::milliseconds>(since_epoch - seconds);
    return fmt::format(
        "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())), rest.count());
}

Json secondsOr(const std::optional<Nanos>& time) { return time ? Json(base::seconds(*time)) : Json(nullptr); }

std::string timecodeIn(const takes::TakeFacts& facts, std::int64_t timecode)
{
    return base::timecodeLabel(timecode, facts.timecode);
}

std::string_view nameOf(takes::Mark::Kind kind)
{
    switch (kind) {
    case takes::Mark::Kind::Note:
        return "note";
    case takes::Mark::Kind::Tell:
        return "tell";
    case takes::Mark::Kind::Mark:
        break;
    }
    return "mark";
}

/// In both clocks: where it stands in captured order, and where it is seen in shown order.
/// @param take null: it cannot be opened.
Json describe(const takes::Mark& mark, const takes::TakeFacts& facts, const takes::Recording* take)
{
    const bool timed = take && mark.captured_frame >= 0 && mark.captured_frame < take->frameCount();
    std::optional<Nanos> captured;
    std::optional<Nanos> shown;
    if (timed) {
        captured = take->capturedTime(mark.captured_frame);
        shown = facts.direction == takes::Direction::Backward
            ? take->capturedTime(take->frameCount()) - take->capturedTime(mark.captured_frame + 1)
            : *captured;
    }
    return { { "id", mark.id }, { "kind", nameOf(mark.kind) }, { "captured_frame", mark.captured_frame },
        { "shown_frame", shownFrame(facts, mark.captured_frame) }, { "captured_s", secondsOr(captured) },
        { "shown_s", secondsOr(shown) },
        { "timecode", mark.timecode ? Json(timecodeIn(facts, *mark.timecode)) : Json(nullptr) },
        { "tell", mark.kind == takes::Mark::Kind::Tell ? Json(takes::nameOf(mark.tell)) : Json(nullptr) },
        { "text", mark.text }, { "made_at", utc(mark.made_at_utc) } };
}

Json describe(const takes::SoundFacts& sound)
{
    return { { "rate_hz", sound.rate_hz }, { "channels", sound.channels }, { "bits", sound.bits },
        { "samples", sound.samples },
        { "duration_s", static_cast<double>(sound.samples) / sound.measuredRate() },
        { "starts_after_picture_s", base::seconds(sound.starts_after_picture) },
        { "rate_error_ppm", sound.rate_error_ppm } };
}

Json describe(const takes::CameraClip& clip, const fs::path& folder)
{
    std::error_code ignored;
    const bool fetched = !clip.fetched.empty() && fs::is_regular_file(folder / clip.fetched, ignored);
    return { { "name", clip.name }, { "folder", clip.folder }, { "bytes", clip.bytes },
        { "fetched", fetched },
        { "file", fetched ? Json((folder / clip.fetched).string()) : Json(nullptr) } };
}

Json describe(const TakeGuide& guide)
{
    Json runs = Json::array();
    for (const guide::GuideRun& run : guide.record.runs)
        runs.push_back({ { "captured_s", base::seconds(run.begin) },
            { "length_s", base::seconds(run.length) }, { "guide_s", run.guide_s }, { "speed", run.speed } });
    const auto& part = guide.source.part;
    return { { "file", guide.source.file }, { "xxh3", guide.source.checksum },
        { "from_s", part ? Json(base::seconds(part->from)) : Json(nullptr) },
        { "to_s", part ? Json(base::seconds(part->to)) : Json(nullptr) },
        { "nudge_s", base::seconds(guide.record.nudge) }, { "runs", runs } };
}

Json describe(const takes::LastCheck& check)
{
    return { { "by", takes::nameOf(check.by) }, { "checked_at", utc(check.checked_at_utc) },
        { "frames", check.frames }, { "damaged", check.damaged }, { "damaged_frames", check.named },
        { "findings", check.findings } };
}

Json partsOf(const takes::TakeFacts& facts)
{
    Json parts = Json::array();
    std::error_code ignored;
    for (const takes::Part& part : facts.parts)
        parts.push_back({ { "first_frame", part.first_frame },
            { "frames", part.frames > 0 ? Json(part.frames) : Json(nullptr) }, { "folder", part.folder },
            { "there", fs::is_directory(part.folder, ignored) } });
    return parts;
}

Json lostRunsOf(const takes::Recording& take)
{
    Json runs = Json::array();
    for (const auto& run : take.lostRuns(kMostLostRuns))
        runs.push_back(
            { { "first", run.first }, { "last", run.last }, { "cause", takes::nameOf(run.cause) } });
    return runs;
}

Json describe(const takes::TakeSheet& sheet)
{
    return { { "slate", takes::displaySlate(sheet) }, { "scene", sheet.slate.scene },
        { "number", sheet.slate.take }, { "circled", sheet.circled },
        { "verdict", takes::nameOf(sheet.verdict) }, { "pickup", sheet.pickup }, { "series", sheet.series },
        { "mos", sheet.mos }, { "rating", sheet.rating }, { "board", takes::nameOf(sheet.board) },
        { "lens", sheet.lens }, { "stop", sheet.stop }, { "filter", sheet.filter }, { "rate", sheet.rate },
        { "camera", sheet.camera }, { "note", sheet.note } };
}

Json describe(const takes::Setup& setup)
{
    return { { "name", setup.name }, { "description", setup.description },
        { "direction", takes::nameOf(setup.direction) }, { "orientation", takes::nameOf(setup.orientation) },
        { "lens", setup.lens }, { "stop", setup.stop }, { "filter", setup.filter }, { "rate", setup.rate },
        { "camera", setup.camera } };
}

/// The recording of one camera, with what is said of the take and with its own marks.
Json describe(
    const takes::LoggedTake& take, const takes::LoggedClip& clip, std::vector<std::string>& troubles)
{
    const auto recording = takes::Recording::open(clip.folder);
    const takes::Recording* opened = recording ? recording->get() : nullptr;
    const takes::TakeFacts& facts = opened ? opened->facts() : clip.facts;
    const auto& rate = facts.timecode.rate;
    Json segments = Json::array();
    for (const takes::Segment& segment : facts.segments)
        segments.push_back({ { "first_frame", segment.first_frame }, { "width", segment.width },
            { "height", segment.height } });
    Json gaps = Json::array();
    for (const takes::Gap& gap : facts.gaps)
        gaps.push_back({ { "before_frame", gap.before_frame }, { "length_s", base::seconds(gap.length) } });
    Json clips = Json::array();
    if (facts.camera_clip)
        clips.push_back(describe(*facts.camera_clip, clip.folder));
    for (const takes::CameraClip& further : facts.further_clips)
        clips.push_back(describe(further, clip.folder));
    Json guide = nullptr;
    if (const auto played = readTakeGuide(clip.folder); !played)
        troubles.push_back(played.error().message);
    else if (*played)
        guide = describe(**played);
    Json check = nullptr;
    if (const auto last = takes::readLastCheck(clip.folder); !last)
        troubles.push_back(last.error().message);
    else if (*last)
        check = describe(**last);
    Json marks = Json::array();
    for (const takes::Mark& mark : take.marks)
        if (mark.take == clip.facts.id)
            marks.push_back(describe(mark, facts, opened));
    const takes::TakeSheet holds = takes::withSetup(take);
    return { { "take", takes::fullText(facts.slate) }, { "id", clip.facts.id },
        { "scene", facts.slate.scene }, { "number", facts.slate.take },
        { "camera_letter", std::string(1, facts.slate.camera) },
        { "renumbered", take.sheet.slate != take.shot_as }, { "day", base::localDay(facts.started_at_utc) },
        { "started_at", utc(facts.started_at_utc) }, { "direction", takes::nameOf(facts.direction) },
        { "orientation", takes::nameOf(facts.orientation) }, { "frames", facts.frames },
        { "preroll_frames", facts.preroll_frames }, { "duration_s", base::seconds(facts.duration) },
        { "rate", base::text(rate) },
        { "rate_fraction", fmt::format("{}/{}", rate.numerator, rate.denominator) },
        { "drop_frame", facts.timecode.drop_frame },
        { "start_timecode", timecodeIn(facts, facts.start_timecode) }, { "lost", facts.lost },
        { "lost_frames", opened ? lostRunsOf(*opened) : Json::array() }, { "gaps", std::move(gaps) },
        { "check", std::move(check) }, { "segments", std::move(segments) },
        { "sound", facts.sound ? describe(*facts.sound) : Json(nullptr) }, { "bytes", facts.picture_bytes },
        { "disk_bytes", takes::bytesOnDisk(clip.folder, facts) }, { "camera", facts.camera },
        { "closed", facts.closed }, { "recovered", facts.recovered }, { "folder", clip.folder.string() },
        { "parts", partsOf(facts) },
        { "continues", facts.continues ? Json(facts.continues->folder) : Json(nullptr) },
        { "camera_clips", std::move(clips) }, { "guide", std::move(guide) },
        { "sheet", describe(take.sheet) },
        { "holds",
            { { "lens", holds.lens }, { "stop", holds.stop }, { "filter", holds.filter },
                { "rate", holds.rate }, { "camera", holds.camera } } },
        { "marks", std::move(marks) },
        { "open", opened ? handover::openMatters(*opened) : std::vector { recording.error().message } } };
}

/// As the audience sees it. @return the slate of a card that names a recording which is not in the log as
/// null.
Json describe(const takes::Story& story, std::span<const takes::LoggedTake> logged)
{
    Json cards = Json::array();
    for (const takes::StoryCard& card : story.cards) {
        Json slate = nullptr;
        for (const takes::LoggedTake& take : logged)
            for (const takes::LoggedClip& clip : take.clips)
                if (clip.facts.id == card.take)
                    slate = takes::fullText(
                        { take.sheet.slate.scene, take.sheet.slate.take, clip.facts.slate.camera });
        cards.push_back({ { "id", card.take }, { "slate", std::move(slate) },
            { "first", card.first ? Json(*card.first) : Json(nullptr) },
            { "last", card.last ? Json(*card.last) : Json(nullptr) },
            { "direction", takes::nameOf(card.direction) }, { "speed_percent", card.speed_percent } });
    }
    return { { "name", story.name }, { "cards", std::move(cards) } };
}

Json describe(const LogTotals& totals)
{
    return { { "setups", totals.setups }, { "takes", totals.takes }, { "circled", totals.circled },
        { "minutes", base::seconds(totals.filmed) / 60 }, { "frames", totals.frames },
        { "lost", totals.lost }, { "bytes", totals.picture_bytes } };
}

Json cueSheetsOf(const fs::path& shoot, std::vector<std::string>& troubles)
{
    Json sheets = Json::array();
    for (const std::string& name : cueSheetNames(shoot)) {
        const auto path = cueSheetPath(shoot, name);
        const auto sheet = path ? readCueSheet(*path) : base::fail(path.error());
        if (!sheet) {
            troubles.push_back(sheet.error().message);
            continue;
        }
        sheets.push_back({ { "name", name }, { "title", sheet->title }, { "language", sheet->language },
            { "lines", sheet->lines.size() }, { "duration_s", base::seconds(sheet->duration) },
            { "file", path->string() } });
    }
    return sheets;
}

Json practiceOf(const fs::path& shoot)
{
    const fs::path folder = shoot / "practice";
    Json attempts = Json::array();
    for (const ui::PracticeAttempt& attempt : listAttempts(folder).attempts)
        attempts.push_back({ { "number", attempt.number }, { "length_s", base::seconds(attempt.length) },
            { "points", attempt.whole.points }, { "file", practiceFile(folder, attempt.number).string() } });
    return attempts;
}

} // namespace

base::FrameIndex shownFrame(const takes::TakeFacts& facts, base::FrameIndex n)
{
    return facts.direction == takes::Direction::Backward ? facts.frames - 1 - n : n;
}

LogTotals totalsOf(std::span<const takes::LoggedTake> takes, const std::string& day)
{
    LogTotals totals;
    std::set<std::string> scenes;
    for (const takes::LoggedTake& take : takes) {
        const takes::TakeFacts& first = take.clips.front().facts;
        if (!day.empty() && base::localDay(first.started_at_utc) != day)
            continue;
        scenes.insert(take.sheet.slate.scene);
        ++totals.takes;
        totals.circled += take.sheet.circled ? 1 : 0;
        totals.filmed += first.duration;
        for (const takes::LoggedClip& clip : take.clips) {
            totals.frames += clip.facts.frames;
            totals.lost += takes::lostFrames(clip.facts.lost);
            totals.picture_bytes += clip.facts.picture_bytes;
        }
    }
    totals.setups = scenes.size();
    return totals;
}

nlohmann::ordered_json logJson(const fs::path& shoot, const WholeLog& log, std::vector<std::string>& troubles)
{
    Json takes = Json::array();
    std::set<std::string> days;
    std::uint64_t disk_bytes = 0;
    for (const takes::LoggedTake& take : log.takes) {
        days.insert(base::localDay(take.clips.front().facts.started_at_utc));
        for (const takes::LoggedClip& clip : take.clips) {
            takes.push_back(describe(take, clip, troubles));
            disk_bytes += takes.back()["disk_bytes"].get<std::uint64_t>();
        }
    }
    Json by_day = Json::array();
    for (const std::string& day : days) {
        Json one { { "day", day } };
        one.update(describe(totalsOf(log.takes, day)));
        by_day.push_back(std::move(one));
    }
    Json setups = Json::array();
    for (const takes::Setup& setup : log.setups)
        setups.push_back(describe(setup));
    Json sequences = Json::array();
    for (const takes::Story& story : log.stories)
        sequences.push_back(describe(story, log.takes));
    Json totals = describe(totalsOf(log.takes));
    totals["disk_bytes"] = disk_bytes;
    return { { "version", 1 }, { "shoot", shoot.string() }, { "takes", std::move(takes) },
        { "setups", std::move(setups) }, { "days", std::move(by_day) }, { "sequences", std::move(sequences) },
        { "cue_sheets", cueSheetsOf(shoot, troubles) }, { "practice", practiceOf(shoot) },
        { "totals", std::move(totals) } };
}

} // namespace backtake::app
