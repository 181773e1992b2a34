#include "ui/story_panel.hpp"

#include "ui/draw.hpp"
#include "ui/image_tools.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::ui {
namespace {

// Sizes at scale 1.
constexpr float kPictureWidth = 98;
constexpr float kPictureHeight = 55;
constexpr float kCardWidth = 208;
constexpr float kCardHeight = 92;
constexpr float kCardGap = 6;
constexpr float kSide = 12;

Action asking(StoryIntent intent) { return Intent(std::in_place_type<StoryIntent>, std::move(intent)); }

} // namespace

std::optional<Intent> StoryPanel::toggle()
{
    open_ = !open_;
    chosen_before_.reset();
    return open_ ? std::optional<Intent>(StoryIntent(ShowStory {})) : std::nullopt;
}

bool StoryPanel::leave() { return std::exchange(open_, false); }

bool StoryPanel::leaveName() { return std::exchange(naming_, std::nullopt).has_value(); }

std::optional<Intent> StoryPanel::rename(const StoryModel& story)
{
    if (story.name.empty())
        return StoryIntent(RenameStory {});
    naming_ = story.name;
    name_.set(story.name);
    return std::nullopt;
}

std::vector<Action> StoryPanel::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::vector<Action> asked;
    const StoryModel& story = model.story;
    if (!open_ || layout.story.empty() || naming_ != story.name)
        naming_.reset(); // it is called so by now, or another one is in the panel
    if (!open_ || layout.story.empty())
        return asked;
    if (story.pictures)
        pictures_.show(story.pictures->version, story.pictures->cell_width,
            story.pictures->cell_height * static_cast<int>(story.pictures->captured.size()),
            story.pictures->rgba.data());
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(kSide), theme.px(6) });
    const bool shown = beginPanel("story", layout.story);
    ImGui::PopStyleVar();
    if (shown) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        list.AddLine(at(layout.story),
            { static_cast<float>(layout.story.right()), static_cast<float>(layout.story.y) },
            colour::kHairline);
        const float width = static_cast<float>(layout.story.width) - 2 * theme.px(kSide);
        drawHead(story, theme, width, asked);
        const float left = static_cast<float>(layout.story.x) + theme.px(kSide);
        const float top = static_cast<float>(layout.story.y) + theme.px(44);
        ImGui::SetCursorScreenPos({ left, top });
        const float height = theme.px(kCardHeight + 14);
        if (story.cards.empty()) {
            drawTextWithin(list, theme.fonts.body, { left, top + height / 2 }, width, colour::kQuiet,
                "No take in it yet. Enter adds the take in review, with its in and out; \"Circled\" in the "
                "list of sequences makes one of all circled takes, last setup first.");
        } else {
            ImGui::PushStyleVar(ImGuiStyleVar_ScrollbarSize, theme.px(10));
            if (ImGui::BeginChild("cards", { width, height }, false,
                    ImGuiWindowFlags_HorizontalScrollbar | ImGuiWindowFlags_NoNav
                        | ImGuiWindowFlags_NoBackground))
                drawCards(story, theme, asked);
            ImGui::EndChild();
            ImGui::PopStyleVar();
        }
        // How the chosen card meets those beside it.
        if (story.chosen < story.cards.size()) {
            const float middle = static_cast<float>(layout.story.bottom()) - theme.px(14);
            const float half = std::floor(width / 2) - theme.px(8);
            const auto say = [&](float x, const Words<191>& words) {
                const bool fits = widthOf(theme.fonts.body, words.view()) <= half;
                drawTextWithin(list, fits ? theme.fonts.body : theme.fonts.small, { x, middle }, half,
                    colour::kQuiet, words.view());
            };
            if (story.chosen > 0 && !story.cards[story.chosen - 1].join.empty())
                say(left, Words<191>("before it: {}", story.cards[story.chosen - 1].join));
            if (!story.cards[story.chosen].join.empty())
                say(left + half + theme.px(16), Words<191>("after it: {}", story.cards[story.chosen].join));
        }
    }
    ImGui::End();
    return asked;
}

/// The field in the place of the list. What the session refuses stands there until it is another name.
void StoryPanel::drawName(
    const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked)
{
    const TallFrame tall(theme);
    if (!ImGui::IsAnyItemActive())
        ImGui::SetKeyboardFocusHere();
    if (name_.draw("##name", "its name, then Enter", width, ImGuiInputTextFlags_AutoSelectAll)) {
        if (name_.text() == story.name)
            naming_.reset();
        else
            asked.push_back(asking(RenameStory { name_.text() }));
    } else if (ImGui::IsItemDeactivated() && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
        naming_.reset(); // a click elsewhere
    }
}

/// The sequences of the shoot, and new ones.
void StoryPanel::drawNames(
    const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked)
{
    const TallFrame tall(theme);
    ImGui::SetNextItemWidth(width);
    if (!ImGui::BeginCombo("##sequence", story.name.empty() ? "No sequence" : story.name.c_str(),
            ImGuiComboFlags_HeightLarge))
        return;
    for (const std::string& name : story.names)
        if (ImGui::Selectable(name.c_str(), name == story.name))
            asked.push_back(asking(ShowStory { name }));
    if (!story.names.empty())
        ImGui::Separator();
    const float inner = theme.px(300);
    if (new_name_.draw("##new", "New sequence: its name, then Enter", inner)) {
        asked.push_back(asking(NewStory { new_name_.text(), false }));
        new_name_.set({});
        ImGui::CloseCurrentPopup();
    }
    if (plainButton(theme, "circled",
            { .sign = Sign::Plus, .words = "Circled: all circled takes", .width = inner },
            "Last setup first, where the shoot is backward")) {
        asked.push_back(asking(NewStory { "Circled", true }));
        ImGui::CloseCurrentPopup();
    }
    if (!story.name.empty()) {
        if (auto rename =
                keyButton(theme, KeyId::StoryName, { .words = "Rename this sequence", .width = inner })) {
            asked.push_back(std::move(*rename));
            ImGui::CloseCurrentPopup();
        }
        if (plainButton(theme, "remove sequence",
                { .sign = Sign::Cross,
                    .words = "Remove this sequence",
                    .width = inner,
                    .tint = colour::kQuiet },
                "Ctrl+Z brings it back")) {
            asked.push_back(asking(RemoveStory {}));
            ImGui::CloseCurrentPopup();
        }
    }
    ImGui::EndCombo();
}

void StoryPanel::drawHead(
    const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked)
{
    const float gap = theme.px(6);
    const auto key = [&](KeyId id, const ButtonLook& look) {
        if (auto action = keyButton(theme, id, look))
            asked.push_back(std::move(*action));
        ImGui::SameLine(0, gap);
    };
    const float row = ImGui::GetCursorScreenPos().y;
    const bool narrow = width < theme.px(980);
    const float names = theme.px(narrow ? 130 : 190);
    naming_ ? drawName(story, theme, names, asked) : drawNames(story, theme, names, asked);
    ImGui::SameLine(0, theme.px(12));
    const Words<63> total("{} {}  {}", story.cards.size(), story.cards.size() == 1 ? "take" : "takes",
        lengthWords(story.length).view());
    const ImVec2 place = ImGui::GetCursorScreenPos();
    drawText(*ImGui::GetWindowDrawList(), theme.fonts.mono, { place.x, row + buttonHeight(theme) / 2 },
        colour::kText, total.view());
    // Room for a hundred takes of an hour: running numbers move nothing.
    ImGui::SetCursorScreenPos(
        { place.x + widthOf(theme.fonts.mono, "000 takes  0:00:00") + theme.px(12), row });

    const bool has_card = story.chosen < story.cards.size();
    const auto width_of = [&](float wide) { return narrow ? 0 : theme.px(wide); };
    const auto words_of = [&](std::string_view words) { return narrow ? std::string_view() : words; };
    key(KeyId::StoryPlay,
        { .sign = story.in_review ? Sign::Square : Sign::Right,
            .words = words_of(story.in_review ? "Take" : "Play"),
            .width = width_of(84),
            .on = story.in_review });
    key(KeyId::StoryAdd, { .sign = Sign::Plus, .words = words_of("Add"), .width = width_of(76) });
    if (has_card) {
        const StoryCardModel& card = story.cards[story.chosen];
        key(KeyId::StoryTrim, { .sign = Sign::In, .words = words_of("Trim"), .width = width_of(80) });
        key(KeyId::StoryTurn,
            { .sign = card.backward ? Sign::Left : Sign::Right,
                .sign_tint = card.backward ? colour::shown : colour::captured });
        if (plainButton(theme, "slower", { .sign = Sign::Minus }, "Speed of this card down"))
            asked.push_back(asking(SetCardSpeed { slowerThan(card.speed_percent) }));
        ImGui::SameLine(0, 0);
        const Words<15> speed("{} %", card.speed_percent);
        const ImVec2 number = ImGui::GetCursorScreenPos();
        const float room = widthOf(theme.fonts.mono, "800 %") + theme.px(16);
        drawText(*ImGui::GetWindowDrawList(), theme.fonts.mono,
            { number.x + (room - widthOf(theme.fonts.mono, speed.view())) / 2,
                row + buttonHeight(theme) / 2 },
            colour::kText, speed.view());
        ImGui::SetCursorScreenPos({ number.x + room, row });
        if (plainButton(theme, "faster", { .sign = Sign::Plus }, "Speed of this card up"))
            asked.push_back(asking(SetCardSpeed { fasterThan(card.speed_percent) }));
        ImGui::SameLine(0, gap);
        key(KeyId::StoryRemove, { .sign = Sign::Cross, .words = words_of("Remove"), .width = width_of(96) });
    }
    const float right = ImGui::GetWindowPos().x + theme.px(kSide) + width;
    const float button = theme.px(100);
    if (has_card) {
        ImGui::SetCursorScreenPos({ right - button, row });
        if (plainButton(theme, "export", { .sign = Sign::ToFetch, .words = "Export", .width = button },
                "As one timeline with its MOVs (OTIO, FCPXML, XML, EDL, MLT, CSV) into handover/ of the "
                "shoot"))
            asked.push_back(asking(ExportStory {}));
    }
}

void StoryPanel::drawCards(const StoryModel& story, const Theme& theme, std::vector<Action>& asked)
{
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    const float step = theme.px(kCardWidth + kCardGap);
    const auto leftOf = [&](std::size_t card) { return origin.x + static_cast<float>(card) * step; };
    const ImVec2 size { theme.px(kCardWidth), theme.px(kCardHeight) };
    bool held = false;
    for (std::size_t i = 0; i < story.cards.size(); ++i) {
        const ImVec2 low { leftOf(i), origin.y };
        ImGui::SetCursorScreenPos(low);
        ImGui::PushID(static_cast<int>(i));
        const bool clicked = ImGui::InvisibleButton("card", size);
        if (ImGui::IsItemActive()) {
            held = true;
            if (ImGui::IsMouseDragging(ImGuiMouseButton_Left))
                dragged_ = i;
        }
        if (clicked && !dragged_)
            asked.push_back(asking(ChooseCard { i }));
        if (i == story.chosen && chosen_before_ != i) {
            ImGui::SetScrollHereX(0.5F);
            chosen_before_ = i;
        }
        ImGui::PopID();
        drawCard(list, story, i, low, { low.x + size.x, low.y + size.y }, theme);
    }
    if (!dragged_ || *dragged_ >= story.cards.size()) {
        dragged_.reset();
        return;
    }
    // Between which cards it would come to stand.
    const float mouse = ImGui::GetIO().MousePos.x;
    const auto between = static_cast<std::size_t>(
        std::clamp(std::round((mouse - origin.x) / step), 0.0F, static_cast<float>(story.cards.size())));
    if (held) {
        const float x = leftOf(between) - theme.px(kCardGap / 2);
        list.AddRectFilled(
            { x - theme.px(1.5F), origin.y }, { x + theme.px(1.5F), origin.y + size.y }, IM_COL32_WHITE);
        return;
    }
    const std::size_t from = *std::exchange(dragged_, std::nullopt);
    const std::size_t to = between > from ? between - 1 : between;
    asked.push_back(asking(ChooseCard { from }));
    if (to != from)
        asked.push_back(asking(MoveCard { static_cast<int>(to) - static_cast<int>(from) }));
}

void StoryPanel::drawCard(ImDrawList& list, const StoryModel& story, std::size_t index, ImVec2 low,
    ImVec2 high, const Theme& theme) const
{
    const StoryCardModel& card = story.cards[index];
    const bool chosen = index == story.chosen;
    list.AddRectFilled(low, high, chosen ? colour::kHover : colour::kRaised, theme.px(4));
    const base::Filmstrip* const strip = story.pictures.get();
    const bool mirrored = swapsSides(card.orientation);
    const bool flipped = swapsEnds(card.orientation);
    for (std::size_t end = 0; end < 2; ++end) {
        const std::size_t cell = 2 * index + end;
        const float edge = theme.px(4);
        const ImVec2 from { low.x + edge + static_cast<float>(end) * (theme.px(kPictureWidth) + edge),
            low.y + edge };
        const ImVec2 to { from.x + theme.px(kPictureWidth), from.y + theme.px(kPictureHeight) };
        list.AddRectFilled(from, to, colour::kInk);
        if (strip == nullptr || cell >= strip->made.size() || !strip->made[cell])
            continue;
        // Half a pixel inside, or the filter mixes in the cells above and below.
        const auto rows = static_cast<float>(strip->made.size()) * static_cast<float>(strip->cell_height);
        const float top = (static_cast<float>(cell) * static_cast<float>(strip->cell_height) + 0.5F) / rows;
        const float bottom = top + (static_cast<float>(strip->cell_height) - 1) / rows;
        list.AddImage(pictures_.id(), from, to, { mirrored ? 1.0F : 0.0F, flipped ? bottom : top },
            { mirrored ? 0.0F : 1.0F, flipped ? top : bottom });
    }
    const float middle = high.y - theme.px(17);
    float x = low.x + theme.px(14);
    drawSign(list, card.backward ? Sign::Left : Sign::Right, { x, middle }, theme.px(11),
        card.backward ? colour::shown : colour::captured);
    x += theme.px(14);
    const auto length = card.missing ? Words<15>("missing") : lengthWords(card.length);
    const float right = high.x - theme.px(8);
    const float length_left = right - widthOf(theme.fonts.mono, length.view());
    drawText(list, theme.fonts.mono, { length_left, middle }, colour::kText, length.view());
    const Words<31> more("{}{}{}", card.trimmed ? "part" : "",
        card.trimmed && card.speed_percent != 100 ? ", " : "",
        card.speed_percent != 100 ? Words<15>("{} %", card.speed_percent).view() : std::string_view());
    const float more_left = length_left - theme.px(8) - widthOf(theme.fonts.small, more.view());
    drawText(list, theme.fonts.small, { more_left, middle }, colour::kQuiet, more.view());
    drawTextWithin(list, theme.fonts.bold, { x, middle }, more_left - theme.px(6) - x, colour::kText,
        card.slate.empty() ? std::string_view("?") : std::string_view(card.slate));
    if (chosen)
        list.AddRect(low, high, colour::kText, theme.px(4), 0, theme.px(2));
}

} // namespace backtake::ui
