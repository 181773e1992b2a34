#include "ui/image_tools.hpp"

#include "ui/guide_popup.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace backtake::ui {
namespace {

constexpr float kEndless = std::numeric_limits<float>::infinity();
constexpr std::array<FalseColourBand, 6> kBands { {
    { -kEndless, 2, { 0x8E, 0x24, 0xAA }, "black crush", "< 2" },
    { 2, 10, { 0x1E, 0x6B, 0xE6 }, "shadow", "2 \u2013 10" },
    { 38, 42, { 0x2E, 0xB8, 0x4A }, "18 % grey", "38 \u2013 42" },
    { 52, 56, { 0xF4, 0x8F, 0xB1 }, "skin, +1", "52 \u2013 56" },
    { 95, 99, { 0xFF, 0xE0, 0x2E }, "near white", "95 \u2013 99" },
    { 99, kEndless, { 0xE5, 0x1C, 0x1C }, "clipped", "> 99" },
} };

} // namespace

FrameLines next(FrameLines lines)
{
    return lines == FrameLines::Custom ? FrameLines::Off
                                       : static_cast<FrameLines>(static_cast<int>(lines) + 1);
}

ScopeKind next(ScopeKind scopes)
{
    return scopes == ScopeKind::All ? ScopeKind::Off : static_cast<ScopeKind>(static_cast<int>(scopes) + 1);
}

double nextDesqueeze(double desqueeze)
{
    const auto* after = std::upper_bound(kDesqueezes.begin(), kDesqueezes.end(), desqueeze);
    return after == kDesqueezes.end() ? kDesqueezes.front() : *after;
}

double* amountOf(ImageTools& tools, Compare compare)
{
    return compare == Compare::Wipe ? &tools.wipe : compare == Compare::Mix ? &tools.mix : nullptr;
}

std::string_view shortNameOf(base::CameraLog log)
{
    const std::string_view name = base::nameOf(log);
    return name.substr(0, name.find(" to "));
}

void choosePreset(ImageTools& tools, base::CameraLog log)
{
    tools.lut = base::logPreset(log);
    tools.lut_name = base::nameOf(log);
    tools.lut_file.clear();
    tools.lut_on = true;
}

std::optional<double> aspectOf(const ImageTools& tools)
{
    switch (tools.frame_lines) {
    case FrameLines::Off:
        return std::nullopt;
    case FrameLines::R178:
        return 16.0 / 9;
    case FrameLines::R185:
        return 1.85;
    case FrameLines::R200:
        return 2;
    case FrameLines::R239:
        return 2.39;
    case FrameLines::R916:
        return 9.0 / 16;
    case FrameLines::Custom:
        break;
    }
    return std::clamp(tools.custom_aspect, kLeastAspect, kMostAspect);
}

Words<15> nameOf(FrameLines lines, double custom_aspect)
{
    switch (lines) {
    case FrameLines::Off:
        return Words<15>("off");
    case FrameLines::R178:
        return Words<15>("1.78");
    case FrameLines::R185:
        return Words<15>("1.85");
    case FrameLines::R200:
        return Words<15>("2.00");
    case FrameLines::R239:
        return Words<15>("2.39");
    case FrameLines::R916:
        return Words<15>("9:16");
    case FrameLines::Custom:
        break;
    }
    return Words<15>("{:.2f}", custom_aspect);
}

const char* nameOf(ScopeKind scopes)
{
    switch (scopes) {
    case ScopeKind::Off:
        return "off";
    case ScopeKind::Waveform:
        return "waveform";
    case ScopeKind::Parade:
        return "parade";
    case ScopeKind::Vectorscope:
        return "vectorscope";
    case ScopeKind::Histogram:
        return "histogram";
    case ScopeKind::All:
        break;
    }
    return "all";
}

std::span<const FalseColourBand, 6> falseColourBands() { return kBands; }

PictureView viewOf(
    const base::PictureFormat& format, double desqueeze, int zoom, const Point& centre, const Rect& place)
{
    PictureView view;
    const Point picture { format.width * desqueeze * zoom, static_cast<double>(format.height) * zoom };
    const Point seen { static_cast<double>(place.width), static_cast<double>(place.height) };
    if (zoom <= 0 || place.empty() || picture[1] <= seen[1])
        return view;
    view.zoom = zoom;
    for (std::size_t i = 0; i < picture.size(); ++i) {
        view.size[i] = std::min(1.0, seen[i] / picture[i]);
        const double low = std::clamp(centre[i] - view.size[i] / 2, 0.0, 1 - view.size[i]);
        view.low[i] = std::round(low * picture[i]) / picture[i];
    }
    return view;
}

int zoomStep(int zoom, double fits, int steps)
{
    const double now = std::max(static_cast<double>(zoom), fits);
    if (steps > 0) {
        const auto* more = std::upper_bound(kZooms.begin(), kZooms.end(), now);
        return more == kZooms.end() ? zoom : *more;
    }
    const auto* here = std::lower_bound(kZooms.begin(), kZooms.end(), now);
    return here == kZooms.begin() || *(here - 1) <= fits ? 0 : *(here - 1);
}

TextureWindow textureOf(const PictureView& view, base::Orientation orientation)
{
    TextureWindow window { view.low, view.size };
    const auto turn = [&](std::size_t i) {
        window.origin[i] = 1 - view.low[i];
        window.extent[i] = -view.size[i];
    };
    if (swapsSides(orientation))
        turn(0);
    if (swapsEnds(orientation))
        turn(1);
    return window;
}

bool swapsSides(base::Orientation orientation)
{
    return orientation == base::Orientation::Mirrored || orientation == base::Orientation::UpsideDown;
}

bool swapsEnds(base::Orientation orientation)
{
    return orientation == base::Orientation::Flipped || orientation == base::Orientation::UpsideDown;
}

void ToolWords::add(std::string_view word)
{
    assert(count_ < words_.size());
    words_[count_++] = Words<31>("{}", word);
}

void ToolWords::add(const base::SoundChoice& sound)
{
    if (sound.muted)
        add("MUTED");
    else if (sound.level_db != 0)
        add(Words<31>("SOUND {:+} dB", sound.level_db).view());
    if (sound.keep_pitch)
        add("PITCH KEPT");
}

void ToolWords::add(const GuideModel& guide, bool armed)
{
    if (guide.loading)
        add(Words<31>("GUIDE {:.0f} %", guide.progress * 100).view());
    else if (guide.playing && guide.clicks_left > 0)
        add(Words<31>("GUIDE in {}", guide.clicks_left).view());
    else if (guide.playing && guide.position)
        add(Words<31>("GUIDE \u2190 {}", guideTime(*guide.position).view()).view());
    else if (guide.playing)
        add("GUIDE");
    else if (guide.loaded && !guide.device_trouble.empty())
        add("GUIDE: NO DEVICE");
    else if (guide.loaded && armed)
        add("GUIDE ARMED");
}

void ToolWords::add(const MasterModel& master)
{
    add(master.heard == HeardTrack::Both       ? "TAKE + MASTER"
            : master.heard == HeardTrack::Take ? "TAKE SOUND"
                                               : "MASTER");
    if (master.nudge != base::Nanos(0))
        add(Words<31>("MASTER {:+} ms", master.nudge / std::chrono::milliseconds(1)).view());
}

ToolWords::ToolWords(const ImageTools& tools, base::Orientation orientation, const PictureView& view,
    std::optional<Compare> overlaid)
{
    if (overlaid == Compare::Wipe)
        add("WIPE");
    else if (overlaid == Compare::Mix)
        add(Words<31>("MIX {:.0f} %", tools.mix * 100).view());
    else if (overlaid == Compare::Difference)
        add("DIFFERENCE");
    else if (overlaid == Compare::Blink)
        add("BLINK");
    if (tools.false_colour)
        add("FC"); // it judges the picture before the LUT, so that one is not seen
    else if (tools.lut_on && tools.lut)
        add(Words<31>("LUT {}", std::string_view(tools.lut_name).substr(0, tools.lut_name.find(" to ")))
                .view());
    if (tools.zebra.on)
        add(Words<31>("ZEBRA {}/{}", tools.zebra.low_percent, tools.zebra.high_percent).view());
    if (tools.peaking)
        add("PEAK");
    if (tools.frame_lines != FrameLines::Off)
        add(nameOf(tools.frame_lines, tools.custom_aspect).view());
    if (tools.safe_areas)
        add("SAFE");
    switch (orientation) {
    case base::Orientation::Upright:
        break;
    case base::Orientation::UpsideDown:
        add("180");
        break;
    case base::Orientation::Mirrored:
        add("MIRROR");
        break;
    case base::Orientation::Flipped:
        add("FLIP");
        break;
    }
    if (tools.desqueeze != 1)
        add(Words<15>("{:g}x", tools.desqueeze).view());
    if (view.zoom > 0)
        add(Words<15>("{}:1", view.zoom).view());
}

} // namespace backtake::ui
