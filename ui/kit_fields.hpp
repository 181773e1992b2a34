/// The fields for what a take was shot with, in the sheets of takes and setups alike.
#pragma once

#include "ui/form.hpp"
#include "ui/sheet.hpp"

#include <array>
#include <string>

namespace backtake::ui {

/// Room: the window's.
class KitFields {
public:
    /// @param sheet a TakeSheet or SetupSheet.
    template <typename Sheet> void set(const Sheet& sheet)
    {
        for (std::size_t i = 0; i < kFields; ++i)
            fields_[i].set(of(sheet, i));
    }
    template <typename Sheet> void get(Sheet& sheet) const
    {
        for (std::size_t i = 0; i < kFields; ++i)
            of(sheet, i) = fields_[i].text();
    }
    /// @param setup what holds where a field is empty, which is shown quietly; a button empties the field.
    /// Null: nothing does.
    /// @return whether Enter was pressed in one.
    bool draw(const Theme& theme, float width, const SetupSheet* setup)
    {
        constexpr std::size_t kInFirstRow = 3;
        bool done = drawRow(theme, width, setup, 0, kInFirstRow);
        done |= drawRow(theme, width, setup, kInFirstRow, kFields);
        return done;
    }

private:
    static constexpr std::size_t kFields = 5;
    static constexpr std::array<const char*, kFields> kNames { "Lens", "Stop", "Filter", "Camera", "Rate" };

    template <typename Sheet> static auto& of(Sheet& sheet, std::size_t field)
    {
        switch (field) {
        case 0:
            return sheet.lens;
        case 1:
            return sheet.stop;
        case 2:
            return sheet.filter;
        case 3:
            return sheet.camera;
        default:
            return sheet.rate;
        }
    }

    bool drawRow(
        const Theme& theme, float width, const SetupSheet* setup, std::size_t first, std::size_t last)
    {
        bool done = false;
        const auto count = static_cast<float>(last - first);
        const float gap = theme.px(8);
        const float inner = theme.px(2);
        const float each = std::floor((width - (count - 1) * gap) / count);
        const float field = setup != nullptr ? each - buttonHeight(theme) - inner : each;
        for (std::size_t i = first; i < last; ++i) {
            if (i > first)
                ImGui::SameLine(0, gap);
            line(theme.fonts.small, colour::kQuiet, each, kNames[i]);
        }
        const TallFrame tall(theme);
        for (std::size_t i = first; i < last; ++i) {
            ImGui::PushID(kNames[i]);
            if (i > first)
                ImGui::SameLine(0, gap);
            const bool inherits = setup != nullptr && !of(*setup, i).empty();
            ImGui::PushStyleColor(ImGuiCol_TextDisabled, colour::kQuiet); // it is read, it is no hint
            done |= fields_[i].draw("##own", inherits ? of(*setup, i).c_str() : "", field);
            ImGui::PopStyleColor();
            if (setup != nullptr) {
                ImGui::SameLine(0, inner);
                const bool own = !fields_[i].empty();
                if (plainButton(theme, "back",
                        { .sign = Sign::Cross, .tint = own ? colour::kText : colour::kFaint },
                        inherits ? Words<255>("Back to the setup's: {}", of(*setup, i)).c_str()
                                 : "Says nothing of its own"))
                    fields_[i].set({});
            }
            ImGui::PopID();
        }
        return done;
    }

    std::array<TextField<kLongestText>, kFields> fields_;
};

/// Direction and orientation as buttons.
struct HowShown {
    bool backward = true;
    base::Orientation orientation = base::Orientation::Upright;
    friend bool operator==(const HowShown&, const HowShown&) = default;

    /// @param setup what is as it says there is drawn quietly; null: nothing is.
    void draw(const Theme& theme, float width, const SetupSheet* setup)
    {
        constexpr std::array kOrientations { base::Orientation::Upright, base::Orientation::UpsideDown,
            base::Orientation::Mirrored, base::Orientation::Flipped };
        constexpr std::array<const char*, 4> kWords { "0", "180", "Mirror", "Flip" };
        ButtonRow row(theme, width, 6);
        const auto tint = [&](bool as_setup) {
            return setup != nullptr && as_setup ? colour::kQuiet : colour::kText;
        };
        for (const bool back : { true, false })
            if (plainButton(theme, back ? "backward" : "forward",
                    { .sign = back ? Sign::Left : Sign::Right,
                        .words = back ? "Back" : "Forw.",
                        .width = row.next(),
                        .tint = backward == back ? tint(setup != nullptr && setup->backward == back)
                                                 : colour::kQuiet,
                        .on = backward == back },
                    back ? "Backward take: the audience sees it reversed"
                         : "Forward take: the audience sees it as captured"))
                backward = back;
        for (std::size_t i = 0; i < kOrientations.size(); ++i)
            if (plainButton(theme, kWords[i],
                    { .words = kWords[i],
                        .width = row.next(),
                        .tint = orientation == kOrientations[i]
                            ? tint(setup != nullptr && setup->orientation == kOrientations[i])
                            : colour::kQuiet,
                        .on = orientation == kOrientations[i] },
                    "How the picture is turned"))
                orientation = kOrientations[i];
    }
};

} // namespace backtake::ui
