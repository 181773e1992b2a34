#include "ui/meters.hpp"

#include "ui/draw.hpp"
#include "ui/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr double kLowest_db = -60;
/// What is above is nearly too loud.
constexpr double kLoud_db = -9;
constexpr float kScale = 120; ///< Length of a bar at 0 dB.
constexpr float kLight = 8;

Words<255> explanation(const SoundModel& sound)
{
    if (sound.lost)
        return Words<255>("No sound from {}\nSilence is recorded until it returns", sound.name);
    if (sound.channels == 0)
        return Words<255>("Waiting for sound from {}", sound.name);
    return Words<255>("Sound from {}: {} channels, {} bit\n-60 to 0 dB of full scale, a tick every 20 dB\n"
                      "Line: the highest of 1.5 s. Light at the end: clipped within 3 s",
        sound.name, sound.channels, sound.bits);
}

} // namespace

float metersWidth(const Theme& theme) { return theme.px(kScale + 4 + kLight); }

void drawMeters(const SoundModel& sound, const Theme& theme, ImVec2 top_left, float height)
{
    ImGui::SetCursorScreenPos(top_left);
    ImGui::InvisibleButton("sound", { metersWidth(theme), height });
    tooltip(theme, explanation(sound).c_str());
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float scale = theme.px(kScale);
    const auto xOf = [&](double db) {
        const double part = std::clamp(1 - db / kLowest_db, 0.0, 1.0);
        return std::round(top_left.x + scale * static_cast<float>(part));
    };
    if (sound.lost) {
        const ImVec2 end { top_left.x + metersWidth(theme), top_left.y + height };
        list.AddRect(top_left, end, colour::shown, theme.px(4), 0, theme.px(2));
        const float words = widthOf(theme.fonts.bold, "NO SOUND");
        drawText(list, theme.fonts.bold,
            { std::round((top_left.x + end.x - words) / 2), top_left.y + height / 2 }, colour::kText,
            "NO SOUND");
        return;
    }
    for (const double db : { -60.0, -40.0, -20.0, 0.0 })
        list.AddRectFilled({ xOf(db), top_left.y }, { xOf(db) + 1, top_left.y + height }, colour::kFaint);
    const auto rows = static_cast<float>(std::max(1, sound.channels));
    const float pitch = height / rows;
    const float light = top_left.x + scale + theme.px(4);
    for (int c = 0; c < sound.channels; ++c) {
        const SoundModel::Channel& channel = sound.channel[static_cast<std::size_t>(c)];
        const float top = std::round(top_left.y + pitch * static_cast<float>(c));
        const float bottom = std::round(top_left.y + pitch * static_cast<float>(c + 1)) - 1;
        // A third of each row stays free below -9 dB, so that loud is told by shape, too.
        const float inset = std::floor((bottom - top) / 4);
        list.AddRectFilled({ xOf(kLowest_db), top + inset }, { xOf(0), bottom - inset }, colour::kRaised);
        if (channel.peak_db > kLowest_db)
            list.AddRectFilled({ xOf(kLowest_db), top + inset },
                { xOf(std::min(channel.peak_db, kLoud_db)), bottom - inset }, colour::kLive);
        if (channel.peak_db > kLoud_db)
            list.AddRectFilled({ xOf(kLoud_db), top }, { xOf(channel.peak_db), bottom }, colour::shown);
        if (channel.hold_db > kLowest_db)
            list.AddRectFilled({ xOf(channel.hold_db) - theme.px(2), top }, { xOf(channel.hold_db), bottom },
                channel.hold_db > kLoud_db ? colour::shown : colour::kText);
        if (channel.clipped)
            list.AddRectFilled({ light, top }, { light + theme.px(kLight), bottom }, colour::rolling);
        else
            list.AddRect({ light, top }, { light + theme.px(kLight), bottom }, colour::kFaint);
    }
}

} // namespace backtake::ui
