/// The cue sheets of the shoot: what is typed, the sheet that was made of it, and each of its words to
/// change.
#pragma once

#include "ui/form.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <string>

namespace backtake::ui {

/// Room: the window's. What is typed is asked to be kept with every letter, so that closing it loses nothing.
class CueEditor {
public:
    /// Open: closes it. @return asks for what the shoot has.
    std::optional<Intent> toggle();
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it. @return whether it was open.
    bool leave();
    /// @return an order of its own, or what a key does.
    std::optional<Action> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    struct Selected {
        std::size_t line = 0;
        std::size_t word = 0;
    };
    void takeOver(const CueDeskModel& model);
    void fillFields(const CueDeskModel& model);
    void drawWriting(const CueDeskModel& model, const Theme& theme, float width, float height);
    void drawLanguage(const CueDeskModel& model, const Theme& theme, float width);
    void drawSheet(const CueDeskModel& model, const Theme& theme, float width, float height);
    void drawLine(const CueLineModel& line, std::size_t index, const Theme& theme, float width);
    void drawWord(const CueDeskModel& model, const Theme& theme, float width);
    void drawUses(const CueDeskModel& model, const Theme& theme, float width);
    void order(CueOrder order) { asked_ = Intent(OrderCue { std::move(order) }); }

    bool open_ = false;
    bool opening_ = false;
    std::optional<std::uint64_t> version_; ///< CueDeskModel::version that was taken over.
    std::string text_;
    std::string kept_text_; ///< As it was last asked to be kept.
    std::string language_;
    std::string kept_language_;
    TextField<100> name_;
    TextField<63> search_; ///< Of languages.
    std::optional<Selected> selected_;
    CuePart part_ = CuePart::Word;
    CueLines filled_from_; ///< What the fields below show the selected word of.
    TextField<255> respelling_;
    TextField<255> ipa_;
    TextField<15> begins_;
    TextField<15> ends_;
    std::optional<Action> asked_; ///< In this draw.
};

} // namespace backtake::ui
