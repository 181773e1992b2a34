// CMX 3600: events, motion memory (M2: frames a second, its sign is the direction) and comments. Colons also
// for drop frame in M2 and LOC, where readers fail on semicolons. Source out and record out are exclusive.
// ASCII, CRLF.
#include "takes/handover/formats.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace backtake::handover {
namespace {

constexpr std::size_t kReelCharacters = 8;

std::string withColons(std::string label)
{
    std::ranges::replace(label, ';', ':');
    return label;
}

/// Eight characters of A-Z 0-9, different for different reels.
std::string shortReel(const std::string& reel, std::map<std::string, std::string>& taken)
{
    std::string name = reel;
    std::erase(name, '_');
    if (name.size() > kReelCharacters)
        name = name.substr(0, 4) + fmt::format("{:04X}", XXH3_64bits(reel.data(), reel.size()) & 0xFFFF);
    for (int n = 2; taken.contains(name) && taken[name] != reel; ++n)
        name = fmt::format("{}{:03}", name.substr(0, kReelCharacters - 3), n);
    taken[name] = reel;
    return name;
}

/// "-024.0": the lists of real products count to the nominal rate.
std::string motion(const Clip& clip)
{
    const double per_second = clip.speed_percent / 100.0 * clip.timecode.rate.nominal();
    return fmt::format("{}{:05.1f}", per_second < 0 ? "-" : " ", std::abs(per_second));
}

struct Source {
    std::int64_t in = 0;
    std::int64_t out = 0;
};
Source sourceOf(const Clip& clip, EdlDialect dialect)
{
    const std::int64_t low = clip.start + clip.in;
    const std::int64_t high = clip.start + clip.out;
    if (!clip.reversed() || dialect == EdlDialect::Range)
        return { low, high };
    if (dialect == EdlDialect::Otio)
        return { low, low - clip.length() };
    return { high - 1, high - 1 + clip.length() };
}

} // namespace

std::string edlText(const Timeline& timeline, EdlDialect dialect)
{
    const base::TimecodeFormat& format = timeline.timecode;
    const auto label = [&format](std::int64_t number) { return base::timecodeLabel(number, format); };
    std::string list = fmt::format("TITLE: {}\r\nFCM: {}\r\n\r\n", asciiText(timeline.title),
        format.drop_frame ? "DROP FRAME" : "NON-DROP FRAME");
    std::map<std::string, std::string> reels;
    std::int64_t record = timeline.start;
    int number = 0;
    for (const Clip& clip : timeline.clips) {
        const std::string reel = shortReel(clip.reel, reels);
        const Source source = sourceOf(clip, dialect);
        list += fmt::format("{:03}  {:<8} V     C        {} {} {} {}\r\n", ++number, reel, label(source.in),
            label(source.out), label(record), label(record + clip.length()));
        if (clip.speed_percent != 100)
            list += fmt::format("M2   {:<8}       {}                {}\r\n", reel, motion(clip),
                withColons(label(source.in)));
        list += fmt::format("* FROM CLIP NAME: {}\r\n", asciiText(clip.fileName()));
        list += fmt::format("* SOURCE FILE: {}\r\n", clip.reel);
        list += fmt::format("* COMMENT: {} SOURCE RANGE {}-{} AT {} FPS\r\n", clip.directionText(),
            withColons(clip.label(clip.in)), withColons(clip.label(clip.out)), base::text(format.rate));
        list += fmt::format("* COMMENT: SLATE {}{}{}\r\n", asciiText(clip.slateWords()),
            clip.circled ? " CIRCLED" : "", clip.status.empty() ? "" : " " + clip.status);
        for (const Remark& remark : clip.remarks) {
            if (const auto k = clip.shownAt(remark.file_frame))
                list += fmt::format(
                    "* LOC: {} YELLOW  {}\r\n", withColons(label(record + *k)), asciiText(remark.words()));
        }
        record += clip.length();
    }
    return list;
}

} // namespace backtake::handover
