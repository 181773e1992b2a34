/// What a shoot keeps of the guides that were played: guide.json in a recording's folder says where the guide
/// was, and a copy of its file lies in the shoot's folder guides/.
#pragma once

#include "base/result.hpp"
#include "guide/placement.hpp"
#include "guide/sound_clip.hpp"
#include "takes/disk.hpp"
#include "ui/guide.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::app {

/// Which sound it was.
struct GuideSource {
    std::string file;                    ///< Its name in guides/: a plain one, with the checksum in it.
    std::string checksum;                ///< XXH3 of the whole file, 128 bits as 32 hexadecimal digits.
    std::optional<guide::ClipPart> part; ///< nullopt: all of it.
};
bool operator==(const GuideSource& one, const GuideSource& other);

/// What guide.json holds.
struct TakeGuide {
    GuideSource source;
    guide::GuideRecord record;
};
std::string takeGuideText(const TakeGuide& guide);
/// Hostile text is expected. @return Fault::Corrupt with what is wrong, Unsupported for a newer version.
base::Result<TakeGuide> parseTakeGuide(std::string_view json);

/// Room of what follows: threads that may wait for a disk.

/// @return nullopt: no guide was played with it.
base::Result<std::optional<TakeGuide>> readTakeGuide(const std::filesystem::path& recording);
base::Outcome writeTakeGuide(
    const std::filesystem::path& recording, const TakeGuide& guide, takes::Disk& disk = takes::kernelDisk());

/// A guide's file, read.
struct LoadedGuide {
    std::filesystem::path path; ///< Where it was read.
    GuideSource source;
    guide::SoundClipPtr clip;  ///< The part that is played.
    guide::SoundClipPtr whole; ///< The whole file; null where it is too long to be held.
    base::Nanos wave_from {};  ///< What the wave shows.
    base::Nanos wave_to {};
    std::shared_ptr<const std::vector<ui::WaveColumn>> wave;
};
inline constexpr base::Nanos kShortestGuide = std::chrono::milliseconds(100);

/// @param from, to of a part, in the file's own time; nullopt: the file's ends. A part reaches no further
///     than the file does.
/// @param before what was loaded last, or null: of the same file nothing is decoded again.
/// @param progress 0 … 1, on this thread.
/// @return the faults of guide::SoundClip::load(); Usage for less than kShortestGuide.
base::Result<std::shared_ptr<const LoadedGuide>> loadGuide(const std::filesystem::path& path,
    std::optional<base::Nanos> from, std::optional<base::Nanos> to,
    const std::shared_ptr<const LoadedGuide>& before, const std::function<void(double)>& progress,
    const std::stop_token& stop);

/// The sound that @p source names, from the shoot's own copy.
base::Result<guide::SoundClipPtr> loadKeptGuide(
    const std::filesystem::path& shoot, const GuideSource& source, const std::stop_token& stop);

/// Reads the shoot's own copy through. @return NotFound, Corrupt when it is not the sound that was played.
base::Outcome checkKeptGuide(const std::filesystem::path& shoot, const GuideSource& source);

/// Copies the file at @p path into the shoot, unless it is there. What is copied is checked.
/// @return Corrupt when the file is no longer the one that was loaded; OutOfSpace, Denied, …
base::Outcome keepGuide(
    const std::filesystem::path& shoot, const GuideSource& source, const std::filesystem::path& path);

} // namespace backtake::app
