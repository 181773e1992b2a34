#include "ui/tools_popup.hpp"

#include "base/thread_marks.hpp"
#include "ui/form.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

namespace backtake::ui {
namespace {

constexpr float kCompareWidth = 260;

const char* nameOf(const Model& model)
{
    if (model.mode != ViewMode::Reference)
        return "Compare";
    switch (model.compare) {
    case Compare::Mix:
        return "Mix";
    case Compare::Difference:
        return "Difference";
    case Compare::SideBySide:
        return "Side by side";
    case Compare::Blink:
        return "Blink";
    case Compare::Wipe:
        break;
    }
    return "Wipe";
}

/// The take in review, or a still of the shoot: what W compares with.
std::optional<Intent> drawReferences(const ReferenceModel& reference, const Theme& theme, float width)
{
    std::optional<Intent> intent;
    const float height = theme.px(34); // pressed in gloves
    const auto choice = [&](const char* id, std::string_view words, bool chosen) {
        const bool pressed = ImGui::InvisibleButton(id, { width, height });
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        if (chosen || ImGui::IsItemHovered())
            list.AddRectFilled(low, high, chosen ? colour::grey(0x3A) : colour::kHover, theme.px(4));
        drawTextWithin(list, theme.fonts.body, { low.x + theme.px(10), (low.y + high.y) / 2 },
            width - theme.px(20), chosen ? colour::kText : colour::kQuiet, words);
        return pressed;
    };
    if (choice("take", "The take in review", reference.is_take))
        intent = ChooseReference {};
    constexpr std::size_t kMostRows = 7;
    const auto rows = static_cast<float>(std::min(kMostRows, reference.stills.size()));
    if (rows > 0) {
        const float gap = ImGui::GetStyle().ItemSpacing.y;
        ImGui::BeginChild("stills", { width, rows * (height + gap) - gap });
        for (std::size_t i = 0; i < reference.stills.size(); ++i) {
            const std::string& still = reference.stills[i];
            ImGui::PushID(static_cast<int>(i));
            if (choice("still", still, !reference.is_take && still == reference.still))
                intent = ChooseReference { still };
            ImGui::PopID();
        }
        ImGui::EndChild();
    } else {
        line(theme.fonts.small, colour::kQuiet, width, "No stills yet: S saves one.");
    }
    return intent;
}

/// Several pictures on screen, and what one is compared with.
std::optional<Action> drawCompare(const Model& model, const Theme& theme, float width)
{
    std::optional<Action> asked;
    const auto key = [&](ButtonRow& row, KeyId id, std::string_view words, bool on) {
        if (auto action = keyButton(theme, id, { .words = words, .width = row.next(), .on = on }))
            asked = std::move(action);
    };
    line(theme.fonts.small, colour::kQuiet, width, "Several pictures");
    ButtonRow modes(theme, width, 2);
    key(modes, KeyId::BothWays, "Both ways", model.mode == ViewMode::BothWays);
    key(modes, KeyId::Quad, "Quad", model.mode == ViewMode::Quad);
    line(theme.fonts.small, colour::kQuiet, width, "Reference");
    ButtonRow compare(theme, width, 2);
    key(compare, KeyId::Compare, nameOf(model), model.mode == ViewMode::Reference);
    key(compare, KeyId::KeepReference, "Keep this one", false);
    ButtonRow amount(theme, width, 2);
    for (const auto& [id, sign] :
        { std::pair { KeyId::CompareLess, Sign::Left }, { KeyId::CompareMore, Sign::Right } })
        if (auto action = keyButton(theme, id, { .sign = sign, .width = amount.next() }))
            asked = std::move(action);
    if (auto chosen = drawReferences(model.reference, theme, width))
        asked = std::move(*chosen);
    return asked;
}

const char* nameOf(base::Orientation orientation)
{
    switch (orientation) {
    case base::Orientation::UpsideDown:
        return "Turned: 180";
    case base::Orientation::Mirrored:
        return "Turned: mirror";
    case base::Orientation::Flipped:
        return "Turned: flip";
    case base::Orientation::Upright:
        break;
    }
    return "Turned: 0";
}

} // namespace

void LutReader::read(std::string file)
{
    asked_ = std::move(file);
    reading_ = true;
    questions_.put(asked_);
    if (!thread_.joinable())
        thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void LutReader::work(const std::stop_token& stop)
{
    base::nameThisThread("bt-luts");
    while (auto file = questions_.take(stop)) {
        auto lut = base::readCubeLut(*file);
        answers_.put(std::make_shared<const Answer>(Answer { std::move(*file), std::move(lut) }));
    }
}

std::optional<LutReader::Answer> LutReader::answer()
{
    if (!reading_)
        return std::nullopt;
    const auto newest = answers_.peek();
    if (!newest || (*newest)->file != asked_)
        return std::nullopt;
    reading_ = false;
    return **newest;
}

bool ToolsPopup::leave()
{
    const bool was = open_;
    open_ = false;
    return was;
}

void ToolsPopup::takeAnswer(ImageTools& tools)
{
    auto answer = reader_.answer();
    if (!answer)
        return;
    if (!answer->lut) {
        trouble_ = answer->lut.error().message;
        return;
    }
    trouble_.clear();
    tools.lut = *answer->lut;
    tools.lut_name = std::filesystem::path(answer->file).stem().string();
    tools.lut_file = std::move(answer->file);
    tools.lut_on = true;
}

void ToolsPopup::drawLut(ImageTools& tools, const Theme& theme, float width)
{
    const float button = theme.px(92);
    ButtonRow presets(theme, width, 3);
    for (std::size_t i = 0; i < base::kCameraLogs.size(); ++i) {
        const base::CameraLog log = base::kCameraLogs[i];
        if (i % 3 == 0)
            presets = ButtonRow(theme, width, 3);
        const std::string_view name = shortNameOf(log);
        const Words<31> id("{}", name);
        const bool chosen = tools.lut && tools.lut_file.empty() && tools.lut_name == base::nameOf(log);
        if (plainButton(theme, id.c_str(),
                { .words = name, .width = presets.next(), .on = chosen && tools.lut_on },
                "A look-up table made for this camera's log"))
            choosePreset(tools, log);
    }
    bool done = false;
    {
        const TallFrame tall(theme);
        ImGui::SetNextItemWidth(width - button - theme.px(6));
        done = ImGui::InputTextWithHint("##file", "or a file: /media/looks/show.cube", file_.data(),
            file_.size(), ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
    }
    ImGui::SameLine(0, theme.px(6));
    done |= plainButton(theme, "read", { .words = "Use it", .width = button }, "Enter");
    if (done && file_[0] != '\0') {
        trouble_.clear();
        reader_.read(file_.data());
    }
    // Always a line, so that an answer moves nothing.
    const bool wrong = !reader_.reading() && !trouble_.empty();
    line(theme.fonts.small, wrong ? colour::kText : colour::kQuiet, width,
        wrong                   ? Words<255>("! {}", trouble_).view()
            : reader_.reading() ? "Reading \u2026"
                                : "A 3D .cube file; false colour, zebra and peaking judge before it.");
    if (wrong)
        tooltip(theme, trouble_.c_str());
}

std::optional<Action> ToolsPopup::drawTools(
    ImageTools& tools, base::Orientation orientation, const Theme& theme, float width)
{
    std::optional<Action> asked;
    const auto take = [&](std::optional<Action> action) {
        if (action)
            asked = std::move(action);
    };
    const auto key = [&](ButtonRow& row, KeyId id, std::string_view words, bool on) {
        take(keyButton(theme, id, { .words = words, .width = row.next(), .on = on }));
    };
    const auto choice = [&](ButtonRow& row, const char* words, bool chosen) {
        return plainButton(theme, words, { .words = words, .width = row.next(), .on = chosen });
    };
    line(theme.fonts.small, colour::kQuiet, width, "For looking only: what is recorded stays as it is.");

    ButtonRow looks(theme, width, 4);
    key(looks, KeyId::Lut, "LUT", tools.lut_on && tools.lut);
    key(looks, KeyId::FalseColour, "False col.", tools.false_colour);
    key(looks, KeyId::Peaking, "Peaking", tools.peaking);
    key(looks, KeyId::Zebra, "Zebra", tools.zebra.on);
    drawLut(tools, theme, width);
    {
        const TallFrame tall(theme);
        ButtonRow levels(theme, width, 2);
        ImGui::SetNextItemWidth(levels.next());
        ImGui::SliderInt(
            "##low", &tools.zebra.low_percent, 0, 100, "zebra \\ from %d %%", ImGuiSliderFlags_AlwaysClamp);
        ImGui::SetNextItemWidth(levels.next());
        ImGui::SliderInt(
            "##high", &tools.zebra.high_percent, 50, 109, "zebra / from %d %%", ImGuiSliderFlags_AlwaysClamp);
    }

    line(theme.fonts.small, colour::kQuiet, width, "Frame");
    ButtonRow lines(theme, width, 7);
    FrameLines one = FrameLines::Off;
    do {
        const bool custom = one == FrameLines::Custom;
        const Words<15> name = custom ? Words<15>("own") : nameOf(one, tools.custom_aspect);
        ImGui::PushID(static_cast<int>(one));
        if (choice(lines, name.c_str(), tools.frame_lines == one))
            tools.frame_lines = one;
        ImGui::PopID();
        one = next(one);
    } while (one != FrameLines::Off);
    ButtonRow frame(theme, width, 3);
    {
        const TallFrame tall(theme);
        auto aspect = static_cast<float>(tools.custom_aspect);
        ImGui::SetNextItemWidth(frame.next());
        if (ImGui::SliderFloat("##own", &aspect, static_cast<float>(kLeastAspect),
                static_cast<float>(kMostAspect), "own %.2f", ImGuiSliderFlags_AlwaysClamp)) {
            tools.custom_aspect = std::round(static_cast<double>(aspect) * 100) / 100;
            tools.frame_lines = FrameLines::Custom;
        }
    }
    key(frame, KeyId::SafeAreas, "Safe areas", tools.safe_areas);
    key(frame, KeyId::CentreCross, "Centre cross", tools.centre_cross);

    line(theme.fonts.small, colour::kQuiet, width, "Shape");
    ButtonRow shape(theme, width, 2);
    key(shape, KeyId::Orientation, nameOf(orientation), orientation != base::Orientation::Upright);
    key(shape, KeyId::Zoom, "Zoom 1:1", tools.zoom != 0);
    ButtonRow squeeze(theme, width, static_cast<int>(kDesqueezes.size()));
    for (const double factor : kDesqueezes)
        if (choice(squeeze, Words<15>("{:g}x", factor).c_str(), tools.desqueeze == factor))
            tools.desqueeze = factor;

    line(theme.fonts.small, colour::kQuiet, width, "Scopes");
    ButtonRow scopes(theme, width, 6);
    constexpr std::array<std::pair<ScopeKind, const char*>, 6> kScopes { { { ScopeKind::Off, "off##scopes" },
        { ScopeKind::Waveform, "wave" }, { ScopeKind::Parade, "RGB" }, { ScopeKind::Vectorscope, "vector" },
        { ScopeKind::Histogram, "hist" }, { ScopeKind::All, "all" } } };
    for (const auto& [kind, name] : kScopes) {
        const std::string_view words = kind == ScopeKind::Off ? "off" : name;
        if (plainButton(theme, name, { .words = words, .width = scopes.next(), .on = tools.scopes == kind },
                nameOf(kind)))
            tools.scopes = kind;
    }
    return asked;
}

std::optional<Action> ToolsPopup::draw(
    const Model& model, ImageTools& tools, const Layout& layout, const Theme& theme)
{
    std::optional<Action> asked;
    takeAnswer(tools);
    if (!open_)
        return asked;
    const float margin = theme.px(12);
    const float top = static_cast<float>(layout.top_bar.bottom()) + theme.px(6);
    const float bottom = static_cast<float>(layout.transport.empty() ? layout.window.bottom() - layout.frame
                                                                     : layout.transport.y)
        - theme.px(6);
    const float most = static_cast<float>(layout.window.width) - 5 * margin;
    const float width = std::min(theme.px(400), most);
    const float between = theme.px(18);
    const bool beside = width + between + theme.px(kCompareWidth) <= most;
    ImGui::SetNextWindowPos(
        { static_cast<float>(layout.window.right()) - margin, bottom }, ImGuiCond_Always, { 1, 1 });
    ImGui::SetNextWindowSizeConstraints({ 0, 0 }, { 1e6F, bottom - top });
    ImGui::PushStyleColor(ImGuiCol_WindowBg, colour::kPanel);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(14), theme.px(10) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(6), theme.px(6) });
    // Where the window is too low for it, it scrolls.
    if (ImGui::Begin("image tools", nullptr,
            ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoCollapse
                | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove
                | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav)) {
        const auto take = [&](std::optional<Action> action) {
            if (action)
                asked = std::move(action);
        };
        // Side by side, or where the window is too narrow for that one above the other.
        const float compare_width = beside ? theme.px(kCompareWidth) : width;
        ImGui::BeginGroup();
        take(drawCompare(model, theme, compare_width));
        ImGui::EndGroup();
        if (beside)
            ImGui::SameLine(0, between);
        ImGui::BeginGroup();
        take(drawTools(tools, model.orientation, theme, width));
        ImGui::EndGroup();
        if (!stills_asked_ && !asked) {
            stills_asked_ = true;
            asked = Intent { ListStills {} };
        }
    }
    ImGui::End();
    ImGui::PopStyleVar(4);
    ImGui::PopStyleColor();
    return asked;
}

} // namespace backtake::ui
