// `backtake takes`: what was shot.
#include "app/command_line.hpp"
#include "base/text.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace backtake::app {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

std::string timecodeIn(const takes::TakeFacts& facts, std::int64_t timecode)
{
    return base::timecodeLabel(timecode, facts.timecode);
}

/// In both clocks: where it stands in captured order, and where it is seen in shown order.
Json describe(const takes::Mark& mark, const takes::TakeFacts& facts)
{
    using Kind = takes::Mark::Kind;
    const bool backward = facts.direction == takes::Direction::Backward;
    Json json { { "id", mark.id },
        { "kind",
            mark.kind == Kind::Note       ? "note"
                : mark.kind == Kind::Tell ? "tell"
                                          : "mark" },
        { "captured_frame", mark.captured_frame },
        { "shown_frame", backward ? facts.frames - 1 - mark.captured_frame : mark.captured_frame } };
    if (mark.timecode)
        json["timecode"] = timecodeIn(facts, *mark.timecode);
    if (mark.kind == Kind::Tell)
        json["tell"] = takes::nameOf(mark.tell);
    json["text"] = mark.text;
    return json;
}

Json describe(const takes::LoggedClip& clip)
{
    const takes::TakeFacts& facts = clip.facts;
    Json segments = Json::array();
    for (const takes::Segment& segment : facts.segments)
        segments.push_back({ { "first_frame", segment.first_frame }, { "width", segment.width },
            { "height", segment.height } });
    Json json { { "take", takes::fullText(facts.slate) }, { "scene", facts.slate.scene },
        { "number", facts.slate.take }, { "camera_letter", std::string(1, facts.slate.camera) },
        { "direction", takes::nameOf(facts.direction) }, { "orientation", takes::nameOf(facts.orientation) },
        { "frames", facts.frames }, { "preroll_frames", facts.preroll_frames },
        { "duration_s", base::seconds(facts.duration) }, { "rate", base::text(facts.timecode.rate) },
        { "start_timecode", timecodeIn(facts, facts.start_timecode) }, { "lost", facts.lost },
        { "segments", segments }, { "bytes", facts.picture_bytes }, { "camera", facts.camera },
        { "closed", facts.closed }, { "recovered", facts.recovered }, { "folder", clip.folder.string() } };
    Json names = Json::array();
    if (facts.camera_clip)
        names.push_back(facts.camera_clip->name);
    for (const takes::CameraClip& further : facts.further_clips)
        names.push_back(further.name);
    json["camera_clips"] = names;
    return json;
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

/// The recordings of one take, each with what is said of the take and with its own marks.
void list(const Speech& speech, const takes::LoggedTake& take, Json& into)
{
    for (const takes::LoggedClip& clip : take.clips) {
        const takes::TakeFacts& facts = clip.facts;
        Json marks = Json::array();
        std::vector<std::string> lines;
        for (const takes::Mark& mark : take.marks) {
            if (mark.take != facts.id)
                continue;
            const Json one = describe(mark, facts);
            lines.push_back(fmt::format("             {:>6} shown, {:>6} captured {}  {} {}",
                one["shown_frame"].get<base::FrameIndex>(), mark.captured_frame,
                mark.timecode ? timecodeIn(facts, *mark.timecode) : "",
                mark.kind == takes::Mark::Kind::Tell ? takes::nameOf(mark.tell)
                                                     : one["kind"].get_ref<const std::string&>(),
                base::oneLine(mark.text)));
            marks.push_back(one);
        }
        Json row = describe(clip);
        row["sheet"] = describe(take.sheet);
        row["marks"] = std::move(marks);
        into.push_back(std::move(row));
        std::string said;
        for (const std::string_view word : { std::string_view(take.sheet.circled ? "(O)" : ""),
                 takes::nameOf(take.sheet.verdict), std::string_view(take.sheet.pickup ? "PU" : ""),
                 std::string_view(take.sheet.series ? "SER" : ""),
                 std::string_view(take.sheet.mos ? "MOS" : ""),
                 std::string_view(facts.closed ? "" : "not closed") })
            if (!word.empty())
                said += fmt::format("  {}", word);
        if (take.sheet.slate != take.shot_as)
            said += fmt::format("  (shot as {})", takes::fullText(facts.slate));
        if (!take.sheet.note.empty())
            said += fmt::format("  {}", base::oneLine(take.sheet.note));
        const auto& slate = take.sheet.slate;
        speech.note(fmt::format("{:<10} {} {:>7} frames {:>9.2f} s  {}{}",
            base::oneLine(takes::fullText({ slate.scene, slate.take, facts.slate.camera })),
            facts.direction == takes::Direction::Backward ? "◀" : "▶", facts.frames,
            base::seconds(facts.duration), timecodeIn(facts, facts.start_timecode), said));
        for (const std::string& line : lines)
            speech.note(line);
    }
}

/// What lies in media/ and is not in the log yet: only who may write puts it there.
void addUnlogged(const std::vector<takes::TakeEntry>& entries, std::vector<takes::LoggedTake>& logged)
{
    std::set<fs::path> known;
    for (const takes::LoggedTake& take : logged)
        for (const takes::LoggedClip& clip : take.clips)
            known.insert(clip.folder);
    for (const takes::TakeEntry& entry : entries) {
        if (known.contains(entry.folder))
            continue;
        takes::LoggedTake& take = logged.emplace_back();
        take.shot_as = take.sheet.slate = { entry.facts.slate.scene, entry.facts.slate.take, 'A' };
        take.clips.push_back(entry);
    }
}

/// How many were shot.
std::size_t setupsOf(const std::vector<takes::LoggedTake>& takes)
{
    std::set<std::string> scenes;
    for (const takes::LoggedTake& take : takes)
        scenes.insert(take.sheet.slate.scene);
    return scenes.size();
}

} // namespace

int runTakes(const Speech& speech, const std::string& folder)
{
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
    if (!shoot)
        return speech.fail(shoot.error());
    std::vector<std::string> troubles;
    const auto entries = (*shoot)->takes(&troubles);
    if (!entries)
        return speech.fail(entries.error());
    takes::Log& log = (*shoot)->log();
    auto logged = log.takes();
    const auto setups = log.setups();
    if (!logged || !setups)
        return speech.fail(logged ? setups.error() : logged.error());
    addUnlogged(*entries, *logged);
    for (const std::string& trouble : troubles)
        fmt::print(stderr, "backtake: {}\n", base::oneLine(trouble));
    Json all = Json::array();
    std::int64_t circled = 0;
    base::Nanos duration {};
    std::uint64_t bytes = 0;
    for (const takes::LoggedTake& take : *logged) {
        list(speech, take, all);
        circled += take.sheet.circled ? 1 : 0;
        for (const takes::LoggedClip& clip : take.clips)
            bytes += clip.facts.picture_bytes;
        duration += take.clips.front().facts.duration; // of one camera: all of them ran at once
    }
    Json described = Json::array();
    for (const takes::Setup& setup : *setups)
        described.push_back(describe(setup));
    if (logged->empty())
        speech.note(fmt::format("no take in {} yet", folder));
    else
        speech.note(fmt::format("{} setups, {} takes, {} circled, {}, {}", setupsOf(*logged), logged->size(),
            circled, base::durationText(duration), base::bytesText(bytes)));
    speech.result({ { "shoot", folder }, { "takes", all }, { "setups", described },
        { "totals",
            { { "setups", setupsOf(*logged) }, { "takes", logged->size() }, { "circled", circled },
                { "minutes", base::seconds(duration) / 60 }, { "bytes", bytes } } } });
    return 0;
}

} // namespace backtake::app
