// MLT XML for melt, Kdenlive and Shotcut. A timewarp producer shows (out - position) * s, where out is the
// producer's own: it runs from 0 to L - 1 whatever is used of it, and the window stands on the playlist's
// entry. What it shows of the file is rounded to the nearest frame: see Warp. The speed is read by locale, so
// the file says which. Paths are relative to the file.
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

/// How a speed of p/q is written so that MLT shows floor(c p/q) for the c-th place of the clip at its speed,
/// as frameAt() does.
///
/// MLT shows floor(c * (R / F) + 1/2), R being the file's rate, F that of a profile of its own: R / s, its
/// numerator cut off to an integer (producer_timewarp.c, producer_avformat.c of MLT 7.12 to 7.40). With an
/// even q some halves fall on whole numbers, where a double is now above and now below. With a numerator that
/// is one higher all of them lie below, by file frame / numerator; that and a window moved by (q - 1) / 2p
/// places, where that is whole, give each place the frame meant. It is so for 100/q % and whole multiples of
/// 100 %; other speeds are met within a frame.
struct Warp {
    FrameIndex shift = 0; ///< Places from the one meant to the one asked for.
    std::string speed;    ///< Signed.
};
Warp warpOf(const Clip& clip)
{
    const std::int64_t step = std::gcd(clip.percent(), std::int64_t { 100 });
    const std::int64_t p = clip.percent() / step;
    const std::int64_t q = 100 / step;
    Warp warp { (q - 1) / 2 / p, fmt::format("{}", clip.speed_percent / 100.0) };
    // MLT scales rates below 1000 up.
    const std::int64_t scaled =
        clip.timecode.rate.numerator * (clip.timecode.rate.numerator < 1000 ? 1000 : 1);
    if (q % 2 == 0 && clip.frames * p < scaled) {
        const double magnitude = static_cast<double>(scaled) / (static_cast<double>(scaled * q / p) + 1.5);
        warp.speed = fmt::format("{:.9f}", clip.reversed() ? -magnitude : magnitude);
    } else if (q % 2 == 0) {
        // In takes of more than a quarter of an hour the step of the numerator would lead to the next frame.
        // Moved so that the halves are to be rounded up, most of them are.
        warp.shift = q / 2 / p;
    }
    return warp;
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
    int number = 0;
    for (const Clip& clip : timeline.clips) {
        const std::string name = relativeName(timeline, clip);
        auto producer = root.append_child("producer");
        producer.append_attribute("id").set_value(fmt::format("clip{}", ++number).c_str());
        const FrameIndex length = clip.retimed(clip.frames);
        producer.append_attribute("in").set_value(0);
        producer.append_attribute("out").set_value(static_cast<long long>(length - 1));
        property(producer, "length", fmt::format("{}", length));
        if (clip.speed_percent == 100) {
            property(producer, "mlt_service", "avformat");
            property(producer, "resource", name);
        } else {
            const std::string speed = warpOf(clip).speed;
            property(producer, "mlt_service", "timewarp");
            property(producer, "resource", speed + ":" + name);
            property(producer, "warp_speed", speed);
            property(producer, "warp_resource", name);
        }
        property(producer, "backtake:slate", clip.slateText());
        property(producer, "backtake:direction", clip.directionText());
    }
    auto playlist = root.append_child("playlist");
    playlist.append_attribute("id").set_value("main");
    number = 0;
    for (const Clip& clip : timeline.clips) {
        const std::string id = fmt::format("clip{}", ++number);
        const auto play = [&playlist, &id](FrameIndex in, FrameIndex out) {
            auto entry = playlist.append_child("entry");
            entry.append_attribute("producer").set_value(id.c_str());
            entry.append_attribute("in").set_value(static_cast<long long>(in));
            entry.append_attribute("out").set_value(static_cast<long long>(out));
        };
        const FrameIndex shift = warpOf(clip).shift;
        const FrameIndex begin =
            clip.reversed() ? clip.retimed(clip.frames - clip.out) + shift : clip.retimed(clip.in) - shift;
        const FrameIndex last = begin + clip.length() - 1;
        const FrameIndex end = clip.retimed(clip.frames) - 1;
        // Where the shift leads past an end of the file its last frame is shown once more.
        for (FrameIndex at = begin; at < 0; ++at)
            play(0, 0);
        play(std::max<FrameIndex>(begin, 0), std::min(last, end));
        for (FrameIndex at = end; at < last; ++at)
            play(end, end);
    }
    std::ostringstream out;
    document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
    return out.str();
}

} // namespace backtake::handover
