// What is read as a table: Avid's log and markers, and a sheet for people. None of them can make a clip play
// backwards: ranges rise, the direction stands in columns and words.
#include "takes/handover/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace backtake::handover {
namespace {

constexpr std::size_t kAvidNameCharacters = 32;

std::string joined(const std::vector<std::string>& values, const char* between, const char* end)
{
    return fmt::format("{}{}", fmt::join(values, between), end);
}

} // namespace

std::string csvField(std::string value)
{
    // Numbers may begin with a minus: "-100", "-12.5".
    const bool number = !value.empty()
        && std::ranges::all_of(value, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; });
    if (!value.empty() && std::string_view("=+@\t\r").find(value[0]) != std::string_view::npos)
        value.insert(0, 1, '\'');
    else if (!value.empty() && value[0] == '-' && !number)
        value.insert(0, 1, '\'');
    if (value.find_first_of(",\"\r\n") == std::string::npos)
        return value;
    std::string quoted = "\"";
    for (const char c : value)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string aleText(const Timeline& timeline)
{
    const base::Rate rate = timeline.timecode.rate;
    const int height = timeline.clips.front().height;
    std::string log = "Heading\r\nFIELD_DELIM\tTABS\r\n";
    log += fmt::format(
        "VIDEO_FORMAT\t{}\r\n", height == 1080 || height == 720 ? fmt::format("{}", height) : "CUSTOM");
    log += "AUDIO_FORMAT\t48khz\r\n";
    log += fmt::format("FPS\t{}\r\n\r\n", base::text(rate));
    log += "Column\r\n"
           "Name\tTracks\tStart\tEnd\tDuration\tTape\tScene\tTake\tCamera\tFPS\tShoot Date\tSource File\t"
           "DESCRIPT\tCOMMENTS\tShot As\tCircled\tStatus\tPlay Speed\tFirst Played\tLast "
           "Played\tOrientation\tLens\t"
           "Stop\tFilter\r\n\r\nData\r\n";
    for (const Clip& clip : timeline.clips) {
        std::string tracks = "V";
        for (int channel = 1; channel <= clip.sound_channels; ++channel)
            tracks += fmt::format("A{}", channel);
        const auto duration = base::timecodeLabel(clip.used(), clip.timecode);
        const std::array<std::string, 24> values { clip.fileName().substr(0, kAvidNameCharacters), tracks,
            clip.label(clip.in), clip.label(clip.out), duration, clip.reel, clip.slate.scene,
            fmt::format("{}{}{}", clip.slate.take, clip.suffix.empty() ? "" : " ", clip.suffix),
            std::string(1, clip.slate.camera), base::text(rate), clip.day, clip.fileName(),
            clip.director_note,
            clip.directionText() + (clip.continuity_note.empty() ? "" : ". " + clip.continuity_note),
            clip.shot_as, clip.circled ? "YES" : "", clip.status, fmt::format("{}", clip.speed_percent),
            clip.label(clip.firstShown()), clip.label(clip.lastShown()),
            std::string(takes::nameOf(clip.orientation)), clip.lens, clip.stop, clip.filter };
        std::vector<std::string> row;
        for (const std::string& value : values)
            row.push_back(asciiText(value));
        log += joined(row, "\t", "\r\n");
    }
    return log;
}

std::string markersText(const Timeline& timeline)
{
    std::string markers;
    for (const Clip& clip : timeline.clips) {
        for (const Remark& remark : clip.remarks)
            markers += fmt::format("Backtake\t{}\tV1\tyellow\t{}\t1\r\n", clip.label(remark.file_frame),
                asciiText(clip.slateWords() + " " + remark.words()));
    }
    return markers;
}

std::string csvText(const Timeline& timeline)
{
    std::string sheet =
        "Day,Scene,Shot,Take,Shot As,Circled,Status,Rating,Play Speed %,Reel,Camera,File,Rate,Drop,Source In,"
        "Source Out,Duration,First Frame Played,Last Frame Played,Orientation,Lens,Stop,Filter,Sound,"
        "Camera Clips,Director Note,Continuity Note,Remarks\r\n";
    for (const Clip& clip : timeline.clips) {
        // Scene 12, shot A: the setup's letters are the end of what is written on the slate.
        const auto letters = clip.slate.scene.find_last_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") + 1;
        std::string remarks;
        for (const Remark& remark : clip.remarks)
            remarks += fmt::format(
                "{}{} {}", remarks.empty() ? "" : "; ", clip.label(remark.file_frame), remark.words());
        const std::vector<std::string> values { clip.day, clip.slate.scene.substr(0, letters),
            clip.slate.scene.substr(letters),
            fmt::format("{}{}{}", clip.slate.take, clip.suffix.empty() ? "" : " ", clip.suffix), clip.shot_as,
            clip.circled ? "YES" : "", clip.status, clip.rating > 0 ? fmt::format("{}", clip.rating) : "",
            fmt::format("{}", clip.speed_percent), clip.reel, std::string(1, clip.slate.camera),
            relativeName(timeline, clip), base::text(clip.timecode.rate),
            clip.timecode.drop_frame ? "DF" : "NDF", clip.label(clip.in), clip.label(clip.out),
            base::timecodeLabel(clip.length(), clip.timecode), clip.label(clip.firstShown()),
            clip.label(clip.lastShown()), std::string(takes::nameOf(clip.orientation)), clip.lens, clip.stop,
            clip.filter,
            clip.sound_channels > 0 ? fmt::format("{} ch {} Hz", clip.sound_channels, clip.sound_rate_hz)
                                    : "MOS",
            clip.camera_clips, clip.director_note, clip.continuity_note, remarks };
        std::vector<std::string> row;
        for (const std::string& value : values)
            row.push_back(csvField(value));
        sheet += joined(row, ",", "\r\n");
    }
    return sheet;
}

} // namespace backtake::handover
