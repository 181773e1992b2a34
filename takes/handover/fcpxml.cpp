// FCPXML 1.10. Reverse is a falling timeMap over the whole asset (a map over the clip alone gave black last
// frames in Resolve), windowed by the clip's start, which counts in the remapped time: media time = first +
// last - t. Times are rationals on frame borders. Resolve relinks by name, so names carry the file's
// extension. The order of children is the DTD's.
#include "takes/handover/formats.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <numeric>
#include <sstream>

namespace backtake::handover {
namespace {

/// numerator / denominator seconds: "1001/24000s".
std::string fraction(std::int64_t numerator, std::int64_t denominator)
{
    const std::int64_t divisor = std::gcd(numerator, denominator);
    numerator /= divisor;
    denominator /= divisor;
    return denominator == 1 ? fmt::format("{}s", numerator) : fmt::format("{}/{}s", numerator, denominator);
}

std::string time(std::int64_t frames, base::Rate rate)
{
    return fraction(frames * rate.denominator, rate.numerator);
}

/// A place in the remapped time of an asset that begins at its timecode: t0 + n / (s * rate).
std::string place(const Clip& clip, FrameIndex n)
{
    return fraction((clip.start * clip.percent() + n * 100) * clip.timecode.rate.denominator,
        clip.timecode.rate.numerator * clip.percent());
}

void set(pugi::xml_node node, const char* name, const std::string& value)
{
    node.append_attribute(name).set_value(value.c_str());
}

void addMetadata(pugi::xml_node parent, const char* key, const std::string& value)
{
    if (value.empty())
        return;
    auto md = parent.append_child("md");
    set(md, "key", key);
    set(md, "value", value);
}

} // namespace

std::string fcpxmlText(const Timeline& timeline)
{
    const base::Rate rate = timeline.timecode.rate;
    const char* counting = timeline.timecode.drop_frame ? "DF" : "NDF";
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    set(declaration, "version", "1.0");
    set(declaration, "encoding", "UTF-8");
    document.append_child(pugi::node_doctype).set_value("fcpxml");
    auto root = document.append_child("fcpxml");
    set(root, "version", "1.10");

    auto resources = root.append_child("resources");
    auto format = resources.append_child("format");
    set(format, "id", "r1");
    set(format, "frameDuration", time(1, rate));
    set(format, "width", fmt::format("{}", timeline.clips.front().width));
    set(format, "height", fmt::format("{}", timeline.clips.front().height));
    for (std::size_t i = 0; i < timeline.clips.size(); ++i) {
        const Clip& clip = timeline.clips[i];
        auto asset = resources.append_child("asset");
        set(asset, "id", fmt::format("r{}", i + 2));
        set(asset, "name", clip.fileName());
        set(asset, "start", time(clip.start, rate));
        set(asset, "duration", time(clip.frames, rate));
        set(asset, "hasVideo", "1");
        set(asset, "format", "r1");
        if (clip.sound_channels > 0) {
            set(asset, "hasAudio", "1");
            set(asset, "audioSources", "1");
            set(asset, "audioChannels", fmt::format("{}", clip.sound_channels));
            set(asset, "audioRate", fmt::format("{}", clip.sound_rate_hz));
        }
        auto media = asset.append_child("media-rep");
        set(media, "kind", "original-media");
        set(media, "src", fileUrl(clip.file));
    }

    auto event = root.append_child("library").append_child("event");
    set(event, "name", timeline.title);
    auto project = event.append_child("project");
    set(project, "name", timeline.title);
    auto sequence = project.append_child("sequence");
    set(sequence, "format", "r1");
    set(sequence, "duration", time(timeline.length(), rate));
    set(sequence, "tcStart", time(timeline.start, rate));
    set(sequence, "tcFormat", counting);
    auto spine = sequence.append_child("spine");
    std::int64_t record = timeline.start;
    for (std::size_t i = 0; i < timeline.clips.size(); ++i) {
        const Clip& clip = timeline.clips[i];
        const FrameIndex from_its_side = clip.reversed() ? clip.frames - clip.out : clip.in;
        auto node = spine.append_child("asset-clip");
        set(node, "ref", fmt::format("r{}", i + 2));
        set(node, "name", clip.fileName());
        set(node, "offset", time(record, rate));
        set(node, "start", place(clip, from_its_side));
        set(node, "duration", time(clip.length(), rate));
        set(node, "tcFormat", counting);
        std::string note = fmt::format("{} {}", clip.slateWords(), clip.directionText());
        for (const std::string& more : { clip.status, clip.director_note, clip.continuity_note })
            note += more.empty() ? "" : ". " + more;
        node.append_child("note").text().set(note.c_str());
        if (clip.speed_percent != 100) {
            auto map = node.append_child("timeMap");
            const auto point = [&](const std::string& at, std::int64_t value) {
                auto node_point = map.append_child("timept");
                set(node_point, "time", at);
                set(node_point, "value", time(value, rate));
                set(node_point, "interp", "linear");
            };
            const std::int64_t end = clip.start + clip.frames;
            point(place(clip, 0), clip.reversed() ? end : clip.start);
            point(place(clip, clip.frames), clip.reversed() ? clip.start : end);
        }
        for (const Remark& remark : clip.remarks) {
            if (!clip.shownAt(remark.file_frame))
                continue;
            auto marker = node.append_child("marker");
            set(marker, "start",
                place(clip, clip.reversed() ? clip.frames - 1 - remark.file_frame : remark.file_frame));
            set(marker, "duration", time(1, rate));
            set(marker, "value", remark.words());
        }
        if (clip.circled) {
            auto rating = node.append_child("rating");
            set(rating, "value", "favorite");
            set(rating, "name", "circled");
        }
        auto keyword = node.append_child("keyword");
        set(keyword, "value", clip.reversed() ? "reversed" : "forward");
        auto metadata = node.append_child("metadata");
        addMetadata(metadata, "com.apple.proapps.studio.reel", clip.reel);
        addMetadata(metadata, "com.apple.proapps.studio.scene", clip.slate.scene);
        addMetadata(metadata, "com.apple.proapps.studio.shot", fmt::format("{}", clip.slate.take));
        record += clip.length();
    }
    std::ostringstream out;
    document.save(out, "    ", pugi::format_default, pugi::encoding_utf8);
    return out.str();
}

} // namespace backtake::handover
