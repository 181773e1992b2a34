/// The memory card: its clips, and what PTP says of them. Room: whoever holds the core's lock.
#pragma once

#include "base/time.hpp"
#include "tests/virtual_eos/ptp.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace backtake::testing {

inline constexpr std::uint32_t kStorage = 0x00010001;
/// The slot without a card: the lower half is 0.
inline constexpr std::uint32_t kEmptyStorage = 0x00010000;

struct Clip {
    std::uint32_t handle = 0;
    std::string name;
    std::uint64_t bytes = 0;
};

class Card {
public:
    /// @return the new clip, "MVI_0001.MOV" and on.
    const Clip& add(std::uint64_t bytes);
    bool remove(std::uint32_t handle);
    [[nodiscard]] const Clip* find(std::uint32_t handle) const;
    [[nodiscard]] const Clip* find(const std::string& name) const;
    [[nodiscard]] const std::vector<Clip>& clips() const { return clips_; }
    [[nodiscard]] std::uint64_t freeBytes() const;

    bool present = true;
    bool full = false;

    /// Handles of a folder's contents; @p folder 0 or 0xFFFFFFFF: of the root. Empty for what is no folder.
    [[nodiscard]] std::vector<std::uint32_t> children(std::uint32_t folder) const;
    [[nodiscard]] std::vector<std::uint32_t> everything() const;
    [[nodiscard]] bool has(std::uint32_t handle) const;

    // PTP's datasets; of handles that are there.
    [[nodiscard]] std::vector<std::byte> storageInfo() const;
    [[nodiscard]] std::vector<std::byte> objectInfo(std::uint32_t handle) const;
    [[nodiscard]] std::vector<std::byte> eosFolder(std::uint32_t folder) const;
    [[nodiscard]] static std::vector<std::byte> addedRecord(const Clip& clip);

private:
    /// Half of what a CompactFlash card of 128 GB holds is taken by others.
    static constexpr std::uint64_t kCapacity = 128'000'000'000;
    int next_clip_ = 1;
    std::vector<Clip> clips_;
};

/// Writes the clip pattern from @p offset on.
void fillClip(std::uint64_t offset, std::span<std::byte> bytes);

} // namespace backtake::testing
