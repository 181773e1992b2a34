/// Meters of the sound that takes get.
#pragma once

#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <imgui.h>

namespace backtake::ui {

/// Of what drawMeters() draws.
float metersWidth(const Theme& theme);
/// One bar for each channel, -60 … 0 dB from left to right, in the panel that is open: the peak, a line at
/// the highest of the last moments, and at the end a light, hollow until a sample was at full scale. From -9
/// dB on a bar is thicker and of another colour. Lost sound is the words NO SOUND.
void drawMeters(const SoundModel& sound, const Theme& theme, ImVec2 top_left, float height);

} // namespace backtake::ui
