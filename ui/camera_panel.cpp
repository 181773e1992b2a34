#include "ui/camera_panel.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr const char* kListName = "values";

const std::string& shownValue(const CameraSetting& setting)
{
    return setting.wanted.empty() ? setting.value : setting.wanted;
}

std::size_t placeOf(const CameraSetting& setting)
{
    const auto at = std::find(setting.choices.begin(), setting.choices.end(), shownValue(setting));
    return at == setting.choices.end() ? 0 : static_cast<std::size_t>(at - setting.choices.begin());
}

/// Why the control does nothing; null when it does.
const char* whyNot(const CameraSetting& setting, const BodyModel& body)
{
    if (!body.attached)
        return "The camera is not connected: this is what it had when it left";
    if (setting.read_only)
        return "Can only be changed on the camera, in its present mode";
    return nullptr;
}

void drawBattery(ImDrawList& list, ImVec2 right_middle, std::optional<int> percent, const Theme& theme)
{
    const float width = theme.px(22);
    const float height = theme.px(11);
    const ImVec2 low { right_middle.x - width - theme.px(2), right_middle.y - height / 2 };
    const ImVec2 high { low.x + width, low.y + height };
    list.AddRect(low, high, colour::kQuiet, theme.px(2));
    list.AddRectFilled({ high.x, right_middle.y - theme.px(2) },
        { high.x + theme.px(2), right_middle.y + theme.px(2) }, colour::kQuiet);
    if (percent) {
        const float part = static_cast<float>(std::clamp(*percent, 0, 100)) / 100;
        const float inset = theme.px(2);
        list.AddRectFilled({ low.x + inset, low.y + inset },
            { low.x + inset + (width - 2 * inset) * part, high.y - inset },
            *percent < 25 ? colour::kText : colour::kQuiet);
    }
}

} // namespace

bool CameraPanel::leave()
{
    if (!list_of_.empty()) {
        list_closing_ = true;
        return true;
    }
    const bool was = focused_;
    focused_ = false;
    return was;
}

void CameraPanel::openList(const CameraSetting& setting)
{
    list_of_ = setting.name;
    list_opening_ = true;
    list_scrolls_ = true;
    marked_ = placeOf(setting);
    typed_.fill('\0');
    std::copy_n(setting.value.begin(), std::min(setting.value.size(), kLongestValue), typed_.begin());
}

std::optional<Intent> CameraPanel::perform(ViewAction action, const Model& model)
{
    if (action == ViewAction::Camera) {
        list_closing_ = !list_of_.empty();
        focused_ = !focused_ && model.body.has_value();
        return std::nullopt;
    }
    if (!model.body || model.body->settings.empty())
        return std::nullopt;
    const BodyModel& body = *model.body;
    chosen_ = std::min(chosen_, body.settings.size() - 1);
    const CameraSetting& setting = body.settings[chosen_];
    const bool listing = !list_of_.empty();
    const std::size_t last = (listing ? setting.choices.size() : body.settings.size()) - 1;
    std::size_t& place = listing ? marked_ : chosen_;
    switch (action) {
    case ViewAction::SettingUp:
        place -= place > 0 ? 1 : 0;
        list_scrolls_ = true;
        return std::nullopt;
    case ViewAction::SettingDown:
        place += place < last ? 1 : 0;
        list_scrolls_ = true;
        return std::nullopt;
    case ViewAction::SettingLess:
    case ViewAction::SettingMore:
        if (listing || whyNot(setting, body) != nullptr)
            return std::nullopt;
        return StepCameraSetting { setting.name, action == ViewAction::SettingMore ? 1 : -1 };
    case ViewAction::SettingList:
        if (!listing) {
            if (whyNot(setting, body) == nullptr)
                openList(setting);
            return std::nullopt;
        }
        list_closing_ = true;
        if (marked_ < setting.choices.size())
            return SetCameraSetting { setting.name, setting.choices[marked_] };
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::optional<Intent> CameraPanel::drawSetting(const CameraSetting& setting, std::size_t index,
    const BodyModel& body, const Theme& theme, float width, float height)
{
    std::optional<Intent> intent;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const char* const why = whyNot(setting, body);
    const float side = theme.px(32);
    const float gap = theme.px(2);
    const ImVec2 low = ImGui::GetCursorScreenPos();
    const float middle = std::round(low.y + height / 2);
    ImGui::PushID(setting.name.c_str());
    const auto zone = [&](const char* name, float left, float zone_width) {
        ImGui::SetCursorScreenPos({ left, low.y });
        const bool pressed = ImGui::InvisibleButton(name, { zone_width, height });
        const bool usable = why == nullptr;
        list.AddRectFilled(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
            usable && ImGui::IsItemActive()        ? colour::grey(0x3A)
                : usable && ImGui::IsItemHovered() ? colour::kHover
                                                   : colour::kRaised,
            theme.px(4));
        return pressed && usable;
    };
    const auto step = [&](const char* name, float left, Sign sign, int by, const char* key_name) {
        if (zone(name, left, side)) {
            chosen_ = index;
            intent = StepCameraSetting { setting.name, by };
        }
        drawSign(list, sign, { left + side / 2, middle }, theme.px(12),
            why == nullptr ? colour::kText : colour::kFaint);
        tooltip(theme,
            why != nullptr ? why
                : by < 0   ? "The value before"
                           : "The next value",
            why != nullptr ? nullptr : key_name);
    };
    const float centre = width - 2 * (side + gap);
    const float text_left = low.x + side + gap;
    step("less", low.x, Sign::Minus, -1, "F6 Left");
    if (zone("value", text_left, centre)) {
        chosen_ = index;
        openList(setting);
    }
    tooltip(theme, why != nullptr ? why : setting.label.c_str(), why != nullptr ? nullptr : "F6 Enter");
    const auto centred = [&](ImFont* font, float y, ImU32 tint, std::string_view words) {
        const float room = centre - theme.px(4);
        const float used = std::min(room, widthOf(font, words));
        drawTextWithin(list, font, { text_left + std::round((centre - used) / 2), y }, room, tint, words);
    };
    centred(theme.fonts.small, low.y + theme.px(12), colour::kQuiet, setting.label);
    const bool pending = !setting.wanted.empty();
    const std::string& value = shownValue(setting);
    // "Color Temperature" in bold would need a column twice as wide.
    ImFont* const font =
        widthOf(theme.fonts.bold, value) <= centre - theme.px(4) ? theme.fonts.bold : theme.fonts.small;
    centred(font, low.y + height - theme.px(14), why != nullptr || pending ? colour::kQuiet : colour::kText,
        value.empty() ? std::string_view("\u2013") : std::string_view(value));
    if (pending) // asked for, not answered: a ring, and the value is quiet
        list.AddCircle({ text_left + centre - theme.px(8), low.y + theme.px(9) }, theme.px(3), colour::kText,
            0, theme.px(1.5F));
    step("more", text_left + centre + gap, Sign::Plus, +1, "F6 Right");
    if (focused_ && index == chosen_)
        list.AddRect({ low.x - 1, low.y - 1 }, { low.x + width + 1, low.y + height + 1 }, colour::kText,
            theme.px(4), 0, theme.px(2));
    if (list_of_ == setting.name) {
        if (auto chosen = drawList(setting, theme))
            intent = std::move(chosen);
    }
    ImGui::PopID();
    ImGui::SetCursorScreenPos({ low.x, low.y + height + theme.px(4) });
    return intent;
}

std::optional<Intent> CameraPanel::drawList(const CameraSetting& setting, const Theme& theme)
{
    std::optional<Intent> intent;
    if (list_opening_)
        ImGui::OpenPopup(kListName);
    const float row = theme.px(36);
    const float width = theme.px(180);
    const ImVec2 anchor = ImGui::GetItemRectMin();
    const float most = ImGui::GetIO().DisplaySize.y * 0.6F;
    const float height = std::min(
        most, row * static_cast<float>(std::max<std::size_t>(1, setting.choices.size())) + theme.px(18));
    ImGui::SetNextWindowPos(
        { anchor.x - theme.px(150), std::min(anchor.y, ImGui::GetIO().DisplaySize.y - height - theme.px(8)) },
        ImGuiCond_Always, { 1, 0 });
    ImGui::SetNextWindowSizeConstraints({ width, 0 }, { width, most });
    if (!ImGui::BeginPopup(
            kListName, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav)) {
        if (!list_opening_)
            list_of_.clear();
        list_opening_ = false;
        return intent;
    }
    if (list_closing_)
        ImGui::CloseCurrentPopup();
    if (setting.choices.empty()) {
        ImGui::TextUnformatted(setting.label.c_str());
        if (list_opening_)
            ImGui::SetKeyboardFocusHere();
        ImGui::SetNextItemWidth(-1);
        if (ImGui::InputText("##value", typed_.data(), typed_.size(),
                ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll)
            && typed_.front() != '\0') {
            intent = SetCameraSetting { setting.name, typed_.data() };
            ImGui::CloseCurrentPopup();
        }
    }
    const std::size_t now = placeOf(setting);
    for (std::size_t i = 0; i < setting.choices.size(); ++i) {
        ImGui::PushID(static_cast<int>(i));
        if (ImGui::InvisibleButton("value", { ImGui::GetContentRegionAvail().x, row - theme.px(4) })) {
            intent = SetCameraSetting { setting.name, setting.choices[i] };
            ImGui::CloseCurrentPopup();
        }
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        if (ImGui::IsItemHovered() || i == marked_)
            list.AddRectFilled(
                low, high, ImGui::IsItemHovered() ? colour::kHover : colour::grey(0x3A), theme.px(4));
        const float middle = std::round((low.y + high.y) / 2);
        if (i == now)
            drawSign(list, Sign::Right, { low.x + theme.px(11), middle }, theme.px(8), colour::kText);
        drawTextWithin(list, theme.fonts.bold, { low.x + theme.px(22), middle },
            high.x - low.x - theme.px(26), colour::kText, setting.choices[i]);
        if (i == marked_ && list_scrolls_)
            ImGui::SetScrollHereY(0.5F);
        ImGui::PopID();
    }
    list_scrolls_ = list_opening_; // the first frame does not know its height yet
    list_opening_ = false;
    ImGui::EndPopup();
    return intent;
}

/// Battery, card, lens: each on a line of its own, so that nothing moves when a number changes.
void CameraPanel::drawFacts(const Model& model, const Theme& theme, float width)
{
    const BodyModel& body = *model.body;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float row = theme.px(20);
    const auto line = [&](const char* name, std::string_view words, ImU32 tint, float taken = 0) {
        const ImVec2 low = ImGui::GetCursorScreenPos();
        const float middle = std::round(low.y + row / 2);
        const float label =
            drawText(list, theme.fonts.small, { low.x, middle }, colour::kQuiet, name) + theme.px(8);
        const float room = width - label - taken;
        const float used = std::min(room, widthOf(theme.fonts.small, words));
        drawTextWithin(list, theme.fonts.small, { low.x + width - taken - used, middle }, room, tint, words);
        ImGui::SetCursorScreenPos(low);
        ImGui::InvisibleButton(name, { width, row });
        return ImVec2 { low.x + width, middle };
    };
    if (!body.battery.empty()) {
        const bool low = body.battery_percent && *body.battery_percent < 25;
        const ImVec2 end = line("battery", body.battery, low ? colour::kText : colour::kQuiet, theme.px(32));
        drawBattery(list, end, body.battery_percent, theme);
    }
    if (body.card_present && !*body.card_present)
        line("card", "! none", colour::kText);
    else if (body.card_free_bytes)
        line("card free",
            *body.card_free_bytes == 0 ? std::string("! full") : base::bytesText(*body.card_free_bytes),
            *body.card_free_bytes == 0 ? colour::kText : colour::kQuiet);
    if (body.time_left)
        line("left", base::durationText(*body.time_left), colour::kQuiet);
    else if (body.shots_left)
        line("shots left", Words<15>("{}", *body.shots_left).view(),
            *body.shots_left == 0 ? colour::kText : colour::kQuiet);
    if (body.movie_mode && !*body.movie_mode)
        line("movie mode", "! off", colour::kText);
    if (!body.output.empty())
        line("picture to", body.output, colour::kQuiet);
    if (!body.lens.empty()) {
        line("lens", body.lens, colour::kQuiet);
        tooltip(theme, body.lens.c_str());
    }
}

std::optional<Intent> CameraPanel::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!model.body)
        focused_ = false;
    if (layout.camera.empty() || !model.body)
        return intent;
    const BodyModel& body = *model.body;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(10), theme.px(8) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { 0, 0 });
    if (beginPanel("camera", layout.camera)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 corner = at(layout.camera);
        list.AddLine(corner, { corner.x, static_cast<float>(layout.camera.bottom()) }, colour::kHairline);
        const float width = static_cast<float>(layout.camera.width) - theme.px(20);
        ImGui::BeginChild("body", { 0, 0 }, false, ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollbar);
        ImDrawList& inside = *ImGui::GetWindowDrawList();
        ImVec2 place = ImGui::GetCursorScreenPos();

        drawTextWithin(inside, theme.fonts.bold, { place.x, place.y + theme.px(10) }, width,
            body.attached ? colour::kText : colour::kQuiet,
            body.model.empty() ? std::string_view("Camera") : body.model);
        // Its own recording: sign and word, red only when it runs.
        const float middle = std::round(place.y + theme.px(32));
        const bool missed = model.rolling && body.records_with_takes && body.can_record && !body.recording;
        if (body.recording) {
            drawSign(inside, Sign::Disc, { place.x + theme.px(6), middle }, theme.px(11), colour::rolling);
            drawText(inside, theme.fonts.bold, { place.x + theme.px(18), middle }, colour::rolling, "REC");
            const auto length = lengthWords(body.recording_for);
            drawText(inside, theme.fonts.mono,
                { place.x + width - widthOf(theme.fonts.mono, length.view()), middle }, colour::kText,
                length.view());
        } else {
            inside.AddCircle({ place.x + theme.px(6), middle }, theme.px(5),
                missed ? colour::kText : colour::kQuiet, 0, theme.px(1.5F));
            drawText(inside, missed ? theme.fonts.bold : theme.fonts.small,
                { place.x + theme.px(18), middle }, missed ? colour::kText : colour::kQuiet,
                !body.attached        ? "not connected"
                    : missed          ? "! NOT RECORDING"
                    : body.can_record ? "card: standby"
                                      : "cannot record");
        }
        ImGui::SetCursorScreenPos({ place.x, place.y + theme.px(46) });
        chosen_ = body.settings.empty() ? 0 : std::min(chosen_, body.settings.size() - 1);
        for (std::size_t i = 0; i < body.settings.size(); ++i)
            if (auto asked = drawSetting(body.settings[i], i, body, theme, width, theme.px(44)))
                intent = std::move(asked);
        place = ImGui::GetCursorScreenPos();
        ImGui::SetCursorScreenPos({ place.x, place.y + theme.px(4) });
        if (body.can_record) {
            const ImVec2 low = ImGui::GetCursorScreenPos();
            if (const auto asked = keyButton(theme, KeyId::RecordOnCamera,
                    { .sign = body.records_with_takes ? Sign::Disc : Sign::None,
                        .words = body.records_with_takes ? "Records with R" : "R: not the card",
                        .width = width,
                        .tint = body.records_with_takes ? colour::kText : colour::kQuiet,
                        .sign_tint = colour::rolling,
                        .on = body.records_with_takes }))
                intent = RecordOnCamera { !body.records_with_takes };
            ImGui::SetCursorScreenPos({ low.x, low.y + buttonHeight(theme) + theme.px(8) });
        }
        drawFacts(model, theme, width);
        list_closing_ = false;
        ImGui::EndChild();
    }
    ImGui::End();
    ImGui::PopStyleVar(2);
    return intent;
}

} // namespace backtake::ui
