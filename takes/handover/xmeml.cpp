// Final Cut Pro 7 XML, version 4, as Premiere and Resolve read it. in and out count in the retimed clip, of a
// reversed one from the tail: in = (N - b) / s, out = (N - a) / s, and the clip is L = N / s long. The speed
// stays positive, reverse says TRUE.
#include "takes/handover/formats.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <sstream>

namespace backtake::handover {
namespace {

void put(pugi::xml_node parent, const char* name, const std::string& value)
{
    parent.append_child(name).text().set(value.c_str());
}
void put(pugi::xml_node parent, const char* name, std::int64_t value)
{
    put(parent, name, fmt::format("{}", value));
}

void putRate(pugi::xml_node parent, base::Rate rate)
{
    auto node = parent.append_child("rate");
    put(node, "timebase", rate.nominal());
    put(node, "ntsc", rate.denominator == 1001 ? "TRUE" : "FALSE");
}

void putTimecode(pugi::xml_node parent, std::int64_t number, const base::TimecodeFormat& format,
    const std::string& reel = "")
{
    auto node = parent.append_child("timecode");
    putRate(node, format.rate);
    put(node, "string", base::timecodeLabel(number, format));
    put(node, "frame", number);
    put(node, "displayformat", format.drop_frame ? "DF" : "NDF");
    if (!reel.empty())
        put(node.append_child("reel"), "name", reel);
}

void putParameter(pugi::xml_node effect, const char* id, const std::string& value)
{
    auto node = effect.append_child("parameter");
    put(node, "parameterid", id);
    put(node, "name", id);
    put(node, "value", value);
}

void putCharacteristics(pugi::xml_node parent, const Clip& clip)
{
    auto picture = parent.append_child("samplecharacteristics");
    putRate(picture, clip.timecode.rate);
    put(picture, "width", clip.width);
    put(picture, "height", clip.height);
    put(picture, "pixelaspectratio", "square");
}

void putSpeed(pugi::xml_node item, const Clip& clip)
{
    auto effect = item.append_child("filter").append_child("effect");
    put(effect, "name", "Time Remap");
    put(effect, "effectid", "timeremap");
    put(effect, "effectcategory", "motion");
    put(effect, "effecttype", "motion");
    put(effect, "mediatype", "video");
    putParameter(effect, "variablespeed", "0");
    putParameter(effect, "speed", fmt::format("{}", clip.percent()));
    putParameter(effect, "reverse", clip.reversed() ? "TRUE" : "FALSE");
    putParameter(effect, "frameblending", "FALSE");
}

} // namespace

std::string xmemlText(const Timeline& timeline)
{
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version").set_value("1.0");
    declaration.append_attribute("encoding").set_value("UTF-8");
    document.append_child(pugi::node_doctype).set_value("xmeml");
    auto root = document.append_child("xmeml");
    root.append_attribute("version").set_value("4");
    auto sequence = root.append_child("sequence");
    sequence.append_attribute("id").set_value("sequence-1");
    put(sequence, "name", timeline.title);
    put(sequence, "duration", timeline.length());
    putRate(sequence, timeline.timecode.rate);
    putTimecode(sequence, timeline.start, timeline.timecode);
    auto video = sequence.append_child("media").append_child("video");
    putCharacteristics(video.append_child("format"), timeline.clips.front());
    auto track = video.append_child("track");
    FrameIndex begin = 0;
    int number = 0;
    for (const Clip& clip : timeline.clips) {
        ++number;
        auto item = track.append_child("clipitem");
        item.append_attribute("id").set_value(fmt::format("clipitem-{}", number).c_str());
        put(item, "name", clip.fileName());
        put(item, "duration", clip.retimed(clip.frames));
        putRate(item, clip.timecode.rate);
        put(item, "start", begin);
        put(item, "end", begin + clip.length());
        const FrameIndex in = clip.retimed(clip.reversed() ? clip.frames - clip.out : clip.in);
        put(item, "in", in);
        put(item, "out", in + clip.length());
        auto file = item.append_child("file");
        file.append_attribute("id").set_value(fmt::format("file-{}", number).c_str());
        put(file, "name", clip.fileName());
        put(file, "pathurl", fileUrl(clip.file));
        putRate(file, clip.timecode.rate);
        put(file, "duration", clip.frames);
        putTimecode(file, clip.start, clip.timecode, clip.reel);
        auto media = file.append_child("media");
        putCharacteristics(media.append_child("video"), clip);
        if (clip.sound_channels > 0) {
            auto sound = media.append_child("audio");
            auto characteristics = sound.append_child("samplecharacteristics");
            put(characteristics, "samplerate", clip.sound_rate_hz);
            put(sound, "channelcount", clip.sound_channels);
        }
        if (clip.speed_percent != 100)
            putSpeed(item, clip);
        for (const Remark& remark : clip.remarks) {
            if (!clip.shownAt(remark.file_frame))
                continue;
            const FrameIndex at =
                clip.retimed(clip.reversed() ? clip.frames - 1 - remark.file_frame : remark.file_frame);
            auto marker = item.append_child("marker");
            put(marker, "name", remark.name);
            put(marker, "comment", remark.text);
            put(marker, "in", at);
            put(marker, "out", -1);
        }
        auto info = item.append_child("logginginfo");
        put(info, "description",
            clip.directionText() + (clip.shot_as.empty() ? "" : ". Shot as " + clip.shot_as));
        put(info, "scene", clip.slate.scene);
        put(info, "shottake", clip.slateText());
        put(info, "lognote", clip.director_note);
        put(info, "good", clip.circled ? "TRUE" : "FALSE");
        auto comments = item.append_child("comments");
        put(comments, "mastercomment1", clip.continuity_note);
        put(comments, "mastercomment2", clip.status);
        begin += clip.length();
    }
    std::ostringstream out;
    document.save(out, "    ", pugi::format_default, pugi::encoding_utf8);
    return out.str();
}

} // namespace backtake::handover
