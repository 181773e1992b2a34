/// Keeps what the settings window changes: saves, exports, loads, off the window's thread.
#pragma once

#include "app/settings.hpp"
#include "app/worker.hpp"

#include <optional>

namespace backtake::app {

/// The tools' look-up table, read from where they say. What cannot be read is told among @p troubles, and
/// off. Room: any thread but the window's: it waits for the disk.
void readLut(ui::ImageTools& tools, std::vector<std::string>& troubles);

/// Room: the window's; files are read and written on a thread of its own, one after the other. Time: only
/// finish() and the destructor wait, for the disk.
class SettingsKeeper {
public:
    /// @param file the settings file. @param settled what it holds.
    SettingsKeeper(std::filesystem::path file, Settings settled);

    void order(ui::SettingsOrder order);
    /// What came of orders since the last call, oldest first.
    std::vector<ui::SettingsReport> reports();
    /// Waits until all is done, then saves @p last unless that is done; what failed is tried once more.
    std::vector<ui::SettingsReport> finish(const Settings& last);

private:
    /// Room: the keeper's thread.
    static ui::SettingsReport carryOut(const std::filesystem::path& file, const ui::SettingsOrder& order);

    std::filesystem::path file_;
    std::optional<Settings> kept_; ///< Or on the way to the disk; none: what was to be kept is not.
    std::vector<ui::SettingsReport> reports_;
    Worker thread_ { "bt-settings" }; ///< Last.
};

} // namespace backtake::app
