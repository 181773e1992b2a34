/// A clip's bytes onto the disk, on a thread of its own: a disk that takes its time must not stop live view.
#pragma once

#include "base/result.hpp"
#include "base/thread_marks.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace backtake::capture::tether {

/// The largest piece that is fetched at once.
inline constexpr std::size_t kLargestRange = 1 << 20;
/// 16 MiB of memory: a disk that pauses for a tenth of a second stops nothing.
inline constexpr std::size_t kRanges = 16;

/// Memory for one range whose end is the end of the world: the library copies as many bytes as the camera
/// sends, however few were asked for, and more of them end this process instead of changing it.
class RangeBuffer {
public:
    RangeBuffer();
    ~RangeBuffer();
    RangeBuffer(const RangeBuffer&) = delete;
    RangeBuffer& operator=(const RangeBuffer&) = delete;
    /// @param size <= kLargestRange.
    [[nodiscard]] std::span<std::byte> last(std::size_t size) const;

private:
    std::byte* memory_ = nullptr;
    std::size_t bytes_ = 0;
};

/// Room: all calls from one thread; the disk is written to on another, `bt-clip`. Owns: NAME.part, from
/// open() on; it stays when the clip does not become whole.
class ClipWriter {
public:
    /// Opens or makes target + ".part". @return Exists (the target is there, or another writes it), Denied,
    /// OutOfSpace, NotFound (no such folder).
    static base::Result<std::unique_ptr<ClipWriter>> open(const std::filesystem::path& target);
    ~ClipWriter();
    ClipWriter(const ClipWriter&) = delete;
    ClipWriter& operator=(const ClipWriter&) = delete;

    /// What is there already.
    [[nodiscard]] std::uint64_t partBytes() const { return part_bytes_; }
    /// The last bytes of what is there. @param into no longer than partBytes().
    base::Outcome readTail(std::span<std::byte> into) const;
    /// What is there belongs to another clip: it is put aside as NAME.part.1, .2 …, never lost.
    /// @return its new name.
    base::Result<std::string> putAside();

    /// Memory for the next range; nullptr: the disk is behind, come back.
    RangeBuffer* room() EXCLUDES(mutex_);
    /// @p bytes in @p buffer, which room() gave, go on where the last ones ended.
    void write(RangeBuffer* buffer, std::span<const std::byte> bytes) EXCLUDES(mutex_);
    /// All was written: sync, check the size, give it its name, without ever replacing a file.
    void finish(std::uint64_t whole_bytes) EXCLUDES(mutex_);

    struct State {
        std::uint64_t bytes = 0; ///< In the file.
        bool done = false;       ///< It has its name.
        std::optional<base::Error> trouble;
    };
    [[nodiscard]] State state() const EXCLUDES(mutex_);

private:
    struct Piece {
        RangeBuffer* buffer;
        std::span<const std::byte> bytes;
    };
    ClipWriter(std::filesystem::path target, int fd, std::uint64_t bytes);
    void run(std::stop_token stop);
    base::Outcome put(std::span<const std::byte> bytes, std::uint64_t at);
    base::Outcome giveName(std::uint64_t whole_bytes);

    const std::filesystem::path target_;
    const std::filesystem::path part_;
    int fd_;
    std::uint64_t part_bytes_;
    std::array<RangeBuffer, kRanges> buffers_;
    mutable base::Mutex mutex_;
    base::Condition work_;
    std::deque<RangeBuffer*> free_ GUARDED_BY(mutex_);
    std::deque<Piece> pieces_ GUARDED_BY(mutex_);
    std::optional<std::uint64_t> finish_ GUARDED_BY(mutex_);
    State state_ GUARDED_BY(mutex_);
    std::jthread thread_; ///< Last: joined before what it uses goes.
};

} // namespace backtake::capture::tether
