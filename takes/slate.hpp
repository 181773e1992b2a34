/// The slate: scene with setup letter, take number, camera letter. `12A/3`, camera A.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace backtake::takes {

struct Slate {
    std::string scene; ///< Scene and setup as typed, "12A". Any text; safe in names only after folderName().
    int take = 1;      ///< 1 … 99999.
    char camera = 'A'; ///< 'A' … 'Z'.
    friend bool operator==(const Slate&, const Slate&) = default;
};

/// "12A/3".
std::string text(const Slate& slate);
/// "12A/3B": with the camera's letter.
std::string fullText(const Slate& slate);
/// "12A-003-A": a name for a folder on any file system. Characters outside A-Z a-z 0-9 . _ - become '_' (and
/// a scene that changed or is longer than 60 characters gets a short hash, so that two scenes never share a
/// folder).
std::string folderName(const Slate& slate);
/// Reads "12A/3" or "12A/3B" (camera B; 'A' when absent). @return Fault::Usage with an example.
base::Result<Slate> parseSlate(std::string_view text);

} // namespace backtake::takes
