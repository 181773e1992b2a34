#include "ui/cue_editor.hpp"

#include "ui/draw.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace backtake::ui {
namespace {

constexpr std::size_t kMostLanguages = 200; ///< Drawn; eSpeak NG has some 130.

/// "1:02.350" of the reversed guide.
Words<31> clockText(base::Nanos time)
{
    const auto ms = std::chrono::round<std::chrono::milliseconds>(time).count();
    return Words<31>("{}:{:02}.{:03}", ms / 60'000, ms / 1000 % 60, ms % 1000);
}

/// "1:02.35" or "62.35". @return nullopt for what is no time.
std::optional<base::Nanos> parseClock(std::string_view text)
{
    double seconds = 0;
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        int minutes = 0;
        const char* const end = text.data() + colon;
        if (std::from_chars(text.data(), end, minutes).ptr != end || colon == 0 || minutes < 0
            || minutes > 24 * 60)
            return std::nullopt;
        seconds = minutes * 60.0;
        text.remove_prefix(colon + 1);
    }
    double rest = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), rest, std::chars_format::fixed);
    if (text.empty() || read.ptr != text.data() + text.size() || !(rest >= 0) || rest > 24 * 3600.0)
        return std::nullopt;
    return base::Nanos(std::llround((seconds + rest) * 1e6) * 1000);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string_view text, std::string_view words)
{
    return std::search(text.begin(), text.end(), words.begin(), words.end(), [](char one, char other) {
        return lower(one) == lower(other);
    }) != text.end();
}

int growText(ImGuiInputTextCallbackData* data)
{
    auto& text = *static_cast<std::string*>(data->UserData);
    text.resize(static_cast<std::size_t>(data->BufTextLen));
    data->Buf = text.data();
    return 0;
}

/// A row of a list. @return whether it was pressed.
bool row(const Theme& theme, const char* name, std::string_view words, float width, bool on)
{
    const bool pressed = ImGui::InvisibleButton(name, { width, theme.px(28) });
    const ImVec2 low = ImGui::GetItemRectMin();
    const ImVec2 high = ImGui::GetItemRectMax();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    if (on || ImGui::IsItemHovered() || ImGui::IsItemFocused())
        list.AddRectFilled(low, high, on ? colour::kRaised : colour::kHover, theme.px(4));
    drawTextWithin(list, on ? theme.fonts.bold : theme.fonts.body,
        { low.x + theme.px(8), (low.y + high.y) / 2 }, width - theme.px(16),
        on ? colour::kText : colour::kQuiet, words);
    return pressed;
}

/// Of what a part of the sheet lasts over.
struct Span {
    base::Nanos begins {};
    base::Nanos ends {};
};

} // namespace

std::optional<Intent> CueEditor::toggle()
{
    open_ = opening_ = !open_;
    if (!open_)
        return std::nullopt;
    return OrderCue { cue::Open { false } };
}

bool CueEditor::leave() { return std::exchange(open_, false); }

void CueEditor::takeOver(const CueDeskModel& model)
{
    if (version_ == model.version)
        return;
    version_ = model.version;
    text_ = kept_text_ = model.text;
    language_ = kept_language_ = model.language;
    name_.set(model.name);
    search_.set({});
    selected_.reset();
}

void CueEditor::fillFields(const CueDeskModel& model)
{
    const auto& lines = *model.lines;
    if (selected_
        && (selected_->line >= lines.size() || selected_->word >= lines[selected_->line].words.size()))
        selected_.reset();
    const std::size_t line = selected_ ? selected_->line : 0;
    const std::size_t number = selected_ ? selected_->word : 0;
    const CueWordModel& word = lines[line].words[number];
    respelling_.set(selected_ ? word.respelling : "");
    ipa_.set(selected_ ? word.ipa : "");
    Span span { lines.front().words.front().begins, lines.back().words.back().ends };
    if (selected_ && part_ == CuePart::Line)
        span = { lines[line].words.front().begins, lines[line].words.back().ends };
    else if (selected_ && part_ == CuePart::Word)
        span = { word.begins, word.ends };
    begins_.set(clockText(span.begins).view());
    ends_.set(clockText(span.ends).view());
    filled_from_ = model.lines;
}

void CueEditor::drawLanguage(const CueDeskModel& model, const Theme& theme, float width)
{
    if (!model.languages)
        return line(theme.fonts.small, colour::kQuiet, width, Words<63>("Language: {}", language_).view());
    const auto& languages = *model.languages;
    const auto chosen = std::find_if(languages.begin(), languages.end(),
        [&](const CueLanguage& language) { return language.code == language_; });
    const std::string_view name =
        chosen == languages.end() ? std::string_view("no such language") : chosen->name;
    line(theme.fonts.small, colour::kQuiet, width, Words<127>("Language: {}, {}", name, language_).view());
    const TallFrame tall(theme);
    const bool entered = search_.draw("##language", "Other language: type its name or code", width);
    const std::string wanted = search_.text();
    if (wanted.empty())
        return;
    std::size_t shown = 0;
    if (ImGui::BeginChild("languages", { width, theme.px(3 * 34) })) {
        for (const CueLanguage& language : languages) {
            if (shown == kMostLanguages
                || (!contains(language.code, wanted) && !contains(language.name, wanted)))
                continue;
            ++shown;
            const bool pressed = row(theme, language.code.c_str(),
                Words<127>("{}  {}", language.name, language.code).view(), width - theme.px(14), false);
            if (pressed || (entered && shown == 1)) {
                language_ = language.code;
                search_.set({});
                break;
            }
        }
        if (shown == 0)
            line(theme.fonts.small, colour::kText, width,
                Words<127>("! The voice has no language like \"{}\"", wanted).view());
    }
    ImGui::EndChild();
}

void CueEditor::drawWriting(const CueDeskModel& model, const Theme& theme, float width, float height)
{
    const float bottom = ImGui::GetCursorPosY() + height;
    const float gap = theme.px(6);
    const float button = theme.px(86);
    line(theme.fonts.small, colour::kQuiet, width, "Sheets of this shoot");
    // As high as its buttons at least.
    const std::size_t buttons = 1 + (model.name.empty() ? 0 : 1) + (model.removed.empty() ? 0 : 1);
    const std::size_t rows = std::clamp<std::size_t>(model.sheets.size(), buttons, 3);
    const float list_height = (buttonHeight(theme) + gap) * static_cast<float>(rows);
    if (ImGui::BeginChild("sheets", { width - button - gap, list_height })) {
        for (const std::string& sheet : model.sheets)
            if (row(theme, sheet.c_str(), sheet, width - button - theme.px(20), sheet == model.name)
                && sheet != model.name)
                order(cue::Choose { sheet });
        if (model.sheets.empty())
            line(theme.fonts.body, colour::kFaint, width - button - gap, "None yet");
    }
    ImGui::EndChild();
    ImGui::SameLine(0, gap);
    ImGui::BeginGroup();
    if (plainButton(theme, "new", { .words = "New", .width = button, .on = model.name.empty() },
            "An empty one; this one stays"))
        order(cue::Choose {});
    if (!model.name.empty()
        && plainButton(theme, "remove", { .words = "Delete", .width = button },
            "Sets it aside: it can be brought back, and stays in the shoot's folder cues/removed"))
        order(cue::Remove {});
    if (!model.removed.empty()
        && plainButton(theme, "restore", { .words = "Bring back", .width = button },
            Words<127>("\"{}\", which was deleted last", model.removed).c_str()))
        order(cue::Restore {});
    ImGui::EndGroup();
    {
        const TallFrame tall(theme);
        const bool renamed =
            name_.draw("##name", "Name of the sheet", model.name.empty() ? width : width - button - gap);
        if (!model.name.empty()) {
            ImGui::SameLine(0, gap);
            if ((plainButton(theme, "rename", { .words = "Rename", .width = button }, "Enter in the name")
                    || renamed)
                && model.name != name_.text())
                order(cue::Rename { name_.text() });
        }
    }
    drawLanguage(model, theme, width);
    line(theme.fonts.small, colour::kQuiet, width, "Text, forward, as the audience will hear it");
    const float footer = buttonHeight(theme) + theme.fonts.small->FontSize * 2.5F + 3 * theme.px(6);
    if (opening_)
        ImGui::SetKeyboardFocusHere();
    const float text_height = std::max(theme.px(60), bottom - ImGui::GetCursorPosY() - footer);
    const bool finished =
        ImGui::InputTextMultiline("##text", text_.data(), text_.capacity() + 1, { width, text_height },
            ImGuiInputTextFlags_CallbackResize | ImGuiInputTextFlags_EnterReturnsTrue // with Ctrl
                | (model.ready ? 0 : ImGuiInputTextFlags_ReadOnly),
            growText, &text_);
    using Work = CueDeskModel::Work;
    const ImVec2 place = ImGui::GetCursorScreenPos();
    const float two_lines = std::round(theme.fonts.small->FontSize * 2.5F);
    if (!model.trouble.empty())
        ImGui::GetWindowDrawList()->AddText(theme.fonts.small, theme.fonts.small->FontSize, place,
            colour::kText, Words<511>("! {}", model.trouble).c_str(), nullptr, width);
    else if (model.work == Work::Making)
        drawText(*ImGui::GetWindowDrawList(), theme.fonts.small, { place.x, place.y + two_lines / 4 },
            colour::kQuiet,
            Words<63>("Listening to the voice: {} %", std::lround(model.progress * 100)).view());
    ImGui::Dummy({ width, two_lines });
    if (model.work != Work::None) {
        if (plainButton(theme, "stop", { .words = "Stop", .width = width }))
            order(cue::Stop {});
    } else if (plainButton(theme, "make",
                   { .words = model.lines ? "Make the sheet anew" : "Make the sheet", .width = width },
                   "Ctrl+Enter in the text. What was changed by hand stays, under its name")
        || finished)
        order(cue::Make { name_.text(), text_, language_ });
}

/// A word's IPA stands under its respelling.
void CueEditor::drawLine(const CueLineModel& said, std::size_t index, const Theme& theme, float width)
{
    ImDrawList& list = *ImGui::GetWindowDrawList();
    ImFont* const large = theme.fonts.bold;
    ImFont* const small = theme.fonts.body;
    const ImVec2 origin = ImGui::GetCursorScreenPos();
    const Words<63> times("{} \u2013 {}", clockText(said.words.front().begins).view(),
        clockText(said.words.back().ends).view());
    const float times_width = widthOf(theme.fonts.mono, times.view());
    drawTextWithin(list, theme.fonts.small, { origin.x, origin.y + theme.px(8) },
        width - times_width - theme.px(12), colour::kQuiet,
        Words<255>("{}. {}", index + 1, said.text).view());
    drawText(list, theme.fonts.mono, { origin.x + width - times_width, origin.y + theme.px(8) },
        colour::kQuiet, times.view());
    const float gap = theme.px(14);
    float full = 0;
    for (const CueWordModel& word : said.words)
        full += std::max(widthOf(large, word.respelling), widthOf(small, word.ipa)) + gap;
    const float shrink = std::min(1.0F, width / std::max(full, 1.0F));
    float x = origin.x;
    for (std::size_t i = 0; i < said.words.size(); ++i) {
        const CueWordModel& word = said.words[i];
        const float cell =
            (std::max(widthOf(large, word.respelling), widthOf(small, word.ipa)) + gap) * shrink;
        ImGui::PushID(static_cast<int>(i));
        ImGui::SetCursorScreenPos({ x, origin.y + theme.px(18) });
        if (ImGui::InvisibleButton("word", { std::max(cell, 1.0F), theme.px(46) })) {
            selected_ = Selected { index, i };
            filled_from_ = nullptr;
        }
        const ImVec2 low = ImGui::GetItemRectMin();
        const ImVec2 high = ImGui::GetItemRectMax();
        const bool chosen = selected_ && selected_->line == index && selected_->word == i;
        if (chosen || ImGui::IsItemHovered() || ImGui::IsItemFocused())
            list.AddRectFilled(low, high, chosen ? colour::kRaised : colour::kHover, theme.px(4));
        if (chosen)
            list.AddRect(low, high, colour::kText, theme.px(4));
        ImGui::PopID();
        const float left = x + gap / 2 * shrink;
        const auto write = [&](ImFont* font, float y, ImU32 tint, const std::string& letters) {
            list.AddText(font, font->FontSize * shrink, { left, y }, tint, letters.data(),
                letters.data() + letters.size());
        };
        write(large, origin.y + theme.px(22), colour::kText, word.respelling);
        write(small, origin.y + theme.px(42), colour::kQuiet, word.ipa);
        x += cell;
    }
}

void CueEditor::drawSheet(const CueDeskModel& model, const Theme& theme, float width, float height)
{
    if (ImGui::BeginChild("lines", { width, height })) {
        if (!model.lines) {
            line(theme.fonts.body, colour::kQuiet, width,
                "The sheet stands here once it is made: each word backwards,");
            line(theme.fonts.body, colour::kQuiet, width,
                "as it is said and in IPA, from the last line to the first.");
        } else {
            const float each = theme.px(74);
            const float room = width - theme.px(18);
            const auto& lines = *model.lines;
            ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, { 0, 0 });
            ImGuiListClipper clipper;
            clipper.Begin(static_cast<int>(lines.size()), each);
            while (clipper.Step())
                for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
                    ImGui::PushID(i);
                    const ImVec2 place = ImGui::GetCursorScreenPos();
                    drawLine(lines[static_cast<std::size_t>(i)], static_cast<std::size_t>(i), theme, room);
                    ImGui::SetCursorScreenPos(place);
                    ImGui::Dummy({ room, each });
                    ImGui::PopID();
                }
            ImGui::PopStyleVar();
        }
    }
    ImGui::EndChild();
}

void CueEditor::drawWord(const CueDeskModel& model, const Theme& theme, float width)
{
    if (filled_from_ != model.lines)
        fillFields(model);
    const bool of_word = selected_.has_value();
    const CueWordModel* const word =
        of_word ? &(*model.lines)[selected_->line].words[selected_->word] : nullptr;
    line(theme.fonts.small, colour::kQuiet, width,
        word ? Words<127>("Word: {}", word->text).view() : "Choose a word to change it");
    const float gap = theme.px(6);
    const float button = theme.px(86);
    const TallFrame tall(theme);
    if (word) {
        const float field = std::floor((width - button - 2 * gap) / 2);
        bool done = respelling_.draw("##respelling", "Respelling", field);
        ImGui::SameLine(0, gap);
        done |= ipa_.draw("##ipa", "IPA", field);
        ImGui::SameLine(0, gap);
        if (plainButton(theme, "keep", { .words = "Keep", .width = button }, "Enter in a field") || done)
            order(cue::EditWord { selected_->line, selected_->word, respelling_.text(), ipa_.text() });
    }
    // Without a word only the whole sheet has times to change.
    const CuePart part = of_word ? part_ : CuePart::Sheet;
    const float choice = theme.px(76);
    const auto choose = [&](const char* name, const char* words, CuePart one) {
        if (plainButton(theme, name, { .words = words, .width = choice, .on = part == one }) && of_word) {
            part_ = one;
            filled_from_ = nullptr;
        }
        ImGui::SameLine(0, gap);
    };
    choose("part word", "Word", CuePart::Word);
    choose("part line", "Line", CuePart::Line);
    choose("part sheet", "Sheet", CuePart::Sheet);
    const float field = std::floor((width - button - 3 * choice - 5 * gap) / 2);
    bool done = begins_.draw("##begins", "from 0:00", field);
    ImGui::SameLine(0, gap);
    done |= ends_.draw("##ends", "to 0:00", field);
    ImGui::SameLine(0, gap);
    done |= plainButton(theme, "fit", { .words = "Fit", .width = button },
        "Its sounds are spread over these times of the reversed guide");
    const auto begins = parseClock(begins_.text());
    const auto ends = parseClock(ends_.text());
    if (done && begins && ends)
        order(
            cue::Fit { part, of_word ? selected_->line : 0, of_word ? selected_->word : 0, *begins, *ends });
    else if (done)
        filled_from_ = nullptr; // what is no time is as it was
}

void CueEditor::drawUses(const CueDeskModel& model, const Theme& theme, float width)
{
    using Work = CueDeskModel::Work;
    ButtonRow uses(theme, width, 5);
    const bool free = model.lines && model.work == Work::None;
    const ImU32 tint = free ? colour::kText : colour::kFaint;
    if (model.work == Work::Speaking) {
        if (plainButton(theme, "silence", { .sign = Sign::Square, .words = "Silence", .width = uses.next() }))
            order(cue::Stop {});
    } else if (plainButton(theme, "speak", { .words = "Say it", .width = uses.next(), .tint = tint },
                   "The voice, as it is to be said on set")
        && free)
        order(cue::Speak { false });
    if (plainButton(theme, "speak reversed", { .words = "Reversed", .width = uses.next(), .tint = tint },
            "The same turned round, as the audience will hear it")
        && free)
        order(cue::Speak { true });
    if (plainButton(theme, "print", { .words = "Print", .width = uses.next(), .tint = tint },
            "A PDF into the shoot's folder reports")
        && free)
        order(cue::Print {});
    if (auto action = keyButton(theme, KeyId::CueOverPicture, { .words = "Show", .width = uses.next() }))
        asked_ = std::move(action);
    if (plainButton(
            theme, "close", { .words = "Close", .width = uses.next(), .tint = colour::kQuiet }, "Esc"))
        open_ = false;
}

std::optional<Action> CueEditor::draw(const Model& model, const Layout& layout, const Theme& theme)
{
    if (!open_)
        return std::nullopt;
    asked_.reset();
    const CueDeskModel& desk = model.cue;
    takeOver(desk);
    // Under the top bar: what rolls is seen whatever is typed.
    const float margin = theme.px(8);
    const float top = static_cast<float>(layout.top_bar.empty() ? 0 : layout.top_bar.bottom()) + margin;
    const auto width = static_cast<float>(layout.window.width);
    const float height_left = static_cast<float>(layout.window.height) - top - margin;
    ImGui::SetNextWindowPos({ width / 2, top }, ImGuiCond_Always, { 0.5F, 0 });
    ImGui::SetNextWindowSize({ std::clamp(width - 2 * margin, theme.px(120), theme.px(1240)),
        std::clamp(height_left, theme.px(80), theme.px(860)) });
    const CardStyle style(theme);
    if (opening_)
        ImGui::SetNextWindowFocus();
    constexpr ImGuiWindowFlags kFlags =
        CardStyle::kFlags & ~(ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoScrollbar);
    if (ImGui::Begin("cue sheets", nullptr, kFlags)) {
        const ImVec2 inner = ImGui::GetContentRegionAvail();
        const float between = theme.px(20);
        const float left = std::floor((inner.x - between) * 0.36F);
        const float right = inner.x - between - left;
        line(theme.fonts.bold, colour::kText, inner.x, "Cue sheets: lines to say backwards");
        const float height = std::max(theme.px(60), ImGui::GetContentRegionAvail().y);
        ImGui::BeginChild("writing", { left, height }, false, ImGuiWindowFlags_NoScrollbar);
        drawWriting(desk, theme, left, height);
        ImGui::EndChild();
        ImGui::SameLine(0, between);
        ImGui::BeginChild("sheet", { right, height }, false, ImGuiWindowFlags_NoScrollbar);
        const float below =
            3 * (buttonHeight(theme) + theme.px(6)) + theme.fonts.small->FontSize * 1.25F + theme.px(14);
        drawSheet(desk, theme, right, std::max(theme.px(40), height - below));
        if (desk.lines)
            drawWord(desk, theme, right);
        ImGui::SetCursorPosY(std::max(ImGui::GetCursorPosY(), height - buttonHeight(theme) - theme.px(1)));
        drawUses(desk, theme, right);
        ImGui::EndChild();
        opening_ = false;
        // Behind an order of its own it waits for the next frame.
        if (!asked_ && (text_ != kept_text_ || language_ != kept_language_)) {
            kept_text_ = text_;
            kept_language_ = language_;
            order(cue::Keep { text_, language_ });
        }
    }
    ImGui::End();
    return std::move(asked_);
}

} // namespace backtake::ui
