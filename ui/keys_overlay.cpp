#include "ui/keys_overlay.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace backtake::ui {
namespace {

constexpr std::array kFirst { KeyGroup::Take, KeyGroup::Play };
constexpr std::array kSecond { KeyGroup::Marks, KeyGroup::Camera };
constexpr std::array kThird { KeyGroup::Picture, KeyGroup::Compare, KeyGroup::Window };
constexpr std::array kFourth { KeyGroup::Log, KeyGroup::Guide };

} // namespace

bool KeysOverlay::leave()
{
    const bool was = open_;
    open_ = false;
    return was;
}

void KeysOverlay::draw(const Layout& layout, const Theme& theme)
{
    if (!open_)
        return;
    const float row = theme.px(26);
    const float head = theme.px(34);
    const float name = theme.px(104);
    const float column = theme.px(394);
    const float padding = theme.px(24);
    // As many columns as there is room for; what finds none stands below, and the overlay scrolls.
    constexpr std::array<std::span<const KeyGroup>, 4> kColumns { kFirst, kSecond, kThird, kFourth };
    const float room = static_cast<float>(layout.window.width) - padding;
    const auto columns =
        std::clamp<std::size_t>(static_cast<std::size_t>(room / (column + padding)), 1, kColumns.size());
    const auto rows = [](KeyGroup group) {
        const auto table = keysInForce();
        return static_cast<float>(
            std::count_if(table.begin(), table.end(), [&](const auto& b) { return b.group == group; }));
    };
    const auto heightOf = [&](KeyGroup group) { return head + rows(group) * row + theme.px(10); };
    std::array<float, kColumns.size()> heights {};
    for (std::size_t i = 0; i < kColumns.size(); ++i)
        for (const KeyGroup group : kColumns[i])
            heights[std::min(i, columns - 1)] += heightOf(group);
    const float height = *std::max_element(heights.begin(), heights.end());
    const float width = std::min(
        static_cast<float>(layout.window.width), static_cast<float>(columns) * (column + padding) + padding);
    const float shown =
        std::min(static_cast<float>(layout.window.height), height + 2 * padding - theme.px(10));
    const Rect place { static_cast<int>((static_cast<float>(layout.window.width) - width) / 2),
        static_cast<int>((static_cast<float>(layout.window.height) - shown) / 2), static_cast<int>(width),
        static_cast<int>(shown) };
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::SetNextWindowFocus();
    ImGui::SetNextWindowPos(at(place));
    ImGui::SetNextWindowSize(sizeOf(place));
    if (ImGui::Begin("keys", nullptr,
            ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove
                | ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const ImVec2 origin = ImGui::GetCursorScreenPos();
        float y = origin.y + padding;
        for (std::size_t i = 0; i < kColumns.size(); ++i) {
            const float x =
                origin.x + padding + static_cast<float>(std::min(i, columns - 1)) * (column + padding);
            if (i < columns)
                y = origin.y + padding;
            for (const KeyGroup group : kColumns[i]) {
                drawText(list, theme.fonts.bold, { x, y + theme.px(9) }, colour::kText, nameOf(group));
                y += head;
                for (const KeyBinding& binding : keysInForce()) {
                    if (binding.group != group)
                        continue;
                    drawText(list, theme.fonts.mono, { x, y + row / 2 - theme.px(4) }, colour::kText,
                        binding.name);
                    drawTextWithin(list, theme.fonts.body, { x + name, y + row / 2 - theme.px(4) },
                        column - name, colour::kQuiet, binding.words);
                    y += row;
                }
                y += theme.px(10);
            }
        }
        ImGui::Dummy(
            { width - padding, height + 2 * padding - theme.px(10) }); // so that a low window scrolls
    }
    ImGui::End();
    ImGui::PopStyleVar(3);
}

} // namespace backtake::ui
