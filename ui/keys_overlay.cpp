#include "ui/keys_overlay.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

struct Column {
    KeyGroup first;
    KeyGroup second;
};

const char* nameOf(KeyGroup group)
{
    switch (group) {
    case KeyGroup::Take:
        return "Takes";
    case KeyGroup::Play:
        return "Play, in the order on screen";
    case KeyGroup::Marks:
        return "Marks, loop, speed";
    case KeyGroup::Window:
        break;
    }
    return "Window";
}

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
    const float name = theme.px(116);
    const float column = theme.px(430);
    const float padding = theme.px(24);
    const bool two = static_cast<float>(layout.window.width) >= 2 * column + 3 * padding;
    const auto rows = [](KeyGroup group) {
        const auto table = keyTable();
        return static_cast<float>(
            std::count_if(table.begin(), table.end(), [&](const auto& b) { return b.group == group; }));
    };
    const auto heightOf = [&](KeyGroup group) { return head + rows(group) * row + theme.px(10); };
    const Column columns[] { { KeyGroup::Take, KeyGroup::Play }, { KeyGroup::Marks, KeyGroup::Window } };
    float height = 0;
    for (const Column& c : columns) {
        const float this_one = heightOf(c.first) + heightOf(c.second);
        height = two ? std::max(height, this_one) : height + this_one;
    }
    const float width = std::min(
        static_cast<float>(layout.window.width), (two ? 2 * column + padding : column) + 2 * padding);
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
        float x = origin.x + padding;
        float y = origin.y + padding;
        for (const Column& c : columns) {
            for (const KeyGroup group : { c.first, c.second }) {
                drawText(list, theme.fonts.bold, { x, y + theme.px(9) }, colour::kText, nameOf(group));
                y += head;
                for (const KeyBinding& binding : keyTable()) {
                    if (binding.group != group)
                        continue;
                    drawText(list, theme.fonts.mono, { x, y + row / 2 - theme.px(4) }, colour::kText,
                        binding.name);
                    drawText(list, theme.fonts.body, { x + name, y + row / 2 - theme.px(4) }, colour::kQuiet,
                        binding.words);
                    y += row;
                }
                y += theme.px(10);
            }
            if (two) {
                x += column + padding;
                y = origin.y + padding;
            }
        }
        ImGui::Dummy(
            { width - padding, height + 2 * padding - theme.px(10) }); // so that a low window scrolls
    }
    ImGui::End();
    ImGui::PopStyleVar(3);
}

} // namespace backtake::ui
