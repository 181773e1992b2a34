#include "takes/handover/timeline.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>

namespace backtake::handover {
using base::fail;
using base::Fault;

namespace {

constexpr int kFastestPercent = 2000; ///< MLT's timewarp goes no further.

std::string percentEncoded(const std::string& path)
{
    std::string url;
    for (const char c : path) {
        if (g_ascii_isalnum(c) || std::string_view("-._~/").find(c) != std::string_view::npos)
            url += c;
        else
            url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return url;
}

/// Text as every format can carry it: valid UTF-8 without control characters but tab and line break, and
/// without U+FFFE and U+FFFF, which XML 1.0 has no way to write.
void makeSafe(std::string& text)
{
    gchar* valid = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
    text = valid;
    g_free(valid);
    std::erase_if(text,
        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F; });
    for (const char* none : { "\uFFFE", "\uFFFF" }) {
        for (std::size_t at = 0; (at = text.find(none, at)) != std::string::npos;)
            text.erase(at, 3);
    }
}

void makeSafe(Clip& clip)
{
    for (std::string* text :
        { &clip.slate.scene, &clip.suffix, &clip.shot_as, &clip.status, &clip.camera, &clip.camera_clips,
            &clip.lens, &clip.stop, &clip.filter, &clip.director_note, &clip.continuity_note })
        makeSafe(*text);
    for (Remark& remark : clip.remarks)
        makeSafe(remark.text);
}

} // namespace

FrameIndex Clip::frameAt(FrameIndex k) const
{
    if (!reversed())
        return in + k * percent() / 100;
    return out - ((k + 1) * percent() + 99) / 100;
}

std::optional<FrameIndex> Clip::shownAt(FrameIndex file_frame) const
{
    if (file_frame < in || file_frame >= out)
        return std::nullopt;
    const FrameIndex k = reversed() ? (out - file_frame - 1) * 100 / percent()
                                    : ((file_frame - in) * 100 + percent() - 1) / percent();
    if (k >= length() || frameAt(k) != file_frame)
        return std::nullopt;
    return k;
}

std::string Clip::slateText() const
{
    const std::string whole = takes::text(slate) + (slate.camera == 'A' ? "" : std::string(1, slate.camera));
    return suffix.empty() ? whole : whole + " " + suffix;
}

std::string Clip::slateWords() const
{
    return shot_as.empty() ? slateText() : fmt::format("{}, shot as {}", slateText(), shot_as);
}

std::string Clip::directionText() const
{
    return fmt::format("PLAYS {} {}%", reversed() ? "REVERSED" : "FORWARD", speed_percent);
}

FrameIndex Timeline::length() const
{
    FrameIndex frames = 0;
    for (const Clip& clip : clips)
        frames += clip.length();
    return frames;
}

std::int64_t oneHour(const base::TimecodeFormat& format) { return format.framesPerDay() / 24; }

base::Outcome haveOneRate(const Timeline& timeline)
{
    for (const Clip& clip : timeline.clips) {
        if (clip.timecode.rate != timeline.timecode.rate
            || clip.timecode.drop_frame != timeline.timecode.drop_frame)
            return fail(Fault::Usage,
                fmt::format(
                    "{} runs at another rate than the takes before it: a sequence has one rate, hand the "
                    "takes over by themselves",
                    clip.slateText()));
    }
    return {};
}

base::Outcome settle(Timeline& timeline)
{
    if (timeline.clips.empty())
        return fail(Fault::Usage, "there is no take to hand over");
    makeSafe(timeline.title);
    for (Clip& clip : timeline.clips) {
        makeSafe(clip);
        if (clip.speed_percent == 0 || clip.percent() > kFastestPercent)
            return fail(Fault::Usage,
                fmt::format(
                    "a speed of {} % cannot be handed over: -2000 … 2000, and not 0", clip.speed_percent));
        if (clip.in < 0 || clip.out > clip.frames || clip.in >= clip.out)
            return fail(Fault::Usage,
                fmt::format("{} has {} frames: in and out {} … {} are not within them", clip.slateText(),
                    clip.frames, clip.in, clip.out));
        // Whole steps, counted from frame 0, so that programs that count from either end agree.
        const std::int64_t step =
            clip.percent() > 100 && clip.percent() % 100 == 0 ? clip.percent() / 100 : 1;
        clip.in = (clip.in + step - 1) / step * step;
        clip.out = clip.out / step * step;
        while (clip.in < clip.out && clip.used() * 100 % clip.percent() != 0)
            clip.reversed() ? ++clip.in : --clip.out;
        if (clip.in >= clip.out)
            return fail(Fault::Usage,
                fmt::format(
                    "nothing of {} is left at a speed of {} %: choose a longer range or a lower speed",
                    clip.slateText(), clip.speed_percent));
    }
    return {};
}

std::string relativeName(const Timeline& timeline, const Clip& clip)
{
    const auto relative = clip.file.lexically_relative(timeline.folder);
    const bool below = !relative.empty() && *relative.begin() != "..";
    return below ? relative.string() : clip.file.string();
}

std::string fileUrl(const std::filesystem::path& absolute)
{
    return "file://" + percentEncoded(absolute.string());
}

std::string relativeUrl(const Timeline& timeline, const Clip& clip)
{
    const std::string name = relativeName(timeline, clip);
    return name.starts_with('/') ? fileUrl(name) : percentEncoded(name);
}

std::string asciiText(const std::string& text)
{
    gchar* written = g_str_to_ascii(text.c_str(), "C");
    std::string ascii(written);
    g_free(written);
    for (char& c : ascii) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = ' ';
    }
    return ascii;
}

} // namespace backtake::handover
