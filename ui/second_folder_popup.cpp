#include "ui/second_folder_popup.hpp"

#include "base/text.hpp"
#include "ui/draw.hpp"

#include <algorithm>
#include <cmath>

namespace backtake::ui {
namespace {

/// What would fit there, or why it cannot be used.
Words<255> wordsOf(const FolderLook& look)
{
    if (!look.why.empty())
        return Words<255>("! {}", look.why);
    const std::string room = base::bytesText(look.free_bytes);
    if (look.same_disk)
        return Words<255>("! {} free, but on the shoot's own disk: it is full when that is", room);
    if (look.time_left)
        return Words<255>("{} free: {} at the present rate", room, base::durationText(*look.time_left));
    return Words<255>("{} free", room);
}

/// Up and Down in the field put the disks' folders into it, one after the other.
int onArrow(ImGuiInputTextCallbackData* data)
{
    const std::vector<DiskChoice>& disks = static_cast<const Model*>(data->UserData)->disks;
    if (disks.empty())
        return 0;
    const std::string_view typed(data->Buf, static_cast<std::size_t>(data->BufTextLen));
    const auto at = std::find_if(
        disks.begin(), disks.end(), [typed](const DiskChoice& disk) { return disk.folder == typed; });
    const bool down = data->EventKey == ImGuiKey_DownArrow;
    auto next = down ? disks.begin() : disks.end() - 1;
    if (at != disks.end())
        next = down ? std::min(at + 1, disks.end() - 1) : at == disks.begin() ? at : at - 1;
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, next->folder.c_str());
    return 0;
}

} // namespace

void SecondFolderPopup::toggle(const Model& model)
{
    open_ = !open_;
    opening_ = open_;
    folder_.fill('\0');
    asked_.clear();
    disks_asked_ = false;
    const std::string& chosen = model.second_folder.folder;
    std::copy_n(chosen.begin(), std::min(chosen.size(), kLongestFolder), folder_.begin());
}

bool SecondFolderPopup::leave()
{
    const bool was = open_;
    open_ = false;
    return was;
}

std::optional<Intent> SecondFolderPopup::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<Intent> intent;
    if (!open_)
        return intent;
    const float margin = theme.px(12);
    const float bottom = static_cast<float>(layout.transport.empty() ? layout.window.bottom() - layout.frame
                                                                     : layout.transport.y)
        - theme.px(6);
    const float width = std::min(theme.px(460), static_cast<float>(layout.window.width) - 4 * margin);
    ImGui::SetNextWindowPos(
        { static_cast<float>(layout.window.right()) - margin, bottom }, ImGuiCond_Always, { 1, 1 });
    ImGui::PushStyleColor(ImGuiCol_WindowBg, colour::kPanel);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(4));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, { theme.px(14), theme.px(12) });
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { theme.px(8), theme.px(6) });
    if (opening_)
        ImGui::SetNextWindowFocus();
    if (ImGui::Begin("second folder", nullptr,
            ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove
                | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav)) {
        ImDrawList& list = *ImGui::GetWindowDrawList();
        const auto line = [&](ImFont* font, ImU32 tint, std::string_view words) {
            const ImVec2 place = ImGui::GetCursorScreenPos();
            const float height = std::round(font->FontSize * 1.25F);
            drawTextWithin(list, font, { place.x, place.y + height / 2 }, width, tint, words);
            ImGui::Dummy({ width, height });
        };
        line(theme.fonts.bold, colour::kText, "Second folder");
        line(theme.fonts.small, colour::kQuiet,
            "On another disk. When the shoot's disk is full or gone, takes go on");
        line(theme.fonts.small, colour::kQuiet, "there without losing a frame, also the one rolling now.");

        // What needs it: takes that no disk has taken yet.
        for (const TakeRow& take : model.takes)
            if (take.unwritten > 0)
                line(theme.fonts.body, colour::kText,
                    Words<127>("! {} waits in memory: {} frames", take.slate, take.unwritten).view());

        const float button = theme.px(92);
        ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
            { theme.px(10), std::floor((buttonHeight(theme) - theme.fonts.body->FontSize) / 2) });
        if (opening_)
            ImGui::SetKeyboardFocusHere();
        ImGui::SetNextItemWidth(width - button - theme.px(8));
        bool done = ImGui::InputTextWithHint("##folder", "/media/second", folder_.data(), folder_.size(),
            ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll
                | ImGuiInputTextFlags_CallbackHistory,
            onArrow, const_cast<Model*>(&model)); // it only reads
        ImGui::PopStyleVar();
        ImGui::SameLine(0, theme.px(8));
        done |= plainButton(theme, "use", { .words = "Use it", .width = button }, "Enter");
        const std::string_view typed(folder_.data());
        if (!disks_asked_) {
            disks_asked_ = true;
            intent = ListDisks {};
        } else if (typed != asked_) {
            asked_ = typed;
            if (!typed.empty())
                intent = LookAtFolder { asked_ };
        }
        const bool answered = !typed.empty() && model.folder_look && model.folder_look->folder == typed;
        const Words<255> answer = answered ? wordsOf(*model.folder_look)
            : typed.empty() && model.disks.empty()
            ? Words<255>("The path of a folder; it is made when it is not there.")
            : typed.empty() ? Words<255>("Down goes through the disks below; or type the path of a folder.")
                            : Words<255>("\u2026");
        const bool doubtful = answered && (!model.folder_look->why.empty() || model.folder_look->same_disk);
        line(theme.fonts.small, doubtful ? colour::kText : colour::kQuiet, answer.view());

        if (auto chosen = drawDisks(model, theme, width)) {
            intent = std::move(chosen);
            open_ = false;
        }

        const SecondFolder& now = model.second_folder;
        if (!now.folder.empty()) {
            const Words<255> chosen = now.time_left
                ? Words<255>("{}: {}, {}", now.in_use ? "In use now" : "Chosen", now.folder,
                    base::durationText(*now.time_left))
                : Words<255>("{}: {}", now.in_use ? "In use now" : "Chosen", now.folder);
            line(theme.fonts.small, colour::kQuiet, chosen.view());
            if (plainButton(theme, "none", { .words = "Use none", .width = button },
                    "Takes to come wait in memory when the disk refuses")) {
                intent = ChooseSecondFolder {};
                open_ = false;
            }
        }
        if (done && !typed.empty()) {
            intent = ChooseSecondFolder { std::string(typed) };
            open_ = false;
        }
        opening_ = false;
    }
    ImGui::End();
    ImGui::PopStyleVar(4);
    ImGui::PopStyleColor();
    return intent;
}

/// A row for each disk that is there: pressed, it is chosen.
std::optional<Intent> SecondFolderPopup::drawDisks(const Model& model, const Theme& theme, float width)
{
    std::optional<Intent> intent;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    for (std::size_t i = 0; i < std::min(model.disks.size(), kMostDisks); ++i) {
        const DiskChoice& disk = model.disks[i];
        ImGui::PushID(static_cast<int>(i));
        const bool pressed = ImGui::InvisibleButton("disk", { width, theme.px(40) });
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        const bool typed = disk.folder == folder_.data();
        list.AddRectFilled(low, high, ImGui::IsItemHovered() ? colour::kHover : colour::kRaised, theme.px(4));
        if (typed)
            list.AddRect(low, high, colour::kText, theme.px(4), 0, theme.px(2));
        const float left = low.x + theme.px(10);
        const float room = width - theme.px(20);
        drawTextWithin(
            list, theme.fonts.body, { left, low.y + theme.px(13) }, room, colour::kText, disk.folder);
        const std::string free = base::bytesText(disk.free_bytes);
        const Words<127> fits = disk.time_left
            ? Words<127>("{} free: {} at the present rate", free, base::durationText(*disk.time_left))
            : Words<127>("{} free", free);
        drawTextWithin(
            list, theme.fonts.small, { left, low.y + theme.px(29) }, room, colour::kQuiet, fits.view());
        ImGui::PopID();
        if (pressed)
            intent = ChooseSecondFolder { disk.folder };
    }
    return intent;
}

} // namespace backtake::ui
