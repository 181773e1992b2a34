// `backtake takes`: what was shot.
#include "app/command_line.hpp"
#include "app/log_json.hpp"
#include "base/text.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>

#include <set>

namespace backtake::app {

namespace fs = std::filesystem;

namespace {

/// The recordings of one take, for people.
void list(const Speech& speech, const takes::LoggedTake& take)
{
    for (const takes::LoggedClip& clip : take.clips) {
        const takes::TakeFacts& facts = clip.facts;
        const auto timecode = [&](std::int64_t at) { return base::timecodeLabel(at, facts.timecode); };
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
            base::seconds(facts.duration), timecode(facts.start_timecode), said));
        for (const takes::Mark& mark : take.marks) {
            if (mark.take != facts.id)
                continue;
            const std::string_view kind = mark.kind == takes::Mark::Kind::Tell ? takes::nameOf(mark.tell)
                : mark.kind == takes::Mark::Kind::Note                         ? "note"
                                                                               : "mark";
            speech.note(fmt::format("             {:>6} shown, {:>6} captured {}  {} {}",
                shownFrame(facts, mark.captured_frame), mark.captured_frame,
                mark.timecode ? timecode(*mark.timecode) : "", kind, base::oneLine(mark.text)));
        }
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
    auto setups = log.setups();
    auto stories = log.stories();
    if (!logged || !setups || !stories)
        return speech.fail(!logged ? logged.error() : !setups ? setups.error() : stories.error());
    WholeLog whole { std::move(*logged), std::move(*setups), std::move(*stories) };
    addUnlogged(*entries, whole.takes);
    const LogTotals totals = totalsOf(whole.takes);
    for (const takes::LoggedTake& take : whole.takes)
        list(speech, take);
    if (whole.takes.empty())
        speech.note(fmt::format("no take in {} yet", folder));
    else
        speech.note(fmt::format("{} setups, {} takes, {} circled, {}, {}", totals.setups, totals.takes,
            totals.circled, base::durationText(totals.filmed), base::bytesText(totals.picture_bytes)));
    if (speech.json)
        speech.result(logJson(folder, whole, troubles));
    for (const std::string& trouble : troubles)
        fmt::print(stderr, "backtake: {}\n", base::oneLine(trouble));
    return 0;
}

} // namespace backtake::app
