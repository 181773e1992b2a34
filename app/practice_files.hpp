/// Attempts on disk: WAV files with their score in them, and beside them recordings of what was seen.
#pragma once

#include "base/result.hpp"
#include "guide/placement.hpp"
#include "ui/practice.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::app {

/// What was seen of an attempt: a recording, as takes are, in media/ of the practice's folder.
struct PracticePictures {
    std::string folder;    ///< Its name there.
    base::Nanos starts {}; ///< Captured frame 0, in the attempt's own time. Before 0 when it was stamped just
                           ///< before the key, and came after it.
};

/// What an attempt's file says of it beside its sound.
struct PracticeFacts {
    ui::PracticeMark whole;
    std::vector<ui::PracticeMark> phrases;
    guide::GuideRecord record;                ///< Where the guide was, in the attempt's own time.
    std::uint64_t guide = 0;                  ///< identityOf() the guide.
    std::optional<PracticePictures> pictures; ///< nullopt: no camera's picture came.
};

/// Room of all: a worker's thread.
std::filesystem::path practiceFile(const std::filesystem::path& folder, int number);
std::filesystem::path picturesFolder(const std::filesystem::path& folder, const PracticePictures& pictures);
/// What the next attempt is called, if nobody else takes the number before.
int nextAttempt(const std::filesystem::path& folder);
/// Takes an attempt off the disk, with its pictures.
void removeAttempt(const std::filesystem::path& folder, int number);
/// Mono PCM of 16 bits (Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0,
/// 1991), the facts as JSON in its comment (LIST INFO ICMT). Under the first free number; no file is
/// replaced.
/// @return that number; Fault::OutOfSpace, Denied, …
base::Result<int> writeAttempt(const std::filesystem::path& folder, std::span<const float> samples,
    int rate_hz, const PracticeFacts& facts);
struct StoredAttempt {
    base::Nanos length {};
    PracticeFacts facts;
};
/// @return Fault::NotFound, Denied; Corrupt for a file that writeAttempt() has not written whole.
base::Result<StoredAttempt> readAttempt(const std::filesystem::path& file);
struct StoredAttempts {
    std::vector<ui::PracticeAttempt> attempts; ///< All that can be read, by number.
    /// Folders of pictures, by name, that no attempt has and nobody records: of one that was cut off. None
    /// while there is an attempt that cannot be read: they may be its.
    std::vector<std::string> stray_pictures;
};
StoredAttempts listAttempts(const std::filesystem::path& folder);

} // namespace backtake::app
