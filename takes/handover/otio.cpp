// OpenTimelineIO. A clip's source_range begins at the lower bound of what is used and is as long as the clip
// is on the timeline; a time warp changes what is shown inside it. Markers are Marker.1, the one form that
// both 0.18 and 0.19 read. Rates are the exact fraction: 24000/1001, not 23.976.
#include "takes/handover/formats.hpp"

#include <nlohmann/json.hpp>

namespace backtake::handover {
namespace {

using Json = nlohmann::ordered_json;

struct Maker {
    double rate;

    [[nodiscard]] Json time(std::int64_t frames) const
    {
        return { { "OTIO_SCHEMA", "RationalTime.1" }, { "rate", rate },
            { "value", static_cast<double>(frames) } };
    }
    [[nodiscard]] Json range(std::int64_t first, std::int64_t count) const
    {
        return { { "OTIO_SCHEMA", "TimeRange.1" }, { "start_time", time(first) },
            { "duration", time(count) } };
    }
};

Json clipJson(const Timeline& timeline, const Clip& clip, const Maker& make)
{
    Json effects = Json::array();
    if (clip.speed_percent != 100)
        effects.push_back(
            { { "OTIO_SCHEMA", "LinearTimeWarp.1" }, { "name", "" }, { "effect_name", "LinearTimeWarp" },
                { "time_scalar", clip.speed_percent / 100.0 }, { "metadata", Json::object() } });
    Json markers = Json::array();
    for (const Remark& remark : clip.remarks)
        markers.push_back({ { "OTIO_SCHEMA", "Marker.1" }, { "name", remark.words() }, { "color", "YELLOW" },
            { "range", make.range(clip.start + remark.file_frame, 1) }, { "metadata", Json::object() } });
    Json ours { { "slate", clip.slateText() }, { "camera_letter", std::string(1, clip.slate.camera) },
        { "reel", clip.reel }, { "direction", clip.directionText() }, { "speed_percent", clip.speed_percent },
        { "orientation", takes::nameOf(clip.orientation) },
        { "first_frame_played", clip.label(clip.firstShown()) },
        { "last_frame_played", clip.label(clip.lastShown()) }, { "circled", clip.circled },
        { "status", clip.status }, { "rating", clip.rating }, { "director_note", clip.director_note },
        { "continuity_note", clip.continuity_note } };
    if (!clip.shot_as.empty())
        ours["shot_as"] = clip.shot_as;
    return { { "OTIO_SCHEMA", "Clip.2" }, { "name", clip.slateText() },
        { "source_range", make.range(clip.start + clip.in, clip.length()) }, { "effects", effects },
        { "markers", markers }, { "enabled", true },
        { "media_references",
            { { "DEFAULT_MEDIA",
                { { "OTIO_SCHEMA", "ExternalReference.1" }, { "name", clip.fileName() },
                    { "available_range", make.range(clip.start, clip.frames) },
                    { "target_url", relativeUrl(timeline, clip) }, { "metadata", Json::object() } } } } },
        { "active_media_reference_key", "DEFAULT_MEDIA" }, { "metadata", { { "backtake", ours } } } };
}

} // namespace

std::string otioText(const Timeline& timeline)
{
    const Maker make { timeline.timecode.rate.perSecond() };
    Json children = Json::array();
    for (const Clip& clip : timeline.clips)
        children.push_back(clipJson(timeline, clip, make));
    const auto group = [](const char* schema, const char* name, Json members) {
        return Json { { "OTIO_SCHEMA", schema }, { "name", name }, { "source_range", nullptr },
            { "effects", Json::array() }, { "markers", Json::array() }, { "enabled", true },
            { "metadata", Json::object() }, { "children", std::move(members) } };
    };
    Json track = group("Track.1", "V1", std::move(children));
    track["kind"] = "Video";
    const Json whole { { "OTIO_SCHEMA", "Timeline.1" }, { "name", timeline.title },
        { "global_start_time", make.time(timeline.start) },
        { "tracks", group("Stack.1", "tracks", Json::array({ std::move(track) })) },
        { "metadata", Json::object() } };
    return whole.dump(4, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace backtake::handover
