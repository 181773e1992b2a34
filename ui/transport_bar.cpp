#include "ui/transport_bar.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"
#include "ui/meters.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr float kTight = 3; // between buttons of a group
constexpr float kWide = 10; // between groups

Sign signOf(LoopMode loop)
{
    switch (loop) {
    case LoopMode::PingPong:
        return Sign::PingPong;
    case LoopMode::Once:
        return Sign::Once;
    case LoopMode::Loop:
        break;
    }
    return Sign::Loop;
}

std::uint64_t lostFrames(const Model& model)
{
    std::uint64_t lost = 0;
    for (const auto& [cause, count] : model.drops)
        lost += count;
    return lost;
}

Words<511> ringAndLosses(const Model& model)
{
    Words<511> words(
        "{}", lostFrames(model) > 0 ? "Frames lost since the camera was opened" : "No frame was lost");
    for (const auto& [cause, count] : model.drops)
        words = Words<511>("{}\n{}  {}", words.view(), count, cause);
    if (model.disk_behind)
        words = Words<511>("The disk is behind: {:.1f} s wait in memory, {:.0f} % of the room there.\n{}",
            base::seconds(model.ring_waiting_for), model.ring_waiting * 100, words.view());
    return words;
}

Words<511> diskAndSecond(const Model& model)
{
    const SecondFolder& second = model.second_folder;
    if (second.folder.empty())
        return Words<511>("Time that fits on the disk. Click: choose a second folder for when it refuses");
    return Words<511>("Time that fits on the disk. {}: {}",
        second.in_use ? "The take goes on in" : "Then takes go on in", second.folder);
}

/// How full the ring is of frames that no disk has yet: a gauge under the numbers, with a tick at half.
void drawWaiting(ImDrawList& list, const Model& model, const Theme& theme, ImVec2 low, ImVec2 high)
{
    const auto part = static_cast<float>(std::clamp(model.ring_waiting, 0.0, 1.0));
    const ImU32 fill = part >= 0.5F ? IM_COL32(0x8A, 0x5F, 0x00, 255) : colour::grey(0x4A);
    const float half = std::round((low.x + high.x) / 2);
    list.AddRectFilled(low, high, colour::kRaised, theme.px(4));
    list.AddRectFilled(low, { std::round(low.x + part * (high.x - low.x)), high.y }, fill, theme.px(4));
    list.AddRectFilled({ half, high.y - theme.px(5) }, { half + 1, high.y }, colour::kQuiet);
    list.AddRect(low, high, part >= 0.5F ? colour::shown : colour::kFaint, theme.px(4));
}

/// Whether the take is heard, by word, shape and colour.
ButtonLook soundLook(const Model& model, const base::SoundChoice& sound, std::string_view level)
{
    const bool heard = model.heard.recorded && model.heard.trouble.empty() && !sound.muted;
    return { .sign = heard ? Sign::Speaker : Sign::SpeakerOff,
        .words = !model.heard.recorded     ? "No sound"
            : !model.heard.trouble.empty() ? "No device"
            : sound.muted                  ? "Muted"
                                           : level,
        .tint = !model.heard.recorded ? colour::kFaint
            : heard                   ? colour::kText
                                      : colour::shown };
}

} // namespace

bool TransportBar::leave()
{
    menu_closing_ = menu_open_;
    return menu_open_;
}

std::optional<Action> TransportBar::draw(const Model& model, const Layout& layout, const Theme& theme,
    bool tools_open, const base::SoundChoice& sound)
{
    std::optional<Action> asked;
    if (layout.transport.empty())
        return asked;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    const bool open = beginPanel("transport", layout.transport);
    ImGui::PopStyleVar();
    if (open) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const Rect& bar = layout.transport;
        const float button = buttonHeight(theme);
        const float top =
            static_cast<float>(bar.y) + std::round((static_cast<float>(bar.height) - button) / 2);
        float x = theme.px(12);
        float end = static_cast<float>(bar.right()) - theme.px(12);
        const auto place = [&](float width) {
            ImGui::SetCursorScreenPos({ x, top });
            x += width + theme.px(kTight);
        };
        const auto take = [&](std::optional<Action> action) {
            if (action)
                asked = std::move(action);
        };
        const auto key = [&](KeyId id, ButtonLook look) {
            place(look.width > 0 ? look.width : button);
            take(keyButton(theme, id, look));
        };
        const auto endGroup = [&] { x += theme.px(kWide - kTight); };
        const auto roomFor = [&](float width) { return x + width <= end; };
        const auto buttons = [&](int count) {
            return static_cast<float>(count) * button + static_cast<float>(count - 1) * theme.px(kTight);
        };

        // Always there, at the edges: roll at the left, the menu at the right.
        key(KeyId::Roll,
            { .sign = model.rolling ? Sign::Square : Sign::Disc,
                .words = model.rolling ? "Cut" : "Roll",
                .width = theme.px(88),
                .tint = model.rolling ? IM_COL32_WHITE : colour::kText,
                .sign_tint = model.rolling ? IM_COL32_WHITE : colour::rolling,
                .fill = model.rolling ? colour::rolling : 0 });
        ImGui::SetCursorScreenPos({ end - button, top });
        if (plainButton(theme, "menu", { .sign = Sign::Menu }, "Full screen, chrome, keys, debug, quit"))
            ImGui::OpenPopup("menu");
        take(drawMenu(theme, layout));
        end -= button + theme.px(kTight);
        const float tools_width = theme.px(60);
        if (roomFor(tools_width)) {
            ImGui::SetCursorScreenPos({ end - tools_width, top });
            take(
                keyButton(theme, KeyId::Tools, { .words = "Tools", .width = tools_width, .on = tools_open }));
            end -= tools_width;
        }
        const bool compact = layout.transport.width < static_cast<int>(theme.px(1360));
        if (inReview(model) && !compact) {
            const float width = theme.px(112);
            end -= width + theme.px(kTight);
            ImGui::SetCursorScreenPos({ end, top });
            const Words<15> level("{:+} dB", sound.level_db);
            ButtonLook look = soundLook(model, sound, level.view());
            look.width = width;
            take(keyButton(theme, KeyId::Mute, look));
            if (!model.heard.trouble.empty())
                tooltip(theme, model.heard.trouble.c_str());
        }
        end -= theme.px(kWide);

        // Direction of the next take: part of what R does, so it stands beside it.
        const float direction_width = compact ? button : theme.px(120);
        if (roomFor(direction_width)) {
            place(direction_width);
            if (plainButton(theme, "direction",
                    { .sign = model.next_backward ? Sign::Left : Sign::Right,
                        .words = compact          ? ""
                            : model.next_backward ? "Backward"
                                                  : "Forward",
                        .width = direction_width },
                    model.next_backward ? "The next take is to be shown reversed. Click: forward"
                                        : "The next take is to be shown as captured. Click: backward"))
                asked = Intent { ChooseTakeDirection { !model.next_backward } };
        }
        endGroup();

        // Ring, losses and disk, in two short columns at the right.
        const std::uint64_t lost = lostFrames(model);
        const Words<31> ring("ring {:.1f} s", model.ring_seconds);
        const Words<31> drops("{} lost", lost);
        const std::string disk =
            model.disk_left ? base::durationText(*model.disk_left) : std::string("\u2013");
        const Words<63> disk_words("disk {}", disk);
        const float first_width = widthOf(theme.fonts.small, "ring 000.0 s");
        const float second_width = widthOf(theme.fonts.small, "disk 000 h 00 min");
        const float stats = first_width + second_width + theme.px(14);
        const float core = buttons(6) + theme.px(76 + 108) + 3 * theme.px(kWide);
        if (roomFor(core + stats)) {
            const float left = end - stats;
            const float middle = top + button / 2;
            if (model.disk_behind)
                drawWaiting(list, model, theme, { left - theme.px(7), top },
                    { left + first_width + theme.px(5), top + button });
            drawText(list, theme.fonts.small, { left, middle - theme.px(8) },
                model.disk_behind ? colour::kText : colour::kQuiet, ring.view());
            const Words<31> waiting("{:.1f} s waits", base::seconds(model.ring_waiting_for));
            drawText(list, theme.fonts.small, { left, middle + theme.px(9) },
                lost > 0 || model.disk_behind ? colour::kText : colour::kQuiet,
                lost > 0                ? Words<31>("! {}", drops.view()).view()
                    : model.disk_behind ? waiting.view()
                                        : drops.view());
            ImGui::SetCursorScreenPos({ left, top });
            ImGui::InvisibleButton("stats", { first_width + theme.px(5), button });
            tooltip(theme, ringAndLosses(model).c_str());

            // The disk; pressed, it asks for a second one.
            const float second = left + first_width + theme.px(14);
            ImGui::SetCursorScreenPos({ second - theme.px(6), top });
            if (ImGui::InvisibleButton("disk", { second_width + theme.px(6), button }))
                asked = bindingOf(KeyId::SecondFolder).action;
            if (ImGui::IsItemHovered())
                list.AddRectFilled(
                    ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), colour::kRaised, theme.px(4));
            tooltip(theme, diskAndSecond(model).c_str(), bindingOf(KeyId::SecondFolder).name);
            drawText(list, theme.fonts.small, { second, middle - theme.px(8) },
                model.disk_low ? colour::shown : colour::kQuiet, disk_words.view());
            const bool spilled = model.second_folder.in_use;
            drawText(list, theme.fonts.small, { second, middle + theme.px(9) },
                model.disk_low || spilled ? colour::kText : colour::kQuiet,
                model.disk_low                            ? "! nearly full"
                    : spilled                             ? "second folder"
                    : !model.second_folder.folder.empty() ? "+ second"
                                                          : "");
            end = left - theme.px(kWide);
        }
        if (model.sound && roomFor(core + metersWidth(theme))) {
            end -= metersWidth(theme);
            drawMeters(*model.sound, theme, { end, top }, button);
            end -= theme.px(kWide);
        }

        // What the review does; the most used first, so that a narrow window keeps those.
        const ReviewModel* review = model.review ? &*model.review : nullptr;
        const bool reviewing = inReview(model);
        const auto dim = [&](bool usable) { return usable ? colour::kText : colour::kFaint; };
        const ImU32 tint = dim(review != nullptr);
        const ImU32 tint_now = dim(reviewing);

        const float review_width = theme.px(76);
        const float order_width = theme.px(108);
        if (roomFor(review_width)) {
            key(KeyId::Review,
                { .words = reviewing    ? "Live"
                        : model.rolling ? "Chase"
                                        : "Review",
                    .width = review_width,
                    .tint = model.rolling ? colour::kText : tint });
            if (roomFor(order_width)) {
                // The order on screen, as the frame shows it.
                const bool shown = review == nullptr || review->shown_order;
                const bool reversed = review == nullptr || (review->backward_take && review->shown_order);
                key(KeyId::Order,
                    { .sign = reversed ? Sign::Left : Sign::Right,
                        .words = shown ? "Shown" : "Captured",
                        .width = order_width,
                        .tint = tint_now,
                        .sign_tint = !reviewing ? 0
                            : reversed          ? colour::shown
                                                : colour::captured });
            }
            endGroup();
        }
        const bool playing = reviewing && review->playing;
        const bool wide = roomFor(buttons(8) + buttons(4) + button + 2 * theme.px(kWide));
        if (roomFor(buttons(4))) {
            if (wide) {
                key(KeyId::First, { .sign = Sign::ToFirst, .tint = tint_now });
                key(KeyId::FrameBack, { .sign = Sign::StepLeft, .tint = tint_now });
            }
            key(KeyId::ShuttleBack, { .sign = Sign::FastLeft, .tint = tint_now });
            key(KeyId::ShuttlePause, { .sign = Sign::Square, .tint = tint_now });
            key(KeyId::Play, { .sign = playing ? Sign::Pause : Sign::Right, .tint = tint_now });
            key(KeyId::ShuttleOn, { .sign = Sign::FastRight, .tint = tint_now });
            if (wide) {
                key(KeyId::FrameOn, { .sign = Sign::StepRight, .tint = tint_now });
                key(KeyId::Last, { .sign = Sign::ToLast, .tint = tint_now });
            }
            endGroup();
        }
        if (roomFor(button)) {
            key(KeyId::Loop,
                { .sign = signOf(review != nullptr ? review->loop : LoopMode::Loop), .tint = tint_now });
            endGroup();
        }
        if (roomFor(buttons(4))) {
            const bool in = reviewing && review->in.has_value();
            const bool out = reviewing && review->out.has_value();
            key(KeyId::In, { .sign = Sign::In, .tint = tint_now, .on = in });
            key(KeyId::Out, { .sign = Sign::Out, .tint = tint_now, .on = out });
            key(KeyId::ClearIn, { .sign = Sign::ClearIn, .tint = dim(in) });
            key(KeyId::ClearOut, { .sign = Sign::ClearOut, .tint = dim(out) });
            endGroup();
        }
        const bool with_steps = end - x >= theme.px(90) + 2 * (button + theme.px(kTight));
        const float slider =
            std::min(theme.px(220), end - x - (with_steps ? 2 * (button + theme.px(kTight)) : 0));
        if (slider >= theme.px(84)) {
            if (with_steps)
                key(KeyId::Slower, { .sign = Sign::Minus, .tint = tint_now });
            place(slider);
            const int percent =
                std::clamp(review != nullptr ? std::abs(percentOf(review->speed)) : 100, 5, 800);
            if (const auto wanted = drawSpeed(theme, slider, percent, tint_now))
                asked = Intent { SetSpeed { *wanted } };
            if (with_steps)
                key(KeyId::Faster, { .sign = Sign::Plus, .tint = tint_now });
        }
    }
    ImGui::End();
    return asked;
}

/// A slider over 5 … 800 per cent, even in octaves, that catches at 100. @return the speed asked for, when it
/// changed.
std::optional<int> TransportBar::drawSpeed(const Theme& theme, float width, int percent, ImU32 tint)
{
    constexpr double kSlowest = 5;
    constexpr double kFastest = 800;
    constexpr double kCatch = 0.035; // part of the width round 100 that means 100
    const auto partOf = [](double p) { return std::log(p / kSlowest) / std::log(kFastest / kSlowest); };

    ImGui::InvisibleButton("speed", { width, buttonHeight(theme) });
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    const float margin = theme.px(12);
    const float track_left = low.x + margin;
    const float track_width = high.x - low.x - 2 * margin;
    std::optional<int> asked;
    if (ImGui::IsItemActive()) {
        const double part = std::clamp((ImGui::GetIO().MousePos.x - track_left) / track_width, 0.0F, 1.0F);
        const double speed = std::abs(part - partOf(100)) < kCatch
            ? 100
            : kSlowest * std::exp(part * std::log(kFastest / kSlowest));
        const int wanted = static_cast<int>(std::lround(speed));
        if (wanted != speed_.value_or(percent))
            asked = wanted;
        speed_ = wanted;
    } else {
        speed_.reset();
    }
    const int shown = speed_.value_or(percent);

    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddRectFilled(low, high, colour::kRaised, theme.px(4));
    if (ImGui::IsItemHovered() || ImGui::IsItemActive())
        list.AddRectFilled(low, high, IM_COL32(255, 255, 255, 12), theme.px(4));
    const Words<15> words("{} %", shown);
    const float line = high.y - theme.px(10);
    const float height = std::max(2.0F, theme.px(2));
    const auto xOf = [&](double p) {
        return std::round(track_left + static_cast<float>(partOf(p)) * track_width);
    };
    list.AddRectFilled({ track_left, line }, { track_left + track_width, line + height }, colour::kFaint);
    list.AddRectFilled(
        { xOf(100), line - theme.px(3) }, { xOf(100) + 1, line + height + theme.px(3) }, colour::kFaint);
    list.AddCircleFilled({ xOf(shown), line + height / 2 }, theme.px(5), tint);
    const float text = widthOf(theme.fonts.mono, words.view());
    drawText(
        list, theme.fonts.mono, { (low.x + high.x - text) / 2, low.y + theme.px(13) }, tint, words.view());
    tooltip(theme, "Speed of the review");
    return asked;
}

std::optional<Action> TransportBar::drawMenu(const Theme& theme, const Layout& layout)
{
    std::optional<Action> asked;
    ImGui::SetNextWindowPos({ static_cast<float>(layout.transport.right()) - theme.px(12),
                                static_cast<float>(layout.transport.y) - theme.px(4) },
        ImGuiCond_Always, { 1, 1 });
    menu_open_ = ImGui::BeginPopup("menu", ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
    if (menu_open_) {
        if (menu_closing_)
            ImGui::CloseCurrentPopup();
        const ImVec2 size { theme.px(330), buttonHeight(theme) };
        for (const KeyId id :
            { KeyId::FullScreen, KeyId::Chrome, KeyId::Keys, KeyId::Settings, KeyId::Debug, KeyId::Quit }) {
            const KeyBinding& binding = bindingOf(id);
            if (ImGui::InvisibleButton(binding.name, size)) {
                asked = binding.action;
                ImGui::CloseCurrentPopup();
            }
            ImDrawList& list = *ImGui::GetWindowDrawList();
            const ImVec2 low = ImGui::GetItemRectMin();
            const ImVec2 high = ImGui::GetItemRectMax();
            if (ImGui::IsItemHovered())
                list.AddRectFilled(low, high, colour::kHover, theme.px(4));
            const float middle = (low.y + high.y) / 2;
            drawText(list, theme.fonts.body, { low.x + theme.px(10), middle }, colour::kText, binding.words);
            const float name = widthOf(theme.fonts.mono, binding.name);
            drawText(list, theme.fonts.mono, { high.x - name - theme.px(10), middle }, colour::kQuiet,
                binding.name);
        }
        ImGui::EndPopup();
    }
    menu_closing_ = false;
    return asked;
}

} // namespace backtake::ui
