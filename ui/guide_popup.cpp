#include "ui/guide_popup.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

namespace backtake::ui {

using base::Nanos;

Words<15> guideTime(Nanos time)
{
    const std::int64_t tenths = time.count() / 100'000'000;
    return Words<15>("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10);
}

std::optional<Nanos> parseGuideTime(std::string_view text)
{
    double minutes = 0;
    if (const auto colon = text.find(':'); colon != text.npos) {
        int whole = 0;
        const auto [end, trouble] = std::from_chars(text.data(), text.data() + colon, whole);
        if (trouble != std::errc() || end != text.data() + colon || whole < 0)
            return std::nullopt;
        minutes = whole;
        text.remove_prefix(colon + 1);
    }
    double seconds = 0;
    const auto [end, trouble] =
        std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
    const double time_s = minutes * 60 + seconds;
    if (trouble != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && time_s < 1e6))
        return std::nullopt;
    return Nanos(std::llround(time_s * 1e9));
}

void GuidePopup::toggle(const Model& model, SoundDevices& devices)
{
    open_ = opening_ = !open_;
    held_.reset();
    if (!open_)
        return;
    devices.look();
    showFileOf(model.guide);
}

bool GuidePopup::leave() { return std::exchange(open_, false); }

void GuidePopup::showFileOf(const GuideModel& guide)
{
    shown_file_ = guide.file;
    shown_from_ = guide.from;
    shown_to_ = guide.to;
    file_.set(guide.file);
    from_.set(guide.from > guide.wave_from ? guideTime(guide.from).view() : std::string_view());
    to_.set(guide.to < guide.wave_to ? guideTime(guide.to).view() : std::string_view());
    part_wrong_ = false;
}

void GuidePopup::drawFile(
    const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent)
{
    const float button = theme.px(92);
    bool done = false;
    {
        const TallFrame tall(theme);
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        done = file_.draw("##file", "a song or a line: /media/guides/song.wav", width - button - theme.px(8));
    }
    ImGui::SameLine(0, theme.px(8));
    if (guide.loading) {
        if (plainButton(theme, "cancel", { .words = "Stop", .width = button }))
            intent = CancelGuide {};
    } else {
        done |=
            plainButton(theme, "load", { .words = "Load", .width = button }, "Enter; or drop the file here");
    }
    if (done)
        intent = LoadGuide { file_.text(), std::nullopt, std::nullopt };
    const Words<255> words = guide.loading ? Words<255>("Reading \u2026 {:.0f} %", guide.progress * 100)
        : !guide.trouble.empty()           ? Words<255>("! {}", guide.trouble)
        : !guide.loaded
        ? Words<255>("WAV, MP3, M4A, FLAC, a movie's sound \u2026; type its path, or drop it on the window")
        : !guide.device_trouble.empty()
        ? Words<255>("! {}", guide.device_trouble)
        : Words<255>("{}, {}", std::filesystem::path(guide.file).filename().string(),
            guideTime(guide.to - guide.from).view());
    const bool wrong =
        !guide.loading && (!guide.trouble.empty() || (guide.loaded && !guide.device_trouble.empty()));
    line(theme.fonts.small, wrong ? colour::kText : colour::kQuiet, width, words.view());
    if (wrong)
        tooltip(theme, guide.trouble.empty() ? guide.device_trouble.c_str() : guide.trouble.c_str());
}

/// The file from left to right, the part that is played bright; a drag across it chooses another.
void GuidePopup::drawWave(
    const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent)
{
    ImGui::InvisibleButton("wave", { width, theme.px(72) });
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddRectFilled(low, high, colour::kGround, theme.px(4));
    const Nanos length = guide.wave_to - guide.wave_from;
    if (!guide.loaded || !guide.wave || guide.wave->empty() || length <= Nanos(0)) {
        held_.reset();
        return drawTextWithin(list, theme.fonts.small, { low.x + theme.px(10), (low.y + high.y) / 2 },
            width - theme.px(20), colour::kFaint, "No guide is loaded");
    }
    const auto columnOf = [&](Nanos time) {
        return low.x
            + static_cast<float>(base::seconds(time - guide.wave_from) / base::seconds(length)) * width;
    };
    const auto timeOf = [&](float x) {
        const double part = std::clamp(static_cast<double>((x - low.x) / width), 0.0, 1.0);
        return guide.wave_from + Nanos(std::llround(part * static_cast<double>(length.count())));
    };
    Nanos from = guide.from;
    Nanos to = guide.to;
    const float mouse = ImGui::GetIO().MousePos.x;
    if (ImGui::IsItemActivated())
        held_ = timeOf(mouse);
    if (held_) {
        const auto [first, last] = std::minmax({ *held_, timeOf(mouse) });
        const bool dragged = columnOf(last) - columnOf(first) >= theme.px(6);
        if (dragged) {
            from = first;
            to = last;
        }
        if (!ImGui::IsItemActive()) {
            held_.reset();
            if (dragged)
                intent = LoadGuide { guide.file, from, to };
        }
    }
    const float middle = (low.y + high.y) / 2;
    const float reach = (high.y - low.y) / 2 - theme.px(4);
    const auto columns = static_cast<int>(width);
    for (int i = 0; i < columns; ++i) {
        const auto place =
            static_cast<std::size_t>(i) * guide.wave->size() / static_cast<std::size_t>(columns);
        const WaveColumn& column = (*guide.wave)[place];
        const float x = low.x + static_cast<float>(i);
        const bool played = x >= columnOf(from) && x < columnOf(to);
        list.AddRectFilled({ x, middle - column.high * reach - 0.5F },
            { x + 1, middle - column.low * reach + 0.5F }, played ? colour::kText : colour::kFaint);
    }
    for (const Nanos edge : { from, to })
        list.AddLine({ std::round(columnOf(edge)), low.y }, { std::round(columnOf(edge)), high.y },
            colour::kQuiet, theme.px(1));
    if (guide.position)
        list.AddLine({ std::round(columnOf(*guide.position)), low.y },
            { std::round(columnOf(*guide.position)), high.y }, colour::shown, theme.px(2));
    tooltip(theme, "Drag across it: only that part is played");
}

void GuidePopup::drawPart(
    const GuideModel& guide, const Theme& theme, float width, std::optional<Intent>& intent)
{
    const float third = std::floor((width - 2 * theme.px(6)) / 3);
    bool done = false;
    {
        const TallFrame tall(theme);
        done |= from_.draw("##from", "from: 0:00.0", third);
        ImGui::SameLine(0, theme.px(6));
        done |= to_.draw("##to", "to: its end", third);
    }
    ImGui::SameLine(0, theme.px(6));
    if (plainButton(theme, "whole", { .words = "Whole file", .width = third }))
        intent = LoadGuide { file_.text(), std::nullopt, std::nullopt };
    if (done) {
        const std::string from_text = from_.text();
        const std::string to_text = to_.text();
        const auto from = parseGuideTime(from_text);
        const auto to = parseGuideTime(to_text);
        part_wrong_ =
            (!from && !from_text.empty()) || (!to && !to_text.empty()) || (from && to && *to <= *from);
        if (!part_wrong_)
            intent = LoadGuide { file_.text(), from, to };
    }
    line(theme.fonts.small, part_wrong_ ? colour::kText : colour::kQuiet, width,
        part_wrong_        ? "! A part is two times, as 0:12.5 and 1:03; an empty one is the file's end"
            : guide.loaded ? Words<127>("Played from {} down to {}; Enter in a field takes its part",
                  guideTime(guide.to).view(), guideTime(guide.from).view())
                                 .view()
                           : "Of a file of more than 15 minutes choose a part");
}

void GuidePopup::drawChoice(GuideChoice& choice, SoundDevices& devices, const Theme& theme, float width)
{
    {
        const TallFrame tall(theme);
        const auto slider = [](ButtonRow& row, const char* name, int& value, int least, int most,
                                const char* words) {
            ImGui::SetNextItemWidth(row.next());
            ImGui::SliderInt(name, &value, least, most, words, ImGuiSliderFlags_AlwaysClamp);
        };
        ButtonRow sound(theme, width, 2);
        slider(sound, "##speed", choice.speed_percent, kSlowestGuide_percent, 100, "speed %d %%");
        slider(sound, "##level", choice.level_db, kSoftestGuide_db, 0, "level %+d dB");
        ButtonRow count(theme, width, 2);
        slider(count, "##clicks", choice.count_in_clicks, 0, kMostGuideClicks,
            choice.count_in_clicks == 0 ? "no count-in" : "count-in %d clicks");
        slider(count, "##tempo", choice.beats_per_minute, kSlowestTempo, kFastestTempo, "%d beats a minute");
    }
    line(theme.fonts.small, colour::kQuiet, width,
        devices.looking() ? "Heard from: looking for devices \u2026" : "Heard from");
    const auto device = [&](const char* words, const std::string& name) {
        if (plainButton(theme, words, { .words = words, .width = width, .on = choice.device == name }))
            choice.device = name;
    };
    device("The system's choice", {});
    constexpr std::size_t kMostDevices = 5;
    const std::vector<std::string>& names = devices.names();
    for (std::size_t i = 0; i < std::min(kMostDevices, names.size()); ++i) {
        ImGui::PushID(static_cast<int>(i));
        device(names[i].c_str(), names[i]);
        ImGui::PopID();
    }
}

std::optional<Intent> GuidePopup::draw(
    const Model& model, GuideChoice& choice, SoundDevices& devices, const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const GuideModel& guide = model.guide;
    const bool other = guide.file != shown_file_ || guide.from != shown_from_ || guide.to != shown_to_;
    if (other && !ImGui::GetIO().WantTextInput)
        showFileOf(guide);
    const Card card("guide", 540, layout, theme, opening_);
    if (card.isShown()) {
        const float width = card.width();
        line(theme.fonts.bold, colour::kText, width, "Guide");
        line(theme.fonts.small, colour::kQuiet, width,
            "Performers hear it reversed while a take rolls; in review it is heard the right way round.");
        drawFile(guide, theme, width, intent);
        drawWave(guide, theme, width, intent);
        drawPart(guide, theme, width, intent);
        ButtonRow row(theme, width, 3);
        if (plainButton(theme, "armed",
                { .words = choice.armed ? "Armed" : "Not armed", .width = row.next(), .on = choice.armed },
                "Armed: it starts with each take"))
            choice.armed = !choice.armed;
        if (plainButton(theme, "loop",
                { .sign = choice.loop ? Sign::Loop : Sign::Once,
                    .words = choice.loop ? "Again and again" : "Once",
                    .width = row.next(),
                    .on = choice.loop }))
            choice.loop = !choice.loop;
        if (auto action = keyButton(theme, KeyId::PlayGuide,
                { .sign = guide.playing ? Sign::Square : Sign::Left,
                    .words = guide.playing ? "Stop" : "Play",
                    .width = row.next(),
                    .tint = guide.loaded ? colour::kText : colour::kFaint }))
            intent = std::get<Intent>(*action);
        drawChoice(choice, devices, theme, width);
        opening_ = false;
    }
    return intent;
}

} // namespace backtake::ui
