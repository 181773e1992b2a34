#include "ui/theme.hpp"

#include <imgui_freetype.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace backtake::ui {
namespace {

/// A face, and how high its line is as a part of its size. FreeType in ImGui is asked for lines, designers
/// (and the sizes here) speak of the size of the letter's square: 15 px Inter has 18 px lines.
struct Face {
    const char* file; ///< In the folder of fonts.
    float line;       ///< (ascender - descender) / units per em, from the font's hhea table.
};
constexpr float kInterLine = 3408.0F / 2816;
constexpr float kMonoLine = 1320.0F / 1000;
constexpr Face kRegular { "opentype/inter/Inter-Regular.otf", kInterLine };
constexpr Face kMedium { "opentype/inter/Inter-Medium.otf", kInterLine };
constexpr Face kSemiBold { "opentype/inter/Inter-SemiBold.otf", kInterLine };
constexpr Face kBold { "opentype/inter/Inter-Bold.otf", kInterLine };
constexpr Face kMonoRegular { "truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", kMonoLine };

// Slates, names and paths may be in any script these fonts hold.
constexpr ImWchar kAllLetters[] = { 0x20, 0x17F, 0x370, 0x3FF, 0x400, 0x4FF, 0x2010, 0x2026, 0x2190, 0x2193,
    0x2212, 0x2212, 0x2713, 0x2717, 0 };
// The same and the International Phonetic Alphabet with its marks, for cue sheets.
constexpr ImWchar kPhoneticLetters[] = { 0x20, 0x17F, 0x18E, 0x192, 0x1C0, 0x1C3, 0x250, 0x2FF, 0x300, 0x361,
    0x370, 0x3FF, 0x400, 0x4FF, 0x1D4A, 0x1D4A, 0x1D5D, 0x1D5D, 0x1E00, 0x1EFF, 0x2010, 0x2026, 0x207F,
    0x207F, 0x2190, 0x2193, 0x2212, 0x2212, 0x2713, 0x2717, 0 };
// The biggest size holds what a badge, a slate or the respelling of a cue sheet can say; at 66 px each letter
// costs atlas space.
constexpr ImWchar kBadgeLetters[] = { 0x20, 0x17F, 0x2B0, 0x2B8, 0x2E0, 0x2E4, 0x410, 0x44F, 0x2013, 0x2013,
    0x2026, 0x2026, 0x207F, 0x207F, 0x2212, 0x2212, 0 };

/// Clocks and counters run in Inter too (badges): give its digits one width, so that nothing beside them
/// moves.
void makeDigitsTabular(ImFont& font)
{
    float widest = 0;
    for (ImWchar digit = '0'; digit <= '9'; ++digit) {
        if (const ImFontGlyph* glyph = font.FindGlyphNoFallback(digit))
            widest = std::max(widest, glyph->AdvanceX);
    }
    for (ImFontGlyph& glyph : font.Glyphs) {
        if (glyph.Codepoint < '0' || glyph.Codepoint > '9')
            continue;
        const float shift = std::round((widest - glyph.AdvanceX) / 2);
        glyph.X0 += shift;
        glyph.X1 += shift;
        glyph.AdvanceX = widest;
        font.IndexAdvanceX[static_cast<int>(glyph.Codepoint)] = widest;
    }
}

class FontLoader {
public:
    FontLoader(float scale, const std::filesystem::path& folder)
        : scale_(scale)
        , folder_(folder)
    {
        atlas_.Clear();
        atlas_.TexDesiredWidth = 2048;
        atlas_.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
        atlas_.FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
    }

    ImFont* load(const Face& face, float size, const ImWchar* letters)
    {
        std::error_code no_file;
        const std::string file = folder_ / face.file;
        if (std::filesystem::is_regular_file(file, no_file)) {
            ImFontConfig config;
            config.PixelSnapH = true;
            const float pixels = std::max(1.0F, std::round(size * scale_ * face.line));
            if (ImFont* font = atlas_.AddFontFromFileTTF(file.c_str(), pixels, &config, letters))
                return font;
        }
        if (missing_.empty())
            missing_ = file;
        ImFontConfig config;
        config.SizePixels = std::max(1.0F, std::round(size * scale_));
        return atlas_.AddFontDefault(&config);
    }

    [[nodiscard]] const std::string& missing() const { return missing_; }

private:
    ImFontAtlas& atlas_ = *ImGui::GetIO().Fonts;
    float scale_;
    std::filesystem::path folder_;
    std::string missing_;
};

void setStyle(float scale)
{
    ImGuiStyle style;
    ImGui::StyleColorsDark(&style);
    const auto set = [&](ImGuiCol which, ImU32 value) {
        style.Colors[which] = ImGui::ColorConvertU32ToFloat4(value);
    };
    using namespace colour;
    set(ImGuiCol_Text, kText);
    set(ImGuiCol_TextDisabled, kFaint);
    set(ImGuiCol_WindowBg, kPanel);
    set(ImGuiCol_ChildBg, grey(0, 0));
    set(ImGuiCol_PopupBg, kPanel);
    set(ImGuiCol_Border, kHairline);
    set(ImGuiCol_BorderShadow, grey(0, 0));
    set(ImGuiCol_FrameBg, kRaised);
    set(ImGuiCol_FrameBgHovered, kHover);
    set(ImGuiCol_FrameBgActive, kHover);
    set(ImGuiCol_TitleBg, kPanel);
    set(ImGuiCol_TitleBgActive, kRaised);
    set(ImGuiCol_TitleBgCollapsed, kPanel);
    set(ImGuiCol_ScrollbarBg, grey(0, 0));
    set(ImGuiCol_ScrollbarGrab, kHairline);
    set(ImGuiCol_ScrollbarGrabHovered, kFaint);
    set(ImGuiCol_ScrollbarGrabActive, kQuiet);
    set(ImGuiCol_CheckMark, kText);
    set(ImGuiCol_SliderGrab, kQuiet);
    set(ImGuiCol_SliderGrabActive, kText);
    set(ImGuiCol_Button, kRaised);
    set(ImGuiCol_ButtonHovered, kHover);
    set(ImGuiCol_ButtonActive, grey(0x3A));
    set(ImGuiCol_Header, kRaised);
    set(ImGuiCol_HeaderHovered, kHover);
    set(ImGuiCol_HeaderActive, grey(0x3A));
    set(ImGuiCol_Separator, kHairline);
    set(ImGuiCol_TextSelectedBg, grey(0x50));
    set(ImGuiCol_NavHighlight, kQuiet);
    set(ImGuiCol_ModalWindowDimBg, grey(0, 120));
    style.WindowPadding = { 12, 8 };
    style.FramePadding = { 10, 8 };
    style.ItemSpacing = { 8, 6 };
    style.ItemInnerSpacing = { 6, 4 };
    style.ScrollbarSize = 12;
    style.GrabMinSize = 12;
    style.WindowRounding = 0;
    style.ChildRounding = 4;
    style.FrameRounding = 4;
    style.PopupRounding = 4;
    style.ScrollbarRounding = 4;
    style.GrabRounding = 3;
    style.WindowBorderSize = 0;
    style.FrameBorderSize = 0;
    style.PopupBorderSize = 1;
    style.WindowMinSize = { 1, 1 };
    style.ScaleAllSizes(scale);
    ImGui::GetStyle() = style;
}

} // namespace

float Theme::px(float size) const { return std::round(size * scale); }

ImFont* Theme::badge(BadgeSize size) const
{
    switch (size) {
    case BadgeSize::Small:
        return fonts.badge_small;
    case BadgeSize::Big:
        return fonts.badge_big;
    case BadgeSize::Normal:
        break;
    }
    return fonts.badge;
}

Theme loadTheme(float scale, const std::string& folder, std::optional<std::string>& trouble)
{
    setStyle(scale);
    FontLoader loader(scale, folder);
    Theme theme;
    theme.scale = scale;
    Fonts& fonts = theme.fonts;
    fonts.body = loader.load(kRegular, 15, kPhoneticLetters);
    fonts.small = loader.load(kMedium, 12, kAllLetters);
    fonts.bold = loader.load(kSemiBold, 15, kAllLetters);
    fonts.badge = loader.load(kBold, 22, kAllLetters);
    fonts.badge_small = loader.load(kBold, 11, kBadgeLetters);
    fonts.badge_big = loader.load(kBold, 66.5F, kBadgeLetters); // its capitals are 0.727 of the size: 48 px
    fonts.clock = loader.load(kMonoRegular, 28, kBadgeLetters);
    fonts.mono = loader.load(kMonoRegular, 13, kBadgeLetters);
    ImGui::GetIO().Fonts->Build();
    for (ImFont* font :
        { fonts.body, fonts.small, fonts.bold, fonts.badge, fonts.badge_small, fonts.badge_big })
        makeDigitsTabular(*font);
    ImGui::GetIO().FontDefault = fonts.body;
    trouble.reset();
    if (!loader.missing().empty())
        trouble = "The font " + loader.missing()
            + " is missing, a rough one stands in: install fonts-inter and fonts-jetbrains-mono.";
    return theme;
}

} // namespace backtake::ui
