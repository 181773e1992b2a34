/// The log of a shoot as data for other programs: what `backtake takes --json` prints, docs/takes_json.md.
#pragma once

#include "takes/log.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace backtake::app {

/// All that a shoot has of its takes.
struct WholeLog {
    std::vector<takes::LoggedTake> takes;
    std::vector<takes::Setup> setups;
    std::vector<takes::Story> stories;
};

/// How much was shot: in all, or on a day.
struct LogTotals {
    std::size_t setups = 0;
    std::size_t takes = 0;
    std::int64_t circled = 0;
    base::Nanos filmed {}; ///< Of one camera of each take: all of them run at once.
    std::int64_t frames = 0;
    std::int64_t lost = 0;
    std::uint64_t picture_bytes = 0;
};
/// @param day "2026-11-21", local; empty: all.
LogTotals totalsOf(std::span<const takes::LoggedTake> takes, const std::string& day = {});

/// Of N frames, where captured frame @p n is in shown order.
base::FrameIndex shownFrame(const takes::TakeFacts& facts, base::FrameIndex n);

/// Texts in it are as they were found: of any script, with line breaks, perhaps no UTF-8.
/// Time: opens every recording, reads the index of those that lost frames or were never closed, no picture.
/// @param troubles gets what beside the takes cannot be read, one line each.
nlohmann::ordered_json logJson(
    const std::filesystem::path& shoot, const WholeLog& log, std::vector<std::string>& troubles);

} // namespace backtake::app
