#include "ui/marks.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::ui {
namespace {

constexpr std::size_t kMostLines = 3;
constexpr double kStaysSeconds = 1;

/// Whether what stands at @p frame is said now.
bool isSaidNow(const ReviewModel& review, base::FrameIndex frame)
{
    if (frame == review.frame || !review.playing)
        return frame == review.frame;
    const auto passed = static_cast<double>(review.speed < 0 ? frame - review.frame : review.frame - frame);
    const double per_second = review.rate.nominal() * std::abs(review.speed);
    return passed > 0 && passed <= kStaysSeconds * per_second;
}

} // namespace

ImU32 tintOf(MarkModel::Kind kind)
{
    switch (kind) {
    case MarkModel::Kind::Mark:
        break;
    case MarkModel::Kind::Note:
        return colour::kNote;
    case MarkModel::Kind::Tell:
        return colour::kTell;
    }
    return colour::kMark;
}

void drawMark(ImDrawList& list, MarkModel::Kind kind, int tell, ImVec2 centre, float size, const Theme& theme)
{
    const ImU32 tint = tintOf(kind);
    const float half = size / 2;
    const float rim = std::max(1.0F, theme.px(1)); // dark, so that it stands out on any picture
    switch (kind) {
    case MarkModel::Kind::Mark: {
        const ImVec2 left { centre.x - half, centre.y - half };
        const ImVec2 right { centre.x + half, centre.y - half };
        const ImVec2 tip { centre.x, centre.y + half };
        list.AddTriangleFilled(left, right, tip, tint);
        list.AddTriangle(left, right, tip, colour::kInk, rim);
        break;
    }
    case MarkModel::Kind::Note: {
        const float pole = std::round(centre.x - half);
        const ImVec2 low { pole, centre.y - half };
        const ImVec2 high { centre.x + half, centre.y + half * 0.35F };
        list.AddRectFilled(
            { pole - rim, low.y - rim }, { pole + 3 * rim, centre.y + half + rim }, colour::kInk);
        list.AddRectFilled(low, high, tint);
        list.AddRect(low, high, colour::kInk, 0, 0, rim);
        list.AddRectFilled({ pole, low.y }, { pole + 2 * rim, centre.y + half }, tint);
        break;
    }
    case MarkModel::Kind::Tell: {
        list.AddCircleFilled(centre, half + rim, colour::kInk);
        list.AddCircleFilled(centre, half, tint);
        const Words<3> key("{}", tell % kTells);
        ImFont* font = size < theme.px(14) ? theme.fonts.badge_small : theme.fonts.small;
        drawText(
            list, font, { centre.x - widthOf(font, key.view()) / 2, centre.y }, colour::kInk, key.view());
        break;
    }
    }
}

std::optional<std::int64_t> drawWordsOnPicture(
    ImDrawList& list, const Model& model, const Layout& layout, const Theme& theme)
{
    std::optional<std::int64_t> clicked;
    if (!inReview(model))
        return clicked;
    const std::vector<MarkModel>& marks = model.review->marks;
    // The latest that were passed: what comes last in the list when it plays on.
    std::array<const MarkModel*, kMostLines> said {};
    std::size_t count = 0;
    const auto look = [&](const MarkModel& mark) {
        if (count < said.size() && isSaidNow(*model.review, mark.frame))
            said[count++] = &mark;
    };
    if (model.review->speed < 0)
        std::for_each(marks.begin(), marks.end(), look);
    else
        std::for_each(marks.rbegin(), marks.rend(), look);

    ImFont* font = layout.badge == BadgeSize::Small ? theme.fonts.small : theme.fonts.badge;
    const float pad = std::round(font->FontSize * 0.4F);
    const float height = std::round(capHeight(font) + 2 * pad);
    const float sign = std::round(capHeight(font));
    const float room = static_cast<float>(layout.picture.width) - 4 * pad;
    const float middle = static_cast<float>(layout.picture.x) + static_cast<float>(layout.picture.width) / 2;
    float bottom = static_cast<float>(layout.picture.bottom()) - pad;
    for (std::size_t i = 0; i < count; ++i) {
        const MarkModel& mark = *said[i];
        const float most = room - sign - 3 * pad;
        const auto words = wordsOf(mark);
        const float text = std::min(most, widthOf(font, words.view()));
        if (most <= 0 || bottom - height < static_cast<float>(layout.picture.y))
            return clicked;
        const float width = text + sign + 3 * pad;
        const ImVec2 low { std::round(middle - width / 2), bottom - height };
        const ImVec2 high { low.x + width, bottom };
        list.AddRectFilled(low, high, colour::grey(0x14, 215), theme.px(4));
        list.AddRectFilled({ low.x, high.y - theme.px(2) }, high, tintOf(mark.kind));
        const float line = (low.y + high.y) / 2;
        drawMark(list, mark.kind, mark.tell, { low.x + pad + sign / 2, line }, sign, theme);
        drawTextWithin(list, font, { low.x + 2 * pad + sign, line }, text, colour::kText, words.view());
        bottom -= height + theme.px(4);
        if (!ImGui::GetIO().WantCaptureMouse && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)
            && ImGui::IsMouseHoveringRect(low, high, /*clip=*/false))
            clicked = mark.id;
    }
    return clicked;
}

} // namespace backtake::ui
