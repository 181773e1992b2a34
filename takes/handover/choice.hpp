/// Which takes of a shoot are handed over, and what is said of them.
#pragma once

#include "takes/handover/hand_over.hpp"

namespace backtake::handover {

/// All that is said must hold.
struct Choice {
    bool circled = false;
    std::string day; ///< "2026-11-21", local; empty: all.
    /// Only these recordings; none: all of the shoot, those in a second folder too.
    std::optional<std::vector<std::filesystem::path>> folders;
    bool story = false; ///< Last take first: what is shown backwards goes on backwards.
    /// The cards of a sequence, in its order, and nothing else counts.
    std::optional<takes::Story> sequence {};
};

struct Chosen {
    std::vector<HandOverTake> takes;  ///< In the order played.
    std::vector<std::string> remarks; ///< For people: takes that stay behind, one line each, and why.
};

/// A sequence of a shoot.
/// @return Fault::NotFound, else as takes::Shoot::open().
base::Result<takes::Story> storyNamed(const std::filesystem::path& shoot, const std::string& name);

/// Reads the log and each take.json; no picture, nothing is written. Left out are takes that are still being
/// recorded and those whose folder is gone. Room: any thread that may wait for a disk, also while a session
/// writes to the shoot.
/// @return Fault::NotFound (none is left: the message says why), else as takes::Shoot::open().
base::Result<Chosen> choose(const std::filesystem::path& shoot, const Choice& choice);

/// One recording, with what the log of its shoot says, when there is one.
HandOverTake oneTake(const std::filesystem::path& folder);

} // namespace backtake::handover
