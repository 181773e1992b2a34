/// The field for a note, at the bottom of the picture: one line, with both clocks of the frame it is said of.
#pragma once

#include "ui/form.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>
#include <string>

namespace backtake::ui {

/// Room: the window's. The frame is the one on screen when it opened: playing goes on meanwhile.
class NoteEditor {
public:
    /// For a new note. @pre model.here.
    void open(const Model& model);
    /// For other words of what stands there. @param mark as EditNote has it. @return whether there is such a
    /// one; without it nothing opens.
    bool edit(const Model& model, std::int64_t mark);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// Closes it without a change. @return whether it was open.
    bool leave();
    std::optional<Intent> draw(const Layout& layout, const Theme& theme);

private:
    void begin(const Model& model, std::string_view position);

    bool open_ = false;
    bool opening_ = false;
    SaidFrame at_;
    MarkModel mark_; ///< That gets other words; its id is 0 for a new note.
    std::string clocks_;
    TextField<kLongestNote> text_;
};

} // namespace backtake::ui
