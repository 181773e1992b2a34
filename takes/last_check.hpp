/// What is known of a recording's pictures without reading them: check.json, left by whoever read them last.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::takes {

/// The frames that check.json names; of a take with more it has their number.
inline constexpr std::size_t kMostDamagedNamed = 10'000;

struct LastCheck {
    enum class By {
        Verify = 1, ///< `backtake verify` read every picture.
        Recovery,   ///< What was cut off was closed: the pictures of its end were read.
        HandOver,   ///< A MOV was made: the pictures in it were read.
    };
    By by = By::Verify;
    base::Nanos checked_at_utc {};
    base::FrameIndex frames = 0;  ///< Of the take, when it was checked.
    base::FrameIndex damaged = 0; ///< Without a picture that can be shown; lost ones are not among them.
    std::vector<base::FrameIndex> named; ///< Of these the captured frames, rising, as far as they are known.
    std::vector<std::string> findings;   ///< For people, one line each.
};
std::string_view nameOf(LastCheck::By by); ///< "verify", "recovery", "hand-over".

/// "3 frames damaged, as verify found on 2026-11-21"; empty: none is.
std::string damageText(const LastCheck& check);

/// "a; b": lines in one, without full stops, to go on behind them.
std::string joined(std::span<const std::string> lines);

/// Room of all: threads that may wait for a disk.
/// @param recording the folder of a take's first part. @return nullopt: it was never checked. Fault::Corrupt,
/// with what is wrong; Unsupported for a newer version.
base::Result<std::optional<LastCheck>> readLastCheck(const std::filesystem::path& recording);
/// Replaces what was known. @param check more frames and findings than are kept are left out.
base::Outcome writeLastCheck(const std::filesystem::path& recording, LastCheck check);
/// What a hand-over has met, beside what was known. Of frames that are known nothing is written.
/// @param frames of the take. @param damaged rising.
base::Outcome addDamaged(const std::filesystem::path& recording, base::FrameIndex frames,
    std::span<const base::FrameIndex> damaged);

} // namespace backtake::takes
