#include "ui/debug_overlay.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"
#include "ui/window.hpp"

namespace backtake::ui {
namespace {

class Table {
public:
    Table(const Theme& theme, float width)
        : theme_(theme)
        , width_(width)
    {
    }

    void row(const char* name, std::string_view value)
    {
        const ImVec2 place = ImGui::GetCursorScreenPos();
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const float height = theme_.px(20);
        drawText(list, theme_.fonts.small, { place.x, place.y + height / 2 }, colour::kQuiet, name);
        const float text = widthOf(theme_.fonts.mono, value);
        const float name_end = theme_.px(150);
        const float x = std::max(place.x + name_end, place.x + width_ - text);
        drawTextWithin(
            list, theme_.fonts.mono, { x, place.y + height / 2 }, width_ - name_end, colour::kText, value);
        ImGui::Dummy({ width_, height });
    }

    void time(const char* name, base::Nanos value)
    {
        row(name,
            value == base::Nanos(0) ? Words<31>("\u2013").view()
                                    : Words<31>("{:.2f} ms", base::milliseconds(value)).view());
    }

    /// Three columns of equal width, so that running numbers stay under each other.
    void three(const char* name, const Words<15>& newest, const Words<15>& median, const Words<15>& worst)
    {
        row(name, Words<47>("{:>8}{:>8}{:>8}", newest.view(), median.view(), worst.view()).view());
    }
    void times(const char* name, const std::optional<RecentTimes::Summary>& times)
    {
        const auto ms = [&](base::Nanos RecentTimes::Summary::*which) {
            return times ? Words<15>("{:.1f}", base::milliseconds((*times).*which)) : Words<15>("-");
        };
        three(name, ms(&RecentTimes::Summary::newest), ms(&RecentTimes::Summary::median),
            ms(&RecentTimes::Summary::worst));
    }

private:
    const Theme& theme_;
    float width_;
};

} // namespace

const std::array<DebugOverlay::Stage, 9> DebugOverlay::kStages { {
    { "camera to slot", &Pace::camera_to_slot },
    { "slot to model", &Pace::slot_to_model },
    { "model to drawn", &Pace::model_to_drawn },
    { "drawn to presented", &Pace::drawn_to_presented },
    { "ready to presented", &Pace::ready_to_presented },
    { "capture to presented", &Pace::capture_to_presented },
    { "key to effect", &Pace::key_to_effect },
    { "ui frame, CPU", &Pace::ui_frame },
    { "upload", &Pace::upload },
} };

bool DebugOverlay::leave()
{
    const bool was = open_;
    open_ = false;
    metrics_ = false;
    return was;
}

void DebugOverlay::draw(const Model& model, const Layout& layout, const Theme& theme,
    const FrameReport& report, const Pace& pace, base::Nanos display_interval, const std::string& renderer)
{
    ++frames_;
    drawn_ += report.drawn ? 1 : 0;
    pictures_ += report.picture_id != picture_before_ ? 1 : 0;
    picture_before_ = report.picture_id;
    const base::Nanos now = base::monotonicNow();
    const base::Nanos span = now - counting_since_;
    if (span >= std::chrono::milliseconds(500)) {
        const double seconds = std::chrono::duration<double>(span).count();
        frames_per_second_ = frames_ / seconds;
        drawn_per_second_ = drawn_ / seconds;
        pictures_per_second_ = pictures_ / seconds;
        stages_ = model.stages;
        for (std::size_t i = 0; i < kStages.size(); ++i)
            summaries_[i] = (pace.*kStages[i].times).summary();
        frames_ = drawn_ = pictures_ = 0;
        counting_since_ = now;
    }
    if (!open_)
        return;
    const Rect& room = layout.monitor;
    ImGui::SetNextWindowPos(
        { static_cast<float>(room.right()) - theme.px(12), static_cast<float>(room.y) + theme.px(12) },
        ImGuiCond_Always, { 1, 0 });
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { 0, 0 });
    if (ImGui::Begin("debug", nullptr,
            ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove
                | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav
                | ImGuiWindowFlags_NoFocusOnAppearing))
        drawNumbers(model, theme, display_interval, renderer);
    ImGui::End();
    ImGui::PopStyleVar(2);
    if (metrics_)
        ImGui::ShowMetricsWindow(&metrics_);
}

void DebugOverlay::drawNumbers(
    const Model& model, const Theme& theme, base::Nanos display_interval, const std::string& renderer)
{
    const float width = theme.px(380);
    Table table(theme, width);
    drawText(*ImGui::GetWindowDrawList(), theme.fonts.bold,
        { ImGui::GetCursorScreenPos().x, ImGui::GetCursorScreenPos().y + theme.px(10) }, colour::kText,
        Words<63>("The way to the glass: ms, last {}", RecentTimes::kMost).view());
    ImGui::Dummy({ width, theme.px(26) });
    table.three("", Words<15>("newest"), Words<15>("median"), Words<15>("worst"));
    for (std::size_t i = 0; i < kStages.size(); ++i)
        table.times(kStages[i].name, summaries_[i]);
    table.time("display interval", display_interval);
    table.time("encode, mean", stages_.encode);
    table.time("decode, mean", stages_.decode);
    ImGui::Dummy({ width, theme.px(8) });
    table.row("ring",
        Words<63>("{:.1f} s, {} of {}", model.ring_seconds, base::bytesText(model.ring_bytes),
            base::bytesText(model.ring_cap_bytes))
            .view());
    for (const auto& [cause, count] : model.drops)
        table.row("lost", Words<63>("{}  {}", count, cause).view());
    if (model.drops.empty())
        table.row("lost", "0");
    table.row("camera",
        Words<63>("{:.2f} of {:.3f} fps", model.camera.measured_fps, model.camera.nominal_rate.perSecond())
            .view());
    if (model.camera.latency)
        table.time("buffered in source", *model.camera.latency);
    table.row("window", Words<63>("{:.0f} fps, {:.0f} drawn", frames_per_second_, drawn_per_second_).view());
    table.row("pictures", Words<31>("{:.1f} /s", pictures_per_second_).view());
    if (model.picture)
        table.row("picture",
            Words<31>("{} x {}", model.picture->format.width, model.picture->format.height).view());
    table.row("GL", renderer);
    ImGui::Dummy({ width, theme.px(8) });
    if (plainButton(theme, "metrics", { .words = "ImGui metrics", .width = width, .on = metrics_ }))
        metrics_ = !metrics_;
}

} // namespace backtake::ui
