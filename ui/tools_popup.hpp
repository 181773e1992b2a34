/// The popup (F4) with all image tools and what a picture is compared with: for mouse and touch, and for what
/// a key alone cannot say.
#pragma once

#include "base/mailbox.hpp"
#include "ui/image_tools.hpp"
#include "ui/keys.hpp"
#include "ui/layout.hpp"
#include "ui/theme.hpp"

#include <array>
#include <optional>
#include <string>
#include <thread>

namespace backtake::ui {

/// Reads look-up tables from files on a thread of its own, which waits for the disk so that the picture need
/// not. Room: one thread calls, all calls. Time: none waits; the destructor waits for the file being read.
class LutReader {
public:
    struct Answer {
        std::string file;
        base::Result<base::CubeLutPtr> lut;
    };
    /// One that is still waiting to be read is forgotten.
    void read(std::string file);
    /// What was asked for last, once it is there; an answer to an older question is dropped.
    std::optional<Answer> answer();
    [[nodiscard]] bool reading() const { return reading_; }

private:
    void work(const std::stop_token& stop);

    std::string asked_;
    bool reading_ = false;
    base::Latest<std::string> questions_;
    base::Latest<std::shared_ptr<const Answer>> answers_; ///< Only the newest is of use.
    std::jthread thread_; ///< From the first read(); last, so that it ends first.
};

class ToolsPopup {
public:
    void toggle()
    {
        open_ = !open_;
        stills_asked_ = false;
    }
    [[nodiscard]] bool isOpen() const { return open_; }
    /// @return whether it was open.
    bool leave();
    /// Changes @p tools by what is moved or chosen in it; what has a key comes back as that key's action.
    /// Also when it is closed: a file that was asked for becomes the look-up table.
    std::optional<Action> draw(
        const Model& model, ImageTools& tools, const Layout& layout, const Theme& theme);

private:
    static constexpr std::size_t kLongestFile = 1023;
    void takeAnswer(ImageTools& tools);
    void drawLut(ImageTools& tools, const Theme& theme, float width);
    std::optional<Action> drawTools(
        ImageTools& tools, base::Orientation orientation, const Theme& theme, float width);

    bool open_ = false;
    bool stills_asked_ = false; ///< Since it was opened.
    std::array<char, kLongestFile + 1> file_ {};
    std::string trouble_; ///< Of the file that was read last.
    LutReader reader_;
};

} // namespace backtake::ui
