/// Files as the kernel has them, with its faults in the operator's words.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"
#include "takes/disk.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace backtake::takes {

/// An open file. Room: any thread; reads may run at the same time. Owns: the descriptor.
class File {
public:
    /// @param flags as for open(2); O_CLOEXEC is added. Opening never waits (a FIFO or a device in place of a
    /// file is refused).
    /// @param doing what failed, for the message: "read", "write", "make".
    /// @param disk outlives the file; all that changes the file goes through it.
    static base::Result<File> open(
        const std::filesystem::path& path, int flags, std::string_view doing, Disk& disk = kernelDisk());
    File() = default;
    explicit File(int descriptor, Disk& disk = kernelDisk())
        : descriptor_(descriptor)
        , disk_(&disk)
    {
    }
    File(File&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
        , disk_(other.disk_)
        , past_cache_(other.past_cache_)
        , needs_cache_(other.needs_cache_)
    {
    }
    File& operator=(File&& other) noexcept;
    ~File();

    [[nodiscard]] bool isOpen() const { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// Bytes in the file now; 0 when the kernel will not say.
    [[nodiscard]] std::uint64_t size() const;

    /// Writes every byte of @p pieces at @p offset, in as few calls as the kernel takes. @p pieces is used
    /// up.
    /// @param written (may be null) how many bytes the kernel has, from the first on.
    /// @return 0, or the errno of the call that failed.
    int writeAt(std::span<iovec> pieces, std::uint64_t offset, std::uint64_t* written = nullptr);
    /// The same past the kernel's cache, straight from this memory, where address and size of every piece and
    /// @p offset are multiples of base::kBlockBytes and the file system can; else as writeAt(). A copy into
    /// fresh pages of the cache costs ten times as much.
    int writeBlocksAt(std::span<iovec> pieces, std::uint64_t offset, std::uint64_t* written = nullptr);
    int writeAt(std::span<const std::byte> bytes, std::uint64_t offset, std::uint64_t* written = nullptr);
    /// What was written is durable when it returns 0, else an errno: then nothing is known of what was
    /// written since the last good one, even if a later one succeeds (fsyncgate).
    [[nodiscard]] int sync() const;
    [[nodiscard]] int truncate(std::uint64_t size) const;
    /// What lies there will hardly be read soon: the kernel may use its memory for something else. Only what
    /// is synced goes.
    void leaveCache(std::uint64_t offset, std::uint64_t bytes) const;
    /// Takes room for the first @p bytes of the file; its length stays. @return 0 or an errno; EOPNOTSUPP
    /// where the file system cannot.
    [[nodiscard]] int allocate(std::uint64_t bytes) const;
    /// Reads up to @p into.size() bytes. @return how many (fewer only at the end of the file), or -errno.
    [[nodiscard]] std::int64_t readAt(std::span<std::byte> into, std::uint64_t offset) const;

private:
    bool pastCache(bool wanted);

    int descriptor_ = -1;
    Disk* disk_ = nullptr;     ///< Not null while open.
    bool past_cache_ = false;  ///< O_DIRECT is set.
    bool needs_cache_ = false; ///< The file system has refused it.
};

/// "cannot write /x/y: the disk is full. Free some space …": the operator's line for an errno.
base::Error errorOf(int error_number, std::string_view doing, const std::filesystem::path& path);
/// The whole file. @return Fault::NotFound, Denied, Corrupt when it is longer than @p most.
base::Result<std::string> readWholeFile(const std::filesystem::path& path, std::uint64_t most);
/// Makes the entries of a folder durable. Some network file systems cannot; that is no failure.
base::Outcome syncFolder(const std::filesystem::path& folder, Disk& disk = kernelDisk());
/// Replaces the file atomically: PATH.new is written beside it, synced, renamed, the folder synced.
/// @param reserved (may be null) PATH.new, open, with room taken for it; it is PATH afterwards.
/// @return OutOfSpace, Denied, …: the old file stays as it was.
base::Outcome replaceFile(const std::filesystem::path& path, std::string_view text, Disk& disk = kernelDisk(),
    File* reserved = nullptr);
/// A new file beside @p path to be renamed to it when it is whole: PATH.part, or PATH.2.part … Of one that is
/// there already nothing is known: it may be what a crash left or somebody's work; it is not touched.
struct PartFile {
    File file;
    std::filesystem::path path;
};
base::Result<PartFile> openPart(const std::filesystem::path& path);
/// Gives @p from its final name unless something has that name already, and makes it durable.
base::Outcome renameWithoutReplacing(const std::filesystem::path& from, const std::filesystem::path& to);

} // namespace backtake::takes
