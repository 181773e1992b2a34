/// Which takes are listed: words, circled, verdict, tell, day.
#pragma once

#include "ui/form.hpp"
#include "ui/intent.hpp"
#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <optional>

namespace backtake::ui {

/// Room: the window's. What is changed in it is asked for at once; closed, the filter stays in force.
class TakeSearch {
public:
    /// Open: closes it.
    void toggle(const Model& model);
    [[nodiscard]] bool isOpen() const { return open_; }
    /// @return whether it was open.
    bool leave();
    std::optional<Intent> draw(const Layout& layout, const Theme& theme);

private:
    bool open_ = false;
    bool opening_ = false;
    TakeFilter filter_; ///< As it was asked for last.
    TextField<127> words_;
    TextField<10> day_;
};

} // namespace backtake::ui
