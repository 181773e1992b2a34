/// The numbers behind the picture (F3): its way to the glass by stage, ring, losses, frame rate of the
/// window.
#pragma once

#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/pace.hpp"
#include "ui/theme.hpp"

#include <array>
#include <string>

namespace backtake::ui {

struct FrameReport;

class DebugOverlay {
public:
    void toggle() { open_ = !open_; }
    /// Closes it. @return whether it was open.
    bool leave();
    void draw(const Model& model, const Layout& layout, const Theme& theme, const FrameReport& report,
        const Pace& pace, base::Nanos display_interval, const std::string& renderer);

private:
    struct Stage {
        const char* name;
        const RecentTimes Pace::*times;
    };
    static const std::array<Stage, 9> kStages;
    void drawNumbers(
        const Model& model, const Theme& theme, base::Nanos display_interval, const std::string& renderer);

    bool open_ = false;
    bool metrics_ = false;
    // Counted over half a second: numbers that can be read, and a window that may rest in between.
    base::Nanos counting_since_ {};
    int frames_ = 0;
    int drawn_ = 0;
    int pictures_ = 0;
    std::uint64_t picture_before_ = 0;
    double frames_per_second_ = 0;
    double drawn_per_second_ = 0;
    double pictures_per_second_ = 0;
    StageTimes stages_;
    std::array<std::optional<RecentTimes::Summary>, 9> summaries_; ///< Of kStages.
};

} // namespace backtake::ui
