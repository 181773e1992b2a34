// MLT XML for melt, Kdenlive and Shotcut. At whole multiples of 100 % a clip is a timewarp producer, which
// shows (out - position) * s, where out is the producer's own: it runs from 0 to L - 1 whatever is used of
// it, and the window stands on the playlist's entry. At other speeds timewarp rounds to the nearest frame,
// halves by the last bits of a double: there the pictures are those of a timeremap link, which takes the
// frame that a straight line leads to, and timewarp has the sound alone, on a track of its own (slow and
// backwards, timeremap of MLT 7.12 makes noise of it). Numbers are read by locale, so the file says which.
// Paths are relative to the file.
#include "takes/handover/formats.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace backtake::handover {
namespace {

void property(pugi::xml_node parent, const char* name, const std::string& value)
{
    auto node = parent.append_child("property");
    node.append_attribute("name").set_value(name);
    node.text().set(value.c_str());
}

void describe(pugi::xml_node node, const Clip& clip)
{
    property(node, "backtake:slate", clip.slateWords());
    property(node, "backtake:direction", clip.directionText());
}

/// Whether timewarp shows the frames meant: then it is not asked to round.
bool isWhole(const Clip& clip) { return clip.percent() % 100 == 0; }

/// The clip's time line for timeremap: seconds of the file at its first place and at the one behind its last.
/// Between them it is straight. It stands half a step (of 1/q frames, at a speed of p/q) above what frameAt()
/// rounds down: far from where a double could lead to another frame, in takes of any length.
std::string remapOf(const Clip& clip)
{
    const std::int64_t q = 100 / std::gcd(clip.percent(), std::int64_t { 100 });
    const base::Rate rate = clip.timecode.rate;
    const auto secondsAt = [&](FrameIndex place) {
        const double frame = clip.reversed()
            ? static_cast<double>(clip.out) - static_cast<double>((place + 1) * clip.percent()) / 100
            : static_cast<double>(clip.in) + static_cast<double>(place * clip.percent()) / 100;
        return (frame + 0.5 / static_cast<double>(q)) * rate.denominator / rate.numerator;
    };
    return fmt::format("0={:.17g};{}={:.17g}", secondsAt(0), clip.length(), secondsAt(clip.length()));
}

/// Everything below <mlt>, and what its nodes are called.
class Project {
public:
    Project(pugi::xml_node root, const Timeline& timeline)
        : root_(root)
        , timeline_(timeline)
    {
    }
    void write();

private:
    pugi::xml_node source(const char* kind, const std::string& id, FrameIndex length);
    /// Plays the clip by itself, at whole multiples of 100 %; of others the sound.
    void addWarp(const std::string& id, const Clip& clip);
    void addRemap(const std::string& id, const Clip& clip);
    pugi::xml_node playlist(const char* id)
    {
        auto list = root_.append_child("playlist");
        list.append_attribute("id").set_value(id);
        return list;
    }
    static void play(pugi::xml_node list, const std::string& id, FrameIndex in, FrameIndex length)
    {
        auto entry = list.append_child("entry");
        entry.append_attribute("producer").set_value(id.c_str());
        entry.append_attribute("in").set_value(static_cast<long long>(in));
        entry.append_attribute("out").set_value(static_cast<long long>(in + length - 1));
    }
    /// Of the clip at its speed, the first place that is used.
    static FrameIndex windowOf(const Clip& clip)
    {
        return clip.retimed(clip.reversed() ? clip.frames - clip.out : clip.in);
    }

    pugi::xml_node root_;
    const Timeline& timeline_;
};

pugi::xml_node Project::source(const char* kind, const std::string& id, FrameIndex length)
{
    auto node = root_.append_child(kind);
    node.append_attribute("id").set_value(id.c_str());
    node.append_attribute("in").set_value(0);
    node.append_attribute("out").set_value(static_cast<long long>(length - 1));
    property(node, "length", fmt::format("{}", length));
    return node;
}

void Project::addWarp(const std::string& id, const Clip& clip)
{
    const std::string name = relativeName(timeline_, clip);
    auto node = source("producer", id, clip.retimed(clip.frames));
    if (clip.speed_percent == 100) {
        property(node, "mlt_service", "avformat");
        property(node, "resource", name);
        return describe(node, clip);
    }
    const std::string speed = fmt::format("{}", clip.speed_percent / 100.0);
    property(node, "mlt_service", "timewarp");
    property(node, "resource", speed + ":" + name);
    property(node, "warp_speed", speed);
    property(node, "warp_resource", name);
    if (!isWhole(clip))
        property(node, "video_index", "-1");
    describe(node, clip);
}

void Project::addRemap(const std::string& id, const Clip& clip)
{
    auto node = source("chain", id, clip.length());
    property(node, "mlt_service", "avformat");
    property(node, "resource", relativeName(timeline_, clip));
    property(node, "audio_index", "-1");
    describe(node, clip);
    auto link = node.append_child("link");
    link.append_attribute("mlt_service").set_value("timeremap");
    property(link, "map", remapOf(clip)); // up to MLT 7.12
    property(link, "time_map", remapOf(clip));
    property(link, "image_mode", "nearest");
}

void Project::write()
{
    const std::vector<Clip>& clips = timeline_.clips;
    const auto hasSoundApart = [](const Clip& clip) { return !isWhole(clip) && clip.sound_channels > 0; };
    const auto named = [](const char* kind, std::size_t i) { return fmt::format("{}{}", kind, i + 1); };
    for (std::size_t i = 0; i < clips.size(); ++i) {
        isWhole(clips[i]) ? addWarp(named("clip", i), clips[i]) : addRemap(named("clip", i), clips[i]);
        if (hasSoundApart(clips[i]))
            addWarp(named("sound", i), clips[i]);
    }
    const bool has_track = std::ranges::any_of(clips, hasSoundApart);
    const auto pictures = playlist(has_track ? "pictures" : "main");
    for (std::size_t i = 0; i < clips.size(); ++i)
        play(pictures, named("clip", i), isWhole(clips[i]) ? windowOf(clips[i]) : 0, clips[i].length());
    if (!has_track)
        return;
    auto sound = playlist("sound");
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (hasSoundApart(clips[i]))
            play(sound, named("sound", i), windowOf(clips[i]), clips[i].length());
        else
            sound.append_child("blank").append_attribute("length").set_value(
                static_cast<long long>(clips[i].length()));
    }
    auto tracks = root_.append_child("tractor");
    tracks.append_attribute("id").set_value("main");
    for (const char* const list : { "pictures", "sound" })
        tracks.append_child("track").append_attribute("producer").set_value(list);
}

} // namespace

std::string mltText(const Timeline& timeline)
{
    const Clip& first = timeline.clips.front();
    const int across = std::gcd(first.width, first.height);
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version").set_value("1.0");
    declaration.append_attribute("encoding").set_value("UTF-8");
    auto root = document.append_child("mlt");
    root.append_attribute("LC_NUMERIC").set_value("C");
    root.append_attribute("title").set_value(timeline.title.c_str());
    auto profile = root.append_child("profile");
    const auto say = [&profile](
                         const char* name, int value) { profile.append_attribute(name).set_value(value); };
    say("width", first.width);
    say("height", first.height);
    say("progressive", 1);
    say("sample_aspect_num", 1);
    say("sample_aspect_den", 1);
    say("display_aspect_num", first.width / across);
    say("display_aspect_den", first.height / across);
    say("frame_rate_num", timeline.timecode.rate.numerator);
    say("frame_rate_den", timeline.timecode.rate.denominator);
    say("colorspace", 601);
    Project(root, timeline).write();
    std::ostringstream out;
    document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
    return out.str();
}

} // namespace backtake::handover
