/// The sequence below the picture (Ctrl+T): its takes as a row of cards, each with its first and its last
/// picture as shown, and what can be done with them.
#pragma once

#include "ui/form.hpp"
#include "ui/gl/rgba_texture.hpp"
#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <vector>

namespace backtake::ui {

/// Room: the thread with the GL context: the small pictures lie on a texture.
class StoryPanel {
public:
    /// @return what to ask for when it was opened.
    std::optional<Intent> toggle();
    [[nodiscard]] bool isOpen() const { return open_; }
    /// @return whether it was open.
    bool leave();
    /// Opens the field for another name of the sequence. @return without one what makes the session say so.
    std::optional<Intent> rename(const StoryModel& story);
    /// Whether that field is open: all that is typed goes into it.
    [[nodiscard]] bool isNaming() const { return naming_.has_value(); }
    /// Closes it without a change. @return whether it was open.
    bool leaveName();
    /// All that was asked for, in that order: a card that is dragged is chosen, then moved.
    std::vector<Action> draw(const Model& model, const Layout& layout, const Theme& theme);

private:
    void drawHead(const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked);
    void drawNames(const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked);
    void drawName(const StoryModel& story, const Theme& theme, float width, std::vector<Action>& asked);
    void drawCards(const StoryModel& story, const Theme& theme, std::vector<Action>& asked);
    void drawCard(ImDrawList& list, const StoryModel& story, std::size_t card, ImVec2 low, ImVec2 high,
        const Theme& theme) const;

    bool open_ = false;
    std::optional<std::size_t> chosen_before_; ///< A new choice is scrolled to, once.
    std::optional<std::size_t> dragged_;       ///< The card that is held, once it has been moved.
    TextField<120> new_name_;
    std::optional<std::string> naming_; ///< The sequence that the field is open for, by its name until now.
    TextField<kLongestText> name_;
    gl::RgbaTexture pictures_;
};

} // namespace backtake::ui
