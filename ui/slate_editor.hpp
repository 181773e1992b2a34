/// The popup under the slate: scene, number and direction of the take to be shot next.
#pragma once

#include "ui/intent.hpp"
#include "ui/model.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>

namespace backtake::ui {

class SlateEditor {
public:
    /// Opens with the slate of the next take; call in the window that calls draw().
    void open(const Model& model);
    /// @param place its top left corner.
    std::optional<Intent> draw(const Model& model, const Theme& theme, ImVec2 place);
    /// Closes it without a change. @return whether it was open.
    bool leave();

private:
    static constexpr std::size_t kLongestScene = 15;
    static constexpr std::size_t kLongestTake = 4;

    void setTake(int take);
    [[nodiscard]] int take() const;

    std::array<char, kLongestScene + 1> scene_ {};
    std::array<char, kLongestTake + 1> take_ {};
    bool open_ = false;
    bool opening_ = false;
    bool closing_ = false;
};

} // namespace backtake::ui
