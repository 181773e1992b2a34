#include "ui/messages_view.hpp"

#include "ui/draw.hpp"
#include "ui/keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr base::Nanos kFadesAfter = std::chrono::seconds(6);
constexpr int kMostAtOnce = 4; // more would cover the picture; the log has them all

struct Card {
    std::uint64_t id = 0;
    Message::Kind kind = Message::Kind::Note;
    std::string_view text;
    std::string* own_dismissed = nullptr; ///< Of the window's own.
};

/// Never by colour alone: the kind is a word, too.
std::string_view nameOf(Message::Kind kind)
{
    switch (kind) {
    case Message::Kind::Trouble:
        return "TROUBLE";
    case Message::Kind::Warning:
        return "WARNING";
    case Message::Kind::Note:
        break;
    }
    return "";
}

ImU32 tintOf(Message::Kind kind)
{
    switch (kind) {
    case Message::Kind::Trouble:
        return colour::kText;
    case Message::Kind::Warning:
        return colour::kQuiet;
    case Message::Kind::Note:
        break;
    }
    return colour::kFaint;
}

} // namespace

Words<191> noRoomWords(const Model& model, const Layout& layout)
{
    const auto words = [&](const char* name, KeyId key, const Need& need) {
        const Rect& window = layout.window;
        const Words<31> lacking = window.width >= need.width ? Words<31>("{} of height", need.height)
            : window.height >= need.height                   ? Words<31>("{} of width", need.width)
                                                             : Words<31>("{} x {}", need.width, need.height);
        return Words<191>("No room for {} ({}) in this window of {} x {} pixels: {} are needed", name,
            bindingOf(key).name, window.width, window.height, lacking.view());
    };
    if (!layout.band_needs.empty())
        return model.practice ? words("practice", KeyId::Practice, layout.band_needs)
                              : words("the lip check", KeyId::LipCheck, layout.band_needs);
    if (!layout.story_needs.empty())
        return words("the sequence", KeyId::Story, layout.story_needs);
    if (!layout.scopes_needs.empty())
        return words("the scopes", KeyId::Scopes, layout.scopes_needs);
    return {};
}

std::optional<Intent> MessagesView::draw(
    const Model& model, const Layout& layout, const Theme& theme, const Own& own)
{
    std::optional<Intent> intent;
    if (layout.badge == BadgeSize::Small)
        return intent;
    std::array<Card, kMostAtOnce> cards;
    std::size_t count = 0;
    const std::array<std::string_view, 2> own_lines { own.trouble, own.no_room };
    std::size_t own_shown = 0;
    for (std::size_t i = 0; i < own_lines.size(); ++i) {
        if (own_lines[i].empty())
            own_dismissed_[i].clear(); // what comes anew is said anew
        own_shown += own_lines[i] != own_dismissed_[i] ? 1 : 0;
    }
    for (const Message& message : model.messages) {
        const bool over = !message.standing && model.now - message.since > kFadesAfter;
        if (!over && count + own_shown < cards.size())
            cards[count++] = { message.id, message.kind, message.text };
    }
    for (std::size_t i = 0; i < own_lines.size(); ++i)
        if (own_lines[i] != own_dismissed_[i])
            cards[count++] = { 0, Message::Kind::Warning, own_lines[i], &own_dismissed_[i] };
    if (count == 0)
        return intent;

    const float margin = theme.px(12);
    const float gap = theme.px(6);
    const float close = theme.px(32);
    const float bar = theme.px(4);
    const float padding = theme.px(12);
    const float left = static_cast<float>(layout.monitor.x) + margin;
    float bottom = static_cast<float>(layout.monitor.bottom()) - margin;
    const float most = std::min(theme.px(620), static_cast<float>(layout.monitor.width) - 2 * margin);
    const float text_most = most - bar - 2 * padding - close;
    ImFont* const font = theme.fonts.body;

    // Newest on top: those below it stay where they are when one comes.
    for (std::size_t i = count; i-- > 0;) {
        const Card& card = cards[i];
        const char* const begin = card.text.data();
        const char* const end = begin + card.text.size();
        const std::string_view name = nameOf(card.kind);
        const float name_height = name.empty() ? 0 : theme.px(16);
        const ImVec2 text = font->CalcTextSizeA(font->FontSize, text_most, text_most, begin, end);
        const float height = std::max(theme.px(40), std::ceil(text.y) + name_height + theme.px(18));
        const float width =
            std::min(most, std::max(std::ceil(text.x), theme.px(60)) + bar + 2 * padding + close);
        const float top = bottom - height;
        if (top < static_cast<float>(layout.monitor.y))
            break;
        const Rect place { static_cast<int>(left), static_cast<int>(top), static_cast<int>(width),
            static_cast<int>(height) };
        ImGui::PushStyleColor(ImGuiCol_WindowBg, colour::kRaised);
        ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
        ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { 0, 0 });
        // By its place, not its text: ImGui keeps a window for every name it ever saw.
        const Words<31> window_name("message {}", i);
        if (beginPanel(window_name.c_str(), place, ImGuiWindowFlags_NoFocusOnAppearing)) {
            ImDrawList& list = *ImGui::GetWindowDrawList();
            list.AddRectFilled(at(place), { left + bar, bottom }, tintOf(card.kind), theme.px(4),
                ImDrawFlags_RoundCornersLeft);
            const float text_left = left + bar + padding;
            const float text_top = top + std::round((height - std::ceil(text.y) - name_height) / 2);
            if (!name.empty())
                drawText(
                    list, theme.fonts.small, { text_left, text_top + theme.px(6) }, tintOf(card.kind), name);
            list.AddText(font, font->FontSize, { text_left, text_top + name_height }, colour::kText, begin,
                end, text_most);
            const ImVec2 cross { left + width - close - theme.px(4), top + theme.px(4) };
            ImGui::SetCursorScreenPos(cross);
            if (ImGui::InvisibleButton("dismiss", { close, close })) {
                if (card.own_dismissed != nullptr)
                    *card.own_dismissed = card.text;
                else
                    intent = DismissMessage { card.id };
            }
            drawSign(list, Sign::Cross, { cross.x + close / 2, cross.y + close / 2 }, theme.px(10),
                ImGui::IsItemHovered() ? colour::kText : colour::kQuiet);
            tooltip(theme, "Dismiss");
        }
        ImGui::End();
        ImGui::PopStyleVar(2);
        ImGui::PopStyleColor();
        bottom = top - gap;
    }
    return intent;
}

} // namespace backtake::ui
