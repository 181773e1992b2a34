#include "takes/handover/clips.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace backtake::handover {
using base::fail;
using base::Fault;

namespace {

void fillFromLog(Clip& clip, const takes::LoggedTake& log, const std::string& take_id, const Media& media)
{
    const char camera = clip.slate.camera;
    if (std::tie(log.sheet.slate.scene, log.sheet.slate.take) != std::tie(clip.slate.scene, clip.slate.take))
        clip.shot_as = takes::text(clip.slate);
    clip.slate = log.sheet.slate;
    clip.slate.camera = camera;
    clip.suffix = takes::suffixOf(log.sheet);
    clip.circled = log.sheet.circled;
    clip.status = takes::nameOf(log.sheet.verdict);
    clip.rating = log.sheet.rating;
    clip.board = takes::nameOf(log.sheet.board);
    const takes::TakeSheet glass = takes::withSetup(log);
    clip.lens = glass.lens;
    clip.stop = glass.stop;
    clip.filter = glass.filter;
    clip.director_note = log.sheet.note;
    for (const takes::Mark& mark : log.marks) {
        if (mark.take != take_id || mark.captured_frame < media.run.first
            || mark.captured_frame >= media.run.last)
            continue;
        const FrameIndex at = media.mirrored(std::min(media.placeOf(mark.captured_frame), clip.frames - 1));
        switch (mark.kind) {
        case takes::Mark::Kind::Mark:
            clip.remarks.push_back({ at, "mark", mark.text });
            break;
        case takes::Mark::Kind::Note:
            clip.remarks.push_back({ at, "note", mark.text });
            break;
        case takes::Mark::Kind::Tell:
            clip.remarks.push_back({ at, std::string(takes::nameOf(mark.tell)), mark.text });
            break;
        }
    }
}

} // namespace

base::Result<takes::FrameRange> rangeOf(const takes::Recording& take, const Playing& playing)
{
    const takes::TakeFacts& facts = take.facts();
    const FrameIndex frames = take.frameCount();
    if (const auto& card = playing.card) { // a repair may have found fewer frames than it was trimmed to
        const FrameIndex first = std::clamp<FrameIndex>(card->first.value_or(0), 0, frames - 1);
        const FrameIndex last = std::clamp<FrameIndex>(card->last.value_or(frames - 1), first, frames - 1);
        return takes::FrameRange { first, last + 1 };
    }
    const FrameIndex in = playing.in.value_or(0);
    const FrameIndex out = playing.out.value_or(frames - 1);
    if (in < 0 || out >= frames || in > out)
        return fail(Fault::Usage,
            fmt::format("{} has the frames 0 … {} in shown order: in {} and out {} are not within them",
                takes::fullText(facts.slate), frames - 1, in, out));
    return facts.direction == takes::Direction::Backward ? takes::FrameRange { frames - 1 - out, frames - in }
                                                         : takes::FrameRange { in, out + 1 };
}

base::Result<std::vector<TakenClip>> clipsOf(const std::shared_ptr<const takes::Recording>& take,
    const takes::LoggedTake* log, const Playing& playing, const std::filesystem::path& mov,
    takes::Order order, Extent extent)
{
    const takes::TakeFacts& facts = take->facts();
    const bool backward = facts.direction == takes::Direction::Backward;
    const auto& card = playing.card;
    const bool reversed = card ? card->direction == takes::Direction::Backward
                               : backward && playing.order == takes::Order::Shown;
    const int speed_percent = card ? card->speed_percent : playing.speed_percent;
    const auto played = rangeOf(*take, playing);
    if (!played)
        return fail(played.error());

    std::vector<TakenClip> clips;
    const bool file_reversed = backward && order == takes::Order::Shown;
    const auto runs =
        takes::movRuns(*take, order, mov, extent == Extent::Played ? std::optional(*played) : std::nullopt);
    FrameIndex places = 0; // of the files before
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const takes::MovRun& run = runs[i];
        Media media { take, run, std::make_shared<takes::NominalGrid>(*take, run.whole.first, run.whole.last),
            file_reversed };
        const FrameIndex places_before = std::exchange(places, places + media.length());
        const FrameIndex from = std::max(played->first, run.first);
        const FrameIndex to = std::min(played->last, run.last);
        if (from >= to)
            continue;
        Clip clip;
        clip.file = run.file;
        // Two files of one take do not share timecodes, so they may share the reel.
        clip.reel = takes::reelName(facts.slate) + (file_reversed ? "R" : "");
        clip.slate = facts.slate;
        clip.timecode = facts.timecode;
        clip.start =
            file_reversed ? places_before : take->timecode(run.whole.first) + media.grid->placeOf(run.first);
        clip.frames = media.length();
        clip.in = media.placeOf(from);
        clip.out = std::max(media.placeOf(to), clip.in + 1);
        if (file_reversed)
            clip.in = clip.frames - std::exchange(clip.out, clip.frames - clip.in);
        clip.speed_percent = reversed != file_reversed ? -speed_percent : speed_percent;
        clip.width = run.width;
        clip.height = run.height;
        clip.orientation = facts.orientation;
        if (facts.sound) {
            clip.sound_channels = facts.sound->channels;
            clip.sound_rate_hz = facts.sound->rate_hz;
        }
        clip.camera = facts.camera;
        if (facts.camera_clip)
            clip.camera_clips = facts.camera_clip->name;
        for (const takes::CameraClip& further : facts.further_clips)
            clip.camera_clips += " " + further.name;
        clip.day = base::localDay(facts.started_at_utc);
        if (backward)
            clip.continuity_note =
                "End of recording = start of scene: the frame captured last meets the previous shot, the one "
                "captured first the next";
        if (log)
            fillFromLog(clip, *log, facts.id, media);
        clips.push_back({ std::move(clip), std::move(media) });
    }
    if (reversed != file_reversed)
        std::ranges::reverse(clips);
    return clips;
}

} // namespace backtake::handover
